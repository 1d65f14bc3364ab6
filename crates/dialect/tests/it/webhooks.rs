//! Endpoints, events, messages and their signatures.

use std::time::Duration;

use marquetry_dialect::sudomock::request::{self, Schemes};
use marquetry_dialect::sudomock::{Problem, answer, event_body, event_of, signature, test_body};
use marquetry_dialect::{Dialect, Message, TOLERANCE, Untrusted, headers, standard, templified};
use marquetry_job::{DeliveryEvent, DeliverySchedule, DeliveryState, Jitter, WorkerId};
use marquetry_model::*;
use serde_json::{Value, json};

use crate::fixtures::*;

fn create(body: Value) -> Result<EndpointDraft, Problem> {
    request::create_endpoint(body.to_string().as_bytes(), Schemes::Https)
}

#[test]
fn making_an_endpoint() {
    let draft = create(json!({"url": "https://hooks.example.com/in", "enabled": false})).unwrap();
    let expected = EndpointDraft {
        url: "https://hooks.example.com/in".into(),
        description: None,
        event_types: vec![],
        naming: EventNaming::Legacy,
    };
    assert_eq!(draft, expected, "`enabled` is no field of this call");
    let draft = create(json!({
        "url": "https://hooks.example.com/in", "description": "orders",
        "event_types": ["2d_mockup.ready", "render.failed", "photo_mockup.ready"], "event_naming": "current"
    }))
    .unwrap();
    assert_eq!(
        draft.event_types,
        [EventType::PhotoMockupReady, EventType::RenderFailed]
    );
    assert_eq!(
        (draft.naming, draft.description.as_deref()),
        (EventNaming::Current, Some("orders"))
    );
    let naming = |events: Value| {
        create(json!({"url": "https://a.example", "event_types": events}))
            .unwrap()
            .naming
    };
    assert_eq!(naming(json!(["render.succeeded"])), EventNaming::Current);
    assert_eq!(naming(json!(["photo_mockup.ready"])), EventNaming::Current);
    assert_eq!(naming(json!(["2d_mockup.ready"])), EventNaming::Legacy);
    assert_eq!(naming(json!([])), EventNaming::Legacy);
}

#[test]
fn an_address_must_be_https_unless_the_operator_says_otherwise() {
    for url in [
        "http://hooks.example.com",
        "ftp://example.com",
        "javascript:alert(1)",
        "hooks",
        "https://",
    ] {
        let problem = create(json!({"url": url})).unwrap_err();
        let (status, code, _) = told(&problem);
        assert_eq!((status, code.as_str()), (422, "WEBHOOK_URL_REJECTED"), "{url}");
        let patched = request::patch_endpoint(json!({"url": url}).to_string().as_bytes(), Schemes::Https);
        assert_eq!(patched.unwrap_err(), problem, "{url}");
    }
    let plain = br#"{"url": "http://127.0.0.1:9000/in"}"#;
    assert!(request::create_endpoint(plain, Schemes::HttpToo).is_ok());
    assert_eq!(
        told(&Problem::webhook_url_rejected("it is not publicly reachable")).0,
        422
    );
}

