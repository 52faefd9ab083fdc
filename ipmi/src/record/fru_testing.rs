//! Builds areas and fields of inventories for tests.

use super::fru::END_OF_FIELDS;
use crate::packet::checksum;

/// Returns an area with these fields.
pub(super) fn area(contents: &[u8]) -> Vec<u8> {
    let mut area = [&[1, 0], contents, &[END_OF_FIELDS]].concat();
    area.resize((area.len() + 1).div_ceil(8) * 8 - 1, 0);
    area[1] = ((area.len() + 1) / 8) as u8;
    area.push(checksum(&area));
    area
}

/// Returns a field of plain text.
pub(super) fn text(text: &str) -> Vec<u8> {
    [&[0xc0 | text.len() as u8], text.as_bytes()].concat()
}
