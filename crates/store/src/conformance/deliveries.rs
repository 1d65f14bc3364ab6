//! The rules of a store of deliveries.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use marquetry_job::{DeliveryEvent, DeliverySchedule, DeliveryShown, DeliveryState, Jitter, Timestamp};
use marquetry_model::{
    Callback, Carriage, Delivery, DeliveryId, DialectName, EventType, Lane, Target, Version,
};

use super::sample::{
    LEASE, at, attempt, delivery, delivery_id, delivery_steps, dialect, endpoint_id, render_job, tenant_id,
    worker,
};
use crate::{
    Change, DeliveryFilter, DeliverySteps, DeliverySwap, Reported, Schedules, Store, StoreError, Swap, Window,
};

type Shared = Arc<dyn Store>;

async fn insert(store: &Shared, delivery: &Delivery) {
    store.insert_delivery(delivery).await.unwrap();
}

async fn reload(store: &Shared, n: u64) -> Delivery {
    store
        .delivery(tenant_id(1), delivery_id(n))
        .await
        .unwrap()
        .unwrap()
}

fn ids(deliveries: &[Delivery]) -> Vec<DeliveryId> {
    deliveries.iter().map(|delivery| delivery.id).collect()
}

fn once(n: u64, url: &str) -> Delivery {
    let callback = Callback {
        url: url.into(),
        secret: None,
        dialect: dialect(),
    };
    Delivery {
        target: Target::Callback(callback),
        ..delivery(n)
    }
}

/// What was inserted comes back equal, field by field, bytes of any value in the body included.
pub async fn a_delivery_reads_back_whole(store: Shared) {
    let odd = Delivery {
        body: (0..=255).collect::<Vec<u8>>().into(),
        ..once(2, "https://example.com/x")
    };
    for one in [delivery(1), odd] {
        insert(&store, &one).await;
        assert_eq!(store.delivery(one.tenant, one.id).await.unwrap(), Some(one));
    }
}

/// A second delivery under one id is refused.
pub async fn an_id_is_taken_once(store: Shared) {
    insert(&store, &delivery(1)).await;
    let error = store
        .insert_delivery(&once(1, "https://example.com"))
        .await
        .unwrap_err();
    assert!(
        matches!(error, StoreError::Duplicate { what: "delivery" }),
        "{error:?}"
    );
    assert_eq!(reload(&store, 1).await, delivery(1));
}

/// Reading, listing and swapping under another tenant's name finds nothing.
pub async fn other_tenants_see_nothing(store: Shared) {
    insert(&store, &delivery(1)).await;
    let stranger = tenant_id(2);
    assert_eq!(store.delivery(stranger, delivery_id(1)).await.unwrap(), None);
    let page = store
        .list_deliveries(stranger, &DeliveryFilter::default(), None, 9)
        .await
        .unwrap();
    assert!(page.items.is_empty());
    let stolen = Delivery {
        tenant: stranger,
        ..delivery(1)
    };
    assert_eq!(
        store
            .replace_delivery(Version::FIRST, &stolen, Some(&attempt(1)))
            .await
            .unwrap(),
        Swap::Missing
    );
    let replay = delivery_steps(&store)
        .replay(stranger, delivery_id(1), at(5))
        .await
        .unwrap();
    assert_eq!(replay, Reported::Missing);
}

/// The longest due comes first, and nothing before its moment.
pub async fn the_longest_due_is_sent_first(store: Shared) {
    for n in [3, 1, 4, 2] {
        insert(&store, &delivery(n)).await;
    }
    assert_eq!(
        ids(&store
            .due_deliveries(Carriage::Message, at(3).into(), 2, &[])
            .await
            .unwrap()),
        [1, 2].map(delivery_id)
    );
    assert_eq!(
        ids(&store
            .due_deliveries(Carriage::Message, at(3).into(), 9, &[])
            .await
            .unwrap()),
        [1, 2, 3].map(delivery_id)
    );
    assert_eq!(
        store
            .next_due_delivery(Carriage::Message, Timestamp::MIN, &[])
            .await
            .unwrap(),
        Some(at(1))
    );
}

