//! One try of one delivery: where it goes now, what is sent, what is written down about it.

use std::sync::Arc;
use std::time::Duration;

use marquetry_dialect::headers;
use marquetry_egress::{Bytes, Egress, HeaderMap, HeaderName, HeaderValue, Outgoing, SendLimits};
use marquetry_job::{Again, DeliveryEvent, Timestamp};
use marquetry_model::{Delivery, DeliveryAttempt, Endpoint, EndpointId, Secret, Target};
use marquetry_store::failpoint::{self, Point};
use marquetry_store::{Clock, DeliverySteps, Reported, Store, StoreError, Swap};
use tokio::sync::watch;
use tokio::time::Instant;

use crate::lanes::Lesson;
use crate::random;
use crate::verdict::{Outcome, Verdict};

/// What every errand needs.
#[derive(Debug)]
pub(crate) struct Desk {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) steps: DeliverySteps,
    pub(crate) egress: Egress,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) limits: SendLimits,
    pub(crate) rest: Duration,
}

/// Where a delivery goes at this moment.
enum Destination {
    Open {
        url: String,
        secret: Option<Secret>,
    },
    /// The endpoint is disabled.
    Closed,
    /// The endpoint was removed.
    Removed,
}

/// Waits between tries to write down what came of a send. Long enough for a database that restarts,
/// and well within the lease.
const WRITE_AGAIN: [Duration; 5] = [
    Duration::from_millis(50),
    Duration::from_millis(200),
    Duration::from_secs(1),
    Duration::from_secs(3),
    Duration::from_secs(5),
];
/// When to try again after the endpoint could not be read.
const LOOK_AGAIN: Duration = Duration::from_secs(5);
/// The longest that a busy receiver keeps its other deliveries waiting with it.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

impl Desk {
    /// Makes one try of a delivery that was claimed, and writes down what came of it. Hands it back when
    /// `give_up` turns true before an answer came.
    pub(crate) async fn carry(&self, delivery: Delivery, give_up: watch::Receiver<bool>) -> Lesson {
        let Some(by) = delivery.state.hold() else {
            return Lesson::Nothing;
        };
        let at = self.clock.now();
        let (url, secret) = match self.destination(&delivery).await {
            Ok(Destination::Open { url, secret }) => (url, secret),
            Ok(Destination::Removed) => {
                self.write(&delivery, DeliveryEvent::EndpointRemoved, None).await;
                return Lesson::Nothing;
            }
            Ok(Destination::Closed) => {
                let until = at + self.rest;
                self.write(&delivery, DeliveryEvent::PutOff { by, until }, None)
                    .await;
                return Lesson::Closed(until);
            }
            Err(error) => {
                tracing::warn!(error = chain(&error), "the endpoint cannot be read");
                let until = at + LOOK_AGAIN;
                self.write(&delivery, DeliveryEvent::PutOff { by, until }, None)
                    .await;
                return Lesson::Nothing;
            }
        };

        let began = Instant::now();
        let sent = tokio::select! {
            biased;
            sent = self.send(&delivery, &url, secret.as_ref(), at) => Some(sent),
            () = turned_true(give_up) => None,
        };
        let Some(Verdict {
            outcome,
            status,
            error,
            answer,
        }) = sent
        else {
            self.write(&delivery, DeliveryEvent::HandedBack { by }, None)
                .await;
            return Lesson::Nothing;
        };
        let took = began.elapsed();
        let event = match outcome {
            Outcome::Accepted => DeliveryEvent::Accepted { by },
            Outcome::Gone => DeliveryEvent::Gone { by },
            Outcome::Refused { retry_after, .. } => DeliveryEvent::Refused { by, retry_after },
        };
        let attempt = delivery.state.tally().attempt.number();
        tracing::info!(attempt, status, took = ?took, error, "tried");
        let told = match outcome {
            Outcome::Accepted => "accepted",
            Outcome::Gone => "gone",
            Outcome::Refused { .. } if status.is_some() => "refused",
            Outcome::Refused { .. } => "unanswered",
        };
        metrics::counter!("marquetry_deliveries_tried_total", "outcome" => told).increment(1);
        metrics::histogram!("marquetry_delivery_seconds").record(took.as_secs_f64());
        let tried = DeliveryAttempt {
            at,
            took,
            status,
            error,
            answer,
        };
        let written = self.write(&delivery, event, Some(tried)).await;

        match (outcome, &delivery.target) {
            // After the record: were it the other way about, a crash in between would leave the
            // delivery waiting for an endpoint that nobody enables again.
            (Outcome::Gone, Target::Endpoint(id)) => self.disable(&delivery, *id, &url).await,
            // Callbacks of several tenants may share a host, so one of them cannot slow the others.
            (Outcome::Refused { overloaded: true, .. }, Target::Endpoint(_)) => {
                let next = written.and_then(|delivery| delivery.state.due());
                let longest = self.clock.now() + LONGEST_PAUSE;
                return Lesson::Overloaded(next.map_or(longest, |next| next.min(longest)));
            }
            _ => {}
        }
        match status {
            Some(_) => Lesson::Answered,
            None => Lesson::Silent,
        }
    }

