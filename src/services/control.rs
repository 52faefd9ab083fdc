//! Set points that a machine keeps to: of `Control` resources, of their excerpts in `EnvironmentMetrics`, and the
//! limits in `Power`, from before there were controls. This module reads and changes them; `power_limit` determines
//! which of them limit power.

use std::time::Duration;

use serde_json::{Value, json};

use super::read_back::follow;
use super::sensor::spelled;
use super::survey::{Survey, text, to_json};
use crate::error::{Error, ErrorKind};
use crate::resource::AnyResource;
use crate::resource::commit::Written;

/// How a service represents a set point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// A `Control` resource.
    Control,
    /// An excerpt of a `Control`, with the measurements of a part.
    Excerpt,
    /// An element of `PowerControl` in `Power`.
    PowerControl,
}

/// A set point.
#[derive(Debug, Clone)]
pub(crate) struct SetPoint {
    pub(crate) form: Form,
    /// The resource to change it in.
    pub(crate) resource: AnyResource,
    /// The JSON pointer to its object in that resource.
    pub(crate) pointer: String,
    pub(crate) id: String,
    pub(crate) name: String,
    /// The object that describes it.
    pub(crate) json: Value,
    /// The URIs of other representations of the same set point.
    pub(crate) also_at: Vec<String>,
}

impl SetPoint {
    /// Returns the set point of a `Control`.
    pub(crate) fn of_control(resource: AnyResource) -> Self {
        let json = to_json(&resource);
        let id = id(&resource, &json);
        let name = text(&json, "Name").unwrap_or(&id).to_owned();
        Self { form: Form::Control, pointer: String::new(), id, name, json, also_at: Vec::new(), resource }
    }

    /// Returns its URI, with a pointer if it is part of a resource.
    pub(crate) fn uri(&self) -> String {
        match self.pointer.is_empty() {
            true => self.resource.uri().to_owned(),
            false => format!("{}#{}", self.resource.uri(), self.pointer),
        }
    }

    fn value_name(&self) -> &'static str {
        match self.form {
            Form::PowerControl => "/PowerLimit/LimitInWatts",
            Form::Control | Form::Excerpt => "/SetPoint",
        }
    }

    /// Returns the current set point.
    pub(crate) fn value(&self) -> Option<f64> {
        self.json.pointer(self.value_name()).and_then(number)
    }

    /// Returns a number by the name of its property.
    pub(crate) fn number(&self, name: &str) -> Option<f64> {
        self.json.get(name).and_then(number)
    }

    pub(crate) fn lowest(&self) -> Option<f64> {
        self.number("AllowableMin")
    }

    pub(crate) fn highest(&self) -> Option<f64> {
        self.number("AllowableMax")
    }

    /// Returns the measured value.
    pub(crate) fn reading(&self) -> Option<f64> {
        match self.form {
            Form::PowerControl => self.number("PowerConsumedWatts"),
            Form::Control => self.json["Sensor"].get("Reading").and_then(number),
            Form::Excerpt => self.number("Reading"),
        }
    }

    pub(crate) fn unit(&self) -> Option<String> {
        match self.form {
            Form::PowerControl | Form::Excerpt => Some("W".to_owned()),
            Form::Control => text(&self.json, "SetPointUnits").map(spelled),
        }
    }

    pub(crate) fn mode(&self) -> Option<&str> {
        text(&self.json, "ControlMode")
    }

    /// Returns whether it is in force, if known.
    pub(crate) fn is_active(&self) -> Option<bool> {
        match self.form {
            Form::PowerControl => Some(self.value().is_some()),
            Form::Control | Form::Excerpt => self.mode().map(|mode| mode != "Disabled"),
        }
    }

    /// Returns whether it is as wanted: at this value and in force, or, without a value, not in force.
    pub(crate) fn is(&self, wanted: Option<f64>) -> bool {
        match wanted {
            Some(value) => {
                self.value().is_some_and(|now| (now - value).abs() < 1e-6) && self.is_active() != Some(false)
            }
            None => self.is_active() == Some(false),
        }
    }

    /// Checks a value against the range that the service announces.
    fn check(&self, value: f64) -> Result<(), Error> {
        let unit = self.unit().map(|unit| format!(" {unit}")).unwrap_or_default();
        let (low, high) = (self.lowest(), self.highest());
        let refuse = |why: String| {
            Err(Error::new(ErrorKind::NotAllowed, format!("{} {why}", self.id)).at("PATCH", self.resource.uri()))
        };
        if !value.is_finite() {
            return refuse("takes a number".to_owned());
        }
        if low.is_some_and(|low| value < low) || high.is_some_and(|high| value > high) {
            let low = low.map(|low| format!("at least {low}{unit}"));
            let high = high.map(|high| format!("at most {high}{unit}"));
            let range: Vec<_> = low.into_iter().chain(high).collect();
            return refuse(format!("takes {}, not {value}{unit}", range.join(" and ")));
        }
        let listed: Vec<&str> =
            self.json["AllowableNumericValues"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        if !listed.is_empty() && !listed.iter().any(|listed| listed.parse::<f64>().is_ok_and(|listed| listed == value))
        {
            return refuse(format!("takes one of {}, not {value}{unit}", listed.join(", ")));
        }
        match text(&self.json, "SetPointType") {
            Some("Range") => refuse("keeps to a range, not to a value".to_owned()),
            Some("Monitor") => refuse("is only watched by the service".to_owned()),
            _ => Ok(()),
        }
    }

    /// Changes the value; without one, takes it out of force. Returns what was sent; `None` if nothing had to change.
    ///
    /// # Errors
    ///
    /// If the service doesn't accept the value, can't switch it off, or refuses. Nothing is sent in the first two
    /// cases.
    pub(crate) async fn set(&self, wanted: Option<f64>, within: Duration) -> Result<Option<String>, Error> {
        let mut edit = self.resource.edit();
        let mode = format!("{}/ControlMode", self.pointer);
        match (wanted, self.form) {
            (Some(value), _) => {
                self.check(value)?;
                edit.set(&format!("{}{}", self.pointer, self.value_name()), as_json(value))?;
                if self.is_active() == Some(false) && self.form != Form::PowerControl {
                    edit.set(&mode, "Automatic")?;
                }
            }
            (None, Form::PowerControl) => edit.set(&format!("{}{}", self.pointer, self.value_name()), Value::Null)?,
            (None, Form::Control | Form::Excerpt) if self.mode().is_some() => edit.set(&mode, "Disabled")?,
            (None, _) => {
                let text = format!("{} has no ControlMode, by which it would be switched off", self.id);
                return Err(Error::new(ErrorKind::NotAllowed, text).at("PATCH", self.resource.uri()));
            }
        }
        let sent = format!("PATCH {} {}", self.resource.uri(), edit.patch().body);
        match edit.commit().await? {
            Written::Unchanged => return Ok(None),
            Written::Accepted(task) => follow(task, within).await?,
            Written::Updated(_) | Written::Pending(_) | Written::Confirmed(_) => {}
        }
        Ok(Some(sent))
    }

    /// Returns the set point as it should be after a change.
    pub(crate) fn with(&self, wanted: Option<f64>) -> Self {
        let mut json = self.json.clone();
        match self.form {
            Form::PowerControl => json["PowerLimit"]["LimitInWatts"] = wanted.map_or(Value::Null, as_json),
            Form::Control | Form::Excerpt => {
                if let Some(value) = wanted {
                    json["SetPoint"] = as_json(value);
                }
                if wanted.is_none() || self.is_active() == Some(false) {
                    json["ControlMode"] = json!(if wanted.is_none() { "Disabled" } else { "Automatic" });
                }
            }
        }
        Self { json, ..self.clone() }
    }

    /// Reads it again.
    pub(crate) async fn now(&self) -> Result<Self, Error> {
        let resource = self.resource.client().get_any(self.resource.uri(), Some(self.resource.table())).await?;
        let whole = to_json(&resource);
        let Some(json) = whole.pointer(&self.pointer).filter(|json| json.is_object()).cloned() else {
            let text = format!("{} is not there any more", self.uri());
            return Err(Error::new(ErrorKind::Missing, text).at("GET", self.resource.uri()));
        };
        Ok(Self { resource, json, ..self.clone() })
    }
}