/// What is owed to a lane that is full is left out, for finding and for waiting.
pub async fn full_lanes_are_passed_over(store: Shared) {
    let other = Delivery {
        target: Target::Endpoint(endpoint_id(2)),
        ..delivery(3)
    };
    let host = once(2, "https://slow.example.com/a");
    for one in [&delivery(1), &host, &other] {
        insert(&store, one).await;
    }
    let (first, slow) = (delivery(1).lane(), host.lane());
    let due = store
        .due_deliveries(Carriage::Message, at(9).into(), 9, std::slice::from_ref(&first))
        .await
        .unwrap();
    assert_eq!(ids(&due), [2, 3].map(delivery_id));
    let full = [first, slow];
    assert_eq!(
        ids(&store
            .due_deliveries(Carriage::Message, at(9).into(), 9, &full)
            .await
            .unwrap()),
        [delivery_id(3)]
    );
    assert_eq!(
        store
            .next_due_delivery(Carriage::Message, Timestamp::MIN, &full)
            .await
            .unwrap(),
        Some(at(3))
    );
    let all = [full.as_slice(), &[other.lane()]].concat();
    assert_eq!(
        store
            .next_due_delivery(Carriage::Message, Timestamp::MIN, &all)
            .await
            .unwrap(),
        None
    );
}

/// What is due before the window is left out, the lanes that are left out besides, and both of its ends belong to it.
pub async fn what_is_due_before_a_window_is_passed_over(store: Shared) {
    let other = Delivery {
        target: Target::Endpoint(endpoint_id(2)),
        ..delivery(3)
    };
    for one in [&delivery(1), &delivery(2), &other, &delivery(4), &delivery(5)] {
        insert(&store, one).await;
    }
    let window = |from, until| Window {
        from: at(from),
        until: at(until),
    };
    let due = |window, except| due_ids(&store, window, except);
    assert_eq!(due(window(2, 4), Vec::new()).await, [2, 3, 4].map(delivery_id));
    assert_eq!(
        due(window(2, 4), vec![other.lane()]).await,
        [2, 4].map(delivery_id)
    );
    assert_eq!(due(window(3, 3), Vec::new()).await, [delivery_id(3)]);
    assert_eq!(due(window(4, 3), Vec::new()).await, []);
    assert_eq!(
        due(at(2).into(), Vec::new()).await,
        [1, 2].map(delivery_id),
        "a moment is all until then"
    );
    let next = |from, except: Vec<Lane>| due_from(&store, at(from), except);
    assert_eq!(next(2, Vec::new()).await, Some(at(2)));
    assert_eq!(next(3, vec![other.lane()]).await, Some(at(4)));
    assert_eq!(next(6, Vec::new()).await, None);
}

async fn due_ids(store: &Shared, window: Window, except: Vec<Lane>) -> Vec<DeliveryId> {
    let due = store.due_deliveries(Carriage::Message, window, 9, &except).await;
    ids(&due.unwrap())
}

async fn due_from(store: &Shared, from: Timestamp, except: Vec<Lane>) -> Option<Timestamp> {
    let next = store.next_due_delivery(Carriage::Message, from, &except).await;
    next.unwrap()
}

/// Couriers that grab at once share the deliveries out.
pub async fn two_couriers_never_hold_one_delivery(store: Shared) {
    for n in 0..30 {
        insert(&store, &delivery(n)).await;
    }
    let claims = (1..=3).map(|n| {
        let steps = delivery_steps(&store);
        tokio::spawn(async move {
            let mut taken = Vec::new();
            loop {
                let more = steps
                    .claim(Carriage::Message, worker(n), at(100), LEASE, 4, &[])
                    .await
                    .unwrap();
                if more.is_empty() {
                    return taken;
                }
                taken.extend(more);
            }
        })
    });
    let mut seen = BTreeSet::new();
    for claim in claims.collect::<Vec<_>>() {
        for one in claim.await.unwrap() {
            assert!(seen.insert(one.id), "{} was claimed twice", one.id);
        }
    }
    assert_eq!(seen.len(), 30);
}

