//! Scalars that are text with a meaning: dates, durations and UUIDs. They keep what the service wrote and offer
//! a parsed view; text that has no meaning is kept all the same.

use std::cmp::Ordering;
use std::fmt;

use crate::value::odata::text_type;

text_type! {
    /// A point in time, `Edm.DateTimeOffset`: `2026-11-22T10:44:57+01:00`.
    ///
    /// They are ordered by the [instant](Self::timestamp), whatever the offset. Texts without one (`""`, no offset) come before
    /// all others. Only the same text is equal (`==`): of one instant that is written in two ways the texts decide the order.
    /// Compare [`timestamp`](Self::timestamp) to find out whether instants are the same.
    ///
    /// ```
    /// use rosefish::wire::DateTime;
    ///
    /// let (early, late) = (DateTime::from("2026-01-01T09:00:00+09:00"), DateTime::from("2026-01-01T01:00:00Z"));
    /// assert!(early < late && early > DateTime::from("not set"));
    /// ```
    DateTime, ordered otherwise
}

impl DateTime {
    /// Returns the point in time; none where the text has no meaning (`""`, `0000-00-00T00:00:00+00:00`) or no offset.
    ///
    /// Read leniently where only one meaning is possible: a blank for the `T`, an offset without colon, single digits.
    #[must_use]
    pub fn timestamp(&self) -> Option<jiff::Timestamp> {
        if let Ok(timestamp) = self.as_str().parse() {
            return Some(timestamp);
        }
        let (date, rest) = self.as_str().split_once(['T', 't', ' '])?;
        let mut parts = date.split('-').map(str::parse::<i16>);
        let (year, month, day) = (parts.next()?.ok()?, parts.next()?.ok()?, parts.next()?.ok()?);
        let at = rest.find(['+', '-', 'Z', 'z'])?;
        let (time, offset) = rest.split_at_checked(at)?;
        let offset = match offset {
            "z" => "Z".to_owned(),
            _ if offset.len() == 5 => format!("{}:{}", offset.get(..3)?, offset.get(3..)?),
            _ => offset.to_owned(),
        };
        format!("{year:04}-{month:02}-{day:02}T{time}{offset}").parse().ok()
    }

    /// Returns whether the text is as `Edm.DateTimeOffset` wants it: ISO 8601 with `T` and an offset.
    #[must_use]
    pub fn is_conforming(&self) -> bool {
        is_date_time(self.as_str().as_bytes())
    }
}

impl Ord for DateTime {
    fn cmp(&self, other: &Self) -> Ordering {
        self.timestamp().cmp(&other.timestamp()).then_with(|| self.as_str().cmp(other.as_str()))
    }
}

impl PartialOrd for DateTime {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl From<jiff::Timestamp> for DateTime {
    fn from(timestamp: jiff::Timestamp) -> Self {
        Self::from(timestamp.to_string())
    }
}

text_type! {
    /// A length of time, `Edm.Duration`: `P1DT2H3M4.5S`. Days are of 24 hours.
    ///
    /// They are ordered by [length](Self::signed): `PT90S` is less than `PT2M`. Texts without one come before all others. Only the
    /// same text is equal (`==`): of one length that is written in two ways, `PT60S` and `PT1M`, the texts decide the order.
    Duration, ordered otherwise
}

impl Duration {
    /// Returns the length of time; none where the text has no meaning.
    #[must_use]
    pub fn signed(&self) -> Option<jiff::SignedDuration> {
        let (negative, text) = match self.as_str().strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, self.as_str()),
        };
        let text = text.strip_prefix('P')?;
        let (days, time) = match text.split_once('T') {
            Some((days, time)) => (days, Some(time)),
            None => (text, None),
        };
        let mut total = jiff::SignedDuration::ZERO;
        if let Some(days) = days.strip_suffix('D') {
            total =
                total.checked_add(jiff::SignedDuration::from_secs(days.parse::<i64>().ok()?.checked_mul(86_400)?))?;
        } else if !days.is_empty() {
            return None;
        }
        if let Some(time) = time {
            total = total.checked_add(format!("PT{time}").parse().ok()?)?;
        } else if days.is_empty() {
            return None;
        }
        if negative { total.checked_neg() } else { Some(total) }
    }

    /// Returns the length of time; none where the text has no meaning or is negative.
    #[must_use]
    pub fn to_std(&self) -> Option<std::time::Duration> {
        self.signed()?.try_into().ok()
    }

    /// Returns whether the text is as `Edm.Duration` wants it.
    #[must_use]
    pub fn is_conforming(&self) -> bool {
        is_duration(self.as_str().as_bytes())
    }
}

