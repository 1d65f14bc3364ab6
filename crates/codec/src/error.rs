//! Why a picture was turned away, and who can do something about it.

use marquetry_pixel::Size;

use crate::kind::Kind;
use crate::limits::Limit;

/// Why a picture was turned away. Each variant names who can do something about it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CodecError {
    /// The bytes are no kind of picture that we know: whoever sent them sends a picture.
    #[error("not a PNG, JPEG, WebP or GIF picture")]
    Unrecognised,
    /// A picture, but one that is not read here: whoever sent it converts it, or we learn it.
    #[error("{kind}: {feature} is not supported")]
    Unsupported {
        /// What the file is.
        kind: Kind,
        /// The part that we do not read.
        feature: &'static str,
    },
    /// The bytes break the format: whoever made the file saves it again.
    #[error("{kind} is malformed{}: {what}", at_byte(*.offset))]
    Malformed {
        /// What the file is.
        kind: Kind,
        /// Byte offset from the start of the file, where it is known.
        offset: Option<u64>,
        /// What was wrong, in a few words.
        what: String,
    },
    /// The file ends before what it promises: whoever sent it sends all of it.
    #[error("{kind} is cut short{}", at_byte(*.offset))]
    Truncated {
        /// What the file is.
        kind: Kind,
        /// Byte offset where more was expected, where it is known.
        offset: Option<u64>,
    },
    /// Decoding would cost more than the caller allows: the caller raises the limit or sends less.
    #[error("{wanted} {limit} wanted, {allowed} allowed")]
    OverLimit {
        /// Which limit.
        limit: Limit,
        /// What the file asks for.
        wanted: u64,
        /// What the caller allows.
        allowed: u64,
    },
    /// A size without pixels was to be written, scaled or scaled to: the caller asks for at least 1x1.
    #[error("{size} has no pixels")]
    Empty {
        /// The size.
        size: Size,
    },
    /// The format cannot hold a picture this big: the caller asks for a smaller one or another format.
    #[error("{kind} holds at most {most} pixels a side, {size} wanted")]
    TooLargeForFormat {
        /// The format.
        kind: Kind,
        /// The size asked for.
        size: Size,
        /// Its longest possible side.
        most: u32,
    },
    /// An argument makes no sense: the caller's code is wrong.
    #[error("{argument} is out of range: {what}")]
    BadArgument {
        /// Which one.
        argument: &'static str,
        /// What was expected.
        what: &'static str,
    },
    /// The encoder gave up, for lack of memory as a rule.
    #[error("writing {kind} failed: {what}")]
    EncoderFailed {
        /// The format.
        kind: Kind,
        /// The encoder's own words.
        what: String,
    },
}

impl CodecError {
    /// A break in the format that our own header reader found at `offset`.
    pub(crate) fn broken(kind: Kind, offset: usize, what: &'static str) -> Self {
        Self::Malformed {
            kind,
            offset: Some(offset as u64),
            what: what.to_owned(),
        }
    }

    /// An end of file that our own header reader met at `offset`.
    pub(crate) fn cut(kind: Kind, offset: usize) -> Self {
        Self::Truncated {
            kind,
            offset: Some(offset as u64),
        }
    }
}

fn at_byte(offset: Option<u64>) -> String {
    offset.map(|at| format!(" at byte {at}")).unwrap_or_default()
}
