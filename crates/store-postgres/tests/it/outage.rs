//! The server goes and comes back: what was answered is still there, and the store works on by itself.

use std::time::{Duration, Instant};

use futures::future::join_all;
use marquetry_job::Again;
use marquetry_store::conformance::sample::{job_id, render_job, tenant_id};
use marquetry_store::{Inserted, JobStore};
use marquetry_store_postgres::PostgresStore;
use marquetry_testkit::postgres::Server;

use crate::world::open;

/// Inserts until the server has gone; tells what was answered with a yes.
async fn insert_until_it_fails(store: &PostgresStore, first: u64) -> Vec<u64> {
    let mut accepted = Vec::new();
    let mut next = first;
    loop {
        let page = next..next + 32;
        next = page.end;
        let inserts = page.map(|n| async move { (n, store.insert_job(&render_job(n), None).await) });
        let mut failed = false;
        for (n, outcome) in join_all(inserts).await {
            match outcome {
                Ok(Inserted::New) => accepted.push(n),
                Ok(other) => panic!("{other:?}"),
                Err(error) => {
                    assert_eq!(error.again(), Again::Later, "{error:?}");
                    failed = true;
                }
            }
        }
        if failed {
            return accepted;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_answered_survives_a_server_that_is_killed() {
    let Some(server) = Server::own() else { return };
    let server = std::sync::Arc::new(server);
    let database = server.database().await.unwrap();
    let store = open(&database).await;
    let mut accepted = Vec::new();
    let ends: [fn(&Server) -> std::io::Result<()>; 2] = [Server::stop_immediately, Server::kill];
    for (round, end) in (1..).zip(ends) {
        let ending = {
            let server = std::sync::Arc::clone(&server);
            tokio::task::spawn_blocking(move || end(&server).unwrap())
        };
        accepted.extend(insert_until_it_fails(&store, round * 1_000_000).await);
        ending.await.unwrap();
        let starting = std::sync::Arc::clone(&server);
        tokio::task::spawn_blocking(move || starting.start().unwrap())
            .await
            .unwrap();

        // The same store, without being opened again.
        let patience = Instant::now() + Duration::from_secs(60);
        while let Err(error) = store.count_live_jobs(None).await {
            assert_eq!(error.again(), Again::Later, "{error:?}");
            assert!(Instant::now() < patience, "{error:?}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        for &n in &accepted {
            let job = store.job(tenant_id(1), job_id(n)).await.unwrap();
            assert_eq!(job, Some(render_job(n)), "job {n} was accepted and is lost");
        }
    }
}
