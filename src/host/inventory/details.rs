//! Details of a component: how large and fast it is, where it is, how it is connected.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::services::inventory::kind::ComponentKind;
use crate::services::survey::{is_absent, text};

/// What is particular of a component. What doesn't apply to it, or isn't said, is `None`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ComponentDetails {
    /// Where it sits, as it is written there: `DIMM A1`, `Bay 3`, `CPU 1`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// What of its kind it is: `DDR5`, `SSD NVMe`, `RAID1`, `MultiFunction`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
    /// How much it holds, in bytes: memory, drives, volumes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub capacity_bytes: Option<u64>,
    /// How many cores it has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cores: Option<u64>,
    /// How many threads it has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub threads: Option<u64>,
    /// At how many MHz it runs: memory as it is operated, processors at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub speed_mhz: Option<u64>,
    /// How fast its link is, in bits per second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link_bits_per_second: Option<u64>,
    /// Whether its link is up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link_up: Option<bool>,
    /// Its hardware addresses.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub mac_addresses: Vec<String>,
    /// How much power it supplies, in watts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub power_watts: Option<f64>,
}

/// Reads a number, which may be written as text.
fn number(json: &Value, name: &str) -> Option<f64> {
    match json.get(name)? {
        Value::String(text) => text.trim().parse().ok(),
        value => value.as_f64(),
    }
    .filter(|number: &f64| number.is_finite() && *number >= 0.0)
}

/// Reads a number of units and converts it to a whole number of the smaller unit.
fn whole(json: &Value, name: &str, of: f64) -> Option<u64> {
    // Out-of-range values saturate. No machine has them.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    number(json, name).map(|number| (number * of).round() as u64)
}

/// Returns whether a slot is empty. Some services show that by a size of zero.
pub(super) fn is_empty(kind: ComponentKind, json: &Value) -> bool {
    let is_nothing = || {
        let says_who = ["SerialNumber", "PartNumber", "Manufacturer"].iter().any(|name| text(json, name).is_some());
        kind == ComponentKind::Memory && !says_who && number(json, "CapacityMiB").is_some_and(|size| size == 0.0)
    };
    is_absent(json) || is_nothing()
}

/// Refines the kind of a processor: `ProcessorType` distinguishes GPUs, the place in the tree does not.
pub(super) fn kind_of(kind: ComponentKind, json: &Value) -> ComponentKind {
    match kind {
        ComponentKind::Processor if text(json, "ProcessorType") == Some("GPU") => ComponentKind::Gpu,
        other => other,
    }
}

pub(super) fn of(kind: ComponentKind, json: &Value) -> ComponentDetails {
    const MIB: f64 = 1_048_576.0;
    let first = |names: &[&str]| names.iter().find_map(|name| text(json, name)).map(str::to_owned);
    let both = |a: &str, b: &str| {
        let words: Vec<_> = [text(json, a), text(json, b)].into_iter().flatten().collect();
        (!words.is_empty()).then(|| words.join(" "))
    };
    let mut details = ComponentDetails { location: location(json), ..ComponentDetails::default() };
    match kind {
        ComponentKind::Processor => {
            details.variant = first(&["ProcessorType"]);
            details.cores = whole(json, "TotalCores", 1.0);
            details.threads = whole(json, "TotalThreads", 1.0);
            details.speed_mhz = whole(json, "MaxSpeedMHz", 1.0).filter(|speed| *speed > 0);
            details.location = details.location.or_else(|| first(&["Socket"]));
        }
        ComponentKind::Memory => {
            details.variant = first(&["MemoryDeviceType", "MemoryType"]);
            // Some services report the size of the volatile part only, and report it as zero.
            let sizes = ["CapacityMiB", "VolatileSizeMiB", "SizeMB"];
            details.capacity_bytes = sizes.iter().find_map(|name| whole(json, name, MIB).filter(|size| *size > 0));
            details.speed_mhz = whole(json, "OperatingSpeedMhz", 1.0).filter(|speed| *speed > 0);
            details.location = details.location.or_else(|| first(&["DeviceLocator", "SocketLocator"]));
        }
        ComponentKind::Drive => {
            details.variant = both("MediaType", "Protocol");
            details.capacity_bytes = whole(json, "CapacityBytes", 1.0);
            details.link_bits_per_second = whole(json, "NegotiatedSpeedGbs", 1e9);
        }
        ComponentKind::Volume => {
            details.variant = first(&["RAIDType", "VolumeType"]);
            details.capacity_bytes = whole(json, "CapacityBytes", 1.0);
        }
        ComponentKind::NetworkPort => {
            details.variant = first(&["LinkNetworkTechnology", "ActiveLinkTechnology", "PortProtocol", "PortType"]);
            details.link_bits_per_second =
                whole(json, "CurrentSpeedGbps", 1e9).or_else(|| whole(json, "CurrentLinkSpeedMbps", 1e6));
            details.link_up = link(json);
            details.mac_addresses = addresses(json);
        }
        ComponentKind::NetworkFunction => {
            details.variant = first(&["NetDevFuncType"]);
            details.mac_addresses = addresses(json);
        }
        ComponentKind::NetworkInterface => {
            details.link_bits_per_second = whole(json, "SpeedMbps", 1e6);
            details.link_up = link(json);
            details.mac_addresses = addresses(json);
        }
        ComponentKind::PcieDevice => details.variant = first(&["DeviceType"]),
        ComponentKind::PowerSupply => {
            details.variant = first(&["PowerSupplyType"]);
            details.power_watts = number(json, "PowerCapacityWatts");
        }
        ComponentKind::Chassis => details.variant = first(&["ChassisType"]),
        ComponentKind::System => details.variant = first(&["SystemType"]),
        ComponentKind::Manager => details.variant = first(&["ManagerType"]),
        _ => {}
    }
    details
}

