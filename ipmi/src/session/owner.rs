//! The task that owns a session's socket: it takes commands from all clones of a client, routes what comes back, repeats
//! what may be repeated, opens a lost session again once, keeps an idle one alive, and closes it when the last clone goes.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep_until, timeout};

use super::config::{Config, Protocol};
use super::link::{Link, Target, to_bmc};
use super::open20::{close_packet, judge};
pub(crate) use super::pending::{Job, Reply};
use super::pending::{Pending, Table, Verdict};
use super::sol::{Engine, Port};
use super::wire::Wire;
use super::{open15, open20};
use crate::command::device::GetDeviceId;
use crate::command::session::{Privilege, SetSessionPrivilegeLevel};
use crate::command::{Command, CompletionCode, Effect};
use crate::deadline::{after, later, part};
use crate::error::{Error, ErrorKind};
use crate::packet::message::Response;
use crate::packet::session20::PayloadType;
use crate::packet::sol::FromBmc;
use crate::packet::suite::CipherSuite;

/// BMCs end sessions that are quiet for a minute. After less than that, one that wasn't kept alive is taken for lost.
const STALE: Duration = Duration::from_secs(50);
/// How often a command that only reads is sent again after a refusal that may be final.
const REFUSALS: u32 = 2;
const CLOSE_WAIT: Duration = Duration::from_millis(400);
const CLOSE_TRIES: u32 = 3;

/// What the owner is sent besides commands.
#[derive(Debug)]
pub(crate) enum Control {
    /// Close the session, and say when it is closed.
    Close(oneshot::Sender<()>),
    /// Connect a console to the activated SOL payload.
    Sol(Port),
}

/// What is known about a session once it is open.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Established {
    pub(crate) suite: Option<CipherSuite>,
    pub(crate) guid: Option<[u8; 16]>,
}

#[derive(Debug)]
pub(crate) struct Owner {
    wire: Wire,
    config: Arc<Config>,
    peer: String,
    jobs: mpsc::Receiver<Job>,
    control: mpsc::UnboundedReceiver<Control>,
    link: Option<Link>,
    table: Table,
    sol: Option<Engine>,
    last_sent: Instant,
    last_heard: Instant,
    /// The credentials were refused when the session was to be opened again: they are not tried again.
    locked_out: bool,
}

impl Drop for Owner {
    /// The task was ended from outside, as when the runtime shuts down: there is time for one datagram.
    fn drop(&mut self) {
        if let Some(mut link) = self.link.take() {
            let sequence = self.table.fresh_sequence();
            if let Ok(packet) = close_packet(&mut link, sequence) {
                self.wire.send_now(&packet);
            }
        }
    }
}

impl Owner {
    pub(crate) async fn new(
        address: SocketAddr,
        config: Arc<Config>,
        jobs: mpsc::Receiver<Job>,
        control: mpsc::UnboundedReceiver<Control>,
    ) -> Result<Self, Error> {
        let peer = address.to_string();
        let wire = Wire::connect(address)
            .await
            .map_err(|error| Error::io(ErrorKind::Unreachable, "opening a socket", error).at(&peer))?;
        let now = Instant::now();
        Ok(Self {
            wire,
            config,
            peer,
            jobs,
            control,
            link: None,
            table: Table::default(),
            sol: None,
            last_sent: now,
            last_heard: now,
            locked_out: false,
        })
    }

    /// Opens the session, says how that went, and serves it until nobody needs it any more.
    pub(crate) async fn run(mut self, ready: oneshot::Sender<Result<Established, Error>>) {
        let opened = self.open().await.map_err(|error| error.at(&self.peer));
        let failed = opened.is_err();
        // If the caller is gone already, the session is closed like any other.
        if ready.send(opened).is_ok() && !failed {
            let closing = self.serve().await;
            self.close().await;
            if let Some(closing) = closing {
                let _ = closing.send(());
            }
        } else {
            self.close().await;
        }
    }

