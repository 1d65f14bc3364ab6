//! How jobs are found and taken: by free slots, by what is told, and after a crash.

use std::sync::Arc;
use std::time::Duration;

use marquetry_job::{Jitter, JobEvent, JobState, RetrySchedule, ShownState, WorkerId};
use marquetry_model::{Job, Mockup};
use marquetry_store::{JobSwap, Ownership, Swap};
use marquetry_testkit::catcher::Answer;
use object_store::memory::InMemory;
use object_store::throttle::{ThrottleConfig, ThrottledStore};

use crate::on_every_store;
use crate::workshop::{PATIENCE, RED, Workshop, now, png, poster_psd};

on_every_store![
    a_job_waits_in_the_store_until_a_slot_is_free,
    a_new_job_is_taken_because_it_was_told_and_not_because_of_the_poll,
    a_sole_owner_takes_up_at_once_what_a_dead_process_held,
    a_lapsed_lease_is_taken_over_by_whoever_shares_the_store,
    a_long_walk_keeps_its_lease,
    a_suspect_waits_until_nothing_runs_and_then_runs_alone,
];

async fn a_job_waits_in_the_store_until_a_slot_is_free(shop: Workshop) {
    let mockup = shop.mockup(&poster_psd(144.0)).await;
    shop.server.answer_in_turn([Answer::hang()]);
    shop.server.answer_always(Answer::ok(png(RED)));
    let running = shop.start(shop.worker().slots(1));
    let first = shop.render_url(&mockup).await;
    shop.server.wait_for(1, PATIENCE).await.unwrap();
    let second = shop.render_url(&mockup).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(shop.job(second).await.state.shown(), ShownState::Queued);

    shop.steps().cancel(shop.tenant, first, now()).await.unwrap();
    assert_eq!(shop.picture(second).await.pixel(48, 32), Some(RED));
    running.stop().await;
}

async fn a_new_job_is_taken_because_it_was_told_and_not_because_of_the_poll(shop: Workshop) {
    let mockup = shop.mockup(&poster_psd(144.0)).await;
    shop.server.answer_always(Answer::ok(png(RED)));
    let running = shop.start(shop.worker().poll(Duration::from_secs(3600)));
    // Long enough for the worker to have looked once and found nothing.
    tokio::time::sleep(Duration::from_millis(100)).await;
    let id = shop.render_url(&mockup).await;
    assert_eq!(shop.picture(id).await.pixel(48, 32), Some(RED));
    running.stop().await;
}

async fn a_sole_owner_takes_up_at_once_what_a_dead_process_held(shop: Workshop) {
    let mockup = shop.mockup(&poster_psd(144.0)).await;
    shop.server.answer_always(Answer::ok(png(RED)));
    let id = shop.render_url(&mockup).await;
    // The process that held it died; its lease would run for another hour.
    let dead = WorkerId::from_random([77; 16]);
    let held = shop
        .steps()
        .claim(dead, now(), Duration::from_secs(3600), 1)
        .await
        .unwrap();
    assert_eq!(held.len(), 1);
    let running = shop.start(shop.worker().ownership(Ownership::Sole));
    let job = shop.ended(id).await;
    running.stop().await;
    assert!(matches!(job.state, JobState::Succeeded { .. }), "{:?}", job.state);
}

async fn a_lapsed_lease_is_taken_over_by_whoever_shares_the_store(shop: Workshop) {
    let mockup = shop.mockup(&poster_psd(144.0)).await;
    shop.server.answer_always(Answer::ok(png(RED)));
    let id = shop.render_url(&mockup).await;
    let dead = WorkerId::from_random([77; 16]);
    let lease = Duration::from_millis(300);
    shop.steps().claim(dead, now(), lease, 1).await.unwrap();
    let running = shop.start(shop.worker());
    let job = shop.ended(id).await;
    running.stop().await;
    assert!(matches!(job.state, JobState::Succeeded { .. }), "{:?}", job.state);
}

async fn a_long_walk_keeps_its_lease(shop: Workshop) {
    let mockup = shop.mockup(&poster_psd(144.0)).await;
    // Five leases long.
    shop.server
        .answer_always(Answer::ok(png(RED)).after(Duration::from_millis(2500)));
    let lease = Duration::from_millis(500);
    let one = shop.start(shop.worker().lease(lease));
    let two = shop.start(shop.worker().lease(lease));
    let id = shop.render_url(&mockup).await;
    assert_eq!(shop.picture(id).await.pixel(48, 32), Some(RED));
    one.stop().await;
    two.stop().await;
    assert_eq!(shop.server.caught().len(), 1, "nobody else took it");
}

