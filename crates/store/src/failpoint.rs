//! Named moments at which a test makes a process die or a call fail, for the steps that must survive it.
//!
//! They live beside the stores because these moments are those of what must be remembered: before and
//! after a job is accepted, claimed, put away, ended, told. Whoever passes one calls [`pass`]. Without
//! the feature `failpoints` that is an empty function and everything else here is not compiled, so a
//! program that is shipped has no failpoints, whatever its environment says.
//!
//! With the feature a plan is armed once, before anything is passed: `arm("after-claim:kill@3")`.
//! Nothing here reads the environment; the program that was built to be tortured does.

/// A moment that a plan can name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Point {
    /// A job is about to be made durable.
    BeforeAccept,
    /// A job is durable, and nobody has been told.
    AfterAccept,
    /// A job has been claimed, and nothing was done for it.
    AfterClaim,
    /// A picture is about to be drawn; passed with the name of its mockup.
    Draw,
    /// A blob is about to be written.
    BeforeBlob,
    /// A blob is being written: half of its bytes are out.
    HalfBlob,
    /// A blob is stored, and no row points at it.
    AfterBlob,
    /// A job is about to end.
    BeforeFinish,
    /// A job has ended, and its worker does not know yet.
    AfterFinish,
    /// A message is about to leave.
    BeforeSend,
    /// The receiver has answered, and nobody has written that down.
    AfterSend,
    /// A file is about to be brought to its destination.
    BeforeBring,
    /// A file is at its destination, and nobody has written that down.
    AfterBring,
    /// Any call to the blob storage.
    BlobCall,
}

impl Point {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::BeforeAccept,
        Self::AfterAccept,
        Self::AfterClaim,
        Self::Draw,
        Self::BeforeBlob,
        Self::HalfBlob,
        Self::AfterBlob,
        Self::BeforeFinish,
        Self::AfterFinish,
        Self::BeforeSend,
        Self::AfterSend,
        Self::BeforeBring,
        Self::AfterBring,
        Self::BlobCall,
    ];

    /// Its name in a plan.
    pub const fn name(self) -> &'static str {
        match self {
            Self::BeforeAccept => "before-accept-commit",
            Self::AfterAccept => "after-accept-commit",
            Self::AfterClaim => "after-claim-commit",
            Self::Draw => "draw",
            Self::BeforeBlob => "before-blob",
            Self::HalfBlob => "half-blob",
            Self::AfterBlob => "after-blob",
            Self::BeforeFinish => "before-final-commit",
            Self::AfterFinish => "after-final-commit",
            Self::BeforeSend => "before-send",
            Self::AfterSend => "after-send",
            Self::BeforeBring => "before-bring",
            Self::AfterBring => "after-bring",
            Self::BlobCall => "blob-call",
        }
    }
}

/// Passes a failpoint: nothing happens, unless the feature is on and a plan says otherwise.
#[cfg(not(feature = "failpoints"))]
#[inline(always)]
pub const fn pass(_: Point) {}

/// Passes a failpoint with a name that a plan may ask for.
#[cfg(not(feature = "failpoints"))]
#[inline(always)]
pub const fn pass_named(_: Point, _: &str) {}

#[cfg(feature = "failpoints")]
pub use armed::{PlanError, arm, is_armed, pass, pass_named, takes};

#[cfg(feature = "failpoints")]
mod armed {
    //! The plan of this process, and the counts of what was passed.

    use std::str::FromStr;
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::Point;

    static PLAN: OnceLock<Plan> = OnceLock::new();

    /// Why a plan cannot be armed.
    #[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
    #[non_exhaustive]
    pub enum PlanError {
        /// Whoever wrote it did not write `POINT:kill@N`, `POINT=NAME:kill@N` or `POINT:fail%N`.
        #[error("{text:?} is no failpoint: write POINT:kill@N, POINT=NAME:kill@N or POINT:fail%N, N from 1")]
        Malformed {
            /// The part that was not understood.
            text: String,
        },
        /// There is no such point.
        #[error("there is no failpoint {name:?}")]
        Unknown {
            /// What it was called.
            name: String,
        },
        /// A plan was armed before.
        #[error("failpoints are armed already")]
        Twice,
    }

    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    enum Action {
        /// The process is gone at the Nth passing, as by `kill -9`: nothing unwinds, nothing is flushed.
        Kill(u64),
        /// One call in N comes to nothing.
        Fail(u64),
    }

    #[derive(Debug)]
    struct Armed {
        point: Point,
        name: Option<String>,
        action: Action,
        passed: AtomicU64,
    }

    #[derive(Debug)]
    struct Plan(Vec<Armed>);

    impl FromStr for Armed {
        type Err = PlanError;

