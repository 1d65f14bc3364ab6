//! What is swept away, and what is not.

use std::time::Duration;

use marquetry_job::{DeliveryEvent, Jitter, JobState, Timestamp};
use marquetry_model::{
    About, After, Announce, AssetKind, BlobKey, Carriage, Delivery, Job, JobId, JobSpec, Layout, Pending,
    Pinned, Published, Template, TemplateAsset, TemplateSpec, Then, Version,
};
use marquetry_service::{Swept, Terms, UploadFile, UploadRequest, Wait};
use marquetry_store::conformance::sample::{LEASE, at, delivery_steps, file, job_id, worker};
use marquetry_store::{Inserted, RecordStoreExt as _};
use marquetry_testkit::clock::Clock;
use tokio::time::Instant;

use crate::world::{World, hash, request};

crate::over_each_store!(
    only_what_nothing_needs_is_swept,
    what_ended_long_ago_is_forgotten,
    what_templates_need_is_not_swept,
    a_job_beyond_its_deadline_is_ended,
);

/// Sets the clock to what the file system shows, and a day on: everything that is there is old then.
fn make_old(clock: &Clock) {
    let real = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap();
    clock.set(i64::try_from(real.as_micros()).unwrap());
    clock.advance(Duration::from_hours(25));
}

async fn only_what_nothing_needs_is_swept(world: World) {
    let mockup = world.mockup(world.tenant, 1, b"8BPS").await;
    let terms = Terms {
        idempotency_key: Some("k".into()),
        ..Wait::No.into()
    };
    world
        .service
        .submit_render(world.tenant, request(mockup.id, b"done"), terms)
        .await
        .unwrap();
    world.finish(&world.claim().await.unwrap()).await;
    world
        .service
        .submit_render(world.tenant, request(mockup.id, b"waiting"), Wait::No)
        .await
        .unwrap();
    let stored = world.upload(b"8BPS queued").await;
    let queued = stored.key().clone();
    let upload = UploadRequest {
        name: "mug".into(),
        file: UploadFile::Stored(stored),
    };
    world
        .service
        .submit_upload(world.tenant, upload, Wait::No)
        .await
        .unwrap();
    let orphan = world.upload(b"8BPS orphan").await.key().clone();
    let in_hand = world.upload(b"8BPS in hand").await;
    let incoming = BlobKey::incoming(JobId::from_random([5; 16]));
    world.put(&incoming, b"half").await;
    let strange: BlobKey = "uploads/somebody-elses.txt".parse().unwrap();
    world.put(&strange, b"?").await;
    let before = world.files();

    // The obedient clock stands long before the files were written: all are young.
    assert_eq!(world.service.sweep().await.unwrap(), Swept::default());
    assert_eq!(world.files(), before);

    make_old(&world.clock);
    let swept = world.service.sweep().await.unwrap();
    let expected = Swept {
        idempotency_keys: 1,
        incoming: 1,
        uploads: 1,
        assets: 1,
        // By the obedient clock it ended many years ago.
        jobs: 1,
        ..Swept::default()
    };
    assert_eq!(swept, expected);
    let gone = [
        incoming.as_str(),
        orphan.as_str(),
        BlobKey::asset(hash(b"done")).as_str(),
    ]
    .map(str::to_owned);
    let left: Vec<String> = before.into_iter().filter(|file| !gone.contains(file)).collect();
    assert_eq!(world.files(), left);
    for needed in [&mockup.source, &queued, in_hand.key(), &strange] {
        assert!(world.holds(needed), "{needed}");
    }
    assert!(world.holds(&BlobKey::asset(hash(b"waiting"))));
}

/// A layout of tenant 1 with the hash of its text, put at the start of time.
async fn layout(world: &World, json: &str) -> Layout {
    let layout = Layout {
        tenant: world.tenant,
        content: hash(json.as_bytes()),
        json: json.into(),
        at: Timestamp::from_micros(0),
    };
    world.store.put_layout(&layout).await.unwrap();
    layout
}

