//! `rosefish sensors`: what a machine measures.

use std::process::ExitCode;

use clap::Args;
use rosefish::host::{Sensor, SensorStatus};

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

pub(crate) async fn run(args: SensorsArgs) -> anyhow::Result<ExitCode> {
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
