//! Pictures and files that come of templates: the whole way, with a worker that draws.

use serde_json::{Value, json};

use super::submitting::assert_moment;
use super::world::{card, two_pages};
use crate::http::client::Ask;
use crate::http::site::{Setup, Site, design};
use marquetry_testkit::catcher::Answer as Served;
use marquetry_testkit::catcher::Catcher;

fn order(template: &str) -> Value {
    json!({"template_id": template, "fields": {"Name": "Jo", "TeamColor": "#7a1f2b"}})
}

#[tokio::test]
async fn c03_c05_a_quick_render_is_answered_with_the_whole_poll_resource() {
    let site = Site::open().await;
    site.publish(&card("tpl_card")).await;
    let told = site
        .post("/api/v1/create?sync=true", &order("tpl_card"))
        .await
        .expect(200);
    let names: Vec<&str> = told.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "completed_at",
            "created_at",
            "job_id",
            "output_url",
            "render_ms",
            "status",
            "template_id"
        ]
    );
    assert_eq!(
        (&told["status"], &told["template_id"]),
        (&json!("complete"), &json!("tpl_card"))
    );
    assert!(told["render_ms"].is_u64(), "{told}");
    for moment in ["created_at", "completed_at"] {
        assert_moment(told[moment].as_str().unwrap());
    }
    let id = told["job_id"].as_str().unwrap();
    assert_eq!(site.get(format!("/api/v1/create/{id}")).await.expect(200), told);
}

#[tokio::test]
async fn c04_c17_one_page_is_a_jpeg_of_its_size_and_two_are_a_pdf() {
    let site = Site::open().await;
    for (layout, kind) in [
        (card("tpl_one"), "image/jpeg"),
        (two_pages("tpl_two"), "application/pdf"),
    ] {
        site.publish(&layout).await;
        let id = layout["id"].as_str().unwrap();
        let told = site
            .post("/api/v1/create?sync=true", &order(id))
            .await
            .expect(200);
        // Whoever knows the address needs no key.
        let file = Ask::get(site.path_of(&told["output_url"]))
            .send(site.address)
            .await;
        assert_eq!(file.status, 200, "{told}");
        assert_eq!(file.header("content-type"), Some(kind));
        if kind == "image/jpeg" {
            assert_eq!(jpeg_size(&file.body), (150, 210));
        } else {
            assert!(file.body.starts_with(b"%PDF-"));
            let text = String::from_utf8_lossy(&file.body);
            assert_eq!(
                text.matches("/Type /Page\n")
                    .count()
                    .max(text.matches("/Type /Page ").count())
                    .max(text.matches("/Type/Page/").count()),
                2,
                "{}",
                &text[..400]
            );
        }
    }
}

/// Width and height as the frame header of a JPEG states them.
fn jpeg_size(bytes: &[u8]) -> (u16, u16) {
    let mut at = 2;
    loop {
        let (marker, length) = (bytes[at + 1], u16::from_be_bytes([bytes[at + 2], bytes[at + 3]]));
        if (0xC0..=0xC3).contains(&marker) {
            let number = |from: usize| u16::from_be_bytes([bytes[from], bytes[from + 1]]);
            return (number(at + 7), number(at + 5));
        }
        at += 2 + usize::from(length);
    }
}

#[tokio::test]
async fn c06_a_slow_render_is_answered_after_the_budget_and_made_all_the_same() {
    let config = marquetry_server::Config {
        sync_wait: std::time::Duration::from_millis(300),
        ..Default::default()
    };
    let site = Site::idle(Setup {
        config,
        ..Setup::default()
    })
    .await;
    site.publish(&card("tpl_card")).await;
    let began = std::time::Instant::now();
    let told = site
        .post("/api/v1/create?sync=true", &order("tpl_card"))
        .await
        .expect(202);
    assert!(began.elapsed() >= std::time::Duration::from_millis(300));
    site.work();
    let (seen, job) = site.polled(&told["poll_url"]).await;
    assert_eq!(job["status"], "complete", "{seen:?} {job}");
}

