//! Opening an RMCP+ session: Open Session and the four RAKP messages (IPMI 2.0 sections 13.17 to 13.24).
//! Each message that arrives twice gets the answer that it got before.

use std::net::SocketAddr;
use std::time::Duration;

use super::crypto::{Keys, Suite, same};
use super::session::{Phase, Session, Sessions};
use crate::ipmi::config::Config;
use crate::ipmi::faults::{Faults, HandshakeFault};
use crate::ipmi::machine::Machine;
use crate::ipmi::machine::users::Privilege;
use crate::random::Random;

pub(crate) const OPEN_REQUEST: u8 = 0x10;
pub(crate) const OPEN_RESPONSE: u8 = 0x11;
pub(crate) const RAKP_1: u8 = 0x12;
pub(crate) const RAKP_2: u8 = 0x13;
pub(crate) const RAKP_3: u8 = 0x14;
pub(crate) const RAKP_4: u8 = 0x15;

const NO_RESOURCES: u8 = 0x01;
const INVALID_SESSION: u8 = 0x02;
const INVALID_ROLE: u8 = 0x09;
const UNAUTHORIZED_ROLE: u8 = 0x0A;
const NO_RESOURCES_FOR_ROLE: u8 = 0x0B;
const INVALID_NAME_LENGTH: u8 = 0x0C;
const UNAUTHORIZED_NAME: u8 = 0x0D;
const INVALID_CHECK_VALUE: u8 = 0x0F;
const NO_SUITE_MATCH: u8 = 0x11;
const ILLEGAL_PARAMETER: u8 = 0x12;

/// What a handshake works on.
pub(crate) struct Handshake<'a> {
    pub(crate) config: &'a Config,
    pub(crate) faults: &'a Faults,
    pub(crate) sessions: &'a mut Sessions,
    pub(crate) machine: &'a Machine,
    pub(crate) random: &'a mut Random,
    pub(crate) now: Duration,
    pub(crate) peer: SocketAddr,
    /// Set when a session has become active.
    pub(crate) opened: bool,
}

