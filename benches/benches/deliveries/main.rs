//! Twenty thousand deliveries to a thousand endpoints, a hundred of them black holes: what the living ones notice of
//! the dead. Beside it bare loops of the same HTTP client to the same addresses, a thousand of them and one, how soon
//! after its commit a delivery is on the wire, how a healthy endpoint fares beside hostile ones, and what a flood costs
//! in memory.
//!
//! Rates depend on what else the machine does; the processor time that each request or delivery took, with the
//! receiver's share and the database's, hardly does. Both are printed.
//!
//! `cargo bench -p marquetry-benches --bench deliveries -- [DELIVERIES] [sqlite|postgres]...`

#![expect(clippy::unwrap_used, reason = "a bench that cannot go on should stop there")]
#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use futures::stream::{self, StreamExt as _};
use marquetry_dialect::Dialect;
use marquetry_egress::{Egress, Outgoing, Party, Policy, SendLimits};
use marquetry_job::{DeliverySchedule, DeliveryState};
use marquetry_model::{Delivery, DeliveryId, Endpoint, EndpointId, JobId, Target, TenantId};
use marquetry_store::conformance::sample;
use marquetry_store::{Clock as _, Ownership, Store, SystemClock};
use marquetry_store_postgres::{Options, PostgresStore};
use marquetry_store_sqlite::SqliteStore;
use marquetry_testkit::postgres::{Database, Server};
use marquetry_webhook::Courier;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{oneshot, watch};
use tokio::task::JoinSet;

/// The process of the database server that is measured, if there is one.
static DATABASE: OnceLock<String> = OnceLock::new();

const ENDPOINTS: usize = 1000;
const DEAD: usize = 100;
/// As many requests at once as a courier makes by default.
const AT_ONCE: usize = 64;
/// The time limit of a try, shorter than the default so that a run sees many of them pass.
const TIMEOUT: Duration = Duration::from_secs(5);

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
        measure("sqlite", &Ground::Sqlite(folder), count).await;
    }
    if all || named("postgres") {
        match Server::shared() {
            Some(server) => {
                // A server that is not ours works where we cannot see it.
                if let Ok(process) = server.process() {
                    DATABASE.get_or_init(|| process);
                }
                measure("postgres", &Ground::Postgres, count).await;
            }
            None => println!("postgres: skipped, there is none here"),
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
    for way in [Way::Apart, Way::Together] {
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
    for (way, before, drained) in [(Way::Apart, 0, 0), (Way::Together, 1, 2)] {
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

struct Drained {
    rate: f64,
    p99: Duration,
    cost: Cost,
}

/// Where the healthy endpoints are.
#[derive(Clone, Copy)]
enum Way {
    /// Each at an address of its own, as in life: by the time that the next message goes there, hardly a connection is
    /// still open.
    Apart,
    /// All at one, to which connections stay open.
    Together,
}

impl Way {
    fn words(self) -> &'static str {
        match self {
            Self::Apart => "to a thousand addresses",
            Self::Together => "to one address",
        }
    }

    /// The address of an endpoint.
    fn address(self, receiver: &Receiver, number: usize) -> SocketAddr {
        let [high, low] = u16::try_from(number % ENDPOINTS).unwrap().to_be_bytes();
        match self {
            Self::Apart => (Ipv4Addr::new(127, 1, high, low), receiver.address.port()).into(),
            Self::Together => receiver.address,
        }
    }
}

struct Loop {
    rate: f64,
    cost: Cost,
}

/// Processor time for each request or delivery, the receiver's share included.
struct Cost {
    ours: Duration,
    database: Duration,
}

impl Cost {
    /// The time that passes in `work`, over `count`.
    async fn of<T>(count: usize, work: impl Future<Output = T>) -> (T, Self) {
        let before = (ours(), database());
        let done = work.await;
        let each = |time: Duration| time / u32::try_from(count).unwrap();
        let cost = Self {
            ours: each(ours() - before.0),
            database: each(database().saturating_sub(before.1)),
        };
        (done, cost)
    }

    fn whole(&self) -> f64 {
        (self.ours + self.database).as_secs_f64()
    }
}

impl std::fmt::Display for Cost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} us of processor time", self.ours.as_micros())?;
        match self.database.is_zero() {
            true => Ok(()),
            false => write!(f, " and {} us of the database's", self.database.as_micros()),
        }
    }
}

