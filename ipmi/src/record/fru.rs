//! FRU inventories (Platform Management FRU Information Storage Definition 1.3): common header, chassis, board and
//! product areas. One bad area hides none of the others. The multirecord area is read in `multirecord`.

use std::time::{Duration, SystemTime};

pub use super::defect::{Defect, Problem};
use super::multirecord::{self, MultiRecord};
use super::text::{Encoding, Text, fru_field};
use crate::packet::{Malformed, Reader, checksum};

/// Length of the common header.
pub const HEADER_LENGTH: usize = 8;
const VERSION: u8 = 1;
pub(super) const END_OF_FIELDS: u8 = 0xc1;
/// Board dates count minutes from the beginning of 1996.
const EPOCH_1996: u64 = 820_454_400;

/// An FRU inventory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Inventory {
    /// The chassis area.
    pub chassis: Option<ChassisArea>,
    /// The board area.
    pub board: Option<BoardArea>,
    /// The product area.
    pub product: Option<ProductArea>,
    /// The records of the multirecord area.
    pub records: Vec<MultiRecord>,
    /// Where the internal use area begins, if there is one.
    pub internal_use: Option<usize>,
    /// What could not be read, or was read although its checksum is wrong.
    pub defects: Vec<Defect>,
}

/// The chassis area.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ChassisArea {
    /// The chassis type, as SMBIOS numbers it.
    pub chassis_type: u8,
    /// Part number.
    pub part_number: Text,
    /// Serial number.
    pub serial_number: Text,
    /// What the vendor adds.
    pub custom: Vec<Text>,
}

/// The board area.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct BoardArea {
    /// Language code; 0 and 25 are English.
    pub language: u8,
    /// When it was manufactured, in minutes since the beginning of 1996; `None` when not specified.
    pub manufactured_minutes: Option<u32>,
    /// Manufacturer.
    pub manufacturer: Text,
    /// Product name.
    pub product_name: Text,
    /// Serial number.
    pub serial_number: Text,
    /// Part number.
    pub part_number: Text,
    /// The FRU file's ID.
    pub file_id: Text,
    /// What the vendor adds.
    pub custom: Vec<Text>,
}

impl BoardArea {
    /// Returns when it was manufactured.
    #[must_use]
    pub fn manufactured(&self) -> Option<SystemTime> {
        let minutes = self.manufactured_minutes?;
        let since_epoch = u64::from(minutes).saturating_mul(60).saturating_add(EPOCH_1996);
        SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(since_epoch))
    }
}

/// The product area.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProductArea {
    /// Language code; 0 and 25 are English.
    pub language: u8,
    /// Manufacturer.
    pub manufacturer: Text,
    /// Product name.
    pub product_name: Text,
    /// Part or model number.
    pub part_number: Text,
    /// Version.
    pub version: Text,
    /// Serial number.
    pub serial_number: Text,
    /// Asset tag.
    pub asset_tag: Text,
    /// The FRU file's ID.
    pub file_id: Text,
    /// What the vendor adds.
    pub custom: Vec<Text>,
}

/// Where the areas begin, in bytes; absent ones are `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CommonHeader {
    /// Internal use area.
    pub internal_use: Option<usize>,
    /// Chassis area.
    pub chassis: Option<usize>,
    /// Board area.
    pub board: Option<usize>,
    /// Product area.
    pub product: Option<usize>,
    /// Multirecord area.
    pub multirecord: Option<usize>,
}

impl CommonHeader {
    /// Reads the eight bytes; says also whether their checksum is right.
    ///
    /// # Errors
    /// When there are fewer, or the version isn't 1.
    pub fn decode(bytes: &[u8]) -> Result<(Self, bool), Malformed> {
        let mut reader = Reader::new(bytes, "FRU common header");
        let header: [u8; HEADER_LENGTH] = reader.array()?;
        let [version, internal, chassis, board, product, multirecord, _, _] = header;
        if version & 0x0f != VERSION {
            return Err(Malformed::new("FRU common header", 0));
        }
        let at = |offset: u8| (offset != 0).then(|| usize::from(offset) * 8);
        let this = Self {
            internal_use: at(internal),
            chassis: at(chassis),
            board: at(board),
            product: at(product),
            multirecord: at(multirecord),
        };
        Ok((this, checksum(&header) == 0))
    }