impl Handshake<'_> {
    /// Answers a handshake message with the payload type and bytes of the next one.
    pub(crate) fn answer(&mut self, kind: u8, request: &[u8]) -> Option<(u8, Vec<u8>)> {
        let (reply_kind, mut reply) = match kind {
            OPEN_REQUEST => (OPEN_RESPONSE, self.open(request)?),
            RAKP_1 => (RAKP_2, self.rakp_1(request)?),
            RAKP_3 => (RAKP_4, self.rakp_3(request)?),
            _ => return None,
        };
        self.spoil(reply_kind, &mut reply).then_some((reply_kind, reply))
    }

    /// Applies the faults that were ordered for this message; `false` if it is not to be sent at all.
    fn spoil(&self, kind: u8, reply: &mut Vec<u8>) -> bool {
        for fault in &self.faults.handshake {
            match fault {
                HandshakeFault::WrongTag(of) if *of == kind => {
                    if let Some(tag) = reply.first_mut() {
                        *tag = tag.wrapping_add(1);
                    }
                }
                HandshakeFault::WrongSession(of) if *of == kind => {
                    if let Some(byte) = reply.get_mut(4) {
                        *byte ^= 0xFF;
                    }
                }
                HandshakeFault::Truncate(of, length) if *of == kind => reply.truncate(*length),
                HandshakeFault::Silence(of) if *of == kind => return false,
                _ => {}
            }
        }
        true
    }

    fn ordered_status(&self, kind: u8) -> Option<u8> {
        self.faults.handshake(|fault| match fault {
            HandshakeFault::Status(of, status) if *of == kind => Some(*status),
            _ => None,
        })
    }

    fn open(&mut self, request: &[u8]) -> Option<Vec<u8>> {
        let [tag, role, _, _, c0, c1, c2, c3, algorithms @ ..] = request else {
            return None;
        };
        let console_id = u32::from_le_bytes([*c0, *c1, *c2, *c3]);
        let peer = self.peer;
        let again = self.sessions.iter().find_map(|session| {
            let same = session.phase == Phase::Opened && session.console_id == console_id && session.peer == peer;
            session.handshake.iter().find(|(seen, _)| same && seen == request).map(|(_, reply)| reply.clone())
        });
        if again.is_some() {
            return again;
        }
        match self.try_open(*tag, *role, console_id, algorithms) {
            Ok((mut session, reply)) => {
                session.handshake.push((request.to_vec(), reply.clone()));
                self.sessions.put(session);
                Some(reply)
            }
            Err(status) => {
                let mut reply = vec![*tag, status, 0, 0];
                reply.extend_from_slice(&console_id.to_le_bytes());
                Some(reply)
            }
        }
    }

    fn try_open(&mut self, tag: u8, role: u8, console_id: u32, algorithms: &[u8]) -> Result<(Session, Vec<u8>), u8> {
        if let Some(status) = self.ordered_status(OPEN_RESPONSE) {
            return Err(status);
        }
        let proposed = proposal(algorithms).ok_or(ILLEGAL_PARAMETER)?;
        let limit = match role & 0x0F {
            0 => Privilege::Administrator,
            code => Privilege::from_code(code).ok_or(INVALID_ROLE)?,
        };
        if self.sessions.len() >= self.config.max_sessions {
            return Err(NO_RESOURCES);
        }
        let suites = || self.config.suites.iter().filter_map(|id| Suite::by_id(*id));
        let downgrade = self.faults.handshake(|fault| match fault {
            HandshakeFault::Downgrade(id) => Suite::by_id(*id),
            _ => None,
        });
        let suite = match downgrade {
            Some(suite) => suite,
            None => suites().rev().find(|suite| proposed.allows(*suite)).ok_or(NO_SUITE_MATCH)?,
        };
        let id = self.sessions.fresh_id(self.random);
        let mut reply = vec![tag, 0, limit.code(), 0];
        reply.extend_from_slice(&console_id.to_le_bytes());
        reply.extend_from_slice(&id.to_le_bytes());
        for (kind, algorithm) in [(0, suite.authentication), (1, suite.integrity), (2, suite.confidentiality)] {
            reply.extend_from_slice(&[kind, 0, 0, 8, algorithm, 0, 0, 0]);
        }
        Ok((Session::new(id, console_id, suite, self.peer, limit, self.now), reply))
    }

    fn rakp_1(&mut self, request: &[u8]) -> Option<Vec<u8>> {
        let [tag, _, _, _, s0, s1, s2, s3, rest @ ..] = request else {
            return None;
        };
        let id = u32::from_le_bytes([*s0, *s1, *s2, *s3]);
        let Some(mut session) = self.sessions.take(id) else {
            return Some(refusal(*tag, INVALID_SESSION, 0));
        };
        if let Some(reply) = repeated(&session, request) {
            self.sessions.put(session);
            return Some(reply);
        }
        if session.phase == Phase::Active {
            // A session that stands is not opened again, and takes no harm from somebody who tries.
            self.sessions.put(session);
            return None;
        }
        match self.exchange_keys(&mut session, *tag, rest) {
            Ok(reply) => {
                session.handshake.push((request.to_vec(), reply.clone()));
                self.sessions.put(session);
                Some(reply)
            }
            Err(status) => Some(refusal(*tag, status, session.console_id)),
        }
    }

    fn exchange_keys(&mut self, session: &mut Session, tag: u8, rest: &[u8]) -> Result<Vec<u8>, u8> {
        if let Some(status) = self.ordered_status(RAKP_2) {
            return Err(status);
        }
        let (console_random, rest) = rest.split_first_chunk::<16>().ok_or(ILLEGAL_PARAMETER)?;
        let [role, _, _, length, name @ ..] = rest else {
            return Err(ILLEGAL_PARAMETER);
        };
        if *length > 16 {
            return Err(INVALID_NAME_LENGTH);
        }
        let name = name.get(..usize::from(*length)).ok_or(INVALID_NAME_LENGTH)?;
        let name = String::from_utf8_lossy(name).into_owned();
        let wanted = match role & 0x0F {
            0 => session.limit,
            code => Privilege::from_code(code).ok_or(INVALID_ROLE)?,
        };
        // Bit 4 set: the name alone decides. Clear: name and role together.
        let by_role = (role & 0x10 == 0).then_some(wanted);
        let users = &self.machine.users;
        let found = users.find(&name, by_role).or_else(|| users.find(&name, None));
        let (slot, user) = found.ok_or(UNAUTHORIZED_NAME)?;
        let allowed = user.privilege.ok_or(UNAUTHORIZED_ROLE)?.min(self.config.channel_limit);
        if wanted > allowed {
            return Err(UNAUTHORIZED_ROLE);
        }
        let theirs = self.sessions.active().filter(|other| other.user == slot).count();
        if user.sessions != 0 && theirs >= usize::from(user.sessions) {
            return Err(NO_RESOURCES_FOR_ROLE);
        }

        session.user = slot;
        session.user_name = name;
        session.user_key = user.key().to_vec();
        session.role = *role;
        session.limit = wanted.min(session.limit);
        session.privilege = session.limit.min(Privilege::User);
        session.randoms = (*console_random, self.random.bytes());
        session.phase = Phase::Keyed;
        session.last_used = self.now;

        let guid = &self.machine.identity.guid;
        let mut reply = vec![tag, 0, 0, 0];
        reply.extend_from_slice(&session.console_id.to_le_bytes());
        reply.extend_from_slice(&session.randoms.1);
        reply.extend_from_slice(guid);
        let ids = [session.console_id.to_le_bytes(), session.id.to_le_bytes()].concat();
        let (name, role) = (session.user_name.as_bytes(), [session.role, *length]);
        let parts: [&[u8]; 6] = [&ids, &session.randoms.0, &session.randoms.1, guid, &role, name];
        let mut code = session.suite.mac(&session.user_key, &parts);
        if self.faults.handshake.contains(&HandshakeFault::WrongKeyExchangeCode) {
            flip(&mut code);
        }
        reply.append(&mut code);
        Ok(reply)
    }

    fn rakp_3(&mut self, request: &[u8]) -> Option<Vec<u8>> {
        let [tag, status, _, _, s0, s1, s2, s3, code @ ..] = request else {
            return None;
        };
        let id = u32::from_le_bytes([*s0, *s1, *s2, *s3]);
        let Some(mut session) = self.sessions.take(id) else {
            return Some(refusal(*tag, INVALID_SESSION, 0));
        };
        if let Some(reply) = repeated(&session, request) {
            self.sessions.put(session);
            return Some(reply);
        }
        if session.phase == Phase::Active {
            self.sessions.put(session);
            return None;
        }
        // The console gave up: the session is gone, and nothing is said.
        if *status != 0 {
            return None;
        }
        match self.activate(&mut session, *tag, code) {
            Ok(reply) => {
                session.handshake.push((request.to_vec(), reply.clone()));
                self.sessions.put(session);
                self.opened = true;
                Some(reply)
            }
            Err(status) => Some(refusal(*tag, status, session.console_id)),
        }
    }

    fn activate(&mut self, session: &mut Session, tag: u8, code: &[u8]) -> Result<Vec<u8>, u8> {
        if let Some(status) = self.ordered_status(RAKP_4) {
            return Err(status);
        }
        if session.phase != Phase::Keyed {
            return Err(INVALID_SESSION);
        }
        let suite = session.suite;
        let name = session.user_name.as_bytes();
        let role = [session.role, u8::try_from(name.len()).unwrap_or(16)];
        let (console_random, bmc_random) = session.randoms;
        let console_id = session.console_id.to_le_bytes();
        let wanted = suite.mac(&session.user_key, &[&bmc_random, &console_id, &role, name]);
        if !same(&wanted, code) {
            return Err(INVALID_CHECK_VALUE);
        }
        let kg = self.config.kg.as_deref().unwrap_or(&session.user_key);
        let sik = suite.mac(kg, &[&console_random, &bmc_random, &role, name]);
        let guid = &self.machine.identity.guid;
        let mut value = suite.check_value(&sik, &[&console_random, &session.id.to_le_bytes(), guid]);
        if self.faults.handshake.contains(&HandshakeFault::WrongCheckValue) {
            flip(&mut value);
        }
        session.keys = Keys::derive(suite, &sik);
        session.phase = Phase::Active;
        session.last_used = self.now;
        let mut reply = vec![tag, 0, 0, 0];
        reply.extend_from_slice(&console_id);
        reply.append(&mut value);
        Ok(reply)
    }
}

