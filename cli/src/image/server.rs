//! Serving an image over HTTP/1.1: GET and HEAD of one path that nobody guesses, on one address.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::{Duration, SystemTime};

use anyhow::Context as _;
use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Method, Response, StatusCode, Uri, header};
use futures_util::stream;
use rosefish::event::Connections;
use tokio::net::{TcpListener, UdpSocket, lookup_host};

use super::file::Image;
use super::range::{Part, names, part};
use crate::host::split_url;

/// How many connections there are at once. BMCs keep one open between two reads.
const CONNECTIONS: usize = 64;

/// How long a connection may be silent.
const SILENCE: Duration = Duration::from_secs(120);

/// How long a request may take to arrive.
const REQUEST: Duration = Duration::from_secs(15);

/// A server that runs until it is dropped.
#[derive(Debug)]
pub(crate) struct ImageServer {
    url: String,
    serving: tokio::task::JoinHandle<()>,
}

impl Drop for ImageServer {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl ImageServer {
    /// Begins to serve. Who listens on all addresses is reached at the one that routes to the reader.
    pub(crate) async fn start(image: Image, listen: SocketAddr, reader: Option<&str>) -> anyhow::Result<Self> {
        let listener = TcpListener::bind(listen).await.with_context(|| format!("{listen} can't be listened on"))?;
        let mut address = listener.local_addr()?;
        if address.ip().is_unspecified()
            && let Some(reader) = reader
        {
            address.set_ip(route_to(reader).await?);
        }
        let path = format!("/{}/{}", secret()?, image.name());
        let url = format!("http://{address}{path}");
        let served = Served { image, path };
        let router = Router::new().fallback(answer).with_state(served);
        let connections = Connections::new(listener).at_most(CONNECTIONS).silence(SILENCE).request(REQUEST);
        let serving = tokio::spawn(async move {
            // It ends by being dropped alone.
            let _ = axum::serve(connections, router).await;
        });
        Ok(Self { url, serving })
    }

    /// As [`start`](Self::start), on the address of this machine that routes to a host where none is named.
    pub(crate) async fn for_host(image: Image, host: &str, listen: Option<SocketAddr>) -> anyhow::Result<Self> {
        let host = split_url(host)?.0;
        let host = host.split_once("://").map_or(host, |(_, host)| host);
        let listen = match listen {
            Some(listen) => listen,
            None => SocketAddr::new(route_to(host).await?, 0),
        };
        Self::start(image, listen, Some(host)).await
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}

/// What nobody guesses.
fn secret() -> anyhow::Result<String> {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).map_err(|error| anyhow::anyhow!("there are no random numbers: {error}"))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// The address of this machine from which packets go to a host. Nothing is sent.
async fn route_to(host: &str) -> anyhow::Result<IpAddr> {
    // The port is of no matter: nothing is sent.
    let (name, port) = match host.rsplit_once(':') {
        Some((name, port)) if port.parse::<u16>().is_ok() && (!name.contains(':') || name.ends_with(']')) => {
            (name, 443)
        }
        _ => (host, 443),
    };
    let name = name.trim_start_matches('[').trim_end_matches(']');
    let unknown = || format!("no route to {name} is known: say with --listen which address of this machine it reaches");
    let target = lookup_host((name, port)).await.with_context(unknown)?.next().with_context(unknown)?;
    let any: IpAddr = if target.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    let socket = UdpSocket::bind((any, 0)).await.with_context(unknown)?;
    socket.connect(target).await.with_context(unknown)?;
    Ok(socket.local_addr().with_context(unknown)?.ip())
}

#[derive(Debug, Clone)]
struct Served {
    image: Image,
    path: String,
}

async fn answer(State(served): State<Served>, method: Method, uri: Uri, headers: HeaderMap) -> Response<Body> {
    let plain = |status: StatusCode| {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = status;
        response
    };
    if uri.path() != served.path {
        return plain(StatusCode::NOT_FOUND);
    }
    if method != Method::GET && method != Method::HEAD {
        let mut response = plain(StatusCode::METHOD_NOT_ALLOWED);
        response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
        return response;
    }
    let image = served.image;
    image.was_asked();
    let said = |name: header::HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let (tag, date, length) = (image.tag(), date(image.modified()), image.length());
    let unchanged = match said(header::IF_NONE_MATCH) {
        Some(list) => names(list, &tag),
        None => said(header::IF_MODIFIED_SINCE).is_some_and(|since| since == date),
    };
    let holds = said(header::IF_RANGE).is_none_or(|condition| condition == tag || condition == date);
    let part = part(said(header::RANGE).filter(|_| holds && method == Method::GET), length);
    let (status, from, to) = match part {
        _ if unchanged => (StatusCode::NOT_MODIFIED, 0, 0),
        Part::Whole => (StatusCode::OK, 0, length),
        Part::Range(from, to) => (StatusCode::PARTIAL_CONTENT, from, to),
        Part::Outside => (StatusCode::RANGE_NOT_SATISFIABLE, 0, 0),
    };
    let body = if method == Method::HEAD || from == to { Body::empty() } else { body(image, from, to) };
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let range = match part {
        Part::Range(from, to) => format!("bytes {from}-{}/{length}", to - 1),
        _ => format!("bytes */{length}"),
    };
    let mut set = |name: header::HeaderName, value: String| {
        if let Ok(value) = HeaderValue::try_from(value) {
            response.headers_mut().insert(name, value);
        }
    };
    set(header::ACCEPT_RANGES, "bytes".to_owned());
    set(header::ETAG, tag);
    set(header::LAST_MODIFIED, date);
    set(header::CONTENT_TYPE, "application/octet-stream".to_owned());
    if status != StatusCode::NOT_MODIFIED {
        set(header::CONTENT_LENGTH, (to - from).to_string());
    }
    if matches!(status, StatusCode::PARTIAL_CONTENT | StatusCode::RANGE_NOT_SATISFIABLE) {
        set(header::CONTENT_RANGE, range);
    }
    response
}

/// A part of an image, read as it goes out.
fn body(image: Image, from: u64, to: u64) -> Body {
    Body::from_stream(stream::unfold(from, move |at| {
        let image = image.clone();
        async move {
            if at >= to {
                return None;
            }
            let piece = image.read(at, to).await;
            let next = piece.as_ref().map_or(to, |piece| at + piece.len() as u64);
            Some((piece, next))
        }
    }))
}

/// A time as HTTP writes it.
fn date(time: SystemTime) -> String {
    let time = jiff::Timestamp::try_from(time).unwrap_or_default();
    jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&time).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_as_http_writes_them() {
        let time = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(784_111_777);
        assert_eq!(date(time), "Sun, 06 Nov 1994 08:49:37 GMT");
    }

    #[tokio::test]
    async fn the_address_that_routes_to_a_host_is_found_however_the_host_is_written() {
        for host in ["127.0.0.1", "127.0.0.1:8443", "localhost"] {
            assert!(route_to(host).await.unwrap().is_loopback(), "{host}");
        }
    }
}
