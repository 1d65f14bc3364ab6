//! One try of one delivery: where the file goes now, what is brought, what is written down about it.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use marquetry_egress::{Egress, SendLimits};
use marquetry_job::{DeliveryEvent, Hold, Jitter, Timestamp};
use marquetry_model::{
    AttemptRecord, Delivery, DeliveryAttempt, Destination, DropboxAccess, Reach, Secret, Target, Trouble,
};
use marquetry_store::failpoint::{self, Point};
use marquetry_store::{Clock, DeliverySteps, RecordStoreExt as _, Seal, Store, StoreError, Unopened};
use object_store::ObjectStore;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::bring::{Bring, Brought};
use crate::builder::DropboxAddresses;
use crate::cargo::{Cargo, Load};
use crate::dropbox::{Access, Dropbox};
use crate::folder::Folder;
use crate::place::Place;
use crate::setback::{Setback, Stop};
use crate::tokens::{Grant, Owner, Tokens};

/// What every errand needs.
#[derive(Debug)]
pub(crate) struct Desk {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) steps: DeliverySteps,
    pub(crate) blobs: Arc<dyn ObjectStore>,
    pub(crate) egress: Egress,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) limits: SendLimits,
    pub(crate) load: Load,
    pub(crate) rest: Duration,
    pub(crate) seal: Seal,
    pub(crate) folder: Option<PathBuf>,
    pub(crate) dropbox: DropboxAddresses,
    pub(crate) tokens: Arc<Tokens>,
}

/// What became of a try.
enum Outcome {
    Brought(Brought),
    Setback(Setback),
    /// The file is of a job that is not kept any more: it never will be brought.
    Lost,
    /// Its destination takes no files any more, if it is there at all.
    Removed,
    /// It cannot be tried now, for a reason of ours that the log is told.
    PutOff(String),
    /// We are to stop.
    HandedBack,
}

impl From<Stop> for Outcome {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::Setback(setback) => Self::Setback(setback),
            Stop::Stuck(why) => Self::PutOff(why),
        }
    }
}

impl From<Setback> for Outcome {
    fn from(setback: Setback) -> Self {
        Self::Setback(setback)
    }
}

impl From<StoreError> for Outcome {
    fn from(error: StoreError) -> Self {
        Self::PutOff(error.detail())
    }
}

impl From<Unopened> for Outcome {
    fn from(error: Unopened) -> Self {
        Self::PutOff(error.to_string())
    }
}

impl Desk {
    /// Makes one try of a delivery that was claimed, and writes down what came of it. Hands it back when `give_up` turns
    /// true before it is there.
    pub(crate) async fn carry(&self, delivery: Delivery, give_up: watch::Receiver<bool>) {
        let Some(by) = delivery.state.hold() else {
            return;
        };
        let (at, began) = (self.clock.now(), Instant::now());
        failpoint::pass(Point::BeforeBring);
        let limit = self.limits.total;
        let outcome = tokio::select! {
            biased;
            tried = tokio::time::timeout(limit, self.try_once(&delivery)) => match tried {
                Ok(Ok(brought)) => Outcome::Brought(brought),
                Ok(Err(outcome)) => outcome,
                Err(_) => Outcome::Setback(Setback::too_slow(limit)),
            },
            () = turned_true(give_up) => Outcome::HandedBack,
        };
        let took = began.elapsed();
        if let Outcome::Brought(_) = outcome {
            failpoint::pass(Point::AfterBring);
        }
        let tried = record(&delivery, at, took, &outcome);
        count(&outcome, took);
        match &outcome {
            Outcome::PutOff(why) => tracing::warn!(why, "a file cannot be brought now"),
            Outcome::HandedBack => {}
            _ => {
                let attempt = delivery.state.tally().attempt.number();
                let error = tried.as_ref().and_then(|tried| tried.tried.error.as_deref());
                tracing::info!(attempt, took = ?took, error, "tried");
            }
        }
        let event = event(&outcome, by, self.clock.now() + self.rest);
        let jitter = getrandom::u32().map_or(Jitter::MIDDLE, Jitter::from_bits);
        let clock = self.clock.as_ref();
        self.steps
            .report_patiently(&delivery, event, tried.as_ref(), clock, jitter)
            .await;
    }

    async fn try_once(&self, delivery: &Delivery) -> Result<Brought, Outcome> {
        let Target::File { destination, path } = &delivery.target else {
            return Err(Outcome::Removed);
        };
        // Read anew for every try: its owner may have changed it.
        let found = self
            .store
            .get::<Destination>(delivery.tenant, destination.as_str())
            .await?;
        let destination = found.ok_or(Outcome::Removed)?;
        let way = self.way(delivery, &destination)?;
        let place = Place::parse(path)?;
        let job = self
            .store
            .job(delivery.tenant, delivery.job)
            .await?
            .ok_or(Outcome::Lost)?;
        let export = job.result.and_then(|result| result.export).ok_or(Outcome::Lost)?;
        let cargo = Cargo::find(Arc::clone(&self.blobs), export, self.load).await?;
        let brought = way.bring(&cargo, &place).await?;
        metrics::counter!("marquetry_carried_bytes_total").increment(cargo.length());
        Ok(brought)
    }

