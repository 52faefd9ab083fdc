//! Regular expressions of schemas and profiles, each compiled once. The engine takes linear time, whatever the expression.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use regex::{Regex, RegexBuilder};

/// Expressions by their text.
#[derive(Debug, Default)]
pub(crate) struct Patterns(RefCell<HashMap<String, Option<Arc<Regex>>>>);

/// More memory than any expression in use needs.
const LARGEST: usize = 1 << 20;

impl Patterns {
    /// Returns whether a text matches from its beginning, or `None` if the expression can't be read.
    pub(crate) fn matches(&self, pattern: &str, text: &str) -> Option<bool> {
        if let Some(known) = self.0.borrow().get(pattern) {
            return known.as_ref().map(|regex| regex.is_match(text));
        }
        let regex = RegexBuilder::new(&format!("^(?:{pattern})")).size_limit(LARGEST).build().ok().map(Arc::new);
        let matches = regex.as_ref().map(|regex| regex.is_match(text));
        self.0.borrow_mut().insert(pattern.to_owned(), regex);
        matches
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_match_from_the_beginning_and_wrong_expressions_match_nothing() {
        let patterns = Patterns::default();
        for (pattern, text, expected) in [
            ("^[0-9]+$", "12", Some(true)),
            ("a|b", "xb", Some(false)),
            ("[", "x", None),
            ("(?=a)a", "a", None),
            (r"^\d{4}\/x\-$", "2020/x-", Some(true)),
        ] {
            assert_eq!(patterns.matches(pattern, text), expected, "{pattern}");
            assert_eq!(patterns.matches(pattern, text), expected, "{pattern}, a second time");
        }
        let hostile = "a".repeat(50_000);
        assert_eq!(patterns.matches("^(a+)+$", &format!("{hostile}b")), Some(false));
    }
}
