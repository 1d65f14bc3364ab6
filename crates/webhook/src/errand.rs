//! One try of one delivery: where it goes now, what is sent, what is written down about it.

use std::sync::Arc;
use std::time::Duration;

use marquetry_dialect::{Message, headers};
use marquetry_egress::{Bytes, Egress, HeaderMap, HeaderName, HeaderValue, Outgoing, Party, SendLimits};
use marquetry_job::{DeliveryEvent, Health, Timestamp};
use marquetry_model::{AttemptRecord, Delivery, Destination, Endpoint, Reach, Secret, Target};
use marquetry_store::failpoint::{self, Point};
use marquetry_store::{Clock, DeliverySteps, RecordStoreExt as _, Seal, Store, StoreError, Tried, Unopened};
use tokio::sync::watch;
use tokio::time::Instant;

use crate::condition::{Condition, Finding, Sign};
use crate::lanes::{Failed, Lesson};
use crate::register::Register;
use crate::verdict::{Outcome, Verdict};
use crate::{log, random, terms};

/// What every errand needs.
#[derive(Debug)]
pub(crate) struct Desk {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) steps: DeliverySteps,
    pub(crate) egress: Egress,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) limits: SendLimits,
    pub(crate) rest: Duration,
    pub(crate) condition: Condition,
    pub(crate) seal: Seal,
}

/// Whether and where a delivery goes at this moment.
enum Whither {
    Open(Address),
    /// The endpoint is disabled.
    Closed,
    /// The endpoint was removed.
    Removed,
    /// Its secret does not open.
    Sealed,
}

/// Where a delivery goes, and what signs it.
struct Address {
    url: String,
    /// The current one first.
    secrets: Vec<Secret>,
    /// How the endpoint was when it was read, if it is one.
    endpoint: Option<Box<Endpoint>>,
}

/// What a try came to.
#[derive(Debug)]
pub(crate) struct Ended {
    /// What it taught.
    pub(crate) lesson: Lesson,
    /// What is still to be written down, if the receiver took the message.
    pub(crate) accepted: Option<Box<Accepted>>,
}

/// That a receiver took a message.
#[derive(Debug)]
pub(crate) struct Accepted {
    tried: Tried,
    /// The endpoint, where it was known to be anything but well.
    endpoint: Option<Box<Endpoint>>,
}

impl From<Lesson> for Ended {
    fn from(lesson: Lesson) -> Self {
        let accepted = None;
        Self { lesson, accepted }
    }
}

