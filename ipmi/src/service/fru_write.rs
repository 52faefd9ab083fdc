//! Writing FRU inventories: what differs is written, in parts, the common header last; then all of it is read back.

use super::fru::{BUSY_TRIES, BUSY_WAIT, DEVICE_BUSY};
use crate::command::fru::{GetFruInventoryAreaInfo, WriteFruData};
use crate::record::fru_edit::{FruField, edit};
use crate::{Client, Error};

const WRITING: &str = "writing an FRU inventory";
/// How many bytes are written at a time: as many as any BMC takes.
const PART: usize = 16;

impl Client {
    /// Changes fields of an FRU device's inventory: reads it, changes what is asked and the checksums, writes what differs,
    /// and reads it back. Fields that aren't changed keep their bytes. Returns how many bytes were written.
    ///
    /// # Errors
    /// As [`write_fru`](Self::write_fru), and before anything is written when there is no such field, the texts don't fit, or
    /// what is there is damaged ([`FruEditError`](crate::record::fru_edit::FruEditError)).
    pub async fn edit_fru(&self, device: u8, changes: &[(FruField, String)]) -> Result<usize, Error> {
        let before = self.fru_bytes(device).await?;
        let after = edit(&before, changes).map_err(|why| Error::invalid(WRITING, why.to_string()).at(self.peer()))?;
        self.replace_fru(device, &before, &after).await
    }

    /// Writes the memory of an FRU device from its beginning on, what differs from what is there, and reads it back. What lies
    /// behind the given bytes stays. Returns how many bytes were written.
    ///
    /// # Errors
    /// As [`send`](Self::send), when there are more bytes than the device has, and when it has others afterwards
    /// ([`ErrorKind::NotInForce`](crate::ErrorKind)). After an error in the middle the inventory may be damaged: the error
    /// says so.
    pub async fn write_fru(&self, device: u8, bytes: &[u8]) -> Result<usize, Error> {
        let before = self.fru_bytes(device).await?;
        let Some(rest) = before.get(bytes.len()..) else {
            let detail = format!("{} bytes are more than the {} that the device has", bytes.len(), before.len());
            return Err(Error::invalid(WRITING, detail).at(self.peer()));
        };
        let after = [bytes, rest].concat();
        self.replace_fru(device, &before, &after).await
    }

    async fn replace_fru(&self, device: u8, before: &[u8], after: &[u8]) -> Result<usize, Error> {
        let by_words = self.send(&GetFruInventoryAreaInfo { device }).await?.by_words;
        let differs = |(_, (old, new)): &(usize, (&[u8], &[u8]))| old != new;
        let mut parts: Vec<_> = before.chunks(PART).zip(after.chunks(PART)).enumerate().filter(differs).collect();
        if parts.is_empty() {
            return Ok(0);
        }
        // With the header, readers see the new layout: it comes last.
        parts.reverse();
        let all = parts.len();
        let mut bytes = 0_usize;
        let mut answered = Ok(());
        for (done, (index, (_, new))) in parts.into_iter().enumerate() {
            let at = index.saturating_mul(PART);
            let offset = u16::try_from(if by_words { at / 2 } else { at }).unwrap_or(u16::MAX);
            if let Err(error) = self.write_part(&WriteFruData { device, offset, data: new.to_vec() }).await {
                answered = Err(if done == 0 { error } else { in_the_middle(&error, done, all) });
                break;
            }
            bytes = bytes.saturating_add(new.len());
        }
        self.confirm(WRITING, answered, || async {
            let found = self.fru_bytes(device).await?;
            let wrong = found.iter().zip(after).filter(|(found, asked)| found != asked).count();
            Ok((wrong > 0).then(|| format!("{wrong} of {} bytes are others", after.len())))
        })
        .await?;
        Ok(bytes)
    }

    /// Writes a part. A busy device refuses it without writing, so the part is sent again.
    async fn write_part(&self, part: &WriteFruData) -> Result<(), Error> {
        let mut busy = 0_u32;
        loop {
            match self.send(part).await {
                Err(error)
                    if error.completion_code().is_some_and(|code| code.number() == DEVICE_BUSY)
                        && busy < BUSY_TRIES =>
                {
                    busy = busy.saturating_add(1);
                    tokio::time::sleep(BUSY_WAIT).await;
                }
                written => return written.map(drop),
            }
        }
    }
}

/// An error behind which the memory is neither what it was nor what it should be.
fn in_the_middle(error: &Error, done: usize, all: usize) -> Error {
    let detail = format!(
        "{}; {done} of {all} parts were written before, so that the inventory may be damaged: write it again, or write back what was \
         saved of it",
        error.report()
    );
    Error::new(error.kind(), WRITING, detail).perhaps_done()
}
