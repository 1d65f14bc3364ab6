//! The rules of a store of records.

use std::sync::Arc;

use marquetry_model::Version;

use super::sample::{at, record, tenant_id};
use crate::{Record, RecordCursor, RecordKind, Store, StoreError, Swap};

type Shared = Arc<dyn Store>;

const KIND: RecordKind = RecordKind::Template;

async fn put(store: &Shared, record: Record) {
    store.insert_record(&record).await.unwrap();
}

async fn loose(store: &Shared, before: i64) -> Vec<String> {
    let found = store.loose_records(KIND, at(before), None, 9).await.unwrap();
    found.into_iter().map(|record| record.id).collect()
}

/// What was inserted comes back equal, field by field.
pub async fn a_record_reads_back_whole(store: Shared) {
    put(&store, record(1)).await;
    let found = store.record(tenant_id(1), KIND, &record(1).id).await.unwrap();
    assert_eq!(found, Some(record(1)));
    let none = store.record(tenant_id(1), KIND, &record(2).id).await.unwrap();
    assert_eq!(none, None);
}

/// Its id is a record's own among those of its tenant and kind, and among no others.
pub async fn an_id_is_taken_once(store: Shared) {
    put(&store, record(1)).await;
    let error = store.insert_record(&record(1)).await.unwrap_err();
    assert!(
        matches!(error, StoreError::Duplicate { what: "template" }),
        "{error:?}"
    );
    let other_kind = Record {
        kind: RecordKind::Design,
        ..record(1)
    };
    put(&store, other_kind.clone()).await;
    let other_tenant = Record {
        tenant: tenant_id(2),
        ..record(1)
    };
    put(&store, other_tenant.clone()).await;
    for one in [record(1), other_kind, other_tenant] {
        let found = store.record(one.tenant, one.kind, &one.id).await.unwrap();
        assert_eq!(found, Some(one));
    }
}

/// Reading, listing, replacing and deleting under another tenant's name finds nothing.
pub async fn other_tenants_see_nothing(store: Shared) {
    put(&store, record(1)).await;
    let (stranger, id) = (tenant_id(2), record(1).id);
    assert_eq!(store.record(stranger, KIND, &id).await.unwrap(), None);
    let page = store.list_records(stranger, KIND, None, 9).await.unwrap();
    assert_eq!(page.items, []);
    let stolen = Record {
        tenant: stranger,
        version: Version(2),
        ..record(1)
    };
    let swap = store.replace_record(Version::FIRST, &stolen).await.unwrap();
    assert_eq!(swap, Swap::Missing);
    let swap = store.delete_record(stranger, KIND, &id, None).await.unwrap();
    assert_eq!(swap, Swap::Missing);
    let found = store.record(tenant_id(1), KIND, &id).await.unwrap();
    assert_eq!(found, Some(record(1)));
}

