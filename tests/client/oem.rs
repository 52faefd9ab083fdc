//! What the schemas don't know is reached as well: vendors' objects, actions and resources.

use rosefish::schema::resource::ResetType;
use rosefish::schema::{ComputerSystem, EthernetInterface};
use rosefish::{Committed, ErrorKind, Written};
use rosefish_mock::MockBmc;
use rosefish_mock::fault::{Action, Rule};
use serde_json::{Value, json};

use crate::connected;

const INTERFACE: &str = "/redfish/v1/Managers/BMC/EthernetInterfaces/Extra";

#[tokio::test]
async fn what_the_schema_gives_no_permissions_may_be_written() {
    let (mock, bmc) = connected().await;
    let interface = json!({
        "@odata.id": INTERFACE,
        "@odata.type": "#EthernetInterface.v1_12_0.EthernetInterface",
        "Id": "Extra",
        "Name": "Extra",
        "IPv4StaticAddresses": [{"Address": "192.0.2.1", "SubnetMask": "255.255.255.0"}],
        "Status": {"Health": "OK"},
    });
    mock.set(INTERFACE, interface);
    let interface = bmc.get::<EthernetInterface>(INTERFACE).await.unwrap();
    let mut edit = interface.edit();
    edit.ipv4_static_addresses.clear();
    assert_eq!(edit.patch().body, r#"{"IPv4StaticAddresses":[]}"#);
    assert!(edit.patch().changes.iter().all(|change| change.writable));
    assert!(matches!(edit.commit().await.unwrap(), Committed::Updated(_)));
    assert_eq!(mock.resource(INTERFACE).unwrap()["IPv4StaticAddresses"], json!([]));

    // All that is in it is read-only.
    let mut edit = interface.edit();
    edit.status = None;
    let error = edit.commit().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotAllowed, "{error}");
    assert!(error.to_string().contains("/Status"), "{error}");
}

/// What a vendor has in a resource, and where.
struct Vendor {
    /// The resource, and what is put into it.
    uri: &'static str,
    adds: Value,
    /// A leaf within `Oem`, a new value for it, and the body that says no more.
    leaf: &'static str,
    value: Value,
    body: Value,
    /// An action by its name, a parameter with a value that is allowed, and where it goes.
    action: &'static str,
    parameter: (&'static str, Value),
    target: &'static str,
    /// A resource behind a link that no schema knows.
    link: &'static str,
    behind: (&'static str, Value),
}

/// The bodies of all changes to a place.
fn bodies(mock: &MockBmc, method: &str, path: &str) -> Vec<Value> {
    let requests = mock.requests();
    let found = requests.iter().filter(|request| request.method() == method && request.path() == path);
    found.map(|request| serde_json::from_slice(request.body()).unwrap()).collect()
}

fn add(place: &mut Value, adds: &Value) {
    match (place, adds) {
        (Value::Object(place), Value::Object(adds)) => {
            for (name, value) in adds {
                add(place.entry(name.clone()).or_insert(Value::Null), value);
            }
        }
        (place, adds) => adds.clone_into(place),
    }
}

async fn is_reached(vendor: Vendor) {
    let (mock, bmc) = connected().await;
    let mut resource = mock.resource(vendor.uri).unwrap();
    add(&mut resource, &vendor.adds);
    mock.set(vendor.uri, resource);
    let (behind, mut content) = vendor.behind.clone();
    content["@odata.id"] = behind.into();
    content["Id"] = "1".into();
    content["Name"] = "Behind a link".into();
    mock.set(behind, content);
    mock.faults().add(Rule::on("POST", vendor.target).then(Action::json(200, json!({"Done": true}))));
    let found = bmc.get_any(vendor.uri, None).await.unwrap();

    // A leaf, typed and not.
    let mut edit = found.edit();
    edit.set(vendor.leaf, vendor.value.clone()).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&edit.patch().body).unwrap(), vendor.body);
    let Written::Updated(now) = edit.commit().await.unwrap() else { panic!("not updated") };
    assert_eq!(bodies(&mock, "PATCH", vendor.uri), std::slice::from_ref(&vendor.body));
    assert_eq!(mock.resource(vendor.uri).unwrap().pointer(vendor.leaf), Some(&vendor.value));
    let mut edit = now.edit();
    edit.set(vendor.leaf, vendor.value).unwrap();
    assert!(matches!(edit.commit().await.unwrap(), Written::Unchanged), "it is so already");

