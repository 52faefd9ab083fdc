//! SDR repository commands: info, reservation, partial reads, time.

use super::context::{Answer, Command, Context, USER, code, command, exactly, piece};
use crate::ipmi::flaws::{self, Item, original};

/// The type of the record that says where a FRU device is.
const FRU_LOCATOR: u8 = 0x11;

pub(super) fn find(number: u8) -> Option<Command> {
    match number {
        0x20 => command(USER, info),
        0x21 => command(USER, allocation),
        0x22 => command(USER, reserve),
        0x23 => command(USER, get),
        0x28 => command(USER, |context, _| Ok(context.machine.clock().to_le_bytes().to_vec())),
        _ => None,
    }
}

fn info(context: &mut Context<'_>, _: &[u8]) -> Answer {
    let count = u16::try_from(context.machine.sdr.records.len()).unwrap_or(u16::MAX);
    let mut data = vec![0x51];
    data.extend_from_slice(&count.to_le_bytes());
    data.extend_from_slice(&4096_u16.to_le_bytes());
    // When something was last added or erased: at the factory, and never.
    data.extend_from_slice(&1_767_225_600_u32.to_le_bytes());
    data.extend_from_slice(&[0; 4]);
    // Not to be updated over the LAN; reservation and allocation info are supported.
    data.push(0x03);
    Ok(data)
}

fn allocation(context: &mut Context<'_>, _: &[u8]) -> Answer {
    let used: usize = context.machine.sdr.records.iter().map(|(_, record)| record.len().div_ceil(16)).sum();
    let units = 1024_u16;
    let free = units.saturating_sub(u16::try_from(used).unwrap_or(u16::MAX));
    let mut data = Vec::new();
    for word in [units, 16, free, free] {
        data.extend_from_slice(&word.to_le_bytes());
    }
    data.push(4);
    Ok(data)
}

fn reserve(context: &mut Context<'_>, _: &[u8]) -> Answer {
    // Anyone who reserves takes the reservation from the one before.
    context.state.sdr_reservation = context.state.sdr_reservation.wrapping_add(1).max(1);
    Ok(context.state.sdr_reservation.to_le_bytes().to_vec())
}

fn first(context: &Context<'_>) -> u16 {
    context.machine.sdr.records.first().map_or(0, |(id, _)| *id)
}

fn get(context: &mut Context<'_>, data: &[u8]) -> Answer {
    let [r0, r1, i0, i1, offset, count] = exactly(data)?;
    let reservation = u16::from_le_bytes([r0, r1]);
    // A read from the start needs no reservation, but one that is given has to be good.
    if (offset != 0 || reservation != 0) && reservation != context.state.sdr_reservation {
        return Err(code::RESERVATION.into());
    }
    let asked = u16::from_le_bytes([i0, i1]);
    let flaws = &context.state.flaws;
    let doubled = |id: u16, record: &[u8]| {
        let device = record.get(6).filter(|_| record.get(3) == Some(&FRU_LOCATOR));
        flaws.doubles(Item::Record(id)) || device.is_some_and(|device| flaws.doubles(Item::FruDevice(*device)))
    };
    let again =
        original(asked).filter(|id| context.machine.sdr.get(*id).is_some_and(|(record, _)| doubled(*id, record)));
    let (record, next) = context.machine.sdr.get(again.unwrap_or(asked)).ok_or(code::NOT_PRESENT)?;
    let id = record.first_chunk().map_or(asked, |id| u16::from_le_bytes(*id));
    flaws.check(Item::Record(id))?;
    let next = match asked {
        _ if again.is_some() || !doubled(id, record) => next,
        0 => id,
        _ if id == first(context) => next,
        _ => flaws::again(id),
    };
    let record = flaws.cut(Item::Record(id), record);
    // FFh is "the whole record".
    let bytes = piece(record, usize::from(offset), usize::from(count), context.state.config.max_read)?;
    let mut answer = next.to_le_bytes().to_vec();
    answer.extend_from_slice(bytes);
    Ok(answer)
}
