//! The forms that services give the answer to a login: where the session is said to be, what the body
//! has, and where the token is.

use serde_json::{Map, Value};

/// The shape of the answer to a login (a POST that opens a session), for
/// [`Builder::login_answer`](crate::Builder::login_answer). Without further words it is the standard's: `Location`
/// is the path of the session, the body is the session, and the token is in `X-Auth-Token`.
///
/// Whatever the answer says, the session is open, and is the one that [`MockBmc::sessions`](crate::MockBmc::sessions)
/// counts.
///
/// ```
/// use rosefish_mock::{LoginAnswer, LoginBody, LoginLocation, LoginToken, MockBmc};
///
/// // A service that names the session by its Id alone, and hands out the token in the body.
/// let answer = LoginAnswer::new().location(LoginLocation::BareId).body(LoginBody::WithoutUri).token(LoginToken::Body);
/// let builder = MockBmc::builder().login_answer(answer);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LoginAnswer {
    location: LoginLocation,
    body: LoginBody,
    token: LoginToken,
}

/// What `Location` says of a session that was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LoginLocation {
    /// Its path: `/redfish/v1/SessionService/Sessions/1`.
    #[default]
    Path,
    /// There is no such header.
    Absent,
    /// Relative to the service root: `SessionService/Sessions/1`.
    Relative,
    /// Its Id alone: `1`.
    BareId,
    /// Its path without the prefix of the service root: `/SessionService/Sessions/1`.
    WithoutPrefix,
    /// Its URL, with scheme and host: `https://127.0.0.1:8443/redfish/v1/SessionService/Sessions/1`.
    Absolute,
    /// A URL with another host: `https://bmc.example/redfish/v1/SessionService/Sessions/1`.
    OtherHost,
    /// Its path with a slash at the end.
    TrailingSlash,
    /// The header is empty.
    Empty,
    /// Something that is not a URI.
    Garbage,
}

impl LoginLocation {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Path,
        Self::Absent,
        Self::Relative,
        Self::BareId,
        Self::WithoutPrefix,
        Self::Absolute,
        Self::OtherHost,
        Self::TrailingSlash,
        Self::Empty,
        Self::Garbage,
    ];
}

/// What the body of the answer to a login has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LoginBody {
    /// The session.
    #[default]
    Whole,
    /// There is no body.
    Absent,
    /// The session without `Id`.
    WithoutId,
    /// The session without `@odata.id`.
    WithoutUri,
    /// The session without `Id` and `@odata.id`.
    WithoutIdAndUri,
    /// An empty object.
    EmptyObject,
}

impl LoginBody {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Whole, Self::Absent, Self::WithoutId, Self::WithoutUri, Self::WithoutIdAndUri, Self::EmptyObject];
}

/// Where the token stands in the answer to a login.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LoginToken {
    /// In the header `X-Auth-Token`.
    #[default]
    Header,
    /// In the body alone, as `Token`; a body that would be absent has nothing else.
    Body,
    /// In the header and in the body.
    HeaderAndBody,
    /// Nowhere.
    Absent,
}

impl LoginToken {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Header, Self::Body, Self::HeaderAndBody, Self::Absent];
}

impl LoginAnswer {
    /// Answers as the standard wants.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets what `Location` says.
    #[must_use]
    pub fn location(mut self, location: LoginLocation) -> Self {
        self.location = location;
        self
    }

    /// Sets what the body has.
    #[must_use]
    pub fn body(mut self, body: LoginBody) -> Self {
        self.body = body;
        self
    }

    /// Sets where the token stands.
    #[must_use]
    pub fn token(mut self, token: LoginToken) -> Self {
        self.token = token;
        self
    }

    /// Returns the value of `Location` for the session at this path, on the service at this origin.
    pub(crate) fn location_of(self, path: &str, origin: &str) -> Option<String> {
        let below_root = path.strip_prefix(crate::http::uri::ROOT).unwrap_or(path);
        Some(match self.location {
            LoginLocation::Path => path.to_owned(),
            LoginLocation::Absent => return None,
            LoginLocation::Relative => below_root.trim_start_matches('/').to_owned(),
            LoginLocation::BareId => path.rsplit('/').next().unwrap_or(path).to_owned(),
            LoginLocation::WithoutPrefix => below_root.to_owned(),
            LoginLocation::Absolute => format!("{origin}{path}"),
            LoginLocation::OtherHost => format!("https://bmc.example{path}"),
            LoginLocation::TrailingSlash => format!("{path}/"),
            LoginLocation::Empty => String::new(),
            LoginLocation::Garbage => "<session created>".to_owned(),
        })
    }

    /// Returns the body for this session, or `None` for an answer without a body.
    pub(crate) fn body_of(self, mut session: Map<String, Value>, token: &str) -> Option<Value> {
        let removed: &[&str] = match self.body {
            LoginBody::Whole => &[],
            LoginBody::Absent | LoginBody::EmptyObject => {
                session.clear();
                &[]
            }
            LoginBody::WithoutId => &["Id"],
            LoginBody::WithoutUri => &["@odata.id"],
            LoginBody::WithoutIdAndUri => &["Id", "@odata.id"],
        };
        for name in removed {
            session.remove(*name);
        }
        if matches!(self.token, LoginToken::Body | LoginToken::HeaderAndBody) {
            session.insert("Token".to_owned(), token.into());
        }
        (self.body != LoginBody::Absent || !session.is_empty()).then_some(Value::Object(session))
    }

    /// Returns whether the token is in the header.
    pub(crate) fn has_header(self) -> bool {
        matches!(self.token, LoginToken::Header | LoginToken::HeaderAndBody)
    }
}
