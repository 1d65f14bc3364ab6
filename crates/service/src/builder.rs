//! The settings of a service. Every limit is finite; `build` is the one place where one can be wrong.

use std::sync::Arc;
use std::time::Duration;

use marquetry_egress::{Policy, Schemes};
use marquetry_job::{DeliverySchedule, RetrySchedule};
use marquetry_model::Prices;
use marquetry_store::{
    Announcer, Clock, DeliverySteps, IdempotencyClaim, JobSteps, PendingSteps, ProgressBoard, Reporter, Seal,
    Silence, Store, SystemClock,
};
use marquetry_template::Limits;
use object_store::ObjectStore;

use crate::error::Source;
use crate::surroundings::Chance;
use crate::{Inner, Service, ServiceError};

/// Collects what a [`Service`] is made of; everything but store and blobs has a default.
#[derive(Debug)]
#[must_use]
pub struct ServiceBuilder {
    store: Arc<dyn Store>,
    blobs: Arc<dyn ObjectStore>,
    announcer: Arc<dyn Announcer>,
    reporter: Option<Arc<dyn Reporter>>,
    retry: RetrySchedule,
    delivery_schedule: DeliverySchedule,
    seal: Seal,
    settings: Settings,
    progress: ProgressBoard,
    clock: Arc<dyn Clock>,
    chance: Chance,
}

#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) sync_ceiling: Duration,
    pub(crate) most_upload_bytes: u64,
    pub(crate) most_asset_bytes: u64,
    pub(crate) most_render_bytes: u64,
    pub(crate) most_template_asset_bytes: u64,
    pub(crate) layout_limits: Limits,
    pub(crate) families: Vec<String>,
    pub(crate) most_endpoints: u32,
    pub(crate) most_destinations: u32,
    pub(crate) most_live_jobs: u64,
    pub(crate) most_live_jobs_of_tenant: u64,
    pub(crate) idempotency_kept: Duration,
    pub(crate) orphans_kept: Duration,
    pub(crate) jobs_kept: Duration,
    pub(crate) results_kept: Duration,
    pub(crate) attempts_kept: Duration,
    pub(crate) secret_overlap: Duration,
    pub(crate) job_deadline: Duration,
    pub(crate) webhook_policy: Policy,
    pub(crate) most_watchers: usize,
    pub(crate) prices: Prices,
}

impl Service {
    /// A service over what is remembered in `store` and kept in `blobs`. A worker over the same two does the work.
    ///
    /// A folder of blobs should be opened with `LocalFileSystem::with_fsync(true)`: a job may only point at bytes
    /// that survive a power cut.
    pub fn builder(store: Arc<dyn Store>, blobs: Arc<dyn ObjectStore>) -> ServiceBuilder {
        ServiceBuilder {
            store,
            blobs,
            announcer: Arc::new(Silence),
            reporter: None,
            retry: RetrySchedule::default(),
            delivery_schedule: DeliverySchedule::default(),
            seal: Seal::default(),
            settings: Settings {
                sync_ceiling: Duration::from_mins(2),
                most_upload_bytes: 300 << 20,
                most_asset_bytes: 50 << 20,
                most_render_bytes: u64::MAX,
                most_template_asset_bytes: 15 << 20,
                layout_limits: Limits::default(),
                families: vec!["Arimo".to_owned()],
                most_endpoints: 20,
                most_destinations: 100,
                most_live_jobs: 100_000,
                most_live_jobs_of_tenant: 50_000,
                idempotency_kept: IdempotencyClaim::KEPT,
                orphans_kept: Duration::from_hours(24),
                jobs_kept: Duration::from_hours(90 * 24),
                results_kept: Duration::from_hours(30 * 24),
                attempts_kept: Duration::from_hours(30 * 24),
                secret_overlap: Duration::from_hours(24),
                job_deadline: JobSteps::DEADLINE,
                webhook_policy: Policy {
                    schemes: Schemes::HttpsOnly,
                    ..Policy::default()
                },
                most_watchers: 256,
                prices: Prices::default(),
            },
            progress: ProgressBoard::new(),
            clock: Arc::new(SystemClock),
            chance: Chance::default(),
        }
    }
}

impl ServiceBuilder {
    /// The longest that anybody may wait for a job to end, whatever they ask. Default: 120 s.
    pub fn sync_ceiling(mut self, ceiling: Duration) -> Self {
        self.settings.sync_ceiling = ceiling;
        self
    }

    /// The most bytes of an uploaded file. Default: 300 MiB.
    pub fn most_upload_bytes(mut self, bytes: u64) -> Self {
        self.settings.most_upload_bytes = bytes;
        self
    }