/// Who was shown an older version swaps nothing.
pub async fn a_moved_version_is_refused(store: Shared) {
    insert(&store, &delivery(1)).await;
    let state = DeliveryState::Pending {
        tally: marquetry_job::Tally::NEW,
        due: at(50),
    };
    let moved = delivery(1).stepped(state, None, at(5));
    assert_eq!(
        store
            .replace_delivery(Version::FIRST, &moved, None)
            .await
            .unwrap(),
        Swap::Swapped
    );
    assert_eq!(
        store
            .replace_delivery(Version::FIRST, &moved, Some(&attempt(1)))
            .await
            .unwrap(),
        Swap::Moved
    );
    let tenant = tenant_id(1);
    let attempts = store.delivery_attempts(tenant, delivery_id(1), None, 9).await;
    assert_eq!(attempts.unwrap(), [], "what was refused leaves no try behind");
    assert_eq!(reload(&store, 1).await, moved);
    assert_eq!(
        store
            .replace_delivery(Version::FIRST, &delivery(2), None)
            .await
            .unwrap(),
        Swap::Missing
    );
}

/// A refused try is remembered, and the next one waits as the schedule says.
pub async fn a_refused_delivery_comes_back_after_its_wait(store: Shared) {
    insert(&store, &delivery(1)).await;
    let steps = delivery_steps(&store);
    let by = steps
        .claim(Carriage::Message, worker(1), at(1), LEASE, 1, &[])
        .await
        .unwrap()[0]
        .state
        .hold()
        .unwrap();
    let tried = attempt(1);
    let refused = DeliveryEvent::Refused {
        by,
        retry_after: None,
    };
    let (tenant, id) = (tenant_id(1), delivery_id(1));
    let reported = steps
        .report(tenant, id, refused, Some(&tried), at(2), Jitter::MIDDLE)
        .await
        .unwrap();
    let Reported::Written(written) = reported else {
        panic!("the holder was refused")
    };
    assert_eq!(reload(&store, 1).await, written);
    assert_eq!(
        (written.tries, written.state.shown()),
        (vec![tried.tried], DeliveryShown::Failed)
    );
    assert!(
        store
            .due_deliveries(Carriage::Message, at(6).into(), 9, &[])
            .await
            .unwrap()
            .is_empty()
    );
    assert_eq!(
        store
            .due_deliveries(Carriage::Message, at(7).into(), 9, &[])
            .await
            .unwrap()
            .len(),
        1
    );
}

/// Refuses delivery `n` once, at `now`, and remembers the try as `attempt(number)`.
async fn refuse(store: &Shared, n: u64, number: u32, now: Timestamp) {
    let steps = delivery_steps(store);
    let claimed = steps
        .claim(Carriage::Message, worker(1), now, LEASE, 1, &[])
        .await
        .unwrap();
    assert_eq!(ids(&claimed), [delivery_id(n)]);
    let by = claimed[0].state.hold().unwrap();
    let event = DeliveryEvent::Refused {
        by,
        retry_after: None,
    };
    let (tenant, id) = (tenant_id(1), delivery_id(n));
    let reported = steps
        .report(tenant, id, event, Some(&attempt(number)), now, Jitter::MIDDLE)
        .await;
    assert!(matches!(reported, Ok(Reported::Written(_))), "{reported:?}");
}

/// Every try comes back whole, the latest first, a page at a time, and to its tenant only.
pub async fn a_try_is_remembered_beside_its_delivery(store: Shared) {
    insert(&store, &delivery(1)).await;
    for (number, now) in [(1, at(1)), (2, at(100)), (3, at(1_000))] {
        refuse(&store, 1, number, now).await;
    }
    let (tenant, id) = (tenant_id(1), delivery_id(1));
    let page = |before, limit| store.delivery_attempts(tenant, id, before, limit);
    assert_eq!(page(None, 9).await.unwrap(), [3, 2, 1].map(attempt));
    assert_eq!(page(None, 1).await.unwrap(), [attempt(3)]);
    assert_eq!(page(Some(3), 9).await.unwrap(), [2, 1].map(attempt));
    assert_eq!(page(Some(1), 9).await.unwrap(), []);
    let others = store.delivery_attempts(tenant_id(2), id, None, 9).await.unwrap();
    assert_eq!(others, []);
    let unknown = store.delivery_attempts(tenant, delivery_id(2), None, 9).await;
    assert_eq!(unknown.unwrap(), []);
}

