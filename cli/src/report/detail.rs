//! The part of the page about one machine.

use maud::{Markup, html};
use rosefish::host::{Component, ComponentKind, Sensor};

use super::machine::{Machine, Section, State, Walked};
use super::plot;
use super::rows::{cell, heading, left_out, missing, scrolled, state, table, text};
use crate::certificate::chain::time;
use crate::oem;
use crate::operate::number::number;
use crate::operate::{Table, firmware, inventory, logs, sensors};

/// How a machine is shown.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shown<'a> {
    /// As it was named.
    pub(super) host: &'a str,
    /// How many rows of each list are shown.
    pub(super) rows: usize,
    /// Whether what people look for first is unfolded.
    pub(super) is_open: bool,
}

/// A heading for components, and which they are.
type Group = (&'static str, &'static [ComponentKind]);

const GROUPS: [Group; 8] = [
    ("System", &[ComponentKind::System, ComponentKind::Chassis, ComponentKind::Board, ComponentKind::Manager]),
    ("Processors", &[ComponentKind::Processor, ComponentKind::Gpu, ComponentKind::GraphicsController]),
    ("Memory", &[ComponentKind::Memory]),
    ("Storage", &[ComponentKind::StorageController, ComponentKind::Drive, ComponentKind::Volume]),
    (
        "Network",
        &[
            ComponentKind::NetworkAdapter,
            ComponentKind::NetworkPort,
            ComponentKind::NetworkFunction,
            ComponentKind::NetworkInterface,
            ComponentKind::FabricAdapter,
        ],
    ),
    ("PCIe devices", &[ComponentKind::PcieDevice]),
    ("Power supplies", &[ComponentKind::PowerSupply, ComponentKind::Battery]),
    ("Fans and pumps", &[ComponentKind::Fan, ComponentKind::Pump]),
];

impl Shown<'_> {
    /// Returns the command line that shows everything that the page leaves out.
    fn all(&self, command: &str) -> String {
        format!("rosefish {command} {}", text(self.host))
    }

    /// Returns a part of the page that is folded: its heading, how much is in it, and its content.
    fn part(&self, title: &str, note: &str, is_open: bool, inner: &Markup) -> Markup {
        html! {
            details open[is_open] {
                summary { h3 { (title) } @if !note.is_empty() { " " span.count { (note) } } }
                div.inner { (inner) }
            }
        }
    }

    fn note<T>(section: &Section<T>, count: usize) -> String {
        let unread = section.unread();
        match (&section.state, count) {
            (State::Waiting | State::Failed(_), _) => "not read".to_owned(),
            (State::Lacking(_), _) => "none".to_owned(),
            (State::Read, 0) if unread == 0 => "none".to_owned(),
            (State::Read, count) if unread == 0 => count.to_string(),
            (State::Read, count) => format!("{count}, {unread} not read"),
        }
    }
}

/// Returns everything that is known of a machine.
pub(super) fn machine(machine: &Machine, shown: Shown<'_>) -> Markup {
    html! {
        (controllers(machine, shown))
        (inventory(machine, shown))
        (sensors_of(machine, shown))
        (logs_of(machine, shown))
        (firmware_of(machine, shown))
        (certificates(machine, shown))
        @if let State::Read = machine.walked.state {
            @for walked in &machine.walked.items {
                (history(walked, shown))
                (deviations(&machine.walked, walked, shown))
                (vendors(walked, shown))
            }
        } @else {
            (shown.part("Deviations and vendors' additions", &Shown::note(&machine.walked, 0), false, &state(&machine.walked)))
        }
    }
}

