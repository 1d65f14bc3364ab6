//! `marquetry webhooks listen`: follows the feed of deliveries and hands each on to an address nearby, signed.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use clap::Args;
use marquetry_dialect::{Dialect, Message, iso8601};
use marquetry_egress::{Again, Bytes, Egress, HeaderName, HeaderValue, Outgoing, SendLimits};
use marquetry_model::{DeliveryId, EventType, Secret};
use marquetry_store::{Clock as _, SystemClock};

use super::super::Failure;
use super::super::limits::time;
use super::super::serve::Stop;
use super::super::terminal::{complain, say};
use super::Site;
use super::api::{Api, Page, Row, Wanted, door_to};

/// Brings a server's events to an address that it cannot reach, such as a program on this machine: follows the
/// deliveries that the tenant is owed and posts the body of each, byte for byte, with the headers of a webhook and a
/// signature of its own.
#[derive(Args, Debug)]
pub(super) struct Listen {
    #[command(flatten)]
    site: Site,
    /// Where to hand them on.
    #[arg(long, value_name = "URL")]
    forward: String,
    /// What to sign them with; the API does not tell the secrets of endpoints. [default: made up, and printed]
    #[arg(
        long,
        env = "MARQUETRY_WEBHOOK_SECRET",
        hide_env_values = true,
        value_name = "SECRET"
    )]
    secret: Option<String>,
    /// Begin with those of the last `90s`, `15m`, `24h` or `2d`. [default: with the next one]
    #[arg(long, value_name = "TIME", value_parser = time, conflicts_with = "after")]
    since: Option<Duration>,
    /// Begin with what came after this delivery, as an earlier run said when it ended.
    #[arg(long, value_name = "DELIVERY")]
    after: Option<String>,
    /// How often to look.
    #[arg(long, value_name = "TIME", default_value = "1s", value_parser = time)]
    every: Duration,
}

/// How often an address is tried that gives no answer, for a program that is just being started again.
const TRIES: u32 = 5;
const PAUSE: Duration = Duration::from_secs(1);
/// How far back to look behind the newest one: what is written later may have been begun earlier.
const OVERLAP: Duration = Duration::from_secs(60);

/// What has been seen of the feed.
#[derive(Debug, Default)]
struct Mark {
    /// Older ones are not looked at any more.
    horizon: String,
    /// Those that are not older, by id, with the moment they were made.
    seen: HashMap<String, String>,
    /// The last one that was handed on.
    last: Option<String>,
}

struct Line {
    api: Api,
    door: Egress,
    forward: String,
    secret: Secret,
    site: Site,
}

impl Listen {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let stop = Stop::on_signals()?;
        let secret = match self.secret {
            Some(secret) => secret,
            None => {
                let made = format!("whsec_{}", uuid::Uuid::new_v4().simple());
                complain(&format!("signing with {made}"));
                made
            }
        };
        let line = Line {
            api: Api::new(&self.site.server, &self.site.api_key)?,
            door: door_to(&[&self.forward])?,
            forward: self.forward,
            secret: Secret::new(secret),
            site: self.site,
        };
        let mut mark = Mark::default();
        let listening = async {
            line.begin(&mut mark, self.since, self.after.as_deref()).await?;
            complain(&format!(
                "listening to {}, forwarding to {}",
                line.site.server, line.forward
            ));
            let mut silent = false;
            loop {
                match line.round(&mut mark).await {
                    Ok(()) => silent = false,
                    Err(Trouble::Server(what)) => {
                        if !silent {
                            complain(&format!("the server does not answer, trying again: {what}"));
                        }
                        silent = true;
                    }
                    Err(Trouble::Ours(failure)) => return Err(failure),
                }
                tokio::time::sleep(self.every).await;
            }
        };
        let ended = tokio::select! {
            ended = listening => ended,
            () = stop.asked() => Ok(()),
        };
        if let Some(last) = &mark.last {
            complain(&format!("to go on from here: --after {last}"));
        }
        ended
    }
}

/// Why a round ended early.
enum Trouble {
    /// The server may answer another time.
    Server(String),
    /// It will not, or nobody reads what we print.
    Ours(Failure),
}

impl From<super::api::Unanswered> for Trouble {
    fn from(error: super::api::Unanswered) -> Self {
        match error.again {
            Again::Later => Self::Server(error.to_string()),
            Again::Never => Self::Ours(Failure::new(error.to_string())),
        }
    }
}

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Self {
        Self::Ours(failure)
    }
}

