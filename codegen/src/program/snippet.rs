//! Prints errors as a compiler does: the line of the file, with the relevant part underlined.

use std::ops::Range;
use std::path::PathBuf;

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use rosefish_codegen::Error;

/// How many lines to search: an element may begin some lines before the attribute that the error is about.
const LINES: usize = 12;

/// Renders an error, with the line that it is about if the file can be read.
pub(crate) fn render(error: &Error, source: &Option<(PathBuf, String)>, styled: bool) -> String {
    let title = plain(&format!("found {}", error.found()));
    let label = plain(&format!("expected {}", error.expected()));
    let renderer = if styled { Renderer::styled() } else { Renderer::plain() };
    let title = Level::ERROR.primary_title(&title);
    if let (Some((path, text)), Some(line)) = (source, error.line()) {
        let path = path.display().to_string();
        let text = plain(text);
        let span = span(&text, usize::try_from(line).unwrap_or(1).max(1) - 1, error.found());
        let (start, span, number) = around(&text, span);
        let snippet = Snippet::source(start)
            .path(&path)
            .line_start(number)
            .annotation(AnnotationKind::Primary.span(span).label(&label));
        return renderer.render(&[title.element(snippet)]);
    }
    let place = match error.line() {
        Some(line) => format!("in {}:{line}", plain(error.file())),
        None => format!("in {}", plain(error.file())),
    };
    renderer.render(&[title.element(Level::NOTE.message(&place)).element(Level::HELP.message(&label))])
}

/// Replaces the characters of a schema's text that would control a terminal. The length in bytes stays the same, as spans count bytes.
pub(crate) fn plain(text: &str) -> String {
    let safe = |c: char| match c {
        '\n' | '\t' => c.to_string(),
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' => "\u{fffd}".to_owned(),
        c if c.is_control() => " ".repeat(c.len_utf8()),
        c => c.to_string(),
    };
    text.chars().map(safe).collect()
}

/// Finds what an error at a line is about: the nearest name that the error quotes, else the whole line.
fn span(text: &str, line: usize, found: &str) -> Range<usize> {
    let starts: Vec<usize> =
        std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).skip(line).take(LINES + 1).collect();
    let Some(start) = starts.first().copied() else { return text.len()..text.len() };
    let end = starts.get(1).map_or(text.len(), |next| next - 1);
    let within = |quotes: &'static [char]| found.split(quotes).skip(1).step_by(2).filter(|name| !name.is_empty());
    let names = within(&['`']).chain(within(&['"'])).chain(within(&['<', '>']));
    let area = |range: Range<usize>| text.get(range.clone()).map(|area| (range.start, area));
    let last = starts.get(LINES).map_or(text.len(), |next| next - 1);
    for name in names {
        let name = plain(name);
        let short = name.rsplit('.').next().unwrap_or(&name);
        for (from, area) in [area(start..end), area(start..last)].into_iter().flatten() {
            for name in [name.as_str(), short] {
                if let Some(at) = area.find(name) {
                    return from + at..from + at + name.len();
                }
            }
        }
    }
    let whole = text.get(start..end).unwrap_or_default();
    let indent = whole.len() - whole.trim_start().len();
    start + indent..start + whole.trim_end().len().max(indent)
}

/// Returns only the lines of a span, as a file may be large: their text, the span in it, and the number of the first line.
fn around(text: &str, span: Range<usize>) -> (&str, Range<usize>, usize) {
    let before = text.get(..span.start).unwrap_or_default();
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    let end = text.get(span.end..).and_then(|rest| rest.find('\n')).map_or(text.len(), |at| span.end + at);
    let number = before.matches('\n').count() + 1;
    (text.get(start..end).unwrap_or_default(), span.start - start..span.end - start, number)
}
