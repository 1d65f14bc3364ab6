//! Tenants and their API keys.

use async_trait::async_trait;
use marquetry_job::Timestamp;
use marquetry_model::{ApiKey, ApiKeyId, KeyHash, Tenant, TenantId};
use marquetry_store::{KeyStore, StoreError};
use tokio_postgres::Row;
use tokio_postgres::types::Type;
use uuid::Uuid;

use super::mockups::hash;
use super::{text, uuid};
use crate::PostgresStore;
use crate::error::Work;
use crate::pool::{Value, get};

#[async_trait]
impl KeyStore for PostgresStore {
    async fn insert_tenant(&self, tenant: &Tenant) -> Result<(), StoreError> {
        let (id, name, at) = (
            uuid(tenant.id.as_bytes()),
            text(&tenant.name),
            tenant.created_at.as_micros(),
        );
        let sql = "INSERT INTO tenants (id, name, created_at) VALUES ($1, $2, $3)";
        let values: [Value<'_>; 3] = [(&id, Type::UUID), (&name, Type::TEXT), (&at, Type::INT8)];
        self.shared.pool.write(sql, &values, "tenant").await?;
        Ok(())
    }

    async fn tenant(&self, id: TenantId) -> Result<Option<Tenant>, StoreError> {
        let id = uuid(id.as_bytes());
        Ok(self.tenants("id = $1", &[(&id, Type::UUID)]).await?.pop())
    }

    async fn list_tenants(&self) -> Result<Vec<Tenant>, StoreError> {
        self.tenants("TRUE", &[]).await
    }

    async fn insert_key(&self, key: &ApiKey) -> Result<(), StoreError> {
        let sql = "INSERT INTO api_keys (id, tenant, name, hash, last_four, created_at, last_used_at,
                                         total_requests, revoked_at)
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
        let (id, tenant) = (uuid(key.id.as_bytes()), uuid(key.tenant.as_bytes()));
        let (name, last_four, hash) = (text(&key.name), text(&key.last_four), &key.hash.0[..]);
        let (created, used, revoked) = (
            key.created_at.as_micros(),
            key.last_used_at.map(Timestamp::as_micros),
            key.revoked_at.map(Timestamp::as_micros),
        );
        let requests = i64::try_from(key.total_requests).unwrap_or(i64::MAX);
        let values: [Value<'_>; 9] = [
            (&id, Type::UUID),
            (&tenant, Type::UUID),
            (&name, Type::TEXT),
            (&hash, Type::BYTEA),
            (&last_four, Type::TEXT),
            (&created, Type::INT8),
            (&used, Type::INT8),
            (&requests, Type::INT8),
            (&revoked, Type::INT8),
        ];
        self.shared.pool.write(sql, &values, "API key").await?;
        Ok(())
    }

    async fn key_by_hash(&self, hash: &KeyHash) -> Result<Option<ApiKey>, StoreError> {
        let hash = &hash.0[..];
        Ok(self.api_keys("hash = $1", &[(&hash, Type::BYTEA)]).await?.pop())
    }

    async fn list_keys(&self, tenant: TenantId) -> Result<Vec<ApiKey>, StoreError> {
        let tenant = uuid(tenant.as_bytes());
        self.api_keys("tenant = $1", &[(&tenant, Type::UUID)]).await
    }

    async fn revoke_key(&self, tenant: TenantId, id: ApiKeyId, at: Timestamp) -> Result<bool, StoreError> {
        let (at, id, tenant) = (at.as_micros(), uuid(id.as_bytes()), uuid(tenant.as_bytes()));
        let sql = "UPDATE api_keys SET revoked_at = coalesce(revoked_at, $1)
                   WHERE id = $2 AND tenant = $3 RETURNING 1";
        let values: [Value<'_>; 3] = [(&at, Type::INT8), (&id, Type::UUID), (&tenant, Type::UUID)];
        Ok(!self.shared.pool.write(sql, &values, "API key").await?.is_empty())
    }

    async fn count_use(&self, id: ApiKeyId, requests: u64, at: Timestamp) -> Result<(), StoreError> {
        // Far below what a sum of them could overflow with.
        let requests = i64::try_from(requests).unwrap_or(i64::MAX).min(1 << 40);
        let (at, id) = (at.as_micros(), uuid(id.as_bytes()));
        let sql = "UPDATE api_keys
                   SET total_requests = total_requests + $1,
                       last_used_at = greatest(coalesce(last_used_at, $2), $2)
                   WHERE id = $3";
        let values: [Value<'_>; 3] = [(&requests, Type::INT8), (&at, Type::INT8), (&id, Type::UUID)];
        self.shared.pool.write(sql, &values, "API key").await?;
        Ok(())
    }
}

impl PostgresStore {
    async fn tenants(&self, condition: &str, values: &[Value<'_>]) -> Work<Vec<Tenant>> {
        let sql =
            format!("SELECT id, name, created_at FROM tenants WHERE {condition} ORDER BY created_at, id");
        let rows = self.shared.pool.read(&sql, values, "tenant").await?;
        let tenant = |row: &Row| {
            Ok(Tenant {
                id: TenantId::from_bytes(get::<Uuid>(row, 0, "tenant")?.into_bytes()),
                name: get(row, 1, "tenant")?,
                created_at: Timestamp::from_micros(get(row, 2, "tenant")?),
            })
        };
        rows.iter().map(tenant).collect()
    }

    async fn api_keys(&self, condition: &str, values: &[Value<'_>]) -> Work<Vec<ApiKey>> {
        let sql = format!(
            "SELECT id, tenant, name, hash, last_four, created_at, last_used_at, total_requests, revoked_at
             FROM api_keys WHERE {condition} ORDER BY created_at, id"
        );
        let rows = self.shared.pool.read(&sql, values, "API key").await?;
        rows.iter().map(read_key).collect()
    }
}

fn read_key(row: &Row) -> Work<ApiKey> {
    let what = "API key";
    let moment =
        |column| Ok::<_, StoreError>(get::<Option<i64>>(row, column, what)?.map(Timestamp::from_micros));
    Ok(ApiKey {
        id: ApiKeyId::from_bytes(get::<Uuid>(row, 0, what)?.into_bytes()),
        tenant: TenantId::from_bytes(get::<Uuid>(row, 1, what)?.into_bytes()),
        name: get(row, 2, what)?,
        hash: KeyHash(hash(get(row, 3, what)?, what)?),
        last_four: get(row, 4, what)?,
        created_at: Timestamp::from_micros(get(row, 5, what)?),
        last_used_at: moment(6)?,
        total_requests: u64::try_from(get::<i64>(row, 7, what)?).unwrap_or(0),
        revoked_at: moment(8)?,
    })
}
