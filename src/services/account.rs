//! Accounts of services with a fixed number of slots: they answer POST with 405, and an account is created by changing
//! a slot without a name, and deleted by disabling it and clearing its name.

use std::time::Duration;

use http::HeaderValue;
use http::header::ACCEPT_ENCODING;
use serde_json::{Value, json};

use crate::client::if_match;
use crate::client::{Client, Request, Response};
use crate::error::{Error, ErrorKind};
use crate::resource::action::Reply;
use crate::wire::{ETag, Table};

/// How many slots may refuse an account before this fails: some services reserve the first.
const MOST_REFUSED: usize = 2;

/// How long to wait before each read of a changed account.
const LOOKS: [Duration; 4] =
    [Duration::ZERO, Duration::from_millis(200), Duration::from_millis(600), Duration::from_secs(1)];
/// The properties that are compared after a change. Passwords can't be read.
const SHOWN: [&str; 3] = ["UserName", "RoleId", "Enabled"];

/// Returns whether these are accounts, and the answer shows that the service keeps them in slots. It proves that
/// nothing was done.
pub(crate) fn are_in_slots(table: &Table, response: &Response) -> bool {
    table.schema() == "ManagerAccount" && response.status == 405
}

/// Creates an account in one of these slots that has no name, and returns its URI; `None` if all have names.
///
/// # Errors
///
/// If the service refuses, and if the account differs from what was requested. The slot is then emptied again; if that
/// fails, the error says what is left.
pub(crate) async fn fill_slot(client: &Client, members: &[String], body: &str) -> Result<Option<String>, Error> {
    let Ok(Value::Object(mut account)) = serde_json::from_str(body) else { return Ok(None) };
    account.entry("Enabled").or_insert(json!(true));
    let account = Value::Object(account);
    let mut refused = Ok(None);
    let mut tries = 0_usize;
    for uri in members {
        let (_, etag) = match read(client, uri).await {
            Ok(slot) if is_free(&slot.0) => slot,
            // A slot that can't be read must not be overwritten. If the service is gone, so are the other slots.
            Err(error) if error.status().is_none() && error.kind() != ErrorKind::Decode => return Err(error),
            _ => continue,
        };
        // Someone else may want the same slot: the ETag keeps the second account from overwriting the first.
        let mut request = Request::with_body("PATCH", uri.clone(), account.to_string());
        request.if_match = etag;
        let response = client.send(request.clone()).await?;
        let objection = response.objection(&request);
        match response.success(&request).and_then(|_| objection.map_or(Ok(()), Err)) {
            Ok(()) => {
                return match not_as_asked(client, uri, &account).await {
                    None => Ok(Some(uri.clone())),
                    Some(text) => {
                        let text = format!("the service confirmed the new account, but {text}");
                        let error = Error::new(ErrorKind::NotInForce, text).at("PATCH", uri);
                        Err(undone(client, uri, &account, error).await)
                    }
                };
            }
            Err(error) if error.outcome_unknown() || error.is_auth() => return Err(error),
            // Some services accept the name and refuse the password.
            Err(error) if has_name(client, uri, &account).await => {
                return Err(undone(client, uri, &account, error).await);
            }
            Err(error) => refused = Err(error),
        }
        tries = tries.saturating_add(1);
        if tries == MOST_REFUSED {
            break;
        }
    }
    refused
}

/// Reads a slot, with its ETag.
async fn read(client: &Client, uri: &str) -> Result<(Value, Option<ETag>), Error> {
    // Compression would change the ETag.
    let get = Request::get(uri).header(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    let slot = client.send(get.clone()).await?.success(&get)?;
    let shown: Value = crate::wire::from_slice(&slot.body).unwrap_or_default();
    if !shown.is_object() {
        return Err(Error::new(ErrorKind::Decode, "the account could not be read").at("GET", uri));
    }
    Ok((shown, slot.etag()))
}

fn is_free(shown: &Value) -> bool {
    matches!(&shown["UserName"], Value::Null) || shown["UserName"] == ""
}

async fn has_name(client: &Client, uri: &str, account: &Value) -> bool {
    read(client, uri).await.is_ok_and(|(shown, _)| !is_free(&shown) && shown["UserName"] == account["UserName"])
}

/// Polls an account until it is as requested, and describes how it still differs at the end; `None` if it doesn't, or
/// can't be read.
async fn not_as_asked(client: &Client, uri: &str, account: &Value) -> Option<String> {
    let mut text = None;
    for wait in LOOKS {
        tokio::time::sleep(wait).await;
        // A confirmed change counts as done if it can't be read.
        let Ok((shown, _)) = read(client, uri).await else { return None };
        let differs = |name: &&&str| account.get(**name).is_some_and(|asked| *asked != shown[**name]);
        let other: Vec<_> =
            SHOWN.iter().filter(differs).map(|name| format!("its {name} is {}", shown[*name])).collect();
        if other.is_empty() {
            return None;
        }
        text = Some(other.join(" and "));
    }
    text
}

/// Empties a slot that was filled in part, and returns the original error. If that fails, the error also says what is
/// left.
async fn undone(client: &Client, uri: &str, account: &Value, why: Error) -> Error {
    let Err(error) = empty_slot(client, uri).await else { return why };
    if read(client, uri).await.is_ok_and(|(shown, _)| is_free(&shown)) {
        return why;
    }
    let name = account["UserName"].as_str().unwrap_or_default();
    let text = format!("the account {name} is left there in part, as it could not be removed again ({error})");
    Error::new(why.kind(), text).at("PATCH", uri).with_source(why)
}

/// Deletes an account by freeing its slot: in two changes, as no service accepts both at once.
///
/// # Errors
///
/// If either is refused, and if the account still has a name afterwards. If only the first was made, the error says so.
pub(crate) async fn empty_slot(client: &Client, uri: &str) -> Result<Reply, Error> {
    let mut last = None;
    for change in [json!({ "Enabled": false }), json!({ "UserName": "" })] {
        let request = Request::with_body("PATCH", uri, change.to_string());
        let done = async {
            let response = if_match::send(client, request.clone()).await?;
            Reply::<()>::of(client, &request, response)
        };
        last = match (done.await, &last) {
            (Ok(answered), _) => Some(answered.with(|_| None)),
            (Err(error), None) => return Err(error),
            (Err(error), Some(_)) => {
                let text = "the account is disabled now, and still there: its name could not be removed";
                let left = Error::new(error.kind(), text).at("PATCH", uri);
                return Err(if error.outcome_unknown() { left.with_unknown_outcome() } else { left }.with_source(error));
            }
        };
    }
    let reply = last.ok_or_else(|| Error::new(ErrorKind::Missing, "nothing was sent").at("PATCH", uri))?;
    match not_as_asked(client, uri, &json!({ "UserName": "" })).await {
        // Some services show null for an empty name.
        Some(text) if reply.task.is_none() && !read(client, uri).await.is_ok_and(|(shown, _)| is_free(&shown)) => {
            let text = format!("the service confirmed that the account was removed, but {text}");
            Err(Error::new(ErrorKind::NotInForce, text).at("PATCH", uri))
        }
        _ => Ok(reply),
    }
}
