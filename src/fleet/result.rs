//! What came of one host.

use std::time::Duration;

use crate::error::Error;

/// What came of one host.
#[derive(Debug)]
#[non_exhaustive]
pub struct FleetResult<T> {
    /// Which of the hosts it is, counted from 0 in the order in which they were named.
    pub index: usize,
    /// The host, as its builder names it.
    pub host: String,
    /// What the job returned, or why there is nothing.
    pub result: Result<T, Error>,
    /// Whether the job was begun. If it was not, nothing was done at this host.
    pub begun: bool,
    /// How often the host was tried; 0 where its turn never came.
    pub attempts: u32,
    /// How long the last attempt took.
    pub elapsed: Duration,
}
