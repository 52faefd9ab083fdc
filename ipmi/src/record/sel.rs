//! Entries of the system event log (IPMI 2.0, chapter 32): system events, and the two kinds that vendors define.

use std::fmt;
use std::time::{Duration, SystemTime};

use super::event::{Event, EventType, SensorType};
use crate::packet::{Malformed, Reader};

/// Length of an entry.
pub const ENTRY_LENGTH: usize = 16;

/// A time as a BMC keeps it: seconds since 1970, by its own clock, which for many is local time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Timestamp(pub u32);

impl Timestamp {
    /// What stands for an unknown time.
    pub const UNSPECIFIED: Self = Self(u32::MAX);
    const LAST_RELATIVE: u32 = 0x2000_0000;

    /// Returns the time since the BMC's start, for entries made before its clock was set.
    #[must_use]
    pub const fn since_start(self) -> Option<Duration> {
        if self.0 <= Self::LAST_RELATIVE { Some(Duration::from_secs(self.0 as u64)) } else { None }
    }

    /// Returns the time by the BMC's clock; `None` when it is relative or unspecified.
    #[must_use]
    pub fn time(self) -> Option<SystemTime> {
        let absolute = self.since_start().is_none() && self != Self::UNSPECIFIED;
        absolute.then(|| SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(self.0.into())))?
    }
}

/// Who generated an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Generator {
    /// A slave address (even), or a system software ID (odd).
    pub id: u8,
    /// The logical unit.
    pub lun: u8,
    /// The channel over which it came.
    pub channel: u8,
}

impl Generator {
    /// Returns who a system software ID stands for.
    #[must_use]
    pub const fn software(self) -> Option<&'static str> {
        if self.id & 1 == 0 {
            return None;
        }
        Some(match self.id >> 1 {
            0x00..=0x0f => "BIOS",
            0x10..=0x1f => "SMI handler",
            0x20..=0x2f => "system management software",
            0x30..=0x3f => "OEM software",
            0x40..=0x46 => "remote console software",
            0x47 => "terminal mode console software",
            _ => "reserved software",
        })
    }
}

/// An entry of the system event log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its ID.
    pub id: u16,
    /// Its type: 02h, or C0h to FFh for those that vendors define.
    pub record_type: u8,
    /// What it says.
    pub body: EntryBody,
}

/// What an entry says.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EntryBody {
    /// 02h: an event of a sensor.
    Event {
        /// When.
        time: Timestamp,
        /// From whom.
        generator: Generator,
        /// Which sensor.
        sensor: u8,
        /// The event message's revision: 04h, or 03h for IPMI 1.0.
        revision: u8,
        /// What happened.
        event: Event,
    },
    /// C0h to DFh: a vendor's entry with a time.
    OemTimestamped {
        /// When.
        time: Timestamp,
        /// The vendor's enterprise number.
        manufacturer: u32,
        /// Its data.
        data: [u8; 6],
    },
    /// E0h to FFh: a vendor's entry without a time.
    Oem {
        /// Its data.
        data: [u8; 13],
    },
    /// A type that isn't known.
    Unknown {
        /// Everything behind the type.
        data: [u8; 13],
    },
}

