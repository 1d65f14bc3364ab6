//! The log of what was sent to endpoints, and sending it again.

use futures::future::join_all;
use marquetry_job::{DeliveryShown, DeliveryState, Timestamp};
use marquetry_model::{
    AttemptRecord, Delivery, DeliveryId, Endpoint, EndpointId, EventType, JobId, Target, TenantId,
};
use marquetry_store::{Cursor, DeliveryFilter, Page, Reported};

use crate::jobs::listed;
use crate::{Service, ServiceError};

impl Service {
    /// Sends a test message to an endpoint. `message` writes it, in the words of the endpoint's dialect, about a
    /// fresh id that names no job, at the time given.
    ///
    /// # Errors
    /// [`ServiceError::EndpointNotFound`], and those of the store.
    pub async fn test_endpoint(
        &self,
        tenant: TenantId,
        id: EndpointId,
        message: impl FnOnce(&Endpoint, JobId, Timestamp) -> Vec<u8> + Send,
    ) -> Result<Delivery, ServiceError> {
        let endpoint = self.endpoint(tenant, id).await?;
        let job = JobId::from_random(self.inner.chance.draw()?);
        let now = self.now();
        let body = message(&endpoint, job, now);
        let schedule = self.inner.deliveries.schedules().of(&endpoint.dialect);
        let state = DeliveryState::owed(now, schedule);
        let delivery = Delivery::owed(
            DeliveryId::from_random(self.inner.chance.draw()?),
            tenant,
            Target::Endpoint(id),
            endpoint.dialect,
            job,
            EventType::WebhookTest,
            body,
            state,
            now,
        );
        self.store().insert_delivery(&delivery).await?;
        Ok(delivery)
    }

    /// The tenant's deliveries, newest first, those after `after`; at most `limit` and at most
    /// [`Self::MOST_LISTED`].
    ///
    /// # Errors
    /// [`ServiceError::EndpointNotFound`] when the filter names an endpoint that the tenant has not; those of the
    /// store.
    pub async fn deliveries(
        &self,
        tenant: TenantId,
        filter: &DeliveryFilter,
        after: Option<Cursor>,
        limit: u32,
    ) -> Result<Page<Delivery>, ServiceError> {
        if let Some(endpoint) = filter.endpoint {
            self.endpoint(tenant, endpoint).await?;
        }
        Ok(self
            .store()
            .list_deliveries(tenant, filter, after, listed(limit))
            .await?)
    }

    /// What is remembered of the tries of a delivery to one of the tenant's endpoints, the latest first, those with a
    /// number below `before`; at most `limit` and at most [`Self::MOST_LISTED`].
    ///
    /// # Errors
    /// [`ServiceError::EndpointNotFound`]; [`ServiceError::DeliveryNotFound`], also for one to another endpoint;
    /// those of the store.
    pub async fn attempts(
        &self,
        tenant: TenantId,
        endpoint: EndpointId,
        id: DeliveryId,
        before: Option<u32>,
        limit: u32,
    ) -> Result<Vec<AttemptRecord>, ServiceError> {
        self.delivery_to(tenant, endpoint, id).await?;
        let attempts = self.store().delivery_attempts(tenant, id, before, listed(limit));
        Ok(attempts.await?)
    }

    async fn delivery_to(
        &self,
        tenant: TenantId,
        endpoint: EndpointId,
        id: DeliveryId,
    ) -> Result<Delivery, ServiceError> {
        self.endpoint(tenant, endpoint).await?;
        match self.store().delivery(tenant, id).await? {
            Some(delivery) if delivery.target == Target::Endpoint(endpoint) => Ok(delivery),
            _ => Err(ServiceError::DeliveryNotFound { id }),
        }
    }

    /// One of the tenant's deliveries, to an endpoint or to the callback of a job.
    ///
    /// # Errors
    /// [`ServiceError::DeliveryNotFound`], and those of the store.
    pub async fn delivery(&self, tenant: TenantId, id: DeliveryId) -> Result<Delivery, ServiceError> {
        let found = self.store().delivery(tenant, id).await?;
        found.ok_or(ServiceError::DeliveryNotFound { id })
    }

    /// Sends a delivery to one of the tenant's endpoints once more, whatever became of it; its schedule starts anew.
    ///
    /// # Errors
    /// [`ServiceError::EndpointNotFound`]; [`ServiceError::DeliveryNotFound`], also for one to another endpoint;
    /// [`ServiceError::DeliveryBusy`] while it is being sent; those of the store.
    pub async fn replay(
        &self,
        tenant: TenantId,
        endpoint: EndpointId,
        id: DeliveryId,
    ) -> Result<Delivery, ServiceError> {
        self.delivery_to(tenant, endpoint, id).await?;
        match self.inner.deliveries.replay(tenant, id, self.now()).await? {
            Reported::Written(delivery) => Ok(delivery),
            Reported::Refused(_) => Err(ServiceError::DeliveryBusy { id }),
            Reported::Missing => Err(ServiceError::DeliveryNotFound { id }),
        }
    }

    /// Sends again what failed: everything to this endpoint that was given up, or whose last try failed, and that came
    /// to be owed no earlier than `since`. Tells how many that are. What is being sent at the moment is left alone.
    ///
    /// # Errors
    /// [`ServiceError::EndpointNotFound`], and those of the store; some may have been set going by then.
    pub async fn replay_failed(
        &self,
        tenant: TenantId,
        endpoint: EndpointId,
        since: Option<Timestamp>,
    ) -> Result<u64, ServiceError> {
        self.endpoint(tenant, endpoint).await?;
        let mut replayed = 0;
        for shown in [DeliveryShown::Dead, DeliveryShown::Failed] {
            let filter = DeliveryFilter {
                endpoint: Some(endpoint),
                shown: Some(shown),
                event: None,
                since,
            };
            // A cursor names a place in time, so that rows which leave the list do not shift it.
            let mut after = None;
            loop {
                let page = self
                    .store()
                    .list_deliveries(tenant, &filter, after, Self::MOST_LISTED)
                    .await?;
                let now = self.now();
                let replays = page
                    .items
                    .iter()
                    .map(|delivery| self.inner.deliveries.replay(tenant, delivery.id, now));
                for outcome in join_all(replays).await {
                    replayed += u64::from(matches!(outcome?, Reported::Written(_)));
                }
                match page.next {
                    Some(next) => after = Some(next),
                    None => break,
                }
            }
        }
        Ok(replayed)
    }
}
