//! The BMC between the wire and the machine: takes datagrams, finds their session, has commands carried out, and
//! queues what goes back. It reads no socket; the host thread in `server` moves the bytes.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use super::command;
use super::config::Config;
use super::faults::{Faults, Rule};
use super::journal::{Fate, Received, Stats};
use super::machine::SharedMachine;
use super::state::State;
use super::wire::handshake::Handshake;
use super::wire::message::Request;
use super::wire::packet::{self, Inbound, V15, V20};
use super::wire::session::{Refusal, Session, Sessions};
use crate::random::Random;

/// A command of a vendor's or a test's own: gets the data, gives data or a completion code.
pub type Handler = Box<dyn FnMut(&[u8]) -> Result<Vec<u8>, u8> + Send>;

/// A datagram on its way out, and how long it is held back.
pub(crate) type Outgoing = (Duration, SocketAddr, Vec<u8>);

/// A BMC.
pub(crate) struct Bmc {
    pub(crate) machine: SharedMachine,
    pub(crate) state: State,
    pub(crate) sessions: Sessions,
    pub(crate) faults: Faults,
    pub(crate) fate: Random,
    pub(crate) rules: Vec<Rule>,
    pub(crate) handlers: BTreeMap<(u8, u8), Handler>,
    pub(crate) journal: VecDeque<Received>,
    pub(crate) stats: Stats,
    /// Switched off, as if unplugged.
    pub(crate) offline: bool,
    pub(super) asleep_until: Duration,
    pub(crate) out: Vec<Outgoing>,
}

impl fmt::Debug for Bmc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bmc").field("config", &self.state.config).finish_non_exhaustive()
    }
}

/// How a request came, and so how its response goes back.
pub(super) enum Path<'a> {
    /// Outside of sessions, in IPMI 1.5 framing.
    Legacy,
    /// Outside of sessions, in RMCP+ framing.
    Plus,
    /// In this session.
    Session(&'a mut Session),
}

impl Bmc {
    pub(crate) fn new(machine: SharedMachine, config: Config, faults: Faults, port: u16) -> Self {
        let fate = Random::seeded(faults.seed);
        let state = State::new(config, port, command::sol::defaults());
        Self {
            machine,
            state,
            sessions: Sessions::default(),
            faults,
            fate,
            rules: Vec::new(),
            handlers: BTreeMap::new(),
            journal: VecDeque::new(),
            stats: Stats::default(),
            offline: false,
            asleep_until: Duration::ZERO,
            out: Vec::new(),
        }
    }

    pub(crate) fn set_faults(&mut self, faults: Faults) {
        self.fate = Random::seeded(faults.seed);
        self.faults = faults;
    }

    pub(super) fn send(&mut self, to: SocketAddr, datagram: Vec<u8>) {
        self.out.push((Duration::ZERO, to, datagram));
    }

    /// Takes a datagram. Replies are in `out` afterwards.
    pub(crate) fn receive(&mut self, from: SocketAddr, datagram: &[u8]) {
        let now = self.machine.lock().now();
        if self.offline || now < self.asleep_until {
            return;
        }
        let config = &self.state.config;
        self.sessions.expire(now, config.handshake_timeout, config.inactivity);
        if let Some(acknowledgement) = packet::acknowledge(datagram) {
            self.send(from, acknowledgement);
        }
        match packet::parse(datagram) {
            Some(Inbound::Ping(tag)) => self.send(from, packet::pong(tag)),
            Some(Inbound::V15(packet)) => self.receive_v15(from, &packet, now),
            Some(Inbound::V20(packet)) => self.receive_v20(from, &packet, now),
            None => {}
        }
    }

    fn receive_v15(&mut self, from: SocketAddr, packet: &V15<'_>, now: Duration) {
        if packet.session == 0 {
            if packet.auth_type == 0 {
                self.message(from, Path::Legacy, packet.message, now);
            }
            return;
        }
        // The challenge's id is used once more, with a code, by Activate Session.
        if self.state.challenges.iter().any(|(id, ..)| *id == packet.session) {
            self.activation(from, packet, now);
            return;
        }
        let Some(mut session) = self.sessions.take(packet.session) else {
            self.stats.refusals.push(Refusal::UnknownSession);
            return;
        };
        match session.open_legacy(packet) {
            Ok(()) => self.in_session(from, session, packet::IPMI, packet.message, now),
            Err(refusal) => {
                self.stats.refusals.push(refusal);
                self.sessions.put(session);
            }
        }
    }

