//! Walking, clearing and dating the system event log.

use std::collections::HashSet;
use std::time::Duration;

use futures_core::Stream;
use futures_util::stream::try_unfold;

use crate::command::CompletionCode;
use crate::command::sel::{
    ClearSel, DeleteSelEntry, FIRST_ENTRY, GetSelEntry, GetSelErasure, GetSelInfo, GetSelTime, LAST_ENTRY, ReserveSel,
    SelInfo, SetSelTime,
};
use crate::record::sel::{Entry, Timestamp};
use crate::{Client, Error, ErrorKind};

const CLEARING: &str = "clearing the event log";
/// How often clearing is begun anew when somebody else takes the reservation.
const RESERVATIONS: u32 = 5;
/// Between two questions whether the log is erased, and how many of them.
const POLL: Duration = Duration::from_millis(200);
const POLLS: u32 = 150;

impl Client {
    /// The state of the event log.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub async fn sel_info(&self) -> Result<SelInfo, Error> {
        self.send(&GetSelInfo).await
    }

    /// The entries of the event log, oldest first, as they are read. An error ends the stream.
    pub fn sel(&self) -> impl Stream<Item = Result<Entry, Error>> + Send + use<> {
        self.sel_from(FIRST_ENTRY)
    }

    /// The entries of the event log from one on: to go on where one stopped, begin with the last one that is known.
    pub fn sel_from(&self, entry: u16) -> impl Stream<Item = Result<Entry, Error>> + Send + use<> {
        let state = (self.clone(), entry, HashSet::new());
        try_unfold(state, |(client, next, mut seen)| async move {
            if next == LAST_ENTRY && !seen.is_empty() {
                return Ok(None);
            }
            if !seen.insert(next) {
                let detail = format!("entry {next:#06x} comes after itself");
                return Err(Error::new(ErrorKind::Malformed, "reading the event log", detail).at(client.peer()));
            }
            match client.send(&GetSelEntry { entry: next }).await {
                Ok(found) => {
                    if next == FIRST_ENTRY {
                        // Zero stands for the first entry, which has an ID of its own.
                        seen.insert(found.entry.id);
                    }
                    Ok(Some((found.entry, (client, found.next, seen))))
                }
                // An empty log has no first entry.
                Err(error) if error.completion_code() == Some(CompletionCode::NotPresent) && next == FIRST_ENTRY => {
                    Ok(None)
                }
                Err(error) => Err(error),
            }
        })
    }

    /// Erases the event log and waits until that is done.
    ///
    /// # Errors
    /// As [`send`](Self::send), and when it isn't done within half a minute.
    pub async fn sel_clear(&self) -> Result<(), Error> {
        let mut attempts = 0;
        let (reservation, mut done) = loop {
            let reservation = self.send(&ReserveSel).await?;
            match self.send(&ClearSel { reservation }).await {
                Ok(done) => break (reservation, done),
                // A lost reservation proves that nothing was erased.
                Err(error)
                    if error.completion_code() == Some(CompletionCode::ReservationLost) && attempts < RESERVATIONS =>
                {
                    attempts += 1;
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

    /// Deletes an entry.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub async fn sel_delete(&self, entry: u16) -> Result<(), Error> {
        let reservation = self.send(&ReserveSel).await?;
        self.send(&DeleteSelEntry { reservation, entry }).await.map(|_| ())
    }

    /// The time by the log's clock.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub async fn sel_time(&self) -> Result<Timestamp, Error> {
        self.send(&GetSelTime).await
    }

    /// Sets the log's clock.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub async fn set_sel_time(&self, time: Timestamp) -> Result<(), Error> {
        self.send(&SetSelTime(time)).await
    }
}
