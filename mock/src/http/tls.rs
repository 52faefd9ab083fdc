//! The certificate that a mock shows: made anew for each, for `localhost` and the loopback
//! addresses.

use std::fmt;
use std::sync::Arc;

use rcgen::{CertificateParams, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use sha2::{Digest as _, Sha256};
use tokio_rustls::TlsAcceptor;

use crate::error::Error;

/// A self-signed certificate and what is needed to serve with it.
#[derive(Clone)]
pub(crate) struct Identity {
    pub(crate) pem: String,
    pub(crate) sha256: [u8; 32],
    config: Arc<ServerConfig>,
}

impl Identity {
    /// A new one; with HTTP/2 on offer by ALPN or without.
    pub(crate) fn new(http2: bool) -> Result<Self, Error> {
        let unmade = |error| Error::because("a certificate for localhost can't be made", error);
        let names = ["localhost", "127.0.0.1", "::1"].map(str::to_owned);
        let mut params = CertificateParams::new(names).map_err(unmade)?;
        params.distinguished_name.push(rcgen::DnType::CommonName, "rosefish-mock");
        params.extended_key_usages.push(rcgen::ExtendedKeyUsagePurpose::ServerAuth);
        let key = KeyPair::generate().map_err(unmade)?;
        let certificate = params.self_signed(&key).map_err(unmade)?;

        let private = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let mut config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map(|builder| builder.with_no_client_auth())
            .and_then(|builder| builder.with_single_cert(vec![certificate.der().clone()], private))
            .map_err(|error| Error::because("TLS can't be set up", error))?;
        if http2 {
            config.alpn_protocols = ["h2", "http/1.1"].map(|name| name.as_bytes().to_vec()).to_vec();
        }
        Ok(Self { pem: certificate.pem(), sha256: Sha256::digest(certificate.der()).into(), config: Arc::new(config) })
    }

    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(Arc::clone(&self.config))
    }

    /// The certificate's SHA-256 in lower-case hexadecimal digits.
    pub(crate) fn fingerprint(&self) -> String {
        self.sha256.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity").field("sha256", &self.fingerprint()).finish_non_exhaustive()
    }
}
