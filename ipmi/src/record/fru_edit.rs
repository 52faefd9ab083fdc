//! Changing fields of an FRU inventory: its bytes before to its bytes after. Fields that aren't changed keep their bytes and
//! their encoding, areas keep their place as long as what is in them fits, and checksums are put right. No I/O.

use std::fmt;
use std::str::FromStr;

use super::fru::{CommonHeader, END_OF_FIELDS, HEADER_LENGTH};
use super::multirecord::{HEADER_LENGTH as RECORD_HEADER_LENGTH, MOST_RECORDS, RecordHeader};
use crate::packet::checksum;

const EIGHT_BIT: u8 = 0xc0;
/// The longest field: six bits for its length.
const LONGEST: usize = 63;
const UNIT: usize = 8;
/// The longest area: one byte for how many units it has.
const LONGEST_AREA: usize = 255 * UNIT;

/// An area with fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum FruArea {
    /// The chassis area.
    Chassis,
    /// The board area.
    Board,
    /// The product area.
    Product,
}

impl FruArea {
    const ALL: [Self; 3] = [Self::Chassis, Self::Board, Self::Product];

    /// The names of its fields, in their order.
    const fn fields(self) -> &'static [&'static str] {
        match self {
            Self::Chassis => &["part-number", "serial-number"],
            Self::Board => &["manufacturer", "name", "serial-number", "part-number", "file-id"],
            Self::Product => {
                &["manufacturer", "name", "part-number", "version", "serial-number", "asset-tag", "file-id"]
            }
        }
    }

    /// How many bytes stand between the area's length and its first field.
    const fn fixed(self) -> usize {
        match self {
            Self::Chassis | Self::Product => 1,
            Self::Board => 4,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Chassis => "chassis",
            Self::Board => "board",
            Self::Product => "product",
        }
    }
}

/// A field of an inventory: `product.serial-number`, for example, or `board.extra2` for the second of those that the vendor
/// adds.
///
/// ```
/// use rosefish_ipmi::record::fru_edit::FruField;
///
/// let field: FruField = "product.asset-tag".parse()?;
/// assert_eq!(field.to_string(), "product.asset-tag");
/// # Ok::<(), rosefish_ipmi::record::fru_edit::FruEditError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FruField {
    area: FruArea,
    index: usize,
}

impl FruField {
    /// Returns the field at a place of an area, from zero, in the order of the FRU definition; behind the last come those
    /// that the vendor adds.
    #[must_use]
    pub const fn new(area: FruArea, index: usize) -> Self {
        Self { area, index }
    }

    /// Returns the area that it is in.
    #[must_use]
    pub const fn area(self) -> FruArea {
        self.area
    }
}

impl fmt::Display for FruField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (area, fields) = (self.area.name(), self.area.fields());
        match fields.get(self.index) {
            Some(field) => write!(f, "{area}.{field}"),
            None => {
                let extra = self.index.saturating_sub(fields.len()).saturating_add(1);
                write!(f, "{area}.extra{extra}")
            }
        }
    }
}

impl FromStr for FruField {
    type Err = FruEditError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let unknown = || FruEditError::UnknownField(text.to_owned());
        let (area, field) = text.split_once('.').ok_or_else(unknown)?;
        let area = FruArea::ALL.into_iter().find(|one| one.name() == area).ok_or_else(unknown)?;
        let fields = area.fields();
        if let Some(index) = fields.iter().position(|one| *one == field) {
            return Ok(Self { area, index });
        }
        let extra =
            field.strip_prefix("extra").and_then(|number| number.parse::<u8>().ok()).filter(|number| *number > 0);
        let extra = extra.ok_or_else(unknown)?;
        Ok(Self { area, index: fields.len().saturating_add(usize::from(extra)).saturating_sub(1) })
    }
}

