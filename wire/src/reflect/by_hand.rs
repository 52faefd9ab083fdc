//! The traits of the types that are written by hand, as those of generated types: the same macros.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::codec::serde::{deserialize, serialize};
use crate::reflect::compare::{copy, print, same};
use crate::reflect::generated as w;
use crate::reflect::record::Record;
use crate::value::action::{ActionTarget, Actions, NoParameters};

w::record_traits!(ActionTarget NoParameters);

impl Clone for Actions {
    fn clone(&self) -> Self {
        let mut made = Self::default();
        made.adopt((self as &dyn Record).table());
        copy(self, &mut made);
        made
    }
}

impl PartialEq for Actions {
    fn eq(&self, other: &Self) -> bool {
        same(self, other)
    }
}

impl fmt::Debug for Actions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        print(self, f)
    }
}

impl Serialize for Actions {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serialize(self, serializer)
    }
}

/// Without the resource nothing says which actions there may be: they are all kept as what is unknown.
impl<'de> Deserialize<'de> for Actions {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserialize(deserializer)
    }
}
