//! `POST /create`: what is accepted, and what is refused before there is a job.

use serde_json::{Value, json};

use super::error;
use super::world::{card, https_alone};
use crate::http::client::Ask;
use crate::http::site::{Setup, Site};

fn order(fields: Value) -> Value {
    json!({"template_id": "tpl_card", "fields": fields})
}

#[tokio::test]
async fn c01_a_valid_order_is_accepted_in_shape_a() {
    let site = Site::idle(Setup::default()).await;
    site.publish(&card("tpl_card")).await;
    let mut body = order(json!({"Name": "Jo"}));
    body["player_id"] = "23".into();
    body["nobody_knows"] = json!({"this": 1});
    let accepted = site.post("/api/v1/create", &body).await;
    let told = accepted.expect(202);
    let id = told["job_id"].as_str().unwrap();
    let poll_url = format!("/api/v1/create/{id}");
    assert_eq!(
        told,
        json!({"job_id": id, "status": "pending", "poll_url": poll_url})
    );
    assert!(id.starts_with("clx_"));
    assert_eq!(accepted.header("location"), Some(poll_url.as_str()));
    assert_eq!(accepted.header("retry-after"), Some("2"));

    let polled = site.get(&poll_url).await;
    let job = polled.expect(200);
    assert_eq!(polled.header("cache-control"), Some("no-store"));
    assert_eq!(polled.header("retry-after"), Some("2"));
    let created = job["created_at"].as_str().unwrap();
    assert_eq!(
        job,
        json!({
            "job_id": id, "status": "pending", "template_id": "tpl_card",
            "created_at": created, "player_id": "23",
        })
    );
    assert_moment(created);
}

/// `YYYY-MM-DDTHH:MM:SS.mmmZ`.
#[track_caller]
pub(super) fn assert_moment(text: &str) {
    let shape: String = text
        .chars()
        .map(|c| if c.is_ascii_digit() { '0' } else { c })
        .collect();
    assert_eq!(shape, "0000-00-00T00:00:00.000Z", "{text}");
}

#[tokio::test]
async fn c15_callbacks_go_to_https_alone() {
    let site = https_alone().await;
    site.publish(&card("tpl_card")).await;
    for wrong in [
        "http://hooks.example.org/x",
        "ftp://hooks.example.org",
        "hooks",
        "",
    ] {
        let mut body = order(json!({"Name": "Jo"}));
        body["webhook_url"] = wrong.into();
        for path in ["/api/v1/create", "/api/v1/studio/create-and-render"] {
            let refused = site.post(path, &body).await;
            assert_eq!(error(&refused, 400).1, "invalid_request", "{wrong}");
            assert!(
                refused.json()["details"]["webhook_url"].is_string(),
                "{wrong}: {:?}",
                refused.body
            );
        }
    }
    assert_eq!(site.job_count().await, 0);
    let mut body = order(json!({"Name": "Jo"}));
    body["webhook_url"] = "https://hooks.example.org/x".into();
    site.post("/api/v1/create", &body).await.expect(202);
}

