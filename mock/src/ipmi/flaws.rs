//! Flaws of single items that a BMC is asked for: one record, one entry, one FRU device or area, one sensor, one user
//! slot. Everything else works as usual.

use super::machine::Machine;
use super::machine::text::checksum;

/// One of the many things that a BMC is asked for. [`MockIpmi::items`](super::MockIpmi::items) lists those that
/// there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Item {
    /// The sensor data record of this id.
    Record(u16),
    /// The entry of the event log with this record id.
    Entry(u16),
    /// The FRU device of this id.
    FruDevice(u8),
    /// An area of a FRU device.
    FruArea(u8, FruArea),
    /// The BMC's sensor of this number.
    Sensor(u8),
    /// The user's place of this id.
    User(u8),
}

/// An area of a FRU device, in the order of the common header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FruArea {
    /// Internal use.
    Internal,
    /// Chassis.
    Chassis,
    /// Board.
    Board,
    /// Product.
    Product,
    /// The multirecords.
    MultiRecord,
}

impl FruArea {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Internal, Self::Chassis, Self::Board, Self::Product, Self::MultiRecord];

    /// Returns the index of its offset in the common header.
    fn place(self) -> usize {
        match self {
            Self::Internal => 1,
            Self::Chassis => 2,
            Self::Board => 3,
            Self::Product => 4,
            Self::MultiRecord => 5,
        }
    }
}

/// What is wrong with an [`Item`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Flaw {
    /// What reads it is refused with this completion code, such as CBh (not present), C3h (timeout), CCh (invalid field)
    /// or FFh (unspecified). Of a FRU area that goes for each read which touches it; the common header is read.
    Refused(u8),
    /// It comes twice. A record or an entry is followed by itself under another id (the id with its highest bit set) with
    /// the same bytes; the first of all has itself for the next, when it is asked for as the first (0000h). Of a FRU
    /// device the locator comes twice. Other things can't come twice, and are as before.
    Doubled,
    /// It has this many bytes, whatever its own length says. The rest of a FRU area is zeros.
    CutShort(usize),
    /// The offset of a FRU area leads elsewhere. Other things are as before.
    LeadsTo(FruPlace),
}

/// Where the offset of a FRU area can lead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FruPlace {
    /// Into zeros, at the end of the device.
    Zeros,
    /// To another area.
    Area(FruArea),
    /// Beyond the end of the device, as far as an offset reaches: 2040 bytes.
    Beyond,
}

/// The flaws of a BMC.
#[derive(Clone, Debug, Default)]
pub(crate) struct Flaws(Vec<(Item, Flaw)>);

impl Flaws {
    pub(crate) fn add(&mut self, item: Item, flaw: Flaw) {
        self.0.push((item, flaw));
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    fn of(&self, item: Item) -> impl Iterator<Item = Flaw> {
        self.0.iter().filter(move |(other, _)| *other == item).map(|(_, flaw)| *flaw)
    }

    /// Returns an error with the completion code if the item is to be refused.
    pub(crate) fn check(&self, item: Item) -> Result<(), u8> {
        let code = self.of(item).find_map(|flaw| match flaw {
            Flaw::Refused(code) => Some(code),
            _ => None,
        });
        code.map_or(Ok(()), Err)
    }

    pub(crate) fn doubles(&self, item: Item) -> bool {
        self.of(item).any(|flaw| flaw == Flaw::Doubled)
    }

    /// Returns the item's bytes, cut short if it has that flaw.
    pub(crate) fn cut<'a>(&self, item: Item, bytes: &'a [u8]) -> &'a [u8] {
        let short = self.of(item).find_map(|flaw| match flaw {
            Flaw::CutShort(length) => bytes.get(..length),
            _ => None,
        });
        short.unwrap_or(bytes)
    }

    /// Returns a FRU device's contents as clients read them.
    pub(crate) fn image(&self, device: u8, image: &[u8]) -> Vec<u8> {
        let mut shown = image.to_vec();
        for area in FruArea::ALL {
            for flaw in self.of(Item::FruArea(device, area)) {
                match flaw {
                    Flaw::CutShort(length) => {
                        let (start, end) = extent(image, area);
                        if let Some(rest) = shown.get_mut(start.saturating_add(length).min(end)..end) {
                            rest.fill(0);
                        }
                    }
                    Flaw::LeadsTo(place) => lead(&mut shown, image, area, place),
                    Flaw::Refused(_) | Flaw::Doubled => {}
                }
            }
        }
        self.cut(Item::FruDevice(device), &shown).to_vec()
    }

    /// Refuses to read these bytes of a FRU device if they touch an area that can't be read.
    pub(crate) fn check_read(&self, device: u8, image: &[u8], from: usize, to: usize) -> Result<(), u8> {
        for area in FruArea::ALL {
            let (start, end) = extent(image, area);
            if from < end && start < to {
                self.check(Item::FruArea(device, area))?;
            }
        }
        Ok(())
    }
}

/// Returns where an area begins, or `None` if the device doesn't have it.
fn start(image: &[u8], area: FruArea) -> Option<usize> {
    image.get(area.place()).map(|offset| usize::from(*offset) * 8).filter(|start| *start > 0)
}

/// Returns where an area begins and where the next one does; the range is empty if there is no such area.
fn extent(image: &[u8], area: FruArea) -> (usize, usize) {
    let Some(begin) = start(image, area) else {
        return (0, 0);
    };
    let following =
        FruArea::ALL.into_iter().filter_map(|other| start(image, other)).filter(|other| *other > begin).min();
    (begin.min(image.len()), following.unwrap_or(image.len()).min(image.len()))
}

fn lead(shown: &mut [u8], image: &[u8], area: FruArea, place: FruPlace) {
    let to = match place {
        FruPlace::Area(other) => start(image, other).unwrap_or(0),
        FruPlace::Beyond => image.len().next_multiple_of(8) + 8,
        FruPlace::Zeros => {
            let used = image.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
            used.next_multiple_of(8)
        }
    };
    if let Some(offset) = shown.get_mut(area.place()) {
        *offset = u8::try_from(to / 8).unwrap_or(u8::MAX);
    }
    if let Some((header, _)) = shown.split_at_mut_checked(8)
        && let Some((sum, rest)) = header.split_last_mut()
    {
        *sum = checksum(rest);
    }
}

/// Returns the id under which a record is repeated.
pub(crate) fn again(id: u16) -> u16 {
    id | 0x8000
}

/// Returns the id of the record that is repeated under this id.
pub(crate) fn original(id: u16) -> Option<u16> {
    (id & 0x8000 != 0 && id != 0xFFFF).then_some(id & 0x7FFF)
}

/// Lists all items of a machine.
pub(crate) fn items(machine: &Machine) -> Vec<Item> {
    let records = machine.sdr.records.iter().map(|(id, _)| Item::Record(*id));
    let entries = machine.sel.entries.iter().map(|(id, _)| Item::Entry(*id));
    let devices = machine.fru.keys().map(|device| Item::FruDevice(*device));
    let areas = machine.fru.iter().flat_map(|(device, image)| {
        let areas = FruArea::ALL.into_iter().filter(|area| start(image, *area).is_some());
        areas.map(|area| Item::FruArea(*device, area))
    });
    let sensors = machine.sensors.iter().filter(|sensor| sensor.key.owner == 0x20);
    let sensors = sensors.map(|sensor| Item::Sensor(sensor.key.number));
    let users = machine.users.iter().map(|(id, _)| Item::User(id));
    records.chain(entries).chain(devices).chain(areas).chain(sensors).chain(users).collect()
}
