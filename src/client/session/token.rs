//! A session as a program hands it on: to another client, to another process.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

/// A session that a program may continue with in another client or process: [`Client::session_token`] gives it, and
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
    /// Creates a session that something else than this library opened.
    pub fn new(origin: impl Into<String>, token: impl Into<String>, uri: Option<String>) -> Self {
        Self { origin: origin.into(), token: token.into(), uri }
    }
}

impl SessionToken {
    /// Returns the session with its secret in plain sight.
    #[must_use]
    pub fn expose(&self) -> ExposedSession {
        let token = self.token.expose_secret().to_owned();
        ExposedSession { origin: self.origin.clone(), token, uri: self.uri.clone() }
    }

    /// Returns the URI of the session, where it is known.
    #[must_use]
    pub fn uri(&self) -> Option<&str> {
        self.uri.as_deref()
    }

    /// Returns the service that it is a session at.
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
