//! Open enumerations: the members that the schema knows, and whatever else a service writes.

use std::fmt;

use crate::reflect::record::{EnumSlot, Member, item};

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
    #[allow(clippy::manual_map, reason = "`map` would be compiled once more for each enumeration")]
    fn put(&mut self, member: Option<Member<'_>>) {
        *self = match member {
            Some(member) => Some(E::of(member)),
            None => None,
        };
    }
}

impl<E: OpenEnum> EnumSlot for Vec<E> {
    fn get(&self, index: usize) -> Option<&str> {
        match item!(self, index) {
            Some(member) => Some(member.spelling()),
            None => None,
        }
    }
    fn put(&mut self, member: Option<Member<'_>>) {
        match member {
            // `push` is a function around `push_mut`.
            Some(member) => {
                let _ = self.push_mut(E::of(member));
            }
            None => *self = const { Self::new() },
        }
    }
}

/// Returns how a member is printed for a person.
pub fn named(spelling: &str, unrecognized: bool, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match unrecognized {
        true => f.debug_tuple("Unrecognized").field(&spelling).finish(),
        false => f.write_str(spelling),
    }
}