/// Why an inventory can't be changed like this.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FruEditError {
    /// There is no such field; here is what was asked for.
    UnknownField(String),
    /// A text is longer than 63 characters, or has characters that Latin 1 lacks.
    NotStorable(FruField),
    /// The inventory has no such area: there is no place to put the field.
    NoArea(FruArea),
    /// The area has fewer fields: those that the vendor adds are changed, not added, but for the next one.
    NoField(FruField),
    /// What is there can't be read without a doubt: the header, or this area. Nothing may be changed then.
    Damaged(&'static str),
    /// The fields don't fit: the device has so many bytes, and so many would be needed.
    NoRoom {
        /// How many bytes the device has.
        size: usize,
        /// How many it would need to have.
        needed: usize,
    },
}

impl fmt::Display for FruEditError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownField(name) => {
                write!(f, "there is no field {name:?}; there are:")?;
                for area in FruArea::ALL {
                    for field in area.fields().iter().chain(&["extra1"]) {
                        write!(f, " {}.{field}", area.name())?;
                    }
                }
                Ok(())
            }
            Self::NotStorable(field) => {
                write!(f, "{field}: a text has at most {LONGEST} characters, all of Latin 1, and not just one")
            }
            Self::NoArea(area) => write!(f, "the inventory has no {} area", area.name()),
            Self::NoField(field) => write!(f, "the inventory has no field {field}, and none in front of it"),
            Self::Damaged(what) => {
                write!(f, "the {what} is damaged: a change could make it worse, so nothing is written")
            }
            Self::NoRoom { size, needed } => {
                write!(f, "the device has room for {size} bytes, and {needed} would be needed: use shorter texts")
            }
        }
    }
}

impl std::error::Error for FruEditError {}

/// Where a part of the inventory is, and its bytes.
struct Part {
    /// Its place in the common header.
    header: usize,
    at: usize,
    bytes: Vec<u8>,
}

/// Changes fields of an inventory, which is given with all bytes of its memory, and returns as many. An empty text empties a
/// field.
///
/// # Errors
/// When there is no such field, the text can't be stored, the areas have no room, or what is there is damaged.
pub fn edit(memory: &[u8], changes: &[(FruField, String)]) -> Result<Vec<u8>, FruEditError> {
    let (header, intact) = CommonHeader::decode(memory).map_err(|_| FruEditError::Damaged("common header"))?;
    if !intact {
        return Err(FruEditError::Damaged("common header"));
    }
    let mut parts = parts(memory, &header)?;
    for area in FruArea::ALL {
        let mut changes: Vec<_> = changes.iter().filter(|(field, _)| field.area == area).collect();
        changes.sort_by_key(|(field, _)| field.index);
        if changes.is_empty() {
            continue;
        }
        let header = header_index(area);
        let part = parts.iter_mut().find(|part| part.header == header).ok_or(FruEditError::NoArea(area))?;
        part.bytes = rewritten(area, &part.bytes, &changes)?;
    }
    laid_out(memory, parts)
}

/// The byte of the common header that says where an area is.
const fn header_index(area: FruArea) -> usize {
    match area {
        FruArea::Chassis => 2,
        FruArea::Board => 3,
        FruArea::Product => 4,
    }
}

const INTERNAL: usize = 1;
const MULTIRECORD: usize = 5;

/// All parts of the inventory, in the order of their places.
fn parts(memory: &[u8], header: &CommonHeader) -> Result<Vec<Part>, FruEditError> {
    let areas =
        [(header.chassis, 2, "chassis area"), (header.board, 3, "board area"), (header.product, 4, "product area")];
    let mut all = Vec::new();
    for (at, index, name) in areas {
        let Some(at) = at else { continue };
        let length = memory.get(at.saturating_add(1)).map_or(0, |length| usize::from(*length) * UNIT);
        let bytes =
            memory.get(at..at.saturating_add(length)).filter(|bytes| bytes.len() >= UNIT && checksum(bytes) == 0);
        let bytes = bytes.ok_or(FruEditError::Damaged(name))?.to_vec();
        all.push(Part { header: index, at, bytes });
    }
    if let Some(at) = header.multirecord {
        let bytes = records(memory.get(at..).unwrap_or_default()).ok_or(FruEditError::Damaged("multirecord area"))?;
        all.push(Part { header: MULTIRECORD, at, bytes });
    }
    all.sort_by_key(|part| part.at);
    if let Some(at) = header.internal_use {
        // It doesn't say how long it is: up to what comes next, or to the end of the memory.
        let end = all.iter().map(|part| part.at).find(|next| *next > at).unwrap_or(memory.len());
        let bytes = memory.get(at..end).ok_or(FruEditError::Damaged("internal use area"))?.to_vec();
        all.push(Part { header: INTERNAL, at, bytes });
        all.sort_by_key(|part| part.at);
    }
    let mut end = HEADER_LENGTH;
    for part in &all {
        if part.at < end {
            return Err(FruEditError::Damaged("common header (its areas overlap)"));
        }
        end = part.at.saturating_add(part.bytes.len());
    }
    Ok(all)
}

