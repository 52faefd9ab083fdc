//! A channel as a whole: what it is, how it may be used now and after a restart of the BMC, how sessions are authenticated,
//! and with which cipher suites; and the sessions that there are.

use super::steps::{Failure, Steps};
use crate::command::Command;
use crate::command::session::{
    ChannelAuthenticationCapabilities, GetChannelAuthenticationCapabilities, GetChannelCipherSuites, GetSessionInfo,
    SessionInfo,
};
use crate::command::user::{ChannelAccess, ChannelInfo, GetChannelAccess, GetChannelInfo};
use crate::packet::suite::{SuiteRecord, decode_records};
use crate::partial::{Item, Partial, ReadError};
use crate::{Client, Error, Privilege};

/// A list of cipher suites comes in parts of so many bytes, and in so many of them.
const LIST_PART: usize = 16;
const LIST_PARTS: u8 = 64;
const STEPS: u32 = 128;

/// A channel, as far as it could be read.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ChannelState {
    /// What it is.
    pub info: ChannelInfo,
    /// How it may be used now; none for channels without sessions.
    pub access: Option<ChannelAccess>,
    /// How it may be used when the BMC has restarted; none for channels without sessions.
    pub kept_access: Option<ChannelAccess>,
    /// How sessions are authenticated; none for channels without sessions.
    pub authentication: Option<ChannelAuthenticationCapabilities>,
    /// The cipher suites.
    pub suites: Vec<SuiteRecord>,
    /// What could not be read, though the BMC doesn't say that it lacks it.
    pub missing: Vec<ReadError>,
}

impl Client {
    /// Reads all about a channel; 0Eh is the present one. What can't be read hides none of the rest.
    ///
    /// # Errors
    /// As [`send`](Self::send), when the BMC doesn't say what the channel is.
    pub async fn channel_state(&self, channel: u8) -> Result<ChannelState, Error> {
        let mut steps = Steps::new(self.clone(), STEPS);
        let info = steps.send(&GetChannelInfo { channel }).await.map_err(Failure::into_error)?;
        let mut read = Parts { steps, channel, missing: Vec::new(), over: false };
        let access = read.part(&GetChannelAccess { channel, volatile: true }).await;
        let kept_access = read.part(&GetChannelAccess { channel, volatile: false }).await;
        let asked =
            GetChannelAuthenticationCapabilities { channel, privilege: Privilege::Administrator, extended: true };
        let authentication = read.part(&asked).await;
        let suites = decode_records(&read.suites().await);
        Ok(ChannelState { info, access, kept_access, authentication, suites, missing: read.missing })
    }

    /// Reads the sessions that are active, this one among them.
    ///
    /// # Errors
    /// As [`send`](Self::send), when the BMC doesn't say how many there are.
    pub async fn sessions(&self) -> Result<Partial<SessionInfo>, Error> {
        let mut steps = Steps::new(self.clone(), STEPS);
        let active = steps.send(&GetSessionInfo::This).await.map_err(Failure::into_error)?.active;
        let mut all = Partial::default();
        for number in 1..=active {
            match steps.send(&GetSessionInfo::Nth(number)).await {
                // One has ended in the meantime.
                Ok(found) if found.details.is_none() => {}
                Ok(found) => all.items.push(found),
                Err(Failure::Step(error)) => all.missing.push(ReadError::new(Item::Session(number), error)),
                Err(Failure::All(error)) => {
                    all.missing.push(ReadError::from_here_on(Item::Session(number), error));
                    break;
                }
            }
        }
        Ok(all)
    }
}

/// The parts of a channel that are still to be read.
struct Parts {
    steps: Steps,
    channel: u8,
    missing: Vec<ReadError>,
    /// The session is lost, or the time is over.
    over: bool,
}

impl Parts {
    /// A part; none where the channel has none of it (channels without sessions refuse), or it can't be read.
    async fn part<C: Command>(&mut self, command: &C) -> Option<C::Response> {
        if self.over {
            return None;
        }
        match self.steps.send(command).await {
            Ok(found) => Some(found),
            Err(Failure::Step(error)) if error.completion_code().is_some() => None,
            Err(Failure::Step(error)) => {
                self.missing.push(ReadError::new(Item::Channel(self.channel), error));
                None
            }
            Err(Failure::All(error)) => {
                self.over = true;
                self.missing.push(ReadError::from_here_on(Item::Channel(self.channel), error));
                None
            }
        }
    }

    async fn suites(&mut self) -> Vec<u8> {
        let (mut bytes, mut before) = (Vec::new(), Vec::new());
        for index in 0..LIST_PARTS {
            let Some(part) = self.part(&GetChannelCipherSuites { channel: self.channel, index }).await else { break };
            // Some give the same part for every index.
            if part == before {
                break;
            }
            bytes.extend(&part);
            if part.len() < LIST_PART {
                break;
            }
            before = part;
        }
        bytes
    }
}
