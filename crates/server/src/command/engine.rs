//! The wiring: store, blobs, service, worker, courier and carrier put together the way the flags say.

use std::sync::Arc;

use marquetry_carrier::Carrier;
use marquetry_dialect::Links;
use marquetry_render::FontShelf;
use marquetry_service::Service;
use marquetry_store::{Clock, Ownership, ProgressBoard, Store};
use marquetry_webhook::{Announcements, Courier};
use marquetry_worker::Worker;
use object_store::ObjectStore;

use super::Failure;
use super::database::{Database, Purpose};
use super::limits::Limits;
use super::outside::Outside;
use super::storage::Storage;

/// Everything that one process shares.
pub(super) struct Engine {
    store: Arc<dyn Store>,
    ownership: Ownership,
    clock: Arc<dyn Clock>,
    blobs: Arc<dyn ObjectStore>,
    announcements: Arc<Announcements>,
    outside: Outside,
    pub(super) links: Links,
    board: ProgressBoard,
    limits: Limits,
    pub(super) service: Service,
}

impl Engine {
    /// Opens what `storage` names. The addresses that are handed out are under `public_url`.
    pub(super) async fn open(
        storage: &Storage,
        public_url: &str,
        outside: Outside,
        limits: Limits,
    ) -> Result<Self, Failure> {
        let Database {
            store,
            ownership,
            clock,
        } = storage.database(Purpose::Work).await?;
        let opened = storage.blobs()?;
        let links = storage.links(public_url, &opened)?;
        let blobs = opened.blobs;
        #[cfg(feature = "failpoints")]
        let blobs = super::failing_blobs::FailingBlobs::around(blobs);
        let schedule = limits.hearing.schedule();
        let announcements = Announcements::new(Arc::clone(&store), links.clone(), schedule);
        let announcements = Arc::new(announcements);
        // It never runs: it only makes the fidelity reports that somebody asks for, one at a time.
        let reporting = Worker::builder(
            Arc::clone(&store),
            Arc::clone(&blobs),
            outside.fetches()?,
            Arc::clone(&announcements) as _,
        );
        let board = ProgressBoard::new();
        let service = Service::builder(Arc::clone(&store), Arc::clone(&blobs))
            .reporter(limits.jobs.worker(reporting).slots(1).build()?.reporter())
            .announcer(Arc::clone(&announcements) as _)
            .progress(board.clone())
            .webhook_policy(outside.webhook_policy()?)
            .layout_limits(outside.layout_limits())
            .clock(Arc::clone(&clock));
        let service = limits.service(service).build()?;
        Ok(Self {
            store,
            ownership,
            clock,
            blobs,
            announcements,
            outside,
            links,
            board,
            limits,
            service,
        })
    }

    /// A worker with `slots` renders at a time, and `fonts` for new words.
    pub(super) fn worker(&self, slots: usize, fonts: FontShelf) -> Result<Worker, Failure> {
        let egress = self.outside.fetches()?;
        let announcer = Arc::clone(&self.announcements) as _;
        let worker = Worker::builder(
            Arc::clone(&self.store),
            Arc::clone(&self.blobs),
            egress,
            announcer,
        );
        Ok(self
            .limits
            .jobs
            .worker(worker)
            .slots(slots)
            .fonts(fonts)
            .progress(self.board.clone())
            .ownership(self.ownership)
            .clock(Arc::clone(&self.clock))
            .build()?)
    }

    /// Whoever sends the webhooks.
    pub(super) fn courier(&self) -> Result<Courier, Failure> {
        let egress = self.outside.webhooks()?;
        let courier = Courier::builder(Arc::clone(&self.store), egress);
        let courier = self.limits.hearing.courier(courier).ownership(self.ownership);
        Ok(courier.clock(Arc::clone(&self.clock)).build()?)
    }

    /// Whoever brings files to destinations; nobody where this process brings none.
    pub(super) fn carrier(&self) -> Result<Option<Carrier>, Failure> {
        let (hearing, carrying) = (&self.limits.hearing, &self.limits.carrying);
        if !carrying.brings() {
            return Ok(None);
        }
        let (store, blobs) = (Arc::clone(&self.store), Arc::clone(&self.blobs));
        let carrier = Carrier::builder(store, blobs, self.outside.webhooks()?)
            .seal(hearing.seal())
            .schedule(hearing.schedule())
            .ownership(self.ownership)
            .clock(Arc::clone(&self.clock));
        Ok(Some(carrying.carrier(carrier)?.build()?))
    }
}
