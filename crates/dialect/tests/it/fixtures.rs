//! One mockup, its jobs and its endpoint, with the ids of the published examples.

use std::sync::Arc;

use marquetry_dialect::Links;
use marquetry_dialect::sudomock::{Answer, Problem};
use marquetry_job::{DeliverySchedule, DeliveryState, Failure, JobState, Timestamp};
use marquetry_model::*;
use marquetry_pixel::{BlendMode, Quad, Rect, Rgb, Size};
use serde_json::Value;

pub(crate) const MOCKUP: &str = "c315f78f-d2c7-4541-b240-a9372842de94";
pub(crate) const SLOT: &str = "128394ee-6758-4f2f-aa36-e2b19b152bd9";
pub(crate) const NESTED: &str = "22222222-2222-4222-8222-222222222222";
pub(crate) const TEXT: &str = "33333333-3333-4333-8333-333333333333";
pub(crate) const GROUP: &str = "44444444-4444-4444-8444-444444444444";
pub(crate) const RENDER_JOB: &str = "9d4e2b51-0c7a-4f8e-bb1c-2a6f9e3d8c10";
pub(crate) const UPLOAD_JOB: &str = "1f0a8c23-7b44-4e90-9c2d-55ab1e7f0d33";
pub(crate) const TENANT: &str = "55555555-5555-4555-8555-555555555555";
pub(crate) const ENDPOINT: &str = "66666666-6666-4666-8666-666666666666";
pub(crate) const DELIVERY: &str = "77777777-7777-4777-8777-777777777777";

/// 2026-06-01T12:00:00Z.
pub(crate) const NOON: Timestamp = Timestamp::from_micros(1_780_315_200_000_000);
pub(crate) const NOON_TEXT: &str = "2026-06-01T12:00:00.000Z";

pub(crate) fn links() -> Links {
    Links::new("https://mockups.example.com/")
}

pub(crate) fn body(answer: &Answer) -> Value {
    assert!(
        answer
            .headers
            .contains(&("Content-Type", "application/json".to_owned()))
    );
    serde_json::from_slice(&answer.body).unwrap()
}

/// The fields a problem names: `smart_objects.0.asset.rotate float_type`.
pub(crate) fn named(problem: &Problem) -> Vec<String> {
    assert_eq!(problem.status(), 422, "{problem}");
    let body = body(&Answer::from(problem));
    let errors = body["detail"]
        .as_array()
        .unwrap_or_else(|| panic!("a list of fields: {body}"));
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    errors
        .iter()
        .map(|error| {
            assert!(error["msg"].as_str().is_some_and(|message| !message.is_empty()));
            let path: Vec<String> = error["loc"].as_array().unwrap().iter().map(text).collect();
            format!("{} {}", path.join("."), error["type"].as_str().unwrap())
        })
        .collect()
}

/// Status, code and text of a problem that is told in words.
pub(crate) fn told(problem: &Problem) -> (u16, String, String) {
    let body = body(&Answer::from(problem));
    assert_eq!(body["success"], false);
    let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
    (problem.status(), text("error_code"), text("detail"))
}

fn text_layer() -> TextLayer {
    TextLayer {
        id: TEXT.parse().unwrap(),
        address: LayerAddress(vec![7]),
        name: "Slogan".into(),
        text: Some("Hello world".into()),
        font: Some("Inter-Bold".into()),
        font_size: Some(42.5),
        colour: Some(Rgb::new(255, 0, 128)),
        font_available: Some(false),
        editable: false,
        segments: vec![
            TextSegment {
                text: "Hello ".into(),
                font: Some("Inter-Bold".into()),
                font_size: Some(42.5),
                colour: Some(Rgb::new(255, 0, 128)),
            },
            TextSegment {
                text: "world".into(),
                font: None,
                font_size: None,
                colour: None,
            },
        ],
        visible: true,
        stroke_count: 2,
        has_colour_overlay: false,
        has_clipped_artwork: true,
        edit_together: vec![GROUP.parse().unwrap()],
    }
}

fn smart_object(id: &str, name: &str) -> SmartObject {
    SmartObject {
        id: id.parse().unwrap(),
        instances: vec![LayerAddress(vec![3]), LayerAddress(vec![5])],
        name: name.into(),
        layer_name: None,
        frame: Size::new(3000, 3413),
        bounds: Rect::new(450, 380, 1200, 1400),
        quad: Some(Quad::new([
            (450.0, 380.0),
            (1650.0, 380.0),
            (1650.5, 1780.0),
            (450.0, 1780.0),
        ])),
        blend: BlendMode::Multiply,
        visible: true,
        smart_objects: vec![],
        text_layers: vec![],
    }
}

fn layer(id: &str, name: &str, kind: LayerKind, children: Vec<LayerEntry>) -> LayerEntry {
    LayerEntry {
        id: id.parse().unwrap(),
        address: LayerAddress::default(),
        name: name.into(),
        kind,
        visible: kind != LayerKind::Group,
        children,
    }
}

