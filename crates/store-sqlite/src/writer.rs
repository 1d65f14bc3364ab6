//! The one thread that writes: it gathers what callers wish, commits once, and answers all.

use std::collections::VecDeque;
use std::thread::JoinHandle;

use marquetry_store::{Bell, Change, StoreError};
use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use crate::error::{Work, translate};

/// The door to the writing thread. Dropping it lets the thread finish what was asked, close the file
/// cleanly, and end.
#[derive(Debug)]
pub(crate) struct Writer {
    wishes: Option<mpsc::Sender<Page>>,
    thread: Option<JoinHandle<()>>,
}

/// Wishes that came together.
type Page = Vec<Box<dyn Wish>>;

/// What listeners are told once a wish is durable.
pub(crate) type News = Vec<Change>;

/// Something to be written, and somebody who waits for the answer.
trait Wish: Send {
    /// Writes it and keeps the outcome. `true` when it was written and is to stay. Once more, when all that was written
    /// was undone since.
    fn grant(&mut self, connection: &Connection, news: &mut News) -> bool;
    /// Answers with the outcome kept, or with why even that came to nothing.
    fn answer(self: Box<Self>, undone: Option<StoreError>);
}

struct Asked<T, F> {
    work: F,
    outcome: Option<Work<T>>,
    reply: oneshot::Sender<Work<T>>,
}

impl<T, F> Wish for Asked<T, F>
where
    T: Send,
    F: FnMut(&Connection, &mut News) -> Work<T> + Send,
{
    fn grant(&mut self, connection: &Connection, news: &mut News) -> bool {
        let outcome = (self.work)(connection, news);
        let fine = outcome.is_ok();
        self.outcome = Some(outcome);
        fine
    }

    fn answer(self: Box<Self>, undone: Option<StoreError>) {
        let Self { outcome, reply, .. } = *self;
        let outcome = match (outcome, undone) {
            // What failed by itself keeps its own reason.
            (Some(Err(error)), _) => Err(error),
            (_, Some(error)) => Err(error),
            (Some(outcome), None) => outcome,
            (None, None) => Err(StoreError::Closed),
        };
        // A caller that no longer waits has nothing to be told; what was written stays.
        let _ = reply.send(outcome);
    }
}

impl Writer {
    /// Starts the thread. It commits at most `most` wishes at once; `waiting` more may wait in line,
    /// and then callers wait outside.
    pub(crate) fn start(connection: Connection, bell: Bell, most: usize, waiting: usize) -> Work<Self> {
        let (wishes, line) = mpsc::channel(waiting.max(1));
        let thread = std::thread::Builder::new()
            .name("sqlite-writer".into())
            .spawn(move || serve(&connection, line, &bell, most.max(1)))
            .map_err(|source| StoreError::Unavailable {
                source: source.into(),
            })?;
        Ok(Self {
            wishes: Some(wishes),
            thread: Some(thread),
        })
    }

    /// Has `work` done in the next transaction; answers when it is durable.
    ///
    /// An error of `work` undoes what it did, and only that; whatever shared the transaction with it is done anew, so
    /// it may run more than once. If the caller goes away, the work is done all the same.
    pub(crate) async fn ask<T: Send + 'static>(
        &self,
        work: impl FnMut(&Connection, &mut News) -> Work<T> + Send + 'static,
    ) -> Work<T> {
        let mut answers = self.ask_all([work]).await;
        answers.pop().unwrap_or(Err(StoreError::Closed))
    }

    /// The same for several that come together: one message, and one commit for as many as go into one. What became of
    /// each, in their order.
    pub(crate) async fn ask_all<T: Send + 'static, F>(&self, all: impl IntoIterator<Item = F>) -> Vec<Work<T>>
    where
        F: FnMut(&Connection, &mut News) -> Work<T> + Send + 'static,
    {
        let (mut page, mut answers) = (Page::new(), Vec::new());
        for work in all {
            let (reply, answer) = oneshot::channel();
            answers.push(answer);
            page.push(Box::new(Asked {
                work,
                outcome: None,
                reply,
            }));
        }
        if let Some(wishes) = &self.wishes
            && !page.is_empty()
        {
            // Where the thread has gone, the replies go with the page, and each answer says so.
            let _ = wishes.send(page).await;
        }
        let mut told = Vec::with_capacity(answers.len());
        for answer in answers {
            told.push(answer.await.unwrap_or(Err(StoreError::Closed)));
        }
        told
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        drop(self.wishes.take());
        if let Some(thread) = self.thread.take() {
            // Waits for one transaction at most. A thread that panicked has nothing left to close.
            let _ = thread.join();
        }
    }
}

