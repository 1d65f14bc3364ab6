//! Templates from draft to revision, what is pinned, and the slots of a team, over every store.

use std::collections::BTreeSet;

use futures::future::join_all;
use marquetry_model::{About, Handle, JobSpec};
use marquetry_service::{
    FillRequest, SeatRequest, Service, ServiceError, Stage, TeamDesign, TemplateView, Wait,
};
use serde_json::{Value, json};

use crate::world::World;

over_each_store!(
    a_job_pins_what_was_published,
    two_processes_seat_a_team_and_lose_nobody,
    many_publishers_count_every_revision_once,
    what_is_wrong_is_told_before_anything_is_kept,
    a_design_made_twice_under_one_key_is_one,
);

fn handle(text: &str) -> Handle {
    text.parse().unwrap()
}

fn layout(width: u32) -> Vec<u8> {
    let layout = json!({
        "schema": 1, "id": "card", "name": "Card",
        "pages": [{"id": "front", "width": width, "height": 100, "layers": [{
            "id": "name", "type": "text", "x": 0, "y": 0, "width": 90, "height": 20, "required": true,
            "font": {"family": "Arimo", "size": 12}, "api_field_name": "Name",
        }]}],
    });
    layout.to_string().into_bytes()
}

fn team_layout(players: usize) -> Vec<u8> {
    let layout = json!({
        "schema": 1, "id": "team", "name": "Team",
        "pages": [{"id": "sheet", "width": 100, "height": 100, "layers": [{
            "id": "roster", "type": "repeat", "x": 0, "y": 0, "width": 100, "height": 100,
            "api_field_name": "Players", "count": players,
            "layout": {"cell_width": 10, "cell_height": 10},
            "item": [{"id": "n", "type": "text", "x": 0, "y": 0, "width": 10, "height": 10,
                      "font": {"family": "Arimo", "size": 5}, "api_field_name": "Name"}],
        }]}],
    });
    layout.to_string().into_bytes()
}

async fn publish(world: &World, id: &str, layout: &[u8]) -> TemplateView {
    let id = handle(id);
    world
        .service
        .save_template(world.tenant, &id, layout)
        .await
        .unwrap();
    world.service.publish_template(world.tenant, &id).await.unwrap()
}

fn fill(fields: &Value) -> FillRequest {
    FillRequest {
        template: handle("card"),
        fields: fields.to_string(),
        about: About::default(),
    }
}

async fn a_job_pins_what_was_published(world: World) {
    let (service, tenant) = (&world.service, world.tenant);
    let first = publish(&world, "card", &layout(100)).await;
    let name = json!({"Name": "Jo", "Unknown": 1});
    let job = service
        .submit_template(tenant, fill(&name), Wait::No)
        .await
        .unwrap();
    publish(&world, "card", &layout(200)).await;
    let JobSpec::Template(spec) = &job.job().spec else {
        panic!("{job:?}")
    };
    assert_eq!(spec.pinned.revision, 1);
    assert_eq!(
        Some(spec.pinned.layout),
        first.template.published.map(|one| one.layout)
    );
    let later = service
        .submit_template(tenant, fill(&name), Wait::No)
        .await
        .unwrap();
    assert!(matches!(&later.job().spec, JobSpec::Template(spec) if spec.pinned.revision == 2));
    let preview = service
        .submit_preview(tenant, fill(&name), Wait::No)
        .await
        .unwrap();
    assert!(matches!(&preview.job().spec, JobSpec::Template(spec) if spec.pinned.revision == 2));
    let published = service
        .layout(tenant, &handle("card"), Stage::Published)
        .await
        .unwrap();
    assert!(published.contains("\"width\":200"), "{published}");
    // Nobody else's.
    let theirs = service.submit_template(world.other, fill(&name), Wait::No).await;
    assert!(
        matches!(theirs, Err(ServiceError::TemplateNotFound { .. })),
        "{theirs:?}"
    );
}