    /// Withholds areas that begin within another one: their bytes are the other's.
    fn without_overlaps(&self, areas: [AreaBytes; 3]) -> [AreaBytes; 3] {
        let names = ["chassis", "board", "product"];
        let places = [self.chassis, self.board, self.product];
        let spans: Vec<_> = areas
            .iter()
            .zip(places)
            .zip(names)
            .filter_map(|((area, at), name)| {
                let (area, at) = (area.as_ref()?.as_ref().ok()?, at?);
                // One whose checksum is wrong says nothing about where it ends.
                let whole = contents(area).is_ok_and(|(_, intact)| intact);
                let length = area.get(1).map(|length| usize::from(*length) * 8)?;
                whole.then_some((at, at.saturating_add(length), name))
            })
            .collect();
        let mut places = places.into_iter();
        areas.map(|area| {
            let at = places.next().flatten();
            let within = spans.iter().find(|(from, to, _)| at.is_some_and(|at| at > *from && at < *to));
            match within {
                Some((_, _, name)) => area.map(|_| Err(Problem::Within(name))),
                None => area,
            }
        })
    }
}

/// The bytes of an area from its beginning on, or why there are none; nothing where there is no such area.
pub(crate) type AreaBytes = Option<Result<Vec<u8>, Problem>>;

impl Inventory {
    /// Reads an inventory.
    ///
    /// # Errors
    /// When there isn't even a common header. Everything else that is wrong is among the defects.
    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let (header, intact) = CommonHeader::decode(bytes)?;
        // An area behind the end of the memory is an empty one, and that it ends too early is its defect.
        let area = |at: Option<usize>| Some(Ok(bytes.get(at?..).unwrap_or_default().to_vec()));
        let areas = [area(header.chassis), area(header.board), area(header.product)];
        Ok(Self::assemble(header, intact, areas, area(header.multirecord)))
    }

    /// Puts an inventory together from its areas: chassis, board and product; and the records.
    pub(crate) fn assemble(header: CommonHeader, intact: bool, areas: [AreaBytes; 3], multirecord: AreaBytes) -> Self {
        let mut this = Self { internal_use: header.internal_use, ..Self::default() };
        if !intact {
            this.defects.push(Defect { area: "common header", problem: Problem::Checksum });
        }
        let [chassis_area, board_area, product_area] = header.without_overlaps(areas);
        this.chassis = this.area(chassis_area, "chassis", chassis);
        this.board = this.area(board_area, "board", board);
        this.product = this.area(product_area, "product", product);
        match multirecord {
            Some(Ok(bytes)) => {
                let (records, problem) = multirecord::decode_all(&bytes);
                this.records = records;
                this.defects.extend(problem.map(|problem| Defect { area: "multirecord", problem }));
            }
            Some(Err(problem)) => this.defects.push(Defect { area: "multirecord", problem }),
            None => {}
        }
        this
    }

    fn area<T>(
        &mut self,
        bytes: AreaBytes,
        name: &'static str,
        read: impl FnOnce(&mut Reader<'_>) -> Result<T, Malformed>,
    ) -> Option<T> {
        match bytes?.and_then(|bytes| contents(&bytes)) {
            Ok((area, intact)) => {
                if !intact {
                    self.defects.push(Defect { area: name, problem: Problem::Checksum });
                }
                let read = read(&mut Reader::new(&area, "FRU area"));
                read.map_err(|error| self.defects.push(Defect { area: name, problem: Problem::Malformed(error) })).ok()
            }
            Err(problem) => {
                self.defects.push(Defect { area: name, problem });
                None
            }
        }
    }
}

