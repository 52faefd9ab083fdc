//! Open Session and RAKP messages 1 to 4 (IPMI 2.0, sections 13.17 to 13.23). The status comes before the length: a
//! refusal may be shorter than an answer. The codes in them are computed in `auth` and judged by `session`.

use std::fmt;

use super::suite::CipherSuite;
use super::{Malformed, Reader};

/// The status of an Open Session response or a RAKP message (table 13-15).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RakpStatus {
    /// 00h
    Success,
    /// 01h
    InsufficientResources,
    /// 02h
    InvalidSession,
    /// 03h
    InvalidPayloadType,
    /// 04h
    InvalidAuthentication,
    /// 05h
    InvalidIntegrity,
    /// 06h
    NoMatchingAuthentication,
    /// 07h
    NoMatchingIntegrity,
    /// 08h
    InactiveSession,
    /// 09h
    InvalidRole,
    /// 0Ah
    UnauthorizedRole,
    /// 0Bh
    NoRoleResources,
    /// 0Ch
    InvalidNameLength,
    /// 0Dh
    UnauthorizedName,
    /// 0Eh
    UnauthorizedGuid,
    /// 0Fh
    InvalidCheckValue,
    /// 10h
    InvalidConfidentiality,
    /// 11h
    NoMatchingSuite,
    /// 12h
    IllegalParameter,
    /// A status that the specification doesn't define.
    Unknown(u8),
}

impl RakpStatus {
    const ALL: [(Self, &'static str); 19] = [
        (Self::Success, "success"),
        (Self::InsufficientResources, "no resources left to create a session"),
        (Self::InvalidSession, "invalid session ID"),
        (Self::InvalidPayloadType, "invalid payload type"),
        (Self::InvalidAuthentication, "invalid authentication algorithm"),
        (Self::InvalidIntegrity, "invalid integrity algorithm"),
        (Self::NoMatchingAuthentication, "no matching authentication payload"),
        (Self::NoMatchingIntegrity, "no matching integrity payload"),
        (Self::InactiveSession, "inactive session ID"),
        (Self::InvalidRole, "invalid role"),
        (Self::UnauthorizedRole, "role or privilege level not allowed"),
        (Self::NoRoleResources, "no resources left for a session of that role"),
        (Self::InvalidNameLength, "invalid length of the user name"),
        (Self::UnauthorizedName, "user name not allowed or unknown"),
        (Self::UnauthorizedGuid, "GUID not allowed"),
        (Self::InvalidCheckValue, "wrong integrity check value: the password or K_G is wrong"),
        (Self::InvalidConfidentiality, "invalid confidentiality algorithm"),
        (Self::NoMatchingSuite, "no cipher suite with the proposed algorithms"),
        (Self::IllegalParameter, "illegal or unrecognized parameter"),
    ];

    /// Returns the status with this code.
    #[must_use]
    pub fn from_code(code: u8) -> Self {
        Self::ALL.get(usize::from(code)).map_or(Self::Unknown(code), |(status, _)| *status)
    }

    /// Returns its code.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::Unknown(code) => code,
            known => (0u8..).zip(Self::ALL).find(|(_, (status, _))| *status == known).map_or(u8::MAX, |(code, _)| code),
        }
    }
}

impl fmt::Display for RakpStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Self::ALL.iter().find(|(status, _)| status == self) {
            Some((_, meaning)) => f.write_str(meaning),
            None => write!(f, "unknown status {:#04x}", self.code()),
        }
    }
}

/// An Open Session request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenSessionRequest {
    /// Copied into the response.
    pub tag: u8,
    /// The highest privilege level wanted; 0 for the highest that the algorithms allow.
    pub privilege: u8,
    /// The console's session ID, not zero.
    pub console_session: u32,
    /// The algorithms that are proposed.
    pub suite: CipherSuite,
}

