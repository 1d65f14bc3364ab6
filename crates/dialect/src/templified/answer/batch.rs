//! Batches: every template of a group from one request, polled as one.

use marquetry_job::ShownState;
use marquetry_model::{Batch, BatchStanding, Job, JobSpec, Sending};
use serde::Serialize;

use super::POLL_SECONDS;
use super::job::{Acknowledgement, Poll, acknowledging, poll_url, status_word};
use crate::templified::{batch_id, job_id};
use crate::{Answer, Links, iso8601};

/// 202, shape A, with each member beside it: all of them are durable.
pub fn accepted_batch(batch: &Batch, jobs: &[Job]) -> Answer {
    let id = batch_id(batch.id);
    acknowledging(&AcceptedBatch {
        poll_url: poll_url(&id),
        job_id: id.clone(),
        status: status_word(ShownState::Queued),
        batch_id: id,
        jobs: jobs.iter().map(Member::of).collect(),
    })
}

/// 200: the batch as it stands, with each member as it is polled: each of `jobs` with that of `sendings` in its place.
/// Members that were forgotten are not in it.
pub fn poll_batch(batch: &Batch, jobs: &[Job], sendings: &[Option<Sending>], links: &Links) -> Answer {
    let id = batch_id(batch.id);
    let standing = BatchStanding::of(jobs);
    let total = jobs.len();
    let (status, error) = match standing {
        BatchStanding::Waiting => (ShownState::Queued, None),
        BatchStanding::Running => (ShownState::Processing, None),
        BatchStanding::Succeeded => (ShownState::Succeeded, None),
        BatchStanding::Failed { failed } => (
            ShownState::Failed,
            Some(format!("{failed} of {total} renders failed")),
        ),
    };
    let has_ended = matches!(standing, BatchStanding::Succeeded | BatchStanding::Failed { .. });
    let last = jobs.iter().map(|job| job.updated_at).max();
    let sendings = sendings.iter().map(Option::as_ref).chain(std::iter::repeat(None));
    let members = jobs.iter().zip(sendings);
    let members = members.filter_map(|(job, sending)| Poll::of(job, sending, links));
    let answer = Answer::json(
        200,
        &PolledBatch {
            job_id: id.clone(),
            status: status_word(status),
            batch_id: id,
            design_group_id: batch.group.as_ref().map(ToString::to_string),
            error,
            created_at: iso8601(batch.created_at),
            completed_at: last.filter(|_| has_ended).map(iso8601),
            jobs: members.collect(),
        },
    )
    .with_header("Cache-Control", "no-store");
    if has_ended {
        answer
    } else {
        answer.with_header("Retry-After", POLL_SECONDS)
    }
}

#[derive(Serialize)]
struct AcceptedBatch {
    job_id: String,
    status: &'static str,
    poll_url: String,
    batch_id: String,
    jobs: Vec<Member>,
}

impl Acknowledgement for AcceptedBatch {
    fn poll_url(&self) -> &str {
        &self.poll_url
    }
}

#[derive(Serialize)]
struct Member {
    job_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    template_id: Option<String>,
    poll_url: String,
}

impl Member {
    fn of(job: &Job) -> Self {
        let id = job_id(job.id);
        Self {
            poll_url: poll_url(&id),
            job_id: id,
            template_id: match &job.spec {
                JobSpec::Template(spec) => Some(spec.pinned.template.to_string()),
                _ => None,
            },
        }
    }
}

#[derive(Serialize)]
struct PolledBatch<'a> {
    job_id: String,
    status: &'static str,
    batch_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    design_group_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    created_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    completed_at: Option<String>,
    jobs: Vec<Poll<'a>>,
}
