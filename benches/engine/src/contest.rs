//! Has all who take part do the same work in turn, round after round.

use std::path::Path;
use std::sync::Arc;

use marquetry_store::Store;
use marquetry_store::persisted::JobRow;
use marquetry_store_postgres::{Options, PostgresStore};
use marquetry_store_sqlite::SqliteStore;
use marquetry_testkit::postgres::{Database, Server};

use crate::Outcome;
use crate::bare_postgres::{BarePostgres, Memory};
use crate::bare_sqlite::BareSqlite;
use crate::contender::{Contender, Taking};
use crate::figures::{Figures, Sample, Work};
use crate::gauge::{self, Gauge};
use crate::graphile::Graphile;
use crate::idle;
use crate::ours::{Ours, fresh_job};
use crate::plan::Plan;

/// What each row of the floor holds: as many bytes as a job of ours has in texts.
fn payload() -> String {
    let row = JobRow::of(&fresh_job());
    "x".repeat(row.spec.len() + row.record.len())
}

/// What ends a job of the floor with leases: as many bytes as a record of ours.
fn ended() -> String {
    "x".repeat(JobRow::of(&fresh_job()).record.len())
}

/// Ours without and with a history, and the floor.
pub(crate) async fn on_sqlite(plan: &Plan) -> Outcome<()> {
    let folder = tempfile::tempdir()?;
    let empty = ours("SQLite", 0, sqlite(&folder.path().join("empty.db"))?);
    let mut all: Vec<Box<dyn Contender>> = vec![Box::new(BareSqlite::make(
        &folder.path().join("bare.db"),
        payload(),
    )?)];
    if plan.history > 0 {
        let path = folder.path().join("history.db");
        let old = ours("SQLite", plan.history, sqlite(&path)?);
        one_finished(&old).await?;
        fill_sqlite(&path, plan.history)?;
        all.push(Box::new(old));
    }
    let idle = idle::times(&empty.steps(), &empty.store, plan.idle).await?;
    all.push(Box::new(empty));
    let mut figures = Figures::of("SQLite", gauge::flush(folder.path())?);
    figures.idle("SQLite", &idle);
    rounds(plan, Gauge::here(), &all, &mut figures).await?;
    figures.print(plan);
    Ok(())
}

/// The same on PostgreSQL, and the other engine.
pub(crate) async fn on_postgres(plan: &Plan) -> Outcome<()> {
    let Some(server) = Server::shared() else {
        return Ok(());
    };
    let (bare, other) = (Arc::new(server.database().await?), server.database().await?);
    let leased = Arc::new(server.database().await?);
    let (new, old) = (server.database().await?, server.database().await?);
    let client = new.connect().await?;
    let backend: i32 = client.query_one("SELECT pg_backend_pid()", &[]).await?.get(0);
    let gauge = if std::env::var_os("MARQUETRY_TEST_POSTGRES").is_some() {
        // It may run on another machine, and then its ids mean nothing here.
        Gauge::here()
    } else {
        Gauge::with_server(u32::try_from(backend)?)?
    };
    let empty = ours("PostgreSQL", 0, postgres(&new).await?);
    let mut all: Vec<Box<dyn Contender>> = vec![
        Box::new(BarePostgres::make(bare, Memory::Taken, payload(), ended()).await?),
        Box::new(BarePostgres::make(leased, Memory::Leases, payload(), ended()).await?),
        Box::new(Graphile::make(other.url(), payload()).await?),
    ];
    if plan.history > 0 {
        let ours = ours("PostgreSQL", plan.history, postgres(&old).await?);
        one_finished(&ours).await?;
        fill_postgres(&old, plan.history).await?;
        all.push(Box::new(ours));
    }
    let idle = idle::times(&empty.steps(), &empty.store, plan.idle).await?;
    all.push(Box::new(empty));
    let mut figures = Figures::of("PostgreSQL", gauge::flush(&std::env::temp_dir())?);
    figures.idle("PostgreSQL", &idle);
    rounds(plan, gauge, &all, &mut figures).await?;
    figures.print(plan);
    Ok(())
}

