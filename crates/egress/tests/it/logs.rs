//! What the log hears: enough to find a fault, and no secret.

use std::io::Write;
use std::sync::{Arc, Mutex};

use marquetry_egress::Outgoing;
use tracing::instrument::WithSubscriber;

use crate::far_end::{Seen, honest, limits, local_door, ok, redirect, send_limits};

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
async fn signatures_never_reach_the_log() {
    let port = honest(|seen: Seen| match seen.path.split('?').next() {
        Some("/moved") => redirect(302, "/file?signature=c4nary2"),
        Some("/shut") => redirect(302, "http://10.0.0.1/?signature=c4nary3"),
        _ => ok("file"),
    })
    .await;
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    async {
        let egress = local_door();
        let url = |path: &str| format!("http://127.0.0.1:{port}/{path}?signature=c4nary1");
        let fetched = egress.fetch(&url("moved"), &limits()).await.unwrap();
        assert_eq!(fetched.final_url.query(), Some("signature=c4nary2"));
        tracing::info!(?fetched, "kept");
        egress.fetch(&url("shut"), &limits()).await.unwrap_err();
        egress
            .fetch("https://me:c4nary4@example.com/", &limits())
            .await
            .unwrap_err();
        let mut outgoing = Outgoing::post(url("hook"), "c4nary5");
        outgoing
            .headers
            .insert("webhook-signature", "v1,c4nary6".parse().unwrap());
        tracing::info!(?outgoing, "owed");
        let sent = egress.send(outgoing, &send_limits()).await.unwrap();
        tracing::info!(status = sent.status.as_u16(), "sent");
    }
    .with_subscriber(subscriber)
    .await;
    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(!text.contains("c4nary"), "{text}");
    for word in [
        "fetching",
        "sending",
        "connected",
        "not fetched",
        "10.0.0.1 is a private address",
        "/moved",
    ] {
        assert!(text.contains(word), "{word:?} is missing in:\n{text}");
    }
}
