//! On whose behalf requests are: the session or the credentials of the moment, renewed once when the service knows them no
//! longer, and never tried again when it has refused them.

use std::sync::{Arc, Mutex as StdMutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use http::header::AUTHORIZATION;
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::{Mutex, OwnedMutexGuard};

use super::credentials::Credentials;
use super::exchange::{Authorization, Exchange};
use super::session::{Connections, PasswordChange, Session, SessionToken, header};
use crate::error::{Error, ErrorKind};

/// How long a renewed session that is refused at once keeps others from being made.
const PAUSE: Duration = Duration::from_secs(30);

/// The credentials of a client, and what became of them.
#[derive(Debug)]
pub(crate) struct Access {
    exchange: Arc<Exchange>,
    state: StdMutex<State>,
    /// A lock that anyone who logs in holds, and while it is not known yet whether a password is right: one attempt at a time.
    attempt: Arc<Mutex<()>>,
}

#[derive(Debug)]
struct State {
    way: Way,
    credentials: Option<Credentials>,
    /// The URI of the collection of sessions.
    sessions: String,
    /// How many there have been before.
    generation: u64,
    /// The service has taken them since they were made.
    proven: bool,
    /// When the session was renewed, until the service has accepted it.
    renewed: Option<Instant>,
    /// That one was tried and refused.
    denied: bool,
    refused: bool,
    closed: bool,
    password_change: PasswordChange,
}

/// How requests say on whose behalf they are.
#[derive(Debug)]
pub(crate) enum Way {
    Anonymous,
    Basic,
    /// Basic as long as there cannot be a session before the password has been changed.
    Stopgap,
    Bearer(SecretString),
    /// None where the session has ended and another is to be made.
    Session(Option<Session>),
}

/// What a request is sent with.
#[derive(Debug)]
pub(crate) struct Pass {
    pub(crate) header: Authorization,
    generation: u64,
    /// Held while the password may turn out to be wrong, so that it is wrong but once.
    _attempt: Option<OwnedMutexGuard<()>>,
}

/// What a 401 means for the request that got it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It may be sent once more.
    Again,
    /// It is an error.
    Final,
}

impl Access {
    /// Belongs to nobody at first.
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

    /// Sets how requests are to say on whose behalf they are.
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

    /// What to send a request with. Logs in where there is no session.
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
            // Who had the turn before may have found out.
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

    /// The service has answered with something else than 401.
    pub(crate) fn accepted(&self, pass: &Pass) {
        let mut state = self.state();
        if pass.header.is_some() && pass.generation == state.generation {
            state.proven = true;
            state.renewed = None;
            state.denied = false;
        }
    }

    /// The service has answered with 401, for the first time to this request or again.
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
                    // Under load some services deny what they have allowed before.
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
            // One that nobody has used yet may have ended with a restart of the service.
            if state.denied && state.renewed.is_some_and(|when| when.elapsed() < PAUSE) {
                return Ok(Verdict::Final);
            }
        }
        self.log_in_again(attempt).await?;
        Ok(Verdict::Again)
    }

    /// Makes a session in place of the one that there was. The caller has the turn.
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
                        // It may be asked with again: whether it has ended is not certain.
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
        // Some deny under load a session that they still have. With its own token: its place may be another's by now.
        if let Some(old) = old {
            old.logout_if_there().await;
        }
        Ok(())
    }

    /// Logs in with these credentials, whatever became of those before.
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

    /// The credentials are others from now on; the session stays.
    pub(crate) fn set_password(&self, password: SecretString) {
        let mut state = self.state();
        if let Some(credentials) = &mut state.credentials {
            credentials.password = password;
            self.exchange.secrets.know_credentials(credentials);
        }
        state.password_change = PasswordChange::NotRequired;
        state.refused = false;
    }

    /// An account was given another name or password: where it is the one of these credentials, they follow.
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

    /// Whether a session is to be made as soon as the password is changed.
    pub(crate) fn is_stopgap(&self) -> bool {
        matches!(self.state().way, Way::Stopgap)
    }

    pub(crate) fn user(&self) -> Option<String> {
        self.state().credentials.as_ref().map(|credentials| credentials.user.clone())
    }

    /// The session of the moment.
    pub(crate) fn token(&self) -> Option<SessionToken> {
        match &self.state().way {
            Way::Session(session) => session.as_ref().map(Session::token),
            _ => None,
        }
    }

    /// The session of the moment, which others are to end from now on.
    pub(crate) fn keep(&self) -> Option<SessionToken> {
        match &mut self.state().way {
            Way::Session(Some(session)) => {
                session.disown();
                Some(session.token())
            }
            _ => None,
        }
    }

    /// Takes the session, so that there will be no other.
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
    /// Whether anything may be sent.
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
