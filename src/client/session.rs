//! Sessions: the token, login, and a logout that can't be forgotten.

use std::fmt;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use http::{HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::credentials::Credentials;
use super::exchange::{Authorization, Exchange};
use super::logout;
use super::request::{Request, Response};
use crate::error::{Error, ErrorKind};
use crate::message;

/// How long a dropped client holds up its thread for the service to confirm the logout.
const PATIENCE: Duration = Duration::from_secs(3);

/// How long the logout of a dropped client is tried.
const PERSISTENCE: Duration = Duration::from_secs(30);

/// A session that a program may go on with in another client or process: [`Client::session_token`] gives it, and
/// [`ClientBuilder::session`] takes it. It stands for the credentials until it is ended, and is never shown.
///
/// ```
/// use rosefish::{ExposedSession, SessionToken};
///
/// # fn store(_: &str) {}
/// # let token = SessionToken::from(ExposedSession::new("https://bmc/", "t0ken", None));
/// // To be kept where secrets may be kept:
/// let json = serde_json::to_string(&token.expose())?;
/// let again = SessionToken::from(serde_json::from_str::<ExposedSession>(&json)?);
/// assert!(!format!("{again:?}").contains("t0ken"));
/// # Ok::<(), serde_json::Error>(())
/// ```
///
/// [`Client::session_token`]: crate::Client::session_token
/// [`ClientBuilder::session`]: crate::ClientBuilder::session
#[derive(Clone)]
pub struct SessionToken {
    pub(crate) origin: String,
    pub(crate) token: SecretString,
    pub(crate) uri: Option<String>,
}

/// A [`SessionToken`] with its secret in plain sight, for `serde`.
#[derive(Clone, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ExposedSession {
    /// Scheme, host, port and path of the service. The token goes to no other.
    pub origin: String,
    /// The value of `X-Auth-Token`.
    pub token: String,
    /// The URI of the session, which ends it when it is deleted; none where it is not known.
    #[serde(default)]
    pub uri: Option<String>,
}

impl ExposedSession {
    /// A session that something else than this library opened.
    pub fn new(origin: impl Into<String>, token: impl Into<String>, uri: Option<String>) -> Self {
        Self { origin: origin.into(), token: token.into(), uri }
    }
}

impl SessionToken {
    /// The session with its secret in plain sight.
    #[must_use]
    pub fn expose(&self) -> ExposedSession {
        let token = self.token.expose_secret().to_owned();
        ExposedSession { origin: self.origin.clone(), token, uri: self.uri.clone() }
    }

    /// The URI of the session, where it is known.
    #[must_use]
    pub fn uri(&self) -> Option<&str> {
        self.uri.as_deref()
    }

    /// The service that it is a session at.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }
}

impl From<ExposedSession> for SessionToken {
    fn from(exposed: ExposedSession) -> Self {
        Self { origin: exposed.origin, token: exposed.token.into(), uri: exposed.uri }
    }
}

impl fmt::Debug for SessionToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionToken").field("origin", &self.origin).field("uri", &self.uri).finish_non_exhaustive()
    }
}

impl fmt::Debug for ExposedSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExposedSession").field("origin", &self.origin).field("uri", &self.uri).finish_non_exhaustive()
    }
}

/// A session at the service. Dropping it logs out, unless somebody else is to do that.
pub(crate) struct Session {
    token: SecretString,
    uri: Option<String>,
    /// Whether it has yet to be ended by whoever drops this.
    ours: bool,
    exchange: Arc<Exchange>,
}

/// Whether the password must be changed before anything else can be done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum PasswordChange {
    #[default]
    NotRequired,
    /// It must; the URI of the account, where the service named it.
    Required { account: Option<String> },
}

/// A login that came about.
pub(crate) struct Login {
    pub(crate) session: Session,
    pub(crate) password_change: PasswordChange,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("uri", &self.uri).finish_non_exhaustive()
    }
}

