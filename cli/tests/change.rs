//! Any resource is changed, and any action invoked, from the command line: the standard's and the vendors'.

mod program;

use rosefish_mock::MockBmc;
use rosefish_mock::fault::{Action, Answer, Rule};
use serde_json::{Value, json};

use program::{errors, json as json_of, rosefish, text};

const SYSTEM: &str = "/redfish/v1/Systems/1";
const MANAGER: &str = "/redfish/v1/Managers/bmc";

/// What a vendor has: where its action stands, its name, a parameter with the values that are allowed, and a leaf.
struct Vendor {
    uri: &'static str,
    adds: Value,
    action: &'static str,
    parameter: &'static str,
    allowed: &'static str,
    target: &'static str,
    leaf: &'static str,
    value: Value,
}

fn vendors() -> [Vendor; 3] {
    [
        Vendor {
            uri: MANAGER,
            adds: json!({
                "Actions": {"Oem": {"#DellManager.ResetToDefaults": {
                    "ResetType@Redfish.AllowableValues": ["All", "Default"],
                    "target": "/redfish/v1/Managers/bmc/Actions/Oem/DellManager.ResetToDefaults",
                }}},
                "Oem": {"Dell": {"DellManager": {"Attributes": {"Rack": "A"}}}},
            }),
            action: "#DellManager.ResetToDefaults",
            parameter: "ResetType",
            allowed: "Default",
            target: "/redfish/v1/Managers/bmc/Actions/Oem/DellManager.ResetToDefaults",
            leaf: "/Oem/Dell/DellManager/Attributes/Rack",
            value: json!("B"),
        },
        Vendor {
            uri: SYSTEM,
            adds: json!({"Oem": {"Hpe": {
                "Actions": {"#HpeComputerSystemExt.PowerButton": {
                    "PushType@Redfish.AllowableValues": ["Press", "PressAndHold"],
                    "target": "/redfish/v1/Systems/1/Actions/Oem/Hpe/HpeComputerSystemExt.PowerButton",
                }},
                "PowerOnDelay": 0,
            }}}),
            action: "HpeComputerSystemExt.PowerButton",
            parameter: "PushType",
            allowed: "Press",
            target: "/redfish/v1/Systems/1/Actions/Oem/Hpe/HpeComputerSystemExt.PowerButton",
            leaf: "/Oem/Hpe/PowerOnDelay",
            value: json!(15),
        },
        Vendor {
            uri: MANAGER,
            adds: json!({
                "Actions": {"Oem": {"#SmcManagerConfig.Reset": {
                    "Option@Redfish.AllowableValues": ["ClearConfig", "PreserveUser"],
                    "target": "/redfish/v1/Managers/bmc/Actions/Oem/SmcManagerConfig.Reset",
                }}},
                "Oem": {"Supermicro": {"FanMode": {"Mode": "Standard"}}},
            }),
            action: "smcmanagerconfig.reset",
            parameter: "Option",
            allowed: "PreserveUser",
            target: "/redfish/v1/Managers/bmc/Actions/Oem/SmcManagerConfig.Reset",
            leaf: "/Oem/Supermicro/FanMode/Mode",
            value: json!("FullSpeed"),
        },
    ]
}

async fn mock() -> MockBmc {
    MockBmc::builder().plain().credentials("admin", "password").start().await.unwrap()
}

fn merge(mock: &MockBmc, uri: &str, adds: &Value) {
    fn add(place: &mut Value, adds: &Value) {
        match (place, adds) {
            (Value::Object(place), Value::Object(adds)) => {
                adds.iter().for_each(|(name, value)| add(place.entry(name.clone()).or_insert(json!({})), value));
            }
            (place, adds) => *place = adds.clone(),
        }
    }
    let mut resource = mock.resource(uri).unwrap();
    add(&mut resource, adds);
    mock.set(uri, resource);
}

fn run(mock: &MockBmc, verb: &str, arguments: &[&str]) -> std::process::Output {
    rosefish(&[&[verb, &mock.url()], arguments, &["--user", "admin"]].concat())
}

fn bodies(mock: &MockBmc, method: &str, path: &str) -> Vec<Value> {
    let requests = mock.requests();
    let found = requests.iter().filter(|request| request.method() == method && request.path() == path);
    found.map(|request| serde_json::from_slice(request.body()).unwrap()).collect()
}

