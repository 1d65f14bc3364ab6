//! Twenty thousand deliveries to a thousand endpoints, a hundred of them black holes: what the living ones notice of
//! the dead. Beside it bare loops of the same HTTP client to the same addresses, a thousand of them with and without TLS
//! and one, how soon after its commit a delivery is on the wire, how a healthy endpoint fares beside hostile ones, and
//! what a flood costs in memory.
//!
//! Rates depend on what else the machine does; the processor time that each request or delivery took, with the
//! receiver's share and the database's, hardly does. Both are printed.
//!
//! `cargo bench -p marquetry-benches --bench deliveries -- [DELIVERIES] [sqlite|postgres|replays]...`
//!
//! With `replays` nothing is measured: so many deliveries fail or die and are sent once more, and what was heard is
//! counted.

#![expect(clippy::unwrap_used, reason = "a bench that cannot go on should stop there")]
#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

mod cost;
mod hostile;
mod owing;
mod receiver;
mod replaying;
mod runs;
mod secure;

use std::sync::Arc;

use marquetry_store::Store;
use marquetry_store_postgres::{Options, PostgresStore};
use marquetry_store_sqlite::SqliteStore;
use marquetry_testkit::postgres::{Database, Server};
use tempfile::TempDir;

use cost::{DATABASE, ms};
use hostile::{black_hole, drip, flood, hang_up};
use receiver::Receiver;
use runs::{AT_ONCE, DEAD, ENDPOINTS, Way, bare_loop, drain, paced};

/// As the program takes memory.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args()
        .skip(1)
        .filter(|text| text != "--bench")
        .collect();
    let count = arguments
        .iter()
        .find_map(|text| text.parse().ok())
        .unwrap_or(20_000);
    let named = |name| arguments.iter().any(|text| text == name);
    let all = !named("sqlite") && !named("postgres");
    if all || named("sqlite") {
        let folder = tempfile::tempdir().unwrap();
        look_at("sqlite", &Ground::Sqlite(folder), count, named("replays")).await;
    }
    if all || named("postgres") {
        match Server::shared() {
            Some(server) => {
                // A server that is not ours works where we cannot see it.
                if let Ok(process) = server.process() {
                    DATABASE.get_or_init(|| process);
                }
                look_at("postgres", &Ground::Postgres, count, named("replays")).await;
            }
            None => println!("postgres: skipped, there is none here"),
        }
    }
}

async fn look_at(name: &str, ground: &Ground, count: usize, replays: bool) {
    match replays {
        false => measure(name, ground, count).await,
        true => {
            let (store, _database) = ground.store("replays").await;
            println!("{name}: {}", replaying::replay(&store, count).await);
        }
    }
}

/// Where a run keeps what is owed.
enum Ground {
    Sqlite(TempDir),
    Postgres,
}

impl Ground {
    /// An empty store, and what has to live as long as it.
    async fn store(&self, run: &str) -> (Arc<dyn Store>, Option<Database>) {
        match self {
            Self::Sqlite(folder) => {
                let file = folder.path().join(format!("{run}.sqlite"));
                (Arc::new(SqliteStore::open(&file).unwrap()), None)
            }
            Self::Postgres => {
                let database = Server::shared().unwrap().database().await.unwrap();
                let store = PostgresStore::open(database.url(), &Options::default()).await;
                (Arc::new(store.unwrap()), Some(database))
            }
        }
    }
}

async fn measure(name: &str, ground: &Ground, count: usize) {
    let receiver = Receiver::listen().await;
    let hole = black_hole().await;
    let healthy = count / ENDPOINTS * (ENDPOINTS - DEAD);

    let mut bare = Vec::new();
    for way in [Way::Apart, Way::Secure, Way::Together] {
        bare.push(bare_loop(&receiver, healthy, way).await);
    }
    let mut figures = Vec::new();
    for (run, dead, way) in [
        ("warm-up", None, Way::Apart),
        ("without dead endpoints beside them", None, Way::Apart),
        (
            "with a hundred dead endpoints beside them",
            Some(hole),
            Way::Apart,
        ),
        ("without dead endpoints, over TLS", None, Way::Secure),
        ("without dead endpoints, all to one address", None, Way::Together),
    ] {
        let (store, _database) = ground.store(run).await;
        let drained = drain(&store, &receiver, dead, way, count).await;
        if run != "warm-up" {
            println!(
                "{name}: {healthy} deliveries {run}: {:.0}/s, p99 {:.0} ms, {}",
                drained.rate,
                ms(drained.p99),
                drained.cost,
            );
            figures.push(drained);
        }
    }
    println!(
        "{name}: of the rate without the dead {:.2} (at least 0.90), p99 {:.2} of it (at most 2)",
        figures[1].rate / figures[0].rate,
        figures[1].p99.as_secs_f64() / figures[0].p99.as_secs_f64(),
    );
    // Once more, so that a machine which is busier now than it was before speaks for neither.
    for (way, before, drained) in [(Way::Apart, 0, 0), (Way::Secure, 1, 2), (Way::Together, 2, 3)] {
        let (before, drained) = (&bare[before], &figures[drained]);
        let after = bare_loop(&receiver, healthy, way).await;
        println!(
            "{name}: a bare loop of the client {}, {AT_ONCE} at once: {:.0} and {:.0} requests/s, {} and {}",
            way.words(),
            before.rate,
            after.rate,
            before.cost,
            after.cost,
        );
        println!(
            "{name}: of that the deliveries had {:.2} by the clock (at least 0.60), {:.2} by processor time",
            drained.rate / f64::midpoint(before.rate, after.rate),
            f64::midpoint(before.cost.whole(), after.cost.whole()) / drained.cost.whole(),
        );
    }

    let (store, _database) = ground.store("wire").await;
    let (alone, _) = paced(&store, &receiver, &[]).await;
    println!(
        "{name}: commit to first byte on the wire, one at a time: p50 {:.1} ms, p99 {:.1} ms (at most 100)",
        ms(alone.p50),
        ms(alone.p99)
    );
    let (store, _database) = ground.store("hostile").await;
    let hostile = [hole, flood().await, drip().await, hang_up().await];
    let (beside, grown) = paced(&store, &receiver, &hostile).await;
    println!(
        "{name}: the same beside {} hostile endpoints: p50 {:.1} ms, p99 {:.1} ms (at most 250); memory grew by {grown} KiB",
        hostile.len() * 16,
        ms(beside.p50),
        ms(beside.p99)
    );
}
