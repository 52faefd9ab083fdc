//! The commands of Serial Over LAN (IPMI 2.0, chapters 24 and 26): activating and deactivating payloads, and the SOL
//! configuration of a channel. `session` transfers the characters themselves.

use super::command;

/// The payload type number of SOL.
const SOL: u8 = 1;

/// Activates the SOL payload in the session in which it is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ActivatePayload {
    /// Payload type number.
    pub payload_type: u8,
    /// Instance, from one.
    pub instance: u8,
    /// Whether its packets are to be encrypted.
    pub encrypted: bool,
    /// Whether its packets are to be authenticated.
    pub authenticated: bool,
}

impl ActivatePayload {
    /// Returns the SOL payload.
    #[must_use]
    pub const fn sol(instance: u8, encrypted: bool, authenticated: bool) -> Self {
        Self { payload_type: SOL, instance, encrypted, authenticated }
    }
}

/// An activated payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ActivatedPayload {
    /// The longest payload that the BMC takes.
    pub inbound_size: u16,
    /// The longest payload that the BMC sends.
    pub outbound_size: u16,
    /// The UDP port that its packets go to.
    pub port: u16,
}

command!(ActivatePayload, "Activate Payload", APP 0x48, Changes -> ActivatedPayload,
    |this, out| out.extend([
        this.payload_type & 0x3f,
        this.instance & 0x0f,
        u8::from(this.encrypted) << 7 | u8::from(this.authenticated) << 6,
        0, 0, 0,
    ]),
    |reader| {
        reader.take(4)?; // auxiliary data: only says whether test mode is on
        ActivatedPayload { inbound_size: reader.u16()?, outbound_size: reader.u16()?, port: reader.u16()? }
    },
    0x80 => "the payload is already active in another session; deactivate it first",
    0x81 => "the payload type is disabled",
    0x82 => "too many payloads are active",
    0x83 => "the payload can't be activated with encryption",
    0x84 => "the payload can't be activated without encryption");

/// Deactivates a payload, in whichever session it is active.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeactivatePayload {
    /// Payload type number.
    pub payload_type: u8,
    /// Instance, from one.
    pub instance: u8,
}

impl DeactivatePayload {
    /// Returns the SOL payload.
    #[must_use]
    pub const fn sol(instance: u8) -> Self {
        Self { payload_type: SOL, instance }
    }
}

command!(DeactivatePayload, "Deactivate Payload", APP 0x49, Changes -> (),
    |this, out| out.extend([this.payload_type & 0x3f, this.instance & 0x0f, 0, 0, 0, 0]), |_reader| (),
    0x80 => "the payload isn't active",
    0x81 => "the payload type is disabled");

/// Asks in which instances a payload is active.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GetPayloadActivationStatus {
    /// Payload type number.
    pub payload_type: u8,
}

/// In which instances a payload is active.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PayloadActivation {
    /// How many instances there can be.
    pub capacity: u8,
    /// Bit `n` stands for instance `n + 1`.
    pub active: u16,
}

command!(GetPayloadActivationStatus, "Get Payload Activation Status", APP 0x4a, Reads -> PayloadActivation,
    |this, out| out.push(this.payload_type),
    |reader| PayloadActivation { capacity: reader.u8()? & 0x0f, active: reader.u16()? });

/// Asks for one SOL parameter of a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GetSolConfiguration {
    /// The channel; 0Eh is the present one.
    pub channel: u8,
    /// The parameter's number (table 26-5).
    pub parameter: u8,
}

command!(GetSolConfiguration, "Get SOL Configuration Parameters", TRANSPORT 0x22, Reads -> Vec<u8>,
    |this, out| out.extend([this.channel & 0x0f, this.parameter, 0, 0]),
    |reader| {
        reader.u8()?;
        reader.take_rest().to_vec()
    },
    0x80 => "the BMC doesn't have this parameter");

/// Sets one SOL parameter of a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetSolConfiguration {
    /// The channel; 0Eh is the present one.
    pub channel: u8,
    /// The parameter's number (table 26-5).
    pub parameter: u8,
    /// Its value.
    pub data: Vec<u8>,
}

command!(SetSolConfiguration, "Set SOL Configuration Parameters", TRANSPORT 0x21, Changes -> (),
    |this, out| {
        out.extend([this.channel & 0x0f, this.parameter]);
        out.extend(&this.data);
    },
    |_reader| (),
    0x80 => "the BMC doesn't have this parameter",
    0x81 => "another party is setting parameters",
    0x82 => "the parameter can't be written");

/// A SOL parameter that can be set, with its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SolParameter {
    /// 1: whether SOL is enabled.
    Enabled(bool),
    /// 2: whether encryption is forced, whether authentication is, and the lowest privilege level, 2 (user) to 5 (OEM).
    Authentication(bool, bool, u8),
    /// 5: bits per second, kept when the BMC restarts; zero for the rate of the serial port.
    NonVolatileRate(u32),
    /// 6: bits per second in use, until the BMC restarts.
    VolatileRate(u32),
}

/// The bit rates that the specification has numbers for (table 26-5).
const RATES: [(u8, u32); 6] = [(0, 0), (6, 9_600), (7, 19_200), (8, 38_400), (9, 57_600), (10, 115_200)];

impl SolParameter {
    /// Returns the parameter's number and bytes; none where the specification has no number for a rate.
    #[must_use]
    pub fn encode(self) -> Option<(u8, Vec<u8>)> {
        let code = |rate: u32| RATES.iter().find(|(_, known)| *known == rate).map(|(code, _)| vec![*code]);
        Some(match self {
            Self::Enabled(enabled) => (1, vec![u8::from(enabled)]),
            Self::Authentication(encrypted, authenticated, privilege) => {
                (2, vec![u8::from(encrypted) << 7 | u8::from(authenticated) << 6 | privilege & 0x0f])
            }
            Self::NonVolatileRate(rate) => (5, code(rate)?),
            Self::VolatileRate(rate) => (6, code(rate)?),
        })
    }

