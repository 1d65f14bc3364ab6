//! `shutdown` (O4): SIGTERM under load. Every request that was under way is answered, every job that was accepted
//! ends, and the process goes in time.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use clap::Args;
use rustix::process::Signal;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::chance::Chance;
use crate::failure::Failure;
use crate::figures::{Figures, Times, Verdict, complain};
use crate::ground::{Asker, Common, Ground, id_of};
use crate::program::Build;

/// The latest moment of the signal.
const LATEST: Duration = Duration::from_millis(400);
/// What Kubernetes leaves of its 30 s.
const DRAIN: Duration = Duration::from_secs(25);
/// How long a second signal may take.
const AT_ONCE: Duration = Duration::from_secs(1);

/// SIGTERM under load, again and again.
#[derive(Args, Debug)]
pub(crate) struct Shutdown {
    #[command(flatten)]
    common: Common,
    /// How many times.
    #[arg(long, default_value_t = 5)]
    rounds: u64,
    /// How many callers there are.
    #[arg(long, default_value_t = 8)]
    callers: u64,
}

/// What the callers of one round saw.
#[derive(Debug, Default)]
struct Seen {
    accepted: BTreeSet<String>,
    /// Sent before the signal and not answered.
    broken_off: u64,
    faults: u64,
    /// How long before the signal those left, and what became of them.
    words: Vec<String>,
    /// Sent after the signal: nobody promised anything.
    turned_away: u64,
}

impl Shutdown {
    pub(crate) async fn run(self) -> Result<Verdict, Failure> {
        let mut ground = Ground::open(&self.common, Build::Plain, |_| {}).await?;
        let mut chance = Chance::of_seed(self.common.seed);
        let (mut drains, mut seconds) = (Times::default(), Times::default());
        let (mut unclean, mut broken_off, mut faults, mut turned_away, mut unfinished) = (0, 0, 0, 0, 0);
        let mut accepted = 0;
        for round in 0..self.rounds {
            let asker = ground.asker()?;
            let seen = Arc::new(Mutex::new(Seen::default()));
            let (told, signalled) = watch::channel(None);
            let mut calling = JoinSet::new();
            for caller in 0..self.callers {
                let (asker, seen, signalled) = (asker.clone(), Arc::clone(&seen), signalled.clone());
                calling.spawn(async move { call(caller, &asker, &seen, &signalled).await });
            }
            tokio::time::sleep(Duration::from_millis(100) + chance.up_to(LATEST)).await;
            let at = Instant::now();
            told.send_replace(Some(at));
            let (well, took) = ground.site.stop(0).await?;
            drains.add(took);
            unclean += u64::from(!well);
            while let Some(done) = calling.join_next().await {
                done??;
            }
            // Whatever was accepted ends in the next life at the latest.
            ground.site.start_all().await?;
            let asker = ground.asker()?;
            let seen = std::mem::take(&mut *seen.lock().unwrap_or_else(PoisonError::into_inner));
            for job in &seen.accepted {
                let ended = asker.ended(job, Duration::from_secs(60)).await;
                unfinished += u64::from(!ended.is_ok_and(|job| job["status"] == "succeeded"));
            }
            accepted += seen.accepted.len();
            broken_off += seen.broken_off;
            faults += seen.faults;
            seen.words.iter().for_each(|word| complain(word));
            turned_away += seen.turned_away;
            seconds.extend(self.twice(&mut ground, round).await?);
        }
        let mut figures = Figures::of("shutdown");
        figures.tell("rounds", self.rounds);
        figures.tell("accepted", accepted);
        figures.tell("requests after the signal without an answer", turned_away);
        figures.spread("from SIGTERM to the end", &drains);
        figures.spread("from a second SIGTERM to the end", &seconds);
        figures.must_be_none("requests before the signal without an answer", broken_off);
        figures.must_be_none("faults (5xx but 503)", faults);
        figures.must_be_none("accepted jobs that did not succeed", unfinished);
        figures.must_be_none("ends with a bad exit code or none", unclean);
        figures.must("every end within 25 s", drains.quantile(1.0) <= DRAIN);
        figures.must(
            "a second SIGTERM ends it within 1 s",
            seconds.quantile(1.0) <= AT_ONCE,
        );
        Ok(figures.print())
    }

    /// Two signals while a request is held open, which the first one would wait for.
    async fn twice(&self, ground: &mut Ground, round: u64) -> Result<Option<Duration>, Failure> {
        let asker = ground.asker()?;
        let mut waiting = JoinSet::new();
        for number in 0..self.callers {
            waiting.spawn(asker.wait_for(round * 1000 + number));
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
        let process = ground.site.process(0)?;
        process.signal(Signal::TERM)?;
        tokio::time::sleep(Duration::from_millis(20)).await;
        let asked = Instant::now();
        // It may have ended by itself already, and then nobody hears the second one.
        let heard = process.signal(Signal::TERM).is_ok();
        let ended = ground.site.died(0, Duration::from_secs(20)).await?;
        let took = asked.elapsed();
        if !ended {
            ground.site.kill(0).await?;
        }
        waiting.shutdown().await;
        ground.site.start_all().await?;
        Ok(heard.then_some(took))
    }
}

async fn call(
    caller: u64,
    asker: &Asker,
    seen: &Mutex<Seen>,
    signalled: &watch::Receiver<Option<Instant>>,
) -> Result<(), Failure> {
    for number in 0.. {
        let number = caller * 1_000_000 + number;
        // Half of them wait for their pictures.
        let waits = caller.is_multiple_of(2);
        if !waits {
            tokio::time::sleep(Duration::from_millis(4)).await;
        }
        let sent = Instant::now();
        let answer = if waits {
            asker.wait_for(number).await
        } else {
            asker.submit(number).await
        };
        let signal = *signalled.borrow();
        let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
        match answer {
            Ok(answer) if answer.status.is_success() => {
                seen.accepted.insert(id_of(&answer.json())?);
            }
            Ok(answer) if [429, 503].contains(&answer.status.as_u16()) => seen.turned_away += 1,
            Ok(_) => seen.faults += 1,
            // Sent before anybody could know better.
            Err(why) if signal.is_none_or(|signal| sent < signal) => {
                seen.broken_off += 1;
                let before = signal.map(|signal| signal - sent);
                seen.words.push(format!(
                    "caller {caller}: sent {before:?} before the signal: {why}"
                ));
            }
            Err(_) => seen.turned_away += 1,
        }
        if signal.is_some() {
            return Ok(());
        }
    }
    Ok(())
}
