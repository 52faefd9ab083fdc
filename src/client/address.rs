//! How users name a host: a name, an IPv4 or IPv6 address, with or without brackets, port and zone, or the URL of its
//! service. All options and arguments that take a host are parsed here.

use std::fmt;
use std::net::Ipv6Addr;

use percent_encoding::percent_decode_str;

use crate::error::{Error, ErrorKind};

/// A host, and what its address says beyond the name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Address {
    /// The scheme of a URL; `None` if the address is not a URL.
    pub(crate) scheme: Option<String>,
    pub(crate) host: HostName,
    pub(crate) port: Option<u16>,
    /// The path and everything after it, unchanged.
    pub(crate) path: String,
}

/// The name of a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum HostName {
    /// A name or an IPv4 address.
    Name(String),
    /// An IPv6 address with its zone (RFC 4007): the name or number of the interface that a link-local address belongs
    /// to.
    V6(Ipv6Addr, Option<String>),
}

impl Address {
    /// Parses `bmc`, `bmc:8443`, `10.0.0.7`, `::1`, `fe80::1%eth0`, `[fe80::1%eth0]:8443`,
    /// `https://[fe80::1%25eth0]/path`.
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        let fail = |why: &str| {
            let text = format!(
                "{text:?} does not name a host ({why}): expected a name, an address or a URL, such as bmc.example, \
                 10.0.0.7:8443, fe80::1%eth0 or https://[::1]:8443"
            );
            Error::new(ErrorKind::Configuration, text)
        };
        let trimmed = text.trim();
        let (scheme, rest) = match trimmed.split_once("://") {
            Some((scheme, rest)) => (Some(scheme.to_ascii_lowercase()), rest),
            None => (None, trimmed),
        };
        let (authority, path) = rest.split_at(rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len()));
        if authority.contains('@') {
            // The text is not repeated because it contains a password.
            return Err(Error::new(
                ErrorKind::Configuration,
                "the address has a user or a password in it, where others can see it: name them apart",
            ));
        }
        let (host, port) = match authority.strip_prefix('[') {
            Some(bracketed) => {
                let (host, port) = bracketed.split_once(']').ok_or_else(|| fail("a bracket is not closed"))?;
                let port = match port {
                    "" => None,
                    port => Some(port.strip_prefix(':').ok_or_else(|| fail("what follows the bracket is not a port"))?),
                };
                (v6(host).ok_or_else(|| fail("what is in brackets is not an IPv6 address"))?, port)
            }
            // More than one colon and no brackets: an IPv6 address without a port, as the two could not be told apart.
            None if authority.matches(':').count() > 1 => {
                (v6(authority).ok_or_else(|| fail("it is not an IPv6 address, nor a name with a port"))?, None)
            }
            None => {
                let (name, port) = match authority.split_once(':') {
                    Some((name, port)) => (name, Some(port)),
                    None => (authority, None),
                };
                if name.is_empty() {
                    return Err(fail("it is empty"));
                }
                if name.contains(|c: char| c.is_whitespace() || matches!(c, '[' | ']' | '%' | '"' | '<' | '>')) {
                    return Err(fail("a name does not have such characters"));
                }
                (HostName::Name(name.to_owned()), port)
            }
        };
        let port = match port {
            None | Some("") => None,
            Some(port) => {
                let is_number = port.bytes().all(|byte| byte.is_ascii_digit());
                let number = port.parse::<u16>().ok().filter(|number| is_number && *number > 0);
                Some(number.ok_or_else(|| fail("a port is a number from 1 to 65535"))?)
            }
        };
        Ok(Self { scheme, host, port, path: path.to_owned() })
    }
}

