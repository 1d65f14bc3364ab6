//! The way in: what is written down, what is turned away, and what happens when it is said twice.

use std::time::Duration;

use futures::future::join_all;
use marquetry_job::ShownState;
use marquetry_model::{
    Announce, AssetSource, BlobKey, Callback, DialectName, JobSpec, LayerAddress, MockupId, ModelError,
    RenderRequest, RequestedAsset, TextChange, TextFit, UploadSource, Words,
};
use marquetry_service::{ServiceError, Submitted, Terms, UploadFile, UploadRequest, Wait};
use marquetry_store::JobFilter;

use crate::world::{
    INNER_PLAIN, INNER_SLOT, INNER_TEXT, LONG, PLAIN, SLOT, TEXT, World, change, hash, layer, request,
};

crate::over_each_store!(
    nobody_waits_and_the_job_is_durable,
    a_stored_file_and_an_address_become_upload_jobs,
    fifty_twins_at_once_are_one_job,
    a_key_belongs_to_one_request_for_a_day,
    a_key_serves_each_kind_and_each_tenant_apart,
    the_twin_of_an_ended_job_is_its_end,
    hiding_alone_is_a_render_and_repeats_do_not_count,
    new_words_go_to_every_copy_of_a_text_layer,
    callbacks_are_kept_and_judged,
    limits_of_zero_and_a_lack_of_randomness_are_told,
);

fn keyed(key: &str, wait: Wait) -> Terms {
    Terms {
        idempotency_key: Some(key.into()),
        ..wait.into()
    }
}

fn from_url(name: &str) -> UploadRequest {
    UploadRequest {
        name: name.into(),
        file: UploadFile::Url("https://example.com/mug.psd".into()),
    }
}

async fn count_jobs(world: &World) -> usize {
    let page = world
        .service
        .jobs(world.tenant, &JobFilter::default(), None, 200)
        .await;
    page.unwrap().items.len()
}

async fn nobody_waits_and_the_job_is_durable(world: World) {
    let mockup = world.mockup(world.tenant, 1, b"8BPS").await;
    let submitted = world
        .service
        .submit_render(world.tenant, request(mockup.id, b"png"), Wait::No)
        .await
        .unwrap();
    let Submitted::Accepted(job) = submitted else {
        panic!("nobody waited")
    };
    assert_eq!(job.state.shown(), ShownState::Queued);
    assert_eq!(job.announce, Announce::Events);
    assert_eq!(
        world.store.job(world.tenant, job.id).await.unwrap(),
        Some(job.clone())
    );

    let JobSpec::Render(spec) = &job.spec else {
        panic!()
    };
    assert_eq!((spec.mockup, spec.content), (mockup.id, hash(b"8BPS")));
    assert_eq!(
        spec.changes[0].addresses,
        [LayerAddress(vec![3]), LayerAddress(vec![7])]
    );
    let content = hash(b"png");
    let key = BlobKey::asset(content);
    assert!(world.holds(&key));
    assert_eq!(spec.changes[0].asset, Some(AssetSource::Blob { key, content }));
}

async fn new_words_go_to_every_copy_of_a_text_layer(world: World) {
    let mockup = world.mockup(world.tenant, 1, b"8BPS").await;
    let text = |segments: Vec<(u32, String)>| TextChange {
        layer: layer(INNER_TEXT),
        words: Words::Segments(segments),
        fit: TextFit::Shrink,
    };
    let only = |texts: Vec<TextChange>| RenderRequest {
        changes: vec![],
        texts,
        ..request(mockup.id, b"png")
    };
    let submit = async |request| world.service.submit_render(world.tenant, request, Wait::No).await;

    let asked = text(vec![(1, "me".into())]);
    let job = submit(only(vec![asked.clone()])).await.unwrap().into_job();
    let JobSpec::Render(spec) = &job.spec else {
        panic!()
    };
    assert_eq!(spec.texts.len(), 1);
    assert_eq!(spec.texts[0].slot, layer(INNER_TEXT));
    assert_eq!(
        spec.texts[0].addresses,
        [LayerAddress(vec![3, 2]), LayerAddress(vec![7, 2])]
    );
    assert_eq!(
        (&spec.texts[0].words, spec.texts[0].fit),
        (&asked.words, asked.fit)
    );

    assert!(matches!(
        submit(only(vec![text(vec![(2, "nobody".into())])])).await,
        Err(ServiceError::Invalid(ModelError::Malformed {
            field: "text_layers",
            ..
        }))
    ));
    let hidden = RenderRequest {
        hidden: vec![layer(INNER_TEXT)],
        ..only(vec![asked])
    };
    assert!(matches!(
        submit(hidden).await,
        Err(ServiceError::Invalid(ModelError::HiddenAndChanged { .. }))
    ));
}

