//! What may be wrong with an FRU inventory, for its areas and its multirecords alike.

use crate::packet::Malformed;

/// Something wrong with an inventory.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Defect {
    /// In which area.
    pub area: &'static str,
    /// What.
    pub problem: Problem,
}

/// What may be wrong with an area.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Problem {
    /// Its checksum is wrong; it was read all the same.
    Checksum,
    /// It is of a version that isn't known.
    Version(u8),
    /// It is cut short, or not what it must be.
    Malformed(Malformed),
    /// It could not be read; the text says why.
    Unreadable(String),
    /// It begins within this other area, and so isn't one of its own.
    Within(&'static str),
}
