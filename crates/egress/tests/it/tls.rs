//! TLS: a root that we were given, one that we were not, and servers that do not speak it.
//!
//! The certificates under `tls/` were made for these tests; the root's key was thrown away.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper_util::rt::TokioIo;
use marquetry_egress::{Again, Egress, EgressError, FetchLimits, Phase, Roots};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use crate::far_end::{Names, class, honest, limits, ok, redirect, rogue, says, serve, strangers_policy};

/// An honest https server for `secure.example.com` on 127.0.0.1, whose `/down` leads to plain http.
async fn secure() -> SocketAddr {
    let certificate = CertificateDer::from_pem_slice(include_bytes!("tls/server.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_slice(include_bytes!("tls/server.key")).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let Ok(stream) = acceptor.accept(stream).await else {
                    return;
                };
                let answer = |seen: crate::far_end::Seen| match seen.path.as_str() {
                    "/down" => redirect(302, "http://secure.example.com/"),
                    _ => ok(seen.headers["host"].to_str().unwrap().to_owned()),
                };
                serve(TokioIo::new(stream), answer).await;
            });
        }
    });
    addr
}

fn door(roots: Roots) -> Egress {
    let names = Names::knowing(&[
        ("secure.example.com", &["127.0.0.1"]),
        ("other.example.com", &["127.0.0.1"]),
    ]);
    Egress::builder(strangers_policy())
        .resolver(names)
        .roots(roots)
        .build()
        .unwrap()
}

fn given() -> Roots {
    Roots::Pem(include_bytes!("tls/root.pem").to_vec())
}

#[tokio::test]
async fn a_configured_root_is_trusted() {
    let port = secure().await.port();
    let url = format!("https://secure.example.com:{port}/");
    let fetched = door(given()).fetch(&url, &FetchLimits::default()).await.unwrap();
    assert_eq!(
        fetched.bytes,
        format!("secure.example.com:{port}"),
        "the name is the caller's, the address ours"
    );
}

#[tokio::test]
async fn an_unknown_root_and_a_wrong_name_are_not() {
    let port = secure().await.port();
    let right = format!("https://secure.example.com:{port}/");
    let wrong = format!("https://other.example.com:{port}/");
    let bare = format!("https://127.0.0.1:{port}/");
    for (roots, url) in [
        (Roots::BuiltIn, &right),
        (Roots::Platform, &right),
        (given(), &wrong),
        (given(), &bare),
    ] {
        let error = door(roots).fetch(url, &FetchLimits::default()).await.unwrap_err();
        assert_eq!(error.class(), "certificate", "{}", error.detail());
        assert_eq!(error.again(), Again::Never);
        assert_eq!(error.client_message(), "could not fetch");
    }
}

#[tokio::test]
async fn https_does_not_step_down_to_http() {
    let port = secure().await.port();
    let url = format!("https://secure.example.com:{port}/down");
    let error = door(given())
        .fetch(&url, &FetchLimits::default())
        .await
        .unwrap_err();
    assert_eq!(class(&error), "downgrade");
}

#[tokio::test]
async fn what_does_not_speak_tls_fails_cleanly() {
    let plain = says("HTTP/1.1 400 Bad Request\r\n\r\n").await;
    let honest = honest(|_| ok("x")).await;
    for port in [plain, honest] {
        let limits = FetchLimits {
            connect: Duration::from_millis(500),
            ..limits()
        };
        let error = door(given())
            .fetch(&format!("https://127.0.0.1:{port}/"), &limits)
            .await
            .unwrap_err();
        let timed_out = matches!(
            error,
            EgressError::Timeout {
                phase: Phase::Connect,
                ..
            }
        );
        assert!(error.class() == "tls" || timed_out, "{}", error.detail());
        assert_eq!(error.again(), Again::Later);
    }
    // The rogue waits for a request's head, which never comes in the clear: the handshake hangs.
    let mute = rogue(|_| async {}).await;
    let hasty = FetchLimits {
        connect: Duration::from_millis(200),
        ..limits()
    };
    let error = door(given())
        .fetch(&format!("https://127.0.0.1:{mute}/"), &hasty)
        .await
        .unwrap_err();
    assert!(
        matches!(error, EgressError::Timeout { phase: Phase::Connect, limit, .. } if limit == hasty.connect),
        "{}",
        error.detail()
    );
}

#[test]
fn roots_that_hold_nothing_are_the_operators_mistake() {
    for text in [
        &b""[..],
        b"hello",
        b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    ] {
        let built = Egress::builder(strangers_policy())
            .roots(Roots::Pem(text.to_vec()))
            .build();
        assert!(matches!(built, Err(EgressError::Config { .. })));
    }
}
