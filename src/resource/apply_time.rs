//! When a change or an operation takes effect (`@Redfish.SettingsApplyTime`, `@Redfish.OperationApplyTime`): what a
//! caller requests, checked against what the service supports.

use std::time::Duration;

use serde_json::{Value, json};

use crate::schema::settings::{OperationApplyTimeSupport, Settings};
use crate::wire::{DateTime, Record};

/// When a change or an operation is to take effect.
#[derive(Debug, Clone, PartialEq)]
pub struct Apply {
    time: String,
    window: Option<(DateTime, Option<Duration>)>,
}

impl Apply {
    /// At once (`Immediate`).
    #[must_use]
    pub fn immediately() -> Self {
        Self::named("Immediate")
    }

    /// With the next reset (`OnReset`).
    #[must_use]
    pub fn on_reset() -> Self {
        Self::named("OnReset")
    }

    /// Takes effect when the maintenance window begins (`AtMaintenanceWindowStart`).
    #[must_use]
    pub fn at_maintenance_window() -> Self {
        Self::named("AtMaintenanceWindowStart")
    }

    /// With a reset in the maintenance window (`InMaintenanceWindowOnReset`).
    #[must_use]
    pub fn on_reset_in_maintenance_window() -> Self {
        Self::named("InMaintenanceWindowOnReset")
    }

    /// As the standard or a service spells it.
    #[must_use]
    pub fn named(time: impl Into<String>) -> Self {
        Self { time: time.into(), window: None }
    }

    /// Sets the maintenance window, where it is not the one that the service has anyway.
    #[must_use]
    pub fn window(mut self, start: impl Into<DateTime>, duration: impl Into<Option<Duration>>) -> Self {
        self.window = Some((start.into(), duration.into()));
        self
    }

    /// Returns the name of the apply time.
    #[cfg(feature = "update")]
    pub(crate) fn time(&self) -> &str {
        &self.time
    }

    /// Returns the start and duration of the maintenance window.
    #[cfg(feature = "update")]
    pub(crate) fn maintenance_window(&self) -> Option<&(DateTime, Option<Duration>)> {
        self.window.as_ref()
    }

    fn window_json(&self) -> Option<Value> {
        let (start, duration) = self.window.as_ref()?;
        let mut window = json!({ "MaintenanceWindowStartTime": start.as_str() });
        if let (Some(duration), Some(window)) = (duration, window.as_object_mut()) {
            window.insert("MaintenanceWindowDurationInSeconds".to_owned(), duration.as_secs().into());
        }
        Some(window)
    }

    /// Adds the apply time to a body that changes settings.
    pub(crate) fn with_settings(&self, body: &str) -> String {
        let mut preferred = self.window_json().unwrap_or_else(|| json!({}));
        if let Some(preferred) = preferred.as_object_mut() {
            preferred.insert("ApplyTime".to_owned(), self.time.clone().into());
        }
        with_member(body, "@Redfish.SettingsApplyTime", &preferred)
    }

    /// Adds the apply time to a body that starts an operation.
    pub(crate) fn with_operation(&self, body: &str) -> String {
        let body = with_member(body, "@Redfish.OperationApplyTime", &self.time.clone().into());
        match self.window_json() {
            Some(window) => with_member(&body, "@Redfish.MaintenanceWindow", &window),
            None => body,
        }
    }

    /// Fails if these settings don't support the apply time.
    pub(crate) fn check_settings(&self, settings: &Settings) -> Result<(), String> {
        self.check(settings.supported_apply_times.iter().map(|time| time.as_str()).collect())
    }

    /// Fails if an operation on `owner` (a resource, a collection or an action), or by a property of it, doesn't
    /// support the apply time.
    pub(crate) fn check_operation(&self, owner: &dyn Record, property: &str) -> Result<(), String> {
        let (annotations, term) = (owner.annotations(), "Redfish.OperationApplyTimeSupport");
        let support = annotations.record::<OperationApplyTimeSupport>(property, term);
        match support {
            Some(Ok(support)) => self.check(support.value.supported_values.iter().map(|time| time.as_str()).collect()),
            _ => Err("this service does not say that the operation can be put off \
                      (@Redfish.OperationApplyTimeSupport)"
                .to_owned()),
        }
    }

    fn check(&self, supported: Vec<&str>) -> Result<(), String> {
        if supported.is_empty() || supported.contains(&self.time.as_str()) {
            return Ok(());
        }
        let supported = supported.join(", ");
        Err(format!("{} is not among the times at which this service applies changes: {supported}", self.time))
    }
}

/// Adds a member to the JSON text of an object.
fn with_member(body: &str, name: &str, value: &Value) -> String {
    let inside = body.trim();
    let inside = inside.strip_suffix('}').unwrap_or(inside).trim_end();
    let comma = if inside == "{" { "" } else { "," };
    format!("{inside}{comma}{}:{value}}}", Value::from(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_stands_in_the_body() {
        let window = Apply::at_maintenance_window().window("2026-12-01T02:00:00Z", Duration::from_secs(600));
        let cases = [
            (Apply::on_reset().with_settings("{}"), r#"{"@Redfish.SettingsApplyTime":{"ApplyTime":"OnReset"}}"#),
            (
                Apply::on_reset().with_operation(r#"{"A":{"B":{}}}"#),
                r#"{"A":{"B":{}},"@Redfish.OperationApplyTime":"OnReset"}"#,
            ),
        ];
        for (body, expected) in cases {
            assert_eq!(body, expected);
        }
        let body: Value = serde_json::from_str(&window.with_settings(r#"{"A":1}"#)).unwrap();
        assert_eq!(
            body,
            json!({"A": 1, "@Redfish.SettingsApplyTime": {
                "ApplyTime": "AtMaintenanceWindowStart",
                "MaintenanceWindowStartTime": "2026-12-01T02:00:00Z",
                "MaintenanceWindowDurationInSeconds": 600,
            }})
        );
        let body: Value = serde_json::from_str(&window.with_operation("{}")).unwrap();
        assert_eq!(body["@Redfish.OperationApplyTime"], "AtMaintenanceWindowStart");
        assert_eq!(body["@Redfish.MaintenanceWindow"]["MaintenanceWindowDurationInSeconds"], 600);
    }
}
