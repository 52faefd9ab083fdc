//! `rosefish sensors`: what a machine measures.

use std::process::ExitCode;

use clap::Args;
use rosefish::host::{Sensor, SensorKind};

use super::{Table, Target, tell_list, told_apart};
use crate::partial::FOUND;

const EXAMPLES: &str = "\
Examples:
  rosefish sensors 10.0.0.7 --user root
  rosefish sensors 10.0.0.7 --kind temperature --kind fan --user root
  rosefish sensors 10.0.0.7 --problems --user root     exit code 4 if there are any

Kinds: temperature, humidity, voltage, current, power, energy, frequency, fan, pump, pressure, flow, percent, power-supply,
battery, heater, leak-detector, redundancy, and whatever else a machine has: --json shows the kind of each";

/// Show the sensors of a machine
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct SensorsArgs {
    #[command(flatten)]
    target: Target,
    /// Only those of this kind; may be given several times
    #[arg(long, value_name = "KIND")]
    kind: Vec<SensorKind>,
    /// Only those that say that something is wrong: thresholds, failed parts, lost redundancy
    #[arg(long)]
    problems: bool,
    /// Show the thresholds: lower and upper (L, U), fatal, critical and warning (F, C, W)
    #[arg(long)]
    thresholds: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(args: SensorsArgs) -> anyhow::Result<ExitCode> {
    let found = args.target.with(async |host| host.sensors().await).await?;
    let is_of_kind = |sensor: &Sensor| args.kind.is_empty() || args.kind.contains(&sensor.kind);
    if !args.kind.is_empty() && !found.value.iter().any(is_of_kind) && found.value.is_whole() {
        let mut kinds: Vec<_> = found.value.iter().map(|sensor| sensor.kind.to_string()).collect();
        kinds.sort();
        kinds.dedup();
        anyhow::bail!("this machine has no such sensors; it has: {}", kinds.join(", "));
    }
    let shown = found.map(|all| all.filter(|sensor| is_of_kind(sensor) && (!args.problems || sensor.is_problem())));
    let has_problems = args.problems && !shown.value.is_empty();
    let code = tell_list(&shown, args.json, |all| sensor_table(all, args.thresholds))?;
    Ok(if has_problems { FOUND.into() } else { code })
}

pub(crate) fn sensor_table(all: &[Sensor], thresholds: bool) -> Table {
    let mut headings = vec!["NAME", "READING", "UNIT", "STATUS"];
    if !thresholds {
        headings.push("STATES");
    } else {
        headings.extend(["LF", "LC", "LW", "UW", "UC", "UF"]);
    }
    let mut table = Table::new(&headings);
    let names: Vec<_> = all.iter().map(|sensor| (sensor.name.as_str(), sensor.id.as_str())).collect();
    for (sensor, name) in all.iter().zip(told_apart(&names)) {
        let mut row = vec![name, number(sensor.reading), unit(sensor), sensor.status.to_string()];
        if !thresholds {
            row.push(sensor.states.join(", "));
        } else {
            let limits = &sensor.thresholds;
            let lower = [limits.lower_fatal, limits.lower_critical, limits.lower_caution];
            let upper = [limits.upper_caution, limits.upper_critical, limits.upper_fatal];
            row.extend(lower.into_iter().chain(upper).map(number));
        }
        table.row(row);
    }
    table
}

/// The unit as people write it.
pub(crate) fn unit(sensor: &Sensor) -> String {
    match sensor.unit.as_deref() {
        Some("Cel") => "\u{b0}C".to_owned(),
        unit => unit.unwrap_or_default().to_owned(),
    }
}

/// At most three decimals, and no zeroes at the end.
pub(crate) fn number(value: Option<f64>) -> String {
    let Some(value) = value else { return String::new() };
    let text = format!("{value:.3}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
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
