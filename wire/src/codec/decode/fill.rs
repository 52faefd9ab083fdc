//! The driver: it walks the JSON text and fills the slots of a record. What a slot refuses, and what has no slot, is kept as text
//! in the record's residue, and a deviation reports it.

use std::borrow::Cow;

use super::dynamic::RefusedNames;
use crate::codec::deviation::{Deviation, DeviationKind, Handling, Problem};
use crate::codec::error::{DecodeError, DecodeErrorKind};
use crate::codec::json::{Peek, Quoted};
use crate::codec::lossy::Lossy;
use crate::codec::pattern::Pattern;
use crate::codec::reader::{Reader, Segment};
use crate::codec::residue::Form;
use crate::codec::scalar::Fit;
use crate::codec::writer::write_string;
use crate::reflect::record::{Member, Record, SlotMut};
use crate::reflect::table::{Field, Kind, Table};

/// Fills the slots of records from a reader.
pub(super) struct Filler<'j> {
    pub(super) reader: Reader<'j>,
    /// The patterns of the last type with dynamic names: a payload has thousands of such names, or none.
    pub(super) patterns: Option<(&'static Table, Vec<Pattern>)>,
}

/// The members of an object that were read so far.
#[derive(Default)]
struct Seen {
    fields: Slots,
    /// Fields with something beside them in the residue.
    beside: Slots,
    refused: RefusedNames,
}

impl Seen {
    /// Records that a field was read. Returns whether it was read before.
    fn again(&mut self, slot: usize) -> bool {
        self.fields.set(slot, true)
    }
}

/// A set of field numbers. The types of the standard fit into `first`; a vendor's schemas may describe a larger one.
#[derive(Default)]
struct Slots {
    first: [u64; 4],
    more: Vec<u64>,
}

impl Slots {
    /// Adds or removes a number. Returns whether it was in the set.
    fn set(&mut self, slot: usize, is_in: bool) -> bool {
        let bit = 1_u64 << (slot % 64);
        let at = slot / 64;
        let word = if at < self.first.len() {
            self.first.get_mut(at)
        } else {
            if self.more.len() <= at {
                self.more.resize(at.saturating_add(1), 0);
            }
            self.more.get_mut(at)
        };
        let Some(word) = word else { return false };
        let was_in = *word & bit != 0;
        *word = if is_in { *word | bit } else { *word & !bit };
        was_in
    }
}

impl<'j> Filler<'j> {
    pub(super) fn new(reader: Reader<'j>) -> Self {
        Self { reader, patterns: None }
    }

    /// Reads a whole payload.
    pub(super) fn payload(mut self, record: &mut dyn Record) -> Result<Vec<Deviation>, DecodeError> {
        let peek = self.reader.peek()?;
        if peek != Peek::Object {
            self.reader.skip(peek)?;
            self.reader.finish()?;
            let kind = DecodeErrorKind::NotAnObject(name_of(peek));
            return Err(DecodeError::new(kind, (1, 1), String::new(), String::new()));
        }
        self.record(record)?;
        if let Some(behind) = self.reader.behind() {
            self.behind(record, behind);
        }
        Ok(self.reader.deviations)
    }

    /// Keeps the text after the object. It takes only the memory of the text itself.
    #[cold]
    fn behind(&mut self, record: &mut dyn Record, behind: Lossy<'_>) {
        // It may be anything, even another object with a password, so only what comes before the first quote is shown.
        let mut found = String::new();
        write_string(&mut found, behind.text.split('"').next().unwrap_or_default());
        let problem = Problem::new(DeviationKind::TrailingData, "nothing behind the object");
        self.reader.deviate(problem, Handling::Kept, &found);
        if let Some(residue) = record.residue_mut() {
            residue.push_behind(behind);
            self.reader.charge(behind.text.len());
        }
    }

    pub(super) fn record(&mut self, record: &mut dyn Record) -> Result<(), DecodeError> {
        self.reader.descend()?;
        let table = record.table();
        let mut seen = Seen::default();
        let mut members = 0;
        while let Some(name) = self.reader.next_name(&mut members)? {
            let peek = self.reader.peek()?;
            let quoted = name;
            let Some(name) = self.reader.text(quoted) else {
                self.unreadable(record, quoted, peek)?;
                continue;
            };
            if self.reader.is_mended {
                self.mended_name(quoted);
            }
            if let Some((slot, field)) = table.fields.named(&name) {
                self.reader.path.push(Segment::Field(field.name));
                if seen.again(slot) {
                    self.forget(record, slot, seen.beside.set(slot, false));
                }
                if self.field(record, slot, field, peek, "")? {
                    seen.beside.set(slot, true);
                }
                self.reader.path.pop();
            } else {
                self.other(record, table, &mut seen, name, peek)?;
            }
        }
        seen.refused.finish(record);
        self.reader.depth = self.reader.depth.saturating_sub(1);
        Ok(())
    }

