//! Opens an IPMI 2.0 session (section 13.15): capabilities, choice of the cipher suite, Open Session, RAKP, and the
//! privilege level. A peer that doesn't prove that it knows the password, or that answers with another suite than was
//! proposed, is refused.

use std::sync::atomic::{AtomicU8, AtomicU32, Ordering};
use std::time::Duration;

use tokio::time::Instant;

use super::config::{Config, SuiteChoice};
use super::link::{Link, to_bmc};
use super::wire::Wire;
use crate::command::session::{
    ChannelAuthenticationCapabilities, CloseSession, GetChannelAuthenticationCapabilities, GetChannelCipherSuites,
    PRESENT_CHANNEL,
};
use crate::command::{Command, CompletionCode};
use crate::deadline::{after, part};
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
use crate::packet::suite::{CipherSuite, SUITES, decode_list};

const OPENING: &str = "opening an IPMI 2.0 session";
/// The list of cipher suites comes in up to 64 parts of 16 bytes, but no BMC has more suites than fit in this many parts.
const LIST_PARTS: u8 = 16;
const LIST_PART: usize = 16;
/// The sequence numbers of requests outside a session. Some BMCs answer the first request with zero, whatever its number was.
pub(super) const FIRST_SEQUENCE: u8 = 0;
const SECOND_SEQUENCE: u8 = 1;
const LIST_SEQUENCE: u8 = 0x10;
/// How often the exchange is tried when lost packets get both sides out of step.
const ROUNDS: u32 = 4;

/// A session that was opened.
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

/// Sends a command outside any session. The sequence number distinguishes its answer from those to earlier requests.
pub(super) async fn ask_outside<C: Command>(
    wire: &Wire,
    config: &Config,
    patience: Duration,
    sequence: u8,
    command: &C,
) -> Result<C::Response, Error> {
    let mut data = Vec::new();
    command.encode(&mut data);
    let request = to_bmc(sequence, command.code(), command.lun(), data);
    let packet = session15::encode(AuthType::None, &[], 0, 0, &request.encode());
    let response = wire
        .ask(
            config,
            patience,
            C::NAME,
            || packet.clone(),
            |datagram| {
                outside(datagram).filter(|response| {
                    response.net_fn == request.net_fn.response()
                        && response.command == request.command
                        && (response.sequence == request.sequence || response.sequence == FIRST_SEQUENCE)
                })
            },
        )
        .await?;
    judge(command, response.completion, &response.data)
}

/// Turns a completion code and the data after it into a command's response.
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

