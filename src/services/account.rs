//! Accounts of services that keep a fixed number of them: a POST is answered 405, and an account is created by changing one
//! that has no name, and deleted by disabling it and taking its name.

use http::HeaderValue;
use http::header::ACCEPT_ENCODING;
use serde_json::{Value, json};

use crate::client::if_match;
use crate::client::{Client, Request, Response};
use crate::error::Error;
use crate::resource::action::Reply;
use crate::wire::Table;

/// Slots that are refused before it is given up: some services reserve the first.
const MOST_REFUSED: usize = 2;

/// Whether these are accounts, and the answer one of a service that has them in slots. It proves that nothing was done.
pub(crate) fn are_in_slots(table: &Table, response: &Response) -> bool {
    table.schema() == "ManagerAccount" && response.status == 405
}

/// Makes an account of one of these that has no name, and gives its URI. None where all have names.
pub(crate) async fn fill_slot(client: &Client, members: &[String], body: &str) -> Result<Option<String>, Error> {
    let Ok(Value::Object(mut account)) = serde_json::from_str(body) else { return Ok(None) };
    account.entry("Enabled").or_insert(json!(true));
    let body = Value::Object(account).to_string();
    let mut refused = Ok(None);
    let mut tries = 0;
    for uri in members {
        // Compression would change the tag.
        let get = Request::get(uri).header(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        let Ok(slot) = client.send(get.clone()).await?.success(&get) else { continue };
        let shown: Value = serde_json::from_slice(&slot.body).unwrap_or_default();
        if !matches!(&shown["UserName"], Value::Null) && shown["UserName"] != "" {
            continue;
        }
        // Somebody else may want the same slot: whoever is late must not overwrite the other's account.
        let mut request = Request::with_body("PATCH", uri.clone(), body.clone());
        request.if_match = slot.etag();
        let response = client.send(request.clone()).await?;
        match response.success(&request) {
            Ok(_) => return Ok(Some(uri.clone())),
            Err(error) if error.outcome_unknown() || error.is_auth() => return Err(error),
            Err(error) => refused = Err(error),
        }
        tries += 1;
        if tries == MOST_REFUSED {
            break;
        }
    }
    refused
}

/// Deletes an account by giving its slot back: two changes, as no service takes both at once.
pub(crate) async fn empty_slot(client: &Client, uri: &str) -> Result<Reply, Error> {
    let mut status = 0;
    for change in [json!({ "Enabled": false }), json!({ "UserName": "" })] {
        let request = Request::with_body("PATCH", uri, change.to_string());
        status = if_match::send(client, request.clone()).await?.success(&request)?.status;
    }
    Ok(Reply { status, value: None, task: None })
}
