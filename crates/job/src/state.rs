//! The states of a job and the one function that moves it from one to the next.

use crate::{
    Attempt, Cause, Failure, Hold, IllegalStep, Jitter, JobEvent, Lease, RetrySchedule, Tally, Timestamp,
    WhyIllegal,
};

/// Where a job stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JobState {
    /// Waiting for a worker, for the first time or once more.
    Queued {
        /// What was counted so far.
        tally: Tally,
        /// Not to be claimed before this moment.
        not_before: Timestamp,
    },
    /// A worker holds it.
    Running {
        /// What was counted so far.
        tally: Tally,
        /// The worker's hold.
        lease: Lease,
        /// Whether somebody wants it stopped.
        cancel: Cancel,
    },
    /// Done, and its results are stored. Terminal.
    Succeeded {
        /// When.
        at: Timestamp,
    },
    /// Given up. Terminal.
    Failed {
        /// When.
        at: Timestamp,
        /// Why.
        cause: Failure,
    },
    /// Stopped because somebody asked. Terminal.
    Cancelled {
        /// When.
        at: Timestamp,
    },
}

/// Whether somebody wants a running job stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cancel {
    /// Nobody does.
    NotAsked,
    /// Somebody does; the holder stops at its next stage, and the job can only end cancelled.
    Asked,
}

/// What an observer is told. A job that has started once never shows as queued again: an inner
/// retry is the engine's own business.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ShownState {
    /// No worker has taken it yet.
    Queued,
    /// A worker has taken it at least once.
    Processing,
    /// Done.
    Succeeded,
    /// Given up.
    Failed,
    /// Stopped on request.
    Cancelled,
}

impl JobState {
    /// The state of a job that was accepted at `now` and may be claimed at once.
    pub const fn accepted(now: Timestamp) -> Self {
        Self::Queued {
            tally: Tally::NEW,
            not_before: now,
        }
    }

    /// Where `event` takes the job at `now`. Reads no clock and no store, never panics.
    ///
    /// `jitter` places the wait before a next attempt; only [`JobEvent::Broke`] looks at it.
    ///
    /// # Errors
    /// [`IllegalStep`] when the event cannot happen to this state; the state then stays as it is.
    pub fn step(
        self,
        event: JobEvent,
        now: Timestamp,
        retry: &RetrySchedule,
        jitter: Jitter,
    ) -> Result<Self, IllegalStep> {
        use JobEvent as E;
        let refuse = |why| {
            Err(IllegalStep {
                state: self.name(),
                event: event.name(),
                why,
            })
        };

        // The fence: what a worker reports counts only while it is the holder. A lease that has
        // lapsed without a new claim still counts, because the work is no worse for being late.
        if let Some(by) = reporter(&event) {
            match self.hold() {
                _ if self.is_terminal() => return refuse(WhyIllegal::Ended),
                None => return refuse(WhyIllegal::NotHeld),
                Some(hold) if hold != by => return refuse(WhyIllegal::HeldByAnother),
                Some(_) => {}
            }
        }

        match (self.clone(), event.clone()) {
            (Self::Succeeded { .. } | Self::Failed { .. } | Self::Cancelled { .. }, _) => {
                refuse(WhyIllegal::Ended)
            }

            (Self::Queued { not_before, .. }, E::Claimed { .. }) if now < not_before => {
                refuse(WhyIllegal::NotDue)
            }
            (Self::Queued { tally, .. }, E::Claimed { worker, until }) => {
                Ok(Self::taken(tally.started(), worker, until))
            }
            (Self::Queued { .. }, E::CancelAsked) => Ok(Self::Cancelled { at: now }),
            (Self::Queued { .. }, E::DeadlinePassed) => Ok(Self::Failed {
                at: now,
                cause: Failure::timed_out("queued"),
            }),
            (Self::Queued { .. }, _) => refuse(WhyIllegal::NotHeld),

            (Self::Running { lease, .. }, E::Claimed { .. } | E::LeaseLapsed) if !lease.lapsed(now) => {
                refuse(WhyIllegal::StillHeld)
            }
            (Self::Running { tally, cancel, .. }, E::Claimed { worker, until }) => {
                Ok(match Self::after_crash(tally, cancel, now, retry) {
                    Self::Queued { tally, .. } => Self::taken(tally.started(), worker, until),
                    ended => ended,
                })
            }
            (Self::Running { tally, cancel, .. }, E::LeaseLapsed | E::HolderDied { .. }) => {
                Ok(Self::after_crash(tally, cancel, now, retry))
            }
            (Self::Running { tally, lease, cancel }, E::Renewed { until, .. }) => {
                let lease = Lease {
                    until: until.max(lease.until),
                    ..lease
                };
                Ok(Self::Running { tally, lease, cancel })
            }
            (Self::Running { tally, lease, .. }, E::CancelAsked) => Ok(Self::Running {
                tally,
                lease,
                cancel: Cancel::Asked,
            }),

            // Once the cancel was accepted, however the work ends, the job ends cancelled.
            (
                Self::Running {
                    cancel: Cancel::Asked,
                    ..
                },
                E::Finished { .. }
                | E::Broke { .. }
                | E::Stopped { .. }
                | E::HandedBack { .. }
                | E::DeadlinePassed,
            ) => Ok(Self::Cancelled { at: now }),

            (Self::Running { .. }, E::Stopped { .. }) => refuse(WhyIllegal::NotAsked),
            (Self::Running { .. }, E::Finished { .. }) => Ok(Self::Succeeded { at: now }),
            (Self::Running { tally, .. }, E::Broke { cause, .. }) => {
                Ok(Self::after_break(tally, cause, now, retry, jitter))
            }
            (Self::Running { tally, .. }, E::HandedBack { .. }) => Ok(Self::Queued {
                tally,
                not_before: now,
            }),
            (Self::Running { .. }, E::DeadlinePassed) => Ok(Self::Failed {
                at: now,
                cause: Failure::timed_out("running"),
            }),
        }
    }

