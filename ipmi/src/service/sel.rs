//! Walking, clearing and dating the system event log.

use std::time::Duration;

use super::chain::{FIRST, Found};
use super::steps::{Failure, Steps};
use super::walk::{Linked, walk};
use crate::command::CompletionCode;
use crate::command::sel::{
    ClearSel, FIRST_ENTRY, GetSelEntry, GetSelErasure, GetSelInfo, GetSelTime, LAST_ENTRY, ReserveSel, SelData, SelInfo,
};
use crate::partial::{Item, List, Partial};
use crate::record::sel::{ENTRY_LENGTH, Entry, Timestamp};
use crate::{Client, Error, ErrorKind};

const READING: &str = "reading the event log";
const CLEARING: &str = "clearing the event log";
/// How often something is begun again when somebody else takes the reservation.
pub(super) const RESERVATIONS: u32 = 5;
/// Between two questions whether the log is erased, and how many of them.
const POLL: Duration = Duration::from_millis(200);
const POLLS: u32 = 150;
const WHOLE: u8 = 0xff;
/// An entry has 16 bytes; what a BMC gives at least of it.
const SMALLEST_PART: u8 = 4;
const ERASING: u8 = 0x81;
/// More than 65,534 entries take in the smallest parts.
const STEPS: u32 = 1_000_000;

impl Client {
    /// Reads the state of the event log.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub async fn sel_info(&self) -> Result<SelInfo, Error> {
        self.send(&GetSelInfo).await
    }

    /// Returns the entries of the event log, oldest first, as they are read. One that can't be read is an error,
    /// behind which the list continues.
    pub fn sel(&self) -> List<Entry> {
        self.sel_from(FIRST_ENTRY)
    }

    /// Returns the entries of the event log from one on: to resume where one stopped, begin with the last one that is
    /// known.
    pub fn sel_from(&self, entry: u16) -> List<Entry> {
        let entries = Entries { steps: Steps::new(self.clone(), STEPS), part: WHOLE, reservation: 0, nameless: None };
        walk(entries, entry)
    }

    /// Reads the newest entries of the event log, oldest first. Where the log's IDs are as good as consecutive only
    /// these are read, and otherwise the whole log: from whichever entry a walk begins, it comes to the last.
    ///
    /// # Errors
    /// Where nothing could be read.
    pub async fn sel_last(&self, count: usize) -> Result<Partial<Entry>, Error> {
        if count == 0 {
            return Ok(Partial::default());
        }
        if let Some(found) = self.sel_end(count).await {
            return Ok(found);
        }
        let mut found = self.sel().collect_all().await?;
        found.items.drain(..found.items.len().saturating_sub(count));
        Ok(found)
    }

    /// So many entries from the log's end, if an entry is found that isn't far before them.
    async fn sel_end(&self, count: usize) -> Option<Partial<Entry>> {
        let last = Entry::decode(&self.send(&GetSelEntry::whole(LAST_ENTRY)).await.ok()?.data).ok()?.id;
        // Some entries may have been deleted.
        for factor in [1, 2] {
            let back = count.checked_mul(factor)?.checked_sub(1)?;
            let first = last.checked_sub(u16::try_from(back).ok()?).filter(|first| *first > FIRST_ENTRY)?;
            let there = self.send(&GetSelEntry::whole(first)).await;
            if !there.is_ok_and(|there| Entry::decode(&there.data).is_ok_and(|entry| entry.id == first)) {
                continue;
            }
            let mut found = self.sel_from(first).collect_all().await.ok()?;
            if found.missing.is_empty() && found.items.len() >= count {
                found.items.drain(..found.items.len().saturating_sub(count));
                return Some(found);
            }
        }
        None
    }

    /// Erases the event log and waits until that is done.
    ///
    /// # Errors
    /// As [`send`](Self::send), and when it isn't done within half a minute.
    pub async fn sel_clear(&self) -> Result<(), Error> {
        let mut attempts = 0_u32;
        let (reservation, mut done) = loop {
            let reservation = self.send(&ReserveSel).await?;
            match self.send(&ClearSel { reservation }).await {
                Ok(done) => break (reservation, done),
                // A lost reservation proves that nothing was erased.
                Err(error)
                    if error.completion_code() == Some(CompletionCode::ReservationLost) && attempts < RESERVATIONS =>
                {
                    attempts = attempts.saturating_add(1);
                }
                Err(error) => return Err(error),
            }
        };
        for _ in 0..POLLS {
            if done {
                return Ok(());
            }
            tokio::time::sleep(POLL).await;
            done = match self.send(&GetSelErasure { reservation }).await {
                Ok(done) => done,
                // Some forget the reservation when they are done.
                Err(error) if error.completion_code() == Some(CompletionCode::ReservationLost) => true,
                Err(error) => return Err(error),
            };
        }
        Err(Error::new(ErrorKind::Timeout, CLEARING, "the BMC is still erasing it after 30 s").at(self.peer()))
    }

    /// Reads the time by the log's clock.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub async fn sel_time(&self) -> Result<Timestamp, Error> {
        self.send(&GetSelTime).await
    }
}

