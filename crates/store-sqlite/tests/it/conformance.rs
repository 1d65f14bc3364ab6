//! The suite that every store runs.

use std::sync::Arc;

use marquetry_store::Store;
use marquetry_store_sqlite::SqliteStore;

async fn fresh() -> (Arc<dyn Store>, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&folder.path().join("store.db")).unwrap();
    (Arc::new(store), folder)
}

marquetry_store::job_store_suite!(fresh);
marquetry_store::mockup_store_suite!(fresh);
marquetry_store::record_store_suite!(fresh);
marquetry_store::ledger_store_suite!(fresh);
marquetry_store::endpoint_store_suite!(fresh);
marquetry_store::delivery_store_suite!(fresh);
marquetry_store::key_store_suite!(fresh);
