//! A remote console for these tests: the part of RMCP+ that is needed to see what the BMC sends, written from the
//! specification and independent of the mock's own code. It blocks, never retries, and says why it rejects a datagram.

use std::net::{SocketAddr, UdpSocket};
use std::time::Duration;

use aes::Aes128;
use cbc::cipher::block_padding::NoPadding;
use cbc::cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyIvInit};
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::Sha256;

/// How long a reply may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(3);
/// How long nothing must arrive to count as silence.
const QUIET: Duration = Duration::from_millis(150);
const CONSOLE_ID: u32 = 0xA4A3_A2A1;
const RANDOM: [u8; 16] = [0x5A; 16];
const IV: [u8; 16] = [0x3C; 16];

/// What the console received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Incoming {
    /// A response: network function, command, request sequence, completion code, data.
    Reply { netfn: u8, command: u8, sequence: u8, code: u8, data: Vec<u8> },
    /// An SOL payload.
    Sol(Vec<u8>),
    /// A datagram that a client must not accept, and why.
    Rejected(&'static str),
    /// Nothing arrived in time.
    Silence,
}

/// Why no session was opened: a message with this payload type and status, a wrong message, or none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum NoSession {
    Status(u8, u8),
    Wrong(&'static str),
    Silence,
}

pub(crate) struct Login<'a> {
    pub(crate) suite: u8,
    pub(crate) user: &'a str,
    pub(crate) password: &'a [u8],
    pub(crate) privilege: u8,
    pub(crate) kg: Option<&'a [u8]>,
}

impl Default for Login<'_> {
    fn default() -> Self {
        Self { suite: 17, user: "admin", password: b"password", privilege: 4, kg: None }
    }
}

pub(crate) struct Console {
    pub(crate) socket: UdpSocket,
    suite: u8,
    pub(crate) bmc_id: u32,
    k1: Vec<u8>,
    k2: [u8; 16],
    pub(crate) session_sequence: u32,
    pub(crate) request_sequence: u8,
    seen: Vec<u32>,
}

fn mac(suite: u8, key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    fn run<M: Mac + KeyInit>(key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
        let mut mac = <M as KeyInit>::new_from_slice(key).expect("any key will do");
        parts.iter().for_each(|part| mac.update(part));
        mac.finalize().into_bytes().to_vec()
    }
    if suite == 3 { run::<Hmac<Sha1>>(key, parts) } else { run::<Hmac<Sha256>>(key, parts) }
}

fn code_length(suite: u8) -> usize {
    if suite == 3 { 12 } else { 16 }
}

/// Algorithm numbers of suites 3 and 17.
fn algorithms(suite: u8) -> [u8; 3] {
    if suite == 3 { [1, 1, 1] } else { [3, 4, 1] }
}

fn sum(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte)).wrapping_neg()
}

pub(crate) fn message(netfn: u8, sequence: u8, command: u8, data: &[u8]) -> Vec<u8> {
    message_to(0x20, netfn, sequence, command, data)
}

pub(crate) fn message_to(target: u8, netfn: u8, sequence: u8, command: u8, data: &[u8]) -> Vec<u8> {
    let mut out = vec![target, netfn << 2];
    out.push(sum(&out));
    let mut body = vec![0x81, sequence << 2, command];
    body.extend_from_slice(data);
    body.push(sum(&body));
    out.extend(body);
    out
}

fn frame(kind: u8, session: u32, sequence: u32, payload: &[u8]) -> Vec<u8> {
    let mut out = vec![6, 0, 0xFF, 7, 6, kind];
    out.extend_from_slice(&session.to_le_bytes());
    out.extend_from_slice(&sequence.to_le_bytes());
    out.extend_from_slice(&u16::try_from(payload.len()).expect("short").to_le_bytes());
    out.extend_from_slice(payload);
    out
}

pub(crate) fn socket(bmc: SocketAddr) -> UdpSocket {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a socket");
    socket.connect(bmc).expect("loopback");
    socket.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    socket
}

pub(crate) fn receive(socket: &UdpSocket) -> Option<Vec<u8>> {
    let mut buffer = [0; 2048];
    let length = socket.recv(&mut buffer).ok()?;
    Some(buffer[..length].to_vec())
}

/// Sends a request outside of sessions, in IPMI 1.5 framing. Returns the completion code and the data.
pub(crate) fn sessionless(bmc: SocketAddr, netfn: u8, command: u8, data: &[u8]) -> Option<(u8, Vec<u8>)> {
    let socket = socket(bmc);
    let message = message(netfn, 1, command, data);
    let mut out = vec![6, 0, 0xFF, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, u8::try_from(message.len()).expect("short")];
    out.extend(message);
    socket.send(&out).expect("sent");
    let reply = receive(&socket)?;
    let body = &reply[14..];
    Some((body[6], body[7..body.len() - 1].to_vec()))
}

impl Console {
    pub(crate) fn admin(bmc: SocketAddr) -> Self {
        let mut console = Self::open(bmc, &Login::default()).expect("a session");
        assert_eq!(console.ask(0x06, 0x3B, &[4]), (0, vec![4]));
        console
    }

