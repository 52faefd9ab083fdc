//! What is said of a payload that departs from the schemas, and where.

use std::fmt::Write as _;

use super::{Decoder, Segment};
use crate::codec::deviation::{Deviation, Handling, Problem};
use crate::reflect::secret::is_secret;

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

    /// The path as a JSON pointer.
    pub(super) fn pointer(&self) -> String {
        let length = |segment: &Segment<'_>| match segment {
            Segment::Field(name) => 1 + name.len(),
            Segment::Index(_) => 4,
            Segment::Name(name) => 1 + name.len(),
        };
        let mut text = String::with_capacity(self.path.iter().map(length).sum());
        for segment in &self.path {
            text.push('/');
            match segment {
                Segment::Field(name) => text.push_str(name),
                // A String takes whatever is written to it.
                Segment::Index(index) => drop(write!(text, "{index}")),
                Segment::Name(name) if name.contains(['~', '/']) => {
                    text.push_str(&name.replace('~', "~0").replace('/', "~1"));
                }
                Segment::Name(name) => text.push_str(name),
            }
        }
        text
    }
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
