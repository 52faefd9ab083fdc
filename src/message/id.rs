//! What a message is known by.

use std::fmt;

/// A message's identifier (DSP0266, "MessageId format"): `Base.1.8.PropertyUnknown` is the key `PropertyUnknown` of version 1.8
/// of the registry `Base`. Read leniently: prefix and version may be missing, and the version may have any number of parts.
///
/// ```
/// use rosefish::message::MessageId;
///
/// let id = MessageId::new("Base.1.8.PropertyUnknown");
/// assert_eq!((id.prefix, id.version, id.key), ("Base", "1.8", "PropertyUnknown"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct MessageId<'a> {
    /// The registry's name; empty where there is none.
    pub prefix: &'a str,
    /// The registry's version; empty where there is none.
    pub version: &'a str,
    /// The key within the registry.
    pub key: &'a str,
}

impl<'a> MessageId<'a> {
    /// Reads an identifier.
    #[must_use]
    pub fn new(text: &'a str) -> Self {
        let text = text.trim().trim_start_matches('#');
        let (registry, key) = text.rsplit_once('.').unwrap_or(("", text));
        let is_number = |part: &str| part.starts_with(|c: char| c.is_ascii_digit());
        let begin = registry
            .split('.')
            .take_while(|part| !is_number(part))
            .map(|part| part.len().saturating_add(1))
            .sum::<usize>();
        let prefix = registry.get(..begin.saturating_sub(1)).unwrap_or(registry);
        let version = registry.get(begin..).unwrap_or_default();
        Self { prefix, version, key }
    }
}

impl fmt::Display for MessageId<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in [self.prefix, self.version] {
            if !part.is_empty() {
                write!(f, "{part}.")?;
            }
        }
        f.write_str(self.key)
    }
}
