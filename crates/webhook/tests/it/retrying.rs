//! Try after try: the schedule, what stays the same and what is new, disabled and removed endpoints.

use std::time::Duration;

use marquetry_job::{DeathCause, DeliverySchedule, DeliveryState, Timestamp};
use marquetry_model::Delivery;
use marquetry_store::{Clock as _, DeliverySteps, Reported};
use marquetry_testkit::catcher::{Answer, Catcher};

use crate::stage::{PATIENCE, Stage, start, tenant};

fn due(delivery: &Delivery) -> Timestamp {
    match delivery.state {
        DeliveryState::Pending { due, .. } => due,
        ref other => panic!("not pending: {other:?}"),
    }
}

#[tokio::test]
async fn the_second_try_has_the_same_id_and_body_and_a_new_signature() {
    let (stage, catcher) = (Stage::new(), Catcher::start().await);
    catcher.answer_in_turn([Answer::ok("oh dear").with_status(500), Answer::status(200)]);
    let endpoint = stage.endpoint(1, catcher.url("/")).await;
    let id = stage.owe(1, &endpoint).await;
    let courier = start(stage.courier());

    let failed = stage.until_tried(id, 1).await;
    stage.assert_signed(&catcher.caught()[0]);
    stage.time.set(due(&failed));
    let delivery = stage.until_delivered(id).await;
    let caught = catcher.wait_for(2, PATIENCE).await.unwrap();
    stage.assert_signed(&caught[1]);

    assert_eq!(caught[0].body, caught[1].body);
    let both = |name| (caught[0].header(name), caught[1].header(name));
    let (first, second) = both("x-sudomock-delivery");
    assert!(first.is_some() && first == second);
    for name in ["x-sudomock-timestamp", "x-sudomock-signature"] {
        let (first, second) = both(name);
        assert_ne!(first, second, "{name}");
    }
    let statuses: Vec<_> = delivery.tries.iter().map(|tried| tried.status).collect();
    assert_eq!(statuses, [Some(500), Some(200)]);
    let attempts = stage.attempts(id).await;
    assert_eq!(attempts[1].answer, "oh dear");
    courier.stop().await;
}

#[tokio::test]
async fn ten_tries_over_three_days_and_then_it_is_dead() {
    let (stage, catcher) = (Stage::new(), Catcher::start().await);
    catcher.answer_always(Answer::status(500));
    let endpoint = stage.endpoint(1, catcher.url("/")).await;
    let id = stage.owe(1, &endpoint).await;
    let began = stage.time.now();
    let courier = start(stage.courier());

    let waits = DeliverySchedule::default().waits;
    assert_eq!(waits.len(), 10);
    for (made, planned) in (1..).zip(&waits[1..]) {
        let delivery = stage.until_tried(id, made).await;
        let wait = due(&delivery).since(delivery.updated_at);
        let (least, most) = (planned.mul_f64(0.8), planned.mul_f64(1.2));
        assert!(
            wait >= least && wait <= most,
            "{wait:?} after try {made}, planned {planned:?}"
        );
        // A microsecond early is too early, which the count at the end would show.
        stage.time.set(due(&delivery) - Duration::from_micros(1));
        tokio::time::sleep(Duration::from_millis(15)).await;
        assert_eq!(stage.read(id).await.tries.len(), made);
        stage.time.set(due(&delivery));
    }
    let delivery = stage.until(id, |d| d.state.is_terminal()).await;
    assert!(matches!(
        delivery.state,
        DeliveryState::Dead {
            cause: DeathCause::Exhausted,
            ..
        }
    ));
    assert_eq!(delivery.tries.len(), 10);
    let whole: Duration = waits.iter().sum();
    assert_eq!(whole, Duration::from_secs(75 * 3600 + 35 * 60 + 5));
    let lasted = stage.time.now().since(began);
    assert!(
        lasted > whole.mul_f64(0.8) && lasted < whole.mul_f64(1.2),
        "{lasted:?}"
    );

    stage.time.advance(Duration::from_secs(1_000_000));
    courier.stop().await;
    assert_eq!(catcher.caught().len(), 10);
}