impl Session {
    /// Logs in. It goes on to its end even if the caller stops waiting, so that the session that the service may have
    /// made is known, and ended.
    pub(crate) async fn login(
        exchange: &Arc<Exchange>,
        sessions: &str,
        credentials: &Credentials,
    ) -> Result<Login, Error> {
        let exchange = Arc::clone(exchange);
        let body = serde_json::json!({
            "UserName": credentials.user,
            "Password": credentials.password.expose_secret(),
        });
        let request = Request::with_body("POST", sessions, body.to_string());
        let user = credentials.user.clone();
        let login = tokio::spawn(async move {
            let response = exchange.send(&request, &None, exchange.deadline(&request)).await?;
            let response = response.success(&request).map_err(full)?;
            Self::of(response, exchange, &request, &user).await
        });
        let interrupted = |error| Error::new(ErrorKind::Connect, "the login was interrupted").with_source(error);
        // What was to be done by way of the session was not sent.
        login.await.map_err(interrupted)?.map_err(Error::before_sending)
    }

    async fn of(response: Response, exchange: Arc<Exchange>, request: &Request, user: &str) -> Result<Login, Error> {
        let Some(token) = response.token().map(str::to_owned) else {
            let text = format!("the service made a session but sent no X-Auth-Token{}", response.glimpse());
            return Err(Error::new(ErrorKind::Decode, text)
                .at(request.method, &request.uri)
                .with_status(response.status, Vec::new()));
        };
        // Known from here on, so that it is ended whatever comes.
        let mut session = Self { token: token.into(), uri: None, ours: true, exchange };
        let body: Value = serde_json::from_slice(&response.body).unwrap_or_default();
        let below =
            |uri: &str| uri.trim_end_matches('/').starts_with(&format!("{}/", request.uri.trim_end_matches('/')));
        // Some name themselves otherwise than they were called: it is deleted at the place that was called.
        let location = response.location().map(path);
        let in_body = body["@odata.id"].as_str().map(str::to_owned).filter(|uri| below(uri));
        session.uri = location.or(in_body);
        if session.uri.is_none() {
            session.uri = session.find(request, body["Id"].as_str(), user).await;
        }
        if session.uri.is_none() {
            tracing::warn!(uri = request.uri, "the service does not say which session it made: it can't be ended");
        }
        let messages = message::of_error(&response.body);
        let required = messages.iter().find(|found| message::is(found, "PasswordChangeRequired"));
        let password_change = match required {
            Some(found) => PasswordChange::Required { account: found.message_args.first().cloned() },
            None => PasswordChange::NotRequired,
        };
        Ok(Login { session, password_change })
    }

    /// Looks for the session among all: by its `Id`, else as the only one of its user.
    async fn find(&self, login: &Request, id: Option<&str>, user: &str) -> Option<String> {
        let collection = self.json(&login.uri).await?;
        let members = collection["Members"].as_array()?.iter().filter_map(|member| member["@odata.id"].as_str());
        let mut found = Vec::new();
        for uri in members {
            if id.is_some_and(|id| uri.trim_end_matches('/').rsplit('/').next() == Some(id)) {
                return Some(uri.to_owned());
            }
            if id.is_none() && self.json(uri).await.is_some_and(|session| session["UserName"] == user) {
                found.push(uri.to_owned());
            }
        }
        // Of several it is not known which is ours, and to end another's would be worse than to leave this one.
        found.pop().filter(|_| found.is_empty())
    }

    async fn json(&self, uri: &str) -> Option<Value> {
        let request = Request::get(uri);
        let authorization = self.authorization().ok()?;
        let response = self.exchange.send(&request, &authorization, self.exchange.deadline(&request)).await.ok()?;
        serde_json::from_slice(&response.success(&request).ok()?.body).ok()
    }

    /// A session that was opened elsewhere; `ours` if it is to be ended with this.
    pub(crate) fn adopted(exchange: &Arc<Exchange>, token: SessionToken, ours: bool) -> Self {
        Self { token: token.token, uri: token.uri, ours, exchange: Arc::clone(exchange) }
    }

    pub(crate) fn authorization(&self) -> Result<Authorization, Error> {
        header(HeaderName::from_static("x-auth-token"), self.token.expose_secret())
    }

    /// A copy of what makes the session.
    pub(crate) fn token(&self) -> SessionToken {
        let origin = self.exchange.origin.as_str().to_owned();
        SessionToken { origin, token: self.token.clone(), uri: self.uri.clone() }
    }

    /// Leaves it to others to end the session.
    pub(crate) fn disown(&mut self) {
        self.ours = false;
    }

