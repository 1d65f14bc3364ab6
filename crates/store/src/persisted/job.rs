//! The row of a job.

use std::time::Duration;

use marquetry_job::{JobState, Timestamp};
use marquetry_model::{
    Amount, Announce, ExportFile, Job, JobId, JobResult, MockupId, Priority, TenantId, Timing,
};
use serde::{Deserialize, Serialize};

use super::destination::SendToForm;
use super::endpoint::CallbackForm;
use super::scalar::{SizeForm, WarningForm, parse};
use super::spec::{read_spec, write_spec};
use super::state::JobStateForm;
use super::timeline::TimelineForm;
use super::{Problem, V, known, moment, read, version, version_column, write};
use crate::StoreError;

/// A job as a row: columns to search and sort by, and two JSON texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobRow {
    /// Its id.
    pub id: [u8; 16],
    /// Whose it is.
    pub tenant: [u8; 16],
    /// What sort of work it is.
    pub kind: String,
    /// The mockup it works on.
    pub subject: Option<[u8; 16]>,
    /// When it is due, in microseconds; `None` once it has ended.
    pub due: Option<i64>,
    /// Whether a worker holds it.
    pub running: bool,
    /// Whether a worker ever held it.
    pub started: bool,
    /// Its priority: 0 high, 1 normal, 2 low.
    pub priority: i64,
    /// When it was made, in microseconds.
    pub created_at: i64,
    /// Its version.
    pub version: i64,
    /// What was asked. Never changes.
    pub spec: String,
    /// Where it stands and what came of it.
    pub record: String,
    /// Whether a holder of it has vanished before.
    pub suspect: bool,
}

/// What a step writes: where a job stands now, without all that never changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepRow {
    /// The job's id.
    pub id: [u8; 16],
    /// Whose it is.
    pub tenant: [u8; 16],
    /// When it is due, in microseconds; `None` once it has ended.
    pub due: Option<i64>,
    /// Whether a worker holds it.
    pub running: bool,
    /// Whether a worker ever held it.
    pub started: bool,
    /// Whether this is the step by which a worker took it for the first time: from now on its turn was served.
    pub begins: bool,
    /// Whether a holder of it has vanished before.
    pub suspect: bool,
    /// Its version.
    pub version: i64,
    /// Where it stands and what came of it.
    pub record: String,
}

impl StepRow {
    /// What is written when a step has led to `job`.
    pub fn of(job: &Job) -> Self {
        let record = RecordForm {
            v: V,
            state: JobStateForm::of(&job.state),
            silent: job.announce == Announce::Silent,
            callback: job.callback.as_ref().map(CallbackForm::of),
            send_to: job.send_to.as_ref().map(SendToForm::of),
            updated_at: job.updated_at.as_micros(),
            charge: job.charge.map(Amount::micros),
            started_at: job.started_at.map(Timestamp::as_micros),
            result: job.result.as_ref().map(ResultForm::of),
            timeline: TimelineForm::of(&job.timeline),
        };
        let running = matches!(job.state, JobState::Running { .. });
        Self {
            id: *job.id.as_bytes(),
            tenant: *job.tenant.as_bytes(),
            due: job.state.due().map(Timestamp::as_micros),
            running,
            started: job.started_at.is_some(),
            begins: running && job.started_at == Some(job.updated_at),
            suspect: job.state.is_suspect(),
            version: version_column(job.version),
            record: write(&record),
        }
    }
}

#[derive(Serialize, Deserialize)]
struct RecordForm {
    v: u32,
    state: JobStateForm,
    #[serde(default)]
    silent: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    callback: Option<CallbackForm>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    send_to: Option<SendToForm>,
    updated_at: i64,
    /// What it costs, in millionths.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    charge: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    started_at: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    result: Option<ResultForm>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    timeline: Option<TimelineForm>,
}

#[derive(Serialize, Deserialize)]
struct ResultForm {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    export: Option<FileForm>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    mockup: Option<String>,
    #[serde(default)]
    warnings: Vec<WarningForm>,
    /// Room and microseconds.
    #[serde(default)]
    timings: Vec<(String, u64)>,
}

