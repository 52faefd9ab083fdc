//! Headers that programs add to requests: which ones they may set, and whose values are secret.

use http::header::{
    ACCEPT_ENCODING, AUTHORIZATION, CONNECTION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HOST, IF_MATCH,
    IF_NONE_MATCH, TE, TRANSFER_ENCODING, UPGRADE,
};
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::error::{Error, ErrorKind};
use crate::wire::is_secret;

/// Headers that the client sets itself, for the login, the connection and the length of the body. It relies on their
/// values.
const RESERVED: [HeaderName; 5] = [AUTHORIZATION, CONNECTION, CONTENT_LENGTH, HOST, TRANSFER_ENCODING];

/// Headers that belong to a single request: they describe its body, what it accepts, or which version it expects.
const OF_ONE_REQUEST: [HeaderName; 7] =
    [ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE, IF_MATCH, IF_NONE_MATCH, TE, UPGRADE];

/// Parses a header that a program adds to one request.
pub(crate) fn own(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), Error> {
    let refuse = |text: String| Error::new(ErrorKind::Configuration, text);
    let name = HeaderName::try_from(name).map_err(|_| refuse(format!("{name:?} can't be the name of a header")))?;
    if RESERVED.contains(&name) || name == "x-auth-token" {
        return Err(refuse(format!("the header {name} is set by the client")));
    }
    let mut value = HeaderValue::try_from(value)
        .map_err(|_| refuse(format!("the value of {name} has characters that a header can't have")))?;
    value.set_sensitive(is_secret(name.as_str()));
    Ok((name, value))
}

/// Parses a header that a program adds to all requests.
pub(crate) fn of_all(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), Error> {
    let (name, value) = own(name, value)?;
    if OF_ONE_REQUEST.contains(&name) {
        let text = format!("the header {name} is about a single request and can't be that of all");
        return Err(Error::new(ErrorKind::Configuration, text));
    }
    Ok((name, value))
}

/// Marks secret values as sensitive, so that they are not shown.
pub(crate) fn conceal(headers: &mut HeaderMap) {
    for (name, value) in headers {
        if is_secret(name.as_str()) {
            value.set_sensitive(true);
        }
    }
}
