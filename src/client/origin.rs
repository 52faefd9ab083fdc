//! Where the service is: scheme, host and port, and the path below which it lives if that is not the root. Decides
//! which URIs may be followed: credentials are sent nowhere else.

use std::fmt;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, percent_encode};
use url::Url;

use super::address::{Address, HostName};
use crate::error::{Error, ErrorKind};

/// The base of a service's URLs. Its path ends in a slash.
#[derive(Debug, Clone)]
pub(crate) struct Origin {
    url: Url,
    host: HostName,
    /// The URL with the zone of the host, so that hosts that only differ in their zone are distinct.
    text: String,
}

impl Origin {
    /// Parses a service's address: `https` unless it names a scheme. A path is where a gateway has put the service;
    /// everything from `/redfish` on belongs to the service and is dropped.
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        let fail = |why: &str| {
            let text = format!("{text:?} is not the URL of a service ({why}): expected https://HOST");
            Error::new(ErrorKind::Configuration, text)
        };
        let Address { scheme, host, port, path } = Address::parse(text)?;
        let scheme = scheme.unwrap_or_else(|| "https".to_owned());
        if !matches!(scheme.as_str(), "http" | "https") {
            return Err(fail("the scheme is neither https nor http"));
        }
        let port = port.map(|port| format!(":{port}")).unwrap_or_default();
        let full = format!("{scheme}://{}{port}{path}", host.in_url());
        let mut url = Url::parse(&full).map_err(|error| fail(&error.to_string()))?;
        let base: Vec<_> = url.path().split('/').filter(|part| !part.is_empty()).collect();
        let base: String = base.iter().take_while(|part| **part != "redfish").map(|part| format!("{part}/")).collect();
        url.set_path(&format!("/{base}"));
        url.set_query(None);
        url.set_fragment(None);
        let text = match host.zone() {
            Some(zone) => url.as_str().replacen(']', &format!("%25{}]", percent_encode(zone.as_bytes(), ZONE)), 1),
            None => url.as_str().to_owned(),
        };
        Ok(Self { url, host, text })
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    pub(crate) fn host(&self) -> &HostName {
        &self.host
    }

    pub(crate) fn is_encrypted(&self) -> bool {
        self.url.scheme() == "https"
    }

    /// Returns whether another address is that of the same service.
    pub(crate) fn is(&self, other: &str) -> bool {
        Self::parse(other).is_ok_and(|other| other.text == self.text)
    }

    /// Returns the URL of a URI that the service sent: a path, which is put below the base if it is not there already,
    /// or an absolute URL within the origin. The fragment is dropped, and so is a zone: it only has a meaning on this
    /// host.
    pub(crate) fn resolve(&self, uri: &str) -> Result<Url, Error> {
        let odd = |text: &str| Error::new(ErrorKind::Missing, text.to_owned());
        let document = uri.split('#').next().unwrap_or_default().trim();
        if !document.starts_with('/') && !document.contains("://") {
            return Err(odd("this is not a URI that can be followed: expected a path from the root of the service"));
        }
        let plain = document.strip_prefix(self.text.as_str()).filter(|_| self.host.zone().is_some());
        let plain = plain.map(|rest| format!("{}{rest}", self.url));
        let document = plain.as_deref().unwrap_or(document);
        let mut url = self.url.join(document).map_err(|error| odd("this is not a URI").with_source(error))?;
        if url.origin() != self.url.origin() {
            let text = format!("this leads away from {self}, where credentials must not go");
            return Err(Error::new(ErrorKind::ForeignOrigin, text));
        }
        let base = self.url.path();
        if base != "/" && climbs(url.path()) {
            let text = format!("this leads out of {self}, where credentials must not go");
            return Err(Error::new(ErrorKind::ForeignOrigin, text));
        }
        if !url.path().starts_with(base) {
            let below = format!("{base}{}", url.path().trim_start_matches('/'));
            url.set_path(&below);
        }
        Ok(url)
    }
}

/// Returns whether a path climbs up in a way that servers know and URL parsers don't: by slashes and dots that are
/// encoded, once or several times, or by segments with parameters (`..;a=b`).
fn climbs(path: &str) -> bool {
    const MOST_ENCODINGS: usize = 4;
    let mut plain = path.to_owned();
    for _ in 0..MOST_ENCODINGS {
        let is_up = |segment: &str| segment.split(';').next() == Some("..");
        if plain.split(['/', '\\']).any(is_up) {
            return true;
        }
        let decoded = percent_decode_str(&plain).decode_utf8_lossy().into_owned();
        if decoded == plain {
            return false;
        }
        plain = decoded;
    }
    // Nothing legitimate is encoded this many times.
    true
}

