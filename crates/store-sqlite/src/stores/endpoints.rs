//! Endpoints.

use std::collections::BTreeSet;

use async_trait::async_trait;
use marquetry_model::{Delivery, Endpoint, EndpointId, TenantId, Version};
use marquetry_store::persisted::{DeliveryRow, EndpointRow, readable, version_column};
use marquetry_store::{Change, EndpointStore, StoreError, Swap};
use rusqlite::{Connection, Params, Row, params};

use super::deliveries;
use crate::SqliteStore;
use crate::error::{Doing, Work};

#[async_trait]
impl EndpointStore for SqliteStore {
    async fn insert_endpoint(&self, endpoint: &Endpoint) -> Result<(), StoreError> {
        let row = EndpointRow::of(endpoint);
        self.write(move |connection, _| {
            let sql =
                "INSERT INTO endpoints (id, tenant, created_at, version, record) VALUES (?1, ?2, ?3, ?4, ?5)";
            let values = params![row.id, row.tenant, row.created_at, row.version, row.record];
            connection.execute(sql, values).of("endpoint")?;
            Ok(())
        })
        .await
    }

    async fn endpoint(&self, tenant: TenantId, id: EndpointId) -> Result<Option<Endpoint>, StoreError> {
        self.read(move |connection| {
            let condition = "id = ?1 AND tenant = ?2";
            Ok(many(connection, condition, params![id.as_bytes(), tenant.as_bytes()])?.pop())
        })
        .await
    }

    async fn endpoints_of(&self, wanted: &[(TenantId, EndpointId)]) -> Result<Vec<Endpoint>, StoreError> {
        let wanted: BTreeSet<_> = wanted.iter().copied().collect();
        self.read(move |connection| {
            let mut found = Vec::with_capacity(wanted.len());
            for (tenant, id) in &wanted {
                let read = many(
                    connection,
                    "id = ?1 AND tenant = ?2",
                    params![id.as_bytes(), tenant.as_bytes()],
                );
                found.extend(readable(id.as_bytes(), read)?.unwrap_or_default());
            }
            Ok(found)
        })
        .await
    }

    async fn list_endpoints(&self, tenant: TenantId) -> Result<Vec<Endpoint>, StoreError> {
        self.read(move |connection| many(connection, "tenant = ?1", [tenant.as_bytes()]))
            .await
    }

    async fn swap_endpoint(
        &self,
        expected: Version,
        endpoint: &Endpoint,
        owed: &[Delivery],
    ) -> Result<Swap, StoreError> {
        let row = EndpointRow::of(endpoint);
        let owed: Vec<_> = owed.iter().map(DeliveryRow::of).collect();
        self.write(move |connection, told| {
            let sql = "UPDATE endpoints SET version = ?1, record = ?2
                       WHERE id = ?3 AND tenant = ?4 AND version = ?5";
            let values = params![
                row.version,
                row.record,
                row.id,
                row.tenant,
                version_column(expected)
            ];
            if connection.execute(sql, values).of("endpoint")? == 1 {
                for row in &owed {
                    deliveries::insert(connection, row)?;
                    told.push(Change::Delivery);
                }
                return Ok(Swap::Swapped);
            }
            let there = connection
                .prepare_cached("SELECT 1 FROM endpoints WHERE id = ?1 AND tenant = ?2")
                .of("endpoint")?
                .exists(params![row.id, row.tenant])
                .of("endpoint")?;
            Ok(if there { Swap::Moved } else { Swap::Missing })
        })
        .await
    }

    async fn delete_endpoint(&self, tenant: TenantId, id: EndpointId) -> Result<bool, StoreError> {
        self.write(move |connection, _| {
            let sql = "DELETE FROM endpoints WHERE id = ?1 AND tenant = ?2";
            Ok(connection
                .execute(sql, params![id.as_bytes(), tenant.as_bytes()])
                .of("endpoint")?
                == 1)
        })
        .await
    }
}

fn many(connection: &Connection, condition: &str, params: impl Params) -> Work<Vec<Endpoint>> {
    let sql = format!(
        "SELECT id, tenant, created_at, version, record FROM endpoints WHERE {condition} ORDER BY created_at, id"
    );
    let read_row = |row: &Row<'_>| {
        Ok(EndpointRow {
            id: row.get(0)?,
            tenant: row.get(1)?,
            created_at: row.get(2)?,
            version: row.get(3)?,
            record: row.get(4)?,
        })
    };
    let mut statement = connection.prepare_cached(&sql).of("endpoint")?;
    let rows = statement.query_map(params, read_row).of("endpoint")?;
    rows.map(|row| row.of("endpoint")?.endpoint()).collect()
}