/// The contents of an area between its length and its checksum, and whether the checksum is right.
fn contents(rest: &[u8]) -> Result<(Vec<u8>, bool), Problem> {
    let malformed = Malformed::new("FRU area", 0);
    let [version, length, ..] = rest else {
        return Err(Problem::Malformed(malformed));
    };
    if version & 0x0f != VERSION {
        return Err(Problem::Version(*version));
    }
    // What lies behind the end of the memory is read as far as it goes; the checksum shows that something is missing.
    let length = (usize::from(*length) * 8).min(rest.len());
    let area = rest.get(..length).unwrap_or_default();
    let contents = area.get(2..length.saturating_sub(1)).ok_or(Problem::Malformed(malformed))?;
    Ok((contents.to_vec(), checksum(area) == 0))
}

/// Reads type/length fields up to the end mark.
struct Fields<'r, 'a> {
    reader: &'r mut Reader<'a>,
    english: bool,
    ended: bool,
}

impl Fields<'_, '_> {
    /// The next field; an empty one when the area ended before it.
    fn next(&mut self) -> Text {
        self.more().unwrap_or_default()
    }

    fn more(&mut self) -> Option<Text> {
        if self.ended {
            return None;
        }
        let type_length = self.reader.u8().ok().filter(|byte| *byte != END_OF_FIELDS);
        let bytes = type_length.and_then(|byte| self.reader.take(usize::from(byte & 0x3f)).ok());
        let (Some(type_length), Some(bytes)) = (type_length, bytes) else {
            self.ended = true;
            return None;
        };
        Some(fru_field(Encoding::of(type_length), self.english, bytes))
    }

    fn custom(mut self) -> Vec<Text> {
        std::iter::from_fn(|| self.more()).collect()
    }
}

fn fields<'r, 'a>(reader: &'r mut Reader<'a>, language: u8) -> Fields<'r, 'a> {
    Fields { reader, english: matches!(language, 0 | 25), ended: false }
}

fn chassis(reader: &mut Reader<'_>) -> Result<ChassisArea, Malformed> {
    let chassis_type = reader.u8()?;
    let mut fields = fields(reader, 0);
    Ok(ChassisArea { chassis_type, part_number: fields.next(), serial_number: fields.next(), custom: fields.custom() })
}

fn board(reader: &mut Reader<'_>) -> Result<BoardArea, Malformed> {
    let (language, minutes) = (reader.u8()?, reader.u24()?);
    let mut fields = fields(reader, language);
    Ok(BoardArea {
        language,
        manufactured_minutes: Some(minutes).filter(|minutes| *minutes != 0),
        manufacturer: fields.next(),
        product_name: fields.next(),
        serial_number: fields.next(),
        part_number: fields.next(),
        file_id: fields.next(),
        custom: fields.custom(),
    })
}

fn product(reader: &mut Reader<'_>) -> Result<ProductArea, Malformed> {
    let language = reader.u8()?;
    let mut fields = fields(reader, language);
    Ok(ProductArea {
        language,
        manufacturer: fields.next(),
        product_name: fields.next(),
        part_number: fields.next(),
        version: fields.next(),
        serial_number: fields.next(),
        asset_tag: fields.next(),
        file_id: fields.next(),
        custom: fields.custom(),
    })
}

/// Returns what a chassis type is called (SMBIOS, table 17).
#[must_use]
pub fn chassis_type_name(number: u8) -> &'static str {
    const NAMES: [&str; 37] = [
        "unspecified",
        "other",
        "unknown",
        "desktop",
        "low profile desktop",
        "pizza box",
        "mini tower",
        "tower",
        "portable",
        "laptop",
        "notebook",
        "hand held",
        "docking station",
        "all in one",
        "sub notebook",
        "space-saving",
        "lunch box",
        "main server chassis",
        "expansion chassis",
        "sub-chassis",
        "bus expansion chassis",
        "peripheral chassis",
        "RAID chassis",
        "rack mount chassis",
        "sealed-case PC",
        "multi-system chassis",
        "CompactPCI",
        "AdvancedTCA",
        "blade",
        "blade enclosure",
        "tablet",
        "convertible",
        "detachable",
        "IoT gateway",
        "embedded PC",
        "mini PC",
        "stick PC",
    ];
    NAMES.get(usize::from(number & 0x7f)).copied().unwrap_or("reserved")
}

