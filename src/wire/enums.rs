//! Open enumerations: the members that the schema knows, and whatever else a service writes.

use std::fmt;

use super::record::EnumSlot;

/// An enumeration whose members are known, but which takes any spelling.
pub trait OpenEnum: Sized {
    /// The member of this number in [`EnumTable::members`](super::EnumTable::members), which is looked up where it is not
    /// known; beyond the last, a spelling that the schema does not know.
    fn of(number: Option<usize>, spelling: &str) -> Self;
    /// As it is spelled in JSON.
    fn spelling(&self) -> &str;
}

impl<E: OpenEnum> EnumSlot for Option<E> {
    fn len(&self) -> usize {
        usize::from(self.is_some())
    }
    fn get(&self, index: usize) -> Option<&str> {
        match self {
            Some(member) if index == 0 => Some(member.spelling()),
            _ => None,
        }
    }
    fn push(&mut self, number: Option<usize>, spelling: &str) {
        *self = Some(E::of(number, spelling));
    }
    fn clear(&mut self) {
        *self = None;
    }
}

impl<E: OpenEnum> EnumSlot for Vec<E> {
    fn len(&self) -> usize {
        self.len()
    }
    fn get(&self, index: usize) -> Option<&str> {
        match self.as_slice().get(index) {
            Some(member) => Some(member.spelling()),
            None => None,
        }
    }
    fn push(&mut self, number: Option<usize>, spelling: &str) {
        self.push(E::of(number, spelling));
    }
    fn clear(&mut self) {
        self.clear();
    }
}

/// How a member is printed for a person.
pub(crate) fn named(spelling: &str, unrecognized: bool, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match unrecognized {
        true => f.debug_tuple("Unrecognized").field(&spelling).finish(),
        false => f.write_str(spelling),
    }
}

/// The traits that every open enumeration has beside [`OpenEnum`].
macro_rules! open_enum_traits {
    ($name:ident) => {
        impl std::fmt::Debug for $name {
            #[inline]
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                $crate::wire::private::named(self.as_str(), matches!(self, Self::Unrecognized(_)), f)
            }
        }
        impl std::fmt::Display for $name {
            #[inline]
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }
        impl From<&str> for $name {
            #[inline]
            fn from(spelling: &str) -> Self {
                $crate::wire::OpenEnum::of(None, spelling)
            }
        }
        impl std::str::FromStr for $name {
            type Err = std::convert::Infallible;
            #[inline]
            fn from_str(spelling: &str) -> Result<Self, Self::Err> {
                Ok(Self::from(spelling))
            }
        }
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $crate::wire::private::spelled(deserializer)
            }
        }
    };
}
pub(crate) use open_enum_traits;
