//! `marquetry webhooks`: the real program beside a real server, which dies and comes back.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use marquetry_dialect::TOLERANCE;
use marquetry_dialect::sudomock::signature::{DELIVERY_HEADER, verify};
use marquetry_store::{Clock as _, SystemClock};
use marquetry_testkit::catcher::{Answer, Catcher, Caught};
use serde_json::{Value, json};

use crate::http::client::{Ask, PATIENCE};

const KEY: &str = "sm_00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
/// The id of no delivery.
const NOBODYS: &str = "9d4e2b51-0c7a-4f8e-bb1c-2a6f9e3d8c10";
const SECRET: &str = "whsec_of_the_listener";
const ENDPOINTS: &str = "/api/v1/webhook-endpoints";

fn marquetry(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_marquetry"));
    command.args(arguments).env("MARQUETRY_API_KEY", KEY);
    command
}

/// A running program, one of whose outputs is read. Killed, not asked, when it goes out of scope.
struct Program {
    process: Child,
    lines: mpsc::Receiver<String>,
}

impl Program {
    fn server(folder: &Path, listen: &str) -> (Self, SocketAddr) {
        let arguments = [
            "serve",
            "--allow-private-networks",
            "--workers",
            "0",
            "--log",
            "warn",
        ];
        let mut command = marquetry(&arguments);
        command
            .args(["--listen", listen, "--data-dir"])
            .arg(folder)
            .stdout(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let lines = read(process.stdout.take().unwrap());
        let server = Self { process, lines };
        let line = server.line_with("listening on http://");
        let address = line.split_once("http://").unwrap().1.parse().unwrap();
        (server, address)
    }

    /// A listener that has begun to listen.
    fn listener(server: SocketAddr, forward: &str, more: &[&str]) -> Self {
        let server = format!("http://{server}");
        let mut command = marquetry(&["webhooks", "listen", "--server", &server, "--forward", forward]);
        command.args(["--secret", SECRET]).args(more);
        let mut process = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (tell, lines) = mpsc::channel();
        read_into(tell.clone(), process.stdout.take().unwrap());
        read_into(tell, process.stderr.take().unwrap());
        let listener = Self { process, lines };
        listener.line_with("listening to");
        listener
    }

    /// The next line that holds `part`.
    fn line_with(&self, part: &str) -> String {
        let until = Instant::now() + PATIENCE;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let line = self
                .lines
                .recv_timeout(left)
                .unwrap_or_else(|_| panic!("no line with {part:?} came"));
            if line.contains(part) {
                return line;
            }
        }
    }

    /// As ctrl-c does; waits until it has ended well.
    fn interrupt(&mut self) {
        let id = self.process.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-INT", &id])
                .status()
                .unwrap()
                .success()
        );
        assert!(self.process.wait().unwrap().success());
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn read(output: impl std::io::Read + Send + 'static) -> mpsc::Receiver<String> {
    let (tell, lines) = mpsc::channel();
    read_into(tell, output);
    lines
}

fn read_into(tell: mpsc::Sender<String>, output: impl std::io::Read + Send + 'static) {
    std::thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            if tell.send(line).is_err() {
                return;
            }
        }
    });
}

async fn ask(server: SocketAddr, ask: Ask, status: u16) -> Value {
    ask.key(KEY).send(server).await.expect(status)
}

/// An endpoint for that address, which hears of nothing but renders and its own tests; gives its path.
async fn endpoint(server: SocketAddr, url: String) -> String {
    let draft = json!({"url": url, "event_types": ["render.succeeded"]});
    let made = ask(server, Ask::post(ENDPOINTS).json(&draft), 201).await;
    format!("{ENDPOINTS}/{}", made["id"].as_str().unwrap())
}

async fn test_event(server: SocketAddr, endpoint: &str) {
    ask(server, Ask::post(format!("{endpoint}/test")), 202).await;
}

