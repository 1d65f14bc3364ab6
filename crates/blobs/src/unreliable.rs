//! A storage that fails now and then, on purpose: to see that nothing is lost when a real one does.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;
use futures::{FutureExt as _, StreamExt as _, stream};
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, GetResultPayload, ListResult, MultipartUpload, ObjectMeta,
    ObjectStore, PutMultipartOptions, PutOptions, PutPayload, PutResult, Result, UploadPart,
};

/// Lets one call in so many fail, half of those before anything is done and half after it was done and cannot be told
/// any more. Which ones follows from the seed and the order of the calls.
#[derive(Debug)]
pub struct Unreliable {
    inner: Arc<dyn ObjectStore>,
    chance: Arc<Chance>,
}

#[derive(Debug)]
struct Chance {
    one_in: u64,
    seed: u64,
    calls: AtomicU64,
    failed: AtomicU64,
}

/// What becomes of one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Succeeds,
    FailsBefore,
    FailsAfter,
}

impl Chance {
    fn draw(&self) -> Fate {
        let call = self.calls.fetch_add(1, Ordering::Relaxed);
        let drawn = scramble(self.seed ^ scramble(call));
        if !drawn.is_multiple_of(self.one_in) {
            return Fate::Succeeds;
        }
        self.failed.fetch_add(1, Ordering::Relaxed);
        if drawn >> 63 == 0 {
            Fate::FailsBefore
        } else {
            Fate::FailsAfter
        }
    }
}

/// SplitMix64, which spreads consecutive numbers evenly.
fn scramble(number: u64) -> u64 {
    let mut z = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn failure() -> Error {
    Error::Generic {
        store: "unreliable",
        source: "it fails on purpose".into(),
    }
}

impl Unreliable {
    /// Of the calls to `inner`, one in `one_in` fails; zero counts as one, which is every call.
    pub fn new(inner: Arc<dyn ObjectStore>, one_in: u64, seed: u64) -> Self {
        Self {
            inner,
            chance: Arc::new(Chance {
                one_in: one_in.max(1),
                seed,
                calls: AtomicU64::new(0),
                failed: AtomicU64::new(0),
            }),
        }
    }

    /// How many calls have failed so far.
    pub fn failures(&self) -> u64 {
        self.chance.failed.load(Ordering::Relaxed)
    }

    async fn call<T>(&self, call: impl Future<Output = Result<T>> + Send) -> Result<T> {
        fated(&self.chance, call).await
    }
}

async fn fated<T>(chance: &Chance, call: impl Future<Output = Result<T>> + Send) -> Result<T> {
    match chance.draw() {
        Fate::Succeeds => call.await,
        Fate::FailsBefore => Err(failure()),
        Fate::FailsAfter => {
            // Whatever came of it, nobody is told.
            let _ = call.await;
            Err(failure())
        }
    }
}

impl fmt::Display for Unreliable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Unreliable(1 in {} of {})", self.chance.one_in, self.inner)
    }
}

#[async_trait]
impl ObjectStore for Unreliable {
    async fn put_opts(&self, location: &Path, payload: PutPayload, opts: PutOptions) -> Result<PutResult> {
        self.call(self.inner.put_opts(location, payload, opts)).await
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        opts: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        let inner = self.call(self.inner.put_multipart_opts(location, opts)).await?;
        Ok(Box::new(UnreliableUpload {
            inner,
            chance: Arc::clone(&self.chance),
        }))
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        match self.chance.draw() {
            Fate::Succeeds => self.inner.get_opts(location, options).await,
            Fate::FailsBefore => Err(failure()),
            Fate::FailsAfter if options.head => Err(failure()),
            // The answer breaks off at its first byte.
            Fate::FailsAfter => {
                let found = self.inner.get_opts(location, options).await;
                let found = found.map_err(|_| failure())?;
                Ok(GetResult {
                    payload: GetResultPayload::Stream(stream::iter([Err::<Bytes, _>(failure())]).boxed()),
                    ..found
                })
            }
        }
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        let chance = Arc::clone(&self.chance);
        self.inner
            .delete_stream(locations)
            .map(move |deleted| match chance.draw() {
                Fate::Succeeds => deleted,
                Fate::FailsBefore | Fate::FailsAfter => Err(failure()),
            })
            .boxed()
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        match self.chance.draw() {
            Fate::Succeeds => self.inner.list(prefix),
            Fate::FailsBefore => stream::iter([Err(failure())]).boxed(),
            Fate::FailsAfter => self
                .inner
                .list(prefix)
                .chain(stream::iter([Err(failure())]))
                .boxed(),
        }
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.call(self.inner.list_with_delimiter(prefix)).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.call(self.inner.copy_opts(from, to, options)).await
    }
}

#[derive(Debug)]
struct UnreliableUpload {
    inner: Box<dyn MultipartUpload>,
    chance: Arc<Chance>,
}

#[async_trait]
impl MultipartUpload for UnreliableUpload {
    fn put_part(&mut self, data: PutPayload) -> UploadPart {
        let part = self.inner.put_part(data);
        let chance = Arc::clone(&self.chance);
        async move { fated(&chance, part).await }.boxed()
    }

    async fn complete(&mut self) -> Result<PutResult> {
        fated(&self.chance, self.inner.complete()).await
    }

    async fn abort(&mut self) -> Result<()> {
        fated(&self.chance, self.inner.abort()).await
    }
}

#[cfg(test)]
mod tests {
    use object_store::ObjectStoreExt as _;
    use object_store::memory::InMemory;

    use super::*;

    #[tokio::test]
    async fn one_call_in_so_many_fails_and_the_same_ones_each_time() {
        let mut seen = Vec::new();
        for _ in 0..2 {
            let storage = Unreliable::new(Arc::new(InMemory::new()), 10, 7);
            let mut failed = Vec::new();
            for call in 0..1000 {
                if storage.put(&Path::from("a"), "b".into()).await.is_err() {
                    failed.push(call);
                }
            }
            assert_eq!(storage.failures(), u64::try_from(failed.len()).unwrap());
            assert!((60..140).contains(&failed.len()), "{}", failed.len());
            seen.push(failed);
        }
        assert_eq!(seen[0], seen[1]);
    }
}
