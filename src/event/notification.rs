//! What arrived: events or a metric report, whichever way they came.

use std::sync::Arc;

use crate::client::mask;
use crate::error::{Error, ErrorKind};
use crate::schema::event::{Event, EventRecord};
use crate::schema::{self, MetricReport};
use crate::wire::{Deviation, Limits, Record, decode, decode_into, peek_odata_type};

/// What a service sent at once.
#[derive(Debug)]
#[non_exhaustive]
pub struct Notification {
    /// The `id` that it had on a stream: what to continue from with [`EventStream::since`](super::EventStream::since).
    pub id: Option<Arc<str>>,
    /// What it is.
    pub content: Content,
    /// Where the payload departs from the schemas. What does not fit hides nothing beside it.
    pub deviations: Vec<Deviation>,
}

/// What a notification is.
#[derive(Debug)]
#[non_exhaustive]
pub enum Content {
    /// Events.
    Event(Box<Event>),
    /// Telemetry.
    MetricReport(Box<MetricReport>),
    /// Something else; its table says what.
    Other(Box<dyn Record>),
}

impl Notification {
    /// Returns the events; none where it is something else.
    #[must_use]
    pub fn records(&self) -> &[EventRecord] {
        match &self.content {
            Content::Event(event) => &event.events,
            _ => &[],
        }
    }

    /// Returns the telemetry; none where it is something else.
    #[must_use]
    pub fn metric_report(&self) -> Option<&MetricReport> {
        match &self.content {
            Content::MetricReport(report) => Some(report),
            _ => None,
        }
    }

    /// Returns the `Context` of the subscription that it is for. Old services put it into each record.
    #[must_use]
    pub fn context(&self) -> Option<&str> {
        match &self.content {
            Content::Event(event) => {
                let of_records = event.events.iter().find_map(|record| record.context.as_deref());
                event.context.as_deref().or(of_records)
            }
            Content::MetricReport(report) => report.context.as_deref(),
            Content::Other(record) => record.text("Context"),
        }
    }

    /// Reads what was sent.
    pub(super) fn read(data: &[u8], id: Option<Arc<str>>, limits: &Limits) -> Result<Self, Error> {
        let name = peek_odata_type(data);
        let kind = name.as_ref().map(|name| name.type_name()).unwrap_or_default();
        let unreadable = |error| {
            let start: String = mask::by_name(&String::from_utf8_lossy(data)).chars().take(120).collect();
            let reason = mask::by_name(&std::string::ToString::to_string(&error));
            Error::new(ErrorKind::Decode, format!("a notification could not be read: {start}")).with_cause(reason)
        };
        if kind == "MetricReport" {
            let decoded = decode::<MetricReport>(data, limits).map_err(unreadable)?;
            let content = Content::MetricReport(Box::new(decoded.value));
            return Ok(Self { id, content, deviations: decoded.deviations });
        }
        if let Some(name) = &name
            && !matches!(kind, "Event" | "EventRecord")
            && let Some(table) = schema::find_odata_type(name)
            && table != Event::type_table()
        {
            let mut record = table.make();
            let deviations = decode_into(&mut *record, data, limits).map_err(unreadable)?;
            return Ok(Self { id, content: Content::Other(record), deviations });
        }
        // Some send a record, or several in an array, without the resource around them.
        let bare = data.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'[');
        let mut decoded = match bare {
            true => decode::<Event>(&wrapped(data, false), limits),
            false => decode::<Event>(data, limits),
        }
        .map_err(unreadable)?;
        let residue = (&decoded.value as &dyn Record).residue();
        let is = |names: &[&str]| names.iter().any(|name| residue.get(name).is_some());
        if decoded.value.events.is_empty() {
            if is(&["MetricValues", "MetricReportDefinition", "ReportSequence"]) {
                let decoded = decode::<MetricReport>(data, limits).map_err(unreadable)?;
                let content = Content::MetricReport(Box::new(decoded.value));
                return Ok(Self { id, content, deviations: decoded.deviations });
            }
            if is(&["MessageId", "EventType", "EventId", "EventTimestamp"]) {
                decoded = decode::<Event>(&wrapped(data, true), limits).map_err(unreadable)?;
            }
        }
        Ok(Self { id, content: Content::Event(Box::new(decoded.value)), deviations: decoded.deviations })
    }
}

/// Records as the resource that they should be in.
fn wrapped(data: &[u8], one: bool) -> Vec<u8> {
    let (open, close): (&[u8], &[u8]) = if one { (br#"{"Events":["#, b"]}") } else { (br#"{"Events":"#, b"}") };
    [open, data, close].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(data: &str) -> Result<Notification, Error> {
        Notification::read(data.as_bytes(), None, &Limits::default())
    }

    #[test]
    fn events_are_read_in_every_shape() {
        let cases = [
            (
                r##"{"@odata.type":"#Event.v1_7_0.Event","Events":[{"MessageId":"A"},{"MessageId":"B"}],"Context":"c"}"##,
                2,
            ),
            (r#"{"Events":[{"MessageId":"A","Context":"c"}]}"#, 1),
            (r#"{"Events":[null,7,{"MessageId":"A","Context":"c","EventTimestamp":"2017-11-23T17:17:42-0600"}]}"#, 1),
            (r#"{"Events":{"MessageId":"A","Context":"c"}}"#, 1),
            (r#" [{"MessageId":"A"},{"MessageId":"B","Context":"c"}]"#, 2),
            (r##"{"@odata.type":"#Event.v1_0_0.EventRecord","MessageId":"A","Context":"c"}"##, 1),
            (r#"{"EventType":"Alert","Context":"c"}"#, 1),
            (r##"{"@odata.type":"#EventService.v1_0_0.Event","Events":[{"MessageId":"A"}],"Context":"c"}"##, 1),
        ];
        for (data, count) in cases {
            let notification = read(data).unwrap();
            assert_eq!(notification.records().len(), count, "{data} {notification:?}");
            assert_eq!(notification.context(), Some("c"), "{data}");
        }
    }

    #[test]
    fn other_things_are_told_apart() {
        let report = r##"{"@odata.type":"#MetricReport.v1_5_0.MetricReport","MetricValues":[{"MetricValue":"1"}]}"##;
        assert_eq!(read(report).unwrap().metric_report().unwrap().metric_values.len(), 1);
        let report = r#"{"MetricValues":[{"MetricValue":"1"}],"Context":"c"}"#;
        assert!(read(report).unwrap().metric_report().is_some());
        let other = read(r##"{"@odata.type":"#Task.v1_0_0.Task","Name":"x"}"##).unwrap();
        assert!(matches!(other.content, Content::Other(record) if record.text("Name") == Some("x")));
        for broken in ["", "hello", "{", "7"] {
            assert_eq!(read(broken).unwrap_err().kind(), ErrorKind::Decode, "{broken}");
        }
    }
}
