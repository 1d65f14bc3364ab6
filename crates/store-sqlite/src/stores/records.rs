//! Records, and what they refer to.

use async_trait::async_trait;
use marquetry_job::Timestamp;
use marquetry_model::{Delivery, TenantId, Version};
use marquetry_store::persisted::{DeliveryRow, RecordRow, version_column};
use marquetry_store::{Change, Record, RecordCursor, RecordKind, RecordPage, RecordStore, StoreError, Swap};
use rusqlite::{Connection, Params, Row, named_params, params};

use crate::SqliteStore;
use crate::error::{Doing, Work};
use crate::stores::deliveries;

const COLUMNS: &str = "tenant, id, created_at, updated_at, version, refers, form";

#[async_trait]
impl RecordStore for SqliteStore {
    async fn insert_record(&self, record: &Record) -> Result<(), StoreError> {
        let record = record.clone();
        self.write(move |connection, _| insert(connection, &record)).await
    }

    async fn record(
        &self,
        tenant: TenantId,
        kind: RecordKind,
        id: &str,
    ) -> Result<Option<Record>, StoreError> {
        let id = id.to_owned();
        self.read(move |connection| {
            let sql = format!("SELECT {COLUMNS} FROM records WHERE tenant = ?1 AND kind = ?2 AND id = ?3");
            let found = many(
                connection,
                kind,
                &sql,
                params![tenant.as_bytes(), kind.name(), id],
            );
            Ok(found?.pop())
        })
        .await
    }

    async fn list_records(
        &self,
        tenant: TenantId,
        kind: RecordKind,
        after: Option<&RecordCursor>,
        limit: u32,
    ) -> Result<RecordPage<Record>, StoreError> {
        let after = after.cloned();
        self.read(move |connection| {
            let sql = format!(
                "SELECT {COLUMNS} FROM records WHERE tenant = :tenant AND kind = :kind
                   AND (:at IS NULL OR (created_at, id) < (:at, :id))
                 ORDER BY created_at DESC, id DESC LIMIT :limit"
            );
            let values = named_params! {
                ":tenant": tenant.as_bytes(),
                ":kind": kind.name(),
                ":at": after.as_ref().map(|after| after.at.as_micros()),
                ":id": after.as_ref().map(|after| &after.id),
                ":limit": i64::from(limit) + 1,
            };
            Ok(RecordPage::from_surplus(
                many(connection, kind, &sql, values)?,
                limit,
            ))
        })
        .await
    }

    async fn replace_record(&self, expected: Version, record: &Record) -> Result<Swap, StoreError> {
        let (kind, row) = (record.kind.name(), RecordRow::of(record));
        self.write(move |connection, _| {
            let sql = "UPDATE records SET updated_at = ?1, version = ?2, refers = ?3, form = ?4
                       WHERE tenant = ?5 AND kind = ?6 AND id = ?7 AND version = ?8";
            let changed = connection
                .prepare_cached(sql)
                .of(kind)?
                .execute(params![
                    row.updated_at,
                    row.version,
                    row.refers,
                    row.form,
                    row.tenant,
                    kind,
                    row.id,
                    version_column(expected)
                ])
                .of(kind)?;
            if changed == 0 {
                return left(connection, kind, &row.tenant, &row.id);
            }
            connection
                .prepare_cached("DELETE FROM record_references WHERE tenant = ?1 AND kind = ?2 AND id = ?3")
                .of(kind)?
                .execute(params![row.tenant, kind, row.id])
                .of(kind)?;
            refer(connection, kind, &row)?;
            Ok(Swap::Swapped)
        })
        .await
    }

    async fn delete_record(
        &self,
        tenant: TenantId,
        kind: RecordKind,
        id: &str,
        expected: Option<Version>,
    ) -> Result<Swap, StoreError> {
        let (kind, id) = (kind.name(), id.to_owned());
        self.write(move |connection, _| delete(connection, kind, tenant, &id, expected))
            .await
    }

    async fn discharge_record(
        &self,
        tenant: TenantId,
        kind: RecordKind,
        id: &str,
        expected: Version,
        owed: &[Delivery],
    ) -> Result<Swap, StoreError> {
        let (kind, id) = (kind.name(), id.to_owned());
        let owed: Vec<_> = owed.iter().map(DeliveryRow::of).collect();
        self.write(move |connection, told| {
            let swap = delete(connection, kind, tenant, &id, Some(expected))?;
            if swap == Swap::Swapped {
                owed.iter()
                    .try_for_each(|row| deliveries::insert(connection, row))?;
                told.extend(owed.first().map(|_| Change::Delivery));
            }
            Ok(swap)
        })
        .await
    }

