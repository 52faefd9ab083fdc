//! What people do to a machine, held against how vendors want it: a table of operation and vendor, each cell by itself.

use std::collections::BTreeMap;
use std::time::Duration;

use rosefish::host::{
    BootDevice, BootOverride, CollectDiagnostics, ConsoleChange, DiagnosticKind, FirmwareUpdate, Host, HostPowerState,
    Manner, MediaImage, MetricQuery, NetworkChange, NewVolume, PowerRestorePolicy, Protocol, UserRole,
};
use rosefish_mock::{Builder, MockBmc, Quirk, Tree};
use serde_json::{Value, json};

use super::credentials;

const SYSTEM: &str = "/redfish/v1/Systems/1";
const MANAGER: &str = "/redfish/v1/Managers/bmc";
const SLOTS: [&str; 2] = ["/redfish/v1/Systems/1/VirtualMedia/CD1", "/redfish/v1/Systems/1/VirtualMedia/USB1"];
const INTERFACE: &str = "/redfish/v1/Managers/bmc/EthernetInterfaces/eth0";
const CHASSIS: &str = "/redfish/v1/Chassis/1U";
const CONTROLS: &str = "/redfish/v1/Chassis/1U/Controls";
const FAN: &str = "/redfish/v1/Chassis/1U/Controls/FanSpeed";
const AUDIT: &str = "/redfish/v1/Managers/bmc/LogServices/Audit";
const MOMENT: Duration = Duration::from_millis(100);

/// How a vendor's machines differ.
struct Vendor {
    name: &'static str,
    quirks: &'static [Quirk],
    /// What its payloads have otherwise.
    change: fn(&mut Tree),
    image: &'static str,
    oem_parameters: Option<&'static str>,
}

fn plain(_: &mut Tree) {}

fn change(tree: &mut Tree, uri: &str, change: impl FnOnce(&mut Value)) {
    let mut resource = tree.json(uri).cloned().unwrap();
    change(&mut resource);
    tree.insert(uri, resource);
}

/// Five of seven vendors know no PowerCycle (B32).
fn without_cycle(tree: &mut Tree) {
    change(tree, SYSTEM, |system| {
        let reset = &mut system["Actions"]["#ComputerSystem.Reset"];
        reset["ResetType@Redfish.AllowableValues"] = json!(["On", "ForceOff", "ForceRestart", "GracefulShutdown"]);
        reset.as_object_mut().unwrap().remove("@Redfish.ActionInfo");
    });
}

/// Slots below the manager, as services had them before 2021.
fn slots_of_manager(tree: &mut Tree) {
    let mut link = Value::Null;
    change(tree, SYSTEM, |system| link = system.as_object_mut().unwrap().remove("VirtualMedia").unwrap());
    change(tree, MANAGER, |manager| manager["VirtualMedia"] = link);
}

/// Limits as services had them before 2021, in `Power` alone: most that are installed.
fn limits_of_old(tree: &mut Tree) {
    change(tree, CHASSIS, |chassis| drop(chassis.as_object_mut().unwrap().remove("EnvironmentMetrics")));
    change(tree, CONTROLS, |controls| {
        controls["Members"].as_array_mut().unwrap().retain(|link| link["@odata.id"] == FAN);
    });
}

/// A limit in the metrics of a chassis alone, whose control nobody can read (HGX).
fn limits_in_metrics(tree: &mut Tree) {
    change(tree, CHASSIS, |chassis| drop(chassis.as_object_mut().unwrap().remove("Power")));
    change(tree, &format!("{CHASSIS}/EnvironmentMetrics"), |metrics| {
        metrics["PowerLimitWatts"].as_object_mut().unwrap().remove("DataSourceUri");
    });
    change(tree, CONTROLS, |controls| {
        controls["Members"].as_array_mut().unwrap().retain(|link| link["@odata.id"] == FAN);
    });
}

