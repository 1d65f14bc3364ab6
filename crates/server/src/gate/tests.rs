//! How the gate lets in, keeps waiting, refuses, and recovers.

use futures::future::join_all;
use futures::poll;
use marquetry_dialect::sudomock::Problem;
use marquetry_worker::Begun;

use super::*;

#[tokio::test(start_paused = true)]
async fn a_burst_stands_in_line_and_all_of_it_is_let_in() {
    let gate = Gate::new(2);
    let one = |_| async {
        let pass = gate.enter().await.unwrap();
        sleep(Duration::from_millis(50)).await;
        drop(pass);
    };
    join_all((0..34).map(one)).await;
    assert_eq!(gate.state().in_hand, 0);
    assert_eq!(gate.state().standing, None);
}

#[tokio::test(start_paused = true)]
async fn a_line_that_stays_is_refused_soon_and_one_that_is_too_long_at_once() {
    let gate = Gate::new(8);
    gate.learn(LATE * 2, Beat::default());
    let _held = join_all((0..LEAST).map(|_| gate.enter())).await;
    let began = Instant::now();
    let patient = Problem::from(gate.enter().await.unwrap_err());
    assert_eq!(patient.status(), 503);
    assert!(patient.headers().contains(&("Retry-After", "1".to_owned())));
    assert_eq!(began.elapsed(), PATIENCE);
    let began = Instant::now();
    assert!(gate.enter().await.is_err());
    assert_eq!(began.elapsed(), NO_PATIENCE);

    let began = Instant::now();
    let mut line: Vec<_> = (0..LEAST * SHORT_LINE).map(|_| Box::pin(gate.enter())).collect();
    for waits in &mut line {
        assert!(poll!(waits).is_pending());
    }
    assert!(gate.look().is_err());
    assert!(gate.enter().await.is_err());
    assert_eq!(began.elapsed(), Duration::ZERO);
    // In time again, the line is long and whoever comes has all the time there is.
    while gate.learn(Duration::ZERO, Beat::default()) && gate.state().limit < 8 {}
    assert!(gate.look().is_ok());
}

#[tokio::test(start_paused = true)]
async fn who_is_late_lets_fewer_in_and_recovers() {
    let gate = Gate::new(64);
    let held = gate.enter().await.unwrap();
    for _ in 0..9 {
        assert!(gate.learn(LATE * 2, Beat::default()));
    }
    assert_eq!(gate.state().limit, LEAST);
    let second = gate.enter().await.unwrap();
    let others = join_all([gate.enter(), gate.enter()]).await;
    let mut fifth = Box::pin(gate.enter());
    assert!(poll!(&mut fifth).is_pending());
    gate.learn(Duration::ZERO, Beat::default());
    let fifth = fifth.await.unwrap();
    drop((held, second, others, fifth));
    let beats = (0..100)
        .take_while(|_| gate.learn(Duration::ZERO, Beat::default()))
        .count();
    assert_eq!(beats, 99, "for a second after the last");
    assert_eq!(gate.state().limit, 64);
}

#[tokio::test(start_paused = true)]
async fn where_drawing_starves_one_goes_in_for_each_that_comes_out() {
    let gate = Gate::new(64);
    let mut beat = Beat {
        threads: 2,
        ..Beat::default()
    };
    let mut pass = async |waited: u32, done: u64| {
        sleep(BEAT).await;
        beat.ran += BEAT * (200 - waited) / 100;
        beat.waited += BEAT * waited / 100;
        beat.done += done;
        gate.learn(Duration::ZERO, beat)
    };
    // A twentieth is no hunger, however long it lasts; more than a tenth is, once it has lasted.
    for _ in 0..200 {
        pass(10, 1).await;
    }
    assert_eq!(gate.state().ration, None);
    let mut beats = 0;
    while gate.state().ration.is_none() {
        pass(60, 1).await;
        beats += 1;
    }
    assert!(BEAT * beats >= BURST, "{beats}");
    drop(gate.enter().await.unwrap());
    let mut second = Box::pin(gate.enter());
    assert!(poll!(&mut second).is_pending());
    // Two came out: two go in, and one besides.
    pass(60, 2).await;
    drop(second.await.unwrap());
    drop((gate.enter().await.unwrap(), gate.enter().await.unwrap()));
    let mut waits = Box::pin(gate.enter());
    assert!(poll!(&mut waits).is_pending());
    drop(waits);

    // More than there is room for: a flood, in which nobody stands in line.
    let mut line: Vec<_> = (0..64).map(|_| Box::pin(gate.enter())).collect();
    for waits in &mut line {
        assert!(poll!(waits).is_pending());
    }
    assert!(gate.look().is_err());
    drop(line);
    assert!(gate.enter().await.is_err());
    pass(60, 1).await;
    for _ in 0..2 {
        gate.look().unwrap();
        drop(gate.enter().await.unwrap());
    }
    assert!(gate.enter().await.is_err());
    // A second in which nobody waited or was refused ends it.
    let mut beats = 0;
    while gate.state().ration.is_some() {
        let goes_on = pass(60, 0).await;
        assert_eq!(goes_on, gate.state().ration.is_some());
        beats += 1;
    }
    assert_eq!(BEAT * beats, CALM);
}

#[tokio::test(start_paused = true)]
async fn where_jobs_stand_in_line_and_the_process_is_late_it_is_the_same() {
    let gate = Gate::new(64);
    let begun = |waited| {
        let ago = Duration::ZERO;
        Beat {
            last: Some(Begun { ago, waited }),
            ..Beat::default()
        }
    };
    let learn = async |late, waited| {
        sleep(BEAT).await;
        gate.learn(late, begun(waited));
        gate.state().ration
    };
    for _ in 0..100 {
        // A line in a process that has all the cores it wants, and a process that is late without a line.
        assert_eq!(learn(Duration::ZERO, BURST).await, None);
    }
    for _ in 0..100 {
        assert_eq!(learn(LATE * 2, BURST / 2).await, None);
    }
    while learn(LATE * 2, BURST).await.is_none() {}
    // In time again, thanks to the ration, which is no reason to end it.
    for _ in 0..80 {
        assert!(learn(Duration::ZERO, BURST).await.is_some());
    }
    assert_eq!(learn(Duration::ZERO, BURST / 2).await, None);
}

#[tokio::test(start_paused = true)]
async fn a_ration_ends_where_nothing_is_left_to_draw() {
    let gate = Gate::new(64);
    let mut beat = Beat {
        threads: 1,
        ..Beat::default()
    };
    while gate.state().ration.is_none() {
        sleep(BEAT).await;
        beat.ran += BEAT / 2;
        beat.waited += BEAT / 2;
        gate.learn(Duration::ZERO, beat);
    }
    let first = gate.enter().await.unwrap();
    let mut line: Vec<_> = (0..3).map(|_| Box::pin(gate.enter())).collect();
    for waits in &mut line {
        assert!(poll!(waits).is_pending());
    }
    while gate.state().ration.is_some() {
        sleep(BEAT).await;
        gate.learn(Duration::ZERO, beat);
    }
    drop((first, join_all(line).await));
}

#[tokio::test(start_paused = true)]
async fn who_goes_away_takes_no_place_along() {
    let gate = Gate::new(1);
    let held = gate.enter().await.unwrap();
    let mut gone = Box::pin(gate.enter());
    let mut stays = Box::pin(gate.enter());
    assert!(poll!(&mut gone).is_pending());
    assert!(poll!(&mut stays).is_pending());
    drop(gone);
    drop(held);
    drop(stays.await.unwrap());
    assert!(gate.enter().await.is_ok());
}
