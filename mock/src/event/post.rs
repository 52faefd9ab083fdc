//! One POST to a listener. A client of its own, so that the mock shares no code with the clients
//! that it is there to test.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::http::Uri;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, Error, SignatureScheme};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// A listener that takes longer doesn't take the event.
const PATIENCE: Duration = Duration::from_secs(10);

/// The head of an answer is not longer.
const MAX_HEAD: usize = 16 << 10;

/// Posts JSON; the status of the answer.
pub(super) async fn post(destination: &Uri, headers: &[(String, String)], body: &Bytes) -> io::Result<u16> {
    tokio::time::timeout(PATIENCE, exchange(destination, headers, body))
        .await
        .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

async fn exchange(destination: &Uri, headers: &[(String, String)], body: &Bytes) -> io::Result<u16> {
    let host = destination.host().ok_or(io::ErrorKind::InvalidInput)?.trim_start_matches('[').trim_end_matches(']');
    let secure = destination.scheme_str() == Some("https");
    let port = destination.port_u16().unwrap_or(if secure { 443 } else { 80 });
    let stream = TcpStream::connect((host, port)).await?;
    let request = request(destination, headers, body);
    if !secure {
        return talk(stream, &request).await;
    }
    let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
    let stream = TlsConnector::from(Arc::new(tls()?)).connect(name, stream).await?;
    talk(stream, &request).await
}

fn request(destination: &Uri, headers: &[(String, String)], body: &Bytes) -> Vec<u8> {
    let path = destination.path_and_query().map_or("/", |path| path.as_str());
    let authority = destination.authority().map_or("", |authority| authority.as_str());
    let authority = authority.rsplit('@').next().unwrap_or(authority);
    let mut head = format!(
        "POST {path} HTTP/1.1\r\nHost: {authority}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
         OData-Version: 4.0\r\nConnection: close\r\n",
        body.len()
    );
    for (name, value) in headers {
        // What would end the header early is left out.
        if name.bytes().all(|byte| byte.is_ascii_graphic() && byte != b':') && !value.contains(['\r', '\n']) {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
    }
    head.push_str("\r\n");
    let mut request = head.into_bytes();
    request.extend_from_slice(body);
    request
}

async fn talk(mut stream: impl AsyncRead + AsyncWrite + Unpin, request: &[u8]) -> io::Result<u16> {
    stream.write_all(request).await?;
    stream.flush().await?;
    let mut head = Vec::new();
    let mut chunk = [0; 1024];
    loop {
        let read = stream.read(&mut chunk).await?;
        head.extend_from_slice(chunk.get(..read).unwrap_or_default());
        if read == 0 || head.windows(2).any(|end| end == b"\r\n") || head.len() > MAX_HEAD {
            break;
        }
    }
    let line = String::from_utf8_lossy(&head);
    let status = line.split_whitespace().nth(1).and_then(|status| status.parse().ok());
    status.filter(|_| line.starts_with("HTTP/")).ok_or_else(|| io::ErrorKind::InvalidData.into())
}

/// Listeners of tests have certificates that nobody signed; `VerifyCertificate` is not enforced.
fn tls() -> io::Result<ClientConfig> {
    let provider = Arc::new(ring::default_provider());
    let config = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(AnyCertificate(provider)))
        .with_no_client_auth();
    Ok(config)
}

#[derive(Debug)]
struct AnyCertificate(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
