//! Endpoints.

use async_trait::async_trait;
use marquetry_model::{Endpoint, EndpointId, TenantId, Version};
use marquetry_store::persisted::{EndpointRow, version_column};
use marquetry_store::{EndpointStore, StoreError, Swap};
use tokio_postgres::Row;
use tokio_postgres::types::Type;
use uuid::Uuid;

use super::uuid;
use crate::PostgresStore;
use crate::error::Work;
use crate::pool::{Value, get};

#[async_trait]
impl EndpointStore for PostgresStore {
    async fn insert_endpoint(&self, endpoint: &Endpoint) -> Result<(), StoreError> {
        let row = EndpointRow::of(endpoint);
        let sql =
            "INSERT INTO endpoints (id, tenant, created_at, version, record) VALUES ($1, $2, $3, $4, $5)";
        let (id, tenant) = (uuid(&row.id), uuid(&row.tenant));
        let values: [Value<'_>; 5] = [
            (&id, Type::UUID),
            (&tenant, Type::UUID),
            (&row.created_at, Type::INT8),
            (&row.version, Type::INT8),
            (&row.record, Type::TEXT),
        ];
        self.shared.pool.write(sql, &values, "endpoint").await?;
        Ok(())
    }

    async fn endpoint(&self, tenant: TenantId, id: EndpointId) -> Result<Option<Endpoint>, StoreError> {
        let (id, tenant) = (uuid(id.as_bytes()), uuid(tenant.as_bytes()));
        let values: [Value<'_>; 2] = [(&id, Type::UUID), (&tenant, Type::UUID)];
        Ok(self.endpoints("id = $1 AND tenant = $2", &values).await?.pop())
    }

    async fn list_endpoints(&self, tenant: TenantId) -> Result<Vec<Endpoint>, StoreError> {
        let tenant = uuid(tenant.as_bytes());
        self.endpoints("tenant = $1", &[(&tenant, Type::UUID)]).await
    }

    async fn replace_endpoint(&self, expected: Version, endpoint: &Endpoint) -> Result<Swap, StoreError> {
        let row = EndpointRow::of(endpoint);
        let sql = "WITH swapped AS (
                       UPDATE endpoints SET version = $1, record = $2
                       WHERE id = $3 AND tenant = $4 AND version = $5 RETURNING 1
                   )
                   SELECT EXISTS (SELECT FROM swapped),
                          EXISTS (SELECT FROM endpoints WHERE id = $3 AND tenant = $4)";
        let (id, tenant, expected) = (uuid(&row.id), uuid(&row.tenant), version_column(expected));
        let values: [Value<'_>; 5] = [
            (&row.version, Type::INT8),
            (&row.record, Type::TEXT),
            (&id, Type::UUID),
            (&tenant, Type::UUID),
            (&expected, Type::INT8),
        ];
        let rows = self.shared.pool.write(sql, &values, "endpoint").await?;
        swap(rows.first(), "endpoint")
    }

    async fn delete_endpoint(&self, tenant: TenantId, id: EndpointId) -> Result<bool, StoreError> {
        let (id, tenant) = (uuid(id.as_bytes()), uuid(tenant.as_bytes()));
        let sql = "DELETE FROM endpoints WHERE id = $1 AND tenant = $2 RETURNING 1";
        let values: [Value<'_>; 2] = [(&id, Type::UUID), (&tenant, Type::UUID)];
        let gone = self.shared.pool.write(sql, &values, "endpoint").await?;
        Ok(!gone.is_empty())
    }
}

impl PostgresStore {
    async fn endpoints(&self, condition: &str, values: &[Value<'_>]) -> Work<Vec<Endpoint>> {
        let sql = format!(
            "SELECT id, tenant, created_at, version, record FROM endpoints
             WHERE {condition} ORDER BY created_at, id"
        );
        let rows = self.shared.pool.read(&sql, values, "endpoint").await?;
        let endpoint = |row: &Row| {
            let row = EndpointRow {
                id: get::<Uuid>(row, 0, "endpoint")?.into_bytes(),
                tenant: get::<Uuid>(row, 1, "endpoint")?.into_bytes(),
                created_at: get(row, 2, "endpoint")?,
                version: get(row, 3, "endpoint")?,
                record: get(row, 4, "endpoint")?,
            };
            row.endpoint()
        };
        rows.iter().map(endpoint).collect()
    }
}

/// What a statement that swaps one record says: whether it did, and whether the record is there.
pub(super) fn swap(row: Option<&Row>, what: &'static str) -> Work<Swap> {
    let Some(row) = row else { return Ok(Swap::Missing) };
    Ok(match (get(row, 0, what)?, get(row, 1, what)?) {
        (true, _) => Swap::Swapped,
        (false, true) => Swap::Moved,
        (false, false) => Swap::Missing,
    })
}
