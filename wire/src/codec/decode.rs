//! Decodes payloads into values. Nearly all payloads are JSON text and are read as they are. Those that are JSON apart from
//! invalid bytes in strings are mended first.

mod dynamic;
mod fill;
mod link;

use super::deviation::Deviation;
use super::error::{DecodeError, DecodeErrorKind, Limits};
use super::json::{Peek, position};
use super::lossy::Lossy;
use super::mend::Mended;
use super::reader::Reader;
use crate::reflect::compare::same_slot;
use crate::reflect::record::{Record, Type};
use crate::value::odata::ODataType;
use fill::Filler;

/// A decoded payload and where it departs from the schemas.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Decoded<T> {
    /// The payload as a value.
    pub value: T,
    /// Where it departs from the schemas, in the order of the text.
    pub deviations: Vec<Deviation>,
}

/// Decodes a JSON object into a type.
///
/// ```
/// use rosefish::wire::{Handling, Limits, decode};
/// use rosefish::schema::resource::Status;
///
/// let decoded = decode::<Status>(br#"{"Health": "Ok", "State": "Enabled"}"#, &Limits::default())?;
/// assert_eq!(decoded.value.health, Some(rosefish::schema::resource::Health::OK));
/// assert_eq!(decoded.deviations[0].pointer, "/Health");
/// assert_eq!(decoded.deviations[0].handling, Handling::Coerced);
/// # Ok::<(), rosefish::wire::DecodeError>(())
/// ```
///
/// # Errors
///
/// Where the bytes are not a JSON object or exceed a limit. Nothing else is an error.
pub fn decode<T: Type>(json: &[u8], limits: &Limits) -> Result<Decoded<T>, DecodeError> {
    let mut value = T::default();
    let deviations = decode_into(&mut value, json, limits)?;
    Ok(Decoded { value, deviations })
}

/// Decodes a JSON object into an empty record.
///
/// # Errors
///
/// As [`decode`].
pub fn decode_into(record: &mut dyn Record, json: &[u8], limits: &Limits) -> Result<Vec<Deviation>, DecodeError> {
    let fail = |kind, at| DecodeError::new(kind, at, String::new(), String::new());
    let size = limits.size.min(Limits::MAX_SIZE);
    if json.len() > size {
        return Err(fail(DecodeErrorKind::TooLarge(size), (1, 1)));
    }
    let json = without_mark(json);
    let error = match simdutf8::basic::from_utf8(json) {
        Ok(text) => match Filler::new(Reader::new(text.into(), limits)).payload(record) {
            // The only fault may be a control character in a string.
            Err(error) if matches!(error.kind(), DecodeErrorKind::Syntax(_)) => error,
            done => return done,
        },
        Err(_) => {
            let valid = json.utf8_chunks().next().map_or(0, |chunk| chunk.valid().len());
            fail(DecodeErrorKind::NotUtf8, position(json, valid))
        }
    };
    let Some(mended) = Mended::of(json, limits.memory_for(json.len())) else { return Err(error) };
    record.clear();
    Filler::new(Reader::mended(&mended, limits)).payload(record)
}

/// Decodes JSON text that a record or a link has kept.
pub(crate) fn decode_kept<T: Type>(json: Lossy<'_>) -> Result<Decoded<T>, DecodeError> {
    let mut value = T::default();
    let deviations = Filler::new(Reader::new(json, &Limits::default())).payload(&mut value)?;
    Ok(Decoded { value, deviations })
}

/// Returns the `@odata.type` of a payload, without decoding it.
#[must_use]
pub fn peek_odata_type(json: &[u8]) -> Option<ODataType> {
    let (json, limits) = (without_mark(json), Limits::default());
    let text = simdutf8::basic::from_utf8(json).ok();
    match text.map(|text| odata_type(Reader::new(text.into(), &limits))) {
        Some(Ok(found)) => found,
        _ => odata_type(Reader::mended(&Mended::of(json, limits.memory_for(json.len()))?, &limits)).ok().flatten(),
    }
}

fn odata_type(mut reader: Reader<'_>) -> Result<Option<ODataType>, DecodeError> {
    if reader.peek()? != Peek::Object {
        return Ok(None);
    }
    let mut members = 0;
    while let Some(name) = reader.next_name(&mut members)? {
        let peek = reader.peek()?;
        if reader.text(name).is_some_and(|name| name == "@odata.type") {
            return Ok(if peek == Peek::String { reader.str()?.map(ODataType::from) } else { None });
        }
        reader.skip(peek)?;
    }
    Ok(None)
}

/// Removes the byte order mark that some services put before the text.
fn without_mark(json: &[u8]) -> &[u8] {
    json.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(json)
}

/// Returns whether decoding this text would give the field the value that it has. If so, the encoder writes the original
/// text.
pub(crate) fn still_holds(record: &dyn Record, slot: usize, json: Lossy<'_>) -> bool {
    let mut fresh = record.table().make();
    let mut filler = Filler::new(Reader::new(json, &Limits::default()));
    let Some(field) = record.table().fields.get(slot) else { return false };
    let read = filler.reader.peek().and_then(|peek| filler.field(&mut *fresh, slot, field, peek, ""));
    read.is_ok() && same_slot(&record.slot(slot), &fresh.slot(slot))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::residue::Residue;
    use crate::reflect::module::Module;
    use crate::reflect::record::{Slot, SlotMut, new};
    use crate::reflect::table::Table;

    /// A type that has no field for the property of its table.
    #[derive(Debug, Clone, Default)]
    struct Lying {
        residue: Residue,
    }

    static MODULE: Module =
        Module::new("Test", "1.0.0\n\n*Test.Lying\t0\tC\nName\t0\tS\t6", &[new::<Lying>], &(&[] as &[&Module]));

    impl Record for Lying {
        fn slot(&self, _: usize) -> Slot<'_> {
            Slot::Rest(MODULE.table(0), &self.residue)
        }
        fn slot_mut(&mut self, _: usize) -> SlotMut<'_> {
            SlotMut::Rest(&mut self.residue)
        }
        fn type_table() -> &'static Table {
            MODULE.table(0)
        }
    }

    /// A release build doesn't panic, and keeps the property.
    #[test]
    #[cfg_attr(debug_assertions, should_panic(expected = "the table has Name, and the type has no field for it"))]
    fn a_type_that_differs_from_its_table_does_not_go_unnoticed() {
        let decoded = decode::<Lying>(br#"{"Name":"x","Other":1}"#, &Limits::default()).unwrap();
        assert_eq!(decoded.value.residue.iter().collect::<Vec<_>>(), [("Other", "1")]);
        assert_eq!(crate::encode(&decoded.value), r#"{"Name":"x","Other":1}"#);
    }

    #[test]
    #[cfg_attr(debug_assertions, should_panic(expected = "Test has no record type 7"))]
    fn a_number_that_no_type_has_does_not_go_unnoticed() {
        assert_eq!(MODULE.table(7).name, "Redfish.NoParameters");
    }
}
