//! What one process tells the others: changes as the text of a notification.
//!
//! A text is the teller's tag, then for each change a letter and, for jobs, the id: `W` waits, `M` moved,
//! `E` ended, `D` deliveries, `X` more than can be told. Tellers skip what bears their own tag: their
//! listeners have been told directly.

use std::fmt::Write as _;

use marquetry_model::JobId;
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
        let (letter, id) = match change {
            Change::JobWaiting(id) => ('W', Some(id)),
            Change::JobMoved(id) => ('M', Some(id)),
            Change::JobEnded(id) => ('E', Some(id)),
            Change::Delivery => ('D', None),
            Change::Missed => ('X', None),
        };
        text.push(letter);
        for byte in id.into_iter().flat_map(|id| id.as_bytes()) {
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
                let (id, rest) = rest.split_at_checked(ID)?;
                let id = u128::from_str_radix(id, 16).ok()?;
                changes.push(about(JobId::from_bytes(id.to_be_bytes())));
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
            "ääääääää",
            "00000001Wäääääääääääääääääääääääääääääääää",
        ] {
            assert_eq!(heard(&Tag::from_random(2), text), [Change::Missed], "{text}");
        }
    }
}
