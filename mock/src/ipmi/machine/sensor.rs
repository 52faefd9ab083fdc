//! Sensors as the machine has them: the conversion from raw bytes, thresholds, hysteresis, states, event enables.
//! How a sensor is written as an SDR is in `sdr`.

use super::text::Encoding;

/// How the raw byte of an analog sensor is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// 0 to 255.
    Unsigned,
    /// One's complement.
    Ones,
    /// Two's complement.
    Twos,
}

/// From a raw byte to a value: `y = L[(M x + B 10^K1) 10^K2]` (IPMI 2.0 section 36.3).
#[derive(Clone, Copy, Debug)]
pub struct Conversion {
    /// How the raw byte is signed.
    pub sign: Sign,
    /// The linearisation code: 0 linear, 7 1/x, 8 square, 10 square root, 70h non-linear.
    pub linearization: u8,
    /// The multiplier M, ten bits.
    pub m: i16,
    /// The offset B, ten bits.
    pub b: i16,
    /// K1, the exponent of B, four bits.
    pub b_exponent: i8,
    /// K2, the exponent of the result, four bits.
    pub r_exponent: i8,
    /// The unit's code (section 43.17): 1 degrees C, 4 volts, 6 watts, 18 RPM.
    pub unit: u8,
    /// A percentage.
    pub percent: bool,
    /// Plus or minus half this many raw counts.
    pub tolerance: u8,
}

impl Conversion {
    /// Creates a linear conversion of an unsigned byte, `value = m * raw * 10^exponent`.
    #[must_use]
    pub fn linear(unit: u8, m: i16, r_exponent: i8) -> Self {
        Self {
            sign: Sign::Unsigned,
            linearization: 0,
            m,
            b: 0,
            b_exponent: 0,
            r_exponent,
            unit,
            percent: false,
            tolerance: 0,
        }
    }

    /// Returns the raw byte as a number.
    #[must_use]
    pub fn signed(&self, raw: u8) -> i16 {
        let value = i16::from(raw);
        match self.sign {
            Sign::Unsigned => value,
            Sign::Twos if raw >= 0x80 => value - 256,
            Sign::Ones if raw >= 0x80 => value - 255,
            Sign::Ones | Sign::Twos => value,
        }
    }

    /// Returns M and B for this raw byte. For a non-linear sensor they differ in the upper half of its range.
    pub(crate) fn factors(&self, raw: u8) -> (i16, i16) {
        if self.linearization == 0x70 && raw >= 0x80 {
            // Twice as steep from the middle on, and continuous there: 2m * 128 + b' = m * 128 + b.
            (self.m * 2, self.b - self.m * 128)
        } else {
            (self.m, self.b)
        }
    }

    /// Returns the value behind a raw byte.
    #[must_use]
    pub fn value(&self, raw: u8) -> f64 {
        let (m, b) = self.factors(raw);
        let offset = f64::from(b) * 10_f64.powi(i32::from(self.b_exponent));
        let linear = (f64::from(m) * f64::from(self.signed(raw)) + offset) * 10_f64.powi(i32::from(self.r_exponent));
        match self.linearization & 0x7F {
            1 => linear.ln(),
            2 => linear.log10(),
            3 => linear.log2(),
            4 => linear.exp(),
            5 => 10_f64.powf(linear),
            6 => linear.exp2(),
            7 => 1.0 / linear,
            8 => linear.powi(2),
            9 => linear.powi(3),
            10 => linear.sqrt(),
            11 => linear.cbrt(),
            _ => linear,
        }
    }

    /// Returns the raw byte whose value is nearest.
    #[must_use]
    pub fn raw(&self, value: f64) -> u8 {
        let distance = |raw: &u8| {
            let off = (self.value(*raw) - value).abs();
            if off.is_nan() { f64::INFINITY } else { off }
        };
        (0..=u8::MAX).min_by(|a, b| distance(a).total_cmp(&distance(b))).unwrap_or(0)
    }
}

