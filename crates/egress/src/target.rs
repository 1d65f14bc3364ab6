//! The pure half of the guard: a URL's text to a [`Target`], a target and its addresses to those
//! that may be dialled. No look-up and no socket here, so every rule can be tested as a table.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use url::{Host, Url};

use crate::error::Refusal;
use crate::policy::{Policy, Schemes, Standing};

/// Top-level names that mean "near me" to some resolver, by RFC 6761, 6762, 8375, ICANN's
/// reservation of `internal`, or plain habit.
const LOCAL_SUFFIXES: &[&str] = &[
    "localhost",
    "localdomain",
    "local",
    "internal",
    "home.arpa",
    "intranet",
    "private",
    "corp",
    "home",
    "lan",
];

/// A URL that passed every rule that can be judged without its addresses.
#[derive(Clone, PartialEq, Eq)]
pub struct Target {
    url: Url,
    host: String,
    port: u16,
    /// What to refuse it for if its addresses turn out to be merely public: a local name, an odd
    /// port or plain http are only fine towards networks that the operator opened.
    unless_inside: Option<Refusal>,
}

impl Target {
    /// The URL as the standard spells it. It may hold a signature: do not log it.
    #[must_use]
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// The host as a URL spells it, IPv6 in brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port, the scheme's own when none is written.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Whether the URL asks for TLS.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.url.scheme() == "https"
    }

    /// The address, when the host is one.
    #[must_use]
    pub fn literal(&self) -> Option<IpAddr> {
        match self.url.host()? {
            Host::Domain(_) => None,
            Host::Ipv4(v4) => Some(v4.into()),
            Host::Ipv6(v6) => Some(v6.into()),
        }
    }

    /// Scheme, host, port and path: fit for a log. Queries hold signatures and are left out.
    #[must_use]
    pub fn shown(&self) -> String {
        let mut shown = self.url.clone();
        shown.set_query(None);
        shown.set_fragment(None);
        shown.into()
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Target").field(&self.shown()).finish()
    }
}

/// An address that passed [`Policy::admit`]. There is no other way to make one, and nothing in this
/// crate dials anything else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Admitted(SocketAddr);

impl Admitted {
    /// Where it leads.
    #[must_use]
    pub fn addr(self) -> SocketAddr {
        self.0
    }
}

impl Policy {
    /// Judges the text of a URL, without any look-up. An address written in the URL is judged here
    /// too; a name's addresses are judged by [`Policy::admit`].
    ///
    /// # Errors
    /// The [`Refusal`] for the first rule that is broken.
    pub fn check(&self, text: &str) -> Result<Target, Refusal> {
        self.check_characters(text)?;
        let url = Url::parse(text).map_err(|_| Refusal::Malformed)?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(Refusal::Scheme);
        }
        // The standard reads `http:host` and `http:////host` as `http://host`, others do not.
        let (_, rest) = text.split_once("://").ok_or(Refusal::Malformed)?;
        if rest.starts_with('/') {
            return Err(Refusal::Malformed);
        }
        // `http://@host/` has an empty user name, which the parsed URL no longer shows.
        if rest
            .split(['/', '?', '#'])
            .next()
            .is_some_and(|authority| authority.contains('@'))
        {
            return Err(Refusal::Userinfo);
        }
        self.check_url(url)
    }

    /// Judges where a redirect from `from` leads.
    ///
    /// # Errors
    /// The [`Refusal`] for the first rule that is broken.
    pub fn check_redirect(&self, from: &Target, location: &str) -> Result<Target, Refusal> {
        self.check_characters(location)?;
        let url = from.url.join(location).map_err(|_| Refusal::Malformed)?;
        if from.is_https() && url.scheme() == "http" {
            return Err(Refusal::Downgrade);
        }
        self.check_url(url)
    }

    fn check_characters(&self, text: &str) -> Result<(), Refusal> {
        if text.len() > self.url_bytes {
            return Err(Refusal::TooLong {
                length: text.len(),
                limit: self.url_bytes,
            });
        }
        // The standard drops tabs and newlines and turns a backslash into a slash; other parsers see
        // another host then. Nobody needs them unescaped.
        if text.contains(|c: char| c.is_control() || c == '\\') {
            return Err(Refusal::Character);
        }
        Ok(())
    }

    fn check_url(&self, mut url: Url) -> Result<Target, Refusal> {
        url.set_fragment(None);
        let is_https = match url.scheme() {
            "https" => true,
            "http" => false,
            _ => return Err(Refusal::Scheme),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Refusal::Userinfo);
        }
        let port = url.port_or_known_default().ok_or(Refusal::Malformed)?;
        let host = url.host_str().ok_or(Refusal::Malformed)?.to_owned();
        let is_local = match url.host() {
            Some(Host::Domain(name)) => is_local_name(name)?,
            Some(Host::Ipv4(_) | Host::Ipv6(_)) => false,
            None => return Err(Refusal::Malformed),
        };
        if self.deny_hosts.iter().any(|pattern| pattern.matches(&host)) {
            return Err(Refusal::HostDenied);
        }
        if !self.allow_hosts.is_empty() && !self.allow_hosts.iter().any(|pattern| pattern.matches(&host)) {
            return Err(Refusal::HostNotListed);
        }

        let unless_inside = if is_local {
            Some(Refusal::LocalName)
        } else if !is_https && self.schemes == Schemes::HttpsOnly {
            Some(Refusal::Scheme)
        } else if !self.ports.contains(&port) {
            Some(Refusal::Port { port })
        } else {
            None
        };
        // Port 0 is no port anywhere.
        if port == 0 {
            return Err(Refusal::Port { port });
        }
        let target = Target {
            url,
            host,
            port,
            unless_inside,
        };
        match (target.literal(), &target.unless_inside) {
            (Some(address), _) => drop(self.admit(&target, &[address])?),
            // No network is open, so no look-up can make this good.
            (None, Some(why)) if !self.has_inside() => return Err(why.clone()),
            (None, _) => {}
        }
        Ok(target)
    }

    /// Judges all addresses of a target. One bad address refuses them all: an honest name has none,
    /// and which of a mixed answer gets dialled would be the attacker's choice.
    ///
    /// # Errors
    /// The [`Refusal`] for the first address that is refused.
    pub fn admit(&self, target: &Target, addresses: &[IpAddr]) -> Result<Vec<Admitted>, Refusal> {
        let mut admitted = Vec::new();
        let mut any_public = false;
        for &address in addresses {
            any_public |= self.check_address(address)? == Standing::Public;
            let candidate = Admitted(SocketAddr::new(address, target.port));
            if !admitted.contains(&candidate) && admitted.len() < self.dial_addresses.max(1) {
                admitted.push(candidate);
            }
        }
        if let Some(why) = target.unless_inside.as_ref().filter(|_| any_public) {
            return Err(why.clone());
        }
        Ok(admitted)
    }
}

