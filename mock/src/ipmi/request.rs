//! A request on its way through the BMC: checked against earlier ones, affected by faults, carried out, recorded in the
//! journal, answered. The commands themselves and the framing of replies are elsewhere.

use std::net::SocketAddr;
use std::time::Duration;

use super::bmc::{Bmc, Path};
use super::command;
use super::command::context::{Answer, Context, Effects, Refused};
use super::config::{Duplicates, SequenceEcho};
use super::faults::{Act, Forgery, Rule};
use super::journal::{Fate, Received};
use super::machine::ChangeKind;
use super::machine::power::Cause;
use super::machine::text::checksum;
use super::wire::message::Request;
use super::wire::packet::{self, AUTHENTICATED, ENCRYPTED};
use super::wire::session::{Refusal, Session};
use super::wire::sol::Sol;
use crate::random::Random;

/// How many commands the journal keeps. A mock that runs for days forgets the oldest.
const JOURNAL_LIMIT: usize = 100_000;

impl Bmc {
    pub(super) fn note(&mut self, from: SocketAddr, session: Option<u32>, request: &Request, fate: Fate, at: Duration) {
        if self.journal.len() >= JOURNAL_LIMIT {
            self.journal.pop_front();
        }
        self.journal.push_back(Received {
            at,
            from,
            session,
            target: request.responder,
            netfn: request.netfn,
            command: request.command,
            sequence: request.sequence,
            data: request.data.clone(),
            fate,
        });
    }

    /// Handles an IPMI message. Returns `true` if it ended its session.
    pub(super) fn message(&mut self, from: SocketAddr, mut path: Path<'_>, bytes: &[u8], now: Duration) -> bool {
        let Some(request) = Request::parse(bytes).filter(|request| request.netfn & 1 == 0) else {
            self.stats.refusals.push(Refusal::Malformed);
            return false;
        };
        // Messages to other addresses are not forwarded: Send Message exists for that.
        if request.responder != 0x20 {
            return false;
        }
        let id = match &path {
            Path::Session(session) => Some(session.id),
            Path::Legacy | Path::Plus => None,
        };
        if let Path::Session(session) = &mut path
            && let Some(replies) = session.recall(bytes, now, self.state.config.duplicate_lifetime)
            && self.state.config.duplicates != Duplicates::ExecuteAgain
        {
            self.note(from, id, &request, Fate::AnsweredAgain, now);
            if self.state.config.duplicates == Duplicates::AnswerAgain {
                for reply in replies {
                    let datagram = session.seal(packet::IPMI, &reply, &mut self.state.random);
                    self.send(from, datagram);
                }
            }
            return false;
        }

        let (answer, effects, act) = match self.fault_for(&request, id.is_some()) {
            Some(Act::Swallow) => {
                self.note(from, id, &request, Fate::Swallowed, now);
                return false;
            }
            Some(Act::Refuse(code)) => {
                self.note(from, id, &request, Fate::Faulted(code), now);
                (Err(Refused::with(code, Vec::new())), Effects::default(), None)
            }
            Some(Act::Reply(code, data)) => {
                self.note(from, id, &request, Fate::Faulted(code), now);
                (Err(Refused::with(code, data)), Effects::default(), None)
            }
            act => {
                let session = match &mut path {
                    Path::Session(session) => Some(&mut **session),
                    Path::Legacy | Path::Plus => None,
                };
                let (answer, mut effects) = self.execute(from, session, &request, now);
                for (inner, fate) in effects.bridged.drain(..) {
                    self.note(from, id, &inner, fate, now);
                }
                let fate = answer.as_ref().map_or_else(|refused| Fate::Refused(refused.code), |_| Fate::Executed);
                self.note(from, id, &request, fate, now);
                (answer, effects, act)
            }
        };
        let (mut code, mut data) = match answer {
            Ok(data) => (0, data),
            Err(refused) => (refused.code, refused.data),
        };
        match act {
            Some(Act::ExecuteAndSay(other)) => (code, data) = (other, Vec::new()),
            Some(Act::Shorten(length)) => data.truncate(length),
            _ => {}
        }
        let at_first = matches!(&path, Path::Session(session) if session.last_sent.is_empty());
        let shown = match self.state.config.echo {
            SequenceEcho::AsSent => request.sequence,
            SequenceEcho::ZeroAtFirst if !at_first => request.sequence,
            SequenceEcho::ZeroAtFirst | SequenceEcho::Zero => 0,
        };
        let mut replies = vec![Request { sequence: shown, ..request }.response(code, &data)];
        replies.extend(effects.more);
        match path {
            Path::Legacy => self.reply_outside(from, &replies, |reply| packet::v15_packet(0, 0, 0, None, reply)),
            Path::Plus => self.reply_outside(from, &replies, |reply| packet::v20_packet(0, 0, 0, reply)),
            Path::Session(session) => {
                self.reply_inside(from, session, &replies, act.as_ref());
                session.remember(bytes.to_vec(), replies, now);
                // The session that lost the console is informed; the one that gains it starts with a greeting.
                if let Some(stopped) = effects.stopped_console.and_then(|id| self.sessions.get_mut(id)) {
                    let deactivation = Sol::deactivation();
                    let datagram = stopped.seal(packet::SOL, &deactivation, &mut self.state.random);
                    stopped.sol = None;
                    let to = stopped.peer;
                    self.send(to, datagram);
                }
            }
        }
        self.finish(id, &effects.closed, effects.reset, now)
    }

