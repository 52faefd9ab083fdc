//! Logging in: one POST, and the many forms that its answer takes. The login completes even if the caller stops
//! waiting, so that a session that the service may have opened is known and can be ended.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::header::AUTHORIZATION;
use secrecy::ExposeSecret;
use serde_json::Value;
use tokio::sync::{OwnedMutexGuard, oneshot};
use tokio::time::{Instant, timeout_at};

use super::logout::{self, Pending};
use super::place::Place;
use super::{Opened, PERSISTENCE, Session, header};
use crate::client::credentials::Credentials;
use crate::client::exchange::Exchange;
use crate::client::request::{Request, Response};
use crate::deadline;
use crate::error::{Error, ErrorKind};
use crate::message;

/// How many possible tokens in a body are tried.
const MOST_TOKENS: usize = 3;

/// Whether the password must be changed before anything else can be done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum PasswordChange {
    #[default]
    NotRequired,
    /// It must; with the URI of the account if the service sent it.
    Required { account: Option<String> },
}

/// Which connections a login uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Connections {
    /// Those of the client, which were all opened [there](logout::there).
    Shared,
    /// A connection of its own: the client's may belong to a runtime that ends.
    Own,
}

/// A successful login.
pub(crate) struct Login {
    pub(crate) session: Session,
    pub(crate) password_change: PasswordChange,
}

/// Why there is no session.
pub(crate) enum NoSession {
    /// The service refused the login, or could not be reached.
    Refused(Error),
    /// The service opened a session but sent no token for it. The session was ended as far as the service lets the
    /// password do that.
    WithoutToken(Error),
}

impl From<Error> for NoSession {
    fn from(error: Error) -> Self {
        Self::Refused(error)
    }
}

impl From<NoSession> for Error {
    fn from(why: NoSession) -> Self {
        match why {
            NoSession::Refused(error) | NoSession::WithoutToken(error) => error,
        }
    }
}

/// A login whose caller may stop waiting. From then on the login must complete before the program ends, and the lock is
/// released once it has.
#[derive(Clone, Default)]
struct Abandoned(Arc<Mutex<Option<Kept>>>);

/// What an abandoned login holds until it completes: the guard that delays the end of the program, and the lock.
type Kept = (Pending, Option<OwnedMutexGuard<()>>);

struct Caller {
    turn: Option<OwnedMutexGuard<()>>,
    abandoned: Option<Abandoned>,
}

impl Drop for Caller {
    fn drop(&mut self) {
        if let Some(Abandoned(slot)) = self.abandoned.take() {
            *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some((Pending::new(), self.turn.take()));
        }
    }
}

impl Session {
    /// Logs in. Returns the lock with the outcome. If the caller stops waiting, the lock is held until the login
    /// completes, so that there is only one at a time. If the service does not answer in time, the login continues in
    /// the background: a session that is opened late is ended.
    pub(crate) async fn login(
        exchange: &Arc<Exchange>,
        sessions: &str,
        credentials: &Credentials,
        connections: Connections,
        turn: Option<OwnedMutexGuard<()>>,
    ) -> (Result<Login, NoSession>, Option<OwnedMutexGuard<()>>) {
        exchange.secrets.know_credentials(credentials);
        let patience = exchange.deadline(&Request::new("POST", sessions)).saturating_duration_since(Instant::now());
        let origin = exchange.origin.as_str().to_owned();
        let (exchange, place, credentials) = (Arc::clone(exchange), sessions.to_owned(), credentials.clone());
        let (told, outcome) = oneshot::channel();
        let abandoned = Abandoned::default();
        let mut caller = Caller { turn, abandoned: Some(abandoned.clone()) };
        let login = async move {
            // If the caller has stopped waiting, the login comes back from `send` and is dropped, which starts the
            // logout.
            let outcome = log_in(&exchange, &place, &credentials, connections, patience).await;
            logout::returned().await;
            drop(told.send(outcome));
            drop(abandoned);
        };
        logout::carry_out(&origin, login);
        let outcome = timeout_at(deadline::after(patience), outcome).await;
        let login = match outcome {
            Ok(outcome) => {
                caller.abandoned = None;
                let interrupted =
                    |error| Error::new(ErrorKind::Connect, "the login was interrupted").with_source(error);
                outcome.unwrap_or_else(|error| Err(interrupted(error).into()))
            }
            Err(_) => Err(Error::new(ErrorKind::Timeout, "no answer in time").at("POST", sessions).into()),
        };
        // The caller keeps the lock, however long the service takes. The request that needed the session was not sent.
        let turn = caller.turn.take();
        let login = login.map_err(|why| match why {
            NoSession::Refused(error) => NoSession::Refused(error.before_sending()),
            NoSession::WithoutToken(error) => NoSession::WithoutToken(error.before_sending()),
        });
        (login, turn)
    }
}

