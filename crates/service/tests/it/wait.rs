//! The way out: whoever waits is answered, whatever goes wrong on the way.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use marquetry_job::{Cause, Failure, Jitter, ShownState};
use marquetry_model::{Announce, JobId};
use marquetry_service::{ServiceError, Submitted, Wait};
use marquetry_store::Bell;

use crate::store::OddStore;
use crate::world::{LONG, World, request};

crate::over_each_store!(
    the_end_of_the_job_ends_the_wait,
    a_failure_ends_the_wait,
    a_cancel_ends_the_wait,
    anybody_may_wait_for_a_job_that_is_there,
);

/// Submits a render and waits; meanwhile a worker takes it, and `work` ends it.
async fn waited(world: &World, work: impl AsyncFnOnce(&World, marquetry_model::Job)) -> Submitted {
    let mockup = world.mockup(world.tenant, 1, b"8BPS").await;
    let (service, tenant) = (world.service.clone(), world.tenant);
    let request = request(mockup.id, b"png");
    // Spawned: whatever a server's handler awaits must be able to move between threads.
    let waiting = tokio::spawn(async move { service.submit_render(tenant, request, Wait::UpTo(LONG)).await });
    let job = world.claim_soon().await;
    work(world, job).await;
    waiting.await.unwrap().unwrap()
}

async fn the_end_of_the_job_ends_the_wait(world: World) {
    let submitted = waited(&world, async |world, job| drop(world.finish(&job).await)).await;
    let Submitted::Finished(job) = submitted else {
        panic!("it has ended")
    };
    assert_eq!(job.state.shown(), ShownState::Succeeded);
    assert_eq!(job.announce, Announce::Silent);
    assert!(job.result.unwrap().export.is_some());
}

async fn a_failure_ends_the_wait(world: World) {
    let submitted = waited(&world, async |world, job| {
        let cause = Cause::never(Failure::new("ARTWORK_INVALID", "no picture", ""));
        let hold = job.state.hold().unwrap();
        world
            .steps
            .broke(job.tenant, job.id, hold, cause, world.now(), Jitter::LEAST)
            .await
            .unwrap();
    })
    .await;
    assert!(matches!(submitted, Submitted::Finished(job) if job.state.shown() == ShownState::Failed));
}

async fn a_cancel_ends_the_wait(world: World) {
    let submitted = waited(&world, async |world, job| {
        world.service.cancel(job.tenant, job.id).await.unwrap();
        let hold = job.state.hold().unwrap();
        world
            .steps
            .stopped(job.tenant, job.id, hold, world.now())
            .await
            .unwrap();
    })
    .await;
    assert!(matches!(submitted, Submitted::Finished(job) if job.state.shown() == ShownState::Cancelled));
}

#[tokio::test]
async fn patience_ends_and_the_job_goes_on() {
    let world = World::with(|builder| builder.sync_ceiling(Duration::from_millis(30))).await;
    let mockup = world.mockup(world.tenant, 1, b"8BPS").await;
    let submitted = world
        .service
        .submit_render(
            world.tenant,
            request(mockup.id, b"png"),
            Wait::UpTo(Duration::from_hours(1)),
        )
        .await
        .unwrap();
    let Submitted::Accepted(job) = submitted else {
        panic!("no worker was there")
    };
    world.finish(&world.claim().await.unwrap()).await;
    let looked = world.service.job(world.tenant, job.id).await.unwrap();
    assert_eq!(looked.state.shown(), ShownState::Succeeded);
}

#[tokio::test]
async fn a_wake_up_that_never_comes_is_survived() {
    let deaf = OddStore {
        silence: Some(Bell::new()),
        ..OddStore::default()
    };
    let world = World::over(Arc::new(deaf), |builder| builder).await;
    let submitted = waited(&world, async |world, job| drop(world.finish(&job).await)).await;
    assert!(matches!(submitted, Submitted::Finished(_)));
}

#[tokio::test]
async fn a_flood_of_other_changes_is_survived() {
    let world = World::new().await;
    let submitted = waited(&world, async |world, job| {
        // More than a listener may lag behind, without giving the waiting one a turn.
        for n in 0..3000_u32 {
            let mut id = [0; 16];
            id[..4].copy_from_slice(&n.to_be_bytes());
            let other = marquetry_model::Job {
                id: JobId::from_random(id),
                state: marquetry_job::JobState::accepted(world.now()),
                ..job.clone()
            };
            drop(world.store.insert_job(&other, None).await.unwrap());
        }
        world.finish(&job).await;
    })
    .await;
    assert!(matches!(submitted, Submitted::Finished(_)));
}

#[tokio::test]
async fn a_store_that_is_away_for_a_moment_is_survived() {
    let store = Arc::new(OddStore::default());
    let world = World::over(store.clone(), |builder| builder).await;
    let submitted = waited(&world, async |world, job| {
        world.finish(&job).await;
        // The waiting task has not had its turn yet: its next looks fail.
        store.failing_looks.store(3, Ordering::SeqCst);
    })
    .await;
    assert!(matches!(submitted, Submitted::Finished(_)));
    assert_eq!(store.failing_looks.load(Ordering::SeqCst), 0, "it was away");
}

async fn anybody_may_wait_for_a_job_that_is_there(world: World) {
    let mockup = world.mockup(world.tenant, 1, b"8BPS").await;
    let job = world
        .service
        .submit_render(world.tenant, request(mockup.id, b"png"), Wait::No)
        .await
        .unwrap()
        .into_job();
    let wait = |tenant, limit| world.service.wait(tenant, job.id, limit);
    assert!(matches!(
        wait(world.tenant, Duration::ZERO).await,
        Ok(Submitted::Accepted(_))
    ));
    assert!(matches!(
        wait(world.other, LONG).await,
        Err(ServiceError::JobNotFound { .. })
    ));
    let work = async {
        let held = world.claim().await.unwrap();
        world.finish(&held).await;
    };
    let (ended, ()) = tokio::join!(wait(world.tenant, LONG), work);
    assert!(matches!(ended, Ok(Submitted::Finished(_))));
}
