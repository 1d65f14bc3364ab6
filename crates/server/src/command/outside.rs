//! The flags that say where fetches and webhooks may go, and the doors that they make.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use marquetry_egress::{Egress, HostPattern, IpNet, Policy, Proxy, Roots, Schemes};

use super::Failure;

/// Where fetches and webhooks may go.
#[derive(Args, Clone, Debug, Default)]
pub(super) struct Outside {
    /// Fetch assets from, and send webhooks to, loopback and private addresses over plain http.
    #[arg(long, env = "MARQUETRY_ALLOW_PRIVATE_NETWORKS")]
    pub(super) allow_private_networks: bool,
    /// A network that may be reached besides the public internet, on any port and over plain http: `10.1.2.0/24`. May
    /// be given more than once.
    #[arg(
        long,
        env = "MARQUETRY_EGRESS_ALLOW_NETWORK",
        value_name = "CIDR",
        value_delimiter = ','
    )]
    egress_allow_network: Vec<IpNet>,
    /// A network that is never reached, whatever else is allowed. May be given more than once.
    #[arg(
        long,
        env = "MARQUETRY_EGRESS_DENY_NETWORK",
        value_name = "CIDR",
        value_delimiter = ','
    )]
    egress_deny_network: Vec<IpNet>,
    /// Reach this host (`cdn.example.com`, `*.example.com`) and no others but those named likewise.
    #[arg(
        long,
        env = "MARQUETRY_EGRESS_ALLOW_HOST",
        value_name = "HOST",
        value_delimiter = ','
    )]
    egress_allow_host: Vec<String>,
    /// A host that is never reached. May be given more than once.
    #[arg(
        long,
        env = "MARQUETRY_EGRESS_DENY_HOST",
        value_name = "HOST",
        value_delimiter = ','
    )]
    egress_deny_host: Vec<String>,
    /// A port of public addresses that may be used besides 80 and 443. May be given more than once.
    #[arg(long, env = "MARQUETRY_EGRESS_PORT", value_name = "PORT", value_delimiter = ',',
        value_parser = clap::value_parser!(u16).range(1..))]
    egress_port: Vec<u16>,
    /// Trust the certificates that this PEM file vouches for, and no others. [default: the roots of the system]
    #[arg(long, env = "MARQUETRY_EGRESS_CA_FILE", value_name = "FILE")]
    egress_ca_file: Option<PathBuf>,
    /// Go through this proxy: `http://HOST:PORT`. It is told addresses that were checked here, never names.
    #[arg(
        long,
        env = "MARQUETRY_EGRESS_PROXY",
        hide_env_values = true,
        value_name = "URL"
    )]
    egress_proxy: Option<String>,
    /// How many seconds a connection to a receiver of webhooks stays open for its tenant's next message; 0 closes each
    /// after one. [default: 4]
    #[arg(long, env = "MARQUETRY_WEBHOOK_KEEP_ALIVE", value_name = "SECONDS",
        value_parser = clap::value_parser!(u64).range(..=600))]
    webhook_keep_alive: Option<u64>,
}

impl Outside {
    /// Loopback and private addresses too, and nothing else set.
    pub(super) fn private() -> Self {
        Self {
            allow_private_networks: true,
            ..Self::default()
        }
    }

    /// The door of fetches: public addresses over https, and http where a caller asks for it.
    pub(super) fn fetches(&self) -> Result<Egress, Failure> {
        self.door(self.policy()?)
    }

    /// The door of webhooks.
    pub(super) fn webhooks(&self) -> Result<Egress, Failure> {
        self.door(self.webhook_policy()?)
    }

    /// Events are told over https alone, unless they stay in the house.
    pub(super) fn webhook_policy(&self) -> Result<Policy, Failure> {
        let mut policy = self.policy()?;
        if let Some(seconds) = self.webhook_keep_alive {
            policy.keep.idle_for = Duration::from_secs(seconds);
        }
        Ok(match self.allow_private_networks {
            true => policy,
            false => Policy {
                schemes: Schemes::HttpsOnly,
                ..policy
            },
        })
    }

    /// Pictures of templates come over https alone, unless they come from the house.
    pub(super) fn layout_limits(&self) -> marquetry_template::Limits {
        marquetry_template::Limits {
            addresses: match self.allow_private_networks {
                true => marquetry_template::Addresses::HttpToo,
                false => marquetry_template::Addresses::Https,
            },
            ..marquetry_template::Limits::default()
        }
    }