async fn a_stored_file_and_an_address_become_upload_jobs(world: World) {
    let stored = world.upload(b"8BPS").await;
    let key = stored.key().clone();
    let request = UploadRequest {
        name: "mug".into(),
        file: UploadFile::Stored(stored),
    };
    let job = world
        .service
        .submit_upload(world.tenant, request, Wait::No)
        .await
        .unwrap()
        .into_job();
    assert!(matches!(job.spec, JobSpec::Upload(spec) if spec.source == UploadSource::Blob { key }));

    let job = world
        .service
        .submit_upload(world.tenant, from_url("mug"), Wait::No)
        .await
        .unwrap()
        .into_job();
    assert!(matches!(job.spec, JobSpec::Upload(spec) if matches!(spec.source, UploadSource::Url(_))));

    let nameless = world
        .service
        .submit_upload(world.tenant, from_url(""), Wait::No)
        .await;
    assert!(matches!(
        nameless,
        Err(ServiceError::Invalid(ModelError::Empty { field: "psd_name" }))
    ));
}

async fn fifty_twins_at_once_are_one_job(world: World) {
    let mockup = world.mockup(world.tenant, 1, b"8BPS").await;
    let twins = (0..50).map(|_| {
        let (service, tenant) = (world.service.clone(), world.tenant);
        let request = request(mockup.id, b"png");
        tokio::spawn(async move {
            service
                .submit_render(tenant, request, keyed("order 7", Wait::No))
                .await
        })
    });
    let ids: Vec<_> = join_all(twins)
        .await
        .into_iter()
        .map(|outcome| outcome.unwrap().unwrap().into_job().id)
        .collect();
    assert!(ids.iter().all(|id| *id == ids[0]));
    assert_eq!(count_jobs(&world).await, 1);
}

async fn a_key_belongs_to_one_request_for_a_day(world: World) {
    let mockup = world.mockup(world.tenant, 1, b"8BPS").await;
    let submit = |asset: &'static [u8], wait| {
        world
            .service
            .submit_render(world.tenant, request(mockup.id, asset), keyed("k", wait))
    };
    let first = submit(b"png", Wait::No).await.unwrap().into_job();
    assert!(matches!(
        submit(b"other", Wait::No).await,
        Err(ServiceError::IdempotencyConflict)
    ));
    assert!(matches!(
        submit(b"png", Wait::UpTo(Duration::ZERO)).await,
        Err(ServiceError::IdempotencyConflict)
    ));
    // A new name does not make it another request.
    world
        .service
        .rename_mockup(world.tenant, mockup.id, "New name")
        .await
        .unwrap();
    world
        .clock
        .advance(Duration::from_hours(24) - Duration::from_micros(1));
    assert_eq!(submit(b"png", Wait::No).await.unwrap().job().id, first.id);
    world.clock.advance(Duration::from_micros(1));
    assert_ne!(submit(b"png", Wait::No).await.unwrap().job().id, first.id);
}

async fn a_key_serves_each_kind_and_each_tenant_apart(world: World) {
    let mockup = world.mockup(world.tenant, 1, b"8BPS").await;
    let render = request(mockup.id, b"png");
    let one = world
        .service
        .submit_render(world.tenant, render, keyed("k", Wait::No));
    let two = world
        .service
        .submit_upload(world.tenant, from_url("a"), keyed("k", Wait::No));
    let three = world
        .service
        .submit_upload(world.other, from_url("b"), keyed("k", Wait::No));
    let (one, two, three) = (one.await.unwrap(), two.await.unwrap(), three.await.unwrap());
    assert_ne!(one.job().id, two.job().id);
    assert_ne!(two.job().id, three.job().id);

    for wrong in ["", &"x".repeat(256)] {
        let refused = world
            .service
            .submit_upload(world.tenant, from_url("a"), keyed(wrong, Wait::No))
            .await;
        assert!(matches!(refused, Err(ServiceError::Invalid(_))), "{wrong}");
    }
}

async fn the_twin_of_an_ended_job_is_its_end(world: World) {
    let mockup = world.mockup(world.tenant, 1, b"8BPS").await;
    let submit = || {
        let terms = keyed("k", Wait::UpTo(Duration::ZERO));
        world
            .service
            .submit_render(world.tenant, request(mockup.id, b"png"), terms)
    };
    assert!(matches!(submit().await.unwrap(), Submitted::Accepted(_)));
    let done = world.finish(&world.claim().await.unwrap()).await;
    assert_eq!(submit().await.unwrap(), Submitted::Finished(done));
}

