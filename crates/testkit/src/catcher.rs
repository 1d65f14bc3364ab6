//! A real HTTP/1 receiver on the loopback: it catches webhooks and answers as the test tells it to.
//!
//! ```
//! use std::time::Duration;
//! use marquetry_testkit::catcher::{Answer, Catcher};
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() {
//! let catcher = Catcher::start().await;
//! catcher.answer_in_turn([Answer::status(500), Answer::status(204)]);
//! // ... something posts to catcher.url("/hooks") twice ...
//! # for _ in 0..2 { use tokio::io::{AsyncReadExt, AsyncWriteExt};
//! #   let mut s = tokio::net::TcpStream::connect(catcher.address()).await.unwrap();
//! #   s.write_all(b"POST /hooks HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\nconnection: close\r\n\r\nhi").await.unwrap();
//! #   let mut all = Vec::new(); s.read_to_end(&mut all).await.unwrap(); }
//! let caught = catcher.wait_for(2, Duration::from_secs(5)).await.unwrap();
//! assert_eq!(caught[1].body, "hi");
//! # }
//! ```

use std::collections::VecDeque;
use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::body::{Body, Frame, Incoming};
use hyper::header::{HeaderName, HeaderValue};
use hyper::service::service_fn;
use hyper::{HeaderMap, Method, Request, Response, StatusCode, Uri};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// A request as it arrived, its body read whole.
#[derive(Clone, Debug)]
pub struct Caught {
    /// Its method.
    pub method: Method,
    /// Path and query.
    pub uri: Uri,
    /// All headers, names in lower case.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
    /// When the body was complete.
    pub at: Instant,
}

impl Caught {
    /// A header as text; `None` when it is missing or no text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

/// How the catcher answers one request.
#[derive(Clone, Debug)]
pub struct Answer {
    status: StatusCode,
    headers: Vec<(HeaderName, HeaderValue)>,
    body: Answered,
    delay: Duration,
}

#[derive(Clone, Debug)]
enum Answered {
    Whole(Bytes),
    Endless,
    Never,
    HangUp,
}

impl Answer {
    fn new(status: StatusCode, body: Answered) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body,
            delay: Duration::ZERO,
        }
    }

    /// A status without a body.
    ///
    /// # Panics
    /// When `code` is no HTTP status.
    #[must_use]
    pub fn status(code: u16) -> Self {
        Self::new(
            StatusCode::from_u16(code).expect("an HTTP status"),
            Answered::Whole(Bytes::new()),
        )
    }

    /// 200 with a body.
    #[must_use]
    pub fn ok(body: impl Into<Bytes>) -> Self {
        Self::new(StatusCode::OK, Answered::Whole(body.into()))
    }

    /// 302 to `location`; another code by [`Self::with_status`].
    ///
    /// # Panics
    /// When `location` cannot stand in a header.
    #[must_use]
    pub fn redirect(location: &str) -> Self {
        Self::status(302).header("location", location)
    }

    /// 200 and a body that goes on for as long as somebody reads.
    #[must_use]
    pub fn endless_body() -> Self {
        Self::new(StatusCode::OK, Answered::Endless)
    }

    /// Takes the request and never answers.
    #[must_use]
    pub fn hang() -> Self {
        Self::new(StatusCode::OK, Answered::Never)
    }

    /// Takes the request and closes the connection.
    #[must_use]
    pub fn hang_up() -> Self {
        Self::new(StatusCode::OK, Answered::HangUp)
    }

    /// Another status for the same answer.
    ///
    /// # Panics
    /// When `code` is no HTTP status.
    #[must_use]
    pub fn with_status(mut self, code: u16) -> Self {
        self.status = StatusCode::from_u16(code).expect("an HTTP status");
        self
    }

    /// Adds a header.
    ///
    /// # Panics
    /// When name or value are no header's.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        let name = HeaderName::from_bytes(name.as_bytes()).expect("a header's name");
        self.headers
            .push((name, HeaderValue::from_str(value).expect("a header's value")));
        self
    }

    /// Waits before it answers.
    #[must_use]
    pub const fn after(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }
}

