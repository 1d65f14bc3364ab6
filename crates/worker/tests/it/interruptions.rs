//! Everything that stops a job on its way: a cancel, a deadline, a shutdown, a lost lease.

use std::time::Duration;

use marquetry_job::JobState;
use marquetry_model::{BlobKey, ExportFormat, JobId};
use marquetry_store::Cancelling;
use marquetry_testkit::catcher::Answer;

use crate::on_every_store;
use crate::workshop::{PATIENCE, RED, Workshop, now, png, poster_psd};

on_every_store![
    a_running_job_that_is_cancelled_stops_and_leaves_nothing,
    a_job_cancelled_before_its_attendant_listens_is_stopped_too,
    an_attempt_that_takes_too_long_is_timed_out,
    shutdown_lets_short_work_finish,
    shutdown_hands_long_work_back_and_another_worker_does_it,
    a_shut_down_worker_claims_nothing,
    a_stalled_worker_loses_its_job_and_its_late_result_does_not_count,
];

fn result_key(id: JobId) -> BlobKey {
    BlobKey::result(id, 0, ExportFormat::Png)
}

async fn a_running_job_that_is_cancelled_stops_and_leaves_nothing(shop: Workshop) {
    let mockup = shop.mockup(&poster_psd(144.0)).await;
    shop.server.answer_always(Answer::hang());
    let running = shop.start(shop.worker());
    let id = shop.render_url(&mockup).await;
    shop.server.wait_for(1, PATIENCE).await.unwrap();

    // The lease of 15 s is renewed every 5 s only; the wish itself must have woken the worker.
    let asked = std::time::Instant::now();
    let cancelling = shop.steps().cancel(shop.tenant, id, now()).await.unwrap();
    assert!(matches!(cancelling, Cancelling::Asked(_)), "{cancelling:?}");
    let job = shop.ended(id).await;
    assert!(asked.elapsed() < Duration::from_secs(4), "{:?}", asked.elapsed());
    assert!(matches!(job.state, JobState::Cancelled { .. }), "{:?}", job.state);
    assert_eq!(job.result, None);
    assert_eq!(shop.get(&result_key(id)).await, None);

    // Its slot is free again.
    shop.server.answer_always(Answer::ok(png(RED)));
    for id in [shop.render_url(&mockup).await, shop.render_url(&mockup).await] {
        assert_eq!(shop.picture(id).await.pixel(48, 32), Some(RED));
    }
    running.stop().await;
}

async fn a_job_cancelled_before_its_attendant_listens_is_stopped_too(shop: Workshop) {
    let mockup = shop.mockup(&poster_psd(144.0)).await;
    shop.server.answer_always(Answer::ok(png(RED)));
    let running = shop.start(shop.worker());
    // Races of cancel and walk: whoever wins, there is one end, and a cancelled job has no file.
    for round in 0..30_u32 {
        let id = shop.render_url(&mockup).await;
        for _ in 0..round % 6 {
            tokio::task::yield_now().await;
        }
        tokio::time::sleep(Duration::from_micros(u64::from(round) * 100)).await;
        let cancelling = shop.steps().cancel(shop.tenant, id, now()).await.unwrap();
        let job = shop.ended(id).await;
        match (&cancelling, &job.state) {
            (Cancelling::TooLate(_), JobState::Succeeded { .. }) => {
                assert!(shop.get(&result_key(id)).await.is_some());
            }
            (Cancelling::Done(_) | Cancelling::Asked(_), JobState::Cancelled { .. }) => {
                assert_eq!(job.result, None);
                let gone = async {
                    while shop.get(&result_key(id)).await.is_some() {
                        tokio::time::sleep(Duration::from_millis(5)).await;
                    }
                };
                tokio::time::timeout(PATIENCE, gone).await.unwrap();
            }
            other => panic!("{other:?}"),
        }
    }
    running.stop().await;
}

async fn an_attempt_that_takes_too_long_is_timed_out(shop: Workshop) {
    let mockup = shop.mockup(&poster_psd(144.0)).await;
    shop.server.answer_always(Answer::hang());
    let running = shop.start(shop.worker().render_deadline(Duration::from_millis(200)));
    let id = shop.render_url(&mockup).await;
    let failure = shop.failure(id).await;
    running.stop().await;
    assert_eq!(failure.code, "timed_out");
    assert_eq!(shop.server.caught().len(), 1, "not tried again");
}