/// Reads the controls of these chassis.
pub(crate) async fn controls(survey: &mut Survey, chassis: &[AnyResource]) -> Vec<SetPoint> {
    let mut found = Vec::new();
    for chassis in chassis {
        found.extend(survey.members(chassis, "Controls").await.into_iter().map(SetPoint::of_control));
    }
    found
}

/// Returns an unambiguous name for each: its `Id`, or its URI if several share it.
pub(crate) fn labels(all: &[SetPoint]) -> Vec<String> {
    let is_called = |id: &str| all.iter().filter(|one| one.id.eq_ignore_ascii_case(id)).count();
    all.iter().map(|one| if is_called(&one.id) == 1 { one.id.clone() } else { one.uri() }).collect()
}

/// Returns the `Id` of a resource, or the last segment of its URI.
pub(crate) fn id(resource: &AnyResource, json: &Value) -> String {
    let last = resource.uri().trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    text(json, "Id").unwrap_or(last).to_owned()
}

/// Reads a number, which may be written as text.
fn number(json: &Value) -> Option<f64> {
    json.as_f64().or_else(|| json.as_str()?.trim().parse().ok()).filter(|number: &f64| number.is_finite())
}

/// Writes a whole number without a decimal point, as some services accept no other form.
fn as_json(value: f64) -> Value {
    format!("{value}").parse().unwrap_or_else(|_| json!(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_are_written_without_a_point() {
        for (value, text) in [(400.0, "400"), (0.0, "0"), (12.5, "12.5"), (-3.0, "-3"), (1e15, "1000000000000000")] {
            assert_eq!(as_json(value).to_string(), text);
        }
    }

    #[test]
    fn numbers_may_be_texts_and_nothing_else() {
        for (json, value) in
            [(json!(4), Some(4.0)), (json!("4.5"), Some(4.5)), (json!("N/A"), None), (json!(null), None)]
        {
            assert_eq!(number(&json), value);
        }
        assert_eq!(number(&json!("inf")), None);
    }
}
