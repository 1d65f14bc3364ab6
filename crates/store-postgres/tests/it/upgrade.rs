//! What a database of an older program remembers of deliveries, this one still knows.

use marquetry_job::{DeliveryState, Timestamp};
use marquetry_model::{Carriage, Delivery};
use marquetry_store::conformance::sample::{at, attempt, delivery};
use marquetry_store::persisted::{AttemptRow, DeliveryRow, step_checksum};
use marquetry_store::{DeliveryFilter, DeliveryStore as _};
use marquetry_testkit::postgres::Database;
use uuid::Uuid;

use crate::world::{database, open};

/// The steps before a delivery lay in three parts.
const BEFORE: [&str; 7] = [
    include_str!("../../migrations/0001_first.sql"),
    include_str!("../../migrations/0002_attempts.sql"),
    include_str!("../../migrations/0003_suspects.sql"),
    include_str!("../../migrations/0004_records.sql"),
    include_str!("../../migrations/0005_ledger.sql"),
    include_str!("../../migrations/0006_files.sql"),
    include_str!("../../migrations/0007_apart.sql"),
];

async fn fill(database: &Database, deliveries: &[&Delivery]) {
    let client = database.connect().await.unwrap();
    let steps =
        "CREATE TABLE marquetry_schema_steps (number bigint NOT NULL PRIMARY KEY, checksum bigint NOT NULL)";
    client.batch_execute(steps).await.unwrap();
    for (number, step) in (1_i64..).zip(BEFORE) {
        client.batch_execute(step).await.unwrap();
        let sql = "INSERT INTO marquetry_schema_steps VALUES ($1, $2)";
        client
            .execute(sql, &[&number, &step_checksum(step)])
            .await
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
        let (id, tenant) = (Uuid::from_bytes(turn.id), Uuid::from_bytes(turn.tenant));
        let endpoint = row.endpoint.map(Uuid::from_bytes);
        let sql = "INSERT INTO deliveries (id, tenant, endpoint, lane, event, shown, due, sending, created_at, version,
                                           record, body, file)
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
        client
            .execute(
                sql,
                &[
                    &id,
                    &tenant,
                    &endpoint,
                    &turn.lane,
                    &row.event,
                    &turn.shown,
                    &turn.due,
                    &turn.sending,
                    &turn.created_at,
                    &turn.version,
                    &record,
                    &&row.body[..],
                    &turn.file,
                ],
            )
            .await
            .unwrap();
        let tried = AttemptRow::of(delivery.id, &attempt(1));
        let sql = "INSERT INTO delivery_attempts (delivery, number, at, record) VALUES ($1, $2, $3, $4)";
        client
            .execute(sql, &[&id, &tried.number, &tried.at, &tried.record])
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn deliveries_of_an_older_program_come_along_with_their_tries() {
    let Some(database) = database().await else { return };
    let (waits, mut ended) = (delivery(1), delivery(2));
    ended.state = DeliveryState::withheld(at(9));
    fill(&database, &[&waits, &ended]).await;
    let store = open(&database).await;
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
}
