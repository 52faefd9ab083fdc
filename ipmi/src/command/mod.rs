//! Typed commands: what is asked, what is answered, and whether asking twice is harmless. One module for each of the
//! specification's subjects. How a command reaches a BMC is `session`'s.

pub mod alert;
pub mod boot;
pub mod chassis;
mod completion;
pub mod dcmi;
pub mod device;
pub mod enables;
pub mod event;
pub mod fru;
pub mod hpm;
pub mod lan;
pub mod lan_ipv6;
pub mod lan_statistics;
pub mod pef;
pub mod sdr;
pub mod sel;
pub mod sensor;
pub mod session;
pub mod sol;
pub mod user;
pub mod vendor;
pub mod watchdog;

pub use completion::CompletionCode;

pub use super::packet::message::NetFn;
use super::packet::{Malformed, Reader};

/// Whether a command may be sent again when its answer stays out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Effect {
    /// It only reads, or doing it twice comes to the same (a reservation): it is sent again until it is answered.
    Reads,
    /// It changes something: it is sent once, and again only where the answer proves that it was refused.
    Changes,
}

/// A command of IPMI, of a group such as DCMI, or of a vendor.
///
/// Implement it for commands that this library doesn't have, or use [`Raw`].
///
/// ```
/// use rosefish_ipmi::command::{Command, Effect, NetFn};
/// use rosefish_ipmi::packet::{Malformed, Reader};
///
/// /// Get ACPI Power State (section 20.7).
/// struct GetAcpiPowerState;
///
/// impl Command for GetAcpiPowerState {
///     type Response = (u8, u8);
///     const NAME: &'static str = "Get ACPI Power State";
///
///     fn code(&self) -> (NetFn, u8) {
///         (NetFn::APP, 0x07)
///     }
///
///     fn effect(&self) -> Effect {
///         Effect::Reads
///     }
///
///     fn decode(&self, data: &[u8]) -> Result<Self::Response, Malformed> {
///         let mut reader = Reader::new(data, Self::NAME);
///         Ok((reader.u8()? & 0x7f, reader.u8()? & 0x7f))
///     }
/// }
/// ```
pub trait Command: Sync {
    /// What a success answers.
    type Response: Send;

    /// The command's name in the specification, for errors.
    const NAME: &'static str;

    /// Network function and command number.
    fn code(&self) -> (NetFn, u8);

    /// Whether it may be repeated. By default, a command changes something.
    fn effect(&self) -> Effect {
        Effect::Changes
    }

    /// The logical unit that it is for.
    fn lun(&self) -> u8 {
        0
    }

    /// Writes the request's data.
    fn encode(&self, data: &mut Vec<u8>) {
        let _ = data;
    }

    /// Reads the data behind a completion code of zero.
    ///
    /// # Errors
    /// When they are shorter than they must be.
    fn decode(&self, data: &[u8]) -> Result<Self::Response, Malformed>;

    /// What a completion code means when this command gives it, where that isn't what it means in general.
    fn explain(&self, code: CompletionCode) -> Option<&'static str> {
        let _ = code;
        None
    }
}

/// Any command, by its numbers. It counts as a change of state until [`reading`](Self::reading) says otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Raw {
    net_fn: NetFn,
    command: u8,
    lun: u8,
    data: Vec<u8>,
    effect: Effect,
}

impl Raw {
    /// Creates a command with its data.
    #[must_use]
    pub fn new(net_fn: NetFn, command: u8, data: impl Into<Vec<u8>>) -> Self {
        Self { net_fn, command, lun: 0, data: data.into(), effect: Effect::Changes }
    }

    /// Returns the same command for another logical unit.
    #[must_use]
    pub const fn lun(mut self, lun: u8) -> Self {
        self.lun = lun;
        self
    }

    /// Returns the same command, known to change nothing: it is repeated when the answer stays out.
    #[must_use]
    pub const fn reading(mut self) -> Self {
        self.effect = Effect::Reads;
        self
    }
}

impl Command for Raw {
    type Response = Vec<u8>;
    const NAME: &'static str = "raw command";

    fn code(&self) -> (NetFn, u8) {
        (self.net_fn, self.command)
    }

    fn effect(&self) -> Effect {
        self.effect
    }

    fn lun(&self) -> u8 {
        self.lun
    }

    fn encode(&self, data: &mut Vec<u8>) {
        data.extend(&self.data);
    }

    fn decode(&self, data: &[u8]) -> Result<Self::Response, Malformed> {
        Ok(data.to_vec())
    }
}

/// Writes a `Command` implementation: name, numbers, effect, response, encoding, decoding.
macro_rules! command {
    (
        $type:ty, $name:literal, $net_fn:ident $code:literal, $effect:ident -> $response:ty,
        |$this:ident, $out:ident| $encode:expr, |$reader:ident| $decode:expr
        $(, $($codes:literal => $meaning:literal),+)? $(,)?
    ) => {
        impl $crate::command::Command for $type {
            type Response = $response;
            const NAME: &'static str = $name;

            fn code(&self) -> ($crate::command::NetFn, u8) {
                ($crate::command::NetFn::$net_fn, $code)
            }

            fn effect(&self) -> $crate::command::Effect {
                $crate::command::Effect::$effect
            }

            fn encode(&self, $out: &mut Vec<u8>) {
                let $this = self;
                $encode
            }

            fn decode(&self, data: &[u8]) -> Result<Self::Response, $crate::packet::Malformed> {
                let $this = self;
                let mut $reader = $crate::packet::Reader::new(data, $name);
                let _ = ($this, &mut $reader);
                let value = $decode;
                Ok(value)
            }

            $(fn explain(
                &self,
                code: $crate::command::CompletionCode,
            ) -> Option<&'static str> {
                match code.number() {
                    $($codes => Some($meaning),)+
                    _ => None,
                }
            })?
        }
    };
}
pub(crate) use command;
