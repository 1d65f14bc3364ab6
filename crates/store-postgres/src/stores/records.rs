//! Records, and what they refer to.

use async_trait::async_trait;
use marquetry_job::Timestamp;
use marquetry_model::{Delivery, TenantId, Version};
use marquetry_store::persisted::{RecordRow, version_column};
use marquetry_store::{Change, Record, RecordCursor, RecordKind, RecordPage, RecordStore, StoreError, Swap};
use tokio_postgres::Row;
use tokio_postgres::types::Type;
use uuid::Uuid;

use super::deliveries;
use super::endpoints::swap;
use super::{limit, uuid};
use crate::PostgresStore;
use crate::error::Work;
use crate::pool::{Value, get};
use crate::transaction::Transaction;

const COLUMNS: &str = "tenant, id, created_at, updated_at, version, refers, form";

/// What a record refers to is checked at the end of a statement, when both are there.
const INSERT: &str = "
    WITH added AS (
        INSERT INTO records (tenant, kind, id, created_at, updated_at, version, refers, form)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
    )
    INSERT INTO record_references (target, tenant, kind, id)
    SELECT target, $1, $2, $3 FROM unnest(string_to_array($7, ' ')) AS target";

const REPLACE: &str = "
    WITH swapped AS (
        UPDATE records SET updated_at = $5, version = $6, refers = $7, form = $8
        WHERE tenant = $1 AND kind = $2 AND id = $3 AND version = $4 RETURNING 1
    ), dropped AS (
        DELETE FROM record_references
        WHERE tenant = $1 AND kind = $2 AND id = $3 AND target <> ALL (string_to_array($7, ' '))
          AND EXISTS (SELECT FROM swapped)
    ), added AS (
        INSERT INTO record_references (target, tenant, kind, id)
        SELECT target, $1, $2, $3 FROM unnest(string_to_array($7, ' ')) AS target
        WHERE EXISTS (SELECT FROM swapped)
        ON CONFLICT DO NOTHING
    )
    SELECT EXISTS (SELECT FROM swapped),
           EXISTS (SELECT FROM records WHERE tenant = $1 AND kind = $2 AND id = $3)";

/// What it refers to goes with it, by the reference from there.
const DELETE: &str = "
    WITH gone AS (
        DELETE FROM records
        WHERE tenant = $1 AND kind = $2 AND id = $3 AND ($4::bigint IS NULL OR version = $4)
        RETURNING 1
    )
    SELECT EXISTS (SELECT FROM gone),
           EXISTS (SELECT FROM records WHERE tenant = $1 AND kind = $2 AND id = $3)";

#[async_trait]
impl RecordStore for PostgresStore {
    async fn insert_record(&self, record: &Record) -> Result<(), StoreError> {
        let (kind, row) = (record.kind.name(), RecordRow::of(record));
        let tenant = uuid(&row.tenant);
        let values = insertion(&tenant, &kind, &row);
        self.shared.pool.write(INSERT, &values, kind).await?;
        Ok(())
    }