#[tokio::test]
async fn what_is_refused_leaves_no_job_and_no_blob() {
    let world = World::with(|builder| builder.most_asset_bytes(8)).await;
    let mockup = world.mockup(world.tenant, 1, b"8BPS").await;
    let before = world.files();
    let plain = request(mockup.id, b"png");
    let text = |n: u8| TextChange {
        layer: layer(n),
        words: Words::Plain {
            text: "x".into(),
            style: Default::default(),
        },
        fit: TextFit::Overflow,
    };
    let submit = async |request: RenderRequest| {
        world
            .service
            .submit_render(world.tenant, request, Wait::No)
            .await
            .unwrap_err()
    };

    let nowhere = MockupId::from_random([99; 16]);
    assert!(matches!(
        submit(request(nowhere, b"png")).await,
        ServiceError::MockupNotFound { id } if id == nowhere
    ));
    let unknown = RenderRequest {
        changes: vec![
            change(SLOT, RequestedAsset::Bytes(vec![1])),
            change(88, RequestedAsset::Bytes(vec![1])),
        ],
        ..plain.clone()
    };
    assert!(matches!(
        submit(unknown).await,
        ServiceError::SmartObjectNotFound { id } if id == layer(88)
    ));
    let twice = RenderRequest {
        changes: vec![plain.changes[0].clone(), plain.changes[0].clone()],
        ..plain.clone()
    };
    assert!(matches!(
        submit(twice).await,
        ServiceError::Invalid(ModelError::Malformed {
            field: "smart_objects",
            ..
        })
    ));
    for (n, known) in [(TEXT, true), (88, false)] {
        let texts = vec![text(n)];
        let error = submit(RenderRequest {
            texts,
            ..plain.clone()
        })
        .await;
        match error {
            ServiceError::TextLayerNotEditable { id } if known => assert_eq!(id, layer(n)),
            ServiceError::TextLayerNotFound { id } if !known => assert_eq!(id, layer(n)),
            other => panic!("{other:?}"),
        }
    }
    let hide = |layers: Vec<u8>| RenderRequest {
        hidden: layers.into_iter().map(layer).collect(),
        ..plain.clone()
    };
    assert!(matches!(
        submit(hide(vec![88])).await,
        ServiceError::Invalid(ModelError::UnknownLayer { .. })
    ));
    assert!(matches!(
        submit(hide(vec![SLOT])).await,
        ServiceError::Invalid(ModelError::HiddenAndChanged { .. })
    ));
    assert!(matches!(
        submit(hide(vec![INNER_PLAIN])).await,
        ServiceError::Invalid(ModelError::HiddenInsideChanged { .. })
    ));
    assert!(matches!(
        submit(hide((100..151).collect())).await,
        ServiceError::Invalid(ModelError::TooLong {
            field: "hidden_layers",
            most: 50
        })
    ));
    let nothing = RenderRequest {
        changes: vec![],
        ..plain.clone()
    };
    assert!(matches!(
        submit(nothing).await,
        ServiceError::Invalid(ModelError::Empty {
            field: "smart_objects"
        })
    ));
    assert!(matches!(
        submit(request(mockup.id, b"")).await,
        ServiceError::Invalid(ModelError::Empty { field: "asset" })
    ));
    assert!(matches!(
        submit(request(mockup.id, b"nine byte")).await,
        ServiceError::AssetTooLarge { bytes: 9, limit: 8 }
    ));

    assert_eq!(count_jobs(&world).await, 0);
    assert_eq!(world.files(), before);
}

async fn hiding_alone_is_a_render_and_repeats_do_not_count(world: World) {
    let mockup = world.mockup(world.tenant, 1, b"8BPS").await;
    let request = RenderRequest {
        changes: vec![],
        hidden: [PLAIN, INNER_SLOT].repeat(40).into_iter().map(layer).collect(),
        ..request(mockup.id, b"")
    };
    let job = world
        .service
        .submit_render(world.tenant, request, Wait::No)
        .await
        .unwrap()
        .into_job();
    let JobSpec::Render(spec) = job.spec else { panic!() };
    // The inner slot is hidden in both copies of the outer one.
    let hidden: Vec<_> = [&[0][..], &[3, 0], &[7, 0]]
        .map(|path| LayerAddress(path.to_vec()))
        .into();
    assert_eq!(spec.hidden, hidden);
}