    pub(crate) fn open(bmc: SocketAddr, login: &Login<'_>) -> Result<Self, NoSession> {
        let socket = socket(bmc);
        let suite = login.suite;
        let exchange = |kind: u8, payload: &[u8]| -> Result<Vec<u8>, NoSession> {
            socket.send(&frame(kind, 0, 0, payload)).expect("sent");
            let reply = receive(&socket).ok_or(NoSession::Silence)?;
            let payload = reply.get(16..).ok_or(NoSession::Wrong("short"))?.to_vec();
            if payload.first() != Some(&kind) {
                return Err(NoSession::Wrong("tag"));
            }
            match payload.get(1) {
                Some(0) => {}
                Some(status) => return Err(NoSession::Status(reply[5], *status)),
                None => return Err(NoSession::Wrong("short")),
            }
            if payload.get(4..8) != Some(&CONSOLE_ID.to_le_bytes()) {
                return Err(NoSession::Wrong("session"));
            }
            Ok(payload)
        };

        // The tag of each message is its payload type.
        let mut open = vec![0x10, 0, 0, 0];
        open.extend_from_slice(&CONSOLE_ID.to_le_bytes());
        for (kind, algorithm) in (0..).zip(algorithms(suite)) {
            open.extend_from_slice(&[kind, 0, 0, 8, algorithm, 0, 0, 0]);
        }
        let opened = exchange(0x10, &open)?;
        if opened.len() != 36 {
            return Err(NoSession::Wrong("short"));
        }
        if [opened[16], opened[24], opened[32]] != algorithms(suite) {
            return Err(NoSession::Wrong("suite"));
        }
        let bmc_id: [u8; 4] = opened[8..12].try_into().expect("four bytes");

        let role = [0x10 | login.privilege, u8::try_from(login.user.len()).expect("short")];
        let name = login.user.as_bytes();
        let mut rakp_1 = vec![0x12, 0, 0, 0];
        rakp_1.extend_from_slice(&bmc_id);
        rakp_1.extend_from_slice(&RANDOM);
        rakp_1.extend_from_slice(&[role[0], 0, 0, role[1]]);
        rakp_1.extend_from_slice(name);
        let rakp_2 = exchange(0x12, &rakp_1)?;
        let (bmc_random, guid) = (&rakp_2[8..24], &rakp_2[24..40]);
        let parts: [&[u8]; 7] = [&CONSOLE_ID.to_le_bytes(), &bmc_id, &RANDOM, bmc_random, guid, &role, name];
        if mac(suite, login.password, &parts) != rakp_2[40..] {
            return Err(NoSession::Wrong("key exchange code"));
        }

        let mut rakp_3 = vec![0x14, 0, 0, 0];
        rakp_3.extend_from_slice(&bmc_id);
        rakp_3.extend(mac(suite, login.password, &[bmc_random, &CONSOLE_ID.to_le_bytes(), &role, name]));
        let sik = mac(suite, login.kg.unwrap_or(login.password), &[&RANDOM, bmc_random, &role, name]);
        let rakp_4 = exchange(0x14, &rakp_3)?;
        let mut value = mac(suite, &sik, &[&RANDOM, &bmc_id, guid]);
        value.truncate(code_length(suite));
        if value != rakp_4[8..] {
            return Err(NoSession::Wrong("check value"));
        }
        let k2 = mac(suite, &sik, &[&[2; 20]]);
        Ok(Self {
            socket,
            suite,
            bmc_id: u32::from_le_bytes(bmc_id),
            k1: mac(suite, &sik, &[&[1; 20]]),
            k2: k2[..16].try_into().expect("sixteen bytes"),
            session_sequence: 0,
            request_sequence: 0,
            seen: Vec::new(),
        })
    }

    /// Creates a datagram of this session, encrypted and signed, with the given sequence number.
    pub(crate) fn seal(&self, kind: u8, sequence: u32, payload: &[u8]) -> Vec<u8> {
        let mut plain = payload.to_vec();
        let pad = u8::try_from((16 - (plain.len() + 1) % 16) % 16).expect("below 16");
        plain.extend(1..=pad);
        plain.push(pad);
        let length = plain.len();
        let mut text = IV.to_vec();
        let cipher = cbc::Encryptor::<Aes128>::new(&self.k2.into(), &IV.into());
        text.extend_from_slice(cipher.encrypt_padded::<NoPadding>(&mut plain, length).expect("whole blocks"));
        self.sign(frame(kind | 0xC0, self.bmc_id, sequence, &text))
    }

    /// Adds pad, next header and integrity code.
    pub(crate) fn sign(&self, mut out: Vec<u8>) -> Vec<u8> {
        let pad = (4 - (out.len() - 4 + 2) % 4) % 4;
        out.extend(vec![0xFF; pad]);
        out.extend_from_slice(&[u8::try_from(pad).expect("below 4"), 7]);
        let code = mac(self.suite, &self.k1, &[&out[4..]]);
        out.extend_from_slice(&code[..code_length(self.suite)]);
        out
    }

