//! The decoder: one driver that walks the JSON text and fills the slots of a record. What a slot refuses, and what
//! has no slot, goes to the record's residue as the text it was; a deviation says so.

mod dynamic;
mod link;
mod reader;
mod report;

use std::borrow::Cow;
use std::fmt;

use crate::codec::deviation::{Deviation, DeviationKind, Handling, Problem};
use crate::codec::error::{DecodeError, DecodeErrorKind, Limits};
use crate::codec::json::{Json, Peek, Quoted, position};
use crate::codec::pattern::Pattern;
use crate::codec::residue::Form;
use crate::codec::scalar::Fit;
use crate::reflect::record::{Member, Record, SlotMut, Type};
use crate::reflect::table::{Field, Kind, Table};
use crate::value::odata::ODataType;
use dynamic::RefusedNames;

/// A decoded payload and where it departs from the schemas.
#[derive(Debug, Clone, PartialEq)]
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
    if json.len() > limits.size.min(u32::MAX as usize / 2) {
        return Err(fail(DecodeErrorKind::TooLarge(limits.size), (1, 1)));
    }
    let json = without_mark(json);
    let text = simdutf8::compat::from_utf8(json)
        .map_err(|error| fail(DecodeErrorKind::NotUtf8, position(json, error.valid_up_to())))?;
    let mut decoder = Decoder::new(text, limits);
    let peek = decoder.peek()?;
    if peek != Peek::Object {
        decoder.skip(peek)?;
        decoder.json.finish().map_err(|wrong| decoder.error(wrong))?;
        return Err(fail(DecodeErrorKind::NotAnObject(name_of(peek)), (1, 1)));
    }
    decoder.record(record)?;
    decoder.json.finish().map_err(|wrong| decoder.error(wrong))?;
    Ok(decoder.deviations)
}

/// The `@odata.type` of a payload, without decoding it.
#[must_use]
pub fn peek_odata_type(json: &[u8]) -> Option<ODataType> {
    let limits = Limits::default();
    let mut decoder = Decoder::new(simdutf8::basic::from_utf8(without_mark(json)).ok()?, &limits);
    if decoder.peek().ok()? != Peek::Object {
        return None;
    }
    let mut members = 0;
    while let Some(name) = decoder.next_name(&mut members).ok()? {
        let peek = decoder.peek().ok()?;
        if name.text().is_some_and(|name| name == "@odata.type") {
            return if peek == Peek::String { decoder.str().ok()?.map(ODataType::from) } else { None };
        }
        decoder.skip(peek).ok()?;
    }
    None
}

/// Some services put a byte order mark before the text.
fn without_mark(json: &[u8]) -> &[u8] {
    json.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(json)
}

/// Whether a field that was read from this text would hold what it holds now. So the encoder knows if the original
/// still stands for the value.
pub(crate) fn still_holds(record: &dyn Record, slot: usize, json: &str) -> bool {
    let mut fresh = record.table().make();
    let limits = Limits::default();
    let mut decoder = Decoder::new(json, &limits);
    let Some(field) = record.table().fields.get(slot) else { return false };
    let read = decoder.peek().and_then(|peek| decoder.field(&mut *fresh, slot, field, peek, ""));
    read.is_ok() && crate::reflect::compare::same_slot(&record.slot(slot), &fresh.slot(slot))
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

/// Reads JSON text into records.
pub struct Decoder<'j> {
    json: Json<'j>,
    /// The string that was read last, if it had escapes.
    unescaped: Option<String>,
    deviations: Vec<Deviation>,
    path: Vec<Segment<'j>>,
    /// The patterns of the type whose dynamic names were read last: there are thousands of such names, or none.
    patterns: Option<(&'static Table, Vec<Pattern>)>,
    depth: usize,
    limits: Limits,
}

/// A step of a JSON pointer.
#[derive(Debug)]
enum Segment<'j> {
    Field(&'static str),
    Index(usize),
    Name(Cow<'j, str>),
}

/// What an object has had so far.
#[derive(Default)]
struct Seen {
    fields: Slots,
    /// Those beside which there is something in the residue.
    beside: Slots,
    refused: RefusedNames,
}

impl Seen {
    /// Notes a field; true if it is not the first time.
    fn again(&mut self, slot: usize) -> bool {
        self.fields.set(slot, true)
    }
}

/// Numbers of fields.
#[derive(Default)]
struct Slots([u64; 4]);

impl Slots {
    /// Puts a number in or takes it out; whether it was in.
    fn set(&mut self, slot: usize, is_in: bool) -> bool {
        let bit = 1_u64 << (slot % 64);
        match self.0.get_mut(slot / 64) {
            Some(word) => {
                let was_in = *word & bit != 0;
                *word = if is_in { *word | bit } else { *word & !bit };
                was_in
            }
            // No type has so many fields; of one that had, a repeated field would merely go unmentioned.
            None => false,
        }
    }
}

impl fmt::Debug for Decoder<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decoder").field("pointer", &self.pointer()).finish_non_exhaustive()
    }
}

