//! Deliveries.

use async_trait::async_trait;
use marquetry_job::Timestamp;
use marquetry_model::{AttemptRecord, Carriage, Delivery, DeliveryId, Lane, TenantId, Version};
use marquetry_store::persisted::{
    AttemptRow, DeliveryRow, file_column, readable, shown_name, version_column,
};
use marquetry_store::{Change, Cursor, DeliveryFilter, DeliveryStore, Page, StoreError, Swap, Window};
use rusqlite::{Connection, OptionalExtension, Params, Row, named_params, params};

use crate::SqliteStore;
use crate::error::{Doing, Work};

const COLUMNS: &str =
    "id, tenant, endpoint, lane, event, shown, due, sending, created_at, version, record, body, file";

#[async_trait]
impl DeliveryStore for SqliteStore {
    async fn insert_delivery(&self, delivery: &Delivery) -> Result<(), StoreError> {
        let row = DeliveryRow::of(delivery);
        self.write(move |connection, told| {
            insert(connection, &row)?;
            told.push(Change::Delivery);
            Ok(())
        })
        .await
    }

    async fn delivery(&self, tenant: TenantId, id: DeliveryId) -> Result<Option<Delivery>, StoreError> {
        self.read(move |connection| {
            let sql = format!("SELECT {COLUMNS} FROM deliveries WHERE id = ?1 AND tenant = ?2");
            let mut statement = connection.prepare_cached(&sql).of("delivery")?;
            let mut rows = statement
                .query(params![id.as_bytes(), tenant.as_bytes()])
                .of("delivery")?;
            rows.next().of("delivery")?.map(read_delivery).transpose()
        })
        .await
    }

    async fn list_deliveries(
        &self,
        tenant: TenantId,
        filter: &DeliveryFilter,
        after: Option<Cursor>,
        limit: u32,
    ) -> Result<Page<Delivery>, StoreError> {
        let filter = filter.clone();
        self.read(move |connection| {
            // Two texts, so that a list by endpoint can use the index made for it.
            let endpoint = match filter.endpoint {
                Some(_) => "endpoint = :endpoint",
                None => ":endpoint IS NULL",
            };
            let sql = format!(
                "SELECT {COLUMNS} FROM deliveries
                 WHERE tenant = :tenant AND {endpoint}
                   AND (:shown IS NULL OR shown = :shown) AND (:event IS NULL OR event = :event)
                   AND (:since IS NULL OR created_at >= :since)
                   AND (:at IS NULL OR (created_at, id) < (:at, :id))
                 ORDER BY created_at DESC, id DESC"
            );
            let found = many(
                connection,
                &sql,
                limit.saturating_add(1),
                named_params! {
                    ":tenant": tenant.as_bytes(),
                    ":endpoint": filter.endpoint.as_ref().map(|endpoint| endpoint.as_bytes()),
                    ":shown": filter.shown.map(shown_name),
                    ":event": filter.event.map(|event| event.name()),
                    ":since": filter.since.map(Timestamp::as_micros),
                    ":at": after.map(|after| after.at.as_micros()),
                    ":id": after.map(|after| after.id),
                },
            )?;
            let place = |one: &Delivery| Cursor {
                at: one.created_at,
                id: *one.id.as_bytes(),
            };
            Ok(Page::from_surplus(found, limit, place))
        })
        .await
    }

    async fn due_deliveries(
        &self,
        carriage: Carriage,
        window: Window,
        limit: u32,
        except: &[Lane],
    ) -> Result<Vec<Delivery>, StoreError> {
        let except = names(except);
        self.read(move |connection| {
            let sql = format!(
                "SELECT {COLUMNS} FROM deliveries
                 WHERE file = ?3 AND due IS NOT NULL AND due BETWEEN ?4 AND ?1
                   AND lane NOT IN (SELECT value FROM json_each(?2))
                 ORDER BY due, created_at, id"
            );
            let values = params![
                window.until.as_micros(),
                except,
                file_column(carriage),
                window.from.as_micros()
            ];
            many(connection, &sql, limit, values)
        })
        .await
    }

