//! Jobs that come in together, and what they cost.

use std::sync::Arc;

use marquetry_model::{About, Amount, BatchStanding, Denied, JobSpec, Pinned, Posting, Prices, TemplateSpec};
use marquetry_service::{BatchRequest, ServiceError, Terms, Wait};
use marquetry_store::memory::MemoryStore;
use marquetry_store::{Fingerprint, IdempotencyClaim, JobFilter};

use crate::world::{World, hash, request};

fn spec(template: &str) -> JobSpec {
    JobSpec::Template(Box::new(TemplateSpec {
        pinned: Pinned {
            template: template.parse().unwrap(),
            revision: 1,
            layout: hash(template.as_bytes()),
        },
        fields: "{}".into(),
        design: None,
        about: About::default(),
        mockups: vec![],
        assets: vec![],
        export: None,
    }))
}

fn both() -> BatchRequest {
    BatchRequest {
        group: Some("summer".parse().unwrap()),
        orders: vec![spec("card").into(), spec("badge").into()],
        callback: None,
    }
}

fn terms() -> Terms {
    Wait::No.into()
}

async fn priced() -> World {
    let prices = Prices {
        template: "0.5".parse().ok(),
        ..Prices::default()
    };
    World::over(Arc::new(MemoryStore::new()), |builder| builder.prices(prices)).await
}

#[tokio::test]
async fn a_batch_stands_where_its_jobs_stand() {
    let world = World::new().await;
    let batch = world
        .service
        .submit_batch(world.tenant, both(), terms(), None)
        .await
        .unwrap();
    assert_eq!(batch.standing(), BatchStanding::Waiting);
    let seen = async || {
        world
            .service
            .batch(world.tenant, batch.batch.id)
            .await
            .unwrap()
            .unwrap()
    };
    assert_eq!(seen().await, batch);
    assert_eq!(
        world.service.batch(world.other, batch.batch.id).await.unwrap(),
        None
    );
    let first = world.claim().await.unwrap();
    assert_eq!(seen().await.standing(), BatchStanding::Running);
    world.finish(&first).await;
    assert_eq!(seen().await.standing(), BatchStanding::Running);
    world.finish(&world.claim().await.unwrap()).await;
    assert_eq!(seen().await.standing(), BatchStanding::Succeeded);
    assert_eq!(
        seen().await.jobs.iter().map(|job| job.id).collect::<Vec<_>>(),
        batch.batch.jobs
    );

    let other = world
        .service
        .submit_batch(world.tenant, both(), terms(), None)
        .await
        .unwrap();
    for job in &other.batch.jobs {
        world.service.cancel(world.tenant, *job).await.unwrap();
    }
    let other = world
        .service
        .batch(world.tenant, other.batch.id)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(other.standing(), BatchStanding::Failed { failed: 2 });
}

#[tokio::test]
async fn a_batch_that_is_repeated_is_one_batch() {
    let world = World::new().await;
    let claim = || IdempotencyClaim {
        key: "group:k".into(),
        fingerprint: Fingerprint([1; 32]),
        until: world.now() + std::time::Duration::from_secs(60),
    };
    let first = world
        .service
        .submit_batch(world.tenant, both(), terms(), Some(claim()))
        .await
        .unwrap();
    let again = world
        .service
        .submit_batch(world.tenant, both(), terms(), Some(claim()))
        .await
        .unwrap();
    assert_eq!(again, first);
    let jobs = world
        .service
        .jobs(world.tenant, &JobFilter::default(), None, 9)
        .await
        .unwrap();
    assert_eq!(jobs.items.len(), 2);
    let none = BatchRequest {
        orders: vec![],
        ..both()
    };
    let refused = world
        .service
        .submit_batch(world.tenant, none, terms(), None)
        .await;
    assert!(matches!(refused, Err(ServiceError::Invalid(_))));
}

#[tokio::test]
async fn what_cannot_be_paid_for_is_not_begun() {
    let world = priced().await;
    let submit = || world.service.submit_batch(world.tenant, both(), terms(), None);
    let amount = |text: &str| text.parse::<Amount>().unwrap();
    world
        .service
        .top_up(world.tenant, amount("0.9"), "first")
        .await
        .unwrap();
    let denied = submit().await.unwrap_err();
    let expected = Denied::Insufficient {
        wanted: amount("1"),
        available: amount("0.9"),
    };
    assert!(
        matches!(denied, ServiceError::Denied(denied) if denied == expected),
        "{denied:?}"
    );
    assert!(world.claim().await.is_none());
    for _ in 0..2 {
        world
            .service
            .top_up(world.tenant, amount("0.1"), "second")
            .await
            .unwrap();
    }
    submit().await.unwrap();
    world.finish(&world.claim().await.unwrap()).await;
    let funds = world.service.funds(world.tenant).await.unwrap();
    assert_eq!((funds.balance, funds.held), (amount("0.5"), amount("0.5")));

    // What has no price asks no account.
    let mockup = world.mockup(world.tenant, 1, b"8BPS").await;
    world.service.suspend(world.tenant, "card refused").await.unwrap();
    world
        .service
        .submit_render(world.tenant, request(mockup.id, b"png"), Wait::No)
        .await
        .unwrap();
    let denied = submit().await.unwrap_err();
    assert!(
        matches!(denied, ServiceError::Denied(Denied::Suspended)),
        "{denied:?}"
    );
    world.service.reopen(world.tenant, "paid").await.unwrap();
    let ledger = world.service.ledger(world.tenant, None, 9).await.unwrap();
    let postings: Vec<Posting> = ledger.iter().map(|entry| entry.posting).collect();
    let expected = [
        Posting::Reopened,
        Posting::Suspended,
        Posting::Charged,
        Posting::Held,
        Posting::Held,
        Posting::TopUp,
        Posting::TopUp,
    ];
    assert_eq!(postings, expected);
    assert!(world.service.top_up(world.tenant, amount("1"), "").await.is_err());
}
