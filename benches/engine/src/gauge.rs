//! What work took: time, and the processors' time of this program and of the database server together.

use std::fs;
use std::io::{Seek as _, Write as _};
use std::path::Path;
use std::time::{Duration, Instant};

use crate::Outcome;

/// Reads the processors' time of this process, and of a server with all its children.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Gauge {
    /// The first process of the server, when it is on this machine.
    server: Option<u32>,
}

/// What one measurement read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reading {
    /// Jobs a second.
    pub(crate) rate: f64,
    /// Microseconds of processors' time a job.
    pub(crate) cpu: f64,
}

impl Gauge {
    /// Of this process alone.
    pub(crate) const fn here() -> Self {
        Self { server: None }
    }

    /// Of this process and of the server whose backend is the process `backend`.
    pub(crate) fn with_server(backend: u32) -> Outcome<Self> {
        Ok(Self {
            server: Some(parent(backend)?),
        })
    }

    /// Measures `work`, which does `jobs` of something.
    pub(crate) async fn read(&self, jobs: u32, work: impl Future<Output = Outcome<()>>) -> Outcome<Reading> {
        let (began, used) = (Instant::now(), self.cpu()?);
        work.await?;
        let (took, used) = (began.elapsed(), self.cpu()?.saturating_sub(used));
        let jobs = f64::from(jobs);
        Ok(Reading {
            rate: jobs / took.as_secs_f64(),
            cpu: used.as_secs_f64() * 1e6 / jobs,
        })
    }

    fn cpu(&self) -> Outcome<Duration> {
        let mut used = processor_time(std::process::id())?;
        if let Some(server) = self.server {
            for process in fs::read_dir("/proc")? {
                let Ok(id) = process?.file_name().to_string_lossy().parse() else {
                    continue;
                };
                // Those that end meanwhile, as the helpers of autovacuum do, are nobody's work that is measured.
                if id == server || parent(id).is_ok_and(|parent| parent == server) {
                    used += processor_time(id).unwrap_or_default();
                }
            }
        }
        Ok(used)
    }
}

/// The parent of a process.
fn parent(process: u32) -> Outcome<u32> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat"))?;
    // After the name in brackets come state and parent.
    let (_, fields) = stat.rsplit_once(')').ok_or("no name in /proc/PID/stat")?;
    let parent = fields
        .split_whitespace()
        .nth(1)
        .ok_or("too little in /proc/PID/stat")?;
    Ok(parent.parse()?)
}

/// What all threads of a process have used, to the nanosecond: the ticks in `stat` are too coarse for a batch.
fn processor_time(process: u32) -> Outcome<Duration> {
    let mut used = Duration::ZERO;
    for thread in fs::read_dir(format!("/proc/{process}/task"))? {
        let Ok(stat) = fs::read_to_string(thread?.path().join("schedstat")) else {
            continue;
        };
        let nanos = stat.split_whitespace().next().ok_or("nothing in schedstat")?;
        used += Duration::from_nanos(nanos.parse()?);
    }
    Ok(used)
}

/// How long a write of four kilobytes takes to be on stable storage in `folder`: the median of fifty.
pub(crate) fn flush(folder: &Path) -> Outcome<Duration> {
    let mut file = tempfile::tempfile_in(folder)?;
    let mut times = Vec::new();
    for _ in 0..50 {
        file.rewind()?;
        file.write_all(&[7; 4096])?;
        let began = Instant::now();
        file.sync_data()?;
        times.push(began.elapsed());
    }
    times.sort();
    Ok(times[times.len() / 2])
}