        fn from_str(text: &str) -> Result<Self, PlanError> {
            let malformed = || PlanError::Malformed {
                text: text.to_owned(),
            };
            let (place, what) = text.split_once(':').ok_or_else(malformed)?;
            let (point, name) = match place.split_once('=') {
                Some((point, name)) => (point, Some(name.to_owned())),
                None => (place, None),
            };
            let found = Point::ALL.into_iter().find(|known| known.name() == point);
            let point = found.ok_or_else(|| PlanError::Unknown {
                name: point.to_owned(),
            })?;
            let count = |digits: &str| digits.parse().ok().filter(|count| *count > 0);
            let action = match (what.split_once('@'), what.split_once('%')) {
                (Some(("kill", count_of)), _) => count(count_of).map(Action::Kill),
                (_, Some(("fail", count_of))) => count(count_of).map(Action::Fail),
                _ => None,
            };
            Ok(Self {
                point,
                name,
                action: action.ok_or_else(malformed)?,
                passed: AtomicU64::new(0),
            })
        }
    }

    impl FromStr for Plan {
        type Err = PlanError;

        fn from_str(text: &str) -> Result<Self, PlanError> {
            let parts = text.split(',').filter(|part| !part.is_empty());
            parts.map(str::parse).collect::<Result<_, _>>().map(Self)
        }
    }

    impl Plan {
        /// Counts a passing. The first thing that is to happen at it.
        fn passes(&self, point: Point, name: Option<&str>) -> Option<Action> {
            let here = self.0.iter().filter(|armed| {
                armed.point == point && (armed.name.is_none() || armed.name.as_deref() == name)
            });
            let mut happens = None;
            for armed in here {
                let passed = armed.passed.fetch_add(1, Ordering::Relaxed) + 1;
                let now = match armed.action {
                    Action::Kill(at) => passed == at,
                    Action::Fail(one_in) => passed.is_multiple_of(one_in),
                };
                happens = happens.or(now.then_some(armed.action));
            }
            happens
        }
    }

    /// Arms what a plan says: parts between commas, as in `after-claim-commit:kill@3,blob-call:fail%10`.
    ///
    /// # Errors
    /// When the plan is not understood, or one was armed before.
    pub fn arm(plan: &str) -> Result<(), PlanError> {
        PLAN.set(plan.parse()?).map_err(|_| PlanError::Twice)
    }

    /// Whether anything at all may happen here.
    pub fn is_armed(point: Point) -> bool {
        let plan = PLAN.get();
        plan.is_some_and(|plan| plan.0.iter().any(|armed| armed.point == point))
    }

    /// Passes a failpoint. Does not return when the process is to die here.
    pub fn pass(point: Point) {
        happen(point, None);
    }

    /// Passes a failpoint with a name that a plan may ask for.
    pub fn pass_named(point: Point, name: &str) {
        happen(point, Some(name));
    }

    /// Passes a failpoint at which calls may fail. `false` when this one is to.
    #[must_use]
    pub fn takes(point: Point) -> bool {
        happen(point, None).is_none()
    }

    fn happen(point: Point, name: Option<&str>) -> Option<Action> {
        let action = PLAN.get()?.passes(point, name)?;
        if let Action::Kill(_) = action {
            // No destructor runs and no buffer is written: what the disk has is all there is.
            std::process::abort();
        }
        Some(action)
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn a_plan_kills_at_its_passing_and_fails_one_call_in_so_many() {
            let plan: Plan = "after-claim-commit:kill@2,blob-call:fail%3,draw=mug:kill@1"
                .parse()
                .unwrap();
            assert_eq!(plan.passes(Point::AfterClaim, None), None);
            assert_eq!(plan.passes(Point::AfterClaim, None), Some(Action::Kill(2)));
            assert_eq!(plan.passes(Point::AfterClaim, None), None);
            let calls: Vec<bool> = (0..6)
                .map(|_| plan.passes(Point::BlobCall, None).is_some())
                .collect();
            assert_eq!(calls, [false, false, true, false, false, true]);
            assert_eq!(plan.passes(Point::Draw, Some("poster")), None);
            assert_eq!(plan.passes(Point::Draw, Some("mug")), Some(Action::Kill(1)));
            assert_eq!(plan.passes(Point::BeforeSend, None), None);
        }

        #[test]
        fn nonsense_is_told_apart() {
            for text in ["draw", "draw:kill", "draw:kill@0", "draw:fail@3", "draw:kill@x"] {
                let told = text.parse::<Plan>().unwrap_err();
                assert_eq!(told, PlanError::Malformed { text: text.into() });
            }
            let told = "after-lunch:kill@1".parse::<Plan>().unwrap_err();
            assert_eq!(
                told,
                PlanError::Unknown {
                    name: "after-lunch".into()
                }
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::Point;

    #[test]
    fn every_point_has_a_name_of_its_own() {
        let names: HashSet<&str> = Point::ALL.iter().map(|point| point.name()).collect();
        assert_eq!(names.len(), Point::ALL.len());
    }
}
