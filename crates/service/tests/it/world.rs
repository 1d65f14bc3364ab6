//! A service with everything around it, and the hands of a worker.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::{Stream, TryStreamExt as _, stream};
use marquetry_job::{RetrySchedule, Timestamp, WorkerId};
use marquetry_model::{
    Adjustments, BlobKey, Catalogue, ContentHash, Export, ExportFile, ExportFormat, Job, JobResult, JobSpec,
    LayerAddress, LayerEntry, LayerId, LayerKind, Mockup, MockupId, Placement, RenderRequest, RequestedAsset,
    RequestedChange, SmartObject, TenantId, TextLayer, TextSegment, Thumbnail, Version,
};
use marquetry_pixel::{BlendMode, Rect, Size};
use marquetry_service::{Service, ServiceBuilder, ServiceError, StoredUpload};
use marquetry_store::memory::MemoryStore;
use marquetry_store::{JobSteps, Reported, Silence, Store};
use marquetry_store_sqlite::SqliteStore;
use marquetry_testkit::clock::Clock;
use object_store::local::LocalFileSystem;
use object_store::{ObjectStore, ObjectStoreExt as _};
use tempfile::TempDir;

/// Longer than any test takes.
pub(crate) const LONG: Duration = Duration::from_secs(60);
const WORKER: [u8; 16] = [9; 16];

pub(crate) struct World {
    pub(crate) service: Service,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) blobs: Arc<dyn ObjectStore>,
    pub(crate) clock: Clock,
    pub(crate) tenant: TenantId,
    pub(crate) other: TenantId,
    pub(crate) steps: JobSteps,
    folder: TempDir,
    _database: Option<TempDir>,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(|builder| builder).await
    }

    pub(crate) async fn with(settings: impl FnOnce(ServiceBuilder) -> ServiceBuilder) -> Self {
        Self::over(Arc::new(MemoryStore::new()), settings).await
    }

    pub(crate) async fn over(
        store: Arc<dyn Store>,
        settings: impl FnOnce(ServiceBuilder) -> ServiceBuilder,
    ) -> Self {
        let folder = TempDir::new().unwrap();
        let blobs: Arc<dyn ObjectStore> = Arc::new(LocalFileSystem::new_with_prefix(folder.path()).unwrap());
        let clock = Clock::default();
        let shown = clock.clone();
        let builder = Service::builder(store.clone(), blobs.clone()).clock(Shown(shown));
        let service = settings(builder).build().unwrap();
        let tenant = service.create_tenant("one").await.unwrap().id;
        let other = service.create_tenant("other").await.unwrap().id;
        Self {
            steps: JobSteps::new(store.clone(), Arc::new(Silence), RetrySchedule::default()),
            service,
            store,
            blobs,
            clock,
            tenant,
            other,
            folder,
            _database: None,
        }
    }

    /// With everything remembered in a real database.
    pub(crate) async fn on_sqlite() -> Self {
        let database = TempDir::new().unwrap();
        let store = SqliteStore::open(&database.path().join("marquetry.db")).unwrap();
        let world = Self::over(Arc::new(store), |builder| builder).await;
        Self {
            _database: Some(database),
            ..world
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.clock.now_micros())
    }

    /// Every file in the folder, by its path; those that are half-written too.
    pub(crate) fn files(&self) -> Vec<String> {
        let (mut found, mut folders) = (Vec::new(), vec![self.folder.path().to_owned()]);
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    let path = path.strip_prefix(self.folder.path()).unwrap();
                    found.push(path.to_str().unwrap().to_owned());
                }
            }
        }
        found.sort();
        found
    }

    pub(crate) async fn put(&self, key: &BlobKey, bytes: &'static [u8]) {
        let path = key.as_str().into();
        self.blobs
            .put(&path, Bytes::from_static(bytes).into())
            .await
            .unwrap();
    }

    pub(crate) fn holds(&self, key: &BlobKey) -> bool {
        self.files().iter().any(|file| file == key.as_str())
    }

    pub(crate) async fn upload(&self, bytes: &'static [u8]) -> StoredUpload {
        self.service.put_upload(chunks(vec![bytes])).await.unwrap()
    }

    /// A mockup with files: a slot, one inside that, a text layer and a plain layer.
    pub(crate) async fn mockup(&self, tenant: TenantId, seed: u8, file: &'static [u8]) -> Mockup {
        let content = hash(file);
        let id = MockupId::from_random([seed; 16]);
        let thumbnails: Vec<Thumbnail> = [720, 240]
            .into_iter()
            .map(|width| Thumbnail {
                width,
                key: BlobKey::thumbnail(id, width),
            })
            .collect();
        self.put(&thumbnails[0].key, b"seven hundred and twenty").await;
        self.put(&thumbnails[1].key, b"small").await;
        self.put(&BlobKey::upload(content), file).await;
        let mockup = Mockup {
            id,
            tenant,
            name: format!("Mockup {seed}"),
            content,
            source: BlobKey::upload(content),
            source_bytes: 4,
            size: Size::new(300, 200),
            dpi: None,
            catalogue: catalogue(),
            warnings: vec![],
            thumbnails,
            created_at: self.now(),
            updated_at: self.now(),
            version: Version::FIRST,
        };
        self.store.insert_mockup(&mockup).await.unwrap();
        mockup
    }

    /// The next job, held by the worker.
    pub(crate) async fn claim(&self) -> Option<Job> {
        let worker = WorkerId::from_random(WORKER);
        self.steps.claim(worker, self.now(), LONG, 1).await.unwrap().pop()
    }

    /// Waits for a job to be there and takes it.
    pub(crate) async fn claim_soon(&self) -> Job {
        for _ in 0..2000 {
            if let Some(job) = self.claim().await {
                return job;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("no job came");
    }

    /// Ends a held job well; a render leaves its file.
    pub(crate) async fn finish(&self, job: &Job) -> Job {
        let mut result = JobResult::default();
        if let JobSpec::Render(_) = job.spec {
            let key = BlobKey::result(job.id, 0, ExportFormat::Webp);
            self.put(&key, b"a picture").await;
            result.export = Some(ExportFile {
                key,
                content_type: "image/webp".into(),
                bytes: 9,
                size: Size::new(3, 2),
            });
        }
        let hold = job.state.hold().unwrap();
        let done = self
            .steps
            .finish(job.tenant, job.id, hold, result, None, self.now())
            .await;
        match done.unwrap() {
            Reported::Written(job) => job,
            other => panic!("{other:?}"),
        }
    }
}

pub(crate) fn hash(bytes: &[u8]) -> ContentHash {
    ContentHash::from_bytes(*blake3::hash(bytes).as_bytes())
}

pub(crate) fn chunks(
    chunks: Vec<&'static [u8]>,
) -> impl Stream<Item = Result<Bytes, std::io::Error>> + Send + 'static {
    stream::iter(chunks.into_iter().map(|chunk| Ok(Bytes::from_static(chunk))))
}

