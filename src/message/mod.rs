//! Messages: what services say of errors and events, in all the shapes that they say it in, made into sentences.
//!
//! Texts come from the message itself, else from DMTF's registries, which are built in, else from the service's own registries.
//! At most 100 messages of one body are read, from its first mebibyte.
//!
//! ```
//! use rosefish::message::sentence;
//! use rosefish::schema::message::Message;
//!
//! let message = Message { message_id: Some("Base.1.0.NoOperation".into()), ..Message::default() };
//! assert_eq!(sentence(&message).as_deref(), Some("Base.1.0.NoOperation"));
//! ```

pub(crate) mod id;
pub(crate) mod registry;

use serde_json::Value;

pub use id::MessageId;

use crate::schema::message::Message;
use crate::wire::{Limits, decode, from_slice_within};

/// Returns a message as a sentence: its text, else its identifier with its arguments, and what to do about it.
#[must_use]
pub fn sentence(message: &Message) -> Option<String> {
    let text = match (message.message.as_deref().map(str::trim), message.message_id.as_deref().map(str::trim)) {
        (Some(text), _) if !text.is_empty() => text.to_owned(),
        (_, Some(id)) if !id.is_empty() => match &message.message_args[..] {
            [] => id.to_owned(),
            arguments => format!("{id} ({})", arguments.join(", ")),
        },
        _ if message.message_args.is_empty() => return None,
        _ => message.message_args.join(", "),
    };
    let resolution =
        message.resolution.as_deref().map(str::trim).filter(|text| !matches!(*text, "" | "None" | "None."));
    Some(match resolution {
        Some(resolution) => {
            let end = if text.ends_with(['.', '!', '?', ':']) { "" } else { "." };
            format!("{text}{end} {resolution}")
        }
        None => text,
    })
}

/// The largest body that is searched for messages. Real ones take a few hundred bytes per message.
const LARGEST_BODY: usize = 1 << 20;

/// How many messages of one body are decoded at most.
const MOST: usize = 100;

/// Parses the body of an error to look for messages in; `None` if it is too large or not JSON.
pub(crate) fn body(body: &[u8]) -> Option<Value> {
    if body.len() > LARGEST_BODY { None } else { from_slice_within(body, &Limits::default()).ok() }
}

/// Decodes the messages of an error body, secrets included. For decisions only: what is shown is decoded by
/// [`of_error`] from a masked body.
pub(crate) fn of_body(body: &[u8]) -> Vec<Message> {
    self::body(body).map(|json| of_error(&json)).unwrap_or_default()
}

/// Decodes the messages of an error body: `error.@Message.ExtendedInfo`, as an array or a single object, or the same at
/// the top level, also as `Messages` (before Redfish 1.0), else `error.message` alone. Empty if the body is not
/// Redfish's. What a message leaves out is filled in from DMTF's registries, and related properties are turned into
/// JSON pointers.
pub(crate) fn of_error(value: &Value) -> Vec<Message> {
    const PLACES: [&str; 3] = ["@Message.ExtendedInfo", "ExtendedInfo", "Messages"];
    // Some services send an array of one instead of an object.
    let error = value.get("error").map(|error| error.get(0).unwrap_or(error));
    let places = error.into_iter().chain([value]).flat_map(|value| PLACES.iter().filter_map(|name| value.get(*name)));
    let found = places.map(|info| match info {
        Value::Array(infos) => infos.iter().take(MOST).filter_map(message).collect(),
        info => Vec::from_iter(message(info)),
    });
    let says_something = |message: &Message| sentence(message).is_some();
    let mut messages: Vec<Message> =
        found.into_iter().find(|messages| messages.iter().any(says_something)).unwrap_or_default();
    let text = |name: &str| {
        let text = error.and_then(|error| error.get(name)).and_then(Value::as_str).map(str::trim);
        text.filter(|text| !text.is_empty()).map(str::to_owned)
    };
    // Some services put the text there and nothing but an identifier here.
    if let [only] = &mut messages[..]
        && only.message.is_none()
    {
        only.message = text("message").filter(|text| !text.contains("ExtendedInfo"));
    }
    if messages.is_empty() {
        let said = error.and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty());
        let (message_id, message) = (text("code"), text("message").or_else(|| said.map(str::to_owned)));
        if message_id.is_some() || message.is_some() {
            messages.push(Message { message_id, message, ..Message::default() });
        }
    }
    messages.iter_mut().for_each(complete);
    messages
}

/// Fills in what DMTF's registries contain, and turns related properties into JSON pointers.
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

/// Returns whether a message has this key, whatever the registry and the version in its identifier.
pub(crate) fn is(message: &Message, key: &str) -> bool {
    message.message_id.as_deref().is_some_and(|id| MessageId::new(id).key == key)
}

/// Turns a related property into a JSON pointer: services write `#/Boot`, `/Boot`, `Boot`, or put the resource's URI in
/// front.
fn pointer(text: &str) -> String {
    let text = text.trim();
    let text = text.rsplit_once('#').map_or(text, |(_, pointer)| pointer);
    if text.is_empty() || text.starts_with('/') { text.to_owned() } else { format!("/{text}") }
}

fn message(value: &Value) -> Option<Message> {
    // Some services send a text instead of a message object.
    if let Some(text) = value.as_str().filter(|text| !text.trim().is_empty()) {
        return Some(Message { message: Some(text.to_owned()), ..Message::default() });
    }
    let text = Value::Object(in_standard_terms(value.as_object()?)).to_string();
    decode(text.as_bytes(), &Limits::default()).ok().map(|decoded| decoded.value)
}

