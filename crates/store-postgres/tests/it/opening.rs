//! Opening: ten at once, a newer schema, a server that forgets, an address where nobody is.

use futures::future::join_all;
use marquetry_job::Again;
use marquetry_store::{KeyStore, StoreError};
use marquetry_store_postgres::{Options, PostgresStore, Weakness};

use crate::world::{database, open};

#[tokio::test(flavor = "multi_thread")]
async fn ten_that_start_at_once_make_one_schema() {
    let Some(database) = database().await else { return };
    let few = Options {
        connections: 2,
        ..Options::default()
    };
    let opening = (0..10).map(|_| {
        let (url, few) = (database.url().to_owned(), few.clone());
        tokio::spawn(async move { PostgresStore::open(&url, &few).await })
    });
    for opened in join_all(opening).await {
        let store = opened.unwrap().unwrap();
        assert_eq!(store.list_tenants().await.unwrap(), []);
    }
    let client = database.connect().await.unwrap();
    let sql = "SELECT number FROM marquetry_schema_steps ORDER BY number";
    let rows = client.query(sql, &[]).await.unwrap();
    let steps: Vec<i64> = rows.iter().map(|row| row.get(0)).collect();
    let last = *steps.last().unwrap();
    assert_eq!(steps, (1..=last).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_newer_schema_is_refused() {
    let Some(database) = database().await else { return };
    drop(open(&database).await);
    let client = database.connect().await.unwrap();
    let newer = "INSERT INTO marquetry_schema_steps SELECT max(number) + 1, 0 FROM marquetry_schema_steps";
    client.batch_execute(newer).await.unwrap();
    let error = PostgresStore::open(database.url(), &Options::default())
        .await
        .unwrap_err();
    assert!(error.to_string().contains("a newer program made it"), "{error}");
    assert_eq!(error.again(), Again::Never);
}

#[tokio::test]
async fn a_server_that_forgets_is_noticed() {
    let Some(database) = database().await else { return };
    assert_eq!(open(&database).await.weaknesses(), []);
    let client = database.connect().await.unwrap();
    let sql = "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET synchronous_commit = off', current_database()); END $$";
    client.batch_execute(sql).await.unwrap();
    let weak = Weakness {
        setting: "synchronous_commit".into(),
    };
    assert_eq!(open(&database).await.weaknesses(), [weak]);
}

#[tokio::test]
async fn where_nobody_answers_one_may_ask_later_and_who_is_refused_may_not() {
    // A port that was free a moment ago.
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let url = format!("postgres://me:secret@127.0.0.1:{port}/shop");
    let error = PostgresStore::open(&url, &Options::default()).await.unwrap_err();
    assert_eq!(error.again(), Again::Later, "{error:?}");
    assert!(!format!("{error:?}").contains("secret"));
    let Some(database) = database().await else { return };
    let nowhere = format!("{}_of_nobody", database.url());
    let error = PostgresStore::open(&nowhere, &Options::default())
        .await
        .unwrap_err();
    assert!(matches!(error, StoreError::Broken { .. }), "{error:?}");
}
