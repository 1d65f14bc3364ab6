//! Files that are sent where they are wanted: what destinations, those who poll, and those who are called back see.

use std::time::Duration;

use marquetry_job::DeliveryState;
use marquetry_testkit::catcher::{Answer as Served, Catcher, Caught};
use serde_json::{Value, json};

use super::submitting::assert_moment;
use super::world::card;
use crate::http::client::{Ask, PATIENCE};
use crate::http::site::{Setup, Site};

/// Longer than any wait between two tries.
const LATER: Duration = Duration::from_secs(600);
/// So soon that a test need not wait for it.
const SOON: Duration = Duration::from_millis(300);

/// A site with a worker, a card, and the destination `webhook`, which is the outside.
async fn studio() -> Site {
    let site = Site::idle(Setup::default()).await;
    site.publish(&card("tpl_card")).await;
    destination(&site, "webhook", &site.outside).await;
    site
}

/// Makes a destination that is told of files.
pub(super) async fn destination(site: &Site, id: &str, receiver: &Catcher) -> Value {
    let body = json!({
        "id": id, "name": "Ours",
        "webhook": {"url": receiver.url("/export"), "secret": "a secret of ours"},
    });
    site.post("/api/v1/destinations", &body).await.expect(201)
}

fn order() -> Value {
    json!({
        "template_id": "tpl_card", "fields": {"Name": "Jo"}, "player_id": "23",
        "send_to": "integration:webhook",
    })
}

fn message(caught: &Caught) -> Value {
    serde_json::from_slice(&caught.body).unwrap()
}

async fn caught(receiver: &Catcher, wanted: usize) -> Vec<Caught> {
    receiver.wait_for(wanted, PATIENCE).await.unwrap()
}

