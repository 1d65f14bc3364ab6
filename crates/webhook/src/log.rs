//! What is written down about a try, for the owner of the endpoint: enough to see what went wrong without asking us,
//! and nothing that would let a reader of the log sign a message.

use std::time::Duration;

use marquetry_job::Timestamp;
use marquetry_model::{AttemptRecord, Delivery, DeliveryAttempt};

use crate::verdict::Verdict;

/// Stands where a signature was.
const MASK: &str = "****";

/// The record of the try that `verdict` is about.
pub(crate) fn record(
    delivery: &Delivery,
    request: &[(&'static str, String)],
    at: Timestamp,
    took: Duration,
    verdict: Verdict,
) -> AttemptRecord {
    AttemptRecord {
        number: delivery.state.tally().starts,
        tried: DeliveryAttempt {
            at,
            took,
            status: verdict.status,
            error: verdict.error,
        },
        trouble: verdict.trouble,
        lookup: verdict.lookup,
        request: request.iter().map(shown).collect(),
        answer: verdict.answer,
    }
}

/// A header as it may be shown. How many signatures there were and of which version stays to be seen.
fn shown((name, value): &(&'static str, String)) -> (String, String) {
    let name = name.to_ascii_lowercase();
    let value = if name.ends_with("signature") {
        let masked: Vec<String> = value.split(' ').map(masked).collect();
        masked.join(" ")
    } else {
        value.clone()
    };
    (name, value)
}

fn masked(signature: &str) -> String {
    // `v1,` and `sha256=` tell how it was signed; base64 itself may end in `=`.
    let kept = [',', '=']
        .iter()
        .find_map(|sign| signature.find(*sign))
        .filter(|at| *at < 8)
        .map_or("", |at| &signature[..=at]);
    format!("{kept}{MASK}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_signature_is_shown() {
        let show = |name, value: &str| shown(&(name, value.to_owned()));
        let lower = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(
            show("X-SudoMock-Signature", "00ff"),
            lower("x-sudomock-signature", "****")
        );
        assert_eq!(
            show("X-Templified-Signature", "sha256=00ff"),
            lower("x-templified-signature", "sha256=****")
        );
        assert_eq!(
            show("webhook-signature", "v1,AAAA= v1,BBBB="),
            lower("webhook-signature", "v1,**** v1,****")
        );
        assert_eq!(show("webhook-id", "msg_1"), lower("webhook-id", "msg_1"));
    }
}
