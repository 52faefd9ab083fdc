//! What services say of errors, in all the shapes that they say it in.

use serde_json::Value;

use crate::schema::message::Message;
use crate::wire::{Limits, decode};

/// The messages of an error body: `error.@Message.ExtendedInfo`, as an array or a single object, the same at the top
/// level, else `error.message` alone. Empty where the body is not Redfish's.
pub(crate) fn of_error(body: &[u8]) -> Vec<Message> {
    const INFO: &str = "@Message.ExtendedInfo";
    let Ok(value) = serde_json::from_slice::<Value>(body) else { return Vec::new() };
    let error = value.get("error");
    let info = error.and_then(|error| error.get(INFO)).or_else(|| value.get(INFO));
    let mut messages: Vec<Message> = match info {
        Some(Value::Array(infos)) => infos.iter().filter_map(message).collect(),
        Some(info) => message(info).into_iter().collect(),
        None => Vec::new(),
    };
    let text = |name: &str| error.and_then(|error| error.get(name)).and_then(Value::as_str).map(str::to_owned);
    // Some say what is the matter there, and give nothing but an identifier here.
    if let [only] = &mut messages[..]
        && only.message.is_none()
    {
        only.message = text("message").filter(|text| !text.contains(INFO));
    }
    if messages.iter().all(|message| message.message.is_none() && message.message_id.is_none()) {
        let (message_id, message) = (text("code"), text("message"));
        if message_id.is_some() || message.is_some() {
            messages.push(Message { message_id, message, ..Message::default() });
        }
    }
    messages
}

/// Whether a message is of this kind, whatever the registry and the version that its identifier names.
pub(crate) fn is(message: &Message, key: &str) -> bool {
    message.message_id.as_deref().is_some_and(|id| id.rsplit('.').next() == Some(key))
}

fn message(value: &Value) -> Option<Message> {
    let text = value.is_object().then(|| value.to_string())?;
    decode(text.as_bytes(), &Limits::default()).ok().map(|decoded| decoded.value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_found_in_every_shape() {
        let cases = [
            (
                r#"{"error":{"code":"Base.1.0.GeneralError","message":"see","@Message.ExtendedInfo":[{"MessageId":"A"},{"MessageId":"B"}]}}"#,
                vec!["A", "B"],
            ),
            (r#"{"error":{"@Message.ExtendedInfo":{"MessageId":"A"}}}"#, vec!["A"]),
            (r#"{"@Message.ExtendedInfo":[{"MessageId":"A"}]}"#, vec!["A"]),
            (r#"{"error":{"code":"C","message":"text"}}"#, vec!["C"]),
            (r#"{"error":{"code":"C","message":"text","@Message.ExtendedInfo":[]}}"#, vec!["C"]),
            ("<html>", vec![]),
            ("", vec![]),
            ("[1]", vec![]),
        ];
        for (body, expected) in cases {
            let found = of_error(body.as_bytes());
            let ids: Vec<_> = found.iter().filter_map(|message| message.message_id.as_deref()).collect();
            assert_eq!(ids, expected, "{body}");
        }
    }

    #[test]
    fn an_identifier_alone_gets_the_text_beside_it() {
        let body = r#"{"error":{"code":"C","message":"no memory here","@Message.ExtendedInfo":[{"MessageId":"C"}]}}"#;
        assert_eq!(of_error(body.as_bytes())[0].message.as_deref(), Some("no memory here"));
        let body = r#"{"error":{"message":"See @Message.ExtendedInfo.","@Message.ExtendedInfo":[{"MessageId":"C"}]}}"#;
        assert_eq!(of_error(body.as_bytes())[0].message, None);
    }
}
