//! What is owed after others have ended: found, asked for, and written down in place of the note that it is owed.

use std::sync::Arc;

use marquetry_job::Timestamp;
use marquetry_model::{After, DeliveryId, JobId, Pending, TenantId, Then};

use crate::persisted::{pending_id, readable};
use crate::{Announcer, Noun, Record, RecordKind, Store, StoreError, Swap};

/// How many are looked at in one go.
const AT_ONCE: u32 = 64;

/// Discharges what is pending. Cheap to clone; any number of processes may do so at once.
#[derive(Clone, Debug)]
pub struct PendingSteps {
    store: Arc<dyn Store>,
    announcer: Arc<dyn Announcer>,
}

impl PendingSteps {
    /// Steps over `store`; `announcer` says who is to hear.
    pub fn new(store: Arc<dyn Store>, announcer: Arc<dyn Announcer>) -> Self {
        Self { store, announcer }
    }

    /// Looks at all that is pending at `now`: where everything it waits for has ended, the deliveries it leads to
    /// appear in the same transaction in which it disappears. Tells how many were discharged. A crash leaves each of
    /// them as it was, or discharged; of two that sweep at once one discharges it.
    ///
    /// # Errors
    /// Those of the store; what was discharged by then stays so.
    pub async fn sweep(&self, now: Timestamp) -> Result<u64, StoreError> {
        let (mut discharged, mut after) = (0, None::<(TenantId, String)>);
        loop {
            let from = after.as_ref().map(|(tenant, id)| (*tenant, id.as_str()));
            let found = self
                .store
                .loose_records(RecordKind::Pending, now, from, AT_ONCE)
                .await?;
            let Some(last) = found.last() else {
                return Ok(discharged);
            };
            after = Some((last.tenant, last.id.clone()));
            for record in found {
                discharged += u64::from(self.discharge(&record, now).await?);
            }
        }
    }

    /// Looks at what is owed after the deliveries of this tenant's job, as [`Self::sweep`] looks at all: for whoever
    /// has heard that one of them has ended. Tells whether it was discharged.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn settle(&self, tenant: TenantId, job: JobId, now: Timestamp) -> Result<bool, StoreError> {
        let id = pending_id(Then::TellOfJob(job));
        match self.store.record(tenant, RecordKind::Pending, &id).await? {
            Some(record) => self.discharge(&record, now).await,
            None => Ok(false),
        }
    }

    /// Discharges it if all that it waits for has ended, and nobody else does.
    async fn discharge(&self, record: &Record, now: Timestamp) -> Result<bool, StoreError> {
        let read = readable(record.id.as_bytes(), Pending::read(record))?;
        let Some(pending) = read else { return Ok(false) };
        if !self.is_over(&pending).await? {
            return Ok(false);
        }
        let owed = self.announcer.owed_after(&pending, now).await?;
        let swap = self
            .store
            .discharge_record(record.tenant, record.kind, &record.id, record.version, &owed)
            .await?;
        Ok(swap == Swap::Swapped)
    }

    /// Whether all that it waits for has ended.
    async fn is_over(&self, pending: &Pending) -> Result<bool, StoreError> {
        match &pending.after {
            After::Jobs(jobs) => {
                for id in jobs {
                    let Some(job) = self.store.job(pending.tenant, *id).await? else {
                        continue;
                    };
                    // A job that is sent somewhere is over when that is, too: of one that did not succeed no
                    // delivery is ever there.
                    let sent = job.send_to.iter().flat_map(|send_to| &send_to.parcels);
                    let sent: Vec<DeliveryId> = sent.map(|parcel| parcel.delivery).collect();
                    if !job.state.is_terminal() || !self.have_ended(job.tenant, &sent).await? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            After::Deliveries(deliveries) => self.have_ended(pending.tenant, deliveries).await,
        }
    }

    async fn have_ended(&self, tenant: TenantId, deliveries: &[DeliveryId]) -> Result<bool, StoreError> {
        for id in deliveries {
            let delivery = self.store.delivery(tenant, *id).await?;
            if delivery.is_some_and(|delivery| !delivery.state.is_terminal()) {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