    async fn record(
        &self,
        tenant: TenantId,
        kind: RecordKind,
        id: &str,
    ) -> Result<Option<Record>, StoreError> {
        let (tenant, name) = (uuid(tenant.as_bytes()), kind.name());
        let values: [Value<'_>; 3] = [(&tenant, Type::UUID), (&name, Type::TEXT), (&id, Type::TEXT)];
        let found = self.records(kind, "WHERE tenant = $1 AND kind = $2 AND id = $3", &values);
        Ok(found.await?.pop())
    }

    async fn list_records(
        &self,
        tenant: TenantId,
        kind: RecordKind,
        after: Option<&RecordCursor>,
        most: u32,
    ) -> Result<RecordPage<Record>, StoreError> {
        let (tenant, name, surplus) = (uuid(tenant.as_bytes()), kind.name(), limit(most) + 1);
        let at = after.map(|after| after.at.as_micros());
        let id = after.map(|after| &after.id);
        let clause = "WHERE tenant = $1 AND kind = $2
                        AND ($3::bigint IS NULL OR (created_at, id) < ($3, $4))
                      ORDER BY created_at DESC, id DESC LIMIT $5";
        let values: [Value<'_>; 5] = [
            (&tenant, Type::UUID),
            (&name, Type::TEXT),
            (&at, Type::INT8),
            (&id, Type::TEXT),
            (&surplus, Type::INT8),
        ];
        let found = self.records(kind, clause, &values).await?;
        Ok(RecordPage::from_surplus(found, most))
    }

    async fn replace_record(&self, expected: Version, record: &Record) -> Result<Swap, StoreError> {
        let (kind, row) = (record.kind.name(), RecordRow::of(record));
        let (tenant, expected) = (uuid(&row.tenant), version_column(expected));
        let values: [Value<'_>; 8] = [
            (&tenant, Type::UUID),
            (&kind, Type::TEXT),
            (&row.id, Type::TEXT),
            (&expected, Type::INT8),
            (&row.updated_at, Type::INT8),
            (&row.version, Type::INT8),
            (&row.refers, Type::TEXT),
            (&row.form, Type::TEXT),
        ];
        let rows = self.shared.pool.write(REPLACE, &values, kind).await?;
        swap(rows.first(), kind)
    }

    async fn delete_record(
        &self,
        tenant: TenantId,
        kind: RecordKind,
        id: &str,
        expected: Option<Version>,
    ) -> Result<Swap, StoreError> {
        let (tenant, kind) = (uuid(tenant.as_bytes()), kind.name());
        let expected = expected.map(version_column);
        let values: [Value<'_>; 4] = [
            (&tenant, Type::UUID),
            (&kind, Type::TEXT),
            (&id, Type::TEXT),
            (&expected, Type::INT8),
        ];
        let rows = self.shared.pool.write(DELETE, &values, kind).await?;
        swap(rows.first(), kind)
    }

    async fn discharge_record(
        &self,
        tenant: TenantId,
        kind: RecordKind,
        id: &str,
        expected: Version,
        owed: &[Delivery],
    ) -> Result<Swap, StoreError> {
        let (tenant, kind) = (uuid(tenant.as_bytes()), kind.name());
        let expected = Some(version_column(expected));
        let values: [Value<'_>; 4] = [
            (&tenant, Type::UUID),
            (&kind, Type::TEXT),
            (&id, Type::TEXT),
            (&expected, Type::INT8),
        ];
        let transaction = Transaction::begin(&self.shared.pool).await?;
        let rows = transaction.run(DELETE, &values, kind).await?;
        let outcome = swap(rows.first(), kind)?;
        if outcome != Swap::Swapped {
            transaction.undo().await?;
            return Ok(outcome);
        }
        deliveries::insert(&transaction, owed).await?;
        transaction.commit().await?;
        self.shared.ring(owed.first().map(|_| Change::Delivery));
        Ok(outcome)
    }

    async fn is_referred_to(&self, id: &str) -> Result<bool, StoreError> {
        let sql = "SELECT true FROM record_references WHERE target = $1 LIMIT 1";
        let rows = self.shared.pool.read(sql, &[(&id, Type::TEXT)], "record").await?;
        Ok(!rows.is_empty())
    }

    async fn loose_records(
        &self,
        kind: RecordKind,
        before: Timestamp,
        after: Option<(TenantId, &str)>,
        most: u32,
    ) -> Result<Vec<Record>, StoreError> {
        let (name, before, most) = (kind.name(), before.as_micros(), limit(most));
        let tenant = after.map(|(tenant, _)| uuid(tenant.as_bytes()));
        let id = after.map(|(_, id)| id);
        let clause = "WHERE kind = $1 AND updated_at <= $2
                        AND ($3::uuid IS NULL OR (tenant, id) > ($3, $4))
                        AND NOT EXISTS (SELECT FROM record_references AS r
                                        WHERE r.target = records.id AND r.tenant = records.tenant)
                      ORDER BY tenant, id LIMIT $5";
        let values: [Value<'_>; 5] = [
            (&name, Type::TEXT),
            (&before, Type::INT8),
            (&tenant, Type::UUID),
            (&id, Type::TEXT),
            (&most, Type::INT8),
        ];
        self.records(kind, clause, &values).await
    }
}

/// Adds a record with other things.
pub(super) async fn insert(transaction: &Transaction<'_>, record: &Record) -> Work<()> {
    let (kind, row) = (record.kind.name(), RecordRow::of(record));
    let tenant = uuid(&row.tenant);
    let values = insertion(&tenant, &kind, &row);
    transaction.run(INSERT, &values, kind).await?;
    Ok(())
}

/// The values of [`INSERT`].
fn insertion<'v>(tenant: &'v Uuid, kind: &'v &'static str, row: &'v RecordRow) -> [Value<'v>; 8] {
    [
        (tenant, Type::UUID),
        (kind, Type::TEXT),
        (&row.id, Type::TEXT),
        (&row.created_at, Type::INT8),
        (&row.updated_at, Type::INT8),
        (&row.version, Type::INT8),
        (&row.refers, Type::TEXT),
        (&row.form, Type::TEXT),
    ]
}

impl PostgresStore {
    async fn records(&self, kind: RecordKind, clause: &str, values: &[Value<'_>]) -> Work<Vec<Record>> {
        let sql = format!("SELECT {COLUMNS} FROM records {clause}");
        let rows = self.shared.pool.read(&sql, values, kind.name()).await?;
        rows.iter().map(|row| read_row(row, kind)).collect()
    }
}

fn read_row(row: &Row, kind: RecordKind) -> Work<Record> {
    let what = kind.name();
    let row = RecordRow {
        tenant: get::<Uuid>(row, 0, what)?.into_bytes(),
        id: get(row, 1, what)?,
        created_at: get(row, 2, what)?,
        updated_at: get(row, 3, what)?,
        version: get(row, 4, what)?,
        refers: get(row, 5, what)?,
        form: get(row, 6, what)?,
    };
    row.record(kind)
}