fn assert_signed(caught: &Caught) {
    let now = SystemClock.now();
    verify(SECRET, |name| caught.header(name), &caught.body, now, TOLERANCE).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listener_hears_each_event_once_over_a_death_of_the_server_and_goes_on_where_it_ended() {
    let folder = tempfile::tempdir().unwrap();
    let (outside, here) = (Catcher::start().await, Catcher::start().await);
    let (server, address) = Program::server(folder.path(), "127.0.0.1:0");
    let path = endpoint(address, outside.url("/hook")).await;
    test_event(address, &path).await;
    outside.wait_for(1, PATIENCE).await.unwrap();

    let mut listener = Program::listener(address, &here.url("/local"), &[]);
    test_event(address, &path).await;
    let heard = here.wait_for(1, PATIENCE).await.unwrap();
    let sent = outside.wait_for(2, PATIENCE).await.unwrap();
    assert_eq!(heard[0].uri, "/local");
    assert_eq!(heard[0].body, sent[1].body, "byte for byte");
    assert_eq!(heard[0].header(DELIVERY_HEADER), sent[1].header(DELIVERY_HEADER));
    assert_signed(&heard[0]);

    drop(server);
    listener.line_with("trying again");
    let (_server, address) = Program::server(folder.path(), &address.to_string());
    test_event(address, &path).await;
    let heard = here.wait_for(2, PATIENCE).await.unwrap();
    assert_signed(&heard[1]);
    // Caught is not yet noted: whatever is interrupted in between is handed on once more.
    listener.line_with(heard[1].header(DELIVERY_HEADER).unwrap());
    listener.interrupt();
    let last = listener.line_with("--after");
    let last = last.split_whitespace().last().unwrap();
    assert_eq!(heard[1].header(DELIVERY_HEADER), Some(last));

    // What comes while nobody listens is heard by whoever goes on from there.
    test_event(address, &path).await;
    let listener = Program::listener(address, &here.url("/local"), &["--after", last]);
    let heard = here.wait_for(3, PATIENCE).await.unwrap();
    // The server that died may not have noted what it had sent last, and then that was sent again.
    let mut count = 4;
    let told = |sent: &Caught| sent.header(DELIVERY_HEADER) == heard[2].header(DELIVERY_HEADER);
    while !outside.wait_for(count, PATIENCE).await.unwrap().iter().any(told) {
        count += 1;
    }
    test_event(address, &path).await;
    let heard = here.wait_for(4, PATIENCE).await.unwrap();
    let mut ids: Vec<_> = heard
        .iter()
        .map(|caught| caught.header(DELIVERY_HEADER))
        .collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 4, "each of them once");
    drop(listener);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_given_up_is_sent_again_and_first_only_named() {
    let folder = tempfile::tempdir().unwrap();
    let outside = Catcher::start().await;
    let (_server, address) = Program::server(folder.path(), "127.0.0.1:0");
    let path = endpoint(address, outside.url("/hook")).await;
    outside.answer_always(Answer::status(410));
    test_event(address, &path).await;
    let dead = dead_ones(address, &path, 1).await;
    let id = dead[0]["id"].as_str().unwrap();
    // Gone receivers are disabled; this one has come back.
    outside.answer_always(Answer::status(200));
    let enabled = Ask::new(http::Method::PATCH, &path).json(&json!({"enabled": true}));
    let until = Instant::now() + PATIENCE;
    while ask(address, Ask::get(&path), 200).await["enabled"] == json!(true) {
        assert!(
            Instant::now() < until,
            "it is disabled after the answer is written down"
        );
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    ask(address, enabled, 200).await;

    let server = format!("http://{address}");
    let replay = |more: &[&str]| -> Output {
        marquetry(&["webhooks", "replay", "--server", &server])
            .args(more)
            .output()
            .unwrap()
    };
    let said = |output: &Output| {
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout.clone()).unwrap()
    };
    let named = said(&replay(&["--dead", "--since", "2d", "--dry-run"]));
    assert!(
        named.contains(id) && named.contains("would be sent") && named.contains("410"),
        "{named}"
    );
    assert_eq!(said(&replay(&["--failed", "--since", "2d"])), "");
    assert_eq!(said(&replay(&["--dead", "--event", "render.succeeded"])), "");
    assert_eq!(
        dead_ones(address, &path, 1).await,
        dead,
        "nothing was done so far"
    );
    assert_eq!(outside.caught().len(), 1);

    let replayed = said(&replay(&["--dead", "--since", "2d"]));
    assert_eq!(replayed.lines().count(), 1, "{replayed}");
    let caught = outside.wait_for(2, PATIENCE).await.unwrap();
    assert_eq!(caught[0].body, caught[1].body);
    assert_eq!(caught[1].header(DELIVERY_HEADER), Some(id));
    dead_ones(address, &path, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_done_is_said_in_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let (_server, address) = Program::server(folder.path(), "127.0.0.1:0");
    let server = format!("http://{address}");
    let nowhere = "http://user@127.0.0.1:9/";
    for (arguments, code, part) in [
        (vec!["replay", "--since", "2d"], 2, "--dead"),
        (
            vec!["replay", "--dead", "--since", "soon"],
            2,
            "a time is a whole number",
        ),
        (vec!["listen"], 2, "--forward"),
        (vec!["listen", "--forward", nowhere], 1, "user name or password"),
        (
            vec!["listen", "--forward", "http://127.0.0.1:9/", "--after", NOBODYS],
            1,
            "no delivery",
        ),
        (vec!["replay", "--dead", "--endpoint", "unknown"], 1, "404"),
    ] {
        let mut command = marquetry(&["webhooks"]);
        let output = command
            .args(&arguments)
            .env("MARQUETRY_SERVER", &server)
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {told}");
        assert!(told.contains(part), "{arguments:?}: {told}");
        assert!(!told.contains("sm_0011"), "the key is nobody's business: {told}");
    }
    let stranger = marquetry(&["webhooks", "replay", "--dead"])
        .env("MARQUETRY_SERVER", &server)
        .env("MARQUETRY_API_KEY", KEY.replace('f', "0"))
        .output()
        .unwrap();
    assert_eq!(stranger.status.code(), Some(1));
    assert!(
        String::from_utf8_lossy(&stranger.stderr).contains("401"),
        "{stranger:?}"
    );
}

/// The dead ones, once there are so many.
async fn dead_ones(server: SocketAddr, endpoint: &str, count: usize) -> Vec<Value> {
    let until = Instant::now() + PATIENCE;
    loop {
        let listed = ask(
            server,
            Ask::get(format!("{endpoint}/deliveries?status=dead")),
            200,
        )
        .await;
        let rows = listed.as_array().unwrap();
        if rows.len() == count {
            return rows.clone();
        }
        assert!(Instant::now() < until, "{rows:?}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
