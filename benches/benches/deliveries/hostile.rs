//! Receivers that are not well: one that swallows, one that floods, one that drips, one that hangs up.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};

/// A server that does this with every connection, once it has heard something.
async fn villain<F>(act: impl Fn(TcpStream) -> F + Send + 'static) -> SocketAddr
where
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            if stream.readable().await.is_ok() {
                let _ = stream.try_read(&mut [0; 4096]);
                tokio::spawn(act(stream));
            } else {
                let _ = stream.shutdown().await;
            }
        }
    });
    address
}

pub(super) async fn black_hole() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let mut held = Vec::new();
        while let Ok((stream, _)) = listener.accept().await {
            held.push(stream);
        }
    });
    address
}

pub(super) async fn flood() -> SocketAddr {
    villain(|mut stream| async move {
        let _ = stream
            .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 10737418240\r\n\r\n")
            .await;
        while stream.write_all(&[b'.'; 1 << 16]).await.is_ok() {}
    })
    .await
}

pub(super) async fn drip() -> SocketAddr {
    villain(|mut stream| async move {
        while stream.write_all(b"H").await.is_ok() {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    })
    .await
}

pub(super) async fn hang_up() -> SocketAddr {
    villain(|mut stream| async move {
        let _ = stream.shutdown().await;
    })
    .await
}
