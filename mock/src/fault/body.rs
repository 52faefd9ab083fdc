//! Bodies that don't arrive as one complete whole.

use std::io;
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody as _};
use axum::http::{HeaderValue, Response, header};
use futures_util::StreamExt as _;
use futures_util::stream;
use serde_json::Value;

use crate::journal::Ticket;
use crate::tree::digits;

/// Cuts the body after this many bytes and then fails the connection.
pub(crate) fn truncated(response: Response<Body>, bytes: usize) -> Response<Body> {
    reshaped(response, |body| {
        let chunks = body.into_data_stream();
        Body::from_stream(stream::unfold(Some((chunks, bytes)), |state| async move {
            let (mut chunks, left) = state?;
            let cut = || io::Error::other("the body ends here");
            if left == 0 {
                // An immediate error would discard bytes that are not yet sent.
                tokio::time::sleep(Duration::from_millis(5)).await;
                return Some((Err(cut()), None));
            }
            match chunks.next().await? {
                Ok(mut chunk) => {
                    chunk.truncate(left);
                    let left = left - chunk.len();
                    Some((Ok(chunk), Some((chunks, left))))
                }
                Err(error) => Some((Err(io::Error::other(error)), None)),
            }
        }))
    })
}

/// Sends the body in pieces, with a pause before each.
pub(crate) fn dripping(response: Response<Body>, bytes: usize, every: Duration) -> Response<Body> {
    reshaped(response, |body| {
        let state = (body.into_data_stream(), Bytes::new());
        Body::from_stream(stream::unfold(state, move |(mut chunks, mut rest)| async move {
            while rest.is_empty() {
                match chunks.next().await? {
                    Ok(chunk) => rest = chunk,
                    Err(error) => return Some((Err(error), (chunks, Bytes::new()))),
                }
            }
            tokio::time::sleep(every).await;
            let piece = rest.split_to(bytes.clamp(1, rest.len()));
            Some((Ok(piece), (chunks, rest)))
        }))
    })
}

/// Keeps the request under way until a streamed answer has been read to its end.
pub(crate) fn until_sent(response: Response<Body>, ticket: Ticket) -> Response<Body> {
    if response.body().size_hint().exact().is_some() {
        return response;
    }
    let (parts, body) = response.into_parts();
    let chunks = body.into_data_stream().map(move |chunk| {
        let _held = &ticket;
        chunk
    });
    Response::from_parts(parts, Body::from_stream(chunks))
}

/// Changes the body but keeps the original's `Content-Length`.
fn reshaped(response: Response<Body>, change: impl FnOnce(Body) -> Body) -> Response<Body> {
    let (mut parts, body) = response.into_parts();
    if let Some(length) = body.size_hint().exact() {
        parts.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    }
    Response::from_parts(parts, change(body))
}

/// Applies a merge patch to the answer's JSON. A body that is not JSON stays as it is.
pub(crate) async fn merged(response: Response<Body>, patch: &Value) -> Response<Body> {
    let (mut parts, body) = response.into_parts();
    let Ok(body) = axum::body::to_bytes(body, usize::MAX).await else {
        return Response::from_parts(parts, Body::empty());
    };
    let Ok(mut json) = digits::parse(&body) else {
        return Response::from_parts(parts, Body::from(body));
    };
    merge(&mut json, patch);
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(digits::write(&json)))
}

/// Merges as RFC 7396, section 2, says.
fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(changes) = patch else {
        patch.clone_into(target);
        return;
    };
    if !target.is_object() {
        *target = Value::Object(serde_json::Map::new());
    }
    let Value::Object(object) = target else { return };
    for (name, value) in changes {
        if value.is_null() {
            object.remove(name);
        } else {
            merge(object.entry(name.clone()).or_insert(Value::Null), value);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn patches_merge_as_in_the_examples_of_the_rfc() {
        for (mut target, patch, expected) in [
            (json!({ "a": "b" }), json!({ "a": "c" }), json!({ "a": "c" })),
            (json!({ "a": "b", "b": "c" }), json!({ "a": null }), json!({ "b": "c" })),
            (json!({ "a": { "b": "c" } }), json!({ "a": { "b": "d", "c": null } }), json!({ "a": { "b": "d" } })),
            (json!({ "a": [1, 2] }), json!({ "a": [1] }), json!({ "a": [1] })),
            (json!({ "a": "foo" }), json!("bar"), json!("bar")),
            (json!([1, 2]), json!({ "a": "b", "c": null }), json!({ "a": "b" })),
            (json!({}), json!({ "a": { "bb": { "ccc": null } } }), json!({ "a": { "bb": {} } })),
        ] {
            merge(&mut target, &patch);
            assert_eq!(target, expected);
        }
    }
}
