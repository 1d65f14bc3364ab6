//! What is swept away, and what is not.

use std::time::Duration;

use marquetry_model::{BlobKey, JobId};
use marquetry_service::{Swept, Terms, UploadFile, UploadRequest, Wait};
use marquetry_testkit::clock::Clock;

use crate::world::{World, hash, request};

crate::over_each_store!(only_what_nothing_needs_is_swept,);

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
