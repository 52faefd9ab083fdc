//! Removes secrets from what a service sent before it is shown: by name in JSON, forms, markup and plain text, and by
//! value if the client knows them. Every error text and every excerpt of a body passes through here.

use std::borrow::Cow;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use super::credentials::Credentials;
use crate::schema::message::Message;
use crate::wire::is_secret;
pub(crate) use crate::wire::without_secrets as by_name;

/// Masks a URI to be shown: its query may contain a secret.
pub(crate) fn of_uri(uri: &str) -> Cow<'_, str> {
    if uri.contains('?') || uri.contains("://") { by_name(uri).into() } else { uri.into() }
}

/// The text that replaces a secret.
const MASK: &str = "***";

/// Secrets this short are only masked as whole words: they also occur by chance within others.
const SHORT: usize = 4;

/// How many secrets are remembered: a long-lived client has had many tokens.
const MOST: usize = 64;

/// The secrets that a client knows: its password, its tokens, and the forms that they take in headers.
#[derive(Default)]
pub(crate) struct Secrets(Mutex<Vec<SecretString>>);

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secrets")
    }
}

impl Secrets {
    /// Remembers a secret.
    pub(crate) fn know(&self, secret: &str) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|other| other.expose_secret() != secret);
        if !secret.is_empty() {
            known.push(secret.to_owned().into());
        }
        // Old tokens are forgotten; the password is added again with each new one.
        let many = known.len().saturating_sub(MOST);
        known.drain(..many);
    }

    /// Remembers a password, and the value that Basic authentication derives from it.
    pub(crate) fn know_credentials(&self, credentials: &Credentials) {
        self.know(credentials.password.expose_secret());
        self.know(&credentials.basic());
    }

    /// Returns a copy with more secrets.
    pub(crate) fn with(&self, others: Vec<String>) -> Self {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Self(Mutex::new(known.into_iter().chain(others.into_iter().map(SecretString::from)).collect()))
    }

    /// Masks all or part of a body to be shown. JSON without secrets keeps its formatting.
    pub(crate) fn body(&self, text: &str) -> String {
        match serde_json::from_str::<Value>(text) {
            Ok(json) => {
                let masked = self.json(&json);
                if masked == json { text.to_owned() } else { masked.to_string() }
            }
            Err(_) => self.text(text),
        }
    }

    /// Masks a text.
    pub(crate) fn text(&self, text: &str) -> String {
        self.known(by_name(text))
    }

    /// Masks all strings of a JSON value.
    pub(crate) fn json(&self, value: &Value) -> Value {
        let mut masked = value.clone();
        mask_json(&mut masked, self, false);
        masked
    }

    /// Masks the texts of messages that are already decoded.
    pub(crate) fn messages(&self, messages: &mut [Message]) {
        for message in messages {
            let related = message.related_properties.iter();
            let values = repeated_values(&message.message_args, related);
            let mask = |text: &str| self.text(&values.iter().fold(text.to_owned(), |text, value| replace(text, value)));
            for text in [&mut message.message, &mut message.resolution].into_iter().flatten() {
                *text = mask(text);
            }
            for argument in &mut message.message_args {
                *argument = if values.contains(argument) { MASK.to_owned() } else { self.text(argument) };
            }
        }
    }

    /// Masks the known secrets, in each form in which they are sent.
    fn known(&self, text: String) -> String {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut forms: Vec<String> = known.iter().flat_map(|secret| forms(secret.expose_secret())).collect();
        // Longer forms first: one may contain another.
        forms.sort_by_key(|form| std::cmp::Reverse(form.len()));
        forms.iter().fold(text, |text, form| replace(text, form))
    }
}

/// Returns a secret unchanged and as JSON, URLs and HTML encode it.
fn forms(secret: &str) -> Vec<String> {
    let json = Value::from(secret).to_string();
    let json = json.get(1..json.len().saturating_sub(1)).unwrap_or_default().to_owned();
    let url: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
    let html = secret.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
    let mut all = vec![secret.to_owned(), json, url.replace('+', "%20"), url, html.replace('\'', "&#39;"), html];
    all.dedup();
    all
}

fn replace(text: String, secret: &str) -> String {
    if !text.contains(secret) {
        return text;
    }
    if secret.chars().count() >= SHORT {
        return text.replace(secret, MASK);
    }
    let mut whole = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some((before, after)) = rest.split_once(secret) {
        let is_word = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        let inside = is_word(before.chars().next_back()) || is_word(after.chars().next());
        whole.push_str(before);
        whole.push_str(if inside { secret } else { MASK });
        rest = after;
    }
    whole.push_str(rest);
    whole
}

/// Returns whether a JSON pointer or a path leads to something that contains a secret.
fn leads_to_secret(text: &str) -> bool {
    text.rsplit(['/', '#', '.']).next().is_some_and(is_secret)
}

