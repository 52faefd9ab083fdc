//! What the generated code uses, by names that are short as they come often, and the traits that it leaves to macros.
//! Not for others: it changes with the generator.

pub use std::fmt::{Debug, Display, Formatter, Result as Formatted};
pub use std::hash::{Hash, Hasher};
pub use std::str::FromStr;

pub use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub use crate::Slot::{
    Enum as enumeration, Link as link, Map as map, Record as record, Rest as rest, Scalar as scalar,
};
pub use crate::SlotMut::{
    Enum as enumeration_mut, Link as link_mut, Map as map_mut, Record as record_mut, Rest as rest_mut,
    Scalar as scalar_mut,
};
pub use crate::codec::serde::{deserialize, serialize, spelled};
pub use crate::reflect::compare::{copied, print, same};
pub use crate::reflect::module::{description, find_table, find_type, tables};
pub use crate::reflect::record::new;
pub use crate::reflect::shorthand::*;
pub use crate::value::enums::named;
pub use crate::{
    ActionTarget, Actions, Collection, CollectionKind, DateTime, Doc, Duration, ETag, EnumTable, Fields, Guid, Link,
    MAP, MapSlot, Member, Module, Modules, ODataId, ODataType, Oem, OpenEnum, Primitive, Record, Residue,
    ResourceCollection, Slot, SlotMut, Table, Type, open_enum_traits, record_traits,
};

/// No residue.
pub const NONE: Residue = Residue::NONE;

/// The traits that every record type has beside [`Record`]. Where it stands, `w` is this module: the paths come more than a
/// thousand times, and each of their segments costs the compiler memory.
#[doc(hidden)]
#[macro_export]
macro_rules! record_traits {
    ($($name:ident)*) => {$(
        impl Clone for $name {
            #[inline]
            fn clone(&self) -> Self {
                w::copied(self)
            }
        }
        impl PartialEq for $name {
            #[inline]
            fn eq(&self, other: &Self) -> bool {
                w::same(self, other)
            }
        }
        impl w::Debug for $name {
            #[inline]
            fn fmt(&self, f: &mut w::Formatter<'_>) -> w::Formatted {
                w::print(self, f)
            }
        }
        impl w::Serialize for $name {
            fn serialize<S: w::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                w::serialize(self, serializer)
            }
        }
        impl<'de> w::Deserialize<'de> for $name {
            fn deserialize<D: w::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                w::deserialize(deserializer)
            }
        }
    )*};
}

/// What every open enumeration has beside [`OpenEnum`]. As in `record_traits`, `w` is this module.
#[doc(hidden)]
#[macro_export]
macro_rules! open_enum_traits {
    ($($name:ident)*) => {$(
        impl $name {
            /// Returns the spelling in JSON.
            #[inline]
            #[must_use]
            pub fn as_str(&self) -> &str {
                w::OpenEnum::spelling(self)
            }
        }
        // By the spelling, as all the rest: what is derived has an arm for each of some thousand members.
        impl Clone for $name {
            #[inline]
            fn clone(&self) -> Self {
                Self::from(self.as_str())
            }
        }
        impl PartialEq for $name {
            #[inline]
            fn eq(&self, other: &Self) -> bool {
                self.as_str() == other.as_str()
            }
        }
        impl Eq for $name {}
        impl w::Hash for $name {
            #[inline]
            fn hash<H: w::Hasher>(&self, state: &mut H) {
                self.as_str().hash(state);
            }
        }
        impl w::Debug for $name {
            #[inline]
            fn fmt(&self, f: &mut w::Formatter<'_>) -> w::Formatted {
                w::named(self.as_str(), matches!(self, Self::Unrecognized(_)), f)
            }
        }
        impl w::Display for $name {
            #[inline]
            fn fmt(&self, f: &mut w::Formatter<'_>) -> w::Formatted {
                f.pad(self.as_str())
            }
        }
        impl From<&str> for $name {
            #[inline]
            fn from(spelling: &str) -> Self {
                w::OpenEnum::of(w::Member { number: None, spelling })
            }
        }
        impl w::FromStr for $name {
            type Err = std::convert::Infallible;
            #[inline]
            fn from_str(spelling: &str) -> Result<Self, Self::Err> {
                Ok(Self::from(spelling))
            }
        }
        impl w::Serialize for $name {
            fn serialize<S: w::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }
        impl<'de> w::Deserialize<'de> for $name {
            fn deserialize<D: w::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                w::spelled(deserializer)
            }
        }
    )*};
}
