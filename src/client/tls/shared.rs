//! The parts of TLS that clients can share: the trusted roots, which are then read once, and the cache of resumable
//! sessions.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use rustls::ClientConfig;

use super::{HttpVersion, TlsVersion, Trust};
use crate::error::Error;

/// How many configurations are kept. Clients that pin certificates have one each.
const MOST: usize = 16;

/// TLS as several clients share it. Each client otherwise reads the roots that it trusts for itself and keeps them: with thousands
/// of clients that is most of what they cost. Clones are the same one. [`Fleet`](crate::fleet::Fleet) makes one for its hosts.
///
/// ```no_run
/// use rosefish::{Client, SharedTls};
///
/// let tls = SharedTls::default();
/// let builders = ["10.0.0.7", "10.0.0.8"].map(|host| Client::builder(host).shared_tls(&tls));
/// ```
#[derive(Clone, Default)]
pub struct SharedTls(Arc<Mutex<Vec<(Kind, ClientConfig)>>>);

/// What two configurations must have in common to be shared.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Kind {
    pub(crate) trust: Trust,
    pub(crate) oldest: TlsVersion,
    pub(crate) version: HttpVersion,
}

impl fmt::Debug for SharedTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SharedTls")
    }
}

impl SharedTls {
    /// Returns the configuration of this kind. Creates it if it doesn't exist yet.
    pub(crate) fn get(
        &self,
        kind: Kind,
        make: impl FnOnce() -> Result<ClientConfig, Error>,
    ) -> Result<ClientConfig, Error> {
        // The lock is held while reading the roots, so that others wait instead of reading them as well.
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, config)) = known.iter().find(|(other, _)| *other == kind) {
            return Ok(config.clone());
        }
        let config = make()?;
        if known.len() < MOST {
            known.push((kind, config.clone()));
        }
        Ok(config)
    }
}
