//! The JSON object that a request carries, or the answer to a request whose body is not one.

use axum::http::{StatusCode, header};
use serde_json::{Map, Value};

use crate::http::call::Call;
use crate::http::reply::Reply;
use crate::message::{self, Message};

/// Parses the body of a request that changes something.
pub(crate) fn object(call: &Call) -> Result<Map<String, Value>, Reply> {
    check_type(call)?;
    match serde_json::from_slice(&call.body) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(Reply::error(Message::new(&message::UNRECOGNIZED_BODY, []))),
        Err(_) => Err(Reply::error(Message::new(&message::MALFORMED_JSON, []))),
    }
}

/// Parses the body of an action. An action without parameters may omit the body.
pub(crate) fn parameters(call: &Call) -> Result<Map<String, Value>, Reply> {
    if call.body.iter().all(u8::is_ascii_whitespace) {
        return Ok(Map::new());
    }
    object(call)
}

/// Refuses a body whose content type is not JSON. Many clients omit the type.
fn check_type(call: &Call) -> Result<(), Reply> {
    let said = call.header(header::CONTENT_TYPE).unwrap_or("application/json");
    let kind = said.split(';').next().unwrap_or(said).trim().to_ascii_lowercase();
    if kind == "application/json" || kind.ends_with("+json") {
        return Ok(());
    }
    let message = Message::new(&message::HEADER_INVALID, ["Content-Type"]);
    Err(Reply::errors(StatusCode::UNSUPPORTED_MEDIA_TYPE, &[message]))
}
