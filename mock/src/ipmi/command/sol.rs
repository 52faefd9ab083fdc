//! SOL commands: activating and deactivating the payload, user access to it, and the configuration parameters.

use std::collections::BTreeMap;
use std::time::Duration;

use super::context::{ADMINISTRATOR, Answer, Command, Context, OPERATOR, USER, byte, code, command, exactly};
use crate::ipmi::machine::ChangeKind;
use crate::ipmi::machine::power::Cause;
use crate::ipmi::wire::packet;
use crate::ipmi::wire::sol::Sol;

const ENABLE: u8 = 1;
const AUTHENTICATION: u8 = 2;
const RETRY: u8 = 4;
/// The largest SOL packet, in either direction.
const PACKET_SIZE: u16 = 244;

pub(super) fn find_payload(number: u8) -> Option<Command> {
    match number {
        0x48 => command(USER, activate),
        0x49 => command(USER, deactivate),
        0x4A => command(USER, status),
        0x4B => command(USER, instance),
        0x4C => command(ADMINISTRATOR, set_user_payloads),
        0x4D => command(OPERATOR, get_user_payloads),
        // IPMI and SOL; opening and the RAKP messages.
        0x4E => command(USER, |_, _| Ok(vec![0x03, 0x00, 0x3F, 0x00, 0x00, 0x00, 0x00, 0x00])),
        0x4F => command(USER, version),
        0x55 => command(USER, encryption),
        _ => None,
    }
}

pub(super) fn find_configuration(number: u8) -> Option<Command> {
    match number {
        0x21 => command(ADMINISTRATOR, set_parameter),
        0x22 => command(USER, get_parameter),
        _ => None,
    }
}

/// Returns the SOL configuration parameters of a new BMC.
pub(crate) fn defaults() -> BTreeMap<u8, Vec<u8>> {
    BTreeMap::from([
        (0, vec![0]),
        (ENABLE, vec![1]),
        // Authentication and encryption forced; Operator privilege or higher.
        (AUTHENTICATION, vec![0xC3]),
        // Character accumulation in 5 ms, send threshold.
        (3, vec![12, 96]),
        // Seven retries, 100 ms apart.
        (RETRY, vec![7, 10]),
        // 115200 baud.
        (5, vec![0x0A]),
        (6, vec![0x0A]),
        (7, vec![1]),
        (8, 623_u16.to_le_bytes().to_vec()),
    ])
}

fn parameter(context: &Context<'_>, selector: u8, at: usize) -> u8 {
    context.state.sol.get(&selector).and_then(|value| value.get(at)).copied().unwrap_or(0)
}

fn activate(context: &mut Context<'_>, data: &[u8]) -> Answer {
    let [payload, instance, wish, _, _, _] = exactly(data)?;
    if payload & 0x3F != packet::SOL || instance & 0x0F != 1 {
        return Err(code::INVALID_FIELD.into());
    }
    if parameter(context, ENABLE, 0) & 1 == 0 {
        // Payload type is disabled.
        return Err(0x81.into());
    }
    let required = parameter(context, AUTHENTICATION, 0);
    let (retries, interval) = (parameter(context, RETRY, 0) & 7, parameter(context, RETRY, 1));
    let taken = context.others.iter().any(|other| other.sol.is_some());
    let session = context.session.as_mut().ok_or(code::INVALID_COMMAND)?;
    if taken || session.sol.is_some() {
        // Active on another session.
        return Err(0x80.into());
    }
    if session.legacy.is_some() {
        return Err(code::INVALID_COMMAND.into());
    }
    let may = context.machine.users.get(session.user).is_some_and(|user| user.payloads & 0x02 != 0);
    if !may || session.privilege.code() < required & 0x0F {
        return Err(code::PRIVILEGE.into());
    }
    let encrypted = wish & 0x80 != 0;
    let authenticated = wish & 0x40 != 0;
    if required & 0x80 != 0 && !encrypted && session.suite.confidentiality != 0 {
        // It can't be activated without encryption.
        return Err(0x84.into());
    }
    let interval = Duration::from_millis(u64::from(interval.max(1)) * 10);
    let mut sol = Sol::new(authenticated || required & 0x40 != 0, encrypted, retries, interval);
    sol.chunk = usize::from(PACKET_SIZE) - 4;
    session.sol = Some(sol);
    context.machine.console.greet();
    let mut answer = vec![0, 0, 0, 0];
    answer.extend_from_slice(&PACKET_SIZE.to_le_bytes());
    answer.extend_from_slice(&PACKET_SIZE.to_le_bytes());
    answer.extend_from_slice(&context.state.port.to_le_bytes());
    // No VLAN.
    answer.extend_from_slice(&[0xFF, 0xFF]);
    Ok(answer)
}

