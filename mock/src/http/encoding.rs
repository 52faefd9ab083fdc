//! Compression of answers, as the client accepts it (RFC 9110, sections 8.4 and 12.5.3).

use std::io::Write as _;

use axum::body::{Body, Bytes, HttpBody as _};
use axum::http::{HeaderMap, HeaderValue, Response, header};
use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use futures_util::FutureExt as _;

/// A way to compress.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// `gzip`.
    Gzip,
    /// `deflate`, which is the zlib format.
    Deflate,
    /// `br`, Brotli.
    Brotli,
}

impl Encoding {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Gzip, Self::Deflate, Self::Brotli];

    /// Returns the name in HTTP.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Deflate => "deflate",
            Self::Brotli => "br",
        }
    }

    fn encode(self, body: &[u8]) -> Option<Vec<u8>> {
        match self {
            Self::Gzip => {
                let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
                encoder.write_all(body).ok()?;
                encoder.finish().ok()
            }
            Self::Deflate => {
                let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
                encoder.write_all(body).ok()?;
                encoder.finish().ok()
            }
            Self::Brotli => {
                let mut out = Vec::new();
                let mut encoder = brotli::CompressorWriter::new(&mut out, 4096, 2, 18);
                encoder.write_all(body).ok()?;
                drop(encoder);
                Some(out)
            }
        }
    }
}

/// Returns the first offered encoding that the client accepts.
pub(crate) fn accepted(headers: &HeaderMap, offered: &[Encoding]) -> Option<Encoding> {
    let said = headers.get(header::ACCEPT_ENCODING)?.to_str().ok()?;
    let takes = |name: &str| {
        said.split(',').any(|entry| {
            let mut parts = entry.split(';').map(str::trim);
            let named = parts.next().is_some_and(|part| part.eq_ignore_ascii_case(name) || part == "*");
            named && !parts.any(|weight| weight.strip_prefix("q=").is_some_and(|q| q.trim().parse() == Ok(0.0_f32)))
        })
    };
    offered.iter().copied().find(|encoding| takes(encoding.as_str()))
}

/// Compresses the response with one of the offered encodings if the client accepts one. Streams and responses
/// that are already compressed stay as they are.
pub(crate) fn encode(request: &HeaderMap, response: Response<Body>, offered: &[Encoding]) -> Response<Body> {
    let whole = response.body().size_hint().exact().is_some_and(|length| length > 0);
    if !whole || response.headers().contains_key(header::CONTENT_ENCODING) {
        return response;
    }
    let Some(encoding) = accepted(request, offered) else {
        return response;
    };
    let (mut parts, body) = response.into_parts();
    // A body of known length is already in memory.
    let body = match axum::body::to_bytes(body, usize::MAX).now_or_never() {
        Some(Ok(body)) => body,
        _ => Bytes::new(),
    };
    let Some(encoded) = encoding.encode(&body) else {
        return Response::from_parts(parts, Body::from(body));
    };
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding.as_str()));
    parts.headers.insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    Response::from_parts(parts, Body::from(encoded))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_get_what_they_take_and_nothing_else() {
        for (said, expected) in [
            ("gzip", Some(Encoding::Gzip)),
            ("deflate, br", Some(Encoding::Deflate)),
            ("gzip;q=0, br;q=0.5", Some(Encoding::Brotli)),
            ("*", Some(Encoding::Gzip)),
            ("identity", None),
            ("", None),
        ] {
            let headers = [(header::ACCEPT_ENCODING, HeaderValue::from_str(said).unwrap())].into_iter().collect();
            assert_eq!(accepted(&headers, &Encoding::ALL), expected, "{said}");
        }
        assert_eq!(accepted(&HeaderMap::new(), &Encoding::ALL), None);
    }
}
