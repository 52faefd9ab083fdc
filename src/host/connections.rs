//! The sessions of a host, and the logins that are not tried again.

use super::fault::{Fault, Reason};
use super::outcome::AttemptPhase;
use crate::client::Client;
use crate::error::{Error, ErrorKind};
use crate::ipmi;

/// The sessions that were opened, and the logins that were refused.
#[derive(Debug, Default)]
pub(super) struct Connections {
    pub(super) redfish: Slot<Client>,
    pub(super) ipmi: Slot<ipmi::Client>,
}

#[derive(Debug, Default)]
pub(super) enum Slot<C> {
    #[default]
    Closed,
    Open(C),
    /// These credentials were refused; they aren't tried again, which might lock the account.
    Refused(ErrorKind, String),
}

impl<C: Clone> Slot<C> {
    pub(super) fn get(&self) -> Result<Option<C>, Fault> {
        match self {
            Self::Closed => Ok(None),
            Self::Open(client) => Ok(Some(client.clone())),
            Self::Refused(kind, text) => {
                let error = Error::new(*kind, format!("not tried again, as it was refused before: {text}"));
                Err(Fault { phase: AttemptPhase::Login, reason: Reason::Final, error })
            }
        }
    }

    pub(super) fn set(&mut self, opened: &Result<C, Fault>) {
        match opened {
            Ok(client) => *self = Self::Open(client.clone()),
            Err(fault) if fault.error.is_auth() => *self = Self::Refused(fault.error.kind(), fault.error.report()),
            Err(_) => {}
        }
    }

    fn take_open(&mut self) -> Option<C> {
        if matches!(self, Self::Open(_)) { self.take() } else { None }
    }

    fn take(&mut self) -> Option<C> {
        match std::mem::take(self) {
            Self::Open(client) => Some(client),
            _ => None,
        }
    }
}

impl Connections {
    /// Forgets the sessions that were opened, which a BMC that restarts has forgotten as well.
    pub(super) fn forget(&mut self) {
        drop((self.redfish.take_open(), self.ipmi.take_open()));
    }

    pub(super) fn take(&mut self) -> (Option<Client>, Option<ipmi::Client>) {
        (self.redfish.take(), self.ipmi.take())
    }
}