/// The processor time of this process.
fn ours() -> Duration {
    processor_time("self", 13..15)
}

/// The processor time of all that PostgreSQL runs for us: the server, whatever has ended of what it started, and what
/// has not.
fn database() -> Duration {
    let Some(parent) = DATABASE.get() else {
        return Duration::ZERO;
    };
    let running = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let children = running.filter_map(|entry| {
        let name = entry.file_name().into_string().ok()?;
        let stat = std::fs::read_to_string(entry.path().join("stat")).ok()?;
        let (_, fields) = stat.rsplit_once(") ")?;
        (fields.split(' ').nth(1) == Some(parent)).then(|| processor_time(&name, 13..15))
    });
    processor_time(parent, 13..17) + children.sum::<Duration>()
}

/// Those fields of a process's `stat`, in hundredths of a second; nothing where the system does not tell.
fn processor_time(process: &str, fields: std::ops::Range<usize>) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    // The name may hold blanks; it is the second field and ends at the last bracket.
    let rest = stat.rsplit_once(") ").map_or("", |(_, rest)| rest);
    let ticks = rest.split(' ').skip(fields.start - 2).take(fields.len());
    Duration::from_millis(ticks.filter_map(|ticks| ticks.parse::<u64>().ok()).sum::<u64>() * 10)
}

/// Everything is owed at once; how fast, and how late, the healthy endpoints get theirs.
async fn drain(
    store: &Arc<dyn Store>,
    receiver: &Receiver,
    dead: Option<SocketAddr>,
    way: Way,
    count: usize,
) -> Drained {
    let mut endpoints = Vec::new();
    for number in 0..ENDPOINTS {
        let address = match number < DEAD {
            true => dead,
            false => Some(way.address(receiver, number)),
        };
        // Without dead ones, their share is not owed at all.
        if let Some(address) = address {
            endpoints.push(endpoint(store, number, address).await);
        }
    }
    let each = count / ENDPOINTS;
    let owed: Vec<_> = (0..each)
        .flat_map(|round| endpoints.iter().map(move |e| (round, e)))
        .collect();
    stream::iter(owed.iter().enumerate())
        .for_each_concurrent(256, |(number, (_, endpoint))| async move {
            owe(store, number, endpoint.id).await;
        })
        .await;
    let healthy = (ENDPOINTS - DEAD) * each;
    receiver.forget();
    let courier = Working::start(store);
    let began = Instant::now();
    let ((), cost) = Cost::of(healthy, receiver.until(healthy)).await;
    let took = began.elapsed();
    let late = receiver.visits(|_, at| Some(at.saturating_duration_since(began)));
    courier.stop().await;
    Drained {
        rate: f64::from(u32::try_from(healthy).unwrap()) / took.as_secs_f64(),
        p99: quantile(late, 0.99),
        cost,
    }
}

struct Paced {
    p50: Duration,
    p99: Duration,
}

/// Two hundred a second to one healthy endpoint, for three seconds; sixteen endpoints at each hostile address, with
/// something owed to them every time.
async fn paced(store: &Arc<dyn Store>, receiver: &Receiver, hostile: &[SocketAddr]) -> (Paced, u64) {
    let good = endpoint(store, 0, receiver.address).await;
    let mut bad = Vec::new();
    for (number, address) in hostile.iter().cycle().take(hostile.len() * 16).enumerate() {
        bad.push(endpoint(store, number + 1, *address).await);
    }
    receiver.forget();
    let courier = Working::start(store);
    let before = resident();
    let mut committed = HashMap::new();
    let mut tick = tokio::time::interval(Duration::from_millis(5));
    for number in 0..600 {
        tick.tick().await;
        if let Some(bad) = bad.get(number % bad.len().max(1)) {
            owe(store, 10_000 + number, bad.id).await;
        }
        let id = owe(store, number, good.id).await;
        committed.insert(id.to_string(), Instant::now());
    }
    receiver.until(600).await;
    let grown = resident().saturating_sub(before);
    let late = receiver.visits(|id, at| Some(at.saturating_duration_since(*committed.get(id)?)));
    courier.stop().await;
    let p50 = quantile(late.clone(), 0.5);
    let p99 = quantile(late, 0.99);
    (Paced { p50, p99 }, grown)
}

