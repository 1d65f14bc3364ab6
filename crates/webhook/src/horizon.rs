//! How far back to look. What is owed to receivers that do not answer gathers at the head of the queue, where each look
//! would pass over all of it: with two thousand such deliveries a look cost PostgreSQL three times what it costs without.
//!
//! So a courier remembers a moment before which nothing is due but in lanes that are shut anyway, and looks from there.

use std::collections::HashSet;
use std::time::Duration;

use marquetry_job::Timestamp;
use marquetry_model::Lane;
use tokio::time::Instant;

/// For how long a horizon holds. What comes to be due before it all the same, by a clock that is late or a transaction
/// that took long, is found when the next one is drawn.
const HOLDS: Duration = Duration::from_secs(1);
/// How old at least all is that lies behind a horizon, so that clocks need not agree to the second.
const BEHIND: Duration = Duration::from_secs(2);
/// The shortest time between the drawing of two, each of which passes over all that lies behind it.
const APART: Duration = Duration::from_millis(100);

/// From when on to look.
#[derive(Debug)]
pub(crate) struct Horizon {
    from: Timestamp,
    /// The lanes in which anything may be due before it.
    behind: HashSet<Lane>,
    holds_until: Instant,
    drawn: Option<Instant>,
}

impl Horizon {
    /// None: all there is lies before it.
    pub(crate) fn new(now: Instant) -> Self {
        Self {
            from: Timestamp::MIN,
            behind: HashSet::new(),
            holds_until: now,
            drawn: None,
        }
    }

    /// From when on to look, when those lanes are left out.
    pub(crate) fn from(&self, shut: &HashSet<Lane>, now: Instant) -> Timestamp {
        match now < self.holds_until && self.behind.is_subset(shut) {
            true => self.from,
            false => Timestamp::MIN,
        }
    }

    /// Whether it is time to draw another, if this one does not hold.
    pub(crate) fn may_be_drawn(&self, now: Instant) -> bool {
        self.drawn
            .is_none_or(|drawn| now.saturating_duration_since(drawn) >= APART)
    }

    /// A new one: at `today`, outside the lanes `behind`, nothing was due before `first`, or nothing at all.
    pub(crate) fn draw(
        behind: HashSet<Lane>,
        first: Option<Timestamp>,
        today: Timestamp,
        now: Instant,
    ) -> Self {
        let latest = today - BEHIND;
        Self {
            from: first.map_or(latest, |first| first.min(latest)),
            behind,
            holds_until: now + HOLDS,
            drawn: Some(now),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TODAY: Timestamp = Timestamp::from_micros(1_000_000_000);

    fn lanes(names: &[&str]) -> HashSet<Lane> {
        names.iter().map(|name| Lane::new(*name)).collect()
    }

    #[test]
    fn it_holds_while_what_lies_behind_it_is_shut_and_for_a_second() {
        let now = Instant::now();
        let first = TODAY - Duration::from_secs(60);
        let horizon = Horizon::draw(lanes(&["a", "b"]), Some(first), TODAY, now);
        assert_eq!(horizon.from(&lanes(&["a", "b"]), now), first);
        assert_eq!(horizon.from(&lanes(&["a", "b", "c"]), now), first);
        assert_eq!(
            horizon.from(&lanes(&["a", "c"]), now),
            Timestamp::MIN,
            "what lies behind it is wanted again"
        );
        assert_eq!(horizon.from(&lanes(&["a", "b"]), now + HOLDS), Timestamp::MIN);
        assert!(!horizon.may_be_drawn(now) && horizon.may_be_drawn(now + APART));
    }

    #[test]
    fn what_has_just_come_to_be_due_never_lies_behind_it() {
        let now = Instant::now();
        for first in [None, Some(TODAY), Some(TODAY + Duration::from_secs(300))] {
            let horizon = Horizon::draw(lanes(&["a"]), first, TODAY, now);
            assert_eq!(horizon.from(&lanes(&["a"]), now), TODAY - BEHIND);
        }
        assert_eq!(Horizon::new(now).from(&lanes(&[]), now), Timestamp::MIN);
        assert!(Horizon::new(now).may_be_drawn(now));
    }
}
