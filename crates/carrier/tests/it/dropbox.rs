//! To Dropbox: what is asked is what the real one takes, and what it refuses is told.

use std::time::Duration;

use marquetry_model::{DropboxAccess, Reach, Secret};
use marquetry_store::{Seal, SealKey};

use crate::stage::{Running, Stage, bytes, start, tenant};
use crate::stand_in::StandIn;

fn token() -> Reach {
    Reach::Dropbox(DropboxAccess::Token(Secret::new("sl.good")))
}

fn refresh(token: &str, secret: Option<&str>) -> Reach {
    Reach::Dropbox(DropboxAccess::Refresh {
        app_key: "the-app".into(),
        app_secret: secret.map(Secret::new),
        refresh_token: Secret::new(token),
    })
}

async fn world(reach: Reach) -> (Stage, StandIn, Running) {
    let (stage, dropbox) = (Stage::new(), StandIn::start().await);
    stage.destination("dropbox", reach).await;
    let running = start(stage.carrier().dropbox(dropbox.addresses()));
    (stage, dropbox, running)
}

#[tokio::test]
async fn a_short_file_is_uploaded_at_once_and_a_long_one_in_a_session() {
    let (stage, dropbox, running) = world(token()).await;
    let id = stage
        .owe(1, "dropbox", "2026/Zoë サッカー/card.webp", bytes(1000))
        .await;
    let delivered = stage.until_delivered(id).await;
    assert_eq!(delivered.tries.last().unwrap().status, Some(200));
    // Four pieces, the last one short.
    let long = bytes((24 << 20) + 5);
    let id = stage.owe(2, "dropbox", "long.webp", long.clone()).await;
    stage.until_delivered(id).await;
    running.stop().await;
    let inside = dropbox.inside();
    assert_eq!(inside.files["/2026/zoë サッカー/card.webp"], bytes(1000));
    assert!(inside.files["/long.webp"] == long);
    let session = "upload_session/";
    let asked = ["start", "append_v2", "append_v2", "finish"].map(|route| format!("{session}{route}"));
    assert_eq!(inside.asked[0], "upload");
    assert_eq!(inside.asked[1..], asked);
    assert_eq!(inside.wrong, Vec::<String>::new());
}

#[tokio::test]
async fn a_refresh_token_gives_tokens_that_are_kept_until_they_end() {
    let (stage, dropbox, running) = world(refresh("r+t&1", Some("of the app"))).await;
    for n in 1..=3 {
        let id = stage.owe(n, "dropbox", "card.webp", bytes(10)).await;
        stage.until_delivered(id).await;
    }
    assert_eq!(
        dropbox.inside().asked,
        ["oauth2/token", "upload", "upload", "upload"]
    );
    assert!(dropbox.inside().forms[0].contains("client_secret=of+the+app"));

    // One that is not accepted any more is fetched anew, once.
    dropbox.inside().token = "sl.newer".into();
    dropbox.inside().asked.clear();
    let id = stage.owe(4, "dropbox", "card.webp", bytes(10)).await;
    stage.until_delivered(id).await;
    assert_eq!(dropbox.inside().asked, ["upload", "oauth2/token", "upload"]);

    // And one that hardly lasts is used once.
    dropbox.inside().lasts = 60;
    dropbox.inside().token = "sl.short".into();
    for n in 5..=6 {
        let id = stage.owe(n, "dropbox", "card.webp", bytes(10)).await;
        stage.until_delivered(id).await;
    }
    let fetched = dropbox.inside().asked[3..]
        .iter()
        .filter(|route| *route == "oauth2/token")
        .count();
    assert_eq!(fetched, 2, "{:?}", dropbox.inside().asked);
    running.stop().await;
}

#[tokio::test]
async fn sealed_tokens_are_opened() {
    let (stage, dropbox) = (Stage::new(), StandIn::start().await);
    let seal = Seal::new([SealKey::parse(&"07".repeat(32)).unwrap()]);
    let sealed = seal.seal(tenant(), &Secret::new("sl.good"), [1; 24]);
    stage
        .destination("dropbox", Reach::Dropbox(DropboxAccess::Token(sealed)))
        .await;
    let id = stage.owe(1, "dropbox", "card.webp", bytes(10)).await;
    let running = start(stage.carrier().seal(seal).dropbox(dropbox.addresses()));
    stage.until_delivered(id).await;
    running.stop().await;
}

