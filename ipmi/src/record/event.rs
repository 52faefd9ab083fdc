//! Sensor types, states and events in words (IPMI 2.0, chapter 42). An offset that no table has is given as a number.

use std::fmt;

use super::severity::Severity;
use super::states;

/// The event/reading type of a threshold sensor.
const THRESHOLD: u8 = 0x01;
/// The event/reading type whose states depend on the sensor type.
const SENSOR_SPECIFIC: u8 = 0x6f;

/// What a sensor senses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SensorType(pub u8);

impl SensorType {
    /// Temperature.
    pub const TEMPERATURE: Self = Self(0x01);
    /// Voltage.
    pub const VOLTAGE: Self = Self(0x02);
    /// Current.
    pub const CURRENT: Self = Self(0x03);
    /// Fan.
    pub const FAN: Self = Self(0x04);

    /// Returns its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self.0 {
            0xc0..=0xff => "OEM",
            number => states::SENSOR_TYPES.get(usize::from(number)).copied().unwrap_or("reserved"),
        }
    }
}

impl fmt::Display for SensorType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Which kind of states a sensor has, or an event reports (table 42-1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EventType(pub u8);

impl EventType {
    /// Thresholds of an analog reading.
    #[must_use]
    pub const fn is_threshold(self) -> bool {
        self.0 == THRESHOLD
    }

    /// States that every sensor type may have.
    #[must_use]
    pub const fn is_generic(self) -> bool {
        matches!(self.0, 0x02..=0x0c)
    }

    /// States that are particular to the sensor type.
    #[must_use]
    pub const fn is_sensor_specific(self) -> bool {
        self.0 == SENSOR_SPECIFIC
    }

    /// States that the vendor defines.
    #[must_use]
    pub const fn is_oem(self) -> bool {
        matches!(self.0, 0x70..=0x7f)
    }
}

/// Returns the state at `offset` in words; `None` where no table has it.
#[must_use]
pub fn state(sensor_type: SensorType, event_type: EventType, offset: u8) -> Option<&'static str> {
    known(sensor_type, event_type, offset).map(|(word, _)| word)
}

/// Returns how bad it is to be in the state at `offset`; `None` where no table has it, or it depends on the sensor.
#[must_use]
pub fn severity(sensor_type: SensorType, event_type: EventType, offset: u8) -> Option<Severity> {
    known(sensor_type, event_type, offset).and_then(|(_, severity)| severity)
}

fn known(sensor_type: SensorType, event_type: EventType, offset: u8) -> Option<states::State> {
    let table =
        if event_type.is_sensor_specific() { states::specific(sensor_type.0) } else { states::generic(event_type.0) };
    table.get(usize::from(offset)).copied().filter(|(word, _)| !word.is_empty())
}

/// An event, as it stands in the event log or in a platform event message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Event {
    /// What the sensor senses.
    pub sensor_type: SensorType,
    /// Which kind of state it is about.
    pub event_type: EventType,
    /// Whether the state came; false when it went.
    pub asserted: bool,
    /// The three data bytes.
    pub data: [u8; 3],
}

impl Event {
    /// Returns the offset of the state.
    #[must_use]
    pub const fn offset(&self) -> u8 {
        let [first, ..] = self.data;
        first & 0x0f
    }

    /// Returns the state in words.
    #[must_use]
    pub fn state(&self) -> Option<&'static str> {
        state(self.sensor_type, self.event_type, self.offset())
    }

    /// Returns how bad it is: that of the state where it came, and nothing bad where it went.
    #[must_use]
    pub fn severity(&self) -> Option<Severity> {
        let severity = severity(self.sensor_type, self.event_type, self.offset());
        if self.asserted { severity } else { severity.map(|_| Severity::Ok) }
    }

    /// Returns the raw reading that triggered a threshold event.
    #[must_use]
    pub const fn trigger_reading(&self) -> Option<u8> {
        let [first, second, _] = self.data;
        if self.event_type.is_threshold() && first >> 6 == 1 { Some(second) } else { None }
    }

    /// Returns the raw threshold that triggered a threshold event.
    #[must_use]
    pub const fn trigger_threshold(&self) -> Option<u8> {
        let [first, _, third] = self.data;
        if self.event_type.is_threshold() && first >> 4 & 3 == 1 { Some(third) } else { None }
    }

    /// Returns what data 2 and 3 add in words, for the events where the specification says so.
    #[must_use]
    pub fn detail(&self) -> Option<String> {
        let [_, second, third] = self.data;
        if !self.event_type.is_sensor_specific() || (second == 0xff && third == 0xff) {
            return None;
        }
        let word = |table: &[&'static str]| {
            table.get(usize::from(second)).filter(|word| !word.is_empty()).map(|word| (*word).to_owned())
        };
        match (self.sensor_type.0, self.offset()) {
            (0x0f, 0) => word(&states::FIRMWARE_ERRORS),
            (0x0f, 1 | 2) => word(&states::FIRMWARE_PROGRESS),
            (0x0c, _) if third != 0xff => Some(format!("memory module {third}")),
            (0x10, 0) => Some(format!("memory module {second}")),
            (0x12, 5) => Some(if second & 0x80 == 0 { "before" } else { "after" }.to_owned()),
            (0x21, _) if third != 0xff => Some(format!("slot {}", third & 0x7f)),
            (0x23, _) => Some(watchdog(second)),
            (0x2a, _) => Some(format!("user {}, channel {}", second & 0x3f, third & 0x0f)),
            _ => None,
        }
    }
}

