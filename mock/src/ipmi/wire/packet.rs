//! The framing of datagrams: RMCP, ASF ping and pong, IPMI 1.5 and RMCP+ session headers.
//! It has no access to keys: `session` handles integrity and confidentiality.

/// The payload type of an IPMI message.
pub(crate) const IPMI: u8 = 0x00;
/// The payload type of serial over LAN.
pub(crate) const SOL: u8 = 0x01;
/// The bit of an encrypted payload.
pub(crate) const ENCRYPTED: u8 = 0x80;
/// The bit of an authenticated payload.
pub(crate) const AUTHENTICATED: u8 = 0x40;
/// The authentication type of RMCP+.
pub(crate) const RMCP_PLUS: u8 = 0x06;

const RMCP_IPMI: [u8; 4] = [0x06, 0x00, 0xFF, 0x07];
const ASF_ENTERPRISE: [u8; 4] = [0x00, 0x00, 0x11, 0xBE];

/// A parsed datagram.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Inbound<'a> {
    /// An ASF presence ping with its message tag.
    Ping(u8),
    /// An IPMI 1.5 packet.
    V15(V15<'a>),
    /// An RMCP+ packet.
    V20(V20<'a>),
}

/// An IPMI 1.5 packet.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct V15<'a> {
    pub(crate) auth_type: u8,
    pub(crate) sequence: u32,
    pub(crate) session: u32,
    pub(crate) code: Option<&'a [u8]>,
    pub(crate) message: &'a [u8],
}

/// An RMCP+ packet.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct V20<'a> {
    /// The payload type with its two flag bits.
    pub(crate) kind: u8,
    pub(crate) session: u32,
    pub(crate) sequence: u32,
    pub(crate) payload: &'a [u8],
    /// The packet from the authentication type to the end, trailer included.
    pub(crate) session_part: &'a [u8],
    /// Integrity pad, pad length, next header and code.
    pub(crate) trailer: &'a [u8],
}

/// Parses a datagram. `None` if a BMC would silently drop it.
pub(crate) fn parse(datagram: &[u8]) -> Option<Inbound<'_>> {
    let (header, rest) = datagram.split_first_chunk::<4>()?;
    let [version, _, _, class] = *header;
    if version != 6 {
        return None;
    }
    match class & 0x9F {
        0x06 => ping(rest),
        0x07 => match *rest.first()? {
            RMCP_PLUS => v20(rest),
            _ => v15(rest),
        },
        _ => None,
    }
}

fn ping(rest: &[u8]) -> Option<Inbound<'_>> {
    let (enterprise, rest) = rest.split_first_chunk::<4>()?;
    match *rest {
        [0x80, tag, ..] if *enterprise == ASF_ENTERPRISE => Some(Inbound::Ping(tag)),
        _ => None,
    }
}

fn word(bytes: [u8; 4]) -> u32 {
    u32::from_le_bytes(bytes)
}

fn v15(rest: &[u8]) -> Option<Inbound<'_>> {
    let (auth_type, rest) = rest.split_first()?;
    let (sequence, rest) = rest.split_first_chunk::<4>()?;
    let (session, rest) = rest.split_first_chunk::<4>()?;
    let (code, rest) = if *auth_type == 0 {
        (None, rest)
    } else {
        let (code, rest) = rest.split_at_checked(16)?;
        (Some(code), rest)
    };
    let (length, rest) = rest.split_first()?;
    let message = rest.get(..usize::from(*length))?;
    let (sequence, session) = (word(*sequence), word(*session));
    Some(Inbound::V15(V15 { auth_type: *auth_type, sequence, session, code, message }))
}

fn v20(whole: &[u8]) -> Option<Inbound<'_>> {
    let (_, rest) = whole.split_first()?;
    let (kind, rest) = rest.split_first()?;
    // An OEM explicit payload names its owner in six more bytes.
    let rest = if kind & 0x3F == 0x02 { rest.get(6..)? } else { rest };
    let (session, rest) = rest.split_first_chunk::<4>()?;
    let (sequence, rest) = rest.split_first_chunk::<4>()?;
    let (length, rest) = rest.split_first_chunk::<2>()?;
    let (payload, trailer) = rest.split_at_checked(usize::from(u16::from_le_bytes(*length)))?;
    Some(Inbound::V20(V20 {
        kind: *kind,
        session: word(*session),
        sequence: word(*sequence),
        payload,
        session_part: whole,
        trailer,
    }))
}

