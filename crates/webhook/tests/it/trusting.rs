//! What the libraries of others make of our signatures, and receivers around the change of a secret.

use std::time::Duration;

use marquetry_dialect::{Dialect, Message, TOLERANCE};
use marquetry_job::Timestamp;
use marquetry_model::{DeliveryId, Endpoint, EventType, Secret};
use marquetry_webhook::verify;

use crate::stage::Stage;

const OLD: &str = "whsec_b2xkIHNlY3JldCwgMzIgYnl0ZXMsIG5vIG9uZSdzIQ==";
const NEW: &str = "whsec_bmV3IHNlY3JldCwgMzIgYnl0ZXMsIG5vIG9uZSdzIQ==";

type Headers = Vec<(&'static str, String)>;

fn message(id: DeliveryId, body: &[u8]) -> Message<'_> {
    Message {
        id,
        event: EventType::RenderSucceeded,
        body,
    }
}

fn lookup<'h>(headers: &'h Headers) -> impl Fn(&str) -> Option<&'h str> {
    |name| {
        let found = headers.iter().find(|(given, _)| *given == name);
        found.map(|(_, value)| value.as_str())
    }
}

fn numbered(number: u32) -> DeliveryId {
    let mut bytes = [7; 16];
    bytes[12..].copy_from_slice(&number.to_be_bytes());
    DeliveryId::from_random(bytes)
}

/// A receiver that knows nothing of us.
struct Stranger(standardwebhooks::Webhook);

impl Stranger {
    fn with(secret: &str) -> Self {
        Self(standardwebhooks::Webhook::new(secret).unwrap())
    }

    fn trusts(&self, headers: &Headers, body: &[u8]) -> bool {
        let mut map = http::HeaderMap::new();
        for (name, value) in headers {
            let name = http::HeaderName::from_bytes(name.as_bytes()).unwrap();
            // A header that cannot be sent is no message.
            let Ok(value) = http::HeaderValue::from_bytes(value.as_bytes()) else {
                return false;
            };
            map.insert(name, value);
        }
        self.0.verify(body, &map).is_ok()
    }
}

/// The library asks the real clock.
fn today() -> Timestamp {
    let since = std::time::UNIX_EPOCH.elapsed().unwrap();
    Timestamp::from_micros(i64::try_from(since.as_micros()).unwrap())
}

#[test]
fn the_standard_library_trusts_our_messages_and_none_that_was_changed_by_a_byte() {
    let (stranger, secret) = (Stranger::with(OLD), Secret::new(OLD));
    let now = today();
    for number in 0..1000_u32 {
        let body = format!(r#"{{"event":"render.succeeded","number":{number}}}"#).into_bytes();
        let sent = Dialect::SudoMock.headers(&[&secret], &message(numbered(number), &body), now);
        assert!(stranger.trusts(&sent, &body), "{number}");

        // One byte of what is signed or of the signature itself, another one each time.
        let (mut body, mut headers) = (body, sent.clone());
        let at = usize::try_from(number).unwrap();
        match number % 4 {
            0 => {
                let at = at % body.len();
                body[at] ^= 1;
            }
            kind => {
                let name = ["webhook-id", "webhook-timestamp", "webhook-signature"][kind as usize - 1];
                let (_, value) = headers.iter_mut().find(|(given, _)| *given == name).unwrap();
                let mut bytes = value.clone().into_bytes();
                // The last sign of base64 but one may carry bits that say nothing.
                let at = at % (bytes.len() - if kind == 3 { 2 } else { 0 });
                bytes[at] = if bytes[at] == b'5' { b'6' } else { b'5' };
                *value = String::from_utf8(bytes).unwrap();
            }
        }
        assert!(!stranger.trusts(&headers, &body), "{number}: {headers:?}");
        let own = verify(OLD, lookup(&headers), &body, now, TOLERANCE);
        assert!(own.is_err(), "{number}");
    }
}

async fn endpoint() -> Endpoint {
    let endpoint = Stage::new().endpoint(1, "https://example.com/".into()).await;
    Endpoint {
        secret: Secret::new(OLD),
        ..endpoint
    }
}

#[tokio::test]
async fn receivers_on_either_secret_verify_all_messages_around_the_change() {
    let before = endpoint().await;
    let change = before.created_at + Duration::from_hours(1);
    let after = before
        .clone()
        .rotated(Secret::new(NEW), Duration::from_hours(24), change);
    let hour = Duration::from_hours(1);
    let (mut old, mut new) = (0, 0);
    for number in 0..10_000_u32 {
        // From an hour before the change to an hour after the end of the overlap.
        let now = before.created_at + hour * 26 * number / 10_000;
        let in_force = if now < change { &before } else { &after };
        let secrets: Vec<&Secret> = in_force.secrets(now).collect();
        let body = number.to_string().into_bytes();
        let sent = Dialect::SudoMock.headers(&secrets, &message(numbered(number), &body), now);
        let trusts = |secret| verify(secret, lookup(&sent), &body, now, TOLERANCE).is_ok();
        let within = now < change + hour * 24;
        assert_eq!(trusts(OLD), within, "{number}");
        assert_eq!(trusts(NEW), now >= change, "{number}");
        old += u32::from(trusts(OLD));
        new += u32::from(trusts(NEW));
    }
    assert!(old > 9_600 && new > 9_600 && old + new > 19_000, "{old} {new}");
}
