//! Open enumerations: the members that the schema knows, and whatever else a service writes.

use super::record::EnumSlot;
use super::table::EnumTable;

/// An enumeration whose members are known, but which takes any spelling.
pub trait OpenEnum: Sized {
    /// Its name and members.
    fn table() -> &'static EnumTable;
    /// The member of this number in [`EnumTable::members`]; beyond the last, a spelling that the schema does not know.
    fn make(number: usize, spelling: &str) -> Self;
    /// As it is spelled in JSON.
    fn spelling(&self) -> &str;

    /// The member of this number, which is looked up where it is not known.
    fn of(number: Option<usize>, spelling: &str) -> Self {
        match number {
            Some(number) => Self::make(number, spelling),
            None => Self::from_spelling(spelling),
        }
    }

    /// The member of this exact spelling, else one that the schema does not know.
    fn from_spelling(spelling: &str) -> Self {
        let number = Self::table().members.iter().position(|member| *member == spelling);
        Self::make(number.unwrap_or(usize::MAX), spelling)
    }
}

impl<E: OpenEnum> EnumSlot for Option<E> {
    fn len(&self) -> usize {
        usize::from(self.is_some())
    }
    fn get(&self, index: usize) -> Option<&str> {
        self.as_ref().filter(|_| index == 0).map(E::spelling)
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
        self.as_slice().get(index).map(E::spelling)
    }
    fn push(&mut self, number: Option<usize>, spelling: &str) {
        self.push(E::of(number, spelling));
    }
    fn clear(&mut self) {
        self.clear();
    }
}

/// The traits that every open enumeration has beside [`OpenEnum`].
macro_rules! open_enum_traits {
    ($name:ident) => {
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                match self {
                    Self::Unrecognized(text) => f.debug_tuple("Unrecognized").field(text).finish(),
                    _ => f.write_str(self.as_str()),
                }
            }
        }
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }
        impl From<&str> for $name {
            fn from(spelling: &str) -> Self {
                $crate::wire::OpenEnum::from_spelling(spelling)
            }
        }
        impl std::str::FromStr for $name {
            type Err = std::convert::Infallible;
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
                let text = <std::borrow::Cow<'de, str> as serde::Deserialize>::deserialize(deserializer)?;
                Ok(Self::from(&*text))
            }
        }
    };
}
pub(crate) use open_enum_traits;
