//! POST to a collection: a new member, under an Id of the service's choice.

use axum::http::{StatusCode, header};
use serde_json::{Map, Value, json};

use crate::event::subscription;
use crate::http::call::Call;
use crate::http::reply::Reply;
use crate::http::uri;
use crate::machine::state::{Settings, State};
use crate::machine::store::Store;
use crate::machine::{account, clock, ids};
use crate::message::{self, Message};
use crate::schema::capability::{self, Methods, schema as schema_of};
use crate::schema::{self, secret};
use crate::task::operation::{self, CarryOut};
use crate::verb::refuse::not_allowed;
use crate::verb::{body, collection};

/// The protocols that the schema has for event destinations.
static EVENT_PROTOCOLS: &[&str] = &[
    "Redfish",
    "Kafka",
    "SNMPv1",
    "SNMPv2c",
    "SNMPv3",
    "SMTP",
    "SyslogTLS",
    "SyslogTCP",
    "SyslogUDP",
    "SyslogRELP",
    "OEM",
];

pub(crate) fn answer(state: &mut State, call: &Call, settings: &Settings, carry_out: CarryOut) -> Reply {
    // A POST to Members is one to the collection (DSP0266, "POST (create)").
    let asked = if state.store.contains(&call.key) {
        &*call.key
    } else {
        call.key.strip_suffix("/Members").unwrap_or(&call.key)
    };
    let collection = state.store.resolve(asked).to_owned();
    if !Methods::of(&state.store, &collection).insert {
        return not_allowed(state, &call.key);
    }
    let body = match body::object(call) {
        Ok(body) => body,
        Err(reply) => return reply,
    };
    let Some(schema) = member_schema(&state.store, &collection) else {
        return not_allowed(state, &call.key);
    };
    let ty = schema::find(&format!("{schema}.{schema}"));
    let required = ty.into_iter().flat_map(schema::Type::required_on_create);
    let missing: Vec<_> = required
        .filter(|name| body.get(*name).is_none_or(Value::is_null))
        .map(|name| Message::new(&message::CREATE_MISSING_PROPERTY, [name]).about(&format!("/{name}")))
        .collect();
    if !missing.is_empty() {
        return Reply::errors(StatusCode::BAD_REQUEST, &missing);
    }
    if body.is_empty() {
        return Reply::error(Message::new(&message::EMPTY_JSON, []));
    }
    let mut wrong = Vec::new();
    if let Some(ty) = ty.filter(|_| !settings.lenient) {
        schema::misfits(ty, &body, "", &mut wrong);
    }
    if !wrong.is_empty() {
        return Reply::errors(StatusCode::BAD_REQUEST, &wrong);
    }
    let wrong = collection::check(&state.store, &collection, &body);
    if !wrong.is_empty() {
        return Reply::errors(StatusCode::BAD_REQUEST, &wrong);
    }
    if schema == "ManagerAccount"
        && let Err(message) = account::check(state, &body, None)
    {
        return Reply::error(message);
    }
    if schema == "EventDestination"
        && let Err(message) = check_subscription(&body).and_then(|()| subscription::check(&state.store, &body))
    {
        return Reply::error(message);
    }

    let id = match body.get("RoleId").and_then(Value::as_str).filter(|_| schema == "Role") {
        Some(role) if state.store.contains(&format!("{collection}/{role}")) => {
            return Reply::error(Message::new(&message::RESOURCE_EXISTS, ["Role", "RoleId", role]));
        }
        Some(role) => role.to_owned(),
        None => ids::free_id(&state.store, &collection),
    };
    let key = format!("{collection}/{id}");
    let location = format!("{collection}/{}", uri::encode_segment(&id));
    let member = member(state, &schema, &id, &location, &body);
    state.store.add_member(&collection, &key, member);
    if schema == "ManagerAccount" {
        account::created(state, &key, &body);
    }
    if schema == "EventDestination" {
        subscription::subscribed(state, &key, &body);
    }
    if schema == "Job" {
        operation::submit(state, &key, &body, carry_out);
    }
    match state.store.get(&key) {
        Some(resource) => resource.reply(StatusCode::CREATED).with(header::LOCATION, &location),
        None => Reply::error(Message::new(&message::INTERNAL_ERROR, [])),
    }
}

/// Checks where events are to go and how.
fn check_subscription(body: &Map<String, Value>) -> Result<(), Message> {
    let text = |name: &str| body.get(name).map(message::text).unwrap_or_default();
    let protocol = text("Protocol");
    if !EVENT_PROTOCOLS.contains(&protocol.as_str()) {
        let refused = Message::new(&message::PROPERTY_VALUE_NOT_IN_LIST, [&protocol, "Protocol"]);
        return Err(refused.about("/Protocol"));
    }
    let destination = text("Destination");
    if protocol == "Redfish" && !["http://", "https://"].iter().any(|scheme| destination.starts_with(scheme)) {
        let refused = Message::new(&message::PROPERTY_VALUE_ERROR, ["Destination"]);
        return Err(refused.about("/Destination"));
    }
    Ok(())
}

fn member_schema(store: &Store, collection: &str) -> Option<String> {
    schema_of(store.get(collection)?).and_then(capability::member_schema).map(str::to_owned)
}

/// A new member: what the client said, and what a service adds to it.
fn member(state: &State, schema: &str, id: &str, location: &str, body: &Map<String, Value>) -> Value {
    let mut member = json!({
        // Replaced by the tag itself when the resource is stored.
        "@odata.etag": "",
        "@odata.id": location,
        "@odata.type": ids::type_of_new(&state.store, schema),
        "Id": id,
        "Name": format!("{schema} {id}"),
    });
    let Some(object) = member.as_object_mut() else {
        return member;
    };
    for (name, value) in body {
        // Annotations are instructions for the creation, not part of what is created.
        if !name.contains('@') && name != "Id" {
            let hidden = secret::is_secret(name);
            object.insert(name.clone(), if hidden { Value::Null } else { value.clone() });
        }
    }
    let defaults = match schema {
        "ManagerAccount" => account::defaults(state, body),
        "Role" => json!({ "IsPredefined": false, "AssignedPrivileges": [], "OemPrivileges": [] }),
        "Job" => json!({
            "JobState": "New",
            "JobStatus": "OK",
            "PercentComplete": 0,
            "StartTime": clock::now(),
            "CreatedBy": state.caller,
            "Messages": [],
            "Actions": { "#Job.Cancel": { "target": format!("{location}/Actions/Job.Cancel") } },
        }),
        "Volume" => json!({ "Status": { "State": "Enabled", "Health": "OK" } }),
        "EventDestination" => {
            // Headers often carry credentials and are never shown again.
            object.remove("HttpHeaders");
            json!({
                "Context": null,
                "HttpHeaders": [],
                "EventFormatType": "Event",
                "SubscriptionType": "RedfishEvent",
                "Status": { "State": "Enabled", "Health": "OK" },
                "Actions": {
                    "#EventDestination.SuspendSubscription": {
                        "target": format!("{location}/Actions/EventDestination.SuspendSubscription"),
                    },
                    "#EventDestination.ResumeSubscription": {
                        "target": format!("{location}/Actions/EventDestination.ResumeSubscription"),
                    },
                },
            })
        }
        _ => json!({}),
    };
    if let Value::Object(defaults) = defaults {
        for (name, value) in defaults {
            object.entry(name).or_insert(value);
        }
    }
    member
}