#[tokio::test]
async fn vendors_actions_are_listed_refused_shown_and_invoked() {
    for vendor in vendors() {
        let Vendor { uri, adds, action, parameter, allowed, target, .. } = vendor;
        let mock = mock().await;
        merge(&mock, uri, &adds);
        mock.faults().add(Rule::on("POST", target).then(Action::empty(204)));
        let list = text(&run(&mock, "action", &[uri]));
        assert!(list.contains(parameter) && list.contains(allowed), "{list}");
        let refused = run(&mock, "action", &[uri, action, &format!("{parameter}=Never")]);
        assert_eq!(refused.status.code(), Some(1));
        let said = errors(&refused);
        assert!(said.contains("Never is not among") && said.contains("PARAMETER"), "{said}");
        let given = format!("{parameter}={allowed}");
        let shown = json_of(&run(&mock, "action", &[uri, action, &given, "--dry-run", "--json"]))["value"].clone();
        let request = json!({"method": "POST", "uri": target, "body": {parameter: allowed}});
        assert_eq!(shown, json!({"outcome": "dry-run", "requests": [request]}));
        assert_eq!(bodies(&mock, "POST", target), [] as [Value; 0]);
        assert_eq!(text(&run(&mock, "action", &[uri, action, &given])), "confirmed by the service (204)\n");
        assert_eq!(bodies(&mock, "POST", target), [json!({parameter: allowed})]);
        assert_eq!(mock.sessions(), 0, "the command has logged out");
    }
}

#[tokio::test]
async fn vendors_leaves_are_shown_set_and_read_back() {
    for vendor in vendors() {
        let Vendor { uri, adds, leaf, value, .. } = vendor;
        let mock = mock().await;
        merge(&mock, uri, &adds);
        let given = format!("{leaf}={}", value.as_str().map_or_else(|| value.to_string(), str::to_owned));
        let shown = json_of(&run(&mock, "set", &[uri, &given, "--dry-run", "--json"]))["value"].clone();
        assert_eq!(shown["requests"][0]["method"], "PATCH");
        assert_eq!(shown["requests"][0]["body"].pointer(leaf), Some(&value), "{shown}");
        assert_eq!(bodies(&mock, "PATCH", uri), [] as [Value; 0]);
        assert_eq!(text(&run(&mock, "set", &[uri, &given])), format!("{leaf} = {value}\n"));
        assert_eq!(mock.resource(uri).unwrap().pointer(leaf), Some(&value));
        assert_eq!(bodies(&mock, "PATCH", uri).len(), 1);
        assert!(text(&run(&mock, "set", &[uri, &given])).contains("nothing was sent"));
        assert_eq!(bodies(&mock, "PATCH", uri).len(), 1);
    }
}

#[tokio::test]
async fn what_a_service_confirms_and_does_not_do_is_told() {
    let mock = mock().await;
    mock.faults().add(Rule::pretended("PATCH", SYSTEM));
    let output = run(&mock, "set", &[SYSTEM, "AssetTag=rack 7", "--json"]);
    assert_eq!(output.status.code(), Some(3), "{}", errors(&output));
    assert!(errors(&output).contains("but /AssetTag is"), "{}", errors(&output));
    assert_eq!(json_of(&output)["value"]["outcome"], "differs");
    assert_eq!(json_of(&output)["value"]["values"]["/AssetTag"]["wanted"], "rack 7");
}

#[tokio::test]
async fn what_the_schema_says_is_read_only_is_refused_before_it_is_sent() {
    let mock = mock().await;
    for more in [&["--dry-run"][..], &[]] {
        let output = run(&mock, "set", &[&[SYSTEM, "PowerState=Off"], more].concat());
        assert_eq!(output.status.code(), Some(1));
        assert!(errors(&output).contains("read-only in the schema: /PowerState"), "{}", errors(&output));
    }
    assert_eq!(bodies(&mock, "PATCH", SYSTEM), [] as [Value; 0]);
}

