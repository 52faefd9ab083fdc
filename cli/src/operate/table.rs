//! Rows of text in aligned columns, which are always the same: an empty one stays. Long cells are cut, with an ellipsis, so that
//! a row fits the terminal. Widths are those of a terminal's cells, of which a CJK character takes two.

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use crate::terminal::{Look, look, one_line};

/// Between two columns.
const GAP: usize = 2;
/// No column is narrower than this or its heading, unless nothing in it is wider.
const NARROWEST: usize = 4;
/// As much of a name is shown if others can give way.
const NAME: usize = 16;
/// Columns of places, the end of which says more than the beginning.
const PLACES: [&str; 3] = ["WHERE", "URI", "TARGET"];
/// Columns in which words have colours.
const STATES: [&str; 6] = ["STATUS", "SEVERITY", "STATE", "HEALTH", "POWER", "EXPIRES"];

/// A table that is being filled.
#[derive(Debug)]
pub(crate) struct Table {
    rows: Vec<Vec<String>>,
    with_headings: bool,
}

impl Table {
    pub(crate) fn new(headings: &[&str]) -> Self {
        let headings = headings.iter().map(|heading| (*heading).to_owned()).collect();
        Self { rows: vec![headings], with_headings: true }
    }

    /// Leaves the headings out, for what goes on with a table that has been shown.
    pub(crate) fn without_headings(mut self) -> Self {
        self.with_headings = false;
        self
    }

    /// Adds a row, with as many cells as there are headings.
    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().map(|cell| one_line(&cell)).collect());
    }

    /// All rows, the headings first.
    pub(crate) fn rows(&self) -> &[Vec<String>] {
        &self.rows
    }

    /// The table as text, without colours; nothing where it has no rows.
    pub(crate) fn text(&self) -> String {
        self.shown(Look { colours: false, ..look() })
    }

    /// The table as text; nothing where it has no rows.
    pub(crate) fn shown(&self, look: Look) -> String {
        let (Some(headings), true) = (self.rows.first(), self.rows.len() > 1) else { return String::new() };
        let widths = self.widths(headings, look.width);
        let mut text = String::new();
        for (number, row) in self.rows.iter().enumerate().skip(usize::from(!self.with_headings)) {
            let mut line = String::new();
            let mut gap = 0;
            for ((cell, width), heading) in row.iter().zip(&widths).zip(headings) {
                let cut = cut(cell, *width, PLACES.contains(&heading.as_str()));
                if !cut.is_empty() {
                    line.extend(std::iter::repeat_n(' ', gap));
                    gap = 0;
                }
                gap += width.saturating_sub(cut.width()) + GAP;
                let colour = match number {
                    0 => Some("1"),
                    _ if STATES.contains(&heading.as_str()) => colour(cell),
                    _ => None,
                };
                match colour.filter(|_| look.colours && !cut.is_empty()) {
                    Some(colour) => line.push_str(&format!("\u{1b}[{colour}m{cut}\u{1b}[0m")),
                    None => line.push_str(&cut),
                }
            }
            text.push_str(&line);
            text.push('\n');
        }
        text
    }

    /// How wide the columns are: as wide as what is in them if that fits, else the widest ones give way.
    fn widths(&self, headings: &[String], most: Option<usize>) -> Vec<usize> {
        let widest = |column: usize| self.rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.width()).max();
        let wanted: Vec<_> = (0..headings.len()).map(|column| widest(column).unwrap_or(0)).collect();
        let Some(most) = most else { return wanted };
        let room = most.saturating_sub(GAP * headings.len().saturating_sub(1));
        let fit = |cap: usize| -> Vec<usize> {
            let narrowed = wanted.iter().zip(headings).map(|(wanted, heading)| {
                let least = heading.width().max(if heading == "NAME" { NAME } else { NARROWEST });
                (*wanted).min(cap.max(least))
            });
            narrowed.collect()
        };
        let fits = (1..=room).rev().map(fit).find(|widths| widths.iter().sum::<usize>() <= room);
        fits.unwrap_or_else(|| fit(1))
    }
}

/// A cell that is no wider than this, with an ellipsis where something is left out.
fn cut(cell: &str, width: usize, keep_end: bool) -> String {
    if cell.width() <= width {
        return cell.to_owned();
    }
    let mut room = width.saturating_sub(1);
    let mut fits = |c: &char| match room.checked_sub(c.width().unwrap_or(0)) {
        Some(left) => {
            room = left;
            true
        }
        None => false,
    };
    if keep_end {
        let kept: Vec<char> = cell.chars().rev().take_while(|c| fits(c)).collect();
        return std::iter::once('\u{2026}').chain(kept.into_iter().rev()).collect();
    }
    let kept: String = cell.chars().take_while(|c| fits(c)).collect();
    kept + "\u{2026}"
}

