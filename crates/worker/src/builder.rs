//! What a worker is made of and what it may cost; every setting has a documented default.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use marquetry_egress::{Egress, FetchLimits};
use marquetry_job::{Jitter, RetrySchedule, WorkerId};
use marquetry_render::{FontShelf, bundled_fonts};
use marquetry_store::{Announcer, Clock, JobSteps, Ownership, ProgressBoard, Store, SystemClock};
use object_store::ObjectStore;
use tokio::sync::{Semaphore, watch};

use crate::layouts::Layouts;
use crate::memory::Memory;
use crate::pool::Pool;
use crate::pulse::Pulse;
use crate::shelf::Shelf;
use crate::worker::{Inner, Worker};

/// What one job may cost. Finite by default.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Bounds on mockups and pictures while they are read and drawn.
    pub render: marquetry_render::Limits,
    /// Longest PSD that is taken, in bytes (300 MiB).
    pub upload_bytes: u64,
    /// Longest side of a new mockup's canvas, in pixels (10 000).
    pub canvas_side: u32,
    /// How a PSD is fetched (120 s in all, at least 32 KiB/s); its `bytes` give way to `upload_bytes`.
    pub upload_fetch: FetchLimits,
    /// How one asset is fetched ([`FetchLimits::default`]: 64 MiB, 10 s).
    pub asset_fetch: FetchLimits,
    /// Bytes of all assets of one job together (256 MiB).
    pub asset_bytes: u64,
    /// Bytes of one picture of a template that is fetched (15 MiB).
    pub picture_bytes: u64,
    /// Bounds on templates while they are read and filled: the defaults, and addresses that are not encrypted too,
    /// because what may be opened was decided when the job came in and is decided again when it is.
    pub template: marquetry_template::Limits,
    /// Assets of one job that are fetched at a time (8).
    pub asset_fetches: usize,
    /// Pixels of the largest canvas whose fidelity is reported when it is uploaded (40 million). The
    /// report of a larger one is made when somebody asks for it.
    pub fidelity_pixels: u64,
    /// Warnings that one job gives; the last of them counts those left out (50).
    pub warnings: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            render: marquetry_render::Limits::default(),
            upload_bytes: 300 << 20,
            canvas_side: 10_000,
            upload_fetch: FetchLimits {
                total: Duration::from_secs(120),
                ..FetchLimits::document()
            },
            asset_fetch: FetchLimits::default(),
            asset_bytes: 256 << 20,
            picture_bytes: 15 << 20,
            template: marquetry_template::Limits {
                addresses: marquetry_template::Addresses::HttpToo,
                ..marquetry_template::Limits::default()
            },
            asset_fetches: 8,
            fidelity_pixels: 40_000_000,
            warnings: 50,
        }
    }
}

/// A setting that no worker can be made with.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// A number is outside its range: whoever set it chooses another.
    #[error("{setting} must be between {least} and {most}")]
    OutOfRange {
        /// The setting.
        setting: &'static str,
        /// The least it may be.
        least: u64,
        /// The most it may be.
        most: u64,
    },
    /// The system gave no threads: the operator looks at its limits.
    #[error("the threads for drawing could not be started")]
    Threads(#[source] std::io::Error),
    /// The system gave no random bytes.
    #[error("the system gives no random bytes: {0}")]
    Randomness(getrandom::Error),
}

/// Makes a [`Worker`].
#[must_use = "a builder does nothing until it is built"]
pub struct WorkerBuilder {
    store: Arc<dyn Store>,
    blobs: Arc<dyn ObjectStore>,
    egress: Egress,
    announcer: Arc<dyn Announcer>,
    settings: Settings,
    slots: usize,
    shelf_bytes: u64,
    layout_bytes: u64,
    memory_bytes: u64,
    retry: RetrySchedule,
    jobs_of_tenant: u32,
    job_deadline: Duration,
    clock: Arc<dyn Clock>,
    jitter: Arc<dyn Fn() -> Jitter + Send + Sync>,
    board: ProgressBoard,
}

