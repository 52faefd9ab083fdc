//! The system event log: 16-byte records in order, their ids, and the erase, which takes a while.
//! The meaning of the events is left to the reader.

use std::time::Duration;

/// The bytes of one SEL entry (IPMI 2.0 section 32).
pub type Record = [u8; 16];

/// The system event log.
#[derive(Clone, Debug)]
pub struct Sel {
    pub(crate) entries: Vec<(u16, Record)>,
    next_id: u16,
    /// How many entries there is room for.
    pub capacity: u16,
    /// How long an erase takes.
    pub erase_takes: Duration,
    /// Machine time at which the erase under way is finished.
    pub(crate) erased_at: Duration,
    /// An entry was refused because the log is full.
    pub(crate) overflow: bool,
    pub(crate) added_at: u32,
    pub(crate) deleted_at: u32,
}

impl Default for Sel {
    fn default() -> Self {
        Self {
            entries: Vec::new(),
            next_id: 1,
            capacity: 512,
            erase_takes: Duration::from_millis(20),
            erased_at: Duration::ZERO,
            overflow: false,
            added_at: 0,
            deleted_at: 0,
        }
    }
}

impl Sel {
    /// Returns the entries, in order, with their record ids.
    pub fn entries(&self) -> impl Iterator<Item = &Record> {
        self.entries.iter().map(|(_, record)| record)
    }

    /// Returns how many entries there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Returns whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Appends a record, replacing its id and, if its type has one, its timestamp. `None` if the log is full.
    pub(crate) fn add(&mut self, mut record: Record, time: u32) -> Option<u16> {
        if self.entries.len() >= usize::from(self.capacity) {
            self.overflow = true;
            return None;
        }
        let [_, _, kind, ..] = record;
        if kind < 0xE0
            && let Some(stamp) = record.get_mut(3..7)
        {
            stamp.copy_from_slice(&time.to_le_bytes());
        }
        self.push(record, time)
    }

    /// Appends a record with its own timestamp, as for the log's initial contents.
    pub fn seed(&mut self, record: Record) {
        let [_, _, _, a, b, c, d, ..] = record;
        self.push(record, u32::from_le_bytes([a, b, c, d]));
    }

    fn push(&mut self, mut record: Record, time: u32) -> Option<u16> {
        let id = self.next_id;
        // 0000h and FFFFh stand for "first" and "last".
        self.next_id = if id >= 0xFFFE { 1 } else { id + 1 };
        if let Some(bytes) = record.get_mut(..2) {
            bytes.copy_from_slice(&id.to_le_bytes());
        }
        self.added_at = time;
        self.entries.push((id, record));
        Some(id)
    }

    /// Returns the entry with this id (0000h first, FFFFh last) and the id after it.
    pub(crate) fn get(&self, id: u16) -> Option<(u16, Record, u16)> {
        let index = match id {
            0 => 0,
            0xFFFF => self.entries.len().checked_sub(1)?,
            id => self.entries.iter().position(|(at, _)| *at == id)?,
        };
        let (id, record) = *self.entries.get(index)?;
        let next = self.entries.get(index + 1).map_or(0xFFFF, |(next, _)| *next);
        Some((id, record, next))
    }

    pub(crate) fn delete(&mut self, id: u16, time: u32) -> Option<u16> {
        let (id, ..) = self.get(id)?;
        self.entries.retain(|(at, _)| *at != id);
        self.deleted_at = time;
        Some(id)
    }

    pub(crate) fn clear(&mut self, now: Duration, time: u32) {
        self.entries.clear();
        self.overflow = false;
        self.deleted_at = time;
        self.erased_at = now + self.erase_takes;
    }
}

/// Returns a system event record (type 02h): time, generator 20h, the sensor and three bytes of event data.
#[must_use]
pub fn system_event(time: u32, kind: u8, sensor: u8, direction_and_type: u8, data: [u8; 3]) -> Record {
    let [a, b, c, d] = time.to_le_bytes();
    let [one, two, three] = data;
    [0, 0, 2, a, b, c, d, 0x20, 0, 4, kind, sensor, direction_and_type, one, two, three]
}

/// Returns an OEM record with a timestamp (types C0h-DFh): manufacturer and six bytes.
#[must_use]
pub fn oem_timestamped(kind: u8, time: u32, manufacturer: u32, data: [u8; 6]) -> Record {
    let [a, b, c, d] = time.to_le_bytes();
    let [low, middle, high, _] = manufacturer.to_le_bytes();
    let [d1, d2, d3, d4, d5, d6] = data;
    [0, 0, kind, a, b, c, d, low, middle, high, d1, d2, d3, d4, d5, d6]
}

/// Returns an OEM record without a timestamp (types E0h-FFh): thirteen bytes.
#[must_use]
pub fn oem_plain(kind: u8, data: [u8; 13]) -> Record {
    let mut record = [0; 16];
    let [_, _, k, rest @ ..] = &mut record;
    *k = kind;
    *rest = data;
    record
}