    fn taken(tally: Tally, worker: crate::WorkerId, until: Timestamp) -> Self {
        let hold = Hold {
            worker,
            epoch: tally.starts,
        };
        Self::Running {
            tally,
            lease: Lease { hold, until },
            cancel: Cancel::NotAsked,
        }
    }

    fn after_crash(tally: Tally, cancel: Cancel, now: Timestamp, retry: &RetrySchedule) -> Self {
        let tally = tally.crashed().next_attempt();
        match cancel {
            Cancel::Asked => Self::Cancelled { at: now },
            Cancel::NotAsked if tally.crashes >= retry.crashes => Self::Failed {
                at: now,
                cause: Failure::worker_crashed(tally.crashes),
            },
            Cancel::NotAsked => Self::Queued {
                tally,
                not_before: now,
            },
        }
    }

    fn after_break(
        tally: Tally,
        cause: Cause,
        now: Timestamp,
        retry: &RetrySchedule,
        jitter: Jitter,
    ) -> Self {
        let wait = match cause.again {
            crate::Again::Later => retry.after(tally.attempt, jitter),
            crate::Again::Never => None,
        };
        match wait {
            Some(wait) => Self::Queued {
                tally: tally.next_attempt(),
                not_before: now + wait,
            },
            None => Self::Failed {
                at: now,
                cause: cause.failure,
            },
        }
    }

    /// Whether nothing can change it any more.
    pub const fn is_terminal(&self) -> bool {
        matches!(
            self,
            Self::Succeeded { .. } | Self::Failed { .. } | Self::Cancelled { .. }
        )
    }

    /// When it ended, if it has.
    pub const fn ended_at(&self) -> Option<Timestamp> {
        match self {
            Self::Succeeded { at } | Self::Failed { at, .. } | Self::Cancelled { at } => Some(*at),
            Self::Queued { .. } | Self::Running { .. } => None,
        }
    }

    /// Who holds it, if anybody does.
    pub const fn hold(&self) -> Option<Hold> {
        match self {
            Self::Running { lease, .. } => Some(lease.hold),
            _ => None,
        }
    }

    /// What was counted about it; `None` once it has ended.
    pub const fn tally(&self) -> Option<Tally> {
        match self {
            Self::Queued { tally, .. } | Self::Running { tally, .. } => Some(*tally),
            _ => None,
        }
    }

    /// Whether a holder of it has vanished before. Nobody knows whether the job was the cause or merely stood beside
    /// it, so it is run by a process that runs nothing else: whatever vanishes next, it alone is to blame.
    pub const fn is_suspect(&self) -> bool {
        matches!(self, Self::Queued { tally, .. } | Self::Running { tally, .. } if tally.crashes > 0)
    }

    /// The try that is being made or comes next; `None` once it has ended.
    pub fn attempt(&self) -> Option<Attempt> {
        self.tally().map(|tally| tally.attempt)
    }

    /// From when on a worker may claim it: the end of its wait or of its lease. `None` once ended.
    pub const fn due(&self) -> Option<Timestamp> {
        match self {
            Self::Queued { not_before, .. } => Some(*not_before),
            Self::Running { lease, .. } => Some(lease.until),
            _ => None,
        }
    }

    /// What an observer is told.
    pub const fn shown(&self) -> ShownState {
        match self {
            Self::Queued { tally, .. } if tally.starts == 0 => ShownState::Queued,
            Self::Queued { .. } | Self::Running { .. } => ShownState::Processing,
            Self::Succeeded { .. } => ShownState::Succeeded,
            Self::Failed { .. } => ShownState::Failed,
            Self::Cancelled { .. } => ShownState::Cancelled,
        }
    }

    /// Its name, for logs and error texts.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Queued { .. } => "queued",
            Self::Running { .. } => "running",
            Self::Succeeded { .. } => "succeeded",
            Self::Failed { .. } => "failed",
            Self::Cancelled { .. } => "cancelled",
        }
    }
}

/// The worker whose word an event is, if it is a worker's word.
fn reporter(event: &JobEvent) -> Option<Hold> {
    match event {
        JobEvent::Renewed { by, .. }
        | JobEvent::HandedBack { by }
        | JobEvent::Finished { by }
        | JobEvent::Broke { by, .. }
        | JobEvent::Stopped { by } => Some(*by),
        JobEvent::HolderDied { was } => Some(*was),
        JobEvent::Claimed { .. }
        | JobEvent::LeaseLapsed
        | JobEvent::CancelAsked
        | JobEvent::DeadlinePassed => None,
    }
}

#[cfg(test)]
#[path = "state_tests.rs"]
mod tests;
