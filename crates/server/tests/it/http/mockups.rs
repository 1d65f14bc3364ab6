//! Mockups under both of their names.

use http::Method;
use serde_json::{Value, json};

use super::client::Ask;
use super::site::{Setup, Site};

#[tokio::test]
async fn both_families_of_paths_show_the_same_mockups() {
    let site = Site::open().await;
    let mockup = site.mockup().await;
    for family in ["psd-mockups", "mockups"] {
        let one = format!("/api/v1/{family}/{}", mockup.id);
        let told = site.get(&one).await.expect(200);
        assert_eq!(told["data"], mockup.told);
        assert_eq!(told["data"]["thumbnail"], told["data"]["thumbnails"][0]["url"]);
        let list = site.get(format!("/api/v1/{family}")).await.expect(200);
        assert_eq!(
            list,
            json!({
                "success": true,
                "data": {"mockups": [mockup.told], "total": 1, "limit": 20, "offset": 0},
            })
        );
        let layers = site.get(format!("{one}/layers")).await.expect(200);
        assert_eq!(layers["data"]["mockup_uuid"], json!(mockup.id));
        let names: Vec<_> = layers["data"]["layers"]
            .as_array()
            .unwrap()
            .iter()
            .map(|layer| layer["name"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(names, ["Design", "Paper"]);
        assert_eq!(layers["data"]["layers"][0]["uuid"], json!(mockup.slot));
    }
    for thumbnail in mockup.told["thumbnails"].as_array().unwrap() {
        let file = Ask::get(site.path_of(&thumbnail["url"])).send(site.address).await;
        assert_eq!(
            (file.status.as_u16(), file.header("content-type")),
            (200, Some("image/webp"))
        );
    }
}

#[tokio::test]
async fn a_mockup_gets_another_name_and_goes() {
    let site = Site::open().await;
    let mockup = site.mockup().await;
    let path = format!("/api/v1/mockups/{}", mockup.id);
    let renamed = site
        .send(Ask::new(Method::PATCH, &path).json(&json!({"name": "Other"})))
        .await
        .expect(200);
    assert_eq!(renamed["data"]["name"], "Other");
    let found = site
        .get("/api/v1/psd-mockups?name=oTH&sort=name&order=asc")
        .await
        .expect(200);
    assert_eq!(found["data"]["total"], 1);
    assert_eq!(
        site.get("/api/v1/psd-mockups?name=poster").await.expect(200)["data"]["total"],
        0
    );

    let render = site
        .post("/api/v1/renders", &mockup.render_red())
        .await
        .expect(200);
    let file = site.path_of(&render["data"]["print_files"][0]["export_path"]);
    assert_eq!(site.get(&file).await.status, 200);

    // Everything at once is not for keys, and is no mockup's name.
    let all = site.send(Ask::new(Method::DELETE, "/api/v1/mockups/all")).await;
    assert_eq!(all.problem(), (403, "FORBIDDEN".to_owned()));

    let deleted = site.send(Ask::new(Method::DELETE, &path)).await;
    assert_eq!(deleted.expect(204), Value::Null);
    assert_eq!(
        site.get(&path).await.problem(),
        (404, "MOCKUP_NOT_FOUND".to_owned())
    );
    assert_eq!(
        site.get(&file).await.problem(),
        (404, "RESULT_NOT_FOUND".to_owned())
    );
    let again = site.send(Ask::new(Method::DELETE, &path)).await;
    assert_eq!(again.problem(), (404, "MOCKUP_NOT_FOUND".to_owned()));
}

#[tokio::test]
async fn wrong_filters_are_named() {
    let site = Site::idle(Setup::default()).await;
    for (query, field) in [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("offset=-1", "offset"),
        ("sort=size", "sort"),
        ("created_after=soon", "created_after"),
    ] {
        let refused = site.get(format!("/api/v1/psd-mockups?{query}")).await.expect(422);
        assert_eq!(refused["detail"][0]["loc"], json!(["query", field]), "{query}");
    }
}
