//! A player who took a slot of a team layout.

use marquetry_model::{DesignId, Job};
use serde::Serialize;

use super::job::{Accepted, Acknowledgement, acknowledging};
use crate::Answer;
use crate::templified::design_id;
use marquetry_job::ShownState;

/// Which slot a player took, and how full the layout is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seat {
    /// In which design.
    pub design: DesignId,
    /// The slot's name.
    pub slot: String,
    /// How many slots are taken.
    pub filled: usize,
    /// How many there are.
    pub slots: usize,
}

/// 200: the player sits.
pub fn seated(seat: &Seat) -> Answer {
    Answer::json(200, &SeatForm::of(seat, Some(design_id(seat.design))))
}

/// 202: the player sits, and the design is rendered as it is now.
pub fn seated_and_accepted(seat: &Seat, job: &Job) -> Answer {
    acknowledging(&SeatedJob {
        job: Accepted::of(job, ShownState::Queued),
        // The job tells of the design.
        seat: SeatForm::of(seat, None),
    })
}

#[derive(Serialize)]
struct SeatedJob<'a> {
    #[serde(flatten)]
    job: Accepted,
    #[serde(flatten)]
    seat: SeatForm<'a>,
}

impl Acknowledgement for SeatedJob<'_> {
    fn poll_url(&self) -> &str {
        self.job.poll_url()
    }
}

#[derive(Serialize)]
struct SeatForm<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    instance_id: Option<String>,
    slot: &'a str,
    filled: usize,
    slots: usize,
    complete: bool,
}

impl<'a> SeatForm<'a> {
    fn of(seat: &'a Seat, instance_id: Option<String>) -> Self {
        Self {
            instance_id,
            slot: &seat.slot,
            filled: seat.filled,
            slots: seat.slots,
            complete: seat.filled >= seat.slots,
        }
    }
}
