//! Reading FRU inventories: only the areas that are there, in parts as large as the BMC gives. An area that can't be read
//! is a defect of the inventory; a device that can't be read hides none of the others.

use std::collections::{BTreeMap, VecDeque};
use std::num::NonZero;
use std::time::Duration;

use futures_util::stream::unfold;

use super::steps::{Failure, Steps};
use crate::command::CompletionCode;
use crate::command::fru::{FruInventoryAreaInfo, GetFruInventoryAreaInfo, ReadFruData};
use crate::packet::message::BMC_ADDRESS;
use crate::partial::{Item, List, ReadError};
use crate::record::fru::{AreaBytes, CommonHeader, HEADER_LENGTH, Inventory, Problem};
use crate::record::multirecord::{HEADER_LENGTH as RECORD_HEADER_LENGTH, MOST_RECORDS, RecordHeader};
use crate::record::sdr::{Body, FruLocator};
use crate::{Client, Error, ErrorKind};

const READING: &str = "reading an FRU inventory";
/// The parts that are tried, and the smallest that makes sense.
const FIRST_PART: u8 = 96;
const SMALLEST_PART: u8 = 8;
/// How often a command to a busy device is retried, and after how long.
pub(super) const BUSY_TRIES: u32 = 20;
pub(super) const BUSY_WAIT: Duration = Duration::from_millis(100);
pub(super) const DEVICE_BUSY: u8 = 0x81;
/// The whole of a device's memory, 64 KiB, takes as many in the smallest parts.
const STEPS: u32 = 0x1_0000 / SMALLEST_PART as u32 + 256;

/// An FRU device and its inventory.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Fru {
    /// The device's ID.
    pub device: u8,
    /// Its record; none for the BMC's own device 0, which needs none.
    pub locator: Option<FruLocator>,
    /// What it says of itself.
    pub inventory: Inventory,
}

impl Client {
    /// Returns the inventories of all FRU devices that are reached by commands: the BMC's own (0), and those that
    /// locator records
    /// name, at the controllers that have them. A device that can't be read is an error, behind which the list continues;
    /// [`ReadError::is_absent`] shows places that aren't filled.
    pub fn frus(&self) -> List<Fru> {
        // One bound for all of them, not one for each.
        let client = self.within(self.read_limit());
        let devices = Devices { client, places: None, queue: VecDeque::new() };
        List::new(unfold(devices, |mut devices| async move { devices.next().await.map(|item| (item, devices)) }))
    }

    /// Reads the inventory of an FRU device; 0 is the BMC's own, others are reported by FRU locator records.
    ///
    /// # Errors
    /// As [`send`](Self::send), and when what is there isn't an inventory. What is wrong with single areas is among its
    /// defects, also when an area can't be read.
    pub async fn fru(&self, device: u8) -> Result<Inventory, Error> {
        let mut memory = Memory::open(self, device).await?;
        memory.inventory().await.map_err(Failure::into_error)
    }

    /// Reads the whole memory of an FRU device, byte by byte.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub async fn fru_bytes(&self, device: u8) -> Result<Vec<u8>, Error> {
        let mut memory = Memory::open(self, device).await?;
        memory.read(0, usize::from(memory.info.size)).await.map_err(Failure::into_error)
    }
}

/// The devices that are still to be read.
struct Devices {
    client: Client,
    places: Option<VecDeque<(u8, Option<FruLocator>)>>,
    queue: VecDeque<ReadError>,
}

impl Devices {
    async fn next(&mut self) -> Option<Result<Fru, ReadError>> {
        if self.places.is_none() {
            let found = self.find().await;
            self.places = Some(found);
        }
        if let Some(missing) = self.queue.pop_front() {
            return Some(Err(missing));
        }
        let (device, locator) = self.places.as_mut()?.pop_front()?;
        let client = match &locator {
            Some(locator) if !self.client.is_for(locator.access_address) => match locator.access_address {
                BMC_ADDRESS => self.client.bmc(),
                address => self.client.satellite(locator.channel, address),
            },
            _ => self.client.clone(),
        };
        let error = match client.fru(device).await {
            Ok(inventory) => return Some(Ok(Fru { device, locator, inventory })),
            Err(error) => error,
        };
        let name = locator.map(|locator| locator.name).unwrap_or_default();
        let item = Item::Fru { device, name };
        if error.is_session_lost() || self.client.is_over() {
            self.places = Some(VecDeque::new());
            return Some(Err(ReadError::from_here_on(item, error)));
        }
        Some(Err(ReadError::new(item, error)))
    }

    /// Where there are devices. Records that can't be read may have reported others.
    async fn find(&mut self) -> VecDeque<(u8, Option<FruLocator>)> {
        let mut places = BTreeMap::new();
        match self.client.sdr().collect_all().await {
            Ok(records) => {
                self.queue.extend(records.missing);
                for record in records.items {
                    if let Body::FruDevice(locator) = record.body
                        && locator.logical
                    {
                        let place = (locator.access_address != BMC_ADDRESS, locator.access_address, locator.channel);
                        places.entry((place, locator.device)).or_insert(locator);
                    }
                }
            }
            // Without records, the BMC's own device is all that is known to be there.
            Err(error) if error.is_unsupported() => {}
            Err(error) => self.queue.push_back(ReadError::from_here_on(Item::Record(0), error)),
        }
        let mut found: VecDeque<_> = places.into_values().map(|locator| (locator.device, Some(locator))).collect();
        let names_own = |(device, locator): &(u8, Option<FruLocator>)| {
            *device == 0 && locator.as_ref().is_none_or(|locator| self.client.is_for(locator.access_address))
        };
        if !found.iter().any(names_own) {
            found.push_front((0, None));
        }
        found
    }
}

