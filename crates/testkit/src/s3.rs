//! A real S3 server in the process, on the loopback, over a folder that goes with it.

use std::net::{Ipv4Addr, SocketAddr};

use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use s3s::auth::SimpleAuth;
use s3s::service::S3ServiceBuilder;
use s3s_fs::FileSystem;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

const KEY: &str = "AKTESTTESTTEST";
const SECRET: &str = "not-very-secret";

/// An empty bucket on a server of its own. Dropping it ends both.
#[derive(Debug)]
pub struct Bucket {
    address: SocketAddr,
    server: JoinHandle<()>,
    folder: TempDir,
}

impl Bucket {
    /// What the bucket is called.
    pub const NAME: &str = "marquetry-test";

    /// Starts the server.
    ///
    /// # Panics
    /// When the system gives no folder or no port.
    pub async fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder can be made");
        std::fs::create_dir(folder.path().join(Self::NAME)).expect("a folder can be made");
        let service = {
            let files = FileSystem::new(folder.path()).expect("the folder is there");
            let mut builder = S3ServiceBuilder::new(files);
            builder.set_auth(SimpleAuth::from_single(KEY, SECRET));
            builder.build()
        };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .expect("a port is free");
        let address = listener.local_addr().expect("a bound socket has an address");
        let server = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let service = service.clone();
                tokio::spawn(async move {
                    let builder = Builder::new(TokioExecutor::new());
                    // A client that hangs up is no matter.
                    let _ = builder.serve_connection(TokioIo::new(stream), service).await;
                });
            }
        });
        Self {
            address,
            server,
            folder,
        }
    }

    /// Where it is and how to ask, by the names of the environment variables that S3 clients read.
    #[must_use]
    pub fn names(&self) -> Vec<(String, String)> {
        [
            ("AWS_ENDPOINT_URL", format!("http://{}", self.address)),
            ("AWS_REGION", "us-east-1".to_owned()),
            ("AWS_ACCESS_KEY_ID", KEY.to_owned()),
            ("AWS_SECRET_ACCESS_KEY", SECRET.to_owned()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into()
    }

    /// The folder that the server keeps the bucket's objects in.
    #[must_use]
    pub fn folder(&self) -> std::path::PathBuf {
        self.folder.path().join(Self::NAME)
    }
}

impl Drop for Bucket {
    fn drop(&mut self) {
        self.server.abort();
    }
}
