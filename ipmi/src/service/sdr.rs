//! Reading sensor data records: whole where the BMC can, in parts under a reservation where it can't, from the
//! repository or, for controllers that describe themselves, from the device.

use std::collections::HashSet;

use futures_core::Stream;
use futures_util::stream::{TryStreamExt, try_unfold};

use crate::command::CompletionCode;
use crate::command::sdr::{
    FIRST_RECORD, GetDeviceSdr, GetSdr, GetSdrRepositoryInfo, LAST_RECORD, ReserveDeviceSdrRepository,
    ReserveSdrRepository, SdrData, SdrPart, SdrRepositoryInfo, SdrSource,
};
use crate::record::sdr::{HEADER_LENGTH, Header, Record};
use crate::record::sensor::Sensor;
use crate::{Client, Error, ErrorKind};

const READING: &str = "reading sensor data records";
const WHOLE: u8 = 0xff;
/// The parts that are tried when a whole record is too much, and the smallest that makes sense.
const FIRST_PART: u8 = 32;
const SMALLEST_PART: u8 = 4;
/// How often a record is begun anew when the reservation is lost on the way.
const RESERVATIONS: u32 = 8;

impl Client {
    /// The state of the SDR repository.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub async fn sdr_repository_info(&self) -> Result<SdrRepositoryInfo, Error> {
        self.send(&GetSdrRepositoryInfo).await
    }

    /// The sensor data records, as they are read. A record that isn't understood is one of them; an error ends the stream.
    pub fn sdr(&self) -> impl Stream<Item = Result<Record, Error>> + Send + use<> {
        try_unfold(Walk::new(self.clone()), Walk::next)
    }

    /// All sensors of all records.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub async fn sensors(&self) -> Result<Vec<Sensor>, Error> {
        let records: Vec<Record> = self.sdr().try_collect().await?;
        Ok(records.iter().flat_map(Record::sensors).collect())
    }
}

struct Walk {
    client: Client,
    source: Option<SdrSource>,
    reservation: u16,
    /// How much is asked for at a time.
    part: u8,
    next: u16,
    seen: HashSet<u16>,
}

impl Walk {
    fn new(client: Client) -> Self {
        Self { client, source: None, reservation: 0, part: WHOLE, next: FIRST_RECORD, seen: HashSet::new() }
    }

    async fn next(mut self) -> Result<Option<(Record, Self)>, Error> {
        if self.next == LAST_RECORD {
            return Ok(None);
        }
        if self.source.is_none() && !self.begin().await? {
            return Ok(None);
        }
        if !self.seen.insert(self.next) {
            let detail = format!("record {:#06x} comes after itself", self.next);
            return Err(Error::new(ErrorKind::Malformed, READING, detail).at(self.client.peer()));
        }
        let (bytes, next) = self.record(self.next).await?;
        let record =
            Record::decode(&bytes).map_err(|malformed| Error::malformed(READING, malformed).at(self.client.peer()))?;
        if self.next == FIRST_RECORD {
            // Zero stands for the first record, which has an ID of its own.
            self.seen.insert(record.header.id);
        }
        self.next = next;
        Ok(Some((record, self)))
    }

    /// Finds out where records are, and whether there are any.
    async fn begin(&mut self) -> Result<bool, Error> {
        let id = self.client.device_id().await?;
        if id.support.sdr_repository() || !id.provides_device_sdrs {
            self.source = Some(SdrSource::Repository);
            return match self.client.sdr_repository_info().await {
                Ok(info) => Ok(info.records > 0),
                // Without the count, the records themselves tell.
                Err(error) if error.completion_code().is_some() => Ok(true),
                Err(error) => Err(error),
            };
        }
        self.source = Some(SdrSource::Device);
        Ok(true)
    }

    /// The bytes of a record, and the ID of the next.
    async fn record(&mut self, record: u16) -> Result<(Vec<u8>, u16), Error> {
        let mut attempts = 0;
        loop {
            match self.record_once(record).await {
                Err(error)
                    if error.completion_code() == Some(CompletionCode::ReservationLost) && attempts < RESERVATIONS =>
                {
                    attempts += 1;
                    self.reserve().await?;
                }
                other => return other,
            }
        }
    }

    async fn record_once(&mut self, record: u16) -> Result<(Vec<u8>, u16), Error> {
        if self.part == WHOLE {
            match self.get(record, 0, WHOLE).await {
                // An answer shorter than the record is continued below.
                Ok(first) if first.data.len() >= usize::from(HEADER_LENGTH) => {
                    return self.rest(record, first).await;
                }
                Ok(_) => self.part = FIRST_PART,
                Err(error) if error.completion_code().is_some_and(CompletionCode::is_too_many_bytes) => {
                    self.part = FIRST_PART
                }
                Err(error) => return Err(error),
            }
        }
        let header = self.get(record, 0, HEADER_LENGTH).await?;
        self.rest(record, header).await
    }

    async fn rest(&mut self, record: u16, first: SdrData) -> Result<(Vec<u8>, u16), Error> {
        let SdrData { next, mut data } = first;
        let header =
            Header::decode(&data).map_err(|malformed| Error::malformed(READING, malformed).at(self.client.peer()))?;
        let length = usize::from(header.length).saturating_add(usize::from(HEADER_LENGTH));
        while let Some(missing) = length.checked_sub(data.len()).filter(|missing| *missing > 0) {
            let Ok(offset) = u8::try_from(data.len()) else {
                break;
            };
            if self.reservation == 0 {
                self.reserve().await?;
            }
            let largest = if self.part == WHOLE { FIRST_PART } else { self.part };
            let count = u8::try_from(missing).unwrap_or(u8::MAX).min(largest);
            match self.get(record, offset, count).await {
                Ok(more) if more.data.is_empty() => break,
                Ok(more) => data.extend(more.data),
                Err(error)
                    if error.completion_code().is_some_and(CompletionCode::is_too_many_bytes)
                        && count > SMALLEST_PART =>
                {
                    self.part = (count / 2).max(SMALLEST_PART);
                }
                Err(error) => return Err(error),
            }
        }
        data.truncate(length);
        Ok((data, next))
    }

    async fn get(&self, record: u16, offset: u8, count: u8) -> Result<SdrData, Error> {
        let part = SdrPart { reservation: self.reservation, record, offset, count };
        match self.source {
            Some(SdrSource::Device) => self.client.send(&GetDeviceSdr(part)).await,
            _ => self.client.send(&GetSdr(part)).await,
        }
    }

    async fn reserve(&mut self) -> Result<(), Error> {
        self.reservation = match self.source {
            Some(SdrSource::Device) => self.client.send(&ReserveDeviceSdrRepository).await?,
            _ => self.client.send(&ReserveSdrRepository).await?,
        };
        Ok(())
    }
}
