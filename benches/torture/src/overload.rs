//! `overload` (O1): ten times what the server can do, from clients that do not wait, and what becomes of the rest.

use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Args;

use crate::chance::Chance;
use crate::failure::Failure;
use crate::figures::{Figures, Verdict};
use crate::ground::{Asker, Common, Ground, now};
use crate::load::{Samples, by_timetable, flat_out};
use crate::mockup;
use crate::process::worked_here;
use crate::program::Build;
use crate::receiver::Receiver;

/// How often a job is looked at while the load lasts.
const LOOKS: f64 = 40.0;
/// How many callers keep the server busy while its capacity is measured. Fewer than may wait at once.
const CALLERS: usize = 16;

/// Times below this are not compared: a timer of the system decides them.
const SMALL: Duration = Duration::from_millis(10);

/// Ten times the capacity, with load that does not wait.
#[derive(Args, Debug)]
pub(crate) struct Overload {
    #[command(flatten)]
    common: Common,
    /// How long the overload lasts, in seconds.
    #[arg(long, default_value_t = 15)]
    seconds: u64,
    /// How many times as wide and as high as 32 by 24 the pictures are. At 1 a picture costs hardly more than the
    /// request for it, and what is measured is how fast requests can be refused.
    #[arg(long, default_value_t = 64)]
    scale: u32,
    /// How many times the capacity.
    #[arg(long, default_value_t = 10.0)]
    times: f64,
    /// The most memory that the server may use, in MiB.
    #[arg(long, default_value_t = 512)]
    memory: u64,
}

impl Overload {
    pub(crate) async fn run(self) -> Result<Verdict, Failure> {
        let mut ground = Ground::open(&self.common, Build::Plain, |_| {}).await?;
        let receiver = Receiver::start(Chance::of_seed(self.common.seed), Duration::ZERO).await?;
        ground.site.subscribe(&receiver.url()).await?;
        let mut asker = ground.asker()?;
        asker.mockup = ground.site.upload("Large", mockup::scaled(self.scale)).await?;
        let long = Duration::from_secs(self.seconds);

        now("what it can do: callers who wait for their pictures");
        let peak = {
            let asker = asker.clone();
            flat_out(CALLERS, long / 2, move |number| asker.wait_for(number)).await?
        };
        let capacity = peak.good().len() as f64 / (long / 2).as_secs_f64();

        now("80 % of that");
        let (calm, calm_looks) = self.under(&asker, capacity * 0.8, long / 2).await?;

        now("many times that");
        let (server, here) = (ground.site.process(0)?.worked(), worked_here());
        let (heard, began) = (receiver.count(), Instant::now());
        let counting = async {
            tokio::time::sleep(long).await;
            receiver.count() - heard
        };
        let (under, told) = tokio::join!(self.under(&asker, capacity * self.times, long), counting);
        let (storm, storm_looks) = under?;
        let goodput = told as f64 / long.as_secs_f64();
        let cores = |before: Option<Duration>, after: Option<Duration>| {
            let worked = after?.saturating_sub(before?);
            Some((worked.as_secs_f64() / began.elapsed().as_secs_f64() * 100.0).round() / 100.0)
        };
        let server = cores(server, ground.site.process(0)?.worked());
        let here = cores(here, worked_here());

        now("and after");
        let normal = calm.good().quantile(0.99) * 2;
        let over = Instant::now();
        let recovered = loop {
            let asked = Instant::now();
            let good = asker
                .submit(7)
                .await
                .is_ok_and(|answer| answer.status.is_success());
            if good && asked.elapsed() <= normal.max(SMALL) {
                break over.elapsed();
            }
            if over.elapsed() > Duration::from_secs(30) {
                break over.elapsed();
            }
        };
        let memory = ground.site.process(0)?.memory();

        let mut figures = Figures::of("overload");
        figures.tell("seconds of overload", began.elapsed().as_secs());
        figures.tell("capacity (renders a second)", capacity.round());
        figures.tell("asked for (a second)", (capacity * self.times).round());
        figures.tell("sent", storm.all.len());
        figures.tell("left out by the driver", storm.left_out);
        figures.tell("accepted", storm.count(|sample| sample.is_good()));
        figures.tell(
            "refused with 429 or 503",
            storm.count(|sample| sample.is_refusal()),
        );
        figures.spread("accepted at 80 %", &calm.good());
        figures.spread("accepted in overload", &storm.good());
        figures.spread("GET /jobs/{id} at 80 %", &calm_looks.good());
        figures.spread("GET /jobs/{id} in overload", &storm_looks.good());
        figures.tell("ended and told (a second)", goodput.round());
        // On few cores, what the driver takes is missing to the server.
        figures.tell("processors that the server had", server);
        figures.tell("processors that the driver had", here);
        figures.time("normal again after", recovered);
        let (_, most) = memory.unwrap_or_default();
        figures.tell("memory at most (MiB)", most >> 20);
        let (looks, accepted) = (storm_looks.good().quantile(0.99), storm.good().quantile(0.99));
        let all = storm.merge(storm_looks);
        figures.must_be_none("faults (5xx but 503)", all.count(|sample| sample.is_fault()));
        figures.must_be_none(
            "requests without an answer",
            all.count(|sample| sample.status.is_none()),
        );
        figures.must_be_none(
            "refusals that do not say when",
            all.count(|sample| sample.is_refusal() && !sample.says_when),
        );
        figures.must(
            "GET /jobs/{id} p99 under 50 ms",
            looks <= Duration::from_millis(50),
        );
        figures.must(
            "accepted p99 at most twice that at 80 %",
            accepted <= normal.max(SMALL),
        );
        figures.must("goodput at least 90 % of capacity", goodput >= capacity * 0.9);
        figures.must("normal within 5 s", recovered <= Duration::from_secs(5));
        figures.must(
            "memory within its budget and 20 %",
            most <= (self.memory << 20) / 5 * 6,
        );
        Ok(figures.print())
    }

    /// Submissions by timetable, and looks at one job beside them.
    async fn under(&self, asker: &Asker, rate: f64, long: Duration) -> Result<(Samples, Samples), Failure> {
        let job: Arc<str> = asker.job(1).await?.into();
        let (submitting, looking) = (asker.clone(), asker.clone());
        let (submitted, looked) = tokio::join!(
            by_timetable(rate, long, move |number| submitting.submit(number)),
            by_timetable(LOOKS, long, move |_| looking.look(&job)),
        );
        Ok((submitted?, looked?))
    }
}
