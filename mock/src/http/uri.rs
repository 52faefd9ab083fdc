//! How URIs become the keys that resources are stored under. Nothing here depends on the resources.

/// Where every Redfish service starts.
pub(crate) const ROOT: &str = "/redfish/v1";

/// Returns the key of a path: without query, fragment and trailing slash, percent-escapes decoded.
///
/// Case stays, because Redfish URIs are case-sensitive.
pub(crate) fn key(path: &str) -> String {
    let end = path.find(['?', '#']).unwrap_or(path.len());
    let path = path.get(..end).unwrap_or(path);
    let decoded = decode(path);
    let trimmed = decoded.trim_end_matches('/');
    if trimmed.is_empty() { "/".to_owned() } else { trimmed.to_owned() }
}

/// Returns the key of an `@odata.id` as payloads carry it: absolute URLs are reduced to their path.
///
/// `None` if it doesn't name a whole resource: it has a fragment, is empty, or is relative.
pub(crate) fn key_of_id(id: &str) -> Option<String> {
    let id = id.trim();
    let path = match id.split_once("://") {
        Some((_, rest)) => rest.find('/').and_then(|slash| rest.get(slash..))?,
        None => id,
    };
    (path.starts_with('/') && !path.contains('#')).then(|| key(path))
}

/// Returns the key one level up, or `None` at the top.
pub(crate) fn parent(key: &str) -> Option<&str> {
    match key.rsplit_once('/') {
        Some(("", _)) | None => None,
        Some((parent, _)) => Some(parent),
    }
}

/// Escapes characters that are not allowed in a path segment, for URIs that this service creates.
pub(crate) fn encode_segment(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~:@!$&'()*+,;=".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// Decodes percent-escapes. Malformed ones stay as they are.
pub(crate) fn decode(text: &str) -> String {
    if !text.contains('%') {
        return text.to_owned();
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        if first == b'%'
            && let Some((&[high, low], after)) = tail.split_first_chunk::<2>()
            && let (Some(high), Some(low)) = (hex(high), hex(low))
        {
            bytes.push(high << 4 | low);
            rest = after;
        } else {
            bytes.push(first);
            rest = tail;
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_ignore_trailing_slash_query_and_escapes_but_not_case() {
        for (path, expected) in [
            ("/redfish/v1/", "/redfish/v1"),
            ("/redfish/v1", "/redfish/v1"),
            ("/redfish/v1/Systems/?$top=1", "/redfish/v1/Systems"),
            ("/redfish/v1/Registries/%23Smart.v2", "/redfish/v1/Registries/#Smart.v2"),
            ("/redfish/v1/100%", "/redfish/v1/100%"),
            ("/redfish/v1/%zz", "/redfish/v1/%zz"),
            ("/redfish/v1/systems", "/redfish/v1/systems"),
            ("/", "/"),
        ] {
            assert_eq!(key(path), expected, "{path}");
        }
    }

    #[test]
    fn ids_that_name_no_resource_have_no_key() {
        assert_eq!(key_of_id("/redfish/v1/Chassis/1/Power#/Voltages/1"), None);
        assert_eq!(key_of_id(""), None);
        assert_eq!(key_of_id("F0"), None);
        assert_eq!(key_of_id("https://bmc/redfish/v1/Systems/").as_deref(), Some("/redfish/v1/Systems"));
        assert_eq!(key_of_id("/redfish/v1/Systems/1").as_deref(), Some("/redfish/v1/Systems/1"));
    }

    #[test]
    fn parents_end_at_the_top() {
        assert_eq!(parent("/redfish/v1/Systems"), Some("/redfish/v1"));
        assert_eq!(parent("/redfish"), None);
    }

    #[test]
    fn segments_made_here_survive_the_way_back() {
        let name = "a b/c#d%e";
        assert_eq!(decode(&encode_segment(name)), name);
    }
}
