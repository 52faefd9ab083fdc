//! DCMI 1.5: power readings and limits, asset tag and controller name, temperatures. Every request and answer begins with
//! the group's number.

use std::time::Duration;

use super::{Malformed, Reader, command};

/// The group extension's number.
pub const GROUP: u8 = 0xdc;
/// The longest asset tag or controller name.
pub const LONGEST_TEXT: usize = 63;
/// How many bytes of a text are read or written at a time.
pub const TEXT_PART: u8 = 16;

/// Takes the group's number off an answer.
fn group(reader: &mut Reader<'_>) -> Result<(), Malformed> {
    let before = reader.malformed();
    if reader.u8()? == GROUP { Ok(()) } else { Err(before) }
}

/// Asks what the BMC has of DCMI.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GetDcmiCapabilities {
    /// Parameter: 1 supported capabilities, 2 mandatory platform attributes, 3 optional ones, 4 manageability access,
    /// 5 enhanced power statistics.
    pub parameter: u8,
}

/// What the BMC has of DCMI.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DcmiCapabilities {
    /// Major and minor version.
    pub version: (u8, u8),
    /// Revision of the parameter.
    pub revision: u8,
    /// The parameter's value.
    pub data: Vec<u8>,
}

impl DcmiCapabilities {
    /// Returns whether power can be managed, from parameter 1.
    #[must_use]
    pub fn power_management(&self) -> bool {
        self.data.get(1).is_some_and(|bits| bits & 1 != 0)
    }
}

command!(GetDcmiCapabilities, "Get DCMI Capabilities Info", GROUP 0x01, Reads -> DcmiCapabilities,
|this, out| out.extend([GROUP, this.parameter]),
|reader| {
    group(&mut reader)?;
    let [major, minor, revision] = reader.array()?;
    DcmiCapabilities { version: (major, minor), revision, data: reader.take_rest().to_vec() }
});

/// Asks for the power that the system draws.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GetPowerReading;

/// The power that a system draws, in watts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PowerReading {
    /// Now.
    pub current: u16,
    /// The least in the period.
    pub minimum: u16,
    /// The most in the period.
    pub maximum: u16,
    /// The average over the period.
    pub average: u16,
    /// When, in seconds since 1970 by the BMC's clock.
    pub timestamp: u32,
    /// The period.
    pub period: Duration,
    /// Whether power is being measured.
    pub active: bool,
}

command!(GetPowerReading, "Get Power Reading", GROUP 0x02, Reads -> PowerReading,
|_t, out| out.extend([GROUP, 1, 0, 0]),
|reader| {
    group(&mut reader)?;
    PowerReading {
        current: reader.u16()?,
        minimum: reader.u16()?,
        maximum: reader.u16()?,
        average: reader.u16()?,
        timestamp: reader.u32()?,
        period: Duration::from_millis(reader.u32()?.into()),
        active: reader.u8()? & 0x40 != 0,
    }
});

/// What happens when a power limit is exceeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LimitAction {
    /// Nothing.
    None,
    /// The system is powered off, and it is logged.
    PowerOff,
    /// It is logged.
    Log,
    /// Defined by the vendor, or reserved.
    Other(u8),
}

/// A power limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PowerLimit {
    /// What happens when it is exceeded for longer than the correction time.
    pub action: LimitAction,
    /// The limit in watts.
    pub watts: u16,
    /// How long it may be exceeded.
    pub correction: Duration,
    /// How often the statistics are sampled.
    pub sampling: Duration,
}

/// Asks for the power limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GetPowerLimit;

command!(GetPowerLimit, "Get Power Limit", GROUP 0x03, Reads -> PowerLimit,
    |_t, out| out.extend([GROUP, 0, 0]),
    |reader| {
        group(&mut reader)?;
        reader.take(2)?;
        let action = match reader.u8()? {
            0 => LimitAction::None,
            1 => LimitAction::PowerOff,
            0x11 => LimitAction::Log,
            other => LimitAction::Other(other),
        };
        let (watts, correction) = (reader.u16()?, reader.u32()?);
        reader.take(2)?;
        PowerLimit {
            action,
            watts,
            correction: Duration::from_millis(correction.into()),
            sampling: Duration::from_secs(reader.u16()?.into()),
        }
    },
    0x80 => "no power limit is active");

/// Sets the power limit. It holds once it is activated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SetPowerLimit(pub PowerLimit);

command!(SetPowerLimit, "Set Power Limit", GROUP 0x04, Changes -> (),
    |this, out| {
        let limit = this.0;
        let action = match limit.action {
            LimitAction::None => 0,
            LimitAction::PowerOff => 1,
            LimitAction::Log => 0x11,
            LimitAction::Other(number) => number,
        };
        out.extend([GROUP, 0, 0, 0, action]);
        out.extend(limit.watts.to_le_bytes());
        out.extend(u32::try_from(limit.correction.as_millis()).unwrap_or(u32::MAX).to_le_bytes());
        out.extend([0, 0]);
        out.extend(u16::try_from(limit.sampling.as_secs()).unwrap_or(u16::MAX).to_le_bytes());
    },
    |reader| group(&mut reader)?,
    0x84 => "the power limit is out of range",
    0x85 => "the correction time is out of range",
    0x89 => "the sampling period is out of range");

/// Activates or deactivates the power limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ActivatePowerLimit(pub bool);

