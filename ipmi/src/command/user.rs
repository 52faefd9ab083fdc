//! Users and channels (IPMI 2.0, sections 22.22 to 22.30): access, names, passwords. Passwords don't show in Debug output.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};

use super::session::Privilege;
use super::{Command, Malformed, NetFn, command};

/// Longest user name.
pub const LONGEST_NAME: usize = 16;
/// Longest password.
pub const LONGEST_PASSWORD: usize = 20;
/// The privilege limit that means "no access".
const NO_ACCESS: u8 = 0x0f;

/// Asks what a user may do on a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GetUserAccess {
    /// The channel; 0Eh is the present one.
    pub channel: u8,
    /// The user's ID, from one.
    pub user: u8,
}

/// What a user may do on a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UserAccess {
    /// How many users the channel can have.
    pub most_users: u8,
    /// How many are enabled.
    pub enabled_users: u8,
    /// How many have a name that can't be changed.
    pub fixed_names: u8,
    /// Whether the user is enabled, where the BMC reports it.
    pub enabled: Option<bool>,
    /// Whether the user may only log in by callback.
    pub callback_only: bool,
    /// Whether the user may authenticate the link (PPP).
    pub link_authentication: bool,
    /// Whether the user may use IPMI.
    pub ipmi_messaging: bool,
    /// The highest privilege level; `None` for no access.
    pub privilege: Option<Privilege>,
}

command!(GetUserAccess, "Get User Access", APP 0x44, Reads -> UserAccess,
|this, out| out.extend([this.channel & 0x0f, this.user & 0x3f]),
|reader| {
    let [most, enabled, fixed, access] = reader.array()?;
    UserAccess {
        most_users: most & 0x3f,
        enabled_users: enabled & 0x3f,
        fixed_names: fixed & 0x3f,
        enabled: match enabled >> 6 {
            1 => Some(true),
            2 => Some(false),
            _ => None,
        },
        callback_only: access & 0x40 != 0,
        link_authentication: access & 0x20 != 0,
        ipmi_messaging: access & 0x10 != 0,
        privilege: Privilege::from_number(access),
    }
});

/// Sets what a user may do on a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SetUserAccess {
    /// The channel.
    pub channel: u8,
    /// The user's ID.
    pub user: u8,
    /// The highest privilege level; `None` for no access.
    pub privilege: Option<Privilege>,
    /// Callback only, link authentication and IPMI messaging; `None` leaves them as they are.
    pub switches: Option<(bool, bool, bool)>,
    /// How many sessions the user may have; zero for no limit.
    pub session_limit: u8,
}

command!(SetUserAccess, "Set User Access", APP 0x43, Changes -> (),
    |this, out| {
        let switches = this.switches.map_or(0, |(callback, link, messaging)| {
            0x80 | u8::from(callback) << 6 | u8::from(link) << 5 | u8::from(messaging) << 4
        });
        out.extend([
            switches | this.channel & 0x0f,
            this.user & 0x3f,
            this.privilege.map_or(NO_ACCESS, |privilege| privilege as u8),
        ]);
        if this.session_limit != 0 {
            out.push(this.session_limit & 0x0f);
        }
    },
    |_reader| ());

/// Asks for a user's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GetUserName {
    /// The user's ID.
    pub user: u8,
}

command!(GetUserName, "Get User Name", APP 0x46, Reads -> String, |this, out| out.push(this.user & 0x3f), |reader| {
    let bytes: Vec<u8> = reader.take_rest().iter().copied().take_while(|byte| *byte != 0).collect();
    String::from_utf8_lossy(&bytes).into_owned()
});

/// Sets a user's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetUserName {
    user: u8,
    name: [u8; LONGEST_NAME],
}

impl SetUserName {
    /// Creates a new name for a user; `None` when it is longer than 16 bytes.
    #[must_use]
    pub fn new(user: u8, name: &str) -> Option<Self> {
        Some(Self { user, name: padded(name.as_bytes())? })
    }
}

fn padded<const N: usize>(bytes: &[u8]) -> Option<[u8; N]> {
    let mut padded = [0; N];
    padded.get_mut(..bytes.len())?.copy_from_slice(bytes);
    Some(padded)
}

command!(SetUserName, "Set User Name", APP 0x45, Changes -> (),
    |this, out| {
        out.push(this.user & 0x3f);
        out.extend(this.name);
    },
    |_reader| ());

/// Enables or disables a user, sets the password, or tries one.
#[derive(Clone)]
pub struct SetUserPassword {
    user: u8,
    operation: u8,
    password: Option<(SecretString, bool)>,
}

