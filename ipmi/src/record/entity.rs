//! Entities (IPMI 2.0, table 43-13): the physical or logical things that sensors and FRUs belong to.

use std::fmt;

/// What kind of thing something belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EntityId(pub u8);

const NAMES: [&str; 56] = [
    "unspecified",
    "other",
    "unknown",
    "processor",
    "disk or disk bay",
    "peripheral bay",
    "system management module",
    "system board",
    "memory module",
    "processor module",
    "power supply",
    "add-in card",
    "front panel board",
    "back panel board",
    "power system board",
    "drive backplane",
    "system internal expansion board",
    "other system board",
    "processor board",
    "power unit",
    "power module",
    "power management board",
    "chassis back panel board",
    "system chassis",
    "sub-chassis",
    "other chassis board",
    "disk drive bay",
    "peripheral bay",
    "device bay",
    "fan device",
    "cooling unit",
    "cable or interconnect",
    "memory device",
    "system management software",
    "system firmware",
    "operating system",
    "system bus",
    "group",
    "remote management communication device",
    "external environment",
    "battery",
    "processing blade",
    "connectivity switch",
    "processor and memory module",
    "I/O module",
    "processor and I/O module",
    "management controller firmware",
    "IPMI channel",
    "PCI bus",
    "PCI Express bus",
    "SCSI bus",
    "SATA or SAS bus",
    "processor front-side bus",
    "real time clock",
    "reserved",
    "air inlet",
];

impl EntityId {
    /// Returns its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self.0 {
            0x40 => "air inlet",
            0x41 => "processor",
            0x42 => "baseboard",
            0x90..=0xaf => "chassis-specific entity",
            0xb0..=0xcf => "board-set-specific entity",
            0xd0..=0xff => "OEM entity",
            number => NAMES.get(usize::from(number)).copied().unwrap_or("reserved"),
        }
    }
}

impl fmt::Display for EntityId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One thing of a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Entity {
    /// Its kind.
    pub id: EntityId,
    /// Which one: 0 to 5Fh in the whole system, 60h to 7Fh within its controller.
    pub instance: u8,
    /// Whether it is a container of others instead of a thing of its own.
    pub logical: bool,
}

impl Entity {
    pub(crate) const fn new(id: u8, instance: u8) -> Self {
        Self { id: EntityId(id), instance: instance & 0x7f, logical: instance & 0x80 != 0 }
    }

    /// Returns whether the instance counts within its controller instead of the whole system.
    #[must_use]
    pub const fn is_device_relative(self) -> bool {
        self.instance >= 0x60
    }
}

impl fmt::Display for Entity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.id.0, self.instance)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_aligned() {
        for (number, name) in [
            (3, "processor"),
            (7, "system board"),
            (10, "power supply"),
            (29, "fan device"),
            (55, "air inlet"),
            (0x37, "air inlet"),
            (0x42, "baseboard"),
            (0xd5, "OEM entity"),
        ] {
            assert_eq!(EntityId(number).name(), name);
        }
    }
}
