//! Users as a whole: who there is, with name and access; adding and removing them.

use secrecy::{ExposeSecret, SecretString};

use super::steps::{Failure, Steps};
use crate::command::CompletionCode;
use crate::command::session::{PRESENT_CHANNEL, Privilege};
use crate::command::user::{
    ChannelAccess, ChannelInfo, GetChannelAccess, GetChannelInfo, GetUserAccess, GetUserName, LONGEST_NAME,
    LONGEST_PASSWORD, SetUserAccess, SetUserName, SetUserPassword, UserAccess,
};
use crate::partial::{Item, Partial, ReadError};
use crate::{Client, Error, ErrorKind};

const STEPS: u32 = 512;

/// A user of a BMC, on one channel.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct User {
    /// The user's ID.
    pub id: u8,
    /// The name; empty for the user without one, and for free places.
    pub name: String,
    /// What the user may do.
    pub access: UserAccess,
}

impl User {
    /// Whether nobody can log in by this place, and it has no name.
    fn is_free(&self) -> bool {
        self.name.is_empty() && !is_in_use(&self.access)
    }
}

/// What a BMC says to a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PasswordTest {
    /// It is the user's.
    Right,
    /// It isn't the user's.
    Wrong,
    /// The user's is stored in the other length, so it can't be compared.
    OtherLength,
}

/// Places that are tried in turn until one says how many there are.
const FIRST_PLACES: std::ops::RangeInclusive<u8> = 1..=16;
const ADDING: &str = "adding a user";
const SETTING_NAME: &str = "Set User Name";
const SETTING_PASSWORD: &str = "Set User Password";

impl Client {
    /// Reads all places for users on the present channel, free ones included. A place that can't be read, as it is
    /// locked, hides none of the others.
    ///
    /// # Errors
    /// As [`send`](Self::send), when no place can be read.
    pub async fn users(&self) -> Result<Partial<User>, Error> {
        let mut steps = Steps::new(self.clone(), STEPS);
        let mut all = Partial::default();
        let mut most = None;
        let mut first_error = None;
        for id in 1..=u8::MAX {
            if most.map_or(!FIRST_PLACES.contains(&id), |most| id > most) {
                break;
            }
            let place = place(&mut steps, id, &mut most).await;
            let error = match place {
                Ok(user) => {
                    all.items.push(user);
                    continue;
                }
                Err(error) => error,
            };
            let over = matches!(error, Failure::All(_));
            let error = error.into_error();
            first_error.get_or_insert_with(|| error.clone());
            if over {
                all.missing.push(ReadError::from_here_on(Item::User(id), error));
                break;
            }
            all.missing.push(ReadError::new(Item::User(id), error));
        }
        match first_error.filter(|_| most.is_none()) {
            Some(error) => Err(error),
            None => Ok(all),
        }
    }

    /// Reads the user with this name, if there is one.
    ///
    /// # Errors
    /// As [`send`](Self::send); also when it isn't found and a place couldn't be read, which may be the one.
    pub async fn user_named(&self, name: &str) -> Result<Option<User>, Error> {
        // A slot without a name belongs to nobody.
        let Partial { items, missing } = self.users().await?;
        match items.into_iter().find(|user| user.name == name && !name.is_empty()) {
            None if !name.is_empty() => {
                missing.into_iter().next().map_or(Ok(None), |missing| Err(missing.into_error()))
            }
            found => Ok(found),
        }
    }

