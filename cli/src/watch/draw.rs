//! The picture of a state, for a terminal of any size. Nothing is read or changed here.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Borders, Cell, Paragraph, Row, Table};
use rosefish::host::{HostPowerState, Severity};

use super::details;
use super::digest::Digest;
use super::paint::{Paint, age, event_line, spark};
use super::state::{Order, Seen, State, View};

/// Below so many columns, only the most important ones are there.
const NARROW: u16 = 64;

/// From here on the sensor that is hottest is named.
const WIDE: u16 = 110;

/// Draws all of it.
pub(super) fn draw(state: &State, frame: &mut Frame<'_>) {
    let [head, body, foot] =
        Layout::vertical([Constraint::Length(1), Constraint::Min(0), Constraint::Length(1)]).areas(frame.area());
    frame.render_widget(Line::styled(headline(state), Style::new().add_modifier(Modifier::BOLD)), head);
    frame.render_widget(Line::raw(keys(state, foot.width)), foot);
    match state.view {
        View::Details => details::draw(state, frame, body),
        View::Events => events(state, frame, body),
        View::All => {
            let rows = u16::try_from(state.hosts.len()).unwrap_or(u16::MAX).saturating_add(1);
            let (details, happened) = match body.height {
                0..=13 => (0, 0),
                14..=21 => (0, 5),
                22..=35 => (body.height / 3, 5),
                height => (height / 3, height / 4),
            };
            let most = body.height.saturating_sub(details).saturating_sub(happened);
            // What the table leaves is for the details.
            let [table, below, last] = match rows < most && details > 0 {
                true => Layout::vertical([Constraint::Length(rows), Constraint::Min(0), Constraint::Length(happened)]),
                false => {
                    Layout::vertical([Constraint::Min(0), Constraint::Length(details), Constraint::Length(happened)])
                }
            }
            .areas(body);
            hosts(state, frame, table);
            if !below.is_empty() {
                details::draw(state, frame, below);
            }
            if !last.is_empty() {
                events(state, frame, last);
            }
        }
    }
}

/// How many hosts there are, and how they are.
fn headline(state: &State) -> String {
    let count = |which: &dyn Fn(&Digest) -> bool| {
        state.hosts.iter().filter(|host| host.last.as_ref().is_some_and(which)).count()
    };
    let power =
        |wanted: HostPowerState| count(&move |last| last.is_up && last.power.iter().any(|of| of.value == wanted));
    let mut text = format!("{} hosts", state.hosts.len());
    let waiting = state.hosts.iter().filter(|host| host.last.is_none()).count();
    for (number, what) in [
        (power(HostPowerState::On), "on"),
        (power(HostPowerState::Off), "off"),
        (count(&|last| last.is_up && last.verdict.is_some_and(|verdict| verdict > Severity::Ok)), "not well"),
        (count(&|last| !last.is_up), "not reached"),
        (count(&|last| last.is_up && !last.is_whole()), "read in part"),
        (waiting, "not read yet"),
    ] {
        if number > 0 {
            text.push_str(&format!(", {number} {what}"));
        }
    }
    text
}

fn keys(state: &State, width: u16) -> String {
    let order = format!("{}{}", state.order.name(), if state.reversed { ", reversed" } else { "" });
    match state.view {
        View::All if width < NARROW => format!("q end  s sort: {order}"),
        View::All => {
            format!("q end  up/down choose  Tab details, events  s sort: {order}  r reverse  * not all was read")
        }
        _ if width < NARROW => "q end  Tab on  b back".to_owned(),
        _ => "q end  up/down scroll  Tab on  b back to the hosts".to_owned(),
    }
}

fn hosts(state: &State, frame: &mut Frame<'_>, area: Rect) {
    let sorted = state.sorted();
    let height = usize::from(area.height.saturating_sub(1));
    let at = sorted.iter().position(|number| *number == state.chosen).unwrap_or_default();
    let above = at.saturating_sub(height / 2).min(sorted.len().saturating_sub(height));
    let narrow = area.width < NARROW;
    let mut widths = vec![Constraint::Min(8), Constraint::Length(if narrow { 5 } else { 8 }), Constraint::Length(12)];
    let mut names = vec![("HOST", Order::Named), ("POWER", Order::Power), ("HEALTH", Order::Health)];
    names.push(("TEMP", Order::Temperature));
    widths.push(Constraint::Length(6));
    if !narrow {
        names.extend([("", Order::Named), ("WATTS", Order::Watts), ("AGE", Order::Age)]);
        let name = if area.width >= WIDE { 40 } else { 12 };
        widths.extend([Constraint::Length(name), Constraint::Length(7), Constraint::Length(6)]);
    }
    let arrow = |order: Order, name: &str| match order == state.order && !name.is_empty() {
        true => format!("{name}{}", if state.reversed { "^" } else { "v" }),
        false => name.to_owned(),
    };
    let bold = Style::new().add_modifier(Modifier::BOLD);
    let header = Row::new(names.iter().map(|(name, order)| arrow(*order, name))).style(bold);
    let rows = sorted.iter().skip(above).take(height).filter_map(|number| {
        let host = state.hosts.get(*number)?;
        let row = row(state, host, area.width);
        let chosen = *number == state.chosen;
        Some(if chosen { row.style(Style::new().add_modifier(Modifier::REVERSED)) } else { row })
    });
    frame.render_widget(Table::new(rows, widths).header(header).column_spacing(1), area);
}

fn row<'a>(state: &State, host: &'a Seen, width: u16) -> Row<'a> {
    let paint = Paint(state.colours);
    let name = Cell::from(host.name.as_str());
    let Some(last) = &host.last else { return Row::new([name, Cell::from(""), Cell::from("...")]) };
    let severity = if last.is_up { last.verdict } else { Some(Severity::Critical) };
    let mut cells = vec![
        name,
        Cell::from(last.power_words()),
        Cell::from(Span::styled(last.health_words(), paint.of(severity))),
        Cell::from(last.hottest().map(|one| format!("{:.0} \u{b0}C", one.value)).unwrap_or_default()),
    ];
    if width >= NARROW {
        let mut history = spark(&host.hottest, 12);
        if width >= WIDE
            && let Some(hottest) = last.hottest()
        {
            history = format!("{history:12} {}", hottest.name);
        }
        let watts = last.watts.as_ref().map(|one| format!("{:.0} W", one.value)).unwrap_or_default();
        cells.extend([Cell::from(history), Cell::from(watts), Cell::from(age(last.at, state.now))]);
    }
    Row::new(cells)
}

/// What happened on all hosts, the newest first.
fn events(state: &State, frame: &mut Frame<'_>, area: Rect) {
    let all = state.events.iter().rev();
    let named = all.filter_map(|(number, event)| Some((state.hosts.get(*number)?.name.as_str(), event)));
    let height = usize::from(area.height);
    let lines: Vec<Line<'_>> = named
        .skip(state.scrolled.min(state.events.len().saturating_sub(1)))
        .take(height)
        .map(|(name, event)| event_line(Some(name), event, Paint(state.colours)))
        .collect();
    let title = format!("Events since the watch began: {}", state.events.len());
    let title = if lines.is_empty() { "Events: none since the watch began".to_owned() } else { title };
    frame.render_widget(Paragraph::new(lines).block(Block::new().borders(Borders::TOP).title(title)), area);
}
