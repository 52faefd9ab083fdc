//! Channel commands: authentication capabilities, cipher suites, access, info, the key K_G.

use super::context::{ADMINISTRATOR, ANYBODY, Answer, Command, Context, USER, byte, code, command, exactly, small};
use crate::ipmi::machine::users::Privilege;
use crate::ipmi::wire::crypto::Suite;

pub(super) fn find(number: u8) -> Option<Command> {
    match number {
        0x38 => command(ANYBODY, capabilities),
        0x40 => command(ADMINISTRATOR, set_access),
        0x41 => command(USER, get_access),
        0x42 => command(USER, info),
        0x54 => command(ANYBODY, suites),
        0x56 => command(ADMINISTRATOR, set_keys),
        _ => None,
    }
}

fn capabilities(context: &mut Context<'_>, data: &[u8]) -> Answer {
    let [channel, privilege] = exactly(data)?;
    let number = context.lan_channel(channel)?;
    if Privilege::from_code(privilege & 0x0F).is_none() {
        return Err(code::INVALID_FIELD.into());
    }
    let config = &context.state.config;
    let plus = channel & 0x80 != 0;
    // MD5 and straight password, where IPMI 1.5 is on offer.
    let types = if config.legacy { 0x14 } else { 0x00 };
    let users = &context.machine.users;
    let named = users.iter().any(|(_, user)| user.enabled && !user.name.is_empty());
    let nameless = users.iter().any(|(_, user)| user.enabled && user.name.is_empty());
    let anonymous = users.iter().any(|(_, user)| user.enabled && user.name.is_empty() && user.key().is_empty());
    let status =
        u8::from(config.kg.is_some()) << 5 | u8::from(named) << 2 | u8::from(nameless) << 1 | u8::from(anonymous);
    let extended = if plus { 0x02 | u8::from(config.legacy) } else { 0x00 };
    Ok(vec![number, types | u8::from(plus) << 7, status, extended, 0, 0, 0, 0])
}

fn suites(context: &mut Context<'_>, data: &[u8]) -> Answer {
    let [channel, _payload, list] = exactly(data)?;
    let channel = context.lan_channel(channel)?;
    let suites = context.state.config.suites.iter().filter_map(|id| Suite::by_id(*id));
    let mut records = Vec::new();
    if list & 0x80 != 0 {
        // By cipher suite.
        for suite in suites {
            records.extend_from_slice(&[0xC0, suite.id, suite.authentication]);
            records.extend_from_slice(&[0x40 | suite.integrity, 0x80 | suite.confidentiality]);
        }
    } else {
        let mut add = |algorithm: u8| {
            if !records.contains(&algorithm) {
                records.push(algorithm);
            }
        };
        for suite in suites {
            add(suite.authentication);
            add(0x40 | suite.integrity);
            add(0x80 | suite.confidentiality);
        }
    }
    let mut answer = vec![channel];
    answer.extend(records.chunks(16).nth(usize::from(list & 0x3F)).unwrap_or_default());
    Ok(answer)
}

fn get_access(context: &mut Context<'_>, data: &[u8]) -> Answer {
    let [channel, which] = exactly(data)?;
    context.lan_channel(channel)?;
    match which & 0xC0 {
        0x40 | 0x80 => {}
        _ => return Err(code::INVALID_FIELD.into()),
    }
    let config = &context.state.config;
    // Alerts off, per-message and user-level authentication on.
    Ok(vec![0x20 | config.channel_mode, config.channel_limit.code()])
}

fn set_access(context: &mut Context<'_>, data: &[u8]) -> Answer {
    let [channel, access, limit] = exactly(data)?;
    context.lan_channel(channel)?;
    let config = &mut context.state.config;
    if access & 0xC0 != 0 {
        config.channel_mode = access & 7;
    }
    if limit & 0xC0 != 0 {
        config.channel_limit = Privilege::from_code(limit & 0x0F).ok_or(code::INVALID_FIELD)?;
    }
    Ok(Vec::new())
}

fn info(context: &mut Context<'_>, data: &[u8]) -> Answer {
    let [channel] = exactly(data)?;
    let active = small(context.others.active().count() + usize::from(context.session.is_some()));
    // Medium, protocol and session support of each channel; vendor 7154 is the IPMI forum.
    let [number, medium, protocol, sessions] = match channel & 0x0F {
        0x00 => [0x00, 0x01, 0x01, 0x00],
        0x01 | 0x0E => [0x01, 0x04, 0x01, 0x80 | active & 0x3F],
        0x0F => [0x0F, 0x0C, 0x05, 0x00],
        _ => return Err(code::INVALID_FIELD.into()),
    };
    Ok(vec![number, medium, protocol, sessions, 0xF2, 0x1B, 0x00, 0x00, 0x00])
}

fn set_keys(context: &mut Context<'_>, data: &[u8]) -> Answer {
    let (channel, operation, key) = (byte(data, 0)?, byte(data, 1)?, byte(data, 2)?);
    context.lan_channel(channel)?;
    // K_R never leaves this BMC; K_G may be written.
    if key != 1 {
        return Err(code::INVALID_FIELD.into());
    }
    match operation & 3 {
        1 => {
            let kg: [u8; 20] = exactly(data.get(3..).unwrap_or_default())?;
            context.state.config.kg = kg.iter().any(|byte| *byte != 0).then(|| kg.to_vec());
            Ok(vec![0])
        }
        // Unlocked, and never read.
        _ => Ok(vec![1]),
    }
}
