//! System event log commands: info, reservation, entries, clearing, time.

use super::context::{Answer, Command, Context, OPERATOR, USER, code, command, exactly, piece, small};
use crate::ipmi::flaws::{self, Item, original};
use crate::ipmi::machine::ChangeKind;
use crate::ipmi::machine::power::Cause;

pub(super) fn find(number: u8) -> Option<Command> {
    match number {
        0x40 => command(USER, info),
        0x41 => command(USER, allocation),
        0x42 => command(USER, reserve),
        0x43 => command(USER, get),
        0x44 => command(OPERATOR, add),
        0x46 => command(OPERATOR, delete),
        0x47 => command(OPERATOR, clear),
        0x48 => command(USER, |context, _| Ok(context.machine.clock().to_le_bytes().to_vec())),
        0x49 => command(OPERATOR, set_time),
        0x5C => command(USER, |context, _| Ok(context.machine.utc_offset.to_le_bytes().to_vec())),
        0x5D => command(OPERATOR, set_utc_offset),
        _ => None,
    }
}

fn info(context: &mut Context<'_>, _: &[u8]) -> Answer {
    let sel = &context.machine.sel;
    let count = u16::try_from(sel.len()).unwrap_or(u16::MAX);
    let free = sel.capacity.saturating_sub(count).saturating_mul(16);
    let mut data = vec![0x51];
    data.extend_from_slice(&count.to_le_bytes());
    data.extend_from_slice(&free.to_le_bytes());
    data.extend_from_slice(&sel.added_at.to_le_bytes());
    data.extend_from_slice(&sel.deleted_at.to_le_bytes());
    // Overflow; delete, reserve and allocation info are supported.
    data.push(u8::from(sel.overflow) << 7 | 0x0B);
    Ok(data)
}

fn allocation(context: &mut Context<'_>, _: &[u8]) -> Answer {
    let sel = &context.machine.sel;
    let free = sel.capacity.saturating_sub(u16::try_from(sel.len()).unwrap_or(u16::MAX));
    let mut data = Vec::new();
    for word in [sel.capacity, 16, free, free] {
        data.extend_from_slice(&word.to_le_bytes());
    }
    data.push(1);
    Ok(data)
}

fn reserve(context: &mut Context<'_>, _: &[u8]) -> Answer {
    if context.machine.sel.erased_at > context.now {
        // An erase is under way.
        return Err(0x81.into());
    }
    context.state.sel_reservation = context.state.sel_reservation.wrapping_add(1).max(1);
    Ok(context.state.sel_reservation.to_le_bytes().to_vec())
}

fn reserved(context: &Context<'_>, low: u8, high: u8) -> Result<(), u8> {
    let given = u16::from_le_bytes([low, high]);
    if given == context.state.sel_reservation && given != 0 { Ok(()) } else { Err(code::RESERVATION) }
}

fn get(context: &mut Context<'_>, data: &[u8]) -> Answer {
    let [r0, r1, i0, i1, offset, count] = exactly(data)?;
    if offset != 0 || [r0, r1] != [0, 0] {
        reserved(context, r0, r1)?;
    }
    let asked = u16::from_le_bytes([i0, i1]);
    let flaws = &context.state.flaws;
    let again = original(asked).filter(|id| flaws.doubles(Item::Entry(*id)));
    let (id, record, next) = context.machine.sel.get(again.unwrap_or(asked)).ok_or(code::NOT_PRESENT)?;
    flaws.check(Item::Entry(id))?;
    let first = context.machine.sel.entries.first().map(|(first, _)| *first);
    let next = match asked {
        _ if again.is_some() || !flaws.doubles(Item::Entry(id)) => next,
        0 => id,
        _ if first == Some(id) => next,
        _ => flaws::again(id),
    };
    let record = flaws.cut(Item::Entry(id), &record);
    let bytes = piece(record, usize::from(offset), usize::from(count), context.state.config.max_read)?;
    let mut answer = next.to_le_bytes().to_vec();
    answer.extend_from_slice(bytes);
    Ok(answer)
}

fn add(context: &mut Context<'_>, data: &[u8]) -> Answer {
    let record = exactly(data)?;
    let clock = context.machine.clock();
    let id = context.machine.sel.add(record, clock).ok_or(code::OUT_OF_SPACE)?;
    Ok(id.to_le_bytes().to_vec())
}

fn delete(context: &mut Context<'_>, data: &[u8]) -> Answer {
    let [r0, r1, i0, i1] = exactly(data)?;
    reserved(context, r0, r1)?;
    let clock = context.machine.clock();
    let id = context.machine.sel.delete(u16::from_le_bytes([i0, i1]), clock).ok_or(code::NOT_PRESENT)?;
    lose_reservation(context);
    Ok(id.to_le_bytes().to_vec())
}

/// Records went away: anyone who walks through the log has to start again.
fn lose_reservation(context: &mut Context<'_>) {
    context.state.sel_reservation = context.state.sel_reservation.wrapping_add(1).max(1);
}

fn clear(context: &mut Context<'_>, data: &[u8]) -> Answer {
    let [r0, r1, c, l, r, action] = exactly(data)?;
    if [c, l, r] != *b"CLR" {
        return Err(code::INVALID_FIELD.into());
    }
    reserved(context, r0, r1)?;
    match action {
        0xAA => {
            let clock = context.machine.clock();
            context.machine.sel.clear(context.now, clock);
            context.machine.record(ChangeKind::LogCleared, Cause::Unknown);
        }
        0x00 => {}
        _ => return Err(code::INVALID_FIELD.into()),
    }
    // 0 is in progress, 1 is complete.
    Ok(vec![small(usize::from(context.machine.sel.erased_at <= context.now))])
}

fn set_time(context: &mut Context<'_>, data: &[u8]) -> Answer {
    let wanted = u32::from_le_bytes(exactly(data)?);
    let now = context.machine.clock();
    context.machine.clock_offset += i64::from(wanted) - i64::from(now);
    Ok(Vec::new())
}

fn set_utc_offset(context: &mut Context<'_>, data: &[u8]) -> Answer {
    let minutes = i16::from_le_bytes(exactly(data)?);
    // A day and a half is more than any zone has; 7FFh is "not said".
    if minutes.abs() > 1440 && minutes != 0x07FF {
        return Err(code::OUT_OF_RANGE.into());
    }
    context.machine.utc_offset = minutes;
    Ok(Vec::new())
}
