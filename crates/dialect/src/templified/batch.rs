//! The body of the callback that tells of the end of a batch.

use marquetry_job::JobState;
use marquetry_model::{Batch, BatchId, Job, Sending};
use serde::Serialize;
use serde_json::Value;

use super::callback_body;
use crate::{Links, iso8601};

/// How this dialect spells the id of a batch: as it spells those of jobs, which are polled on the same route.
pub fn batch_id(id: BatchId) -> String {
    format!("clx_{}", crate::mac::hex(id.as_bytes()))
}

/// The body that tells of the end of `batch`, whose `jobs`, in its order, have all ended; those that were forgotten
/// meanwhile count as failed and have no member in it. Where the file of each has got to stands in its place among
/// `sendings`.
pub fn batch_body(
    batch: &Batch,
    jobs: &[Job],
    sendings: &[Option<Sending>],
    links: &Links,
) -> Option<Vec<u8>> {
    let completed = jobs
        .iter()
        .filter(|job| matches!(job.state, JobState::Succeeded { .. }))
        .count();
    let sendings = sendings.iter().map(Option::as_ref).chain(std::iter::repeat(None));
    let told = jobs
        .iter()
        .zip(sendings)
        .filter_map(|(job, sending)| serde_json::from_slice(&callback_body(job, sending, links)?).ok());
    let body = Body {
        event: "batch.complete",
        batch_id: batch_id(batch.id),
        design_group_id: batch.group.as_ref().map(ToString::to_string),
        status: if completed == batch.jobs.len() {
            "complete"
        } else {
            "failed"
        },
        total: batch.jobs.len(),
        completed,
        failed: batch.jobs.len().saturating_sub(completed),
        jobs: told.collect(),
        completed_at: jobs.iter().map(|job| job.updated_at).max().map(iso8601),
    };
    // Texts and numbers: writing them cannot fail.
    serde_json::to_vec(&body).ok()
}

#[derive(Serialize)]
struct Body {
    event: &'static str,
    batch_id: String,
    design_group_id: Option<String>,
    status: &'static str,
    total: usize,
    completed: usize,
    failed: usize,
    jobs: Vec<Value>,
    completed_at: Option<String>,
}
