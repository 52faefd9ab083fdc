//! Maps of properties whose names the service makes up.

use std::collections::BTreeMap;

use crate::reflect::record::{Item, ItemMut, MapSlot, Type};
use crate::value::primitive::Primitive;

macro_rules! map_slot {
    ($([$($generic:ident)?] $value:ty: $item:ident;)*) => {$(
        impl$(<$generic: Type>)? MapSlot for BTreeMap<String, $value> {
            fn iter(&self) -> Box<dyn Iterator<Item = (&str, Item<'_>)> + '_> {
                Box::new(BTreeMap::iter(self).map(|(name, value)| (name.as_str(), Item::$item(value))))
            }
            fn get(&self, name: &str) -> Option<Item<'_>> {
                BTreeMap::get(self, name).map(|value| Item::$item(value))
            }
            fn insert(&mut self, name: &str, fill: &mut dyn FnMut(ItemMut<'_>) -> bool) {
                let mut value = <$value>::default();
                if fill(ItemMut::$item(&mut value)) {
                    BTreeMap::insert(self, name.to_owned(), value);
                } else {
                    BTreeMap::remove(self, name);
                }
            }
            fn clear(&mut self) {
                BTreeMap::clear(self);
            }
        }
    )*};
}

map_slot! {
    [T] T: Record;
    [] Primitive: Scalar;
    [] String: Scalar;
}
