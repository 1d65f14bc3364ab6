//! What happened to a job and when, as far as its state alone does not tell: kept with the job, written with the steps
//! that happen anyway, and bounded.

use marquetry_job::{Cancel, Failure, JobState, Timestamp, WorkerId};

use crate::DeliveryId;

/// The happenings of one job, oldest first.
///
/// When it was accepted and how it ended stands in the job itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Timeline {
    /// What happened; at most [`Self::MOST`].
    pub moments: Vec<Moment>,
    /// How many moments were left out, all of them between the first [`Self::FIRST_KEPT`] and the rest.
    pub left_out: u32,
    /// How far the attempt that runs had come when its worker last said that it is alive.
    pub progress: Option<Progress>,
    /// The deliveries that the job's end owed; at most [`Self::MOST_DELIVERIES`].
    pub deliveries: Vec<DeliveryId>,
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moment {
    /// When, by the clock of whoever wrote it down.
    pub at: Timestamp,
    /// What.
    pub what: Happening,
}

/// What can happen to a job between its beginning and its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Happening {
    /// A worker took it.
    Claimed {
        /// Who.
        worker: WorkerId,
        /// Which try it was, from one upwards.
        attempt: u32,
    },
    /// An attempt broke, and another follows.
    Broke {
        /// Which try it was.
        attempt: u32,
        /// The stable code of the cause, as failures have it.
        code: String,
        /// What the client may read of the cause, at most [`Timeline::LONGEST_WORDS`] bytes.
        message: String,
        /// Not before this moment it is tried again.
        again: Timestamp,
    },
    /// A worker that shuts down gave it back.
    HandedBack,
    /// The worker that had it was not heard of any more.
    HolderLost,
    /// Somebody asked a running job to stop.
    CancelAsked,
}

/// How far an attempt has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The room of the walk that it is in: `fetch`, `draw`, ...
    pub stage: String,
    /// How much of the way is behind it, 0 to 100. A rough measure: rooms count by what they usually take.
    pub percent: u8,
}

impl Timeline {
    /// How many moments are kept.
    pub const MOST: usize = 64;
    /// How many of them are the first ones.
    pub const FIRST_KEPT: usize = 8;
    /// How many deliveries are kept: as many as a tenant may have endpoints, and some.
    pub const MOST_DELIVERIES: usize = 64;
    /// The longest message of a cause, in bytes.
    pub const LONGEST_WORDS: usize = 300;

    /// Writes down what a step from one state to another means.
    pub(crate) fn note(&mut self, from: &JobState, to: &JobState, now: Timestamp) {
        let kept = match (from, to) {
            (JobState::Running { lease, .. }, JobState::Running { lease: renewed, .. }) => {
                lease.hold == renewed.hold
            }
            _ => false,
        };
        if !kept {
            self.progress = None;
        }
        match (from, to) {
            (JobState::Queued { .. }, JobState::Running { .. }) => self.claimed(to, now),
            (JobState::Running { lease, .. }, JobState::Running { lease: taken, .. })
                if lease.hold != taken.hold =>
            {
                self.push(now, Happening::HolderLost);
                self.claimed(to, now);
            }
            (
                JobState::Running {
                    cancel: Cancel::NotAsked,
                    ..
                },
                JobState::Running {
                    cancel: Cancel::Asked,
                    ..
                },
            ) => self.push(now, Happening::CancelAsked),
            (JobState::Running { tally: before, .. }, JobState::Queued { tally, not_before }) => {
                let what = if tally.crashes > before.crashes {
                    Happening::HolderLost
                } else if tally.attempt > before.attempt {
                    Happening::Broke {
                        attempt: before.attempt.number(),
                        code: String::new(),
                        message: String::new(),
                        again: *not_before,
                    }
                } else {
                    Happening::HandedBack
                };
                self.push(now, what);
            }
            _ => {}
        }
    }

    fn claimed(&mut self, running: &JobState, now: Timestamp) {
        if let JobState::Running { tally, lease, .. } = running {
            let what = Happening::Claimed {
                worker: lease.hold.worker,
                attempt: tally.attempt.number(),
            };
            self.push(now, what);
        }
    }

    /// Why the attempt broke whose breaking was the latest that happened; states do not tell. Nothing happens when it
    /// was something else.
    pub fn explain(&mut self, cause: &Failure) {
        if let Some(Moment {
            what: Happening::Broke { code, message, .. },
            ..
        }) = self.moments.last_mut()
        {
            cause.code.clone_into(code);
            shortened(&cause.message, Self::LONGEST_WORDS).clone_into(message);
        }
    }

    /// The deliveries that the job's end owes.
    pub fn owe(&mut self, deliveries: impl IntoIterator<Item = DeliveryId>) {
        let room = Self::MOST_DELIVERIES.saturating_sub(self.deliveries.len());
        self.deliveries.extend(deliveries.into_iter().take(room));
    }

    fn push(&mut self, at: Timestamp, what: Happening) {
        if self.moments.len() >= Self::MOST {
            self.moments.remove(Self::FIRST_KEPT);
            self.left_out = self.left_out.saturating_add(1);
        }
        self.moments.push(Moment { at, what });
    }
}

