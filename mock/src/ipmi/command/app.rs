//! Global and application commands: device id, self test, GUIDs, resets, ACPI state, enables, system info.

use super::context::{
    ADMINISTRATOR, ANYBODY, Answer, Command, Context, USER, bcd, byte, code, command, exactly, small,
};

pub(super) fn find(number: u8) -> Option<Command> {
    match number {
        0x01 => command(USER, device_id),
        0x02 => command(ADMINISTRATOR, |context, _| reset(context, true)),
        0x03 => command(ADMINISTRATOR, |context, _| reset(context, false)),
        0x04 => command(USER, |context, _| Ok(context.machine.identity.self_test.to_vec())),
        0x06 => command(ADMINISTRATOR, set_acpi),
        0x07 => command(USER, |context, _| Ok(vec![context.state.acpi.0, context.state.acpi.1])),
        0x08 => command(USER, |context, _| Ok(context.machine.identity.guid.to_vec())),
        0x2E => command(ADMINISTRATOR, set_enables),
        0x2F => command(USER, |context, _| Ok(vec![context.state.global_enables])),
        0x31 => command(USER, |_, _| Ok(vec![0])),
        0x37 => command(ANYBODY, |context, _| Ok(context.machine.identity.guid.to_vec())),
        0x58 => command(ADMINISTRATOR, set_info),
        0x59 => command(USER, get_info),
        _ => None,
    }
}

fn device_id(context: &mut Context<'_>, _: &[u8]) -> Answer {
    let identity = &context.machine.identity;
    let (major, minor) = identity.firmware;
    let [m0, m1, m2, _] = identity.manufacturer.to_le_bytes();
    let [p0, p1] = identity.product.to_le_bytes();
    // Minor versions are BCD. Everything is supported but a bridge in hardware.
    let mut data = vec![identity.device, 0x80 | identity.revision & 0x0F, major & 0x7F, bcd(minor), 0x02, 0xBF];
    data.extend_from_slice(&[m0, m1, m2, p0, p1]);
    data.extend_from_slice(&identity.auxiliary);
    Ok(data)
}

fn reset(context: &mut Context<'_>, cold: bool) -> Answer {
    context.effects.reset = Some(cold);
    Ok(Vec::new())
}

fn set_acpi(context: &mut Context<'_>, data: &[u8]) -> Answer {
    let [system, device] = exactly(data)?;
    let (old_system, old_device) = context.state.acpi;
    // Bit 7 says "set this one".
    let pick = |new: u8, old: u8| if new & 0x80 != 0 { new & 0x7F } else { old };
    context.state.acpi = (pick(system, old_system), pick(device, old_device));
    Ok(Vec::new())
}

fn set_enables(context: &mut Context<'_>, data: &[u8]) -> Answer {
    let [enables] = exactly(data)?;
    context.state.global_enables = enables;
    Ok(Vec::new())
}

/// Strings of up to 255 bytes, in blocks: block 0 has encoding and length and 14 bytes, the others have 16.
fn get_info(context: &mut Context<'_>, data: &[u8]) -> Answer {
    let (revision_only, selector, set) = (byte(data, 0)?, byte(data, 1)?, byte(data, 2)?);
    byte(data, 3)?;
    if revision_only & 0x80 != 0 {
        return Ok(vec![0x11]);
    }
    if selector == 0 {
        return Ok(vec![0x11, 0x00]);
    }
    let text = context.machine.identity.info.get(&selector).ok_or(0x80_u8)?.as_bytes();
    let mut whole = vec![0, small(text.len())];
    whole.extend_from_slice(text);
    whole.resize(whole.len().next_multiple_of(16), 0);
    let block = whole.chunks(16).nth(usize::from(set)).ok_or(code::OUT_OF_RANGE)?;
    let mut answer = vec![0x11, set];
    answer.extend_from_slice(block);
    Ok(answer)
}

fn set_info(context: &mut Context<'_>, data: &[u8]) -> Answer {
    let (selector, rest) = data.split_first().ok_or(code::LENGTH)?;
    if *selector == 0 {
        return Ok(Vec::new());
    }
    let text = context.machine.identity.info.get_mut(selector).ok_or(0x80_u8)?;
    let (set, block) = rest.split_first().ok_or(code::LENGTH)?;
    let mut bytes = text.as_bytes().to_vec();
    if *set == 0 {
        let [_encoding, length, block @ ..] = block else {
            return Err(code::LENGTH.into());
        };
        bytes = block.to_vec();
        bytes.resize(usize::from(*length), 0);
    } else {
        let start = usize::from(*set) * 16 - 2;
        // What is kept of the blocks before it ends where their text does.
        bytes.resize(bytes.len().max(start + block.len()), 0);
        for (slot, byte) in bytes.iter_mut().skip(start).zip(block) {
            *slot = *byte;
        }
    }
    *text = String::from_utf8_lossy(&bytes).trim_end_matches('\0').to_owned();
    Ok(Vec::new())
}
