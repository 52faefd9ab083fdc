//! `rosefish controls`: the set points that a machine keeps to, the speed of fans and pumps among them.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use rosefish::Selector;
use rosefish::host::{Control, Host};

use super::number::number;
use super::power_limit::range;
use super::{On, Table};
use crate::terminal::one_line;

const EXAMPLES: &str = "\
Examples:
  rosefish controls 10.0.0.7 --user root
  rosefish controls set 10.0.0.7 FanSpeed 60 --user root     in the unit that the table shows

A value is sent once and read back. What is outside of the range that the machine names is refused before anything is sent. `power limit`
has the limits of power, wherever a machine has them.";

/// Show the set points that a machine keeps to, such as fan and pump speeds, or change it
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ControlsArgs {
    #[command(subcommand)]
    verb: Verb,
}

/// What to do with controls.
#[derive(Debug, Subcommand)]
enum Verb {
    /// Show the controls
    List(On),
    /// Have a control keep to a value
    Set(SetArgs),
}

#[derive(Debug, Args)]
struct SetArgs {
    #[command(flatten)]
    on: On,
    /// The control, by Id, name or URI; `list` shows which there are
    #[arg(value_name = "CONTROL")]
    control: Selector,
    /// The value, in the control's unit
    #[arg(value_name = "VALUE", value_parser = finite, allow_negative_numbers = true)]
    value: f64,
}

fn finite(text: &str) -> Result<f64, String> {
    text.parse().ok().filter(|value: &f64| value.is_finite()).ok_or_else(|| "expected a number".to_owned())
}

pub(crate) async fn run(args: ControlsArgs) -> anyhow::Result<ExitCode> {
    match args.verb {
        Verb::List(on) => on.tell_list(async |host| host.controls().await, table).await,
        Verb::Set(SetArgs { on, control, value }) => {
            let set = async |host: &Host| host.set_control(control, value).await;
            on.tell(set, |_, control| one_line(&format!("{}: {}", control.control, setting(control))) + "\n").await
        }
    }
}

/// What it keeps to: a value or a range, with the unit.
fn setting(control: &Control) -> String {
    let unit = control.unit.as_deref().map(|unit| format!(" {unit}")).unwrap_or_default();
    match control.set_point {
        Some(value) => format!("{}{unit}", number(Some(value))),
        None => match range(control.setting_min, control.setting_max) {
            nothing if nothing.is_empty() => nothing,
            range => format!("{range}{unit}"),
        },
    }
}

fn table(all: &[Control]) -> Table {
    let mut table = Table::new(&["CONTROL", "KEEPS", "RANGE", "READING", "MODE", "KIND", "PART", "NAME"]);
    for control in all {
        let owned = |text: &Option<String>| text.clone().unwrap_or_default();
        table.row([
            control.control.clone(),
            setting(control),
            range(control.lowest, control.highest),
            number(control.reading),
            owned(&control.mode),
            owned(&control.kind),
            owned(&control.part),
            control.name.clone(),
        ]);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_a_number_and_finite() {
        assert_eq!(finite("45.5"), Ok(45.5));
        for text in ["NaN", "inf", "", "fast"] {
            assert!(finite(text).is_err(), "{text}");
        }
    }
}
