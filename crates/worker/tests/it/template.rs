//! Templates are drawn: what a job pinned, with the pictures it names, or a reason that names the layer.

use std::collections::BTreeMap;

use marquetry_job::{JobState, Timestamp};
use marquetry_model::{
    About, BlobKey, ContentHash, Handle, JobId, JobSpec, Layout, MockupId, Pinned, TemplateSpec,
};
use marquetry_store::RecordStoreExt as _;
use marquetry_testkit::catcher::Answer;
use serde_json::{Value, json};

use crate::workshop::{RED, Workshop, decode, hash, png, poster_psd};

/// A page with a photo over all of it and a name.
fn card() -> Value {
    json!({
        "schema": 1, "id": "card", "name": "Card", "revision": 1,
        "pages": [{ "id": "front", "width": 120, "height": 80, "layers": [
            { "id": "photo", "name": "Photo", "type": "image", "x": 0, "y": 0, "width": 120, "height": 80,
              "fit": "fill", "api_field_name": "Photo" },
            { "id": "name", "name": "Name", "type": "text", "x": 4, "y": 4, "width": 60, "height": 20,
              "font": { "family": "Arimo", "size": 12 }, "content": "{{Name}}" },
        ] }],
    })
}

/// Puts a layout and asks for it with these values.
async fn submit(
    workshop: &Workshop,
    layout: &Value,
    fields: &Value,
    assets: &BTreeMap<&str, ContentHash>,
    mockups: Vec<(MockupId, ContentHash)>,
) -> JobId {
    let json = layout.to_string();
    let layout = Layout {
        tenant: workshop.tenant,
        content: hash(json.as_bytes()),
        json,
        at: Timestamp::from_micros(0),
    };
    workshop.store.put_layout(&layout).await.unwrap();
    let handle = |name: &str| name.parse::<Handle>().unwrap();
    let spec = TemplateSpec {
        pinned: Pinned {
            template: handle("card"),
            revision: 1,
            layout: layout.content,
        },
        fields: fields.to_string(),
        design: None,
        about: About::default(),
        mockups,
        assets: assets
            .iter()
            .map(|(name, content)| (handle(name), *content))
            .collect(),
        export: None,
    };
    workshop.submit(JobSpec::Template(Box::new(spec))).await
}

async fn asset(workshop: &Workshop, bytes: Vec<u8>) -> ContentHash {
    let content = hash(&bytes);
    workshop.put(&BlobKey::asset(content), bytes).await;
    content
}

#[tokio::test]
async fn a_card_is_drawn_with_a_photo_from_an_address() {
    let workshop = Workshop::open().await;
    workshop.server.answer_always(Answer::ok(png(RED)));
    let running = workshop.start(workshop.worker());
    let fields = json!({ "Photo": workshop.server.url("/red.png"), "Name": "Jo", "Nmae": "Jo" });
    for round in 0..2 {
        let id = submit(&workshop, &card(), &fields, &BTreeMap::new(), vec![]).await;
        let job = workshop.ended(id).await;
        assert!(matches!(job.state, JobState::Succeeded { .. }), "{:?}", job.state);
        let result = job.result.unwrap();
        let export = result.export.unwrap();
        assert_eq!(export.content_type, "image/jpeg");
        assert_eq!(export.key, BlobKey::made(id, 0, "jpg"));
        let drawn = decode(&workshop.get(&export.key).await.unwrap());
        assert_eq!((drawn.size().width, drawn.size().height), (120, 80));
        let corner = drawn.pixel(119, 70).unwrap();
        assert!(corner[0] > 245 && corner[1] < 10, "{corner:?}");
        let codes: Vec<_> = result.warnings.iter().map(|one| one.code.as_str()).collect();
        assert_eq!(codes, ["FIELD_NOT_USED"], "round {round}");
        let rooms: Vec<_> = result.timings.iter().map(|one| one.room.as_str()).collect();
        for room in ["fetch", "open", "draw", "encode", "put"] {
            assert!(rooms.contains(&room), "{rooms:?}");
        }
    }
    running.stop().await;
}