/// The bytes of the multirecord area, up to its last record.
fn records(memory: &[u8]) -> Option<Vec<u8>> {
    let mut at = 0_usize;
    for _ in 0..MOST_RECORDS {
        let header = RecordHeader::decode(memory.get(at..at.checked_add(RECORD_HEADER_LENGTH)?)?)?;
        at = at.checked_add(RECORD_HEADER_LENGTH)?.checked_add(header.length)?;
        if header.is_last {
            return memory.get(..at).map(<[u8]>::to_vec);
        }
    }
    None
}

/// An area with changed fields, at least as long as it was.
fn rewritten(area: FruArea, bytes: &[u8], changes: &[&(FruField, String)]) -> Result<Vec<u8>, FruEditError> {
    let damaged = FruEditError::Damaged(area.name());
    let begin = area.fixed().saturating_add(2);
    let (fixed, mut rest) = bytes.split_at_checked(begin).ok_or(damaged.clone())?;
    let mut fields: Vec<Vec<u8>> = Vec::new();
    // An area that ends without a mark ends all the same, in front of its checksum.
    while let Some(type_length) = rest.first().copied().filter(|byte| *byte != END_OF_FIELDS && rest.len() > 1) {
        let length = usize::from(type_length & 0x3f).saturating_add(1);
        let (field, behind) = rest.split_at_checked(length).ok_or(damaged.clone())?;
        fields.push(field.to_vec());
        rest = behind;
    }
    // Fields of the standard that an area leaves out at its end are there, and empty.
    let highest = changes.last().map_or(0, |(field, _)| field.index.saturating_add(1));
    while fields.len() < highest.min(area.fields().len()) {
        fields.push(vec![EIGHT_BIT]);
    }
    for (field, text) in changes {
        let stored = stored(*field, text)?;
        if field.index == fields.len() {
            fields.push(stored);
        } else {
            *fields.get_mut(field.index).ok_or(FruEditError::NoField(*field))? = stored;
        }
    }
    let mut area = fixed.to_vec();
    area.extend(fields.concat());
    area.push(END_OF_FIELDS);
    // The checksum comes behind it.
    let length = area.len().saturating_add(1).next_multiple_of(UNIT).max(bytes.len());
    if length > LONGEST_AREA {
        return Err(FruEditError::NoRoom { size: LONGEST_AREA, needed: length });
    }
    area.resize(length.saturating_sub(1), 0);
    if let Some(units) = area.get_mut(1) {
        *units = u8::try_from(length / UNIT).unwrap_or(u8::MAX);
    }
    area.push(checksum(&area));
    Ok(area)
}

/// A text as a field of 8-bit characters.
fn stored(field: FruField, text: &str) -> Result<Vec<u8>, FruEditError> {
    let characters: Result<Vec<u8>, _> = text.chars().map(|c| u8::try_from(u32::from(c))).collect();
    let mut characters = characters.map_err(|_| FruEditError::NotStorable(field))?;
    if characters.len() > LONGEST {
        return Err(FruEditError::NotStorable(field));
    }
    // One character alone would read as the end of the fields. Readers take trailing spaces off.
    if characters.len() == 1 {
        characters.push(b' ');
    }
    let mut bytes = vec![EIGHT_BIT | u8::try_from(characters.len()).unwrap_or(0)];
    bytes.extend(characters);
    Ok(bytes)
}

