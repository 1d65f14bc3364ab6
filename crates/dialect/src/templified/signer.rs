//! The signature of a callback. Which header, what is signed and how it is spelled is not published, so each is a
//! setting, and a scheme that turns out to be the right one needs no other code.

use std::borrow::Cow;

use marquetry_job::Timestamp;

use crate::mac;

/// How callbacks are signed: HMAC-SHA256 with the secret's UTF-8 bytes, in lower case hex.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signer {
    /// The header. Default: `X-Templified-Signature`.
    pub header: &'static str,
    /// What stands before the hex. Default: `sha256=`.
    pub prefix: Cow<'static, str>,
    /// What is signed. Default: the body alone.
    pub signed: Signed,
}

/// What a signature covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signed {
    /// The exact bytes of the body.
    RawBody,
    /// The moment in whole seconds since 1970, a dot, the exact bytes of the body.
    TimestampDotBody,
}

impl Default for Signer {
    fn default() -> Self {
        Self {
            header: "X-Templified-Signature",
            prefix: Cow::Borrowed("sha256="),
            signed: Signed::RawBody,
        }
    }
}

impl Signer {
    /// The header of a message that is signed at `now`.
    pub fn sign(&self, secret: &str, body: &[u8], now: Timestamp) -> (&'static str, String) {
        let timestamp = now.as_seconds().to_string();
        let parts: &[&[u8]] = match self.signed {
            Signed::RawBody => &[body],
            Signed::TimestampDotBody => &[timestamp.as_bytes(), b".", body],
        };
        let sum = mac::hex(&mac::sum(secret.as_bytes(), parts));
        (self.header, format!("{}{sum}", self.prefix))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_micros(1_700_000_000_000_000);

    #[test]
    fn the_signature_is_that_of_an_independent_hmac() {
        // printf '{"status":"complete"}' | openssl dgst -sha256 -hmac 's3cret'
        let (header, value) = Signer::default().sign("s3cret", br#"{"status":"complete"}"#, NOW);
        assert_eq!(header, "X-Templified-Signature");
        assert_eq!(
            value,
            "sha256=3dbc70fd13c99be0ad3d7e1411cb11f4e36fcb895a5bda542f90e8aaf40ba7ea"
        );
    }

    #[test]
    fn what_is_signed_and_how_it_is_spelled_are_settings() {
        let signer = Signer {
            header: "X-Signature",
            prefix: "".into(),
            signed: Signed::TimestampDotBody,
        };
        // printf '1700000000.{"status":"complete"}' | openssl dgst -sha256 -hmac 's3cret'
        let (header, value) = signer.sign("s3cret", br#"{"status":"complete"}"#, NOW);
        assert_eq!(
            (header, value.as_str()),
            (
                "X-Signature",
                "26a98fb5dcfc51b792eefe04280134109ff9ce38302479ffbb25716992a08cef"
            )
        );
    }
}