    /// How a destination is reached at this moment, with its secrets opened.
    fn way(&self, delivery: &Delivery, destination: &Destination) -> Result<Box<dyn Bring>, Outcome> {
        let open = |secret: &Secret| self.seal.open(delivery.tenant, secret);
        match &destination.reach {
            // It is told of files now, and takes none.
            Reach::Webhook { .. } => Err(Outcome::Removed),
            Reach::Folder => match &self.folder {
                Some(root) => Ok(Box::new(Folder {
                    root: root.clone(),
                    tenant: delivery.tenant,
                    delivery: delivery.id,
                    number: delivery.state.tally().starts,
                })),
                None => Err(Setback::ours("this server has no folder for files").into()),
            },
            #[cfg(feature = "s3")]
            Reach::Bucket(address) => Ok(Box::new(crate::bucket::Bucket {
                egress: self.egress.clone(),
                limits: self.limits.clone(),
                address: address.clone(),
                key: open(&address.secret_access_key)?,
            })),
            #[cfg(not(feature = "s3"))]
            Reach::Bucket(_) => Err(Setback::ours("this server was built without buckets").into()),
            Reach::Dropbox(access) => {
                let access = match access {
                    DropboxAccess::Token(token) => Access::Token(open(token)?),
                    DropboxAccess::Refresh {
                        app_key,
                        app_secret,
                        refresh_token,
                    } => Access::Refresh {
                        tokens: Arc::clone(&self.tokens),
                        owner: Owner::of(destination),
                        grant: Grant {
                            app_key: app_key.clone(),
                            app_secret: app_secret.as_ref().map(open).transpose()?,
                            refresh_token: open(refresh_token)?,
                        },
                    },
                };
                Ok(Box::new(Dropbox {
                    egress: self.egress.clone(),
                    limits: self.limits.clone(),
                    addresses: self.dropbox.clone(),
                    access,
                }))
            }
        }
    }
}

fn event(outcome: &Outcome, by: Hold, rested: Timestamp) -> DeliveryEvent {
    match outcome {
        Outcome::Brought(_) => DeliveryEvent::Accepted { by },
        Outcome::Setback(setback) => DeliveryEvent::Refused {
            by,
            retry_after: setback.retry_after,
        },
        Outcome::Lost => DeliveryEvent::Gone { by },
        Outcome::Removed => DeliveryEvent::EndpointRemoved,
        Outcome::PutOff(_) => DeliveryEvent::PutOff { by, until: rested },
        Outcome::HandedBack => DeliveryEvent::HandedBack { by },
    }
}

/// What is kept of a try for the tenant; nothing of what was none.
fn record(delivery: &Delivery, at: Timestamp, took: Duration, outcome: &Outcome) -> Option<AttemptRecord> {
    let (status, error, trouble, lookup) = match outcome {
        Outcome::Brought(brought) => (brought.status, None, None, brought.lookup.clone()),
        Outcome::Setback(setback) => (
            setback.status,
            Some(setback.words.clone()),
            Some(setback.trouble),
            setback.lookup.clone(),
        ),
        Outcome::Lost => {
            let words = "the file is not kept any more".to_owned();
            (None, Some(words), Some(Trouble::NotSent), String::new())
        }
        Outcome::Removed | Outcome::PutOff(_) | Outcome::HandedBack => return None,
    };
    Some(AttemptRecord {
        number: delivery.state.tally().starts,
        tried: DeliveryAttempt {
            at,
            took,
            status,
            error,
        },
        trouble,
        lookup,
        request: Vec::new(),
        answer: String::new(),
    })
}

fn count(outcome: &Outcome, took: Duration) {
    let told = match outcome {
        Outcome::Brought(_) => "brought",
        Outcome::Setback(setback) if setback.status.is_some() => "refused",
        Outcome::Setback(_) => "failed",
        Outcome::Lost | Outcome::Removed => "gone",
        Outcome::PutOff(_) => "put_off",
        Outcome::HandedBack => return,
    };
    metrics::counter!("marquetry_files_carried_total", "outcome" => told).increment(1);
    metrics::histogram!("marquetry_carry_seconds").record(took.as_secs_f64());
}

async fn turned_true(mut flag: watch::Receiver<bool>) {
    if flag.wait_for(|up| *up).await.is_err() {
        // Nobody is left who could raise it.
        std::future::pending().await
    }
}
