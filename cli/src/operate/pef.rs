//! `rosefish ipmi pef`: which events have the BMC do what, and whom it alerts.

use std::process::ExitCode;

use rosefish::ipmi::EventFiltering;
use rosefish::ipmi::command::pef::{AlertPolicy, EventFilter, PefActions};
use rosefish::ipmi::record::event::SensorType;
use serde_json::{Value, json};

use super::facts::{Values, lines, missing, named, object, time};
use super::told::Shown;
use super::{OnIpmi, Table};

pub(super) async fn run(on: OnIpmi) -> anyhow::Result<ExitCode> {
    let mut found = on.target.with(async |bmc| Ok(bmc.event_filtering().await?)).await?;
    let missing = missing(std::mem::take(&mut found.missing));
    on.target.tell(on.json, to_json(&found), &missing, || shown(&found))
}

fn names(actions: PefActions) -> Vec<&'static str> {
    actions.names().collect()
}

/// What is about all events, by name.
fn state(found: &EventFiltering) -> Values {
    let version = found.capabilities.version;
    let control = found.control.as_ref();
    let last = found.last.as_ref();
    let entry = |id: u16| (id != u16::MAX && id != 0).then(|| format!("{id:#06x}"));
    let values: Values = named!({
        "version": format!("{}.{}", version & 0x0f, version >> 4),
        "possible_actions": names(found.capabilities.actions),
        "enabled": control.map(|control| control.enabled),
        "actions_logged": control.map(|control| control.log_actions),
        "enabled_actions": control.and_then(|control| control.actions).map(names),
        "startup_delay": control.filter(|control| control.startup_delay).and_then(|control| control.startup)
            .map(|delay| delay.as_secs()),
        "last_entry": last.and_then(|last| entry(last.last_entry)),
        "last_addition": last.and_then(|last| time(last.last_addition)),
        "seen_by_bmc": last.and_then(|last| entry(last.by_bmc)),
        "seen_by_software": last.and_then(|last| entry(last.by_software)),
    });
    values.into_iter().filter(|(_, value)| !value.is_null()).collect()
}

fn sensor(filter: &EventFilter) -> String {
    let kind = if filter.sensor_type == 0xff { "any".to_owned() } else { SensorType(filter.sensor_type).to_string() };
    if filter.sensor == 0xff { kind } else { format!("{kind} {:#04x}", filter.sensor) }
}

fn to_json(found: &EventFiltering) -> Value {
    let mut values = state(found);
    let filter = |one: &EventFilter| {
        json!({
            "number": one.number,
            "enabled": one.enabled,
            "preset": one.preset,
            "actions": names(one.actions),
            "policy": one.policy,
            "severity": one.severity_name(),
            "sensor": sensor(one),
            "event_type": one.event_type,
            "offsets": one.offsets,
        })
    };
    let policy = |one: &AlertPolicy| {
        json!({
            "number": one.number,
            "enabled": one.enabled,
            "policy": one.policy,
            "channel": one.channel,
            "destination": one.destination,
        })
    };
    values.push(("filters", found.filters.iter().map(filter).collect()));
    values.push(("policies", found.policies.iter().map(policy).collect()));
    object(values)
}

fn shown(found: &EventFiltering) -> Shown {
    let state_of = |enabled| if enabled { "enabled" } else { "disabled" }.to_owned();
    let mut filters = Table::new(&["FILTER", "STATE", "SENSOR", "SEVERITY", "POLICY", "ACTIONS"]);
    // An entry that nothing was ever written to is not a filter.
    for one in found.filters.iter().filter(|one| one.enabled || one.event_type != 0) {
        let cells =
            [sensor(one), one.severity_name().to_owned(), one.policy.to_string(), names(one.actions).join(", ")];
        filters.row([one.number.to_string(), state_of(one.enabled)].into_iter().chain(cells));
    }
    let mut policies = Table::new(&["POLICY", "ENTRY", "STATE", "CHANNEL", "DESTINATION"]);
    for one in found.policies.iter().filter(|one| one.enabled || one.policy != 0) {
        let cells = [one.policy, one.number, one.channel, one.destination].map(|number| number.to_string());
        let [policy, entry, channel, destination] = cells;
        policies.row([policy, entry, state_of(one.enabled), channel, destination]);
    }
    Shown::TextAndTables(lines(&state(found)), vec![filters, policies])
}
