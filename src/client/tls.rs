//! TLS: verified against the system's roots or a PEM file, by a pinned fingerprint, or, by name, not at all.

use std::fmt;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::version::{TLS12, TLS13};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use sha2::{Digest, Sha256};

use crate::error::{Error, ErrorKind};

/// A version of TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[non_exhaustive]
pub enum TlsVersion {
    /// TLS 1.2 (RFC 5246), the oldest that this library speaks.
    #[default]
    V1_2,
    /// TLS 1.3 (RFC 8446).
    V1_3,
}

/// Which versions of HTTP are offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum HttpVersion {
    /// HTTP/2 where the service agrees to it over TLS, else HTTP/1.1.
    #[default]
    Any,
    Http1,
    Http2,
}

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

    pub(crate) fn config(
        &self,
        certificate: Option<&ClientCertificate>,
        oldest: TlsVersion,
        http: HttpVersion,
    ) -> Result<ClientConfig, Error> {
        let provider = Arc::new(ring::default_provider());
        let fault =
            |error: rustls::Error| Error::new(ErrorKind::Configuration, "TLS could not be set up").with_source(error);
        let versions: &[_] = match oldest {
            TlsVersion::V1_2 => &[&TLS13, &TLS12],
            TlsVersion::V1_3 => &[&TLS13],
        };
        let builder =
            ClientConfig::builder_with_provider(provider.clone()).with_protocol_versions(versions).map_err(fault)?;
        let builder = match self {
            Self::System => builder.with_root_certificates(system_roots()?),
            Self::Pem(pem) => {
                let verifier = Listed::new(pem, provider)?;
                builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier))
            }
            Self::Pinned(_) | Self::Anything => {
                let verifier = ByTrust { trust: self.clone(), provider };
                builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier))
            }
        };
        let mut config = match certificate {
            Some(ClientCertificate { chain, key }) => {
                builder.with_client_auth_cert(chain.clone(), key.clone_key()).map_err(fault)?
            }
            None => builder.with_no_client_auth(),
        };
        config.alpn_protocols = match http {
            HttpVersion::Any => vec![b"h2".to_vec(), b"http/1.1".to_vec()],
            HttpVersion::Http1 => vec![b"http/1.1".to_vec()],
            HttpVersion::Http2 => vec![b"h2".to_vec()],
        };
        Ok(config)
    }
}

/// A certificate that the client shows, with those that vouch for it, and its key.
pub(crate) struct ClientCertificate {
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
}

impl ClientCertificate {
    /// Reads both from PEM.
    pub(crate) fn from_pem(certificates: &[u8], key: &[u8]) -> Result<Self, Error> {
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(certificates).collect();
        let chain = chain.map_err(|error| {
            Error::new(ErrorKind::Configuration, "the PEM text of the client's certificate").with_source(error)
        })?;
        if chain.is_empty() {
            return Err(Error::new(ErrorKind::Configuration, "the PEM text has no client certificate in it"));
        }
        // The cause is not told: it might repeat some of the key.
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| {
            Error::new(ErrorKind::Configuration, "there is no private key in the PEM text that should have it")
        })?;
        Ok(Self { chain, key })
    }
}

impl Clone for ClientCertificate {
    fn clone(&self) -> Self {
        Self { chain: self.chain.clone(), key: self.key.clone_key() }
    }
}

impl fmt::Debug for ClientCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientCertificate").field("certificates", &self.chain.len()).finish_non_exhaustive()
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

/// Judges by the certificates of a PEM text: as roots, or as the very certificate that the service shows. BMCs make
/// themselves certificates that are marked as those of an authority, which can't be a service's by the rules of chains.
#[derive(Debug)]
struct Listed {
    certificates: Vec<CertificateDer<'static>>,
    chains: Arc<WebPkiServerVerifier>,
}

impl Listed {
    fn new(pem: &[u8], provider: Arc<CryptoProvider>) -> Result<Self, Error> {
        let odd = |text: &str| Error::new(ErrorKind::Configuration, text.to_owned());
        let mut roots = RootCertStore::empty();
        let mut certificates = Vec::new();
        for certificate in CertificateDer::pem_slice_iter(pem) {
            let certificate = certificate.map_err(|error| odd("the PEM text").with_source(error))?;
            roots.add(certificate.clone()).map_err(|error| odd("a certificate of the PEM text").with_source(error))?;
            certificates.push(certificate);
        }
        if roots.is_empty() {
            return Err(odd("the PEM text has no certificate in it"));
        }
        let chains = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider)
            .build()
            .map_err(|error| odd("the PEM text").with_source(error))?;
        Ok(Self { certificates, chains })
    }
}

impl ServerCertVerifier for Listed {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        use CertificateError as C;
        let judged = self.chains.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        match judged {
            // Not by its name or its time: by its place in a chain that it does not need.
            Err(rustls::Error::InvalidCertificate(C::Other(_) | C::UnknownIssuer))
                if self.certificates.iter().any(|listed| listed == end_entity) =>
            {
                verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name)?;
                Ok(ServerCertVerified::assertion())
            }
            judged => judged,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.chains.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.chains.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.chains.supported_verify_schemes()
    }
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
