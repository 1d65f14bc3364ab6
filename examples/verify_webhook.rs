//! Receives one webhook and verifies its signature: what the other side of a server has to do.
//!
//! `cargo run -p marquetry-examples --example verify_webhook -- whsec_… 127.0.0.1:9000`
//!
//! Register `http://127.0.0.1:9000/` with `POST /api/v1/webhook-endpoints` at a server that runs with
//! `--allow-private-networks`; the secret is in the answer.
#![expect(clippy::print_stdout, reason = "an example talks to its reader")]

use std::convert::Infallible;
use std::error::Error;
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::{BodyExt, Empty, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use marquetry_store::{Clock, SystemClock};
use marquetry_webhook::{TOLERANCE, verify};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(secret), Some(address)) = (arguments.next(), arguments.next()) else {
        return Err("usage: verify_webhook SECRET ADDRESS:PORT".into());
    };
    let secret: Arc<str> = secret.into();
    let listener = TcpListener::bind(&address).await?;
    println!("waiting for webhooks on http://{}/", listener.local_addr()?);
    loop {
        let (stream, _) = listener.accept().await?;
        let secret = Arc::clone(&secret);
        let receive = service_fn(move |request| receive(request, Arc::clone(&secret)));
        let serving =
            hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), receive);
        tokio::spawn(async move {
            // A sender that hangs up halfway will send again.
            let _ = serving.await;
        });
    }
}

async fn receive(request: Request<Incoming>, secret: Arc<str>) -> Result<Response<Empty<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    let status = match Limited::new(body, 1 << 20).collect().await {
        Err(_) => StatusCode::BAD_REQUEST,
        Ok(body) => {
            // The signature covers the very bytes that came: verify before parsing.
            let body = body.to_bytes();
            let header = |name: &str| head.headers.get(name).and_then(|value| value.to_str().ok());
            match verify(&secret, header, &body, SystemClock.now(), TOLERANCE) {
                // A message may come twice. Whoever acts on it remembers the id, and answers 200 to one it has seen.
                Ok(id) => {
                    println!("verified {id}: {}", String::from_utf8_lossy(&body));
                    StatusCode::OK
                }
                Err(why) => {
                    println!("refused: {why}");
                    StatusCode::UNAUTHORIZED
                }
            }
        }
    };
    let mut answer = Response::new(Empty::new());
    *answer.status_mut() = status;
    Ok(answer)
}
