//! Shows the results of a command on many hosts: as lines with the host's name, one table, JSON lines, CSV, or groups of hosts with
//! the same result. Also determines the exit code of the program.

use std::collections::BTreeMap;
use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};

use super::groups::Groups;
use super::options::Line;
use super::outcome::{Outcome, Told, without_name};
use crate::operate::{Shown, Table};
use crate::partial::{DONE_IN_PART, FOUND};
use crate::terminal::{say, stdout};

/// The exit code where no host could be reached.
const NONE_REACHED: u8 = 5;

/// How results are shown.
#[derive(Debug, PartialEq)]
enum Form {
    Lines,
    Json,
    Csv,
    Groups {
        by: String,
        is_json: bool,
    },
    /// Nothing is shown: the caller uses all results at the end.
    Gathered,
}

/// Shows results as they come, and the others at the end.
#[derive(Debug)]
pub(crate) struct Teller {
    form: Form,
    names: Vec<String>,
    /// The results to show at the end, by the number of the host.
    kept: BTreeMap<usize, Told>,
    outcomes: Vec<Outcome>,
    bar: ProgressBar,
}

impl Teller {
    pub(crate) fn new(line: &Line, names: Vec<String>) -> Self {
        let form = match &line.many.group_by {
            Some(by) => Form::Groups { by: by.clone(), is_json: line.json && !line.many.groups_as_text },
            None if line.many.csv => Form::Csv,
            None if line.json => Form::Json,
            None => Form::Lines,
        };
        Self::with(form, names)
    }

    /// Shows no results: the caller uses all of them at the end.
    pub(crate) fn gathering(names: Vec<String>) -> Self {
        Self::with(Form::Gathered, names)
    }

    fn with(form: Form, names: Vec<String>) -> Self {
        let bar = if std::io::stderr().is_terminal() {
            let bar = ProgressBar::new(names.len() as u64);
            let style = ProgressStyle::with_template("{pos} of {len} hosts, {msg}{elapsed}");
            bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
        } else {
            ProgressBar::hidden()
        };
        Self { form, names, kept: BTreeMap::new(), outcomes: Vec::new(), bar }
    }

    /// Shows the result of a host, or keeps it for the end.
    pub(crate) fn tell(&mut self, index: usize, mut told: Told) -> anyhow::Result<()> {
        self.outcomes.push(told.outcome);
        self.bar.inc(1);
        let is_failure =
            |outcome: &&Outcome| matches!(outcome, Outcome::Failed(_) | Outcome::Unknown | Outcome::Unreached);
        let failed = self.outcomes.iter().filter(is_failure).count();
        if failed > 0 {
            self.bar.set_message(format!("{failed} failed, "));
        }
        let name = self.names.get(index).cloned().unwrap_or_default();
        let (bar, form) = (self.bar.clone(), &self.form);
        bar.suspend(|| {
            for line in std::mem::take(&mut told.captured.said) {
                say!("{name}: {}", without_name(&line, &name));
            }
            if let Some(error) = &told.error {
                say!("{name}: {}", without_name(error, &name));
            }
            let mut out = stdout();
            match form {
                Form::Lines => {
                    for line in std::mem::take(&mut told.captured.text).lines() {
                        writeln!(out, "{name}: {line}")?;
                    }
                }
                Form::Json => {
                    for value in documents(&name, &told) {
                        writeln!(out, "{value}")?;
                    }
                }
                Form::Csv | Form::Groups { .. } | Form::Gathered => {}
            }
            out.flush()
        })?;
        if *form != Form::Json {
            self.kept.insert(index, told);
        }
        Ok(())
    }

    /// Shows what was kept, and returns the exit code for all hosts.
    pub(crate) fn end(self) -> anyhow::Result<ExitCode> {
        self.show_kept()?;
        let code = code(&self.outcomes);
        self.sum_up(None);
        Ok(code)
    }

    /// Shows what was kept, and how many hosts have not finished.
    pub(crate) fn give_up(self) -> anyhow::Result<()> {
        self.show_kept()?;
        self.sum_up(Some(self.names.len().saturating_sub(self.outcomes.len())));
        Ok(())
    }

    /// Returns the result of each host, in the order of the hosts.
    pub(crate) fn gathered(&mut self) -> Vec<Option<Told>> {
        let mut kept = std::mem::take(&mut self.kept);
        (0..self.names.len()).map(|index| kept.remove(&index)).collect()
    }

