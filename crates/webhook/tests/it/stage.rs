//! What every scene needs: a store, a clock, endpoints, deliveries, and a courier that can be killed.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use marquetry_dialect::Dialect;
use marquetry_dialect::sudomock::signature;
use marquetry_egress::{Egress, Policy};
use marquetry_job::{DeliverySchedule, DeliveryState, Timestamp};
use marquetry_model::{
    AttemptRecord, Delivery, DeliveryId, Endpoint, EndpointId, EventNaming, EventType, JobId, Secret, Target,
    TenantId, Version,
};
use marquetry_store::{Clock, Store, memory::MemoryStore};
use marquetry_testkit::catcher::Caught;
use marquetry_webhook::{Courier, CourierBuilder};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// Longer than anything here takes; only a failing test waits for it.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);
pub(crate) const SECRET: &str = "whsec_of_the_stage";

pub(crate) fn tenant() -> TenantId {
    TenantId::from_random([1; 16])
}

pub(crate) fn callback_dialect() -> marquetry_model::DialectName {
    Dialect::SudoMock.name()
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

    pub(crate) fn set(&self, to: Timestamp) {
        self.0.set(to.as_micros());
    }
}

pub(crate) struct Stage {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) time: Time,
}

impl Stage {
    pub(crate) fn new() -> Self {
        Self {
            store: Arc::new(MemoryStore::new()),
            time: Time(marquetry_testkit::clock::Clock::default()),
        }
    }

    /// A courier that may reach the loopback and looks often, for the clock moves without telling it.
    pub(crate) fn courier(&self) -> CourierBuilder {
        let egress = Egress::new(Policy::allow_private()).unwrap();
        self.courier_with(egress)
    }

    pub(crate) fn courier_with(&self, egress: Egress) -> CourierBuilder {
        Courier::builder(Arc::clone(&self.store), egress)
            .clock(Arc::new(self.time.clone()))
            .poll(Duration::from_millis(5))
    }

    pub(crate) async fn endpoint(&self, number: u8, url: String) -> Endpoint {
        self.endpoint_that_hears(number, url, vec![]).await
    }

    /// An endpoint that hears of these events alone, and of all if there are none.
    pub(crate) async fn endpoint_that_hears(
        &self,
        number: u8,
        url: String,
        event_types: Vec<EventType>,
    ) -> Endpoint {
        let endpoint = Endpoint {
            id: EndpointId::from_random([number; 16]),
            tenant: tenant(),
            url,
            secret: Secret::new(SECRET),
            former_secrets: vec![],
            description: None,
            event_types,
            naming: EventNaming::Current,
            dialect: Dialect::SudoMock.name(),
            enabled: true,
            disabled: None,
            health: marquetry_job::Health::Well,
            created_at: self.time.now(),
            updated_at: None,
            version: Version::FIRST,
        };
        self.store.insert_endpoint(&endpoint).await.unwrap();
        endpoint
    }

    pub(crate) async fn set_enabled(&self, id: EndpointId, enabled: bool) {
        self.change(id, |endpoint| endpoint.enabled = enabled).await;
    }

    /// Changes an endpoint, whatever the courier writes down about it meanwhile.
    pub(crate) async fn change(&self, id: EndpointId, change: impl Fn(&mut Endpoint)) {
        loop {
            let mut endpoint = self.store.endpoint(tenant(), id).await.unwrap().unwrap();
            let expected = endpoint.version;
            change(&mut endpoint);
            endpoint.version = expected.next();
            match self.store.replace_endpoint(expected, &endpoint).await.unwrap() {
                marquetry_store::Swap::Swapped => return,
                marquetry_store::Swap::Moved => {}
                marquetry_store::Swap::Missing => panic!("the endpoint is gone"),
            }
        }
    }

    pub(crate) fn delivery(&self, number: u8, target: Target) -> Delivery {
        let job = JobId::from_random([number; 16]);
        let message = Dialect::SudoMock.test_message(job, self.time.now());
        Delivery::owed(
            DeliveryId::from_random([number; 16]),
            tenant(),
            target,
            Dialect::SudoMock.name(),
            job,
            message.event,
            message.body,
            DeliveryState::owed(self.time.now(), &DeliverySchedule::default()),
            self.time.now(),
        )
    }

    /// Something owed to that endpoint from now on.
    pub(crate) async fn owe(&self, number: u8, endpoint: &Endpoint) -> DeliveryId {
        let delivery = self.delivery(number, Target::Endpoint(endpoint.id));
        self.store.insert_delivery(&delivery).await.unwrap();
        delivery.id
    }

    pub(crate) async fn read(&self, id: DeliveryId) -> Delivery {
        self.store.delivery(tenant(), id).await.unwrap().unwrap()
    }

    /// What is remembered of its tries, the latest first.
    pub(crate) async fn attempts(&self, id: DeliveryId) -> Vec<AttemptRecord> {
        let all = self.store.delivery_attempts(tenant(), id, None, 99);
        all.await.unwrap()
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

    pub(crate) async fn until_tried(&self, id: DeliveryId, times: usize) -> Delivery {
        self.until(id, |delivery| delivery.tries.len() >= times).await
    }

    pub(crate) async fn until_delivered(&self, id: DeliveryId) -> Delivery {
        self.until(id, |d| matches!(d.state, DeliveryState::Delivered { .. }))
            .await
    }

    /// Checks the signature as a receiver would whose clock shows the same.
    pub(crate) fn assert_signed(&self, caught: &Caught) {
        signature::verify(
            SECRET,
            |name| caught.header(name),
            &caught.body,
            self.time.now(),
            signature::TOLERANCE,
        )
        .unwrap();
    }
}

/// A courier at work.
pub(crate) struct Running {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

pub(crate) fn start(courier: CourierBuilder) -> Running {
    let courier = courier.build().unwrap();
    let (stop, stopped) = oneshot::channel();
    let task = tokio::spawn(courier.run(async {
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

impl fmt::Debug for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stage").finish_non_exhaustive()
    }
}
