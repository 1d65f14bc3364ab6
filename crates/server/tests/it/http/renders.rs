//! `POST /renders` for those who wait, and for those who wait too long.

use std::time::Duration;

use marquetry_dialect::sudomock::answer::Plan;
use marquetry_server::Config;
use serde_json::{Value, json};

use super::client::Ask;
use super::site::{CANVAS, RED, Setup, Site, in_background, pixel};

/// A body that is well in itself, about a mockup that there is not.
pub(crate) fn unknown_mockup() -> Value {
    json!({
        "mockup_uuid": "c315f78f-d2c7-4541-b240-a9372842de94",
        "smart_objects": [{
            "uuid": "128394ee-6758-4f2f-aa36-e2b19b152bd9",
            "asset": {"url": "https://your-domain.com/design.png"},
        }],
    })
}

#[tokio::test]
async fn whoever_waits_gets_the_picture() {
    let site = Site::open().await;
    let mockup = site.mockup().await;
    let answer = site.post("/api/v1/renders", &mockup.render_red()).await;
    let body = answer.expect(200);
    let id = body["data"]["render_uuid"].as_str().unwrap();
    let path = body["data"]["print_files"][0]["export_path"].clone();
    assert_eq!(
        body,
        json!({
            "success": true,
            "data": {
                "print_files": [{
                    "export_path": path,
                    "smart_object_uuid": mockup.slot,
                    "render_uuid": id,
                }],
                "render_uuid": id,
                "text_layers": [],
            },
            "warnings": [],
        })
    );
    assert_eq!(answer.header("x-concurrent-limit"), Some("25"));
    assert_eq!(answer.header("x-concurrent-remaining"), Some("25"));
    let file = Ask::get(site.path_of(&path)).send(site.address).await;
    let [width, height] = CANVAS.map(|side| usize::try_from(side).unwrap());
    assert_eq!(pixel(&file.body, width / 2, height / 2), RED);
}

#[tokio::test]
async fn whoever_waits_too_long_is_told_where_to_look() {
    let config = Config {
        sync_ceiling: Duration::from_millis(100),
        ..Config::default()
    };
    let site = Site::idle(Setup {
        config,
        ..Setup::default()
    })
    .await;
    let body = json!({"psd_file_url": "https://example.com/a.psd"});
    let later = site.post("/api/v1/psd/upload", &body).await.expect(202);
    let job = site.get(later["status_url"].as_str().unwrap()).await.expect(200);
    assert_eq!(
        (&job["job_id"], &job["status"]),
        (&later["job_id"], &json!("queued"))
    );
}

#[tokio::test]
async fn only_so_many_of_a_tenant_wait_at_once() {
    let plan = Plan {
        renders_at_once: 1,
        uploads_at_once: 1,
        ..Plan::default()
    };
    let site = Site::idle(Setup {
        plan,
        ..Setup::default()
    })
    .await;
    let upload = |name: &str, background: bool| {
        let url = format!("https://example.com/{name}.psd");
        Ask::post("/api/v1/psd/upload").json(&json!({"psd_file_url": url, "is_async": background}))
    };
    let (key, address) = (site.key.clone(), site.address);
    let waiting = tokio::spawn(upload("first", false).key(&key).send(address));
    // The first waits as soon as its job is there.
    while site.get("/api/v1/jobs").await.expect(200)["jobs"] == json!([]) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }

    let refused = site.send(upload("second", false)).await;
    assert_eq!(
        refused.expect(429),
        json!({
            "detail": "At most 1 uploads at once. Try again when one is done.",
            "error": {
                "type": "concurrent_limit_exceeded",
                "code": "CONCURRENT_LIMIT_EXCEEDED",
                "limit": 1,
                "current": 1,
                "retry_after": 5,
                "resource": "concurrent-upload",
            },
            "success": false,
        })
    );
    assert_eq!(refused.header("retry-after"), Some("5"));
    assert_eq!(refused.header("x-concurrent-limit"), Some("1"));
    assert_eq!(refused.header("x-concurrent-remaining"), Some("0"));
    // What nobody waits for stands in the queue instead, and renders are counted apart.
    site.send(upload("third", true)).await.expect(202);
    let render = site.post("/api/v1/renders", &unknown_mockup()).await;
    assert_eq!(render.problem().1, "MOCKUP_NOT_FOUND");
    assert_eq!(render.header("x-concurrent-remaining"), Some("1"));

    // A client that goes away gives its place back.
    waiting.abort();
    let _ = waiting.await;
    let free = async {
        loop {
            let answer = site.send(upload("fourth", true)).await;
            if answer.header("x-concurrent-remaining") == Some("1") {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(super::client::PATIENCE, free).await.unwrap();
}

#[tokio::test]
async fn a_long_body_is_read_off_the_runtime_with_the_same_result() {
    let site = Site::open().await;
    let mockup = site.mockup().await;
    let mut body = mockup.render_red();
    // Members that nobody knows are skipped, so that this is the same render in a megabyte.
    body["note"] = "x".repeat(1 << 20).into();
    let accepted = site
        .post("/api/v1/renders", &in_background(body.clone()))
        .await
        .expect(202);
    let job = site.ended(&accepted["job_id"]).await;
    assert_eq!(job["status"], "succeeded", "{job}");
    body["export_options"]["quality"] = 0.into();
    let refused = site.post("/api/v1/renders", &body).await.expect(422);
    assert_eq!(
        refused["detail"][0]["loc"],
        json!(["body", "export_options", "quality"])
    );
}
