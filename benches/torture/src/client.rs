//! A client of the program: connections that are kept, answers read whole, time limits.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::{HeaderMap, Method, Request, StatusCode};
use hyper_util::client::legacy::Client as Pool;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use serde_json::Value;
use tokio::time::timeout;

use crate::failure::Failure;

/// The key that every process under test knows.
pub(crate) const KEY: &str = "sm_00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

/// An answer, read whole.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    /// The body as JSON; null when it is none.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// The body, when the answer is a 2xx.
    pub(crate) fn good(self, doing: &str) -> Result<Value, Failure> {
        if self.status.is_success() {
            Ok(self.json())
        } else {
            let body = String::from_utf8_lossy(&self.body);
            Err(Failure::new(format!(
                "{doing} was answered {}: {body}",
                self.status
            )))
        }
    }
}

/// Cheap to clone; clones share their connections.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    pool: Pool<HttpConnector, Full<Bytes>>,
    key: String,
    patience: Duration,
}

impl Client {
    /// One that waits `patience` for an answer.
    pub(crate) fn new(patience: Duration) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        connector.set_connect_timeout(Some(patience));
        let pool = Pool::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            // A process that was killed takes its connections along: a request must not be lost on one.
            .retry_canceled_requests(false)
            .build(connector);
        Self {
            pool,
            key: KEY.to_owned(),
            patience,
        }
    }

    /// The same connections for the holder of another key.
    pub(crate) fn with_key(&self, key: &str) -> Self {
        Self {
            key: key.to_owned(),
            ..self.clone()
        }
    }

    /// Sends a request. `Err` when no whole answer came: nobody knows then what became of it.
    pub(crate) async fn send(
        &self,
        to: SocketAddr,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Bytes,
    ) -> Result<Answer, Failure> {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("http://{to}{path}"))
            .header("x-api-key", &self.key);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::new(body))?;
        let exchange = async {
            let (head, body) = self.pool.request(request).await?.into_parts();
            let body = body.collect().await?.to_bytes();
            Ok::<_, Failure>(Answer {
                status: head.status,
                headers: head.headers,
                body,
            })
        };
        timeout(self.patience, exchange).await?
    }

    pub(crate) async fn get(&self, to: SocketAddr, path: &str) -> Result<Answer, Failure> {
        self.send(to, Method::GET, path, &[], Bytes::new()).await
    }

    pub(crate) async fn post(&self, to: SocketAddr, path: &str, body: &Value) -> Result<Answer, Failure> {
        let json = [("content-type", "application/json")];
        self.send(to, Method::POST, path, &json, body.to_string().into())
            .await
    }

    /// Posts under an idempotency key.
    pub(crate) async fn post_once(
        &self,
        to: SocketAddr,
        path: &str,
        key: &str,
        body: &Value,
    ) -> Result<Answer, Failure> {
        let headers = [("content-type", "application/json"), ("idempotency-key", key)];
        self.send(to, Method::POST, path, &headers, body.to_string().into())
            .await
    }
}