/// Reads where the component is, as it is labelled there.
fn location(json: &Value) -> Option<String> {
    let of = |location: &Value| {
        let part = location.get("PartLocation").unwrap_or_default();
        let info = || info(text(location, "InfoFormat")?, text(location, "Info")?);
        text(part, "ServiceLabel").map(str::to_owned).or_else(info)
    };
    match json.get("Location")? {
        Value::Array(all) => all.iter().find_map(of),
        location => of(location),
    }
    .or_else(|| of(json.get("PhysicalLocation")?))
}

/// Formats an `Info` by its `InfoFormat`. Most parts may be empty: `;;;;1` of
/// `DataCenter;RoomName;Aisle;RackName;RackSlot` is the slot alone.
fn info(format: &str, info: &str) -> Option<String> {
    let parts = |text: &'_ str| text.split(';').map(str::trim).map(str::to_owned).collect::<Vec<_>>();
    let (names, values) = (parts(format), parts(info));
    let is_list = values.len() > 1 && names.len() == values.len();
    let named = names.iter().zip(&values).filter(|(_, value)| !value.is_empty());
    let all: Vec<_> = match is_list {
        true => named.map(|(name, value)| format!("{name} {value}")).collect(),
        false => values.into_iter().filter(|value| !value.is_empty()).collect(),
    };
    (!all.is_empty()).then(|| all.join(", "))
}

fn link(json: &Value) -> Option<bool> {
    let state = text(json, "LinkStatus").or_else(|| text(json, "LinkState"))?;
    match state.to_ascii_lowercase().as_str() {
        "up" | "linkup" | "enabled" => Some(true),
        "down" | "linkdown" | "nolink" | "disabled" => Some(false),
        _ => None,
    }
}

/// Returns its addresses without duplicates and placeholders.
fn addresses(json: &Value) -> Vec<String> {
    let ethernet = json.get("Ethernet").unwrap_or_default();
    let lists = [ethernet.get("AssociatedMACAddresses"), json.get("AssociatedNetworkAddresses")];
    let names = ["MACAddress", "PermanentMACAddress"];
    let single = [json, ethernet].into_iter().flat_map(|json| names.map(|name| text(json, name))).flatten();
    let several = lists.into_iter().flatten().filter_map(Value::as_array).flatten().filter_map(Value::as_str);
    let mut all: Vec<String> = Vec::new();
    for address in single.chain(several).map(str::trim) {
        let is_address = !address.is_empty() && address.chars().any(|char| !matches!(char, '0' | ':' | '-'));
        if is_address && !all.iter().any(|known| known.eq_ignore_ascii_case(address)) {
            all.push(address.to_owned());
        }
    }
    all
}
