//! Boot options (IPMI 2.0, sections 28.12 and 28.13): from which device the system starts, how, and for how long that
//! holds. `service::chassis` writes them in the right order.

use super::command;

/// A device to start from (table 28-14, parameter 5, data 2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum BootDevice {
    /// No override: the BIOS decides.
    None,
    /// PXE.
    Pxe,
    /// The default hard drive.
    Disk,
    /// The default hard drive in safe mode.
    SafeModeDisk,
    /// The diagnostic partition.
    Diagnostic,
    /// CD or DVD.
    Cd,
    /// The BIOS's setup.
    BiosSetup,
    /// A remotely connected floppy or primary removable medium.
    RemoteFloppy,
    /// A remotely connected CD or DVD.
    RemoteCd,
    /// Primary remote medium.
    RemotePrimary,
    /// A remotely connected hard drive.
    RemoteDisk,
    /// Floppy or primary removable medium, such as USB.
    Floppy,
    /// A value that the specification reserves.
    Other(u8),
}

impl BootDevice {
    const NUMBERS: [(Self, u8); 12] = [
        (Self::None, 0),
        (Self::Pxe, 1),
        (Self::Disk, 2),
        (Self::SafeModeDisk, 3),
        (Self::Diagnostic, 4),
        (Self::Cd, 5),
        (Self::BiosSetup, 6),
        (Self::RemoteFloppy, 7),
        (Self::RemoteCd, 8),
        (Self::RemotePrimary, 9),
        (Self::RemoteDisk, 11),
        (Self::Floppy, 15),
    ];

    /// Returns the device's number.
    #[must_use]
    pub fn number(self) -> u8 {
        match self {
            Self::Other(number) => number & 0x0f,
            known => Self::NUMBERS.iter().find(|(device, _)| *device == known).map_or(0, |(_, number)| *number),
        }
    }

    /// Returns the device with this number.
    #[must_use]
    pub fn from_number(number: u8) -> Self {
        let number = number & 0x0f;
        Self::NUMBERS.iter().find(|(_, known)| *known == number).map_or(Self::Other(number), |(device, _)| *device)
    }
}

/// The boot flags: parameter 5, all five bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BootFlags {
    /// Whether the flags are valid. The BIOS, or the BMC after a minute, clears it.
    pub valid: bool,
    /// Whether they apply to all future starts instead of only the next one.
    pub persistent: bool,
    /// Whether an EFI boot is wanted instead of a legacy one.
    pub efi: bool,
    /// Whether the CMOS is to be cleared.
    pub clear_cmos: bool,
    /// Whether the keyboard is to be locked.
    pub lock_keyboard: bool,
    /// The device.
    pub device: BootDevice,
    /// Whether the screen is to stay blank.
    pub screen_blank: bool,
    /// Whether the reset button is to be locked.
    pub lock_reset: bool,
    /// Lockouts, verbosity, password bypass, event traps and console redirection: data 3 as received.
    pub data3: u8,
    /// BIOS overrides: data 4 as received.
    pub data4: u8,
    /// Device instance: data 5 as received.
    pub data5: u8,
}

impl BootFlags {
    /// Creates flags that ask for a device, and nothing else.
    #[must_use]
    pub const fn device(device: BootDevice, persistent: bool, efi: bool) -> Self {
        Self {
            valid: true,
            persistent,
            efi,
            clear_cmos: false,
            lock_keyboard: false,
            device,
            screen_blank: false,
            lock_reset: false,
            data3: 0,
            data4: 0,
            data5: 0,
        }
    }

    /// Describes what differs from the flags that were asked for, if anything does.
    pub(crate) fn contradiction(&self, asked: &Self) -> Option<String> {
        if !asked.valid || asked.device == BootDevice::None {
            // Flags that aren't valid don't select a device, whatever else they say.
            let overrides = self.valid && self.device != asked.device;
            return overrides.then(|| format!("the boot device is {:?}", self.device));
        }
        let kind = |efi: bool| if efi { "EFI" } else { "legacy" };
        let lasts = |persistent: bool| if persistent { "every start" } else { "the next start" };
        // Some BMCs report the device that was asked for, but not that the flags are valid.
        if !self.valid && self.device != asked.device {
            Some("no boot device is in force".to_owned())
        } else if self.device != asked.device {
            Some(format!("the boot device is {:?}", self.device))
        } else if self.persistent != asked.persistent {
            Some(format!("it holds for {}", lasts(self.persistent)))
        } else if self.efi != asked.efi {
            Some(format!("it asks for a {} boot", kind(self.efi)))
        } else {
            None
        }
    }

