//! Draining and comparing: what was promised against what is.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::{StreamExt as _, stream};

use super::clients::{World, settle};
use super::ledger::{Ended, Keyed, Promise};
use crate::chance::Chance;
use crate::client::Answer;
use crate::failure::Failure;
use crate::receiver::{Heard, Receiver};

/// How many questions are asked at once.
const AT_ONCE: usize = 4;
/// The pause between two looks at a job that has not ended.
const LOOK_AGAIN: Duration = Duration::from_millis(15);
/// How long a question is asked again that is answered 503.
const BUSY: Duration = Duration::from_secs(15);
/// How long after its answer a message may stay unrecorded while its sender lives. Far longer than a commit takes,
/// even on a busy disk.
const RECORDED: Duration = Duration::from_secs(5);

/// Compares promises with what is.
#[derive(Debug)]
pub(super) struct Auditor {
    pub(super) world: Arc<World>,
    pub(super) receiver: Receiver,
    /// When a process died.
    pub(super) deaths: Vec<Instant>,
    /// How long a drain may take before what has not ended counts as lost.
    pub(super) patience: Duration,
    /// Whether a blob call failed in this run, so that a job may have failed of it.
    pub(super) blobs_failed: bool,
}

impl Auditor {
    /// Asks again about every submission under a key that nobody answered.
    pub(super) async fn ask_again(&self, at: SocketAddr) -> Result<(), Failure> {
        let open: Vec<Keyed> = {
            let entries = self.world.ledger.entries();
            entries
                .keyed
                .iter()
                .filter(|keyed| keyed.job.is_none())
                .cloned()
                .collect()
        };
        for keyed in open {
            let sent = self
                .world
                .client
                .post_once(at, "/api/v1/renders", &keyed.key, &keyed.body);
            settle(&self.world, &keyed, &sent.await?).await?;
        }
        Ok(())
    }

    /// Waits until everything that was accepted has ended and everything owed was heard.
    pub(super) async fn drain(&self, at: SocketAddr) -> Result<(), Failure> {
        let deadline = Instant::now() + self.patience;
        let pending = std::mem::take(&mut self.world.ledger.entries().pending);
        let mut looking = stream::iter(pending)
            .map(|job| self.look(at, job, deadline))
            .buffer_unordered(AT_ONCE);
        while let Some(looked) = looking.next().await {
            looked?;
        }
        self.hear(deadline).await;
        Ok(())
    }

    /// Looks once at everything that was not seen to end.
    pub(super) async fn glance(&self, at: SocketAddr) -> Result<(), Failure> {
        let pending = std::mem::take(&mut self.world.ledger.entries().pending);
        let mut looking = stream::iter(pending)
            .map(|job| async move {
                let found = self.ask(at, &format!("/api/v1/jobs/{job}")).await?;
                match Ended::of(&found.json()) {
                    Some(ended) => self.ended(at, &job, ended).await,
                    None if found.status.as_u16() == 404 => {
                        self.note_loss(&job, &found);
                        Ok(())
                    }
                    None => {
                        self.world.ledger.entries().pending.push(job);
                        Ok(())
                    }
                }
            })
            .buffer_unordered(AT_ONCE);
        while let Some(looked) = looking.next().await {
            looked?;
        }
        Ok(())
    }

