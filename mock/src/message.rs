//! Messages modelled on the Base registry (DSP8011), and the bodies that carry them. Keys and numbers
//! of arguments are from the registry; the sentences are this service's own, which DSP0266 allows.

use axum::http::StatusCode;
use serde_json::{Map, Value, json};

/// The registry and version of keys and arguments.
const REGISTRY: &str = "Base.1.22";

/// A kind of message.
#[derive(Debug)]
pub(crate) struct Kind {
    key: &'static str,
    severity: Severity,
    /// The status of an answer that has only this message.
    status: StatusCode,
    /// `%1`, `%2`, ... stand for the arguments.
    text: &'static str,
    resolution: &'static str,
}

#[derive(Clone, Copy, Debug)]
enum Severity {
    OK,
    Warning,
    Critical,
}

impl Severity {
    fn as_str(self) -> &'static str {
        match self {
            Self::OK => "OK",
            Self::Warning => "Warning",
            Self::Critical => "Critical",
        }
    }
}

/// Formats a value for a message.
pub(crate) fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

macro_rules! kinds {
    ($(
        $name:ident = $key:literal, $severity:ident, $status:ident, $text:literal,
        $resolution:literal;
    )*) => {
        $(pub(crate) static $name: Kind = Kind {
            key: $key,
            severity: Severity::$severity,
            status: StatusCode::$status,
            text: $text,
            resolution: $resolution,
        };)*

#[cfg(test)]
        static ALL: &[&Kind] = &[$(&$name),*];
    };
}

