//! The BMC's switches and the texts that it keeps for the system, set and read back.

use crate::command::device::{SetSystemInfo, SystemInfo};
use crate::command::enables::{GetGlobalEnables, GlobalEnables, SetGlobalEnables};
use crate::{Client, Error};

const SETTING_ENABLES: &str = "setting the global enables";
const SETTING_TEXT: &str = "setting a text of the system";
/// How many bytes of a text the first block has, and the others.
const FIRST_BLOCK: usize = 14;
const BLOCK: usize = 16;
/// The longest text: its length is one byte.
const LONGEST: usize = 255;

impl Client {
    /// Reads what the BMC does with messages and events.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub async fn global_enables(&self) -> Result<GlobalEnables, Error> {
        self.send(&GetGlobalEnables).await
    }

    /// Sets what the BMC does with messages and events, all of it, and reads it back.
    ///
    /// # Errors
    /// As [`send`](Self::send), and when it is otherwise afterwards ([`ErrorKind::NotInForce`](crate::ErrorKind)).
    pub async fn set_global_enables(&self, enables: GlobalEnables) -> Result<(), Error> {
        let answered = self.send(&SetGlobalEnables(enables)).await;
        self.confirm(SETTING_ENABLES, answered, || async {
            let found = self.send(&GetGlobalEnables).await?;
            Ok((found != enables).then(|| format!("they are {:#04x}", found.0)))
        })
        .await
    }

    /// Sets a text that the BMC keeps for the system, at most 255 bytes, and reads it back. It is written as UTF-8, as ASCII
    /// where it is.
    ///
    /// # Errors
    /// As [`send`](Self::send), when it is too long, and when it is another one afterwards
    /// ([`ErrorKind::NotInForce`](crate::ErrorKind)). A text comes in blocks: after an error in the middle, a part of it may
    /// have been written.
    pub async fn set_system_info(&self, parameter: SystemInfo, text: &str) -> Result<(), Error> {
        let bytes = text.as_bytes();
        let Ok(length) = u8::try_from(bytes.len()) else {
            let detail = format!("{} bytes are more than {LONGEST}", bytes.len());
            return Err(Error::invalid(SETTING_TEXT, detail).at(self.peer()));
        };
        let answered = self.write_text(parameter, bytes, length).await;
        self.confirm(SETTING_TEXT, answered, || async {
            let found = self.system_info(parameter).await?;
            Ok(found.filter(|found| found != text).map(|found| format!("it is {found:?}")))
        })
        .await
    }

    async fn write_text(&self, parameter: SystemInfo, bytes: &[u8], length: u8) -> Result<(), Error> {
        let encoding = u8::from(!bytes.is_ascii());
        let (first, rest) = bytes.split_at_checked(FIRST_BLOCK).unwrap_or((bytes, &[]));
        let mut data = vec![encoding, length];
        data.extend(first);
        data.resize(BLOCK, 0);
        self.send(&SetSystemInfo { parameter, block: 0, data }).await?;
        for (block, part) in (1..=u8::MAX).zip(rest.chunks(BLOCK)) {
            let mut data = part.to_vec();
            data.resize(BLOCK, 0);
            self.send(&SetSystemInfo { parameter, block, data }).await?;
        }
        Ok(())
    }
}
