//! `neighbour` (O7): one tenant asks for a hundred times its share. What does another one notice?

use std::process::Command;
use std::time::Duration;

use clap::Args;

use crate::client::Client;
use crate::failure::Failure;
use crate::figures::{Figures, Verdict};
use crate::ground::{Asker, Common, Ground, now};
use crate::load::{Samples, by_timetable};
use crate::mockup::{self, Mockup};
use crate::program::Build;

/// What the quiet tenant asks for, a second, and waits for.
const QUIET: f64 = 5.0;
/// How much of the other it may notice.
const WORSE: f64 = 1.5;
/// Times below this are not compared: a render that runs is not interrupted for another.
const SMALL: Duration = Duration::from_millis(50);

/// One tenant at a hundred times its share.
#[derive(Args, Debug)]
pub(crate) struct Neighbour {
    #[command(flatten)]
    common: Common,
    /// How long, in seconds.
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// How many times as much as the quiet one the loud one asks for.
    #[arg(long, default_value_t = 100.0)]
    times: f64,
}

impl Neighbour {
    pub(crate) async fn run(self) -> Result<Verdict, Failure> {
        let ground = Ground::open(&self.common, Build::Plain, |_| {}).await?;
        let loud = ground.asker()?;
        let quiet = self.neighbour_of(&ground).await?;
        let long = Duration::from_secs(self.seconds);
        now("the quiet one alone");
        let alone = self.waits(&quiet, long / 2).await?;
        now("beside the loud one");
        let submitting = loud.clone();
        let (beside, flood) = tokio::join!(
            self.waits(&quiet, long),
            by_timetable(QUIET * self.times, long, move |number| submitting.submit(number)),
        );
        let (beside, flood) = (beside?, flood?);
        let mut figures = Figures::of("neighbour");
        figures.tell("the loud one asked for (a second)", QUIET * self.times);
        figures.tell("accepted of it", flood.count(|sample| sample.is_good()));
        figures.tell(
            "refused of it with 429 or 503",
            flood.count(|sample| sample.is_refusal()),
        );
        figures.spread("the quiet one waits, alone", &alone.good());
        figures.spread("the quiet one waits, beside the loud one", &beside.good());
        figures.must_be_none(
            "requests of the quiet one that failed",
            beside.count(|sample| !sample.is_good()),
        );
        figures.must_be_none("faults (5xx but 503)", flood.count(|sample| sample.is_fault()));
        let allowed = alone.good().quantile(0.99).mul_f64(WORSE).max(SMALL);
        figures.must(
            "the quiet one's p99 at most 1.5 times",
            beside.good().quantile(0.99) <= allowed,
        );
        Ok(figures.print())
    }

    async fn waits(&self, quiet: &Asker, long: Duration) -> Result<Samples, Failure> {
        let quiet = quiet.clone();
        by_timetable(QUIET, long, move |number| quiet.wait_for(number)).await
    }

    /// Another tenant, with a key and a mockup of its own.
    async fn neighbour_of(&self, ground: &Ground) -> Result<Asker, Failure> {
        let made = Command::new(ground.site.program())
            .args(["keys", "--tenant", "quiet", "--data-dir"])
            .arg(ground.folder.path().join("data"))
            .arg("create")
            .output()?;
        if !made.status.success() {
            let why = String::from_utf8_lossy(&made.stderr);
            return Err(Failure::new(format!("a second tenant cannot be made: {why}")));
        }
        let client: Client = ground
            .site
            .client
            .with_key(String::from_utf8_lossy(&made.stdout).trim());
        let at = ground.site.address()?;
        let mockup: Mockup = ground.site.upload_as(&client, "Quiet", mockup::psd()).await?;
        Ok(Asker { client, at, mockup })
    }
}
