//! Reading FRU inventories: only the areas that are there, in parts as large as the BMC gives.

use crate::command::CompletionCode;
use crate::command::fru::{FruInventoryAreaInfo, GetFruInventoryAreaInfo, ReadFruData};
use crate::record::fru::{CommonHeader, HEADER_LENGTH, Inventory};
use crate::{Client, Error};

const READING: &str = "reading an FRU inventory";
/// The parts that are tried, and the smallest that makes sense.
const FIRST_PART: u8 = 96;
const SMALLEST_PART: u8 = 8;
const MULTIRECORD_HEADER: usize = 5;
/// How often a busy device is asked again, and after how long.
const BUSY_TRIES: u32 = 20;
const BUSY_WAIT: std::time::Duration = std::time::Duration::from_millis(100);
const DEVICE_BUSY: u8 = 0x81;

impl Client {
    /// The inventory of an FRU device; 0 is the BMC's own, others are told by FRU locator records.
    ///
    /// # Errors
    /// As [`send`](Self::send), and when what is there isn't an inventory. What is wrong with single areas is among its
    /// defects.
    pub async fn fru(&self, device: u8) -> Result<Inventory, Error> {
        let info = self.send(&GetFruInventoryAreaInfo { device }).await?;
        let mut memory = Memory { client: self, device, info, part: FIRST_PART, bytes: Vec::new() };
        memory.fetch(0, HEADER_LENGTH).await?;
        let (header, _) = CommonHeader::decode(&memory.bytes)
            .map_err(|malformed| Error::malformed(READING, malformed).at(self.peer()))?;
        for at in [header.chassis, header.board, header.product].into_iter().flatten() {
            memory.fetch(at, HEADER_LENGTH).await?;
            let length = memory.bytes.get(at.saturating_add(1)).map_or(0, |length| usize::from(*length) * 8);
            memory.fetch(at, length).await?;
        }
        if let Some(at) = header.multirecord {
            memory.fetch_records(at).await?;
        }
        Inventory::decode(&memory.bytes).map_err(|malformed| Error::malformed(READING, malformed).at(self.peer()))
    }

    /// The whole memory of an FRU device, byte by byte.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub async fn fru_bytes(&self, device: u8) -> Result<Vec<u8>, Error> {
        let info = self.send(&GetFruInventoryAreaInfo { device }).await?;
        let mut memory = Memory { client: self, device, info, part: FIRST_PART, bytes: Vec::new() };
        memory.fetch(0, usize::from(info.size)).await?;
        Ok(memory.bytes)
    }
}

/// An FRU's memory as far as it was read; what was skipped is zero.
struct Memory<'a> {
    client: &'a Client,
    device: u8,
    info: FruInventoryAreaInfo,
    part: u8,
    bytes: Vec<u8>,
}

impl Memory<'_> {
    /// Reads `length` bytes from `at` on, as far as the memory goes.
    async fn fetch(&mut self, at: usize, length: usize) -> Result<(), Error> {
        let end = at.saturating_add(length).min(usize::from(self.info.size));
        let mut at = at;
        if self.info.by_words {
            at &= !1;
        }
        while at < end {
            let data = self.read(at, end - at).await?;
            if data.is_empty() {
                break;
            }
            let after = at.saturating_add(data.len());
            if self.bytes.len() < after {
                self.bytes.resize(after, 0);
            }
            if let Some(place) = self.bytes.get_mut(at..after) {
                place.copy_from_slice(&data);
            }
            at = after;
        }
        Ok(())
    }

    async fn fetch_records(&mut self, mut at: usize) -> Result<(), Error> {
        loop {
            self.fetch(at, MULTIRECORD_HEADER).await?;
            let header = at.checked_add(MULTIRECORD_HEADER).and_then(|end| self.bytes.get(at..end));
            let Some([_, format, length, ..]) = header else {
                return Ok(());
            };
            let (last, length) = (format & 0x80 != 0, usize::from(*length));
            let data = at.saturating_add(MULTIRECORD_HEADER);
            self.fetch(data, length).await?;
            at = data.saturating_add(length);
            if last {
                return Ok(());
            }
        }
    }

    async fn read(&mut self, at: usize, length: usize) -> Result<Vec<u8>, Error> {
        let unit = if self.info.by_words { 2 } else { 1 };
        let mut busy = 0;
        loop {
            let count = length.div_ceil(unit).min(usize::from(self.part) / unit).max(1);
            let command = ReadFruData {
                device: self.device,
                offset: u16::try_from(at / unit).unwrap_or(u16::MAX),
                count: u8::try_from(count).unwrap_or(self.part),
            };
            match self.client.send(&command).await {
                Ok(mut data) => {
                    data.truncate(count * unit);
                    return Ok(data);
                }
                Err(error)
                    if error.completion_code().is_some_and(CompletionCode::is_too_many_bytes)
                        && self.part > SMALLEST_PART =>
                {
                    self.part = (self.part / 2).max(SMALLEST_PART);
                }
                Err(error)
                    if error.completion_code().is_some_and(|code| code.number() == DEVICE_BUSY)
                        && busy < BUSY_TRIES =>
                {
                    busy += 1;
                    tokio::time::sleep(BUSY_WAIT).await;
                }
                Err(error) => return Err(error),
            }
        }
    }
}
