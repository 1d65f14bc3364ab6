//! How many callers of one tenant wait at once, for renders and for uploads apart.
//!
//! Only callers who wait count: a job that nobody waits for stands in the queue instead, and the queue has its own
//! limit. The counts are those of this process.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use marquetry_dialect::sudomock::answer::Plan;
use marquetry_dialect::{LimitReached, Refusal, Resource};
use marquetry_model::TenantId;

/// When a caller who found no room should try again.
const RETRY_AFTER: Duration = Duration::from_secs(5);

/// Who waits for what.
#[derive(Clone, Debug, Default)]
pub(crate) struct Admission {
    waiting: Arc<Mutex<HashMap<(TenantId, Resource), u32>>>,
}

/// One caller who waits; gives the place back when dropped.
#[derive(Debug)]
pub(crate) struct Place {
    admission: Admission,
    whose: (TenantId, Resource),
}

/// What `x-concurrent-limit` and `x-concurrent-remaining` tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Standing {
    pub(crate) limit: u32,
    pub(crate) remaining: u32,
}

/// How many of a resource the plan allows at once.
const fn limit(plan: &Plan, resource: Resource) -> u32 {
    match resource {
        Resource::Renders => plan.renders_at_once,
        Resource::Uploads => plan.uploads_at_once,
    }
}

impl Admission {
    /// A place for one more caller.
    ///
    /// # Errors
    /// 429 when as many wait as the plan allows.
    pub(crate) fn enter(&self, tenant: TenantId, resource: Resource, plan: &Plan) -> Result<Place, Refusal> {
        let whose = (tenant, resource);
        let limit = limit(plan, resource);
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let current = waiting.get(&whose).copied().unwrap_or_default();
        if current >= limit {
            return Err(Refusal::Limit(LimitReached::Concurrency {
                resource,
                limit,
                current,
                retry_after: RETRY_AFTER,
            }));
        }
        waiting.insert(whose, current + 1);
        drop(waiting);
        Ok(Place {
            admission: self.clone(),
            whose,
        })
    }

    /// How a tenant stands.
    pub(crate) fn standing(&self, tenant: TenantId, resource: Resource, plan: &Plan) -> Standing {
        let limit = limit(plan, resource);
        let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let current = waiting.get(&(tenant, resource)).copied().unwrap_or_default();
        Standing {
            limit,
            remaining: limit.saturating_sub(current),
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut waiting = self
            .admission
            .waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(current) = waiting.get_mut(&self.whose) {
            *current = current.saturating_sub(1);
            // Tenants that went away should leave nothing behind.
            if *current == 0 {
                waiting.remove(&self.whose);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_counted_for_each_tenant_and_resource_and_given_back() {
        let plan = Plan {
            renders_at_once: 2,
            uploads_at_once: 1,
            ..Plan::default()
        };
        let admission = Admission::default();
        let (one, two) = (TenantId::from_random([1; 16]), TenantId::from_random([2; 16]));
        let first = admission.enter(one, Resource::Renders, &plan).unwrap();
        let second = admission.enter(one, Resource::Renders, &plan).unwrap();
        let refused = admission.enter(one, Resource::Renders, &plan).unwrap_err();
        let limit = LimitReached::Concurrency {
            resource: Resource::Renders,
            limit: 2,
            current: 2,
            retry_after: RETRY_AFTER,
        };
        assert_eq!(refused, Refusal::Limit(limit));

        assert!(admission.enter(one, Resource::Uploads, &plan).is_ok());
        assert!(admission.enter(two, Resource::Renders, &plan).is_ok());
        let standing = |tenant| admission.standing(tenant, Resource::Renders, &plan);
        assert_eq!(
            standing(one),
            Standing {
                limit: 2,
                remaining: 0
            }
        );
        drop(second);
        assert_eq!(
            standing(one),
            Standing {
                limit: 2,
                remaining: 1
            }
        );
        drop(first);
        assert_eq!(
            standing(one),
            Standing {
                limit: 2,
                remaining: 2
            }
        );
        assert!(admission.waiting.lock().unwrap().is_empty());
    }
}
