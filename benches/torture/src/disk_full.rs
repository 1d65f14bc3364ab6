//! `disk-full` (O3): the disk of the database is full, that of the blobs is full or read-only, no descriptors are
//! left. Nothing that was accepted is harmed, and it heals without a restart.
//!
//! The disks are small ones in memory, mounted in a namespace of the process's own, which needs no privileges where
//! the system allows user namespaces.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use clap::Args;
use rustix::process::Signal;

use crate::failure::Failure;
use crate::figures::{Figures, Verdict, complain};
use crate::ground::{Asker, Common, Ground, colour, id_of, now};
use crate::mockup::{Colour, Design};
use crate::program::Build;
use crate::site::{Setup, Site};

/// How soon it must accept again.
const HEALS: Duration = Duration::from_secs(5);
/// Bytes of each disk.
const DISK_MIB: u64 = 16;
/// How many descriptors a process has that is to run out of them.
const DESCRIPTORS: u64 = 64;
/// Jobs that are accepted before each trouble.
const BEFORE: u64 = 10;

/// Disks that are full or read-only, and no descriptors.
#[derive(Args, Debug)]
pub(crate) struct DiskFull {
    #[command(flatten)]
    common: Common,
    /// How long each trouble lasts, in seconds.
    #[arg(long, default_value_t = 2)]
    seconds: u64,
}

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trouble {
    DatabaseFull,
    BlobsFull,
    BlobsReadOnly,
    NoDescriptors,
}

/// What was seen in one of them.
#[derive(Debug, Default)]
struct Seen {
    accepted: Vec<(String, Colour)>,
    refused: u64,
    faults: u64,
    silent: u64,
    looks_failed: u64,
    healed: Duration,
    words: Vec<String>,
}

impl DiskFull {
    pub(crate) async fn run(self) -> Result<Verdict, Failure> {
        let mut figures = Figures::of("disk-full");
        let disks = |setup: &mut Setup| {
            let data = setup.folder.join("data");
            let (data, size) = (data.display(), format!("size={DISK_MIB}m"));
            let script = format!(
                "mkdir -p {data} && mount -t tmpfs -o {size} tmpfs {data} && mkdir -p {data}/blobs && \
                 mount -t tmpfs -o {size} tmpfs {data}/blobs && exec \"$0\" \"$@\""
            );
            setup.wrapper = ["unshare", "-rm", "sh", "-c", &script].map(str::to_owned).into();
        };
        let mut ground = Ground::open(&self.common, Build::Plain, disks).await?;
        let mut accepted = Vec::new();
        for trouble in [Trouble::DatabaseFull, Trouble::BlobsFull, Trouble::BlobsReadOnly] {
            accepted.extend(self.suffer(&mut ground, trouble, &mut figures).await?);
        }
        let (unreadable, words) = reopened(&mut ground, &accepted).await?;
        figures.must_be_none(
            "jobs unreadable after kill -9 and a check of the database",
            unreadable,
        );
        words.iter().for_each(|word| complain(word));
        drop(ground);

        let few = |setup: &mut Setup| {
            let script = format!("ulimit -n {DESCRIPTORS}; exec \"$0\" \"$@\"");
            setup.wrapper = ["sh", "-c", &script].map(str::to_owned).into();
        };
        let mut ground = Ground::open(&self.common, Build::Plain, few).await?;
        self.suffer(&mut ground, Trouble::NoDescriptors, &mut figures)
            .await?;
        Ok(figures.print())
    }

