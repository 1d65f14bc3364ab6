//! One try: what arrives at the receiver, and what is kept of its answer.

use std::collections::BTreeMap;
use std::time::Duration;

use marquetry_egress::{Egress, Policy};
use marquetry_job::DeliveryState;
use marquetry_model::{Callback, Delivery, Secret, Target};
use marquetry_testkit::catcher::{Answer, Catcher};

use crate::stage::{PATIENCE, SECRET, Stage, callback_dialect, start};

#[tokio::test]
async fn a_message_arrives_signed_and_is_taken() {
    let (stage, catcher) = (Stage::new(), Catcher::start().await);
    catcher.answer_always(Answer::ok("thank you"));
    let endpoint = stage.endpoint(1, catcher.url("/hooks?token=a")).await;
    let id = stage.owe(1, &endpoint).await;
    let courier = start(stage.courier());

    let delivery = stage.until_delivered(id).await;
    let caught = catcher.wait_for(1, PATIENCE).await.unwrap().remove(0);
    stage.assert_signed(&caught);
    assert_eq!(
        (caught.method.as_str(), caught.uri.to_string().as_str()),
        ("POST", "/hooks?token=a")
    );
    assert_eq!(caught.body, delivery.body.as_ref());
    assert_eq!(caught.header("content-type"), Some("application/json"));
    assert_eq!(caught.header("user-agent"), Some("SudoMock-Webhook/1.0"));
    assert_eq!(caught.headers.get_all("user-agent").iter().count(), 1);
    assert_eq!(
        caught.header("x-sudomock-delivery"),
        Some(id.to_string().as_str())
    );

    let [tried] = delivery.tries.as_slice() else {
        panic!("one try: {:?}", delivery.tries);
    };
    assert_eq!((tried.status, tried.error.as_deref()), (Some(200), None));
    let attempts = stage.attempts(id).await;
    assert_eq!(attempts[0].answer, "thank you");
    assert_eq!((&attempts[0].tried, attempts[0].trouble), (tried, None));
    assert_eq!(attempts[0].lookup, "127.0.0.1");
    let sent: BTreeMap<_, _> = attempts[0].request.iter().cloned().collect();
    assert_eq!(sent["x-sudomock-signature"], "****");
    assert_eq!(sent["webhook-signature"], "v1,****");
    assert_eq!(Some(sent["webhook-id"].as_str()), caught.header("webhook-id"));
    courier.stop().await;
}

#[tokio::test]
async fn what_comes_to_be_owed_while_the_courier_waits_is_sent() {
    let (stage, catcher) = (Stage::new(), Catcher::start().await);
    let endpoint = stage.endpoint(1, catcher.url("/")).await;
    // It would look again by itself in an hour.
    let courier = start(stage.courier().poll(Duration::from_secs(3600)));
    tokio::time::sleep(Duration::from_millis(20)).await;
    let id = stage.owe(1, &endpoint).await;
    stage.until_delivered(id).await;
    courier.stop().await;
}

#[tokio::test]
async fn a_callback_is_signed_only_with_a_secret() {
    let (stage, catcher) = (Stage::new(), Catcher::start().await);
    for (number, secret) in [(1, Some(Secret::new(SECRET))), (2, None)] {
        let target = Target::Callback(Callback {
            url: catcher.url(&format!("/{number}")),
            secret,
            dialect: callback_dialect(),
        });
        let delivery = stage.delivery(number, target);
        stage.store.insert_delivery(&delivery).await.unwrap();
    }
    let courier = start(stage.courier());
    for caught in catcher.wait_for(2, PATIENCE).await.unwrap() {
        if caught.uri == "/1" {
            stage.assert_signed(&caught);
        } else {
            assert_eq!(caught.header("x-sudomock-signature"), None);
            assert_eq!(caught.header("x-sudomock-timestamp"), None);
        }
    }
    courier.stop().await;
}

#[tokio::test]
async fn a_redirect_is_a_failed_try_and_is_not_followed() {
    let (stage, catcher) = (Stage::new(), Catcher::start().await);
    catcher.answer_in_turn([Answer::redirect(&catcher.url("/elsewhere"))]);
    let endpoint = stage.endpoint(1, catcher.url("/here")).await;
    let id = stage.owe(1, &endpoint).await;
    let courier = start(stage.courier());

    let delivery = stage.until_tried(id, 1).await;
    assert_eq!(
        delivery.tries[0].error.as_deref(),
        Some("the receiver answered 302 Found; redirects are not followed")
    );
    assert!(matches!(delivery.state, DeliveryState::Pending { .. }));
    courier.stop().await;
    assert_eq!(catcher.caught().len(), 1);
}

