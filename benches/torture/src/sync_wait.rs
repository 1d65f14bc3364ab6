//! `sync-wait`: many callers wait for renders of a template at once, more than can be made in the time that anybody
//! waits. Each is answered in time, nothing is lost, and no worker stands idle for those who wait.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use clap::Args;
use hyper::Method;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::client::Client;
use crate::failure::Failure;
use crate::figures::{Figures, Times, Verdict};
use crate::ground::{Common, Ground};
use crate::program::Build;

/// How long the server waits for a render before it answers 202.
const BUDGET: Duration = Duration::from_secs(25);
/// How much later than that an answer may come.
const TOLERANCE: Duration = Duration::from_millis(500);
/// How long after the last answer every job has to have ended.
const REST: Duration = Duration::from_secs(600);

/// Callers who wait with `?sync=true`.
#[derive(Args, Debug)]
pub(crate) struct SyncWait {
    #[command(flatten)]
    common: Common,
    /// How many wait at once.
    #[arg(long, default_value_t = 200)]
    callers: u64,
    /// Pixels of a page's side: what a render costs.
    #[arg(long, default_value_t = 3000)]
    side: u32,
}

/// What one caller was told.
#[derive(Debug)]
struct Told {
    job: String,
    status: u16,
    state: String,
    after: Duration,
}

impl SyncWait {
    pub(crate) async fn run(self) -> Result<Verdict, Failure> {
        let ground = Ground::open(&self.common, Build::Plain, |_| {}).await?;
        let at = ground.site.address()?;
        let client = Client::new(BUDGET * 4);
        self.publish(&client, at).await?;

        let began = Instant::now();
        let mut waiting = JoinSet::new();
        for number in 0..self.callers {
            waiting.spawn(ask(client.clone(), at, number));
        }
        let mut told = Vec::new();
        while let Some(done) = waiting.join_next().await {
            told.push(done??);
        }
        let mut worked = Duration::ZERO;
        let (mut lost, mut seen) = (0, BTreeSet::new());
        for one in &told {
            let job = ended(&client, at, &one.job).await?;
            lost += u64::from(job["status"] != "complete");
            seen.insert(one.job.clone());
            worked += Duration::from_millis(job["render_ms"].as_u64().unwrap_or_default());
        }
        let took = began.elapsed();

        let in_time: Vec<&Told> = told.iter().filter(|one| one.status == 200).collect();
        let later: Vec<&Told> = told.iter().filter(|one| one.status == 202).collect();
        let others = told.len() - in_time.len() - later.len();
        let late = told.iter().filter(|one| one.after > BUDGET + TOLERANCE).count();
        let early = later.iter().filter(|one| one.after < BUDGET).count();
        let unfinished = in_time.iter().filter(|one| one.state != "complete").count();
        let ended = later.iter().filter(|one| one.state == "complete").count();
        let workers = self.common.workers.max(1) as f64;
        let busy = worked.as_secs_f64() / (took.as_secs_f64() * workers);
        let mut figures = Figures::of("sync-wait");
        figures.tell("callers", self.callers);
        figures.tell("answered 200 within 25 s", in_time.len());
        figures.tell("answered 202", later.len());
        figures.spread("200", &in_time.iter().map(|one| one.after).collect::<Times>());
        figures.spread("202", &later.iter().map(|one| one.after).collect::<Times>());
        figures.time("all were made after", took);
        figures.time("work in them", worked);
        figures.tell(
            "share of the time that workers worked",
            (busy * 1000.0).round() / 1000.0,
        );
        figures.must(
            "some were in time and some were not",
            !in_time.is_empty() && !later.is_empty(),
        );
        figures.must_be_none("other answers", others as u64);
        figures.must_be_none("answers later than 25.5 s", late as u64);
        figures.must_be_none("202 before 25 s were over", early as u64);
        figures.must_be_none("200 without a picture", unfinished as u64);
        figures.must_be_none("202 for a job that was complete", ended as u64);
        figures.must_be_none("jobs that were lost", lost + self.callers - seen.len() as u64);
        figures.must("workers worked at least nine tenths of the time", busy >= 0.9);
        Ok(figures.print())
    }

    /// A layout of one page that takes a while.
    async fn publish(&self, client: &Client, at: SocketAddr) -> Result<(), Failure> {
        let side = self.side;
        let shapes: Vec<Value> = (0..24)
            .map(|n| {
                json!({
                    "id": format!("s{n}"), "type": "shape", "shape": "ellipse", "rotation": 7 * n,
                    "x": side * n / 40, "y": side * n / 40, "width": side / 2, "height": side / 3, "opacity": 0.5,
                    "fill": {"gradient": "linear", "angle": 15 * n, "stops": [
                        {"at": 0, "color": "#0b3d91"}, {"at": 1, "color": "#f6c945"},
                    ]},
                })
            })
            .collect();
        let words = json!({
            "id": "name", "type": "text", "x": 0, "y": 0, "width": side, "height": side / 5,
            "font": {"family": "Arimo", "size": side / 8}, "content": "Name", "api_field_name": "Name",
        });
        let layers: Vec<Value> = shapes.into_iter().chain([words]).collect();
        let layout = json!({
            "schema": 1, "id": "heavy", "name": "Heavy",
            "pages": [{"id": "front", "width": side, "height": side, "layers": layers}],
        });
        let json = [("content-type", "application/json")];
        let path = "/api/v1/templates/heavy?publish=true";
        let saved = client
            .send(at, Method::PUT, path, &json, layout.to_string().into())
            .await?;
        saved.good("the template").map(|_| ())
    }
}

async fn ask(client: Client, at: SocketAddr, number: u64) -> Result<Told, Failure> {
    let body = json!({"template_id": "heavy", "fields": {"Name": format!("No. {number}")}});
    let began = Instant::now();
    let answer = client.post(at, "/api/v1/create?sync=true", &body).await?;
    let after = began.elapsed();
    let told = answer.json();
    let text = |name: &str| told[name].as_str().unwrap_or_default().to_owned();
    Ok(Told {
        job: text("job_id"),
        status: answer.status.as_u16(),
        state: text("status"),
        after,
    })
}

/// The job once it has ended.
async fn ended(client: &Client, at: SocketAddr, job: &str) -> Result<Value, Failure> {
    let began = Instant::now();
    loop {
        let found = client
            .get(at, &format!("/api/v1/create/{job}"))
            .await?
            .good("a look at a job")?;
        if matches!(found["status"].as_str(), Some("complete" | "failed")) {
            return Ok(found);
        }
        if began.elapsed() > REST {
            return Err(Failure::new(format!(
                "a job did not end within {REST:?}: {found}"
            )));
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