impl Entry {
    /// Reads the 16 bytes of an entry.
    ///
    /// # Errors
    /// When there are fewer.
    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(bytes, "event log entry");
        let (id, record_type) = (reader.u16()?, reader.u8()?);
        let data: [u8; 13] = reader.array()?;
        let mut body = Reader::new(&data, "event log entry");
        let body = match record_type {
            0x02 => Self::event(&mut body)?,
            0xc0..=0xdf => EntryBody::OemTimestamped {
                time: Timestamp(body.u32()?),
                manufacturer: body.u24()?,
                data: body.array()?,
            },
            0xe0..=0xff => EntryBody::Oem { data },
            _ => EntryBody::Unknown { data },
        };
        Ok(Self { id, record_type, body })
    }

    fn event(reader: &mut Reader<'_>) -> Result<EntryBody, Malformed> {
        let time = Timestamp(reader.u32()?);
        let [id, channel_lun, revision, sensor_type, sensor, direction_type] = reader.array()?;
        Ok(EntryBody::Event {
            time,
            generator: Generator { id, lun: channel_lun & 3, channel: channel_lun >> 4 },
            sensor,
            revision,
            event: Event {
                sensor_type: SensorType(sensor_type),
                event_type: EventType(direction_type & 0x7f),
                asserted: direction_type & 0x80 == 0,
                data: reader.array()?,
            },
        })
    }

    /// Returns the 16 bytes of the entry.
    #[must_use]
    pub fn encode(&self) -> [u8; ENTRY_LENGTH] {
        let mut out = self.id.to_le_bytes().to_vec();
        out.push(self.record_type);
        match &self.body {
            EntryBody::Event { time, generator, sensor, revision, event } => {
                out.extend(time.0.to_le_bytes());
                out.extend([generator.id, generator.channel << 4 | generator.lun & 3, *revision]);
                let direction = u8::from(!event.asserted) << 7;
                out.extend([event.sensor_type.0, *sensor, direction | event.event_type.0 & 0x7f]);
                out.extend(event.data);
            }
            EntryBody::OemTimestamped { time, manufacturer, data } => {
                out.extend(time.0.to_le_bytes());
                out.extend(manufacturer.to_le_bytes().iter().take(3));
                out.extend(data);
            }
            EntryBody::Oem { data } | EntryBody::Unknown { data } => out.extend(data),
        }
        let mut bytes = [0; ENTRY_LENGTH];
        for (to, from) in bytes.iter_mut().zip(out) {
            *to = from;
        }
        bytes
    }

    /// Returns when it was made, for the types that have a time.
    #[must_use]
    pub const fn timestamp(&self) -> Option<Timestamp> {
        match self.body {
            EntryBody::Event { time, .. } | EntryBody::OemTimestamped { time, .. } => Some(time),
            _ => None,
        }
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.body {
            EntryBody::Event { sensor, event, .. } => {
                write!(f, "{} #{sensor:#04x}: {event}", event.sensor_type)
            }
            EntryBody::OemTimestamped { manufacturer, data, .. } => {
                write!(f, "OEM {manufacturer} entry {:#04x}: {data:02x?}", self.record_type)
            }
            EntryBody::Oem { data } => {
                write!(f, "OEM entry {:#04x}: {data:02x?}", self.record_type)
            }
            EntryBody::Unknown { data } => {
                write!(f, "unknown entry {:#04x}: {data:02x?}", self.record_type)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const THRESHOLD: [u8; 16] = [1, 0, 2, 0x10, 0, 0, 0x60, 0x20, 0, 4, 1, 1, 0x81, 0x59, 0x75, 0x70];

    #[test]
    fn a_system_event_is_read() {
        let entry = Entry::decode(&THRESHOLD).unwrap();
        assert_eq!(entry.to_string(), "Temperature #0x01: upper critical going high, deasserted");
        let EntryBody::Event { generator, event, .. } = entry.body else { panic!("no event") };
        assert_eq!((generator.id, generator.software(), event.asserted), (0x20, None, false));
        assert_eq!(entry.timestamp().unwrap().time(), Some(SystemTime::UNIX_EPOCH + Duration::from_secs(0x6000_0010)));
    }

    #[test]
    fn oem_entries_keep_their_data() {
        let mut bytes = THRESHOLD;
        bytes[2] = 0xc1;
        let entry = Entry::decode(&bytes).unwrap();
        assert!(matches!(entry.body, EntryBody::OemTimestamped { manufacturer: 0x04_0020, .. }), "{entry:?}");
        bytes[2] = 0xe5;
        assert!(Entry::decode(&bytes).unwrap().timestamp().is_none());
        assert!(Entry::decode(&bytes[..15]).is_err());
    }

    #[test]
    fn early_times_are_relative_to_the_start() {
        assert_eq!(Timestamp(60).since_start(), Some(Duration::from_secs(60)));
        assert_eq!(Timestamp(60).time(), None);
        assert_eq!((Timestamp::UNSPECIFIED.since_start(), Timestamp::UNSPECIFIED.time()), (None, None));
    }

    proptest::proptest! {
        #[test]
        fn entries_round_trip_but_for_reserved_bits(mut bytes: [u8; 16]) {
            if bytes[2] == 2 {
                bytes[8] &= 0xf3;
            }
            let entry = Entry::decode(&bytes).unwrap();
            let _ = entry.to_string();
            proptest::prop_assert_eq!(entry.encode(), bytes);
        }
    }
}
