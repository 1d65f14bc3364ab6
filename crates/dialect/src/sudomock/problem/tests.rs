//! The body, status and headers of each problem, word for word.

use marquetry_job::Failure;
use marquetry_model::LayerId;

use super::*;
use crate::field::{Step, Wrong};
use serde_json::{Value, json};

fn body(problem: &Problem) -> Value {
    serde_json::from_slice(&problem.body()).unwrap()
}

const ID: LayerId = LayerId::from_bytes(0x128394ee_6758_4f2f_aa36_e2b19b152bd9_u128.to_be_bytes());

#[track_caller]
fn ordinary(problem: &Problem, status: u16, code: &str, detail: &str) {
    assert_eq!(problem.status(), status);
    assert_eq!(
        body(problem),
        json!({"detail": detail, "success": false, "error_code": code})
    );
    assert!(!is_hidden(detail), "{detail}");
    assert_eq!(
        problem.headers()[0],
        ("Content-Type", "application/json".to_owned())
    );
}

#[test]
fn ordinary_failures() {
    ordinary(
        &Problem::unauthorized(),
        401,
        "INVALID_API_KEY",
        "The API key is missing or not valid. Send it in the x-api-key header.",
    );
    ordinary(
        &Problem::route_not_found(),
        404,
        "NOT_FOUND",
        "There is nothing under this path.",
    );
    ordinary(
        &Problem::mockup_not_found(),
        404,
        "MOCKUP_NOT_FOUND",
        "Mockup not found.",
    );
    ordinary(&Problem::job_not_found(), 404, "JOB_NOT_FOUND", "Job not found.");
    ordinary(
        &Problem::result_not_found(),
        404,
        "RESULT_NOT_FOUND",
        "Result not found.",
    );
    ordinary(
        &Problem::webhook_endpoint_not_found(),
        404,
        "WEBHOOK_ENDPOINT_NOT_FOUND",
        "Webhook endpoint not found.",
    );
    ordinary(
        &Problem::webhook_delivery_not_found(),
        404,
        "WEBHOOK_DELIVERY_NOT_FOUND",
        "Webhook delivery not found.",
    );
    ordinary(
        &Problem::smart_object_not_found(ID),
        404,
        "SMART_OBJECT_NOT_FOUND",
        "Smart object 128394ee-6758-4f2f-aa36-e2b19b152bd9 not found in this mockup.",
    );
    ordinary(
        &Problem::layer_not_found(ID),
        422,
        "LAYER_NOT_FOUND",
        "Layer 128394ee-6758-4f2f-aa36-e2b19b152bd9 in hidden_layers not found in this mockup.",
    );
    ordinary(
        &Problem::layer_edit_conflict(ID),
        422,
        "LAYER_EDIT_CONFLICT",
        "Layer 128394ee-6758-4f2f-aa36-e2b19b152bd9 cannot be hidden and changed in the same request.",
    );
    ordinary(
        &Problem::hidden_inside_replaced(ID),
        422,
        "LAYER_EDIT_CONFLICT",
        "Layer 128394ee-6758-4f2f-aa36-e2b19b152bd9 lies inside a smart object that receives an image, \
         so it cannot be hidden.",
    );
    ordinary(
        &Problem::text_layer_not_found(ID),
        400,
        "TEXT_LAYER_NOT_FOUND",
        "Text layer 128394ee-6758-4f2f-aa36-e2b19b152bd9 not found in this mockup.",
    );
    ordinary(
        &Problem::text_layer_not_editable(ID),
        400,
        "TEXT_LAYER_NOT_EDITABLE",
        "Text layer 128394ee-6758-4f2f-aa36-e2b19b152bd9 cannot be edited.",
    );
    ordinary(
        &Problem::job_already_finished("succeeded"),
        409,
        "JOB_ALREADY_FINISHED",
        "The job has already ended: succeeded.",
    );
    ordinary(
        &Problem::job_cancelled(),
        409,
        "JOB_CANCELLED",
        "The job was cancelled.",
    );
    ordinary(
        &Problem::idempotency_conflict(),
        409,
        "IDEMPOTENCY_CONFLICT",
        "This Idempotency-Key was already used with another request.",
    );
    ordinary(
        &Problem::invalid_cursor(),
        400,
        "INVALID_CURSOR",
        "The cursor is not valid. Start again without one.",
    );
    ordinary(
        &Problem::webhook_url_rejected("it is not https"),
        422,
        "WEBHOOK_URL_REJECTED",
        "The webhook URL is refused: it is not https.",
    );
    ordinary(
        &Problem::webhook_endpoint_limit(20),
        403,
        "WEBHOOK_ENDPOINT_LIMIT_REACHED",
        "At most 20 webhook endpoints are allowed.",
    );
    ordinary(
        &Problem::mockup_quota_exceeded(150),
        403,
        "QUOTA_EXCEEDED",
        "At most 150 mockups are allowed. Delete one first.",
    );
    ordinary(
        &Problem::body_too_large(1000),
        413,
        "BODY_TOO_LARGE",
        "The body may have at most 1000 bytes.",
    );
    ordinary(
        &Problem::unsupported_media_type("application/json"),
        415,
        "UNSUPPORTED_MEDIA_TYPE",
        "The body should be of type application/json.",
    );
    ordinary(
        &Problem::server_error(),
        500,
        "SERVER_ERROR",
        "Something went wrong on the server.",
    );
    ordinary(
        &Problem::new(Code::ArtworkDownloadFailed, "The picture could not be fetched."),
        502,
        "ARTWORK_DOWNLOAD_FAILED",
        "The picture could not be fetched.",
    );
}

