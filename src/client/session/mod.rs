//! Sessions: opened by a login, and always ended. `token` is what a program passes on, `login` opens a session, `place`
//! knows where it is, `end` ends it, and `logout` ends those that nobody waits for.

mod end;
mod login;
pub(crate) mod logout;
mod place;
mod token;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};

pub(crate) use login::{Connections, NoSession, PasswordChange, blames_credentials};
use place::{Found, Place};
pub use token::{ExposedSession, SessionToken};

use super::exchange::{Authorization, Exchange};
use crate::error::{Error, ErrorKind};

/// How long the logout of a dropped client is retried.
const PERSISTENCE: Duration = Duration::from_secs(30);

/// A session at the service. Dropping it logs out in the background, unless someone else is responsible for it.
pub(crate) struct Session {
    token: SecretString,
    opened: Opened,
}

/// What a login opened, and whether it is still to be ended.
struct Opened {
    place: Box<Place>,
    with: Authorization,
    /// Whether dropping this ends the session.
    ours: bool,
    exchange: Arc<Exchange>,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("uri", &self.opened.place.uri).finish_non_exhaustive()
    }
}

impl Session {
    fn new(exchange: &Arc<Exchange>, token: SecretString, place: Place, ours: bool) -> Result<Self, Error> {
        exchange.secrets.know(token.expose_secret());
        let with = token_header(&token)?;
        Ok(Self { token, opened: Opened { place: Box::new(place), with, ours, exchange: Arc::clone(exchange) } })
    }

    /// Continues with a session that was opened elsewhere. Dropping this ends the session if it is `ours`.
    pub(crate) fn adopted(
        exchange: &Arc<Exchange>,
        sessions: &str,
        token: SessionToken,
        user: Option<&str>,
        ours: bool,
    ) -> Result<Self, Error> {
        Self::new(exchange, token.token, Place::named(sessions, token.uri, user), ours)
    }

    pub(crate) fn authorization(&self) -> Authorization {
        self.opened.with.clone()
    }

    /// Returns the token with the service and the URI that it belongs to.
    pub(crate) fn token(&self) -> SessionToken {
        let origin = self.opened.exchange.origin.as_str().to_owned();
        SessionToken { origin, token: self.token.clone(), uri: self.opened.place.uri.clone() }
    }

    /// Makes someone else responsible for ending the session.
    pub(crate) fn disown(&mut self) {
        self.opened.ours = false;
    }

    /// Logs out of a session that the service has denied, as it may still exist.
    pub(crate) async fn logout_if_there(self) {
        if !self.opened.ours {
            return;
        }
        let exchange = Arc::clone(&self.opened.exchange);
        if let Err(error) = self.logout().await {
            tracing::warn!(origin = exchange.origin.as_str(), error = %error.report(), "a session may be left");
        }
    }

    /// Logs out and returns the outcome.
    pub(crate) async fn logout(self) -> Result<(), Error> {
        self.opened.end().await
    }
}

impl Opened {
    /// Finds the URI of the session if the answer to the login didn't contain it.
    async fn settle(&mut self, until: tokio::time::Instant) {
        if self.place.uri.is_some() {
            return;
        }
        match self.place.look_up(&self.exchange, &self.with, until).await {
            Found::At(uri) => self.place.uri = Some(uri),
            Found::Ended | Found::Unknown => {
                let (origin, sessions) = (self.exchange.origin.as_str(), &self.place.collection);
                tracing::warn!(origin, sessions, "the service does not say which session it made");
            }
        }
    }

    async fn end(mut self) -> Result<(), Error> {
        // If the future is dropped before the end, `drop` resumes it.
        self.ours = true;
        let ended = end::end(&self.exchange, &self.place, &self.with).await;
        self.ours = false;
        ended
    }
}

impl Drop for Opened {
    fn drop(&mut self) {
        if !self.ours || self.place.is_nowhere() {
            return;
        }
        let (place, with) = (std::mem::take(&mut self.place), self.with.clone());
        let exchange = Arc::clone(&self.exchange);
        let origin = exchange.origin.as_str().to_owned();
        logout::start(origin, async move {
            // The client's connections belong to a runtime that may be gone: this thread opens its own.
            if let Err(error) = end::end(&exchange.detached(PERSISTENCE), &place, &with).await {
                tracing::warn!(origin = exchange.origin.as_str(), error = %error.report(), "a session could not be ended");
            }
        });
    }
}

fn token_header(token: &SecretString) -> Result<Authorization, Error> {
    header(HeaderName::from_static("x-auth-token"), token.expose_secret())
}

/// Creates a sensitive header.
pub(crate) fn header(name: HeaderName, value: &str) -> Result<Authorization, Error> {
    let mut value = HeaderValue::from_str(value).map_err(|_| {
        Error::new(ErrorKind::Configuration, format!("the value of {name} has characters that a header can't have"))
    })?;
    value.set_sensitive(true);
    Ok(Some((name, value)))
}
