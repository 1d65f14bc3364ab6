//! How jobs of templates end: what those who wait, those who poll and those who are called back are told.

use serde_json::{Value, json};

use super::world::card;
use crate::http::site::{Setup, Site};
use marquetry_testkit::catcher::Answer as Served;

/// An order whose photo nobody can fetch.
fn hopeless(site: &Site) -> Value {
    site.outside.answer_always(Served::status(404));
    let photo = site.outside.url("/gone.jpg");
    json!({"template_id": "tpl_card", "fields": {"Name": "Jo", "Photo": photo}, "player_id": "23"})
}

impl Site {
    /// Polls a job until it ends; every state that was seen, and the job as it ended.
    pub(super) async fn polled(&self, poll_url: &Value) -> (Vec<String>, Value) {
        let mut seen: Vec<String> = Vec::new();
        let polling = async {
            loop {
                let job = self.get(poll_url.as_str().unwrap()).await.expect(200);
                let status = job["status"].as_str().unwrap().to_owned();
                if seen.last() != Some(&status) {
                    seen.push(status.clone());
                }
                if ["complete", "failed"].contains(&status.as_str()) {
                    return job;
                }
                tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            }
        };
        let job = tokio::time::timeout(crate::http::client::PATIENCE, polling)
            .await
            .unwrap();
        (seen, job)
    }
}

#[tokio::test]
async fn c02_states_go_forward_only() {
    const ORDER: [&str; 4] = ["pending", "processing", "complete", "failed"];
    let site = Site::idle(Setup::default()).await;
    site.publish(&card("tpl_card")).await;
    let accepted = site.post("/api/v1/create", &hopeless(&site)).await.expect(202);
    let url = accepted["poll_url"].clone();
    assert_eq!(
        site.get(url.as_str().unwrap()).await.expect(200)["status"],
        "pending"
    );
    site.work();
    let (seen, job) = site.polled(&url).await;
    let places: Vec<_> = seen
        .iter()
        .map(|state| ORDER.iter().position(|known| known == state).unwrap())
        .collect();
    assert!(places.is_sorted(), "{seen:?}");
    assert_eq!(job["status"], "failed");
    assert!(
        job["error"].as_str().is_some_and(|error| !error.is_empty()),
        "{job}"
    );
    for absent in ["output_url", "render_ms", "send_to_status"] {
        assert!(job.get(absent).is_none(), "{job}");
    }
    super::submitting::assert_moment(job["completed_at"].as_str().unwrap());
}

#[tokio::test]
async fn a_render_that_fails_in_time_is_no_error_of_the_request() {
    let site = Site::open().await;
    site.publish(&card("tpl_card")).await;
    for path in [
        "/api/v1/create?sync=true",
        "/api/v1/studio/create-and-render?sync=true",
    ] {
        let told = site.post(path, &hopeless(&site)).await.expect(200);
        assert_eq!(told["status"], "failed");
        let id = told["job_id"].as_str().unwrap();
        assert_eq!(site.get(format!("/api/v1/create/{id}")).await.expect(200), told);
    }
    // The designs stay.
    let designs = site.get("/api/v1/studio").await.expect(200);
    assert_eq!(designs["designs"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn c19_the_callback_of_a_failed_job_has_no_output_and_no_time() {
    let site = Site::open().await;
    site.deliver();
    site.publish(&card("tpl_card")).await;
    let mut body = hopeless(&site);
    let hook = marquetry_testkit::catcher::Catcher::start().await;
    body["webhook_url"] = hook.url("/hook").into();
    // Whoever waits is called back all the same.
    let told = site.post("/api/v1/create?sync=true", &body).await.expect(200);
    let caught = hook
        .wait_for(1, crate::http::client::PATIENCE)
        .await
        .unwrap()
        .remove(0);
    let message: Value = serde_json::from_slice(&caught.body).unwrap();
    assert_eq!(
        message,
        json!({
            "job_id": told["job_id"], "status": "failed", "template_id": "tpl_card",
            "output_url": null, "completed_at": told["completed_at"], "player_id": "23",
            "error": told["error"],
        })
    );
    assert!(caught.header("x-delivery-id").is_some());
}
