//! The only door to addresses that callers chose: guarded, pinned, limited, timed.
//!
//! A server that opens URLs for strangers is a server that strangers aim at its own network. This
//! crate opens such URLs and promises:
//!
//! - **Guarded.** A URL is parsed once, and what was parsed is what is used. Names that mean "here"
//!   and every address outside the public internet are refused; see [`Policy`] and [`Block`].
//! - **Pinned.** A name is looked up once for each hop. If *any* of its addresses is refused, the
//!   whole name is. Only addresses that passed can be dialled (the dialler takes no other type), the
//!   peer is asked again once connected, and a redirect starts over from the first rule.
//! - **Limited.** Bytes by declared and by counted length, header bytes and count, redirects,
//!   connections; all finite by default. Compressed answers are neither asked for nor accepted.
//! - **Timed.** Look-up, connect, first byte, minimum rate and total time each have a limit.
//!
//! No proxy is taken from the environment (one that the operator names is used, see [`Proxy`]), no cookies are kept, no
//! credentials are ever taken from a URL, and no TLS session is resumed. A connection serves one request, unless the
//! sender says on whose behalf it sends: then it may serve later sends of that [`Party`] to the same origin, each of
//! which looks the name up and judges the addresses anew; see [`Keep`].
//!
//! ```no_run
//! use marquetry_egress::{Egress, FetchLimits, Policy};
//!
//! # async fn open() -> Result<(), Box<dyn std::error::Error>> {
//! let egress = Egress::new(Policy::default())?;
//! match egress.fetch("https://example.com/design.png", &FetchLimits::default()).await {
//!     Ok(fetched) => println!("{} bytes", fetched.bytes.len()),
//!     Err(error) => {
//!         // Two audiences, two texts: what the log keeps, and what the stranger reads.
//!         eprintln!("{error}");
//!         println!("{}", error.client_message());
//!     }
//! }
//! # Ok(())
//! # }
//! ```
//!
//! In reading order: [`policy`] says where we may go, [`address`] and [`target`] are the pure guard,
//! [`resolver`] asks for addresses, `connect` dials them, through the `proxy` where there is one, `exchange` talks HTTP/1.1 over them, `kept` holds those that may serve again, and
//! `fetch` and `send` are the two errands.

pub mod address;
mod body;
mod connect;
mod error;
mod exchange;
mod fetch;
mod kept;
mod owner;
pub mod policy;
mod proxy;
pub mod resolver;
mod send;
pub mod target;
mod tls;

pub use address::Block;
pub use body::Body;
pub use error::{Again, EgressError, Phase, Refusal};
pub use fetch::{FetchLimits, Fetched, MinRate, Opened};
pub use kept::{Keep, Party};
pub use policy::{HostPattern, Networks, Policy, Schemes};
pub use proxy::Proxy;
pub use resolver::{ResolveError, Resolver, SystemResolver};
pub use send::{BodyEnd, Outgoing, SendLimits, Sent};
pub use tls::{Roots, choose_tls};

/// Runs the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

pub use bytes::Bytes;
pub use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
pub use ipnet::IpNet;
pub use url::Url;

use std::sync::Arc;

use tokio::sync::Semaphore;

use crate::kept::Kept;

/// The door itself. Cheap to clone; clones share the limit on connections.
#[derive(Clone, Debug)]
pub struct Egress {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    policy: Policy,
    resolver: Arc<dyn Resolver>,
    tls: Arc<rustls::ClientConfig>,
    slots: Arc<Semaphore>,
    kept: Arc<Kept>,
}

impl Egress {
    /// A door with the system's resolver and the platform's certificate roots.
    ///
    /// # Errors
    /// [`EgressError::Config`] when TLS cannot be set up.
    pub fn new(policy: Policy) -> Result<Self, EgressError> {
        Self::builder(policy).build()
    }

    /// For a door with another resolver or other certificate roots.
    pub fn builder(policy: Policy) -> EgressBuilder {
        EgressBuilder {
            policy,
            resolver: None,
            roots: Roots::default(),
        }
    }

    /// Where this door may lead.
    #[must_use]
    pub fn policy(&self) -> &Policy {
        &self.inner.policy
    }
}

/// Collects what an [`Egress`] is made of; everything has a default.
#[derive(Debug)]
#[must_use]
pub struct EgressBuilder {
    policy: Policy,
    resolver: Option<Arc<dyn Resolver>>,
    roots: Roots,
}

impl EgressBuilder {
    /// Who turns names into addresses. Default: [`SystemResolver`]. Its answers are checked all the
    /// same; a resolver need not be trusted.
    pub fn resolver(mut self, resolver: Arc<dyn Resolver>) -> Self {
        self.resolver = Some(resolver);
        self
    }

    /// Whose signature makes a certificate good. Default: [`Roots::Platform`].
    pub fn roots(mut self, roots: Roots) -> Self {
        self.roots = roots;
        self
    }

    /// The finished door.
    ///
    /// # Errors
    /// [`EgressError::Config`] when the roots hold no usable certificate or TLS cannot be set up.
    pub fn build(self) -> Result<Egress, EgressError> {
        let tls = tls::config(self.roots)?;
        let slots = Arc::new(Semaphore::new(
            self.policy.connections.clamp(1, Semaphore::MAX_PERMITS),
        ));
        let kept = Kept::new(self.policy.keep);
        let resolver = self
            .resolver
            .unwrap_or_else(|| Arc::new(SystemResolver::default()));
        Ok(Egress {
            inner: Arc::new(Inner {
                policy: self.policy,
                resolver,
                tls,
                slots,
                kept,
            }),
        })
    }
}
