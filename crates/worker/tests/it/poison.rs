//! A job that kills its worker's process takes a few processes with it and then fails; what stands beside it is done.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use marquetry_egress::{Egress, Policy};
use marquetry_job::JobState;
use marquetry_store::memory::MemoryStore;
use marquetry_store::{Ownership, Silence};
use marquetry_store_sqlite::SqliteStore;
use marquetry_testkit::catcher::Answer;
use marquetry_worker::Worker;
use object_store::local::LocalFileSystem;

use crate::workshop::{PATIENCE, RED, Workshop, png, poster_psd};

/// Where the child finds its store and its blobs; only set in the child.
const FOLDER: &str = "MARQUETRY_TEST_POISON_FOLDER";

/// The child's whole life: a worker that runs until it is killed. Run by itself this test does nothing.
#[tokio::test(flavor = "multi_thread")]
async fn child() {
    let Ok(folder) = std::env::var(FOLDER) else { return };
    let folder = Path::new(&folder);
    let store = SqliteStore::open(&folder.join("jobs.sqlite")).unwrap();
    let blobs = LocalFileSystem::new_with_prefix(folder).unwrap();
    let egress = Egress::new(Policy::allow_private()).unwrap();
    let worker = Worker::builder(Arc::new(store), Arc::new(blobs), egress, Arc::new(Silence));
    let worker = worker.slots(2).ownership(Ownership::Sole).build().unwrap();
    worker.run(std::future::pending()).await;
}

/// A process with a worker in it. Killed when dropped.
struct Process(Child);

impl Process {
    fn start(folder: &Path) -> Self {
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "poison::child", "--nocapture", "--test-threads=1"])
            .env(FOLDER, folder)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        Self(child.unwrap())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // As the kernel does it when memory runs out: nothing is unwound, nothing is flushed.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_kills_its_process_fails_after_three_starts() {
    let mut shop = Workshop::on_disk().await;
    let folder: PathBuf = shop.folder().to_owned();
    let mockup = shop.mockup(&poster_psd(144.0)).await;
    // One process at a time may have the file as its own; we look in beside it.
    shop.store = Arc::new(MemoryStore::new());
    shop.store = Arc::new(SqliteStore::open_beside(&folder.join("jobs.sqlite")).unwrap());

    shop.server.answer_always(Answer::hang());
    let poison = shop.render_url(&mockup).await;
    for start in 1..=3 {
        let process = Process::start(&folder);
        shop.server.wait_for(start, PATIENCE).await.unwrap();
        // In the middle of the job, every time.
        drop(process);
    }

    let process = Process::start(&folder);
    let JobState::Failed { cause, .. } = shop.ended(poison).await.state else {
        panic!("it should have failed")
    };
    assert_eq!(cause.code, "worker_crashed");
    assert_eq!(
        cause.message,
        "the job was given up: whoever worked on it died 3 times"
    );
    assert_eq!(shop.server.caught().len(), 3, "it was not begun a fourth time");
    shop.server.answer_always(Answer::ok(png(RED)));
    let well = shop.render_url(&mockup).await;
    let well = shop.ended(well).await;
    assert!(
        matches!(well.state, JobState::Succeeded { .. }),
        "{:?}",
        well.state
    );
    drop(process);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stood_beside_poison_is_begun_alone_and_does_not_die_of_it() {
    let mut shop = Workshop::on_disk().await;
    let folder: PathBuf = shop.folder().to_owned();
    let mockup = shop.mockup(&poster_psd(144.0)).await;
    shop.store = Arc::new(MemoryStore::new());
    shop.store = Arc::new(SqliteStore::open_beside(&folder.join("jobs.sqlite")).unwrap());

    // Poison is what hangs when its process dies: both at first, then the first of the two, until it fails.
    shop.server.answer_always(Answer::hang());
    let poison = shop.render_url(&mockup).await;
    let innocent = shop.render_url(&mockup).await;
    let process = Process::start(&folder);
    shop.server.wait_for(2, PATIENCE).await.unwrap();
    drop(process);

    let process = Process::start(&folder);
    shop.server.wait_for(3, PATIENCE).await.unwrap();
    let (one, other) = (shop.job(poison).await, shop.job(innocent).await);
    assert!(one.state.hold().is_some() && one.state.is_suspect());
    assert!(other.state.is_suspect());
    let crashes = other.state.tally().unwrap().crashes;
    assert_eq!(crashes, 1, "it stands in line again");
    drop(process);

    // The innocent has waited longer and goes first, alone; then the poison takes its last process along.
    shop.server.answer_in_turn([Answer::ok(png(RED))]);
    let process = Process::start(&folder);
    let ended = shop.ended(innocent).await;
    assert!(
        matches!(ended.state, JobState::Succeeded { .. }),
        "{:?}",
        ended.state
    );
    shop.server.wait_for(5, PATIENCE).await.unwrap();
    drop(process);
    let process = Process::start(&folder);
    let JobState::Failed { cause, .. } = shop.ended(poison).await.state else {
        panic!("it should have failed")
    };
    assert_eq!(cause.code, "worker_crashed");
    drop(process);
}