impl OpenSessionRequest {
    /// Returns the payload's bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = vec![self.tag, self.privilege & 0x0f, 0, 0];
        out.extend(self.console_session.to_le_bytes());
        out.extend(encode_algorithms([
            self.suite.authentication().number(),
            self.suite.integrity().number(),
            self.suite.confidentiality().number(),
        ]));
        out
    }
}

fn encode_algorithms(numbers: [u8; 3]) -> Vec<u8> {
    (0u8..).zip(numbers).flat_map(|(kind, number)| [kind, 0, 0, 8, number, 0, 0, 0]).collect()
}

/// What an Open Session response says when it is a success.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenedSession {
    /// The highest privilege level that the session may have.
    pub privilege: u8,
    /// The console's session ID, repeated.
    pub console_session: u32,
    /// The BMC's session ID.
    pub bmc_session: u32,
    /// Authentication algorithm number.
    pub authentication: u8,
    /// Integrity algorithm number.
    pub integrity: u8,
    /// Confidentiality algorithm number.
    pub confidentiality: u8,
}

impl OpenedSession {
    /// Returns whether the algorithms are those of `suite`.
    #[must_use]
    pub const fn is(&self, suite: CipherSuite) -> bool {
        self.authentication == suite.authentication().number()
            && self.integrity == suite.integrity().number()
            && self.confidentiality == suite.confidentiality().number()
    }
}

/// A message of the BMC in the RAKP exchange: its tag, and its contents or the reason why there are none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer<T> {
    /// The tag of the message that it answers.
    pub tag: u8,
    /// The contents of a success, or the status.
    pub outcome: Result<T, RakpStatus>,
}

fn answer<'a, T>(
    bytes: &'a [u8],
    what: &'static str,
    contents: impl FnOnce(&mut Reader<'a>, u8) -> Result<T, Malformed>,
) -> Result<Answer<T>, Malformed> {
    let mut reader = Reader::new(bytes, what);
    let (tag, status) = (reader.u8()?, RakpStatus::from_code(reader.u8()?));
    if status != RakpStatus::Success {
        return Ok(Answer { tag, outcome: Err(status) });
    }
    let third = reader.u8()?;
    reader.u8()?;
    Ok(Answer { tag, outcome: Ok(contents(&mut reader, third)?) })
}

/// Reads an Open Session response.
///
/// # Errors
/// When a success is shorter than its 36 bytes or its algorithm payloads are not what they must be.
pub fn decode_open_session(bytes: &[u8]) -> Result<Answer<OpenedSession>, Malformed> {
    answer(bytes, "Open Session response", |reader, privilege| {
        let (console_session, bmc_session) = (reader.u32()?, reader.u32()?);
        let mut numbers = [0; 3];
        for (kind, number) in (0u8..).zip(&mut numbers) {
            let before = reader.malformed();
            let [k, _, _, length, n, ..] = reader.array::<8>()?;
            if k != kind || (length != 8 && length != 0) {
                return Err(before);
            }
            // A length of zero is the null algorithm, by the words of the specification.
            *number = if length == 0 { 0 } else { n & 0x3f };
        }
        let [authentication, integrity, confidentiality] = numbers;
        let privilege = privilege & 0x0f;
        Ok(OpenedSession { privilege, console_session, bmc_session, authentication, integrity, confidentiality })
    })
}

/// RAKP message 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rakp1 {
    /// Copied into message 2.
    pub tag: u8,
    /// The BMC's session ID.
    pub bmc_session: u32,
    /// The console's random number.
    pub console_random: [u8; 16],
    /// Privilege level, and bit 4 for lookup by name alone.
    pub role: u8,
    /// The user name, at most 16 bytes.
    pub user: Vec<u8>,
}

impl Rakp1 {
    /// Returns the payload's bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = vec![self.tag, 0, 0, 0];
        out.extend(self.bmc_session.to_le_bytes());
        out.extend(self.console_random);
        out.extend([self.role, 0, 0, u8::try_from(self.user.len()).unwrap_or(u8::MAX)]);
        out.extend(&self.user);
        out
    }
}

