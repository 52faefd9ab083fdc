//! Servers that the mock BMC can't be: with certificates of any kind, HTTP/2, or as a proxy.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair, PublicKeyData as _};
use sha2::{Digest as _, Sha256};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::sign::{CertifiedKey, SingleCertAndKey};
use tokio_rustls::rustls::version::{TLS12, TLS13};
use tokio_rustls::rustls::{RootCertStore, ServerConfig, crypto};

/// A certificate for the loopback address, and its key.
pub(crate) struct Certificate {
    pub(crate) pem: String,
    pub(crate) key_pem: String,
    certificate: rcgen::Certificate,
    /// The certificate that the server presents.
    der: Vec<u8>,
    /// The key that it signs with.
    key: KeyPair,
}

impl Certificate {
    /// Creates a self-signed certificate, that of an authority if `authority` is set.
    pub(crate) fn new(names: &[&str], authority: bool) -> Self {
        let mut params =
            CertificateParams::new(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()).unwrap();
        if authority {
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        }
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        let der = certificate.der().to_vec();
        Self { pem: certificate.pem(), key_pem: key.serialize_pem(), certificate, der, key }
    }

    /// Replaces the certificate that is presented. The server has the key of `signer`.
    pub(crate) fn shown_as(self, der: Vec<u8>, signer: &Self) -> Self {
        let text = base64::engine::general_purpose::STANDARD.encode(&der);
        let pem = format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n");
        let key = KeyPair::from_pem(&signer.key_pem).unwrap();
        Self { pem, der, key, ..self }
    }

    pub(crate) fn der(&self) -> Vec<u8> {
        self.der.clone()
    }

    /// Returns the fingerprint in the form in which it is pinned.
    pub(crate) fn sha256(&self) -> String {
        Sha256::digest(&self.der).iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Returns the public key in the form that certificates contain.
    pub(crate) fn public_key(&self) -> Vec<u8> {
        self.key.subject_public_key_info()
    }
}

/// How a server speaks TLS.
pub(crate) struct Tls<'a> {
    pub(crate) certificate: &'a Certificate,
    /// The root of the certificates that clients must present.
    pub(crate) clients: Option<&'a Certificate>,
    pub(crate) newest_is_12: bool,
    pub(crate) http2: bool,
}

impl<'a> Tls<'a> {
    pub(crate) fn with(certificate: &'a Certificate) -> Self {
        Self { certificate, clients: None, newest_is_12: false, http2: false }
    }

    fn acceptor(&self) -> TlsAcceptor {
        let provider = Arc::new(crypto::ring::default_provider());
        let versions: &[_] = if self.newest_is_12 { &[&TLS12] } else { &[&TLS12, &TLS13] };
        let builder =
            ServerConfig::builder_with_provider(Arc::clone(&provider)).with_protocol_versions(versions).unwrap();
        let builder = match self.clients {
            None => builder.with_no_client_auth(),
            Some(clients) => {
                let mut roots = RootCertStore::empty();
                roots.add(clients.certificate.der().clone()).unwrap();
                let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap();
                builder.with_client_cert_verifier(verifier)
            }
        };
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(self.certificate.key.serialize_der()));
        // Serves any certificate: rustls would not accept all of them for a server.
        let key = crypto::ring::sign::any_supported_type(&key).unwrap();
        let certified = CertifiedKey::new(vec![CertificateDer::from(self.certificate.der.clone())], key);
        let mut config = builder.with_cert_resolver(Arc::new(SingleCertAndKey::from(certified)));
        if self.http2 {
            config.alpn_protocols = vec![b"h2".to_vec()];
        }
        TlsAcceptor::from(Arc::new(config))
    }
}

/// The service root of a service that has nothing else.
pub(crate) const ROOT: &str = r#"{"@odata.id":"/redfish/v1/","Id":"RootService","Name":"Root"}"#;

/// Starts a server that answers every request with a service root.
pub(crate) async fn serve(tls: Tls<'_>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (acceptor, http2) = (tls.acceptor(), tls.http2);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let Ok(stream) = acceptor.accept(stream).await else { return };
                if http2 { answer_http2(stream).await } else { answer(stream).await }
            });
        }
    });
    address
}

async fn answer(mut stream: impl AsyncReadExt + AsyncWriteExt + Unpin) {
    let mut head = Vec::new();
    while let Ok(byte) = stream.read_u8().await {
        head.push(byte);
        if head.ends_with(b"\r\n\r\n") {
            head.clear();
            let answer = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{ROOT}",
                ROOT.len()
            );
            if stream.write_all(answer.as_bytes()).await.is_err() {
                return;
            }
        }
    }
}

async fn answer_http2(stream: impl tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin) {
    let Ok(mut connection) = h2::server::handshake(stream).await else { return };
    while let Some(Ok((_, mut respond))) = connection.accept().await {
        let mut head = h2_response();
        head.headers_mut().insert("content-type", "application/json".parse().unwrap());
        let Ok(mut body) = respond.send_response(head, false) else { continue };
        let _ = body.send_data(ROOT.into(), true);
    }
}

fn h2_response() -> http::Response<()> {
    http::Response::new(())
}

/// An HTTP tunnel proxy that records its requests: request lines and `Proxy-Authorization`.
pub(crate) struct Proxy {
    pub(crate) address: SocketAddr,
    pub(crate) asked: Arc<Mutex<Vec<String>>>,
    pub(crate) tunnels: Arc<AtomicUsize>,
}

impl Proxy {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let proxy = Self { address, asked: Arc::default(), tunnels: Arc::default() };
        let (asked, tunnels) = (Arc::clone(&proxy.asked), Arc::clone(&proxy.tunnels));
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let (asked, tunnels) = (Arc::clone(&asked), Arc::clone(&tunnels));
                tokio::spawn(async move {
                    let mut head = Vec::new();
                    while !head.ends_with(b"\r\n\r\n") {
                        let Ok(byte) = stream.read_u8().await else { return };
                        head.push(byte);
                    }
                    let head = String::from_utf8_lossy(&head).into_owned();
                    let Some(target) = head.strip_prefix("CONNECT ").and_then(|rest| rest.split(' ').next()) else {
                        return;
                    };
                    let Ok(mut server) = TcpStream::connect(target).await else { return };
                    asked.lock().unwrap().push(head.clone());
                    tunnels.fetch_add(1, Ordering::Relaxed);
                    if stream.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await.is_ok() {
                        let _ = copy_bidirectional(&mut stream, &mut server).await;
                    }
                });
            }
        });
        proxy
    }
}
