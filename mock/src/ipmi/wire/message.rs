//! The IPMI message inside a payload: addresses, network function, sequence, two checksums.

use crate::ipmi::machine::text::checksum;

/// A request as received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) responder: u8,
    pub(crate) netfn: u8,
    pub(crate) lun: u8,
    pub(crate) requester: u8,
    pub(crate) sequence: u8,
    pub(crate) requester_lun: u8,
    pub(crate) command: u8,
    pub(crate) data: Vec<u8>,
}

impl Request {
    /// Parses a request. `None` if a length or a checksum is wrong.
    pub(crate) fn parse(bytes: &[u8]) -> Option<Self> {
        let (head, body) = bytes.split_at_checked(3)?;
        let [responder, netfn, _] = *head else {
            return None;
        };
        if checksum(head) != 0 || checksum(body) != 0 {
            return None;
        }
        let (_, body) = body.split_last()?;
        let [requester, sequence, command, data @ ..] = body else {
            return None;
        };
        Some(Self {
            responder,
            netfn: netfn >> 2,
            lun: netfn & 3,
            requester: *requester,
            sequence: sequence >> 2,
            requester_lun: sequence & 3,
            command: *command,
            data: data.to_vec(),
        })
    }

    /// Creates the response to this request.
    pub(crate) fn response(&self, code: u8, data: &[u8]) -> Vec<u8> {
        let mut out = vec![self.requester, (self.netfn | 1) << 2 | self.requester_lun];
        out.push(checksum(&out));
        let mut body = vec![self.responder, self.sequence << 2 | self.lun, self.command, code];
        body.extend_from_slice(data);
        body.push(checksum(&body));
        out.append(&mut body);
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_checksum_is_not_a_request() {
        let good = [0x20, 0x18, 0xC8, 0x81, 0x04, 0x01, 0x7A];
        let request = Request::parse(&good).expect("a request");
        assert_eq!((request.netfn, request.sequence, request.command), (6, 1, 1));
        for index in 0..good.len() {
            let mut bad = good;
            bad[index] ^= 1;
            assert_eq!(Request::parse(&bad), None, "byte {index}");
        }
        assert_eq!(request.response(0, &[]), [0x81, 0x1C, 0x63, 0x20, 0x04, 0x01, 0x00, 0xDB]);
    }
}