fn watchdog(second: u8) -> String {
    let timer = match second & 0x0f {
        1 => "BIOS FRB2",
        2 => "BIOS/POST",
        3 => "OS load",
        4 => "SMS/OS",
        5 => "OEM",
        _ => "unspecified",
    };
    format!("{timer} timer")
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.state() {
            Some(state) => f.write_str(state)?,
            None => write!(f, "state {}", self.offset())?,
        }
        if let Some(detail) = self.detail() {
            write!(f, " ({detail})")?;
        }
        f.write_str(if self.asserted { ", asserted" } else { ", deasserted" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(sensor_type: u8, event_type: u8, data: [u8; 3]) -> Event {
        Event { sensor_type: SensorType(sensor_type), event_type: EventType(event_type), asserted: true, data }
    }

    #[test]
    fn events_are_told_in_words() {
        let cases = [
            (event(0x01, 0x01, [0x59, 0x75, 0x70]), "upper critical going high, asserted"),
            (event(0x08, 0x6f, [0x01, 0xff, 0xff]), "failure detected, asserted"),
            (
                event(0x0f, 0x6f, [0xc2, 0x13, 0xff]),
                "system firmware progress (starting operating system boot), asserted",
            ),
            (event(0x23, 0x6f, [0xc1, 0x04, 0xff]), "hard reset (SMS/OS timer), asserted"),
            (event(0x25, 0x08, [0x01, 0xff, 0xff]), "device present, asserted"),
            (event(0xc5, 0x71, [0x05, 0, 0]), "state 5, asserted"),
            (event(0x2a, 0x6f, [0xa2, 0x02, 0x01]), "invalid user name or password (user 2, channel 1), asserted"),
        ];
        for (event, expected) in cases {
            assert_eq!(event.to_string(), expected);
        }
    }

    #[test]
    fn trigger_values_are_given_where_the_event_says_that_they_are_there() {
        let both = event(0x01, 0x01, [0x59, 0x75, 0x70]);
        assert_eq!((both.trigger_reading(), both.trigger_threshold()), (Some(0x75), Some(0x70)));
        let none = event(0x01, 0x01, [0x09, 0xff, 0xff]);
        assert_eq!((none.trigger_reading(), none.trigger_threshold()), (None, None));
    }

    #[test]
    fn what_has_failed_or_lost_its_redundancy_is_a_problem_and_what_is_absent_is_none() {
        use Severity::{Critical, Fatal, Ok, Warning};
        let cases = [
            (0x08, 0x6f, 0, Some(Ok)),       // power supply present
            (0x08, 0x6f, 1, Some(Critical)), // failed
            (0x08, 0x6f, 2, Some(Warning)),  // about to
            (0x08, 0x6f, 3, Some(Critical)), // without input
            (0x09, 0x0b, 0, Some(Ok)),       // fully redundant
            (0x09, 0x0b, 1, Some(Critical)), // redundancy lost
            (0x04, 0x0b, 2, Some(Warning)),  // degraded
            (0x04, 0x0b, 5, Some(Critical)), // insufficient
            (0x0c, 0x6f, 1, Some(Critical)), // uncorrectable ECC
            (0x0d, 0x6f, 1, Some(Critical)), // drive fault
            (0x25, 0x6f, 1, Some(Ok)),       // absent
            (0x08, 0x08, 0, Some(Ok)),       // absent
            (0x29, 0x6f, 1, Some(Critical)), // battery failed
            (0x01, 0x01, 9, Some(Critical)), // upper critical going high
            (0x01, 0x01, 11, Some(Fatal)),
            (0x01, 0x07, 1, Some(Warning)),
            (0x01, 0x07, 6, Some(Fatal)),
            (0x07, 0x03, 1, None), // "state asserted" may be good or bad
            (0x23, 0x6f, 4, None), // not defined
            (0xc1, 0x71, 0, None), // a vendor's
        ];
        for (sensor_type, event_type, offset, expected) in cases {
            let found = severity(SensorType(sensor_type), EventType(event_type), offset);
            assert_eq!(found, expected, "{sensor_type:#04x} {event_type:#04x} {offset}");
        }
        let gone = Event { asserted: false, ..event(0x08, 0x6f, [1, 0xff, 0xff]) };
        assert_eq!(gone.severity(), Some(Ok));
    }

    #[test]
    fn the_sensor_type_table_is_aligned() {
        for (number, name) in [
            (0x07, "Processor"),
            (0x0c, "Memory"),
            (0x14, "Button"),
            (0x23, "Watchdog 2"),
            (0x2c, "FRU State"),
            (0xc1, "OEM"),
        ] {
            assert_eq!(SensorType(number).name(), name);
        }
    }

    proptest::proptest! {
        #[test]
        fn any_event_is_some_words(sensor_type: u8, event_type: u8, data: [u8; 3]) {
            let event = event(sensor_type, event_type, data);
            let _ = (event.to_string(), event.trigger_reading(), event.trigger_threshold());
        }
    }
}
