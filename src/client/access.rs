//! How requests are authenticated: with the current session or credentials. They are renewed once when the service no
//! longer accepts them, and credentials that it has refused are never sent again.

use std::sync::{Arc, Mutex as StdMutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use http::header::AUTHORIZATION;
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::{Mutex, OwnedMutexGuard};

use super::credentials::Credentials;
use super::exchange::{Authorization, Exchange};
use super::session::{Connections, PasswordChange, Session, SessionToken, header};
use crate::error::{Error, ErrorKind};

/// How long after a renewal no other session is opened if the service refuses the new one.
const PAUSE: Duration = Duration::from_secs(30);

/// A client's credentials and their state.
#[derive(Debug)]
pub(crate) struct Access {
    exchange: Arc<Exchange>,
    state: StdMutex<State>,
    /// Locked during a login, and while it is not yet known whether a password is right, so that there is only one
    /// attempt at a time.
    attempt: Arc<Mutex<()>>,
}

#[derive(Debug)]
struct State {
    way: Way,
    credentials: Option<Credentials>,
    /// The URI of the collection of sessions.
    sessions: String,
    /// How many sessions were opened before this one.
    generation: u64,
    /// Whether the service has accepted a request with these credentials or their session.
    proven: bool,
    /// When the session was renewed. Cleared once the service has accepted it.
    renewed: Option<Instant>,
    /// Whether a request was refused a second time with the current session.
    denied: bool,
    refused: bool,
    closed: bool,
    password_change: PasswordChange,
}

/// How requests are authenticated.
#[derive(Debug)]
pub(crate) enum Way {
    Anonymous,
    Basic,
    /// Basic authentication for as long as no session can be opened because the password must be changed first.
    Stopgap,
    Bearer(SecretString),
    /// `None` when the session has ended and a new one is to be opened.
    Session(Option<Session>),
}

/// What authenticates one request.
#[derive(Debug)]
pub(crate) struct Pass {
    pub(crate) header: Authorization,
    generation: u64,
    /// Held while the password may turn out to be wrong, so that a wrong one is sent only once.
    _attempt: Option<OwnedMutexGuard<()>>,
}

/// What a 401 means for the request that got it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The request may be sent once more.
    Again,
    /// The 401 is reported as an error.
    Final,
}

