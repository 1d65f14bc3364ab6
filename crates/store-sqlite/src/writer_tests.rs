//! What the writing thread promises: one commit for many, and each wish for itself.

use marquetry_model::JobId;

use super::*;
use crate::error::Doing;

fn writer(folder: &tempfile::TempDir, bell: &Bell) -> Writer {
    let connection = Connection::open(folder.path().join("t.db")).unwrap();
    connection
        .execute_batch("CREATE TABLE IF NOT EXISTS t (n INTEGER PRIMARY KEY)")
        .unwrap();
    Writer::start(connection, bell.clone(), 100, 100).unwrap()
}

fn numbers(folder: &tempfile::TempDir) -> Vec<i64> {
    let connection = Connection::open(folder.path().join("t.db")).unwrap();
    let mut statement = connection.prepare("SELECT n FROM t ORDER BY n").unwrap();
    statement
        .query_map([], |row| row.get(0))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap()
}

fn insert(n: i64) -> impl FnMut(&Connection, &mut News) -> Work<i64> + Send + 'static {
    move |connection, _| {
        connection
            .execute("INSERT INTO t VALUES (?1)", [n])
            .of("number")?;
        Ok(n)
    }
}

#[tokio::test]
async fn a_wish_that_fails_undoes_itself_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let writer = writer(&folder, &Bell::new());
    // Held up behind this one, the others make one transaction. Should it be asked once more, it waits for nothing.
    let (go, wait) = std::sync::mpsc::channel::<()>();
    let slow = writer.ask(move |_, _| {
        wait.recv().ok();
        Ok(())
    });
    let failing = writer.ask(|connection, _| {
        connection.execute("INSERT INTO t VALUES (7)", []).of("number")?;
        connection.execute("INSERT INTO t VALUES (1)", []).of("number")
    });
    let all = async {
        let (slow, one, failed, two) =
            tokio::join!(slow, writer.ask(insert(1)), failing, writer.ask(insert(2)));
        slow.unwrap();
        assert_eq!((one.unwrap(), two.unwrap()), (1, 2));
        assert!(
            matches!(failed, Err(StoreError::Duplicate { what: "number" })),
            "{failed:?}"
        );
    };
    let release = async move {
        tokio::task::yield_now().await;
        drop(go);
    };
    tokio::join!(all, release);
    assert_eq!(numbers(&folder), [1, 2]);
}

#[tokio::test]
async fn an_answer_comes_after_the_commit() {
    let folder = tempfile::tempdir().unwrap();
    let writer = writer(&folder, &Bell::new());
    for n in 0..20 {
        writer.ask(insert(n)).await.unwrap();
        assert_eq!(numbers(&folder).len(), usize::try_from(n + 1).unwrap());
    }
}

#[tokio::test]
async fn a_caller_that_goes_away_does_not_stop_its_wish() {
    let folder = tempfile::tempdir().unwrap();
    let writer = writer(&folder, &Bell::new());
    {
        let mut wish = Box::pin(writer.ask(insert(5)));
        // Polled once, it is in line; then nobody waits for it any more.
        assert!(futures_poll_once(wish.as_mut()).await.is_none());
    }
    writer.ask(insert(6)).await.unwrap();
    assert_eq!(numbers(&folder), [5, 6]);
}

async fn futures_poll_once<F: Future>(mut future: std::pin::Pin<&mut F>) -> Option<F::Output> {
    std::future::poll_fn(|context| {
        std::task::Poll::Ready(match future.as_mut().poll(context) {
            std::task::Poll::Ready(output) => Some(output),
            std::task::Poll::Pending => None,
        })
    })
    .await
}

#[tokio::test]
async fn only_what_was_committed_is_rung() {
    let folder = tempfile::tempdir().unwrap();
    let bell = Bell::new();
    let mut changes = bell.listen();
    let writer = writer(&folder, &bell);
    let id = |n| JobId::from_random([n; 16]);
    let failed: Work<()> = writer
        .ask(move |_, news| {
            news.push(Change::JobWaiting(id(1)));
            Err(StoreError::Closed)
        })
        .await;
    assert!(failed.is_err());
    writer
        .ask(move |_, news| {
            news.push(Change::JobWaiting(id(2)));
            Ok(())
        })
        .await
        .unwrap();
    assert_eq!(changes.next().await, Some(Change::JobWaiting(id(2))));
}

#[tokio::test]
async fn a_transaction_that_sqlite_undid_is_reported_to_all_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let writer = writer(&folder, &Bell::new());
    let undone: Work<()> = writer
        .ask(|connection, _| {
            // What SQLite does by itself when the disk is full or gone.
            connection
                .execute_batch("INSERT INTO t VALUES (1); ROLLBACK")
                .of("number")?;
            Err(StoreError::Closed)
        })
        .await;
    assert!(undone.is_err());
    // The thread lives on, and the next transaction is whole.
    assert_eq!(writer.ask(insert(3)).await.unwrap(), 3);
    assert_eq!(numbers(&folder), [3]);
}

#[tokio::test]
async fn closing_finishes_what_was_asked() {
    let folder = tempfile::tempdir().unwrap();
    let writer = writer(&folder, &Bell::new());
    let mut wish = Box::pin(writer.ask(insert(1)));
    assert!(futures_poll_once(wish.as_mut()).await.is_none());
    drop(wish);
    tokio::task::spawn_blocking(move || drop(writer)).await.unwrap();
    assert_eq!(numbers(&folder), [1]);
}
