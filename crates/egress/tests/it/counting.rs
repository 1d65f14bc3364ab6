//! A far end that keeps connections open for as long as it is let, and counts who comes, who goes and what is asked.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// Longer than anything here takes; only a failing test waits for it.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);
/// An answer that leaves the connection open.
pub(crate) const FINE: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nfine";

/// What a far end does with a request.
#[derive(Clone, Copy)]
pub(crate) enum Deed {
    /// Says this, and waits for more.
    Says(&'static [u8]),
    /// Says this, and hangs up.
    Parts(&'static [u8]),
    /// Says this, and something more a little later.
    Adds(&'static [u8], &'static [u8]),
}

/// A far end that counts who comes, who goes and what is asked.
pub(crate) struct FarEnd {
    pub(crate) port: u16,
    opened: watch::Sender<usize>,
    closed: watch::Sender<usize>,
    asked: Arc<AtomicUsize>,
    /// The heads of the requests, in lower case.
    pub(crate) heads: Arc<Mutex<Vec<String>>>,
}

impl FarEnd {
    /// On 127.0.0.1; each request is met by its number, counted from 0 over all connections.
    pub(crate) async fn new(deed: impl Fn(usize) -> Deed + Clone + Send + Sync + 'static) -> Self {
        Self::on(TcpListener::bind("127.0.0.1:0").await.unwrap(), deed)
    }

    pub(crate) fn on(
        listener: TcpListener,
        deed: impl Fn(usize) -> Deed + Clone + Send + Sync + 'static,
    ) -> Self {
        let end = Self {
            port: listener.local_addr().unwrap().port(),
            opened: watch::Sender::new(0),
            closed: watch::Sender::new(0),
            asked: Arc::default(),
            heads: Arc::default(),
        };
        let (opened, closed, asked) = (end.opened.clone(), end.closed.clone(), Arc::clone(&end.asked));
        let heads = Arc::clone(&end.heads);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                opened.send_modify(|count| *count += 1);
                let (closed, asked, deed) = (closed.clone(), Arc::clone(&asked), deed.clone());
                let heads = Arc::clone(&heads);
                tokio::spawn(async move {
                    serve(stream, &asked, &heads, deed).await;
                    closed.send_modify(|count| *count += 1);
                });
            }
        });
        end
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/hook", self.port)
    }

    pub(crate) fn opened(&self) -> usize {
        *self.opened.borrow()
    }

    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    /// How many connections are open, as far as this end has noticed.
    pub(crate) fn open(&self) -> usize {
        self.opened() - *self.closed.borrow()
    }

    /// Waits until that many connections have come to their end.
    pub(crate) async fn closed(&self, count: usize) {
        let mut closed = self.closed.subscribe();
        let enough = closed.wait_for(|closed| *closed >= count);
        tokio::time::timeout(PATIENCE, enough)
            .await
            .expect("a connection stays open")
            .unwrap();
    }
}

async fn serve(
    mut stream: TcpStream,
    asked: &AtomicUsize,
    heads: &Mutex<Vec<String>>,
    deed: impl Fn(usize) -> Deed,
) {
    let mut bytes = Vec::new();
    loop {
        let end = loop {
            if let Some(at) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
                break at + 4;
            }
            match stream.read_buf(&mut bytes).await {
                Ok(read) if read > 0 => {}
                _ => return,
            }
        };
        let head = String::from_utf8_lossy(&bytes[..end]).to_ascii_lowercase();
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "))
            .map_or(0, |length| length.parse().unwrap());
        while bytes.len() < end + length {
            match stream.read_buf(&mut bytes).await {
                Ok(read) if read > 0 => {}
                _ => return,
            }
        }
        bytes.drain(..end + length);
        heads.lock().unwrap().push(head);
        match deed(asked.fetch_add(1, Ordering::SeqCst)) {
            Deed::Says(answer) => stream.write_all(answer).await.unwrap(),
            Deed::Parts(answer) => {
                let _ = stream.write_all(answer).await;
                return;
            }
            Deed::Adds(answer, more) => {
                stream.write_all(answer).await.unwrap();
                stream.flush().await.unwrap();
                tokio::time::sleep(Duration::from_millis(20)).await;
                let _ = stream.write_all(more).await;
            }
        }
    }
}
