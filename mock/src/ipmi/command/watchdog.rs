//! The watchdog timer's commands.

use super::context::{Answer, Command, Context, OPERATOR, USER, command, exactly};

pub(super) fn find(number: u8) -> Option<Command> {
    match number {
        0x22 => command(OPERATOR, reset),
        0x24 => command(OPERATOR, set),
        0x25 => command(USER, get),
        _ => None,
    }
}

fn reset(context: &mut Context<'_>, _: &[u8]) -> Answer {
    let watchdog = &mut context.machine.watchdog;
    if !watchdog.ready {
        return Err(0x80.into());
    }
    watchdog.start(context.now);
    Ok(Vec::new())
}

fn set(context: &mut Context<'_>, data: &[u8]) -> Answer {
    let [timer_use, actions, pre_timeout, clear, low, high] = exactly(data)?;
    let watchdog = &mut context.machine.watchdog;
    // Bit 6, "don't stop": a running timer continues, with the new countdown.
    let goes_on = timer_use & 0x40 != 0 && watchdog.is_running();
    watchdog.timer_use = timer_use & 0x87;
    watchdog.actions = actions & 0x77;
    watchdog.pre_timeout = pre_timeout;
    watchdog.expired &= !clear;
    watchdog.initial = u16::from_le_bytes([low, high]);
    watchdog.ready = true;
    watchdog.deadline = None;
    if goes_on {
        watchdog.start(context.now);
    }
    Ok(Vec::new())
}

fn get(context: &mut Context<'_>, _: &[u8]) -> Answer {
    let watchdog = &context.machine.watchdog;
    let running = u8::from(watchdog.is_running()) << 6;
    let mut data = vec![watchdog.timer_use | running, watchdog.actions, watchdog.pre_timeout, watchdog.expired];
    data.extend_from_slice(&watchdog.initial.to_le_bytes());
    data.extend_from_slice(&watchdog.present(context.now).to_le_bytes());
    Ok(data)
}
