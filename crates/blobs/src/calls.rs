//! What the house asks of a storage: whole blobs in and out within limits, each call repeated while that may help.

use std::future::Future;
use std::ops::Range;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use marquetry_model::BlobKey;
use object_store::path::Path;
use object_store::{
    Error, GetOptions, GetResult, ObjectStore, ObjectStoreExt as _, PutPayload, WriteMultipart,
};

use crate::BlobError;
use crate::error::may_pass;

/// Longer blobs are written in several parts, and read in several requests, of this many bytes: each of them has a
/// time limit of its own, and one that fails is repeated alone.
const PART: u64 = 8 << 20;
/// How many parts of one blob are on their way at once.
const AT_ONCE: usize = 4;
/// How often a call is made in all.
const TRIES: u32 = 4;
/// The wait before the second try; each further one is three times as long.
const FIRST_WAIT: Duration = Duration::from_millis(50);

/// Where the storage keeps what lies under a key. Keys hold nothing that would have to be escaped.
pub fn path(key: &BlobKey) -> Path {
    Path::from(key.as_str())
}

/// The calls that are made of any storage. Every one may be made twice with the effect of once, and is made up to
/// four times within a second while the storage fails in a way that may pass.
pub trait Blobs: ObjectStore {
    /// All bytes under a key, which may be at most `most`; `None` when there is nothing. A long blob is read in
    /// several requests and lies in memory once.
    ///
    /// # Errors
    /// [`BlobError::TooLong`] before a byte of it is read, and those of the storage.
    fn blob(
        &self,
        key: &BlobKey,
        most: u64,
    ) -> impl Future<Output = Result<Option<Bytes>, BlobError>> + Send {
        async move {
            let place = path(key);
            // Most are short, and come with the call that tells so.
            let short = most.min(PART);
            let read = match insist(|| at_most(self, &place, short)).await {
                Ok(AtMost::Whole(bytes)) => Ok(bytes),
                Ok(AtMost::Longer(length)) if length > most => {
                    return Err(BlobError::TooLong { length, most });
                }
                Ok(AtMost::Longer(length)) => in_parts(self, &place, length).await,
                Err(error) => Err(error),
            };
            match read {
                Ok(bytes) => Ok(Some(bytes)),
                Err(Error::NotFound { .. }) => Ok(None),
                Err(error) => Err(error.into()),
            }
        }
    }

    /// What lies under a key, as a stream; the whole or a part of it.
    ///
    /// # Errors
    /// Those of the storage, which the stream may give too.
    fn read_blob(
        &self,
        key: &BlobKey,
        options: GetOptions,
    ) -> impl Future<Output = Result<GetResult, Error>> + Send {
        async move {
            let place = path(key);
            insist(|| self.get_opts(&place, options.clone())).await
        }
    }

    /// How many bytes lie under a key; `None` when there is nothing.
    ///
    /// # Errors
    /// Those of the storage.
    fn blob_length(&self, key: &BlobKey) -> impl Future<Output = Result<Option<u64>, Error>> + Send {
        async move {
            let place = path(key);
            match insist(|| self.head(&place)).await {
                Ok(found) => Ok(Some(found.size)),
                Err(Error::NotFound { .. }) => Ok(None),
                Err(error) => Err(error),
            }
        }
    }

    /// Puts bytes under a key, over what is there.
    ///
    /// # Errors
    /// Those of the storage; whatever lay there before is then still there, or the new bytes are.
    fn put_blob(&self, key: &BlobKey, bytes: Bytes) -> impl Future<Output = Result<(), Error>> + Send {
        async move {
            let place = path(key);
            if length(&bytes) <= PART {
                insist(|| async {
                    let payload = PutPayload::from_bytes(bytes.clone());
                    self.put(&place, payload).await.map(drop)
                })
                .await
            } else {
                insist(|| write_in_parts(self, &place, bytes.clone())).await
            }
        }
    }

    /// Takes away what lies under a key. What is not there has been taken away before.
    ///
    /// # Errors
    /// Those of the storage.
    fn delete_blob(&self, key: &BlobKey) -> impl Future<Output = Result<(), Error>> + Send {
        async move {
            let place = path(key);
            match insist(|| self.delete(&place)).await {
                Ok(()) | Err(Error::NotFound { .. }) => Ok(()),
                Err(error) => Err(error),
            }
        }
    }