    /// Does what remains once the reply is sent. Returns `true` if the request's own session ended.
    fn finish(&mut self, own: Option<u32>, closed: &[u32], reset: Option<bool>, now: Duration) -> bool {
        for id in closed {
            self.stats.sessions_closed += 1;
            self.sessions.take(*id);
        }
        if let Some(cold) = reset {
            self.machine.lock().record(ChangeKind::ControllerReset { cold }, Cause::ChassisControl);
            self.sessions.clear();
            self.asleep_until = now + self.state.config.reset_takes;
            return true;
        }
        own.is_some_and(|own| closed.contains(&own))
    }

    /// Returns the fault that affects a request, from a rule or at random.
    fn fault_for(&mut self, request: &Request, in_session: bool) -> Option<Act> {
        let fits = |rule: &&mut Rule| {
            rule.times > 0
                && rule.netfn == request.netfn
                && rule.command.is_none_or(|command| command == request.command)
        };
        if let Some(rule) = self.rules.iter_mut().find(fits) {
            rule.times = if rule.times == u32::MAX { u32::MAX } else { rule.times - 1 };
            return Some(rule.act.clone());
        }
        if !in_session {
            return None;
        }
        if self.fate.happens(self.faults.busy) {
            return Some(Act::Refuse(0xC0));
        }
        if self.fate.happens(self.faults.wrong_code) {
            return Some(Act::Refuse(self.faults.code));
        }
        if self.fate.happens(self.faults.late) {
            return Some(Act::Late(self.faults.late_by));
        }
        if self.fate.happens(self.faults.forge) {
            let index = self.fate.below(self.faults.forgeries.len() as u64);
            let forgery = self.faults.forgeries.get(usize::try_from(index).unwrap_or(0));
            return forgery.map(|forgery| Act::Forge(*forgery));
        }
        None
    }

    fn execute(
        &mut self,
        from: SocketAddr,
        session: Option<&mut Session>,
        request: &Request,
        now: Duration,
    ) -> (Answer, Effects) {
        if let Some(handler) = self.handlers.get_mut(&(request.netfn, request.command)) {
            return (handler(&request.data).map_err(Refused::from), Effects::default());
        }
        let shared = self.machine.clone();
        let mut machine = shared.lock();
        let mut context = Context {
            machine: &mut machine,
            state: &mut self.state,
            session,
            others: &mut self.sessions,
            request,
            peer: from,
            now,
            effects: Effects::default(),
        };
        let answer = command::execute(&mut context);
        (answer, context.effects)
    }

    fn reply_outside(&mut self, to: SocketAddr, replies: &[Vec<u8>], frame: impl Fn(&[u8]) -> Vec<u8>) {
        for reply in replies {
            self.send(to, frame(reply));
        }
    }

    fn reply_inside(&mut self, to: SocketAddr, session: &mut Session, replies: &[Vec<u8>], act: Option<&Act>) {
        let mut after = Duration::ZERO;
        match act {
            Some(Act::ExecuteSilently) => return,
            Some(Act::Late(by)) => after = *by,
            Some(Act::Forge(forgery)) => {
                if let Some(reply) = replies.first() {
                    let forged = forge(*forgery, session, reply, &mut self.state.random);
                    self.stats.forged += 1;
                    self.send(to, forged);
                }
                // A random forgery precedes the true reply, unless the faults say otherwise; one by rule replaces it.
                if self.faults.forge_instead || self.faults.forge <= 0.0 {
                    return;
                }
            }
            _ => {}
        }
        for reply in replies {
            let datagram = session.seal(packet::IPMI, reply, &mut self.state.random);
            self.out.push((after, to, datagram));
        }
    }
}

/// Forges a datagram that a careful client must not take for the reply: a success with data of EEh bytes.
fn forge(forgery: Forgery, session: &mut Session, reply: &[u8], random: &mut Random) -> Vec<u8> {
    let lie = lie(reply);
    let legacy = session.legacy.is_some();
    match forgery {
        Forgery::Replay => session.last_sent.clone(),
        Forgery::Legacy => packet::v15_packet(0, 0, 0, None, &lie),
        _ if legacy => packet::v15_packet(0, session.signed_sent + 1, session.console_id, None, &lie),
        Forgery::Plaintext => packet::v20_packet(packet::IPMI, session.console_id, session.signed_sent + 1, &lie),
        Forgery::Unauthenticated => session.seal_as(packet::IPMI | ENCRYPTED, &lie, random),
        Forgery::Unencrypted => session.seal_as(packet::IPMI | AUTHENTICATED, &lie, random),
        Forgery::WrongCode => {
            let kind = packet::IPMI | session.flags(packet::IPMI);
            let mut forged = session.seal_as(kind, &lie, random);
            if let Some(last) = forged.last_mut() {
                *last ^= 0x01;
            }
            forged
        }
        Forgery::OtherSession => {
            let own = session.console_id;
            session.console_id = own.wrapping_add(1);
            let kind = packet::IPMI | session.flags(packet::IPMI);
            let forged = session.seal_as(kind, &lie, random);
            session.console_id = own;
            forged
        }
    }
}

/// Makes a false response to the same request.
fn lie(reply: &[u8]) -> Vec<u8> {
    let mut lie = reply.to_vec();
    if let Some([_, _, _, _, _, _, code, data @ .., sum]) = lie.get_mut(..) {
        *code = 0;
        data.fill(0xEE);
        *sum = 0;
    }
    let sum = checksum(lie.get(3..).unwrap_or_default());
    if let Some(last) = lie.last_mut() {
        *last = sum;
    }
    lie
}
