//! What pictures are made of: colours, lines of events, sparklines, bars, ages.

use jiff::Timestamp;
use ratatui::style::{Color, Style};
use ratatui::text::{Line, Span};
use rosefish::host::Severity;

use super::news::Event;

/// Colours, or none.
#[derive(Debug, Clone, Copy)]
pub(super) struct Paint(pub(super) bool);

impl Paint {
    pub(super) fn of(self, severity: Option<Severity>) -> Style {
        match severity {
            Some(Severity::Critical) => self.colour(Color::Red),
            Some(Severity::Warning) => self.colour(Color::Yellow),
            Some(_) => self.colour(Color::Green),
            None => Style::new(),
        }
    }

    pub(super) fn colour(self, colour: Color) -> Style {
        if self.0 { Style::new().fg(colour) } else { Style::new() }
    }
}

/// Returns an event in one line.
pub(super) fn event_line<'a>(name: Option<&'a str>, event: &'a Event, paint: Paint) -> Line<'a> {
    let mut line = Line::default();
    if let Some(name) = name {
        line.push_span(Span::raw(name));
        line.push_span(" ");
    }
    if let Some(time) = &event.time {
        line.push_span(Span::raw(time.as_str()));
        line.push_span(" ");
    }
    if let Some(severity) = event.severity {
        line.push_span(Span::styled(format!("{severity} "), paint.of(Some(severity))));
    }
    line.push_span(Span::raw(event.message.as_str()));
    line
}

/// Returns how old a reading is.
pub(super) fn age(at: Timestamp, now: Timestamp) -> String {
    match now.as_second().saturating_sub(at.as_second()).max(0) {
        seconds @ 0..=119 => format!("{seconds} s"),
        seconds @ 120..=7199 => format!("{} min", seconds / 60),
        seconds => format!("{} h", seconds / 3600),
    }
}

/// Returns the newest values as a line of bars, between the lowest and the highest of them. Values that hardly change are flat: a
/// difference of less than a tenth is not magnified.
pub(super) fn spark<'a>(
    values: impl IntoIterator<Item = &'a f64, IntoIter: DoubleEndedIterator>,
    width: usize,
) -> String {
    const BARS: [char; 8] =
        ['\u{2581}', '\u{2582}', '\u{2583}', '\u{2584}', '\u{2585}', '\u{2586}', '\u{2587}', '\u{2588}'];
    let mut newest: Vec<f64> = values.into_iter().rev().take(width).copied().collect();
    newest.reverse();
    let low = newest.iter().copied().fold(f64::INFINITY, f64::min);
    let high = newest.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let range = (high - low).max(high.abs() * 0.1).max(1.0);
    let bar = |value: &f64| {
        // From 0 to 7, whatever the value: a float becomes the nearest number that fits.
        let step = ((value - low) / range * 7.0).round() as usize;
        BARS.get(step).copied().unwrap_or('\u{2588}')
    };
    newest.iter().map(bar).collect()
}

/// Returns a share of a whole as a bar.
pub(super) fn bar(share: f64, width: usize) -> String {
    let filled = ((share.clamp(0.0, 1.0) * width as f64).round() as usize).min(width);
    "\u{2588}".repeat(filled) + &"\u{2591}".repeat(width.saturating_sub(filled))
}
