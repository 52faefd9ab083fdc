//! How the system, chassis and manager are chosen on services that have several of them or none (B31).

use rosefish::host::{BootDevice, BootMode, BootOverride, Host, HostBuilder, HostPowerState, Identify, Manner};
use rosefish::{Client, Error, ErrorKind, Selector};
use rosefish_mock::fault::{Rule, Unreadable};
use rosefish_mock::{MockBmc, Tree};
use serde_json::{Value, json};

use super::{at, credentials, ipmi, nobody, was_asked};

const ROOT: &str = "/redfish/v1";

fn links(collection: &str, ids: &[&str]) -> Value {
    ids.iter().map(|id| json!({ "@odata.id": format!("{ROOT}/{collection}/{id}") })).collect()
}

/// A manager: its Id, its type and the systems that it says it manages.
type Managing<'a> = (&'a str, &'a str, &'a [&'a str]);

/// The demo machine with these systems and managers in place of its own. Nothing else says who manages what.
fn machines(systems: &[&str], managers: &[Managing<'_>]) -> Tree {
    let mut tree = Tree::demo();
    let copy = |from: &str, to: &str| -> Value {
        let text = tree.json(from).unwrap().to_string().replace(&format!("{from}\""), &format!("{to}\""));
        serde_json::from_str(&text.replace(&format!("{from}/"), &format!("{to}/"))).unwrap()
    };
    let (system, manager) = (format!("{ROOT}/Systems/1"), format!("{ROOT}/Managers/bmc"));
    let mut copies = Vec::new();
    for id in systems {
        let uri = format!("{ROOT}/Systems/{id}");
        let mut one = copy(&system, &uri);
        (one["Id"], one["Name"]) = (json!(id), json!(format!("Node {id}")));
        one["Links"]["ManagedBy"] = json!([]);
        copies.push((uri, one));
    }
    for (id, manager_type, manages) in managers {
        let uri = format!("{ROOT}/Managers/{id}");
        let mut one = copy(&manager, &uri);
        (one["Id"], one["Name"], one["ManagerType"]) = (json!(id), json!(format!("The {id}")), json!(manager_type));
        one["Links"] = json!({ "ManagerForServers": links("Systems", manages) });
        copies.push((uri, one));
    }
    for (uri, one) in copies {
        tree.insert(&uri, one);
    }
    let manager_ids: Vec<_> = managers.iter().map(|(id, ..)| *id).collect();
    for (collection, ids) in [("Systems", systems), ("Managers", &manager_ids)] {
        let uri = format!("{ROOT}/{collection}");
        let mut one = tree.json(&uri).unwrap().clone();
        (one["Members"], one["Members@odata.count"]) = (links(collection, ids), json!(ids.len()));
        tree.insert(&uri, one);
    }
    let mut root = tree.json(ROOT).unwrap().clone();
    root["Links"].as_object_mut().unwrap().remove("ManagerProvidingService");
    tree.insert(ROOT, root);
    let mut chassis = tree.json(&format!("{ROOT}/Chassis/1U")).unwrap().clone();
    chassis["Links"] = json!({});
    tree.insert(&format!("{ROOT}/Chassis/1U"), chassis);
    tree
}

async fn serve(tree: Tree) -> MockBmc {
    MockBmc::builder().tree(tree).plain().credentials("admin", "password").start().await.unwrap()
}

fn of(mock: &MockBmc) -> HostBuilder {
    at(&mock.url(), nobody()).credentials(credentials()).protocol(rosefish::host::Protocol::Redfish)
}

async fn connected(builder: HostBuilder) -> Host {
    builder.connect().await.unwrap().value
}

/// Makes every kind of change to a system. Returns the result of each.
async fn changes(host: &Host) -> Vec<(&'static str, Result<(), Error>)> {
    let pxe = BootOverride::once(BootDevice::Pxe).mode(BootMode::Uefi);
    vec![
        ("on", host.power_on().await.map(drop)),
        ("off", host.power_off(Manner::Graceful).await.map(drop)),
        ("force off", host.power_off(Manner::Forced).await.map(drop)),
        ("cycle", host.power_cycle().await.map(drop)),
        ("reset", host.reset(Manner::Graceful).await.map(drop)),
        ("force reset", host.reset(Manner::Forced).await.map(drop)),
        ("nmi", host.diagnostic_interrupt().await.map(drop)),
        ("boot", host.set_boot_override(pxe).await.map(drop)),
        ("no boot", host.clear_boot_override().await.map(drop)),
        ("identify", host.identify(Identify::On).await.map(drop)),
    ]
}

/// Returns the requests that change something, except those for sessions.
fn sent(mock: &MockBmc) -> Vec<String> {
    let requests = mock.requests();
    let changes = requests.iter().filter(|request| request.method() != "GET" && !request.path().contains("/Sessions"));
    changes.map(|request| format!("{} {}", request.method(), request.path())).collect()
}

#[tokio::test]
async fn a_change_is_refused_while_several_systems_are_left_and_the_error_names_them() {
    let bmc: Managing<'_> = ("BMC", "BMC", &["NodeA", "NodeB"]);
    let (mock, ipmi) = (serve(machines(&["NodeA", "NodeB"], &[bmc])).await, ipmi().await);
    let host = connected(at(&mock.url(), ipmi.addr().port()).credentials(credentials())).await;
    for (verb, done) in changes(&host).await {
        let error = done.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Ambiguous, "{verb}: {error}");
        let text = "this service has several systems; choose one of: NodeA, NodeB (`--system`, `HostBuilder::system`)";
        assert_eq!(error.to_string(), text, "{verb}");
    }
    assert_eq!(sent(&mock), [""; 0]);
    assert!(!was_asked(&ipmi), "IPMI can't tell them apart either");
}

#[tokio::test]
async fn a_system_is_chosen_by_id_name_uri_or_url_and_no_other_one_is_changed() {
    let managers: [Managing<'_>; 2] = [("BMC1", "BMC", &["NodeA"]), ("BMC2", "BMC", &["NodeB"])];
    let mock = serve(machines(&["NodeA", "NodeB"], &managers)).await;
    let url = mock.url();
    let at_url = |path: &str| Host::builder(&format!("{url}{path}")).credentials(credentials());
    for (how, builder) in [
        ("id", of(&mock).system("NodeB")),
        ("case", of(&mock).system("nodeb")),
        ("name", of(&mock).system("Node NodeB")),
        ("uri", of(&mock).system("/redfish/v1/Systems/NodeB")),
        ("slash", of(&mock).system("/redfish/v1/Systems/NodeB/")),
        ("url", of(&mock).system(format!("{url}/redfish/v1/Systems/NodeB"))),
        ("address", at_url("/redfish/v1/Systems/NodeB")),
        ("within", at_url("/redfish/v1/Systems/NodeB/LogServices")),
        ("manager", of(&mock).manager("BMC2")),
        ("its address", at_url("/redfish/v1/Managers/BMC2")),
    ] {
        let host = connected(builder.protocol(rosefish::host::Protocol::Redfish)).await;
        mock.clear_requests();
        for (verb, done) in changes(&host).await {
            assert!(done.is_ok(), "{how}: {verb}: {done:?}");
        }
        let sent = sent(&mock);
        assert!(sent.len() >= 9 && sent.iter().all(|request| request.contains("/Systems/NodeB")), "{how}: {sent:#?}");
        assert_eq!(host.power_on().await.unwrap().value, Some(HostPowerState::On), "{how}");
        host.identify(Identify::Off).await.unwrap();
        assert_eq!(host.controller().await.unwrap().value.id.as_deref(), Some("BMC2"), "{how}");
    }
}

#[tokio::test]
async fn what_names_no_system_or_several_is_refused_with_the_choices() {
    let mut tree = machines(&["A", "B", "C"], &[("BMC", "BMC", &[])]);
    for id in ["A", "B"] {
        let mut one = tree.json(&format!("{ROOT}/Systems/{id}")).unwrap().clone();
        one["Name"] = json!("Blade");
        tree.insert(&format!("{ROOT}/Systems/{id}"), one);
    }
    let mock = serve(tree).await;
    let how = "(`--system`, `HostBuilder::system`)";
    for (name, text) in [
        ("D", format!("there is no system D here; choose one of: A, B, C {how}")),
        (
            "/redfish/v1/Systems/D",
            format!("there is no system /redfish/v1/Systems/D here; choose one of: A, B, C {how}"),
        ),
        ("blade", format!("several systems are called blade; choose one of: A, B {how}")),
    ] {
        let error = connected(of(&mock).system(name)).await.power_state().await.unwrap_err();
        assert_eq!((error.kind(), error.to_string()), (ErrorKind::Ambiguous, text));
    }
    for (builder, kind) in [(of(&mock).chassis("2U"), "chassis"), (of(&mock).manager("other"), "manager")] {
        let error = connected(builder).await.power_state().await.unwrap_err().to_string();
        assert!(error.contains(&format!("there is no {kind} ")) && error.contains("choose one of: "), "{error}");
    }
    let fabric = Host::builder(&format!("{}/redfish/v1/Fabrics/SAS", mock.url())).credentials(credentials());
    assert_eq!(fabric.connect().await.unwrap_err().kind(), ErrorKind::Configuration);
}

#[tokio::test]
async fn what_is_read_is_read_of_all_systems_and_each_is_named() {
    let mock = serve(machines(&["NodeA", "NodeB"], &[("BMC", "BMC", &[])])).await;
    connected(of(&mock).system("NodeB")).await.power_off(Manner::Forced).await.unwrap();
    let host = connected(of(&mock)).await;
    let states = host.power_states().await.unwrap().value;
    let states: Vec<_> = states.iter().map(|one| (one.system.as_str(), one.value.clone())).collect();
    assert_eq!(states, [("NodeA", HostPowerState::On), ("NodeB", HostPowerState::Off)]);
    assert_eq!(host.boot_overrides().await.unwrap().value.len(), 2);
    assert_eq!(host.identify_states().await.unwrap().value.len(), 2);
    assert_eq!(host.power_state().await.unwrap_err().kind(), ErrorKind::Ambiguous);

    // A system that can't be read doesn't hide the others.
    let node = "/redfish/v1/Systems/NodeA";
    for how in [Unreadable::NotFound, Unreadable::ServerError, Unreadable::Html] {
        let rule = mock.faults().add(Rule::unreadable(node, how));
        let states = host.power_states().await.unwrap().value;
        assert_eq!((states.len(), states[0].system.as_str()), (1, "NodeB"), "{how:?}");
        assert_eq!(states.missing[0].place, node, "{how:?}");
        mock.faults().remove(rule);
    }
}

#[tokio::test]
async fn a_system_that_cannot_be_read_may_be_the_one_that_was_meant() {
    let mock = serve(machines(&["NodeA", "NodeB"], &[("BMC", "BMC", &[])])).await;
    mock.faults().add(Rule::unreadable("/redfish/v1/Systems/NodeA", Unreadable::ServerError));
    let error = connected(of(&mock)).await.power_off(Manner::Forced).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Ambiguous, "{error}");
    let text = error.to_string();
    assert!(text.contains("choose one of: NodeB") && text.contains("not read: /redfish/v1/Systems/NodeA"), "{text}");
    assert_eq!(sent(&mock), [""; 0]);
    // The readable system can be chosen by name. Choosing the other one returns its own read error.
    let host = connected(of(&mock).system("NodeB")).await;
    assert_eq!(host.power_off(Manner::Forced).await.unwrap().value, Some(HostPowerState::Off));
    let error = connected(of(&mock).system("NodeA")).await.power_off(Manner::Forced).await.unwrap_err();
    assert_eq!((error.status(), error.uri()), (Some(500), Some("/redfish/v1/Systems/NodeA")));
}

/// A service with several managers, and the one that a change must choose; `None` if the change must be refused.
struct Managed {
    name: &'static str,
    systems: &'static [&'static str],
    managers: &'static [Managing<'static>],
    system: Option<&'static str>,
    chosen: Option<&'static str>,
}

