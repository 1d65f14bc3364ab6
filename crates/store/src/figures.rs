//! What is counted of jobs, wherever they are stepped. Counting costs nothing where nobody collects.

use marquetry_job::JobState;
use marquetry_model::Job;

/// A job has ended, and it is durable that it has.
pub(crate) fn ended(job: &Job) {
    let cause = match &job.state {
        // Codes are those that the house's own rooms give, so there are few of them.
        JobState::Failed { cause, .. } => cause.code.clone(),
        _ => "none".to_owned(),
    };
    let (kind, state) = (job.kind().name(), job.state.name());
    metrics::counter!("marquetry_jobs_ended_total", "kind" => kind, "state" => state, "cause" => cause)
        .increment(1);
    let took = job.updated_at.since(job.created_at);
    metrics::histogram!("marquetry_job_seconds", "kind" => kind, "state" => state).record(took.as_secs_f64());
}
