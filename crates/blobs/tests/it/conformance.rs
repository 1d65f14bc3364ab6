//! The suite on every storage there is.

mod memory {
    use std::sync::Arc;

    use object_store::{ObjectStore, memory::InMemory};

    async fn fresh() -> (Arc<dyn ObjectStore>, ()) {
        (Arc::new(InMemory::new()), ())
    }

    marquetry_blobs::blob_suite!(fresh);
}

mod folder {
    use std::sync::Arc;

    use marquetry_blobs::Storage;
    use object_store::ObjectStore;
    use tempfile::TempDir;

    async fn fresh() -> (Arc<dyn ObjectStore>, TempDir) {
        let folder = tempfile::tempdir().unwrap();
        let storage = Storage::folder(&folder.path().join("not/there/yet")).unwrap();
        (storage.blobs, folder)
    }

    marquetry_blobs::blob_suite!(fresh);
}

#[cfg(feature = "s3")]
mod s3 {
    use std::sync::Arc;

    use marquetry_testkit::s3::Bucket;
    use object_store::ObjectStore;

    use crate::s3::open;

    async fn fresh() -> (Arc<dyn ObjectStore>, Bucket) {
        let bucket = Bucket::start().await;
        (open(&bucket, "").blobs, bucket)
    }

    marquetry_blobs::blob_suite!(fresh);
}

#[cfg(feature = "s3")]
mod s3_under_a_prefix {
    use std::sync::Arc;

    use marquetry_testkit::s3::Bucket;
    use object_store::ObjectStore;

    use crate::s3::open;

    async fn fresh() -> (Arc<dyn ObjectStore>, Bucket) {
        let bucket = Bucket::start().await;
        (open(&bucket, "/mockups/eu").blobs, bucket)
    }

    marquetry_blobs::blob_suite!(fresh);
}
