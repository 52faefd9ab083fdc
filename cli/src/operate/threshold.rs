//! `rosefish sensors threshold`: when a sensor is to say that something is wrong.

use std::process::ExitCode;

use clap::Args;
use rosefish::host::Thresholds;

use super::number::number;
use super::{CHANGES, On, Table, wrong_usage};

#[derive(Debug, Args)]
pub(super) struct ThresholdArgs {
    #[command(flatten)]
    on: On,
    /// The sensor, by name or ID
    #[arg(value_name = "SENSOR")]
    sensor: String,
    /// Fatal below this, in the sensor's unit
    #[arg(help_heading = CHANGES, long, value_name = "VALUE", allow_negative_numbers = true, value_parser = value)]
    lower_fatal: Option<f64>,
    /// Critical below this
    #[arg(help_heading = CHANGES, long, value_name = "VALUE", allow_negative_numbers = true, value_parser = value)]
    lower_critical: Option<f64>,
    /// A warning below this
    #[arg(help_heading = CHANGES, long, value_name = "VALUE", allow_negative_numbers = true, value_parser = value)]
    lower_warning: Option<f64>,
    /// A warning above this
    #[arg(help_heading = CHANGES, long, value_name = "VALUE", allow_negative_numbers = true, value_parser = value)]
    upper_warning: Option<f64>,
    /// Critical above this
    #[arg(help_heading = CHANGES, long, value_name = "VALUE", allow_negative_numbers = true, value_parser = value)]
    upper_critical: Option<f64>,
    /// Fatal above this
    #[arg(help_heading = CHANGES, long, value_name = "VALUE", allow_negative_numbers = true, value_parser = value)]
    upper_fatal: Option<f64>,
}

fn value(text: &str) -> Result<f64, String> {
    text.parse().ok().filter(|value: &f64| value.is_finite()).ok_or_else(|| "expected a number, such as 45".to_owned())
}

pub(super) async fn run(args: ThresholdArgs) -> anyhow::Result<ExitCode> {
    let mut asked = Thresholds::default();
    asked.lower_fatal = args.lower_fatal;
    asked.lower_critical = args.lower_critical;
    asked.lower_caution = args.lower_warning;
    asked.upper_caution = args.upper_warning;
    asked.upper_critical = args.upper_critical;
    asked.upper_fatal = args.upper_fatal;
    if asked == Thresholds::default() {
        return Err(wrong_usage("`threshold` needs an option that says which, such as --upper-critical"));
    }
    let set = async |host: &rosefish::host::Host| host.set_thresholds(&args.sensor, asked).await;
    args.on.tell(set, |_, there| table(&args.sensor, there)).await
}

/// What they are now.
fn table(name: &str, there: &Thresholds) -> Table {
    let mut table = Table::new(&["NAME", "LF", "LC", "LW", "UW", "UC", "UF"]);
    let lower = [there.lower_fatal, there.lower_critical, there.lower_caution];
    let upper = [there.upper_caution, there.upper_critical, there.upper_fatal];
    table.row(std::iter::once(name.to_owned()).chain(lower.into_iter().chain(upper).map(number)));
    table
}