    // The action, with what is allowed and what is not.
    assert!(found.oem_actions().iter().any(|action| action.name == vendor.action), "{:?}", found.oem_actions());
    let (parameter, allowed) = vendor.parameter;
    let refused = found.oem_action(vendor.action).parameter(parameter, "Explode").await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::NotAllowed, "{refused}");
    assert!(refused.to_string().contains(allowed.as_str().unwrap()), "it says what is allowed: {refused}");
    assert_eq!(found.oem_action("#Contoso.None").await.unwrap_err().kind(), ErrorKind::Missing);
    assert_eq!(bodies(&mock, "POST", vendor.target), [] as [Value; 0], "nothing was sent");
    let reply = found.oem_action(vendor.action).parameter(parameter, allowed.clone()).await.unwrap();
    assert_eq!(reply.value, Some(json!({"Done": true})));
    assert_eq!(bodies(&mock, "POST", vendor.target), [json!({ parameter: allowed })]);

    // What is behind a link.
    assert!(found.links().iter().any(|link| link.pointer == vendor.link && link.uri == behind), "{:?}", found.links());
    let other = found.follow(vendor.link).await.unwrap();
    let mut edit = other.edit();
    edit.set("/Mode/Level", 7).unwrap();
    assert!(edit.remove("/Gone"));
    assert!(!edit.remove("/Never"));
    edit.commit().await.unwrap();
    assert_eq!(bodies(&mock, "PATCH", behind), [json!({"Mode": {"Level": 7}, "Gone": null})]);
    assert_eq!(found.follow("/Oem/None").await.unwrap_err().kind(), ErrorKind::Missing);
}

fn behind(odata_type: &str) -> Value {
    json!({"@odata.type": odata_type, "Mode": {"Level": 1, "Other": "x"}, "Gone": "y", "List": [1, 2]})
}

const SYSTEM: &str = "/redfish/v1/Systems/1";
const MANAGER: &str = "/redfish/v1/Managers/bmc";
const CHASSIS: &str = "/redfish/v1/Chassis/1U";

#[tokio::test]
async fn what_dell_adds_is_reached() {
    const TARGET: &str = "/redfish/v1/Managers/bmc/Actions/Oem/DellManager.ResetToDefaults";
    is_reached(Vendor {
        uri: MANAGER,
        adds: json!({
            "Actions": {"Oem": {"#DellManager.ResetToDefaults": {
                "Target": TARGET,
                "ResetType@Redfish.AllowableValues": ["All", "Default", "ResetAllWithRootDefaults"],
            }}},
            "Oem": {"Dell": {
                "@odata.type": "#DellOem.v1_3_0.DellOemResources",
                "DelliDRACCard": {"LastSystemInventoryTime": "2026-11-22T10:44:57+00:00", "URLString": "https://a"},
                "DellAttributes": [{"@odata.id": "/redfish/v1/Managers/bmc/Oem/Dell/DellAttributes/1"}],
            }},
        }),
        leaf: "/Oem/Dell/DelliDRACCard/URLString",
        value: json!("https://b"),
        body: json!({"Oem": {"Dell": {"DelliDRACCard": {"URLString": "https://b"}}}}),
        action: "#DellManager.ResetToDefaults",
        parameter: ("ResetType", json!("Default")),
        target: TARGET,
        link: "/Oem/Dell/DellAttributes/0",
        behind: ("/redfish/v1/Managers/bmc/Oem/Dell/DellAttributes/1", behind("#DellAttributes.v1_0_0.DellAttributes")),
    })
    .await;
}

