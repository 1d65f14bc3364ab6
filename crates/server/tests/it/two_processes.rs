//! Two programs on one PostgreSQL: one that serves and draws nothing, one that draws and serves nothing.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use marquetry_testkit::postgres::{Database, Server};
use serde_json::{Value, json};

use crate::http::client::Ask;

const KEY: &str = "sm_00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

/// A running program. Killed, not asked, when it goes out of scope.
struct Program(Child);

impl Program {
    fn start(subcommand: &str, database: &Database, folder: &Path, more: &[&str]) -> Self {
        let process = Command::new(env!("CARGO_BIN_EXE_marquetry"))
            .args([subcommand, "--allow-private-networks", "--log", "warn"])
            .args(["--database-url", database.url(), "--data-dir"])
            .arg(folder)
            .args(more)
            .env("MARQUETRY_API_KEY", KEY)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        Self(process)
    }

    /// The address that it says it listens on.
    fn address(&mut self) -> SocketAddr {
        let mut line = String::new();
        BufReader::new(self.0.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let (_, address) = line.trim().split_once("listening on http://").unwrap();
        address.parse().unwrap()
    }

    /// Asks it to stop, as an orchestrator does, and waits until it has.
    fn stop(mut self) {
        let asked = Command::new("kill")
            .arg(self.0.id().to_string())
            .status()
            .unwrap();
        assert!(asked.success());
        assert!(self.0.wait().unwrap().success());
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

async fn upload(address: SocketAddr) -> Value {
    let upload = Ask::post("/api/v1/psd/upload?name=Poster")
        .key(KEY)
        .header("content-type", "application/octet-stream")
        .body(&include_bytes!("../../assets/mockup.psd")[..]);
    upload.send(address).await.expect(200)["data"].clone()
}

fn render(mockup: &Value, colour: &str) -> Value {
    json!({
        "mockup_uuid": mockup["uuid"],
        "smart_objects": [{"uuid": mockup["smart_objects"][0]["uuid"], "color": {"hex": colour}}],
        "export_options": {"image_format": "png"},
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_process_accepts_and_waits_for_another_draws() {
    let Some(postgres) = Server::shared() else { return };
    let database = postgres.database().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut front = Program::start(
        "serve",
        &database,
        folder.path(),
        &["--listen", "127.0.0.1:0", "--workers", "0"],
    );
    let address = front.address();
    let back = Program::start("worker", &database, folder.path(), &["--workers", "1"]);

    // Both answers come from requests that wait here for what happens there.
    let mockup = upload(address).await;
    let answer = Ask::post("/api/v1/renders")
        .key(KEY)
        .json(&render(&mockup, "#FF8040"))
        .send(address)
        .await
        .expect(200);
    let file = answer["data"]["print_files"][0]["export_path"]
        .as_str()
        .unwrap()
        .to_owned();
    let path = &file[file.find("/files/").unwrap()..];
    let file = Ask::get(path).send(address).await;
    assert!(file.status.is_success() && file.body.ends_with(b"IEND\xAE\x42\x60\x82"));

    // With everybody's ears cut off, the answer comes all the same: a waiting request and a waiting worker
    // look now and then.
    let client = database.connect().await.unwrap();
    let deafen = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                  WHERE datname = current_database() AND query = 'LISTEN marquetry'";
    assert_eq!(client.query(deafen, &[]).await.unwrap().len(), 2);
    let began = Instant::now();
    Ask::post("/api/v1/renders")
        .key(KEY)
        .json(&render(&mockup, "#0080FF"))
        .send(address)
        .await
        .expect(200);
    assert!(began.elapsed() < Duration::from_secs(30), "{:?}", began.elapsed());
    back.stop();
    front.stop();
}