async fn log_in(
    exchange: &Arc<Exchange>,
    sessions: &str,
    credentials: &Credentials,
    connections: Connections,
    patience: Duration,
) -> Result<Login, NoSession> {
    let body = serde_json::json!({ "UserName": credentials.user, "Password": credentials.password.expose_secret() });
    // The caller waits no longer than its timeout. A later answer still says which session is to be ended.
    let patience = patience.saturating_add(PERSISTENCE);
    let until = deadline::after(patience);
    let request = Request::with_body("POST", sessions, body.to_string());
    let answer = match connections {
        Connections::Own => exchange.detached(patience).send(&request, &None, until).await,
        Connections::Shared => match exchange.with_patience(patience).send(&request, &None, until).await {
            // Some services close a connection after an answer without announcing it. If the answer to the login was
            // lost, there is now a session whose token is unknown: it times out, as it would without a second login.
            Err(error) if error.kind() == ErrorKind::Connect && error.was_maybe_sent() => {
                tracing::info!(origin = exchange.origin.as_str(), error = %error.report(), "the login is sent once more");
                exchange.detached(patience).send(&request, &None, until).await
            }
            answer => answer,
        },
    };
    let response = answer?;
    let response = response.success(&request).map_err(full)?;
    let place = Place::of(exchange, sessions, &response, &credentials.user);
    let messages = response.messages();
    let required = messages.iter().find(|found| message::is(found, "PasswordChangeRequired"));
    let password_change = match required {
        Some(found) => PasswordChange::Required { account: found.message_args.first().cloned() },
        None => PasswordChange::NotRequired,
    };
    if let Some(token) = response.token() {
        // Created as soon as the token is known, so that the session is ended whatever happens next.
        let mut session = Session::new(exchange, token.to_owned().into(), place, true)?;
        session.opened.settle(until).await;
        return Ok(Login { session, password_change });
    }
    for token in tokens(&response) {
        let Ok(mut session) = Session::new(exchange, token.into(), place.clone(), true) else { continue };
        if works(&session, sessions, until).await {
            session.opened.settle(until).await;
            return Ok(Login { session, password_change });
        }
        session.disown();
    }
    // The answer to a login is not shown: a token may be anywhere in it, under any name.
    let text = "the service made a session and gave no X-Auth-Token to use it with";
    let error =
        Error::new(ErrorKind::Decode, text).at(request.method, &request.uri).with_status(response.status, Vec::new());
    if response.is_page() {
        return Err(NoSession::Refused(error));
    }
    let with = header(AUTHORIZATION, &format!("Basic {}", credentials.basic()))?;
    let opened = Opened { place: Box::new(place), with, ours: true, exchange: Arc::clone(exchange) };
    if let Err(error) = opened.end().await {
        tracing::warn!(origin = exchange.origin.as_str(), error = %error.report(), "a session is left that came without a token");
    }
    Err(NoSession::WithoutToken(error))
}

/// Returns whether the service accepts the token: it shows its sessions only to users who are logged in.
async fn works(session: &Session, sessions: &str, until: Instant) -> bool {
    let answer = session.opened.exchange.send(&Request::get(sessions), &session.authorization(), until).await;
    answer.is_ok_and(|response| (200..300).contains(&response.status) && !response.is_page())
}

/// Collects what may be the token from the body of an answer without the header: strings anywhere in it, by property
/// name.
fn tokens(response: &Response) -> Vec<String> {
    const NAMES: [&str; 5] = ["xauthtoken", "token", "authtoken", "sessiontoken", "accesstoken"];
    fn collect(value: &Value, depth: usize, found: &mut Vec<String>) {
        match value {
            Value::Object(object) => {
                for (name, item) in object {
                    let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
                    let named = NAMES.contains(&plain.to_ascii_lowercase().as_str());
                    match item {
                        Value::String(text) if named && !text.is_empty() && !found.contains(text) => {
                            found.push(text.clone());
                        }
                        item if depth > 0 => collect(item, depth.saturating_sub(1), found),
                        _ => {}
                    }
                }
            }
            Value::Array(items) if depth > 0 => {
                items.iter().for_each(|item| collect(item, depth.saturating_sub(1), found))
            }
            _ => {}
        }
    }
    let mut found = Vec::new();
    if let Ok(body) = crate::wire::from_slice(&response.body) {
        collect(&body, 4, &mut found);
    }
    found.truncate(MOST_TOKENS);
    found
}

/// Marks an error as [`ErrorKind::SessionLimit`] if the service refused because it has too many sessions, which
/// services report in many ways.
fn full(error: Error) -> Error {
    let says = |text: &str| {
        let text = text.to_ascii_lowercase();
        text.contains("session") && ["limit", "maximum", "exceed", "too many"].iter().any(|word| text.contains(word))
    };
    let mut messages = error.messages().iter();
    let limit = messages.any(|found| {
        message::is(found, "CreateLimitReachedForResource")
            || message::is(found, "RAC0218")
            || found.message.as_deref().is_some_and(says)
    });
    if limit && !error.is_auth() { error.of_kind(ErrorKind::SessionLimit) } else { error }
}

/// Returns whether a login was refused for a reason that also applies to Basic authentication: the password or the
/// account is wrong. It is not tried a second time then.
pub(crate) fn blames_credentials(error: &Error) -> bool {
    const KEYS: [&str; 5] =
        ["AccessUnauthorized", "UnauthorizedLoginAttempt", "LoginFailed", "AuthenticationFailed", "AccountLocked"];
    const WORDS: [&str; 9] = [
        "password",
        "passwd",
        "credential",
        "user name",
        "username",
        "login attempt",
        "login failed",
        "locked",
        "lockout",
    ];
    error.messages().iter().any(|found| {
        let said = found.message.iter().chain(&found.message_args);
        let text = said.fold(String::new(), |text, said| text + &said.to_ascii_lowercase() + "\n");
        KEYS.iter().any(|key| message::is(found, key)) || WORDS.iter().any(|word| text.contains(word))
    })
}
