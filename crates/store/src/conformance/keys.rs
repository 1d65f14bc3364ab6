//! The rules of a store of tenants and API keys.

use std::sync::Arc;

use marquetry_model::{ApiKey, Tenant};

use super::sample::{at, key, key_id, tenant, tenant_id};
use crate::{Store, StoreError};

type Shared = Arc<dyn Store>;

async fn reload(store: &Shared, n: u64) -> ApiKey {
    store.key_by_hash(&key(n).hash).await.unwrap().unwrap()
}

/// Tenants come back equal, oldest first, each id once.
pub async fn tenants_read_back_oldest_first(store: Shared) {
    for n in [2, 1] {
        store.insert_tenant(&tenant(n)).await.unwrap();
    }
    assert_eq!(store.tenant(tenant_id(1)).await.unwrap(), Some(tenant(1)));
    assert_eq!(store.tenant(tenant_id(3)).await.unwrap(), None);
    assert_eq!(store.list_tenants().await.unwrap(), [tenant(1), tenant(2)]);
    let error = store
        .insert_tenant(&Tenant {
            name: "other".into(),
            ..tenant(1)
        })
        .await
        .unwrap_err();
    assert!(
        matches!(error, StoreError::Duplicate { what: "tenant" }),
        "{error:?}"
    );
}

/// A key comes back equal by its hash, and not by another.
pub async fn a_key_is_found_by_its_hash(store: Shared) {
    store.insert_tenant(&tenant(1)).await.unwrap();
    for n in [2, 1] {
        store.insert_key(&key(n)).await.unwrap();
    }
    assert_eq!(reload(&store, 1).await, key(1));
    assert_eq!(store.key_by_hash(&key(3).hash).await.unwrap(), None);
    assert_eq!(store.list_keys(tenant_id(1)).await.unwrap(), [key(1), key(2)]);
    assert!(store.list_keys(tenant_id(2)).await.unwrap().is_empty());
}

/// Neither an id nor a hash is taken twice.
pub async fn a_hash_is_taken_once(store: Shared) {
    store.insert_tenant(&tenant(1)).await.unwrap();
    store.insert_key(&key(1)).await.unwrap();
    for twin in [
        ApiKey {
            id: key_id(2),
            ..key(1)
        },
        ApiKey {
            hash: key(2).hash,
            ..key(1)
        },
    ] {
        let error = store.insert_key(&twin).await.unwrap_err();
        assert!(
            matches!(error, StoreError::Duplicate { what: "API key" }),
            "{error:?}"
        );
    }
}

/// The first moment of revoking stands.
pub async fn a_revoked_key_stays_revoked(store: Shared) {
    store.insert_tenant(&tenant(1)).await.unwrap();
    store.insert_key(&key(1)).await.unwrap();
    for moment in [at(10), at(20)] {
        assert!(store.revoke_key(tenant_id(1), key_id(1), moment).await.unwrap());
    }
    assert_eq!(
        reload(&store, 1).await,
        ApiKey {
            revoked_at: Some(at(10)),
            ..key(1)
        }
    );
}

/// Nobody revokes what is not theirs, or not there.
pub async fn a_key_is_revoked_by_its_tenant_only(store: Shared) {
    store.insert_tenant(&tenant(1)).await.unwrap();
    store.insert_key(&key(1)).await.unwrap();
    assert!(!store.revoke_key(tenant_id(2), key_id(1), at(10)).await.unwrap());
    assert!(!store.revoke_key(tenant_id(1), key_id(2), at(10)).await.unwrap());
    assert!(reload(&store, 1).await.is_live());
}

/// Requests are summed, and the latest moment stands whatever comes last.
pub async fn uses_add_up(store: Shared) {
    store.insert_tenant(&tenant(1)).await.unwrap();
    store.insert_key(&key(1)).await.unwrap();
    for (requests, moment) in [(3, at(30)), (4, at(20))] {
        store.count_use(key_id(1), requests, moment).await.unwrap();
    }
    store.count_use(key_id(2), 1, at(1)).await.unwrap();
    let expected = ApiKey {
        total_requests: 7,
        last_used_at: Some(at(30)),
        ..key(1)
    };
    assert_eq!(reload(&store, 1).await, expected);
}