/// The memory with these parts in it: each at its place, or behind what has grown in front of it.
fn laid_out(memory: &[u8], parts: Vec<Part>) -> Result<Vec<u8>, FruEditError> {
    let size = memory.len();
    let claimed: Vec<_> = parts.iter().map(|part| part.at..end_in(memory, part)).collect();
    // What lies between areas and behind them may be somebody's: only what is empty is taken.
    let is_free = |at: usize| {
        claimed.iter().any(|part| part.contains(&at)) || memory.get(at).is_some_and(|byte| matches!(byte, 0 | 0xff))
    };
    let mut after = memory.to_vec();
    let mut header = memory.get(..HEADER_LENGTH).unwrap_or_default().to_vec();
    let mut end = HEADER_LENGTH;
    for part in parts {
        let at = part.at.max(end.next_multiple_of(UNIT));
        let stop = at.saturating_add(part.bytes.len());
        if stop > size || !(at..stop).all(is_free) {
            return Err(FruEditError::NoRoom { size, needed: stop.max(size.saturating_add(1)) });
        }
        let place = after.get_mut(at..stop).ok_or(FruEditError::NoRoom { size, needed: stop })?;
        place.copy_from_slice(&part.bytes);
        let offset = u8::try_from(at / UNIT).map_err(|_| FruEditError::NoRoom { size, needed: stop })?;
        if let Some(byte) = header.get_mut(part.header) {
            *byte = offset;
        }
        end = stop;
    }
    if let Some(last) = header.last_mut() {
        *last = 0;
    }
    let sum = checksum(&header);
    if let Some(last) = header.last_mut() {
        *last = sum;
    }
    if let Some(place) = after.get_mut(..HEADER_LENGTH) {
        place.copy_from_slice(&header);
    }
    Ok(after)
}

/// Where a part ended before it was changed.
fn end_in(memory: &[u8], part: &Part) -> usize {
    let length = match part.header {
        INTERNAL | MULTIRECORD => part.bytes.len(),
        _ => memory.get(part.at.saturating_add(1)).map_or(0, |units| usize::from(*units) * UNIT),
    };
    part.at.saturating_add(length)
}

#[cfg(test)]
mod tests {
    use super::super::fru::Inventory;
    use super::super::fru_testing::{area, text};
    use super::super::text::Text;
    use super::*;
    use proptest::prelude::*;

    /// An inventory with a chassis, a product whose version is packed, and a vendor's record.
    fn memory(size: usize) -> Vec<u8> {
        let chassis = area(&[&[0x17], &text("CH-PN")[..], &text("CH-SN")].concat());
        let product =
            area(&[&[25], &text("Maker")[..], &text("Server"), &[0x82, 0x29, 0xdc], &text(""), &text("SN")].concat());
        let data = [1, 2, 3, 4];
        let mut record = vec![0xc5, 0x82, 4, checksum(&data)];
        record.push(checksum(&record));
        record.extend(data);
        let mut header = vec![1, 0, 1, 0, 1 + (chassis.len() / 8) as u8];
        header.push(header[4] + (product.len() / 8) as u8);
        header.push(0);
        header.push(checksum(&header));
        let mut all = [header, chassis, product, record].concat();
        all.resize(size, 0);
        all
    }

    fn change(memory: &[u8], changes: &[(&str, &str)]) -> Result<Vec<u8>, FruEditError> {
        let changes: Vec<_> =
            changes.iter().map(|(field, text)| (field.parse().unwrap(), (*text).to_owned())).collect();
        edit(memory, &changes)
    }

    #[test]
    fn a_field_changes_and_the_others_keep_their_bytes() {
        let before = memory(256);
        let after = change(&before, &[("product.serial-number", "XY")]).unwrap();
        assert_eq!(after.len(), before.len());
        let read = Inventory::decode(&after).unwrap();
        assert_eq!((read.defects.len(), read.records.len()), (0, 1));
        let product = read.product.unwrap();
        assert_eq!((product.serial_number.as_str(), product.product_name.as_str()), (Some("XY"), Some("Server")));
        // The packed field is as it was, and so is everything in front of the area.
        let packed = |bytes: &[u8]| bytes.windows(3).any(|three| three == [0x82, 0x29, 0xdc]);
        assert!(packed(&before) && packed(&after));
        assert_eq!(before[..24], after[..24]);
        assert_eq!(change(&after, &[("product.serial-number", "SN")]).unwrap(), before);
    }

