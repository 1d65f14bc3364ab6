//! The program itself with its blobs on S3: an upload, a render, and a result that clients fetch from S3 themselves.

use std::process::Command;

use marquetry_testkit::s3::Bucket;
use serde_json::json;

use crate::http::client::{Ask, Raw};
use crate::sudden_death::{KEY, Server};

#[tokio::test(flavor = "multi_thread")]
async fn results_are_fetched_from_s3_by_addresses_that_are_signed() {
    let (folder, bucket) = (tempfile::tempdir().unwrap(), Bucket::start().await);
    let url = format!("s3://{}/mockups", Bucket::NAME);
    let more = [
        "--blob-url",
        &url,
        "--result-urls",
        "presigned",
        "--result-url-expiry",
        "900",
    ];
    let server = Server::start_with(folder.path(), &more, bucket.names());
    let upload = Ask::post("/api/v1/psd/upload?name=Poster")
        .key(KEY)
        .header("content-type", "application/octet-stream")
        .body(&include_bytes!("../../assets/mockup.psd")[..]);
    let mockup = upload.send(server.address).await.expect(200)["data"].clone();
    let render = json!({
        "mockup_uuid": mockup["uuid"],
        "smart_objects": [{"uuid": mockup["smart_objects"][0]["uuid"], "color": {"hex": "#408040"}}],
        "export_options": {"image_format": "png"},
    });
    let rendered = Ask::post("/api/v1/renders")
        .key(KEY)
        .json(&render)
        .send(server.address)
        .await
        .expect(200);
    let result = rendered["data"]["print_files"][0]["export_path"]
        .as_str()
        .unwrap();
    assert!(result.contains("X-Amz-Expires=900"), "{result}");
    let (host, path) = result.strip_prefix("http://").unwrap().split_once('/').unwrap();
    // As a stranger does, whose `Host` is part of what was signed.
    let mut stranger = Raw::connect(host.parse().unwrap()).await;
    stranger
        .write(format!(
            "GET /{path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n"
        ))
        .await;
    let file = stranger.read_to_end().await;
    assert!(file.starts_with("HTTP/1.1 200 "), "{file}");
    assert!(
        file.to_ascii_lowercase().contains("content-type: image/png"),
        "{file}"
    );
    assert!(file.contains("IEND"), "it is a PNG to its end");
    assert!(
        !folder.path().join("blobs").exists(),
        "nothing lies in the folder"
    );

    // What was done is counted.
    let figures = Ask::get("/metrics").send(server.address).await;
    let figures = String::from_utf8_lossy(&figures.body).into_owned();
    let told = |name: &str, labels: &[&str], value: &str| {
        let mut lines = figures
            .lines()
            .filter(|line| line.starts_with(&format!("{name}{{")));
        lines.any(|line| {
            labels.iter().all(|label| line.contains(label)) && line.ends_with(&format!(" {value}"))
        })
    };
    let (render, upload) = (r#"kind="render""#, r#"kind="upload""#);
    assert!(told("marquetry_jobs_accepted_total", &[render], "1"), "{figures}");
    let well = [upload, r#"state="succeeded""#, r#"cause="none""#];
    assert!(told("marquetry_jobs_ended_total", &well, "1"), "{figures}");
    assert!(
        told("marquetry_room_seconds_count", &[r#"room="fetch""#], "2"),
        "{figures}"
    );
    assert!(
        told("marquetry_job_start_seconds_count", &[upload], "1"),
        "{figures}"
    );
    assert!(
        figures.lines().any(|line| line == "marquetry_jobs_live 0"),
        "{figures}"
    );

    // The server itself serves it as well, under the address that it would have handed out.
    let key = path.split('?').next().unwrap().split_once("/results/").unwrap().1;
    let served = Ask::get(format!("/files/results/{key}"))
        .send(server.address)
        .await;
    assert!(
        served.body.ends_with(b"IEND\xAE\x42\x60\x82"),
        "{}",
        served.status
    );
    let length = format!("content-length: {}\r\n", served.body.len());
    assert!(
        file.to_ascii_lowercase().contains(&length),
        "both are the same file"
    );
}

#[test]
fn a_folder_signs_no_addresses_and_says_so_at_start() {
    let folder = tempfile::tempdir().unwrap();
    let refused = Command::new(env!("CARGO_BIN_EXE_marquetry"))
        .args([
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--result-urls",
            "presigned",
            "--data-dir",
        ])
        .arg(folder.path())
        .output()
        .unwrap();
    assert_eq!(refused.status.code(), Some(1));
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(
        said.contains("--result-urls presigned needs blobs on S3"),
        "{said}"
    );
}