#[cfg(test)]
mod tests {
    use super::super::fru_testing::{area, text};
    use super::*;
    use proptest::prelude::*;

    fn inventory(areas: [Vec<u8>; 3]) -> Vec<u8> {
        let mut header = vec![1, 0];
        let mut at = 1;
        for area in &areas {
            header.push(if area.is_empty() { 0 } else { at });
            at += (area.len() / 8) as u8;
        }
        header.extend([0, 0]);
        header.push(checksum(&header));
        [header, areas.concat()].concat()
    }

    #[test]
    fn the_three_areas_are_read() {
        let chassis = area(&[&[0x17], &text("CH-PN")[..], &text("CH-SN"), &text("extra")].concat());
        let board = area(
            &[&[25, 0xc0, 0xa5, 0xb6], &text("Maker")[..], &text("Board"), &text("SN"), &text("PN"), &text("f")]
                .concat(),
        );
        let product =
            area(&[&[25], &text("Maker")[..], &text("Server"), &[0x82, 0x29, 0xdc], &text(""), &text("SN")].concat());
        let read = Inventory::decode(&inventory([chassis, board, product])).unwrap();
        assert_eq!(read.defects, []);
        let chassis = read.chassis.unwrap();
        assert_eq!(chassis_type_name(chassis.chassis_type), "rack mount chassis");
        assert_eq!(chassis.custom.iter().map(Text::to_string).collect::<Vec<_>>(), ["extra"]);
        let board = read.board.unwrap();
        assert_eq!((board.serial_number.as_str(), board.manufactured_minutes), (Some("SN"), Some(0xb6_a5c0)));
        let product = read.product.unwrap();
        assert_eq!(product.product_name.as_str(), Some("Server"));
        assert!(product.version.is_empty() && product.asset_tag.is_empty());
        assert_eq!(product.serial_number.as_str(), Some("SN"));
    }

    #[test]
    fn a_bad_area_hides_none_of_the_others() {
        let good = area(&[&[0x17], &text("PN")[..]].concat());
        let mut bad = good.clone();
        bad[3] ^= 1;
        let mut strange = good.clone();
        strange[0] = 7;
        let read = Inventory::decode(&inventory([good.clone(), strange, bad])).unwrap();
        assert_eq!(read.chassis.unwrap().part_number.as_str(), Some("PN"));
        assert!(read.board.is_none() && read.product.is_some());
        assert_eq!(
            read.defects,
            [
                Defect { area: "board", problem: Problem::Version(7) },
                Defect { area: "product", problem: Problem::Checksum }
            ]
        );
        let cut = Inventory::decode(&inventory([good, Vec::new(), Vec::new()])[..12]).unwrap();
        assert_eq!(cut.defects, [Defect { area: "chassis", problem: Problem::Checksum }]);
        assert!(Inventory::decode(&[1, 0, 0]).is_err());
        let mut beyond = [1, 0, 0, 0, 0, 9, 0, 0];
        beyond[7] = checksum(&beyond);
        let defects = Inventory::decode(&beyond).unwrap().defects;
        assert!(
            matches!(&defects[..], [Defect { area: "multirecord", problem: Problem::Malformed(_) }]),
            "{defects:?}"
        );
    }

    proptest! {
        #[test]
        fn any_bytes_are_an_inventory_or_none(mut bytes in prop::collection::vec(any::<u8>(), 8..300), at in prop::collection::vec(1u8..6, 5)) {
            bytes[0] = 1;
            for (offset, at) in at.iter().enumerate() {
                bytes[1 + offset] = *at;
                if let Some(version) = bytes.get_mut(usize::from(*at) * 8) {
                    *version = 1;
                }
            }
            let _ = Inventory::decode(&bytes);
        }
    }
}