#[tokio::test]
async fn an_endless_answer_is_cut_and_its_status_counts() {
    let (stage, catcher) = (Stage::new(), Catcher::start().await);
    catcher.answer_in_turn([Answer::endless_body(), Answer::endless_body().with_status(500)]);
    let endpoint = stage.endpoint(1, catcher.url("/")).await;
    let courier = start(stage.courier());
    for (number, status) in [(1, 200), (2, 500)] {
        let id = stage.owe(number, &endpoint).await;
        let delivery = stage.until_tried(id, 1).await;
        assert_eq!(delivery.tries[0].status, Some(status));
        let attempts = stage.attempts(id).await;
        assert_eq!(attempts[0].answer, ".".repeat(Delivery::ANSWER_KEPT));
    }
    courier.stop().await;
}

#[tokio::test]
async fn an_answer_that_does_not_come_is_waited_for_no_longer_than_the_limit() {
    let (stage, catcher) = (Stage::new(), Catcher::start().await);
    catcher.answer_always(Answer::hang());
    let endpoint = stage.endpoint(1, catcher.url("/")).await;
    let id = stage.owe(1, &endpoint).await;
    let courier = start(stage.courier().timeout(Duration::from_millis(150)));
    let delivery = stage.until_tried(id, 1).await;
    assert_eq!(delivery.tries[0].status, None);
    assert_eq!(
        delivery.tries[0].error.as_deref(),
        Some("no answer came within 150ms")
    );
    courier.stop().await;
}

#[tokio::test]
async fn a_receiver_that_hangs_up_or_is_not_there_has_failed() {
    let (stage, catcher) = (Stage::new(), Catcher::start().await);
    catcher.answer_always(Answer::hang_up());
    let nobody = {
        let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}/", gone.local_addr().unwrap())
    };
    let courier = start(stage.courier());
    for (number, url, words) in [
        (
            1,
            catcher.url("/"),
            "the connection ended before an answer came, or the answer is not HTTP",
        ),
        (2, nobody, "no connection could be made"),
    ] {
        let endpoint = stage.endpoint(number, url).await;
        let id = stage.owe(number, &endpoint).await;
        let delivery = stage.until_tried(id, 1).await;
        assert_eq!(delivery.tries[0].error.as_deref(), Some(words));
    }
    courier.stop().await;
}

#[tokio::test]
async fn an_address_inside_is_refused_and_told_plainly() {
    let (stage, catcher) = (Stage::new(), Catcher::start().await);
    let endpoint = stage.endpoint(1, catcher.url("/")).await;
    let id = stage.owe(1, &endpoint).await;
    let strict = Egress::new(Policy {
        ports: vec![80, 443, catcher.address().port()],
        ..Policy::default()
    });
    let courier = start(stage.courier_with(strict.unwrap()));
    let delivery = stage.until_tried(id, 1).await;
    assert_eq!(
        delivery.tries[0].error.as_deref(),
        Some("not sent: address not allowed")
    );
    assert_eq!(delivery.tries[0].status, None);
    assert!(matches!(delivery.state, DeliveryState::Pending { .. }));
    courier.stop().await;
    assert_eq!(catcher.caught().len(), 0);
}

#[tokio::test]
async fn an_endpoint_that_moved_is_sent_to_where_it_is_now() {
    let (stage, old, new) = (Stage::new(), Catcher::start().await, Catcher::start().await);
    old.answer_always(Answer::status(500));
    let endpoint = stage.endpoint(1, old.url("/")).await;
    let id = stage.owe(1, &endpoint).await;
    let courier = start(stage.courier());
    stage.until_tried(id, 1).await;

    stage
        .change(endpoint.id, |endpoint| endpoint.url = new.url("/"))
        .await;
    stage.time.advance(Duration::from_secs(10));
    stage.until_delivered(id).await;
    assert_eq!((old.caught().len(), new.caught().len()), (1, 1));
    courier.stop().await;
}