async fn what_templates_need_is_not_swept(world: World) {
    let [draft, published, drawn, loose, again] = [
        layout(&world, "draft").await,
        layout(&world, "published").await,
        layout(&world, "drawn").await,
        layout(&world, "loose").await,
        layout(&world, "again").await,
    ];
    let now = Timestamp::from_micros(0);
    let template = Template {
        tenant: world.tenant,
        id: "card".parse().unwrap(),
        name: "Card".into(),
        draft: draft.content,
        published: Some(Published {
            revision: 1,
            layout: published.content,
            at: now,
        }),
        version: Version::FIRST,
        created_at: now,
        updated_at: now,
    };
    world.store.insert(&template).await.unwrap();
    let asset = TemplateAsset {
        tenant: world.tenant,
        id: "logo".parse().unwrap(),
        kind: AssetKind::Image,
        name: "logo.png".into(),
        content: hash(b"logo"),
        bytes: 4,
        created_at: now,
    };
    world.store.insert(&asset).await.unwrap();
    let spec = TemplateSpec {
        pinned: Pinned {
            template: template.id.clone(),
            revision: 1,
            layout: drawn.content,
        },
        fields: "{}".into(),
        design: None,
        about: About::default(),
        mockups: vec![],
        assets: vec![("font".parse().unwrap(), hash(b"font"))],
        export: None,
    };
    let spec = JobSpec::Template(Box::new(spec));
    let (id, at) = (JobId::from_random([9; 16]), world.now());
    let job = Job::accepted(id, world.tenant, spec, Announce::Silent, None, at);
    assert_eq!(world.store.insert_job(&job, None).await.unwrap(), Inserted::New);
    for bytes in [&b"logo"[..], b"font", b"nobody's"] {
        world.put(&BlobKey::asset(hash(bytes)), bytes).await;
    }

    make_old(&world.clock);
    let touched = Layout {
        at: world.now(),
        ..again.clone()
    };
    world.store.put_layout(&touched).await.unwrap();
    let swept = world.service.sweep().await.unwrap();
    let expected = Swept {
        assets: 1,
        layouts: 1,
        ..Swept::default()
    };
    assert_eq!(swept, expected);
    for (content, stays) in [("logo", true), ("font", true), ("nobody's", false)] {
        let key = BlobKey::asset(hash(content.as_bytes()));
        assert_eq!(world.holds(&key), stays, "{content}");
    }
    for (layout, stays) in [
        (draft, true),
        (published, true),
        (drawn, true),
        (loose, false),
        (again, true),
    ] {
        let id = layout.content.to_string();
        let found = world.store.get::<Layout>(world.tenant, &id).await.unwrap();
        assert_eq!(found.is_some(), stays, "{}", layout.json);
    }
}

async fn what_ended_long_ago_is_forgotten(world: World) {
    let mockup = world.mockup(world.tenant, 1, b"8BPS").await;
    let mut jobs = Vec::new();
    for _ in 0..2 {
        let asked = request(mockup.id, b"done");
        let submitted = world.service.submit_render(world.tenant, asked, Wait::No).await;
        jobs.push(submitted.unwrap().into_job());
    }
    let done = world.finish(&world.claim().await.unwrap()).await;
    let result = done.result.unwrap().export.unwrap().key;

    make_old(&world.clock);
    // The result is a day old, the records are many years old by the obedient clock: it stood still until now.
    let swept = world.service.sweep().await.unwrap();
    assert_eq!((swept.jobs, swept.results), (1, 0));
    let gone = world.service.job(world.tenant, done.id).await;
    assert!(gone.is_err(), "{gone:?}");
    let waiting = jobs.iter().find(|job| job.id != done.id).unwrap();
    assert!(world.service.job(world.tenant, waiting.id).await.is_ok());
    assert!(world.holds(&result));

    world.clock.advance(Duration::from_hours(30 * 24));
    let swept = world.service.sweep().await.unwrap();
    assert_eq!((swept.jobs, swept.results), (0, 1));
    assert!(!world.holds(&result));
}

async fn a_job_beyond_its_deadline_is_ended(world: World) {
    let mockup = world.mockup(world.tenant, 1, b"8BPS").await;
    let asked = request(mockup.id, b"art");
    let submitted = world.service.submit_render(world.tenant, asked, Wait::No).await;
    let id = submitted.unwrap().job().id;
    world.clock.advance(Duration::from_hours(23));
    assert_eq!(world.service.end_overdue().await.unwrap(), 0);
    world.clock.advance(Duration::from_hours(1));
    assert_eq!(world.service.end_overdue().await.unwrap(), 1);
    let JobState::Failed { cause, .. } = world.service.job(world.tenant, id).await.unwrap().state else {
        panic!("it should have failed")
    };
    assert_eq!(cause.code, marquetry_job::code::TIMED_OUT);
}

/// With the clock of the runtime at a stand, no round of the housekeeping comes: what happens was told.
#[tokio::test(start_paused = true)]
async fn word_of_a_job_is_owed_as_soon_as_its_file_is_sent() {
    let world = World::new().await;
    let files: Vec<Delivery> = [1, 2]
        .map(|n| Delivery {
            tenant: world.tenant,
            job: job_id(1),
            ..file(n)
        })
        .into();
    for one in &files {
        world.store.insert_delivery(one).await.unwrap();
    }
    let pending = Pending {
        tenant: world.tenant,
        then: Then::TellOfJob(job_id(1)),
        after: After::Deliveries(files.iter().map(|one| one.id).collect()),
        created_at: world.now(),
    };
    world.store.insert(&pending).await.unwrap();
    let is_owed = async || {
        let id = format!("job_{}", job_id(1));
        let found = world.store.get::<Pending>(world.tenant, &id).await.unwrap();
        found.is_none()
    };
    let (began, steps) = (Instant::now(), delivery_steps(&world.store));
    let all_is_owed = async {
        let held = steps
            .claim(Carriage::File, worker(1), at(9), LEASE, 9, &[])
            .await
            .unwrap();
        for one in &held {
            assert!(!is_owed().await, "not before the last of them");
            let by = one.state.hold().unwrap();
            let taken = DeliveryEvent::Accepted { by };
            steps
                .report_held(one, taken, None, at(9), Jitter::MIDDLE)
                .await
                .unwrap();
            // Whoever listens hears of it.
            for _ in 0..100 {
                tokio::task::yield_now().await;
            }
        }
        assert!(is_owed().await);
    };
    tokio::select! {
        () = world.service.keep_house(std::future::pending()) => {}
        () = all_is_owed => {}
    }
    assert_eq!(began.elapsed(), Duration::ZERO);
}
