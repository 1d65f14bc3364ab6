//! What is counted of attempts. Counting costs nothing where nobody collects.

use marquetry_job::{Again, Cause, Timestamp};
use marquetry_model::{Job, Timing};

use crate::pulse::Pulse;

/// One job that runs, for as long as this value lives.
#[derive(Debug)]
pub(crate) struct Running;

/// A job was claimed and its attempt begins at `now`.
pub(crate) fn began(job: &Job, now: Timestamp, pulse: &Pulse) -> Running {
    let kind = job.kind().name();
    metrics::counter!("marquetry_jobs_claimed_total", "kind" => kind).increment(1);
    if job.state.tally().is_some_and(|tally| tally.starts == 1) {
        let waited = now.since(job.created_at);
        metrics::histogram!("marquetry_job_start_seconds", "kind" => kind).record(waited.as_secs_f64());
        pulse.one_begun(waited);
    }
    metrics::gauge!("marquetry_jobs_running").increment(1.0);
    Running
}

impl Drop for Running {
    fn drop(&mut self) {
        metrics::gauge!("marquetry_jobs_running").decrement(1.0);
    }
}

/// A walk has come to its end.
pub(crate) fn walked(timings: &[Timing]) {
    for timing in timings {
        // Rooms are a dozen fixed names.
        metrics::histogram!("marquetry_room_seconds", "room" => timing.room.clone())
            .record(timing.took.as_secs_f64());
    }
}

/// An attempt broke.
pub(crate) fn broke(cause: &Cause) {
    let again = match cause.again {
        Again::Later => "later",
        Again::Never => "never",
    };
    let code = cause.failure.code.clone();
    metrics::counter!("marquetry_attempts_broken_total", "cause" => code, "again" => again).increment(1);
}

/// A lease was found to be lost.
pub(crate) fn lost() {
    metrics::counter!("marquetry_leases_lost_total").increment(1);
}
