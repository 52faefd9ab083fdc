//! The multirecord area of an FRU inventory (FRU definition, chapters 16 to 18): power supplies, their outputs and loads,
//! management access, and what vendors add.

use super::defect::Problem;
use crate::packet::{Malformed, Reader, checksum};

/// Length of the header in front of every record.
pub(crate) const HEADER_LENGTH: usize = 5;
/// An area with more records than this is not a list of records.
pub(crate) const MOST_RECORDS: usize = 256;
/// The version of the records' format.
const FORMAT: u8 = 2;

/// A record of the multirecord area.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MultiRecord {
    /// Its type.
    pub record_type: u8,
    /// Whether header and data have the right checksums.
    pub intact: bool,
    /// What it says.
    pub body: MultiRecordBody,
}

/// What a record says.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MultiRecordBody {
    /// 00h: a power supply.
    PowerSupply(PowerSupply),
    /// 01h: an output of a power supply.
    DcOutput(DcOutput),
    /// 02h: what a load needs.
    DcLoad(DcLoad),
    /// 03h: how its management is reached: kind and value.
    ManagementAccess {
        /// 1 URL, 2 name, 3 ping address, 4 component URL, 5 component name, 6 component ping address, 7 UUID.
        kind: u8,
        /// The value.
        data: Vec<u8>,
    },
    /// 04h and 05h: which entities it is compatible with, undecoded.
    Compatibility(Vec<u8>),
    /// C0h to FFh: what a vendor defines.
    Oem {
        /// The vendor's enterprise number.
        manufacturer: u32,
        /// Its data.
        data: Vec<u8>,
    },
    /// A type that isn't known, or data that are shorter than the type needs.
    Unknown(Vec<u8>),
}

/// A power supply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PowerSupply {
    /// Capacity in watts.
    pub capacity: u16,
    /// Peak apparent power in volt-amperes.
    pub peak_va: u16,
    /// Inrush current in amperes; `None` when not specified.
    pub inrush_amps: Option<u8>,
    /// Inrush interval in milliseconds.
    pub inrush_milliseconds: u8,
    /// Lowest and highest input voltage of the first range, in 10 mV.
    pub input_range_1: (u16, u16),
    /// Lowest and highest input voltage of the second range, in 10 mV.
    pub input_range_2: (u16, u16),
    /// Lowest and highest input frequency in hertz.
    pub frequency: (u8, u8),
    /// How long it bridges a lost input, in milliseconds.
    pub hold_up_milliseconds: u8,
    /// Tachometer, hot swap, autoswitch, power factor correction and predictive failure bits.
    pub flags: u8,
    /// Peak wattage in watts, and for how many seconds.
    pub peak: (u16, u8),
    /// Total wattage of combined voltages in watts.
    pub combined: u16,
}

/// An output of a power supply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DcOutput {
    /// The output's number.
    pub number: u8,
    /// Whether it is there while the supply is in standby.
    pub standby: bool,
    /// Nominal voltage in 10 mV.
    pub nominal: i16,
    /// Highest deviation downwards in 10 mV.
    pub lowest: i16,
    /// Highest deviation upwards in 10 mV.
    pub highest: i16,
    /// Ripple and noise in 1 mV.
    pub ripple: u16,
    /// Least current in mA.
    pub least_current: u16,
    /// Greatest current in mA.
    pub greatest_current: u16,
}

/// What a load needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DcLoad {
    /// The output's number.
    pub number: u8,
    /// Nominal voltage in 10 mV.
    pub nominal: i16,
    /// Lowest voltage in 10 mV.
    pub lowest: i16,
    /// Highest voltage in 10 mV.
    pub highest: i16,
    /// Ripple and noise in 1 mV.
    pub ripple: u16,
    /// Least current in mA.
    pub least_current: u16,
    /// Greatest current in mA.
    pub greatest_current: u16,
}

/// What a record's header says of its extent.
pub(crate) struct RecordHeader {
    /// Whether it is the last.
    pub(crate) is_last: bool,
    /// How many bytes of data follow.
    pub(crate) length: usize,
}

impl RecordHeader {
    /// Reads a header; `None` for what isn't one, such as zeros, whose checksum is right as well.
    pub(crate) fn decode(header: &[u8]) -> Option<Self> {
        let [_, format, length, _, _] = header else {
            return None;
        };
        (checksum(header) == 0 && format & 0x0f == FORMAT)
            .then_some(Self { is_last: format & 0x80 != 0, length: usize::from(*length) })
    }
}

/// Reads records up to the last, or up to one whose header makes no sense.
pub(super) fn decode_all(area: &[u8]) -> (Vec<MultiRecord>, Option<Problem>) {
    let mut reader = Reader::new(area, "FRU multirecord");
    let mut records = Vec::new();
    for _ in 0..MOST_RECORDS {
        match decode_one(&mut reader) {
            Ok((record, last)) => {
                let intact = record.intact;
                records.push(record);
                if !intact {
                    return (records, Some(Problem::Checksum));
                }
                if last {
                    return (records, None);
                }
            }
            Err(error) => return (records, Some(Problem::Malformed(error))),
        }
    }
    (records, Some(Problem::Malformed(reader.malformed())))
}

fn decode_one(reader: &mut Reader<'_>) -> Result<(MultiRecord, bool), Malformed> {
    let header: [u8; HEADER_LENGTH] = reader.array()?;
    let [record_type, _, _, data_checksum, _] = header;
    let RecordHeader { is_last, length } = RecordHeader::decode(&header).ok_or(reader.malformed())?;
    let data = reader.take(length)?;
    let body = decode_body(record_type, &mut Reader::new(data, "FRU multirecord"));
    let record = MultiRecord {
        record_type,
        intact: checksum(data) == data_checksum,
        body: body.unwrap_or_else(|_| MultiRecordBody::Unknown(data.to_vec())),
    };
    Ok((record, is_last))
}

