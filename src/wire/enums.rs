//! Open enumerations: the members that the schema knows, and whatever else a service writes.

use std::fmt;

use super::record::{EnumSlot, Member};

/// An enumeration whose members are known, but which takes any spelling.
pub trait OpenEnum: Sized {
    /// This member; where the schema does not know it, its spelling.
    fn of(member: Member<'_>) -> Self;
    /// As it is spelled in JSON.
    fn spelling(&self) -> &str;
}

impl<E: OpenEnum> EnumSlot for Option<E> {
    fn get(&self, index: usize) -> Option<&str> {
        match self {
            Some(member) if index == 0 => Some(member.spelling()),
            _ => None,
        }
    }
    fn put(&mut self, member: Option<Member<'_>>) {
        *self = member.map(E::of);
    }
}

impl<E: OpenEnum> EnumSlot for Vec<E> {
    fn get(&self, index: usize) -> Option<&str> {
        match self.as_slice().get(index) {
            Some(member) => Some(member.spelling()),
            None => None,
        }
    }
    fn put(&mut self, member: Option<Member<'_>>) {
        match member {
            Some(member) => self.push(E::of(member)),
            None => *self = Self::new(),
        }
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
        // By the spelling, as all the rest: what is derived has an arm for each of some six thousand members.
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
                $crate::wire::OpenEnum::of($crate::wire::Member { number: None, spelling })
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