    async fn next_due_delivery(
        &self,
        carriage: Carriage,
        from: Timestamp,
        except: &[Lane],
    ) -> Result<Option<Timestamp>, StoreError> {
        let except = names(except);
        self.read(move |connection| {
            let sql = "SELECT due FROM deliveries
                       WHERE file = ?2 AND due IS NOT NULL AND due >= ?3
                         AND lane NOT IN (SELECT value FROM json_each(?1))
                       ORDER BY due LIMIT 1";
            let mut statement = connection.prepare_cached(sql).of("delivery")?;
            let due = statement
                .query_row(params![except, file_column(carriage), from.as_micros()], |row| {
                    row.get(0)
                })
                .optional()
                .of("delivery")?;
            Ok(due.map(Timestamp::from_micros))
        })
        .await
    }

    async fn held_deliveries(
        &self,
        carriage: Carriage,
        after: Option<DeliveryId>,
        limit: u32,
    ) -> Result<Vec<Delivery>, StoreError> {
        self.read(move |connection| {
            let sql = format!(
                "SELECT {COLUMNS} FROM deliveries
                 WHERE sending = 1 AND file = ?2 AND (?1 IS NULL OR id > ?1) ORDER BY id"
            );
            let after = after.as_ref().map(DeliveryId::as_bytes);
            many(connection, &sql, limit, params![after, file_column(carriage)])
        })
        .await
    }

    async fn forget_deliveries(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.write(move |connection, _| {
            // The same rows both times: nothing else writes in between.
            let old = "(SELECT id FROM deliveries INDEXED BY deliveries_ended
                        WHERE due IS NULL AND created_at <= ?1 ORDER BY created_at, id LIMIT ?2)";
            let delete = |sql: String| {
                let values = params![before.as_micros(), limit];
                connection.execute(&sql, values).of("delivery")
            };
            delete(format!("DELETE FROM delivery_attempts WHERE delivery IN {old}"))?;
            let gone = delete(format!("DELETE FROM deliveries WHERE id IN {old}"))?;
            Ok(u64::try_from(gone).unwrap_or(u64::MAX))
        })
        .await
    }

    async fn delivery_attempts(
        &self,
        tenant: TenantId,
        id: DeliveryId,
        before: Option<u32>,
        limit: u32,
    ) -> Result<Vec<AttemptRecord>, StoreError> {
        self.read(move |connection| {
            let sql = "SELECT record FROM delivery_attempts
                       WHERE delivery = ?1 AND (?2 IS NULL OR number < ?2)
                         AND EXISTS (SELECT 1 FROM deliveries WHERE id = ?1 AND tenant = ?3)
                       ORDER BY number DESC LIMIT ?4";
            let mut statement = connection.prepare_cached(sql).of("delivery attempt")?;
            let values = params![id.as_bytes(), before, tenant.as_bytes(), limit];
            let records = statement
                .query_map(values, |row| row.get::<_, String>(0))
                .of("delivery attempt")?;
            records
                .map(|record| AttemptRow::attempt(&record.of("delivery attempt")?))
                .collect()
        })
        .await
    }

    async fn forget_attempts(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.write(move |connection, _| {
            let sql = "DELETE FROM delivery_attempts WHERE (delivery, number) IN (
                           SELECT delivery, number FROM delivery_attempts INDEXED BY delivery_attempts_old
                           WHERE at <= ?1 ORDER BY at, delivery, number LIMIT ?2)";
            let values = params![before.as_micros(), limit];
            let gone = connection.execute(sql, values).of("delivery attempt")?;
            Ok(u64::try_from(gone).unwrap_or(u64::MAX))
        })
        .await
    }

    async fn replace_delivery(
        &self,
        expected: Version,
        delivery: &Delivery,
        tried: Option<&AttemptRecord>,
    ) -> Result<Swap, StoreError> {
        let (row, news) = (DeliveryRow::of(delivery), Change::of(delivery));
        let tried = tried.map(|tried| AttemptRow::of(delivery.id, tried));
        self.write(move |connection, told| {
            let swap = update(connection, expected, &row)?;
            if swap == Swap::Swapped {
                told.extend(news);
                if let Some(tried) = &tried {
                    remember(connection, tried)?;
                }
            }
            Ok(swap)
        })
        .await
    }
}

