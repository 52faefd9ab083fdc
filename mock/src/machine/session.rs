//! Who may use the service: open sessions and the accounts behind them. The handlers keep the
//! resources that show them in step.

use std::collections::HashMap;
use std::fmt::{self, Write as _};
use std::time::{Duration, Instant};

/// An account that may log in.
#[derive(Clone)]
pub(crate) struct Account {
    pub(crate) user: String,
    /// `None` for an account of the tree without a known password.
    password: Option<String>,
    pub(crate) role: String,
    pub(crate) enabled: bool,
    /// The key of the resource that shows the account, if the tree has one.
    pub(crate) resource: Option<String>,
}

impl Account {
    pub(crate) fn new(user: &str, password: &str, role: &str) -> Self {
        Self {
            user: user.to_owned(),
            password: Some(password.to_owned()),
            role: role.to_owned(),
            enabled: true,
            resource: None,
        }
    }

    /// Creates an account that can't log in until its password is set.
    pub(crate) fn without_password(user: &str, role: &str) -> Self {
        Self { password: None, ..Self::new(user, "", role) }
    }

    pub(crate) fn set_password(&mut self, password: &str) {
        self.password = Some(password.to_owned());
    }

    pub(crate) fn has_password(&self, password: &str) -> bool {
        self.password.as_deref() == Some(password)
    }
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Account")
            .field("user", &self.user)
            .field("role", &self.role)
            .field("enabled", &self.enabled)
            .finish_non_exhaustive()
    }
}

/// The accounts of a service.
#[derive(Clone, Debug, Default)]
pub(crate) struct Accounts(Vec<Account>);

impl Accounts {
    pub(crate) fn add(&mut self, account: Account) {
        // Accounts without a name are free slots, of which there may be many.
        self.0.retain(|other| other.user != account.user || other.user.is_empty());
        self.0.push(account);
    }

    /// Returns the enabled account with these credentials.
    pub(crate) fn log_in(&self, user: &str, password: &str) -> Option<&Account> {
        self.0.iter().find(|account| account.enabled && account.user == user && account.has_password(password))
    }

    pub(crate) fn by_user(&self, user: &str) -> Option<&Account> {
        self.0.iter().find(|account| account.user == user)
    }

    pub(crate) fn by_resource(&mut self, key: &str) -> Option<&mut Account> {
        self.0.iter_mut().find(|account| account.resource.as_deref() == Some(key))
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Account> {
        self.0.iter_mut()
    }

    pub(crate) fn remove_resource(&mut self, key: &str) -> Option<Account> {
        let index = self.0.iter().position(|account| account.resource.as_deref() == Some(key))?;
        Some(self.0.remove(index))
    }
}

/// An open session.
#[derive(Clone)]
pub(crate) struct Session {
    pub(crate) user: String,
    /// The key of its resource.
    pub(crate) key: String,
    /// The key of the collection that it was opened in.
    pub(crate) collection: String,
    used: Instant,
}

/// The open sessions by token.
#[derive(Default)]
pub(crate) struct Sessions(HashMap<String, Session>);

impl Sessions {
    /// Opens a session and returns its token.
    pub(crate) fn open(&mut self, user: &str, key: &str, collection: &str) -> Result<String, getrandom::Error> {
        let token = random_hex::<16>()?;
        let session = Session {
            user: user.to_owned(),
            key: key.to_owned(),
            collection: collection.to_owned(),
            used: Instant::now(),
        };
        self.0.insert(token.clone(), session);
        Ok(token)
    }

    /// Returns the session of a token and restarts its timeout.
    pub(crate) fn touch(&mut self, token: &str) -> Option<&Session> {
        let session = self.0.get_mut(token)?;
        session.used = Instant::now();
        Some(session)
    }

    /// Removes and returns the sessions that were unused for this long.
    pub(crate) fn expire(&mut self, timeout: Duration) -> Vec<Session> {
        self.take(|session| session.used.elapsed() >= timeout)
    }

    /// Removes and returns the sessions that `which` selects.
    pub(crate) fn take(&mut self, mut which: impl FnMut(&Session) -> bool) -> Vec<Session> {
        let mut taken = Vec::new();
        self.0.retain(|_, session| {
            let take = which(session);
            if take {
                taken.push(session.clone());
            }
            !take
        });
        taken
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns whether a resource shows an open session.
    pub(crate) fn has_resource(&self, key: &str) -> bool {
        self.0.values().any(|session| session.key == key)
    }

    pub(crate) fn user_of(&self, key: &str) -> Option<&str> {
        self.0.values().find(|session| session.key == key).map(|session| session.user.as_str())
    }
}

impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.values().map(|session| &session.key)).finish()
    }
}

/// Failed logins by user.
pub(crate) type Failures = HashMap<String, Failed>;

/// The failed logins of one user.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Failed {
    pub(crate) count: u64,
    pub(crate) last: Instant,
}

/// Returns random bytes as hexadecimal digits.
pub(crate) fn random_hex<const N: usize>() -> Result<String, getrandom::Error> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)?;
    let mut text = String::with_capacity(2 * N);
    for byte in bytes {
        // Writing to a String doesn't fail.
        let _ = write!(text, "{byte:02x}");
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_lives_as_long_as_it_is_used() {
        let mut sessions = Sessions::default();
        let token = sessions.open("root", "/s/1", "/s").unwrap();
        let other = sessions.open("root", "/s/2", "/s").unwrap();
        assert_ne!(token, other);
        assert!(sessions.expire(Duration::from_secs(60)).is_empty());
        assert!(sessions.touch(&token).is_some());
        assert_eq!(sessions.expire(Duration::ZERO).len(), 2);
        assert!(sessions.touch(&token).is_none());
    }

    #[test]
    fn disabled_accounts_do_not_log_in_and_nothing_shows_a_password() {
        let mut accounts = Accounts::default();
        accounts.add(Account::new("root", "s3cret", "Administrator"));
        assert!(accounts.log_in("root", "s3cret").is_some());
        assert!(accounts.log_in("root", "other").is_none());
        assert!(!format!("{accounts:?}").contains("s3cret"));
        accounts.iter_mut().for_each(|account| account.enabled = false);
        assert!(accounts.log_in("root", "s3cret").is_none());
    }
}
