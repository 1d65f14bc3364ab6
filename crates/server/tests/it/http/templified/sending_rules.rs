//! Destinations and presets as they are made, changed and refused; and who may be named.

use marquetry_model::Amount;
use serde_json::{Value, json};

use super::error;
use super::sending::destination;
use super::world::{card, https_alone, priced, team};
use crate::http::client::Ask;
use crate::http::site::{Setup, Site};

/// The members of a problem that are wrong.
#[track_caller]
fn wrong(answer: &crate::http::client::Answer) -> Vec<String> {
    assert_eq!(error(answer, 400).1, "invalid_request");
    let body = answer.json();
    let details = body["details"].as_object().cloned().unwrap_or_default();
    details.keys().cloned().collect()
}

#[tokio::test]
async fn a_destination_shows_nothing_of_its_secrets_but_the_end() {
    let site = Site::idle(Setup::default()).await;
    let made = destination(&site, "webhook", &site.outside).await;
    assert_eq!(
        made,
        json!({
            "id": "webhook", "name": "Ours", "send_to": "integration:webhook",
            "webhook": {"url": site.outside.url("/export"), "signed": true, "secret_ends_in": "ours"},
            "created_at": made["created_at"], "updated_at": made["updated_at"],
        })
    );
    let bucket = json!({
        "id": "prints", "name": "Prints", "path": "{date}/{design}_{index}",
        "bucket": {"region": "eu-central-1", "name": "prints", "access_key_id": "AKIA1",
                   "secret_access_key": "wJalrXUtnFEMI"},
    });
    let made = site.post("/api/v1/destinations", &bucket).await.expect(201);
    assert_eq!(
        made["bucket"],
        json!({"endpoint": null, "region": "eu-central-1", "name": "prints", "access_key_id": "AKIA1",
               "secret_access_key_ends_in": "FEMI"})
    );
    let dropbox = json!({
        "id": "dropbox", "name": "Dropbox", "path": "/{folder}/{design}",
        "dropbox": {"app_key": "app", "refresh_token": "a very long token"},
    });
    let made = site.post("/api/v1/destinations", &dropbox).await.expect(201);
    assert_eq!(
        made["dropbox"],
        json!({"app_key": "app", "app_secret_ends_in": null, "refresh_token_ends_in": "oken"})
    );
    let folder = json!({"name": "Folder", "path": "x", "folder": {}});
    let made = site.post("/api/v1/destinations", &folder).await.expect(201);
    assert!(made["id"].as_str().unwrap().starts_with("dst_"), "{made}");

    // What is not said stays, secrets included; the path is said anew.
    let change = json!({"name": "Renamed", "path": "{index}"});
    let changed = site
        .replace("/api/v1/destinations/prints", &change)
        .await
        .expect(200);
    assert_eq!(
        (
            &changed["name"],
            &changed["path"],
            &changed["bucket"]["secret_access_key_ends_in"]
        ),
        (&json!("Renamed"), &json!("{index}"), &json!("FEMI"))
    );
    assert_eq!(site.get("/api/v1/destinations/prints").await.expect(200), changed);
    let listed = site.get("/api/v1/destinations?limit=2").await.expect(200);
    assert_eq!(listed["destinations"].as_array().unwrap().len(), 2);
    let rest = format!(
        "/api/v1/destinations?cursor={}",
        listed["next_cursor"].as_str().unwrap()
    );
    let rest = site.get(rest).await.expect(200);
    assert_eq!(rest["destinations"].as_array().unwrap().len(), 2);
    assert!(!listed.to_string().contains("wJalr"), "{listed}");
}

#[tokio::test]
async fn what_is_wrong_is_named_by_its_place() {
    let site = https_alone().await;
    let webhook = |url: &str| json!({"name": "x", "webhook": {"url": url}});
    for (body, places) in [
        (json!({}), vec!["", "name"]),
        (
            json!({"name": "x", "folder": {}, "webhook": {"url": "https://a.example"}, "path": "x"}),
            vec![""],
        ),
        (json!({"name": "x", "folder": {}}), vec!["path"]),
        (json!({"name": "x", "folder": {}, "path": "../x"}), vec!["path"]),
        (json!({"name": "x", "folder": {}, "path": "{who}"}), vec!["path"]),
        (
            json!({"id": "a b", "name": "x", "folder": {}, "path": "x"}),
            vec!["id"],
        ),
        (json!({"name": "x", "webhook": {}}), vec!["webhook.url"]),
        (webhook("http://hooks.example.org"), vec!["webhook.url"]),
        (webhook("https://127.0.0.1/x"), vec!["webhook.url"]),
        (
            json!({"name": "x", "path": "x", "bucket": {"region": "r", "name": "n", "secret_access_key": ""}}),
            vec!["bucket.access_key_id", "bucket.secret_access_key"],
        ),
        (
            json!({"name": "x", "path": "x", "dropbox": {"app_key": "k"}}),
            vec!["dropbox.refresh_token"],
        ),
    ] {
        let refused = site.post("/api/v1/destinations", &body).await;
        assert_eq!(wrong(&refused), places, "{body}: {:?}", refused.body);
    }
    let told = site
        .post(
            "/api/v1/destinations",
            &json!({"name": "x", "folder": {}, "path": "{who}"}),
        )
        .await;
    let text = error(&told, 400).0;
    assert!(
        text.contains("path: has no variable {who}; there are main_event_code"),
        "{text}"
    );
    for (body, place) in [
        (json!({"name": "x", "destinations": []}), "destinations"),
        (json!({"name": "x", "destinations": ["a"]}), "destinations[0]"),
        (
            json!({"name": "x", "destinations": [{"id": "a", "path": "{"}]}),
            "destinations[0].path",
        ),
        (
            json!({"name": "x", "destinations": [{"id": "a"}, {"id": "a"}]}),
            "destinations[1]",
        ),
    ] {
        let refused = site.post("/api/v1/presets", &body).await;
        assert_eq!(wrong(&refused), [place], "{body}");
    }
    let nowhere = json!({"name": "x", "destinations": [{"id": "none"}]});
    assert_eq!(
        error(&site.post("/api/v1/presets", &nowhere).await, 404).1,
        "destination_not_found"
    );
}

