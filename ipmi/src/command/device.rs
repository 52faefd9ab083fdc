//! What a BMC says about itself (IPMI 2.0, chapter 20): device ID and firmware, self test, GUIDs, resets; and the names
//! that System Info parameters (section 22.14) keep for the host.

use std::fmt;

use super::{Malformed, Reader, command};

/// Asks for [`DeviceId`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GetDeviceId;

/// Who made the controller, what it runs and what it can do.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeviceId {
    /// Device ID, chosen by the manufacturer.
    pub device_id: u8,
    /// Device revision, 0 to 15.
    pub device_revision: u8,
    /// Whether the controller provides SDRs of its own.
    pub provides_device_sdrs: bool,
    /// Whether the device works normally; false while it updates or initializes itself.
    pub available: bool,
    /// Firmware and IPMI versions.
    pub firmware: FirmwareVersion,
    /// Major and minor version of IPMI.
    pub ipmi_version: (u8, u8),
    /// What the device is able to do.
    pub support: DeviceSupport,
    /// The manufacturer's IANA enterprise number, 20 bits.
    pub manufacturer_id: u32,
    /// Product ID, chosen by the manufacturer.
    pub product_id: u16,
}

/// The firmware revision of a controller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FirmwareVersion {
    /// Major revision, 0 to 127.
    pub major: u8,
    /// Minor revision: two BCD digits as they came.
    pub minor: u8,
    /// Auxiliary revision bytes, for some vendors the rest of the version.
    pub auxiliary: Option<[u8; 4]>,
}

impl fmt::Display for FirmwareVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:02x}", self.major, self.minor)
    }
}

/// The additional device support byte of [`DeviceId`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeviceSupport(pub u8);

macro_rules! support_bits {
    ($($(#[$doc:meta])* $name:ident = $bit:literal;)+) => {
        impl DeviceSupport {
            $($(#[$doc])* #[must_use] pub const fn $name(self) -> bool { self.0 & 1 << $bit != 0 })+
        }
    };
}

support_bits! {
    /// Whether it has sensors.
    sensor_device = 0;
    /// Whether it has the SDR repository.
    sdr_repository = 1;
    /// Whether it has the system event log.
    sel = 2;
    /// Whether it has FRU inventory.
    fru_inventory = 3;
    /// Whether it receives event messages on IPMB.
    ipmb_event_receiver = 4;
    /// Whether it generates event messages on IPMB.
    ipmb_event_generator = 5;
    /// Whether it bridges.
    bridge = 6;
    /// Whether it is a chassis device.
    chassis_device = 7;
}

impl DeviceId {
    /// Returns the manufacturer's name, for those that one meets on BMCs.
    #[must_use]
    pub const fn manufacturer(&self) -> Option<&'static str> {
        manufacturer_name(self.manufacturer_id)
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let [device_id, revision, major, minor, ipmi, support] = reader.array()?;
        let (manufacturer, product_id) = (reader.u24()?, reader.u16()?);
        let auxiliary = reader.array().ok();
        Ok(Self {
            device_id,
            device_revision: revision & 0x0f,
            provides_device_sdrs: revision & 0x80 != 0,
            available: major & 0x80 == 0,
            firmware: FirmwareVersion { major: major & 0x7f, minor, auxiliary },
            ipmi_version: (ipmi & 0x0f, ipmi >> 4),
            support: DeviceSupport(support),
            manufacturer_id: manufacturer & 0x000f_ffff,
            product_id,
        })
    }
}

command!(GetDeviceId, "Get Device ID", APP 0x01, Reads -> DeviceId, |_t, _out| (), |reader| DeviceId::decode(&mut reader)?);

/// Returns the name behind an IANA enterprise number, for those that one meets on BMCs.
#[must_use]
pub const fn manufacturer_name(enterprise: u32) -> Option<&'static str> {
    Some(match enterprise {
        2 => "IBM",
        11 => "Hewlett-Packard",
        42 => "Sun Microsystems",
        119 => "NEC",
        186 => "Toshiba",
        343 => "Intel",
        373 => "Tatung",
        674 => "Dell",
        2011 => "Huawei",
        2623 => "ASUS",
        4337 => "RadiSys",
        5771 => "Cisco",
        6653 => "Tyan",
        7154 => "IPMI forum",
        7244 => "Quanta",
        10297 => "Advantech",
        10368 => "Fujitsu",
        10876 | 47488 => "Supermicro",
        11129 => "Google",
        15000 => "Kontron",
        15370 => "GIGABYTE",
        19046 => "Lenovo",
        20569 => "Inventec",
        20974 => "American Megatrends",
        24339 => "ADLINK",
        25506 => "H3C",
        33049 => "Mellanox",
        37945 => "Inspur",
        40092 => "Wiwynn",
        40981 => "Facebook",
        42817 => "OpenPOWER",
        47196 => "Hewlett Packard Enterprise",
        49622 => "ASRock Rack",
        49769 => "YADRO",
        52538 => "Ampere",
        _ => return None,
    })
}

/// Asks for the result of the BMC's self test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GetSelfTestResults;

/// The result of a self test (section 20.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SelfTest {
    /// 55h: everything passed.
    Passed,
    /// 56h: there is no self test.
    NotImplemented,
    /// 57h: some data or devices can't be used; the bits say which.
    Corrupted(SelfTestFailures),
    /// 58h: a fatal hardware error, with a byte that the vendor defines.
    Fatal(u8),
    /// A result that the vendor defines.
    Other {
        /// The result.
        result: u8,
        /// Its detail.
        detail: u8,
    },
}

/// What a corrupted or inaccessible device is, bit by bit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SelfTestFailures(pub u8);

impl SelfTestFailures {
    /// Returns the failures in words.
    pub fn meanings(self) -> impl Iterator<Item = &'static str> {
        [
            "controller operational firmware corrupted",
            "controller update boot block firmware corrupted",
            "internal use area of the BMC's FRU corrupted",
            "SDR repository empty",
            "IPMB signal lines don't respond",
            "can't access the BMC's FRU device",
            "can't access the SDR repository",
            "can't access the SEL device",
        ]
        .into_iter()
        .enumerate()
        .filter_map(move |(bit, meaning)| (self.0 & 1 << bit != 0).then_some(meaning))
    }
}

