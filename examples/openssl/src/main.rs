//! A BMC that speaks TLS 1.0, TLS 1.1 or RSA key exchange alone, reached over OpenSSL: a [`Transport`] of your own, which
//! trusts the one certificate whose SHA-256 is given. All else, sessions, retries, limits and links, stays the library's.
//!
//! Anyone who speaks these versions has weak protection at best: keep such BMCs in a network of their own.

use std::pin::Pin;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use futures_util::{StreamExt, TryStreamExt};
use http_body_util::BodyDataStream;
use hyper_util::rt::TokioIo;
use openssl::hash::MessageDigest;
use openssl::ssl::{SslConnector, SslMethod, SslVerifyMode, SslVersion};
use rosefish::transport::{Body, HttpRequest, HttpResponse, Transport};
use rosefish::{Client, Credentials, Error};
use tokio::net::TcpStream;
use tokio_openssl::SslStream;

/// Connections by OpenSSL, one for each request: old BMCs take few, and end them without a word.
struct OpenSsl(SslConnector);

impl std::fmt::Debug for OpenSsl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("OpenSsl")
    }
}

impl OpenSsl {
    /// Trusts the certificate of this fingerprint, in lower-case hexadecimal digits, and no other.
    fn pinned(sha256: &str) -> Result<Self, openssl::error::ErrorStack> {
        let mut builder = SslConnector::builder(SslMethod::tls_client())?;
        builder.set_min_proto_version(Some(SslVersion::TLS1))?;
        // The lowest level of security allows the old versions, short keys and RSA key exchange.
        builder.set_cipher_list("DEFAULT:@SECLEVEL=0")?;
        let pin = sha256.to_owned();
        builder.set_verify_callback(SslVerifyMode::PEER, move |_, context| {
            let digest = context.chain().and_then(|chain| chain.get(0)?.digest(MessageDigest::sha256()).ok());
            let shown = digest.map(|digest| digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>());
            shown.is_some_and(|shown| shown == pin)
        });
        Ok(Self(builder.build()))
    }

    async fn exchange(&self, request: HttpRequest) -> Result<HttpResponse, Error> {
        let host = request.uri().host().unwrap_or_default().trim_matches(['[', ']']).to_owned();
        let port = request.uri().port_u16().unwrap_or(443);
        let tcp = TcpStream::connect((host.as_str(), port)).await.map_err(Error::unsent)?;
        let configuration = self.0.configure().map_err(Error::unsent)?;
        let ssl = configuration.verify_hostname(false).into_ssl(&host).map_err(Error::unsent)?;
        let mut stream = SslStream::new(ssl, tcp).map_err(Error::unsent)?;
        // Up to here nothing was asked of the service: whatever the request is, it may be sent again.
        Pin::new(&mut stream).connect().await.map_err(Error::unsent)?;
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(Error::unsent)?;
        tokio::spawn(connection);

        let (mut head, body) = request.into_parts();
        if let Some(authority) = head.uri.authority().and_then(|authority| authority.as_str().parse().ok()) {
            head.headers.insert("host", authority);
        }
        let target = head.uri.path_and_query().map_or("/", |target| target.as_str());
        head.uri = target.parse().map_err(Error::unsent)?;
        let request = hyper::Request::from_parts(head, body);
        let (head, body) = sender.send_request(request).await.map_err(Error::lost)?.into_parts();
        // The sender lives as long as the body: without it the connection would end.
        let pieces = BodyDataStream::new(body).map_err(Error::lost).map(move |piece| {
            let _open = &sender;
            piece
        });
        Ok(HttpResponse::from_parts(head, Body::new(pieces)))
    }
}

impl Transport for OpenSsl {
    fn send(&self, request: HttpRequest) -> BoxFuture<'_, Result<HttpResponse, Error>> {
        Box::pin(self.exchange(request))
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [url, sha256] = &arguments[..] else {
        return Err("usage: openssl-transport https://BMC SHA256, with ROSEFISH_USER and ROSEFISH_PASSWORD set".into());
    };
    let mut builder = Client::builder(url).transport(Arc::new(OpenSsl::pinned(sha256)?));
    if let (Ok(user), Ok(password)) = (std::env::var("ROSEFISH_USER"), std::env::var("ROSEFISH_PASSWORD")) {
        builder = builder.credentials(Credentials::new(user, password));
    }
    let bmc = builder.connect().await?;
    println!("{} speaks Redfish {:?}", bmc.origin(), bmc.root().redfish_version);
    bmc.close().await?;
    Ok(())
}
