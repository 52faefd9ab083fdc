//! Opening an IPMI 2.0 session (section 13.15): capabilities, choice of the cipher suite, Open Session, RAKP, and the
//! privilege level. A peer that doesn't prove that it knows the password, or answers another suite than was proposed,
//! is refused.

use std::sync::atomic::{AtomicU8, AtomicU32, Ordering};
use std::time::Duration;

use super::config::{Config, SuiteChoice};
use super::link::{Link, to_bmc};
use super::wire::Wire;
use crate::command::session::{
    ChannelAuthenticationCapabilities, CloseSession, GetChannelAuthenticationCapabilities, GetChannelCipherSuites,
    PRESENT_CHANNEL,
};
use crate::command::{Command, CompletionCode};
use crate::error::{Error, ErrorKind};
use crate::packet::Malformed;
use crate::packet::auth::{Exchange, Keys, same_code};
use crate::packet::message::Response;
use crate::packet::rakp::{
    Answer, OpenSessionRequest, OpenedSession, Rakp1, Rakp2, Rakp3, Rakp4, RakpStatus, decode_open_session,
};
use crate::packet::rmcp::{self, Datagram};
use crate::packet::session15::{self, AuthType};
use crate::packet::session20::{self, PayloadType};
use crate::packet::suite::{CipherSuite, SUITES, decode_records};

const OPENING: &str = "opening an IPMI 2.0 session";
/// The list of cipher suites comes in parts of 16 bytes, of which there can be 64.
const LIST_PARTS: u8 = 64;
/// How often the exchange is begun anew when lost packets got both sides out of step.
const ROUNDS: u32 = 4;

/// What opening a session gives.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) link: Link,
    pub(super) suite: CipherSuite,
    pub(super) guid: [u8; 16],
}

pub(super) fn random<const N: usize>() -> Result<[u8; N], Error> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| {
        Error::new(ErrorKind::Io, OPENING, format!("the operating system gave no random numbers: {error}"))
    })?;
    Ok(bytes)
}

/// Asks a command outside of any session.
pub(super) async fn ask_outside<C: Command>(wire: &Wire, config: &Config, command: &C) -> Result<C::Response, Error> {
    let [sequence] = random::<1>()?;
    let mut data = Vec::new();
    command.encode(&mut data);
    let request = to_bmc(sequence & 0x3f, command.code(), command.lun(), data);
    let packet = session15::encode(AuthType::None, &[], 0, 0, &request.encode());
    let response = wire
        .ask(
            config,
            config.timeout,
            C::NAME,
            || packet.clone(),
            |datagram| {
                outside(datagram).filter(|response| {
                    response.net_fn == request.net_fn.response()
                        && response.command == request.command
                        && response.sequence == request.sequence
                })
            },
        )
        .await?;
    judge(command, response.completion, &response.data)
}

/// What a command makes of a completion code and the data behind it.
pub(super) fn judge<C: Command>(command: &C, completion: u8, data: &[u8]) -> Result<C::Response, Error> {
    match CompletionCode::from(completion) {
        CompletionCode::Success => command.decode(data).map_err(|malformed| Error::malformed(C::NAME, malformed)),
        code => {
            let mut detail = code.to_string();
            if let Some(meaning) = command.explain(code) {
                detail = format!("completion code {completion:#04x}: {meaning}");
            }
            Err(Error::new(ErrorKind::Refused(code), C::NAME, detail))
        }
    }
}

/// A response outside of any session, in either wrapper.
fn outside(datagram: &[u8]) -> Option<Response> {
    let Ok(Datagram::Ipmi(wrapper)) = rmcp::decode(datagram) else {
        return None;
    };
    let payload = match session15::Packet::decode(wrapper) {
        Ok(packet) if packet.session == 0 => packet.payload,
        Ok(_) => return None,
        Err(_) => payload_outside(wrapper, PayloadType::IPMI)?,
    };
    Response::decode(payload).ok()
}