impl<'j> Decoder<'j> {
    fn new(text: &'j str, limits: &Limits) -> Self {
        let limits = Limits { depth: limits.depth.min(Limits::MAX_DEPTH), ..*limits };
        Self {
            json: Json::new(text),
            unescaped: None,
            deviations: Vec::new(),
            path: Vec::with_capacity(8),
            patterns: None,
            depth: 0,
            limits,
        }
    }

    fn record(&mut self, record: &mut dyn Record) -> Result<(), DecodeError> {
        self.descend()?;
        let table = record.table();
        let mut seen = Seen::default();
        let mut members = 0;
        while let Some(name) = self.next_name(&mut members)? {
            let peek = self.peek()?;
            let Some(name) = name.text() else {
                self.unreadable(record, name, peek)?;
                continue;
            };
            if let Some((slot, field)) = table.fields.named(&name) {
                self.path.push(Segment::Field(field.name));
                if seen.again(slot) {
                    self.forget(record, slot, seen.beside.set(slot, false));
                }
                if self.field(record, slot, field, peek, "")? {
                    seen.beside.set(slot, true);
                }
                self.path.pop();
            } else {
                self.other(record, table, &mut seen, name, peek)?;
            }
        }
        seen.refused.finish(record);
        self.depth -= 1;
        Ok(())
    }

    /// A property that came before: what it had gives way to what comes now. What came by a name that was but nearly
    /// right is not the same property after all, and is kept as an unknown one.
    fn forget(&mut self, record: &mut dyn Record, slot: usize, beside: bool) {
        record.slot_mut(slot).clear();
        if beside && let Some(residue) = record.residue_mut() {
            let nearly =
                residue.beside(slot).and_then(|beside| Some((beside.name?.to_owned(), beside.json.to_owned())));
            residue.forget(slot);
            // Of that name another may have come since, which then counts.
            if let Some((name, json)) = nearly
                && residue.get(&name).is_none()
            {
                residue.push(&name, &json);
            }
        }
        self.again();
    }

    fn again(&mut self) {
        let problem = Problem::new(DeviationKind::DuplicateProperty, "a property once");
        self.deviate(problem, Handling::Kept, "the same name again");
    }

