//! Mockups.

use async_trait::async_trait;
use marquetry_job::Timestamp;
use marquetry_model::{ContentHash, Mockup, MockupId, TenantId, Version};
use marquetry_store::persisted::{MockupRow, version_column};
use marquetry_store::{MockupFilter, MockupOrder, MockupPage, MockupStore, OrderBy, StoreError, Swap, Way};
use tokio_postgres::Row;
use tokio_postgres::types::Type;
use uuid::Uuid;

use super::endpoints::swap;
use super::{limit, text, uuid};
use crate::PostgresStore;
use crate::error::Work;
use crate::pool::{Value, get};

const COLUMNS: &str = "id, tenant, name, folded_name, content, created_at, updated_at, version, record";

#[async_trait]
impl MockupStore for PostgresStore {
    async fn insert_mockup(&self, mockup: &Mockup) -> Result<(), StoreError> {
        let row = MockupRow::of(mockup);
        let sql = format!("INSERT INTO mockups ({COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)");
        let (id, tenant, content) = (uuid(&row.id), uuid(&row.tenant), &row.content[..]);
        let (name, folded) = (text(&row.name), text(&row.folded_name));
        let values: [Value<'_>; 9] = [
            (&id, Type::UUID),
            (&tenant, Type::UUID),
            (&name, Type::TEXT),
            (&folded, Type::TEXT),
            (&content, Type::BYTEA),
            (&row.created_at, Type::INT8),
            (&row.updated_at, Type::INT8),
            (&row.version, Type::INT8),
            (&row.record, Type::TEXT),
        ];
        self.shared.pool.write(&sql, &values, "mockup").await?;
        Ok(())
    }

    async fn mockup(&self, tenant: TenantId, id: MockupId) -> Result<Option<Mockup>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM mockups WHERE id = $1 AND tenant = $2");
        let (id, tenant) = (uuid(id.as_bytes()), uuid(tenant.as_bytes()));
        let values: [Value<'_>; 2] = [(&id, Type::UUID), (&tenant, Type::UUID)];
        let rows = self.shared.pool.read(&sql, &values, "mockup").await?;
        rows.first().map(|row| read_row(row, 0)?.mockup()).transpose()
    }

    async fn list_mockups(
        &self,
        tenant: TenantId,
        filter: &MockupFilter,
        order: MockupOrder,
        most: u32,
        offset: u64,
    ) -> Result<MockupPage, StoreError> {
        let by = match order.by {
            OrderBy::Name => "folded_name",
            OrderBy::CreatedAt => "created_at",
            OrderBy::UpdatedAt => "updated_at",
        };
        let way = match order.way {
            Way::Ascending => "ASC",
            Way::Descending => "DESC",
        };
        // `strpos`, not `LIKE`: in a name no character is special.
        let filtered = "tenant = $1 AND ($2::text IS NULL OR strpos(folded_name, $2) > 0)
                        AND ($3::bigint IS NULL OR created_at >= $3)
                        AND ($4::bigint IS NULL OR created_at <= $4)";
        // One statement, so that the page and the total are of one moment; the total comes even when
        // the page is empty.
        let sql = format!(
            "SELECT whole.total, page.* FROM (SELECT count(*) AS total FROM mockups WHERE {filtered}) AS whole
             LEFT JOIN LATERAL (
                 SELECT {COLUMNS} FROM mockups WHERE {filtered} ORDER BY {by} {way}, id {way} LIMIT $5 OFFSET $6
             ) AS page ON true
             ORDER BY page.{by} {way}, page.id {way}"
        );
        let tenant = uuid(tenant.as_bytes());
        let name = filter.name.as_deref().map(MockupFilter::folded);
        let name = name.as_deref().map(text);
        let (from, to) = (
            filter.created_after.map(Timestamp::as_micros),
            filter.created_before.map(Timestamp::as_micros),
        );
        let (most, offset) = (limit(most), i64::try_from(offset).unwrap_or(i64::MAX));
        let values: [Value<'_>; 6] = [
            (&tenant, Type::UUID),
            (&name, Type::TEXT),
            (&from, Type::INT8),
            (&to, Type::INT8),
            (&most, Type::INT8),
            (&offset, Type::INT8),
        ];
        let rows = self.shared.pool.read(&sql, &values, "mockup").await?;
        let total: i64 = rows.first().map_or(Ok(0), |row| get(row, 0, "mockup"))?;
        let mut mockups = Vec::new();
        for row in &rows {
            if get::<Option<Uuid>>(row, 1, "mockup")?.is_some() {
                mockups.push(read_row(row, 1)?.mockup()?);
            }
        }
        Ok(MockupPage {
            mockups,
            total: u64::try_from(total).unwrap_or(0),
        })
    }

