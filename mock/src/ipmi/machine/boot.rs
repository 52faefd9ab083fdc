//! System boot options (IPMI 2.0 section 28.12, 28.13): the flags a BIOS reads at its next start, the valid bit and
//! what clears it, and the few parameters around them that a BMC must at least store.

use std::collections::BTreeMap;
use std::time::Duration;

/// The selector of the boot flags.
pub(crate) const FLAGS: u8 = 5;
/// The selector of the rules by which the valid bit is cleared.
pub(crate) const VALID_CLEARING: u8 = 3;
/// "Don't clear the valid bit if no chassis control arrives within the timeout."
pub(crate) const KEEP_AFTER_TIMEOUT: u8 = 1 << 3;

/// Where a host starts from (boot flags, data 2 bits 5:2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BootDevice {
    /// No override.
    None,
    /// The network.
    Pxe,
    /// The default hard drive.
    Disk,
    /// The default hard drive, safe mode.
    SafeMode,
    /// A diagnostic partition.
    Diagnostics,
    /// A CD or DVD.
    Cd,
    /// BIOS setup.
    Setup,
    /// A remote floppy or primary removable medium.
    RemoteFloppy,
    /// A remote CD or DVD.
    RemoteCd,
    /// The primary remote medium.
    RemoteMedia,
    /// A remote hard drive.
    RemoteDisk,
    /// A floppy or primary removable medium, such as a USB stick.
    Floppy,
    /// A code this list does not have.
    Other(u8),
}

impl BootDevice {
    /// Returns the device behind the four-bit code.
    #[must_use]
    pub fn from_code(code: u8) -> Self {
        match code {
            0 => Self::None,
            1 => Self::Pxe,
            2 => Self::Disk,
            3 => Self::SafeMode,
            4 => Self::Diagnostics,
            5 => Self::Cd,
            6 => Self::Setup,
            7 => Self::RemoteFloppy,
            8 => Self::RemoteCd,
            9 => Self::RemoteMedia,
            11 => Self::RemoteDisk,
            15 => Self::Floppy,
            other => Self::Other(other),
        }
    }

    /// Returns the four-bit code of the device.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::None => 0,
            Self::Pxe => 1,
            Self::Disk => 2,
            Self::SafeMode => 3,
            Self::Diagnostics => 4,
            Self::Cd => 5,
            Self::Setup => 6,
            Self::RemoteFloppy => 7,
            Self::RemoteCd => 8,
            Self::RemoteMedia => 9,
            Self::RemoteDisk => 11,
            Self::Floppy => 15,
            Self::Other(code) => code,
        }
    }
}

/// What is in force for the next start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BootOverride {
    /// Where to start from.
    pub device: BootDevice,
    /// UEFI rather than legacy BIOS.
    pub uefi: bool,
    /// For every start, not just the next one.
    pub persistent: bool,
}

/// Boot options as a BMC keeps them.
#[derive(Clone, Debug)]
pub struct BootOptions {
    /// The boot flags, bytes 1-5 of parameter 5.
    pub(crate) flags: [u8; 5],
    /// When the flags were last set, as machine time.
    pub(crate) set_at: Duration,
    /// How long flags stay valid without a chassis control (60 seconds by the specification).
    pub timeout: Duration,
    /// Other parameters, by selector, as they were written.
    pub(crate) other: BTreeMap<u8, Vec<u8>>,
    /// Parameters marked as locked or invalid.
    pub(crate) locked: Vec<u8>,
    /// The set-in-progress state.
    pub(crate) in_progress: u8,
}

impl Default for BootOptions {
    fn default() -> Self {
        let other =
            BTreeMap::from([(1, vec![0]), (2, vec![0]), (VALID_CLEARING, vec![0]), (4, vec![0, 0]), (6, vec![0; 9])]);
        Self {
            flags: [0; 5],
            set_at: Duration::ZERO,
            timeout: Duration::from_secs(60),
            other,
            locked: Vec::new(),
            in_progress: 0,
        }
    }
}

impl BootOptions {
    /// Returns what the next start follows, if anything.
    #[must_use]
    pub fn active(&self) -> Option<BootOverride> {
        let [control, device, ..] = self.flags;
        (control & 0x80 != 0).then(|| BootOverride {
            device: BootDevice::from_code(device >> 2 & 0x0F),
            uefi: control & 0x20 != 0,
            persistent: control & 0x40 != 0,
        })
    }

    /// Replaces the override; `None` clears it. `now` is machine time.
    pub(crate) fn set(&mut self, wanted: Option<BootOverride>, now: Duration) {
        self.flags = [0; 5];
        if let Some(BootOverride { device, uefi, persistent }) = wanted {
            self.flags = [0x80 | u8::from(persistent) << 6 | u8::from(uefi) << 5, device.code() << 2, 0, 0, 0];
        }
        self.set_at = now;
    }

    fn clearing(&self) -> u8 {
        self.other.get(&VALID_CLEARING).and_then(|data| data.first()).copied().unwrap_or(0)
    }

    /// Clears the valid bit once its timeout has run out. A persistent override stays.
    pub(crate) fn expire(&mut self, now: Duration) -> bool {
        let kept = self.clearing() & KEEP_AFTER_TIMEOUT != 0;
        let [control, ..] = &mut self.flags;
        let due = *control & 0xC0 == 0x80 && now >= self.set_at + self.timeout && !kept;
        if due {
            *control &= !0x80;
        }
        due
    }

    /// Returns the override for a start. A one-time override is then used up.
    pub(crate) fn consume(&mut self) -> Option<BootOverride> {
        let active = self.active()?;
        if !active.persistent {
            self.flags = [0; 5];
        }
        Some(active)
    }
}
