//! The rules of a store of records.

use std::sync::Arc;

use async_trait::async_trait;
use futures::future::join;
use marquetry_job::Timestamp;
use marquetry_model::{After, Batch, BatchId, Delivery, Job, Pending, Then, Version};

use super::sample::{at, delivery, delivery_id, job_id, job_steps, record, template_job, tenant_id};
use crate::{
    Announcer, Inserted, Noun as _, Owed, PendingSteps, Record, RecordCursor, RecordKind,
    RecordStoreExt as _, Store, StoreError, Submission, Swap,
};

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

/// Where a record is discharged, its deliveries appear; where it is not, they do not.
pub async fn a_discharged_record_leaves_its_deliveries(store: Shared) {
    put(&store, record(1)).await;
    let id = record(1).id;
    let owed = [delivery(1), delivery(2)];
    let discharge = |version| store.discharge_record(tenant_id(1), KIND, &id, version, &owed);
    let delivered = async |n| store.delivery(tenant_id(1), delivery_id(n)).await.unwrap();
    assert_eq!(discharge(Version(7)).await.unwrap(), Swap::Moved);
    assert_eq!(delivered(1).await, None);
    store.insert_delivery(&delivery(2)).await.unwrap();
    let error = discharge(Version::FIRST).await.unwrap_err();
    assert!(
        matches!(error, StoreError::Duplicate { what: "delivery" }),
        "{error:?}"
    );
    assert_eq!(delivered(1).await, None);
    let owed = [delivery(1), delivery(3)];
    let discharge = || store.discharge_record(tenant_id(1), KIND, &id, Version::FIRST, &owed);
    assert_eq!(discharge().await.unwrap(), Swap::Swapped);
    assert_eq!(delivered(3).await, Some(delivery(3)));
    assert_eq!(discharge().await.unwrap(), Swap::Missing);
    assert_eq!(store.record(tenant_id(1), KIND, &id).await.unwrap(), None);
}

/// Owes one delivery for whatever was pending.
#[derive(Debug)]
struct OneDelivery;

#[async_trait]
impl Announcer for OneDelivery {
    async fn owed(&self, _: &Job, _: Timestamp) -> Result<Owed, StoreError> {
        Ok(Owed::default())
    }

    async fn owed_after(&self, _: &Pending, _: Timestamp) -> Result<Vec<Delivery>, StoreError> {
        Ok(vec![delivery(9)])
    }
}

/// What waits for others is discharged when the last of them has ended, and once.
pub async fn what_is_pending_is_owed_once_others_have_ended(store: Shared) {
    let batch = Batch {
        tenant: tenant_id(1),
        id: BatchId::from_random([1; 16]),
        group: Some("summer".parse().unwrap()),
        jobs: vec![job_id(1), job_id(2)],
        callback: None,
        created_at: at(1),
    };
    let submission = Submission {
        more: vec![template_job(2)],
        records: vec![batch.record(), batch.pending().record()],
        ..Submission::of(template_job(1))
    };
    assert_eq!(store.insert_jobs(&submission).await.unwrap(), Inserted::New);
    let id = batch.id.to_string();
    assert_eq!(
        store.get::<Batch>(tenant_id(1), &id).await.unwrap(),
        Some(batch.clone())
    );
    let pending = PendingSteps::new(Arc::clone(&store), Arc::new(OneDelivery));
    let steps = job_steps(&store);
    assert_eq!(pending.sweep(at(10)).await.unwrap(), 0);
    steps.cancel(tenant_id(1), job_id(1), at(11)).await.unwrap();
    assert_eq!(pending.sweep(at(12)).await.unwrap(), 0);
    steps.cancel(tenant_id(1), job_id(2), at(13)).await.unwrap();
    let both = join(pending.sweep(at(14)), pending.sweep(at(14))).await;
    assert_eq!(both.0.unwrap() + both.1.unwrap(), 1);
    let owed = store.delivery(tenant_id(1), delivery_id(9)).await.unwrap();
    assert_eq!(owed, Some(delivery(9)));
    assert_eq!(pending.sweep(at(15)).await.unwrap(), 0);

    // The same of what waits for deliveries.
    let waiting = Pending {
        tenant: tenant_id(1),
        then: Then::TellOfJob(job_id(1)),
        after: After::Deliveries(vec![delivery_id(9)]),
        created_at: at(16),
    };
    store.insert(&waiting).await.unwrap();
    let id = waiting.record().id;
    assert_eq!(
        store.get::<Pending>(tenant_id(1), &id).await.unwrap(),
        Some(waiting)
    );
    assert_eq!(pending.sweep(at(17)).await.unwrap(), 0);
}
