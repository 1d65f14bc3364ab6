//! Endpoints.

use std::collections::BTreeSet;

use async_trait::async_trait;
use marquetry_model::{Delivery, Endpoint, EndpointId, TenantId, Version};
use marquetry_store::persisted::{DeliveryRow, EndpointRow, readable, version_column};
use marquetry_store::{Change, EndpointStore, StoreError, Swap};
use tokio_postgres::Row;
use tokio_postgres::types::{ToSql, Type};
use uuid::Uuid;

use super::columns::Columns;
use super::{owing, uuid};
use crate::PostgresStore;
use crate::error::Work;
use crate::pool::{Value, get};

/// The deliveries that a change leads to appear with it or not at all. The first column of theirs is the endpoint
/// that changed.
fn swap_sql() -> String {
    let owed = owing::added(1, Some("swapped"));
    let [version, record, id, tenant, expected] = [0, 1, 2, 3, 4].map(|place| owing::behind(1) + place);
    format!(
        "WITH swapped AS (
            UPDATE endpoints SET version = ${version}, record = ${record}
            WHERE id = ${id} AND tenant = ${tenant} AND version = ${expected} RETURNING id
        ), {owed}
        SELECT EXISTS (SELECT FROM swapped), EXISTS (SELECT FROM endpoints WHERE id = ${id} AND tenant = ${tenant})"
    )
}

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

    async fn endpoints_of(&self, wanted: &[(TenantId, EndpointId)]) -> Result<Vec<Endpoint>, StoreError> {
        let wanted: BTreeSet<_> = wanted.iter().collect();
        let (tenants, ids): (Vec<Uuid>, Vec<Uuid>) = wanted
            .into_iter()
            .map(|(tenant, id)| (uuid(tenant.as_bytes()), uuid(id.as_bytes())))
            .unzip();
        let sql = "SELECT e.id, e.tenant, e.created_at, e.version, e.record
                   FROM unnest($1::uuid[], $2::uuid[]) AS wanted (tenant, id)
                   JOIN endpoints AS e ON e.id = wanted.id AND e.tenant = wanted.tenant";
        let values: [Value<'_>; 2] = [(&tenants, Type::UUID_ARRAY), (&ids, Type::UUID_ARRAY)];
        let rows = self.shared.pool.walk(sql, &values, "endpoint").await?;
        let mut found = Vec::with_capacity(rows.len());
        for row in &rows {
            found.extend(readable(get::<Uuid>(row, 0, "endpoint")?, read_endpoint(row))?);
        }
        Ok(found)
    }

    async fn list_endpoints(&self, tenant: TenantId) -> Result<Vec<Endpoint>, StoreError> {
        let tenant = uuid(tenant.as_bytes());
        self.endpoints("tenant = $1", &[(&tenant, Type::UUID)]).await
    }

    async fn swap_endpoint(
        &self,
        expected: Version,
        endpoint: &Endpoint,
        owed: &[Delivery],
    ) -> Result<Swap, StoreError> {
        let row = EndpointRow::of(endpoint);
        let owed: Vec<_> = owed.iter().map(DeliveryRow::of).collect();
        let owed: Vec<_> = owed.iter().map(|delivery| (row.id, delivery)).collect();
        let columns = Columns::default().deliveries(&owed);
        let (id, tenant, expected) = (uuid(&row.id), uuid(&row.tenant), version_column(expected));
        let mut values = columns.values();
        values.extend([
            (&row.version as &(dyn ToSql + Sync), Type::INT8),
            (&row.record, Type::TEXT),
            (&id, Type::UUID),
            (&tenant, Type::UUID),
            (&expected, Type::INT8),
        ]);
        let rows = self.shared.pool.write(&swap_sql(), &values, "endpoint").await?;
        let swapped = swap(rows.first(), "endpoint")?;
        if swapped == Swap::Swapped && !owed.is_empty() {
            self.shared.ring([Change::Delivery]);
        }
        Ok(swapped)
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
        rows.iter().map(read_endpoint).collect()
    }
}

fn read_endpoint(row: &Row) -> Work<Endpoint> {
    let row = EndpointRow {
        id: get::<Uuid>(row, 0, "endpoint")?.into_bytes(),
        tenant: get::<Uuid>(row, 1, "endpoint")?.into_bytes(),
        created_at: get(row, 2, "endpoint")?,
        version: get(row, 3, "endpoint")?,
        record: get(row, 4, "endpoint")?,
    };
    row.endpoint()
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
