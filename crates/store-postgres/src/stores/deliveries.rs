//! Deliveries.

use async_trait::async_trait;
use marquetry_job::Timestamp;
use marquetry_model::{AttemptRecord, Carriage, Delivery, DeliveryId, Lane, TenantId, Version};
use marquetry_store::persisted::{AttemptRow, DeliveryColumns, DeliveryRow, file_column, shown_name};
use marquetry_store::{
    Change, Cursor, DeliveryFilter, DeliveryStore, DeliverySwap, Page, StoreError, Swap, Window,
};
use tokio_postgres::Row;
use tokio_postgres::types::Type;
use uuid::Uuid;

use super::columns::Columns;
use super::jobs::{Reading, count, place};
use super::redelivering::NewTurn;
use super::{limit, owing, uuid};
use crate::PostgresStore;
use crate::error::Work;
use crate::pool::{Value, get, lent};
use crate::transaction::Transaction;

/// A whole delivery, from the view of all of them.
const COLUMNS: &str = "id, tenant, event, created_at, body, record, version, turn";
/// The same of a delivery that has not ended, from where it stands.
const LIVE: &str =
    "deliveries.id, deliveries.tenant, event, deliveries.created_at, body, deliveries.record, version,
                    owed.record AS turn
     FROM owed JOIN deliveries ON deliveries.id = owed.id";

/// That the lane of a delivery is none of the first parameter. A subquery, whose lanes are hashed once: a list is
/// gone through for each delivery that is passed over, and a dead receiver may have thousands at the head of the queue.
const OPEN: &str = "lane NOT IN (SELECT unnest($1::text[]))";

/// The statement that adds deliveries which nothing else owes.
fn insert_sql() -> String {
    format!("WITH {} SELECT 1", owing::added(1, None))
}

#[async_trait]
impl DeliveryStore for PostgresStore {
    async fn insert_delivery(&self, delivery: &Delivery) -> Result<(), StoreError> {
        let row = DeliveryRow::of(delivery);
        let columns = Columns::default().deliveries(&[(row.turn.id, &row)]);
        self.shared
            .pool
            .write(&insert_sql(), &columns.values(), "delivery")
            .await?;
        self.shared.ring([Change::Delivery]);
        Ok(())
    }

