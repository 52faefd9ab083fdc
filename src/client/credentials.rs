//! Who a client logs in as.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretString};

/// A user name and a password, which is never shown.
#[derive(Debug, Clone)]
pub struct Credentials {
    pub(crate) user: String,
    pub(crate) password: SecretString,
}

impl Credentials {
    /// Creates a user and a password.
    pub fn new(user: impl Into<String>, password: impl Into<SecretString>) -> Self {
        Self { user: user.into(), password: password.into() }
    }

    /// Returns the user's name.
    #[must_use]
    pub fn user(&self) -> &str {
        &self.user
    }

    /// Returns the value that Basic authentication sends (RFC 7617).
    pub(crate) fn basic(&self) -> String {
        STANDARD.encode(format!("{}:{}", self.user, self.password.expose_secret()))
    }
}
