//! `torture`: submit under load, kill at random moments and at failpoints, start again, drain, compare.

mod check;
mod clients;
mod ledger;
mod plan;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use clap::{Args, ValueEnum};

use self::check::Auditor;
use self::clients::{Crowd, World};
use self::ledger::Ledger;
use self::plan::{Death, How, Round};
use crate::chance::Chance;
use crate::failure::Failure;
use crate::figures::{Figures, Times, Verdict, complain, say};
use crate::journal::Journal;
use crate::program::{Build, build};
use crate::receiver::Receiver;
use crate::site::{Setup, Site};

/// The longest that a failpoint may take to be passed; then the process is killed from outside.
const REACHED: Duration = Duration::from_secs(3);
/// The longest that the receiver of webhooks takes to answer.
const ANSWERING: Duration = Duration::from_millis(10);
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
    /// Keeps everything in this folder. [default: a temporary one, kept when a promise was broken]
    #[arg(long)]
    folder: Option<PathBuf>,
    /// Prints a line for each round.
    #[arg(long, short)]
    verbose: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Store {
    /// One process on one SQLite file.
    #[default]
    Sqlite,
}

/// What was counted on the way.
#[derive(Debug, Default)]
struct Tally {
    deaths: u64,
    at_failpoints: u64,
    unreached: u64,
    stops: u64,
    restarts: Times,
    drains: Times,
    rechecked: u64,
}

impl Torture {
    pub(crate) async fn run(self) -> Result<Verdict, Failure> {
        let seed = self.seed.unwrap_or_else(seed_of_the_clock);
        say(&format!("seed {seed}, {} rounds, store {:?}", self.rounds, self.store).to_lowercase());
        let program = build(Build::Failpoints)?;
        let temporary = tempfile::Builder::new().prefix("marquetry-torture-").tempdir()?;
        let folder = self.folder.clone().unwrap_or_else(|| temporary.path().to_owned());
        let site = Site::new(Setup::alone(&program, &folder, self.workers))?;
        let began = Instant::now();
        let mut session = Session::open(&self, seed, site, &folder).await?;
        let rounds = plan::rounds(seed, self.rounds, session.site.size());
        for (number, round) in (1..).zip(rounds) {
            session.round(number, round).await?;
        }
        let verdict = session.close(seed, began).await?;
        if verdict == Verdict::Broken {
            complain(&format!("everything is kept in {}", temporary.keep().display()));
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
            world,
            auditor,
            chance,
            tally: Tally::default(),
        })
    }

    async fn round(&mut self, number: u64, mut round: Round) -> Result<(), Failure> {
        let began = Instant::now();
        for (nth, death) in round.deaths.iter().enumerate() {
            self.arm(death).await?;
            // The second death falls on a process that takes up what the first one left.
            let crowd = Crowd::start(&self.world, self.options.clients, &mut round.clients);
            self.die(death).await?;
            crowd.stop().await?;
            if self.options.verbose {
                let accepted = self.world.ledger.entries().promises.len();
                say(&format!(
                    "round {number}.{nth}: {death}; {accepted} accepted so far"
                ));
            }
        }
        self.world.blobs_fail.store(false, Ordering::Relaxed);
        let place = round.deaths.last().map_or(0, |death| death.place);
        let restart = self.site.start(place, "").await?;
        self.tally.restarts.extend(restart);
        self.site.start_all().await?;
        let draining = Instant::now();
        let at = self.site.address()?;
        self.auditor.ask_again(at).await?;
        self.auditor.drain(at).await?;
        self.tally.drains.add(draining.elapsed());
        let sample = Some((&mut self.chance, SAMPLE));
        self.tally.rechecked += self.auditor.look_back(at, sample).await?;
        if self.options.verbose {
            say(&format!(
                "round {number}: restart {:?}, drained in {:?}, {:?} in all",
                restart.unwrap_or_default(),
                draining.elapsed(),
                began.elapsed()
            ));
        }
        Ok(())
    }

    /// Has a process run that will die as planned.
    async fn arm(&mut self, death: &Death) -> Result<(), Failure> {
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
        };
        if !by_itself {
            self.site.kill(death.place).await?;
        }
        self.auditor.deaths.push(Instant::now());
        self.tally.deaths += 1;
        Ok(())
    }

    async fn close(mut self, seed: u64, began: Instant) -> Result<Verdict, Failure> {
        let at = self.site.address()?;
        self.tally.rechecked += self.auditor.look_back(at, None).await?;
        let jobs = self.auditor.count(at).await?;
        let copies = self.auditor.judge_messages();
        let (well, stopping) = self.site.stop(0).await?;
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
        figures.tell("jobs looked at again", self.tally.rechecked);
        figures.tell("stops by SIGTERM", self.tally.stops + 1);
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
        figures.must_be_none("unclean stops", faults.unclean + u64::from(!well));
        for word in &faults.words {
            complain(word);
        }
        Ok(figures.print())
    }
}