fn decode_body(record_type: u8, reader: &mut Reader<'_>) -> Result<MultiRecordBody, Malformed> {
    Ok(match record_type {
        0x00 => MultiRecordBody::PowerSupply(power_supply(reader)?),
        0x01 => MultiRecordBody::DcOutput({
            let number = reader.u8()?;
            DcOutput {
                number: number & 0x0f,
                standby: number & 0x80 != 0,
                nominal: signed(reader)?,
                lowest: signed(reader)?,
                highest: signed(reader)?,
                ripple: reader.u16()?,
                least_current: reader.u16()?,
                greatest_current: reader.u16()?,
            }
        }),
        0x02 => MultiRecordBody::DcLoad(DcLoad {
            number: reader.u8()? & 0x0f,
            nominal: signed(reader)?,
            lowest: signed(reader)?,
            highest: signed(reader)?,
            ripple: reader.u16()?,
            least_current: reader.u16()?,
            greatest_current: reader.u16()?,
        }),
        0x03 => MultiRecordBody::ManagementAccess { kind: reader.u8()?, data: reader.take_rest().to_vec() },
        0x04 | 0x05 => MultiRecordBody::Compatibility(reader.take_rest().to_vec()),
        0xc0..=0xff => MultiRecordBody::Oem { manufacturer: reader.u24()?, data: reader.take_rest().to_vec() },
        _ => MultiRecordBody::Unknown(reader.take_rest().to_vec()),
    })
}

fn signed(reader: &mut Reader<'_>) -> Result<i16, Malformed> {
    Ok(reader.u16()?.cast_signed())
}

fn power_supply(reader: &mut Reader<'_>) -> Result<PowerSupply, Malformed> {
    let (capacity, peak_va) = (reader.u16()? & 0x0fff, reader.u16()?);
    let [inrush, inrush_milliseconds] = reader.array()?;
    let input_range_1 = (reader.u16()?, reader.u16()?);
    let input_range_2 = (reader.u16()?, reader.u16()?);
    let [lowest, highest, hold_up_milliseconds, flags] = reader.array()?;
    let peak = reader.u16()?;
    reader.u8()?; // which voltages are combined
    Ok(PowerSupply {
        capacity,
        peak_va,
        inrush_amps: Some(inrush).filter(|amps| *amps != 0xff),
        inrush_milliseconds,
        input_range_1,
        input_range_2,
        frequency: (lowest, highest),
        hold_up_milliseconds,
        flags,
        peak: (peak & 0x0fff, (peak >> 12) as u8),
        combined: reader.u16()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn record(record_type: u8, last: bool, data: &[u8]) -> Vec<u8> {
        let mut header = vec![record_type, 2 | u8::from(last) << 7, data.len() as u8, checksum(data)];
        header.push(checksum(&header));
        [&header, data].concat()
    }

    #[test]
    fn records_are_read_up_to_the_last() {
        let supply =
            [0xf4, 1, 0, 0, 0xff, 0, 0x28, 0x23, 0x38, 0x31, 0, 0, 0, 0, 47, 63, 20, 0x0e, 0x2c, 0x21, 0, 0, 0];
        let output = [0x81, 0xb0, 4, 0x92, 4, 0xce, 4, 120, 0, 0, 0, 0x10, 0x27];
        let area = [
            record(0, false, &supply),
            record(1, false, &output),
            record(0xc0, false, &[1, 2, 3, 9]),
            record(0x55, true, &[7]),
            vec![0xff; 9],
        ]
        .concat();
        let (records, problem) = decode_all(&area);
        assert_eq!((records.len(), problem), (4, None));
        let MultiRecordBody::PowerSupply(supply) = records[0].body else { panic!("no power supply") };
        assert_eq!((supply.capacity, supply.inrush_amps, supply.input_range_1), (500, None, (9000, 12600)));
        assert_eq!((supply.peak, supply.frequency), ((300, 2), (47, 63)));
        let MultiRecordBody::DcOutput(output) = records[1].body else { panic!("no output") };
        assert_eq!((output.number, output.standby, output.nominal, output.greatest_current), (1, true, 1200, 10_000));
        assert_eq!(records[2].body, MultiRecordBody::Oem { manufacturer: 0x03_0201, data: vec![9] });
    }

    #[test]
    fn what_is_damaged_ends_the_list() {
        let mut area = [record(3, false, b"\x01url"), record(3, true, b"\x02name")].concat();
        let length = area.len();
        area[length - 1] ^= 1;
        let (records, problem) = decode_all(&area);
        assert_eq!((records.len(), problem), (2, Some(Problem::Checksum)));
        assert!(!records[1].intact);
        let (records, problem) = decode_all(&area[..7]);
        assert!(records.is_empty() && matches!(problem, Some(Problem::Malformed(_))));
    }

    proptest! {
        #[test]
        fn any_data_are_a_record(kind in prop::sample::select(vec![0u8, 1, 2, 3, 4, 5, 6, 0xc0, 0xff]), data in prop::collection::vec(any::<u8>(), 0..40), junk: Vec<u8>) {
            let (records, _) = decode_all(&[record(kind, true, &data), junk].concat());
            prop_assert_eq!(records.len(), 1);
        }

        #[test]
        fn any_bytes_end_somewhere(area: Vec<u8>) {
            let _ = decode_all(&area);
        }
    }
}
