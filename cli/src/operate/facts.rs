//! What is read over IPMI, part by part: names and values. A part that can't be read doesn't hide the others.

use std::process::ExitCode;
use std::time::Duration;

use rosefish::host::Missing;
use rosefish::ipmi::record::sel::Timestamp;
use rosefish::ipmi::{Error, ReadError};
use serde_json::Value;

use super::IpmiTarget;
use crate::terminal::one_line;

/// Values in the order in which they are shown; those that are null are left out.
pub(super) type Values = Vec<(&'static str, Value)>;

/// Writes values as `json!` does, and keeps their order.
macro_rules! named {
    ({ $($name:literal : $value:expr),* $(,)? }) => { vec![$(($name, serde_json::json!($value))),*] };
}
pub(super) use named;

/// What was read, and what could not be. What a BMC doesn't have is in neither.
#[derive(Debug, Default)]
pub(super) struct Facts {
    pub(super) values: Values,
    pub(super) missing: Vec<Missing>,
}

impl Facts {
    /// Adds values that were read.
    pub(super) fn put(&mut self, values: Values) {
        self.values.extend(values.into_iter().filter(|(_, value)| !value.is_null()));
    }

    /// Adds what a BMC answered to a request.
    pub(super) fn take<T>(&mut self, what: &str, answer: Result<T, Error>, values: impl FnOnce(T) -> Values) {
        match answer {
            Ok(found) => self.put(values(found)),
            Err(error) if error.is_unsupported() => {}
            Err(error) => self.missing.push(Missing::new(what, error.into())),
        }
    }

    /// Shows them.
    pub(super) fn tell(self, target: &IpmiTarget, as_json: bool) -> anyhow::Result<ExitCode> {
        let Self { values, missing } = self;
        let text = lines(&values);
        target.tell(as_json, object(values), &missing, || text)
    }
}

/// Converts what could not be read to the form that all commands show.
pub(super) fn missing(all: Vec<ReadError>) -> Vec<Missing> {
    all.into_iter().map(Missing::from).collect()
}

/// Returns values as a JSON object.
pub(super) fn object(values: Values) -> Value {
    Value::Object(values.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

/// Returns a line for each value.
pub(super) fn lines(values: &Values) -> String {
    const NARROWEST: usize = 21;
    let width = values.iter().map(|(name, _)| name.len()).max().unwrap_or(0).max(NARROWEST);
    let line = |(name, value): &(&str, Value)| format!("{:<width$} {}\n", name.replace('_', " "), words(value));
    values.iter().map(line).collect()
}

/// Returns a value as text.
pub(super) fn words(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::String(text) => one_line(text),
        Value::Array(all) => all.iter().map(words).collect::<Vec<_>>().join(", "),
        other => one_line(&other.to_string()),
    }
}

/// Returns a time by the BMC's clock, or how long after its start it was.
pub(super) fn time(time: Timestamp) -> Option<String> {
    let since_start = |after: Duration| format!("{} s after start", after.as_secs());
    let clock = time.time().and_then(|time| jiff::Timestamp::try_from(time).ok());
    clock.map(|time| time.to_string()).or_else(|| time.since_start().map(since_start))
}
