//! Where a session is: read from the answer to the login, in whatever form the service sends it, and looked up among
//! all sessions if that is not certain.

use std::time::Duration;

use jiff::Timestamp;
use percent_encoding::percent_decode_str;
use serde_json::Value;
use tokio::time::Instant;
use url::Url;

use crate::client::exchange::{Authorization, Exchange};
use crate::client::request::{Request, Response};

/// How far apart `Date` and `CreatedTime` may be. The service writes both.
const APART: Duration = Duration::from_secs(2);

/// How many sessions are read to find one by its user.
const MOST: usize = 64;

/// What is known about the location of a session.
#[derive(Debug, Clone, Default)]
pub(crate) struct Place {
    /// The collection that it is in; empty if unknown.
    pub(crate) collection: String,
    /// Its URI, if that is certain.
    pub(crate) uri: Option<String>,
    /// Its possible URIs, the likeliest first. If one doesn't exist, the session may still exist.
    pub(crate) guesses: Vec<String>,
    ids: Vec<String>,
    user: Option<String>,
    /// When it was opened, according to the service.
    created: Option<Timestamp>,
    /// The service's time when it answered.
    date: Option<Timestamp>,
}

/// The result of looking a session up in its collection.
pub(crate) enum Found {
    /// The session is there, at this URI.
    At(String),
    /// The service does not accept the token: the session has ended.
    Ended,
    /// It is not known which session it is.
    Unknown,
}

impl Place {
    /// Returns the place of a session whose URI was passed on with its token.
    pub(crate) fn named(collection: &str, uri: Option<String>, user: Option<&str>) -> Self {
        Self { collection: collection.to_owned(), uri, user: user.map(str::to_owned), ..Self::default() }
    }

    /// Reads the answer to a login. The body and the header may each name the session. A URI below the collection is
    /// certain unless the other contradicts it.
    pub(crate) fn of(exchange: &Exchange, collection: &str, response: &Response, user: &str) -> Self {
        let body: Value = crate::wire::from_slice(&response.body).unwrap_or_default();
        let collection_path = path_within(exchange, collection).unwrap_or_else(|| collection.to_owned());
        let text = |value: &Value| match value {
            Value::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        };
        let in_body = text(&body["@odata.id"]);
        let location = response.location().map(str::to_owned);
        let stated: Vec<&String> = in_body.iter().chain(&location).collect();
        let mut certain: Vec<(String, String)> = Vec::new();
        for uri in &stated {
            if let Some(path) = path_of(uri)
                && let Some(id) = id_below(exchange, &collection_path, &path)
                && !certain.iter().any(|(_, known)| *known == id)
            {
                certain.push((path, id));
            }
        }
        let last = |uri: &String| {
            let path = path_of(uri).unwrap_or_else(|| strip(uri).to_owned());
            path.trim_end_matches('/').rsplit('/').next().map(str::to_owned)
        };
        let name = collection_path.trim_end_matches('/').rsplit('/').next().unwrap_or_default().to_owned();
        let mut ids = Vec::new();
        let said = text(&body["Id"]).into_iter().chain(stated.iter().filter_map(|uri| last(uri)));
        for id in said.flat_map(|id| [id.clone(), decoded(&id)]) {
            // The last segment of an encoded path only shows after decoding.
            let id = id.trim_end_matches('/').rsplit('/').next().unwrap_or_default().to_owned();
            if !id.is_empty() && id != name && !matches!(id.as_str(), "." | "..") && !ids.contains(&id) {
                ids.push(id);
            }
        }
        let mut place = Self {
            collection: collection.to_owned(),
            ids,
            user: Some(user.to_owned()),
            created: body["CreatedTime"].as_str().and_then(|text| text.parse().ok()),
            date: response.date(),
            ..Self::default()
        };
        match &certain[..] {
            [(uri, _)] => place.uri = Some(uri.clone()),
            several => {
                let elsewhere = stated.iter().filter_map(|uri| path_of(uri));
                // A path outside of the collection may still be right: the collection may have two names.
                let elsewhere = elsewhere.filter(|path| path.contains("/redfish/") && !same(path, &collection_path));
                let by_id = place.ids.iter().filter_map(|id| child(&collection_path, id));
                let mut guesses: Vec<String> = Vec::new();
                for guess in several.iter().map(|(uri, _)| uri.clone()).chain(elsewhere).chain(by_id) {
                    if !guesses.iter().any(|known| same(known, &guess)) {
                        guesses.push(guess);
                    }
                }
                place.guesses = guesses;
            }
        }
        place
    }

    /// Returns whether nothing is known that the session could be found by.
    pub(crate) fn is_nowhere(&self) -> bool {
        self.uri.is_none() && self.guesses.is_empty() && self.collection.is_empty()
    }

