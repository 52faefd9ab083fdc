//! What machines have beyond the standard: vendors' objects with their properties, vendors' actions, and resources of types
//! that no schema of this build has. It is taken from payloads, of a service or from files, and can be drafted as CSDL.
//!
//! ```
//! use rosefish::explore::Explorer;
//!
//! let mut explorer = Explorer::new();
//! let payload = br##"{"@odata.type": "#Chassis.v1_0_0.Chassis", "Oem": {"Contoso": {"Lights": "On"}}}"##;
//! explorer.add("/redfish/v1/Chassis/1", payload).unwrap();
//! let found = explorer.findings();
//! assert_eq!(found.vendors[0].name, "Contoso");
//! assert_eq!(found.vendors[0].places[0].properties[0].pointer, "/Lights");
//! ```

mod collect;
mod csdl;
mod findings;
mod name;
mod pack;
mod shape;

pub use collect::Explorer;
pub use csdl::Draft;
pub use findings::{Findings, Place, VendorAction, VendorFindings, VendorType};
pub use pack::Packs;
pub use shape::{Property, ValueKind};
