//! Why a request was refused or failed, sorted by who can act, with two texts for two readers.

use std::borrow::Cow;
use std::error::Error as _;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use http::StatusCode;

use crate::address::Block;

/// Why a request did not end well.
///
/// The `Display` text is for the log: it names hosts and addresses, and never a path, a query or a
/// header. What the caller who chose the URL may read is [`EgressError::client_message`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EgressError {
    /// The URL may not be opened: its author chooses another.
    #[error("{host} refused: {why}")]
    Refused {
        /// The host as parsed; `(unparsed)` if it did not come to that.
        host: String,
        /// Which rule it broke.
        why: Refusal,
    },
    /// The redirects did not end: the URL's author names the last one.
    #[error("{host} redirects once more, {limit} redirects allowed")]
    TooManyRedirects {
        /// The host that asked for one redirect too many.
        host: String,
        /// How many were allowed.
        limit: u8,
    },
    /// The server answered and it was not the file: the URL's author looks at the status.
    #[error("{host} answered {status}")]
    Status {
        /// The host that answered.
        host: String,
        /// What it said.
        status: StatusCode,
    },
    /// The file is longer than allowed: its author shrinks it or the operator raises the limit.
    #[error("{host} sends more than {limit} bytes ({})", declared.map_or("length not declared".into(), |n| format!("{n} declared")))]
    TooLarge {
        /// The host that answered.
        host: String,
        /// Most bytes allowed.
        limit: u64,
        /// What the answer claimed, when it claimed anything.
        declared: Option<u64>,
    },
    /// The answer is compressed although we asked for it plain.
    #[error("{host} answered with {header} {coding:?}, which is not accepted")]
    Encoded {
        /// The host that answered.
        host: String,
        /// `content-encoding` or `transfer-encoding`.
        header: &'static str,
        /// The coding, cut to 64 visible characters.
        coding: String,
    },
    /// The answer's headers are larger or more than allowed.
    #[error("{host} answered with more than {bytes} bytes of headers or more than {count} headers")]
    Headers {
        /// The host that answered.
        host: String,
        /// Most bytes allowed.
        bytes: usize,
        /// Most headers allowed.
        count: usize,
    },
    /// The request itself cannot be made: our own caller mends it.
    #[error("request cannot be made: {what}")]
    Request {
        /// What is wrong with it.
        what: Cow<'static, str>,
    },
    /// There is no such name: the URL's author mends the spelling.
    #[error("{host} does not resolve")]
    NoSuchName {
        /// The name.
        host: String,
    },
    /// The resolver failed: it may answer later.
    #[error("lookup of {host} failed")]
    Lookup {
        /// The name.
        host: String,
        /// What the resolver said.
        source: io::Error,
    },
    /// No connection to any address of the host; the last failure is told.
    #[error("connection to {host} at {address} failed")]
    Connect {
        /// The host.
        host: String,
        /// The address tried last.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// Connected, but no TLS: a bad certificate is the host's to mend.
    #[error("TLS with {host} at {address} failed")]
    Tls {
        /// The host.
        host: String,
        /// Its address.
        address: SocketAddr,
        /// What went wrong; a [`rustls::Error`] inside when TLS itself objected.
        source: io::Error,
    },
    /// Something took too long.
    #[error("{host}: {phase} took longer than {limit:?}")]
    Timeout {
        /// The host.
        host: String,
        /// What took too long.
        phase: Phase,
        /// How long it was given.
        limit: Duration,
    },
    /// The body came in slower than the minimum rate.
    #[error("{host} sends slower than {bytes_per_second} bytes a second over {over:?}")]
    TooSlow {
        /// The host.
        host: String,
        /// The least rate allowed.
        bytes_per_second: u64,
        /// Over which time it is measured.
        over: Duration,
    },
    /// The far end does not speak HTTP/1.1, or it hung up before its answer.
    #[error("{host} broke off or does not speak HTTP/1.1")]
    Protocol {
        /// The host.
        host: String,
        /// What hyper made of it.
        source: hyper::Error,
    },
    /// The body ended before its declared length, or its framing broke.
    #[error("the answer of {host} broke off after {received} bytes")]
    CutShort {
        /// The host.
        host: String,
        /// Bytes of body that did arrive.
        received: u64,
        /// What hyper made of it.
        source: hyper::Error,
    },
    /// The place that the bytes should go to did not take them: whoever gave it looks there.
    #[error("writing what was fetched failed")]
    Sink {
        /// What the writer said.
        source: io::Error,
    },
    /// The door cannot be built: the operator mends the settings.
    #[error("egress cannot be set up: {what}")]
    Config {
        /// What is wrong.
        what: String,
    },
}

