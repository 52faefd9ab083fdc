//! What components are.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What a component is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ComponentKind {
    /// The system, or by IPMI the product.
    System,
    /// A chassis.
    Chassis,
    /// A board.
    Board,
    /// A BMC.
    Manager,
    /// A processor.
    Processor,
    /// A graphics processor, or another accelerator of that kind.
    Gpu,
    /// A memory module.
    Memory,
    /// A controller of displays.
    GraphicsController,
    /// A controller of drives.
    StorageController,
    /// A drive.
    Drive,
    /// A volume on drives.
    Volume,
    /// A network adapter.
    NetworkAdapter,
    /// A port of a network adapter.
    NetworkPort,
    /// A function of a network adapter, as a system sees it.
    NetworkFunction,
    /// A network interface of a system or a BMC.
    NetworkInterface,
    /// An adapter to a fabric.
    FabricAdapter,
    /// A PCIe device.
    PcieDevice,
    /// A power supply.
    PowerSupply,
    /// A battery.
    Battery,
    /// A fan.
    Fan,
    /// A pump.
    Pump,
    /// Firmware or software that is installed.
    Firmware,
}

impl ComponentKind {
    const NAMES: [(Self, &'static str); 22] = [
        (Self::System, "system"),
        (Self::Chassis, "chassis"),
        (Self::Board, "board"),
        (Self::Manager, "manager"),
        (Self::Processor, "processor"),
        (Self::Gpu, "gpu"),
        (Self::Memory, "memory"),
        (Self::GraphicsController, "graphics-controller"),
        (Self::StorageController, "storage-controller"),
        (Self::Drive, "drive"),
        (Self::Volume, "volume"),
        (Self::NetworkAdapter, "network-adapter"),
        (Self::NetworkPort, "network-port"),
        (Self::NetworkFunction, "network-function"),
        (Self::NetworkInterface, "network-interface"),
        (Self::FabricAdapter, "fabric-adapter"),
        (Self::PcieDevice, "pcie-device"),
        (Self::PowerSupply, "power-supply"),
        (Self::Battery, "battery"),
        (Self::Fan, "fan"),
        (Self::Pump, "pump"),
        (Self::Firmware, "firmware"),
    ];
}

impl fmt::Display for ComponentKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = Self::NAMES.iter().find(|(kind, _)| kind == self).map(|(_, name)| *name);
        f.pad(name.unwrap_or_default())
    }
}

impl FromStr for ComponentKind {
    type Err = String;

    /// Takes the names that `Display` gives.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::NAMES.iter().find(|(_, name)| name.eq_ignore_ascii_case(text)).map(|(kind, _)| *kind);
        found.ok_or_else(|| {
            let names: Vec<_> = Self::NAMES.iter().map(|(_, name)| *name).collect();
            format!("expected one of: {}", names.join(", "))
        })
    }
}
