//! The signature of the Standard Webhooks specification 1.0.0, which every message carries beside that of its
//! dialect: both the sender's half and the receiver's.
//!
//! Signed are the message's id, the timestamp and the exact bytes of the body, joined by dots. The key is what the
//! secret spells in base64 after `whsec_`; a secret that is no base64 is used as the UTF-8 text it is. The signature
//! header is a list with a space between its entries, `v1,` and base64 each: one for every secret that is in force.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use marquetry_job::Timestamp;
use marquetry_model::{DeliveryId, Secret};

use crate::mac;
use crate::trust::{self, Untrusted};

/// The header of the message's id: the same on every try and replay, so a receiver can tell them for one.
pub const ID_HEADER: &str = "webhook-id";
/// The header of the moment of signing, in whole seconds since 1970.
pub const TIMESTAMP_HEADER: &str = "webhook-timestamp";
/// The header of the signatures.
pub const SIGNATURE_HEADER: &str = "webhook-signature";

/// How a secret begins.
const PREFIX: &str = "whsec_";
/// How a signature by HMAC-SHA256 begins.
const VERSION: &str = "v1,";
/// Most signatures in one header that are looked at: one more than there can be secrets.
const MOST_SIGNATURES: usize = 12;

/// The id of a message: `msg_` and the delivery's id without its dashes.
pub fn message_id(delivery: DeliveryId) -> String {
    let mut id = String::with_capacity(36);
    id.push_str("msg_");
    id.extend(delivery.to_string().chars().filter(|c| *c != '-'));
    id
}

/// The headers of a message signed at `now` with each of `secrets`; without a secret the signature is left out.
///
/// ```
/// use marquetry_dialect::{TOLERANCE, standard};
/// use marquetry_job::Timestamp;
/// use marquetry_model::{DeliveryId, Secret};
///
/// let now = Timestamp::from_micros(1_780_000_000_000_000);
/// let secret = Secret::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
/// let (id, body) = (DeliveryId::from_random([7; 16]), br#"{"event":"render.succeeded"}"#);
/// let headers = standard::sign([&secret], id, body, now);
///
/// let lookup = |name: &str| headers.iter().find(|(n, _)| *n == name).map(|(_, value)| value.as_str());
/// let message = standard::verify(secret.expose(), lookup, body, now, TOLERANCE)?;
/// assert_eq!(message, standard::message_id(id));
///
/// let other = "whsec_b3RoZXIgc2VjcmV0";
/// assert!(standard::verify(other, lookup, body, now, TOLERANCE).is_err());
/// # Ok::<(), marquetry_dialect::Untrusted>(())
/// ```
pub fn sign<'s>(
    secrets: impl IntoIterator<Item = &'s Secret>,
    delivery: DeliveryId,
    body: &[u8],
    now: Timestamp,
) -> Vec<(&'static str, String)> {
    let (id, timestamp) = (message_id(delivery), now.as_seconds().to_string());
    let signature = secrets
        .into_iter()
        .map(|secret| {
            let key = key(secret.expose());
            let sum = mac::sum(&key, &signed(&id, &timestamp, body));
            format!("{VERSION}{}", STANDARD.encode(sum))
        })
        .collect::<Vec<_>>()
        .join(" ");
    let mut headers = vec![(ID_HEADER, id), (TIMESTAMP_HEADER, timestamp)];
    if !signature.is_empty() {
        headers.push((SIGNATURE_HEADER, signature));
    }
    headers
}

/// The receiver's half: whether `body` was signed with `secret`, not further than `tolerance` from `now`. The answer is
/// the message's id: whoever has seen it before has seen the message before.
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
) -> Result<&'h str, Untrusted> {
    let needed = |name| header(name).ok_or(Untrusted::MissingHeader(name));
    let (id, timestamp) = (needed(ID_HEADER)?, needed(TIMESTAMP_HEADER)?);
    let given = needed(SIGNATURE_HEADER)?;
    let seconds = trust::signed_at(timestamp)?;
    let (key, parts) = (key(secret), signed(id, timestamp, body));
    // Entries of other versions are other senders' business.
    let matches = |entry: &str| {
        entry
            .strip_prefix(VERSION)
            .and_then(|text| STANDARD.decode(text).ok())
            .is_some_and(|sum| mac::is_sum(&key, &parts, &sum))
    };
    if !given.split(' ').take(MOST_SIGNATURES).any(matches) {
        return Err(Untrusted::WrongSignature);
    }
    trust::is_now(seconds, now, tolerance)?;
    Ok(id)
}

fn signed<'m>(id: &'m str, timestamp: &'m str, body: &'m [u8]) -> [&'m [u8]; 5] {
    [id.as_bytes(), b".", timestamp.as_bytes(), b".", body]
}

