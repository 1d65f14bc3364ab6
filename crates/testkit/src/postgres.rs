//! A throwaway PostgreSQL: made with `initdb` in a folder of its own, killed and started at will, and gone
//! with whoever made it.
//!
//! ```no_run
//! # async fn example() -> std::io::Result<()> {
//! use marquetry_testkit::postgres::Server;
//!
//! let Some(server) = Server::shared() else { return Ok(()) }; // it has said why
//! let database = server.database().await?;
//! println!("an empty database at {}", database.url());
//! # Ok(())
//! # }
//! ```
//!
//! Where `initdb` is not on the machine, `MARQUETRY_TEST_POSTGRES` may name a server whose user may make
//! databases. Where there is neither, tests are skipped and say so, unless `MARQUETRY_REQUIRE_POSTGRES=1`
//! makes that a failure.

use std::fs::{self, Permissions};
use std::io::{Error, Result, Write as _};
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio_postgres::{Client, NoTls};

/// A PostgreSQL server for tests.
#[derive(Debug)]
pub struct Server {
    url: String,
    own: Option<Own>,
    made: AtomicU64,
}

/// A server that was started here.
#[derive(Debug)]
struct Own {
    programs: PathBuf,
    folder: PathBuf,
    port: u16,
    /// Whoever runs it: the server refuses to be run by root.
    user: Option<(u32, u32)>,
    /// Stops the server and removes the folder as soon as this process is no more, however it ended.
    undertaker: Child,
}

/// An empty database, dropped with this value.
#[derive(Debug)]
pub struct Database {
    url: String,
    server: String,
    name: String,
}