    /// Describes the value that was read back into a configuration, if it differs from this one.
    pub(crate) fn contradiction(self, sol: &SolConfiguration) -> Option<String> {
        let rate = |asked: u32, found: Option<u32>| {
            found.filter(|found| *found != asked).map(|found| format!("the bit rate is {found}"))
        };
        match self {
            Self::Enabled(asked) => {
                let found = sol.enabled.filter(|found| *found != asked)?;
                Some(format!("SOL is {}", if found { "enabled" } else { "disabled" }))
            }
            Self::Authentication(encrypted, authenticated, privilege) => {
                let found =
                    sol.authentication.filter(|found| *found != (encrypted, authenticated, privilege & 0x0f))?;
                Some(format!("encryption, authentication and privilege level are {found:?}"))
            }
            Self::NonVolatileRate(asked) => rate(asked, sol.non_volatile_rate),
            Self::VolatileRate(asked) => rate(asked, sol.volatile_rate),
        }
    }
}

/// The SOL parameters of a channel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SolConfiguration {
    /// Whether SOL is enabled (parameter 1).
    pub enabled: Option<bool>,
    /// Whether encryption is forced, authentication is forced, and the lowest privilege level (parameter 2).
    pub authentication: Option<(bool, bool, u8)>,
    /// Milliseconds until characters are sent, and how many of them are enough to send them at once (parameter 3).
    pub accumulate: Option<(u16, u8)>,
    /// Repetitions, and milliseconds between them (parameter 4).
    pub retry: Option<(u8, u16)>,
    /// Bits per second, kept when the BMC restarts (parameter 5); zero for the rate of the serial port.
    pub non_volatile_rate: Option<u32>,
    /// Bits per second in use (parameter 6).
    pub volatile_rate: Option<u32>,
    /// The channel that the payload belongs to (parameter 7).
    pub payload_channel: Option<u8>,
    /// The UDP port (parameter 8).
    pub port: Option<u16>,
}

impl SolConfiguration {
    /// Stores one parameter's value. A value that is too short or unknown is left out.
    pub(crate) fn take(&mut self, parameter: u8, data: &[u8]) {
        let rate = |code: u8| RATES.iter().find(|(known, _)| *known == code & 0x0f).map(|(_, rate)| *rate);
        match (parameter, data) {
            (1, [enabled, ..]) => self.enabled = Some(enabled & 1 != 0),
            (2, [bits, ..]) => {
                self.authentication = Some((bits & 0x80 != 0, bits & 0x40 != 0, bits & 0x0f));
            }
            (3, [interval, threshold, ..]) => {
                self.accumulate = Some((u16::from(*interval) * 5, *threshold));
            }
            (4, [count, interval, ..]) => self.retry = Some((count & 7, u16::from(*interval) * 10)),
            (5, [code, ..]) => self.non_volatile_rate = rate(*code),
            (6, [code, ..]) => self.volatile_rate = rate(*code),
            (7, [channel, ..]) => self.payload_channel = Some(channel & 0x0f),
            (8, [low, high, ..]) => self.port = Some(u16::from_le_bytes([*low, *high])),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Command;
    use super::*;

    #[test]
    fn what_is_set_is_what_is_read() {
        for parameter in [
            SolParameter::Enabled(false),
            SolParameter::Authentication(true, false, 3),
            SolParameter::NonVolatileRate(57_600),
            SolParameter::VolatileRate(0),
        ] {
            let mut found = SolConfiguration::default();
            let (number, data) = parameter.encode().unwrap();
            assert_eq!(parameter.contradiction(&found), None, "what is not reported contradicts nothing");
            found.take(number, &data);
            assert_eq!(parameter.contradiction(&found), None);
            found.take(number, &[data[0] ^ 1 | 8]);
            assert_eq!(
                parameter.contradiction(&found).is_some(),
                parameter != SolParameter::Enabled(true),
                "{found:?}"
            );
        }
        assert_eq!(SolParameter::VolatileRate(1200).encode(), None);
    }

    #[test]
    fn activation_asks_for_the_protection_of_the_session() {
        let mut data = Vec::new();
        ActivatePayload::sol(1, true, true).encode(&mut data);
        assert_eq!(data, [1, 1, 0xc0, 0, 0, 0]);
        let answer = [0, 0, 0, 0, 0xff, 0, 0x20, 1, 0x6f, 2, 0xff, 0xff];
        let activated = ActivatePayload::sol(1, true, true).decode(&answer).unwrap();
        assert_eq!((activated.inbound_size, activated.outbound_size, activated.port), (255, 288, 623));
    }

    #[test]
    fn parameters_are_put_together_and_unknown_ones_left_out() {
        let mut configuration = SolConfiguration::default();
        for (parameter, data) in
            [(1, &[1u8][..]), (3, &[12, 96]), (4, &[7, 50]), (6, &[10]), (8, &[0x6f, 2]), (9, &[1]), (2, &[])]
        {
            configuration.take(parameter, data);
        }
        assert_eq!(configuration.enabled, Some(true));
        assert_eq!(configuration.accumulate, Some((60, 96)));
        assert_eq!(configuration.retry, Some((7, 500)));
        assert_eq!((configuration.volatile_rate, configuration.port), (Some(115_200), Some(623)));
        assert_eq!(configuration.authentication, None);
    }
}
