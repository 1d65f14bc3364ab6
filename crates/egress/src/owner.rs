//! What the owner of an address is told when nothing that is sent there arrives: couriers and carriers say it alike.

use std::borrow::Cow;

use crate::error::{EgressError, Phase};

impl EgressError {
    /// What whoever owns the address may read about a try that got no answer.
    ///
    /// The words tell what kind of failure it was, because only the owner can mend a certificate or a name. They name
    /// no host and no address, and an address that may not be reached is told in one way whatever it is.
    #[must_use]
    pub fn owner_message(&self) -> Cow<'static, str> {
        match self {
            Self::Refused { .. } => format!("not sent: {}", self.client_message()).into(),
            Self::NoSuchName { .. } | Self::Lookup { .. } => "the host name could not be looked up".into(),
            Self::Connect { .. } => "no connection could be made".into(),
            Self::Tls { .. } if self.class() == "certificate" => {
                "the receiver's certificate is not valid".into()
            }
            Self::Tls { .. } => "no secure connection could be made".into(),
            Self::Timeout { phase, limit, .. } => match phase {
                Phase::Resolve => format!("the host name could not be looked up within {limit:?}").into(),
                Phase::Connect => format!("no connection could be made within {limit:?}").into(),
                _ => format!("no answer came within {limit:?}").into(),
            },
            Self::TooSlow { .. } => "the answer came too slowly".into(),
            Self::Protocol { .. } => {
                "the connection ended before an answer came, or the answer is not HTTP".into()
            }
            Self::Headers { .. } => "the headers of the answer are too long".into(),
            _ => "it could not be sent".into(),
        }
    }

    /// What sort of failure that is, for programs of the owner: one of eight words, which do not change.
    /// `address_refused`, `name_not_found`, `no_connection`, `bad_certificate`, `no_secure_connection`, `timed_out`,
    /// `not_http`, and `not_sent` for what is nobody's fault out there.
    #[must_use]
    pub fn trouble(&self) -> &'static str {
        match self {
            Self::Refused { .. } => "address_refused",
            Self::NoSuchName { .. }
            | Self::Lookup { .. }
            | Self::Timeout {
                phase: Phase::Resolve,
                ..
            } => "name_not_found",
            Self::Connect { .. } => "no_connection",
            Self::Tls { .. } if self.class() == "certificate" => "bad_certificate",
            Self::Tls { .. } => "no_secure_connection",
            Self::Timeout { .. } | Self::TooSlow { .. } => "timed_out",
            Self::Protocol { .. } | Self::Headers { .. } => "not_http",
            _ => "not_sent",
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn failures_have_words_that_name_no_address() {
        let host = || "db.internal.example".to_owned();
        let address = "10.0.0.1:443".parse().unwrap();
        let io = || std::io::Error::other("10.0.0.1");
        let late = |phase| EgressError::Timeout {
            host: host(),
            phase,
            limit: Duration::from_secs(15),
        };
        let errors = [
            (EgressError::NoSuchName { host: host() }, "name_not_found"),
            (
                EgressError::Lookup {
                    host: host(),
                    source: io(),
                },
                "name_not_found",
            ),
            (
                EgressError::Connect {
                    host: host(),
                    address,
                    source: io(),
                },
                "no_connection",
            ),
            (
                EgressError::Tls {
                    host: host(),
                    address,
                    source: io(),
                },
                "no_secure_connection",
            ),
            (late(Phase::Resolve), "name_not_found"),
            (late(Phase::Connect), "timed_out"),
            (late(Phase::Total), "timed_out"),
            (
                EgressError::Headers {
                    host: host(),
                    bytes: 1,
                    count: 1,
                },
                "not_http",
            ),
            (
                EgressError::Config {
                    what: "10.0.0.1".into(),
                },
                "not_sent",
            ),
        ];
        for (error, sort) in errors {
            let words = error.owner_message();
            assert!(
                !words.contains("10.0.0.1") && !words.contains("internal"),
                "{words}"
            );
            assert_eq!(error.trouble(), sort, "{error}");
        }
        assert_eq!(late(Phase::Total).owner_message(), "no answer came within 15s");
    }
}
