//! The one error type: what failed, at which BMC and URI, and what the service said of it.

use std::fmt::{self, Write as _};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::client::mask::of_uri;
use crate::erased::Opaque;
use crate::message::sentence;
use crate::schema::message::Message;

/// Why something could not be done. Opaque: ask it with [`kind`](Self::kind) and the methods beside it. Its text names
/// method, URI, status and what the service said; it never has a password or a token in it. What caused it is its
/// [`source`](std::error::Error::source) and not part of its text; [`report`](Self::report) is the text of both.
pub struct Error(Box<dyn Opaque<Inner>>);

struct Inner {
    kind: ErrorKind,
    text: String,
    method: Option<&'static str>,
    uri: Option<String>,
    status: Option<u16>,
    messages: Vec<Message>,
    /// Whether some of the request may have reached the service.
    sent: bool,
    outcome_unknown: bool,
    account: Option<String>,
    retry_after: Option<Duration>,
    certificate: Option<String>,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// What kind of failure an [`Error`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ErrorKind {
    /// The client was set up wrongly: a URL, certificate or option that can't be used.
    Configuration,
    /// The host could not be reached, or the connection broke.
    Connect,
    /// The host's certificate was not accepted.
    Tls,
    /// The service did not answer in time.
    Timeout,
    /// The service does not know these credentials (401), or knows them no longer.
    Unauthorized,
    /// The account may not do this (403).
    Forbidden,
    /// The password must be changed before anything else can be done.
    PasswordChangeRequired,
    /// The service has as many sessions as it can.
    SessionLimit,
    /// No such resource (404, 410).
    NotFound,
    /// The resource was changed by somebody else (412), or the service insists on an ETag (428).
    Precondition,
    /// The service refused for another reason: see [`Error::status`] and [`Error::messages`].
    Refused,
    /// What was to be sent could not be read, or is not as long as was said: an image to upload. The request was broken off.
    Body,
    /// The answer could not be understood.
    Decode,
    /// A link or redirect leads to another host. It was not followed: credentials go to one origin only.
    ForeignOrigin,
    /// The resource has no such link or action.
    Missing,
    /// The schema or the service does not allow this. Nothing was sent.
    NotAllowed,
    /// Which resource is meant is not clear: several could be, or none has that name. The error names the choices. Nothing was
    /// sent.
    Ambiguous,
    /// The service confirmed a change, and what it shows afterwards is something else.
    NotInForce,
    /// The service took the operation, and it failed: see [`Error::messages`].
    TaskFailed,
    /// The client was closed: see [`Client::close`](crate::Client::close). Nothing was sent.
    Closed,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, text: impl Into<String>) -> Self {
        Self::of(kind, text.into())
    }

    fn of(kind: ErrorKind, text: String) -> Self {
        Self(Box::new(Inner {
            kind,
            text,
            method: None,
            uri: None,
            status: None,
            messages: Vec::new(),
            sent: false,
            outcome_unknown: false,
            account: None,
            retry_after: None,
            certificate: None,
            source: None,
        }))
    }

    /// For a [`Transport`](crate::transport::Transport) of your own: nothing of the request reached the service, as no
    /// connection came about. It may be sent again, whatever it asks for.
    pub fn unsent(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        let mut error = Self::new(ErrorKind::Connect, "the service could not be reached");
        error.0.source = Some(source.into());
        error
    }

    /// For a [`Transport`](crate::transport::Transport) of your own: the request, or some of it, went out, and no whole
    /// answer came back.
    pub fn lost(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        let mut error = Self::new(ErrorKind::Connect, "the connection broke").maybe_sent();
        error.0.source = Some(source.into());
        error
    }

    pub(crate) fn at(mut self, method: &'static str, uri: &str) -> Self {
        self.0.method = Some(method);
        self.0.uri = Some(uri.to_owned());
        self
    }

    pub(crate) fn with_status(mut self, status: u16, messages: Vec<Message>) -> Self {
        self.0.status = Some(status);
        self.0.messages = messages;
        self
    }

    pub(crate) fn with_messages(mut self, messages: Vec<Message>) -> Self {
        self.0.messages = messages;
        self
    }

    pub(crate) fn with_source(mut self, source: impl std::error::Error + Send + Sync + 'static) -> Self {
        self.0.source = Some(Box::new(source));
        self
    }

    /// Sets the text of the cause, for one that repeats what a service sent and was masked.
    pub(crate) fn with_cause(mut self, cause: String) -> Self {
        self.0.source = Some(cause.into());
        self
    }

    pub(crate) fn maybe_sent(mut self) -> Self {
        self.0.sent = true;
        self
    }

    pub(crate) fn was_maybe_sent(&self) -> bool {
        self.0.sent
    }

    /// Marks the error as one from before the caller's own request was sent.
    pub(crate) fn before_sending(mut self) -> Self {
        self.0.sent = false;
        self.0.outcome_unknown = false;
        self
    }

    /// Marks the error as one of a change that was sent and may or may not have been made.
    pub(crate) fn with_unknown_outcome(mut self) -> Self {
        self.0.outcome_unknown = true;
        self
    }

    pub(crate) fn of_kind(mut self, kind: ErrorKind) -> Self {
        self.0.kind = kind;
        self
    }

    pub(crate) fn with_account(mut self, account: Option<String>) -> Self {
        self.0.account = account;
        self
    }

    pub(crate) fn with_certificate(mut self, sha256: Option<String>) -> Self {
        self.0.certificate = sha256;
        self
    }

    pub(crate) fn with_retry_after(mut self, delay: Option<Duration>) -> Self {
        self.0.retry_after = delay;
        self
    }

    /// Returns what kind of failure it is.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Returns whether the credentials or the privileges are the reason.
    #[must_use]
    pub fn is_auth(&self) -> bool {
        matches!(
            self.0.kind,
            ErrorKind::Unauthorized
                | ErrorKind::Forbidden
                | ErrorKind::PasswordChangeRequired
                | ErrorKind::SessionLimit
        )
    }

    /// Returns whether there is no such resource.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        self.0.kind == ErrorKind::NotFound
    }

    /// Returns whether the service did not answer in time.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        self.0.kind == ErrorKind::Timeout
    }

    /// Returns whether it was a change that was sent and whose answer did not come: the service may have made it, or
    /// not. It was sent once, and is not sent again by this library; look at the resource before you do so.
    #[must_use]
    pub fn outcome_unknown(&self) -> bool {
        self.0.outcome_unknown
    }

    /// Returns the URI of the account whose password must be changed, where the kind is
    /// [`PasswordChangeRequired`](ErrorKind::PasswordChangeRequired) and the service named it. The client that gave this
    /// error can change it: [`Client::change_password`](crate::Client::change_password).
    #[must_use]
    pub fn account(&self) -> Option<&str> {
        self.0.account.as_deref()
    }

    /// Returns how long the service wants to be left alone before the request is retried (`Retry-After`), where it
    /// said so.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// Returns the SHA-256 fingerprint of the certificate that the host showed, where it was not accepted
    /// ([`ErrorKind::Tls`]) and pinning it would help: anyone who knows by another way that it is the host's gives it to
    /// [`ClientBuilder::pin_sha256`](crate::ClientBuilder::pin_sha256). None where the host could not prove that it has the
    /// certificate's key.
    #[must_use]
    pub fn certificate_sha256(&self) -> Option<&str> {
        self.0.certificate.as_deref()
    }

    /// Returns the HTTP method of the request that failed.
    #[must_use]
    pub fn method(&self) -> Option<&str> {
        self.0.method
    }

    /// Returns the URI of the request that failed.
    #[must_use]
    pub fn uri(&self) -> Option<&str> {
        self.0.uri.as_deref()
    }

    /// Returns the HTTP status that the service answered with.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.0.status
    }

    /// Returns what the service said in `@Message.ExtendedInfo`, with what message registries have to say where it
    /// left something
    /// out: the text, what to do about it, the severity. [`message::sentence`](crate::message::sentence) makes a sentence of
    /// one.
    #[must_use]
    pub fn messages(&self) -> &[Message] {
        &self.0.messages
    }

    /// Returns the text of the error followed by that of everything that caused it: `a: b: c`. That is what `{:#}` gives of
    /// an `anyhow::Error`.
    #[must_use]
    pub fn report(&self) -> String {
        let mut text = self.to_string();
        let mut next = std::error::Error::source(self);
        while let Some(cause) = next {
            let _ = write!(text, ": {cause}");
            next = cause.source();
        }
        text
    }

    /// Returns the properties that the messages are about, as JSON pointers: `/Boot/BootSourceOverrideTarget`.
    pub fn related_properties(&self) -> impl Iterator<Item = &str> {
        self.0.messages.iter().flat_map(|message| &message.related_properties).map(String::as_str)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let (Some(method), Some(uri)) = (self.0.method, &self.0.uri) {
            write!(f, "{method} {}: ", of_uri(uri))?;
        }
        f.write_str(&self.0.text)?;
        if let Some(status) = self.0.status {
            write!(f, " (HTTP {status})")?;
        }
        if self.0.outcome_unknown {
            f.write_str("; whether the service made the change is not known")?;
        }
        for (number, text) in self.0.messages.iter().filter_map(sentence).enumerate() {
            write!(f, "{}{text}", if number == 0 { ": " } else { " " })?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error").field("kind", &self.0.kind).field("text", &self.report()).finish()
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_is_told_once() {
        let cause = std::io::Error::other("the cable is out");
        let error = Error::lost(cause).at("GET", "/redfish/v1/");
        assert_eq!(error.to_string(), "GET /redfish/v1/: the connection broke");
        assert_eq!(error.report(), "GET /redfish/v1/: the connection broke: the cable is out");
        let inner = Error::unsent(std::io::Error::other("no route"));
        let outer = Error::new(ErrorKind::Connect, "nothing came back").with_source(inner);
        assert_eq!(outer.report(), "nothing came back: the service could not be reached: no route");
        assert_eq!(outer.report().matches("no route").count(), 1);
    }
}
