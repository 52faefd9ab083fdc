//! The system event log as commands (IPMI 2.0, chapter 31). Walking and clearing it is `service::sel`'s; what entries say
//! is `record::sel`'s.

use super::command;
use crate::record::sel::{Entry, Timestamp};

/// The first entry's ID, in requests.
pub const FIRST_ENTRY: u16 = 0x0000;
/// The last entry's ID in requests; in answers, that there is no next entry.
pub const LAST_ENTRY: u16 = 0xffff;

/// Asks about the event log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GetSelInfo;

/// The state of the event log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SelInfo {
    /// Version of the format, 51h.
    pub version: u8,
    /// How many entries there are.
    pub entries: u16,
    /// Free space in bytes; FFFFh is that much or more.
    pub free: u16,
    /// When an entry was last added.
    pub last_addition: Timestamp,
    /// When entries were last erased.
    pub last_erase: Timestamp,
    /// Whether events were lost because the log was full.
    pub overflow: bool,
    /// Whether single entries can be deleted.
    pub supports_delete: bool,
    /// Whether the log can be reserved.
    pub supports_reserve: bool,
}

command!(GetSelInfo, "Get SEL Info", STORAGE 0x40, Reads -> SelInfo, |_t, _out| (), |reader| {
    let (version, entries, free) = (reader.u8()?, reader.u16()?, reader.u16()?);
    let (last_addition, last_erase) = (Timestamp(reader.u32()?), Timestamp(reader.u32()?));
    let operations = reader.u8()?;
    SelInfo {
        version,
        entries,
        free,
        last_addition,
        last_erase,
        overflow: operations & 0x80 != 0,
        supports_delete: operations & 0x08 != 0,
        supports_reserve: operations & 0x02 != 0,
    }
}, 0x81 => "the event log is being erased");

/// Asks how the log's memory is divided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GetSelAllocation;

/// How the log's memory is divided (section 31.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SelAllocation {
    /// How many units of memory there are; zero is not specified.
    pub units: u16,
    /// The size of a unit in bytes; zero is not specified.
    pub unit_bytes: u16,
    /// How many units are free.
    pub free_units: u16,
    /// How many units the largest free block has.
    pub largest_free: u16,
    /// How many units the largest record takes.
    pub largest_record: u8,
}

command!(GetSelAllocation, "Get SEL Allocation Info", STORAGE 0x41, Reads -> SelAllocation, |_t, _out| (), |reader| {
    SelAllocation {
        units: reader.u16()?,
        unit_bytes: reader.u16()?,
        free_units: reader.u16()?,
        largest_free: reader.u16()?,
        largest_record: reader.u8()?,
    }
}, 0x81 => "the event log is being erased");

/// Reserves the log for deletions; it ends other reservations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReserveSel;

command!(ReserveSel, "Reserve SEL", STORAGE 0x42, Reads -> u16, |_t, _out| (), |reader| reader.u16()?,
    0x81 => "the event log is being erased");

/// Asks for an entry, or a part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GetSelEntry {
    /// A reservation; zero will do for reads from offset zero.
    pub reservation: u16,
    /// The entry's ID.
    pub entry: u16,
    /// From which byte on.
    pub offset: u8,
    /// How many bytes; FFh for the whole entry.
    pub count: u8,
}

impl GetSelEntry {
    /// Asks for a whole entry.
    #[must_use]
    pub const fn whole(entry: u16) -> Self {
        Self { reservation: 0, entry, offset: 0, count: 0xff }
    }
}

/// An entry or a part of it, and the ID of the next entry.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SelData {
    /// The next entry, or [`LAST_ENTRY`].
    pub next: u16,
    /// The bytes.
    pub data: Vec<u8>,
}

command!(GetSelEntry, "Get SEL Entry", STORAGE 0x43, Reads -> SelData,
    |this, out| {
        out.extend(this.reservation.to_le_bytes());
        out.extend(this.entry.to_le_bytes());
        out.extend([this.offset, this.count]);
    },
    |reader| SelData { next: reader.u16()?, data: reader.take_rest().to_vec() },
    0x81 => "the event log is being erased");

/// Adds an entry. The BMC gives it an ID and, for types that have one, a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddSelEntry(pub Entry);

command!(AddSelEntry, "Add SEL Entry", STORAGE 0x44, Changes -> u16, |this, out| out.extend(this.0.encode()),
    |reader| reader.u16()?,
    0x80 => "the BMC takes no entries of this type",
    0x81 => "the event log is being erased");

/// Deletes an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeleteSelEntry {
    /// A reservation.
    pub reservation: u16,
    /// The entry's ID.
    pub entry: u16,
}

