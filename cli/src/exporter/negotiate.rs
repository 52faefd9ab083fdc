//! What a scraper asks for: the format, and how long it waits.

use std::time::Duration;

use axum::http::{HeaderMap, header};

/// A format of metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// OpenMetrics 1.0.
    OpenMetrics,
    /// The text format of Prometheus, 0.0.4.
    Text,
}

/// The header in which Prometheus says how long it waits.
const TIMEOUT: &str = "X-Prometheus-Scrape-Timeout-Seconds";

/// How long a scrape may take if nothing else is set.
const OTHERWISE: Duration = Duration::from_secs(10);

/// The time reserved for writing and sending the answer.
const MARGIN: Duration = Duration::from_millis(500);

impl Format {
    /// Chooses OpenMetrics if it is wanted at least as much as plain text.
    pub(super) fn wanted(headers: &HeaderMap) -> Self {
        let (mut open, mut plain) = (0.0, 0.0);
        let lists = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
        for range in lists.flat_map(|list| list.split(',')) {
            let mut parts = range.split(';').map(str::trim);
            let name = parts.next().unwrap_or_default();
            let mut quality = 1.0_f64;
            let mut version = None;
            for (key, value) in parts.filter_map(|part| part.split_once('=')) {
                match key.trim().to_ascii_lowercase().as_str() {
                    "q" => quality = value.trim().parse().unwrap_or(0.0),
                    "version" => version = Some(value.trim().trim_matches('"')),
                    _ => {}
                }
            }
            if name.eq_ignore_ascii_case("application/openmetrics-text")
                && version.is_none_or(|version| version == "1.0.0")
            {
                open = quality.max(open);
            } else if name.eq_ignore_ascii_case("text/plain") && version.is_none_or(|version| version == "0.0.4") {
                plain = quality.max(plain);
            }
        }
        if open > 0.0 && open >= plain { Self::OpenMetrics } else { Self::Text }
    }
}

/// Returns how long a scrape may take: what the header says, less a margin, but no longer than the command line says.
pub(super) fn time(headers: &HeaderMap, most: Option<Duration>) -> Duration {
    let said = headers.get(TIMEOUT).and_then(|value| value.to_str().ok()?.trim().parse::<f64>().ok());
    let said = said.filter(|seconds| *seconds > 0.0).and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    let given = said.map(|time| time.saturating_sub(MARGIN.min(time / 4)));
    match (given, most) {
        (Some(given), Some(most)) => given.min(most),
        (given, most) => given.or(most).unwrap_or(OTHERWISE),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: &'static str, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name.to_ascii_lowercase().parse().unwrap(), value.parse().unwrap())])
    }

    #[test]
    fn the_format_is_what_is_wanted() {
        let prometheus = "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,\
                          text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
        for (accept, format) in [
            (prometheus, Format::OpenMetrics),
            ("application/openmetrics-text; version=\"1.0.0\"; charset=utf-8", Format::OpenMetrics),
            ("application/openmetrics-text;version=0.0.1", Format::Text),
            ("application/openmetrics-text;q=0.2,text/plain", Format::Text),
            ("text/plain;version=0.0.4", Format::Text),
            ("*/*", Format::Text),
            ("", Format::Text),
        ] {
            assert_eq!(Format::wanted(&headers("accept", accept)), format, "{accept}");
        }
    }

    #[test]
    fn the_time_is_what_prometheus_gives_less_a_margin() {
        let seconds = Duration::from_secs_f64;
        for (said, most, time) in [
            ("10", None, 9.5),
            ("1", None, 0.75),
            ("10", Some(3.0), 3.0),
            ("2", Some(3.0), 1.5),
            ("soon", None, 10.0),
            ("-1", Some(4.0), 4.0),
            ("NaN", None, 10.0),
            ("1e300", None, 10.0),
        ] {
            assert_eq!(super::time(&headers(TIMEOUT, said), most.map(seconds)), seconds(time), "{said} {most:?}");
        }
    }
}
