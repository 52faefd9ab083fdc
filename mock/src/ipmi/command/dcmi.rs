//! DCMI 1.5 commands: capabilities, power reading and limit, asset tag, controller id, sensors by entity, temperatures.

use super::context::{
    ADMINISTRATOR, ANYBODY, Answer, Command, Context, OPERATOR, Refused, USER, byte, code, command, exactly, small,
};
use crate::ipmi::machine::ChangeKind;
use crate::ipmi::machine::power::{Cause, PowerState};
use crate::ipmi::machine::sensor::Sensor;

const GROUP: u8 = 0xDC;
/// The limit that the power supplies can be held to, in watts.
const LIMITS: std::ops::RangeInclusive<u16> = 100..=2000;

pub(super) fn find(number: u8) -> Option<Command> {
    match number {
        0x01 => command(ANYBODY, capabilities),
        0x02 => command(USER, power_reading),
        0x03 => command(USER, get_limit),
        0x04 => command(OPERATOR, set_limit),
        0x05 => command(OPERATOR, activate_limit),
        0x06 => command(USER, |context, data| get_text(&context.machine.identity.asset_tag, data)),
        0x07 => command(USER, sensor_info),
        0x08 => command(OPERATOR, |context, data| set_text(&mut context.machine.identity.asset_tag, data)),
        0x09 => command(USER, get_controller_id),
        0x0A => command(ADMINISTRATOR, |context, data| set_text(&mut context.machine.identity.controller_id, data)),
        0x0C => command(USER, |_, _| Ok(vec![GROUP, 0x40, 42, 60, 0])),
        0x10 => command(USER, temperatures),
        0x13 => command(USER, configuration),
        _ => None,
    }
}

fn capabilities(_: &mut Context<'_>, data: &[u8]) -> Answer {
    let [_, selector] = exactly(data)?;
    let parameter: &[u8] = match selector {
        // Power management; an in-band interface besides the primary LAN.
        1 => &[0x00, 0x01, 0x01],
        // Rollover, 512 entries; identification and temperature monitoring; sampling each second.
        2 => &[0x00, 0x82, 0x07, 0x00, 0x01],
        // The power manager is this controller, on channel 0.
        3 => &[0x20, 0x00],
        4 => &[0x01, 0xFF, 0xFF],
        // Averages over a second, a minute, an hour.
        5 => &[0x03, 0x01, 0x41, 0x81],
        _ => return Err(code::INVALID_FIELD.into()),
    };
    let mut answer = vec![GROUP, 1, 5, 2];
    answer.extend_from_slice(parameter);
    Ok(answer)
}

fn power_reading(context: &mut Context<'_>, data: &[u8]) -> Answer {
    let [_, mode, _, _] = exactly(data)?;
    if !matches!(mode, 1 | 2) {
        return Err(code::INVALID_FIELD.into());
    }
    let meter = &context.machine.meter;
    let [now, least, most, average] = meter.watts;
    let now = if context.machine.power_state() == PowerState::On { now } else { 12 };
    let mut answer = vec![GROUP];
    for watts in [now, least, most, average] {
        answer.extend_from_slice(&watts.to_le_bytes());
    }
    answer.extend_from_slice(&context.machine.clock().to_le_bytes());
    // Over the last hour, in milliseconds.
    answer.extend_from_slice(&3_600_000_u32.to_le_bytes());
    answer.push(u8::from(meter.active) << 6);
    Ok(answer)
}

fn get_limit(context: &mut Context<'_>, _: &[u8]) -> Answer {
    let meter = &context.machine.meter;
    let mut answer = vec![GROUP, 0, 0, meter.exception];
    answer.extend_from_slice(&meter.limit.to_le_bytes());
    answer.extend_from_slice(&meter.correction.to_le_bytes());
    answer.extend_from_slice(&[0, 0]);
    answer.extend_from_slice(&meter.period.to_le_bytes());
    if meter.limited {
        Ok(answer)
    } else {
        // No limit is in force; here is the one that would be.
        Err(Refused::with(0x80, answer))
    }
}

fn set_limit(context: &mut Context<'_>, data: &[u8]) -> Answer {
    let [_, _, _, _, exception, l0, l1, c0, c1, c2, c3, _, _, p0, p1] = exactly(data)?;
    let limit = u16::from_le_bytes([l0, l1]);
    if !LIMITS.contains(&limit) {
        return Err(0x84.into());
    }
    let meter = &mut context.machine.meter;
    meter.exception = exception;
    meter.limit = limit;
    meter.correction = u32::from_le_bytes([c0, c1, c2, c3]);
    meter.period = u16::from_le_bytes([p0, p1]);
    if meter.limited {
        context.machine.record(ChangeKind::PowerLimit(Some(limit)), Cause::Unknown);
    }
    Ok(vec![GROUP])
}

