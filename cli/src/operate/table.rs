//! Rows of text in aligned columns. All columns are always there, even empty ones. Long cells are cut, with an ellipsis, so that a
//! row fits the terminal; on a terminal, a message at the end of a row continues in the next line instead. Widths are counted in
//! cells of a terminal, of which a CJK character takes two.

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use crate::terminal::{Look, look, one_line};

/// Between two columns.
const GAP: usize = 2;
/// No column becomes narrower than this or its heading, unless its content is.
const NARROWEST: usize = 4;
/// How much of a name stays if other columns can give way.
const NAME: usize = 16;
/// A column of texts that are shown in full if it is the last one.
const MESSAGE: &str = "MESSAGE";
/// Columns with coloured words.
const STATES: [&str; 6] = ["STATUS", "SEVERITY", "STATE", "HEALTH", "POWER", "EXPIRES"];

/// What ends within so many days needs attention.
const SOON: u32 = 30;

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

    /// Leaves the headings out, for rows that continue a table that has been shown.
    pub(crate) fn without_headings(mut self) -> Self {
        self.with_headings = false;
        self
    }

    /// Adds a row, with as many cells as there are headings.
    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().map(|cell| one_line(&cell)).collect());
    }

    /// Returns all rows, the headings first.
    pub(crate) fn rows(&self) -> &[Vec<String>] {
        &self.rows
    }

    /// Returns the table as text, without colours. The text is empty if there are no rows.
    pub(crate) fn text(&self) -> String {
        self.shown(Look { colours: false, ..look() })
    }

    /// Returns the table as text, which is empty if there are no rows.
    pub(crate) fn shown(&self, look: Look) -> String {
        let (Some(headings), true) = (self.rows.first(), self.rows.len() > 1) else { return String::new() };
        let widths = self.widths(headings, look.width);
        let mut text = String::new();
        for (number, row) in self.rows.iter().enumerate().skip(usize::from(!self.with_headings)) {
            let mut line = String::new();
            let mut gap = 0;
            let mut more = Vec::new();
            for (column, ((cell, width), heading)) in row.iter().zip(&widths).zip(headings).enumerate() {
                let cut = match heading.as_str() {
                    MESSAGE if look.is_terminal && column + 1 == headings.len() => {
                        more = wrapped(cell, *width);
                        if more.is_empty() { String::new() } else { more.remove(0) }
                    }
                    _ => cut(cell, *width, column == 0),
                };
                if !cut.is_empty() {
                    line.extend(std::iter::repeat_n(' ', gap));
                    gap = 0;
                }
                gap += width.saturating_sub(cut.width()) + GAP;
                let colour = match number {
                    0 => Some("1"),
                    _ if has_mood(heading) => colour(cell),
                    _ => None,
                };
                match colour.filter(|_| look.colours && !cut.is_empty()) {
                    Some(colour) => line.push_str(&format!("\u{1b}[{colour}m{cut}\u{1b}[0m")),
                    None => line.push_str(&cut),
                }
            }
            let indent: usize = widths.iter().rev().skip(1).map(|width| width + GAP).sum();
            text.push_str(&line);
            text.push('\n');
            for line in more {
                text.extend(std::iter::repeat_n(' ', indent));
                text.push_str(&line);
                text.push('\n');
            }
        }
        text
    }

    /// Returns the widths of the columns: those of their content if that fits, otherwise the widest ones give way.
    fn widths(&self, headings: &[String], most: Option<usize>) -> Vec<usize> {
        let widest = |column: usize| self.rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.width()).max();
        let wanted: Vec<_> = (0..headings.len()).map(|column| widest(column).unwrap_or(0)).collect();
        let Some(most) = most else { return wanted };
        let room = most.saturating_sub(GAP * headings.len().saturating_sub(1));
        let fit = |cap: usize| -> Vec<usize> {
            let narrowed = wanted.iter().zip(headings).enumerate().map(|(column, (wanted, heading))| {
                let least = heading.width().max(if heading == "NAME" || column == 0 && heading != "KIND" {
                    NAME
                } else {
                    NARROWEST
                });
                (*wanted).min(cap.max(least))
            });
            narrowed.collect()
        };
        let fits = (1..=room).rev().map(fit).find(|widths| widths.iter().sum::<usize>() <= room);
        fits.unwrap_or_else(|| fit(1))
    }
}

/// Breaks a text into lines of at most this width, between words if possible.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in text.split_inclusive(' ') {
        if used > 0 && used + word.trim_end().width() > width {
            lines.push(String::new());
            used = 0;
        }
        for c in word.chars() {
            let wide = c.width().unwrap_or(0);
            if used + wide > width && used > 0 && c != ' ' {
                lines.push(String::new());
                used = 0;
            }
            if let Some(line) = lines.last_mut() {
                line.push(c);
            }
            used += wide;
        }
    }
    lines.iter_mut().for_each(|line| line.truncate(line.trim_end().len()));
    lines
}

