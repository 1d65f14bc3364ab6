//! Every error that the contract names for these routes, each brought about over HTTP.

use http::Method;
use marquetry_server::{Config, Rate};
use marquetry_testkit::catcher::Answer as Served;
use marquetry_testkit::psd::{Builder, Layer, Rect};
use serde_json::{Value, json};

use super::client::Ask;
use super::renders::unknown_mockup;
use super::site::{Mockup, Setup, Site};

fn render(mockup: &Mockup, change: impl Fn(&mut Value)) -> Ask {
    let mut body = mockup.render_red();
    change(&mut body);
    Ask::post("/api/v1/renders").json(&body)
}

fn flat_psd() -> Vec<u8> {
    let mut document = Builder::new(8, 8).merged(vec![9; 8 * 8 * 4]);
    document.push(Layer::raster("Paper", Rect::new(0, 0, 8, 8), vec![9; 8 * 8 * 4]));
    document.to_bytes()
}

#[tokio::test]
async fn every_named_error_is_told_with_its_status_and_code() {
    const ELSE: &str = "00000000-0000-4000-8000-000000000000";
    let site = Site::open().await;
    let mockup = site.mockup().await;
    site.outside.answer_always(Served::status(404));
    let outside = site.outside.url("/nothing");
    let upload = |body: Value| Ask::post("/api/v1/psd/upload").json(&body);
    let file = |bytes: Vec<u8>| {
        Ask::post("/api/v1/psd/upload")
            .header("content-type", "image/vnd.adobe.photoshop")
            .body(bytes)
    };
    let one = format!("/api/v1/mockups/{}", mockup.id);

    for (what, ask, status, code) in [
        // Uploads.
        (
            "an address that is none",
            upload(json!({"psd_file_url": "not a url"})),
            400,
            "INVALID_PSD_URL",
        ),
        (
            "a file that is not there",
            upload(json!({"psd_file_url": outside})),
            400,
            "PSD_DOWNLOAD_FAILED",
        ),
        (
            "bytes that are no PSD",
            file(b"GIF89a, really".to_vec()),
            400,
            "PSD_INVALID_FORMAT",
        ),
        (
            "a PSD cut short",
            file(super::site::psd()[..200].to_vec()),
            400,
            "PSD_INVALID_FORMAT",
        ),
        ("nothing to fill", file(flat_psd()), 400, "PSD_NO_SMART_OBJECTS"),
        ("no address", upload(json!({})), 422, "none"),
        // Renders.
        (
            "an unknown mockup",
            Ask::post("/api/v1/renders").json(&unknown_mockup()),
            404,
            "MOCKUP_NOT_FOUND",
        ),
        (
            "an unknown smart object",
            render(&mockup, |body| body["smart_objects"][0]["uuid"] = ELSE.into()),
            404,
            "SMART_OBJECT_NOT_FOUND",
        ),
        (
            "an unknown text layer",
            render(&mockup, |body| {
                body["text_layers"] = json!([{"uuid": ELSE, "text": "Hi"}])
            }),
            400,
            "TEXT_LAYER_NOT_FOUND",
        ),
        (
            "an unknown layer to hide",
            render(&mockup, |body| body["hidden_layers"] = json!([ELSE])),
            422,
            "LAYER_NOT_FOUND",
        ),
        (
            "a layer hidden and filled",
            render(&mockup, |body| body["hidden_layers"] = json!([mockup.slot])),
            422,
            "LAYER_EDIT_CONFLICT",
        ),
        (
            "tiles without a size",
            render(&mockup, |body| {
                body["smart_objects"][0]["asset"]["tile"] = true.into()
            }),
            422,
            "TILE_REQUIRES_SIZE",
        ),
        (
            "a background to be removed",
            render(&mockup, |body| {
                body["smart_objects"][0]["asset"]["remove_background"] = true.into()
            }),
            422,
            "BACKGROUND_REMOVAL_UNAVAILABLE",
        ),
        (
            "an asset that is not there",
            render(&mockup, |body| {
                body["smart_objects"][0]["asset"] = json!({"url": outside})
            }),
            502,
            "ARTWORK_DOWNLOAD_FAILED",
        ),
        (
            "an asset that is no picture",
            render(&mockup, |body| {
                body["smart_objects"][0]["asset"] = json!({"base64": "aGVsbG8gd29ybGQ="})
            }),
            400,
            "ARTWORK_INVALID",
        ),
        (
            "nothing to do",
            render(&mockup, |body| body["smart_objects"] = json!([])),
            422,
            "INVALID_REQUEST",
        ),
        (
            "a width that is too large",
            render(&mockup, |body| {
                body["export_options"]["image_size"] = 10_001.into()
            }),
            422,
            "none",
        ),
        (
            "no JSON",
            Ask::post("/api/v1/renders")
                .header("content-type", "application/json")
                .body("{oops"),
            422,
            "none",
        ),
        ("no body", Ask::post("/api/v1/renders"), 422, "none"),
        // Mockups and jobs.
        (
            "a mockup of no id",
            Ask::get("/api/v1/psd-mockups/me"),
            404,
            "MOCKUP_NOT_FOUND",
        ),
        (
            "a name of nothing",
            Ask::new(Method::PATCH, &one).json(&json!({"name": ""})),
            422,
            "none",
        ),
        ("no name", Ask::new(Method::PATCH, &one), 422, "none"),
        (
            "an unknown job",
            Ask::get(format!("/api/v1/jobs/{ELSE}")),
            404,
            "JOB_NOT_FOUND",
        ),
        (
            "an unknown job's end",
            Ask::post(format!("/api/v1/jobs/{ELSE}/cancel")),
            404,
            "JOB_NOT_FOUND",
        ),
        (
            "a cursor of somebody else's",
            Ask::get("/api/v1/jobs?cursor=abc"),
            400,
            "INVALID_CURSOR",
        ),
        ("too many jobs", Ask::get("/api/v1/jobs?limit=51"), 422, "none"),
        // Routes.
        ("no such path", Ask::get("/api/v1/rendering"), 404, "NOT_FOUND"),
        (
            "no such path without a key's need",
            Ask::get("/"),
            404,
            "NOT_FOUND",
        ),
        (
            "the wrong method",
            Ask::new(Method::PUT, &one),
            405,
            "METHOD_NOT_ALLOWED",
        ),
        (
            "the wrong type",
            Ask::post("/api/v1/renders")
                .header("content-type", "text/plain")
                .body("hello"),
            415,
            "UNSUPPORTED_MEDIA_TYPE",
        ),
        (
            "the wrong type of a file",
            Ask::post("/api/v1/psd/upload")
                .header("content-type", "image/png")
                .body("hello"),
            415,
            "UNSUPPORTED_MEDIA_TYPE",
        ),
        (
            "a compressed body",
            render(&mockup, |_| ()).header("content-encoding", "gzip"),
            415,
            "UNSUPPORTED_MEDIA_TYPE",
        ),
    ] {
        let answer = site.send(ask).await;
        assert_eq!(
            answer.problem(),
            (status, code.to_owned()),
            "{what}: {:?}",
            answer.body
        );
        let body = answer.json();
        if code == "none" {
            // Wrong fields: a list that says where.
            let first = &body["detail"][0];
            assert!(
                first["loc"].is_array() && first["msg"].is_string() && first["type"].is_string(),
                "{body}"
            );
        } else {
            assert_eq!(body["success"], false, "{what}");
            assert!(
                body["detail"].as_str().is_some_and(|text| !text.is_empty()),
                "{what}: {body}"
            );
        }
        if code.starts_with("PSD_") || code == "INVALID_PSD_URL" {
            assert_eq!(body["message"], body["detail"], "{what}");
            assert!(body["details"]["suggestion"].is_string(), "{what}: {body}");
        }
        assert_eq!(answer.header("content-type"), Some("application/json"), "{what}");
        assert!(answer.header("x-request-id").is_some(), "{what}");
    }
}

