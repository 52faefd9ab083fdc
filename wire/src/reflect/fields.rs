//! The properties of a type, parsed from one line of text each when they are first used.

use std::fmt;
use std::num::NonZeroU16;
use std::ops::Deref;
use std::sync::OnceLock;

use crate::reflect::column::{Malformed, filled, number, optional};
use crate::reflect::module::{Modules, find_enum, find_table};
use crate::reflect::table::{Detail, Doc, Field, Flags, Kind, Notes};
use crate::value::action::ACTION_TARGET;
use crate::value::version::Version;

/// The properties of a type: a slice of [`Field`]s, and a hash table from their names to their places.
pub struct Fields {
    text: &'static str,
    types: Modules,
    read: OnceLock<Read>,
}

/// The properties, and the hash table of their names.
type Read = (Box<[Field]>, Box<[Place]>);

/// A place in the hash table: the number of a property, counted from one, and a second hash of its name.
#[derive(Clone, Copy)]
struct Place {
    slot: Option<NonZeroU16>,
    tag: u16,
}

impl Fields {
    /// Reads text as the schema compiler writes it, a line per property: name, place of the description, kind, flags,
    /// version, unit, minimum, maximum, pattern and deprecation, with tabs between; what is last and empty is left out.
    /// The kinds of enumerations, objects and links are followed by the name of their type, which is among `types`.
    #[must_use]
    pub const fn new(text: &'static str, types: Modules) -> Self {
        Self { text, types, read: OnceLock::new() }
    }

    /// Returns the place of the property of this exact name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<usize> {
        self.named(name).map(|(slot, _)| slot)
    }

    /// Returns the property of this exact name, and its place.
    pub(crate) fn named(&self, name: &str) -> Option<(usize, &Field)> {
        self.alike(name).find(|(_, field)| field.name == name)
    }

    /// Returns the property whose name differs at most by case, and its place.
    pub(crate) fn nearly_named(&self, name: &str) -> Option<(usize, &Field)> {
        self.alike(name).find(|(_, field)| field.name.eq_ignore_ascii_case(name))
    }

    /// Returns the properties that may have this name, ignoring case.
    #[inline]
    fn alike(&self, name: &str) -> impl Iterator<Item = (usize, &Field)> {
        let (fields, places) = self.read();
        let (start, tag) = hash(name.as_bytes());
        // Never more than half full, so the search ends at an empty place.
        let taken = (start..).map_while(|place| {
            let place = places.get(place & places.len().saturating_sub(1))?;
            Some((usize::from(place.slot?.get()).saturating_sub(1), place.tag))
        });
        taken.filter(move |(_, found)| *found == tag).filter_map(|(slot, _)| Some((slot, fields.get(slot)?)))
    }

    #[inline]
    fn read(&self) -> &Read {
        self.read.get_or_init(|| {
            let line = |line: &'static str| self.line(line).unwrap_or_else(|fault| fault.fail("property", line));
            let fields: Box<[Field]> = self.text.lines().map(line).collect();
            let index = index(&fields);
            (fields, index)
        })
    }

    fn line(&self, line: &'static str) -> Result<Field, Malformed> {
        let mut columns = line.split('\t');
        let mut column = || columns.next().unwrap_or_default();
        let name = filled(column(), "a name")?;
        let doc = Doc(number(column(), "the place of a description")?);
        let kind = self.kind(column())?;
        let flags = Flags(number(column(), "flags")?);
        let since = optional(column(), |text| Version::read(text).ok_or(Malformed("a version")))?.unwrap_or_default();
        let detail = Detail {
            unit: optional(column(), Ok)?,
            minimum: optional(column(), |text| number(text, "a minimum"))?,
            maximum: optional(column(), |text| number(text, "a maximum"))?,
            pattern: optional(column(), Ok)?,
            deprecated: columns.next(),
        };
        if columns.next().is_some() {
            return Err(Malformed("ten columns"));
        }
        // Parsed once in the life of the program, like the static text that it comes from.
        let detail: Option<&'static Detail> = (detail != Detail::NONE).then(|| &*Box::leak(Box::new(detail)));
        Ok(Field { name, kind, flags, notes: Notes { since, doc }, detail })
    }

    fn kind(&self, text: &str) -> Result<Kind, Malformed> {
        let (letter, name) = text.split_at_checked(1).ok_or(Malformed("a kind"))?;
        let kind = match letter {
            "E" => find_enum(self.types, name).map(Kind::Enum).ok_or(Malformed("a known enumeration"))?,
            "R" => find_table(self.types, name).map(Kind::Record).ok_or(Malformed("a known record type"))?,
            "L" => find_table(self.types, name).map(Kind::Link).ok_or(Malformed("a known record type"))?,
            _ if !name.is_empty() => return Err(Malformed("a kind that is one letter")),
            "S" => Kind::String,
            "I" => Kind::Int,
            "F" => Kind::Decimal,
            "B" => Kind::Bool,
            "T" => Kind::DateTime,
            "D" => Kind::Duration,
            "G" => Kind::Guid,
            "P" => Kind::Primitive,
            "U" => Kind::ODataId,
            "Y" => Kind::ODataType,
            "V" => Kind::ETag,
            "O" => Kind::Oem,
            "A" => Kind::Record(&ACTION_TARGET),
            _ => return Err(Malformed("a kind")),
        };
        Ok(kind)
    }
}

