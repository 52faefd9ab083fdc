//! User commands: access, names, passwords.

use super::context::{ADMINISTRATOR, Answer, Command, Context, OPERATOR, byte, code, command, exactly};
use crate::ipmi::flaws::Item;
use crate::ipmi::machine::ChangeKind;
use crate::ipmi::machine::power::Cause;
use crate::ipmi::machine::users::{Privilege, User};
use crate::ipmi::wire::crypto::same;

const NO_ACCESS: u8 = 0x0F;

pub(super) fn find(number: u8) -> Option<Command> {
    match number {
        0x43 => command(ADMINISTRATOR, set_access),
        0x44 => command(OPERATOR, get_access),
        0x45 => command(ADMINISTRATOR, set_name),
        0x46 => command(OPERATOR, get_name),
        0x47 => command(ADMINISTRATOR, set_password),
        _ => None,
    }
}

/// Returns the slot with this id. Bits 7:6 have other meanings in some commands.
pub(super) fn slot<'a>(context: &'a mut Context<'_>, id: u8) -> Result<&'a mut User, u8> {
    context.state.flaws.check(Item::User(id & 0x3F))?;
    context.machine.users.get_mut(id & 0x3F).ok_or(code::INVALID_FIELD)
}

fn changed(context: &mut Context<'_>, id: u8) {
    context.machine.record(ChangeKind::User(id & 0x3F), Cause::Unknown);
}

fn get_access(context: &mut Context<'_>, data: &[u8]) -> Answer {
    let [channel, id] = exactly(data)?;
    context.lan_channel(channel)?;
    let users = &context.machine.users;
    let (capacity, enabled) = (users.capacity(), users.enabled_count());
    let user = slot(context, id)?;
    let status = if user.enabled { 0x40 } else { 0x80 };
    let access = user.privilege.map_or(NO_ACCESS, Privilege::code)
        | u8::from(user.messaging) << 4
        | u8::from(user.link) << 5
        | u8::from(user.callback) << 6;
    // The nameless user's name is fixed.
    Ok(vec![capacity, status | enabled, 1, access])
}

fn set_access(context: &mut Context<'_>, data: &[u8]) -> Answer {
    let (flags, id, limit) = (byte(data, 0)?, byte(data, 1)?, byte(data, 2)?);
    context.lan_channel(flags)?;
    let privilege = match limit & 0x0F {
        NO_ACCESS => None,
        code => Some(Privilege::from_code(code).ok_or(code::INVALID_FIELD)?),
    };
    let user = slot(context, id)?;
    if flags & 0x80 != 0 {
        user.callback = flags & 0x40 != 0;
        user.link = flags & 0x20 != 0;
        user.messaging = flags & 0x10 != 0;
    }
    user.privilege = privilege;
    if let Some(sessions) = data.get(3) {
        user.sessions = sessions & 0x0F;
    }
    changed(context, id);
    Ok(Vec::new())
}

fn get_name(context: &mut Context<'_>, data: &[u8]) -> Answer {
    let [id] = exactly(data)?;
    let mut name = slot(context, id)?.name.as_bytes().to_vec();
    name.resize(16, 0);
    Ok(name)
}

fn set_name(context: &mut Context<'_>, data: &[u8]) -> Answer {
    let (id, name) = data.split_first().ok_or(code::LENGTH)?;
    let name: [u8; 16] = exactly(name)?;
    if *id & 0x3F == 1 {
        return Err(code::INVALID_FIELD.into());
    }
    let name = String::from_utf8_lossy(&name).trim_end_matches('\0').to_owned();
    let taken = !name.is_empty() && context.machine.users.iter().any(|(other, user)| other != *id && user.name == name);
    if taken {
        return Err(code::INVALID_FIELD.into());
    }
    slot(context, *id)?.name = name;
    changed(context, *id);
    Ok(Vec::new())
}

fn set_password(context: &mut Context<'_>, data: &[u8]) -> Answer {
    let (id, operation) = (byte(data, 0)?, byte(data, 1)? & 3);
    let password = data.get(2..).unwrap_or_default();
    let user = slot(context, id)?;
    match operation {
        0 => user.enabled = false,
        1 => user.enabled = true,
        _ => {
            // Bit 7 of the id gives the length of the password field.
            let length = if id & 0x80 != 0 { 20 } else { 16 };
            if password.len() != length {
                return Err(code::LENGTH.into());
            }
            if operation == 3 {
                let mut held = user.password.clone();
                held.resize(length.max(held.len()), 0);
                let right = same(&held, password);
                return if right { Ok(Vec::new()) } else { Err(0x80.into()) };
            }
            user.password = password.to_vec();
        }
    }
    changed(context, id);
    Ok(Vec::new())
}
