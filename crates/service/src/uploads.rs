//! Files on their way in: streamed to a name of their own, hashed on the way, then given the name of their content.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use futures::{Stream, StreamExt as _};
use marquetry_blobs::{Blobs as _, path};
use marquetry_model::{AssetSource, BlobKey, ContentHash, JobId, ModelError};
use object_store::{ObjectStoreExt as _, WriteMultipart};

use crate::error::Source;
use crate::submit::length;
use crate::{Service, ServiceError, resolve};

/// Bytes are passed on in parts of this size, which is the least that S3 takes.
const PART: usize = 5 << 20;
/// How many parts may be on their way at once: with the one that is being filled, what an upload costs in memory.
const PARTS_AT_ONCE: usize = 2;

/// A file that is stored under the name of its content. To be handed to [`Service::submit_upload`]; while this
/// value lives, the file is not taken away.
#[derive(Debug)]
pub struct StoredUpload {
    key: BlobKey,
    content: ContentHash,
    bytes: u64,
    _held: Held,
}

impl StoredUpload {
    /// Where it lies.
    pub const fn key(&self) -> &BlobKey {
        &self.key
    }

    /// The hash of its bytes.
    pub const fn content(&self) -> ContentHash {
        self.content
    }

    /// How many bytes it has.
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }
}

/// Which contents this process is about to write a job for. The store does not know of them yet, so that deleting
/// another mockup of the same file has to ask here.
#[derive(Debug, Default)]
pub(crate) struct InHand {
    contents: Arc<Mutex<HashMap<ContentHash, u32>>>,
    /// Held while it is decided whether a file may go, and until it has gone.
    pub(crate) gate: tokio::sync::Mutex<()>,
}

#[derive(Debug)]
struct Held {
    contents: Arc<Mutex<HashMap<ContentHash, u32>>>,
    content: ContentHash,
}

impl InHand {
    fn hold(&self, content: ContentHash) -> Held {
        let mut contents = self.contents.lock().unwrap_or_else(PoisonError::into_inner);
        *contents.entry(content).or_insert(0) += 1;
        Held {
            contents: self.contents.clone(),
            content,
        }
    }

    pub(crate) fn holds(&self, content: ContentHash) -> bool {
        self.contents
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .contains_key(&content)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut contents = self.contents.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(hands) = contents.get_mut(&self.content) {
            *hands -= 1;
            if *hands == 0 {
                contents.remove(&self.content);
            }
        }
    }
}

impl Service {
    /// Takes a file in as it comes; costs about 15 MiB of memory, however long it is. Whether it is a PSD is for the
    /// worker to find out.
    ///
    /// Nothing stays behind when this fails, nor (on a folder of blobs) when it is dropped half-way.
    ///
    /// # Errors
    /// [`ServiceError::Invalid`] for an empty file, [`ServiceError::UploadTooLarge`], [`ServiceError::UploadBroken`]
    /// when the stream gives an error, and those of the blob storage.
    pub async fn put_upload<S, E>(&self, bytes: S) -> Result<StoredUpload, ServiceError>
    where
        S: Stream<Item = Result<Bytes, E>> + Send,
        E: Into<Source>,
    {
        let incoming = BlobKey::incoming(JobId::from_random(self.inner.chance.draw()?));
        let upload = self
            .inner
            .blobs
            .put_multipart(&path(&incoming))
            .await
            .map_err(ServiceError::blobs("beginning an upload"))?;
        let mut writer = WriteMultipart::new_with_chunk_size(upload, PART);
        let (content, bytes) = match self.take_in(bytes, &mut writer).await {
            Ok(taken) => taken,
            Err(error) => {
                if let Err(problem) = writer.abort().await {
                    tracing::warn!(key = %incoming, error = %problem, "a broken upload could not be cleared away");
                }
                return Err(error);
            }
        };
        writer
            .finish()
            .await
            .map_err(ServiceError::blobs("ending an upload"))?;

        let held = {
            let _deciding = self.inner.in_hand.gate.lock().await;
            self.inner.in_hand.hold(content)
        };
        let key = BlobKey::upload(content);
        if let Err(source) = self.inner.blobs.rename_blob(&incoming, &key).await {
            self.remove_blob(&incoming).await;
            let doing = "naming an upload";
            return Err(ServiceError::Blobs { doing, source });
        }
        Ok(StoredUpload {
            key,
            content,
            bytes,
            _held: held,
        })
    }

    async fn take_in<S, E>(
        &self,
        bytes: S,
        writer: &mut WriteMultipart,
    ) -> Result<(ContentHash, u64), ServiceError>
    where
        S: Stream<Item = Result<Bytes, E>> + Send,
        E: Into<Source>,
    {
        let limit = self.inner.settings.most_upload_bytes;
        let mut hasher = blake3::Hasher::new();
        let mut total = 0;
        let mut stream = std::pin::pin!(bytes);
        while let Some(chunk) = stream.next().await {
            let chunk = chunk.map_err(|source| ServiceError::UploadBroken {
                bytes: total,
                source: source.into(),
            })?;
            total += length(&chunk);
            if total > limit {
                return Err(ServiceError::UploadTooLarge { limit });
            }
            hasher.update(&chunk);
            writer
                .wait_for_capacity(PARTS_AT_ONCE)
                .await
                .map_err(ServiceError::blobs("storing an upload"))?;
            writer.write(&chunk);
        }
        if total == 0 {
            return Err(ModelError::Empty { field: "file" }.into());
        }
        Ok((ContentHash::from_bytes(*hasher.finalize().as_bytes()), total))
    }

    /// Stores a picture under the name of its content, for a render to use. [`Self::submit_render`] does this for
    /// the pictures that come with a request.
    ///
    /// # Errors
    /// [`ServiceError::Invalid`] for no bytes, [`ServiceError::AssetTooLarge`], and those of the blob storage.
    pub async fn put_asset(&self, bytes: impl Into<Bytes> + Send) -> Result<AssetSource, ServiceError> {
        let bytes = bytes.into();
        self.check_asset(&bytes)?;
        let content = resolve::hash(&bytes);
        let key = BlobKey::asset(content);
        self.put_bytes(&key, bytes).await?;
        Ok(AssetSource::Blob { key, content })
    }

    /// The most bytes that [`Self::put_upload`] takes, so that a length that is known beforehand can be judged
    /// before the first byte.
    pub fn most_upload_bytes(&self) -> u64 {
        self.inner.settings.most_upload_bytes
    }

    /// The most bytes that an asset may have.
    pub fn most_asset_bytes(&self) -> u64 {
        self.inner.settings.most_asset_bytes
    }
}
