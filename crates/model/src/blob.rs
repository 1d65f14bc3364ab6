//! Where stored bytes lie: keys that follow from what they belong to, so that doing a step twice
//! writes the same bytes to the same place.

use std::fmt;
use std::str::FromStr;

use crate::{ExportFormat, JobId, MockupId, ModelError};

/// The BLAKE3 hash of some bytes; what a job pins instead of "the latest".
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ContentHash([u8; 32]);

impl ContentHash {
    /// From the 32 bytes that the hash function gave.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ContentHash({self})")
    }
}

impl FromStr for ContentHash {
    type Err = ModelError;

    /// Reads 64 hexadecimal digits.
    fn from_str(text: &str) -> Result<Self, ModelError> {
        let malformed = ModelError::Malformed {
            field: "content_hash",
            expected: "64 hexadecimal digits",
        };
        let digits: Option<Vec<u8>> = text
            .chars()
            .map(|c| c.to_digit(16).and_then(|d| u8::try_from(d).ok()))
            .collect();
        let digits = digits.filter(|digits| digits.len() == 64).ok_or(malformed)?;
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = pair[0] << 4 | pair[1];
        }
        Ok(Self(bytes))
    }
}

/// The key of stored bytes: a relative path that cannot climb out of its folder.
///
/// One to 512 characters of `a-z 0-9 . _ - /`; no part is empty, starts with a dot, or is more than
/// 128 characters long.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BlobKey(String);

impl BlobKey {
    /// The PSD or PSB with these contents. Two mockups of the same file share it.
    pub fn upload(content: ContentHash) -> Self {
        Self(format!("uploads/{content}.psd"))
    }

    /// An upload that is still coming in, named by the job that will take it.
    pub fn incoming(job: JobId) -> Self {
        Self(format!("incoming/{job}"))
    }

    /// A picture that a caller sent with a request.
    pub fn asset(content: ContentHash) -> Self {
        Self(format!("assets/{content}"))
    }

    /// The `number`th export of a job, counted from zero.
    pub fn result(job: JobId, number: u32, format: ExportFormat) -> Self {
        Self::made(job, number, format.extension())
    }

    /// The `number`th file that a job made, counted from zero; its name ends in `extension`: small letters and digits.
    pub fn made(job: JobId, number: u32, extension: &'static str) -> Self {
        Self(format!("results/{job}/{number}.{extension}"))
    }

    /// The preview of a mockup that is `width` pixels wide.
    pub fn thumbnail(mockup: MockupId, width: u32) -> Self {
        Self(format!("thumbnails/{mockup}/{width}.webp"))
    }

    /// The fidelity report of the file with these contents, as this version of the program draws it:
    /// a newer one may draw it better, and makes its own report.
    pub fn fidelity(content: ContentHash) -> Self {
        Self(format!("fidelity/{}/{content}.json", env!("CARGO_PKG_VERSION")))
    }

    /// The heat map that belongs to the fidelity report.
    pub fn heat_map(content: ContentHash) -> Self {
        Self(format!("fidelity/{}/{content}.png", env!("CARGO_PKG_VERSION")))
    }

    /// The path.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for BlobKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for BlobKey {
    type Err = ModelError;

    fn from_str(text: &str) -> Result<Self, ModelError> {
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '_' | '-');
        let part = |part: &str| {
            (1..=128).contains(&part.len()) && !part.starts_with('.') && part.chars().all(allowed)
        };
        if text.len() <= 512 && text.split('/').all(part) {
            Ok(Self(text.to_owned()))
        } else {
            Err(ModelError::Malformed {
                field: "blob_key",
                expected: "a plain relative path",
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn derived_keys_are_valid_keys() {
        let (job, mockup) = (JobId::from_random([1; 16]), MockupId::from_random([2; 16]));
        let hash = ContentHash::from_bytes([0xab; 32]);
        for key in [
            BlobKey::upload(hash),
            BlobKey::incoming(job),
            BlobKey::asset(hash),
            BlobKey::result(job, 0, ExportFormat::Jpeg),
            BlobKey::made(job, 1, "pdf"),
            BlobKey::thumbnail(mockup, 720),
            BlobKey::fidelity(hash),
            BlobKey::heat_map(hash),
        ] {
            assert_eq!(key.as_str().parse().as_ref(), Ok(&key));
        }
        assert_eq!(
            BlobKey::result(job, 0, ExportFormat::Jpeg).as_str(),
            format!("results/{job}/0.jpg")
        );
    }

    #[test]
    fn keys_cannot_climb_out_of_their_folder() {
        for text in [
            "",
            "/",
            "/etc/passwd",
            "a/../b",
            "..",
            "a//b",
            "a/",
            "a\\b",
            "A",
            "a b",
            "a/.hidden",
            "é",
        ] {
            assert!(text.parse::<BlobKey>().is_err(), "{text}");
        }
        assert!("a/".repeat(300).trim_end_matches('/').parse::<BlobKey>().is_err());
    }

    #[test]
    fn a_hash_reads_what_it_writes() {
        let hash = ContentHash::from_bytes(std::array::from_fn(|i| u8::try_from(i * 7).unwrap()));
        assert_eq!(hash.to_string().parse(), Ok(hash));
        assert!("zz".repeat(32).parse::<ContentHash>().is_err());
        assert!("ab".repeat(31).parse::<ContentHash>().is_err());
    }
}
