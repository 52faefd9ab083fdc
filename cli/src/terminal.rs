//! What the program prints: everything goes through here, so that nothing that a BMC says moves the cursor, sets a title, reverses
//! the line or hides in it. Such characters are shown as JSON writes them (`\u001b`), so that JSON stays JSON.

use std::borrow::Cow;
use std::fmt::{Arguments, Write as _};
use std::io::{self, IsTerminal as _, Write};
use std::sync::{Mutex, OnceLock, PoisonError};

use clap::{Args, ValueEnum};

use crate::capture;

/// Prints a line on standard error.
macro_rules! say {
    ($($argument:tt)*) => { $crate::terminal::say_line(format_args!($($argument)*)) };
}

pub(crate) use say;

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum When {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    Always,
    Never,
}

/// How results are shown.
#[derive(Debug, Args)]
pub(crate) struct LookArgs {
    /// Don't cut long cells of tables to the width of the terminal (80 columns where there is none)
    #[arg(help_heading = "Output", long, global = true)]
    wide: bool,
    /// Use colours: on terminals unless NO_COLOR is set, always or never
    #[arg(
        help_heading = "Output",
        long,
        value_name = "WHEN",
        default_value = "auto",
        hide_default_value = true,
        global = true
    )]
    color: When,
}

/// How tables look.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Look {
    /// At most so many columns.
    pub(crate) width: Option<usize>,
    pub(crate) colours: bool,
    /// For a person at a terminal. Otherwise each line is an entry with all its columns, as programs that read lines expect.
    pub(crate) is_terminal: bool,
}

static LOOK: OnceLock<Look> = OnceLock::new();

/// Returns how tables look, by what is known of where they are read.
pub(crate) fn look() -> Look {
    *LOOK.get_or_init(|| Look { width: Some(width()), ..Look::default() })
}

impl LookArgs {
    /// Applies this look from here on.
    pub(crate) fn apply(&self) {
        let is_terminal = io::stdout().is_terminal();
        let colours = match self.color {
            When::Always => true,
            When::Never => false,
            When::Auto => {
                let refused = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
                let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
                is_terminal && !refused("NO_COLOR") && !is_dumb
            }
        };
        // Nothing has used the look before.
        let _ = LOOK.set(Look { width: (!self.wide).then(width), colours, is_terminal });
    }
}

/// Returns the width of the terminal, or what the variable COLUMNS says, or 80.
fn width() -> usize {
    #[cfg(unix)]
    let seen = rustix::termios::tcgetwinsize(io::stdout()).ok().map(|size| usize::from(size.ws_col));
    #[cfg(not(unix))]
    let seen = None;
    let said = || std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    seen.or_else(said).filter(|columns| *columns >= 20).unwrap_or(80)
}

