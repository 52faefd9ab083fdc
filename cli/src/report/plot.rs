//! Plots as SVG within the page: a reading against its thresholds, and a metric over time. Their attributes only contain numbers,
//! and words of this file.

use maud::{Markup, html};
use rosefish::host::{Sensor, SensorStatus, Thresholds};

use super::rows::text;
use crate::operate::number::number;
use crate::operate::sensors::unit;

const WIDTH: f64 = 180.0;
const HEIGHT: f64 = 16.0;
const LINE_WIDTH: f64 = 320.0;
const LINE_HEIGHT: f64 = 64.0;
/// Room around a line.
const MARGIN: f64 = 5.0;

/// A part of a scale, from one value to another.
type Zone = (&'static str, f64, f64);

/// The values from the left edge to the right one.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Scale {
    low: f64,
    high: f64,
}

impl Scale {
    fn new(low: f64, high: f64) -> Option<Self> {
        let span = high - low;
        (span.is_finite() && span > 0.0).then_some(Self { low, high })
    }

    /// Returns where a value is, from 0 to `width`.
    fn at(self, value: f64, width: f64) -> f64 {
        ((value - self.low) / (self.high - self.low) * width).clamp(0.0, width)
    }
}

fn limits(thresholds: &Thresholds) -> [Option<f64>; 6] {
    let t = thresholds;
    [t.lower_fatal, t.lower_critical, t.lower_caution, t.upper_caution, t.upper_critical, t.upper_fatal]
}

fn least(values: impl Iterator<Item = f64>) -> Option<f64> {
    values.filter(|value| value.is_finite()).reduce(f64::min)
}

fn most(values: impl Iterator<Item = f64>) -> Option<f64> {
    values.filter(|value| value.is_finite()).reduce(f64::max)
}

/// Returns the scale for a reading: its thresholds with room around them, per cent, or the largest reading of its kind.
fn scale(sensor: &Sensor, reading: f64, largest: Option<f64>) -> Option<Scale> {
    let limits = || limits(&sensor.thresholds).into_iter().flatten();
    let is_share = sensor.unit.as_deref() == Some("%");
    let (Some(low), Some(high)) = (least(limits()), most(limits())) else {
        return if is_share { Scale::new(0.0, 100.0_f64.max(reading)) } else { Scale::new(0.0, largest?.max(reading)) };
    };
    let has_lower = sensor.thresholds.lower_caution.is_some()
        || sensor.thresholds.lower_critical.is_some()
        || sensor.thresholds.lower_fatal.is_some();
    let has_upper = sensor.thresholds.upper_caution.is_some()
        || sensor.thresholds.upper_critical.is_some()
        || sensor.thresholds.upper_fatal.is_some();
    let low = if has_lower { low.min(reading) } else { reading.min(0.0) };
    let high = if has_upper { high.max(reading) } else { (reading * 1.25).max(high * 1.25) };
    let room = (high - low).abs() * 0.12;
    // Without a lower threshold, there is no room below: the scale begins at zero, or at a negative reading.
    Scale::new(if has_lower { low - room } else { low }, high + room)
}

/// Returns which parts of the scale are how bad, from left to right.
fn zones(thresholds: &Thresholds, scale: Scale) -> Vec<Zone> {
    let t = thresholds;
    let lower_bad = most([t.lower_fatal, t.lower_critical].into_iter().flatten());
    let upper_bad = least([t.upper_fatal, t.upper_critical].into_iter().flatten());
    let begin = lower_bad.unwrap_or(scale.low);
    let end = upper_bad.unwrap_or(scale.high);
    let well = t.lower_caution.unwrap_or(begin);
    let until = t.upper_caution.unwrap_or(end);
    vec![
        ("z-bad", scale.low, begin),
        ("z-warn", begin, well),
        ("z-good", well, until),
        ("z-warn", until, end),
        ("z-bad", end, scale.high),
    ]
}

