//! Sensors as SDRs describe them (IPMI 2.0, sections 43.1 to 43.3): full, compact and event-only records in one form,
//! and what a reading means by them.

use super::entity::Entity;
use super::event::{EventType, SensorType, severity, state};
use super::reading::{Factors, Format, Linearization};
use super::severity::Severity;
use super::text::{Encoding, sdr_string};
use super::unit::Unit;
use crate::packet::{Malformed, Reader};

/// Who owns a sensor: where it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct SensorOwner {
    /// A slave address (even), or a system software ID (odd).
    pub id: u8,
    /// The logical unit.
    pub lun: u8,
    /// The channel on which the owner is.
    pub channel: u8,
}

impl SensorOwner {
    /// Returns the owner's slave address; `None` when it is software.
    #[must_use]
    pub const fn slave_address(self) -> Option<u8> {
        if self.id & 1 == 0 { Some(self.id) } else { None }
    }
}

/// A sensor.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Sensor {
    /// Who owns it.
    pub owner: SensorOwner,
    /// Its number.
    pub number: u8,
    /// The thing that it belongs to.
    pub entity: Entity,
    /// What it senses.
    pub sensor_type: SensorType,
    /// Which kind of states it has.
    pub event_type: EventType,
    /// Its name, the record's ID string.
    pub name: String,
    /// Which states and thresholds it has; none for event-only sensors.
    pub masks: Option<Masks>,
    /// The unit of its readings.
    pub unit: Unit,
    /// How its raw readings become values; only full records say.
    pub analog: Option<Analog>,
    /// Positive and negative hysteresis as raw counts.
    pub hysteresis: Option<(u8, u8)>,
    /// How a compact or event-only record stands for several sensors.
    pub sharing: Option<Sharing>,
}

/// Capabilities and masks of a sensor that can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Masks {
    /// Initialization bits.
    pub initialization: u8,
    /// Capability bits.
    pub capabilities: u8,
    /// Assertion events, or lower threshold readings.
    pub assertion: u16,
    /// Deassertion events, or upper threshold readings.
    pub deassertion: u16,
    /// Discrete readings, or settable (high byte) and readable (low byte) thresholds.
    pub reading: u16,
}

/// The thresholds of a sensor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Threshold {
    /// Lower non-critical.
    LowerNonCritical = 0,
    /// Lower critical.
    LowerCritical = 1,
    /// Lower non-recoverable.
    LowerNonRecoverable = 2,
    /// Upper non-critical.
    UpperNonCritical = 3,
    /// Upper critical.
    UpperCritical = 4,
    /// Upper non-recoverable.
    UpperNonRecoverable = 5,
}

impl Threshold {
    /// All of them, in the order of the bits and bytes that stand for them.
    pub const ALL: [Self; 6] = [
        Self::LowerNonCritical,
        Self::LowerCritical,
        Self::LowerNonRecoverable,
        Self::UpperNonCritical,
        Self::UpperCritical,
        Self::UpperNonRecoverable,
    ];

    /// Returns its bit in masks.
    #[must_use]
    pub const fn bit(self) -> u8 {
        1 << self as u8
    }
}

impl Masks {
    /// Returns whether a threshold can be read.
    #[must_use]
    pub const fn is_readable(&self, threshold: Threshold) -> bool {
        self.reading & threshold.bit() as u16 != 0
    }

    /// Returns whether a threshold can be set.
    #[must_use]
    pub const fn is_settable(&self, threshold: Threshold) -> bool {
        self.reading >> 8 & threshold.bit() as u16 != 0
    }
}

/// The analog side of a full record.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Analog {
    /// The formula.
    pub factors: Factors,
    /// Nominal reading, where given, raw.
    pub nominal: Option<u8>,
    /// Normal maximum, where given, raw.
    pub normal_maximum: Option<u8>,
    /// Normal minimum, where given, raw.
    pub normal_minimum: Option<u8>,
    /// The highest reading, raw.
    pub maximum: u8,
    /// The lowest reading, raw.
    pub minimum: u8,
    /// The initial thresholds in the order of [`Threshold::ALL`], raw.
    pub thresholds: [u8; 6],
}

/// How one record stands for several sensors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Sharing {
    /// How many sensors.
    pub count: u8,
    /// Whether their names are told apart by letters instead of numbers.
    pub letters: bool,
    /// The first number or letter.
    pub first: u8,
    /// Whether the entity's instance goes up with the sensor.
    pub entity_increments: bool,
}

impl Sensor {
    /// Returns whether it has an analog reading. Sensors with discrete states may have one besides, as HP's power
    /// supplies do; as many that have none say nothing of its format, a unit and a factor tell them apart.
    #[must_use]
    pub fn is_analog(&self) -> bool {
        let has_unit = self.unit.percentage || self.unit.base != 0;
        self.analog.is_some_and(|analog| {
            let factors = analog.factors;
            factors.format != Format::NotAnalog && (self.event_type.is_threshold() || has_unit && factors.m != 0)
        })
    }

