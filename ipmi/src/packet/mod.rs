//! The bytes of IPMI over LAN, without I/O: RMCP, ASF presence, IPMI 1.5 and 2.0 session wrappers, RAKP, LAN messages
//! and SOL payloads. Everything here turns bytes into values or back; sockets, timers and retries are `session`'s.
//!
//! Decoders take any bytes and answer with a value or a [`Malformed`]; none of them panics, none trusts a length.

pub mod auth;
pub mod message;
pub mod rakp;
pub mod rmcp;
pub mod session15;
pub mod session20;
pub mod sol;
pub mod suite;
pub mod window;

use std::fmt;

/// Bytes that are not what the protocol says must stand there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed {
    what: &'static str,
    at: usize,
}

impl Malformed {
    /// Creates a report that `what` could not be read at offset `at`.
    #[must_use]
    pub const fn new(what: &'static str, at: usize) -> Self {
        Self { what, at }
    }

    /// Returns what was being read.
    #[must_use]
    pub const fn what(&self) -> &'static str {
        self.what
    }
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "malformed or truncated {} at byte {}", self.what, self.at)
    }
}

impl std::error::Error for Malformed {}

/// A cursor over received bytes in which every read is checked. Numbers are least significant byte first, as IPMI's are.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    rest: &'a [u8],
    at: usize,
    what: &'static str,
}

impl<'a> Reader<'a> {
    /// Reads `bytes`, which are said to be a `what` (used in the error alone).
    #[must_use]
    pub const fn new(bytes: &'a [u8], what: &'static str) -> Self {
        Self { rest: bytes, at: 0, what }
    }

    /// Returns what is left.
    #[must_use]
    pub const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Returns how many bytes were consumed.
    #[must_use]
    pub const fn position(&self) -> usize {
        self.at
    }

    /// Returns how many bytes are left.
    #[must_use]
    pub const fn remaining(&self) -> usize {
        self.rest.len()
    }

    /// Returns whether everything was consumed.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// Returns the error for the present position.
    #[must_use]
    pub const fn malformed(&self) -> Malformed {
        Malformed::new(self.what, self.at)
    }

    /// Returns the next `count` bytes.
    ///
    /// # Errors
    /// When fewer are left.
    pub fn take(&mut self, count: usize) -> Result<&'a [u8], Malformed> {
        let (head, tail) = self.rest.split_at_checked(count).ok_or(self.malformed())?;
        self.rest = tail;
        self.at = self.at.saturating_add(count);
        Ok(head)
    }

    /// Returns the next `N` bytes as an array.
    ///
    /// # Errors
    /// When fewer are left.
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let error = self.malformed();
        <[u8; N]>::try_from(self.take(N)?).map_err(|_| error)
    }

    /// Reads one byte.
    ///
    /// # Errors
    /// When nothing is left.
    pub fn u8(&mut self) -> Result<u8, Malformed> {
        let [byte] = self.array::<1>()?;
        Ok(byte)
    }

    /// Two bytes, least significant first.
    ///
    /// # Errors
    /// When fewer are left.
    pub fn u16(&mut self) -> Result<u16, Malformed> {
        Ok(u16::from_le_bytes(self.array()?))
    }

    /// Three bytes, least significant first.
    ///
    /// # Errors
    /// When fewer are left.
    pub fn u24(&mut self) -> Result<u32, Malformed> {
        let [a, b, c] = self.array()?;
        Ok(u32::from_le_bytes([a, b, c, 0]))
    }

    /// Four bytes, least significant first.
    ///
    /// # Errors
    /// When fewer are left.
    pub fn u32(&mut self) -> Result<u32, Malformed> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    /// Returns everything that is left, consumed.
    pub fn take_rest(&mut self) -> &'a [u8] {
        let rest = self.rest;
        self.at = self.at.saturating_add(rest.len());
        self.rest = &[];
        rest
    }
}

/// Returns the two's complement checksum over `bytes` that makes their sum with it zero.
#[must_use]
pub fn checksum(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0u8, |sum, byte| sum.wrapping_add(*byte)).wrapping_neg()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_never_reads_past_its_end() {
        let mut reader = Reader::new(&[1, 2, 3], "thing");
        assert_eq!(reader.u16(), Ok(0x0201));
        assert_eq!(reader.u16(), Err(Malformed::new("thing", 2)));
        assert_eq!(reader.u8(), Ok(3));
        assert!(reader.is_empty() && reader.take(usize::MAX).is_err());
    }

    #[test]
    fn a_checksum_makes_the_sum_zero() {
        assert_eq!(checksum(&[0x20, 0x18]), 0xc8);
        assert_eq!(checksum(&[]), 0);
    }
}