/// Which record describes the sensor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// A full sensor record (type 01h).
    Full,
    /// A compact one (02h), for this many sensors of following numbers.
    Compact {
        /// How many sensors share the record.
        shared: u8,
    },
    /// An event-only record (03h): no reading.
    EventOnly,
}

/// A sensor's owner and number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SensorKey {
    /// The controller's slave address: 20h is the BMC.
    pub owner: u8,
    /// The sensor's number there.
    pub number: u8,
}

/// A sensor.
#[derive(Clone, Debug)]
pub struct Sensor {
    /// Owner and number.
    pub key: SensorKey,
    /// The ID string.
    pub name: String,
    /// How the ID string is stored.
    pub encoding: Encoding,
    /// The sensor type (table 42-3): 1 temperature, 2 voltage, 4 fan, 7 processor.
    pub kind: u8,
    /// The event/reading type: 1 threshold, 2-0Ch generic, 6Fh by sensor type.
    pub reading_type: u8,
    /// Entity id and instance.
    pub entity: (u8, u8),
    /// Which record describes it.
    pub shape: Shape,
    /// How raw bytes become values; `None` for discrete sensors.
    pub conversion: Option<Conversion>,
    /// The raw reading.
    pub raw: u8,
    /// The states of a discrete sensor, bit by offset.
    pub states: u16,
    /// The states it knows.
    pub supported: u16,
    /// No reading available now.
    pub unavailable: bool,
    /// Works only while the host is on.
    pub needs_power: bool,
    /// Raw thresholds: lower non-critical, critical, non-recoverable; upper the same.
    pub thresholds: [Option<u8>; 6],
    /// Positive and negative hysteresis, raw.
    pub hysteresis: (u8, u8),
    /// Enabled events: asserted, deasserted.
    pub(crate) enabled: (u16, u16),
    /// Events and scanning as bits 7 and 6.
    pub(crate) scanning: u8,
}

impl Sensor {
    /// Creates a threshold sensor with a full record.
    #[must_use]
    pub fn analog(number: u8, name: &str, kind: u8, entity: (u8, u8), conversion: Conversion, value: f64) -> Self {
        Self {
            key: SensorKey { owner: 0x20, number },
            name: name.to_owned(),
            encoding: Encoding::Ascii,
            kind,
            reading_type: 1,
            entity,
            shape: Shape::Full,
            conversion: Some(conversion),
            raw: conversion.raw(value),
            states: 0,
            supported: 0,
            unavailable: false,
            needs_power: false,
            thresholds: [None; 6],
            hysteresis: (2, 2),
            enabled: (0, 0),
            scanning: 0xC0,
        }
    }

    /// Creates a discrete sensor with a compact record.
    #[must_use]
    pub fn discrete(number: u8, name: &str, kind: u8, reading_type: u8, entity: (u8, u8), states: u16) -> Self {
        let supported = 0x00FF | states;
        Self {
            reading_type,
            shape: Shape::Compact { shared: 1 },
            conversion: None,
            raw: 0,
            states,
            supported,
            hysteresis: (0, 0),
            enabled: (supported, supported),
            ..Self::analog(number, name, kind, entity, Conversion::linear(0, 1, 0), 0.0)
        }
    }

