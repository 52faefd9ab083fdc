//! What opens, keeps and closes sessions (IPMI 2.0, chapter 22): privilege levels, channel authentication capabilities,
//! cipher suites and session information. The steps they are taken in are `ipmi::session`'s.

use std::net::Ipv4Addr;

use super::command;
use crate::packet::session15::AuthType;

/// A privilege level (section 6.8).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
#[non_exhaustive]
pub enum Privilege {
    /// May start a callback.
    Callback = 1,
    /// May read.
    User = 2,
    /// May also control power and clear logs, but not configure interfaces.
    Operator = 3,
    /// May do everything.
    Administrator = 4,
    /// Defined by the vendor.
    Oem = 5,
}

impl Privilege {
    /// Returns the level with this number.
    #[must_use]
    pub const fn from_number(number: u8) -> Option<Self> {
        Some(match number & 0x0f {
            1 => Self::Callback,
            2 => Self::User,
            3 => Self::Operator,
            4 => Self::Administrator,
            5 => Self::Oem,
            _ => return None,
        })
    }
}

/// The number of the channel that a request came in by.
pub const PRESENT_CHANNEL: u8 = 0x0e;

/// Asks how sessions on a channel are authenticated. It is answered outside of sessions as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GetChannelAuthenticationCapabilities {
    /// The channel.
    pub channel: u8,
    /// The privilege level that is wanted.
    pub privilege: Privilege,
    /// Whether to ask for what IPMI 2.0 added; some BMCs of 1.5 refuse the question.
    pub extended: bool,
}

/// How sessions on a channel are authenticated (table 22-15).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ChannelAuthenticationCapabilities {
    /// The channel.
    pub channel: u8,
    /// Authentication types of IPMI 1.5, bit by bit.
    pub auth_types: u8,
    /// Whether K_G is set: keys are made from it instead of the password.
    pub bmc_key: bool,
    /// Whether packets of IPMI 1.5 need no authentication code.
    pub per_message_disabled: bool,
    /// Whether packets at user level need no authentication code.
    pub user_level_disabled: bool,
    /// Whether there are users with a name.
    pub non_null_users: bool,
    /// Whether there are users without a name but with a password.
    pub null_users: bool,
    /// Whether one can log in without name and password.
    pub anonymous: bool,
    /// Whether the channel speaks IPMI 1.5.
    pub ipmi_1_5: bool,
    /// Whether the channel speaks IPMI 2.0.
    pub ipmi_2_0: bool,
}

impl ChannelAuthenticationCapabilities {
    /// Returns whether an authentication type of IPMI 1.5 is offered.
    #[must_use]
    pub const fn offers(&self, auth_type: AuthType) -> bool {
        self.auth_types & 1 << auth_type.number() != 0
    }
}

command!(GetChannelAuthenticationCapabilities, "Get Channel Authentication Capabilities", APP 0x38,
Reads -> ChannelAuthenticationCapabilities,
|this, out| out.extend([u8::from(this.extended) << 7 | this.channel & 0x0f, this.privilege as u8]),
|reader| {
    let [channel, types, status, extended] = reader.array()?;
    let has_extended = types & 0x80 != 0;
    ChannelAuthenticationCapabilities {
        channel: channel & 0x0f,
        auth_types: types & 0x3f,
        bmc_key: status & 0x20 != 0,
        per_message_disabled: status & 0x10 != 0,
        user_level_disabled: status & 0x08 != 0,
        non_null_users: status & 4 != 0,
        null_users: status & 2 != 0,
        anonymous: status & 1 != 0,
        ipmi_1_5: !has_extended || extended & 1 != 0,
        ipmi_2_0: has_extended && extended & 2 != 0,
    }
});

/// Asks for a part of a channel's list of cipher suites. It is answered outside of sessions as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GetChannelCipherSuites {
    /// The channel.
    pub channel: u8,
    /// Which 16 bytes of the list, from zero.
    pub index: u8,
}

command!(GetChannelCipherSuites, "Get Channel Cipher Suites", APP 0x54, Reads -> Vec<u8>,
|this, out| out.extend([this.channel & 0x0f, 0, 0x80 | this.index & 0x3f]),
|reader| {
    reader.u8()?;
    reader.take_rest().to_vec()
});

/// Asks for a challenge, the first step of a session of IPMI 1.5.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GetSessionChallenge {
    /// How the session is to be authenticated.
    pub auth_type: AuthType,
    /// The user's name.
    pub user: [u8; 16],
}

command!(GetSessionChallenge, "Get Session Challenge", APP 0x39, Changes -> (u32, [u8; 16]),
    |this, out| {
        out.push(this.auth_type.number());
        out.extend(this.user);
    },
    |reader| (reader.u32()?, reader.array()?),
    0x81 => "the user name isn't known or isn't enabled",
    0x82 => "the BMC allows no user without a name");

/// Answers the challenge, the second step of a session of IPMI 1.5.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActivateSession {
    /// How the session is authenticated.
    pub auth_type: AuthType,
    /// The highest privilege level wanted.
    pub privilege: Privilege,
    /// The challenge.
    pub challenge: [u8; 16],
    /// The number with which the BMC's packets begin.
    pub outbound_sequence: u32,
}