#[tokio::test]
async fn what_hpe_adds_is_reached() {
    const TARGET: &str = "/redfish/v1/Systems/1/Actions/Oem/Hpe/HpeComputerSystemExt.PowerButton";
    is_reached(Vendor {
        uri: SYSTEM,
        adds: json!({"Oem": {"Hpe": {
            "@odata.type": "#HpeComputerSystemExt.v2_13_0.HpeComputerSystemExt",
            "Actions": {"#HpeComputerSystemExt.PowerButton": {
                "target": TARGET,
                "PushType@Redfish.AllowableValues": ["Press", "PressAndHold"],
            }},
            "PowerOnDelay": "Minimum",
            "PowerAutoOn": "Restore",
            "Links": {"NetworkAdapters": {"@odata.id": "/redfish/v1/Systems/1/BaseNetworkAdapters"}},
        }}}),
        leaf: "/Oem/Hpe/PowerOnDelay",
        value: json!("15Sec"),
        body: json!({"Oem": {"Hpe": {"PowerOnDelay": "15Sec"}}}),
        action: "#HpeComputerSystemExt.PowerButton",
        parameter: ("PushType", json!("Press")),
        target: TARGET,
        link: "/Oem/Hpe/Links/NetworkAdapters",
        behind: (
            "/redfish/v1/Systems/1/BaseNetworkAdapters",
            behind("#HpeBaseNetworkAdapter.v2_0_0.HpeBaseNetworkAdapter"),
        ),
    })
    .await;
}

#[tokio::test]
async fn what_supermicro_adds_is_reached() {
    const TARGET: &str = "/redfish/v1/Managers/bmc/Actions/Oem/SmcManagerConfig.Reset";
    is_reached(Vendor {
        uri: MANAGER,
        adds: json!({
            "Actions": {"Oem": {"#SmcManagerConfig.Reset": {
                "target": TARGET,
                "Option@Redfish.AllowableValues": ["ClearConfig", "PreserveUser"],
            }}},
            "Oem": {"Supermicro": {
                "@odata.type": "#SmcManagerExtensions.v1_0_0.Manager",
                "SmartPower": true,
                "FanMode": {"@odata.id": "/redfish/v1/Managers/bmc/Oem/Supermicro/FanMode"},
            }},
        }),
        leaf: "/Oem/Supermicro/SmartPower",
        value: json!(false),
        body: json!({"Oem": {"Supermicro": {"SmartPower": false}}}),
        action: "#SmcManagerConfig.Reset",
        parameter: ("Option", json!("ClearConfig")),
        target: TARGET,
        link: "/Oem/Supermicro/FanMode",
        behind: ("/redfish/v1/Managers/bmc/Oem/Supermicro/FanMode", behind("#SmcFanMode.v1_0_1.FanMode")),
    })
    .await;
}

#[tokio::test]
async fn what_lenovo_adds_is_reached() {
    const TARGET: &str = "/redfish/v1/Systems/1/Actions/Oem/LenovoComputerSystem.SystemReset";
    is_reached(Vendor {
        uri: SYSTEM,
        adds: json!({
            "Actions": {"Oem": {"#LenovoComputerSystem.SystemReset": {
                "title": "SystemReset",
                "target": TARGET,
                "ResetType@Redfish.AllowableValues": ["ACPowerCycle", "ForceOff"],
            }}},
            "Oem": {"Lenovo": {
                "@odata.type": "#LenovoComputerSystem.v1_0_0.LenovoSystemProperties",
                "FrontPanelUSB": {"IDLEMinutes": 5, "FPMode": "Server", "PortSwitchingTo": "Server"},
                "Metrics": {"@odata.id": "/redfish/v1/Systems/1/Oem/Lenovo/Metrics"},
            }},
        }),
        leaf: "/Oem/Lenovo/FrontPanelUSB/IDLEMinutes",
        value: json!(10),
        body: json!({"Oem": {"Lenovo": {"FrontPanelUSB": {"IDLEMinutes": 10}}}}),
        action: "#LenovoComputerSystem.SystemReset",
        parameter: ("ResetType", json!("ACPowerCycle")),
        target: TARGET,
        link: "/Oem/Lenovo/Metrics",
        behind: ("/redfish/v1/Systems/1/Oem/Lenovo/Metrics", behind("#LenovoHistoryMetrics.v1_0_0.Metrics")),
    })
    .await;
}

