//! An update before it is carried out.

/// An update that waits to be started.
#[derive(Clone, Debug)]
pub(crate) struct Staged {
    pub(super) targets: Vec<String>,
    pub(super) image: String,
    pub(super) when: When,
}

/// When an update is to be carried out (`@Redfish.OperationApplyTime`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum When {
    Now,
    OnReset,
    OnStart,
}