/// Tries go by their own age while their delivery stays; and with their delivery.
pub async fn old_tries_are_forgotten_by_age(store: Shared) {
    insert(&store, &delivery(1)).await;
    for (number, now) in [(1, at(1)), (2, at(100)), (3, at(1_000))] {
        refuse(&store, 1, number, now).await;
    }
    let (tenant, id) = (tenant_id(1), delivery_id(1));
    assert_eq!(store.forget_attempts(at(0), 9).await.unwrap(), 0);
    assert_eq!(store.forget_attempts(at(2), 1).await.unwrap(), 1);
    let left = store.delivery_attempts(tenant, id, None, 9).await.unwrap();
    assert_eq!(left, [3, 2].map(attempt));
    assert_eq!(
        reload(&store, 1).await.tries.len(),
        3,
        "in short it knows them all"
    );

    let steps = delivery_steps(&store);
    let claimed = steps
        .claim(Carriage::Message, worker(1), at(9_999), LEASE, 1, &[])
        .await
        .unwrap();
    let by = claimed[0].state.hold().unwrap();
    let gone = DeliveryEvent::Gone { by };
    let reported = steps
        .report(tenant, id, gone, None, at(9_999), Jitter::MIDDLE)
        .await;
    assert!(matches!(reported, Ok(Reported::Written(_))));
    assert_eq!(store.forget_deliveries(at(9_999), 9).await.unwrap(), 1);
    assert_eq!(
        store.forget_attempts(at(9_999), 9).await.unwrap(),
        0,
        "they went with it"
    );
}

/// A dialect with a schedule of its own is tried by that, any other by the usual one.
pub async fn a_schedule_belongs_to_its_dialect(store: Shared) {
    let brief = DialectName::new("brief").unwrap();
    let once = DeliverySchedule {
        waits: vec![Duration::ZERO],
        ..DeliverySchedule::default()
    };
    let schedules = Schedules::default().with(brief.clone(), once);
    let steps = DeliverySteps::new(Arc::clone(&store), schedules);
    insert(&store, &delivery(1)).await;
    let other = Delivery {
        dialect: brief,
        ..delivery(2)
    };
    insert(&store, &other).await;
    for one in steps
        .claim(Carriage::Message, worker(1), at(9), LEASE, 2, &[])
        .await
        .unwrap()
    {
        let by = one.state.hold().unwrap();
        let event = DeliveryEvent::Refused {
            by,
            retry_after: None,
        };
        let reported = steps
            .report(one.tenant, one.id, event, None, at(9), Jitter::MIDDLE)
            .await;
        assert!(matches!(reported, Ok(Reported::Written(_))));
    }
    assert_eq!(reload(&store, 1).await.state.shown(), DeliveryShown::Failed);
    assert_eq!(reload(&store, 2).await.state.shown(), DeliveryShown::Dead);
}

/// A delivery whose courier fell silent is claimed by another, and the first is fenced off.
pub async fn a_lapsed_lease_is_found_again(store: Shared) {
    insert(&store, &delivery(1)).await;
    let steps = delivery_steps(&store);
    let old = steps
        .claim(Carriage::Message, worker(1), at(1), LEASE, 1, &[])
        .await
        .unwrap()[0]
        .state
        .hold()
        .unwrap();
    assert!(
        steps
            .claim(Carriage::Message, worker(2), at(15), LEASE, 1, &[])
            .await
            .unwrap()
            .is_empty()
    );
    assert_eq!(
        steps
            .claim(Carriage::Message, worker(2), at(16), LEASE, 1, &[])
            .await
            .unwrap()
            .len(),
        1
    );
    let late = DeliveryEvent::Accepted { by: old };
    let late = steps
        .report(tenant_id(1), delivery_id(1), late, None, at(17), Jitter::MIDDLE)
        .await
        .unwrap();
    assert!(matches!(late, Reported::Refused(_)), "{late:?}");
}

