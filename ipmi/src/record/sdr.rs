//! Sensor data records (IPMI 2.0, chapter 43): a five-byte header and one of eleven bodies. What isn't understood keeps
//! its bytes.

use super::entity::Entity;
use super::sensor::Sensor;
use super::text::{Encoding, sdr_string};
use crate::packet::{Malformed, Reader};

/// Length of the header in front of every record.
pub const HEADER_LENGTH: u8 = 5;

/// The header of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Header {
    /// The record's ID, which may change when the repository does.
    pub id: u16,
    /// The version of the format, 51h.
    pub version: u8,
    /// The record's type.
    pub record_type: u8,
    /// How many bytes follow.
    pub length: u8,
}

impl Header {
    /// Reads the five bytes.
    ///
    /// # Errors
    /// When there are fewer.
    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        Self::read(&mut Reader::new(bytes, "SDR header"))
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        Ok(Self { id: reader.u16()?, version: reader.u8()?, record_type: reader.u8()?, length: reader.u8()? })
    }
}

/// A record.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Record {
    /// Its header.
    pub header: Header,
    /// What it says.
    pub body: Body,
}

/// What a record says.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Body {
    /// 01h: a sensor with everything about it.
    Full(Box<Sensor>),
    /// 02h: a sensor, or several, without a formula.
    Compact(Box<Sensor>),
    /// 03h: a sensor that can't be read but sends events.
    EventOnly(Box<Sensor>),
    /// 08h and 09h: which entities another one contains.
    EntityAssociation(EntityAssociation),
    /// 10h: a device on a bus.
    GenericDevice(DeviceLocator),
    /// 11h: where an FRU inventory is.
    FruDevice(FruLocator),
    /// 12h: a management controller.
    ManagementController(ControllerLocator),
    /// 13h: that a management controller was found.
    ControllerConfirmation(ControllerConfirmation),
    /// 14h: the protocols of the eight message channels, and two interrupt types.
    MessageChannels {
        /// A byte for each channel.
        channels: [u8; 8],
        /// The messaging interrupt type.
        messaging_interrupt: u8,
        /// The event message buffer interrupt type.
        event_interrupt: u8,
    },
    /// C0h: what a vendor defines.
    Oem {
        /// The vendor's enterprise number.
        manufacturer: u32,
        /// Its data.
        data: Vec<u8>,
    },
    /// A type that isn't known, or a body that is shorter than its type needs.
    Unknown(Vec<u8>),
}

/// Which entities another one contains.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct EntityAssociation {
    /// The container.
    pub container: Entity,
    /// The controller (slave address and channel) to which the container is relative, in a record of type 09h.
    pub container_device: Option<(u8, u8)>,
    /// Whether the contained entities are given as ranges: first and last in turn.
    pub ranges: bool,
    /// Whether more records are about the same container.
    pub linked: bool,
    /// The contained entities, each with its controller in a record of type 09h. Unused places are left out.
    pub contained: Vec<(Entity, Option<(u8, u8)>)>,
}

/// A device on a bus.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeviceLocator {
    /// Slave address of the controller that is used to access it.
    pub access_address: u8,
    /// Its own slave address.
    pub address: u8,
    /// The channel.
    pub channel: u8,
    /// The logical unit of the access.
    pub lun: u8,
    /// The private bus, zero for none.
    pub bus: u8,
    /// How many addresses further it spans.
    pub address_span: u8,
    /// Device type (table 43-12).
    pub device_type: u8,
    /// Device type modifier.
    pub modifier: u8,
    /// The thing that it belongs to.
    pub entity: Entity,
    /// Its name.
    pub name: String,
}

/// Where an FRU inventory is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FruLocator {
    /// Slave address of the controller that is used to access it.
    pub access_address: u8,
    /// The FRU's ID when it is logical, else the slave address of the memory.
    pub device: u8,
    /// Whether it is reached by FRU commands instead of bus accesses.
    pub logical: bool,
    /// The logical unit of the access.
    pub lun: u8,
    /// The private bus, zero for none.
    pub bus: u8,
    /// The channel.
    pub channel: u8,
    /// Device type (table 43-12).
    pub device_type: u8,
    /// Device type modifier.
    pub modifier: u8,
    /// The thing that it describes.
    pub entity: Entity,
    /// Its name.
    pub name: String,
}

/// A management controller.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ControllerLocator {
    /// Its slave address.
    pub address: u8,
    /// The channel on which it is.
    pub channel: u8,
    /// Power state notification and global initialization bits.
    pub initialization: u8,
    /// What it can do, as in the Device ID.
    pub capabilities: u8,
    /// The thing that it belongs to.
    pub entity: Entity,
    /// Its name.
    pub name: String,
}

/// That a management controller was found.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ControllerConfirmation {
    /// Its slave address.
    pub address: u8,
    /// Its device ID.
    pub device_id: u8,
    /// The channel on which it is.
    pub channel: u8,
    /// Its device revision.
    pub device_revision: u8,
    /// Major and minor (BCD) firmware revision.
    pub firmware: (u8, u8),
    /// IPMI version, BCD with the digits exchanged.
    pub ipmi_version: u8,
    /// Its manufacturer's enterprise number.
    pub manufacturer: u32,
    /// Its product ID.
    pub product: u16,
    /// Its GUID.
    pub guid: [u8; 16],
}

