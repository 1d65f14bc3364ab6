//! Endpoints and the log of what was sent to them.

use std::time::Duration;

use futures::future::join_all;
use marquetry_egress::Policy;
use marquetry_job::{DeliveryEvent, DeliverySchedule, DeliveryShown, Jitter, WorkerId};
use marquetry_model::{
    Carriage, Delivery, DialectName, Endpoint, EndpointChange, EndpointDraft, EndpointId, EventNaming,
    EventType, ModelError, Target,
};
use marquetry_service::ServiceError;
use marquetry_store::{DeliveryFilter, DeliverySteps, Seal, SealKey};

use crate::world::{LONG, World};

crate::over_each_store!(
    an_endpoint_has_a_secret_of_its_own,
    a_change_touches_what_it_names,
    a_test_message_is_owed_to_its_endpoint,
    the_log_is_filtered_and_what_failed_is_sent_again,
    what_is_being_sent_is_not_sent_again,
);

fn draft(url: &str) -> EndpointDraft {
    EndpointDraft {
        url: url.into(),
        description: Some("orders".into()),
        event_types: vec![EventType::RenderSucceeded],
        naming: EventNaming::Current,
    }
}

async fn create(world: &World, url: &str) -> Result<Endpoint, ServiceError> {
    let dialect = DialectName::new("plain").unwrap();
    world
        .service
        .create_endpoint(world.tenant, draft(url), dialect)
        .await
}

const HOOK: &str = "https://example.com/hook";

async fn an_endpoint_has_a_secret_of_its_own(world: World) {
    let one = create(&world, HOOK).await.unwrap();
    let two = create(&world, HOOK).await.unwrap();
    for endpoint in [&one, &two] {
        let secret = endpoint.secret.expose().strip_prefix("whsec_").unwrap();
        // 32 bytes in base64.
        assert_eq!(secret.len(), 44);
        assert!(endpoint.enabled);
        let stored = world.service.endpoint(world.tenant, endpoint.id).await.unwrap();
        assert_eq!(&stored, endpoint);
    }
    assert_ne!(one.secret, two.secret);

    world.clock.advance(Duration::from_secs(1));
    let rotated = world
        .service
        .rotate_endpoint_secret(world.tenant, one.id)
        .await
        .unwrap();
    assert_ne!(rotated.secret, one.secret);
    assert_eq!(rotated.updated_at, Some(world.now()));
    let day = Duration::from_hours(24);
    let signing = |at| rotated.secrets(at).cloned().collect::<Vec<_>>();
    assert_eq!(
        signing(world.now()),
        [rotated.secret.clone(), one.secret.clone()],
        "the old one goes on for a day"
    );
    assert_eq!(signing(world.now() + day), std::slice::from_ref(&rotated.secret));
    let same_but_for_that = Endpoint {
        secret: one.secret.clone(),
        former_secrets: vec![],
        updated_at: None,
        version: one.version,
        ..rotated
    };
    assert_eq!(same_but_for_that, one);
}

#[tokio::test]
async fn secrets_are_sealed_before_they_are_stored_and_shown_once() {
    let key = SealKey::parse(&"ab".repeat(32)).unwrap();
    let seal = Seal::new([key]);
    let world = World::with(|builder| builder.seal(seal.clone())).await;
    let shown = create(&world, HOOK).await.unwrap();
    assert!(shown.secret.expose().starts_with("whsec_"));
    let stored = world.service.endpoint(world.tenant, shown.id).await.unwrap();
    assert!(
        stored.secret.expose().starts_with("sealed:"),
        "{}",
        stored.secret.expose()
    );
    assert_eq!(stored.secret.last_four(), shown.secret.last_four());
    assert_eq!(seal.open(world.tenant, &stored.secret), Ok(shown.secret.clone()));

    let rotated = world.service.rotate_endpoint_secret(world.tenant, shown.id);
    let rotated = rotated.await.unwrap();
    assert!(rotated.secret.expose().starts_with("whsec_"));
    let stored = world.service.endpoint(world.tenant, shown.id).await.unwrap();
    let opened: Vec<_> = stored
        .secrets(world.now())
        .map(|secret| seal.open(world.tenant, secret).unwrap())
        .collect();
    assert_eq!(opened, [rotated.secret, shown.secret]);
}

