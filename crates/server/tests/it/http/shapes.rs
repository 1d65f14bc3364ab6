//! What every answer has in common, and what the log says of it.

use std::io::Write;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};

use hyper_util::rt::TokioIo;
use serde_json::json;
use tokio::net::TcpStream;

use super::client::Ask;
use super::site::{Setup, Site};

#[tokio::test]
async fn every_answer_carries_the_id_of_its_request() {
    let site = Site::idle(Setup::default()).await;
    for (path, status) in [("/livez", 200), ("/nowhere", 404), ("/api/v1/me", 401)] {
        let ask = Ask::get(path).header("x-request-id", "order-7/b");
        let answer = ask.send(site.address).await;
        assert_eq!(answer.status, status);
        assert_eq!(answer.header("x-request-id"), Some("order-7/b"));
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
    }
    let odd = Ask::get("/livez")
        .header("x-request-id", "x".repeat(65))
        .send(site.address)
        .await;
    let id = odd.header("x-request-id").unwrap();
    assert!(uuid::Uuid::parse_str(id).is_ok(), "{id}");
}

#[tokio::test]
async fn health_follows_the_server() {
    let site = Site::idle(Setup::default()).await;
    assert_eq!(site.get("/livez").await.expect(200), json!({"status": "ok"}));
    assert_eq!(site.get("/readyz").await.expect(200), json!({"status": "ready"}));
    site.app.stop();
    let not_ready = Ask::get("/readyz").send(site.address).await;
    assert_eq!(not_ready.problem(), (503, "SERVICE_UNAVAILABLE".to_owned()));
    assert_eq!(not_ready.header("retry-after"), Some("1"));
}

#[tokio::test]
async fn a_handler_that_panics_ends_one_request_and_no_connection() {
    let site = Site::idle(Setup::default()).await;
    let stream = TcpStream::connect(site.address).await.unwrap();
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .unwrap();
    tokio::spawn(connection);
    let me = || Ask::get("/api/v1/me").key(&site.key);

    site.broken_clock.store(true, Ordering::SeqCst);
    let broken = me().send_on(&mut sender).await;
    assert_eq!(broken.problem(), (500, "SERVER_ERROR".to_owned()));
    assert!(broken.header("x-request-id").is_some());
    assert!(!String::from_utf8_lossy(&broken.body).contains("clock"));

    site.broken_clock.store(false, Ordering::SeqCst);
    me().send_on(&mut sender).await.expect(200);
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_request_is_logged_with_its_id_and_without_its_secrets() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_writer(move || writer.clone())
        .with_ansi(false)
        .with_max_level(tracing::Level::TRACE)
        .finish();
    // The runtime of this test has one thread, so this hears of everything.
    let _listening = tracing::subscriber::set_default(subscriber);
    let site = Site::idle(Setup::default()).await;
    let body = json!({"psd_file_url": "https://example.com/a.psd", "is_async": true});
    let ask = Ask::post("/api/v1/psd/upload?canary=in-the-query").json(&body);
    site.send(ask.header("x-request-id", "find-me")).await.expect(202);

    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    let ours: Vec<_> = text.lines().filter(|line| line.contains("find-me")).collect();
    let line = |says: &str| ours.iter().find(|line| line.contains(says)).copied();
    let accepted = line("job accepted").expect("the service logs within the request");
    let answered = line("answered").expect("every answer is logged");
    for part in ["/api/v1/psd/upload", "POST", "status=202", "ms="] {
        assert!(answered.contains(part), "{answered} lacks {part}");
    }
    assert!(accepted.contains("request_id"), "{accepted}");
    assert!(!text.contains(&site.key), "the key stands in the log");
}
