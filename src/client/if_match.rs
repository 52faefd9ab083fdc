//! `If-Match` as services want it: they compress and weaken their tags, leave out quotes, or want none. A 412 or 428 proves
//! that nothing was changed, so that the resource may be read and the change sent once more in another form.

use std::sync::atomic::{AtomicU8, Ordering};

use futures_util::future::BoxFuture;
use http::HeaderValue;
use http::header::ACCEPT_ENCODING;
use serde_json::Value;

use super::{Client, Request, Response};
use crate::error::Error;
use crate::wire::ETag;

/// What servers put behind a tag when they compress what it stands for, and do not take off again.
const SUFFIXES: [&str; 6] = ["-gzip", "--gzip", ";gzip", "-deflate", "-br", "+gzip"];

/// A way to write a tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// As the service wrote it.
    AsIs,
    /// Quoted, without `W/` and without what compression has added.
    Strong,
    /// The same without quotes.
    Bare,
    /// `W/` and quotes.
    Weak,
}

const FORMS: [Form; 4] = [Form::AsIs, Form::Strong, Form::Bare, Form::Weak];

/// The form that a service has taken.
#[derive(Debug, Default)]
pub(crate) struct Learned(AtomicU8);

impl Learned {
    fn form(&self) -> Form {
        FORMS.get(usize::from(self.0.load(Ordering::Relaxed))).copied().unwrap_or(Form::AsIs)
    }

    fn learn(&self, form: Form) {
        let number = FORMS.iter().position(|other| *other == form).and_then(|number| u8::try_from(number).ok());
        self.0.store(number.unwrap_or_default(), Ordering::Relaxed);
    }
}

impl Form {
    fn of(self, tag: &str) -> String {
        let bare = bare(tag);
        match self {
            Self::AsIs => tag.trim().to_owned(),
            Self::Strong => format!("\"{bare}\""),
            Self::Bare => bare.to_owned(),
            Self::Weak => format!("W/\"{bare}\""),
        }
    }
}

/// What is between the quotes, without what compression has added.
fn bare(tag: &str) -> &str {
    let tag = tag.trim();
    let tag = tag.strip_prefix("W/").unwrap_or(tag).trim_matches('"');
    SUFFIXES.iter().find_map(|suffix| tag.strip_suffix(suffix)).filter(|rest| !rest.is_empty()).unwrap_or(tag)
}

fn is_refusal(response: &Response) -> bool {
    matches!(response.status, 412 | 428)
}

impl Client {
    /// Sends a change of a resource, with the tag that it has as `If-Match` if it has one. Where the service answers 412 or 428,
    /// the tag is read anew, and the change is sent once more with it; if the resource is still what it was, in the other
    /// forms that services have been seen to insist on, and at last without.
    pub(crate) fn change(&self, request: Request) -> BoxFuture<'static, Result<Response, Error>> {
        let client = self.clone();
        Box::pin(async move { client.change_if_match(request).await })
    }

    async fn change_if_match(&self, mut request: Request) -> Result<Response, Error> {
        let learned = &self.inner.precondition;
        let known = request.if_match.take().filter(|tag| !bare(tag.as_str()).is_empty());
        let first = known.as_ref().map(|tag| learned.form().of(tag.as_str()));
        request.if_match = first.clone().filter(|text| is_sendable(text)).map(ETag::from);
        let mut response = self.send(request.clone()).await?;
        if !is_refusal(&response) {
            return Ok(response);
        }
        let Ok(current) = self.tags(&request.uri).await else { return Ok(response) };
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
            response = self.send(request.clone()).await?;
            if !is_refusal(&response) {
                // What was read without compression says less of the service than what it made of the tag that it gives
                // usually.
                let usual =
                    known.as_ref().map(|tag| FORMS.into_iter().find(|form| Some(form.of(tag.as_str())) == text));
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
    async fn tags(&self, uri: &str) -> Result<Vec<String>, Error> {
        let plain = Request::get(uri).header(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        let mut response = self.send(plain.clone()).await?;
        if response.status == 406 {
            response = self.send(Request::get(uri)).await?;
        }
        let response = response.success(&plain)?;
        let body: Value = serde_json::from_slice(&response.body).unwrap_or_default();
        let said = match &body["@odata.etag"] {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        };
        let mut tags: Vec<String> = response.etag().map(|tag| tag.as_str().to_owned()).into_iter().collect();
        tags.extend(said.filter(|tag| !bare(tag).is_empty() && !tags.contains(tag)));
        Ok(tags)
    }
}

fn is_sendable(text: &str) -> bool {
    HeaderValue::from_str(text).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_written_in_all_the_forms_that_services_insist_on() {
        let cases = [
            ("\"abc-gzip\"", ["\"abc-gzip\"", "\"abc\"", "abc", "W/\"abc\""]),
            ("W/\"5\"", ["W/\"5\"", "\"5\"", "5", "W/\"5\""]),
            ("1594839102", ["1594839102", "\"1594839102\"", "1594839102", "W/\"1594839102\""]),
        ];
        for (tag, expected) in cases {
            assert_eq!(FORMS.map(|form| form.of(tag)), expected.map(str::to_owned), "{tag}");
        }
        assert_eq!(bare("\"-gzip\""), "-gzip");
        assert_eq!(bare("W/\"\""), "");
    }
}
