//! Which part of an image a request is for (RFC 9110, "Range Requests" and "Conditional Requests").

/// What to send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// All of it.
    Whole,
    /// From one byte up to another, which is not included.
    Range(u64, u64),
    /// The range selects nothing of it.
    Outside,
}

/// Returns the part that a `Range` header selects. A header that can't be parsed or names several parts is ignored, as the standard
/// allows: the answer is the whole image.
pub(super) fn part(header: Option<&str>, length: u64) -> Part {
    let Some((unit, spec)) = header.and_then(|header| header.trim().split_once('=')) else { return Part::Whole };
    if !unit.eq_ignore_ascii_case("bytes") {
        return Part::Whole;
    }
    let Some((first, last)) = spec.trim().split_once('-') else { return Part::Whole };
    let (first, last) = (first.trim(), last.trim());
    let number =
        |text: &str| text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse::<u64>().ok()).flatten();
    match (first.is_empty(), last.is_empty()) {
        // The last so many bytes.
        (true, false) => match number(last) {
            Some(0) => Part::Outside,
            Some(_) if length == 0 => Part::Outside,
            Some(count) => Part::Range(length.saturating_sub(count), length),
            None => Part::Whole,
        },
        (false, _) => {
            let end = if last.is_empty() { Some(u64::MAX) } else { number(last) };
            match (number(first), end) {
                (Some(first), Some(last)) if first > last => Part::Whole,
                (Some(first), Some(_)) if first >= length => Part::Outside,
                (Some(first), Some(last)) => Part::Range(first, last.saturating_add(1).min(length)),
                _ => Part::Whole,
            }
        }
        (true, true) => Part::Whole,
    }
}

/// Returns whether a list of tags (`If-None-Match`) contains this one.
pub(super) fn names(list: &str, tag: &str) -> bool {
    list.split(',').map(str::trim).any(|one| one == "*" || one.strip_prefix("W/").unwrap_or(one) == tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_those_of_the_standard() {
        for (header, expected) in [
            ("bytes=0-0", Part::Range(0, 1)),
            ("bytes=0-499", Part::Range(0, 500)),
            ("bytes=500-", Part::Range(500, 1000)),
            ("bytes=-1", Part::Range(999, 1000)),
            ("bytes=-5000", Part::Range(0, 1000)),
            ("bytes=999-99999999999999999999", Part::Whole),
            ("bytes=999-5000", Part::Range(999, 1000)),
            ("bytes=1000-", Part::Outside),
            ("bytes=-0", Part::Outside),
            ("bytes=5-4", Part::Whole),
            ("bytes=0-1,5-6", Part::Whole),
            ("bytes=a-b", Part::Whole),
            ("bytes=-", Part::Whole),
            ("bytes=+1-2", Part::Whole),
            ("sectors=0-1", Part::Whole),
            ("", Part::Whole),
        ] {
            assert_eq!(part(Some(header), 1000), expected, "{header}");
        }
        assert_eq!(part(None, 1000), Part::Whole);
        assert_eq!(part(Some("bytes=0-"), 0), Part::Outside);
    }

    #[test]
    fn tags_are_compared_one_by_one() {
        let tag = "\"abc\"";
        for (list, expected) in
            [("\"abc\"", true), ("W/\"abc\"", true), ("\"x\", \"abc\"", true), ("*", true), ("\"ab\"", false)]
        {
            assert_eq!(names(list, tag), expected, "{list}");
        }
    }
}
