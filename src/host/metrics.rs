//! Metrics: what a service has measured and keeps in reports, and what it knows of metrics, reports and triggers. IPMI has none of it.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::fault::Fault;
use super::machine::Host;
use super::outcome::Outcome;
use super::profile::Capability;
use super::reading::finish;
use super::route::Session;
use crate::error::Error;
use crate::resource::AnyResource;
use crate::resource::partial::Partial;
use crate::services::metrics::{self, Units, properties};
use crate::services::select::{Selector, label};
use crate::services::sensor::spelled;
use crate::services::survey::{Survey, text, to_json};
use crate::wire::DateTime;

/// A value in a metric report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Metric {
    /// The name of the report.
    pub report: String,
    /// The metric, where the report says it by its `MetricId`.
    pub id: Option<String>,
    /// The property that was measured: a URI with a JSON pointer.
    pub property: Option<String>,
    /// The value as the service writes it; metrics may be words.
    pub value: Option<String>,
    /// The value, where it is a number.
    pub number: Option<f64>,
    /// The unit, where a definition of the metric says it, spelled as that of a [`Sensor`](super::Sensor).
    pub unit: Option<String>,
    /// When it was measured; where that is not said, when the report was made.
    pub time: Option<DateTime>,
}

/// A metric report, and what is said of how it is made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct MetricReportInfo {
    /// The name to choose it by: its `Id`, or its URI where another one has the same. That of the definition, of which there is no report.
    pub report: String,
    /// What it is called.
    pub name: Option<String>,
    /// When it was made, where it says so.
    pub time: Option<DateTime>,
    /// How many values it has; none where it is defined alone.
    pub values: Option<usize>,
    /// When it is made, as the service spells it (`MetricReportDefinitionType`): `Periodic`, `OnChange`, `OnRequest`.
    pub kind: Option<String>,
    /// How often, as the service spells it (`PT60S`).
    pub interval: Option<String>,
    /// Whether it is being made, where that is said.
    pub enabled: Option<bool>,
    /// The URI of the report; empty where it is defined alone.
    pub uri: String,
    /// The URI of its definition.
    pub definition: Option<String>,
}

/// What a service says of a metric.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct MetricDefinitionInfo {
    /// The metric: the `Id` of its definition.
    pub metric: String,
    /// What it is called.
    pub name: Option<String>,
    /// What kind of values it has, as the service spells it (`MetricType`): `Numeric`, `Gauge`, `Counter`, `Discrete`.
    pub kind: Option<String>,
    /// The unit, spelled as that of a [`Sensor`](super::Sensor).
    pub unit: Option<String>,
    /// The least that it can be.
    pub lowest: Option<f64>,
    /// The most that it can be.
    pub highest: Option<f64>,
    /// The properties that it is about, with wildcards (`{ChassisId}`).
    pub properties: Vec<String>,
    /// Where it is.
    pub uri: String,
}

/// What makes a service act when a metric is beyond a threshold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct MetricTriggerInfo {
    /// The name to choose it by: its `Id`.
    pub trigger: String,
    /// What it is called.
    pub name: Option<String>,
    /// What kind of metrics it is for, as the service spells it: `Numeric`, `Discrete`.
    pub kind: Option<String>,
    /// Whether it is in use, where that is said.
    pub enabled: Option<bool>,
    /// What it does, as the service spells it: `LogToLogService`, `RedfishEvent`, `RedfishMetricReport`.
    pub actions: Vec<String>,
    /// The thresholds.
    pub thresholds: Vec<MetricThreshold>,
    /// The properties that it watches, with wildcards.
    pub properties: Vec<String>,
    /// Where it is.
    pub uri: String,
}

/// A threshold of a trigger.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct MetricThreshold {
    /// Its name, as the service spells it: `UpperCritical`, or that of a discrete one.
    pub name: String,
    /// At which value, as the service writes it.
    pub value: Option<String>,
    /// Which way it is passed, as the service spells it: `Increasing`, `Decreasing`, `Either`.
    pub activation: Option<String>,
}

/// Which values are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct MetricQuery {
    /// Of this report alone; of all where there is none.
    pub report: Option<Selector>,
    /// Only the newest value of each metric in each report.
    pub latest: bool,
}

impl MetricQuery {
    /// Asks for all values of all reports.
    #[must_use]
    pub fn all() -> Self {
        Self::default()
    }

    /// Asks for one report alone, by its `Id`, its name or its URI.
    #[must_use]
    pub fn of(report: impl Into<Selector>) -> Self {
        Self { report: Some(report.into()), ..Self::default() }
    }

    /// Only the newest value of each metric.
    #[must_use]
    pub fn latest(self) -> Self {
        Self { latest: true, ..self }
    }
}

