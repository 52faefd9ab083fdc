//! FRU inventory devices as commands (IPMI 2.0, chapter 34). Which parts to read is `service::fru`'s; what they say is
//! `record::fru`'s.

use super::command;

/// Asks how large an FRU's memory is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GetFruInventoryAreaInfo {
    /// The FRU's ID.
    pub device: u8,
}

/// The memory of an FRU.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FruInventoryAreaInfo {
    /// Its size in bytes.
    pub size: u16,
    /// Whether offsets and counts are in words of two bytes.
    pub by_words: bool,
}

command!(GetFruInventoryAreaInfo, "Get FRU Inventory Area Info", STORAGE 0x10, Reads -> FruInventoryAreaInfo,
    |this, out| out.push(this.device),
    |reader| FruInventoryAreaInfo { size: reader.u16()?, by_words: reader.u8()? & 1 != 0 });

/// Reads a part of an FRU's memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadFruData {
    /// The FRU's ID.
    pub device: u8,
    /// From where on, in bytes or words.
    pub offset: u16,
    /// How many bytes or words.
    pub count: u8,
}

command!(ReadFruData, "Read FRU Data", STORAGE 0x11, Reads -> Vec<u8>,
    |this, out| {
        out.push(this.device);
        out.extend(this.offset.to_le_bytes());
        out.push(this.count);
    },
    |reader| {
        reader.u8()?; // how many were returned, in bytes or words: the data themselves show it
        reader.take_rest().to_vec()
    },
    0x81 => "the FRU device is busy");

/// Writes a part of an FRU's memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WriteFruData {
    /// The FRU's ID.
    pub device: u8,
    /// From where on, in bytes or words.
    pub offset: u16,
    /// The bytes.
    pub data: Vec<u8>,
}

command!(WriteFruData, "Write FRU Data", STORAGE 0x12, Changes -> u8,
    |this, out| {
        out.push(this.device);
        out.extend(this.offset.to_le_bytes());
        out.extend(&this.data);
    },
    |reader| reader.u8()?,
    0x80 => "this part is write-protected",
    0x81 => "the FRU device is busy");
