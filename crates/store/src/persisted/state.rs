//! The stored forms of the states of jobs and deliveries.

use marquetry_job::{
    Attempt, Cancel, DeathCause, DeliveryState, Failure, Hold, JobState, Lease, Tally, WorkerId,
};
use marquetry_model::LayerId;
use serde::{Deserialize, Serialize};

use super::{Problem, moment};

#[derive(Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub(super) enum JobStateForm {
    Queued {
        tally: TallyForm,
        not_before: i64,
    },
    Running {
        tally: TallyForm,
        lease: LeaseForm,
        #[serde(default)]
        cancel_asked: bool,
    },
    Succeeded {
        at: i64,
    },
    Failed {
        at: i64,
        code: String,
        message: String,
        #[serde(default)]
        detail: String,
    },
    Cancelled {
        at: i64,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub(super) enum DeliveryStateForm {
    Pending {
        tally: TallyForm,
        due: i64,
    },
    Sending {
        tally: TallyForm,
        lease: LeaseForm,
    },
    Delivered {
        tally: TallyForm,
        at: i64,
    },
    Dead {
        tally: TallyForm,
        at: i64,
        cause: DeathForm,
    },
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum DeathForm {
    Exhausted,
    Gone,
    EndpointRemoved,
    SendersCrashed,
    EndpointDisabled,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
pub(super) struct TallyForm {
    attempt: u32,
    starts: u32,
    crashes: u32,
}

#[derive(Serialize, Deserialize)]
pub(super) struct LeaseForm {
    worker: String,
    epoch: u32,
    until: i64,
}

impl TallyForm {
    fn of(tally: Tally) -> Self {
        Self {
            attempt: tally.attempt.number(),
            starts: tally.starts,
            crashes: tally.crashes,
        }
    }

    fn back(self) -> Tally {
        Tally {
            attempt: Attempt::new(self.attempt),
            starts: self.starts,
            crashes: self.crashes,
        }
    }
}

impl LeaseForm {
    fn of(lease: &Lease) -> Self {
        Self {
            // Sixteen bytes have a well-known spelling.
            worker: LayerId::from_bytes(*lease.hold.worker.as_bytes()).to_string(),
            epoch: lease.hold.epoch,
            until: lease.until.as_micros(),
        }
    }

    fn back(&self) -> Result<Lease, Problem> {
        let bytes: LayerId = super::scalar::parse("worker", &self.worker)?;
        let hold = Hold {
            worker: WorkerId::from_random(*bytes.as_bytes()),
            epoch: self.epoch,
        };
        Ok(Lease {
            hold,
            until: moment(self.until),
        })
    }
}

impl JobStateForm {
    pub(super) fn of(state: &JobState) -> Self {
        match state {
            JobState::Queued { tally, not_before } => Self::Queued {
                tally: TallyForm::of(*tally),
                not_before: not_before.as_micros(),
            },
            JobState::Running { tally, lease, cancel } => Self::Running {
                tally: TallyForm::of(*tally),
                lease: LeaseForm::of(lease),
                cancel_asked: *cancel == Cancel::Asked,
            },
            JobState::Succeeded { at } => Self::Succeeded { at: at.as_micros() },
            JobState::Failed { at, cause } => Self::Failed {
                at: at.as_micros(),
                code: cause.code.clone(),
                message: cause.message.clone(),
                detail: cause.detail.clone(),
            },
            JobState::Cancelled { at } => Self::Cancelled { at: at.as_micros() },
        }
    }

    pub(super) fn back(self) -> Result<JobState, Problem> {
        Ok(match self {
            Self::Queued { tally, not_before } => JobState::Queued {
                tally: tally.back(),
                not_before: moment(not_before),
            },
            Self::Running {
                tally,
                lease,
                cancel_asked,
            } => JobState::Running {
                tally: tally.back(),
                lease: lease.back()?,
                cancel: if cancel_asked {
                    Cancel::Asked
                } else {
                    Cancel::NotAsked
                },
            },
            Self::Succeeded { at } => JobState::Succeeded { at: moment(at) },
            Self::Failed {
                at,
                code,
                message,
                detail,
            } => JobState::Failed {
                at: moment(at),
                cause: Failure {
                    code,
                    message,
                    detail,
                },
            },
            Self::Cancelled { at } => JobState::Cancelled { at: moment(at) },
        })
    }
}

impl DeliveryStateForm {
    pub(super) fn of(state: &DeliveryState) -> Self {
        match state {
            DeliveryState::Pending { tally, due } => Self::Pending {
                tally: TallyForm::of(*tally),
                due: due.as_micros(),
            },
            DeliveryState::Sending { tally, lease } => Self::Sending {
                tally: TallyForm::of(*tally),
                lease: LeaseForm::of(lease),
            },
            DeliveryState::Delivered { at, tally } => Self::Delivered {
                tally: TallyForm::of(*tally),
                at: at.as_micros(),
            },
            DeliveryState::Dead { at, tally, cause } => Self::Dead {
                tally: TallyForm::of(*tally),
                at: at.as_micros(),
                cause: match cause {
                    DeathCause::Exhausted => DeathForm::Exhausted,
                    DeathCause::Gone => DeathForm::Gone,
                    DeathCause::EndpointRemoved => DeathForm::EndpointRemoved,
                    DeathCause::SendersCrashed => DeathForm::SendersCrashed,
                    DeathCause::EndpointDisabled => DeathForm::EndpointDisabled,
                },
            },
        }
    }

    pub(super) fn back(self) -> Result<DeliveryState, Problem> {
        Ok(match self {
            Self::Pending { tally, due } => DeliveryState::Pending {
                tally: tally.back(),
                due: moment(due),
            },
            Self::Sending { tally, lease } => DeliveryState::Sending {
                tally: tally.back(),
                lease: lease.back()?,
            },
            Self::Delivered { tally, at } => DeliveryState::Delivered {
                at: moment(at),
                tally: tally.back(),
            },
            Self::Dead { tally, at, cause } => DeliveryState::Dead {
                at: moment(at),
                tally: tally.back(),
                cause: match cause {
                    DeathForm::Exhausted => DeathCause::Exhausted,
                    DeathForm::Gone => DeathCause::Gone,
                    DeathForm::EndpointRemoved => DeathCause::EndpointRemoved,
                    DeathForm::SendersCrashed => DeathCause::SendersCrashed,
                    DeathForm::EndpointDisabled => DeathCause::EndpointDisabled,
                },
            },
        })
    }
}
