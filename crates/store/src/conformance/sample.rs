//! Nouns to fill a store with: the same number gives the same noun.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use marquetry_job::{DeliverySchedule, DeliveryState, Health, RetrySchedule, Timestamp, WorkerId};
use marquetry_model::{
    About, Announce, ApiKey, ApiKeyId, AssetSource, AttemptRecord, BlobKey, Callback, Catalogue, Change,
    ContentHash, Delivery, DeliveryAttempt, DeliveryId, DesignId, DialectName, Endpoint, EndpointId,
    EventNaming, EventType, Export, ExportFile, ExportFormat, FormerSecret, Job, JobId, JobResult, JobSpec,
    KeyHash, LayerAddress, LayerEntry, LayerId, LayerKind, Mockup, MockupId, Pinned, Placement, RenderSpec,
    Secret, SmartObject, Target, TemplateSpec, Tenant, TenantId, Thumbnail, Timing, Trouble, UploadSource,
    UploadSpec, Version, Warning,
};
use marquetry_pixel::{BlendMode, Quad, Rect, Size};

use crate::{Announcer, DeliverySteps, JobSteps, Owed, Record, RecordKind, Store, StoreError};

/// How long the workers of the suite hold what they claim.
pub const LEASE: Duration = Duration::from_secs(15);

/// `seconds` after the suite began.
pub fn at(seconds: i64) -> Timestamp {
    Timestamp::from_micros(1_700_000_000_000_000 + seconds * 1_000_000)
}

fn bytes(n: u64) -> [u8; 16] {
    let mut bytes = [0x5a; 16];
    bytes[8..].copy_from_slice(&n.to_be_bytes());
    bytes
}

/// The `n`th tenant.
pub fn tenant_id(n: u64) -> TenantId {
    TenantId::from_random(bytes(n))
}

/// The `n`th job's id. Ids grow with `n`.
pub fn job_id(n: u64) -> JobId {
    JobId::from_random(bytes(n))
}

/// The `n`th mockup's id.
pub fn mockup_id(n: u64) -> MockupId {
    MockupId::from_random(bytes(n))
}

/// The `n`th delivery's id.
pub fn delivery_id(n: u64) -> DeliveryId {
    DeliveryId::from_random(bytes(n))
}

/// The `n`th endpoint's id.
pub fn endpoint_id(n: u64) -> EndpointId {
    EndpointId::from_random(bytes(n))
}

/// The `n`th API key's id.
pub fn key_id(n: u64) -> ApiKeyId {
    ApiKeyId::from_random(bytes(n))
}

/// The `n`th worker.
pub fn worker(n: u64) -> WorkerId {
    WorkerId::from_random(bytes(n))
}

/// A template of tenant 1, made at `at(n)`, as the store sees it.
pub fn record(n: u64) -> Record {
    let now = at(i64::try_from(n).unwrap());
    Record {
        tenant: tenant_id(1),
        kind: RecordKind::Template,
        id: format!("tpl_{n}"),
        version: Version::FIRST,
        created_at: now,
        updated_at: now,
        refers: vec![content(1).to_string(), content(2).to_string()],
        form: format!("{{\"v\":1,\"name\":\"No. {n} \u{e9}\u{2603}\"}}"),
    }
}

/// The `n`th content.
pub fn content(n: u8) -> ContentHash {
    ContentHash::from_bytes([n; 32])
}

/// A render of mockup 1 for tenant 1 that came in at `at(n)` and announces its end.
pub fn render_job(n: u64) -> Job {
    let change = Change {
        slot: LayerId::from_random(bytes(n)),
        addresses: vec![LayerAddress(vec![3]), LayerAddress(vec![4, 0])],
        asset: Some(AssetSource::Blob {
            key: BlobKey::asset(content(7)),
            content: content(7),
        }),
        placement: Placement::default(),
        colour: None,
        adjustments: marquetry_model::Adjustments::default(),
    };
    let spec = RenderSpec {
        mockup: mockup_id(1),
        mockup_name: "Mug".into(),
        content: content(1),
        changes: vec![change],
        texts: vec![],
        hidden: vec![LayerAddress(vec![9])],
        export: Export::default(),
        label: Some("spring".into()),
    };
    let callback = Callback {
        url: "https://hooks.example.com/once".into(),
        secret: Some(Secret::new("s3cret")),
        dialect: dialect(),
    };
    job(n, JobSpec::Render(Box::new(spec)), Some(callback))
}

