//! The result of everything that is read in many steps: what was read, and what was not. An item that can't be read doesn't
//! hide the others, and is reported with the reason.

use std::error::Error as StdError;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;
use futures_util::StreamExt;

use crate::error::Error;

/// A part of what is read in many steps.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Item {
    /// A sensor data record, by its ID. Zero stands for the first.
    Record(u16),
    /// An entry of the event log, by its ID. Zero stands for the first.
    Entry(u16),
    /// The inventory of an FRU device.
    Fru {
        /// The device's ID.
        device: u8,
        /// Its name, where a record gives one.
        name: String,
    },
    /// A sensor.
    Sensor {
        /// Its number.
        number: u8,
        /// Its name.
        name: String,
    },
    /// A slot of the user table.
    User(u8),
    /// A channel.
    Channel(u8),
    /// A LAN parameter by its number (table 23-4).
    LanParameter(u8),
    /// A component of the firmware by its number.
    Component(u8),
    /// A text that the BMC keeps for the system.
    SystemInfo,
    /// A parameter of platform event filtering by its number (table 30-6) and set selector.
    PefParameter {
        /// The parameter's number.
        parameter: u8,
        /// The set selector, for parameters that have several values.
        set: u8,
    },
    /// The ID of the last processed event.
    LastProcessedEvent,
    /// An alert destination of a channel by its number.
    AlertDestination(u8),
    /// An IPv6 address of a channel: a parameter (table 23-4) and set selector.
    Ipv6Address {
        /// The parameter's number.
        parameter: u8,
        /// The set selector.
        slot: u8,
    },
    /// A session of the BMC, by its place among those that are active, from one.
    Session(u8),
    /// The temperatures that DCMI has of an entity, from one instance on.
    Temperatures {
        /// The entity.
        entity: u8,
        /// The first instance.
        start: u8,
    },
}

impl fmt::Display for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Record(0) => f.write_str("the first sensor data record"),
            Self::Record(id) => write!(f, "sensor data record {id:#06x}"),
            Self::Entry(0) => f.write_str("the first event log entry"),
            Self::Entry(id) => write!(f, "event log entry {id:#06x}"),
            Self::Fru { device, name } if name.is_empty() => write!(f, "FRU device {device}"),
            Self::Fru { device, name } => write!(f, "FRU device {device} ({name})"),
            Self::Sensor { number, name } => write!(f, "sensor {number:#04x} ({name})"),
            Self::User(id) => write!(f, "user {id}"),
            Self::Channel(channel) => write!(f, "channel {channel}"),
            Self::LanParameter(parameter) => write!(f, "LAN parameter {parameter}"),
            Self::Component(number) => write!(f, "firmware component {number}"),
            Self::SystemInfo => f.write_str("the system's firmware version"),
            Self::PefParameter { parameter, set: 0 } => write!(f, "PEF parameter {parameter}"),
            Self::PefParameter { parameter, set } => write!(f, "PEF parameter {parameter}, entry {set}"),
            Self::LastProcessedEvent => f.write_str("the event that was looked at last"),
            Self::AlertDestination(number) => write!(f, "alert destination {number}"),
            Self::Ipv6Address { parameter, slot } => write!(f, "LAN parameter {parameter}, address {slot}"),
            Self::Session(number) => write!(f, "session {number}"),
            Self::Temperatures { entity, start } => write!(f, "temperature {start} of entity {entity:#04x}"),
        }
    }
}

/// Something that could not be read, or only in part.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ReadError {
    item: Item,
    rest: bool,
    error: Error,
}

impl ReadError {
    pub(crate) const fn new(item: Item, error: Error) -> Self {
        Self { item, rest: false, error }
    }

    /// Creates an error for an item and all that follow it.
    pub(crate) const fn from_here_on(item: Item, error: Error) -> Self {
        Self { item, rest: true, error }
    }

    /// Returns what could not be read.
    #[must_use]
    pub const fn item(&self) -> &Item {
        &self.item
    }

    /// Returns whether what follows the item could not be read either: the list ends here.
    #[must_use]
    pub const fn ends_list(&self) -> bool {
        self.rest
    }

    /// Returns whether the BMC says that the item isn't there (CBh): a place that is described but not filled.
    #[must_use]
    pub fn is_absent(&self) -> bool {
        !self.rest && self.error.completion_code() == Some(crate::command::CompletionCode::NotPresent)
    }

    /// Why it could not be read.
    #[must_use]
    pub const fn error(&self) -> &Error {
        &self.error
    }

    /// Why it could not be read.
    #[must_use]
    pub fn into_error(self) -> Error {
        self.error
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rest = if self.rest { " and what comes behind it" } else { "" };
        write!(f, "{}{rest} could not be read", self.item)
    }
}

