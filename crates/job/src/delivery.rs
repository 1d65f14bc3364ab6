//! The twin of a job: one message owed to the outside, and the schedule of its tries.

use std::time::Duration;

use crate::{Attempt, Hold, IllegalStep, Jitter, Lease, Tally, Timestamp, WhyIllegal, WorkerId};

/// Where a delivery stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeliveryState {
    /// Waiting for its next try.
    Pending {
        /// What was counted so far.
        tally: Tally,
        /// Not to be sent before this moment.
        due: Timestamp,
    },
    /// A courier holds it and is sending.
    Sending {
        /// What was counted so far.
        tally: Tally,
        /// The courier's hold.
        lease: Lease,
    },
    /// The receiver took it. Only a replay moves it from here.
    Delivered {
        /// When.
        at: Timestamp,
        /// What was counted until then.
        tally: Tally,
    },
    /// Given up. Only a replay moves it from here.
    Dead {
        /// When.
        at: Timestamp,
        /// What was counted until then.
        tally: Tally,
        /// Why.
        cause: DeathCause,
    },
}

/// Why a delivery was given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DeathCause {
    /// The last try of the schedule failed.
    Exhausted,
    /// The receiver said that it is gone for good (HTTP 410).
    Gone,
    /// The endpoint it was meant for was removed.
    EndpointRemoved,
    /// Its couriers vanished too often while they held it.
    SendersCrashed,
    /// The endpoint it is meant for had been disabled, not by its owner, when it came to be owed. It was never
    /// tried, and can be replayed once the endpoint is enabled again.
    EndpointDisabled,
}

/// What happened to a delivery. Events that a courier reports carry its [`Hold`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryEvent {
    /// A courier took it. Also legal on one that is being sent, once the lease has lapsed.
    Claimed {
        /// Who took it.
        worker: WorkerId,
        /// How long it may be silent.
        until: Timestamp,
    },
    /// The receiver took it (any 2xx).
    Accepted {
        /// The holder.
        by: Hold,
    },
    /// The try failed: no answer, or one that is not 2xx.
    Refused {
        /// The holder.
        by: Hold,
        /// What the receiver asked for with `Retry-After`, if it did.
        retry_after: Option<Duration>,
    },
    /// The receiver answered 410 Gone.
    Gone {
        /// The holder.
        by: Hold,
    },
    /// The endpoint cannot be tried now (it is disabled, or has too many calls in flight). Not a
    /// failed try.
    PutOff {
        /// The holder.
        by: Hold,
        /// When to look again.
        until: Timestamp,
    },
    /// The courier gives it back untried because it shuts down. Not a failed try.
    HandedBack {
        /// The holder.
        by: Hold,
    },
    /// The endpoint was removed, so nobody is left to send it to.
    EndpointRemoved,
    /// Nobody reported in time.
    LeaseLapsed,
    /// The holder is known to be dead before its lease lapsed.
    HolderDied {
        /// The holder that is dead.
        was: Hold,
    },
    /// Somebody asked for it to be sent once more; the schedule starts anew.
    Replayed,
}

/// What an observer is told about a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DeliveryShown {
    /// Not tried yet.
    Pending,
    /// The last try failed and another is planned.
    Failed,
    /// The receiver took it.
    Delivered,
    /// Given up.
    Dead,
}

/// When each try of a delivery is made.
#[derive(Clone, Debug, PartialEq)]
pub struct DeliverySchedule {
    /// The wait before the first, second, ... try; its length is the number of tries.
    pub waits: Vec<Duration>,
    /// How far a wait may stray from its plan: `0.2` is 20 % either way. Outside `0.0..=1.0` it is
    /// taken as the nearer end.
    pub spread: f64,
    /// How many vanished couriers a delivery survives, the last one not included.
    pub crashes: u32,
}

impl Default for DeliverySchedule {
    /// Ten tries over 75 h 35 min, the example of the Standard Webhooks specification, 20 % jitter.
    fn default() -> Self {
        const SECONDS: [u64; 10] = [0, 5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400];
        Self {
            waits: SECONDS.into_iter().map(Duration::from_secs).collect(),
            spread: 0.2,
            crashes: 10,
        }
    }
}

impl DeliverySchedule {
    /// How long to wait after `attempt` failed, or `None` when it was the last.
    ///
    /// A `Retry-After` of the receiver is honoured between the planned wait and twice that, so that
    /// nobody can speed us up nor park a message for ever.
    pub fn after(&self, attempt: Attempt, retry_after: Option<Duration>, jitter: Jitter) -> Option<Duration> {
        let base = *self.waits.get(usize::try_from(attempt.number()).ok()?)?;
        Some(match retry_after {
            Some(asked) => asked.clamp(base, base.saturating_mul(2)),
            None => self.stray(base, jitter),
        })
    }

