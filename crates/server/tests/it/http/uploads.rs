//! `POST /psd/upload` in its three forms.

use marquetry_testkit::catcher::Answer as Served;
use serde_json::json;

use super::client::{Answer, Ask, Raw};
use super::site::{CANVAS, Setup, Site, psd};

const BOUNDARY: &str = "a boundary of 27 characters";

/// A form with these parts: the headers of each after its `Content-Disposition: form-data; `, and its bytes.
fn form(parts: &[(&str, &[u8])]) -> Ask {
    let mut body = Vec::new();
    for (head, bytes) in parts {
        body.extend_from_slice(
            format!("--{BOUNDARY}\r\nContent-Disposition: form-data; {head}\r\n\r\n").as_bytes(),
        );
        body.extend_from_slice(bytes);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
    Ask::post("/api/v1/psd/upload")
        .header(
            "content-type",
            format!("multipart/form-data; boundary=\"{BOUNDARY}\""),
        )
        .body(body)
}

fn raw(query: &str, bytes: impl Into<bytes::Bytes>) -> Ask {
    Ask::post(format!("/api/v1/psd/upload{query}"))
        .header("content-type", "application/octet-stream")
        .body(bytes)
}

fn check(answer: &Answer, name: &str) {
    let body = answer.expect(200);
    assert_eq!((&body["success"], &body["message"]), (&json!(true), &json!("")));
    let data = &body["data"];
    assert_eq!(data["name"], name);
    assert_eq!(
        (&data["width"], &data["height"]),
        (&json!(CANVAS[0]), &json!(CANVAS[1]))
    );
    assert_eq!(data["smart_objects"][0]["name"], "Design");
    assert_eq!(
        data["smart_objects"][0]["size"],
        json!({"width": 60, "height": 40})
    );
    assert_eq!(data["thumbnails"].as_array().map(Vec::len), Some(3), "{data}");
}

#[tokio::test]
async fn a_file_comes_by_its_address() {
    let site = Site::open().await;
    site.outside.answer_always(Served::ok(psd()));
    let body = json!({"psd_file_url": site.outside.url("/Poster.psd"), "psd_name": "By address"});
    check(&site.post("/api/v1/psd/upload", &body).await, "By address");
    // JSON is what a body of no type is.
    let ask = Ask::post("/api/v1/psd/upload").body(body.to_string());
    check(&site.send(ask).await, "By address");
}

#[tokio::test]
async fn a_file_comes_as_the_body() {
    let site = Site::open().await;
    check(&site.send(raw("?name=Raw%20one", psd())).await, "Raw one");
    check(&site.send(raw("?psd_name=Raw", psd())).await, "Raw");
    check(&site.send(raw("", psd())).await, "Untitled");
    let accepted = site.send(raw("?is_async=true", psd())).await.expect(202);
    assert_eq!(accepted["kind"], "upload");
    assert_eq!(site.ended(&accepted["job_id"]).await["status"], "succeeded");
}

#[tokio::test]
async fn a_file_comes_in_a_form() {
    let site = Site::open().await;
    let file = psd();
    let with_name = form(&[
        ("name=\"psd_name\"", b"Named"),
        ("name=\"psd_file\"; filename=\"Poster.psd\"", &file),
    ]);
    check(&site.send(with_name).await, "Named");
    // Fields after the file count as well, and a file has a name of its own.
    let without = form(&[
        (
            "name=\"anything\"; filename=\"C:\\\\mockups\\\\Blue Tee.PSB\"",
            &file,
        ),
        ("name=\"is_async\"", b"false"),
    ]);
    check(&site.send(without).await, "Blue Tee");
    let background = form(&[
        ("name=\"file\"; filename=\"a.psd\"", &file),
        ("name=\"is_async\"", b"true"),
    ]);
    site.send(background).await.expect(202);
}

#[tokio::test]
async fn a_file_that_is_too_large_is_refused_in_every_form() {
    let site = Site::idle(Setup {
        upload_bytes: 1000,
        ..Setup::default()
    })
    .await;
    let large = vec![b'8'; 1001];
    let announced = site.send(raw("", large.clone())).await;
    let body = announced.expect(400);
    assert_eq!(body["error_code"], "PSD_TOO_LARGE");
    assert_eq!(body["details"]["file_size_mb"], json!(0.01));
    let in_form = site
        .send(form(&[("name=\"f\"; filename=\"f.psd\"", &large)]))
        .await;
    assert_eq!(in_form.problem(), (400, "PSD_TOO_LARGE".to_owned()));
    let huge = vec![0; 3 << 20];
    let announced_form = site
        .send(form(&[("name=\"f\"; filename=\"f.psd\"", &huge)]))
        .await;
    assert_eq!(announced_form.problem(), (400, "PSD_TOO_LARGE".to_owned()));

    // Nobody said how long it would be.
    let mut client = Raw::connect(site.address).await;
    let head = format!(
        "POST /api/v1/psd/upload HTTP/1.1\r\nhost: x\r\nx-api-key: {}\r\n\
         content-type: application/octet-stream\r\ntransfer-encoding: chunked\r\n\r\n",
        site.key
    );
    client.write(head).await;
    for _ in 0..11 {
        client.write(format!("64\r\n{}\r\n", "8".repeat(100))).await;
    }
    let answer = client.read_until("PSD_TOO_LARGE").await;
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
    assert!(nothing_is_stored(&site).await);
}

#[tokio::test]
async fn an_upload_that_breaks_off_leaves_nothing_behind() {
    let site = Site::idle(Setup::default()).await;
    let mut client = Raw::connect(site.address).await;
    let head = format!(
        "POST /api/v1/psd/upload HTTP/1.1\r\nhost: x\r\nx-api-key: {}\r\n\
         content-type: application/octet-stream\r\ncontent-length: 100000\r\n\r\n8BPS",
        site.key
    );
    client.write(head).await;
    drop(client);
    let gone = async {
        while !nothing_is_stored(&site).await {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(super::client::PATIENCE, gone).await.unwrap();
    assert_eq!(site.get("/api/v1/jobs").await.expect(200)["jobs"], json!([]));
}

async fn nothing_is_stored(site: &Site) -> bool {
    use futures::TryStreamExt as _;
    let all: Vec<_> = site.blobs.list(None).try_collect().await.unwrap_or_default();
    all.is_empty()
}

#[tokio::test]
async fn what_is_wrong_with_a_form_is_named() {
    let site = Site::idle(Setup::default()).await;
    let file = psd();
    let file_part = ("name=\"psd_file\"; filename=\"a.psd\"", file.as_slice());
    for (ask, status, says) in [
        (form(&[("name=\"psd_name\"", b"Alone")]), 422, "no file"),
        (form(&[file_part, file_part]), 422, "more than one file"),
        (
            form(&[file_part, ("name=\"is_async\"", b"perhaps")]),
            422,
            "is_async",
        ),
        (
            form(&[file_part, ("name=\"psd_name\"", &[0xff, 0xfe])]),
            422,
            "psd_name",
        ),
        (form(&[("name=\"psd_name\"", &[b'x'; 20_000])]), 422, "psd_name"),
        (form(&[("name=\"f\"; filename=\"f.psd\"", b"")]), 422, "file"),
        (form(&[("name=\"x\"", b"y".as_slice()); 40]), 422, "fields"),
        (
            Ask::post("/api/v1/psd/upload")
                .header("content-type", "multipart/form-data")
                .body("--x--"),
            422,
            "boundary",
        ),
        (
            Ask::post("/api/v1/psd/upload")
                .header("content-type", "multipart/form-data; boundary=x")
                .body("this is no form"),
            422,
            "form",
        ),
        (raw("?is_async=perhaps", file.clone()), 422, "is_async"),
        (raw("", ""), 422, "file"),
    ] {
        let answer = site.send(ask).await;
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        assert_eq!(answer.status, status, "{text}");
        assert!(text.contains(says), "{text} should say {says}");
    }
}
