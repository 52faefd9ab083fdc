//! Session commands: privilege level, close, info.

use std::net::IpAddr;

use super::context::{Answer, CALLBACK, Command, Context, USER, byte, code, command, exactly, small};
use crate::ipmi::machine::users::Privilege;
use crate::ipmi::wire::session::Session;

pub(super) fn find(number: u8) -> Option<Command> {
    match number {
        0x3B => command(CALLBACK, set_privilege),
        0x3C => command(CALLBACK, close),
        0x3D => command(USER, info),
        _ => None,
    }
}

fn set_privilege(context: &mut Context<'_>, data: &[u8]) -> Answer {
    let [wanted] = exactly(data)?;
    let session = context.session.as_mut().ok_or(code::INVALID_COMMAND)?;
    // 0 asks for the level that there is.
    if wanted & 0x0F != 0 {
        let wanted = Privilege::from_code(wanted & 0x0F).ok_or(code::INVALID_FIELD)?;
        let user = context.machine.users.get(session.user).and_then(|user| user.privilege);
        if user.is_none_or(|limit| wanted > limit) {
            return Err(0x80.into());
        }
        if wanted > session.limit || wanted > context.state.config.channel_limit {
            return Err(0x81.into());
        }
        session.privilege = wanted;
    }
    Ok(vec![session.privilege.code()])
}

fn close(context: &mut Context<'_>, data: &[u8]) -> Answer {
    let id = u32::from_le_bytes(*data.first_chunk().ok_or(code::LENGTH)?);
    let own = context.session.as_ref().ok_or(code::INVALID_COMMAND)?;
    let found = if id == 0 {
        // By handle.
        let handle = byte(data, 4)?;
        let all = context.others.active().map(|session| (session.handle, session.id));
        all.chain([(own.handle, own.id)]).find(|(at, _)| *at == handle).map(|(_, id)| id).ok_or(0x88_u8)?
    } else {
        let known = own.id == id || context.others.active().any(|session| session.id == id);
        if known { id } else { return Err(0x87.into()) }
    };
    // Others' sessions are an administrator's to close.
    if found != own.id && own.privilege < Privilege::Administrator {
        return Err(code::PRIVILEGE.into());
    }
    context.effects.closed.push(found);
    Ok(Vec::new())
}

fn info(context: &mut Context<'_>, data: &[u8]) -> Answer {
    let index = byte(data, 0)?;
    let possible = small(context.state.config.max_sessions);
    let own = context.session.as_deref();
    let mut all: Vec<&Session> = context.others.active().chain(own).collect();
    all.sort_by_key(|session| session.handle);
    let found = match index {
        0x00 => own,
        0xFE => {
            let handle = byte(data, 1)?;
            all.iter().copied().find(|session| session.handle == handle)
        }
        0xFF => {
            let id = data.get(1..5).and_then(|id| id.first_chunk()).ok_or(code::LENGTH)?;
            let id = u32::from_le_bytes(*id);
            all.iter().copied().find(|session| session.id == id)
        }
        index => all.get(usize::from(index) - 1).copied(),
    };
    let mut answer = vec![0, possible, small(all.len())];
    if let Some(session) = found {
        // RMCP+ is protocol 1, IPMI 1.5 is 0; on channel 1.
        let protocol = u8::from(session.legacy.is_none()) << 4 | 1;
        answer = vec![session.handle, possible, small(all.len()), session.user, session.privilege.code(), protocol];
        let address = match session.peer.ip() {
            IpAddr::V4(address) => address.octets(),
            IpAddr::V6(_) => [0; 4],
        };
        answer.extend_from_slice(&address);
        answer.extend_from_slice(&[0; 6]);
        answer.extend_from_slice(&session.peer.port().to_le_bytes());
    } else if !matches!(index, 0x00 | 0xFE | 0xFF) {
        // An index beyond the last: no session, and no more than the counts.
        return Ok(answer);
    } else {
        return Err(code::NOT_PRESENT.into());
    }
    Ok(answer)
}
