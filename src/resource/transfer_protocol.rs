//! How a service fetches an image. Some want the protocol as a parameter although the URL contains it, and only their
//! refusal shows that.

use serde_json::Value;

use crate::error::Error;

/// Returns whether the messages of an error name this parameter.
pub(crate) fn names_parameter(error: &Error, name: &str) -> bool {
    error.messages().iter().any(|message| {
        let in_text = message.message.as_deref().is_some_and(|text| text.contains(name));
        let mut named = message.message_args.iter().chain(&message.related_properties);
        in_text || named.any(|argument| argument.contains(name))
    })
}

/// Returns the transfer protocol in the URL of an image, as the service spells it; `None` if the URL has none, or one
/// that the service doesn't know.
pub(crate) fn protocol_of(image: &str, known: Option<&[String]>) -> Option<String> {
    let scheme = image.split("://").next().filter(|scheme| scheme.len() < image.len())?.to_ascii_uppercase();
    let scheme = match scheme.as_str() {
        "SMB" => "CIFS".to_owned(),
        _ => scheme,
    };
    match known {
        Some(known) => known.iter().find(|known| known.eq_ignore_ascii_case(&scheme)).cloned(),
        None => Some(scheme),
    }
}

/// Adds the protocol of the image to the parameters of `SimpleUpdate` if the service refused them without it: a 400
/// that names the parameter proves that nothing was done. Returns `None` if the refusal has another reason.
pub(crate) fn with_protocol(action: &str, body: &str, error: &Error, known: Option<&[String]>) -> Option<String> {
    let mut parameters: Value = serde_json::from_str(body).ok()?;
    if parameters.get(PARAMETER).is_some() || !is_wanted(action, error) {
        return None;
    }
    let protocol = protocol_of(parameters.get("ImageURI")?.as_str()?, known)?;
    parameters.as_object_mut()?.insert(PARAMETER.to_owned(), protocol.into());
    Some(parameters.to_string())
}

/// The parameter of `SimpleUpdate` for the protocol that fetches the image.
pub(crate) const PARAMETER: &str = "TransferProtocol";

/// Returns whether a refusal may be due to the missing protocol.
pub(crate) fn is_wanted(action: &str, error: &Error) -> bool {
    action == "UpdateService.SimpleUpdate" && error.status() == Some(400) && names_parameter(error, PARAMETER)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;
    use crate::schema::message::Message;

    #[test]
    fn the_protocol_is_that_of_the_url_as_the_service_spells_it() {
        let known = ["Https".to_owned(), "CIFS".to_owned()];
        assert_eq!(protocol_of("https://h/i.iso", Some(&known)).as_deref(), Some("Https"));
        assert_eq!(protocol_of("smb://h/i.iso", Some(&known)).as_deref(), Some("CIFS"));
        assert_eq!(protocol_of("nfs://h/i.iso", Some(&known)), None);
        assert_eq!(protocol_of("nfs://h/i.iso", None).as_deref(), Some("NFS"));
        assert_eq!(protocol_of("//h/i.iso", None), None);
    }

    #[test]
    fn the_protocol_is_filled_in_only_where_a_refusal_names_it() {
        let refusal = |status, message: Message| Error::new(ErrorKind::Refused, "").with_status(status, vec![message]);
        let naming = |text: &str| Message { message: Some(text.to_owned()), ..Message::default() };
        let args = Message {
            message_id: Some("Base.1.8.ActionParameterMissing".into()),
            message_args: vec!["UpdateService.SimpleUpdate".into(), "TransferProtocol".into()],
            ..Message::default()
        };
        let related = Message { related_properties: vec!["/TransferProtocol".into()], ..Message::default() };
        let body = r#"{"ImageURI":"http://h/i"}"#;
        let whole = r#"{"ImageURI":"http://h/i","TransferProtocol":"HTTP"}"#;
        let full = Some(whole);
        let simple = "UpdateService.SimpleUpdate";
        for (action, body, error, expected) in [
            (simple, body, refusal(400, args.clone()), full),
            (simple, body, refusal(400, related), full),
            (simple, body, refusal(400, naming("The property TransferProtocol is required")), full),
            (simple, body, refusal(400, naming("The image is damaged")), None),
            (simple, body, refusal(500, args.clone()), None),
            (simple, r#"{"ImageURI":"10.0.0.1/i"}"#, refusal(400, args.clone()), None),
            (simple, whole, refusal(400, args.clone()), None),
            ("UpdateService.StartUpdate", body, refusal(400, args), None),
        ] {
            assert_eq!(with_protocol(action, body, &error, None).as_deref(), expected, "{action} {body} {error}");
        }
    }
}
