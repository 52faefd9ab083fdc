//! What is said of a payload that departs from the schemas, and where.

use super::{Decoder, Segment};
use crate::wire::compare::is_secret;
use crate::wire::deviation::{Deviation, Handling, Problem};

impl Decoder<'_> {
    pub(super) fn deviate(&mut self, problem: Problem, handling: Handling, found: &str) {
        let secret = self.path.iter().any(|segment| match segment {
            Segment::Field(name) => is_secret(name),
            Segment::Name(name) => is_secret(name),
            Segment::Index(_) => false,
        });
        let found = if secret { "***" } else { found };
        self.deviations.push(Deviation {
            pointer: self.pointer(),
            kind: problem.kind,
            expected: problem.expected.into(),
            found: excerpt(found),
            handling,
        });
    }

    pub(super) fn pointer(&self) -> String {
        pointer(&self.path)
    }
}

/// A path as a JSON pointer.
pub(super) fn pointer(path: &[Segment]) -> String {
    let mut text = String::new();
    for segment in path {
        text.push('/');
        match segment {
            Segment::Field(name) => text.push_str(name),
            Segment::Index(index) => text.push_str(&index.to_string()),
            Segment::Name(name) => text.push_str(&name.replace('~', "~0").replace('/', "~1")),
        }
    }
    text
}

/// The start of a JSON text, short enough for a line.
fn excerpt(json: &str) -> String {
    const LONGEST: usize = 80;
    if json.len() <= LONGEST {
        return json.to_owned();
    }
    let mut end = LONGEST;
    while !json.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}…", json.get(..end).unwrap_or_default())
}