/// An IPv6 address with or without a zone, which URLs write with an encoded percent sign (RFC 6874).
fn v6(text: &str) -> Option<HostName> {
    let (address, zone) = match text.split_once('%') {
        Some((address, zone)) => {
            (address, Some(zone.strip_prefix("25").filter(|rest| !rest.is_empty()).unwrap_or(zone)))
        }
        None => (text, None),
    };
    let zone = match zone {
        Some(zone) => {
            let zone = percent_decode_str(zone).decode_utf8().ok()?.into_owned();
            let plain =
                !zone.is_empty() && !zone.contains(|c: char| c.is_whitespace() || c.is_control() || "/%[]".contains(c));
            Some(plain.then_some(zone)?)
        }
        None => None,
    };
    Some(HostName::V6(address.parse().ok()?, zone))
}

impl HostName {
    /// Returns the zone of an IPv6 address.
    pub(crate) fn zone(&self) -> Option<&str> {
        match self {
            Self::V6(_, zone) => zone.as_deref(),
            Self::Name(_) => None,
        }
    }

    /// Returns the host as it stands in a URL. The zone is left out: it has no meaning on any other host.
    pub(crate) fn in_url(&self) -> String {
        match self {
            Self::Name(name) => name.clone(),
            Self::V6(address, _) => format!("[{address}]"),
        }
    }
}

/// The form that the system's resolver takes: an IPv6 address without brackets, with its zone.
impl fmt::Display for HostName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::V6(address, None) => write!(f, "{address}"),
            Self::V6(address, Some(zone)) => write!(f, "{address}%{zone}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_read_in_every_notation() {
        for (text, scheme, host, port, path) in [
            ("10.0.0.7", None, "10.0.0.7", None, ""),
            ("bmc:8443", None, "bmc", Some(8443), ""),
            ("bmc:", None, "bmc", None, ""),
            (" bmc.example/redfish/v1 ", None, "bmc.example", None, "/redfish/v1"),
            ("https://bmc.example:8443/redfish/v1?x", Some("https"), "bmc.example", Some(8443), "/redfish/v1?x"),
            ("HTTP://bmc", Some("http"), "bmc", None, ""),
            ("::1", None, "::1", None, ""),
            ("::", None, "::", None, ""),
            ("[::1]", None, "::1", None, ""),
            ("[::1]:8443", None, "::1", Some(8443), ""),
            ("fe80::1", None, "fe80::1", None, ""),
            ("FE80::0:1%eth0", None, "fe80::1%eth0", None, ""),
            ("fe80::1%25eth0", None, "fe80::1%eth0", None, ""),
            ("fe80::1%25", None, "fe80::1%25", None, ""),
            ("fe80::1%2", None, "fe80::1%2", None, ""),
            ("[fe80::1%eth0]:8443", None, "fe80::1%eth0", Some(8443), ""),
            ("[fe80::1%25eth0]:8443/x", None, "fe80::1%eth0", Some(8443), "/x"),
            ("https://[fe80::1%25eth0.7]/x", Some("https"), "fe80::1%eth0.7", None, "/x"),
            ("http://::1/x", Some("http"), "::1", None, "/x"),
            ("::ffff:10.0.0.7", None, "::ffff:10.0.0.7", None, ""),
        ] {
            let found = Address::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
            let seen = (found.scheme.as_deref(), found.host.to_string(), found.port, found.path.as_str());
            assert_eq!(seen, (scheme, host.to_owned(), port, path), "{text}");
        }
    }

    #[test]
    fn what_names_no_host_is_refused_and_a_password_is_not_repeated() {
        for text in [
            "",
            " ",
            ":443",
            "https://",
            "https:///x",
            "[::1",
            "[::1]x",
            "[bmc]:1",
            "bmc:x",
            "bmc:0",
            "bmc:99999",
            "bmc:+1",
            "1:2:3",
            "fe80::1%",
            "fe80::1%a b",
            "bmc%eth0",
            "b mc",
            "10.0.0.7%1",
            "root:secret@bmc",
            "https://root:secret@bmc/",
        ] {
            let error = Address::parse(text).expect_err(text);
            assert_eq!(error.kind(), ErrorKind::Configuration, "{text}");
            assert!(!error.to_string().contains("secret"), "{error}");
        }
    }
}