    /// An answer to a question, asked again for a while when the server says that it cannot tell now.
    async fn ask(&self, at: SocketAddr, path: &str) -> Result<Answer, Failure> {
        let began = Instant::now();
        loop {
            let answer = self.world.client.get(at, path).await?;
            if answer.status.as_u16() != 503 || began.elapsed() > BUSY {
                return Ok(answer);
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    fn note_loss(&self, job: &str, found: &Answer) {
        let mut entries = self.world.ledger.entries();
        entries.faults.lost += 1;
        entries.faults.word(format!(
            "{job} was accepted and is {}: {}",
            found.status,
            found.json()
        ));
    }

    /// Follows one job to its end.
    async fn look(&self, at: SocketAddr, job: String, deadline: Instant) -> Result<(), Failure> {
        loop {
            let found = self.ask(at, &format!("/api/v1/jobs/{job}")).await?;
            if let Some(ended) = Ended::of(&found.json()) {
                return self.ended(at, &job, ended).await;
            }
            if found.status.as_u16() == 404 || Instant::now() > deadline {
                self.note_loss(&job, &found);
                return Ok(());
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    async fn ended(&self, at: SocketAddr, job: &str, ended: Ended) -> Result<(), Failure> {
        let promise = {
            let mut entries = self.world.ledger.entries();
            let Some(promise) = entries.promises.get_mut(job) else {
                return Ok(());
            };
            promise.ended = Some(ended.clone());
            let promise = promise.clone();
            if promise.told && ended.is_event() {
                entries.owed.push(job.to_owned());
            }
            if promise.cancelled && ended.status != "cancelled" {
                entries.faults.uncancelled += 1;
                entries
                    .faults
                    .word(format!("{job} was cancelled and is {ended:?}"));
            }
            if !promise.cancelled && ended.status != "succeeded" && !self.may_fail(&promise, &ended) {
                entries.faults.failed += 1;
                entries
                    .faults
                    .word(format!("{job} ended for no reason: {ended:?}"));
            }
            promise
        };
        self.read(at, job, &promise, &ended).await
    }

    /// Whether what happened to a job excuses that it did not succeed.
    fn may_fail(&self, promise: &Promise, ended: &Ended) -> bool {
        let deaths = self
            .deaths
            .iter()
            .filter(|death| **death >= promise.accepted)
            .count();
        match (ended.status.as_str(), ended.code.as_deref()) {
            ("failed", Some("PROCESSING_FAILED")) if deaths >= 3 => true,
            // A cancel whose answer was lost.
            ("cancelled", _) => deaths >= 1,
            _ => self.blobs_failed,
        }
    }

    /// Reads the result that a job refers to.
    async fn read(&self, at: SocketAddr, job: &str, promise: &Promise, ended: &Ended) -> Result<(), Failure> {
        let wrong = match (&ended.result, ended.status.as_str()) {
            (None, "succeeded") => Some("it names no result".to_owned()),
            (None, _) => None,
            (Some(url), _) => {
                let path = url.find("/files/").map_or(url.as_str(), |place| &url[place..]);
                let file = self.ask(at, path).await?;
                if file.status.is_success() {
                    promise.colour.judge(&file.body).err()
                } else {
                    Some(format!("{path} is answered {}", file.status))
                }
            }
        };
        if let Some(wrong) = wrong {
            let mut entries = self.world.ledger.entries();
            entries.faults.unreadable += 1;
            entries.faults.word(format!("the result of {job}: {wrong}"));
        }
        Ok(())
    }

    /// Waits for the messages that are owed, and judges those that came.
    async fn hear(&self, deadline: Instant) {
        let owed = std::mem::take(&mut self.world.ledger.entries().owed);
        for job in owed {
            let mut heard = self.receiver.about(&job);
            while heard.is_empty() && Instant::now() < deadline {
                self.receiver.next(LOOK_AGAIN).await;
                heard = self.receiver.about(&job);
            }
            if heard.is_empty() {
                let mut entries = self.world.ledger.entries();
                entries.faults.unsent += 1;
                entries
                    .faults
                    .word(format!("nobody was told of the end of {job}"));
            }
        }
    }

    /// Judges every message that came: one name each event, the right state, no copy without an excuse. How many
    /// copies there were.
    pub(super) fn judge_messages(&self) -> u64 {
        let mut entries = self.world.ledger.entries();
        let entries = &mut *entries;
        let mut copies = 0;
        for (job, promise) in &entries.promises {
            let heard = self.receiver.about(job);
            copies += heard.len().saturating_sub(1) as u64;
            let names: HashSet<_> = heard.iter().map(|heard| &heard.names).collect();
            let bodies: HashSet<_> = heard.iter().map(|heard| &heard.body).collect();
            let status = promise.ended.as_ref().map_or("", |ended| ended.status.as_str());
            if names.len() > 1 {
                entries.faults.twins += 1;
                entries
                    .faults
                    .word(format!("the end of {job} was told under {} names", names.len()));
            }
            if bodies.len() > 1 {
                entries.faults.twins += 1;
                entries
                    .faults
                    .word(format!("the end of {job} was told in {} bodies", bodies.len()));
            }
            if let Some(wrong) = heard.iter().find(|heard| heard.status != status) {
                entries.faults.changed += 1;
                entries
                    .faults
                    .word(format!("{job} is {status} and was told as {}", wrong.status));
            }
            for pair in heard.windows(2) {
                if !self.is_excused(&pair[0], &pair[1]) {
                    entries.faults.doubled += 1;
                    entries
                        .faults
                        .word(format!("the end of {job} was told again without a crash between"));
                }
            }
        }
        copies
    }

    /// A copy is excused when a process died after the first was sent and before anybody can have been sure that it
    /// was written down.
    fn is_excused(&self, first: &Heard, second: &Heard) -> bool {
        let sure = first.answered + RECORDED;
        self.deaths
            .iter()
            .any(|death| *death < second.answered && *death < sure && *death + RECORDED > first.answered)
    }

    /// Looks again at jobs that had ended: some of them, or all.
    pub(super) async fn look_back(
        &self,
        at: SocketAddr,
        sample: Option<(&mut Chance, usize)>,
    ) -> Result<u64, Failure> {
        let ended: Vec<(String, Promise, Ended)> = {
            let entries = self.world.ledger.entries();
            let known = entries.promises.iter();
            let ended = known
                .filter_map(|(job, promise)| Some((job.clone(), promise.clone(), promise.ended.clone()?)));
            ended.collect()
        };
        let chosen: Vec<_> = match sample {
            Some((chance, count)) if !ended.is_empty() => {
                (0..count).map(|_| chance.pick(&ended).clone()).collect()
            }
            _ => ended,
        };
        let looked = chosen.len() as u64;
        let mut looking = stream::iter(chosen)
            .map(|(job, promise, ended)| self.compare(at, job, promise, ended))
            .buffer_unordered(AT_ONCE);
        while let Some(compared) = looking.next().await {
            compared?;
        }
        Ok(looked)
    }

    async fn compare(
        &self,
        at: SocketAddr,
        job: String,
        promise: Promise,
        ended: Ended,
    ) -> Result<(), Failure> {
        let answer = self.ask(at, &format!("/api/v1/jobs/{job}")).await?;
        let now = Ended::of(&answer.json());
        if now.as_ref() != Some(&ended) {
            let mut entries = self.world.ledger.entries();
            entries.faults.changed += 1;
            entries.faults.word(format!("{job} was {ended:?} and is {now:?}"));
            return Ok(());
        }
        self.read(at, &job, &promise, &ended).await
    }

    /// Counts every job there is: none that nobody asked for. How many there are.
    pub(super) async fn count(&self, at: SocketAddr) -> Result<u64, Failure> {
        let (mut all, mut unknown, mut cursor) = (0, 0, String::new());
        loop {
            let path = format!("/api/v1/jobs?kind=render&limit=50{cursor}");
            let page = self.ask(at, &path).await?.good("the list of jobs")?;
            let mut entries = self.world.ledger.entries();
            for job in page["jobs"].as_array().into_iter().flatten() {
                all += 1;
                let id = job["job_id"].as_str().unwrap_or_default();
                unknown += u64::from(!entries.promises.contains_key(id));
            }
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => {
                    let open = entries.keyed.iter().filter(|keyed| keyed.job.is_none()).count() as u64;
                    if unknown > entries.unanswered + open {
                        let surplus = unknown - entries.unanswered - open;
                        entries.faults.twins += surplus;
                        entries
                            .faults
                            .word(format!("{surplus} jobs are there that nobody submitted"));
                    }
                    return Ok(all);
                }
            }
        }
    }
}
