//! Sensor data records (IPMI 2.0 section 43) written from sensors and locators, and the repository that holds them.

use super::sensor::{Conversion, Sensor, Shape, Sign};
use super::text::Encoding;

/// The longest ID string of a record.
const ID_LIMIT: usize = 16;

/// The records of the SDR repository.
#[derive(Clone, Debug, Default)]
pub struct SdrRepository {
    pub(crate) records: Vec<(u16, Vec<u8>)>,
}

impl SdrRepository {
    /// Appends a record of this type; id, version and length are put in front of its body.
    pub fn push(&mut self, kind: u8, body: &[u8]) -> u16 {
        let id = self.records.last().map_or(1, |(last, _)| last + 1);
        let mut record = id.to_le_bytes().to_vec();
        record.extend_from_slice(&[0x51, kind, u8::try_from(body.len()).unwrap_or(u8::MAX)]);
        record.extend_from_slice(body);
        self.records.push((id, record));
        id
    }

    /// Appends a sensor's record.
    pub fn push_sensor(&mut self, sensor: &Sensor) -> u16 {
        match sensor.shape {
            Shape::Full => self.push(0x01, &full(sensor)),
            Shape::Compact { shared } => self.push(0x02, &compact(sensor, shared)),
            Shape::EventOnly => self.push(0x03, &event_only(sensor)),
        }
    }

    /// Returns the record with this id (0000h first, FFFFh last) and the id after it.
    pub(crate) fn get(&self, id: u16) -> Option<(&[u8], u16)> {
        let index = match id {
            0 => 0,
            0xFFFF => self.records.len().checked_sub(1)?,
            id => self.records.iter().position(|(at, _)| *at == id)?,
        };
        let (_, record) = self.records.get(index)?;
        let next = self.records.get(index + 1).map_or(0xFFFF, |(next, _)| *next);
        Some((record, next))
    }
}

/// Returns the start of full, compact and event-only records: owner, LUN, number, entity.
fn key(sensor: &Sensor) -> Vec<u8> {
    vec![sensor.key.owner, 0, sensor.key.number, sensor.entity.0, sensor.entity.1]
}

/// Writes bytes 11 to 20, which full and compact records share: the sensor's capabilities and the events it sends.
fn abilities(sensor: &Sensor, body: &mut Vec<u8>) {
    // Scanning, events and the rest are initialised; auto-rearm, thresholds and hysteresis may be set, events per state.
    let analog = sensor.is_threshold();
    body.push(if analog { 0x7F } else { 0x67 });
    body.push(if analog { 0x68 } else { 0x40 });
    body.push(sensor.kind);
    body.push(sensor.reading_type);
    let words = if analog {
        let events = sensor.threshold_events();
        let mask = u16::from(sensor.threshold_mask());
        [events | (mask & 7) << 12, events | (mask >> 3) << 12, mask << 8 | mask]
    } else {
        [sensor.supported, sensor.supported, sensor.supported]
    };
    for word in words {
        body.extend_from_slice(&word.to_le_bytes());
    }
}

/// Units 1: analog format and percentage; discrete sensors have no analog reading.
fn units(sensor: &Sensor) -> [u8; 3] {
    sensor.conversion.map_or([0xC0, 0, 0], |conversion| {
        let sign = match conversion.sign {
            Sign::Unsigned => 0x00,
            Sign::Ones => 0x40,
            Sign::Twos => 0x80,
        };
        [sign | u8::from(conversion.percent), conversion.unit, 0]
    })
}

fn full(sensor: &Sensor) -> Vec<u8> {
    let conversion = sensor.conversion.unwrap_or_else(|| Conversion::linear(0, 1, 0));
    let mut body = key(sensor);
    abilities(sensor, &mut body);
    body.extend_from_slice(&units(sensor));
    body.push(conversion.linearization);
    body.extend_from_slice(&factors(&conversion, conversion.m, conversion.b));
    let (highest, lowest) = match conversion.sign {
        Sign::Unsigned => (0xFF, 0x00),
        Sign::Ones | Sign::Twos => (0x7F, 0x80),
    };
    let nominal = sensor.raw;
    // Nominal, normal maximum and minimum are given; then the sensor's own range.
    body.extend_from_slice(&[0x07, nominal, nominal.saturating_add(8), nominal.saturating_sub(8), highest, lowest]);
    for index in [5, 4, 3, 2, 1, 0] {
        body.push(sensor.thresholds.get(index).copied().flatten().unwrap_or(0));
    }
    body.extend_from_slice(&[sensor.hysteresis.0, sensor.hysteresis.1, 0, 0, 0]);
    body.append(&mut sensor.encoding.field(&sensor.name, ID_LIMIT));
    body
}

