//! Receivers that mean harm, each on a real socket: what they do once a message has come.

use std::io::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

/// What a villain does.
#[derive(Clone, Debug)]
pub(crate) enum Deed {
    /// Takes the message and says nothing.
    Hang,
    /// Sends these bytes, then one byte a second of the others, over and over.
    Drip(&'static str, &'static str),
    /// Sends this head, and as many bytes of body as are taken.
    Flood(&'static str),
    /// Sends these bytes and closes.
    Say(Vec<u8>),
    /// Closes at once.
    Close,
    /// Speaks TLS with a certificate that nobody vouches for.
    Stranger,
}

/// A villain at work; it ends when dropped.
#[derive(Debug)]
pub(crate) struct Villain {
    pub(crate) address: SocketAddr,
    sent: Arc<AtomicU64>,
    visits: watch::Receiver<usize>,
    listening: JoinHandle<()>,
}

impl Villain {
    pub(crate) async fn at_work(deed: Deed) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (count, visits) = watch::channel(0);
        let sent = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&sent);
        let listening = tokio::spawn(async move {
            let mut deeds = tokio::task::JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                count.send_modify(|visits| *visits += 1);
                deeds.spawn(act(stream, deed.clone(), Arc::clone(&counted)));
            }
        });
        Self {
            address,
            sent,
            visits,
            listening,
        }
    }

    pub(crate) fn visits(&self) -> usize {
        *self.visits.borrow()
    }

    /// Returns when somebody has come.
    pub(crate) async fn visited(&self) {
        let mut visits = self.visits.clone();
        visits.wait_for(|visits| *visits > 0).await.unwrap();
    }

    /// How many bytes a flood got rid of, those in the buffers of both systems included.
    pub(crate) fn sent(&self) -> u64 {
        self.sent.load(Ordering::SeqCst)
    }
}

impl Drop for Villain {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

async fn act(mut stream: TcpStream, deed: Deed, sent: Arc<AtomicU64>) {
    if matches!(deed, Deed::Stranger) {
        if let Ok(mut stream) = acceptor().accept(stream).await {
            let _ = stream.read(&mut [0; 1024]).await;
        }
        return;
    }
    // The message fits in one read, or nearly: whoever closes with unread input resets.
    let _ = stream.read(&mut vec![0; 1 << 16]).await;
    match deed {
        Deed::Hang => {
            // Ends when the other side gives up.
            let _ = stream.read(&mut [0; 1]).await;
        }
        Deed::Drip(head, drops) => {
            let _ = stream.write_all(head.as_bytes()).await;
            for drop in drops.bytes().cycle() {
                if stream.write_all(&[drop]).await.is_err() {
                    return;
                }
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        }
        Deed::Flood(head) => {
            let _ = stream.write_all(head.as_bytes()).await;
            let piece = [b'.'; 1 << 16];
            while let Ok(taken) = stream.write(&piece).await {
                sent.fetch_add(taken as u64, Ordering::SeqCst);
            }
        }
        Deed::Say(bytes) => {
            let _ = stream.write_all(&bytes).await;
            let _ = stream.shutdown().await;
            let _ = stream.read(&mut [0; 1]).await;
        }
        Deed::Close | Deed::Stranger => {}
    }
}

fn acceptor() -> TlsAcceptor {
    // Of the tests of the door; its root is known to nobody else.
    let certificate = include_bytes!("../../../egress/tests/it/tls/server.pem");
    let key = include_bytes!("../../../egress/tests/it/tls/server.key");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![CertificateDer::from_pem_slice(certificate).unwrap()],
            PrivateKeyDer::from_pem_slice(key).unwrap(),
        )
        .unwrap();
    TlsAcceptor::from(Arc::new(config))
}

/// An answer of eight kilobytes that would be eight megabytes when unpacked.
pub(crate) fn bomb() -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    let zeros = vec![0; 1 << 20];
    for _ in 0..8 {
        packed.write_all(&zeros).unwrap();
    }
    let packed = packed.finish().unwrap();
    assert!(packed.len() < 16 << 10, "{} bytes are no bomb", packed.len());
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n",
        packed.len()
    );
    [head.as_bytes(), &packed].concat()
}