/// Fewer requests came than a test waited for.
#[derive(Debug, thiserror::Error)]
#[error("{wanted} requests wanted within {waited:?}, {came} came")]
pub struct TooFew {
    /// How many were waited for.
    pub wanted: usize,
    /// How many came.
    pub came: usize,
    /// How long the wait was.
    pub waited: Duration,
}

#[derive(Debug)]
struct Shared {
    caught: Mutex<Vec<Caught>>,
    answers: Mutex<Answers>,
    count: watch::Sender<usize>,
}

#[derive(Debug)]
struct Answers {
    next: VecDeque<Answer>,
    otherwise: Answer,
}

/// The receiver. It stops listening when dropped.
#[derive(Debug)]
pub struct Catcher {
    address: SocketAddr,
    shared: Arc<Shared>,
    listening: JoinHandle<()>,
}

impl Catcher {
    /// Listens on a free port of 127.0.0.1 and answers 200 until told otherwise.
    ///
    /// # Panics
    /// When the loopback cannot be listened on.
    pub async fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .expect("the loopback can be listened on");
        let address = listener.local_addr().expect("a bound socket has an address");
        let answers = Answers {
            next: VecDeque::new(),
            otherwise: Answer::status(200),
        };
        let shared = Arc::new(Shared {
            caught: Mutex::default(),
            answers: Mutex::new(answers),
            count: watch::Sender::new(0),
        });
        let listening = tokio::spawn(listen(listener, Arc::clone(&shared)));
        Self {
            address,
            shared,
            listening,
        }
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// A URL of it; `path` begins with a slash.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Answers for the requests to come, one each; after them, as always.
    pub fn answer_in_turn(&self, answers: impl IntoIterator<Item = Answer>) {
        hold(&self.shared.answers).next.extend(answers);
    }

    /// The answer for all requests that no other is planned for.
    pub fn answer_always(&self, answer: Answer) {
        hold(&self.shared.answers).otherwise = answer;
    }

    /// All that came so far, in the order in which bodies were complete.
    #[must_use]
    pub fn caught(&self) -> Vec<Caught> {
        hold(&self.shared.caught).clone()
    }

    /// Waits until `wanted` requests have come in all, and gives all that came.
    ///
    /// # Errors
    /// When fewer came in time.
    pub async fn wait_for(&self, wanted: usize, patience: Duration) -> Result<Vec<Caught>, TooFew> {
        let mut count = self.shared.count.subscribe();
        let enough = tokio::time::timeout(patience, count.wait_for(|count| *count >= wanted))
            .await
            .is_ok();
        let caught = self.caught();
        if enough {
            Ok(caught)
        } else {
            Err(TooFew {
                wanted,
                came: caught.len(),
                waited: patience,
            })
        }
    }
}

impl Drop for Catcher {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

/// A lock that survives a test's panic elsewhere.
fn hold<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn listen(listener: TcpListener, shared: Arc<Shared>) {
    // Connections end with the catcher, not after it.
    let mut connections = tokio::task::JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let shared = Arc::clone(&shared);
        connections.spawn(async move {
            let service = service_fn(move |request| answer(Arc::clone(&shared), request));
            // A caller that goes away early is its own affair.
            let _ = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
        while connections.try_join_next().is_some() {}
    }
}

/// The connection is to be closed without an answer.
#[derive(Debug, thiserror::Error)]
#[error("hung up")]
struct HungUp;

async fn answer(shared: Arc<Shared>, request: Request<Incoming>) -> Result<Response<AnswerBody>, HungUp> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map_err(|_| HungUp)?.to_bytes();
    let planned = {
        let mut answers = hold(&shared.answers);
        answers
            .next
            .pop_front()
            .unwrap_or_else(|| answers.otherwise.clone())
    };
    {
        let mut caught = hold(&shared.caught);
        let at = Instant::now();
        caught.push(Caught {
            method: head.method,
            uri: head.uri,
            headers: head.headers,
            body,
            at,
        });
        shared.count.send_replace(caught.len());
    }
    tokio::time::sleep(planned.delay).await;
    let body = match planned.body {
        Answered::Whole(bytes) => AnswerBody::Whole(Some(bytes)),
        Answered::Endless => AnswerBody::Endless,
        Answered::Never => std::future::pending().await,
        Answered::HangUp => return Err(HungUp),
    };
    let mut response = Response::new(body);
    *response.status_mut() = planned.status;
    response.headers_mut().extend(planned.headers);
    Ok(response)
}

/// A body sent at once, or one without an end.
enum AnswerBody {
    Whole(Option<Bytes>),
    Endless,
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let bytes = match self.get_mut() {
            Self::Whole(bytes) => bytes.take().filter(|bytes| !bytes.is_empty()),
            Self::Endless => Some(Bytes::from_static(&[b'.'; 16 * 1024])),
        };
        Poll::Ready(bytes.map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        matches!(self, Self::Whole(bytes) if bytes.as_ref().is_none_or(Bytes::is_empty))
    }