#[tokio::test]
async fn retry_after_is_kept_between_the_planned_wait_and_twice_that() {
    let (stage, catcher) = (Stage::new(), Catcher::start().await);
    let endpoint = stage.endpoint(1, catcher.url("/")).await;
    let courier = start(stage.courier());
    // The planned wait after the first try is five seconds.
    for (number, status, asked, granted) in [(1, 429, "7", 7), (2, 503, "86400", 10), (3, 503, "0", 5)] {
        catcher.answer_in_turn([Answer::status(status).header("retry-after", asked)]);
        let id = stage.owe(number, &endpoint).await;
        let delivery = stage.until_tried(id, 1).await;
        let wait = due(&delivery).since(delivery.updated_at);
        assert_eq!(wait, Duration::from_secs(granted), "{status} {asked}");
        stage.time.set(due(&delivery));
        stage.until_delivered(id).await;
    }
    courier.stop().await;
}

#[tokio::test]
async fn a_replay_sends_the_same_once_more() {
    let (stage, catcher) = (Stage::new(), Catcher::start().await);
    let endpoint = stage.endpoint(1, catcher.url("/")).await;
    let id = stage.owe(1, &endpoint).await;
    let courier = start(stage.courier());
    stage.until_delivered(id).await;

    stage.time.advance(Duration::from_secs(86_400));
    let steps = DeliverySteps::new(stage.store.clone(), DeliverySchedule::default());
    let replayed = steps.replay(tenant(), id, stage.time.now()).await.unwrap();
    assert!(matches!(replayed, Reported::Written(_)));
    stage.until_tried(id, 2).await;
    let caught = catcher.wait_for(2, PATIENCE).await.unwrap();
    stage.assert_signed(&caught[1]);
    assert_eq!(caught[0].body, caught[1].body);
    assert_eq!(
        caught[0].header("x-sudomock-delivery"),
        caught[1].header("x-sudomock-delivery")
    );
    courier.stop().await;
}

#[tokio::test]
async fn what_is_owed_to_a_disabled_endpoint_waits_until_it_is_enabled() {
    let (stage, catcher) = (Stage::new(), Catcher::start().await);
    let endpoint = stage.endpoint(1, catcher.url("/")).await;
    stage.set_enabled(endpoint.id, false).await;
    let ids = [stage.owe(1, &endpoint).await, stage.owe(2, &endpoint).await];
    let courier = start(stage.courier());
    let put_off = stage
        .until(ids[0], |delivery| {
            delivery.state.tally().starts == 1 && delivery.state.hold().is_none()
        })
        .await;
    assert_eq!(due(&put_off), stage.time.now() + Duration::from_secs(30));
    assert!(put_off.tries.is_empty(), "not a failed try");
    // The lane rests, so the second one is not even looked at.
    tokio::time::sleep(Duration::from_millis(30)).await;
    assert_eq!(stage.read(ids[1]).await.state.tally().starts, 0);

    stage.set_enabled(endpoint.id, true).await;
    assert_eq!(catcher.caught().len(), 0);
    stage.time.advance(Duration::from_secs(30));
    for id in ids {
        let delivery = stage.until_delivered(id).await;
        assert_eq!(delivery.tries.len(), 1);
    }
    courier.stop().await;
}

#[tokio::test]
async fn what_is_owed_to_a_removed_endpoint_is_given_up() {
    let (stage, catcher) = (Stage::new(), Catcher::start().await);
    let endpoint = stage.endpoint(1, catcher.url("/")).await;
    let id = stage.owe(1, &endpoint).await;
    assert!(stage.store.delete_endpoint(tenant(), endpoint.id).await.unwrap());
    let courier = start(stage.courier());
    let delivery = stage.until(id, |d| d.state.is_terminal()).await;
    assert!(matches!(
        delivery.state,
        DeliveryState::Dead {
            cause: DeathCause::EndpointRemoved,
            ..
        }
    ));
    assert!(delivery.tries.is_empty());
    courier.stop().await;
    assert_eq!(catcher.caught().len(), 0);
}
