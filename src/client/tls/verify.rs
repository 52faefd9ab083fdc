//! Decides whom to trust, as rustls's verifier: a chain to a root, a listed certificate, a fingerprint, or anyone. Each
//! refusal carries the fingerprint of the certificate that was presented.

use std::fmt;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, OtherError, PeerMisbehaved, RootCertStore, SignatureScheme};
use sha2::{Digest, Sha256};

use super::certificate::PublicKey;
use super::rsa::{self, Hash, Padding};
use crate::error::{Error, ErrorKind};

/// A certificate that was not accepted. rustls carries it through to the error of the request.
#[derive(Debug)]
pub(crate) struct Refusal {
    /// The reason, to be shown.
    pub(crate) why: String,
    /// The SHA-256 of the certificate; `None` if the host did not prove that it has the key, as nobody should pin the
    /// certificate then.
    pub(crate) sha256: Option<[u8; 32]>,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.why)
    }
}

impl std::error::Error for Refusal {}

impl Refusal {
    /// Extracts the refusal from an error of rustls.
    pub(crate) fn of(error: &rustls::Error) -> Option<&Self> {
        match error {
            rustls::Error::InvalidCertificate(CertificateError::Other(OtherError(inner))) => inner.downcast_ref(),
            _ => None,
        }
    }

    fn into_error(self) -> rustls::Error {
        rustls::Error::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(self))))
    }
}

/// What a certificate must satisfy.
#[derive(Debug)]
enum Rule {
    /// A chain to one of the system's roots.
    Chain(Arc<WebPkiServerVerifier>),
    /// A chain to one of these, or one of these itself. BMCs create certificates for themselves that are marked as an
    /// authority's, which path validation doesn't accept as a server's.
    Listed(Vec<CertificateDer<'static>>, Arc<WebPkiServerVerifier>),
    Pinned([u8; 32]),
    Anything,
}

/// Verifies the certificate of a service.
#[derive(Debug)]
pub(super) struct Judge {
    rule: Rule,
    /// The name that the certificate must be valid for, if the host is reached by another.
    pub(super) name: Option<ServerName<'static>>,
    provider: Arc<CryptoProvider>,
}

impl Judge {
    pub(super) fn system(provider: Arc<CryptoProvider>) -> Result<Self, Error> {
        let mut roots = RootCertStore::empty();
        let found = rustls_native_certs::load_native_certs();
        roots.add_parsable_certificates(found.certs);
        if roots.is_empty() {
            let why = found.errors.first().map_or_else(String::new, |error| format!(": {error}"));
            let text =
                format!("the system has no root certificates{why}; name a PEM file or pin the certificate instead");
            return Err(Error::new(ErrorKind::Configuration, text));
        }
        Ok(Self { rule: Rule::Chain(chains(roots, &provider)?), name: None, provider })
    }

    pub(super) fn listed(pem: &[u8], provider: Arc<CryptoProvider>) -> Result<Self, Error> {
        let odd = |text: String| Error::new(ErrorKind::Configuration, text);
        let mut roots = RootCertStore::empty();
        let mut certificates = Vec::new();
        for certificate in CertificateDer::pem_slice_iter(pem) {
            let certificate =
                certificate.map_err(|error| odd("the PEM text can't be read".to_owned()).with_source(error))?;
            roots.add(certificate.clone()).map_err(|error| {
                let number = certificates.len().saturating_add(1);
                let sha256 = hexadecimal(&fingerprint(&certificate));
                let text = format!(
                    "certificate {number} of the PEM text can't vouch for a host; if it is the host's own, pin its SHA-256, \
                     {sha256}, instead"
                );
                odd(text).with_source(error)
            })?;
            certificates.push(certificate);
        }
        if certificates.is_empty() {
            return Err(odd("the PEM text has no certificate in it".to_owned()));
        }
        let chains = chains(roots, &provider)?;
        Ok(Self { rule: Rule::Listed(certificates, chains), name: None, provider })
    }

    pub(super) fn pinned(pin: [u8; 32], provider: Arc<CryptoProvider>) -> Self {
        Self { rule: Rule::Pinned(pin), name: None, provider }
    }

    pub(super) fn anything(provider: Arc<CryptoProvider>) -> Self {
        Self { rule: Rule::Anything, name: None, provider }
    }

    /// Returns whether a certificate is trusted itself, and its key with it, however odd both are.
    fn is_trusted_itself(&self, certificate: &CertificateDer<'_>) -> bool {
        match &self.rule {
            Rule::Chain(_) => false,
            Rule::Listed(listed, _) => listed.iter().any(|listed| listed == certificate),
            Rule::Pinned(_) | Rule::Anything => true,
        }
    }

    /// Verifies that the host has the key of the certificate, with which it signed the handshake.
    fn verify_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
        by_chains: impl FnOnce(&WebPkiServerVerifier) -> Result<HandshakeSignatureValid, rustls::Error>,
        is_tls13: bool,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let refused = |why: &str, sha256| Err(Refusal { why: why.to_owned(), sha256 }.into_error());
        let chains = match &self.rule {
            Rule::Chain(chains) | Rule::Listed(_, chains) => Some(chains),
            Rule::Pinned(_) | Rule::Anything => None,
        };
        if let Some(chains) = chains
            && let Ok(valid) = by_chains(chains)
        {
            return Ok(valid);
        }
        match prove(certificate, message, signed, &self.provider, is_tls13)? {
            Some(true) if self.is_trusted_itself(certificate) => Ok(HandshakeSignatureValid::assertion()),
            Some(true) => refused("its key is too short, or of an odd kind", Some(fingerprint(certificate))),
            Some(false) => refused("the host does not have its key: the handshake is signed with another", None),
            None if matches!(self.rule, Rule::Anything) => {
                tracing::warn!("the certificate's key can't be read: whether the host has it is not known");
                Ok(HandshakeSignatureValid::assertion())
            }
            None => refused("its key can't be read, so that nothing shows that the host has it", None),
        }
    }
}

