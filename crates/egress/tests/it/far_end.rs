//! What stands at the other end in these tests: listeners that only count, an honest server, servers
//! that misbehave byte by byte, and resolvers that answer what a test wants.

use std::collections::HashMap;
use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use marquetry_egress::{
    Egress, EgressError, FetchLimits, MinRate, Policy, Refusal, ResolveError, Resolver, SendLimits,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// A listener on every local address that counts connections and answers none.
pub(crate) struct Trap {
    pub(crate) port: u16,
    visits: Arc<AtomicUsize>,
}

impl Trap {
    pub(crate) async fn set() -> Self {
        // Both families where there are two.
        let listener = match TcpListener::bind("[::]:0").await {
            Ok(listener) => listener,
            Err(_) => TcpListener::bind("0.0.0.0:0").await.unwrap(),
        };
        let port = listener.local_addr().unwrap().port();
        let visits = Arc::new(AtomicUsize::new(0));
        let counted = visits.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                counted.fetch_add(1, Ordering::SeqCst);
                drop(stream);
            }
        });
        Self { port, visits }
    }

    /// How many came, once every connection under way has been counted.
    pub(crate) async fn visits(&self) -> usize {
        tokio::time::sleep(Duration::from_millis(20)).await;
        self.visits.load(Ordering::SeqCst)
    }
}

/// What an honest server saw of a request.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) headers: http::HeaderMap,
    pub(crate) body: Bytes,
}

/// An honest hyper server on 127.0.0.1 that answers as `answer` says.
pub(crate) async fn honest(
    answer: impl Fn(Seen) -> Response<Full<Bytes>> + Clone + Send + Sync + 'static,
) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(TokioIo::new(stream), answer.clone()));
        }
    });
    port
}

/// Serves one connection honestly, whatever it runs over.
pub(crate) async fn serve<I>(io: I, answer: impl Fn(Seen) -> Response<Full<Bytes>> + Clone + Send + 'static)
where
    I: hyper::rt::Read + hyper::rt::Write + Unpin + Send + 'static,
{
    let service = service_fn(move |request: Request<Incoming>| {
        let answer = answer.clone();
        async move {
            let (head, body) = request.into_parts();
            let body = body.collect().await.map(|all| all.to_bytes()).unwrap_or_default();
            let path = head.uri.to_string();
            Ok::<_, Infallible>(answer(Seen {
                method: head.method.to_string(),
                path,
                headers: head.headers,
                body,
            }))
        }
    });
    let _ = hyper::server::conn::http1::Builder::new()
        .serve_connection(io, service)
        .await;
}

pub(crate) fn ok(body: impl Into<Bytes>) -> Response<Full<Bytes>> {
    Response::builder()
        .header("content-type", "image/PNG; q=1")
        .body(Full::new(body.into()))
        .unwrap()
}

pub(crate) fn redirect(status: u16, location: &str) -> Response<Full<Bytes>> {
    Response::builder()
        .status(status)
        .header("location", location)
        .body(Full::default())
        .unwrap()
}

/// A server on 127.0.0.1 that reads a request's head and then does to the stream what `act` does.
pub(crate) async fn rogue<F>(act: impl Fn(TcpStream) -> F + Send + Sync + 'static) -> u16
where
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut head = Vec::new();
            let mut byte = [0; 1024];
            while !head.windows(4).any(|w| w == b"\r\n\r\n") {
                match stream.read(&mut byte).await {
                    Ok(n) if n > 0 => head.extend_from_slice(&byte[..n]),
                    _ => break,
                }
            }
            tokio::spawn(act(stream));
        }
    });
    port
}

/// A rogue that writes these bytes, then closes.
pub(crate) async fn says(bytes: impl AsRef<[u8]>) -> u16 {
    let bytes: Arc<[u8]> = bytes.as_ref().into();
    rogue(move |mut stream| {
        let bytes = bytes.clone();
        async move {
            let _ = stream.write_all(&bytes).await;
            let _ = stream.shutdown().await;
            // Whoever closes with unread input resets; let the other side read first.
            let _ = stream.read(&mut [0; 16]).await;
        }
    })
    .await
}