/// After recovery what was being sent can be claimed at once.
pub async fn recovery_frees_what_dead_couriers_held(store: Shared) {
    for n in 1..=3 {
        insert(&store, &delivery(n)).await;
    }
    let steps = delivery_steps(&store);
    assert_eq!(
        steps
            .claim(Carriage::Message, worker(1), at(3), LEASE, 2, &[])
            .await
            .unwrap()
            .len(),
        2
    );
    let held = store.held_deliveries(Carriage::Message, None, 9).await.unwrap();
    assert_eq!(ids(&held), [1, 2].map(delivery_id));
    assert_eq!(
        ids(&store
            .held_deliveries(Carriage::Message, Some(delivery_id(1)), 9)
            .await
            .unwrap()),
        [delivery_id(2)]
    );
    assert_eq!(steps.recover(Carriage::Message, at(4)).await.unwrap(), 2);
    assert!(
        store
            .held_deliveries(Carriage::Message, None, 9)
            .await
            .unwrap()
            .is_empty()
    );
    assert_eq!(
        steps
            .claim(Carriage::Message, worker(2), at(4), LEASE, 9, &[])
            .await
            .unwrap()
            .len(),
        3
    );
}

/// Of deliveries that are swapped together, each is or is not as if it were alone, with the try that led there.
pub async fn each_of_many_deliveries_stands_for_itself(store: Shared) {
    for n in 1..=4 {
        insert(&store, &delivery(n)).await;
    }
    let ended = |n: u64, state: DeliveryState| DeliverySwap {
        expected: Version::FIRST,
        delivery: delivery(n).stepped(state, Some(attempt(1).tried), at(9)),
        tried: Some(attempt(1)),
    };
    let dead = || DeliveryState::withheld(at(9));
    let waits = || DeliveryState::owed(at(9), &DeliverySchedule::default());
    let late = DeliverySwap {
        expected: Version::FIRST.next(),
        ..ended(3, dead())
    };
    let mut strange = ended(4, dead());
    strange.delivery.tenant = tenant_id(2);
    let swaps = [
        ended(1, dead()),
        late,
        ended(5, waits()),
        strange,
        ended(2, waits()),
    ];
    let outcomes = store.replace_deliveries(&swaps).await;
    let wanted = [
        Swap::Swapped,
        Swap::Moved,
        Swap::Missing,
        Swap::Missing,
        Swap::Swapped,
    ];
    let outcomes: Vec<Swap> = outcomes.into_iter().map(Result::unwrap).collect();
    assert_eq!(outcomes, wanted);
    for (n, swap) in [(1, &swaps[0]), (2, &swaps[4])] {
        assert_eq!(reload(&store, n).await, swap.delivery);
        let tries = store
            .delivery_attempts(tenant_id(1), delivery_id(n), None, 9)
            .await;
        assert_eq!(tries.unwrap(), [attempt(1)]);
    }
    for n in [3, 4] {
        assert_eq!(reload(&store, n).await, delivery(n));
        let tries = store
            .delivery_attempts(tenant_id(1), delivery_id(n), None, 9)
            .await;
        assert_eq!(tries.unwrap(), []);
    }

    // One that has ended is owed once more beside one that ends.
    let again = DeliverySwap {
        expected: swaps[0].delivery.version,
        delivery: swaps[0].delivery.clone().stepped(waits(), None, at(10)),
        tried: None,
    };
    let swaps = [again, ended(3, dead())];
    let outcomes = store.replace_deliveries(&swaps).await;
    assert!(
        outcomes
            .iter()
            .all(|outcome| matches!(outcome, Ok(Swap::Swapped))),
        "{outcomes:?}"
    );
    assert_eq!(reload(&store, 1).await, swaps[0].delivery);
    let due = store
        .due_deliveries(Carriage::Message, at(9).into(), 9, &[])
        .await;
    assert_eq!(
        ids(&due.unwrap()),
        [delivery_id(4), delivery_id(1), delivery_id(2)]
    );
}

