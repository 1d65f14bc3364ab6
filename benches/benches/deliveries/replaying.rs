//! Everything to an endpoint that failed or is dead, sent once more: what was heard, and how often.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use marquetry_job::{DeliverySchedule, DeliveryShown};
use marquetry_model::{DeliveryId, EndpointId, TenantId};
use marquetry_service::Service;
use marquetry_store::{Cursor, DeliveryFilter, Store};
use marquetry_testkit::catcher::{Answer, Catcher};
use object_store::local::LocalFileSystem;

use super::owing::{Working, endpoint, owe, tenant};

const PATIENCE: Duration = Duration::from_secs(240);

/// Half of `count` deliveries die of the one try they have, half fail and would be tried again in an hour; then the
/// receiver is well, and its owner has all of them sent again.
///
/// # Panics
/// When one was not heard exactly once more, or was not the same.
pub(super) async fn replay(store: &Arc<dyn Store>, count: usize) -> String {
    let catcher = Catcher::start().await;
    catcher.answer_always(Answer::status(500));
    let to = endpoint(store, 0, format!("http://{}/", catcher.address()))
        .await
        .id;
    let tries = |waits: &[u64]| DeliverySchedule {
        waits: waits.iter().copied().map(Duration::from_secs).collect(),
        ..DeliverySchedule::default()
    };
    let mut owed = Vec::new();
    for (schedule, shown, numbers) in [
        (tries(&[0]), DeliveryShown::Dead, 0..count / 2),
        (tries(&[0, 3600]), DeliveryShown::Failed, count / 2..count),
    ] {
        let wanted = numbers.len();
        for number in numbers {
            owed.push(owe(store, number, to).await);
        }
        let courier = Working::with(store, |courier| {
            courier.schedule(schedule).per_lane(64).circuit_after(u32::MAX)
        });
        until_shown(store, to, shown, wanted).await;
        courier.stop().await;
    }
    let before = heard(&catcher, 0);
    assert_eq!(before.len(), count);

    catcher.answer_always(Answer::status(200));
    let folder = tempfile::tempdir().unwrap();
    let blobs = LocalFileSystem::new_with_prefix(folder.path()).unwrap();
    let service = Service::builder(Arc::clone(store), Arc::new(blobs))
        .build()
        .unwrap();
    let began = Instant::now();
    let replayed = service.replay_failed(tenant(), to, None).await.unwrap();
    let asked = began.elapsed();
    assert_eq!(replayed, count as u64);
    let courier = Working::with(store, |courier| courier.per_lane(64));
    until_shown(store, to, DeliveryShown::Delivered, count).await;
    let took = began.elapsed();
    courier.stop().await;

    // Nothing is owed any more, so that nothing more can come.
    let after = heard(&catcher, count);
    let (mut missing, mut twice, mut changed) = (0, 0, 0);
    for id in &owed {
        let id = id.to_string();
        match after.get(&id).map(Vec::as_slice) {
            None => missing += 1,
            Some([body]) => changed += usize::from(before.get(&id) != Some(&vec![body.clone()])),
            Some(_) => twice += 1,
        }
    }
    assert_eq!((after.len(), missing, twice, changed), (count, 0, 0, 0));
    format!(
        "{count} replays asked for in {:.1} s and heard after {:.1} s: each id exactly once more, with the same bytes; \
         {missing} missing, {twice} twice, {changed} changed",
        asked.as_secs_f64(),
        took.as_secs_f64(),
    )
}

/// What was heard after the first `skip` requests, by id.
fn heard(catcher: &Catcher, skip: usize) -> HashMap<String, Vec<Bytes>> {
    let mut heard: HashMap<String, Vec<Bytes>> = HashMap::new();
    for one in catcher.caught().into_iter().skip(skip) {
        let id = one.header("x-sudomock-delivery").unwrap_or_default().to_owned();
        heard.entry(id).or_default().push(one.body);
    }
    heard
}

/// Waits until so many are shown as that.
async fn until_shown(store: &Arc<dyn Store>, to: EndpointId, shown: DeliveryShown, wanted: usize) {
    let all_there = async {
        while ids(store, tenant(), to, shown).await.len() < wanted {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    if tokio::time::timeout(PATIENCE, all_there).await.is_err() {
        panic!("not all {wanted} came to be {shown:?} within {PATIENCE:?}");
    }
}

async fn ids(store: &Arc<dyn Store>, of: TenantId, to: EndpointId, shown: DeliveryShown) -> Vec<DeliveryId> {
    let filter = DeliveryFilter {
        endpoint: Some(to),
        shown: Some(shown),
        ..DeliveryFilter::default()
    };
    let (mut found, mut after): (Vec<DeliveryId>, Option<Cursor>) = (Vec::new(), None);
    loop {
        let page = store.list_deliveries(of, &filter, after, 1000).await.unwrap();
        found.extend(page.items.iter().map(|one| one.id));
        after = page.next;
        if after.is_none() {
            return found;
        }
    }
}