fn deactivate(context: &mut Context<'_>, data: &[u8]) -> Answer {
    let [payload, instance, _, _, _, _] = exactly(data)?;
    if payload & 0x3F != packet::SOL || instance & 0x0F != 1 {
        return Err(code::INVALID_FIELD.into());
    }
    let session = context.session.as_mut().ok_or(code::INVALID_COMMAND)?;
    if session.sol.take().is_some() {
        return Ok(Vec::new());
    }
    let other = context.others.active().find(|other| other.sol.is_some()).map(|other| other.id);
    // Already deactivated.
    context.effects.stopped_console = Some(other.ok_or(0x80_u8)?);
    Ok(Vec::new())
}

fn is_active(context: &Context<'_>) -> bool {
    let own = context.session.as_ref().is_some_and(|session| session.sol.is_some());
    own || context.others.iter().any(|other| other.sol.is_some())
}

fn status(context: &mut Context<'_>, data: &[u8]) -> Answer {
    let [payload] = exactly(data)?;
    if payload & 0x3F != packet::SOL {
        return Err(code::INVALID_FIELD.into());
    }
    Ok(vec![1, u8::from(is_active(context)), 0])
}

fn instance(context: &mut Context<'_>, data: &[u8]) -> Answer {
    let [payload, instance] = exactly(data)?;
    if payload & 0x3F != packet::SOL || instance != 1 {
        return Err(code::INVALID_FIELD.into());
    }
    let own = context.session.as_deref().filter(|session| session.sol.is_some());
    let holder = own.or_else(|| context.others.iter().find(|other| other.sol.is_some())).map_or(0, |it| it.id);
    let mut answer = holder.to_le_bytes().to_vec();
    // Port 1 of the system.
    answer.extend_from_slice(&[1, 0, 0, 0, 0, 0, 0, 0]);
    Ok(answer)
}

fn version(_: &mut Context<'_>, data: &[u8]) -> Answer {
    let [_channel, payload] = exactly(data)?;
    match payload & 0x3F {
        packet::IPMI | packet::SOL | 0x10..=0x15 => Ok(vec![0x10]),
        _ => Err(0x80.into()),
    }
}

/// Suspends or resumes encryption of the SOL payload.
fn encryption(context: &mut Context<'_>, data: &[u8]) -> Answer {
    let [payload, _instance, operation] = exactly(data)?;
    let session = context.session.as_mut().ok_or(code::INVALID_COMMAND)?;
    let sol = session.sol.as_mut().filter(|_| payload & 0x3F == packet::SOL).ok_or(code::STATE)?;
    match operation & 0x1F {
        0 => sol.encrypted = false,
        1 => sol.encrypted = true,
        // Regenerating initialisation vectors is for xRC4.
        _ => return Err(0x80.into()),
    }
    Ok(Vec::new())
}

fn get_user_payloads(context: &mut Context<'_>, data: &[u8]) -> Answer {
    let [channel, id] = exactly(data)?;
    context.lan_channel(channel)?;
    let payloads = super::user::slot(context, id)?.payloads;
    Ok(vec![payloads, 0, 0, 0])
}

fn set_user_payloads(context: &mut Context<'_>, data: &[u8]) -> Answer {
    let [channel, id, standard, _, _, _] = exactly(data)?;
    context.lan_channel(channel)?;
    let user = super::user::slot(context, id)?;
    match id >> 6 {
        0 => user.payloads |= standard & 0x02,
        1 => user.payloads &= !(standard & 0x02),
        _ => return Err(code::INVALID_FIELD.into()),
    }
    context.machine.record(ChangeKind::User(id & 0x3F), Cause::Unknown);
    Ok(Vec::new())
}

fn get_parameter(context: &mut Context<'_>, data: &[u8]) -> Answer {
    let [channel, selector, _, _] = exactly(data)?;
    context.lan_channel(channel)?;
    let mut answer = vec![0x11];
    if channel & 0x80 == 0 {
        answer.extend_from_slice(context.state.sol.get(&selector).ok_or(0x80_u8)?);
    }
    Ok(answer)
}

fn set_parameter(context: &mut Context<'_>, data: &[u8]) -> Answer {
    let (channel, selector) = (byte(data, 0)?, byte(data, 1)?);
    context.lan_channel(channel)?;
    let value = data.get(2..).unwrap_or_default();
    // Channel and port are read-only.
    if matches!(selector, 7 | 8) {
        return Err(0x82.into());
    }
    let held = context.state.sol.get_mut(&selector).ok_or(0x80_u8)?;
    if held.len() != value.len() {
        return Err(code::LENGTH.into());
    }
    *held = value.to_vec();
    Ok(Vec::new())
}