/// What the demo machine lacks, and where these vendors have their limits and dumps.
fn daily(name: &str, tree: &mut Tree) {
    change(tree, CONTROLS, |controls| {
        controls["Members"].as_array_mut().unwrap().push(json!({ "@odata.id": FAN }));
    });
    tree.insert(
        FAN,
        json!({
            "@odata.type": "#Control.v1_7_0.Control", "Id": "FanSpeed", "Name": "Fan speed", "ControlType": "Percent",
            "PhysicalContext": "Fan", "ControlMode": "Automatic", "SetPoint": 45, "SetPointUnits": "Percent",
        }),
    );
    match name {
        "Dell" | "HPE" | "Huawei" | "Inspur" | "H3C" => limits_of_old(tree),
        "NVIDIA" => limits_in_metrics(tree),
        _ => {}
    }
    // A system's log collects what is of the manager (Lenovo); entries are links (all but the standard's own examples).
    if name == "Lenovo" {
        let mut action = Value::Null;
        change(tree, AUDIT, |log| {
            action = log["Actions"].as_object_mut().unwrap().remove("#LogService.CollectDiagnosticData").unwrap();
        });
        action["target"] = json!(format!("{SYSTEM}/LogServices/SEL/Actions/LogService.CollectDiagnosticData"));
        change(tree, &format!("{SYSTEM}/LogServices/SEL"), |log| {
            log["Actions"]["#LogService.CollectDiagnosticData"] = action;
        });
    }
}

/// Addresses as services had them before 2018.
fn addresses_of_old(tree: &mut Tree) {
    without_cycle(tree);
    change(tree, INTERFACE, |interface| {
        let interface = interface.as_object_mut().unwrap();
        for name in ["DHCPv4", "IPv4StaticAddresses", "StaticNameServers"] {
            interface.remove(name);
        }
        interface["@odata.type"] = json!("#EthernetInterface.v1_0_0.EthernetInterface");
    });
}

fn shares_alone(tree: &mut Tree) {
    without_cycle(tree);
    for slot in SLOTS {
        change(tree, slot, |slot| {
            slot["Actions"]["#VirtualMedia.InsertMedia"]["TransferProtocolType@Redfish.AllowableValues"] =
                json!(["NFS", "CIFS"]);
        });
    }
}

fn names_in_order(tree: &mut Tree) {
    slots_of_manager(tree);
    change(tree, SYSTEM, |system| {
        system["Boot"]["BootOrder"] = json!(["Boot0001: Disk", "Boot0002: Network", "Boot0003: Ubuntu"]);
    });
}