    /// One trouble, from before it comes until after it has gone.
    async fn suffer(
        &self,
        ground: &mut Ground,
        trouble: Trouble,
        figures: &mut Figures,
    ) -> Result<Vec<(String, Colour)>, Failure> {
        now(&format!("{trouble:?}"));
        let asker = ground.asker()?;
        let mut seen = Seen::default();
        for number in 0..BEFORE {
            seen.accepted.push((asker.job(number).await?, colour(number)));
        }
        let first = seen.accepted[0].0.clone();
        asker.ended(&first, Duration::from_secs(30)).await?;
        let root = ground.site.process(0)?.pid();
        let inside = |path: &str| -> PathBuf {
            let folder = ground.folder.path().join(path);
            Path::new(&format!("/proc/{root}/root")).join(folder.strip_prefix("/").unwrap_or(&folder))
        };
        let (data, blobs) = (inside("data"), inside("data/blobs"));
        let mut hogs = Vec::new();
        match trouble {
            Trouble::DatabaseFull => fill(&data)?,
            Trouble::BlobsFull => fill(&blobs)?,
            Trouble::BlobsReadOnly => remount(root, ground.folder.path(), "ro")?,
            Trouble::NoDescriptors => {
                for _ in 0..2 * DESCRIPTORS {
                    hogs.push(TcpStream::connect(asker.at)?);
                }
            }
        }
        let began = Instant::now();
        let mut number = 100;
        while began.elapsed() < Duration::from_secs(self.seconds) {
            try_it(&asker, number, &first, &mut seen).await?;
            number += 1;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        match trouble {
            Trouble::DatabaseFull => fs::remove_file(data.join("ballast"))?,
            Trouble::BlobsFull => fs::remove_file(blobs.join("ballast"))?,
            Trouble::BlobsReadOnly => remount(root, ground.folder.path(), "rw")?,
            Trouble::NoDescriptors => hogs.clear(),
        }
        let gone = Instant::now();
        while gone.elapsed() < Duration::from_secs(30) {
            let mut healing = Seen::default();
            try_it(&asker, number, &first, &mut healing).await?;
            number += 1;
            if !healing.accepted.is_empty() {
                seen.accepted.extend(healing.accepted);
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        seen.healed = gone.elapsed();
        let mut harmed = 0;
        for (job, colour) in &seen.accepted {
            let ended = asker.ended(job, Duration::from_secs(90)).await;
            let fine = match &ended {
                Ok(ended) => judge(&asker, ended, *colour).await,
                Err(why) => Err(why.to_string()),
            };
            if let Err(why) = fine {
                harmed += 1;
                seen.words.push(format!("{trouble:?}: {job}: {why}"));
            }
        }
        let name = |what: &str| format!("{trouble:?}: {what}");
        figures.tell(&name("accepted"), seen.accepted.len());
        figures.tell(&name("refused with 503 or 507"), seen.refused);
        // Whoever cannot be let in has to wait outside; a server without descriptors can tell nobody.
        match trouble {
            Trouble::NoDescriptors => {
                figures.tell(&name("no answer while it lasted"), seen.silent);
                figures.tell(&name("looks at jobs that failed"), seen.looks_failed);
            }
            _ => {
                figures.must_be_none(&name("no answer"), seen.silent);
                figures.must_be_none(&name("looks at jobs that failed"), seen.looks_failed);
            }
        }
        figures.must_be_none(&name("faults (5xx but 503 and 507)"), seen.faults);
        figures.must_be_none(&name("accepted jobs harmed"), harmed);
        figures.time(&name("accepts again after"), seen.healed);
        figures.must(&name("heals within 5 s without a restart"), seen.healed <= HEALS);
        seen.words.iter().take(10).for_each(|word| complain(word));
        Ok(seen.accepted)
    }
}

/// A submission with a picture and a look at a job.
async fn try_it(asker: &Asker, number: u64, known: &str, seen: &mut Seen) -> Result<(), Failure> {
    let body = asker.mockup.render(colour(number), Design::Picture);
    let sent = tokio::time::timeout(HEALS, asker.client.post(asker.at, "/api/v1/renders", &body)).await;
    match sent {
        Ok(Ok(answer)) if answer.status.is_success() => {
            seen.accepted.push((id_of(&answer.json())?, colour(number)));
        }
        Ok(Ok(answer)) if [503, 507].contains(&answer.status.as_u16()) => seen.refused += 1,
        Ok(Ok(answer)) => {
            seen.faults += 1;
            if seen.words.len() < 3 {
                let body = String::from_utf8_lossy(&answer.body).into_owned();
                seen.words.push(format!("{}: {body}", answer.status));
            }
        }
        _ => {
            seen.silent += 1;
            return Ok(());
        }
    }
    let looked = tokio::time::timeout(HEALS, asker.look(known)).await;
    let fine = looked.is_ok_and(|answer| answer.is_ok_and(|answer| answer.status.is_success()));
    seen.looks_failed += u64::from(!fine);
    Ok(())
}

/// Whether a job succeeded and its picture is what was ordered.
async fn judge(asker: &Asker, job: &serde_json::Value, colour: Colour) -> Result<(), String> {
    let url = job["result_url"].as_str().ok_or_else(|| job.to_string())?;
    let path = url.find("/files/").map_or(url, |place| &url[place..]);
    let file = asker
        .client
        .get(asker.at, path)
        .await
        .map_err(|why| why.to_string())?;
    colour.judge(&file.body)
}

/// Kills the process, opens a copy of what was on its disks, and looks at every job.
async fn reopened(ground: &mut Ground, accepted: &[(String, Colour)]) -> Result<(u64, Vec<String>), Failure> {
    let folder = ground.folder.path().to_owned();
    let process = ground.site.process(0)?;
    // Standing still, so that the copy is of one moment, as a power cut would leave it.
    process.signal(Signal::STOP)?;
    let data = folder.join("data");
    let inside =
        Path::new(&format!("/proc/{}/root", process.pid())).join(data.strip_prefix("/").unwrap_or(&data));
    copy(&inside, &folder.join("copy/data"))?;
    ground.site.kill(0).await?;
    let program = ground.site.program().to_owned();
    let mut site = Site::new(Setup::alone(&program, &folder.join("copy"), 2))?;
    site.start_all().await?;
    let asker = Asker {
        client: site.client.clone(),
        at: site.address()?,
        mockup: ground.mockup.clone(),
    };
    let (mut unreadable, mut words) = (0, Vec::new());
    for (job, colour) in accepted {
        let found = asker.look(job).await?.json();
        if let Err(why) = judge(&asker, &found, *colour).await {
            unreadable += 1;
            words.push(format!("{job} after the copy: {why}"));
        }
    }
    words.truncate(10);
    Ok((unreadable, words))
}

/// Writes until nothing more fits.
fn fill(disk: &Path) -> Result<(), Failure> {
    let mut ballast = OpenOptions::new()
        .create(true)
        .append(true)
        .open(disk.join("ballast"))?;
    for size in [1 << 20, 4096, 1] {
        let chunk = vec![b'.'; size];
        while ballast.write_all(&chunk).is_ok() {}
    }
    Ok(())
}

/// Mounts the blobs again, inside the namespace of the process.
fn remount(pid: u32, folder: &Path, how: &str) -> Result<(), Failure> {
    let pid = pid.to_string();
    let done = Command::new("nsenter")
        .args(["-t", &pid, "-U", "-m", "--preserve-credentials", "mount", "-o"])
        .arg(format!("remount,{how}"))
        .arg(folder.join("data/blobs"))
        .output()?;
    if done.status.success() {
        Ok(())
    } else {
        let why = String::from_utf8_lossy(&done.stderr);
        Err(Failure::new(format!("the blobs cannot be mounted {how}: {why}")))
    }
}

fn copy(from: &Path, to: &Path) -> Result<(), Failure> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