impl Ord for Duration {
    fn cmp(&self, other: &Self) -> Ordering {
        self.signed().cmp(&other.signed()).then_with(|| self.as_str().cmp(other.as_str()))
    }
}

impl PartialOrd for Duration {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl From<std::time::Duration> for Duration {
    fn from(duration: std::time::Duration) -> Self {
        let seconds = duration.as_secs();
        let fraction = format!("{:09}", duration.subsec_nanos());
        let fraction = fraction.trim_end_matches('0');
        let mut text = String::from("PT");
        for (unit, amount) in [('H', seconds / 3600), ('M', seconds / 60 % 60)] {
            if amount > 0 {
                text.push_str(&format!("{amount}{unit}"));
            }
        }
        match (seconds % 60, fraction) {
            (0, "") if text.len() > 2 => {}
            (whole, "") => text.push_str(&format!("{whole}S")),
            (whole, fraction) => text.push_str(&format!("{whole}.{fraction}S")),
        }
        Self::from(text)
    }
}

text_type! {
    /// A UUID, `Edm.Guid`: `38947555-7742-3448-3784-823347823834`.
    Guid
}

impl Guid {
    /// Returns the UUID; none where the text has no meaning.
    #[must_use]
    pub fn uuid(&self) -> Option<uuid::Uuid> {
        uuid::Uuid::try_parse(self.as_str().trim()).ok()
    }

    /// Returns whether the text is as `Edm.Guid` wants it: 8-4-4-4-12 hexadecimal digits.
    #[must_use]
    pub fn is_conforming(&self) -> bool {
        let text = self.as_str().as_bytes();
        text.len() == 36
            && text.iter().enumerate().all(|(at, byte)| match at {
                8 | 13 | 18 | 23 => *byte == b'-',
                _ => byte.is_ascii_hexdigit(),
            })
    }
}

impl From<uuid::Uuid> for Guid {
    fn from(uuid: uuid::Uuid) -> Self {
        Self::from(uuid.to_string())
    }
}

/// `YYYY-MM-DDThh:mm[:ss[.f]](Z|+hh:mm)`, as OData's grammar has it. By hand, as every date of every payload passes here.
fn is_date_time(text: &[u8]) -> bool {
    let digits = |bytes: &[u8]| bytes.iter().all(u8::is_ascii_digit);
    let number = |bytes: &[u8]| {
        bytes.iter().fold(0_u32, |sum, byte| sum.saturating_mul(10).saturating_add(byte.wrapping_sub(b'0').into()))
    };
    let Some((head, rest)) = text.split_at_checked(16) else { return false };
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2, b'T' | b't', h1, h2, b':', n1, n2] = *head else {
        return false;
    };
    if !digits(&[y1, y2, y3, y4, m1, m2, d1, d2, h1, h2, n1, n2]) {
        return false;
    }
    let (year, month, day) = (number(&[y1, y2, y3, y4]), number(&[m1, m2]), number(&[d1, d2]));
    let leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    let longest = match month {
        4 | 6 | 9 | 11 => 30,
        2 => u32::from(leap).saturating_add(28),
        1..=12 => 31,
        _ => 0,
    };
    if !(1..=longest).contains(&day) || number(&[h1, h2]) > 23 || number(&[n1, n2]) > 59 {
        return false;
    }
    let rest = match *rest {
        [b':', s1, s2, ref rest @ ..] if digits(&[s1, s2]) && number(&[s1, s2]) <= 60 => match rest.split_first() {
            Some((b'.', fraction)) => {
                let end = fraction.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(fraction.len());
                match fraction.split_at_checked(end) {
                    Some((digits, rest)) if !digits.is_empty() => rest,
                    _ => return false,
                }
            }
            _ => rest,
        },
        _ => rest,
    };
    match *rest {
        [b'Z' | b'z'] => true,
        [b'+' | b'-', h1, h2, b':', m1, m2] => {
            digits(&[h1, h2, m1, m2]) && number(&[h1, h2]) < 24 && number(&[m1, m2]) < 60
        }
        _ => false,
    }
}

