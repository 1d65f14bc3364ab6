//! Where the door may lead: schemes, ports, hosts, networks. Plain settings with finite defaults.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use ipnet::IpNet;

use crate::address::{block_of, embedded_v4};
use crate::error::Refusal;
use crate::kept::Keep;
use crate::proxy::Proxy;

/// Where requests may go. Every field has a documented default that suits URLs from strangers;
/// change what you must with struct update syntax.
///
/// ```
/// use marquetry_egress::{HostPattern, Policy};
///
/// let policy = Policy { deny_hosts: vec![HostPattern::new("*.example.net")], ..Policy::default() };
/// assert!(policy.check("https://cdn.example.net/a.png").is_err());
/// assert!(policy.check("https://cdn.example.org/a.png").is_ok());
/// assert!(policy.check("http://2130706433/").is_err(), "that is 127.0.0.1");
/// ```
#[derive(Clone, Debug)]
pub struct Policy {
    /// Which networks may be reached. Default: [`Networks::PublicOnly`].
    pub networks: Networks,
    /// Networks that count as private-but-allowed on top of `networks`: any port and plain http.
    /// For the one storage server that lives inside. Default: none.
    pub also_allow: Vec<IpNet>,
    /// Networks that are refused whatever the rest says, the site's own public range for one, or
    /// its NAT64 prefix if that is not the well-known one. Default: none.
    pub deny_addresses: Vec<IpNet>,
    /// Which schemes may be used. Default: http and https.
    pub schemes: Schemes,
    /// Which ports of public addresses may be used. Default: 80 and 443.
    pub ports: Vec<u16>,
    /// When not empty, only these hosts may be reached; their addresses are checked all the same.
    /// Default: empty.
    pub allow_hosts: Vec<HostPattern>,
    /// Hosts that are never reached; stronger than `allow_hosts`. Default: empty.
    pub deny_hosts: Vec<HostPattern>,
    /// How many redirects a fetch may follow. Default: 3. A send follows none.
    pub redirects: u8,
    /// Longest URL, in bytes. Default: 8192.
    pub url_bytes: usize,
    /// Longest wait for a name's addresses. Default: 5 s.
    pub resolve_timeout: Duration,
    /// How many of a name's addresses are tried, once all of them are checked. Default: 4.
    pub dial_addresses: usize,
    /// How many connections may be open at a time. Default: 256.
    pub connections: usize,
    /// How connections are kept open between the sends of a party. Default: [`Keep::default`].
    pub keep: Keep,
    /// Most bytes of answer headers, status line included; at least 8192. Default: 32 KiB.
    pub header_bytes: usize,
    /// Most answer headers. Default: 100.
    pub header_count: usize,
    /// The proxy that all connections go through, each a tunnel to an address that was checked here. Default: none,
    /// whatever the environment says.
    pub proxy: Option<Proxy>,
    /// What we call ourselves. Default: `marquetry/<version>`.
    pub user_agent: http::HeaderValue,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            networks: Networks::PublicOnly,
            also_allow: Vec::new(),
            deny_addresses: Vec::new(),
            schemes: Schemes::HttpAndHttps,
            ports: vec![80, 443],
            allow_hosts: Vec::new(),
            deny_hosts: Vec::new(),
            redirects: 3,
            url_bytes: 8192,
            resolve_timeout: Duration::from_secs(5),
            dial_addresses: 4,
            connections: 256,
            keep: Keep::default(),
            header_bytes: 32 * 1024,
            header_count: 100,
            proxy: None,
            user_agent: http::HeaderValue::from_static(concat!("marquetry/", env!("CARGO_PKG_VERSION"))),
        }
    }
}

impl Policy {
    /// The default policy, but loopback and private networks may be reached too, over any port and
    /// plain http. For development and closed sites.
    #[must_use]
    pub fn allow_private() -> Self {
        Self {
            networks: Networks::AllowPrivate,
            ..Self::default()
        }
    }

    /// Whether `address` may be dialled, and if so as what.
    ///
    /// # Errors
    /// [`Refusal::AddressDenied`], [`Refusal::AddressNotListed`] or [`Refusal::Address`].
    pub fn check_address(&self, address: IpAddr) -> Result<Standing, Refusal> {
        let embedded = embedded_v4(address).map(|(_, v4)| IpAddr::V4(v4));
        // A denied IPv4 network stays denied when an IPv6 address smuggles it in.
        let denied = |ip: IpAddr| self.deny_addresses.iter().any(|net| net.contains(&ip));
        if denied(address) || embedded.is_some_and(denied) {
            return Err(Refusal::AddressDenied { address });
        }
        if self.also_allow.iter().any(|net| net.contains(&address)) {
            return Ok(Standing::Inside);
        }
        if let Networks::Only(nets) = &self.networks {
            let listed = |ip: IpAddr| nets.iter().any(|net| net.contains(&ip));
            // Whoever lists a NAT64 prefix has not thereby listed 127.0.0.1 behind it.
            let carried = embedded.is_none_or(|v4| listed(v4) || block_of(v4).is_none());
            return if listed(address) && carried {
                Ok(Standing::Inside)
            } else {
                Err(Refusal::AddressNotListed { address })
            };
        }
        match block_of(address) {
            None => Ok(Standing::Public),
            Some(block) if self.networks == Networks::AllowPrivate && block.is_private_network() => {
                Ok(Standing::Inside)
            }
            Some(block) => Err(Refusal::Address { address, block }),
        }
    }