/// What was taken by its receiver is not sent again, unless somebody asks.
pub async fn a_delivered_one_is_due_no_more_until_replayed(store: Shared) {
    insert(&store, &delivery(1)).await;
    let steps = delivery_steps(&store);
    let by = steps
        .claim(Carriage::Message, worker(1), at(1), LEASE, 1, &[])
        .await
        .unwrap()[0]
        .state
        .hold()
        .unwrap();
    let (tenant, id) = (tenant_id(1), delivery_id(1));
    let accepted = DeliveryEvent::Accepted { by };
    steps
        .report(tenant, id, accepted, None, at(2), Jitter::MIDDLE)
        .await
        .unwrap();
    assert!(
        store
            .due_deliveries(Carriage::Message, Timestamp::MAX.into(), 9, &[])
            .await
            .unwrap()
            .is_empty()
    );
    assert_eq!(
        store
            .next_due_delivery(Carriage::Message, Timestamp::MIN, &[])
            .await
            .unwrap(),
        None
    );
    assert!(matches!(
        steps.replay(tenant, id, at(9)).await.unwrap(),
        Reported::Written(_)
    ));
    let due = store
        .due_deliveries(Carriage::Message, at(9).into(), 9, &[])
        .await
        .unwrap();
    assert_eq!((ids(&due), due[0].body.clone()), (vec![id], delivery(1).body));
}

/// By endpoint, by what shows, by event.
pub async fn filters_narrow_the_list(store: Shared) {
    let failed = Delivery {
        event: EventType::RenderFailed,
        ..delivery(2)
    };
    let elsewhere = Delivery {
        target: Target::Endpoint(endpoint_id(2)),
        ..delivery(3)
    };
    for one in [&delivery(1), &failed, &elsewhere, &once(4, "https://example.com")] {
        insert(&store, one).await;
    }
    let steps = delivery_steps(&store);
    let by = steps
        .claim(Carriage::Message, worker(1), at(1), LEASE, 1, &[])
        .await
        .unwrap()[0]
        .state
        .hold()
        .unwrap();
    let accepted = DeliveryEvent::Accepted { by };
    steps
        .report(
            tenant_id(1),
            delivery_id(1),
            accepted,
            None,
            at(2),
            Jitter::MIDDLE,
        )
        .await
        .unwrap();
    let list = async |filter: DeliveryFilter| {
        ids(&store
            .list_deliveries(tenant_id(1), &filter, None, 9)
            .await
            .unwrap()
            .items)
    };
    let all = DeliveryFilter::default();
    assert_eq!(list(all.clone()).await, [4, 3, 2, 1].map(delivery_id));
    let endpoint = Some(endpoint_id(1));
    assert_eq!(
        list(DeliveryFilter {
            endpoint,
            ..all.clone()
        })
        .await,
        [2, 1].map(delivery_id)
    );
    let shown = Some(DeliveryShown::Delivered);
    assert_eq!(
        list(DeliveryFilter { shown, ..all.clone() }).await,
        [delivery_id(1)]
    );
    let event = Some(EventType::RenderFailed);
    assert_eq!(
        list(DeliveryFilter { event, ..all.clone() }).await,
        [delivery_id(2)]
    );
    let since = Some(at(3));
    assert_eq!(
        list(DeliveryFilter { since, ..all }).await,
        [4, 3].map(delivery_id)
    );
    assert!(
        list(DeliveryFilter {
            event,
            endpoint,
            shown,
            since: None
        })
        .await
        .is_empty()
    );
}

/// Newest first; what is inserted while somebody turns pages shifts none of them.
pub async fn cursor_pages_do_not_shift(store: Shared) {
    for n in 1..=4 {
        insert(&store, &delivery(n)).await;
    }
    let all = DeliveryFilter::default();
    let first = store.list_deliveries(tenant_id(1), &all, None, 3).await.unwrap();
    insert(&store, &delivery(9)).await;
    let second = store
        .list_deliveries(tenant_id(1), &all, first.next, 3)
        .await
        .unwrap();
    assert_eq!(
        ids(&[first.items, second.items].concat()),
        [4, 3, 2, 1].map(delivery_id)
    );
    assert_eq!(second.next, None);
}