/// Creates the answer to a presence ping.
pub(crate) fn pong(tag: u8) -> Vec<u8> {
    let mut pong = vec![0x06, 0x00, 0xFF, 0x06];
    pong.extend_from_slice(&ASF_ENTERPRISE);
    pong.extend_from_slice(&[0x40, tag, 0x00, 0x10]);
    pong.extend_from_slice(&ASF_ENTERPRISE);
    // OEM-defined; IPMI supported over ASF 1.0; interactions; reserved.
    pong.extend_from_slice(&[0, 0, 0, 0, 0x81, 0, 0, 0, 0, 0, 0, 0]);
    pong
}

/// Creates the RMCP acknowledgement of a message that asks for one.
pub(crate) fn acknowledge(datagram: &[u8]) -> Option<Vec<u8>> {
    match *datagram {
        [6, _, sequence, class, ..] if sequence != 0xFF && class & 0x80 == 0 => {
            Some(vec![6, 0, sequence, class | 0x80])
        }
        _ => None,
    }
}

/// Creates an IPMI 1.5 packet.
pub(crate) fn v15_packet(
    auth_type: u8,
    sequence: u32,
    session: u32,
    code: Option<[u8; 16]>,
    message: &[u8],
) -> Vec<u8> {
    let mut out = RMCP_IPMI.to_vec();
    out.push(auth_type);
    out.extend_from_slice(&sequence.to_le_bytes());
    out.extend_from_slice(&session.to_le_bytes());
    if let Some(code) = code {
        out.extend_from_slice(&code);
    }
    out.push(u8::try_from(message.len()).unwrap_or(u8::MAX));
    out.extend_from_slice(message);
    // Some old network controllers lost packets of these lengths.
    if matches!(out.len(), 56 | 84 | 112 | 128 | 156) {
        out.push(0);
    }
    out
}

/// Creates an RMCP+ packet up to the end of its payload. The session adds the rest.
pub(crate) fn v20_packet(kind: u8, session: u32, sequence: u32, payload: &[u8]) -> Vec<u8> {
    let mut out = RMCP_IPMI.to_vec();
    out.extend_from_slice(&[RMCP_PLUS, kind]);
    out.extend_from_slice(&session.to_le_bytes());
    out.extend_from_slice(&sequence.to_le_bytes());
    out.extend_from_slice(&u16::try_from(payload.len()).unwrap_or(u16::MAX).to_le_bytes());
    out.extend_from_slice(payload);
    out
}

/// Returns whether a datagram names a session.
pub(crate) fn is_in_session(datagram: &[u8]) -> bool {
    let id = match datagram {
        [_, _, _, 0x07, RMCP_PLUS, _, a, b, c, d, ..] => [*a, *b, *c, *d],
        [_, _, _, 0x07, _, _, _, _, _, a, b, c, d, ..] => [*a, *b, *c, *d],
        _ => [0; 4],
    };
    id != [0; 4]
}

/// Where the session part of a datagram starts. Integrity codes cover it from here.
pub(crate) const SESSION_PART: usize = RMCP_IPMI.len();

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_can_be_read() {
        let datagram = v20_packet(0x10, 7, 9, &[1, 2, 3]);
        let Some(Inbound::V20(packet)) = parse(&datagram) else { panic!("not RMCP+") };
        assert_eq!((packet.kind, packet.session, packet.sequence, packet.payload), (0x10, 7, 9, &[1_u8, 2, 3][..]));
        assert!(packet.trailer.is_empty());
        let datagram = v15_packet(2, 5, 6, Some([9; 16]), &[4; 8]);
        let Some(Inbound::V15(packet)) = parse(&datagram) else { panic!("not 1.5") };
        assert_eq!((packet.auth_type, packet.sequence, packet.message), (2, 5, &[4_u8; 8][..]));
        assert_eq!(parse(&[6, 0, 0xFF, 6, 0, 0, 0x11, 0xBE, 0x80, 3, 0, 0]), Some(Inbound::Ping(3)));
    }

    #[test]
    fn cut_datagrams_are_dropped() {
        let datagram = v20_packet(0x10, 7, 9, &[1, 2, 3]);
        for length in 0..datagram.len() {
            assert_eq!(parse(&datagram[..length]), None, "{length} bytes");
        }
    }
}
