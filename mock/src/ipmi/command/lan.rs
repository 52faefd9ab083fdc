//! LAN commands: configuration parameters, ARP suspension, statistics.

use super::context::{ADMINISTRATOR, Answer, Command, Context, OPERATOR, USER, byte, code, command, exactly, small};
use crate::ipmi::machine::ChangeKind;
use crate::ipmi::machine::lan;
use crate::ipmi::machine::power::Cause;

const DESTINATION_TYPE: u8 = 18;
const DESTINATION_ADDRESS: u8 = 19;
const STATIC_IPV6: u8 = 56;
const DYNAMIC_IPV6: u8 = 59;
const REVISION: u8 = 0x11;

pub(super) fn find(number: u8) -> Option<Command> {
    match number {
        0x01 => command(ADMINISTRATOR, set),
        0x02 => command(OPERATOR, get),
        0x03 => command(ADMINISTRATOR, |_, _| Ok(vec![0])),
        0x04 => command(USER, statistics),
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
        STATIC_IPV6 | DYNAMIC_IPV6 => {
            let rows = if selector == STATIC_IPV6 { &lan.static_ipv6 } else { &lan.dynamic_ipv6 };
            answer.push(set);
            answer.extend_from_slice(rows.get(usize::from(set)).ok_or(code::OUT_OF_RANGE)?);
        }
        selector => answer.extend_from_slice(lan.get(selector).ok_or(0x80_u8)?),
    }
    Ok(answer)
}

/// The counters as they were before they are cleared.
fn statistics(context: &mut Context<'_>, data: &[u8]) -> Answer {
    let [channel, clear] = exactly(data)?;
    context.lan_channel(channel)?;
    let counters = &mut context.machine.lan.counters;
    let answer = counters.iter().flat_map(|count| count.to_le_bytes()).collect();
    if clear & 1 != 0 {
        counters.fill(0);
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
        STATIC_IPV6 => {
            let (set, rest) = value.split_first().ok_or(code::LENGTH)?;
            context.machine.lan.write_static_ipv6(*set, rest)?;
        }
        lan::SUITE_COUNT | lan::SUITES => return Err(0x82.into()),
        selector => context.machine.lan.write(selector, value)?,
    }
    context.machine.record(ChangeKind::Lan(selector), Cause::Unknown);
    Ok(Vec::new())
}