#[tokio::test]
async fn a_destination_that_presets_name_is_kept_for_them() {
    let site = Site::idle(Setup::default()).await;
    destination(&site, "webhook", &site.outside).await;
    let body = json!({"id": "all", "name": "All", "destinations": [{"id": "webhook"}]});
    let made = site.post("/api/v1/presets", &body).await.expect(201);
    assert_eq!(
        made,
        json!({
            "id": "all", "name": "All", "send_to": "preset:all", "destinations": [{"id": "webhook"}],
            "created_at": made["created_at"], "updated_at": made["updated_at"],
        })
    );
    let twice = site.post("/api/v1/presets", &body).await;
    assert_eq!(error(&twice, 409).1, "already_exists");
    let refused = site.delete("/api/v1/destinations/webhook").await;
    let (text, code) = error(&refused, 409);
    assert!(code == "destination_in_use" && text.contains("all"), "{text}");

    let change = json!({"name": "Every", "destinations": [{"id": "webhook", "path": "{date}/x"}]});
    let changed = site.replace("/api/v1/presets/all", &change).await.expect(200);
    assert_eq!(
        (&changed["name"], &changed["destinations"]),
        (&change["name"], &change["destinations"])
    );
    let listed = site.get("/api/v1/presets").await.expect(200);
    assert_eq!(listed, json!({"presets": [changed], "next_cursor": null}));
    site.delete("/api/v1/presets/all").await.expect(204);
    site.delete("/api/v1/destinations/webhook").await.expect(204);
    for path in ["destinations/webhook", "presets/all"] {
        error(&site.get(format!("/api/v1/{path}")).await, 404);
        error(&site.delete(format!("/api/v1/{path}")).await, 404);
    }
}

#[tokio::test]
async fn send_to_names_whom_there_is_and_is_told_who_that_would_be() {
    let site = Site::idle(Setup::default()).await;
    site.publish(&card("tpl_card")).await;
    site.publish(&team("tpl_team", 3)).await;
    let group = json!({"id": "group", "name": "Group", "template_ids": ["tpl_card"]});
    site.post("/api/v1/design-groups", &group).await.expect(201);
    destination(&site, "webhook", &site.outside).await;
    let preset = json!({"id": "all", "name": "All", "destinations": [{"id": "webhook"}]});
    site.post("/api/v1/presets", &preset).await.expect(201);
    let card = json!({"template_id": "tpl_card", "fields": {"Name": "Jo"}});
    let orders = [
        ("/api/v1/create", card.clone()),
        ("/api/v1/studio/create-and-render", card),
        (
            "/api/v1/design-groups/create",
            json!({"design_group_id": "group", "fields": {"Name": "Jo"}}),
        ),
        (
            "/api/v1/studio/create/team",
            json!({"template_id": "tpl_team", "player_id": "1", "fields": {"Name": "Jo"}, "render": true}),
        ),
    ];
    for (path, order) in &orders {
        for send_to in [
            "integration:none",
            "preset:none",
            "webhook",
            "integration:a b",
            "pigeon",
        ] {
            let mut order = order.clone();
            order["send_to"] = send_to.into();
            let refused = site.post(*path, &order).await;
            assert_eq!(wrong(&refused), ["send_to"], "{path} {send_to}");
            let text = error(&refused, 400).0;
            assert!(text.contains("integration:webhook, preset:all"), "{text}");
        }
    }
    assert_eq!(site.job_count().await, 0);
    for (path, order) in &orders {
        let mut order = order.clone();
        order["send_to"] = "preset:all".into();
        site.post(*path, &order).await.expect(202);
    }
    // The key stands for where it goes, too.
    let keyed = |send_to: &str| {
        let mut order = orders[0].1.clone();
        order["send_to"] = send_to.into();
        Ask::post("/api/v1/create")
            .json(&order)
            .header("idempotency-key", "k")
    };
    let first = site.send(keyed("preset:all")).await.expect(202);
    assert_eq!(site.send(keyed("preset:all")).await.expect(202), first);
    let other = site.send(keyed("integration:webhook")).await;
    assert_eq!(error(&other, 409).1, "idempotency_conflict");
}

