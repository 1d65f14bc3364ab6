//! What the tries tell about a receiver: whether its endpoint is well, doubtful, failing, or to be disabled.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use marquetry_dialect::Dialect;
use marquetry_job::{DeliveryState, Diagnosis, Health, Patience, Timestamp};
use marquetry_model::{Delivery, DeliveryId, Endpoint, EndpointId, EventType, JobId, Target, WhyDisabled};
use marquetry_store::{Clock, Schedules, Store, StoreError, Swap};

use crate::random;

/// What became of a try, as far as it tells about the receiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sign {
    /// It took the message.
    Alive,
    /// It did not.
    Failing,
    /// It said that it is gone for good.
    Gone,
}

/// What follows from a sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Finding {
    /// That is known of it now.
    Seen(Health),
    /// Nothing more is to be sent to it.
    GivenUp(WhyDisabled),
}

impl Sign {
    /// What this sign means for a receiver of which `health` was known.
    pub(crate) fn read(self, health: Health, now: Timestamp, patience: &Patience) -> Finding {
        match self {
            Self::Alive => Finding::Seen(Health::Well),
            Self::Gone => Finding::GivenUp(WhyDisabled::Gone),
            Self::Failing => match health.failed(now, patience) {
                Diagnosis::Known(health) => Finding::Seen(health),
                Diagnosis::GivenUp { .. } => Finding::GivenUp(WhyDisabled::Failing),
            },
        }
    }
}

/// Writes down what tries tell about receivers.
#[derive(Debug)]
pub(crate) struct Condition {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) schedules: Schedules,
    pub(crate) patience: Patience,
    /// What was written down lately.
    pub(crate) noted: Mutex<Noted>,
}

/// Which endpoints signs were written down about: what was read of one of them before may no longer hold.
#[derive(Debug, Default)]
pub(crate) struct Noted {
    /// How many signs, and how many there were when those before were forgotten.
    count: u64,
    forgotten: u64,
    /// How many there were with the last about each endpoint.
    last: HashMap<EndpointId, u64>,
}

/// Most endpoints of which that is known. Beyond that all of them count as written about.
const KNOWN: usize = 1024;

impl Noted {
    /// How many signs were written down by now.
    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    /// Whether a sign about that endpoint was written down since there were `count`.
    pub(crate) fn since(&self, count: u64, id: EndpointId) -> bool {
        count < self.forgotten || self.last.get(&id).is_some_and(|last| *last > count)
    }

    fn add(&mut self, id: EndpointId) {
        self.count += 1;
        if self.last.len() >= KNOWN && !self.last.contains_key(&id) {
            self.last.clear();
            self.forgotten = self.count;
        }
        self.last.insert(id, self.count);
    }
}

/// How often an endpoint that others change at the same time is looked at again.
const ROUNDS: usize = 8;

impl Condition {
    /// Notes a sign of the receiver of `endpoint`, which is how it was read for the try. Writes only when something
    /// changes, which is seldom: a receiver that is well stays so, and one that fails is written down once an hour.
    ///
    /// Were it not written, the next try would give the same sign.
    pub(crate) async fn note(&self, endpoint: Endpoint, sign: Sign) {
        if let Err(error) = self.try_note(endpoint, sign).await {
            tracing::warn!(
                error = error.detail(),
                "the state of an endpoint is not written down"
            );
        }
    }

    pub(crate) fn noted(&self) -> MutexGuard<'_, Noted> {
        self.noted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn try_note(&self, mut endpoint: Endpoint, sign: Sign) -> Result<(), StoreError> {
        let (tenant, id) = (endpoint.tenant, endpoint.id);
        let url = endpoint.url.clone();
        for _ in 0..ROUNDS {
            let (now, expected) = (self.clock.now(), endpoint.version);
            let finding = sign.read(endpoint.health, now, &self.patience);
            let (changed, owed) = match finding {
                Finding::Seen(health) if health == endpoint.health => return Ok(()),
                Finding::Seen(health) => (endpoint.seen(health), Vec::new()),
                Finding::GivenUp(why) => {
                    let changed = endpoint.given_up(why, now);
                    let owed = self.told(&changed, why, now).await?;
                    (changed, owed)
                }
            };
            let swap = self.store.swap_endpoint(expected, &changed, &owed).await;
            // Whatever came of it: of an error it is not known.
            self.noted().add(id);
            match swap? {
                Swap::Swapped => {
                    if let Finding::GivenUp(why) = finding {
                        metrics::counter!("marquetry_endpoints_disabled_total").increment(1);
                        tracing::warn!(endpoint = %id, ?why, "an endpoint is disabled");
                    }
                    return Ok(());
                }
                Swap::Missing => return Ok(()),
                Swap::Moved => {}
            }
            // Unless its owner has moved or disabled it meanwhile: the sign was not about that.
            endpoint = match self.store.endpoint(tenant, id).await? {
                Some(endpoint) if endpoint.enabled && endpoint.url == url => endpoint,
                _ => return Ok(()),
            };
        }
        Ok(())
    }

    /// The message that an endpoint was disabled, to whoever of its tenant hears such events: to the endpoint itself
    /// too, where it waits until that is enabled again.
    async fn told(
        &self,
        endpoint: &Endpoint,
        why: WhyDisabled,
        now: Timestamp,
    ) -> Result<Vec<Delivery>, StoreError> {
        let all = self.store.list_endpoints(endpoint.tenant).await?;
        let hears = |one: &Endpoint| {
            one.subscribes(EventType::EndpointDisabled) && (one.enabled || one.id == endpoint.id)
        };
        let mut owed = Vec::new();
        for one in all.iter().filter(|one| hears(one)) {
            let Ok(dialect) = Dialect::named(&one.dialect) else {
                continue;
            };
            let job = JobId::from_random(drawn()?);
            let message = dialect.disabled_message(endpoint, why, job, now);
            owed.push(Delivery::owed(
                DeliveryId::from_random(drawn()?),
                one.tenant,
                Target::Endpoint(one.id),
                one.dialect.clone(),
                job,
                message.event,
                message.body,
                DeliveryState::owed(now, self.schedules.of(&one.dialect)),
                now,
            ));
        }
        Ok(owed)
    }
}

fn drawn() -> Result<[u8; 16], StoreError> {
    random::sixteen().map_err(|error| StoreError::Broken {
        doing: "drawing the id of a delivery",
        source: error.to_string().into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_noted_of_one_endpoint_says_nothing_of_another_until_there_are_too_many() {
        let id = |n: usize| EndpointId::from_random((n as u128).to_be_bytes());
        let mut noted = Noted::default();
        let read = noted.count();
        noted.add(id(0));
        assert!(noted.since(read, id(0)) && !noted.since(read, id(1)));
        assert!(!noted.since(noted.count(), id(0)), "read after it was noted");
        for n in 1..=KNOWN {
            noted.add(id(n));
        }
        assert!(
            noted.since(read, id(KNOWN + 1)),
            "nobody remembers whether it was noted"
        );
        assert!(!noted.since(noted.count(), id(0)) && noted.last.len() <= KNOWN);
    }
}
