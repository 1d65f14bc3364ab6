//! One installation of the program: its storage, and the processes that use it.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use bytes::Bytes;
use clap::ValueEnum;
use hyper::Method;
use rustix::process::Signal;
use serde_json::json;
use tokio::sync::watch;

use crate::client::{Client, KEY};
use crate::failure::Failure;
use crate::mockup::{self, Mockup};
use crate::process::{Order, Process};

/// What every address that is handed out begins with. Ports change with every start, and an answer that is
/// compared with an earlier one must not.
const PUBLIC: &str = "http://marquetry.test";
/// The longest that a process may take to answer that it is ready.
const READY: Duration = Duration::from_secs(60);
/// The longest that a process may take to end after SIGTERM. The program promises 10 s for each of its parts.
const STOPPING: Duration = Duration::from_secs(30);

/// What a process is there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Serves, and renders so many jobs at a time.
    Serve { workers: usize },
    /// Renders only.
    Work { slots: usize },
}

/// What a site stands on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Store {
    /// One process on one SQLite file.
    #[default]
    Sqlite,
    /// Several processes on a throwaway PostgreSQL.
    Postgres,
}

/// How a site is made.
#[derive(Clone, Debug)]
pub(crate) struct Setup {
    pub(crate) program: PathBuf,
    pub(crate) folder: PathBuf,
    pub(crate) roles: Vec<Role>,
    /// `--database-url`, unless it is a file in the folder.
    pub(crate) database: Option<String>,
    /// More flags for every process.
    pub(crate) flags: Vec<String>,
    /// More environment for every process.
    pub(crate) environment: Vec<(String, String)>,
    /// See [`Order::wrapper`].
    pub(crate) wrapper: Vec<String>,
}

impl Setup {
    /// Several processes on one database.
    pub(crate) fn together(program: &Path, folder: &Path, database: &str, roles: Vec<Role>) -> Self {
        Self {
            roles,
            database: Some(database.to_owned()),
            ..Self::alone(program, folder, 0)
        }
    }

    /// One process on one SQLite file in `folder`.
    pub(crate) fn alone(program: &Path, folder: &Path, workers: usize) -> Self {
        Self {
            program: program.to_owned(),
            folder: folder.to_owned(),
            roles: vec![Role::Serve { workers }],
            database: None,
            flags: Vec::new(),
            environment: Vec::new(),
            wrapper: Vec::new(),
        }
    }
}

/// See the file's head.
#[derive(Debug)]
pub(crate) struct Site {
    setup: Setup,
    processes: Vec<Option<Process>>,
    addresses: watch::Sender<Vec<SocketAddr>>,
    pub(crate) client: Client,
}

impl Site {
    pub(crate) fn new(setup: Setup) -> Result<Self, Failure> {
        std::fs::create_dir_all(&setup.folder)?;
        Ok(Self {
            processes: setup.roles.iter().map(|_| None).collect(),
            setup,
            addresses: watch::Sender::new(Vec::new()),
            client: Client::new(Duration::from_secs(20)),
        })
    }

    /// How many processes it has when all of them run.
    pub(crate) fn size(&self) -> usize {
        self.processes.len()
    }

    /// What is run.
    pub(crate) fn program(&self) -> &Path {
        &self.setup.program
    }

    /// Where it listens now; changes with every start and end.
    pub(crate) fn addresses(&self) -> watch::Receiver<Vec<SocketAddr>> {
        self.addresses.subscribe()
    }

    /// Some address of it.
    pub(crate) fn address(&self) -> Result<SocketAddr, Failure> {
        let first = self.addresses.borrow().first().copied();
        first.ok_or_else(|| Failure::new("no process is serving"))
    }

    pub(crate) fn log(&self) -> PathBuf {
        self.setup.folder.join("marquetry.log")
    }

    pub(crate) fn process(&mut self, place: usize) -> Result<&mut Process, Failure> {
        let process = self.processes[place].as_mut();
        process.ok_or_else(|| Failure::new("the process does not run"))
    }

    pub(crate) fn runs(&self, place: usize) -> bool {
        self.processes[place].is_some()
    }

    /// Starts every process that does not run.
    pub(crate) async fn start_all(&mut self) -> Result<(), Failure> {
        for place in 0..self.size() {
            if !self.runs(place) {
                self.start(place, "").await?;
            }
        }
        Ok(())
    }

