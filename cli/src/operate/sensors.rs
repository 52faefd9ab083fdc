//! `rosefish sensors`: what a machine measures.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use rosefish::host::{Sensor, SensorKind};

use super::number::number;
use super::{On, Table, Target, tell_list, threshold, told_apart};
use crate::partial::FOUND;
use crate::terminal::one_line;

const EXAMPLES: &str = "\
Examples:
  rosefish sensors 10.0.0.7 --user root
  rosefish sensors 10.0.0.7 --kind temperature --kind fan --user root
  rosefish sensors 10.0.0.7 --problems --user root     exit code 4 if there are any
  rosefish sensors get 10.0.0.7 \"Inlet Temp\" --user root
  rosefish sensors threshold 10.0.0.7 \"Inlet Temp\" --upper-critical 45 --user root

Kinds: temperature, humidity, voltage, current, power, energy, frequency, fan, pump, pressure, flow, percent, power-supply,
battery, heater, leak-detector, redundancy, and whatever else a machine has: --json shows the kind of each";

/// Show the sensors of a machine, or set their thresholds
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct SensorsArgs {
    #[command(subcommand)]
    verb: Verb,
}

/// What to do with the sensors.
#[derive(Debug, Subcommand)]
enum Verb {
    /// Show them
    List(ListArgs),
    /// Show all of single ones
    Get(GetArgs),
    /// Set thresholds of one, and read them back
    Threshold(threshold::ThresholdArgs),
}

#[derive(Debug, Args)]
struct GetArgs {
    #[command(flatten)]
    on: On,
    /// The sensors, by name or ID
    #[arg(value_name = "SENSOR", num_args = 1.., required = true)]
    sensors: Vec<String>,
}

#[derive(Debug, Args)]
struct ListArgs {
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
    match args.verb {
        Verb::List(args) => list(args).await,
        Verb::Get(args) => get(args).await,
        Verb::Threshold(args) => threshold::run(args).await,
    }
}

async fn get(args: GetArgs) -> anyhow::Result<ExitCode> {
    let found = args.on.with(async |host| host.sensors().await).await?;
    let is = |sensor: &Sensor, name: &str| sensor.name.eq_ignore_ascii_case(name) || sensor.id == name;
    let unknown: Vec<_> =
        args.sensors.iter().filter(|name| !found.value.iter().any(|sensor| is(sensor, name))).cloned().collect();
    if !unknown.is_empty() && found.value.is_whole() {
        let names: Vec<_> = found.value.iter().map(|sensor| sensor.name.as_str()).collect();
        anyhow::bail!("this machine has no sensor {}; it has: {}", unknown.join(", "), names.join(", "));
    }
    let shown = found.map(|all| all.filter(|sensor| args.sensors.iter().any(|name| is(sensor, name))));
    tell_list(&shown, args.on.json, |all| all.iter().map(lines).collect::<Vec<_>>().join("\n"))
}

/// Returns everything about a sensor, a line each.
fn lines(sensor: &Sensor) -> String {
    let limits = &sensor.thresholds;
    let with_unit = |value: Option<f64>| match (value, unit(sensor)) {
        (None, _) => String::new(),
        (value, unit) => format!("{} {unit}", number(value)).trim_end().to_owned(),
    };
    let lines = [
        ("Name", sensor.name.clone()),
        ("Id", sensor.id.clone()),
        ("Kind", sensor.kind.to_string()),
        ("Reading", with_unit(sensor.reading)),
        ("Status", sensor.status.to_string()),
        ("States", sensor.states.join(", ")),
        ("Lower fatal", with_unit(limits.lower_fatal)),
        ("Lower critical", with_unit(limits.lower_critical)),
        ("Lower warning", with_unit(limits.lower_caution)),
        ("Upper warning", with_unit(limits.upper_caution)),
        ("Upper critical", with_unit(limits.upper_critical)),
        ("Upper fatal", with_unit(limits.upper_fatal)),
    ];
    let shown = lines.iter().filter(|(_, value)| !value.is_empty());
    shown.map(|(name, value)| format!("{name:<15} {}\n", one_line(value))).collect()
}

async fn list(args: ListArgs) -> anyhow::Result<ExitCode> {
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

/// Returns the unit as people write it.
pub(crate) fn unit(sensor: &Sensor) -> String {
    match sensor.unit.as_deref() {
        Some("Cel") => "\u{b0}C".to_owned(),
        unit => unit.unwrap_or_default().to_owned(),
    }
}
