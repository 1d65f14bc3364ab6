//! Clients that are slow, large, many or impolite, and a server that is told to stop.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Empty};
use hyper_util::rt::{TokioExecutor, TokioIo};
use marquetry_server::Config;
use serde_json::json;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::client::{Ask, PATIENCE, Raw};
use super::site::{Setup, Site, psd};

/// Every patience short, so that the tests need little of their own.
fn impatient() -> Config {
    Config {
        head_timeout: Duration::from_millis(300),
        body_pause: Duration::from_millis(300),
        unread: Duration::from_millis(500),
        idle: Duration::from_millis(500),
        ..Config::default()
    }
}

async fn with(config: Config) -> Site {
    Site::idle(Setup {
        config,
        ..Setup::default()
    })
    .await
}

#[tokio::test]
async fn a_head_that_does_not_come_is_not_waited_for() {
    let site = with(impatient()).await;
    // Nothing; half a head; what may or may not become HTTP/2; HTTP/2 and nothing after it.
    for beginning in [
        "",
        "GET /livez HTTP/1.1\r\nhost:",
        "PRI * HT",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ] {
        let mut client = Raw::connect(site.address).await;
        client.write(beginning).await;
        let answer = client.read_to_end().await;
        assert!(!answer.contains(" 200 "), "{beginning:?} was answered {answer:?}");
    }
    // A connection that is kept is not kept for ever.
    let mut client = Raw::connect(site.address).await;
    client.write("GET /livez HTTP/1.1\r\nhost: x\r\n\r\n").await;
    assert!(client.read_to_end().await.starts_with("HTTP/1.1 200 "));
}

#[tokio::test]
async fn a_body_that_does_not_come_is_408() {
    let site = with(impatient()).await;
    for (kind, path) in [
        ("application/json", "/api/v1/renders"),
        ("application/octet-stream", "/api/v1/psd/upload"),
        ("multipart/form-data; boundary=x", "/api/v1/psd/upload"),
    ] {
        let mut client = Raw::connect(site.address).await;
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: x\r\nx-api-key: {}\r\ncontent-type: {kind}\r\ncontent-length: 99\r\n\r\n-",
            site.key
        );
        client.write(head).await;
        let answer = client.read_to_end().await;
        assert!(answer.starts_with("HTTP/1.1 408 "), "{kind}: {answer}");
        assert!(
            answer.contains("REQUEST_TIMEOUT") && answer.contains("x-request-id"),
            "{answer}"
        );
    }
}