    /// A member whose name no field has.
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
        self.path.push(Segment::Name(name.clone()));
        if !annotation && record.dynamic().is_some() {
            self.dynamic(record, &mut seen.refused, &name, peek)?;
        } else if !annotation
            && let Some((slot, field)) = table.fields.nearly_named(name.trim())
            && !seen.again(slot)
        {
            let problem = Problem::new(DeviationKind::MiscasedProperty, field.name);
            self.deviate(problem, Handling::Coerced, &name);
            self.field(record, slot, field, peek, &name)?;
            seen.beside.set(slot, true);
        } else {
            let json = self.raw(peek)?;
            if !annotates && !table.is_generic() {
                let problem = Problem::new(DeviationKind::UnknownProperty, "a declared property");
                self.deviate(problem, Handling::Withheld, json);
            }
            push(record, &name, json);
        }
        self.path.pop();
        Ok(())
    }

    /// A member whose name is no Unicode text: no field has it.
    #[cold]
    fn unreadable(&mut self, record: &mut dyn Record, name: Quoted<'j>, peek: Peek) -> Result<(), DecodeError> {
        self.path.push(Segment::Name(Cow::Borrowed(name.raw())));
        let json = self.raw(peek)?;
        self.deviate(Problem::new(DeviationKind::Unicode, "a name"), Handling::Withheld, json);
        if let Some(residue) = record.residue_mut() {
            residue.push_unreadable(name.raw(), json);
        }
        self.path.pop();
        Ok(())
    }

    /// The whole text of a value of which a part, or nothing, was consumed.
    fn rest_of(&mut self, start: usize, peek: Peek) -> Result<&'j str, DecodeError> {
        if self.place() == start {
            self.skip(peek)?;
        }
        Ok(self.since(start))
    }

    /// A member whose name is that of a field, or nearly so: then `name` is what it is called. Whether something was put
    /// beside the field.
    fn field(
        &mut self,
        record: &mut dyn Record,
        slot: usize,
        field: &Field,
        peek: Peek,
        name: &str,
    ) -> Result<bool, DecodeError> {
        let start = self.place();
        if peek == Peek::Null {
            self.null()?;
            push_beside(record, slot, Form::Null, name, "null");
            if field.flags.many() {
                self.deviate(Problem::new(DeviationKind::NullCollection, "an array"), Handling::Kept, "null");
            } else if !field.flags.nullable() {
                self.deviate(Problem::new(DeviationKind::Null, expected(field)), Handling::Withheld, "null");
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
                let json = self.since(start);
                push_beside(record, slot, Form::Coerced, name, json);
            }
            Fit::Odd(problem, handling) => {
                let json = self.since(start);
                self.deviate(problem, handling, json);
                if handling != Handling::Coerced && name.is_empty() {
                    return Ok(false);
                }
                push_beside(record, slot, Form::Coerced, name, json);
            }
            Fit::Refused(problem) => {
                let json = self.rest_of(start, peek)?;
                self.deviate(problem, Handling::Withheld, json);
                record.slot_mut(slot).clear();
                push_beside(record, slot, Form::Withheld, name, json);
            }
        }
        Ok(true)
    }

    fn array(&mut self, record: &mut dyn Record, slot: usize, field: &Field) -> Result<Fit, DecodeError> {
        self.descend()?;
        let mut whole = true;
        let mut items = 0;
        while let Some(peek) = self.next_item(&mut items)? {
            self.path.push(Segment::Index(items - 1));
            let start = self.place();
            if peek == Peek::Null {
                self.null()?;
                whole = false;
                if !field.flags.nullable() {
                    self.deviate(Problem::new(DeviationKind::Null, expected(field)), Handling::Withheld, "null");
                }
            } else {
                match self.value(record, slot, field, peek)? {
                    Fit::Exact => {}
                    Fit::Rounded => whole = false,
                    Fit::Odd(problem, handling) => {
                        whole &= handling == Handling::Kept;
                        let json = self.since(start);
                        self.deviate(problem, handling, json);
                    }
                    Fit::Refused(problem) => {
                        whole = false;
                        let json = self.rest_of(start, peek)?;
                        self.deviate(problem, Handling::Withheld, json);
                    }
                }
            }
            self.path.pop();
        }
        if items == 0 {
            push_beside(record, slot, Form::Empty, "", "[]");
        }
        self.depth -= 1;
        // What of the array is in the field stands for it; the whole is kept beside it.
        Ok(if whole { Fit::Exact } else { Fit::Rounded })
    }

    /// One value, into a slot: added to it where it is an array's.
    fn value(&mut self, record: &mut dyn Record, slot: usize, field: &Field, peek: Peek) -> Result<Fit, DecodeError> {
        match record.slot_mut(slot) {
            SlotMut::Scalar(scalar) => scalar.read(self, peek),
            SlotMut::Enum(values) => {
                let problem = |kind| Problem::new(kind, expected(field));
                if peek != Peek::String {
                    return Ok(Fit::Refused(problem(DeviationKind::WrongType)));
                }
                let Some(text) = self.str()? else { return Ok(Fit::Refused(problem(DeviationKind::Unicode))) };
                let members = match field.kind {
                    Kind::Enum(table) => table.members,
                    _ => &[],
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
                if let Some(inner) = records.put(true) {
                    if let Kind::Record(table) = field.kind {
                        inner.adopt(table);
                    }
                    self.record(inner)?;
                }
                Ok(Fit::Exact)
            }
            SlotMut::Link(links) => match links.put(true) {
                Some(link) => self.link(link, field.kind, peek),
                None => Ok(Fit::Exact),
            },
            SlotMut::Rest(_) | SlotMut::Map(_) => {
                Ok(Fit::Refused(Problem::new(DeviationKind::UnknownProperty, "nothing")))
            }
        }
    }
}

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

fn push(record: &mut dyn Record, name: &str, json: &str) {
    if let Some(residue) = record.residue_mut() {
        residue.push(name, json);
    }
}

fn push_beside(record: &mut dyn Record, slot: usize, form: Form, name: &str, json: &str) {
    if let Some(residue) = record.residue_mut() {
        residue.push_beside(slot, form, name, json);
    }
}