impl Record {
    /// Reads a whole record. What its type or length doesn't allow to understand becomes [`Body::Unknown`].
    ///
    /// # Errors
    /// When there isn't even a header.
    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(bytes, "sensor data record");
        let header = Header::read(&mut reader)?;
        let length = usize::from(header.length).min(reader.remaining());
        let body = reader.take(length)?;
        let understood = Self::body(header.record_type, &mut Reader::new(body, "sensor data record"));
        Ok(Self { header, body: understood.unwrap_or_else(|_| Body::Unknown(body.to_vec())) })
    }

    fn body(record_type: u8, reader: &mut Reader<'_>) -> Result<Body, Malformed> {
        Ok(match record_type {
            0x01 => Body::Full(Box::new(Sensor::full(reader)?)),
            0x02 => Body::Compact(Box::new(Sensor::compact(reader)?)),
            0x03 => Body::EventOnly(Box::new(Sensor::event_only(reader)?)),
            0x08 => Body::EntityAssociation(association(reader)?),
            0x09 => Body::EntityAssociation(device_relative_association(reader)?),
            0x10 => Body::GenericDevice(device(reader)?),
            0x11 => Body::FruDevice(fru(reader)?),
            0x12 => Body::ManagementController(controller(reader)?),
            0x13 => Body::ControllerConfirmation(confirmation(reader)?),
            0x14 => Body::MessageChannels {
                channels: reader.array()?,
                messaging_interrupt: reader.u8()?,
                event_interrupt: reader.u8()?,
            },
            0xc0 => Body::Oem { manufacturer: reader.u24()?, data: reader.take_rest().to_vec() },
            _ => Body::Unknown(reader.take_rest().to_vec()),
        })
    }

    /// Returns whether it is of a type that describes a sensor, and doesn't have the bytes for it.
    #[must_use]
    pub const fn is_damaged_sensor(&self) -> bool {
        matches!((self.header.record_type, &self.body), (0x01..=0x03, Body::Unknown(_)))
    }

    /// Returns the sensors that the record stands for: none, one, or as many as it is shared by.
    #[must_use]
    pub fn sensors(&self) -> Vec<Sensor> {
        match &self.body {
            Body::Full(sensor) | Body::Compact(sensor) | Body::EventOnly(sensor) => sensor.each(),
            _ => Vec::new(),
        }
    }
}

fn association(reader: &mut Reader<'_>) -> Result<EntityAssociation, Malformed> {
    let [container, instance, flags] = reader.array()?;
    let mut contained = Vec::new();
    while let Ok([id, instance]) = reader.array() {
        if id != 0 {
            contained.push((Entity::new(id, instance), None));
        }
    }
    Ok(EntityAssociation {
        container: Entity::new(container, instance),
        container_device: None,
        ranges: flags & 0x80 != 0,
        linked: flags & 0x40 != 0,
        contained,
    })
}

fn device_relative_association(reader: &mut Reader<'_>) -> Result<EntityAssociation, Malformed> {
    let [container, instance, address, channel, flags] = reader.array()?;
    let mut contained = Vec::new();
    for _ in 0..4 {
        let [address, channel, id, instance] = reader.array()?;
        if id != 0 {
            contained.push((Entity::new(id, instance), Some((address & 0xfe, channel >> 4))));
        }
    }
    Ok(EntityAssociation {
        container: Entity::new(container, instance),
        container_device: Some((address & 0xfe, channel >> 4)),
        ranges: flags & 0x80 != 0,
        linked: flags & 0x40 != 0,
        contained,
    })
}

fn device(reader: &mut Reader<'_>) -> Result<DeviceLocator, Malformed> {
    let [access, address, access_lun, span, _, device_type, modifier, entity, instance, _oem] = reader.array()?;
    Ok(DeviceLocator {
        access_address: access & 0xfe,
        address: address & 0xfe,
        channel: (address & 1) << 3 | access_lun >> 5,
        lun: access_lun >> 3 & 3,
        bus: access_lun & 7,
        address_span: span & 7,
        device_type,
        modifier,
        entity: Entity::new(entity, instance),
        name: name(reader),
    })
}

fn fru(reader: &mut Reader<'_>) -> Result<FruLocator, Malformed> {
    let [access, device, access_lun, channel, _, device_type, modifier, entity, instance, _oem] = reader.array()?;
    let logical = access_lun & 0x80 != 0;
    Ok(FruLocator {
        access_address: access & 0xfe,
        device: if logical { device } else { device & 0xfe },
        logical,
        lun: access_lun >> 3 & 3,
        bus: access_lun & 7,
        channel: channel >> 4,
        device_type,
        modifier,
        entity: Entity::new(entity, instance),
        name: name(reader),
    })
}