    /// Gives what lies under one key another key, over what is there. What lies under the second key alone has been
    /// moved before.
    ///
    /// # Errors
    /// Those of the storage; the bytes then lie under the first key, under the second, or under both.
    fn rename_blob(&self, from: &BlobKey, to: &BlobKey) -> impl Future<Output = Result<(), Error>> + Send {
        async move {
            let (from, place) = (path(from), path(to));
            match insist(|| self.rename(&from, &place)).await {
                // The first try may have done it and lost its answer.
                Err(missing @ Error::NotFound { .. }) => match self.blob_length(to).await? {
                    Some(_) => Ok(()),
                    None => Err(missing),
                },
                renamed => renamed,
            }
        }
    }

    /// Whether the storage answers at all, tried once: for those who ask whether this process can work.
    ///
    /// # Errors
    /// Those of the storage.
    fn answers(&self) -> impl Future<Output = Result<(), Error>> + Send {
        async move {
            // A blob that there is not: the cheapest question that only a living storage can answer.
            match self.head(&Path::from("readiness")).await {
                Ok(_) | Err(Error::NotFound { .. }) => Ok(()),
                Err(error) => Err(error),
            }
        }
    }
}

impl<S: ObjectStore + ?Sized> Blobs for S {}

/// What was asked for if it is short enough, or how long it is.
enum AtMost {
    Whole(Bytes),
    Longer(u64),
}

async fn at_most<S: ObjectStore + ?Sized>(storage: &S, place: &Path, most: u64) -> Result<AtMost, Error> {
    let found = storage.get(place).await?;
    Ok(match found.meta.size {
        length if length > most => AtMost::Longer(length),
        _ => AtMost::Whole(found.bytes().await?),
    })
}

async fn in_parts<S: ObjectStore + ?Sized>(storage: &S, place: &Path, length: u64) -> Result<Bytes, Error> {
    let mut whole = BytesMut::with_capacity(usize::try_from(length).unwrap_or(0));
    let mut parts = stream::iter(parts(length))
        .map(|part| {
            let place = &place;
            async move { insist(|| storage.get_range(place, part.clone())).await }
        })
        .buffered(AT_ONCE);
    while let Some(part) = parts.try_next().await? {
        whole.extend_from_slice(&part);
    }
    if self::length(&whole) == length {
        Ok(whole.freeze())
    } else {
        // A blob is replaced whole or not at all, so its length changed between two of the requests.
        Err(Error::Generic {
            store: "blobs",
            source: format!("{} bytes came of {length}", whole.len()).into(),
        })
    }
}

fn parts(length: u64) -> impl Iterator<Item = Range<u64>> {
    (0..length.div_ceil(PART)).map(move |part| part * PART..length.min((part + 1) * PART))
}

async fn write_in_parts<S: ObjectStore + ?Sized>(
    storage: &S,
    place: &Path,
    bytes: Bytes,
) -> Result<(), Error> {
    let upload = storage.put_multipart(place).await?;
    let mut writer = WriteMultipart::new_with_chunk_size(upload, usize::try_from(PART).unwrap_or(usize::MAX));
    for part in parts(length(&bytes)) {
        if let Err(error) = writer.wait_for_capacity(AT_ONCE).await {
            give_up(writer, place).await;
            return Err(error);
        }
        let [start, end] = [part.start, part.end].map(|at| usize::try_from(at).unwrap_or(usize::MAX));
        // A slice of what is there already; nothing is copied.
        writer.put(bytes.slice(start..end));
    }
    // This clears away what it began when a part fails.
    writer.finish().await.map(drop)
}

async fn give_up(writer: WriteMultipart, place: &Path) {
    if let Err(error) = writer.abort().await {
        tracing::warn!(%place, %error, "a write that broke off could not be cleared away");
    }
}

/// Makes a call until it succeeds, its failure will not pass, or its tries are used up.
async fn insist<T, F>(mut call: impl FnMut() -> F) -> Result<T, Error>
where
    F: Future<Output = Result<T, Error>>,
{
    let mut wait = FIRST_WAIT;
    for _ in 1..TRIES {
        match call().await {
            Err(error) if may_pass(&error) => {
                tracing::debug!(%error, "the blob storage is asked again");
                metrics::counter!("marquetry_blob_calls_repeated_total").increment(1);
                tokio::time::sleep(wait).await;
                wait *= 3;
            }
            outcome => return outcome,
        }
    }
    call().await
}

fn length(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_cover_a_blob_once() {
        for length in [1, PART - 1, PART, PART + 1, 3 * PART, 3 * PART + 7] {
            let mut end = 0;
            for part in parts(length) {
                assert_eq!(part.start, end);
                assert!(part.end - part.start <= PART && !part.is_empty());
                end = part.end;
            }
            assert_eq!(end, length);
        }
    }
}
