//! What every test works with: a store, a folder of blobs, a server with files, and small mockups.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use bytes::Bytes;
use marquetry_egress::{Egress, Policy};
use marquetry_job::{Failure, Jitter, JobState, RetrySchedule, Timestamp};
use marquetry_model::{
    Adjustments, Announce, AssetSource, BlobKey, Change, ContentHash, Export, ExportFormat, ExportSize, Job,
    JobId, JobSpec, Mockup, Placement, RenderSpec, SmartObject, TenantId, UploadSource, UploadSpec,
};
use marquetry_pixel::Raster;
use marquetry_store::memory::MemoryStore;
use marquetry_store::{Clock, Inserted, JobSteps, Silence, Store, SystemClock};
use marquetry_store_sqlite::SqliteStore;
use marquetry_testkit::catcher::Catcher;
use marquetry_testkit::paint::Picture;
use marquetry_testkit::psd::{Builder, Layer, Linked, Rect, SmartObject as Placed};
use marquetry_worker::{Worker, WorkerBuilder};
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use tempfile::TempDir;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// Longer than anything takes, even on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) const BLUE: [u8; 4] = [0, 0, 255, 255];
pub(crate) const RED: [u8; 4] = [255, 0, 0, 255];
pub(crate) const GREY: [u8; 4] = [128, 128, 128, 255];

pub(crate) struct Workshop {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) blobs: Arc<dyn ObjectStore>,
    pub(crate) server: Catcher,
    pub(crate) tenant: TenantId,
    ids: AtomicU8,
    folder: TempDir,
}

/// A worker that runs until it is told to stop.
pub(crate) struct Running {
    shutdown: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Running {
    /// Returns when the worker has.
    pub(crate) async fn stop(self) {
        let _ = self.shutdown.send(());
        tokio::time::timeout(PATIENCE, self.task).await.unwrap().unwrap();
    }
}

impl Workshop {
    /// With a store in memory.
    pub(crate) async fn open() -> Self {
        Self::with(tempfile::tempdir().unwrap(), |_| Arc::new(MemoryStore::new())).await
    }

    /// With a store in a file.
    pub(crate) async fn on_disk() -> Self {
        let file = |folder: &TempDir| -> Arc<dyn Store> {
            Arc::new(SqliteStore::open(&folder.path().join("jobs.sqlite")).unwrap())
        };
        Self::with(tempfile::tempdir().unwrap(), file).await
    }

    /// Over blobs that lie elsewhere.
    pub(crate) async fn over(blobs: Arc<dyn ObjectStore>) -> Self {
        Self {
            blobs,
            ..Self::open().await
        }
    }

    /// The same with other blobs from here on.
    pub(crate) fn with_blobs(self, blobs: Arc<dyn ObjectStore>) -> Self {
        Self { blobs, ..self }
    }

    async fn with(folder: TempDir, store: impl FnOnce(&TempDir) -> Arc<dyn Store>) -> Self {
        Self {
            store: store(&folder),
            blobs: Arc::new(LocalFileSystem::new_with_prefix(folder.path()).unwrap()),
            server: Catcher::start().await,
            tenant: TenantId::from_random([9; 16]),
            ids: AtomicU8::new(0),
            folder,
        }
    }

    /// Where store and blobs are.
    pub(crate) fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// Two slots, and retries that do not wait.
    pub(crate) fn worker(&self) -> WorkerBuilder {
        let egress = Egress::new(Policy::allow_private()).unwrap();
        let blobs = Arc::clone(&self.blobs);
        Worker::builder(Arc::clone(&self.store), blobs, egress, Arc::new(Silence))
            .slots(2)
            .jitter(|| Jitter::LEAST)
    }

    pub(crate) fn start(&self, builder: WorkerBuilder) -> Running {
        let worker = builder.build().unwrap();
        let (shutdown, told) = oneshot::channel::<()>();
        let task = tokio::spawn(worker.run(async {
            let _ = told.await;
        }));
        Running { shutdown, task }
    }

    pub(crate) fn steps(&self) -> JobSteps {
        JobSteps::new(
            Arc::clone(&self.store),
            Arc::new(Silence),
            RetrySchedule::default(),
        )
    }

    pub(crate) async fn submit(&self, spec: JobSpec) -> JobId {
        let id = JobId::from_random([self.ids.fetch_add(1, Ordering::SeqCst); 16]);
        let job = Job::accepted(id, self.tenant, spec, Announce::Events, None, now());
        let inserted = self.store.insert_job(&job, None).await.unwrap();
        assert_eq!(inserted, Inserted::New);
        id
    }

    pub(crate) async fn submit_upload(&self, source: UploadSource) -> JobId {
        let spec = UploadSpec::new("Poster".into(), source).unwrap();
        self.submit(JobSpec::Upload(spec)).await
    }

    /// Stores a file as the front door does and asks for a mockup of it.
    pub(crate) async fn upload(&self, psd: &[u8]) -> JobId {
        let key = BlobKey::upload(hash(psd));
        self.put(&key, psd.to_vec()).await;
        self.submit_upload(UploadSource::Blob { key }).await
    }

    /// Uploads a file with a worker of its own, which is stopped again.
    pub(crate) async fn mockup(&self, psd: &[u8]) -> Mockup {
        let running = self.start(self.worker());
        let id = self.upload(psd).await;
        let mockup = self.mockup_of(id).await;
        running.stop().await;
        mockup
    }

