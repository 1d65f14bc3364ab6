//! The body of an answer: a chunk at a time, under its limits, and never inflated.

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http::header::{self, HeaderMap};
use http_body::Body as _;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use tokio::time::{Instant, timeout_at};

use crate::connect::Deadline;
use crate::error::{EgressError, Phase};
use crate::exchange::{Answer, Line};
use crate::fetch::MinRate;
use crate::target::Target;

/// The body of an answer, a chunk at a time, under its limits. Dropping it hangs up.
pub struct Body {
    host: String,
    incoming: Incoming,
    line: Line,
    deadline: Deadline,
    min_rate: MinRate,
    limit: u64,
    received: u64,
    window: Window,
}

/// How much came in how much *waiting*: time that the reader spends elsewhere is not held against
/// the sender.
#[derive(Default)]
struct Window {
    waited: Duration,
    received: u64,
}

impl Body {
    /// Refuses at once what is declared too long or comes encoded.
    pub(crate) fn new(
        target: &Target,
        answer: Answer,
        deadline: Deadline,
        min_rate: MinRate,
        limit: u64,
    ) -> Result<Self, EgressError> {
        let host = target.host().to_owned();
        refuse_encoded(&host, &answer.headers)?;
        let declared = answer.incoming.size_hint().exact();
        if declared.is_some_and(|declared| declared > limit) {
            return Err(EgressError::TooLarge {
                host,
                limit,
                declared,
            });
        }
        Ok(Self {
            host,
            incoming: answer.incoming,
            line: answer.line,
            deadline,
            min_rate,
            limit,
            received: 0,
            window: Window::default(),
        })
    }

    /// What the answer says is still to come, in bytes; `None` if it does not say. Not to be relied on.
    #[must_use]
    pub fn declared(&self) -> Option<u64> {
        self.incoming.size_hint().exact()
    }

    /// Bytes handed out so far.
    #[must_use]
    pub fn received(&self) -> u64 {
        self.received
    }

    /// The address at the other end.
    #[must_use]
    pub fn peer(&self) -> SocketAddr {
        self.line.peer
    }

    /// The next bytes, never empty; `None` at the end of a body that was complete by its own framing.
    ///
    /// # Errors
    /// [`EgressError::TooLarge`] once the limit is passed (what came before was handed out),
    /// [`EgressError::TooSlow`], [`EgressError::Timeout`] or [`EgressError::CutShort`].
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, EgressError> {
        loop {
            let began = Instant::now();
            // A body that is always ready would never be timed out by a timer that is asked second.
            if began >= self.deadline.at {
                let limit = self.deadline.total;
                return Err(EgressError::Timeout {
                    host: self.host.clone(),
                    phase: Phase::Total,
                    limit,
                });
            }
            let over = self.min_rate.over.max(Duration::from_millis(1));
            let window_ends = began.checked_add(over.saturating_sub(self.window.waited));
            let wake = window_ends.map_or(self.deadline.at, |ends| ends.min(self.deadline.at));
            let frame = timeout_at(wake, self.incoming.frame()).await;
            self.window.waited += began.elapsed();

            let data = match frame {
                Ok(None) => return Ok(None),
                Ok(Some(Err(source))) => {
                    let (host, received) = (self.host.clone(), self.received);
                    return Err(EgressError::CutShort {
                        host,
                        received,
                        source,
                    });
                }
                // Trailers say nothing that we would believe.
                Ok(Some(Ok(frame))) => frame.into_data().unwrap_or_default(),
                Err(_) => Bytes::new(),
            };
            let length = data.len() as u64;
            self.received = self.received.saturating_add(length);
            self.window.received = self.window.received.saturating_add(length);
            if self.received > self.limit {
                let (host, limit) = (self.host.clone(), self.limit);
                return Err(EgressError::TooLarge {
                    host,
                    limit,
                    declared: None,
                });
            }
            if self.window.waited >= over {
                self.judge_window(over)?;
            }
            if !data.is_empty() {
                return Ok(Some(data));
            }
        }
    }

    fn judge_window(&mut self, over: Duration) -> Result<(), EgressError> {
        let window = std::mem::take(&mut self.window);
        let rate = self.min_rate.bytes_per_second;
        let owed = u128::from(rate) * window.waited.as_millis() / 1000;
        if u128::from(window.received) < owed {
            return Err(EgressError::TooSlow {
                host: self.host.clone(),
                bytes_per_second: rate,
                over,
            });
        }
        Ok(())
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Body")
            .field("host", &self.host)
            .field("received", &self.received)
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}

/// We asked for `identity`. Whoever compresses all the same would have us inflate bytes of unknown
/// size, so it is refused rather than counted.
fn refuse_encoded(host: &str, headers: &HeaderMap) -> Result<(), EgressError> {
    for (name, fine) in [
        (header::CONTENT_ENCODING, "identity"),
        (header::TRANSFER_ENCODING, "chunked"),
    ] {
        for value in headers.get_all(&name) {
            let coding = String::from_utf8_lossy(value.as_bytes());
            let coding = coding.trim();
            if !coding.is_empty() && !coding.eq_ignore_ascii_case(fine) {
                let header = if name == header::CONTENT_ENCODING {
                    "content-encoding"
                } else {
                    "transfer-encoding"
                };
                let coding = coding.chars().filter(|c| !c.is_control()).take(64).collect();
                return Err(EgressError::Encoded {
                    host: host.to_owned(),
                    header,
                    coding,
                });
            }
        }
    }
    Ok(())
}