    /// Clears a property that occurs again, as the new value replaces the old one. If the old name was only nearly right, it
    /// was another property after all, and is kept as an unknown one.
    fn forget(&mut self, record: &mut dyn Record, slot: usize, beside: bool) {
        record.slot_mut(slot).clear();
        if beside && let Some(residue) = record.residue_mut() {
            residue.forget_nearly(slot);
        }
        self.again();
    }

    pub(super) fn again(&mut self) {
        let problem = Problem::new(DeviationKind::DuplicateProperty, "a property once");
        self.reader.deviate(problem, Handling::Kept, "the same name again");
    }

    /// Reads a member whose name is not exactly that of a field.
    fn other(
        &mut self,
        record: &mut dyn Record,
        table: &'static Table,
        seen: &mut Seen,
        name: Cow<'j, str>,
        peek: Peek,
    ) -> Result<(), DecodeError> {
        let annotates = name.bytes().any(|byte| byte == b'@');
        let annotation = annotates && !name.trim_start().starts_with("@odata.");
        self.reader.path.push(Segment::Name(name.clone()));
        if !annotation && record.dynamic().is_some() {
            self.dynamic(record, &mut seen.refused, &name, peek)?;
        } else if !annotation
            && let Some((slot, field)) = table.fields.nearly_named(name.trim())
            && !seen.again(slot)
        {
            let problem = Problem::new(DeviationKind::MiscasedProperty, field.name);
            self.reader.deviate(problem, Handling::Coerced, &name);
            self.field(record, slot, field, peek, &name)?;
            seen.beside.set(slot, true);
        } else {
            let json = self.reader.raw(peek)?;
            if !annotates && !table.is_generic() {
                let problem = Problem::new(DeviationKind::UnknownProperty, "a declared property");
                self.reader.deviate(problem, Handling::Withheld, json.text);
            }
            self.push(record, &name, json);
        }
        self.reader.path.pop();
        Ok(())
    }

    /// Keeps a property that has no field.
    pub(super) fn push(&mut self, record: &mut dyn Record, name: &str, json: Lossy<'_>) {
        if let Some(residue) = record.residue_mut() {
            self.reader.charge(residue.cost(name.len().saturating_add(json.text.len())));
            residue.push(name, json);
        }
    }

    /// Keeps the original text of a field's value.
    fn push_beside(&mut self, record: &mut dyn Record, slot: usize, form: Form, name: &str, json: Lossy<'_>) {
        if let Some(residue) = record.residue_mut() {
            self.reader.charge(residue.cost(name.len().saturating_add(json.text.len())));
            residue.push_beside(slot, form, name, json);
        }
    }

    /// Keeps a member whose name is not Unicode text, and so is not that of any field.
    #[cold]
    fn unreadable(&mut self, record: &mut dyn Record, name: Quoted<'j>, peek: Peek) -> Result<(), DecodeError> {
        self.reader.path.push(Segment::Name(Cow::Borrowed(name.raw())));
        let json = self.reader.raw(peek)?;
        self.reader.deviate(Problem::new(DeviationKind::Unicode, "a name"), Handling::Withheld, json.text);
        if let Some(residue) = record.residue_mut() {
            self.reader.charge(residue.cost(name.raw().len().saturating_add(json.text.len())));
            residue.push_unreadable(self.reader.quoted(name), json);
        }
        self.reader.path.pop();
        Ok(())
    }

    /// Reports what was mended in a name that can still be read.
    #[cold]
    fn mended_name(&mut self, quoted: Quoted<'j>) {
        let name = self.reader.text(quoted).unwrap_or_default();
        self.reader.path.push(Segment::Name(name));
        self.reader.report_string(quoted, "a name");
        self.reader.path.pop();
    }

