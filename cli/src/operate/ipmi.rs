//! `rosefish ipmi`: what IPMI alone says of a machine and its BMC, each part by itself.

use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use rosefish::host::Missing;
use rosefish::ipmi::Error;
use rosefish::ipmi::command::device::SelfTest;
use rosefish::ipmi::record::sel::Timestamp;
use serde_json::{Map, Value, json};

use super::{IpmiTarget, print};
use crate::partial::tell_missing;
use crate::terminal::one_line;

/// Show what IPMI alone says of a machine: faults, intrusion, restart cause, hours, self test, clock, event log, power
#[derive(Debug, Args)]
pub(crate) struct StateArgs {
    #[command(flatten)]
    target: IpmiTarget,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What was read, and what could not be. What a BMC does not have is in neither.
#[derive(Default)]
struct Found {
    values: Map<String, Value>,
    missing: Vec<Missing>,
}

impl Found {
    fn take<T>(&mut self, what: &str, answer: Result<T, Error>, values: impl FnOnce(T) -> Value) {
        match answer {
            Ok(found) => {
                if let Value::Object(values) = values(found) {
                    self.values.extend(values.into_iter().filter(|(_, value)| !value.is_null()));
                }
            }
            Err(error) if error.is_unsupported() => {}
            Err(error) => self.missing.push(Missing::new(what, error.into())),
        }
    }
}

pub(crate) async fn run(args: StateArgs) -> anyhow::Result<ExitCode> {
    let found = args.target.with(async |bmc| {
        let mut found = Found::default();
        found.take("chassis status", bmc.chassis_status().await, |chassis| {
            json!({
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
        found.take("restart cause", bmc.restart_cause().await, |cause| json!({ "restart_cause": cause.meaning() }));
        found.take(
            "power-on hours",
            bmc.power_on_hours().await,
            |hours| json!({ "power_on_hours": hours.duration().as_secs() / 3600 }),
        );
        found.take("self test", bmc.self_test().await, |test| json!({ "self_test": self_test(test) }));
        found.take("GUID", bmc.system_guid().await, |guid| json!({ "guid": guid.to_smbios_text() }));
        found.take("event log", bmc.sel_info().await, |log| {
            json!({
                "log_entries": log.entries,
                "log_free_bytes": log.free,
                "log_overflow": log.overflow,
                "log_last_addition": time(log.last_addition),
                "log_last_erase": time(log.last_erase),
            })
        });
        found.take("clock", bmc.sel_time().await, |clock| json!({ "clock": time(clock) }));
        found.take("power reading", bmc.power_reading().await, |power| match power.active {
            false => Value::Null,
            true => json!({
                "power_watts": power.current,
                "power_least_watts": power.minimum,
                "power_most_watts": power.maximum,
                "power_average_watts": power.average,
            }),
        });
        found.take(
            "power limit",
            bmc.power_limit().await,
            |limit| json!({ "power_limit_watts": limit.map(|limit| limit.watts) }),
        );
        Ok(found)
    });
    let Found { values, missing } = found.await?;
    if args.json {
        let json = args.target.envelope(Value::Object(values), serde_json::to_value(&missing)?);
        print(&format!("{json:#}\n"))?;
    } else {
        print(&values.iter().map(|(name, value)| line(name, value)).collect::<String>())?;
    }
    Ok(tell_missing(&missing))
}

fn line(name: &str, value: &Value) -> String {
    let value = match value {
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::String(text) => one_line(text),
        other => other.to_string(),
    };
    format!("{:<21} {value}\n", name.replace('_', " "))
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

/// A time by the BMC's clock, or how long after its start it was.
fn time(time: Timestamp) -> Option<String> {
    let since_start = |after: Duration| format!("{} s after start", after.as_secs());
    let clock = time.time().and_then(|time| jiff::Timestamp::try_from(time).ok());
    clock.map(|time| time.to_string()).or_else(|| time.since_start().map(since_start))
}
