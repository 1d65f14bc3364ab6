//! The stored form of a job's timeline: a member of the job's record, absent when nothing has happened yet.

use marquetry_job::WorkerId;
use marquetry_model::{DeliveryId, Happening, LayerId, Moment, Progress, Timeline};
use serde::{Deserialize, Serialize};

use super::scalar::parse;
use super::{Problem, moment};

#[derive(Default, Serialize, Deserialize)]
pub(super) struct TimelineForm {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    moments: Vec<MomentForm>,
    #[serde(default, skip_serializing_if = "is_zero")]
    left_out: u32,
    /// Stage and percent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    progress: Option<(String, u8)>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    deliveries: Vec<String>,
}

#[derive(Serialize, Deserialize)]
struct MomentForm {
    at: i64,
    #[serde(flatten)]
    what: HappeningForm,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
enum HappeningForm {
    Claimed {
        worker: String,
        attempt: u32,
    },
    Broke {
        attempt: u32,
        code: String,
        message: String,
        again: i64,
    },
    HandedBack,
    HolderLost,
    CancelAsked,
    /// What a newer program writes down: left out, because a job must be readable for all that.
    #[serde(other)]
    Unknown,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl TimelineForm {
    pub(super) fn of(timeline: &Timeline) -> Option<Self> {
        let form = || Self {
            moments: timeline.moments.iter().map(MomentForm::of).collect(),
            left_out: timeline.left_out,
            progress: timeline
                .progress
                .as_ref()
                .map(|progress| (progress.stage.clone(), progress.percent)),
            deliveries: timeline.deliveries.iter().map(DeliveryId::to_string).collect(),
        };
        (*timeline != Timeline::default()).then(form)
    }

    pub(super) fn back(self) -> Result<Timeline, Problem> {
        let moments: Vec<Option<Moment>> = self
            .moments
            .into_iter()
            .map(MomentForm::back)
            .collect::<Result<_, _>>()?;
        Ok(Timeline {
            moments: moments.into_iter().flatten().collect(),
            left_out: self.left_out,
            progress: self.progress.map(|(stage, percent)| Progress { stage, percent }),
            deliveries: self
                .deliveries
                .iter()
                .map(|id| parse("delivery", id))
                .collect::<Result<_, _>>()?,
        })
    }
}

impl MomentForm {
    fn of(moment: &Moment) -> Self {
        Self {
            at: moment.at.as_micros(),
            what: match &moment.what {
                Happening::Claimed { worker, attempt } => HappeningForm::Claimed {
                    // Sixteen bytes have a well-known spelling.
                    worker: LayerId::from_bytes(*worker.as_bytes()).to_string(),
                    attempt: *attempt,
                },
                Happening::Broke {
                    attempt,
                    code,
                    message,
                    again,
                } => HappeningForm::Broke {
                    attempt: *attempt,
                    code: code.clone(),
                    message: message.clone(),
                    again: again.as_micros(),
                },
                Happening::HandedBack => HappeningForm::HandedBack,
                Happening::HolderLost => HappeningForm::HolderLost,
                Happening::CancelAsked => HappeningForm::CancelAsked,
            },
        }
    }

    fn back(self) -> Result<Option<Moment>, Problem> {
        let what = match self.what {
            HappeningForm::Claimed { worker, attempt } => {
                let bytes: LayerId = parse("worker", &worker)?;
                Happening::Claimed {
                    worker: WorkerId::from_random(*bytes.as_bytes()),
                    attempt,
                }
            }
            HappeningForm::Broke {
                attempt,
                code,
                message,
                again,
            } => Happening::Broke {
                attempt,
                code,
                message,
                again: moment(again),
            },
            HappeningForm::HandedBack => Happening::HandedBack,
            HappeningForm::HolderLost => Happening::HolderLost,
            HappeningForm::CancelAsked => Happening::CancelAsked,
            HappeningForm::Unknown => return Ok(None),
        };
        Ok(Some(Moment {
            at: moment(self.at),
            what,
        }))
    }
}