impl Host {
    /// Reads the values of metric reports, with the units that the definitions of the metrics say.
    ///
    /// ```no_run
    /// # async fn example(host: rosefish::host::Host) -> Result<(), rosefish::Error> {
    /// use rosefish::host::MetricQuery;
    ///
    /// let found = host.metrics(MetricQuery::all().latest()).await?.value;
    /// for metric in &found {
    ///     println!("{:?} {:?} {:?}", metric.id, metric.value, metric.unit);
    /// }
    /// for missing in &found.missing {
    ///     eprintln!("not read: {missing}");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Where there is no Redfish, or no report; and where none is called so or several are: the error names those that there are.
    pub async fn metrics(&self, query: MetricQuery) -> Result<Outcome<Partial<Metric>>, Error> {
        self.read(Capability::Metrics, move |session| Box::pin(values(session, query.clone()))).await
    }

    /// Reads which metric reports there are, and which are defined.
    ///
    /// # Errors
    ///
    /// Where there is no Redfish, or neither.
    pub async fn metric_reports(&self) -> Result<Outcome<Partial<MetricReportInfo>>, Error> {
        self.read(Capability::Metrics, |session| Box::pin(reports(session))).await
    }

    /// Reads what the service says of metrics.
    ///
    /// # Errors
    ///
    /// Where there is no Redfish, or no definition of a metric.
    pub async fn metric_definitions(&self) -> Result<Outcome<Partial<MetricDefinitionInfo>>, Error> {
        self.read(Capability::Metrics, |session| Box::pin(definitions(session))).await
    }

    /// Reads the triggers: thresholds of metrics, and what the service does beyond them.
    ///
    /// # Errors
    ///
    /// Where there is no Redfish, or no trigger.
    pub async fn metric_triggers(&self) -> Result<Outcome<Partial<MetricTriggerInfo>>, Error> {
        self.read(Capability::Metrics, |session| Box::pin(triggers(session))).await
    }
}

async fn telemetry(session: Session) -> Result<(Survey, AnyResource), Fault> {
    let Session::Redfish(service) = session else { return Err(Fault::lacking("IPMI has no metrics")) };
    let mut survey = Survey::of(&service.client);
    match metrics::service(&mut survey).await {
        Some(telemetry) => Ok((survey, telemetry)),
        None => Err(match survey.into_missing() {
            missing if missing.is_empty() => Fault::lacking("this service has no TelemetryService"),
            missing => Fault::nothing_read(missing),
        }),
    }
}

async fn values(session: Session, query: MetricQuery) -> Result<Partial<Metric>, Fault> {
    let (mut survey, telemetry) = telemetry(session).await?;
    let reports = metrics::reports(&mut survey, &telemetry, query.report.as_ref()).await?;
    if reports.is_empty() {
        return finish(Vec::new(), survey.into_missing(), "this service has no metric reports");
    }
    let bodies: Vec<_> = reports.iter().map(to_json).collect();
    let has_values = |json: &Value| json["MetricValues"].as_array().is_some_and(|values| !values.is_empty());
    let units = match bodies.iter().any(has_values) {
        true => Units::of(&survey.members(&telemetry, "MetricDefinitions").await),
        false => Units::default(),
    };
    let mut items = Vec::new();
    for (report, json) in reports.iter().zip(&bodies) {
        let name = label(report, &reports);
        let made = text(json, "Timestamp");
        let values = json["MetricValues"].as_array().into_iter().flatten().filter(|value| value.is_object());
        let of = |value: &Value| Metric {
            report: name.clone(),
            id: text(value, "MetricId").map(str::to_owned),
            property: text(value, "MetricProperty").map(str::to_owned),
            value: written(&value["MetricValue"]),
            number: number(&value["MetricValue"]),
            unit: units.find(value).map(str::to_owned),
            time: text(value, "Timestamp").or(made).map(DateTime::from),
        };
        let values: Vec<_> = values.map(of).collect();
        items.extend(if query.latest { latest(values) } else { values });
    }
    Ok(Partial { items, missing: survey.into_missing() })
}

/// The newest of each metric, at the place of its first one. Where times don't say which that is, it is the last.
fn latest(values: Vec<Metric>) -> Vec<Metric> {
    let mut kept: Vec<Metric> = Vec::new();
    let mut places: HashMap<(Option<String>, Option<String>), usize> = HashMap::new();
    for value in values {
        let at = *places.entry((value.id.clone(), value.property.clone())).or_insert(kept.len());
        let Some(known) = kept.get_mut(at) else {
            kept.push(value);
            continue;
        };
        let time = |metric: &Metric| metric.time.as_ref().and_then(DateTime::timestamp);
        if !matches!((time(known), time(&value)), (Some(known), Some(new)) if new < known) {
            *known = value;
        }
    }
    kept
}

