//! How the actions of a resource are invoked: the objects that stand for them in `Actions`.

use super::fields::Fields;
use super::record::{Record, Slot, SlotMut};
use super::residue::Residue;
use super::table::{Capabilities, Doc, Notes, Table, TypeKind, Version};
use super::{ODataId, Oem};

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

/// The `Actions` of the many types for which the standard has none: vendors' only.
#[derive(Default)]
pub struct Actions {
    /// `Oem`: the vendors' actions.
    pub oem: Option<Oem>,
    /// What the payload had beyond these.
    pub residue: Residue,
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
    super::generated::new::<ActionTarget>,
);

pub(crate) static ACTIONS: Table = table("Redfish.Actions", "Oem\t0\tO\t6", super::generated::new::<Actions>);

static NO_PARAMETERS: Table = table("Redfish.NoParameters", "", super::generated::new::<NoParameters>);

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
    fn table(&self) -> &'static Table {
        &ACTION_TARGET
    }
    fn slot(&self, slot: usize) -> Slot<'_> {
        match slot {
            0 => Slot::Scalar(&self.target),
            1 => Slot::Scalar(&self.title),
            2 => Slot::Scalar(&self.action_info),
            _ => Slot::Residue(&self.residue),
        }
    }
    fn slot_mut(&mut self, slot: usize) -> SlotMut<'_> {
        match slot {
            0 => SlotMut::Scalar(&mut self.target),
            1 => SlotMut::Scalar(&mut self.title),
            2 => SlotMut::Scalar(&mut self.action_info),
            _ => SlotMut::Residue(&mut self.residue),
        }
    }
}

impl Record for Actions {
    fn table(&self) -> &'static Table {
        &ACTIONS
    }
    fn slot(&self, slot: usize) -> Slot<'_> {
        match slot {
            0 => Slot::Scalar(&self.oem),
            _ => Slot::Residue(&self.residue),
        }
    }
    fn slot_mut(&mut self, slot: usize) -> SlotMut<'_> {
        match slot {
            0 => SlotMut::Scalar(&mut self.oem),
            _ => SlotMut::Residue(&mut self.residue),
        }
    }
}

impl Record for NoParameters {
    fn table(&self) -> &'static Table {
        &NO_PARAMETERS
    }
    fn slot(&self, _: usize) -> Slot<'_> {
        Slot::Residue(&self.residue)
    }
    fn slot_mut(&mut self, _: usize) -> SlotMut<'_> {
        SlotMut::Residue(&mut self.residue)
    }
}

super::record_traits!(ActionTarget Actions NoParameters);
