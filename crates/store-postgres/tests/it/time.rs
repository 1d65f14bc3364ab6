//! Time is the database's, whatever the machines think.

use std::sync::Arc;
use std::time::Duration;

use marquetry_job::{JobState, Tally, Timestamp};
use marquetry_model::Job;
use marquetry_store::conformance::sample::{LEASE, job_steps, render_job, worker};
use marquetry_store::{Clock, Inserted, Pick, Store, SystemClock};
use marquetry_store_postgres::{Options, PostgresStore};

use crate::world::{database, open};

/// A machine whose clock is wrong.
#[derive(Debug)]
struct Ahead(Duration);

impl Clock for Ahead {
    fn now(&self) -> Timestamp {
        SystemClock.now() + self.0
    }
}

const WRONG: Duration = Duration::from_secs(90);

#[tokio::test]
async fn a_worker_whose_clock_is_90_s_ahead_neither_steals_leases_nor_claims_early() {
    let Some(database) = database().await else { return };
    let right = open(&database).await;
    let machine = Arc::new(Ahead(WRONG));
    let wrong = PostgresStore::open_by(database.url(), &Options::default(), machine.clone())
        .await
        .unwrap();
    let (right_clock, wrong_clock) = (right.clock(), wrong.clock());
    // Far from 90 s, far from what a busy machine can lose between two lines.
    let apart = wrong_clock.now().since(right_clock.now());
    assert!(apart < Duration::from_secs(30), "{apart:?}");
    let (right, wrong): (Arc<dyn Store>, Arc<dyn Store>) = (Arc::new(right), Arc::new(wrong));

    // One job that is held, and one that may be tried again in a minute. The lease is longer than the
    // test takes, and shorter than the wrong clock is ahead.
    let (now, minute) = (right_clock.now(), Duration::from_secs(60));
    // They came in just now: one that came in long ago would be past its deadline.
    let came_in = |job: Job| Job {
        created_at: now,
        updated_at: now,
        ..job
    };
    let waiting = Job {
        state: JobState::Queued {
            tally: Tally::NEW,
            not_before: now + minute,
        },
        ..came_in(render_job(2))
    };
    let held = Job {
        state: JobState::accepted(now),
        ..came_in(render_job(1))
    };
    for job in [&held, &waiting] {
        assert_eq!(right.insert_job(job, None).await.unwrap(), Inserted::New);
    }
    let taken = job_steps(&right)
        .claim(worker(1), right_clock.now(), minute, 9)
        .await
        .unwrap();
    assert_eq!(taken.len(), 1);

    let stolen = job_steps(&wrong)
        .claim(worker(2), wrong_clock.now(), LEASE, 9)
        .await
        .unwrap();
    assert_eq!(stolen, []);
    // By the clock of its machine it would have taken both.
    let tempted = wrong.due_jobs(&Pick::any(machine.now(), 9)).await.unwrap();
    assert_eq!(tempted.len(), 2);
}

#[tokio::test]
async fn a_clock_that_jumps_is_put_right() {
    let Some(database) = database().await else { return };
    let machine = marquetry_testkit::clock::Clock::at(0);
    #[derive(Debug)]
    struct Machine(marquetry_testkit::clock::Clock);
    impl Clock for Machine {
        fn now(&self) -> Timestamp {
            Timestamp::from_micros(self.0.now_micros())
        }
    }
    let options = Options {
        clock_every: Duration::from_millis(20),
        ..Options::default()
    };
    let machine_clock = Arc::new(Machine(machine.clone()));
    let store = PostgresStore::open_by(database.url(), &options, machine_clock)
        .await
        .unwrap();
    let clock = store.clock();
    let hour = Duration::from_secs(3600);
    // A machine in 1970 that then jumps by an hour: measured again, it is right again.
    assert!(clock.now().since(SystemClock.now() - hour) < 2 * hour);
    machine.advance(24 * hour);
    let wrong = || clock.now().since(SystemClock.now()) > hour;
    let patience = std::time::Instant::now() + Duration::from_secs(60);
    while wrong() {
        assert!(std::time::Instant::now() < patience, "nobody measured again");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
