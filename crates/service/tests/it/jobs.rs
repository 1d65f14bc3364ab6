//! Looking at jobs, reading what they made, and stopping them.

use marquetry_job::{Cancel, JobState, ShownState};
use marquetry_model::{BlobKey, Job, JobId, JobKind};
use marquetry_service::{GetRange, ServiceError, Stopping, UploadFile, UploadRequest, Wait};
use marquetry_store::{JobFilter, Reported};
use object_store::ObjectStoreExt as _;

use crate::world::{World, read, request};

crate::over_each_store!(
    a_waiting_job_is_cancelled_at_once_and_never_runs,
    a_running_job_is_asked_and_ends_cancelled_even_if_it_was_done,
    an_ended_job_cannot_be_cancelled,
    lists_are_newest_first_and_go_on_where_they_stopped,
    results_are_read_whole_and_in_part,
    many_who_cancel_what_is_being_finished_see_one_end,
);

async fn submit(world: &World) -> Job {
    let request = UploadRequest {
        name: "mug".into(),
        file: UploadFile::Url("https://example.com/mug.psd".into()),
    };
    world
        .service
        .submit_upload(world.tenant, request, Wait::No)
        .await
        .unwrap()
        .into_job()
}

async fn a_waiting_job_is_cancelled_at_once_and_never_runs(world: World) {
    let job = submit(&world).await;
    let cancel = || world.service.cancel(world.tenant, job.id);
    for _ in 0..2 {
        let stopped = cancel().await.unwrap();
        assert!(matches!(&stopped, Stopping::Done(job) if job.state.shown() == ShownState::Cancelled));
    }
    assert_eq!(world.claim().await, None);
}

async fn a_running_job_is_asked_and_ends_cancelled_even_if_it_was_done(world: World) {
    submit(&world).await;
    let held = world.claim().await.unwrap();
    for _ in 0..2 {
        let stopped = world.service.cancel(world.tenant, held.id).await.unwrap();
        assert!(matches!(
            &stopped,
            Stopping::Asked(Job {
                state: JobState::Running {
                    cancel: Cancel::Asked,
                    ..
                },
                ..
            })
        ));
        assert_eq!(stopped.job().id, held.id);
    }
    let ended = world.finish(&held).await;
    assert_eq!(ended.state.shown(), ShownState::Cancelled);
    let again = world.service.cancel(world.tenant, held.id).await.unwrap();
    assert_eq!(again, Stopping::Done(ended));
}

async fn an_ended_job_cannot_be_cancelled(world: World) {
    let job = submit(&world).await;
    world.finish(&world.claim().await.unwrap()).await;
    assert!(matches!(
        world.service.cancel(world.tenant, job.id).await,
        Err(ServiceError::AlreadyEnded { id, state: ShownState::Succeeded }) if id == job.id
    ));
    let nobody = JobId::from_random([77; 16]);
    assert!(matches!(
        world.service.cancel(world.tenant, nobody).await,
        Err(ServiceError::JobNotFound { id }) if id == nobody
    ));
}

async fn lists_are_newest_first_and_go_on_where_they_stopped(world: World) {
    let mut submitted = Vec::new();
    for _ in 0..5 {
        world.clock.advance(std::time::Duration::from_secs(1));
        submitted.insert(0, submit(&world).await.id);
    }
    let (mut listed, mut after) = (Vec::new(), None);
    loop {
        let page = world
            .service
            .jobs(world.tenant, &JobFilter::default(), after, 2)
            .await
            .unwrap();
        listed.extend(page.items.iter().map(|job| job.id));
        match page.next {
            Some(next) => after = Some(next),
            None => break,
        }
    }
    assert_eq!(listed, submitted);

    let renders = JobFilter {
        kind: Some(JobKind::Render),
        subject: None,
    };
    // A limit of nothing is taken as one.
    let none = world.service.jobs(world.tenant, &renders, None, 0).await.unwrap();
    assert!(none.items.is_empty());
}

async fn results_are_read_whole_and_in_part(world: World) {
    let mockup = world.mockup(world.tenant, 1, b"8BPS").await;
    let job = world
        .service
        .submit_render(world.tenant, request(mockup.id, b"png"), Wait::No)
        .await
        .unwrap()
        .into_job();
    let result = |part| world.service.result(world.tenant, job.id, part);
    assert!(matches!(
        result(None).await,
        Err(ServiceError::ResultNotFound { .. })
    ));
    let done = world.finish(&world.claim().await.unwrap()).await;

    let (file, blob) = result(None).await.unwrap();
    assert_eq!(Some(&file), done.result.unwrap().export.as_ref());
    assert_eq!((blob.size, blob.content_type), (9, "image/webp"));
    assert_eq!(read(blob).await.unwrap(), b"a picture");

    for (part, range, bytes) in [
        (GetRange::Bounded(2..5), 2..5, &b"pic"[..]),
        (GetRange::Bounded(2..500), 2..9, b"picture"),
        (GetRange::Offset(8), 8..9, b"e"),
        (GetRange::Suffix(4), 5..9, b"ture"),
        (GetRange::Suffix(400), 0..9, b"a picture"),
    ] {
        let (_, blob) = result(Some(part.clone())).await.unwrap();
        assert_eq!((blob.size, &blob.range), (9, &range), "{part:?}");
        assert_eq!(read(blob).await.unwrap(), bytes, "{part:?}");
    }
    for outside in [
        GetRange::Bounded(9..10),
        GetRange::Offset(9),
        GetRange::Suffix(0),
        GetRange::Bounded(3..3),
    ] {
        let refused = result(Some(outside.clone())).await;
        assert!(
            matches!(refused, Err(ServiceError::RangeOutside { size: 9 })),
            "{outside:?}"
        );
    }

    world.blobs.delete(&file.key.as_str().into()).await.unwrap();
    for part in [None, Some(GetRange::Offset(0))] {
        assert!(matches!(
            result(part).await,
            Err(ServiceError::ResultNotFound { .. })
        ));
    }
    let nowhere: BlobKey = "results/none/0.png".parse().unwrap();
    assert!(matches!(
        world.service.open_blob(&nowhere, None).await,
        Err(ServiceError::BlobNotFound { key }) if key == nowhere
    ));
}

async fn many_who_cancel_what_is_being_finished_see_one_end(world: World) {
    for _ in 0..200 {
        submit(&world).await;
        let held = world.claim().await.unwrap();
        let hold = held.state.hold().unwrap();
        let (service, steps) = (world.service.clone(), world.steps.clone());
        let (tenant, id, now) = (world.tenant, held.id, world.now());
        let cancel = tokio::spawn(async move { service.cancel(tenant, id).await });
        let finish = tokio::spawn(async move {
            steps
                .finish(tenant, id, hold, Default::default(), None, now)
                .await
        });
        let (cancelled, finished) = (cancel.await.unwrap(), finish.await.unwrap().unwrap());
        let Reported::Written(ended) = finished else {
            panic!("the holder was refused")
        };
        match cancelled {
            Ok(Stopping::Asked(_) | Stopping::Done(_)) => {
                assert_eq!(ended.state.shown(), ShownState::Cancelled);
            }
            Err(ServiceError::AlreadyEnded { .. }) => {
                assert_eq!(ended.state.shown(), ShownState::Succeeded);
            }
            Err(other) => panic!("{other:?}"),
        }
    }
}