kinds! {
    SUCCESS = "Success", OK, OK, "The request was carried out.", "None.";
    GENERAL_ERROR = "GeneralError", Critical, BAD_REQUEST,
        "The request failed for more than one reason.",
        "See the messages in @Message.ExtendedInfo.";
    INTERNAL_ERROR = "InternalError", Critical, INTERNAL_SERVER_ERROR,
        "The service failed at this request; it is still working.",
        "Send the request again; if it fails again, restart the service.";
    NO_OPERATION = "NoOperation", Warning, BAD_REQUEST,
        "Nothing in the request body could be acted upon, so the resource stays as it was.",
        "Send at least one property that the resource has.";
    MALFORMED_JSON = "MalformedJSON", Critical, BAD_REQUEST,
        "The request body is not JSON.", "Correct the body's syntax and send the request again.";
    UNRECOGNIZED_BODY = "UnrecognizedRequestBody", Warning, BAD_REQUEST,
        "The request body is not a JSON object.", "Send a JSON object.";
    EMPTY_JSON = "EmptyJSON", Warning, BAD_REQUEST,
        "The request body is an empty object, with which nothing can be done.",
        "Send an object with properties.";
    PAYLOAD_TOO_LARGE = "PayloadTooLarge", Critical, PAYLOAD_TOO_LARGE,
        "The request body is larger than this service takes.", "Send a smaller body.";
    PROPERTY_UNKNOWN = "PropertyUnknown", Warning, BAD_REQUEST,
        "The resource has no property %1.", "Leave the property out, or correct its name.";
    PROPERTY_NOT_WRITABLE = "PropertyNotWritable", Warning, BAD_REQUEST,
        "The property %1 can only be read.", "Leave the property out.";
    PROPERTY_VALUE_TYPE = "PropertyValueTypeError", Warning, BAD_REQUEST,
        "The value '%1' is of a type that the property %2 does not take.",
        "Send a value of the type that the property has.";
    PROPERTY_VALUE_NOT_IN_LIST = "PropertyValueNotInList", Warning, BAD_REQUEST,
        "The value '%1' is not among those that the property %2 takes.",
        "Choose one of the allowable values.";
    PROPERTY_VALUE_ERROR = "PropertyValueError", Warning, BAD_REQUEST,
        "The value given for the property %1 cannot be used.", "Send another value.";
    PROPERTY_VALUE_FORMAT = "PropertyValueFormatError", Warning, BAD_REQUEST,
        "The value '%1' does not have the form that the property %2 wants.", "Correct the value.";
    PROPERTY_OUT_OF_RANGE = "PropertyValueOutOfRange", Warning, BAD_REQUEST,
        "The value '%1' is not in the range of the property %2.", "Choose a value in the range.";
    PROPERTY_MISSING = "PropertyMissing", Warning, BAD_REQUEST,
        "The property %1 has to be in the request and is not.", "Add the property to the body.";
    CREATE_MISSING_PROPERTY = "CreateFailedMissingReqProperties", Critical, BAD_REQUEST,
        "The resource was not created, because the property %1 is missing.",
        "Add the property to the body.";
    CREATE_LIMIT = "CreateLimitReachedForResource", Critical, BAD_REQUEST,
        "The collection takes no more members.", "Delete one that is not needed any more.";
    PASSWORD_CHANGE_REQUIRED = "PasswordChangeRequired", Critical, FORBIDDEN,
        "The account may do nothing before its password is changed by a PATCH of '%1'.",
        "PATCH the Password property of the account.";
    PASSWORD_LENGTH = "PasswordIncorrectLength", Critical, BAD_REQUEST,
        "The password is shorter or longer than the account service takes.",
        "Choose a password of a length within the limits.";
    RESOURCE_IN_USE = "ResourceInUse", Warning, CONFLICT,
        "The resource is in a transition and takes no change now.",
        "Wait until the transition is over and send the request again.";
    ACTION_NOT_SUPPORTED = "ActionNotSupported", Critical, NOT_FOUND,
        "The resource does not offer the action %1.",
        "Use one of the actions in the resource's Actions object.";
    ACTION_PARAMETER_MISSING = "ActionParameterMissing", Critical, BAD_REQUEST,
        "The action %1 needs the parameter %2.", "Add the parameter to the body.";
    ACTION_PARAMETER_UNKNOWN = "ActionParameterUnknown", Warning, BAD_REQUEST,
        "The action %1 has no parameter %2.", "Leave the parameter out, or correct its name.";
    ACTION_PARAMETER_TYPE = "ActionParameterValueTypeError", Warning, BAD_REQUEST,
        "The value '%1' is of a type that the parameter %2 of the action %3 does not take.",
        "Send a value of the parameter's type.";
    ACTION_PARAMETER_NOT_IN_LIST = "ActionParameterValueNotInList", Warning, BAD_REQUEST,
        "The value '%1' is not among those that the parameter %2 of the action %3 takes.",
        "Choose one of the allowable values.";
    ACTION_PARAMETER_FORMAT = "ActionParameterValueFormatError", Warning, BAD_REQUEST,
        "The value '%1' does not have the form that the parameter %2 of the action %3 wants.",
        "Correct the value.";
    ACTION_PARAMETER_ERROR = "ActionParameterValueError", Warning, BAD_REQUEST,
        "The value given for the parameter %1 of the action %2 cannot be used.", "Send another value.";
    PART_MISSING = "MissingOrMalformedPart", Critical, BAD_REQUEST,
        "The form lacks a part, or a part is not as it should be.",
        "Send a form with the parts that the service wants.";
    RESOURCE_EXISTS = "ResourceAlreadyExists", Critical, CONFLICT,
        "There is a %1 already whose %2 is '%3'.",
        "Choose another value, or change the existing resource.";
    RESOURCE_MISSING = "ResourceMissingAtURI", Critical, NOT_FOUND,
        "There is no resource at '%1'.", "Correct the URI, or create the resource first.";
    CANNOT_BE_DELETED = "ResourceCannotBeDeleted", Critical, METHOD_NOT_ALLOWED,
        "The resource is not one that can be deleted.", "Do not delete this resource.";
    NOT_ALLOWED = "OperationNotAllowed", Critical, METHOD_NOT_ALLOWED,
        "The resource does not take this HTTP method.",
        "Use one of the methods in the Allow header.";
    QUERY_UNSUPPORTED = "QueryParameterUnsupported", Warning, NOT_IMPLEMENTED,
        "The service does not know the query parameter '%1'.", "Leave the query parameter out.";
    INSUFFICIENT_STORAGE = "InsufficientStorage", Critical, INSUFFICIENT_STORAGE,
        "The answer would be larger than the service can make it.",
        "Ask for less: for fewer levels, or for the resources one by one.";
    QUERY_NOT_ON_RESOURCE = "QueryNotSupportedOnResource", Warning, BAD_REQUEST,
        "The resource does not take a query parameter of the request.",
        "Leave the query parameter out.";
    QUERY_NOT_ON_OPERATION = "QueryNotSupportedOnOperation", Warning, BAD_REQUEST,
        "Only a GET takes the query parameters of the request.", "Leave the query parameters out.";
    QUERY_COMBINATION = "QueryCombinationInvalid", Warning, BAD_REQUEST,
        "The query parameters of the request can't stand together.",
        "Leave all but one of the query parameters out.";
    QUERY_VALUE_TYPE = "QueryParameterValueTypeError", Warning, BAD_REQUEST,
        "The value '%1' is of a type that the query parameter '%2' does not take.",
        "Send a value of the parameter's type.";
    QUERY_VALUE_FORMAT = "QueryParameterValueFormatError", Warning, BAD_REQUEST,
        "The value '%1' does not have the form that the query parameter '%2' wants.",
        "Correct the value.";
    QUERY_OUT_OF_RANGE = "QueryParameterOutOfRange", Warning, BAD_REQUEST,
        "The value '%1' of the query parameter '%2' is not in the range of %3.",
        "Choose a value in the range.";
    OPERATION_FAILED = "OperationFailed", Critical, INTERNAL_SERVER_ERROR,
        "The operation was begun and failed.", "Look for the reason in the logs, and try again.";
    TEST_MESSAGE = "ResourceEvent.1.3.TestMessage", OK, OK, "This event was sent on request, as a test.", "None.";
    BUFFER_EXCEEDED = "EventBufferExceeded", Warning, OK,
        "Events were lost, because the service keeps no more of them.",
        "Read again whatever the lost events may have been about.";
    RESOURCE_CREATED = "ResourceEvent.1.3.ResourceCreated", OK, OK, "The resource was created.", "None.";
    RESOURCE_CHANGED = "ResourceEvent.1.3.ResourceChanged", OK, OK,
        "Properties of the resource were changed.", "None.";
    RESOURCE_REMOVED = "ResourceEvent.1.3.ResourceRemoved", OK, OK, "The resource was removed.", "None.";
    POWERED_ON = "ResourceEvent.1.3.ResourcePoweredOn", OK, OK, "'%1' was powered on.", "None.";
    POWERED_OFF = "ResourceEvent.1.3.ResourcePoweredOff", OK, OK, "'%1' was powered off.", "None.";
    POWERING_ON = "ResourceEvent.1.3.ResourcePoweringOn", OK, OK, "'%1' is powering on.", "None.";
    POWERING_OFF = "ResourceEvent.1.3.ResourcePoweringOff", OK, OK, "'%1' is powering off.", "None.";
    POWER_PAUSED = "ResourceEvent.1.3.ResourcePaused", OK, OK, "'%1' was paused.", "None.";
    HEALTH_OK = "ResourceEvent.1.3.ResourceStatusChangedOK", OK, OK,
        "The health of '%1' is %2 again.", "None.";
    HEALTH_WARNING = "ResourceEvent.1.3.ResourceStatusChangedWarning", Warning, OK,
        "The health of '%1' is now %2.", "See the resource for the reason.";
    HEALTH_CRITICAL = "ResourceEvent.1.3.ResourceStatusChangedCritical", Critical, OK,
        "The health of '%1' is now %2.", "See the resource for the reason.";
    TASK_STARTED = "TaskEvent.1.0.TaskStarted", OK, OK, "The task %1 has begun.", "None.";
    TASK_REMOVED = "TaskEvent.1.0.TaskRemoved", Warning, OK, "The task %1 was removed.", "None.";
    TASK_PROGRESS = "TaskEvent.1.0.TaskProgressChanged", OK, OK, "The task %1 is at %2 percent.", "None.";
    TASK_COMPLETED = "TaskEvent.1.0.TaskCompletedOK", OK, OK,
        "The task %1 has come to its end.", "None.";
    TASK_ABORTED = "TaskEvent.1.0.TaskAborted", Critical, INTERNAL_SERVER_ERROR,
        "The task %1 has failed.", "See the other messages.";
    TASK_CANCELLED = "TaskEvent.1.0.TaskCancelled", Warning, BAD_REQUEST,
        "The task %1 was cancelled.", "Send the request again.";
    NO_VALID_SESSION = "NoValidSession", Critical, UNAUTHORIZED,
        "The request carries neither a valid session token nor valid credentials.",
        "Log in and send the request again.";
    UNAUTHORIZED = "AccessUnauthorized", Critical, UNAUTHORIZED,
        "User name and password are not those of an account that may log in.",
        "Send valid credentials.";
    INSUFFICIENT_PRIVILEGE = "InsufficientPrivilege", Critical, FORBIDDEN,
        "The account's role does not allow this request.",
        "Use an account whose role has the privilege.";
    PRECONDITION_FAILED = "PreconditionFailed", Critical, PRECONDITION_FAILED,
        "The resource has changed since the given ETag.",
        "Read the resource again and decide again.";
    PRECONDITION_REQUIRED = "PreconditionRequired", Critical, PRECONDITION_REQUIRED,
        "The request has to say which version of the resource it is for.",
        "Read the resource and send its ETag in the If-Match header.";
    SESSION_LIMIT = "SessionLimitExceeded", Critical, SERVICE_UNAVAILABLE,
        "There are as many sessions as the service can have.",
        "End a session and send the request again.";
    TEMPORARILY_UNAVAILABLE = "ServiceTemporarilyUnavailable", Critical, SERVICE_UNAVAILABLE,
        "The service has no time for requests at the moment; it may have in %1 seconds.",
        "Wait and send the request again.";
    HEADER_INVALID = "HeaderInvalid", Critical, BAD_REQUEST,
        "The header '%1' cannot be used as it is.",
        "Correct the header and send the request again.";
}

