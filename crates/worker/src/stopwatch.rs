//! How long a job spent in each room.

use std::time::{Duration, Instant};

use marquetry_model::Timing;
use marquetry_render::{Room, Watch};

/// Rooms of the walk that `render` does not know, in its spelling.
pub(crate) mod room {
    /// Assets, and the mockup's file if it has to be read.
    pub(crate) const FETCH: &str = "fetch";
    /// The mockup's structure is parsed.
    pub(crate) const OPEN: &str = "open";
    /// Results are stored.
    pub(crate) const PUT: &str = "put";
}

/// All rooms in walking order; timings are told in it.
const WALK: [&str; 9] = [
    room::FETCH,
    room::OPEN,
    "decode",
    "plan",
    "draw",
    "compare",
    "scale",
    "encode",
    room::PUT,
];

/// What was measured so far. A room that is entered again adds to its time.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stopwatch(Vec<(&'static str, Duration)>);

impl Stopwatch {
    pub(crate) fn add(&mut self, room: &'static str, took: Duration) {
        match self.0.iter_mut().find(|(known, _)| *known == room) {
            Some((_, sum)) => *sum += took,
            None => self.0.push((room, took)),
        }
    }

    pub(crate) fn add_all(&mut self, other: &Self) {
        for (room, took) in &other.0 {
            self.add(room, *took);
        }
    }

    /// For a job's result: only the rooms that were entered, in walking order.
    pub(crate) fn timings(&self) -> Vec<Timing> {
        let mut timings = self.0.clone();
        timings.sort_by_key(|(room, _)| WALK.iter().position(|known| known == room));
        let timing = |(room, took): (&str, Duration)| Timing {
            room: room.to_owned(),
            took,
        };
        timings.into_iter().map(timing).collect()
    }
}

/// Measures from one room's door to the next.
#[derive(Debug)]
pub(crate) struct Doors {
    passed: Instant,
    pub(crate) measured: Stopwatch,
}

impl Doors {
    pub(crate) fn enter() -> Self {
        Self {
            passed: Instant::now(),
            measured: Stopwatch::default(),
        }
    }

    /// The time since the last door was spent in `room`.
    pub(crate) fn passed(&mut self, room: &'static str) {
        let now = Instant::now();
        self.measured.add(room, now - self.passed);
        self.passed = now;
    }
}

impl Watch for Doors {
    fn left(&mut self, room: Room) {
        self.passed(room.name());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_room_of_a_render_has_its_place_in_the_walk() {
        for room in [
            Room::Decode,
            Room::Plan,
            Room::Draw,
            Room::Compare,
            Room::Scale,
            Room::Encode,
        ] {
            assert!(WALK.contains(&room.name()), "{room:?}");
        }
    }

    #[test]
    fn timings_are_summed_and_told_in_walking_order() {
        let mut watch = Stopwatch::default();
        let ms = Duration::from_millis;
        for (room, took) in [
            ("encode", ms(2)),
            (room::FETCH, ms(5)),
            ("scale", ms(1)),
            ("encode", ms(3)),
        ] {
            watch.add(room, took);
        }
        let told: Vec<_> = watch.timings().into_iter().map(|t| (t.room, t.took)).collect();
        assert_eq!(
            told,
            [
                ("fetch".into(), ms(5)),
                ("scale".into(), ms(1)),
                ("encode".into(), ms(5))
            ]
        );
    }
}