/// The settings that a worker looks at while it runs.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) lease: Duration,
    pub(crate) poll: Duration,
    pub(crate) grace: Duration,
    pub(crate) render_deadline: Duration,
    pub(crate) upload_deadline: Duration,
    pub(crate) ownership: Ownership,
    pub(crate) limits: Limits,
    pub(crate) fonts: FontShelf,
}

impl fmt::Debug for WorkerBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WorkerBuilder")
            .field("slots", &self.slots)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

impl WorkerBuilder {
    pub(crate) fn new(
        store: Arc<dyn Store>,
        blobs: Arc<dyn ObjectStore>,
        egress: Egress,
        announcer: Arc<dyn Announcer>,
    ) -> Self {
        Self {
            store,
            blobs,
            egress,
            announcer,
            settings: Settings {
                lease: Duration::from_secs(15),
                poll: Duration::from_secs(1),
                grace: Duration::from_secs(10),
                render_deadline: Duration::from_secs(120),
                upload_deadline: Duration::from_secs(300),
                ownership: Ownership::default(),
                limits: Limits::default(),
                fonts: bundled_fonts().clone(),
            },
            slots: std::thread::available_parallelism().map_or(1, usize::from),
            shelf_bytes: 1 << 30,
            layout_bytes: 128 << 20,
            memory_bytes: 4 << 30,
            retry: RetrySchedule::default(),
            jobs_of_tenant: JobSteps::AT_ONCE,
            job_deadline: JobSteps::DEADLINE,
            clock: Arc::new(SystemClock),
            jitter: Arc::new(random_jitter),
            board: ProgressBoard::new(),
        }
    }

    /// How many jobs are drawn at a time, and how many threads draw for them; as many that are drawn may be stored
    /// meanwhile. 1 to 1024; default: the number of cores.
    pub const fn slots(mut self, slots: usize) -> Self {
        self.slots = slots;
        self
    }

    /// How long this worker may be silent before others may take its jobs. It tells that it is alive
    /// three times as often. 30 ms to an hour; default: 15 s.
    pub const fn lease(mut self, lease: Duration) -> Self {
        self.settings.lease = lease;
        self
    }

    /// How long to wait before looking for work again when nothing told of any. 1 ms to an hour;
    /// default: 1 s.
    pub const fn poll(mut self, poll: Duration) -> Self {
        self.settings.poll = poll;
        self
    }

    /// How long after shutdown [`Worker::run`] returns at the latest. Running jobs may go on for four
    /// fifths of it; the rest is for handing them back. Default: 10 s.
    pub const fn grace(mut self, grace: Duration) -> Self {
        self.settings.grace = grace;
        self
    }

    /// Longest time that one attempt at a render may take, waiting in the queue not counted. It then
    /// fails as timed out and is not tried again. Default: 120 s.
    pub const fn render_deadline(mut self, deadline: Duration) -> Self {
        self.settings.render_deadline = deadline;
        self
    }

    /// The same for an upload, the download included. Default: 300 s.
    pub const fn upload_deadline(mut self, deadline: Duration) -> Self {
        self.settings.upload_deadline = deadline;
        self
    }

    /// How much memory open mockups may take between renders, in bytes. Default: 1 GiB.
    ///
    /// Mockups that are being drawn count as well, and are kept for as long as they are drawn even
    /// when they are more than this.
    pub const fn shelf_bytes(mut self, bytes: u64) -> Self {
        self.shelf_bytes = bytes;
        self
    }

    /// How much memory layouts of templates and the fonts they bring may take between renders, in bytes; roughly.
    /// Default: 128 MiB.
    pub const fn layout_bytes(mut self, bytes: u64) -> Self {
        self.layout_bytes = bytes;
        self
    }

    /// How much memory all jobs may take together, in bytes: open mockups, the shelf's among them, pictures that come
    /// in, and pixels in the making, each by the sizes that the files state. A job for which there is no room waits
    /// until there is; one for which there never will be fails at once and says how much it wants. Leave the rest of
    /// the program a margin of a third. At least 1 MiB; default: 4 GiB.
    pub const fn memory_bytes(mut self, bytes: u64) -> Self {
        self.memory_bytes = bytes;
        self
    }

