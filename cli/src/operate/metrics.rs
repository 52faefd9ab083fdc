//! `rosefish metrics`: what a machine keeps in metric reports.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use rosefish::Selector;
use rosefish::host::{Metric, MetricDefinitionInfo, MetricQuery, MetricReportInfo, MetricTriggerInfo};

use super::power_limit::range;
use super::{On, Table};

const EXAMPLES: &str = "\
Examples:
  rosefish metrics 10.0.0.7 --user root                  the values of all reports
  rosefish metrics 10.0.0.7 CPUPower --latest --user root
  rosefish metrics reports 10.0.0.7 --user root          which reports there are, and how they are made

Units stand in the definitions of metrics; where a definition says none, none is shown.";

/// Show the metrics that a machine keeps: reports, definitions, triggers
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct MetricsArgs {
    #[command(subcommand)]
    verb: Verb,
}

/// What to show of metrics.
#[derive(Debug, Subcommand)]
enum Verb {
    /// Show the values of all reports, or of one
    Show(ShowArgs),
    /// Show which reports there are, and how they are made
    Reports(On),
    /// Show what is defined of metrics
    Definitions(On),
    /// Show the thresholds of metrics, and what the machine does beyond them
    Triggers(On),
}

#[derive(Debug, Args)]
struct ShowArgs {
    #[command(flatten)]
    on: On,
    /// Only this report, by Id, name or URI
    #[arg(value_name = "REPORT")]
    report: Option<Selector>,
    /// Only the newest value of each metric
    #[arg(long)]
    latest: bool,
}

pub(crate) async fn run(args: MetricsArgs) -> anyhow::Result<ExitCode> {
    match args.verb {
        Verb::Show(ShowArgs { on, report, latest }) => {
            let query = report.map_or_else(MetricQuery::all, MetricQuery::of);
            let query = if latest { query.latest() } else { query };
            on.tell_list(async |host| host.metrics(query).await, values).await
        }
        Verb::Reports(on) => on.tell_list(async |host| host.metric_reports().await, reports).await,
        Verb::Definitions(on) => on.tell_list(async |host| host.metric_definitions().await, definitions).await,
        Verb::Triggers(on) => on.tell_list(async |host| host.metric_triggers().await, triggers).await,
    }
}

fn owned(text: &Option<String>) -> String {
    text.clone().unwrap_or_default()
}

fn values(all: &[Metric]) -> Table {
    let mut table = Table::new(&["REPORT", "METRIC", "VALUE", "UNIT", "TIME", "PROPERTY"]);
    for metric in all {
        let last = || metric.property.as_deref()?.rsplit(['/', '#']).find(|one| !one.is_empty()).map(str::to_owned);
        let name = metric.id.clone().or_else(last).unwrap_or_default();
        let time = metric.time.as_ref().map(ToString::to_string).unwrap_or_default();
        let (value, unit, property) = (owned(&metric.value), owned(&metric.unit), owned(&metric.property));
        table.row([metric.report.clone(), name, value, unit, time, property]);
    }
    table
}

fn reports(all: &[MetricReportInfo]) -> Table {
    let mut table = Table::new(&["REPORT", "VALUES", "MADE", "EVERY", "STATE", "TIME", "NAME"]);
    for report in all {
        let values = report.values.map_or_else(|| "none yet".to_owned(), |values| values.to_string());
        let state = match report.enabled {
            Some(true) => "enabled",
            Some(false) => "disabled",
            None => "",
        };
        let time = report.time.as_ref().map(ToString::to_string).unwrap_or_default();
        let (kind, interval, name) = (owned(&report.kind), owned(&report.interval), owned(&report.name));
        table.row([report.report.clone(), values, kind, interval, state.to_owned(), time, name]);
    }
    table
}

fn definitions(all: &[MetricDefinitionInfo]) -> Table {
    let mut table = Table::new(&["METRIC", "KIND", "UNIT", "RANGE", "NAME", "PROPERTIES"]);
    for one in all {
        let range = range(one.lowest, one.highest);
        let (kind, unit, name) = (owned(&one.kind), owned(&one.unit), owned(&one.name));
        table.row([one.metric.clone(), kind, unit, range, name, one.properties.join(", ")]);
    }
    table
}

fn triggers(all: &[MetricTriggerInfo]) -> Table {
    let mut table = Table::new(&["TRIGGER", "STATE", "THRESHOLDS", "DOES", "NAME", "PROPERTIES"]);
    for one in all {
        let thresholds: Vec<_> = one
            .thresholds
            .iter()
            .map(|threshold| match &threshold.value {
                Some(value) => format!("{} {value}", threshold.name),
                None => threshold.name.clone(),
            })
            .collect();
        let state = if one.enabled == Some(false) { "disabled" } else { "" };
        let (thresholds, actions) = (thresholds.join(", "), one.actions.join(", "));
        let row = [one.trigger.clone(), state.to_owned(), thresholds, actions, owned(&one.name)];
        table.row(row.into_iter().chain([one.properties.join(", ")]));
    }
    table
}
