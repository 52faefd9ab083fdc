//! The commands of the BMC, a module for each group of them: what they read and change of the machine.
//! Here: the table that finds a command.

pub(crate) mod app;
pub(crate) mod bridge;
pub(crate) mod channel;
pub(crate) mod chassis;
pub(crate) mod context;
pub(crate) mod dcmi;
pub(crate) mod firmware;
pub(crate) mod fru;
pub(crate) mod lan;
pub(crate) mod legacy;
pub(crate) mod pef;
pub(crate) mod sdr;
pub(crate) mod sel;
pub(crate) mod sensor;
pub(crate) mod session;
pub(crate) mod sol;
pub(crate) mod user;
pub(crate) mod watchdog;

use super::wire::message::Request;
use context::{ANYBODY, Answer, Command, Context, code};

fn find(request: &Request) -> Option<Command> {
    let number = request.command;
    match request.netfn {
        0x00 => chassis::find(number),
        0x04 => sensor::find(number).or_else(|| pef::find(number)),
        0x06 => app::find(number)
            .or_else(|| watchdog::find(number))
            .or_else(|| session::find(number))
            .or_else(|| channel::find(number))
            .or_else(|| user::find(number))
            .or_else(|| sol::find_payload(number))
            .or_else(|| legacy::find(number))
            .or_else(|| bridge::find(number)),
        0x0A => fru::find(number).or_else(|| sdr::find(number)).or_else(|| sel::find(number)),
        0x0C => lan::find(number).or_else(|| sol::find_configuration(number)),
        0x2C => match request.data.first() {
            Some(0xDC) => dcmi::find(number),
            Some(0x00) => firmware::find(number),
            _ => None,
        },
        _ => None,
    }
}

/// Carries a request out.
pub(crate) fn execute(context: &mut Context<'_>) -> Answer {
    let request = context.request;
    let command = find(request).ok_or(code::INVALID_COMMAND)?;
    let privilege = context.session.as_ref().map_or(ANYBODY, |session| session.privilege.code());
    if privilege < command.privilege {
        return Err(code::PRIVILEGE.into());
    }
    (command.run)(context, &request.data)
}
