//! Endpoints, what is owed to them, and the courier that sends it.

use std::sync::Arc;
use std::time::Duration;

use marquetry_dialect::Dialect;
use marquetry_egress::{Egress, Policy};
use marquetry_job::{DeliverySchedule, DeliveryState, Health};
use marquetry_model::{Delivery, DeliveryId, Endpoint, EndpointId, JobId, Target, TenantId};
use marquetry_store::conformance::sample;
use marquetry_store::{Clock as _, Ownership, Store, SystemClock};
use marquetry_webhook::{Courier, CourierBuilder};
use tokio::sync::oneshot;

use super::secure;

/// The time limit of a try, shorter than the default so that a run sees many of them pass.
const TIMEOUT: Duration = Duration::from_secs(5);

pub(super) fn door() -> Egress {
    Egress::builder(Policy {
        connections: 1024,
        ..Policy::allow_private()
    })
    .resolver(Arc::new(secure::Names))
    .roots(secure::roots())
    .build()
    .unwrap()
}

pub(super) async fn endpoint(store: &Arc<dyn Store>, number: usize, url: String) -> Endpoint {
    let endpoint = Endpoint {
        id: EndpointId::from_random(bytes(number)),
        tenant: tenant(),
        url,
        dialect: Dialect::SudoMock.name(),
        // As one that was just made: of any other the first success is written down.
        health: Health::Well,
        former_secrets: Vec::new(),
        ..sample::endpoint(1)
    };
    store.insert_endpoint(&endpoint).await.unwrap();
    endpoint
}

pub(super) async fn owe(store: &Arc<dyn Store>, number: usize, endpoint: EndpointId) -> DeliveryId {
    let (job, now) = (JobId::from_random(bytes(number)), SystemClock.now());
    let message = Dialect::SudoMock.test_message(job, now);
    let delivery = Delivery::owed(
        DeliveryId::from_random(bytes(number)),
        tenant(),
        Target::Endpoint(endpoint),
        Dialect::SudoMock.name(),
        job,
        message.event,
        message.body,
        DeliveryState::owed(now, &DeliverySchedule::default()),
        now,
    );
    store.insert_delivery(&delivery).await.unwrap();
    delivery.id
}

pub(super) fn tenant() -> TenantId {
    TenantId::from_random([1; 16])
}

fn bytes(number: usize) -> [u8; 16] {
    // As evenly spread as the ids of real ones.
    let spread = (number as u128 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835);
    spread.to_be_bytes()
}

/// A courier as the program runs it, but for the time limit of a try.
pub(super) struct Working {
    stop: oneshot::Sender<()>,
    task: tokio::task::JoinHandle<()>,
}

impl Working {
    pub(super) fn start(store: &Arc<dyn Store>) -> Self {
        Self::with(store, |courier| courier)
    }

    pub(super) fn with(
        store: &Arc<dyn Store>,
        settings: impl FnOnce(CourierBuilder) -> CourierBuilder,
    ) -> Self {
        let courier = Courier::builder(Arc::clone(store), door())
            .ownership(Ownership::Sole)
            .timeout(TIMEOUT)
            .grace(Duration::ZERO);
        let courier = settings(courier).build().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let task = tokio::spawn(courier.run(async {
            let _ = stopped.await;
        }));
        Self { stop, task }
    }

    pub(super) async fn stop(self) {
        self.stop.send(()).unwrap();
        self.task.await.unwrap();
    }
}