impl fmt::Debug for SetUserPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SetUserPassword")
            .field("user", &self.user)
            .field("operation", &self.operation)
            .finish_non_exhaustive()
    }
}

impl SetUserPassword {
    /// Enables or disables a user.
    #[must_use]
    pub const fn enable(user: u8, enabled: bool) -> Self {
        Self { user, operation: enabled as u8, password: None }
    }

    /// Sets a password; `None` when it is longer than 20 bytes. One of at most 16 bytes is stored so that the user may
    /// also log in by IPMI 1.5.
    #[must_use]
    pub fn set(user: u8, password: SecretString) -> Option<Self> {
        Self::with(user, 2, password)
    }

    /// Tries a password; `None` when it is longer than 20 bytes. A wrong one is completion code 80h, one that was stored
    /// in the other length 81h.
    #[must_use]
    pub fn test(user: u8, password: SecretString) -> Option<Self> {
        Self::with(user, 3, password)
    }

    /// As [`test`](Self::test), of a password that is stored in 20 bytes, however short it is, or in 16; `None` when it is
    /// longer than that.
    #[must_use]
    pub fn test_stored_in(user: u8, password: SecretString, twenty_bytes: bool) -> Option<Self> {
        let most = if twenty_bytes { LONGEST_PASSWORD } else { 16 };
        let fits = password.expose_secret().len() <= most;
        fits.then_some(Self { user, operation: 3, password: Some((password, twenty_bytes)) })
    }

    fn with(user: u8, operation: u8, password: SecretString) -> Option<Self> {
        let length = password.expose_secret().len();
        (length <= LONGEST_PASSWORD).then_some(Self { user, operation, password: Some((password, length > 16)) })
    }
}

impl Command for SetUserPassword {
    type Response = ();
    const NAME: &'static str = "Set User Password";

    fn code(&self) -> (NetFn, u8) {
        (NetFn::APP, 0x47)
    }

    fn encode(&self, data: &mut Vec<u8>) {
        let long = self.password.as_ref().is_some_and(|(_, long)| *long);
        data.extend([u8::from(long) << 7 | self.user & 0x3f, self.operation]);
        if let Some((password, long)) = &self.password {
            let bytes = password.expose_secret().as_bytes();
            data.extend(bytes);
            let length = if *long { LONGEST_PASSWORD } else { 16 };
            data.resize(length.saturating_add(2), 0);
        }
    }

    fn decode(&self, _data: &[u8]) -> Result<(), Malformed> {
        Ok(())
    }

    fn explain(&self, code: super::CompletionCode) -> Option<&'static str> {
        match code.number() {
            0x80 => Some("the password is wrong"),
            0x81 => Some("the password was stored in the other length (16 or 20 bytes)"),
            _ => None,
        }
    }
}

/// Asks about a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GetChannelInfo {
    /// The channel; 0Eh is the present one.
    pub channel: u8,
}

/// A channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ChannelInfo {
    /// Its number.
    pub channel: u8,
    /// Its medium's number (table 6-3).
    pub medium: u8,
    /// Its protocol's number (table 6-2).
    pub protocol: u8,
    /// How it has sessions: 0 none, 1 one, 2 several, 3 by the session.
    pub session_support: u8,
    /// How many sessions are active.
    pub active_sessions: u8,
    /// The enterprise that defined the protocol.
    pub vendor: u32,
}

impl ChannelInfo {
    /// Returns the medium in words.
    #[must_use]
    pub const fn medium_name(&self) -> &'static str {
        match self.medium {
            1 => "IPMB (I2C)",
            2 => "ICMB v1.0",
            3 => "ICMB v0.9",
            4 => "802.3 LAN",
            5 => "serial/modem",
            6 => "other LAN",
            7 => "PCI SMBus",
            8 => "SMBus v1.0/v1.1",
            9 => "SMBus v2.0",
            10 => "USB 1.x",
            11 => "USB 2.x",
            12 => "system interface",
            96..=127 => "OEM",
            _ => "reserved",
        }
    }

    /// Returns whether it is a LAN.
    #[must_use]
    pub const fn is_lan(&self) -> bool {
        matches!(self.medium, 4 | 6)
    }
}

command!(GetChannelInfo, "Get Channel Info", APP 0x42, Reads -> ChannelInfo, |this, out| out.push(this.channel & 0x0f),
|reader| {
    let [channel, medium, protocol, sessions] = reader.array()?;
    ChannelInfo {
        channel: channel & 0x0f,
        medium: medium & 0x7f,
        protocol: protocol & 0x1f,
        session_support: sessions >> 6,
        active_sessions: sessions & 0x3f,
        vendor: reader.u24()?,
    }
});

