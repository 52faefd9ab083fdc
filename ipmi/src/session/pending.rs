//! The requests that are under way: which answer belongs to which, when each is repeated, and when it times out.

use std::fmt;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::Instant;

use super::link::{Target, to_bmc};
use crate::command::{Effect, NetFn};
use crate::error::Error;
use crate::packet::message::{BMC_ADDRESS, Request, Response};

const SEND_MESSAGE: u8 = 0x34;
/// Send Message: "track the request", so that the BMC brings the answer back to us.
const TRACK: u8 = 0x40;
const SEQUENCES: u8 = 64;

/// A command on its way to the owner task.
pub(crate) struct Job {
    pub(crate) action: &'static str,
    pub(crate) target: Target,
    pub(crate) code: (NetFn, u8),
    pub(crate) lun: u8,
    pub(crate) data: Vec<u8>,
    pub(crate) effect: Effect,
    /// How long to wait for an answer, with all repetitions.
    pub(crate) patience: Duration,
    /// Where the answer goes; `None` if the owner itself sends the command.
    pub(crate) reply: Option<oneshot::Sender<Result<Reply, Error>>>,
}

impl fmt::Debug for Job {
    /// Leaves out the data, which may be a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Job")
            .field("action", &self.action)
            .field("target", &self.target)
            .field("effect", &self.effect)
            .finish_non_exhaustive()
    }
}

/// A completion code and the data after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reply {
    pub(crate) completion: u8,
    pub(crate) data: Vec<u8>,
}

#[derive(Debug)]
pub(super) struct Pending {
    pub(super) job: Job,
    pub(super) sequence: u8,
    pub(super) started: Instant,
    /// When to repeat it or give up.
    pub(super) next_at: Instant,
    pub(super) expires: Instant,
    pub(super) wait: Duration,
    /// How often it was refused for a reason that may pass.
    pub(super) refusals: u32,
    /// Whether it was sent since it was last refused.
    pub(super) sent: bool,
    /// Whether the session was reopened for it already.
    pub(super) reopened: bool,
}

impl Pending {
    /// Returns whether it must not be sent again: it was sent, and carrying it out twice would do harm.
    pub(super) fn is_spent(&self) -> bool {
        self.sent && self.job.effect == Effect::Changes
    }

    pub(super) fn is_cancelled(&self) -> bool {
        self.job.reply.as_ref().is_some_and(oneshot::Sender::is_closed)
    }

    /// Returns the IPMI message, wrapped in Send Message if it is for a satellite controller.
    pub(super) fn message(&self) -> Vec<u8> {
        let Job { code, lun, data, .. } = &self.job;
        match self.job.target {
            Target::Bmc => to_bmc(self.sequence, *code, *lun, data.clone()).encode(),
            Target::Satellite { channel, address } => {
                let (net_fn, command) = *code;
                let inner = Request {
                    responder: address,
                    requester: BMC_ADDRESS,
                    net_fn,
                    lun: *lun,
                    sequence: self.sequence,
                    command,
                    data: data.clone(),
                };
                let mut outer = vec![TRACK | channel & 0x0f];
                outer.extend(inner.encode());
                to_bmc(self.sequence, (NetFn::APP, SEND_MESSAGE), 0, outer).encode()
            }
        }
    }

    fn is_answered_by(&self, response: &Response) -> bool {
        let (net_fn, command) = self.job.code;
        response.responder == self.job.target.address()
            && response.net_fn == net_fn.response()
            && response.command == command
            && response.sequence == self.sequence
    }

    /// Returns what a response means for this request.
    pub(super) fn judge(&self, response: &Response) -> Verdict {
        let reply = |response: &Response| Reply { completion: response.completion, data: response.data.clone() };
        if self.is_answered_by(response) {
            return Verdict::Answer(reply(response));
        }
        let forwards = self.job.target != Target::Bmc
            && response.responder == BMC_ADDRESS
            && response.net_fn == NetFn::APP.response()
            && response.command == SEND_MESSAGE
            && response.sequence == self.sequence;
        if !forwards {
            return Verdict::NotMine;
        }
        if response.completion != 0 {
            return Verdict::NotForwarded(response.completion);
        }
        // Most BMCs acknowledge first and send the satellite's answer as a separate message; some include it here.
        match Response::decode(&response.data) {
            Ok(inner) if self.is_answered_by(&inner) => Verdict::Answer(reply(&inner)),
            _ => Verdict::Forwarded,
        }
    }
}

/// What a response means for a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    NotMine,
    Answer(Reply),
    /// The BMC passed the request on; the answer is still to come.
    Forwarded,
    /// The BMC could not pass the request on.
    NotForwarded(u8),
}