    /// Puts a new user into the first free place, with IPMI allowed on the present channel, enables it last, and reads
    /// back what it is. Returns the user's ID.
    ///
    /// # Errors
    /// As [`send`](Self::send); also when there is no free place, when the name is taken, when name or password is
    /// too long, and when the user is not as it was asked ([`ErrorKind::NotInForce`]). When something goes wrong in the
    /// middle (the password is too simple, say), the place is freed again; where that fails too, the error says what is
    /// left.
    pub async fn add_user(&self, name: &str, password: SecretString, privilege: Privilege) -> Result<u8, Error> {
        let invalid = |detail: String| Err(Error::invalid(ADDING, detail).at(self.peer()));
        if name.is_empty() || name.len() > LONGEST_NAME {
            return invalid(format!("a name has 1 to {LONGEST_NAME} bytes, not {}", name.len()));
        }
        if password.expose_secret().len() > LONGEST_PASSWORD {
            return invalid(format!("a password has at most {LONGEST_PASSWORD} bytes"));
        }
        let users = self.users().await?.items;
        if let Some(taken) = users.iter().find(|user| user.name == name) {
            return invalid(format!("user {} has the name {name:?} already", taken.id));
        }
        // The first place is for the user without a name, and those with a fixed name come first as well.
        let is_free = |user: &&User| user.name.is_empty() && user.id > 1 && user.id > user.access.fixed_names;
        let Some(User { id, .. }) = users.iter().find(is_free) else {
            return invalid(format!("none of the {} places for users is free", users.len()));
        };
        let user = *id;
        match self.fill_place(user, name, password, privilege).await {
            Ok(()) => Ok(user),
            Err(error) => Err(self.undo(user, error).await),
        }
    }

    async fn fill_place(
        &self,
        user: u8,
        name: &str,
        password: SecretString,
        privilege: Privilege,
    ) -> Result<(), Error> {
        self.set_user_name(user, name).await?;
        self.set_user_password(user, password).await?;
        let (callback_only, link_authentication, ipmi_messaging) = (false, false, true);
        let switches = Some((callback_only, link_authentication, ipmi_messaging));
        let (channel, privilege) = (PRESENT_CHANNEL, Some(privilege));
        let set = SetUserAccess { channel, user, privilege, switches, session_limit: 0 };
        let answered = self.send(&set).await;
        self.confirm(ADDING, answered, || async {
            let access = self.send(&GetUserAccess { channel, user }).await?;
            Ok(if access.privilege != privilege {
                Some(level_of(user, access.privilege))
            } else if !access.ipmi_messaging {
                Some(format!("user {user} may not use IPMI"))
            } else {
                None
            })
        })
        .await?;
        self.enable_user(user, true).await
    }

    /// Frees the place of a user who could not be added whole. The error is why that was; where freeing fails too, it
    /// says what is left.
    async fn undo(&self, user: u8, why: Error) -> Error {
        if self.is_lost(&why, self.timeout()).await {
            let detail = format!("{why}; user {user} may be left, with a name, and enabled or not");
            return Error::new(why.kind(), ADDING, detail).at(self.peer()).perhaps_done();
        }
        let Err(error) = self.remove_user(user).await else {
            return why;
        };
        let left = match self.place(user).await {
            Ok(left) if left.name.is_empty() && left.access.privilege.is_none() => return why,
            Ok(left) => {
                let enabled = match left.access.enabled {
                    Some(true) => "enabled",
                    Some(false) => "disabled",
                    None => "perhaps enabled",
                };
                format!("{:?}, {enabled}, {}", left.name, level_name(left.access.privilege))
            }
            Err(_) => "in a state that can't be read".to_owned(),
        };
        let detail = format!("{why}; user {user} is left, {left}, as freeing the place failed too: {error}");
        let told = Error::new(why.kind(), ADDING, detail).at(self.peer());
        if why.may_have_acted() { told.perhaps_done() } else { told }
    }

    async fn place(&self, user: u8) -> Result<User, Error> {
        place(&mut Steps::new(self.clone(), STEPS), user, &mut None).await.map_err(Failure::into_error)
    }

    /// Frees a user's place: disabled, without access to the present channel, without a name. A step that fails keeps none
    /// of the others from being tried.
    ///
    /// # Errors
    /// As [`send`](Self::send), for the first step that failed, when the place isn't free afterwards.
    pub async fn remove_user(&self, user: u8) -> Result<(), Error> {
        let disabled = self.enable_user(user, false).await;
        let lost = disabled.as_ref().is_err_and(Error::is_session_lost);
        let without_access = if lost { Ok(()) } else { self.set_user_privilege(user, None).await };
        let unnamed = if lost { Ok(()) } else { self.set_user_name(user, "").await };
        // Many BMCs have nothing to disable in a place without a name, or forget the access with it.
        match disabled.and(without_access).and(unnamed) {
            Err(error) if !lost => match self.place(user).await {
                Ok(place) if place.is_free() => Ok(()),
                _ => Err(error),
            },
            done => done,
        }
    }

