//! The threads on which pictures are made: ours, never the runtime's, which must stay free to renew
//! leases and to answer.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::{fmt, io, thread};

use tokio::sync::oneshot;

use crate::pulse::Pulse;

/// Documents inside documents are drawn by recursion, so more than the usual 2 MiB.
const STACK_BYTES: usize = 16 << 20;

type Work = Box<dyn FnOnce() + Send>;

/// Threads that take work in the order it comes. They end when the pool is dropped and what they
/// have begun is done.
pub(crate) struct Pool {
    queue: Sender<Work>,
}

/// Work ended in a panic. Its thread lives on.
#[derive(Debug, thiserror::Error)]
#[error("panicked: {message}")]
pub(crate) struct Crashed {
    /// What the panic said.
    pub(crate) message: String,
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").finish_non_exhaustive()
    }
}

impl Pool {
    pub(crate) fn new(threads: usize, pulse: &Pulse) -> io::Result<Self> {
        let (queue, works) = channel::<Work>();
        let works = Arc::new(Mutex::new(works));
        for number in 0..threads {
            let (works, pulse) = (Arc::clone(&works), pulse.clone());
            thread::Builder::new()
                .name(format!("marquetry-draw-{number}"))
                .stack_size(STACK_BYTES)
                .spawn(move || {
                    pulse.enlist();
                    serve(&works);
                })?;
        }
        Ok(Self { queue })
    }

    /// Does `work` on one of the threads. When the caller stops waiting before a thread has begun,
    /// it is not done at all; once begun it runs to its end, so it should look for a sign to stop.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Crashed> {
        let (done, waiting) = oneshot::channel();
        let work = move || {
            if done.is_closed() {
                return;
            }
            // What a panic leaves behind is dropped with the closure or lies behind locks that
            // tolerate it; the caller takes a mockup that was in use off the shelf.
            let outcome = catch_unwind(AssertUnwindSafe(work)).map_err(|panic| Crashed {
                message: told(panic.as_ref()),
            });
            // Nobody waits any more: the outcome is not wanted.
            let _ = done.send(outcome);
        };
        let gone = || Crashed {
            message: "the threads for drawing have ended".to_owned(),
        };
        self.queue.send(Box::new(work)).map_err(|_| gone())?;
        waiting.await.unwrap_or_else(|_| Err(gone()))
    }
}

fn serve(works: &Mutex<Receiver<Work>>) {
    loop {
        // The lock is held while waiting, by one idle thread; the others wait for the lock.
        let work = works.lock().unwrap_or_else(PoisonError::into_inner).recv();
        match work {
            Ok(work) => work(),
            Err(_) => return,
        }
    }
}

fn told(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("without a message")
        .to_owned()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[tokio::test]
    async fn a_panic_ends_its_work_and_no_thread() {
        let pool = Pool::new(1, &Pulse::default()).unwrap();
        for _ in 0..3 {
            let crashed = pool.run(|| -> u8 { panic!("poison {}", 7) }).await.unwrap_err();
            assert_eq!(crashed.message, "poison 7");
            assert_eq!(pool.run(|| 2 + 2).await.unwrap(), 4);
        }
    }

    #[tokio::test]
    async fn works_run_beside_each_other() {
        let pool = Pool::new(2, &Pulse::default()).unwrap();
        let meeting = Arc::new(std::sync::Barrier::new(2));
        let other = Arc::clone(&meeting);
        // Each waits for the other: on one thread this would never end.
        let (a, b) = tokio::join!(pool.run(move || meeting.wait()), pool.run(move || other.wait()));
        assert!(a.is_ok() && b.is_ok());
    }

    #[tokio::test]
    async fn work_that_nobody_waits_for_any_more_is_not_begun() {
        let pool = Pool::new(1, &Pulse::default()).unwrap();
        let begun = Arc::new(AtomicUsize::new(0));
        let (open, gate) = channel::<()>();
        let blocker = pool.run(move || gate.recv().unwrap());
        let count = Arc::clone(&begun);
        let unwanted = pool.run(move || count.fetch_add(1, Ordering::SeqCst));
        let mut blocker = Box::pin(blocker);
        let mut unwanted = Box::pin(unwanted);
        assert!(futures::poll!(&mut blocker).is_pending());
        assert!(futures::poll!(&mut unwanted).is_pending());
        drop(unwanted);
        open.send(()).unwrap();
        blocker.await.unwrap();
        pool.run(|| ()).await.unwrap();
        assert_eq!(begun.load(Ordering::SeqCst), 0);
    }
}
