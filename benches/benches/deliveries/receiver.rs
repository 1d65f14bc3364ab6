//! A receiver that is well, and remembers when what came came.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::secure;

/// Answers 200 to everything, for as long as the other side keeps the connection, and remembers when the first byte of
/// each delivery came.
pub(super) struct Receiver {
    pub(super) address: SocketAddr,
    /// Where it speaks TLS.
    pub(super) secure: SocketAddr,
    came: Arc<Mutex<Vec<(String, Instant)>>>,
    tally: watch::Sender<Tally>,
}

/// How much came, and how much of it somebody waits for: to be woken for each would cost as much as a message does.
#[derive(Clone, Copy, Default)]
struct Tally {
    came: usize,
    wanted: usize,
}

impl Receiver {
    pub(super) async fn listen() -> Self {
        let (plain, secure) = (everywhere().await, everywhere().await);
        let local = |listener: &TcpListener| {
            let port = listener.local_addr().unwrap().port();
            SocketAddr::from((Ipv4Addr::LOCALHOST, port))
        };
        let receiver = Self {
            address: local(&plain),
            secure: local(&secure),
            came: Arc::default(),
            tally: watch::Sender::default(),
        };
        let (came, tally) = (Arc::clone(&receiver.came), receiver.tally.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = plain.accept().await {
                tokio::spawn(receive(stream, Arc::clone(&came), tally.clone()));
            }
        });
        let (came, tally) = (Arc::clone(&receiver.came), receiver.tally.clone());
        let acceptor = secure::acceptor();
        tokio::spawn(async move {
            while let Ok((stream, _)) = secure.accept().await {
                // Or an answer waits for the client's word that it has the tickets which are sent before it.
                stream.set_nodelay(true).unwrap();
                let (accepted, came, tally) = (acceptor.accept(stream), Arc::clone(&came), tally.clone());
                tokio::spawn(async move {
                    if let Ok(stream) = accepted.await {
                        receive(stream, came, tally).await;
                    }
                });
            }
        });
        receiver
    }

    pub(super) fn forget(&self) {
        self.came.lock().unwrap().clear();
        self.tally.send_replace(Tally::default());
    }

    pub(super) async fn until(&self, wanted: usize) {
        self.tally.send_modify(|tally| tally.wanted = wanted);
        let mut tally = self.tally.subscribe();
        let enough = tally.wait_for(|tally| tally.came >= wanted);
        if tokio::time::timeout(Duration::from_secs(300), enough)
            .await
            .is_err()
        {
            panic!(
                "only {} of {wanted} came in five minutes",
                self.tally.borrow().came
            );
        }
    }

    pub(super) fn visits(&self, late: impl Fn(&str, Instant) -> Option<Duration>) -> Vec<Duration> {
        let came = self.came.lock().unwrap();
        came.iter().filter_map(|(id, at)| late(id, *at)).collect()
    }
}

/// On every address of the loopback, each of which is somebody else's.
async fn everywhere() -> TcpListener {
    TcpListener::bind("0.0.0.0:0").await.unwrap()
}

async fn receive(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    came: Arc<Mutex<Vec<(String, Instant)>>>,
    tally: watch::Sender<Tally>,
) {
    let mut request = Vec::new();
    let mut first = None;
    loop {
        match stream.read_buf(&mut request).await {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
        let at = *first.get_or_insert_with(Instant::now);
        let Some(end) = request.windows(4).position(|four| four == b"\r\n\r\n") else {
            continue;
        };
        let head = String::from_utf8_lossy(&request[..end]).to_ascii_lowercase();
        let value = |name: &str| {
            let mut lines = head.lines().filter_map(|line| line.split_once(':'));
            lines
                .find(|(known, _)| *known == name)
                .map(|(_, value)| value.trim().to_owned())
        };
        let length: usize = value("content-length")
            .and_then(|text| text.parse().ok())
            .unwrap_or(0);
        if request.len() < end + 4 + length {
            continue;
        }
        let last = value("connection").is_some_and(|value| value == "close");
        request.clear();
        first = None;
        came.lock()
            .unwrap()
            .push((value("x-sudomock-delivery").unwrap_or_default(), at));
        tally.send_if_modified(|tally| {
            tally.came += 1;
            tally.came == tally.wanted
        });
        let answer = stream
            .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
            .await;
        if last || answer.is_err() {
            return;
        }
    }
}