#[tokio::test]
async fn what_nvidia_adds_is_reached() {
    const TARGET: &str = "/redfish/v1/Chassis/1U/Actions/Oem/NvidiaChassis.AuxPowerReset";
    is_reached(Vendor {
        uri: CHASSIS,
        adds: json!({
            "Actions": {"Oem": {"Nvidia": {"#NvidiaChassis.AuxPowerReset": {
                "target": TARGET,
                "ResetType@Redfish.AllowableValues": ["AuxPowerCycle"],
            }}}},
            "Oem": {"Nvidia": {
                "@odata.type": "#NvidiaChassis.v1_2_0.NvidiaChassis",
                "StaticPowerHint": {"CpuClockFrequencyHz": {"SetPoint": 2_600_000_000_u64}, "Valid": true},
                "Policy": {"@odata.id": "/redfish/v1/Chassis/1U/Oem/Nvidia/Policy"},
            }},
        }),
        leaf: "/Oem/Nvidia/StaticPowerHint/CpuClockFrequencyHz/SetPoint",
        value: json!(3_000_000_000_u64),
        body: json!({"Oem": {"Nvidia": {"StaticPowerHint": {"CpuClockFrequencyHz": {"SetPoint": 3_000_000_000_u64}}}}}),
        action: "#NvidiaChassis.AuxPowerReset",
        parameter: ("ResetType", json!("AuxPowerCycle")),
        target: TARGET,
        link: "/Oem/Nvidia/Policy",
        behind: ("/redfish/v1/Chassis/1U/Oem/Nvidia/Policy", behind("#NvidiaPolicy.v1_0_0.NvidiaPolicy")),
    })
    .await;
}

#[tokio::test]
async fn what_openbmc_adds_is_reached() {
    const TARGET: &str = "/redfish/v1/Managers/bmc/Actions/Oem/OpenBMCManager.Profile";
    is_reached(Vendor {
        uri: MANAGER,
        adds: json!({
            "Actions": {"Oem": {"OpenBmc": {"OpenBMCManager.Profile": {
                "target": TARGET,
                "Profile@Redfish.AllowableValues": ["Acoustic", "Performance"],
            }}}},
            "Oem": {"OpenBmc": {
                "@odata.type": "#OpenBMCManager.v1_0_0.Manager",
                "Fan": {"Profile": "Acoustic", "FanZones": {"Zone_0": {"FailSafePercent": 100.0, "MinThermalOutput": 0.0}}},
                "Certificates": {"@odata.id": "/redfish/v1/Managers/bmc/Truststore"},
            }},
        }),
        leaf: "/Oem/OpenBmc/Fan/FanZones/Zone_0/FailSafePercent",
        value: json!(80.5),
        body: json!({"Oem": {"OpenBmc": {"Fan": {"FanZones": {"Zone_0": {"FailSafePercent": 80.5}}}}}}),
        action: "OpenBMCManager.Profile",
        parameter: ("Profile", json!("Performance")),
        target: TARGET,
        link: "/Oem/OpenBmc/Certificates",
        behind: ("/redfish/v1/Managers/bmc/Truststore", behind("#OpenBMCTruststore.v1_0_0.Truststore")),
    })
    .await;
}

