//! Those who use the program while it is killed: they submit, repeat, wait and cancel, and write down every
//! 2xx before they believe it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::ledger::{Keyed, Ledger};
use crate::chance::Chance;
use crate::client::{Answer, Client};
use crate::failure::Failure;
use crate::journal::Journal;
use crate::mockup::{Colour, Design, Mockup};

/// The longest pause of a client between two requests.
const PAUSE: Duration = Duration::from_millis(40);

/// What all clients share.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) client: Client,
    pub(crate) mockup: Mockup,
    pub(crate) ledger: Ledger,
    pub(crate) journal: Journal,
    pub(crate) addresses: watch::Receiver<Vec<SocketAddr>>,
    /// Whether blob calls are made to fail now, which excuses an answer of 500.
    pub(crate) blobs_fail: AtomicBool,
}

/// Clients at work until they are told to stop.
pub(crate) struct Crowd {
    working: JoinSet<Result<(), Failure>>,
    stop: watch::Sender<bool>,
}

impl Crowd {
    pub(crate) fn start(world: &Arc<World>, count: usize, chance: &mut Chance) -> Self {
        let stop = watch::Sender::new(false);
        let mut working = JoinSet::new();
        for _ in 0..count {
            let (world, chance, stopped) = (Arc::clone(world), chance.split(), stop.subscribe());
            working.spawn(async move { work(&world, chance, stopped).await });
        }
        Self { working, stop }
    }

    /// Lets everybody finish what they have begun.
    pub(crate) async fn stop(mut self) -> Result<(), Failure> {
        self.stop.send_replace(true);
        while let Some(done) = self.working.join_next().await {
            done??;
        }
        Ok(())
    }
}

