//! Reads sensor data records: whole if the BMC can, else in parts under a reservation; from the repository or, for controllers
//! that describe themselves, from the device.

use super::chain::{FIRST, Found};
use super::steps::{Failure, Steps};
use super::walk::{Linked, walk};
use crate::command::CompletionCode;
use crate::command::sdr::{
    FIRST_RECORD, GetDeviceSdr, GetSdr, GetSdrRepositoryInfo, ReserveDeviceSdrRepository, ReserveSdrRepository,
    SdrData, SdrPart, SdrRepositoryInfo, SdrSource,
};
use crate::packet::Malformed;
use crate::partial::{Item, List, Partial, ReadError};
use crate::record::sdr::{HEADER_LENGTH, Header, Record};
use crate::record::sensor::Sensor;
use crate::{Client, Error, ErrorKind};

const READING: &str = "reading sensor data records";
const WHOLE: u8 = 0xff;
/// The size of the parts to try first if a whole record is too much, and the smallest that makes sense.
const FIRST_PART: u8 = 32;
const SMALLEST_PART: u8 = 4;
/// How often reading a record is restarted after its reservation was lost.
const RESERVATIONS: u32 = 8;
/// More steps than 65,534 records take in the smallest parts that BMCs return.
const STEPS: u32 = 1_000_000;

impl Client {
    /// Reads the state of the SDR repository.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub async fn sdr_repository_info(&self) -> Result<SdrRepositoryInfo, Error> {
        self.send(&GetSdrRepositoryInfo).await
    }

    /// Returns the sensor data records, as they are read. Records that aren't understood are included. One that can't be read is
    /// an error, after which the list continues; for one that is cut short, the list has both its beginning and an error.
    pub fn sdr(&self) -> List<Record> {
        walk(Records::new(self), FIRST_RECORD)
    }

    /// Returns the bytes of the sensor data records, header and body, as they are read, for saving them. What can't be read is an
    /// error as in [`sdr`](Self::sdr).
    pub fn sdr_bytes(&self) -> List<Vec<u8>> {
        walk(RecordBytes(Records::new(self)), FIRST_RECORD)
    }

    /// Reads all sensors of all records, and the records that could not be read or understood: sensors may be among them.
    ///
    /// # Errors
    /// As [`send`](Self::send), when no record can be read.
    pub async fn sensors(&self) -> Result<Partial<Sensor>, Error> {
        let Partial { items: records, mut missing } = self.sdr().collect_all().await?;
        let mut items = Vec::new();
        for record in records {
            if record.is_damaged_sensor() {
                let why = Error::malformed(READING, Malformed::new("sensor record", 0)).at(self.peer());
                missing.push(ReadError::new(Item::Record(record.header.id), why));
            }
            items.extend(record.sensors());
        }
        Ok(Partial { items, missing })
    }
}

struct Records {
    steps: Steps,
    source: Option<SdrSource>,
    /// Whether the controller also has records of its own.
    has_device_sdrs: bool,
    reservation: u16,
    /// How many bytes are asked for at a time.
    part: u8,
}

impl Records {
    fn new(client: &Client) -> Self {
        Self {
            steps: Steps::new(client.clone(), STEPS),
            source: None,
            has_device_sdrs: false,
            reservation: 0,
            part: WHOLE,
        }
    }
}

/// The same records, as bytes.
struct RecordBytes(Records);

impl Linked for RecordBytes {
    type Item = Vec<u8>;
    const ACTION: &'static str = READING;

    async fn read(&mut self, id: u16) -> Result<Found<Vec<u8>>, Failure> {
        let Found { id, next, content, item, problem } = self.0.read(id).await?;
        // As bytes, a record that is cut short looks like a whole one, so that it is left out.
        let item = item.filter(|_| problem.is_none()).map(|_| content.clone());
        Ok(Found { id, next, content, item, problem })
    }

    async fn count(&mut self) -> Option<usize> {
        self.0.count().await
    }

    fn name(id: u16) -> Item {
        Records::name(id)
    }

    fn peer(&self) -> &str {
        self.0.peer()
    }
}

/// The bytes of a record as far as they could be read, the ID of the next, and why there are no more bytes.
struct Bytes {
    data: Vec<u8>,
    next: u16,
    problem: Option<Error>,
}

impl Linked for Records {
    type Item = Record;
    const ACTION: &'static str = READING;

    async fn read(&mut self, id: u16) -> Result<Found<Record>, Failure> {
        self.begin().await?;
        let found = match self.record(id).await {
            Err(Failure::Step(error))
                if id == FIRST && self.has_device_sdrs && error.completion_code().is_some_and(is_unknown) =>
            {
                // The BMC doesn't have a repository after all.
                (self.source, self.has_device_sdrs) = (Some(SdrSource::Device), false);
                self.record(id).await
            }
            other => other,
        };
        let Bytes { data, next, problem } = found?;
        let record = Record::decode(&data);
        let own_id = record.as_ref().map_or(id, |record| record.header.id);
        let problem = match (&record, problem) {
            (Err(malformed), None) => Some(Error::malformed(READING, *malformed).at(self.peer())),
            (_, problem) => problem,
        };
        Ok(Found { id: own_id, next, content: data, item: record.ok(), problem })
    }

