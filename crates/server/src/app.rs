//! What every request is answered with: the service, and how this server speaks of it.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use marquetry_dialect::Links;
use marquetry_dialect::sudomock::answer::Plan;
use marquetry_model::ApiKeyId;
use marquetry_service::Service;
use marquetry_worker::Pulse;
use tokio::sync::watch;

use crate::Config;
use crate::admission::Admission;
use crate::body::Budget;
use crate::gate::Gate;
use crate::rate::Rates;
use crate::route::Router;

/// What the operator tells of every tenant.
#[derive(Clone, Debug, PartialEq)]
pub struct Account {
    /// Where the operator can be reached; client libraries insist on one.
    pub email: String,
    /// What a tenant may have. It also decides how many callers may wait at once.
    pub plan: Plan,
}

impl Default for Account {
    /// The plan of a server of one's own.
    fn default() -> Self {
        Self {
            email: "operator@localhost".to_owned(),
            plan: Plan::default(),
        }
    }
}

/// Everything a request needs. Made once, given to [`serve`](crate::serve), which may be called on several sockets.
pub struct App {
    pub(crate) service: Service,
    pub(crate) links: Links,
    pub(crate) account: Account,
    pub(crate) plans: Vec<Plan>,
    pub(crate) admission: Admission,
    pub(crate) gate: Gate,
    pub(crate) rates: Rates<ApiKeyId>,
    pub(crate) strangers: Rates<IpAddr>,
    pub(crate) budget: Budget,
    pub(crate) router: Router,
    config: Config,
    figures: Option<Arc<Figures>>,
    stop: Arc<watch::Sender<bool>>,
}

/// Gives every figure, as Prometheus reads it.
type Figures = dyn Fn() -> String + Send + Sync;

impl App {
    /// An app that answers with `service`. Addresses that it hands out begin with those of `links`, so these should
    /// be where clients reach the socket. `plans` are told to everybody under `/packages`; the one that tenants
    /// have is in `account`.
    pub fn new(service: Service, links: Links, account: Account, plans: Vec<Plan>, config: Config) -> Self {
        Self {
            service,
            links,
            account,
            plans,
            admission: Admission::default(),
            gate: Gate::new(config.submissions),
            rates: Rates::new(config.requests),
            strangers: Rates::new(config.strangers),
            budget: Budget::new(config.bodies_bytes),
            router: Router::new(),
            config,
            figures: None,
            stop: Arc::new(watch::Sender::new(false)),
        }
    }

    /// The same, with `figures` to be read under `/metrics`: what somebody collects, as Prometheus reads it.
    #[must_use]
    pub fn with_metrics(self, figures: impl Fn() -> String + Send + Sync + 'static) -> Self {
        Self {
            figures: Some(Arc::new(figures)),
            ..self
        }
    }

    /// An app for a socket that only operators reach: how the process is, and its figures, also while this one has more
    /// connections than it can take. The two stop together.
    #[must_use]
    pub fn admin(&self) -> Self {
        Self {
            service: self.service.clone(),
            links: self.links.clone(),
            account: self.account.clone(),
            plans: self.plans.clone(),
            admission: self.admission.clone(),
            gate: self.gate.clone(),
            // None of its routes wants a key.
            rates: Rates::new(self.config.requests),
            strangers: Rates::new(self.config.strangers),
            budget: self.budget.clone(),
            router: Router::admin(),
            config: self.config.clone(),
            figures: self.figures.clone(),
            stop: Arc::clone(&self.stop),
        }
    }

    /// The same, yielding to those who draw in this process: jobs are taken in no faster than they are done while the
    /// threads that do them find no processor. [`Worker::pulse`](marquetry_worker::Worker::pulse) gives it.
    #[must_use]
    pub fn yielding_to(self, drawing: Pulse) -> Self {
        self.gate.yield_to(drawing);
        self
    }

    pub(crate) fn figures(&self) -> Option<&Figures> {
        self.figures.as_deref()
    }

    /// An app for a server of one's own: one free plan.
    pub fn self_hosted(service: Service, links: Links, config: Config) -> Self {
        let account = Account::default();
        let plans = vec![account.plan.clone()];
        Self::new(service, links, account, plans, config)
    }

    /// The limits.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The service behind it.
    pub fn service(&self) -> &Service {
        &self.service
    }

    /// Says that no new requests are wanted: `/readyz` tells so, and whoever waits for a job is told to look later.
    /// [`serve`](crate::serve) does this itself when it stops. A server behind a balancer does it a while before.
    pub fn stop(&self) {
        self.stop.send_replace(true);
    }

    /// Whether it is stopping.
    pub fn is_stopping(&self) -> bool {
        *self.stop.borrow()
    }

    /// Returns when it is stopping.
    pub(crate) async fn stopping(&self) {
        // The sender lives in `self`, so that the wait can only end with the word.
        let _ = self.stop.subscribe().wait_for(|stop| *stop).await;
    }
}

impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("App")
            .field("links", &self.links)
            .field("account", &self.account)
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}
