//! Chassis commands: status, control, identify, restore policy, restart cause, boot options, power-on hours.

use std::time::Duration;

use super::context::{ADMINISTRATOR, Answer, Command, Context, OPERATOR, USER, byte, code, command, exactly};
use crate::ipmi::machine::boot;
use crate::ipmi::machine::power::{Cause, PowerAction, PowerState, RestorePolicy};
use crate::ipmi::machine::{ChangeKind, Identify};

const POH_MINUTES: u8 = 60;

pub(super) fn find(number: u8) -> Option<Command> {
    match number {
        0x00 => command(USER, |_, _| Ok(vec![0x03, 0x20, 0x20, 0x20, 0x20, 0x20])),
        0x01 => command(USER, status),
        0x02 => command(OPERATOR, control),
        0x03 => command(OPERATOR, |context, _| act(context, PowerAction::Reset)),
        0x04 => command(OPERATOR, identify),
        0x06 => command(OPERATOR, restore_policy),
        0x07 => command(USER, |context, _| Ok(vec![context.machine.power.restart_cause.code(), 1])),
        0x08 => command(OPERATOR, set_boot_options),
        0x09 => command(OPERATOR, get_boot_options),
        0x0A => command(ADMINISTRATOR, front_panel),
        0x0B => command(ADMINISTRATOR, cycle_interval),
        0x0F => command(USER, power_on_hours),
        _ => None,
    }
}

fn status(context: &mut Context<'_>, _: &[u8]) -> Answer {
    let machine = &*context.machine;
    let power = &machine.power;
    let state = u8::from(machine.power_state() == PowerState::On)
        | u8::from(power.overload) << 1
        | u8::from(power.fault) << 3
        | power.policy.code() << 5;
    let last_event = u8::from(power.overload) << 1 | u8::from(power.fault) << 3 | u8::from(power.on_by_command) << 4;
    let light = match machine.identify() {
        Identify::Off => 0,
        Identify::Until(_) => 1,
        Identify::On => 2,
    };
    let misc = u8::from(machine.intrusion)
        | u8::from(machine.drive_fault) << 2
        | u8::from(machine.cooling_fault) << 3
        | light << 4
        | 0x40;
    // All buttons may be disabled; which are is in the low four bits.
    Ok(vec![state, last_event, misc, 0xF0 | machine.front_panel & 0x0F])
}

fn control(context: &mut Context<'_>, data: &[u8]) -> Answer {
    let [wanted] = exactly(data)?;
    let action = match wanted & 0x0F {
        0 => PowerAction::ForceOff,
        1 => PowerAction::On,
        2 => PowerAction::Cycle,
        3 => PowerAction::Reset,
        4 => PowerAction::DiagnosticInterrupt,
        5 => PowerAction::GracefulShutdown,
        _ => return Err(code::INVALID_FIELD.into()),
    };
    act(context, action)
}

fn act(context: &mut Context<'_>, action: PowerAction) -> Answer {
    context.machine.control(action, Cause::ChassisControl)?;
    Ok(Vec::new())
}

fn identify(context: &mut Context<'_>, data: &[u8]) -> Answer {
    // Without data: fifteen seconds.
    let (interval, force) = match *data {
        [] => (15, 0),
        [interval] => (interval, 0),
        [interval, force] => (interval, force & 1),
        _ => return Err(code::LENGTH.into()),
    };
    let wanted = match (force, interval) {
        (1, _) => Some(Duration::ZERO),
        (_, 0) => None,
        (_, seconds) => Some(Duration::from_secs(u64::from(seconds))),
    };
    context.machine.set_identify(wanted, Cause::ChassisControl);
    Ok(Vec::new())
}

fn restore_policy(context: &mut Context<'_>, data: &[u8]) -> Answer {
    let [policy] = exactly(data)?;
    // 3 is "no change, report what you support".
    if policy & 7 != 3 {
        context.machine.power.policy = RestorePolicy::from_code(policy & 7).ok_or(code::INVALID_FIELD)?;
    }
    Ok(vec![0x07])
}

fn front_panel(context: &mut Context<'_>, data: &[u8]) -> Answer {
    let [disabled] = exactly(data)?;
    context.machine.front_panel = disabled & 0x0F;
    Ok(Vec::new())
}

fn cycle_interval(context: &mut Context<'_>, data: &[u8]) -> Answer {
    let [seconds] = exactly(data)?;
    context.machine.power.timing.cycle = Duration::from_secs(u64::from(seconds));
    Ok(Vec::new())
}

fn power_on_hours(context: &mut Context<'_>, _: &[u8]) -> Answer {
    let run = context.machine.now().as_secs() / 3600;
    let hours = context.machine.power.hours.saturating_add(u32::try_from(run).unwrap_or(u32::MAX));
    let mut data = vec![POH_MINUTES];
    data.extend_from_slice(&hours.to_le_bytes());
    Ok(data)
}

fn set_boot_options(context: &mut Context<'_>, data: &[u8]) -> Answer {
    let (first, value) = data.split_first().ok_or(code::LENGTH)?;
    let (selector, lock) = (first & 0x7F, first & 0x80 != 0);
    let boot = &mut context.machine.boot;
    if lock && value.is_empty() {
        boot.locked.push(selector);
        return Ok(Vec::new());
    }
    boot.locked.retain(|locked| *locked != selector);
    if lock {
        boot.locked.push(selector);
    }
    match selector {
        0 => {
            let [state] = exactly(value)?;
            if state & 3 == 1 && boot.in_progress == 1 {
                return Err(0x81.into());
            }
            boot.in_progress = state & 3;
        }
        boot::FLAGS => {
            // Later bytes may be left out.
            let mut flags = [0; 5];
            if value.is_empty() || value.len() > flags.len() {
                return Err(code::LENGTH.into());
            }
            for (slot, byte) in flags.iter_mut().zip(value) {
                *slot = *byte;
            }
            boot.flags = flags;
            boot.set_at = context.now;
            let active = boot.active();
            context.machine.record(ChangeKind::BootOverride(active), Cause::ChassisControl);
        }
        4 => {
            // A write mask and what is to be written.
            let [mask, acknowledged] = exactly(value)?;
            if let Some([_, held]) = boot.other.get_mut(&4).map(Vec::as_mut_slice) {
                *held = *held & !mask | acknowledged & mask;
            }
        }
        7 => {
            // The mailbox has a block selector in front.
            byte(value, 0)?;
            boot.other.insert(7, value.to_vec());
        }
        selector => {
            let held = boot.other.get_mut(&selector).ok_or(0x80_u8)?;
            if value.len() != held.len() {
                return Err(code::LENGTH.into());
            }
            *held = value.to_vec();
        }
    }
    Ok(Vec::new())
}

fn get_boot_options(context: &mut Context<'_>, data: &[u8]) -> Answer {
    let [selector, _set, _block] = exactly(data)?;
    let boot = &context.machine.boot;
    let selector = selector & 0x7F;
    let locked = u8::from(boot.locked.contains(&selector)) << 7;
    let mut answer = vec![0x01, locked | selector];
    match selector {
        0 => answer.push(boot.in_progress),
        boot::FLAGS => answer.extend_from_slice(&boot.flags),
        selector => answer.extend_from_slice(boot.other.get(&selector).ok_or(0x80_u8)?),
    }
    Ok(answer)
}