fn payload_outside(wrapper: &[u8], payload_type: PayloadType) -> Option<&[u8]> {
    let packet = session20::Packet::decode(wrapper).ok()?;
    let plain = packet.session == 0 && !packet.encrypted && !packet.authenticated;
    (plain && packet.payload_type == payload_type).then_some(packet.payload)
}

pub(super) async fn capabilities(wire: &Wire, config: &Config) -> Result<ChannelAuthenticationCapabilities, Error> {
    let ask = |extended| GetChannelAuthenticationCapabilities {
        channel: PRESENT_CHANNEL,
        privilege: config.privilege,
        extended,
    };
    match ask_outside(wire, config, &ask(true)).await {
        // A BMC of IPMI 1.5 may not know the bit that asks for what 2.0 added.
        Err(error) if error.completion_code() == Some(CompletionCode::InvalidField) => {
            ask_outside(wire, config, &ask(false)).await
        }
        other => other,
    }
}

/// Opens a session.
pub(super) async fn open(wire: &Wire, config: &Config, choice: SuiteChoice) -> Result<Opened, Error> {
    let candidates = match choice {
        SuiteChoice::Exactly(suite) => vec![suite],
        SuiteChoice::Strongest => {
            let capabilities = capabilities(wire, config).await?;
            if !capabilities.ipmi_2_0 {
                return Err(Error::new(
                    ErrorKind::Unsupported,
                    OPENING,
                    "the BMC speaks only IPMI 1.5, which doesn't encrypt; allow it by name if you must",
                ));
            }
            protected_suites(wire, config).await?
        }
    };
    let mut refused = None;
    for suite in candidates {
        match exchange(wire, config, suite).await {
            // The BMC lists a suite that it then doesn't take. The next one is no worse than the caller allowed.
            Err(error) if matches!(error.kind(), ErrorKind::SessionRefused(status) if is_about_suite(status)) => {
                refused = Some(error);
            }
            other => return other,
        }
    }
    Err(refused.unwrap_or_else(|| {
        Error::new(
            ErrorKind::Unsupported,
            OPENING,
            "the BMC offers no cipher suite with integrity and encryption (17, 3 or 8); name another one if you must",
        )
    }))
}

const fn is_about_suite(status: RakpStatus) -> bool {
    matches!(
        status,
        RakpStatus::NoMatchingSuite
            | RakpStatus::InvalidAuthentication
            | RakpStatus::InvalidIntegrity
            | RakpStatus::InvalidConfidentiality
            | RakpStatus::NoMatchingAuthentication
            | RakpStatus::NoMatchingIntegrity
    )
}

/// The suites of the BMC that protect everything, strongest first.
async fn protected_suites(wire: &Wire, config: &Config) -> Result<Vec<CipherSuite>, Error> {
    let mut list = Vec::new();
    for index in 0..LIST_PARTS {
        let command = GetChannelCipherSuites { channel: PRESENT_CHANNEL, index };
        match ask_outside(wire, config, &command).await {
            Ok(part) => {
                let last = part.len() < 16;
                list.extend(part);
                if last {
                    break;
                }
            }
            // Behind a list of whole parts, some refuse the next index instead of giving an empty one.
            Err(error) if error.completion_code().is_some() && index > 0 => break,
            // Every BMC of IPMI 2.0 has suite 3, whether it can list its suites or not.
            Err(error) if error.completion_code().is_some() => {
                return Ok(vec![CipherSuite::SHA1_AES]);
            }
            Err(error) => return Err(error),
        }
    }
    let listed: Vec<_> = decode_records(&list).iter().filter_map(|record| record.suite()).collect();
    Ok(SUITES.into_iter().filter(|suite| suite.is_protected() && listed.contains(suite)).collect())
}

async fn exchange(wire: &Wire, config: &Config, suite: CipherSuite) -> Result<Opened, Error> {
    let mut round = 1;
    loop {
        match exchange_once(wire, config, suite).await {
            // Both sides disagree about which of several repeated messages counts. Begin again.
            Err(Failure::OutOfStep(_)) if round < ROUNDS => round += 1,
            Err(Failure::OutOfStep(error) | Failure::Final(error)) => return Err(error),
            Ok(opened) => return Ok(opened),
        }
    }
}