/// Old deliveries that have ended are forgotten, and none that is still to be sent.
pub async fn ended_deliveries_are_forgotten_by_age(store: Shared) {
    for n in 1..=4 {
        store.insert_delivery(&delivery(n)).await.unwrap();
    }
    let steps = delivery_steps(&store);
    let claimed = steps
        .claim(Carriage::Message, worker(1), at(9), LEASE, 2, &[])
        .await
        .unwrap();
    for one in &claimed {
        let by = one.state.hold().unwrap();
        let event = DeliveryEvent::Accepted { by };
        steps
            .report(one.tenant, one.id, event, None, at(9), Jitter::MIDDLE)
            .await
            .unwrap();
    }
    let ended: Vec<_> = claimed.iter().map(|one| one.id).collect();
    assert_eq!(ended, [1, 2].map(delivery_id));
    assert_eq!(store.forget_deliveries(at(1), 9).await.unwrap(), 1);
    assert_eq!(store.forget_deliveries(at(9), 9).await.unwrap(), 1);
    assert_eq!(store.forget_deliveries(at(9), 9).await.unwrap(), 0);
    let due = store
        .due_deliveries(Carriage::Message, at(99).into(), 9, &[])
        .await
        .unwrap();
    assert_eq!(
        due.iter().map(|one| one.id).collect::<Vec<_>>(),
        [3, 4].map(delivery_id)
    );
}

/// A holder reports on what it was shown; where somebody else has taken that meanwhile it is refused.
pub async fn a_holder_that_was_overtaken_reports_in_vain(store: Shared) {
    insert(&store, &delivery(1)).await;
    let steps = delivery_steps(&store);
    let claim = async |now| {
        steps
            .claim(Carriage::Message, worker(1), now, LEASE, 1, &[])
            .await
            .unwrap()
            .remove(0)
    };
    let first = claim(at(1)).await;
    let second = claim(at(1) + LEASE).await;
    let report = async |held: &Delivery| {
        let by = held.state.hold().unwrap();
        let event = DeliveryEvent::Accepted { by };
        let now = at(1) + LEASE;
        steps
            .report_held(held, event, None, now, Jitter::MIDDLE)
            .await
            .unwrap()
    };
    assert!(matches!(report(&first).await, Reported::Refused(_)));
    assert_eq!(reload(&store, 1).await, second);
    assert!(matches!(report(&second).await, Reported::Written(_)));
    assert!(reload(&store, 1).await.state.is_terminal());
}

/// A listener hears of new deliveries and of those that wait for another try, and of nothing else: that one was
/// claimed or has ended gives nobody a reason to look.
pub async fn changes_are_heard(store: Shared) {
    let mut changes = store.changes();
    let steps = delivery_steps(&store);
    insert(&store, &delivery(1)).await;
    assert_eq!(changes.next().await, Some(Change::Delivery));
    let claimed = steps
        .claim(Carriage::Message, worker(1), at(1), LEASE, 1, &[])
        .await
        .unwrap();
    let by = claimed[0].state.hold().unwrap();
    let handed_back = DeliveryEvent::HandedBack { by };
    let held = &claimed[0];
    steps
        .report_held(held, handed_back, None, at(2), Jitter::MIDDLE)
        .await
        .unwrap();
    assert_eq!(changes.next().await, Some(Change::Delivery));

    let claimed = steps
        .claim(Carriage::Message, worker(1), at(3), LEASE, 1, &[])
        .await
        .unwrap();
    let by = claimed[0].state.hold().unwrap();
    let accepted = DeliveryEvent::Accepted { by };
    steps
        .report_held(&claimed[0], accepted, None, at(4), Jitter::MIDDLE)
        .await
        .unwrap();
    assert!(store.insert_job(&render_job(1), None).await.is_ok());
    let next = changes.next().await;
    assert!(matches!(next, Some(Change::JobWaiting(_))), "{next:?}");
}
