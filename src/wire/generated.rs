//! The names that the generated code uses, short as they come often.

#![allow(unused_imports, dead_code, reason = "which of them are used depends on the features")]
pub(crate) use super::{
    ActionTarget, Actions, Collection, CollectionKind, DateTime, Duration, ETag, EnumTable, Fields, Guid, Link, MAP,
    MapSlot, Member, Module, Modules, ODataId, ODataType, Oem, OpenEnum, Primitive, Record, Residue,
    ResourceCollection, Slot, SlotMut, Table, Type, open_enum_traits, record_traits,
};

/// An empty record, for [`Table::make`].
pub(crate) fn new<T: Record + Default>() -> Box<dyn Record> {
    Box::<T>::default()
}

// A call to one of these costs the compiler less than to see, for every single field, that its type is a `ScalarSlot`.
macro_rules! scalar_slots {
    ($($name:ident $name_mut:ident: $ty:ty;)*) => {$(
        #[inline(never)]
        pub(crate) fn $name(slot: &$ty) -> Slot<'_> {
            Slot::Scalar(slot)
        }
        #[inline(never)]
        pub(crate) fn $name_mut(slot: &mut $ty) -> SlotMut<'_> {
            SlotMut::Scalar(slot)
        }
    )*};
}

scalar_slots! {
    string string_mut: Option<String>;
    int int_mut: Option<i64>;
    decimal decimal_mut: Option<f64>;
    boolean boolean_mut: Option<bool>;
    date_time date_time_mut: Option<DateTime>;
    duration duration_mut: Option<Duration>;
    odata_id odata_id_mut: Option<ODataId>;
    odata_type odata_type_mut: Option<ODataType>;
    etag etag_mut: Option<ETag>;
    oem oem_mut: Option<Oem>;
    strings strings_mut: Vec<String>;
}
