//! FRU inventory images (Platform Management FRU Information Storage Definition 1.0): areas, multirecords and the
//! checksums over them, written from a description.

use super::text::{Encoding, checksum};

/// A string and how it is stored.
#[derive(Clone, Debug)]
pub struct Text {
    /// What it says.
    pub text: String,
    /// How it is stored.
    pub encoding: Encoding,
}

impl Text {
    /// `text` in an encoding other than plain ASCII.
    #[must_use]
    pub fn encoded(text: &str, encoding: Encoding) -> Self {
        Self { text: text.to_owned(), encoding }
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self::encoded(text, Encoding::Ascii)
    }
}

/// The chassis area.
#[derive(Clone, Debug)]
pub struct ChassisArea {
    /// The SMBIOS chassis type.
    pub kind: u8,
    /// Part number.
    pub part: Text,
    /// Serial number.
    pub serial: Text,
    /// Further fields.
    pub extra: Vec<Text>,
}

/// The board area.
#[derive(Clone, Debug)]
pub struct BoardArea {
    /// Minutes since 1996-01-01 00:00 when the board was made; 0 is "not said".
    pub made: u32,
    /// Manufacturer.
    pub manufacturer: Text,
    /// Product name.
    pub product: Text,
    /// Serial number.
    pub serial: Text,
    /// Part number.
    pub part: Text,
    /// FRU file.
    pub file: Text,
    /// Further fields.
    pub extra: Vec<Text>,
}

/// The product area.
#[derive(Clone, Debug)]
pub struct ProductArea {
    /// Manufacturer.
    pub manufacturer: Text,
    /// Product name.
    pub name: Text,
    /// Part or model number.
    pub part: Text,
    /// Version.
    pub version: Text,
    /// Serial number.
    pub serial: Text,
    /// Asset tag.
    pub asset: Text,
    /// FRU file.
    pub file: Text,
    /// Further fields.
    pub extra: Vec<Text>,
}

/// One record of the multirecord area.
#[derive(Clone, Debug)]
pub struct MultiRecord {
    /// The record type: 0 power supply, 1 DC output, 2 DC load, 3 management access, C0h and up OEM.
    pub kind: u8,
    /// The record's bytes.
    pub data: Vec<u8>,
}

/// A FRU device's inventory, to be written as an image.
#[derive(Clone, Debug, Default)]
pub struct Fru {
    /// The internal use area's bytes.
    pub internal: Option<Vec<u8>>,
    /// The chassis area.
    pub chassis: Option<ChassisArea>,
    /// The board area.
    pub board: Option<BoardArea>,
    /// The product area.
    pub product: Option<ProductArea>,
    /// The multirecord area.
    pub records: Vec<MultiRecord>,
}

const ENGLISH: u8 = 25;

impl Fru {
    /// Returns the image, padded with zeros to `size` bytes (or as long as it has to be).
    #[must_use]
    pub fn image(&self, size: usize) -> Vec<u8> {
        let internal = self.internal.as_ref().map(|bytes| {
            let mut area = vec![1];
            area.extend_from_slice(bytes);
            area.resize(area.len().next_multiple_of(8), 0);
            area
        });
        let chassis = self.chassis.as_ref().map(|c| area(&[c.kind], [&c.part, &c.serial], &c.extra));
        let board = self.board.as_ref().map(|b| {
            let [low, middle, high, _] = b.made.to_le_bytes();
            let fields = [&b.manufacturer, &b.product, &b.serial, &b.part, &b.file];
            area(&[ENGLISH, low, middle, high], fields, &b.extra)
        });
        let product = self.product.as_ref().map(|p| {
            let fields = [&p.manufacturer, &p.name, &p.part, &p.version, &p.serial, &p.asset, &p.file];
            area(&[ENGLISH], fields, &p.extra)
        });
        let records = (!self.records.is_empty()).then(|| records(&self.records));

        let mut header = vec![1];
        let mut body = Vec::new();
        for area in [internal, chassis, board, product, records] {
            match area {
                Some(mut area) => {
                    header.push(u8::try_from(1 + body.len() / 8).unwrap_or(0));
                    area.resize(area.len().next_multiple_of(8), 0);
                    body.append(&mut area);
                }
                None => header.push(0),
            }
        }
        header.push(0);
        header.push(checksum(&header));
        header.append(&mut body);
        if header.len() < size {
            header.resize(size, 0);
        }
        header
    }
}

