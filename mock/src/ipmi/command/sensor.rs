//! Sensor commands: readings, reading factors, thresholds, hysteresis, event enables; and platform events.
//! The controller that a request is for owns the sensors it sees, be it the BMC or one behind it.

use super::context::{Answer, Command, Context, OPERATOR, USER, byte, code, command, exactly};
use crate::ipmi::flaws::Item;
use crate::ipmi::machine::ChangeKind;
use crate::ipmi::machine::power::{Cause, PowerState};
use crate::ipmi::machine::sdr::factors;
use crate::ipmi::machine::sensor::{Sensor, SensorKey};

const INTRUSION: u8 = 0x05;
const ACPI_STATE: u8 = 0x22;

pub(super) fn find(number: u8) -> Option<Command> {
    match number {
        0x01 => command(USER, |_, _| Ok(vec![0xFF, 0x00])),
        0x02 => command(OPERATOR, platform_event),
        0x23 => command(USER, reading_factors),
        0x24 => command(OPERATOR, set_hysteresis),
        0x25 => command(USER, get_hysteresis),
        0x26 => command(OPERATOR, set_thresholds),
        0x27 => command(USER, get_thresholds),
        0x28 => command(OPERATOR, set_event_enable),
        0x29 => command(USER, get_event_enable),
        0x2A => command(OPERATOR, rearm),
        0x2B => command(USER, event_status),
        0x2D => command(USER, reading),
        0x2F => command(USER, sensor_type),
        0x30 => command(OPERATOR, set_reading),
        _ => None,
    }
}

/// The sensor that the first byte of the request names.
fn sensor<'a>(context: &'a mut Context<'_>, data: &[u8]) -> Result<&'a mut Sensor, u8> {
    let number = *data.first().ok_or(code::LENGTH)?;
    let key = SensorKey { owner: context.request.responder, number };
    if key.owner == 0x20 {
        context.state.flaws.check(Item::Sensor(number))?;
    }
    let found = context.machine.sensor_at(key).ok_or(code::NOT_PRESENT)?;
    // An event-only sensor sends events; nothing of it can be read.
    if found.shape == crate::ipmi::machine::sensor::Shape::EventOnly {
        return Err(code::NOT_PRESENT);
    }
    Ok(found)
}

fn changed(context: &mut Context<'_>, number: u8) {
    let key = SensorKey { owner: context.request.responder, number };
    context.machine.record(ChangeKind::Sensor(key), Cause::Unknown);
}

fn rearm(context: &mut Context<'_>, data: &[u8]) -> Answer {
    // Events follow the reading of themselves; there is nothing to re-arm.
    sensor(context, data)?;
    Ok(Vec::new())
}

fn sensor_type(context: &mut Context<'_>, data: &[u8]) -> Answer {
    let sensor = sensor(context, data)?;
    Ok(vec![sensor.kind, sensor.reading_type])
}

fn reading(context: &mut Context<'_>, data: &[u8]) -> Answer {
    let on = context.machine.power_state() == PowerState::On;
    let intrusion = context.machine.intrusion;
    let sensor = sensor(context, data)?;
    let states = match sensor.kind {
        ACPI_STATE => {
            if on {
                1
            } else {
                1 << 5
            }
        }
        INTRUSION => sensor.states | u16::from(intrusion),
        _ => sensor.states,
    };
    let missing = sensor.unavailable || sensor.needs_power && !on || sensor.scanning & 0x40 == 0;
    let flags = sensor.scanning | u8::from(missing) << 5;
    let raw = if missing { 0 } else { sensor.raw };
    let [low, high] = states.to_le_bytes();
    let comparison = if missing { 0 } else { sensor.comparison() };
    let answer =
        if sensor.is_threshold() { vec![raw, flags, 0xC0 | comparison] } else { vec![raw, flags, low, high | 0x80] };
    let own = sensor.key.owner == 0x20;
    let item = Item::Sensor(sensor.key.number);
    Ok(if own { context.state.flaws.cut(item, &answer).to_vec() } else { answer })
}

fn reading_factors(context: &mut Context<'_>, data: &[u8]) -> Answer {
    let [_, raw] = exactly(data)?;
    let conversion = sensor(context, data)?.conversion.ok_or(code::NOT_PRESENT)?;
    let (m, b) = conversion.factors(raw);
    // Where the next set of factors begins.
    let next = if raw < 0x80 { 0x80 } else { 0x00 };
    let mut answer = vec![next];
    answer.extend_from_slice(&factors(&conversion, m, b));
    Ok(answer)
}