#[tokio::test]
async fn messages_go_to_public_addresses_over_tls_unless_the_operator_says_otherwise() {
    let wrong = [
        "http://example.com/hook",
        "https://user@example.com/",
        "https://localhost/",
        "https://10.0.0.1/",
        "https://[::1]/",
        "https://2130706433/",
        "https://169.254.169.254/latest/",
        "https://hooks.internal/",
        "https://example.com:8443/",
        "not a url",
    ];
    let world = World::new().await;
    for url in wrong {
        let refused = create(&world, url).await;
        assert!(matches!(refused, Err(ServiceError::UrlRefused { .. })), "{url}");
    }
    let endpoint = create(&world, HOOK).await.unwrap();
    let moved = EndpointChange {
        url: Some("https://127.0.0.1/".into()),
        ..EndpointChange::default()
    };
    let refused = world
        .service
        .change_endpoint(world.tenant, endpoint.id, moved.clone())
        .await;
    assert!(matches!(refused, Err(ServiceError::UrlRefused { .. })));

    let open = World::with(|builder| builder.webhook_policy(Policy::allow_private())).await;
    create(&open, "http://127.0.0.1:8123/hook").await.unwrap();
    create(&open, "http://localhost:8123/hook").await.unwrap();
    assert!(
        create(&open, "http://169.254.169.254/").await.is_err(),
        "not even then"
    );
}

#[tokio::test]
async fn there_are_only_so_many_even_when_all_are_made_at_once() {
    let world = World::with(|builder| builder.most_endpoints(3)).await;
    let made = join_all((0..8).map(|_| create(&world, HOOK))).await;
    assert_eq!(made.iter().filter(|made| made.is_ok()).count(), 3);
    assert!(
        made.iter()
            .all(|made| matches!(made, Ok(_) | Err(ServiceError::EndpointLimit { limit: 3 })))
    );
    let all = world.service.endpoints(world.tenant).await.unwrap();
    world
        .service
        .delete_endpoint(world.tenant, all[0].id)
        .await
        .unwrap();
    create(&world, HOOK).await.unwrap();
    assert!(matches!(
        world.service.delete_endpoint(world.tenant, all[0].id).await,
        Err(ServiceError::EndpointNotFound { id }) if id == all[0].id
    ));
}

async fn a_change_touches_what_it_names(world: World) {
    let endpoint = create(&world, HOOK).await.unwrap();
    world.clock.advance(Duration::from_secs(1));
    let change = EndpointChange {
        enabled: Some(false),
        description: Some(None),
        ..EndpointChange::default()
    };
    let changed = world
        .service
        .change_endpoint(world.tenant, endpoint.id, change.clone())
        .await
        .unwrap();
    assert_eq!(changed, change.apply(endpoint.clone(), world.now()));
    let long = EndpointChange {
        description: Some(Some("x".repeat(256))),
        ..EndpointChange::default()
    };
    assert!(matches!(
        world
            .service
            .change_endpoint(world.tenant, endpoint.id, long)
            .await,
        Err(ServiceError::Invalid(ModelError::TooLong {
            field: "description",
            most: 255
        }))
    ));
    // Many at once all count.
    let toggles = (0..8).map(|n| {
        let description = Some(Some(format!("number {n}")));
        let change = EndpointChange {
            description,
            ..EndpointChange::default()
        };
        world.service.change_endpoint(world.tenant, endpoint.id, change)
    });
    assert!(join_all(toggles).await.iter().all(Result::is_ok));
    let end = world.service.endpoint(world.tenant, endpoint.id).await.unwrap();
    assert_eq!(end.version.0, 10);
}

async fn test_message(world: &World, endpoint: EndpointId) -> Delivery {
    world
        .service
        .test_endpoint(world.tenant, endpoint, |endpoint, job, now| {
            format!("{} {job} {}", endpoint.dialect.as_str(), now.as_micros()).into_bytes()
        })
        .await
        .unwrap()
}

/// Plays the courier: sends one delivery and reports what became of it.
async fn send(world: &World, event: impl Fn(marquetry_job::Hold) -> DeliveryEvent) -> Delivery {
    let steps = DeliverySteps::new(world.store.clone(), DeliverySchedule::default());
    let courier = WorkerId::from_random([4; 16]);
    let held = steps
        .claim(Carriage::Message, courier, world.now(), LONG, 1, &[])
        .await
        .unwrap()
        .remove(0);
    let event = event(held.state.hold().unwrap());
    steps
        .report(world.tenant, held.id, event, None, world.now(), Jitter::LEAST)
        .await
        .unwrap();
    world
        .store
        .delivery(world.tenant, held.id)
        .await
        .unwrap()
        .unwrap()
}

