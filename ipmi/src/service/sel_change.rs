//! Reads, adds and deletes single entries of the event log, and sets the log's clock. Each change is read back.

use super::sel::RESERVATIONS;
use crate::command::CompletionCode;
use crate::command::sel::{
    AddSelEntry, DeleteSelEntry, FIRST_ENTRY, GetSelAllocation, GetSelEntry, GetSelTime, GetSelTimeUtcOffset,
    LAST_ENTRY, ReserveSel, SelAllocation, SetSelTime,
};
use crate::record::sel::{Entry, Timestamp};
use crate::{Client, Error};

const ADDING: &str = "adding an event log entry";
const DELETING: &str = "deleting an event log entry";
const SETTING: &str = "setting the event log's clock";
/// How far the clock may be off when it is read back, as it keeps running in between.
const CLOCK_SECONDS: u32 = 60;

impl Client {
    /// Reads one entry of the event log by its ID.
    ///
    /// # Errors
    /// As [`send`](Self::send): completion code CBh usually means that there is no such entry.
    pub async fn sel_entry(&self, entry: u16) -> Result<Entry, Error> {
        let found = self.send(&GetSelEntry::whole(entry)).await?;
        Entry::decode(&found.data).map_err(|malformed| Error::malformed("Get SEL Entry", malformed).at(self.peer()))
    }

    /// Reads how the log's memory is divided; `None` where the BMC doesn't say.
    ///
    /// # Errors
    /// As [`send`](Self::send), but for the BMC's not having it.
    pub async fn sel_allocation(&self) -> Result<Option<SelAllocation>, Error> {
        match self.send(&GetSelAllocation).await {
            Ok(found) => Ok(Some(found)),
            Err(error) if error.is_unsupported() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Reads by how many minutes the log's clock is ahead of UTC; `None` where the BMC doesn't say.
    ///
    /// # Errors
    /// As [`send`](Self::send), but for the BMC's not having it.
    pub async fn sel_utc_offset(&self) -> Result<Option<i16>, Error> {
        match self.send(&GetSelTimeUtcOffset).await {
            Ok(found) => Ok(found),
            Err(error) if error.is_unsupported() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Adds an entry to the event log and reads it back. The BMC gives it an ID, which is returned, and a time if its type
    /// has one.
    ///
    /// # Errors
    /// As [`send`](Self::send), and when there is another entry by that ID afterwards
    /// ([`ErrorKind::NotInForce`](crate::ErrorKind)).
    pub async fn sel_add(&self, entry: &Entry) -> Result<u16, Error> {
        let id = self.send(&AddSelEntry(entry.clone())).await?;
        let asked = entry.clone();
        self.confirm(ADDING, Ok(()), || async {
            match self.sel_entry(id).await {
                Ok(found) if is_same(&found, &asked) => Ok(None),
                Ok(found) => Ok(Some(format!("entry {id:#06x} is {found}"))),
                Err(error) if is_no_such_entry(&error) => Ok(Some(format!("there is no entry {id:#06x}"))),
                Err(error) => Err(error),
            }
        })
        .await?;
        Ok(id)
    }

    /// Deletes an entry of the event log, and checks that it is gone.
    ///
    /// # Errors
    /// As [`send`](Self::send), and when it is still there afterwards ([`ErrorKind::NotInForce`](crate::ErrorKind)). The
    /// first and the last entry have to be named by their own IDs.
    pub async fn sel_delete(&self, entry: u16) -> Result<(), Error> {
        if matches!(entry, FIRST_ENTRY | LAST_ENTRY) {
            let detail = format!("{entry:#06x} stands for the first or the last entry, and is not an ID");
            return Err(Error::invalid(DELETING, detail).at(self.peer()));
        }
        let mut attempts = 0_u32;
        let answered = loop {
            let reservation = self.send(&ReserveSel).await?;
            match self.send(&DeleteSelEntry { reservation, entry }).await {
                // A lost reservation proves that nothing was deleted.
                Err(error)
                    if error.completion_code() == Some(CompletionCode::ReservationLost) && attempts < RESERVATIONS =>
                {
                    attempts = attempts.saturating_add(1);
                }
                answered => break answered.map(drop),
            }
        };
        self.confirm(DELETING, answered, || async {
            match self.sel_entry(entry).await {
                // Some BMCs return another entry if there is none with this ID.
                Ok(found) if found.id == entry => Ok(Some(format!("entry {entry:#06x} is still there"))),
                Ok(_) => Ok(None),
                Err(error) if is_no_such_entry(&error) => Ok(None),
                Err(error) => Err(error),
            }
        })
        .await
    }

    /// Sets the log's clock, and reads it back.
    ///
    /// # Errors
    /// As [`send`](Self::send), and when the clock is more than a minute off afterwards
    /// ([`ErrorKind::NotInForce`](crate::ErrorKind)).
    pub async fn set_sel_time(&self, time: Timestamp) -> Result<(), Error> {
        let answered = self.send(&SetSelTime(time)).await;
        self.confirm(SETTING, answered, || async {
            let found = self.send(&GetSelTime).await?;
            let off = found.0.abs_diff(time.0);
            Ok((off > CLOCK_SECONDS).then(|| format!("the clock is {off} s off")))
        })
        .await
    }
}

/// Returns whether an entry is the one that was added, except for the ID and the time, which the BMC chooses.
fn is_same(found: &Entry, asked: &Entry) -> bool {
    let (found, asked) = (found.encode(), asked.encode());
    let [_, _, kind, time @ .., _, _, _, _, _, _, _, _, _] = &found;
    let [_, _, asked_kind, asked_time @ .., _, _, _, _, _, _, _, _, _] = &asked;
    let has_time = *kind < 0xe0;
    kind == asked_kind && (has_time || time == asked_time) && found.iter().skip(7).eq(asked.iter().skip(7))
}

/// Returns whether BMCs answer with this error for an entry that they don't have.
fn is_no_such_entry(error: &Error) -> bool {
    error.completion_code().is_some_and(|code| {
        matches!(code, CompletionCode::NotPresent | CompletionCode::ParameterOutOfRange | CompletionCode::InvalidField)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_added_entry_is_known_by_all_but_its_id_and_time() {
        let bytes = [1, 0, 2, 0x10, 0, 0, 0x60, 0x20, 0, 4, 1, 1, 0x81, 0x59, 0x75, 0x70];
        let asked = Entry::decode(&bytes).unwrap();
        let with = |at: usize| {
            let mut other = bytes;
            other[at] ^= 0x20;
            Entry::decode(&other).unwrap()
        };
        assert!(is_same(&with(0), &asked) && is_same(&with(3), &asked));
        assert!(!is_same(&with(15), &asked) && !is_same(&with(7), &asked));
        let untimed = |third: u8| {
            let mut other = bytes;
            (other[2], other[3]) = (0xe1, third);
            Entry::decode(&other).unwrap()
        };
        assert!(is_same(&untimed(7), &untimed(7)) && !is_same(&untimed(7), &untimed(8)));
    }
}