    fn size_hint(&self) -> hyper::body::SizeHint {
        match self {
            Self::Whole(bytes) => {
                hyper::body::SizeHint::with_exact(bytes.as_ref().map_or(0, |bytes| bytes.len() as u64))
            }
            Self::Endless => hyper::body::SizeHint::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpStream;

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(10);

    async fn send(catcher: &Catcher, body: &str) -> TcpStream {
        let mut stream = TcpStream::connect(catcher.address()).await.unwrap();
        let head = format!(
            "POST /hook?a=1 HTTP/1.1\r\nhost: x\r\nX-Mark: yes\r\ncontent-length: {}\r\n",
            body.len()
        );
        stream
            .write_all(format!("{head}connection: close\r\n\r\n{body}").as_bytes())
            .await
            .unwrap();
        stream
    }

    async fn post(catcher: &Catcher, body: &str) -> String {
        let mut answer = String::new();
        send(catcher, body)
            .await
            .read_to_string(&mut answer)
            .await
            .unwrap();
        answer
    }

    #[tokio::test]
    async fn answers_come_in_turn_and_requests_are_kept_in_order() {
        let catcher = Catcher::start().await;
        catcher.answer_in_turn([
            Answer::status(503).header("retry-after", "7"),
            Answer::redirect("http://elsewhere/"),
            Answer::ok("fine").after(Duration::from_millis(5)),
        ]);
        let first = post(&catcher, "one").await;
        assert!(
            first.starts_with("HTTP/1.1 503") && first.contains("retry-after: 7"),
            "{first}"
        );
        assert!(
            post(&catcher, "two")
                .await
                .contains("location: http://elsewhere/")
        );
        assert!(post(&catcher, "three").await.ends_with("\r\n\r\nfine"));
        assert!(post(&catcher, "four").await.starts_with("HTTP/1.1 200"));
        let caught = catcher.wait_for(4, PATIENCE).await.unwrap();
        let bodies: Vec<_> = caught.iter().map(|caught| caught.body.as_ref()).collect();
        assert_eq!(bodies, [b"one".as_slice(), b"two", b"three", b"four"]);
        assert_eq!(
            (caught[0].uri.to_string(), caught[0].header("x-mark")),
            ("/hook?a=1".into(), Some("yes"))
        );
    }

    #[tokio::test]
    async fn hanging_hanging_up_and_endless_bodies() {
        let catcher = Catcher::start().await;
        catcher.answer_in_turn([Answer::hang_up(), Answer::endless_body(), Answer::hang()]);
        assert_eq!(post(&catcher, "x").await, "");
        let mut stream = send(&catcher, "x").await;
        let mut much = vec![0; 1 << 20];
        stream.read_exact(&mut much).await.unwrap();
        drop(stream);
        let mut stream = send(&catcher, "x").await;
        catcher.wait_for(3, PATIENCE).await.unwrap();
        let silent = tokio::time::timeout(Duration::from_millis(50), stream.read_u8()).await;
        assert!(silent.is_err(), "an answer came");
        let short = catcher.wait_for(4, Duration::from_millis(10)).await.unwrap_err();
        assert_eq!((short.wanted, short.came), (4, 3));
    }
}