    /// Sets a discrete sensor whose record has an analog format, and whose reading is a number beside its states:
    /// HPE's power supplies and fans are such. Its record becomes a full one.
    ///
    /// ```
    /// use rosefish_mock::ipmi::machine::sensor::{Conversion, Sensor};
    /// use rosefish_mock::ipmi::{Machine, MockIpmi};
    ///
    /// # fn main() -> std::io::Result<()> {
    /// let bmc = MockIpmi::builder().start_blocking()?;
    /// let watts = Conversion::linear(6, 4, 0);
    /// // Type 8 is a power supply, 6Fh has its own states; state 0 is "present".
    /// let supply = Sensor::discrete(0x80, "Power Supply 3", 8, 0x6F, (10, 3), 1).with_analog(watts, 120.0);
    /// let mut machine = bmc.machine().lock();
    /// machine.sdr.push_sensor(&supply);
    /// machine.sensors.push(supply);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn with_analog(mut self, conversion: Conversion, value: f64) -> Self {
        self.shape = Shape::Full;
        self.conversion = Some(conversion);
        self.raw = conversion.raw(value);
        self
    }

    /// Returns whether the reading is compared with thresholds; otherwise the sensor has states.
    pub(crate) fn is_threshold(&self) -> bool {
        self.reading_type == 1
    }

    /// Sets the thresholds as values: lower non-critical, critical, non-recoverable, then the upper ones in the same order.
    #[must_use]
    pub fn with_thresholds(mut self, values: [Option<f64>; 6]) -> Self {
        if let Some(conversion) = self.conversion {
            self.thresholds = values.map(|value| value.map(|value| conversion.raw(value)));
            let enabled = self.threshold_events();
            self.enabled = (enabled, enabled);
        }
        self
    }

    /// Returns the value, of an analog sensor.
    #[must_use]
    pub fn value(&self) -> Option<f64> {
        self.conversion.map(|conversion| conversion.value(self.raw))
    }

    /// Returns which thresholds exist, in the format of Get Sensor Thresholds.
    pub(crate) fn threshold_mask(&self) -> u8 {
        self.thresholds.iter().rev().fold(0, |mask, threshold| mask << 1 | u8::from(threshold.is_some()))
    }

    /// Returns the events that the thresholds can send: lower ones going low, upper ones going high.
    pub(crate) fn threshold_events(&self) -> u16 {
        (0..6_u16).fold(0, |mask, index| {
            let has = self.threshold_mask() >> index & 1 != 0;
            let offset = index * 2 + u16::from(index >= 3);
            if has { mask | 1 << offset } else { mask }
        })
    }

    /// Returns the comparison byte of Get Sensor Reading: which thresholds the reading has reached.
    pub(crate) fn comparison(&self) -> u8 {
        let Some(conversion) = self.conversion.filter(|_| self.is_threshold()) else {
            return 0;
        };
        let reading = conversion.signed(self.raw);
        (0_u8..).zip(self.thresholds).fold(0, |bits, (index, threshold)| {
            let beyond = threshold.is_some_and(|threshold| {
                let threshold = conversion.signed(threshold);
                if index < 3 { reading <= threshold } else { reading >= threshold }
            });
            bits | u8::from(beyond) << index
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_and_raw_bytes_go_both_ways() {
        let signed = Conversion { sign: Sign::Twos, ..Conversion::linear(1, 1, 0) };
        assert_eq!(signed.value(signed.raw(-10.0)), -10.0);
        assert_eq!(signed.raw(-10.0), 0xF6);
        let ones = Conversion { sign: Sign::Ones, ..Conversion::linear(1, 1, 0) };
        assert_eq!(ones.raw(-10.0), 0xF5);
        let root = Conversion { linearization: 10, ..Conversion::linear(0, 40, 0) };
        assert_eq!(root.value(root.raw(80.0)), 80.0);
        let bent = Conversion { linearization: 0x70, b: 10, ..Conversion::linear(1, 1, 0) };
        assert_eq!(bent.value(127), 137.0);
        assert_eq!(bent.value(128), 138.0);
        assert_eq!(bent.value(129), 140.0);
    }

    #[test]
    fn a_reading_at_its_limit_is_beyond_it() {
        let volts = Conversion::linear(4, 10, -2);
        let limits = [Some(3.0), Some(2.0), None, Some(8.0), Some(9.0), None];
        let mut sensor = Sensor::analog(1, "V", 2, (7, 1), volts, 5.0).with_thresholds(limits);
        assert_eq!(sensor.comparison(), 0);
        assert_eq!(sensor.threshold_mask(), 0b01_1011);
        sensor.raw = volts.raw(9.0);
        assert_eq!(sensor.comparison(), 0b01_1000);
        sensor.raw = volts.raw(2.5);
        assert_eq!(sensor.comparison(), 0b00_0001);
        // Lower non-critical going low (0), lower critical (2), upper non-critical going high (7), upper critical (9).
        assert_eq!(sensor.threshold_events(), 1 | 1 << 2 | 1 << 7 | 1 << 9);
    }
}