#[tokio::test]
async fn paths_are_the_same_with_slashes_at_their_end() {
    let site = Site::open().await;
    for path in ["/api/v1/me/", "/api/v1/jobs//", "/livez/"] {
        assert_eq!(site.get(path).await.status, 200, "{path}");
    }
    let allow = site.send(Ask::new(Method::PUT, "/api/v1/jobs/")).await;
    assert_eq!(allow.header("allow"), Some("GET, HEAD"));
}

#[tokio::test]
async fn a_key_that_asks_too_often_is_told_when_to_come_back() {
    let site = Site::idle(Setup {
        config: Config {
            requests: Rate {
                per_minute: 6,
                burst: 3,
            },
            ..Config::default()
        },
        ..Setup::default()
    })
    .await;
    for remaining in ["2", "1", "0"] {
        let answer = site.get("/api/v1/jobs").await;
        answer.expect(200);
        assert_eq!(answer.header("ratelimit-limit"), Some("6"));
        assert_eq!(answer.header("ratelimit-remaining"), Some(remaining));
        assert!(answer.header("ratelimit-reset").is_some());
    }
    let refused = site.get("/api/v1/jobs").await;
    let body = refused.expect(429);
    assert_eq!(body["error"]["code"], "RATE_LIMIT_EXCEEDED");
    assert_eq!(body["error"]["type"], "rate_limit_exceeded");
    assert_eq!(body["error"]["limit"], 6);
    let wait = body["error"]["retry_after"].to_string();
    assert_eq!(refused.header("retry-after"), Some(wait.as_str()));
    assert_eq!(refused.header("ratelimit-remaining"), Some("0"));
    assert!(refused.header("x-concurrent-limit").is_some());
    // Another key has its own allowance, and health needs none.
    let other = site.service.create_key(site.tenant, "other").await.unwrap();
    let answer = Ask::get("/api/v1/jobs")
        .key(other.text.expose())
        .send(site.address)
        .await;
    answer.expect(200);
}

#[tokio::test]
async fn strangers_are_told_to_wait_after_a_while() {
    let site = Site::idle(Setup {
        config: Config {
            strangers: Rate {
                per_minute: 1,
                burst: 2,
            },
            ..Config::default()
        },
        ..Setup::default()
    })
    .await;
    for status in [401, 401, 429] {
        let answer = Ask::get("/api/v1/jobs").key("sm_wrong").send(site.address).await;
        answer.expect(status);
    }
    site.get("/api/v1/jobs").await.expect(200);
}

#[tokio::test]
async fn a_full_queue_is_told_with_its_own_code() {
    let site = Site::idle(Setup {
        most_live_jobs_of_tenant: 2,
        ..Setup::default()
    })
    .await;
    let body = json!({"psd_file_url": "https://example.com/a.psd", "is_async": true});
    for _ in 0..2 {
        site.post("/api/v1/psd/upload", &body).await.expect(202);
    }
    let refused = site.post("/api/v1/psd/upload", &body).await;
    let told = refused.expect(429);
    assert_eq!(told["error"]["code"], "CONCURRENT_LIMIT_EXCEEDED");
    assert_eq!(told["error"]["resource"], "queue");
    assert_eq!(told["error"]["limit"], 2);
    assert_eq!(refused.header("retry-after"), Some("5"));
}