    async fn count(&mut self) -> Option<usize> {
        match self.source {
            Some(SdrSource::Device) => None,
            _ => self.steps.send(&GetSdrRepositoryInfo).await.ok().map(|info| usize::from(info.records)),
        }
    }

    fn name(id: u16) -> Item {
        Item::Record(id)
    }

    fn peer(&self) -> &str {
        self.steps.peer()
    }
}

/// Returns whether a code means that the BMC doesn't know the command.
fn is_unknown(code: CompletionCode) -> bool {
    matches!(code, CompletionCode::InvalidCommand | CompletionCode::InvalidForLun)
}

/// Returns whether asking for less of the same record can't help.
fn is_final(error: &Error) -> bool {
    error.completion_code().is_some_and(|code| {
        is_unknown(code)
            || code.is_refused_for_now()
            || matches!(
                code,
                CompletionCode::NotPresent | CompletionCode::InsufficientPrivilege | CompletionCode::ReservationLost
            )
    })
}

impl Records {
    /// Finds out where the records are.
    async fn begin(&mut self) -> Result<(), Failure> {
        if self.source.is_some() {
            return Ok(());
        }
        let id = match self.steps.send(&crate::command::device::GetDeviceId).await {
            Ok(id) => Some(id),
            Err(Failure::Step(_)) => None,
            Err(lost) => return Err(lost),
        };
        self.has_device_sdrs = id.as_ref().is_some_and(|id| id.provides_device_sdrs);
        let only_device = self.has_device_sdrs && id.is_some_and(|id| !id.support.sdr_repository());
        self.source = Some(if only_device { SdrSource::Device } else { SdrSource::Repository });
        Ok(())
    }

    async fn record(&mut self, record: u16) -> Result<Bytes, Failure> {
        let mut attempts = 0_u32;
        loop {
            match self.record_once(record).await {
                Err(Failure::Step(error))
                    if error.completion_code() == Some(CompletionCode::ReservationLost) && attempts < RESERVATIONS =>
                {
                    attempts = attempts.saturating_add(1);
                    self.reserve().await?;
                }
                other => return other,
            }
        }
    }

    async fn record_once(&mut self, record: u16) -> Result<Bytes, Failure> {
        let before = self.part;
        if self.part == WHOLE {
            match self.get(record, 0, WHOLE).await {
                // An answer shorter than the record is continued below.
                Ok(first) if first.data.len() >= usize::from(HEADER_LENGTH) => {
                    return self.rest(record, first).await;
                }
                Err(Failure::Step(error)) if is_final(&error) => return Err(Failure::Step(error)),
                Err(lost @ Failure::All(_)) => return Err(lost),
                Ok(_) | Err(Failure::Step(_)) => self.part = FIRST_PART,
            }
        }
        match self.get(record, 0, HEADER_LENGTH).await {
            Ok(header) => self.rest(record, header).await,
            Err(refused) => {
                // The record is the problem, and not how much of it was asked for.
                self.part = before;
                Err(refused)
            }
        }
    }

    /// Reads the rest of a record.
    async fn rest(&mut self, record: u16, first: SdrData) -> Result<Bytes, Failure> {
        let SdrData { next, mut data } = first;
        let header = match Header::decode(&data) {
            Ok(header) => header,
            Err(malformed) => {
                let problem = Some(Error::malformed(READING, malformed).at(self.peer()));
                return Ok(Bytes { data, next, problem });
            }
        };
        let length = usize::from(header.length).saturating_add(usize::from(HEADER_LENGTH));
        let mut problem = None;
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
                Err(Failure::Step(error)) if !is_final(&error) && count > SMALLEST_PART => {
                    self.part = (count / 2).max(SMALLEST_PART);
                    problem = Some(error);
                    continue;
                }
                Err(Failure::Step(error)) if error.completion_code() != Some(CompletionCode::ReservationLost) => {
                    problem = Some(error);
                    break;
                }
                Err(lost) => return Err(lost),
            }
            problem = None;
        }
        if data.len() < length && problem.is_none() {
            let detail = format!("it is cut short: {} of its {length} bytes can be read", data.len());
            problem = Some(Error::new(ErrorKind::Malformed, READING, detail).at(self.peer()));
        }
        data.truncate(length);
        Ok(Bytes { data, next, problem })
    }

    async fn get(&mut self, record: u16, offset: u8, count: u8) -> Result<SdrData, Failure> {
        let part = SdrPart { reservation: self.reservation, record, offset, count };
        match self.source {
            Some(SdrSource::Device) => self.steps.send(&GetDeviceSdr(part)).await,
            _ => self.steps.send(&GetSdr(part)).await,
        }
    }

    async fn reserve(&mut self) -> Result<(), Failure> {
        self.reservation = match self.source {
            Some(SdrSource::Device) => self.steps.send(&ReserveDeviceSdrRepository).await?,
            _ => self.steps.send(&ReserveSdrRepository).await?,
        };
        Ok(())
    }
}
