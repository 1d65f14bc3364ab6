//! A whole site for a test: store, blobs, service, server, and a worker when one is wanted.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use marquetry_carrier::Carrier;
use marquetry_dialect::Links;
use marquetry_dialect::sudomock::answer::Plan;
use marquetry_egress::{Egress, Policy};
use marquetry_job::{DeliverySchedule, Jitter, Timestamp};
use marquetry_model::{ContentHash, Delivery, JobSpec, Layout, Prices, TemplateSpec, TenantId};
use marquetry_server::{Account, App, Config, serve};
use marquetry_service::Service;
use marquetry_store::memory::MemoryStore;
use marquetry_store::{Clock, ProgressBoard, RecordStoreExt as _, Store, SystemClock};
use marquetry_template::{Addresses, Limits};
use marquetry_testkit::catcher::Catcher;
use marquetry_testkit::paint::Picture;
use marquetry_testkit::psd::{Builder, Layer, Linked, Rect, SmartObject};
use marquetry_webhook::{Announcements, Courier};
use marquetry_worker::Worker;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt as _};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::client::{Answer, Ask, PATIENCE};

pub(crate) const GREY: [u8; 4] = [128, 128, 128, 255];
pub(crate) const RED: [u8; 4] = [255, 0, 0, 255];
pub(crate) const BLUE: [u8; 4] = [0, 0, 255, 255];
/// Width and height of the mockup that tests use.
pub(crate) const CANVAS: [u32; 2] = [120, 80];
/// The only smart object of it, in pixels of the canvas and of its content alike.
pub(crate) const SLOT: Rect = Rect {
    left: 30,
    top: 20,
    right: 90,
    bottom: 60,
};

/// What a site is to be like.
pub(crate) struct Setup {
    pub(crate) config: Config,
    pub(crate) plan: Plan,
    pub(crate) upload_bytes: u64,
    pub(crate) most_live_jobs_of_tenant: u64,
    pub(crate) policy: Policy,
    pub(crate) prices: Prices,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            config: Config::default(),
            plan: Plan::default(),
            upload_bytes: 4 << 20,
            most_live_jobs_of_tenant: 1000,
            policy: Policy::allow_private(),
            prices: Prices::default(),
        }
    }
}

pub(crate) struct Site {
    pub(crate) address: SocketAddr,
    pub(crate) app: Arc<App>,
    pub(crate) service: Service,
    pub(crate) blobs: Arc<dyn ObjectStore>,
    pub(crate) tenant: TenantId,
    pub(crate) key: String,
    /// Where assets are fetched from and webhooks are sent to.
    pub(crate) outside: Catcher,
    /// Makes the clock of the service panic, and with it whatever asks for the time.
    pub(crate) broken_clock: Arc<AtomicBool>,
    store: Arc<dyn Store>,
    board: ProgressBoard,
    announcements: Arc<Announcements>,
    working: watch::Sender<bool>,
    stop: Option<oneshot::Sender<()>>,
    serving: Option<JoinHandle<std::io::Result<()>>>,
    _folder: TempDir,
    /// Where files are brought to.
    files: TempDir,
}

impl Site {
    /// With a worker.
    pub(crate) async fn open() -> Self {
        let site = Self::idle(Setup::default()).await;
        site.work();
        site
    }

