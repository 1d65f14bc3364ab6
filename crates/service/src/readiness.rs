//! Whether what the service stands on answers.

use std::time::Duration;

use marquetry_blobs::Blobs as _;
use marquetry_model::{JobId, TenantId};
use tokio::time::timeout;

use crate::Service;

/// What answered in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Readiness {
    /// The database.
    pub database: Answering,
    /// The blob storage.
    pub blobs: Answering,
}

/// Whether something answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answering {
    /// It did.
    InTime,
    /// It failed, or took too long.
    Not,
}

impl Service {
    /// Asks database and blob storage, each a question that only a living one can answer, for at most `limit`. What
    /// went wrong goes to the log.
    pub async fn readiness(&self, limit: Duration) -> Readiness {
        let database = async {
            // A job that there is not.
            let nobody = TenantId::from_bytes([0; 16]);
            self.store().job(nobody, JobId::from_bytes([0; 16])).await
        };
        let blobs = self.inner.blobs.answers();
        let (database, blobs) = tokio::join!(timeout(limit, database), timeout(limit, blobs));
        Readiness {
            database: judged("database", database),
            blobs: judged("blobs", blobs),
        }
    }

    /// How many jobs wait or run, those of all tenants together.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn live_jobs(&self) -> Result<u64, crate::ServiceError> {
        Ok(self.store().count_live_jobs(None).await?)
    }
}

fn judged<T, E: std::error::Error>(
    what: &str,
    asked: Result<Result<T, E>, tokio::time::error::Elapsed>,
) -> Answering {
    match asked {
        Ok(Ok(_)) => Answering::InTime,
        Ok(Err(error)) => {
            tracing::warn!(what, %error, "not ready");
            Answering::Not
        }
        Err(_) => {
            tracing::warn!(what, "not ready: no answer in time");
            Answering::Not
        }
    }
}