pub(crate) fn layer(n: u8) -> LayerId {
    LayerId::from_bytes([n; 16])
}

/// The outer slot, of which there are two copies.
pub(crate) const SLOT: u8 = 1;
/// A slot inside the outer one.
pub(crate) const INNER_SLOT: u8 = 2;
/// A layer of text that cannot be changed.
pub(crate) const TEXT: u8 = 3;
/// A layer of text inside the outer slot, in two styles.
pub(crate) const INNER_TEXT: u8 = 6;
/// A plain layer.
pub(crate) const PLAIN: u8 = 4;
/// A plain layer inside the outer slot.
pub(crate) const INNER_PLAIN: u8 = 5;

fn at(path: &[u32]) -> LayerAddress {
    LayerAddress(path.to_vec())
}

fn row(n: u8, path: &[u32], kind: LayerKind, children: Vec<LayerEntry>) -> LayerEntry {
    LayerEntry {
        id: layer(n),
        address: at(path),
        name: format!("layer {n}"),
        kind,
        visible: true,
        children,
    }
}

fn slot(n: u8, instances: &[&[u32]], smart_objects: Vec<SmartObject>) -> SmartObject {
    SmartObject {
        id: layer(n),
        instances: instances.iter().map(|path| at(path)).collect(),
        name: format!("slot {n}"),
        layer_name: None,
        frame: Size::new(100, 100),
        bounds: Rect::new(0, 0, 100, 100),
        quad: None,
        blend: BlendMode::Normal,
        visible: true,
        smart_objects,
        text_layers: vec![],
    }
}

fn segment(text: &str) -> TextSegment {
    TextSegment {
        text: text.into(),
        font: None,
        font_size: None,
        colour: None,
    }
}

fn words(n: u8, path: &[u32]) -> TextLayer {
    TextLayer {
        id: layer(n),
        address: at(path),
        name: "words".into(),
        text: Some("hello you".into()),
        font: None,
        font_size: None,
        colour: None,
        font_available: None,
        editable: false,
        segments: vec![],
        visible: true,
        stroke_count: 0,
        has_colour_overlay: false,
        has_clipped_artwork: false,
        edit_together: vec![],
    }
}

fn catalogue() -> Catalogue {
    let inner = vec![
        row(INNER_SLOT, &[3, 0], LayerKind::SmartObject, vec![]),
        row(INNER_PLAIN, &[3, 1], LayerKind::Pixel, vec![]),
        row(INNER_TEXT, &[3, 2], LayerKind::Text, vec![]),
    ];
    let outer = SmartObject {
        text_layers: vec![TextLayer {
            editable: true,
            segments: vec![segment("hello "), segment("you")],
            ..words(INNER_TEXT, &[3, 2])
        }],
        ..slot(
            SLOT,
            &[&[3], &[7]],
            vec![slot(INNER_SLOT, &[&[3, 0], &[7, 0]], vec![])],
        )
    };
    Catalogue {
        smart_objects: vec![outer],
        text_layers: vec![words(TEXT, &[5])],
        layers: vec![
            row(SLOT, &[3], LayerKind::SmartObject, inner),
            row(TEXT, &[5], LayerKind::Text, vec![]),
            row(PLAIN, &[0], LayerKind::Pixel, vec![]),
        ],
    }
}

pub(crate) fn change(slot: u8, asset: RequestedAsset) -> RequestedChange {
    RequestedChange {
        slot: layer(slot),
        asset: Some(asset),
        placement: Placement::default(),
        colour: None,
        adjustments: Adjustments::default(),
    }
}

/// A render of `mockup` with these bytes in its outer slot.
pub(crate) fn request(mockup: MockupId, asset: &[u8]) -> RenderRequest {
    RenderRequest {
        mockup,
        changes: vec![change(SLOT, RequestedAsset::Bytes(asset.to_vec()))],
        texts: vec![],
        hidden: vec![],
        export: Export::default(),
        label: None,
    }
}

pub(crate) async fn read(blob: marquetry_service::OpenBlob) -> Result<Vec<u8>, ServiceError> {
    let parts: Vec<Bytes> = blob.bytes.try_collect().await?;
    Ok(parts.concat())
}

/// The obedient clock, in the service's words.
#[derive(Debug)]
struct Shown(Clock);

impl marquetry_store::Clock for Shown {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.now_micros())
    }
}
