//! How long a job spent in each room.

use std::sync::Arc;
use std::time::{Duration, Instant};

use marquetry_model::{Progress, Timing};
use marquetry_render::{Room, Watch};
use marquetry_store::ProgressLine;

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

/// How much of the way usually lies behind a job that enters each room of [`WALK`], in percent. Rough by nature: what a
/// room takes depends on the picture.
const BEHIND: [u8; 9] = [0, 15, 25, 40, 45, 70, 75, 80, 95];

/// Tells on the board which room a job is in. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Pace(Arc<ProgressLine>);

impl Pace {
    pub(crate) fn new(line: ProgressLine) -> Self {
        let pace = Self(Arc::new(line));
        pace.entered(room::FETCH);
        pace
    }

    /// The job has come into `room`. Rooms that are entered again, as one is for each preview, are not told again.
    pub(crate) fn entered(&self, room: &str) {
        if let Some(at) = WALK.iter().position(|known| *known == room) {
            self.0.reach(room, BEHIND[at]);
        }
    }

    fn left(&self, room: &str) {
        let next = WALK
            .iter()
            .position(|known| *known == room)
            .and_then(|at| WALK.get(at + 1));
        if let Some(next) = next {
            self.entered(next);
        }
    }

    /// How far the job has come.
    pub(crate) fn reached(&self) -> Option<Progress> {
        self.0.reached()
    }
}

/// Measures from one room's door to the next.
#[derive(Debug)]
pub(crate) struct Doors {
    passed: Instant,
    pace: Pace,
    pub(crate) measured: Stopwatch,
}

impl Doors {
    /// Measures, and tells it on the board.
    pub(crate) fn enter(pace: &Pace) -> Self {
        Self {
            passed: Instant::now(),
            pace: pace.clone(),
            measured: Stopwatch::default(),
        }
    }

    /// The time since the last door was spent in `room`.
    pub(crate) fn passed(&mut self, room: &'static str) {
        let now = Instant::now();
        let took = now - self.passed;
        self.measured.add(room, took);
        self.passed = now;
        self.pace.left(room);
        // In the span of the job, so that a trace tells the rooms apart.
        tracing::debug!(room, ?took, "room left");
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
    fn the_way_behind_grows_from_room_to_room() {
        assert!(BEHIND.is_sorted_by(|one, next| one < next));
        let board = marquetry_store::ProgressBoard::new();
        let job = marquetry_model::JobId::from_random([1; 16]);
        let pace = Pace::new(board.line(job));
        let at = || board.of(job).map(|line| line.stage);
        assert_eq!(at().as_deref(), Some("fetch"));
        pace.left("decode");
        assert_eq!(at().as_deref(), Some("plan"));
        pace.left("encode");
        pace.left("scale");
        assert_eq!(at().as_deref(), Some("put"), "a job does not go back");
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
