//! IPMI 1.5 sessions, where the BMC offers them: challenge and activation with MD5, a straight password, or no code.

use std::net::SocketAddr;
use std::time::Duration;

use super::context::{ANYBODY, Answer, Command, Context, code, command, exactly};
use crate::ipmi::machine::Machine;
use crate::ipmi::machine::users::{Privilege, User};
use crate::ipmi::state::State;
use crate::ipmi::wire::crypto::{Suite, same};
use crate::ipmi::wire::message::Request;
use crate::ipmi::wire::packet::V15;
use crate::ipmi::wire::session::{Legacy, Phase, Session, Sessions, Window, legacy_code};

const NONE: u8 = 0;
const MD5: u8 = 2;
const PASSWORD: u8 = 4;
const ACTIVATE: u8 = 0x3A;
/// How many challenges are kept at a time.
const PENDING: usize = 8;

pub(super) fn find(number: u8) -> Option<Command> {
    match number {
        0x39 => command(ANYBODY, challenge),
        _ => None,
    }
}

fn challenge(context: &mut Context<'_>, data: &[u8]) -> Answer {
    let (auth_type, name) = data.split_first().ok_or(code::LENGTH)?;
    let name: [u8; 16] = exactly(name)?;
    if !context.state.config.legacy {
        return Err(code::INVALID_COMMAND.into());
    }
    if !matches!(*auth_type, NONE | MD5 | PASSWORD) {
        return Err(code::INVALID_FIELD.into());
    }
    let name = String::from_utf8_lossy(&name).trim_end_matches('\0').to_owned();
    let (slot, _) = context.machine.users.find(&name, None).ok_or(if name.is_empty() { 0x82 } else { 0x81_u8 })?;
    let id = context.others.fresh_id(&mut context.state.random);
    let challenge: [u8; 16] = context.state.random.bytes();
    let pending = &mut context.state.challenges;
    if pending.len() >= PENDING {
        pending.remove(0);
    }
    pending.push((id, slot, challenge));
    let mut answer = id.to_le_bytes().to_vec();
    answer.extend_from_slice(&challenge);
    Ok(answer)
}

/// The password as the 16 bytes that IPMI 1.5 has room for.
fn short_key(user: &User) -> [u8; 16] {
    let mut key = [0; 16];
    for (slot, byte) in key.iter_mut().zip(user.key()) {
        *slot = *byte;
    }
    key
}

/// Activate Session: the session, and the data of the response that goes back in it. Its id is the challenge's.
pub(crate) fn activate(
    state: &mut State,
    machine: &Machine,
    sessions: &Sessions,
    packet: &V15<'_>,
    request: &Request,
    peer: SocketAddr,
    now: Duration,
) -> Result<(Session, Vec<u8>), u8> {
    if (request.netfn, request.command) != (0x06, ACTIVATE) {
        return Err(code::PRIVILEGE);
    }
    let data: [u8; 22] = request.data.as_slice().try_into().map_err(|_| code::LENGTH)?;
    let [auth_type, wanted, rest @ ..] = data;
    let (answered, first) = rest.split_first_chunk::<16>().ok_or(code::LENGTH)?;
    let first = u32::from_le_bytes(first.try_into().map_err(|_| code::LENGTH)?);
    let found = state.challenges.iter().find(|(id, ..)| *id == packet.session);
    let (id, slot, challenge) = *found.ok_or(0x85_u8)?;
    let user = machine.users.get(slot).ok_or(0x85_u8)?;
    let legacy = Legacy { auth_type, password: short_key(user), challenge };
    let code = legacy_code(&legacy, packet.session, packet.message, packet.sequence);
    let signed = match code {
        None => user.key().is_empty(),
        Some(code) => auth_type == packet.auth_type && same(&code, packet.code.unwrap_or_default()),
    };
    if !signed || !same(answered, &legacy.challenge) {
        return Err(0x85);
    }
    if sessions.len() >= state.config.max_sessions {
        return Err(0x81);
    }
    if first == 0 {
        return Err(0x84);
    }
    let wanted = Privilege::from_code(wanted & 0x0F).ok_or(code::INVALID_FIELD)?;
    if user.privilege.is_none_or(|limit| wanted > limit) || wanted > state.config.channel_limit {
        return Err(0x86);
    }
    state.challenges.retain(|(other, ..)| *other != id);

    let suite = Suite::by_id(0).ok_or(code::INVALID_FIELD)?;
    let mut session = Session::new(id, id, suite, peer, wanted, now);
    let inbound = u32::from_le_bytes(state.random.bytes()) | 1;
    session.legacy = Some(legacy);
    session.phase = Phase::Active;
    session.user = slot;
    session.user_name.clone_from(&user.name);
    session.signed_window = Window::starting_at(inbound.wrapping_sub(1));
    session.signed_sent = first.wrapping_sub(1);
    let mut answer = vec![auth_type];
    answer.extend_from_slice(&id.to_le_bytes());
    answer.extend_from_slice(&inbound.to_le_bytes());
    answer.push(wanted.code());
    Ok((session, answer))
}