/// Cuts a cell to at most this width. An ellipsis marks what is left out: at the beginning of a path, in the middle of a name,
/// whose end distinguishes it from others, and at the end of anything else.
fn cut(cell: &str, width: usize, is_name: bool) -> String {
    if cell.width() <= width {
        return cell.to_owned();
    }
    let room = width.saturating_sub(1);
    let at_end = if cell.starts_with('/') {
        room
    } else if is_name {
        room / 2
    } else {
        0
    };
    let end: Vec<char> = fitting(cell.chars().rev(), at_end).collect();
    let start = fitting(cell.chars(), room.saturating_sub(at_end));
    start.chain(std::iter::once('\u{2026}')).chain(end.into_iter().rev()).collect()
}

/// Returns the characters that fit into a width, from the first on.
fn fitting(all: impl Iterator<Item = char>, mut room: usize) -> impl Iterator<Item = char> {
    all.take_while(move |c| match room.checked_sub(c.width().unwrap_or(0)) {
        Some(left) => {
            room = left;
            true
        }
        None => false,
    })
}

/// How good the state is that a word stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mood {
    Good,
    Warning,
    Bad,
}

impl Mood {
    /// Returns how good the state in a cell is, or `None` if the cell doesn't name one.
    pub(crate) fn of(cell: &str) -> Option<Self> {
        let word = cell.split([',', ' ']).next().unwrap_or_default();
        match word.to_ascii_lowercase().as_str() {
            "ok" | "on" | "enabled" => Some(Self::Good),
            "warning" | "locked" | "disabled" | "absent" => Some(Self::Warning),
            "critical" | "fatal" | "expired" | "failed" => Some(Self::Bad),
            days => {
                let days: u32 = days.parse().ok().filter(|_| cell.ends_with(" days left"))?;
                (days < SOON).then_some(Self::Warning)
            }
        }
    }
}

/// Returns whether the words of a column stand for states.
pub(crate) fn has_mood(heading: &str) -> bool {
    STATES.contains(&heading)
}

/// Returns the colour of a word that stands for a state.
fn colour(cell: &str) -> Option<&'static str> {
    Mood::of(cell).map(|mood| match mood {
        Mood::Good => "32",
        Mood::Warning => "33",
        Mood::Bad => "31",
    })
}

/// Returns the names. Those that occur several times are followed by the chassis or system in their ID, otherwise by the ID itself.
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

/// Returns the chassis, system or manager in a URI.
fn owner(id: &str) -> Option<String> {
    let mut segments = id.split('/').skip_while(|segment| !["Chassis", "Systems", "Managers"].contains(segment));
    segments.nth(1).map(str::to_owned)
}

/// Returns the chassis, system or manager in a URI with the last segment, or an ID that is not a URI.
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

    const PLAIN: Look = Look { width: None, colours: false, is_terminal: false };

    fn within(width: usize) -> Look {
        Look { width: Some(width), ..PLAIN }
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
        let mut table = Table::new(&["ID", "WHAT", "WHERE"]);
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
    fn a_message_at_the_end_is_not_cut_on_a_terminal() {
        let mut table = Table::new(&["ID", "MESSAGE"]);
        table.row(["7".into(), "The fan of bay 3 failed, and spins no more.".into()]);
        table.row(["8".into(), "x".repeat(30)]);
        table.row(["9".into(), String::new()]);
        let terminal = |width| Look { is_terminal: true, ..within(width) };
        let text = table.shown(terminal(20));
        let expected = "ID  MESSAGE\n7   The fan of bay 3\n    failed, and\n    spins no more.\n8   xxxxxxxxxxxxxxxx\n";
        assert_eq!(text, format!("{expected}    xxxxxxxxxxxxxx\n9\n"));
        let mut cjk = Table::new(&["MESSAGE"]);
        cjk.row(["電圧が低すぎます".repeat(9)]);
        let text = cjk.shown(terminal(21));
        assert!(text.lines().all(|line| line.width() <= 21), "{text}");
        assert_eq!(text.matches('電').count(), 9, "{text}");
        assert_eq!(table.shown(within(20)).lines().count(), 4);
    }

    #[test]
    fn states_have_colours_and_nothing_else_has() {
        let mut table = Table::new(&["NAME", "STATUS"]);
        table.row(["critical".into(), "critical, Enabled".into()]);
        let text = table.shown(Look { colours: true, ..within(80) });
        assert!(text.ends_with("\ncritical  \u{1b}[31mcritical, Enabled\u{1b}[0m\n"), "{text:?}");
        assert_eq!(table.shown(PLAIN), "NAME      STATUS\ncritical  critical, Enabled\n");
    }

    #[test]
    fn what_ends_soon_is_seen() {
        for (cell, mood) in [
            ("29 days left", Some(Mood::Warning)),
            ("30 days left", None),
            ("expired 3 days ago", Some(Mood::Bad)),
            ("29", None),
            ("OK, Enabled", Some(Mood::Good)),
        ] {
            assert_eq!(Mood::of(cell), mood, "{cell}");
        }
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