async fn shutdown_lets_short_work_finish(shop: Workshop) {
    let mockup = shop.mockup(&poster_psd(144.0)).await;
    shop.server
        .answer_always(Answer::ok(png(RED)).after(Duration::from_millis(300)));
    let running = shop.start(shop.worker());
    let id = shop.render_url(&mockup).await;
    shop.server.wait_for(1, PATIENCE).await.unwrap();
    running.stop().await;
    let state = shop.job(id).await.state;
    assert!(matches!(state, JobState::Succeeded { .. }), "{state:?}");
}

async fn shutdown_hands_long_work_back_and_another_worker_does_it(shop: Workshop) {
    let mockup = shop.mockup(&poster_psd(144.0)).await;
    shop.server.answer_always(Answer::hang());
    let running = shop.start(shop.worker().grace(Duration::from_millis(500)));
    let id = shop.render_url(&mockup).await;
    shop.server.wait_for(1, PATIENCE).await.unwrap();
    running.stop().await;
    let JobState::Queued { tally, .. } = shop.job(id).await.state else {
        panic!("{:?}", shop.job(id).await.state);
    };
    assert_eq!((tally.attempt.number(), tally.starts, tally.crashes), (1, 1, 0));

    shop.server.answer_always(Answer::ok(png(RED)));
    let next = shop.start(shop.worker());
    assert_eq!(shop.picture(id).await.pixel(48, 32), Some(RED));
    next.stop().await;
}

async fn a_shut_down_worker_claims_nothing(shop: Workshop) {
    let mockup = shop.mockup(&poster_psd(144.0)).await;
    let id = shop.render_url(&mockup).await;
    shop.worker().build().unwrap().run(async {}).await;
    assert!(matches!(shop.job(id).await.state, JobState::Queued { tally, .. } if tally.starts == 0));
}

/// A worker stands still for longer than its lease, as a paused machine does; another one takes the
/// job and finishes it; the first wakes up and its report is refused.
async fn a_stalled_worker_loses_its_job_and_its_late_result_does_not_count(shop: Workshop) {
    let mockup = shop.mockup(&poster_psd(144.0)).await;
    shop.server
        .answer_in_turn([Answer::ok(png([0, 255, 0, 255])).after(Duration::from_millis(400))]);
    shop.server.answer_always(Answer::ok(png(RED)));
    let lease = Duration::from_millis(300);
    let stalled = shop.worker().lease(lease).build().unwrap();
    let stalled_id = stalled.id();

    // A runtime of its own, so that the whole worker can be made to stand still.
    let (freeze, frozen) = std::sync::mpsc::channel::<()>();
    let (thaw, thawed) = std::sync::mpsc::channel::<()>();
    let (end, ended) = tokio::sync::oneshot::channel::<()>();
    let machine = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let pause = async {
                loop {
                    if frozen.try_recv().is_ok() {
                        // Blocks the only thread there is: no renewal, no reading, nothing.
                        thawed.recv().unwrap();
                        return;
                    }
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
            };
            let run = stalled.run(async {
                let _ = ended.await;
            });
            tokio::join!(run, pause);
        });
    });

    let id = shop.render_url(&mockup).await;
    shop.server.wait_for(1, PATIENCE).await.unwrap();
    freeze.send(()).unwrap();
    let holder = shop.job(id).await.state.hold().unwrap();
    assert_eq!(holder.worker, stalled_id);

    let other = shop.start(shop.worker());
    let finished = shop.ended(id).await;
    assert!(
        matches!(finished.state, JobState::Succeeded { .. }),
        "{:?}",
        finished.state
    );
    assert_eq!(shop.picture(id).await.pixel(48, 32), Some(RED));

    thaw.send(()).unwrap();
    end.send(()).unwrap();
    let joined = tokio::task::spawn_blocking(move || machine.join());
    tokio::time::timeout(PATIENCE, joined)
        .await
        .unwrap()
        .unwrap()
        .unwrap();
    other.stop().await;
    assert_eq!(shop.job(id).await, finished, "the late report changed nothing");
    assert_eq!(
        shop.picture(id).await.pixel(48, 32),
        Some(RED),
        "nor did it change the file"
    );
}
