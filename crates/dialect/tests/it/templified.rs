//! The second dialect: each answer member by member, and requests with every wrong member named.

use std::time::Duration;

use marquetry_dialect::templified::{Problem, answer, design_id, job_id, request};
use marquetry_dialect::{Answer, Dialect};
use marquetry_model::{About, DesignId, EventNaming, Job, JobSpec, Pinned, Sending, TemplateSpec, Warning};
use serde_json::{Value, json};

use crate::fixtures::*;

const EARLIER: Duration = Duration::from_millis(4210);

fn design() -> DesignId {
    DesignId::from_random([9; 16])
}

fn job() -> Job {
    let spec = TemplateSpec {
        pinned: Pinned {
            template: "tpl_1".parse().unwrap(),
            revision: 3,
            layout: marquetry_model::ContentHash::from_bytes([1; 32]),
        },
        fields: "{}".into(),
        design: None,
        about: About::default(),
        mockups: vec![],
        assets: vec![],
        export: None,
    };
    Job {
        spec: JobSpec::Template(Box::new(spec)),
        created_at: NOON - EARLIER,
        ..render_job()
    }
}

fn of_design(mut job: Job) -> Job {
    if let JobSpec::Template(spec) = &mut job.spec {
        spec.design = Some(design());
        spec.about.player = Some("23".into());
    }
    job
}

fn polled(job: &Job) -> Value {
    let answer = answer::poll(job, None, &links()).unwrap();
    assert_eq!(answer.status, 200);
    let has = |name| answer.headers.iter().any(|(given, _)| *given == name);
    assert!(has("Cache-Control"));
    assert_eq!(has("Retry-After"), !job.state.is_terminal());
    body(&answer)
}

fn id() -> String {
    job_id(job().id)
}

#[test]
fn c03_the_poll_resource_has_exactly_the_members_of_its_state() {
    let created = "2026-06-01T11:59:55.790Z";
    assert_eq!(
        polled(&job()),
        json!({"job_id": id(), "status": "pending", "template_id": "tpl_1", "created_at": created})
    );
    let done = Job {
        started_at: Some(NOON - EARLIER),
        ..succeeded(job())
    };
    let url = format!("https://mockups.example.com/files/results/{RENDER_JOB}/0.webp");
    assert_eq!(
        polled(&done),
        json!({
            "job_id": id(), "status": "complete", "template_id": "tpl_1", "output_url": url,
            "render_ms": 4210, "created_at": created, "completed_at": NOON_TEXT,
        })
    );
    let broken = Job {
        started_at: Some(NOON - EARLIER),
        ..failed(job(), "x", "Photo could not be fetched: HTTP 404")
    };
    assert_eq!(
        polled(&broken),
        json!({
            "job_id": id(), "status": "failed", "template_id": "tpl_1", "created_at": created,
            "completed_at": NOON_TEXT, "error": "Photo could not be fetched: HTTP 404",
        })
    );
    // There is no word for it here, so it failed.
    assert_eq!(polled(&cancelled(job()))["error"], "Job was cancelled");
    assert_eq!(answer::poll(&upload_job(), None, &links()), None);
}

#[test]
fn where_the_file_has_got_to_stands_beside_the_rest_and_keeps_clients_asking() {
    let done = succeeded(job());
    for (sending, status, error, asks_again) in [
        (Sending::Pending, "pending", Value::Null, true),
        (Sending::Delivering, "delivering", Value::Null, true),
        (Sending::Delivered, "delivered", Value::Null, false),
        (
            Sending::Failed("disk: full".into()),
            "failed",
            "disk: full".into(),
            false,
        ),
    ] {
        let answer = answer::poll(&done, Some(&sending), &links()).unwrap();
        let told = body(&answer);
        assert_eq!(
            (&told["status"], &told["send_to_status"]),
            (&json!("complete"), &json!(status))
        );
        assert_eq!(told.get("send_to_error").cloned().unwrap_or_default(), error);
        let again = answer.headers.iter().any(|(name, _)| *name == "Retry-After");
        assert_eq!(again, asks_again, "{status}");
    }
}

#[test]
fn what_was_given_stands_beside_the_rest() {
    let mut done = succeeded(of_design(job()));
    if let Some(result) = &mut done.result {
        result.warnings = vec![Warning {
            code: "X".into(),
            message: "there is no field \"Nam\"".into(),
        }];
    }
    let told = polled(&done);
    assert_eq!(
        (&told["player_id"], &told["instance_id"], &told["warnings"]),
        (
            &json!("23"),
            &json!(design_id(design())),
            &json!(["there is no field \"Nam\""])
        )
    );
}

