//! Laws of a job's life: whatever happens, in whatever order.

use std::time::Duration;

use marquetry_job::{
    Again, Attempt, Cancel, Cause, Failure, Hold, Jitter, JobEvent, JobState, RetrySchedule, ShownState,
    Timestamp, WorkerId,
};
use proptest::prelude::*;

/// An event in the making: who reports is settled when the state is known, so that honest reports,
/// stale ones and inventions all occur.
#[derive(Clone, Debug)]
enum Move {
    Claim(u8),
    Renew(Teller),
    Lapse,
    Died(Teller),
    HandBack(Teller),
    Finish(Teller),
    Break(Teller, Again),
    Cancel,
    Stop(Teller),
    Deadline,
}

#[derive(Clone, Copy, Debug)]
enum Teller {
    Holder,
    FormerHolder,
    Stranger,
}

fn teller() -> impl Strategy<Value = Teller> {
    prop_oneof![
        3 => Just(Teller::Holder),
        1 => Just(Teller::FormerHolder),
        1 => Just(Teller::Stranger),
    ]
}

fn again() -> impl Strategy<Value = Again> {
    prop_oneof![3 => Just(Again::Later), 1 => Just(Again::Never)]
}

fn any_move() -> impl Strategy<Value = Move> {
    prop_oneof![
        6 => any::<u8>().prop_map(Move::Claim),
        2 => teller().prop_map(Move::Renew),
        1 => Just(Move::Lapse),
        1 => teller().prop_map(Move::Died),
        1 => teller().prop_map(Move::HandBack),
        2 => teller().prop_map(Move::Finish),
        2 => (teller(), again()).prop_map(|(who, again)| Move::Break(who, again)),
        1 => Just(Move::Cancel),
        1 => teller().prop_map(Move::Stop),
        1 => Just(Move::Deadline),
    ]
}

fn retry() -> impl Strategy<Value = RetrySchedule> {
    (0u32..6, 0u32..5, prop::collection::vec(0u64..100, 0..4)).prop_map(|(attempts, crashes, backoff)| {
        RetrySchedule {
            attempts,
            crashes,
            backoff: backoff.into_iter().map(Duration::from_secs).collect(),
        }
    })
}

/// A walk: how long each pause is, and what happens after it.
fn walk() -> impl Strategy<Value = Vec<(u64, Move)>> {
    prop::collection::vec((0u64..40, any_move()), 0..60)
}

const LEASE: Duration = Duration::from_secs(15);
const STRANGER: Hold = Hold {
    worker: WorkerId::from_random([255; 16]),
    epoch: u32::MAX,
};

fn event(made: &Move, state: &JobState, former: Hold, now: Timestamp) -> JobEvent {
    let hold = |who: &Teller| match who {
        Teller::Holder => state.hold().unwrap_or(former),
        Teller::FormerHolder => former,
        Teller::Stranger => STRANGER,
    };
    match made {
        Move::Claim(who) => JobEvent::Claimed {
            worker: WorkerId::from_random([*who % 4; 16]),
            until: now + LEASE,
        },
        Move::Renew(who) => JobEvent::Renewed {
            by: hold(who),
            until: now + LEASE,
        },
        Move::Lapse => JobEvent::LeaseLapsed,
        Move::Died(who) => JobEvent::HolderDied { was: hold(who) },
        Move::HandBack(who) => JobEvent::HandedBack { by: hold(who) },
        Move::Finish(who) => JobEvent::Finished { by: hold(who) },
        Move::Break(who, again) => JobEvent::Broke {
            by: hold(who),
            cause: Cause {
                failure: Failure::new("c", "m", "d"),
                again: *again,
            },
        },
        Move::Cancel => JobEvent::CancelAsked,
        Move::Stop(who) => JobEvent::Stopped { by: hold(who) },
        Move::Deadline => JobEvent::DeadlinePassed,
    }
}

/// Every state that a walk passes through, with the event that led there and its outcome.
fn states(walk: &[(u64, Move)], retry: &RetrySchedule) -> Vec<(JobState, JobEvent, Option<JobState>)> {
    let mut now = Timestamp::from_micros(0);
    let mut state = JobState::accepted(now);
    let mut former = STRANGER;
    let mut seen = Vec::new();
    for (pause, made) in walk {
        now = now + Duration::from_secs(*pause);
        let event = event(made, &state, former, now);
        let outcome = state.clone().step(event.clone(), now, retry, Jitter::MOST).ok();
        seen.push((state.clone(), event, outcome.clone()));
        if let Some(next) = outcome {
            if state.hold() != next.hold() {
                former = state.hold().unwrap_or(former);
            }
            state = next;
        }
    }
    seen
}

fn rank(shown: ShownState) -> u8 {
    match shown {
        ShownState::Queued => 0,
        ShownState::Processing => 1,
        ShownState::Succeeded | ShownState::Failed | ShownState::Cancelled => 2,
    }
}

