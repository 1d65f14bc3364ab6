//! Bodies of requests, read no further than allowed and no longer than patience lasts.

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures::Stream;
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout};

use crate::Config;

/// Why a body was not read to its end.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BodyError {
    /// It is longer than the route reads.
    #[error("the body has more than {limit} bytes")]
    TooLarge {
        /// The most bytes that are read.
        limit: u64,
    },
    /// It paused too long, or came too slowly on average.
    #[error("the body came too slowly: {bytes} bytes in {waited:?} of waiting")]
    TooSlow {
        /// How many bytes came.
        bytes: u64,
        /// How long was waited for them.
        waited: Duration,
    },
    /// The bodies of all requests together take as much memory as they may.
    #[error("the bodies of other requests take all the memory there is for bodies")]
    NoRoom,
    /// The connection broke, or its framing did.
    #[error("the body broke off")]
    Broken(#[source] hyper::Error),
}

/// A body that is being read.
#[derive(Debug)]
pub(crate) struct Reading {
    body: Incoming,
    most: u64,
    pause: Duration,
    slowest: u64,
    bytes: u64,
    // Only time spent waiting for the client counts: when the storage is slow, that is not the client's fault.
    waited: Duration,
}

impl Reading {
    /// Reads at most `most` bytes.
    ///
    /// # Errors
    /// [`BodyError::TooLarge`] at once when the client says that there are more.
    pub(crate) fn new(body: Incoming, most: u64, config: &Config) -> Result<Self, BodyError> {
        use http_body::Body as _;
        if body.size_hint().lower() > most {
            return Err(BodyError::TooLarge { limit: most });
        }
        Ok(Self {
            body,
            most,
            pause: config.body_pause,
            slowest: config.slowest_bytes_per_second.max(1),
            bytes: 0,
            waited: Duration::ZERO,
        })
    }

    /// How many bytes the client says that there are, if it says so.
    pub(crate) fn announced(&self) -> Option<u64> {
        use http_body::Body as _;
        self.body.size_hint().exact()
    }

    /// The same, reading at most `most` bytes.
    pub(crate) fn at_most(mut self, most: u64) -> Self {
        self.most = most;
        self
    }

    /// The next bytes; `None` after the last.
    pub(crate) async fn next(&mut self) -> Option<Result<Bytes, BodyError>> {
        loop {
            let owed = Duration::from_secs(self.bytes / self.slowest);
            let patience = (self.pause + owed).saturating_sub(self.waited).min(self.pause);
            let began = Instant::now();
            let frame = timeout(patience, self.body.frame()).await;
            self.waited += began.elapsed();
            let frame = match frame {
                Ok(Some(Ok(frame))) => frame,
                Ok(Some(Err(error))) => return Some(Err(BodyError::Broken(error))),
                Ok(None) => return None,
                Err(_) => {
                    return Some(Err(BodyError::TooSlow {
                        bytes: self.bytes,
                        waited: self.waited,
                    }));
                }
            };
            // Trailers say nothing that anybody here reads.
            let Ok(chunk) = frame.into_data() else { continue };
            if chunk.is_empty() {
                continue;
            }
            self.bytes += u64::try_from(chunk.len()).unwrap_or(u64::MAX);
            if self.bytes > self.most {
                return Some(Err(BodyError::TooLarge { limit: self.most }));
            }
            return Some(Ok(chunk));
        }
    }

    /// The bytes as a stream that ends after its first error.
    pub(crate) fn into_stream(self) -> impl Stream<Item = Result<Bytes, BodyError>> + Send + 'static {
        futures::stream::try_unfold(self, |mut reading| async move {
            Ok(reading.next().await.transpose()?.map(|chunk| (chunk, reading)))
        })
    }

    /// All of it, in memory that `budget` has room for.
    ///
    /// # Errors
    /// Every [`BodyError`].
    pub(crate) async fn whole(mut self, budget: &Budget) -> Result<Whole, BodyError> {
        let mut taken = Taken::default();
        let mut first: Option<Bytes> = None;
        let mut all = BytesMut::new();
        while let Some(chunk) = self.next().await {
            let chunk = chunk?;
            taken.more(budget, chunk.len())?;
            match first.take() {
                // Most bodies come in one piece, which then need not be copied.
                None if all.is_empty() => first = Some(chunk),
                None => all.extend_from_slice(&chunk),
                Some(before) => {
                    all.extend_from_slice(&before);
                    all.extend_from_slice(&chunk);
                }
            }
        }
        Ok(Whole {
            bytes: first.unwrap_or_else(|| all.freeze()),
            _taken: taken,
        })
    }
}

/// A body that was read, and its share of the budget.
#[derive(Debug)]
pub(crate) struct Whole {
    pub(crate) bytes: Bytes,
    _taken: Taken,
}

/// How much memory the bodies of all requests may take together.
#[derive(Clone, Debug)]
pub(crate) struct Budget(Arc<Semaphore>);

impl Budget {
    /// What one permit stands for, in bytes: semaphores count in 32 bits.
    const UNIT: usize = 1024;

    pub(crate) fn new(bytes: u64) -> Self {
        let units = usize::try_from(bytes).unwrap_or(usize::MAX) / Self::UNIT;
        Self(Arc::new(Semaphore::new(units.clamp(1, Semaphore::MAX_PERMITS))))
    }

    /// How many bytes are left of it.
    pub(crate) fn free(&self) -> usize {
        self.0.available_permits().saturating_mul(Self::UNIT)
    }
}

#[derive(Debug, Default)]
struct Taken {
    permit: Option<OwnedSemaphorePermit>,
    bytes: usize,
    units: usize,
}

impl Taken {
    /// Takes memory for `bytes` more. It is taken as bytes arrive: to announce a large body and send nothing should
    /// keep nobody else out.
    fn more(&mut self, budget: &Budget, bytes: usize) -> Result<(), BodyError> {
        self.bytes += bytes;
        let wanted = self.bytes.div_ceil(Budget::UNIT);
        let missing = u32::try_from(wanted - self.units).map_err(|_| BodyError::NoRoom)?;
        let more = Arc::clone(&budget.0)
            .try_acquire_many_owned(missing)
            .map_err(|_| BodyError::NoRoom)?;
        self.units = wanted;
        match &mut self.permit {
            Some(permit) => permit.merge(more),
            None => self.permit = Some(more),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_taken_by_the_kibibyte_and_given_back() {
        let budget = Budget::new(4096);
        let mut one = Taken::default();
        one.more(&budget, 1000).unwrap();
        one.more(&budget, 24).unwrap();
        assert_eq!(budget.0.available_permits(), 3);
        one.more(&budget, 1).unwrap();
        assert_eq!(budget.0.available_permits(), 2);
        let mut two = Taken::default();
        assert!(matches!(two.more(&budget, 3000), Err(BodyError::NoRoom)));
        drop(one);
        assert!(Taken::default().more(&budget, 4096).is_ok());
    }
}
