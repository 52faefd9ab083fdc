//! What was learned of a host, to be kept and used another time.

use serde::{Deserialize, Serialize};

use super::outcome::Backend;

/// Whether a protocol is spoken by a host.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Presence {
    /// Nobody has looked.
    #[default]
    Unknown,
    /// It is.
    Present,
    /// It was not when last tried: nothing answered, or something else did.
    Absent,
}

/// A group of operations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Capability {
    /// Reading and changing the power.
    Power,
    /// Resetting the system.
    Reset,
    /// Diagnostic interrupts.
    DiagnosticInterrupt,
    /// What happens when power returns.
    PowerRestore,
    /// Resetting a chassis.
    ChassisReset,
    /// The boot override.
    Boot,
    /// The identify light.
    Identify,
    /// Sensors.
    Sensors,
    /// Reading the event log.
    EventLog,
    /// All logs.
    Logs,
    /// Clearing the event log.
    ClearEventLog,
    /// Inventory.
    Inventory,
    /// What the BMC is.
    Controller,
    /// Resetting the BMC.
    ControllerReset,
    /// Reading the BMC's users.
    Users,
    /// Changing the BMC's users.
    ChangeUsers,
    /// What firmware there is.
    Firmware,
    /// The attributes of the BIOS.
    Bios,
    /// Secure Boot.
    SecureBoot,
    /// The boot order.
    BootOrder,
    /// How far a start has come.
    BootProgress,
    /// Virtual media.
    Media,
    /// The BMC's network.
    Network,
    /// What consoles there are.
    Console,
    /// Storage: controllers, drives and volumes.
    Storage,
    /// Power limits.
    PowerLimit,
    /// Controls: the set points that a machine keeps to.
    Controls,
    /// The mode that the BMC controls the fans in.
    FanMode,
    /// Taking the fans from the BMC, and giving them back.
    FanSpeed,
    /// Metrics: reports, definitions, triggers.
    Metrics,
    /// Diagnostic data: collecting it, and downloading what entries of logs have attached.
    Diagnostics,
    /// Setting the thresholds of sensors.
    SetThresholds,
}

/// What was learned of a host. It holds no secrets, and serialises with serde, to be stored and given to
/// [`HostBuilder::profile`](super::HostBuilder::profile). Where it no longer holds it is put right by use.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct HostProfile {
    /// Whether it speaks Redfish.
    pub redfish: Presence,
    /// Whether it speaks IPMI.
    pub ipmi: Presence,
    /// What it doesn't have by Redfish, but does by IPMI.
    pub redfish_lacks: Vec<Capability>,
    /// What it doesn't have by IPMI, but does by Redfish.
    pub ipmi_lacks: Vec<Capability>,
}

impl HostProfile {
    /// Returns whether a protocol is spoken.
    #[must_use]
    pub fn presence(&self, backend: Backend) -> Presence {
        match backend {
            Backend::Redfish => self.redfish,
            Backend::Ipmi => self.ipmi,
        }
    }

    pub(super) fn set_presence(&mut self, backend: Backend, presence: Presence) {
        match backend {
            Backend::Redfish => self.redfish = presence,
            Backend::Ipmi => self.ipmi = presence,
        }
    }

    /// Returns what a protocol does not offer.
    #[must_use]
    pub fn lacks(&self, backend: Backend, capability: Capability) -> bool {
        match backend {
            Backend::Redfish => self.redfish_lacks.contains(&capability),
            Backend::Ipmi => self.ipmi_lacks.contains(&capability),
        }
    }

    pub(super) fn set_lacks(&mut self, backend: Backend, capability: Capability) {
        let lacks = match backend {
            Backend::Redfish => &mut self.redfish_lacks,
            Backend::Ipmi => &mut self.ipmi_lacks,
        };
        // In their order: profiles that know the same are the same, however they learnt it.
        if !lacks.contains(&capability) {
            lacks.insert(lacks.partition_point(|known| *known < capability), capability);
        }
    }
}
