//! DCMI as conversations: power limits that may be absent, and texts that come in parts.

use super::steps::Steps;
use crate::command::Command;
use crate::command::dcmi::{
    ActivatePowerLimit, DcmiText, GetAssetTag, GetControllerName, GetDcmiCapabilities, GetPowerLimit, GetPowerReading,
    GetTemperatureReadings, LONGEST_TEXT, PowerLimit, PowerReading, SetPowerLimit, SetText, TEXT_PART, TextPart,
};
use crate::partial::{Item, Partial, ReadError};
use crate::{Client, Error};

const LIMITING: &str = "setting the power limit";
const SETTING_TEXT: &str = "setting a DCMI text";

/// What the BMC has of DCMI, parameter by parameter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct DcmiState {
    /// Major and minor version; none where the BMC has no DCMI.
    pub version: Option<(u8, u8)>,
    /// Whether power can be measured and limited.
    pub power_management: Option<bool>,
    /// How many entries the event log can have, and whether the oldest give way.
    pub event_log: Option<(u16, bool)>,
    /// How often temperatures are sampled, in seconds.
    pub temperature_sampling: Option<u8>,
}

impl Client {
    /// Reads what the BMC has of DCMI.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub async fn dcmi_state(&self) -> Result<DcmiState, Error> {
        let first = self.send(&GetDcmiCapabilities { parameter: 1 }).await?;
        let mut found = DcmiState {
            version: Some(first.version),
            power_management: Some(first.power_management()),
            ..DcmiState::default()
        };
        match self.send(&GetDcmiCapabilities { parameter: 2 }).await {
            Ok(second) => {
                if let Some([low, high, ..]) = second.data.first_chunk::<4>() {
                    let word = u16::from_le_bytes([*low, *high]);
                    found.event_log = Some((word & 0x0fff, word & 0x8000 != 0));
                }
                found.temperature_sampling = second.data.get(4).copied();
            }
            // What a BMC must have of it, not all have.
            Err(error) if error.completion_code().is_some() => {}
            Err(error) => return Err(error),
        }
        Ok(found)
    }

    /// Reads the power that the system draws.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub async fn power_reading(&self) -> Result<PowerReading, Error> {
        self.send(&GetPowerReading).await
    }

    /// Reads the power limit, if one is active.
    ///
    /// # Errors
    /// As [`send`](Self::send), but for there being none.
    pub async fn power_limit(&self) -> Result<Option<PowerLimit>, Error> {
        const NONE_ACTIVE: u8 = 0x80;
        match self.send(&GetPowerLimit).await {
            Ok(limit) => Ok(Some(limit)),
            Err(error) if error.completion_code().is_some_and(|code| code.number() == NONE_ACTIVE) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Sets a power limit and activates it, or deactivates the one that is set. Then it is read back.
    ///
    /// # Errors
    /// As [`send`](Self::send), and when the limit is another afterwards ([`ErrorKind::NotInForce`](crate::ErrorKind)).
    pub async fn set_power_limit(&self, limit: Option<PowerLimit>) -> Result<(), Error> {
        let answered = async {
            if let Some(limit) = limit {
                self.send(&SetPowerLimit(limit)).await?;
            }
            self.send(&ActivatePowerLimit(limit.is_some())).await
        };
        let answered = answered.await;
        let asked = limit.map(|limit| limit.watts);
        self.confirm(LIMITING, answered, || async {
            let found = self.power_limit().await?.map(|limit| limit.watts);
            Ok((found != asked).then(|| match found {
                Some(watts) => format!("the limit is {watts} W"),
                None => "there is no limit".to_owned(),
            }))
        })
        .await
    }

    /// Reads the asset tag.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub async fn asset_tag(&self) -> Result<String, Error> {
        self.dcmi_text(|offset| GetAssetTag { offset }).await
    }

    /// Reads the management controller's identifier string.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub async fn controller_name(&self) -> Result<String, Error> {
        self.dcmi_text(|offset| GetControllerName { offset }).await
    }

    /// Sets the asset tag or the controller's identifier string, at most 63 bytes, and reads it back.
    ///
    /// # Errors
    /// As [`send`](Self::send), when it is too long, and when it is another one afterwards
    /// ([`ErrorKind::NotInForce`](crate::ErrorKind)). A text comes in parts: after an error in the middle, some may have been
    /// written.
    pub async fn set_dcmi_text(&self, text: DcmiText, value: &str) -> Result<(), Error> {
        if value.len() > LONGEST_TEXT {
            let detail = format!("{} bytes are more than {LONGEST_TEXT}", value.len());
            return Err(Error::invalid(SETTING_TEXT, detail).at(self.peer()));
        }
        let answered = self.write_dcmi_text(text, value).await;
        self.confirm(SETTING_TEXT, answered, || async {
            let found = match text {
                DcmiText::AssetTag => self.asset_tag().await?,
                DcmiText::ControllerName => self.controller_name().await?,
            };
            Ok((found != value).then(|| format!("it is {found:?}")))
        })
        .await
    }

    async fn write_dcmi_text(&self, text: DcmiText, value: &str) -> Result<(), Error> {
        let mut bytes = value.as_bytes().to_vec();
        if text == DcmiText::ControllerName {
            bytes.push(0); // this one is null-terminated
        }
        let mut offset = 0;
        for part in bytes.chunks(usize::from(TEXT_PART)) {
            self.send(&SetText { text, offset, data: part.to_vec() }).await?;
            offset = offset.saturating_add(TEXT_PART);
        }
        if bytes.is_empty() {
            self.send(&SetText { text, offset: 0, data: Vec::new() }).await?;
        }
        Ok(())
    }

    /// Temperatures of one kind of place (40h inlet, 41h processor, 42h baseboard): instance and degrees Celsius.
    ///
    /// # Errors
    /// As [`send`](Self::send), when none can be read.
    pub async fn dcmi_temperatures(&self, entity: u8) -> Result<Partial<(u8, i16)>, Error> {
        let mut steps = Steps::new(self.clone(), u8::MAX.into());
        let mut all = Partial::default();
        let mut start = 1;
        loop {
            let item = Item::Temperatures { entity, start };
            let answer = match steps.send(&GetTemperatureReadings { entity, start }).await {
                Ok(answer) => answer,
                Err(failure) if all.items.is_empty() => return Err(failure.into_error()),
                Err(failure) => {
                    all.missing.push(ReadError::from_here_on(item, failure.into_error()));
                    return Ok(all);
                }
            };
            let last = answer.readings.iter().map(|(instance, _)| *instance).max();
            all.items.extend(answer.readings);
            match last.and_then(|last| last.checked_add(1)).filter(|next| *next > start) {
                Some(next) if all.items.len() < usize::from(answer.total) => start = next,
                _ => return Ok(all),
            }
        }
    }

    async fn dcmi_text<C: Command<Response = TextPart>>(&self, part: impl Fn(u8) -> C) -> Result<String, Error> {
        let mut bytes: Vec<u8> = Vec::new();
        loop {
            let offset = u8::try_from(bytes.len()).unwrap_or(u8::MAX);
            let answer = self.send(&part(offset)).await?;
            let more = !answer.data.is_empty();
            bytes.extend(answer.data);
            let total = usize::from(answer.total).min(LONGEST_TEXT + 1);
            if bytes.len() >= total || !more {
                bytes.truncate(total);
                return Ok(String::from_utf8_lossy(&bytes).trim_end_matches('\0').to_owned());
            }
        }
    }
}
