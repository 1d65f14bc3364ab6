//! Receivers that mean harm: how each of them ends, and that nobody beside them notices.

use std::time::Duration;

use marquetry_job::{DeathCause, DeliverySchedule, DeliveryState};
use marquetry_model::{Delivery, EventType};
use marquetry_testkit::catcher::Catcher;

use crate::stage::{PATIENCE, Stage, start, tenant};
use crate::villain::{Deed, Villain, bomb};

/// Short enough for a test, and long enough for a loopback on a busy machine.
const TIMEOUT: Duration = Duration::from_secs(2);

/// How a delivery stands after one try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// The status counted, whatever else was to come.
    Delivered,
    /// Waits for its next try.
    Again,
    /// Is dead, and its endpoint is disabled.
    Gone,
}

/// What a villain does, how that ends, and what its owner reads (nothing when it was delivered).
fn deeds() -> Vec<(Deed, End, &'static str)> {
    let say = |bytes: &str| Deed::Say(bytes.as_bytes().to_vec());
    let ten_gigabytes = "HTTP/1.1 200 OK\r\ncontent-length: 10737418240\r\n\r\n";
    let no_answer = "the connection ended before an answer came, or the answer is not HTTP";
    vec![
        (Deed::Hang, End::Again, "no answer came within 2s"),
        (
            Deed::Drip("", "HTTP/1.1 200 OK\r\n"),
            End::Again,
            "no answer came within 2s",
        ),
        (
            Deed::Drip("HTTP/1.1 200 OK\r\n", "x: y\r\n"),
            End::Again,
            "no answer came within 2s",
        ),
        (
            Deed::Drip("HTTP/1.1 200 OK\r\ncontent-length: 9999\r\n\r\n", "."),
            End::Delivered,
            "",
        ),
        (Deed::Flood(ten_gigabytes), End::Delivered, ""),
        (
            Deed::Flood("HTTP/1.1 500 Oh\r\n\r\n"),
            End::Again,
            "the receiver answered 500 Internal Server Error",
        ),
        (
            Deed::Flood("HTTP/1.1 200 OK\r\nx: "),
            End::Again,
            "the headers of the answer are too long",
        ),
        (Deed::Say(bomb()), End::Delivered, ""),
        (
            say("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf"),
            End::Delivered,
            "",
        ),
        (
            say("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhal"),
            End::Delivered,
            "",
        ),
        (say("HTTP/1.1 200 OK\r\ncontent-le"), End::Again, no_answer),
        (say("SSH-2.0-OpenSSH_9.6\r\n"), End::Again, no_answer),
        (Deed::Close, End::Again, no_answer),
        (
            say("HTTP/1.1 302 Found\r\nlocation: /again\r\ncontent-length: 0\r\n\r\n"),
            End::Again,
            "the receiver answered 302 Found; redirects are not followed",
        ),
        (
            say("HTTP/1.1 308 On\r\nlocation: http://169.254.169.254/\r\ncontent-length: 0\r\n\r\n"),
            End::Again,
            "the receiver answered 308 Permanent Redirect; redirects are not followed",
        ),
        (
            say("HTTP/1.1 500 Oh\r\ncontent-length: 0\r\n\r\n"),
            End::Again,
            "the receiver answered 500 Internal Server Error",
        ),
        (
            say("HTTP/1.1 410 Gone\r\ncontent-length: 0\r\n\r\n"),
            End::Gone,
            "the receiver answered 410 Gone, so it gets no further messages",
        ),
        (
            say("HTTP/1.1 503 Busy\r\nretry-after: 999999999\r\ncontent-length: 0\r\n\r\n"),
            End::Again,
            "the receiver answered 503 Service Unavailable",
        ),
    ]
}