/// A render of a template for tenant 1 that came in at `at(n)` and announces its end.
pub fn template_job(n: u64) -> Job {
    let spec = TemplateSpec {
        pinned: Pinned {
            template: "card".parse().unwrap(),
            revision: 3,
            layout: content(1),
        },
        fields: format!("{{\"Name\":\"No. {n}\"}}"),
        design: Some(DesignId::from_random(bytes(n))),
        about: About {
            player: Some("10".into()),
            ..About::default()
        },
        mockups: vec![(mockup_id(1), content(2))],
        assets: vec![("logo".parse().unwrap(), content(3))],
        export: None,
    };
    job(n, JobSpec::Template(Box::new(spec)), None)
}

/// An upload for tenant 1 that came in at `at(n)` and announces its end.
pub fn upload_job(n: u64) -> Job {
    let source = UploadSource::Url(format!("https://example.com/{n}.psd"));
    job(
        n,
        JobSpec::Upload(UploadSpec {
            name: format!("upload {n}"),
            source,
        }),
        None,
    )
}

fn job(n: u64, spec: JobSpec, callback: Option<Callback>) -> Job {
    let now = at(i64::try_from(n).unwrap());
    Job::accepted(job_id(n), tenant_id(1), spec, Announce::Events, callback, now)
}

/// What a render makes.
pub fn result(n: u64) -> JobResult {
    JobResult {
        export: Some(ExportFile {
            key: BlobKey::result(job_id(n), 0, ExportFormat::Webp),
            content_type: "image/webp".into(),
            bytes: 12_345,
            size: Size::new(2048, 1365),
        }),
        mockup: None,
        warnings: vec![Warning::new(
            "LAYER_NOT_DRAWN",
            "the layer \"glow\" could not be drawn",
        )],
        timings: vec![Timing {
            room: "draw".into(),
            took: Duration::from_micros(41_000),
        }],
    }
}

/// Mockup `n` of tenant 1, made at `at(n)`, with everything a mockup can hold.
pub fn mockup(n: u64) -> Mockup {
    let made = at(i64::try_from(n).unwrap());
    let id = mockup_id(n);
    let layer = |m: u64, kind, children| LayerEntry {
        id: LayerId::from_random(bytes(m)),
        address: LayerAddress(vec![1, 2]),
        name: format!("layer {m}"),
        kind,
        visible: true,
        children,
    };
    let object = SmartObject {
        id: LayerId::from_random(bytes(n)),
        instances: vec![LayerAddress(vec![1]), LayerAddress(vec![5])],
        name: "Design".into(),
        layer_name: Some("Design here".into()),
        frame: Size::new(3000, 3413),
        bounds: Rect::new(-4, 380, 1200, 1400),
        quad: Some(Quad::new([(0.1, 0.2), (10.0, 0.3), (9.7, 10.0), (0.0, 9.9)])),
        blend: BlendMode::Multiply,
        visible: true,
        smart_objects: vec![],
        text_layers: vec![],
    };
    Mockup {
        id,
        tenant: tenant_id(1),
        name: format!("Mockup {n}"),
        content: content(1),
        source: BlobKey::upload(content(1)),
        source_bytes: 88_000_000,
        size: Size::new(3000, 2000),
        dpi: Some(299.999),
        catalogue: Catalogue {
            smart_objects: vec![object],
            text_layers: vec![],
            layers: vec![layer(
                1,
                LayerKind::Group,
                vec![layer(2, LayerKind::Text, vec![])],
            )],
        },
        warnings: vec![Warning::new(
            "PSD_HIDDEN_SMART_OBJECTS",
            "one smart object is hidden",
        )],
        thumbnails: vec![Thumbnail {
            width: 720,
            key: BlobKey::thumbnail(id, 720),
        }],
        created_at: made,
        updated_at: made,
        version: Version::FIRST,
    }
}

/// The dialect of the suite.
pub fn dialect() -> DialectName {
    DialectName::new("plain").unwrap()
}

