//! Stands beside one job from its claim to its end: renews the lease, hears of a cancel, keeps the
//! time, and reports what came of the walk.

use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures::future::try_join_all;
use marquetry_job::{Cancel, Hold, JobState, Lease, Timestamp};
use marquetry_model::{BlobKey, Job, JobKind, JobSpec, UploadSource};
use marquetry_store::{Change, Renewal, Reported, StoreError};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{MissedTickBehavior, interval_at, sleep};
use tracing::Instrument;

use crate::cause::{Trouble, chain};
use crate::figures;
use crate::stop::{Interrupt, Stop};
use crate::stopwatch::{Pace, room};
use crate::walk::{Made, Walk};
use crate::worker::Inner;

/// How often a report is repeated while the store cannot take it; the waits between double from
/// [`FIRST_WAIT`], so the last comes some six seconds after the first.
const REPORTS: u32 = 6;
const FIRST_WAIT: Duration = Duration::from_millis(200);
/// When a job is looked at for the first time after its claim.
const FIRST_LOOK: Duration = Duration::from_millis(50);

/// Walks a job that was just claimed to whatever end it takes.
///
/// What is made needs no slot to be stored: another job is drawn meanwhile. A suspect keeps all slots, for it runs alone.
pub(crate) async fn attend(worker: Arc<Inner>, job: Job, slot: OwnedSemaphorePermit) {
    // Only running jobs are handed out by a claim.
    let JobState::Running { lease, .. } = &job.state else {
        return;
    };
    let Lease { hold, until, .. } = *lease;
    let attempt = job.state.attempt().map_or(0, marquetry_job::Attempt::number);
    let span = tracing::info_span!(
        "job",
        job = %job.id,
        tenant = %job.tenant,
        kind = job.kind().name(),
        attempt
    );
    let job = Arc::new(job);
    let stop = Stop::default();
    let pace = Pace::new(worker.board.line(job.id));
    let walk = Walk {
        worker: Arc::clone(&worker),
        job: Arc::clone(&job),
        stop: stop.clone(),
        slot: Arc::new(slot),
        pace: pace.clone(),
    };
    let pulse = worker.pulse.clone();
    let _running = figures::began(&job, worker.clock.now(), &pulse);
    let ending = Arc::clone(&worker.ending);
    let alone = job.state.is_suspect();
    let attendant = Attendant {
        worker,
        job,
        hold,
        until: Mutex::new(until),
        pace,
    };
    async move {
        let making = async {
            let made = walk.make().await;
            let stores = made.is_ok() && !alone;
            let place = if stores {
                ending.acquire_owned().await.ok()
            } else {
                None
            };
            (Outcome::of(made), place)
        };
        let (outcome, place) = tokio::select! {
            biased;
            made = making => made,
            why = attendant.interrupted() => (Outcome::Interrupted(why), None),
        };
        // Whatever still draws for this job is no longer wanted, and keeps its slot until it sees that.
        if let Outcome::Interrupted(_) = outcome {
            stop.raise();
        }
        if place.is_some() {
            drop(walk);
        }
        attendant.settle(outcome).await;
    }
    .instrument(span)
    .await;
    pulse.one_done();
}

enum Outcome {
    Made(Box<Made>),
    Broke(Trouble),
    Interrupted(Interrupt),
}

impl Outcome {
    fn of(made: Result<Made, Trouble>) -> Self {
        match made {
            Ok(made) => Self::Made(Box::new(made)),
            Err(trouble) => Self::Broke(trouble),
        }
    }
}

struct Attendant {
    worker: Arc<Inner>,
    job: Arc<Job>,
    hold: Hold,
    /// Until when it is held, as far as is known.
    until: Mutex<Timestamp>,
    pace: Pace,
}

impl Attendant {
    /// Ends when the walk has to be given up, and says why.
    async fn interrupted(&self) -> Interrupt {
        let settings = &self.worker.settings;
        let deadline = match self.job.kind() {
            JobKind::Render => settings.render_deadline,
            JobKind::Upload => settings.upload_deadline,
        };
        let mut grace = self.worker.grace_over.subscribe();
        tokio::select! {
            why = self.lease_lost_or_cancelled() => why,
            () = sleep(deadline) => Interrupt::Deadline,
            // The sender lives as long as the worker, which this attendant shares.
            _ = grace.wait_for(|over| *over) => Interrupt::Shutdown,
        }
    }