/// A value as a text: those that are JSON numbers or truths are shown as they are written.
fn written(json: &Value) -> Option<String> {
    match json {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

fn number(json: &Value) -> Option<f64> {
    let read = json.as_f64().or_else(|| json.as_str()?.trim().parse().ok());
    read.filter(|number| number.is_finite())
}

fn owned(json: &Value, name: &str) -> Option<String> {
    text(json, name).map(str::to_owned)
}

fn texts(json: &Value) -> Vec<String> {
    json.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

async fn reports(session: Session) -> Result<Partial<MetricReportInfo>, Fault> {
    let (mut survey, telemetry) = telemetry(session).await?;
    let found = survey.members(&telemetry, "MetricReports").await;
    let definitions = survey.members(&telemetry, "MetricReportDefinitions").await;
    let mut defined: Vec<_> = definitions.iter().map(|one| (one, to_json(one))).collect();
    let mut items = Vec::new();
    for report in &found {
        let json = to_json(report);
        let link = text(&json["MetricReportDefinition"], "@odata.id").map(|uri| uri.trim_end_matches('/').to_owned());
        let is_its = |(one, said): &(&AnyResource, Value)| match &link {
            Some(link) => one.uri().trim_end_matches('/') == link,
            None => text(&said["MetricReport"], "@odata.id") == Some(report.uri()),
        };
        let definition = defined.iter().position(is_its).map(|at| defined.remove(at));
        let said = definition.as_ref().map_or(&Value::Null, |(_, said)| said);
        items.push(MetricReportInfo {
            report: label(report, &found),
            time: text(&json, "Timestamp").map(DateTime::from),
            values: Some(json["MetricValues"].as_array().map_or(0, Vec::len)),
            uri: report.uri().to_owned(),
            definition: definition.as_ref().map(|(one, _)| one.uri().to_owned()).or(link),
            ..as_defined(owned(&json, "Name"), said)
        });
    }
    for (one, said) in defined {
        items.push(MetricReportInfo {
            report: label(one, &definitions),
            definition: Some(one.uri().to_owned()),
            ..as_defined(owned(&said, "Name"), &said)
        });
    }
    finish(items, survey.into_missing(), "this service has no metric reports")
}

fn as_defined(name: Option<String>, said: &Value) -> MetricReportInfo {
    MetricReportInfo {
        report: String::new(),
        name,
        time: None,
        values: None,
        kind: owned(said, "MetricReportDefinitionType"),
        interval: owned(&said["Schedule"], "RecurrenceInterval"),
        enabled: said["MetricReportDefinitionEnabled"].as_bool(),
        uri: String::new(),
        definition: None,
    }
}

async fn definitions(session: Session) -> Result<Partial<MetricDefinitionInfo>, Fault> {
    let (mut survey, telemetry) = telemetry(session).await?;
    let found = survey.members(&telemetry, "MetricDefinitions").await;
    let of = |one: &AnyResource| {
        let json = to_json(one);
        MetricDefinitionInfo {
            metric: label(one, &found),
            name: owned(&json, "Name"),
            kind: owned(&json, "MetricType"),
            unit: text(&json, "Units").map(spelled),
            lowest: number(&json["MinReadingRange"]),
            highest: number(&json["MaxReadingRange"]),
            properties: properties(&json),
            uri: one.uri().to_owned(),
        }
    };
    finish(found.iter().map(of).collect(), survey.into_missing(), "this service defines no metrics")
}

async fn triggers(session: Session) -> Result<Partial<MetricTriggerInfo>, Fault> {
    let (mut survey, telemetry) = telemetry(session).await?;
    let found = survey.members(&telemetry, "Triggers").await;
    let of = |one: &AnyResource| {
        let json = to_json(one);
        let numeric = json["NumericThresholds"].as_object().into_iter().flatten();
        let numeric = numeric.filter(|(_, said)| said.is_object()).map(|(name, said)| MetricThreshold {
            name: name.clone(),
            value: written(&said["Reading"]),
            activation: owned(said, "Activation"),
        });
        let discrete = json["DiscreteTriggers"].as_array().into_iter().flatten();
        let discrete = discrete.filter(|said| said.is_object()).map(|said| MetricThreshold {
            name: owned(said, "Name").unwrap_or_default(),
            value: written(&said["Value"]),
            activation: None,
        });
        MetricTriggerInfo {
            trigger: label(one, &found),
            name: owned(&json, "Name"),
            kind: owned(&json, "MetricType"),
            enabled: json["TriggerEnabled"].as_bool(),
            actions: texts(&json["TriggerActions"]),
            thresholds: numeric.chain(discrete).collect(),
            properties: texts(&json["MetricProperties"]),
            uri: one.uri().to_owned(),
        }
    };
    finish(found.iter().map(of).collect(), survey.into_missing(), "this service has no triggers")
}
