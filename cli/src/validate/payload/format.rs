//! Forms of strings: dates, durations, times, UUIDs.

use super::super::schema::definition::Format;

/// Returns what was expected, or `None` if a text has the right form.
pub(super) fn wrong(format: Format, text: &str) -> Option<&'static str> {
    let (is_right, expected) = match format {
        Format::Any => return None,
        Format::DateTime => (is_date_time(text), "a date and time such as 2026-03-01T06:00:00Z"),
        Format::Duration => (is_duration(text), "a duration such as P1DT2H30M"),
        Format::TimeOfDay => (is_time(text), "a time such as 06:30:00"),
        Format::Guid => (is_guid(text), "a UUID such as 3d7f0a52-5c0e-4c8a-9d41-0c1d2e3f4a5b"),
    };
    (!is_right).then_some(expected)
}

/// Reads a number of so many digits, and returns it with the rest.
fn digits(text: &str, count: usize) -> Option<(u32, &str)> {
    let (number, rest) = text.split_at_checked(count)?;
    number.bytes().all(|byte| byte.is_ascii_digit()).then(|| number.parse().ok()).flatten().map(|number| (number, rest))
}

fn is_date_time(text: &str) -> bool {
    let date = || {
        let (year, rest) = digits(text, 4)?;
        let (month, rest) = digits(rest.strip_prefix('-')?, 2)?;
        let (day, rest) = digits(rest.strip_prefix('-')?, 2)?;
        let time = rest.strip_prefix('T')?;
        let zone = time.find(['Z', '+', '-'])?;
        let (time, zone) = time.split_at_checked(zone)?;
        let is_zone = zone == "Z" || {
            let (hour, rest) = digits(zone.get(1..)?, 2)?;
            let (minute, rest) = digits(rest.strip_prefix(':')?, 2)?;
            hour < 24 && minute < 60 && rest.is_empty()
        };
        Some(is_day(year, month, day) && is_time(time) && is_zone)
    };
    date().unwrap_or(false)
}

fn is_day(year: u32, month: u32, day: u32) -> bool {
    let is_leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return false,
    };
    (1..=days).contains(&day)
}

fn is_time(text: &str) -> bool {
    let time = || {
        let (hour, rest) = digits(text, 2)?;
        let (minute, rest) = digits(rest.strip_prefix(':')?, 2)?;
        let (second, rest) = digits(rest.strip_prefix(':')?, 2)?;
        let is_fraction = match rest.strip_prefix('.') {
            Some(fraction) => !fraction.is_empty() && fraction.bytes().all(|byte| byte.is_ascii_digit()),
            None => rest.is_empty(),
        };
        // A leap second is the 60th.
        Some(hour < 24 && minute < 60 && second <= 60 && is_fraction)
    };
    time().unwrap_or(false)
}

/// `P[nD][T[nH][nM][n.nS]]`, with at least one of them.
fn is_duration(text: &str) -> bool {
    let Some(rest) = text.strip_prefix('P') else { return false };
    let (days, time) = match rest.split_once('T') {
        Some((_, "")) => return false,
        Some((days, time)) => (days, Some(time)),
        None => (rest, None),
    };
    let has_days = !days.is_empty();
    let are_days = !has_days || days.strip_suffix('D').is_some_and(is_number);
    let are_units = time.is_none_or(|time| {
        let (mut rest, mut units) = (time, "HMS");
        while let Some(end) = rest.find(|c: char| !c.is_ascii_digit() && c != '.') {
            let (Some(number), Some(unit)) = (rest.get(..end), rest.get(end..).and_then(|rest| rest.chars().next()))
            else {
                return false;
            };
            let Some(at) = units.find(unit) else { return false };
            if !(is_number(number) || (unit == 'S' && is_decimal(number))) {
                return false;
            }
            units = units.get(at + 1..).unwrap_or_default();
            rest = rest.get(end + unit.len_utf8()..).unwrap_or_default();
        }
        rest.is_empty()
    });
    are_days && are_units && (has_days || time.is_some())
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_decimal(text: &str) -> bool {
    text.split_once('.').is_some_and(|(whole, fraction)| is_number(whole) && is_number(fraction))
}

fn is_guid(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    let lengths = groups.iter().map(|group| group.len());
    lengths.eq([8, 4, 4, 4, 12]) && groups.iter().all(|group| group.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_told_apart() {
        for (format, good, bad) in [
            (
                Format::DateTime,
                &["2026-03-01T06:00:00Z", "2024-02-29T23:59:60.123+05:30", "2026-03-01T06:00:00-00:00"][..],
                &[
                    "2026-03-01",
                    "2026-03-01 06:00:00Z",
                    "2026-13-01T06:00:00Z",
                    "2025-02-29T06:00:00Z",
                    "2026-03-01T06:00:00",
                    "2026-03-01T24:00:00Z",
                    "2026-03-01T06:00:00.Z",
                    "2026-03-01T06:00:00+5:30",
                    "",
                    "é026-03-01T06:00:00Z",
                ][..],
            ),
            (
                Format::Duration,
                &["P1D", "PT1H", "P1DT2H3M4.5S", "PT0S", "PT90M"][..],
                &["P", "PT", "P1DT", "1D", "PT1", "PT1.5H", "PT1S1H", "P1H", "PTé", "PT1.S", "P-1D"][..],
            ),
            (Format::TimeOfDay, &["00:00:00", "23:59:59.5"][..], &["24:00:00", "1:2:3", "00:00"][..]),
            (
                Format::Guid,
                &["3d7f0a52-5c0e-4c8a-9d41-0C1D2E3F4A5B"][..],
                &["3d7f0a52", "3d7f0a525c0e4c8a9d410c1d2e3f4a5b", "3d7f0a52-5c0e-4c8a-9d41-0c1d2e3f4a5g"][..],
            ),
        ] {
            for text in good {
                assert_eq!(wrong(format, text), None, "{text}");
            }
            for text in bad {
                assert!(wrong(format, text).is_some(), "{text}");
            }
        }
    }
}