    /// The most bytes of a picture that comes with a request. Default: 50 MiB.
    pub fn most_asset_bytes(mut self, bytes: u64) -> Self {
        self.settings.most_asset_bytes = bytes;
        self
    }

    /// The most bytes of a font or picture that templates refer to. Default: 15 MiB.
    pub fn most_template_asset_bytes(mut self, bytes: u64) -> Self {
        self.settings.most_template_asset_bytes = bytes;
        self
    }

    /// How much a layout and the values for it may cost; the same as the worker's. Default: that of [`Limits`].
    pub fn layout_limits(mut self, limits: Limits) -> Self {
        self.settings.layout_limits = limits;
        self
    }

    /// The families of fonts that the workers have without a template bringing them. Default: the one that comes with
    /// the house, Arimo.
    pub fn families(mut self, families: impl IntoIterator<Item = String>) -> Self {
        self.settings.families = families.into_iter().collect();
        self
    }

    /// The memory that the largest worker has for renders, in bytes: one that can never fit is turned away at once.
    /// Default: no limit, for only whoever runs the workers knows; each of them has its own.
    pub fn most_render_bytes(mut self, bytes: u64) -> Self {
        self.settings.most_render_bytes = bytes;
        self
    }

    /// The most endpoints of a tenant. Default: 20.
    pub fn most_endpoints(mut self, endpoints: u32) -> Self {
        self.settings.most_endpoints = endpoints;
        self
    }

    /// The most destinations of a tenant, and the most presets of them. Default: 100.
    pub fn most_destinations(mut self, destinations: u32) -> Self {
        self.settings.most_destinations = destinations;
        self
    }

    /// How many jobs may wait or run, those of all tenants together. More are turned away with
    /// [`ServiceError::QueueFull`]. Exact for one process; several that share a store may together go over it by
    /// what they accept in a second. Default: 100,000.
    pub fn most_live_jobs(mut self, jobs: u64) -> Self {
        self.settings.most_live_jobs = jobs;
        self
    }

    /// How many jobs of one tenant may wait or run, so that one cannot lock out the others. Default: 50,000.
    pub fn most_live_jobs_of_tenant(mut self, jobs: u64) -> Self {
        self.settings.most_live_jobs_of_tenant = jobs;
        self
    }

    /// What jobs cost. What has a price is held in the tenant's account when it comes in, charged when it succeeds, and
    /// free again when it ends otherwise; who has not enough gets [`ServiceError::Denied`]. Default: nothing costs
    /// anything, and no account is ever asked.
    pub const fn prices(mut self, prices: Prices) -> Self {
        self.settings.prices = prices;
        self
    }

    /// How long an idempotency key is remembered. Default: 24 h.
    pub fn idempotency_kept(mut self, kept: Duration) -> Self {
        self.settings.idempotency_kept = kept;
        self
    }

    /// How old a blob must be before [`Service::sweep`] asks whether anything needs it. Must be longer than any
    /// upload takes. Default: 24 h.
    pub fn orphans_kept(mut self, kept: Duration) -> Self {
        self.settings.orphans_kept = kept;
        self
    }

    /// How long a job is remembered that has ended, with its deliveries, counted from when it came in. At least
    /// [`Self::idempotency_kept`], or a repeated submission would be taken for a new one, and at least
    /// [`Self::job_deadline`]. Default: 90 days.
    pub fn jobs_kept(mut self, kept: Duration) -> Self {
        self.settings.jobs_kept = kept;
        self
    }

    /// How long the file that a render made is kept, counted from when it was last written. At most
    /// [`Self::jobs_kept`], because nothing tells of it afterwards. Default: 30 days.
    pub fn results_kept(mut self, kept: Duration) -> Self {
        self.settings.results_kept = kept;
        self
    }

    /// How long after it came in a job has to have ended, waiting included; it fails as timed out otherwise. The same
    /// as the worker's. Default: 24 h.
    pub fn job_deadline(mut self, deadline: Duration) -> Self {
        self.settings.job_deadline = deadline;
        self
    }

    /// Which addresses may be given as endpoints and callbacks. The courier judges them again each time it sends.
    /// Default: the public internet, https only.
    pub fn webhook_policy(mut self, policy: Policy) -> Self {
        self.settings.webhook_policy = policy;
        self
    }

    /// Who hears of jobs that end here, which is those that are cancelled while they wait. Default: nobody.
    pub fn announcer(mut self, announcer: Arc<dyn Announcer>) -> Self {
        self.announcer = announcer;
        self
    }

