//! The rules by which couriers and carriers share a store of deliveries, each with a line of their own.

use std::sync::Arc;

use marquetry_job::{DeliveryEvent, Jitter, Timestamp};
use marquetry_model::{Carriage, Delivery, DeliveryId};

use super::sample::{LEASE, at, delivery, delivery_id, delivery_steps, file, job_id, tenant_id, worker};
use crate::{Change, Changes, Reported, Store};

type Shared = Arc<dyn Store>;

fn ids(deliveries: &[Delivery]) -> Vec<DeliveryId> {
    deliveries.iter().map(|delivery| delivery.id).collect()
}

/// Messages with odd numbers and files with even ones.
async fn both(store: &Shared, most: u64) {
    for n in 1..=most {
        let one = if n.is_multiple_of(2) { file(n) } else { delivery(n) };
        store.insert_delivery(&one).await.unwrap();
    }
}

/// What is due, when the next is due, and what is taken of it is told for one carriage at a time.
pub async fn each_carriage_has_a_line_of_its_own(store: Shared) {
    both(&store, 6).await;
    let due = store
        .due_deliveries(Carriage::File, at(9).into(), 2, &[])
        .await
        .unwrap();
    assert_eq!(ids(&due), [2, 4].map(delivery_id));
    assert_eq!(due[0], file(2));
    let due = store
        .due_deliveries(Carriage::Message, at(9).into(), 9, &[])
        .await
        .unwrap();
    assert_eq!(ids(&due), [1, 3, 5].map(delivery_id));
    let full = [file(2).lane()];
    assert!(
        store
            .due_deliveries(Carriage::File, at(9).into(), 9, &full)
            .await
            .unwrap()
            .is_empty()
    );
    for (carriage, earliest) in [(Carriage::Message, 1), (Carriage::File, 2)] {
        let next = store
            .next_due_delivery(carriage, Timestamp::MIN, &[])
            .await
            .unwrap();
        assert_eq!(next, Some(at(earliest)), "{carriage:?}");
    }

    let steps = delivery_steps(&store);
    let claimed = steps
        .claim(Carriage::File, worker(1), at(9), LEASE, 9, &[])
        .await
        .unwrap();
    assert_eq!(ids(&claimed), [2, 4, 6].map(delivery_id));
    let claimed = steps
        .claim(Carriage::Message, worker(2), at(9), LEASE, 1, &[])
        .await
        .unwrap();
    assert_eq!(ids(&claimed), [delivery_id(1)]);
    assert_eq!(
        store
            .next_due_delivery(Carriage::File, Timestamp::MIN, &[])
            .await
            .unwrap(),
        Some(at(9) + LEASE)
    );
}

/// Couriers and carriers that begin free what the dead of their own kind held, and nothing else.
pub async fn recovery_of_one_carriage_leaves_the_other_alone(store: Shared) {
    both(&store, 4).await;
    let steps = delivery_steps(&store);
    for carriage in Carriage::ALL {
        let claimed = steps
            .claim(carriage, worker(1), at(9), LEASE, 9, &[])
            .await
            .unwrap();
        assert_eq!(claimed.len(), 2);
    }
    assert_eq!(steps.recover(Carriage::Message, at(10)).await.unwrap(), 2);
    let held = store.held_deliveries(Carriage::File, None, 9).await.unwrap();
    assert_eq!(ids(&held), [2, 4].map(delivery_id));
    assert!(
        store
            .held_deliveries(Carriage::Message, None, 9)
            .await
            .unwrap()
            .is_empty()
    );
    assert_eq!(steps.recover(Carriage::File, at(10)).await.unwrap(), 2);
    assert!(
        store
            .held_deliveries(Carriage::File, None, 9)
            .await
            .unwrap()
            .is_empty()
    );
}

/// Whoever waits for the end of a file's delivery hears of it; of the end of a message nobody does.
pub async fn the_end_of_a_file_is_told(store: Shared) {
    both(&store, 2).await;
    let steps = delivery_steps(&store);
    let message = steps
        .claim(Carriage::Message, worker(1), at(9), LEASE, 9, &[])
        .await
        .unwrap();
    let parcel = steps
        .claim(Carriage::File, worker(1), at(9), LEASE, 9, &[])
        .await
        .unwrap();
    let mut changes: Changes = store.changes();
    for one in [&message[0], &parcel[0]] {
        let by = one.state.hold().unwrap();
        let taken = DeliveryEvent::Accepted { by };
        let told = steps
            .report_held(one, taken, None, at(10), Jitter::MIDDLE)
            .await
            .unwrap();
        assert!(matches!(told, Reported::Written(_)), "{told:?}");
    }
    assert_eq!(changes.next().await, Some(Change::Sent(tenant_id(1), job_id(2))));
}
