//! The rules of a store of mockups.

use std::sync::Arc;

use marquetry_model::{Mockup, MockupId, Version};

use super::sample::{at, content, mockup, mockup_id, tenant_id};
use crate::{MockupFilter, MockupOrder, OrderBy, Store, StoreError, Swap, Way};

type Shared = Arc<dyn Store>;

async fn list(store: &Shared, filter: &MockupFilter, order: MockupOrder) -> Vec<MockupId> {
    let page = store
        .list_mockups(tenant_id(1), filter, order, 100, 0)
        .await
        .unwrap();
    assert_eq!(page.total, u64::try_from(page.mockups.len()).unwrap());
    page.mockups.iter().map(|mockup| mockup.id).collect()
}

fn named(n: u64, name: &str) -> Mockup {
    Mockup {
        name: name.into(),
        ..mockup(n)
    }
}

/// What was inserted comes back equal, field by field.
pub async fn a_mockup_reads_back_whole(store: Shared) {
    store.insert_mockup(&mockup(1)).await.unwrap();
    assert_eq!(
        store.mockup(tenant_id(1), mockup_id(1)).await.unwrap(),
        Some(mockup(1))
    );
    assert_eq!(store.mockup(tenant_id(1), mockup_id(2)).await.unwrap(), None);
}

/// A second mockup under one id is refused.
pub async fn an_id_is_taken_once(store: Shared) {
    store.insert_mockup(&mockup(1)).await.unwrap();
    let error = store.insert_mockup(&named(1, "other")).await.unwrap_err();
    assert!(
        matches!(error, StoreError::Duplicate { what: "mockup" }),
        "{error:?}"
    );
    assert_eq!(
        store.mockup(tenant_id(1), mockup_id(1)).await.unwrap(),
        Some(mockup(1))
    );
}

/// Reading, listing, renaming and deleting under another tenant's name finds nothing.
pub async fn other_tenants_see_nothing(store: Shared) {
    store.insert_mockup(&mockup(1)).await.unwrap();
    let stranger = tenant_id(2);
    assert_eq!(store.mockup(stranger, mockup_id(1)).await.unwrap(), None);
    let (all, order) = (MockupFilter::default(), MockupOrder::default());
    assert_eq!(
        store
            .list_mockups(stranger, &all, order, 9, 0)
            .await
            .unwrap()
            .total,
        0
    );
    let stolen = Mockup {
        tenant: stranger,
        version: Version(2),
        ..mockup(1)
    };
    assert_eq!(
        store.replace_mockup(Version::FIRST, &stolen).await.unwrap(),
        Swap::Missing
    );
    assert_eq!(store.delete_mockup(stranger, mockup_id(1)).await.unwrap(), None);
    assert_eq!(
        store.mockup(tenant_id(1), mockup_id(1)).await.unwrap(),
        Some(mockup(1))
    );
}

/// Part of a name is enough, capitals do not matter, in any script, and no character is special.
pub async fn names_are_found_in_either_case(store: Shared) {
    for (n, name) in [(1, "Blue MUG"), (2, "ÄRMEL 100%_"), (3, "poster")] {
        store.insert_mockup(&named(n, name)).await.unwrap();
    }
    for (part, found) in [
        ("mug", vec![1]),
        ("UE M", vec![1]),
        ("ärm", vec![2]),
        ("%_", vec![2]),
        ("r", vec![3, 2]),
        ("%", vec![2]),
        ("_", vec![2]),
        ("mugg", vec![]),
    ] {
        let filter = MockupFilter {
            name: Some(part.into()),
            ..MockupFilter::default()
        };
        let expected: Vec<_> = found.into_iter().map(mockup_id).collect();
        assert_eq!(
            list(&store, &filter, MockupOrder::default()).await,
            expected,
            "{part}"
        );
    }
}

/// Both bounds belong to what they bound.
pub async fn bounds_of_time_are_inclusive(store: Shared) {
    for n in 1..=4 {
        store.insert_mockup(&mockup(n)).await.unwrap();
    }
    let filter = MockupFilter {
        created_after: Some(at(2)),
        created_before: Some(at(3)),
        ..MockupFilter::default()
    };
    assert_eq!(
        list(&store, &filter, MockupOrder::default()).await,
        [3, 2].map(mockup_id)
    );
}

