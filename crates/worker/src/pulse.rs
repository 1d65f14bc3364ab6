//! How the drawing threads fare, for whoever shares the processors with them: a server that takes in jobs faster than
//! they can be done should see that it starves the very threads that do them.

use std::fs::{self, File};
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Longer than the three numbers that the system tells of a thread.
const LINE: usize = 96;

/// Looks at a worker while it runs, from [`Worker::pulse`](crate::Worker::pulse). Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Pulse(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    /// What the system tells of each drawing thread.
    threads: Mutex<Vec<File>>,
    done: AtomicU64,
    /// When a job last began for the first time, and how long it had waited for that.
    begun: Mutex<Option<(Instant, Duration)>>,
}

/// What has come to pass since the worker was made, all drawing threads together.
///
/// On systems that don't tell how long a thread stood in line for a processor (all but Linux) there are no threads and
/// no times.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Beat {
    /// How many threads were asked.
    pub threads: u32,
    /// How long they had a processor.
    pub ran: Duration,
    /// How long they could have run and had none.
    pub waited: Duration,
    /// How many jobs left the worker's hands, whatever became of them.
    pub done: u64,
    /// The job that began last, if one did.
    pub last: Option<Begun>,
}

/// A job that began for the first time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Begun {
    /// How long ago.
    pub ago: Duration,
    /// How long it had stood in line.
    pub waited: Duration,
}

impl Pulse {
    /// How things stand now. Costs a system call for each thread.
    #[must_use]
    pub fn look(&self) -> Beat {
        let begun = *self.0.begun.lock().unwrap_or_else(PoisonError::into_inner);
        let mut beat = Beat {
            done: self.0.done.load(Ordering::Relaxed),
            last: begun.map(|(at, waited)| Begun {
                ago: at.elapsed(),
                waited,
            }),
            ..Beat::default()
        };
        let threads = self.0.threads.lock().unwrap_or_else(PoisonError::into_inner);
        for (ran, waited) in threads.iter().filter_map(schedule) {
            beat.threads += 1;
            beat.ran += ran;
            beat.waited += waited;
        }
        beat
    }

    /// The thread that calls is a drawing thread from now on.
    pub(crate) fn enlist(&self) {
        let Ok(thread) = fs::read_link("/proc/thread-self") else {
            return;
        };
        let Ok(file) = File::open(Path::new("/proc").join(thread).join("schedstat")) else {
            return;
        };
        let mut threads = self.0.threads.lock().unwrap_or_else(PoisonError::into_inner);
        threads.push(file);
    }

    /// A job begins that `waited` for it.
    pub(crate) fn one_begun(&self, waited: Duration) {
        *self.0.begun.lock().unwrap_or_else(PoisonError::into_inner) = Some((Instant::now(), waited));
    }

    pub(crate) fn one_done(&self) {
        self.0.done.fetch_add(1, Ordering::Relaxed);
    }
}

/// How long a thread ran, and how long it waited for a processor: the first two numbers of its
/// `/proc/PID/task/TID/schedstat`, in nanoseconds (proc(5); Documentation/scheduler/sched-stats of the kernel).
fn schedule(thread: &File) -> Option<(Duration, Duration)> {
    let mut line = [0; LINE];
    let length = thread.read_at(&mut line, 0).ok()?;
    let line = std::str::from_utf8(line.get(..length)?).ok()?;
    let mut times = line.split_ascii_whitespace().map(str::parse);
    let mut next = || Some(Duration::from_nanos(times.next()?.ok()?));
    Some((next()?, next()?))
}

#[cfg(test)]
mod tests {
    use std::hint::black_box;
    use std::time::Instant;

    use super::*;

    #[test]
    fn a_thread_that_works_is_seen_to_run() {
        let pulse = Pulse::default();
        assert_eq!(pulse.look(), Beat::default());
        pulse.one_begun(Duration::from_secs(7));
        pulse.one_done();
        pulse.enlist();
        let before = pulse.look();
        assert_eq!(before.done, 1);
        assert_eq!(before.last.unwrap().waited, Duration::from_secs(7));
        if before.threads == 0 {
            // A system that does not tell: nothing more is promised there.
            return;
        }
        let began = Instant::now();
        // However little of the machine this thread has, it gets there.
        while pulse.look().ran < before.ran + Duration::from_millis(20) {
            black_box((0..10_000u64).sum::<u64>());
            assert!(began.elapsed() < Duration::from_secs(60));
        }
    }
}
