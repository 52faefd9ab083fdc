//! Where the service is: scheme, host, port, and the path below which it is where that is not the root. Tells which URIs
//! may be followed: credentials go nowhere else.

use std::fmt;

use url::Url;

use crate::error::{Error, ErrorKind};

/// The place of a service. Its path ends in a slash.
#[derive(Debug, Clone)]
pub(crate) struct Origin(Url);

impl Origin {
    /// What a user means: `https` unless it says otherwise. A path is where a gateway has put the service; from
    /// `/redfish` on it is the service's own and left out.
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        let fail = |why: &str| {
            let text = format!("{text:?} is no URL of a service ({why}): https://HOST was expected");
            Error::new(ErrorKind::Configuration, text)
        };
        let full = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
        let mut url = Url::parse(&full).map_err(|error| fail(&error.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(fail("the scheme is neither https nor http"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            // The text is not repeated: it has a password in it.
            return Err(Error::new(ErrorKind::Configuration, "the URL has credentials in it: name them apart"));
        }
        if url.host_str().is_none_or(str::is_empty) {
            return Err(fail("it has no host"));
        }
        let base: Vec<_> = url.path().split('/').filter(|part| !part.is_empty()).collect();
        let base: String = base.iter().take_while(|part| **part != "redfish").map(|part| format!("{part}/")).collect();
        url.set_path(&format!("/{base}"));
        url.set_query(None);
        url.set_fragment(None);
        Ok(Self(url))
    }

    pub(crate) fn as_str(&self) -> &str {
        self.0.as_str()
    }

    pub(crate) fn is_encrypted(&self) -> bool {
        self.0.scheme() == "https"
    }

    /// Whether it is the same place.
    pub(crate) fn is(&self, other: &str) -> bool {
        Self::parse(other).is_ok_and(|other| other.0 == self.0)
    }

    /// The URL of a URI that a service named: a path, below the base if it is not there yet, or an absolute URL within
    /// the origin. A fragment is left out.
    pub(crate) fn resolve(&self, uri: &str) -> Result<Url, Error> {
        let odd = |text: &str| Error::new(ErrorKind::Missing, text.to_owned());
        let document = uri.split('#').next().unwrap_or_default().trim();
        if !document.starts_with('/') && !document.contains("://") {
            return Err(odd("this is no URI that can be followed: a path from the root of the service was expected"));
        }
        let mut url = self.0.join(document).map_err(|error| odd("this is no URI").with_source(error))?;
        if url.origin() != self.0.origin() {
            let text = format!("this leads away from {}, where credentials must not go", self.0);
            return Err(Error::new(ErrorKind::ForeignOrigin, text));
        }
        let base = self.0.path();
        if !url.path().starts_with(base) {
            let below = format!("{base}{}", url.path().trim_start_matches('/'));
            url.set_path(&below);
        }
        Ok(url)
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
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