enum Failure {
    /// A repetition may be the reason, and beginning again may help.
    OutOfStep(Error),
    Final(Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Final(error)
    }
}

/// Asks one message of the exchange under a tag that is new with every repetition, and takes only the latest tag: a BMC
/// may make a new random number for every repetition. Says how often it was sent.
async fn step<T>(
    wire: &Wire,
    config: &Config,
    patience: Duration,
    types: (PayloadType, PayloadType),
    mut encode: impl FnMut(u8) -> Vec<u8>,
    decode: impl Fn(&[u8]) -> Result<Answer<T>, Malformed>,
) -> Result<(Result<T, RakpStatus>, u32), Error> {
    let [first] = random::<1>()?;
    // Atomics because two closures share them in a future that may move between threads.
    let (tag, sent) = (AtomicU8::new(first), AtomicU32::new(0));
    let mut malformed = None;
    let answer = wire
        .ask(
            config,
            patience,
            OPENING,
            || {
                let tag_before = tag.fetch_add(1, Ordering::Relaxed);
                sent.fetch_add(1, Ordering::Relaxed);
                session20::encode_outside(types.0, &encode(tag_before.wrapping_add(1)))
            },
            |datagram| {
                let Ok(Datagram::Ipmi(wrapper)) = rmcp::decode(datagram) else {
                    return None;
                };
                let payload = payload_outside(wrapper, types.1)?;
                match decode(payload) {
                    Ok(answer) => (answer.tag == tag.load(Ordering::Relaxed)).then_some(answer),
                    // Anybody can send this: the BMC's own answer may still come. If none does, this is why.
                    Err(error) => {
                        malformed = Some(error);
                        None
                    }
                }
            },
        )
        .await
        .map_err(|error| malformed.map_or(error, |malformed| Error::malformed(OPENING, malformed)))?;
    Ok((answer.outcome, sent.load(Ordering::Relaxed)))
}

async fn exchange_once(wire: &Wire, config: &Config, suite: CipherSuite) -> Result<Opened, Failure> {
    let algorithm = suite.authentication();
    let console_session = u32::from_le_bytes(random()?).max(1);
    let opened = open_session(wire, config, suite, console_session).await?;

    let console_random = random()?;
    let role = config.role();
    let (answer, _) = step(
        wire,
        config,
        config.timeout,
        (PayloadType::RAKP_1, PayloadType::RAKP_2),
        |tag| {
            let user = config.user.clone();
            Rakp1 { tag, bmc_session: opened.bmc_session, console_random, role, user }.encode()
        },
        Rakp2::decode,
    )
    .await?;
    let rakp2 = answer.map_err(|status| refused("RAKP message 2", status))?;
    let exchange = Exchange {
        console_session,
        bmc_session: opened.bmc_session,
        console_random,
        bmc_random: rakp2.bmc_random,
        guid: rakp2.guid,
        role,
        user: config.user.clone(),
    };
    let proof = exchange.rakp2_code(algorithm, config.password());
    if rakp2.console_session != console_session || !same_code(&rakp2.code, &proof) {
        // Tell the BMC, so that it frees the session; there is no answer to wait for.
        let status = RakpStatus::InvalidCheckValue;
        let goodbye = Rakp3 { tag: 0, status, bmc_session: opened.bmc_session, code: Vec::new() };
        wire.send(&session20::encode_outside(PayloadType::RAKP_3, &goodbye.encode())).await;
        return Err(Failure::Final(Error::new(
            ErrorKind::Authentication,
            OPENING,
            "the BMC's proof doesn't fit the password: the password is wrong, or it isn't the BMC",
        )));
    }

    let code = exchange.rakp3_code(algorithm, config.password());
    let (answer, sent) = step(
        wire,
        config,
        // A BMC that took an earlier repetition may say nothing to this one: don't spend all the time on it.
        config.timeout / ROUNDS,
        (PayloadType::RAKP_3, PayloadType::RAKP_4),
        |tag| {
            let bmc_session = opened.bmc_session;
            Rakp3 { tag, status: RakpStatus::Success, bmc_session, code: code.to_vec() }.encode()
        },
        Rakp4::decode,
    )
    .await
    .map_err(|error| if error.is_timeout() { Failure::OutOfStep(error) } else { Failure::Final(error) })?;
    let sik = exchange.session_integrity_key(algorithm, config.key());
    let keys = Keys::derive(suite, &sik);
    let mut link = Link::v20(keys, console_session, opened.bmc_session);
    let rakp4 = match answer {
        Ok(rakp4) => rakp4,
        Err(status) if sent > 1 => {
            // The answer to an earlier repetition was lost: the session may well stand, so that it has to be closed.
            close(wire, &mut link).await;
            return Err(Failure::OutOfStep(refused("RAKP message 4", status)));
        }
        Err(status) => return Err(refused("RAKP message 4", status).into()),
    };
    let check = exchange.rakp4_check(algorithm, &sik);
    if rakp4.console_session != console_session || !same_code(&rakp4.check, &check) {
        close(wire, &mut link).await;
        return Err(Failure::Final(Error::new(
            ErrorKind::Authentication,
            OPENING,
            "the BMC knows the password but not the same K_G: K_G is wrong, or missing here, or too much",
        )));
    }
    tracing::debug!(%suite, "session opened");
    Ok(Opened { link, suite, guid: exchange.guid })
}

