//! The calls of the house succeed on a storage that lets one in ten of its own fail.

use std::sync::Arc;

use bytes::Bytes;
use marquetry_blobs::{Blobs as _, Unreliable};
use marquetry_model::{BlobKey, ContentHash};
use object_store::ObjectStore;
use object_store::memory::InMemory;

#[tokio::test]
async fn one_failure_in_ten_reaches_nobody() {
    let storage = Arc::new(Unreliable::new(Arc::new(InMemory::new()), 10, 1));
    let blobs: Arc<dyn ObjectStore> = Arc::clone(&storage) as _;
    for number in 0..=99 {
        let key = BlobKey::asset(ContentHash::from_bytes([number; 32]));
        let moved = BlobKey::upload(ContentHash::from_bytes([number; 32]));
        let bytes = Bytes::from(vec![number; 3000]);
        blobs.put_blob(&key, bytes.clone()).await.unwrap();
        assert_eq!(blobs.blob_length(&key).await.unwrap(), Some(3000));
        assert_eq!(blobs.blob(&key, 3000).await.unwrap(), Some(bytes.clone()));
        blobs.rename_blob(&key, &moved).await.unwrap();
        assert_eq!(blobs.blob(&moved, 3000).await.unwrap(), Some(bytes));
        blobs.delete_blob(&moved).await.unwrap();
        assert_eq!(blobs.blob_length(&moved).await.unwrap(), None);
    }
    assert!(
        storage.failures() > 50,
        "only {} calls failed",
        storage.failures()
    );
}
