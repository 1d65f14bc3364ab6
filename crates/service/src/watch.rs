//! Looking on while a job goes its way: each change that an observer can see, as it comes.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use marquetry_job::{JobState, ShownState, Timestamp};
use marquetry_model::{Delivery, Job, JobId, Progress, TenantId};
use marquetry_store::{Change, Changes, Pick, ProgressChanges, StoreError};
use tokio::time::{Instant, sleep, timeout};

use crate::{Service, ServiceError};

/// How soon a job is looked at again without having been told to: it may be worked on in another process.
const POLL: Duration = Duration::from_secs(1);
/// The least time between two looks, so that a job which changes all the time costs a few looks a second.
const BREATH: Duration = Duration::from_millis(50);
/// How long the order of those who wait is believed.
const BELIEVED: Duration = Duration::from_secs(1);
/// How many places of it are known; who stands further back is told no place.
const PLACES: u32 = 1000;

/// What an observer sees of a job at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    /// The job.
    pub job: Job,
    /// How far its attempt has come, while one runs: to the moment when it runs in this process, as of the latest sign
    /// of life when it runs in another.
    pub progress: Option<Progress>,
    /// How many jobs stand before it in the queue, about; `None` when it does not wait for its first try, or stands
    /// far back.
    pub before: Option<u64>,
}

/// What makes two looks different to an observer.
type Face = (ShownState, Option<Progress>, Option<u64>);

impl Seen {
    fn face(&self) -> Face {
        (self.job.state.shown(), self.progress.clone(), self.before)
    }
}

/// One observer of one job.
#[derive(Debug)]
pub struct Watching {
    service: Service,
    tenant: TenantId,
    id: JobId,
    changes: Option<Changes>,
    progress: ProgressChanges,
    last: Option<Face>,
    over: bool,
    _seat: Seat,
}

/// The observers there are, by tenant.
#[derive(Clone, Debug, Default)]
pub(crate) struct Watchers(Arc<Mutex<HashMap<TenantId, usize>>>);

/// An observer's place among them.
#[derive(Debug)]
struct Seat {
    watchers: Watchers,
    tenant: TenantId,
}

impl Watchers {
    fn enter(&self, tenant: TenantId, most: usize) -> Result<Seat, ServiceError> {
        let mut seats = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // A quarter of all at most, so that one tenant cannot keep the others out.
        let own = seats.get(&tenant).copied().unwrap_or(0);
        if seats.values().sum::<usize>() >= most || own >= most.div_ceil(4) {
            return Err(ServiceError::TooManyWatchers { limit: most });
        }
        seats.insert(tenant, own + 1);
        Ok(Seat {
            watchers: self.clone(),
            tenant,
        })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut seats = self.watchers.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = seats.get_mut(&self.tenant) {
            *own -= 1;
            if *own == 0 {
                seats.remove(&self.tenant);
            }
        }
    }
}

/// The order of those who wait, as it was a moment ago.
#[derive(Debug, Default)]
pub(crate) struct Line(tokio::sync::Mutex<Option<(Instant, HashMap<JobId, u64>)>>);

impl Service {
    /// Looks on at a job of the tenant. No worker and no connection to the store is held by it.
    ///
    /// # Errors
    /// [`ServiceError::JobNotFound`]; [`ServiceError::TooManyWatchers`] when as many look on as
    /// [`most_watchers`](crate::ServiceBuilder::most_watchers) allows, or a quarter of them at this tenant's jobs;
    /// those of the store.
    pub async fn watch(&self, tenant: TenantId, id: JobId) -> Result<Watching, ServiceError> {
        let seat = self
            .inner
            .watchers
            .enter(tenant, self.inner.settings.most_watchers)?;
        let (changes, progress) = (self.store().changes(), self.inner.progress.changes());
        // Whoever has no such job should hear so at once.
        self.job(tenant, id).await?;
        Ok(Watching {
            service: self.clone(),
            tenant,
            id,
            changes: Some(changes),
            progress,
            last: None,
            over: false,
            _seat: seat,
        })
    }