    /// Refuses a string that lost bytes, and reports control characters in others. Returns the result of other values as it is.
    #[cold]
    pub(super) fn mended_value(&mut self, start: usize, peek: Peek, fit: Fit) -> Fit {
        if peek != Peek::String || self.reader.place() == start {
            return fit;
        }
        let expected = match &fit {
            Fit::Odd(problem, _) | Fit::Refused(problem) => problem.expected,
            Fit::Exact | Fit::Rounded => "a string",
        };
        if !self.reader.since(start).is_whole() {
            return Fit::Refused(Problem::new(DeviationKind::Unicode, expected));
        }
        let handling = if matches!(fit, Fit::Refused(_)) { Handling::Withheld } else { Handling::Kept };
        self.reader.report_controls(start, self.reader.place(), handling, expected);
        fit
    }

    /// Reads a member into its field. If its name is only nearly the field's, `name` is the name it has, otherwise empty.
    /// Returns whether something was kept beside the field.
    pub(super) fn field(
        &mut self,
        record: &mut dyn Record,
        slot: usize,
        field: &Field,
        peek: Peek,
        name: &str,
    ) -> Result<bool, DecodeError> {
        let start = self.reader.place();
        if peek == Peek::Null {
            self.reader.null()?;
            self.push_beside(record, slot, Form::Null, name, "null".into());
            if field.flags.many() {
                self.reader.deviate(Problem::new(DeviationKind::NullCollection, "an array"), Handling::Kept, "null");
            } else if !field.flags.nullable() {
                self.reader.deviate(Problem::new(DeviationKind::Null, expected(field)), Handling::Withheld, "null");
            }
            return Ok(true);
        }
        let outcome = if !field.flags.many() {
            self.value(record, slot, field, peek)?
        } else if peek == Peek::Array {
            self.array(record, slot, field)?
        } else {
            match self.value(record, slot, field, peek)? {
                Fit::Exact | Fit::Rounded | Fit::Odd(..) => {
                    let problem = Problem::new(DeviationKind::SingleForCollection, "an array");
                    Fit::Odd(problem, Handling::Coerced)
                }
                Fit::Refused(_) => Fit::Refused(Problem::new(DeviationKind::WrongType, "an array")),
            }
        };
        match outcome {
            Fit::Exact if name.is_empty() => return Ok(field.flags.many() && record.slot(slot).is_empty()),
            Fit::Exact | Fit::Rounded => {
                let json = self.reader.since(start);
                self.push_beside(record, slot, Form::Coerced, name, json);
            }
            Fit::Odd(problem, handling) => {
                let json = self.reader.since(start);
                self.reader.deviate(problem, handling, json.text);
                if handling != Handling::Coerced && name.is_empty() {
                    return Ok(false);
                }
                self.push_beside(record, slot, Form::Coerced, name, json);
            }
            Fit::Refused(problem) => {
                let json = self.reader.rest_of(start, peek)?;
                self.reader.deviate(problem, Handling::Withheld, json.text);
                record.slot_mut(slot).clear();
                self.push_beside(record, slot, Form::Withheld, name, json);
            }
        }
        Ok(true)
    }

    fn array(&mut self, record: &mut dyn Record, slot: usize, field: &Field) -> Result<Fit, DecodeError> {
        self.reader.descend()?;
        let mut whole = true;
        let mut items = 0;
        while let Some(peek) = self.reader.next_item(&mut items)? {
            self.reader.path.push(Segment::Index(items.saturating_sub(1)));
            self.reader.charge(ITEM);
            let start = self.reader.place();
            if peek == Peek::Null {
                self.reader.null()?;
                whole = false;
                if !field.flags.nullable() {
                    self.reader.deviate(Problem::new(DeviationKind::Null, expected(field)), Handling::Withheld, "null");
                }
            } else {
                match self.value(record, slot, field, peek)? {
                    Fit::Exact => {}
                    Fit::Rounded => whole = false,
                    Fit::Odd(problem, handling) => {
                        whole &= handling == Handling::Kept;
                        let json = self.reader.since(start);
                        self.reader.deviate(problem, handling, json.text);
                    }
                    Fit::Refused(problem) => {
                        whole = false;
                        let json = self.reader.rest_of(start, peek)?;
                        self.reader.deviate(problem, Handling::Withheld, json.text);
                    }
                }
            }
            self.reader.path.pop();
        }
        if items == 0 {
            self.push_beside(record, slot, Form::Empty, "", "[]".into());
        }
        self.reader.depth = self.reader.depth.saturating_sub(1);
        // The field has the items that could be read. Unless they are the whole array as it was, the original is kept beside it.
        Ok(if whole { Fit::Exact } else { Fit::Rounded })
    }

