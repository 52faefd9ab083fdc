//! Messages: what services say of errors and events, in all the shapes that they say it in, made into sentences.

pub(crate) mod id;
pub(crate) mod registry;

use serde_json::Value;

pub use id::MessageId;

use crate::schema::message::Message;
use crate::wire::{Limits, decode};

/// A message as a sentence: its text, else its identifier, and what to do about it.
#[must_use]
pub fn sentence(message: &Message) -> Option<String> {
    let text = message.message.as_deref().or(message.message_id.as_deref())?.trim();
    let resolution =
        message.resolution.as_deref().map(str::trim).filter(|text| !matches!(*text, "" | "None" | "None."));
    Some(match resolution {
        Some(resolution) => {
            let end = if text.ends_with(['.', '!', '?', ':']) { "" } else { "." };
            format!("{text}{end} {resolution}")
        }
        None => text.to_owned(),
    })
}

/// The messages of an error body: `error.@Message.ExtendedInfo`, as an array or a single object, the same at the top
/// level, else `error.message` alone. Empty where the body is not Redfish's. What a message leaves out that one of DMTF's
/// registries has to say of it is filled in, and related properties are JSON pointers.
pub(crate) fn of_error(body: &[u8]) -> Vec<Message> {
    const INFO: &str = "@Message.ExtendedInfo";
    let Ok(value) = crate::wire::from_slice::<Value>(body) else { return Vec::new() };
    let error = value.get("error");
    let info = error.and_then(|error| error.get(INFO)).or_else(|| value.get(INFO));
    let mut messages: Vec<Message> = match info {
        Some(Value::Array(infos)) => infos.iter().filter_map(message).collect(),
        Some(info) => message(info).into_iter().collect(),
        None => Vec::new(),
    };
    let text = |name: &str| {
        let text = error.and_then(|error| error.get(name)).and_then(Value::as_str).map(str::trim);
        text.filter(|text| !text.is_empty()).map(str::to_owned)
    };
    // Some say what is the matter there, and give nothing but an identifier here.
    if let [only] = &mut messages[..]
        && only.message.is_none()
    {
        only.message = text("message").filter(|text| !text.contains("ExtendedInfo"));
    }
    if messages.iter().all(|message| message.message.is_none() && message.message_id.is_none()) {
        let (message_id, message) = (text("code"), text("message"));
        if message_id.is_some() || message.is_some() {
            messages.push(Message { message_id, message, ..Message::default() });
        }
    }
    messages.iter_mut().for_each(complete);
    messages
}

/// Fills in what DMTF's registries say, and puts related properties into one form.
pub(crate) fn complete(message: &mut Message) {
    if message.message_severity.is_none() {
        message.message_severity = message.severity.as_deref().and_then(registry::severity);
    }
    if let Some(id) = message.message_id.clone() {
        let id = MessageId::new(&id);
        if let Some(registry) = registry::standard(id.prefix) {
            registry.complete(&id, message);
        }
    }
    for property in &mut message.related_properties {
        *property = pointer(property);
    }
}

/// Whether a message is of this kind, whatever the registry and the version that its identifier names.
pub(crate) fn is(message: &Message, key: &str) -> bool {
    message.message_id.as_deref().is_some_and(|id| MessageId::new(id).key == key)
}

/// A related property as a JSON pointer: services write `#/Boot`, `/Boot`, `Boot`, or the resource's URI before it.
fn pointer(text: &str) -> String {
    let text = text.trim();
    let text = text.rsplit_once('#').map_or(text, |(_, pointer)| pointer);
    if text.is_empty() || text.starts_with('/') { text.to_owned() } else { format!("/{text}") }
}