#[tokio::test]
async fn a_photo_that_cannot_be_fetched_fails_its_job_with_a_reason() {
    let workshop = Workshop::open().await;
    let running = workshop.start(workshop.worker());
    for (answer, message) in [
        (Answer::status(404), "Photo could not be fetched: HTTP 404"),
        (
            Answer::ok("words, no picture"),
            "Photo cannot be read: it is not a PNG, JPEG, WebP or GIF picture",
        ),
    ] {
        workshop.server.answer_always(answer);
        let fields = json!({ "Photo": workshop.server.url("/a.png"), "Name": "Jo" });
        let id = submit(&workshop, &card(), &fields, &BTreeMap::new(), vec![]).await;
        assert_eq!(workshop.failure(id).await.message, message);
    }
    let limits = marquetry_worker::Limits {
        picture_bytes: 20,
        ..marquetry_worker::Limits::default()
    };
    running.stop().await;
    let running = workshop.start(workshop.worker().limits(limits));
    workshop.server.answer_always(Answer::ok(png(RED)));
    let fields = json!({ "Photo": workshop.server.url("/red.png") });
    let id = submit(&workshop, &card(), &fields, &BTreeMap::new(), vec![]).await;
    let failure = workshop.failure(id).await;
    assert_eq!(failure.message, "Photo could not be fetched: more than 20 bytes");
    assert_eq!(failure.code, "artwork_too_large");
    running.stop().await;
}

#[tokio::test]
async fn what_was_pinned_is_drawn_and_what_was_not_is_missed() {
    let workshop = Workshop::open().await;
    let red = asset(&workshop, png(RED)).await;
    let mut layout = card();
    layout["pages"][0]["layers"][0]["source"] = json!({ "asset": "logo" });
    let mut back = layout["pages"][0].clone();
    back["id"] = "back".into();
    layout["pages"].as_array_mut().unwrap().push(back);
    let running = workshop.start(workshop.worker());
    let pinned = BTreeMap::from([("logo", red)]);
    let id = submit(&workshop, &layout, &json!({}), &pinned, vec![]).await;
    let job = workshop.ended(id).await;
    assert!(matches!(job.state, JobState::Succeeded { .. }), "{:?}", job.state);
    let export = job.result.unwrap().export.unwrap();
    assert_eq!(export.content_type, "application/pdf");
    assert_eq!(export.key, BlobKey::made(id, 0, "pdf"));
    assert!(workshop.get(&export.key).await.unwrap().starts_with(b"%PDF-"));

    let id = submit(&workshop, &layout, &json!({}), &BTreeMap::new(), vec![]).await;
    assert_eq!(workshop.failure(id).await.message, "the asset \"logo\" is gone");
    running.stop().await;
}

#[tokio::test]
async fn a_mockup_lies_in_a_template_as_it_was_pinned() {
    let workshop = Workshop::open().await;
    workshop.server.answer_always(Answer::ok(png(RED)));
    let mockup = workshop.mockup(&poster_psd(72.0)).await;
    let layout = json!({
        "schema": 1, "id": "card", "name": "Card", "revision": 1,
        "pages": [{ "id": "front", "width": 64, "height": 64, "layers": [
            { "id": "mug", "name": "Mug", "type": "smart_object", "x": 0, "y": 0, "width": 64, "height": 64,
              "mockup_id": mockup.id.to_string(), "fit": "contain", "slots": [] },
        ] }],
    });
    let running = workshop.start(workshop.worker());
    let pinned = vec![(mockup.id, mockup.content)];
    let id = submit(&workshop, &layout, &json!({}), &BTreeMap::new(), pinned).await;
    let job = workshop.ended(id).await;
    assert!(matches!(job.state, JobState::Succeeded { .. }), "{:?}", job.state);
    workshop
        .store
        .delete_mockup(workshop.tenant, mockup.id)
        .await
        .unwrap();
    let pinned = vec![(mockup.id, mockup.content)];
    let id = submit(&workshop, &layout, &json!({}), &BTreeMap::new(), pinned).await;
    assert_eq!(workshop.failure(id).await.code, "mockup_deleted");
    running.stop().await;
}