impl Server {
    /// One server for all tests of this process, started when first asked for; `None` when there is none
    /// to be had, which was then said on standard error.
    ///
    /// # Panics
    /// When there is none and `MARQUETRY_REQUIRE_POSTGRES` is set, or it cannot be started.
    pub fn shared() -> Option<&'static Self> {
        static SHARED: OnceLock<Option<Server>> = OnceLock::new();
        SHARED.get_or_init(Self::find).as_ref()
    }

    /// A server of one's own, to be killed and started at will; `None` as for [`shared`](Self::shared),
    /// and where there is only a foreign one.
    ///
    /// # Panics
    /// As [`shared`](Self::shared).
    pub fn own() -> Option<Self> {
        match programs() {
            Some(programs) => {
                Some(Self::start_with(programs).unwrap_or_else(|why| panic!("PostgreSQL: {why}")))
            }
            None => {
                absent("there is no initdb on this machine");
                None
            }
        }
    }

    fn find() -> Option<Self> {
        if let Ok(url) = std::env::var("MARQUETRY_TEST_POSTGRES") {
            return Some(Self {
                url: url.trim_end_matches('/').to_owned(),
                own: None,
                made: AtomicU64::new(0),
            });
        }
        Self::own()
    }

    fn start_with(programs: PathBuf) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("marquetry-postgres-").tempdir()?;
        // Kept: its owner below may remove it, and the undertaker does.
        let folder = folder.keep();
        let user = user()?;
        if let Some((uid, gid)) = user {
            chown(&folder, Some(uid), Some(gid))?;
        }
        fs::set_permissions(&folder, Permissions::from_mode(0o700))?;
        let undertaker = undertaker(&programs, &folder, user)?;
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let own = Own {
            programs,
            folder,
            port,
            user,
            undertaker,
        };
        own.run("initdb", |command| {
            command
                .args([
                    "--username=marquetry",
                    "--auth=trust",
                    "--encoding=UTF8",
                    "--no-locale",
                    "-D",
                ])
                .arg(own.cluster())
        })?;
        let server = Self {
            url: format!("postgres://marquetry@127.0.0.1:{port}"),
            own: Some(own),
            made: AtomicU64::new(0),
        };
        server.start()?;
        Ok(server)
    }

    /// Starts a server that was stopped or killed, on the same port and the same data, and waits until it
    /// answers.
    ///
    /// # Errors
    /// When it does not come up, with its log; or when it is not ours.
    pub fn start(&self) -> Result<()> {
        let own = self.ours()?;
        // Durable as in earnest: whoever kills it wants to see what was promised.
        let settings = format!(
            "-p {} -k {} -c listen_addresses=127.0.0.1 -c fsync=on",
            own.port,
            own.folder.display()
        );
        let log = own.folder.join("log");
        own.control(&["-w", "-t", "60", "start", "-o", &settings, "-l"], Some(&log))
            .map_err(|error| {
                let log = fs::read_to_string(&log).unwrap_or_default();
                Error::other(format!("{error}\n{log}"))
            })
    }

    /// Stops the server as a crash of the machine would, but for what the kernel still has to write:
    /// `pg_ctl stop -m immediate`.
    ///
    /// # Errors
    /// When it was not running, or is not ours.
    pub fn stop_immediately(&self) -> Result<()> {
        self.ours()?.control(&["-w", "-m", "immediate", "stop"], None)
    }

    /// Kills the server with SIGKILL and waits until it is gone.
    ///
    /// # Errors
    /// When it was not running, or is not ours.
    pub fn kill(&self) -> Result<()> {
        let pid = self.process()?;
        succeed(Command::new("kill").args(["-9", &pid]))?;
        // Its children notice by themselves, a moment later; a new server waits for their memory.
        while Path::new("/proc").join(&pid).exists() {
            std::thread::yield_now();
        }
        Ok(())
    }

    /// The process id of the server, whose children do its work.
    ///
    /// # Errors
    /// When it is not running, or is not ours.
    pub fn process(&self) -> Result<String> {
        let text = fs::read_to_string(self.ours()?.cluster().join("postmaster.pid"))?;
        Ok(text.lines().next().unwrap_or_default().to_owned())
    }

    /// The address of a database of this server.
    pub fn url_of(&self, database: &str) -> String {
        match self.url.split_once('?') {
            // A foreign server: the database in its URL is the one to start from.
            Some((base, options)) => format!("{}/{database}?{options}", without_path(base)),
            None => format!("{}/{database}", without_path(&self.url)),
        }
    }

    /// A new and empty database.
    ///
    /// # Errors
    /// When the server does not answer or refuses.
    pub async fn database(&self) -> Result<Database> {
        let number = self.made.fetch_add(1, Ordering::Relaxed);
        let name = format!("marquetry_test_{}_{number}", std::process::id());
        let server = self.url_of("postgres");
        let client = connect(&server).await?;
        let made = client
            .batch_execute(&format!("CREATE DATABASE {name} TEMPLATE template0"))
            .await;
        made.map_err(Error::other)?;
        Ok(Database {
            url: self.url_of(&name),
            server,
            name,
        })
    }

    fn ours(&self) -> Result<&Own> {
        self.own
            .as_ref()
            .ok_or_else(|| Error::other("this PostgreSQL is not ours to start and stop"))
    }
}

impl Database {
    /// Where it is, as `--database-url` takes it.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// A connection to it, for looking and for mischief. It lives as long as the client.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn connect(&self) -> Result<Client> {
        connect(&self.url).await
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let (server, name) = (self.server.clone(), self.name.clone());
        // On a thread of its own: the runtime here may be the one that is ending.
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()?;
            runtime.block_on(async {
                let client = connect(&server).await?;
                let sql = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
                client.batch_execute(&sql).await.map_err(Error::other)
            })
        });
        // A server that is down takes its databases with it.
        let _ = dropping.join();
    }
}

/// A connection, driven by the runtime for as long as its client lives.
async fn connect(url: &str) -> Result<Client> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.map_err(Error::other)?;
    tokio::spawn(async move {
        // Whoever uses the client hears of it.
        let _ = connection.await;
    });
    Ok(client)
}

impl Own {
    fn cluster(&self) -> PathBuf {
        self.folder.join("cluster")
    }

    fn control(&self, arguments: &[&str], last: Option<&Path>) -> Result<()> {
        self.run("pg_ctl", |command| {
            command.arg("-D").arg(self.cluster()).args(arguments).args(last)
        })
    }

    fn run(&self, program: &str, arguments: impl FnOnce(&mut Command) -> &mut Command) -> Result<()> {
        let mut command = Command::new(self.programs.join(program));
        as_user(arguments(&mut command), self.user).current_dir(&self.folder);
        succeed(&mut command)
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        // Closing its standard input is the sign it waits for.
        drop(self.undertaker.stdin.take());
        let _ = self.undertaker.wait();
    }
}