/// Returns the thresholds in words.
fn words(sensor: &Sensor) -> String {
    let t = &sensor.thresholds;
    let named = [
        ("fatal below", t.lower_fatal),
        ("critical below", t.lower_critical),
        ("warning below", t.lower_caution),
        ("warning above", t.upper_caution),
        ("critical above", t.upper_critical),
        ("fatal above", t.upper_fatal),
    ];
    let said = named.iter().filter_map(|(name, value)| value.map(|value| format!("{name} {}", number(Some(value)))));
    let said: Vec<_> = said.collect();
    let reading = format!("{} {}", number(sensor.reading), unit(sensor));
    match said.is_empty() {
        true => format!("{}, no thresholds", reading.trim_end()),
        false => format!("{}; {}", reading.trim_end(), said.join(", ")),
    }
}

/// Rounds to a tenth of a pixel.
fn pixels(value: f64) -> String {
    format!("{value:.1}")
}

/// Draws a reading as a bar, or nothing if there is no reading or no scale for it. `largest` is the largest reading of its kind, if
/// there are several.
pub(super) fn bar(sensor: &Sensor, largest: Option<f64>) -> Markup {
    let Some(reading) = sensor.reading.filter(|reading| reading.is_finite()) else { return html! {} };
    let Some(scale) = scale(sensor, reading, largest) else { return html! {} };
    let has_limits = limits(&sensor.thresholds).iter().any(Option::is_some);
    let zones = if has_limits { zones(&sensor.thresholds, scale) } else { vec![("z-none", scale.low, scale.high)] };
    let mood = match sensor.status {
        SensorStatus::Warning => "b-warn",
        SensorStatus::Critical | SensorStatus::Fatal => "b-bad",
        _ => "b-plain",
    };
    let end = scale.at(reading, WIDTH);
    html! {
        svg.bar role="img" viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } width=(WIDTH) height=(HEIGHT) {
            title { (text(&words(sensor))) }
            @for (class, from, to) in zones {
                @let (left, right) = (scale.at(from, WIDTH), scale.at(to, WIDTH));
                @if right > left {
                    rect class=(class) x=(pixels(left)) y="2" width=(pixels(right - left)) height="12" {}
                }
            }
            rect class=(mood) x="0" y="5" width=(pixels(end)) height="6" {}
            rect class={ (mood) " tip" } x=(pixels((end - 1.5).max(0.0))) y="0" width="3" height="16" {}
        }
    }
}

/// Draws a metric over time. The values are in the order of time.
pub(super) fn line(name: &str, values: &[(i64, f64)]) -> Markup {
    let times = || values.iter().map(|(time, _)| *time);
    let numbers = || values.iter().map(|(_, value)| *value);
    let (Some(first), Some(last)) = (times().min(), times().max()) else { return html! {} };
    let (Some(low), Some(high)) = (least(numbers()), most(numbers())) else { return html! {} };
    let span = (high - low).abs();
    let room = if span > 0.0 { span * 0.05 } else { high.abs().max(1.0) * 0.05 };
    let Some(up) = Scale::new(low - room, high + room) else { return html! {} };
    // This is exact for some thousand years.
    #[allow(clippy::cast_precision_loss)]
    let seconds = |time: i64| time.saturating_sub(first) as f64;
    let Some(along) = Scale::new(0.0, seconds(last)) else { return html! {} };
    let point = |(time, value): &(i64, f64)| {
        let x = MARGIN + along.at(seconds(*time), LINE_WIDTH - 2.0 * MARGIN);
        let y = LINE_HEIGHT - MARGIN - up.at(*value, LINE_HEIGHT - 2.0 * MARGIN);
        (x, y)
    };
    let path: Vec<_> = values.iter().map(point).map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
    let (x, y) = values.last().map(point).unwrap_or_default();
    let said = format!("{name}: from {} to {} in {} values", number(Some(low)), number(Some(high)), values.len());
    html! {
        svg.line role="img" viewBox={ "0 0 " (LINE_WIDTH) " " (LINE_HEIGHT) } width=(LINE_WIDTH) height=(LINE_HEIGHT) {
            title { (text(&said)) }
            polyline points=(path.join(" ")) {}
            circle cx=(pixels(x)) cy=(pixels(y)) r="3" {}
        }
    }
}