    /// Sets a user's name, at most 16 bytes, and reads it back.
    ///
    /// # Errors
    /// As [`send`](Self::send), when it is too long, and when the name is another afterwards.
    pub async fn set_user_name(&self, user: u8, name: &str) -> Result<(), Error> {
        let command = SetUserName::new(user, name).ok_or_else(|| {
            Error::invalid(SETTING_NAME, format!("{} bytes are more than 16", name.len())).at(self.peer())
        })?;
        let answered = self.send(&command).await;
        self.confirm(SETTING_NAME, answered, || async {
            let found = self.send(&GetUserName { user }).await?;
            Ok((found != name).then(|| format!("the name of user {user} is {found:?}")))
        })
        .await
    }

    /// Sets a user's password, at most 20 bytes; more than 16 only where the BMC stores as many. Then it is tried, where
    /// the BMC can.
    ///
    /// # Errors
    /// As [`send`](Self::send), when it is too long, and when it isn't the user's password afterwards.
    pub async fn set_user_password(&self, user: u8, password: SecretString) -> Result<(), Error> {
        let command = SetUserPassword::set(user, password.clone())
            .ok_or_else(|| Error::invalid(SETTING_PASSWORD, "the password has more than 20 bytes").at(self.peer()))?;
        let answered = self.send(&command).await;
        if answered.as_ref().is_err_and(|error| !error.may_have_acted()) {
            return answered;
        }
        // It is tried once: some BMCs lock users out for which others are tried.
        match (self.test_user_password(user, password).await, answered) {
            (Ok(true), _) => Ok(()),
            (Ok(false), Ok(())) => {
                let detail = format!("the BMC accepted it, but it isn't the password of user {user}");
                Err(Error::new(ErrorKind::NotInForce, SETTING_PASSWORD, detail).at(self.peer()))
            }
            (_, answered) => answered,
        }
    }

    /// Tests whether a password is a user's.
    ///
    /// # Errors
    /// As [`send`](Self::send), but for the password's being wrong.
    pub async fn test_user_password(&self, user: u8, password: SecretString) -> Result<bool, Error> {
        let Some(command) = SetUserPassword::test(user, password) else {
            return Ok(false);
        };
        Ok(self.try_password(&command).await? == PasswordTest::Right)
    }

    /// Tests whether a password is a user's and stored in 20 bytes, or in 16: a user may log in by IPMI 1.5 only with one
    /// that is stored in 16.
    ///
    /// # Errors
    /// As [`send`](Self::send), but for the password's being wrong; and when it is longer than it could be stored.
    pub async fn test_user_password_stored_in(
        &self,
        user: u8,
        password: SecretString,
        twenty_bytes: bool,
    ) -> Result<PasswordTest, Error> {
        let command = SetUserPassword::test_stored_in(user, password, twenty_bytes).ok_or_else(|| {
            let most = if twenty_bytes { LONGEST_PASSWORD } else { 16 };
            Error::invalid(SETTING_PASSWORD, format!("the password has more than {most} bytes")).at(self.peer())
        })?;
        self.try_password(&command).await
    }

    async fn try_password(&self, command: &SetUserPassword) -> Result<PasswordTest, Error> {
        const WRONG: u8 = 0x80;
        const OTHER_LENGTH: u8 = 0x81;
        match self.send(command).await {
            Ok(()) => Ok(PasswordTest::Right),
            Err(error) => match error.completion_code().map(CompletionCode::number) {
                Some(WRONG) => Ok(PasswordTest::Wrong),
                Some(OTHER_LENGTH) => Ok(PasswordTest::OtherLength),
                _ => Err(error),
            },
        }
    }

    /// Enables or disables a user, and reads back where the BMC reports it.
    ///
    /// # Errors
    /// As [`send`](Self::send), and when the user is not as it was asked.
    pub async fn enable_user(&self, user: u8, enabled: bool) -> Result<(), Error> {
        let answered = self.send(&SetUserPassword::enable(user, enabled)).await;
        let action = if enabled { "enabling a user" } else { "disabling a user" };
        self.confirm(action, answered, || async {
            let found = self.send(&GetUserAccess { channel: PRESENT_CHANNEL, user }).await?.enabled;
            let other = if enabled { "disabled" } else { "enabled" };
            Ok(found.is_some_and(|found| found != enabled).then(|| format!("user {user} is {other}")))
        })
        .await
    }

