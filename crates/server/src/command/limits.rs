//! The flags that say how much, how long and how many.

use std::collections::BTreeSet;
use std::fs;
use std::time::Duration;

use clap::Args;
use marquetry_model::{Amount, Prices};
use marquetry_server::{Config, Rate};
use marquetry_service::ServiceBuilder;
use marquetry_store::JobSteps;
use marquetry_worker::WorkerBuilder;

use super::carrying::Carrying;
use super::hearing::Hearing;

/// What jobs may cost, wherever they run.
#[derive(Args, Clone, Debug)]
pub(super) struct JobLimits {
    /// Jobs of one tenant that run at a time, in all processes together.
    #[arg(long, env = "MARQUETRY_JOBS_PER_TENANT", default_value_t = 64, value_name = "N",
        value_parser = clap::value_parser!(u32).range(1..))]
    jobs_per_tenant: u32,
    /// How long after it came in a job has to have ended, waiting included: `90s`, `15m`, `24h`, `2d`.
    #[arg(long, env = "MARQUETRY_JOB_DEADLINE", default_value = "24h", value_name = "TIME", value_parser = time)]
    job_deadline: Duration,
    /// Memory for renders in this process: `1500M`, `4G`. Renders that can never fit are turned away; a process that
    /// draws none does so only when told how much there is where they are drawn. [default: 60% of what the machine or its cgroup has]
    #[arg(long, env = "MARQUETRY_MEMORY", value_name = "BYTES", value_parser = bytes)]
    memory: Option<u64>,
}

/// What waits, what is kept, and who may ask how often.
#[derive(Args, Clone, Debug)]
pub(super) struct ServeLimits {
    /// Jobs that wait or run, those of all tenants together; more are answered with 429.
    #[arg(long, env = "MARQUETRY_QUEUE", default_value_t = 100_000, value_name = "N",
        value_parser = clap::value_parser!(u64).range(1..))]
    queue: u64,
    /// Jobs of one tenant that wait or run.
    #[arg(long, env = "MARQUETRY_QUEUE_PER_TENANT", default_value_t = 50_000, value_name = "N",
        value_parser = clap::value_parser!(u64).range(1..))]
    queue_per_tenant: u64,
    /// How long jobs that have ended are remembered, counted from when they came in.
    #[arg(long, env = "MARQUETRY_KEEP_JOBS", default_value = "90d", value_name = "TIME", value_parser = time)]
    keep_jobs: Duration,
    /// How long the files of renders are kept.
    #[arg(long, env = "MARQUETRY_KEEP_RESULTS", default_value = "30d", value_name = "TIME", value_parser = time)]
    keep_results: Duration,
    /// Requests a minute with one API key, on the long run; more are answered with 429.
    #[arg(long, env = "MARQUETRY_REQUESTS_PER_MINUTE", value_name = "N", default_value_t = Config::default().requests.per_minute,
        value_parser = clap::value_parser!(u32).range(1..))]
    requests_per_minute: u32,
    /// Requests with one API key that may come at once after a pause.
    #[arg(long, env = "MARQUETRY_REQUESTS_AT_ONCE", value_name = "N", default_value_t = Config::default().requests.burst,
        value_parser = clap::value_parser!(u32).range(1..))]
    requests_at_once: u32,
    /// What a picture of a mockup costs: held when it is asked for, charged when it is done. Who has not enough is
    /// answered with 402. [default: nothing]
    #[arg(long, env = "MARQUETRY_PRICE_RENDER", value_name = "AMOUNT")]
    price_render: Option<Amount>,
    /// What a file of a template costs. [default: nothing]
    #[arg(long, env = "MARQUETRY_PRICE_TEMPLATE", value_name = "AMOUNT")]
    price_template: Option<Amount>,
    /// What a new mockup costs. [default: nothing]
    #[arg(long, env = "MARQUETRY_PRICE_UPLOAD", value_name = "AMOUNT")]
    price_upload: Option<Amount>,
    /// Submissions that are worked on at once; fewer while this process is late. Sixteen times as many stand in line for
    /// a moment, more are answered with 503.
    #[arg(long, env = "MARQUETRY_SUBMISSIONS_AT_ONCE", value_name = "N", default_value_t = Config::default().submissions,
        value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(1..=100_000))]
    submissions_at_once: usize,
}

/// What a process was told; where it was told nothing, the defaults hold.
#[derive(Clone, Debug)]
pub(super) struct Limits {
    pub(super) jobs: JobLimits,
    pub(super) hearing: Hearing,
    pub(super) carrying: Carrying,
    pub(super) serve: Option<ServeLimits>,
    /// Whether this process draws.
    pub(super) draws: bool,
    /// The families of fonts that workers have, where this process was told.
    pub(super) families: Option<BTreeSet<String>>,
}

impl Default for Limits {
    fn default() -> Self {
        let jobs = JobLimits {
            jobs_per_tenant: JobSteps::AT_ONCE,
            job_deadline: JobSteps::DEADLINE,
            memory: None,
        };
        let hearing = Hearing::default();
        Self {
            jobs,
            hearing,
            carrying: Carrying::default(),
            serve: None,
            draws: true,
            families: None,
        }
    }
}