    async fn delivery(&self, tenant: TenantId, id: DeliveryId) -> Result<Option<Delivery>, StoreError> {
        let (id, tenant) = (uuid(id.as_bytes()), uuid(tenant.as_bytes()));
        let values: [Value<'_>; 2] = [(&id, Type::UUID), (&tenant, Type::UUID)];
        let sql = format!("SELECT {COLUMNS} FROM whole_deliveries WHERE id = $1 AND tenant = $2");
        let rows = self.shared.pool.read(&sql, &values, "delivery").await?;
        rows.first().map(read_delivery).transpose()
    }

    async fn list_deliveries(
        &self,
        tenant: TenantId,
        filter: &DeliveryFilter,
        after: Option<Cursor>,
        most: u32,
    ) -> Result<Page<Delivery>, StoreError> {
        let tenant = uuid(tenant.as_bytes());
        let endpoint = filter.endpoint.map(|endpoint| uuid(endpoint.as_bytes()));
        let shown = filter.shown.map(shown_name);
        let event = filter.event.map(|event| event.name());
        let (at, id) = place(after);
        let since = filter.since.map(Timestamp::as_micros);
        let clause = "WHERE tenant = $1 AND ($2::uuid IS NULL OR endpoint = $2)
                        AND ($3::text IS NULL OR shown = $3) AND ($4::text IS NULL OR event = $4)
                        AND ($5::bigint IS NULL OR (created_at, id) < ($5, $6))
                        AND ($7::bigint IS NULL OR created_at >= $7)
                      ORDER BY created_at DESC, id DESC";
        let values: [Value<'_>; 7] = [
            (&tenant, Type::UUID),
            (&endpoint, Type::UUID),
            (&shown, Type::TEXT),
            (&event, Type::TEXT),
            (&at, Type::INT8),
            (&id, Type::UUID),
            (&since, Type::INT8),
        ];
        let sql = format!("SELECT {COLUMNS} FROM whole_deliveries {clause}");
        let (reading, surplus) = (Reading::Sometimes, most.saturating_add(1));
        let found = self
            .first(reading, &sql, &values, surplus, "delivery", read_delivery)
            .await?;
        Ok(Page::from_surplus(found, most, |one| Cursor {
            at: one.created_at,
            id: *one.id.as_bytes(),
        }))
    }

    async fn due_deliveries(
        &self,
        carriage: Carriage,
        window: Window,
        limit: u32,
        except: &[Lane],
    ) -> Result<Vec<Delivery>, StoreError> {
        let (from, until) = (window.from.as_micros(), window.until.as_micros());
        let (except, file) = (names(except), file_column(carriage));
        let sql = format!(
            "SELECT {LIVE}
             WHERE owed.file = $3 AND due BETWEEN $4 AND $2 AND {OPEN} ORDER BY due, owed.created_at, owed.id"
        );
        let values: [Value<'_>; 4] = [
            (&except, Type::TEXT_ARRAY),
            (&until, Type::INT8),
            (&file, Type::BOOL),
            (&from, Type::INT8),
        ];
        let reading = Reading::AllTheTime;
        self.first(reading, &sql, &values, limit, "delivery", read_delivery)
            .await
    }

    async fn next_due_delivery(
        &self,
        carriage: Carriage,
        from: Timestamp,
        except: &[Lane],
    ) -> Result<Option<Timestamp>, StoreError> {
        let (from, except, file) = (from.as_micros(), names(except), file_column(carriage));
        let sql = format!(
            "SELECT due FROM owed WHERE file = $2 AND due >= $3 AND {OPEN} ORDER BY due, created_at, id LIMIT 1"
        );
        let values: [Value<'_>; 3] = [
            (&except, Type::TEXT_ARRAY),
            (&file, Type::BOOL),
            (&from, Type::INT8),
        ];
        let rows = self.shared.pool.walk(&sql, &values, "delivery").await?;
        let due = rows.first().map(|row| get(row, 0, "delivery")).transpose()?;
        Ok(due.map(Timestamp::from_micros))
    }

    async fn held_deliveries(
        &self,
        carriage: Carriage,
        after: Option<DeliveryId>,
        most: u32,
    ) -> Result<Vec<Delivery>, StoreError> {
        let (after, file) = (after.map(|after| uuid(after.as_bytes())), file_column(carriage));
        let sql = format!(
            "SELECT {LIVE} WHERE sending AND owed.file = $2 AND ($1::uuid IS NULL OR owed.id > $1) ORDER BY owed.id"
        );
        let values: [Value<'_>; 2] = [(&after, Type::UUID), (&file, Type::BOOL)];
        let reading = Reading::Sometimes;
        self.first(reading, &sql, &values, most, "delivery", read_delivery)
            .await
    }

    async fn forget_deliveries(&self, before: Timestamp, most: u32) -> Result<u64, StoreError> {
        let (before, most) = (before.as_micros(), limit(most));
        // Locked where a replay would take them from.
        let sql = "WITH old AS MATERIALIZED (
                       SELECT ended.id FROM deliveries JOIN delivery_ends AS ended ON ended.id = deliveries.id
                       WHERE created_at <= $1 ORDER BY created_at, deliveries.id LIMIT $2
                       FOR UPDATE OF ended SKIP LOCKED
                   ), tries AS (
                       DELETE FROM delivery_attempts WHERE delivery IN (SELECT id FROM old)
                   ), ends AS (
                       DELETE FROM delivery_ends WHERE id IN (SELECT id FROM old)
                   ), gone AS (
                       DELETE FROM deliveries WHERE id IN (SELECT id FROM old) RETURNING 1
                   )
                   SELECT count(*) FROM gone";
        let values: [Value<'_>; 2] = [(&before, Type::INT8), (&most, Type::INT8)];
        count(self.shared.pool.write(sql, &values, "delivery").await?.first())
    }

    async fn delivery_attempts(
        &self,
        tenant: TenantId,
        id: DeliveryId,
        before: Option<u32>,
        most: u32,
    ) -> Result<Vec<AttemptRecord>, StoreError> {
        let (id, tenant) = (uuid(id.as_bytes()), uuid(tenant.as_bytes()));
        let (before, most) = (before.map(i64::from), limit(most));
        let sql = "SELECT record FROM delivery_attempts
                   WHERE delivery = $1 AND ($2::bigint IS NULL OR number < $2)
                     AND EXISTS (SELECT FROM deliveries WHERE id = $1 AND tenant = $3)
                   ORDER BY number DESC LIMIT $4";
        let values: [Value<'_>; 4] = [
            (&id, Type::UUID),
            (&before, Type::INT8),
            (&tenant, Type::UUID),
            (&most, Type::INT8),
        ];
        let what = "delivery attempt";
        let rows = self.shared.pool.read(sql, &values, what).await?;
        rows.iter()
            .map(|row| AttemptRow::attempt(&get::<String>(row, 0, what)?))
            .collect()
    }

    async fn forget_attempts(&self, before: Timestamp, most: u32) -> Result<u64, StoreError> {
        let (before, most) = (before.as_micros(), limit(most));
        let sql = "WITH old AS MATERIALIZED (
                       SELECT delivery, number FROM delivery_attempts WHERE at <= $1
                       ORDER BY at, delivery, number LIMIT $2 FOR UPDATE SKIP LOCKED
                   ), gone AS (
                       DELETE FROM delivery_attempts
                       WHERE (delivery, number) IN (SELECT delivery, number FROM old) RETURNING 1
                   )
                   SELECT count(*) FROM gone";
        let values: [Value<'_>; 2] = [(&before, Type::INT8), (&most, Type::INT8)];
        let rows = self.shared.pool.write(sql, &values, "delivery attempt").await?;
        count(rows.first())
    }

    async fn replace_delivery(
        &self,
        expected: Version,
        delivery: &Delivery,
        tried: Option<&AttemptRecord>,
    ) -> Result<Swap, StoreError> {
        self.redelivering
            .ask(NewTurn::of(expected, delivery, tried))
            .await
    }

    async fn replace_deliveries(&self, swaps: &[DeliverySwap]) -> Vec<Result<Swap, StoreError>> {
        let wishes = swaps
            .iter()
            .map(|one| NewTurn::of(one.expected, &one.delivery, one.tried.as_ref()));
        self.redelivering.ask_all(wishes).await
    }
}

/// Adds deliveries with other things.
pub(super) async fn insert(transaction: &Transaction<'_>, owed: &[Delivery]) -> Work<()> {
    if owed.is_empty() {
        return Ok(());
    }
    let rows: Vec<_> = owed.iter().map(DeliveryRow::of).collect();
    let rows: Vec<_> = rows.iter().map(|row| (row.turn.id, row)).collect();
    let columns = Columns::default().deliveries(&rows);
    transaction
        .run(&insert_sql(), &columns.values(), "delivery")
        .await?;
    Ok(())
}

fn names(lanes: &[Lane]) -> Vec<String> {
    lanes
        .iter()
        .map(|lane| super::text(lane.as_str()).into_owned())
        .collect()
}

fn read_delivery(row: &Row) -> Work<Delivery> {
    let what = "delivery";
    let columns = DeliveryColumns {
        id: get::<Uuid>(row, 0, what)?.into_bytes(),
        tenant: get::<Uuid>(row, 1, what)?.into_bytes(),
        event: lent(row, 2, what)?,
        created_at: get(row, 3, what)?,
        body: lent(row, 4, what)?,
        record: lent(row, 5, what)?,
        version: get(row, 6, what)?,
        turn: lent(row, 7, what)?,
    };
    columns.delivery()
}