fn controllers(machine: &Machine, shown: Shown<'_>) -> Markup {
    let mut list = Table::new(&["ID", "MANUFACTURER", "MODEL", "FIRMWARE", "PROTOCOL"]);
    for one in &machine.controllers.items {
        let fields = [&one.id, &one.manufacturer, &one.model, &one.firmware, &one.protocol_version];
        let cells: Vec<_> = fields.into_iter().map(|field| field.clone().unwrap_or_default()).collect();
        list.row(cells);
    }
    let mut power = Table::new(&["SYSTEM", "POWER"]);
    for one in &machine.power.items {
        power.row([one.system.clone(), one.value.to_string()]);
    }
    let inner = html! {
        @if let Some(backend) = machine.backend {
            p { "Read by " (backend.to_string()) "." @for attempt in &machine.attempts { " Not by " (text(attempt)) "." } }
        }
        (state(&machine.controllers))
        @if !machine.controllers.items.is_empty() {
            (table("Management controllers", &list, shown.rows, &shown.all("bmc info")))
        }
        (missing(&machine.controllers.missing, shown.rows, &shown.all("bmc info")))
        (state(&machine.power))
        @if machine.power.items.len() > 1 { (table("Systems", &power, shown.rows, &shown.all("power status"))) }
        (missing(&machine.power.missing, shown.rows, &shown.all("power status")))
    };
    shown.part("Management", &Shown::note(&machine.controllers, machine.controllers.items.len()), false, &inner)
}

fn inventory(machine: &Machine, shown: Shown<'_>) -> Markup {
    let section = &machine.parts;
    let all = shown.all("inventory");
    // Firmware has a list of its own.
    let parts: Vec<_> = section.items.iter().filter(|part| part.kind != ComponentKind::Firmware).collect();
    let empty = parts.iter().filter(|part| part.is_empty).count();
    let there: Vec<_> = parts.iter().copied().filter(|part| !part.is_empty).collect();
    let inner = html! {
        (state(section))
        @for (title, kinds) in GROUPS {
            @let group: Vec<_> = there.iter().copied().filter(|part| kinds.contains(&part.kind)).collect();
            @if !group.is_empty() {
                h4 { (title) " " span.count { (group.len()) } }
                (table(title, &components(&group), shown.rows, &all))
            }
        }
        @let is_grouped = |part: &Component| GROUPS.iter().any(|(_, kinds)| kinds.contains(&part.kind));
        @let others: Vec<_> = there.iter().copied().filter(|part| !is_grouped(part)).collect();
        @if !others.is_empty() {
            h4 { "Others " span.count { (others.len()) } }
            (table("Others", &components(&others), shown.rows, &all))
        }
        @if empty > 0 { p.note { (empty) " more places that nothing is in: " code { (all) " --empty" } } }
        (missing(&section.missing, shown.rows, &all))
    };
    shown.part("Inventory", &Shown::note(section, there.len()), shown.is_open, &inner)
}

/// Components, with what they are where that is not the same.
fn components(all: &[&Component]) -> Table {
    let is_one_kind = all.windows(2).all(|two| matches!(two, [a, b] if a.kind == b.kind));
    inventory::table(is_one_kind.then_some("NAME"), all, true)
}

