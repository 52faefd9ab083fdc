//! Sensors as commands (IPMI 2.0, chapter 35): readings, thresholds, hysteresis, event enables and status, factors. What
//! a reading means is `record::sensor`'s.

use super::{Command, Effect, NetFn, command};
use crate::packet::{Malformed, Reader};
use crate::record::reading::{Factors, Format, Linearization};
use crate::record::sensor::{Sensor, SensorReading, Threshold};

/// A sensor at its owner: number and logical unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SensorAddress {
    /// The sensor's number.
    pub number: u8,
    /// The logical unit of its owner.
    pub lun: u8,
}

impl From<&Sensor> for SensorAddress {
    fn from(sensor: &Sensor) -> Self {
        Self { number: sensor.number, lun: sensor.owner.lun }
    }
}

/// Writes a command to a sensor: as `command!`, but sent to the sensor's logical unit.
macro_rules! sensor_command {
    (
        $type:ty, $name:literal, $code:literal, $effect:ident -> $response:ty,
        |$this:ident, $out:ident| $encode:expr, |$reader:ident| $decode:expr
    ) => {
        impl Command for $type {
            type Response = $response;
            const NAME: &'static str = $name;

            fn code(&self) -> (NetFn, u8) {
                (NetFn::SENSOR_EVENT, $code)
            }

            fn effect(&self) -> Effect {
                Effect::$effect
            }

            fn lun(&self) -> u8 {
                self.sensor.lun
            }

            fn encode(&self, $out: &mut Vec<u8>) {
                let $this = self;
                $out.push(self.sensor.number);
                $encode
            }

            fn decode(&self, data: &[u8]) -> Result<Self::Response, Malformed> {
                let $this = self;
                let mut $reader = Reader::new(data, $name);
                let _ = ($this, &mut $reader);
                Ok($decode)
            }
        }
    };
}

/// Asks for a sensor's reading and states.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GetSensorReading {
    /// Which sensor.
    pub sensor: SensorAddress,
}

sensor_command!(GetSensorReading, "Get Sensor Reading", 0x2d, Reads -> SensorReading, |_t, _out| (), |reader| {
    let [raw, flags] = reader.array()?;
    let first = reader.u8().ok();
    let second = reader.u8().unwrap_or(0);
    SensorReading {
        raw,
        events_enabled: flags & 0x80 != 0,
        scanning_enabled: flags & 0x40 != 0,
        unavailable: flags & 0x20 != 0,
        // The top bit is reserved and always set.
        states: u16::from_le_bytes([first.unwrap_or(0), second & 0x7f]),
        has_states: first.is_some(),
    }
});

/// Raw thresholds of a sensor; those that it hasn't are `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Thresholds {
    raw: [Option<u8>; 6],
}

impl Thresholds {
    /// Returns the raw value of a threshold.
    #[must_use]
    pub fn get(&self, threshold: Threshold) -> Option<u8> {
        Threshold::ALL.into_iter().zip(self.raw).find(|(which, _)| *which == threshold).and_then(|(_, raw)| raw)
    }

    /// Returns the same thresholds with one of them set.
    #[must_use]
    pub fn with(mut self, threshold: Threshold, raw: u8) -> Self {
        for (which, slot) in Threshold::ALL.into_iter().zip(&mut self.raw) {
            if which == threshold {
                *slot = Some(raw);
            }
        }
        self
    }

    fn mask(&self) -> u8 {
        Threshold::ALL
            .into_iter()
            .zip(self.raw)
            .filter(|(_, raw)| raw.is_some())
            .fold(0, |mask, (threshold, _)| mask | threshold.bit())
    }
}

/// Asks for a sensor's thresholds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GetSensorThresholds {
    /// Which sensor.
    pub sensor: SensorAddress,
}