    fn policy(&self) -> Result<Policy, Failure> {
        let hosts = |hosts: &[String]| hosts.iter().map(|host| HostPattern::new(host)).collect();
        let mut policy = match self.allow_private_networks {
            true => Policy::allow_private(),
            false => Policy::default(),
        };
        policy.also_allow.extend(&self.egress_allow_network);
        policy.deny_addresses.extend(&self.egress_deny_network);
        policy.allow_hosts = hosts(&self.egress_allow_host);
        policy.deny_hosts = hosts(&self.egress_deny_host);
        policy.ports.extend(&self.egress_port);
        policy.proxy = self.egress_proxy.as_deref().map(Proxy::new).transpose()?;
        Ok(policy)
    }

    fn door(&self, policy: Policy) -> Result<Egress, Failure> {
        let roots = match &self.egress_ca_file {
            None => Roots::Platform,
            Some(file) => Roots::Pem(fs::read(file).map_err(|error| {
                Failure::new(format!(
                    "--egress-ca-file {} cannot be read: {error}",
                    file.display()
                ))
            })?),
        };
        Ok(Egress::builder(policy).roots(roots).build()?)
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    #[derive(Debug, clap::Parser)]
    struct Line {
        #[command(flatten)]
        outside: Outside,
    }

    fn told(flags: &[&str]) -> Outside {
        Line::try_parse_from([&["marquetry"], flags].concat())
            .unwrap()
            .outside
    }

    #[test]
    fn nothing_is_open_that_nobody_opened() {
        let closed = told(&[]).webhook_policy().unwrap();
        assert!(closed.check("https://example.com/hook").is_ok());
        for url in [
            "http://example.com/hook",
            "https://10.1.2.3/hook",
            "https://127.0.0.1/hook",
            "https://example.com:8443/hook",
        ] {
            assert!(closed.check(url).is_err(), "{url}");
        }
        assert!(
            Outside::private()
                .webhook_policy()
                .unwrap()
                .check("http://127.0.0.1:9/x")
                .is_ok()
        );
    }

    #[test]
    fn each_flag_opens_or_shuts_what_it_names() {
        let told = told(&[
            "--egress-allow-network",
            "10.1.2.0/24,fd12::/16",
            "--egress-deny-network",
            "10.1.2.128/25",
            "--egress-deny-host",
            "*.bad.example",
            "--egress-deny-host",
            "worse.example",
            "--egress-port",
            "8443",
            "--egress-proxy",
            "http://user:secret@proxy.example:3128",
        ]);
        let policy = told.webhook_policy().unwrap();
        for url in [
            "http://10.1.2.3:8080/x",
            "https://example.com:8443/",
            "http://[fd12::1]:1/",
        ] {
            assert!(policy.check(url).is_ok(), "{url}");
        }
        for url in [
            "http://10.1.2.200/",
            "http://10.1.3.3/",
            "https://a.bad.example/",
            "https://worse.example/",
            "https://93.184.215.14:9443/",
        ] {
            assert!(policy.check(url).is_err(), "{url}");
        }
        assert!(policy.proxy.is_some() && !format!("{policy:?}").contains("secret"));
        assert_eq!(policy.keep.idle_for, Duration::from_secs(4));
        let kept = |seconds| {
            let told = self::told(&["--webhook-keep-alive", seconds]);
            told.webhook_policy().unwrap().keep.idle_for
        };
        assert_eq!([kept("0"), kept("30")].map(|kept| kept.as_secs()), [0, 30]);
        let listed = self::told(&["--egress-allow-host", "cdn.example.com"])
            .policy()
            .unwrap();
        assert!(listed.check("https://cdn.example.com/").is_ok());
        assert!(listed.check("https://example.com/").is_err());
    }

    #[test]
    fn what_cannot_be_is_said_before_anything_is_served() {
        for flags in [
            ["--egress-allow-network", "10.0.0.1/33"],
            ["--egress-port", "0"],
            ["--egress-deny-network", "everything"],
        ] {
            assert!(
                Line::try_parse_from([&["marquetry"], &flags[..]].concat()).is_err(),
                "{flags:?}"
            );
        }
        let proxy = told(&["--egress-proxy", "https://proxy.example"]).fetches();
        assert!(proxy.err().unwrap().0.contains("a proxy is http://HOST:PORT"));
        let roots = told(&["--egress-ca-file", "/no/such/file"]).fetches();
        assert!(roots.err().unwrap().0.contains("--egress-ca-file /no/such/file"));
    }
}
