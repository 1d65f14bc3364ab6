//! `torture`: submit under load, kill at random moments and at failpoints, start again, drain, compare.

mod check;
mod clients;
mod ledger;
mod plan;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use clap::Args;

use self::check::Auditor;
use self::clients::{Crowd, World};
use self::ledger::Ledger;
use self::plan::{Death, How, On, Round};
use crate::chance::Chance;
use crate::failure::Failure;
use crate::figures::{Figures, Times, Verdict, complain, say};
use crate::journal::Journal;
use crate::postgres::Postgres;
use crate::program::{Build, build};
use crate::receiver::Receiver;
use crate::site::{Role, Setup, Site, Store};

/// The longest that a failpoint may take to be passed; then the process is killed from outside.
const REACHED: Duration = Duration::from_secs(3);
/// The longest that the receiver of webhooks takes to answer.
const ANSWERING: Duration = Duration::from_millis(10);
/// How soon a job must be accepted after the database is back.
const BACK: Duration = Duration::from_secs(5);
/// When nobody waits for that any more.
const GIVEN_UP: Duration = Duration::from_secs(20);
/// How many jobs of earlier rounds are looked at again in each.
const SAMPLE: usize = 8;

/// Kills the program under load, again and again, and holds it to every job that it accepted.
#[derive(Args, Debug)]
pub(crate) struct Torture {
    /// Which plan: any seed repeats its own. [default: drawn from the clock]
    #[arg(long)]
    seed: Option<u64>,
    /// How many rounds of one or two deaths.
    #[arg(long, default_value_t = 25)]
    rounds: u64,
    /// Where the program keeps its jobs.
    #[arg(long, value_enum, default_value_t)]
    store: Store,
    /// How many clients submit at once.
    #[arg(long, default_value_t = 4)]
    clients: usize,
    /// Renders at a time in each process.
    #[arg(long, default_value_t = 2)]
    workers: usize,
    /// How long a drain may take before what has not ended counts as lost, in seconds.
    #[arg(long, default_value_t = 90)]
    patience: u64,
    /// After how many rounds everything has to have ended. A job whose process was killed waits for its lease when
    /// others share the database. [default: 1 on SQLite, 25 on PostgreSQL]
    #[arg(long)]
    drain_every: Option<u64>,
    /// Keeps everything in this folder. [default: a temporary one, kept when a promise was broken]
    #[arg(long)]
    folder: Option<PathBuf>,
    /// The program to kill. [default: built from this checkout, with failpoints]
    #[arg(long)]
    program: Option<PathBuf>,
    /// Prints a line for each round.
    #[arg(long, short)]
    verbose: bool,
}

/// What was counted on the way.
#[derive(Debug, Default)]
struct Tally {
    deaths: u64,
    at_failpoints: u64,
    unreached: u64,
    stops: u64,
    crashes: u64,
    cuts: u64,
    back: Times,
    restarts: Times,
    drains: Times,
    rechecked: u64,
}

impl Torture {
    pub(crate) async fn run(self) -> Result<Verdict, Failure> {
        let seed = self.seed.unwrap_or_else(seed_of_the_clock);
        say(&format!("seed {seed}, {} rounds, store {:?}", self.rounds, self.store).to_lowercase());
        let program = self
            .program
            .clone()
            .map_or_else(|| build(Build::Failpoints), Ok)?;
        let temporary = tempfile::Builder::new().prefix("marquetry-torture-").tempdir()?;
        let folder = self.folder.clone().unwrap_or_else(|| temporary.path().to_owned());
        let (setup, database, on) = match self.store {
            Store::Sqlite => (Setup::alone(&program, &folder, self.workers), None, On::File),
            Store::Postgres => {
                let database = Postgres::start().await?;
                let workers = self.workers;
                let roles = vec![
                    Role::Serve { workers },
                    Role::Serve { workers: 0 },
                    Role::Work { slots: workers },
                ];
                let setup = Setup::together(&program, &folder, database.url(), roles);
                (setup, Some(database), On::Database)
            }
        };
        let rounds = plan::rounds(seed, self.rounds, &setup.roles, on);
        let drain_every = self
            .drain_every
            .unwrap_or(if on == On::File { 1 } else { 25 })
            .max(1);
        let began = Instant::now();
        let mut session = Session::open(&self, seed, Site::new(setup)?, database, &folder).await?;
        for (number, round) in (1..).zip(rounds) {
            let drains = number % drain_every == 0 || number == self.rounds;
            session.round(number, round, drains).await?;
        }
        let verdict = session.close(seed, began).await?;
        if verdict == Verdict::Broken {
            let kept = temporary.keep();
            let folder = self.folder.as_ref().unwrap_or(&kept);
            complain(&format!("everything is kept in {}", folder.display()));
        }
        Ok(verdict)
    }
}