fn end(delivery: &Delivery) -> End {
    match delivery.state {
        DeliveryState::Delivered { .. } => End::Delivered,
        DeliveryState::Dead {
            cause: DeathCause::Gone,
            ..
        } => End::Gone,
        DeliveryState::Pending { .. } => End::Again,
        ref other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn each_ends_as_documented_within_its_time() {
    let stage = Stage::new();
    let mut schedule = DeliverySchedule::default();
    schedule.waits.truncate(2);
    let planned = schedule.waits[1];
    let courier = start(stage.courier().timeout(TIMEOUT).schedule(schedule));
    let mut cast = Vec::new();
    for (number, (deed, wanted, words)) in (1..).zip(deeds()) {
        let villain = Villain::at_work(deed.clone()).await;
        let url = format!("http://{}/", villain.address);
        // None of them is to be told that another one was disabled.
        let hears = vec![EventType::WebhookTest];
        let endpoint = stage.endpoint_that_hears(number, url, hears).await;
        let id = stage.owe(number, &endpoint).await;
        cast.push((deed, villain, endpoint, id, wanted, words));
    }
    for (deed, villain, _, id, wanted, words) in &cast {
        let delivery = stage.until_tried(*id, 1).await;
        let tried = &delivery.tries[0];
        assert_eq!(end(&delivery), *wanted, "{deed:?}: {tried:?}");
        assert_eq!(tried.error.as_deref().unwrap_or_default(), *words, "{deed:?}");
        assert!(tried.took < TIMEOUT + PATIENCE, "{deed:?} took {:?}", tried.took);
        let logged = &stage.attempts(*id).await[0];
        assert!(logged.answer.len() <= Delivery::ANSWER_KEPT, "{deed:?}");
        assert_eq!(villain.visits(), 1, "{deed:?}: one connection a try");
        if let DeliveryState::Pending { due, .. } = delivery.state {
            // Whatever was asked for: never much sooner than planned, and never later than twice that.
            let wait = due.since(delivery.updated_at);
            let bounds = planned.mul_f64(0.8)..=2 * planned;
            assert!(bounds.contains(&wait), "{deed:?} waits {wait:?}");
        }
        // What fits in the buffers of both systems, and no more: ten gigabytes were on offer.
        assert!(
            villain.sent() < 64 << 20,
            "{deed:?} got rid of {} bytes",
            villain.sent()
        );
    }

    stage.time.advance(2 * planned);
    for (deed, _, _, id, wanted, _) in &cast {
        if *wanted == End::Again {
            let delivery = stage.until(*id, |delivery| delivery.state.is_terminal()).await;
            let exhausted = matches!(
                delivery.state,
                DeliveryState::Dead {
                    cause: DeathCause::Exhausted,
                    ..
                }
            );
            assert!(exhausted, "{deed:?}: {:?}", delivery.state);
            assert_eq!(delivery.tries.len(), 2, "{deed:?}");
        }
    }
    courier.stop().await;
    for (deed, _, endpoint, _, wanted, _) in cast {
        let endpoint = stage.store.endpoint(tenant(), endpoint.id).await.unwrap();
        assert_eq!(endpoint.unwrap().enabled, wanted != End::Gone, "{deed:?}");
    }
}

/// Whoever would hold the line for ever does so, and their neighbour hears everything meanwhile.
#[tokio::test]
async fn a_healthy_endpoint_beside_them_gets_its_deliveries_meanwhile() {
    let (stage, alive) = (Stage::new(), Catcher::start().await);
    let endless = [
        Deed::Hang,
        Deed::Drip("", "HTTP/1.1 200 OK\r\n"),
        Deed::Drip("HTTP/1.1 200 OK\r\n", "x: y\r\n"),
    ];
    let mut villains = Vec::new();
    for number in 1..=12 {
        let villain = Villain::at_work(endless[usize::from(number) % 3].clone()).await;
        let url = format!("http://{}/", villain.address);
        let endpoint = stage.endpoint(number, url).await;
        villains.push((villain, stage.owe(number, &endpoint).await));
    }
    let good = stage.endpoint(100, alive.url("/")).await;
    // Fewer slots than villains, and none of them gives up before this test does.
    let courier = stage.courier().at_once(4).timeout(2 * PATIENCE);
    let courier = start(courier.grace(Duration::ZERO));
    for (villain, _) in &villains {
        let came = tokio::time::timeout(PATIENCE, villain.visited()).await;
        came.expect("everybody is tried");
    }
    let mut owed = Vec::new();
    for number in 101..=150 {
        owed.push(stage.owe(number, &good).await);
    }
    for id in owed {
        assert_eq!(stage.until_delivered(id).await.tries.len(), 1);
    }
    assert_eq!(alive.caught().len(), 50);
    for (_, id) in villains {
        let delivery = stage.read(id).await;
        assert!(
            matches!(delivery.state, DeliveryState::Sending { .. }),
            "{:?}",
            delivery.state
        );
    }
    courier.stop().await;
}

/// Three things that are not TLS, or not the right one.
#[tokio::test]
async fn bad_tls_is_told_in_plain_words() {
    let stage = Stage::new();
    let courier = start(stage.courier().timeout(TIMEOUT));
    let plain = Deed::Say(b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec());
    for (number, deed, words) in [
        (1, Deed::Stranger, "the receiver's certificate is not valid"),
        (2, plain, "no secure connection could be made"),
        (3, Deed::Close, "no secure connection could be made"),
        (4, Deed::Hang, "no answer came within 2s"),
    ] {
        let villain = Villain::at_work(deed.clone()).await;
        let url = format!("https://{}/", villain.address);
        let endpoint = stage.endpoint(number, url).await;
        let id = stage.owe(number, &endpoint).await;
        let delivery = stage.until_tried(id, 1).await;
        assert_eq!(end(&delivery), End::Again, "{deed:?}");
        assert_eq!(delivery.tries[0].error.as_deref(), Some(words), "{deed:?}");
    }
    courier.stop().await;
}
