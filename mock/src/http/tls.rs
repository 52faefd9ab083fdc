//! The TLS of a mock: its certificate, with or without HTTP/2.

use std::fmt;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::sign::SingleCertAndKey;
use sha2::{Digest as _, Sha256};
use tokio_rustls::TlsAcceptor;

use super::certificate::Certificate;
use crate::error::Error;

/// A certificate and the TLS configuration that serves it.
#[derive(Clone)]
pub(crate) struct Identity {
    pub(crate) pem: String,
    pub(crate) sha256: [u8; 32],
    config: Arc<ServerConfig>,
}

impl Identity {
    /// Creates the TLS configuration for a certificate. `http2` offers HTTP/2 by ALPN.
    pub(crate) fn new(certificate: &Certificate, http2: bool) -> Result<Self, Error> {
        let resolver = Arc::new(SingleCertAndKey::from(certificate.certified_key()));
        let mut config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map(|builder| builder.with_no_client_auth().with_cert_resolver(resolver))
            .map_err(|error| Error::because("TLS can't be set up", error))?;
        if http2 {
            config.alpn_protocols = ["h2", "http/1.1"].map(|name| name.as_bytes().to_vec()).to_vec();
        }
        let sha256 = Sha256::digest(certificate.der()).into();
        Ok(Self { pem: certificate.pem(), sha256, config: Arc::new(config) })
    }

    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(Arc::clone(&self.config))
    }

    /// Returns the certificate's SHA-256 in lower-case hexadecimal digits.
    pub(crate) fn fingerprint(&self) -> String {
        self.sha256.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity").field("sha256", &self.fingerprint()).finish_non_exhaustive()
    }
}
