//! The actions that resources offer, found by their targets.

use serde_json::{Map, Value};

use crate::http::uri;
use crate::machine::store::Store;

/// How deep `Oem` objects are searched for actions.
const MAX_DEPTH: usize = 4;

/// An action that a resource offers.
#[derive(Debug)]
pub(crate) struct Action {
    /// The key of the resource.
    pub(crate) owner: String,
    /// The name without `#`: `ComputerSystem.Reset`.
    pub(super) name: String,
    /// What the resource says about it: target, allowable values, where the ActionInfo is.
    pub(super) offer: Map<String, Value>,
}

impl Action {
    /// Returns when the resource says that it can carry out the action, such as at a reset.
    pub(crate) fn apply_times(&self) -> Option<&Value> {
        self.offer.get("@Redfish.OperationApplyTimeSupport")
    }
}

/// Finds the action whose target is this key.
pub(crate) fn find(store: &Store, key: &str) -> Option<Action> {
    // Nearly all targets are below their resource.
    if let Some((owner, _)) = key.split_once("/Actions/")
        && let Some(action) = offered(store, owner, key)
    {
        return Some(action);
    }
    store.iter().find_map(|(owner, _)| offered(store, owner, key))
}

fn offered(store: &Store, owner: &str, key: &str) -> Option<Action> {
    let actions = store.get(owner)?.object().get("Actions")?.as_object()?;
    let (name, offer) = search(actions, key, 0)?;
    Some(Action {
        owner: store.resolve(owner).to_owned(),
        name: name.trim_start_matches('#').to_owned(),
        offer: offer.clone(),
    })
}

fn search<'a>(actions: &'a Map<String, Value>, key: &str, depth: usize) -> Option<(&'a str, &'a Map<String, Value>)> {
    actions.iter().find_map(|(name, value)| {
        let offer = value.as_object()?;
        let target = offer.get("target").or_else(|| offer.get("Target")).and_then(Value::as_str);
        if target.and_then(uri::key_of_id).is_some_and(|target| target == key) {
            return Some((name.as_str(), offer));
        }
        // Oem, and in it one object per vendor.
        let inside = target.is_none() && depth < MAX_DEPTH;
        inside.then(|| search(offer, key, depth + 1)).flatten()
    })
}

#[cfg(test)]
pub(super) mod tests {
    use serde_json::json;

    use super::*;
    use crate::tree::Tree;

    pub(in crate::action) fn store() -> Store {
        Store::new(
            &Tree::new()
                .with(
                    "/redfish/v1/Systems/1",
                    json!({ "Actions": {
                        "#ComputerSystem.Reset": {
                            "target": "/redfish/v1/Systems/1/Actions/ComputerSystem.Reset/",
                            "ResetType@Redfish.AllowableValues": ["On", "ForceOff"],
                        },
                        "Oem": { "Acme": { "#Acme.Wink": { "Target": "/redfish/v1/Oem/Wink" } } },
                    } }),
                )
                .with(
                    "/redfish/v1/Managers/1",
                    json!({ "Actions": { "#Manager.Reset": {
                        "target": "/redfish/v1/Managers/1/Actions/Manager.Reset",
                        "@Redfish.ActionInfo": "/redfish/v1/Managers/1/ResetActionInfo",
                    } } }),
                )
                .with(
                    "/redfish/v1/Managers/1/ResetActionInfo",
                    json!({ "Parameters": [{ "Name": "ResetType", "Required": true, "AllowableValues": ["ForceRestart"] }] }),
                ),
        )
    }

    #[test]
    fn targets_are_found_wherever_they_point() {
        let store = store();
        for (key, owner, name) in [
            ("/redfish/v1/Systems/1/Actions/ComputerSystem.Reset", "/redfish/v1/Systems/1", "ComputerSystem.Reset"),
            ("/redfish/v1/Oem/Wink", "/redfish/v1/Systems/1", "Acme.Wink"),
            ("/redfish/v1/Managers/1/Actions/Manager.Reset", "/redfish/v1/Managers/1", "Manager.Reset"),
        ] {
            let action = find(&store, key).expect(key);
            assert_eq!((action.owner.as_str(), action.name.as_str()), (owner, name));
        }
        assert!(find(&store, "/redfish/v1/Systems/1/Actions/ComputerSystem.Nothing").is_none());
    }
}