/// Version, length in eights, the fixed bytes, the fields, C1h, padding, checksum.
fn area<'a>(fixed: &[u8], fields: impl IntoIterator<Item = &'a Text>, extra: &'a [Text]) -> Vec<u8> {
    let mut area = vec![1, 0];
    area.extend_from_slice(fixed);
    for field in fields.into_iter().chain(extra) {
        area.append(&mut field.encoding.field(&field.text, 0x3F));
    }
    area.push(0xC1);
    let whole = (area.len() + 1).next_multiple_of(8);
    if let Some(length) = area.get_mut(1) {
        *length = u8::try_from(whole / 8).unwrap_or(u8::MAX);
    }
    area.resize(whole - 1, 0);
    area.push(checksum(&area));
    area
}

fn records(records: &[MultiRecord]) -> Vec<u8> {
    let mut area = Vec::new();
    for (index, record) in records.iter().enumerate() {
        let last = u8::from(index + 1 == records.len()) << 7;
        let length = u8::try_from(record.data.len()).unwrap_or(u8::MAX);
        let data = record.data.get(..usize::from(length)).unwrap_or_default();
        let header = [record.kind, last | 2, length, checksum(data)];
        area.extend_from_slice(&header);
        area.push(checksum(&header));
        area.extend_from_slice(data);
    }
    area
}

/// Returns a power supply record (type 0): rated power, input range in volts, whether it can be changed under power.
#[must_use]
pub fn power_supply(watts: u16, volts: (u16, u16), hot_swap: bool) -> MultiRecord {
    let mut data = Vec::new();
    for word in [watts, 0xFFFF] {
        data.extend_from_slice(&word.to_le_bytes());
    }
    data.extend_from_slice(&[30, 5]);
    for centivolts in [volts.0 * 100, volts.1 * 100, 0, 0] {
        data.extend_from_slice(&centivolts.to_le_bytes());
    }
    // 50-60 Hz, 12 ms of dropout, flags, one second of peak load.
    data.extend_from_slice(&[50, 60, 12, u8::from(hot_swap) << 3 | 2]);
    data.extend_from_slice(&(1 << 12 | (watts & 0x0FFF)).to_le_bytes());
    data.extend_from_slice(&[0, 0, 0, 0]);
    MultiRecord { kind: 0, data }
}

/// Returns a DC output record (type 1): output number, nominal voltage in millivolts, greatest current in milliamperes.
#[must_use]
pub fn dc_output(number: u8, millivolts: i16, milliamperes: u16) -> MultiRecord {
    let mut data = vec![number & 0x0F];
    let tens = millivolts / 10;
    for word in [tens, tens - tens / 20, tens + tens / 20] {
        data.extend_from_slice(&word.to_le_bytes());
    }
    for word in [120, 0, milliamperes] {
        data.extend_from_slice(&word.to_le_bytes());
    }
    MultiRecord { kind: 1, data }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_checksum_of_an_image_adds_up() {
        let fru = Fru {
            internal: Some(vec![7; 9]),
            chassis: Some(ChassisArea { kind: 23, part: "P".into(), serial: "S1".into(), extra: vec!["x".into()] }),
            records: vec![power_supply(800, (100, 240), true), dc_output(1, 12_000, 60_000)],
            ..Fru::default()
        };
        let image = fru.image(256);
        assert_eq!(image.len(), 256);
        assert_eq!(checksum(&image[..8]), 0);
        let chassis = usize::from(image[2]) * 8;
        let length = usize::from(image[chassis + 1]) * 8;
        assert_eq!(checksum(&image[chassis..chassis + length]), 0);
        let record = usize::from(image[5]) * 8;
        assert_eq!(checksum(&image[record..record + 5]), 0);
        let data = usize::from(image[record + 2]);
        assert_eq!(image[record + 3], checksum(&image[record + 5..record + 5 + data]));
        assert_eq!(image[record + 1] & 0x80, 0);
        assert_eq!(image[record + 5 + data + 1] & 0x80, 0x80);
    }
}