#[test]
fn the_two_bodies_of_202() {
    let accepted = answer::accepted(&succeeded(job()));
    assert_eq!(accepted.status, 202);
    let poll_url = format!("/api/v1/create/{}", id());
    assert_eq!(
        body(&accepted),
        json!({"job_id": id(), "status": "pending", "poll_url": poll_url}),
        "as it was the first time, also when it is repeated"
    );
    assert!(accepted.headers.contains(&("Location", poll_url)));
    assert_eq!(
        body(&answer::accepted(&of_design(job())))["instance_id"],
        design_id(design())
    );

    // c08: neither `outputUrl` nor `poll_url`, and the id under both of its names.
    let exported = answer::exported(&job());
    assert_eq!(
        (exported.status, body(&exported)),
        (
            202,
            json!({"ok": true, "async": true, "job_id": id(), "jobId": id()})
        )
    );
}

#[test]
fn callbacks_tell_of_designs_and_players() {
    let told = |job: &Job| {
        let told = Dialect::Templified
            .announce(job, None, EventNaming::Current, &links())
            .unwrap();
        serde_json::from_slice::<Value>(&told.body).unwrap()
    };
    let message = told(&failed(of_design(job()), "x", "no font"));
    assert_eq!(
        message,
        json!({
            "job_id": id(), "status": "failed", "template_id": "tpl_1", "output_url": null,
            "completed_at": NOON_TEXT, "instance_id": design_id(design()), "player_id": "23", "error": "no font",
        })
    );
    assert!(told(&succeeded(job())).get("instance_id").is_none());
}

fn details(problem: Problem) -> Vec<String> {
    assert_eq!(problem.status(), 400, "{problem}");
    let body = body(&Answer::from(problem));
    body["details"].as_object().unwrap().keys().cloned().collect()
}

#[test]
fn every_request_names_every_wrong_member() {
    let wrong = br#"{"template_id": 1, "fields": 2, "player_id": 3, "name": "", "folder": [],
        "main_event_code": {}, "webhook_url": "x", "send_to": 4}"#;
    assert_eq!(
        details(request::create_and_render(wrong).unwrap_err()),
        [
            "fields",
            "folder",
            "main_event_code",
            "name",
            "player_id",
            "send_to",
            "template_id",
            "webhook_url"
        ]
    );
    // What a route does not know, it does not read.
    assert_eq!(
        details(request::create(wrong).unwrap_err()),
        ["fields", "player_id", "send_to", "template_id", "webhook_url"]
    );
    assert_eq!(
        details(request::group_order(br#"{"fields": [], "batch_webhook_url": 1}"#).unwrap_err()),
        ["batch_webhook_url", "design_group_id", "fields"]
    );
    assert_eq!(
        details(request::photo(br#"{"remove_background": "no"}"#).unwrap_err()),
        ["image_url", "remove_background"]
    );
    assert_eq!(details(request::export_preset(b"{}").unwrap_err()), ["preset_id"]);
    assert_eq!(
        details(request::export_dropbox(br#"{"folder_path": 1, "file_name": ""}"#).unwrap_err()),
        ["file_name", "folder_path"]
    );
    assert_eq!(
        details(request::seating(br#"{"instance_id": 1, "render": 2, "shared_fields": 3}"#).unwrap_err()),
        ["fields", "instance_id", "player_id", "render", "shared_fields"]
    );
}

#[test]
fn ids_that_none_can_have_are_not_found() {
    let not_found = |problem: Problem| assert_eq!(problem.status(), 404, "{problem}");
    not_found(request::create(br#"{"template_id": "a b"}"#).unwrap_err());
    not_found(request::group_order(br#"{"design_group_id": "a/b"}"#).unwrap_err());
    not_found(request::export_preset(br#"{"preset_id": "a/b"}"#).unwrap_err());
    not_found(request::seating(br#"{"instance_id": "x", "player_id": "1", "fields": {}}"#).unwrap_err());
}

#[test]
fn a_group_calls_back_where_it_is_told_to_or_where_its_members_do() {
    let order = |text: &str| request::group_order(text.as_bytes()).unwrap();
    let both = order(
        r#"{"design_group_id": "g", "webhook_url": "https://a.example", "batch_webhook_url": "https://b.example"}"#,
    );
    assert_eq!(both.batch_callback.as_deref(), Some("https://b.example"));
    let one = order(r#"{"design_group_id": "g", "webhook_url": "https://a.example"}"#);
    assert_eq!(one.batch_callback.as_deref(), Some("https://a.example"));
}

#[test]
fn a_caller_who_waited_in_vain_is_told_how_far_it_is() {
    let running = Job {
        state: crate::jobs::running().state,
        ..job()
    };
    assert_eq!(body(&answer::still_going(&running))["status"], "processing");
    assert_eq!(polled(&running)["status"], "processing");
}