    /// Returns the value of a raw reading or threshold.
    #[must_use]
    pub fn value(&self, raw: u8) -> Option<f64> {
        self.analog?.factors.value(raw)
    }

    /// Returns the states of a reading in words.
    #[must_use]
    pub fn states(&self, reading: &SensorReading) -> Vec<&'static str> {
        if self.event_type.is_threshold() {
            return reading.threshold_status().map_or_else(Vec::new, |status| vec![status.name()]);
        }
        (0..15)
            .filter(|offset| reading.states & 1 << offset != 0)
            .map(|offset| state(self.sensor_type, self.event_type, offset).unwrap_or("unknown state"))
            .collect()
    }

    /// Returns how bad its states are, the worst of them; `None` where there is no reading now, and where no table knows
    /// any of them.
    #[must_use]
    pub fn severity(&self, reading: &SensorReading) -> Option<Severity> {
        if self.event_type.is_threshold() {
            return reading.threshold_status().map(ThresholdStatus::severity);
        }
        if !reading.is_available() || !reading.has_states {
            return None;
        }
        let mut worst = None;
        for offset in (0..15).filter(|offset| reading.states & 1 << offset != 0) {
            worst = worst.max(severity(self.sensor_type, self.event_type, offset));
        }
        // Without any state, there is no fault either, of a sensor type whose faults are known.
        let has_no_state = reading.states & 0x7fff == 0 && self.event_type.is_sensor_specific();
        let is_known = || (0..15).any(|offset| severity(self.sensor_type, self.event_type, offset).is_some());
        worst.or_else(|| (has_no_state && is_known()).then_some(Severity::Ok))
    }

    /// Returns the sensors that the record stands for: itself, or as many as it is shared by.
    #[must_use]
    pub fn each(&self) -> Vec<Self> {
        let Some(sharing) = self.sharing.filter(|sharing| sharing.count > 1) else {
            return vec![self.clone()];
        };
        (0..sharing.count)
            .map(|index| {
                let mut sensor = self.clone();
                sensor.number = self.number.wrapping_add(index);
                let label = sharing.first.saturating_add(index);
                sensor.name.push_str(&if sharing.letters { letters(label) } else { label.to_string() });
                if sharing.entity_increments {
                    sensor.entity.instance = self.entity.instance.wrapping_add(index) & 0x7f;
                }
                sensor.sharing = None;
                sensor
            })
            .collect()
    }

    fn key(reader: &mut Reader<'_>) -> Result<(SensorOwner, u8, Entity), Malformed> {
        let [id, lun, number, entity, instance] = reader.array()?;
        let owner = SensorOwner { id, lun: lun & 3, channel: lun >> 4 };
        Ok((owner, number, Entity::new(entity, instance)))
    }

    fn masks(reader: &mut Reader<'_>) -> Result<(Masks, SensorType, EventType), Malformed> {
        let [initialization, capabilities, sensor_type, event_type] = reader.array()?;
        let masks = Masks {
            initialization,
            capabilities,
            assertion: reader.u16()?,
            deassertion: reader.u16()?,
            reading: reader.u16()?,
        };
        Ok((masks, SensorType(sensor_type), EventType(event_type & 0x7f)))
    }

    fn name(reader: &mut Reader<'_>) -> String {
        let Ok(type_length) = reader.u8() else {
            return String::new();
        };
        // The length may promise more than there is; what there is, is the name.
        let length = usize::from(type_length & 0x1f).min(reader.remaining());
        sdr_string(Encoding::of(type_length), reader.take(length).unwrap_or_default())
    }

    fn sharing(first: u8, second: u8) -> Sharing {
        Sharing {
            count: first & 0x0f,
            letters: first >> 4 & 3 == 1,
            first: second & 0x7f,
            entity_increments: second & 0x80 != 0,
        }
    }

    /// Reads the body of a full sensor record.
    pub(super) fn full(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let (owner, number, entity) = Self::key(reader)?;
        let (masks, sensor_type, event_type) = Self::masks(reader)?;
        let units: [u8; 3] = reader.array()?;
        let [units1, ..] = units;
        let linearization = Linearization::of(reader.u8()?);
        let factors = Factors::new(Format::of(units1), linearization, reader.array()?);
        let [flags, nominal, high, low, maximum, minimum] = reader.array()?;
        let [unr, uc, unc, lnr, lc, lnc] = reader.array()?;
        let [positive, negative, _, _, _oem] = reader.array()?;
        let given = |bit: u8, raw: u8| (flags & bit != 0).then_some(raw);
        Ok(Self {
            owner,
            number,
            entity,
            sensor_type,
            event_type,
            name: Self::name(reader),
            masks: Some(masks),
            unit: Unit::new(units),
            analog: Some(Analog {
                factors,
                nominal: given(1, nominal),
                normal_maximum: given(2, high),
                normal_minimum: given(4, low),
                maximum,
                minimum,
                thresholds: [lnc, lc, lnr, unc, uc, unr],
            }),
            hysteresis: Some((positive, negative)),
            sharing: None,
        })
    }

    /// Reads the body of a compact sensor record.
    pub(super) fn compact(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let (owner, number, entity) = Self::key(reader)?;
        let (masks, sensor_type, event_type) = Self::masks(reader)?;
        let unit = Unit::new(reader.array()?);
        let [share, offset, positive, negative, _, _, _, _oem] = reader.array()?;
        Ok(Self {
            owner,
            number,
            entity,
            sensor_type,
            event_type,
            name: Self::name(reader),
            masks: Some(masks),
            unit,
            analog: None,
            hysteresis: Some((positive, negative)),
            sharing: Some(Self::sharing(share, offset)),
        })
    }

    /// Reads the body of an event-only record.
    pub(super) fn event_only(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let (owner, number, entity) = Self::key(reader)?;
        let [sensor_type, event_type, share, offset, _, _oem] = reader.array()?;
        Ok(Self {
            owner,
            number,
            entity,
            sensor_type: SensorType(sensor_type),
            event_type: EventType(event_type & 0x7f),
            name: Self::name(reader),
            masks: None,
            unit: Unit::default(),
            analog: None,
            hysteresis: None,
            sharing: Some(Self::sharing(share, offset)),
        })
    }
}

