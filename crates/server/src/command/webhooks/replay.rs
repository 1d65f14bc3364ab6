//! `marquetry webhooks replay`: sends again what failed or was given up, or says what it would send.

use std::time::Duration;

use clap::Args;
use marquetry_dialect::iso8601;
use marquetry_store::{Clock as _, SystemClock};

use super::super::Failure;
use super::super::limits::time;
use super::super::terminal::{complain, say};
use super::Site;
use super::api::{Api, Page, Row, Wanted, patiently};

/// Sends deliveries once more that failed or were given up, with the same ids and bodies and new signatures. Prints
/// one line for each.
#[derive(Args, Debug)]
#[command(group = clap::ArgGroup::new("which").required(true).multiple(true))]
pub(super) struct Replay {
    #[command(flatten)]
    site: Site,
    /// Those that were given up.
    #[arg(long, group = "which")]
    dead: bool,
    /// Those that wait for their next try.
    #[arg(long, group = "which")]
    failed: bool,
    /// Only those that came to be owed within the last `90s`, `15m`, `24h` or `2d`, by this machine's clock.
    #[arg(long, value_name = "TIME", value_parser = time)]
    since: Option<Duration>,
    /// Only say which.
    #[arg(long)]
    dry_run: bool,
}

/// What became of the deliveries that were met.
#[derive(Debug, Default)]
struct Count {
    replayed: u64,
    left: u64,
    failed: u64,
}

impl Replay {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let api = Api::new(&self.site.server, &self.site.api_key)?;
        let earliest = self.since.map(|since| iso8601(SystemClock.now() - since));
        let mut count = Count::default();
        for (wanted, status) in [(self.dead, "dead"), (self.failed, "failed")] {
            if wanted {
                self.walk(&api, status, earliest.as_deref(), &mut count).await?;
            }
        }
        let verb = if self.dry_run { "would be sent" } else { "are sent" };
        complain(&format!("{} {verb} once more", count.replayed));
        if count.left > 0 {
            complain(&format!(
                "{} callbacks of single jobs left alone: nobody can replay them",
                count.left
            ));
        }
        match count.failed {
            0 => Ok(()),
            failed => Err(Failure::new(format!("{failed} could not be replayed"))),
        }
    }

    async fn walk(
        &self,
        api: &Api,
        status: &str,
        earliest: Option<&str>,
        count: &mut Count,
    ) -> Result<(), Failure> {
        let wanted = Wanted {
            endpoint: self.site.endpoint.as_deref(),
            status: Some(status),
        };
        let mut page: Option<Page> = None;
        loop {
            // A marker names a place in time, so that rows which leave the list do not shift it.
            let next = patiently(async || api.page(wanted, page.as_ref()).await).await?;
            for row in &next.rows {
                // Newest first: all that follow are older still.
                if earliest.is_some_and(|earliest| row.created_at.as_str() < earliest) {
                    return Ok(());
                }
                if self.site.wants(&row.event) {
                    self.replay(api, row, count).await?;
                }
            }
            if !next.goes_on() {
                return Ok(());
            }
            page = Some(next);
        }
    }

    async fn replay(&self, api: &Api, row: &Row, count: &mut Count) -> Result<(), Failure> {
        let told = match &row.endpoint {
            None => {
                count.left += 1;
                "left alone".to_owned()
            }
            Some(_) if self.dry_run => {
                count.replayed += 1;
                "would be sent".to_owned()
            }
            Some(endpoint) => match patiently(async || api.replay(endpoint, &row.id).await).await {
                Ok(()) => {
                    count.replayed += 1;
                    "is sent".to_owned()
                }
                Err(error) => {
                    count.failed += 1;
                    error.to_string()
                }
            },
        };
        let why = row.last_error.as_deref().unwrap_or("-");
        say(&format!(
            "{}  {}  {}  {}  {told}  ({why})",
            row.created_at, row.event, row.id, row.status
        ))
    }
}
