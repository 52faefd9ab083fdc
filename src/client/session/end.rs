//! Ending a session: at the URI that is known, at those that it may have, or wherever the collection of sessions says it is.

use std::time::Duration;

use serde_json::Value;
use tokio::time::{Instant, sleep};

use super::place::{Found, Place};
use crate::client::exchange::{Authorization, Exchange};
use crate::client::request::{Request, Response};
use crate::deadline;
use crate::error::{Error, ErrorKind};

/// What became of an attempt to end a session at a URI.
enum Ended {
    Yes,
    /// Nothing is there.
    NotHere,
    No(Error),
}

/// Ends a session, within the time of one request. Where its URI is certain, nothing there means that it has ended; where
/// it was guessed, that proves nothing.
pub(super) async fn end(exchange: &Exchange, place: &Place, with: &Authorization) -> Result<(), Error> {
    let until = exchange.deadline(&Request::new("DELETE", ""));
    if let Some(uri) = &place.uri {
        return match delete(exchange, uri, with, until).await {
            Ended::Yes | Ended::NotHere => Ok(()),
            Ended::No(error) => Err(error),
        };
    }
    let mut refusal = None;
    match place.look_up(exchange, with, until).await {
        Found::Ended => return Ok(()),
        Found::At(uri) => match delete(exchange, &uri, with, until).await {
            Ended::Yes | Ended::NotHere => return Ok(()),
            Ended::No(error) => refusal = Some(error),
        },
        // Without the collection there are only guesses.
        Found::Unknown => {
            for uri in &place.guesses {
                match exchange.send(&Request::get(uri), with, until).await {
                    Ok(response) if response.status == 401 => return Ok(()),
                    Ok(response) if !may_be(place, uri, &response) => continue,
                    Ok(_) => {}
                    Err(_) if !place.is_in_collection(uri) => continue,
                    Err(_) => {}
                }
                match delete(exchange, uri, with, until).await {
                    Ended::Yes => return Ok(()),
                    Ended::NotHere => {}
                    Ended::No(error) => refusal = Some(error),
                }
            }
        }
    }
    Err(refusal.unwrap_or_else(|| {
        let text = "the service does not say which of its sessions this is, so that it was not ended; it will time out";
        let error = Error::new(ErrorKind::Missing, text);
        if place.collection.is_empty() { error } else { error.at("GET", &place.collection) }
    }))
}

/// Whether what is at a URI that was guessed may be the session. Outside of the collection it has to look like one.
fn may_be(place: &Place, uri: &str, response: &Response) -> bool {
    let body: Value = crate::wire::from_slice(&response.body).unwrap_or_default();
    let looks_like_one =
        body["UserName"].is_string() || body["@odata.type"].as_str().is_some_and(|kind| kind.contains("Session."));
    !place.is_anothers(&body) && (place.is_in_collection(uri) || looks_like_one)
}

/// Deletes what is at a URI. A session that has ended can't be ended once more, so that it is tried again until it is
/// known to have ended.
async fn delete(exchange: &Exchange, uri: &str, with: &Authorization, until: Instant) -> Ended {
    const MOST_ATTEMPTS: u32 = 6;
    let delete = Request::new("DELETE", uri);
    let mut attempt = 1_u32;
    loop {
        let fault = match exchange.send(&delete, with, until).await {
            Ok(response) => match response.status {
                // A page of HTML is not from the service itself.
                200..=299 if !response.is_page() => return Ended::Yes,
                404 | 410 => return Ended::NotHere,
                // Some answer so to a logout that they carried out, and to the question for the session by 401 or 404.
                400 | 401 => {
                    let check = exchange.send(&Request::get(uri), with, until).await;
                    match check.map(|response| response.status) {
                        Ok(401 | 403) => return Ended::Yes,
                        Ok(404 | 410) => return Ended::NotHere,
                        _ => response.success(&delete).err(),
                    }
                }
                // Asking once more changes nothing about these.
                403 | 405 | 501 => match response.success(&delete) {
                    Ok(_) => return Ended::Yes,
                    Err(error) => return Ended::No(error),
                },
                _ => response.success(&delete).err(),
            },
            Err(error) => Some(error.before_sending()),
        };
        let pause = Duration::from_millis(100).saturating_mul(attempt);
        if attempt == MOST_ATTEMPTS || deadline::after(pause) >= until {
            let unclear = || Error::new(ErrorKind::Refused, "the service does not say that the session has ended");
            return Ended::No(fault.unwrap_or_else(|| unclear().at("DELETE", uri)));
        }
        sleep(pause).await;
        attempt = attempt.saturating_add(1);
    }
}
