//! Tenants and API keys. They are plain columns: nothing about them is open-ended.

use async_trait::async_trait;
use marquetry_job::Timestamp;
use marquetry_model::{ApiKey, ApiKeyId, KeyHash, Tenant, TenantId};
use marquetry_store::{KeyStore, StoreError};
use rusqlite::{Connection, Params, Row, params};

use crate::SqliteStore;
use crate::error::{Doing, Work};

#[async_trait]
impl KeyStore for SqliteStore {
    async fn insert_tenant(&self, tenant: &Tenant) -> Result<(), StoreError> {
        let tenant = tenant.clone();
        self.write(move |connection, _| {
            let values = params![tenant.id.as_bytes(), tenant.name, tenant.created_at.as_micros()];
            connection
                .execute(
                    "INSERT INTO tenants (id, name, created_at) VALUES (?1, ?2, ?3)",
                    values,
                )
                .of("tenant")?;
            Ok(())
        })
        .await
    }

    async fn tenant(&self, id: TenantId) -> Result<Option<Tenant>, StoreError> {
        self.read(move |connection| Ok(tenants(connection, "id = ?1", [id.as_bytes()])?.pop()))
            .await
    }

    async fn list_tenants(&self) -> Result<Vec<Tenant>, StoreError> {
        self.read(|connection| tenants(connection, "TRUE", [])).await
    }

    async fn insert_key(&self, key: &ApiKey) -> Result<(), StoreError> {
        let key = key.clone();
        self.write(move |connection, _| {
            let sql = "INSERT INTO api_keys (id, tenant, name, hash, last_four, created_at, last_used_at,
                                             total_requests, revoked_at)
                       VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
            let values = params![
                key.id.as_bytes(),
                key.tenant.as_bytes(),
                key.name,
                key.hash.0,
                key.last_four,
                key.created_at.as_micros(),
                key.last_used_at.map(Timestamp::as_micros),
                i64::try_from(key.total_requests).unwrap_or(i64::MAX),
                key.revoked_at.map(Timestamp::as_micros),
            ];
            connection.execute(sql, values).of("API key")?;
            Ok(())
        })
        .await
    }

    async fn key_by_hash(&self, hash: &KeyHash) -> Result<Option<ApiKey>, StoreError> {
        let hash = *hash;
        self.read(move |connection| Ok(keys(connection, "hash = ?1", [hash.0])?.pop()))
            .await
    }

    async fn list_keys(&self, tenant: TenantId) -> Result<Vec<ApiKey>, StoreError> {
        self.read(move |connection| keys(connection, "tenant = ?1", [tenant.as_bytes()]))
            .await
    }

    async fn revoke_key(&self, tenant: TenantId, id: ApiKeyId, at: Timestamp) -> Result<bool, StoreError> {
        self.write(move |connection, _| {
            let sql =
                "UPDATE api_keys SET revoked_at = coalesce(revoked_at, ?1) WHERE id = ?2 AND tenant = ?3";
            let values = params![at.as_micros(), id.as_bytes(), tenant.as_bytes()];
            Ok(connection.execute(sql, values).of("API key")? == 1)
        })
        .await
    }

    async fn count_use(&self, id: ApiKeyId, requests: u64, at: Timestamp) -> Result<(), StoreError> {
        self.write(move |connection, _| {
            let sql = "UPDATE api_keys
                       SET total_requests = total_requests + ?1,
                           last_used_at = max(coalesce(last_used_at, ?2), ?2)
                       WHERE id = ?3";
            // Far below what a sum of them could overflow with.
            let requests = i64::try_from(requests).unwrap_or(i64::MAX).min(1 << 40);
            connection
                .execute(sql, params![requests, at.as_micros(), id.as_bytes()])
                .of("API key")?;
            Ok(())
        })
        .await
    }
}

fn tenants(connection: &Connection, condition: &str, params: impl Params) -> Work<Vec<Tenant>> {
    let sql = format!("SELECT id, name, created_at FROM tenants WHERE {condition} ORDER BY created_at, id");
    let read_row = |row: &Row<'_>| {
        Ok(Tenant {
            id: TenantId::from_bytes(row.get(0)?),
            name: row.get(1)?,
            created_at: Timestamp::from_micros(row.get(2)?),
        })
    };
    let mut statement = connection.prepare_cached(&sql).of("tenant")?;
    let rows = statement.query_map(params, read_row).of("tenant")?;
    rows.map(|row| row.of("tenant")).collect()
}

fn keys(connection: &Connection, condition: &str, params: impl Params) -> Work<Vec<ApiKey>> {
    let sql = format!(
        "SELECT id, tenant, name, hash, last_four, created_at, last_used_at, total_requests, revoked_at
         FROM api_keys WHERE {condition} ORDER BY created_at, id"
    );
    let read_row = |row: &Row<'_>| {
        let requests: i64 = row.get(7)?;
        Ok(ApiKey {
            id: ApiKeyId::from_bytes(row.get(0)?),
            tenant: TenantId::from_bytes(row.get(1)?),
            name: row.get(2)?,
            hash: KeyHash(row.get(3)?),
            last_four: row.get(4)?,
            created_at: Timestamp::from_micros(row.get(5)?),
            last_used_at: row.get::<_, Option<i64>>(6)?.map(Timestamp::from_micros),
            total_requests: u64::try_from(requests).unwrap_or(0),
            revoked_at: row.get::<_, Option<i64>>(8)?.map(Timestamp::from_micros),
        })
    };
    let mut statement = connection.prepare_cached(&sql).of("API key")?;
    let rows = statement.query_map(params, read_row).of("API key")?;
    rows.map(|row| row.of("API key")).collect()
}
