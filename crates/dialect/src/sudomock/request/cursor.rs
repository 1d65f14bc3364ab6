//! Page markers: opaque to clients, a moment and an id to us, so that new rows do not shift the pages.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use marquetry_job::Timestamp;
use marquetry_model::{DeliveryId, JobId};
use sha2::{Digest as _, Sha256};

/// The last row of a page in a list that goes from the newest to the oldest: the next page holds what is older,
/// or as old with a smaller id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Cursor {
    /// When that row was made.
    pub at: Timestamp,
    /// The sixteen bytes of its id.
    pub id: [u8; 16],
}

/// The form's version; a later form gets another number, and old markers can then be told apart.
const FORM: u8 = 1;

impl Cursor {
    /// The marker of a job.
    pub fn of_job(at: Timestamp, id: JobId) -> Self {
        Self {
            at,
            id: *id.as_bytes(),
        }
    }

    /// The marker of a delivery.
    pub fn of_delivery(at: Timestamp, id: DeliveryId) -> Self {
        Self {
            at,
            id: *id.as_bytes(),
        }
    }

    /// The job that it names.
    pub fn job(&self) -> JobId {
        JobId::from_bytes(self.id)
    }

    /// The delivery that it names.
    pub fn delivery(&self) -> DeliveryId {
        DeliveryId::from_bytes(self.id)
    }

    /// The text that clients send back: 36 characters that need no escaping in a URL.
    pub fn encode(&self) -> String {
        let mut bytes = Vec::with_capacity(27);
        bytes.push(FORM);
        bytes.extend(self.at.as_micros().to_be_bytes());
        bytes.extend(self.id);
        let check = check(&bytes);
        bytes.extend(check);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The marker that a text stands for; `None` for what [`Self::encode`] never gave.
    pub fn decode(text: &str) -> Option<Self> {
        let bytes: [u8; 27] = URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()?;
        let (kept, given) = bytes.split_at(25);
        if kept[0] != FORM || check(kept) != *given {
            return None;
        }
        Some(Self {
            at: Timestamp::from_micros(i64::from_be_bytes(kept[1..9].try_into().ok()?)),
            id: kept[9..].try_into().ok()?,
        })
    }
}

/// Two bytes that tell damage from luck. Not a secret: whoever forges a marker only skips rows of their own.
fn check(bytes: &[u8]) -> [u8; 2] {
    let digest = Sha256::digest(bytes);
    [digest[0], digest[1]]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_cursor_reads_back(micros in any::<i64>(), id in any::<[u8; 16]>()) {
            let cursor = Cursor { at: Timestamp::from_micros(micros), id };
            let text = cursor.encode();
            prop_assert_eq!(text.len(), 36);
            prop_assert_eq!(Cursor::decode(&text), Some(cursor));
        }

        #[test]
        fn other_texts_are_no_cursors(text in "\\PC{0,48}") {
            prop_assert_eq!(Cursor::decode(&text), None);
        }
    }
}
