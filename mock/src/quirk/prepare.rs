//! What quirks change in a tree before it is served.

use serde_json::{Map, Value, json};

use crate::machine::ids;
use crate::machine::store::Store;
use crate::quirk::names::{Quirk, Quirks};
use crate::schema::capability::schema;

/// How many accounts without a name there are.
const SLOTS: usize = 3;

pub(crate) fn prepare(quirks: &Quirks, store: &mut Store) {
    for quirk in &quirks.set {
        match quirk {
            Quirk::BootInSettings => settings_of_systems(store, true),
            Quirk::NoBootInSettings => settings_of_systems(store, false),
            Quirk::NoSettingsObject => each(store, "ComputerSystem", |_, system| {
                system.insert("@Redfish.Settings".to_owned(), json!({ "@odata.type": "#Settings.v1_3_5.Settings" }));
            }),
            Quirk::MediaByPatch => each(store, "VirtualMedia", |_, media| {
                media.remove("Actions");
            }),
            Quirk::UsbCd => each(store, "ComputerSystem", |_, system| {
                let targets = system
                    .get_mut("Boot")
                    .and_then(|boot| boot.get_mut("BootSourceOverrideTarget@Redfish.AllowableValues"))
                    .and_then(Value::as_array_mut);
                for target in targets.into_iter().flatten().filter(|target| *target == "Cd") {
                    *target = "UsbCd".into();
                }
            }),
            Quirk::PlainManagerReset => each(store, "Manager", |_, manager| {
                let reset = manager.get_mut("Actions").and_then(|actions| actions.get_mut("#Manager.Reset"));
                if let Some(Value::Object(offer)) = reset {
                    offer.retain(|name, _| name == "target");
                }
            }),
            Quirk::AccountSlots => account_slots(store),
            _ => {}
        }
    }
}

/// Changes each resource of a schema.
fn each(store: &mut Store, wanted: &str, change: impl Fn(&str, &mut Map<String, Value>)) {
    for key in keys(store, wanted) {
        store.update(&key, |object| change(&key, object));
    }
}

pub(super) fn keys(store: &Store, wanted: &str) -> Vec<String> {
    store.iter().filter(|(_, resource)| schema(resource) == Some(wanted)).map(|(key, _)| key.to_owned()).collect()
}

/// Gives each system a settings resource, with the boot override or without.
fn settings_of_systems(store: &mut Store, with_boot: bool) {
    for key in keys(store, "ComputerSystem") {
        let settings = format!("{key}/Settings");
        let mut pending = json!({ "@odata.id": settings, "Id": "Settings", "Name": "Settings", "AssetTag": null });
        store.update(&key, |system| {
            system.insert(
                "@Redfish.Settings".to_owned(),
                json!({ "@odata.type": "#Settings.v1_3_5.Settings", "SettingsObject": { "@odata.id": settings } }),
            );
            if let Some(object) = pending.as_object_mut() {
                for name in ["@odata.type", "Boot"].into_iter().filter(|name| with_boot || *name != "Boot") {
                    object.insert(name.to_owned(), system.get(name).cloned().unwrap_or_default());
                }
            }
        });
        store.set(&settings, pending);
    }
}

fn account_slots(store: &mut Store) {
    for collection in keys(store, "ManagerAccountCollection") {
        for _ in 0..SLOTS {
            let id = ids::free_id(store, &collection);
            let key = format!("{collection}/{id}");
            let kind = ids::type_of_new(store, "ManagerAccount");
            let slot = json!({
                "@odata.id": key, "@odata.type": kind, "Id": id, "Name": format!("Account {id}"),
                "UserName": "", "Password": null, "RoleId": "ReadOnly", "Enabled": false, "Locked": false,
                "AccountTypes": ["Redfish"],
            });
            store.add_member(&collection, &key, slot);
        }
    }
}
