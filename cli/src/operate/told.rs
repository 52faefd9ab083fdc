//! The result of a command: as JSON in one envelope, whatever the command, or as text and tables, with anything else that a person
//! should know on standard error. `docs/output.schema.json` describes the envelope.

use std::io::Write as _;
use std::process::ExitCode;

use rosefish::host::{Attempt, OfSystem, Outcome, Partial};
use serde_json::{Value, json};

use super::table::Table;
use crate::capture;
use crate::partial::{tell_lacking, tell_missing};
use crate::terminal::{look, one_line, say, stdout, write_safe};

/// What is shown to people.
#[derive(Debug)]
pub(crate) enum Shown {
    Text(String),
    Table(Table),
    /// Several, with an empty line between them.
    Tables(Vec<Table>),
    /// Lines, then tables, with an empty line before each table that has rows.
    TextAndTables(String, Vec<Table>),
}

impl From<String> for Shown {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Table> for Shown {
    fn from(table: Table) -> Self {
        Self::Table(table)
    }
}

impl From<Vec<Table>> for Shown {
    fn from(tables: Vec<Table>) -> Self {
        Self::Tables(tables)
    }
}

impl Shown {
    pub(crate) fn print(self) -> anyhow::Result<ExitCode> {
        match self {
            Self::Text(text) => print(&text),
            Self::Table(table) => {
                if capture::keep(|captured| captured.tables.push(table.rows().to_vec())) {
                    return Ok(ExitCode::SUCCESS);
                }
                // Each of its cells is one line without hidden characters.
                write_safe(&table.shown(look()))?;
                Ok(ExitCode::SUCCESS)
            }
            Self::TextAndTables(text, tables) => {
                let tables = tables.iter().filter(|table| table.rows().len() > 1);
                let texts = tables.map(|table| format!("\n{}", table.shown(look())));
                write_safe(&std::iter::once(text).chain(texts).collect::<String>())?;
                Ok(ExitCode::SUCCESS)
            }
            Self::Tables(tables) => {
                let texts: Vec<_> = tables.iter().map(|table| table.shown(look())).collect();
                write_safe(&texts.join("\n"))?;
                Ok(ExitCode::SUCCESS)
            }
        }
    }
}

pub(crate) fn print(text: &str) -> anyhow::Result<ExitCode> {
    let mut out = stdout();
    out.write_all(text.as_bytes())?;
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

/// Prints a result: as JSON with how it came about, or as text. In text, it is noted on standard error if the first attempt failed.
pub(crate) fn tell<T: serde::Serialize, S: Into<Shown>>(
    outcome: &Outcome<T>,
    as_json: bool,
    text: impl FnOnce(&T) -> S,
) -> anyhow::Result<ExitCode> {
    if as_json {
        return print(&format!("{:#}\n", to_json(outcome, &outcome.value, &[] as &[Value])?));
    }
    tell_attempts(&outcome.attempts);
    tell_unread(outcome.unread.as_ref());
    text(&outcome.value).into().print()
}

/// Returns what is shown without the name of its system, as it is the only one. If another system could not be read or has none of
/// it, the name is shown.
pub(crate) fn only<T>(found: &Partial<OfSystem<T>>) -> Option<&OfSystem<T>> {
    let is_system = |place: &str| place.trim_end_matches('/').rsplit('/').nth(1) == Some("Systems");
    match &found.items[..] {
        [only] if !found.missing.iter().any(|missing| is_system(&missing.place)) => Some(only),
        _ => None,
    }
}

/// As [`tell`], for what each system has: a single one is shown as it is, several with the systems' names.
pub(crate) fn tell_each<T: serde::Serialize>(
    outcome: &Outcome<Partial<OfSystem<T>>>,
    as_json: bool,
    heading: &str,
    text: impl Fn(&T) -> String,
) -> anyhow::Result<ExitCode> {
    let Partial { items, missing } = &outcome.value;
    if let Some(only) = only(&outcome.value) {
        if as_json {
            print(&format!("{:#}\n", to_json(outcome, &only.value, missing)?))?;
            return Ok(tell_lacking(missing));
        }
        tell_attempts(&outcome.attempts);
        print(&format!("{}\n", text(&only.value)))?;
        return Ok(tell_lacking(missing));
    }
    if as_json {
        print(&format!("{:#}\n", to_json(outcome, items, missing)?))?;
    } else {
        tell_attempts(&outcome.attempts);
        let mut table = Table::new(&["SYSTEM", heading]);
        for OfSystem { system, value, .. } in items {
            table.row([system.clone(), text(value)]);
        }
        Shown::from(table).print()?;
    }
    Ok(tell_lacking(missing))
}

/// As [`tell_each`], for rows: those of a single system are shown as they are, otherwise the system precedes each.
pub(crate) fn tell_rows<T: serde::Serialize>(
    outcome: &Outcome<Partial<OfSystem<T>>>,
    as_json: bool,
    headings: &[&str],
    rows: impl Fn(&T) -> Vec<Vec<String>>,
) -> anyhow::Result<ExitCode> {
    let Partial { items, missing } = &outcome.value;
    let only = only(&outcome.value);
    if as_json {
        let json = match only {
            Some(only) => to_json(outcome, &only.value, missing)?,
            None => to_json(outcome, items, missing)?,
        };
        print(&format!("{json:#}\n"))?;
    } else {
        tell_attempts(&outcome.attempts);
        let mut table = match only {
            Some(_) => Table::new(headings),
            None => Table::new(&[&["SYSTEM"], headings].concat()),
        };
        for OfSystem { system, value, .. } in items {
            for row in rows(value) {
                table.row(only.is_none().then(|| system.clone()).into_iter().chain(row));
            }
        }
        Shown::from(table).print()?;
    }
    Ok(tell_lacking(missing))
}

/// As [`tell`], for a list: what could not be read is named on standard error, and beside the value in JSON.
pub(crate) fn tell_list<T: serde::Serialize, S: Into<Shown>>(
    outcome: &Outcome<Partial<T>>,
    as_json: bool,
    text: impl FnOnce(&[T]) -> S,
) -> anyhow::Result<ExitCode> {
    let Partial { items, missing } = &outcome.value;
    if as_json {
        print(&format!("{:#}\n", to_json(outcome, items, missing)?))?;
    } else {
        tell_attempts(&outcome.attempts);
        text(items).into().print()?;
    }
    Ok(tell_missing(missing))
}

pub(crate) fn tell_attempts(attempts: &[Attempt]) {
    for attempt in attempts {
        say!("not by {attempt}");
    }
}

fn tell_unread(unread: Option<&rosefish::Error>) {
    if let Some(error) = unread {
        let line = one_line(&error.report());
        say!("confirmed by the BMC, but what is there now could not be read: {line}");
    }
}

/// Returns the envelope of a result, with how it came about, what was sent, and what could not be read.
pub(crate) fn to_json<T, V: serde::Serialize + ?Sized, M: serde::Serialize>(
    outcome: &Outcome<T>,
    value: &V,
    missing: &[M],
) -> anyhow::Result<Value> {
    let attempts = outcome
        .attempts
        .iter()
        .map(|attempt| json!({ "backend": attempt.backend, "phase": attempt.phase, "error": attempt.error.report() }));
    let attempts: Vec<Value> = attempts.collect();
    let unread = outcome.unread.as_ref().map(rosefish::Error::report);
    let (value, missing) = (serde_json::to_value(value)?, serde_json::to_value(missing)?);
    let mut json = envelope(&outcome.host, &json!(outcome.backend), value, missing);
    (json["attempts"], json["sent"], json["unread"]) = (json!(attempts), json!(outcome.sent), json!(unread));
    Ok(json)
}

/// Returns the envelope of a result that came by one protocol at the first attempt.
pub(crate) fn envelope(host: &str, backend: &Value, value: Value, missing: Value) -> Value {
    json!({
        "host": host,
        "backend": backend,
        "value": value,
        "sent": [],
        "unread": null,
        "partial": missing,
        "attempts": [],
    })
}
