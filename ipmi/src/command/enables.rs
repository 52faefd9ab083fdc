//! What a BMC does with messages and events (IPMI 2.0, sections 22.1 and 22.2).

use std::fmt;

use super::command;

/// The BMC's global enables, bit by bit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct GlobalEnables(pub u8);

/// One of the global enables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum GlobalEnable {
    /// Bit 0: an interrupt when a message is received.
    ReceiveQueueInterrupt,
    /// Bit 1: an interrupt when the event message buffer is full.
    EventBufferInterrupt,
    /// Bit 2: the event message buffer.
    EventBuffer,
    /// Bit 3: logging of events.
    EventLogging,
    /// Bit 5: defined by the vendor.
    Oem0,
    /// Bit 6: defined by the vendor.
    Oem1,
    /// Bit 7: defined by the vendor.
    Oem2,
}

impl GlobalEnable {
    /// All of them, in the order of their bits.
    pub const ALL: [Self; 7] = [
        Self::ReceiveQueueInterrupt,
        Self::EventBufferInterrupt,
        Self::EventBuffer,
        Self::EventLogging,
        Self::Oem0,
        Self::Oem1,
        Self::Oem2,
    ];

    const fn bit(self) -> u8 {
        match self {
            Self::ReceiveQueueInterrupt => 0x01,
            Self::EventBufferInterrupt => 0x02,
            Self::EventBuffer => 0x04,
            Self::EventLogging => 0x08,
            Self::Oem0 => 0x20,
            Self::Oem1 => 0x40,
            Self::Oem2 => 0x80,
        }
    }

    /// Returns its name, as command lines have it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ReceiveQueueInterrupt => "receive-interrupt",
            Self::EventBufferInterrupt => "event-interrupt",
            Self::EventBuffer => "event-buffer",
            Self::EventLogging => "event-log",
            Self::Oem0 => "oem0",
            Self::Oem1 => "oem1",
            Self::Oem2 => "oem2",
        }
    }
}

impl fmt::Display for GlobalEnable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl GlobalEnables {
    /// Returns whether one of them is on.
    #[must_use]
    pub const fn is_on(self, enable: GlobalEnable) -> bool {
        self.0 & enable.bit() != 0
    }

    /// Returns the same enables with one of them turned on or off.
    #[must_use]
    pub const fn with(self, enable: GlobalEnable, on: bool) -> Self {
        Self(if on { self.0 | enable.bit() } else { self.0 & !enable.bit() })
    }
}

/// Asks for the global enables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GetGlobalEnables;

/// Sets the global enables, all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SetGlobalEnables(pub GlobalEnables);

command!(GetGlobalEnables, "Get BMC Global Enables", APP 0x2f, Reads -> GlobalEnables, |_t, _out| (),
    |reader| GlobalEnables(reader.u8()?));
command!(SetGlobalEnables, "Set BMC Global Enables", APP 0x2e, Changes -> (),
    |this, out| out.push(this.0.0), |_reader| ());

#[cfg(test)]
mod tests {
    use super::super::Command;
    use super::*;

    #[test]
    fn one_bit_changes_and_the_reserved_one_stays() {
        let found = GetGlobalEnables.decode(&[0x19]).unwrap();
        assert!(found.is_on(GlobalEnable::EventLogging) && !found.is_on(GlobalEnable::EventBuffer));
        let set = SetGlobalEnables(found.with(GlobalEnable::EventLogging, false).with(GlobalEnable::Oem2, true));
        let mut data = Vec::new();
        set.encode(&mut data);
        assert_eq!(data, [0x91]);
        assert!(GetGlobalEnables.decode(&[]).is_err());
    }

    #[test]
    fn each_has_a_bit_of_its_own() {
        let all = GlobalEnable::ALL.into_iter().fold(GlobalEnables(0), |all, one| {
            assert!(!all.is_on(one), "{one}");
            all.with(one, true)
        });
        assert_eq!(all.0, 0xef);
    }
}