    /// What one job may cost.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.settings.limits = limits;
        self
    }

    /// Fonts for new words in text layers. Default: those that come with the house.
    pub fn fonts(mut self, fonts: FontShelf) -> Self {
        self.settings.fonts = fonts;
        self
    }

    /// How often a job that broke is tried again. Default: [`RetrySchedule::default`].
    pub fn retry(mut self, retry: RetrySchedule) -> Self {
        self.retry = retry;
        self
    }

    /// How many jobs of one tenant may run at once, those of all workers on this store counted; more wait, and other
    /// tenants' go before them. It keeps one tenant from holding every slot of many workers; tenants take turns
    /// whatever it is. 1 or more; default: 64.
    pub const fn jobs_of_tenant(mut self, jobs: u32) -> Self {
        self.jobs_of_tenant = jobs;
        self
    }

    /// How long after it came in a job has to have ended, waiting and all attempts included. One that is older is not
    /// begun and fails as timed out. The same as the service's. Default: 24 h.
    pub const fn job_deadline(mut self, deadline: Duration) -> Self {
        self.job_deadline = deadline;
        self
    }

    /// Who else works from this store. Default: [`Ownership::Shared`].
    pub const fn ownership(mut self, ownership: Ownership) -> Self {
        self.settings.ownership = ownership;
        self
    }

    /// The clock that moments in the store are taken from. Default: the machine's.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Where waits before another attempt fall in their range. Default: at random.
    pub fn jitter(mut self, jitter: impl Fn() -> Jitter + Send + Sync + 'static) -> Self {
        self.jitter = Arc::new(jitter);
        self
    }

    /// Where to tell how far jobs have come, for watchers in the same process: the board that their
    /// service was given. Default: one that nobody reads.
    pub fn progress(mut self, board: ProgressBoard) -> Self {
        self.board = board;
        self
    }

    /// The worker.
    ///
    /// # Errors
    /// [`BuildError`] names the setting that is out of range, or says what the system refused.
    pub fn build(self) -> Result<Worker, BuildError> {
        within("slots", count(self.slots), 1, 1024)?;
        let hour = 3_600_000;
        within("lease in milliseconds", millis(self.settings.lease), 30, hour)?;
        within("poll in milliseconds", millis(self.settings.poll), 1, hour)?;
        within(
            "asset_fetches",
            count(self.settings.limits.asset_fetches),
            1,
            1024,
        )?;
        within("memory_bytes", self.memory_bytes, 1 << 20, u64::MAX)?;
        let jobs_of_tenant = u64::from(self.jobs_of_tenant);
        within("jobs_of_tenant", jobs_of_tenant, 1, u32::MAX.into())?;
        let mut id = [0; 16];
        getrandom::fill(&mut id).map_err(BuildError::Randomness)?;
        let pulse = Pulse::default();
        let pool = Pool::new(self.slots, &pulse).map_err(BuildError::Threads)?;
        Ok(Worker(Arc::new(Inner {
            id: WorkerId::from_random(id),
            steps: JobSteps::new(Arc::clone(&self.store), self.announcer, self.retry)
                .at_once(self.jobs_of_tenant)
                .deadline(self.job_deadline),
            store: self.store,
            blobs: self.blobs,
            egress: self.egress,
            clock: self.clock,
            jitter: self.jitter,
            pool,
            pulse,
            shelf: Shelf::new(self.shelf_bytes),
            layouts: Layouts::new(self.layout_bytes),
            memory: Memory::new(self.memory_bytes),
            slots: self.slots,
            free: Arc::new(Semaphore::new(self.slots)),
            ending: Arc::new(Semaphore::new(self.slots)),
            grace_over: watch::Sender::new(false),
            settings: self.settings,
            board: self.board,
        })))
    }
}

fn within(setting: &'static str, value: u64, least: u64, most: u64) -> Result<(), BuildError> {
    if (least..=most).contains(&value) {
        Ok(())
    } else {
        Err(BuildError::OutOfRange { setting, least, most })
    }
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

fn random_jitter() -> Jitter {
    // A system without random bytes did not get past `build`; should it lose them, the middle is fair.
    getrandom::u32().map_or(Jitter::MIDDLE, Jitter::from_bits)
}