/// The colour of a word that says how something is.
fn colour(cell: &str) -> Option<&'static str> {
    let word = cell.split([',', ' ']).next().unwrap_or_default();
    match word.to_ascii_lowercase().as_str() {
        "ok" | "on" | "enabled" => Some("32"),
        "warning" | "locked" | "disabled" | "absent" => Some("33"),
        "critical" | "fatal" | "expired" | "failed" => Some("31"),
        _ => None,
    }
}

/// Names with something beside those that are there several times: the chassis or system that an ID says, else the ID itself.
pub(crate) fn told_apart(all: &[(&str, &str)]) -> Vec<String> {
    let repeats = |names: &[String]| -> Vec<bool> {
        let mut count = std::collections::HashMap::new();
        names.iter().for_each(|name| *count.entry(name.as_str()).or_insert(0_usize) += 1);
        names.iter().map(|name| count.get(name.as_str()).is_some_and(|count| *count > 1)).collect()
    };
    let mut names: Vec<String> = all.iter().map(|(name, _)| (*name).to_owned()).collect();
    for part in [owner, last] {
        let repeated = repeats(&names);
        for ((name, (plain, id)), repeated) in names.iter_mut().zip(all).zip(repeated) {
            if repeated && let Some(part) = part(id) {
                *name = format!("{plain} ({part})");
            }
        }
    }
    names
}

/// The chassis, system or manager in a URI.
fn owner(id: &str) -> Option<String> {
    let mut segments = id.split('/').skip_while(|segment| !["Chassis", "Systems", "Managers"].contains(segment));
    segments.nth(1).map(str::to_owned)
}

/// The chassis, system or manager in a URI with the last segment, or an ID that is not a URI.
fn last(id: &str) -> Option<String> {
    let end = id.rsplit('/').find(|segment| !segment.is_empty())?;
    Some(match owner(id) {
        Some(owner) if owner != end => format!("{owner}, {end}"),
        _ => end.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Look = Look { width: None, colours: false };

    fn within(width: usize) -> Look {
        Look { width: Some(width), colours: false }
    }

    #[test]
    fn columns_are_aligned_and_empty_ones_stay() {
        let mut table = Table::new(&["NAME", "STATE", "UNIT"]);
        table.row(["Inlet".into(), String::new(), "°C".into()]);
        table.row(["Fan\u{1b}1".into(), String::new(), "RPM".into()]);
        table.row(["電源".into(), "ok".into(), String::new()]);
        let text = "NAME        STATE  UNIT\nInlet              °C\nFan\\u001b1         RPM\n電源        ok\n";
        assert_eq!(table.shown(PLAIN), text);
        assert!(table.without_headings().shown(PLAIN).starts_with("Inlet"));
        assert_eq!(Table::new(&["NAME"]).shown(PLAIN), "");
    }

    #[test]
    fn no_row_is_wider_than_the_terminal_and_what_is_cut_is_seen() {
        let mut table = Table::new(&["ID", "MESSAGE", "WHERE"]);
        table.row(["7".into(), "電圧が低すぎます".repeat(20), "/redfish/v1/Chassis/1U/Drives/Bay1".repeat(4)]);
        table.row(["8".into(), "short".into(), String::new()]);
        for width in [24, 40, 80, 200] {
            let text = table.shown(within(width));
            assert!(text.lines().all(|line| line.width() <= width), "{width}: {text}");
            let cells: Vec<_> = text.lines().nth(1).unwrap().split("  ").collect();
            assert_eq!(cells[0], "7 ".trim_end());
            assert!(
                cells.iter().any(|cell| cell.ends_with('…')) && text.contains("…") && text.contains("Bay1"),
                "{text}"
            );
            assert_eq!(text.lines().count(), 3);
        }
        assert!(!table.shown(PLAIN).contains('…'));
    }

    #[test]
    fn states_have_colours_and_nothing_else_has() {
        let mut table = Table::new(&["NAME", "STATUS"]);
        table.row(["critical".into(), "critical, Enabled".into()]);
        let text = table.shown(Look { width: Some(80), colours: true });
        assert!(text.ends_with("\ncritical  \u{1b}[31mcritical, Enabled\u{1b}[0m\n"), "{text:?}");
        assert_eq!(table.shown(PLAIN), "NAME      STATUS\ncritical  critical, Enabled\n");
    }

    #[test]
    fn names_that_repeat_say_their_chassis() {
        let all = [
            ("Inlet", "/redfish/v1/Chassis/A/Sensors/1"),
            ("Inlet", "/redfish/v1/Chassis/B/Sensors/1"),
            ("Fan", "/redfish/v1/Chassis/A/Sensors/F1"),
            ("Fan", "/redfish/v1/Chassis/A/Sensors/F2"),
            ("VRM", "12"),
        ];
        assert_eq!(told_apart(&all), ["Inlet (A)", "Inlet (B)", "Fan (A, F1)", "Fan (A, F2)", "VRM"]);
    }
}
