//! No receiver holds up another.

use std::time::Duration;

use marquetry_job::DeliveryState;
use marquetry_testkit::catcher::{Answer, Catcher};

use crate::stage::{PATIENCE, Stage, start};

#[tokio::test]
async fn an_endpoint_that_never_answers_delays_nobody_else() {
    let (stage, dead, alive) = (Stage::new(), Catcher::start().await, Catcher::start().await);
    dead.answer_always(Answer::hang());
    let (dead_end, good) = (
        stage.endpoint(1, dead.url("/")).await,
        stage.endpoint(2, alive.url("/")).await,
    );
    // The dead one's are all due first, and there are more of them than the courier has slots.
    let mut stuck = Vec::new();
    for number in 1..=20 {
        stuck.push(stage.owe(number, &dead_end).await);
    }
    stage.time.advance(Duration::from_secs(1));
    let mut fine = Vec::new();
    for number in 101..=110 {
        fine.push(stage.owe(number, &good).await);
    }
    let courier = start(stage.courier().at_once(4).grace(Duration::ZERO));
    for id in fine {
        stage.until_delivered(id).await;
    }
    dead.wait_for(1, PATIENCE).await.unwrap();
    let mut sending = 0;
    for id in stuck {
        let delivery = stage.read(id).await;
        assert!(delivery.tries.is_empty());
        sending += usize::from(matches!(delivery.state, DeliveryState::Sending { .. }));
    }
    assert_eq!(
        (sending, dead.caught().len()),
        (1, 1),
        "one at a time until it answers"
    );
    courier.stop().await;
}

#[tokio::test]
async fn more_dead_endpoints_than_slots_do_not_starve_the_living() {
    let (stage, dead, alive) = (Stage::new(), Catcher::start().await, Catcher::start().await);
    dead.answer_always(Answer::hang());
    for number in 1..=12 {
        let endpoint = stage.endpoint(number, dead.url("/")).await;
        stage.owe(number, &endpoint).await;
    }
    stage.time.advance(Duration::from_secs(1));
    let good = stage.endpoint(100, alive.url("/")).await;
    let id = stage.owe(100, &good).await;
    // Two slots; the time limit of a try is longer than this test's patience.
    let courier = start(
        stage
            .courier()
            .at_once(4)
            .slow_at_once(20)
            .timeout(2 * PATIENCE)
            .grace(Duration::ZERO),
    );
    stage.until_delivered(id).await;
    dead.wait_for(12, PATIENCE).await.unwrap();
    courier.stop().await;
}

#[tokio::test]
async fn what_lay_behind_the_horizon_follows_once_its_receiver_answers() {
    let (stage, silent, alive) = (Stage::new(), Catcher::start().await, Catcher::start().await);
    silent.answer_always(Answer::hang());
    let (quiet, good) = (
        stage.endpoint(1, silent.url("/")).await,
        stage.endpoint(2, alive.url("/")).await,
    );
    let mut waiting = Vec::new();
    for number in 1..=10 {
        waiting.push(stage.owe(number, &quiet).await);
    }
    // Long enough ago for a horizon to be drawn after them while the first try lasts.
    stage.time.advance(Duration::from_secs(60));
    let courier = start(
        stage
            .courier()
            .timeout(Duration::from_secs(1))
            .grace(Duration::ZERO),
    );
    silent.wait_for(1, PATIENCE).await.unwrap();
    for number in 100..160 {
        let id = stage.owe(number, &good).await;
        stage.until_delivered(id).await;
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    silent.answer_always(Answer::ok(""));
    for id in &waiting {
        stage.until_tried(*id, 1).await;
    }
    // What met the silence is due again.
    stage.time.advance(Duration::from_secs(60));
    for id in waiting {
        stage.until_delivered(id).await;
    }
    courier.stop().await;
}

#[tokio::test]
async fn an_endpoint_that_answers_gets_its_few_slots_and_no_more() {
    let (stage, catcher) = (Stage::new(), Catcher::start().await);
    let endpoint = stage.endpoint(1, catcher.url("/")).await;
    let courier = start(stage.courier().per_lane(3).grace(Duration::ZERO));
    let first = stage.owe(1, &endpoint).await;
    stage.until_delivered(first).await;
    catcher.answer_always(Answer::hang());
    for number in 2..=9 {
        stage.owe(number, &endpoint).await;
    }
    catcher.wait_for(4, PATIENCE).await.unwrap();
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(catcher.caught().len(), 4, "one answered, three under way");
    courier.stop().await;
}

#[tokio::test]
async fn a_busy_receiver_is_left_alone_until_the_next_try() {
    let (stage, catcher) = (Stage::new(), Catcher::start().await);
    catcher.answer_in_turn([Answer::status(429).header("retry-after", "8")]);
    let endpoint = stage.endpoint(1, catcher.url("/")).await;
    let first = stage.owe(1, &endpoint).await;
    let courier = start(stage.courier());
    stage.until_tried(first, 1).await;
    let second = stage.owe(2, &endpoint).await;
    stage.time.advance(Duration::from_secs(7));
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(stage.read(second).await.state.tally().starts, 0);
    assert_eq!(catcher.caught().len(), 1);
    stage.time.advance(Duration::from_secs(1));
    stage.until_delivered(first).await;
    stage.until_delivered(second).await;
    courier.stop().await;
}
