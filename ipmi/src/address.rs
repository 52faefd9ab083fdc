//! Where a BMC is, as people write it: a name or an address, perhaps with a port. IPv6 addresses stand bare or in brackets,
//! and may have a zone (RFC 4007), which URLs don't allow for.

use std::error::Error as StdError;
use std::fmt;
use std::net::Ipv6Addr;
use std::str::FromStr;

/// A host, and a port where one is named.
///
/// ```
/// use rosefish_ipmi::Address;
///
/// let address: Address = "[fe80::1%eth0]:9623".parse()?;
/// assert_eq!((address.host(), address.zone(), address.port()), ("fe80::1%eth0", Some("eth0"), Some(9623)));
/// assert_eq!("bmc-07.example:9623".parse::<Address>()?.port(), Some(9623));
/// assert_eq!("fe80::1".parse::<Address>()?.to_string(), "[fe80::1]");
/// # Ok::<(), rosefish_ipmi::AddressError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Address {
    host: String,
    is_ipv6: bool,
    port: Option<u16>,
}

/// Text that names no host.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AddressError {
    text: String,
    problem: &'static str,
}

impl fmt::Display for AddressError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} names no host: {}", self.text, self.problem)
    }
}

impl StdError for AddressError {}

impl Address {
    /// Returns the name or address, without brackets and port. An IPv6 address has its zone behind a percent sign.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Returns the port, if one is named.
    #[must_use]
    pub const fn port(&self) -> Option<u16> {
        self.port
    }

    /// Returns the zone of an IPv6 address: the interface that a link-local address is reached by, by its name or number.
    #[must_use]
    pub fn zone(&self) -> Option<&str> {
        self.host.split_once('%').filter(|_| self.is_ipv6).map(|(_, zone)| zone)
    }

    /// Returns the IPv6 address without its zone, if it is one.
    #[must_use]
    pub fn ipv6(&self) -> Option<Ipv6Addr> {
        let address = self.host.split_once('%').map_or(self.host.as_str(), |(address, _)| address);
        if self.is_ipv6 { address.parse().ok() } else { None }
    }

    /// Returns the host and port of a URL: what stands between the scheme and the path, without user information. Text
    /// without a scheme is taken for what begins there.
    ///
    /// # Errors
    /// When no host is named there.
    pub fn of_url(url: &str) -> Result<Self, AddressError> {
        let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        authority.rsplit_once('@').map_or(authority, |(_, host)| host).parse()
    }

    fn of_ipv6(text: &str, port: Option<u16>) -> Option<Self> {
        // Within a URL, the percent sign in front of the zone is escaped (RFC 6874).
        let text = text.replacen("%25", "%", 1);
        let (address, zone) = match text.split_once('%') {
            Some((address, zone)) => (address, Some(zone)),
            None => (text.as_str(), None),
        };
        let is_zone =
            |zone: &str| !zone.is_empty() && zone.chars().all(|c| c.is_ascii_graphic() && !"%[]/?#@:".contains(c));
        let is_address = address.parse::<Ipv6Addr>().is_ok() && zone.is_none_or(is_zone);
        is_address.then(|| Self { host: text.clone(), is_ipv6: true, port })
    }
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        // What stands in front of an @ may be a password.
        let shown = text.rsplit('@').next().unwrap_or_default();
        let wrong = |problem| AddressError { text: shown.to_owned(), problem };
        let port = |port: &str| {
            let digits = port.bytes().all(|byte| byte.is_ascii_digit());
            port.parse()
                .ok()
                .filter(|port| digits && *port > 0)
                .ok_or(wrong("the port has to be a number from 1 to 65535"))
        };
        if let Some(bracketed) = text.strip_prefix('[') {
            let (address, rest) = bracketed.split_once(']').ok_or(wrong("the closing bracket is missing"))?;
            let port = match rest.strip_prefix(':') {
                Some(rest) => Some(port(rest)?),
                None if rest.is_empty() => None,
                None => return Err(wrong("only a colon and a port may stand behind the bracket")),
            };
            return Self::of_ipv6(address, port).ok_or(wrong("what is in brackets isn't an IPv6 address"));
        }
        // Bare, and so without a port: "fe80::1:623" is an address.
        if let Some(address) = Self::of_ipv6(text, None) {
            return Ok(address);
        }
        let (host, port) = match text.split_once(':') {
            Some((_, rest)) if rest.contains(':') => return Err(wrong("it isn't an IPv6 address")),
            Some((host, rest)) => (host, Some(port(rest)?)),
            None => (text, None),
        };
        let is_name = |c: char| !c.is_control() && !c.is_whitespace() && !"%[]/?#@\\\"<>^`{|}".contains(c);
        match host {
            "" => Err(wrong("a name or an address was expected")),
            host if host.chars().all(is_name) => Ok(Self { host: host.to_owned(), is_ipv6: false, port }),
            _ => Err(wrong("it has characters that no name has")),
        }
    }
}