sensor_command!(GetSensorThresholds, "Get Sensor Thresholds", 0x27, Reads -> Thresholds, |_t, _out| (), |reader| {
    let mask = reader.u8()?;
    let mut thresholds = Thresholds::default();
    for threshold in Threshold::ALL {
        // Some BMCs leave out what the mask doesn't say.
        match reader.u8() {
            Ok(raw) if mask & threshold.bit() != 0 => thresholds = thresholds.with(threshold, raw),
            Ok(_) => {}
            Err(error) if mask & threshold.bit() != 0 => return Err(error),
            Err(_) => {}
        }
    }
    thresholds
});

/// Sets those thresholds of a sensor that are given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SetSensorThresholds {
    /// Which sensor.
    pub sensor: SensorAddress,
    /// The new raw values.
    pub thresholds: Thresholds,
}

sensor_command!(SetSensorThresholds, "Set Sensor Thresholds", 0x26, Changes -> (),
    |this, out| {
        out.push(this.thresholds.mask());
        out.extend(this.thresholds.raw.map(Option::unwrap_or_default));
    },
    |_reader| ());

/// Asks for a sensor's hysteresis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GetSensorHysteresis {
    /// Which sensor.
    pub sensor: SensorAddress,
}

/// Raw counts by which a reading has to come back before a threshold event goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Hysteresis {
    /// For readings that go up.
    pub positive: u8,
    /// For readings that go down.
    pub negative: u8,
}

sensor_command!(GetSensorHysteresis, "Get Sensor Hysteresis", 0x25, Reads -> Hysteresis, |_t, out| out.push(0xff),
    |reader| Hysteresis { positive: reader.u8()?, negative: reader.u8()? });

/// Sets a sensor's hysteresis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SetSensorHysteresis {
    /// Which sensor.
    pub sensor: SensorAddress,
    /// The new counts.
    pub hysteresis: Hysteresis,
}

sensor_command!(SetSensorHysteresis, "Set Sensor Hysteresis", 0x24, Changes -> (),
    |this, out| out.extend([0xff, this.hysteresis.positive, this.hysteresis.negative]), |_reader| ());

/// Which events of a sensor are enabled, or have occurred.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SensorEvents {
    /// Whether all event messages are enabled.
    pub messages_enabled: bool,
    /// Whether the sensor is scanned.
    pub scanning_enabled: bool,
    /// Whether the status means nothing now. Only for Get Sensor Event Status.
    pub unavailable: bool,
    /// Assertion events, bit by bit.
    pub assertion: u16,
    /// Deassertion events, bit by bit.
    pub deassertion: u16,
}

fn events(reader: &mut Reader<'_>) -> Result<SensorEvents, Malformed> {
    let flags = reader.u8()?;
    // Trailing bytes that are all zero may be left out.
    let mut next = || reader.u8().unwrap_or(0);
    let (a, b, c, d) = (next(), next(), next(), next());
    Ok(SensorEvents {
        messages_enabled: flags & 0x80 != 0,
        scanning_enabled: flags & 0x40 != 0,
        unavailable: flags & 0x20 != 0,
        assertion: u16::from_le_bytes([a, b]) & 0x7fff,
        deassertion: u16::from_le_bytes([c, d]) & 0x7fff,
    })
}

/// Asks which events of a sensor are enabled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GetSensorEventEnable {
    /// Which sensor.
    pub sensor: SensorAddress,
}

/// Asks which events of a sensor have occurred.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GetSensorEventStatus {
    /// Which sensor.
    pub sensor: SensorAddress,
}

sensor_command!(GetSensorEventEnable, "Get Sensor Event Enable", 0x29, Reads -> SensorEvents, |_t, _out| (),
    |reader| events(&mut reader)?);
sensor_command!(GetSensorEventStatus, "Get Sensor Event Status", 0x2b, Reads -> SensorEvents, |_t, _out| (),
    |reader| events(&mut reader)?);

/// Enables event messages and scanning of a sensor, and chosen events of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SetSensorEventEnable {
    /// Which sensor.
    pub sensor: SensorAddress,
    /// Whether the chosen events are to be enabled (`Some(true)`), disabled (`Some(false)`), or left (`None`).
    pub change: Option<bool>,
    /// The switches and the chosen events.
    pub events: SensorEvents,
}