    /// Renews the lease until it is found to be lost, or the job is to be cancelled.
    async fn lease_lost_or_cancelled(&self) -> Interrupt {
        let mut changes = self.worker.store.changes();
        let mut telling = true;
        // A cancel may have been asked between the claim and the moment we began to listen. Most jobs have ended before
        // it is worth a look, and their end finds out by itself.
        let mut first_look = pin!(sleep(FIRST_LOOK));
        let mut looked = false;
        let mut renewals = self.renewals();
        loop {
            let found = tokio::select! {
                () = &mut first_look, if !looked => {
                    looked = true;
                    self.look().await
                }
                _ = renewals.tick() => match self.renew().await {
                    Some(Renewal::Lost) => Some(Interrupt::LeaseLost),
                    Some(Renewal::Held { cancel, .. }) => heeded(cancel),
                    None => None,
                },
                change = changes.next(), if telling => match change {
                    Some(Change::JobMoved(id) | Change::JobEnded(id) | Change::JobWaiting(id))
                        if id == self.job.id => self.look().await,
                    Some(Change::Missed) => self.look().await,
                    Some(_) => None,
                    None => {
                        telling = false;
                        None
                    }
                },
            };
            if let Some(why) = found {
                return why;
            }
        }
    }

    /// Renews the lease while the walk's end is reported. Whether it was lost, the report is told.
    async fn keep_renewing(&self) -> std::convert::Infallible {
        let mut renewals = self.renewals();
        loop {
            renewals.tick().await;
            self.renew().await;
        }
    }

    /// Three times a lease, the first after a third of it.
    fn renewals(&self) -> tokio::time::Interval {
        let every = self.worker.settings.lease / 3;
        let mut renewals = interval_at(tokio::time::Instant::now() + every, every);
        // After a stall one renewal is enough.
        renewals.set_missed_tick_behavior(MissedTickBehavior::Delay);
        renewals
    }

    /// `None` when the store cannot be asked. Work goes on then: a lease that has lapsed still counts
    /// for as long as nobody else claims the job.
    async fn renew(&self) -> Option<Renewal> {
        let (worker, job) = (&self.worker, &self.job);
        let now = worker.clock.now();
        let (lease, progress) = (worker.settings.lease, self.pace.reached());
        let renewal = worker
            .steps
            .renew_at(job.tenant, job.id, self.hold, now, lease, progress);
        let renewal = renewal
            .await
            .inspect_err(|error| tracing::warn!(error = %chain(error), "the lease could not be renewed"))
            .ok()?;
        if let Renewal::Held { until, .. } = renewal {
            *self.until.lock().unwrap_or_else(PoisonError::into_inner) = until;
        }
        Some(renewal)
    }

    /// Whether half a lease is left, so that nobody else has the job and nobody will before its end is written.
    fn surely_holds(&self) -> bool {
        let until = *self.until.lock().unwrap_or_else(PoisonError::into_inner);
        until >= self.worker.clock.now() + self.worker.settings.lease / 2
    }

    /// Looks at the job without changing it.
    async fn look(&self) -> Option<Interrupt> {
        let job = self.worker.store.job(self.job.tenant, self.job.id).await.ok()?;
        match job.map(|job| job.state) {
            Some(JobState::Running { lease, cancel, .. }) if lease.hold == self.hold => heeded(cancel),
            _ => Some(Interrupt::LeaseLost),
        }
    }

    /// Reports what came of the walk.
    async fn settle(&self, outcome: Outcome) {
        match outcome {
            Outcome::Made(made) if self.surely_holds() => self.finish(*made).await,
            // A look before anything is written: a worker that stood still for a while must not lay its
            // file over that of whoever has finished the job meanwhile.
            Outcome::Made(made) => match self.look().await {
                None => self.finish(*made).await,
                Some(why) => self.give_up(why).await,
            },
            Outcome::Broke(trouble) => self.broke(&trouble).await,
            Outcome::Interrupted(why) => self.give_up(why).await,
        }
    }

    async fn give_up(&self, why: Interrupt) {
        let (steps, clock) = (&self.worker.steps, &self.worker.clock);
        let (tenant, id) = (self.job.tenant, self.job.id);
        let reported = match why {
            Interrupt::LeaseLost => return self.abandon(),
            Interrupt::Cancel => {
                self.insist(|| steps.stopped(tenant, id, self.hold, clock.now()))
                    .await
            }
            Interrupt::Shutdown => {
                self.insist(|| steps.hand_back(tenant, id, self.hold, clock.now()))
                    .await
            }
            // An end by deadline is not fenced by the hold, so make sure that it is ours to give.
            Interrupt::Deadline => match self.renew().await {
                Some(Renewal::Lost) => return self.abandon(),
                _ => {
                    self.insist(|| steps.deadline_passed(tenant, id, clock.now()))
                        .await
                }
            },
        };
        self.reported(reported).await;
    }

