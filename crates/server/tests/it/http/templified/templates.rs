//! Templates and their assets, from the first draft to the last revision.

use serde_json::{Value, json};

use super::error;
use super::world::{card, two_pages};
use crate::http::client::Ask;
use crate::http::site::{Setup, Site, design};

#[tokio::test]
async fn a_template_goes_from_draft_to_revision() {
    let site = Site::idle(Setup::default()).await;
    let made = site.post("/api/v1/templates", &card("tpl_card")).await;
    let told = made.expect(201);
    assert_eq!(made.header("location"), Some("/api/v1/templates/tpl_card"));
    assert_eq!(
        (&told["id"], &told["revision"], &told["has_draft"]),
        (&json!("tpl_card"), &Value::Null, &json!(true))
    );
    // Nothing is drawn before it is published.
    let order = json!({"template_id": "tpl_card", "fields": {"Name": "Jo"}});
    let refused = site.post("/api/v1/create", &order).await;
    assert_eq!(error(&refused, 404).1, "template_not_published");
    site.get("/api/v1/templates/tpl_card/layout").await.expect(404);

    let published = site
        .post("/api/v1/templates/tpl_card/publish", &json!({}))
        .await
        .expect(200);
    assert_eq!(
        (&published["revision"], &published["has_draft"]),
        (&json!(1), &json!(false))
    );
    // Twice is once.
    let again = site
        .post("/api/v1/templates/tpl_card/publish", &json!({}))
        .await
        .expect(200);
    assert_eq!(again["revision"], 1);

    let mut wider = card("tpl_card");
    wider["pages"][0]["width"] = 160.into();
    let changed = site
        .replace("/api/v1/templates/tpl_card", &wider)
        .await
        .expect(200);
    assert_eq!(
        (&changed["revision"], &changed["has_draft"], &changed["width"]),
        (&json!(1), &json!(true), &json!(150)),
        "what is drawn is shown"
    );
    let draft = site.get("/api/v1/templates/tpl_card/draft").await.expect(200);
    assert_eq!(
        (&draft["pages"][0]["width"], &draft["revision"]),
        (&json!(160), &json!(2))
    );
    let published = site.publish(&wider).await;
    assert_eq!(
        (&published["revision"], &published["width"]),
        (&json!(2), &json!(160))
    );

    site.delete("/api/v1/templates/tpl_card").await.expect(204);
    for gone in [
        site.get("/api/v1/templates/tpl_card").await,
        site.delete("/api/v1/templates/tpl_card").await,
        site.post("/api/v1/create", &order).await,
    ] {
        assert_eq!(error(&gone, 404).1, "template_not_found");
    }
}