impl Access {
    /// Starts without authentication.
    pub(crate) fn new(exchange: &Arc<Exchange>) -> Self {
        let state = State {
            way: Way::Anonymous,
            credentials: None,
            sessions: String::new(),
            generation: 0,
            proven: false,
            renewed: None,
            denied: false,
            refused: false,
            closed: false,
            password_change: PasswordChange::NotRequired,
        };
        Self { exchange: Arc::clone(exchange), state: StdMutex::new(state), attempt: Arc::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets how requests are authenticated.
    pub(crate) fn begin(&self, way: Way, credentials: Option<Credentials>, sessions: String) {
        let secrets = &self.exchange.secrets;
        credentials.iter().for_each(|credentials| secrets.know_credentials(credentials));
        if let Way::Bearer(token) = &way {
            secrets.know(token.expose_secret());
        }
        let mut state = self.state();
        state.way = way;
        state.credentials = credentials;
        state.sessions = sessions;
    }

    /// Returns what authenticates the next request. Logs in if there is no session.
    pub(crate) async fn pass(&self) -> Result<Pass, Error> {
        let proven = {
            let state = self.state();
            state.check(&self.exchange)?;
            match &state.way {
                Way::Session(None) => false,
                Way::Basic | Way::Stopgap => state.proven,
                _ => true,
            }
        };
        if proven {
            return self.state().pass(None);
        }
        let attempt = Arc::clone(&self.attempt).lock_owned().await;
        let needs_login = {
            let state = self.state();
            // The previous holder of the lock may have found that the credentials are wrong.
            state.check(&self.exchange)?;
            matches!(state.way, Way::Session(None))
        };
        if needs_login {
            self.log_in_again(attempt).await?;
            return self.state().pass(None);
        }
        let state = self.state();
        let unproven = matches!(state.way, Way::Basic | Way::Stopgap) && !state.proven;
        state.pass(unproven.then_some(attempt))
    }

    /// Records that the service answered with something other than 401.
    pub(crate) fn accepted(&self, pass: &Pass) {
        let mut state = self.state();
        if pass.header.is_some() && pass.generation == state.generation {
            state.proven = true;
            state.renewed = None;
            state.denied = false;
        }
    }

    /// Records that the service answered with 401. `again` means that the request was already a second attempt.
    pub(crate) async fn refused(&self, pass: Pass, again: bool) -> Result<Verdict, Error> {
        let generation = pass.generation;
        let anonymous = pass.header.is_none();
        drop(pass);
        {
            let mut state = self.state();
            match &state.way {
                _ if anonymous || state.closed => return Ok(Verdict::Final),
                Way::Anonymous | Way::Bearer(_) => return Ok(Verdict::Final),
                Way::Basic | Way::Stopgap => {
                    // Under load, some services refuse what they have accepted before.
                    if state.proven && !again {
                        return Ok(Verdict::Again);
                    }
                    state.refused = true;
                    return Ok(Verdict::Final);
                }
                Way::Session(_) if again || state.credentials.is_none() => {
                    state.denied |= again && generation == state.generation;
                    return Ok(Verdict::Final);
                }
                Way::Session(_) => {}
            }
        }
        let attempt = Arc::clone(&self.attempt).lock_owned().await;
        {
            let state = self.state();
            state.check(&self.exchange)?;
            if state.generation != generation {
                return Ok(Verdict::Again);
            }
            // A new session that was not used yet is renewed even so: a restart of the service may have ended it.
            if state.denied && state.renewed.is_some_and(|when| when.elapsed() < PAUSE) {
                return Ok(Verdict::Final);
            }
        }
        self.log_in_again(attempt).await?;
        Ok(Verdict::Again)
    }

    /// Opens a session in place of the previous one. The caller holds the lock.
    async fn log_in_again(&self, attempt: OwnedMutexGuard<()>) -> Result<(), Error> {
        let (old, credentials, sessions) = {
            let mut state = self.state();
            let old = match &mut state.way {
                Way::Session(session) => session.take(),
                _ => None,
            };
            (old, state.credentials.clone(), state.sessions.clone())
        };
        let Some(credentials) = credentials else {
            return Err(Error::new(ErrorKind::Unauthorized, "the session has ended, and there are no credentials"));
        };
        let (made, _attempt) =
            Session::login(&self.exchange, &sessions, &credentials, Connections::Own, Some(attempt)).await;
        let login = match made {
            Ok(login) => login,
            Err(why) => {
                let error = Error::from(why);
                let refused = error.kind() == ErrorKind::Unauthorized;
                if let Some(old) = old {
                    if refused {
                        old.logout_if_there().await;
                    } else {
                        // The old session is put back, as it has not necessarily ended.
                        let mut state = self.state();
                        if matches!(state.way, Way::Session(None)) && !state.closed {
                            state.way = Way::Session(Some(old));
                        }
                    }
                }
                self.state().refused |= refused;
                return Err(error);
            }
        };
        {
            let mut state = self.state();
            state.password_change = login.password_change;
            state.generation = state.generation.saturating_add(1);
            state.renewed = Some(Instant::now());
            state.denied = false;
            if state.closed {
                // `login.session` is logged out when dropped here.
                return state.check(&self.exchange);
            }
            state.way = Way::Session(Some(login.session));
        }
        // Some services deny a session under load that they still have. Its own token is used because another session
        // may have its URI by now.
        if let Some(old) = old {
            old.logout_if_there().await;
        }
        Ok(())
    }

    /// Logs in with these credentials, whether or not the previous ones were refused.
    pub(crate) async fn log_in(&self, credentials: Credentials) -> Result<(), Error> {
        self.exchange.secrets.know_credentials(&credentials);
        let attempt = Arc::clone(&self.attempt).lock_owned().await;
        let basic = {
            let mut state = self.state();
            if state.closed {
                return state.check(&self.exchange);
            }
            state.credentials = Some(credentials);
            state.refused = false;
            state.proven = false;
            state.password_change = PasswordChange::NotRequired;
            matches!(state.way, Way::Basic)
        };
        if basic {
            return Ok(());
        }
        {
            let mut state = self.state();
            if !matches!(state.way, Way::Session(_)) {
                state.way = Way::Session(None);
            }
        }
        self.log_in_again(attempt).await
    }

    /// Replaces the password of the credentials. The session stays.
    pub(crate) fn set_password(&self, password: SecretString) {
        let mut state = self.state();
        if let Some(credentials) = &mut state.credentials {
            credentials.password = password;
            self.exchange.secrets.know_credentials(credentials);
        }
        state.password_change = PasswordChange::NotRequired;
        state.refused = false;
    }

    /// Updates the credentials if the account whose name or password has changed is theirs.
    pub(crate) fn account_changed(&self, user: &str, name: Option<&str>, password: Option<&str>) {
        let mut state = self.state();
        let Some(credentials) = state.credentials.as_mut().filter(|credentials| credentials.user == user) else {
            return;
        };
        if let Some(name) = name.filter(|name| !name.is_empty()) {
            name.clone_into(&mut credentials.user);
        }
        if let Some(password) = password {
            credentials.password = password.into();
            state.password_change = PasswordChange::NotRequired;
            state.refused = false;
        }
    }

    pub(crate) fn require_password_change(&self, change: PasswordChange) {
        self.state().password_change = change;
    }

    pub(crate) fn password_change(&self) -> PasswordChange {
        self.state().password_change.clone()
    }

    /// Returns whether a session is to be opened as soon as the password has been changed.
    pub(crate) fn is_stopgap(&self) -> bool {
        matches!(self.state().way, Way::Stopgap)
    }

    pub(crate) fn user(&self) -> Option<String> {
        self.state().credentials.as_ref().map(|credentials| credentials.user.clone())
    }

    /// Returns the token of the current session.
    pub(crate) fn token(&self) -> Option<SessionToken> {
        match &self.state().way {
            Way::Session(session) => session.as_ref().map(Session::token),
            _ => None,
        }
    }

    /// Returns the token of the current session, which this client no longer ends.
    pub(crate) fn keep(&self) -> Option<SessionToken> {
        match &mut self.state().way {
            Way::Session(Some(session)) => {
                session.disown();
                Some(session.token())
            }
            _ => None,
        }
    }

    /// Takes the session out and prevents another from being opened.
    pub(crate) fn close(&self) -> Option<Session> {
        let mut state = self.state();
        state.closed = true;
        match &mut state.way {
            Way::Session(session) => session.take(),
            _ => None,
        }
    }
}

impl State {
    /// Fails if nothing may be sent.
    fn check(&self, exchange: &Exchange) -> Result<(), Error> {
        if self.closed {
            return Err(Error::new(ErrorKind::Closed, "the client is closed"));
        }
        if self.refused {
            let text = format!(
                "{} has refused these credentials and is not asked with them again, as that may lock the account; \
                 `Client::log_in` takes others",
                exchange.origin
            );
            return Err(Error::new(ErrorKind::Unauthorized, text));
        }
        Ok(())
    }

    fn pass(&self, attempt: Option<OwnedMutexGuard<()>>) -> Result<Pass, Error> {
        let header = match (&self.way, &self.credentials) {
            (Way::Session(session), _) => session.as_ref().and_then(Session::authorization),
            (Way::Bearer(token), _) => header(AUTHORIZATION, &format!("Bearer {}", token.expose_secret()))?,
            (Way::Basic | Way::Stopgap, Some(credentials)) => {
                header(AUTHORIZATION, &format!("Basic {}", credentials.basic()))?
            }
            (Way::Anonymous | Way::Basic | Way::Stopgap, _) => None,
        };
        Ok(Pass { header, generation: self.generation, _attempt: attempt })
    }
}
