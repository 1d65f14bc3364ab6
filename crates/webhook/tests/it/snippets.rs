//! The snippets of `docs/webhooks.md`, run on what the server sends.

use std::io::Write as _;
use std::process::{Command, Stdio};

use marquetry_dialect::{Dialect, Message};
use marquetry_job::Timestamp;
use marquetry_model::{DeliveryId, EventType, Secret};

const PAGE: &str = include_str!("../../../../docs/webhooks.md");
const SECRET: &str = "whsec_b2xkIHNlY3JldCwgMzIgYnl0ZXMsIG5vIG9uZSdzIQ==";
const OTHER: &str = "whsec_bmV3IHNlY3JldCwgMzIgYnl0ZXMsIG5vIG9uZSdzIQ==";

/// The block of the page in that language.
fn snippet(language: &str) -> &'static str {
    let (_, rest) = PAGE.split_once(&format!("```{language}\n")).unwrap();
    rest.split_once("```").unwrap().0
}

/// A message as somebody receives it, and whether it is genuine.
struct Case {
    id: String,
    timestamp: String,
    signature: String,
    body: String,
    genuine: bool,
}

fn now() -> Timestamp {
    let since = std::time::UNIX_EPOCH.elapsed().unwrap();
    Timestamp::from_micros(i64::try_from(since.as_micros()).unwrap())
}

fn sent(secrets: &[&str], at: Timestamp) -> Case {
    let body = r#"{"event":"render.succeeded","name":"Tasse für Zoë"}"#.to_owned();
    let secrets: Vec<Secret> = secrets.iter().copied().map(Secret::new).collect();
    let message = Message {
        id: DeliveryId::from_random([7; 16]),
        event: EventType::RenderSucceeded,
        body: body.as_bytes(),
    };
    let headers = Dialect::SudoMock.headers(&secrets.iter().collect::<Vec<_>>(), &message, at);
    let header = |name: &str| {
        let found = headers.iter().find(|(given, _)| *given == name);
        found.unwrap().1.clone()
    };
    Case {
        id: header("webhook-id"),
        timestamp: header("webhook-timestamp"),
        signature: header("webhook-signature"),
        body,
        genuine: true,
    }
}

fn cases() -> Vec<Case> {
    let (now, minute) = (now(), std::time::Duration::from_secs(60));
    let forged = |change: &dyn Fn(&mut Case)| {
        let mut case = sent(&[SECRET], now);
        change(&mut case);
        Case {
            genuine: false,
            ..case
        }
    };
    vec![
        sent(&[SECRET], now),
        sent(&[OTHER, SECRET], now),
        sent(&[SECRET, OTHER], now - minute * 4),
        Case {
            genuine: false,
            ..sent(&[OTHER], now)
        },
        Case {
            genuine: false,
            ..sent(&[SECRET], now - minute * 6)
        },
        Case {
            genuine: false,
            ..sent(&[SECRET], now + minute * 6)
        },
        forged(&|case| case.body.push(' ')),
        forged(&|case| case.id.push('0')),
        forged(&|case| case.timestamp.push('0')),
        forged(&|case| case.signature = "v1,".into()),
        forged(&|case| case.signature = case.signature.replace("v1,", "v2,")),
    ]
}

/// The cases as a literal that both languages read.
fn literal(cases: &[Case]) -> String {
    let quoted = |text: &str| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
    let lists = cases.iter().map(|case| {
        let members = [&case.id, &case.timestamp, &case.signature, &case.body].map(|text| quoted(text));
        format!("[{}]", members.join(","))
    });
    format!("[{}]", lists.collect::<Vec<_>>().join(","))
}

/// Runs a program that is read from standard input and says `yes` or `no` for each case.
fn assert_right(program: &str, arguments: &[&str], source: &str, cases: &[Case]) {
    let spawned = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn();
    let Ok(mut child) = spawned else {
        eprintln!("skipped: there is no {program} on this machine");
        return;
    };
    let mut input = child.stdin.take().unwrap();
    input.write_all(source.as_bytes()).unwrap();
    drop(input);
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{program} failed");
    let said = String::from_utf8(output.stdout).unwrap();
    let said: Vec<bool> = said.lines().map(|line| line == "yes").collect();
    let right: Vec<bool> = cases.iter().map(|case| case.genuine).collect();
    assert_eq!(said, right, "{program}");
}

#[test]
fn the_python_of_the_page_verifies() {
    let cases = cases();
    let source = format!(
        r#"# -*- coding: utf-8 -*-
{}

for message, timestamp, signature, body in {}:
    headers = {{"webhook-id": message, "webhook-timestamp": timestamp, "webhook-signature": signature}}
    try:
        print("yes" if verify("{SECRET}", headers, body.encode("utf-8")) == message else "another id")
    except ValueError:
        print("no")
"#,
        snippet("python"),
        literal(&cases)
    );
    assert_right("python3", &["-"], &source, &cases);
}

#[test]
fn the_javascript_of_the_page_verifies() {
    let cases = cases();
    let source = format!(
        r#"{}
for (const [message, timestamp, signature, body] of {}) {{
  const headers = {{ "webhook-id": message, "webhook-timestamp": timestamp, "webhook-signature": signature }};
  let said;
  try {{
    said = verify("{SECRET}", headers, Buffer.from(body)) === message ? "yes" : "another id";
  }} catch (error) {{
    said = "no";
  }}
  console.log(said);
}}
"#,
        snippet("js"),
        literal(&cases)
    );
    assert_right("node", &["-"], &source, &cases);
}
