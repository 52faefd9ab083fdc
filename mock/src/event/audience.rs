//! Who receives which events: the properties of EventDestination that select them.

use serde_json::{Map, Value};

use super::record::{Facts, unversioned};
use crate::http::uri;
use crate::machine::store::Store;

/// A subscription that events are delivered to.
#[derive(Debug)]
pub(super) struct Subscription {
    pub(super) key: String,
    pub(super) context: Option<String>,
}

/// Returns the active subscriptions that events are pushed to. Streams are not included: they have their own filter.
pub(super) fn subscriptions(store: &Store) -> Vec<Subscription> {
    let collection = super::service(store).and_then(|service| {
        store.get(&service)?.object().get("Subscriptions")?.get("@odata.id")?.as_str().and_then(uri::key_of_id)
    });
    let members = collection.map(|collection| store.members(&collection)).unwrap_or_default();
    let subscription = |key: String| {
        let object = store.get(&key)?.object();
        let text = |name: &str| object.get(name).and_then(Value::as_str);
        let enabled = object
            .get("Status")
            .and_then(|status| status.get("State")?.as_str())
            .is_none_or(|state| state == "Enabled");
        let pushed = text("Protocol") == Some("Redfish") && text("SubscriptionType") != Some("SSE");
        let context = text("Context").map(str::to_owned);
        (enabled && pushed).then_some(Subscription { key, context })
    };
    members.into_iter().filter_map(subscription).collect()
}

/// Returns whether a subscription selects an event.
pub(super) fn wants(store: &Store, subscription: &Subscription, facts: &Facts) -> bool {
    store.get(&subscription.key).is_some_and(|resource| chooses(resource.object(), facts))
}

pub(super) fn chooses(destination: &Map<String, Value>, facts: &Facts) -> bool {
    let list = |name: &str| -> Vec<&str> {
        let elements = destination.get(name).and_then(Value::as_array);
        // Resources should be links, but some clients send strings, and some services accept them.
        elements
            .into_iter()
            .flatten()
            .filter_map(|element| element.as_str().or_else(|| element.get("@odata.id")?.as_str()))
            .collect()
    };
    let format = destination.get("EventFormatType").and_then(Value::as_str).unwrap_or("Event");
    if format != facts.format {
        return false;
    }
    if format == "MetricReport" {
        let definitions = list("MetricReportDefinitions");
        return definitions.is_empty() || definitions.iter().any(|id| uri::key_of_id(id) == facts.definition);
    }
    let among = |name: &str, holds: &dyn Fn(&str) -> bool| {
        let wanted = list(name);
        wanted.is_empty() || wanted.iter().any(|wanted| holds(wanted))
    };
    let none_of = |name: &str, holds: &dyn Fn(&str) -> bool| !list(name).iter().any(|refused| holds(refused));
    let registry = |prefix: &str| prefix == facts.registry();
    let message = |id: &str| unversioned(id) == facts.unversioned_id();
    let subordinate = destination.get("SubordinateResources").and_then(Value::as_bool) == Some(true);
    let origin = |id: &str| {
        let (Some(key), Some(origin)) = (uri::key_of_id(id), facts.origin.as_deref()) else {
            return false;
        };
        origin == key || (subordinate && origin.strip_prefix(&key).is_some_and(|rest| rest.starts_with('/')))
    };
    among("EventTypes", &|wanted| wanted == facts.event_type)
        && among("RegistryPrefixes", &registry)
        && none_of("ExcludeRegistryPrefixes", &registry)
        && among("MessageIds", &message)
        && none_of("ExcludeMessageIds", &message)
        && among("ResourceTypes", &|wanted| Some(wanted) == facts.resource_type.as_deref())
        && among("OriginResources", &origin)
        && among("Severities", &|wanted| wanted == facts.severity)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn subscriptions_choose_by_what_they_name() {
        let facts = Facts {
            format: "Event",
            event_type: "StatusChange".to_owned(),
            message_id: "ResourceEvent.1.3.ResourcePoweredOff".to_owned(),
            severity: "OK".to_owned(),
            origin: Some("/redfish/v1/Systems/1".to_owned()),
            resource_type: Some("ComputerSystem".to_owned()),
            definition: None,
        };
        let systems = json!([{ "@odata.id": "/redfish/v1/Systems/" }]);
        for (destination, expected) in [
            (json!({}), true),
            (json!({ "RegistryPrefixes": [] }), true),
            (json!({ "RegistryPrefixes": ["Base", "ResourceEvent"] }), true),
            (json!({ "RegistryPrefixes": ["Base"] }), false),
            (json!({ "ExcludeRegistryPrefixes": ["ResourceEvent"] }), false),
            (json!({ "MessageIds": ["ResourceEvent.1.0.ResourcePoweredOff"] }), true),
            (json!({ "MessageIds": ["ResourceEvent.ResourcePoweredOff"] }), true),
            (json!({ "MessageIds": ["ResourceEvent.ResourcePoweredOn"] }), false),
            (json!({ "ExcludeMessageIds": ["ResourceEvent.ResourcePoweredOff"] }), false),
            (json!({ "ResourceTypes": ["Chassis"] }), false),
            (json!({ "ResourceTypes": ["ComputerSystem"], "Severities": ["Warning"] }), false),
            (json!({ "OriginResources": systems }), false),
            (json!({ "OriginResources": systems, "SubordinateResources": true }), true),
            (json!({ "OriginResources": ["/redfish/v1/Systems/1"] }), true),
            (json!({ "EventTypes": ["Alert"] }), false),
            (json!({ "EventTypes": ["StatusChange"] }), true),
            (json!({ "EventFormatType": "MetricReport" }), false),
        ] {
            assert_eq!(chooses(destination.as_object().unwrap(), &facts), expected, "{destination}");
        }
    }
}