#[tokio::test]
async fn every_wrong_value_is_named_by_its_key() {
    let site = Site::idle(Setup::default()).await;
    site.publish(&card("tpl_card")).await;
    let fields = json!({"Photo": 7, "TeamColor": "blue-ish", "Motto": {"text": []}, "Unknown": 1});
    let refused = site.post("/api/v1/create", &order(fields)).await;
    assert_eq!(error(&refused, 400).1, "invalid_request");
    let details = refused.json()["details"].clone();
    let named: Vec<_> = details.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(
        named,
        [
            "fields.Motto.text",
            "fields.Name",
            "fields.Photo",
            "fields.TeamColor"
        ]
    );

    for (body, member) in [
        (json!({}), "template_id"),
        (json!({"template_id": 7}), "template_id"),
        (json!({"template_id": "tpl_card", "fields": []}), "fields"),
        (json!({"template_id": "tpl_card", "player_id": ""}), "player_id"),
        (
            json!({"template_id": "tpl_card", "player_id": "x".repeat(65)}),
            "player_id",
        ),
        (
            json!({"template_id": "tpl_card", "fields": {"Name": "Jo"}, "send_to": "integration:pigeon"}),
            "send_to",
        ),
    ] {
        let refused = site.post("/api/v1/create", &body).await;
        assert_eq!(error(&refused, 400).1, "invalid_request", "{body}");
        assert!(
            refused.json()["details"][member].is_string(),
            "{member}: {:?}",
            refused.body
        );
    }
    // What is not there comes after what is wrong, and ids that none can have are not there.
    for id in ["tpl_none", "a/b", "ä", &"x".repeat(65)] {
        let refused = site.post("/api/v1/create", &json!({"template_id": id})).await;
        assert_eq!(error(&refused, 404).1, "template_not_found", "{id}");
    }
    let broken = Ask::post("/api/v1/create")
        .header("content-type", "application/json")
        .body("{");
    assert_eq!(error(&site.send(broken).await, 400).1, "invalid_json");
    let typed = Ask::post("/api/v1/create")
        .header("content-type", "text/plain")
        .body("{}");
    assert_eq!(error(&site.send(typed).await, 415).1, "unsupported_media_type");
    let long = json!({"template_id": "tpl_card", "note": "x".repeat(1 << 20)});
    assert_eq!(
        error(&site.post("/api/v1/create", &long).await, 413).1,
        "body_too_large"
    );
    assert_eq!(site.job_count().await, 0);
}

#[tokio::test]
async fn a_repeated_order_is_one_job_and_another_one_is_a_conflict() {
    let site = Site::idle(Setup::default()).await;
    site.publish(&card("tpl_card")).await;
    let ask = |path: &str, name: &str| {
        let ask = Ask::post(path).json(&order(json!({"Name": name})));
        site.send(ask.header("idempotency-key", "k1"))
    };
    for path in ["/api/v1/create", "/api/v1/studio/create-and-render"] {
        let first = ask(path, "Jo").await.expect(202);
        assert_eq!(ask(path, "Jo").await.expect(202), first, "{path}");
        assert_eq!(error(&ask(path, "Joe").await, 409).1, "idempotency_conflict");
    }
    assert_eq!(site.job_count().await, 2, "one key serves each route once");
    let designs = site.get("/api/v1/studio").await.expect(200);
    assert_eq!(designs["designs"].as_array().unwrap().len(), 1);
    let long = Ask::post("/api/v1/create")
        .json(&order(json!({})))
        .header("idempotency-key", "k".repeat(129));
    error(&site.send(long).await, 400);
}

#[tokio::test]
async fn c18_a_job_draws_the_revision_that_was_published_when_it_came() {
    let site = Site::idle(Setup::default()).await;
    site.publish(&card("tpl_card")).await;
    let accepted = site
        .post("/api/v1/create", &order(json!({"Name": "Jo"})))
        .await
        .expect(202);
    let before = site.spec_of(&accepted["job_id"]).await;
    let mut wider = card("tpl_card");
    wider["pages"][0]["width"] = 160.into();
    site.publish(&wider).await;
    site.delete("/api/v1/templates/tpl_card").await.expect(204);
    let after = site.spec_of(&accepted["job_id"]).await;
    assert_eq!(before, after);
    assert_eq!(after.pinned.revision, 1);
    // The layout is kept for it, though nothing else points there any more.
    site.service.sweep().await.unwrap();
    let layout = site.layout(after.pinned.layout).await;
    assert!(layout.contains("\"width\":150"), "{layout}");
}

#[tokio::test]
async fn whoever_waits_in_vain_is_told_the_true_state() {
    let config = marquetry_server::Config {
        sync_wait: std::time::Duration::from_millis(50),
        ..Default::default()
    };
    let site = Site::idle(Setup {
        config,
        ..Setup::default()
    })
    .await;
    site.publish(&card("tpl_card")).await;
    for path in [
        "/api/v1/create?sync=TRUE",
        "/api/v1/studio/create-and-render?sync=true",
    ] {
        let told = site.post(path, &order(json!({"Name": "Jo"}))).await.expect(202);
        assert_eq!(told["status"], "pending");
        let polled = site.get(told["poll_url"].as_str().unwrap()).await.expect(200);
        assert_eq!(polled["status"], "pending");
        assert_eq!(polled["instance_id"], told["instance_id"]);
    }
}