fn serve(connection: &Connection, mut line: mpsc::Receiver<Page>, bell: &Bell, most: usize) {
    let mut waiting = VecDeque::new();
    loop {
        if waiting.is_empty() {
            let Some(page) = line.blocking_recv() else { return };
            waiting.extend(page);
        }
        // Whatever has queued up while the last commit went to the disk goes with this one.
        while waiting.len() < most {
            let Ok(page) = line.try_recv() else { break };
            waiting.extend(page);
        }
        let mut wishes: Page = waiting.drain(..most.min(waiting.len())).collect();
        let mut news = News::new();
        let outcome = commit(connection, &mut wishes, &mut news);
        if outcome.is_err() {
            news.clear();
            // Nothing of ours may be left open, or every later BEGIN would fail. There is nothing to
            // undo when SQLite has done so itself.
            let _ = connection.execute_batch("ROLLBACK");
        }
        // First the answers are true, then they are given, then the bell rings.
        match outcome {
            Ok(()) => wishes.into_iter().for_each(|wish| wish.answer(None)),
            Err(error) => wishes
                .into_iter()
                .for_each(|wish| wish.answer(Some(translate_again(&error)))),
        }
        news.into_iter().for_each(|change| bell.ring(change));
    }
}

/// Runs all wishes in one transaction and commits, each as if it were alone.
///
/// Hardly a wish is ever refused, so nothing guards one from another at first: with a savepoint around each, SQLite copied
/// every page that each of them touched. Where one is refused, all is undone and done anew with savepoints.
fn commit(
    connection: &Connection,
    wishes: &mut [Box<dyn Wish>],
    news: &mut News,
) -> Result<(), rusqlite::Error> {
    connection.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
    if wishes.iter_mut().all(|wish| wish.grant(connection, news)) {
        connection.prepare_cached("COMMIT")?.execute([])?;
        return Ok(());
    }
    news.clear();
    // A full disk or a lost one made SQLite undo it already.
    if !connection.is_autocommit() {
        connection.prepare_cached("ROLLBACK")?.execute([])?;
    }
    match wishes {
        [_] => Ok(()),
        _ => commit_apart(connection, wishes, news),
    }
}

/// The same with each wish in a savepoint, so that one that is refused undoes nothing else.
fn commit_apart(
    connection: &Connection,
    wishes: &mut [Box<dyn Wish>],
    news: &mut News,
) -> Result<(), rusqlite::Error> {
    connection.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
    for wish in wishes {
        connection.prepare_cached("SAVEPOINT wish")?.execute([])?;
        let told = news.len();
        if !wish.grant(connection, news) {
            news.truncate(told);
            if connection.is_autocommit() {
                // A full disk or a lost one made SQLite undo the whole transaction.
                return Err(rusqlite::Error::SqliteFailure(
                    rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_IOERR),
                    Some("the transaction was undone".into()),
                ));
            }
            connection.prepare_cached("ROLLBACK TO wish")?.execute([])?;
        }
        connection.prepare_cached("RELEASE wish")?.execute([])?;
    }
    connection.prepare_cached("COMMIT")?.execute([])?;
    Ok(())
}

/// One error for each who waits: SQLite's errors cannot be copied, so the sort and the words are.
fn translate_again(error: &rusqlite::Error) -> StoreError {
    match error {
        rusqlite::Error::SqliteFailure(failure, words) => translate(
            rusqlite::Error::SqliteFailure(*failure, words.clone()),
            "transaction",
        ),
        other => StoreError::Broken {
            doing: "transaction",
            source: other.to_string().into(),
        },
    }
}

#[cfg(test)]
#[path = "writer_tests.rs"]
mod tests;
