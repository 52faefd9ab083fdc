//! RMCP (ASF 2.0, section 3.2): the four bytes in front of every datagram on UDP 623, and the ASF presence ping and
//! pong that show whether anything there speaks IPMI. The IPMI session wrapper behind class 7 is read elsewhere.

use super::{Malformed, Reader};

const VERSION: u8 = 0x06;
const NO_ACK: u8 = 0xff;
const CLASS_ASF: u8 = 0x06;
const CLASS_IPMI: u8 = 0x07;
const ACK_BIT: u8 = 0x80;
const ASF_ENTERPRISE: u32 = 4542;
const PRESENCE_PING: u8 = 0x80;
const PRESENCE_PONG: u8 = 0x40;

/// What a datagram carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Datagram<'a> {
    /// Class 7: an IPMI session wrapper, header removed.
    Ipmi(&'a [u8]),
    /// Class 6: an ASF presence ping with its tag.
    Ping {
        /// Copied into the pong.
        tag: u8,
    },
    /// Class 6: the answer to a presence ping.
    Pong(Pong),
    /// Something RMCP allows and IPMI has no use for: an acknowledgement or another class.
    Other {
        /// The class byte.
        class: u8,
    },
}

/// An ASF presence pong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Pong {
    /// The tag of the ping that it answers.
    pub tag: u8,
    /// Whether IPMI is said to be supported.
    pub ipmi: bool,
    /// Who defined the OEM field: an IANA enterprise number (4542 when there is none).
    pub enterprise: u32,
    /// Whether the interactions byte reports RMCP security extensions.
    pub rmcp_security: bool,
}

/// Returns the RMCP header for an IPMI packet, to be followed by a session wrapper.
#[must_use]
pub const fn ipmi_header() -> [u8; 4] {
    [VERSION, 0, NO_ACK, CLASS_IPMI]
}

/// Returns a presence ping.
#[must_use]
pub fn ping(tag: u8) -> Vec<u8> {
    asf(PRESENCE_PING, tag, &[])
}

impl Pong {
    /// Returns the pong as a datagram.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut data = self.enterprise.to_be_bytes().to_vec();
        data.extend([0; 4]);
        data.push(if self.ipmi { 0x81 } else { 0x01 });
        data.push(if self.rmcp_security { 0x80 } else { 0 });
        data.extend([0; 6]);
        asf(PRESENCE_PONG, self.tag, &data)
    }
}

fn asf(kind: u8, tag: u8, data: &[u8]) -> Vec<u8> {
    let mut out = vec![VERSION, 0, NO_ACK, CLASS_ASF];
    out.extend(ASF_ENTERPRISE.to_be_bytes());
    out.extend([kind, tag, 0, u8::try_from(data.len()).unwrap_or(u8::MAX)]);
    out.extend(data);
    out
}

/// Reads the header and, for ASF, the message behind it.
///
/// # Errors
/// When it isn't RMCP, or an ASF message is shorter than it says.
pub fn decode(datagram: &[u8]) -> Result<Datagram<'_>, Malformed> {
    let mut reader = Reader::new(datagram, "RMCP header");
    if reader.u8()? != VERSION {
        return Err(Malformed::new("RMCP header", 0));
    }
    reader.take(2)?;
    let class = reader.u8()?;
    match class {
        CLASS_IPMI => Ok(Datagram::Ipmi(reader.rest())),
        CLASS_ASF => decode_asf(reader.rest()),
        _ => Ok(Datagram::Other { class: class & !ACK_BIT }),
    }
}

fn decode_asf(bytes: &[u8]) -> Result<Datagram<'_>, Malformed> {
    let mut reader = Reader::new(bytes, "ASF message");
    if u32::from_be_bytes(reader.array()?) != ASF_ENTERPRISE {
        return Err(Malformed::new("ASF message", 0));
    }
    let (kind, tag, _reserved, length) = (reader.u8()?, reader.u8()?, reader.u8()?, reader.u8()?);
    let mut data = Reader::new(reader.take(usize::from(length))?, "ASF presence pong");
    match kind {
        PRESENCE_PING => Ok(Datagram::Ping { tag }),
        PRESENCE_PONG => {
            let enterprise = u32::from_be_bytes(data.array()?);
            data.take(4)?;
            let (entities, interactions) = (data.u8()?, data.u8()?);
            Ok(Datagram::Pong(Pong {
                tag,
                ipmi: entities & 0x80 != 0,
                enterprise,
                rmcp_security: interactions & 0x80 != 0,
            }))
        }
        _ => Ok(Datagram::Other { class: CLASS_ASF }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ping_is_the_twelve_bytes_of_the_asf_specification() {
        assert_eq!(ping(7), [6, 0, 0xff, 6, 0, 0, 0x11, 0xbe, 0x80, 7, 0, 0]);
        assert_eq!(decode(&ping(7)), Ok(Datagram::Ping { tag: 7 }));
    }

    #[test]
    fn a_pong_round_trips() {
        let pong = Pong { tag: 9, ipmi: true, enterprise: 4542, rmcp_security: false };
        assert_eq!(decode(&pong.encode()), Ok(Datagram::Pong(pong)));
    }

    #[test]
    fn acknowledgements_and_strangers_are_told_apart_from_ipmi() {
        assert_eq!(decode(&[6, 0, 1, 0x87]), Ok(Datagram::Other { class: 7 }));
        assert!(decode(&[5, 0, 0xff, 7]).is_err());
        assert!(decode(&[6, 0, 0xff]).is_err());
        assert_eq!(decode(&[6, 0, 0xff, 7, 1]), Ok(Datagram::Ipmi(&[1])));
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_decode_or_fail(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..64)) {
            let _ = decode(&bytes);
        }
    }
}
