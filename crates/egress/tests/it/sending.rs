//! Sends: what arrives, what is kept of the answer, and receivers that try to hold on to us.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::{HeaderMap, Response};
use http_body_util::Full;
use marquetry_egress::{BodyEnd, EgressError, Outgoing, Phase, Policy, SendLimits};

use crate::far_end::{
    Names, Seen, class, door, drips, honest, local_door, rogue, says, send_limits, strangers_policy,
};

async fn post(port: u16) -> Result<marquetry_egress::Sent, EgressError> {
    let outgoing = Outgoing::post(
        format!("http://127.0.0.1:{port}/hook?token=s3cret"),
        r#"{"id":1}"#,
    );
    local_door().send(outgoing, &send_limits()).await
}

#[tokio::test]
async fn the_request_arrives_as_it_was_given() {
    let seen = Arc::new(Mutex::new(None));
    let keep = seen.clone();
    let port = honest(move |request: Seen| {
        *keep.lock().unwrap() = Some(request);
        Response::builder()
            .status(202)
            .header("retry-after", "120")
            .body(Full::from("thanks"))
            .unwrap()
    })
    .await;
    let mut headers = HeaderMap::new();
    headers.insert("webhook-id", "msg_1".parse().unwrap());
    headers.insert("content-type", "application/json".parse().unwrap());
    headers.insert("user-agent", "custom/1".parse().unwrap());
    let url = format!("http://127.0.0.1:{port}/hook?a=b|c&d={{e}}");
    let outgoing = Outgoing {
        headers,
        ..Outgoing::post(url, "payload")
    };
    let sent = local_door().send(outgoing, &SendLimits::default()).await.unwrap();
    assert_eq!(
        (sent.status.as_u16(), sent.retry_after.as_deref()),
        (202, Some("120"))
    );
    assert_eq!(
        (&sent.body[..], sent.body_end),
        (&b"thanks"[..], BodyEnd::Complete)
    );
    assert_eq!(sent.peer.port(), port);

    let seen = seen.lock().unwrap().take().unwrap();
    assert_eq!(
        (seen.method.as_str(), seen.path.as_str()),
        ("POST", "/hook?a=b|c&d={e}")
    );
    assert_eq!(seen.body, "payload");
    assert_eq!(seen.headers["host"], format!("127.0.0.1:{port}"));
    assert_eq!(seen.headers["webhook-id"], "msg_1");
    assert_eq!(seen.headers["content-length"], "7");
    assert_eq!(
        seen.headers.get_all("user-agent").iter().collect::<Vec<_>>(),
        ["custom/1"]
    );
}

#[tokio::test]
async fn the_connections_own_headers_cannot_be_set() {
    for name in [
        "host",
        "content-length",
        "transfer-encoding",
        "connection",
        "upgrade",
    ] {
        let mut outgoing = Outgoing::post("http://127.0.0.1:1/", "x");
        outgoing.headers.insert(name, "1".parse().unwrap());
        let error = local_door().send(outgoing, &send_limits()).await.unwrap_err();
        assert!(
            error.to_string().contains(name) && class(&error) == "request",
            "{error}"
        );
    }
}

#[tokio::test]
async fn any_status_is_an_answer() {
    for status in [200, 301, 404, 410, 429, 500, 503] {
        let answer = format!("HTTP/1.1 {status} X\r\nretry-after: 999999999\r\ncontent-length: 0\r\n\r\n");
        let sent = post(says(answer).await).await.unwrap();
        assert_eq!(sent.status.as_u16(), status);
        assert_eq!(sent.retry_after.as_deref(), Some("999999999"));
    }
}

#[tokio::test]
async fn an_endless_answer_is_cut_at_sixteen_kibibytes() {
    let chunked = drips(
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n",
        b"4\r\nspam\r\n".repeat(500).leak(),
        Duration::ZERO,
    )
    .await;
    let declared = drips(
        b"HTTP/1.1 200 OK\r\ncontent-length: 10000000000\r\n\r\n",
        &[b's'; 4096],
        Duration::ZERO,
    )
    .await;
    // Compressed or not is all the same here: nothing is inflated.
    let zipped = drips(
        b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n\r\n",
        &[0; 4096],
        Duration::ZERO,
    )
    .await;
    for port in [chunked, declared, zipped] {
        let sent = post(port).await.unwrap();
        assert_eq!(
            (sent.status.as_u16(), sent.body.len(), sent.body_end),
            (200, 16 * 1024, BodyEnd::CutByUs)
        );
    }
}

#[tokio::test]
async fn a_dripping_or_broken_answer_keeps_its_status() {
    let drip = drips(b"HTTP/1.1 200 OK\r\n\r\n", b"x", Duration::from_millis(50)).await;
    let sent = post(drip).await.unwrap();
    assert_eq!((sent.status.as_u16(), sent.body_end), (200, BodyEnd::TooSlow));
    assert!((1..100).contains(&sent.body.len()), "{}", sent.body.len());
    let broken = says("HTTP/1.1 500 Oops\r\ncontent-length: 100\r\n\r\nhalf").await;
    let sent = post(broken).await.unwrap();
    assert_eq!(
        (sent.status.as_u16(), &sent.body[..], sent.body_end),
        (500, &b"half"[..], BodyEnd::Broken)
    );
}

#[tokio::test]
async fn no_answer_is_an_error() {
    let silent = rogue(|stream| async move {
        tokio::time::sleep(Duration::from_secs(60)).await;
        drop(stream);
    })
    .await;
    let error = post(silent).await.unwrap_err();
    assert!(
        matches!(
            error,
            EgressError::Timeout {
                phase: Phase::Total,
                ..
            }
        ),
        "{error}"
    );
    let endless_head = drips(
        b"HTTP/1.1 200 OK\r\n",
        b"x-pad: 0123456789abcdef\r\n",
        Duration::ZERO,
    )
    .await;
    assert_eq!(class(&post(endless_head).await.unwrap_err()), "headers");
    assert_eq!(class(&post(says("").await).await.unwrap_err()), "protocol");
    let port = {
        let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        closed.local_addr().unwrap().port()
    };
    let error = post(port).await.unwrap_err();
    assert_eq!(class(&error), "connect");
    assert!(!format!("{} {error:?}", error.detail()).contains("s3cret"));
}

#[tokio::test]
async fn https_only_holds_for_the_public_and_not_for_opened_networks() {
    let port = honest(|_| Response::new(Full::default())).await;
    let policy = Policy {
        schemes: marquetry_egress::Schemes::HttpsOnly,
        ..strangers_policy()
    };
    let names = Names::knowing(&[
        ("public.example", &["93.184.215.14"]),
        ("opened.example", &["127.0.0.1"]),
    ]);
    let egress = door(policy, names);
    let limits = SendLimits::default();
    let send = |url: String| egress.send(Outgoing::post(url, "x"), &limits);
    assert_eq!(
        class(&send("http://public.example/".into()).await.unwrap_err()),
        "scheme"
    );
    assert!(send(format!("http://opened.example:{port}/")).await.is_ok());
}
