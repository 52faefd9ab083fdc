//! Values are compared by what they mean: what a form sends back as JSON, and what says that it is something else.

use rosefish::schema::{Chassis, ComputerSystem, ManagerAccount};
use rosefish::{Committed, ErrorKind};
use serde_json::{Value, json};

use crate::connected;

const SYSTEM: &str = "/redfish/v1/Systems/1";

#[tokio::test]
async fn what_went_through_json_and_back_is_not_a_change() {
    let (mock, bmc) = connected().await;
    // As no JSON library would write it.
    let mut system = mock.resource(SYSTEM).unwrap();
    system["Oem"] = json!({"Contoso": {"Z": 1, "A": [1.50, {"y": 2, "b": null}]}});
    system["FutureProperty"] = json!({"z": 1e3, "a": "\u{e9}"});
    mock.set(SYSTEM, system);
    let system = bmc.get::<ComputerSystem>(SYSTEM).await.unwrap();
    let mut edit = system.edit();
    *edit = serde_json::from_value(serde_json::to_value(system.value()).unwrap()).unwrap();
    assert!(edit.patch().is_empty() && edit.patch().body == "{}", "{:?}", edit.patch());
    mock.clear_requests();
    assert!(matches!(edit.commit().await.unwrap(), Committed::Unchanged));
    assert_eq!(mock.request_count(), 0);
}

#[tokio::test]
async fn a_form_that_sends_all_back_changes_what_was_changed_in_it() {
    let (mock, bmc) = connected().await;
    let system = bmc.get::<ComputerSystem>(SYSTEM).await.unwrap();
    let mut form = serde_json::to_value(system.value()).unwrap();
    form["AssetTag"] = "rack 9".into();
    form["Boot"]["BootSourceOverrideTarget"] = "Pxe".into();
    let mut edit = system.edit();
    *edit = serde_json::from_value(form).unwrap();
    assert!(matches!(edit.commit().await.unwrap(), Committed::Updated(_)));
    let body = mock.requests().to("PATCH", SYSTEM).assert_once().json().unwrap();
    assert_eq!(body, json!({"AssetTag": "rack 9", "Boot": {"BootSourceOverrideTarget": "Pxe"}}));
}

#[tokio::test]
async fn what_says_that_it_is_something_else_is_not_read_as_what_was_asked_for() {
    let (mock, bmc) = connected().await;
    let error = bmc.get::<Chassis>(SYSTEM).await.unwrap_err();
    assert_eq!((error.kind(), error.uri()), (ErrorKind::Decode, Some(SYSTEM)));
    assert!(error.to_string().contains("ComputerSystem") && error.to_string().contains("Chassis"), "{error}");
    let original = mock.resource(SYSTEM).unwrap();
    let cases = [
        // Nothing that is known, or nothing at all.
        (json!("#ContosoSystem.v1_0_0.ContosoSystem"), true),
        (json!("nonsense"), true),
        (json!(""), true),
        (json!(7), true),
        (Value::Null, true),
        // In the spellings of old services.
        (json!("#Chassis.1.0.0.Chassis"), true),
        (json!("Chassis.1.0.0"), true),
        (json!("#Chassis.v9_99_0.Chassis"), true),
        // Another type of the schema, or of the name in another schema.
        (json!("#Chassis.v1_2_0.RackChassis"), true),
        (json!("#ContosoChassis.v1_0_0.Chassis"), true),
        // An object within resources is not a resource.
        (json!("#Settings.v1_3_0.Settings"), true),
        (json!("#Manager.v1_0_0.Manager"), false),
        (json!("#Manager.1.0.0.Manager"), false),
        (json!("#ComputerSystem.v9_99_0.ComputerSystem"), false),
        (json!("#ChassisCollection.ChassisCollection"), false),
    ];
    for (says, is_read) in cases {
        let mut resource = original.clone();
        match &says {
            Value::Null => drop(resource.as_object_mut().unwrap().remove("@odata.type")),
            says => resource["@odata.type"] = says.clone(),
        }
        mock.set("/redfish/v1/Chassis/X", resource);
        let found = bmc.get::<Chassis>("/redfish/v1/Chassis/X").await;
        assert_eq!(found.is_ok(), is_read, "{says}: {found:?}");
    }
}

#[tokio::test]
async fn what_a_link_leads_to_is_what_the_schema_says_of_the_link() {
    let (mock, bmc) = connected().await;
    let mut account = mock.resource("/redfish/v1/AccountService/Accounts/1").unwrap();
    account["@odata.type"] = "#Role.v1_0_0.Role".into();
    mock.set("/redfish/v1/AccountService/Accounts/1", account);
    let service = bmc.root().account_service().await.unwrap();
    let accounts: Vec<_> = service.accounts().members().try_collect::<Vec<_>>().await.unwrap();
    let mut account: rosefish::Resource<ManagerAccount> = accounts.into_iter().next().unwrap();
    assert!(account.user_name.is_some());
    account.refresh().await.unwrap();
    assert!(account.user_name.is_some());
}