    fn stray(&self, base: Duration, jitter: Jitter) -> Duration {
        let spread = if self.spread.is_nan() {
            0.0
        } else {
            self.spread.clamp(0.0, 1.0)
        };
        let scaled = |by: f64| Duration::try_from_secs_f64(base.as_secs_f64() * by).unwrap_or(Duration::MAX);
        jitter.between(scaled(1.0 - spread), scaled(1.0 + spread))
    }
}

impl DeliveryState {
    /// The state of a delivery that came to be owed at `now`.
    pub fn owed(now: Timestamp, schedule: &DeliverySchedule) -> Self {
        let first = schedule.waits.first().copied().unwrap_or_default();
        Self::Pending {
            tally: Tally::NEW,
            due: now + first,
        }
    }

    /// The state of a delivery that comes to be owed to an endpoint which was given up: it is written down, so that
    /// whoever enables the endpoint again can replay it, and nobody tries to send it.
    pub const fn withheld(now: Timestamp) -> Self {
        Self::Dead {
            at: now,
            tally: Tally::NEW,
            cause: DeathCause::EndpointDisabled,
        }
    }

    /// The state of a delivery that comes to be owed to what is not there any more.
    pub const fn unreachable(now: Timestamp) -> Self {
        Self::Dead {
            at: now,
            tally: Tally::NEW,
            cause: DeathCause::EndpointRemoved,
        }
    }

    /// Where `event` takes the delivery at `now`. Reads no clock and no store, never panics.
    ///
    /// # Errors
    /// [`IllegalStep`] when the event cannot happen to this state; the state then stays as it is.
    pub fn step(
        self,
        event: DeliveryEvent,
        now: Timestamp,
        schedule: &DeliverySchedule,
        jitter: Jitter,
    ) -> Result<Self, IllegalStep> {
        use DeliveryEvent as E;
        let refuse = |why| {
            Err(IllegalStep {
                state: self.name(),
                event: event.name(),
                why,
            })
        };

        if let Some(by) = reporter(&event) {
            match self.hold() {
                _ if self.is_terminal() => return refuse(WhyIllegal::Ended),
                None => return refuse(WhyIllegal::NotHeld),
                Some(hold) if hold != by => return refuse(WhyIllegal::HeldByAnother),
                Some(_) => {}
            }
        }

        match (&self, event) {
            // The number of starts is kept over a replay: it is the fence, and must not go back.
            (
                Self::Delivered { tally, .. } | Self::Dead { tally, .. } | Self::Pending { tally, .. },
                E::Replayed,
            ) => Ok(Self::Pending {
                tally: Tally {
                    starts: tally.starts,
                    ..Tally::NEW
                },
                due: now,
            }),
            (Self::Delivered { .. } | Self::Dead { .. }, _) => refuse(WhyIllegal::Ended),

            (Self::Pending { due, .. }, E::Claimed { .. }) if now < *due => refuse(WhyIllegal::NotDue),
            (Self::Pending { tally, .. }, E::Claimed { worker, until }) => {
                Ok(Self::taken(tally.started(), worker, until))
            }
            (Self::Pending { tally, .. } | Self::Sending { tally, .. }, E::EndpointRemoved) => {
                Ok(Self::Dead {
                    at: now,
                    tally: *tally,
                    cause: DeathCause::EndpointRemoved,
                })
            }
            (Self::Pending { .. }, _) => refuse(WhyIllegal::NotHeld),

            (Self::Sending { lease, .. }, E::Claimed { .. } | E::LeaseLapsed) if !lease.lapsed(now) => {
                refuse(WhyIllegal::StillHeld)
            }
            (Self::Sending { .. }, E::Replayed) => refuse(WhyIllegal::StillHeld),
            (Self::Sending { tally, .. }, E::Claimed { worker, until }) => {
                Ok(match Self::after_crash(*tally, now, schedule) {
                    Self::Pending { tally, .. } => Self::taken(tally.started(), worker, until),
                    dead => dead,
                })
            }
            (Self::Sending { tally, .. }, E::LeaseLapsed | E::HolderDied { .. }) => {
                Ok(Self::after_crash(*tally, now, schedule))
            }
            (Self::Sending { tally, .. }, E::Accepted { .. }) => Ok(Self::Delivered {
                at: now,
                tally: *tally,
            }),
            (Self::Sending { tally, .. }, E::Gone { .. }) => Ok(Self::Dead {
                at: now,
                tally: *tally,
                cause: DeathCause::Gone,
            }),
            (Self::Sending { tally, .. }, E::Refused { retry_after, .. }) => {
                Ok(match schedule.after(tally.attempt, retry_after, jitter) {
                    Some(wait) => Self::Pending {
                        tally: tally.next_attempt(),
                        due: now + wait,
                    },
                    None => Self::Dead {
                        at: now,
                        tally: *tally,
                        cause: DeathCause::Exhausted,
                    },
                })
            }
            (Self::Sending { tally, .. }, E::PutOff { until, .. }) => Ok(Self::Pending {
                tally: *tally,
                due: until.max(now),
            }),
            (Self::Sending { tally, .. }, E::HandedBack { .. }) => Ok(Self::Pending {
                tally: *tally,
                due: now,
            }),
        }
    }