pub(crate) fn mockup() -> Mockup {
    let id: MockupId = MOCKUP.parse().unwrap();
    let mut outer = smart_object(SLOT, "Design");
    let nested = SmartObject {
        quad: None,
        instances: vec![LayerAddress(vec![3, 0])],
        ..smart_object(NESTED, "Badge")
    };
    outer.smart_objects.push(nested);
    Mockup {
        id,
        tenant: TENANT.parse().unwrap(),
        name: "Mug".into(),
        content: ContentHash::from_bytes([1; 32]),
        source: BlobKey::upload(ContentHash::from_bytes([1; 32])),
        source_bytes: 1000,
        size: Size::new(3000, 2000),
        dpi: Some(300.0),
        catalogue: Catalogue {
            smart_objects: vec![outer],
            text_layers: vec![text_layer()],
            layers: vec![
                layer(
                    GROUP,
                    "Group",
                    LayerKind::Group,
                    vec![layer(TEXT, "Slogan", LayerKind::Text, vec![])],
                ),
                layer(SLOT, "Design", LayerKind::SmartObject, vec![]),
            ],
        },
        warnings: vec![Warning::new(
            "PSD_HIDDEN_SMART_OBJECTS",
            "1 smart object is hidden",
        )],
        thumbnails: Mockup::THUMBNAIL_WIDTHS
            .map(|width| Thumbnail {
                width,
                key: BlobKey::thumbnail(id, width),
            })
            .to_vec(),
        created_at: NOON,
        updated_at: NOON,
        version: Version::FIRST,
    }
}

fn change() -> Change {
    Change {
        slot: SLOT.parse().unwrap(),
        addresses: vec![LayerAddress(vec![3])],
        asset: Some(AssetSource::Url("https://your-domain.com/design.png".into())),
        placement: Placement::default(),
        colour: None,
        adjustments: Adjustments::default(),
    }
}

pub(crate) fn render_spec() -> RenderSpec {
    RenderSpec {
        mockup: MOCKUP.parse().unwrap(),
        mockup_name: "Mug".into(),
        content: ContentHash::from_bytes([1; 32]),
        changes: vec![change()],
        texts: vec![],
        hidden: vec![],
        export: Export::default(),
        label: None,
    }
}

pub(crate) fn render_job() -> Job {
    let spec = JobSpec::Render(Box::new(render_spec()));
    Job::accepted(
        RENDER_JOB.parse().unwrap(),
        TENANT.parse().unwrap(),
        spec,
        Announce::Events,
        None,
        NOON,
    )
}

pub(crate) fn upload_job() -> Job {
    let source = UploadSource::Url("https://example.com/mug.psd".into());
    let spec = JobSpec::Upload(UploadSpec::new("Mug".into(), source).unwrap());
    Job::accepted(
        UPLOAD_JOB.parse().unwrap(),
        TENANT.parse().unwrap(),
        spec,
        Announce::Events,
        None,
        NOON,
    )
}

pub(crate) fn succeeded(job: Job) -> Job {
    let result = match job.kind() {
        JobKind::Render => JobResult {
            export: Some(ExportFile {
                key: BlobKey::result(job.id, 0, ExportFormat::Webp),
                content_type: "image/webp".into(),
                bytes: 12_345,
                size: Size::new(1920, 1280),
            }),
            ..JobResult::default()
        },
        JobKind::Upload => JobResult {
            mockup: Some(MOCKUP.parse().unwrap()),
            ..JobResult::default()
        },
    };
    job.stepped(JobState::Succeeded { at: NOON }, Some(result), NOON)
}

pub(crate) fn failed(job: Job, code: &str, message: &str) -> Job {
    let cause = Failure::new(code, message, "secret detail for the log");
    job.stepped(JobState::Failed { at: NOON, cause }, None, NOON)
}

pub(crate) fn cancelled(job: Job) -> Job {
    job.stepped(JobState::Cancelled { at: NOON }, None, NOON)
}

pub(crate) fn dialect() -> DialectName {
    marquetry_dialect::Dialect::SudoMock.name()
}

pub(crate) fn endpoint() -> Endpoint {
    Endpoint {
        id: ENDPOINT.parse().unwrap(),
        tenant: TENANT.parse().unwrap(),
        url: "https://hooks.example.com/in".into(),
        secret: Secret::new("whsec_0123456789abcdefab12"),
        former_secrets: vec![],
        description: None,
        event_types: vec![EventType::RenderSucceeded, EventType::PhotoMockupReady],
        naming: EventNaming::Legacy,
        dialect: dialect(),
        enabled: true,
        disabled: None,
        health: marquetry_job::Health::Well,
        created_at: NOON,
        updated_at: None,
        version: Version::FIRST,
    }
}

pub(crate) fn delivery() -> Delivery {
    let body: Arc<[u8]> = Arc::from(&b"{}"[..]);
    Delivery::owed(
        DELIVERY.parse().unwrap(),
        TENANT.parse().unwrap(),
        Target::Endpoint(ENDPOINT.parse().unwrap()),
        dialect(),
        RENDER_JOB.parse().unwrap(),
        EventType::RenderSucceeded,
        body,
        DeliveryState::owed(NOON, &DeliverySchedule::default()),
        NOON,
    )
}