impl Site {
    /// The job once the sending of its file stands there.
    async fn sending(&self, poll_url: &Value, status: &str) -> Value {
        let path = poll_url.as_str().unwrap();
        let polling = async {
            loop {
                let job = self.get(path).await.expect(200);
                if job["send_to_status"] == status {
                    return job;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(PATIENCE, polling).await.unwrap()
    }
}

#[tokio::test]
async fn c08_an_export_is_accepted_in_shape_b() {
    let site = studio().await;
    let made = json!({
        "template_id": "tpl_card", "fields": {"Name": "Jo"}, "player_id": "23", "name": "Jo's card",
        "main_event_code": "M1",
    });
    let design = site.post("/api/v1/studio/create", &made).await.expect(201)["instance_id"].clone();
    let path = format!("/api/v1/studio/{}/export", design.as_str().unwrap());
    let preset = json!({"id": "all", "name": "All", "destinations": [{"id": "webhook"}]});
    site.post("/api/v1/presets", &preset).await.expect(201);
    for (route, body) in [
        ("webhook", json!({"destination_event_code": "D1"})),
        ("webhook?sync=true", json!({})),
        ("preset", json!({"preset_id": "all"})),
    ] {
        let told = site.post(format!("{path}/{route}"), &body).await.expect(202);
        let id = told["job_id"].clone();
        let expected = json!({"ok": true, "async": true, "job_id": id, "jobId": id});
        assert_eq!(told, expected, "{route}");
    }
    let dropbox = site.post(format!("{path}/dropbox"), &json!({})).await;
    assert_eq!(super::error(&dropbox, 403).1, "feature_disabled");
    assert_eq!(site.job_count().await, 3);

    // The first of them, made and told of.
    site.work();
    site.deliver();
    let mut seen: Vec<Value> = caught(&site.outside, 3).await.iter().map(message).collect();
    seen.sort_by_key(|message| message["destination_event_code"].is_null());
    let told = &seen[0];
    let id = told["job_id"].as_str().unwrap();
    let job = site.get(format!("/api/v1/create/{id}")).await.expect(200);
    assert_moment(told["exported_at"].as_str().unwrap());
    assert_eq!(
        *told,
        json!({
            "event": "studio.export", "job_id": id, "instance_id": design, "template_id": "tpl_card",
            "design_name": "Jo's card", "output_url": job["output_url"], "player_id": "23",
            "main_event_code": "M1", "destination_event_code": "D1", "exported_at": told["exported_at"],
        })
    );
    let file = Ask::get(site.path_of(&told["output_url"]))
        .send(site.address)
        .await;
    assert_eq!(file.status, 200);
}

#[tokio::test]
async fn c10_where_the_file_has_got_to_is_told_once_the_render_is_complete() {
    let site = studio().await;
    let accepted = site.post("/api/v1/create", &order()).await.expect(202);
    let url = &accepted["poll_url"];
    let waiting = site.get(url.as_str().unwrap()).await.expect(200);
    assert_eq!(waiting["status"], "pending");
    assert!(waiting.get("send_to_status").is_none(), "{waiting}");

    // Nobody sends yet.
    site.work();
    let (_, job) = site.polled(url).await;
    assert_eq!(job["send_to_status"], "pending", "{job}");
    let asked = site.get(url.as_str().unwrap()).await;
    assert_eq!(asked.header("retry-after"), Some("2"), "there is more to come");

    // Somebody sends, and nobody answers; then it waits for its next try.
    site.outside.answer_always(Served::hang());
    let clock = site.deliver_within(SOON);
    caught(&site.outside, 1).await;
    let job = site.get(url.as_str().unwrap()).await.expect(200);
    assert_eq!(
        (&job["status"], &job["send_to_status"]),
        (&json!("complete"), &json!("delivering"))
    );
    site.sent(&accepted["job_id"], 1).await;
    let job = site.get(url.as_str().unwrap()).await.expect(200);
    assert_eq!(job["send_to_status"], "delivering");

    site.outside.answer_always(Served::status(204));
    clock.skip(LATER);
    let job = site.sending(url, "delivered").await;
    assert!(job.get("send_to_error").is_none(), "{job}");
    let asked = site.get(url.as_str().unwrap()).await;
    assert_eq!(asked.header("retry-after"), None);
    // Whoever asked for nothing is told nothing of it.
    let mut plain = order();
    plain.as_object_mut().unwrap().remove("send_to");
    let told = site.post("/api/v1/create?sync=true", &plain).await.expect(200);
    assert!(told.get("send_to_status").is_none(), "{told}");
}

#[tokio::test]
async fn c11_a_destination_that_always_fails_leaves_the_render_complete() {
    let site = studio().await;
    site.work();
    site.outside.answer_always(Served::status(410));
    site.deliver();
    let accepted = site.post("/api/v1/create", &order()).await.expect(202);
    let job = site.sending(&accepted["poll_url"], "failed").await;
    assert_eq!(job["status"], "complete");
    let error = job["send_to_error"].as_str().unwrap();
    assert!(error.starts_with("webhook: ") && error.len() > 10, "{error}");
    assert!(
        job["output_url"].is_string() && job.get("error").is_none(),
        "{job}"
    );
}

#[tokio::test]
async fn c12_the_callback_comes_when_the_delivery_is_over() {
    let site = studio().await;
    site.work();
    let hook = Catcher::start().await;
    site.outside.answer_always(Served::hang());
    let clock = site.deliver_within(SOON);
    let mut body = order();
    body["webhook_url"] = hook.url("/hook").into();
    let accepted = site.post("/api/v1/create", &body).await.expect(202);
    site.sent(&accepted["job_id"], 1).await;
    assert_eq!(site.service.discharge().await.unwrap(), 0, "it is not over");
    assert!(hook.caught().is_empty());

    site.outside.answer_always(Served::status(200));
    clock.skip(LATER);
    let job = site.sending(&accepted["poll_url"], "delivered").await;
    assert_eq!(site.service.discharge().await.unwrap(), 1);
    let told = message(&caught(&hook, 1).await[0]);
    assert_eq!(
        told,
        json!({
            "job_id": job["job_id"], "status": "complete", "template_id": "tpl_card",
            "output_url": job["output_url"], "render_ms": job["render_ms"],
            "completed_at": job["completed_at"], "player_id": "23", "send_to_status": "delivered",
        })
    );
    // Once: what was discharged is gone.
    assert_eq!(site.service.discharge().await.unwrap(), 0);
}

#[tokio::test]
async fn c13_three_refusals_and_a_success_are_four_equal_requests() {
    let site = studio().await;
    site.work();
    site.outside.answer_in_turn([500, 500, 500].map(Served::status));
    site.outside.answer_always(Served::status(200));
    let clock = site.deliver_within(Duration::from_secs(10));
    let accepted = site.post("/api/v1/create", &order()).await.expect(202);
    for tries in 1..=3 {
        site.sent(&accepted["job_id"], tries).await;
        clock.skip(LATER);
    }
    site.sending(&accepted["poll_url"], "delivered").await;
    // However much later it is, there is no fifth.
    clock.skip(LATER);
    let requests = caught(&site.outside, 4).await;
    assert_eq!(requests.len(), 4);
    let same = |request: &Caught| {
        let header = |name: &str| request.header(name).unwrap().to_owned();
        (
            request.body.clone(),
            header("x-templified-signature"),
            header("x-delivery-id"),
        )
    };
    let first = same(&requests[0]);
    assert!(requests.iter().all(|request| same(request) == first));
    assert_eq!(requests[0].header("x-templified-event"), Some("studio.export"));
    let sum = marquetry_dialect::templified::Signer::default().sign(
        "a secret of ours",
        &requests[0].body,
        marquetry_job::Timestamp::from_micros(0),
    );
    assert_eq!(first.1, sum.1);
    let sent = site.sent(&accepted["job_id"], 4).await;
    assert_eq!(sent[0].tries.len(), 4);
}

#[tokio::test]
async fn c14_a_receiver_that_hangs_is_given_up_on_and_tried_again() {
    let site = studio().await;
    site.work();
    site.outside.answer_in_turn([Served::hang()]);
    site.outside.answer_always(Served::status(200));
    // The dialect allows 10 s at the most, as its own tests see; less may be set.
    let clock = site.deliver_within(SOON);
    let accepted = site.post("/api/v1/create", &order()).await.expect(202);
    let hung = site.sent(&accepted["job_id"], 1).await.remove(0);
    let tried = &hung.tries[0];
    assert!(tried.status.is_none() && tried.error.is_some(), "{tried:?}");
    assert!(tried.took >= SOON, "{tried:?}");
    assert!(
        matches!(hung.state, DeliveryState::Pending { .. }),
        "{:?}",
        hung.state
    );
    clock.skip(LATER);
    site.sending(&accepted["poll_url"], "delivered").await;
}

#[tokio::test]
async fn a_preset_is_rendered_once_and_sent_to_each() {
    let site = studio().await;
    site.work();
    let second = Catcher::start().await;
    destination(&site, "theirs", &second).await;
    let preset = json!({"id": "all", "name": "All", "destinations": [{"id": "webhook"}, {"id": "theirs"}]});
    site.post("/api/v1/presets", &preset).await.expect(201);
    let mut body = order();
    body["send_to"] = "preset:all".into();
    let accepted = site.post("/api/v1/create", &body).await.expect(202);
    // What happens to the preset now is nothing to the job.
    site.delete("/api/v1/presets/all").await.expect(204);
    second.answer_always(Served::status(410));
    site.deliver();
    let (ours, theirs) = (caught(&site.outside, 1).await, caught(&second, 1).await);
    assert_eq!(message(&ours[0]), message(&theirs[0]), "the same words for each");
    assert_ne!(ours[0].header("x-delivery-id"), theirs[0].header("x-delivery-id"));
    // One of two is not all.
    let job = site.sending(&accepted["poll_url"], "failed").await;
    let error = job["send_to_error"].as_str().unwrap();
    assert!(
        error.starts_with("theirs: ") && !error.contains("webhook:"),
        "{error}"
    );
    assert_eq!(site.job_count().await, 1);
}

#[tokio::test]
async fn a_preset_brings_the_file_and_tells_of_it() {
    let site = studio().await;
    site.work();
    site.deliver();
    let files = site.carry();
    let disk = json!({"id": "disk", "name": "Disk", "path": "prints/{date}/{layer:Name}", "folder": {}});
    site.post("/api/v1/destinations", &disk).await.expect(201);
    let preset = json!({
        "id": "order", "name": "An order",
        "destinations": [{"id": "webhook"}, {"id": "disk", "path": "orders/{layer:Name}_{index}"}],
    });
    site.post("/api/v1/presets", &preset).await.expect(201);
    let mut body = order();
    body["send_to"] = "preset:order".into();
    // A name that would lead elsewhere, were it taken as it is.
    body["fields"]["Name"] = "../../Jo".into();
    let accepted = site.post("/api/v1/create", &body).await.expect(202);
    let job = site.sending(&accepted["poll_url"], "delivered").await;
    let brought = std::fs::read(files.join("orders/.._.._Jo_01.jpg")).unwrap();
    let told = message(&caught(&site.outside, 1).await[0]);
    assert_eq!(told["output_url"], job["output_url"]);
    let file = Ask::get(site.path_of(&job["output_url"]))
        .send(site.address)
        .await;
    assert_eq!(file.body, brought, "the bytes that were rendered");
    assert!(brought.starts_with(&[0xff, 0xd8]), "a JPEG");
    assert_eq!(site.job_count().await, 1, "it is made once");
}

#[tokio::test]
async fn the_end_of_a_group_is_told_when_all_its_files_are_sent() {
    let site = studio().await;
    site.publish(&card("tpl_2")).await;
    site.work();
    let hook = Catcher::start().await;
    let group = json!({"id": "both", "name": "Both", "template_ids": ["tpl_card", "tpl_2"]});
    site.post("/api/v1/design-groups", &group).await.expect(201);
    let body = json!({
        "design_group_id": "both", "fields": {"Name": "Jo"}, "send_to": "integration:webhook",
        "batch_webhook_url": hook.url("/batch"),
    });
    site.outside.answer_always(Served::hang());
    let clock = site.deliver_within(SOON);
    let accepted = site.post("/api/v1/design-groups/create", &body).await.expect(202);
    for member in accepted["jobs"].as_array().unwrap() {
        site.sent(&member["job_id"], 1).await;
    }
    let (_, batch) = site.polled(&accepted["poll_url"]).await;
    assert_eq!(batch["status"], "complete", "the renders are");
    for member in batch["jobs"].as_array().unwrap() {
        assert_eq!(member["send_to_status"], "delivering", "{member}");
    }
    // What is owed after each of the two has not begun either.
    assert_eq!(site.service.discharge().await.unwrap(), 0);

    site.outside.answer_always(Served::status(200));
    clock.skip(LATER);
    for member in accepted["jobs"].as_array().unwrap() {
        site.sending(&member["poll_url"], "delivered").await;
    }
    site.service.discharge().await.unwrap();
    let told = message(&caught(&hook, 1).await[0]);
    assert_eq!(
        (&told["event"], &told["batch_id"], &told["status"], &told["total"]),
        (
            &json!("batch.complete"),
            &accepted["batch_id"],
            &json!("complete"),
            &json!(2)
        )
    );
    for (member, accepted) in told["jobs"]
        .as_array()
        .unwrap()
        .iter()
        .zip(accepted["jobs"].as_array().unwrap())
    {
        assert_eq!(member["job_id"], accepted["job_id"]);
        assert_eq!(member["send_to_status"], "delivered");
    }
}

#[tokio::test]
async fn a_destination_that_was_removed_is_told_of_as_failed() {
    let site = studio().await;
    let accepted = site.post("/api/v1/create", &order()).await.expect(202);
    site.delete("/api/v1/destinations/webhook").await.expect(204);
    site.work();
    let job = site.sending(&accepted["poll_url"], "failed").await;
    assert_eq!(job["send_to_error"], "webhook: the destination was removed");
    assert!(site.outside.caught().is_empty());
}

#[tokio::test]
async fn whoever_waits_is_told_where_the_file_has_got_to() {
    let site = studio().await;
    site.work();
    let told = site.post("/api/v1/create?sync=true", &order()).await.expect(200);
    assert_eq!(
        (&told["status"], &told["send_to_status"]),
        (&json!("complete"), &json!("pending")),
        "nobody sends"
    );
    // A render that fails is sent nowhere.
    let mut hopeless = order();
    site.outside.answer_always(Served::status(404));
    hopeless["fields"]["Photo"] = site.outside.url("/gone.jpg").into();
    let told = site.post("/api/v1/create?sync=true", &hopeless).await.expect(200);
    assert_eq!(told["status"], "failed");
    assert!(told.get("send_to_status").is_none(), "{told}");
}