    /// Sets the highest privilege level of a user on the present channel, `None` for no access; everything else stays. Then
    /// it is read back.
    ///
    /// # Errors
    /// As [`send`](Self::send), and when the level is another afterwards.
    pub async fn set_user_privilege(&self, user: u8, privilege: Option<Privilege>) -> Result<(), Error> {
        let channel = PRESENT_CHANNEL;
        let set = SetUserAccess { channel, user, privilege, switches: None, session_limit: 0 };
        let answered = self.send(&set).await;
        self.confirm("setting a privilege level", answered, || async {
            let found = self.send(&GetUserAccess { channel, user }).await?.privilege;
            Ok((found != privilege).then(|| level_of(user, found)))
        })
        .await
    }

    /// Reads what a channel is; 0Eh is the present one.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub async fn channel_info(&self, channel: u8) -> Result<ChannelInfo, Error> {
        self.send(&GetChannelInfo { channel }).await
    }

    /// Reads how a channel may be used now; 0Eh is the present one.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub async fn channel_access(&self, channel: u8) -> Result<ChannelAccess, Error> {
        self.send(&GetChannelAccess { channel, volatile: true }).await
    }

    /// Reads the channels that the BMC has, by asking for each number.
    ///
    /// # Errors
    /// As [`send`](Self::send), when no channel can be read. That a channel isn't there is no error.
    pub async fn channels(&self) -> Result<Partial<ChannelInfo>, Error> {
        let mut steps = Steps::new(self.clone(), STEPS);
        let mut all = Partial::default();
        for channel in (0..=0x0b).chain([0x0f]) {
            let item = Item::Channel(channel);
            match steps.send(&GetChannelInfo { channel }).await {
                Ok(info) => all.items.push(info),
                Err(Failure::Step(error)) if error.completion_code().is_some_and(is_no_such_channel) => {}
                Err(Failure::Step(error)) => all.missing.push(ReadError::new(item, error)),
                Err(Failure::All(error)) if all.items.is_empty() => return Err(error),
                Err(Failure::All(error)) => {
                    all.missing.push(ReadError::from_here_on(item, error));
                    break;
                }
            }
        }
        Ok(all)
    }
}

/// What BMCs answer for a channel that they don't have.
fn is_no_such_channel(code: CompletionCode) -> bool {
    matches!(
        code,
        CompletionCode::InvalidField
            | CompletionCode::ParameterOutOfRange
            | CompletionCode::NotPresent
            | CompletionCode::DestinationUnavailable
            | CompletionCode::Unspecified
    )
}

/// Reads a user's place, and how many there are.
async fn place(steps: &mut Steps, user: u8, most: &mut Option<u8>) -> Result<User, Failure> {
    let access = steps.send(&GetUserAccess { channel: PRESENT_CHANNEL, user }).await?;
    most.get_or_insert(access.most_users);
    match steps.send(&GetUserName { user }).await {
        Ok(name) => Ok(User { id: user, name, access }),
        // A place without a name is refused by many. One that somebody may use has a name, and it isn't known.
        Err(Failure::Step(error)) if error.completion_code().is_some() && !is_in_use(&access) => {
            Ok(User { id: user, name: String::new(), access })
        }
        // The first place is for the user without a name.
        Err(Failure::Step(error)) if error.completion_code().is_some() && user == 1 => {
            Ok(User { id: user, name: String::new(), access })
        }
        Err(error) => Err(error),
    }
}

fn is_in_use(access: &UserAccess) -> bool {
    access.enabled == Some(true) || (access.enabled.is_none() && access.ipmi_messaging && access.privilege.is_some())
}

fn level_name(privilege: Option<Privilege>) -> String {
    privilege.map_or_else(|| "without access".to_owned(), |level| format!("with privilege level {level:?}"))
}

fn level_of(user: u8, privilege: Option<Privilege>) -> String {
    format!("user {user} is {}", level_name(privilege))
}