#[tokio::test]
async fn what_dropbox_refuses_is_told_in_plain_words() {
    let (stage, dropbox, running) = world(token()).await;
    let refusals: [(u16, &str, &str); 8] = [
        (
            409,
            r#"{"error_summary":"path/insufficient_space/..","error":{}}"#,
            "the Dropbox is full",
        ),
        (
            409,
            r#"{"error_summary":"path/conflict/folder/...","error":{}}"#,
            "there is something of that name in the Dropbox that is no file",
        ),
        (
            409,
            r#"{"error_summary":"path/disallowed_name/..."}"#,
            "the path is none that Dropbox can have",
        ),
        (
            409,
            r#"{"error_summary":"path/operation_suppressed/..."}"#,
            "Dropbox answered 409 Conflict: path/operation_suppressed",
        ),
        (
            401,
            r#"{"error_summary":"expired_access_token/."}"#,
            "the access token of Dropbox has ended",
        ),
        (
            401,
            r#"{"error_summary":"missing_scope/.."}"#,
            "the app of Dropbox may not write files: it needs files.content.write",
        ),
        (500, "<html>", "Dropbox answered 500 Internal Server Error"),
        (200, "not JSON", "the answer is not that of Dropbox"),
    ];
    for (n, (status, body, expected)) in (1..).zip(refusals) {
        dropbox.inside().instead.push((status, vec![], body));
        let id = stage.owe(n, "dropbox", "card.webp", bytes(10)).await;
        assert_eq!(stage.until_refused(id, 1).await, expected);
        assert_eq!(stage.read(id).await.tries[0].status, Some(status));
    }
    // What is refused today is brought tomorrow.
    stage.time.advance(Duration::from_secs(3600));
    stage.until_delivered(stage_id(1)).await;
    running.stop().await;
}

fn stage_id(n: u64) -> marquetry_model::DeliveryId {
    marquetry_store::conformance::sample::delivery_id(n)
}

#[tokio::test]
async fn other_bytes_than_were_sent_are_noticed() {
    let (stage, dropbox, running) = world(token()).await;
    let other = format!(r#"{{"content_hash":"{}"}}"#, "0".repeat(64));
    dropbox.inside().instead.push((200, vec![], other.leak()));
    let id = stage.owe(1, "dropbox", "card.webp", bytes(10)).await;
    let words = stage.until_refused(id, 1).await;
    assert_eq!(words, "Dropbox received other bytes than were sent");
    running.stop().await;
}

#[tokio::test]
async fn who_has_too_much_to_do_is_left_alone_as_long_as_it_asks() {
    let (stage, dropbox, running) = world(token()).await;
    // The second try is planned after 5 s; up to twice that is granted.
    let busy = r#"{"error_summary":"too_many_requests/..","error":{"reason":{".tag":"too_many_requests"}}}"#;
    dropbox
        .inside()
        .instead
        .push((429, vec![("retry-after", "300")], busy));
    let id = stage.owe(1, "dropbox", "card.webp", bytes(10)).await;
    let words = stage.until_refused(id, 1).await;
    assert_eq!(words, "Dropbox has too much to do for this account");
    let due = stage.read(id).await.state.due().unwrap();
    let now = marquetry_store::Clock::now(&stage.time);
    assert!(due.since(now) > Duration::from_secs(6), "{:?}", due.since(now));
    running.stop().await;
}

#[tokio::test]
async fn a_grant_that_is_none_is_told() {
    let (stage, dropbox, running) = world(refresh("another", None)).await;
    let id = stage.owe(1, "dropbox", "card.webp", bytes(10)).await;
    let words = stage.until_refused(id, 1).await;
    assert_eq!(words, "Dropbox does not accept the refresh token");
    let told = format!("{:?}", stage.read(id).await);
    assert!(!told.contains("another"), "{told}");
    assert_eq!(dropbox.inside().asked, ["oauth2/token"]);
    running.stop().await;
}
