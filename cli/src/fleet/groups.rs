//! Groups hosts that have the same result, and shows the groups as text or as JSON.

use serde_json::{Map, Value, json};

use super::names::folded;
use super::outcome::{Outcome, Told, without_name};
use crate::terminal::one_line;

/// What the hosts of a group have in common.
#[derive(Debug, PartialEq)]
enum Common {
    Value(Value),
    /// The command succeeded, but its output has nothing of that name.
    Nothing,
    Failure(Outcome),
}

/// A group of hosts.
#[derive(Debug)]
struct Group<'a> {
    common: Common,
    hosts: Vec<(&'a str, &'a Told)>,
}

/// All groups, the largest first.
#[derive(Debug)]
pub(super) struct Groups<'a> {
    by: &'a str,
    all: Vec<Group<'a>>,
}

impl<'a> Groups<'a> {
    /// Groups hosts by their text (`value`), a column of their tables, or a JSON pointer.
    pub(super) fn of(named: &[(&'a str, &'a Told)], by: &'a str) -> Self {
        let mut all: Vec<Group<'_>> = Vec::new();
        for (name, told) in named {
            let common = common(told, by);
            match all.iter_mut().find(|group| group.common == common) {
                Some(group) => group.hosts.push((name, told)),
                None => all.push(Group { common, hosts: vec![(name, told)] }),
            }
        }
        all.sort_by_key(|group| std::cmp::Reverse(group.hosts.len()));
        Self { by, all }
    }

    /// Returns a hint if no host has what to group by.
    pub(super) fn hint(&self) -> Option<String> {
        let has = |which: fn(&Common) -> bool| self.all.iter().any(|group| which(&group.common));
        let is_missing = has(|common| *common == Common::Nothing) && !has(|common| matches!(common, Common::Value(_)));
        let by = one_line(self.by);
        is_missing.then(|| {
            format!(
                "no host has {by:?} in its JSON; --group-by takes a pointer into what --json prints, such as /value"
            )
        })
    }

    /// Returns a line for each group. The largest one doesn't name its hosts, unless it is a single host.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        for (number, Group { common, hosts }) in self.all.iter().enumerate() {
            text.push_str(&format!("{} {}", hosts.len(), in_words(common)));
            if number > 0 || self.all.len() == 1 && hosts.len() == 1 {
                text.push_str(&format!(": {}", folded(hosts.iter().map(|(name, _)| *name))));
            }
            text.push('\n');
        }
        text
    }

    /// Returns a line of JSON for each group, with all of its hosts.
    pub(super) fn lines(&self) -> String {
        self.all.iter().map(|group| format!("{}\n", self.json(group))).collect()
    }

    fn json(&self, Group { common, hosts }: &Group<'_>) -> Value {
        let mut object = Map::new();
        object.insert("by".to_owned(), self.by.into());
        match common {
            Common::Value(value) => {
                object.insert("value".to_owned(), value.clone());
            }
            Common::Nothing => {}
            Common::Failure(outcome) => {
                let message = |(name, told): &(&str, &Told)| {
                    told.error.as_ref().map(|error| ((*name).to_owned(), without_name(error, name).into()))
                };
                let messages: Map<String, Value> = hosts.iter().filter_map(message).collect();
                object.insert("error".to_owned(), json!({ "kind": outcome.kind(), "messages": messages }));
            }
        }
        let names: Vec<&str> = hosts.iter().map(|(name, _)| *name).collect();
        object.insert("count".to_owned(), names.len().into());
        object.insert("hosts".to_owned(), names.into());
        let in_part = hosts.iter().filter(|(_, told)| told.outcome == Outcome::InPart);
        let in_part: Vec<&str> = in_part.map(|(name, _)| *name).collect();
        object.insert("in_part".to_owned(), in_part.into());
        Value::Object(object)
    }
}

