//! `If-Match` as services want it: they compress and weaken their tags, leave out quotes, or want none. A 412 or 428 proves
//! that nothing was changed, so that the resource may be read and the change sent once more in another form.

use futures_util::future::BoxFuture;
use http::HeaderValue;
use http::header::ACCEPT_ENCODING;
use serde_json::Value;

use super::Client;
use super::etag_form::{FORMS, bare};
use super::request::{Request, Response};
use crate::error::Error;
use crate::wire::ETag;

fn is_refusal(response: &Response) -> bool {
    matches!(response.status, 412 | 428)
}

/// Sends a change of a resource, with the tag that it has as `If-Match` if it has one. Where the service answers 412 or 428,
/// the tag is read again, and the change is sent once more with it; if the resource is still what it was, in the other
/// forms that services have been seen to insist on, and at last without.
pub(crate) fn send(client: &Client, request: Request) -> BoxFuture<'static, Result<Response, Error>> {
    let client = client.clone();
    Box::pin(async move { send_in_forms(&client, request).await })
}

async fn send_in_forms(client: &Client, mut request: Request) -> Result<Response, Error> {
    let learned = &client.inner.if_match;
    let known = request.if_match.take().filter(|tag| !bare(tag.as_str()).is_empty());
    let first = known.as_ref().map(|tag| learned.form().of(tag.as_str()));
    request.if_match = first.clone().filter(|text| is_sendable(text)).map(ETag::from);
    let mut response = client.send(request.clone()).await?;
    if !is_refusal(&response) {
        return Ok(response);
    }
    let Ok(current) = tags(client, &request.uri).await else { return Ok(response) };
    let same = |tag: &ETag| current.iter().any(|other| bare(other) == bare(tag.as_str()));
    let changed = known.as_ref().is_some_and(|tag| !same(tag));
    let mut tried = vec![request.if_match.as_ref().map(|tag| tag.as_str().to_owned())];
    // If it has changed, one form is enough: the one that is used with this service.
    let forms = if changed { vec![learned.form()] } else { FORMS.to_vec() };
    let mut steps = Vec::new();
    for form in forms {
        steps.extend(current.iter().map(|tag| (Some(form), Some(form.of(tag)))));
    }
    if !changed && known.is_some() {
        steps.push((None, None));
    }
    for (form, text) in steps {
        if tried.contains(&text) || text.as_deref().is_some_and(|text| !is_sendable(text)) {
            continue;
        }
        request.if_match = text.as_deref().map(ETag::from);
        response = client.send(request.clone()).await?;
        if !is_refusal(&response) {
            // What was read without compression says less of the service than what it made of the tag that it gives
            // usually.
            let usual = known.as_ref().map(|tag| FORMS.into_iter().find(|form| Some(form.of(tag.as_str())) == text));
            if let Some(form) = usual.flatten().or(form) {
                learned.learn(form);
            }
            return Ok(response);
        }
        tried.push(text);
    }
    Ok(response)
}

/// The tags that a resource has now: that of the header, and that of the body if it is another. Asked for without
/// compression, as that changes them.
async fn tags(client: &Client, uri: &str) -> Result<Vec<String>, Error> {
    let plain = Request::get(uri).header(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    let mut response = client.send(plain.clone()).await?;
    if response.status == 406 {
        response = client.send(Request::get(uri)).await?;
    }
    let response = response.success(&plain)?;
    let body: Value = crate::wire::from_slice(&response.body).unwrap_or_default();
    let said = match &body["@odata.etag"] {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    let mut tags: Vec<String> = response.etag().map(|tag| tag.as_str().to_owned()).into_iter().collect();
    tags.extend(said.filter(|tag| !bare(tag).is_empty() && !tags.contains(tag)));
    Ok(tags)
}

fn is_sendable(text: &str) -> bool {
    HeaderValue::from_str(text).is_ok()
}