/// The same client as the courier's, without anything owed or written down.
async fn bare_loop(receiver: &Receiver, count: usize, way: Way) -> Loop {
    let egress = door();
    receiver.forget();
    let body = Dialect::SudoMock
        .test_message(JobId::from_random([0; 16]), SystemClock.now())
        .body;
    let urls: Arc<[String]> = (0..ENDPOINTS)
        .map(|number| format!("http://{}/{number}", way.address(receiver, number)))
        .collect();
    let began = Instant::now();
    // Tasks, as the courier's are, and not futures of one: it would be alone on one processor.
    let left = Arc::new(AtomicUsize::new(count));
    let mut tasks = JoinSet::new();
    for _ in 0..AT_ONCE {
        let (egress, urls, body) = (egress.clone(), Arc::clone(&urls), body.clone());
        let left = Arc::clone(&left);
        tasks.spawn(async move {
            let one_less = |left: usize| left.checked_sub(1);
            while let Ok(number) = left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less) {
                let outgoing = Outgoing {
                    party: Some(Party::new(1_u64)),
                    ..Outgoing::post(&urls[number % ENDPOINTS], body.clone())
                };
                let sent = egress.send(outgoing, &SendLimits::default()).await.unwrap();
                assert!(sent.status.is_success());
            }
        });
    }
    let (_, cost) = Cost::of(count, tasks.join_all()).await;
    Loop {
        rate: f64::from(u32::try_from(count).unwrap()) / began.elapsed().as_secs_f64(),
        cost,
    }
}

fn door() -> Egress {
    Egress::new(Policy {
        connections: 1024,
        ..Policy::allow_private()
    })
    .unwrap()
}

async fn endpoint(store: &Arc<dyn Store>, number: usize, address: SocketAddr) -> Endpoint {
    let endpoint = Endpoint {
        id: EndpointId::from_random(bytes(number)),
        tenant: tenant(),
        url: format!("http://{address}/{number}"),
        dialect: Dialect::SudoMock.name(),
        ..sample::endpoint(1)
    };
    store.insert_endpoint(&endpoint).await.unwrap();
    endpoint
}

async fn owe(store: &Arc<dyn Store>, number: usize, endpoint: EndpointId) -> DeliveryId {
    let (job, now) = (JobId::from_random(bytes(number)), SystemClock.now());
    let message = Dialect::SudoMock.test_message(job, now);
    let delivery = Delivery::owed(
        DeliveryId::from_random(bytes(number)),
        tenant(),
        Target::Endpoint(endpoint),
        Dialect::SudoMock.name(),
        job,
        message.event,
        message.body,
        DeliveryState::owed(now, &DeliverySchedule::default()),
        now,
    );
    store.insert_delivery(&delivery).await.unwrap();
    delivery.id
}

fn tenant() -> TenantId {
    TenantId::from_random([1; 16])
}

fn bytes(number: usize) -> [u8; 16] {
    // As evenly spread as the ids of real ones.
    let spread = (number as u128 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835);
    spread.to_be_bytes()
}

/// A courier as the program runs it, but for the time limit of a try.
struct Working {
    stop: oneshot::Sender<()>,
    task: tokio::task::JoinHandle<()>,
}

impl Working {
    fn start(store: &Arc<dyn Store>) -> Self {
        let courier = Courier::builder(Arc::clone(store), door())
            .ownership(Ownership::Sole)
            .timeout(TIMEOUT)
            .grace(Duration::ZERO)
            .build()
            .unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let task = tokio::spawn(courier.run(async {
            let _ = stopped.await;
        }));
        Self { stop, task }
    }

    async fn stop(self) {
        self.stop.send(()).unwrap();
        self.task.await.unwrap();
    }
}

/// Answers 200 to everything, for as long as the other side keeps the connection, and remembers when the first byte of
/// each delivery came.
struct Receiver {
    address: SocketAddr,
    came: Arc<Mutex<Vec<(String, Instant)>>>,
    count: watch::Sender<usize>,
}