fn controller(reader: &mut Reader<'_>) -> Result<ControllerLocator, Malformed> {
    let [address, channel, initialization, capabilities, _, _, _, entity, instance, _oem] = reader.array()?;
    Ok(ControllerLocator {
        address: address & 0xfe,
        channel: channel & 0x0f,
        initialization,
        capabilities,
        entity: Entity::new(entity, instance),
        name: name(reader),
    })
}

fn confirmation(reader: &mut Reader<'_>) -> Result<ControllerConfirmation, Malformed> {
    let [address, device_id, channel, major, minor, ipmi_version] = reader.array()?;
    Ok(ControllerConfirmation {
        address: address & 0xfe,
        device_id,
        channel: channel >> 4,
        device_revision: channel & 0x0f,
        firmware: (major & 0x7f, minor),
        ipmi_version,
        manufacturer: reader.u24()?,
        product: reader.u16()?,
        guid: reader.array()?,
    })
}

fn name(reader: &mut Reader<'_>) -> String {
    let Ok(type_length) = reader.u8() else {
        return String::new();
    };
    let length = usize::from(type_length & 0x1f).min(reader.remaining());
    sdr_string(Encoding::of(type_length), reader.take(length).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn record(record_type: u8, body: &[u8]) -> Record {
        let mut bytes = vec![7, 0, 0x51, record_type, body.len() as u8];
        bytes.extend(body);
        Record::decode(&bytes).unwrap()
    }

    #[test]
    fn a_full_record_gives_name_unit_formula_and_thresholds() {
        let mut body = vec![0x20, 0x10, 4, 7, 0x81, 0x7f, 0x68, 2, 1, 0, 0, 0, 0, 0x3f, 0x3f];
        body.extend([0x00, 4, 0]); // volts
        body.extend([0, 63, 0, 0, 0, 0, 0xd0]); // M 63, K2 -3
        body.extend([1, 0xc0, 0, 0, 0xff, 0]);
        body.extend([6, 5, 4, 3, 2, 1, 2, 2, 0, 0, 0, 0xc4]);
        body.extend(b"P12v");
        let record = record(1, &body);
        let sensors = record.sensors();
        let sensor = sensors.first().unwrap();
        assert_eq!((sensor.name.as_str(), sensor.number, sensor.owner.channel), ("P12v", 4, 1));
        assert_eq!(sensor.unit.to_string(), "Volts");
        assert!(sensor.entity.logical && sensor.is_analog());
        assert!((sensor.value(0xc0).unwrap() - 12.096).abs() < 1e-9);
        let analog = sensor.analog.unwrap();
        assert_eq!(analog.thresholds, [1, 2, 3, 4, 5, 6]);
        assert_eq!((analog.nominal, analog.normal_maximum), (Some(0xc0), None));
    }

    #[test]
    fn locators_are_read() {
        let Body::FruDevice(fru) =
            record(0x11, &[0x20, 3, 0x80, 0x10, 0, 0x10, 0, 10, 2, 0, 0xc3, b'P', b'S', b'U']).body
        else {
            panic!("not an FRU locator");
        };
        assert_eq!((fru.device, fru.logical, fru.channel, fru.name.as_str()), (3, true, 1, "PSU"));
        let Body::ManagementController(mc) =
            record(0x12, &[0x30, 0, 0, 0xbf, 0, 0, 0, 46, 1, 0, 0xc2, b'M', b'C']).body
        else {
            panic!("not a controller locator");
        };
        assert_eq!((mc.address, mc.entity.id.name(), mc.name.as_str()), (0x30, "management controller firmware", "MC"));
    }

    #[test]
    fn an_association_lists_what_is_there() {
        let Body::EntityAssociation(found) = record(8, &[0x17, 1, 0x80, 10, 1, 10, 4, 0, 0, 0, 0]).body else {
            panic!("not an association");
        };
        assert!(found.ranges && !found.linked);
        assert_eq!(found.contained.iter().map(|(entity, _)| entity.instance).collect::<Vec<_>>(), [1, 4]);
    }

    #[test]
    fn what_is_too_short_or_unknown_keeps_its_bytes() {
        assert_eq!(record(1, &[1, 2, 3]).body, Body::Unknown(vec![1, 2, 3]));
        assert_eq!(record(0x77, &[9]).body, Body::Unknown(vec![9]));
        assert!(Record::decode(&[1, 2, 3]).is_err());
        assert_eq!(record(0xc0, &[1, 2, 0, 5]).body, Body::Oem { manufacturer: 0x201, data: vec![5] });
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_record_or_none(kind in prop::sample::select(vec![1u8, 2, 3, 8, 9, 0x10, 0x11, 0x12, 0x13, 0x14, 0xc0, 0x55]), mut bytes in prop::collection::vec(any::<u8>(), 4..80)) {
            bytes[3] = kind;
            if let Ok(record) = Record::decode(&bytes) {
                for sensor in record.sensors() {
                    let _ = (sensor.value(3), sensor.unit.to_string(), sensor.is_analog());
                }
            }
        }
    }
}
