//! The signature that lets a receiver trust a message: both the sender's half and the receiver's.
//!
//! The key is the whole secret text, `whsec_` included, as UTF-8 bytes. Signed are the timestamp as decimal
//! text, one `.`, and the exact bytes of the body. The signature header holds lower case hex and nothing else.
//! It is made afresh for every try, because receivers turn away what is older than a few minutes.

use std::time::Duration;

use marquetry_job::Timestamp;

use crate::mac;
use crate::trust;
pub use crate::trust::{TOLERANCE, Untrusted};

/// The header of the signature.
pub const SIGNATURE_HEADER: &str = "X-SudoMock-Signature";
/// The header of the moment of signing, in whole seconds since 1970.
pub const TIMESTAMP_HEADER: &str = "X-SudoMock-Timestamp";
/// The header of the delivery's id: the same on every try and replay, so a receiver can tell them for one.
pub const DELIVERY_HEADER: &str = "X-SudoMock-Delivery";
/// The headers that carry a signature over `body`, made at `now`.
///
/// ```
/// use std::time::Duration;
/// use marquetry_dialect::sudomock::signature;
/// use marquetry_job::Timestamp;
///
/// let now = Timestamp::from_micros(1_780_000_000_000_000);
/// let body = br#"{"event":"render.succeeded"}"#;
/// let headers = signature::sign("whsec_example", body, now);
///
/// let lookup = |name: &str| headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str());
/// signature::verify("whsec_example", lookup, body, now, signature::TOLERANCE)?;
///
/// let later = now + Duration::from_secs(301);
/// assert!(signature::verify("whsec_example", lookup, body, later, signature::TOLERANCE).is_err());
/// # Ok::<(), signature::Untrusted>(())
/// ```
pub fn sign(secret: &str, body: &[u8], now: Timestamp) -> [(&'static str, String); 2] {
    let timestamp = now.as_seconds().to_string();
    let signature = mac::hex(&mac::sum(secret.as_bytes(), &signed(&timestamp, body)));
    [(SIGNATURE_HEADER, signature), (TIMESTAMP_HEADER, timestamp)]
}

/// The receiver's half: whether `body` was signed with `secret`, not further than `tolerance` from `now`.
///
/// `header` looks a header up by name, in any case. Compares in constant time.
///
/// # Errors
/// [`Untrusted`]; treat every variant alike when answering, so that a forger learns nothing.
pub fn verify<'h>(
    secret: &str,
    header: impl Fn(&str) -> Option<&'h str>,
    body: &[u8],
    now: Timestamp,
    tolerance: Duration,
) -> Result<(), Untrusted> {
    let given = header(SIGNATURE_HEADER).ok_or(Untrusted::MissingHeader(SIGNATURE_HEADER))?;
    let timestamp = header(TIMESTAMP_HEADER).ok_or(Untrusted::MissingHeader(TIMESTAMP_HEADER))?;
    let seconds = trust::signed_at(timestamp)?;
    let tag = from_hex(given).ok_or(Untrusted::WrongSignature)?;
    if !mac::is_sum(secret.as_bytes(), &signed(timestamp, body), &tag) {
        return Err(Untrusted::WrongSignature);
    }
    trust::is_now(seconds, now, tolerance)
}

fn signed<'m>(timestamp: &'m str, body: &'m [u8]) -> [&'m [u8]; 3] {
    [timestamp.as_bytes(), b".", body]
}

fn from_hex(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if text.len() != 2 * bytes.len() {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        let digit = |ascii: u8| {
            let digit = char::from(ascii)
                .to_digit(16)
                .filter(|_| !ascii.is_ascii_uppercase())?;
            u8::try_from(digit).ok()
        };
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOW: Timestamp = Timestamp::from_micros(1_700_000_000_000_000);

    fn lookup<'a>(headers: &'a [(&'static str, String)]) -> impl Fn(&str) -> Option<&'a str> {
        |name| {
            headers
                .iter()
                .find(|(given, _)| *given == name)
                .map(|(_, value)| value.as_str())
        }
    }

    #[test]
    fn the_signature_is_that_of_an_independent_hmac() {
        // printf '1700000000.{"event":"webhook.test"}' | openssl dgst -sha256 -hmac 'whsec_abc'
        let headers = sign("whsec_abc", br#"{"event":"webhook.test"}"#, NOW);
        assert_eq!(
            headers[0].1,
            "cc67074442cd259e50b7e41b1c6c7e2901f9136e6242c358c80505f5b31a7b61"
        );
        assert_eq!(headers[1].1, "1700000000");
    }

    #[test]
    fn each_way_of_forging_has_its_answer() {
        let body = b"{}";
        let signed = sign("whsec_abc", body, NOW);
        let check = |headers: &[(&'static str, String)], secret: &str, body: &[u8], now| {
            verify(secret, lookup(headers), body, now, TOLERANCE)
        };
        assert_eq!(check(&signed, "whsec_abc", body, NOW), Ok(()));
        assert_eq!(check(&signed, "abc", body, NOW), Err(Untrusted::WrongSignature));
        assert_eq!(
            check(&signed, "whsec_abc", b"{ }", NOW),
            Err(Untrusted::WrongSignature)
        );
        assert_eq!(
            check(&signed[1..], "whsec_abc", body, NOW),
            Err(Untrusted::MissingHeader(SIGNATURE_HEADER))
        );
        assert_eq!(
            check(&signed[..1], "whsec_abc", body, NOW),
            Err(Untrusted::MissingHeader(TIMESTAMP_HEADER))
        );
        for seconds in [301, 100_000] {
            let wait = Duration::from_secs(seconds);
            let expected = Err(Untrusted::OutsideTolerance {
                apart_seconds: seconds,
            });
            assert_eq!(check(&signed, "whsec_abc", body, NOW + wait), expected);
            assert_eq!(check(&signed, "whsec_abc", body, NOW - wait), expected);
        }
        assert_eq!(
            check(&signed, "whsec_abc", body, NOW + Duration::from_secs(300)),
            Ok(())
        );
        for odd in ["", "soon", "+1700000000", "01700000000", "1700000000.0"] {
            let headers = [signed[0].clone(), (TIMESTAMP_HEADER, odd.to_owned())];
            assert_eq!(
                check(&headers, "whsec_abc", body, NOW),
                Err(Untrusted::UnreadableTimestamp),
                "{odd}"
            );
        }
        for odd in [
            signed[0].1.to_uppercase(),
            format!("sha256={}", signed[0].1),
            "é".repeat(32),
        ] {
            let headers = [(SIGNATURE_HEADER, odd), signed[1].clone()];
            assert_eq!(
                check(&headers, "whsec_abc", body, NOW),
                Err(Untrusted::WrongSignature)
            );
        }
    }

    proptest! {
        #[test]
        fn what_was_signed_is_trusted_and_nothing_else(
            secret in "whsec_[a-z0-9]{0,40}", body in prop::collection::vec(any::<u8>(), 0..64),
            seconds in 0i64..4_000_000_000, flip in any::<prop::sample::Index>(),
        ) {
            let now = Timestamp::from_micros(seconds * 1_000_000);
            let headers = sign(&secret, &body, now);
            prop_assert_eq!(verify(&secret, lookup(&headers), &body, now, TOLERANCE), Ok(()));
            if !body.is_empty() {
                let mut other = body.clone();
                other[flip.index(body.len())] ^= 1;
                let answer = verify(&secret, lookup(&headers), &other, now, TOLERANCE);
                prop_assert_eq!(answer, Err(Untrusted::WrongSignature));
            }
        }
    }
}
