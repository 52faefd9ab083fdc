//! Lists and texts on the page. What a machine says becomes text without hidden characters and of limited length, and long lists
//! say how long they are.

use maud::{Markup, html};

use super::machine::{Section, State};
use crate::operate::Table;
use crate::operate::table::{Mood, has_mood};
use crate::terminal::one_line;

/// How many characters of a text are shown.
const LONGEST: usize = 400;

/// Returns a text that may have come from a machine, safe to show. All that a machine says goes through here or through a
/// [`Table`], which does the same.
pub(super) fn text(text: &str) -> String {
    cut(&one_line(text))
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((at, _)) => {
            let (start, rest) = text.split_at_checked(at).unwrap_or((text, ""));
            format!("{start}\u{2026} ({} characters more)", rest.chars().count())
        }
        None => text.to_owned(),
    }
}

/// Returns the class for what is good or bad.
pub(super) fn class(mood: Option<Mood>) -> &'static str {
    match mood {
        Some(Mood::Good) => "good",
        Some(Mood::Warning) => "warn",
        Some(Mood::Bad) => "bad",
        None => "plain",
    }
}

/// Returns a badge with a word that stands for a state.
pub(super) fn badge(word: &str, mood: Option<Mood>) -> Markup {
    html! { span class={ "badge " (class(mood)) } { (text(word)) } }
}

/// Returns the name of a column: as on the command line, but not in capitals.
pub(super) fn heading(name: &str) -> String {
    match name {
        "ID" | "URI" | "SHA-256" => name.to_owned(),
        name => {
            let lower = name.to_lowercase();
            let mut letters = lower.chars();
            letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
        }
    }
}

/// Wraps a wide table, so that it scrolls instead of the page, by the keyboard as well.
pub(super) fn scrolled(caption: &str, inner: &Markup) -> Markup {
    html! { div.scroll role="region" tabindex="0" aria-label=(caption) { (inner) } }
}

/// Returns a table with at most so many rows, without empty columns. `all` is the command that shows everything.
pub(super) fn table(caption: &str, table: &Table, rows: usize, all: &str) -> Markup {
    let Some((headings, body)) = table.rows().split_first() else { return html! {} };
    let is_used = |column: usize| body.iter().any(|row| row.get(column).is_some_and(|cell| !cell.is_empty()));
    let columns: Vec<usize> = (0..headings.len()).filter(|column| *column == 0 || is_used(*column)).collect();
    let name = |column: usize| headings.get(column).map_or("", String::as_str);
    let widths: Vec<&str> =
        (0..headings.len()).map(|column| width(body.iter().filter_map(|row| row.get(column)))).collect();
    let inner = html! {
        table {
            caption.hidden { (caption) }
            thead { tr { @for column in &columns { th scope="col" { (heading(name(*column))) } } } }
            tbody {
                @for row in body.iter().take(rows) {
                    tr { @for (number, column) in columns.iter().enumerate() {
                        @let value = row.get(*column).map_or("", String::as_str);
                        @if number == 0 {
                            th scope="row" { (cut(value)) }
                        } @else {
                            (cell(value, name(*column), widths.get(*column).copied().unwrap_or_default()))
                        }
                    } }
                }
            }
        }
    };
    html! { (scrolled(caption, &inner)) (left_out(body.len(), rows, all)) }
}

/// Returns the class of a column, by its content: long texts need room, short ones don't break.
fn width<'a>(cells: impl Iterator<Item = &'a String>) -> &'static str {
    match cells.map(|cell| cell.chars().count()).max() {
        Some(0..=10) | None => "short",
        Some(11..=26) => "medium",
        Some(_) => "long",
    }
}

/// Returns a cell of a column of this class.
pub(super) fn cell(value: &str, heading: &str, class: &str) -> Markup {
    let value = cut(value);
    html! {
        @if has_mood(heading) && !value.is_empty() {
            td { (badge(&value, Mood::of(&value))) }
        } @else {
            td class=[Some(class).filter(|class| !class.is_empty())] { (value) }
        }
    }
}

/// Says that a list is longer than the part of it that is shown.
pub(super) fn left_out(count: usize, rows: usize, all: &str) -> Markup {
    html! {
        @if count > rows {
            p.note { "The first " (rows) " of " (count) ". All of them: " code { (all) } ", or " code { "--rows " (count) } "." }
        }
    }
}

/// Says what became of reading something, if there is nothing else to show.
pub(super) fn state<T>(section: &Section<T>) -> Markup {
    match &section.state {
        State::Read => html! {},
        State::Waiting => html! { p.unread { "Not read: the reading ended before it was the turn of this." } },
        State::Lacking(why) => html! { p.note { (text(why)) } },
        State::Failed(why) => html! { p.unread { "Not read: " (text(why)) } },
    }
}

/// Lists what could not be read of something that was read.
pub(super) fn missing(missing: &[String], rows: usize, all: &str) -> Markup {
    html! {
        @if !missing.is_empty() {
            div.unread {
                p { "Not read:" }
                ul { @for line in missing.iter().take(rows) { li { (text(line)) } } }
                (left_out(missing.len(), rows, all))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_bounded_and_nothing_in_them_is_hidden() {
        assert_eq!(text("a\u{202e}b\nc"), "a\\u202eb c");
        let long = text(&"é".repeat(1000));
        assert!(long.starts_with("éé") && long.ends_with("é\u{2026} (600 characters more)"), "{long}");
        assert_eq!(text(&"é".repeat(400)).chars().count(), 400);
    }

    #[test]
    fn a_long_list_says_how_long_it_is() {
        let mut list = Table::new(&["NAME", "STATE", "EMPTY"]);
        for number in 0..5 {
            list.row([format!("<b>{number}"), "critical".into(), String::new()]);
        }
        let html = table("Things", &list, 3, "rosefish things HOST").into_string();
        assert!(html.contains("&lt;b&gt;2") && !html.contains("&lt;b&gt;3"), "{html}");
        assert!(html.contains("The first 3 of 5.") && html.contains("--rows 5"), "{html}");
        assert!(html.contains("badge bad") && !html.contains("Empty"), "{html}");
        assert!(!table("Things", &list, 5, "x").into_string().contains("The first"));
    }
}
