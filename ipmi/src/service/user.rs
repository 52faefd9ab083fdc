//! Users as a whole: who there is, with name and access; adding and removing them.

use secrecy::SecretString;

use crate::command::session::{PRESENT_CHANNEL, Privilege};
use crate::command::user::{
    ChannelAccess, ChannelInfo, GetChannelAccess, GetChannelInfo, GetUserAccess, GetUserName, LONGEST_NAME,
    SetUserAccess, SetUserName, SetUserPassword, UserAccess,
};
use crate::{Client, Error, ErrorKind};

/// A user of a BMC, on one channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// The user's ID.
    pub id: u8,
    /// The name; empty for the user without one, and for free places.
    pub name: String,
    /// What the user may do.
    pub access: UserAccess,
}

impl Client {
    /// All places for users on the present channel, free ones included.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub async fn users(&self) -> Result<Vec<User>, Error> {
        let channel = PRESENT_CHANNEL;
        let first = self.send(&GetUserAccess { channel, user: 1 }).await?;
        let mut users = Vec::new();
        for id in 1..=first.most_users {
            let access = match id {
                1 => Ok(first),
                _ => self.send(&GetUserAccess { channel, user: id }).await,
            };
            // A place that the BMC counts but doesn't have hides none of the others.
            let access = match access {
                Err(error) if error.completion_code().is_some() => continue,
                other => other?,
            };
            let name = match self.send(&GetUserName { user: id }).await {
                Ok(name) => name,
                // A place without a name is refused by many.
                Err(error) if error.completion_code().is_some() => String::new(),
                Err(error) => return Err(error),
            };
            users.push(User { id, name, access });
        }
        Ok(users)
    }

    /// The user with this name, if there is one.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub async fn user_named(&self, name: &str) -> Result<Option<User>, Error> {
        // A place without a name is nobody's.
        Ok(self.users().await?.into_iter().find(|user| user.name == name && !name.is_empty()))
    }

    /// Puts a new user into the first free place, with IPMI allowed on the present channel, and enables it last. Gives
    /// the user's ID.
    ///
    /// # Errors
    /// As [`send`](Self::send); also when there is no free place, when the name is taken, or when name or password is
    /// too long. When the BMC refuses a part (a password that is too simple for it, say), the place is freed again.
    pub async fn add_user(&self, name: &str, password: SecretString, privilege: Privilege) -> Result<u8, Error> {
        const ADDING: &str = "adding a user";
        let invalid = |detail: String| Err(Error::invalid(ADDING, detail).at(self.peer()));
        if name.is_empty() || name.len() > LONGEST_NAME {
            return invalid(format!("a name has 1 to {LONGEST_NAME} bytes, not {}", name.len()));
        }
        let users = self.users().await?;
        if let Some(taken) = users.iter().find(|user| user.name == name) {
            return invalid(format!("user {} has the name {name:?} already", taken.id));
        }
        // The first place is for the user without a name, and those with a fixed name come first as well.
        let is_free = |user: &&User| user.name.is_empty() && user.id > 1 && user.id > user.access.fixed_names;
        let Some(User { id, .. }) = users.iter().find(is_free) else {
            return invalid(format!("none of the {} places for users is free", users.len()));
        };
        let user = *id;
        self.set_user_name(user, name).await?;
        let filled = self.fill_place(user, password, privilege).await;
        if let Err(error) = filled {
            if error.completion_code().is_some() {
                // What is to be told is the refusal, whatever comes of this.
                let _ = self.remove_user(user).await;
            }
            return Err(error);
        }
        Ok(user)
    }

    async fn fill_place(&self, user: u8, password: SecretString, privilege: Privilege) -> Result<(), Error> {
        self.set_user_password(user, password).await?;
        let (callback_only, link_authentication, ipmi_messaging) = (false, false, true);
        let switches = Some((callback_only, link_authentication, ipmi_messaging));
        let (channel, privilege) = (PRESENT_CHANNEL, Some(privilege));
        self.send(&SetUserAccess { channel, user, privilege, switches, session_limit: 0 }).await?;
        self.enable_user(user, true).await
    }

    /// Frees a user's place: disabled, without access to the present channel, without a name.
    ///
    /// # Errors
    /// As [`send`](Self::send). What was done before an error stays done: the user is disabled first.
    pub async fn remove_user(&self, user: u8) -> Result<(), Error> {
        self.enable_user(user, false).await?;
        self.set_user_privilege(user, None).await?;
        self.set_user_name(user, "").await
    }

    /// Sets a user's name, at most 16 bytes.
    ///
    /// # Errors
    /// As [`send`](Self::send), and when it is too long.
    pub async fn set_user_name(&self, user: u8, name: &str) -> Result<(), Error> {
        let command = SetUserName::new(user, name).ok_or_else(|| {
            Error::invalid("Set User Name", format!("{} bytes are more than 16", name.len())).at(self.peer())
        })?;
        self.send(&command).await
    }

    /// Sets a user's password, at most 20 bytes; more than 16 only where the BMC stores as many.
    ///
    /// # Errors
    /// As [`send`](Self::send), and when it is too long.
    pub async fn set_user_password(&self, user: u8, password: SecretString) -> Result<(), Error> {
        let command = SetUserPassword::set(user, password).ok_or_else(|| {
            Error::invalid("Set User Password", "the password has more than 20 bytes").at(self.peer())
        })?;
        self.send(&command).await
    }

    /// Whether a password is a user's.
    ///
    /// # Errors
    /// As [`send`](Self::send), but for the password's being wrong.
    pub async fn test_user_password(&self, user: u8, password: SecretString) -> Result<bool, Error> {
        const WRONG: u8 = 0x80;
        const OTHER_LENGTH: u8 = 0x81;
        let Some(command) = SetUserPassword::test(user, password) else {
            return Ok(false);
        };
        match self.send(&command).await {
            Ok(()) => Ok(true),
            Err(error) => match error.kind() {
                ErrorKind::Refused(code) if matches!(code.number(), WRONG | OTHER_LENGTH) => Ok(false),
                _ => Err(error),
            },
        }
    }

    /// Enables or disables a user.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub async fn enable_user(&self, user: u8, enabled: bool) -> Result<(), Error> {
        self.send(&SetUserPassword::enable(user, enabled)).await
    }

    /// Sets the highest privilege level of a user on the present channel, `None` for no access; everything else stays.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub async fn set_user_privilege(&self, user: u8, privilege: Option<Privilege>) -> Result<(), Error> {
        let channel = PRESENT_CHANNEL;
        self.send(&SetUserAccess { channel, user, privilege, switches: None, session_limit: 0 }).await
    }

    /// What a channel is; 0Eh is the present one.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub async fn channel_info(&self, channel: u8) -> Result<ChannelInfo, Error> {
        self.send(&GetChannelInfo { channel }).await
    }

    /// How a channel may be used at present; 0Eh is the present one.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub async fn channel_access(&self, channel: u8) -> Result<ChannelAccess, Error> {
        self.send(&GetChannelAccess { channel, volatile: true }).await
    }

    /// The channels that the BMC has, by asking for each number.
    ///
    /// # Errors
    /// As [`send`](Self::send), but for a channel's not being there.
    pub async fn channels(&self) -> Result<Vec<ChannelInfo>, Error> {
        let mut channels = Vec::new();
        for channel in (0..=0x0b).chain([0x0f]) {
            match self.channel_info(channel).await {
                Ok(info) => channels.push(info),
                Err(error) if error.completion_code().is_some() => {}
                Err(error) => return Err(error),
            }
        }
        Ok(channels)
    }
}