    fn show_kept(&self) -> anyhow::Result<()> {
        self.bar.finish_and_clear();
        let named = self.kept.iter().map(|(index, told)| (self.names.get(*index).map_or("", String::as_str), told));
        let named: Vec<(&str, &Told)> = named.collect();
        match &self.form {
            Form::Lines => {
                for table in tables(&named) {
                    Shown::from(table).print()?;
                }
            }
            Form::Csv => write!(stdout(), "{}", csv(&named))?,
            Form::Groups { by, is_json } => {
                let groups = Groups::of(&named, by);
                if let Some(hint) = groups.hint() {
                    say!("rosefish: {hint}");
                }
                write!(stdout(), "{}", if *is_json { groups.lines() } else { groups.text() })?;
            }
            Form::Json | Form::Gathered => {}
        }
        Ok(())
    }

    /// Reports on how many hosts it failed.
    fn sum_up(&self, left: Option<usize>) {
        let count = |which: fn(&Outcome) -> bool| self.outcomes.iter().filter(|outcome| which(outcome)).count();
        let parts = [
            (count(|outcome| matches!(outcome, Outcome::Failed(_))), "failed"),
            (count(|outcome| *outcome == Outcome::Unknown), "unknown"),
            (count(|outcome| *outcome == Outcome::Unreached), "not reached"),
            (count(|outcome| *outcome == Outcome::InPart), "in part"),
            (count(|outcome| *outcome == Outcome::LeftAlone), "left alone"),
            (left.unwrap_or_default(), "interrupted or not begun"),
        ];
        if parts.iter().all(|(count, _)| *count == 0) {
            return;
        }
        let well = count(|outcome| matches!(outcome, Outcome::Well | Outcome::Found));
        let parts = parts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!(", {count} {what}"));
        say!("rosefish: {} hosts: {well} done{}", self.names.len(), parts.collect::<String>());
    }
}

/// Returns the exit code for all hosts. As for a single host, something that was found outweighs something that is missing.
pub(crate) fn code(outcomes: &[Outcome]) -> ExitCode {
    let all = |which: fn(&Outcome) -> bool| outcomes.iter().all(which);
    let any = |which: fn(&Outcome) -> bool| outcomes.iter().any(which);
    if all(|outcome| *outcome == Outcome::Well) {
        return ExitCode::SUCCESS;
    }
    if any(|outcome| *outcome == Outcome::Found) {
        return FOUND.into();
    }
    let unreached = |outcome: &Outcome| matches!(outcome, Outcome::Unreached | Outcome::LeftAlone);
    if all(unreached) {
        return NONE_REACHED.into();
    }
    if all(|outcome| !matches!(outcome, Outcome::Well | Outcome::InPart | Outcome::Found)) {
        return ExitCode::FAILURE;
    }
    DONE_IN_PART.into()
}

/// Returns the JSON of a host: what its command printed, with the host's name as it was given, or why there is nothing.
fn documents(name: &str, told: &Told) -> Vec<Value> {
    let mut all = Vec::new();
    for value in serde_json::Deserializer::from_str(&told.captured.text).into_iter::<Value>() {
        match value {
            Ok(Value::Object(mut object)) => {
                object.insert("host".to_owned(), name.into());
                all.push(Value::Object(object));
            }
            Ok(value) => all.push(json!({ "host": name, "value": value })),
            // It printed something other than JSON.
            Err(_) => {
                all = vec![json!({ "host": name, "value": told.captured.text })];
                break;
            }
        }
    }
    if let Some(error) = &told.error {
        let kind = told.outcome.kind().unwrap_or_else(|| "failed".to_owned());
        all.push(json!({ "host": name, "error": { "kind": kind, "message": without_name(error, name) } }));
    }
    all
}

/// Merges tables that have the same headings.
fn tables(named: &[(&str, &Told)]) -> Vec<Table> {
    let mut all: Vec<(Vec<String>, Table)> = Vec::new();
    for (name, told) in named {
        for rows in &told.captured.tables {
            let Some((headings, rows)) = rows.split_first() else { continue };
            let at = all.iter().position(|(other, _)| other == headings).unwrap_or_else(|| {
                let with_host: Vec<&str> = std::iter::once("HOST").chain(headings.iter().map(String::as_str)).collect();
                all.push((headings.clone(), Table::new(&with_host)));
                all.len() - 1
            });
            if let Some((_, table)) = all.get_mut(at) {
                for row in rows {
                    table.row(std::iter::once((*name).to_owned()).chain(row.iter().cloned()));
                }
            }
        }
    }
    all.into_iter().map(|(_, table)| table).collect()
}

