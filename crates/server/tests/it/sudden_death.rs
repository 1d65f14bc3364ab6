//! The program itself, killed without warning while jobs are queued and running, and started again on
//! the same folder: nothing that was accepted is lost, and whoever was owed a call is called.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use marquetry_dialect::sudomock::signature::{TOLERANCE, verify};
use marquetry_store::{Clock as _, SystemClock};
use marquetry_testkit::catcher::Catcher;
use serde_json::{Value, json};

use crate::http::client::Ask;

pub(crate) const KEY: &str = "sm_00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
const JOBS: usize = 20;
const PATIENCE: Duration = Duration::from_secs(120);

/// A running server. Killed, not asked, when it goes out of scope.
pub(crate) struct Server {
    process: Child,
    pub(crate) address: SocketAddr,
}

impl Server {
    fn start(folder: &Path) -> Self {
        Self::start_with(folder, &[], Vec::new())
    }

    /// With more arguments, and more variables in its environment.
    pub(crate) fn start_with(folder: &Path, more: &[&str], names: Vec<(String, String)>) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_marquetry"))
            .args([
                "serve",
                "--listen",
                "127.0.0.1:0",
                "--allow-private-networks",
                "--log",
                "warn",
            ])
            .arg("--data-dir")
            .arg(folder)
            .args(more)
            .env("MARQUETRY_API_KEY", KEY)
            .envs(names)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let (_, address) = line.trim().split_once("listening on http://").unwrap();
        Self {
            process,
            address: address.parse().unwrap(),
        }
    }

    async fn job(&self, id: &str) -> Value {
        Ask::get(format!("/api/v1/jobs/{id}"))
            .key(KEY)
            .send(self.address)
            .await
            .expect(200)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_server_finishes_everything_it_accepted() {
    let folder = tempfile::tempdir().unwrap();
    let receiver = Catcher::start().await;
    let server = Server::start(folder.path());
    let endpoint = json!({"url": receiver.url("/hook"), "event_types": ["render.succeeded"]});
    let endpoint = Ask::post("/api/v1/webhook-endpoints")
        .key(KEY)
        .json(&endpoint)
        .send(server.address)
        .await;
    let secret = endpoint.expect(201)["secret"].as_str().unwrap().to_owned();
    let upload = Ask::post("/api/v1/psd/upload?name=Poster")
        .key(KEY)
        .header("content-type", "application/octet-stream")
        .body(&include_bytes!("../../assets/mockup.psd")[..]);
    let mockup = upload.send(server.address).await.expect(200)["data"].clone();

    let mut ids = BTreeSet::new();
    for turn in 0..JOBS {
        let colour = json!({"hex": format!("#{turn:02X}8040")});
        let render = json!({
            "is_async": true,
            "mockup_uuid": mockup["uuid"],
            "smart_objects": [{"uuid": mockup["smart_objects"][0]["uuid"], "color": colour}],
            "export_options": {"image_format": "png"},
        });
        let accepted = Ask::post("/api/v1/renders")
            .key(KEY)
            .json(&render)
            .send(server.address)
            .await
            .expect(202);
        ids.insert(accepted["render_uuid"].as_str().unwrap().to_owned());
    }
    // `Child::kill` is SIGKILL: no handler runs, nothing is flushed.
    drop(server);

    let server = Server::start(folder.path());
    let deadline = Instant::now() + PATIENCE;
    for id in &ids {
        let job = loop {
            let job = server.job(id).await;
            if job["status"] != "queued" && job["status"] != "processing" {
                break job;
            }
            assert!(Instant::now() < deadline, "{job}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        };
        assert_eq!(job["status"], "succeeded", "{job}");
        let address = job["result_url"].as_str().unwrap();
        let path = &address[address.find("/files/").unwrap()..];
        let file = Ask::get(path).send(server.address).await;
        assert!(
            file.status.is_success() && file.body.ends_with(b"IEND\xAE\x42\x60\x82"),
            "{path}"
        );
    }
    let mut heard = BTreeSet::new();
    while heard != ids {
        assert!(
            Instant::now() < deadline,
            "{} of {JOBS} webhooks came",
            heard.len()
        );
        for caught in receiver.caught() {
            verify(
                &secret,
                |name| caught.header(name),
                &caught.body,
                SystemClock.now(),
                TOLERANCE,
            )
            .unwrap();
            let body: Value = serde_json::from_slice(&caught.body).unwrap();
            heard.insert(body["render_uuid"].as_str().unwrap().to_owned());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
