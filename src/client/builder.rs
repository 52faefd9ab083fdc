//! Setting a client up.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;
use url::Url;

use super::tls::Trust;
use super::transport::{Config, Transport};
use super::{Client, connect};
use crate::error::{Error, ErrorKind};
use crate::wire::Limits;

/// A user name and a password, which is never shown.
#[derive(Debug, Clone)]
pub struct Credentials {
    pub(crate) user: String,
    pub(crate) password: SecretString,
}

impl Credentials {
    /// A user and a password.
    pub fn new(user: impl Into<String>, password: impl Into<SecretString>) -> Self {
        Self { user: user.into(), password: password.into() }
    }

    /// The user's name.
    #[must_use]
    pub fn user(&self) -> &str {
        &self.user
    }
}

/// Sets a [`Client`] up. See [`Client::builder`].
#[derive(Clone)]
#[must_use = "a builder does nothing until `connect`"]
pub struct ClientBuilder {
    url: String,
    credentials: Option<Credentials>,
    basic: bool,
    trust: Result<Trust, Arc<Error>>,
    timeout: Duration,
    connect_timeout: Duration,
    limits: Limits,
    concurrency: usize,
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder")
            .field("url", &self.url)
            .field("credentials", &self.credentials)
            .finish_non_exhaustive()
    }
}

impl ClientBuilder {
    pub(crate) fn new(url: &str) -> Self {
        Self {
            url: url.to_owned(),
            credentials: None,
            basic: false,
            trust: Ok(Trust::System),
            timeout: Duration::from_secs(60),
            connect_timeout: Duration::from_secs(10),
            limits: Limits::default(),
            concurrency: 4,
        }
    }

    /// Who logs in. Without credentials only the service root and what else is public can be read.
    pub fn credentials(mut self, credentials: Credentials) -> Self {
        self.credentials = Some(credentials);
        self
    }

    /// Sends the credentials with each request instead of making a session.
    pub fn basic_auth(mut self) -> Self {
        self.basic = true;
        self
    }

    /// Trusts the certificates in this PEM text, and no others.
    pub fn ca_pem(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.trust = Ok(Trust::Pem(pem.into()));
        self
    }

    /// Trusts the certificate of this SHA-256 fingerprint (64 hexadecimal digits, with or without colons), and no other.
    pub fn pin_sha256(mut self, fingerprint: &str) -> Self {
        self.trust = Trust::pinned(fingerprint).map_err(Arc::new);
        self
    }

    /// Trusts any certificate: whoever sits between can read the password. For machines on the bench.
    pub fn danger_accept_invalid_certs(mut self) -> Self {
        self.trust = Ok(Trust::Anything);
        self
    }

    /// How long a request may take as a whole; 60 s unless told.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// How long making a connection may take; 10 s unless told.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// What an answer may be at most.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// How many requests may be under way at once, over all clones of the client; 4 unless told, and at least 1. A BMC
    /// is a small computer.
    pub fn concurrency(mut self, most: usize) -> Self {
        self.concurrency = most.max(1);
        self
    }

    /// Reads the service root and logs in.
    ///
    /// # Errors
    ///
    /// Where an option can't be used, the host can't be reached or its certificate is not accepted, the service is not
    /// Redfish, or the credentials are refused.
    pub async fn connect(self) -> Result<Client, Error> {
        let config = Config {
            origin: origin(&self.url)?,
            trust: self.trust.map_err(|error| Error::new(ErrorKind::Configuration, error.to_string()))?,
            timeout: self.timeout,
            connect_timeout: self.connect_timeout,
            limits: self.limits,
        };
        let transport = Arc::new(Transport::new(config)?);
        connect(transport, self.credentials, self.basic, self.concurrency).await
    }
}

/// The origin that a user means: `https` unless it says otherwise, and nothing but scheme, host and port.
fn origin(text: &str) -> Result<Url, Error> {
    let fail = |why: &str| {
        Error::new(
            ErrorKind::Configuration,
            format!("{text:?} is no URL of a service ({why}): https://HOST was expected"),
        )
    };
    let full = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
    let mut url = Url::parse(&full).map_err(|error| fail(&error.to_string()))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(fail("the scheme is neither https nor http"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        // The text is not repeated: it has a password in it.
        return Err(Error::new(ErrorKind::Configuration, "the URL has credentials in it: name them apart"));
    }
    if url.host_str().is_none_or(str::is_empty) {
        return Err(fail("it has no host"));
    }
    url.set_path("/");
    url.set_query(None);
    url.set_fragment(None);
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_made_of_what_people_type() {
        let cases = [
            ("bmc-07.example", "https://bmc-07.example/"),
            ("https://bmc/redfish/v1/?x#y", "https://bmc/"),
            ("http://127.0.0.1:8000", "http://127.0.0.1:8000/"),
            ("[::1]:8443", "https://[::1]:8443/"),
        ];
        for (text, expected) in cases {
            assert_eq!(origin(text).unwrap().as_str(), expected, "{text}");
        }
        for text in ["", "ftp://bmc", "https://", "https://root:secret@bmc"] {
            let error = origin(text).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Configuration);
            assert!(!error.to_string().contains("secret"), "{error}");
        }
    }
}
