//! API keys: made once, shown once, kept as hashes.

use std::fmt::Write as _;

use marquetry_model::{ApiKey, ApiKeyId, KeyHash, Secret, TenantId};
use marquetry_store::StoreError;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use crate::{Service, ServiceError};

/// What every key starts with.
const PREFIX: &str = "sm_";
/// The longest text that is looked at as a key, in bytes.
const LONGEST: usize = 256;

/// A key that was just made. Its text can be had here and never again.
#[derive(Clone, Debug)]
pub struct NewKey {
    /// What is remembered of it.
    pub key: ApiKey,
    /// The key itself: `sm_` and 64 hexadecimal digits.
    pub text: Secret,
}

/// Who a request comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authenticated {
    /// Whose key it was.
    pub tenant: TenantId,
    /// The key, as the store has it.
    pub key: ApiKey,
}

impl Service {
    /// Makes a key for a tenant, under a name of 1 to 255 characters.
    ///
    /// # Errors
    /// [`ServiceError::Invalid`] for the name, [`ServiceError::TenantNotFound`], and those of the store.
    pub async fn create_key(&self, tenant: TenantId, name: &str) -> Result<NewKey, ServiceError> {
        marquetry_model::text("name", name, 255)?;
        self.tenant(tenant).await?;
        let mut text = PREFIX.to_owned();
        for byte in self.inner.chance.draw::<32>()? {
            // Writing into a text cannot fail.
            let _ = write!(text, "{byte:02x}");
        }
        let key = self.new_key(tenant, name, &text)?;
        self.store().insert_key(&key).await?;
        tracing::info!(key = %key.id, %tenant, "API key created");
        Ok(NewKey {
            key,
            text: Secret::new(text),
        })
    }

    /// Makes sure that `text`, which the operator chose, opens the door to this tenant.
    ///
    /// # Errors
    /// [`ServiceError::MalformedKey`]; [`ServiceError::KeyTaken`] when the key was revoked or is another tenant's;
    /// [`ServiceError::Invalid`] for the name, [`ServiceError::TenantNotFound`], and those of the store.
    pub async fn ensure_key(&self, tenant: TenantId, name: &str, text: &str) -> Result<ApiKey, ServiceError> {
        marquetry_model::text("name", name, 255)?;
        if !text.starts_with(PREFIX) || text.len() == PREFIX.len() || text.len() > LONGEST {
            return Err(ServiceError::MalformedKey);
        }
        self.tenant(tenant).await?;
        // A second round finds what somebody else has made between the look and the insert.
        for _ in 0..2 {
            match self.store().key_by_hash(&hash(text)).await? {
                Some(key) if key.tenant != tenant => {
                    return Err(ServiceError::KeyTaken {
                        why: "another tenant's",
                    });
                }
                Some(key) if !key.is_live() => return Err(ServiceError::KeyTaken { why: "revoked" }),
                Some(key) => return Ok(key),
                None => {}
            }
            let key = self.new_key(tenant, name, text)?;
            match self.store().insert_key(&key).await {
                Ok(()) => return Ok(key),
                Err(StoreError::Duplicate { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(StoreError::Contended { what: "API key" }.into())
    }

    /// All keys of a tenant, revoked ones too, oldest first. Uses of the last seconds may not be counted yet.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn keys(&self, tenant: TenantId) -> Result<Vec<ApiKey>, ServiceError> {
        Ok(self.store().list_keys(tenant).await?)
    }

    /// Revokes a key of the tenant: the next request with it is turned away. Doing it twice is doing it once.
    ///
    /// # Errors
    /// [`ServiceError::KeyNotFound`], and those of the store.
    pub async fn revoke_key(&self, tenant: TenantId, id: ApiKeyId) -> Result<(), ServiceError> {
        if self.store().revoke_key(tenant, id, self.now()).await? {
            tracing::info!(key = %id, %tenant, "API key revoked");
            Ok(())
        } else {
            Err(ServiceError::KeyNotFound { id })
        }
    }

    /// Who a request with this key comes from; `None` when the key is unknown or revoked. Counts the use.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn authenticate(&self, text: &str) -> Result<Option<Authenticated>, ServiceError> {
        if text.is_empty() || text.len() > LONGEST {
            return Ok(None);
        }
        let presented = hash(text);
        let Some(key) = self.store().key_by_hash(&presented).await? else {
            return Ok(None);
        };
        // The store looks up by hash, whose timing tells nothing of the key; this is for stores that look up by
        // part of it or in another collation.
        if !bool::from(key.hash.0.ct_eq(&presented.0)) || !key.is_live() {
            return Ok(None);
        }
        if self.inner.uses.note(key.id, self.now())
            && let Err(error) = self.flush_key_uses().await
        {
            // A count is no reason to turn anybody away.
            tracing::warn!(%error, "uses of API keys could not be written");
        }
        Ok(Some(Authenticated {
            tenant: key.tenant,
            key,
        }))
    }

    fn new_key(&self, tenant: TenantId, name: &str, text: &str) -> Result<ApiKey, ServiceError> {
        Ok(ApiKey {
            id: ApiKeyId::from_random(self.inner.chance.draw()?),
            tenant,
            name: name.to_owned(),
            hash: hash(text),
            last_four: Secret::new(text).last_four().to_owned(),
            created_at: self.now(),
            last_used_at: None,
            total_requests: 0,
            revoked_at: None,
        })
    }
}

fn hash(text: &str) -> KeyHash {
    KeyHash(Sha256::digest(text.as_bytes()).into())
}
