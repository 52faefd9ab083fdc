//! A rule: which requests it matches, and what it does to them.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::http::HeaderMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::action::{Action, optional_seconds};
use super::glob;

/// Which requests a fault affects, how many of them, and what it does.
///
/// Without any condition a rule is for every request. As JSON it is an object with the same words:
///
/// ```json
/// { "method": "POST", "path": "/redfish/v1/Systems/*/Actions/*", "headers": { "If-Match": "*" },
///   "skip": 1, "times": 2, "probability": 0.5, "lasts": 60.0, "then": [{ "delay": 0.2 }, { "status": 503 }] }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[must_use = "a rule does nothing until it is added to the faults of a mock"]
pub struct Rule {
    #[serde(skip_serializing_if = "Option::is_none")]
    method: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    headers: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    body: Vec<String>,
    #[serde(skip_serializing_if = "is_zero")]
    skip: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    times: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    probability: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none", with = "optional_seconds")]
    lasts: Option<Duration>,
    then: Actions,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "the form that serde wants")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// One action or several.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Actions {
    Several(Vec<Action>),
    One(Action),
}

impl Default for Actions {
    fn default() -> Self {
        Self::Several(Vec::new())
    }
}

impl Rule {
    /// Creates a rule for every request.
    pub fn any() -> Self {
        Self::default()
    }

    /// Creates a rule for requests of a method to the paths of a pattern: `*` stands for anything within a
    /// segment, `**` for anything. A slash at the end makes no difference.
    pub fn on(method: &str, path: &str) -> Self {
        Self { method: Some(method.to_owned()), path: Some(path.to_owned()), ..Self::default() }
    }

    /// Creates a rule for requests of a method.
    pub fn method(method: &str) -> Self {
        Self { method: Some(method.to_owned()), ..Self::default() }
    }

    /// Matches only paths of this pattern; see [`Rule::on`].
    pub fn path(mut self, pattern: &str) -> Self {
        self.path = Some(pattern.to_owned());
        self
    }

    /// Matches only requests with a header whose value fits this pattern. `*` stands for anything, and
    /// the empty pattern also matches a missing header.
    pub fn header(mut self, name: &str, pattern: &str) -> Self {
        self.headers.insert(name.to_owned(), pattern.to_owned());
        self
    }

    /// Matches only requests with a JSON body that has a value at this JSON pointer.
    pub fn with(mut self, pointer: &str) -> Self {
        self.body.push(pointer.to_owned());
        self
    }

    /// Skips this many matching requests first.
    pub fn skip(mut self, requests: u64) -> Self {
        self.skip = requests;
        self
    }

    /// Affects only the n-th request; the first is 1.
    pub fn nth(self, n: u64) -> Self {
        self.skip(n.saturating_sub(1)).times(1)
    }

    /// Affects at most this many requests. Defaults to all.
    pub fn times(mut self, times: u64) -> Self {
        self.times = Some(times);
        self
    }

    /// Affects a request with this probability, from 0 to 1. The outcome is drawn from the seed of the
    /// [`Faults`](super::Faults) and is always the same for the n-th request of a method and path,
    /// whatever other requests come between.
    pub fn probability(mut self, probability: f64) -> Self {
        self.probability = Some(probability);
        self
    }

    /// Affects requests for this long, counted from when the rule was added. In JSON a number of seconds. Defaults to
    /// no limit.
    pub fn lasts(mut self, duration: Duration) -> Self {
        self.lasts = Some(duration);
        self
    }

    /// Adds an action, after those added before.
    pub fn then(mut self, action: Action) -> Self {
        self.then = match self.then {
            Actions::Several(mut actions) => {
                actions.push(action);
                Actions::Several(actions)
            }
            Actions::One(first) => Actions::Several(vec![first, action]),
        };
        self
    }

    pub(crate) fn actions(&self) -> &[Action] {
        match &self.then {
            Actions::Several(actions) => actions,
            Actions::One(action) => std::slice::from_ref(action),
        }
    }

    pub(crate) fn duration(&self) -> Option<Duration> {
        self.lasts
    }

    /// Returns whether the rule replaces the answer to every GET of this path, for every client.
    pub(crate) fn makes_unreadable(&self, path: &str) -> bool {
        let every = self.skip == 0 && self.times.is_none() && self.probability.is_none();
        let by_path = self.path.as_deref().is_some_and(|pattern| glob::path(pattern, path));
        let of_reads = self.method.as_deref().is_none_or(|method| method == "*" || method.eq_ignore_ascii_case("GET"));
        every
            && by_path
            && of_reads
            && self.headers.is_empty()
            && self.body.is_empty()
            && self.actions().iter().any(Action::is_instead)
    }

