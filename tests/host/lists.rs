//! Lists of what a host has: what can't be read hides nothing else, and is named; by both protocols.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use rosefish::host::{EventLogQuery, Host, Partial, Protocol};
use rosefish::{Client, Credentials, RetryPolicy};
use rosefish_mock::fault::{Action, Rule};
use rosefish_mock::{MockBmc, Tree};
use serde_json::{Value, json};

use super::credentials;
use super::service::{Answer, Service};

async fn host(url: &str) -> Host {
    let host = Host::builder(url).protocol(Protocol::Redfish).credentials(credentials());
    let host = host.redfish(|client| client.timeout(Duration::from_secs(5)).retry(RetryPolicy::none()));
    host.connect().await.unwrap().value
}

/// A service that is asked for each member by itself: with `$expand`, one that can't be read is not an error of the client's.
async fn one_by_one() -> MockBmc {
    let mut tree = Tree::demo();
    let mut root = tree.json("/redfish/v1").cloned().unwrap();
    root.as_object_mut().unwrap().remove("ProtocolFeaturesSupported");
    tree.insert("/redfish/v1", root);
    MockBmc::builder().tree(tree).plain().credentials("admin", "password").start().await.unwrap()
}

/// What can come instead of a resource.
fn faults() -> [(&'static str, Action); 7] {
    [
        ("404", Action::Status(404)),
        ("403", Action::Status(403)),
        ("500", Action::Status(500)),
        ("HTML", Action::html(200)),
        ("an empty body", Action::empty(200)),
        ("an empty object", Action::json(200, json!({}))),
        ("a closed connection", Action::Close),
    ]
}

const SYSTEM: &str = "/redfish/v1/Systems/1";
const CHASSIS: &str = "/redfish/v1/Chassis/1U";

/// Identifiers and places that could not be read.
async fn read(host: &Host, list: &str) -> (BTreeSet<String>, Vec<String>) {
    fn ids<T>(list: Partial<T>, id: impl Fn(&T) -> &String) -> (BTreeSet<String>, Vec<String>) {
        let missing = list.missing.iter().map(|missing| missing.place.clone()).collect();
        (list.iter().map(|item| id(item).clone()).collect(), missing)
    }
    match list {
        "sensors" => ids(host.sensors().await.unwrap().value, |sensor| &sensor.id),
        "inventory" => ids(host.inventory().await.unwrap().value, |part| &part.id),
        _ => ids(host.users().await.unwrap().value, |user| &user.id),
    }
}

#[tokio::test]
async fn what_cannot_be_read_hides_nothing_else_and_is_named() {
    let bmc = one_by_one().await;
    let host = host(&bmc.url()).await;
    let places = [
        ("sensors", format!("{CHASSIS}/Sensors/CPU1Temp")),
        ("sensors", format!("{CHASSIS}/Sensors")),
        ("sensors", format!("{CHASSIS}/Thermal")),
        ("sensors", format!("{CHASSIS}/Power")),
        ("sensors", format!("{CHASSIS}/ThermalSubsystem")),
        ("sensors", format!("{CHASSIS}/ThermalSubsystem/Fans/Fan3")),
        ("sensors", format!("{CHASSIS}/ThermalSubsystem/ThermalMetrics")),
        ("sensors", format!("{CHASSIS}/PowerSubsystem/PowerSupplies")),
        ("sensors", format!("{CHASSIS}/PowerSubsystem/PowerSupplies/PSU1/Metrics")),
        ("sensors", format!("{CHASSIS}/EnvironmentMetrics")),
        ("inventory", format!("{SYSTEM}/Memory/DIMM_P1_B1")),
        ("inventory", format!("{SYSTEM}/Memory")),
        ("inventory", format!("{SYSTEM}/Processors/CPU2")),
        ("inventory", format!("{SYSTEM}/Storage/1")),
        ("inventory", format!("{CHASSIS}/Drives/Bay1")),
        ("inventory", format!("{CHASSIS}/PowerSubsystem/PowerSupplies/PSU2")),
        ("inventory", format!("{CHASSIS}/NetworkAdapters/NIC1")),
        ("inventory", "/redfish/v1/Managers/bmc".to_owned()),
        ("inventory", "/redfish/v1/Managers".to_owned()),
        ("inventory", CHASSIS.to_owned()),
        ("inventory", SYSTEM.to_owned()),
        ("users", "/redfish/v1/AccountService/Accounts/2".to_owned()),
    ];
    let mut whole = BTreeMap::new();
    for list in ["sensors", "inventory", "users"] {
        let (ids, missing) = read(&host, list).await;
        assert!(missing.is_empty() && ids.len() > 2, "{list}: {ids:?} {missing:?}");
        whole.insert(list, ids);
    }
    for (list, place) in &places {
        for (name, action) in faults() {
            let rule = bmc.faults().add(Rule::on("GET", place).then(action));
            let (ids, missing) = read(&host, list).await;
            assert!(bmc.faults().fired(rule) > 0, "{list} doesn't read {place}");
            bmc.faults().remove(rule);
            assert!(missing.iter().eq([place]), "{list}: {name} at {place}: {missing:?}");
            let own = bmc.resource(place).unwrap()["Id"].as_str().unwrap_or_default().to_owned();
            let hidden: Vec<_> =
                whole[list].difference(&ids).filter(|id| !id.starts_with(place.as_str()) && **id != own).collect();
            // A drive that the storage subsystem leads to is found in its chassis as well.
            assert!(hidden.is_empty(), "{list}: {name} at {place} hides {hidden:?}");
        }
    }
}

#[tokio::test]
async fn why_something_is_missing_is_said_without_naming_the_place_twice() {
    let bmc = one_by_one().await;
    let host = host(&bmc.url()).await;
    let place = format!("{SYSTEM}/Memory/DIMM_P1_B1");
    bmc.faults().add(Rule::on("GET", &place).then(Action::html(500)));
    let found = host.inventory().await.unwrap().value;
    let missing = serde_json::to_value(&found.missing).unwrap();
    assert_eq!(missing[0]["where"], place);
    let why = missing[0]["why"].as_str().unwrap();
    assert!(why.contains("HTTP 500") && why.contains("text/html") && !why.contains(&place), "{why}");
    assert_eq!(missing[0]["kind"], "refused");
}

/// A service of these resources; what is not among them is not there.
fn service(resources: Value) -> Service {
    Service::start(move |method, path| {
        let path = path.split('?').next().unwrap_or_default();
        match (method, resources.get(path.trim_end_matches('/'))) {
            ("POST", _) => Answer::text(404, "text/plain", "no"),
            (_, Some(Value::String(text))) if text == "lost" => Answer::Lost,
            (_, Some(resource)) => Answer::json(resource.clone()),
            _ => Answer::text(404, "text/plain", "no"),
        }
    })
}

fn members(uris: &[&str]) -> Value {
    let members: Vec<_> = uris.iter().map(|uri| json!({ "@odata.id": uri })).collect();
    json!({ "Name": "A collection", "Members": members })
}

fn root() -> Value {
    json!({
        "@odata.type": "#ServiceRoot.v1_5_0.ServiceRoot", "Name": "Root", "RedfishVersion": "1.5.0",
        "Systems": { "@odata.id": "/redfish/v1/Systems" }, "Chassis": { "@odata.id": "/redfish/v1/Chassis" },
        "Managers": { "@odata.id": "/redfish/v1/Managers" },
    })
}

async fn open(service: &Service) -> Host {
    let host = Host::builder(&service.url()).protocol(Protocol::Redfish).credentials(credentials());
    let host = host.redfish(|client| client.basic_auth().timeout(Duration::from_secs(5)).retry(RetryPolicy::none()));
    host.connect().await.unwrap().value
}

#[tokio::test]
async fn what_two_links_lead_to_is_listed_once() {
    let service = service(json!({
        "/redfish/v1": root(),
        "/redfish/v1/Chassis": members(&["/redfish/v1/Chassis/A", "/redfish/v1/Chassis/B/", "/redfish/v1/Chassis/A/"]),
        "/redfish/v1/Chassis/A": { "Id": "A", "Name": "A", "Sensors": { "@odata.id": "/redfish/v1/Sensors" } },
        "/redfish/v1/Chassis/B": { "Id": "B", "Name": "B", "Sensors": { "@odata.id": "/redfish/v1/Sensors/" } },
        "/redfish/v1/Sensors": members(&["/redfish/v1/Sensors/1", "/redfish/v1/Sensors/1"]),
        "/redfish/v1/Sensors/1": { "Id": "1", "Name": "Inlet", "Reading": 21, "ReadingType": "Temperature" },
        "/redfish/v1/Managers": members(&[]), "/redfish/v1/Systems": members(&[]),
    }));
    let host = open(&service).await;
    let sensors = host.sensors().await.unwrap().value;
    assert_eq!((sensors.len(), sensors.missing.len()), (1, 0), "{sensors:?}");
    let parts = host.inventory().await.unwrap().value;
    assert_eq!(parts.iter().map(|part| part.name.as_str()).collect::<Vec<_>>(), ["A", "B"]);
}

#[tokio::test]
async fn readings_are_found_wherever_a_chassis_has_them() {
    let chassis = "/redfish/v1/Chassis/1";
    let link = |name: &str| json!({ "@odata.id": format!("{chassis}/{name}") });
    let thermal = json!({ "Name": "Thermal", "Temperatures": [{ "Name": "Inlet", "ReadingCelsius": 21 }] });
    let power = json!({ "Name": "Power", "Voltages": [{ "Name": "P12V", "ReadingVolts": 12.1 }] });
    let metrics = json!({ "Name": "Metrics", "PowerWatts": { "Reading": 300 } });
    let sensor = json!({ "Name": "Outlet", "Reading": 30, "ReadingType": "Temperature" });
    let (at_sensors, at_sensor) = (format!("{chassis}/Sensors"), format!("{chassis}/Sensors/1"));
    let cases: [(&str, &[&str], Value, &[&str]); 5] = [
        ("an empty collection of sensors", &["Sensors", "Thermal"], members(&[]), &["Inlet"]),
        ("one that is not there", &["Sensors", "Thermal"], Value::Null, &["Inlet"]),
        (
            "Thermal and Power beside it",
            &["Sensors", "Thermal", "Power"],
            members(&[&at_sensor]),
            &["Outlet", "Inlet", "P12V"],
        ),
        ("metrics alone", &["EnvironmentMetrics"], members(&[]), &["Chassis Power"]),
        (
            "everything",
            &["Sensors", "Power", "EnvironmentMetrics"],
            members(&[&at_sensor]),
            &["Outlet", "P12V", "Chassis Power"],
        ),
    ];
    for (name, links, sensors, expected) in cases {
        let mut body = json!({ "Id": "1", "Name": "Chassis" });
        for property in links {
            body[*property] = link(property);
        }
        let mut resources = json!({
            "/redfish/v1": root(), "/redfish/v1/Chassis": members(&[chassis]), "/redfish/v1/Systems": members(&[]),
            chassis: body, format!("{chassis}/Thermal"): thermal, format!("{chassis}/Power"): power,
            format!("{chassis}/EnvironmentMetrics"): metrics, at_sensor.as_str(): sensor,
        });
        let is_there = !sensors.is_null();
        if is_there {
            resources[&at_sensors] = sensors;
        }
        let service = service(resources);
        let found = open(&service).await.sensors().await.unwrap().value;
        assert_eq!(found.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(), expected, "{name}");
        assert_eq!(found.is_whole(), is_there, "{name}: a link that leads nowhere is named");
    }
}

/// A log of entries 1 to `number`, in either order, with pages of `page` entries.
fn log(number: usize, newest_first: bool, page: usize) -> Value {
    let entries = "/redfish/v1/Managers/1/LogServices/SEL/Entries";
    let mut ids: Vec<_> = (1..=number).collect();
    if newest_first {
        ids.reverse();
    }
    let mut resources = json!({
        "/redfish/v1": root(), "/redfish/v1/Systems": members(&["/redfish/v1/Systems/1"]),
        "/redfish/v1/Systems/1": { "Id": "1", "Name": "System" },
        "/redfish/v1/Managers": members(&["/redfish/v1/Managers/1"]),
        "/redfish/v1/Managers/1": { "Id": "1", "Name": "Manager",
            "LogServices": { "@odata.id": "/redfish/v1/Managers/1/LogServices" } },
        "/redfish/v1/Managers/1/LogServices": members(&["/redfish/v1/Managers/1/LogServices/SEL"]),
        "/redfish/v1/Managers/1/LogServices/SEL": { "Id": "SEL", "Name": "Log", "Entries": { "@odata.id": entries } },
    });
    for (at, ids) in ids.chunks(page).enumerate() {
        let uris: Vec<_> = ids.iter().map(|id| format!("{entries}/{id}")).collect();
        let mut body = members(&uris.iter().map(String::as_str).collect::<Vec<_>>());
        if (at + 1) * page < number {
            body["Members@odata.nextLink"] = format!("{entries}/page{}", at + 1).into();
        }
        resources[if at == 0 { entries.to_owned() } else { format!("{entries}/page{at}") }] = body;
        for id in ids {
            let created = format!("2026-11-27T{:02}:{:02}:00Z", id / 60, id % 60);
            resources[format!("{entries}/{id}")] =
                json!({ "Id": id.to_string(), "Name": "Entry", "Message": format!("event {id}"), "Created": created });
        }
    }
    resources
}

#[tokio::test]
async fn the_newest_entries_of_a_log_are_read_without_the_others() {
    for (number, newest_first, page, last) in
        [(300, false, 1000, 5), (300, true, 1000, 5), (300, false, 100, 150), (300, true, 100, 150), (3, false, 10, 5)]
    {
        let service = service(log(number, newest_first, page));
        let host = open(&service).await;
        let before = service.requests().len();
        let found = host.event_log(EventLogQuery::last(last)).await.unwrap().value;
        let mut expected: Vec<_> = (number.saturating_sub(last) + 1..=number).map(|id| id.to_string()).collect();
        if newest_first {
            expected.reverse();
        }
        assert_eq!(found.iter().map(|entry| entry.id.clone()).collect::<Vec<_>>(), expected);
        let requests = service.requests().len() - before;
        assert!(requests <= expected.len() + 14, "{requests} requests for {last} of {number}");
    }
}

#[tokio::test]
async fn a_log_that_rolls_over_while_it_is_read_shows_what_is_left() {
    let mut resources = log(20, false, 100);
    for id in [1, 2, 3] {
        let entry = format!("/redfish/v1/Managers/1/LogServices/SEL/Entries/{id}");
        resources.as_object_mut().unwrap().remove(&entry);
    }
    let service = service(resources);
    let found = open(&service).await.event_log(EventLogQuery::all()).await.unwrap().value;
    assert_eq!((found.len(), found.missing.len()), (17, 3));
    assert!(found.missing.iter().all(|missing| missing.error.is_not_found()));
}

#[tokio::test]
async fn a_service_that_goes_away_while_it_is_read_is_not_asked_for_all_the_rest() {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    let resources = log(300, false, 1000);
    let left = Arc::new(AtomicUsize::new(30));
    let (asked, counter) = (Arc::new(AtomicUsize::new(0)), Arc::clone(&left));
    let seen = Arc::clone(&asked);
    let service = Service::start(move |_, path| {
        seen.fetch_add(1, Ordering::SeqCst);
        let is_there = counter.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok();
        match resources.get(path.split('?').next().unwrap_or_default().trim_end_matches('/')) {
            _ if !is_there => Answer::Lost,
            Some(resource) => Answer::json(resource.clone()),
            None => Answer::text(404, "text/plain", "no"),
        }
    });
    let found = open(&service).await.event_log(EventLogQuery::all()).await.unwrap().value;
    assert!(found.len() > 10 && found.len() < 30, "{}", found.len());
    let last = found.missing.last().unwrap().to_string();
    assert!(last.contains("stopped answering"), "{last}");
    assert!(asked.load(Ordering::SeqCst) < 60, "{} requests", asked.load(Ordering::SeqCst));
}

#[tokio::test]
async fn a_list_of_which_nothing_can_be_read_is_an_error_that_names_the_places() {
    let bmc = one_by_one().await;
    let host = host(&bmc.url()).await;
    bmc.faults().add(Rule::on("GET", "/redfish/v1/AccountService/Accounts/*").then(Action::Status(500)));
    let error = host.users().await.unwrap_err().to_string();
    assert!(error.contains("/redfish/v1/AccountService/Accounts/1") && error.contains("500"), "{error}");
}

#[tokio::test]
async fn collect_all_gives_what_there_is_of_any_collection() {
    let bmc: MockBmc = one_by_one().await;
    let credentials = Credentials::new("admin", "password");
    let client =
        Client::builder(&bmc.url()).credentials(credentials).retry(RetryPolicy::none()).connect().await.unwrap();
    let systems = client.root().systems().members().collect_all().await;
    assert!(systems.is_whole() && systems.len() == 1);
    for (name, action) in faults() {
        let place = format!("{SYSTEM}/Memory/DIMM_P1_B1");
        let rule = bmc.faults().add(Rule::on("GET", &place).then(action));
        let memory = systems[0].memory().members().collect_all().await;
        // An empty object is a resource, if an odd one: what it lacks is for the program to see.
        if name != "an empty object" {
            let missing: Vec<_> = memory.missing.iter().map(|missing| missing.place.as_str()).collect();
            assert_eq!((memory.len(), missing), (7, vec![place.as_str()]), "{name}");
        }
        bmc.faults().remove(rule);
    }
    // A collection that can't be read is missing itself; one that there is no link to has no members.
    bmc.faults().add(Rule::on("GET", &format!("{SYSTEM}/Memory")).then(Action::Status(500)));
    let memory = systems[0].memory().members().collect_all().await;
    assert_eq!((memory.len(), memory.missing[0].place.clone()), (0, format!("{SYSTEM}/Memory")));
    let absent = systems[0].simple_storage().members().collect_all().await;
    assert!(absent.is_whole() && absent.is_empty());
}