#[tokio::test]
async fn the_manager_is_the_one_that_the_service_says_and_not_the_first() {
    let case = |name, systems, managers, system, chosen| Managed { name, systems, managers, system, chosen };
    let cases = [
        case("one alone", &["1"], &[("BMC", "BMC", &[])], None, Some("BMC")),
        case(
            "an auxiliary one first",
            &["1"],
            &[("HGX", "AuxiliaryController", &["1"]), ("BMC", "BMC", &["1"])],
            None,
            Some("BMC"),
        ),
        case(
            "a rack manager first, no statements",
            &["1"],
            &[("Rack", "RackManager", &[]), ("BMC", "EnclosureManager", &[])],
            None,
            Some("BMC"),
        ),
        case("by ManagerForServers", &["A", "B"], &[("X", "BMC", &["B"]), ("Y", "BMC", &["A"])], Some("A"), Some("Y")),
        case(
            "a blade and its enclosure",
            &["A", "B"],
            &[("Enclosure", "EnclosureManager", &["A", "B"]), ("BladeA", "BMC", &["A"]), ("BladeB", "BMC", &["B"])],
            Some("B"),
            Some("BladeB"),
        ),
        case(
            "one for several systems, auxiliary ones beside",
            &["Node0", "Node1"],
            &[("MCU0", "AuxiliaryController", &[]), ("BMC", "EnclosureManager", &["Node0", "Node1"])],
            None,
            Some("BMC"),
        ),
        case("several are left", &["A", "B"], &[("X", "BMC", &["A"]), ("Y", "BMC", &["B"])], None, None),
        case("several of one system", &["A"], &[("X", "BMC", &["A"]), ("Y", "BMC", &["A"])], None, None),
        case(
            "no system",
            &[],
            &[("MCU", "AuxiliaryController", &[]), ("CMM", "EnclosureManager", &[])],
            None,
            Some("CMM"),
        ),
        case(
            "no system, several",
            &[],
            &[("S1", "ManagementController", &[]), ("S2", "ManagementController", &[])],
            None,
            None,
        ),
        case("an unknown type", &["1"], &[("MCU", "AuxiliaryController", &[]), ("X", "Novel", &[])], None, Some("X")),
        case("auxiliary ones alone", &[], &[("MCU", "AuxiliaryController", &[])], None, Some("MCU")),
    ];
    for Managed { name, systems, managers, system, chosen } in cases {
        let mock = serve(machines(systems, managers)).await;
        let builder = system.into_iter().fold(of(&mock), HostBuilder::system);
        let host = connected(builder).await;
        let done = host.reset_controller().await;
        let sent = sent(&mock);
        match chosen {
            Some(id) => {
                assert!(done.is_ok(), "{name}: {done:?}");
                assert_eq!(sent, [format!("POST {ROOT}/Managers/{id}/Actions/Manager.Reset")], "{name}");
            }
            None => {
                let error = done.unwrap_err();
                let text = error.to_string();
                assert_eq!(error.kind(), ErrorKind::Ambiguous, "{name}: {error}");
                assert!(text.contains("several managers; choose one of: ") && text.contains("`--manager`"), "{text}");
                assert_eq!(sent, [""; 0], "{name}");
                let (id, ..) = managers[1];
                let host = connected(of(&mock).manager(id)).await;
                assert_eq!(host.controller().await.unwrap().value.id.as_deref(), Some(id), "{name}");
                assert!(host.reset_controller().await.is_ok(), "{name}");
            }
        }
    }
}