impl StdError for ReadError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&self.error)
    }
}

impl From<ReadError> for Error {
    fn from(error: ReadError) -> Self {
        error.error
    }
}

/// Two are equal if they report the same kind of error for the same item.
impl PartialEq for ReadError {
    fn eq(&self, other: &Self) -> bool {
        (&self.item, self.rest, self.error.kind()) == (&other.item, other.rest, other.error.kind())
    }
}

impl Eq for ReadError {}

/// What was read, and what was not.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "`missing` says what is not among the items"]
pub struct Partial<T> {
    /// What was read.
    pub items: Vec<T>,
    /// What was not read, or only in part.
    pub missing: Vec<ReadError>,
}

impl<T> Default for Partial<T> {
    fn default() -> Self {
        Self { items: Vec::new(), missing: Vec::new() }
    }
}

impl<T> Partial<T> {
    /// Returns whether everything was read.
    #[must_use]
    pub const fn is_complete(&self) -> bool {
        self.missing.is_empty()
    }

    /// Returns all items or, if something is missing, the reason instead.
    ///
    /// # Errors
    /// The first thing that could not be read.
    pub fn complete(self) -> Result<Vec<T>, ReadError> {
        match self.missing.into_iter().next() {
            None => Ok(self.items),
            Some(missing) => Err(missing),
        }
    }

    pub(crate) fn take(&mut self, item: Result<T, ReadError>) {
        match item {
            Ok(item) => self.items.push(item),
            Err(missing) => self.missing.push(missing),
        }
    }
}

/// A list as it is read: a stream of items and of [`ReadError`]s for those that could not be read. An error doesn't end
/// it, unless [`ReadError::ends_list`] says so: then it is the last.
///
/// ```no_run
/// # async fn example(client: rosefish_ipmi::Client) -> Result<(), rosefish_ipmi::Error> {
/// let log = client.sel().collect_all().await?;
/// for entry in &log.items {
///     println!("{entry}");
/// }
/// for missing in &log.missing {
///     eprintln!("{missing}: {}", missing.error());
/// }
/// # Ok(())
/// # }
/// ```
#[must_use = "a list is read as it is polled"]
pub struct List<T>(Pin<Box<dyn Stream<Item = Result<T, ReadError>> + Send>>);

impl<T> List<T> {
    pub(crate) fn new(stream: impl Stream<Item = Result<T, ReadError>> + Send + 'static) -> Self {
        Self(Box::pin(stream.fuse()))
    }

    /// Reads the list to its end.
    ///
    /// # Errors
    /// Why there isn't a list at all: an error ended it before anything was read.
    pub async fn collect_all(mut self) -> Result<Partial<T>, Error> {
        let mut all = Partial::default();
        while let Some(item) = self.0.next().await {
            all.take(item);
        }
        match all.missing.pop_if(|last| last.ends_list() && all.items.is_empty()) {
            Some(end) => Err(end.into_error()),
            None => Ok(all),
        }
    }
}

impl<T> Stream for List<T> {
    type Item = Result<T, ReadError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.as_mut().poll_next(context)
    }
}

impl<T> fmt::Debug for List<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("List").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use futures_util::stream;

    use super::*;
    use crate::error::ErrorKind;

    fn error(kind: ErrorKind) -> Error {
        Error::new(kind, "Get SDR", "a reason")
    }

    #[tokio::test]
    async fn what_could_not_be_read_is_named_beside_what_was() {
        let items = [
            Ok(1),
            Err(ReadError::new(Item::Record(2), error(ErrorKind::Malformed))),
            Ok(3),
            Err(ReadError::from_here_on(Item::Record(4), error(ErrorKind::Closed))),
        ];
        let all = List::new(stream::iter(items)).collect_all().await.unwrap();
        assert_eq!(all.items, [1, 3]);
        let said: Vec<_> = all.missing.iter().map(ToString::to_string).collect();
        assert_eq!(
            said,
            [
                "sensor data record 0x0002 could not be read",
                "sensor data record 0x0004 and what comes behind it could not be read"
            ]
        );
        assert_eq!(all.complete().unwrap_err().item(), &Item::Record(2));
    }

    #[tokio::test]
    async fn a_list_of_which_nothing_can_be_read_is_an_error() {
        let items = [Err(ReadError::from_here_on(Item::Entry(0), error(ErrorKind::Closed)))];
        let why = List::<u8>::new(stream::iter(items)).collect_all().await.unwrap_err();
        assert_eq!(why.kind(), ErrorKind::Closed);
        let items = [Err(ReadError::new(Item::User(1), error(ErrorKind::Malformed)))];
        let all = List::<u8>::new(stream::iter(items)).collect_all().await.unwrap();
        assert_eq!((all.items.len(), all.missing.len()), (0, 1));
    }
}
