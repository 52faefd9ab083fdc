//! What would be sent, for people and programs that look before something is done.

/// A request that would be sent. Its body has the secrets that were put into it: show it with
/// [`Client::masked`](crate::Client::masked).
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Outline {
    /// The method.
    pub method: &'static str,
    /// The URI.
    pub uri: String,
    /// The body: JSON text of an object.
    pub body: String,
}

impl Outline {
    pub(crate) fn new(method: &'static str, uri: impl Into<String>, body: impl Into<String>) -> Self {
        Self { method, uri: uri.into(), body: body.into() }
    }
}

impl std::fmt::Debug for Outline {
    /// Without the body, as nothing says which of its values are secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.method, self.uri)
    }
}