#[tokio::test]
async fn the_links_of_the_system_say_which_manager_is_meant() {
    let managers: [Managing<'_>; 2] = [("X", "BMC", &[]), ("Y", "BMC", &[])];
    let mut tree = machines(&["1"], &managers);
    let uri = format!("{ROOT}/Systems/1");
    let mut system = tree.json(&uri).unwrap().clone();
    system["Links"]["ManagedBy"] = links("Managers", &["Y"]);
    tree.insert(&uri, system);
    let mock = serve(tree).await;
    let host = connected(of(&mock)).await;
    assert_eq!(host.controller().await.unwrap().value.id.as_deref(), Some("Y"));
    // It doesn't matter that a manager can't be read if the system doesn't name it.
    mock.faults().add(Rule::unreadable("/redfish/v1/Managers/X", Unreadable::ServerError));
    assert!(host.reset_controller().await.is_ok());
}

#[tokio::test]
async fn a_manager_that_cannot_be_read_may_be_the_one_that_was_meant() {
    let mock = serve(machines(&["1"], &[("X", "BMC", &[]), ("Y", "BMC", &[])])).await;
    mock.faults().add(Rule::unreadable("/redfish/v1/Managers/X", Unreadable::NotFound));
    let host = connected(of(&mock)).await;
    let text = host.reset_controller().await.unwrap_err().to_string();
    assert!(text.contains("choose one of: Y") && text.contains("not read: /redfish/v1/Managers/X"), "{text}");
    let found = host.controllers().await.unwrap().value;
    assert_eq!((found[0].id.as_deref(), found.missing.len()), (Some("Y"), 1));
}

#[tokio::test]
async fn a_service_without_systems_has_all_that_needs_none() {
    let without_link = {
        let mut tree = machines(&[], &[("CMM", "EnclosureManager", &[])]);
        let mut root = tree.json(ROOT).unwrap().clone();
        root.as_object_mut().unwrap().remove("Systems");
        tree.insert(ROOT, root);
        tree
    };
    for tree in [machines(&[], &[("CMM", "EnclosureManager", &[])]), without_link] {
        let mock = serve(tree).await;
        let host = connected(of(&mock)).await;
        assert_eq!(host.controller().await.unwrap().value.id.as_deref(), Some("CMM"));
        assert!(host.users().await.is_ok());
        assert!(host.sensors().await.is_ok());
        assert!(host.identify(Identify::On).await.unwrap().value && host.identify_state().await.unwrap().value);
        let error = host.power_on().await.unwrap_err();
        assert_eq!((error.kind(), error.to_string()), (ErrorKind::Missing, "this service has no systems".to_owned()));
        assert_eq!(host.reset_controller().await.unwrap().sent, ["Manager.Reset GracefulRestart"]);
    }
}

#[tokio::test]
async fn the_same_rules_choose_among_resources_of_any_kind() {
    let mock = MockBmc::builder().plain().credentials("admin", "password").start().await.unwrap();
    let client = Client::builder(&mock.url()).credentials(credentials()).connect().await.unwrap();
    let system: rosefish::Resource<rosefish::schema::ComputerSystem> =
        client.get("/redfish/v1/Systems/1").await.unwrap();
    let logs = async || system.log_services().members().collect_all().await;
    let ids: Vec<String> = logs().await.iter().filter_map(|log| log.id.clone()).collect();
    // Each choice that an error names can be chosen by that name.
    for id in &ids {
        let log = logs().await.choose(Some(&Selector::from(id))).unwrap();
        assert_eq!(log.id.as_ref(), Some(id));
    }
    let error = logs().await.choose(Some(&Selector::new("none"))).unwrap_err().to_string();
    assert_eq!(
        error,
        format!("there is no log none here; choose one of: {} (`--log`, `LogQuery::of`)", ids.join(", "))
    );
    assert_eq!(logs().await.narrow(None).unwrap().len(), ids.len());
    client.close().await.unwrap();
}