#[tokio::test]
async fn no_more_wait_than_may() {
    let world = World::with(|builder| builder.most_live_jobs(3).most_live_jobs_of_tenant(2)).await;
    let submit = |tenant| world.service.submit_upload(tenant, from_url("a"), Wait::No);
    for _ in 0..2 {
        submit(world.tenant).await.unwrap();
    }
    let full = submit(world.tenant).await.unwrap_err();
    assert!(matches!(full, ServiceError::QueueFull { limit: 2, .. }));
    assert_eq!(full.again(), marquetry_job::Again::Later);
    world.clock.advance(Duration::from_secs(1));
    submit(world.other).await.unwrap();
    assert!(matches!(
        submit(world.other).await,
        Err(ServiceError::QueueFull { limit: 3, .. })
    ));

    assert!(submit(world.tenant).await.is_err());
    let job = world.claim().await.unwrap();
    assert_eq!(job.tenant, world.tenant, "the oldest");
    world.finish(&job).await;
    submit(world.tenant).await.unwrap();
    assert!(submit(world.tenant).await.is_err());
}

#[tokio::test]
async fn a_repeated_submission_is_answered_although_the_queue_is_full() {
    let world = World::with(|builder| builder.most_live_jobs_of_tenant(1)).await;
    let keyed = |key: &str| Terms {
        idempotency_key: Some(key.into()),
        ..Wait::No.into()
    };
    let submit = |url, key| {
        world
            .service
            .submit_upload(world.tenant, from_url(url), keyed(key))
    };
    let first = submit("a", "one").await.unwrap().into_job();
    let full = submit("a", "two").await.unwrap_err();
    assert!(matches!(full, ServiceError::QueueFull { .. }), "{full:?}");
    assert_eq!(submit("a", "one").await.unwrap().into_job().id, first.id);
    let other = submit("b", "one").await.unwrap_err();
    assert!(matches!(other, ServiceError::IdempotencyConflict), "{other:?}");
    assert_eq!(world.store.count_live_jobs(None).await.unwrap(), 1);
}

async fn callbacks_are_kept_and_judged(world: World) {
    let terms = |url: &str| Terms {
        callback: Some(Callback {
            url: url.into(),
            secret: None,
            dialect: DialectName::new("plain").unwrap(),
        }),
        ..Wait::No.into()
    };
    for wrong in [
        "http://example.com/",
        "https://127.0.0.1/",
        "https://localhost/",
        "ftp://example.com",
    ] {
        let refused = world
            .service
            .submit_upload(world.tenant, from_url("a"), terms(wrong))
            .await;
        assert!(matches!(refused, Err(ServiceError::UrlRefused { .. })), "{wrong}");
    }
    let job = world
        .service
        .submit_upload(world.tenant, from_url("a"), terms("https://example.com/hook"))
        .await
        .unwrap()
        .into_job();
    assert_eq!(job.callback.unwrap().url, "https://example.com/hook");
}

async fn limits_of_zero_and_a_lack_of_randomness_are_told(world: World) {
    let builder = || marquetry_service::Service::builder(world.store.clone(), world.blobs.clone());
    let setting = builder().most_upload_bytes(0).build().unwrap_err();
    assert_eq!(setting.to_string(), "most_upload_bytes must be at least 1");

    let dull = builder().randomness(|_| Err("none left".into())).build().unwrap();
    let refused = dull
        .submit_upload(world.tenant, from_url("a"), Wait::UpTo(LONG))
        .await;
    assert!(matches!(refused, Err(ServiceError::NoRandomness { .. })));
}

#[tokio::test]
async fn what_can_never_fit_is_told_the_number_at_once() {
    let world = World::with(|builder| builder.most_render_bytes(1_000)).await;
    let mockup = world.mockup(world.tenant, 1, b"8BPS").await;
    let refused = world
        .service
        .submit_render(world.tenant, request(mockup.id, b"png"), Wait::No)
        .await;
    let needed = marquetry_model::footprint::of_drawing(mockup.size, request(mockup.id, b"png").export.size);
    assert!(needed > 1_000);
    match refused {
        Err(ServiceError::NeverFits { wanted, allowed }) => assert_eq!((wanted, allowed), (needed, 1_000)),
        other => panic!("{other:?}"),
    }
    assert_eq!(count_jobs(&world).await, 0);

    let world = World::with(|builder| builder.most_render_bytes(needed)).await;
    let mockup = world.mockup(world.tenant, 1, b"8BPS").await;
    let fits = request(mockup.id, b"png");
    assert!(
        world
            .service
            .submit_render(world.tenant, fits, Wait::No)
            .await
            .is_ok()
    );
}