/// A, B, ... Z, AA, AB, ...
fn letters(number: u8) -> String {
    let letter = |index: u8| char::from(b'A'.saturating_add(index % 26));
    match number / 26 {
        0 => letter(number).to_string(),
        more => [letter(more.saturating_sub(1)), letter(number)].iter().collect(),
    }
}

/// How a reading stands to its thresholds, the worst that holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ThresholdStatus {
    /// Within all of them.
    Ok,
    /// Beyond this one.
    Beyond(Threshold),
}

impl ThresholdStatus {
    /// Returns how bad it is.
    #[must_use]
    pub const fn severity(self) -> Severity {
        match self {
            Self::Ok => Severity::Ok,
            Self::Beyond(Threshold::LowerNonCritical | Threshold::UpperNonCritical) => Severity::Warning,
            Self::Beyond(Threshold::LowerCritical | Threshold::UpperCritical) => Severity::Critical,
            Self::Beyond(Threshold::LowerNonRecoverable | Threshold::UpperNonRecoverable) => Severity::Fatal,
        }
    }

    /// Returns the status in words.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Beyond(Threshold::LowerNonCritical) => "lower non-critical",
            Self::Beyond(Threshold::LowerCritical) => "lower critical",
            Self::Beyond(Threshold::LowerNonRecoverable) => "lower non-recoverable",
            Self::Beyond(Threshold::UpperNonCritical) => "upper non-critical",
            Self::Beyond(Threshold::UpperCritical) => "upper critical",
            Self::Beyond(Threshold::UpperNonRecoverable) => "upper non-recoverable",
        }
    }
}

/// What Get Sensor Reading answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct SensorReading {
    /// The raw reading.
    pub raw: u8,
    /// Whether all event messages are enabled.
    pub events_enabled: bool,
    /// Whether the sensor is scanned.
    pub scanning_enabled: bool,
    /// Whether neither reading nor states mean anything now.
    pub unavailable: bool,
    /// The states: thresholds that the reading is beyond (bits 0 to 5), or discrete states (bits 0 to 14).
    pub states: u16,
    /// Whether the BMC reported any states.
    pub has_states: bool,
}

impl SensorReading {
    /// Returns whether the reading means anything.
    #[must_use]
    pub const fn is_available(&self) -> bool {
        !self.unavailable && self.scanning_enabled
    }

    /// Returns the worst threshold that the reading is beyond, where states were reported.
    #[must_use]
    pub fn threshold_status(&self) -> Option<ThresholdStatus> {
        use Threshold as T;
        const WORST_FIRST: [Threshold; 6] = [
            T::LowerNonRecoverable,
            T::UpperNonRecoverable,
            T::LowerCritical,
            T::UpperCritical,
            T::LowerNonCritical,
            T::UpperNonCritical,
        ];
        if !self.has_states || !self.is_available() {
            return None;
        }
        let beyond = WORST_FIRST.into_iter().find(|threshold| self.states & u16::from(threshold.bit()) != 0);
        Some(beyond.map_or(ThresholdStatus::Ok, ThresholdStatus::Beyond))
    }
}

#[cfg(test)]
mod tests;
