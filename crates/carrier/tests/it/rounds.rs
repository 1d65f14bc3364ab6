//! What a carrier does with what is owed, wherever it goes.

use std::time::Duration;

use marquetry_carrier::{Carrier, CarrierError, DropboxAddresses};
use marquetry_job::{DeathCause, DeliveryState};
use marquetry_model::{Carriage, Destination, Reach};
use marquetry_store::conformance::sample::worker;
use marquetry_store::{Ownership, RecordStoreExt as _, Swap};
use marquetry_testkit::catcher::{Answer, Catcher};

use crate::stage::{PATIENCE, Stage, bytes, start, tenant};
use crate::stand_in::StandIn;

fn dropbox() -> Reach {
    let token = marquetry_model::Secret::new("sl.good");
    Reach::Dropbox(marquetry_model::DropboxAccess::Token(token))
}

/// A far end that never answers, and where it is.
async fn black_hole() -> (Catcher, DropboxAddresses) {
    let hole = Catcher::start().await;
    hole.answer_always(Answer::hang());
    let addresses = DropboxAddresses {
        api: hole.url(""),
        content: hole.url(""),
    };
    (hole, addresses)
}

#[tokio::test]
async fn a_failure_is_tried_again_by_schedule_and_then_given_up() {
    let (stage, dropbox_) = (Stage::new(), StandIn::start().await);
    stage.destination("dropbox", dropbox()).await;
    let id = stage.owe(1, "dropbox", "card.webp", bytes(10)).await;
    for _ in 0..10 {
        dropbox_.inside().instead.push((503, vec![], ""));
    }
    let running = start(stage.carrier().dropbox(dropbox_.addresses()));
    for tries in 1..=10 {
        stage.until_refused(id, tries).await;
        assert_eq!(dropbox_.inside().asked.len(), tries, "never before its time");
        stage.time.advance(Duration::from_hours(48));
    }
    let dead = stage.until(id, |one| one.state.is_terminal()).await;
    assert!(
        matches!(
            dead.state,
            DeliveryState::Dead {
                cause: DeathCause::Exhausted,
                ..
            }
        ),
        "{dead:?}"
    );
    running.stop().await;
}

#[tokio::test]
async fn a_destination_that_is_gone_or_takes_no_files_ends_what_is_owed_to_it() {
    let stage = Stage::new();
    let known: Destination = stage
        .destination(
            "told",
            Reach::Webhook {
                url: "https://example.com".into(),
                secret: None,
            },
        )
        .await;
    let gone = stage.owe(1, "nowhere", "card.webp", bytes(10)).await;
    let told = stage.owe(2, known.id.as_str(), "card.webp", bytes(10)).await;
    let running = start(stage.carrier());
    for id in [gone, told] {
        let dead = stage.until(id, |one| one.state.is_terminal()).await;
        assert!(
            matches!(
                dead.state,
                DeliveryState::Dead {
                    cause: DeathCause::EndpointRemoved,
                    ..
                }
            ),
            "{dead:?}"
        );
    }
    running.stop().await;
}

#[tokio::test]
async fn a_file_beyond_the_limit_is_told_so_and_one_that_is_not_kept_too() {
    let (stage, root) = (Stage::new(), tempfile::tempdir().unwrap());
    stage.destination("shelf", Reach::Folder).await;
    let long = stage.owe(1, "shelf", "card.webp", bytes(101)).await;
    let lost = stage.owe(2, "shelf", "card.webp", bytes(10)).await;
    let export = stage
        .store
        .job(tenant(), stage.read(lost).await.job)
        .await
        .unwrap()
        .unwrap();
    let key = export.result.unwrap().export.unwrap().key;
    marquetry_blobs::Blobs::delete_blob(stage.blobs.as_ref(), &key)
        .await
        .unwrap();
    let running = start(stage.carrier().most_bytes(100).folder(root.path().to_owned()));
    let words = stage.until_refused(long, 1).await;
    assert_eq!(words, "the file has 101 bytes; at most 100 are sent");
    assert_eq!(
        stage.until_refused(lost, 1).await,
        "the file is not kept any more"
    );
    running.stop().await;
}

#[tokio::test]
async fn a_destination_that_never_answers_holds_up_no_other() {
    let (stage, root) = (Stage::new(), tempfile::tempdir().unwrap());
    let (hole, addresses) = black_hole().await;
    stage.destination("hole", dropbox()).await;
    stage.destination("shelf", Reach::Folder).await;
    for n in 1..=40 {
        stage.owe(n, "hole", "card.webp", bytes(10)).await;
    }
    // Longer due than any for it are those for the hole, and there are more of them than are looked at.
    let running = start(stage.carrier().dropbox(addresses).folder(root.path().to_owned()));
    hole.wait_for(2, PATIENCE).await.unwrap();
    let id = stage.owe(50, "shelf", "card.webp", bytes(10)).await;
    stage.until_delivered(id).await;
    assert_eq!(
        hole.caught().len(),
        2,
        "at most so many at once for one destination"
    );
    running.kill().await;
}

#[tokio::test]
async fn a_try_ends_in_its_time() {
    let stage = Stage::new();
    let (_hole, addresses) = black_hole().await;
    stage.destination("hole", dropbox()).await;
    let id = stage.owe(1, "hole", "card.webp", bytes(10)).await;
    let running = start(
        stage
            .carrier()
            .dropbox(addresses)
            .timeout(Duration::from_millis(300)),
    );
    let words = stage.until_refused(id, 1).await;
    assert!(
        words.starts_with("no answer came within ") || words == "it was not there within 300ms",
        "{words}"
    );
    running.stop().await;
}