/// Headers as they are sent.
type Headers = Vec<(&'static str, String)>;

/// When to try again after the endpoint could not be read.
const LOOK_AGAIN: Duration = Duration::from_secs(5);
/// The longest that a busy receiver keeps its other deliveries waiting with it.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

impl Desk {
    /// Makes one try of a delivery that was claimed, and writes down what came of it, but for a success: nobody waits for
    /// that record, and many of them together cost less. Hands it back when `give_up` turns true before an answer came.
    pub(crate) async fn carry(
        &self,
        delivery: Delivery,
        register: &Register,
        give_up: watch::Receiver<bool>,
    ) -> Ended {
        let Some(by) = delivery.state.hold() else {
            return Lesson::Nothing.into();
        };
        let at = self.clock.now();
        let address = match self.whither(&delivery, register, at).await {
            Ok(Whither::Open(address)) => address,
            Ok(Whither::Removed) => {
                self.write(&delivery, DeliveryEvent::EndpointRemoved, None).await;
                return Lesson::Nothing.into();
            }
            Ok(Whither::Sealed) => {
                // No failure of the receiver's: the message waits until whoever runs this brings the key.
                tracing::error!(
                    "a secret does not open with the keys of this process: nothing is sent there"
                );
                let until = at + LOOK_AGAIN;
                self.write(&delivery, DeliveryEvent::PutOff { by, until }, None)
                    .await;
                return Lesson::Closed(at + self.rest).into();
            }
            Ok(Whither::Closed) => {
                let until = at + self.rest;
                self.write(&delivery, DeliveryEvent::PutOff { by, until }, None)
                    .await;
                return Lesson::Closed(until).into();
            }
            Err(error) => {
                tracing::warn!(error = error.detail(), "the endpoint cannot be read");
                let until = at + LOOK_AGAIN;
                self.write(&delivery, DeliveryEvent::PutOff { by, until }, None)
                    .await;
                return Lesson::Nothing.into();
            }
        };

        let began = Instant::now();
        let sent = tokio::select! {
            biased;
            sent = self.send(&delivery, &address, at) => Some(sent),
            () = turned_true(give_up) => None,
        };
        let Some((request, mut verdict)) = sent else {
            self.write(&delivery, DeliveryEvent::HandedBack { by }, None)
                .await;
            return Lesson::Nothing.into();
        };
        let took = began.elapsed();
        let (outcome, status, sign) = (verdict.outcome, verdict.status, verdict.sign());
        let event = match outcome {
            Outcome::Accepted => DeliveryEvent::Accepted { by },
            Outcome::Gone => DeliveryEvent::Gone { by },
            Outcome::Refused { retry_after, .. } => DeliveryEvent::Refused { by, retry_after },
        };
        let attempt = delivery.state.tally().attempt.number();
        tracing::info!(attempt, status, took = ?took, error = verdict.error, "tried");
        count(&verdict, took);
        if let (Some(Sign::Failing), Some(endpoint)) = (sign, &address.endpoint) {
            let finding = Sign::Failing.read(endpoint.health, self.clock.now(), &self.condition.patience);
            if matches!(finding, Finding::GivenUp(_)) {
                verdict.and_disabled();
            }
        }
        let record = log::record(&delivery, &request, at, took, verdict);
        if outcome == Outcome::Accepted {
            let held = delivery;
            let accepted = Accepted {
                tried: Tried { held, event, record },
                endpoint: address.endpoint.filter(|one| one.health != Health::Well),
            };
            return Ended {
                lesson: Lesson::Accepted,
                accepted: Some(Box::new(accepted)),
            };
        }
        let written = self.write(&delivery, event, Some(&record)).await;
        let next = written.and_then(|delivery| delivery.state.due());

        let Some(endpoint) = address.endpoint else {
            // Callbacks of several tenants may share a host, so one of them cannot slow the others.
            return Lesson::of(status, Failed::Callback).into();
        };
        // After the record: were it the other way about, a crash in between would leave the delivery waiting for
        // an endpoint that nobody enables again.
        if let Some(sign) = sign {
            self.condition.note(*endpoint, sign).await;
        }
        let now = self.clock.now();
        if let Outcome::Refused { overloaded: true, .. } = outcome {
            let longest = now + LONGEST_PAUSE;
            return Lesson::Overloaded(next.map_or(longest, |next| next.min(longest))).into();
        }
        Lesson::of(status, Failed::Endpoint { now, next }).into()
    }

    /// Writes down what was accepted.
    pub(crate) async fn write_down(&self, accepted: Vec<Accepted>) {
        let (tries, endpoints): (Vec<_>, Vec<_>) =
            accepted.into_iter().map(|one| (one.tried, one.endpoint)).unzip();
        self.steps
            .report_together(tries, self.clock.as_ref(), random::jitter())
            .await;
        // After the records, as below.
        for endpoint in endpoints.into_iter().flatten() {
            self.condition.note(*endpoint, Sign::Alive).await;
        }
    }

    /// Gives a delivery back that was claimed and not tried.
    pub(crate) async fn hand_back(&self, delivery: Delivery) -> Ended {
        if let Some(by) = delivery.state.hold() {
            self.write(&delivery, DeliveryEvent::HandedBack { by }, None)
                .await;
        }
        Lesson::Nothing.into()
    }

    async fn whither(
        &self,
        delivery: &Delivery,
        register: &Register,
        at: Timestamp,
    ) -> Result<Whither, StoreError> {
        let opened = |secrets: Vec<&Secret>| -> Result<Vec<Secret>, Unopened> {
            let opened = secrets
                .into_iter()
                .map(|secret| self.seal.open(delivery.tenant, secret));
            opened.collect()
        };
        let (url, secrets, endpoint) = match &delivery.target {
            Target::Callback(callback) => (
                callback.url.clone(),
                opened(callback.secret.iter().collect()),
                None,
            ),
            // As it is now or was a moment ago: its owner may have moved it, or changed the secret.
            Target::Endpoint(id) => {
                let seen = register.endpoint(delivery.tenant, *id, &self.condition);
                let endpoint = match seen {
                    Some(endpoint) => Some(endpoint.clone()),
                    None => self.store.endpoint(delivery.tenant, *id).await?,
                };
                match endpoint {
                    None => return Ok(Whither::Removed),
                    Some(endpoint) if !endpoint.enabled => return Ok(Whither::Closed),
                    Some(endpoint) => {
                        let secrets = opened(endpoint.secrets(at).collect());
                        (endpoint.url.clone(), secrets, Some(Box::new(endpoint)))
                    }
                }
            }
            // Read anew for every try; nobody can have disabled it.
            Target::Destination(id) => {
                match self
                    .store
                    .get::<Destination>(delivery.tenant, id.as_str())
                    .await?
                {
                    Some(Destination {
                        reach: Reach::Webhook { url, secret },
                        ..
                    }) => (url, opened(secret.iter().collect()), None),
                    _ => return Ok(Whither::Removed),
                }
            }
            // Carriers' work, which is never claimed here.
            Target::File { .. } => return Ok(Whither::Removed),
        };
        Ok(match secrets {
            Ok(secrets) => Whither::Open(Address {
                url,
                secrets,
                endpoint,
            }),
            Err(Unopened) => Whither::Sealed,
        })
    }

    /// Sends it. The headers that were sent, and what became of it.
    async fn send(&self, delivery: &Delivery, to: &Address, at: Timestamp) -> (Headers, Verdict) {
        let message = Message {
            id: delivery.id,
            event: delivery.event,
            body: &delivery.body,
        };
        let secrets: Vec<&Secret> = to.secrets.iter().collect();
        let unsigned = || Verdict::unsent("the message could not be signed");
        let signed = match headers(&delivery.dialect, &secrets, &message, at) {
            Ok(signed) => signed,
            Err(error) => {
                // Owed by a newer program. Its turn may come after an upgrade.
                tracing::error!(%error, "nobody can sign this");
                return (Vec::new(), unsigned());
            }
        };
        let mut outgoing = Outgoing::post(&to.url, Bytes::from_owner(Arc::clone(&delivery.body)));
        match header_map(&signed) {
            Some(headers) => outgoing.headers = headers,
            None => return (Vec::new(), unsigned()),
        }
        // Should it arrive twice over a connection that was kept, it does so with the same id.
        outgoing.party = Some(Party::new(u128::from_be_bytes(*delivery.tenant.as_bytes())));
        let limits = SendLimits {
            total: terms::timeout(&delivery.dialect, self.limits.total),
            ..self.limits.clone()
        };
        failpoint::pass(Point::BeforeSend);
        let verdict = match self.egress.send(outgoing, &limits).await {
            Ok(sent) => {
                failpoint::pass(Point::AfterSend);
                let (after, now) = (sent.retry_after.as_deref(), self.clock.now());
                Verdict::of_answer(sent.status, after, &sent.body, sent.peer.ip(), now)
            }
            Err(error) => {
                tracing::debug!(class = error.class(), error = error.detail(), "no answer");
                Verdict::of_failure(&error)
            }
        };
        (signed, verdict)
    }

    /// Writes a step, again when the store is away. The delivery as it is then; `None` when it was not
    /// written, and then it is sent again once our lease has lapsed.
    async fn write(
        &self,
        delivery: &Delivery,
        event: DeliveryEvent,
        tried: Option<&AttemptRecord>,
    ) -> Option<Delivery> {
        let (clock, jitter) = (self.clock.as_ref(), random::jitter());
        self.steps
            .report_patiently(delivery, event, tried, clock, jitter)
            .await
    }
}

impl Lesson {
    /// Of a message that was not taken.
    fn of(status: Option<u16>, failed: Failed) -> Self {
        match status {
            Some(_) => Self::Refused(failed),
            None => Self::Silent(failed),
        }
    }
}

fn count(verdict: &Verdict, took: Duration) {
    let told = match verdict.outcome {
        Outcome::Accepted => "accepted",
        Outcome::Gone => "gone",
        Outcome::Refused { .. } if verdict.status.is_some() => "refused",
        Outcome::Refused { .. } => "unanswered",
    };
    metrics::counter!("marquetry_deliveries_tried_total", "outcome" => told).increment(1);
    metrics::histogram!("marquetry_delivery_seconds").record(took.as_secs_f64());
}

fn header_map(signed: &[(&'static str, String)]) -> Option<HeaderMap> {
    let mut map = HeaderMap::with_capacity(signed.len());
    for (name, value) in signed {
        let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
        map.append(name, HeaderValue::try_from(value).ok()?);
    }
    Some(map)
}

async fn turned_true(mut flag: watch::Receiver<bool>) {
    if flag.wait_for(|up| *up).await.is_err() {
        // Nobody is left who could raise it.
        std::future::pending().await
    }
}
