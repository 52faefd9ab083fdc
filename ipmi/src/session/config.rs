//! What a session is opened with. Secrets are held by `secrecy` types and don't appear in Debug output.

use std::time::Duration;

use secrecy::{ExposeSecret, SecretBox, SecretString};

use crate::command::session::Privilege;
use crate::deadline::part;
use crate::packet::session15::AuthType;
use crate::packet::suite::CipherSuite;

/// How the BMC looks up the user in its table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum UserLookup {
    /// By name alone. What nearly every BMC and client does.
    #[default]
    Name,
    /// By name and the requested privilege level: for BMCs with several entries of one name, or none.
    NameAndPrivilege,
}

/// Which cipher suite an IPMI 2.0 session is to have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SuiteChoice {
    /// The strongest that both sides have; never one without integrity or confidentiality.
    Strongest,
    /// This one or none.
    Exactly(CipherSuite),
}

/// Which protocol to speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protocol {
    V2(SuiteChoice),
    V15(AuthType),
}

#[derive(Debug)]
pub(crate) struct Config {
    pub(crate) user: Vec<u8>,
    pub(crate) password: SecretString,
    pub(crate) bmc_key: Option<SecretBox<[u8]>>,
    pub(crate) lookup: UserLookup,
    pub(crate) privilege: Privilege,
    pub(crate) protocol: Protocol,
    /// How long to wait for an answer before the first repetition.
    pub(crate) first_repeat: Duration,
    /// How long to wait for an answer in total.
    pub(crate) timeout: Duration,
    /// How long a session may be idle before it is kept alive.
    pub(crate) keep_alive: Option<Duration>,
    /// How many requests may be under way.
    pub(crate) under_way: usize,
    /// How long reading something in many steps may take, if that was set.
    pub(crate) read_limit: Option<Duration>,
}

impl Config {
    pub(crate) fn password(&self) -> &[u8] {
        self.password.expose_secret().as_bytes()
    }

    /// Returns the key that session keys are derived from: K_G, or the password if K_G isn't set.
    pub(crate) fn key(&self) -> &[u8] {
        self.bmc_key.as_ref().map_or_else(|| self.password(), |key| key.expose_secret())
    }

    /// Returns the role byte of RAKP message 1.
    pub(crate) fn role(&self) -> u8 {
        let by_name = match self.lookup {
            UserLookup::Name => 0x10,
            UserLookup::NameAndPrivilege => 0,
        };
        by_name | self.privilege as u8
    }

    /// Returns the wait that follows a wait of `last`: half as long again, up to four times the first.
    pub(crate) fn back_off(&self, last: Duration) -> Duration {
        part(last.saturating_mul(3), 2).min(self.first_repeat.saturating_mul(4))
    }
}