fn key(secret: &str) -> Vec<u8> {
    let text = secret.strip_prefix(PREFIX).unwrap_or(secret);
    match STANDARD.decode(text) {
        Ok(key) if !key.is_empty() => key,
        _ => secret.as_bytes().to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::TOLERANCE;

    const NOW: Timestamp = Timestamp::from_micros(1_700_000_000_000_000);

    fn id() -> DeliveryId {
        DeliveryId::from_random([0x5a; 16])
    }

    fn lookup<'a>(headers: &'a [(&'static str, String)]) -> impl Fn(&str) -> Option<&'a str> {
        |name| {
            let found = headers.iter().find(|(given, _)| *given == name);
            found.map(|(_, value)| value.as_str())
        }
    }

    fn secret(text: &str) -> Secret {
        Secret::new(text)
    }

    #[test]
    fn the_signature_is_that_of_an_independent_hmac() {
        // printf 'msg_5a5a5a5a5a5a4a5a9a5a5a5a5a5a5a5a.1700000000.{"event":"webhook.test"}' | openssl dgst -sha256 \
        //     -mac hmac -macopt hexkey:$(printf 'the key of this test 123' | xxd -p) -binary | base64
        let secret = secret("whsec_dGhlIGtleSBvZiB0aGlzIHRlc3QgMTIz");
        let headers = sign([&secret], id(), br#"{"event":"webhook.test"}"#, NOW);
        let names: Vec<_> = headers.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, ["webhook-id", "webhook-timestamp", "webhook-signature"]);
        assert_eq!(headers[0].1.len(), 36);
        assert!(!headers[0].1.contains(['.', '-']));
        assert_eq!(headers[1].1, "1700000000");
        assert_eq!(headers[2].1, "v1,TMdguYh8aeVISQZeVUuTH6qeepVDcV3Bk3vc5sy2uto=");
    }

    #[test]
    fn during_a_rotation_both_secrets_verify_and_no_third() {
        let (new, old) = (secret("whsec_bmV3"), secret("whsec_b2xk"));
        let headers = sign([&new, &old], id(), b"{}", NOW);
        let check = |secret: &str| verify(secret, lookup(&headers), b"{}", NOW, TOLERANCE);
        assert!(check(new.expose()).is_ok() && check(old.expose()).is_ok());
        assert_eq!(check("whsec_dGhpcmQ="), Err(Untrusted::WrongSignature));
        assert!(headers[2].1.split(' ').all(|entry| entry.starts_with("v1,")));
    }

    #[test]
    fn a_secret_that_is_no_base64_is_its_own_key() {
        let secret = secret("a secret of a caller's choice!");
        let headers = sign([&secret], id(), b"{}", NOW);
        assert!(verify(secret.expose(), lookup(&headers), b"{}", NOW, TOLERANCE).is_ok());
    }

    #[test]
    fn without_a_secret_the_id_is_told_all_the_same() {
        let headers = sign([], id(), b"{}", NOW);
        assert_eq!(headers.len(), 2);
        let missing = verify("whsec_bmV3", lookup(&headers), b"{}", NOW, TOLERANCE);
        assert_eq!(missing, Err(Untrusted::MissingHeader(SIGNATURE_HEADER)));
    }

    #[test]
    fn each_way_of_forging_has_its_answer() {
        let secret = secret("whsec_bmV3");
        let good = sign([&secret], id(), b"{}", NOW);
        let with = |at: usize, value: &str| {
            let mut headers = good.clone();
            headers[at].1 = value.to_owned();
            verify(secret.expose(), lookup(&headers), b"{}", NOW, TOLERANCE).map(str::to_owned)
        };
        assert_eq!(with(0, "msg_other"), Err(Untrusted::WrongSignature));
        assert_eq!(with(1, "1700000001"), Err(Untrusted::WrongSignature));
        assert_eq!(with(1, "01700000000"), Err(Untrusted::UnreadableTimestamp));
        for odd in ["", "v1", "v1,", "v1,====", "v2,AAAA", &good[2].1[3..]] {
            assert_eq!(with(2, odd), Err(Untrusted::WrongSignature), "{odd}");
        }
        assert!(with(2, &format!("v1a,xyz v1,AAAA {}", good[2].1)).is_ok());
        let late = NOW + Duration::from_secs(301);
        let answer = verify(secret.expose(), lookup(&good), b"{}", late, TOLERANCE);
        assert_eq!(answer, Err(Untrusted::OutsideTolerance { apart_seconds: 301 }));
    }

    proptest! {
        #[test]
        fn no_header_makes_it_panic(
            given in "[ -~]{0,80}", timestamp in "[0-9+ -]{0,24}", secret in "\\PC{0,40}",
        ) {
            let headers = [(ID_HEADER, "m".to_owned()), (TIMESTAMP_HEADER, timestamp), (SIGNATURE_HEADER, given)];
            let answer = verify(&secret, lookup(&headers), b"body", NOW, TOLERANCE);
            prop_assert!(answer.is_err());
        }
    }
}
