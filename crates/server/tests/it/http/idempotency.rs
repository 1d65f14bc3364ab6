//! Submitting twice under one key is submitting once.

use futures::future::join_all;
use serde_json::{Value, json};

use super::client::Ask;
use super::site::{Setup, Site, psd};

fn upload(url: &str, key: &str) -> Ask {
    Ask::post("/api/v1/psd/upload")
        .header("idempotency-key", key)
        .json(&json!({"psd_file_url": url, "is_async": true}))
}

#[tokio::test]
async fn twins_that_come_together_become_one_job() {
    let site = Site::idle(Setup::default()).await;
    let twins = (0..16).map(|_| site.send(upload("https://example.com/a.psd", "order 7")));
    let answers: Vec<Value> = join_all(twins)
        .await
        .iter()
        .map(|answer| answer.expect(202))
        .collect();
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "{answers:?}");
    let jobs = site.get("/api/v1/jobs").await.expect(200);
    assert_eq!(jobs["jobs"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn the_same_key_on_another_request_is_a_conflict() {
    let site = Site::idle(Setup::default()).await;
    site.send(upload("https://example.com/a.psd", "k"))
        .await
        .expect(202);
    let other = site.send(upload("https://example.com/b.psd", "k")).await;
    assert_eq!(other.problem(), (409, "IDEMPOTENCY_CONFLICT".to_owned()));
    site.send(upload("https://example.com/b.psd", "l"))
        .await
        .expect(202);
    let wrong = site
        .send(upload("https://example.com/a.psd", &"k".repeat(256)))
        .await;
    assert_eq!(wrong.problem(), (400, "INVALID_IDEMPOTENCY_KEY".to_owned()));
}

#[tokio::test]
async fn a_file_that_is_sent_again_is_the_same_request() {
    let site = Site::open().await;
    let send = |bytes: Vec<u8>| {
        let ask = Ask::post("/api/v1/psd/upload?name=Mug")
            .header("content-type", "application/octet-stream")
            .header("idempotency-key", "mug");
        site.send(ask.body(bytes))
    };
    let first = send(psd()).await.expect(200);
    assert_eq!(
        send(psd()).await.expect(200)["data"]["uuid"],
        first["data"]["uuid"]
    );
    let other = send(b"another file".to_vec()).await;
    assert_eq!(other.problem(), (409, "IDEMPOTENCY_CONFLICT".to_owned()));
}

#[tokio::test]
async fn whoever_waits_twice_gets_the_picture_twice() {
    let site = Site::open().await;
    let mockup = site.mockup().await;
    let send = || {
        let ask = Ask::post("/api/v1/renders").json(&mockup.render_red());
        site.send(ask.header("idempotency-key", "once"))
    };
    let (first, second) = tokio::join!(send(), send());
    assert_eq!(first.expect(200), second.expect(200));
    assert_eq!(first.body, send().await.body);
    let jobs = site.get("/api/v1/jobs?kind=render").await.expect(200);
    assert_eq!(jobs["jobs"].as_array().map(Vec::len), Some(1));
}
