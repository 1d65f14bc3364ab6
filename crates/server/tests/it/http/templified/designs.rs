//! Designs, teams and groups.

use std::collections::BTreeSet;

use futures::future::join_all;
use http::Method;
use serde_json::{Value, json};

use super::error;
use super::submitting::assert_moment;
use super::world::{card, team};
use crate::http::client::Ask;
use crate::http::site::{Setup, Site};

#[tokio::test]
async fn a_design_is_a_copy_that_later_revisions_leave_alone() {
    let site = Site::idle(Setup::default()).await;
    site.publish(&card("tpl_card")).await;
    let body = json!({
        "template_id": "tpl_card", "fields": {"Name": "Jo"}, "player_id": "23",
        "name": "Jo's card", "folder": "U12", "main_event_code": "M1", "destination_event_code": "D1",
    });
    let made = site.post("/api/v1/studio/create", &body).await.expect(201);
    let id = made["instance_id"].as_str().unwrap();
    assert_moment(made["created_at"].as_str().unwrap());
    assert_eq!(
        made,
        json!({
            "instance_id": id, "template_id": "tpl_card", "name": "Jo's card",
            "edit_url": format!("/api/v1/studio/{id}"), "created_at": made["created_at"],
        })
    );
    assert_eq!(site.job_count().await, 0, "nothing is rendered");

    let mut other = card("tpl_card");
    other["pages"][0]["layers"] = json!([]);
    site.publish(&other).await;
    let path = format!("/api/v1/studio/{id}");
    let shown = site.get(&path).await.expect(200);
    assert_eq!(
        (&shown["template_revision"], &shown["fields"], &shown["folder"]),
        (&json!(1), &json!({"Name": "Jo"}), &json!("U12"))
    );
    let change = |body: Value| site.send(Ask::new(Method::PATCH, path.as_str()).json(&body));
    let changed = change(json!({"fields": {"Motto": "Run"}, "folder": "U13"}))
        .await
        .expect(200);
    assert_eq!(
        (&changed["fields"], &changed["folder"], &changed["name"]),
        (
            &json!({"Name": "Jo", "Motto": "Run"}),
            &json!("U13"),
            &json!("Jo's card")
        )
    );
    let refused = change(json!({"fields": {"Name": null}})).await;
    assert!(
        refused.json()["details"]["fields.Name"].is_string(),
        "{:?}",
        refused.body
    );

    let listed = site.get("/api/v1/studio").await.expect(200);
    assert_eq!(listed["designs"], json!([changed]));
    site.delete(&path).await.expect(204);
    assert_eq!(error(&site.get(&path).await, 404).1, "design_not_found");
    error(&site.get("/api/v1/studio/nonsense").await, 404);
}

#[tokio::test]
async fn a_design_is_made_and_rendered_in_one_call() {
    let site = Site::idle(Setup::default()).await;
    site.publish(&card("tpl_card")).await;
    let body = json!({"template_id": "tpl_card", "fields": {"Name": "Jo"}, "player_id": "23"});
    let accepted = site
        .post("/api/v1/studio/create-and-render", &body)
        .await
        .expect(202);
    let design = accepted["instance_id"].as_str().unwrap();
    site.get(format!("/api/v1/studio/{design}")).await.expect(200);
    let job = site.get(accepted["poll_url"].as_str().unwrap()).await.expect(200);
    assert_eq!(
        (&job["instance_id"], &job["player_id"]),
        (&json!(design), &json!("23"))
    );
}

fn seat(site: &Site, player: &str, name: &str) -> impl Future<Output = crate::http::client::Answer> + use<> {
    let body = json!({"template_id": "tpl_team", "player_id": player, "fields": {"Name": name}});
    Ask::post("/api/v1/studio/create/team")
        .json(&body)
        .key(&site.key)
        .send(site.address)
}

