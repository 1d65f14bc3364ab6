//! What each step of a delivery means, one rule a test.

use super::*;

const ANN: WorkerId = WorkerId::from_random([1; 16]);
const LEASE: Duration = Duration::from_secs(30);

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_micros(seconds * 1_000_000)
}

fn sending(state: DeliveryState, now: Timestamp) -> (DeliveryState, Hold) {
    let claim = DeliveryEvent::Claimed {
        worker: ANN,
        until: now + LEASE,
    };
    let state = state
        .step(claim, now, &DeliverySchedule::default(), Jitter::MIDDLE)
        .unwrap();
    let hold = state.hold().unwrap();
    (state, hold)
}

fn owed() -> DeliveryState {
    DeliveryState::owed(at(0), &DeliverySchedule::default())
}

#[test]
fn the_default_schedule_is_ten_tries_over_75_hours_35_minutes() {
    let schedule = DeliverySchedule::default();
    let (mut state, mut now, mut tries) = (owed(), at(0), 0);
    while let Some(due) = state.due() {
        now = due;
        let (held, by) = sending(state, now);
        tries += 1;
        let refused = DeliveryEvent::Refused {
            by,
            retry_after: None,
        };
        state = held.step(refused, now, &schedule, Jitter::MIDDLE).unwrap();
    }
    assert_eq!(tries, 10);
    assert_eq!(now.since(at(0)).as_secs(), 75 * 3600 + 35 * 60 + 5);
    assert!(matches!(
        state,
        DeliveryState::Dead {
            cause: DeathCause::Exhausted,
            ..
        }
    ));
}

#[test]
fn waits_stray_by_a_fifth_and_no_more() {
    let schedule = DeliverySchedule::default();
    let third = Attempt::new(3);
    let wait = |jitter| schedule.after(third, None, jitter).unwrap().as_secs();
    assert_eq!(
        (wait(Jitter::LEAST), wait(Jitter::MIDDLE), wait(Jitter::MOST)),
        (1_440, 1_800, 2_160)
    );
}

#[test]
fn retry_after_is_kept_between_the_plan_and_twice_the_plan() {
    let schedule = DeliverySchedule::default();
    let wait = |asked| {
        schedule
            .after(Attempt::new(2), Some(Duration::from_secs(asked)), Jitter::MOST)
            .unwrap()
            .as_secs()
    };
    assert_eq!((wait(1), wait(400), wait(1_000_000)), (300, 400, 600));
}

#[test]
fn gone_is_dead_at_once() {
    let (state, by) = sending(owed(), at(0));
    let dead = state
        .step(
            DeliveryEvent::Gone { by },
            at(1),
            &DeliverySchedule::default(),
            Jitter::MIDDLE,
        )
        .unwrap();
    assert!(matches!(
        dead,
        DeliveryState::Dead {
            cause: DeathCause::Gone,
            ..
        }
    ));
}

#[test]
fn putting_off_costs_no_try() {
    let (state, by) = sending(owed(), at(0));
    let put_off = DeliveryEvent::PutOff { by, until: at(60) };
    let state = state
        .step(put_off, at(1), &DeliverySchedule::default(), Jitter::MIDDLE)
        .unwrap();
    assert_eq!(
        (state.due(), state.tally().attempt),
        (Some(at(60)), Attempt::FIRST)
    );
    assert_eq!(state.shown(), DeliveryShown::Pending);
}

#[test]
fn a_lapsed_lease_makes_the_same_try_again() {
    let (state, old) = sending(owed(), at(0));
    let (state, _) = sending(state, at(40));
    assert_eq!(state.tally().attempt, Attempt::FIRST);
    let late = state
        .step(
            DeliveryEvent::Accepted { by: old },
            at(41),
            &DeliverySchedule::default(),
            Jitter::MIDDLE,
        )
        .unwrap_err();
    assert_eq!(late.why, WhyIllegal::HeldByAnother);
}

#[test]
fn a_replay_starts_the_schedule_anew_and_keeps_the_fence() {
    let (state, by) = sending(owed(), at(0));
    let schedule = DeliverySchedule::default();
    let state = state
        .step(DeliveryEvent::Accepted { by }, at(1), &schedule, Jitter::MIDDLE)
        .unwrap();
    let state = state
        .step(DeliveryEvent::Replayed, at(9), &schedule, Jitter::MIDDLE)
        .unwrap();
    assert_eq!(
        (state.due(), state.tally().attempt),
        (Some(at(9)), Attempt::FIRST)
    );
    let (state, _) = sending(state, at(9));
    let old = state.step(DeliveryEvent::Accepted { by }, at(9), &schedule, Jitter::MIDDLE);
    assert_eq!(old.unwrap_err().why, WhyIllegal::HeldByAnother);
}

#[test]
fn a_failed_try_shows_failed_while_another_is_planned() {
    let (state, by) = sending(owed(), at(0));
    let refused = DeliveryEvent::Refused {
        by,
        retry_after: None,
    };
    let state = state
        .step(refused, at(1), &DeliverySchedule::default(), Jitter::MIDDLE)
        .unwrap();
    assert_eq!(state.shown(), DeliveryShown::Failed);
}

#[test]
fn a_removed_endpoint_ends_what_waits_for_it() {
    let state = owed()
        .step(
            DeliveryEvent::EndpointRemoved,
            at(1),
            &DeliverySchedule::default(),
            Jitter::MIDDLE,
        )
        .unwrap();
    assert!(matches!(
        state,
        DeliveryState::Dead {
            cause: DeathCause::EndpointRemoved,
            ..
        }
    ));
}
