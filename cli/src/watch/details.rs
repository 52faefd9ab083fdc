//! The host that is chosen: how it is, its temperatures and fans with what they were before, what is wrong, what happened.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Borders, Paragraph};
use rosefish::host::Severity;
use unicode_width::UnicodeWidthStr as _;

use super::digest::{Digest, Measured};
use super::paint::{Paint, age, bar, event_line, spark};
use super::state::{Seen, State, View};

pub(super) fn draw(state: &State, frame: &mut Frame<'_>, area: Rect) {
    let Some(host) = state.hosts.get(state.chosen) else { return };
    let lines = lines(state, host, usize::from(area.width));
    let height = usize::from(area.height.saturating_sub(1));
    let scrolled = if state.view == View::Details { state.scrolled } else { 0 };
    let above = scrolled.min(lines.len().saturating_sub(height));
    // A list that continues below says so.
    let below = lines.len().saturating_sub(height).saturating_sub(above);
    let more = if below > 0 { format!(" ({below} more lines: Tab, down)") } else { String::new() };
    let shown: Vec<Line<'_>> = lines.into_iter().skip(above).take(height).collect();
    let block = Block::new().borders(Borders::TOP).title(format!("{}{more}", host.name));
    frame.render_widget(Paragraph::new(shown).block(block), area);
}

/// All there is to say, wrapped nowhere but where it is what could not be read.
fn lines<'a>(state: &State, host: &'a Seen, width: usize) -> Vec<Line<'a>> {
    let paint = Paint(state.colours);
    let Some(last) = &host.last else { return vec![Line::raw("not read yet")] };
    let mut all = vec![summary(state, last)];
    for problem in &last.problems {
        let style = paint.of(Some(problem.severity));
        let word = Span::styled(format!("{} ", problem.severity), style);
        all.push(Line::from(vec![word, Span::raw(problem.text.as_str()), Span::raw(format!("  {}", problem.id))]));
    }
    for text in last.not_read() {
        all.extend(
            wrapped(&format!("not read: {text}"), width)
                .into_iter()
                .map(|line| Line::styled(line, paint.of(Some(Severity::Warning)))),
        );
    }
    if let Some(watts) = &last.watts {
        let history = spark(&host.watts, 24);
        all.push(Line::raw(format!("power {} {history} {}", watts.words(), watts.name)));
    }
    let fastest = last.fans.iter().map(|fan| fan.value).fold(0.0, f64::max);
    for (title, sensors, whole) in [("Temperatures", &last.temperatures, 100.0), ("Fans", &last.fans, fastest)] {
        if sensors.is_empty() {
            continue;
        }
        all.push(Line::styled(title, Style::new().add_modifier(Modifier::BOLD)));
        all.extend(sensors.iter().map(|sensor| measured(host, sensor, whole, width, paint)));
    }
    for text in [&host.source, &host.unread].into_iter().filter(|text| !text.is_empty()) {
        all.extend(wrapped(text, width).into_iter().map(Line::raw));
    }
    all.extend(host.events.iter().rev().map(|event| event_line(None, event, paint)));
    all
}

fn summary<'a>(state: &State, last: &Digest) -> Line<'a> {
    let mut parts = vec![last.power_words(), last.health_words()];
    parts.extend(last.backend.clone());
    parts.push(format!("read {} ago, took {:.1} s", age(last.at, state.now), last.took.as_secs_f64()));
    parts.retain(|part| !part.is_empty());
    Line::raw(parts.join(", "))
}

/// A sensor in one line: the value, a bar up to its threshold, what it was before, the name.
fn measured<'a>(host: &'a Seen, sensor: &'a Measured, whole: f64, width: usize, paint: Paint) -> Line<'a> {
    let whole = match sensor.limit {
        Some(limit) if limit > 0.0 => limit,
        _ if sensor.unit == "%" => 100.0,
        _ => whole,
    };
    let share = if whole > 0.0 { sensor.value / whole } else { 0.0 };
    let severity = sensor.is_problem().then_some(Severity::Critical);
    let mut spans = vec![Span::styled(format!("{:>9} ", sensor.words()), paint.of(severity))];
    if width >= 64 {
        let before = host.sensors.get(&sensor.id).map(|series| spark(series, 16)).unwrap_or_default();
        spans.push(Span::raw(format!("{} {before:16} ", bar(share, 16))));
    }
    spans.push(Span::raw(sensor.name.as_str()));
    if sensor.is_problem() {
        spans.push(Span::raw(format!(" ({})", sensor.status)));
    }
    Line::from(spans)
}

/// A text in lines of so many columns: reasons are read to their end.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let (mut lines, mut line) = (Vec::new(), String::new());
    for word in text.split(' ') {
        if !line.is_empty() && line.width() + 1 + word.width() > width {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        for letter in word.chars() {
            if line.width() >= width.max(8) {
                lines.push(std::mem::take(&mut line));
            }
            line.push(letter);
        }
    }
    lines.push(line);
    lines
}
