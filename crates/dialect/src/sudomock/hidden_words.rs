//! The words that this dialect's client libraries hide from their users.
//!
//! Those libraries replace a code, message or warning that matches their list by a general one. A code named
//! after such a word would never be seen by the people it is for, so nothing that this crate says may match.

/// Anywhere in the text.
const ANYWHERE: &[&str] = &[
    "gemini",
    "prompt",
    "region index",
    "depth",
    "displacement",
    "grid",
    "warp",
    "shading",
    "provider",
    "pipeline",
    "engine",
    "internal",
    "private",
    "storage",
    "bucket",
    "config version",
    "setup revision",
    "edit generation",
    "state machine",
    "processing state",
    "workflow state",
];

/// As a word of its own. Here `_` and `-` end a word, which is at least as strict as the libraries are.
const WHOLE: &[&str] = &["model", "phase", "mask", "segment", "segmentation"];

/// Whether a client library of this dialect would hide `text`.
///
/// ```
/// use marquetry_dialect::sudomock::is_hidden;
/// assert!(is_hidden("UNSUPPORTED_BIT_DEPTH"));
/// assert!(!is_hidden("UNSUPPORTED_BITS_PER_CHANNEL"));
/// ```
pub fn is_hidden(text: &str) -> bool {
    let plain = text.to_lowercase().replace(['_', '-'], " ");
    ANYWHERE.iter().any(|word| plain.contains(word))
        || plain
            .split(|c: char| !c.is_alphanumeric())
            .any(|word| WHOLE.contains(&word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_words_are_told_from_parts_of_others() {
        for text in [
            "LAYER_MASK",
            "mask-edge",
            "the model",
            "INTERNAL_ERROR",
            "Region_Index",
            "phase 2",
        ] {
            assert!(is_hidden(text), "{text}");
        }
        for text in [
            "unmasked",
            "remodelled",
            "segments",
            "phases",
            "SERVER_ERROR",
            "QUOTA_EXCEEDED",
        ] {
            assert!(!is_hidden(text), "{text}");
        }
    }
}
