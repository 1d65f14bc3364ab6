//! Seeing: what happened to a job, what happens to it, and how the whole is.

use std::sync::Arc;
use std::time::Duration;

use marquetry_server::{Config, serve};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::client::{Ask, Raw};
use super::site::{Setup, Site, in_background};

fn events(timeline: &Value) -> Vec<&str> {
    let moments = timeline["moments"].as_array().unwrap();
    moments
        .iter()
        .map(|moment| moment["event"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn a_timeline_tells_how_a_job_went() {
    let site = Site::open().await;
    let mockup = site.mockup().await;
    let job = site
        .post("/api/v1/renders", &in_background(mockup.render_red()))
        .await;
    let id = job.expect(202)["job_id"].clone();
    site.ended(&id).await;
    let path = format!("/api/v1/jobs/{}/timeline", id.as_str().unwrap());
    let timeline = site.get(path).await.expect(200);
    assert_eq!(events(&timeline), ["queued", "claimed", "succeeded"]);
    assert_eq!(timeline["moments"][1]["attempt"], 1);
    assert_eq!(timeline["moments"][1]["worker"].as_str().unwrap().len(), 32);
    let stages = timeline["stages"].as_array().unwrap();
    let names: Vec<_> = stages
        .iter()
        .map(|stage| stage["stage"].as_str().unwrap())
        .collect();
    assert!(
        names.starts_with(&["fetch"]) && names.ends_with(&["put"]),
        "{names:?}"
    );
    assert!(stages.iter().all(|stage| stage["ms"].as_f64().unwrap() >= 0.0));
    assert_eq!(timeline["deliveries"], json!([]));
}

#[tokio::test]
async fn a_timeline_tells_what_broke_and_what_is_owed() {
    use marquetry_testkit::catcher::Answer;
    let site = Site::open().await;
    let mockup = site.mockup().await;
    let endpoint = json!({"url": site.outside.url("/hook")});
    site.post("/api/v1/webhook-endpoints", &endpoint)
        .await
        .expect(201);
    // The first fetch breaks, the second does not; then the design comes.
    site.outside
        .answer_in_turn([Answer::status(503), Answer::ok(super::site::design())]);
    let asset = json!({"url": site.outside.url("/design.png")});
    let job = site
        .post("/api/v1/renders", &in_background(mockup.render(&asset)))
        .await;
    let id = job.expect(202)["job_id"].clone();
    assert_eq!(site.ended(&id).await["status"], "succeeded");
    let path = format!("/api/v1/jobs/{}/timeline", id.as_str().unwrap());
    let timeline = site.get(path).await.expect(200);
    let told = ["queued", "claimed", "attempt_failed", "claimed", "succeeded"];
    assert_eq!(events(&timeline), told);
    let broke = &timeline["moments"][2];
    assert_eq!(
        (&broke["attempt"], &broke["error_code"]),
        (&json!(1), &json!("ARTWORK_DOWNLOAD_FAILED"))
    );
    assert!(broke["next_attempt_at"].is_string());
    let owed = timeline["deliveries"].as_array().unwrap();
    assert_eq!(
        (owed.len(), &owed[0]["event_type"]),
        (1, &json!("render.succeeded"))
    );
    assert_eq!(owed[0]["status"], "pending");
}

/// The data of each event in what a stream gave, and its id.
fn told(stream: &str) -> Vec<(String, Value)> {
    let blocks = stream.split("\n\n");
    let line = |block: &str, name: &str| {
        let mut lines = block.lines();
        lines.find_map(|line| line.split_once(name).map(|(_, rest)| rest.trim().to_owned()))
    };
    blocks
        .filter_map(|block| {
            let data = line(block, "data: ")?;
            Some((line(block, "id: ")?, serde_json::from_str(&data).unwrap()))
        })
        .collect()
}

impl Site {
    async fn watch(&self, id: &Value, last: Option<&str>) -> Raw {
        let mut client = Raw::connect(self.address).await;
        let last = last
            .map(|id| format!("last-event-id: {id}\r\n"))
            .unwrap_or_default();
        client
            .write(format!(
                "GET /api/v1/jobs/{}/events HTTP/1.1\r\nhost: x\r\nx-api-key: {}\r\nconnection: close\r\n{last}\r\n",
                id.as_str().unwrap(),
                self.key
            ))
            .await;
        client
    }
}

#[tokio::test]
async fn events_tell_a_job_from_the_queue_to_its_end_and_then_stop() {
    let site = Site::idle(Setup::default()).await;
    site.work();
    let mockup = site.mockup().await;
    let job = site
        .post("/api/v1/renders", &in_background(mockup.render_red()))
        .await;
    let id = job.expect(202)["job_id"].clone();
    let mut client = site.watch(&id, None).await;
    let all = client.read_to_end().await;
    assert!(all.starts_with("HTTP/1.1 200 "), "{all}");
    assert!(all.contains("content-type: text/event-stream"), "{all}");
    let told = told(&all);
    let (last_id, last) = told.last().unwrap();
    assert_eq!(
        (last["status"].as_str(), last["percent"].as_u64()),
        (Some("succeeded"), Some(100))
    );
    assert!(last["result_url"].is_string());
    let percents: Vec<_> = told
        .iter()
        .filter_map(|(_, seen)| seen["percent"].as_u64())
        .collect();
    assert!(percents.is_sorted(), "{percents:?}");

    // Who knows the end is told not to come back; who does not is told it.
    let mut client = site.watch(&id, Some(last_id)).await;
    assert!(client.read_to_end().await.starts_with("HTTP/1.1 204 "));
    let mut client = site.watch(&id, Some("queued-0")).await;
    assert_eq!(self::told(&client.read_to_end().await).len(), 1);
}

#[tokio::test]
async fn events_of_a_job_that_waits_tell_its_place_and_that_the_stream_lives() {
    let site = Site::idle(Setup {
        config: Config {
            heartbeat: Duration::from_millis(100),
            ..Config::default()
        },
        ..Setup::default()
    })
    .await;
    let mut ids = Vec::new();
    for _ in 0..3 {
        let upload = json!({"psd_file_url": site.outside.url("/a.psd"), "psd_name": "a", "is_async": true});
        ids.push(site.post("/api/v1/psd/upload", &upload).await.expect(202)["job_id"].clone());
    }
    let mut client = site.watch(&ids[2], None).await;
    let beginning = client.read_until(": still here").await;
    let told = told(&beginning);
    assert_eq!(told[0].1["status"], "queued", "{beginning}");
    assert_eq!(told[0].1["queue_position"], 2, "{beginning}");
    let cancel = format!("/api/v1/jobs/{}/cancel", ids[2].as_str().unwrap());
    site.post(cancel, &json!({})).await.expect(200);
    let end = client.read_to_end().await;
    assert_eq!(self::told(&end).last().unwrap().1["status"], "cancelled", "{end}");
}

#[tokio::test]
async fn watchers_are_let_go_of_when_the_server_stops_and_are_few() {
    let mut site = Site::idle(Setup::default()).await;
    let upload = json!({"psd_file_url": site.outside.url("/a.psd"), "psd_name": "a", "is_async": true});
    let id = site.post("/api/v1/psd/upload", &upload).await.expect(202)["job_id"].clone();
    let mut watching = Vec::new();
    for _ in 0..64 {
        let mut client = site.watch(&id, None).await;
        client.read_until("event: job").await;
        watching.push(client);
    }
    let mut one_too_many = site.watch(&id, None).await;
    assert!(one_too_many.read_to_end().await.starts_with("HTTP/1.1 503 "));
    drop(watching.pop());
    site.stop();
    for mut client in watching {
        let end = client.read_to_end().await;
        assert!(!end.contains("ended"), "{end}");
    }
    site.stopped().await;
}

#[tokio::test]
async fn readiness_names_what_does_not_answer() {
    let site = Site::idle(Setup::default()).await;
    site.get("/readyz").await.expect(200);
    site.app.stop();
    let unready = Ask::get("/readyz").send(site.address).await.expect(503);
    assert_eq!(unready["amiss"], json!(["stopping"]));
    assert_eq!(site.get("/healthz").await.expect(200), json!({"status": "ok"}));
    // Nobody collects figures here.
    assert_eq!(site.get("/metrics").await.status, 404);
}

#[tokio::test]
async fn operators_have_a_socket_of_their_own_that_serves_nothing_else() {
    let site = Site::idle(Setup::default()).await;
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let admin = Arc::new(site.app.admin());
    let serving = tokio::spawn(serve(listener, admin, std::future::pending()));
    for (path, status) in [
        ("/healthz", 200),
        ("/livez", 200),
        ("/readyz", 200),
        ("/metrics", 404),
    ] {
        assert_eq!(Ask::get(path).send(address).await.status, status, "{path}");
    }
    let me = Ask::get("/api/v1/me").key(&site.key).send(address).await;
    assert_eq!(me.status, 404);
    // The two stop together.
    site.app.stop();
    assert_eq!(Ask::get("/readyz").send(address).await.status, 503);
    serving.abort();
}
