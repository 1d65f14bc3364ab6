//! One process of the program: started, watched, signalled, killed.

use std::ffi::OsString;
use std::fs::OpenOptions;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::failure::Failure;

/// Longer than a start takes, even on a busy machine.
const STARTING: Duration = Duration::from_secs(60);

/// How a process is started.
#[derive(Clone, Debug)]
pub(crate) struct Order {
    pub(crate) program: PathBuf,
    pub(crate) arguments: Vec<OsString>,
    pub(crate) environment: Vec<(String, String)>,
    /// A command that ends by running the rest of its arguments in its own place, such as `nice`.
    pub(crate) wrapper: Vec<String>,
    /// Where its log is appended.
    pub(crate) log: PathBuf,
    /// Whether it says where it listens.
    pub(crate) listens: bool,
}

/// A process that runs, or has ended without having been waited for. Killed when dropped.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    pid: u32,
    /// Where it listens, when it does.
    pub(crate) address: Option<SocketAddr>,
    pub(crate) started: Instant,
}

impl Process {
    /// Starts it and returns when it says that it listens, or at once when it never does.
    pub(crate) async fn start(order: &Order) -> Result<Self, Failure> {
        let log = OpenOptions::new().create(true).append(true).open(&order.log)?;
        let mut command = match order.wrapper.split_first() {
            None => Command::new(&order.program),
            Some((first, rest)) => {
                let mut wrapped = Command::new(first);
                wrapped.args(rest).arg(&order.program);
                wrapped
            }
        };
        command
            .args(&order.arguments)
            .envs(order.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .kill_on_drop(true);
        let started = Instant::now();
        let mut child = command.spawn()?;
        let pid = child
            .id()
            .ok_or_else(|| Failure::new("a process without an id"))?;
        let mut address = None;
        if order.listens {
            let said = child
                .stdout
                .take()
                .ok_or_else(|| Failure::new("a process without output"))?;
            let mut line = String::new();
            timeout(STARTING, BufReader::new(said).read_line(&mut line)).await??;
            let told = line.trim().split_once("listening on http://");
            let Some((_, told)) = told else {
                let status = timeout(STARTING, child.wait()).await??;
                return Err(Failure::new(format!(
                    "the server did not start ({status}); its log is {}: {}",
                    order.log.display(),
                    last_line(&order.log)
                )));
            };
            address = Some(told.parse()?);
        }
        Ok(Self {
            child,
            pid,
            address,
            started,
        })
    }

    /// What the system calls it.
    pub(crate) const fn pid(&self) -> u32 {
        self.pid
    }

    /// SIGKILL, and then it is waited for.
    pub(crate) async fn kill(&mut self) -> Result<ExitStatus, Failure> {
        self.child.start_kill()?;
        Ok(self.child.wait().await?)
    }

    /// Waits for its end. `None` when it does not come in time.
    pub(crate) async fn ended(&mut self, patience: Duration) -> Result<Option<ExitStatus>, Failure> {
        match timeout(patience, self.child.wait()).await {
            Ok(status) => Ok(Some(status?)),
            Err(_) => Ok(None),
        }
    }

    /// Sends it a signal.
    pub(crate) fn signal(&self, signal: Signal) -> Result<(), Failure> {
        let pid = i32::try_from(self.pid).ok().and_then(Pid::from_raw);
        let pid = pid.ok_or_else(|| Failure::new("a process id out of range"))?;
        Ok(kill_process(pid, signal)?)
    }

    /// Whether it has asked to be told of SIGTERM, and is not just ended by it: some milliseconds after its start, more on
    /// a busy machine. Where the system does not say, it is taken to have.
    pub(crate) fn heeds_sigterm(&self) -> bool {
        let Ok(status) = std::fs::read_to_string(format!("/proc/{}/status", self.pid)) else {
            return true;
        };
        let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
        let caught = caught.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
        caught.is_some_and(|mask| mask >> (Signal::TERM.as_raw() - 1) & 1 == 1)
    }

    /// Bytes of memory that are its own and in use (`VmRSS`), and the most that ever were (`VmHWM`).
    pub(crate) fn memory(&self) -> Option<(u64, u64)> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid)).ok()?;
        let of = |name: &str| {
            let line = status.lines().find(|line| line.starts_with(name))?;
            let kib: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
            Some(kib << 10)
        };
        Some((of("VmRSS:")?, of("VmHWM:")?))
    }

    /// How much time processors have given it, in its own threads and in those that have ended.
    pub(crate) fn worked(&self) -> Option<Duration> {
        worked(&self.pid.to_string())
    }

    /// How many file descriptors it has open.
    pub(crate) fn descriptors(&self) -> Option<usize> {
        std::fs::read_dir(format!("/proc/{}/fd", self.pid))
            .ok()
            .map(Iterator::count)
    }
}

/// How much time processors have given this driver.
pub(crate) fn worked_here() -> Option<Duration> {
    worked("self")
}

/// From `utime` and `stime` of `/proc/PID/stat`, which Linux counts in hundredths of a second.
fn worked(process: &str) -> Option<Duration> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name in brackets may hold anything.
    let (_, fields) = stat.rsplit_once(')')?;
    let mut times = fields.split_whitespace().skip(11);
    let mut hundredths = || times.next()?.parse::<u64>().ok();
    Some(Duration::from_millis(10 * (hundredths()? + hundredths()?)))
}

fn last_line(log: &Path) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    text.lines().last().unwrap_or("nothing").to_owned()
}