    async fn serve(&mut self) -> Option<oneshot::Sender<()>> {
        loop {
            self.table.drop_cancelled();
            self.pump_console().await;
            let wake = self.next_wake();
            let wanted = self.sol.as_ref().map(Engine::wanted);
            tokio::select! {
                job = self.jobs.recv(), if self.table.len() < self.config.under_way => match job {
                    Some(job) => self.admit(job).await,
                    None => return None,
                },
                control = self.control.recv() => match control {
                    Some(Control::Close(closed)) => return Some(closed),
                    Some(Control::Sol(port)) => self.sol = Some(Engine::new(port)),
                    None => return None,
                },
                datagram = self.wire.receive() => match datagram {
                    Ok(datagram) => self.receive(&datagram).await,
                    // ICMP's "nobody listens": the BMC may be restarting. Time decides.
                    Err(error) => tracing::debug!(peer = %self.peer, %error, "the network reports an error"),
                },
                () = async { match wanted { Some(wanted) => wanted.await, None => std::future::pending().await } } => {}
                () = sleep_until(wake) => self.tick().await,
            }
        }
    }

    /// Opens a session at the wanted privilege level.
    async fn open(&mut self) -> Result<Established, Error> {
        let (mut link, established) = match self.config.protocol {
            Protocol::V2(choice) => {
                let opened = open20::open(&self.wire, &self.config, choice).await?;
                (opened.link, Established { suite: Some(opened.suite), guid: Some(opened.guid) })
            }
            Protocol::V15(auth_type) => {
                let link = open15::open(&self.wire, &self.config, auth_type).await?;
                (link, Established { suite: None, guid: None })
            }
        };
        let wanted = self.config.privilege;
        // A session begins at user level.
        let granted = if wanted == Privilege::User { Ok(()) } else { self.set_privilege(&mut link, wanted).await };
        self.link = Some(link);
        self.last_heard = Instant::now();
        self.last_sent = self.last_heard;
        if granted.is_err() {
            self.close().await;
        }
        granted.map(|()| established)
    }

    async fn set_privilege(&mut self, link: &mut Link, wanted: Privilege) -> Result<(), Error> {
        let command = SetSessionPrivilegeLevel(Some(wanted));
        let mut data = Vec::new();
        command.encode(&mut data);
        let request = to_bmc(self.table.fresh_sequence(), command.code(), 0, data);
        let message = request.encode();
        let link = std::sync::Mutex::new(link);
        let locked = || link.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let response = self
            .wire
            .ask(
                &self.config,
                self.config.timeout,
                SetSessionPrivilegeLevel::NAME,
                || locked().seal(PayloadType::IPMI, &message).unwrap_or_default(),
                |datagram| {
                    let (payload_type, payload) = locked().open(datagram).ok()?;
                    let response = Response::decode(&payload).ok()?;
                    (payload_type == PayloadType::IPMI
                        && response.net_fn == request.net_fn.response()
                        && response.command == request.command
                        && response.sequence == request.sequence)
                        .then_some(response)
                },
            )
            .await?;
        let refused = |detail: String| Error::new(ErrorKind::Authentication, SetSessionPrivilegeLevel::NAME, detail);
        match judge(&command, response.completion, &response.data) {
            Ok(level) if level == wanted as u8 => Ok(()),
            Ok(level) => Err(refused(format!(
                "{wanted:?} was asked for and level {level} granted; ask for a lower privilege level"
            ))),
            Err(error) if error.completion_code().is_some() => {
                Err(refused(format!("{wanted:?} was refused; ask for a lower privilege level ({error})")))
            }
            Err(error) => Err(error),
        }
    }

    /// Opens the session again, and decides for each request under way what becomes of it.
    async fn reopen(&mut self) -> Result<(), Error> {
        tracing::debug!(peer = %self.peer, "the session seems lost, opening it again");
        if let Some(mut link) = self.link.take() {
            let sequence = self.table.fresh_sequence();
            if let Ok(packet) = close_packet(&mut link, sequence) {
                self.wire.send(&packet).await;
            }
        }
        if let Some(mut engine) = self.sol.take() {
            engine.end("the session was lost, and the console with it");
        }
        let opened = match self.locked_out {
            true => Err(Error::new(
                ErrorKind::Authentication,
                "opening a lost session again",
                "the credentials were refused before and are not tried again",
            )),
            false => self.open().await.map_err(|error| error.at(&self.peer)),
        };
        self.locked_out |= opened.as_ref().is_err_and(Error::is_auth);
        let now = Instant::now();
        for mut pending in std::mem::take(&mut self.table.pending) {
            if pending.is_spent() {
                self.give_up(pending);
            } else if let Err(error) = &opened {
                let detail = format!("the session was lost and could not be reopened: {}", error.report());
                self.finish(pending, Err(Error::new(error.kind(), "", detail)));
            } else {
                pending.reopened = true;
                pending.next_at = now;
                pending.expires = pending.expires.max(later(now, part(pending.job.patience, 2)));
                pending.sequence = self.table.fresh_sequence();
                self.table.pending.push(pending);
            }
        }
        opened.map(|_| ())
    }