impl Receiver {
    async fn listen() -> Self {
        // On every address of the loopback, each of which is somebody else's.
        let listener = TcpListener::bind("0.0.0.0:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let receiver = Self {
            address: (Ipv4Addr::LOCALHOST, port).into(),
            came: Arc::default(),
            count: watch::Sender::new(0),
        };
        let (came, count) = (Arc::clone(&receiver.came), receiver.count.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(receive(stream, Arc::clone(&came), count.clone()));
            }
        });
        receiver
    }

    fn forget(&self) {
        self.came.lock().unwrap().clear();
        self.count.send_replace(0);
    }

    async fn until(&self, wanted: usize) {
        let mut count = self.count.subscribe();
        let enough = count.wait_for(|count| *count >= wanted);
        if tokio::time::timeout(Duration::from_secs(300), enough)
            .await
            .is_err()
        {
            panic!("only {} of {wanted} came in five minutes", *self.count.borrow());
        }
    }

    fn visits(&self, late: impl Fn(&str, Instant) -> Option<Duration>) -> Vec<Duration> {
        let came = self.came.lock().unwrap();
        came.iter().filter_map(|(id, at)| late(id, *at)).collect()
    }
}

async fn receive(
    mut stream: TcpStream,
    came: Arc<Mutex<Vec<(String, Instant)>>>,
    count: watch::Sender<usize>,
) {
    let mut request = Vec::new();
    let mut first = None;
    loop {
        match stream.read_buf(&mut request).await {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
        let at = *first.get_or_insert_with(Instant::now);
        let Some(end) = request.windows(4).position(|four| four == b"\r\n\r\n") else {
            continue;
        };
        let head = String::from_utf8_lossy(&request[..end]).to_ascii_lowercase();
        let value = |name: &str| {
            let mut lines = head.lines().filter_map(|line| line.split_once(':'));
            lines
                .find(|(known, _)| *known == name)
                .map(|(_, value)| value.trim().to_owned())
        };
        let length: usize = value("content-length")
            .and_then(|text| text.parse().ok())
            .unwrap_or(0);
        if request.len() < end + 4 + length {
            continue;
        }
        let last = value("connection").is_some_and(|value| value == "close");
        request.clear();
        first = None;
        came.lock()
            .unwrap()
            .push((value("x-sudomock-delivery").unwrap_or_default(), at));
        count.send_modify(|count| *count += 1);
        let answer = stream
            .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
            .await;
        if last || answer.is_err() {
            return;
        }
    }
}

/// A server that does this with every connection, once it has heard something.
async fn villain<F>(act: impl Fn(TcpStream) -> F + Send + 'static) -> SocketAddr
where
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            if stream.readable().await.is_ok() {
                let _ = stream.try_read(&mut [0; 4096]);
                tokio::spawn(act(stream));
            } else {
                let _ = stream.shutdown().await;
            }
        }
    });
    address
}

async fn black_hole() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let mut held = Vec::new();
        while let Ok((stream, _)) = listener.accept().await {
            held.push(stream);
        }
    });
    address
}

async fn flood() -> SocketAddr {
    villain(|mut stream| async move {
        let _ = stream
            .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 10737418240\r\n\r\n")
            .await;
        while stream.write_all(&[b'.'; 1 << 16]).await.is_ok() {}
    })
    .await
}

async fn drip() -> SocketAddr {
    villain(|mut stream| async move {
        while stream.write_all(b"H").await.is_ok() {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    })
    .await
}

async fn hang_up() -> SocketAddr {
    villain(|mut stream| async move {
        let _ = stream.shutdown().await;
    })
    .await
}

fn quantile(mut all: Vec<Duration>, share: f64) -> Duration {
    all.sort_unstable();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "an index below the length"
    )]
    let index = (all.len() as f64 * share) as usize;
    all.get(index.min(all.len().saturating_sub(1)))
        .copied()
        .unwrap_or_default()
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

/// The memory of this process in KiB, receivers included; 0 where the system does not tell.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse().ok())
        .unwrap_or(0)
}