fn activate_limit(context: &mut Context<'_>, data: &[u8]) -> Answer {
    let active = byte(data, 1)? & 1 != 0;
    let meter = &mut context.machine.meter;
    meter.limited = active;
    let limit = active.then_some(meter.limit);
    context.machine.record(ChangeKind::PowerLimit(limit), Cause::Unknown);
    Ok(vec![GROUP])
}

fn get_text(text: &str, data: &[u8]) -> Answer {
    let [_, offset, count] = exactly(data)?;
    let whole = text.as_bytes();
    let rest = whole.get(usize::from(offset)..).ok_or(code::OUT_OF_RANGE)?;
    if count > 16 {
        return Err(code::FIELD_TOO_LONG.into());
    }
    let mut answer = vec![GROUP, small(whole.len())];
    answer.extend(rest.iter().take(usize::from(count)));
    Ok(answer)
}

fn set_text(text: &mut String, data: &[u8]) -> Answer {
    let [_, offset, count, bytes @ ..] = data else {
        return Err(code::LENGTH.into());
    };
    if bytes.len() != usize::from(*count) {
        return Err(code::LENGTH.into());
    }
    let end = usize::from(*offset) + bytes.len();
    if end > 63 || bytes.len() > 16 {
        return Err(code::OUT_OF_RANGE.into());
    }
    // A write ends the text where it ends.
    let mut whole = text.as_bytes().to_vec();
    whole.resize(end, 0);
    if let Some(place) = whole.get_mut(usize::from(*offset)..) {
        place.copy_from_slice(bytes);
    }
    *text = String::from_utf8_lossy(&whole).trim_end_matches('\0').to_owned();
    Ok(vec![GROUP, small(end)])
}

/// The controller's id counts its terminating zero.
fn get_controller_id(context: &mut Context<'_>, data: &[u8]) -> Answer {
    get_text(&format!("{}\0", context.machine.identity.controller_id), data)
}

/// DCMI's entities are inlet 40h, CPU 41h and baseboard 42h; IPMI's are 37h, 3 and 7.
fn same_entity(sensor: &Sensor, entity: u8) -> bool {
    let has = sensor.entity.0;
    has == entity || matches!((entity, has), (0x40, 0x37) | (0x41, 0x03) | (0x42, 0x07))
}

fn matching<'a>(context: &'a Context<'_>, kind: u8, entity: u8, instance: u8) -> impl Iterator<Item = &'a Sensor> {
    context.machine.sensors.iter().filter(move |sensor| {
        let right = sensor.kind == kind && sensor.key.owner == 0x20 && same_entity(sensor, entity);
        right && (instance == 0 || instance == sensor.entity.1)
    })
}

fn sensor_info(context: &mut Context<'_>, data: &[u8]) -> Answer {
    let [_, kind, entity, instance, start] = exactly(data)?;
    let found: Vec<u16> = matching(context, kind, entity, instance)
        .filter_map(|sensor| {
            let is = |record: &[u8]| matches!(*record, [_, _, _, 1 | 2, _, owner, _, number, ..] if owner == sensor.key.owner && number == sensor.key.number);
            context.machine.sdr.records.iter().find(|(_, record)| is(record)).map(|(id, _)| *id)
        })
        .collect();
    let page: Vec<u16> = found.iter().skip(usize::from(start.max(1)) - 1).take(8).copied().collect();
    let mut answer = vec![GROUP, small(found.len()), small(page.len())];
    answer.extend(page.iter().flat_map(|id| id.to_le_bytes()));
    Ok(answer)
}

fn temperatures(context: &mut Context<'_>, data: &[u8]) -> Answer {
    let [_, kind, entity, instance, start] = exactly(data)?;
    if kind != 1 {
        return Err(code::INVALID_FIELD.into());
    }
    let found: Vec<[u8; 2]> = matching(context, kind, entity, instance)
        .filter_map(|sensor| {
            let degrees = sensor.value()?;
            // Sign in bit 7, magnitude below.
            let magnitude = (0..=127_u8).min_by_key(|m| (f64::from(*m) - degrees.abs()).abs() as u32)?;
            Some([u8::from(degrees < 0.0) << 7 | magnitude, sensor.entity.1])
        })
        .collect();
    let page: Vec<[u8; 2]> = found.iter().skip(usize::from(start.max(1)) - 1).take(8).copied().collect();
    let mut answer = vec![GROUP, small(found.len()), small(page.len())];
    answer.extend(page.concat());
    Ok(answer)
}

fn configuration(_: &mut Context<'_>, data: &[u8]) -> Answer {
    let [_, parameter, _] = exactly(data)?;
    let value: &[u8] = match parameter {
        2 => &[0x00],
        3 => &[10],
        4 => &[120, 0],
        5 => &[64, 0],
        _ => return Err(code::INVALID_FIELD.into()),
    };
    let mut answer = vec![GROUP, 1, 5, 1];
    answer.extend_from_slice(value);
    Ok(answer)
}
