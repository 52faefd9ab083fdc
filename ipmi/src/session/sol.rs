//! The rules of Serial Over LAN (IPMI 2.0, section 15.11) between the owner task and a console: one packet under way in
//! each direction, acknowledged by number, repeated when no acknowledgement comes, held back when the BMC says so.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use tokio::sync::Notify;
use tokio::time::Instant;

use super::config::Config;
use crate::command::sol::DeactivatePayload;
use crate::deadline::later;
use crate::packet::sol::{FromBmc, ToBmc};

/// How many characters from the BMC may wait for a reader; beyond that, the BMC is asked to hold them back.
const MOST_INBOUND: usize = 256 * 1024;
/// How many characters to the BMC may wait before writers have to.
const MOST_OUTBOUND: usize = 4096;
const TRIES: u32 = 12;

/// What the owner needs to know about an activated SOL payload.
#[derive(Debug)]
pub(crate) struct Port {
    pub(crate) shared: Arc<Shared>,
    pub(crate) instance: u8,
    /// How many characters the BMC takes in one packet.
    pub(crate) longest: usize,
}

/// What a console and the owner share.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    state: Mutex<State>,
    owner: Arc<Notify>,
}

#[derive(Debug, Default)]
struct State {
    inbound: VecDeque<u8>,
    outbound: VecDeque<u8>,
    /// Whether a packet waits for its acknowledgement.
    under_way: bool,
    reader: Option<Waker>,
    writer: Option<Waker>,
    send_break: bool,
    overruns: u64,
    breaks_seen: u64,
    /// Why the console has ended, once it has.
    ended: Option<&'static str>,
    deactivated: bool,
    user_gone: bool,
}

