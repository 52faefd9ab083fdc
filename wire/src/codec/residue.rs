//! What a payload had beyond the fields of its type: unknown properties, annotations, explicit nulls and the
//! originals of values that a field could not hold unchanged. They are kept as the original JSON text and parsed only
//! when asked for. An empty residue is one pointer wide.

use std::fmt;

use super::lossy::{Lossy, LossyBox, Lost};
use crate::reflect::secret::shown;

/// What a payload had beyond the fields of its type.
///
/// It is part of every generated type, so that nothing is lost when a decoded value is encoded again. Three things go there, as the
/// JSON text that they were: properties that the type does not have, annotations (`Name@Message.ExtendedInfo`), and the original
/// of each value that its field could not take as it was, explicit nulls among them. A field that is changed loses its original.
/// An empty residue is one pointer wide, and nothing in it is parsed before somebody asks.
///
/// ```
/// use rosefish_wire::{ActionTarget, Limits, decode, encode};
///
/// let json = br#"{"target": "/redfish/v1/Actions/Polish", "title": 7, "Grade": "Fine"}"#;
/// let mut action = decode::<ActionTarget>(json, &Limits::default())?.value;
/// assert_eq!(action.residue.get("Grade"), Some("\"Fine\""));
/// assert_eq!(action.title.as_deref(), Some("7"));
/// assert!(encode(&action).contains(r#""title":7"#)); // the original, not its text
///
/// action.title = Some("Polish".to_owned());
/// assert!(encode(&action).contains(r#""title":"Polish""#));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// [`Record`](crate::Record) shows how a type has one.
#[derive(Clone, Default)]
pub struct Residue(Option<Box<Rest>>);

#[derive(Clone, Default)]
struct Rest {
    entries: Vec<Entry>,
    /// Names and JSON texts, one after the other.
    text: String,
    /// The bytes of the text that were lost because they are not UTF-8.
    lost: Vec<Lost>,
}

#[derive(Clone, Copy)]
struct Entry {
    /// The field that it belongs to, or [`NO_SLOT`].
    slot: u16,
    form: Form,
    /// Where in the text the name begins (an empty name is the field's own), the JSON begins, and the JSON ends.
    start: u32,
    value: u32,
    end: u32,
}

const NO_SLOT: u16 = u16::MAX;

/// The capacity that is reserved for the first text.
const LEAST_TEXT: usize = 128;

/// How an entry relates to its field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// It belongs to no field.
    Unknown,
    /// It belongs to no field: the name is not Unicode text, and is kept as written between its quotes.
    Unreadable,
    /// It belongs to no field: it is the text after the object.
    Behind,
    /// The field was null.
    Null,
    /// The field was an empty array.
    Empty,
    /// The field is empty because it could not hold this value.
    Withheld,
    /// The field has this value, which was written in another way.
    Coerced,
}

impl Form {
    /// Returns the JSON text, if all entries of this form have the same.
    fn json(self) -> Option<&'static str> {
        match self {
            Self::Null => Some("null"),
            Self::Empty => Some("[]"),
            Self::Unknown | Self::Unreadable | Self::Behind | Self::Withheld | Self::Coerced => None,
        }
    }
}

/// An entry as the encoder needs it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Beside<'a> {
    pub(crate) form: Form,
    /// The name in the payload, if it is not the field's own.
    pub(crate) name: Option<&'a str>,
    pub(crate) json: Lossy<'a>,
}

impl Residue {
    /// Nothing.
    pub const NONE: Self = Self(None);

