//! What a tenant can be told about itself.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use marquetry_job::{JobState, Timestamp};
use marquetry_model::{ApiKey, Date, JobKind, Tenant, TenantId};
use marquetry_store::JobFilter;

use crate::{Authenticated, Service, ServiceError};

/// The figures of a tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Me {
    /// The tenant.
    pub tenant: Tenant,
    /// The key that was used, with all its uses.
    pub key: ApiKey,
    /// How many of its jobs wait or run.
    pub live_jobs: u64,
    /// How many of its renders that were submitted this month have succeeded. Up to a minute old.
    pub renders_this_month: u64,
    /// When this month began, in UTC.
    pub month_began: Timestamp,
}

/// What was counted for tenants of late. Counting walks the month's jobs, so it is not done for every question.
#[derive(Debug, Default)]
pub(crate) struct MonthCounts(Mutex<HashMap<TenantId, Counted>>);

#[derive(Clone, Copy, Debug)]
struct Counted {
    at: Timestamp,
    month: Timestamp,
    renders: u64,
}

impl MonthCounts {
    /// How long a count is believed.
    const BELIEVED: Duration = Duration::from_mins(1);
    /// Beyond so many the map is emptied.
    const MOST_KNOWN: usize = 10_000;

    fn known(&self, tenant: TenantId, month: Timestamp, now: Timestamp) -> Option<u64> {
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let counted = counts.get(&tenant)?;
        let fresh = counted.month == month && now.since(counted.at) < Self::BELIEVED;
        fresh.then_some(counted.renders)
    }

    fn learn(&self, tenant: TenantId, counted: Counted) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.len() >= Self::MOST_KNOWN {
            counts.clear();
        }
        counts.insert(tenant, counted);
    }
}

impl Service {
    /// The figures of the tenant behind a key.
    ///
    /// # Errors
    /// [`ServiceError::TenantNotFound`] when its tenant was removed behind our back, and those of the store.
    pub async fn me(&self, who: &Authenticated) -> Result<Me, ServiceError> {
        let now = self.now();
        let month_began = Date::month_of(now);
        let mut key = self
            .store()
            .key_by_hash(&who.key.hash)
            .await?
            .unwrap_or_else(|| who.key.clone());
        if let Some(uses) = self.inner.uses.of(key.id) {
            key.total_requests = key.total_requests.saturating_add(uses.count);
            key.last_used_at = key.last_used_at.max(Some(uses.last));
        }
        Ok(Me {
            tenant: self.tenant(who.tenant).await?,
            key,
            live_jobs: self.store().count_live_jobs(Some(who.tenant)).await?,
            renders_this_month: self.renders_since(who.tenant, month_began, now).await?,
            month_began,
        })
    }

    async fn renders_since(
        &self,
        tenant: TenantId,
        month: Timestamp,
        now: Timestamp,
    ) -> Result<u64, ServiceError> {
        if let Some(renders) = self.inner.months.known(tenant, month, now) {
            return Ok(renders);
        }
        let filter = JobFilter {
            kind: Some(JobKind::Render),
            subject: None,
        };
        let (mut renders, mut after) = (0, None);
        loop {
            let page = self.store().list_jobs(tenant, &filter, after, 1000).await?;
            let of_month = page.items.iter().take_while(|job| job.created_at >= month);
            renders += of_month
                .filter(|job| matches!(job.state, JobState::Succeeded { .. }))
                .map(|_| 1)
                .sum::<u64>();
            let older = page.items.last().is_some_and(|job| job.created_at < month);
            match page.next {
                Some(next) if !older => after = Some(next),
                _ => break,
            }
        }
        let at = now;
        self.inner.months.learn(tenant, Counted { at, month, renders });
        Ok(renders)
    }
}
