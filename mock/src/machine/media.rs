//! Virtual media: how a resource changes when an image is inserted or ejected, by action or by PATCH.

use serde_json::{Map, Value, json};

use crate::message::{self, Message};

const INSERT: &str = "VirtualMedia.InsertMedia";

/// Checks the image to be inserted.
pub(crate) fn check(media: &Map<String, Value>, given: &Map<String, Value>) -> Result<(), Message> {
    let image = given.get("Image").and_then(Value::as_str).unwrap_or_default();
    if image.trim().is_empty() {
        return Err(Message::new(&message::ACTION_PARAMETER_FORMAT, [image, "Image", INSERT]));
    }
    let allowed = media.get("Actions").and_then(|actions| {
        actions.get("#VirtualMedia.InsertMedia")?.get("TransferProtocolType@Redfish.AllowableValues")?.as_array()
    });
    let protocol =
        given.get("TransferProtocolType").and_then(Value::as_str).map(str::to_owned).or_else(|| protocol(image));
    match (allowed, protocol) {
        (Some(allowed), Some(protocol)) if !allowed.iter().any(|allowed| *allowed == protocol) => {
            Err(Message::new(&message::ACTION_PARAMETER_NOT_IN_LIST, [&protocol, "TransferProtocolType", INSERT]))
        }
        // Neither the URI nor a parameter says how to fetch the image.
        (_, None) => Err(Message::new(&message::ACTION_PARAMETER_FORMAT, [image, "Image", INSERT])),
        _ => Ok(()),
    }
}

/// Returns the protocol of an image's URI, as TransferProtocolType names it.
fn protocol(image: &str) -> Option<String> {
    let (scheme, _) = image.split_once("://")?;
    Some(match scheme.to_ascii_lowercase().as_str() {
        "smb" => "CIFS".to_owned(),
        scheme => scheme.to_ascii_uppercase(),
    })
}

/// Shows the inserted image.
pub(crate) fn insert(media: &mut Map<String, Value>, given: &Map<String, Value>) {
    let image = given.get("Image").and_then(Value::as_str).unwrap_or_default();
    let name = image.rsplit('/').next().map(str::to_owned);
    let said = |name: &str, otherwise: bool| {
        given.get(name).filter(|value| !value.is_null()).cloned().unwrap_or_else(|| otherwise.into())
    };
    let protocol = given.get("TransferProtocolType").cloned().or_else(|| protocol(image).map(Value::from));
    media.insert("Image".to_owned(), image.into());
    media.insert("ImageName".to_owned(), name.into());
    media.insert("Inserted".to_owned(), said("Inserted", true));
    media.insert("WriteProtected".to_owned(), said("WriteProtected", true));
    media.insert("ConnectedVia".to_owned(), "URI".into());
    if let Some(protocol) = protocol {
        media.insert("TransferProtocolType".to_owned(), protocol);
    }
    for shown in ["TransferMethod", "UserName"] {
        if let Some(value) = given.get(shown) {
            media.insert(shown.to_owned(), value.clone());
        }
    }
}

/// Shows that there is no image.
pub(crate) fn eject(media: &mut Map<String, Value>) {
    for (name, value) in [
        ("Image", Value::Null),
        ("ImageName", Value::Null),
        ("Inserted", json!(false)),
        ("ConnectedVia", json!("NotConnected")),
    ] {
        media.insert(name.to_owned(), value);
    }
    if let Some(user) = media.get_mut("UserName") {
        *user = Value::Null;
    }
}

/// Applies a PATCH on machines that insert and eject that way.
pub(crate) fn patched(media: &mut Map<String, Value>, patch: &Map<String, Value>) {
    match patch.get("Image") {
        Some(Value::String(image)) if !image.is_empty() => insert(media, patch),
        Some(_) => eject(media),
        None if patch.get("Inserted") == Some(&Value::Bool(false)) => eject(media),
        None => {}
    }
}
