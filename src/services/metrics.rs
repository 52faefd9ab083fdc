//! The metrics of a `TelemetryService`: its reports, the definitions of metrics, reports and triggers, and the units of
//! values, which only the definitions contain.

use std::collections::HashMap;

use serde_json::Value;

use super::select::{Selector, narrow};
use super::sensor::spelled;
use super::survey::{Survey, text, to_json};
use crate::error::Error;
use crate::resource::partial::{Partial, key};
use crate::resource::{AnyResource, link_property};
use crate::schema::MetricReport;
use crate::wire::{ODataId, Record};

/// Reads the telemetry service; `None` if there is none.
pub(crate) async fn service(survey: &mut Survey) -> Option<AnyResource> {
    let root = survey.root();
    survey.one(&root, "TelemetryService").await
}

/// Reads all reports, or the one that is named. Only that one is read if the collection's links show which it is.
///
/// # Errors
///
/// If no report has that name, or several do.
pub(crate) async fn reports(
    survey: &mut Survey,
    service: &AnyResource,
    named: Option<&Selector>,
) -> Result<Vec<AnyResource>, Error> {
    let Some(named) = named else { return Ok(survey.members(service, "MetricReports").await) };
    let Some(collection) = survey.one(service, "MetricReports").await else { return Ok(Vec::new()) };
    let Some((table, links)) = link_property(collection.record(), "Members") else { return Ok(Vec::new()) };
    let is_named = |uri: &ODataId| uri.as_str() == named.as_str() || uri.last_segment() == named.as_str();
    let one: Vec<_> = links.iter().filter(|link| link.uri().is_some_and(is_named)).cloned().collect();
    if !one.is_empty() {
        return Ok(survey.follow(one, table).await);
    }
    let all = survey.follow(links, table).await;
    Ok(narrow(MetricReport::type_table(), Partial::whole(all), Some(named))?.items)
}

/// The units of metrics, by the ways in which values refer to their metric.
#[derive(Debug, Default)]
pub(crate) struct Units {
    by_uri: HashMap<String, String>,
    by_id: HashMap<String, String>,
    by_property: Vec<(String, String)>,
}

impl Units {
    /// Collects the units of these definitions.
    pub(crate) fn of(definitions: &[AnyResource]) -> Self {
        let mut units = Self::default();
        for definition in definitions {
            let json = to_json(definition);
            let Some(unit) = text(&json, "Units").map(spelled) else { continue };
            units.by_uri.insert(key(definition.uri()).to_owned(), unit.clone());
            if let Some(id) = text(&json, "Id") {
                units.by_id.insert(id.to_owned(), unit.clone());
            }
            units.by_property.extend(properties(&json).into_iter().map(|property| (property, unit.clone())));
        }
        units
    }

    /// Returns the unit of a value in a report; `None` if the definitions that match it disagree.
    pub(crate) fn find(&self, value: &Value) -> Option<&str> {
        let linked = text(&value["MetricDefinition"], "@odata.id").and_then(|uri| self.by_uri.get(key(uri)));
        let named = || text(value, "MetricId").and_then(|id| self.by_id.get(id));
        if let Some(unit) = linked.or_else(named) {
            return Some(unit);
        }
        let property = text(value, "MetricProperty")?;
        let mut fitting = self.by_property.iter().filter(|(pattern, _)| fits(pattern, property)).map(|(_, unit)| unit);
        let first = fitting.next()?;
        fitting.all(|other| other == first).then_some(first)
    }
}

/// Returns the properties that a definition covers.
pub(crate) fn properties(definition: &Value) -> Vec<String> {
    let listed = definition["MetricProperties"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let results = definition["CalculationParameters"].as_array().into_iter().flatten();
    listed.chain(results.filter_map(|one| one["ResultMetric"].as_str())).map(str::to_owned).collect()
}

/// Returns whether a property matches a pattern with wildcards (`{ChassisId}`).
fn fits(pattern: &str, property: &str) -> bool {
    let segments = |text: &str| -> Vec<String> {
        text.replace("#/", "#")
            .replace('#', "/#/")
            .split('/')
            .filter(|one| !one.is_empty())
            .map(str::to_owned)
            .collect()
    };
    let (pattern, property) = (segments(pattern), segments(property));
    let fits_segment = |pattern: &String, found: &String| match (pattern.find('{'), pattern.rfind('}')) {
        (Some(open), Some(close)) if open < close => {
            let before = pattern.get(..open).unwrap_or_default();
            let after = pattern.get(close..).and_then(|rest| rest.strip_prefix('}')).unwrap_or_default();
            found.strip_prefix(before).is_some_and(|rest| rest.ends_with(after))
        }
        _ => pattern == found,
    };
    pattern.len() == property.len()
        && pattern.iter().zip(&property).all(|(pattern, found)| fits_segment(pattern, found))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_property_is_one_of_a_pattern_segment_by_segment() {
        let pattern = "/redfish/v1/Chassis/{ChassisId}/Power#/PowerControl/{N}/PowerConsumedWatts";
        for (property, expected) in [
            ("/redfish/v1/Chassis/1/Power#/PowerControl/0/PowerConsumedWatts", true),
            ("/redfish/v1/Chassis/1/Power#PowerControl/0/PowerConsumedWatts", true),
            ("/redfish/v1/Chassis/1/Power#/PowerControl/0/PowerCapacityWatts", false),
            ("/redfish/v1/Chassis/1/2/Power#/PowerControl/0/PowerConsumedWatts", false),
            ("", false),
        ] {
            assert_eq!(fits(pattern, property), expected, "{property}");
        }
        assert!(
            fits("/Sensors/Fan{N}Speed", "/Sensors/Fan7Speed") && !fits("/Sensors/Fan{N}Speed", "/Sensors/Pump7Speed")
        );
        assert!(!fits("/a/}{", "/a/b"));
    }

    #[test]
    fn a_unit_is_found_by_link_by_id_and_by_property_and_not_guessed() {
        let units = Units {
            by_uri: [("/d/1".to_owned(), "W".to_owned())].into(),
            by_id: [("Heat".to_owned(), "Cel".to_owned())].into(),
            by_property: vec![
                ("/c/{N}#/a".to_owned(), "V".to_owned()),
                ("/c/{N}#/b".to_owned(), "A".to_owned()),
                ("/c/1#/b".to_owned(), "mA".to_owned()),
            ],
        };
        for (value, unit) in [
            (json!({ "MetricDefinition": { "@odata.id": "/d/1/" } }), Some("W")),
            (json!({ "MetricId": "Heat" }), Some("Cel")),
            (json!({ "MetricProperty": "/c/9#/a" }), Some("V")),
            (json!({ "MetricProperty": "/c/9#/b" }), Some("A")),
            (json!({ "MetricProperty": "/c/1#/b" }), None),
            (json!({ "MetricId": "Other" }), None),
            (json!({}), None),
        ] {
            assert_eq!(units.find(&value), unit, "{value}");
        }
    }
}
