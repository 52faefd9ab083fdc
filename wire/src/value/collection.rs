//! Resource collections: one type for all of them.

use std::fmt;
use std::ops::{Deref, DerefMut};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::reflect::compare;
use crate::reflect::record::{Collection, Record, Slot, SlotMut, Type};
use crate::reflect::shorthand as w;
use crate::reflect::table::Table;
use crate::{ETag, Link, ODataId, ODataType, Oem, Residue};

/// Which collection a [`ResourceCollection`] is.
pub trait CollectionKind: Send + Sync + 'static {
    /// What its members are.
    type Member: Type;
    /// What the schemas say of it.
    fn table() -> &'static Table;
}

/// A resource collection (DSP0266, "Resource Collections"): `ChassisCollection`, `SensorCollection` and so on.
pub struct ResourceCollection<K: CollectionKind> {
    /// `Members`: those of this page.
    pub members: Vec<Link<K::Member>>,
    /// What all collections have.
    pub common: CollectionProperties,
}

/// What all collections have beside their members, and [`ResourceCollection`] derefs to. A struct of its own, so that it is
/// not compiled for each of a hundred collections.
#[derive(Default)]
pub struct CollectionProperties {
    /// `@odata.context`
    pub odata_context: Option<ODataId>,
    /// `@odata.id`
    pub odata_id: Option<ODataId>,
    /// `@odata.type`
    pub odata_type: Option<ODataType>,
    /// `@odata.etag`
    pub odata_etag: Option<ETag>,
    /// `Description`
    pub description: Option<String>,
    /// `Name`
    pub name: Option<String>,
    /// `Oem`
    pub oem: Option<Oem>,
    /// `Members@odata.count`: how many there are on all pages.
    pub members_count: Option<i64>,
    /// `Members@odata.nextLink`: where the next page is.
    pub members_next_link: Option<ODataId>,
    /// What the payload had beyond these fields.
    pub residue: Residue,
}

impl<K: CollectionKind> Deref for ResourceCollection<K> {
    type Target = CollectionProperties;

    #[inline]
    fn deref(&self) -> &CollectionProperties {
        &self.common
    }
}

impl<K: CollectionKind> DerefMut for ResourceCollection<K> {
    #[inline]
    fn deref_mut(&mut self) -> &mut CollectionProperties {
        &mut self.common
    }
}

impl<K: CollectionKind> Default for ResourceCollection<K> {
    fn default() -> Self {
        Self { members: const { Vec::new() }, common: CollectionProperties::default() }
    }
}

impl CollectionProperties {
    fn slot(&self, slot: usize, table: &'static Table) -> Slot<'_> {
        match slot {
            0 => w::odata_id(&self.odata_context),
            1 => w::odata_id(&self.odata_id),
            2 => w::odata_type(&self.odata_type),
            3 => w::etag(&self.odata_etag),
            4 => w::string(&self.description),
            5 => w::string(&self.name),
            6 => w::oem(&self.oem),
            8 => w::int(&self.members_count),
            9 => w::odata_id(&self.members_next_link),
            _ => Slot::Rest(table, &self.residue),
        }
    }

    fn slot_mut(&mut self, slot: usize) -> SlotMut<'_> {
        match slot {
            0 => w::odata_id_mut(&mut self.odata_context),
            1 => w::odata_id_mut(&mut self.odata_id),
            2 => w::odata_type_mut(&mut self.odata_type),
            3 => w::etag_mut(&mut self.odata_etag),
            4 => w::string_mut(&mut self.description),
            5 => w::string_mut(&mut self.name),
            6 => w::oem_mut(&mut self.oem),
            8 => w::int_mut(&mut self.members_count),
            9 => w::odata_id_mut(&mut self.members_next_link),
            _ => SlotMut::Rest(&mut self.residue),
        }
    }
}

impl fmt::Debug for CollectionProperties {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CollectionProperties").field("@odata.id", &self.odata_id).finish_non_exhaustive()
    }
}

impl<K: CollectionKind> Record for ResourceCollection<K> {
    fn slot(&self, slot: usize) -> Slot<'_> {
        match slot {
            7 => Slot::Link(&self.members),
            _ => self.common.slot(slot, K::table()),
        }
    }
    fn slot_mut(&mut self, slot: usize) -> SlotMut<'_> {
        match slot {
            7 => SlotMut::Link(&mut self.members),
            _ => self.common.slot_mut(slot),
        }
    }
    fn type_table() -> &'static Table {
        K::table()
    }
}

impl<K: CollectionKind> Collection for ResourceCollection<K> {
    type Member = K::Member;
    fn members(&self) -> &[Link<K::Member>] {
        &self.members
    }
}

impl<K: CollectionKind> Clone for ResourceCollection<K> {
    fn clone(&self) -> Self {
        compare::copied(self)
    }
}

impl<K: CollectionKind> PartialEq for ResourceCollection<K> {
    fn eq(&self, other: &Self) -> bool {
        compare::same(self, other)
    }
}

impl<K: CollectionKind> fmt::Debug for ResourceCollection<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        compare::print(self, f)
    }
}

impl<K: CollectionKind> Serialize for ResourceCollection<K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        crate::codec::serde::serialize(self, serializer)
    }
}

impl<'de, K: CollectionKind> Deserialize<'de> for ResourceCollection<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::codec::serde::deserialize(deserializer)
    }
}
