//! `accounts`: storms of submissions, ends and payments over one store, whose process is killed again and again. The
//! accounts must add up: what was paid in less what was charged is left, and nothing is held.

use std::io::Write as _;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use clap::Args;
use marquetry_store::Store;
use marquetry_store::conformance::storm::{Storm, play, settle};
use marquetry_store_postgres::PostgresStore;
use marquetry_store_sqlite::SqliteStore;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::chance::Chance;
use crate::failure::Failure;
use crate::figures::{Figures, Verdict};
use crate::postgres::Postgres;

/// How often the process that is killed says how far it is.
const TOLD_EVERY: Duration = Duration::from_millis(20);
/// The longest that a process may say nothing.
const SILENCE: Duration = Duration::from_secs(120);

/// Storms over accounts.
#[derive(Args, Debug)]
pub(crate) struct Accounts {
    /// How many sequences of submission, claim and end.
    #[arg(long, default_value_t = 100_000)]
    sequences: u64,
    /// How often the process is killed meanwhile.
    #[arg(long, default_value_t = 50)]
    kills: u64,
    /// How many sequences at a time.
    #[arg(long, default_value_t = 32)]
    at_once: usize,
    /// On PostgreSQL instead of SQLite; it crashes, too, at every fifth kill.
    #[arg(long)]
    postgres: bool,
    /// What is drawn.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// For the process that is killed: the store.
    #[arg(long, hide = true)]
    hand: Option<String>,
}

/// Where a storm is.
enum Ground {
    Sqlite(tempfile::TempDir),
    Postgres(Postgres),
}

impl Ground {
    fn store(&self) -> String {
        match self {
            Self::Sqlite(folder) => folder.path().join("store.db").display().to_string(),
            Self::Postgres(postgres) => postgres.url().to_owned(),
        }
    }
}

impl Accounts {
    pub(crate) async fn run(self) -> Result<Verdict, Failure> {
        match &self.hand {
            Some(store) => self.storm(store).await,
            None => self.mistreat().await,
        }
    }

    /// The process that is killed: plays, and says how far it is.
    async fn storm(&self, store: &str) -> Result<Verdict, Failure> {
        let store = open(store).await?;
        let done = Arc::new(AtomicU64::new(0));
        let storm = Storm {
            seed: self.seed,
            sequences: self.sequences,
            at_once: self.at_once,
        };
        let telling = tokio::spawn({
            let done = Arc::clone(&done);
            async move {
                loop {
                    tokio::time::sleep(TOLD_EVERY).await;
                    if say(done.load(Ordering::Relaxed)).is_err() {
                        return;
                    }
                }
            }
        });
        play(&store, storm, &done).await;
        telling.abort();
        say(done.load(Ordering::Relaxed))?;
        Ok(Verdict::Kept)
    }

    async fn mistreat(&self) -> Result<Verdict, Failure> {
        let ground = if self.postgres {
            Ground::Postgres(Postgres::start().await?)
        } else {
            Ground::Sqlite(tempfile::tempdir()?)
        };
        let store = ground.store();
        let mut chance = Chance::of_seed(self.seed);
        let (mut played, mut kills, mut round) = (0, 0, 0);
        let began = Instant::now();
        while played < self.sequences {
            round += 1;
            let mut hand = self.hand(&store, round, self.sequences - played)?;
            // Kills fall evenly over the sequences.
            let next = self.sequences / (self.kills + 1) * (kills + 1);
            let until = if kills < self.kills {
                Some((
                    next.max(played) - played,
                    Duration::from_millis(chance.below(200)),
                ))
            } else {
                None
            };
            let (said, killed) = attend(&mut hand, until).await?;
            played += said;
            if killed {
                kills += 1;
                if let Ground::Postgres(postgres) = &ground
                    && kills % 5 == 0
                {
                    postgres.crash().await?;
                }
            }
        }
        let took = began.elapsed();
        let settled = tokio::spawn(async move {
            let store = open(&store).await?;
            Ok::<_, Failure>(settle(&store).await)
        })
        .await;
        let mut figures = Figures::of("accounts");
        figures.tell("store", if self.postgres { "postgres" } else { "sqlite" });
        figures.tell("sequences", played);
        figures.tell("kills", kills);
        figures.tell("sequences a second", played as f64 / took.as_secs_f64());
        match settled {
            Ok(settled) => {
                let wreckage = settled?;
                figures.tell("jobs charged", wreckage.charged);
                figures.tell("jobs released", wreckage.released);
                figures.tell("paid in (millionths)", wreckage.paid_in);
                figures.tell("charged (millionths)", wreckage.taken);
                figures.must("every account adds up and holds nothing", true);
            }
            Err(why) => figures.must(&format!("every account adds up and holds nothing: {why}"), false),
        }
        Ok(figures.print())
    }

    /// Starts the process that is killed.
    fn hand(&self, store: &str, round: u64, sequences: u64) -> Result<Child, Failure> {
        let hand = Command::new(std::env::current_exe()?)
            .args(["accounts", "--hand", store])
            .args(["--seed", &(self.seed * 1_000_000 + round).to_string()])
            .args(["--sequences", &sequences.to_string()])
            .args(["--at-once", &self.at_once.to_string()])
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        Ok(hand)
    }
}

/// Hears how far a process is, kills it a moment after it has done so many, and tells how many it did.
async fn attend(hand: &mut Child, until: Option<(u64, Duration)>) -> Result<(u64, bool), Failure> {
    let out = hand.stdout.take().ok_or_else(|| Failure::new("no output"))?;
    let mut lines = BufReader::new(out).lines();
    let mut done = 0;
    while let Some(line) = timeout(SILENCE, lines.next_line()).await?? {
        done = line.trim().parse().unwrap_or(done);
        if let Some((most, moment)) = until
            && done >= most
        {
            tokio::time::sleep(moment).await;
            hand.kill().await?;
            return Ok((done, true));
        }
    }
    let ended = hand.wait().await?;
    if ended.success() {
        Ok((done, false))
    } else {
        Err(Failure::new(format!("the process that plays ended with {ended}")))
    }
}

/// Says how far it is, to the process that started this one.
fn say(done: u64) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{done}")?;
    out.flush()
}

async fn open(store: &str) -> Result<Arc<dyn Store>, Failure> {
    if store.starts_with("postgres://") {
        let opened = PostgresStore::open(store, &marquetry_store_postgres::Options::default()).await;
        return Ok(Arc::new(opened?));
    }
    let opened = SqliteStore::open(std::path::Path::new(store));
    Ok(Arc::new(opened?))
}
