//! Versions of schemas, and the names of types that have them.

use std::fmt;

/// `v1_2_3`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Version(pub(crate) u32, pub(crate) u32, pub(crate) u32);

impl Version {
    /// Reads `v1_2_3` or `1.2.3`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let separator = if text.starts_with('v') { '_' } else { '.' };
        let mut numbers = text.trim_start_matches('v').split(separator);
        let mut next = || number(numbers.next()?);
        let version = Self(next()?, next()?, next()?);
        numbers.next().is_none().then_some(version)
    }

    /// Returns the version in the name of a type, such as `Chassis.v1_2_3.Chassis`.
    pub(crate) fn of_type(name: &str) -> Option<Self> {
        let mut parts = name.split('.').skip(1);
        parts.next().filter(|part| part.starts_with('v')).and_then(Self::parse)
    }
}

fn number(text: &str) -> Option<u32> {
    let is_digits = !text.is_empty() && text.len() <= 6 && text.bytes().all(|byte| byte.is_ascii_digit());
    is_digits.then(|| text.parse().ok()).flatten()
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.0, self.1, self.2)
    }
}

/// Returns the first segment of a type's name: its schema.
pub(crate) fn schema_of(name: &str) -> &str {
    name.split('.').next().unwrap_or_default()
}

/// Returns the last segment of a type's name.
pub(crate) fn last_of(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_where_they_are_whole() {
        for (text, version) in [
            ("v1_2_3", Some(Version(1, 2, 3))),
            ("1.20.0", Some(Version(1, 20, 0))),
            ("v1_2", None),
            ("v1_2_3_4", None),
            ("v1_x_3", None),
            ("v1_99999999999_3", None),
        ] {
            assert_eq!(Version::parse(text), version, "{text}");
        }
        assert_eq!(Version::of_type("Chassis.v1_2_3.Chassis"), Some(Version(1, 2, 3)));
        assert_eq!(Version::of_type("ChassisCollection.ChassisCollection"), None);
        assert_eq!((schema_of("A.v1_0_0.B"), last_of("A.v1_0_0.B")), ("A", "B"));
    }
}
