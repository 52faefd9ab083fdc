//! The schemas that this project is pinned to: a data crate, of which the compiler uses the paths alone.

use std::path::PathBuf;

/// Returns the folders of the pinned schemas: DMTF's, whose word counts where both define a type, and SNIA's.
#[must_use]
pub fn pinned() -> Vec<PathBuf> {
    vec![nv_redfish_schema::REDFISH_CSDL_DIR.into(), nv_redfish_schema::SWORDFISH_CSDL_DIR.into()]
}
