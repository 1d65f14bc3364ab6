//! The records of batches and of what is owed after others.

use marquetry_model::{After, Batch, BatchId, JobId, Pending, Then, Version};
use serde::{Deserialize, Serialize};

use super::Problem;
use super::endpoint::CallbackForm;
use super::scalar::parse;
use super::template::{fold, unfold};
use crate::{Noun, Record, RecordKind, StoreError};

#[derive(Serialize, Deserialize)]
struct BatchForm {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    group: Option<String>,
    jobs: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    callback: Option<CallbackForm>,
}

impl Noun for Batch {
    const KIND: RecordKind = RecordKind::Batch;

    fn record(&self) -> Record {
        Record {
            tenant: self.tenant,
            kind: Self::KIND,
            id: self.id.to_string(),
            version: Self::VERSION,
            created_at: self.created_at,
            updated_at: self.created_at,
            refers: Vec::new(),
            form: fold(BatchForm {
                group: self.group.as_ref().map(ToString::to_string),
                jobs: self.jobs.iter().map(ToString::to_string).collect(),
                callback: self.callback.as_ref().map(CallbackForm::of),
            }),
        }
    }

    fn read(record: &Record) -> Result<Self, StoreError> {
        unfold(record, |form: BatchForm| {
            Ok(Self {
                tenant: record.tenant,
                id: parse("batch", &record.id)?,
                group: form
                    .group
                    .map(|group| parse("design group", &group))
                    .transpose()?,
                jobs: all("job", &form.jobs)?,
                callback: form.callback.map(CallbackForm::back).transpose()?,
                created_at: record.created_at,
            })
        })
    }
}

#[derive(Serialize, Deserialize)]
struct PendingForm {
    after: AfterForm,
    then: ThenForm,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum AfterForm {
    Jobs(Vec<String>),
    Deliveries(Vec<String>),
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ThenForm {
    TellOfBatch(String),
    TellOfJob(String),
}

/// The name of the record: of one thing only one message is owed.
pub(crate) fn pending_id(then: Then) -> String {
    match then {
        Then::TellOfBatch(batch) => format!("batch_{batch}"),
        Then::TellOfJob(job) => format!("job_{job}"),
    }
}

impl Noun for Pending {
    const KIND: RecordKind = RecordKind::Pending;

    fn record(&self) -> Record {
        let then = match self.then {
            Then::TellOfBatch(batch) => ThenForm::TellOfBatch(batch.to_string()),
            Then::TellOfJob(job) => ThenForm::TellOfJob(job.to_string()),
        };
        let after = match &self.after {
            After::Jobs(jobs) => AfterForm::Jobs(jobs.iter().map(ToString::to_string).collect()),
            After::Deliveries(all) => AfterForm::Deliveries(all.iter().map(ToString::to_string).collect()),
        };
        Record {
            tenant: self.tenant,
            kind: Self::KIND,
            id: pending_id(self.then),
            version: Version::FIRST,
            created_at: self.created_at,
            updated_at: self.created_at,
            refers: Vec::new(),
            form: fold(PendingForm { after, then }),
        }
    }

    fn read(record: &Record) -> Result<Self, StoreError> {
        unfold(record, |form: PendingForm| {
            Ok(Self {
                tenant: record.tenant,
                then: match form.then {
                    ThenForm::TellOfBatch(id) => Then::TellOfBatch(parse::<BatchId>("batch", &id)?),
                    ThenForm::TellOfJob(id) => Then::TellOfJob(parse::<JobId>("job", &id)?),
                },
                after: match form.after {
                    AfterForm::Jobs(ids) => After::Jobs(all("job", &ids)?),
                    AfterForm::Deliveries(ids) => After::Deliveries(all("delivery", &ids)?),
                },
                created_at: record.created_at,
            })
        })
    }
}

fn all<I: std::str::FromStr>(what: &str, ids: &[String]) -> Result<Vec<I>, Problem>
where
    I::Err: std::fmt::Display,
{
    ids.iter().map(|id| parse(what, id)).collect()
}