/// The beginning of a text, cut between two characters.
fn shortened(text: &str, most: usize) -> &str {
    &text[..text.floor_char_boundary(most)]
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use marquetry_job::{Cause, Hold, Jitter, JobEvent, RetrySchedule};

    use super::*;

    const WORKER: WorkerId = WorkerId::from_random([7; 16]);

    fn at(second: i64) -> Timestamp {
        Timestamp::from_micros(second * 1_000_000)
    }

    fn claimed(second: i64) -> JobEvent {
        JobEvent::Claimed {
            worker: WORKER,
            until: at(second + 15),
        }
    }

    type Step = fn(Option<Hold>, i64) -> JobEvent;

    /// Walks a job through events, each a minute after the one before.
    fn walk(events: impl IntoIterator<Item = Step>) -> Timeline {
        let (mut timeline, mut state) = (Timeline::default(), JobState::accepted(at(0)));
        for (turn, event) in (1..).zip(events) {
            let second = turn * 60;
            let event = event(state.hold(), second);
            let cause = match &event {
                JobEvent::Broke { cause, .. } => Some(cause.failure.clone()),
                _ => None,
            };
            let next = state
                .clone()
                .step(event, at(second), &RetrySchedule::default(), Jitter::LEAST)
                .unwrap();
            timeline.note(&state, &next, at(second));
            if let Some(cause) = cause {
                timeline.explain(&cause);
            }
            state = next;
        }
        timeline
    }

    fn claim(_: Option<Hold>, second: i64) -> JobEvent {
        claimed(second)
    }

    fn hand_back(hold: Option<Hold>, _: i64) -> JobEvent {
        JobEvent::HandedBack { by: hold.unwrap() }
    }

    fn cancel(_: Option<Hold>, _: i64) -> JobEvent {
        JobEvent::CancelAsked
    }

    fn broke(hold: Option<Hold>, _: i64) -> JobEvent {
        let failure = Failure::new("artwork_download_failed", "it answered 503", "for the log alone");
        JobEvent::Broke {
            by: hold.unwrap(),
            cause: Cause::later(failure),
        }
    }

    #[test]
    fn each_step_leaves_what_its_states_do_not_tell() {
        let told = walk([claim as Step, broke, claim, hand_back, claim, claim, cancel]);
        let taken = |second, attempt| Moment {
            at: at(second),
            what: Happening::Claimed {
                worker: WORKER,
                attempt,
            },
        };
        let expected = [
            taken(60, 1),
            Moment {
                at: at(120),
                what: Happening::Broke {
                    attempt: 1,
                    code: "artwork_download_failed".into(),
                    message: "it answered 503".into(),
                    again: at(120),
                },
            },
            taken(180, 2),
            Moment {
                at: at(240),
                what: Happening::HandedBack,
            },
            taken(300, 2),
            Moment {
                at: at(360),
                what: Happening::HolderLost,
            },
            taken(360, 3),
            Moment {
                at: at(420),
                what: Happening::CancelAsked,
            },
        ];
        assert_eq!(told.moments, expected);
    }

    #[test]
    fn a_job_that_is_handed_back_for_ever_keeps_its_first_and_its_latest_moments() {
        let rounds = 100;
        let told = walk((0..rounds).flat_map(|_| [claim as Step, hand_back]));
        assert_eq!(told.moments.len(), Timeline::MOST);
        assert_eq!(
            usize::try_from(told.left_out).unwrap(),
            2 * rounds - Timeline::MOST
        );
        assert_eq!(told.moments[0].at, at(60));
        assert_eq!(told.moments.last().unwrap().at, at(200 * 60));
        assert!(told.moments.is_sorted_by_key(|moment| moment.at));
    }

    #[test]
    fn words_are_cut_between_characters() {
        let mut timeline = walk([claim as Step, broke]);
        timeline.explain(&Failure::new("code", "ü".repeat(400), ""));
        let Some(Happening::Broke { message, .. }) = timeline.moments.last().map(|moment| &moment.what)
        else {
            panic!("{timeline:?}");
        };
        assert_eq!(message.chars().count(), Timeline::LONGEST_WORDS / 2);
    }

    #[test]
    fn progress_lasts_as_long_as_the_attempt() {
        let mut timeline = Timeline::default();
        let queued = JobState::accepted(at(0));
        let step = |state: &JobState, event| {
            let (state, retry) = (state.clone(), RetrySchedule::default());
            state.step(event, at(1), &retry, Jitter::LEAST).unwrap()
        };
        let running = step(&queued, claimed(1));
        let by = running.hold().unwrap();
        let until = at(1) + Duration::from_secs(60);
        let renewed = step(&running, JobEvent::Renewed { by, until });
        let progress = Some(Progress {
            stage: "draw".into(),
            percent: 50,
        });
        timeline.progress.clone_from(&progress);
        timeline.note(&running, &renewed, at(1));
        assert_eq!(timeline.progress, progress);
        timeline.note(&renewed, &step(&renewed, JobEvent::HandedBack { by }), at(1));
        assert_eq!(timeline.progress, None);
    }
}
