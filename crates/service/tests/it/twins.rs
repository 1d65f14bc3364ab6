//! However many send the same submission at once, it is taken once.

use std::collections::HashSet;

use futures::future::join_all;
use marquetry_service::{ServiceError, Terms, UploadFile, UploadRequest, Wait};
use marquetry_store::JobFilter;

use crate::world::World;

crate::over_each_store!(fifty_twins_of_each_of_a_hundred_make_a_hundred_jobs,);

const KEYS: usize = 100;
const TWINS: usize = 50;

fn upload(url: &str) -> UploadRequest {
    UploadRequest {
        name: "mug".into(),
        file: UploadFile::Url(url.into()),
    }
}

fn keyed(key: usize) -> Terms {
    Terms {
        idempotency_key: Some(format!("order {key}")),
        ..Wait::No.into()
    }
}

async fn fifty_twins_of_each_of_a_hundred_make_a_hundred_jobs(world: World) {
    let url = |key: usize| format!("https://example.com/{key}.psd");
    // One after another key, so that twins meet each other and other keys.
    let all = (0..KEYS * TWINS).map(|n| {
        let (service, tenant, key) = (world.service.clone(), world.tenant, n % KEYS);
        let request = upload(&url(key));
        tokio::spawn(async move {
            let submitted = service.submit_upload(tenant, request, keyed(key)).await.unwrap();
            (key, submitted.job().id)
        })
    });
    let told: HashSet<_> = join_all(all).await.into_iter().map(Result::unwrap).collect();
    assert_eq!(told.len(), KEYS, "each key leads to one job");
    let jobs: HashSet<_> = told.iter().map(|(_, job)| *job).collect();
    assert_eq!(jobs.len(), KEYS, "and each to its own");
    assert_eq!(
        world.store.count_live_jobs(Some(world.tenant)).await.unwrap(),
        KEYS as u64
    );

    // Another request under a key is refused, and another tenant's key is another key.
    let other = upload("https://example.com/other.psd");
    let refused = world.service.submit_upload(world.tenant, other, keyed(7)).await;
    assert!(
        matches!(refused, Err(ServiceError::IdempotencyConflict)),
        "{refused:?}"
    );
    let theirs = world
        .service
        .submit_upload(world.other, upload(&url(7)), keyed(7))
        .await;
    assert!(!jobs.contains(&theirs.unwrap().job().id));
    let listed = world
        .store
        .list_jobs(world.tenant, &JobFilter::default(), None, 200)
        .await
        .unwrap();
    assert_eq!(listed.items.len(), KEYS);
}