#[tokio::test]
async fn a_standard_action_is_found_by_its_short_name_and_checked() {
    let mock = mock().await;
    let target = "/redfish/v1/Systems/1/Actions/ComputerSystem.Reset";
    let refused = run(&mock, "action", &[SYSTEM, "Reset", "ResetType=Explode"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(errors(&refused).contains("ForceOff"), "{}", errors(&refused));
    let unknown = run(&mock, "action", &[SYSTEM, "Explode"]);
    assert_eq!(unknown.status.code(), Some(1));
    assert!(errors(&unknown).contains("#ComputerSystem.Reset"), "what there is: {}", errors(&unknown));
    assert_eq!(bodies(&mock, "POST", target), [] as [Value; 0]);
    text(&run(&mock, "action", &[SYSTEM, "Reset", "ResetType=ForceOff"]));
    assert_eq!(bodies(&mock, "POST", target), [json!({"ResetType": "ForceOff"})]);
}

#[tokio::test]
async fn a_description_says_what_is_needed_and_what_there_is() {
    const INFO: &str = "/redfish/v1/Systems/1/PolishActionInfo";
    const TARGET: &str = "/redfish/v1/Systems/1/Actions/Oem/Contoso.Polish";
    let mock = mock().await;
    let action = json!({"target": TARGET, "@Redfish.ActionInfo": INFO});
    merge(&mock, SYSTEM, &json!({"Actions": {"Oem": {"#Contoso.Polish": action}}}));
    let info = json!({
        "@odata.id": INFO, "@odata.type": "#ActionInfo.v1_4_2.ActionInfo", "Id": "I", "Name": "I",
        "Parameters": [
            {"Name": "Shine", "Required": true, "DataType": "String", "AllowableValues": ["High", "Low"]},
            {"Name": "Password", "Required": false, "DataType": "String"},
        ],
    });
    mock.set(INFO, info);
    mock.faults().add(Rule::on("POST", TARGET).then(Action::empty(204)));
    for (given, said) in [
        (&[][..], "needs the parameter Shine"),
        (&["Shine=No"], "No is not among"),
        (&["Shine=Low", "Shune=Low"], "no parameter Shune"),
    ] {
        let refused = run(&mock, "action", &[&[SYSTEM, "Contoso.Polish"], given].concat());
        assert_eq!(refused.status.code(), Some(1));
        assert!(errors(&refused).contains(said) && errors(&refused).contains("High, Low"), "{}", errors(&refused));
    }
    assert_eq!(bodies(&mock, "POST", TARGET), [] as [Value; 0]);
    let shown = text(&run(&mock, "action", &[SYSTEM, "Polish", "Shine=Low", "Password=hunter2", "--dry-run"]));
    assert!(shown.contains("Low") && !shown.contains("hunter2"), "{shown}");
    // Where the description can't be read the service itself decides.
    mock.faults().add(Rule::on("GET", INFO).then(Action::empty(500)));
    text(&run(&mock, "action", &[SYSTEM, "Polish", "Depth=3"]));
    assert_eq!(bodies(&mock, "POST", TARGET), [json!({"Depth": 3})]);
}

#[tokio::test]
async fn what_goes_on_is_told_or_followed_to_its_end() {
    let vendor = &vendors()[0];
    let given = format!("{}={}", vendor.parameter, vendor.allowed);
    for (wait, monitor, code, said) in [
        (false, Action::empty(202), 0, "accepted; under way: /redfish/v1/Monitors/7"),
        (true, Action::empty(204), 0, "ended without failing"),
        (true, Action::message(500, "Base.1.0.InternalError", "It broke."), 1, ""),
    ] {
        let mock = mock().await;
        merge(&mock, vendor.uri, &vendor.adds);
        let accepted = Action::Answer(Answer::new(202).header("Location", "/redfish/v1/Monitors/7"));
        mock.faults().add(Rule::on("POST", vendor.target).then(accepted));
        mock.faults().add(Rule::on("GET", "/redfish/v1/Monitors/7").then(monitor));
        let arguments = [&[vendor.uri, vendor.action, &given][..], if wait { &["--wait", "20"] } else { &[] }].concat();
        let output = run(&mock, "action", &arguments);
        assert_eq!(output.status.code(), Some(code), "{}", errors(&output));
        let shown = String::from_utf8_lossy(&output.stdout);
        assert!(shown.contains(said) && !shown.contains("confirmed"), "{shown}");
    }
}

#[tokio::test]
async fn a_resource_that_can_not_be_read_is_neither_changed_nor_acted_on() {
    let mock = mock().await;
    mock.faults().add(Rule::on("GET", SYSTEM).then(Action::empty(500)));
    for (verb, arguments) in
        [("set", &[SYSTEM, "AssetTag=7"][..]), ("action", &[SYSTEM, "Reset"]), ("action", &[SYSTEM])]
    {
        let output = run(&mock, verb, arguments);
        assert_eq!(output.status.code(), Some(1));
        assert!(errors(&output).contains("500"), "{}", errors(&output));
    }
    assert_eq!(run(&mock, "set", &["/redfish/v1/Nothing", "A=1"]).status.code(), Some(1));
    assert_eq!(run(&mock, "set", &[SYSTEM, "AssetTag"]).status.code(), Some(2), "a wrong command line");
    let changes = mock.requests().iter().filter(|request| request.method() == "PATCH").count();
    assert_eq!(changes, 0);
}
