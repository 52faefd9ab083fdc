//! Short forms for what a BMC says about itself, and the texts that come in blocks.

use super::steps::{Failure, Steps};
use crate::command::CompletionCode;
use crate::command::device::{
    ColdReset, DeviceId, FirmwareVersion, GetDeviceGuid, GetDeviceId, GetSelfTestResults, GetSystemGuid, GetSystemInfo,
    Guid, SelfTest, SystemInfo, WarmReset,
};
use crate::command::hpm::{
    ComponentVersion, GetComponentDescription, GetComponentVersion, GetTargetUpgradeCapabilities, UpgradeCapabilities,
};
use crate::partial::{Item, ReadError};
use crate::{Client, Error};

/// Two for each of eight components, and what goes before.
const STEPS: u32 = 32;

/// What firmware there is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Firmware {
    /// The controller's.
    pub controller: FirmwareVersion,
    /// The system's (the BIOS's), where the BMC keeps its version.
    pub system: Option<String>,
    /// Components, where the BMC shows them by HPM.1.
    pub components: Vec<FirmwareComponent>,
    /// What could not be read, though the BMC doesn't say that it lacks it.
    pub missing: Vec<ReadError>,
}

/// A component of the firmware.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FirmwareComponent {
    /// Its number, 0 to 7.
    pub number: u8,
    /// Its name.
    pub name: String,
    /// The version that it runs.
    pub version: ComponentVersion,
}

impl Client {
    /// Reads who made the controller and which firmware it runs.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub async fn device_id(&self) -> Result<DeviceId, Error> {
        self.send(&GetDeviceId).await
    }

    /// Reads the result of the BMC's self test.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub async fn self_test(&self) -> Result<SelfTest, Error> {
        self.send(&GetSelfTestResults).await
    }

    /// Reads the GUID of the managed system.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub async fn system_guid(&self) -> Result<Guid, Error> {
        self.send(&GetSystemGuid).await
    }

    /// Reads the GUID of the controller.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub async fn device_guid(&self) -> Result<Guid, Error> {
        self.send(&GetDeviceGuid).await
    }

    /// Restarts the BMC. The session doesn't survive it; the next command opens a new one once the BMC is back.
    ///
    /// # Errors
    /// As [`send`](Self::send). Some BMCs restart without answering: that is a timeout of which
    /// [`Error::may_have_acted`] is true.
    pub async fn cold_reset(&self) -> Result<(), Error> {
        self.send(&ColdReset).await
    }

    /// Restarts the BMC's interfaces.
    ///
    /// # Errors
    /// As [`cold_reset`](Self::cold_reset).
    pub async fn warm_reset(&self) -> Result<(), Error> {
        self.send(&WarmReset).await
    }

    /// Reads what firmware there is: the controller's, the system's where the BMC keeps its version, and the
    /// components that HPM.1 shows where the BMC has it.
    ///
    /// # Errors
    /// As [`send`](Self::send), for the controller's. What else can't be read is among what is missing.
    pub async fn firmware(&self) -> Result<Firmware, Error> {
        let controller = self.device_id().await?.firmware;
        let mut missing = Vec::new();
        let system = match self.system_info(SystemInfo::FirmwareVersion).await {
            Ok(system) => system,
            Err(error) => {
                missing.push(ReadError::new(Item::SystemInfo, error));
                None
            }
        };
        let mut components = Vec::new();
        let mut steps = Steps::new(self.clone(), STEPS);
        let capabilities = match steps.send(&GetTargetUpgradeCapabilities).await {
            Ok(capabilities) => Some(capabilities),
            // A BMC without HPM.1 knows no such command, in one way or another.
            Err(Failure::Step(error)) if error.completion_code().is_some() => None,
            Err(failure) => {
                missing.push(ReadError::from_here_on(Item::Component(0), failure.into_error()));
                None
            }
        };
        for component in capabilities.into_iter().flat_map(UpgradeCapabilities::components) {
            // Without a name, the number shows which it is.
            let name = steps.send(&GetComponentDescription { component }).await.unwrap_or_default();
            match steps.send(&GetComponentVersion { component }).await {
                Ok(version) => components.push(FirmwareComponent { number: component, name, version }),
                Err(Failure::Step(error)) => missing.push(ReadError::new(Item::Component(component), error)),
                Err(Failure::All(error)) => {
                    missing.push(ReadError::from_here_on(Item::Component(component), error));
                    break;
                }
            }
        }
        Ok(Firmware { controller, system, components, missing })
    }

    /// Reads a text that the BMC keeps for the system, such as the BIOS's version; `None` where it keeps none.
    ///
    /// # Errors
    /// As [`send`](Self::send), but for the BMC's not having it.
    pub async fn system_info(&self, parameter: SystemInfo) -> Result<Option<String>, Error> {
        let first = match self.send(&GetSystemInfo { parameter, block: 0 }).await {
            Ok(first) => first,
            Err(error) if error.is_unsupported() || error.completion_code().is_some_and(is_lacking) => {
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        // Set selector's echo was taken off; block 0 begins with encoding and length.
        let [encoding, length, text @ ..] = first.as_slice() else {
            return Ok(None);
        };
        let (encoding, length) = (*encoding & 0x0f, usize::from(*length));
        let mut bytes = text.to_vec();
        for block in 1..=u8::MAX {
            if bytes.len() >= length {
                break;
            }
            let more = self.send(&GetSystemInfo { parameter, block }).await?;
            if more.is_empty() {
                break;
            }
            bytes.extend(more);
        }
        bytes.truncate(length);
        Ok(Some(decode_text(encoding, &bytes)))
    }
}

/// What BMCs answer for a parameter that they don't have.
fn is_lacking(code: CompletionCode) -> bool {
    code.number() == 0x80 || matches!(code, CompletionCode::InvalidField | CompletionCode::ParameterOutOfRange)
}

/// Text in one of the encodings of table 22-16c: 0 is ASCII with Latin 1, 1 is UTF-8, 2 is UTF-16.
fn decode_text(encoding: u8, bytes: &[u8]) -> String {
    let text: String = match encoding {
        1 => String::from_utf8_lossy(bytes).into_owned(),
        2 => {
            let (pairs, _) = bytes.as_chunks::<2>();
            char::decode_utf16(pairs.iter().map(|pair| u16::from_le_bytes(*pair)))
                .map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER))
                .collect()
        }
        _ => bytes.iter().map(|byte| char::from(*byte)).collect(),
    };
    text.trim_end_matches('\0').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_read_in_each_encoding() {
        assert_eq!(decode_text(0, b"caf\xe9\0"), "café");
        assert_eq!(decode_text(1, "café".as_bytes()), "café");
        assert_eq!(decode_text(2, &[0x63, 0, 0xe9, 0, 1]), "cé");
    }
}