    /// Returns the rule with `{path}` replaced in its pattern.
    pub(crate) fn for_path(&self, path: &str) -> Self {
        let pattern = self.path.as_deref().map(|pattern| pattern.replace("{path}", path));
        Self { path: pattern, ..self.clone() }
    }

    pub(crate) fn chance(&self) -> Option<f64> {
        self.probability
    }

    /// Returns whether a request comes after those to skip, given how many the rule matched before.
    pub(crate) fn counts(&self, before: u64) -> bool {
        before >= self.skip
    }

    /// Returns whether the rule has affected as many requests as it may.
    pub(crate) fn is_spent(&self, fired: u64) -> bool {
        self.times.is_some_and(|times| fired >= times)
    }

    /// Returns whether the rule matches a request.
    pub(crate) fn is_for(&self, method: &str, path: &str, headers: &HeaderMap, body: &[u8]) -> bool {
        self.method.as_deref().is_none_or(|wanted| wanted == "*" || wanted.eq_ignore_ascii_case(method))
            && self.path.as_deref().is_none_or(|pattern| glob::path(pattern, path))
            && self.headers.iter().all(|(name, pattern)| {
                let mut values =
                    headers.get_all(name.as_str()).iter().filter_map(|value| value.to_str().ok()).peekable();
                match values.peek() {
                    None => pattern.is_empty(),
                    Some(_) => values.any(|value| glob::text(pattern, value)),
                }
            })
            && (self.body.is_empty() || has_all(body, &self.body))
    }
}

fn has_all(body: &[u8], pointers: &[String]) -> bool {
    serde_json::from_slice::<Value>(body)
        .is_ok_and(|json| pointers.iter().all(|pointer| json.pointer(pointer).is_some()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn applies(rule: &Rule, method: &str, path: &str, headers: &[(&'static str, &str)], body: &str) -> bool {
        let headers = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
        rule.is_for(method, path, &headers, body.as_bytes())
    }

    #[test]
    fn a_rule_is_for_what_meets_all_of_its_conditions() {
        assert!(applies(&Rule::any(), "GET", "/", &[], ""));
        let rule = Rule::on("PATCH", "/redfish/v1/Systems/*").header("if-match", "*").with("/Boot");
        let tagged = [("if-match", "\"a\"")];
        let body = r#"{"Boot":null}"#;
        assert!(applies(&rule, "PATCH", "/redfish/v1/Systems/1/", &tagged, body));
        assert!(!applies(&rule, "POST", "/redfish/v1/Systems/1", &tagged, body));
        assert!(!applies(&rule, "PATCH", "/redfish/v1/Systems", &tagged, body));
        assert!(!applies(&rule, "PATCH", "/redfish/v1/Systems/1", &[], body));
        assert!(!applies(&rule, "PATCH", "/redfish/v1/Systems/1", &tagged, "{}"));
        let without = Rule::any().header("Accept-Encoding", "");
        assert!(
            applies(&without, "GET", "/", &[], "") && !applies(&without, "GET", "/", &[("accept-encoding", "br")], "")
        );
    }

    #[test]
    fn rules_are_written_in_json_as_they_are_documented() {
        let rule = Rule::on("POST", "/redfish/v1/Systems/*/Actions/*")
            .header("If-Match", "*")
            .skip(1)
            .times(2)
            .probability(0.5)
            .lasts(Duration::from_secs(60))
            .then(Action::Delay(std::time::Duration::from_millis(200)))
            .then(Action::Status(503));
        let json = r#"{ "method": "POST", "path": "/redfish/v1/Systems/*/Actions/*", "headers": { "If-Match": "*" },
          "skip": 1, "times": 2, "probability": 0.5, "lasts": 60.0, "then": [{ "delay": 0.2 }, { "status": 503 }] }"#;
        assert_eq!(serde_json::from_str::<Rule>(json).unwrap(), rule);
        assert_eq!(serde_json::from_value::<Rule>(serde_json::to_value(&rule).unwrap()).unwrap(), rule);
        assert_eq!(serde_json::from_str::<Rule>(r#"{"then":"reset"}"#).unwrap().actions(), [Action::Reset]);
        assert!(serde_json::from_str::<Rule>(r#"{"paht":"/"}"#).is_err());
    }
}
