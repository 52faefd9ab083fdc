//! Completion codes (IPMI 2.0, table 5-2): the byte in front of every response, as an open enum with its meaning.

use std::fmt;

macro_rules! completion_codes {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $meaning:literal;)+) => {
        /// How a command went. Codes that no table defines are kept.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum CompletionCode {
            $(#[doc = concat!($meaning, ".")] $name,)+
            /// 01h to 7Eh: defined by the device's vendor.
            Oem(u8),
            /// 80h to BEh: defined by the command.
            CommandSpecific(u8),
            /// A code that the specification reserves.
            Reserved(u8),
        }

        impl CompletionCode {
            /// Returns the code's number.
            #[must_use]
            pub const fn number(self) -> u8 {
                match self {
                    $(Self::$name => $code,)+
                    Self::Oem(code) | Self::CommandSpecific(code) | Self::Reserved(code) => code,
                }
            }

            /// Returns what the code says, without regard to the command.
            #[must_use]
            pub const fn meaning(self) -> &'static str {
                match self {
                    $(Self::$name => $meaning,)+
                    Self::Oem(_) => "a code of the device's vendor",
                    Self::CommandSpecific(_) => "a code that is particular to the command",
                    Self::Reserved(_) => "a code that the specification doesn't define",
                }
            }
        }

        impl From<u8> for CompletionCode {
            fn from(code: u8) -> Self {
                match code {
                    $($code => Self::$name,)+
                    0x01..=0x7e => Self::Oem(code),
                    0x80..=0xbe => Self::CommandSpecific(code),
                    _ => Self::Reserved(code),
                }
            }
        }
    };
}

completion_codes! {
    Success = 0x00, "completed";
    NodeBusy = 0xc0, "the BMC is out of resources for the moment";
    InvalidCommand = 0xc1, "the BMC doesn't know the command";
    InvalidForLun = 0xc2, "the command isn't valid for this logical unit";
    ProcessingTimeout = 0xc3, "the BMC gave up while processing the command";
    OutOfSpace = 0xc4, "the BMC has no space left for it";
    ReservationLost = 0xc5, "the reservation was cancelled or is invalid";
    RequestTruncated = 0xc6, "the request's data were truncated";
    InvalidLength = 0xc7, "the request's length is wrong";
    LengthExceeded = 0xc8, "the request's length exceeds a limit";
    ParameterOutOfRange = 0xc9, "a parameter is out of range";
    CannotReturnBytes = 0xca, "the BMC can't return as many bytes as were asked for";
    NotPresent = 0xcb, "the sensor, record or data asked for isn't there";
    InvalidField = 0xcc, "a field of the request is invalid";
    IllegalForTarget = 0xcd, "the command isn't allowed for this sensor or record";
    NoResponse = 0xce, "the BMC couldn't provide a response";
    DuplicatedRequest = 0xcf, "the BMC took it for a duplicate and didn't carry it out again";
    SdrInUpdate = 0xd0, "the SDR repository is being updated";
    FirmwareInUpdate = 0xd1, "the BMC's firmware is being updated";
    Initializing = 0xd2, "the BMC is still initializing";
    DestinationUnavailable = 0xd3, "the destination can't be reached";
    InsufficientPrivilege = 0xd4, "the privilege level of the session or the firewall doesn't allow it";
    NotInThisState = 0xd5, "the command isn't supported in the present state";
    SubFunctionDisabled = 0xd6, "a sub-function is disabled or unavailable";
    Unspecified = 0xff, "an error that the BMC doesn't specify";
}

impl CompletionCode {
    /// Returns whether the command succeeded.
    #[must_use]
    pub const fn is_success(self) -> bool {
        matches!(self, Self::Success)
    }

    /// Returns whether the BMC lacks the command, or the thing asked for.
    #[must_use]
    pub const fn is_unsupported(self) -> bool {
        matches!(
            self,
            Self::InvalidCommand
                | Self::InvalidForLun
                | Self::NotPresent
                | Self::IllegalForTarget
                | Self::SubFunctionDisabled
        )
    }

    /// Returns whether the code proves that nothing was done, and that the same request may succeed a little later.
    pub(crate) const fn is_refused_for_now(self) -> bool {
        matches!(self, Self::NodeBusy | Self::Initializing)
    }

    /// Returns what the code means if it comes from the bridge instead of the controller behind it (Send Message, table 22-8).
    pub(crate) const fn of_a_bridge(self) -> Option<&'static str> {
        match self {
            Self::CommandSpecific(0x80) => Some("the session handle is invalid"),
            Self::CommandSpecific(0x81) => Some("arbitration on the bus was lost"),
            Self::CommandSpecific(0x82) => Some("there was an error on the bus"),
            Self::CommandSpecific(0x83) => Some("nothing answers at that address"),
            _ => None,
        }
    }

    /// Returns whether the code means that so many bytes can't be read at once. The specification has CAh for that, but BMCs
    /// use several codes.
    pub(crate) const fn is_too_many_bytes(self) -> bool {
        matches!(
            self,
            Self::CannotReturnBytes
                | Self::InvalidLength
                | Self::LengthExceeded
                | Self::ParameterOutOfRange
                | Self::InvalidField
                | Self::NoResponse
                | Self::Unspecified
        )
    }

    /// Returns whether a command that only reads is worth repeating. The BMC may have processed it already.
    pub(crate) const fn is_worth_reading_again(self) -> bool {
        self.is_refused_for_now()
            || matches!(self, Self::ProcessingTimeout | Self::NoResponse | Self::DuplicatedRequest)
    }
}

impl fmt::Display for CompletionCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "completion code {:#04x}: {}", self.number(), self.meaning())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_is_a_code_and_is_kept() {
        for byte in 0..=u8::MAX {
            assert_eq!(CompletionCode::from(byte).number(), byte);
        }
        assert_eq!(CompletionCode::from(0x81), CompletionCode::CommandSpecific(0x81));
        assert_eq!(CompletionCode::from(0xd4), CompletionCode::InsufficientPrivilege);
        assert_eq!(CompletionCode::from(0xe0), CompletionCode::Reserved(0xe0));
    }
}
