//! Whether what a service stands on answers, told for each thing apart and in time.

use std::sync::Arc;
use std::time::Duration;

use marquetry_blobs::Unreliable;
use marquetry_service::{Answering, Readiness, Service};
use marquetry_store::memory::MemoryStore;
use object_store::memory::InMemory;

/// Longer than either takes here.
const LIMIT: Duration = Duration::from_secs(30);

#[tokio::test]
async fn a_living_house_is_ready() {
    let service = Service::builder(Arc::new(MemoryStore::new()), Arc::new(InMemory::new()));
    let found = service.build().unwrap().readiness(LIMIT).await;
    let expected = Readiness {
        database: Answering::InTime,
        blobs: Answering::InTime,
    };
    assert_eq!(found, expected);
}

#[tokio::test]
async fn a_storage_that_fails_is_named_and_the_database_is_not() {
    // One call in one fails, which is all of them.
    let blobs = Arc::new(Unreliable::new(Arc::new(InMemory::new()), 1, 0));
    let service = Service::builder(Arc::new(MemoryStore::new()), blobs);
    let found = service.build().unwrap().readiness(LIMIT).await;
    let expected = Readiness {
        database: Answering::InTime,
        blobs: Answering::Not,
    };
    assert_eq!(found, expected);
}
