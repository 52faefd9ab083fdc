//! The RMCP+ session wrapper (IPMI 2.0, sections 13.6 and 13.28 to 13.29): payload type, session ID, sequence number,
//! the payload, and behind it padding and integrity code. Sealing and opening follow the session's keys; the judgement
//! about sequence numbers is `window`'s.

use super::auth::{BLOCK, Keys, same_code};
use super::suite::{Confidentiality, Integrity};
use super::{Malformed, Reader, rmcp};

/// The authentication type that says "RMCP+ format".
pub const FORMAT_RMCP_PLUS: u8 = 0x06;
const NEXT_HEADER: u8 = 0x07;
const PAD: u8 = 0xff;

/// A payload type number, without the two bits in front of it (table 13-16).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PayloadType(pub u8);

impl PayloadType {
    /// An IPMI message.
    pub const IPMI: Self = Self(0x00);
    /// Serial over LAN.
    pub const SOL: Self = Self(0x01);
    /// OEM, with an enterprise number behind it.
    pub const OEM_EXPLICIT: Self = Self(0x02);
    /// Open Session request.
    pub const OPEN_SESSION_REQUEST: Self = Self(0x10);
    /// Open Session response.
    pub const OPEN_SESSION_RESPONSE: Self = Self(0x11);
    /// RAKP message 1.
    pub const RAKP_1: Self = Self(0x12);
    /// RAKP message 2.
    pub const RAKP_2: Self = Self(0x13);
    /// RAKP message 3.
    pub const RAKP_3: Self = Self(0x14);
    /// RAKP message 4.
    pub const RAKP_4: Self = Self(0x15);
}

/// A packet as received, not yet checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packet<'a> {
    /// Whether the payload is said to be encrypted.
    pub encrypted: bool,
    /// Whether an integrity code is said to follow.
    pub authenticated: bool,
    /// The payload's type.
    pub payload_type: PayloadType,
    /// Session ID of the receiver; zero outside of sessions.
    pub session: u32,
    /// Session sequence number; zero outside of sessions.
    pub sequence: u32,
    /// The payload, still encrypted.
    pub payload: &'a [u8],
    /// Everything that an integrity code covers, if one follows.
    covered: &'a [u8],
    /// The integrity trailer from the padding on.
    trailer: &'a [u8],
}

/// Why a packet was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// It isn't what it must be.
    Malformed(Malformed),
    /// It lacks an integrity code or encryption that was agreed upon.
    Unprotected,
    /// Its integrity code is wrong.
    WrongCode,
}

impl From<Malformed> for Refusal {
    fn from(malformed: Malformed) -> Self {
        Self::Malformed(malformed)
    }
}

impl<'a> Packet<'a> {
    /// Reads the wrapper behind an RMCP header.
    ///
    /// # Errors
    /// When it is shorter than it says, or isn't RMCP+.
    pub fn decode(bytes: &'a [u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(bytes, "RMCP+ packet");
        if reader.u8()? != FORMAT_RMCP_PLUS {
            return Err(Malformed::new("RMCP+ packet", 0));
        }
        let kind = reader.u8()?;
        let payload_type = PayloadType(kind & 0x3f);
        if payload_type == PayloadType::OEM_EXPLICIT {
            reader.take(6)?;
        }
        let (session, sequence, length) = (reader.u32()?, reader.u32()?, reader.u16()?);
        let payload = reader.take(usize::from(length))?;
        Ok(Self {
            encrypted: kind & 0x80 != 0,
            authenticated: kind & 0x40 != 0,
            payload_type,
            session,
            sequence,
            payload,
            covered: bytes,
            trailer: reader.rest(),
        })
    }

    /// Checks the packet against all that the session's suite promises, and decrypts it.
    ///
    /// # Errors
    /// When a protection is missing, the code is wrong, or the contents are malformed. The session is unharmed.
    pub fn open(&self, keys: &Keys) -> Result<Vec<u8>, Refusal> {
        let suite = keys.suite();
        if self.authenticated != (suite.integrity() != Integrity::None)
            || self.encrypted != (suite.confidentiality() != Confidentiality::None)
        {
            return Err(Refusal::Unprotected);
        }
        if self.authenticated {
            self.verify(keys)?;
        }
        Ok(keys.decrypt(self.payload)?)
    }

    fn verify(&self, keys: &Keys) -> Result<(), Refusal> {
        let malformed = Malformed::new("RMCP+ integrity trailer", self.covered.len());
        let code_at = self.covered.len().checked_sub(keys.suite().integrity().code_length()).ok_or(malformed)?;
        let (covered, code) = self.covered.split_at_checked(code_at).ok_or(malformed)?;
        if !same_code(&keys.integrity_code(covered), code) {
            return Err(Refusal::WrongCode);
        }
        // The sender is known now; how it filled its padding doesn't matter, that pad length and next header are there does.
        if self.trailer.len() < code.len().saturating_add(2) {
            return Err(malformed.into());
        }
        Ok(())
    }
}