/// RAKP message 2.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rakp2 {
    /// The console's session ID.
    pub console_session: u32,
    /// The BMC's random number.
    pub bmc_random: [u8; 16],
    /// The BMC's GUID.
    pub guid: [u8; 16],
    /// The key exchange code.
    pub code: Vec<u8>,
}

impl Rakp2 {
    /// Reads the payload. Whether the code's length is right is for who knows the algorithm.
    ///
    /// # Errors
    /// When a success is shorter than its 40 bytes.
    pub fn decode(bytes: &[u8]) -> Result<Answer<Self>, Malformed> {
        answer(bytes, "RAKP message 2", |reader, _| {
            Ok(Self {
                console_session: reader.u32()?,
                bmc_random: reader.array()?,
                guid: reader.array()?,
                code: reader.take_rest().to_vec(),
            })
        })
    }
}

/// RAKP message 3.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rakp3 {
    /// Copied into message 4.
    pub tag: u8,
    /// Success, or why the console gives up.
    pub status: RakpStatus,
    /// The BMC's session ID.
    pub bmc_session: u32,
    /// The key exchange code; empty when the status isn't success.
    pub code: Vec<u8>,
}

impl Rakp3 {
    /// Returns the payload's bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = vec![self.tag, self.status.code(), 0, 0];
        out.extend(self.bmc_session.to_le_bytes());
        out.extend(&self.code);
        out
    }
}

/// RAKP message 4.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rakp4 {
    /// The console's session ID.
    pub console_session: u32,
    /// The integrity check value.
    pub check: Vec<u8>,
}

impl Rakp4 {
    /// Reads the payload. Whether the check value's length is right is for who knows the algorithm.
    ///
    /// # Errors
    /// When a success is shorter than its 8 bytes.
    pub fn decode(bytes: &[u8]) -> Result<Answer<Self>, Malformed> {
        answer(bytes, "RAKP message 4", |reader, _| {
            Ok(Self { console_session: reader.u32()?, check: reader.take_rest().to_vec() })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_open_session_request_has_the_layout_of_table_13_9() {
        let request =
            OpenSessionRequest { tag: 1, privilege: 4, console_session: 0x0403_0201, suite: CipherSuite::SHA256_AES };
        let expected = [1, 4, 0, 0, 1, 2, 3, 4, 0, 0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 8, 4, 0, 0, 0, 2, 0, 0, 8, 1, 0, 0, 0];
        assert_eq!(request.encode(), expected);
    }

    #[test]
    fn a_refusal_is_read_however_short_it_is() {
        let refused = Answer { tag: 3, outcome: Err(RakpStatus::NoMatchingSuite) };
        assert_eq!(decode_open_session(&[3, 0x11]), Ok(refused));
        assert_eq!(Rakp2::decode(&[3, 0x77, 0]).map(|answer| answer.outcome), Ok(Err(RakpStatus::Unknown(0x77))));
        assert!(Rakp4::decode(&[3, 0, 0, 0, 1]).is_err());
    }

    #[test]
    fn an_open_session_response_tells_its_algorithms() {
        let mut bytes = vec![7, 0, 4, 0, 1, 0, 0, 0, 2, 0, 0, 0];
        bytes.extend(encode_algorithms([1, 1, 1]));
        let opened = decode_open_session(&bytes).unwrap().outcome.unwrap();
        assert!(opened.is(CipherSuite::SHA1_AES) && !opened.is(CipherSuite::SHA256_AES));
        assert_eq!((opened.console_session, opened.bmc_session, opened.privilege), (1, 2, 4));
        bytes.pop();
        assert!(decode_open_session(&bytes).is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_decode_or_fail(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            let _ = (decode_open_session(&bytes), Rakp2::decode(&bytes), Rakp4::decode(&bytes));
        }

        #[test]
        fn every_status_keeps_its_code(code: u8) {
            prop_assert_eq!(RakpStatus::from_code(code).code(), code);
        }
    }
}
