//! The IPMI 1.5 session wrapper (IPMI 2.0, section 13.6). It also carries what is said outside of sessions: with
//! authentication type none and session ID zero. Nothing in it is secret, and only MD5 protects against changes.

use md5::{Digest, Md5};
use zeroize::Zeroizing;

use super::auth::same_code;
use super::{Malformed, Reader, rmcp};

/// How packets of an IPMI 1.5 session are authenticated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AuthType {
    /// Not at all.
    None,
    /// A keyed MD5 over the packet.
    Md5,
    /// The password itself, in clear text, in every packet.
    Straight,
}

impl AuthType {
    /// Returns the number that stands for it.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::None => 0,
            Self::Md5 => 2,
            Self::Straight => 4,
        }
    }

    /// Returns the code for a packet. `password` is padded with zeros to 16 bytes, or cut.
    #[must_use]
    pub fn code(self, password: &[u8], session: u32, sequence: u32, payload: &[u8]) -> Zeroizing<Vec<u8>> {
        let mut key = Zeroizing::new([0; 16]);
        for (to, from) in key.iter_mut().zip(password) {
            *to = *from;
        }
        Zeroizing::new(match self {
            Self::None => Vec::new(),
            Self::Straight => key.to_vec(),
            Self::Md5 => Md5::new()
                .chain_update(*key)
                .chain_update(session.to_le_bytes())
                .chain_update(payload)
                .chain_update(sequence.to_le_bytes())
                .chain_update(*key)
                .finalize()
                .to_vec(),
        })
    }
}

/// A packet of IPMI 1.5, or one outside of any session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packet<'a> {
    /// Authentication type number.
    pub auth_type: u8,
    /// Session sequence number; zero outside of sessions.
    pub sequence: u32,
    /// Session ID; zero outside of sessions.
    pub session: u32,
    /// The authentication code, when there is one.
    pub code: Option<[u8; 16]>,
    /// The IPMI message.
    pub payload: &'a [u8],
}

impl<'a> Packet<'a> {
    /// Reads the wrapper behind an RMCP header.
    ///
    /// # Errors
    /// When it is shorter than it says, or isn't of IPMI 1.5.
    pub fn decode(bytes: &'a [u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(bytes, "IPMI 1.5 packet");
        let auth_type = reader.u8()?;
        if !matches!(auth_type, 0 | 1 | 2 | 4 | 5) {
            return Err(Malformed::new("IPMI 1.5 packet", 0));
        }
        let (sequence, session) = (reader.u32()?, reader.u32()?);
        let code = if auth_type == 0 { None } else { Some(reader.array()?) };
        let length = usize::from(reader.u8()?);
        // Behind the payload there may be one byte of padding: some network chips of old couldn't send certain lengths.
        Ok(Self { auth_type, sequence, session, code, payload: reader.take(length)? })
    }

    /// Returns whether it is authenticated as `auth_type` wants it.
    #[must_use]
    pub fn is_authentic(&self, auth_type: AuthType, password: &[u8]) -> bool {
        let expected = auth_type.code(password, self.session, self.sequence, self.payload);
        let code: &[u8] = self.code.as_ref().map_or(&[], |code| code);
        self.auth_type == auth_type.number() && same_code(code, &expected)
    }
}

/// Wraps a message, RMCP header included.
#[must_use]
pub fn encode(auth_type: AuthType, password: &[u8], session: u32, sequence: u32, payload: &[u8]) -> Vec<u8> {
    let mut out = rmcp::ipmi_header().to_vec();
    out.push(auth_type.number());
    out.extend(sequence.to_le_bytes());
    out.extend(session.to_le_bytes());
    out.extend(auth_type.code(password, session, sequence, payload).iter());
    out.push(u8::try_from(payload.len()).unwrap_or(u8::MAX));
    out.extend(payload);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_message_outside_of_a_session_is_wrapped_in_ten_bytes() {
        let packet = encode(AuthType::None, b"", 0, 0, &[1, 2]);
        assert_eq!(packet, [6, 0, 0xff, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 1, 2]);
    }

    #[test]
    fn an_md5_code_is_over_password_session_payload_and_sequence() {
        // Computed with Python's hashlib over the concatenation of section 22.17.1.
        let code = AuthType::Md5.code(b"password", 0x0102_0304, 5, b"payload");
        let hex: String = code.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, "aa54c847826f76af8f0c9e85b4beb5d1");
    }

    #[test]
    fn another_authentication_type_than_agreed_is_not_authentic() {
        let bytes = encode(AuthType::None, b"secret", 9, 1, b"forged");
        let packet = Packet::decode(&bytes[4..]).unwrap();
        assert!(packet.is_authentic(AuthType::None, b"secret"));
        assert!(!packet.is_authentic(AuthType::Md5, b"secret"));
    }

    proptest! {
        #[test]
        fn any_bytes_decode_or_fail(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            let _ = Packet::decode(&bytes);
        }

        #[test]
        fn packets_round_trip(session: u32, sequence: u32, payload in prop::collection::vec(any::<u8>(), 0..200), password: [u8; 8]) {
            for auth_type in [AuthType::None, AuthType::Md5, AuthType::Straight] {
                let bytes = encode(auth_type, &password, session, sequence, &payload);
                let packet = Packet::decode(&bytes[4..]).unwrap();
                prop_assert_eq!((packet.session, packet.sequence, packet.payload), (session, sequence, &payload[..]));
                prop_assert!(packet.is_authentic(auth_type, &password));
            }
        }
    }
}