/// The characters of a zone that are not encoded in a URL: the unreserved ones (RFC 6874, 2; RFC 3986, 2.3).
const ZONE: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_made_of_what_people_type() {
        let cases = [
            ("bmc-07.example", "https://bmc-07.example/"),
            ("https://bmc/redfish/v1/?x#y", "https://bmc/"),
            ("http://127.0.0.1:8000", "http://127.0.0.1:8000/"),
            ("[::1]:8443", "https://[::1]:8443/"),
            ("[fe80::1]", "https://[fe80::1]/"),
            ("::1", "https://[::1]/"),
            ("fe80::1%eth0", "https://[fe80::1%25eth0]/"),
            ("http://[fe80::1%25eth0]:8000/redfish/v1", "http://[fe80::1%25eth0]:8000/"),
            ("https://gateway/rack/7", "https://gateway/rack/7/"),
            ("https://gateway/rack/7/redfish/v1/Systems", "https://gateway/rack/7/"),
        ];
        for (text, expected) in cases {
            assert_eq!(Origin::parse(text).unwrap().as_str(), expected, "{text}");
        }
        for text in ["", "ftp://bmc", "https://", "https://root:secret@bmc"] {
            let error = Origin::parse(text).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Configuration);
            assert!(!error.to_string().contains("secret"), "{error}");
        }
    }

    #[test]
    fn uris_stay_below_the_base_and_within_the_origin() {
        let cases = [
            ("https://bmc", "/redfish/v1/", "https://bmc/redfish/v1/"),
            ("https://bmc", "/redfish/v1/Chassis/1#/Fans/0", "https://bmc/redfish/v1/Chassis/1"),
            ("https://bmc:443", "https://bmc/redfish/v1", "https://bmc/redfish/v1"),
            ("https://gw/rack/7", "/redfish/v1/Systems?$top=1", "https://gw/rack/7/redfish/v1/Systems?$top=1"),
            ("https://gw/rack/7", "/rack/7/redfish/v1/Systems", "https://gw/rack/7/redfish/v1/Systems"),
            ("https://gw/rack/7", "https://gw/redfish/v1", "https://gw/rack/7/redfish/v1"),
        ];
        for (origin, uri, expected) in cases {
            assert_eq!(Origin::parse(origin).unwrap().resolve(uri).unwrap().as_str(), expected, "{uri}");
        }
        let gateway = Origin::parse("https://gw/rack/7").unwrap();
        for uri in [
            "/rack/7/..%2f8/redfish/v1",
            "/rack/7/..%2F8/redfish/v1",
            "/rack/7/%2e%2e%2f8/redfish/v1",
            "/rack/7/..%5c8/redfish/v1",
            "/rack/7/..;/8/redfish/v1",
            "/rack/7/..;a=b/8/redfish/v1",
            "/rack/7/%2e%2e;/8/redfish/v1",
            "/rack/7/..%252f8/redfish/v1",
            "/rack/7/%25252e%25252e%25252f8",
            "/redfish/v1/..%2f..%2f..%2f8",
        ] {
            assert_eq!(gateway.resolve(uri).unwrap_err().kind(), ErrorKind::ForeignOrigin, "{uri}");
        }
        for uri in ["/redfish/v1/Chassis/A..B", "/redfish/v1/x%20y", "/redfish/v1/100%25", "/redfish/v1/a;b=c/..d"] {
            assert!(gateway.resolve(uri).unwrap().as_str().starts_with("https://gw/rack/7/redfish/v1/"), "{uri}");
        }
        let zoned = Origin::parse("[fe80::1%eth0]:8443").unwrap();
        for uri in ["/redfish/v1", "https://[fe80::1]:8443/redfish/v1", "https://[fe80::1%25eth0]:8443/redfish/v1"] {
            assert_eq!(zoned.resolve(uri).unwrap().as_str(), "https://[fe80::1]:8443/redfish/v1", "{uri}");
        }
        assert!(!zoned.is("fe80::1%eth0") && zoned.is("https://[fe80::1%eth0]:8443"));
        assert!(
            !zoned.is("[fe80::1%eth1]:8443") && !zoned.is("[fe80::1]:8443"),
            "another host, though it has the address"
        );
        let origin = Origin::parse("https://bmc").unwrap();
        for (uri, kind) in [
            ("https://other/redfish/v1", ErrorKind::ForeignOrigin),
            ("http://bmc/redfish/v1", ErrorKind::ForeignOrigin),
            ("https://bmc:8443/redfish/v1", ErrorKind::ForeignOrigin),
            ("//other/redfish/v1", ErrorKind::ForeignOrigin),
            ("F0", ErrorKind::Missing),
            ("", ErrorKind::Missing),
        ] {
            assert_eq!(origin.resolve(uri).unwrap_err().kind(), kind, "{uri}");
        }
    }
}
