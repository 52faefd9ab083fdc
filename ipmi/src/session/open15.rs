//! Opening an IPMI 1.5 session (section 6.12): challenge and activation. It never is encrypted, which is why a caller
//! has to ask for it by a name that says so.

use super::config::Config;
use super::link::{Link, to_bmc};
use super::open20::{FIRST_SEQUENCE, ask_outside, capabilities, judge, random};
use super::wire::Wire;
use crate::command::Command;
use crate::command::session::{ActivateSession, GetSessionChallenge};
use crate::error::{Error, ErrorKind};
use crate::packet::message::Response;
use crate::packet::rmcp::{self, Datagram};
use crate::packet::session15::{self, AuthType};

const OPENING: &str = "opening an IPMI 1.5 session";
const CHALLENGE_SEQUENCE: u8 = 2;
const ACTIVATE_SEQUENCE: u8 = 3;

/// Opens a session.
pub(super) async fn open(wire: &Wire, config: &Config, auth_type: AuthType) -> Result<Link, Error> {
    let capabilities = capabilities(wire, config).await?;
    if !capabilities.offers(auth_type) {
        let detail = format!("the BMC doesn't offer authentication type {auth_type:?} at this privilege level");
        return Err(Error::new(ErrorKind::Unsupported, OPENING, detail));
    }
    let mut user = [0; 16];
    for (to, from) in user.iter_mut().zip(&config.user) {
        *to = *from;
    }
    let challenge = GetSessionChallenge { auth_type, user };
    let (temporary, challenge) = ask_outside(wire, config, config.timeout, CHALLENGE_SEQUENCE, &challenge)
        .await
        .map_err(|error| authentication(error, &[0x81, 0x82]))?;
    let outbound = u32::from_le_bytes(random()?).max(1);
    let activate = ActivateSession { auth_type, privilege: config.privilege, challenge, outbound_sequence: outbound };
    let activated = activate_session(wire, config, &activate, temporary)
        .await
        .map_err(|error| authentication(error, &[0x86, 0xcc, 0xd4]))?;
    if activated.auth_type != auth_type.number() {
        let detail = format!(
            "authentication type {auth_type:?} was asked for, and the BMC answered type {}: not accepted, as that \
             would be a downgrade",
            activated.auth_type
        );
        return Err(Error::new(ErrorKind::Untrusted, OPENING, detail));
    }
    Ok(Link::v15(auth_type, config.password(), activated.session, activated.inbound_sequence, outbound))
}

async fn activate_session(
    wire: &Wire,
    config: &Config,
    command: &ActivateSession,
    session: u32,
) -> Result<crate::command::session::ActivatedSession, Error> {
    let mut data = Vec::new();
    command.encode(&mut data);
    let request = to_bmc(ACTIVATE_SEQUENCE, command.code(), 0, data);
    let packet = session15::encode(command.auth_type, config.password(), session, 0, &request.encode());
    let response = wire
        .ask(
            config,
            config.timeout,
            OPENING,
            || packet.clone(),
            |datagram| {
                let Ok(Datagram::Ipmi(wrapper)) = rmcp::decode(datagram) else {
                    return None;
                };
                let packet = session15::Packet::decode(wrapper).ok()?;
                let response = Response::decode(packet.payload).ok()?;
                let ours = response.net_fn == request.net_fn.response()
                    && response.command == request.command
                    && (response.sequence == request.sequence || response.sequence == FIRST_SEQUENCE);
                // A refusal need not be authenticated; a success has to be.
                let authentic = packet.is_authentic(command.auth_type, config.password());
                (ours && (authentic || response.completion != 0)).then_some(response)
            },
        )
        .await?;
    judge(command, response.completion, &response.data)
}

/// The same error as one of authentication, if its completion code is among those that say so.
fn authentication(error: Error, codes: &[u8]) -> Error {
    match error.completion_code() {
        Some(code) if codes.contains(&code.number()) => {
            Error::new(ErrorKind::Authentication, OPENING, error.to_string())
        }
        _ => error,
    }
}