/// Returns what a host is grouped by.
fn common(told: &Told, by: &str) -> Common {
    if told.outcome.kind().is_some() {
        return Common::Failure(told.outcome);
    }
    let json = serde_json::from_str(&told.captured.text).ok().filter(Value::is_object);
    // If JSON was asked for, the value to group by is one of its members.
    if by.starts_with('/') || json.is_some() {
        let pointer = if by.starts_with('/') { by.to_owned() } else { format!("/{by}") };
        return json.unwrap_or_default().pointer(&pointer).cloned().map_or(Common::Nothing, Common::Value);
    }
    let mut values: Vec<&str> = Vec::new();
    for table in &told.captured.tables {
        let Some((headings, rows)) = table.split_first() else { continue };
        let Some(at) = headings.iter().position(|heading| heading.eq_ignore_ascii_case(by)) else { continue };
        for value in rows.iter().filter_map(|row| row.get(at)) {
            if !values.contains(&value.as_str()) {
                values.push(value);
            }
        }
    }
    Common::Value(if values.is_empty() { told.captured.text.trim().into() } else { values.join(", ").into() })
}

fn in_words(common: &Common) -> String {
    match common {
        Common::Value(Value::String(text)) => one_line(text),
        Common::Value(value) => one_line(&value.to_string()),
        Common::Nothing => "nothing there".to_owned(),
        Common::Failure(Outcome::LeftAlone) => "left alone".to_owned(),
        Common::Failure(outcome @ Outcome::Failed(Some(_))) => {
            format!("failed ({})", outcome.kind().unwrap_or_default())
        }
        Common::Failure(outcome) => outcome.kind().unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use std::process::ExitCode;

    use rosefish::ErrorKind;

    use super::*;
    use crate::capture::Captured;
    use crate::host::HostError;
    use crate::partial::DONE_IN_PART;

    fn told(text: &str, code: ExitCode) -> Told {
        Told::new(Captured { text: text.to_owned(), ..Captured::default() }, Ok(code))
    }

    fn unreached() -> Told {
        let error = HostError::new("b: no route".to_owned(), ErrorKind::Connect);
        Told::new(Captured::default(), Err(anyhow::Error::new(error)))
    }

    #[test]
    fn groups_begin_with_the_largest_and_fold_names() {
        let (on, off, gone) = (told("on\n", ExitCode::SUCCESS), told("off\n", ExitCode::SUCCESS), unreached());
        let named = [("n1", &on), ("n2", &on), ("n3", &on), ("n4", &off), ("n5", &off), ("b", &gone)];
        let groups = Groups::of(&named, "value");
        assert_eq!(groups.text(), "3 on\n2 off: n[4-5]\n1 unreachable: b\n");
        assert_eq!(groups.hint(), None);
    }

    #[test]
    fn as_json_each_group_has_its_value_as_it_is_all_hosts_and_why_they_failed() {
        let (one, text) = (r#"{"host": "x", "value": {"count": 1}}"#, r#"{"host": "x", "value": {"count": "1"}}"#);
        let (well, in_part) = (told(one, ExitCode::SUCCESS), told(one, DONE_IN_PART.into()));
        let (other, none, gone) =
            (told(text, ExitCode::SUCCESS), told(r#"{"value": null}"#, ExitCode::SUCCESS), unreached());
        let named = [("n1", &well), ("n2", &in_part), ("n3", &other), ("n4", &none), ("b", &gone)];
        let lines = Groups::of(&named, "/value/count").lines();
        let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let by = "/value/count";
        let expected = [
            json!({ "by": by, "value": 1, "count": 2, "hosts": ["n1", "n2"], "in_part": ["n2"] }),
            json!({ "by": by, "value": "1", "count": 1, "hosts": ["n3"], "in_part": [] }),
            json!({ "by": by, "count": 1, "hosts": ["n4"], "in_part": [] }),
            json!({
                "by": by, "error": { "kind": "unreachable", "messages": { "b": "no route" } }, "count": 1, "hosts": ["b"],
                "in_part": [],
            }),
        ];
        assert_eq!(lines, expected);
    }

    #[test]
    fn a_name_that_no_host_has_is_explained() {
        let (well, gone) = (told(r#"{"value": 1}"#, ExitCode::SUCCESS), unreached());
        let named = [("n1", &well), ("b", &gone)];
        assert!(Groups::of(&named, "status").hint().is_some_and(|hint| hint.contains("no host has \"status\"")));
        assert_eq!(Groups::of(&named, "value").hint(), None);
        assert_eq!(Groups::of(&named[1..], "status").hint(), None);
    }
}
