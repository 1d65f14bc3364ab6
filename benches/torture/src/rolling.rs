//! `rolling` (O5): two nodes behind a balancer are restarted one after the other, under load. No client may notice.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use clap::Args;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::cluster::Cluster;
use crate::failure::Failure;
use crate::figures::{Figures, Times, Verdict};
use crate::ground::{Asker, Common, colour, id_of};
use crate::mockup::Design;
use crate::program::Build;
use crate::site::Role;

/// Restarts of two nodes under load; on PostgreSQL.
#[derive(Args, Debug)]
pub(crate) struct Rolling {
    #[command(flatten)]
    common: Common,
    /// How many times both are restarted.
    #[arg(long, default_value_t = 3)]
    rounds: u64,
    /// How many callers there are.
    #[arg(long, default_value_t = 6)]
    callers: u64,
}

/// What the callers saw.
#[derive(Debug, Default)]
struct Seen {
    accepted: Vec<String>,
    again: u64,
    faults: u64,
    unanswered: u64,
    words: Vec<String>,
}

impl Rolling {
    pub(crate) async fn run(self) -> Result<Verdict, Failure> {
        let workers = self.common.workers;
        let roles = vec![Role::Serve { workers }, Role::Serve { workers }];
        let mut cluster = Cluster::open(&self.common, Build::Plain, roles).await?;
        let seen = Arc::new(Mutex::new(Seen::default()));
        let stop = watch::Sender::new(false);
        let mut calling = JoinSet::new();
        for caller in 0..self.callers {
            let asker = cluster.asker(&cluster.mockup)?;
            let (seen, nodes, stopped) = (Arc::clone(&seen), cluster.site.addresses(), stop.subscribe());
            calling.spawn(async move { call(caller, &asker, &nodes, &seen, &stopped).await });
        }
        let (mut stops, mut unclean) = (Times::default(), 0);
        for _ in 0..self.rounds {
            for node in 0..2 {
                tokio::time::sleep(Duration::from_millis(300)).await;
                let (well, took) = cluster.site.stop(node).await?;
                stops.add(took);
                unclean += u64::from(!well);
                cluster.site.start(node, "").await?;
            }
        }
        stop.send_replace(true);
        while let Some(done) = calling.join_next().await {
            done??;
        }
        let seen = std::mem::take(&mut *seen.lock().unwrap_or_else(PoisonError::into_inner));
        let asker = cluster.asker(&cluster.mockup)?;
        let mut unfinished = 0;
        for job in &seen.accepted {
            let ended = asker.ended(job, Duration::from_secs(90)).await;
            unfinished += u64::from(!ended.is_ok_and(|job| job["status"] == "succeeded"));
        }
        let mut figures = Figures::of("rolling");
        figures.tell("restarts", self.rounds * 2);
        figures.tell("accepted", seen.accepted.len());
        figures.tell("asked again at the other node", seen.again);
        figures.spread("from SIGTERM to the end", &stops);
        figures.must_be_none("answers of 5xx", seen.faults);
        figures.must_be_none("requests that neither node answered", seen.unanswered);
        figures.must_be_none("accepted jobs that did not succeed", unfinished);
        figures.must_be_none("ends with a bad exit code or none", unclean);
        seen.words
            .iter()
            .take(10)
            .for_each(|word| crate::figures::complain(word));
        Ok(figures.print())
    }
}

async fn call(
    caller: u64,
    asker: &Asker,
    nodes: &watch::Receiver<Vec<SocketAddr>>,
    seen: &Mutex<Seen>,
    stopped: &watch::Receiver<bool>,
) -> Result<(), Failure> {
    let mut number = caller * 1_000_000;
    while !*stopped.borrow() {
        number += 1;
        let mut body = asker.mockup.render(colour(number), Design::Fill);
        body["is_async"] = (!caller.is_multiple_of(3)).into();
        // As balancers do with requests that are safe to repeat; the key makes this one so.
        let key = format!("rolling-{number}");
        let mut last = None;
        for attempt in 0..4_u64 {
            let nodes = nodes.borrow().clone();
            let place = usize::try_from(number + attempt).unwrap_or(0) % nodes.len().max(1);
            let Some(node) = nodes.get(place) else { continue };
            if attempt > 0 {
                seen.lock().unwrap_or_else(PoisonError::into_inner).again += 1;
            }
            let answer = asker
                .client
                .post_once(*node, "/api/v1/renders", &key, &body)
                .await;
            let done = answer.is_ok();
            last = Some(answer);
            if done {
                break;
            }
        }
        let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
        match last {
            Some(Ok(answer)) if answer.status.is_success() => seen.accepted.push(id_of(&answer.json())?),
            Some(Ok(answer)) if answer.status.is_server_error() => {
                seen.faults += 1;
                seen.words.push(format!("{}: {}", answer.status, answer.json()));
            }
            Some(Ok(_)) => {}
            _ => seen.unanswered += 1,
        }
    }
    Ok(())
}
