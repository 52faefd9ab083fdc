//! One host over both protocols: Redfish where there is Redfish, else IPMI. Each capability is a module with its types,
//! the methods of [`Host`], and what they are in either protocol; which protocol is asked, and when the other one is, is
//! the module `route`'s alone.
//!
//! ```no_run
//! # async fn run(password: String) -> Result<(), rosefish::Error> {
//! use rosefish::Credentials;
//! use rosefish::host::{Host, Manner};
//!
//! let host = Host::connect("10.0.0.7", Credentials::new("root", password)).await?.value;
//! for sensor in host.sensors().await?.value.iter().filter(|sensor| sensor.is_problem()) {
//!     println!("{}: {:?} {:?}", sensor.name, sensor.reading, sensor.unit);
//! }
//! let done = host.power_off(Manner::Graceful).await?;
//! println!("asked by {}", done.backend);
//! host.close().await;
//! # Ok(())
//! # }
//! ```
//!
//! - The password goes to a service only once that has shown, without one, that it speaks the protocol; and a password
//!   that was refused is never tried on the other protocol.
//! - The other protocol is asked where the first can't be reached, isn't there, or can't do it. For a change that may have
//!   been made, only after the state was read back.
//! - What a protocol can't say is refused with the reason, never approximated.
//! - A change that was confirmed is looked for, as far as it shows: [`Outcome`] has what was seen and what was sent. What shows
//!   otherwise is an error ([`ErrorKind::NotInForce`](crate::ErrorKind)).
//! - Where a service has several systems, what is read is read of all, and what is changed is refused until one of them is
//!   [named](HostBuilder::system).

#[cfg(feature = "registries")]
mod bios;
mod boot;
mod boot_order;
mod builder;
mod changes;
mod connections;
mod console;
mod control;
mod controller;
mod diagnostics;
mod enclosure;
mod event_log;
mod every;
mod fans;
mod fault;
#[cfg(feature = "update")]
mod firmware;
#[cfg(feature = "update")]
mod firmware_update;
#[cfg(feature = "update")]
mod firmware_ways;
mod health;
mod identify;
mod inventory;
mod logs;
mod machine;
mod made;
mod media;
mod metrics;
#[cfg(feature = "network")]
mod network;
mod outcome;
mod plan;
mod power;
mod power_limit;
mod profile;
mod reading;
mod ready;
mod redfish;
mod restore;
mod route;
mod secure_boot;
mod sensor;
#[cfg(feature = "storage")]
mod storage;
mod threshold;
mod user;
#[cfg(feature = "storage")]
mod volume;
mod wait;

#[cfg(feature = "registries")]
pub use bios::{BiosAttribute, BiosAttributes, BiosChanged};
pub use boot::{BootDevice, BootMode, BootOverride};
pub use boot_order::{BootEntry, BootStage, BootStages};
pub use builder::HostBuilder;
pub use changes::{InventoryChange, inventory_changes};
pub use console::{ConsoleChange, ConsoleKind, HostConsole, SolSettings};
pub use control::Control;
pub use controller::Controller;
pub use diagnostics::{CollectDiagnostics, DiagnosticData, DiagnosticKind, SavedDiagnostics};
pub use event_log::{AttachedFile, EventLogEntry, EventLogQuery, Severity};
pub use every::OfSystem;
pub use fans::FanMode;
#[cfg(feature = "update")]
pub use firmware::{Firmware, FirmwareChange};
#[cfg(feature = "update")]
pub use firmware_update::{FirmwareProgress, FirmwareUpdate, FirmwareUpdated};
#[cfg(feature = "update")]
pub use firmware_ways::FirmwareWay;
pub use health::{Health, HealthReason, HealthSource};
pub use identify::Identify;
pub use inventory::{Component, ComponentDetails, ComponentKind};
pub use logs::{LogEntry, LogInfo, LogQuery};
pub use machine::Host;
pub use media::{MediaImage, MediaSlot};
pub use metrics::{Metric, MetricDefinitionInfo, MetricQuery, MetricReportInfo, MetricThreshold, MetricTriggerInfo};
#[cfg(feature = "network")]
pub use network::{NetworkAddress, NetworkChange, NetworkInterface, NetworkProtocol, NetworkSettings};
pub use outcome::{Attempt, AttemptPhase, Backend, Outcome};
pub use plan::Protocol;
pub use power::{HostPowerState, Manner};
pub use power_limit::{PowerLimit, PowerLimitKind};
pub use profile::{Capability, HostProfile, Presence};
pub use ready::Ready;
pub use restore::PowerRestorePolicy;
pub use secure_boot::{SecureBootKeys, SecureBootReset, SecureBootState};
pub use sensor::{Sensor, SensorStatus, Thresholds};
#[cfg(feature = "storage")]
pub use storage::{StorageController, StorageDrive, StorageSystem, StorageVolume};
pub use user::{User, UserRole};
#[cfg(feature = "storage")]
pub use volume::{Initialize, NewVolume};

#[doc(inline)]
pub use crate::resource::partial::{Missing, Partial};
pub use crate::services::sensor::SensorKind;