fn chains(roots: RootCertStore, provider: &Arc<CryptoProvider>) -> Result<Arc<WebPkiServerVerifier>, Error> {
    WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider))
        .build()
        .map_err(|error| Error::new(ErrorKind::Configuration, "the root certificates can't be used").with_source(error))
}

impl ServerCertVerifier for Judge {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        use CertificateError as C;
        let server_name = self.name.as_ref().unwrap_or(server_name);
        let sha256 = fingerprint(end_entity);
        let by_chains = |chains: &WebPkiServerVerifier| {
            chains.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
        };
        let judged = match &self.rule {
            Rule::Chain(chains) => by_chains(chains),
            Rule::Listed(_, chains) => match by_chains(chains) {
                // The certificate fails because of its place in a chain that it does not need, not because of its name
                // or dates.
                Err(rustls::Error::InvalidCertificate(C::Other(_) | C::UnknownIssuer | C::InvalidPurpose))
                    if self.is_trusted_itself(end_entity) =>
                {
                    ParsedCertificate::try_from(end_entity)
                        .and_then(|parsed| verify_server_name(&parsed, server_name))
                        .map(|()| ServerCertVerified::assertion())
                }
                judged => judged,
            },
            Rule::Pinned(pin) if *pin != sha256 => {
                let why = "it is not the pinned one".to_owned();
                return Err(Refusal { why, sha256: Some(sha256) }.into_error());
            }
            Rule::Pinned(_) | Rule::Anything => Ok(ServerCertVerified::assertion()),
        };
        judged.map_err(|error| Refusal { why: reason(&error), sha256: Some(sha256) }.into_error())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let by_chains = |chains: &WebPkiServerVerifier| chains.verify_tls12_signature(message, cert, dss);
        self.verify_signature(message, cert, dss, by_chains, false)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let by_chains = |chains: &WebPkiServerVerifier| chains.verify_tls13_signature(message, cert, dss);
        self.verify_signature(message, cert, dss, by_chains, true)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

/// Returns whether a handshake was signed with the key of a certificate; `None` if the key can't be parsed or is of an
/// unsupported kind.
fn prove(
    certificate: &CertificateDer<'_>,
    message: &[u8],
    signed: &DigitallySignedStruct,
    provider: &CryptoProvider,
    is_tls13: bool,
) -> Result<Option<bool>, rustls::Error> {
    use SignatureScheme as S;
    let unadvertised = || rustls::Error::from(PeerMisbehaved::SignedHandshakeWithUnadvertisedSigScheme);
    let algorithms = &provider.signature_verification_algorithms;
    let (_, candidates) =
        algorithms.mapping.iter().find(|(scheme, _)| *scheme == signed.scheme).ok_or_else(unadvertised)?;
    let padding = match signed.scheme {
        S::RSA_PKCS1_SHA256 | S::RSA_PKCS1_SHA384 | S::RSA_PKCS1_SHA512 if is_tls13 => return Err(unadvertised()),
        S::RSA_PKCS1_SHA256 => Some((Padding::Pkcs1, Hash::Sha256)),
        S::RSA_PKCS1_SHA384 => Some((Padding::Pkcs1, Hash::Sha384)),
        S::RSA_PKCS1_SHA512 => Some((Padding::Pkcs1, Hash::Sha512)),
        S::RSA_PSS_SHA256 => Some((Padding::Pss, Hash::Sha256)),
        S::RSA_PSS_SHA384 => Some((Padding::Pss, Hash::Sha384)),
        S::RSA_PSS_SHA512 => Some((Padding::Pss, Hash::Sha512)),
        _ => None,
    };
    let signature = signed.signature();
    let Some(key) = PublicKey::of(certificate) else { return Ok(None) };
    if let Some((padding, hash)) = padding {
        let by_ring =
            || candidates.iter().any(|algorithm| algorithm.verify_signature(key.bits, message, signature).is_ok());
        return Ok(key.rsa().map(|key| by_ring() || rsa::verify(key, padding, hash, message, signature)));
    }
    // In TLS 1.3 a scheme also determines the curve (RFC 8446, 4.2.3): that of the first candidate.
    let candidates = if is_tls13 { candidates.get(..1).unwrap_or_default() } else { candidates };
    let fitting = candidates.iter().find(|candidate| candidate.public_key_alg_id().as_ref() == key.algorithm);
    Ok(fitting.map(|algorithm| algorithm.verify_signature(key.bits, message, signature).is_ok()))
}

fn fingerprint(certificate: &CertificateDer<'_>) -> [u8; 32] {
    Sha256::digest(certificate.as_ref()).into()
}

/// Formats a fingerprint in the form in which it is pinned.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Returns why a certificate is not valid, without the name of the error's variant.
fn reason(error: &rustls::Error) -> String {
    match error {
        // `BadSignature`: the issuer has the name of a trusted authority, but not its key.
        rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer | CertificateError::BadSignature) => {
            "it was issued by nobody who is trusted here".to_owned()
        }
        rustls::Error::InvalidCertificate(CertificateError::Other(OtherError(inner))) => {
            match format!("{inner:?}").as_str() {
                "UnsupportedCertVersion" => "it is of X.509 v1, which can't say which host it is for".to_owned(),
                "CaUsedAsEndEntity" => "it is an authority's, and not a host's".to_owned(),
                why => format!("it does not keep to the rules of chains ({why})"),
            }
        }
        rustls::Error::InvalidCertificate(why) => why.to_string(),
        other => other.to_string(),
    }
}
