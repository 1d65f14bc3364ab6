//! The runs: all owed at once, a steady pace, and a bare loop that keeps no books.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures::stream::{self, StreamExt as _};
use http::{HeaderMap, HeaderName, HeaderValue};
use marquetry_dialect::{Announcement, Dialect, Message};
use marquetry_egress::{Outgoing, Party, SendLimits};
use marquetry_model::{DeliveryId, JobId};
use marquetry_store::conformance::sample;
use marquetry_store::{Clock as _, Store, SystemClock};
use tokio::task::JoinSet;

use super::cost::{Cost, quantile, resident};
use super::owing::{Working, door, endpoint, owe};
use super::receiver::Receiver;
use super::secure;

pub(super) const ENDPOINTS: usize = 1000;
pub(super) const DEAD: usize = 100;
/// As many requests at once as a courier makes by default.
pub(super) const AT_ONCE: usize = 64;

pub(super) struct Drained {
    pub(super) rate: f64,
    pub(super) p99: Duration,
    pub(super) cost: Cost,
}

/// Where the healthy endpoints are.
#[derive(Clone, Copy)]
pub(super) enum Way {
    /// Each at an address of its own, as in life: by the time that the next message goes there, hardly a connection is
    /// still open.
    Apart,
    /// The same over TLS, as endpoints are unless they were allowed to be others.
    Secure,
    /// All at one, to which connections stay open.
    Together,
}

impl Way {
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Apart => "to a thousand addresses",
            Self::Secure => "to a thousand addresses over TLS",
            Self::Together => "to one address",
        }
    }

    /// Where an endpoint is.
    fn url(self, receiver: &Receiver, number: usize) -> String {
        let endpoint = u16::try_from(number % ENDPOINTS).unwrap();
        let (host, port) = (secure::address(endpoint), receiver.address.port());
        match self {
            Self::Apart => format!("http://{host}:{port}/{number}"),
            Self::Secure => format!(
                "https://{}:{}/{number}",
                secure::name(endpoint),
                receiver.secure.port()
            ),
            Self::Together => plain(receiver.address, number),
        }
    }
}

fn plain(address: SocketAddr, number: usize) -> String {
    format!("http://{address}/{number}")
}

pub(super) struct Loop {
    pub(super) rate: f64,
    pub(super) cost: Cost,
}

/// Everything is owed at once; how fast, and how late, the healthy endpoints get theirs.
pub(super) async fn drain(
    store: &Arc<dyn Store>,
    receiver: &Receiver,
    dead: Option<SocketAddr>,
    way: Way,
    count: usize,
) -> Drained {
    let mut endpoints = Vec::new();
    for number in 0..ENDPOINTS {
        let url = match number < DEAD {
            true => dead.map(|dead| plain(dead, number)),
            false => Some(way.url(receiver, number)),
        };
        // Without dead ones, their share is not owed at all.
        if let Some(url) = url {
            endpoints.push(endpoint(store, number, url).await);
        }
    }
    let each = count / ENDPOINTS;
    let owed: Vec<_> = (0..each)
        .flat_map(|round| endpoints.iter().map(move |e| (round, e)))
        .collect();
    stream::iter(owed.iter().enumerate())
        .for_each_concurrent(256, |(number, (_, endpoint))| async move {
            owe(store, number, endpoint.id).await;
        })
        .await;
    let healthy = (ENDPOINTS - DEAD) * each;
    receiver.forget();
    let courier = Working::start(store);
    let began = Instant::now();
    let ((), cost) = Cost::of(healthy, receiver.until(healthy)).await;
    let took = began.elapsed();
    let late = receiver.visits(|_, at| Some(at.saturating_duration_since(began)));
    courier.stop().await;
    Drained {
        rate: f64::from(u32::try_from(healthy).unwrap()) / took.as_secs_f64(),
        p99: quantile(late, 0.99),
        cost,
    }
}

pub(super) struct Paced {
    pub(super) p50: Duration,
    pub(super) p99: Duration,
}

/// Two hundred a second to one healthy endpoint, for three seconds; sixteen endpoints at each hostile address, with
/// something owed to them every time.
pub(super) async fn paced(
    store: &Arc<dyn Store>,
    receiver: &Receiver,
    hostile: &[SocketAddr],
) -> (Paced, u64) {
    let good = endpoint(store, 0, plain(receiver.address, 0)).await;
    let mut bad = Vec::new();
    for (number, address) in hostile.iter().cycle().take(hostile.len() * 16).enumerate() {
        bad.push(endpoint(store, number + 1, plain(*address, number)).await);
    }
    receiver.forget();
    let courier = Working::start(store);
    let before = resident();
    let mut committed = HashMap::new();
    let mut tick = tokio::time::interval(Duration::from_millis(5));
    for number in 0..600 {
        tick.tick().await;
        if let Some(bad) = bad.get(number % bad.len().max(1)) {
            owe(store, 10_000 + number, bad.id).await;
        }
        let id = owe(store, number, good.id).await;
        committed.insert(id.to_string(), Instant::now());
    }
    receiver.until(600).await;
    let grown = resident().saturating_sub(before);
    let late = receiver.visits(|id, at| Some(at.saturating_duration_since(*committed.get(id)?)));
    courier.stop().await;
    let p50 = quantile(late.clone(), 0.5);
    let p99 = quantile(late, 0.99);
    (Paced { p50, p99 }, grown)
}

/// The same client as the courier's and the same requests, signed once for all, without anything owed or written down.
pub(super) async fn bare_loop(receiver: &Receiver, count: usize, way: Way) -> Loop {
    let egress = door();
    receiver.forget();
    let (headers, body) = signed();
    let urls: Arc<[String]> = (0..ENDPOINTS).map(|number| way.url(receiver, number)).collect();
    let began = Instant::now();
    // Tasks, as the courier's are, and not futures of one: it would be alone on one processor.
    let left = Arc::new(AtomicUsize::new(count));
    let mut tasks = JoinSet::new();
    for _ in 0..AT_ONCE {
        let (egress, urls) = (egress.clone(), Arc::clone(&urls));
        let (headers, body) = (headers.clone(), body.clone());
        let left = Arc::clone(&left);
        tasks.spawn(async move {
            let one_less = |left: usize| left.checked_sub(1);
            while let Ok(number) = left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less) {
                let outgoing = Outgoing {
                    headers: headers.clone(),
                    party: Some(Party::new(1_u64)),
                    ..Outgoing::post(&urls[number % ENDPOINTS], body.clone())
                };
                let sent = egress.send(outgoing, &SendLimits::default()).await.unwrap();
                assert!(sent.status.is_success());
            }
        });
    }
    let (_, cost) = Cost::of(count, tasks.join_all()).await;
    Loop {
        rate: f64::from(u32::try_from(count).unwrap()) / began.elapsed().as_secs_f64(),
        cost,
    }
}

/// A message as a courier sends it.
fn signed() -> (HeaderMap, Bytes) {
    let (id, now) = (DeliveryId::from_random([0; 16]), SystemClock.now());
    let Announcement { event, body } = Dialect::SudoMock.test_message(JobId::from_random([0; 16]), now);
    let message = Message {
        id,
        event,
        body: &body,
    };
    let headers = Dialect::SudoMock.headers(&[&sample::endpoint(1).secret], &message, now);
    let headers = headers.iter().map(|(name, value)| {
        let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
        (name, HeaderValue::try_from(value).unwrap())
    });
    (headers.collect(), body.into())
}
