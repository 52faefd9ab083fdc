//! `$select`: the named properties, and what every resource says of itself.

use serde_json::{Map, Value};

use crate::message::{self, Message};

/// An understood `$select`: the paths of the properties, part by part.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Select(Vec<Vec<String>>);

impl Select {
    pub(super) fn parse(value: &str) -> Result<Self, Message> {
        let malformed = || Message::new(&message::QUERY_VALUE_FORMAT, [value, "$select"]);
        let mut paths = Vec::new();
        for path in value.split(',') {
            let path = path.trim();
            let parts: Vec<_> = path.split('/').map(str::to_owned).collect();
            let fine = |part: &String| {
                !part.is_empty()
                    && part.bytes().all(|byte| {
                        byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'@' | b'.' | b'#' | b'*')
                    })
            };
            if !parts.iter().all(fine) {
                return Err(malformed());
            }
            paths.push(parts);
        }
        Ok(Self(paths))
    }

    /// Leaves of a resource what is selected. Where links were expanded, that goes for the resources
    /// behind them as well.
    pub(super) fn apply(&self, json: &mut Value, expanded: bool) {
        if let Value::Object(object) = json {
            let paths: Vec<&[String]> = self.0.iter().map(Vec::as_slice).collect();
            self.object(object, &paths, true, expanded);
        }
    }

    fn object(&self, object: &mut Map<String, Value>, paths: &[&[String]], resource: bool, expanded: bool) {
        // An annotation of a property goes with it.
        let below = |name: &str| -> Vec<&[String]> {
            let base = name.split('@').next().filter(|base| !base.is_empty()).unwrap_or(name);
            paths
                .iter()
                .filter_map(|path| path.split_first())
                .filter(|(first, _)| *first == name || *first == base || *first == "*")
                .map(|(_, rest)| rest)
                .collect()
        };
        object.retain(|name, value| {
            if resource && matches!(name.as_str(), "@odata.id" | "@odata.type" | "@odata.context" | "@odata.etag") {
                return true;
            }
            // The count and the next page of a collection are not among what can be left out.
            if name.starts_with("Members@") {
                return true;
            }
            let rest = below(name);
            if rest.is_empty() {
                return expanded && self.inside(value);
            }
            if rest.iter().all(|path| !path.is_empty()) {
                self.value(value, &rest, expanded);
            } else if expanded {
                self.inside(value);
            }
            true
        });
    }

    fn value(&self, value: &mut Value, paths: &[&[String]], expanded: bool) {
        match value {
            Value::Object(object) => self.object(object, paths, object.contains_key("@odata.id"), expanded),
            Value::Array(elements) => {
                for element in elements {
                    self.value(element, paths, expanded);
                }
            }
            _ => {}
        }
    }

    /// Applies the selection to the resources in a value; says whether there are any.
    fn inside(&self, value: &mut Value) -> bool {
        match value {
            Value::Object(object) if object.contains_key("@odata.id") && object.len() > 1 => {
                self.apply(value, true);
                true
            }
            Value::Object(object) => {
                let mut found = false;
                for value in object.values_mut() {
                    found |= self.inside(value);
                }
                found
            }
            Value::Array(elements) => {
                let mut found = false;
                for element in elements {
                    found |= self.inside(element);
                }
                found
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_selected_stays_with_its_annotations_and_its_resources_identity() {
        let whole = json!({
            "@odata.id": "/a", "@odata.type": "#A.A", "Name": "x", "Id": "1",
            "Status": { "Health": "OK", "State": "Enabled" },
            "Kind": "a", "Kind@Redfish.AllowableValues": ["a"],
            "Rows": [{ "A": 1, "B": 2 }],
        });
        for (select, expected) in [
            ("Name", json!({ "@odata.id": "/a", "@odata.type": "#A.A", "Name": "x" })),
            (
                "Status/Health,Id",
                json!({ "@odata.id": "/a", "@odata.type": "#A.A", "Id": "1", "Status": { "Health": "OK" } }),
            ),
            (
                "Kind",
                json!({ "@odata.id": "/a", "@odata.type": "#A.A", "Kind": "a", "Kind@Redfish.AllowableValues": ["a"] }),
            ),
            ("Rows/A", json!({ "@odata.id": "/a", "@odata.type": "#A.A", "Rows": [{ "A": 1 }] })),
            ("Nothing", json!({ "@odata.id": "/a", "@odata.type": "#A.A" })),
        ] {
            let mut json = whole.clone();
            Select::parse(select).unwrap().apply(&mut json, false);
            assert_eq!(json, expected, "{select}");
        }
        for malformed in ["", ",", "a b", "a//b", "/a"] {
            assert!(Select::parse(malformed).is_err(), "{malformed}");
        }
    }

    #[test]
    fn expanded_resources_are_selected_from_as_well() {
        let mut json = json!({
            "@odata.id": "/a", "Name": "all", "Members@odata.count": 2,
            "Members": [{ "@odata.id": "/a/1", "Name": "one", "Id": "1" }, { "@odata.id": "/gone" }],
        });
        Select::parse("Name").unwrap().apply(&mut json, true);
        assert_eq!(
            json,
            json!({
                "@odata.id": "/a", "Name": "all", "Members@odata.count": 2,
                "Members": [{ "@odata.id": "/a/1", "Name": "one" }, { "@odata.id": "/gone" }],
            })
        );
    }
}
