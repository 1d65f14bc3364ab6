//! The worker itself: claims jobs while there are free slots, and shuts down kindly.

use std::fmt;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use marquetry_egress::Egress;
use marquetry_job::{Jitter, Timestamp, WorkerId};
use marquetry_store::{
    Announcer, Beside, Change, Changes, Clock, JobSteps, Ownership, ProgressBoard, Store, StoreError, Suspect,
};
use object_store::ObjectStore;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::attend::attend;
use crate::builder::{Settings, WorkerBuilder};
use crate::layouts::Layouts;
use crate::memory::Memory;
use crate::pool::Pool;
use crate::pulse::Pulse;
use crate::shelf::Shelf;

/// How long to wait after the store has failed to answer.
const STORE_PAUSE: Duration = Duration::from_secs(1);
/// The shortest wait between two looks for work, so that a job which is due and cannot be taken
/// (another worker's clock is ahead) does not make this one spin.
const BREATH: Duration = Duration::from_millis(10);

/// How long at most a worker that shares its store runs on while a suspect waits. Each draws a part of it, so that when
/// all of them are busy one makes room, and not all at once; by the time the next one would, it is most often taken.
const PATIENCE: Duration = Duration::from_secs(2);

/// A worker, ready to run. Make one with [`Worker::builder`].
///
/// A job whose worker died with it is a suspect and runs alone: a worker takes it when nothing else runs, and until it
/// ends claims nothing. That two workers in one process know nothing of each other, so let there be one in each.
#[derive(Debug)]
#[must_use = "a worker does nothing until it runs"]
pub struct Worker(pub(crate) Arc<Inner>);

/// What all jobs of one worker share.
pub(crate) struct Inner {
    pub(crate) id: WorkerId,
    pub(crate) steps: JobSteps,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) blobs: Arc<dyn ObjectStore>,
    pub(crate) egress: Egress,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) jitter: Arc<dyn Fn() -> Jitter + Send + Sync>,
    pub(crate) pool: Pool,
    pub(crate) pulse: Pulse,
    pub(crate) shelf: Shelf,
    pub(crate) layouts: Layouts,
    pub(crate) memory: Arc<Memory>,
    pub(crate) slots: usize,
    /// Slots for jobs that are drawn, and read for that.
    pub(crate) free: Arc<Semaphore>,
    /// As many places for jobs that are made and are being stored.
    pub(crate) ending: Arc<Semaphore>,
    /// Turns true when running jobs have had their time to finish after shutdown.
    pub(crate) grace_over: watch::Sender<bool>,
    pub(crate) settings: Settings,
    pub(crate) board: ProgressBoard,
}

impl fmt::Debug for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Worker")
            .field("id", &self.id)
            .field("slots", &self.slots)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

impl Worker {
    /// A worker over `store` and `blobs` that fetches through `egress` and lets `announcer` say who
    /// is to hear of a job's end.
    pub fn builder(
        store: Arc<dyn Store>,
        blobs: Arc<dyn ObjectStore>,
        egress: Egress,
        announcer: Arc<dyn Announcer>,
    ) -> WorkerBuilder {
        WorkerBuilder::new(store, blobs, egress, announcer)
    }

    /// The name under which it claims.
    pub fn id(&self) -> WorkerId {
        self.0.id
    }

    /// Looks at how its drawing threads fare, also while it runs.
    #[must_use]
    pub fn pulse(&self) -> Pulse {
        self.0.pulse.clone()
    }

    /// Claims and walks jobs until `shutdown` is done; then claims no more, lets what runs finish for
    /// a while, hands the rest back and returns, all within the grace period.
    ///
    /// Must be called on a tokio runtime with timers. Troubles of the store are logged and waited out.
    pub async fn run(self, shutdown: impl Future<Output = ()>) {
        let worker = self.0;
        let mut attending = JoinSet::new();
        tracing::info!(worker = %worker.id, slots = worker.slots, "worker starts");
        claim_until(&worker, &mut attending, shutdown).await;

        let grace = worker.settings.grace;
        let finishing = grace * 4 / 5;
        if timeout(finishing, all_done(&mut attending)).await.is_err() {
            tracing::info!(jobs = attending.len(), "jobs are handed back");
            worker.grace_over.send_replace(true);
            if timeout(grace - finishing, all_done(&mut attending))
                .await
                .is_err()
            {
                tracing::warn!(jobs = attending.len(), "jobs are left to their leases");
                attending.abort_all();
            }
        }
        tracing::info!(worker = %worker.id, "worker ends");
    }
}

async fn all_done(attending: &mut JoinSet<()>) {
    while attending.join_next().await.is_some() {}
}