    /// Reads one value into a slot, adding it if the slot is an array's.
    #[inline]
    fn value(&mut self, record: &mut dyn Record, slot: usize, field: &Field, peek: Peek) -> Result<Fit, DecodeError> {
        let start = self.reader.place();
        let fit = self.fit(record, slot, field, peek)?;
        Ok(if self.reader.is_mended { self.mended_value(start, peek, fit) } else { fit })
    }

    fn fit(&mut self, record: &mut dyn Record, slot: usize, field: &Field, peek: Peek) -> Result<Fit, DecodeError> {
        match record.slot_mut(slot) {
            SlotMut::Scalar(scalar) => scalar.read(&mut self.reader, peek),
            SlotMut::Enum(values) => {
                let problem = |kind| Problem::new(kind, expected(field));
                if peek != Peek::String {
                    return Ok(Fit::Refused(problem(DeviationKind::WrongType)));
                }
                let Some(text) = self.reader.str()? else { return Ok(Fit::Refused(problem(DeviationKind::Unicode))) };
                let members = match field.kind {
                    Kind::Enum(table) => table.members,
                    other => {
                        debug_assert!(false, "{} has an enumeration's slot, and is {other:?}", field.name);
                        &[]
                    }
                };
                let mut put = |number| values.put(Some(Member { number: Some(number), spelling: text }));
                if let Some(number) = members.iter().position(|member| *member == text) {
                    put(number);
                    return Ok(Fit::Exact);
                }
                if let Some(number) = members.iter().position(|member| member.eq_ignore_ascii_case(text)) {
                    put(number);
                    return Ok(Fit::Odd(problem(DeviationKind::MiscasedMember), Handling::Coerced));
                }
                put(usize::MAX);
                let kind = if text.is_empty() { DeviationKind::EmptyMember } else { DeviationKind::UnknownMember };
                Ok(Fit::Odd(problem(kind), Handling::Kept))
            }
            SlotMut::Record(records) => {
                if peek != Peek::Object {
                    return Ok(Fit::Refused(Problem::new(DeviationKind::WrongType, "an object")));
                }
                let Some(inner) = records.put(true) else {
                    debug_assert!(false, "{} takes no object", field.name);
                    return Ok(Fit::Refused(Problem::new(DeviationKind::WrongType, "nothing")));
                };
                match field.kind {
                    Kind::Record(table) => inner.adopt(table),
                    other => debug_assert!(false, "{} has a record's slot, and is {other:?}", field.name),
                }
                // A record that is not in an array is part of the record around it.
                if field.flags.many() {
                    self.reader.charge(size_of_val(inner).saturating_mul(2));
                }
                self.record(inner)?;
                Ok(Fit::Exact)
            }
            SlotMut::Link(links) => match links.put(true) {
                Some(link) => self.link(link, field.kind, peek),
                None => {
                    debug_assert!(false, "{} takes no link", field.name);
                    Ok(Fit::Refused(Problem::new(DeviationKind::WrongType, "nothing")))
                }
            },
            SlotMut::Rest(_) | SlotMut::Map(_) => {
                debug_assert!(false, "the table has {}, and the type has no field for it", field.name);
                Ok(Fit::Refused(Problem::new(DeviationKind::UnknownProperty, "nothing")))
            }
        }
    }
}

/// The most that an item of an array takes apart from its text: twice its size, as a full vector doubles its capacity, and the
/// allocator's overhead for a small text.
const ITEM: usize = 2 * size_of::<String>() + 16;

fn expected(field: &Field) -> &'static str {
    match field.kind {
        Kind::String => "a string",
        Kind::Int => "an integer",
        Kind::Decimal => "a number",
        Kind::Bool => "true or false",
        Kind::DateTime => "a date and time",
        Kind::Duration => "a duration",
        Kind::Guid => "a UUID",
        Kind::Primitive => "a string, number or boolean",
        Kind::ODataId => "a URI",
        Kind::ODataType => "a type's name",
        Kind::ETag => "an ETag",
        Kind::Enum(table) => table.name,
        Kind::Record(_) | Kind::Oem => "an object",
        Kind::Link(_) => "a link",
    }
}

fn name_of(peek: Peek) -> &'static str {
    match peek {
        Peek::Null => "null",
        Peek::True | Peek::False => "a boolean",
        Peek::String => "a string",
        Peek::Array => "an array",
        Peek::Object => "an object",
        Peek::Number => "a number",
    }
}