    /// Activate Session: its answer has the new session's id and a code already.
    fn activation(&mut self, from: SocketAddr, packet: &V15<'_>, now: Duration) {
        let Some(request) = Request::parse(packet.message) else {
            return;
        };
        let shared = self.machine.clone();
        let machine = shared.lock();
        let activated =
            command::legacy::activate(&mut self.state, &machine, &self.sessions, packet, &request, from, now);
        drop(machine);
        match activated {
            Ok((mut session, data)) => {
                self.stats.sessions_opened += 1;
                self.note(from, Some(session.id), &request, Fate::Executed, now);
                let response = request.response(0, &data);
                let datagram = session.seal(packet::IPMI, &response, &mut self.state.random);
                self.sessions.put(session);
                self.send(from, datagram);
            }
            Err(code) => {
                self.note(from, None, &request, Fate::Refused(code), now);
                let response = request.response(code, &[]);
                self.send(from, packet::v15_packet(0, 0, packet.session, None, &response));
            }
        }
    }

    fn receive_v20(&mut self, from: SocketAddr, packet: &V20<'_>, now: Duration) {
        let kind = packet.kind & 0x3F;
        if packet.session == 0 {
            if kind == packet::IPMI {
                self.message(from, Path::Plus, packet.payload, now);
            } else {
                self.handshake(from, kind, packet.payload, now);
            }
            return;
        }
        let Some(mut session) = self.sessions.take(packet.session) else {
            self.stats.refusals.push(Refusal::UnknownSession);
            return;
        };
        match session.open(packet) {
            Ok(payload) => self.in_session(from, session, kind, &payload, now),
            Err(refusal) => {
                self.stats.refusals.push(refusal);
                self.sessions.put(session);
            }
        }
    }

    fn handshake(&mut self, from: SocketAddr, kind: u8, payload: &[u8], now: Duration) {
        let shared = self.machine.clone();
        let machine = shared.lock();
        let mut handshake = Handshake {
            config: &self.state.config,
            faults: &self.faults,
            sessions: &mut self.sessions,
            machine: &machine,
            random: &mut self.state.random,
            now,
            peer: from,
            opened: false,
        };
        let answer = handshake.answer(kind, payload);
        if handshake.opened {
            self.stats.sessions_opened += 1;
        }
        if let Some((kind, payload)) = answer {
            self.send(from, packet::v20_packet(kind, 0, 0, &payload));
        }
    }

    /// A payload that has passed the checks of its session.
    fn in_session(&mut self, from: SocketAddr, mut session: Session, kind: u8, payload: &[u8], now: Duration) {
        session.last_used = now;
        session.peer = from;
        let id = session.id;
        let mut ends = false;
        match kind {
            packet::IPMI => ends = self.message(from, Path::Session(&mut session), payload, now),
            packet::SOL => self.serial(from, &mut session, payload, now),
            _ => {}
        }
        if ends {
            // A reset or a close took it away; what another session's close took is gone already.
            self.sessions.take(id);
        } else {
            self.sessions.put(session);
        }
    }

    fn serial(&mut self, from: SocketAddr, session: &mut Session, payload: &[u8], now: Duration) {
        let refuse = self.fate.happens(self.faults.sol_nack);
        let shared = self.machine.clone();
        let Some(sol) = &mut session.sol else { return };
        let reply = sol.receive(payload, refuse, &mut shared.lock().console, now);
        if let Some(reply) = reply {
            let datagram = session.seal(packet::SOL, &reply, &mut self.state.random);
            self.send(from, datagram);
        }
    }

    /// Sends what SOL sessions have to say. `true` while there are any: the caller asks again soon.
    pub(crate) fn poll(&mut self) -> bool {
        let shared = self.machine.clone();
        let mut machine = shared.lock();
        let now = machine.now();
        let mut any = false;
        for session in self.sessions.iter_mut() {
            let Some(sol) = &mut session.sol else {
                continue;
            };
            any = true;
            if let Some(payload) = sol.poll(&mut machine.console, now) {
                let datagram = session.seal(packet::SOL, &payload, &mut self.state.random);
                self.out.push((Duration::ZERO, session.peer, datagram));
            }
        }
        any
    }
}