/// Pages run from the newest to the oldest, by id within one moment, and do not shift when something is added.
pub async fn cursor_pages_do_not_shift(store: Shared) {
    for n in 1..=5 {
        put(&store, record(n)).await;
    }
    let twin = Record {
        id: "TPL_3".into(),
        ..record(3)
    };
    put(&store, twin.clone()).await;
    let (mut ids, mut after) = (Vec::new(), None::<RecordCursor>);
    loop {
        let page = store
            .list_records(tenant_id(1), KIND, after.as_ref(), 2)
            .await
            .unwrap();
        assert!(page.items.len() <= 2);
        ids.extend(page.items.into_iter().map(|record| record.id));
        put(&store, record(10 + u64::try_from(ids.len()).unwrap())).await;
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    // Capitals come before small letters, and so last in a list that runs backwards.
    let expected = [record(5), record(4), record(3), twin, record(2), record(1)].map(|record| record.id);
    assert_eq!(ids, expected);
}

/// Who was shown an older version replaces nothing, and deletes nothing.
pub async fn a_change_needs_the_current_version(store: Shared) {
    put(&store, record(1)).await;
    let changed = Record {
        version: Version(2),
        updated_at: at(7),
        form: "{}".into(),
        refers: vec!["b".into(), "c".into()],
        ..record(1)
    };
    let swap = store.replace_record(Version::FIRST, &changed).await.unwrap();
    assert_eq!(swap, Swap::Swapped);
    let late = Record {
        version: Version(2),
        form: "[]".into(),
        refers: vec!["d".into()],
        ..record(1)
    };
    let swap = store.replace_record(Version::FIRST, &late).await.unwrap();
    assert_eq!(swap, Swap::Moved);
    assert!(!store.is_referred_to("d").await.unwrap());
    let found = store.record(tenant_id(1), KIND, &changed.id).await.unwrap();
    assert_eq!(found, Some(changed.clone()));
    let delete = |expected| store.delete_record(tenant_id(1), KIND, &changed.id, expected);
    assert_eq!(delete(Some(Version::FIRST)).await.unwrap(), Swap::Moved);
    assert_eq!(delete(Some(Version(2))).await.unwrap(), Swap::Swapped);
    assert_eq!(delete(Some(Version(2))).await.unwrap(), Swap::Missing);
    put(&store, record(1)).await;
    assert_eq!(delete(None).await.unwrap(), Swap::Swapped);
    assert_eq!(
        store.replace_record(Version::FIRST, &changed).await.unwrap(),
        Swap::Missing
    );
}

/// What a record refers to is referred to for as long as the record says so.
pub async fn references_follow_their_record(store: Shared) {
    let referring = |to: &[&str], version| Record {
        refers: to.iter().map(|id| (*id).to_owned()).collect(),
        version: Version(version),
        ..record(1)
    };
    put(&store, referring(&["a", "b"], 1)).await;
    let referred = async |id| store.is_referred_to(id).await.unwrap();
    assert!(referred("a").await && referred("b").await && !referred("c").await);
    let swap = store.replace_record(Version(1), &referring(&["b", "c"], 2)).await;
    assert_eq!(swap.unwrap(), Swap::Swapped);
    assert!(!referred("a").await && referred("b").await && referred("c").await);
    let other = Record {
        id: "other".into(),
        ..referring(&["b"], 1)
    };
    put(&store, other).await;
    let swap = store.delete_record(tenant_id(1), KIND, &record(1).id, None).await;
    assert_eq!(swap.unwrap(), Swap::Swapped);
    assert!(referred("b").await && !referred("c").await);
}

/// Loose are records that nobody of their tenant refers to, once they have not changed for long enough.
pub async fn loose_records_are_found_by_age(store: Shared) {
    for n in 1..=5 {
        put(&store, record(n)).await;
    }
    let ids = |numbers: &[u64]| numbers.iter().map(|n| record(*n).id).collect::<Vec<_>>();
    assert_eq!(loose(&store, 3).await, ids(&[1, 2, 3]));
    let pointing = |tenant, n: u64| Record {
        tenant: tenant_id(tenant),
        kind: RecordKind::Design,
        refers: vec![record(n).id],
        ..record(n)
    };
    put(&store, pointing(1, 2)).await;
    put(&store, pointing(2, 3)).await;
    assert_eq!(loose(&store, 3).await, ids(&[1, 3]));
    let touched = Record {
        version: Version(2),
        updated_at: at(9),
        ..record(1)
    };
    let swap = store.replace_record(Version::FIRST, &touched).await.unwrap();
    assert_eq!(swap, Swap::Swapped);
    assert_eq!(loose(&store, 8).await, ids(&[3, 4, 5]));

    let of_another = Record {
        tenant: tenant_id(2),
        ..record(1)
    };
    put(&store, of_another.clone()).await;
    let (mut found, mut after) = (Vec::new(), None);
    while let Some(last) = {
        let page = store
            .loose_records(
                KIND,
                at(9),
                after
                    .as_ref()
                    .map(|last: &Record| (last.tenant, last.id.as_str())),
                2,
            )
            .await
            .unwrap();
        let last = page.last().cloned();
        found.extend(page);
        last
    } {
        after = Some(last);
    }
    let places: Vec<_> = found
        .iter()
        .map(|record| (record.tenant, record.id.clone()))
        .collect();
    let mut expected: Vec<_> = [1, 3, 4, 5].map(|n| (tenant_id(1), record(n).id)).into();
    expected.push((tenant_id(2), of_another.id));
    assert_eq!(places, expected);
}
