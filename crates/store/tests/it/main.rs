//! The in-memory store against the suite that every store runs.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

mod schedules;
mod shares;

use std::sync::Arc;

use marquetry_store::Store;
use marquetry_store::memory::MemoryStore;

async fn fresh() -> (Arc<dyn Store>, ()) {
    (Arc::new(MemoryStore::new()), ())
}

marquetry_store::job_store_suite!(fresh);
marquetry_store::mockup_store_suite!(fresh);
marquetry_store::record_store_suite!(fresh);
marquetry_store::ledger_store_suite!(fresh);
marquetry_store::endpoint_store_suite!(fresh);
marquetry_store::delivery_store_suite!(fresh);
marquetry_store::key_store_suite!(fresh);
