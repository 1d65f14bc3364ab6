//! Rows that a newer program wrote, or that are damaged, stop nobody else.

use std::sync::Arc;

use marquetry_model::{DeliveryId, JobId};
use marquetry_store::conformance::unreadable;
use uuid::Uuid;

use crate::world::{database, open};

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_job_stops_nothing() {
    let Some(database) = database().await else { return };
    let (store, client) = (Arc::new(open(&database).await), database.connect().await.unwrap());
    let client = &client;
    unreadable::a_damaged_job_stops_nothing(store, async |id: JobId| {
        for table in ["line", "ends"] {
            let newer = format!(r#"UPDATE {table} SET record = '{{"v":2}}' WHERE id = $1"#);
            client
                .execute(&newer, &[&Uuid::from_bytes(*id.as_bytes())])
                .await
                .unwrap();
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_delivery_stops_nothing() {
    let Some(database) = database().await else { return };
    let (store, client) = (Arc::new(open(&database).await), database.connect().await.unwrap());
    let client = &client;
    unreadable::a_damaged_delivery_stops_nothing(store, async |id: DeliveryId| {
        let damaged = "UPDATE deliveries SET record = 'nothing of ours' WHERE id = $1";
        client
            .execute(damaged, &[&Uuid::from_bytes(*id.as_bytes())])
            .await
            .unwrap();
    })
    .await;
}