#[tokio::test]
async fn a_body_that_trickles_is_too_slow() {
    let site = with(Config {
        slowest_bytes_per_second: 1 << 20,
        ..impatient()
    })
    .await;
    let mut client = Raw::connect(site.address).await;
    let head = format!(
        "POST /api/v1/renders HTTP/1.1\r\nhost: x\r\nx-api-key: {}\r\ncontent-length: 100000\r\n\r\n",
        site.key
    );
    client.write(head).await;
    // Never a pause that would be too long, yet too little in all.
    let (mut reading, mut writing) = client.0.into_split();
    let trickle = tokio::spawn(async move {
        use tokio::io::AsyncWriteExt as _;
        while writing.write_all(b"{").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    let mut answer = Vec::new();
    let read = tokio::io::AsyncReadExt::read_to_end(&mut reading, &mut answer);
    let _ = timeout(PATIENCE, read)
        .await
        .expect("the server should have given up");
    trickle.abort();
    let answer = String::from_utf8_lossy(&answer);
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
}

#[tokio::test]
async fn an_answer_that_nobody_reads_is_not_kept() {
    const SIZE: usize = 32 << 20;
    let site = with(impatient()).await;
    let key = "results/9d4e2b51-0c7a-4f8e-bb1c-2a6f9e3d8c10/0.webp";
    site.put(key, vec![7; SIZE]).await;
    let mut client = Raw::connect(site.address).await;
    client
        .write(format!("GET /files/{key} HTTP/1.1\r\nhost: x\r\n\r\n"))
        .await;
    tokio::time::sleep(Duration::from_secs(4)).await;
    let read = client.read_to_end().await;
    assert!(
        read.starts_with("HTTP/1.1 200 ") && read.len() < SIZE,
        "{} bytes came",
        read.len()
    );
    // Whoever reads gets all of it.
    let whole = Ask::get(format!("/files/{key}")).send(site.address).await;
    assert_eq!(whole.body.len(), SIZE);
}

#[tokio::test]
async fn an_answer_that_is_read_too_slowly_is_cut_off() {
    use tokio::io::AsyncReadExt as _;
    const SIZE: usize = 64 << 20;
    let site = with(Config {
        slowest_bytes_per_second: 64 << 20,
        unread: Duration::from_secs(2),
        ..Config::default()
    })
    .await;
    let key = "results/9d4e2b51-0c7a-4f8e-bb1c-2a6f9e3d8c10/0.webp";
    site.put(key, vec![7; SIZE]).await;
    let mut client = Raw::connect(site.address).await;
    client
        .write(format!("GET /files/{key} HTTP/1.1\r\nhost: x\r\n\r\n"))
        .await;
    // Half a mebibyte every tenth of a second: all of it would take a dozen seconds, with never a pause.
    let (mut came, mut piece) = (0, vec![0; 512 << 10]);
    let reading = async {
        loop {
            match client.0.read(&mut piece).await {
                Ok(0) | Err(_) => return,
                Ok(bytes) => came += bytes,
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    timeout(PATIENCE, reading)
        .await
        .expect("it should have been cut off");
    assert!(came < SIZE, "all {came} bytes came");
}

#[tokio::test]
async fn a_body_that_is_too_large_is_not_read() {
    let site = with(Config {
        body_bytes: 1000,
        ..Config::default()
    })
    .await;
    let announced = site
        .post("/api/v1/renders", &json!({"note": "x".repeat(1000)}))
        .await;
    assert_eq!(announced.problem(), (413, "BODY_TOO_LARGE".to_owned()));
    let mut client = Raw::connect(site.address).await;
    let head = format!(
        "POST /api/v1/renders HTTP/1.1\r\nhost: x\r\nx-api-key: {}\r\ntransfer-encoding: chunked\r\n\r\n",
        site.key
    );
    client.write(head).await;
    for _ in 0..11 {
        client.write(format!("64\r\n{}\r\n", "x".repeat(100))).await;
    }
    let answer = client.read_until("BODY_TOO_LARGE").await;
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    // A body that was announced is not even asked for.
    let mut client = Raw::connect(site.address).await;
    let head = format!(
        "POST /api/v1/renders HTTP/1.1\r\nhost: x\r\nx-api-key: {}\r\nexpect: 100-continue\r\ncontent-length: 5000\r\n\r\n",
        site.key
    );
    client.write(head).await;
    let answer = client.read_until("BODY_TOO_LARGE").await;
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
}

#[tokio::test]
async fn bodies_of_all_requests_share_a_budget() {
    let site = with(Config {
        bodies_bytes: 8 << 10,
        ..Config::default()
    })
    .await;
    let large = site
        .post("/api/v1/renders", &json!({"note": "x".repeat(20 << 10)}))
        .await;
    assert_eq!(large.problem(), (503, "SERVICE_UNAVAILABLE".to_owned()));
    assert_eq!(large.header("retry-after"), Some("1"));
    // It was given back.
    let small = site
        .post("/api/v1/renders", &json!({"note": "x".repeat(4 << 10)}))
        .await;
    assert_eq!(small.status, 422);
    // Files do not pass through it.
    let ask = Ask::post("/api/v1/psd/upload?is_async=true")
        .header("content-type", "application/octet-stream")
        .body(psd());
    site.send(ask).await.expect(202);
}

#[tokio::test]
async fn a_head_that_is_too_large_is_refused() {
    let site = Site::idle(Setup::default()).await;
    let mut client = Raw::connect(site.address).await;
    client
        .write(format!(
            "GET /livez HTTP/1.1\r\nhost: x\r\nlong: {}\r\n\r\n",
            "x".repeat(40 << 10)
        ))
        .await;
    assert!(client.read_until("\r\n").await.starts_with("HTTP/1.1 431 "));
    let mut client = Raw::connect(site.address).await;
    let many: String = (0..101).map(|number| format!("h{number}: x\r\n")).collect();
    client.write(format!("GET /livez HTTP/1.1\r\n{many}\r\n")).await;
    assert!(client.read_until("\r\n").await.starts_with("HTTP/1.1 431 "));
}

#[tokio::test]
async fn one_connection_too_many_is_told_so() {
    let site = with(Config {
        connections: 1,
        ..Config::default()
    })
    .await;
    let mut first = Raw::connect(site.address).await;
    first.write("GET /livez HTTP/1.1\r\nhost: x\r\n\r\n").await;
    first.read_until("ok").await;
    let mut second = Raw::connect(site.address).await;
    let answer = second.read_to_end().await;
    assert!(
        answer.starts_with("HTTP/1.1 503 ") && answer.contains("retry-after: 1"),
        "{answer}"
    );
    drop(first);
    let free = async {
        loop {
            let mut third = Raw::connect(site.address).await;
            third
                .write("GET /livez HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
                .await;
            if third.read_to_end().await.starts_with("HTTP/1.1 200 ") {
                return;
            }
        }
    };
    timeout(PATIENCE, free).await.unwrap();
}

#[tokio::test]
async fn http_2_is_spoken_by_those_who_know() {
    let site = Site::idle(Setup::default()).await;
    let stream = TcpStream::connect(site.address).await.unwrap();
    let (mut sender, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream))
            .await
            .unwrap();
    tokio::spawn(connection);
    for (method, path, status, length) in [
        ("GET", "/livez", 200, 15),
        ("HEAD", "/livez", 200, 0),
        ("GET", "/x", 404, 1),
    ] {
        let request = http::Request::builder()
            .method(method)
            .uri(format!("http://{}{path}", site.address))
            .body(Empty::<Bytes>::new())
            .unwrap();
        let response = sender.send_request(request).await.unwrap();
        assert_eq!(response.status(), status, "{method} {path}");
        let body = response.into_body().collect().await.unwrap().to_bytes();
        assert!(body.len() >= length, "{method} {path}: {body:?}");
        assert!(method != "HEAD" || body.is_empty());
    }
}

#[tokio::test]
async fn a_server_that_stops_finishes_what_was_begun() {
    let mut site = Site::open().await;
    let file = psd();
    let (first, rest) = file.split_at(file.len() / 2);
    let mut client = Raw::connect(site.address).await;
    let head = format!(
        "POST /api/v1/psd/upload?name=Late HTTP/1.1\r\nhost: x\r\nx-api-key: {}\r\n\
         content-type: application/octet-stream\r\ncontent-length: {}\r\nexpect: 100-continue\r\n\r\n",
        site.key,
        file.len()
    );
    client.write(head).await;
    // It is being read from here on.
    client.read_until("100 Continue").await;
    client.write(first).await;
    site.stop();
    let refused = async {
        while TcpStream::connect(site.address).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(PATIENCE, refused).await.unwrap();
    client.write(rest).await;
    let answer = client.read_to_end().await;
    // The mockup, or where to look for it.
    assert!(
        answer.contains("HTTP/1.1 200 ") || answer.contains("HTTP/1.1 202 "),
        "{answer}"
    );
    site.stopped().await;
}

#[tokio::test]
async fn a_request_that_was_on_its_way_when_the_server_stopped_is_answered() {
    let mut site = Site::idle(Setup::default()).await;
    let mut client = Raw::connect(site.address).await;
    // An answer to somebody who connected later: the first one is accepted by now.
    site.get("/livez").await.expect(200);
    site.stop();
    while !site.app.is_stopping() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    client.write("GET /livez HTTP/1.1\r\nhost: x\r\n\r\n").await;
    let answer = client.read_to_end().await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    site.stopped().await;
}

#[tokio::test]
async fn whoever_waits_when_the_server_stops_is_told_where_to_look() {
    let mut site = Site::idle(Setup::default()).await;
    let body = json!({"psd_file_url": "https://example.com/a.psd"});
    let ask = Ask::post("/api/v1/psd/upload").json(&body).key(&site.key);
    let waiting = tokio::spawn(ask.send(site.address));
    while site.get("/api/v1/jobs").await.expect(200)["jobs"] == json!([]) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    site.stop();
    let answer = timeout(PATIENCE, waiting).await.unwrap().unwrap();
    let accepted = answer.expect(202);
    assert_eq!(
        (&accepted["kind"], &accepted["status"]),
        (&json!("upload"), &json!("queued"))
    );
    site.stopped().await;
    // The job outlives the server.
    let jobs = site
        .service
        .jobs(site.tenant, &Default::default(), None, 10)
        .await
        .unwrap();
    assert_eq!(jobs.items.len(), 1);
}

#[tokio::test]
async fn what_does_not_finish_in_time_is_cut_off() {
    let mut site = with(Config {
        drain: Duration::from_millis(200),
        ..Config::default()
    })
    .await;
    let mut client = Raw::connect(site.address).await;
    let head = format!(
        "POST /api/v1/renders HTTP/1.1\r\nhost: x\r\nx-api-key: {}\r\nexpect: 100-continue\r\ncontent-length: 9\r\n\r\n",
        site.key
    );
    client.write(head).await;
    client.read_until("100 Continue").await;
    site.stop();
    site.stopped().await;
    assert!(
        !client.read_to_end().await.contains("HTTP/1.1 "),
        "it was answered"
    );
}
