//! Reads the certificates that any host shows: TLS is spoken until they arrive, nothing is verified, and nothing is sent
//! afterwards.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, bail};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::{ClientConfig, DigitallySignedStruct, Error, SignatureScheme};
use x509_parser::prelude::{FromDer as _, GeneralName, X509Certificate};

/// The longest that this may take. A BMC needs about a second.
const PATIENCE: Duration = Duration::from_secs(20);

/// A certificate, with what can be read from it.
#[derive(Debug)]
pub(crate) struct Shown {
    pub(crate) sha256: String,
    pub(crate) read: Option<Fields>,
}

#[derive(Debug)]
pub(crate) struct Fields {
    pub(crate) subject: String,
    pub(crate) issuer: String,
    pub(crate) names: Vec<String>,
    pub(crate) serial_number: String,
    pub(crate) not_before: i64,
    pub(crate) not_after: i64,
}

impl Shown {
    pub(crate) fn of(der: &[u8]) -> Self {
        let sha256 = Sha256::digest(der).iter().map(|byte| format!("{byte:02x}")).collect();
        let read = X509Certificate::from_der(der).ok().map(|(_, certificate)| Fields {
            subject: certificate.subject().to_string(),
            issuer: certificate.issuer().to_string(),
            names: names(&certificate),
            serial_number: certificate.raw_serial_as_string(),
            not_before: certificate.validity().not_before.timestamp(),
            not_after: certificate.validity().not_after.timestamp(),
        });
        Self { sha256, read }
    }

    pub(crate) fn json(&self) -> Value {
        let Some(read) = &self.read else { return json!({ "sha256": self.sha256 }) };
        json!({
            "sha256": self.sha256,
            "subject": read.subject,
            "issuer": read.issuer,
            "names": read.names,
            "serial_number": read.serial_number,
            "valid_not_before": time(read.not_before),
            "valid_not_after": time(read.not_after),
        })
    }
}

fn names(certificate: &X509Certificate<'_>) -> Vec<String> {
    let Ok(Some(extension)) = certificate.subject_alternative_name() else { return Vec::new() };
    let name = |name: &GeneralName<'_>| match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        GeneralName::IPAddress(bytes) => match (<[u8; 4]>::try_from(*bytes), <[u8; 16]>::try_from(*bytes)) {
            (Ok(v4), _) => Some(std::net::Ipv4Addr::from(v4).to_string()),
            (_, Ok(v6)) => Some(std::net::Ipv6Addr::from(v6).to_string()),
            _ => None,
        },
        _ => None,
    };
    extension.value.general_names.iter().filter_map(name).collect()
}

/// Formats seconds since 1970 as a time.
pub(crate) fn time(seconds: i64) -> Option<String> {
    jiff::Timestamp::from_second(seconds).ok().map(|time| time.to_string())
}

/// Returns the certificates that a host shows on a port, its own first.
pub(crate) async fn shown(host: &str, port: u16) -> anyhow::Result<Vec<Shown>> {
    let seen = Arc::new(Seen::default());
    let provider = Arc::new(default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::clone(&seen) as Arc<dyn ServerCertVerifier>)
        .with_no_client_auth();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let name = ServerName::try_from(bare.to_owned()).with_context(|| format!("{host} is not a name of a host"))?;
    let handshake = async {
        let stream = TcpStream::connect((bare, port)).await?;
        TlsConnector::from(Arc::new(config)).connect(name, stream).await
    };
    let Ok(done) = tokio::time::timeout(PATIENCE, handshake).await else {
        bail!("{host}:{port} has not shown a certificate within {} s", PATIENCE.as_secs());
    };
    let all = std::mem::take(&mut *seen.0.lock().unwrap_or_else(PoisonError::into_inner));
    // An error after the certificates have arrived doesn't matter.
    if all.is_empty() {
        let error = done.err().map_or_else(|| "it shows no certificate".to_owned(), |error| error.to_string());
        bail!("{host}:{port}: {error}");
    }
    Ok(all.iter().map(|der| Shown::of(der)).collect())
}

/// Records the certificates that a host shows.
#[derive(Debug, Default)]
struct Seen(Mutex<Vec<Vec<u8>>>);

impl ServerCertVerifier for Seen {
    fn verify_server_cert(
        &self,
        own: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let all = std::iter::once(own).chain(others).map(|der| der.to_vec()).collect();
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = all;
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        default_provider().signature_verification_algorithms.supported_schemes()
    }
}
