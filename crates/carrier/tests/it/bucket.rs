//! To a bucket: a real S3 server on the loopback.

use std::fs;

use marquetry_egress::Policy;
use marquetry_model::{Bucket as Address, Reach, Secret};
use marquetry_store::{Seal, SealKey};
use marquetry_testkit::catcher::{Answer, Catcher};
use marquetry_testkit::s3::Bucket;

use crate::stage::{Stage, bytes, start, tenant};

fn address(bucket: &Bucket) -> Address {
    let named = |wanted: &str| {
        let names = bucket.names();
        let found = names.into_iter().find(|(name, _)| name == wanted);
        found.unwrap().1
    };
    Address {
        endpoint: Some(named("AWS_ENDPOINT_URL")),
        region: named("AWS_REGION"),
        name: Bucket::NAME.into(),
        access_key_id: named("AWS_ACCESS_KEY_ID"),
        secret_access_key: Secret::new(named("AWS_SECRET_ACCESS_KEY")),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_is_put_whole_or_in_parts() {
    let (stage, bucket) = (Stage::new(), Bucket::start().await);
    stage.destination("bucket", Reach::Bucket(address(&bucket))).await;
    let running = start(stage.carrier());
    let (short, long) = (bytes(1000), bytes((16 << 20) + 5));
    let first = stage
        .owe(1, "bucket", "2026/card #1 Zoë.webp", short.clone())
        .await;
    let second = stage.owe(2, "bucket", "long.webp", long.clone()).await;
    let delivered = stage.until_delivered(first).await;
    assert_eq!(delivered.tries.last().unwrap().status, Some(200));
    stage.until_delivered(second).await;
    assert!(fs::read(bucket.folder().join("2026/card #1 Zoë.webp")).unwrap() == short);
    assert!(fs::read(bucket.folder().join("long.webp")).unwrap() == long);

    // What is there is replaced.
    let again = stage.owe(3, "bucket", "long.webp", short.clone()).await;
    stage.until_delivered(again).await;
    assert!(fs::read(bucket.folder().join("long.webp")).unwrap() == short);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_media_type_goes_along_and_a_sealed_key_is_opened() {
    let (stage, storage) = (Stage::new(), Catcher::start().await);
    storage.answer_in_turn([Answer::status(200)]);
    let seal = Seal::new([SealKey::parse(&"07".repeat(32)).unwrap()]);
    let sealed = seal.seal(tenant(), &Secret::new("a key that is secret"), [1; 24]);
    let address = Address {
        endpoint: Some(storage.url("")),
        region: "eu-west-1".into(),
        name: "cards".into(),
        access_key_id: "AKEXAMPLE".into(),
        secret_access_key: sealed,
    };
    stage.destination("bucket", Reach::Bucket(address)).await;
    let id = stage.owe(1, "bucket", "card.webp", bytes(10)).await;
    // Whoever has another key waits until somebody comes who has the right one.
    let other = Seal::new([SealKey::parse(&"08".repeat(32)).unwrap()]);
    let blind = start(stage.carrier().seal(other));
    let put_off = stage
        .until(id, |one| {
            one.state.tally().starts > 0 && one.state.hold().is_none()
        })
        .await;
    assert!(put_off.tries.is_empty(), "{put_off:?}");
    blind.stop().await;

    let running = start(stage.carrier().seal(seal));
    stage.time.advance(std::time::Duration::from_secs(31));
    let _ = stage.until(id, |one| !one.tries.is_empty()).await;
    let caught = storage.wait_for(1, crate::stage::PATIENCE).await.unwrap();
    assert_eq!(caught[0].method.as_str(), "PUT");
    assert_eq!(caught[0].uri.path(), "/cards/card.webp");
    assert_eq!(caught[0].header("content-type"), Some("image/webp"));
    assert!(caught[0].header("authorization").unwrap().contains("AKEXAMPLE"));
    assert_eq!(caught[0].body, bytes(10));
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_bucket_refuses_is_told_in_plain_words() {
    let (stage, bucket) = (Stage::new(), Bucket::start().await);
    let good = address(&bucket);
    let changed = |change: &dyn Fn(&mut Address)| {
        let mut address = good.clone();
        change(&mut address);
        Reach::Bucket(address)
    };
    // In the words of the protocol.
    let elsewhere = Catcher::start().await;
    let refused = |status, code: &str| {
        let body = format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>m</Message></Error>");
        Answer::ok(body).with_status(status)
    };
    elsewhere.answer_in_turn([
        refused(404, "NoSuchBucket"),
        refused(503, "SlowDown"),
        refused(400, "EntityTooLarge"),
        Answer::redirect("http://169.254.169.254/"),
    ]);
    let nobody = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    };
    let cases = [
        (
            changed(&|address| address.secret_access_key = Secret::new("hunter2")),
            "the secret access key is not that of the access key id",
        ),
        (
            changed(&|address| address.endpoint = Some(elsewhere.url(""))),
            "there is no bucket of that name",
        ),
        (
            changed(&|address| address.endpoint = Some(elsewhere.url(""))),
            "the storage has too much to do",
        ),
        (
            changed(&|address| address.endpoint = Some(elsewhere.url(""))),
            "the storage answered 400 Bad Request: EntityTooLarge",
        ),
        (
            changed(&|address| address.endpoint = Some(elsewhere.url(""))),
            "the bucket is in another region, or at another address",
        ),
        (
            changed(&|address| address.endpoint = Some(nobody.clone())),
            "no connection could be made",
        ),
    ];
    let running = start(stage.carrier());
    for (n, (reach, expected)) in (1..).zip(cases) {
        let name = format!("bucket-{n}");
        stage.destination(&name, reach).await;
        let id = stage.owe(n, &name, "card.webp", bytes(10)).await;
        assert_eq!(stage.until_refused(id, 1).await, expected);
        let told = format!(
            "{:?}",
            stage
                .store
                .delivery_attempts(tenant(), id, None, 9)
                .await
                .unwrap()
        );
        assert!(!told.contains("hunter2"), "{told}");
    }
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_in_the_house_is_not_asked() {
    let (stage, storage) = (Stage::new(), Catcher::start().await);
    for (n, endpoint) in [
        (1, storage.url("")),
        (2, "http://169.254.169.254".to_owned()),
        (3, "https://localhost".to_owned()),
    ] {
        let address = Address {
            endpoint: Some(endpoint),
            region: "eu-west-1".into(),
            name: "cards".into(),
            access_key_id: "AKEXAMPLE".into(),
            secret_access_key: Secret::new("secret"),
        };
        let name = format!("bucket-{n}");
        stage.destination(&name, Reach::Bucket(address)).await;
        let id = stage.owe(n, &name, "card.webp", bytes(10)).await;
        let running = start(stage.carrier_within(Policy::default()));
        let words = stage.until_refused(id, 1).await;
        assert!(words.starts_with("not sent: "), "{words}");
        running.stop().await;
    }
    assert!(storage.caught().is_empty());
}
