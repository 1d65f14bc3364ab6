//! Two tenants see nothing of each other, by any method that takes an id.

use std::time::Duration;

use marquetry_model::{DialectName, EndpointChange, EndpointDraft, EventNaming};
use marquetry_service::{ServiceError, Wait};
use marquetry_store::{DeliveryFilter, JobFilter, MockupFilter, MockupOrder};

use crate::world::{World, request};

crate::over_each_store!(what_is_anothers_is_not_found,);

macro_rules! not_found {
    ($variant:ident, $($call:expr),+ $(,)?) => {
        $(
            let outcome = $call.await;
            assert!(
                matches!(outcome, Err(ServiceError::$variant { .. })),
                "{}: {outcome:?}",
                stringify!($call)
            );
        )+
    };
}

async fn what_is_anothers_is_not_found(world: World) {
    let (service, own, other) = (&world.service, world.tenant, world.other);
    let mockup = world.mockup(own, 1, b"8BPS").await.id;
    let job = service
        .submit_render(own, request(mockup, b"png"), Wait::No)
        .await
        .unwrap()
        .into_job()
        .id;
    world.finish(&world.claim().await.unwrap()).await;
    let draft = EndpointDraft {
        url: "https://example.com/hook".into(),
        description: None,
        event_types: vec![],
        naming: EventNaming::Current,
    };
    let dialect = DialectName::new("plain").unwrap();
    let endpoint = service
        .create_endpoint(own, draft.clone(), dialect.clone())
        .await
        .unwrap()
        .id;
    let theirs = service.create_endpoint(other, draft, dialect).await.unwrap().id;
    let delivery = service
        .test_endpoint(own, endpoint, |_, _, _| b"{}".to_vec())
        .await
        .unwrap()
        .id;
    let key = service.create_key(own, "k").await.unwrap();
    let before = world.files();

    not_found!(
        MockupNotFound,
        service.mockup(other, mockup),
        service.rename_mockup(other, mockup, "mine"),
        service.delete_mockup(other, mockup),
        service.thumbnail(other, mockup, 720),
        service.submit_render(other, request(mockup, b"png"), Wait::No),
    );
    not_found!(
        JobNotFound,
        service.job(other, job),
        service.cancel(other, job),
        service.result(other, job, None),
        service.wait(other, job, Duration::ZERO),
    );
    let of_own = DeliveryFilter {
        endpoint: Some(endpoint),
        ..DeliveryFilter::default()
    };
    not_found!(
        EndpointNotFound,
        service.endpoint(other, endpoint),
        service.change_endpoint(other, endpoint, EndpointChange::default()),
        service.rotate_endpoint_secret(other, endpoint),
        service.delete_endpoint(other, endpoint),
        service.test_endpoint(other, endpoint, |_, _, _| Vec::new()),
        service.deliveries(other, &of_own, None, 10),
        service.replay(other, endpoint, delivery),
        service.replay_failed(other, endpoint, None),
    );
    not_found!(DeliveryNotFound, service.replay(other, theirs, delivery));
    not_found!(KeyNotFound, service.revoke_key(other, key.key.id));

    let all = JobFilter::default();
    assert!(
        service
            .jobs(other, &all, None, 10)
            .await
            .unwrap()
            .items
            .is_empty()
    );
    let mockups = service
        .mockups(other, &MockupFilter::default(), MockupOrder::default(), 10, 0)
        .await
        .unwrap();
    assert_eq!((mockups.mockups.len(), mockups.total), (0, 0));
    assert_eq!(service.endpoints(other).await.unwrap().len(), 1);
    assert!(service.keys(other).await.unwrap().is_empty());
    let log = service
        .deliveries(other, &DeliveryFilter::default(), None, 10)
        .await
        .unwrap();
    assert!(log.items.is_empty());

    // And nothing of it was touched.
    assert_eq!(world.files(), before);
    assert_eq!(service.mockup(own, mockup).await.unwrap().name, "Mockup 1");
    assert!(service.authenticate(key.text.expose()).await.unwrap().is_some());
    assert!(service.endpoint(own, endpoint).await.unwrap().enabled);
}