/// By name, by age and by change, up and down; what is equal follows its id.
pub async fn every_order_runs_both_ways(store: Shared) {
    for (n, name, changed) in [(1, "b", 30), (2, "A", 10), (3, "c", 20), (4, "B", 20)] {
        store
            .insert_mockup(&Mockup {
                updated_at: at(changed),
                ..named(n, name)
            })
            .await
            .unwrap();
    }
    for (by, ascending) in [
        (OrderBy::Name, [2, 1, 4, 3]),
        (OrderBy::CreatedAt, [1, 2, 3, 4]),
        (OrderBy::UpdatedAt, [2, 3, 4, 1]),
    ] {
        let mut expected = ascending.map(mockup_id);
        let all = MockupFilter::default();
        assert_eq!(
            list(
                &store,
                &all,
                MockupOrder {
                    by,
                    way: Way::Ascending
                }
            )
            .await,
            expected,
            "{by:?}"
        );
        expected.reverse();
        assert_eq!(
            list(
                &store,
                &all,
                MockupOrder {
                    by,
                    way: Way::Descending
                }
            )
            .await,
            expected,
            "{by:?}"
        );
    }
}

/// A page says how many there are in all, even when it is past the end.
pub async fn pages_count_the_whole(store: Shared) {
    for n in 1..=5 {
        store.insert_mockup(&mockup(n)).await.unwrap();
    }
    let (all, order) = (MockupFilter::default(), MockupOrder::default());
    for (limit, offset, expected) in [
        (2, 0, vec![5, 4]),
        (2, 4, vec![1]),
        (2, 5, vec![]),
        (0, 0, vec![]),
    ] {
        let page = store
            .list_mockups(tenant_id(1), &all, order, limit, offset)
            .await
            .unwrap();
        let ids: Vec<_> = page.mockups.iter().map(|mockup| mockup.id).collect();
        let expected: Vec<_> = expected.into_iter().map(mockup_id).collect();
        assert_eq!((ids, page.total), (expected, 5));
    }
    let past = store
        .list_mockups(tenant_id(1), &all, order, 2, u64::MAX)
        .await
        .unwrap();
    assert_eq!((past.mockups.len(), past.total), (0, 5));
}

/// Who was shown an older version renames nothing.
pub async fn a_rename_needs_the_current_version(store: Shared) {
    store.insert_mockup(&mockup(1)).await.unwrap();
    let renamed = mockup(1).renamed("Cup".into(), at(7)).unwrap();
    assert_eq!(
        store.replace_mockup(Version::FIRST, &renamed).await.unwrap(),
        Swap::Swapped
    );
    assert_eq!(
        store.mockup(tenant_id(1), mockup_id(1)).await.unwrap(),
        Some(renamed.clone())
    );
    let late = mockup(1).renamed("Jug".into(), at(8)).unwrap();
    assert_eq!(
        store.replace_mockup(Version::FIRST, &late).await.unwrap(),
        Swap::Moved
    );
    assert_eq!(
        store.mockup(tenant_id(1), mockup_id(1)).await.unwrap(),
        Some(renamed)
    );
    let none = mockup(2).renamed("Jug".into(), at(8)).unwrap();
    assert_eq!(
        store.replace_mockup(Version::FIRST, &none).await.unwrap(),
        Swap::Missing
    );
    let found = MockupFilter {
        name: Some("cup".into()),
        ..MockupFilter::default()
    };
    assert_eq!(list(&store, &found, MockupOrder::default()).await, [mockup_id(1)]);
}

/// Deleting gives the mockup back, once.
pub async fn a_deleted_mockup_is_given_back_once(store: Shared) {
    store.insert_mockup(&mockup(1)).await.unwrap();
    assert_eq!(
        store.delete_mockup(tenant_id(1), mockup_id(1)).await.unwrap(),
        Some(mockup(1))
    );
    assert_eq!(
        store.delete_mockup(tenant_id(1), mockup_id(1)).await.unwrap(),
        None
    );
    assert_eq!(store.mockup(tenant_id(1), mockup_id(1)).await.unwrap(), None);
}

/// Two mockups of one file, of two tenants: the file is needed until both are gone.
pub async fn content_is_in_use_until_its_last_mockup_goes(store: Shared) {
    assert!(!store.content_in_use(content(1)).await.unwrap());
    store.insert_mockup(&mockup(1)).await.unwrap();
    store
        .insert_mockup(&Mockup {
            tenant: tenant_id(2),
            ..mockup(2)
        })
        .await
        .unwrap();
    store.delete_mockup(tenant_id(1), mockup_id(1)).await.unwrap();
    assert!(store.content_in_use(content(1)).await.unwrap());
    assert!(!store.content_in_use(content(2)).await.unwrap());
    store.delete_mockup(tenant_id(2), mockup_id(2)).await.unwrap();
    assert!(!store.content_in_use(content(1)).await.unwrap());
}