const HTTP: &str = "https://192.0.2.1/install.iso";
const VENDORS: [Vendor; 10] = [
    Vendor {
        name: "Dell",
        quirks: &[Quirk::GzipTags, Quirk::NoTagsOnActions, Quirk::BootInSettings, Quirk::AccountSlots],
        change: plain,
        image: HTTP,
        oem_parameters: None,
    },
    Vendor {
        name: "HPE",
        quirks: &[Quirk::EmptyObjectWanted, Quirk::PlainManagerReset, Quirk::BootModeReadOnly, Quirk::PatchSaysMessage],
        change: slots_of_manager,
        image: HTTP,
        oem_parameters: None,
    },
    Vendor {
        name: "Supermicro",
        quirks: &[
            Quirk::BareInsert,
            Quirk::UsbCd,
            Quirk::BootModeWithTarget,
            Quirk::SlashedSessions,
            Quirk::UpdateSaysError,
        ],
        change: without_cycle,
        image: HTTP,
        oem_parameters: None,
    },
    Vendor {
        name: "Lenovo",
        quirks: &[Quirk::MediaByPatch, Quirk::NoApplyTime, Quirk::NoBootInSettings],
        change: without_cycle,
        image: HTTP,
        oem_parameters: None,
    },
    Vendor {
        name: "Huawei",
        quirks: &[Quirk::PatchSaysNothing, Quirk::UnquotedTags, Quirk::NoSettingsObject],
        change: slots_of_manager,
        image: "nfs://192.0.2.1/images/install.iso",
        oem_parameters: None,
    },
    Vendor {
        name: "Inspur",
        quirks: &[Quirk::EmptyTags, Quirk::NoSessionLocation, Quirk::LogoutSays400],
        change: addresses_of_old,
        image: HTTP,
        oem_parameters: None,
    },
    Vendor {
        name: "H3C",
        quirks: &[Quirk::AbsoluteLocations, Quirk::SessionLimitSays400],
        change: shares_alone,
        image: "cifs://192.0.2.1/images/install.iso",
        oem_parameters: None,
    },
    Vendor {
        name: "OpenBMC",
        quirks: &[Quirk::NoTagsInExpanded, Quirk::FilterIgnoresLinks, Quirk::EventsOverHttp1],
        change: slots_of_manager,
        image: HTTP,
        oem_parameters: None,
    },
    Vendor {
        name: "AMI",
        quirks: &[Quirk::TransferTypeWanted, Quirk::OemMultipart, Quirk::WeakTags],
        change: without_cycle,
        image: HTTP,
        oem_parameters: Some(r#"{"ImageType":"BMC"}"#),
    },
    Vendor {
        name: "NVIDIA",
        quirks: &[Quirk::MediaLoginWanted, Quirk::RootWantsLogin, Quirk::GoneForReset],
        change: names_in_order,
        image: HTTP,
        oem_parameters: None,
    },
];

const OPERATIONS: [&str; 19] = [
    "power off and on",
    "power cycle",
    "power policy",
    "boot once",
    "boot order",
    "media",
    "firmware",
    "bios",
    "secure boot",
    "users",
    "identify",
    "network",
    "console",
    "storage",
    "power limit",
    "fan control",
    "metrics",
    "diagnostics",
    "reset bmc",
];

type Failure = Box<dyn std::error::Error + Send + Sync>;

fn expect(holds: bool, what: &str) -> Result<(), Failure> {
    if holds { Ok(()) } else { Err(what.into()) }
}

async fn carry_out(operation: &str, vendor: &Vendor, host: &Host, mock: &MockBmc) -> Result<(), Failure> {
    let system = || mock.resource(SYSTEM).unwrap();
    match operation {
        "power off and on" => {
            host.power_off(Manner::Graceful).await?;
            host.wait_for_power(HostPowerState::Off, Duration::from_secs(5)).await?;
            host.power_on().await?;
            expect(system()["PowerState"] == "On", "it is not on")
        }
        "power cycle" => {
            host.power_cycle().await?;
            expect(system()["PowerState"] == "On", "it is not on")
        }
        "power policy" => {
            let set = host.set_power_restore_policy(PowerRestorePolicy::LastState).await?.value;
            expect(set == PowerRestorePolicy::LastState, "another policy")
        }
        "boot once" => {
            let set = host.set_boot_override(BootOverride::once(BootDevice::Cd)).await?.value;
            expect(set.is_some_and(|set| set.device == BootDevice::Cd && !set.persistent), "another device")?;
            host.power_cycle().await?;
            Ok(())
        }
        "boot order" => {
            let order = host.set_boot_order(vec!["Boot0003".to_owned()]).await?.value;
            expect(order.len() == 3 && order[0].starts_with("Boot0003"), "another order")?;
            // Some put it into force with the reset.
            host.power_cycle().await?;
            expect(host.boot_entries().await?.value.items[0].reference == "Boot0003", "the order is not shown")
        }
        "media" => {
            let slot = host.insert_media(MediaImage::new(vendor.image)).await?.value;
            expect(slot.slot == "CD1" && slot.inserted, "not in the CD slot")?;
            let slot = host.eject_media(None).await?.value;
            expect(slot.is_some_and(|slot| !slot.inserted), "not ejected")
        }
        "firmware" => {
            let mut update = FirmwareUpdate::from_image("bmc-9.9.9.bin", vec![7; 100_000]).settling(MOMENT * 50);
            if let Some(json) = vendor.oem_parameters {
                update = update.oem_parameters(json);
            }
            let done = host.update_firmware(update).await?.value;
            expect(done.changes.iter().any(|change| change.after.as_deref() == Some("9.9.9")), "no version has changed")
        }
        "bios" => {
            let wanted: BTreeMap<_, _> = [("ProcHyperThreading".to_owned(), "disabled".into())].into();
            host.set_bios(wanted, None).await?;
            host.power_cycle().await?;
            let found = host.bios().await?.value;
            let set = found.attributes.iter().find(|one| one.name == "ProcHyperThreading");
            expect(set.is_some_and(|one| one.value == Some(json!("Disabled"))), "not in force after the reset")
        }
        "secure boot" => {
            host.enable_secure_boot(false).await?;
            expect(host.secure_boot().await?.value.enabled == Some(false), "still on")
        }
        "users" => {
            host.create_user("monitor", "Pa55-word!".to_owned(), UserRole::ReadOnly).await?;
            expect(host.users().await?.value.iter().any(|user| user.name == "monitor"), "not added")?;
            host.delete_user("monitor").await?;
            expect(host.users().await?.value.iter().all(|user| user.name != "monitor"), "not removed")
        }
        "identify" => {
            host.identify(rosefish::host::Identify::On).await?;
            Ok(())
        }
        "network" => {
            let change = NetworkChange::new().host_name("bmc-07").ntp_servers(["ntp.example"]).protocol("telnet", true);
            let change = change.static_address(Some("192.0.2.9".parse()?), None, None);
            let done = host.change_network(change).await?;
            let now = done.value.ok_or("it was not read back")?;
            expect(now.host_name.as_deref() == Some("bmc-07") && now.ntp_servers == ["ntp.example"], "not set")?;
            let interface = mock.resource(INTERFACE).unwrap();
            let place = if interface["DHCPv4"].is_object() { "IPv4StaticAddresses" } else { "IPv4Addresses" };
            expect(interface[place][0]["Address"] == "192.0.2.9", "another address")
        }
        "console" => {
            let consoles = host.consoles().await?.value;
            expect(
                consoles.iter().any(|one| one.protocol.as_deref() == Some("SSH") && one.port == Some(2200)),
                "no SSH",
            )?;
            let port = host.change_console(ConsoleChange::new().bit_rate(9600)).await?.value;
            expect(port.bit_rate == Some(9600), "another bit rate")
        }
        "storage" => {
            host.delete_volume(None, "2".into()).await?;
            let made = host.create_volume(NewVolume::new("raid1").name("scratch")).await?.value;
            expect(made.drives == ["Bay2", "Bay3"], "of other drives")?;
            let lit = host.identify_drive("Bay3".into(), true).await?.value;
            expect(lit.identify == Some(true), "the lamp is off")
        }
        "power limit" => {
            let set = host.set_power_limit(None, Some(400)).await?.value;
            expect(set.watts == Some(400.0) && set.active != Some(false), "another limit")?;
            expect(host.power_limits().await?.value.len() == 1, "shown twice")?;
            let off = host.set_power_limit(None, None).await?.value;
            expect(off.active == Some(false), "still in force")
        }
        "fan control" => {
            let set = host.set_control("FanSpeed", 60.0).await?.value;
            expect(set.set_point == Some(60.0) && set.unit.as_deref() == Some("%"), "another speed")
        }
        "metrics" => {
            let found = host.metrics(MetricQuery::of("Power")).await?.value;
            expect(found.is_whole() && found.iter().all(|one| one.number == Some(318.0)), "other values")?;
            expect(found.iter().all(|one| one.unit.as_deref() == Some("W")), "no unit")
        }
        "diagnostics" => {
            let data = host.collect_diagnostics(CollectDiagnostics::new(DiagnosticKind::Manager)).await?.value;
            let mut download = host.download_diagnostics(&data).await?;
            while download.try_next().await?.is_some() {}
            expect(data.bytes == Some(download.received()) && download.received() > 0, "another size")
        }
        "reset bmc" => {
            host.reset_controller().await?;
            let ready = host.wait_until_ready(Duration::from_secs(40)).await?.value;
            expect(ready.ready_after_seconds < 40.0, "not ready")
        }
        other => unreachable!("{other}"),
    }
}

async fn cell(operation: &str, vendor: &Vendor) -> Result<(), Failure> {
    let mut tree = Tree::demo();
    (vendor.change)(&mut tree);
    daily(vendor.name, &mut tree);
    change(&mut tree, SYSTEM, |system| system["PowerRestorePolicy"] = json!("AlwaysOn"));
    let builder: Builder = MockBmc::builder().tree(tree).credentials("admin", "password").plain().task_duration(MOMENT);
    let builder = builder.restart_delay(MOMENT * 6, MOMENT * 2);
    let mock = vendor.quirks.iter().fold(builder, |builder, quirk| builder.quirk(*quirk)).start().await?;
    let host = Host::builder(&mock.url()).protocol(Protocol::Redfish).credentials(credentials()).connect().await?.value;
    let done = carry_out(operation, vendor, &host, &mock).await;
    host.close().await;
    done?;
    expect(mock.sessions() == 0, "a session was left open")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_operation_does_what_it_says_on_every_vendors_machines() {
    let mut cells = tokio::task::JoinSet::new();
    for (column, vendor) in VENDORS.iter().enumerate() {
        for (row, operation) in OPERATIONS.iter().enumerate() {
            cells.spawn(async move { (row, column, cell(operation, vendor).await.map_err(|error| error.to_string())) });
        }
    }
    let mut table = vec![vec![Ok(()); VENDORS.len()]; OPERATIONS.len()];
    while let Some(done) = cells.join_next().await {
        let (row, column, result) = done.unwrap();
        table[row][column] = result;
    }
    let mut text = format!("{:18}", "");
    for vendor in &VENDORS {
        text += &format!(" {:10}", vendor.name);
    }
    let mut failures = Vec::new();
    for (row, operation) in table.iter().zip(OPERATIONS) {
        text += &format!("\n{operation:18}");
        for (cell, vendor) in row.iter().zip(&VENDORS) {
            text += &format!(" {:10}", if cell.is_ok() { "yes" } else { "NO" });
            if let Err(why) = cell {
                failures.push(format!("{operation} on {}: {why}", vendor.name));
            }
        }
    }
    println!("{text}");
    assert!(failures.is_empty(), "{text}\n{}", failures.join("\n"));
}
