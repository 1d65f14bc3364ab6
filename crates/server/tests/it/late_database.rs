//! The program starts before its database does: it waits, says for what, and goes on as soon as that is there.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use marquetry_testkit::postgres::{Database, Server};

use crate::http::client::Ask;

/// A running program. Killed, not asked, when it goes out of scope.
struct Program(Child);

impl Program {
    fn serve(database: &Database, folder: &Path, wait: &str) -> Self {
        let process = Command::new(env!("CARGO_BIN_EXE_marquetry"))
            .args([
                "serve",
                "--listen",
                "127.0.0.1:0",
                "--workers",
                "0",
                "--log",
                "warn",
            ])
            .args(["--database-connect-timeout", "1", "--database-wait", wait])
            .args(["--database-url", database.url(), "--data-dir"])
            .arg(folder)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        Self(process)
    }

    /// Reads on until it says that it waits.
    fn has_waited(&mut self) {
        let mut said = BufReader::new(self.0.stderr.take().unwrap());
        let mut line = String::new();
        while !line.contains("waiting for PostgreSQL") {
            line.clear();
            assert_ne!(said.read_line(&mut line).unwrap(), 0, "it gave up");
        }
        self.0.stderr = Some(said.into_inner());
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_waits_for_its_database_and_not_for_ever() {
    let Some(postgres) = Server::own() else { return };
    let database = postgres.database().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    postgres.stop_immediately().unwrap();

    let mut impatient = Program::serve(&database, folder.path(), "0");
    assert!(!impatient.0.wait().unwrap().success());
    let mut said = String::new();
    let mut stderr = impatient.0.stderr.take().unwrap();
    stderr.read_to_string(&mut said).unwrap();
    assert!(said.contains("PostgreSQL: "), "{said}");

    // Asked to stop while it waits, it stops.
    let mut stopped = Program::serve(&database, folder.path(), "3600");
    stopped.has_waited();
    let asked = Command::new("kill").arg(stopped.0.id().to_string()).status();
    assert!(asked.unwrap().success());
    assert!(stopped.0.wait().unwrap().success());

    let mut patient = Program::serve(&database, folder.path(), "3600");
    patient.has_waited();
    postgres.start().unwrap();
    let mut line = String::new();
    BufReader::new(patient.0.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    let (_, address) = line.trim().split_once("listening on http://").unwrap();
    let ready = Ask::get("/readyz").send(address.parse().unwrap()).await;
    assert!(ready.status.is_success());
}
