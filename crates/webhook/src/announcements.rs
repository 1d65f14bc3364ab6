//! Who hears of the end of a job, and in whose words: the deliveries owed, before anything is sent.

use std::sync::Arc;

use async_trait::async_trait;
use marquetry_dialect::{Dialect, Links};
use marquetry_job::{DeliverySchedule, DeliveryState, JobState, Timestamp};
use marquetry_model::{
    After, Announce, Batch, BatchId, Delivery, DeliveryId, Destination, DialectName, EndpointId, EventNaming,
    EventType, Job, Pending, Reach, SendTo, Sending, Target, TenantId, Then,
};
use marquetry_store::{Announcer, Owed, RecordStoreExt as _, Schedules, Store, StoreError, sending};

use crate::{random, terms};

/// Decides what is owed when a job ends: one delivery to each enabled endpoint of its tenant that hears
/// the event, one that is only kept for a replay to each that was disabled without its owner, and one to the
/// callback that came with the job. Nothing for jobs that end silently, and
/// nothing where the dialect has no event for that end (a cancelled job, for one).
///
/// Each body is written once for all receivers that read the same words.
#[derive(Clone, Debug)]
pub struct Announcements {
    store: Arc<dyn Store>,
    links: Links,
    schedules: Arc<Schedules>,
}

/// A body that was written already, and for whom.
type Written = ((Dialect, EventNaming), (EventType, Arc<[u8]>));

impl Announcements {
    /// Announces to the endpoints in `store`, with addresses under the public origin of `links`. The
    /// first try is due as `schedule` has it, or the dialect where that promises its own; give the courier the
    /// same one.
    pub fn new(store: Arc<dyn Store>, links: Links, schedule: DeliverySchedule) -> Self {
        Self {
            store,
            links,
            schedules: Arc::new(terms::schedules(schedule)),
        }
    }

    /// The event and its body in the words of that dialect; `None` when there is nothing to tell.
    fn words(
        &self,
        written: &mut Vec<Written>,
        name: &DialectName,
        naming: EventNaming,
        (job, sending): (&Job, Option<&Sending>),
        to: Option<EndpointId>,
    ) -> Option<(EventType, Arc<[u8]>)> {
        let dialect = match Dialect::named(name) {
            Ok(dialect) => dialect,
            Err(error) => {
                // An endpoint of a newer program. It must not keep the job from ending.
                let endpoint = to.map(|id| id.to_string());
                tracing::error!(job = %job.id, endpoint, %error, "nobody can announce this");
                return None;
            }
        };
        let reader = (dialect, naming);
        if let Some((_, words)) = written.iter().find(|(by, _)| *by == reader) {
            return Some(words.clone());
        }
        let announcement = dialect.announce(job, sending, naming, &self.links)?;
        let words = (announcement.event, Arc::from(announcement.body));
        written.push((reader, words.clone()));
        Some(words)
    }

    fn delivery(
        &self,
        job: &Job,
        target: Target,
        dialect: &DialectName,
        words: (EventType, Arc<[u8]>),
        now: Timestamp,
    ) -> Result<Delivery, StoreError> {
        let id = random::sixteen().map_err(|error| StoreError::Broken {
            doing: "drawing the id of a delivery",
            source: error.to_string().into(),
        })?;
        Ok(self.numbered(DeliveryId::from_random(id), job, target, dialect, words, now))
    }

    fn numbered(
        &self,
        id: DeliveryId,
        job: &Job,
        target: Target,
        dialect: &DialectName,
        (event, body): (EventType, Arc<[u8]>),
        now: Timestamp,
    ) -> Delivery {
        let state = DeliveryState::owed(now, self.schedules.of(dialect));
        let (tenant, dialect) = (job.tenant, dialect.clone());
        Delivery::owed(id, tenant, target, dialect, job.id, event, body, state, now)
    }
}

impl Announcements {
    /// What the end of a batch owes to whoever asked to hear of it.
    async fn owed_for_batch(
        &self,
        tenant: TenantId,
        id: BatchId,
        now: Timestamp,
    ) -> Result<Vec<Delivery>, StoreError> {
        let found = self.store.get::<Batch>(tenant, &id.to_string()).await?;
        let Some((batch, callback)) = found.and_then(|batch| Some((batch.clone(), batch.callback?))) else {
            return Ok(Vec::new());
        };
        let dialect = match Dialect::named(&callback.dialect) {
            Ok(dialect) => dialect,
            Err(error) => {
                tracing::error!(batch = %id, %error, "nobody can announce this");
                return Ok(Vec::new());
            }
        };
        let mut jobs = Vec::with_capacity(batch.jobs.len());
        let mut sendings = Vec::with_capacity(batch.jobs.len());
        for job in &batch.jobs {
            if let Some(job) = self.store.job(tenant, *job).await? {
                sendings.push(sending(&*self.store, &job).await?);
                jobs.push(job);
            }
        }
        // A delivery is about a job; that of a batch is about its first.
        let Some(first) = jobs.first() else {
            return Ok(Vec::new());
        };
        let Some(said) = dialect.announce_batch(&batch, &jobs, &sendings, &self.links) else {
            return Ok(Vec::new());
        };
        let words = (said.event, Arc::from(said.body));
        let target = Target::Callback(callback.clone());
        Ok(vec![self.delivery(
            first,
            target,
            &callback.dialect,
            words,
            now,
        )?])
    }
}

