//! Why a font or a text is turned away.

use thiserror::Error;

/// Why a font is not taken onto the shelf.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum FontError {
    /// The bytes are no font that can be read: whoever sent them sends another file.
    #[error("the file is no OpenType, TrueType, WOFF or WOFF2 font")]
    NotAFont,
    /// A font without outlines or without names cannot be set or asked for.
    #[error("the font lacks {what}")]
    Lacks {
        /// What is missing.
        what: &'static str,
    },
    /// The shelf would hold more than its owner allows.
    #[error("{wanted} {what} wanted, {allowed} allowed")]
    OverLimit {
        /// What there is too much of.
        what: &'static str,
        /// How much of it.
        wanted: u64,
        /// How much there may be.
        allowed: u64,
    },
}

/// Why a text is not set.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TextError {
    /// Setting it would cost more than its owner allows.
    #[error("{wanted} {what} wanted, {allowed} allowed")]
    OverLimit {
        /// What there is too much of.
        what: &'static str,
        /// How much of it.
        wanted: u64,
        /// How much there may be.
        allowed: u64,
    },
    /// There is no font at all.
    #[error("the shelf is empty")]
    NoFont,
}
