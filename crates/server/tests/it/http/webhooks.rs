//! Endpoints, their deliveries, and sending those again. The courier that sends them is tested where it lives.

use std::time::Duration;

use http::Method;
use marquetry_egress::{Policy, Schemes};
use marquetry_testkit::catcher::Answer as Reply;
use serde_json::{Value, json};

use super::client::Ask;
use super::site::{Setup, Site, in_background};

const ENDPOINTS: &str = "/api/v1/webhook-endpoints";

#[tokio::test]
async fn an_endpoint_lives_from_its_creation_to_its_end() {
    let site = Site::idle(Setup::default()).await;
    let draft = json!({
        "url": "https://example.com/hook",
        "event_types": ["render.succeeded"],
        "description": "orders",
        "enabled": false,
    });
    let made = site.post(ENDPOINTS, &draft).await.expect(201);
    let secret = made["secret"].as_str().unwrap().to_owned();
    assert!(secret.starts_with("whsec_") && !secret.contains('*'), "{secret}");
    let path = format!("{ENDPOINTS}/{}", made["id"].as_str().unwrap());
    let masked = format!("whsec_****{}", &secret[secret.len() - 4..]);
    assert_eq!(
        site.get(&path).await.expect(200),
        json!({
            "id": made["id"],
            "url": "https://example.com/hook",
            "secret": masked,
            "description": "orders",
            "event_types": ["render.succeeded"],
            "event_naming": "current",
            "enabled": true,
            "created_at": made["created_at"],
            "updated_at": null,
        })
    );
    let listed = site.get(ENDPOINTS).await.expect(200);
    assert_eq!(
        (listed.as_array().map(Vec::len), &listed[0]["id"]),
        (Some(1), &made["id"])
    );

    let change = json!({"enabled": false, "description": null});
    let changed = site
        .send(Ask::new(Method::PATCH, &path).json(&change))
        .await
        .expect(200);
    assert_eq!(
        (&changed["enabled"], &changed["description"]),
        (&json!(false), &Value::Null)
    );
    assert_eq!(changed["secret"], json!(masked));

    let rotated = site
        .send(Ask::post(format!("{path}/rotate-secret")))
        .await
        .expect(200);
    assert_ne!(rotated["secret"], json!(secret));
    assert!(!rotated["secret"].as_str().unwrap().contains('*'));

    assert_eq!(
        site.send(Ask::new(Method::DELETE, &path)).await.expect(204),
        Value::Null
    );
    let gone = site.get(&path).await;
    assert_eq!(gone.problem(), (404, "WEBHOOK_ENDPOINT_NOT_FOUND".to_owned()));
}

#[tokio::test]
async fn what_was_sent_can_be_seen_and_sent_again() {
    let site = Site::idle(Setup::default()).await;
    let made = site
        .post(ENDPOINTS, &json!({"url": site.outside.url("/hook")}))
        .await
        .expect(201);
    let path = format!("{ENDPOINTS}/{}", made["id"].as_str().unwrap());
    let mut jobs = Vec::new();
    for _ in 0..3 {
        let test = site
            .send(Ask::post(format!("{path}/test")).json(&json!({})))
            .await
            .expect(202);
        assert_eq!(test["event_type"], "webhook.test");
        jobs.push(test["job_id"].clone());
    }
    jobs.reverse();
    for list in [format!("{path}/deliveries"), format!("{ENDPOINTS}/events")] {
        let first = site.get(format!("{list}?limit=2")).await;
        let rows = first.expect(200);
        assert_eq!([&rows[0]["job_id"], &rows[1]["job_id"]], [&jobs[0], &jobs[1]]);
        assert_eq!(rows[0]["endpoint_id"], made["id"]);
        assert_eq!(
            (&rows[0]["status"], &rows[0]["attempt"]),
            (&json!("pending"), &json!(0))
        );
        let next = first.header("x-webhook-next-cursor").unwrap();
        let last = site.get(format!("{list}?limit=2&cursor={next}")).await;
        assert_eq!(last.expect(200)[0]["job_id"], jobs[2]);
        assert_eq!(last.header("x-webhook-next-cursor"), None);
        assert_eq!(
            site.get(format!("{list}?status=dead")).await.expect(200),
            json!([])
        );
        let damaged = site.get(format!("{list}?cursor=nonsense")).await;
        assert_eq!(damaged.problem(), (400, "INVALID_CURSOR".to_owned()));
    }
    let rows = site.get(format!("{path}/deliveries")).await.expect(200);
    let id = rows[0]["id"].as_str().unwrap();
    let replayed = site
        .send(Ask::post(format!("{path}/deliveries/{id}/replay")))
        .await;
    assert_eq!(
        replayed.expect(202),
        json!({"status": "enqueued", "delivery_id": id})
    );
    let failed = site
        .send(Ask::post(format!("{path}/deliveries/replay-failed")))
        .await;
    assert_eq!(failed.expect(202), json!({"status": "enqueued", "count": 0}));
    let unknown = Ask::post(format!(
        "{path}/deliveries/9d4e2b51-0c7a-4f8e-bb1c-2a6f9e3d8c10/replay"
    ));
    let unknown = site.send(unknown).await;
    assert_eq!(unknown.problem(), (404, "WEBHOOK_DELIVERY_NOT_FOUND".to_owned()));
}

