//! TLS at the receiver, and names for a thousand of its addresses.
//!
//! The certificates under `tls/` were made for this bench; the root's key was thrown away.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use async_trait::async_trait;
use marquetry_egress::{ResolveError, Resolver, Roots};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;

/// What the names of endpoints end in.
const DOMAIN: &str = ".endpoints.example.com";

/// The name of an endpoint.
pub(super) fn name(number: u16) -> String {
    format!("e{number}{DOMAIN}")
}

/// The address of an endpoint, which nobody else has.
pub(super) fn address(number: u16) -> Ipv4Addr {
    let [high, low] = number.to_be_bytes();
    Ipv4Addr::new(127, 1, high, low)
}

/// The receiver's half.
pub(super) fn acceptor() -> TlsAcceptor {
    let certificate = CertificateDer::from_pem_slice(include_bytes!("tls/server.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_slice(include_bytes!("tls/server.key")).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    Arc::new(config).into()
}

/// Whom a sender has to trust.
pub(super) fn roots() -> Roots {
    Roots::Pem(include_bytes!("tls/root.pem").to_vec())
}

/// Knows the endpoints by their names, at no cost.
#[derive(Debug)]
pub(super) struct Names;

#[async_trait]
impl Resolver for Names {
    async fn resolve(&self, name: &str) -> Result<Vec<IpAddr>, ResolveError> {
        let number = name.strip_prefix('e').and_then(|rest| rest.strip_suffix(DOMAIN));
        let number = number.and_then(|number| number.parse().ok());
        Ok(vec![address(number.ok_or(ResolveError::NoSuchName)?).into()])
    }
}
