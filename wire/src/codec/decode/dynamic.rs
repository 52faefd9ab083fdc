//! Dynamic properties: those whose names the service chooses, in types that allow for them.

use std::collections::HashMap;

use super::fill::Filler;
use crate::codec::deviation::{DeviationKind, Handling, Problem};
use crate::codec::error::DecodeError;
use crate::codec::json::Peek;
use crate::codec::pattern::Pattern;
use crate::codec::scalar::{Fit, ScalarSlot};
use crate::reflect::record::{ItemMut, Record};
use crate::reflect::table::Table;

/// The names in an object whose value was refused, and whether a later value of the same name was accepted. The last value of a
/// name counts, so the refused ones are then removed from the residue. This is done once, at the end, as there may be very
/// many.
#[derive(Default)]
pub(super) struct RefusedNames(Option<HashMap<String, bool>>);

impl RefusedNames {
    /// Removes refused values from the residue if a later value of the same name was accepted.
    pub(super) fn finish(self, record: &mut dyn Record) {
        if let Some(names) = self.0
            && names.values().any(|taken| *taken)
            && let Some(residue) = record.residue_mut()
        {
            residue.remove_all(|name| names.get(name) == Some(&true));
        }
    }
}

impl Filler<'_> {
    pub(super) fn dynamic(
        &mut self,
        record: &mut dyn Record,
        names: &mut RefusedNames,
        name: &str,
        peek: Peek,
    ) -> Result<(), DecodeError> {
        let start = self.reader.place();
        if !self.allows(record.table(), name) {
            let problem = Problem::new(DeviationKind::UnknownProperty, "a name that fits the schema's pattern");
            self.reader.deviate(problem, Handling::Kept, name);
        }
        let Some(map) = record.dynamic_mut() else {
            debug_assert!(false, "{:?} has dynamic properties to read, and none to change", record.table());
            return self.reader.skip(peek);
        };
        let refused_before = names.0.as_mut().and_then(|names| names.get_mut(name));
        if refused_before.is_some() || map.get(name).is_some() {
            self.again();
        }
        // A node of the tree is at least half full.
        self.reader.charge(name.len().saturating_add(const { 4 * size_of::<String>() }));
        let mut refused = Ok(None);
        map.insert(name, &mut |item| {
            refused = self.item(item, peek);
            matches!(refused, Ok(None))
        });
        match refused? {
            None => {
                if let Some(taken) = refused_before {
                    *taken = true;
                }
            }
            Some(problem) => {
                let json = self.reader.rest_of(start, peek)?;
                self.reader.deviate(problem, Handling::Withheld, json.text);
                self.push(record, name, json);
                self.reader.charge(name.len().saturating_add(size_of::<(String, bool)>()).saturating_mul(2));
                names.0.get_or_insert_default().insert(name.to_owned(), false);
            }
        }
        Ok(())
    }

    /// Reads a value. Returns why it was refused, if it was.
    fn item(&mut self, item: ItemMut<'_>, peek: Peek) -> Result<Option<Problem>, DecodeError> {
        Ok(match item {
            ItemMut::Record(inner) if peek == Peek::Object => {
                self.reader.charge(size_of_val(inner).saturating_mul(2));
                self.record(inner)?;
                None
            }
            ItemMut::Record(_) => Some(Problem::new(DeviationKind::WrongType, "an object")),
            ItemMut::Scalar(scalar) => match self.scalar(scalar, peek)? {
                Fit::Exact => None,
                Fit::Rounded => Some(Problem::new(DeviationKind::OutOfRange, "a number of at most 64 bits")),
                Fit::Odd(problem, _) | Fit::Refused(problem) => Some(problem),
            },
        })
    }

    fn scalar(&mut self, scalar: &mut dyn ScalarSlot, peek: Peek) -> Result<Fit, DecodeError> {
        let start = self.reader.place();
        let fit = scalar.read(&mut self.reader, peek)?;
        Ok(if self.reader.is_mended { self.mended_value(start, peek, fit) } else { fit })
    }

    /// Returns the same as [`Table::allows`], keeping the patterns for the next name.
    fn allows(&mut self, table: &'static Table, name: &str) -> bool {
        let patterns = match self.patterns.take() {
            Some(patterns) if patterns.0 == table => patterns,
            _ => (table, table.patterns.iter().map(|pattern| Pattern::new(pattern)).collect()),
        };
        let (_, patterns) = self.patterns.insert(patterns);
        patterns.iter().any(|pattern| pattern.fits(name))
    }
}
