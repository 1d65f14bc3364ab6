//! What only S3 has: addresses signed for anybody, requests that are refused or never answered.

use std::time::{Duration, Instant};

use marquetry_blobs::{Blobs as _, OpenError, S3Settings, Storage};
use marquetry_model::{BlobKey, ContentHash, ExportFormat, JobId};
use marquetry_testkit::s3::Bucket;
use object_store::Error;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

pub(crate) fn open(bucket: &Bucket, prefix: &str) -> Storage {
    let url = format!("s3://{}{prefix}", Bucket::NAME);
    Storage::open(&url, &settings(bucket)).unwrap()
}

fn settings(bucket: &Bucket) -> S3Settings {
    S3Settings {
        names: bucket.names(),
        ..S3Settings::default()
    }
}

fn result() -> BlobKey {
    BlobKey::result(JobId::from_random([1; 16]), 0, ExportFormat::Webp)
}

/// What a stranger with nothing but the address is answered: the status line, headers and body.
async fn fetched(url: &str) -> String {
    let (host, target) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let mut stream = TcpStream::connect(host).await.unwrap();
    let request = format!("GET /{target} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_signed_address_opens_its_blob_for_a_stranger_and_no_other() {
    let bucket = Bucket::start().await;
    let storage = open(&bucket, "/deep/prefix");
    storage
        .blobs
        .put_blob(&result(), "a picture".into())
        .await
        .unwrap();
    let signing = storage.signing.unwrap().valid_for(Duration::from_secs(600));
    let address = signing.address(&result()).unwrap();
    assert!(address.contains("X-Amz-Expires=600"), "{address}");

    let answer = fetched(&address).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(answer.ends_with("a picture"), "{answer}");

    let unsigned = address.split('?').next().unwrap();
    assert!(fetched(unsigned).await.starts_with("HTTP/1.1 403"));
    let another = address.replace("/0.webp", "/1.webp");
    assert!(fetched(&another).await.starts_with("HTTP/1.1 403"));
}

#[tokio::test]
async fn an_address_is_never_valid_for_longer_than_the_protocol_allows() {
    let bucket = Bucket::start().await;
    let signing = open(&bucket, "").signing.unwrap();
    let address = signing
        .valid_for(Duration::from_hours(1000))
        .address(&result())
        .unwrap();
    assert!(address.contains("X-Amz-Expires=604800"), "{address}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_secret_is_refused_for_good_and_not_tried_again() {
    let bucket = Bucket::start().await;
    let mut settings = settings(&bucket);
    for (name, value) in &mut settings.names {
        if name == "AWS_SECRET_ACCESS_KEY" {
            "another".clone_into(value);
        }
    }
    let storage = Storage::s3(Bucket::NAME, "", &settings).unwrap();
    let refused = storage.blobs.put_blob(&result(), "x".into()).await;
    assert!(
        matches!(
            refused,
            Err(Error::PermissionDenied { .. } | Error::Unauthenticated { .. })
        ),
        "{refused:?}"
    );
    assert!(storage.blobs.answers().await.is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_storage_that_never_answers_is_given_up_in_time() {
    // Accepts, reads, says nothing.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let silent = tokio::spawn(async move {
        let mut held = Vec::new();
        while let Ok((stream, _)) = listener.accept().await {
            held.push(stream);
        }
    });
    let settings = S3Settings {
        names: vec![
            ("AWS_ENDPOINT_URL".into(), endpoint),
            ("AWS_ACCESS_KEY_ID".into(), "a".into()),
            ("AWS_SECRET_ACCESS_KEY".into(), "b".into()),
        ],
        timeout: Duration::from_millis(300),
        retries: 1,
        ..S3Settings::default()
    };
    let storage = Storage::s3("bucket", "", &settings).unwrap();
    let began = Instant::now();
    assert!(storage.blobs.answers().await.is_err());
    // Two tries of 0.3 s and what lies between them; without a limit it would be for ever.
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    silent.abort();
}

#[test]
fn addresses_that_name_no_storage_are_refused() {
    let settings = S3Settings::default();
    for url in [
        "",
        "blobs",
        "file://",
        "s3://",
        "s3:///prefix",
        "gs://bucket",
        "http://bucket",
    ] {
        let refused = Storage::open(url, &settings).unwrap_err();
        assert!(matches!(refused, OpenError::Address { .. }), "{url}: {refused}");
    }
    let never = S3Settings {
        timeout: Duration::ZERO,
        ..settings
    };
    let refused = Storage::s3("bucket", "", &never).unwrap_err();
    assert_eq!(refused.to_string(), "blob timeout must be longer than nothing");
}

#[test]
fn settings_show_no_secret() {
    let settings = S3Settings {
        names: vec![
            ("AWS_ACCESS_KEY_ID".into(), "someone".into()),
            ("AWS_SECRET_ACCESS_KEY".into(), "hunter2".into()),
        ],
        ..S3Settings::default()
    };
    let shown = format!("{settings:?} {:?}", Storage::s3("bucket", "", &settings).unwrap());
    assert!(!shown.contains("hunter2"), "{shown}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_picture_is_stored_with_its_media_type() {
    let bucket = Bucket::start().await;
    let storage = open(&bucket, "");
    storage
        .blobs
        .put_blob(&result(), "a picture".into())
        .await
        .unwrap();
    let address = storage.signing.unwrap().address(&result()).unwrap();
    let answer = fetched(&address).await.to_ascii_lowercase();
    assert!(answer.contains("content-type: image/webp"), "{answer}");
    let other = BlobKey::upload(ContentHash::from_bytes([1; 32]));
    storage.blobs.put_blob(&other, "psd".into()).await.unwrap();
}