/// A session of IPMI 1.5.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ActivatedSession {
    /// Authentication type number for the rest of the session.
    pub auth_type: u8,
    /// The session's ID.
    pub session: u32,
    /// The number with which the console's packets begin.
    pub inbound_sequence: u32,
    /// The highest privilege level that the session may have.
    pub privilege: u8,
}

command!(ActivateSession, "Activate Session", APP 0x3a, Changes -> ActivatedSession,
    |this, out| {
        out.extend([this.auth_type.number(), this.privilege as u8]);
        out.extend(this.challenge);
        out.extend(this.outbound_sequence.to_le_bytes());
    },
    |reader| ActivatedSession {
        auth_type: reader.u8()? & 0x0f,
        session: reader.u32()?,
        inbound_sequence: reader.u32()?,
        privilege: reader.u8()? & 0x0f,
    },
    0x81 => "the BMC has no session slot left",
    0x82 => "the BMC has no session slot left for this user",
    0x83 => "the user has no slot left for this privilege level",
    0x85 => "the session ID is invalid",
    0x86 => "the user or channel doesn't allow this privilege level");

/// Sets the privilege level of the session; the answer says which level it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SetSessionPrivilegeLevel(pub Option<Privilege>);

command!(SetSessionPrivilegeLevel, "Set Session Privilege Level", APP 0x3b, Reads -> u8,
    |this, out| out.push(this.0.map_or(0, |privilege| privilege as u8)),
    |reader| reader.u8()? & 0x0f,
    0x80 => "the user isn't allowed this privilege level",
    0x81 => "the channel or user limits the privilege level below this one",
    0x82 => "user level authentication can't be disabled");

/// Ends a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CloseSession {
    /// The BMC's ID of the session.
    pub session: u32,
}

command!(CloseSession, "Close Session", APP 0x3c, Changes -> (),
    |this, out| out.extend(this.session.to_le_bytes()), |_reader| (),
    0x87 => "the session ID is invalid");

/// Asks about a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum GetSessionInfo {
    /// The session in which it is asked.
    This,
    /// The `n`th active session, from one.
    Nth(u8),
    /// The session with this ID.
    Id(u32),
    /// The session with this handle.
    Handle(u8),
}

/// A session of the BMC (section 22.20).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SessionInfo {
    /// The session's handle; zero when the session isn't active.
    pub handle: u8,
    /// How many sessions the BMC may have.
    pub possible: u8,
    /// How many are active.
    pub active: u8,
    /// Who opened it, if it is active.
    pub details: Option<SessionDetails>,
}

/// Who opened a session.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SessionDetails {
    /// The user's ID.
    pub user_id: u8,
    /// The present privilege level.
    pub privilege: u8,
    /// Whether it is of IPMI 2.0.
    pub ipmi_2_0: bool,
    /// The channel.
    pub channel: u8,
    /// The console's address and port, for LAN channels that show it.
    pub console: Option<(Ipv4Addr, u16)>,
    /// The console's MAC address, for LAN channels that show it.
    pub mac: Option<[u8; 6]>,
}

command!(GetSessionInfo, "Get Session Info", APP 0x3d, Reads -> SessionInfo,
|this, out| match this {
    Self::This => out.push(0),
    Self::Nth(index) => out.push(*index),
    Self::Handle(handle) => out.extend([0xfe, *handle]),
    Self::Id(id) => {
        out.push(0xff);
        out.extend(id.to_le_bytes());
    }
},
|reader| {
    let [handle, possible, active] = reader.array()?;
    let details = reader.array::<3>().ok().map(|[user, privilege, channel]| {
        let console = reader.array::<4>().ok();
        let mac = reader.array::<6>().ok();
        let port = reader.u16().ok();
        SessionDetails {
            user_id: user & 0x3f,
            privilege: privilege & 0x0f,
            ipmi_2_0: channel >> 4 == 1,
            channel: channel & 0x0f,
            console: console.map(Ipv4Addr::from).zip(port),
            mac,
        }
    });
    SessionInfo { handle, possible: possible & 0x3f, active: active & 0x3f, details }
});

#[cfg(test)]
mod tests {
    use super::super::Command;
    use super::*;

    #[test]
    fn capabilities_of_ipmi_1_5_are_not_taken_for_2_0() {
        let command = GetChannelAuthenticationCapabilities {
            channel: PRESENT_CHANNEL,
            privilege: Privilege::Administrator,
            extended: true,
        };
        let old = command.decode(&[1, 0x15, 4, 2, 0, 0, 0, 0]).unwrap();
        assert!(old.ipmi_1_5 && !old.ipmi_2_0 && old.offers(AuthType::Md5));
        let new = command.decode(&[1, 0x95, 0x24, 2, 0, 0, 0, 0]).unwrap();
        assert!(!new.ipmi_1_5 && new.ipmi_2_0 && new.bmc_key);
    }

    #[test]
    fn a_session_without_lan_details_is_read() {
        let info = GetSessionInfo::This.decode(&[1, 4, 1, 2, 4, 0x11]).unwrap();
        let details = info.details.unwrap();
        assert_eq!((details.user_id, details.privilege, details.channel), (2, 4, 1));
        assert!(details.ipmi_2_0 && details.console.is_none());
        assert_eq!(GetSessionInfo::Nth(1).decode(&[0, 4, 0]).unwrap().details, None);
    }
}