    /// Returns whether there is nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// Returns the JSON text of a property or annotation that has no field of its own, by its exact name. Where bytes
    /// of it were not UTF-8 it has U+FFFD; [`encode_bytes`](crate::encode_bytes) gives the bytes back.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.kept(name).map(|json| json.text)
    }

    pub(crate) fn kept(&self, name: &str) -> Option<Lossy<'_>> {
        self.unknown().filter(|(found, _)| *found == name).map(|(_, json)| json).last()
    }

    /// Returns all properties and annotations that have no field of their own: name and JSON text.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.unknown().map(|(name, json)| (name, json.text))
    }

    pub(crate) fn unknown(&self) -> impl Iterator<Item = (&str, Lossy<'_>)> {
        self.of_form(Form::Unknown).map(|(name, json)| (name.text, json))
    }

    /// Returns the properties whose names are not Unicode text: the name as written between its quotes, and the JSON text.
    pub(crate) fn unreadable(&self) -> impl Iterator<Item = (Lossy<'_>, Lossy<'_>)> {
        self.of_form(Form::Unreadable)
    }

    /// Returns the text after the object.
    pub(crate) fn behind(&self) -> Option<Lossy<'_>> {
        self.of_form(Form::Behind).map(|(_, json)| json).last()
    }

    fn of_form(&self, form: Form) -> impl Iterator<Item = (Lossy<'_>, Lossy<'_>)> {
        self.rest().filter(move |(entry, ..)| entry.form == form).map(|(_, name, json)| (name, json))
    }

    /// Removes a property or annotation that has no field of its own.
    pub fn remove(&mut self, name: &str) {
        self.remove_all(|found| found == name);
    }

    pub(crate) fn remove_all(&mut self, gone: impl Fn(&str) -> bool) {
        let Some(rest) = &mut self.0 else { return };
        let text = &rest.text;
        rest.entries.retain(|entry| entry.form != Form::Unknown || !gone(entry.name(text)));
        if rest.entries.is_empty() {
            self.0 = None;
        }
    }

    /// Adds a property or annotation that has no field of its own. The text must be JSON: the encoder
    /// copies it as it is.
    pub(crate) fn push(&mut self, name: &str, json: Lossy<'_>) {
        self.add(NO_SLOT, Form::Unknown, name.into(), json);
    }

    /// Adds a property whose name is not Unicode text, as it is written between its quotes.
    pub(crate) fn push_unreadable(&mut self, name: Lossy<'_>, json: Lossy<'_>) {
        self.add(NO_SLOT, Form::Unreadable, name, json);
    }

    /// Adds the text after the object.
    pub(crate) fn push_behind(&mut self, text: Lossy<'_>) {
        self.add(NO_SLOT, Form::Behind, Lossy::default(), text);
    }

    pub(crate) fn push_beside(&mut self, slot: usize, form: Form, name: &str, json: Lossy<'_>) {
        debug_assert!(slot < usize::from(NO_SLOT), "no type has {slot} fields");
        if let Ok(slot) = u16::try_from(slot) {
            self.add(slot, form, name.into(), json);
        }
    }

    /// Returns the most memory that one more entry with a text of this length takes.
    pub(crate) fn cost(&self, text: usize) -> usize {
        let first = if self.is_empty() { const { size_of::<Rest>() + LEAST_TEXT + 2 * size_of::<Entry>() } } else { 0 };
        text.saturating_add(size_of::<Entry>()).saturating_mul(2).saturating_add(first)
    }

    fn add(&mut self, slot: u16, form: Form, name: Lossy<'_>, json: Lossy<'_>) {
        let rest = self.0.get_or_insert_default();
        let start = rest.text.len();
        // The text that a form stands for is not stored.
        let json = if form.json().is_some() { Lossy::default() } else { json };
        let length = name.text.len().saturating_add(json.text.len());
        if length > 0 {
            // An object with one annotation usually has more.
            rest.text.reserve(length.max(if start == 0 { LEAST_TEXT } else { 0 }));
        }
        rest.text.push_str(name.text);
        let value = rest.text.len();
        rest.text.push_str(json.text);
        if !name.is_whole() || !json.is_whole() {
            rest.lost.extend(name.lost(start).chain(json.lost(value)));
        }
        // Payloads are limited to far less than 4 GiB by the decoder.
        let place = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        rest.entries.push(Entry { slot, form, start: place(start), value: place(value), end: place(rest.text.len()) });
    }

    /// Returns the entry of a field. If there are several, the last one counts, as in any JSON object.
    pub(crate) fn beside(&self, slot: usize) -> Option<Beside<'_>> {
        let rest = self.0.as_ref()?;
        let entry = rest.entries.iter().rev().find(|entry| usize::from(entry.slot) == slot)?;
        Some(Beside {
            form: entry.form,
            name: Some(entry.name(&rest.text)).filter(|name| !name.is_empty()),
            json: rest.json(entry),
        })
    }

    /// Removes the entries of a field. The search starts at the end, where they usually are, as there may be very many entries.
    pub(crate) fn forget(&mut self, slot: usize) {
        let Some(rest) = &mut self.0 else { return };
        let is_beside = |entry: &Entry| usize::from(entry.slot) == slot;
        if let Some(last) = rest.entries.iter().rposition(is_beside) {
            // The entries of a field are next to each other.
            let others = rest.entries.iter().take(last).rev().take_while(|entry| is_beside(entry)).count();
            rest.entries.drain(last.saturating_sub(others)..=last);
        }
        if rest.entries.is_empty() {
            self.0 = None;
        }
    }

    /// Removes the entries of a field. If the name in the payload was only nearly the field's, the value becomes an unknown
    /// property.
    pub(crate) fn forget_nearly(&mut self, slot: usize) {
        let nearly = self.beside(slot).and_then(|beside| Some((beside.name?.to_owned(), LossyBox::from(beside.json))));
        self.forget(slot);
        // A later property with that name takes precedence.
        if let Some((name, json)) = nearly
            && self.get(&name).is_none()
        {
            self.push(&name, json.view());
        }
    }

    fn rest(&self) -> impl Iterator<Item = (Entry, Lossy<'_>, Lossy<'_>)> {
        self.0.iter().flat_map(|rest| rest.entries.iter().map(|entry| (*entry, rest.name(entry), rest.json(entry))))
    }
}

impl Rest {
    fn name(&self, entry: &Entry) -> Lossy<'_> {
        Lossy::new(&self.text, &self.lost).part(entry.start as usize, entry.value as usize)
    }

    fn json(&self, entry: &Entry) -> Lossy<'_> {
        match entry.form.json() {
            Some(json) => json.into(),
            None => Lossy::new(&self.text, &self.lost).part(entry.value as usize, entry.end as usize),
        }
    }
}

impl Entry {
    fn name<'a>(&self, text: &'a str) -> &'a str {
        text.get(self.start as usize..self.value as usize).unwrap_or_default()
    }
}

impl PartialEq for Residue {
    /// Equal if the same entries belong to the same fields, in any order.
    fn eq(&self, other: &Self) -> bool {
        let sorted = |residue: &Self| {
            let of = |(entry, name, json): (Entry, Lossy<'_>, Lossy<'_>)| {
                let named = !matches!(entry.form, Form::Unreadable | Form::Behind);
                (entry.slot, named, name.bytes().into_owned(), json.bytes().into_owned())
            };
            let mut all: Vec<_> = residue.rest().map(of).collect();
            all.sort_unstable();
            all
        };
        match (&self.0, &other.0) {
            (None, None) => true,
            (Some(_), Some(_)) => sorted(self) == sorted(other),
            _ => false,
        }
    }
}

impl fmt::Debug for Residue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named = self.iter().chain(self.unreadable().map(|(name, json)| (name.text, json.text)));
        f.debug_map().entries(named.map(|(name, json)| (name, shown(name, json)))).finish()
    }
}
