//! How this dialect spells ids. Each route reads only its own spelling; whatever else stands there names nothing.

use marquetry_model::{DesignId, Handle, JobId};

/// How the id of a job begins.
const JOB: &str = "clx_";
/// How the id of a design begins.
const DESIGN: &str = "dsg_";

/// `clx_` and 32 lower case hex digits.
///
/// ```
/// use marquetry_dialect::templified::{job_id, job_of};
/// use marquetry_model::JobId;
/// let id = JobId::from_random([7; 16]);
/// let word = job_id(id);
/// assert!(word.starts_with("clx_") && word.len() == 36);
/// assert_eq!(job_of(&word), Some(id));
/// assert_eq!(job_of(&id.to_string()), None, "this is how another dialect spells it");
/// ```
pub fn job_id(id: JobId) -> String {
    spelled(JOB, id.as_bytes())
}

/// The job that a word names.
pub fn job_of(word: &str) -> Option<JobId> {
    read(JOB, word).map(JobId::from_bytes)
}

/// `dsg_` and 32 lower case hex digits.
pub fn design_id(id: DesignId) -> String {
    spelled(DESIGN, id.as_bytes())
}

/// The design that a word names.
pub fn design_of(word: &str) -> Option<DesignId> {
    read(DESIGN, word).map(DesignId::from_bytes)
}

/// The template, group or asset that a word names: 1 to 64 of `A-Z a-z 0-9 _ -`.
pub fn handle_of(word: &str) -> Option<Handle> {
    word.parse().ok()
}

fn spelled(prefix: &str, bytes: &[u8; 16]) -> String {
    format!("{prefix}{}", crate::mac::hex(bytes))
}

fn read(prefix: &str, word: &str) -> Option<[u8; 16]> {
    let digits = word.strip_prefix(prefix)?.as_bytes();
    if digits.len() != 32 {
        return None;
    }
    // Lower case alone: one job has one spelling.
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let mut bytes = [0; 16];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_its_own_spelling_is_read() {
        let id = JobId::from_random([0xab; 16]);
        let word = job_id(id);
        for wrong in [
            word.to_uppercase(),
            word[1..].to_owned(),
            format!("{word}0"),
            word.replace("clx_", "dsg_"),
            word.replace("clx_", ""),
            "clx_".to_owned(),
            format!("clx_{}", "é".repeat(16)),
            String::new(),
        ] {
            assert_eq!(job_of(&wrong), None, "{wrong}");
        }
        let design = DesignId::from_random([3; 16]);
        assert_eq!(design_of(&design_id(design)), Some(design));
    }
}
