//! TLS by rustls with ring, and whose signature makes a certificate good.

use std::sync::Arc;

use rustls::client::Resumption;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

use crate::error::EgressError;

/// Whose signature makes a certificate good.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub enum Roots {
    /// The platform's store; Mozilla's list, as built in, where the platform has none.
    #[default]
    Platform,
    /// Mozilla's list, as built in.
    BuiltIn,
    /// The certificates of this PEM text and no others.
    Pem(Vec<u8>),
}

/// Makes rustls with ring the TLS of clients in this process that are not ours and ask for none in particular, such as
/// that of S3. The first one who chooses wins; all here choose the same.
pub fn choose_tls() {
    // An error says that somebody has chosen before.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

fn config_error(what: impl ToString) -> EgressError {
    EgressError::Config {
        what: what.to_string(),
    }
}

fn store(roots: Roots) -> Result<RootCertStore, EgressError> {
    let mut store = RootCertStore::empty();
    match roots {
        Roots::Platform => {
            let found = rustls_native_certs::load_native_certs();
            let (taken, ignored) = store.add_parsable_certificates(found.certs);
            tracing::debug!(taken, ignored, "platform certificate roots");
            if taken == 0 {
                store.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
            }
        }
        Roots::BuiltIn => store.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
        Roots::Pem(text) => {
            for certificate in CertificateDer::pem_slice_iter(&text) {
                store
                    .add(certificate.map_err(config_error)?)
                    .map_err(config_error)?;
            }
            if store.is_empty() {
                return Err(config_error("no certificate in the PEM text"));
            }
        }
    }
    Ok(store)
}

pub(crate) fn config(roots: Roots) -> Result<Arc<ClientConfig>, EgressError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(config_error)?
        .with_root_certificates(store(roots)?)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    // A resumed session would tie two tenants' requests together, and tell the far end so.
    config.resumption = Resumption::disabled();
    Ok(Arc::new(config))
}
