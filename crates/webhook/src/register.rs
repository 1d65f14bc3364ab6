//! How endpoints were a moment ago: read together for all that is claimed together, not one by one for each try.

use std::collections::HashMap;
use std::time::Duration;

use marquetry_model::{Delivery, Endpoint, EndpointId, Target, TenantId};
use tokio::time::Instant;

use crate::condition::Condition;
use crate::errand::Desk;

/// For how long what was read serves a try that begins. Its owner may move an endpoint, disable it or change its
/// secret, and whatever is begun later than this after that heeds it.
const FRESH: Duration = Duration::from_secs(1);

/// The endpoints of what was claimed together.
#[derive(Debug)]
pub(crate) struct Register {
    endpoints: HashMap<EndpointId, Endpoint>,
    until: Instant,
    /// How many signs this courier had written down before.
    noted: u64,
}

impl Register {
    /// Nothing known.
    pub(crate) fn empty() -> Self {
        Self {
            endpoints: HashMap::new(),
            until: Instant::now(),
            noted: 0,
        }
    }

    /// How that endpoint is, if that is known well enough. An endpoint that is not in here may still be there.
    pub(crate) fn endpoint(
        &self,
        tenant: TenantId,
        id: EndpointId,
        condition: &Condition,
    ) -> Option<&Endpoint> {
        let fresh = Instant::now() < self.until && !condition.noted().since(self.noted, id);
        let endpoint = fresh.then(|| self.endpoints.get(&id)).flatten()?;
        (endpoint.tenant == tenant).then_some(endpoint)
    }
}

/// The endpoints that these go to.
pub(crate) fn wanted(deliveries: &[Delivery]) -> Vec<(TenantId, EndpointId)> {
    let endpoint = |delivery: &Delivery| match &delivery.target {
        Target::Endpoint(id) => Some((delivery.tenant, *id)),
        _ => None,
    };
    deliveries.iter().filter_map(endpoint).collect()
}

impl Desk {
    /// Reads all of these.
    pub(crate) async fn register(&self, wanted: &[(TenantId, EndpointId)]) -> Register {
        if wanted.is_empty() {
            return Register::empty();
        }
        // Before the reading: whatever is written meanwhile may not be in it.
        let noted = self.condition.noted().count();
        let until = Instant::now() + FRESH;
        match self.store.endpoints_of(wanted).await {
            Ok(found) => Register {
                endpoints: found
                    .into_iter()
                    .map(|endpoint| (endpoint.id, endpoint))
                    .collect(),
                until,
                noted,
            },
            // Each try reads its own, and knows what to do when that fails too.
            Err(error) => {
                tracing::debug!(error = error.detail(), "the endpoints cannot be read together");
                Register::empty()
            }
        }
    }
}