/// Whether a name means something near; an error when it is no name to look up at all. `name` comes
/// from the parsed URL: lower case, punycode.
fn is_local_name(name: &str) -> Result<bool, Refusal> {
    if name.ends_with('.') {
        return Err(Refusal::TrailingDot);
    }
    let letter = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_');
    let good = |label: &str| (1..=63).contains(&label.len()) && label.bytes().all(letter);
    if name.len() > 253 || !name.split('.').all(good) {
        return Err(Refusal::BadName);
    }
    let ends = |suffix: &&str| {
        name.strip_suffix(*suffix)
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    Ok(!name.contains('.') || LOCAL_SUFFIXES.iter().any(ends))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::{Block, block_of};
    use crate::policy::{HostPattern, Networks};
    use proptest::prelude::*;

    fn refusal(policy: &Policy, url: &str) -> Refusal {
        policy.check(url).expect_err(url)
    }

    #[test]
    fn a_local_name_may_only_lead_inside() {
        let closed = Policy::default();
        assert_eq!(refusal(&closed, "http://minio/x"), Refusal::LocalName);
        let open = Policy::allow_private();
        let target = open.check("http://minio:9000/x").unwrap();
        assert_eq!(
            open.admit(&target, &["172.18.0.2".parse().unwrap()])
                .unwrap()
                .len(),
            1
        );
        assert_eq!(
            open.admit(&target, &["93.184.215.14".parse().unwrap()]),
            Err(Refusal::LocalName)
        );
    }

    #[test]
    fn odd_ports_and_plain_http_stay_inside() {
        let open = Policy {
            schemes: Schemes::HttpsOnly,
            ..Policy::allow_private()
        };
        assert!(open.check("http://127.0.0.1:8080/hook").is_ok());
        assert_eq!(refusal(&open, "http://93.184.215.14/"), Refusal::Scheme);
        let target = open.check("https://example.com:8443/").unwrap();
        assert_eq!(
            open.admit(&target, &["93.184.215.14".parse().unwrap()]),
            Err(Refusal::Port { port: 8443 })
        );
        assert_eq!(
            refusal(&Policy::default(), "https://example.com:8443/"),
            Refusal::Port { port: 8443 }
        );
        assert_eq!(refusal(&open, "http://127.0.0.1:0/"), Refusal::Port { port: 0 });
    }

    #[test]
    fn host_lists() {
        let policy = Policy {
            allow_hosts: vec![
                HostPattern::new("*.example.com"),
                HostPattern::new("[2606:4700::1]"),
            ],
            deny_hosts: vec![HostPattern::new("bad.example.com")],
            ..Policy::default()
        };
        assert!(policy.check("https://cdn.example.com/").is_ok());
        assert!(policy.check("https://CDN.example.COM/").is_ok());
        assert!(policy.check("https://[2606:4700:0::1]/").is_ok());
        assert_eq!(refusal(&policy, "https://bad.example.com/"), Refusal::HostDenied);
        assert_eq!(refusal(&policy, "https://example.org/"), Refusal::HostNotListed);
    }

    #[test]
    fn queries_are_not_shown() {
        let target = Policy::default()
            .check("https://example.com/a/b.png?X-Signature=secret#frag")
            .unwrap();
        assert_eq!(target.shown(), "https://example.com/a/b.png");
        assert!(!format!("{target:?}").contains("secret"));
        assert_eq!(target.url().query(), Some("X-Signature=secret"));
    }

    #[test]
    fn a_downgrade_is_refused() {
        let policy = Policy::default();
        let from = policy.check("https://example.com/a").unwrap();
        assert_eq!(
            policy.check_redirect(&from, "http://example.com/a"),
            Err(Refusal::Downgrade)
        );
        let next = policy.check_redirect(&from, "../b?c").unwrap();
        assert_eq!(next.url().as_str(), "https://example.com/b?c");
    }

    /// Addresses from everywhere, half of them from ranges that matter.
    fn any_address() -> impl Strategy<Value = IpAddr> {
        let v4 = any::<u32>().prop_map(|bits| IpAddr::V4(bits.into()));
        let v6 = any::<u128>().prop_map(|bits| IpAddr::V6(bits.into()));
        let near = (
            prop::sample::select(vec![
                "0.0.0.0",
                "10.0.0.0",
                "127.0.0.0",
                "169.254.0.0",
                "192.168.0.0",
                "224.0.0.0",
                "::",
                "::ffff:0:0",
                "64:ff9b::",
                "2002::",
                "2001::",
                "fc00::",
                "fe80::",
                "2001:db8::",
            ]),
            any::<u16>(),
        )
            .prop_map(|(net, low)| match net.parse().unwrap() {
                IpAddr::V4(v4) => IpAddr::V4((v4.to_bits() | u32::from(low)).into()),
                IpAddr::V6(v6) => IpAddr::V6((v6.to_bits() | u128::from(low)).into()),
            });
        prop_oneof![v4, v6, near]
    }

    proptest! {
        /// The law of the house: what may be dialled is public, and one bad apple spoils the lot.
        #[test]
        fn no_blocked_address_is_ever_admitted(addresses in prop::collection::vec(any_address(), 0..6)) {
            let policy = Policy::default();
            let target = policy.check("https://example.com/").unwrap();
            let bad = addresses.iter().any(|&address| block_of(address).is_some());
            match policy.admit(&target, &addresses) {
                Ok(admitted) => {
                    prop_assert!(!bad);
                    prop_assert!(admitted.iter().all(|a| block_of(a.addr().ip()).is_none()));
                    prop_assert!(admitted.iter().all(|a| addresses.contains(&a.addr().ip())));
                }
                Err(_) => prop_assert!(bad),
            }
        }

        /// Even with private networks open, the never-open ones are not admitted.
        #[test]
        fn opening_private_networks_opens_nothing_else(address in any_address()) {
            let policy = Policy { networks: Networks::AllowPrivate, ..Policy::default() };
            let target = policy.check("https://example.com/").unwrap();
            let fine = match block_of(address) {
                None => true,
                Some(Block::Loopback | Block::Private | Block::SharedNat | Block::UniqueLocal) => true,
                Some(_) => false,
            };
            prop_assert_eq!(policy.admit(&target, &[address]).is_ok(), fine);
        }

        /// An address in a URL is judged as the same address from a resolver would be.
        #[test]
        fn literals_get_no_discount(address in any_address()) {
            let policy = Policy::default();
            let url = match address {
                IpAddr::V4(v4) => format!("http://{v4}/"),
                IpAddr::V6(v6) => format!("http://[{v6}]/"),
            };
            prop_assert_eq!(policy.check(&url).is_ok(), block_of(address).is_none());
        }

        /// No text makes the guard panic, and what it lets through has a clean shape.
        #[test]
        fn any_text_is_judged(text in "(https?:/{0,3})?[a-z0-9.@:%#?/\\[\\]\\\\ \t\u{3002}\u{ff11}-]{0,40}") {
            if let Ok(target) = Policy::default().check(&text) {
                prop_assert!(target.url().username().is_empty());
                prop_assert!(matches!(target.port(), 80 | 443));
                prop_assert!(target.literal().is_none_or(|ip| block_of(ip).is_none()));
            }
        }
    }
}