fn message(value: &Value) -> Option<Message> {
    // Some have the text alone in the place of the message.
    if let Some(text) = value.as_str().filter(|text| !text.trim().is_empty()) {
        return Some(Message { message: Some(text.to_owned()), ..Message::default() });
    }
    let text = value.is_object().then(|| value.to_string())?;
    decode(text.as_bytes(), &Limits::default()).ok().map(|decoded| decoded.value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::resource::Health;

    #[test]
    fn messages_are_found_in_every_shape() {
        let cases = [
            (
                r#"{"error":{"code":"Base.1.0.GeneralError","message":"see","@Message.ExtendedInfo":[{"MessageId":"A"},{"MessageId":"B"}]}}"#,
                vec!["A", "B"],
            ),
            (r#"{"error":{"@Message.ExtendedInfo":{"MessageId":"A"}}}"#, vec!["A"]),
            (r#"{"@Message.ExtendedInfo":[{"MessageId":"A"}]}"#, vec!["A"]),
            (r#"{"@Message.ExtendedInfo":{"MessageId":"A"}}"#, vec!["A"]),
            (r#"{"error":{"code":"C","message":"text"}}"#, vec!["C"]),
            (r#"{"error":{"code":"C","message":"text","@Message.ExtendedInfo":[]}}"#, vec!["C"]),
            (r#"{"error":{"code":"C","@Message.ExtendedInfo":[null,7,{"MessageId":"A"}]}}"#, vec!["A"]),
            (r#"{"error":"broken"}"#, vec![]),
            ("<html>", vec![]),
            ("", vec![]),
            ("[1]", vec![]),
        ];
        for (body, expected) in cases {
            let found = of_error(body.as_bytes());
            let ids: Vec<_> = found.iter().filter_map(|message| message.message_id.as_deref()).collect();
            assert_eq!(ids, expected, "{body}");
        }
        let texts = of_error(br#"{"error":{"@Message.ExtendedInfo":["no such thing"]}}"#);
        assert_eq!(texts[0].message.as_deref(), Some("no such thing"));
    }

    #[test]
    fn an_identifier_alone_gets_the_text_beside_it() {
        let body = r#"{"error":{"code":"C","message":"no memory here","@Message.ExtendedInfo":[{"MessageId":"C"}]}}"#;
        assert_eq!(of_error(body.as_bytes())[0].message.as_deref(), Some("no memory here"));
        let body = r#"{"error":{"message":"See @Message.ExtendedInfo.","@Message.ExtendedInfo":[{"MessageId":"C"}]}}"#;
        assert_eq!(of_error(body.as_bytes())[0].message, None);
    }

    #[test]
    fn an_identifier_of_a_standard_registry_becomes_a_sentence() {
        let body = r##"{"error":{"@Message.ExtendedInfo":[{"MessageId":"Base.1.8.PropertyValueNotInList",
            "MessageArgs":["Never","PowerState"],"RelatedProperties":["#/PowerState","Boot/Target","/Status"]}]}}"##;
        let found = &of_error(body.as_bytes())[0];
        assert_eq!(
            sentence(found).as_deref(),
            Some(
                "The value 'Never' is not among those that the property PowerState may have. Choose one of the allowable values."
            )
        );
        assert_eq!(found.message_severity, Some(Health::Warning));
        assert_eq!(found.related_properties, ["/PowerState", "/Boot/Target", "/Status"]);

        // What the service says itself stands.
        let body = r#"{"error":{"@Message.ExtendedInfo":[{"MessageId":"Base.1.8.PropertyUnknown","Message":"What is Foo?",
            "Resolution":"None.","Severity":"Critical"}]}}"#;
        let found = &of_error(body.as_bytes())[0];
        assert_eq!(found.message.as_deref(), Some("What is Foo?"));
        assert_eq!(found.resolution.as_deref(), Some("Leave the property out, or correct its name."));
        assert_eq!(found.message_severity, Some(Health::Critical));
    }

    #[test]
    fn identifiers_are_taken_apart() {
        for (text, expected) in [
            ("Base.1.8.PropertyUnknown", ("Base", "1.8", "PropertyUnknown")),
            ("Base.1.8.1.PropertyUnknown", ("Base", "1.8.1", "PropertyUnknown")),
            ("IDRAC.2.8.SYS518", ("IDRAC", "2.8", "SYS518")),
            ("Contoso.Extra.1.0.Odd", ("Contoso.Extra", "1.0", "Odd")),
            ("Base.PropertyUnknown", ("Base", "", "PropertyUnknown")),
            ("PropertyUnknown", ("", "", "PropertyUnknown")),
            ("", ("", "", "")),
        ] {
            let id = MessageId::new(text);
            assert_eq!((id.prefix, id.version, id.key), expected, "{text}");
            assert_eq!(id.to_string(), text);
        }
    }
}
