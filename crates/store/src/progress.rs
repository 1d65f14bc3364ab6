//! How far the jobs of this process have come, for whoever looks on in it. Nothing of it is stored: what another
//! process may know stands in the job's record, written with the renewals of its lease.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use marquetry_model::{JobId, Progress};
use tokio::sync::broadcast;

/// What the workers of a process write on and its watchers read. Cheap to clone; all clones are one board. It holds
/// one line for each job that is being worked on.
#[derive(Clone, Debug)]
pub struct ProgressBoard(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    lines: Mutex<HashMap<JobId, Progress>>,
    bell: broadcast::Sender<JobId>,
}

/// The line of one job, wiped when this value goes.
#[derive(Debug)]
pub struct ProgressLine {
    board: ProgressBoard,
    job: JobId,
}

/// One listener's view of a board.
#[derive(Debug)]
pub struct ProgressChanges(broadcast::Receiver<JobId>);

impl Default for ProgressBoard {
    fn default() -> Self {
        Self::new()
    }
}

impl ProgressBoard {
    /// How many changes a listener may lag behind before it is told to look anyway.
    const BACKLOG: usize = 256;

    /// An empty board.
    pub fn new() -> Self {
        Self(Arc::new(Inner {
            lines: Mutex::default(),
            bell: broadcast::channel(Self::BACKLOG).0,
        }))
    }

    /// A line for a job whose work begins.
    pub fn line(&self, job: JobId) -> ProgressLine {
        ProgressLine {
            board: self.clone(),
            job,
        }
    }

    /// How far a job has come, if it is worked on in this process.
    pub fn of(&self, job: JobId) -> Option<Progress> {
        self.lines().get(&job).cloned()
    }

    /// Hears of changes from now on.
    pub fn changes(&self) -> ProgressChanges {
        ProgressChanges(self.0.bell.subscribe())
    }

    fn lines(&self) -> MutexGuard<'_, HashMap<JobId, Progress>> {
        self.0.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ProgressLine {
    /// The job has come to a stage. It never goes back: less than what stands there already is not written.
    pub fn reach(&self, stage: &str, percent: u8) {
        {
            let mut lines = self.board.lines();
            if lines.get(&self.job).is_some_and(|line| line.percent >= percent) {
                return;
            }
            let line = Progress {
                stage: stage.to_owned(),
                percent,
            };
            lines.insert(self.job, line);
        }
        // No listener is no error.
        let _ = self.board.0.bell.send(self.job);
    }

    /// What stands there.
    pub fn reached(&self) -> Option<Progress> {
        self.board.of(self.job)
    }
}

impl Drop for ProgressLine {
    fn drop(&mut self) {
        self.board.lines().remove(&self.job);
    }
}

impl ProgressChanges {
    /// Returns when the line of `job` may have changed; never, once the board has gone. Cancel-safe.
    pub async fn of(&mut self, job: JobId) {
        loop {
            match self.0.recv().await {
                Ok(changed) if changed == job => return,
                Ok(_) => {}
                Err(broadcast::error::RecvError::Lagged(_)) => return,
                Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_line_goes_forwards_and_is_wiped_at_its_end() {
        let (board, job) = (ProgressBoard::new(), JobId::from_random([1; 16]));
        let mut changes = board.changes();
        let line = board.line(job);
        assert_eq!(board.of(job), None);
        line.reach("draw", 50);
        changes.of(job).await;
        line.reach("decode", 20);
        assert_eq!(board.of(job).map(|line| line.percent), Some(50));
        drop(line);
        assert_eq!(board.of(job), None);
    }
}