/// Which rule a URL or an address broke. Each is a class of its own for tests and metrics.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The URL is longer than the policy allows.
    #[error("URL of {length} bytes, {limit} allowed")]
    TooLong {
        /// Its length in bytes.
        length: usize,
        /// The most allowed.
        limit: usize,
    },
    /// A control character or a backslash, which parsers disagree about.
    #[error("URL has a control character or a backslash")]
    Character,
    /// The URL standard cannot read it, or only by guessing (missing or surplus slashes).
    #[error("URL is malformed")]
    Malformed,
    /// Neither http nor https, or http where the policy wants https.
    #[error("scheme is not allowed")]
    Scheme,
    /// A user name, a password or a lone `@` before the host.
    #[error("URL carries a user name or password")]
    Userinfo,
    /// A name that means something near: one label only, `localhost`, `.local`, `.internal`, ...
    #[error("name is a local one")]
    LocalName,
    /// A name that ends in a dot.
    #[error("name ends in a dot")]
    TrailingDot,
    /// A name that is no host name: an empty label, too long, odd characters.
    #[error("name is not a host name")]
    BadName,
    /// The operator denies this host.
    #[error("host is on the deny list")]
    HostDenied,
    /// The operator lists hosts and this one is not among them.
    #[error("host is not on the allow list")]
    HostNotListed,
    /// A port outside the policy.
    #[error("port {port} is not allowed")]
    Port {
        /// The port.
        port: u16,
    },
    /// The address, or one of the addresses of the name, is not the public internet.
    #[error("{address} is {block}")]
    Address {
        /// The address.
        address: IpAddr,
        /// What it is.
        block: Block,
    },
    /// The operator denies this address.
    #[error("{address} is on the deny list")]
    AddressDenied {
        /// The address.
        address: IpAddr,
    },
    /// The operator lists networks and this address is in none of them.
    #[error("{address} is in no allowed network")]
    AddressNotListed {
        /// The address.
        address: IpAddr,
    },
    /// A redirect from https to http.
    #[error("redirect from https to http")]
    Downgrade,
    /// Once connected, the peer was not who was dialled.
    #[error("peer is {peer}, dialled was {dialled}")]
    Peer {
        /// Who was dialled.
        dialled: SocketAddr,
        /// Who answered.
        peer: SocketAddr,
    },
}

/// What can take too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Phase {
    /// Looking up the name.
    Resolve,
    /// Connecting, TLS included.
    Connect,
    /// From the request to the end of the answer's headers.
    FirstByte,
    /// Everything together, redirects and body included.
    Total,
}

impl std::fmt::Display for Phase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Resolve => "looking up the name",
            Self::Connect => "connecting",
            Self::FirstByte => "waiting for an answer",
            Self::Total => "the whole request",
        })
    }
}

/// Whether the same request may end better another time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Again {
    /// It may: try later.
    Later,
    /// It will not.
    Never,
}

impl EgressError {
    /// Whether trying again can help.
    #[must_use]
    pub fn again(&self) -> Again {
        let later = match self {
            Self::Status { status, .. } => {
                status.is_server_error() && *status != StatusCode::NOT_IMPLEMENTED
                    || matches!(status.as_u16(), 408 | 425 | 429)
            }
            Self::Tls { source, .. } => !is_certificate(source),
            Self::Lookup { .. }
            | Self::Connect { .. }
            | Self::Timeout { .. }
            | Self::TooSlow { .. }
            | Self::Protocol { .. }
            | Self::CutShort { .. }
            | Self::Sink { .. } => true,
            Self::Refused { .. }
            | Self::TooManyRedirects { .. }
            | Self::TooLarge { .. }
            | Self::Encoded { .. }
            | Self::Headers { .. }
            | Self::Request { .. }
            | Self::NoSuchName { .. }
            | Self::Config { .. } => false,
        };
        if later { Again::Later } else { Again::Never }
    }

