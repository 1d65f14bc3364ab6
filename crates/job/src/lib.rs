//! The life of a job, and of a delivery, as pure functions: a state, an event and a moment in, the
//! next state out. Nothing here reads a clock, a store or a picture.
//!
//! # What is promised
//!
//! * A terminal state never changes ([`JobState::step`] answers [`IllegalStep`]).
//! * A job whose cancel was accepted never succeeds.
//! * Every job ends, given that its workers report, its leases lapse, and it is not handed back for ever.
//! * Only the holder of the current lease moves a running job: a worker that was thought dead and
//!   comes back carries an old epoch and is refused.
//! * The number of attempts never goes down (a delivery that is replayed starts its schedule anew,
//!   because somebody asked for just that).
//!
//! ```
//! use std::time::Duration;
//! use marquetry_job::{JobEvent, JobState, Jitter, RetrySchedule, ShownState, Timestamp, WorkerId};
//!
//! let retry = RetrySchedule::default();
//! let worker = WorkerId::from_random([7; 16]);
//! let noon = Timestamp::from_micros(1_000_000);
//!
//! let queued = JobState::accepted(noon);
//! let claim = JobEvent::Claimed { worker, until: noon + Duration::from_secs(15) };
//! let running = queued.step(claim, noon, &retry, Jitter::MIDDLE)?;
//! let hold = running.hold().expect("a running job is held");
//! let done = running.step(JobEvent::Finished { by: hold }, noon, &retry, Jitter::MIDDLE)?;
//! assert_eq!(done.shown(), ShownState::Succeeded);
//! # Ok::<(), marquetry_job::IllegalStep>(())
//! ```

mod delivery;
mod event;
mod failure;
mod health;
mod lease;
mod retry;
mod state;
mod timestamp;

pub use delivery::{DeathCause, DeliveryEvent, DeliverySchedule, DeliveryShown, DeliveryState};
pub use event::{IllegalStep, JobEvent, WhyIllegal};
pub use failure::{Again, Cause, Failure, code};
pub use health::{Diagnosis, Health, Patience};
pub use lease::{Attempt, Hold, Lease, Tally, WorkerId};
pub use retry::{Jitter, RetrySchedule};
pub use state::{Cancel, JobState, ShownState};
pub use timestamp::Timestamp;
