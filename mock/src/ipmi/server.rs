//! The thread that hosts BMCs: one current-thread runtime, a socket and a task for each BMC, and the faulty network
//! in between. A test that blocks its own runtime can't stop it.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tokio::net::UdpSocket;
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep_until};

use super::bmc::Bmc;
use super::faults::Direction;
use super::wire::packet;

/// How often a BMC with an open console looks for new output.
const CONSOLE_TICK: Duration = Duration::from_millis(5);
/// What a BMC without one waits for.
const IDLE: Duration = Duration::from_secs(3600);

/// A BMC and the socket it listens on.
pub(crate) struct Member {
    pub(crate) socket: std::net::UdpSocket,
    pub(crate) bmc: Arc<Mutex<Bmc>>,
}

/// A running thread. It ends when the last handle to it is gone.
#[derive(Debug)]
pub(crate) struct Host {
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Host {
    pub(crate) fn start(members: Vec<Member>) -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build()?;
        let mut sockets = Vec::new();
        {
            let _inside = runtime.enter();
            for member in members {
                member.socket.set_nonblocking(true)?;
                sockets.push((UdpSocket::from_std(member.socket)?, member.bmc));
            }
        }
        let (stop, stopped) = oneshot::channel();
        let thread = thread::Builder::new().name("mock-ipmi".to_owned()).spawn(move || {
            runtime.block_on(async move {
                for (socket, bmc) in sockets {
                    tokio::spawn(serve(socket, bmc));
                }
                // An error says that the handle is gone, which is as good as a word.
                let _ = stopped.await;
            });
        })?;
        Ok(Self { stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic over there has been printed over there.
            let _ = thread.join();
        }
    }
}

pub(crate) fn locked(bmc: &Mutex<Bmc>) -> MutexGuard<'_, Bmc> {
    bmc.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A datagram under way: when it arrives, in which order, whether it comes in, the other end, its bytes.
type UnderWay = Reverse<(Instant, u64, bool, SocketAddr, Vec<u8>)>;

struct Link {
    socket: UdpSocket,
    bmc: Arc<Mutex<Bmc>>,
    under_way: BinaryHeap<UnderWay>,
    order: u64,
}

async fn serve(socket: UdpSocket, bmc: Arc<Mutex<Bmc>>) {
    let mut link = Link { socket, bmc, under_way: BinaryHeap::new(), order: 0 };
    let mut buffer = vec![0; 4096];
    let mut tick = IDLE;
    loop {
        let arrival = link.under_way.peek().map(|Reverse((at, ..))| *at);
        let wake = Instant::now() + tick;
        let wake = arrival.map_or(wake, |at| at.min(wake));
        tokio::select! {
            received = link.socket.recv_from(&mut buffer) => {
                // An error here is about a datagram that did not reach its peer (ICMP); the socket is still good.
                if let Ok((length, from)) = received {
                    let datagram = buffer.get(..length).unwrap_or_default().to_vec();
                    link.arrived(from, datagram);
                }
            }
            () = sleep_until(wake) => {}
        }
        tick = link.turn().await;
    }
}

impl Link {
    /// A datagram has come in from the socket: the network before the BMC has its way with it.
    fn arrived(&mut self, from: SocketAddr, datagram: Vec<u8>) {
        locked(&self.bmc).stats.received += 1;
        self.carry(Direction::Requests, from, Duration::ZERO, datagram);
    }

    fn carry(&mut self, direction: Direction, peer: SocketAddr, after: Duration, datagram: Vec<u8>) {
        let now = Instant::now();
        let mut guard = locked(&self.bmc);
        let bmc = &mut *guard;
        let spared = bmc.faults.spare_handshake && !packet::is_in_session(&datagram);
        let carried = if spared || !bmc.faults.affect(direction) {
            vec![(Duration::ZERO, datagram)]
        } else {
            bmc.faults.carry(datagram, &mut bmc.fate, &mut bmc.stats)
        };
        for (takes, datagram) in carried {
            self.order += 1;
            let inbound = direction == Direction::Requests;
            self.under_way.push(Reverse((now + after + takes, self.order, inbound, peer, datagram)));
        }
    }

    /// Moves everything that is due, until nothing is. Returns the time until something is due next.
    async fn turn(&mut self) -> Duration {
        loop {
            let now = Instant::now();
            while self.under_way.peek().is_some_and(|Reverse((at, ..))| *at <= now) {
                let Some(Reverse((_, _, inbound, peer, datagram))) = self.under_way.pop() else {
                    break;
                };
                if inbound {
                    locked(&self.bmc).receive(peer, &datagram);
                } else {
                    locked(&self.bmc).stats.sent += 1;
                    // A peer that is gone is the peer's affair.
                    let _ = self.socket.send_to(&datagram, peer).await;
                }
            }
            let (open_console, out) = {
                let mut bmc = locked(&self.bmc);
                (bmc.poll(), std::mem::take(&mut bmc.out))
            };
            if out.is_empty() {
                return if open_console { CONSOLE_TICK } else { IDLE };
            }
            for (after, to, datagram) in out {
                self.carry(Direction::Replies, to, after, datagram);
            }
        }
    }
}