    /// Who makes the fidelity report of a mockup that has none. Default: nobody; only reports that were made when
    /// mockups were uploaded can then be read.
    pub fn reporter(mut self, reporter: Arc<dyn Reporter>) -> Self {
        self.reporter = Some(reporter);
        self
    }

    /// The schedule of tries of the jobs, the same as the worker's. Default: that of [`RetrySchedule`].
    pub fn retry(mut self, retry: RetrySchedule) -> Self {
        self.retry = retry;
        self
    }

    /// What seals the secrets of endpoints and callbacks before they are stored; give the courier the same one.
    /// Default: nothing, they are stored as they are.
    pub fn seal(mut self, seal: Seal) -> Self {
        self.seal = seal;
        self
    }

    /// How long the log of each try of a delivery is kept, counted from the try. Default: 30 days.
    pub fn attempts_kept(mut self, kept: Duration) -> Self {
        self.settings.attempts_kept = kept;
        self
    }

    /// How long a replaced secret of an endpoint still signs beside the new one, in the Standard Webhooks header.
    /// Default: 24 hours.
    pub fn secret_overlap(mut self, overlap: Duration) -> Self {
        self.settings.secret_overlap = overlap;
        self
    }

    /// The schedule of tries of deliveries, the same as the courier's. Default: that of [`DeliverySchedule`].
    pub fn delivery_schedule(mut self, schedule: DeliverySchedule) -> Self {
        self.delivery_schedule = schedule;
        self
    }

    /// How many may look on at jobs at once; one tenant may have a quarter of them. Default: 256.
    pub fn most_watchers(mut self, watchers: usize) -> Self {
        self.settings.most_watchers = watchers;
        self
    }

    /// Where the workers of this process tell how far their jobs have come. Default: nowhere; what watchers are told is
    /// then as old as the worker's latest sign of life.
    pub fn progress(mut self, board: ProgressBoard) -> Self {
        self.progress = board;
        self
    }

    /// Who tells the time that records are stamped with. Default: the clock of the machine.
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Who fills bytes at random for ids, keys and secrets. Default: the operating system. Anything weaker makes
    /// keys that can be guessed.
    pub fn randomness(
        mut self,
        fill: impl Fn(&mut [u8]) -> Result<(), Source> + Send + Sync + 'static,
    ) -> Self {
        self.chance = Chance(Arc::new(fill));
        self
    }

    /// The finished service.
    ///
    /// # Errors
    /// [`ServiceError::Setting`] for a limit of zero, which would turn everything away, and for things that are kept
    /// for too short a time.
    pub fn build(self) -> Result<Service, ServiceError> {
        let Settings {
            most_upload_bytes,
            most_asset_bytes,
            most_template_asset_bytes,
            most_live_jobs,
            most_live_jobs_of_tenant,
            ..
        } = self.settings;
        for (setting, limit) in [
            ("most_upload_bytes", most_upload_bytes),
            ("most_asset_bytes", most_asset_bytes),
            ("most_template_asset_bytes", most_template_asset_bytes),
            ("most_live_jobs", most_live_jobs),
            ("most_live_jobs_of_tenant", most_live_jobs_of_tenant),
        ] {
            if limit == 0 {
                let expected = "at least 1";
                return Err(ServiceError::Setting { setting, expected });
            }
        }
        let kept = &self.settings;
        for (setting, fine, expected) in [
            (
                "jobs_kept",
                kept.jobs_kept >= kept.idempotency_kept && kept.jobs_kept >= kept.job_deadline,
                "at least idempotency_kept and job_deadline",
            ),
            (
                "results_kept",
                kept.results_kept <= kept.jobs_kept,
                "at most jobs_kept",
            ),
            (
                "job_deadline",
                !kept.job_deadline.is_zero(),
                "longer than nothing",
            ),
        ] {
            if !fine {
                return Err(ServiceError::Setting { setting, expected });
            }
        }
        let inner = Inner {
            pending: PendingSteps::new(self.store.clone(), self.announcer.clone()),
            jobs: JobSteps::new(self.store.clone(), self.announcer, self.retry)
                .deadline(self.settings.job_deadline),
            deliveries: DeliverySteps::new(self.store.clone(), self.delivery_schedule),
            store: self.store,
            blobs: self.blobs,
            reporter: self.reporter,
            settings: self.settings,
            clock: self.clock,
            chance: self.chance,
            seal: self.seal,
            queue: Default::default(),
            uses: Default::default(),
            in_hand: Default::default(),
            endpoint_gate: Default::default(),
            months: Default::default(),
            progress: self.progress,
            layouts: Default::default(),
            teams: Default::default(),
            watchers: Default::default(),
            line: Default::default(),
        };
        Ok(Service {
            inner: Arc::new(inner),
        })
    }
}
