//! Through the operator's proxy: it is told addresses that were checked, and nothing else.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use marquetry_egress::{EgressError, Outgoing, Phase, Policy, Proxy};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};

use crate::far_end::{
    Names, Trap, class, door, honest, limits, ok, redirect, rogue, says, send_limits, strangers_policy,
};

/// A real proxy that makes tunnels to wherever it is asked, and the heads of the requests it had.
async fn proxy() -> (u16, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let heads = Arc::new(Mutex::new(Vec::new()));
    let kept = heads.clone();
    tokio::spawn(async move {
        while let Ok((mut near, _)) = listener.accept().await {
            let kept = kept.clone();
            tokio::spawn(async move {
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    head.push(near.read_u8().await.unwrap());
                }
                let head = String::from_utf8(head).unwrap();
                let to = head.split(' ').nth(1).unwrap().to_owned();
                kept.lock().unwrap().push(head);
                let mut far = TcpStream::connect(to).await.unwrap();
                near.write_all(b"HTTP/1.1 200 Connection established\r\nVia: test\r\n\r\n")
                    .await
                    .unwrap();
                let _ = copy_bidirectional(&mut near, &mut far).await;
            });
        }
    });
    (port, heads)
}

fn policy(proxy: &str) -> Policy {
    Policy {
        proxy: Some(Proxy::new(proxy).unwrap()),
        ..strangers_policy()
    }
}

#[tokio::test]
async fn the_proxy_is_told_the_address_that_was_checked_and_never_the_name() {
    let (port, heads) = proxy().await;
    let end = honest(|seen| match seen.path.as_str() {
        "/hop" => redirect(302, "/end"),
        _ => ok(seen.headers["host"].to_str().unwrap().to_owned()),
    })
    .await;
    let names = Names::knowing(&[("good.example", &["127.0.0.1"])]);
    let egress = door(policy(&format!("http://user:pw@127.0.0.1:{port}")), names);
    let url = format!("http://good.example:{end}/hop");
    let fetched = egress.fetch(&url, &limits()).await.unwrap();
    assert_eq!(fetched.bytes, format!("good.example:{end}"));
    let sent = egress
        .send(Outgoing::post(&url, "{}"), &send_limits())
        .await
        .unwrap();
    assert_eq!(sent.status, 302);
    let heads = heads.lock().unwrap();
    let told = format!(
        "CONNECT 127.0.0.1:{end} HTTP/1.1\r\nHost: 127.0.0.1:{end}\r\nProxy-Authorization: Basic dXNlcjpwdw==\r\n\r\n"
    );
    assert_eq!(*heads, vec![told; 3], "a tunnel for each hop");
}

#[tokio::test]
async fn what_is_refused_is_refused_before_the_proxy() {
    let (port, heads) = proxy().await;
    let trap = Trap::set().await;
    let names = Names::knowing(&[
        ("bad.example", &["127.0.0.2"]),
        ("mixed.example", &["127.0.0.1", "10.0.0.1"]),
    ]);
    let egress = door(policy(&format!("http://127.0.0.1:{port}")), names);
    for host in [
        "127.0.0.2",
        "bad.example",
        "mixed.example",
        "[::1]",
        "169.254.169.254",
    ] {
        let url = format!("http://{host}:{}/", trap.port);
        let error = egress.fetch(&url, &limits()).await.unwrap_err();
        assert_eq!(class(&error), "address", "{url}");
    }
    assert_eq!(heads.lock().unwrap().len(), 0);
    assert_eq!(trap.visits().await, 0);
}

#[tokio::test]
async fn a_proxy_that_refuses_hangs_or_babbles_is_a_connection_that_failed() {
    let refuses = says("HTTP/1.1 403 Forbidden\r\n\r\n").await;
    let babbles = says(format!("HTTP/1.1 200 {}", "x".repeat(10_000))).await;
    let leaves = says("HTTP/1.1 2").await;
    let nobody = {
        let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        gone.local_addr().unwrap().port()
    };
    for port in [refuses, babbles, leaves, nobody] {
        let egress = door(policy(&format!("http://127.0.0.1:{port}")), Names::knowing(&[]));
        let error = egress.fetch("http://127.0.0.1/", &limits()).await.unwrap_err();
        assert!(matches!(error, EgressError::Connect { .. }), "{}", error.detail());
        assert_eq!(error.client_message(), "could not fetch");
    }
    let hangs = rogue(|stream| async move {
        let _held = stream;
        tokio::time::sleep(Duration::from_secs(60)).await;
    })
    .await;
    let egress = door(policy(&format!("http://127.0.0.1:{hangs}")), Names::knowing(&[]));
    let limits = marquetry_egress::FetchLimits {
        connect: Duration::from_millis(200),
        ..limits()
    };
    let error = egress.fetch("http://127.0.0.1/", &limits).await.unwrap_err();
    let slow = matches!(
        error,
        EgressError::Timeout {
            phase: Phase::Connect,
            ..
        }
    );
    assert!(slow, "{error}");
}
