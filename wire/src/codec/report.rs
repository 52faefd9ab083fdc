//! Reports how a payload departs from the schemas, and where.

use std::borrow::Cow;
use std::fmt::Write as _;

use super::deviation::{Deviation, DeviationKind, Handling, Problem};
use super::json::{Json, Peek, Quoted};
use super::mend::Mended;
use super::reader::{Reader, Segment};
use crate::reflect::secret::{is_secret, shown};

impl Reader<'_> {
    pub(crate) fn deviate(&mut self, problem: Problem, handling: Handling, found: &str) {
        if self.is_spent() {
            return;
        }
        let secret = self.path.iter().any(|segment| match segment {
            Segment::Field(name) => is_secret(name),
            Segment::Name(name) => is_secret(name),
            Segment::Index(_) => false,
        });
        let found = if secret { "***".to_owned() } else { excerpt(found) };
        let pointer = self.pointer();
        // Twice, as a full vector doubles its capacity.
        self.charge(pointer.len().saturating_add(found.len()).saturating_add(const { 2 * size_of::<Deviation>() }));
        self.deviations.push(Deviation {
            pointer,
            kind: problem.kind,
            expected: problem.expected.into(),
            found,
            handling,
        });
    }

    /// Returns the path as a JSON pointer.
    pub(crate) fn pointer(&self) -> String {
        let length = |segment: &Segment<'_>| match segment {
            Segment::Field(name) => name.len().saturating_add(1),
            Segment::Index(_) => 4,
            Segment::Name(name) => name.len().saturating_add(1),
        };
        let mut text = String::with_capacity(self.path.iter().map(length).sum());
        for segment in &self.path {
            text.push('/');
            match segment {
                Segment::Field(name) => text.push_str(name),
                // Writing to a String doesn't fail.
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

impl<'j> Reader<'j> {
    /// Reports what was mended in a value that is kept as it is. The value was skipped before.
    #[cold]
    pub(crate) fn report_within(&mut self, start: usize) {
        let end = self.place();
        let is_mended = |mended: &Mended<'_>| mended.has_control(start, end);
        if !self.since(start).is_whole() || self.mended.is_some_and(is_mended) {
            let mut json = self.json.back_to(start);
            let _ = self.report_value(&mut json);
        }
    }

    /// Returns `None` if the text breaks off, which it can't, as it was read before.
    fn report_value(&mut self, json: &mut Json<'j>) -> Option<()> {
        match json.peek().ok()? {
            Peek::Object => {
                let mut first = true;
                while let Some(name) = json.next_name(std::mem::take(&mut first)).ok()? {
                    self.path.push(Segment::Name(self.text(name).unwrap_or(Cow::Borrowed(name.raw()))));
                    self.report_string(name, "a name");
                    self.report_value(json)?;
                    self.path.pop();
                }
            }
            Peek::Array => {
                let mut index = 0;
                while json.next_item(index == 0).ok()?.is_some() {
                    self.path.push(Segment::Index(index));
                    self.report_value(json)?;
                    self.path.pop();
                    index = index.saturating_add(1);
                }
            }
            Peek::String => {
                let string = json.string().ok()?;
                self.report_string(string, "a string");
            }
            Peek::Number => drop(json.number().ok()?),
            Peek::Null => json.word("null").ok()?,
            Peek::True => json.word("true").ok()?,
            Peek::False => json.word("false").ok()?,
        }
        Some(())
    }

    /// Reports what was mended in a string or name that is kept as it is.
    #[cold]
    pub(crate) fn report_string(&mut self, quoted: Quoted<'j>, expected: &'static str) {
        let (start, end) = quoted.place();
        if !self.quoted(quoted).is_whole() {
            self.deviate(Problem::new(DeviationKind::Unicode, expected), Handling::Withheld, quoted.raw());
        } else {
            self.report_controls(start, end, Handling::Kept, expected);
        }
    }

    /// Reports control characters in a part of the text.
    #[cold]
    pub(crate) fn report_controls(&mut self, start: usize, end: usize, handling: Handling, expected: &'static str) {
        if self.mended.is_some_and(|mended| mended.has_control(start, end)) {
            let found = self.part(start, end).text;
            self.deviate(Problem::new(DeviationKind::ControlCharacter, expected), handling, found);
        }
    }
}

/// Returns the start of a JSON text, short enough for a line.
fn excerpt(json: &str) -> String {
    const LONGEST: usize = 80;
    if json.len() <= LONGEST {
        return shown("", json).to_owned();
    }
    let start = json.get(..json.floor_char_boundary(LONGEST)).unwrap_or_default();
    match shown("", start) {
        shown if shown == start => format!("{start}…"),
        shown => shown.to_owned(),
    }
}