fn get_thresholds(context: &mut Context<'_>, data: &[u8]) -> Answer {
    let sensor = sensor(context, data)?;
    if !sensor.is_threshold() {
        return Err(code::INVALID_FIELD.into());
    }
    let mut answer = vec![sensor.threshold_mask()];
    answer.extend(sensor.thresholds.map(|threshold| threshold.unwrap_or(0)));
    Ok(answer)
}

fn set_thresholds(context: &mut Context<'_>, data: &[u8]) -> Answer {
    let [number, mask, values @ ..] = exactly::<8>(data)?;
    let sensor = sensor(context, data)?;
    if mask & !sensor.threshold_mask() != 0 {
        return Err(code::INVALID_FIELD.into());
    }
    for ((index, threshold), value) in sensor.thresholds.iter_mut().enumerate().zip(values) {
        if mask >> index & 1 != 0 {
            *threshold = Some(value);
        }
    }
    changed(context, number);
    Ok(Vec::new())
}

fn get_hysteresis(context: &mut Context<'_>, data: &[u8]) -> Answer {
    exactly::<2>(data)?;
    let (positive, negative) = sensor(context, data)?.hysteresis;
    Ok(vec![positive, negative])
}

fn set_hysteresis(context: &mut Context<'_>, data: &[u8]) -> Answer {
    let [number, _, positive, negative] = exactly(data)?;
    sensor(context, data)?.hysteresis = (positive, negative);
    changed(context, number);
    Ok(Vec::new())
}

fn set_event_enable(context: &mut Context<'_>, data: &[u8]) -> Answer {
    let (number, flags) = (byte(data, 0)?, byte(data, 1)?);
    let at = |index: usize| data.get(index).copied().unwrap_or(0);
    let masks = (u16::from_le_bytes([at(2), at(3)]), u16::from_le_bytes([at(4), at(5)]));
    let sensor = sensor(context, data)?;
    sensor.scanning = flags & 0xC0;
    let (asserted, deasserted) = sensor.enabled;
    sensor.enabled = match flags >> 4 & 3 {
        1 => (asserted | masks.0, deasserted | masks.1),
        2 => (asserted & !masks.0, deasserted & !masks.1),
        _ => sensor.enabled,
    };
    changed(context, number);
    Ok(Vec::new())
}

fn get_event_enable(context: &mut Context<'_>, data: &[u8]) -> Answer {
    let sensor = sensor(context, data)?;
    let mut answer = vec![sensor.scanning];
    answer.extend_from_slice(&sensor.enabled.0.to_le_bytes());
    answer.extend_from_slice(&sensor.enabled.1.to_le_bytes());
    Ok(answer)
}

fn event_status(context: &mut Context<'_>, data: &[u8]) -> Answer {
    let sensor = sensor(context, data)?;
    let asserted = if sensor.is_threshold() {
        // A threshold that is crossed has its event asserted.
        let beyond = sensor.comparison();
        (0..6_u16).fold(0, |events, index| {
            let offset = index * 2 + u16::from(index >= 3);
            if beyond >> index & 1 != 0 { events | 1 << offset } else { events }
        })
    } else {
        sensor.states
    };
    let mut answer = vec![sensor.scanning];
    answer.extend_from_slice(&asserted.to_le_bytes());
    answer.extend_from_slice(&[0, 0]);
    Ok(answer)
}

fn set_reading(context: &mut Context<'_>, data: &[u8]) -> Answer {
    let (operation, raw) = (byte(data, 1)?, byte(data, 2)?);
    let states = data.get(3..5).and_then(|states| states.first_chunk()).map(|states| u16::from_le_bytes(*states));
    let sensor = sensor(context, data)?;
    if operation & 3 == 1 {
        sensor.raw = raw;
    }
    match (operation >> 4 & 3, states) {
        (1, Some(states)) => sensor.states = states & 0x7FFF,
        (2, Some(states)) => sensor.states |= states & 0x7FFF,
        (3, Some(states)) => sensor.states &= !states,
        _ => {}
    }
    Ok(Vec::new())
}

/// An event from the remote console: a SEL entry. Over the LAN the sender is the generator; a request that has
/// eight bytes names another one in front.
fn platform_event(context: &mut Context<'_>, data: &[u8]) -> Answer {
    let (generator, event) = match data {
        [generator, event @ ..] if event.len() == 7 => (*generator, event),
        event => (context.request.requester, event),
    };
    let [revision, kind, number, direction, d1, d2, d3] = exactly(event)?;
    let record = [0, 0, 2, 0, 0, 0, 0, generator, 0, revision, kind, number, direction, d1, d2, d3];
    let clock = context.machine.clock();
    context.machine.sel.add(record, clock).ok_or(code::OUT_OF_SPACE)?;
    Ok(Vec::new())
}
