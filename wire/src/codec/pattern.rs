//! Checks names that the service makes up against the pattern that the schema has for them (`Redfish.DynamicPropertyPatterns`).
//! The patterns of the standard are a few character classes in a row, `^[A-Za-z][A-Za-z0-9_]+$`, which are parsed here.
//! Any other regular expression accepts every name.

use std::iter::Peekable;
use std::str::Chars;

/// One part of a pattern: which characters it takes, and how many.
struct Part {
    ranges: Vec<(char, char)>,
    space: bool,
    negated: bool,
    least: usize,
    most: usize,
}

impl Part {
    fn takes(&self, c: char) -> bool {
        let among =
            self.ranges.iter().any(|(first, last)| (*first..=*last).contains(&c)) || (self.space && c.is_whitespace());
        among != self.negated
    }
}

/// A parsed pattern.
pub(crate) struct Pattern {
    from_start: bool,
    to_end: bool,
    /// `None` if the pattern is not understood.
    parts: Option<Vec<Part>>,
}

impl Pattern {
    pub(crate) fn new(pattern: &str) -> Self {
        let (from_start, pattern) = pattern.strip_prefix('^').map_or((false, pattern), |rest| (true, rest));
        let (to_end, pattern) = pattern.strip_suffix('$').map_or((false, pattern), |rest| (true, rest));
        Self { from_start, to_end, parts: parse(pattern) }
    }

    /// Returns whether the name matches the pattern, or the pattern is not understood.
    pub(crate) fn fits(&self, name: &str) -> bool {
        let Some(parts) = &self.parts else { return true };
        if self.from_start {
            return matches(parts, name, self.to_end);
        }
        let mut starts = name.char_indices().map(|(start, _)| start).chain([name.len()]);
        starts.any(|start| matches(parts, name.get(start..).unwrap_or_default(), self.to_end))
    }
}

fn matches(parts: &[Part], name: &str, to_end: bool) -> bool {
    let Some((part, rest)) = parts.split_first() else { return !to_end || name.is_empty() };
    let (mut taken, mut end) = (0_usize, 0_usize);
    for c in name.chars().take(part.most).take_while(|c| part.takes(*c)) {
        taken = taken.saturating_add(1);
        end = end.saturating_add(c.len_utf8());
    }
    // As many as possible, then fewer.
    while taken >= part.least {
        let (before, after) = name.split_at_checked(end).unwrap_or_default();
        if matches(rest, after, to_end) {
            return true;
        }
        let Some(last) = before.chars().next_back() else { return false };
        taken = taken.saturating_sub(1);
        end = end.saturating_sub(last.len_utf8());
    }
    false
}

fn parse(pattern: &str) -> Option<Vec<Part>> {
    // Each repeated part multiplies the combinations to try; the standard has two such parts at most.
    const MOST: usize = 4;
    let mut chars = pattern.chars().peekable();
    let mut parts = Vec::new();
    while let Some(c) = chars.next() {
        let mut part = match c {
            '[' => class(&mut chars)?,
            c if c.is_ascii_alphanumeric() || matches!(c, '_' | '-') => {
                Part { ranges: vec![(c, c)], space: false, negated: false, least: 1, most: 1 }
            }
            _ => return None,
        };
        (part.least, part.most) = match chars.peek() {
            Some('+') => (1, usize::MAX),
            Some('*') => (0, usize::MAX),
            Some('?') => (0, 1),
            _ => (1, 1),
        };
        if part.most != 1 || part.least != 1 {
            chars.next();
        }
        parts.push(part);
    }
    (parts.iter().filter(|part| part.most > 1).count() <= MOST).then_some(parts)
}

fn class(chars: &mut Peekable<Chars<'_>>) -> Option<Part> {
    let negated = chars.next_if_eq(&'^').is_some();
    let mut part = Part { ranges: Vec::new(), space: false, negated, least: 1, most: 1 };
    loop {
        match chars.next()? {
            ']' => return Some(part),
            '\\' => match chars.next()? {
                's' => part.space = true,
                c if c.is_ascii_alphanumeric() => return None,
                c => part.ranges.push((c, c)),
            },
            '[' => return None,
            first => {
                let mut ahead = chars.clone();
                match (ahead.next(), ahead.next()) {
                    (Some('-'), Some(last)) if last != ']' && last != '\\' => {
                        part.ranges.push((first, last));
                        *chars = ahead;
                    }
                    _ => part.ranges.push((first, first)),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_held_against_the_patterns_of_the_standard() {
        let cases = [
            ("^[A-Za-z][A-Za-z0-9_]+$", "ProcTurboMode", true),
            ("^[A-Za-z][A-Za-z0-9_]+$", "2xRefreshEnable", false),
            ("^[A-Za-z][A-Za-z0-9_]+$", "Memory ECC", false),
            ("^[A-Za-z][A-Za-z0-9_]+$", "A", false),
            ("^[^:\\s]+$", "X-Auth-Token", true),
            ("^[^:\\s]+$", "X Auth", false),
            ("^[^:\\s]+$", "", false),
            ("^[^:\\s]+$", "Größe", true),
            ("^[A-Z]*B?$", "ABB", true),
            ("[A-Za-z0-9]+", "é5", true),
            ("[A-Za-z0-9]+", "Success", true),
            ("[A-Za-z0-9]+", "-a-", true),
            ("[A-Za-z0-9]+", "--", false),
            ("^a(b|c)$", "whatever", true),
            ("^[A-Z]{3}$", "whatever", true),
            ("^[A-Z", "whatever", true),
        ];
        for (pattern, name, expected) in cases {
            assert_eq!(Pattern::new(pattern).fits(name), expected, "{pattern} {name}");
        }
    }
}