/// The claiming loop. A claim itself is never abandoned half-way: what it took would be nobody's
/// until its lease lapsed.
async fn claim_until(worker: &Arc<Inner>, attending: &mut JoinSet<()>, shutdown: impl Future<Output = ()>) {
    let mut shutdown = pin!(shutdown);
    // Listening begins before the first look, so that nothing falls between the two.
    let mut changes = worker.store.changes();
    let mut recovered = worker.settings.ownership == Ownership::Shared;
    loop {
        let first = tokio::select! {
            biased;
            () = &mut shutdown => return,
            slot = Arc::clone(&worker.free).acquire_owned() => slot,
        };
        // The semaphore is never closed.
        let Ok(first) = first else { return };
        while attending.try_join_next().is_some() {}
        if !recovered {
            recovered = recover(worker).await;
        }
        // What is told from here on is told after this look.
        while let Some(Some(_)) = changes.next().now_or_never() {}
        let mut slots = free_slots(worker, first);
        let now = worker.clock.now();
        let mut room_for = None;
        let pause = if recovered {
            match claim(worker, now, slots.len()).await {
                Ok(Beside { jobs, suspect }) => {
                    let all = jobs.len() == slots.len();
                    let alone = jobs.iter().any(|job| job.state.is_suspect());
                    for job in jobs {
                        let Some(mut slot) = slots.pop() else { break };
                        if alone {
                            slots.drain(..).for_each(|other| slot.merge(other));
                        }
                        attending.spawn(attend(Arc::clone(worker), job, slot));
                    }
                    room_for = suspect;
                    let ripe = suspect.is_some_and(|suspect| suspect.due + patience(worker) <= now);
                    if (all || alone) && !ripe {
                        continue;
                    }
                    None
                }
                Err(error) => {
                    tracing::warn!(error = %crate::cause::chain(&error), "no jobs could be claimed");
                    Some(STORE_PAUSE)
                }
            }
        } else {
            Some(STORE_PAUSE)
        };
        let waiting = async {
            match (pause, room_for) {
                (Some(pause), _) => {
                    drop(slots);
                    sleep(pause).await;
                }
                (None, Some(suspect)) if suspect.due + patience(worker) <= now => {
                    until_idle(worker, slots, suspect, &mut changes).await;
                }
                (None, _) => {
                    drop(slots);
                    work_to_come(worker, &mut changes, now).await;
                }
            }
        };
        tokio::select! {
            biased;
            () = &mut shutdown => return,
            () = waiting => {}
        }
    }
}

/// Frees the jobs of holders that are known to be dead. `false` when the store could not be asked.
async fn recover(worker: &Inner) -> bool {
    match worker.steps.recover(worker.clock.now()).await {
        Ok(0) => true,
        Ok(jobs) => {
            tracing::info!(jobs, "jobs of a dead process are taken up again");
            true
        }
        Err(error) => {
            tracing::warn!(error = %crate::cause::chain(&error), "jobs left running could not be freed");
            false
        }
    }
}

/// `first` and every other slot that is free at the moment.
fn free_slots(worker: &Inner, first: OwnedSemaphorePermit) -> Vec<OwnedSemaphorePermit> {
    let more = std::iter::from_fn(|| Arc::clone(&worker.free).try_acquire_owned().ok());
    std::iter::once(first).chain(more).collect()
}

/// Claims up to `most`, which is every slot that is free. If that is every slot there is and nothing is being stored,
/// nothing runs.
async fn claim(worker: &Inner, now: Timestamp, most: usize) -> Result<Beside, StoreError> {
    let (steps, lease) = (&worker.steps, worker.settings.lease);
    if most < worker.slots || worker.ending.available_permits() < worker.slots {
        return steps.claim_beside(worker.id, now, lease, most).await;
    }
    let jobs = steps.claim(worker.id, now, lease, most).await?;
    Ok(Beside { jobs, suspect: None })
}

/// How long this worker runs on while a suspect waits.
fn patience(worker: &Inner) -> Duration {
    match worker.settings.ownership {
        // Nobody else will take it.
        Ownership::Sole => Duration::ZERO,
        // The name is drawn at random.
        Ownership::Shared => PATIENCE * u32::from(worker.id.as_bytes()[0]) / u32::from(u8::MAX),
    }
}

/// Waits until nothing runs here, or somebody else has moved the suspect. What is free stays so.
async fn until_idle(
    worker: &Inner,
    free: Vec<OwnedSemaphorePermit>,
    suspect: Suspect,
    changes: &mut Changes,
) {
    let all = u32::try_from(worker.slots).unwrap_or(u32::MAX);
    let busy = u32::try_from(worker.slots - free.len()).unwrap_or(u32::MAX);
    let idle = async {
        // In this order: what is drawn is stored next.
        let _drawn = worker.free.acquire_many(busy).await;
        let _stored = worker.ending.acquire_many(all).await;
    };
    let moved = async {
        loop {
            match changes.next().await {
                Some(Change::JobMoved(job) | Change::JobEnded(job)) if job == suspect.job => return,
                Some(Change::Missed) => return,
                Some(_) => {}
                None => std::future::pending().await,
            }
        }
    };
    tokio::select! {
        () = idle => {}
        () = moved => {}
    }
}

/// Waits until there may be work that was not there at `looked_at`: somebody told of it, a job is due, or it is time
/// to look anyway.
async fn work_to_come(worker: &Inner, changes: &mut Changes, looked_at: Timestamp) {
    let poll = worker.settings.poll;
    // A store that cannot say is asked again after the poll.
    let due = worker.store.next_due_job().await.ok().flatten();
    // What was due already was passed over: its tenant has enough running, or another worker was quicker. Looking
    // again at once would find no more, and the next end makes room.
    let passed_over = due.is_some_and(|due| due <= looked_at);
    let wait = due
        .filter(|_| !passed_over)
        .map_or(poll, |due| due.since(worker.clock.now()));
    let told = async {
        loop {
            match changes.next().await {
                Some(Change::JobWaiting(_) | Change::Missed) => return,
                Some(Change::JobEnded(_)) if passed_over => return,
                Some(_) => {}
                // A store that tells nothing any more: the poll remains.
                None => std::future::pending().await,
            }
        }
    };
    tokio::select! {
        () = told => {}
        () = sleep(wait.clamp(BREATH.min(poll), poll)) => {}
    }
}