impl Announcements {
    /// Who hears that `job` has ended.
    async fn told(
        &self,
        job: &Job,
        sending: Option<&Sending>,
        now: Timestamp,
    ) -> Result<Vec<Delivery>, StoreError> {
        // Most ends that are no event are seen here, before the endpoints are read.
        if job.announce == Announce::Silent || Dialect::ALL.iter().all(|d| d.event_of(job).is_none()) {
            return Ok(Vec::new());
        }
        let about = (job, sending);
        let mut written = Vec::new();
        let mut owed = Vec::new();
        for endpoint in self.store.list_endpoints(job.tenant).await? {
            let to = Some(endpoint.id);
            // Its owner did not want to miss what came after it was given up, so that is kept for a replay.
            let withheld = match (endpoint.enabled, endpoint.disabled) {
                (true, _) => false,
                (false, Some(_)) => true,
                (false, None) => continue,
            };
            if let Some(words) = self.words(&mut written, &endpoint.dialect, endpoint.naming, about, to)
                && endpoint.subscribes(words.0)
            {
                let target = Target::Endpoint(endpoint.id);
                let mut delivery = self.delivery(job, target, &endpoint.dialect, words, now)?;
                if withheld {
                    delivery.state = DeliveryState::withheld(now);
                }
                owed.push(delivery);
            }
        }
        if let Some(callback) = &job.callback
            && let Some(words) =
                self.words(&mut written, &callback.dialect, EventNaming::Current, about, None)
        {
            let target = Target::Callback(callback.clone());
            owed.push(self.delivery(job, target, &callback.dialect, words, now)?);
        }
        Ok(owed)
    }

    /// What is sent to the destinations of a job that has succeeded. One that is not there any more, or is now reached
    /// in another way, gets a delivery too, which ended before it began: somebody will ask what became of it.
    async fn sent(&self, job: &Job, send_to: &SendTo, now: Timestamp) -> Result<Vec<Delivery>, StoreError> {
        let mut sent = Vec::with_capacity(send_to.parcels.len());
        for parcel in &send_to.parcels {
            let destination = parcel.destination.clone();
            let known = self
                .store
                .get::<Destination>(job.tenant, destination.as_str())
                .await?;
            let is_told = known
                .as_ref()
                .map(|known| matches!(known.reach, Reach::Webhook { .. }));
            let nothing: Arc<[u8]> = Arc::default();
            let (target, body) = match (is_told, &parcel.path) {
                (Some(true), _) => (
                    Target::Destination(destination),
                    self.export_words(send_to, job, now),
                ),
                (Some(false), Some(path)) => {
                    let path = path.clone();
                    (Target::File { destination, path }, Some(nothing.clone()))
                }
                (Some(false) | None, _) => (Target::Destination(destination), None),
            };
            let words = (EventType::RenderExported, body.clone().unwrap_or(nothing));
            let mut delivery = self.numbered(parcel.delivery, job, target, &send_to.dialect, words, now);
            if body.is_none() {
                delivery.state = DeliveryState::unreachable(now);
            }
            sent.push(delivery);
        }
        Ok(sent)
    }

    fn export_words(&self, send_to: &SendTo, job: &Job, now: Timestamp) -> Option<Arc<[u8]>> {
        match Dialect::named(&send_to.dialect) {
            Ok(dialect) => Some(dialect.announce_export(job, &self.links, now)?.body.into()),
            Err(error) => {
                tracing::error!(job = %job.id, %error, "nobody can announce this");
                None
            }
        }
    }
}

#[async_trait]
impl Announcer for Announcements {
    async fn owed(&self, job: &Job, now: Timestamp) -> Result<Owed, StoreError> {
        // Whoever hears of the end hears of it when the file has got to where it goes.
        if let (Some(send_to), JobState::Succeeded { .. }) = (&job.send_to, &job.state) {
            let deliveries = self.sent(job, send_to, now).await?;
            let later = Pending {
                tenant: job.tenant,
                then: Then::TellOfJob(job.id),
                after: After::Deliveries(deliveries.iter().map(|delivery| delivery.id).collect()),
                created_at: now,
            };
            return Ok(Owed {
                deliveries,
                later: Some(later),
            });
        }
        Ok(Owed {
            deliveries: self.told(job, None, now).await?,
            later: None,
        })
    }

    async fn owed_after(&self, pending: &Pending, now: Timestamp) -> Result<Vec<Delivery>, StoreError> {
        match pending.then {
            Then::TellOfBatch(id) => self.owed_for_batch(pending.tenant, id, now).await,
            Then::TellOfJob(id) => match self.store.job(pending.tenant, id).await? {
                Some(job) => {
                    self.told(&job, sending(&*self.store, &job).await?.as_ref(), now)
                        .await
                }
                None => Ok(Vec::new()),
            },
        }
    }
}
