//! Fan control of three vendors. None of these commands is in the IPMI specification; they are known from the vendors'
//! tools and support pages. Whether they are sent to the right machine is `service::vendor`'s to see to.

use super::{Command, Effect, Malformed, NetFn, Reader};

/// The network function that Supermicro and Dell use.
const OEM_30: NetFn = NetFn(0x30);
/// The network function that Inspur uses.
const OEM_3C: NetFn = NetFn(0x3c);

/// How a Supermicro BMC controls the fans.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SupermicroFanMode {
    /// Standard.
    Standard,
    /// All fans at full speed.
    Full,
    /// Optimal, the quietest.
    Optimal,
    /// Heavy I/O: more for the peripheral zone.
    HeavyIo,
    /// Another mode of some boards.
    Other(u8),
}

impl SupermicroFanMode {
    /// Returns the mode's number.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Standard => 0,
            Self::Full => 1,
            Self::Optimal => 2,
            Self::HeavyIo => 4,
            Self::Other(number) => number,
        }
    }

    const fn from_number(number: u8) -> Self {
        match number {
            0 => Self::Standard,
            1 => Self::Full,
            2 => Self::Optimal,
            4 => Self::HeavyIo,
            other => Self::Other(other),
        }
    }
}

/// Writes a vendor's command.
macro_rules! vendor_command {
    (
        $type:ty, $name:literal, $net_fn:ident $code:literal, $effect:ident -> $response:ty,
        |$this:ident| $data:expr, |$reader:ident| $decode:expr
    ) => {
        impl Command for $type {
            type Response = $response;
            const NAME: &'static str = $name;

            fn code(&self) -> (NetFn, u8) {
                ($net_fn, $code)
            }

            fn effect(&self) -> Effect {
                Effect::$effect
            }

            fn encode(&self, data: &mut Vec<u8>) {
                let $this = self;
                data.extend($data);
            }

            fn decode(&self, data: &[u8]) -> Result<Self::Response, Malformed> {
                let mut $reader = Reader::new(data, $name);
                let _ = &mut $reader;
                Ok($decode)
            }
        }
    };
}

/// Asks a Supermicro BMC for its fan mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GetSupermicroFanMode;

/// Sets the fan mode of a Supermicro BMC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SetSupermicroFanMode(pub SupermicroFanMode);

/// Asks a Supermicro BMC for the duty cycle of a fan zone in percent: 0 is the CPU zone, 1 the peripheral zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GetSupermicroFanDuty {
    /// The zone.
    pub zone: u8,
}

/// Sets the duty cycle of a fan zone of a Supermicro BMC. It lasts only in mode Full, and only until the BMC changes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SetSupermicroFanDuty {
    /// The zone.
    pub zone: u8,
    /// The duty cycle in percent.
    pub percent: u8,
}

vendor_command!(GetSupermicroFanMode, "Supermicro Get Fan Mode", OEM_30 0x45, Reads -> SupermicroFanMode,
    |_t| [0x00], |reader| SupermicroFanMode::from_number(reader.u8()?));
vendor_command!(SetSupermicroFanMode, "Supermicro Set Fan Mode", OEM_30 0x45, Changes -> (),
    |this| [0x01, this.0.number()], |_reader| ());
vendor_command!(GetSupermicroFanDuty, "Supermicro Get Fan Duty", OEM_30 0x70, Reads -> u8,
    |this| [0x66, 0x00, this.zone], |reader| reader.u8()?);
vendor_command!(SetSupermicroFanDuty, "Supermicro Set Fan Duty", OEM_30 0x70, Changes -> (),
    |this| [0x66, 0x01, this.zone, this.percent.min(100)], |_reader| ());

/// Has an iDRAC control the fans, or leave them to [`SetDellFanSpeed`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SetDellFanControl {
    /// Whether the iDRAC controls the fans.
    pub automatic: bool,
}

/// Sets the speed of the fans of a Dell server in percent, once the iDRAC doesn't control them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SetDellFanSpeed {
    /// Which fan; `None` for all of them.
    pub fan: Option<u8>,
    /// The speed in percent.
    pub percent: u8,
}

/// Whether an iDRAC raises the fans when it finds a PCIe card that it doesn't know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SetDellThirdPartyCooling {
    /// Whether it does.
    pub enabled: bool,
}

vendor_command!(SetDellFanControl, "Dell Set Fan Control", OEM_30 0x30, Changes -> (),
    |this| [0x01, u8::from(this.automatic)], |_reader| ());
vendor_command!(SetDellFanSpeed, "Dell Set Fan Speed", OEM_30 0x30, Changes -> (),
    |this| [0x02, this.fan.unwrap_or(0xff), this.percent.min(100)], |_reader| ());
vendor_command!(SetDellThirdPartyCooling, "Dell Set Third-Party PCIe Cooling", OEM_30 0xce, Changes -> (),
    |this| [0x00, 0x16, 0x05, 0x00, 0x00, 0x00, 0x05, 0x00, u8::from(!this.enabled), 0x00, 0x00], |_reader| ());

/// Has an Inspur BMC control the fans, or leave them to [`SetInspurFanSpeed`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SetInspurFanControl {
    /// Whether the BMC controls the fans.
    pub automatic: bool,
}

/// Sets the speed of a fan of an Inspur server in percent, once the BMC doesn't control them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SetInspurFanSpeed {
    /// Which fan; `None` for all of them.
    pub fan: Option<u8>,
    /// The speed in percent.
    pub percent: u8,
}

vendor_command!(SetInspurFanControl, "Inspur Set Fan Control", OEM_3C 0x2f, Changes -> (),
    |this| [u8::from(!this.automatic)], |_reader| ());
vendor_command!(SetInspurFanSpeed, "Inspur Set Fan Speed", OEM_3C 0x2d, Changes -> (),
    |this| [this.fan.unwrap_or(0xff), this.percent.min(100)], |_reader| ());

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(command: &impl Command) -> (u8, u8, Vec<u8>) {
        let mut data = Vec::new();
        command.encode(&mut data);
        let (net_fn, code) = command.code();
        (net_fn.0, code, data)
    }

    #[test]
    fn the_commands_are_the_bytes_that_the_vendors_tools_send() {
        assert_eq!(sent(&SetSupermicroFanMode(SupermicroFanMode::Full)), (0x30, 0x45, vec![1, 1]));
        assert_eq!(sent(&SetSupermicroFanDuty { zone: 1, percent: 40 }), (0x30, 0x70, vec![0x66, 1, 1, 40]));
        assert_eq!(sent(&SetDellFanControl { automatic: false }), (0x30, 0x30, vec![1, 0]));
        assert_eq!(sent(&SetDellFanSpeed { fan: None, percent: 20 }), (0x30, 0x30, vec![2, 0xff, 20]));
        assert_eq!(sent(&SetDellFanSpeed { fan: Some(1), percent: 200 }), (0x30, 0x30, vec![2, 1, 100]));
        assert_eq!(sent(&SetInspurFanControl { automatic: false }), (0x3c, 0x2f, vec![1]));
        assert_eq!(sent(&SetInspurFanSpeed { fan: Some(2), percent: 50 }), (0x3c, 0x2d, vec![2, 50]));
    }
}