/// A rogue that writes `head` and then `drip` again and again, with `pause` between, until hung up on.
pub(crate) async fn drips(head: &'static [u8], drip: &'static [u8], pause: Duration) -> u16 {
    rogue(move |mut stream| async move {
        let _ = stream.write_all(head).await;
        while stream.write_all(drip).await.is_ok() {
            if !pause.is_zero() {
                tokio::time::sleep(pause).await;
            }
        }
    })
    .await
}

/// A resolver that knows a few names, counts its questions and remembers them.
#[derive(Debug, Default)]
pub(crate) struct Names {
    known: HashMap<String, Vec<IpAddr>>,
    asked: Mutex<Vec<String>>,
}

impl Names {
    pub(crate) fn knowing(names: &[(&str, &[&str])]) -> Arc<Self> {
        let addresses = |list: &[&str]| list.iter().map(|a| a.parse().unwrap()).collect();
        let known = names
            .iter()
            .map(|(name, list)| ((*name).to_owned(), addresses(list)))
            .collect();
        Arc::new(Self {
            known,
            asked: Mutex::default(),
        })
    }
}

impl Names {
    /// The names asked for since the last time.
    pub(crate) fn take_asked(&self) -> Vec<String> {
        std::mem::take(&mut *self.asked.lock().unwrap())
    }
}

#[async_trait]
impl Resolver for Names {
    async fn resolve(&self, name: &str) -> Result<Vec<IpAddr>, ResolveError> {
        self.asked.lock().unwrap().push(name.to_owned());
        self.known.get(name).cloned().ok_or(ResolveError::NoSuchName)
    }
}

/// The door of strangers, with 127.0.0.1 (and no other loopback address) standing in for the public
/// internet, as no test may go there.
pub(crate) fn strangers_policy() -> Policy {
    Policy {
        also_allow: vec!["127.0.0.1/32".parse().unwrap()],
        ..Policy::default()
    }
}

pub(crate) fn door(policy: Policy, resolver: Arc<dyn Resolver>) -> Egress {
    let roots = marquetry_egress::Roots::BuiltIn;
    Egress::builder(policy)
        .resolver(resolver)
        .roots(roots)
        .build()
        .unwrap()
}

/// A door to 127.0.0.1, where every other name is unknown.
pub(crate) fn local_door() -> Egress {
    door(strangers_policy(), Names::knowing(&[]))
}

/// Limits short enough for tests and long enough for a busy machine.
pub(crate) fn limits() -> FetchLimits {
    FetchLimits {
        bytes: 100_000,
        connect: Duration::from_secs(5),
        first_byte: Duration::from_millis(400),
        total: Duration::from_secs(8),
        min_rate: MinRate {
            bytes_per_second: 1000,
            over: Duration::from_millis(300),
        },
    }
}

pub(crate) fn send_limits() -> SendLimits {
    SendLimits {
        total: Duration::from_millis(1500),
        answer_wait: Duration::from_millis(300),
        ..SendLimits::default()
    }
}

/// The class of a refusal, as the tables of these tests spell it.
pub(crate) fn class(error: &EgressError) -> &'static str {
    match error.refusal() {
        None => error.class(),
        Some(Refusal::TooLong { .. }) => "long",
        Some(Refusal::Character) => "character",
        Some(Refusal::Malformed) => "malformed",
        Some(Refusal::Scheme) => "scheme",
        Some(Refusal::Userinfo) => "userinfo",
        Some(Refusal::LocalName) => "local name",
        Some(Refusal::TrailingDot) => "trailing dot",
        Some(Refusal::BadName) => "bad name",
        Some(Refusal::Port { .. }) => "port",
        Some(Refusal::Address { .. }) => "address",
        Some(Refusal::HostDenied) => "host denied",
        Some(Refusal::HostNotListed) => "host not listed",
        Some(Refusal::Downgrade) => "downgrade",
        Some(_) => "other",
    }
}