    /// Starts a process with failpoints armed (none when empty), and tells how long that took: until it answered
    /// that it is ready, or, for one that serves nothing, until it could be asked to stop. `None` when a failpoint
    /// ended it before.
    pub(crate) async fn start(
        &mut self,
        place: usize,
        failpoints: &str,
    ) -> Result<Option<Duration>, Failure> {
        let setup = &self.setup;
        let mut arguments: Vec<String> = Vec::new();
        let listens = match setup.roles[place] {
            Role::Serve { workers } => {
                arguments.extend(["serve", "--listen", "127.0.0.1:0", "--workers"].map(str::to_owned));
                arguments.push(workers.to_string());
                true
            }
            Role::Work { slots } => {
                arguments.extend(["worker", "--workers"].map(str::to_owned));
                arguments.push(slots.to_string());
                false
            }
        };
        arguments.extend(["--public-url", PUBLIC, "--allow-private-networks"].map(str::to_owned));
        arguments.push("--data-dir".into());
        arguments.push(setup.folder.join("data").display().to_string());
        if let Some(database) = &setup.database {
            arguments.extend(["--database-url".into(), database.clone()]);
        }
        arguments.extend(setup.flags.iter().cloned());
        let mut environment = vec![
            ("MARQUETRY_API_KEY".to_owned(), KEY.to_owned()),
            ("MARQUETRY_FAILPOINT".to_owned(), failpoints.to_owned()),
        ];
        if !setup.environment.iter().any(|(name, _)| name == "MARQUETRY_LOG") {
            environment.push(("MARQUETRY_LOG".to_owned(), "warn".to_owned()));
        }
        environment.extend(setup.environment.iter().cloned());
        let order = Order {
            program: setup.program.clone(),
            arguments: arguments.into_iter().map(Into::into).collect(),
            environment,
            wrapper: setup.wrapper.clone(),
            log: self.log(),
            listens,
        };
        let process = Process::start(&order).await?;
        let (started, address) = (process.started, process.address);
        self.processes[place] = Some(process);
        self.tell_addresses();
        self.ready(place, address, started).await
    }

    async fn ready(
        &mut self,
        place: usize,
        address: Option<SocketAddr>,
        started: Instant,
    ) -> Result<Option<Duration>, Failure> {
        loop {
            let ready = match address {
                Some(address) => {
                    let answer = self.client.get(address, "/readyz").await;
                    answer.is_ok_and(|answer| answer.status.is_success())
                }
                None => self.process(place)?.heeds_sigterm(),
            };
            if ready {
                return Ok(Some(started.elapsed()));
            }
            if self
                .process(place)?
                .ended(Duration::from_millis(2))
                .await?
                .is_some()
            {
                return Ok(None);
            }
            if started.elapsed() > READY {
                let log = self.log();
                return Err(Failure::new(format!(
                    "a server was not ready in time; its log is {}",
                    log.display()
                )));
            }
        }
    }

    /// SIGKILL. Nothing when it does not run.
    pub(crate) async fn kill(&mut self, place: usize) -> Result<(), Failure> {
        if let Some(mut process) = self.processes[place].take() {
            process.kill().await?;
            self.tell_addresses();
        }
        Ok(())
    }

    /// Takes note of processes that have ended by themselves; how many there were.
    pub(crate) async fn missing(&mut self) -> Result<u64, Failure> {
        let mut missing = 0;
        for place in 0..self.size() {
            if self.runs(place) {
                missing += u64::from(self.died(place, Duration::ZERO).await?);
            }
        }
        Ok(missing)
    }

    /// Waits for a process to end by itself. `false` when it did not.
    pub(crate) async fn died(&mut self, place: usize, patience: Duration) -> Result<bool, Failure> {
        let ended = self.process(place)?.ended(patience).await?;
        if ended.is_some() {
            self.processes[place] = None;
            self.tell_addresses();
        }
        Ok(ended.is_some())
    }

    /// SIGTERM; whether it ended well, and after what time.
    pub(crate) async fn stop(&mut self, place: usize) -> Result<(bool, Duration), Failure> {
        let Some(mut process) = self.processes[place].take() else {
            return Ok((true, Duration::ZERO));
        };
        self.tell_addresses();
        let asked = Instant::now();
        process.signal(Signal::TERM)?;
        let status = process.ended(STOPPING).await?;
        if status.is_none() {
            process.kill().await?;
        }
        Ok((status.is_some_and(|status| status.success()), asked.elapsed()))
    }

    fn tell_addresses(&self) {
        let running = self.processes.iter().flatten();
        self.addresses
            .send_replace(running.filter_map(|process| process.address).collect());
    }

    /// Uploads a mockup and waits for it.
    pub(crate) async fn upload(&self, name: &str, psd: Vec<u8>) -> Result<Mockup, Failure> {
        self.upload_as(&self.client, name, psd).await
    }

    /// The same for whoever has this client.
    pub(crate) async fn upload_as(
        &self,
        client: &Client,
        name: &str,
        psd: Vec<u8>,
    ) -> Result<Mockup, Failure> {
        let path = format!("/api/v1/psd/upload?name={name}");
        let headers = [("content-type", "application/octet-stream")];
        let sent = client.send(self.address()?, Method::POST, &path, &headers, Bytes::from(psd));
        let told = sent.await?.good("the upload")?;
        let text = |pointer: &str| {
            let found = told.pointer(pointer).and_then(|value| value.as_str());
            found
                .map(str::to_owned)
                .ok_or_else(|| Failure::new(format!("the upload told no {pointer}: {told}")))
        };
        Ok(Mockup {
            id: text("/data/uuid")?,
            slot: text("/data/smart_objects/0/uuid")?,
        })
    }

    /// The mockup that everything is rendered of.
    pub(crate) async fn small_mockup(&self) -> Result<Mockup, Failure> {
        self.upload("Torture", mockup::psd()).await
    }

    /// Has every event told to `url`.
    pub(crate) async fn subscribe(&self, url: &str) -> Result<(), Failure> {
        let endpoint = json!({"url": url, "event_types": []});
        let made = self
            .client
            .post(self.address()?, "/api/v1/webhook-endpoints", &endpoint)
            .await?;
        made.good("the endpoint").map(drop)
    }
}