/// An FRU's memory.
struct Memory {
    steps: Steps,
    device: u8,
    info: FruInventoryAreaInfo,
    part: u8,
}

impl Memory {
    async fn open(client: &Client, device: u8) -> Result<Self, Error> {
        let mut steps = Steps::new(client.clone(), STEPS);
        let info = steps.send(&GetFruInventoryAreaInfo { device }).await.map_err(Failure::into_error)?;
        Ok(Self { steps, device, info, part: FIRST_PART })
    }

    async fn inventory(&mut self) -> Result<Inventory, Failure> {
        let header = self.read(0, HEADER_LENGTH).await?;
        let (header, intact) = CommonHeader::decode(&header)
            .map_err(|malformed| Failure::Step(Error::malformed(READING, malformed).at(self.steps.peer())))?;
        let chassis = self.area(header.chassis).await?;
        let board = self.area(header.board).await?;
        let product = self.area(header.product).await?;
        let multirecord = self.records(header.multirecord).await?;
        Ok(Inventory::assemble(header, intact, [chassis, board, product], multirecord))
    }

    /// The bytes of an area, as far as the memory goes. That they can't be read is reported in their place.
    async fn area(&mut self, at: Option<usize>) -> Result<AreaBytes, Failure> {
        let Some(at) = at else {
            return Ok(None);
        };
        let read = async {
            let start = self.read(at, HEADER_LENGTH).await?;
            // Zeros, for one, have no length.
            let length = start.get(1).map_or(0, |length| usize::from(*length) * 8);
            let rest = match length.checked_sub(start.len()) {
                Some(rest) if rest > 0 && start.len() == HEADER_LENGTH => {
                    self.read(at.saturating_add(start.len()), rest).await?
                }
                _ => Vec::new(),
            };
            Ok([start, rest].concat())
        };
        tell(read.await)
    }

    /// The bytes of the multirecord area: its records up to the last, or up to what isn't one.
    async fn records(&mut self, at: Option<usize>) -> Result<AreaBytes, Failure> {
        let Some(mut at) = at else {
            return Ok(None);
        };
        let mut area = Vec::new();
        for _ in 0..MOST_RECORDS {
            let header = match self.read(at, RECORD_HEADER_LENGTH).await {
                Err(Failure::Step(error)) if area.is_empty() => return tell(Err(Failure::Step(error))),
                // Those in front of it were read; that there should be another one is reported by its absence.
                Err(Failure::Step(_)) => break,
                header => header?,
            };
            let record = RecordHeader::decode(&header);
            area.extend(header);
            let Some(record) = record else {
                break;
            };
            at = at.saturating_add(RECORD_HEADER_LENGTH);
            match self.read(at, record.length).await {
                Err(Failure::Step(_)) => break,
                data => area.extend(data?),
            }
            at = at.saturating_add(record.length);
            if record.is_last {
                break;
            }
        }
        Ok(Some(Ok(area)))
    }

    /// Reads `length` bytes from `at` on, as far as the memory goes.
    async fn read(&mut self, at: usize, length: usize) -> Result<Vec<u8>, Failure> {
        let end = at.saturating_add(length).min(usize::from(self.info.size));
        let from = if self.info.by_words { at & !1 } else { at };
        let mut bytes = Vec::new();
        while from.saturating_add(bytes.len()) < end {
            let place = from.saturating_add(bytes.len());
            let data = self.part_of(place, end.saturating_sub(place)).await?;
            if data.is_empty() {
                break;
            }
            bytes.extend(data);
        }
        bytes.truncate(end.saturating_sub(from));
        Ok(bytes.split_off(at.saturating_sub(from).min(bytes.len())))
    }

    async fn part_of(&mut self, at: usize, length: usize) -> Result<Vec<u8>, Failure> {
        let unit = if self.info.by_words { NonZero::<usize>::MIN.saturating_add(1) } else { NonZero::<usize>::MIN };
        let mut busy = 0_u32;
        loop {
            let count = length.div_ceil(unit.get()).min(usize::from(self.part) / unit).max(1);
            let command = ReadFruData {
                device: self.device,
                offset: u16::try_from(at / unit).unwrap_or(u16::MAX),
                count: u8::try_from(count).unwrap_or(self.part),
            };
            match self.steps.send(&command).await {
                Ok(mut data) => {
                    data.truncate(count.saturating_mul(unit.get()));
                    return Ok(data);
                }
                Err(Failure::Step(error)) => {
                    let code = error.completion_code();
                    if code.is_some_and(|code| code.number() == DEVICE_BUSY) && busy < BUSY_TRIES {
                        busy = busy.saturating_add(1);
                        self.steps.wait(BUSY_WAIT).await;
                    } else if is_worth_less(&error) && count.saturating_mul(unit.get()) > usize::from(SMALLEST_PART) {
                        self.part = (self.part / 2).max(SMALLEST_PART);
                    } else {
                        return Err(Failure::Step(error));
                    }
                }
                Err(lost) => return Err(lost),
            }
        }
    }
}

/// Whether asking for less may help.
fn is_worth_less(error: &Error) -> bool {
    match error.completion_code() {
        Some(code) => code.is_too_many_bytes() || code == CompletionCode::ProcessingTimeout,
        None => error.kind() == ErrorKind::Malformed,
    }
}

/// What concerns one area is reported in its place; what concerns the device isn't.
fn tell(read: Result<Vec<u8>, Failure>) -> Result<AreaBytes, Failure> {
    match read {
        Ok(bytes) => Ok(Some(Ok(bytes))),
        Err(Failure::Step(error)) => Ok(Some(Err(Problem::Unreadable(error.to_string())))),
        Err(lost) => Err(lost),
    }
}
