//! How quirks change answers.

use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header};
use serde_json::json;

use crate::fault::{Action, Faults, Rule};
use crate::http::call::Call;
use crate::http::encoding::{self, Encoding};
use crate::http::reply::Reply;
use crate::message::{self, Message};
use crate::quirk::names::{Quirk, Quirks};

/// How long a manager is gone that was reset, and how many requests it is not ready for then.
const GONE: Duration = Duration::from_millis(300);
const UNREADY: u64 = 3;

/// Changes an answer.
pub(crate) fn amend(quirks: &Quirks, faults: &Faults, call: &Call, response: Response<Body>) -> Response<Body> {
    quirks.set.iter().fold(response, |response, quirk| one(quirks, *quirk, faults, call, response))
}

fn one(quirks: &Quirks, quirk: Quirk, faults: &Faults, call: &Call, mut response: Response<Body>) -> Response<Body> {
    let good = response.status().is_success();
    match quirk {
        Quirk::EmptyTags => {
            if let Some(tag) = response.headers_mut().get_mut(header::ETAG) {
                *tag = HeaderValue::from_static("\"\"");
            }
        }
        Quirk::UpdateSaysError if good && is_update(call) => {
            return Reply::error(Message::new(&message::INTERNAL_ERROR, [])).into_response();
        }
        Quirk::PatchSaysMessage if good && call.method == Method::PATCH => {
            let said = json!({ "@Message.ExtendedInfo": [{
                "MessageId": "Base.1.22.Success", "Message": "The request was carried out.",
                "Severity": "OK", "MessageSeverity": "OK", "Resolution": "None.",
            }] });
            return Reply::json(StatusCode::OK, &said).into_response();
        }
        Quirk::PatchSaysNothing if response.status() == StatusCode::OK && call.method == Method::PATCH => {
            return Reply::empty(StatusCode::NO_CONTENT).into_response();
        }
        Quirk::LogoutSays400 if good && call.method == Method::DELETE && call.key.contains("/Sessions/") => {
            return Reply::errors(StatusCode::BAD_REQUEST, &[Message::new(&message::GENERAL_ERROR, [])])
                .into_response();
        }
        Quirk::LockOut if response.status() == StatusCode::UNAUTHORIZED => {
            let logs_in = call.method == Method::POST || call.headers.contains_key(header::AUTHORIZATION);
            quirks.wrong_passwords.fetch_add(u32::from(logs_in), Ordering::Relaxed);
        }
        Quirk::NoSessionLocation if response.headers().contains_key("x-auth-token") => {
            response.headers_mut().remove(header::LOCATION);
        }
        Quirk::AbsoluteLocations => absolute(quirks.secure, call, response.headers_mut()),
        Quirk::GoneForReset if good && call.key.ends_with("/Manager.Reset") => {
            faults.go_away(GONE);
            faults.add(Rule::any().times(UNREADY).then(Action::Status(503)));
        }
        _ => {}
    }
    response
}

fn is_update(call: &Call) -> bool {
    call.method == Method::POST && call.key.contains("/UpdateService/")
}

/// Makes an absolute URL of `Location`.
fn absolute(secure: bool, call: &Call, headers: &mut HeaderMap) {
    let place = headers.get(header::LOCATION).and_then(|value| value.to_str().ok());
    let (Some(place), Some(host)) = (place, call.header(header::HOST)) else {
        return;
    };
    let scheme = if secure { "https" } else { "http" };
    if place.starts_with('/')
        && let Ok(place) = HeaderValue::from_str(&format!("{scheme}://{host}{place}"))
    {
        headers.insert(header::LOCATION, place);
    }
}

/// Compresses an answer, with what that does to its ETag.
pub(crate) fn compressed(
    quirks: &Quirks,
    request: &HeaderMap,
    response: Response<Body>,
    offered: &[Encoding],
) -> Response<Body> {
    let mut response = encoding::encode(request, response, offered);
    let Some(encoding) = response.headers().get(header::CONTENT_ENCODING).cloned() else {
        return response;
    };
    if let Some(tag) = response.headers_mut().get_mut(header::ETAG) {
        let text = tag.to_str().unwrap_or_default();
        let changed = match text.strip_suffix('"') {
            Some(start) if quirks.has(Quirk::GzipTags) && encoding == "gzip" && start.len() > 1 => {
                format!("{start}-gzip\"")
            }
            _ if quirks.has(Quirk::WeakTags) && !text.starts_with("W/") => format!("W/{text}"),
            _ => return response,
        };
        if let Ok(changed) = HeaderValue::from_str(&changed) {
            *tag = changed;
        }
    }
    response
}