#[tokio::test]
async fn a_kind_shutdown_hands_back_and_a_new_carrier_brings() {
    let (stage, dropbox_) = (Stage::new(), StandIn::start().await);
    let (hole, addresses) = black_hole().await;
    stage.destination("dropbox", dropbox()).await;
    let id = stage.owe(1, "dropbox", "card.webp", bytes(10)).await;
    let running = start(
        stage
            .carrier()
            .dropbox(addresses)
            .grace(Duration::from_millis(10)),
    );
    hole.wait_for(1, PATIENCE).await.unwrap();
    running.stop().await;
    let free = stage.read(id).await;
    assert!(
        matches!(free.state, DeliveryState::Pending { .. }) && free.tries.is_empty(),
        "{free:?}"
    );

    let running = start(stage.carrier().dropbox(dropbox_.addresses()));
    stage.until_delivered(id).await;
    running.stop().await;
}

#[tokio::test]
async fn who_is_alone_takes_up_at_once_what_the_dead_held_and_leaves_messages_alone() {
    let (stage, dropbox_) = (Stage::new(), StandIn::start().await);
    let (hole, addresses) = black_hole().await;
    stage.destination("dropbox", dropbox()).await;
    let id = stage.owe(1, "dropbox", "card.webp", bytes(10)).await;
    let running = start(stage.carrier().dropbox(addresses));
    hole.wait_for(1, PATIENCE).await.unwrap();
    running.kill().await;
    assert!(matches!(
        stage.read(id).await.state,
        DeliveryState::Sending { .. }
    ));

    // A courier of the same process holds a message meanwhile.
    let message = marquetry_store::conformance::sample::delivery(9);
    stage.store.insert_delivery(&message).await.unwrap();
    let steps = marquetry_store::conformance::sample::delivery_steps(&stage.store);
    let now = marquetry_store::Clock::now(&stage.time);
    let claimed = steps
        .claim(Carriage::Message, worker(1), now, Duration::from_hours(1), 1, &[])
        .await
        .unwrap();
    assert_eq!(claimed.len(), 1);

    // The clock stands still: no lease lapses.
    let carrier = stage.carrier().dropbox(dropbox_.addresses());
    let running = start(carrier.ownership(Ownership::Sole));
    stage.until_delivered(id).await;
    assert_eq!(stage.read(message.id).await, claimed[0]);
    running.stop().await;
}

#[tokio::test]
async fn who_dies_between_the_bringing_and_its_record_is_followed_by_one_who_brings_the_same_again() {
    let (stage, dropbox_) = (Stage::new(), StandIn::start().await);
    stage.destination("dropbox", dropbox()).await;
    let id = stage.owe(1, "dropbox", "card.webp", bytes(1000)).await;
    // The file is there, and whoever brought it never hears of that.
    dropbox_.inside().silent = 1;
    let running = start(stage.carrier().dropbox(dropbox_.addresses()));
    let there = || dropbox_.inside().files.contains_key("/card.webp");
    while !there() {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    running.kill().await;
    assert!(matches!(
        stage.read(id).await.state,
        DeliveryState::Sending { .. }
    ));

    let carrier = stage.carrier().dropbox(dropbox_.addresses());
    let running = start(carrier.ownership(Ownership::Sole));
    stage.until_delivered(id).await;
    running.stop().await;
    let inside = dropbox_.inside();
    assert_eq!(inside.asked, ["upload", "upload"]);
    assert_eq!(
        (inside.files.len(), &inside.files["/card.webp"]),
        (1, &bytes(1000))
    );
}

#[tokio::test]
async fn a_change_is_seen_by_the_next_try() {
    let (stage, root) = (Stage::new(), tempfile::tempdir().unwrap());
    let before = stage.destination("shelf", dropbox()).await;
    let id = stage.owe(1, "shelf", "card.webp", bytes(10)).await;
    let (hole, addresses) = black_hole().await;
    hole.answer_always(Answer::status(500));
    let running = start(stage.carrier().dropbox(addresses).folder(root.path().to_owned()));
    stage.until_refused(id, 1).await;
    let after = Destination {
        reach: Reach::Folder,
        version: before.version.next(),
        ..before.clone()
    };
    let swap = stage.store.replace(before.version, &after).await.unwrap();
    assert_eq!(swap, Swap::Swapped);
    stage.time.advance(Duration::from_secs(10));
    stage.until_delivered(id).await;
    running.stop().await;
}

#[test]
fn settings_that_make_no_sense_are_named() {
    let stage = Stage::new();
    let wrong = |result: Result<Carrier, CarrierError>| match result {
        Err(CarrierError::Setting { setting, .. }) => setting,
        other => panic!("{other:?}"),
    };
    assert_eq!(wrong(stage.carrier().timeout(Duration::ZERO).build()), "timeout");
    assert_eq!(wrong(stage.carrier().at_once(0).build()), "at_once");
    assert_eq!(wrong(stage.carrier().per_lane(0).build()), "per_lane");
    assert_eq!(wrong(stage.carrier().most_bytes(0).build()), "most_bytes");
    assert_eq!(wrong(stage.carrier().piece_bytes(1 << 20).build()), "piece_bytes");
}