/// Decodes a response outside any session, in either wrapper.
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
    match ask_outside(wire, config, config.timeout, FIRST_SEQUENCE, &ask(true)).await {
        // An IPMI 1.5 BMC may not know the bit that asks for what 2.0 added.
        Err(error) if error.completion_code() == Some(CompletionCode::InvalidField) => {
            ask_outside(wire, config, config.timeout, SECOND_SEQUENCE, &ask(false)).await
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
            suite_list(wire, config).await.candidates()
        }
    };
    let mut refused = None;
    for suite in candidates {
        match exchange(wire, config, suite).await {
            // The BMC lists a suite that it then refuses. Try the next one: the caller allows each of them.
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
            "the BMC offers no cipher suite with integrity and encryption (17 or 3); name another one if you must",
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

/// Reads the BMC's list of cipher suites, as far as it answers quickly: some BMCs don't answer at all, and every IPMI 2.0
/// BMC has suite 3, whether it can list its suites or not.
async fn suite_list(wire: &Wire, config: &Config) -> SuiteList {
    // Long enough for one repetition, in case a packet is lost.
    let patience = config.first_repeat.saturating_mul(2).min(config.timeout);
    let ends = after(patience.saturating_mul(2));
    let mut list = SuiteList::default();
    let mut before = Vec::new();
    for index in 0..LIST_PARTS {
        let command = GetChannelCipherSuites { channel: PRESENT_CHANNEL, index };
        let patience = patience.min(ends.saturating_duration_since(Instant::now()));
        let part = match ask_outside(wire, config, patience, LIST_SEQUENCE.saturating_add(index), &command).await {
            Ok(part) => part,
            // If the list fills its last part, some BMCs refuse the next index instead of returning an empty part.
            Err(error) if error.completion_code().is_some() && index > 0 => break,
            Err(error) => {
                tracing::debug!(%error, "the list of cipher suites ends early");
                list.is_cut = true;
                break;
            }
        };
        // Some BMCs return the same part for every index.
        if part == before {
            break;
        }
        list.bytes.extend(&part);
        if part.len() < LIST_PART {
            break;
        }
        list.is_cut = index.saturating_add(1) == LIST_PARTS;
        before = part;
    }
    list
}

/// A BMC's list of cipher suites.
#[derive(Debug, Default)]
struct SuiteList {
    bytes: Vec<u8>,
    /// Whether the end of the list may be missing.
    is_cut: bool,
}

impl SuiteList {
    /// Returns the suites to try, in this order: those listed that protect everything at least as well as suite 3, strongest first;
    /// then, if the list is missing, empty, cut off or garbled, those that every BMC should have.
    fn candidates(&self) -> Vec<CipherSuite> {
        let (records, is_garbled) = decode_list(&self.bytes);
        let is_named =
            |suite: &CipherSuite| records.iter().any(|record| record.enterprise.is_none() && record.id == suite.id());
        let mut candidates: Vec<_> =
            SUITES.into_iter().filter(|suite| is_strong_enough(*suite) && is_named(suite)).collect();
        if self.is_cut || is_garbled || records.is_empty() {
            for usual in [CipherSuite::SHA1_AES, CipherSuite::SHA256_AES] {
                if !candidates.contains(&usual) {
                    candidates.push(usual);
                }
            }
        }
        candidates
    }
}

/// Returns whether a suite may be used because the list names it. The list isn't authenticated: someone who changes it must not
/// be able to force anything weaker than what every BMC has.
fn is_strong_enough(suite: CipherSuite) -> bool {
    suite.is_protected() && suite != CipherSuite::MD5_AES
}

async fn exchange(wire: &Wire, config: &Config, suite: CipherSuite) -> Result<Opened, Error> {
    let mut round = 1_u32;
    loop {
        match exchange_once(wire, config, suite).await {
            // The two sides disagree about which of several repeated messages counts. Start again.
            Err(Failure::OutOfStep(_)) if round < ROUNDS => round = round.saturating_add(1),
            Err(Failure::OutOfStep(error) | Failure::Final(error)) => return Err(error),
            Ok(opened) => return Ok(opened),
        }
    }
}

enum Failure {
    /// A repetition may be the reason, and starting again may help.
    OutOfStep(Error),
    Final(Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Final(error)
    }
}

/// Sends one message of the exchange, with a new tag for every repetition, and accepts only an answer to the latest one: a
/// BMC may choose a new random number for each. Also returns how often the message was sent.
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
                    // Anyone can send this: the BMC's own answer may still come. If it doesn't, this is the error.
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
        // Inform the BMC, so that it frees the session; there is no answer to wait for.
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
        // A BMC that accepted an earlier repetition may not answer this one: don't spend all the time on it.
        part(config.timeout, ROUNDS),
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
            // The answer to an earlier repetition was lost: the session may be open, so that it has to be closed.
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

/// Closes a session that may or may not be open on the BMC, without waiting for an answer.
async fn close(wire: &Wire, link: &mut Link) {
    if let Ok(datagram) = close_packet(link, 0) {
        wire.send(&datagram).await;
    }
}

/// Returns a datagram that asks the BMC to close this session.
pub(super) fn close_packet(link: &mut Link, sequence: u8) -> Result<Vec<u8>, getrandom::Error> {
    let command = CloseSession { session: link.bmc_session() };
    let mut data = Vec::new();
    command.encode(&mut data);
    link.seal(PayloadType::IPMI, &to_bmc(sequence, command.code(), 0, data).encode())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_list_names_comes_first_and_a_list_that_says_nothing_means_suite_3() {
        const SUITE_3: [u8; 5] = [0xc0, 3, 1, 0x41, 0x81];
        const SUITE_17: [u8; 5] = [0xc0, 17, 3, 0x44, 0x81];
        let cases: [(&str, Vec<u8>, bool, &[u8]); 15] = [
            ("both", [SUITE_3, SUITE_17].concat(), false, &[17, 3]),
            ("one", SUITE_3.to_vec(), false, &[3]),
            ("only 17", SUITE_17.to_vec(), false, &[17]),
            ("none that protects", vec![0xc0, 1, 1], false, &[]),
            ("only 8, by MD5", vec![0xc0, 8, 2, 0x42, 0x81], false, &[]),
            ("8 beside 3", [&[0xc0, 8, 2, 0x42, 0x81][..], &SUITE_3].concat(), false, &[3]),
            ("silent", vec![], true, &[3, 17]),
            ("empty", vec![], false, &[3, 17]),
            ("zeros", vec![0; 16], false, &[3, 17]),
            ("ones", vec![0xff; 16], false, &[3, 17]),
            ("cut within suite 3", [&SUITE_17[..], &[0xc0]].concat(), false, &[17, 3]),
            ("cut after an ID", [&SUITE_3[..], &[0xc0, 17]].concat(), false, &[17, 3]),
            ("garbled behind 17", [&SUITE_17[..], &[0xde, 0xad]].concat(), false, &[17, 3]),
            ("an OEM suite 17", vec![0xc1, 17, 1, 2, 3, 1, 0x41, 0x81], false, &[]),
            ("the second part stayed out", SUITE_3.to_vec(), true, &[3, 17]),
        ];
        for (what, bytes, is_cut, expected) in cases {
            let candidates = SuiteList { bytes, is_cut }.candidates();
            assert_eq!(candidates.iter().map(|suite| suite.id()).collect::<Vec<_>>(), expected, "{what}");
        }
    }
}