    /// What the author of the URL may read. It depends on the text of the URL, or on an answer that
    /// came from an address that was allowed; nothing in it tells an open port from a closed one, a
    /// name that exists from one that does not, or one blocked address from another.
    #[must_use]
    pub fn client_message(&self) -> Cow<'static, str> {
        match self {
            Self::Refused { why, .. } => why.client_message().into(),
            Self::TooManyRedirects { .. } => "could not fetch: too many redirects".into(),
            Self::Status { status, .. } => {
                format!("could not fetch: the server answered {}", status.as_u16()).into()
            }
            Self::TooLarge { limit, .. } => format!("could not fetch: more than {limit} bytes").into(),
            Self::Encoded { .. } => "could not fetch: the answer is compressed".into(),
            _ => "could not fetch".into(),
        }
    }

    /// The rule that was broken, if one was.
    #[must_use]
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Refused { why, .. } => Some(why),
            _ => None,
        }
    }

    /// A stable word for logs, metrics and delivery records.
    #[must_use]
    pub fn class(&self) -> &'static str {
        match self {
            Self::Refused { .. } => "refused",
            Self::TooManyRedirects { .. } => "too_many_redirects",
            Self::Status { .. } => "status",
            Self::TooLarge { .. } => "too_large",
            Self::Encoded { .. } => "encoded",
            Self::Headers { .. } => "headers",
            Self::Request { .. } => "request",
            Self::NoSuchName { .. } => "no_such_name",
            Self::Lookup { .. } => "lookup",
            Self::Connect { .. } => "connect",
            Self::Tls { source, .. } if is_certificate(source) => "certificate",
            Self::Tls { .. } => "tls",
            Self::Timeout { .. } => "timeout",
            Self::TooSlow { .. } => "too_slow",
            Self::Protocol { .. } => "protocol",
            Self::CutShort { .. } => "cut_short",
            Self::Sink { .. } => "sink",
            Self::Config { .. } => "config",
        }
    }

    /// This error and all its causes on one line, for the log.
    #[must_use]
    pub fn detail(&self) -> String {
        let mut text = self.to_string();
        let mut cause = self.source();
        while let Some(error) = cause {
            text.push_str(": ");
            text.push_str(&error.to_string());
            cause = error.source();
        }
        text
    }
}

impl Refusal {
    fn client_message(&self) -> &'static str {
        match self {
            Self::TooLong { .. } | Self::Character | Self::Malformed => "not a valid URL",
            Self::Scheme => "scheme not allowed",
            Self::Userinfo => "a URL with a user name or password is not allowed",
            _ => "address not allowed",
        }
    }
}

fn is_certificate(source: &io::Error) -> bool {
    let tls = source
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<rustls::Error>());
    matches!(tls, Some(rustls::Error::InvalidCertificate(_)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host() -> String {
        "db.example.com".into()
    }

    #[test]
    fn what_the_stranger_reads_does_not_tell_how_the_network_failed() {
        let address = "93.184.215.14:443".parse().unwrap();
        let io = || io::Error::new(io::ErrorKind::ConnectionRefused, "banner: SSH-2.0");
        let alike = [
            EgressError::NoSuchName { host: host() },
            EgressError::Lookup {
                host: host(),
                source: io(),
            },
            EgressError::Connect {
                host: host(),
                address,
                source: io(),
            },
            EgressError::Tls {
                host: host(),
                address,
                source: io(),
            },
            EgressError::Timeout {
                host: host(),
                phase: Phase::Connect,
                limit: Duration::from_secs(5),
            },
            EgressError::TooSlow {
                host: host(),
                bytes_per_second: 1,
                over: Duration::from_secs(5),
            },
        ];
        for error in alike {
            assert_eq!(error.client_message(), "could not fetch");
        }
        for block in [Block::Loopback, Block::Metadata, Block::Private] {
            let why = Refusal::Address {
                address: "10.0.0.1".parse().unwrap(),
                block,
            };
            assert_eq!(
                EgressError::Refused { host: host(), why }.client_message(),
                "address not allowed"
            );
        }
        assert_eq!(
            EgressError::Refused {
                host: host(),
                why: Refusal::LocalName
            }
            .client_message(),
            "address not allowed"
        );
    }

    #[test]
    fn the_log_hears_the_whole_chain() {
        let source = io::Error::other("no route");
        let error = EgressError::Connect {
            host: host(),
            address: "1.1.1.1:443".parse().unwrap(),
            source,
        };
        assert_eq!(
            error.detail(),
            "connection to db.example.com at 1.1.1.1:443 failed: no route"
        );
    }

    #[test]
    fn statuses_that_pass_are_tried_again() {
        let again = |code| {
            EgressError::Status {
                host: host(),
                status: StatusCode::from_u16(code).unwrap(),
            }
            .again()
        };
        for code in [408, 425, 429, 500, 502, 503, 504] {
            assert_eq!(again(code), Again::Later, "{code}");
        }
        for code in [301, 400, 401, 403, 404, 410, 501] {
            assert_eq!(again(code), Again::Never, "{code}");
        }
    }
}