    async fn destination(&self, delivery: &Delivery) -> Result<Destination, StoreError> {
        Ok(match &delivery.target {
            Target::Callback(callback) => Destination::Open {
                url: callback.url.clone(),
                secret: callback.secret.clone(),
            },
            // Read anew for every try: its owner may have moved it, or changed the secret.
            Target::Endpoint(id) => match self.store.endpoint(delivery.tenant, *id).await? {
                None => Destination::Removed,
                Some(endpoint) if !endpoint.enabled => Destination::Closed,
                Some(endpoint) => Destination::Open {
                    url: endpoint.url,
                    secret: Some(endpoint.secret),
                },
            },
        })
    }

    async fn send(&self, delivery: &Delivery, url: &str, secret: Option<&Secret>, at: Timestamp) -> Verdict {
        let signed = match headers(&delivery.dialect, secret, delivery.id, &delivery.body, at) {
            Ok(signed) => signed,
            Err(error) => {
                // Owed by a newer program. Its turn may come after an upgrade.
                tracing::error!(%error, "nobody can sign this");
                return Verdict::unsent("the message could not be signed");
            }
        };
        let mut outgoing = Outgoing::post(url, Bytes::from_owner(Arc::clone(&delivery.body)));
        outgoing.headers = match header_map(signed) {
            Some(headers) => headers,
            None => return Verdict::unsent("the message could not be signed"),
        };
        failpoint::pass(Point::BeforeSend);
        match self.egress.send(outgoing, &self.limits).await {
            Ok(sent) => {
                failpoint::pass(Point::AfterSend);
                let retry_after = sent.retry_after.as_deref();
                Verdict::of_answer(sent.status, retry_after, &sent.body, self.clock.now())
            }
            Err(error) => {
                tracing::debug!(class = error.class(), error = error.detail(), "no answer");
                Verdict::of_failure(&error)
            }
        }
    }

    /// Writes a step, again when the store is away. The delivery as it is then; `None` when it was not
    /// written, and then it is sent again once our lease has lapsed.
    async fn write(
        &self,
        delivery: &Delivery,
        event: DeliveryEvent,
        tried: Option<DeliveryAttempt>,
    ) -> Option<Delivery> {
        let jitter = random::jitter();
        let mut waits = WRITE_AGAIN.into_iter();
        loop {
            let now = self.clock.now();
            let (tenant, id) = (delivery.tenant, delivery.id);
            match self
                .steps
                .report(tenant, id, event, tried.clone(), now, jitter)
                .await
            {
                Ok(Reported::Written(delivery)) => {
                    tracing::debug!(event = event.name(), state = delivery.state.name(), "written");
                    return Some(delivery);
                }
                Ok(Reported::Refused(why)) => {
                    tracing::info!(%why, "somebody else holds it by now");
                    return None;
                }
                Ok(Reported::Missing) => return None,
                Err(error) => match waits.next() {
                    Some(wait) if error.again() == Again::Later => tokio::time::sleep(wait).await,
                    _ => {
                        tracing::error!(
                            event = event.name(),
                            error = chain(&error),
                            "what happened cannot be written down, so it will happen again"
                        );
                        return None;
                    }
                },
            }
        }
    }

    /// Disables an endpoint whose receiver is gone for good, unless its owner has moved it meanwhile.
    async fn disable(&self, delivery: &Delivery, id: EndpointId, url: &str) {
        for _ in 0..8 {
            let endpoint = match self.store.endpoint(delivery.tenant, id).await {
                Ok(Some(endpoint)) if endpoint.enabled && endpoint.url == url => endpoint,
                Ok(_) => return,
                Err(error) => {
                    // The next delivery to it meets the same answer.
                    tracing::warn!(error = chain(&error), "a gone endpoint stays enabled");
                    return;
                }
            };
            let expected = endpoint.version;
            let disabled = Endpoint {
                enabled: false,
                updated_at: Some(self.clock.now()),
                version: expected.next(),
                ..endpoint
            };
            match self.store.replace_endpoint(expected, &disabled).await {
                Ok(Swap::Swapped) => {
                    tracing::warn!(endpoint = %id, "the receiver is gone for good, its endpoint is disabled");
                    return;
                }
                Ok(Swap::Moved) => {}
                Ok(Swap::Missing) => return,
                Err(error) => {
                    tracing::warn!(error = chain(&error), "a gone endpoint stays enabled");
                    return;
                }
            }
        }
    }
}

fn header_map(signed: Vec<(&'static str, String)>) -> Option<HeaderMap> {
    signed
        .into_iter()
        .map(|(name, value)| {
            Some((
                HeaderName::from_bytes(name.as_bytes()).ok()?,
                HeaderValue::try_from(value).ok()?,
            ))
        })
        .collect()
}

async fn turned_true(mut flag: watch::Receiver<bool>) {
    if flag.wait_for(|up| *up).await.is_err() {
        // Nobody is left who could raise it.
        std::future::pending().await
    }
}

/// An error and its causes on one line.
pub(crate) fn chain(error: &StoreError) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
