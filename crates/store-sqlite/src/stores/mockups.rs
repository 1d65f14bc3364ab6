//! Mockups.

use async_trait::async_trait;
use marquetry_job::Timestamp;
use marquetry_model::{ContentHash, Mockup, MockupId, TenantId, Version};
use marquetry_store::persisted::{MockupRow, version_column};
use marquetry_store::{MockupFilter, MockupOrder, MockupPage, MockupStore, OrderBy, StoreError, Swap, Way};
use rusqlite::{Connection, Params, Row, named_params, params};

use crate::SqliteStore;
use crate::error::{Doing, Work};

const COLUMNS: &str = "id, tenant, name, folded_name, content, created_at, updated_at, version, record";

#[async_trait]
impl MockupStore for SqliteStore {
    async fn insert_mockup(&self, mockup: &Mockup) -> Result<(), StoreError> {
        let row = MockupRow::of(mockup);
        self.write(move |connection, _| insert(connection, &row)).await
    }

    async fn mockup(&self, tenant: TenantId, id: MockupId) -> Result<Option<Mockup>, StoreError> {
        self.read(move |connection| find(connection, tenant, id)).await
    }

    async fn list_mockups(
        &self,
        tenant: TenantId,
        filter: &MockupFilter,
        order: MockupOrder,
        limit: u32,
        offset: u64,
    ) -> Result<MockupPage, StoreError> {
        let filter = filter.clone();
        self.read(move |connection| {
            let by = match order.by {
                OrderBy::Name => "folded_name",
                OrderBy::CreatedAt => "created_at",
                OrderBy::UpdatedAt => "updated_at",
            };
            let way = match order.way {
                Way::Ascending => "ASC",
                Way::Descending => "DESC",
            };
            // `instr`, not `LIKE`: in a name no character is special.
            let filtered = "tenant = :tenant AND (:name IS NULL OR instr(folded_name, :name) > 0)
                            AND (:from IS NULL OR created_at >= :from) AND (:to IS NULL OR created_at <= :to)";
            let name = filter.name.as_deref().map(MockupFilter::folded);
            let (from, to) =
                (filter.created_after.map(Timestamp::as_micros), filter.created_before.map(Timestamp::as_micros));
            // One read transaction, so that the page and the total are of one moment.
            let reading = connection.unchecked_transaction().of("mockup")?;
            let total: i64 = reading
                .prepare_cached(&format!("SELECT count(*) FROM mockups WHERE {filtered}"))
                .of("mockup")?
                .query_row(
                    named_params! { ":tenant": tenant.as_bytes(), ":name": name, ":from": from, ":to": to },
                    |row| row.get(0),
                )
                .of("mockup")?;
            let mockups = many(
                &reading,
                &format!(
                    "SELECT {COLUMNS} FROM mockups WHERE {filtered}
                     ORDER BY {by} {way}, id {way} LIMIT :limit OFFSET :offset"
                ),
                named_params! {
                    ":tenant": tenant.as_bytes(),
                    ":name": name,
                    ":from": from,
                    ":to": to,
                    ":limit": limit,
                    ":offset": i64::try_from(offset).unwrap_or(i64::MAX),
                },
            )?;
            Ok(MockupPage { mockups, total: u64::try_from(total).unwrap_or(0) })
        })
        .await
    }

    async fn replace_mockup(&self, expected: Version, mockup: &Mockup) -> Result<Swap, StoreError> {
        let row = MockupRow::of(mockup);
        self.write(move |connection, _| {
            let sql = "UPDATE mockups SET name = ?1, folded_name = ?2, updated_at = ?3, version = ?4
                       WHERE id = ?5 AND tenant = ?6 AND version = ?7";
            let changed = connection
                .execute(
                    sql,
                    params![
                        row.name,
                        row.folded_name,
                        row.updated_at,
                        row.version,
                        row.id,
                        row.tenant,
                        version_column(expected)
                    ],
                )
                .of("mockup")?;
            if changed == 1 {
                return Ok(Swap::Swapped);
            }
            let there = connection
                .prepare_cached("SELECT 1 FROM mockups WHERE id = ?1 AND tenant = ?2")
                .of("mockup")?
                .exists(params![row.id, row.tenant])
                .of("mockup")?;
            Ok(if there { Swap::Moved } else { Swap::Missing })
        })
        .await
    }

    async fn delete_mockup(&self, tenant: TenantId, id: MockupId) -> Result<Option<Mockup>, StoreError> {
        self.write(move |connection, _| {
            let found = find(connection, tenant, id)?;
            if found.is_some() {
                connection
                    .execute("DELETE FROM mockups WHERE id = ?1", [id.as_bytes()])
                    .of("mockup")?;
            }
            Ok(found)
        })
        .await
    }

    async fn content_in_use(&self, content: ContentHash) -> Result<bool, StoreError> {
        self.read(move |connection| {
            let sql = "SELECT 1 FROM mockups WHERE content = ?1";
            connection
                .prepare_cached(sql)
                .of("mockup")?
                .exists([content.as_bytes()])
                .of("mockup")
        })
        .await
    }
}

pub(super) fn insert(connection: &Connection, row: &MockupRow) -> Work<()> {
    let sql = "INSERT INTO mockups (id, tenant, name, folded_name, content, created_at, updated_at, version,
                                    record)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
    connection
        .prepare_cached(sql)
        .of("mockup")?
        .execute(params![
            row.id,
            row.tenant,
            row.name,
            row.folded_name,
            row.content,
            row.created_at,
            row.updated_at,
            row.version,
            row.record
        ])
        .of("mockup")?;
    Ok(())
}

fn find(connection: &Connection, tenant: TenantId, id: MockupId) -> Work<Option<Mockup>> {
    let sql = format!("SELECT {COLUMNS} FROM mockups WHERE id = ?1 AND tenant = ?2");
    Ok(many(connection, &sql, params![id.as_bytes(), tenant.as_bytes()])?.pop())
}

fn read_row(row: &Row<'_>) -> rusqlite::Result<MockupRow> {
    Ok(MockupRow {
        id: row.get(0)?,
        tenant: row.get(1)?,
        name: row.get(2)?,
        folded_name: row.get(3)?,
        content: row.get(4)?,
        created_at: row.get(5)?,
        updated_at: row.get(6)?,
        version: row.get(7)?,
        record: row.get(8)?,
    })
}

fn many(connection: &Connection, sql: &str, params: impl Params) -> Work<Vec<Mockup>> {
    let mut statement = connection.prepare_cached(sql).of("mockup")?;
    let rows = statement.query_map(params, read_row).of("mockup")?;
    rows.map(|row| row.of("mockup")?.mockup()).collect()
}