    async fn admit(&mut self, job: Job) {
        let now = Instant::now();
        let mut pending = Pending {
            sequence: self.table.fresh_sequence(),
            started: now,
            next_at: now,
            expires: later(now, job.patience),
            job,
            wait: self.config.first_repeat,
            refusals: 0,
            sent: false,
            reopened: false,
        };
        if pending.is_cancelled() {
            return;
        }
        // What may be sent only once isn't risked on a session that the BMC has probably ended.
        let stale = pending.job.effect == Effect::Changes && self.last_heard.elapsed() > STALE;
        if self.link.is_none() || stale {
            if let Err(error) = self.reopen().await {
                return self.finish(pending, Err(error));
            }
            pending.reopened = true;
            pending.started = Instant::now();
            pending.expires = later(pending.started, pending.job.patience);
        }
        self.transmit(&mut pending).await;
        self.table.pending.push(pending);
    }

    async fn transmit(&mut self, pending: &mut Pending) {
        let sealed = self.link.as_mut().map(|link| link.seal(PayloadType::IPMI, &pending.message()));
        if let Some(Ok(packet)) = sealed {
            self.wire.send(&packet).await;
        }
        self.last_sent = Instant::now();
        pending.sent = true;
        pending.next_at =
            if pending.is_spent() { pending.expires } else { later(self.last_sent, pending.wait).min(pending.expires) };
        pending.wait = self.config.back_off(pending.wait);
    }

    async fn receive(&mut self, datagram: &[u8]) {
        let Some(link) = self.link.as_mut() else {
            return;
        };
        let (payload_type, payload) = match link.open(datagram) {
            Ok(opened) => opened,
            Err(stray) => return tracing::debug!(peer = %self.peer, ?stray, "dropped a datagram"),
        };
        self.last_heard = Instant::now();
        match payload_type {
            PayloadType::IPMI => match Response::decode(&payload) {
                Ok(response) => self.route(&response),
                Err(error) => tracing::debug!(peer = %self.peer, %error, "dropped a message"),
            },
            PayloadType::SOL => match (FromBmc::decode(&payload), self.sol.as_mut()) {
                (Ok(packet), Some(engine)) => {
                    if let Some(acknowledgement) = engine.receive(packet) {
                        self.send_console(&acknowledgement).await;
                    }
                }
                _ => {
                    tracing::debug!(peer = %self.peer, "dropped a SOL packet that no console waits for")
                }
            },
            other => tracing::debug!(peer = %self.peer, ?other, "dropped a payload"),
        }
    }

    fn route(&mut self, response: &Response) {
        let Some((index, verdict)) = self.table.find(response) else {
            return tracing::debug!(peer = %self.peer, command = response.command, "dropped a stray answer");
        };
        match verdict {
            Verdict::Answer(reply) => {
                let pending = self.table.pending.swap_remove(index);
                self.answer(pending, reply);
            }
            Verdict::NotForwarded(completion) => {
                let pending = self.table.pending.swap_remove(index);
                let code = CompletionCode::from(completion);
                let meaning = code.of_a_bridge().unwrap_or(code.meaning());
                let detail = format!(
                    "the BMC could not pass it on to the satellite controller: \
                     completion code {completion:#04x}: {meaning}"
                );
                let error = Error::new(ErrorKind::Refused(code), "", detail);
                self.finish(pending, Err(error));
            }
            Verdict::Forwarded | Verdict::NotMine => {}
        }
    }

    fn answer(&mut self, mut pending: Pending, reply: Reply) {
        let code = CompletionCode::from(reply.completion);
        pending.refusals = pending.refusals.saturating_add(1);
        let again = match pending.job.effect {
            _ if code.is_refused_for_now() => true,
            // Some give such a code once in a while, and some always for what they can't read.
            Effect::Reads => code.is_worth_reading_again() && pending.refusals <= REFUSALS,
            Effect::Changes => false,
        };
        let at = after(pending.wait);
        if !again || at >= pending.expires {
            return self.finish(pending, Ok(reply));
        }
        // A new sequence: under the old one, a BMC would take it for a duplicate of what it just refused.
        pending.sequence = self.table.fresh_sequence();
        pending.sent = false;
        pending.next_at = at;
        self.table.pending.push(pending);
    }

