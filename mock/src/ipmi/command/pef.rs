//! Platform event filtering commands: capabilities, configuration, which event was looked at last.

use super::context::{ADMINISTRATOR, Answer, Command, Context, OPERATOR, USER, byte, code, command, exactly, small};

const FILTER_COUNT: u8 = 5;
const FILTER: u8 = 6;
const FILTER_CONFIGURATION: u8 = 7;
const POLICY_COUNT: u8 = 8;
const POLICY: u8 = 9;
const REVISION: u8 = 0x11;

pub(super) fn find(number: u8) -> Option<Command> {
    match number {
        0x10 => command(USER, capabilities),
        0x12 => command(ADMINISTRATOR, set),
        0x13 => command(OPERATOR, get),
        0x15 => command(USER, last),
        _ => None,
    }
}

fn capabilities(context: &mut Context<'_>, _: &[u8]) -> Answer {
    let pef = &context.machine.pef;
    Ok(vec![0x51, pef.actions, small(pef.filters.len())])
}

/// The place in a table that a set selector names, from one.
fn row(set: u8) -> Result<usize, u8> {
    usize::from(set & 0x7F).checked_sub(1).ok_or(code::OUT_OF_RANGE)
}

fn get(context: &mut Context<'_>, data: &[u8]) -> Answer {
    let [parameter, set, _block] = exactly(data)?;
    let mut answer = vec![REVISION];
    if parameter & 0x80 != 0 {
        return Ok(answer);
    }
    let pef = &context.machine.pef;
    match parameter {
        FILTER_COUNT => answer.push(small(pef.filters.len())),
        POLICY_COUNT => answer.push(small(pef.policies.len())),
        FILTER | FILTER_CONFIGURATION => {
            let filter = pef.filters.get(row(set)?).ok_or(code::OUT_OF_RANGE)?;
            answer.push(set);
            let count = if parameter == FILTER { filter.len() } else { 1 };
            answer.extend(filter.iter().take(count));
        }
        POLICY => {
            let policy = pef.policies.get(row(set)?).ok_or(code::OUT_OF_RANGE)?;
            answer.push(set);
            answer.extend_from_slice(policy);
        }
        other => answer.extend_from_slice(pef.values.get(&other).ok_or(0x80_u8)?),
    }
    Ok(answer)
}

fn set(context: &mut Context<'_>, data: &[u8]) -> Answer {
    let (parameter, value) = data.split_first().ok_or(code::LENGTH)?;
    let pef = &mut context.machine.pef;
    match *parameter {
        FILTER_COUNT | POLICY_COUNT => return Err(0x82.into()),
        FILTER => {
            let (set, rest) = value.split_first().ok_or(code::LENGTH)?;
            *pef.filters.get_mut(row(*set)?).ok_or(code::OUT_OF_RANGE)? = exactly(rest)?;
        }
        FILTER_CONFIGURATION => {
            let [set, configuration] = exactly(value)?;
            let filter = pef.filters.get_mut(row(set)?).ok_or(code::OUT_OF_RANGE)?;
            if let Some(first) = filter.first_mut() {
                *first = configuration;
            }
        }
        POLICY => {
            let (set, rest) = value.split_first().ok_or(code::LENGTH)?;
            *pef.policies.get_mut(row(*set)?).ok_or(code::OUT_OF_RANGE)? = exactly(rest)?;
        }
        other => {
            byte(value, 0)?;
            let held = pef.values.get_mut(&other).ok_or(0x80_u8)?;
            if held.len() != value.len() {
                return Err(code::LENGTH.into());
            }
            *held = value.to_vec();
        }
    }
    Ok(Vec::new())
}

fn last(context: &mut Context<'_>, _: &[u8]) -> Answer {
    let (sel, pef) = (&context.machine.sel, &context.machine.pef);
    let mut answer = sel.added_at.to_le_bytes().to_vec();
    let entry = sel.entries.last().map_or(0xFFFF, |(id, _)| *id);
    for id in [entry, pef.by_software, pef.by_bmc] {
        answer.extend_from_slice(&id.to_le_bytes());
    }
    Ok(answer)
}
