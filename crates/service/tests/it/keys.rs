//! The life of an API key, and the counting of its uses.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use marquetry_model::{ApiKeyId, TenantId};
use marquetry_service::{DEFAULT_TENANT, ServiceError, Wait};

use crate::store::OddStore;
use crate::world::{World, request};

crate::over_each_store!(
    a_key_opens_the_door_until_it_is_revoked,
    keys_need_a_name_and_a_tenant,
    an_operators_key_is_made_once_however_often_the_server_starts,
    the_last_uses_are_written_before_the_house_is_closed,
    the_figures_of_a_tenant_are_its_own,
);

async fn a_key_opens_the_door_until_it_is_revoked(world: World) {
    let service = &world.service;
    let new = service.create_key(world.tenant, "laptop").await.unwrap();
    let text = new.text.expose().to_owned();
    assert_eq!(text.len(), 67);
    let digits = text.strip_prefix("sm_").unwrap();
    assert!(
        digits
            .bytes()
            .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
    );
    assert_eq!(new.key.last_four, text[63..]);
    // Neither the record nor a debug print holds the text.
    let printed = format!("{new:?} {:?}", service.keys(world.tenant).await.unwrap());
    assert!(!printed.contains(digits));

    let who = service.authenticate(&text).await.unwrap().unwrap();
    assert_eq!((who.tenant, who.key.id), (world.tenant, new.key.id));
    for wrong in [
        "",
        "sm_",
        &text[..66],
        &text.to_uppercase(),
        &"x".repeat(10_000),
        " ",
    ] {
        assert_eq!(service.authenticate(wrong).await.unwrap(), None, "{wrong}");
    }

    service.revoke_key(world.tenant, new.key.id).await.unwrap();
    service.revoke_key(world.tenant, new.key.id).await.unwrap();
    assert_eq!(service.authenticate(&text).await.unwrap(), None);
    assert!(!service.keys(world.tenant).await.unwrap()[0].is_live());
    let nobody = ApiKeyId::from_random([1; 16]);
    assert!(matches!(
        service.revoke_key(world.tenant, nobody).await,
        Err(ServiceError::KeyNotFound { .. })
    ));
}

async fn keys_need_a_name_and_a_tenant(world: World) {
    for name in ["", &"x".repeat(256)] {
        assert!(matches!(
            world.service.create_key(world.tenant, name).await,
            Err(ServiceError::Invalid(_))
        ));
    }
    let nobody = TenantId::from_random([1; 16]);
    assert!(matches!(
        world.service.create_key(nobody, "k").await,
        Err(ServiceError::TenantNotFound { .. })
    ));
}

async fn an_operators_key_is_made_once_however_often_the_server_starts(world: World) {
    let starts = (0..8).map(|_| {
        let service = world.service.clone();
        tokio::spawn(async move {
            let tenant = service.ensure_default_tenant().await.unwrap();
            assert_eq!(tenant.id, DEFAULT_TENANT);
            service
                .ensure_key(tenant.id, "environment", "sm_short")
                .await
                .unwrap()
                .id
        })
    });
    let ids = futures::future::join_all(starts).await;
    let first = *ids[0].as_ref().unwrap();
    assert!(ids.into_iter().all(|id| id.unwrap() == first));
    let service = &world.service;
    assert_eq!(service.keys(DEFAULT_TENANT).await.unwrap().len(), 1);
    let who = service.authenticate("sm_short").await.unwrap().unwrap();
    assert_eq!(who.tenant, DEFAULT_TENANT);

    for wrong in ["sm_", "short", "", &format!("sm_{}", "x".repeat(300))] {
        assert!(matches!(
            service.ensure_key(DEFAULT_TENANT, "e", wrong).await,
            Err(ServiceError::MalformedKey)
        ));
    }
    assert!(matches!(
        service.ensure_key(world.tenant, "e", "sm_short").await,
        Err(ServiceError::KeyTaken {
            why: "another tenant's"
        })
    ));
    service.revoke_key(DEFAULT_TENANT, first).await.unwrap();
    assert!(matches!(
        service.ensure_key(DEFAULT_TENANT, "e", "sm_short").await,
        Err(ServiceError::KeyTaken { why: "revoked" })
    ));
}

