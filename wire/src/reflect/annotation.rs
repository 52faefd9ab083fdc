//! Annotations of objects and of properties (`@Redfish.Settings`, `BootSourceOverrideTarget@Redfish.AllowableValues`),
//! typed when asked for.

use serde::de::DeserializeOwned;

use crate::codec::decode::{Decoded, decode_kept};
use crate::codec::error::DecodeError;
use crate::codec::lenient::value_of;
use crate::codec::lossy::Lossy;
use crate::reflect::record::{Record, Type};
use crate::value::action::ActionTarget;

/// The annotations of an object and of its properties.
#[derive(Debug, Clone, Copy)]
pub struct Annotations<'a>(&'a dyn Record);

impl<'a> Annotations<'a> {
    pub(crate) fn of(record: &'a dyn Record) -> Self {
        Self(record)
    }

    /// Returns the JSON text of an annotation: of a property, or of the object where the property is `""`.
    ///
    /// `get("BootSourceOverrideTarget", "Redfish.AllowableValues")`
    #[must_use]
    pub fn get(self, property: &str, term: &str) -> Option<&'a str> {
        self.kept(property, term).map(|json| json.text)
    }

    fn kept(self, property: &str, term: &str) -> Option<Lossy<'a>> {
        let is_wanted = |name: &str| name.split_once('@') == Some((property, term));
        self.0.residue().unknown().filter(|(name, _)| is_wanted(name)).map(|(_, json)| json).last()
    }

    /// Returns an annotation as a value of a serde type.
    ///
    /// # Errors
    ///
    /// Where the annotation does not fit the type.
    pub fn parse<T: DeserializeOwned>(self, property: &str, term: &str) -> Option<Result<T, serde_json::Error>> {
        self.get(property, term).map(value_of)
    }

    /// Returns an annotation as a value of a Redfish type, `record::<schema::Settings>("", "Redfish.Settings")`.
    ///
    /// # Errors
    ///
    /// Where the annotation is not an object.
    #[must_use]
    pub fn record<T: Type>(self, property: &str, term: &str) -> Option<Result<Decoded<T>, DecodeError>> {
        self.kept(property, term).map(decode_kept)
    }

    /// Returns the values that the service accepts for a property or parameter (`@Redfish.AllowableValues`).
    #[must_use]
    pub fn allowable_values(self, property: &str) -> Option<Vec<String>> {
        self.parse::<serde_json::Value>(property, "Redfish.AllowableValues")?.ok()?.as_array().map(|values| {
            values.iter().map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned)).collect()
        })
    }

    /// Returns all: the property (or `""`), the term and the JSON text.
    pub fn iter(self) -> impl Iterator<Item = (&'a str, &'a str, &'a str)> {
        let record = self.0;
        record.residue().iter().filter_map(|(name, json)| name.split_once('@').map(|(of, term)| (of, term, json)))
    }
}

impl dyn Record {
    /// Returns the annotations of this object and of its properties.
    #[must_use]
    pub fn annotations(&self) -> Annotations<'_> {
        Annotations::of(self)
    }
}

impl ActionTarget {
    /// Returns the values that the service accepts for a parameter, where it says so right here.
    #[must_use]
    pub fn allowable_values(&self, parameter: &str) -> Option<Vec<String>> {
        (self as &dyn Record).annotations().allowable_values(parameter)
    }
}
