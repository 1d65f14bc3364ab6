//! Turns names into addresses. The answers are not trusted: the guard checks each of them.

use std::fmt;
use std::io;
use std::net::IpAddr;
use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::Semaphore;

/// Asks for the addresses of a name. Asked exactly once for each hop of a request.
#[async_trait]
pub trait Resolver: fmt::Debug + Send + Sync {
    /// All addresses of `name`, a host name in lower case and punycode, in the order they should be
    /// tried. No time limit is needed here: the caller has one, and drops the future when it is over.
    ///
    /// # Errors
    /// [`ResolveError`]: no such name, or no answer.
    async fn resolve(&self, name: &str) -> Result<Vec<IpAddr>, ResolveError>;
}

/// Why a name has no addresses.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ResolveError {
    /// The name does not exist or has no address; asking again will not help soon.
    #[error("no such name")]
    NoSuchName,
    /// The resolver could not tell.
    #[error("lookup failed")]
    Failed(#[source] io::Error),
}

/// The system's own resolver (`getaddrinfo`), so hosts files and site settings count.
///
/// A look-up occupies a thread until the system gives up, which can be long after the caller did;
/// `concurrent` bounds how many threads slow names can hold.
#[derive(Debug)]
pub struct SystemResolver {
    slots: Arc<Semaphore>,
}

impl SystemResolver {
    /// At most `concurrent` look-ups at a time, at least one. The default is 32.
    #[must_use]
    pub fn new(concurrent: usize) -> Self {
        Self {
            slots: Arc::new(Semaphore::new(concurrent.clamp(1, Semaphore::MAX_PERMITS))),
        }
    }
}

impl Default for SystemResolver {
    fn default() -> Self {
        Self::new(32)
    }
}

#[async_trait]
impl Resolver for SystemResolver {
    async fn resolve(&self, name: &str) -> Result<Vec<IpAddr>, ResolveError> {
        let slots = Arc::clone(&self.slots);
        let slot = slots
            .acquire_owned()
            .await
            .map_err(|e| ResolveError::Failed(io::Error::other(e)))?;
        let name = name.to_owned();
        // In a task of its own, so that the slot is held for as long as the thread is, not only for
        // as long as somebody waits for the answer.
        let lookup = tokio::spawn(async move {
            let answers = tokio::net::lookup_host((name, 0)).await;
            drop(slot);
            answers.map(|found| found.map(|addr| addr.ip()).collect::<Vec<_>>())
        });
        match lookup.await {
            Ok(Ok(addresses)) => Ok(addresses),
            Ok(Err(error)) if says_no_such_name(&error) => Err(ResolveError::NoSuchName),
            Ok(Err(error)) => Err(ResolveError::Failed(error)),
            Err(error) => Err(ResolveError::Failed(io::Error::other(error))),
        }
    }
}

/// The standard library keeps only the text of `getaddrinfo`'s answer. These are the texts for
/// "there is no such name" (`EAI_NONAME`, `EAI_NODATA`) in glibc, musl, macOS and Windows; a text
/// not listed here counts as a failure that may pass, which errs on the patient side.
fn says_no_such_name(error: &io::Error) -> bool {
    const TEXTS: &[&str] = &[
        "Name or service not known",
        "No address associated with hostname",
        "Name does not resolve",
        "Name has no usable address",
        "nodename nor servname provided",
        "No such host is known",
    ];
    let text = error.to_string();
    TEXTS.iter().any(|known| text.contains(known))
}