/// Two services share a store, as two processes do: what one of them holds while it works, the other does not see.
async fn two_processes_seat_a_team_and_lose_nobody(world: World) {
    const PLAYERS: usize = 30;
    publish(&world, "team", &team_layout(PLAYERS)).await;
    let second = Service::builder(world.store.clone(), world.blobs.clone())
        .build()
        .unwrap();
    let seats = (0..PLAYERS).map(|n| {
        let service = if n % 2 == 0 { &world.service } else { &second };
        let request = SeatRequest {
            design: TeamDesign::Of {
                template: handle("team"),
                team: "U12".into(),
            },
            player: format!("p{n}"),
            fields: json!({"Name": format!("Player {n}")}).to_string(),
            shared: "{}".into(),
        };
        service.seat_player(world.tenant, request)
    });
    let told: Vec<_> = join_all(seats).await.into_iter().map(Result::unwrap).collect();
    let slots: BTreeSet<&str> = told.iter().map(|seat| seat.slot.as_str()).collect();
    assert_eq!(slots.len(), PLAYERS);
    let design = world
        .service
        .design(world.tenant, told[0].design.id)
        .await
        .unwrap();
    let fields: Value = serde_json::from_str(&design.fields).unwrap();
    let players: BTreeSet<&str> = fields["Players"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["player_id"].as_str().unwrap())
        .collect();
    assert_eq!(players.len(), PLAYERS);
    let one_more = SeatRequest {
        design: TeamDesign::There(design.id),
        player: "late".into(),
        fields: "{}".into(),
        shared: "{}".into(),
    };
    let full = second.seat_player(world.tenant, one_more).await;
    assert!(
        matches!(full, Err(ServiceError::LayoutFull { slots: PLAYERS })),
        "{full:?}"
    );
}

async fn many_publishers_count_every_revision_once(world: World) {
    let id = handle("card");
    let publishing = (1..=12).map(|n| {
        let (service, id) = (&world.service, &id);
        async move {
            service
                .save_template(world.tenant, id, &layout(100 + n))
                .await
                .unwrap();
            service.publish_template(world.tenant, id).await.unwrap();
        }
    });
    join_all(publishing).await;
    let view = world.service.template(world.tenant, &id).await.unwrap();
    let published = view.template.published.unwrap();
    assert!((1..=12).contains(&published.revision), "{published:?}");
    let json = world
        .service
        .layout(world.tenant, &id, Stage::Published)
        .await
        .unwrap();
    let value: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(
        value["revision"], published.revision,
        "what is drawn says which revision it is"
    );
}

async fn what_is_wrong_is_told_before_anything_is_kept(world: World) {
    let (service, tenant) = (&world.service, world.tenant);
    let refused = service
        .create_template(tenant, b"{\"pages\": 7}")
        .await
        .unwrap_err();
    let ServiceError::LayoutRefused(problems) = refused else {
        panic!("{refused}")
    };
    assert!(problems.list().len() >= 3, "{problems}");
    assert_eq!(service.templates(tenant, None, 10).await.unwrap().items, []);
    let unpublished = service.create_template(tenant, &layout(100)).await.unwrap();
    assert_eq!(unpublished.template.published, None);
    let name = json!({"Name": "Jo"});
    let early = service.submit_template(tenant, fill(&name), Wait::No).await;
    assert!(
        matches!(early, Err(ServiceError::TemplateNotPublished { .. })),
        "{early:?}"
    );
    service.publish_template(tenant, &handle("card")).await.unwrap();
    for wrong in [json!({}), json!({"Name": null}), json!({"Name": []})] {
        let refused = service.submit_template(tenant, fill(&wrong), Wait::No).await;
        assert!(
            matches!(refused, Err(ServiceError::ValuesRefused(_))),
            "{wrong}: {refused:?}"
        );
        let refused = service.submit_new_design(tenant, fill(&wrong), Wait::No).await;
        assert!(
            matches!(refused, Err(ServiceError::ValuesRefused(_))),
            "{wrong}: {refused:?}"
        );
    }
    assert_eq!(service.designs(tenant, None, 10).await.unwrap().items, []);
    assert_eq!(world.store.count_live_jobs(Some(tenant)).await.unwrap(), 0);
}

async fn a_design_made_twice_under_one_key_is_one(world: World) {
    let (service, tenant) = (&world.service, world.tenant);
    publish(&world, "card", &layout(100)).await;
    let name = json!({"Name": "Jo"});
    let make = |name: &Value| service.create_design(tenant, fill(name), Some("k"));
    let made = join_all((0..8).map(|_| make(&name))).await;
    let ids: BTreeSet<_> = made.into_iter().map(|design| design.unwrap().id).collect();
    assert_eq!(ids.len(), 1);
    let other = make(&json!({"Name": "Joe"})).await;
    assert!(
        matches!(other, Err(ServiceError::IdempotencyConflict)),
        "{other:?}"
    );
    assert_eq!(service.designs(tenant, None, 10).await.unwrap().items.len(), 1);
}