    /// Whether some address could have [`Standing::Inside`], so that names, ports and schemes can
    /// only be judged once the address is known.
    pub(crate) fn has_inside(&self) -> bool {
        self.networks != Networks::PublicOnly || !self.also_allow.is_empty()
    }
}

/// What an address that may be dialled is to us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The public internet: ports and schemes of the policy apply.
    Public,
    /// A network that the operator opened on purpose: any port, plain http too.
    Inside,
}

/// Which networks may be reached.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Networks {
    /// The public internet and nothing else.
    PublicOnly,
    /// The public internet, loopback and private networks. Metadata services, link-local,
    /// multicast, reserved and embedded addresses stay refused.
    AllowPrivate,
    /// These networks and nothing else, not even the public internet.
    Only(Vec<IpNet>),
}

/// Which schemes may be used towards public addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Schemes {
    /// Both.
    HttpAndHttps,
    /// https only.
    HttpsOnly,
}

/// A host by name (`files.example.com`), a name and all names under it (`*.example.com` matches
/// `a.b.example.com` and not `example.com`), or an address as a URL spells it (`[2001:db8::1]`).
#[derive(Clone, PartialEq, Eq)]
pub struct HostPattern {
    text: String,
}

impl HostPattern {
    /// Case does not matter; international names are written in punycode. Nothing can be wrong with a pattern but that it matches nothing.
    #[must_use]
    pub fn new(pattern: &str) -> Self {
        Self {
            text: pattern.trim().to_ascii_lowercase(),
        }
    }

    /// Whether `host`, in the form of [`url::Url::host_str`], is meant.
    #[must_use]
    pub fn matches(&self, host: &str) -> bool {
        match self.text.strip_prefix('*') {
            Some(suffix) if suffix.starts_with('.') => host.len() > suffix.len() && host.ends_with(suffix),
            _ => self.text == host,
        }
    }
}

impl fmt::Debug for HostPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Block;

    fn standing(policy: &Policy, address: &str) -> Result<Standing, Refusal> {
        policy.check_address(address.parse().unwrap())
    }

    #[test]
    fn allowing_private_networks_does_not_open_metadata_or_link_local() {
        let policy = Policy::allow_private();
        for inside in [
            "127.0.0.1",
            "10.0.0.1",
            "172.17.0.2",
            "192.168.1.1",
            "100.64.0.1",
            "::1",
            "fd12::1",
        ] {
            assert_eq!(standing(&policy, inside), Ok(Standing::Inside), "{inside}");
        }
        assert_eq!(standing(&policy, "93.184.215.14"), Ok(Standing::Public));
        for outside in [
            "169.254.169.254",
            "169.254.1.1",
            "100.100.100.200",
            "168.63.129.16",
            "fd00:ec2::254",
            "fe80::1",
            "0.0.0.0",
            "224.0.0.1",
            "240.0.0.1",
            "::ffff:127.0.0.1",
            "64:ff9b::a00:1",
            "192.0.2.1",
        ] {
            assert!(
                matches!(standing(&policy, outside), Err(Refusal::Address { .. })),
                "{outside}"
            );
        }
    }

    #[test]
    fn a_list_of_networks_turns_everything_else_off() {
        let nets = vec!["10.9.0.0/16".parse().unwrap(), "64:ff9b::/96".parse().unwrap()];
        let policy = Policy {
            networks: Networks::Only(nets),
            ..Policy::default()
        };
        assert_eq!(standing(&policy, "10.9.1.1"), Ok(Standing::Inside));
        assert!(standing(&policy, "93.184.215.14").is_err());
        assert_eq!(standing(&policy, "64:ff9b::5db8:d70e"), Ok(Standing::Inside));
        assert_eq!(standing(&policy, "64:ff9b::a09:101"), Ok(Standing::Inside));
        assert!(
            standing(&policy, "64:ff9b::7f00:1").is_err(),
            "loopback behind the translator"
        );
    }

    #[test]
    fn a_denied_network_is_denied_in_every_form() {
        let policy = Policy {
            deny_addresses: vec!["10.0.0.0/24".parse().unwrap()],
            ..Policy::allow_private()
        };
        assert!(matches!(
            standing(&policy, "10.0.0.7"),
            Err(Refusal::AddressDenied { .. })
        ));
        assert!(matches!(
            standing(&policy, "::ffff:10.0.0.7"),
            Err(Refusal::AddressDenied { .. })
        ));
        assert_eq!(standing(&policy, "10.0.1.7"), Ok(Standing::Inside));
    }

    #[test]
    fn also_allow_opens_one_network_only() {
        let policy = Policy {
            also_allow: vec!["10.0.0.5/32".parse().unwrap()],
            ..Policy::default()
        };
        assert_eq!(standing(&policy, "10.0.0.5"), Ok(Standing::Inside));
        assert!(matches!(
            standing(&policy, "10.0.0.6"),
            Err(Refusal::Address {
                block: Block::Private,
                ..
            })
        ));
    }

    #[test]
    fn host_patterns() {
        assert!(HostPattern::new("*.Example.com").matches("a.b.example.com"));
        assert!(!HostPattern::new("*.example.com").matches("example.com"));
        assert!(!HostPattern::new("*.example.com").matches("badexample.com"));
        assert!(HostPattern::new("example.com").matches("example.com"));
        assert!(!HostPattern::new("example.com").matches("a.example.com"));
        assert!(
            !HostPattern::new("*").matches("example.com"),
            "a bare star is no pattern"
        );
    }
}