sensor_command!(SetSensorEventEnable, "Set Sensor Event Enable", 0x28, Changes -> (),
    |this, out| {
        let change = match this.change {
            None => 0,
            Some(true) => 0x10,
            Some(false) => 0x20,
        };
        let events = this.events;
        out.push(u8::from(events.messages_enabled) << 7 | u8::from(events.scanning_enabled) << 6 | change);
        out.extend(events.assertion.to_le_bytes());
        out.extend(events.deassertion.to_le_bytes());
    },
    |_reader| ());

/// Has a sensor send its events again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RearmSensorEvents {
    /// Which sensor.
    pub sensor: SensorAddress,
}

sensor_command!(RearmSensorEvents, "Re-arm Sensor Events", 0x2a, Changes -> (), |_t, out| out.push(0), |_reader| ());

/// Asks for the factors that hold at a raw reading of a non-linear sensor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GetSensorReadingFactors {
    /// Which sensor.
    pub sensor: SensorAddress,
    /// The raw reading.
    pub raw: u8,
    /// How raw readings of this sensor stand for numbers.
    pub format: Format,
}

sensor_command!(GetSensorReadingFactors, "Get Sensor Reading Factors", 0x23, Reads -> Factors,
|this, out| out.push(this.raw),
|reader| {
    reader.u8()?; // the next reading for which there are factors
    Factors::new(this.format, Linearization::Linear, reader.array()?)
});

/// Asks for a sensor's type, for sensors without a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GetSensorType {
    /// Which sensor.
    pub sensor: SensorAddress,
}

sensor_command!(GetSensorType, "Get Sensor Type", 0x2f, Reads -> (u8, u8), |_t, _out| (),
    |reader| (reader.u8()?, reader.u8()? & 0x7f));

/// Asks where a controller sends its events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GetEventReceiver;

/// Where events go: a slave address and a logical unit. FFh is nowhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventReceiver {
    /// The slave address.
    pub address: u8,
    /// The logical unit.
    pub lun: u8,
}

command!(GetEventReceiver, "Get Event Receiver", SENSOR_EVENT 0x01, Reads -> EventReceiver, |_t, _out| (),
    |reader| EventReceiver { address: reader.u8()?, lun: reader.u8()? & 3 });

#[cfg(test)]
mod tests {
    use super::*;

    const SENSOR: SensorAddress = SensorAddress { number: 4, lun: 1 };

    fn sent(command: &impl Command) -> Vec<u8> {
        let mut data = Vec::new();
        command.encode(&mut data);
        data
    }

    #[test]
    fn a_reading_without_states_says_so() {
        let reading = GetSensorReading { sensor: SENSOR }.decode(&[0x24, 0xc0]).unwrap();
        assert!(reading.is_available() && !reading.has_states && reading.threshold_status().is_none());
        let reading = GetSensorReading { sensor: SENSOR }.decode(&[0x24, 0xe0, 0xc0, 0x80]).unwrap();
        assert!(!reading.is_available());
        assert_eq!(reading.states, 0xc0);
        assert_eq!(GetSensorReading { sensor: SENSOR }.lun(), 1);
    }

    #[test]
    fn thresholds_are_those_of_the_mask() {
        let command = GetSensorThresholds { sensor: SENSOR };
        let thresholds = command.decode(&[0x18, 1, 2, 3, 4, 5, 6]).unwrap();
        assert_eq!(thresholds.get(Threshold::UpperNonCritical), Some(4));
        assert_eq!(thresholds.get(Threshold::UpperCritical), Some(5));
        assert_eq!(thresholds.get(Threshold::LowerCritical), None);
        assert!(command.decode(&[0x20, 1]).is_err());
        let set = SetSensorThresholds { sensor: SENSOR, thresholds };
        assert_eq!(sent(&set), [4, 0x18, 0, 0, 0, 4, 5, 0]);
    }

    #[test]
    fn event_masks_may_be_cut_short() {
        let events = GetSensorEventStatus { sensor: SENSOR }.decode(&[0xc0, 0x01]).unwrap();
        assert_eq!((events.assertion, events.deassertion), (1, 0));
    }
}