#[tokio::test]
async fn what_ieit_adds_is_reached() {
    const TARGET: &str = "/redfish/v1/Chassis/1U/Actions/Oem/Public/Chassis.ControlFans";
    is_reached(Vendor {
        uri: CHASSIS,
        adds: json!({"Oem": {"Public": {
            "FanControl": {"Mode": "Auto", "Duty": [20, 30]},
            "Actions": {"#PublicChassis.ControlFans": {
                "target": TARGET,
                "FanMode@Redfish.AllowableValues": ["Auto", "Manual"],
            }},
            "Backplanes": {"@odata.id": "/redfish/v1/Chassis/1U/Backplanes"},
        }}}),
        leaf: "/Oem/Public/FanControl/Duty",
        value: json!([20, 40]),
        body: json!({"Oem": {"Public": {"FanControl": {"Duty": [20, 40]}}}}),
        action: "#PublicChassis.ControlFans",
        parameter: ("FanMode", json!("Manual")),
        target: TARGET,
        link: "/Oem/Public/Backplanes",
        behind: ("/redfish/v1/Chassis/1U/Backplanes", behind("#Backplanes.v1_0_0.Backplanes")),
    })
    .await;
}

#[tokio::test]
async fn a_typed_edit_of_oem_is_sent_as_its_leaves() {
    let (mock, bmc) = connected().await;
    let mut system = mock.resource(SYSTEM).unwrap();
    let oem = json!({"Contoso": {"Fans": {"Mode": "Quiet", "Speed": 1.50}, "Zones": [1, 2], "Old": true}});
    system["Oem"] = oem.clone();
    system["Links"]["Oem"] = oem;
    mock.set(SYSTEM, system);
    let system = bmc.get::<ComputerSystem>(SYSTEM).await.unwrap();
    let mut edit = system.edit();
    let oem = edit.oem.get_or_insert_default();
    oem.set("/Contoso/Fans/Mode", "Loud").unwrap();
    assert!(oem.remove("/Contoso/Old"));
    edit.links.as_mut().unwrap().oem.as_mut().unwrap().set("/Contoso/New/Depth", 3).unwrap();
    let pointers: Vec<_> = edit.patch().changes.into_iter().map(|change| change.pointer).collect();
    assert_eq!(pointers, ["/Oem/Contoso/Fans/Mode", "/Oem/Contoso/Old", "/Links/Oem/Contoso/New"]);
    let Committed::Updated(_) = edit.commit().await.unwrap() else { panic!("not updated") };
    let expected = json!({
        "Oem": {"Contoso": {"Fans": {"Mode": "Loud"}, "Old": null}},
        "Links": {"Oem": {"Contoso": {"New": {"Depth": 3}}}},
    });
    assert_eq!(bodies(&mock, "PATCH", SYSTEM), [expected]);
}

#[tokio::test]
async fn what_an_action_info_requires_is_checked_before_anything_is_sent() {
    const INFO: &str = "/redfish/v1/Systems/1/PolishActionInfo";
    const TARGET: &str = "/redfish/v1/Systems/1/Actions/Oem/Contoso.Polish";
    let (mock, bmc) = connected().await;
    let mut system = mock.resource(SYSTEM).unwrap();
    system["Actions"]["Oem"] = json!({"#Contoso.Polish": {"target": TARGET, "@Redfish.ActionInfo": INFO}});
    mock.set(SYSTEM, system);
    let info = json!({
        "@odata.id": INFO, "@odata.type": "#ActionInfo.v1_4_2.ActionInfo", "Id": "I", "Name": "I",
        "Parameters": [
            {"Name": "Shine", "Required": true, "DataType": "String", "AllowableValues": ["High", "Low"]},
            {"Name": "Times", "Required": false, "DataType": "Number"},
        ],
    });
    mock.set(INFO, info);
    mock.faults().add(Rule::on("POST", TARGET).then(Action::empty(204)));
    let system = bmc.get::<ComputerSystem>(SYSTEM).await.unwrap();
    let names: Vec<_> = system.oem_actions().into_iter().map(|action| action.name).collect();
    assert_eq!(names, ["#Contoso.Polish"], "those of the schema are not among them");
    let polish = || system.oem_action("Contoso.Polish");
    assert_eq!(polish().allowable_values("Shine").await.unwrap().unwrap(), ["High", "Low"]);
    for (call, said) in
        [(polish().parameter("Times", 2), "needs the parameter Shine"), (polish().parameter("Shine", "No"), "High")]
    {
        let error = call.await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotAllowed);
        assert!(error.to_string().contains(said), "{error}");
    }
    assert_eq!(bodies(&mock, "POST", TARGET), [] as [Value; 0]);
    let reply = polish().parameter("Shine", "Low").parameter("Times", 2).await.unwrap();
    assert_eq!((reply.status, reply.value), (204, None));
    assert_eq!(bodies(&mock, "POST", TARGET), [json!({"Shine": "Low", "Times": 2})]);
}

