//! Laws of a delivery's life.

use std::time::Duration;

use marquetry_job::{DeliveryEvent, DeliverySchedule, DeliveryState, Hold, Jitter, Timestamp, WorkerId};
use proptest::prelude::*;

const LEASE: Duration = Duration::from_secs(30);
const STRANGER: Hold = Hold {
    worker: WorkerId::from_random([255; 16]),
    epoch: u32::MAX,
};

#[derive(Clone, Copy, Debug)]
enum Move {
    Claim,
    Accept(bool),
    Refuse(bool, Option<u32>),
    Gone(bool),
    PutOff(bool),
    HandBack(bool),
    Remove,
    Lapse,
    Died(bool),
    Replay,
}

fn any_move() -> impl Strategy<Value = Move> {
    let honest = prop::bool::weighted(0.8);
    prop_oneof![
        6 => Just(Move::Claim),
        1 => honest.prop_map(Move::Accept),
        4 => (honest, any::<Option<u32>>()).prop_map(|(h, r)| Move::Refuse(h, r)),
        1 => honest.prop_map(Move::Gone),
        1 => honest.prop_map(Move::PutOff),
        1 => honest.prop_map(Move::HandBack),
        1 => Just(Move::Remove),
        1 => Just(Move::Lapse),
        1 => honest.prop_map(Move::Died),
        1 => Just(Move::Replay),
    ]
}

fn event(made: Move, state: &DeliveryState, now: Timestamp) -> DeliveryEvent {
    let hold = |honest: bool| state.hold().filter(|_| honest).unwrap_or(STRANGER);
    match made {
        Move::Claim => DeliveryEvent::Claimed {
            worker: WorkerId::from_random([1; 16]),
            until: now + LEASE,
        },
        Move::Accept(honest) => DeliveryEvent::Accepted { by: hold(honest) },
        Move::Refuse(honest, after) => DeliveryEvent::Refused {
            by: hold(honest),
            retry_after: after.map(|s| Duration::from_secs(u64::from(s))),
        },
        Move::Gone(honest) => DeliveryEvent::Gone { by: hold(honest) },
        Move::PutOff(honest) => DeliveryEvent::PutOff {
            by: hold(honest),
            until: now + LEASE,
        },
        Move::HandBack(honest) => DeliveryEvent::HandedBack { by: hold(honest) },
        Move::Remove => DeliveryEvent::EndpointRemoved,
        Move::Lapse => DeliveryEvent::LeaseLapsed,
        Move::Died(honest) => DeliveryEvent::HolderDied { was: hold(honest) },
        Move::Replay => DeliveryEvent::Replayed,
    }
}

proptest! {
    #[test]
    fn the_laws_hold_on_every_walk(
        walk in prop::collection::vec((0u64..100_000, any_move(), any::<u32>()), 0..80),
    ) {
        let schedule = DeliverySchedule::default();
        let mut now = Timestamp::from_micros(0);
        let mut state = DeliveryState::owed(now, &schedule);
        for (pause, made, bits) in walk {
            now = now + Duration::from_secs(pause);
            let event = event(made, &state, now);
            let outcome = state.clone().step(event, now, &schedule, Jitter::from_bits(bits));
            let Ok(next) = outcome else { continue };
            // Only a replay moves what has ended, and only a replay counts from one again.
            if event != DeliveryEvent::Replayed {
                prop_assert!(!state.is_terminal());
                prop_assert!(next.tally().attempt >= state.tally().attempt);
            }
            // The fence never goes back, not even for a replay.
            prop_assert!(next.tally().starts >= state.tally().starts);
            // Nobody is asked to wait longer than twice the longest planned wait.
            if let (DeliveryEvent::Refused { .. }, Some(due)) = (event, next.due()) {
                prop_assert!(due.since(now) <= Duration::from_secs(2 * 86_400));
            }
            // What is owed and not terminal is always due some day.
            prop_assert_eq!(next.due().is_none(), next.is_terminal());
            state = next;
        }
    }

    #[test]
    fn a_delivery_that_is_only_refused_ends_after_its_ten_tries(bits in any::<u32>()) {
        let schedule = DeliverySchedule::default();
        let mut state = DeliveryState::owed(Timestamp::from_micros(0), &schedule);
        let mut tries = 0;
        while let Some(now) = state.due() {
            let claim = event(Move::Claim, &state, now);
            state = state.step(claim, now, &schedule, Jitter::from_bits(bits)).unwrap();
            let refuse = event(Move::Refuse(true, None), &state, now);
            state = state.step(refuse, now, &schedule, Jitter::from_bits(bits)).unwrap();
            tries += 1;
            prop_assert!(tries <= 10);
        }
        prop_assert_eq!(tries, 10);
    }
}
