//! Prints signed messages as a receiver gets them, and for each a twin that was changed by one byte: something to try
//! a receiver, or a library, with.
//!
//! `cargo run -p marquetry-examples --example webhook_messages -- whsec_… 1000`
//!
//! One JSON object a line: `genuine`, `headers`, `body`. `examples/webhooks/libraries.sh` reads them.
#![expect(clippy::print_stdout, reason = "an example talks to its reader")]

use std::error::Error;

use marquetry_dialect::{Dialect, Message};
use marquetry_model::{DeliveryId, EventType, Secret};
use marquetry_store::{Clock as _, SystemClock};
use serde_json::{Map, Value, json};

/// The three headers that the Standard Webhooks specification asks for, which are those that it signs or compares.
const STANDARD: [&str; 3] = ["webhook-id", "webhook-timestamp", "webhook-signature"];

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(secret), Some(count)) = (arguments.next(), arguments.next()) else {
        return Err("usage: webhook_messages SECRET COUNT".into());
    };
    let secret = Secret::new(secret);
    for number in 0..count.parse::<u32>()? {
        let mut id = [7; 16];
        id[12..].copy_from_slice(&number.to_be_bytes());
        let body = json!({"event": "render.succeeded", "number": number}).to_string();
        let message = Message {
            id: DeliveryId::from_random(id),
            event: EventType::RenderSucceeded,
            body: body.as_bytes(),
        };
        let headers = Dialect::SudoMock.headers(&[&secret], &message, SystemClock.now());
        let headers: Map<String, Value> = headers
            .into_iter()
            .map(|(name, value)| (name.to_ascii_lowercase(), value.into()))
            .collect();
        println!("{}", json!({"genuine": true, "headers": headers, "body": body}));
        println!("{}", changed(number, headers, &body));
    }
    Ok(())
}

/// The same with one byte changed: of the body, or of one of the three headers.
fn changed(number: u32, mut headers: Map<String, Value>, body: &str) -> Value {
    let other = |text: &str, spared: usize| {
        let mut bytes = text.as_bytes().to_vec();
        let at = usize::try_from(number).unwrap_or_default() % (bytes.len() - spared);
        bytes[at] = if bytes[at] == b'5' { b'6' } else { b'5' };
        String::from_utf8(bytes).unwrap_or_default()
    };
    let which = usize::try_from(number % 4).unwrap_or_default();
    let Some(name) = STANDARD.get(which) else {
        return json!({"genuine": false, "headers": headers, "body": other(body, 0)});
    };
    let value = headers.get(*name).and_then(Value::as_str).unwrap_or_default();
    // The last two signs of base64 may carry bits that say nothing.
    let value = other(value, if *name == "webhook-signature" { 2 } else { 0 });
    headers.insert((*name).to_owned(), value.into());
    json!({"genuine": false, "headers": headers, "body": body})
}
