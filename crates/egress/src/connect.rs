//! Look-up, check, dial, check again, TLS. The one place in the house that dials what a caller chose.

use std::io::{self, IoSlice};
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};
use tokio_rustls::TlsConnector;
use url::Host;

use crate::error::{EgressError, Phase, Refusal};
use crate::resolver::ResolveError;
use crate::target::{Admitted, Target};
use crate::{Egress, Inner};

/// When everything has to be over.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline {
    pub(crate) at: Instant,
    pub(crate) total: Duration,
}

/// `wait` from now, or in thirty years if that is more than the clock can hold.
pub(crate) fn from_now(wait: Duration) -> Instant {
    let now = Instant::now();
    now.checked_add(wait)
        .unwrap_or_else(|| now + Duration::from_secs(30 * 365 * 86_400))
}

impl Deadline {
    pub(crate) fn after(total: Duration) -> Self {
        Self {
            at: from_now(total),
            total,
        }
    }

    /// Waits for `work`, at most `limit` and never past the deadline.
    pub(crate) async fn cap<T>(
        &self,
        host: &str,
        phase: Phase,
        limit: Duration,
        work: impl Future<Output = T>,
    ) -> Result<T, EgressError> {
        let own = from_now(limit);
        let host = || host.to_owned();
        timeout_at(own.min(self.at), work).await.map_err(|_| {
            if own < self.at {
                EgressError::Timeout {
                    host: host(),
                    phase,
                    limit,
                }
            } else {
                EgressError::Timeout {
                    host: host(),
                    phase: Phase::Total,
                    limit: self.total,
                }
            }
        })
    }
}

/// A byte stream both ways, TLS or not.
pub(crate) trait Wire: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Wire for T {}

/// How many bytes came over a connection so far, for whoever is not the one who reads them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Heard(Arc<AtomicU64>);

impl Heard {
    pub(crate) fn bytes(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }

    /// The same wire, its incoming bytes counted here.
    pub(crate) fn by<W: Wire>(&self, wire: W) -> impl Wire + use<W> {
        Counted {
            wire,
            heard: self.clone(),
        }
    }
}

struct Counted<W> {
    wire: W,
    heard: Heard,
}

impl<W: Wire> AsyncRead for Counted<W> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = into.filled().len();
        let read = Pin::new(&mut self.wire).poll_read(cx, into);
        let came = into.filled().len().saturating_sub(before);
        self.heard.0.fetch_add(came as u64, Ordering::Release);
        read
    }
}

impl<W: Wire> AsyncWrite for Counted<W> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.wire).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.wire).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.wire).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.wire).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.wire.is_write_vectored()
    }
}

/// A connection to an address that was checked.
pub(crate) struct Connected {
    pub(crate) wire: Box<dyn Wire>,
    pub(crate) peer: SocketAddr,
}

impl Egress {
    /// Judges a URL and the addresses its host has now, without connecting to any. For refusing a
    /// bad address when it is stored; every later request checks again, as answers change.
    ///
    /// # Errors
    /// [`EgressError::Refused`], or why the look-up failed.
    pub async fn check(&self, url: &str) -> Result<Target, EgressError> {
        let target = self.inner.target(url)?;
        let deadline = Deadline::after(self.inner.policy.resolve_timeout.saturating_mul(2));
        self.inner.admitted(&target, &deadline).await?;
        Ok(target)
    }
}

impl Inner {
    pub(crate) fn target(&self, url: &str) -> Result<Target, EgressError> {
        self.policy.check(url).map_err(|why| {
            // Only the host: the rest of a URL that was refused may hold a password.
            let host = url::Url::parse(url)
                .ok()
                .and_then(|url| url.host_str().map(str::to_owned));
            EgressError::Refused {
                host: host.unwrap_or_else(|| "(unparsed)".into()),
                why,
            }
        })
    }

    /// The addresses of a target that may be dialled, at least one.
    pub(crate) async fn admitted(
        &self,
        target: &Target,
        deadline: &Deadline,
    ) -> Result<Vec<Admitted>, EgressError> {
        let host = || target.host().to_owned();
        let addresses: Vec<IpAddr> = match target.literal() {
            Some(address) => vec![address],
            None => {
                let lookup = self.resolver.resolve(target.host());
                let limit = self.policy.resolve_timeout;
                match deadline.cap(target.host(), Phase::Resolve, limit, lookup).await? {
                    Ok(addresses) => addresses,
                    Err(ResolveError::NoSuchName) => return Err(EgressError::NoSuchName { host: host() }),
                    Err(ResolveError::Failed(source)) => {
                        return Err(EgressError::Lookup { host: host(), source });
                    }
                }
            }
        };
        let admitted = self
            .policy
            .admit(target, &addresses)
            .map_err(|why| EgressError::Refused { host: host(), why })?;
        if admitted.is_empty() {
            return Err(EgressError::NoSuchName { host: host() });
        }
        Ok(admitted)
    }

