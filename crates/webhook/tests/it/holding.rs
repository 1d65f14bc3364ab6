//! What is held between two tries: how endpoints were a moment ago, and connections that are still open.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use marquetry_model::{Delivery, Endpoint, EndpointId, Target, TenantId};
use marquetry_store::Clock as _;
use marquetry_testkit::catcher::{Answer, Catcher};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::stage::{PATIENCE, Stage, start};

/// A courier with two slots, of which one is taken for as long as it works.
async fn with_one_slot(stage: &Stage, timeout: Duration) -> (crate::stage::Running, Catcher) {
    let silent = Catcher::start().await;
    silent.answer_always(Answer::hang());
    let endpoint = stage.endpoint(200, silent.url("/")).await;
    stage.owe(200, &endpoint).await;
    let courier = start(
        stage
            .courier()
            .at_once(2)
            .slow_at_once(0)
            .timeout(timeout)
            .grace(Duration::ZERO),
    );
    silent.wait_for(1, PATIENCE).await.unwrap();
    (courier, silent)
}

#[tokio::test]
async fn what_a_try_showed_is_heeded_by_those_that_were_claimed_with_it() {
    let (stage, catcher) = (Stage::new(), Catcher::start().await);
    let endpoint = stage.endpoint(1, catcher.url("/")).await;
    let (courier, _silent) = with_one_slot(&stage, 4 * PATIENCE).await;
    let first = stage.owe(1, &endpoint).await;
    stage.until_delivered(first).await;
    // It answers, so that several are claimed for it at once; the first of them hears that it is gone.
    catcher.answer_in_turn([Answer::status(410)]);
    let mut owed = Vec::new();
    for number in 2..=6 {
        owed.push(stage.owe(number, &endpoint).await);
    }
    stage.until_tried(owed[0], 1).await;
    // Whichever is begun next finds it disabled, and waits; then nothing of that lane is looked at any more.
    let put_off = async {
        loop {
            for id in &owed[1..] {
                let delivery = stage.read(*id).await;
                assert!(delivery.tries.is_empty(), "{delivery:?}");
                if delivery.state.due().is_some_and(|due| due > stage.time.now())
                    && delivery.state.hold().is_none()
                {
                    return;
                }
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::time::timeout(PATIENCE, put_off).await.unwrap();
    assert_eq!(catcher.caught().len(), 2);
    courier.stop().await;
}

#[tokio::test]
async fn what_its_owner_changed_is_heeded_by_what_was_claimed_a_while_before() {
    let (stage, before, after) = (Stage::new(), Catcher::start().await, Catcher::start().await);
    let endpoint = stage.endpoint(1, before.url("/")).await;
    // Longer than an endpoint that was read is taken to be as it was.
    let (courier, _silent) = with_one_slot(&stage, Duration::from_secs(2)).await;
    let first = stage.owe(1, &endpoint).await;
    stage.until_delivered(first).await;
    before.answer_in_turn([Answer::hang()]);
    let (stuck, waits) = (stage.owe(2, &endpoint).await, stage.owe(3, &endpoint).await);
    before.wait_for(2, PATIENCE).await.unwrap();
    let url = after.url("/");
    stage
        .change(endpoint.id, |endpoint| endpoint.url.clone_from(&url))
        .await;
    stage.until_tried(stuck, 1).await;
    stage.until_delivered(waits).await;
    assert_eq!((before.caught().len(), after.caught().len()), (2, 1));
    courier.stop().await;
}

/// Answers 200 for as long as a connection stays open, and counts the connections.
async fn patient() -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let opened = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&opened);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            counted.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(async move {
                let mut bytes = Vec::new();
                while matches!(stream.read_buf(&mut bytes).await, Ok(read) if read > 0) {
                    // The last byte of a message is the end of its JSON, and no other read ends with one.
                    if bytes.ends_with(b"}") {
                        bytes.clear();
                        let _ = stream
                            .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
                            .await;
                    }
                }
            });
        }
    });
    (url, opened)
}

#[tokio::test]
async fn a_tenants_deliveries_share_a_connection_and_two_tenants_do_not() {
    let stage = Stage::new();
    let (url, opened) = patient().await;
    let courier = start(stage.courier());
    for number in 1..=4 {
        let endpoint = stage.endpoint(number, format!("{url}{number}")).await;
        let id = stage.owe(number, &endpoint).await;
        stage.until_delivered(id).await;
    }
    assert_eq!(opened.load(Ordering::SeqCst), 1);

    let other = TenantId::from_random([2; 16]);
    let theirs = Endpoint {
        id: EndpointId::from_random([9; 16]),
        tenant: other,
        ..stage.endpoint(8, url.clone()).await
    };
    stage.store.insert_endpoint(&theirs).await.unwrap();
    let delivery = Delivery {
        tenant: other,
        ..stage.delivery(9, Target::Endpoint(theirs.id))
    };
    stage.store.insert_delivery(&delivery).await.unwrap();
    let delivered = async {
        while stage
            .store
            .delivery(other, delivery.id)
            .await
            .unwrap()
            .unwrap()
            .tries
            .is_empty()
        {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::time::timeout(PATIENCE, delivered).await.unwrap();
    assert_eq!(opened.load(Ordering::SeqCst), 2);
    courier.stop().await;
}

#[tokio::test]
async fn what_was_taken_is_written_down_before_a_courier_stops() {
    let (stage, catcher) = (Stage::new(), Catcher::start().await);
    let endpoint = stage.endpoint(1, catcher.url("/")).await;
    let mut owed = Vec::new();
    for number in 1..=9 {
        owed.push(stage.owe(number, &endpoint).await);
    }
    let courier = start(stage.courier());
    // Stopped between the first answer and its record, or hardly after that.
    catcher.wait_for(1, PATIENCE).await.unwrap();
    courier.stop().await;
    let heard = catcher.caught().len();
    let mut delivered = 0;
    for id in owed {
        let delivery = stage.read(id).await;
        assert_eq!(delivery.state.hold(), None, "{delivery:?}");
        delivered += usize::from(!delivery.tries.is_empty());
    }
    assert_eq!(delivered, heard);
}