#[derive(Serialize, Deserialize)]
struct FileForm {
    key: String,
    content_type: String,
    bytes: u64,
    size: SizeForm,
}

impl JobRow {
    /// The row of a job.
    pub fn of(job: &Job) -> Self {
        let step = StepRow::of(job);
        Self {
            id: step.id,
            tenant: step.tenant,
            kind: job.kind().name().to_owned(),
            subject: job.spec.subject().map(|mockup| *mockup.as_bytes()),
            due: step.due,
            running: step.running,
            started: step.started,
            priority: priority_column(job.priority),
            created_at: job.created_at.as_micros(),
            version: step.version,
            spec: write_spec(&job.spec),
            record: step.record,
            suspect: step.suspect,
        }
    }

    /// The job of the row.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`] when a newer program wrote it, or it is damaged.
    pub fn job(&self) -> Result<Job, StoreError> {
        self.read()
            .map_err(|problem| problem.of(&JobId::from_bytes(self.id)).in_a("job"))
    }

    fn read(&self) -> Result<Job, Problem> {
        let record: RecordForm = read(&self.record)?;
        known(record.v)?;
        Ok(Job {
            id: JobId::from_bytes(self.id),
            tenant: TenantId::from_bytes(self.tenant),
            spec: read_spec(&self.spec)?,
            state: record.state.back()?,
            version: version(self.version)?,
            priority: priority(self.priority)?,
            announce: if record.silent {
                Announce::Silent
            } else {
                Announce::Events
            },
            callback: record.callback.map(CallbackForm::back).transpose()?,
            send_to: record.send_to.map(SendToForm::back).transpose()?,
            charge: record.charge.map(charge).transpose()?,
            created_at: moment(self.created_at),
            updated_at: moment(record.updated_at),
            started_at: record.started_at.map(moment),
            result: record.result.map(ResultForm::back).transpose()?,
            timeline: record.timeline.unwrap_or_default().back()?,
        })
    }
}

fn charge(micros: u64) -> Result<Amount, Problem> {
    Amount::from_micros(micros).ok_or_else(|| Problem(format!("it costs {micros} millionths")))
}

/// A priority as databases sort: the most urgent is the least.
pub fn priority_column(priority: Priority) -> i64 {
    match priority {
        Priority::High => 0,
        Priority::Normal => 1,
        Priority::Low => 2,
    }
}

fn priority(column: i64) -> Result<Priority, Problem> {
    let known = Priority::ALL
        .into_iter()
        .find(|known| priority_column(*known) == column);
    known.ok_or_else(|| Problem(format!("it has priority {column}")))
}

impl ResultForm {
    fn of(result: &JobResult) -> Self {
        Self {
            export: result.export.as_ref().map(|file| FileForm {
                key: file.key.to_string(),
                content_type: file.content_type.clone(),
                bytes: file.bytes,
                size: SizeForm::of(file.size),
            }),
            mockup: result.mockup.map(|mockup| mockup.to_string()),
            warnings: WarningForm::all(&result.warnings),
            timings: result
                .timings
                .iter()
                .map(|timing| {
                    (
                        timing.room.clone(),
                        u64::try_from(timing.took.as_micros()).unwrap_or(u64::MAX),
                    )
                })
                .collect(),
        }
    }

    fn back(self) -> Result<JobResult, Problem> {
        let export = match self.export {
            None => None,
            Some(file) => Some(ExportFile {
                key: parse("blob key", &file.key)?,
                content_type: file.content_type,
                bytes: file.bytes,
                size: file.size.back(),
            }),
        };
        let timing = |(room, micros)| Timing {
            room,
            took: Duration::from_micros(micros),
        };
        Ok(JobResult {
            export,
            mockup: self
                .mockup
                .map(|id| parse::<MockupId>("mockup", &id))
                .transpose()?,
            warnings: self.warnings.into_iter().map(WarningForm::back).collect(),
            timings: self.timings.into_iter().map(timing).collect(),
        })
    }
}