/// A message with its arguments.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    kind: &'static Kind,
    args: Vec<String>,
    /// The JSON pointers of the properties concerned.
    related: Vec<String>,
    /// Text that replaces the kind's own.
    worded: Option<String>,
}

impl Message {
    pub(crate) fn new<const N: usize>(kind: &'static Kind, args: [&str; N]) -> Self {
        Self { kind, args: args.map(str::to_owned).into(), related: Vec::new(), worded: None }
    }

    /// Adds the property at this JSON pointer to those concerned.
    pub(crate) fn about(mut self, pointer: &str) -> Self {
        self.related.push(pointer.to_owned());
        self
    }

    /// Replaces the message's text.
    pub(crate) fn worded(mut self, text: &str) -> Self {
        self.worded = Some(text.to_owned());
        self
    }

    /// Returns the pointer of the first property concerned.
    #[cfg(test)]
    pub(crate) fn pointer(&self) -> Option<&str> {
        self.related.first().map(String::as_str)
    }

    pub(crate) fn status(&self) -> StatusCode {
        self.kind.status
    }

    fn id(&self) -> String {
        // Keys of other registries include the registry and its version.
        if self.kind.key.contains('.') { self.kind.key.to_owned() } else { format!("{REGISTRY}.{}", self.kind.key) }
    }

