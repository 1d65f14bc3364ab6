//! Couriers that stop, die and come back.

use std::time::Duration;

use marquetry_job::DeliveryState;
use marquetry_store::Ownership;
use marquetry_testkit::catcher::{Answer, Catcher};
use marquetry_webhook::CourierError;

use crate::stage::{PATIENCE, Stage, start};

#[tokio::test]
async fn a_retry_survives_a_restart() {
    let (stage, catcher) = (Stage::new(), Catcher::start().await);
    catcher.answer_in_turn([Answer::status(500)]);
    let endpoint = stage.endpoint(1, catcher.url("/")).await;
    let id = stage.owe(1, &endpoint).await;
    let first = start(stage.courier());
    stage.until_tried(id, 1).await;
    first.stop().await;

    stage.time.advance(Duration::from_secs(6));
    let second = start(stage.courier());
    let delivery = stage.until_delivered(id).await;
    assert_eq!(delivery.tries.len(), 2);
    let caught = catcher.caught();
    assert_eq!(caught[0].body, caught[1].body);
    second.stop().await;
}

/// Lets a courier die after the receiver took the message and before that is written down.
async fn die_between_send_and_record(stage: &Stage, catcher: &Catcher) -> marquetry_model::DeliveryId {
    catcher.answer_in_turn([Answer::hang()]);
    let endpoint = stage.endpoint(1, catcher.url("/")).await;
    let id = stage.owe(1, &endpoint).await;
    let courier = start(stage.courier());
    catcher.wait_for(1, PATIENCE).await.unwrap();
    courier.kill().await;
    let left = stage.read(id).await;
    assert!(matches!(left.state, DeliveryState::Sending { .. }) && left.tries.is_empty());
    id
}

async fn assert_sent_twice_alike(stage: &Stage, catcher: &Catcher) {
    let caught = catcher.wait_for(2, PATIENCE).await.unwrap();
    assert_eq!(caught[0].body, caught[1].body);
    assert_eq!(
        caught[0].header("x-sudomock-delivery"),
        caught[1].header("x-sudomock-delivery")
    );
    stage.assert_signed(&caught[1]);
}

#[tokio::test]
async fn a_sole_owner_sends_at_once_what_its_dead_forerunner_held() {
    let (stage, catcher) = (Stage::new(), Catcher::start().await);
    let id = die_between_send_and_record(&stage, &catcher).await;
    // The clock does not move: nothing but the knowledge that the holder is dead can free it.
    let courier = start(stage.courier().ownership(Ownership::Sole));
    let delivery = stage.until_delivered(id).await;
    assert_eq!(delivery.tries.len(), 1);
    assert_eq!(delivery.state.tally().crashes, 1);
    assert_sent_twice_alike(&stage, &catcher).await;
    courier.stop().await;
}

#[tokio::test]
async fn one_of_many_waits_until_the_lease_of_the_dead_has_lapsed() {
    let (stage, catcher) = (Stage::new(), Catcher::start().await);
    let id = die_between_send_and_record(&stage, &catcher).await;
    let courier = start(stage.courier());
    stage
        .time
        .advance(Duration::from_secs(45) - Duration::from_micros(1));
    tokio::time::sleep(Duration::from_millis(40)).await;
    assert_eq!(catcher.caught().len(), 1);
    stage.time.advance(Duration::from_micros(1));
    stage.until_delivered(id).await;
    assert_sent_twice_alike(&stage, &catcher).await;
    courier.stop().await;
}

#[tokio::test]
async fn a_shutdown_lets_what_is_under_way_end() {
    let (stage, catcher) = (Stage::new(), Catcher::start().await);
    catcher.answer_in_turn([Answer::status(200).after(Duration::from_millis(100))]);
    let endpoint = stage.endpoint(1, catcher.url("/")).await;
    let id = stage.owe(1, &endpoint).await;
    let courier = start(stage.courier());
    catcher.wait_for(1, PATIENCE).await.unwrap();
    let late = stage.owe(2, &endpoint).await;
    courier.stop().await;
    assert!(matches!(
        stage.read(id).await.state,
        DeliveryState::Delivered { .. }
    ));
    // The receiver had one slot, and nothing is claimed after the wish to stop.
    assert_eq!(stage.read(late).await.state.tally().starts, 0);
}

#[tokio::test]
async fn a_shutdown_hands_back_what_does_not_end_in_time() {
    let (stage, catcher) = (Stage::new(), Catcher::start().await);
    catcher.answer_in_turn([Answer::hang()]);
    let endpoint = stage.endpoint(1, catcher.url("/")).await;
    let id = stage.owe(1, &endpoint).await;
    let courier = start(stage.courier().grace(Duration::from_millis(50)));
    catcher.wait_for(1, PATIENCE).await.unwrap();
    courier.stop().await;
    let delivery = stage.read(id).await;
    assert!(matches!(delivery.state, DeliveryState::Pending { due, .. } if due <= delivery.updated_at));
    assert_eq!((delivery.tries.len(), delivery.state.tally().crashes), (0, 0));

    let next = start(stage.courier());
    stage.until_delivered(id).await;
    next.stop().await;
}

#[tokio::test]
async fn two_couriers_share_a_store_and_send_each_thing_once() {
    let (stage, catcher) = (Stage::new(), Catcher::start().await);
    let couriers = [start(stage.courier()), start(stage.courier())];
    let mut ids = Vec::new();
    for number in 1..=40 {
        let endpoint = stage.endpoint(number, catcher.url("/")).await;
        ids.push(stage.owe(number, &endpoint).await);
    }
    for id in ids {
        assert_eq!(stage.until_delivered(id).await.tries.len(), 1);
    }
    for courier in couriers {
        courier.stop().await;
    }
    assert_eq!(catcher.caught().len(), 40);
}

#[tokio::test]
async fn settings_that_make_no_sense_are_named() {
    let stage = Stage::new();
    let wrong = [
        (stage.courier().timeout(Duration::ZERO), "timeout"),
        (stage.courier().lease(Duration::from_secs(15)), "lease"),
        (stage.courier().per_lane(0), "per_lane"),
        (stage.courier().at_once(0), "at_once"),
        (stage.courier().poll(Duration::ZERO), "poll"),
        (stage.courier().rest(Duration::ZERO), "rest"),
    ];
    for (builder, named) in wrong {
        match builder.build() {
            Err(CourierError::Setting { setting, .. }) => assert_eq!(setting, named),
            other => panic!("{named}: {other:?}"),
        }
    }
}
