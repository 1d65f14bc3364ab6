//! What a receiver checks beside the sum itself: that the message says when it was signed, and that this is now.

use std::time::Duration;

use marquetry_job::Timestamp;

/// How far a receiver's clock may be from ours before it should refuse a message.
pub const TOLERANCE: Duration = Duration::from_secs(300);

/// Why a message is not to be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Untrusted {
    /// A header that belongs to the signature is not there.
    #[error("the {0} header is missing")]
    MissingHeader(&'static str),
    /// The timestamp is not whole seconds in decimal.
    #[error("the timestamp is not a whole number of seconds")]
    UnreadableTimestamp,
    /// It was signed too long ago, or in the future.
    #[error("it was signed {apart_seconds} seconds away from now")]
    OutsideTolerance {
        /// How far apart the clocks say it was.
        apart_seconds: u64,
    },
    /// Another secret or another body was signed.
    #[error("the signature does not match the body")]
    WrongSignature,
}

/// The moment that a timestamp header names.
///
/// # Errors
/// [`Untrusted::UnreadableTimestamp`] for anything but the canonical spelling: `+5` and `05` sign other bytes than
/// they seem to.
pub(crate) fn signed_at(timestamp: &str) -> Result<i64, Untrusted> {
    let seconds: i64 = timestamp.parse().map_err(|_| Untrusted::UnreadableTimestamp)?;
    if seconds.to_string() == timestamp {
        Ok(seconds)
    } else {
        Err(Untrusted::UnreadableTimestamp)
    }
}

/// Whether that moment is near enough. To be asked after the signature, so that a clock that is off is only ever
/// blamed for a message that is genuine.
///
/// # Errors
/// [`Untrusted::OutsideTolerance`].
pub(crate) fn is_now(seconds: i64, now: Timestamp, tolerance: Duration) -> Result<(), Untrusted> {
    let apart_seconds = now.as_seconds().abs_diff(seconds);
    if apart_seconds > tolerance.as_secs() {
        Err(Untrusted::OutsideTolerance { apart_seconds })
    } else {
        Ok(())
    }
}