#[tokio::test]
async fn players_take_their_slots_one_after_the_other() {
    let site = Site::idle(Setup::default()).await;
    site.publish(&team("tpl_team", 3)).await;
    let first = seat(&site, "9", "Nina").await.expect(200);
    let id = first["instance_id"].clone();
    assert_eq!(
        first,
        json!({"instance_id": id, "slot": "s01", "filled": 1, "slots": 3, "complete": false})
    );
    // The second slot waits for number 7.
    assert_eq!(seat(&site, "10", "Tess").await.expect(200)["slot"], "s03");
    assert_eq!(seat(&site, "9", "Nina B.").await.expect(200)["slot"], "s01");
    let last = seat(&site, "7", "Sam").await.expect(200);
    assert_eq!((&last["slot"], &last["complete"]), (&json!("s02"), &json!(true)));
    let late = seat(&site, "11", "Uma").await;
    assert_eq!(error(&late, 409).1, "layout_full");

    let shared = json!({
        "instance_id": id, "player_id": "7", "fields": {"Name": "Sam"},
        "shared_fields": {"Team": "Otters"}, "render": true,
    });
    let rendered = site.post("/api/v1/studio/create/team", &shared).await.expect(202);
    assert_eq!(
        (&rendered["status"], &rendered["slot"], &rendered["instance_id"]),
        (&json!("pending"), &json!("s02"), &id)
    );
    let design = site
        .get(format!("/api/v1/studio/{}", id.as_str().unwrap()))
        .await
        .expect(200);
    assert_eq!(
        design["fields"],
        json!({"Team": "Otters", "Players": [
            {"player_id": "9", "Name": "Nina B."},
            {"player_id": "7", "Name": "Sam"},
            {"player_id": "10", "Name": "Tess"},
        ]})
    );
    // Another team of the same template is another design.
    let others =
        json!({"template_id": "tpl_team", "team_key": "U14", "player_id": "1", "fields": {"Name": "Ann"}});
    let others = site.post("/api/v1/studio/create/team", &others).await.expect(200);
    assert_ne!(others["instance_id"], id);

    site.publish(&card("tpl_card")).await;
    let none = json!({"template_id": "tpl_card", "player_id": "1", "fields": {}});
    error(&site.post("/api/v1/studio/create/team", &none).await, 400);
    let nowhere = json!({"template_id": "tpl_none", "player_id": "1", "fields": {}});
    error(&site.post("/api/v1/studio/create/team", &nowhere).await, 404);
    let wrong = site.post("/api/v1/studio/create/team", &json!({})).await;
    let details = wrong.json()["details"].clone();
    let named: Vec<_> = details.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(named, ["fields", "player_id", "template_id"]);
}

#[tokio::test]
async fn calls_for_one_team_at_once_lose_no_slot() {
    const PLAYERS: usize = 60;
    let site = Site::idle(Setup::default()).await;
    site.publish(&team("tpl_team", PLAYERS)).await;
    let seats = (1..=PLAYERS).map(|n| seat(&site, &format!("p{n}"), &format!("Player {n}")));
    // The slot of number 7 stays free for them until no other is.
    let told: Vec<Value> = join_all(seats)
        .await
        .iter()
        .map(|answer| answer.expect(200))
        .collect();
    let slots: BTreeSet<&str> = told.iter().map(|seat| seat["slot"].as_str().unwrap()).collect();
    assert_eq!(slots.len(), PLAYERS);
    assert_eq!(told.iter().filter(|seat| seat["complete"] == true).count(), 1);
    let ids: BTreeSet<&str> = told
        .iter()
        .map(|seat| seat["instance_id"].as_str().unwrap())
        .collect();
    assert_eq!(ids.len(), 1, "one team has one design");
    let design = site
        .get(format!("/api/v1/studio/{}", ids.first().unwrap()))
        .await
        .expect(200);
    let players: BTreeSet<&str> = design["fields"]["Players"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["player_id"].as_str().unwrap())
        .collect();
    assert_eq!(players.len(), PLAYERS);
}

