//! LAN commands: configuration parameters, ARP suspension, statistics.

use super::context::{ADMINISTRATOR, Answer, Command, Context, OPERATOR, USER, byte, code, command, exactly, small};
use crate::ipmi::machine::ChangeKind;
use crate::ipmi::machine::lan;
use crate::ipmi::machine::power::Cause;

const DESTINATION_TYPE: u8 = 18;
const DESTINATION_ADDRESS: u8 = 19;
const REVISION: u8 = 0x11;

pub(super) fn find(number: u8) -> Option<Command> {
    match number {
        0x01 => command(ADMINISTRATOR, set),
        0x02 => command(OPERATOR, get),
        0x03 => command(ADMINISTRATOR, |_, _| Ok(vec![0])),
        0x04 => command(USER, |_, _| Ok(vec![0; 18])),
        _ => None,
    }
}

fn get(context: &mut Context<'_>, data: &[u8]) -> Answer {
    let [channel, selector, set, _block] = exactly(data)?;
    context.lan_channel(channel)?;
    let mut answer = vec![REVISION];
    if channel & 0x80 != 0 {
        return Ok(answer);
    }
    let lan = &context.machine.lan;
    let suites = &context.state.config.suites;
    match selector {
        lan::SUITE_COUNT => answer.push(small(suites.len())),
        lan::SUITES => {
            answer.push(0);
            answer.extend(suites.iter().chain(&[0; 16]).take(16));
        }
        DESTINATION_TYPE | DESTINATION_ADDRESS => {
            let (how, address) = lan.destinations.get(usize::from(set)).ok_or(code::OUT_OF_RANGE)?;
            answer.push(set);
            if selector == DESTINATION_TYPE {
                answer.extend_from_slice(how);
            } else {
                answer.extend_from_slice(address);
            }
        }
        selector => answer.extend_from_slice(lan.get(selector).ok_or(0x80_u8)?),
    }
    Ok(answer)
}

fn set(context: &mut Context<'_>, data: &[u8]) -> Answer {
    let (channel, selector) = (byte(data, 0)?, byte(data, 1)?);
    context.lan_channel(channel)?;
    let value = data.get(2..).unwrap_or_default();
    match selector {
        DESTINATION_TYPE | DESTINATION_ADDRESS => {
            let set = byte(value, 0)?;
            let row = context.machine.lan.destinations.get_mut(usize::from(set)).ok_or(code::OUT_OF_RANGE)?;
            let rest = value.get(1..).unwrap_or_default();
            if selector == DESTINATION_TYPE {
                row.0 = exactly(rest)?;
            } else {
                row.1 = exactly(rest)?;
            }
        }
        lan::SUITE_COUNT | lan::SUITES => return Err(0x82.into()),
        selector => context.machine.lan.write(selector, value)?,
    }
    context.machine.record(ChangeKind::Lan(selector), Cause::Unknown);
    Ok(Vec::new())
}
