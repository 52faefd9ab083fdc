//! Short forms for what a BMC says about itself, and the texts that come in blocks.

use crate::ipmi::command::device::{
    ColdReset, DeviceId, GetDeviceGuid, GetDeviceId, GetSelfTestResults, GetSystemGuid, GetSystemInfo, Guid, SelfTest,
    SystemInfo, WarmReset,
};
use crate::ipmi::{Client, Error};

impl Client {
    /// Who made the controller and which firmware it runs.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub async fn device_id(&self) -> Result<DeviceId, Error> {
        self.send(&GetDeviceId).await
    }

    /// The result of the BMC's self test.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub async fn self_test(&self) -> Result<SelfTest, Error> {
        self.send(&GetSelfTestResults).await
    }

    /// The GUID of the managed system.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub async fn system_guid(&self) -> Result<Guid, Error> {
        self.send(&GetSystemGuid).await
    }

    /// The GUID of the controller.
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

    /// A text that the BMC keeps for the system, such as the BIOS's version; `None` where it keeps none.
    ///
    /// # Errors
    /// As [`send`](Self::send), but for the BMC's not having it.
    pub async fn system_info(&self, parameter: SystemInfo) -> Result<Option<String>, Error> {
        let first = match self.send(&GetSystemInfo { parameter, block: 0 }).await {
            Ok(first) => first,
            Err(error)
                if error.is_unsupported() || error.completion_code().is_some_and(|code| code.number() == 0x80) =>
            {
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