    async fn is_referred_to(&self, id: &str) -> Result<bool, StoreError> {
        let id = id.to_owned();
        self.read(move |connection| {
            connection
                .prepare_cached("SELECT 1 FROM record_references WHERE target = ?1")
                .of("record")?
                .exists([id])
                .of("record")
        })
        .await
    }

    async fn loose_records(
        &self,
        kind: RecordKind,
        before: Timestamp,
        after: Option<(TenantId, &str)>,
        limit: u32,
    ) -> Result<Vec<Record>, StoreError> {
        let after = after.map(|(tenant, id)| (tenant, id.to_owned()));
        self.read(move |connection| {
            let sql = format!(
                "SELECT {COLUMNS} FROM records AS r INDEXED BY records_by_kind
                 WHERE kind = :kind AND updated_at <= :before
                   AND (:tenant IS NULL OR (tenant, id) > (:tenant, :id))
                   AND NOT EXISTS (SELECT 1 FROM record_references
                                   WHERE target = r.id AND record_references.tenant = r.tenant)
                 ORDER BY tenant, id LIMIT :limit"
            );
            let values = named_params! {
                ":kind": kind.name(),
                ":before": before.as_micros(),
                ":tenant": after.as_ref().map(|(tenant, _)| tenant.as_bytes()),
                ":id": after.as_ref().map(|(_, id)| id),
                ":limit": limit,
            };
            many(connection, kind, &sql, values)
        })
        .await
    }
}

/// Adds a record.
pub(super) fn insert(connection: &Connection, record: &Record) -> Work<()> {
    let (kind, row) = (record.kind.name(), RecordRow::of(record));
    let sql = "INSERT INTO records (kind, tenant, id, created_at, updated_at, version, refers, form)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    connection
        .prepare_cached(sql)
        .of(kind)?
        .execute(params![
            kind,
            row.tenant,
            row.id,
            row.created_at,
            row.updated_at,
            row.version,
            row.refers,
            row.form
        ])
        .of(kind)?;
    refer(connection, kind, &row)
}

/// Writes down what a record refers to.
fn refer(connection: &Connection, kind: &'static str, row: &RecordRow) -> Work<()> {
    let sql = "INSERT INTO record_references (target, tenant, kind, id) VALUES (?1, ?2, ?3, ?4)";
    let mut statement = connection.prepare_cached(sql).of(kind)?;
    for target in row.references() {
        statement
            .execute(params![target, row.tenant, kind, row.id])
            .of(kind)?;
    }
    Ok(())
}

fn delete(
    connection: &Connection,
    kind: &'static str,
    tenant: TenantId,
    id: &str,
    expected: Option<Version>,
) -> Work<Swap> {
    let sql = "DELETE FROM records
               WHERE tenant = ?1 AND kind = ?2 AND id = ?3 AND (?4 IS NULL OR version = ?4)";
    let gone = connection
        .prepare_cached(sql)
        .of(kind)?
        .execute(params![tenant.as_bytes(), kind, id, expected.map(version_column)])
        .of(kind)?;
    if gone == 0 {
        return left(connection, kind, tenant.as_bytes(), id);
    }
    Ok(Swap::Swapped)
}

/// Why nothing was written.
fn left(connection: &Connection, kind: &'static str, tenant: &[u8; 16], id: &str) -> Work<Swap> {
    let there = connection
        .prepare_cached("SELECT 1 FROM records WHERE tenant = ?1 AND kind = ?2 AND id = ?3")
        .of(kind)?
        .exists(params![tenant, kind, id])
        .of(kind)?;
    Ok(if there { Swap::Moved } else { Swap::Missing })
}

fn read_row(row: &Row<'_>) -> rusqlite::Result<RecordRow> {
    Ok(RecordRow {
        tenant: row.get(0)?,
        id: row.get(1)?,
        created_at: row.get(2)?,
        updated_at: row.get(3)?,
        version: row.get(4)?,
        refers: row.get(5)?,
        form: row.get(6)?,
    })
}

fn many(connection: &Connection, kind: RecordKind, sql: &str, params: impl Params) -> Work<Vec<Record>> {
    let what = kind.name();
    let mut statement = connection.prepare_cached(sql).of(what)?;
    let rows = statement.query_map(params, read_row).of(what)?;
    rows.map(|row| row.of(what)?.record(kind)).collect()
}
