//! `rosefish ipmi`: what IPMI alone says of a machine and its BMC, each part by itself; and its verbs.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use rosefish::ipmi::command::dcmi::DcmiText;
use rosefish::ipmi::command::device::SelfTest;

use super::facts::{Facts, named, time};
use super::{OnIpmi, dcmi, pef, platform_event, sdr, session_list};

const EXAMPLES: &str = "\
Examples:
  rosefish ipmi 10.0.0.7 --user root                      faults, restart cause, hours, self test, clock, event log, power
  rosefish ipmi dcmi 10.0.0.7 --user root                 asset tag, temperatures, controller's name
  rosefish ipmi event 10.0.0.7 temperature --user root    test whether an event arrives, and who is alerted
  rosefish ipmi sdr 10.0.0.7 --save node7.sdr --user root";

/// Show what only IPMI has of a machine, send events, look at filters, sessions and records
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct IpmiArgs {
    #[command(subcommand)]
    verb: Verb,
}

/// What to do with IPMI.
#[derive(Debug, Subcommand)]
enum Verb {
    /// Show faults, intrusion, restart cause, hours, self test, clock, event log, power
    Show(OnIpmi),
    /// Show what there is of DCMI: asset tag, controller's name, temperatures
    Dcmi(OnIpmi),
    /// Show or set the asset tag that DCMI keeps
    AssetTag(dcmi::TextArgs),
    /// Show or set the name of the controller that DCMI keeps
    ControllerId(dcmi::TextArgs),
    /// Send an event, as if a sensor had: it is logged, and filters see it
    Event(platform_event::EventArgs),
    /// Show which events have the BMC do what, and whom it alerts (PEF)
    Pef(OnIpmi),
    /// Show the state of the sensor data records, or save them
    Sdr(sdr::SdrArgs),
    /// Show who has a session
    Sessions(OnIpmi),
}

pub(crate) async fn run(args: IpmiArgs) -> anyhow::Result<ExitCode> {
    match args.verb {
        Verb::Show(on) => show(on).await,
        Verb::Dcmi(on) => dcmi::show(on).await,
        Verb::AssetTag(args) => dcmi::text(args, DcmiText::AssetTag).await,
        Verb::ControllerId(args) => dcmi::text(args, DcmiText::ControllerName).await,
        Verb::Event(args) => platform_event::run(args).await,
        Verb::Pef(on) => pef::run(on).await,
        Verb::Sdr(args) => sdr::run(args).await,
        Verb::Sessions(on) => session_list::run(on).await,
    }
}

async fn show(on: OnIpmi) -> anyhow::Result<ExitCode> {
    let found = on.target.with(async |bmc| {
        let mut found = Facts::default();
        found.take("chassis status", bmc.chassis_status().await, |chassis| {
            named!({
                "power_on": chassis.power_on,
                "power_fault": chassis.power_fault,
                "power_overload": chassis.power_overload,
                "power_control_fault": chassis.power_control_fault,
                "interlock_active": chassis.interlock_active,
                "intrusion": chassis.intrusion,
                "front_panel_lockout": chassis.front_panel_lockout,
                "drive_fault": chassis.drive_fault,
                "cooling_fault": chassis.cooling_fault,
                "last_power_event": last_event(chassis.last_event),
            })
        });
        found.take("restart cause", bmc.restart_cause().await, |cause| named!({ "restart_cause": cause.meaning() }));
        found.take(
            "power-on hours",
            bmc.power_on_hours().await,
            |hours| named!({ "power_on_hours": hours.duration().as_secs() / 3600 }),
        );
        found.take("self test", bmc.self_test().await, |test| named!({ "self_test": self_test(test) }));
        found.take("GUID", bmc.system_guid().await, |guid| named!({ "guid": guid.to_smbios_text() }));
        found.take("BMC's GUID", bmc.device_guid().await, |guid| named!({ "bmc_guid": guid.to_smbios_text() }));
        found.take("event log", bmc.sel_info().await, |log| {
            named!({
                "log_entries": log.entries,
                "log_free_bytes": log.free,
                "log_overflow": log.overflow,
                "log_last_addition": time(log.last_addition),
                "log_last_erase": time(log.last_erase),
            })
        });
        found.take("clock", bmc.sel_time().await, |clock| named!({ "clock": time(clock) }));
        found.take("power reading", bmc.power_reading().await, |power| match power.active {
            false => Vec::new(),
            true => named!({
                "power_watts": power.current,
                "power_least_watts": power.minimum,
                "power_most_watts": power.maximum,
                "power_average_watts": power.average,
            }),
        });
        found.take(
            "power limit",
            bmc.power_limit().await,
            |limit| named!({ "power_limit_watts": limit.map(|limit| limit.watts) }),
        );
        Ok(found)
    });
    found.await?.tell(&on.target, on.json)
}

fn last_event(event: rosefish::ipmi::command::chassis::LastPowerEvent) -> Option<String> {
    let all = [
        (event.ac_failed(), "AC failed"),
        (event.overload(), "off by an overload"),
        (event.interlock(), "off by an interlock"),
        (event.fault(), "off by a fault"),
        (event.by_command(), "on by an IPMI command"),
    ];
    let words: Vec<_> = all.into_iter().filter(|(is_so, _)| *is_so).map(|(_, words)| words).collect();
    (!words.is_empty()).then(|| words.join(", "))
}

fn self_test(test: SelfTest) -> String {
    match test {
        SelfTest::Passed => "passed".to_owned(),
        SelfTest::NotImplemented => "there is none".to_owned(),
        SelfTest::Corrupted(failures) => failures.meanings().collect::<Vec<_>>().join(", "),
        SelfTest::Fatal(detail) => format!("fatal hardware error {detail:#04x}"),
        SelfTest::Other { result, detail } => format!("result {result:#04x}, detail {detail:#04x}"),
        _ => "unknown".to_owned(),
    }
}
