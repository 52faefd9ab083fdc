//! Families of metrics as text: OpenMetrics, or the older format of Prometheus. The library does the escaping.

use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, prometheus_text, text};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::exemplar::Exemplar;
use prometheus_client::registry::{Registry, Unit};

use super::family::{Family, Labels};
use super::negotiate::Format;

/// What the names of all metrics begin with.
const PREFIX: &str = "rosefish";

impl Format {
    pub(super) const fn content_type(self) -> &'static str {
        match self {
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
            Self::Text => prometheus_text::CONTENT_TYPE,
        }
    }
}

#[derive(Debug)]
struct Families(Vec<Family>);

/// Families that have samples, in a format.
pub(super) fn encode(families: Vec<Family>, format: Format) -> Result<String, fmt::Error> {
    let mut registry = Registry::with_prefix(PREFIX);
    registry.register_collector(Box::new(Families(families)));
    let mut out = String::new();
    match format {
        Format::OpenMetrics => text::encode(&mut out, &registry)?,
        Format::Text => prometheus_text::encode(&mut out, &registry)?,
    }
    Ok(out)
}

impl Collector for Families {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        for family in self.0.iter().filter(|family| !family.samples.is_empty()) {
            let unit = family.unit.map(|unit| Unit::Other(unit.to_owned()));
            let mut metric = encoder.encode_descriptor(family.name, family.help, unit.as_ref(), family.metric_type)?;
            for (labels, value) in &family.samples {
                match family.metric_type {
                    MetricType::Info => metric.encode_info(labels)?,
                    MetricType::Counter => {
                        let none: Option<&Exemplar<Labels, f64>> = None;
                        metric.encode_family(labels)?.encode_counter(value, none)?;
                    }
                    _ => metric.encode_family(labels)?.encode_gauge(value)?,
                }
            }
        }
        Ok(())
    }
}
