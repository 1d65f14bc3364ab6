//! Forms with a file in them (`multipart/form-data`): the fields one after another, the file as a stream.

use bytes::Bytes;
use futures::Stream;
use multer::{Constraints, Field, Multipart, SizeLimit};

use super::{BodyError, Reading};

/// The most bytes of a field that is no file.
const MOST_TEXT: usize = 16 << 10;
/// The most fields of a form.
const MOST_FIELDS: usize = 32;

/// Why a form could not be taken apart.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FormError {
    /// The body that it comes in could not be read.
    #[error(transparent)]
    Body(BodyError),
    /// A field that is no file is too long to be one of ours.
    #[error("the field {name:?} has more than {MOST_TEXT} bytes")]
    FieldTooLong {
        /// What the field is called.
        name: String,
    },
    /// There are more fields than anybody needs.
    #[error("it has more than {MOST_FIELDS} fields")]
    TooManyFields,
    /// A field is no text.
    #[error("the field {name:?} is not UTF-8")]
    NotText {
        /// What the field is called.
        name: String,
    },
    /// It breaks the rules of forms.
    #[error("it is malformed")]
    Malformed(#[source] multer::Error),
}

/// The fields of a form, as they come.
pub(crate) struct Parts {
    form: Multipart<'static>,
    seen: usize,
}

/// One field.
pub(crate) enum Part {
    /// A name and a value.
    Text(String, String),
    /// A file, which must be read before the next field can be.
    File(Box<FilePart>),
}

/// A file in a form.
pub(crate) struct FilePart {
    field: Field<'static>,
}

impl Parts {
    /// The form in a body whose `Content-Type` is `content_type`; `None` when that names no boundary.
    pub(crate) fn new(reading: Reading, content_type: &str) -> Option<Self> {
        let boundary = multer::parse_boundary(content_type).ok()?;
        // The body has its own limit; only a single field would otherwise be as large as all of them.
        let limits = SizeLimit::new();
        Some(Self {
            form: Multipart::with_constraints(
                reading.into_stream(),
                boundary,
                Constraints::new().size_limit(limits),
            ),
            seen: 0,
        })
    }

    /// The next field; `None` after the last.
    ///
    /// # Errors
    /// [`FormError`].
    pub(crate) async fn next(&mut self) -> Result<Option<Part>, FormError> {
        let Some(mut field) = self.form.next_field().await.map_err(FormError::of)? else {
            return Ok(None);
        };
        self.seen += 1;
        if self.seen > MOST_FIELDS {
            return Err(FormError::TooManyFields);
        }
        let name = field.name().unwrap_or_default().to_owned();
        // A browser names the file, and some clients give a type instead.
        if field.file_name().is_some() || (is_file_field(&name) && field.content_type().is_some()) {
            return Ok(Some(Part::File(Box::new(FilePart { field }))));
        }
        let mut bytes = Vec::new();
        while let Some(chunk) = field.chunk().await.map_err(FormError::of)? {
            if bytes.len() + chunk.len() > MOST_TEXT {
                return Err(FormError::FieldTooLong { name });
            }
            bytes.extend_from_slice(&chunk);
        }
        match String::from_utf8(bytes) {
            Ok(text) => Ok(Some(Part::Text(name, text))),
            Err(_) => Err(FormError::NotText { name }),
        }
    }
}

impl FilePart {
    /// What the client calls the file, if it says so.
    pub(crate) fn file_name(&self) -> Option<&str> {
        self.field.file_name().filter(|name| !name.is_empty())
    }

    /// The bytes.
    pub(crate) fn into_stream(self) -> impl Stream<Item = Result<Bytes, FormError>> + Send + 'static {
        futures::stream::try_unfold(self.field, |mut field| async move {
            let chunk = field.chunk().await.map_err(FormError::of)?;
            Ok(chunk.map(|chunk| (chunk, field)))
        })
    }
}

impl FormError {
    fn of(error: multer::Error) -> Self {
        match error {
            multer::Error::StreamReadFailed(source) => match source.downcast::<BodyError>() {
                Ok(body) => Self::Body(*body),
                Err(other) => Self::Malformed(multer::Error::StreamReadFailed(other)),
            },
            other => Self::Malformed(other),
        }
    }
}

fn is_file_field(name: &str) -> bool {
    matches!(name, "file" | "psd" | "psd_file")
}
