//! `rosefish power limit`: how much a machine or a part of it may draw.

use std::process::ExitCode;

use clap::Args;
use rosefish::Selector;
use rosefish::host::{Host, PowerLimit};

use super::number::number;
use super::{On, Table};
use crate::terminal::one_line;

const EXAMPLES: &str = "\
Examples:
  rosefish power limit 10.0.0.7 --user root                 all limits, with what may be set
  rosefish power limit 10.0.0.7 --watts 400 --user root     set the only one
  rosefish power limit 10.0.0.7 --limit GPU_0 --watts 300 --user root
  rosefish power limit 10.0.0.7 --limit GPU_0 --off --user root

A limit is sent once and read back. What is outside of the range that the machine names is refused before anything is sent.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct LimitArgs {
    #[command(flatten)]
    on: On,
    /// Set it to so many watts, and put it into force
    #[arg(long, value_name = "N", group = "change", value_parser = clap::value_parser!(u32).range(1..))]
    watts: Option<u32>,
    /// Take it out of force
    #[arg(long, group = "change")]
    off: bool,
    /// Which limit, where there are several: by the name in the table, or by URI
    #[arg(long, value_name = "LIMIT", requires = "change")]
    limit: Option<Selector>,
}

pub(super) async fn run(args: LimitArgs) -> anyhow::Result<ExitCode> {
    let LimitArgs { on, watts, off, limit } = args;
    if watts.is_none() && !off {
        return on.tell_list(async |host| host.power_limits().await, table).await;
    }
    let set = async |host: &Host| host.set_power_limit(limit, watts).await;
    on.tell(set, |_, limit| format!("{}: {}\n", one_line(&limit.limit), state(limit))).await
}

/// `400 W`, `400 W, not in force`, `no limit`.
fn state(limit: &PowerLimit) -> String {
    match (limit.watts, limit.active) {
        (None, _) => "no limit".to_owned(),
        (Some(watts), Some(false)) => format!("{} W, not in force", number(Some(watts))),
        (Some(watts), _) => format!("{} W", number(Some(watts))),
    }
}

fn table(all: &[PowerLimit]) -> Table {
    let mut table = Table::new(&["LIMIT", "STATE", "RANGE", "DRAWN", "NAME", "WHERE"]);
    for limit in all {
        let range = range(limit.lowest_watts, limit.highest_watts);
        let kind = limit.kind.to_string();
        table.row([limit.limit.clone(), state(limit), range, number(limit.consumed_watts), limit.name.clone(), kind]);
    }
    table
}

/// `200-1800`, with nothing on the side of which nothing is said.
pub(super) fn range(low: Option<f64>, high: Option<f64>) -> String {
    match (low, high) {
        (None, None) => String::new(),
        (low, high) => format!("{}-{}", number(low), number(high)),
    }
}
