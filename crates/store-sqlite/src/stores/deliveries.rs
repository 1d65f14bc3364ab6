//! Deliveries.

use async_trait::async_trait;
use marquetry_job::Timestamp;
use marquetry_model::{AttemptRecord, Carriage, Delivery, DeliveryId, Lane, TenantId, Version};
use marquetry_store::persisted::{
    AttemptRow, DeliveryColumns, DeliveryRow, TurnRow, file_column, readable, shown_name, version_column,
};
use marquetry_store::{
    Change, Cursor, DeliveryFilter, DeliveryStore, DeliverySwap, Page, StoreError, Swap, Window,
};
use rusqlite::types::FromSqlError;
use rusqlite::{Connection, OptionalExtension, Params, Row, named_params, params};

use crate::SqliteStore;
use crate::error::{Doing, Work};
use crate::writer::News;

/// What is read of a delivery.
const COLUMNS: &str =
    "deliveries.id, tenant, event, deliveries.created_at, body, deliveries.record, version, turns.record";
/// From where: by what is sent, or by where it stands.
const SENT: &str = "deliveries CROSS JOIN turns ON turns.n = deliveries.n";
const STANDING: &str = "turns CROSS JOIN deliveries ON deliveries.n = turns.n";

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
            let sql = format!("SELECT {COLUMNS} FROM {SENT} WHERE deliveries.id = ?1 AND tenant = ?2");
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
                "SELECT {COLUMNS} FROM {SENT}
                 WHERE tenant = :tenant AND {endpoint}
                   AND (:shown IS NULL OR shown = :shown) AND (:event IS NULL OR event = :event)
                   AND (:since IS NULL OR deliveries.created_at >= :since)
                   AND (:at IS NULL OR (deliveries.created_at, deliveries.id) < (:at, :id))
                 ORDER BY deliveries.created_at DESC, deliveries.id DESC"
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
                "SELECT {COLUMNS} FROM {STANDING}
                 WHERE turns.file = ?3 AND due IS NOT NULL AND due BETWEEN ?4 AND ?1
                   AND lane NOT IN (SELECT value FROM json_each(?2))
                 ORDER BY due, turns.created_at, turns.id"
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
            let sql = "SELECT due FROM turns
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
                "SELECT {COLUMNS} FROM {STANDING}
                 WHERE sending = 1 AND turns.file = ?2 AND (?1 IS NULL OR turns.id > ?1) ORDER BY turns.id"
            );
            let after = after.as_ref().map(DeliveryId::as_bytes);
            many(connection, &sql, limit, params![after, file_column(carriage)])
        })
        .await
    }

    async fn forget_deliveries(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.write(move |connection, _| {
            let old = "SELECT n FROM turns INDEXED BY turns_ended
                       WHERE due IS NULL AND created_at <= ?1 ORDER BY created_at, id LIMIT ?2";
            let old: Vec<i64> = connection
                .prepare_cached(old)
                .of("delivery")?
                .query_map(params![before.as_micros(), limit], |row| row.get(0))
                .of("delivery")?
                .collect::<Result<_, _>>()
                .of("delivery")?;
            for sql in [
                "DELETE FROM delivery_attempts WHERE n = ?1",
                "DELETE FROM turns WHERE n = ?1",
                "DELETE FROM deliveries WHERE n = ?1",
            ] {
                let mut delete = connection.prepare_cached(sql).of("delivery")?;
                for n in &old {
                    delete.execute([n]).of("delivery")?;
                }
            }
            let gone = old.len();
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
                       WHERE n = (SELECT n FROM deliveries WHERE id = ?1 AND tenant = ?3)
                         AND (?2 IS NULL OR number < ?2)
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
            let sql = "DELETE FROM delivery_attempts WHERE (n, number) IN (
                           SELECT n, number FROM delivery_attempts INDEXED BY delivery_attempts_old
                           WHERE at <= ?1 ORDER BY at, n, number LIMIT ?2)";
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
        let turn = NewTurn::of(expected, delivery, tried);
        self.write(move |connection, told| turn.take(connection, told))
            .await
    }

    async fn replace_deliveries(&self, swaps: &[DeliverySwap]) -> Vec<Result<Swap, StoreError>> {
        let all = || {
            let turns = swaps.iter();
            turns.map(|one| NewTurn::of(one.expected, &one.delivery, one.tried.as_ref()))
        };
        // One message for all of them; only where one of them is refused does each go by itself.
        let turns: Vec<NewTurn> = all().collect();
        let together = self
            .write(move |connection, told| turns.iter().map(|turn| turn.take(connection, told)).collect())
            .await;
        match together {
            Ok(swapped) => Vec::into_iter(swapped).map(Ok).collect(),
            Err(_) => {
                let apart = all()
                    .map(|turn| move |connection: &Connection, told: &mut News| turn.take(connection, told));
                self.write_all(apart).await
            }
        }
    }
}