#[tokio::test]
async fn every_try_is_shown_and_what_failed_is_replayed_since_a_moment() {
    let site = Site::idle(Setup::default()).await;
    site.outside
        .answer_in_turn([Reply::ok("oh dear").with_status(500)]);
    let draft = json!({"url": site.outside.url("/hook")});
    let made = site.post(ENDPOINTS, &draft).await.expect(201);
    let path = format!("{ENDPOINTS}/{}", made["id"].as_str().unwrap());
    site.send(Ask::post(format!("{path}/test")).json(&json!({})))
        .await
        .expect(202);
    site.deliver();
    let shown = async |status: &str| loop {
        let rows = site.get(format!("{path}/deliveries?status={status}")).await;
        if let Some(row) = rows.expect(200).get(0) {
            break row["id"].as_str().unwrap().to_owned();
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    };
    let id = shown("failed").await;
    let tries = format!("{path}/deliveries/{id}/attempts");
    let first = site.get(&tries).await.expect(200);
    assert_eq!(first.as_array().map(Vec::len), Some(1));
    let first = &first[0];
    assert_eq!(
        (
            &first["http_status"],
            &first["error_class"],
            &first["response_body"]
        ),
        (&json!(500), &json!("status"), &json!("oh dear"))
    );
    assert_eq!(first["error"], "the receiver answered 500 Internal Server Error");
    assert_eq!(first["dns"], "127.0.0.1");
    let headers = first["request_headers"].as_object().unwrap();
    assert_eq!(headers["webhook-signature"], "v1,****");
    assert_eq!(headers["x-sudomock-signature"], "****");
    assert!(first["duration_ms"].is_u64() && first["started_at"].is_string());

    let replay = |since: &str| Ask::post(format!("{path}/deliveries/replay-failed?since={since}"));
    let none = site.send(replay("9000-01-01T00:00:00Z")).await;
    assert_eq!(none.expect(202)["count"], 0);
    let wrong = site.send(replay("yesterday")).await.expect(422);
    assert_eq!(wrong["detail"][0]["loc"], json!(["query", "since"]));
    let one = site.send(replay("2020-01-01T00:00:00Z")).await;
    assert_eq!(one.expect(202)["count"], 1);
    assert_eq!(shown("delivered").await, id);
    let both = site.get(&tries).await.expect(200);
    let numbers = [&both[0]["number"], &both[1]["number"]].map(|n| n.as_u64().unwrap());
    assert!(numbers[0] > numbers[1], "the latest first");
    assert_eq!(both[0]["error"], Value::Null);
    let earlier = site
        .get(format!("{tries}?before={}", numbers[0]))
        .await
        .expect(200);
    assert_eq!(earlier, json!([both[1]]));
    let caught = site.outside.caught();
    assert_eq!(caught[0].body, caught[1].body);
    assert_eq!(caught[0].header("webhook-id"), caught[1].header("webhook-id"));

    site.get(format!("{tries}?limit=0")).await.expect(422);
    let unknown = "9d4e2b51-0c7a-4f8e-bb1c-2a6f9e3d8c10";
    let unknown = site.get(format!("{path}/deliveries/{unknown}/attempts")).await;
    assert_eq!(unknown.problem(), (404, "WEBHOOK_DELIVERY_NOT_FOUND".to_owned()));
}

#[tokio::test]
async fn the_end_of_a_render_is_owed_to_the_endpoint_and_to_the_callback() {
    let site = Site::open().await;
    let mockup = site.mockup().await;
    site.post(ENDPOINTS, &json!({"url": site.outside.url("/hook")}))
        .await
        .expect(201);
    // Whoever waits hears of nothing.
    site.post("/api/v1/renders", &mockup.render_red())
        .await
        .expect(200);
    let mut body = in_background(mockup.render_red());
    body["webhook"] = json!({"url": site.outside.url("/once")});
    let job = site.post("/api/v1/renders", &body).await.expect(202)["job_id"].clone();
    assert_eq!(site.ended(&job).await["status"], "succeeded");
    let rows = site.get(format!("{ENDPOINTS}/events")).await.expect(200);
    let rows = rows.as_array().unwrap();
    assert_eq!(rows.len(), 2, "{rows:?}");
    assert!(
        rows.iter()
            .all(|row| row["job_id"] == job && row["event_type"] == "render.succeeded")
    );
    assert_eq!(
        rows.iter()
            .filter(|row| row["endpoint_id"] == Value::Null)
            .count(),
        1
    );
}

#[tokio::test]
async fn addresses_are_judged_and_counted() {
    let site = Site::idle(Setup {
        policy: Policy {
            schemes: Schemes::HttpsOnly,
            ..Policy::default()
        },
        ..Setup::default()
    })
    .await;
    for url in [
        "http://example.com/hook",
        "https://127.0.0.1/hook",
        "https://localhost/hook",
        "https://user@example.com/",
        "https://169.254.169.254/latest",
        "ftp://example.com/",
        "nonsense",
    ] {
        let refused = site.post(ENDPOINTS, &json!({"url": url})).await;
        assert_eq!(
            refused.problem(),
            (422, "WEBHOOK_URL_REJECTED".to_owned()),
            "{url}"
        );
    }
    let body = json!({"psd_file_url": "https://example.com/a.psd", "is_async": true,
        "webhook": {"url": "https://10.0.0.1/x"}});
    let refused = site.post("/api/v1/psd/upload", &body).await;
    assert_eq!(refused.problem(), (422, "WEBHOOK_URL_REJECTED".to_owned()));
    let unknown = json!({"url": "https://example.com/", "event_types": ["render.burnt"]});
    let unknown = site.post(ENDPOINTS, &unknown).await.expect(422);
    assert_eq!(unknown["detail"][0]["loc"], json!(["body", "event_types", 0]));
    for _ in 0..20 {
        site.post(ENDPOINTS, &json!({"url": "https://example.com/"}))
            .await
            .expect(201);
    }
    let full = site
        .post(ENDPOINTS, &json!({"url": "https://example.com/"}))
        .await;
    assert_eq!(full.problem(), (403, "WEBHOOK_ENDPOINT_LIMIT_REACHED".to_owned()));
}