/// Packs M, tolerance, B, accuracy and the two exponents as records and reading factors have them.
pub(crate) fn factors(conversion: &Conversion, m: i16, b: i16) -> [u8; 6] {
    let [m_low, m_high] = m.to_le_bytes();
    let [b_low, b_high] = b.to_le_bytes();
    let exponents = nibble(conversion.r_exponent) << 4 | nibble(conversion.b_exponent);
    [m_low, m_high << 6 | conversion.tolerance & 0x3F, b_low, b_high << 6, 0, exponents]
}

fn nibble(exponent: i8) -> u8 {
    exponent.to_le_bytes()[0] & 0x0F
}

fn compact(sensor: &Sensor, shared: u8) -> Vec<u8> {
    let mut body = key(sensor);
    abilities(sensor, &mut body);
    body.extend_from_slice(&units(sensor));
    // Names and entity instances count up across the sensors of a shared record.
    let sharing = if shared > 1 { [shared & 0x0F, 0x80] } else { [1, 0] };
    body.extend_from_slice(&sharing);
    body.extend_from_slice(&[0, 0, 0, 0, 0, 0]);
    body.append(&mut sensor.encoding.field(&sensor.name, ID_LIMIT));
    body
}

fn event_only(sensor: &Sensor) -> Vec<u8> {
    let mut body = key(sensor);
    body.extend_from_slice(&[sensor.kind, sensor.reading_type, 1, 0, 0, 0]);
    body.append(&mut sensor.encoding.field(&sensor.name, ID_LIMIT));
    body
}

/// Returns the body of a FRU device locator (11h) for a logical FRU device behind the BMC.
#[must_use]
pub fn fru_locator(device: u8, name: &str, entity: (u8, u8)) -> Vec<u8> {
    let mut body = vec![0x20, device, 0x80, 0, 0, 0x10, 0, entity.0, entity.1, 0];
    body.append(&mut Encoding::Ascii.field(name, ID_LIMIT));
    body
}

/// Returns the body of a management controller locator (12h).
#[must_use]
pub fn controller_locator(address: u8, name: &str, capabilities: u8, entity: (u8, u8)) -> Vec<u8> {
    let mut body = vec![address, 0, 0, capabilities, 0, 0, 0, entity.0, entity.1, 0];
    body.append(&mut Encoding::Ascii.field(name, ID_LIMIT));
    body
}

/// Returns the body of a generic device locator (10h).
#[must_use]
pub fn device_locator(address: u8, device_type: u8, name: &str, entity: (u8, u8)) -> Vec<u8> {
    let mut body = vec![0x20, address, 0, 0, 0, device_type, 0, entity.0, entity.1, 0];
    body.append(&mut Encoding::Ascii.field(name, ID_LIMIT));
    body
}

/// Returns the body of an entity association record (08h): a list of up to four contained entities.
#[must_use]
pub fn entity_association(container: (u8, u8), contained: [(u8, u8); 4]) -> Vec<u8> {
    let mut body = vec![container.0, container.1, 0];
    body.extend(contained.iter().flat_map(|(id, instance)| [*id, *instance]));
    body
}

/// Returns the body of an OEM record (C0h).
#[must_use]
pub fn oem(manufacturer: u32, data: &[u8]) -> Vec<u8> {
    let [low, middle, high, _] = manufacturer.to_le_bytes();
    let mut body = vec![low, middle, high];
    body.extend_from_slice(data);
    body
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fixed_parts_are_as_long_as_the_specification_says() {
        let analog = Sensor::analog(1, "AB", 1, (3, 1), Conversion::linear(1, -3, -2), 0.0);
        assert_eq!(full(&analog).len() + 5, 48 + 2);
        let discrete = Sensor::discrete(1, "AB", 7, 0x6F, (3, 1), 0x80);
        assert_eq!(compact(&discrete, 1).len() + 5, 32 + 2);
        assert_eq!(event_only(&discrete).len() + 5, 17 + 2);
        assert_eq!(factors(&Conversion::linear(1, -3, -2), -3, 5), [0xFD, 0xC0, 5, 0, 0, 0xE0]);
    }
}
