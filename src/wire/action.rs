//! How an action of a resource is invoked: the object that stands for it in `Actions`.

use super::record::{Record, Slot, SlotMut, Type};
use super::residue::Residue;
use super::table::{Capabilities, Doc, Field, Flags, Index, Kind, Notes, Table, TypeKind, Version};
use super::ODataId;

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

static TABLE: Table = Table {
    name: "Redfish.ActionTarget",
    kind: TypeKind::Complex,
    fields: &[
        field("target", Kind::ODataId),
        field("title", Kind::String),
        field("@Redfish.ActionInfo", Kind::ODataId),
    ],
    actions: &[],
    patterns: &[],
    open: false,
    shell: false,
    uris: &[],
    capabilities: Capabilities { insertable: None, updatable: None, deletable: None },
    version: Version::NONE,
    notes: Notes { since: Version::NONE, doc: Doc(0) },
    new: || Box::new(ActionTarget::default()),
    index: Index::new(),
};

const fn field(name: &'static str, kind: Kind) -> Field {
    let notes = Notes { since: Version::NONE, doc: Doc(0) };
    Field { name, kind, flags: Flags(Flags::NULLABLE | Flags::READ), notes, detail: None }
}

impl Record for ActionTarget {
    fn table(&self) -> &'static Table {
        &TABLE
    }
    fn slot(&self, slot: usize) -> Slot<'_> {
        match slot {
            0 => Slot::Scalar(&self.target),
            1 => Slot::Scalar(&self.title),
            2 => Slot::Scalar(&self.action_info),
            _ => Slot::Absent,
        }
    }
    fn slot_mut(&mut self, slot: usize) -> SlotMut<'_> {
        match slot {
            0 => SlotMut::Scalar(&mut self.target),
            1 => SlotMut::Scalar(&mut self.title),
            2 => SlotMut::Scalar(&mut self.action_info),
            _ => SlotMut::Absent,
        }
    }
    fn residue(&self) -> &Residue {
        &self.residue
    }
    fn residue_mut(&mut self) -> &mut Residue {
        &mut self.residue
    }
}

impl Type for ActionTarget {
    fn type_table() -> &'static Table {
        &TABLE
    }
}

super::record_traits!(ActionTarget);