struct Entries {
    steps: Steps,
    /// How much is asked for at a time.
    part: u8,
    reservation: u16,
    /// The first entry without its ID, where that is zero: it comes again under its own.
    nameless: Option<Vec<u8>>,
}

impl Linked for Entries {
    type Item = Entry;
    const ACTION: &'static str = READING;

    async fn read(&mut self, id: u16) -> Result<Found<Entry>, Failure> {
        let mut attempts = 0_u32;
        let (SelData { next, mut data }, mut problem) = loop {
            match self.whole(id).await {
                Err(Failure::Step(error)) => match error.completion_code() {
                    Some(CompletionCode::ReservationLost) if attempts < RESERVATIONS => {
                        attempts = attempts.saturating_add(1);
                        self.reservation = self.steps.send(&ReserveSel).await?;
                    }
                    // There is no log while it is being erased.
                    Some(code) if code.number() == ERASING => return Err(Failure::All(error)),
                    _ => return Err(Failure::Step(error)),
                },
                other => break other?,
            }
        };
        data.truncate(ENTRY_LENGTH);
        let entry = Entry::decode(&data);
        if let (Err(malformed), None) = (&entry, &problem) {
            problem = Some(Error::malformed(READING, *malformed).at(self.peer()));
        }
        let own_id = entry.as_ref().map_or(id, |entry| entry.id);
        let (_, said) = data.split_at_checked(2).unwrap_or_default();
        let again = self.nameless.take().is_some_and(|first| first == said);
        if id == FIRST && own_id == 0 {
            self.nameless = Some(said.to_vec());
        }
        if again {
            // Known by the ID and bytes under which it came first.
            let content = [&[0, 0], said].concat();
            return Ok(Found { id: 0, next, content, item: None, problem: None });
        }
        Ok(Found { id: own_id, next, content: data, item: entry.ok(), problem })
    }

    async fn count(&mut self) -> Option<usize> {
        self.steps.send(&GetSelInfo).await.ok().map(|info| usize::from(info.entries))
    }

    fn name(id: u16) -> Item {
        Item::Entry(id)
    }

    fn peer(&self) -> &str {
        self.steps.peer()
    }
}

impl Entries {
    /// The bytes of an entry as far as they can be read, and why there are no more.
    async fn whole(&mut self, entry: u16) -> Result<(SelData, Option<Error>), Failure> {
        let before = self.part;
        let mut found = loop {
            let part = GetSelEntry { reservation: self.reservation, count: self.part, ..GetSelEntry::whole(entry) };
            match self.steps.send(&part).await {
                Ok(found) => break found,
                Err(Failure::Step(error)) if is_worth_less(&error) && self.part > SMALLEST_PART => {
                    self.part = if self.part == WHOLE { ENTRY_LENGTH as u8 } else { self.part / 2 };
                }
                Err(refused) => {
                    // It is the entry, and not how much of it was asked for.
                    self.part = before;
                    return Err(refused);
                }
            }
        };
        while let Some(missing) = ENTRY_LENGTH.checked_sub(found.data.len()).filter(|missing| *missing > 0) {
            if self.reservation == 0 {
                match self.steps.send(&ReserveSel).await {
                    Ok(reservation) => self.reservation = reservation,
                    Err(Failure::Step(error)) => return Ok((found, Some(error))),
                    Err(lost) => return Err(lost),
                }
            }
            let count = (missing as u8).min(self.part); // at most 16
            let offset = (ENTRY_LENGTH as u8).saturating_sub(missing as u8);
            let part = GetSelEntry { reservation: self.reservation, entry, offset, count };
            match self.steps.send(&part).await {
                Ok(more) if more.data.is_empty() => break,
                Ok(more) => found.data.extend(more.data),
                Err(Failure::Step(error)) if error.completion_code() != Some(CompletionCode::ReservationLost) => {
                    return Ok((found, Some(error)));
                }
                Err(lost) => return Err(lost),
            }
        }
        Ok((found, None))
    }
}

/// Whether asking for less of the same entry may help.
fn is_worth_less(error: &Error) -> bool {
    match error.completion_code() {
        Some(code) => code.is_too_many_bytes() || code == CompletionCode::ProcessingTimeout,
        None => error.kind() == ErrorKind::Malformed,
    }
}
