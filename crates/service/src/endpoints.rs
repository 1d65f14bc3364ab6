//! Where a tenant hears of events.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use marquetry_job::Health;
use marquetry_model::{
    Callback, DialectName, Endpoint, EndpointChange, EndpointDraft, EndpointId, Secret, TenantId, Version,
};
use marquetry_store::{StoreError, Swap};

use crate::mockups::ROUNDS;
use crate::{Service, ServiceError};

impl Service {
    /// Makes an endpoint that is spoken to in the words of `dialect`. The answer is the place to show its secret.
    ///
    /// # Errors
    /// [`ServiceError::UrlRefused`], [`ServiceError::Invalid`] for the description,
    /// [`ServiceError::EndpointLimit`], and those of the store.
    pub async fn create_endpoint(
        &self,
        tenant: TenantId,
        draft: EndpointDraft,
        dialect: DialectName,
    ) -> Result<Endpoint, ServiceError> {
        self.judge(&draft.url)?;
        check_description(draft.description.as_deref())?;
        let now = self.now();
        let secret = self.new_secret()?;
        let endpoint = Endpoint {
            id: EndpointId::from_random(self.inner.chance.draw()?),
            tenant,
            url: draft.url,
            secret: self.sealed(tenant, &secret)?,
            former_secrets: vec![],
            description: draft.description,
            event_types: draft.event_types,
            naming: draft.naming,
            dialect,
            enabled: true,
            disabled: None,
            health: Health::Well,
            created_at: now,
            updated_at: None,
            version: Version::FIRST,
        };
        let limit = self.inner.settings.most_endpoints;
        let _counting = self.inner.endpoint_gate.lock().await;
        let there = self.store().list_endpoints(tenant).await?.len();
        if u32::try_from(there).is_ok_and(|there| there < limit) {
            self.store().insert_endpoint(&endpoint).await?;
            tracing::info!(endpoint = %endpoint.id, %tenant, "endpoint created");
            Ok(Endpoint { secret, ..endpoint })
        } else {
            Err(ServiceError::EndpointLimit { limit })
        }
    }

    /// An endpoint of the tenant.
    ///
    /// # Errors
    /// [`ServiceError::EndpointNotFound`], and those of the store.
    pub async fn endpoint(&self, tenant: TenantId, id: EndpointId) -> Result<Endpoint, ServiceError> {
        let endpoint = self.store().endpoint(tenant, id).await?;
        endpoint.ok_or(ServiceError::EndpointNotFound { id })
    }

    /// All endpoints of the tenant, oldest first.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn endpoints(&self, tenant: TenantId) -> Result<Vec<Endpoint>, ServiceError> {
        Ok(self.store().list_endpoints(tenant).await?)
    }

    /// Changes an endpoint. What is owed to it is sent to its new address.
    ///
    /// # Errors
    /// [`ServiceError::UrlRefused`], [`ServiceError::Invalid`] for the description,
    /// [`ServiceError::EndpointNotFound`], and those of the store.
    pub async fn change_endpoint(
        &self,
        tenant: TenantId,
        id: EndpointId,
        change: EndpointChange,
    ) -> Result<Endpoint, ServiceError> {
        if let Some(url) = &change.url {
            self.judge(url)?;
        }
        if let Some(description) = &change.description {
            check_description(description.as_deref())?;
        }
        let now = self.now();
        self.replace_endpoint(tenant, id, |endpoint| change.clone().apply(endpoint, now))
            .await
    }

    /// Gives an endpoint a new secret. The dialect's own signature is made with that alone from now on; in the
    /// Standard Webhooks header the old one signs beside it for
    /// [`secret_overlap`](crate::ServiceBuilder::secret_overlap). The answer is the place to show the new one.
    ///
    /// # Errors
    /// [`ServiceError::EndpointNotFound`], and those of the store.
    pub async fn rotate_endpoint_secret(
        &self,
        tenant: TenantId,
        id: EndpointId,
    ) -> Result<Endpoint, ServiceError> {
        let (secret, now) = (self.new_secret()?, self.now());
        let overlap = self.inner.settings.secret_overlap;
        let sealed = self.sealed(tenant, &secret)?;
        let rotated = self
            .replace_endpoint(tenant, id, |endpoint| {
                endpoint.rotated(sealed.clone(), overlap, now)
            })
            .await?;
        Ok(Endpoint { secret, ..rotated })
    }

    /// Takes an endpoint away. What is still owed to it is given up by the courier.
    ///
    /// # Errors
    /// [`ServiceError::EndpointNotFound`], and those of the store.
    pub async fn delete_endpoint(&self, tenant: TenantId, id: EndpointId) -> Result<(), ServiceError> {
        if self.store().delete_endpoint(tenant, id).await? {
            tracing::info!(endpoint = %id, %tenant, "endpoint deleted");
            Ok(())
        } else {
            Err(ServiceError::EndpointNotFound { id })
        }
    }

    async fn replace_endpoint(
        &self,
        tenant: TenantId,
        id: EndpointId,
        change: impl Fn(Endpoint) -> Endpoint + Send + Sync,
    ) -> Result<Endpoint, ServiceError> {
        for _ in 0..ROUNDS {
            let endpoint = self.endpoint(tenant, id).await?;
            let expected = endpoint.version;
            let endpoint = change(endpoint);
            match self.store().replace_endpoint(expected, &endpoint).await? {
                Swap::Swapped => return Ok(endpoint),
                Swap::Moved => {}
                Swap::Missing => return Err(ServiceError::EndpointNotFound { id }),
            }
        }
        Err(StoreError::Contended { what: "endpoint" }.into())
    }

    /// Whether messages may be sent to `url`, as far as its text tells.
    pub(crate) fn judge(&self, url: &str) -> Result<(), ServiceError> {
        match self.inner.settings.webhook_policy.check(url) {
            Ok(_) => Ok(()),
            Err(why) => Err(ServiceError::UrlRefused { why }),
        }
    }

    /// A secret as it is to be stored.
    pub(crate) fn sealed(&self, tenant: TenantId, secret: &Secret) -> Result<Secret, ServiceError> {
        Ok(self.inner.seal.seal(tenant, secret, self.inner.chance.draw()?))
    }

    /// A callback as it is to be stored.
    pub(crate) fn sealed_callback(
        &self,
        tenant: TenantId,
        callback: Callback,
    ) -> Result<Callback, ServiceError> {
        let secret = match &callback.secret {
            Some(secret) => Some(self.sealed(tenant, secret)?),
            None => None,
        };
        Ok(Callback { secret, ..callback })
    }

    /// `whsec_` and 32 random bytes in base64, as the Standard Webhooks specification wants them.
    fn new_secret(&self) -> Result<Secret, ServiceError> {
        let bytes: [u8; 32] = self.inner.chance.draw()?;
        Ok(Secret::new(format!("whsec_{}", STANDARD.encode(bytes))))
    }
}

fn check_description(description: Option<&str>) -> Result<(), ServiceError> {
    match description {
        None | Some("") => Ok(()),
        Some(text) => Ok(marquetry_model::text(
            "description",
            text,
            Endpoint::LONGEST_DESCRIPTION,
        )?),
    }
}