impl Deref for Fields {
    type Target = [Field];

    fn deref(&self) -> &[Field] {
        &self.read().0
    }
}

impl<'a> IntoIterator for &'a Fields {
    type Item = &'a Field;
    type IntoIter = std::slice::Iter<'a, Field>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Debug for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

fn index(fields: &[Field]) -> Box<[Place]> {
    let size = fields.len().saturating_mul(2).next_power_of_two().max(2);
    let mut places = vec![Place { slot: None, tag: 0 }; size].into_boxed_slice();
    for (number, field) in (1..).zip(fields) {
        let (start, tag) = hash(field.name.as_bytes());
        let mut place = start & size.saturating_sub(1);
        while places.get(place).is_some_and(|taken| taken.slot.is_some()) {
            place = place.saturating_add(1) & size.saturating_sub(1);
        }
        if let Some(empty) = places.get_mut(place) {
            *empty = Place { slot: NonZeroU16::new(number), tag };
        }
    }
    places
}

/// Two hashes of a name, equal for names that differ only by case. Property names differ in length and at their
/// ends; eight bytes of either end are enough to tell them apart.
#[inline]
fn hash(name: &[u8]) -> (usize, u16) {
    const LOWER: u64 = u64::from_le_bytes([0x20; 8]);
    let (first, last) = if let (Some(first), Some(last)) = (name.first_chunk(), name.last_chunk()) {
        (u64::from_le_bytes(*first), u64::from_le_bytes(*last))
    } else if let (Some(first), Some(last)) = (name.first_chunk(), name.last_chunk()) {
        (u32::from_le_bytes(*first).into(), u32::from_le_bytes(*last).into())
    } else {
        (name.iter().fold(0, |sum, byte| (sum << 8) | u64::from(*byte)), 0)
    };
    // A letter's case is one bit.
    let mixed = (first | LOWER) ^ (last | LOWER).rotate_left(23) ^ name.len() as u64;
    let spread = mixed.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    ((spread >> 40) as usize, (spread >> 24) as u16)
}

#[cfg(test)]
mod tests {
    use std::panic::catch_unwind;

    use super::*;

    #[test]
    fn a_line_that_cant_be_read_fails_and_shifts_nothing() {
        let good = "Id\t0\tS\t6\nSize\t12\tI\t6\t1.2.0\tBy\t-1\t7\t^a$\t";
        let fields = Fields::new(good, &[]);
        assert_eq!(fields.iter().map(|field| field.name).collect::<Vec<_>>(), ["Id", "Size"]);
        let detail = fields.last().unwrap().detail.unwrap();
        assert_eq!((detail.minimum, detail.maximum, detail.pattern), (Some(-1), Some(7), Some("^a$")));
        assert_eq!((detail.unit, detail.deprecated), (Some("By"), Some("")));
        assert!(Fields::new("", &[]).is_empty());
        for (bad, expected) in [
            ("", "a name"),
            ("X", "the place of a description"),
            ("X\t-1\tS\t6", "the place of a description"),
            ("X\t0", "a kind"),
            ("X\t0\tZ\t6", "a kind"),
            ("X\t0\tSS\t6", "one letter"),
            ("X\t0\tS", "flags"),
            ("X\t0\tS\t70000", "flags"),
            ("X\t0\tEChassis.None\t6", "enumeration"),
            ("X\t0\tRChassis.None\t6", "record type"),
            ("X\t0\tL\t6", "record type"),
            ("X\t0\tS\t6\t1.x", "a version"),
            ("X\t0\tS\t6\t1.2.0.4", "a version"),
            ("X\t0\tI\t6\t\t\tlow", "a minimum"),
            ("X\t0\tI\t6\t\t\t\t99999999999999999999", "a maximum"),
            ("X\t0\tS\t6\t\t\t\t\t\told\tmore", "ten columns"),
        ] {
            let text: &'static str = format!("Id\t0\tS\t6\n{bad}\nName\t0\tS\t6").leak();
            let failure = catch_unwind(|| Fields::new(text, &[]).len()).expect_err(bad);
            let message = failure.downcast_ref::<String>().unwrap();
            assert!(message.contains(&format!("{bad:?}")) && message.contains(expected), "{message}");
        }
    }
}