    fn text(&self) -> String {
        if let Some(worded) = &self.worded {
            return worded.clone();
        }
        let mut text = String::with_capacity(self.kind.text.len());
        let mut rest = self.kind.text;
        while let Some((before, after)) = rest.split_once('%') {
            text.push_str(before);
            let place = after.chars().next().and_then(|digit| digit.to_digit(10)).unwrap_or(0);
            let arg = (place as usize).checked_sub(1).and_then(|index| self.args.get(index));
            text.push_str(arg.map_or("", String::as_str));
            rest = after.get(1..).unwrap_or("");
        }
        text.push_str(rest);
        text
    }

    /// Returns the message as an element of `@Message.ExtendedInfo`.
    pub(crate) fn to_json(&self) -> Value {
        let mut object = Map::new();
        object.insert("@odata.type".to_owned(), "#Message.v1_2_1.Message".into());
        object.insert("MessageId".to_owned(), self.id().into());
        object.insert("Message".to_owned(), self.text().into());
        object.insert("MessageArgs".to_owned(), self.args.clone().into());
        if !self.related.is_empty() {
            let related: Vec<String> = self.related.iter().map(|pointer| format!("#{pointer}")).collect();
            object.insert("RelatedProperties".to_owned(), related.into());
        }
        // Both properties: clients written before Message 1.1 know only Severity.
        object.insert("Severity".to_owned(), self.kind.severity.as_str().into());
        object.insert("MessageSeverity".to_owned(), self.kind.severity.as_str().into());
        object.insert("Resolution".to_owned(), self.kind.resolution.into());
        Value::Object(object)
    }
}

/// Creates the body of an answer that carries messages, for an error or a success.
pub(crate) fn body(messages: &[Message]) -> Value {
    let general = Message::new(&GENERAL_ERROR, []);
    let head = match messages {
        [one] => one,
        _ => &general,
    };
    json!({
        "error": {
            "code": head.id(),
            "message": head.text(),
            "@Message.ExtendedInfo": messages.iter().map(Message::to_json).collect::<Vec<_>>(),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_put_in_literally() {
        let message = Message::new(&PROPERTY_VALUE_NOT_IN_LIST, ["%2 %1", "/Boot"]).about("/Boot");
        assert_eq!(message.text(), "The value '%2 %1' is not among those that the property /Boot takes.");
        assert_eq!(message.to_json()["RelatedProperties"], json!(["#/Boot"]));
    }

    #[test]
    fn every_place_in_a_text_has_its_turn() {
        for kind in ALL {
            let places = (1..=9).take_while(|place| kind.text.contains(&format!("%{place}"))).count();
            assert_eq!(kind.text.matches('%').count(), places, "{}", kind.key);
            assert!(kind.resolution.ends_with('.'), "{}", kind.key);
        }
    }

    #[test]
    fn one_message_is_the_error_and_several_are_a_general_one() {
        let one = Message::new(&PROPERTY_UNKNOWN, ["A"]);
        assert_eq!(body(std::slice::from_ref(&one))["error"]["code"], "Base.1.22.PropertyUnknown");
        let two = body(&[one.clone(), one]);
        assert_eq!(two["error"]["code"], "Base.1.22.GeneralError");
        assert_eq!(two["error"]["@Message.ExtendedInfo"].as_array().map(Vec::len), Some(2));
    }
}
