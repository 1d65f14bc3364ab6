//! Renaming mockups, listing them, and taking them away with what came of them.

use std::time::Duration;

use marquetry_model::{BlobKey, ModelError};
use marquetry_service::{ServiceError, UploadFile, UploadRequest, Wait};
use marquetry_store::{MockupFilter, MockupOrder};

use crate::world::{World, hash, read, request};

crate::over_each_store!(
    a_new_name_is_all_that_changes,
    lists_are_filtered_and_bounded,
    previews_are_found_by_width,
    a_mockup_goes_with_everything_that_came_of_it,
    a_file_stays_while_another_mockup_is_made_of_it,
    a_file_stays_while_it_is_on_its_way_to_become_a_mockup,
);

async fn a_new_name_is_all_that_changes(world: World) {
    let mockup = world.mockup(world.tenant, 1, b"8BPS").await;
    world.clock.advance(Duration::from_secs(1));
    let rename = |name: String| {
        let id = mockup.id;
        let service = &world.service;
        async move { service.rename_mockup(world.tenant, id, &name).await }
    };
    let renamed = rename("Mug, front".into()).await.unwrap();
    let expected = mockup.clone().renamed("Mug, front".into(), world.now()).unwrap();
    assert_eq!(renamed, expected);
    let stored = world.service.mockup(world.tenant, mockup.id).await.unwrap();
    assert_eq!(stored, expected);
    assert!(matches!(
        rename(String::new()).await,
        Err(ServiceError::Invalid(ModelError::Empty { field: "name" }))
    ));
    assert!(matches!(
        rename("x".repeat(256)).await,
        Err(ServiceError::Invalid(_))
    ));
}

async fn lists_are_filtered_and_bounded(world: World) {
    for seed in 1..=3 {
        world.mockup(world.tenant, seed, b"8BPS").await;
        world.clock.advance(Duration::from_secs(1));
    }
    let list = |filter: MockupFilter, limit, offset| {
        let service = &world.service;
        async move {
            service
                .mockups(world.tenant, &filter, MockupOrder::default(), limit, offset)
                .await
                .unwrap()
        }
    };
    let named = |name: &str| MockupFilter {
        name: Some(name.into()),
        ..MockupFilter::default()
    };
    let page = list(MockupFilter::default(), 2, 1).await;
    let names: Vec<_> = page.mockups.iter().map(|mockup| mockup.name.as_str()).collect();
    assert_eq!((names, page.total), (vec!["Mockup 2", "Mockup 1"], 3));
    assert_eq!(list(named("MOCKUP 3"), 9, 0).await.total, 1);
    assert_eq!(list(MockupFilter::default(), 0, 0).await.mockups.len(), 1);
}

async fn previews_are_found_by_width(world: World) {
    let mockup = world.mockup(world.tenant, 1, b"8BPS").await;
    for (width, bytes) in [(100, 5), (240, 5), (241, 24), (720, 24), (4000, 24)] {
        let blob = world
            .service
            .thumbnail(world.tenant, mockup.id, width)
            .await
            .unwrap();
        assert_eq!(blob.content_type, "image/webp");
        assert_eq!(read(blob).await.unwrap().len(), bytes, "{width}");
    }
}

async fn a_mockup_goes_with_everything_that_came_of_it(world: World) {
    let mockup = world.mockup(world.tenant, 1, b"8BPS").await;
    let stays = world.mockup(world.tenant, 2, b"8BPS another").await;
    let mut results = Vec::new();
    for (id, asset) in [(mockup.id, b"a"), (mockup.id, b"b"), (stays.id, b"c")] {
        world
            .service
            .submit_render(world.tenant, request(id, asset), Wait::No)
            .await
            .unwrap();
        let done = world.finish(&world.claim().await.unwrap()).await;
        results.push(done.result.unwrap().export.unwrap().key);
    }
    // One that waits does not hold anything up.
    world
        .service
        .submit_render(world.tenant, request(mockup.id, b"d"), Wait::No)
        .await
        .unwrap();

    world
        .service
        .delete_mockup(world.tenant, mockup.id)
        .await
        .unwrap();
    assert!(matches!(
        world.service.mockup(world.tenant, mockup.id).await,
        Err(ServiceError::MockupNotFound { .. })
    ));
    for gone in [
        &results[0],
        &results[1],
        &mockup.thumbnails[0].key,
        &mockup.thumbnails[1].key,
        &mockup.source,
    ] {
        assert!(!world.holds(gone), "{gone}");
    }
    for left in [
        &results[2],
        &stays.thumbnails[0].key,
        &stays.thumbnails[1].key,
        &stays.source,
    ] {
        assert!(world.holds(left), "{left}");
    }
    assert!(matches!(
        world.service.delete_mockup(world.tenant, mockup.id).await,
        Err(ServiceError::MockupNotFound { .. })
    ));
}

async fn a_file_stays_while_another_mockup_is_made_of_it(world: World) {
    let one = world.mockup(world.tenant, 1, b"8BPS").await;
    let two = world.mockup(world.other, 2, b"8BPS").await;
    assert_eq!(one.source, two.source);
    world.service.delete_mockup(world.tenant, one.id).await.unwrap();
    assert!(world.holds(&two.source));
    world.service.delete_mockup(world.other, two.id).await.unwrap();
    assert!(!world.holds(&two.source));
}

async fn a_file_stays_while_it_is_on_its_way_to_become_a_mockup(world: World) {
    let key = BlobKey::upload(hash(b"8BPS"));
    let delete = async |seed| {
        let mockup = world.mockup(world.tenant, seed, b"8BPS").await;
        world
            .service
            .delete_mockup(world.tenant, mockup.id)
            .await
            .unwrap();
        world.holds(&key)
    };
    assert!(!delete(1).await, "nobody needs it");

    let stored = world.upload(b"8BPS").await;
    assert!(delete(2).await, "an upload has it in hand");
    let request = UploadRequest {
        name: "mug".into(),
        file: UploadFile::Stored(stored),
    };
    world
        .service
        .submit_upload(world.other, request, Wait::No)
        .await
        .unwrap();
    assert!(delete(3).await, "a job waits that will read it");
    let job = world.claim().await.unwrap();
    assert!(delete(4).await, "a job runs that reads it");
    world.finish(&job).await;
    assert!(!delete(5).await, "the job came to nothing");

    drop(world.upload(b"8BPS").await);
    assert!(!delete(6).await, "the upload was never submitted");
}
