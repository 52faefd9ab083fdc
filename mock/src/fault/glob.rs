//! Patterns of paths: `*` stands for anything within a segment, `**` for anything at all.

/// Returns whether a path matches a pattern, ignoring a trailing slash on either.
pub(crate) fn path(pattern: &str, path: &str) -> bool {
    let without = |text: &str| text.strip_suffix('/').filter(|text| !text.is_empty()).unwrap_or(text).to_owned();
    matches(without(pattern).as_bytes(), without(path).as_bytes())
}

/// Returns whether a text matches a pattern. Texts have no segments, so `*` and `**` mean the same.
pub(crate) fn text(pattern: &str, text: &str) -> bool {
    matches(pattern.replace('*', "**").as_bytes(), text.as_bytes())
}

fn matches(pattern: &[u8], text: &[u8]) -> bool {
    match pattern.split_first() {
        None => text.is_empty(),
        Some((b'*', rest)) if rest.first() == Some(&b'*') => {
            let rest = rest.get(rest.iter().take_while(|byte| **byte == b'*').count()..).unwrap_or_default();
            (0..=text.len()).any(|taken| text.get(taken..).is_some_and(|left| matches(rest, left)))
        }
        Some((b'*', rest)) => {
            let segment = text.iter().take_while(|byte| **byte != b'/').count();
            (0..=segment).any(|taken| text.get(taken..).is_some_and(|left| matches(rest, left)))
        }
        Some((byte, rest)) => text.split_first().is_some_and(|(first, left)| first == byte && matches(rest, left)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_star_stays_in_its_segment_and_two_do_not() {
        for (pattern, uri, expected) in [
            ("/redfish/v1/Systems/*", "/redfish/v1/Systems/1", true),
            ("/redfish/v1/Systems/*", "/redfish/v1/Systems/1/", true),
            ("/redfish/v1/Systems/*", "/redfish/v1/Systems/1/Bios", false),
            ("/redfish/v1/Systems/**", "/redfish/v1/Systems/1/Bios", true),
            ("/redfish/v1/Systems/*/Bios", "/redfish/v1/Systems/a.b/Bios", true),
            ("**/Actions/*.Reset", "/redfish/v1/Systems/1/Actions/ComputerSystem.Reset", true),
            ("**", "/", true),
            ("/redfish/v1/", "/redfish/v1", true),
            ("/redfish/v1", "/redfish/v1/Systems", false),
            ("/redfish/v1/Systems/1*", "/redfish/v1/Systems/12", true),
        ] {
            assert_eq!(path(pattern, uri), expected, "{pattern} {uri}");
        }
        assert!(text("*/*", "application/json") && text("gzip*", "gzip, br") && !text("br", "gzip, br"));
    }
}