async fn a_test_message_is_owed_to_its_endpoint(world: World) {
    let endpoint = create(&world, HOOK).await.unwrap();
    let owed = test_message(&world, endpoint.id).await;
    assert_eq!(owed.target, Target::Endpoint(endpoint.id));
    assert_eq!(owed.event, EventType::WebhookTest);
    let body = format!("plain {} {}", owed.job, world.now().as_micros());
    assert_eq!(&*owed.body, body.as_bytes());
    let sent = send(&world, |by| DeliveryEvent::Accepted { by }).await;
    assert_eq!(sent.id, owed.id);
}

async fn the_log_is_filtered_and_what_failed_is_sent_again(world: World) {
    let endpoint = create(&world, HOOK).await.unwrap().id;
    let elsewhere = create(&world, HOOK).await.unwrap().id;
    let mut ids = Vec::new();
    for target in [endpoint, endpoint, endpoint, elsewhere] {
        world.clock.advance(Duration::from_secs(1));
        ids.push(test_message(&world, target).await.id);
    }
    let (delivered, failed, dead, foreign) = (ids[0], ids[1], ids[2], ids[3]);
    send(&world, |by| DeliveryEvent::Accepted { by }).await;
    let refused = |by| DeliveryEvent::Refused {
        by,
        retry_after: None,
    };
    send(&world, refused).await;
    for _ in 0..2 {
        send(&world, |by| DeliveryEvent::Gone { by }).await;
    }

    let log = |shown, endpoint| {
        let filter = DeliveryFilter {
            endpoint,
            shown,
            event: None,
            since: None,
        };
        let service = &world.service;
        async move {
            let page = service.deliveries(world.tenant, &filter, None, 10).await.unwrap();
            page.items.iter().map(|delivery| delivery.id).collect::<Vec<_>>()
        }
    };
    assert_eq!(log(None, None).await, [foreign, dead, failed, delivered]);
    assert_eq!(log(None, Some(endpoint)).await, [dead, failed, delivered]);
    assert_eq!(log(Some(DeliveryShown::Delivered), None).await, [delivered]);
    assert_eq!(log(Some(DeliveryShown::Failed), None).await, [failed]);
    assert_eq!(log(Some(DeliveryShown::Dead), Some(endpoint)).await, [dead]);

    let service = &world.service;
    assert_eq!(
        service.replay_failed(world.tenant, endpoint, None).await.unwrap(),
        2
    );
    assert_eq!(log(Some(DeliveryShown::Pending), None).await, [dead, failed]);
    assert_eq!(
        service.replay_failed(world.tenant, endpoint, None).await.unwrap(),
        0
    );

    let again = service.replay(world.tenant, endpoint, delivered).await.unwrap();
    assert_eq!(again.state.shown(), DeliveryShown::Pending);
    for (of, id) in [(endpoint, foreign), (elsewhere, delivered)] {
        let missing = service.replay(world.tenant, of, id).await;
        assert!(matches!(missing, Err(ServiceError::DeliveryNotFound { .. })));
    }
    let unknown = EndpointId::from_random([1; 16]);
    assert!(matches!(
        service.replay_failed(world.tenant, unknown, None).await,
        Err(ServiceError::EndpointNotFound { .. })
    ));
}

async fn what_is_being_sent_is_not_sent_again(world: World) {
    let endpoint = create(&world, HOOK).await.unwrap().id;
    let owed = test_message(&world, endpoint).await;
    let steps = DeliverySteps::new(world.store.clone(), DeliverySchedule::default());
    let courier = WorkerId::from_random([4; 16]);
    assert_eq!(
        steps
            .claim(Carriage::Message, courier, world.now(), LONG, 1, &[])
            .await
            .unwrap()
            .len(),
        1
    );
    let busy = world
        .service
        .replay(world.tenant, endpoint, owed.id)
        .await
        .unwrap_err();
    assert!(matches!(busy, ServiceError::DeliveryBusy { id } if id == owed.id));
}

#[tokio::test]
async fn a_thousand_failures_are_all_sent_again() {
    let world = World::new().await;
    let endpoint = create(&world, HOOK).await.unwrap().id;
    for _ in 0..1000 {
        test_message(&world, endpoint).await;
        send(&world, |by| DeliveryEvent::Gone { by }).await;
    }
    let replayed = world
        .service
        .replay_failed(world.tenant, endpoint, None)
        .await
        .unwrap();
    assert_eq!(replayed, 1000);
}