/// Wraps a payload that belongs to no session (Open Session, RAKP), RMCP header included.
#[must_use]
pub fn encode_outside(payload_type: PayloadType, payload: &[u8]) -> Vec<u8> {
    wrap(payload_type.0, 0, 0, payload)
}

fn wrap(kind: u8, session: u32, sequence: u32, payload: &[u8]) -> Vec<u8> {
    let mut out = rmcp::ipmi_header().to_vec();
    out.extend([FORMAT_RMCP_PLUS, kind]);
    out.extend(session.to_le_bytes());
    out.extend(sequence.to_le_bytes());
    out.extend(u16::try_from(payload.len()).unwrap_or(u16::MAX).to_le_bytes());
    out.extend(payload);
    out
}

/// Encrypts, wraps and authenticates a payload for the session of which `keys` are, RMCP header included. `session` is
/// the receiver's ID; `sequence` and `vector` must be new with every call.
#[must_use]
pub fn seal(
    keys: &Keys,
    payload_type: PayloadType,
    session: u32,
    sequence: u32,
    vector: [u8; BLOCK],
    payload: &[u8],
) -> Vec<u8> {
    let suite = keys.suite();
    let encrypted = suite.confidentiality() != Confidentiality::None;
    let authenticated = suite.integrity() != Integrity::None;
    let kind = payload_type.0 | u8::from(encrypted) << 7 | u8::from(authenticated) << 6;
    let mut out = wrap(kind, session, sequence, &keys.encrypt(payload, vector));
    if authenticated {
        // The RMCP header is four bytes, so that counting it or not makes the same padding.
        let padding = out.len().wrapping_add(2).wrapping_neg() % 4;
        out.resize(out.len().saturating_add(padding), PAD);
        out.extend([padding as u8, NEXT_HEADER]);
        let code = keys.integrity_code(out.get(4..).unwrap_or_default());
        out.extend(code.iter());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::suite::{CipherSuite, SUITES};
    use super::*;
    use proptest::prelude::*;

    fn sealed(suite: CipherSuite, payload: &[u8]) -> (Keys, Vec<u8>) {
        let keys = Keys::derive(suite, &[3; 20]);
        let bytes = seal(&keys, PayloadType::IPMI, 7, 1, [5; BLOCK], payload);
        (keys, bytes)
    }

    #[test]
    fn a_changed_bit_is_refused_wherever_it_is() {
        for id in [17, 3, 8, 2] {
            let (keys, good) = sealed(CipherSuite::from_id(id).unwrap(), b"power on");
            for bit in 32..good.len() * 8 {
                let mut bad = good.clone();
                bad[bit / 8] ^= 1 << (bit % 8);
                let opened = Packet::decode(&bad[4..]).map(|packet| packet.open(&keys));
                assert!(!matches!(opened, Ok(Ok(_))), "suite {id}, bit {bit}");
            }
        }
    }

    #[test]
    fn a_truncated_packet_is_refused_wherever_it_is_cut() {
        let (keys, good) = sealed(CipherSuite::SHA256_AES, b"power on");
        for end in 4..good.len() {
            let opened = Packet::decode(&good[4..end]).map(|packet| packet.open(&keys));
            assert!(!matches!(opened, Ok(Ok(_))), "{end}");
        }
    }

    #[test]
    fn a_plain_packet_is_refused_in_a_protected_session() {
        let (keys, _) = sealed(CipherSuite::SHA256_AES, b"");
        for weaker in [0, 1, 2, 15, 16] {
            let (_, forged) = sealed(CipherSuite::from_id(weaker).unwrap(), b"forged");
            let packet = Packet::decode(&forged[4..]).unwrap();
            assert_eq!(packet.open(&keys), Err(Refusal::Unprotected), "{weaker}");
        }
    }

    #[test]
    fn the_covered_bytes_are_a_multiple_of_four() {
        for length in 0..20 {
            let (keys, bytes) = sealed(CipherSuite::from_id(2).unwrap(), &vec![0; length]);
            assert_eq!((bytes.len() - keys.suite().integrity().code_length()) % 4, 0);
        }
    }

    proptest! {
        #[test]
        fn any_bytes_decode_or_fail(mut bytes in prop::collection::vec(any::<u8>(), 1..96)) {
            bytes[0] = FORMAT_RMCP_PLUS;
            if let Ok(packet) = Packet::decode(&bytes) {
                for suite in SUITES {
                    let _ = packet.open(&Keys::derive(suite, &[1; 20]));
                }
            }
        }

        #[test]
        fn what_is_sealed_opens(payload in prop::collection::vec(any::<u8>(), 0..200), session: u32, sequence: u32, kind in 0u8..2) {
            for suite in SUITES {
                let keys = Keys::derive(suite, &[1; 20]);
                let bytes = seal(&keys, PayloadType(kind), session, sequence, [5; BLOCK], &payload);
                let packet = Packet::decode(&bytes[4..]).unwrap();
                prop_assert_eq!((packet.session, packet.sequence, packet.payload_type), (session, sequence, PayloadType(kind)));
                prop_assert_eq!(packet.open(&keys), Ok(payload.clone()));
            }
        }
    }
}
