//! Typed views of vendors' objects: what an `Oem` contains, as a type that a vendor's schemas describe.

use std::fmt;
use std::ops::Range;

use crate::codec::decode::{Decoded, decode, peek_odata_type};
use crate::codec::error::{DecodeError, Limits};
use crate::codec::splice::{self, Part};
use crate::reflect::diff::diff;
use crate::reflect::pointer::at;
use crate::reflect::record::{Record, Type};
use crate::reflect::table::Table;
use crate::value::odata::ODataType;
use crate::value::oem::Oem;

impl Oem {
    /// Returns the vendor's object of a type, with where it departs from the schema: the one whose `@odata.type` says so, else the one
    /// that has the name under which the type's schema says that it stands (`Rosefish.Places`), which may be all of the `Oem`
    /// (`Sensor/Oem`). None where there is none.
    ///
    /// # Errors
    ///
    /// Where that is not a JSON object, or too deep.
    pub fn typed<T: Type>(&self) -> Option<Result<Decoded<T>, DecodeError>> {
        let (_, place) = find(self.as_json(), T::type_table())?;
        let json = self.json().part(place.start, place.end);
        Some(decode(&json.bytes(), &Limits::default()))
    }

    /// Changes the vendor's object of a type, and says whether there is one. All that is not changed stays as the service wrote
    /// it; when the resource is changed, the leaves that differ are sent.
    ///
    /// # Errors
    ///
    /// As [`typed`](Self::typed), and where a property was changed that the schema lets nobody write. Then nothing is changed.
    pub fn change<T: Type>(&mut self, change: impl FnOnce(&mut T)) -> Result<bool, ViewError> {
        let Some(old) = self.typed::<T>() else { return Ok(false) };
        let old = old.map_err(ViewError::Unreadable)?.value;
        let mut new = old.clone();
        change(&mut new);
        self.take(&old, &new)?;
        Ok(true)
    }

    /// Applies the differences between two values of a vendor's object.
    fn take(&mut self, old: &dyn Record, new: &dyn Record) -> Result<(), ViewError> {
        let changes = diff(old, new).changes;
        if let Some(fixed) = changes.iter().find(|change| !change.writable) {
            return Err(ViewError::ReadOnly(fixed.pointer.clone()));
        }
        let Some((Some(start), _)) = find(self.as_json(), old.table()) else { return Ok(()) };
        for change in changes {
            let pointer = format!("{start}{}", change.pointer);
            match at(new, &change.pointer) {
                Some(json) => {
                    let set = self.set_json(&pointer, &json);
                    debug_assert!(set.is_some(), "{pointer} is within an object");
                }
                None => {
                    self.remove(&pointer);
                }
            }
        }
        Ok(())
    }
}

/// Why a vendor's object was not changed.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum ViewError {
    /// It can't be read as an object of that type.
    Unreadable(DecodeError),
    /// The schema lets nobody write the property at this JSON pointer.
    ReadOnly(String),
}

impl fmt::Display for ViewError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(error) => error.fmt(f),
            Self::ReadOnly(pointer) => write!(f, "{pointer} can't be changed: the schema says that it is read only"),
        }
    }
}

impl std::error::Error for ViewError {}

/// Finds the object of a type, a member or the whole: its JSON pointer (`None` if the member's name is not text), and its range.
fn find(json: &str, table: &Table) -> Option<(Option<String>, Range<usize>)> {
    let (_, parts) = splice::parts(json)?;
    let said = |part: &Part| {
        let text = json.get(part.value.clone()).unwrap_or_default();
        peek_odata_type(text.as_bytes()).is_some_and(|said| is_named(table, &said))
    };
    let ends = || table.places.iter().filter_map(|place| place.rsplit('/').next());
    let named = |part: &Part| {
        let name = part.name.as_deref().unwrap_or_default();
        ends().any(|end| end.eq_ignore_ascii_case(name))
    };
    if let Some(place) = parts.iter().position(said).or_else(|| parts.iter().position(named)) {
        let part = parts.into_iter().nth(place)?;
        let pointer = part.name.map(|name| format!("/{}", name.replace('~', "~0").replace('/', "~1")));
        return Some((pointer, part.value));
    }
    ends().any(|end| end == "Oem").then(|| (Some(String::new()), 0..json.len()))
}

/// Returns whether an `@odata.type` names a type.
fn is_named(table: &Table, said: &ODataType) -> bool {
    table.name.split_once('.') == Some((said.schema(), said.type_name()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::action::ActionTarget;

    const OEM: &str = r#"{"Other":{"target":"/x"},"contoso":{"target":"/a","Own":1.50},"More":[1]}"#;

    #[test]
    fn what_is_not_there_is_no_view_and_is_not_changed() {
        let mut oem: Oem = OEM.parse().unwrap();
        assert!(oem.typed::<ActionTarget>().is_none(), "neither the objects nor the type say that it is one");
        assert!(!oem.change::<ActionTarget>(|target| target.title = Some("A".into())).unwrap());
        assert_eq!(oem.as_json(), OEM);
    }
}
