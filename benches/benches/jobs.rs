//! The life of a job on SQLite, every step durable: insert, claim, finish. One at a time, and as many
//! callers at once as share one flush of the disk.

#![expect(clippy::unwrap_used, reason = "a bench that cannot go on should stop there")]

use std::sync::Arc;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use futures::future::join_all;
use marquetry_job::RetrySchedule;
use marquetry_model::JobResult;
use marquetry_store::conformance::sample::{at, render_job, worker};
use marquetry_store::{Inserted, JobSteps, Silence, Store};
use marquetry_store_sqlite::SqliteStore;
use tokio::runtime::Runtime;

async fn lives(store: &Arc<dyn Store>, steps: &JobSteps, first: u64, count: u64) {
    join_all((first..first + count).map(|n| async move {
        assert_eq!(
            store.insert_job(&render_job(n), None).await.unwrap(),
            Inserted::New
        );
    }))
    .await;
    let now = at(1_000_000_000);
    let taken = steps
        .claim(
            worker(1),
            now,
            Duration::from_secs(15),
            usize::try_from(count).unwrap(),
        )
        .await
        .unwrap();
    join_all(taken.into_iter().map(|job| async move {
        let hold = job.state.hold().unwrap();
        steps
            .finish(job.tenant, job.id, hold, JobResult::default(), None, now)
            .await
            .unwrap();
    }))
    .await;
}

fn jobs(criterion: &mut Criterion) {
    let runtime = Runtime::new().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let store: Arc<dyn Store> = Arc::new(SqliteStore::open(&folder.path().join("jobs.sqlite")).unwrap());
    let steps = JobSteps::new(Arc::clone(&store), Arc::new(Silence), RetrySchedule::default());
    let mut next = 1;
    let mut group = criterion.benchmark_group("insert, claim and finish on SQLite");
    for at_once in [1, 16, 128] {
        group.throughput(Throughput::Elements(at_once));
        group.bench_function(
            BenchmarkId::from_parameter(format!("{at_once} at once")),
            |bencher| {
                bencher.iter(|| {
                    runtime.block_on(lives(&store, &steps, next, at_once));
                    next += at_once;
                });
            },
        );
    }
    group.finish();
}

criterion_group!(benches, jobs);
criterion_main!(benches);
