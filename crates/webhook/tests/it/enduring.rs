//! Days of failures, seconds of testing: endpoints that are given up, what they miss, and what a rest spares them.

use std::collections::BTreeSet;
use std::time::Duration;

use marquetry_job::{DeathCause, DeliveryState, Health, Timestamp};
use marquetry_model::{
    Carriage, Delivery, Endpoint, EndpointChange, EndpointId, EventType, Target, Trouble, WhyDisabled,
};
use marquetry_store::{Clock as _, DeliveryFilter, DeliverySteps, Reported, Schedules, Swap};
use marquetry_testkit::catcher::{Answer, Catcher};

use crate::stage::{PATIENCE, Stage, start, tenant};

const HOUR: Duration = Duration::from_hours(1);

impl Stage {
    async fn of(&self, endpoint: EndpointId) -> Endpoint {
        let endpoint = self.store.endpoint(tenant(), endpoint);
        endpoint.await.unwrap().unwrap()
    }

    async fn log(&self, endpoint: EndpointId) -> Vec<Delivery> {
        let filter = DeliveryFilter {
            endpoint: Some(endpoint),
            ..DeliveryFilter::default()
        };
        let page = self.store.list_deliveries(tenant(), &filter, None, 1000);
        page.await.unwrap().items
    }

    /// Waits until the endpoint is as wanted.
    async fn until_endpoint(&self, id: EndpointId, wanted: impl Fn(&Endpoint) -> bool) -> Endpoint {
        let seen = tokio::time::timeout(PATIENCE, async {
            loop {
                let endpoint = self.of(id).await;
                if wanted(&endpoint) {
                    return endpoint;
                }
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        });
        seen.await.expect("the endpoint never came to that")
    }

    /// Owes something every six hours until the endpoint is given up; how many that were.
    async fn fail_until_given_up(&self, catcher: &Catcher, endpoint: &Endpoint) -> u8 {
        for number in 1..40 {
            let before = catcher.caught().len();
            self.owe(number, endpoint).await;
            let over = tokio::time::timeout(PATIENCE, async {
                loop {
                    // The record of a try is written before what it means for the endpoint, so either may be seen.
                    let tried = catcher.caught().len() > before && self.is_idle().await;
                    if tried || !self.of(endpoint.id).await.enabled {
                        break;
                    }
                    tokio::time::sleep(Duration::from_millis(2)).await;
                }
            });
            over.await.expect("something is tried every six hours");
            if !self.of(endpoint.id).await.enabled {
                return number;
            }
            self.time.advance(6 * HOUR);
        }
        panic!("it was never given up");
    }

    async fn is_idle(&self) -> bool {
        let held = self
            .store
            .held_deliveries(Carriage::Message, None, 1)
            .await
            .unwrap();
        held.is_empty()
    }

    async fn until_idle(&self) {
        while !self.is_idle().await {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    async fn enable(&self, id: EndpointId) {
        let endpoint = self.of(id).await;
        let expected = endpoint.version;
        let change = EndpointChange {
            enabled: Some(true),
            ..EndpointChange::default()
        };
        let enabled = change.apply(endpoint, self.time.now());
        let swap = self.store.replace_endpoint(expected, &enabled).await.unwrap();
        assert_eq!(swap, Swap::Swapped);
    }
}

fn ids(caught: &[marquetry_testkit::catcher::Caught]) -> BTreeSet<String> {
    let ids = caught.iter().filter_map(|caught| caught.header("webhook-id"));
    ids.map(str::to_owned).collect()
}

#[tokio::test]
async fn five_days_of_failures_disable_an_endpoint_and_a_replay_leaves_no_hole() {
    let (stage, dead, well) = (Stage::new(), Catcher::start().await, Catcher::start().await);
    dead.answer_always(Answer::status(500));
    let (failing, other) = (
        stage.endpoint(1, dead.url("/")).await,
        stage.endpoint(2, well.url("/")).await,
    );
    let began = stage.time.now();
    let courier = start(stage.courier());
    let owed = stage.fail_until_given_up(&dead, &failing).await;

    // Twelve hours until the clock starts, five days, and up to six hours between two looks.
    let lasted = stage.time.now().since(began);
    assert!(lasted >= 132 * HOUR && lasted <= 144 * HOUR, "{lasted:?}");
    let given_up = stage.of(failing.id).await;
    let why = given_up.disabled.map(|disabled| disabled.why);
    assert_eq!((given_up.enabled, why), (false, Some(WhyDisabled::Failing)));

    // The log says so, and so does one event, to whoever is still heard and to the endpoint itself.
    let log = stage.log(failing.id).await;
    let told = log.iter().flat_map(|delivery| &delivery.tries);
    let told = told.filter(|tried| {
        tried
            .error
            .as_ref()
            .is_some_and(|e| e.contains("the endpoint is disabled"))
    });
    assert_eq!(told.count(), 1);
    let caught = well.wait_for(1, PATIENCE).await.unwrap();
    let event: String = String::from_utf8(caught[0].body.to_vec()).unwrap();
    assert!(
        event.contains(r#""event":"webhook.endpoint_disabled""#),
        "{event}"
    );
    assert!(event.contains(&failing.id.to_string()), "{event}");
    let own = log.iter().filter(|one| one.event == EventType::EndpointDisabled);
    assert_eq!(own.count(), 1);
    assert_eq!(stage.log(other.id).await.len(), 1);

    // Nothing is sent any more, whatever is due.
    let sent = dead.caught().len();
    stage.time.advance(48 * HOUR);
    stage.owe(100, &other).await;
    well.wait_for(2, PATIENCE).await.unwrap();
    assert_eq!(dead.caught().len(), sent);

    // The receiver is mended, the endpoint enabled, and what failed is replayed.
    dead.answer_always(Answer::status(200));
    stage.enable(failing.id).await;
    assert_eq!(stage.of(failing.id).await.health, Health::Well);
    let steps = DeliverySteps::new(stage.store.clone(), Schedules::default());
    for delivery in stage.log(failing.id).await {
        let replayed = steps.replay(tenant(), delivery.id, stage.time.now()).await;
        assert!(matches!(replayed, Ok(Reported::Written(_))), "{replayed:?}");
    }
    stage.time.advance(HOUR);
    let mut delivered = BTreeSet::new();
    for delivery in stage.log(failing.id).await {
        delivered.insert(stage.until_delivered(delivery.id).await.id);
    }
    assert_eq!(delivered.len(), usize::from(owed) + 1);
    assert_eq!(ids(&dead.caught()[sent..]).len(), delivered.len());
    courier.stop().await;
}

#[tokio::test]
async fn a_single_success_starts_the_five_days_anew() {
    let (stage, catcher) = (Stage::new(), Catcher::start().await);
    let endpoint = stage.endpoint(1, catcher.url("/")).await;
    let courier = start(stage.courier());
    catcher.answer_in_turn([Answer::status(500), Answer::status(500), Answer::status(200)]);
    stage.owe(1, &endpoint).await;
    let first = |endpoint: &Endpoint| matches!(endpoint.health, Health::Doubtful { .. });
    stage.until_endpoint(endpoint.id, first).await;
    stage.until_idle().await;
    stage.time.advance(13 * HOUR);
    let running = |endpoint: &Endpoint| endpoint.health.failing_since().is_some();
    let failing = stage.until_endpoint(endpoint.id, running).await;
    assert_eq!(
        failing.updated_at, endpoint.updated_at,
        "no change of its owner's"
    );
    stage.until_idle().await;
    stage.time.advance(6 * 24 * HOUR);
    stage
        .until_endpoint(endpoint.id, |endpoint| endpoint.health == Health::Well)
        .await;
    assert!(stage.of(endpoint.id).await.enabled);
    courier.stop().await;
}

#[tokio::test]
async fn gone_disables_at_once_and_says_so() {
    let (stage, catcher) = (Stage::new(), Catcher::start().await);
    catcher.answer_always(Answer::status(410));
    let endpoint = stage.endpoint(1, catcher.url("/")).await;
    let id = stage.owe(1, &endpoint).await;
    let courier = start(stage.courier());
    let delivery = stage.until(id, |delivery| delivery.state.is_terminal()).await;
    assert!(matches!(
        delivery.state,
        DeliveryState::Dead {
            cause: DeathCause::Gone,
            ..
        }
    ));
    assert_eq!(delivery.tries[0].status, Some(410));
    let disabled = stage
        .until_endpoint(endpoint.id, |endpoint| !endpoint.enabled)
        .await;
    assert!(disabled.updated_at.is_some());
    let why = disabled.disabled.map(|disabled| disabled.why);
    assert_eq!(why, Some(WhyDisabled::Gone));
    assert_eq!(stage.attempts(id).await[0].trouble, Some(Trouble::Gone));
    assert_eq!(stage.log(endpoint.id).await.len(), 2, "it, and the event");
    courier.stop().await;
}

#[tokio::test]
async fn an_open_circuit_sends_one_probe_at_a_time_and_then_everything() {
    let (stage, catcher) = (Stage::new(), Catcher::start().await);
    catcher.answer_always(Answer::status(500));
    let endpoint = stage.endpoint(1, catcher.url("/")).await;
    let mut all = Vec::new();
    for number in 1..=40 {
        all.push(stage.owe(number, &endpoint).await);
    }
    let courier = start(stage.courier());
    // Ten in a row, and those that were under way with the tenth.
    catcher.wait_for(10, PATIENCE).await.unwrap();
    stage.until_idle().await;
    for _ in 0..3 {
        // At most five minutes, whatever the delivery's own schedule says.
        let before = catcher.caught().len();
        stage.time.advance(Duration::from_secs(300));
        catcher.wait_for(before + 1, PATIENCE).await.unwrap();
        stage.until_idle().await;
    }
    let sent = catcher.caught().len();
    assert!((13..=16).contains(&sent), "{sent} of forty");
    catcher.answer_always(Answer::status(200));
    stage.time.advance(10 * HOUR);
    for id in all {
        stage.until_delivered(id).await;
    }
    courier.stop().await;
}

#[tokio::test]
async fn a_dialect_with_terms_of_its_own_is_tried_by_those() {
    let (stage, catcher) = (Stage::new(), Catcher::start().await);
    catcher.answer_always(Answer::status(500));
    let dialect = marquetry_dialect::Dialect::Templified.name();
    let target = Target::Callback(marquetry_model::Callback {
        url: catcher.url("/done"),
        secret: Some(marquetry_model::Secret::new("s3cret")),
        dialect: dialect.clone(),
    });
    let delivery = Delivery {
        dialect,
        ..stage.delivery(1, target)
    };
    stage.store.insert_delivery(&delivery).await.unwrap();
    let courier = start(stage.courier());
    for (made, planned) in [(1, 5), (2, 30), (3, 120)] {
        let tried = stage.until_tried(delivery.id, made).await;
        let due = tried.state.due().unwrap();
        let (wait, planned) = (due.since(tried.updated_at), Duration::from_secs(planned));
        assert!(
            wait >= planned.mul_f64(0.8) && wait <= planned.mul_f64(1.2),
            "{wait:?}"
        );
        stage.time.set(due);
    }
    let dead = stage.until(delivery.id, |one| one.state.is_terminal()).await;
    assert_eq!(dead.tries.len(), 4);
    courier.stop().await;
    let caught = &catcher.caught()[3];
    assert!(
        caught
            .header("x-templified-signature")
            .unwrap()
            .starts_with("sha256=")
    );
    assert_eq!(
        caught.header("x-delivery-id"),
        Some(delivery.id.to_string().as_str())
    );
    assert_eq!(caught.header("x-sudomock-signature"), None);
    let moment: Timestamp = stage.time.now();
    let verified = marquetry_webhook::verify(
        "s3cret",
        |name| caught.header(name),
        &caught.body,
        moment,
        marquetry_webhook::TOLERANCE,
    );
    assert!(verified.is_ok(), "{verified:?}");
}