    /// Creates a datagram of this session that is neither encrypted nor signed.
    pub(crate) fn plain(&self, kind: u8, sequence: u32, payload: &[u8]) -> Vec<u8> {
        frame(kind, self.bmc_id, sequence, payload)
    }

    pub(crate) fn send_payload(&mut self, kind: u8, payload: &[u8]) {
        self.session_sequence += 1;
        let datagram = self.seal(kind, self.session_sequence, payload);
        self.socket.send(&datagram).expect("sent");
    }

    /// Sends a request with a new request sequence number, which is returned.
    pub(crate) fn send(&mut self, netfn: u8, command: u8, data: &[u8]) -> u8 {
        self.request_sequence = (self.request_sequence + 1) % 64;
        self.send_again(netfn, command, data);
        self.request_sequence
    }

    /// Sends a request with the last request sequence number, as a repetition.
    pub(crate) fn send_again(&mut self, netfn: u8, command: u8, data: &[u8]) {
        let message = message(netfn, self.request_sequence, command, data);
        self.send_payload(0, &message);
    }

    /// Sends a request and returns the response's completion code and data.
    pub(crate) fn ask(&mut self, netfn: u8, command: u8, data: &[u8]) -> (u8, Vec<u8>) {
        let asked = self.send(netfn, command, data);
        match self.receive() {
            Incoming::Reply { netfn: got, command: of, sequence, code, data } => {
                assert_eq!((got, of, sequence), (netfn | 1, command, asked), "the answer to another question");
                (code, data)
            }
            other => panic!("asked {netfn:02x}/{command:02x}, got {other:?}"),
        }
    }

    /// Sends a request that must succeed and returns the response's data.
    pub(crate) fn must(&mut self, netfn: u8, command: u8, data: &[u8]) -> Vec<u8> {
        let (code, data) = self.ask(netfn, command, data);
        assert_eq!(code, 0, "{netfn:02x}/{command:02x}");
        data
    }

    pub(crate) fn receive(&mut self) -> Incoming {
        match receive(&self.socket) {
            Some(datagram) => self.open_datagram(&datagram),
            None => Incoming::Silence,
        }
    }

    fn within(&mut self, timeout: Duration) -> Incoming {
        self.socket.set_read_timeout(Some(timeout)).expect("a timeout");
        let incoming = self.receive();
        self.socket.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        incoming
    }

    /// Receives until nothing arrives for a while, and returns everything received.
    pub(crate) fn drain(&mut self) -> Vec<Incoming> {
        let next = || Some(self.within(QUIET)).filter(|incoming| *incoming != Incoming::Silence);
        std::iter::from_fn(next).collect()
    }

    pub(crate) fn assert_silence(&mut self) {
        assert_eq!(self.within(QUIET), Incoming::Silence);
    }

    fn open_datagram(&mut self, datagram: &[u8]) -> Incoming {
        let length = code_length(self.suite);
        if datagram.len() < 16 || datagram[4] != 6 {
            return Incoming::Rejected("not RMCP+");
        }
        if datagram[6..10] != CONSOLE_ID.to_le_bytes() {
            return Incoming::Rejected("another session");
        }
        if datagram[5] & 0x40 == 0 {
            return Incoming::Rejected("not authenticated");
        }
        if datagram[5] & 0x80 == 0 {
            return Incoming::Rejected("not encrypted");
        }
        if datagram.len() < 16 + length {
            return Incoming::Rejected("short");
        }
        let (signed, code) = datagram[4..].split_at(datagram.len() - 4 - length);
        if mac(self.suite, &self.k1, &[signed])[..length] != *code {
            return Incoming::Rejected("wrong code");
        }
        let sequence = u32::from_le_bytes(datagram[10..14].try_into().expect("four bytes"));
        if self.seen.contains(&sequence) {
            return Incoming::Rejected("replayed");
        }
        self.seen.push(sequence);
        let size = usize::from(u16::from_le_bytes([datagram[14], datagram[15]]));
        let payload = &datagram[16..16 + size];
        let iv: [u8; 16] = payload[..16].try_into().expect("a vector");
        let mut text = payload[16..].to_vec();
        let cipher = cbc::Decryptor::<Aes128>::new(&self.k2.into(), &iv.into());
        let plain = cipher.decrypt_padded::<NoPadding>(&mut text).expect("whole blocks");
        let pad = usize::from(*plain.last().expect("a pad length"));
        let plain = &plain[..plain.len() - 1 - pad];
        if datagram[5] & 0x3F == 1 {
            return Incoming::Sol(plain.to_vec());
        }
        assert_eq!((sum(&plain[..3]), sum(&plain[3..])), (0, 0), "checksums of {plain:02x?}");
        Incoming::Reply {
            netfn: plain[1] >> 2,
            command: plain[5],
            sequence: plain[4] >> 2,
            code: plain[6],
            data: plain[7..plain.len() - 1].to_vec(),
        }
    }
}