    #[test]
    fn what_grows_moves_what_is_behind_it() {
        let long = "a serial number that is a good deal longer than it was";
        let after = change(&memory(256), &[("chassis.serial-number", long), ("chassis.extra1", "x")]).unwrap();
        let read = Inventory::decode(&after).unwrap();
        assert_eq!((read.defects.len(), read.records.len()), (0, 1), "{read:?}");
        let chassis = read.chassis.unwrap();
        assert_eq!((chassis.chassis_type, chassis.serial_number.as_str()), (0x17, Some(long)));
        assert_eq!(chassis.custom.iter().map(Text::to_string).collect::<Vec<_>>(), ["x"]);
        assert_eq!(read.product.unwrap().product_name.as_str(), Some("Server"));
    }

    #[test]
    fn nothing_is_written_that_would_not_be_right() {
        let before = memory(256);
        let long = "x".repeat(63);
        assert!(matches!(change(&memory(80), &[("chassis.serial-number", &long)]), Err(FruEditError::NoRoom { .. })));
        let mut taken = memory(256);
        taken[90] = 7;
        assert!(matches!(change(&taken, &[("chassis.serial-number", &long)]), Err(FruEditError::NoRoom { .. })));
        assert_eq!(change(&before, &[("board.serial-number", "x")]), Err(FruEditError::NoArea(FruArea::Board)));
        let third = "chassis.extra3".parse().unwrap();
        assert_eq!(change(&before, &[("chassis.extra3", "x")]), Err(FruEditError::NoField(third)));
        for text in ["x".repeat(64).as_str(), "日本"] {
            assert!(matches!(change(&before, &[("product.name", text)]), Err(FruEditError::NotStorable(_))));
        }
        let mut damaged = before.clone();
        damaged[12] ^= 1;
        assert_eq!(change(&damaged, &[("product.name", "x")]), Err(FruEditError::Damaged("chassis area")));
        damaged[0] = 0;
        assert_eq!(change(&damaged, &[("product.name", "x")]), Err(FruEditError::Damaged("common header")));
    }

    #[test]
    fn fields_are_named_and_the_error_names_them() {
        for name in ["board.file-id", "product.asset-tag", "chassis.extra2"] {
            assert_eq!(name.parse::<FruField>().unwrap().to_string(), name);
        }
        for name in ["product", "product.extra0", "product.extra", "spoon.name", "board.extra999"] {
            assert!(name.parse::<FruField>().unwrap_err().to_string().contains("product.asset-tag"), "{name}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_edited_or_refused(mut bytes: Vec<u8>, fix: bool, value in "[ -~]{0,70}") {
            if fix && bytes.len() >= 8 {
                (bytes[0], bytes[7]) = (1, 0);
                bytes[7] = checksum(&bytes[..8]);
            }
            for name in ["chassis.serial-number", "board.extra1", "product.asset-tag"] {
                if let Ok(after) = edit(&bytes, &[(name.parse().unwrap(), value.clone())]) {
                    prop_assert_eq!(after.len(), bytes.len());
                }
            }
        }

        #[test]
        fn a_text_that_fits_is_read_back(value in "[!-~]{2,60}") {
            let after = change(&memory(512), &[("product.asset-tag", &value), ("chassis.part-number", &value)]).unwrap();
            let read = Inventory::decode(&after).unwrap();
            prop_assert_eq!(read.defects.len(), 0);
            let (product, chassis) = (read.product.unwrap(), read.chassis.unwrap());
            prop_assert_eq!(product.asset_tag.as_str(), Some(value.as_str()));
            prop_assert_eq!(chassis.part_number.as_str(), Some(value.as_str()));
            prop_assert_eq!(product.product_name.as_str(), Some("Server"));
        }
    }
}