/// `[-]P[nD][T[nH][nM][n[.n]S]]`, not empty.
fn is_duration(text: &[u8]) -> bool {
    let text = text.strip_prefix(b"-").unwrap_or(text);
    let Some(mut rest) = text.strip_prefix(b"P") else { return false };
    let mut units: &[u8] = b"DTHMS";
    let mut any = false;
    let mut in_time = false;
    while let Some((first, after)) = rest.split_first() {
        if *first == b'T' {
            if in_time || after.is_empty() {
                return false;
            }
            in_time = true;
            rest = after;
            continue;
        }
        let whole = rest.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(rest.len());
        let (digits, mut after) = rest.split_at(whole);
        if digits.is_empty() {
            return false;
        }
        let mut fraction = false;
        if let Some(tail) = after.strip_prefix(b".") {
            let end = tail.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(tail.len());
            if end == 0 {
                return false;
            }
            fraction = true;
            after = tail.get(end..).unwrap_or_default();
        }
        let Some((unit, tail)) = after.split_first() else { return false };
        let Some(place) = units.iter().position(|known| known == unit && *unit != b'T') else { return false };
        if in_time != (*unit != b'D') || (fraction && *unit != b'S') {
            return false;
        }
        units = units.get(place.saturating_add(1)..).unwrap_or_default();
        any = true;
        rest = tail;
    }
    any
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_checked_and_read_leniently() {
        let cases = [
            ("2026-11-22T10:44:57Z", true, Some(1_795_344_297)),
            ("2026-11-22T10:44Z", true, Some(1_795_344_240)),
            ("2026-11-22T10:44:Z", false, None),
            ("2026-11-22T10:44", false, None),
            ("2026-11-22T10:44:57.123+01:00", true, Some(1_795_340_697)),
            ("2017-11-23T17:17:42-0600", false, Some(1_511_479_062)),
            ("2011-6-24T20:41:29+00:00", false, Some(1_308_948_089)),
            ("2019-07-25 11:00:03+08:00", false, Some(1_564_023_603)),
            ("2017-12-06T12:00:00", false, None),
            ("0000-00-00T00:00:00+00:00", false, None),
            ("2023-02-29T00:00:00Z", false, None),
            ("T00:00:00Z", false, None),
            ("00:00:00Z", false, None),
            ("Feb 26 11:16:55 2025 GMT", false, None),
            ("", false, None),
        ];
        for (text, conforming, seconds) in cases {
            let date = DateTime::from(text);
            assert_eq!(date.is_conforming(), conforming, "{text}");
            assert_eq!(date.timestamp().map(jiff::Timestamp::as_second), seconds, "{text}");
        }
    }

    #[test]
    fn durations_are_checked_and_read() {
        let cases = [
            ("PT30S", true, Some(30.0)),
            ("P1DT2H3M4.5S", true, Some(93_784.5)),
            ("P7D", true, Some(604_800.0)),
            ("PT0S", true, Some(0.0)),
            ("-PT10M", true, Some(-600.0)),
            ("P1Y", false, None),
            ("PT", false, None),
            ("P", false, None),
            ("PT1.5M", false, None),
            ("PT1S2M", false, None),
            ("30", false, None),
            ("", false, None),
        ];
        for (text, conforming, seconds) in cases {
            let duration = Duration::from(text);
            assert_eq!(duration.is_conforming(), conforming, "{text}");
            if conforming || seconds.is_some() {
                assert_eq!(duration.signed().map(|d| d.as_secs_f64()), seconds, "{text}");
            }
        }
        for (seconds, text) in [(0.0, "PT0S"), (30.0, "PT30S"), (3600.0, "PT1H"), (5400.25, "PT1H30M0.25S")] {
            assert_eq!(Duration::from(std::time::Duration::from_secs_f64(seconds)), text);
        }
    }

    #[test]
    fn dates_are_ordered_by_instant_and_durations_by_length() {
        let dates = [
            "",
            "2026-01-01T00:00:00",
            "2026-01-01T09:00:00+09:00",
            "2026-01-01T00:30:00Z",
            "2026-01-01T01:00:00Z",
            "2026-01-01T02:00:00+01:00",
            "2025-12-31T23:00:00-0600",
        ];
        assert!(dates.map(DateTime::from).is_sorted());
        let durations =
            ["", "soon", "-PT1H", "PT0S", "PT9.5S", "PT10S", "PT1M", "PT60S", "PT90S", "PT2M", "P1D", "PT25H"];
        assert!(durations.map(Duration::from).is_sorted());
        // Equal is what the order calls equal.
        assert_ne!(DateTime::from(dates[4]), DateTime::from(dates[5]));
        assert_ne!(DateTime::from(dates[4]).cmp(&DateTime::from(dates[5])), Ordering::Equal);
    }

    #[test]
    fn uuids_are_checked_and_read() {
        assert!(Guid::from("38947555-7742-3448-3784-823347823834").uuid().is_some());
        for text in ["", "38947555-7742-3448-3784-82334782383", "not a uuid"] {
            let guid = Guid::from(text);
            assert!(!guid.is_conforming() && guid.uuid().is_none(), "{text}");
        }
    }
}
