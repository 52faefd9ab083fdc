//! Patterns of URIs: `/redfish/v1/**/LogServices/*`.

/// A pattern of paths. `*` stands for any characters within a segment, `**` for any number of segments, none included.
/// Letter case, a slash at the end and queries make no difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pattern(Vec<String>);

impl Pattern {
    pub(super) fn new(text: &str) -> Self {
        Self(segments(text))
    }

    pub(super) fn fits(&self, path: &str) -> bool {
        fits_segments(&self.0, &segments(path))
    }
}

fn segments(path: &str) -> Vec<String> {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    path.split('/').filter(|segment| !segment.is_empty()).map(str::to_ascii_lowercase).collect()
}

fn fits_segments(pattern: &[String], path: &[String]) -> bool {
    // Row by row: whether the pattern so far fits the first so many segments. Takes no longer for patterns of many stars.
    let mut row: Vec<bool> = std::iter::once(true).chain(path.iter().map(|_| false)).collect();
    for part in pattern {
        let mut next = Vec::with_capacity(row.len());
        next.push(part == "**" && row.first() == Some(&true));
        for (segment, pair) in path.iter().zip(row.windows(2)) {
            let (before, here) = (pair.first() == Some(&true), pair.last() == Some(&true));
            let fits = match part.as_str() {
                "**" => here || next.last() == Some(&true),
                part => before && fits_segment(part, segment),
            };
            next.push(fits);
        }
        row = next;
    }
    row.last() == Some(&true)
}

fn fits_segment(part: &str, segment: &str) -> bool {
    let mut pieces = part.split('*');
    let Some(mut rest) = pieces.next().and_then(|first| segment.strip_prefix(first)) else { return false };
    let mut pieces = pieces.peekable();
    if pieces.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(piece) = pieces.next() {
        if pieces.peek().is_none() {
            return rest.ends_with(piece);
        }
        match rest.split_once(piece) {
            Some((_, after)) => rest = after,
            None => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_is_part_of_a_segment_and_two_are_segments() {
        let cases = [
            ("/redfish/v1/Systems/*", "/redfish/v1/Systems/1", true),
            ("/redfish/v1/Systems/*", "/redfish/v1/systems/1/", true),
            ("/redfish/v1/Systems/*", "/redfish/v1/Systems", false),
            ("/redfish/v1/Systems/*", "/redfish/v1/Systems/1/Memory", false),
            ("/redfish/v1/Systems/*", "/redfish/v1/Systems/1?$top=1", true),
            ("/redfish/v1/**", "/redfish/v1", true),
            ("/redfish/v1/**", "/redfish/v1/Systems/1/Memory", true),
            ("**/LogServices/**", "/redfish/v1/Managers/1/LogServices", true),
            ("**/LogServices/**", "/redfish/v1/Managers/1/LogServices/SEL/Entries/7", true),
            ("**/LogServices/**", "/redfish/v1/Managers/1/LogService", false),
            ("**/DIMM*/Metrics", "/redfish/v1/Systems/1/Memory/dimm12/Metrics", true),
            ("**/*MM*1*", "/redfish/v1/Systems/1/Memory/DIMM12", true),
            ("**/A*B", "/x/A", false),
            ("**/AB*B", "/x/AB", false),
            ("/redfish/v1", "/redfish/v1/", true),
            ("", "/redfish", false),
            ("**", "/", true),
        ];
        for (pattern, path, fits) in cases {
            assert_eq!(Pattern::new(pattern).fits(path), fits, "{pattern} {path}");
        }
        // Not in our lifetime, if every way were tried.
        let path = "/a".repeat(200);
        assert!(!Pattern::new(&"**/a/".repeat(50).replace("**/a/", "/**/a")).fits(&format!("{path}/b")));
    }
}