fn sqlite(path: &Path) -> Outcome<Arc<dyn Store>> {
    Ok(Arc::new(SqliteStore::open(path)?))
}

async fn postgres(database: &Database) -> Outcome<Arc<dyn Store>> {
    Ok(Arc::new(
        PostgresStore::open(database.url(), &Options::default()).await?,
    ))
}

fn ours(backend: &str, history: u32, store: Arc<dyn Store>) -> Ours {
    let name = match history {
        0 => format!("marquetry, {backend}"),
        _ => format!("marquetry, {backend}, {history} finished"),
    };
    Ours { name, store }
}

/// A job that has ended, for the history to be copied from.
async fn one_finished(ours: &Ours) -> Outcome<()> {
    let one = Taking { workers: 1, batch: 1 };
    ours.accept(1, 1).await?;
    ours.drain(one, 1).await
}

/// Copies of the job that is there, older and older; made by SQL, for what is measured is how they lie there.
fn fill_sqlite(path: &Path, history: u32) -> Outcome<()> {
    let connection = rusqlite::Connection::open(path)?;
    let copy = "INSERT INTO jobs (id, tenant, kind, subject, priority, turn, created_at, withdrawn, spec)
                WITH RECURSIVE g (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM g WHERE n < ?1)
                SELECT unhex(printf('%012x', n) || hex(randomblob(10))), tenant, kind, subject, priority, n,
                       created_at - ?1 + n, 0, spec
                FROM g, (SELECT * FROM jobs LIMIT 1)";
    connection.execute(copy, [history])?;
    let ended = "INSERT INTO ends (id, version, record)
                 SELECT jobs.id, one.version, one.record FROM jobs, (SELECT * FROM ends LIMIT 1) AS one
                 WHERE NOT EXISTS (SELECT 1 FROM ends WHERE ends.id = jobs.id) ORDER BY jobs.id";
    connection.execute(ended, [])?;
    connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")?;
    Ok(())
}

async fn fill_postgres(database: &Database, history: u32) -> Outcome<()> {
    let client = database.connect().await?;
    let copy = format!(
        "WITH old AS (
             INSERT INTO jobs (id, tenant, kind, subject, priority, turn, created_at, withdrawn, spec)
             SELECT (lpad(to_hex(n), 12, '0') || substr(md5(n::text), 1, 20))::uuid, tenant, kind, subject, priority, n,
                    created_at - {history} + n, false, spec
             FROM generate_series(1, {history}) AS n, (SELECT * FROM jobs LIMIT 1) AS one
             RETURNING id
         )
         INSERT INTO ends (id, version, record)
         SELECT old.id, version, record FROM old, (SELECT * FROM ends LIMIT 1) AS one"
    );
    client.batch_execute(&copy).await?;
    // As autovacuum does some time after.
    client.batch_execute("VACUUM ANALYZE").await?;
    client.batch_execute("CHECKPOINT").await?;
    Ok(())
}

/// In each round everybody does everything, and in each another begins.
async fn rounds(plan: &Plan, gauge: Gauge, all: &[Box<dyn Contender>], figures: &mut Figures) -> Outcome<()> {
    for round in 0..plan.rounds {
        for &batch in &plan.batches {
            for &workers in &plan.workers {
                let taking = Taking { workers, batch };
                for place in 0..all.len() {
                    let one = &all[(place + usize::try_from(round)?) % all.len()];
                    let accepted = gauge.read(plan.jobs, one.accept(plan.jobs, plan.callers)).await?;
                    one.ready(taking, plan.jobs).await?;
                    let drained = gauge.read(plan.jobs, one.drain(taking, plan.jobs)).await?;
                    figures.add(Sample {
                        round,
                        contender: one.name(),
                        work: Work::Take(taking),
                        reading: drained,
                    });
                    figures.add(Sample {
                        round,
                        contender: one.name(),
                        work: Work::Accept,
                        reading: accepted,
                    });
                }
            }
        }
        eprintln!("round {} of {}", round + 1, plan.rounds);
    }
    Ok(())
}