fn seed_of_the_clock() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}

/// One run of the command.
struct Session<'o> {
    options: &'o Torture,
    site: Site,
    database: Option<Postgres>,
    world: Arc<World>,
    auditor: Auditor,
    chance: Chance,
    tally: Tally,
}

impl<'o> Session<'o> {
    async fn open(
        options: &'o Torture,
        seed: u64,
        mut site: Site,
        database: Option<Postgres>,
        folder: &std::path::Path,
    ) -> Result<Self, Failure> {
        // Not the stream that the plan is drawn from, so that the plan stays a function of the seed alone.
        let mut chance = Chance::of_seed(!seed);
        let receiver = Receiver::start(chance.split(), ANSWERING).await?;
        site.start_all().await?;
        site.subscribe(&receiver.url()).await?;
        let world = Arc::new(World {
            client: site.client.clone(),
            mockup: site.small_mockup().await?,
            ledger: Ledger::default(),
            journal: Journal::open(&folder.join("journal.jsonl"))?,
            addresses: site.addresses(),
            blobs_fail: AtomicBool::new(false),
        });
        let auditor = Auditor {
            world: Arc::clone(&world),
            receiver,
            deaths: Vec::new(),
            patience: Duration::from_secs(options.patience),
            blobs_failed: false,
        };
        Ok(Self {
            options,
            site,
            database,
            world,
            auditor,
            chance,
            tally: Tally::default(),
        })
    }

    async fn round(&mut self, number: u64, mut round: Round, drains: bool) -> Result<(), Failure> {
        let began = Instant::now();
        for (nth, death) in round.deaths.iter().enumerate() {
            self.arm(death).await?;
            // The second death falls on a process that takes up what the first one left.
            let crowd = Crowd::start(&self.world, self.options.clients, &mut round.clients);
            let died = self.die(death).await;
            crowd.stop().await?;
            died?;
            if self.options.verbose {
                let accepted = self.world.ledger.entries().promises.len();
                say(&format!(
                    "round {number}.{nth}: {death}; {accepted} accepted so far"
                ));
            }
        }
        self.world.blobs_fail.store(false, Ordering::Relaxed);
        let missing = self.site.missing().await?;
        if missing > 0 {
            let mut entries = self.world.ledger.entries();
            entries.faults.unclean += missing;
            entries.faults.word(format!(
                "{missing} processes ended by themselves in round {number}"
            ));
        }
        for place in 0..self.site.size() {
            if !self.site.runs(place) {
                let restart = self.site.start(place, "").await?;
                self.tally.restarts.extend(restart);
            }
        }
        let at = self.site.address()?;
        self.auditor.ask_again(at).await?;
        if drains {
            let draining = Instant::now();
            self.auditor.drain(at).await?;
            self.tally.drains.add(draining.elapsed());
        } else {
            self.auditor.glance(at).await?;
        }
        let sample = Some((&mut self.chance, SAMPLE));
        self.tally.rechecked += self.auditor.look_back(at, sample).await?;
        if self.options.verbose {
            say(&format!("round {number}: {:?}", began.elapsed()));
        }
        Ok(())
    }

    /// Has a process run that will die as planned.
    async fn arm(&mut self, death: &Death) -> Result<(), Failure> {
        if !death.how.is_death() {
            return self.site.start_all().await;
        }
        let failpoints = death.failpoints();
        self.auditor.blobs_failed |= death.blobs_fail;
        self.world.blobs_fail.store(death.blobs_fail, Ordering::Relaxed);
        if self.site.runs(death.place) {
            if failpoints.is_empty() {
                return Ok(());
            }
            let (well, _) = self.site.stop(death.place).await?;
            self.tally.stops += 1;
            if !well {
                let mut entries = self.world.ledger.entries();
                entries.faults.unclean += 1;
                entries
                    .faults
                    .word("a process did not end well when it was asked to".into());
            }
        }
        let restart = self.site.start(death.place, &failpoints).await?;
        self.tally.restarts.extend(restart);
        Ok(())
    }

