//! Results as a browser, a download manager and a proxy ask for them.

use http::Method;

use super::client::{Answer, Ask};
use super::site::{Setup, Site};

const KEY: &str = "results/9d4e2b51-0c7a-4f8e-bb1c-2a6f9e3d8c10/0.webp";

async fn site() -> Site {
    let site = Site::idle(Setup::default()).await;
    site.put(KEY, (0..=255).collect()).await;
    site.put("uploads/secret.psd", b"8BPS".to_vec()).await;
    site
}

fn ask() -> Ask {
    Ask::get(format!("/files/{KEY}"))
}

/// Files need no key.
async fn send(site: &Site, ask: Ask) -> Answer {
    ask.send(site.address).await
}

#[tokio::test]
async fn a_file_may_be_kept_for_ever() {
    let site = site().await;
    let file = send(&site, ask()).await;
    assert_eq!(file.status, 200);
    assert_eq!(file.body.len(), 256);
    for (name, value) in [
        ("content-type", "image/webp"),
        ("content-length", "256"),
        ("accept-ranges", "bytes"),
        ("cache-control", "public, max-age=31536000, immutable"),
        ("access-control-allow-origin", "*"),
        ("x-content-type-options", "nosniff"),
    ] {
        assert_eq!(file.header(name), Some(value), "{name}");
    }
    let tag = file.header("etag").unwrap();
    assert!(tag.starts_with('"') && tag.ends_with('"'), "{tag}");

    let known = send(&site, ask().header("if-none-match", tag)).await;
    assert_eq!((known.status.as_u16(), known.body.len()), (304, 0));
    assert_eq!(known.header("etag"), Some(tag));
    let other = send(&site, ask().header("if-none-match", "\"other\"")).await;
    assert_eq!(other.status, 200);
}

#[tokio::test]
async fn head_tells_what_get_would_send() {
    let site = site().await;
    let path = format!("/files/{KEY}");
    let head = send(&site, Ask::new(Method::HEAD, path)).await;
    let get = send(&site, ask()).await;
    assert_eq!((head.status, head.body.len()), (get.status, 0));
    for name in ["content-length", "content-type", "etag", "cache-control"] {
        assert_eq!(head.header(name), get.header(name), "{name}");
    }
    let live = send(&site, Ask::new(Method::HEAD, "/livez")).await;
    assert_eq!(
        (live.status.as_u16(), live.header("content-length")),
        (200, Some("15"))
    );
}

#[tokio::test]
async fn a_part_is_sent_as_a_part() {
    let site = site().await;
    for (range, first, last) in [
        ("bytes=0-0", 0, 0),
        ("bytes=10-19", 10, 19),
        ("bytes=250-", 250, 255),
        ("bytes=250-9999", 250, 255),
        ("bytes=-6", 250, 255),
        ("bytes=-9999", 0, 255),
    ] {
        let part = send(&site, ask().header("range", range)).await;
        assert_eq!(part.status, 206, "{range}");
        let wanted: Vec<u8> = (first..=last).collect();
        assert_eq!(part.body, wanted, "{range}");
        let told = format!("bytes {first}-{last}/256");
        assert_eq!(part.header("content-range"), Some(told.as_str()));
    }
    for range in ["bytes=256-", "bytes=300-400", "bytes=-0"] {
        let outside = send(&site, ask().header("range", range)).await;
        assert_eq!(
            outside.problem(),
            (416, "RANGE_NOT_SATISFIABLE".to_owned()),
            "{range}"
        );
        assert_eq!(outside.header("content-range"), Some("bytes */256"));
    }
    for range in ["bytes=0-1,5-6", "pages=1-2", "bytes=9-1", "nonsense"] {
        let whole = send(&site, ask().header("range", range)).await;
        assert_eq!((whole.status.as_u16(), whole.body.len()), (200, 256), "{range}");
    }
    let tag = send(&site, ask()).await.header("etag").unwrap().to_owned();
    let ask = |condition: &str| ask().header("range", "bytes=0-9").header("if-range", condition);
    assert_eq!(send(&site, ask(&tag)).await.status, 206);
    let stale = send(&site, ask("\"stale\"")).await;
    assert_eq!((stale.status.as_u16(), stale.body.len()), (200, 256));
}

#[tokio::test]
async fn nothing_but_results_and_previews_is_served() {
    let site = site().await;
    for path in [
        "uploads/secret.psd",
        "results/../uploads/secret.psd",
        "results/%2e%2e/uploads/secret.psd",
        "results/none/0.webp",
        "results/",
        "thumbnails/none/720.webp",
        "../Cargo.toml",
    ] {
        let missing = send(&site, Ask::get(format!("/files/{path}"))).await;
        assert_eq!(missing.status, 404, "{path}");
        assert!(
            missing
                .header("cache-control")
                .is_some_and(|kept| kept == "no-store")
        );
    }
}