    /// Looks for the session in the collection: by its possible URIs, by its `Id`, else as the only session of its
    /// user, or the only one that was opened at that time. Ending someone else's session would be worse than leaving
    /// this one open.
    pub(crate) async fn look_up(&self, exchange: &Exchange, with: &Authorization, until: Instant) -> Found {
        if self.collection.is_empty() {
            return Found::Unknown;
        }
        let json = async |uri: &str| {
            let response = exchange.send(&Request::get(uri), with, until).await.ok()?;
            if response.status == 401 {
                return Some(Err(()));
            }
            let body = (200..300).contains(&response.status).then(|| crate::wire::from_slice(&response.body).ok())?;
            body.map(Ok::<Value, ()>)
        };
        let collection = match json(&self.collection).await {
            Some(Ok(collection)) => collection,
            Some(Err(())) => return Found::Ended,
            None => return Found::Unknown,
        };
        let members: Vec<(&str, &Value)> = collection["Members"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|member| Some((member["@odata.id"].as_str()?, member)))
            .collect();
        let at = |uri: &str| Found::At(path_of(uri).unwrap_or_else(|| uri.to_owned()));
        for guess in &self.guesses {
            if let Some((uri, _)) = members.iter().find(|(uri, _)| path_of(uri).is_some_and(|path| same(&path, guess)))
            {
                return at(uri);
            }
        }
        for id in &self.ids {
            let is_it = |uri: &str| {
                let name = uri.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
                name == id || decoded(name) == *id
            };
            if let Some((uri, _)) = members.iter().find(|(uri, _)| is_it(uri)) {
                return at(uri);
            }
        }
        // The service accepted the token, so the only session must be its own.
        if let ([(uri, _)], true) = (&members[..], self.ids.is_empty()) {
            return at(uri);
        }
        let Some(user) = &self.user else { return Found::Unknown };
        let mut of_user = Vec::new();
        for (uri, member) in members.iter().take(MOST) {
            let expanded = member.get("UserName").is_some().then(|| Ok((*member).clone()));
            let session = match expanded {
                Some(session) => Some(session),
                None => json(uri).await,
            };
            match session {
                Some(Ok(session)) if session["UserName"] == **user => of_user.push((*uri, session)),
                Some(Ok(_)) => {}
                Some(Err(())) => return Found::Ended,
                // This session may be ours.
                None => return Found::Unknown,
            }
        }
        if members.len() > MOST {
            return Found::Unknown;
        }
        let opened_then = |session: &Value| {
            let created = session["CreatedTime"].as_str().and_then(|text| text.parse::<Timestamp>().ok());
            match (created, self.created, self.date) {
                (Some(created), Some(ours), _) => created == ours,
                (Some(created), None, Some(date)) => created.duration_since(date).unsigned_abs() <= APART,
                _ => false,
            }
        };
        if let [(uri, _)] = &of_user[..] {
            return at(uri);
        }
        let mut then = of_user.iter().filter(|(_, session)| opened_then(session));
        match (then.next(), then.next()) {
            (Some((uri, _)), None) => at(uri),
            _ => Found::Unknown,
        }
    }

    /// Returns whether a URI is below the collection, where there is nothing but sessions.
    pub(crate) fn is_in_collection(&self, uri: &str) -> bool {
        let collection = path_of(&self.collection).unwrap_or_default();
        let collection = collection.trim_end_matches('/');
        let collection = collection.strip_suffix("/Members").unwrap_or(collection);
        let rest = path_of(uri).and_then(|path| path.strip_prefix(collection).map(str::to_owned));
        rest.is_some_and(|rest| {
            rest.starts_with('/') && rest.trim_matches('/').split('/').all(|part| !matches!(part, "" | ".."))
        })
    }

    /// Returns whether the session at a guessed URI belongs to another user.
    pub(crate) fn is_anothers(&self, session: &Value) -> bool {
        let other = session["UserName"].as_str();
        self.user.as_deref().zip(other).is_some_and(|(ours, other)| ours != other)
    }
}

/// Returns a URI without its query and fragment.
fn strip(uri: &str) -> &str {
    uri.split(['?', '#']).next().unwrap_or_default().trim()
}

/// Returns the path of a URI, absolute or not. The host is ignored: a service behind a gateway uses its own name.
/// Returns `None` if the path does not start at the root.
pub(super) fn path_of(uri: &str) -> Option<String> {
    let uri = strip(uri);
    if uri.contains("://") {
        return Url::parse(uri).ok().map(|url| normal(url.path())).filter(|path| path.len() > 1);
    }
    if let Some(rest) = uri.strip_prefix("//") {
        return rest.find('/').and_then(|at| rest.get(at..)).map(normal);
    }
    uri.starts_with('/').then(|| normal(uri))
}

/// Decodes what needs no encoding in a path (RFC 3986, 6.2.2.2).
fn normal(path: &str) -> String {
    let mut plain = String::with_capacity(path.len());
    let mut rest = path;
    while let Some((before, after)) = rest.split_once('%') {
        plain.push_str(before);
        let byte = after.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok()).map(char::from);
        match byte.filter(|c| c.is_ascii_alphanumeric() || "-._~".contains(*c)) {
            Some(c) => {
                plain.push(c);
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                plain.push('%');
                rest = after;
            }
        }
    }
    plain + rest
}

/// Returns the path that is requested for a URI.
fn path_within(exchange: &Exchange, uri: &str) -> Option<String> {
    let path = path_of(uri)?;
    exchange.origin.resolve(&path).ok().map(|url| url.path().to_owned())
}

/// Returns the last segment of a URI that is a member of the collection.
fn id_below(exchange: &Exchange, collection: &str, path: &str) -> Option<String> {
    let path = path_within(exchange, path)?;
    let collection = collection.trim_end_matches('/');
    // The collection may be the property that links are added to (DSP0266, "POST (create)").
    let collection = collection.strip_suffix("/Members").unwrap_or(collection);
    let id = path.strip_prefix(collection)?.strip_prefix('/')?.trim_end_matches('/');
    let plain = !id.is_empty() && !id.contains('/') && !matches!(id, "." | ".." | "Members");
    plain.then(|| id.to_owned())
}

/// Returns the URI of a member of the collection.
fn child(collection: &str, id: &str) -> Option<String> {
    let mut url = Url::parse("http://x").ok()?;
    url.path_segments_mut().ok()?.push(id);
    let collection = collection.trim_end_matches('/');
    Some(format!("{}{}", collection.strip_suffix("/Members").unwrap_or(collection), url.path()))
}

fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

fn same(one: &str, other: &str) -> bool {
    one.trim_end_matches('/') == other.trim_end_matches('/')
}
