//! What a job costs does not grow with the history or with the queue, whatever the planner believes: statements that
//! were planned when there was nothing still walk their indexes when there is much.

use std::sync::Arc;
use std::time::Duration;

use marquetry_job::{DeliveryEvent, Jitter, RetrySchedule, Timestamp};
use marquetry_model::{Carriage, JobResult};
use marquetry_store::conformance::sample::{LEASE, at, delivery, delivery_steps, render_job, worker};
use marquetry_store::{Inserted, JobSteps, Silence, Store};
use tokio_postgres::Client;

use crate::world::{database, open};

/// The tables that jobs are in.
const JOBS: [&str; 3] = ["jobs", "line", "ends"];

/// Copies of the one job that has ended: a history; and copies that wait, of one tenant each.
const FILL: &str = "
    WITH old AS (
        INSERT INTO jobs (id, tenant, kind, subject, priority, turn, created_at, withdrawn, spec)
        SELECT gen_random_uuid(), tenant, kind, subject, priority, n, created_at, false, spec
        FROM generate_series(1, 5000) AS n, (SELECT * FROM jobs LIMIT 1) AS one
        RETURNING id
    )
    INSERT INTO ends (id, version, record)
    SELECT old.id, version, record FROM old, (SELECT * FROM ends LIMIT 1) AS one;
    WITH new AS (
        INSERT INTO jobs (id, tenant, kind, subject, priority, turn, created_at, withdrawn, spec)
        SELECT gen_random_uuid(), gen_random_uuid(), kind, subject, priority, 10000 + n, created_at, false, spec
        FROM generate_series(1, 5000) AS n, (SELECT * FROM jobs LIMIT 1) AS one
        RETURNING id, tenant, priority, turn, created_at
    )
    INSERT INTO line (id, tenant, priority, turn, created_at, due, running, started, suspect, version, record)
    SELECT new.id, new.tenant, new.priority, new.turn, new.created_at, due, false, false, false, version, record
    FROM new, (SELECT * FROM line LIMIT 1) AS one";

/// Entries of tables and indexes that were looked at so far, as told by sessions that have ended.
async fn looked_at(client: &Client, tables: &[&str]) -> i64 {
    let anew = "SELECT pg_stat_clear_snapshot()";
    client.batch_execute(anew).await.unwrap();
    let sql = "SELECT (SELECT sum(seq_tup_read) FROM pg_stat_user_tables WHERE relname = ANY ($1))::bigint
                    + (SELECT sum(idx_tup_read) FROM pg_stat_user_indexes WHERE relname = ANY ($1))::bigint";
    client.query_one(sql, &[&tables]).await.unwrap().get(0)
}