#[tokio::test]
async fn the_list_derives_fields_and_goes_page_by_page() {
    let site = Site::idle(Setup::default()).await;
    for id in ["tpl_1", "tpl_2", "tpl_3"] {
        site.publish(&if id == "tpl_2" { two_pages(id) } else { card(id) })
            .await;
    }
    let first = site.get("/api/v1/templates?limit=2").await.expect(200);
    let names = |page: &Value| -> Vec<String> {
        let templates = page["templates"].as_array().unwrap();
        templates
            .iter()
            .map(|one| one["id"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(names(&first), ["tpl_3", "tpl_2"]);
    assert_eq!(first["templates"][1]["page_count"], 2);
    let cursor = first["next_cursor"].as_str().unwrap();
    let last = site
        .get(format!("/api/v1/templates?limit=2&cursor={cursor}"))
        .await
        .expect(200);
    assert_eq!(
        (names(&last), &last["next_cursor"]),
        (vec!["tpl_1".to_owned()], &Value::Null)
    );
    let one = &last["templates"][0];
    assert_eq!(one, &site.get("/api/v1/templates/tpl_1").await.expect(200));
    assert_eq!(
        (&one["name"], &one["page_count"], &one["width"], &one["height"]),
        (&json!("Player card"), &json!(1), &json!(150), &json!(210))
    );
    let fields: Vec<_> = one["fields"]
        .as_array()
        .unwrap()
        .iter()
        .map(|field| {
            (
                field["api_field_name"].as_str().unwrap(),
                field["type"].as_str().unwrap(),
                field["required"].as_bool().unwrap(),
                &field["default"],
            )
        })
        .collect();
    assert_eq!(
        fields,
        [
            ("TeamColor", "color", false, &json!("#0b3d91")),
            ("Photo", "image", false, &Value::Null),
            ("Name", "text", true, &json!("PLAYER NAME")),
            ("Motto", "text", false, &json!("Never late")),
        ]
    );
    for wrong in ["limit=0", "limit=201", "cursor=zz"] {
        let refused = site.get(format!("/api/v1/templates?{wrong}")).await;
        assert_eq!(error(&refused, 400).1, "invalid_request", "{wrong}");
    }
}

#[tokio::test]
async fn a_wrong_layout_is_told_everything_that_is_wrong_with_it() {
    let site = Site::idle(Setup::default()).await;
    let mut layout = card("tpl_card");
    layout["pages"][0]["layers"][1]["font"]["family"] = "Nobody Sans".into();
    layout["pages"][0]["layers"][0]["source"] = json!({"asset": "missing"});
    layout["pages"][0]["layers"][2]["id"] = "name".into();
    let refused = site.post("/api/v1/templates", &layout).await;
    assert_eq!(error(&refused, 400).1, "invalid_template");
    let details = refused.json()["details"].clone();
    let places: Vec<_> = details.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(
        places,
        [
            "/pages/0/layers/0/source",
            "/pages/0/layers/1/font/family",
            "/pages/0/layers/2/id",
        ]
    );
    assert!(
        details["/pages/0/layers/0/source"]
            .as_str()
            .unwrap()
            .contains("missing"),
        "{details}"
    );
    // No JSON, no layout, another's id, a name that is taken.
    let bytes = Ask::post("/api/v1/templates")
        .header("content-type", "application/json")
        .body("{oops");
    error(&site.send(bytes).await, 400);
    error(&site.post("/api/v1/templates", &json!([])).await, 400);
    error(&site.post("/api/v1/templates", &json!({})).await, 400);
    // A member that stands twice is no slip that one of the two mends.
    let twice = card("tpl_card").to_string().replacen('{', "{\"schema\": 1, ", 1);
    let twice = Ask::post("/api/v1/templates")
        .header("content-type", "application/json")
        .body(twice);
    assert!(error(&site.send(twice).await, 400).0.contains("schema"));
    // Without a name it is given one.
    let mut unnamed = card("");
    unnamed.as_object_mut().unwrap().remove("id");
    let named = site.post("/api/v1/templates", &unnamed).await.expect(201);
    let id = named["id"].as_str().unwrap();
    assert!(id.starts_with("tpl_"), "{id}");
    site.delete(format!("/api/v1/templates/{id}")).await.expect(204);
    let other = site
        .replace("/api/v1/templates/tpl_other", &card("tpl_card"))
        .await;
    assert!(error(&other, 400).0.contains("id"));
    site.publish(&card("tpl_card")).await;
    let taken = site.post("/api/v1/templates", &card("tpl_card")).await;
    assert_eq!(error(&taken, 409).1, "already_exists");
    let nothing_kept = site.get("/api/v1/templates").await.expect(200);
    assert_eq!(nothing_kept["templates"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn assets_are_known_by_their_first_bytes_and_named_by_layouts() {
    let site = Site::idle(Setup::default()).await;
    let put = |query: &str, bytes: Vec<u8>| {
        site.send(Ask::post(format!("/api/v1/template-assets{query}")).body(bytes))
    };
    let told = put("?id=logo&name=Logo", design()).await.expect(201);
    assert_eq!(
        (&told["id"], &told["kind"], &told["name"]),
        (&json!("logo"), &json!("image"), &json!("Logo"))
    );
    assert_eq!(told["bytes"], design().len());
    assert_eq!(
        put("?id=logo", design()).await.expect(201),
        told,
        "the same file is kept once"
    );
    assert_eq!(
        error(&put("?id=logo", b"GIF89a...".to_vec()).await, 409).1,
        "already_exists"
    );
    let font = put("", b"wOF2 and so on".to_vec()).await.expect(201);
    assert_eq!(font["kind"], "font");
    assert_eq!(error(&put("", b"<svg/>".to_vec()).await, 400).1, "invalid_asset");
    error(&put("", Vec::new()).await, 400);
    error(&put("?id=a%20b", design()).await, 400);

    let mut layout = card("tpl_card");
    layout["pages"][0]["layers"][0]["source"] = json!({"asset": "logo"});
    site.publish(&layout).await;
    // A font is no picture.
    layout["pages"][0]["layers"][0]["source"] = json!({"asset": font["id"]});
    error(&site.replace("/api/v1/templates/tpl_card", &layout).await, 400);

    let listed = site.get("/api/v1/template-assets").await.expect(200);
    assert_eq!(listed["assets"].as_array().unwrap().len(), 2);
    assert_eq!(site.get("/api/v1/template-assets/logo").await.expect(200), told);
    site.delete("/api/v1/template-assets/logo").await.expect(204);
    error(&site.get("/api/v1/template-assets/logo").await, 404);
    // What needs it says so, before a job is there.
    let order = json!({"template_id": "tpl_card", "fields": {"Name": "Jo"}});
    let refused = site.post("/api/v1/create", &order).await;
    assert!(error(&refused, 400).0.contains("logo"));
    assert_eq!(site.job_count().await, 0);
}