    /// Reads the five bytes of the parameter.
    #[must_use]
    pub fn decode(bytes: [u8; 5]) -> Self {
        let [first, second, data3, data4, data5] = bytes;
        Self {
            valid: first & 0x80 != 0,
            persistent: first & 0x40 != 0,
            efi: first & 0x20 != 0,
            clear_cmos: second & 0x80 != 0,
            lock_keyboard: second & 0x40 != 0,
            device: BootDevice::from_number(second >> 2),
            screen_blank: second & 0x02 != 0,
            lock_reset: second & 0x01 != 0,
            data3,
            data4,
            data5,
        }
    }

    /// Returns the five bytes of the parameter.
    #[must_use]
    pub fn encode(&self) -> [u8; 5] {
        let bit = |on: bool, bit: u32| u8::from(on) << bit;
        [
            bit(self.valid, 7) | bit(self.persistent, 6) | bit(self.efi, 5),
            bit(self.clear_cmos, 7)
                | bit(self.lock_keyboard, 6)
                | self.device.number() << 2
                | bit(self.screen_blank, 1)
                | bit(self.lock_reset, 0),
            self.data3,
            self.data4,
            self.data5,
        ]
    }
}

/// The parameters of table 28-14 that this library uses; any other number may be asked for as well.
pub mod parameter {
    /// Set in progress.
    pub const SET_IN_PROGRESS: u8 = 0;
    /// BMC boot flag valid bit clearing.
    pub const VALID_BIT_CLEARING: u8 = 3;
    /// Boot info acknowledge.
    pub const BOOT_INFO_ACKNOWLEDGE: u8 = 4;
    /// Boot flags.
    pub const BOOT_FLAGS: u8 = 5;
}

/// Asks for a boot option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GetBootOptions {
    /// The parameter's number.
    pub parameter: u8,
}

/// A boot option as received.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BootOption {
    /// The parameter's number.
    pub parameter: u8,
    /// Whether the BMC marked it as invalid or locked.
    pub invalid: bool,
    /// Its value.
    pub data: Vec<u8>,
}

command!(GetBootOptions, "Get System Boot Options", CHASSIS 0x09, Reads -> BootOption,
    |this, out| out.extend([this.parameter & 0x7f, 0, 0]),
    |reader| {
        let [_version, parameter] = reader.array()?;
        BootOption { parameter: parameter & 0x7f, invalid: parameter & 0x80 != 0, data: reader.take_rest().to_vec() }
    },
    0x80 => "the BMC doesn't have this boot option");

/// Sets a boot option.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetBootOptions {
    /// The parameter's number.
    pub parameter: u8,
    /// Its value.
    pub data: Vec<u8>,
}

command!(SetBootOptions, "Set System Boot Options", CHASSIS 0x08, Changes -> (),
    |this, out| {
        out.push(this.parameter & 0x7f);
        out.extend(&this.data);
    },
    |_reader| (),
    0x80 => "the BMC doesn't have this boot option",
    0x81 => "another party is setting boot options",
    0x82 => "the boot option can't be written");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_for_a_device_are_the_bytes_that_are_known_to_work() {
        assert_eq!(BootFlags::device(BootDevice::Pxe, false, false).encode(), [0x80, 0x04, 0, 0, 0]);
        assert_eq!(BootFlags::device(BootDevice::Disk, true, true).encode(), [0xe0, 0x08, 0, 0, 0]);
        assert_eq!(BootFlags::device(BootDevice::BiosSetup, false, true).encode(), [0xa0, 0x18, 0, 0, 0]);
    }

    #[test]
    fn flags_that_are_not_as_asked_say_in_what() {
        let asked = BootFlags::device(BootDevice::Pxe, false, true);
        assert_eq!(asked.contradiction(&asked), None);
        let none = BootFlags::device(BootDevice::None, false, false);
        assert_eq!(BootFlags { valid: false, ..asked }.contradiction(&none), None);
        assert_eq!(
            BootFlags { valid: false, ..asked }.contradiction(&asked),
            None,
            "some BMCs leave the valid bit out"
        );
        for (read, text) in [
            (BootFlags { valid: false, device: BootDevice::Disk, ..asked }, "no boot device"),
            (BootFlags { device: BootDevice::Disk, ..asked }, "Disk"),
            (BootFlags { persistent: true, ..asked }, "every start"),
            (BootFlags { efi: false, ..asked }, "legacy"),
        ] {
            assert!(read.contradiction(&asked).unwrap().contains(text), "{read:?}");
        }
        assert!(asked.contradiction(&none).is_some());
    }

    proptest::proptest! {
        #[test]
        fn flags_keep_every_defined_bit(bytes: [u8; 5]) {
            let [first, ..] = bytes;
            let mut expected = bytes;
            expected[0] = first & 0xe0;
            proptest::prop_assert_eq!(BootFlags::decode(bytes).encode(), expected);
        }
    }
}