    /// Logs out of a session that the service has denied: it may have done so without reason.
    pub(crate) async fn logout_if_there(self) {
        if !self.ours {
            return;
        }
        if let Err(error) = self.logout().await {
            tracing::warn!(error = %error.report(), "a session may be left");
        }
    }

    /// Logs out and says how it went.
    pub(crate) async fn logout(mut self) -> Result<(), Error> {
        let Some(uri) = self.uri.clone() else { return Ok(()) };
        // If the future is dropped before the end, `drop` goes on with it.
        self.ours = true;
        let authorization = self.authorization()?;
        let ended = end(&self.exchange, &uri, &authorization).await;
        self.ours = false;
        ended
    }
}

/// Ends a session. A session that has ended can't be ended once more, so that it is tried again until it is known to
/// have ended; within the time of one request.
async fn end(exchange: &Exchange, uri: &str, authorization: &Authorization) -> Result<(), Error> {
    const MOST_ATTEMPTS: u32 = 6;
    let delete = Request::new("DELETE", uri);
    let deadline = exchange.deadline(&delete);
    let mut attempt = 1;
    loop {
        let fault = match exchange.send(&delete, authorization, deadline).await {
            Ok(response) => match response.status {
                // A page of HTML is not from the service itself.
                200..=299 if !response.content_type().is_some_and(|kind| kind.starts_with("text/html")) => {
                    return Ok(());
                }
                404 | 410 => return Ok(()),
                // Some answer so to a logout that they carried out, and to the question for the session by 401 or 404.
                400 | 401 => {
                    let check = exchange.send(&Request::get(uri), authorization, deadline).await;
                    if check.is_ok_and(|response| matches!(response.status, 401 | 403 | 404 | 410)) {
                        return Ok(());
                    }
                    response.success(&delete).err()
                }
                403 => return response.success(&delete).map(drop),
                _ => response.success(&delete).err(),
            },
            Err(error) => Some(error.before_sending()),
        };
        let pause = Duration::from_millis(100) * attempt;
        if attempt == MOST_ATTEMPTS || tokio::time::Instant::now() + pause >= deadline {
            let unclear = || Error::new(ErrorKind::Refused, "the service does not say that the session has ended");
            return Err(fault.unwrap_or_else(|| unclear().at("DELETE", uri)));
        }
        tokio::time::sleep(pause).await;
        attempt += 1;
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let Some(uri) = self.uri.take().filter(|_| self.ours) else { return };
        let Ok(authorization) = self.authorization() else { return };
        let finished = Finished::default();
        let done = Done(finished.clone());
        // The connections of the client belong to a runtime that may be gone: the thread makes others.
        let exchange = Arc::clone(&self.exchange);
        let sent = logout::say(async move {
            if let Err(error) = end(&exchange.detached(PERSISTENCE), &uri, &authorization).await {
                tracing::warn!(error = %error.report(), "a session could not be ended");
            }
            drop(done);
        });
        if sent {
            // The process may end right after this: wait, but not for long.
            finished.wait(PATIENCE);
        }
    }
}

/// Whether a farewell was said, to be waited for by a thread.
#[derive(Clone, Default)]
struct Finished(Arc<(Mutex<bool>, Condvar)>);

impl Finished {
    fn wait(&self, most: Duration) {
        let (finished, told) = &*self.0;
        let finished = finished.lock().unwrap_or_else(PoisonError::into_inner);
        drop(told.wait_timeout_while(finished, most, |finished| !*finished));
    }
}

/// Tells so when it is dropped, be it that the farewell never came to its end.
struct Done(Finished);

impl Drop for Done {
    fn drop(&mut self) {
        let (finished, told) = &*self.0.0;
        *finished.lock().unwrap_or_else(PoisonError::into_inner) = true;
        told.notify_all();
    }
}

/// The path of a URI, absolute or not.
fn path(uri: &str) -> String {
    match url::Url::parse(uri) {
        Ok(url) => url.path().to_owned(),
        Err(_) => uri.to_owned(),
    }
}

/// Whether it is for want of room that a login failed: services say so in many ways.
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

/// A header that is never shown.
pub(crate) fn header(name: HeaderName, value: &str) -> Result<Authorization, Error> {
    let mut value = HeaderValue::from_str(value).map_err(|_| {
        Error::new(ErrorKind::Configuration, format!("the value of {name} has characters that a header can't have"))
    })?;
    value.set_sensitive(true);
    Ok(Some((name, value)))
}
