//! Writes down what many ask for at once: the wishes that come while a statement is on its way go
//! together with the next one, and each asker hears what became of its own.

use std::collections::HashSet;
use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use marquetry_store::StoreError;
use tokio::sync::{Semaphore, mpsc, oneshot};

use crate::error::{Undone, Work};

/// One sort of write that can be done for many at once.
#[async_trait]
pub(crate) trait Batch: fmt::Debug + Send + Sync + 'static {
    /// What is to be written.
    type Wish: Send + Sync + 'static;
    /// What became of it.
    type Answer: Send + 'static;

    /// Two wishes of one mark are about one record and never share a statement.
    fn mark(wish: &Self::Wish) -> [u8; 16];

    /// Writes all of them in one transaction. Answers are in the order of the wishes; an error means
    /// that none was written, as far as is known.
    async fn write(&self, wishes: &[Self::Wish]) -> Result<Vec<Work<Self::Answer>>, Undone>;
}

/// The desk of a scribe: where wishes are handed in.
pub(crate) struct Scribe<B: Batch> {
    line: mpsc::Sender<Vec<Asked<B>>>,
}

struct Asked<B: Batch> {
    wish: B::Wish,
    reply: oneshot::Sender<Work<B::Answer>>,
}

impl<B: Batch> fmt::Debug for Scribe<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scribe").finish_non_exhaustive()
    }
}

impl<B: Batch> Scribe<B> {
    /// A scribe that writes at most `most` wishes at once and has at most `lanes` statements on their
    /// way; `waiting` more may stand in line, and then askers wait outside. Needs a runtime.
    pub(crate) fn start(batch: B, most: usize, lanes: usize, waiting: usize) -> Self {
        let (line, asked) = mpsc::channel(waiting.max(1));
        tokio::spawn(serve(Arc::new(batch), asked, most.max(1), lanes.max(1)));
        Self { line }
    }

    /// Has `wish` written; answers when it is durable. If the asker goes away it is written all the same.
    pub(crate) async fn ask(&self, wish: B::Wish) -> Work<B::Answer> {
        let mut answers = self.ask_all([wish]).await;
        answers.pop().unwrap_or(Err(StoreError::Closed))
    }

    /// The same for several that come together, and so go together as far as they may; what became of each, in their
    /// order.
    pub(crate) async fn ask_all(&self, wishes: impl IntoIterator<Item = B::Wish>) -> Vec<Work<B::Answer>> {
        let (mut asked, mut answers) = (Vec::new(), Vec::new());
        for wish in wishes {
            let (reply, answer) = oneshot::channel();
            asked.push(Asked { wish, reply });
            answers.push(answer);
        }
        if !asked.is_empty() {
            // Where the scribe has gone, the replies go with the wishes, and each answer says so.
            let _ = self.line.send(asked).await;
        }
        let mut told = Vec::with_capacity(answers.len());
        for answer in answers {
            told.push(answer.await.unwrap_or(Err(StoreError::Closed)));
        }
        told
    }
}

async fn serve<B: Batch>(batch: Arc<B>, mut line: mpsc::Receiver<Vec<Asked<B>>>, most: usize, lanes: usize) {
    let free = Arc::new(Semaphore::new(lanes));
    let mut waiting: VecDeque<Asked<B>> = VecDeque::new();
    loop {
        if waiting.is_empty() {
            let Some(asked) = line.recv().await else { return };
            waiting.extend(asked);
        }
        // Never closed. While all lanes are busy, the line grows and the next page with it.
        let Ok(lane) = Arc::clone(&free).acquire_owned().await else {
            return;
        };
        while waiting.len() < most {
            let Ok(asked) = line.try_recv() else { break };
            waiting.extend(asked);
        }
        let page = take_page::<B>(&mut waiting, most);
        let batch = Arc::clone(&batch);
        tokio::spawn(async move {
            write_page(&*batch, page).await;
            drop(lane);
        });
    }
}

/// The next wishes that may share a statement, the others left in their order.
fn take_page<B: Batch>(waiting: &mut VecDeque<Asked<B>>, most: usize) -> Vec<Asked<B>> {
    let mut marks = HashSet::new();
    let (mut page, mut rest) = (Vec::new(), VecDeque::new());
    for asked in waiting.drain(..) {
        if page.len() < most && marks.insert(B::mark(&asked.wish)) {
            page.push(asked);
        } else {
            rest.push_back(asked);
        }
    }
    *waiting = rest;
    page
}

async fn write_page<B: Batch>(batch: &B, page: Vec<Asked<B>>) {
    let (wishes, replies): (Vec<_>, Vec<_>) = page.into_iter().map(|asked| (asked.wish, asked.reply)).unzip();
    let undone = match batch.write(&wishes).await {
        Ok(answers) => {
            for (reply, answer) in replies.into_iter().zip(answers) {
                // An asker that has gone has nothing to be told; what was written stays.
                let _ = reply.send(answer);
            }
            return;
        }
        Err(undone) => undone,
    };
    // One of them made the database refuse all. Alone, each meets its own fate; but where it is not
    // known what was done, nothing is done twice.
    let apart = undone.refused && wishes.len() > 1;
    for (wish, reply) in wishes.into_iter().zip(replies) {
        let answer = if apart {
            match batch.write(std::slice::from_ref(&wish)).await {
                Ok(answers) => answers.into_iter().next().unwrap_or(Err(StoreError::Closed)),
                Err(undone) => Err(undone.error()),
            }
        } else {
            Err(undone.error())
        };
        let _ = reply.send(answer);
    }
}

#[cfg(test)]
#[path = "scribe_tests.rs"]
mod tests;
