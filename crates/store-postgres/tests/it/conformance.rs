//! The suite that every store runs.

use std::sync::Arc;

use marquetry_store::Store;
use marquetry_testkit::postgres::Database;

use crate::world::{database, open};

async fn fresh() -> Option<(Arc<dyn Store>, Database)> {
    let database = database().await?;
    Some((Arc::new(open(&database).await), database))
}

marquetry_store::job_store_suite!(fresh);
marquetry_store::mockup_store_suite!(fresh);
marquetry_store::record_store_suite!(fresh);
marquetry_store::ledger_store_suite!(fresh);
marquetry_store::endpoint_store_suite!(fresh);
marquetry_store::delivery_store_suite!(fresh);
marquetry_store::key_store_suite!(fresh);