#[tokio::test]
async fn uses_are_counted_without_a_write_for_each() {
    let store = Arc::new(OddStore::default());
    let world = World::over(store.clone(), |builder| builder).await;
    let service = &world.service;
    let new = service.create_key(world.tenant, "k").await.unwrap();
    let text = new.text.expose();
    let mut who = None;
    for _ in 0..100 {
        world.clock.advance(Duration::from_millis(10));
        who = service.authenticate(text).await.unwrap();
    }
    assert_eq!(store.counts.load(Ordering::SeqCst), 0);
    // Whoever asks for the figures gets them to the last one.
    let me = service.me(&who.unwrap()).await.unwrap();
    assert_eq!(me.key.total_requests, 100);
    assert_eq!(me.key.last_used_at, Some(world.now()));

    world.clock.advance(Duration::from_secs(5));
    service.authenticate(text).await.unwrap();
    assert_eq!(store.counts.load(Ordering::SeqCst), 1);
    let total = async || service.keys(world.tenant).await.unwrap()[0].total_requests;
    assert_eq!(total().await, 101);

    // A store that is away turns nobody away, and loses nothing.
    store.failing_counts.store(1, Ordering::SeqCst);
    service.authenticate(text).await.unwrap();
    world.clock.advance(Duration::from_secs(5));
    assert!(service.authenticate(text).await.unwrap().is_some());
    assert_eq!(total().await, 101);
    service.flush_key_uses().await.unwrap();
    assert_eq!(total().await, 103);
    service.flush_key_uses().await.unwrap();
    assert_eq!(store.counts.load(Ordering::SeqCst), 2, "nothing to write");
}

async fn the_last_uses_are_written_before_the_house_is_closed(world: World) {
    let new = world.service.create_key(world.tenant, "k").await.unwrap();
    world.service.authenticate(new.text.expose()).await.unwrap();
    world.service.keep_house(std::future::ready(())).await;
    let keys = world.service.keys(world.tenant).await.unwrap();
    assert_eq!(keys[0].total_requests, 1);
}

async fn the_figures_of_a_tenant_are_its_own(world: World) {
    let service = &world.service;
    let text = service.create_key(world.tenant, "k").await.unwrap().text;
    let who = service.authenticate(text.expose()).await.unwrap().unwrap();
    let mockup = world.mockup(world.tenant, 1, b"8BPS").await;
    let theirs = world.mockup(world.other, 2, b"8BPS").await;
    let submit = async |tenant, mockup| {
        let request = request(mockup, b"png");
        service.submit_render(tenant, request, Wait::No).await.unwrap();
    };
    // One in the month before, two in this one, one of another tenant, one that waits.
    submit(world.tenant, mockup.id).await;
    world.finish(&world.claim().await.unwrap()).await;
    world.clock.advance(Duration::from_hours(24 * 31));
    for (tenant, mockup) in [
        (world.tenant, mockup.id),
        (world.tenant, mockup.id),
        (world.other, theirs.id),
    ] {
        submit(tenant, mockup).await;
        world.finish(&world.claim().await.unwrap()).await;
    }
    submit(world.tenant, mockup.id).await;

    let me = service.me(&who).await.unwrap();
    assert_eq!((me.tenant.name.as_str(), me.tenant.id), ("one", world.tenant));
    assert_eq!((me.live_jobs, me.renders_this_month), (1, 2));
    // Noon of the first of January 2026, and 31 days.
    assert_eq!(me.month_began.as_seconds(), 1_769_904_000);

    world.finish(&world.claim().await.unwrap()).await;
    let me = service.me(&who).await.unwrap();
    assert_eq!((me.live_jobs, me.renders_this_month), (0, 2), "counted of late");
    world.clock.advance(Duration::from_mins(1));
    assert_eq!(service.me(&who).await.unwrap().renders_this_month, 3);
}
