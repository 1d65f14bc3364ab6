//! Whoever the webhooks are for: notes each one when it came and when it was answered.

use std::collections::HashMap;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Empty};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::chance::Chance;
use crate::failure::Failure;

/// The headers with the stable names of a message.
const NAMES: [&str; 2] = ["x-sudomock-delivery", "webhook-id"];

/// One message as it came in.
#[derive(Clone, Debug)]
pub(crate) struct Heard {
    /// The stable names of the message: those of the dialect and of the Standard Webhooks specification.
    pub(crate) names: [String; 2],
    /// Its body, which is to be the same in every copy.
    pub(crate) body: Bytes,
    /// What it says the state of the job is.
    pub(crate) status: String,
    /// When its answer was ready to leave.
    pub(crate) answered: Instant,
}

#[derive(Debug)]
struct Shared {
    heard: Mutex<HashMap<String, Vec<Heard>>>,
    chance: Mutex<Chance>,
    longest: Duration,
    bell: watch::Sender<u64>,
}

/// Listens for as long as it lives.
#[derive(Debug)]
pub(crate) struct Receiver {
    pub(crate) address: SocketAddr,
    shared: Arc<Shared>,
}

impl Receiver {
    /// Answers 200 after a moment of up to `longest`, so that a crash may fall into it.
    pub(crate) async fn start(chance: Chance, longest: Duration) -> Result<Self, Failure> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            heard: Mutex::default(),
            chance: Mutex::new(chance),
            longest,
            bell: watch::Sender::new(0),
        });
        let listening = Arc::clone(&shared);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let shared = Arc::clone(&listening);
                let hear = service_fn(move |request| hear(Arc::clone(&shared), request));
                tokio::spawn(
                    hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), hear),
                );
            }
        });
        Ok(Self { address, shared })
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/hook", self.address)
    }

    /// All that came about a job, in order.
    pub(crate) fn about(&self, job: &str) -> Vec<Heard> {
        hold(&self.shared.heard).get(job).cloned().unwrap_or_default()
    }

    /// How many messages came, copies included.
    pub(crate) fn count(&self) -> u64 {
        *self.shared.bell.borrow()
    }

    /// Returns when another message came, or after a moment.
    pub(crate) async fn next(&self, moment: Duration) {
        let mut bell = self.shared.bell.subscribe();
        // Whether it rang or not, the caller looks.
        let _ = tokio::time::timeout(moment, bell.changed()).await;
    }
}

async fn hear(shared: Arc<Shared>, request: Request<Incoming>) -> Result<Response<Empty<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    let names = NAMES.map(|name| {
        let value = head.headers.get(name).and_then(|value| value.to_str().ok());
        value.unwrap_or("none").to_owned()
    });
    let wait = hold(&shared.chance).up_to(shared.longest);
    // A message that broke off was not heard.
    if let Ok(body) = body.collect().await {
        let body = body.to_bytes();
        let said: Value = serde_json::from_slice(&body).unwrap_or_default();
        let job = said["job_id"].as_str().unwrap_or_default().to_owned();
        let status = said["status"].as_str().unwrap_or_default().to_owned();
        let heard = Heard {
            names,
            body,
            status,
            answered: Instant::now() + wait,
        };
        hold(&shared.heard).entry(job).or_default().push(heard);
        shared.bell.send_modify(|count| *count += 1);
    }
    tokio::time::sleep(wait).await;
    Ok(Response::new(Empty::new()))
}

fn hold<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
