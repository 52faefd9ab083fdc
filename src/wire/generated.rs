//! The names that the generated code uses, short as they come often.

pub(crate) use super::action::{ACTION_TARGET, ACTIONS};
pub(crate) use super::{
    ActionTable, ActionTarget, Actions, Capabilities, Collection, DateTime, Detail, Doc, Duration, ETag, EnumTable,
    Field, Flags, Guid, Index, Kind, Link, MapSlot, Notes, ODataId, ODataType, Oem, OpenEnum, Primitive, Record,
    Residue, Slot, SlotMut, Table, TypeKind, Version, open_enum_traits, record_traits,
};

pub(crate) const fn field(
    name: &'static str,
    kind: Kind,
    flags: u16,
    notes: Notes,
    detail: Option<&'static Detail>,
) -> Field {
    Field { name, kind, flags: Flags(flags), notes, detail }
}

/// A version and the place of a description.
pub(crate) const fn n(major: u8, minor: u8, errata: u8, place: u32) -> Notes {
    Notes { since: Version(major, minor, errata), doc: Doc(place) }
}

/// An empty record, for [`Table::new`].
pub(crate) fn new<T: Record + Default>() -> Box<dyn Record> {
    Box::new(T::default())
}
