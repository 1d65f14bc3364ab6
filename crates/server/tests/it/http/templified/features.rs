//! What this server does not have is refused with a plain reason.

use serde_json::json;

use super::error;
use crate::http::site::{Setup, Site};

#[tokio::test]
async fn c20_photos_are_not_processed_without_the_feature() {
    let site = Site::idle(Setup::default()).await;
    let body = json!({"image_url": "https://example.com/p.jpg"});
    for answer in [
        site.post("/api/v1/photos/process", &body).await,
        // The gate comes before the body.
        site.post("/api/v1/photos/process?sync=true", &json!({})).await,
        site.get(format!("/api/v1/photos/process/clx_{}", "0".repeat(32)))
            .await,
    ] {
        let (text, code) = error(&answer, 403);
        assert!(text.contains("Background Removal"), "{text}");
        assert_eq!(code, "feature_disabled");
    }
}

#[tokio::test]
async fn nothing_is_exported_to_where_nothing_is_set_up() {
    let site = Site::idle(Setup::default()).await;
    let design = format!("dsg_{}", "0".repeat(32));
    for (destination, named) in [
        ("gfcrew", "GFcrew"),
        ("dropbox", "Dropbox"),
        ("webhook", "webhook"),
    ] {
        let path = format!("/api/v1/studio/{design}/export/{destination}");
        let (text, code) = error(&site.post(path, &json!({})).await, 403);
        assert!(text.contains(named), "{text}");
        assert_eq!(code, "feature_disabled");
    }
    let path = format!("/api/v1/studio/{design}/export/preset");
    let none = site.post(path.as_str(), &json!({"preset_id": "none"})).await;
    assert_eq!(error(&none, 404).1, "preset_not_found");
    error(&site.post(path, &json!({})).await, 400);
}