/// Says why tests are skipped, once and past the capture of the test harness.
fn absent(why: &str) {
    static SAID: OnceLock<()> = OnceLock::new();
    assert!(
        std::env::var_os("MARQUETRY_REQUIRE_POSTGRES").is_none_or(|required| required == "0"),
        "PostgreSQL is required and cannot be had: {why}"
    );
    SAID.get_or_init(|| {
        let note = format!("\nSKIPPED: the tests on PostgreSQL, because {why}\n");
        let _ = std::io::stderr().write_all(note.as_bytes());
    });
}

/// The folder of `initdb` and its like.
fn programs() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let versions = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten();
    let mut packaged: Vec<PathBuf> = versions.map(|version| version.path().join("bin")).collect();
    packaged.sort();
    folders.extend(packaged.into_iter().rev());
    let found = folders
        .into_iter()
        .map(|folder| folder.join("initdb"))
        .find(|file| file.is_file())?;
    // A link in the search path leads to where its companions are.
    fs::canonicalize(found).ok()?.parent().map(Path::to_owned)
}

/// Who runs the server when we are root: its own user, or nobody.
fn user() -> Result<Option<(u32, u32)>> {
    if fs::metadata("/proc/self")?.uid() != 0 {
        return Ok(None);
    }
    let users = fs::read_to_string("/etc/passwd")?;
    let named = |name: &str| {
        let mut fields = users
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?
            .split(':');
        Some((fields.nth(1)?.parse().ok()?, fields.next()?.parse().ok()?))
    };
    let found = named("postgres").or_else(|| named("nobody"));
    found
        .map(Some)
        .ok_or_else(|| Error::other("root may not run PostgreSQL, and there is no other user"))
}

fn as_user(command: &mut Command, user: Option<(u32, u32)>) -> &mut Command {
    match user {
        Some((uid, gid)) => command.uid(uid).gid(gid),
        None => command,
    }
}

/// A process that waits for the end of its standard input, and then clears everything away. That end comes
/// with the end of this process, even when it is killed.
fn undertaker(programs: &Path, folder: &Path, user: Option<(u32, u32)>) -> Result<Child> {
    let last_will = r#"read -r _; "$1/pg_ctl" -D "$2/cluster" -m immediate stop; rm -rf "$2""#;
    let mut command = Command::new("/bin/sh");
    command.args(["-c", last_will, "sh"]).arg(programs).arg(folder);
    // A group of its own, so that an interrupt from the keyboard does not end it before its time.
    as_user(&mut command, user)
        .process_group(0)
        .current_dir("/tmp")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
}

/// Runs a command to its end; what it said is part of the error.
fn succeed(command: &mut Command) -> Result<()> {
    // Not piped: a server that it starts would keep a pipe open.
    let said = tempfile::tempfile()?;
    let status = command
        .stdin(Stdio::null())
        .stdout(said.try_clone()?)
        .stderr(said.try_clone()?)
        .status()?;
    if status.success() {
        return Ok(());
    }
    let mut text = String::new();
    let mut said = said;
    std::io::Seek::rewind(&mut said)?;
    std::io::Read::read_to_string(&mut said, &mut text)?;
    Err(Error::other(format!(
        "{:?} ended with {status}: {text}",
        command.get_program()
    )))
}

/// A URL without its database.
fn without_path(url: &str) -> &str {
    let host = url.find("://").map_or(0, |colon| colon + 3);
    match url[host..].find('/') {
        Some(slash) => &url[..host + slash],
        None => url,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_database_of_a_url_is_another_for_each_test() {
        let server = |url: &str| Server {
            url: url.into(),
            own: None,
            made: AtomicU64::new(0),
        };
        assert_eq!(server("postgres://me@db:5").url_of("x"), "postgres://me@db:5/x");
        assert_eq!(server("postgres://me@db/one").url_of("x"), "postgres://me@db/x");
        assert_eq!(
            server("postgres://me@db/one?sslmode=disable").url_of("x"),
            "postgres://me@db/x?sslmode=disable"
        );
    }
}
