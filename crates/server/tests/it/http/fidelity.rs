//! The fidelity report of a mockup: in the upload's warnings, under its own path, and made anew when it is gone.

use marquetry_model::BlobKey;
use object_store::ObjectStoreExt as _;
use object_store::path::Path;
use serde_json::json;

use super::client::Ask;
use super::site::{Site, psd};

#[tokio::test]
async fn a_report_says_how_close_the_drawing_is_and_how_each_layer_was_drawn() {
    let site = Site::open().await;
    let uploaded = site
        .send(
            Ask::post("/api/v1/psd/upload?name=Poster")
                .header("content-type", "image/vnd.adobe.photoshop")
                .body(psd()),
        )
        .await
        .expect(200);
    let codes: Vec<_> = uploaded["warnings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|warning| warning["code"].as_str().unwrap())
        .collect();
    assert_eq!(codes, ["PSD_FIDELITY", "PSD_CACHED_RASTERS"]);
    let told = uploaded["warnings"][0]["message"].as_str().unwrap();
    assert!(told.contains("25.00% of the pixels off"), "{told}");
    assert!(told.contains("75% of what is seen was truly drawn"), "{told}");

    let id = uploaded["data"]["uuid"].as_str().unwrap();
    for family in ["psd-mockups", "mockups"] {
        let report = site
            .get(format!("/api/v1/{family}/{id}/fidelity"))
            .await
            .expect(200);
        assert_eq!(report["success"], true);
        let data = &report["data"];
        assert_eq!(data["mockup_uuid"], id);
        assert_eq!((&data["width"], &data["height"]), (&json!(120), &json!(80)));
        // A blue smart object covers a quarter of the canvas, and the merged picture is grey all over.
        assert_eq!(data["compared"], true);
        assert_eq!(data["no_reference"], json!(null));
        assert_eq!(data["drawn_share"], 0.75);
        let difference = &data["difference"];
        assert_eq!(difference["off_by_more_than_3_percent"], 25);
        // Off by 128, 128 and 127 on a quarter of the pixels.
        assert_eq!(difference["mean_absolute_error"], 31.917);
        assert_eq!(difference["p99"], 128);
        assert_eq!(difference["passes"], false);
        assert_eq!(
            data["layers"],
            json!([
                {
                    "uuid": uploaded["data"]["smart_objects"][0]["uuid"],
                    "name": "Design",
                    "kind": "smart_object",
                    "drawn": "cached_raster",
                    "lacks": [],
                },
                {
                    "uuid": data["layers"][1]["uuid"],
                    "name": "Paper",
                    "kind": "pixel",
                    "drawn": "exact",
                    "lacks": [],
                },
            ])
        );
        assert!(data["layers"][1]["uuid"].is_string());

        let map = Ask::get(site.path_of(&data["heat_map"])).send(site.address).await;
        assert_eq!(
            (map.status.as_u16(), map.header("content-type")),
            (200, Some("image/png"))
        );
        assert_eq!(&map.body[1..4], b"PNG");
    }
    let none = "/api/v1/psd-mockups/9d4e2b51-0c7a-4f8e-bb1c-2a6f9e3d8c10/fidelity";
    assert_eq!(
        site.get(none).await.problem(),
        (404, "MOCKUP_NOT_FOUND".to_owned())
    );
}

#[tokio::test]
async fn a_report_that_is_gone_is_made_again_and_goes_with_its_mockup() {
    let site = Site::open().await;
    let mockup = site.mockup().await;
    let path = format!("/api/v1/psd-mockups/{}/fidelity", mockup.id);
    let first = site.get(&path).await.expect(200);
    let content = blake3::hash(&psd());
    let content = marquetry_model::ContentHash::from_bytes(*content.as_bytes());
    let (report, map) = (BlobKey::fidelity(content), BlobKey::heat_map(content));
    let place = |key: &BlobKey| Path::from(key.as_str());
    for key in [&report, &map] {
        site.blobs.delete(&place(key)).await.unwrap();
    }
    assert_eq!(site.get(&path).await.expect(200), first);
    // One that is damaged as well.
    site.put(report.as_str(), b"{".to_vec()).await;
    assert_eq!(site.get(&path).await.expect(200), first);
    site.blobs.head(&place(&map)).await.unwrap();

    // The report itself is not for everybody, the heat map is.
    let raw = Ask::get(format!("/files/{report}")).send(site.address).await;
    assert_eq!(raw.problem(), (404, "RESULT_NOT_FOUND".to_owned()));

    let delete = Ask::new(http::Method::DELETE, format!("/api/v1/psd-mockups/{}", mockup.id));
    site.send(delete).await.expect(204);
    for key in [&report, &map] {
        assert!(site.blobs.head(&place(key)).await.is_err(), "{key}");
    }
    assert_eq!(
        site.get(&path).await.problem(),
        (404, "MOCKUP_NOT_FOUND".to_owned())
    );
}
