//! A blob storage with failpoints around another one: it fails as often as the plan says, and dies
//! before, half-way through and after a write.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;
use futures::{FutureExt as _, StreamExt as _};
use marquetry_store::failpoint::{self, Point};
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};

/// See the file's head.
#[derive(Debug)]
pub(super) struct FailingBlobs(Arc<dyn ObjectStore>);

impl FailingBlobs {
    pub(super) fn around(blobs: Arc<dyn ObjectStore>) -> Arc<dyn ObjectStore> {
        Arc::new(Self(blobs))
    }

    /// Writes the first half the way a large file is written, and takes it back.
    async fn write_half(&self, location: &Path, payload: &PutPayload) -> Result<()> {
        let all: Vec<u8> = payload.iter().flat_map(|part| part.iter().copied()).collect();
        let half = Bytes::copy_from_slice(&all[..all.len() / 2]);
        let options = PutMultipartOptions::default();
        let mut writing = self.0.put_multipart_opts(location, options).await?;
        writing.put_part(half.into()).await?;
        failpoint::pass(Point::HalfBlob);
        writing.abort().await
    }
}

impl fmt::Display for FailingBlobs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "failing {}", self.0)
    }
}

fn call() -> Result<()> {
    if failpoint::takes(Point::BlobCall) {
        Ok(())
    } else {
        Err(Error::Generic {
            store: "failing",
            source: "the plan wants this call to fail".into(),
        })
    }
}

#[async_trait]
impl ObjectStore for FailingBlobs {
    async fn put_opts(&self, location: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        call()?;
        failpoint::pass(Point::BeforeBlob);
        if failpoint::is_armed(Point::HalfBlob) {
            self.write_half(location, &payload).await?;
        }
        let put = self.0.put_opts(location, payload, options).await?;
        failpoint::pass(Point::AfterBlob);
        Ok(put)
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        call()?;
        self.0.put_multipart_opts(location, options).await
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        call()?;
        self.0.get_opts(location, options).await
    }

    async fn get_ranges(&self, location: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        call()?;
        self.0.get_ranges(location, ranges).await
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        match call() {
            Ok(()) => self.0.delete_stream(locations),
            Err(error) => async { Err(error) }.into_stream().boxed(),
        }
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        match call() {
            Ok(()) => self.0.list(prefix),
            Err(error) => async { Err(error) }.into_stream().boxed(),
        }
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        call()?;
        self.0.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        call()?;
        self.0.copy_opts(from, to, options).await
    }
}