    pub(crate) async fn mockup_of(&self, job: JobId) -> Mockup {
        let job = self.ended(job).await;
        assert!(matches!(job.state, JobState::Succeeded { .. }), "{:?}", job.state);
        let id = job.result.unwrap().mockup.unwrap();
        self.store.mockup(self.tenant, id).await.unwrap().unwrap()
    }

    pub(crate) async fn render(&self, mockup: &Mockup, changes: Vec<Change>) -> JobId {
        let spec = RenderSpec {
            mockup: mockup.id,
            mockup_name: mockup.name.clone(),
            content: mockup.content,
            changes,
            texts: vec![],
            hidden: vec![],
            export: Export {
                format: ExportFormat::Png,
                size: ExportSize::Original,
                ..Export::default()
            },
            label: None,
        };
        spec.check().unwrap();
        self.submit(JobSpec::Render(Box::new(spec))).await
    }

    /// A render that lays the server's file into the first smart object.
    pub(crate) async fn render_url(&self, mockup: &Mockup) -> JobId {
        let url = self.server.url("/design.png");
        self.render(mockup, vec![change(&mockup.catalogue.smart_objects[0], url)])
            .await
    }

    pub(crate) async fn job(&self, id: JobId) -> Job {
        self.store.job(self.tenant, id).await.unwrap().unwrap()
    }

    /// The job once `is_so`.
    pub(crate) async fn job_when(&self, id: JobId, is_so: impl Fn(&Job) -> bool) -> Job {
        let waiting = async {
            loop {
                let job = self.job(id).await;
                if is_so(&job) {
                    return job;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        match tokio::time::timeout(PATIENCE, waiting).await {
            Ok(job) => job,
            Err(_) => panic!("the job is still {:?}", self.job(id).await.state),
        }
    }

    pub(crate) async fn ended(&self, id: JobId) -> Job {
        self.job_when(id, |job| job.state.is_terminal()).await
    }

    /// Why a job failed.
    pub(crate) async fn failure(&self, id: JobId) -> Failure {
        match self.ended(id).await.state {
            JobState::Failed { cause, .. } => cause,
            other => panic!("the job ended {other:?}"),
        }
    }

    /// The picture that a render made.
    pub(crate) async fn picture(&self, id: JobId) -> Raster {
        let job = self.ended(id).await;
        assert!(matches!(job.state, JobState::Succeeded { .. }), "{:?}", job.state);
        let export = job.result.unwrap().export.unwrap();
        let file = self.get(&export.key).await.unwrap();
        assert_eq!(file.len() as u64, export.bytes);
        decode(&file)
    }

    pub(crate) async fn put(&self, key: &BlobKey, bytes: Vec<u8>) {
        let path = Path::from(key.as_str());
        self.blobs.put(&path, bytes.into()).await.unwrap();
    }

    pub(crate) async fn get(&self, key: &BlobKey) -> Option<Bytes> {
        match self.blobs.get(&Path::from(key.as_str())).await {
            Ok(found) => Some(found.bytes().await.unwrap()),
            Err(object_store::Error::NotFound { .. }) => None,
            Err(error) => panic!("{error}"),
        }
    }
}

pub(crate) fn now() -> Timestamp {
    SystemClock.now()
}

pub(crate) fn hash(bytes: &[u8]) -> ContentHash {
    ContentHash::from_bytes(*blake3::hash(bytes).as_bytes())
}

pub(crate) fn decode(file: &[u8]) -> Raster {
    marquetry_codec::decode(file, &marquetry_codec::Limits::default())
        .unwrap()
        .raster
}

pub(crate) fn png(colour: [u8; 4]) -> Vec<u8> {
    Picture::from_fn(20, 20, |_| colour).to_png()
}

pub(crate) fn change(slot: &SmartObject, url: String) -> Change {
    Change {
        slot: slot.id,
        addresses: slot.instances.clone(),
        asset: Some(AssetSource::Url(url)),
        placement: Placement::default(),
        colour: None,
        adjustments: Adjustments::default(),
    }
}

/// A blue canvas of 64 by 64 with grey smart objects of 16 by 32: `Left` at (8, 16), `Right` at (40, 16).
pub(crate) fn poster() -> Builder {
    let mut document = Builder::new(64, 64).dpi(144.0);
    document.push(Layer::raster(
        "wall",
        Rect::new(0, 0, 64, 64),
        BLUE.repeat(64 * 64),
    ));
    smart_object(&mut document, "Left", 8, |layer| layer);
    smart_object(&mut document, "Right", 40, |layer| layer);
    document
}

pub(crate) fn smart_object(document: &mut Builder, name: &str, left: i32, finish: impl Fn(Layer) -> Layer) {
    let id = format!("0d7f3f3c-1111-4222-8333-4444555566{left:02}");
    let (from, to) = (f64::from(left), f64::from(left + 16));
    let quad = [[from, 16.0], [to, 16.0], [to, 48.0], [from, 48.0]];
    let placed = Placed::new(&id, quad, [16.0, 32.0]);
    let area = Rect::new(left, 16, 16, 32);
    document.push(finish(Layer::smart_object(
        name,
        placed,
        area,
        GREY.repeat(16 * 32),
    )));
    let contents = Picture::from_fn(16, 32, |_| GREY).to_png();
    document.link(Linked::embedded(&id, "contents.png", contents));
}

/// A poster that no other poster equals.
pub(crate) fn poster_psd(dpi: f64) -> Vec<u8> {
    poster().dpi(dpi).to_bytes()
}