/// Renames a message's properties to the standard's spelling (iLO 4: `MessageID`), and wraps a single value where the
/// standard has an array.
fn in_standard_terms(said: &serde_json::Map<String, Value>) -> serde_json::Map<String, Value> {
    const NAMES: [&str; 7] =
        ["MessageId", "Message", "MessageArgs", "RelatedProperties", "Resolution", "Severity", "MessageSeverity"];
    let mut object = serde_json::Map::new();
    for (name, value) in said {
        let plain = |name: &str| name.replace(['_', '-'], "").to_ascii_lowercase();
        let standard = NAMES.into_iter().find(|standard| plain(name) == plain(standard));
        // A property with the standard's spelling is not replaced by one with another.
        let name = standard.filter(|standard| name == standard || !said.contains_key(*standard)).unwrap_or(name);
        let value = match (name, value) {
            ("MessageArgs" | "RelatedProperties", Value::Array(items)) => items.iter().map(argument).collect(),
            ("MessageArgs" | "RelatedProperties", Value::Null) => Value::Null,
            ("MessageArgs" | "RelatedProperties", one) => vec![argument(one)].into(),
            _ => value.clone(),
        };
        object.insert(name.to_owned(), value);
    }
    object
}

/// Turns an argument into text.
fn argument(value: &Value) -> Value {
    match value {
        Value::String(_) => value.clone(),
        // A null keeps its place, so that the other arguments keep their numbers.
        Value::Null => "?".into(),
        other => other.to_string().into(),
    }
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
            (r#"{"Messages":[{"MessageID":"A"}],"Type":"ExtendedError.1.0.0"}"#, vec!["A"]),
            (r#"{"Messages":{"messageId":"A"}}"#, vec!["A"]),
            (r#"{"error":{"Messages":[{"MessageId":"A","MessageID":"B"}]}}"#, vec!["A"]),
            (r#"{"error":[{"@Message.ExtendedInfo":[{"MessageId":"A"}]}]}"#, vec!["A"]),
            (r#"{"error":{"@Message.ExtendedInfo":[{}]},"Messages":[{"MessageId":"A"}]}"#, vec!["A"]),
            (r#"{"error":{"ExtendedInfo":{"MessageId":"A"}}}"#, vec!["A"]),
            ("<html>", vec![]),
            ("", vec![]),
            ("[1]", vec![]),
        ];
        for (body, expected) in cases {
            let found = of_body(body.as_bytes());
            let ids: Vec<_> = found.iter().filter_map(|message| message.message_id.as_deref()).collect();
            assert_eq!(ids, expected, "{body}");
        }
        let texts = of_body(br#"{"error":{"@Message.ExtendedInfo":["no such thing"]}}"#);
        assert_eq!(texts[0].message.as_deref(), Some("no such thing"));
    }

    #[test]
    fn arguments_are_shown_where_a_message_has_no_text() {
        for (message, expected) in [
            (r#"{"MessageID":"iLO.0.10.Odd","MessageArgs":["Power is off"]}"#, Some("iLO.0.10.Odd (Power is off)")),
            (r#"{"MessageId":"Acme.1.0.Odd","MessageArgs":["a",7]}"#, Some("Acme.1.0.Odd (a, 7)")),
            (r#"{"MessageId":"Acme.1.0.Odd","MessageArgs":"a"}"#, Some("Acme.1.0.Odd (a)")),
            (r#"{"MessageId":"Acme.1.0.Odd","Message":"","MessageArgs":["a"]}"#, Some("Acme.1.0.Odd (a)")),
            (r#"{"MessageId":"Acme.1.0.Odd","MessageArgs":[]}"#, Some("Acme.1.0.Odd")),
            (r#"{"MessageArgs":["a","b"]}"#, Some("a, b")),
            (r#"{"MessageId":"Acme.1.0.Odd","Message":"Off.","MessageArgs":["a"]}"#, Some("Off.")),
            ("{}", None),
        ] {
            let body = format!(r#"{{"error":{{"@Message.ExtendedInfo":[{message}]}}}}"#);
            let found = of_body(body.as_bytes());
            assert_eq!(found.first().and_then(sentence).as_deref(), expected, "{message}");
        }
    }

    #[test]
    fn an_identifier_alone_gets_the_text_beside_it() {
        let body = r#"{"error":{"code":"C","message":"no memory here","@Message.ExtendedInfo":[{"MessageId":"C"}]}}"#;
        assert_eq!(of_body(body.as_bytes())[0].message.as_deref(), Some("no memory here"));
        let body = r#"{"error":{"message":"See @Message.ExtendedInfo.","@Message.ExtendedInfo":[{"MessageId":"C"}]}}"#;
        assert_eq!(of_body(body.as_bytes())[0].message, None);
    }

    #[test]
    fn an_identifier_of_a_standard_registry_becomes_a_sentence() {
        let body = r##"{"error":{"@Message.ExtendedInfo":[{"MessageId":"Base.1.8.PropertyValueNotInList",
            "MessageArgs":["Never","PowerState"],"RelatedProperties":["#/PowerState","Boot/Target","/Status"]}]}}"##;
        let found = &of_body(body.as_bytes())[0];
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
        let found = &of_body(body.as_bytes())[0];
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