impl State {
    fn wake_all(&mut self) {
        for waker in [self.reader.take(), self.writer.take()].into_iter().flatten() {
            waker.wake();
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn poll_read(
        &self,
        context: &mut Context<'_>,
        buffer: &mut tokio::io::ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let mut state = self.lock();
        if state.inbound.is_empty() {
            return match state.ended {
                Some(_) if state.deactivated => Poll::Ready(Ok(())),
                Some(reason) => Poll::Ready(Err(io::Error::new(io::ErrorKind::ConnectionAborted, reason))),
                None => {
                    state.reader = Some(context.waker().clone());
                    Poll::Pending
                }
            };
        }
        let (front, _) = state.inbound.as_slices();
        let count = front.len().min(buffer.remaining());
        buffer.put_slice(front.get(..count).unwrap_or_default());
        state.inbound.drain(..count);
        Poll::Ready(Ok(()))
    }

    pub(crate) fn poll_write(&self, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let mut state = self.lock();
        if let Some(reason) = state.ended {
            return Poll::Ready(Err(io::Error::new(io::ErrorKind::BrokenPipe, reason)));
        }
        let count = MOST_OUTBOUND.saturating_sub(state.outbound.len()).min(bytes.len());
        if count == 0 && !bytes.is_empty() {
            state.writer = Some(context.waker().clone());
            return Poll::Pending;
        }
        state.outbound.extend(bytes.iter().take(count));
        self.owner.notify_one();
        Poll::Ready(Ok(count))
    }

    pub(crate) fn poll_flush(&self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut state = self.lock();
        match state.ended {
            _ if state.outbound.is_empty() && !state.under_way => Poll::Ready(Ok(())),
            Some(reason) => Poll::Ready(Err(io::Error::new(io::ErrorKind::BrokenPipe, reason))),
            None => {
                state.writer = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }

    pub(crate) fn send_break(&self) {
        self.lock().send_break = true;
        self.owner.notify_one();
    }

    /// Records that nobody reads or writes any more, so that the payload is deactivated.
    pub(crate) fn user_is_gone(&self) {
        self.lock().user_gone = true;
        self.owner.notify_one();
    }

    /// Returns how often the BMC lost characters, and how often it saw a serial break.
    pub(crate) fn counters(&self) -> (u64, u64) {
        let state = self.lock();
        (state.overruns, state.breaks_seen)
    }
}

#[derive(Debug)]
struct UnderWay {
    packet: ToBmc,
    next_at: Instant,
    tries: u32,
    /// The BMC refused it for now: that the next try is due doesn't mean that an acknowledgement was lost.
    held: bool,
}

/// The owner's end of a console.
#[derive(Debug)]
pub(super) struct Engine {
    port: Port,
    sequence: u8,
    under_way: Option<UnderWay>,
    /// The sequence number of the BMC's last packet, and how many of its characters were accepted.
    received: Option<(u8, u8)>,
}

impl Engine {
    pub(super) fn new(port: Port) -> Self {
        Self { port, sequence: 0, under_way: None, received: None }
    }

    /// Completes when there may be something to [`pump`](Self::pump).
    pub(super) fn wanted(&self) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        let owner = Arc::clone(&self.port.shared.owner);
        Box::pin(async move { owner.notified().await })
    }

    pub(super) fn next_at(&self) -> Option<Instant> {
        self.under_way.as_ref().map(|under_way| under_way.next_at)
    }

    /// Returns `Some` once nobody needs the console any more, with the command to send to the BMC, if any.
    pub(super) fn is_over(&self) -> Option<Option<DeactivatePayload>> {
        let state = self.port.shared.lock();
        let flushed = state.outbound.is_empty() && !state.under_way;
        let over = state.ended.is_some() || (state.user_gone && flushed);
        over.then(|| (!state.deactivated).then(|| DeactivatePayload::sol(self.port.instance)))
    }

    /// Informs readers and writers that it is over.
    pub(super) fn end(&mut self, reason: &'static str) {
        let mut state = self.port.shared.lock();
        state.ended.get_or_insert(reason);
        state.wake_all();
    }

    /// Returns the payload to send now, if any: a repetition that is due, or the next characters.
    pub(super) fn pump(&mut self, config: &Config) -> Option<Vec<u8>> {
        let now = Instant::now();
        if let Some(under_way) = &mut self.under_way {
            if now < under_way.next_at {
                return None;
            }
            under_way.tries = if under_way.held { 1 } else { under_way.tries.saturating_add(1) };
            under_way.held = false;
            if under_way.tries > TRIES {
                self.under_way = None;
                self.end("the BMC doesn't acknowledge what is sent to the console");
                return None;
            }
            under_way.next_at = later(now, config.first_repeat);
            return Some(under_way.packet.encode());
        }
        let mut state = self.port.shared.lock();
        if state.ended.is_some() || (state.outbound.is_empty() && !state.send_break) {
            return None;
        }
        let count = state.outbound.len().min(self.port.longest);
        let data: Vec<u8> = state.outbound.iter().take(count).copied().collect();
        self.sequence = (self.sequence % 15).saturating_add(1);
        let send_break = std::mem::take(&mut state.send_break);
        let packet = ToBmc { sequence: self.sequence, send_break, data, ..ToBmc::default() };
        let payload = packet.encode();
        state.under_way = true;
        drop(state);
        self.under_way = Some(UnderWay { packet, next_at: later(now, config.first_repeat), tries: 1, held: false });
        Some(payload)
    }

    /// Processes a packet of the BMC, and returns the acknowledgement to send, if any.
    pub(super) fn receive(&mut self, packet: FromBmc) -> Option<Vec<u8>> {
        let shared = Arc::clone(&self.port.shared);
        let mut state = shared.lock();
        let acknowledged = self
            .under_way
            .as_ref()
            .is_some_and(|under_way| packet.acknowledged != 0 && under_way.packet.sequence == packet.acknowledged);
        if acknowledged && packet.nack {
            // The BMC asks to hold characters back: the packet is repeated when it is due.
            if let Some(under_way) = &mut self.under_way {
                under_way.held = true;
            }
        } else if acknowledged && let Some(under_way) = self.under_way.take() {
            let count = usize::from(packet.accepted).min(under_way.packet.data.len()).min(state.outbound.len());
            state.outbound.drain(..count);
            state.under_way = false;
            if let Some(writer) = state.writer.take() {
                writer.wake();
            }
        }
        state.overruns = state.overruns.saturating_add(u64::from(packet.overrun));
        state.breaks_seen = state.breaks_seen.saturating_add(u64::from(packet.break_seen));
        let acknowledgement = (packet.sequence != 0).then(|| self.take_characters(&mut state, &packet));
        if packet.deactivating {
            state.deactivated = true;
            state.ended.get_or_insert("the BMC deactivated the console");
            state.wake_all();
        }
        acknowledgement
    }

    fn take_characters(&mut self, state: &mut State, packet: &FromBmc) -> Vec<u8> {
        let mut answer = ToBmc { acknowledged: packet.sequence, ..ToBmc::default() };
        match self.received {
            // Our acknowledgement was lost: the characters were accepted already.
            Some((sequence, accepted)) if sequence == packet.sequence => answer.accepted = accepted,
            _ if state.inbound.len() >= MOST_INBOUND => answer.nack = true,
            _ => {
                let taken = packet.data.iter().take(usize::from(u8::MAX));
                answer.accepted = u8::try_from(taken.len()).unwrap_or(u8::MAX);
                state.inbound.extend(taken);
                self.received = Some((packet.sequence, answer.accepted));
                if let Some(reader) = state.reader.take() {
                    reader.wake();
                }
            }
        }
        answer.encode()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    use crate::command::session::Privilege;
    use crate::session::config::{Protocol, SuiteChoice, UserLookup};

    fn engine(longest: usize) -> (Arc<Shared>, Engine, Config) {
        let shared = Arc::new(Shared::default());
        let config = Config {
            user: Vec::new(),
            password: String::new().into(),
            bmc_key: None,
            lookup: UserLookup::Name,
            privilege: Privilege::User,
            protocol: Protocol::V2(SuiteChoice::Strongest),
            first_repeat: Duration::ZERO,
            timeout: Duration::ZERO,
            keep_alive: None,
            under_way: 1,
            read_limit: None,
        };
        let port = Port { shared: Arc::clone(&shared), instance: 1, longest };
        (shared, Engine::new(port), config)
    }

    fn write(shared: &Shared, bytes: &[u8]) {
        let mut context = Context::from_waker(Waker::noop());
        assert!(matches!(shared.poll_write(&mut context, bytes), Poll::Ready(Ok(n)) if n == bytes.len()));
    }

    fn read(shared: &Shared) -> Vec<u8> {
        let mut buffer = [0; 64];
        let mut buffer = tokio::io::ReadBuf::new(&mut buffer);
        let _ = shared.poll_read(&mut Context::from_waker(Waker::noop()), &mut buffer);
        buffer.filled().to_vec()
    }

    fn sent(engine: &mut Engine, config: &Config) -> Option<ToBmc> {
        engine.pump(config).map(|payload| ToBmc::decode(&payload).unwrap())
    }

    #[tokio::test]
    async fn characters_go_in_packets_of_which_one_is_under_way() {
        let (shared, mut engine, config) = engine(3);
        write(&shared, b"abcde");
        let first = sent(&mut engine, &config).unwrap();
        assert_eq!((first.sequence, first.data.as_slice()), (1, &b"abc"[..]));
        assert_eq!(sent(&mut engine, &config), Some(first), "repeated under the same number");
        // Two of three were accepted: the third goes with the next packet.
        engine.receive(FromBmc { acknowledged: 1, accepted: 2, ..FromBmc::default() });
        let second = sent(&mut engine, &config).unwrap();
        assert_eq!((second.sequence, second.data.as_slice()), (2, &b"cde"[..]));
        engine.receive(FromBmc { acknowledged: 1, accepted: 3, ..FromBmc::default() });
        assert!(engine.under_way.is_some(), "an old acknowledgement does not acknowledge the new packet");
    }

    #[tokio::test]
    async fn a_repeated_packet_of_the_bmc_is_acknowledged_again_and_read_once() {
        let (shared, mut engine, _) = engine(3);
        let packet = FromBmc { sequence: 4, data: b"hello".to_vec(), ..FromBmc::default() };
        let first = engine.receive(packet.clone());
        let second = engine.receive(packet);
        assert_eq!(first, second);
        let acknowledgement = ToBmc::decode(&first.unwrap()).unwrap();
        assert_eq!((acknowledgement.sequence, acknowledgement.acknowledged, acknowledgement.accepted), (0, 4, 5));
        assert_eq!(read(&shared), b"hello");
        assert_eq!(read(&shared), b"");
    }

    #[tokio::test]
    async fn a_held_back_packet_is_sent_again_without_end() {
        let (shared, mut engine, config) = engine(3);
        write(&shared, b"a");
        for _ in 0..TRIES * 3 {
            assert!(sent(&mut engine, &config).is_some());
            engine.receive(FromBmc { acknowledged: 1, nack: true, ..FromBmc::default() });
        }
        for _ in 0..=TRIES {
            engine.pump(&config);
        }
        assert!(engine.is_over().is_some(), "without any acknowledgement it ends");
    }

    #[tokio::test]
    async fn a_console_that_nobody_uses_is_deactivated_once_it_is_flushed() {
        let (shared, mut engine, config) = engine(8);
        write(&shared, b"bye");
        shared.user_is_gone();
        assert!(engine.is_over().is_none());
        let packet = sent(&mut engine, &config).unwrap();
        engine.receive(FromBmc { acknowledged: packet.sequence, accepted: 3, ..FromBmc::default() });
        assert_eq!(engine.is_over(), Some(Some(DeactivatePayload::sol(1))));
        engine.receive(FromBmc { deactivating: true, ..FromBmc::default() });
        assert_eq!(engine.is_over(), Some(None));
    }
}
