//! The URL of a database: what the driver understands of it, and what is ours to understand.

use std::path::PathBuf;
use std::time::Duration;

use marquetry_store::StoreError;
use tokio_postgres::Config;
use tokio_postgres::config::SslMode;
use url::Url;

use crate::error::Work;

/// Where a database is and how it is spoken to.
#[derive(Clone, Debug)]
pub(crate) struct Address {
    pub(crate) config: Config,
    pub(crate) encryption: Encryption,
}

/// What `sslmode` asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Encryption {
    /// None: `disable`, or nothing said.
    Off,
    /// TLS with a certificate that is checked, by the roots of the platform or by those of a file.
    Checked {
        /// A PEM file: `sslrootcert`.
        roots: Option<PathBuf>,
    },
}

/// What is wrong with a URL. Never shows the URL itself, which has a password in it.
#[derive(Debug, thiserror::Error)]
enum BadUrl {
    #[error("the database URL cannot be read: {0}")]
    Malformed(String),
    #[error(
        "sslmode={0} is not supported: use disable, or require or verify-full, which both check the certificate"
    )]
    Mode(String),
}

fn bad(what: BadUrl) -> StoreError {
    StoreError::Broken {
        doing: "reading the database URL",
        source: what.into(),
    }
}

impl Address {
    /// Reads `postgres://user:password@host:port/database?option=value`. A connection that takes longer
    /// than `connecting` is given up, unless the URL has a `connect_timeout`.
    pub(crate) fn parse(text: &str, connecting: Duration) -> Work<Self> {
        let mut url = Url::parse(text).map_err(|error| bad(BadUrl::Malformed(error.to_string())))?;
        let (mut mode, mut roots, mut rest) = (None, None, Vec::new());
        for (name, value) in url.query_pairs() {
            match &*name {
                "sslmode" => mode = Some(value.into_owned()),
                "sslrootcert" => roots = Some(PathBuf::from(value.into_owned())),
                _ => rest.push((name.into_owned(), value.into_owned())),
            }
        }
        let encryption = match mode.as_deref() {
            // `allow` and `prefer` fall back to plain text whenever somebody in between wishes so.
            None | Some("disable") => Encryption::Off,
            // An unchecked certificate keeps nobody out, so both check it.
            Some("require" | "verify-ca" | "verify-full") => Encryption::Checked { roots },
            Some(other) => return Err(bad(BadUrl::Mode(other.to_owned()))),
        };
        url.set_query(None);
        if !rest.is_empty() {
            url.query_pairs_mut().extend_pairs(rest);
        }
        // The driver reads `%20`, not the `+` of forms.
        let plain = url.as_str().replace('+', "%20");
        let mut config: Config = plain
            .parse()
            .map_err(|error: tokio_postgres::Error| bad(BadUrl::Malformed(crate::error::chain(&error))))?;
        config.ssl_mode(match encryption {
            Encryption::Off => SslMode::Disable,
            Encryption::Checked { .. } => SslMode::Require,
        });
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(connecting);
        }
        if config.get_application_name().is_none() {
            config.application_name("marquetry");
        }
        // So that a peer which vanished without a word is noticed within a minute or so.
        if config.get_tcp_user_timeout().is_none() {
            config.tcp_user_timeout(Duration::from_secs(30));
        }
        config.keepalives_idle(config.get_keepalives_idle().min(Duration::from_secs(30)));
        Ok(Self { config, encryption })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn parse(text: &str) -> Address {
        Address::parse(text, SECOND).unwrap()
    }

    #[test]
    fn a_url_says_where_and_how() {
        let address = parse("postgres://me:it%2Bs@db.example:6432/shop?application_name=two%20words");
        assert_eq!(address.config.get_password(), Some(&b"it+s"[..]));
        assert_eq!(address.config.get_dbname(), Some("shop"));
        assert_eq!(address.config.get_ports(), [6432]);
        assert_eq!(address.config.get_application_name(), Some("two words"));
        assert_eq!(address.config.get_connect_timeout(), Some(&SECOND));
        assert_eq!(address.encryption, Encryption::Off);
        let patient = parse("postgresql://db/shop?connect_timeout=7");
        assert_eq!(patient.config.get_connect_timeout(), Some(&(7 * SECOND)));
    }

    #[test]
    fn encryption_is_checked_or_off() {
        let roots = |text: &str| match parse(text).encryption {
            Encryption::Checked { roots } => roots,
            Encryption::Off => panic!("{text}"),
        };
        assert_eq!(roots("postgres://db/x?sslmode=require"), None);
        let file = roots("postgres://db/x?sslrootcert=/etc/ca.pem&sslmode=verify-full");
        assert_eq!(file, Some("/etc/ca.pem".into()));
        let off = parse("postgres://db/x?sslmode=disable");
        assert_eq!(off.config.get_ssl_mode(), SslMode::Disable);
    }

    #[test]
    fn what_cannot_be_kept_is_refused_without_telling_the_password() {
        for text in [
            "postgres://me:secret@db/x?sslmode=prefer",
            "postgres://me:secret@db/x?colour=red",
            "postgres://me:secret@db:99999/x",
        ] {
            let error = Address::parse(text, SECOND).unwrap_err();
            let told = crate::error::chain(&error);
            assert!(!told.contains("secret"), "{told}");
        }
    }
}