impl Limits {
    pub(super) fn service(&self, service: ServiceBuilder) -> ServiceBuilder {
        let service = self.hearing.service(service).job_deadline(self.jobs.job_deadline);
        // Where others draw, they know what they have, unless it was told here.
        let service = match (self.draws, self.jobs.memory) {
            (false, None) => service,
            _ => service.most_render_bytes(self.jobs.memory()),
        };
        let service = match &self.families {
            Some(families) => service.families(families.iter().cloned()),
            None => service,
        };
        match &self.serve {
            Some(serve) => serve.service(service),
            None => service,
        }
    }
}

impl JobLimits {
    fn memory(&self) -> u64 {
        self.memory.unwrap_or_else(own_memory)
    }

    pub(super) fn worker(&self, worker: WorkerBuilder) -> WorkerBuilder {
        let memory = self.memory();
        let mut limits = marquetry_worker::Limits::default();
        // What one mockup keeps open should leave room for drawing it.
        limits.render.layers_kept = limits.render.layers_kept.min(memory / 4);
        worker
            .jobs_of_tenant(self.jobs_per_tenant)
            .job_deadline(self.job_deadline)
            .memory_bytes(memory)
            .shelf_bytes((memory / 2).min(1 << 30))
            .limits(limits)
    }
}

impl ServeLimits {
    fn service(&self, service: ServiceBuilder) -> ServiceBuilder {
        service
            .most_live_jobs(self.queue)
            .most_live_jobs_of_tenant(self.queue_per_tenant)
            .jobs_kept(self.keep_jobs)
            .results_kept(self.keep_results)
            .prices(Prices {
                render: self.price_render,
                template: self.price_template,
                upload: self.price_upload,
            })
    }

    pub(super) fn config(&self) -> Config {
        Config {
            requests: Rate {
                per_minute: self.requests_per_minute,
                burst: self.requests_at_once,
            },
            submissions: self.submissions_at_once,
            ..Config::default()
        }
    }
}

/// 60% of the memory of this machine, or of what the cgroup that we are in may have.
fn own_memory() -> u64 {
    let machine = fs::read_to_string("/proc/meminfo").ok().and_then(|text| {
        let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
        let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
        kib.checked_mul(1024)
    });
    let cgroup = [
        "/sys/fs/cgroup/memory.max",
        "/sys/fs/cgroup/memory/memory.limit_in_bytes",
    ]
    .iter()
    .find_map(|file| fs::read_to_string(file).ok()?.trim().parse().ok());
    share_of(machine, cgroup)
}

/// Where neither is told, as on other systems, 4 GiB.
fn share_of(machine: Option<u64>, cgroup: Option<u64>) -> u64 {
    let all = machine.into_iter().chain(cgroup).min();
    all.map_or(4 << 30, |all| (all / 5 * 3).max(64 << 20))
}

/// `90s`, `15m`, `24h`, `30d`.
pub(super) fn time(text: &str) -> Result<Duration, String> {
    let units = [('s', 1), ('m', 60), ('h', 3600), ('d', 86_400)];
    let wrong = || "a time is a whole number and a unit: 90s, 15m, 24h, 30d".to_owned();
    let (number, seconds) = units
        .iter()
        .find_map(|(unit, seconds)| Some((text.strip_suffix(*unit)?, *seconds)))
        .ok_or_else(wrong)?;
    let number: u64 = number.parse().map_err(|_| wrong())?;
    // Ten thousand years are enough for everybody, and moments stay in their range.
    match number.checked_mul(seconds) {
        Some(seconds @ 1..=315_360_000_000) => Ok(Duration::from_secs(seconds)),
        _ => Err("a time lies between a second and ten thousand years".to_owned()),
    }
}

/// `512M`, `4G`, or plain bytes; at least 16 MiB.
pub(super) fn bytes(text: &str) -> Result<u64, String> {
    let units = [('K', 1 << 10), ('M', 1 << 20), ('G', 1 << 30), ('T', 1_u64 << 40)];
    let (number, unit) = units
        .iter()
        .find_map(|(unit, bytes)| Some((text.strip_suffix(*unit)?, *bytes)))
        .unwrap_or((text, 1));
    let number = number
        .parse::<u64>()
        .ok()
        .and_then(|number| number.checked_mul(unit));
    match number {
        Some(bytes) if bytes >= 16 << 20 => Ok(bytes),
        Some(_) => Err("at least 16M are needed".to_owned()),
        None => Err("a size is a whole number, with K, M, G or T after it: 512M, 4G".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_units() {
        assert_eq!(time("90s"), Ok(Duration::from_secs(90)));
        assert_eq!(time("30d"), Ok(Duration::from_secs(30 * 86_400)));
        for wrong in ["", "d", "5", "1.5h", "-1s", "0s", "99999999999999d", "1w"] {
            assert!(time(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn sizes_have_units_or_are_bytes() {
        assert_eq!(bytes("4G"), Ok(4 << 30));
        assert_eq!(bytes("16777216"), Ok(16 << 20));
        for wrong in ["", "G", "1", "1.5G", "99999999999T", "16m"] {
            assert!(bytes(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_smaller_of_machine_and_cgroup_counts() {
        assert_eq!(share_of(Some(10 << 30), Some(5 << 30)), 3 << 30);
        assert_eq!(share_of(Some(10 << 30), None), 6 << 30);
        assert_eq!(share_of(None, None), 4 << 30);
    }
}