fn sensors_of(machine: &Machine, shown: Shown<'_>) -> Markup {
    let section = &machine.sensors;
    let all = shown.all("sensors");
    let list = sensors::sensor_table(&section.items, false);
    let rows = list.rows().get(1..).unwrap_or_default();
    let largest = |sensor: &Sensor| {
        let alike = section.items.iter().filter(|other| other.kind == sensor.kind && other.unit == sensor.unit);
        let readings: Vec<f64> =
            alike.filter_map(|other| other.reading).filter(|reading| reading.is_finite()).collect();
        // There is nothing to compare the only one with.
        (readings.len() > 1).then(|| readings.into_iter().fold(0.0, f64::max))
    };
    let has_states = section.items.iter().any(|sensor| !sensor.states.is_empty());
    let mut kinds: Vec<String> = Vec::new();
    for sensor in &section.items {
        let kind = sensor.kind.to_string();
        if !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    // The first ones of all, in the order of their kinds.
    let of_kind = |kind: &str| {
        let both = section.items.iter().zip(rows);
        both.filter(|(sensor, _)| sensor.kind.to_string() == kind).collect::<Vec<_>>()
    };
    let mut left = shown.rows;
    let mut groups = Vec::new();
    for kind in &kinds {
        let mut group = of_kind(kind);
        group.truncate(left);
        left -= group.len();
        if !group.is_empty() {
            groups.push((kind, group));
        }
    }
    let inner = html! {
        (state(section))
        @if !section.items.is_empty() {
            p.note { "A bar is the reading; behind it stands what is well (green), a warning (yellow) and critical (red) by the \
                machine's own thresholds. Without thresholds it is drawn against the largest reading of its kind." }
            @let inner = html! {
                table.sensors {
                    caption.hidden { "Sensors" }
                    thead { tr {
                        th scope="col" { "Sensor" }
                        th scope="col" { "Reading" }
                        th scope="col" { "Status" }
                        th scope="col" { "Against its thresholds" }
                        @if has_states { th scope="col" { "States" } }
                    } }
                    @for (kind, group) in &groups {
                        tbody {
                            tr.group { th scope="rowgroup" colspan=(if has_states { "5" } else { "4" }) { (text(&heading(kind))) } }
                            @for (sensor, row) in group {
                                @let column = |at: usize| row.get(at).map_or("", String::as_str);
                                tr {
                                    th scope="row" { (text(column(0))) }
                                    td.number { (text(&format!("{} {}", column(1), column(2)))) }
                                    (cell(column(3), "STATUS", ""))
                                    td { (plot::bar(sensor, largest(sensor))) }
                                    @if has_states { (cell(column(4), "STATES", "")) }
                                }
                            }
                        }
                    }
                }
            };
            (scrolled("Sensors", &inner))
            (left_out(section.items.len(), shown.rows, &all))
        }
        (missing(&section.missing, shown.rows, &all))
    };
    shown.part("Sensors", &Shown::note(section, section.items.len()), shown.is_open, &inner)
}

fn logs_of(machine: &Machine, shown: Shown<'_>) -> Markup {
    let section = &machine.log;
    // The newest first: nobody reads to the end.
    let mut entries = section.items.clone();
    entries.reverse();
    let inner = html! {
        (state(section))
        @if !entries.is_empty() {
            (table("Log entries, the newest first", &logs::table(&entries), shown.rows, &shown.all("logs")))
            @if entries.len() >= shown.rows {
                p.note { "The newest " (shown.rows) " entries; there may be more: " code { (shown.all("logs")) } }
            }
        }
        (missing(&section.missing, shown.rows, &shown.all("logs")))
    };
    shown.part("Event logs", &Shown::note(section, entries.len()), false, &inner)
}

fn firmware_of(machine: &Machine, shown: Shown<'_>) -> Markup {
    let section = &machine.firmware;
    let all = shown.all("firmware");
    let inner = html! {
        (state(section))
        @if !section.items.is_empty() { (table("Firmware", &firmware::table(&section.items), shown.rows, &all)) }
        (missing(&section.missing, shown.rows, &all))
    };
    shown.part("Firmware", &Shown::note(section, section.items.len()), false, &inner)
}

fn certificates(machine: &Machine, shown: Shown<'_>) -> Markup {
    let count =
        |section: &Section<Table>| section.items.iter().map(|list| list.rows().len().saturating_sub(1)).sum::<usize>();
    let inner = html! {
        h4 { "What it shows to its clients" }
        (state(&machine.chain))
        @for list in &machine.chain.items {
            (table("Certificates that the machine shows", list, shown.rows, &shown.all("certificate show")))
        }
        h4 { "What its service keeps" }
        (state(&machine.certificates))
        @if machine.certificates.state == State::Read && machine.certificates.items.is_empty() { p.note { "None." } }
        @for list in &machine.certificates.items {
            (table("Certificates of the service", list, shown.rows, &shown.all("certificate list")))
        }
        (missing(&machine.certificates.missing, shown.rows, &shown.all("certificate list")))
    };
    let note = match (&machine.chain.state, &machine.certificates.state) {
        (State::Read, _) | (_, State::Read) => (count(&machine.chain) + count(&machine.certificates)).to_string(),
        _ => Shown::note(&machine.chain, 0),
    };
    shown.part("Certificates", &note, false, &inner)
}

fn history(walked: &Walked, shown: Shown<'_>) -> Markup {
    let inner = html! {
        ul.lines { @for series in walked.history.iter().take(shown.rows) {
            @let value = |at: Option<&(i64, f64)>| at.map(|(_, value)| number(Some(*value))).unwrap_or_default();
            @let when = |at: Option<&(i64, f64)>| at.and_then(|(seconds, _)| time(*seconds)).unwrap_or_default();
            li {
                div.name { (text(&series.name)) }
                (plot::line(&series.name, &series.values))
                div.note { (value(series.values.first())) " at " (when(series.values.first())) ", "
                    (value(series.values.last())) " at " (when(series.values.last())) }
            }
        } }
        (left_out(walked.history.len(), shown.rows, &format!("{} captured/", shown.all("record"))))
    };
    html! {
        @if !walked.history.is_empty() {
            (shown.part("History", &walked.history.len().to_string(), false, &inner))
        }
    }
}

fn deviations(section: &Section<Walked>, walked: &Walked, shown: Shown<'_>) -> Markup {
    let total: usize = walked.kinds.values().sum();
    let mut kinds = Table::new(&["KIND", "COUNT"]);
    for (kind, count) in &walked.kinds {
        kinds.row([(*kind).to_owned(), count.to_string()]);
    }
    let mut list = Table::new(&["RESOURCE", "WHAT"]);
    for (uri, what) in &walked.deviations {
        list.row([uri.clone(), what.clone()]);
    }
    let all = shown.all("walk --deviations");
    let inner = html! {
        p { (walked.resources) " resources were read, without the entries of logs; " (walked.deviant) " of them depart from the \
            schemas of the standard. What departs is read all the same." }
        @if total > 0 {
            (table("Deviations by kind", &kinds, shown.rows, &all))
            (table("Deviations", &list, shown.rows, &all))
            (left_out(total, list.rows().len().saturating_sub(1), &all))
        }
        (missing(&section.missing, shown.rows, &shown.all("walk")))
    };
    let note = match (total, section.missing.len()) {
        (0, 0) => "none".to_owned(),
        (total, 0) => total.to_string(),
        (total, unread) => format!("{total}, {unread} not read"),
    };
    shown.part("Deviations from the standard", &note, false, &inner)
}

fn vendors(walked: &Walked, shown: Shown<'_>) -> Markup {
    let [properties, actions, types] = oem::tables(&walked.findings);
    let count: usize = [&properties, &actions, &types].iter().map(|list| list.rows().len().saturating_sub(1)).sum();
    let all = shown.all("oem");
    let inner = html! {
        @if count == 0 { p.note { "Nothing beyond the standard." } }
        @for (title, list) in [("Properties", &properties), ("Actions", &actions), ("Resources", &types)] {
            @if list.rows().len() > 1 { h4 { (title) } (table(title, list, shown.rows, &all)) }
        }
    };
    let note = if count == 0 { "none".to_owned() } else { count.to_string() };
    shown.part("What the vendor adds", &note, false, &inner)
}

/// Returns the maker and model of a machine as one text, and its serial number.
pub(super) fn identity(machine: &Machine) -> (String, String) {
    let parts = &machine.parts.items;
    let of_kind = |kind| parts.iter().find(|part| part.kind == kind && !part.is_empty);
    let part = [ComponentKind::System, ComponentKind::Chassis, ComponentKind::Board].into_iter().find_map(of_kind);
    let Some(part) = part else { return Default::default() };
    let model = match (&part.manufacturer, &part.model) {
        (Some(maker), Some(model)) if model.contains(maker.as_str()) => model.clone(),
        (Some(maker), Some(model)) => format!("{maker} {model}"),
        (maker, model) => maker.as_ref().or(model.as_ref()).cloned().unwrap_or_default(),
    };
    (model, part.serial_number.clone().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_is_in_one_group() {
        let mut all: Vec<_> = GROUPS.iter().flat_map(|(_, kinds)| *kinds).collect();
        let count = all.len();
        all.sort();
        all.dedup();
        assert_eq!(all.len(), count);
        assert!(!all.contains(&&ComponentKind::Firmware), "it has a list of its own");
    }
}