/// As it stands in an authority: IPv6 addresses in brackets.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.is_ipv6 {
            true => write!(f, "[{}]", self.host)?,
            false => f.write_str(&self.host)?,
        }
        match self.port {
            Some(port) => write!(f, ":{port}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_found_in_what_people_type() {
        let cases = [
            ("10.0.0.7", "10.0.0.7", None, None),
            ("10.0.0.7:9623", "10.0.0.7", None, Some(9623)),
            ("bmc-07.example", "bmc-07.example", None, None),
            ("bmc_07:623", "bmc_07", None, Some(623)),
            ("::1", "::1", None, None),
            ("fe80::1", "fe80::1", None, None),
            ("fe80::1:623", "fe80::1:623", None, None),
            ("::ffff:10.0.0.7", "::ffff:10.0.0.7", None, None),
            ("[fe80::1]", "fe80::1", None, None),
            ("[fe80::1]:623", "fe80::1", None, Some(623)),
            ("fe80::1%eth0", "fe80::1%eth0", Some("eth0"), None),
            ("fe80::1%3", "fe80::1%3", Some("3"), None),
            ("fe80::1%25eth0", "fe80::1%eth0", Some("eth0"), None),
            ("[fe80::1%eth0.7]:623", "fe80::1%eth0.7", Some("eth0.7"), Some(623)),
            ("[fe80::1%25br-lan]", "fe80::1%br-lan", Some("br-lan"), None),
        ];
        for (text, host, zone, port) in cases {
            let address: Address = text.parse().unwrap_or_else(|error| panic!("{error}"));
            assert_eq!((address.host(), address.zone(), address.port()), (host, zone, port), "{text}");
            assert_eq!(address.to_string().parse(), Ok(address), "{text}");
        }
    }

    #[test]
    fn what_names_no_host_says_so() {
        for text in [
            "",
            ":",
            ":623",
            "bmc:",
            "bmc:0",
            "bmc:65536",
            "bmc:+1",
            "bmc:x",
            "[",
            "[]",
            "[bmc]",
            "[10.0.0.7]",
            "[::1",
            "[::1]623",
            "[::1]:",
            "fe80::1%",
            "fe80::g",
            "a:b:c",
            "bmc%eth0",
            "bm c",
            "bmc/redfish",
            "root@bmc",
            "::1\n",
        ] {
            assert!(text.parse::<Address>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_url_names_its_host() {
        let cases = [
            ("https://bmc.example:8443/redfish/v1", "bmc.example:8443"),
            ("http://[fe80::1]:8000", "[fe80::1]:8000"),
            ("https://[fe80::1%25eth0]/redfish/v1?only", "[fe80::1%eth0]"),
            ("https://root:secret@bmc/", "bmc"),
            ("bmc:8443/redfish/v1", "bmc:8443"),
            ("fe80::1", "[fe80::1]"),
        ];
        for (url, address) in cases {
            assert_eq!(Address::of_url(url).unwrap().to_string(), address, "{url}");
        }
        assert!(Address::of_url("https:///redfish/v1").is_err());
        let error = "root:secret@bmc".parse::<Address>().unwrap_err();
        assert!(!format!("{error} {error:?}").contains("secret"), "{error}");
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_a_host_or_none(text in ".{0,40}") {
            if let Ok(address) = text.parse::<Address>() {
                proptest::prop_assert_eq!(address.to_string().parse(), Ok(address));
            }
            let _ = Address::of_url(&text);
        }
    }
}