/// Asks how a channel may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GetChannelAccess {
    /// The channel; 0Eh is the present one.
    pub channel: u8,
    /// Whether what holds now is asked for, instead of what is kept.
    pub volatile: bool,
}

/// How a channel may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ChannelAccess {
    /// Whether alerts are disabled.
    pub alerting_disabled: bool,
    /// Whether packets of IPMI 1.5 need no authentication code.
    pub per_message_disabled: bool,
    /// Whether packets at user level need no authentication code.
    pub user_level_disabled: bool,
    /// 0 disabled, 1 before boot only, 2 always, 3 shared.
    pub mode: u8,
    /// The highest privilege level.
    pub privilege: Option<Privilege>,
}

command!(GetChannelAccess, "Get Channel Access", APP 0x41, Reads -> ChannelAccess,
|this, out| out.extend([this.channel & 0x0f, if this.volatile { 0x80 } else { 0x40 }]),
|reader| {
    let [access, privilege] = reader.array()?;
    ChannelAccess {
        alerting_disabled: access & 0x20 != 0,
        per_message_disabled: access & 0x10 != 0,
        user_level_disabled: access & 0x08 != 0,
        mode: access & 7,
        privilege: Privilege::from_number(privilege),
    }
});

/// Sets how a channel may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SetChannelAccess {
    /// The channel.
    pub channel: u8,
    /// Whether it is to hold now, instead of being kept.
    pub volatile: bool,
    /// How it may be used.
    pub access: ChannelAccess,
}

command!(SetChannelAccess, "Set Channel Access", APP 0x40, Changes -> (),
    |this, out| {
        let which = if this.volatile { 0x80 } else { 0x40 };
        let access = this.access;
        out.extend([
            this.channel & 0x0f,
            which
                | u8::from(access.alerting_disabled) << 5
                | u8::from(access.per_message_disabled) << 4
                | u8::from(access.user_level_disabled) << 3
                | access.mode & 7,
            // Without a level, the limit stays as it is.
            access.privilege.map_or(0, |privilege| which | privilege as u8),
        ]);
    },
    |_reader| (),
    0x82 => "the channel can't be set like this",
    0x83 => "the channel doesn't support this access mode");

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(command: &impl Command) -> Vec<u8> {
        let mut data = Vec::new();
        command.encode(&mut data);
        data
    }

    #[test]
    fn passwords_are_padded_to_the_length_they_are_stored_in_and_do_not_show() {
        let short = SetUserPassword::set(2, "secret".into()).unwrap();
        assert_eq!(sent(&short), [&[2, 2][..], b"secret", &[0; 10]].concat());
        let long = SetUserPassword::test(2, "seventeen letters".into()).unwrap();
        assert_eq!((sent(&long).len(), sent(&long)[0]), (22, 0x82));
        assert!(SetUserPassword::set(2, "more than twenty letters".into()).is_none());
        assert!(!format!("{short:?}").contains("secret"));
        assert_eq!(sent(&SetUserPassword::enable(3, true)), [3, 1]);
        let as_twenty = SetUserPassword::test_stored_in(2, "secret".into(), true).unwrap();
        assert_eq!((sent(&as_twenty).len(), sent(&as_twenty)[..2].to_vec()), (22, vec![0x82, 3]));
        assert!(SetUserPassword::test_stored_in(2, "seventeen letters".into(), false).is_none());
    }

    #[test]
    fn user_access_is_read_and_written() {
        let access = GetUserAccess { channel: 1, user: 2 }.decode(&[10, 0x42, 1, 0x34]).unwrap();
        assert_eq!((access.most_users, access.enabled_users, access.enabled), (10, 2, Some(true)));
        assert_eq!(access.privilege, Some(Privilege::Administrator));
        assert!(access.link_authentication && access.ipmi_messaging && !access.callback_only);
        let set = SetUserAccess {
            channel: 1,
            user: 2,
            privilege: None,
            switches: Some((false, true, true)),
            session_limit: 0,
        };
        assert_eq!(sent(&set), [0xb1, 2, 0x0f]);
    }

    #[test]
    fn names_end_at_the_first_zero() {
        assert_eq!(GetUserName { user: 2 }.decode(b"admin\0\0\0\0"), Ok("admin".to_owned()));
        assert!(SetUserName::new(2, "a name that is too long").is_none());
        assert_eq!(sent(&SetUserName::new(2, "x").unwrap())[..3], [2, b'x', 0]);
    }
}
