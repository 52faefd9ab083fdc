//! What a service keeps of what it measured: the values of its metric reports, by metric, in the order of time.

use std::collections::BTreeMap;

use rosefish::AnyResource;
use rosefish::schema::MetricReport;

/// So many values of a metric are kept: the newest.
const VALUES: usize = 500;
/// So many metrics of a machine are followed.
const METRICS: usize = 2000;

/// Values of a metric, each with its time in seconds since 1970.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Series {
    pub(super) name: String,
    pub(super) values: Vec<(i64, f64)>,
}

/// Takes metric reports in.
#[derive(Debug, Default)]
pub(super) struct History {
    /// By the property that is measured, and the metric.
    metrics: BTreeMap<(String, String), BTreeMap<i64, f64>>,
}

impl History {
    /// Takes in a resource, if it is a metric report.
    pub(super) fn add(&mut self, resource: &AnyResource) {
        if resource.table().name != "MetricReport.MetricReport" && resource.table().schema() != "MetricReport" {
            return;
        }
        let Ok(report) = resource.clone().typed::<MetricReport>() else { return };
        for value in &report.metric_values {
            let time = value.timestamp.as_ref().or(report.timestamp.as_ref()).and_then(|time| time.timestamp());
            let number = value.metric_value.as_deref().and_then(|text| text.trim().parse::<f64>().ok());
            let (Some(time), Some(number)) = (time, number.filter(|number| number.is_finite())) else { continue };
            let text = |text: &Option<String>| text.clone().unwrap_or_default();
            let key = (text(&value.metric_property), text(&value.metric_id));
            if self.metrics.len() >= METRICS && !self.metrics.contains_key(&key) {
                continue;
            }
            let values = self.metrics.entry(key).or_default();
            values.insert(time.as_second(), number);
            while values.len() > VALUES {
                values.pop_first();
            }
        }
    }

    /// Gives what has several values: one alone is a reading, and shown as such.
    pub(super) fn series(self) -> Vec<Series> {
        let several = self.metrics.into_iter().filter(|(_, values)| values.len() > 1);
        let named = several.map(|((property, id), values)| {
            let name = match (id.is_empty(), property.is_empty()) {
                (_, true) => id,
                (true, false) => property,
                (false, false) => format!("{id} ({property})"),
            };
            Series { name, values: values.into_iter().collect() }
        });
        named.collect()
    }
}
