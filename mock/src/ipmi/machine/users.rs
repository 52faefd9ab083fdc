//! Users and what they may do: names, passwords, enabled bits, privilege limits by channel, payload access.

use std::fmt;

/// A privilege level (IPMI 2.0 section 6.8).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Privilege {
    /// Enough to start a call back.
    Callback = 1,
    /// Reads.
    User = 2,
    /// Everything but configuration of channels and users.
    Operator = 3,
    /// Everything.
    Administrator = 4,
    /// What the manufacturer says.
    Oem = 5,
}

impl Privilege {
    /// Returns the level with this code; `None` for 0 (unspecified), F (no access) and reserved codes.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        match code {
            1 => Some(Self::Callback),
            2 => Some(Self::User),
            3 => Some(Self::Operator),
            4 => Some(Self::Administrator),
            5 => Some(Self::Oem),
            _ => None,
        }
    }

    /// Returns the code of the level.
    #[must_use]
    pub fn code(self) -> u8 {
        self as u8
    }
}

/// One slot of the user table.
#[derive(Clone)]
pub struct User {
    /// Name, at most 16 bytes.
    pub name: String,
    pub(crate) password: Vec<u8>,
    /// Whether the slot may log in.
    pub enabled: bool,
    /// The highest privilege on the LAN channel; `None` is "no access".
    pub privilege: Option<Privilege>,
    /// Whether IPMI messaging is allowed.
    pub messaging: bool,
    /// Whether link authentication is allowed.
    pub link: bool,
    /// Only in a call back.
    pub callback: bool,
    /// Sessions at a time; 0 is "any number".
    pub sessions: u8,
    /// Standard payloads this user may activate: bit 1 is SOL.
    pub payloads: u8,
}

impl User {
    /// Creates a user who may log in with this privilege.
    #[must_use]
    pub fn new(name: &str, password: &str, privilege: Privilege) -> Self {
        Self {
            name: name.to_owned(),
            password: password.as_bytes().to_vec(),
            enabled: true,
            privilege: Some(privilege),
            messaging: true,
            link: true,
            callback: false,
            sessions: 0,
            payloads: 0x03,
        }
    }

    /// Creates a slot that nobody uses.
    #[must_use]
    pub fn vacant() -> Self {
        Self {
            name: String::new(),
            password: Vec::new(),
            enabled: false,
            privilege: None,
            messaging: false,
            link: false,
            callback: false,
            sessions: 0,
            payloads: 0x01,
        }
    }

    /// Returns the password's bytes, without padding.
    pub(crate) fn key(&self) -> &[u8] {
        let end = self.password.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
        self.password.get(..end).unwrap_or_default()
    }

    /// Returns whether this is the user's password.
    #[must_use]
    pub fn has_password(&self, password: &str) -> bool {
        self.key() == password.as_bytes()
    }
}

impl fmt::Debug for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("User")
            .field("name", &self.name)
            .field("password", &"[redacted]")
            .field("enabled", &self.enabled)
            .field("privilege", &self.privilege)
            .finish_non_exhaustive()
    }
}

/// The user table. Slot 1 is the one without a name.
#[derive(Clone, Debug)]
pub struct Users {
    slots: Vec<User>,
}

impl Users {
    /// Creates a table of this many slots, all vacant.
    #[must_use]
    pub fn vacant(slots: u8) -> Self {
        Self { slots: vec![User::vacant(); usize::from(slots.clamp(2, 63))] }
    }

    /// Returns how many slots there are.
    #[must_use]
    pub fn capacity(&self) -> u8 {
        u8::try_from(self.slots.len()).unwrap_or(63)
    }

    /// Returns the slot with this id; ids start at 1.
    #[must_use]
    pub fn get(&self, id: u8) -> Option<&User> {
        self.slots.get(usize::from(id).checked_sub(1)?)
    }

    /// Returns the slot with this id, to be changed.
    pub fn get_mut(&mut self, id: u8) -> Option<&mut User> {
        self.slots.get_mut(usize::from(id).checked_sub(1)?)
    }

    /// Puts a user into the first vacant slot after the first. `None` when all are taken.
    pub fn add(&mut self, user: User) -> Option<u8> {
        let free = (2..=self.capacity()).find(|id| self.get(*id).is_some_and(|slot| slot.name.is_empty()))?;
        *self.get_mut(free)? = user;
        Some(free)
    }

    /// Returns the slots with their ids.
    pub fn iter(&self) -> impl Iterator<Item = (u8, &User)> {
        (1..).zip(&self.slots)
    }

    /// Finds the enabled user of this name. With a role, the user's limit must equal it ("name and role" lookup).
    pub(crate) fn find(&self, name: &str, role: Option<Privilege>) -> Option<(u8, &User)> {
        self.iter().find(|(_, user)| {
            user.enabled && user.name == name && (role.is_none() || role == user.privilege) && user.messaging
        })
    }

    pub(crate) fn enabled_count(&self) -> u8 {
        u8::try_from(self.slots.iter().filter(|user| user.enabled).count()).unwrap_or(63)
    }
}