    async fn die(&mut self, death: &Death) -> Result<(), Failure> {
        let by_itself = match &death.how {
            How::Moment(after) => {
                tokio::time::sleep(*after).await;
                false
            }
            How::Failpoint { .. } => {
                let died = self.site.died(death.place, REACHED).await?;
                self.tally.at_failpoints += u64::from(died);
                self.tally.unreached += u64::from(!died);
                died
            }
            How::Database(after) => {
                tokio::time::sleep(*after).await;
                self.tally.crashes += 1;
                return self.crash().await;
            }
            How::Connections(after) => {
                tokio::time::sleep(*after).await;
                self.tally.cuts += 1;
                self.auditor.deaths.push(Instant::now());
                return match &self.database {
                    Some(database) => database.cut().await,
                    None => Ok(()),
                };
            }
        };
        if !by_itself {
            self.site.kill(death.place).await?;
        }
        self.auditor.deaths.push(Instant::now());
        self.tally.deaths += 1;
        Ok(())
    }

    /// Crashes the database under everybody, and sees how soon a job is accepted again after it is back.
    async fn crash(&mut self) -> Result<(), Failure> {
        let Some(database) = &self.database else {
            return Ok(());
        };
        self.auditor.deaths.push(Instant::now());
        database.crash().await?;
        self.auditor.deaths.push(Instant::now());
        let up = Instant::now();
        let before = self.world.ledger.entries().promises.len();
        while self.world.ledger.entries().promises.len() == before && up.elapsed() < GIVEN_UP {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        self.tally.back.add(up.elapsed());
        Ok(())
    }

    async fn close(mut self, seed: u64, began: Instant) -> Result<Verdict, Failure> {
        let at = self.site.address()?;
        self.tally.rechecked += self.auditor.look_back(at, None).await?;
        let jobs = self.auditor.count(at).await?;
        let copies = self.auditor.judge_messages();
        let (mut unclean, mut stopping) = (0, Duration::ZERO);
        for place in 0..self.site.size() {
            let (well, took) = self.site.stop(place).await?;
            unclean += u64::from(!well);
            stopping = stopping.max(took);
        }
        let mut figures = Figures::of("torture");
        figures.tell("seed", seed);
        figures.tell("store", format!("{:?}", self.options.store).to_lowercase());
        figures.tell("rounds", self.options.rounds);
        figures.tell("deaths", self.tally.deaths);
        figures.tell("deaths at failpoints", self.tally.at_failpoints);
        figures.tell("failpoints not reached", self.tally.unreached);
        let entries = self.world.ledger.entries();
        let ended = |status: &str| {
            let promises = entries.promises.values();
            let ended = promises.filter_map(|promise| promise.ended.as_ref());
            ended.filter(|ended| ended.status == status).count()
        };
        figures.tell("accepted", entries.promises.len());
        figures.tell("succeeded", ended("succeeded"));
        figures.tell("failed", ended("failed"));
        figures.tell("cancelled", ended("cancelled"));
        figures.tell("jobs in the store", jobs);
        figures.tell("submissions without an answer", entries.unanswered);
        figures.tell("submissions repeated under their key", entries.repeated);
        figures.tell("cancels answered", entries.cancels);
        figures.tell("refused with 429 or 503", entries.refused);
        figures.tell("answered 5xx while blobs failed", entries.troubled);
        figures.tell("webhooks heard", self.auditor.receiver.count());
        figures.tell("webhooks heard again after a crash", copies);
        let owed = self.auditor.receiver.count().saturating_sub(copies).max(1);
        figures.tell("of ten thousand owed, heard again", copies * 10_000 / owed);
        figures.tell("jobs looked at again", self.tally.rechecked);
        figures.tell("stops by SIGTERM", self.tally.stops + self.site.size() as u64);
        if self.database.is_some() {
            figures.tell("crashes of the database", self.tally.crashes);
            figures.tell("cuts of all its connections", self.tally.cuts);
            figures.spread("database up to the next 2xx", &self.tally.back);
        }
        figures.spread("restart to ready", &self.tally.restarts);
        figures.spread("drain", &self.tally.drains);
        figures.time("last stop", stopping);
        figures.tell("seconds", began.elapsed().as_secs());
        let faults = &entries.faults;
        figures.must_be_none("accepted jobs lost", faults.lost);
        figures.must_be_none("terminal states changed", faults.changed);
        figures.must_be_none("results referenced but unreadable", faults.unreadable);
        figures.must_be_none("owed webhooks never sent", faults.unsent);
        figures.must_be_none("webhooks doubled without a crash", faults.doubled);
        figures.must_be_none("jobs or events done twice", faults.twins);
        figures.must_be_none("cancels forgotten", faults.uncancelled);
        figures.must_be_none("jobs failed for no reason", faults.failed);
        figures.must_be_none("unexpected answers", faults.unexpected);
        figures.must_be_none("unclean stops", faults.unclean + unclean);
        figures.must(
            "2xx within 5 s of the database",
            self.tally.back.quantile(1.0) <= BACK,
        );
        for word in &faults.words {
            complain(word);
        }
        Ok(figures.print())
    }
}