#[test]
fn wrong_fields_of_an_endpoint_are_named() {
    let named_by = |body| named(&create(body).unwrap_err());
    assert_eq!(named_by(json!({})), ["body.url missing"]);
    assert_eq!(
        named_by(
            json!({"url": 1, "event_types": ["render.done", 2], "description": "x".repeat(256), "event_naming": "new"})
        ),
        [
            "body.url string_type",
            "body.event_types.0 enum",
            "body.event_types.1 string_type",
            "body.description string_too_long",
            "body.event_naming enum"
        ]
    );
    assert_eq!(
        named(&request::patch_endpoint(br#"{"enabled": 1}"#, Schemes::Https).unwrap_err()),
        ["body.enabled bool_type"]
    );
}

#[test]
fn changing_an_endpoint_leaves_what_is_absent() {
    let patch = |body: &[u8]| request::patch_endpoint(body, Schemes::Https).unwrap();
    assert_eq!(patch(b""), EndpointChange::default());
    assert_eq!(patch(b"{}"), EndpointChange::default());
    let off = EndpointChange {
        enabled: Some(false),
        ..EndpointChange::default()
    };
    assert_eq!(patch(br#"{"enabled": false}"#), off);
    assert_eq!(patch(br#"{"description": null}"#).description, Some(None));
    assert_eq!(
        patch(br#"{"description": "x"}"#).description,
        Some(Some("x".into()))
    );
    assert_eq!(patch(br#"{"event_types": []}"#).event_types, Some(vec![]));

    // Choosing the other naming alone rewrites what was stored.
    let pinned = patch(br#"{"event_naming": "current"}"#).apply(endpoint(), NOON);
    assert_eq!(
        body(&answer::endpoint(&pinned))["event_types"],
        json!(["render.succeeded", "photo_mockup.ready"])
    );
}

#[test]
fn an_endpoint_shows_its_secret_once() {
    let expected = |secret: &str| {
        json!({
            "id": ENDPOINT, "url": "https://hooks.example.com/in", "secret": secret, "description": null,
            "event_types": ["render.succeeded", "2d_mockup.ready"], "event_naming": "legacy", "enabled": true,
            "created_at": NOON_TEXT, "updated_at": null
        })
    };
    let created = answer::created_endpoint(&endpoint());
    assert_eq!(
        (created.status, body(&created)),
        (201, expected("whsec_0123456789abcdefab12"))
    );
    let rotated = answer::rotated_endpoint(&endpoint());
    assert_eq!(
        (rotated.status, body(&rotated)),
        (200, expected("whsec_0123456789abcdefab12"))
    );
    let shown = answer::endpoint(&endpoint());
    assert_eq!((shown.status, body(&shown)), (200, expected("whsec_****ab12")));
    assert_eq!(
        body(&answer::endpoints(&[endpoint()])),
        json!([expected("whsec_****ab12")])
    );
    assert_eq!(body(&answer::endpoints(&[])), json!([]));
    assert_eq!(told(&Problem::webhook_endpoint_not_found()).0, 404);
    assert_eq!(told(&Problem::webhook_endpoint_limit(20)).0, 403);
}

#[test]
fn small_acknowledgements() {
    let testing = answer::testing(RENDER_JOB.parse().unwrap());
    let expected = json!({"status": "enqueued", "event_type": "webhook.test", "job_id": RENDER_JOB});
    assert_eq!((testing.status, body(&testing)), (202, expected));
    let one = answer::replaying_one(DELIVERY.parse().unwrap());
    assert_eq!(
        (one.status, body(&one)),
        (202, json!({"status": "enqueued", "delivery_id": DELIVERY}))
    );
    let all = answer::replaying_all(3);
    assert_eq!(
        (all.status, body(&all)),
        (202, json!({"status": "enqueued", "count": 3}))
    );
    assert_eq!(told(&Problem::webhook_delivery_not_found()).0, 404);
}

#[test]
fn rows_of_the_delivery_log() {
    let fresh = delivery();
    let mut expected = json!({
        "id": DELIVERY, "endpoint_id": ENDPOINT, "job_id": RENDER_JOB, "event_type": "render.succeeded",
        "status": "pending", "http_status": null, "attempt": 0, "last_error": null,
        "created_at": NOON_TEXT, "updated_at": NOON_TEXT
    });
    let rows = answer::deliveries([(&fresh, EventNaming::Current)], None);
    assert_eq!(body(&rows), json!([expected]));
    assert!(
        !rows
            .headers
            .iter()
            .any(|(name, _)| *name == "X-Webhook-Next-Cursor")
    );

    // After a first try that failed.
    let schedule = DeliverySchedule::default();
    let until = NOON + Duration::from_secs(30);
    let step = |state: DeliveryState, event| state.step(event, NOON, &schedule, Jitter::MIDDLE).unwrap();
    let sending = step(
        fresh.state.clone(),
        DeliveryEvent::Claimed {
            worker: WorkerId::from_random([1; 16]),
            until,
        },
    );
    let by = sending.hold().unwrap();
    let state = step(
        sending,
        DeliveryEvent::Refused {
            by,
            retry_after: None,
        },
    );
    let tried = DeliveryAttempt {
        at: NOON,
        took: Duration::from_millis(12),
        status: Some(503),
        error: Some("the endpoint answered 503".into()),
    };
    let failed = fresh.stepped(state, Some(tried), NOON);
    expected["status"] = json!("failed");
    expected["http_status"] = json!(503);
    expected["attempt"] = json!(1);
    expected["last_error"] = json!("the endpoint answered 503");
    let cursor = request::Cursor::of_delivery(NOON, failed.id);
    let rows = answer::deliveries([(&failed, EventNaming::Current)], Some(cursor));
    assert_eq!(body(&rows), json!([expected]));
    assert!(rows.headers.contains(&("X-Webhook-Next-Cursor", cursor.encode())));
}

#[test]
fn which_end_is_which_event() {
    assert_eq!(event_of(&render_job()), None, "it has not ended");
    assert_eq!(
        event_of(&succeeded(render_job())),
        Some(EventType::RenderSucceeded)
    );
    assert_eq!(
        event_of(&failed(render_job(), "x", "y")),
        Some(EventType::RenderFailed)
    );
    assert_eq!(
        event_of(&succeeded(upload_job())),
        Some(EventType::UploadSucceeded)
    );
    assert_eq!(
        event_of(&failed(upload_job(), "x", "y")),
        Some(EventType::RenderFailed)
    );
    assert_eq!(
        event_of(&cancelled(render_job())),
        None,
        "no list has an event for it"
    );
    let waited_for = Job {
        announce: Announce::Silent,
        ..render_job()
    };
    assert_eq!(event_of(&succeeded(waited_for)), None);
}

fn message(job: &Job) -> Value {
    let told = Dialect::SudoMock
        .announce(job, None, EventNaming::Current, &links())
        .unwrap();
    serde_json::from_slice(&told.body).unwrap()
}

#[test]
fn the_message_of_a_render() {
    let expected = json!({
        "event": "render.succeeded",
        "type": "render.succeeded",
        "render_uuid": RENDER_JOB,
        "job_id": RENDER_JOB,
        "kind": "render",
        "status": "succeeded",
        "result_url": format!("https://mockups.example.com/files/results/{RENDER_JOB}/0.webp"),
        "error": null,
        "created_at": NOON_TEXT
    });
    assert_eq!(message(&succeeded(render_job())), expected);
    let bytes = event_body(
        EventType::RenderSucceeded,
        &succeeded(render_job()),
        EventNaming::Legacy,
        &links(),
    );
    assert!(bytes.starts_with(br#"{"event":"render.succeeded","type":"render.succeeded","render_uuid":"#));
}

#[test]
fn the_message_of_a_failure() {
    let job = failed(upload_job(), "psd_invalid_format", "the file is not a PSD");
    let expected = json!({
        "event": "render.failed",
        "type": "render.failed",
        "render_uuid": UPLOAD_JOB,
        "job_id": UPLOAD_JOB,
        "kind": "upload",
        "status": "failed",
        "result_url": null,
        "error": "the file is not a PSD",
        "error_code": "PSD_INVALID_FORMAT",
        "created_at": NOON_TEXT
    });
    assert_eq!(message(&job), expected);
}

#[test]
fn the_message_of_an_upload_names_the_mockup() {
    let told = message(&succeeded(upload_job()));
    assert_eq!(
        (&told["event"], &told["mockup_uuid"]),
        (&json!("upload.succeeded"), &json!(MOCKUP))
    );
    assert_eq!(
        told["result_url"],
        format!("https://mockups.example.com/api/v1/psd-mockups/{MOCKUP}")
    );
}

#[test]
fn the_test_message_has_the_same_frame() {
    let told: Value = serde_json::from_slice(&test_body(RENDER_JOB.parse().unwrap(), NOON)).unwrap();
    assert_eq!(told["event"], "webhook.test");
    assert_eq!(told["type"], "webhook.test");
    assert_eq!(told["status"], "succeeded");
    let test = Dialect::SudoMock.test_message(RENDER_JOB.parse().unwrap(), NOON);
    assert_eq!(test.event, EventType::WebhookTest);
    let names = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&told), names(&message(&succeeded(render_job()))));
}

#[test]
fn a_courier_that_knows_only_a_name_sends_what_a_receiver_trusts() {
    let body = Dialect::SudoMock
        .announce(&succeeded(render_job()), None, EventNaming::Current, &links())
        .unwrap()
        .body;
    let (secret, former) = (endpoint().secret, Secret::new("whsec_Zm9ybWVy"));
    let message = Message {
        id: DELIVERY.parse().unwrap(),
        event: EventType::RenderSucceeded,
        body: &body,
    };
    let sent = headers(&dialect(), &[&secret, &former], &message, NOON).unwrap();
    let lookup = |name: &str| {
        sent.iter()
            .find(|(given, _)| *given == name)
            .map(|(_, value)| value.as_str())
    };
    assert_eq!(lookup("Content-Type"), Some("application/json"));
    assert_eq!(lookup("User-Agent"), Some("SudoMock-Webhook/1.0"));
    assert_eq!(lookup("X-SudoMock-Delivery"), Some(DELIVERY));
    assert_eq!(lookup("X-SudoMock-Timestamp"), Some("1780315200"));
    let own = |secret: &Secret| signature::verify(secret.expose(), lookup, &body, NOON, TOLERANCE);
    assert_eq!(own(&secret), Ok(()));
    assert_eq!(
        own(&former),
        Err(Untrusted::WrongSignature),
        "the new secret signs alone, at once"
    );
    for secret in [&secret, &former] {
        let id = standard::verify(secret.expose(), lookup, &body, NOON, TOLERANCE);
        assert_eq!(id, Ok(standard::message_id(message.id).as_str()));
    }

    let unsigned = headers(&dialect(), &[], &message, NOON).unwrap();
    for signature in ["X-SudoMock-Signature", "webhook-signature"] {
        assert!(!unsigned.iter().any(|(name, _)| *name == signature));
    }
    let other = DialectName::new("other").unwrap();
    assert!(headers(&other, &[&secret], &message, NOON).is_err());
}

#[test]
fn an_endpoint_that_was_given_up_says_why() {
    let shown = body(&answer::endpoint(&endpoint()));
    for absent in ["disabled_reason", "disabled_at", "failing_since"] {
        assert!(shown.get(absent).is_none(), "{absent}");
    }
    let given_up = endpoint().given_up(WhyDisabled::Failing, NOON);
    let shown = body(&answer::endpoint(&given_up));
    assert_eq!(
        (
            &shown["enabled"],
            &shown["disabled_reason"],
            &shown["disabled_at"]
        ),
        (&json!(false), &json!("ENDPOINT_FAILING"), &json!(NOON_TEXT))
    );
    let job = RENDER_JOB.parse().unwrap();
    let told = Dialect::SudoMock.disabled_message(&given_up, WhyDisabled::Gone, job, NOON);
    assert_eq!(told.event, EventType::EndpointDisabled);
    let told: Value = serde_json::from_slice(&told.body).unwrap();
    assert_eq!(told["event"], "webhook.endpoint_disabled");
    assert_eq!(told["endpoint_id"], given_up.id.to_string());
    assert_eq!(
        (&told["error_code"], &told["status"], &told["kind"]),
        (&json!("ENDPOINT_GONE"), &json!("failed"), &json!("webhook"))
    );
}

#[test]
fn a_callback_of_the_other_dialect_has_its_own_words_and_signature() {
    let told = |job: &Job| {
        let told = Dialect::Templified.announce(job, None, EventNaming::Current, &links())?;
        Some((told.event, serde_json::from_slice::<Value>(&told.body).unwrap()))
    };
    let job = Job {
        started_at: Some(NOON - Duration::from_millis(4210)),
        ..succeeded(render_job())
    };
    let (event, body) = told(&job).unwrap();
    assert_eq!(event, EventType::RenderSucceeded);
    let expected = json!({
        "job_id": format!("clx_{}", RENDER_JOB.replace('-', "")),
        "status": "complete",
        "template_id": MOCKUP,
        "output_url": format!("https://mockups.example.com/files/results/{RENDER_JOB}/0.webp"),
        "render_ms": 4210,
        "completed_at": NOON_TEXT,
    });
    assert_eq!(body, expected);
    let (event, body) = told(&failed(render_job(), "x", "no font")).unwrap();
    assert_eq!(event, EventType::RenderFailed);
    assert_eq!(
        (&body["status"], &body["output_url"], &body["error"]),
        (&json!("failed"), &Value::Null, &json!("no font"))
    );
    assert!(body.get("render_ms").is_none());
    assert_eq!(told(&cancelled(render_job())).unwrap().1["status"], "failed");
    assert_eq!(told(&render_job()), None, "it has not ended");
    assert_eq!(told(&succeeded(upload_job())), None);

    let message = Message {
        id: DELIVERY.parse().unwrap(),
        event: EventType::RenderSucceeded,
        body: br#"{"status":"complete"}"#,
    };
    let secret = Secret::new("s3cret");
    let sent = Dialect::Templified.headers(&[&secret], &message, NOON);
    let lookup = |name: &str| {
        let found = sent.iter().find(|(given, _)| *given == name);
        found.map(|(_, value)| value.as_str())
    };
    assert_eq!(lookup("X-Delivery-Id"), Some(DELIVERY));
    assert_eq!(lookup("X-Templified-Event"), Some("render.complete"));
    assert_eq!(lookup("X-SudoMock-Signature"), None);
    let (header, value) = templified::Signer::default().sign("s3cret", message.body, NOON);
    assert_eq!(lookup(header), Some(value.as_str()));
    assert!(standard::verify("s3cret", lookup, message.body, NOON, TOLERANCE).is_ok());
    let terms = Dialect::Templified.delivery_terms().unwrap();
    assert_eq!(
        (terms.schedule.waits.len(), terms.timeout),
        (4, Duration::from_secs(10))
    );
}
