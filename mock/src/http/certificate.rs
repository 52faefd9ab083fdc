//! The certificates that a mock serves: a good one, old ones, or one that a test supplies.

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::{CertificateParams, KeyPair, PublicKeyData as _, SigningKey as _};
use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::sign::{CertifiedKey, SigningKey};

use super::der;
use super::rsa::RsaKey;
use crate::error::Error;

const COMMON_NAME: &str = "rosefish-mock";

/// The certificate that a mock serves, for [`Builder::certificate`](crate::Builder::certificate).
///
/// ```
/// use rosefish_mock::{Certificate, MockBmc};
///
/// # fn main() -> Result<(), rosefish_mock::Error> {
/// let builder = MockBmc::builder().certificate(Certificate::x509_v1()?);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Certificate {
    chain: Vec<CertificateDer<'static>>,
    key: Arc<dyn SigningKey>,
}

impl Certificate {
    /// Creates a self-signed certificate of today: X.509 v3, ECDSA on P-256, for `localhost` and the loopback
    /// addresses. It is what a mock shows by default.
    ///
    /// # Errors
    ///
    /// If no key can be made.
    pub fn self_signed() -> Result<Self, Error> {
        let names = ["localhost", "127.0.0.1", "::1"].map(str::to_owned);
        let mut params = CertificateParams::new(names).map_err(unmade)?;
        params.distinguished_name.push(rcgen::DnType::CommonName, COMMON_NAME);
        params.extended_key_usages.push(rcgen::ExtendedKeyUsagePurpose::ServerAuth);
        let key = KeyPair::generate().map_err(unmade)?;
        let certificate = params.self_signed(&key).map_err(unmade)?;
        Ok(Self { chain: vec![certificate.der().clone()], key: signing_key(&key)? })
    }

    /// Creates a self-signed X.509 v1 certificate, which has no extensions and so names no host but in its subject.
    /// Its key is ECDSA on P-256.
    ///
    /// # Errors
    ///
    /// If no key can be made.
    pub fn x509_v1() -> Result<Self, Error> {
        let key = KeyPair::generate().map_err(unmade)?;
        let algorithm = der::sequence(&[der::object_identifier(der::ECDSA_WITH_SHA256)]);
        let body = body_v1(&algorithm, key.subject_public_key_info());
        let signature = key.sign(&body).map_err(unmade)?;
        let certificate = der::sequence(&[body, algorithm, der::bit_string(&signature)]);
        Ok(Self { chain: vec![certificate.into()], key: signing_key(&key)? })
    }

    /// Creates a self-signed X.509 v1 certificate as old BMCs have it: an RSA key of 1024 bits, signed with SHA-1. The
    /// key is the same in every mock.
    ///
    /// # Errors
    ///
    /// If the key can't be used.
    pub fn weak() -> Result<Self, Error> {
        let unusable = || Error::new("the key of 1024 bits can't be used");
        let key = RsaKey::of_1024_bits().ok_or_else(unusable)?;
        let algorithm = der::sequence(&[der::object_identifier(der::SHA1_WITH_RSA), der::null()]);
        let body = body_v1(&algorithm, key.public());
        let signature = key.sign_sha1(&body).ok_or_else(unusable)?;
        let certificate = der::sequence(&[body, algorithm, der::bit_string(&signature)]);
        Ok(Self { chain: vec![certificate.into()], key: Arc::new(key) })
    }

    /// Creates a certificate, with those that follow it to its authority, and its private key: both in PEM, the key in
    /// PKCS #8, PKCS #1 or SEC 1. Neither is checked; RSA keys may have any length from 512 bits.
    ///
    /// # Errors
    ///
    /// If there is no certificate or no key in the text, or the key is of a kind that can't be used.
    pub fn from_pem(certificates: &str, key: &str) -> Result<Self, Error> {
        let unread = |error| Error::because("the PEM can't be read", error);
        let chain: Vec<_> =
            CertificateDer::pem_slice_iter(certificates.as_bytes()).collect::<Result<_, _>>().map_err(unread)?;
        if chain.is_empty() {
            return Err(Error::new("there is no certificate in the PEM"));
        }
        let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).map_err(unread)?;
        let short = match &key {
            PrivateKeyDer::Pkcs1(key) => RsaKey::from_pkcs1(key.secret_pkcs1_der()),
            PrivateKeyDer::Pkcs8(key) => RsaKey::from_pkcs8(key.secret_pkcs8_der()),
            _ => None,
        };
        let key = match (default_provider().key_provider.load_private_key(key), short) {
            (Ok(key), _) => key,
            (Err(_), Some(short)) => Arc::new(short),
            (Err(error), None) => return Err(Error::because("the private key can't be used", error)),
        };
        Ok(Self { chain, key })
    }

    /// Returns the first certificate in DER.
    pub(crate) fn der(&self) -> &[u8] {
        self.chain.first().map_or(&[], |certificate| certificate.as_ref())
    }

    /// Returns the first certificate in PEM.
    pub(crate) fn pem(&self) -> String {
        let encoded = STANDARD.encode(self.der());
        let lines: Vec<_> = encoded.as_bytes().chunks(64).map(String::from_utf8_lossy).collect();
        format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"))
    }

    /// Returns the certificate and key for the TLS library, unchecked: a check would reject old certificates.
    pub(crate) fn certified_key(&self) -> CertifiedKey {
        CertifiedKey::new(self.chain.clone(), Arc::clone(&self.key))
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificate").field("certificates", &self.chain.len()).finish_non_exhaustive()
    }
}

fn unmade(error: rcgen::Error) -> Error {
    Error::because("a certificate for localhost can't be made", error)
}

fn signing_key(key: &KeyPair) -> Result<Arc<dyn SigningKey>, Error> {
    let private = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let loaded = default_provider().key_provider.load_private_key(private);
    loaded.map_err(|error| Error::because("the key of a certificate can't be used", error))
}

/// Builds the signed part of a version 1 certificate (RFC 5280, section 4.1): no version, no extensions.
fn body_v1(algorithm: &[u8], public_key: Vec<u8>) -> Vec<u8> {
    let name = der::name(COMMON_NAME);
    let validity = der::sequence(&[der::time("20200101000000Z"), der::time("20991231235959Z")]);
    let serial = der::integer(&[1]);
    der::sequence(&[serial, algorithm.to_vec(), name.clone(), validity, name, public_key])
}
