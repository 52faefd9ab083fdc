//! TLS: verified against the system's roots or a PEM file, by a pinned fingerprint, or, by name, not at all.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use sha2::{Digest, Sha256};

use crate::error::{Error, ErrorKind};

/// How the service's certificate is judged.
#[derive(Debug, Clone, Default)]
pub(crate) enum Trust {
    /// By the roots that the operating system trusts.
    #[default]
    System,
    /// By these roots, in PEM, and no others.
    Pem(Vec<u8>),
    /// By its SHA-256 fingerprint alone.
    Pinned([u8; 32]),
    /// Not at all.
    Anything,
}

impl Trust {
    /// Reads a fingerprint, 64 hexadecimal digits with or without colons.
    pub(crate) fn pinned(fingerprint: &str) -> Result<Self, Error> {
        let digits: Vec<u8> = fingerprint.bytes().filter(|byte| !matches!(byte, b':' | b' ')).collect();
        let value = |digit: u8| char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok());
        let bytes: Option<Vec<u8>> = digits
            .chunks(2)
            .map(|pair| match pair {
                [high, low] => Some(value(*high)? << 4 | value(*low)?),
                _ => None,
            })
            .collect();
        bytes.and_then(|bytes| <[u8; 32]>::try_from(bytes).ok()).map(Self::Pinned).ok_or_else(|| {
            Error::new(
                ErrorKind::Configuration,
                format!("{fingerprint:?} is no SHA-256 fingerprint: 64 hexadecimal digits were expected"),
            )
        })
    }

    pub(crate) fn config(&self) -> Result<ClientConfig, Error> {
        let provider = Arc::new(ring::default_provider());
        let fault = |error: rustls::Error| Error::new(ErrorKind::Configuration, "TLS").with_source(error);
        let builder = ClientConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()
            .map_err(fault)?;
        let mut config = match self {
            Self::System => builder.with_root_certificates(system_roots()?).with_no_client_auth(),
            Self::Pem(pem) => builder.with_root_certificates(pem_roots(pem)?).with_no_client_auth(),
            Self::Pinned(_) | Self::Anything => builder
                .dangerous()
                .with_custom_certificate_verifier(Arc::new(ByTrust { trust: self.clone(), provider }))
                .with_no_client_auth(),
        };
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(config)
    }
}

fn system_roots() -> Result<RootCertStore, Error> {
    let mut roots = RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    roots.add_parsable_certificates(found.certs);
    if roots.is_empty() {
        let why = found.errors.first().map_or_else(String::new, |error| format!(": {error}"));
        return Err(Error::new(
            ErrorKind::Configuration,
            format!("the system has no root certificates{why}; name a PEM file or pin the certificate instead"),
        ));
    }
    Ok(roots)
}

fn pem_roots(pem: &[u8]) -> Result<RootCertStore, Error> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        let certificate =
            certificate.map_err(|error| Error::new(ErrorKind::Configuration, "the PEM text").with_source(error))?;
        roots.add(certificate).map_err(|error| {
            Error::new(ErrorKind::Configuration, "a certificate of the PEM text").with_source(error)
        })?;
    }
    if roots.is_empty() {
        return Err(Error::new(ErrorKind::Configuration, "the PEM text has no certificate in it"));
    }
    Ok(roots)
}

/// Judges by fingerprint, or lets anything pass. The signature of the handshake is verified either way.
#[derive(Debug)]
struct ByTrust {
    trust: Trust,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for ByTrust {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        match &self.trust {
            Trust::Pinned(pin) if Sha256::digest(end_entity.as_ref()).as_slice() != pin.as_slice() => {
                Err(rustls::Error::InvalidCertificate(CertificateError::ApplicationVerificationFailure))
            }
            _ => Ok(ServerCertVerified::assertion()),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