proptest! {
    #[test]
    fn a_terminal_state_never_changes(walk in walk(), retry in retry()) {
        for (state, _, outcome) in states(&walk, &retry) {
            if state.is_terminal() {
                prop_assert_eq!(outcome, None);
            }
        }
    }

    #[test]
    fn a_job_whose_cancel_was_accepted_never_succeeds_nor_fails(walk in walk(), retry in retry()) {
        let mut asked = false;
        for (_, event, outcome) in states(&walk, &retry) {
            let Some(next) = outcome else { continue };
            asked |= event == JobEvent::CancelAsked;
            if asked {
                let fine = matches!(
                    next,
                    JobState::Cancelled { .. } | JobState::Running { cancel: Cancel::Asked, .. }
                );
                prop_assert!(fine, "{:?} after a cancel", next);
            }
        }
    }

    #[test]
    fn attempts_starts_and_crashes_never_go_down(walk in walk(), retry in retry()) {
        for (state, _, outcome) in states(&walk, &retry) {
            if let (Some(before), Some(after)) = (state.tally(), outcome.and_then(|s| s.tally())) {
                prop_assert!(after.attempt >= before.attempt);
                prop_assert!(after.starts >= before.starts);
                prop_assert!(after.crashes >= before.crashes);
            }
        }
    }

    #[test]
    fn an_observer_sees_it_move_forwards_only(walk in walk(), retry in retry()) {
        for (state, _, outcome) in states(&walk, &retry) {
            if let Some(next) = outcome {
                prop_assert!(rank(next.shown()) >= rank(state.shown()));
            }
        }
    }

    #[test]
    fn only_the_holder_moves_a_held_job_by_its_word(walk in walk(), retry in retry()) {
        for (state, event, outcome) in states(&walk, &retry) {
            let by = match &event {
                JobEvent::Renewed { by, .. } | JobEvent::HandedBack { by }
                | JobEvent::Finished { by } | JobEvent::Broke { by, .. }
                | JobEvent::Stopped { by } => *by,
                _ => continue,
            };
            if state.hold() != Some(by) {
                prop_assert_eq!(outcome, None);
            }
        }
    }

    #[test]
    fn a_live_lease_is_never_taken_over(walk in walk(), retry in retry()) {
        let mut now = Timestamp::from_micros(0);
        for ((pause, _), (state, event, outcome)) in walk.iter().zip(states(&walk, &retry)) {
            now = now + Duration::from_secs(*pause);
            let held = state.hold().is_some() && state.due().is_some_and(|until| now < until);
            if held && matches!(event, JobEvent::Claimed { .. } | JobEvent::LeaseLapsed) {
                prop_assert_eq!(outcome, None);
            }
        }
    }

    #[test]
    fn every_job_ends_when_its_workers_report_or_vanish(
        fates in prop::collection::vec(any_fate(), 1..8),
        retry in retry(),
    ) {
        // A fair world: whoever is due is claimed, and every holder finishes, breaks or vanishes.
        let mut now = Timestamp::from_micros(0);
        let mut state = JobState::accepted(now);
        let most = u64::from(retry.attempts) + u64::from(retry.crashes) + 2;
        let mut rounds = 0;
        let worker = WorkerId::from_random([1; 16]);
        for fate in fates.iter().cycle() {
            if state.is_terminal() {
                break;
            }
            rounds += 1;
            prop_assert!(rounds <= most, "still {:?} after {} rounds", state, rounds);
            now = state.due().map_or(now, |due| due.max(now));
            state = state
                .step(JobEvent::Claimed { worker, until: now + LEASE }, now, &retry, Jitter::MOST)
                .unwrap();
            let Some(by) = state.hold() else { continue };
            let told = match fate {
                Fate::Breaks => JobEvent::Broke {
                    by,
                    cause: Cause::later(Failure::new("c", "m", "d")),
                },
                Fate::Vanishes => continue,
                Fate::Dies => JobEvent::HolderDied { was: by },
                Fate::Finishes => JobEvent::Finished { by },
            };
            state = state.step(told, now, &retry, Jitter::MOST).unwrap();
        }
        prop_assert!(state.is_terminal());
    }

    #[test]
    fn no_moment_and_no_schedule_makes_a_step_panic(
        walk in walk(),
        start in any::<i64>(),
        attempts in any::<u32>(),
        crashes in any::<u32>(),
        jitter in any::<u32>(),
    ) {
        let retry = RetrySchedule { attempts, crashes, backoff: vec![Duration::MAX] };
        let now = Timestamp::from_micros(start);
        let mut state = JobState::accepted(now);
        for (_, made) in &walk {
            let event = event(made, &state, STRANGER, now);
            if let Ok(next) = state.clone().step(event, now, &retry, Jitter::from_bits(jitter)) {
                state = next;
            }
        }
        prop_assert!(state.attempt().is_none_or(|a| a >= Attempt::FIRST));
    }
}

#[derive(Clone, Copy, Debug)]
enum Fate {
    Breaks,
    Vanishes,
    Dies,
    Finishes,
}

fn any_fate() -> impl Strategy<Value = Fate> {
    prop_oneof![
        4 => Just(Fate::Breaks),
        3 => Just(Fate::Vanishes),
        2 => Just(Fate::Dies),
        1 => Just(Fate::Finishes),
    ]
}