/// Waits until every session of a store has ended: each tells what it did when it ends.
async fn all_gone(client: &Client) {
    let sql = "SELECT count(*) FROM pg_stat_activity
               WHERE datname = current_database() AND application_name = 'marquetry'";
    while client.query_one(sql, &[]).await.unwrap().get::<_, i64>(0) > 0 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn lives(store: &Arc<dyn Store>, numbers: std::ops::Range<u64>) {
    let steps = JobSteps::new(Arc::clone(store), Arc::new(Silence), RetrySchedule::default());
    for n in numbers {
        assert_eq!(
            store.insert_job(&render_job(n), None).await.unwrap(),
            Inserted::New
        );
        let now = at(1_000);
        for job in steps.claim(worker(1), now, LEASE, 1).await.unwrap() {
            let hold = job.state.hold().unwrap();
            steps
                .finish(job.tenant, job.id, hold, JobResult::default(), None, now)
                .await
                .unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_history_and_a_long_queue_are_not_looked_through() {
    let Some(database) = database().await else { return };
    let client = database.connect().await.unwrap();
    // Nobody analyses behind our back: this is about what happens before somebody does.
    let store: Arc<dyn Store> = Arc::new(open(&database).await);
    for table in JOBS {
        let still = format!("ALTER TABLE {table} SET (autovacuum_enabled = off)");
        client.batch_execute(&still).await.unwrap();
    }
    // Each connection plans what it runs while there is next to nothing.
    lives(&store, 1..40).await;
    let waits = store.insert_job(&render_job(40), None).await;
    assert_eq!(waits.unwrap(), Inserted::New);
    client.batch_execute(FILL).await.unwrap();
    let before = looked_at(&client, &JOBS).await;
    lives(&store, 41..91).await;
    drop(store);
    all_gone(&client).await;
    let looked_at = looked_at(&client, &JOBS).await - before;
    // Fifty lives of a few dozen looks each; ten thousand rows looked through once would be more.
    assert!((50..8_000).contains(&looked_at), "{looked_at} entries");
}

/// The tables that deliveries are in.
const DELIVERIES: [&str; 3] = ["deliveries", "owed", "delivery_ends"];

/// Copies of the one delivery that has ended, copies that wait, and files that wait.
const FILL_DELIVERIES: &str = "
    WITH old AS (
        INSERT INTO deliveries (id, tenant, endpoint, event, created_at, record, body)
        SELECT gen_random_uuid(), tenant, endpoint, event, created_at, record, body
        FROM generate_series(1, 5000) AS n, (SELECT * FROM deliveries LIMIT 1) AS one
        RETURNING id, tenant
    )
    INSERT INTO delivery_ends (id, tenant, shown, version, record)
    SELECT old.id, old.tenant, shown, version, record FROM old, (SELECT * FROM delivery_ends LIMIT 1) AS one;
    WITH new AS (
        INSERT INTO deliveries (id, tenant, endpoint, event, created_at, record, body, file)
        SELECT gen_random_uuid(), tenant, endpoint, event, created_at, record, body, file
        FROM generate_series(1, 5000) AS n, (VALUES (false), (true)) AS f (file), (SELECT tenant, endpoint, event,
             created_at, record, body FROM deliveries LIMIT 1) AS one
        RETURNING id, tenant, created_at, file
    )
    INSERT INTO owed (id, tenant, lane, file, due, created_at, sending, shown, version, record)
    SELECT new.id, new.tenant, CASE WHEN new.file THEN 'destination:one:shelf' ELSE lane END, new.file,
           CASE WHEN new.file THEN due - 1000 ELSE due + 1000 * 1000 * 1000 END, new.created_at, false, shown, version,
           record
    FROM new, (SELECT lane, due, shown, version, record FROM owed LIMIT 1) AS one";

async fn sent(store: &Arc<dyn Store>, numbers: std::ops::Range<u64>) {
    let steps = delivery_steps(store);
    for n in numbers {
        store.insert_delivery(&delivery(n)).await.unwrap();
        let now = at(500);
        for one in steps
            .claim(Carriage::Message, worker(1), now, LEASE, 1, &[])
            .await
            .unwrap()
        {
            let by = one.state.hold().unwrap();
            let event = DeliveryEvent::Accepted { by };
            steps
                .report_held(&one, event, None, now, Jitter::MIDDLE)
                .await
                .unwrap();
        }
        store
            .next_due_delivery(Carriage::Message, Timestamp::MIN, &[])
            .await
            .unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_delivered_and_what_waits_is_not_looked_through() {
    let Some(database) = database().await else { return };
    let client = database.connect().await.unwrap();
    let store: Arc<dyn Store> = Arc::new(open(&database).await);
    for table in DELIVERIES {
        let still = format!("ALTER TABLE {table} SET (autovacuum_enabled = off)");
        client.batch_execute(&still).await.unwrap();
    }
    sent(&store, 1..20).await;
    store.insert_delivery(&delivery(20)).await.unwrap();
    client.batch_execute(FILL_DELIVERIES).await.unwrap();
    let before = looked_at(&client, &DELIVERIES).await;
    sent(&store, 21..61).await;
    drop(store);
    all_gone(&client).await;
    let looked_at = looked_at(&client, &DELIVERIES).await - before;
    assert!((40..5_000).contains(&looked_at), "{looked_at} entries");
}
