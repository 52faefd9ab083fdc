//! TLS: certificates are verified against the system's roots or a PEM file, by a pinned fingerprint, or, if the caller
//! asks for it, not at all. `verify` checks certificates; `certificate` and `rsa` are for those that are only accepted
//! because the caller trusts them explicitly.

mod certificate;
mod rsa;
pub(crate) mod shared;
mod verify;

use std::fmt;
use std::net::Ipv6Addr;
use std::sync::Arc;

use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, IpAddr, PrivateKeyDer, ServerName};
use rustls::version::{TLS12, TLS13};
use rustls::{CipherSuite, ClientConfig};

use crate::error::{Error, ErrorKind};
use verify::Judge;
pub(crate) use verify::{Refusal, hexadecimal};

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

/// How the service's certificate is verified.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum Trust {
    /// By the roots that the operating system trusts.
    #[default]
    System,
    /// By these roots, in PEM, and no others.
    Pem(Vec<u8>),
    /// By its SHA-256 fingerprint alone, whatever else is in the certificate. The host must have its key.
    Pinned([u8; 32]),
    /// Not at all. Whether the host has the certificate's key is still verified if the key can be parsed.
    Anything,
}

/// The cipher suites, those with AES-128 and SHA-256 first: a BMC is a small computer, often of 32 bits, to which AES-256 and
/// SHA-384 are dear. A service that wants those chooses them.
fn provider() -> CryptoProvider {
    let mut provider = ring::default_provider();
    provider.cipher_suites.sort_by_key(|suite| {
        use CipherSuite as C;
        let is_light = matches!(
            suite.suite(),
            C::TLS13_AES_128_GCM_SHA256
                | C::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256
                | C::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256
        );
        !is_light
    });
    provider
}

impl Trust {
    /// Returns whether the caller names the certificates to trust.
    #[cfg(feature = "host")]
    pub(crate) fn names_certificate(&self) -> bool {
        matches!(self, Self::Pem(_) | Self::Pinned(_))
    }

    /// Parses a fingerprint: 64 hexadecimal digits with or without colons.
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
                format!("{fingerprint:?} is not a SHA-256 fingerprint: expected 64 hexadecimal digits"),
            )
        })
    }

    /// Returns the TLS configuration. For a host that is reached by another name, `address` is what its certificate
    /// must be valid for.
    pub(crate) fn config(
        &self,
        certificate: Option<&ClientCertificate>,
        oldest: TlsVersion,
        http: HttpVersion,
        address: Option<Ipv6Addr>,
    ) -> Result<ClientConfig, Error> {
        let provider = Arc::new(provider());
        let fault =
            |error: rustls::Error| Error::new(ErrorKind::Configuration, "TLS could not be set up").with_source(error);
        let versions: &[_] = match oldest {
            TlsVersion::V1_2 => &[&TLS13, &TLS12],
            TlsVersion::V1_3 => &[&TLS13],
        };
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(versions)
            .map_err(fault)?;
        let mut judge = match self {
            Self::System => Judge::system(provider)?,
            Self::Pem(pem) => Judge::listed(pem, provider)?,
            Self::Pinned(pin) => Judge::pinned(*pin, provider),
            Self::Anything => Judge::anything(provider),
        };
        judge.name = address.map(|address| ServerName::IpAddress(IpAddr::from(std::net::IpAddr::V6(address))));
        let builder = builder.dangerous().with_custom_certificate_verifier(Arc::new(judge));
        let mut config = match certificate {
            Some(ClientCertificate { chain, key }) => {
                builder.with_client_auth_cert(chain.clone(), key.clone_key()).map_err(fault)?
            }
            None => builder.with_no_client_auth(),
        };
        // Addresses are not sent as a server name (RFC 6066, 3), nor is the name that stands for one here.
        config.enable_sni = address.is_none();
        config.alpn_protocols = match http {
            HttpVersion::Any => vec![b"h2".to_vec(), b"http/1.1".to_vec()],
            HttpVersion::Http1 => vec![b"http/1.1".to_vec()],
            HttpVersion::Http2 => vec![b"h2".to_vec()],
        };
        Ok(config)
    }
}

/// A certificate that the client presents, with its chain and key.
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
        // The cause is left out: it might repeat part of the key.
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
