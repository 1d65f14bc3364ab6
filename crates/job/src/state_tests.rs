//! What each step of a job means, one rule a test. The laws over all sequences are in `tests/it`.

use std::time::Duration;

use super::*;
use crate::WorkerId;

const ANN: WorkerId = WorkerId::from_random([1; 16]);
const BEN: WorkerId = WorkerId::from_random([2; 16]);
const LEASE: Duration = Duration::from_secs(15);

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_micros(seconds * 1_000_000)
}

fn step(state: JobState, event: JobEvent, now: Timestamp) -> Result<JobState, IllegalStep> {
    state.step(event, now, &RetrySchedule::default(), Jitter::MOST)
}

fn claimed(worker: WorkerId, now: Timestamp) -> JobEvent {
    JobEvent::Claimed {
        worker,
        until: now + LEASE,
    }
}

fn running() -> (JobState, Hold) {
    let state = step(JobState::accepted(at(0)), claimed(ANN, at(0)), at(0)).unwrap();
    let hold = state.hold().unwrap();
    (state, hold)
}

fn cause(again: crate::Again) -> Cause {
    Cause {
        failure: Failure::new("x", "y", "z"),
        again,
    }
}

#[test]
fn a_new_job_shows_queued_and_a_claimed_one_processing() {
    assert_eq!(JobState::accepted(at(0)).shown(), ShownState::Queued);
    assert_eq!(running().0.shown(), ShownState::Processing);
}

#[test]
fn a_job_that_waits_for_its_next_attempt_still_shows_processing() {
    let (state, by) = running();
    let again = step(
        state,
        JobEvent::Broke {
            by,
            cause: cause(crate::Again::Later),
        },
        at(1),
    )
    .unwrap();
    assert!(matches!(again, JobState::Queued { .. }));
    assert_eq!(again.shown(), ShownState::Processing);
    assert_eq!(again.due(), Some(at(2)));
    assert_eq!(again.attempt(), Some(Attempt::new(2)));
    assert_eq!(
        step(again, claimed(BEN, at(1)), at(1)).unwrap_err().why,
        WhyIllegal::NotDue
    );
}

#[test]
fn what_can_never_work_is_not_tried_again() {
    let (state, by) = running();
    let failed = step(
        state,
        JobEvent::Broke {
            by,
            cause: cause(crate::Again::Never),
        },
        at(1),
    )
    .unwrap();
    assert_eq!(
        failed,
        JobState::Failed {
            at: at(1),
            cause: Failure::new("x", "y", "z")
        }
    );
}

#[test]
fn a_held_job_cannot_be_claimed_until_its_lease_lapses() {
    let (state, _) = running();
    let early = step(state.clone(), claimed(BEN, at(14)), at(14)).unwrap_err();
    assert_eq!(early.why, WhyIllegal::StillHeld);
    let taken = step(state, claimed(BEN, at(15)), at(15)).unwrap();
    assert_eq!(
        taken.hold(),
        Some(Hold {
            worker: BEN,
            epoch: 2
        })
    );
    assert_eq!(taken.tally().unwrap().crashes, 1);
}

#[test]
fn a_worker_that_comes_back_late_is_fenced_off() {
    let (state, old) = running();
    let taken = step(state, claimed(ANN, at(20)), at(20)).unwrap();
    // The same process, but an older claim: still refused.
    let late = step(taken.clone(), JobEvent::Finished { by: old }, at(21)).unwrap_err();
    assert_eq!(late.why, WhyIllegal::HeldByAnother);
    let now = taken.hold().unwrap();
    assert!(step(taken, JobEvent::Finished { by: now }, at(21)).is_ok());
}

#[test]
fn a_late_worker_that_nobody_replaced_may_still_finish() {
    let (state, by) = running();
    assert_eq!(
        step(state, JobEvent::Finished { by }, at(99)),
        Ok(JobState::Succeeded { at: at(99) })
    );
}

#[test]
fn a_job_that_kills_its_workers_fails_at_the_third() {
    let (mut state, _) = running();
    for round in 1..=2 {
        let now = at(100 * round);
        state = step(state, claimed(BEN, now), now).unwrap();
        assert!(!state.is_terminal());
    }
    let JobState::Failed { cause, .. } = step(state, claimed(BEN, at(900)), at(900)).unwrap() else {
        panic!("the third crash should end it");
    };
    assert_eq!(cause.code, crate::code::WORKER_CRASHED);
}

#[test]
fn a_cancelled_queued_job_is_cancelled_at_once() {
    let state = JobState::accepted(at(0));
    assert_eq!(
        step(state, JobEvent::CancelAsked, at(3)),
        Ok(JobState::Cancelled { at: at(3) })
    );
}

#[test]
fn after_a_cancel_was_accepted_every_end_is_cancelled() {
    let (state, by) = running();
    let asked = step(state, JobEvent::CancelAsked, at(1)).unwrap();
    assert!(matches!(
        asked,
        JobState::Running {
            cancel: Cancel::Asked,
            ..
        }
    ));
    assert_eq!(
        step(asked.clone(), JobEvent::CancelAsked, at(2)),
        Ok(asked.clone())
    );
    for event in [
        JobEvent::Finished { by },
        JobEvent::Stopped { by },
        JobEvent::HandedBack { by },
        JobEvent::Broke {
            by,
            cause: cause(crate::Again::Later),
        },
        JobEvent::DeadlinePassed,
        JobEvent::HolderDied { was: by },
        claimed(BEN, at(50)),
        JobEvent::LeaseLapsed,
    ] {
        assert_eq!(
            step(asked.clone(), event, at(50)),
            Ok(JobState::Cancelled { at: at(50) })
        );
    }
}

#[test]
fn nobody_stops_a_job_that_nobody_cancelled() {
    let (state, by) = running();
    assert_eq!(
        step(state, JobEvent::Stopped { by }, at(1)).unwrap_err().why,
        WhyIllegal::NotAsked
    );
}

#[test]
fn handing_back_costs_no_attempt() {
    let (state, by) = running();
    let back = step(state, JobEvent::HandedBack { by }, at(1)).unwrap();
    assert_eq!(back.attempt(), Some(Attempt::FIRST));
    assert_eq!(back.due(), Some(at(1)));
    assert_eq!(back.shown(), ShownState::Processing);
    // The hold that was given back is worth nothing afterwards, to the same worker too.
    let again = step(back, claimed(ANN, at(1)), at(1)).unwrap();
    assert_eq!(
        step(again, JobEvent::Finished { by }, at(2)).unwrap_err().why,
        WhyIllegal::HeldByAnother
    );
}

#[test]
fn a_renewal_never_shortens_a_lease() {
    let (state, by) = running();
    let renewed = step(state, JobEvent::Renewed { by, until: at(60) }, at(10)).unwrap();
    assert_eq!(renewed.due(), Some(at(60)));
    let shorter = step(renewed, JobEvent::Renewed { by, until: at(20) }, at(10)).unwrap();
    assert_eq!(shorter.due(), Some(at(60)));
}

#[test]
fn a_deadline_ends_a_job_wherever_it_is() {
    let (state, _) = running();
    for state in [state, JobState::accepted(at(0))] {
        let JobState::Failed { cause, .. } = step(state, JobEvent::DeadlinePassed, at(5)).unwrap() else {
            panic!("a deadline should fail the job");
        };
        assert_eq!(cause.code, crate::code::TIMED_OUT);
    }
}
