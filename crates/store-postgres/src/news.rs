//! What one process tells the others: changes as the text of a notification.
//!
//! A text is the teller's tag, then for each change a letter and, for jobs, the id: `W` waits, `M` moved,
//! `E` ended, `S` sent (with the id of its tenant before its own), `D` deliveries, `X` more than can be told. Tellers
//! skip what bears their own tag: their listeners have been told directly.

use std::fmt::Write as _;

use marquetry_model::{JobId, TenantId};
use marquetry_store::Change;

/// The channel. Notifications stay within their database.
pub(crate) const CHANNEL: &str = "marquetry";

/// PostgreSQL takes texts below 8000 bytes.
const LONGEST: usize = 7_900;
const TAG: usize = 8;
const ID: usize = 32;

/// Who tells: drawn anew for each store that is opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tag(String);

impl Tag {
    pub(crate) fn from_random(random: u32) -> Self {
        Self(format!("{random:08x}"))
    }
}

/// The text that tells `changes`.
pub(crate) fn told(tag: &Tag, changes: &[Change]) -> String {
    let mut text = tag.0.clone();
    for change in changes {
        let (letter, tenant, id) = match change {
            Change::JobWaiting(id) => ('W', None, Some(id)),
            Change::JobMoved(id) => ('M', None, Some(id)),
            Change::JobEnded(id) => ('E', None, Some(id)),
            Change::Sent(tenant, id) => ('S', Some(tenant), Some(id)),
            Change::Delivery => ('D', None, None),
            Change::Missed => ('X', None, None),
        };
        text.push(letter);
        let ids = tenant
            .map(TenantId::as_bytes)
            .into_iter()
            .chain(id.map(JobId::as_bytes));
        for byte in ids.flatten() {
            // Writing to a string cannot fail.
            let _ = write!(text, "{byte:02x}");
        }
        if text.len() > LONGEST {
            return format!("{}X", tag.0);
        }
    }
    text
}

/// What a text tells, unless it is our own. A text that makes no sense may mean anything.
pub(crate) fn heard(own: &Tag, text: &str) -> Vec<Change> {
    match text.split_at_checked(TAG) {
        Some((tag, _)) if tag == own.0 => Vec::new(),
        Some((_, rest)) => read(rest).unwrap_or_else(|| vec![Change::Missed]),
        None => vec![Change::Missed],
    }
}

fn read(mut text: &str) -> Option<Vec<Change>> {
    let mut changes = Vec::new();
    while let Some(letter) = text.chars().next() {
        let (_, rest) = text.split_at_checked(letter.len_utf8())?;
        let about: Option<fn(JobId) -> Change> = match letter {
            'W' => Some(Change::JobWaiting),
            'M' => Some(Change::JobMoved),
            'E' => Some(Change::JobEnded),
            _ => None,
        };
        text = match (about, letter) {
            (Some(about), _) => {
                let (id, rest) = id(rest)?;
                changes.push(about(JobId::from_bytes(id)));
                rest
            }
            (None, 'S') => {
                let (tenant, rest) = id(rest)?;
                let (job, rest) = id(rest)?;
                changes.push(Change::Sent(TenantId::from_bytes(tenant), JobId::from_bytes(job)));
                rest
            }
            (None, 'D') => {
                changes.push(Change::Delivery);
                rest
            }
            _ => return None,
        };
    }
    Some(changes)
}

/// The id that a text begins with, and the rest.
fn id(text: &str) -> Option<([u8; 16], &str)> {
    let (id, rest) = text.split_at_checked(ID)?;
    Some((u128::from_str_radix(id, 16).ok()?.to_be_bytes(), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(n: u8) -> JobId {
        JobId::from_bytes([n; 16])
    }

    #[test]
    fn what_is_told_is_heard_by_others_only() {
        let (here, there) = (Tag::from_random(7), Tag::from_random(u32::MAX));
        let changes = [
            Change::JobWaiting(id(0)),
            Change::JobMoved(id(255)),
            Change::JobEnded(id(16)),
            Change::Sent(TenantId::from_bytes([7; 16]), id(8)),
            Change::Delivery,
        ];
        let text = told(&here, &changes);
        assert_eq!(heard(&there, &text), changes);
        assert_eq!(heard(&here, &text), []);
    }

    #[test]
    fn too_much_to_tell_is_told_as_such() {
        let tag = Tag::from_random(1);
        let many = vec![Change::JobWaiting(id(1)); 300];
        let text = told(&tag, &many);
        assert!(text.len() < 8000);
        assert_eq!(heard(&Tag::from_random(2), &text), [Change::Missed]);
        let some = vec![Change::JobWaiting(id(1)); 200];
        assert_eq!(heard(&Tag::from_random(2), &told(&tag, &some)), some);
    }

    #[test]
    fn nonsense_may_mean_anything() {
        for text in [
            "",
            "x",
            "00000001Q",
            "00000001W12",
            "00000001S00000000000000000000000000000000",
            "ääääääää",
            "00000001Wäääääääääääääääääääääääääääääääää",
        ] {
            assert_eq!(heard(&Tag::from_random(2), text), [Change::Missed], "{text}");
        }
    }
}
