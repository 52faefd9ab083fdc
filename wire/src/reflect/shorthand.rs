//! Slots of the types that fields mostly have, by short names.

use super::record::{Slot, SlotMut};
use crate::value::odata::{ETag, ODataId, ODataType};
use crate::value::oem::Oem;
use crate::value::text::{DateTime, Duration};

// A call to one of these costs the compiler less than to see, for every single field, that its type is a `ScalarSlot`; and
// less memory if it stays a call.
macro_rules! scalar_slots {
    ($($name:ident $name_mut:ident: $ty:ty;)*) => {$(
        /// Returns the slot of such a field.
        #[inline(never)]
        pub fn $name(slot: &$ty) -> Slot<'_> {
            Slot::Scalar(slot)
        }
        /// Returns the slot of such a field.
        #[inline(never)]
        pub fn $name_mut(slot: &mut $ty) -> SlotMut<'_> {
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