    /// What an observer sees of a job now.
    ///
    /// # Errors
    /// [`ServiceError::JobNotFound`], and those of the store.
    pub async fn look(&self, tenant: TenantId, id: JobId) -> Result<Seen, ServiceError> {
        let job = self.job(tenant, id).await?;
        let progress = match &job.state {
            JobState::Running { .. } => self
                .inner
                .progress
                .of(id)
                .or_else(|| job.timeline.progress.clone()),
            _ => None,
        };
        let before = match job.state.shown() {
            ShownState::Queued => self.jobs_before(id).await?,
            _ => None,
        };
        Ok(Seen {
            job,
            progress,
            before,
        })
    }

    /// How many jobs stand before one. All observers share one look at the queue.
    async fn jobs_before(&self, id: JobId) -> Result<Option<u64>, ServiceError> {
        let mut known = self.inner.line.0.lock().await;
        let places = match &*known {
            Some((at, places)) if at.elapsed() < BELIEVED => places.get(&id).copied(),
            _ => {
                let waiting = match self.store().due_jobs(&Pick::any(Timestamp::MAX, PLACES)).await {
                    // A job that cannot be read leaves nobody with a place that could be told.
                    Err(StoreError::Unreadable { .. }) => Vec::new(),
                    waiting => waiting?,
                };
                let waiting = waiting
                    .iter()
                    .filter(|job| matches!(job.state, JobState::Queued { .. }));
                let places: HashMap<JobId, u64> = waiting.map(|job| job.id).zip(0..).collect();
                let place = places.get(&id).copied();
                *known = Some((Instant::now(), places));
                place
            }
        };
        Ok(places)
    }

    /// A job of the tenant with the deliveries that its end owed, for its timeline. A delivery that was swept away
    /// meanwhile is left out.
    ///
    /// # Errors
    /// [`ServiceError::JobNotFound`], and those of the store.
    pub async fn timeline(&self, tenant: TenantId, id: JobId) -> Result<(Job, Vec<Delivery>), ServiceError> {
        let job = self.job(tenant, id).await?;
        let mut deliveries = Vec::new();
        for delivery in &job.timeline.deliveries {
            deliveries.extend(self.store().delivery(tenant, *delivery).await?);
        }
        Ok((job, deliveries))
    }
}

impl Watching {
    /// Whether the job's end has been seen.
    pub const fn is_over(&self) -> bool {
        self.over
    }

    /// The next thing to see: what there is at first, then each change, and the job's end last of all. `None` after
    /// that. Several changes that come at once may be seen as one. Cancel-safe.
    ///
    /// # Errors
    /// [`ServiceError::JobNotFound`] when the job was swept away meanwhile, and those of the store; asking again is
    /// allowed.
    pub async fn next(&mut self) -> Result<Option<Seen>, ServiceError> {
        if self.over {
            return Ok(None);
        }
        loop {
            if self.last.is_some() {
                // Told or not, the store has the truth.
                let _ = timeout(POLL, told(&mut self.changes, &mut self.progress, self.id)).await;
                sleep(BREATH).await;
            }
            let seen = self.service.look(self.tenant, self.id).await?;
            let face = seen.face();
            if self.last.as_ref() != Some(&face) {
                self.last = Some(face);
                self.over = seen.job.state.is_terminal();
                return Ok(Some(seen));
            }
        }
    }
}

/// Returns when there may be something new about a job.
async fn told(changes: &mut Option<Changes>, progress: &mut ProgressChanges, id: JobId) {
    let moved = async {
        while let Some(listening) = changes {
            match listening.next().await {
                Some(Change::JobWaiting(it) | Change::JobMoved(it) | Change::JobEnded(it)) if it == id => {
                    return;
                }
                Some(Change::Missed) => return,
                Some(_) => {}
                None => *changes = None,
            }
        }
        std::future::pending().await
    };
    tokio::select! {
        () = moved => {}
        () = progress.of(id) => {}
    }
}