/// Draws the numbers of machines of each kind as one bar.
pub(super) fn shares(parts: &[(&'static str, usize)]) -> Markup {
    const ALL: f64 = 1000.0;
    let total: usize = parts.iter().map(|(_, count)| count).sum();
    // No list of hosts is so long that this matters.
    #[allow(clippy::cast_precision_loss)]
    let share = |count: usize| count as f64 / total.max(1) as f64 * ALL;
    let mut end = 0.0;
    let mut placed = Vec::new();
    for (class, count) in parts.iter().filter(|(_, count)| *count > 0) {
        placed.push((class, end, share(*count)));
        end += share(*count);
    }
    html! {
        svg.shares viewBox="0 0 1000 10" preserveAspectRatio="none" aria-hidden="true" {
            @for (class, from, width) in placed {
                rect class={ "s-" (class) } x=(pixels(from)) y="0" width=(pixels(width)) height="10" {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sensor(reading: f64, unit: &str, thresholds: serde_json::Value) -> Sensor {
        let mut limits = serde_json::json!({
            "lower_fatal": null, "lower_critical": null, "lower_caution": null,
            "upper_caution": null, "upper_critical": null, "upper_fatal": null,
        });
        limits.as_object_mut().unwrap().extend(thresholds.as_object().unwrap().clone());
        let json = serde_json::json!({
            "id": "1", "name": "x", "kind": "temperature", "reading": reading, "unit": unit, "status": "ok", "states": [],
            "thresholds": limits,
        });
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn zones_cover_the_scale_and_the_reading_stands_in_its_own() {
        let inlet = sensor(24.0, "Cel", serde_json::json!({ "upper_caution": 40.0, "upper_critical": 45.0 }));
        let scale = scale(&inlet, 24.0, None).unwrap();
        assert_eq!((scale.low, scale.high), (0.0, 45.0 + 45.0 * 0.12));
        let zones = zones(&inlet.thresholds, scale);
        let good = zones.iter().find(|(class, ..)| *class == "z-good").unwrap();
        assert_eq!((good.1, good.2), (0.0, 40.0));
        assert_eq!(zones.last().unwrap(), &("z-bad", 45.0, scale.high));
        let html = bar(&inlet, None).into_string();
        assert!(html.contains("24 °C; warning above 40, critical above 45"), "{html}");
    }

    #[test]
    fn no_number_draws_outside_or_without_end() {
        let limits = serde_json::json!({ "lower_critical": -1e308, "upper_critical": 1e308, "upper_caution": -5.0 });
        for reading in [0.0, -1.0, 1e308, -1e308, 1e-300, f64::INFINITY] {
            for thresholds in [limits.clone(), serde_json::json!({}), serde_json::json!({ "upper_fatal": 3.0 })] {
                let mut one = sensor(0.0, "Cel", thresholds);
                one.reading = Some(reading);
                let html = bar(&one, Some(reading)).into_string();
                for (at, _) in html.match_indices("width=\"") {
                    let rest = &html[at + 7..];
                    let width: f64 = rest[..rest.find('"').unwrap()].parse().unwrap();
                    assert!((0.0..=WIDTH).contains(&width), "{html}");
                }
                assert!(!html.contains("NaN") && !html.contains("inf"), "{html}");
            }
        }
        for values in [vec![], vec![(1, 1.0)], vec![(1, 1e308), (2, -1e308)], vec![(i64::MIN, 1.0), (i64::MAX, 2.0)]] {
            let html = line("x", &values).into_string();
            assert!(!html.contains("NaN") && !html.contains("inf"), "{html}");
        }
        assert!(line("x", &[(0, 1.0), (60, 1.0)]).into_string().contains("polyline"));
    }
}
