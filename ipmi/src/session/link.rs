//! An open session without its socket: seals payloads to send, and checks received packets. Every packet must have the
//! negotiated protection, and every sequence number is accepted only once.

use secrecy::{ExposeSecret, SecretBox};

use crate::packet::auth::{BLOCK, Keys};
use crate::packet::message::{BMC_ADDRESS, CONSOLE_ADDRESS, Request};
use crate::packet::rmcp::{self, Datagram};
use crate::packet::session15::{self, AuthType};
use crate::packet::session20::{self, PayloadType};
use crate::packet::window::Window;

/// Whom a command is for: the BMC itself, or a controller that it bridges to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) enum Target {
    #[default]
    Bmc,
    /// A satellite controller at `address` on `channel`, reached by Send Message.
    Satellite { channel: u8, address: u8 },
}

impl Target {
    /// Returns the address that answers come from.
    pub(crate) const fn address(self) -> u8 {
        match self {
            Self::Bmc => BMC_ADDRESS,
            Self::Satellite { address, .. } => address,
        }
    }
}

#[derive(Debug)]
enum Protection {
    V20 { keys: Keys, console_session: u32, bmc_session: u32 },
    V15 { auth_type: AuthType, password: SecretBox<[u8]>, session: u32 },
}

/// An open session.
#[derive(Debug)]
pub(super) struct Link {
    protection: Protection,
    next_sequence: u32,
    window: Window,
    #[cfg(test)]
    vectors: Vec<[u8; BLOCK]>,
}

/// Why a datagram doesn't belong to the session. The reason is only logged: the datagram is dropped in any case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stray {
    NotIpmi,
    OtherSession,
    Refused(session20::Refusal),
    NotAuthentic,
    Replayed,
}

impl Link {
    pub(super) fn v20(keys: Keys, console_session: u32, bmc_session: u32) -> Self {
        Self {
            protection: Protection::V20 { keys, console_session, bmc_session },
            next_sequence: 1,
            window: Window::starting_after(0),
            #[cfg(test)]
            vectors: Vec::new(),
        }
    }

    /// Creates the link of an IPMI 1.5 session. `inbound` is the sequence number of the console's next packet, `outbound` that
    /// of the BMC's first one.
    pub(super) fn v15(auth_type: AuthType, password: &[u8], session: u32, inbound: u32, outbound: u32) -> Self {
        Self {
            protection: Protection::V15 { auth_type, password: SecretBox::from(password.to_vec()), session },
            next_sequence: inbound,
            window: Window::starting_after(outbound.wrapping_sub(1)),
            #[cfg(test)]
            vectors: Vec::new(),
        }
    }

    /// Returns the BMC's ID of the session.
    pub(super) fn bmc_session(&self) -> u32 {
        match &self.protection {
            Protection::V20 { bmc_session, .. } => *bmc_session,
            Protection::V15 { session, .. } => *session,
        }
    }

    /// Returns a datagram with the payload, under a session sequence number that is used only once.
    pub(super) fn seal(&mut self, payload_type: PayloadType, payload: &[u8]) -> Result<Vec<u8>, getrandom::Error> {
        let sequence = self.next_sequence;
        self.next_sequence = match sequence.wrapping_add(1) {
            0 => 1, // zero is for packets outside a session
            next => next,
        };
        Ok(match &self.protection {
            Protection::V20 { keys, bmc_session, .. } => {
                let mut vector = [0; BLOCK];
                getrandom::fill(&mut vector)?;
                #[cfg(test)]
                self.vectors.push(vector);
                session20::seal(keys, payload_type, *bmc_session, sequence, vector, payload)
            }
            Protection::V15 { auth_type, password, session } => {
                session15::encode(*auth_type, password.expose_secret(), *session, sequence, payload)
            }
        })
    }

    /// Returns the payload of a datagram, if it is from the BMC in this session and new.
    pub(super) fn open(&mut self, datagram: &[u8]) -> Result<(PayloadType, Vec<u8>), Stray> {
        let Ok(Datagram::Ipmi(wrapper)) = rmcp::decode(datagram) else {
            return Err(Stray::NotIpmi);
        };
        let (sequence, opened) = match &self.protection {
            Protection::V20 { keys, console_session, .. } => {
                let packet = session20::Packet::decode(wrapper).map_err(|error| Stray::Refused(error.into()))?;
                if packet.session != *console_session {
                    return Err(Stray::OtherSession);
                }
                (packet.sequence, (packet.payload_type, packet.open(keys).map_err(Stray::Refused)?))
            }
            Protection::V15 { auth_type, password, session } => {
                let packet = session15::Packet::decode(wrapper).map_err(|error| Stray::Refused(error.into()))?;
                if packet.session != *session {
                    return Err(Stray::OtherSession);
                }
                if !packet.is_authentic(*auth_type, password.expose_secret()) {
                    return Err(Stray::NotAuthentic);
                }
                (packet.sequence, (PayloadType::IPMI, packet.payload.to_vec()))
            }
        };
        if !self.window.accept(sequence) {
            return Err(Stray::Replayed);
        }
        Ok(opened)
    }
}

