//! A process that is killed in the middle of its work loses nothing that it had acknowledged.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use marquetry_job::{JobState, Timestamp};
use marquetry_model::{Carriage, DeliveryId, JobId};
use marquetry_store::Store;
use marquetry_store::conformance::sample::{
    LEASE, at, job_id, job_steps, render_job, result, tenant_id, worker,
};
use marquetry_store_sqlite::SqliteStore;

/// Where the child finds its store; only set in the child.
const STORE: &str = "MARQUETRY_TEST_DEATH_STORE";
/// From which number on the child makes jobs.
const FIRST: &str = "MARQUETRY_TEST_DEATH_FIRST";

/// The child's whole life: four workers that insert, claim and finish for ever, and say what was
/// acknowledged. Run by itself this test does nothing.
#[test]
fn child() {
    let Ok(path) = std::env::var(STORE) else { return };
    let first: u64 = std::env::var(FIRST).unwrap().parse().unwrap();
    marquetry_store::conformance::run(async {
        let store: Arc<dyn Store> = Arc::new(SqliteStore::open(Path::new(&path)).unwrap());
        let lives = (0..4).map(|lane| tokio::spawn(work(Arc::clone(&store), first + lane)));
        for life in lives.collect::<Vec<_>>() {
            life.await.unwrap();
        }
    });
}

async fn work(store: Arc<dyn Store>, first: u64) {
    let steps = job_steps(&store).deadline(std::time::Duration::MAX);
    for n in (first..).step_by(4) {
        let _ = store.insert_job(&render_job(n), None).await.unwrap();
        say(&format!("accepted {n}"));
        for job in steps.claim(worker(n), at(1 << 30), LEASE, 1).await.unwrap() {
            let by = job.state.hold().unwrap();
            // Every third is left running, for the next life to find.
            if n % 3 == 0 {
                say(&format!("claimed {}", job.id));
            } else {
                steps
                    .finish(job.tenant, job.id, by, result(n), None, at(1 << 30))
                    .await
                    .unwrap();
                say(&format!("finished {}", job.id));
            }
        }
    }
}

/// One line in one write, so that a kill leaves whole lines or an unfinished last one.
fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    out.write_all(format!("{line}\n").as_bytes()).unwrap();
    out.flush().unwrap();
}

/// Starts a child, lets it say `lines` lines, kills it, and gives everything that it said.
fn one_life(path: &Path, first: u64, lines: usize) -> Vec<String> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "death::child", "--nocapture", "--test-threads=1"])
        .env(STORE, path)
        .env(FIRST, first.to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut said = String::new();
    for _ in 0..lines {
        assert_ne!(
            out.read_line(&mut said).unwrap(),
            0,
            "the child ended by itself: {said}"
        );
    }
    // SIGKILL on Unix: no handler, no flush, no goodbye.
    child.kill().unwrap();
    child.wait().unwrap();
    out.read_to_string(&mut said).unwrap();
    // What comes after the last line end was never wholly said.
    let whole = said.rfind('\n').map_or(0, |end| end + 1);
    said[..whole].lines().map(str::to_owned).collect()
}

#[test]
fn nothing_acknowledged_is_lost_when_the_process_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let mut said = Vec::new();
    for (life, lines) in (0_u64..).zip([20, 3, 150, 61, 400]) {
        said.extend(one_life(&path, life * 1_000_000, lines));
        marquetry_store::conformance::run(look(&path, &said));
    }
    let finished = said.iter().filter(|line| line.starts_with("finished")).count();
    assert!(
        finished > 50,
        "the test must have seen finished jobs, not {finished}"
    );
}

/// Opens what the dead process left and compares it with what it had said.
async fn look(path: &Path, said: &[String]) {
    let store: Arc<dyn Store> = Arc::new(SqliteStore::open(path).unwrap());
    let job = async |id: JobId| {
        let job = store.job(tenant_id(1), id).await.unwrap();
        job.unwrap_or_else(|| panic!("job {id} was acknowledged and is gone"))
    };
    for line in said {
        let Some((what, which)) = line.split_once(' ') else {
            continue;
        };
        match what {
            "accepted" => {
                job(job_id(which.parse().unwrap())).await;
            }
            "claimed" => {
                let job = job(which.parse().unwrap()).await;
                assert!(job.started_at.is_some(), "{which} was claimed");
            }
            "finished" => {
                let job = job(which.parse().unwrap()).await;
                assert!(
                    matches!(job.state, JobState::Succeeded { .. }),
                    "{which}: {:?}",
                    job.state
                );
                assert!(job.result.is_some());
                let owed = DeliveryId::from_bytes(*job.id.as_bytes());
                let owed = store.delivery(tenant_id(1), owed).await.unwrap();
                assert!(owed.is_some(), "{which} has ended and owes nothing");
            }
            _ => {}
        }
    }
    // Who starts next frees at once what the dead process held. Each death counts as a crash of the
    // jobs that it held, so those of long ago may have failed by now; none may still be held.
    job_steps(&store).recover(at((1 << 30) + 1)).await.unwrap();
    assert!(store.held_jobs(None, 10).await.unwrap().is_empty());
    let owed = store
        .due_deliveries(Carriage::Message, Timestamp::MAX.into(), u32::MAX, &[])
        .await
        .unwrap();
    for delivery in owed {
        assert!(
            job(delivery.job).await.state.is_terminal(),
            "a delivery for a job that has not ended"
        );
    }
}
