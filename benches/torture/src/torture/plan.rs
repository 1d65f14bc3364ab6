//! What will be done to the program: a pure function of the seed.

use std::fmt;
use std::time::Duration;

use crate::chance::Chance;

/// Where a process can be made to die, and how often that place is passed in a round at most.
const POINTS: &[(&str, u64)] = &[
    ("before-accept-commit", 10),
    ("after-accept-commit", 10),
    ("after-claim-commit", 6),
    ("draw", 8),
    ("before-blob", 10),
    ("half-blob", 10),
    ("after-blob", 10),
    ("before-final-commit", 8),
    ("after-final-commit", 8),
    ("before-send", 8),
    ("after-send", 8),
];
/// The latest that a random moment comes.
const LATEST: Duration = Duration::from_millis(250);

/// One round: some deaths under load, then a clean start.
#[derive(Clone, Debug)]
pub(crate) struct Round {
    /// One or two: no job may see three, which would make it look like a job that kills its worker.
    pub(crate) deaths: Vec<Death>,
    /// What the clients draw from.
    pub(crate) clients: Chance,
}

/// One death.
#[derive(Clone, Debug)]
pub(crate) struct Death {
    /// Which process.
    pub(crate) place: usize,
    pub(crate) how: How,
    /// Whether one blob call in ten fails until then.
    pub(crate) blobs_fail: bool,
}

/// How a process dies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum How {
    /// By SIGKILL, so long after it was ready.
    Moment(Duration),
    /// At a failpoint, the so-manieth time it is passed.
    Failpoint { point: &'static str, at: u64 },
}

impl Death {
    /// What the process is told when it starts.
    pub(crate) fn failpoints(&self) -> String {
        let mut parts = Vec::new();
        if let How::Failpoint { point, at } = &self.how {
            parts.push(format!("{point}:kill@{at}"));
        }
        if self.blobs_fail {
            parts.push("blob-call:fail%10".to_owned());
        }
        parts.join(",")
    }
}

impl fmt::Display for Death {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.how {
            How::Moment(after) => write!(f, "process {} after {after:?}", self.place)?,
            How::Failpoint { point, at } => write!(f, "process {} at {point}@{at}", self.place)?,
        }
        f.write_str(if self.blobs_fail { " (blobs fail)" } else { "" })
    }
}

/// The rounds of a seed for a site of so many processes.
pub(crate) fn rounds(seed: u64, count: u64, processes: usize) -> Vec<Round> {
    let mut chance = Chance::of_seed(seed);
    (0..count)
        .map(|_| round(&mut chance.split(), processes))
        .collect()
}

fn round(chance: &mut Chance, processes: usize) -> Round {
    let deaths = 1 + chance.below(2);
    Round {
        deaths: (0..deaths).map(|_| death(chance, processes)).collect(),
        clients: chance.split(),
    }
}

fn death(chance: &mut Chance, processes: usize) -> Death {
    let place = usize::try_from(chance.below(processes as u64)).unwrap_or(0);
    let how = if chance.percent(35) {
        How::Moment(chance.up_to(LATEST))
    } else {
        let (point, most) = *chance.pick(POINTS);
        How::Failpoint {
            point,
            at: 1 + chance.below(most),
        }
    };
    let blobs_fail = chance.percent(12);
    Death {
        place,
        how,
        blobs_fail,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn shown(seed: u64) -> Vec<String> {
        let rounds = rounds(seed, 300, 2);
        let deaths = rounds.iter().flat_map(|round| &round.deaths);
        deaths.map(ToString::to_string).collect()
    }

    #[test]
    fn a_seed_repeats_its_plan_and_another_makes_another() {
        assert_eq!(shown(7), shown(7));
        assert_ne!(shown(7), shown(8));
    }

    #[test]
    fn every_failpoint_and_every_process_has_its_turn() {
        let rounds = rounds(1, 300, 2);
        let deaths: Vec<&Death> = rounds.iter().flat_map(|round| &round.deaths).collect();
        let points: HashSet<&str> = deaths
            .iter()
            .filter_map(|death| match death.how {
                How::Failpoint { point, .. } => Some(point),
                How::Moment(_) => None,
            })
            .collect();
        assert_eq!(points.len(), POINTS.len());
        assert_eq!(
            deaths
                .iter()
                .map(|death| death.place)
                .collect::<HashSet<_>>()
                .len(),
            2
        );
    }
}
