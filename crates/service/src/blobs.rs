//! Stored bytes on their way out, whole or in part.

use std::fmt;
use std::ops::Range;

use bytes::Bytes;
use futures::stream::BoxStream;
use futures::{StreamExt as _, TryStreamExt as _};
use marquetry_blobs::{Blobs as _, pieces};
use marquetry_job::Timestamp;
use marquetry_model::{BlobKey, ExportFile, JobId, JobSpec, MockupId, TenantId};
use object_store::{Error, GetOptions, GetRange};

use crate::{Service, ServiceError};

/// A blob that is open for reading.
pub struct OpenBlob {
    /// How many bytes the whole of it has.
    pub size: u64,
    /// Which of them `bytes` gives: the whole, or the part that was asked for, cut to what there is.
    pub range: Range<u64>,
    /// The media type that its name stands for.
    pub content_type: &'static str,
    /// Changes when the bytes do; without quotes as far as the storage gives none.
    pub e_tag: Option<String>,
    /// When it was stored.
    pub last_modified: Timestamp,
    /// The bytes.
    pub bytes: BoxStream<'static, Result<Bytes, ServiceError>>,
}

impl fmt::Debug for OpenBlob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenBlob")
            .field("size", &self.size)
            .field("range", &self.range)
            .field("content_type", &self.content_type)
            .finish_non_exhaustive()
    }
}

fn content_type(key: &BlobKey) -> &'static str {
    match key.as_str().rsplit_once('.').map(|(_, end)| end) {
        Some("webp") => "image/webp",
        Some("png") => "image/png",
        Some("jpg") => "image/jpeg",
        Some("pdf") => "application/pdf",
        Some("psd") => "image/vnd.adobe.photoshop",
        _ => "application/octet-stream",
    }
}

impl Service {
    /// Opens what is stored under a key, whosever it is: results and previews are read by whoever knows their
    /// address. `part` is cut to what there is.
    ///
    /// # Errors
    /// [`ServiceError::BlobNotFound`], [`ServiceError::RangeOutside`] when `part` has no byte of it, and those of
    /// the blob storage, which the stream may give too.
    pub async fn open_blob(&self, key: &BlobKey, part: Option<GetRange>) -> Result<OpenBlob, ServiceError> {
        let options = GetOptions {
            range: part.clone(),
            ..GetOptions::default()
        };
        let found = match self.inner.blobs.read_blob(key, options).await {
            Ok(found) => found,
            Err(Error::NotFound { .. }) => return Err(ServiceError::BlobNotFound { key: key.clone() }),
            Err(source) => {
                // Storages spell a part that is not there in many ways; the size tells for sure.
                if let Some(part) = part
                    && let Ok(Some(size)) = self.inner.blobs.blob_length(key).await
                    && is_outside(&part, size)
                {
                    return Err(ServiceError::RangeOutside { size });
                }
                let doing = "opening a blob";
                return Err(ServiceError::Blobs { doing, source });
            }
        };
        if part.is_some() && found.range.is_empty() {
            return Err(ServiceError::RangeOutside {
                size: found.meta.size,
            });
        }
        Ok(OpenBlob {
            size: found.meta.size,
            range: found.range.clone(),
            content_type: content_type(key),
            e_tag: found.meta.e_tag.clone(),
            last_modified: Timestamp::from_micros(found.meta.last_modified.timestamp_micros()),
            bytes: pieces(found)
                .map_err(ServiceError::blobs("reading a blob"))
                .boxed(),
        })
    }

    /// Opens the file that a job of the tenant made.
    ///
    /// # Errors
    /// [`ServiceError::JobNotFound`]; [`ServiceError::ResultNotFound`] when it made none or the file is gone; else
    /// as [`Self::open_blob`].
    pub async fn result(
        &self,
        tenant: TenantId,
        job: JobId,
        part: Option<GetRange>,
    ) -> Result<(ExportFile, OpenBlob), ServiceError> {
        let missing = || ServiceError::ResultNotFound { job };
        let found = self.job(tenant, job).await?;
        let file = found
            .result
            .and_then(|result| result.export)
            .ok_or_else(missing)?;
        match self.open_blob(&file.key, part).await {
            Ok(blob) => Ok((file, blob)),
            Err(ServiceError::BlobNotFound { .. }) => Err(missing()),
            Err(error) => Err(error),
        }
    }

    /// Opens the narrowest preview of a mockup that is at least `width` pixels wide, or the widest there is.
    ///
    /// # Errors
    /// [`ServiceError::MockupNotFound`]; [`ServiceError::BlobNotFound`] when it has no preview; else as
    /// [`Self::open_blob`].
    pub async fn thumbnail(
        &self,
        tenant: TenantId,
        mockup: MockupId,
        width: u32,
    ) -> Result<OpenBlob, ServiceError> {
        let found = self.mockup(tenant, mockup).await?;
        let thumbnails = &found.thumbnails;
        let best = thumbnails
            .iter()
            .filter(|thumbnail| thumbnail.width >= width)
            .min_by_key(|thumbnail| thumbnail.width)
            .or_else(|| thumbnails.iter().max_by_key(|thumbnail| thumbnail.width));
        match best {
            Some(thumbnail) => self.open_blob(&thumbnail.key, None).await,
            None => Err(ServiceError::BlobNotFound {
                key: BlobKey::thumbnail(mockup, width),
            }),
        }
    }

    /// Takes a blob away. One that is not there has been taken away before; one that cannot be is logged, because
    /// whatever it belonged to is gone already and nobody could ask a second time.
    pub(crate) async fn remove_blob(&self, key: &BlobKey) {
        if let Err(error) = self.inner.blobs.delete_blob(key).await {
            tracing::error!(%key, %error, "a blob that nobody needs could not be deleted");
        }
    }

    /// Whether a live job will read this file, as far as can be known: an upload from an address may turn out to be
    /// any file.
    pub(crate) fn may_read(spec: &JobSpec, file: &BlobKey) -> bool {
        use marquetry_model::{AssetSource, UploadSource};
        match spec {
            JobSpec::Upload(upload) => match &upload.source {
                UploadSource::Url(_) => true,
                UploadSource::Blob { key } => key == file,
            },
            JobSpec::Template(template) => template
                .assets
                .iter()
                .map(|(_, content)| BlobKey::asset(*content))
                .chain(
                    template
                        .mockups
                        .iter()
                        .map(|(_, content)| BlobKey::upload(*content)),
                )
                .any(|key| key == *file),
            JobSpec::Render(render) => render
                .changes
                .iter()
                .any(|change| matches!(&change.asset, Some(AssetSource::Blob { key, .. }) if key == file)),
        }
    }
}

fn is_outside(part: &GetRange, size: u64) -> bool {
    match part {
        GetRange::Bounded(range) => range.is_empty() || range.start >= size,
        GetRange::Offset(start) => *start >= size,
        GetRange::Suffix(length) => *length == 0 || size == 0,
    }
}
