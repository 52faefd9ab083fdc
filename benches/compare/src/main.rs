//! Compares decoding with nv-redfish: directly into its types, and through a `serde_json::Value` as its HTTP client
//! does. Only payloads of types that both have are compared; those that nv-redfish can't read are counted.
//!
//! `cargo run --release --manifest-path benches/compare/Cargo.toml -- FOLDER` takes the `*.json` files of a folder.

use std::fs;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use nv_redfish::schema as theirs;
use rosefish::schema;
use rosefish::wire::{Limits, ODataType, Table, decode_into};
use serde_json::Value;

const ROUNDS: usize = 7;

/// How nv-redfish reads a type, directly and through a value. Each returns whether that worked.
#[derive(Clone, Copy)]
struct Theirs {
    directly: fn(&[u8]) -> bool,
    by_value: fn(&[u8]) -> bool,
}

fn directly<T: for<'de> serde::Deserialize<'de>>(json: &[u8]) -> bool {
    black_box(serde_json::from_slice::<T>(json)).is_ok()
}

fn by_value<T: for<'de> serde::Deserialize<'de>>(json: &[u8]) -> bool {
    let Ok(value) = serde_json::from_slice::<Value>(json) else { return false };
    black_box(serde_path_to_error::deserialize::<_, T>(value)).is_ok()
}

macro_rules! types {
    ($($name:literal $module:ident $type:ident;)*) => {
        fn theirs(name: &str) -> Option<Theirs> {
            Some(match name {
                $($name => Theirs {
                    directly: directly::<theirs::$module::$type>,
                    by_value: by_value::<theirs::$module::$type>,
                },)*
                _ => return None,
            })
        }
    };
}

types! {
    "ServiceRoot" service_root ServiceRoot;
    "ComputerSystem" computer_system ComputerSystem;
    "ComputerSystemCollection" computer_system_collection ComputerSystemCollection;
    "Chassis" chassis Chassis;
    "ChassisCollection" chassis_collection ChassisCollection;
    "Manager" manager Manager;
    "ManagerCollection" manager_collection ManagerCollection;
    "Processor" processor Processor;
    "ProcessorCollection" processor_collection ProcessorCollection;
    "Memory" memory Memory;
    "MemoryCollection" memory_collection MemoryCollection;
    "EthernetInterface" ethernet_interface EthernetInterface;
    "NetworkAdapter" network_adapter NetworkAdapter;
    "NetworkDeviceFunction" network_device_function NetworkDeviceFunction;
    "Storage" storage Storage;
    "Drive" drive Drive;
    "PCIeDevice" pcie_device PcieDevice;
    "Power" power Power;
    "PowerSupply" power_supply PowerSupply;
    "Thermal" thermal Thermal;
    "Sensor" sensor Sensor;
    "LogService" log_service LogService;
    "LogEntry" log_entry LogEntry;
    "SoftwareInventory" software_inventory SoftwareInventory;
    "UpdateService" update_service UpdateService;
    "AccountService" account_service AccountService;
    "ManagerAccount" manager_account ManagerAccount;
    "Bios" bios Bios;
    "BootOption" boot_option BootOption;
    "SecureBoot" secure_boot SecureBoot;
    "Assembly" assembly Assembly;
    "Certificate" certificate Certificate;
    "EventService" event_service EventService;
    "TelemetryService" telemetry_service TelemetryService;
    "HostInterface" host_interface HostInterface;
}

struct Payload {
    bytes: Vec<u8>,
    table: &'static Table,
    theirs: Theirs,
}

fn main() {
    let Some(folder) = std::env::args().nth(1).map(PathBuf::from) else {
        eprintln!("compare FOLDER: a folder of payloads, *.json, is wanted");
        std::process::exit(2);
    };
    let mut payloads = Vec::new();
    read(&folder, &mut payloads);
    let known = payloads.len();
    payloads.retain(|payload| (payload.theirs.directly)(&payload.bytes) && (payload.theirs.by_value)(&payload.bytes));
    let bytes: usize = payloads.iter().map(|payload| payload.bytes.len()).sum();
    println!("{known} payloads of types that both know; nv-redfish reads {}, {bytes} bytes", payloads.len());
    if payloads.is_empty() {
        return;
    }
    let limits = Limits::default();
    let mut best = [Duration::MAX; 4];
    for _ in 0..ROUNDS {
        // Each round measures one after the other, so that whatever slows the machine down affects all of them.
        let measured = [
            measure(&payloads, |payload| {
                black_box(serde_json::from_slice::<Value>(&payload.bytes).is_ok());
            }),
            measure(&payloads, |payload| {
                let mut record = payload.table.make();
                black_box(decode_into(&mut *record, &payload.bytes, &limits).is_ok());
                black_box(record);
            }),
            measure(&payloads, |payload| {
                black_box((payload.theirs.directly)(&payload.bytes));
            }),
            measure(&payloads, |payload| {
                black_box((payload.theirs.by_value)(&payload.bytes));
            }),
        ];
        for (best, time) in best.iter_mut().zip(measured) {
            *best = (*best).min(time);
        }
    }
    let [value, ours, direct, client] = best.map(|time| time.as_secs_f64());
    println!("serde_json::Value        1.00");
    println!("rosefish                 {:.2}", value / ours);
    println!("nv-redfish, directly     {:.2}", value / direct);
    println!("nv-redfish, as a client  {:.2}", value / client);
    println!("rosefish is {:.2} times as fast as nv-redfish's client path", client / ours);
}

fn measure(payloads: &[Payload], mut one: impl FnMut(&Payload)) -> Duration {
    let start = Instant::now();
    payloads.iter().for_each(&mut one);
    start.elapsed()
}

fn read(folder: &Path, payloads: &mut Vec<Payload>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            read(&path, payloads);
        } else if path.extension().is_some_and(|extension| extension == "json")
            && let Ok(bytes) = fs::read(&path)
            && let Ok(value) = serde_json::from_slice::<Value>(&bytes)
            && let Some(name) = value.get("@odata.type").and_then(Value::as_str).map(ODataType::from)
            && let Some(table) = schema::find_odata_type(&name)
            && let Some(theirs) = table.name.split('.').next_back().and_then(theirs)
        {
            payloads.push(Payload { bytes, table, theirs });
        }
    }
}
