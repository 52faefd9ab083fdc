//! Firmware info by PICMG HPM.1: what a target can do, and the version of each component. It can't be upgraded.

use super::context::{Answer, Command, Context, USER, bcd, byte, code, command};

const GROUP: u8 = 0x00;
/// Component 0 is the BMC's firmware, 1 the system's.
const COMPONENTS: [&str; 2] = ["BMC", "BIOS"];

pub(super) fn find(number: u8) -> Option<Command> {
    match number {
        0x2E => command(USER, capabilities),
        0x2F => command(USER, component),
        0x36 => command(USER, |_, _| Ok(vec![GROUP, 0x55, 0x00])),
        _ => None,
    }
}

fn capabilities(_: &mut Context<'_>, _: &[u8]) -> Answer {
    // HPM.1 version 0; no upgrade, no rollback; five-second timeouts; components 0 and 1.
    Ok(vec![GROUP, 0x00, 0x00, 1, 1, 1, 1, 0x03])
}

fn component(context: &mut Context<'_>, data: &[u8]) -> Answer {
    let (id, selector) = (byte(data, 1)?, byte(data, 2)?);
    let name = COMPONENTS.get(usize::from(id)).ok_or(0x82_u8)?;
    let identity = &context.machine.identity;
    let mut answer = vec![GROUP];
    match selector {
        // General: no payload reset, no rollback.
        0 => answer.push(0x00),
        1 => {
            let (major, minor) = if id == 0 { identity.firmware } else { (3, 41) };
            answer.extend_from_slice(&[major & 0x7F, bcd(minor)]);
            answer.extend_from_slice(&identity.auxiliary);
        }
        2 => {
            let mut text = name.as_bytes().to_vec();
            text.resize(12, 0);
            answer.append(&mut text);
        }
        _ => return Err(code::INVALID_FIELD.into()),
    }
    Ok(answer)
}
