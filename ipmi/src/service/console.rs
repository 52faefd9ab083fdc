//! The system's serial console over the session: activating it, and the stream of characters. Repetition and
//! acknowledgement are the owner task's.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::command::sol::{
    ActivatePayload, DeactivatePayload, GetSolConfiguration, SetSolConfiguration, SolConfiguration, SolParameter,
};
use crate::packet::suite::{Confidentiality, Integrity};
use crate::session::Control;
use crate::session::sol::{Port, Shared};
use crate::{Client, Error, ErrorKind};

const ACTIVATING: &str = "activating the console";
const SETTING: &str = "setting the SOL configuration";
const SET_IN_PROGRESS: u8 = 0;
const ALREADY_ACTIVE: u8 = 0x80;
/// The four bytes in front of the characters of a SOL packet.
const HEADER: u16 = 4;

impl Client {
    /// Activates Serial Over LAN and gives the console as a stream of bytes. It ends with the stream.
    ///
    /// # Errors
    /// When SOL is disabled, active elsewhere ([`take_over_sol`](Self::take_over_sol) ends that), only available on
    /// another port, or as [`send`](Self::send).
    pub async fn sol(&self) -> Result<Console, Error> {
        const INSTANCE: u8 = 1;
        let Some(suite) = self.cipher_suite() else {
            let detail = "serial over LAN needs a session of IPMI 2.0";
            return Err(Error::new(ErrorKind::Unsupported, ACTIVATING, detail).at(self.peer()));
        };
        let encrypted = suite.confidentiality() != Confidentiality::None;
        let authenticated = suite.integrity() != Integrity::None;
        let activated = self.send(&ActivatePayload::sol(INSTANCE, encrypted, authenticated)).await?;
        let shared = Arc::new(Shared::default());
        // From here on, dropping the console deactivates the payload.
        let console = Console { shared: Arc::clone(&shared), _client: self.clone() };
        let longest = usize::from(activated.inbound_size.saturating_sub(HEADER)).clamp(1, 251);
        self.control(Control::Sol(Port { shared, instance: INSTANCE, longest }))?;
        let ours = self.address().port();
        if activated.port != ours && activated.port != 0 && activated.port != crate::DEFAULT_PORT {
            let detail = format!("the BMC wants SOL packets on port {} and has this session on {ours}", activated.port);
            return Err(Error::new(ErrorKind::Unsupported, ACTIVATING, detail).at(self.peer()));
        }
        Ok(console)
    }

    /// As [`sol`](Self::sol), but ends a console that is active elsewhere first.
    ///
    /// # Errors
    /// As [`sol`](Self::sol).
    pub async fn take_over_sol(&self) -> Result<Console, Error> {
        match self.sol().await {
            Err(error) if error.completion_code().is_some_and(|code| code.number() == ALREADY_ACTIVE) => {
                self.deactivate_sol().await?;
                self.sol().await
            }
            other => other,
        }
    }

    /// Ends a console wherever it is active. That none is active is not an error.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub async fn deactivate_sol(&self) -> Result<(), Error> {
        const NOT_ACTIVE: u8 = 0x80;
        match self.send(&DeactivatePayload::sol(1)).await {
            Err(error) if error.completion_code().is_some_and(|code| code.number() == NOT_ACTIVE) => Ok(()),
            other => other,
        }
    }

    /// Reads how SOL is configured on a channel; 0Eh is the present one. Parameters that the BMC lacks are left out.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub async fn sol_configuration(&self, channel: u8) -> Result<SolConfiguration, Error> {
        let mut configuration = SolConfiguration::default();
        for parameter in 1..=8 {
            match self.send(&GetSolConfiguration { channel, parameter }).await {
                Ok(data) => configuration.take(parameter, &data),
                Err(error) if error.completion_code().is_some() => {}
                Err(error) => return Err(error),
            }
        }
        Ok(configuration)
    }

    /// Sets SOL parameters of a channel, in the order given, and reads them back.
    ///
    /// # Errors
    /// As [`send`](Self::send), and for a bit rate that the specification does not have: nothing is sent then. Also when a
    /// parameter is not as it was asked ([`ErrorKind::NotInForce`]).
    pub async fn set_sol_configuration(&self, channel: u8, parameters: &[SolParameter]) -> Result<(), Error> {
        let mut encoded = Vec::new();
        for parameter in parameters {
            let Some(one) = parameter.encode() else {
                let detail = "the bit rates of SOL are 9600, 19200, 38400, 57600 and 115200";
                return Err(Error::new(ErrorKind::Invalid, SETTING, detail).at(self.peer()));
            };
            encoded.push(one);
        }
        let answered = self.write_sol(channel, encoded).await;
        self.confirm(SETTING, answered, || async {
            let found = self.sol_configuration(channel).await?;
            let other: Vec<_> = parameters.iter().filter_map(|parameter| parameter.contradiction(&found)).collect();
            Ok((!other.is_empty()).then(|| other.join(", ")))
        })
        .await
    }

    async fn write_sol(&self, channel: u8, parameters: Vec<(u8, Vec<u8>)>) -> Result<(), Error> {
        let set = |parameter, data| SetSolConfiguration { channel, parameter, data };
        // Many BMCs take parameters without "set in progress", and some do not have it.
        let in_progress = match self.send(&set(SET_IN_PROGRESS, vec![1])).await {
            Ok(()) => true,
            Err(error) if error.completion_code().is_some() => false,
            Err(error) => return Err(error),
        };
        let mut outcome = Ok(());
        for (parameter, data) in parameters {
            outcome = self.send(&set(parameter, data)).await;
            if outcome.is_err() {
                break;
            }
        }
        if in_progress {
            let ended = self.send(&set(SET_IN_PROGRESS, vec![0])).await;
            if outcome.is_ok() {
                outcome = ended;
            }
        }
        outcome
    }
}

/// The system's serial console: bytes both ways.
///
/// Reading gives the end of the stream when the BMC deactivates SOL, and an error when the session was lost. Flushing
/// waits until the BMC has acknowledged everything. Dropping it deactivates SOL in the background, once what was
/// written is acknowledged.
#[derive(Debug)]
pub struct Console {
    shared: Arc<Shared>,
    /// The session lives as long as its console.
    _client: Client,
}

impl Console {
    /// Sends a serial break, with the next characters or by itself. Linux takes it for the magic SysRq key.
    pub fn send_break(&self) {
        self.shared.send_break();
    }

    /// Returns how often the BMC said that it lost characters.
    #[must_use]
    pub fn overruns(&self) -> u64 {
        self.shared.counters().0
    }

    /// Returns how often the BMC saw a serial break.
    #[must_use]
    pub fn breaks_seen(&self) -> u64 {
        self.shared.counters().1
    }
}

impl Drop for Console {
    fn drop(&mut self) {
        self.shared.user_is_gone();
    }
}

impl AsyncRead for Console {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.shared.poll_read(context, buffer)
    }
}

impl AsyncWrite for Console {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.shared.poll_write(context, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.shared.poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.shared.poll_flush(context)
    }
}
