//! Entity tags: made from content, compared with the conditions that a request carries (RFC 9110,
//! section 13).

use std::hash::{DefaultHasher, Hasher as _};

/// Creates the strong tag of a body.
pub(crate) fn of_bytes(body: &[u8]) -> String {
    let mut hasher = DefaultHasher::new();
    hasher.write(body);
    format!("\"{:016x}\"", hasher.finish())
}

/// Returns whether a text has the form of an entity tag. Captured bodies also have numbers and unquoted
/// text in its place.
pub(crate) fn is_tag(text: &str) -> bool {
    let opaque = text.strip_prefix("W/").unwrap_or(text);
    opaque.len() > 2
        && opaque.starts_with('"')
        && opaque.ends_with('"')
        && opaque
            .get(1..opaque.len() - 1)
            .is_some_and(|inner| inner.bytes().all(|byte| byte > b' ' && byte != b'"' && byte != 0x7f))
}

/// Returns whether the condition (`*`, or a list of tags) matches this tag.
///
/// A weak tag equals the strong one: DSP0266 requires `If-Match` to work with the weak tags that many
/// services send.
pub(crate) fn matches(condition: &str, tag: &str) -> bool {
    condition.trim() == "*" || condition.split(',').any(|candidate| opaque(candidate) == opaque(tag))
}

fn opaque(tag: &str) -> &str {
    let tag = tag.trim();
    tag.strip_prefix("W/").unwrap_or(tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_name_tags_alone_in_lists_or_all() {
        for (condition, expected) in [
            ("\"a\"", true),
            ("W/\"a\"", true),
            ("\"b\", \"a\"", true),
            ("*", true),
            ("\"b\"", false),
            ("a", false),
            ("", false),
        ] {
            assert_eq!(matches(condition, "\"a\""), expected, "{condition}");
        }
        assert!(matches("\"a\"", "W/\"a\""));
    }

    #[test]
    fn only_quoted_texts_are_tags() {
        for (text, expected) in
            [("\"a\"", true), ("W/\"a\"", true), ("a", false), ("\"\"", false), ("", false), ("\"", false)]
        {
            assert_eq!(is_tag(text), expected, "{text}");
        }
    }

    #[test]
    fn the_tag_follows_the_content() {
        assert_eq!(of_bytes(b"a"), of_bytes(b"a"));
        assert_ne!(of_bytes(b"a"), of_bytes(b"b"));
        assert!(is_tag(&of_bytes(b"")));
    }
}
