//! The rules of a store of endpoints.

use std::sync::Arc;

use marquetry_model::{Endpoint, Version, WhyDisabled};

use super::sample::{at, delivery, delivery_id, endpoint, endpoint_id, tenant_id};
use crate::{Change, Store, StoreError, Swap};

type Shared = Arc<dyn Store>;

/// What was inserted comes back equal, field by field.
pub async fn an_endpoint_reads_back_whole(store: Shared) {
    store.insert_endpoint(&endpoint(1)).await.unwrap();
    assert_eq!(
        store.endpoint(tenant_id(1), endpoint_id(1)).await.unwrap(),
        Some(endpoint(1))
    );
    assert_eq!(store.endpoint(tenant_id(1), endpoint_id(2)).await.unwrap(), None);
}

/// A second endpoint under one id is refused.
pub async fn an_id_is_taken_once(store: Shared) {
    store.insert_endpoint(&endpoint(1)).await.unwrap();
    let error = store.insert_endpoint(&endpoint(1)).await.unwrap_err();
    assert!(
        matches!(error, StoreError::Duplicate { what: "endpoint" }),
        "{error:?}"
    );
}

/// Reading, listing, changing and deleting under another tenant's name finds nothing.
pub async fn other_tenants_see_nothing(store: Shared) {
    store.insert_endpoint(&endpoint(1)).await.unwrap();
    let stranger = tenant_id(2);
    assert_eq!(store.endpoint(stranger, endpoint_id(1)).await.unwrap(), None);
    assert!(store.list_endpoints(stranger).await.unwrap().is_empty());
    let stolen = Endpoint {
        tenant: stranger,
        enabled: false,
        ..endpoint(1)
    };
    assert_eq!(
        store.replace_endpoint(Version::FIRST, &stolen).await.unwrap(),
        Swap::Missing
    );
    assert!(!store.delete_endpoint(stranger, endpoint_id(1)).await.unwrap());
    assert_eq!(
        store.endpoint(tenant_id(1), endpoint_id(1)).await.unwrap(),
        Some(endpoint(1))
    );
}

/// Oldest first; those of one moment by id.
pub async fn endpoints_are_listed_oldest_first(store: Shared) {
    for one in [
        endpoint(3),
        endpoint(1),
        Endpoint {
            created_at: at(1),
            ..endpoint(2)
        },
    ] {
        store.insert_endpoint(&one).await.unwrap();
    }
    let listed = store.list_endpoints(tenant_id(1)).await.unwrap();
    assert_eq!(
        listed.iter().map(|one| one.id).collect::<Vec<_>>(),
        [1, 2, 3].map(endpoint_id)
    );
}

/// Who was shown an older version changes nothing.
pub async fn a_change_needs_the_current_version(store: Shared) {
    store.insert_endpoint(&endpoint(1)).await.unwrap();
    let off = Endpoint {
        enabled: false,
        description: None,
        updated_at: Some(at(9)),
        version: Version(2),
        ..endpoint(1)
    };
    assert_eq!(
        store.replace_endpoint(Version::FIRST, &off).await.unwrap(),
        Swap::Swapped
    );
    assert_eq!(
        store
            .replace_endpoint(Version::FIRST, &endpoint(1))
            .await
            .unwrap(),
        Swap::Moved
    );
    assert_eq!(
        store.endpoint(tenant_id(1), endpoint_id(1)).await.unwrap(),
        Some(off)
    );
    assert_eq!(
        store
            .replace_endpoint(Version::FIRST, &endpoint(2))
            .await
            .unwrap(),
        Swap::Missing
    );
}

/// Each that is there and its tenant's, once, whatever else is asked for.
pub async fn many_endpoints_are_read_at_once(store: Shared) {
    let foreign = Endpoint {
        tenant: tenant_id(2),
        ..endpoint(4)
    };
    for one in [endpoint(1), endpoint(2), endpoint(3), foreign.clone()] {
        store.insert_endpoint(&one).await.unwrap();
    }
    let wanted = |asked: &[(u64, u64)]| -> Vec<_> {
        let asked = asked.iter();
        asked
            .map(|(tenant, n)| (tenant_id(*tenant), endpoint_id(*n)))
            .collect()
    };
    let found = async |asked: &[(u64, u64)]| {
        let mut found = store.endpoints_of(&wanted(asked)).await.unwrap();
        found.sort_by_key(|one| one.id);
        found
    };
    assert_eq!(found(&[]).await, []);
    // Of another tenant, and not there at all.
    assert_eq!(found(&[(2, 1), (1, 4), (1, 9)]).await, []);
    assert_eq!(
        found(&[(1, 3), (1, 1), (2, 4), (1, 1), (1, 9), (2, 2)]).await,
        [endpoint(1), endpoint(3), foreign]
    );
    let many: Vec<_> = (1..=200).map(|n| (1, n)).collect();
    assert_eq!(found(&many).await.len(), 3);
}

/// What a change leads to is owed with the change: not without it, and it not without that.
pub async fn a_change_brings_its_deliveries_or_nothing(store: Shared) {
    store.insert_endpoint(&endpoint(1)).await.unwrap();
    let owed = async |n| store.delivery(tenant_id(1), delivery_id(n)).await.unwrap();
    let off = endpoint(1).given_up(WhyDisabled::Failing, at(9));
    let stale = store
        .swap_endpoint(Version(7), &off, &[delivery(1)])
        .await
        .unwrap();
    assert_eq!((stale, owed(1).await), (Swap::Moved, None));
    let absent = store
        .swap_endpoint(Version::FIRST, &endpoint(2), &[delivery(1)])
        .await;
    assert_eq!((absent.unwrap(), owed(1).await), (Swap::Missing, None));

    store.insert_delivery(&delivery(2)).await.unwrap();
    let twice = [delivery(1), delivery(2)];
    let refused = store.swap_endpoint(Version::FIRST, &off, &twice).await;
    assert!(
        matches!(refused, Err(StoreError::Duplicate { .. })),
        "{refused:?}"
    );
    let stored = store.endpoint(tenant_id(1), endpoint_id(1)).await.unwrap();
    assert_eq!((stored, owed(1).await), (Some(endpoint(1)), None));

    let mut changes = store.changes();
    let both = [delivery(1), delivery(3)];
    let swap = store.swap_endpoint(Version::FIRST, &off, &both).await.unwrap();
    assert_eq!(swap, Swap::Swapped);
    assert_eq!(changes.next().await, Some(Change::Delivery));
    let stored = store.endpoint(tenant_id(1), endpoint_id(1)).await.unwrap();
    assert_eq!(stored, Some(off));
    assert_eq!(
        (owed(1).await, owed(3).await),
        (Some(delivery(1)), Some(delivery(3)))
    );
}

/// Deleting works once.
pub async fn a_deleted_endpoint_is_gone(store: Shared) {
    store.insert_endpoint(&endpoint(1)).await.unwrap();
    assert!(store.delete_endpoint(tenant_id(1), endpoint_id(1)).await.unwrap());
    assert!(!store.delete_endpoint(tenant_id(1), endpoint_id(1)).await.unwrap());
    assert_eq!(store.endpoint(tenant_id(1), endpoint_id(1)).await.unwrap(), None);
}