fn mask_json(value: &mut Value, secrets: &Secrets, secret: bool) {
    match value {
        Value::String(text) if secret => {
            if !text.is_empty() {
                MASK.clone_into(text);
            }
        }
        Value::String(text) => *text = secrets.text(text),
        Value::Number(_) if secret => *value = MASK.into(),
        Value::Array(items) => items.iter_mut().for_each(|item| mask_json(item, secrets, secret)),
        Value::Object(object) => {
            mask_arguments(object);
            // A property may be reported as a pair of its name and its value.
            let named = ["Name", "Key", "Id", "AttributeName", "PropertyName", "name", "key"];
            let pair = named.iter().any(|name| object.get(*name).and_then(Value::as_str).is_some_and(is_secret));
            for (name, item) in object.iter_mut() {
                let is_value = pair && name.to_ascii_lowercase().ends_with("value");
                mask_json(item, secrets, secret || is_value || is_secret(name));
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Collects the secrets in a JSON body, by property name.
pub(crate) fn secrets_in(body: &[u8]) -> Vec<String> {
    /// Larger bodies are images and the like.
    const MOST: usize = 1 << 16;
    fn collect(value: &Value, secret: bool, found: &mut Vec<String>) {
        match value {
            Value::String(text) if secret && !text.is_empty() => found.push(text.clone()),
            Value::Number(number) if secret => found.push(number.to_string()),
            Value::Array(items) => items.iter().for_each(|item| collect(item, secret, found)),
            Value::Object(object) => {
                object.iter().for_each(|(name, item)| collect(item, secret || is_secret(name), found));
            }
            _ => {}
        }
    }
    let mut found = Vec::new();
    if body.len() <= MOST
        && let Ok(json) = crate::wire::from_slice(body)
    {
        collect(&json, false, &mut found);
    }
    // Duplicates are removed, as every text that is shown is searched for each secret.
    found.sort_unstable();
    found.dedup();
    found
}

/// Masks the values of secret properties that a message repeats: "The value 'hunter2' of Password is too short."
fn mask_arguments(message: &mut serde_json::Map<String, Value>) {
    let strings = |name: &str| -> Vec<String> {
        let found = message.get(name).and_then(Value::as_array).into_iter().flatten();
        found.filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let values = repeated_values(&strings("MessageArgs"), strings("RelatedProperties").iter());
    if values.is_empty() {
        return;
    }
    for (name, item) in message.iter_mut() {
        match (name.as_str(), item) {
            ("MessageArgs", Value::Array(items)) => {
                for item in items {
                    if item.as_str().is_some_and(|text| values.iter().any(|value| value == text)) {
                        *item = MASK.into();
                    }
                }
            }
            ("Message" | "Resolution", Value::String(text)) => {
                for value in &values {
                    *text = replace(std::mem::take(text), value);
                }
            }
            _ => {}
        }
    }
}

/// Returns those arguments of a message that are values of a secret property. URIs are not.
fn repeated_values<'a>(arguments: &[String], mut related: impl Iterator<Item = &'a String>) -> Vec<String> {
    if !arguments.iter().any(|text| leads_to_secret(text)) && !related.any(|text| leads_to_secret(text)) {
        return Vec::new();
    }
    let is_value = |text: &&String| !text.is_empty() && !leads_to_secret(text) && !text.starts_with('/');
    arguments.iter().filter(is_value).cloned().collect()
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    use super::*;

    #[test]
    fn json_is_masked_by_its_names_and_a_message_that_repeats_a_password_by_its_arguments() {
        let secrets = Secrets::default();
        for (body, gone, kept) in [
            (r#"{"Pass\u0077ord":"hunter2","UserName":"root"}"#, "hunter2", "root"),
            (r#"{"Oem":{"Auth":{"a":["hunter2"]}},"b":"kept"}"#, "hunter2", "kept"),
            (r#"{"Attributes":[{"Name":"AdminPassword","Value":"hunter2"}],"b":"kept"}"#, "hunter2", "kept"),
            (r#"{"Password":12345678,"b":"kept"}"#, "12345678", "kept"),
            (
                r#"{"MessageId":"Base.1.PropertyValueFormatError","MessageArgs":["hunter2","Password"],
                    "Message":"The value 'hunter2' for the property Password is odd"}"#,
                "hunter2",
                "for the property Password",
            ),
            (
                r##"{"MessageArgs":["hunter2"],"Message":"hunter2 is too short","RelatedProperties":["#/Password"]}"##,
                "hunter2",
                "is too short",
            ),
        ] {
            let masked = secrets.body(body);
            assert!(!masked.contains(gone) && masked.contains(kept), "{masked}");
        }
        let body = r#"{ "MessageArgs": ["/redfish/v1/AccountService/Accounts/1", "Password"] }"#;
        assert_eq!(secrets.body(body), body, "what has no secret stays as it is");
    }

    #[test]
    fn what_the_client_knows_is_masked_wherever_it_stands_and_however_it_is_written() {
        let secrets = Secrets::default();
        secrets.know_credentials(&Credentials::new("root", "a\"b&c d"));
        secrets.know("pw");
        for (text, expected) in [
            ("you sent a\"b&c d.", "you sent ***."),
            (r#"you sent a\"b&c d."#, "you sent ***."),
            ("a%22b%26c+d", "***"),
            ("a%22b%26c%20d", "***"),
            ("<p>a&quot;b&amp;c d</p>", "<p>***</p>"),
            (&format!("x{}y", STANDARD.encode("root:a\"b&c d")), "x***y"),
            ("the pw 'pw' at pwned", "the *** '***' at pwned"),
        ] {
            assert_eq!(secrets.text(text), expected, "{text}");
        }
        assert!(!format!("{secrets:?}").contains("pw"));
    }
}