/// Returns all hosts as CSV (RFC 4180, with line feeds alone): the host, what its command printed, the columns of its tables, and
/// why it failed.
fn csv(named: &[(&str, &Told)]) -> String {
    let mut columns: Vec<&str> = Vec::new();
    for (_, told) in named {
        for heading in told.captured.tables.iter().filter_map(|rows| rows.first()).flatten() {
            if !columns.contains(&heading.as_str()) {
                columns.push(heading);
            }
        }
    }
    let has_text = columns.is_empty() || named.iter().any(|(_, told)| !told.captured.text.is_empty());
    let mut text = String::from("host");
    for column in has_text.then_some("value").into_iter().chain(columns.iter().copied()).chain(["error"]) {
        text.push_str(&format!(",{}", cell(&column.to_lowercase())));
    }
    text.push('\n');
    for (name, told) in named {
        let mut rows: Vec<Vec<&str>> = Vec::new();
        for table in &told.captured.tables {
            let Some((headings, body)) = table.split_first() else { continue };
            for row in body {
                let value = |column: &&str| {
                    let at = headings.iter().position(|heading| heading == column);
                    at.and_then(|at| row.get(at)).map_or("", String::as_str)
                };
                rows.push(columns.iter().map(value).collect());
            }
        }
        if rows.is_empty() {
            rows.push(vec![""; columns.len()]);
        }
        let value = told.captured.text.trim_end();
        let error = told.error.as_deref().map_or("", |error| without_name(error, name));
        for row in rows {
            let cells = std::iter::once(*name).chain(has_text.then_some(value)).chain(row).chain([error]);
            text.push_str(&cells.map(cell).collect::<Vec<_>>().join(","));
            text.push('\n');
        }
    }
    text
}

/// Quotes a value where CSV needs that. What a spreadsheet would take for a formula becomes text.
fn cell(value: &str) -> String {
    let is_formula =
        value.starts_with(['=', '+', '@', '\t', '\r']) || (value.starts_with('-') && value.parse::<f64>().is_err());
    let value = if is_formula { format!("'{value}") } else { value.to_owned() };
    match value.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", value.replace('"', "\"\"")),
        false => value,
    }
}

#[cfg(test)]
mod tests {
    use rosefish::ErrorKind;

    use super::*;
    use crate::capture::Captured;
    use crate::host::HostError;

    fn well(text: &str) -> Told {
        Told::new(Captured { text: text.to_owned(), ..Captured::default() }, Ok(ExitCode::SUCCESS))
    }

    fn unreached() -> Told {
        let error = HostError::new("b: no route".to_owned(), ErrorKind::Connect);
        Told::new(Captured::default(), Err(anyhow::Error::new(error)))
    }

    #[test]
    fn the_exit_code_says_whether_all_some_or_none_went_well() {
        use Outcome as O;
        let failed = O::Failed(Some(ErrorKind::Unauthorized));
        for (outcomes, expected) in [
            (vec![O::Well, O::Well], 0),
            (vec![O::Well, O::InPart], 3),
            (vec![O::Well, failed], 3),
            (vec![O::Well, O::Unreached], 3),
            (vec![failed, failed], 1),
            (vec![failed, O::Unreached], 1),
            (vec![O::Unreached, O::Unreached], 5),
            (vec![O::Unreached, O::LeftAlone], 5),
            (vec![O::Found, O::Unreached], 4),
        ] {
            assert_eq!(code(&outcomes), ExitCode::from(expected), "{outcomes:?}");
        }
    }

    #[test]
    fn csv_quotes_what_it_has_to() {
        let (plain, gone) = (well("a, \"b\"\n"), unreached());
        let rows = csv(&[("n1", &plain), ("b", &gone)]);
        assert_eq!(rows, "host,value,error\nn1,\"a, \"\"b\"\"\",\nb,,no route\n");
        let mut table = well("");
        table.captured.tables = vec![vec![vec!["NAME".into(), "READING".into()], vec!["=1+1".into(), "-5".into()]]];
        assert_eq!(csv(&[("n1", &table)]), "host,name,reading,error\nn1,'=1+1,-5,\n");
    }

    #[test]
    fn json_is_a_line_for_each_document_with_the_host_as_it_was_named() {
        let told = well("{\n \"host\": \"https://n1-ipmi\",\n \"value\": 1\n}\n");
        assert_eq!(documents("n1", &told), [json!({ "host": "n1", "value": 1 })]);
        assert_eq!(
            documents("b", &unreached()),
            [json!({ "host": "b", "error": { "kind": "unreachable", "message": "no route" } })]
        );
    }
}