impl Line {
    fn wanted(&self) -> Wanted<'_> {
        Wanted {
            endpoint: self.site.endpoint.as_deref(),
            status: None,
        }
    }

    /// Sets the mark where listening is to begin.
    async fn begin(
        &self,
        mark: &mut Mark,
        since: Option<Duration>,
        after: Option<&str>,
    ) -> Result<(), Failure> {
        if let Some(since) = since {
            mark.horizon = iso8601(SystemClock.now() - since);
            return Ok(());
        }
        let mut page = Page::default();
        let mut first = true;
        while first || page.goes_on() {
            page = self.api.page(self.wanted(), (!first).then_some(&page)).await?;
            if let (true, Some(newest)) = (first, page.rows.first()) {
                mark.horizon = back(&newest.created_at);
            }
            first = false;
            let found = after.and_then(|after| page.rows.iter().position(|row| row.id == after));
            let Some(after) = after else {
                // All that is there now was there before us.
                mark.seen.extend(page.rows.iter().map(known));
                if page.rows.last().is_none_or(|row| row.created_at < mark.horizon) {
                    return Ok(());
                }
                continue;
            };
            if let Some(found) = found {
                let there = &page.rows[found];
                mark.horizon = there.created_at.clone();
                // Made in the same instant and listed behind it: it came before.
                let older = page.rows[found..].iter();
                mark.seen
                    .extend(older.filter(|row| row.created_at == there.created_at).map(known));
                mark.last = Some(after.to_owned());
                return Ok(());
            }
        }
        match after {
            Some(after) => Err(Failure::new(format!(
                "there is no delivery {after} to begin after"
            ))),
            None => Ok(()),
        }
    }

    /// Hands on what is new, the oldest first.
    async fn round(&self, mark: &mut Mark) -> Result<(), Trouble> {
        let mut fresh: Vec<Row> = Vec::new();
        let mut page = self.api.page(self.wanted(), None).await?;
        loop {
            let near = page.rows.iter().filter(|row| row.created_at >= mark.horizon);
            fresh.extend(near.filter(|row| !mark.seen.contains_key(&row.id)).cloned());
            let reached = page.rows.last().is_none_or(|row| row.created_at < mark.horizon);
            if reached || !page.goes_on() {
                break;
            }
            page = self.api.page(self.wanted(), Some(&page)).await?;
        }
        for row in fresh.iter().rev() {
            if self.site.wants(&row.event) {
                // A delivery whose message cannot be had now is met again in the next round.
                let body = self.api.message(&row.id).await?;
                self.hand_on(row, body).await?;
            }
            mark.saw(row);
        }
        Ok(())
    }

    /// Posts one message, again while nobody answers, and prints what came of it.
    async fn hand_on(&self, row: &Row, body: Bytes) -> Result<(), Failure> {
        let id: DeliveryId = row
            .id
            .parse()
            .map_err(|_| Failure::new(format!("{} is no id of a delivery", row.id)))?;
        let mut tries = 0;
        let told = loop {
            tries += 1;
            let mut outgoing = Outgoing::post(&self.forward, body.clone());
            let message = Message {
                id,
                // Some spellings are only the reader's; the headers do not tell it.
                event: row.event.parse().unwrap_or(EventType::WebhookTest),
                body: &body,
            };
            for (name, value) in Dialect::SudoMock.headers(&[&self.secret], &message, SystemClock.now()) {
                outgoing.headers.insert(
                    HeaderName::from_bytes(name.as_bytes())?,
                    HeaderValue::try_from(value)?,
                );
            }
            let began = Instant::now();
            match self.door.send(outgoing, &SendLimits::default()).await {
                Ok(sent) => break format!("{} in {} ms", sent.status.as_u16(), began.elapsed().as_millis()),
                Err(error) if error.again() == Again::Later && tries < TRIES => {
                    tokio::time::sleep(PAUSE).await
                }
                Err(error) => break format!("no answer after {tries} tries: {}", error.detail()),
            }
        };
        say(&format!("{}  {}  {}  {told}", row.created_at, row.event, row.id))
    }
}

impl Mark {
    fn saw(&mut self, row: &Row) {
        self.last = Some(row.id.clone());
        self.seen.extend([known(row)]);
        let horizon = back(&row.created_at);
        if horizon > self.horizon {
            self.seen.retain(|_, made| *made >= horizon);
            self.horizon = horizon;
        }
    }
}

fn known(row: &Row) -> (String, String) {
    (row.id.clone(), row.created_at.clone())
}

/// A moment somewhat before that one; the same where it cannot be read, which is the safe side.
fn back(created_at: &str) -> String {
    let Ok(moment) = created_at.parse::<jiff::Timestamp>() else {
        return created_at.to_owned();
    };
    let moment = marquetry_job::Timestamp::from_micros(moment.as_microsecond());
    iso8601(moment - OVERLAP)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(number: u32, second: u32) -> Row {
        Row {
            id: number.to_string(),
            endpoint: None,
            event: "render.succeeded".to_owned(),
            status: "pending".to_owned(),
            created_at: format!("2026-11-22T10:{:02}:{:02}.000Z", second / 60, second % 60),
            last_error: None,
        }
    }

    #[test]
    fn the_mark_keeps_what_may_still_be_overtaken_and_forgets_the_rest() {
        let mut mark = Mark::default();
        for number in 0..600 {
            mark.saw(&row(number, number));
        }
        assert_eq!(mark.horizon, "2026-11-22T10:08:59.000Z");
        assert_eq!(mark.seen.len(), 61, "a minute of them, both ends included");
        assert_eq!(mark.last.as_deref(), Some("599"));
        // One that was begun earlier and written later does not move it back.
        mark.saw(&row(1000, 590));
        assert_eq!(mark.horizon, "2026-11-22T10:08:59.000Z");
        assert!(mark.seen.contains_key("1000"));
    }

    #[test]
    fn an_unreadable_moment_is_no_reason_to_miss_something() {
        assert_eq!(back("soon"), "soon");
    }
}
