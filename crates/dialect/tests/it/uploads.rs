//! `POST /psd/upload`.

use marquetry_dialect::sudomock::request::{self, FileUpload, Mode};
use marquetry_dialect::sudomock::{Answer, Problem, answer};
use marquetry_model::UploadSource;
use serde_json::json;

use crate::fixtures::*;

fn upload(body: serde_json::Value) -> Result<(String, String, Mode), Problem> {
    request::upload(body.to_string().as_bytes()).map(|asked| match asked.ask.source {
        UploadSource::Url(url) => (asked.ask.name, url, asked.mode),
        UploadSource::Blob { .. } => panic!("a URL was given"),
    })
}

#[test]
fn a_file_by_url() {
    let url = "https://example.com/files/White%20Mug.PSD?sig=1".to_owned();
    let asked = upload(json!({"psd_file_url": url}));
    assert_eq!(asked, Ok(("White Mug".into(), url.clone(), Mode::Inline)));
    let asked = upload(json!({"psd_file_url": url, "psd_name": "Mug 1", "is_async": true, "extra": [1]}));
    assert_eq!(asked, Ok(("Mug 1".into(), url.clone(), Mode::Background)));
    let asked = upload(json!({"psd_file_url": "https://example.com", "psd_name": " "}));
    assert_eq!(asked.map(|asked| asked.0), Ok("Untitled".into()));
    let body = json!({"psd_file_url": url, "webhook": {"url": "https://example.com/hook"}}).to_string();
    let asked = request::upload(body.as_bytes()).unwrap();
    assert_eq!(asked.callback.as_deref(), Some("https://example.com/hook"));
}

#[test]
fn a_url_that_is_none_of_the_web_is_400() {
    for url in [
        "mug.psd",
        "ftp://example.com/mug.psd",
        "file:///etc/passwd",
        "http://",
    ] {
        let problem = upload(json!({"psd_file_url": url})).unwrap_err();
        let (status, code, detail) = told(&problem);
        assert_eq!((status, code.as_str()), (400, "INVALID_PSD_URL"), "{url}");
        assert_eq!(body(&Answer::from(&problem))["message"], detail);
    }
}

#[test]
fn wrong_fields_are_named() {
    let named_by = |body| named(&upload(body).unwrap_err());
    assert_eq!(named_by(json!({})), ["body.psd_file_url missing"]);
    assert_eq!(
        named_by(json!({"psd_file_url": null})),
        ["body.psd_file_url missing"]
    );
    assert_eq!(
        named_by(json!({"psd_file_url": ""})),
        ["body.psd_file_url string_too_short"]
    );
    assert_eq!(
        named_by(json!({"psd_file_url": 1, "psd_name": "x".repeat(256), "is_async": "yes", "webhook": "u"})),
        [
            "body.psd_file_url string_type",
            "body.psd_name string_too_long",
            "body.is_async bool_type",
            "body.webhook dict_type"
        ]
    );
    assert_eq!(named(&request::upload(b"").unwrap_err()), ["body.0 json_invalid"]);
    assert_eq!(
        named(&request::upload(b"[1").unwrap_err()),
        ["body.1 json_invalid"]
    );
}

#[test]
fn what_stands_beside_a_file_that_is_sent_itself() {
    let asked = request::upload_fields([("psd_name", "Mug"), ("is_async", "true"), ("other", "x")]);
    let expected = FileUpload {
        name: Some("Mug".into()),
        mode: Mode::Background,
        callback: None,
    };
    assert_eq!(asked, Ok(expected));
    assert_eq!(
        request::upload_fields([("psd_name", "")]),
        Ok(FileUpload::default())
    );
    let problem = request::upload_fields([("is_async", "maybe"), ("webhook_url", "nowhere")]).unwrap_err();
    assert_eq!(
        named(&problem),
        ["body.is_async bool_type", "body.webhook_url url_parsing"]
    );
}

#[test]
fn the_answer_of_an_upload_that_was_waited_for_is_the_mockup() {
    let answer = body(&answer::mockup(&mockup(), &links()));
    assert_eq!(
        (&answer["success"], &answer["message"]),
        (&json!(true), &json!(""))
    );
    assert_eq!(answer["data"]["uuid"], MOCKUP);
}

#[test]
fn a_file_that_cannot_become_a_mockup() {
    for (code, status, spelled) in [
        ("psd_invalid_format", 400, "PSD_INVALID_FORMAT"),
        ("psd_too_large", 400, "PSD_TOO_LARGE"),
        ("psd_no_smart_objects", 400, "PSD_NO_SMART_OBJECTS"),
        ("psd_dimensions_too_large", 400, "PSD_DIMENSIONS_TOO_LARGE"),
        ("psd_unsupported_color_mode", 400, "PSD_UNSUPPORTED_COLOR_MODE"),
        (
            "psd_unsupported_bits_per_channel",
            400,
            "PSD_UNSUPPORTED_BITS_PER_CHANNEL",
        ),
        ("psd_download_failed", 400, "PSD_DOWNLOAD_FAILED"),
        ("psd_processing_failed", 500, "PSD_PROCESSING_FAILED"),
    ] {
        let job = failed(upload_job(), code, "it did not work");
        let problem = Problem::of_ended(&job).unwrap();
        let told = body(&Answer::from(&problem));
        assert_eq!(
            (problem.status(), told["error_code"].as_str()),
            (status, Some(spelled))
        );
        assert_eq!(told["message"], told["detail"]);
        assert!(told["details"].is_object());
        assert!(!told.to_string().contains("secret detail"));
    }
    assert_eq!(told(&Problem::mockup_quota_exceeded(5)).0, 403);
}