/// Creates a request of the console to the BMC itself.
pub(super) fn to_bmc(sequence: u8, code: (crate::packet::message::NetFn, u8), lun: u8, data: Vec<u8>) -> Request {
    let (net_fn, command) = code;
    Request { responder: BMC_ADDRESS, requester: CONSOLE_ADDRESS, net_fn, lun, sequence, command, data }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packet::suite::{CipherSuite, SUITES};

    fn pair(suite: CipherSuite) -> (Link, Link) {
        let keys = Keys::derive(suite, &[9; 20]);
        (Link::v20(keys.clone(), 1, 2), Link::v20(keys, 2, 1))
    }

    #[test]
    fn a_replayed_packet_is_taken_once() {
        for suite in SUITES {
            let (mut console, mut bmc) = pair(suite);
            let packet = bmc.seal(PayloadType::IPMI, b"answer").unwrap();
            assert_eq!(console.open(&packet), Ok((PayloadType::IPMI, b"answer".to_vec())));
            assert_eq!(console.open(&packet), Err(Stray::Replayed));
        }
    }

    #[test]
    fn every_transmission_has_a_new_sequence_number_and_a_new_vector() {
        let (mut console, mut bmc) = pair(CipherSuite::SHA256_AES);
        let (first, second) =
            (console.seal(PayloadType::IPMI, b"x").unwrap(), console.seal(PayloadType::IPMI, b"x").unwrap());
        assert_ne!(first, second);
        assert_ne!(console.vectors[0], console.vectors[1]);
        assert!(bmc.open(&second).is_ok() && bmc.open(&first).is_ok(), "a little disorder is tolerated");
    }

    #[test]
    fn forged_and_downgraded_packets_leave_the_session_intact() {
        let (mut console, mut bmc) = pair(CipherSuite::SHA256_AES);
        let (_, mut weaker) = pair(CipherSuite::from_id(15).unwrap());
        let mut forger = Link::v20(Keys::derive(CipherSuite::SHA256_AES, &[8; 20]), 2, 1);
        for _ in 0..100 {
            let downgraded = weaker.seal(PayloadType::IPMI, b"forged").unwrap();
            assert_eq!(console.open(&downgraded), Err(Stray::Refused(session20::Refusal::Unprotected)));
            let forged = forger.seal(PayloadType::IPMI, b"forged").unwrap();
            assert_eq!(console.open(&forged), Err(Stray::Refused(session20::Refusal::WrongCode)));
        }
        let packet = bmc.seal(PayloadType::IPMI, b"answer").unwrap();
        assert!(console.open(&packet).is_ok(), "forged numbers must not have moved the window");
    }

    #[test]
    fn a_packet_of_another_session_is_none_of_this_one() {
        let (mut console, _) = pair(CipherSuite::SHA1_AES);
        let keys = Keys::derive(CipherSuite::SHA1_AES, &[9; 20]);
        let stranger = Link::v20(keys, 5, 6).seal(PayloadType::IPMI, b"").unwrap();
        assert_eq!(console.open(&stranger), Err(Stray::OtherSession));
        assert_eq!(console.open(b"not RMCP"), Err(Stray::NotIpmi));
    }

    #[test]
    fn an_md5_session_of_ipmi_1_5_refuses_forged_and_replayed_packets() {
        let mut console = Link::v15(AuthType::Md5, b"password", 7, 1, 100);
        let good = session15::encode(AuthType::Md5, b"password", 7, 100, b"answer");
        let plain = session15::encode(AuthType::None, b"", 7, 101, b"forged");
        let forged = session15::encode(AuthType::Md5, b"guessed", 7, 101, b"forged");
        assert_eq!(console.open(&plain), Err(Stray::NotAuthentic));
        assert_eq!(console.open(&forged), Err(Stray::NotAuthentic));
        assert!(console.open(&good).is_ok());
        assert_eq!(console.open(&good), Err(Stray::Replayed));
    }
}
