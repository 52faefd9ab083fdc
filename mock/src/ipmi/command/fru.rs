//! FRU inventory commands: area info, read, write.

use super::context::{Answer, Command, Context, OPERATOR, USER, code, command, exactly, piece, small};
use crate::ipmi::flaws::Item;
use crate::ipmi::machine::ChangeKind;
use crate::ipmi::machine::power::Cause;

pub(super) fn find(number: u8) -> Option<Command> {
    match number {
        0x10 => command(USER, info),
        0x11 => command(USER, read),
        0x12 => command(OPERATOR, write),
        _ => None,
    }
}

fn info(context: &mut Context<'_>, data: &[u8]) -> Answer {
    let [device] = exactly(data)?;
    context.state.flaws.check(Item::FruDevice(device))?;
    let image = context.machine.fru.get(&device).ok_or(code::NOT_PRESENT)?;
    let [low, high] = u16::try_from(image.len()).unwrap_or(u16::MAX).to_le_bytes();
    // Accessed by bytes.
    Ok(vec![low, high, 0])
}

fn read(context: &mut Context<'_>, data: &[u8]) -> Answer {
    let [device, low, high, count] = exactly(data)?;
    let flaws = &context.state.flaws;
    flaws.check(Item::FruDevice(device))?;
    let written = context.machine.fru.get(&device).ok_or(code::NOT_PRESENT)?;
    let image = flaws.image(device, written);
    let offset = usize::from(u16::from_le_bytes([low, high]));
    if offset >= image.len() {
        return Err(code::OUT_OF_RANGE.into());
    }
    flaws.check_read(device, written, offset, offset + usize::from(count))?;
    let bytes = piece(&image, offset, usize::from(count), context.state.config.max_read)?;
    let mut answer = vec![small(bytes.len())];
    answer.extend_from_slice(bytes);
    Ok(answer)
}

fn write(context: &mut Context<'_>, data: &[u8]) -> Answer {
    let [device, low, high, bytes @ ..] = data else {
        return Err(code::LENGTH.into());
    };
    context.state.flaws.check(Item::FruDevice(*device))?;
    let image = context.machine.fru.get_mut(device).ok_or(code::NOT_PRESENT)?;
    let offset = usize::from(u16::from_le_bytes([*low, *high]));
    let place = image.get_mut(offset..offset + bytes.len()).ok_or(code::OUT_OF_RANGE)?;
    place.copy_from_slice(bytes);
    context.machine.record(ChangeKind::Fru(*device), Cause::Unknown);
    Ok(vec![small(bytes.len())])
}