command!(ActivatePowerLimit, "Activate/Deactivate Power Limit", GROUP 0x05, Changes -> (),
    |this, out| out.extend([GROUP, u8::from(this.0), 0, 0]), |reader| group(&mut reader)?);

/// A text that DCMI keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DcmiText {
    /// The asset tag.
    AssetTag,
    /// The management controller's identifier string.
    ControllerName,
}

/// Asks for a part of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GetAssetTag {
    /// From which byte on.
    pub offset: u8,
}

/// Asks for a part of the management controller's identifier string.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GetControllerName {
    /// From which byte on.
    pub offset: u8,
}

/// A part of a text, and how long the whole is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TextPart {
    /// How long the whole text is.
    pub total: u8,
    /// The part.
    pub data: Vec<u8>,
}

fn text_part(reader: &mut Reader<'_>) -> Result<TextPart, Malformed> {
    group(reader)?;
    Ok(TextPart { total: reader.u8()?, data: reader.take_rest().to_vec() })
}

command!(GetAssetTag, "Get Asset Tag", GROUP 0x06, Reads -> TextPart,
    |this, out| out.extend([GROUP, this.offset, TEXT_PART]), |reader| text_part(&mut reader)?,
    0x80 => "the encoding of the asset tag in the FRU isn't UTF-8",
    0x81 => "the encoding of the asset tag in the FRU isn't UTF-8 or ASCII",
    0x82 => "the encoding of the asset tag in the FRU isn't UTF-16");
command!(GetControllerName, "Get Management Controller Identifier String", GROUP 0x09, Reads -> TextPart,
    |this, out| out.extend([GROUP, this.offset, TEXT_PART]), |reader| text_part(&mut reader)?);

/// Writes a part of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetText {
    /// Which text.
    pub text: DcmiText,
    /// From which byte on.
    pub offset: u8,
    /// The part, at most 16 bytes.
    pub data: Vec<u8>,
}

impl super::Command for SetText {
    type Response = u8;
    const NAME: &'static str = "Set Asset Tag or Controller Identifier";

    fn code(&self) -> (super::NetFn, u8) {
        let command = match self.text {
            DcmiText::AssetTag => 0x08,
            DcmiText::ControllerName => 0x0a,
        };
        (super::NetFn::GROUP, command)
    }

    fn encode(&self, data: &mut Vec<u8>) {
        data.extend([GROUP, self.offset, u8::try_from(self.data.len()).unwrap_or(u8::MAX)]);
        data.extend(&self.data);
    }

    fn decode(&self, data: &[u8]) -> Result<u8, Malformed> {
        let mut reader = Reader::new(data, Self::NAME);
        group(&mut reader)?;
        reader.u8()
    }
}

/// Asks for the temperatures of one kind of place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GetTemperatureReadings {
    /// The entity: 40h inlet, 41h processor, 42h baseboard.
    pub entity: u8,
    /// From which instance on.
    pub start: u8,
}

/// Temperatures of one kind of place.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TemperatureReadings {
    /// How many instances there are.
    pub total: u8,
    /// Instance and degrees Celsius of those in this answer.
    pub readings: Vec<(u8, i16)>,
}

command!(GetTemperatureReadings, "Get Temperature Readings", GROUP 0x10, Reads -> TemperatureReadings,
|this, out| out.extend([GROUP, 1, this.entity, 0, this.start]),
|reader| {
    group(&mut reader)?;
    let total = reader.u8()?;
    reader.u8()?;
    let mut readings = Vec::new();
    while let Ok([degrees, instance]) = reader.array() {
        let size = i16::from(degrees & 0x7f);
        readings.push((instance, if degrees & 0x80 == 0 { size } else { size.saturating_neg() }));
    }
    TemperatureReadings { total, readings }
});

#[cfg(test)]
mod tests {
    use super::super::Command;
    use super::*;

    #[test]
    fn a_power_reading_is_read_and_another_group_is_not() {
        let mut data = vec![GROUP, 200, 0, 100, 0, 0x2c, 1, 150, 0];
        data.extend([1, 0, 0, 0, 0xe8, 3, 0, 0, 0x40]);
        let reading = GetPowerReading.decode(&data).unwrap();
        assert_eq!((reading.current, reading.minimum, reading.maximum, reading.average), (200, 100, 300, 150));
        assert!(reading.active && reading.period == Duration::from_secs(1));
        data[0] = 0;
        assert!(GetPowerReading.decode(&data).is_err());
    }

    #[test]
    fn a_power_limit_is_written_as_it_is_read() {
        let limit = PowerLimit {
            action: LimitAction::Log,
            watts: 400,
            correction: Duration::from_secs(6),
            sampling: Duration::from_secs(30),
        };
        let mut data = Vec::new();
        SetPowerLimit(limit).encode(&mut data);
        // The answer has one reserved byte less in front.
        let answer = [&[GROUP], &data[2..]].concat();
        assert_eq!(GetPowerLimit.decode(&answer), Ok(limit));
    }

    #[test]
    fn temperatures_are_signed_by_their_top_bit() {
        let command = GetTemperatureReadings { entity: 0x40, start: 0 };
        let readings = command.decode(&[GROUP, 2, 2, 0x19, 1, 0x85, 2]).unwrap();
        assert_eq!(readings.readings, [(1, 25), (2, -5)]);
    }
}