async fn a_suspect_waits_until_nothing_runs_and_then_runs_alone(shop: Workshop) {
    let mockup = shop.mockup(&poster_psd(144.0)).await;
    shop.server.answer_in_turn([Answer::hang(), Answer::hang()]);
    shop.server.answer_always(Answer::ok(png(RED)));
    let suspect = shop.render_url(&mockup).await;
    let (dead, hour) = (WorkerId::from_random([77; 16]), Duration::from_secs(3600));
    let held = shop.steps().claim(dead, now(), hour, 1).await.unwrap().remove(0);

    let running = shop.start(shop.worker().slots(2));
    let other = shop.render_url(&mockup).await;
    shop.server.wait_for(1, PATIENCE).await.unwrap();
    // Its holder is found dead while the worker runs something and has a slot free.
    died(&shop, held).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(shop.server.caught().len(), 1, "it is not begun beside another");

    shop.steps().cancel(shop.tenant, other, now()).await.unwrap();
    shop.server.wait_for(2, PATIENCE).await.unwrap();
    assert!(shop.job(suspect).await.state.hold().is_some());
    let later = shop.render_url(&mockup).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(shop.job(later).await.state.shown(), ShownState::Queued);

    shop.steps().cancel(shop.tenant, suspect, now()).await.unwrap();
    assert_eq!(shop.picture(later).await.pixel(48, 32), Some(RED));
    running.stop().await;
}

/// The holder of a job is found dead: a suspect from now on.
async fn died(shop: &Workshop, held: Job) {
    let died = JobEvent::HolderDied {
        was: held.state.hold().unwrap(),
    };
    let freed = held
        .state
        .clone()
        .step(died, now(), &RetrySchedule::default(), Jitter::MIDDLE);
    let version = held.version;
    let freed = JobSwap::only(held.stepped(freed.unwrap(), None, now()));
    assert_eq!(
        shop.store.replace_job(version, &freed).await.unwrap(),
        Swap::Swapped
    );
}

/// A storage that takes five seconds for each file it is given, as long as it is told to.
fn slow() -> Arc<ThrottledStore<InMemory>> {
    let config = ThrottleConfig {
        wait_put_per_call: Duration::from_secs(5),
        ..ThrottleConfig::default()
    };
    Arc::new(ThrottledStore::new(InMemory::new(), config))
}

/// A workshop over `slow`, and a mockup that was there before it became so.
async fn storing(slow: &Arc<ThrottledStore<InMemory>>) -> (Workshop, Mockup) {
    let config = slow.config();
    slow.config_mut(|config| *config = ThrottleConfig::default());
    let shop = Workshop::over(Arc::clone(slow) as _).await;
    let mockup = shop.mockup(&poster_psd(144.0)).await;
    shop.server.answer_always(Answer::ok(png(RED)));
    slow.config_mut(|slow| *slow = config);
    (shop, mockup)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_job_is_drawn_while_one_is_stored_and_no_third() {
    let slow = slow();
    let (shop, mockup) = storing(&slow).await;
    let running = shop.start(shop.worker().slots(1));
    let first = shop.render_url(&mockup).await;
    let second = shop.render_url(&mockup).await;
    let third = shop.render_url(&mockup).await;
    shop.server.wait_for(2, PATIENCE).await.unwrap();
    assert!(shop.job(first).await.state.hold().is_some());
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(shop.job(third).await.state.shown(), ShownState::Queued);
    assert_eq!(shop.server.caught().len(), 2, "what is made waits with its slot");
    slow.config_mut(|config| *config = ThrottleConfig::default());
    for id in [first, second, third] {
        assert_eq!(shop.picture(id).await.pixel(48, 32), Some(RED));
    }
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_suspect_waits_for_what_is_being_stored() {
    let slow = slow();
    let (shop, mockup) = storing(&slow).await;
    let suspect = shop.render_url(&mockup).await;
    let (dead, hour) = (WorkerId::from_random([77; 16]), Duration::from_secs(3600));
    let held = shop.steps().claim(dead, now(), hour, 1).await.unwrap().remove(0);
    let running = shop.start(shop.worker().slots(1));
    let first = shop.render_url(&mockup).await;
    shop.server.wait_for(1, PATIENCE).await.unwrap();
    // It is drawn by then, most often; if not, the suspect waits all the more.
    tokio::time::sleep(Duration::from_millis(300)).await;
    died(&shop, held).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(shop.job(first).await.state.hold().is_some());
    assert_eq!(shop.job(suspect).await.state.hold(), None);
    slow.config_mut(|config| *config = ThrottleConfig::default());
    for id in [first, suspect] {
        assert_eq!(shop.picture(id).await.pixel(48, 32), Some(RED));
    }
    running.stop().await;
}