#[tokio::test]
async fn an_export_may_say_under_which_path_and_which_codes() {
    let site = Site::idle(Setup::default()).await;
    site.publish(&card("tpl_card")).await;
    let folder = json!({"id": "dropbox", "name": "Prints", "path": "{folder}/{design}", "folder": {}});
    site.post("/api/v1/destinations", &folder).await.expect(201);
    let made = json!({
        "template_id": "tpl_card", "fields": {"Name": "Jo"}, "name": "../card", "folder": "U12",
        "main_event_code": "M1",
    });
    let made = site.post("/api/v1/studio/create", &made).await.expect(201);
    let path = format!(
        "/api/v1/studio/{}/export/dropbox",
        made["instance_id"].as_str().unwrap()
    );
    let export = async |body: Value| {
        let told = site.post(path.as_str(), &body).await.expect(202);
        site.paths(&told["job_id"]).await.remove(0)
    };
    assert_eq!(export(json!({})).await, "U12/.._card.jpg");
    let elsewhere = json!({"folder_path": "/{main_event_code}/{layer:Name}", "file_name": "{index}", "main_event_code": "M2"});
    assert_eq!(export(elsewhere).await, "M2/Jo/01.jpg");
    assert_eq!(export(json!({"folder_path": "/"})).await, ".._card.jpg");
    for (body, place) in [
        (json!({"folder_path": "a/.."}), "folder_path"),
        (json!({"file_name": "a/b"}), "file_name"),
        (json!({"file_name": "{what}"}), "file_name"),
    ] {
        assert_eq!(wrong(&site.post(path.as_str(), &body).await), [place]);
    }
    let nobody = path.replace(
        made["instance_id"].as_str().unwrap(),
        &format!("dsg_{}", "0".repeat(32)),
    );
    assert_eq!(
        error(&site.post(nobody, &json!({})).await, 404).1,
        "design_not_found"
    );
}

#[tokio::test]
async fn an_export_is_paid_for_and_repeated_as_any_render() {
    let site = priced().await;
    site.publish(&card("tpl_card")).await;
    destination(&site, "webhook", &site.outside).await;
    let made = json!({"template_id": "tpl_card", "fields": {"Name": "Jo"}});
    let made = site.post("/api/v1/studio/create", &made).await.expect(201);
    let path = format!(
        "/api/v1/studio/{}/export/webhook",
        made["instance_id"].as_str().unwrap()
    );
    let keyed = |body: Value| Ask::post(&path).json(&body).header("idempotency-key", "k");
    let refused = site.send(keyed(json!({}))).await;
    assert_eq!(error(&refused, 402).1, "insufficient_balance");
    assert_eq!(site.job_count().await, 0);
    let one = Amount::from_micros(44_000).unwrap();
    site.service.top_up(site.tenant, one, "first").await.unwrap();
    let first = site.send(keyed(json!({}))).await.expect(202);
    assert_eq!(site.send(keyed(json!({}))).await.expect(202), first);
    let other = site.send(keyed(json!({"main_event_code": "M2"}))).await;
    assert_eq!(error(&other, 409).1, "idempotency_conflict");
    assert_eq!(site.job_count().await, 1);
}

#[tokio::test]
async fn a_stranger_sends_nothing_to_ours() {
    let site = Site::idle(Setup::default()).await;
    destination(&site, "webhook", &site.outside).await;
    let preset = json!({"id": "all", "name": "All", "destinations": [{"id": "webhook"}]});
    site.post("/api/v1/presets", &preset).await.expect(201);
    let stranger = site.service.create_tenant("stranger").await.unwrap();
    let key = site.service.create_key(stranger.id, "theirs").await.unwrap();
    let ask = |ask: Ask| ask.key(key.text.expose()).send(site.address);
    for path in ["/api/v1/destinations/webhook", "/api/v1/presets/all"] {
        error(&ask(Ask::get(path)).await, 404);
        error(&ask(Ask::new(http::Method::DELETE, path)).await, 404);
    }
    error(&ask(Ask::post("/api/v1/presets").json(&preset)).await, 404);
    let listed = ask(Ask::get("/api/v1/destinations")).await.expect(200);
    assert_eq!(listed["destinations"], json!([]));
    // Names are each tenant's own.
    let theirs = json!({"id": "webhook", "name": "x", "webhook": {"url": site.outside.url("/theirs")}});
    let made = ask(Ask::post("/api/v1/destinations").json(&theirs))
        .await
        .expect(201);
    assert_eq!(made["webhook"]["signed"], false);
    let ours = site.get("/api/v1/destinations/webhook").await.expect(200);
    assert_eq!(ours["name"], "Ours");
}