    fn finish(&self, pending: Pending, outcome: Result<Reply, Error>) {
        let spent = pending.is_spent();
        let Some(reply) = pending.job.reply else {
            return;
        };
        let outcome = outcome.map_err(|error| {
            let error = error.at(&self.peer).doing(pending.job.action);
            // A refusal proves that nothing was done.
            if spent && error.completion_code().is_none() { error.perhaps_done() } else { error }
        });
        // Anyone who asked may have gone.
        let _ = reply.send(outcome);
    }

    fn give_up(&self, pending: Pending) {
        let text = format!("no answer within {:?}", pending.job.patience);
        self.finish(pending, Err(Error::new(ErrorKind::Timeout, "", text)));
    }

    /// Does what has become due: repetitions, giving up, reopening the session, keeping it alive.
    async fn tick(&mut self) {
        let now = Instant::now();
        let lost = self.table.pending.iter().any(|pending| {
            !pending.reopened
                && pending.next_at <= now
                && pending.job.effect == Effect::Reads
                && self.last_heard < pending.started
                && now.duration_since(pending.started) >= part(self.config.timeout, 2)
        });
        if lost && self.reopen().await.is_err() {
            return;
        }
        let (due, waiting): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.table.pending).into_iter().partition(|pending| pending.next_at <= now);
        self.table.pending = waiting;
        for mut pending in due {
            if pending.expires <= now {
                self.give_up(pending);
            } else {
                self.transmit(&mut pending).await;
                self.table.pending.push(pending);
            }
        }
        if self.keep_alive_at().is_some_and(|at| at <= now) {
            self.ask_for_itself(&GetDeviceId).await;
        }
    }

    /// Sends a command whose answer nobody waits for.
    async fn ask_for_itself<C: Command>(&mut self, command: &C) {
        let mut data = Vec::new();
        command.encode(&mut data);
        let job = Job {
            action: C::NAME,
            target: Target::Bmc,
            code: command.code(),
            lun: 0,
            data,
            effect: Effect::Reads,
            patience: self.config.timeout,
            reply: None,
        };
        self.admit(job).await;
    }

    fn keep_alive_at(&self) -> Option<Instant> {
        let idle = self.link.is_some() && self.table.pending.is_empty();
        self.config.keep_alive.filter(|_| idle).map(|interval| later(self.last_sent, interval))
    }

    fn next_wake(&self) -> Instant {
        const LONG: Duration = Duration::from_secs(3600);
        [self.table.next_at(), self.keep_alive_at(), self.sol.as_ref().and_then(Engine::next_at)]
            .into_iter()
            .flatten()
            .min()
            .unwrap_or_else(|| after(LONG))
    }

    /// Sends what the console has to send, and ends it when its user has gone.
    async fn pump_console(&mut self) {
        let Some(engine) = self.sol.as_mut() else { return };
        if let Some(packet) = engine.pump(&self.config) {
            self.send_console(&packet).await;
        }
        let Some(deactivate) = self.sol.as_ref().and_then(Engine::is_over) else { return };
        if let Some(mut engine) = self.sol.take() {
            engine.end("the console was closed");
        }
        if let (Some(deactivate), true) = (deactivate, self.link.is_some()) {
            self.ask_for_itself(&deactivate).await;
        }
    }

    async fn send_console(&mut self, payload: &[u8]) {
        if let Some(Ok(packet)) = self.link.as_mut().map(|link| link.seal(PayloadType::SOL, payload)) {
            self.wire.send(&packet).await;
            self.last_sent = Instant::now();
        }
    }

    /// Closes the session and waits a little for the BMC to say so.
    async fn close(&mut self) {
        if let Some(mut engine) = self.sol.take() {
            engine.end("the session was closed");
        }
        let Some(mut link) = self.link.take() else {
            return;
        };
        let sequence = self.table.fresh_sequence();
        for _ in 0..CLOSE_TRIES {
            let Ok(packet) = close_packet(&mut link, sequence) else {
                return;
            };
            self.wire.send(&packet).await;
            let closed = timeout(CLOSE_WAIT, async {
                loop {
                    // After an error of the network there is nothing to wait for.
                    let Ok(datagram) = self.wire.receive().await else {
                        return;
                    };
                    let answer = link.open(&datagram).ok().and_then(|(_, payload)| Response::decode(&payload).ok());
                    if answer.is_some_and(|response| response.sequence == sequence && response.command == 0x3c) {
                        return;
                    }
                }
            });
            if closed.await.is_ok() {
                return;
            }
        }
    }
}
