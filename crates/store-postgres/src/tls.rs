//! TLS by rustls with ring: whose signature makes a database's certificate good.

use std::sync::Arc;

use marquetry_store::StoreError;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::address::Encryption;
use crate::error::Work;

/// What turns a socket into an encrypted one. The driver uses it only where the address asks for it.
pub(crate) fn connector(encryption: &Encryption) -> Work<MakeRustlsConnect> {
    let roots = match encryption {
        Encryption::Off => RootCertStore::empty(),
        Encryption::Checked { roots: None } => platform(),
        Encryption::Checked { roots: Some(file) } => {
            let mut roots = RootCertStore::empty();
            for certificate in CertificateDer::pem_file_iter(file).map_err(broken)? {
                roots.add(certificate.map_err(broken)?).map_err(broken)?;
            }
            if roots.is_empty() {
                return Err(broken(format!("{} holds no certificate", file.display())));
            }
            roots
        }
    };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(broken)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

/// The platform's roots; Mozilla's, as built in, where the platform has none.
fn platform() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    let (taken, _) = roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if taken == 0 {
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    roots
}

fn broken(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> StoreError {
    StoreError::Broken {
        doing: "setting up TLS to the database",
        source: source.into(),
    }
}
