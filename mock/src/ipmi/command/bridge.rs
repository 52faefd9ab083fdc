//! Bridging: Send Message to the IPMB, where one satellite controller sits on the drive backplane.
//! It answers for itself and for the sensors it owns.

use super::context::{Answer, Command, Context, Effects, USER, code, command};
use super::sensor;
use crate::ipmi::config::BridgeReply;
use crate::ipmi::journal::Fate;
use crate::ipmi::wire::message::Request;

/// The satellite controller's slave address.
pub(crate) const SATELLITE: u8 = 0x30;
const IPMB: u8 = 0x00;
const TRACKED: u8 = 0x40;
/// Nobody acknowledged the write on the bus.
const NOT_ACKNOWLEDGED: u8 = 0x83;

pub(super) fn find(number: u8) -> Option<Command> {
    match number {
        0x33 => command(USER, |_, _| Err(0x80.into())),
        0x34 => command(USER, send),
        _ => None,
    }
}

fn send(context: &mut Context<'_>, data: &[u8]) -> Answer {
    let (channel, message) = data.split_first().ok_or(code::LENGTH)?;
    if channel & 0x0F != IPMB {
        return Err(code::INVALID_FIELD.into());
    }
    let inner = Request::parse(message).ok_or(code::INVALID_FIELD)?;
    if inner.responder != SATELLITE {
        return Err(NOT_ACKNOWLEDGED.into());
    }
    let answer = satellite(context, &inner);
    let (completion, data, fate) = match answer {
        Ok(data) => (0, data, Fate::Executed),
        Err(refused) => (refused.code, refused.data, Fate::Refused(refused.code)),
    };
    let response = inner.response(completion, &data);
    context.effects.bridged.push((inner, fate));
    // Nobody waits for the answer of an untracked request.
    if channel & 0xC0 == TRACKED {
        match context.state.config.bridge_reply {
            BridgeReply::Separate => context.effects.more.push(response),
            BridgeReply::Embedded => return Ok(response),
        }
    }
    Ok(Vec::new())
}

fn satellite(context: &mut Context<'_>, request: &Request) -> Answer {
    let run = match (request.netfn, request.command) {
        (0x06, 0x01) => return Ok(device_id(context)),
        (0x06, 0x04) => return Ok(vec![0x55, 0x00]),
        (0x04, number) => sensor::find(number),
        _ => None,
    };
    let run = run.ok_or(code::INVALID_COMMAND)?.run;
    let mut inner = Context {
        machine: &mut *context.machine,
        state: &mut *context.state,
        session: context.session.as_deref_mut(),
        others: &mut *context.others,
        request,
        peer: context.peer,
        now: context.now,
        effects: Effects::default(),
    };
    run(&mut inner, &request.data)
}

fn device_id(context: &Context<'_>) -> Vec<u8> {
    let [m0, m1, m2, _] = context.machine.identity.manufacturer.to_le_bytes();
    // Device 30h, revision 2, firmware 1.06, IPMI 1.5, a sensor device that generates events.
    vec![0x30, 0x02, 0x01, 0x06, 0x51, 0x21, m0, m1, m2, 0x30, 0x00, 0, 0, 0, 0]
}
