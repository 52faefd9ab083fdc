//! Platform event filtering as a whole: what the BMC can do, how it is switched, its filters and policies.

use std::time::Duration;

use super::steps::{Failure, Steps};
use crate::command::CompletionCode;
use crate::command::pef::{
    AlertPolicy, EventFilter, GetLastProcessedEvent, GetPefCapabilities, GetPefConfiguration, LastProcessedEvent,
    PefActions, PefCapabilities, PefControl,
};
use crate::packet::Malformed;
use crate::partial::{Item, ReadError};
use crate::{Client, Error};

const READING: &str = "reading event filters";
const CONTROL: u8 = 1;
const ACTIONS: u8 = 2;
const STARTUP: u8 = 3;
const ALERT_STARTUP: u8 = 4;
const FILTER_COUNT: u8 = 5;
const FILTER: u8 = 6;
const POLICY_COUNT: u8 = 8;
const POLICY: u8 = 9;
/// At most 127 filters and 127 policies, and what goes before.
const STEPS: u32 = 300;

/// What a BMC does about events.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct EventFiltering {
    /// What it can do.
    pub capabilities: PefCapabilities,
    /// How it is switched; none where that could not be read.
    pub control: Option<PefControl>,
    /// Which event was looked at last, where the BMC says it.
    pub last: Option<LastProcessedEvent>,
    /// The filters, unused ones included.
    pub filters: Vec<EventFilter>,
    /// Where alerts go, unused entries included.
    pub policies: Vec<AlertPolicy>,
    /// What could not be read, though the BMC doesn't say that it lacks it.
    pub missing: Vec<ReadError>,
}

impl Client {
    /// Reads what the BMC does about events: platform event filtering. What can't be read hides none of the rest.
    ///
    /// # Errors
    /// As [`send`](Self::send), when the BMC doesn't say what it can do.
    pub async fn event_filtering(&self) -> Result<EventFiltering, Error> {
        let mut read = Reading { steps: Steps::new(self.clone(), STEPS), missing: Vec::new(), over: false };
        let capabilities = read.steps.send(&GetPefCapabilities).await.map_err(Failure::into_error)?;
        let control = read.parameter(CONTROL, 0).await.and_then(|data| data.first().copied());
        let byte = |data: Option<Vec<u8>>| data.and_then(|data| data.first().copied());
        let actions = byte(read.parameter(ACTIONS, 0).await).map(|bits| PefActions(bits & 0x7f));
        let seconds = |data| byte(data).map(|seconds| Duration::from_secs(seconds.into()));
        let startup = seconds(read.parameter(STARTUP, 0).await);
        let alert_startup = seconds(read.parameter(ALERT_STARTUP, 0).await);
        let control = control.map(|bits| PefControl {
            enabled: bits & 1 != 0,
            log_actions: bits & 2 != 0,
            startup_delay: bits & 4 != 0,
            alert_startup_delay: bits & 8 != 0,
            actions,
            startup,
            alert_startup,
        });
        let filters = read.table(FILTER_COUNT, FILTER, EventFilter::decode).await;
        let policies = read.table(POLICY_COUNT, POLICY, AlertPolicy::decode).await;
        let last = read.last().await;
        Ok(EventFiltering { capabilities, control, last, filters, policies, missing: read.missing })
    }
}

struct Reading {
    steps: Steps,
    missing: Vec<ReadError>,
    /// The session is lost, or the time is over.
    over: bool,
}

impl Reading {
    /// The value of a parameter; none where the BMC lacks it, or it can't be read, which is noted.
    async fn parameter(&mut self, parameter: u8, set: u8) -> Option<Vec<u8>> {
        if self.over {
            return None;
        }
        let item = Item::PefParameter { parameter, set };
        match self.steps.send(&GetPefConfiguration { parameter, set }).await {
            Ok(data) => Some(data),
            // An entry of a table is there: the number of them says so.
            Err(Failure::Step(error)) if set == 0 && error.completion_code().is_some_and(is_lacking) => None,
            Err(Failure::Step(error)) => {
                self.missing.push(ReadError::new(item, error));
                None
            }
            Err(Failure::All(error)) => {
                self.over = true;
                self.missing.push(ReadError::from_here_on(item, error));
                None
            }
        }
    }

    async fn table<T>(&mut self, count: u8, parameter: u8, decode: impl Fn(&[u8]) -> Result<T, Malformed>) -> Vec<T> {
        let count = self.parameter(count, 0).await.and_then(|data| data.first().copied()).unwrap_or(0) & 0x7f;
        let mut all = Vec::new();
        for set in 1..=count {
            let Some(data) = self.parameter(parameter, set).await else { continue };
            match decode(&data) {
                Ok(found) => all.push(found),
                Err(malformed) => {
                    let error = Error::malformed(READING, malformed).at(self.steps.peer());
                    self.missing.push(ReadError::new(Item::PefParameter { parameter, set }, error));
                }
            }
        }
        all
    }

    async fn last(&mut self) -> Option<LastProcessedEvent> {
        if self.over {
            return None;
        }
        match self.steps.send(&GetLastProcessedEvent).await {
            Ok(found) => Some(found),
            Err(Failure::Step(error)) if error.is_unsupported() => None,
            Err(failure) => {
                self.missing.push(ReadError::new(Item::LastProcessedEvent, failure.into_error()));
                None
            }
        }
    }
}

/// What BMCs answer for a parameter that they don't have.
fn is_lacking(code: CompletionCode) -> bool {
    code.number() == 0x80 || matches!(code, CompletionCode::ParameterOutOfRange | CompletionCode::InvalidField)
}
