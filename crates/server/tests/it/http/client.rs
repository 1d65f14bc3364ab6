//! A small client: one connection a request, the answer read whole.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Longer than anything takes, even on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// An answer, read whole.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {} {:?}", self.status, self.body))
    }

    /// The body, when the status is the one expected.
    #[track_caller]
    pub(crate) fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{:?}", self.body);
        if self.body.is_empty() {
            Value::Null
        } else {
            self.json()
        }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// The status and the stable code of a problem.
    pub(crate) fn problem(&self) -> (u16, String) {
        let body = self.json();
        let code = body["error_code"].as_str().or(body["error"]["code"].as_str());
        (self.status.as_u16(), code.unwrap_or("none").to_owned())
    }
}

/// A request in the making.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    method: Method,
    path: String,
    headers: Vec<(String, String)>,
    body: Bytes,
}

impl Ask {
    pub(crate) fn new(method: Method, path: impl Into<String>) -> Self {
        Self {
            method,
            path: path.into(),
            headers: Vec::new(),
            body: Bytes::new(),
        }
    }

    pub(crate) fn get(path: impl Into<String>) -> Self {
        Self::new(Method::GET, path)
    }

    pub(crate) fn post(path: impl Into<String>) -> Self {
        Self::new(Method::POST, path)
    }

    pub(crate) fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    pub(crate) fn key(self, key: &str) -> Self {
        self.header("x-api-key", key)
    }

    pub(crate) fn json(self, body: &Value) -> Self {
        self.header("content-type", "application/json")
            .body(body.to_string())
    }

    pub(crate) fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self
    }

    /// Sends it on a connection of its own.
    pub(crate) async fn send(self, to: SocketAddr) -> Answer {
        let stream = TcpStream::connect(to).await.unwrap();
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
            .await
            .unwrap();
        let driving = tokio::spawn(connection);
        let answer = self.send_on(&mut sender).await;
        drop(sender);
        driving.abort();
        answer
    }

    /// Sends it on a connection that stays open.
    pub(crate) async fn send_on(
        self,
        sender: &mut hyper::client::conn::http1::SendRequest<Full<Bytes>>,
    ) -> Answer {
        let mut request = Request::builder()
            .method(self.method)
            .uri(self.path)
            .header("host", "localhost");
        for (name, value) in self.headers {
            request = request.header(name, value);
        }
        let request = request.body(Full::new(self.body)).unwrap();
        let response = timeout(PATIENCE, sender.send_request(request))
            .await
            .unwrap()
            .unwrap();
        let (head, body) = response.into_parts();
        let body = timeout(PATIENCE, body.collect())
            .await
            .unwrap()
            .unwrap()
            .to_bytes();
        Answer {
            status: head.status,
            headers: head.headers,
            body,
        }
    }
}

/// A client that writes what it likes, to be impolite with.
pub(crate) struct Raw(pub(crate) TcpStream);

impl Raw {
    pub(crate) async fn connect(to: SocketAddr) -> Self {
        Self(TcpStream::connect(to).await.unwrap())
    }

    pub(crate) async fn write(&mut self, bytes: impl AsRef<[u8]>) {
        self.0.write_all(bytes.as_ref()).await.unwrap();
    }

    /// Everything until the server closes the connection, which it must in time.
    pub(crate) async fn read_to_end(&mut self) -> String {
        let mut all = Vec::new();
        // A connection that is cut is closed too.
        let _ = timeout(PATIENCE, self.0.read_to_end(&mut all))
            .await
            .expect("the server should have closed the connection");
        String::from_utf8_lossy(&all).into_owned()
    }

    /// What is there to read, until it holds `wanted`.
    pub(crate) async fn read_until(&mut self, wanted: &str) -> String {
        let mut all = String::new();
        let mut buffer = [0; 4096];
        while !all.contains(wanted) {
            let read = timeout(PATIENCE, self.0.read(&mut buffer))
                .await
                .unwrap()
                .unwrap();
            assert!(read > 0, "closed after {all:?}");
            all.push_str(&String::from_utf8_lossy(&buffer[..read]));
        }
        all
    }
}