#[test]
fn headers_that_belong_to_a_status() {
    let problem = Problem::method_not_allowed("GET, PATCH");
    assert_eq!(problem.status(), 405);
    assert!(problem.headers().contains(&("Allow", "GET, PATCH".to_owned())));
    let problem = Problem::unavailable(Duration::from_millis(1200));
    assert_eq!(problem.status(), 503);
    assert!(problem.headers().contains(&("Retry-After", "2".to_owned())));
}

#[test]
fn a_psd_that_could_not_be_used() {
    let problem = Problem::psd_too_large(Some(512_000_000), 300_000_000);
    assert_eq!(problem.status(), 400);
    assert_eq!(
        body(&problem),
        json!({
            "error_code": "PSD_TOO_LARGE",
            "message": "The file may have at most 300 MB.",
            "detail": "The file may have at most 300 MB.",
            "details": {
                "file_size_mb": 512.0,
                "max_file_size_mb": 300.0,
                "suggestion": "Flatten or remove layers that are not needed, or embed smaller pictures."
            },
            "success": false
        })
    );
    let problem = Problem::psd(Code::PsdProcessingFailed, "The file could not be processed.");
    assert_eq!(problem.status(), 500);
    assert_eq!(body(&problem)["details"], json!({}));
    // A failed upload that somebody waited for takes the same shape.
    let failure = Failure::new("psd_invalid_format", "the file is not a PSD", "offset 0");
    let problem = Problem::of_failure(&failure);
    assert_eq!(problem.status(), 400);
    assert_eq!(body(&problem)["message"], "the file is not a PSD");
    assert!(
        !problem.summary().contains("offset"),
        "the log's detail stays in the log"
    );
    assert_eq!(body(&problem)["error_code"], "PSD_INVALID_FORMAT");
}

#[test]
fn a_failed_render_that_somebody_waited_for() {
    let fetch = Failure::new(
        "ARTWORK_DOWNLOAD_FAILED",
        "the picture could not be fetched",
        "HTTP 500",
    );
    assert_eq!(Problem::of_failure(&fetch).status(), 502);
    let unknown = Failure::new("gremlins", "the render failed", "");
    assert_eq!(Problem::of_failure(&unknown).code(), Some(Code::ProcessingFailed));
    assert_eq!(spelled("gremlins"), "GREMLINS");
    assert_eq!(spelled("warp_unsupported"), "PROCESSING_FAILED");
    assert_eq!(spelled("no spaces, please"), "PROCESSING_FAILED");
    assert_eq!(spelled(""), "PROCESSING_FAILED");
}

#[test]
fn wrong_fields_are_a_list_and_nothing_else() {
    let problem = Problem::from(Wrong {
        fields: vec![FieldError {
            path: ["body", "smart_objects"]
                .map(Step::Name)
                .into_iter()
                .chain([Step::Index(0), Step::Name("asset"), Step::Name("rotate")])
                .collect(),
            kind: "float_type",
            message: "should be a number".to_owned(),
        }],
        rules: Vec::new(),
    });
    assert_eq!(problem.status(), 422);
    assert_eq!(
        body(&problem),
        json!({"detail": [{
            "loc": ["body", "smart_objects", 0, "asset", "rotate"],
            "msg": "should be a number",
            "type": "float_type"
        }]})
    );
    assert_eq!(
        problem.to_string(),
        "422: smart_objects[0].asset.rotate should be a number"
    );
}

#[test]
fn out_of_credits() {
    let problem = Problem::credits_exhausted(Some(Timestamp::from_micros(0)));
    assert_eq!(problem.status(), 402);
    assert_eq!(
        body(&problem),
        json!({
            "detail": "No credits are left.",
            "success": false,
            "error_code": "credits_exhausted",
            "credits_reset_at": "1970-01-01T00:00:00.000Z"
        })
    );
}

#[test]
fn too_often() {
    let problem = Problem::limit_reached(LimitReached::Rate {
        limit: 1000,
        retry_after: Duration::from_millis(29_001),
    });
    assert_eq!(problem.status(), 429);
    assert_eq!(
        body(&problem),
        json!({
            "detail": "More than 1000 requests in a minute. Try again later.",
            "success": false,
            "error": {
                "type": "rate_limit_exceeded",
                "code": "RATE_LIMIT_EXCEEDED",
                "limit": 1000,
                "remaining": 0,
                "reset_seconds": 30,
                "retry_after": 30,
                "resource": "api"
            }
        })
    );
    for (name, value) in [
        ("Retry-After", "30"),
        ("RateLimit-Reset", "30"),
        ("RateLimit-Limit", "1000"),
        ("RateLimit-Remaining", "0"),
    ] {
        assert!(problem.headers().contains(&(name, value.to_owned())), "{name}");
    }
}

#[test]
fn too_many_at_once() {
    let problem = Problem::limit_reached(LimitReached::Concurrency {
        resource: Resource::Renders,
        limit: 3,
        current: 3,
        retry_after: Duration::from_secs(5),
    });
    assert_eq!(problem.status(), 429);
    assert_eq!(
        body(&problem),
        json!({
            "detail": "At most 3 renders at once. Try again when one is done.",
            "success": false,
            "error": {
                "type": "concurrent_limit_exceeded",
                "code": "CONCURRENT_LIMIT_EXCEEDED",
                "limit": 3,
                "current": 3,
                "retry_after": 5,
                "resource": "concurrent-render"
            }
        })
    );
    assert!(problem.headers().contains(&("Retry-After", "5".to_owned())));
}