/// What was answered to this very message before.
fn repeated(session: &Session, request: &[u8]) -> Option<Vec<u8>> {
    session.handshake.iter().find(|(seen, _)| seen == request).map(|(_, reply)| reply.clone())
}

fn refusal(tag: u8, status: u8, console_id: u32) -> Vec<u8> {
    let mut reply = vec![tag, status, 0, 0];
    reply.extend_from_slice(&console_id.to_le_bytes());
    reply
}

fn flip(code: &mut [u8]) {
    if let Some(byte) = code.first_mut() {
        *byte ^= 0x01;
    }
}

/// The algorithms that a console proposes; `None` leaves one to the BMC.
struct Proposal([Option<u8>; 3]);

impl Proposal {
    fn allows(&self, suite: Suite) -> bool {
        let has = [suite.authentication, suite.integrity, suite.confidentiality];
        self.0.iter().zip(has).all(|(wanted, has)| wanted.is_none_or(|wanted| wanted == has))
    }
}

/// Reads the three algorithm payloads of an Open Session Request.
fn proposal(bytes: &[u8]) -> Option<Proposal> {
    let mut wanted = [None; 3];
    for ((payload, kind), slot) in bytes.chunks(8).zip(0..).zip(&mut wanted) {
        let [at, _, _, length, algorithm, _, _, _] = *payload else {
            return None;
        };
        if at != kind {
            return None;
        }
        *slot = (length != 0).then_some(algorithm & 0x3F);
    }
    (bytes.len() >= 24).then_some(Proposal(wanted))
}