    async fn replace_mockup(&self, expected: Version, mockup: &Mockup) -> Result<Swap, StoreError> {
        let row = MockupRow::of(mockup);
        let sql = "WITH swapped AS (
                       UPDATE mockups SET name = $1, folded_name = $2, updated_at = $3, version = $4
                       WHERE id = $5 AND tenant = $6 AND version = $7 RETURNING 1
                   )
                   SELECT EXISTS (SELECT FROM swapped),
                          EXISTS (SELECT FROM mockups WHERE id = $5 AND tenant = $6)";
        let (id, tenant, expected) = (uuid(&row.id), uuid(&row.tenant), version_column(expected));
        let (name, folded) = (text(&row.name), text(&row.folded_name));
        let values: [Value<'_>; 7] = [
            (&name, Type::TEXT),
            (&folded, Type::TEXT),
            (&row.updated_at, Type::INT8),
            (&row.version, Type::INT8),
            (&id, Type::UUID),
            (&tenant, Type::UUID),
            (&expected, Type::INT8),
        ];
        let rows = self.shared.pool.write(sql, &values, "mockup").await?;
        swap(rows.first(), "mockup")
    }

    async fn delete_mockup(&self, tenant: TenantId, id: MockupId) -> Result<Option<Mockup>, StoreError> {
        let sql = format!("DELETE FROM mockups WHERE id = $1 AND tenant = $2 RETURNING {COLUMNS}");
        let (id, tenant) = (uuid(id.as_bytes()), uuid(tenant.as_bytes()));
        let values: [Value<'_>; 2] = [(&id, Type::UUID), (&tenant, Type::UUID)];
        let rows = self.shared.pool.write(&sql, &values, "mockup").await?;
        rows.first().map(|row| read_row(row, 0)?.mockup()).transpose()
    }

    async fn content_in_use(&self, content: ContentHash) -> Result<bool, StoreError> {
        let content = &content.as_bytes()[..];
        let sql = "SELECT 1 FROM mockups WHERE content = $1 LIMIT 1";
        let rows = self
            .shared
            .pool
            .read(sql, &[(&content, Type::BYTEA)], "mockup")
            .await?;
        Ok(!rows.is_empty())
    }
}

/// The columns from `from` on.
fn read_row(row: &Row, from: usize) -> Work<MockupRow> {
    let what = "mockup";
    let content: Vec<u8> = get(row, from + 4, what)?;
    Ok(MockupRow {
        id: get::<Uuid>(row, from, what)?.into_bytes(),
        tenant: get::<Uuid>(row, from + 1, what)?.into_bytes(),
        name: get(row, from + 2, what)?,
        folded_name: get(row, from + 3, what)?,
        content: hash(content, what)?,
        created_at: get(row, from + 5, what)?,
        updated_at: get(row, from + 6, what)?,
        version: get(row, from + 7, what)?,
        record: get(row, from + 8, what)?,
    })
}

/// A column of 32 bytes.
pub(super) fn hash(bytes: Vec<u8>, what: &'static str) -> Work<[u8; 32]> {
    bytes.try_into().map_err(|bytes: Vec<u8>| StoreError::Unreadable {
        what,
        problem: format!("a hash has 32 bytes, not {}", bytes.len()),
    })
}
