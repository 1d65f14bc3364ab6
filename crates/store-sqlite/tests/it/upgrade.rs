//! What a database of an older program remembers of deliveries, this one still knows.

use marquetry_job::{DeliveryState, Timestamp};
use marquetry_model::{Carriage, Delivery};
use marquetry_store::conformance::run;
use marquetry_store::conformance::sample::{at, attempt, delivery};
use marquetry_store::persisted::{AttemptRow, DeliveryRow, step_checksum};
use marquetry_store::{DeliveryFilter, DeliveryStore as _};
use marquetry_store_sqlite::SqliteStore;
use rusqlite::{Connection, params};

/// The steps before a delivery lay in two parts.
const BEFORE: [&str; 9] = [
    include_str!("../../migrations/0001_first.sql"),
    include_str!("../../migrations/0002_line.sql"),
    include_str!("../../migrations/0003_ages.sql"),
    include_str!("../../migrations/0004_attempts.sql"),
    include_str!("../../migrations/0005_suspects.sql"),
    include_str!("../../migrations/0006_records.sql"),
    include_str!("../../migrations/0007_ledger.sql"),
    include_str!("../../migrations/0008_files.sql"),
    include_str!("../../migrations/0009_apart.sql"),
];

fn older_database(path: &std::path::Path, deliveries: &[&Delivery]) {
    let connection = Connection::open(path).unwrap();
    let steps =
        "CREATE TABLE schema_steps (number INTEGER NOT NULL PRIMARY KEY, checksum INTEGER NOT NULL) STRICT";
    connection.execute_batch(steps).unwrap();
    for (number, step) in (1_i64..).zip(BEFORE) {
        connection.execute_batch(step).unwrap();
        let sql = "INSERT INTO schema_steps VALUES (?1, ?2)";
        connection
            .execute(sql, params![number, step_checksum(step)])
            .unwrap();
    }
    for delivery in deliveries {
        let row = DeliveryRow::of(delivery);
        let turn = &row.turn;
        // It was one text, with the members of both.
        let (never, changes) = (
            row.record.strip_suffix('}'),
            turn.record.strip_prefix(r#"{"v":1"#),
        );
        let record = format!("{}{}", never.unwrap(), changes.unwrap());
        let sql = "INSERT INTO deliveries (id, tenant, endpoint, lane, event, shown, due, sending, created_at, version,
                                           record, body, file)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)";
        let values = params![
            turn.id,
            turn.tenant,
            row.endpoint,
            turn.lane,
            row.event,
            turn.shown,
            turn.due,
            turn.sending,
            turn.created_at,
            turn.version,
            record,
            &row.body[..],
            turn.file
        ];
        connection.execute(sql, values).unwrap();
        let tried = AttemptRow::of(delivery.id, &attempt(1));
        let sql = "INSERT INTO delivery_attempts (delivery, number, at, record) VALUES (?1, ?2, ?3, ?4)";
        let values = params![tried.delivery, tried.number, tried.at, tried.record];
        connection.execute(sql, values).unwrap();
    }
}

#[test]
fn deliveries_of_an_older_program_come_along_with_their_tries() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let (waits, mut ended) = (delivery(1), delivery(2));
    ended.state = DeliveryState::withheld(at(9));
    older_database(&path, &[&waits, &ended]);
    let store = SqliteStore::open(&path).unwrap();
    run(async {
        let tenant = waits.tenant;
        let all = store
            .list_deliveries(tenant, &DeliveryFilter::default(), None, 9)
            .await;
        assert_eq!(all.unwrap().items, [ended.clone(), waits.clone()]);
        let due = store
            .due_deliveries(Carriage::Message, Timestamp::MAX.into(), 9, &[])
            .await;
        assert_eq!(due.unwrap(), std::slice::from_ref(&waits));
        for one in [&waits, &ended] {
            let tries = store.delivery_attempts(tenant, one.id, None, 9).await.unwrap();
            assert_eq!(tries, [attempt(1)]);
        }
        assert_eq!(store.forget_deliveries(Timestamp::MAX, 9).await.unwrap(), 1);
        assert_eq!(store.delivery(tenant, ended.id).await.unwrap(), None);
    });
}