command!(GetSelfTestResults, "Get Self Test Results", APP 0x04, Reads -> SelfTest, |_t, _out| (), |reader| {
    match (reader.u8()?, reader.u8()?) {
        (0x55, _) => SelfTest::Passed,
        (0x56, _) => SelfTest::NotImplemented,
        (0x57, bits) => SelfTest::Corrupted(SelfTestFailures(bits)),
        (0x58, detail) => SelfTest::Fatal(detail),
        (result, detail) => SelfTest::Other { result, detail },
    }
});

/// A GUID as it came: 16 bytes, least significant first by the specification, though many BMCs send RFC 4122 order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Guid(pub [u8; 16]);

impl Guid {
    /// Returns the text when the bytes are taken as the specification and SMBIOS have them: all fields least
    /// significant first.
    #[must_use]
    pub fn to_smbios_text(self) -> String {
        let [a0, a1, a2, a3, b0, b1, c0, c1, rest @ ..] = self.0;
        Guid::text([[a3, a2, a1, a0], [b1, b0, c1, c0]].concat().iter().chain(&rest))
    }

    /// Returns the text when the bytes are taken in the order in which RFC 4122 writes them.
    #[must_use]
    pub fn to_rfc4122_text(self) -> String {
        Guid::text(self.0.iter())
    }

    /// Returns the text when the whole GUID is taken least significant byte first, as table 20-10 has it.
    #[must_use]
    pub fn to_ipmi_text(self) -> String {
        Guid::text(self.0.iter().rev())
    }

    fn text<'a>(bytes: impl Iterator<Item = &'a u8>) -> String {
        let mut text = String::with_capacity(36);
        for (index, byte) in bytes.enumerate() {
            if matches!(index, 4 | 6 | 8 | 10) {
                text.push('-');
            }
            text.push_str(&format!("{byte:02x}"));
        }
        text
    }
}

/// Asks for the GUID of the managed system (section 22.14).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GetSystemGuid;

/// Asks for the GUID of the controller (section 20.8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GetDeviceGuid;

command!(GetSystemGuid, "Get System GUID", APP 0x37, Reads -> Guid, |_t, _out| (), |reader| Guid(reader.array()?));
command!(GetDeviceGuid, "Get Device GUID", APP 0x08, Reads -> Guid, |_t, _out| (), |reader| Guid(reader.array()?));

/// Restarts the BMC with all its settings read again. The session doesn't survive it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ColdReset;

/// Restarts the BMC's interfaces, and keeps what its sensors and events were set to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WarmReset;