    /// Connects to a target at one of its admitted addresses, TLS included when it asks for it.
    pub(crate) async fn connect(
        &self,
        target: &Target,
        admitted: &[Admitted],
        limit: Duration,
        deadline: &Deadline,
    ) -> Result<Connected, EgressError> {
        let until = from_now(limit);
        let left = || until.saturating_duration_since(Instant::now());

        let mut tries = admitted.iter().zip((1..=admitted.len()).rev()).peekable();
        let (stream, dialled) = loop {
            let Some((&to, remaining)) = tries.next() else {
                return Err(EgressError::NoSuchName {
                    host: target.host().to_owned(),
                });
            };
            // Each address gets an even share of what is left, so that one that swallows packets
            // does not use up the time of a good one behind it.
            let share = left() / u32::try_from(remaining).unwrap_or(u32::MAX);
            match deadline
                .cap(target.host(), Phase::Connect, share, self.dial(to))
                .await
            {
                Ok(Ok(stream)) => break (stream, to),
                // The next address may do better, unless the whole request is out of time.
                Ok(Err(_))
                | Err(EgressError::Timeout {
                    phase: Phase::Connect,
                    ..
                }) if tries.peek().is_some() => {}
                Ok(Err(source)) => {
                    let host = target.host().to_owned();
                    return Err(EgressError::Connect {
                        host,
                        address: to.addr(),
                        source,
                    });
                }
                Err(EgressError::Timeout {
                    phase: Phase::Connect,
                    host,
                    ..
                }) => {
                    return Err(EgressError::Timeout {
                        host,
                        phase: Phase::Connect,
                        limit,
                    });
                }
                Err(other) => return Err(other),
            }
        };
        let peer = match self.policy.proxy {
            None => self.check_peer(target, admitted, &stream)?,
            // The peer of the socket is the proxy, which was told no name but this address.
            Some(_) => dialled.addr(),
        };
        tracing::debug!(host = target.host(), %peer, "connected");
        if !target.is_https() {
            return Ok(Connected {
                wire: Box::new(stream),
                peer,
            });
        }

        let failed = |source| EgressError::Tls {
            host: target.host().to_owned(),
            address: peer,
            source,
        };
        let name = server_name(target).map_err(failed)?;
        let handshake = TlsConnector::from(Arc::clone(&self.tls)).connect(name, stream);
        let stream = match deadline
            .cap(target.host(), Phase::Connect, left(), handshake)
            .await
        {
            Ok(stream) => stream.map_err(failed)?,
            // Not the rest that was left for TLS, but what the caller allowed for the whole.
            Err(EgressError::Timeout {
                phase: Phase::Connect,
                host,
                ..
            }) => {
                return Err(EgressError::Timeout {
                    host,
                    phase: Phase::Connect,
                    limit,
                });
            }
            Err(other) => return Err(other),
        };
        Ok(Connected {
            wire: Box::new(stream),
            peer,
        })
    }

    /// The only dialler. It takes nothing but addresses that were admitted.
    async fn dial(&self, to: Admitted) -> io::Result<TcpStream> {
        if let Some(proxy) = &self.policy.proxy {
            return proxy.tunnel(to.addr()).await;
        }
        let stream = TcpStream::connect(to.addr()).await?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }

    /// Asks the socket itself who is at the other end, and judges that once more.
    fn check_peer(
        &self,
        target: &Target,
        admitted: &[Admitted],
        stream: &TcpStream,
    ) -> Result<SocketAddr, EgressError> {
        let refused = |why| EgressError::Refused {
            host: target.host().to_owned(),
            why,
        };
        let dialled = admitted[0].addr();
        let peer = stream.peer_addr().map_err(|source| EgressError::Connect {
            host: target.host().to_owned(),
            address: dialled,
            source,
        })?;
        self.policy.admit(target, &[peer.ip()]).map_err(refused)?;
        if admitted.iter().any(|a| a.addr() == peer) {
            Ok(peer)
        } else {
            Err(refused(Refusal::Peer { dialled, peer }))
        }
    }
}

fn server_name(target: &Target) -> io::Result<ServerName<'static>> {
    match target.url().host() {
        Some(Host::Ipv4(v4)) => Ok(ServerName::IpAddress(IpAddr::V4(v4).into())),
        Some(Host::Ipv6(v6)) => Ok(ServerName::IpAddress(IpAddr::V6(v6).into())),
        _ => ServerName::try_from(target.host().to_owned()).map_err(io::Error::other),
    }
}
