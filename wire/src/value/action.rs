//! How the actions of a resource are invoked: the objects that stand for them in `Actions`.

use crate::codec::residue::Residue;
use crate::reflect::fields::Fields;
use crate::reflect::record::{Record, Slot, SlotMut, new};
use crate::reflect::table::{Capabilities, Doc, Kind, Notes, Table, TypeKind};
use crate::value::odata::ODataId;
use crate::value::oem::Oem;
use crate::value::version::Version;

/// How an action is invoked (`"#ComputerSystem.Reset": {"target": ...}`), DSP0266, "Actions property". The values that
/// the service accepts for a parameter are annotations of it: see [`ActionTarget::allowable_values`].
#[derive(Default)]
#[non_exhaustive]
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
    /// Returns how an action is invoked, `"ComputerSystem.Reset"`; none where this resource does not have it.
    #[must_use]
    pub fn get(&self, action: &str) -> Option<&ActionTarget> {
        let name = action.strip_prefix('#').unwrap_or(action);
        self.iter().find(|(known, _)| *known == name).map(|(_, target)| target)
    }

    /// Returns the standard's actions that this resource has, by name, and how they are invoked.
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

pub(crate) static ACTION_TARGET: Table =
    table("Redfish.ActionTarget", "target\t0\tU\t6\ntitle\t0\tS\t6\n@Redfish.ActionInfo\t0\tU\t6", new::<ActionTarget>);

static ACTIONS: Table = table("Redfish.Actions", "Oem\t0\tO\t6", new::<Actions>);

pub(crate) static NO_PARAMETERS: Table = table("Redfish.NoParameters", "", new::<NoParameters>);

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
        places: &[],
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
