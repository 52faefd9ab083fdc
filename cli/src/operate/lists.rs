//! What is told as a table: `rosefish sensors`, `sel` and `fru`.

use std::process::ExitCode;

use clap::{Args, ValueEnum};
use rosefish::host::{Component, EventLogEntry, Sensor, SensorStatus, Severity};

use super::{Table, Target, tell};

/// Show the sensors of a machine
#[derive(Debug, Args)]
pub(crate) struct SensorsArgs {
    #[command(flatten)]
    target: Target,
    /// Only those that are not well
    #[arg(long)]
    problems: bool,
    /// Show the thresholds as well
    #[arg(long)]
    thresholds: bool,
    /// Tell it as JSON
    #[arg(long)]
    json: bool,
}

pub(crate) async fn sensors(args: SensorsArgs) -> anyhow::Result<ExitCode> {
    let found = args.target.with(async |host| host.sensors().await).await?;
    let is_problem = |sensor: &Sensor| {
        matches!(sensor.status, SensorStatus::Warning | SensorStatus::Critical | SensorStatus::Fatal)
            || sensor.problem.is_some()
    };
    let shown = found.map(|all| all.into_iter().filter(|one| !args.problems || is_problem(one)).collect::<Vec<_>>());
    tell(&shown, args.json, |all| sensor_table(all, args.thresholds))
}

fn sensor_table(all: &[Sensor], thresholds: bool) -> String {
    let mut headings = vec!["NAME", "READING", "UNIT", "STATUS", "STATES"];
    if thresholds {
        headings.extend(["L-FATAL", "L-CRIT", "L-WARN", "U-WARN", "U-CRIT", "U-FATAL"]);
    }
    let mut table = Table::new(&headings);
    for sensor in all {
        let states = sensor.problem.clone().unwrap_or_else(|| sensor.states.join(", "));
        let unit = sensor.unit.clone().unwrap_or_default();
        let mut row = vec![sensor.name.clone(), number(sensor.reading), unit, sensor.status.to_string(), states];
        if thresholds {
            let limits = &sensor.thresholds;
            let lower = [limits.lower_fatal, limits.lower_critical, limits.lower_caution];
            let upper = [limits.upper_caution, limits.upper_critical, limits.upper_fatal];
            row.extend(lower.into_iter().chain(upper).map(number));
        }
        table.row(row);
    }
    table.text()
}

/// At most three decimals, and no zeroes at the end.
fn number(value: Option<f64>) -> String {
    let Some(value) = value else { return String::new() };
    let text = format!("{value:.3}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

/// What to do with the event log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum LogAction {
    /// Show the entries
    List,
    /// Erase all entries
    Clear,
}

/// Show or clear the event log of a machine
#[derive(Debug, Args)]
pub(crate) struct SelArgs {
    #[command(flatten)]
    target: Target,
    /// What to do
    #[arg(value_name = "ACTION", default_value = "list", hide_default_value = true)]
    action: LogAction,
    /// Tell it as JSON
    #[arg(long)]
    json: bool,
}

pub(crate) async fn event_log(args: SelArgs) -> anyhow::Result<ExitCode> {
    if args.action == LogAction::Clear {
        let done = args.target.with(async |host| host.clear_event_log().await).await?;
        return tell(&done, args.json, |()| "cleared\n".to_owned());
    }
    let found = args.target.with(async |host| host.event_log().await).await?;
    tell(&found, args.json, |all| log_table(all))
}

fn log_table(all: &[EventLogEntry]) -> String {
    let mut table = Table::new(&["ID", "TIME", "SEVERITY", "SENSOR", "MESSAGE"]);
    for entry in all {
        let severity = match entry.severity {
            Some(Severity::Ok) => "ok",
            Some(Severity::Warning) => "warning",
            Some(Severity::Critical) => "critical",
            None => "",
        };
        let time = entry.time.clone().unwrap_or_default();
        let sensor = entry.sensor.clone().unwrap_or_default();
        table.row([entry.id.clone(), time, severity.to_owned(), sensor, entry.message.clone()]);
    }
    table.text()
}

/// Show what a machine is made of: makers, models, serial numbers
#[derive(Debug, Args)]
pub(crate) struct FruArgs {
    #[command(flatten)]
    target: Target,
    /// Tell it as JSON
    #[arg(long)]
    json: bool,
}

pub(crate) async fn inventory(args: FruArgs) -> anyhow::Result<ExitCode> {
    let found = args.target.with(async |host| host.inventory().await).await?;
    tell(&found, args.json, |all| {
        let mut table = Table::new(&[
            "KIND",
            "NAME",
            "MANUFACTURER",
            "MODEL",
            "SERIAL NUMBER",
            "PART NUMBER",
            "VERSION",
            "ASSET TAG",
        ]);
        for part in all {
            let Component { manufacturer, model, serial_number, part_number, version, asset_tag, .. } = part.clone();
            let texts = [manufacturer, model, serial_number, part_number, version, asset_tag];
            let texts = texts.into_iter().map(Option::unwrap_or_default);
            table.row([part.kind.to_string(), part.name.clone()].into_iter().chain(texts));
        }
        table.text()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_no_more_digits_than_they_need() {
        for (value, text) in [(12.0, "12"), (3.3, "3.3"), (-0.0001, "0"), (1.23456, "1.235"), (5400.0, "5400")] {
            assert_eq!(number(Some(value)), text);
        }
    }
}
