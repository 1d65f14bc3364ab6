//! Being told, inside one process, that something in the store changed.
//!
//! Always a hint and never the truth: a listener looks into the store after it was told, and looks
//! there now and then when it was not.

use marquetry_job::DeliveryState;
use marquetry_model::{Delivery, EventType, JobId, TenantId};
use tokio::sync::broadcast;

/// What changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// A job was added, or became claimable again.
    JobWaiting(JobId),
    /// A running job changed without ending: it was claimed, renewed, or is to be cancelled.
    JobMoved(JobId),
    /// A job ended.
    JobEnded(JobId),
    /// A delivery came to be owed, or waits for another try. Not that one was taken, or that most have ended: that
    /// gives nobody a reason to look.
    Delivery,
    /// A delivery of the file of this tenant's job has ended: something may be owed after it.
    Sent(TenantId, JobId),
    /// The listener was too slow and some changes passed it by: look at everything.
    Missed,
}

impl Change {
    /// What the state of a delivery tells: something while it waits, nothing while somebody has it, and of its end only
    /// where somebody waits for that.
    pub fn of(delivery: &Delivery) -> Option<Self> {
        match &delivery.state {
            DeliveryState::Sending { .. } => None,
            state if !state.is_terminal() => Some(Self::Delivery),
            _ if delivery.event == EventType::RenderExported => {
                Some(Self::Sent(delivery.tenant, delivery.job))
            }
            _ => None,
        }
    }

    /// What the deliveries tell that come to be owed together: that some wait, or else, of those that have ended before
    /// they began, what their end tells.
    pub fn of_owed(owed: &[Delivery]) -> Option<Self> {
        let told = owed.iter().filter_map(Self::of);
        told.reduce(|known, next| if known == Self::Delivery { known } else { next })
    }
}

/// One listener's view of the changes.
#[derive(Debug)]
pub struct Changes(broadcast::Receiver<Change>);

impl Changes {
    /// The next change; `None` when the store has gone. Cancel-safe.
    pub async fn next(&mut self) -> Option<Change> {
        match self.0.recv().await {
            Ok(change) => Some(change),
            Err(broadcast::error::RecvError::Lagged(_)) => Some(Change::Missed),
            Err(broadcast::error::RecvError::Closed) => None,
        }
    }
}

/// What a store rings after each commit. Cheap to clone; all clones are one bell.
#[derive(Clone, Debug)]
pub struct Bell(broadcast::Sender<Change>);

impl Default for Bell {
    fn default() -> Self {
        Self::new()
    }
}

impl Bell {
    /// How many changes a listener may lag behind before it is told [`Change::Missed`].
    const BACKLOG: usize = 1024;

    /// A bell that nobody listens to yet.
    pub fn new() -> Self {
        Self(broadcast::channel(Self::BACKLOG).0)
    }

    /// Tells everybody who listens.
    pub fn ring(&self, change: Change) {
        // No listener is no error.
        let _ = self.0.send(change);
    }

    /// Tells what has become of a job.
    pub fn ring_job(&self, job: &marquetry_model::Job) {
        self.ring(match &job.state {
            marquetry_job::JobState::Queued { .. } => Change::JobWaiting(job.id),
            marquetry_job::JobState::Running { .. } => Change::JobMoved(job.id),
            _ => Change::JobEnded(job.id),
        });
    }

    /// A new listener, which hears what is rung from now on.
    pub fn listen(&self) -> Changes {
        Changes(self.0.subscribe())
    }
}
