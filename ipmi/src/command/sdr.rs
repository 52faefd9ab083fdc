//! The SDR repository and the device SDRs of satellite controllers, as commands (IPMI 2.0, chapters 33 and 35). Reading
//! whole records in the right order is `service::sdr`'s; what they say is `record::sdr`'s.

use super::command;

/// Where records are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SdrSource {
    /// The SDR repository of a BMC.
    Repository,
    /// The device SDRs of a controller that describes its own sensors.
    Device,
}

/// The first record's ID, in requests.
pub const FIRST_RECORD: u16 = 0x0000;
/// The last record's ID in requests; in answers, that there is no next record.
pub const LAST_RECORD: u16 = 0xffff;

/// Asks about the SDR repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GetSdrRepositoryInfo;

/// The state of the SDR repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SdrRepositoryInfo {
    /// Version of the format, 51h.
    pub version: u8,
    /// How many records there are.
    pub records: u16,
    /// Free space in bytes; FFFFh is unspecified, FFFEh that much or more.
    pub free: u16,
    /// When a record was last added.
    pub last_addition: u32,
    /// When a record was last erased.
    pub last_erase: u32,
    /// Overflow, update modes, and which optional commands there are.
    pub operations: u8,
}

command!(GetSdrRepositoryInfo, "Get SDR Repository Info", STORAGE 0x20, Reads -> SdrRepositoryInfo, |_t, _out| (),
|reader| SdrRepositoryInfo {
    version: reader.u8()?,
    records: reader.u16()?,
    free: reader.u16()?,
    last_addition: reader.u32()?,
    last_erase: reader.u32()?,
    operations: reader.u8()?,
});

/// Reserves the repository for partial reads; it ends other reservations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReserveSdrRepository;

command!(ReserveSdrRepository, "Reserve SDR Repository", STORAGE 0x22, Reads -> u16, |_t, _out| (), |reader| reader.u16()?);

/// Reserves device SDRs for partial reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReserveDeviceSdrRepository;

command!(ReserveDeviceSdrRepository, "Reserve Device SDR Repository", SENSOR_EVENT 0x22, Reads -> u16,
    |_t, _out| (), |reader| reader.u16()?);

/// Which part of which record is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SdrPart {
    /// A reservation; zero will do for reads from offset zero.
    pub reservation: u16,
    /// The record.
    pub record: u16,
    /// From which byte on.
    pub offset: u8,
    /// How many bytes; FFh for the whole record.
    pub count: u8,
}

impl SdrPart {
    fn encode(self, out: &mut Vec<u8>) {
        out.extend(self.reservation.to_le_bytes());
        out.extend(self.record.to_le_bytes());
        out.extend([self.offset, self.count]);
    }
}

/// Asks for a part of a record of the repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GetSdr(pub SdrPart);

/// Asks for a part of a device SDR.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GetDeviceSdr(pub SdrPart);

/// A part of a record, and the ID of the next record.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SdrData {
    /// The next record, or [`LAST_RECORD`].
    pub next: u16,
    /// The bytes.
    pub data: Vec<u8>,
}

command!(GetSdr, "Get SDR", STORAGE 0x23, Reads -> SdrData, |this, out| this.0.encode(out),
    |reader| SdrData { next: reader.u16()?, data: reader.take_rest().to_vec() });
command!(GetDeviceSdr, "Get Device SDR", SENSOR_EVENT 0x21, Reads -> SdrData, |this, out| this.0.encode(out),
    |reader| SdrData { next: reader.u16()?, data: reader.take_rest().to_vec() },
    0x80 => "the record changed while it was read");

#[cfg(test)]
mod tests {
    use super::super::Command;
    use super::*;

    #[test]
    fn a_part_is_asked_for_by_reservation_record_offset_and_count() {
        let mut data = Vec::new();
        GetSdr(SdrPart { reservation: 0x0102, record: 0x0304, offset: 5, count: 16 }).encode(&mut data);
        assert_eq!(data, [2, 1, 4, 3, 5, 16]);
    }

    #[test]
    fn repository_info_is_read() {
        let data = [0x51, 5, 0, 0xff, 0xff, 1, 0, 0, 0, 2, 0, 0, 0, 0x2f];
        let info = GetSdrRepositoryInfo.decode(&data).unwrap();
        assert_eq!((info.records, info.last_erase, info.operations), (5, 2, 0x2f));
    }
}