    /// Without one: jobs stay queued until [`Self::work`].
    pub(crate) async fn idle(setup: Setup) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
        let blobs: Arc<dyn ObjectStore> = Arc::new(LocalFileSystem::new_with_prefix(folder.path()).unwrap());
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let links = Links::new(&format!("http://{address}"));
        let announcements = Arc::new(Announcements::new(
            Arc::clone(&store),
            links.clone(),
            DeliverySchedule::default(),
        ));
        let broken_clock = Arc::new(AtomicBool::new(false));
        let broken = Arc::clone(&broken_clock);
        let reporting = Worker::builder(
            Arc::clone(&store),
            Arc::clone(&blobs),
            Egress::new(Policy::allow_private()).unwrap(),
            announcements.clone(),
        );
        let board = ProgressBoard::new();
        let service = Service::builder(Arc::clone(&store), Arc::clone(&blobs))
            .progress(board.clone())
            .reporter(reporting.slots(1).build().unwrap().reporter())
            .webhook_policy(setup.policy)
            .prices(setup.prices)
            .layout_limits(Limits {
                addresses: Addresses::HttpToo,
                ..Limits::default()
            })
            .most_upload_bytes(setup.upload_bytes)
            .most_live_jobs_of_tenant(setup.most_live_jobs_of_tenant)
            .announcer(announcements.clone())
            .clock(Breakable(broken))
            .build()
            .unwrap();
        let tenant = service.ensure_default_tenant().await.unwrap().id;
        let key = service.create_key(tenant, "tests").await.unwrap();
        let account = Account {
            email: "ops@example.com".to_owned(),
            plan: setup.plan.clone(),
        };
        let app = Arc::new(App::new(
            service.clone(),
            links,
            account,
            vec![setup.plan],
            setup.config,
        ));
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = tokio::spawn(serve(listener, Arc::clone(&app), async {
            let _ = stopped.await;
        }));
        Self {
            address,
            app,
            service,
            blobs,
            tenant,
            key: key.text.expose().to_owned(),
            outside: Catcher::start().await,
            broken_clock,
            store,
            board,
            announcements,
            working: watch::Sender::new(true),
            stop: Some(stop),
            serving: Some(serving),
            _folder: folder,
            files: tempfile::tempdir().unwrap(),
        }
    }

    /// Starts a worker, which ends with the site.
    pub(crate) fn work(&self) {
        self.work_through(Egress::new(Policy::allow_private()).unwrap());
    }

    /// Starts a worker that fetches through this door.
    pub(crate) fn work_through(&self, egress: Egress) {
        let worker = Worker::builder(
            Arc::clone(&self.store),
            Arc::clone(&self.blobs),
            egress,
            self.announcements.clone(),
        )
        .slots(2)
        .progress(self.board.clone())
        .jitter(|| Jitter::LEAST)
        .build()
        .unwrap();
        let mut working = self.working.subscribe();
        tokio::spawn(worker.run(async move {
            let _ = working.wait_for(|working| !*working).await;
        }));
    }

    /// Starts a courier, which ends with the site.
    pub(crate) fn deliver(&self) {
        self.deliver_within(Duration::from_secs(10));
    }

    /// Starts a courier that waits so long for an answer, and ends with the site. Its clock can be put ahead, so that
    /// what waits for another try is due.
    pub(crate) fn deliver_within(&self, timeout: Duration) -> Ahead {
        let egress = Egress::new(Policy::allow_private()).unwrap();
        let clock = Ahead::default();
        let courier = Courier::builder(Arc::clone(&self.store), egress)
            .clock(Arc::new(clock.clone()))
            .timeout(timeout)
            // It is not told of a clock that was moved.
            .poll(Duration::from_millis(20))
            .build()
            .unwrap();
        let mut working = self.working.subscribe();
        tokio::spawn(courier.run(async move {
            let _ = working.wait_for(|working| !*working).await;
        }));
        clock
    }

    /// Starts somebody who brings files, which ends with the site; the folder that they go to, each tenant's to one of its
    /// own.
    pub(crate) fn carry(&self) -> PathBuf {
        let folder = self.files.path().to_owned();
        let egress = Egress::new(Policy::allow_private()).unwrap();
        let carrier = Carrier::builder(Arc::clone(&self.store), Arc::clone(&self.blobs), egress)
            .folder(folder.clone())
            .build()
            .unwrap();
        let mut working = self.working.subscribe();
        tokio::spawn(carrier.run(async move {
            let _ = working.wait_for(|working| !*working).await;
        }));
        folder.join(self.tenant.to_string())
    }

    /// What the file of a job became on its way to its destinations, once each was tried `tries` times or more.
    pub(crate) async fn sent(&self, job: &Value, tries: usize) -> Vec<Delivery> {
        let id = marquetry_dialect::templified::job_of(job.as_str().unwrap()).unwrap();
        let looking = async {
            loop {
                let job = self.store.job(self.tenant, id).await.unwrap().unwrap();
                let mut sent = Vec::new();
                for parcel in &job.send_to.as_ref().unwrap().parcels {
                    sent.extend(self.store.delivery(self.tenant, parcel.delivery).await.unwrap());
                }
                if !sent.is_empty() && sent.iter().all(|delivery| delivery.tries.len() >= tries) {
                    return sent;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(PATIENCE, looking).await.unwrap()
    }

    /// Tells the server to stop.
    pub(crate) fn stop(&mut self) {
        let _ = self.stop.take().unwrap().send(());
    }

    /// Returns when the server has stopped, which it must do well.
    pub(crate) async fn stopped(&mut self) {
        let serving = self.serving.take().unwrap();
        timeout(PATIENCE, serving).await.unwrap().unwrap().unwrap();
    }

    pub(crate) async fn send(&self, ask: Ask) -> Answer {
        ask.key(&self.key).send(self.address).await
    }

    pub(crate) async fn get(&self, path: impl Into<String>) -> Answer {
        self.send(Ask::get(path)).await
    }

    pub(crate) async fn post(&self, path: impl Into<String>, body: &Value) -> Answer {
        self.send(Ask::post(path).json(body)).await
    }

    /// The path of an address that an answer gave out, which must lead here.
    pub(crate) fn path_of(&self, url: &Value) -> String {
        let origin = format!("http://{}", self.address);
        let url = url.as_str().unwrap_or_else(|| panic!("{url} is no address"));
        url.strip_prefix(&origin)
            .unwrap_or_else(|| panic!("{url} leads elsewhere"))
            .to_owned()
    }

    /// A mockup that was uploaded, as its answer told it. Needs a worker.
    pub(crate) async fn mockup(&self) -> Mockup {
        let ask = Ask::post("/api/v1/psd/upload?name=Poster")
            .header("content-type", "image/vnd.adobe.photoshop")
            .body(psd());
        let told = self.send(ask).await.expect(200)["data"].clone();
        Mockup {
            id: told["uuid"].as_str().unwrap().to_owned(),
            slot: told["smart_objects"][0]["uuid"].as_str().unwrap().to_owned(),
            told,
        }
    }

    /// The job once it has ended.
    pub(crate) async fn ended(&self, id: &Value) -> Value {
        let path = format!("/api/v1/jobs/{}", id.as_str().unwrap());
        let waiting = async {
            loop {
                let job = self.get(&path).await.expect(200);
                if !["queued", "processing"].contains(&job["status"].as_str().unwrap()) {
                    return job;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        timeout(PATIENCE, waiting).await.unwrap()
    }

    /// What a job of a template was asked to draw.
    pub(crate) async fn spec_of(&self, job: &Value) -> TemplateSpec {
        let id = marquetry_dialect::templified::job_of(job.as_str().unwrap()).unwrap();
        let job = self.store.job(self.tenant, id).await.unwrap().unwrap();
        match job.spec {
            JobSpec::Template(spec) => *spec,
            other => panic!("{other:?}"),
        }
    }

    /// Under which paths the file of a job is to be put.
    pub(crate) async fn paths(&self, job: &Value) -> Vec<String> {
        let id = marquetry_dialect::templified::job_of(job.as_str().unwrap()).unwrap();
        let job = self.store.job(self.tenant, id).await.unwrap().unwrap();
        let parcels = job.send_to.unwrap().parcels.into_iter();
        parcels.filter_map(|parcel| parcel.path).collect()
    }

    /// A layout as it is stored.
    pub(crate) async fn layout(&self, content: ContentHash) -> String {
        let layout = self.store.get::<Layout>(self.tenant, &content.to_string()).await;
        layout.unwrap().unwrap().json
    }

    /// Stores bytes behind the back of everybody.
    pub(crate) async fn put(&self, key: &str, bytes: Vec<u8>) {
        self.blobs.put(&Path::from(key), bytes.into()).await.unwrap();
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.working.send_replace(false);
    }
}

/// What a test needs to know of a mockup.
pub(crate) struct Mockup {
    pub(crate) id: String,
    pub(crate) slot: String,
    pub(crate) told: Value,
}

impl Mockup {
    /// The body of a render that lays `asset` into the smart object, as a PNG of the mockup's own size.
    pub(crate) fn render(&self, asset: &Value) -> Value {
        json!({
            "mockup_uuid": self.id,
            "smart_objects": [{"uuid": self.slot, "asset": asset}],
            "export_options": {"image_format": "png", "image_size": "original"},
        })
    }

    /// The same with a design in it.
    pub(crate) fn render_red(&self) -> Value {
        use base64::Engine as _;
        let png = base64::engine::general_purpose::STANDARD.encode(design());
        self.render(&json!({"base64": png}))
    }
}

/// The body of a render to be done in the background.
pub(crate) fn in_background(mut body: Value) -> Value {
    body["is_async"] = true.into();
    body
}

/// A red picture of the smart object's size.
pub(crate) fn design() -> Vec<u8> {
    plain(RED).to_png()
}

fn plain(colour: [u8; 4]) -> Picture {
    Picture::from_fn(SLOT.width(), SLOT.height(), |_| colour)
}

/// A grey document with a blue smart object in its middle.
pub(crate) fn psd() -> Vec<u8> {
    const CONTENT: &str = "11111111-2222-4333-8444-555555555555";
    let [width, height] = CANVAS;
    let canvas = Rect::new(0, 0, width, height);
    let (left, top) = (f64::from(SLOT.left), f64::from(SLOT.top));
    let (right, bottom) = (f64::from(SLOT.right), f64::from(SLOT.bottom));
    let quad = [[left, top], [right, top], [right, bottom], [left, bottom]];
    let placed = SmartObject::new(CONTENT, quad, [right - left, bottom - top]);
    let mut document = Builder::new(width, height).merged(GREY.repeat(canvas.area()));
    document.push(Layer::raster("Paper", canvas, GREY.repeat(canvas.area())));
    document.push(Layer::smart_object(
        "Design",
        placed,
        SLOT,
        BLUE.repeat(SLOT.area()),
    ));
    document.link(Linked::embedded(CONTENT, "design.png", plain(BLUE).to_png()));
    document.to_bytes()
}

/// The colour of a pixel of a PNG file.
pub(crate) fn pixel(png: &[u8], x: usize, y: usize) -> [u8; 4] {
    let picture = Picture::from_png(png).unwrap();
    let at = (y * picture.width + x) * 4;
    picture.rgba[at..at + 4].try_into().unwrap()
}

/// The clock of the machine, put ahead.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ahead(Arc<AtomicU64>);

impl Ahead {
    /// Lets time pass that nobody waits for.
    pub(crate) fn skip(&self, step: Duration) {
        self.0.fetch_add(step.as_secs(), Ordering::SeqCst);
    }
}

impl Clock for Ahead {
    fn now(&self) -> Timestamp {
        SystemClock.now() + Duration::from_secs(self.0.load(Ordering::SeqCst))
    }
}

/// The clock of the machine, until it is broken.
#[derive(Debug)]
struct Breakable(Arc<AtomicBool>);

impl Clock for Breakable {
    fn now(&self) -> Timestamp {
        assert!(!self.0.load(Ordering::SeqCst), "the clock is broken");
        SystemClock.now()
    }
}