/// Endpoint `n` of tenant 1, made at `at(n)`.
pub fn endpoint(n: u64) -> Endpoint {
    Endpoint {
        id: endpoint_id(n),
        tenant: tenant_id(1),
        url: format!("https://hooks.example.com/{n}"),
        secret: Secret::new("whsec_0123456789"),
        former_secrets: vec![FormerSecret {
            secret: Secret::new("whsec_before_that"),
            until: at(86_400),
        }],
        description: Some("the shop".into()),
        event_types: vec![EventType::RenderSucceeded, EventType::RenderFailed],
        naming: EventNaming::Current,
        dialect: dialect(),
        enabled: true,
        disabled: None,
        health: Health::Doubtful {
            first: at(1),
            last: at(2),
        },
        created_at: at(i64::try_from(n).unwrap()),
        updated_at: None,
        version: Version::FIRST,
    }
}

/// Delivery `n` for tenant 1, owed at `at(n)` to endpoint 1, telling of job `n`.
pub fn delivery(n: u64) -> Delivery {
    let now = at(i64::try_from(n).unwrap());
    Delivery::owed(
        delivery_id(n),
        tenant_id(1),
        Target::Endpoint(endpoint_id(1)),
        dialect(),
        job_id(n),
        EventType::RenderSucceeded,
        format!("{{\"job\":{n}}}").into_bytes(),
        DeliveryState::owed(now, &DeliverySchedule::default()),
        now,
    )
}

/// The file of the `n`th job, owed to a destination at `at(n)`.
pub fn file(n: u64) -> Delivery {
    Delivery {
        target: Target::File {
            destination: "shelf".parse().unwrap(),
            path: format!("out/{n}.jpg"),
        },
        event: EventType::RenderExported,
        body: Arc::default(),
        ..delivery(n)
    }
}

/// A try of a delivery by its `n`th holder, which began at `at(n)` and failed.
pub fn attempt(n: u32) -> AttemptRecord {
    AttemptRecord {
        number: n,
        tried: DeliveryAttempt {
            at: at(i64::from(n)),
            took: Duration::from_millis(12),
            status: Some(503),
            error: Some("the endpoint answered 503".into()),
        },
        trouble: Some(Trouble::Overloaded),
        lookup: "203.0.113.7 answered".into(),
        request: vec![("webhook-id".into(), "msg_1".into())],
        answer: "busy\nvery".into(),
    }
}

/// Tenant `n`, made at `at(n)`.
pub fn tenant(n: u64) -> Tenant {
    Tenant {
        id: tenant_id(n),
        name: format!("Tenant {n}"),
        created_at: at(i64::try_from(n).unwrap()),
    }
}

/// API key `n` of tenant 1, made at `at(n)`.
pub fn key(n: u64) -> ApiKey {
    let mut hash = [0x11; 32];
    hash[..8].copy_from_slice(&n.to_be_bytes());
    ApiKey {
        id: key_id(n),
        tenant: tenant_id(1),
        name: format!("key {n}"),
        hash: KeyHash(hash),
        last_four: "ab12".into(),
        created_at: at(i64::try_from(n).unwrap()),
        last_used_at: None,
        total_requests: 0,
        revoked_at: None,
    }
}

/// Owes one delivery to endpoint 1 for each job that ends, with an id that follows from the job's.
#[derive(Clone, Copy, Debug, Default)]
pub struct OneDelivery;

#[async_trait]
impl Announcer for OneDelivery {
    async fn owed(&self, job: &Job, now: Timestamp) -> Result<Owed, StoreError> {
        let state = DeliveryState::owed(now, &DeliverySchedule::default());
        let one = Delivery {
            id: DeliveryId::from_bytes(*job.id.as_bytes()),
            tenant: job.tenant,
            job: job.id,
            created_at: now,
            updated_at: now,
            state,
            ..delivery(0)
        };
        Ok(Owed {
            deliveries: vec![one],
            later: None,
        })
    }
}

/// Steps over `store` that owe one delivery a job.
pub fn job_steps(store: &Arc<dyn Store>) -> JobSteps {
    JobSteps::new(Arc::clone(store), Arc::new(OneDelivery), RetrySchedule::default())
}

/// Steps over the deliveries of `store`.
pub fn delivery_steps(store: &Arc<dyn Store>) -> DeliverySteps {
    DeliverySteps::new(Arc::clone(store), DeliverySchedule::default())
}