async fn work(world: &World, mut chance: Chance, stopped: watch::Receiver<bool>) -> Result<(), Failure> {
    while !*stopped.borrow() {
        let pause = chance.up_to(PAUSE);
        match chance.below(100) {
            0..6 => cancel(world, &mut chance).await?,
            6..10 => repeat(world, &mut chance).await?,
            10..16 => submit(world, &mut chance, Waiting::ForTheEnd).await?,
            _ => submit(world, &mut chance, Waiting::No).await?,
        }
        tokio::time::sleep(pause).await;
    }
    Ok(())
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Waiting {
    No,
    ForTheEnd,
}

impl World {
    /// Some address; `None` while nobody serves.
    fn somewhere(&self, chance: &mut Chance) -> Option<SocketAddr> {
        let addresses = self.addresses.borrow();
        (!addresses.is_empty()).then(|| *chance.pick(&addresses))
    }

    /// Notes a 2xx. What else an answer may be is counted.
    pub(crate) async fn note(
        &self,
        answer: &Answer,
        colour: Colour,
        told: bool,
    ) -> Result<Option<String>, Failure> {
        if !answer.status.is_success() {
            self.note_refusal(answer, "a submission");
            return Ok(None);
        }
        let json = answer.json();
        let job = json["job_id"].as_str().or(json["data"]["render_uuid"].as_str());
        let job = job.ok_or_else(|| Failure::new(format!("a 2xx names no job: {json}")))?;
        self.journal
            .record(&json!({"accepted": job, "status": answer.status.as_u16()}))
            .await?;
        self.ledger.accept(job, colour, told);
        Ok(Some(job.to_owned()))
    }

    fn note_refusal(&self, answer: &Answer, doing: &str) {
        let mut entries = self.ledger.entries();
        // Honest refusals; whoever hears one knows that nothing was accepted.
        if [429, 503].contains(&answer.status.as_u16()) {
            entries.refused += 1;
            return;
        }
        if answer.status.is_server_error() && self.blobs_fail.load(Ordering::Relaxed) {
            entries.troubled += 1;
            // A caller who waits for a job that fails is told of that failure; the job is there.
            entries.unanswered += 1;
            return;
        }
        entries.faults.unexpected += 1;
        let body = String::from_utf8_lossy(&answer.body);
        entries
            .faults
            .word(format!("{doing} was answered {}: {body}", answer.status));
    }
}

async fn submit(world: &World, chance: &mut Chance, waiting: Waiting) -> Result<(), Failure> {
    let colour = Colour(u32::try_from(chance.below(1 << 24)).unwrap_or(0));
    let design = if chance.percent(50) {
        Design::Fill
    } else {
        Design::Picture
    };
    let mut body = world.mockup.render(colour, design);
    body["is_async"] = (waiting == Waiting::No).into();
    let key = (waiting == Waiting::No && chance.percent(40)).then(|| format!("key-{:016x}", chance.draw()));
    let Some(to) = world.somewhere(chance) else {
        return Ok(());
    };
    let sent = match &key {
        Some(key) => world.client.post_once(to, "/api/v1/renders", key, &body).await,
        None => world.client.post(to, "/api/v1/renders", &body).await,
    };
    let job = match &sent {
        Ok(answer) => world.note(answer, colour, waiting == Waiting::No).await?,
        Err(_) => None,
    };
    match (sent.is_ok(), key) {
        // A refusal leaves nothing behind, so its key is worth nothing.
        (true, Some(key)) if job.is_some() => {
            world.ledger.entries().keyed.push(Keyed {
                key,
                body,
                colour,
                job,
            });
        }
        // Nobody knows whether there is a job. Whoever gave a key can ask.
        (false, Some(key)) => world.ledger.entries().keyed.push(Keyed {
            key,
            body,
            colour,
            job: None,
        }),
        (false, None) => world.ledger.entries().unanswered += 1,
        _ => {}
    }
    Ok(())
}

/// Sends a submission again that was answered before, or never.
async fn repeat(world: &World, chance: &mut Chance) -> Result<(), Failure> {
    let keyed = {
        let entries = world.ledger.entries();
        // Of the latest, where a crash may still be told.
        let from = entries.keyed.len().saturating_sub(40);
        match &entries.keyed[from..] {
            [] => return Ok(()),
            latest => chance.pick(latest).clone(),
        }
    };
    let Some(to) = world.somewhere(chance) else {
        return Ok(());
    };
    if let Ok(answer) = world
        .client
        .post_once(to, "/api/v1/renders", &keyed.key, &keyed.body)
        .await
    {
        settle(world, &keyed, &answer).await?;
    }
    Ok(())
}

/// What the answer to a repeated submission means.
pub(super) async fn settle(world: &World, keyed: &Keyed, answer: &Answer) -> Result<(), Failure> {
    let Some(job) = world.note(answer, keyed.colour, true).await? else {
        return Ok(());
    };
    let mut entries = world.ledger.entries();
    entries.repeated += 1;
    let known = entries.keyed.iter_mut().find(|known| known.key == keyed.key);
    let Some(known) = known else { return Ok(()) };
    match &known.job {
        None => known.job = Some(job),
        Some(first) if *first == job => {}
        Some(first) => {
            let word = format!("the key {} led to the jobs {first} and {job}", keyed.key);
            entries.faults.twins += 1;
            entries.faults.word(word);
        }
    }
    Ok(())
}

async fn cancel(world: &World, chance: &mut Chance) -> Result<(), Failure> {
    let job = {
        let entries = world.ledger.entries();
        let from = entries.pending.len().saturating_sub(8);
        match &entries.pending[from..] {
            [] => return Ok(()),
            latest => chance.pick(latest).clone(),
        }
    };
    let Some(to) = world.somewhere(chance) else {
        return Ok(());
    };
    let path = format!("/api/v1/jobs/{job}/cancel");
    let Ok(answer) = world.client.post(to, &path, &Value::Null).await else {
        return Ok(());
    };
    if answer.status.is_success() {
        world.journal.record(&json!({"cancelled": job})).await?;
        let mut entries = world.ledger.entries();
        entries.cancels += 1;
        if let Some(promise) = entries.promises.get_mut(&job) {
            promise.cancelled = true;
        }
    } else if answer.status.as_u16() != 409 {
        world.note_refusal(&answer, "a cancel");
    }
    Ok(())
}
