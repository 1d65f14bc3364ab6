//! The file of a job on its way: what it is, and its bytes, a piece at a time.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use marquetry_blobs::Blobs as _;
use marquetry_model::ExportFile;
use object_store::{GetOptions, GetRange, ObjectStore};

use crate::setback::{Setback, Stop};

/// A file that is there to be brought.
#[derive(Clone, Debug)]
pub(crate) struct Cargo {
    blobs: Arc<dyn ObjectStore>,
    export: ExportFile,
    length: u64,
    piece: u64,
}

/// How much is carried at once, and in all.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    /// Most bytes of a file.
    pub(crate) most: u64,
    /// Bytes of a piece.
    pub(crate) piece: u64,
}

impl Cargo {
    /// Finds a file.
    ///
    /// # Errors
    /// A [`Setback`] when it is not there any more, or longer than allowed; [`Stop::Stuck`] when nobody can say.
    pub(crate) async fn find(
        blobs: Arc<dyn ObjectStore>,
        export: ExportFile,
        load: Load,
    ) -> Result<Self, Stop> {
        let found = blobs.blob_length(&export.key).await;
        let length = found
            .map_err(|error| Stop::Stuck(error.to_string()))?
            .ok_or_else(|| Setback::ours("the file is not kept any more"))?;
        if length > load.most {
            let words = format!("the file has {length} bytes; at most {} are sent", load.most);
            return Err(Setback::ours(words).into());
        }
        Ok(Self {
            blobs,
            export,
            length,
            piece: load.piece,
        })
    }

    /// Its media type.
    #[cfg(feature = "s3")]
    pub(crate) fn content_type(&self) -> &str {
        &self.export.content_type
    }

    /// Its length in bytes.
    pub(crate) const fn length(&self) -> u64 {
        self.length
    }

    /// Where its pieces begin and end, in order; one at least, and only the last may be shorter.
    pub(crate) fn pieces(&self) -> impl Iterator<Item = Range<u64>> + Send + use<> {
        let (length, piece) = (self.length, self.piece);
        (0..length.div_ceil(piece).max(1)).map(move |n| n * piece..length.min((n + 1) * piece))
    }

    /// The bytes of one piece.
    ///
    /// # Errors
    /// [`Stop::Stuck`] when they cannot be read, or are not as many as there were.
    pub(crate) async fn read(&self, piece: Range<u64>) -> Result<Bytes, Stop> {
        if piece.is_empty() {
            return Ok(Bytes::new());
        }
        let wanted = piece.end - piece.start;
        let options = GetOptions {
            range: Some(GetRange::Bounded(piece)),
            ..GetOptions::default()
        };
        let stuck = |error: object_store::Error| Stop::Stuck(error.to_string());
        let found = self
            .blobs
            .read_blob(&self.export.key, options)
            .await
            .map_err(stuck)?;
        let bytes = found.bytes().await.map_err(stuck)?;
        match u64::try_from(bytes.len()) {
            Ok(length) if length == wanted => Ok(bytes),
            _ => Err(Stop::Stuck("the file changed while it was read".into())),
        }
    }
}
