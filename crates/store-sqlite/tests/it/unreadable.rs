//! Rows that a newer program wrote, or that are damaged, stop nobody else.

use std::sync::Arc;

use marquetry_model::{DeliveryId, JobId};
use marquetry_store::Store;
use marquetry_store::conformance::{run, unreadable};
use marquetry_store_sqlite::SqliteStore;

/// An empty store, and a second connection to its file.
fn opened(folder: &tempfile::TempDir) -> (Arc<dyn Store>, rusqlite::Connection) {
    let path = folder.path().join("store.db");
    let store = SqliteStore::open(&path).unwrap();
    (Arc::new(store), rusqlite::Connection::open(&path).unwrap())
}

#[test]
fn a_damaged_job_stops_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (store, connection) = opened(&folder);
    run(unreadable::a_damaged_job_stops_nothing(
        store,
        async |id: JobId| {
            let newer = r#"{"v":2}"#;
            for table in ["line", "ends"] {
                let sql = format!("UPDATE {table} SET record = ?1 WHERE id = ?2");
                connection
                    .execute(&sql, rusqlite::params![newer, id.as_bytes()])
                    .unwrap();
            }
        },
    ));
}

#[test]
fn a_damaged_tenant_stops_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (store, connection) = opened(&folder);
    run(async {
        use marquetry_store::conformance::sample::{LEASE, at, job_id, job_steps, render_job, worker};
        for n in 0..3 {
            let _new = store.insert_job(&render_job(n), None).await.unwrap();
        }
        let sql = "UPDATE line SET tenant = x'00' WHERE id = ?1";
        connection.execute(sql, [job_id(0).as_bytes()]).unwrap();
        let claimed = job_steps(&store).claim(worker(1), at(9), LEASE, 9).await.unwrap();
        assert_eq!(claimed.len(), 2);
    });
}

#[test]
fn a_damaged_delivery_stops_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (store, connection) = opened(&folder);
    run(unreadable::a_damaged_delivery_stops_nothing(
        store,
        async |id: DeliveryId| {
            let sql = "UPDATE deliveries SET record = 'nothing of ours' WHERE id = ?1";
            connection.execute(sql, [id.as_bytes()]).unwrap();
        },
    ));
}