/// Lanes as a JSON list, which SQLite takes for a table.
fn names(lanes: &[Lane]) -> String {
    let names: Vec<&str> = lanes.iter().map(Lane::as_str).collect();
    serde_json::Value::from(names).to_string()
}

pub(super) fn insert(connection: &Connection, row: &DeliveryRow) -> Work<()> {
    let sql = "INSERT INTO deliveries (id, tenant, endpoint, lane, event, shown, due, sending, created_at,
                                       version, record, body, file)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)";
    connection
        .prepare_cached(sql)
        .of("delivery")?
        .execute(params![
            row.id,
            row.tenant,
            row.endpoint,
            row.lane,
            row.event,
            row.shown,
            row.due,
            row.sending,
            row.created_at,
            row.version,
            row.record,
            row.body,
            row.file
        ])
        .of("delivery")?;
    Ok(())
}

fn remember(connection: &Connection, row: &AttemptRow) -> Work<()> {
    let sql = "INSERT INTO delivery_attempts (delivery, number, at, record) VALUES (?1, ?2, ?3, ?4)
               ON CONFLICT DO NOTHING";
    connection
        .prepare_cached(sql)
        .of("delivery attempt")?
        .execute(params![row.delivery, row.number, row.at, row.record])
        .of("delivery attempt")?;
    Ok(())
}

fn update(connection: &Connection, expected: Version, row: &DeliveryRow) -> Work<Swap> {
    let sql = "UPDATE deliveries SET shown = ?1, due = ?2, sending = ?3, version = ?4, record = ?5
               WHERE id = ?6 AND tenant = ?7 AND version = ?8";
    let changed = connection
        .prepare_cached(sql)
        .of("delivery")?
        .execute(params![
            row.shown,
            row.due,
            row.sending,
            row.version,
            row.record,
            row.id,
            row.tenant,
            version_column(expected)
        ])
        .of("delivery")?;
    if changed == 1 {
        return Ok(Swap::Swapped);
    }
    let there = connection
        .prepare_cached("SELECT 1 FROM deliveries WHERE id = ?1 AND tenant = ?2")
        .of("delivery")?
        .exists(params![row.id, row.tenant])
        .of("delivery")?;
    Ok(if there { Swap::Moved } else { Swap::Missing })
}

fn read_row(row: &Row<'_>) -> rusqlite::Result<DeliveryRow> {
    Ok(DeliveryRow {
        id: row.get(0)?,
        tenant: row.get(1)?,
        endpoint: row.get(2)?,
        lane: row.get(3)?,
        event: row.get(4)?,
        shown: row.get(5)?,
        due: row.get(6)?,
        sending: row.get(7)?,
        created_at: row.get(8)?,
        version: row.get(9)?,
        record: row.get(10)?,
        body: row.get(11)?,
        file: row.get(12)?,
    })
}

/// The first `most` of the deliveries that can be read, as with jobs.
fn many(connection: &Connection, sql: &str, most: u32, params: impl Params) -> Work<Vec<Delivery>> {
    let mut statement = connection.prepare_cached(sql).of("delivery")?;
    let mut rows = statement.query(params).of("delivery")?;
    let (mut found, most) = (Vec::new(), usize::try_from(most).unwrap_or(usize::MAX));
    while found.len() < most
        && let Some(row) = rows.next().of("delivery")?
    {
        found.extend(readable(
            row.get::<_, [u8; 16]>(0).of("delivery")?,
            read_delivery(row),
        )?);
    }
    Ok(found)
}

fn read_delivery(row: &Row<'_>) -> Work<Delivery> {
    read_row(row).of("delivery")?.delivery()
}