    fn taken(tally: Tally, worker: WorkerId, until: Timestamp) -> Self {
        let hold = Hold {
            worker,
            epoch: tally.starts,
        };
        Self::Sending {
            tally,
            lease: Lease { hold, until },
        }
    }

    // A vanished courier says nothing about the receiver, so the same try is made again.
    fn after_crash(tally: Tally, now: Timestamp, schedule: &DeliverySchedule) -> Self {
        let tally = tally.crashed();
        if tally.crashes >= schedule.crashes {
            Self::Dead {
                at: now,
                tally,
                cause: DeathCause::SendersCrashed,
            }
        } else {
            Self::Pending { tally, due: now }
        }
    }

    /// Whether only a replay can move it.
    pub const fn is_terminal(&self) -> bool {
        matches!(self, Self::Delivered { .. } | Self::Dead { .. })
    }

    /// What was counted about it.
    pub const fn tally(&self) -> Tally {
        match self {
            Self::Pending { tally, .. }
            | Self::Sending { tally, .. }
            | Self::Delivered { tally, .. }
            | Self::Dead { tally, .. } => *tally,
        }
    }

    /// Who holds it, if anybody does.
    pub const fn hold(&self) -> Option<Hold> {
        match self {
            Self::Sending { lease, .. } => Some(lease.hold),
            _ => None,
        }
    }

    /// From when on a courier may claim it; `None` once it is terminal.
    pub const fn due(&self) -> Option<Timestamp> {
        match self {
            Self::Pending { due, .. } => Some(*due),
            Self::Sending { lease, .. } => Some(lease.until),
            _ => None,
        }
    }

    /// What an observer is told.
    pub fn shown(&self) -> DeliveryShown {
        match self {
            Self::Pending { tally, .. } | Self::Sending { tally, .. } => {
                if tally.attempt > Attempt::FIRST {
                    DeliveryShown::Failed
                } else {
                    DeliveryShown::Pending
                }
            }
            Self::Delivered { .. } => DeliveryShown::Delivered,
            Self::Dead { .. } => DeliveryShown::Dead,
        }
    }

    /// Its name, for logs and error texts.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Pending { .. } => "pending",
            Self::Sending { .. } => "sending",
            Self::Delivered { .. } => "delivered",
            Self::Dead { .. } => "dead",
        }
    }
}

impl DeliveryEvent {
    /// Its name, for logs and error texts.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Claimed { .. } => "claimed",
            Self::Accepted { .. } => "accepted",
            Self::Refused { .. } => "refused",
            Self::Gone { .. } => "gone",
            Self::PutOff { .. } => "put off",
            Self::HandedBack { .. } => "handed back",
            Self::EndpointRemoved => "endpoint removed",
            Self::LeaseLapsed => "lease lapsed",
            Self::HolderDied { .. } => "holder died",
            Self::Replayed => "replayed",
        }
    }
}

fn reporter(event: &DeliveryEvent) -> Option<Hold> {
    match event {
        DeliveryEvent::Accepted { by }
        | DeliveryEvent::Refused { by, .. }
        | DeliveryEvent::Gone { by }
        | DeliveryEvent::PutOff { by, .. }
        | DeliveryEvent::HandedBack { by } => Some(*by),
        DeliveryEvent::HolderDied { was } => Some(*was),
        DeliveryEvent::Claimed { .. }
        | DeliveryEvent::EndpointRemoved
        | DeliveryEvent::LeaseLapsed
        | DeliveryEvent::Replayed => None,
    }
}

#[cfg(test)]
#[path = "delivery_tests.rs"]
mod tests;