#[tokio::test]
async fn photos_and_designs_are_drawn_and_unknown_values_are_warnings() {
    let site = Site::open().await;
    site.deliver();
    site.publish(&card("tpl_card")).await;
    site.outside.answer_always(Served::ok(design()));
    let hook = Catcher::start().await;
    let body = json!({
        "template_id": "tpl_card", "player_id": "23", "webhook_url": hook.url("/hook"),
        "fields": {"Name": "Jo", "Photo": site.outside.url("/p.png"), "Nam": "typo"},
    });
    let told = site
        .post("/api/v1/studio/create-and-render?sync=true", &body)
        .await
        .expect(200);
    assert_eq!(told["status"], "complete", "{told}");
    assert!(told["warnings"][0].as_str().unwrap().contains("Nam"), "{told}");
    let caught = hook
        .wait_for(1, crate::http::client::PATIENCE)
        .await
        .unwrap()
        .remove(0);
    let message: Value = serde_json::from_slice(&caught.body).unwrap();
    for member in [
        "job_id",
        "status",
        "template_id",
        "output_url",
        "render_ms",
        "completed_at",
        "instance_id",
        "player_id",
    ] {
        assert_eq!(message[member], told[member], "{member}");
    }
    let draft = site
        .post(
            "/api/v1/templates/tpl_card/preview?sync=true",
            &json!({"fields": {"Name": "Jo"}}),
        )
        .await;
    assert_eq!(draft.expect(200)["status"], "complete");
}

#[tokio::test]
async fn c07_a_group_is_accepted_at_once_and_polled_as_one() {
    let site = Site::idle(Setup::default()).await;
    site.deliver();
    for id in ["tpl_1", "tpl_2"] {
        site.publish(&card(id)).await;
    }
    let group = json!({"id": "season", "name": "Season", "template_ids": ["tpl_1", "tpl_2"]});
    site.post("/api/v1/design-groups", &group).await.expect(201);
    let hook = Catcher::start().await;
    let body = json!({
        "design_group_id": "season", "fields": {"Name": "Jo"}, "player_id": "23",
        "batch_webhook_url": hook.url("/batch"),
    });
    let told = site
        .post("/api/v1/design-groups/create?sync=true", &body)
        .await
        .expect(202);
    let id = told["job_id"].as_str().unwrap();
    assert_eq!(
        (&told["status"], &told["poll_url"], &told["batch_id"]),
        (
            &json!("pending"),
            &json!(format!("/api/v1/create/{id}")),
            &json!(id)
        )
    );
    let templates: Vec<_> = told["jobs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|job| job["template_id"].as_str().unwrap())
        .collect();
    assert_eq!(templates, ["tpl_1", "tpl_2"]);
    let waiting = site.get(format!("/api/v1/create/{id}")).await.expect(200);
    assert_eq!(
        (&waiting["status"], waiting["jobs"].as_array().unwrap().len()),
        (&json!("pending"), 2)
    );

    site.work();
    let (_, batch) = site.polled(&told["poll_url"]).await;
    assert_eq!(batch["status"], "complete", "{batch}");
    assert!(batch.get("output_url").is_none());
    for member in batch["jobs"].as_array().unwrap() {
        assert_eq!(
            (&member["status"], &member["player_id"]),
            (&json!("complete"), &json!("23"))
        );
        let file = Ask::get(site.path_of(&member["output_url"]))
            .send(site.address)
            .await;
        assert_eq!(file.status, 200);
    }
    // One that is wrong for one template is wrong for all, and nothing is begun.
    let wrong = json!({"design_group_id": "season", "fields": {}});
    super::error(&site.post("/api/v1/design-groups/create", &wrong).await, 400);
    let none = json!({"design_group_id": "none"});
    super::error(&site.post("/api/v1/design-groups/create", &none).await, 404);
    assert_eq!(site.job_count().await, 2);
}