#[tokio::test]
async fn groups_are_made_and_changed_by_hand() {
    let site = Site::idle(Setup::default()).await;
    for id in ["tpl_1", "tpl_2"] {
        site.publish(&card(id)).await;
    }
    let body = json!({"id": "season", "name": "Season bundle", "template_ids": ["tpl_1", "tpl_2"]});
    let made = site.post("/api/v1/design-groups", &body).await.expect(201);
    assert_eq!(made, body);
    assert_eq!(
        site.get("/api/v1/design-groups").await.expect(200),
        json!({"design_groups": [body], "next_cursor": null})
    );
    assert_eq!(
        error(&site.post("/api/v1/design-groups", &body).await, 409).1,
        "already_exists"
    );
    let smaller = json!({"name": "Small", "template_ids": ["tpl_2"]});
    let changed = site
        .replace("/api/v1/design-groups/season", &smaller)
        .await
        .expect(200);
    assert_eq!(
        changed,
        json!({"id": "season", "name": "Small", "template_ids": ["tpl_2"]})
    );
    for (body, status) in [
        (json!({"name": "x", "template_ids": ["tpl_none"]}), 404),
        (json!({"name": "x", "template_ids": []}), 400),
        (json!({"name": "x", "template_ids": ["tpl_1", "tpl_1"]}), 400),
        (
            json!({"id": "create", "name": "x", "template_ids": ["tpl_1"]}),
            400,
        ),
        (json!({"name": "", "template_ids": ["tpl_1"]}), 400),
    ] {
        error(&site.post("/api/v1/design-groups", &body).await, status);
    }
    site.delete("/api/v1/design-groups/season").await.expect(204);
    assert_eq!(
        error(&site.get("/api/v1/design-groups/season").await, 404).1,
        "design_group_not_found"
    );
}

#[tokio::test]
async fn a_stranger_finds_nothing_of_ours() {
    let site = Site::idle(Setup::default()).await;
    site.publish(&team("tpl_team", 3)).await;
    let design = seat(&site, "9", "Nina").await.expect(200)["instance_id"].clone();
    let design = design.as_str().unwrap();
    let group = json!({"id": "season", "name": "Season", "template_ids": ["tpl_team"]});
    site.post("/api/v1/design-groups", &group).await.expect(201);
    let order = json!({"template_id": "tpl_team"});
    let job = site.post("/api/v1/create", &order).await.expect(202)["job_id"].clone();

    let stranger = site.service.create_tenant("stranger").await.unwrap();
    let key = site.service.create_key(stranger.id, "theirs").await.unwrap();
    let key = key.text.expose();
    for (method, path, body) in [
        (
            Method::GET,
            format!("/api/v1/create/{}", job.as_str().unwrap()),
            json!(null),
        ),
        (Method::GET, "/api/v1/templates/tpl_team".to_owned(), json!(null)),
        (
            Method::GET,
            "/api/v1/templates/tpl_team/layout".to_owned(),
            json!(null),
        ),
        (
            Method::POST,
            "/api/v1/templates/tpl_team/publish".to_owned(),
            json!({}),
        ),
        (
            Method::POST,
            "/api/v1/templates/tpl_team/preview".to_owned(),
            json!({}),
        ),
        (
            Method::DELETE,
            "/api/v1/templates/tpl_team".to_owned(),
            json!(null),
        ),
        (Method::POST, "/api/v1/create".to_owned(), order.clone()),
        (Method::POST, "/api/v1/studio/create".to_owned(), order.clone()),
        (Method::GET, format!("/api/v1/studio/{design}"), json!(null)),
        (Method::PATCH, format!("/api/v1/studio/{design}"), json!({})),
        (Method::DELETE, format!("/api/v1/studio/{design}"), json!(null)),
        (
            Method::POST,
            "/api/v1/studio/create/team".to_owned(),
            json!({"instance_id": design, "player_id": "1", "fields": {}}),
        ),
        (
            Method::GET,
            "/api/v1/design-groups/season".to_owned(),
            json!(null),
        ),
        (
            Method::DELETE,
            "/api/v1/design-groups/season".to_owned(),
            json!(null),
        ),
    ] {
        let mut ask = Ask::new(method.clone(), path.as_str()).key(key);
        if !body.is_null() {
            ask = ask.json(&body);
        }
        let answer = ask.send(site.address).await;
        assert_eq!(answer.status, 404, "{method} {path}: {:?}", answer.body);
    }
    for list in ["templates", "studio", "design-groups", "template-assets"] {
        let answer = Ask::get(format!("/api/v1/{list}"))
            .key(key)
            .send(site.address)
            .await;
        let lists: Vec<_> = answer
            .expect(200)
            .as_object()
            .unwrap()
            .values()
            .filter(|one| one.is_array())
            .cloned()
            .collect();
        assert_eq!(lists, [json!([])], "{list}");
    }
}