    /// Stores what was made, then ends the job; in this order, so that no row ever points at a file
    /// that is not there. The lease is renewed meanwhile, and a cancel is left to the last step.
    async fn finish(&self, mut made: Made) {
        let files = std::mem::take(&mut made.files);
        let keys: Vec<BlobKey> = files.iter().map(|(key, _)| key.clone()).collect();
        self.pace.entered(room::PUT);
        let finishing = async {
            let began = Instant::now();
            let puts = files
                .into_iter()
                .map(|(key, bytes)| async move { self.worker.put(&key, bytes).await });
            try_join_all(puts).instrument(tracing::info_span!("put")).await?;
            made.measured.add(room::PUT, began.elapsed());
            made.result.timings = made.measured.timings();
            figures::walked(&made.result.timings);
            let made = &made;
            let reported = self
                .insist(|| {
                    self.worker.steps.finish(
                        self.job.tenant,
                        self.job.id,
                        self.hold,
                        made.result.clone(),
                        made.mockup.clone(),
                        self.worker.clock.now(),
                    )
                })
                .await;
            match reported {
                // Broken for good: better a job that says so than one that is made for ever.
                Err(error) if error.again() == marquetry_job::Again::Never => Err(Trouble::Store(error)),
                reported => Ok(reported),
            }
        };
        let finished = tokio::select! {
            biased;
            finished = finishing => finished,
            never = self.keep_renewing() => match never {},
        };
        match finished {
            Err(trouble) => self.broke(&trouble).await,
            Ok(reported) => {
                let succeeded = matches!(
                    &reported,
                    Ok(Reported::Written(job)) if matches!(job.state, JobState::Succeeded { .. })
                );
                self.reported(reported).await;
                if !succeeded {
                    self.discard_unless_wanted(&keys).await;
                }
            }
        }
    }

    /// Removes the files of a job that was cancelled at the last moment, or ended otherwise in the
    /// hands of another worker: nothing points at them. Those of a job that succeeded, or may yet,
    /// are the same whoever made them. The PSD itself may belong to another mockup and stays.
    async fn discard_unless_wanted(&self, keys: &[BlobKey]) {
        let Ok(job) = self.worker.store.job(self.job.tenant, self.job.id).await else {
            return;
        };
        let wanted =
            job.is_some_and(|job| !matches!(job.state, JobState::Cancelled { .. } | JobState::Failed { .. }));
        if !wanted {
            for key in keys.iter().filter(|key| !key.as_str().starts_with("uploads/")) {
                self.worker.discard(key).await;
            }
        }
    }

    async fn broke(&self, trouble: &Trouble) {
        // A walk says that it was stopped only when somebody raised the sign, and then nobody listens.
        let Some(cause) = trouble.cause() else {
            return self.abandon();
        };
        tracing::warn!(
            code = %cause.failure.code,
            again = ?cause.again,
            detail = %cause.failure.detail,
            "attempt broke"
        );
        figures::broke(&cause);
        let jitter = (self.worker.jitter)();
        let reported = self
            .insist(|| {
                let now = self.worker.clock.now();
                let (tenant, id) = (self.job.tenant, self.job.id);
                self.worker
                    .steps
                    .broke(tenant, id, self.hold, cause.clone(), now, jitter)
            })
            .await;
        self.reported(reported).await;
    }

    /// Another worker has the job, or it is gone: what was done does not count.
    fn abandon(&self) {
        figures::lost();
        tracing::info!("the job is no longer held, its work is abandoned");
    }

    /// Logs what became of a report, and cleans up behind an upload that has ended.
    async fn reported(&self, reported: Result<Reported<Job>, StoreError>) {
        match reported {
            Ok(Reported::Written(job)) => {
                let took = job.updated_at.since(self.job.updated_at);
                tracing::info!(state = job.state.name(), ?took, "attempt ended");
                if job.state.is_terminal()
                    && let JobSpec::Upload(spec) = &job.spec
                    && let UploadSource::Url(_) = spec.source
                {
                    self.worker.discard(&BlobKey::incoming(job.id)).await;
                }
            }
            Ok(Reported::Refused(why)) => tracing::info!(%why, "a late report was refused"),
            Ok(Reported::Missing) => tracing::info!("the job is gone"),
            Err(error) => tracing::error!(error = %chain(&error), "the report is left to the lease"),
        }
    }

    /// Repeats a report while the store says that it may be taken later.
    async fn insist<F, T>(&self, mut report: impl FnMut() -> F) -> Result<T, StoreError>
    where
        F: Future<Output = Result<T, StoreError>>,
    {
        let mut wait = FIRST_WAIT;
        for _ in 1..REPORTS {
            match report().await {
                Err(error) if error.again() == marquetry_job::Again::Later => {
                    tracing::warn!(error = %chain(&error), "the store takes no report");
                    sleep(wait).await;
                    wait *= 2;
                }
                outcome => return outcome,
            }
        }
        report().await
    }
}

fn heeded(cancel: Cancel) -> Option<Interrupt> {
    (cancel == Cancel::Asked).then_some(Interrupt::Cancel)
}
