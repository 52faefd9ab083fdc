//! How the actions of a resource are invoked: the objects that stand for them in `Actions`.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::codec::residue::Residue;
use crate::reflect::fields::Fields;
use crate::reflect::generated as w;
use crate::reflect::record::{Record, Slot, SlotMut, Type};
use crate::reflect::table::{Capabilities, Doc, Kind, Notes, Table, TypeKind};
use crate::value::version::Version;
use crate::{Limits, ODataId, Oem, decode};

/// How an action is invoked (`"#ComputerSystem.Reset": {"target": ...}`), DSP0266, "Actions property". The values that
/// the service accepts for a parameter are annotations of it: see [`ActionTarget::allowable_values`].
#[derive(Default)]
pub struct ActionTarget {
    /// `target`: the URI to POST to.
    pub target: Option<ODataId>,
    /// `title`: a name for people.
    pub title: Option<String>,
    /// `@Redfish.ActionInfo`: the URI of a description of the parameters.
    pub action_info: Option<ODataId>,
    /// What the payload had beyond these.
    pub residue: Residue,
}

impl ActionTarget {
    /// The values that the service accepts for a parameter, where it says so right here.
    #[must_use]
    pub fn allowable_values(&self, parameter: &str) -> Option<Vec<String>> {
        (self as &dyn Record).annotations().allowable_values(parameter)
    }
}

/// The `Actions` of a resource: how each of them is invoked. One Rust type serves all resources.
pub struct Actions {
    /// `Oem`: the vendors' actions.
    pub oem: Option<Oem>,
    /// What the payload had beyond these.
    pub residue: Residue,
    table: &'static Table,
    /// By the slots of `table`, as far as there are any.
    targets: Vec<Option<ActionTarget>>,
}

impl Actions {
    /// How an action is invoked, `"ComputerSystem.Reset"`; none where this resource does not have it.
    #[must_use]
    pub fn get(&self, action: &str) -> Option<&ActionTarget> {
        let name = action.strip_prefix('#').unwrap_or(action);
        self.iter().find(|(known, _)| *known == name).map(|(_, target)| target)
    }

    /// The standard's actions that this resource has, by name, and how they are invoked.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &ActionTarget)> {
        let named = self.table.fields.iter().zip(&self.targets);
        named.filter_map(|(field, target)| Some((field.name.trim_start_matches('#'), target.as_ref()?)))
    }

    pub(crate) fn adopt(&mut self, table: &'static Table) {
        self.table = table;
        self.targets.resize_with(table.fields.len(), || None);
    }
}

impl Default for Actions {
    fn default() -> Self {
        Self { oem: None, residue: Residue::NONE, table: &ACTIONS, targets: Vec::new() }
    }
}

/// The parameters of an action that has none.
#[derive(Default)]
pub struct NoParameters {
    /// What a program wants to send all the same.
    pub residue: Residue,
}

pub(crate) static ACTION_TARGET: Table = table(
    "Redfish.ActionTarget",
    "target\t0\tU\t6\ntitle\t0\tS\t6\n@Redfish.ActionInfo\t0\tU\t6",
    crate::reflect::generated::new::<ActionTarget>,
);

static ACTIONS: Table = table("Redfish.Actions", "Oem\t0\tO\t6", crate::reflect::generated::new::<Actions>);

pub(crate) static NO_PARAMETERS: Table =
    table("Redfish.NoParameters", "", crate::reflect::generated::new::<NoParameters>);

const fn table(name: &'static str, fields: &'static str, new: fn() -> Box<dyn Record>) -> Table {
    Table {
        name,
        kind: TypeKind::Complex,
        fields: Fields::new(fields, &[]),
        actions: &[],
        patterns: &[],
        open: false,
        shell: false,
        uris: &[],
        capabilities: Capabilities { insertable: None, updatable: None, deletable: None },
        version: Version::NONE,
        notes: Notes { since: Version::NONE, doc: Doc(0) },
        new,
    }
}

impl Record for ActionTarget {
    fn slot(&self, slot: usize) -> Slot<'_> {
        match slot {
            0 => Slot::Scalar(&self.target),
            1 => Slot::Scalar(&self.title),
            2 => Slot::Scalar(&self.action_info),
            _ => Slot::Rest(&ACTION_TARGET, &self.residue),
        }
    }
    fn slot_mut(&mut self, slot: usize) -> SlotMut<'_> {
        match slot {
            0 => SlotMut::Scalar(&mut self.target),
            1 => SlotMut::Scalar(&mut self.title),
            2 => SlotMut::Scalar(&mut self.action_info),
            _ => SlotMut::Rest(&mut self.residue),
        }
    }
    fn type_table() -> &'static Table {
        &ACTION_TARGET
    }
}

impl Record for Actions {
    fn slot(&self, slot: usize) -> Slot<'_> {
        static NONE: Option<ActionTarget> = None;
        match self.table.fields.get(slot).map(|field| field.kind) {
            Some(Kind::Oem) => Slot::Scalar(&self.oem),
            Some(_) => Slot::Record(self.targets.get(slot).unwrap_or(&NONE)),
            None => Slot::Rest(self.table, &self.residue),
        }
    }
    fn slot_mut(&mut self, slot: usize) -> SlotMut<'_> {
        match self.table.fields.get(slot).map(|field| field.kind) {
            Some(Kind::Oem) => SlotMut::Scalar(&mut self.oem),
            _ => match self.targets.get_mut(slot) {
                Some(target) => SlotMut::Record(target),
                None => SlotMut::Rest(&mut self.residue),
            },
        }
    }
    fn type_table() -> &'static Table {
        &ACTIONS
    }
}

impl Record for NoParameters {
    fn slot(&self, _: usize) -> Slot<'_> {
        Slot::Rest(&NO_PARAMETERS, &self.residue)
    }
    fn slot_mut(&mut self, _: usize) -> SlotMut<'_> {
        SlotMut::Rest(&mut self.residue)
    }
    fn type_table() -> &'static Table {
        &NO_PARAMETERS
    }
}

/// What an action may return: a type, or nothing.
pub trait Returned: Sized + Send + 'static {
    /// Reads the answer's body.
    fn read(body: &[u8]) -> Option<Self>;
}

impl Returned for () {
    fn read(_: &[u8]) -> Option<Self> {
        None
    }
}

impl<T: Type> Returned for T {
    fn read(body: &[u8]) -> Option<Self> {
        decode(body, &Limits::default()).ok().map(|decoded| decoded.value)
    }
}

w::record_traits!(ActionTarget NoParameters);

impl Clone for Actions {
    fn clone(&self) -> Self {
        let mut made = Self::default();
        made.adopt(self.table);
        crate::reflect::compare::copy(self, &mut made);
        made
    }
}

impl PartialEq for Actions {
    fn eq(&self, other: &Self) -> bool {
        crate::reflect::compare::same(self, other)
    }
}

impl fmt::Debug for Actions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        crate::reflect::compare::print(self, f)
    }
}

impl Serialize for Actions {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        crate::codec::serde::serialize(self, serializer)
    }
}

/// Without the resource nothing says which actions there may be: they are all kept as what is unknown.
impl<'de> Deserialize<'de> for Actions {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::codec::serde::deserialize(deserializer)
    }
}
