//! What one process changes, another hears of; and where it does not, it loses nothing but time.

use std::time::Duration;

use marquetry_store::conformance::sample::{
    LEASE, at, job_id, job_steps, render_job, result, tenant_id, worker,
};
use marquetry_store::{Change, Changes, JobStore};
use marquetry_testkit::postgres::Database;
use tokio::time::timeout;

use crate::world::{database, open};

/// Longer than anything takes, even on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

async fn next(changes: &mut Changes) -> Change {
    timeout(PATIENCE, changes.next())
        .await
        .expect("nothing was heard")
        .unwrap()
}

/// Cuts every connection that listens on this database, and tells how many there were.
async fn deafen(database: &Database) -> usize {
    let client = database.connect().await.unwrap();
    let sql = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
               WHERE datname = current_database() AND query = 'LISTEN marquetry'";
    client.query(sql, &[]).await.unwrap().len()
}

#[tokio::test]
async fn changes_of_one_process_are_heard_in_another() {
    let Some(database) = database().await else { return };
    let (here, there) = (open(&database).await, open(&database).await);
    let mut heard = there.changes();
    let _ = here.insert_job(&render_job(1), None).await.unwrap();
    assert_eq!(next(&mut heard).await, Change::JobWaiting(job_id(1)));
    let here: std::sync::Arc<dyn marquetry_store::Store> = std::sync::Arc::new(here);
    let steps = job_steps(&here);
    let taken = steps.claim(worker(1), at(1), LEASE, 1).await.unwrap();
    assert_eq!(next(&mut heard).await, Change::JobMoved(job_id(1)));
    let by = taken[0].state.hold().unwrap();
    steps
        .finish(tenant_id(1), job_id(1), by, result(1), None, at(2))
        .await
        .unwrap();
    assert_eq!(next(&mut heard).await, Change::JobEnded(job_id(1)));
    assert_eq!(next(&mut heard).await, Change::Delivery);
}

#[tokio::test]
async fn a_lost_notification_costs_time_and_nothing_else() {
    let Some(database) = database().await else { return };
    let (here, there) = (open(&database).await, open(&database).await);
    let mut heard = there.changes();
    assert_eq!(deafen(&database).await, 2);
    let _ = here.insert_job(&render_job(1), None).await.unwrap();
    // The job is there for whoever looks, told or not.
    let there: std::sync::Arc<dyn marquetry_store::Store> = std::sync::Arc::new(there);
    let taken = job_steps(&there).claim(worker(1), at(1), LEASE, 1).await.unwrap();
    assert_eq!(taken.len(), 1);
    // Whoever waited is told to look, and hears again from then on.
    while next(&mut heard).await != Change::Missed {}
    let _ = here.insert_job(&render_job(2), None).await.unwrap();
    while next(&mut heard).await != Change::JobWaiting(job_id(2)) {}
}
