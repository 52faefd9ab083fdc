//! Whether a successful status means that a change was made. Two kinds of answers have one although nothing was done:
//! the page of a web server in front of a service that isn't up, and an error in the body.

use serde_json::Value;

use super::request::{Request, Response};
use crate::error::{Error, ErrorKind};
use crate::message::{self, MessageId};
use crate::schema::message::Message;

impl Response {
    /// Returns an error if a successful answer doesn't confirm the change. An empty body, a resource, a task and
    /// messages of success are confirmations.
    pub(crate) fn objection(&self, request: &Request) -> Option<Error> {
        if self.status == 204 || self.body.is_empty() {
            return None;
        }
        if is_markup(&self.body) {
            let text = format!("the answer is not the service's own{}", self.glimpse());
            let error = Error::new(ErrorKind::Decode, text).with_unknown_outcome();
            return Some(error.at(request.method, &request.uri).with_status(self.status, Vec::new()));
        }
        // A resource may have messages of its own: those of a task are about the task's work.
        let json = crate::wire::from_slice::<Value>(&self.body).ok().filter(|json| json.get("@odata.id").is_none())?;
        let messages = message::of_error(&self.secrets.json(&json));
        if !messages.iter().any(is_refusal) {
            return None;
        }
        let error = Error::new(ErrorKind::Refused, "the service reports success together with an error");
        Some(error.at(request.method, &request.uri).with_status(self.status, messages))
    }
}

/// Returns whether a body is markup, whatever its content type says.
fn is_markup(body: &[u8]) -> bool {
    body.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'<')
}

/// Returns whether a message reports that something was not done. Its key decides, unless it is critical: hints that
/// accompany a success, such as a required restart, are warnings too.
fn is_refusal(message: &Message) -> bool {
    const WORDS: [&str; 12] = [
        "Error",
        "Fail",
        "NotWritable",
        "Unknown",
        "NotSupported",
        "Unsupported",
        "NotInList",
        "NotAllowed",
        "Missing",
        "Invalid",
        "Denied",
        "FormatError",
    ];
    let severity = message.message_severity.as_ref().map(|severity| severity.as_str());
    let critical = severity.or(message.severity.as_deref()).is_some_and(|text| text.eq_ignore_ascii_case("Critical"));
    let key = message.message_id.as_deref().map(|id| MessageId::new(id).key).unwrap_or_default();
    critical || WORDS.iter().any(|word| key.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(status: u16, body: &'static str) -> Option<Error> {
        let response = Response { status, body: body.into(), ..Response::default() };
        response.objection(&Request::with_body("PATCH", "/redfish/v1/Systems/1", "{}".to_owned()))
    }

    #[test]
    fn what_says_that_nothing_was_done_is_not_a_confirmation() {
        let refusals = [
            "<html>Login</html>",
            " \r\n<!DOCTYPE html>",
            r#"{"error":{"code":"Base.1.0.GeneralError","message":"no"}}"#,
            r#"{"error":{"@Message.ExtendedInfo":[{"MessageId":"Base.1.8.PropertyNotWritable","Severity":"Warning"}]}}"#,
            r#"{"error":{"@Message.ExtendedInfo":{"MessageId":"X.1.0.Odd","Severity":"Critical"}}}"#,
            r#"{"@Message.ExtendedInfo":[{"MessageId":"Base.1.8.Success"},{"MessageId":"Base.1.8.InternalError"}]}"#,
        ];
        for body in refusals {
            assert!(answered(200, body).is_some(), "{body}");
        }
    }

    #[test]
    fn success_in_all_its_spellings_is_a_confirmation() {
        let confirmations = [
            "",
            "{}",
            "[]",
            "OK",
            r#"{"@odata.id":"/redfish/v1/Systems/1","Status":{"Health":"Critical"}}"#,
            r#"{"@odata.id":"/redfish/v1/TaskService/Tasks/1","Messages":[{"MessageId":"X.1.0.Failed","Severity":"Critical"}]}"#,
            r#"{"error":{"code":"iLO.0.10.ExtendedInfo","@Message.ExtendedInfo":[{"MessageId":"Base.1.4.Success"}]}}"#,
            r#"{"error":{"@Message.ExtendedInfo":[{"MessageId":"iLO.2.14.SystemResetRequired","Severity":"Warning"}]}}"#,
            r#"{"@Message.ExtendedInfo":[{"MessageId":"Base.1.8.Success","Severity":"OK"}]}"#,
            r#"{"error":{"code":"Base.1.0.Success","message":"Successfully Completed Request"}}"#,
        ];
        for body in confirmations {
            assert!(answered(200, body).is_none(), "{body}");
        }
        assert!(answered(204, "<html>").is_none());
    }
}