/// A delivery in its new state, and what is remembered of the try that led there.
#[derive(Debug)]
struct NewTurn {
    expected: Version,
    row: TurnRow,
    tried: Option<AttemptRow>,
    news: Option<Change>,
}

impl NewTurn {
    fn of(expected: Version, delivery: &Delivery, tried: Option<&AttemptRecord>) -> Self {
        Self {
            expected,
            row: TurnRow::of(delivery),
            tried: tried.map(|tried| AttemptRow::of(delivery.id, tried)),
            news: Change::of(delivery),
        }
    }

    /// Swaps it.
    fn take(&self, connection: &Connection, told: &mut News) -> Work<Swap> {
        let swap = update(connection, self.expected, &self.row, self.tried.as_ref())?;
        if swap == Swap::Swapped {
            told.extend(self.news);
        }
        Ok(swap)
    }
}

/// Lanes as a JSON list, which SQLite takes for a table.
fn names(lanes: &[Lane]) -> String {
    let names: Vec<&str> = lanes.iter().map(Lane::as_str).collect();
    serde_json::Value::from(names).to_string()
}

pub(super) fn insert(connection: &Connection, row: &DeliveryRow) -> Work<()> {
    let turn = &row.turn;
    let sql = "INSERT INTO deliveries (id, tenant, endpoint, event, created_at, file, record, body)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    let n = connection
        .prepare_cached(sql)
        .of("delivery")?
        .insert(params![
            turn.id,
            turn.tenant,
            row.endpoint,
            row.event,
            turn.created_at,
            turn.file,
            row.record,
            &row.body[..],
        ])
        .of("delivery")?;
    let sql = "INSERT INTO turns (n, id, lane, file, created_at, shown, due, sending, version, record)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
    connection
        .prepare_cached(sql)
        .of("delivery")?
        .execute(params![
            n,
            turn.id,
            turn.lane,
            turn.file,
            turn.created_at,
            turn.shown,
            turn.due,
            turn.sending,
            turn.version,
            turn.record,
        ])
        .of("delivery")?;
    Ok(())
}

fn remember(connection: &Connection, n: i64, row: &AttemptRow) -> Work<()> {
    let sql = "INSERT INTO delivery_attempts (n, number, at, record) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING";
    connection
        .prepare_cached(sql)
        .of("delivery attempt")?
        .execute(params![n, row.number, row.at, row.record])
        .of("delivery attempt")?;
    Ok(())
}

/// Swaps a delivery, and remembers the try that led there.
fn update(
    connection: &Connection,
    expected: Version,
    row: &TurnRow,
    tried: Option<&AttemptRow>,
) -> Work<Swap> {
    let n: Option<i64> = connection
        .prepare_cached("SELECT n FROM deliveries WHERE id = ?1 AND tenant = ?2")
        .of("delivery")?
        .query_row(params![row.id, row.tenant], |row| row.get(0))
        .optional()
        .of("delivery")?;
    let Some(n) = n else { return Ok(Swap::Missing) };
    let sql = "UPDATE turns SET shown = ?1, due = ?2, sending = ?3, version = ?4, record = ?5
               WHERE n = ?6 AND version = ?7";
    let changed = connection
        .prepare_cached(sql)
        .of("delivery")?
        .execute(params![
            row.shown,
            row.due,
            row.sending,
            row.version,
            row.record,
            n,
            version_column(expected)
        ])
        .of("delivery")?;
    if changed == 0 {
        return Ok(Swap::Moved);
    }
    if let Some(tried) = tried {
        remember(connection, n, tried)?;
    }
    Ok(Swap::Swapped)
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
    let lent = |column: usize| row.get_ref(column).of("delivery");
    let unlike = |error: FromSqlError| StoreError::Unreadable {
        what: "delivery",
        problem: error.to_string(),
    };
    let columns = DeliveryColumns {
        id: row.get(0).of("delivery")?,
        tenant: row.get(1).of("delivery")?,
        event: lent(2)?.as_str().map_err(unlike)?,
        created_at: row.get(3).of("delivery")?,
        body: lent(4)?.as_blob().map_err(unlike)?,
        record: lent(5)?.as_str().map_err(unlike)?,
        version: row.get(6).of("delivery")?,
        turn: lent(7)?.as_str().map_err(unlike)?,
    };
    columns.delivery()
}