/// The requests under way, and the next request sequence number. These numbers wrap around, so that one is reused only after
/// 63 others: by then, a late answer to its last use is outside the window of session sequence numbers.
#[derive(Debug, Default)]
pub(super) struct Table {
    pub(super) pending: Vec<Pending>,
    next: u8,
}

impl Table {
    pub(super) fn fresh_sequence(&mut self) -> u8 {
        loop {
            let sequence = self.next % SEQUENCES;
            self.next = sequence.wrapping_add(1);
            if !self.pending.iter().any(|pending| pending.sequence == sequence) {
                return sequence;
            }
        }
    }

    pub(super) fn len(&self) -> usize {
        self.pending.len()
    }

    pub(super) fn next_at(&self) -> Option<Instant> {
        self.pending.iter().map(|pending| pending.next_at).min()
    }

    pub(super) fn drop_cancelled(&mut self) {
        self.pending.retain(|pending| !pending.is_cancelled());
    }

    /// Finds the request that a response belongs to, and what the response means for it.
    pub(super) fn find(&self, response: &Response) -> Option<(usize, Verdict)> {
        self.pending.iter().enumerate().find_map(|(index, pending)| match pending.judge(response) {
            Verdict::NotMine => None,
            verdict => Some((index, verdict)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pending(target: Target, code: (NetFn, u8), sequence: u8) -> Pending {
        let (now, wait) = (Instant::now(), Duration::from_secs(1));
        let job = Job {
            action: "test",
            target,
            code,
            lun: 0,
            data: Vec::new(),
            effect: Effect::Reads,
            patience: wait,
            reply: None,
        };
        Pending {
            job,
            sequence,
            started: now,
            next_at: now,
            expires: now,
            wait,
            refusals: 0,
            sent: true,
            reopened: false,
        }
    }

    fn response(responder: u8, net_fn: u8, command: u8, sequence: u8, data: Vec<u8>) -> Response {
        Response { requester: 0x81, responder, net_fn: NetFn(net_fn), lun: 0, sequence, command, completion: 0, data }
    }

    #[tokio::test]
    async fn an_answer_reaches_the_request_of_its_sequence_function_and_command_alone() {
        let table = Table {
            pending: vec![
                pending(Target::Bmc, (NetFn::APP, 1), 5),
                pending(Target::Bmc, (NetFn::CHASSIS, 1), 6),
                pending(Target::Satellite { channel: 0, address: 0x30 }, (NetFn::APP, 1), 7),
            ],
            next: 8,
        };
        let found = |response: Response| table.find(&response).map(|(index, _)| index);
        assert_eq!(found(response(0x20, 7, 1, 5, vec![])), Some(0));
        assert_eq!(found(response(0x20, 1, 1, 6, vec![])), Some(1));
        assert_eq!(found(response(0x30, 7, 1, 7, vec![])), Some(2));
        assert_eq!(found(response(0x20, 7, 1, 7, vec![])), None, "the BMC's, not the satellite's");
        assert_eq!(found(response(0x20, 7, 2, 5, vec![])), None, "another command");
        assert_eq!(found(response(0x20, 7, 1, 6, vec![])), None, "another function");
        assert_eq!(found(response(0x20, 7, 1, 4, vec![])), None, "a late one");
    }

    #[tokio::test]
    async fn a_bridged_answer_is_taken_in_either_form() {
        let waiting = pending(Target::Satellite { channel: 0, address: 0x30 }, (NetFn::APP, 1), 7);
        assert_eq!(waiting.judge(&response(0x20, 7, SEND_MESSAGE, 7, vec![])), Verdict::Forwarded);
        let inner = response(0x30, 7, 1, 7, vec![1, 2]);
        let expected = Verdict::Answer(Reply { completion: 0, data: vec![1, 2] });
        assert_eq!(waiting.judge(&inner), expected);
        assert_eq!(waiting.judge(&response(0x20, 7, SEND_MESSAGE, 7, inner.encode())), expected);
        let refused = Response { completion: 0x83, ..response(0x20, 7, SEND_MESSAGE, 7, vec![]) };
        assert_eq!(waiting.judge(&refused), Verdict::NotForwarded(0x83));
    }

    #[tokio::test]
    async fn a_sequence_is_used_again_only_after_all_the_others() {
        let mut table = Table { pending: vec![pending(Target::Bmc, (NetFn::APP, 1), 3)], next: 0 };
        let first: Vec<_> = (0..63).map(|_| table.fresh_sequence()).collect();
        let distinct: std::collections::HashSet<_> = first.iter().collect();
        assert_eq!(distinct.len(), 63);
        assert!(!first.contains(&3));
        assert_eq!(table.fresh_sequence(), 0);
    }
}
