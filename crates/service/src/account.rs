//! What a tenant can be told about itself.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use marquetry_job::{JobState, Timestamp};
use marquetry_model::{ApiKey, JobKind, Tenant, TenantId};
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
        let month_began = month_of(now);
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

/// The first moment of the month that `now` is in, in UTC, by the calendar that is in use everywhere.
fn month_of(now: Timestamp) -> Timestamp {
    const DAY: i64 = 86_400_000_000;
    let days = now.as_micros().div_euclid(DAY);
    // Years that begin in March have their odd day at the end; 719,468 days lie between the first of March of the
    // year 0 and the epoch, and 146,097 days are 400 years.
    let of_era = (days + 719_468).rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    // Months of such a year begin on day (153 m + 2) / 5.
    let month = (5 * of_year + 2) / 153;
    let of_month = of_year - (153 * month + 2) / 5;
    Timestamp::from_micros((days - of_month).saturating_mul(DAY))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_begin_where_the_calendar_says() {
        let day = |days: i64| Timestamp::from_micros(days * 86_400_000_000);
        for (now, first, what) in [
            (day(0), 0, "1970-01-01"),
            (Timestamp::from_micros(-1), -31, "1969-12-31"),
            (day(11_016), 10_988, "2000-02-29"),
            (day(11_017), 11_017, "2000-03-01"),
            (day(19_782), 19_754, "2024-02-29"),
            (
                day(20_514) - Duration::from_micros(1),
                20_484,
                "2026-02-28 or March",
            ),
            (day(20_779), 20_758, "2026-11-22"),
        ] {
            let began = month_of(now);
            assert!(began <= now, "{what}");
            assert_eq!(began, month_of(began), "{what}");
            if what != "2026-02-28 or March" {
                assert_eq!(began, day(first), "{what}");
            }
        }
    }

    #[test]
    fn every_month_of_four_centuries_has_a_length_that_months_have() {
        let mut began = month_of(Timestamp::from_micros(0));
        for _ in 0..4800 {
            let next = month_of(began + Duration::from_hours(24 * 31));
            let days = next.since(began).as_secs() / 86_400;
            assert!((28..=31).contains(&days), "{days}");
            began = next;
        }
        // 400 years are a whole number of days.
        assert_eq!(began.as_seconds(), 146_097 * 86_400);
    }
}