/// Writes text to standard output whose parts have been made safe, colours included.
pub(crate) fn write_safe(text: &str) -> io::Result<()> {
    if capture::keep(|captured| captured.text.push_str(text)) {
        return Ok(());
    }
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// Prints a line on standard error.
pub(crate) fn say_line(line: Arguments<'_>) {
    let text = shown(&format!("{line}\n")).into_owned();
    if capture::keep(|captured| captured.said.extend(text.lines().map(str::to_owned))) {
        return;
    }
    say_text(&text);
}

/// Prints lines that have been made safe on standard error, or keeps them while there is a picture on the terminal.
pub(crate) fn say_text(text: &str) {
    if let Some(held) = &mut *HELD.lock().unwrap_or_else(PoisonError::into_inner) {
        if held.text.len() < MOST_HELD {
            held.text.push_str(text);
        } else {
            held.lost += text.lines().count();
        }
        return;
    }
    // If standard error is closed, there is nowhere to report that.
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

/// What is printed on standard error while there is a picture on the terminal, which it would damage.
static HELD: Mutex<Option<Held>> = Mutex::new(None);

/// How many bytes are kept.
const MOST_HELD: usize = 256 * 1024;

#[derive(Debug, Default)]
struct Held {
    text: String,
    lost: usize,
}

/// Keeps what is printed on standard error from here on, if that is a terminal.
pub(crate) fn hold() {
    if io::stderr().is_terminal() {
        HELD.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_default();
    }
}

/// Prints what was kept, and keeps nothing from here on.
pub(crate) fn release() {
    let held = HELD.lock().unwrap_or_else(PoisonError::into_inner).take();
    let Some(Held { text, lost }) = held else { return };
    say_text(&text);
    if lost > 0 {
        say!("rosefish: {lost} more lines were not kept");
    }
}

/// Asks a question on standard error. The answer is typed after it.
pub(crate) fn ask(question: &str) -> io::Result<()> {
    let mut out = io::stderr().lock();
    out.write_all(shown(question).as_bytes())?;
    out.flush()
}

/// Returns standard output.
pub(crate) fn stdout() -> Stdout {
    Stdout(Vec::new())
}

/// Standard output, written to when this is flushed or dropped.
#[derive(Debug)]
pub(crate) struct Stdout(Vec<u8>);

impl Write for Stdout {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let bytes = std::mem::take(&mut self.0);
        let text = String::from_utf8_lossy(&bytes);
        let text = shown(&text);
        if capture::keep(|captured| captured.text.push_str(&text)) {
            return Ok(());
        }
        let mut out = io::stdout().lock();
        out.write_all(text.as_bytes())?;
        out.flush()
    }
}

impl Drop for Stdout {
    fn drop(&mut self) {
        if !self.0.is_empty() {
            let _ = self.flush();
        }
    }
}

/// Makes the hidden characters of a text visible. Line feeds and tabs stay.
pub(crate) fn shown(text: &str) -> Cow<'_, str> {
    let Some(first) = text.find(is_hidden) else { return Cow::Borrowed(text) };
    let (plain, rest) = text.split_at(first);
    let mut shown = String::with_capacity(text.len().saturating_add(64));
    shown.push_str(plain);
    for c in rest.chars() {
        if !is_hidden(c) {
            shown.push(c);
            continue;
        }
        for unit in c.encode_utf16(&mut [0; 2]) {
            // Writing to a `String` doesn't fail.
            let _ = write!(shown, "\\u{unit:04x}");
        }
    }
    Cow::Owned(shown)
}

/// As [`shown`], in one line.
pub(crate) fn one_line(text: &str) -> String {
    shown(&text.replace(['\n', '\r', '\t'], " ")).into_owned()
}

/// Returns whether a character affects others or the terminal instead of being seen.
fn is_hidden(c: char) -> bool {
    match c {
        '\n' | '\t' => false,
        // Soft hyphen, Arabic letter mark, fillers, vowel separator.
        '\u{ad}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}' | '\u{180e}' | '\u{34f}' => true,
        // Zero width, marks of direction, separators of lines, embeddings, isolates, and what formats invisibly.
        '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' => true,
        // Selectors of variants, notes between lines, shorthand and musical formats, tags.
        '\u{180b}'..='\u{180f}' | '\u{fe00}'..='\u{fe0f}' | '\u{fff0}'..='\u{fffb}' => true,
        '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}' => true,
        c => c.is_control(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_not_be_seen_is_shown() {
        for (text, expected) in [
            ("plain °C\tand\n", "plain °C\tand\n"),
            ("\u{1b}]0;title\u{7}", "\\u001b]0;title\\u0007"),
            ("a\rb\u{8}\u{7f}", "a\\u000db\\u0008\\u007f"),
            ("\u{9b}2J", "\\u009b2J"),
            ("\u{202e}gpj.exe\u{2066}", "\\u202egpj.exe\\u2066"),
            ("a\u{200b}\u{feff}b", "a\\u200b\\ufeffb"),
            ("\u{e0041}", "\\udb40\\udc41"),
        ] {
            assert_eq!(shown(text), expected);
        }
        assert_eq!(one_line("a: <html>\r\n\u{1b}[2Jb"), "a: <html>  \\u001b[2Jb");
    }

    #[test]
    fn json_stays_json_and_means_the_same() {
        let text: String = (0..=0x0010_FFFF_u32).filter_map(char::from_u32).collect();
        let json = serde_json::json!({ text.clone(): [text] });
        let shown = shown(&json.to_string()).into_owned();
        assert!(!shown.contains(is_hidden));
        assert_eq!(serde_json::from_str::<serde_json::Value>(&shown).unwrap(), json);
    }
}
