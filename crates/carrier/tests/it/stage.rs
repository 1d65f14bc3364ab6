//! What every scene needs: a store, blobs, a clock, destinations, files owed to them, and a carrier that can be killed.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use marquetry_carrier::{Carrier, CarrierBuilder};
use marquetry_dialect::Dialect;
use marquetry_egress::{Egress, Policy};
use marquetry_job::{DeliverySchedule, DeliveryState, JobState, Timestamp};
use marquetry_model::{
    Delivery, DeliveryId, Destination, EventType, ExportFile, Job, JobResult, Reach, Target, TenantId,
    Version,
};
use marquetry_store::conformance::sample::{delivery_id, render_job, result, tenant_id};
use marquetry_store::{Clock, RecordStoreExt as _, Store, memory::MemoryStore};
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt as _};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// Longer than anything here takes; only a failing test waits for it.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) fn tenant() -> TenantId {
    tenant_id(1)
}

#[derive(Clone, Debug)]
pub(crate) struct Time(marquetry_testkit::clock::Clock);

impl Clock for Time {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.now_micros())
    }
}

impl Time {
    pub(crate) fn advance(&self, step: Duration) {
        self.0.advance(step);
    }
}

pub(crate) struct Stage {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) blobs: Arc<dyn ObjectStore>,
    pub(crate) time: Time,
}

impl Stage {
    pub(crate) fn new() -> Self {
        Self {
            store: Arc::new(MemoryStore::new()),
            blobs: Arc::new(InMemory::new()),
            time: Time(marquetry_testkit::clock::Clock::default()),
        }
    }

    /// A carrier that may reach the loopback and looks often, for the clock moves without telling it.
    pub(crate) fn carrier(&self) -> CarrierBuilder {
        self.carrier_within(Policy::allow_private())
    }

    pub(crate) fn carrier_within(&self, policy: Policy) -> CarrierBuilder {
        let egress = Egress::new(policy).unwrap();
        Carrier::builder(Arc::clone(&self.store), Arc::clone(&self.blobs), egress)
            .clock(Arc::new(self.time.clone()))
            .poll(Duration::from_millis(5))
    }

    pub(crate) async fn destination(&self, id: &str, reach: Reach) -> Destination {
        let now = self.time.now();
        let destination = Destination {
            tenant: tenant(),
            id: id.parse().unwrap(),
            name: id.to_owned(),
            reach,
            path: "{design}.jpg".into(),
            version: Version::FIRST,
            created_at: now,
            updated_at: now,
        };
        self.store.insert(&destination).await.unwrap();
        destination
    }

    /// The file of the `n`th job, which has succeeded, owed under that path to a destination from now on.
    pub(crate) async fn owe(&self, n: u64, destination: &str, path: &str, bytes: Bytes) -> DeliveryId {
        let export = ExportFile {
            content_type: "image/webp".into(),
            ..result(n).export.unwrap()
        };
        let place = Path::from(export.key.as_str());
        self.blobs.put(&place, bytes.into()).await.unwrap();
        let job = Job {
            tenant: tenant(),
            state: JobState::Succeeded { at: self.time.now() },
            result: Some(JobResult {
                export: Some(export),
                ..JobResult::default()
            }),
            ..render_job(n)
        };
        let _ = self.store.insert_job(&job, None).await.unwrap();
        let delivery = Delivery::owed(
            delivery_id(n),
            tenant(),
            Target::File {
                destination: destination.parse().unwrap(),
                path: path.into(),
            },
            Dialect::SudoMock.name(),
            job.id,
            EventType::RenderExported,
            Vec::new(),
            DeliveryState::owed(self.time.now(), &DeliverySchedule::default()),
            self.time.now(),
        );
        self.store.insert_delivery(&delivery).await.unwrap();
        delivery.id
    }

    pub(crate) async fn read(&self, id: DeliveryId) -> Delivery {
        self.store.delivery(tenant(), id).await.unwrap().unwrap()
    }

    /// The delivery once it is as wanted.
    pub(crate) async fn until(&self, id: DeliveryId, wanted: impl Fn(&Delivery) -> bool) -> Delivery {
        let seen = tokio::time::timeout(PATIENCE, async {
            loop {
                let delivery = self.read(id).await;
                if wanted(&delivery) {
                    return delivery;
                }
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        });
        match seen.await {
            Ok(delivery) => delivery,
            Err(_) => panic!("it never came to that: {:?}", self.read(id).await),
        }
    }

    pub(crate) async fn until_delivered(&self, id: DeliveryId) -> Delivery {
        self.until(id, |one| matches!(one.state, DeliveryState::Delivered { .. }))
            .await
    }

    /// What went wrong at its latest try, once it was tried so often.
    pub(crate) async fn until_refused(&self, id: DeliveryId, times: usize) -> String {
        let tried = self.until(id, |one| one.tries.len() >= times).await;
        let last = tried.tries.last().unwrap().error.clone();
        last.unwrap_or_else(|| panic!("it was brought: {tried:?}"))
    }
}

/// Bytes that are nowhere the same for long.
pub(crate) fn bytes(length: usize) -> Bytes {
    (0..length)
        .map(|n| u8::try_from((n / 7 + n / 65_537 + n) % 251).unwrap())
        .collect()
}

/// A carrier at work.
pub(crate) struct Running {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

pub(crate) fn start(carrier: CarrierBuilder) -> Running {
    let carrier = carrier.build().unwrap();
    let (stop, stopped) = oneshot::channel();
    let task = tokio::spawn(carrier.run(async {
        let _ = stopped.await;
    }));
    Running { stop, task }
}

impl Running {
    /// Asks it to stop and waits until it has.
    pub(crate) async fn stop(self) {
        self.stop.send(()).unwrap();
        tokio::time::timeout(PATIENCE, self.task).await.unwrap().unwrap();
    }

    /// Ends it in the middle of whatever it does.
    pub(crate) async fn kill(self) {
        self.task.abort();
        assert!(self.task.await.unwrap_err().is_cancelled());
    }
}