command!(DeleteSelEntry, "Delete SEL Entry", STORAGE 0x46, Changes -> u16,
    |this, out| {
        out.extend(this.reservation.to_le_bytes());
        out.extend(this.entry.to_le_bytes());
    },
    |reader| reader.u16()?,
    0x80 => "entries of this type can't be deleted",
    0x81 => "the event log is being erased");

/// Begins to erase the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClearSel {
    /// A reservation.
    pub reservation: u16,
}

/// Asks how far erasing the log is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GetSelErasure {
    /// The reservation with which it was begun.
    pub reservation: u16,
}

fn clear(reservation: u16, step: u8, out: &mut Vec<u8>) {
    out.extend(reservation.to_le_bytes());
    out.extend(b"CLR");
    out.push(step);
}

command!(ClearSel, "Clear SEL", STORAGE 0x47, Changes -> bool,
    |this, out| clear(this.reservation, 0xaa, out), |reader| reader.u8()? & 0x0f == 1);
command!(GetSelErasure, "Clear SEL", STORAGE 0x47, Reads -> bool,
    |this, out| clear(this.reservation, 0, out), |reader| reader.u8()? & 0x0f == 1);

/// Asks for the time by the log's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GetSelTime;

/// Sets the log's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SetSelTime(pub Timestamp);

command!(GetSelTime, "Get SEL Time", STORAGE 0x48, Reads -> Timestamp, |_t, _out| (), |reader| Timestamp(reader.u32()?));
command!(SetSelTime, "Set SEL Time", STORAGE 0x49, Changes -> (),
    |this, out| out.extend(this.0.0.to_le_bytes()), |_reader| ());

/// Asks by how many minutes the log's clock is ahead of UTC; `None` when that isn't specified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GetSelTimeUtcOffset;

command!(GetSelTimeUtcOffset, "Get SEL Time UTC Offset", STORAGE 0x5c, Reads -> Option<i16>, |_t, _out| (), |reader| {
    const UNSPECIFIED: i16 = 0x07ff;
    Some(reader.u16()?.cast_signed()).filter(|minutes| *minutes != UNSPECIFIED)
});

/// Sets by how many minutes the log's clock is ahead of UTC; `None` for not specified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SetSelTimeUtcOffset(pub Option<i16>);

command!(SetSelTimeUtcOffset, "Set SEL Time UTC Offset", STORAGE 0x5d, Changes -> (),
    |this, out| out.extend(this.0.unwrap_or(0x07ff).to_le_bytes()), |_reader| ());

#[cfg(test)]
mod tests {
    use super::super::{Command, Effect};
    use super::*;

    #[test]
    fn clearing_is_one_command_in_two_steps_of_which_one_only_reads() {
        let mut data = Vec::new();
        ClearSel { reservation: 0x0201 }.encode(&mut data);
        assert_eq!(data, [1, 2, b'C', b'L', b'R', 0xaa]);
        assert_eq!(ClearSel { reservation: 1 }.effect(), Effect::Changes);
        assert_eq!(GetSelErasure { reservation: 1 }.effect(), Effect::Reads);
        assert_eq!(GetSelErasure { reservation: 1 }.decode(&[0xf1]), Ok(true));
    }

    #[test]
    fn an_entry_comes_with_the_id_of_the_next() {
        let mut data = vec![3, 0];
        data.extend([2, 0, 0xe0]);
        data.extend([7; 13]);
        let found = GetSelEntry::whole(2).decode(&data).unwrap();
        let entry = Entry::decode(&found.data).unwrap();
        assert_eq!((found.next, entry.id, entry.record_type), (3, 2, 0xe0));
        let mut sent = Vec::new();
        GetSelEntry::whole(2).encode(&mut sent);
        assert_eq!(sent, [0, 0, 2, 0, 0, 0xff]);
    }

    #[test]
    fn an_unspecified_offset_is_none() {
        assert_eq!(GetSelTimeUtcOffset.decode(&[0xff, 0x07]), Ok(None));
        assert_eq!(GetSelTimeUtcOffset.decode(&[0xc4, 0xff]), Ok(Some(-60)));
        let mut sent = Vec::new();
        SetSelTimeUtcOffset(None).encode(&mut sent);
        SetSelTimeUtcOffset(Some(-60)).encode(&mut sent);
        assert_eq!(sent, [0xff, 0x07, 0xc4, 0xff]);
    }

    #[test]
    fn the_allocation_is_read_whole_or_not_at_all() {
        let data = [0, 2, 16, 0, 0xfe, 1, 0xfd, 1, 1];
        let found = GetSelAllocation.decode(&data).unwrap();
        assert_eq!((found.units, found.unit_bytes, found.free_units, found.largest_free), (512, 16, 510, 509));
        assert!(GetSelAllocation.decode(&data[..8]).is_err());
    }
}
