//! A BMC that speaks IPMI over LAN, for tests of any IPMI client: RMCP+ with cipher suites 3 and 17 (and weaker ones
//! when asked), users, chassis, boot options, sensors, event log, inventory, LAN configuration, SOL, bridging, DCMI;
//! and everything that goes wrong with real ones, to order.
//!
//! ```
//! use rosefish_mock::ipmi::{Act, MockIpmi, Rule};
//!
//! # fn main() -> std::io::Result<()> {
//! let bmc = MockIpmi::builder().credentials("admin", "password").suites(&[17]).start_blocking()?;
//! // The next Chassis Control is carried out, and its answer lost.
//! bmc.rule(Rule::once(0x00, 0x02, Act::ExecuteSilently));
//! println!("point a client at {}", bmc.addr());
//! assert_eq!(bmc.executed(0x00, 0x02), 0);
//! # Ok(())
//! # }
//! ```
//!
//! Faults come in three kinds: [`Faults`], which chance brings about in the network and the BMC; [`Rule`]s for commands,
//! whatever they are about; and a [`Flaw`] of one [`Item`], a record or a FRU area, with all others as they should be:
//!
//! ```
//! use rosefish_mock::ipmi::{Flaw, Item, MockIpmi};
//!
//! # fn main() -> std::io::Result<()> {
//! let bmc = MockIpmi::builder().start_blocking()?;
//! for item in bmc.items() {
//!     bmc.flaw(item, Flaw::Refused(0xC3));
//!     // ... whatever lists sensors, entries and devices shows all the others, and says that this one is missing ...
//!     bmc.clear_flaws();
//! }
//! # Ok(())
//! # }
//! ```
//!
//! The [`machine`] behind the BMC knows nothing of IPMI's packets and can be shared with a Redfish service.

mod bmc;
mod builder;
mod command;
mod config;
mod faults;
mod flaws;
mod journal;
pub mod machine;
mod mock;
mod request;
mod server;
mod state;
mod wire;

pub use bmc::Handler;
pub use builder::Builder;
pub use config::{BridgeReply, Duplicates, SequenceEcho};
pub use faults::{Act, Direction, Faults, Forgery, HandshakeFault, Rule};
pub use flaws::{Flaw, FruArea, FruPlace, Item};
pub use journal::{Fate, Received, Stats};
pub use machine::power::{Cause, PowerAction, PowerState};
pub use machine::users::{Privilege, User};
pub use machine::{Change, ChangeKind, Machine, SharedMachine};
pub use mock::{Fleet, MockIpmi};
pub use wire::session::Refusal;