command!(ColdReset, "Cold Reset", APP 0x02, Changes -> (), |_t, _out| (), |_reader| ());
command!(WarmReset, "Warm Reset", APP 0x03, Changes -> (), |_t, _out| (), |_reader| ());

/// Asks for the power state that ACPI reports (section 20.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GetAcpiPowerState;

/// System and device power states of ACPI, as numbers of tables 20-7 and 20-8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AcpiPowerState {
    /// The system's: 0 is S0, 5 is S5.
    pub system: u8,
    /// The device's: 0 is D0, 3 is D3.
    pub device: u8,
}

command!(GetAcpiPowerState, "Get ACPI Power State", APP 0x07, Reads -> AcpiPowerState, |_t, _out| (),
    |reader| AcpiPowerState { system: reader.u8()? & 0x7f, device: reader.u8()? & 0x7f });

/// Which text Get System Info Parameters is asked for (table 22-16).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
#[non_exhaustive]
pub enum SystemInfo {
    /// The system firmware's (BIOS's) version.
    FirmwareVersion = 1,
    /// The system's name.
    SystemName = 2,
    /// The primary operating system's name.
    PrimaryOsName = 3,
    /// The name of the operating system that runs.
    OsName = 4,
    /// The version of the operating system that runs.
    OsVersion = 5,
    /// The BMC's URL.
    BmcUrl = 6,
}

/// Asks for one block of a text kept in the BMC; the first block begins with encoding and length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GetSystemInfo {
    /// Which text.
    pub parameter: SystemInfo,
    /// Which block of 16 bytes, from zero.
    pub block: u8,
}

command!(GetSystemInfo, "Get System Info Parameters", APP 0x59, Reads -> Vec<u8>,
    |this, out| out.extend([0, this.parameter as u8, this.block, 0]),
    |reader| {
        reader.take(2)?; // parameter revision, set selector
        reader.take_rest().to_vec()
    },
    0x80 => "the BMC doesn't keep this text"
);

/// Writes one block of a text kept in the BMC; the first block begins with encoding and length.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetSystemInfo {
    /// Which text.
    pub parameter: SystemInfo,
    /// Which block of 16 bytes, from zero.
    pub block: u8,
    /// The block.
    pub data: Vec<u8>,
}

command!(SetSystemInfo, "Set System Info Parameters", APP 0x58, Changes -> (),
    |this, out| {
        out.extend([this.parameter as u8, this.block]);
        out.extend(&this.data);
    },
    |_reader| (),
    0x80 => "the BMC doesn't keep this text",
    0x81 => "another party is setting parameters",
    0x82 => "the text can't be written"
);

#[cfg(test)]
mod tests {
    use super::super::Command;
    use super::*;

    #[test]
    fn a_device_id_without_auxiliary_bytes_is_read() {
        let data = [0x20, 0x81, 0x82, 0x13, 0x02, 0xbf, 0x91, 0x12, 0x00, 0x02, 0x0f];
        let id = GetDeviceId.decode(&data).unwrap();
        assert_eq!((id.device_id, id.device_revision, id.provides_device_sdrs), (0x20, 1, true));
        assert!(!id.available && id.support.chassis_device() && !id.support.bridge());
        assert_eq!((id.firmware.to_string().as_str(), id.ipmi_version), ("2.13", (2, 0)));
        assert_eq!((id.manufacturer_id, id.product_id), (0x1291, 0x0f02));
        assert!(GetDeviceId.decode(&data[..10]).is_err());
    }

    #[test]
    fn self_test_failures_are_told_in_words() {
        let Ok(SelfTest::Corrupted(failures)) = GetSelfTestResults.decode(&[0x57, 0x88]) else {
            panic!("not taken as corruption");
        };
        let meanings: Vec<_> = failures.meanings().collect();
        assert_eq!(meanings, ["SDR repository empty", "can't access the SEL device"]);
    }

    #[test]
    fn a_guid_is_written_in_each_of_the_three_orders() {
        let guid = Guid(std::array::from_fn(|i| i as u8));
        assert_eq!(guid.to_rfc4122_text(), "00010203-0405-0607-0809-0a0b0c0d0e0f");
        assert_eq!(guid.to_smbios_text(), "03020100-0504-0706-0809-0a0b0c0d0e0f");
        assert_eq!(guid.to_ipmi_text(), "0f0e0d0c-0b0a-0908-0706-050403020100");
    }
}