async fn open_session(
    wire: &Wire,
    config: &Config,
    suite: CipherSuite,
    console_session: u32,
) -> Result<OpenedSession, Error> {
    let (answer, _) = step(
        wire,
        config,
        config.timeout,
        (PayloadType::OPEN_SESSION_REQUEST, PayloadType::OPEN_SESSION_RESPONSE),
        |tag| OpenSessionRequest { tag, privilege: config.privilege as u8, console_session, suite }.encode(),
        decode_open_session,
    )
    .await?;
    let opened = answer.map_err(|status| refused("Open Session", status))?;
    if opened.console_session != console_session || opened.bmc_session == 0 {
        return Err(Error::new(ErrorKind::Untrusted, OPENING, "the answer is for another session"));
    }
    if !opened.is(suite) {
        let detail = format!(
            "{suite} was asked for, and the BMC answered authentication {}, integrity {}, confidentiality {}: \
             not accepted, as that would be a downgrade",
            opened.authentication, opened.integrity, opened.confidentiality
        );
        return Err(Error::new(ErrorKind::Untrusted, OPENING, detail));
    }
    Ok(opened)
}

fn refused(message: &'static str, status: RakpStatus) -> Error {
    let (kind, advice) = match status {
        RakpStatus::UnauthorizedName | RakpStatus::InvalidCheckValue | RakpStatus::InvalidNameLength => {
            (ErrorKind::Authentication, "")
        }
        RakpStatus::UnauthorizedRole | RakpStatus::InvalidRole => {
            (ErrorKind::Authentication, "; ask for a lower privilege level")
        }
        _ => (ErrorKind::SessionRefused(status), ""),
    };
    Error::new(kind, OPENING, format!("{message} was refused: {status}{advice}"))
}

/// Closes a session that may or may not stand at the BMC, without waiting for an answer.
async fn close(wire: &Wire, link: &mut Link) {
    if let Ok(datagram) = close_packet(link, 0) {
        wire.send(&datagram).await;
    }
}

/// A Close Session request of the session itself.
pub(super) fn close_packet(link: &mut Link, sequence: u8) -> Result<Vec<u8>, getrandom::Error> {
    let command = CloseSession { session: link.bmc_session() };
    let mut data = Vec::new();
    command.encode(&mut data);
    link.seal(PayloadType::IPMI, &to_bmc(sequence, command.code(), 0, data).encode())
}