#[tokio::test]
async fn standard_actions_take_parameters_that_the_schema_does_not_have() {
    const TARGET: &str = "/redfish/v1/Systems/1/Actions/ComputerSystem.Reset";
    let (mock, bmc) = connected().await;
    mock.faults().add(Rule::on("POST", TARGET).then(Action::empty(204)));
    let system = bmc.get::<ComputerSystem>(SYSTEM).await.unwrap();
    system.reset(ResetType::ForceOff).parameter("Oem", json!({"Contoso": {"Why": "test"}})).await.unwrap();
    let expected = json!({"ResetType": "ForceOff", "Oem": {"Contoso": {"Why": "test"}}});
    assert_eq!(bodies(&mock, "POST", TARGET), [expected]);
}

#[tokio::test]
async fn what_the_schema_knows_is_held_to_it_without_types_too() {
    let (mock, bmc) = connected().await;
    let system = bmc.get_any(SYSTEM, None).await.unwrap();
    let mut edit = system.edit();
    edit.set("/SerialNumber", "forged").unwrap();
    let error = edit.commit().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotAllowed);
    assert!(error.to_string().contains("/SerialNumber"), "{error}");
    assert_eq!(bodies(&mock, "PATCH", SYSTEM), [] as [Value; 0]);
    let mut edit = system.edit();
    assert_eq!(edit.set("AssetTag", 1).unwrap_err().kind(), ErrorKind::Configuration);
    edit.set("/AssetTag", "rack 7").unwrap();
    assert!(matches!(edit.commit().await.unwrap(), Written::Updated(_)));
    assert_eq!(bodies(&mock, "PATCH", SYSTEM), [json!({"AssetTag": "rack 7"})]);
}

#[tokio::test]
async fn a_leaf_of_oem_goes_to_the_settings_only_where_they_have_it() {
    let settings = format!("{SYSTEM}/Settings");
    for (has, place) in [(json!({"Fans": {"Mode": "x"}}), settings.as_str()), (json!({"Led": "Off"}), SYSTEM)] {
        let (mock, bmc) = connected().await;
        let mut system = mock.resource(SYSTEM).unwrap();
        system["@Redfish.Settings"] = json!({"SettingsObject": {"@odata.id": settings}});
        system["Oem"] = json!({"Contoso": {"Fans": {"Mode": "Quiet"}}});
        let pending = json!({
            "@odata.type": system["@odata.type"], "@odata.id": settings, "Id": "S", "Name": "S", "Oem": {"Contoso": has},
        });
        mock.set(&settings, pending);
        mock.set(SYSTEM, system);
        let mut edit = bmc.get::<ComputerSystem>(SYSTEM).await.unwrap().edit();
        edit.oem.as_mut().unwrap().set("/Contoso/Fans/Mode", "Loud").unwrap();
        edit.commit().await.unwrap();
        assert_eq!(bodies(&mock, "PATCH", place), [json!({"Oem": {"Contoso": {"Fans": {"Mode": "Loud"}}}})]);
    }
}
