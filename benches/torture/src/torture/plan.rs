//! What will be done to the program: a pure function of the seed.

use std::fmt;
use std::time::Duration;

use crate::chance::Chance;
use crate::site::Role;

/// Where whoever serves can be made to die, and how often that place is passed in a round at most.
const SERVING: &[(&str, u64)] = &[("before-accept-commit", 10), ("after-accept-commit", 10)];
/// Where whoever renders can.
const WORKING: &[(&str, u64)] = &[
    ("after-claim-commit", 6),
    ("draw", 8),
    ("before-final-commit", 8),
    ("after-final-commit", 8),
];
/// Where everybody can.
const ALL: &[(&str, u64)] = &[
    ("before-blob", 10),
    ("half-blob", 10),
    ("after-blob", 10),
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
    /// It does not: the database under all of them is stopped as by a crash after so long, and started again.
    Database(Duration),
    /// It does not: all connections to the database are cut after so long.
    Connections(Duration),
}

impl How {
    /// Whether a process dies of it.
    pub(crate) const fn is_death(&self) -> bool {
        matches!(self, Self::Moment(_) | Self::Failpoint { .. })
    }
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
            How::Database(after) => write!(f, "the database after {after:?}")?,
            How::Connections(after) => write!(f, "all connections after {after:?}")?,
        }
        f.write_str(if self.blobs_fail { " (blobs fail)" } else { "" })
    }
}

/// The rounds of a seed for a site of these processes, on a database of its own or on a file.
pub(crate) fn rounds(seed: u64, count: u64, roles: &[Role], on: On) -> Vec<Round> {
    let mut chance = Chance::of_seed(seed);
    (0..count)
        .map(|_| round(&mut chance.split(), roles, on))
        .collect()
}

/// What the processes stand on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum On {
    /// A file, which dies with its process.
    File,
    /// A server, which can be mistreated as well.
    Database,
}

fn round(chance: &mut Chance, roles: &[Role], on: On) -> Round {
    let deaths = 1 + chance.below(2);
    Round {
        deaths: (0..deaths).map(|_| death(chance, roles, on)).collect(),
        clients: chance.split(),
    }
}

fn death(chance: &mut Chance, roles: &[Role], on: On) -> Death {
    let place = usize::try_from(chance.below(roles.len() as u64)).unwrap_or(0);
    let how = match (on, chance.below(100)) {
        (On::Database, 0..8) => How::Database(chance.up_to(LATEST)),
        (On::Database, 8..18) => How::Connections(chance.up_to(LATEST)),
        (_, 0..35) => How::Moment(chance.up_to(LATEST)),
        _ => {
            let own = match roles[place] {
                Role::Serve { workers: 0 } => &[SERVING, ALL][..],
                Role::Serve { .. } => &[SERVING, WORKING, ALL][..],
                Role::Work { .. } => &[WORKING, ALL][..],
            };
            let own: Vec<_> = own.iter().flat_map(|points| points.iter()).collect();
            let (point, most) = **chance.pick(&own);
            How::Failpoint {
                point,
                at: 1 + chance.below(most),
            }
        }
    };
    let blobs_fail = chance.percent(12) && how.is_death();
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

    const ROLES: [Role; 2] = [Role::Serve { workers: 1 }, Role::Work { slots: 1 }];

    fn shown(seed: u64) -> Vec<String> {
        let rounds = rounds(seed, 300, &ROLES, On::Database);
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
        let rounds = rounds(1, 300, &ROLES, On::Database);
        let deaths: Vec<&Death> = rounds.iter().flat_map(|round| &round.deaths).collect();
        let points: HashSet<&str> = deaths
            .iter()
            .filter_map(|death| match death.how {
                How::Failpoint { point, .. } => Some(point),
                _ => None,
            })
            .collect();
        assert_eq!(points.len(), SERVING.len() + WORKING.len() + ALL.len());
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
