//! All logs of a machine as one, by either protocol; and clearing the one that is named.

use rosefish::host::{Host, LogQuery, Protocol, Severity};
use rosefish::{Client, ErrorKind};
use rosefish_mock::fault::{Action, Rule};
use rosefish_mock::{MockBmc, Quirk, Tree};
use serde_json::{Value, json};

use super::{at, credentials, ipmi, nobody};

const SYSTEM: &str = "/redfish/v1/Systems/1";
const MANAGER: &str = "/redfish/v1/Managers/bmc";

fn entry(uri: &str, id: &str, created: &str, severity: &str, more: Value) -> Value {
    let mut entry = json!({ "@odata.id": format!("{uri}/Entries/{id}"), "@odata.type": "#LogEntry.v1_16_0.LogEntry", "Id": id,
        "Name": id, "EntryType": "Event", "Created": created, "Severity": severity });
    entry.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    entry
}

/// Adds a log with entries to what has logs.
fn with_log(tree: &mut Tree, owner: &str, id: &str, entries: &[(&str, &str, &str, Value)]) {
    let logs = format!("{owner}/LogServices");
    let uri = format!("{logs}/{id}");
    let mut collection = tree.json(&logs).cloned().unwrap_or_else(|| {
        json!({ "@odata.id": logs, "@odata.type": "#LogServiceCollection.LogServiceCollection", "Name": "Logs", "Members": [] })
    });
    collection["Members"].as_array_mut().unwrap().push(json!({ "@odata.id": uri }));
    collection["Members@odata.count"] = json!(collection["Members"].as_array().unwrap().len());
    tree.insert(&logs, collection);
    let mut resource = tree.json(owner).cloned().unwrap();
    resource["LogServices"] = json!({ "@odata.id": logs });
    tree.insert(owner, resource);
    let clear = json!({ "#LogService.ClearLog": { "target": format!("{uri}/Actions/LogService.ClearLog") } });
    tree.insert(
        &uri,
        json!({ "@odata.type": "#LogService.v1_5_0.LogService", "Id": id, "Name": format!("{id} of it"),
        "Entries": { "@odata.id": format!("{uri}/Entries") }, "Actions": clear }),
    );
    let members: Vec<_> =
        entries.iter().map(|(id, ..)| json!({ "@odata.id": format!("{uri}/Entries/{id}") })).collect();
    tree.insert(
        &format!("{uri}/Entries"),
        json!({ "@odata.type": "#LogEntryCollection.LogEntryCollection", "Name": "Entries",
        "Members@odata.count": members.len(), "Members": members }),
    );
    for (id, created, severity, more) in entries {
        tree.insert(&format!("{uri}/Entries/{id}"), entry(&uri, id, created, severity, more.clone()));
    }
}

fn said(text: &str) -> Value {
    json!({ "Message": text })
}

/// A machine with a log of the system, newest first, and two of the BMC, one of which is called like the system's.
async fn machine() -> (MockBmc, Host) {
    let mut tree = Tree::demo();
    for owner in [SYSTEM, MANAGER, "/redfish/v1/Chassis/1U"] {
        let mut resource = tree.json(owner).cloned().unwrap();
        resource.as_object_mut().unwrap().remove("LogServices");
        tree.insert(owner, resource);
        if let Some(mut logs) = tree.json(&format!("{owner}/LogServices")).cloned() {
            logs["Members"] = json!([]);
            tree.insert(&format!("{owner}/LogServices"), logs);
        }
    }
    let mut root = tree.json("/redfish/v1").cloned().unwrap();
    root.as_object_mut().unwrap().remove("ProtocolFeaturesSupported");
    tree.insert("/redfish/v1", root);
    with_log(
        &mut tree,
        SYSTEM,
        "IML",
        &[
            ("2", "2026-11-27T12:00:00+02:00", "Critical", said("it burns")),
            ("1", "2026-11-27T08:00:00Z", "OK", said("it starts")),
        ],
    );
    with_log(
        &mut tree,
        MANAGER,
        "Audit",
        &[
            (
                "1",
                "2026-11-27T09:00:00Z",
                "Warning",
                json!({ "MessageId": "Base.1.8.PropertyValueNotInList", "MessageArgs": ["up", "PowerState"] }),
            ),
            ("2", "2026-11-27T11:00:00Z", "OK", said("logged out")),
        ],
    );
    with_log(&mut tree, MANAGER, "SEL", &[("1", "2026-11-27T07:00:00Z", "OK", said("first"))]);
    let bmc = MockBmc::builder().tree(tree).plain().credentials("admin", "password").quirk(Quirk::ClearLogWantsTag);
    let bmc = bmc.start().await.unwrap();
    let host =
        at(&bmc.url(), nobody()).protocol(Protocol::Redfish).credentials(credentials()).connect().await.unwrap().value;
    (bmc, host)
}

async fn messages(host: &Host, query: LogQuery) -> Vec<String> {
    let found = host.log_entries(query).await.unwrap().value;
    assert!(found.is_whole(), "{:?}", found.missing);
    found.iter().map(|one| one.entry.message.clone()).collect()
}

#[tokio::test]
async fn all_logs_are_one_by_time_with_their_messages_resolved() {
    let (bmc, host) = machine().await;
    let names: Vec<_> = host.logs().await.unwrap().value.iter().map(|log| log.log.clone()).collect();
    assert_eq!(names, ["IML", "Audit", "SEL"]);
    let all = messages(&host, LogQuery::all()).await;
    assert_eq!(all.len(), 5);
    assert_eq!([&*all[0], &*all[1], &*all[3], &*all[4]], ["first", "it starts", "it burns", "logged out"]);
    assert!(all[2].contains("up") && all[2].contains("PowerState") && !all[2].contains('%'), "{}", all[2]);
    assert_eq!(messages(&host, LogQuery::all().last(1)).await, ["logged out"]);
    assert_eq!(messages(&host, LogQuery::all().since("2026-11-27T09:30:00Z")).await, ["it burns", "logged out"]);
    assert_eq!(messages(&host, LogQuery::all().at_least(Severity::Critical)).await, ["it burns"]);
    assert_eq!(messages(&host, LogQuery::of("iml")).await, ["it starts", "it burns"]);
    let unknown = host.log_entries(LogQuery::of("FDR")).await.unwrap_err();
    assert_eq!(unknown.kind(), ErrorKind::Ambiguous);
    assert!(unknown.to_string().contains("IML, Audit, SEL") && unknown.to_string().contains("--log"), "{unknown}");
    // One entry that can't be read hides no other, and no other log.
    let bad = format!("{SYSTEM}/LogServices/IML/Entries/2");
    bmc.faults().add(Rule::on("GET", &bad).then(Action::Status(404)));
    let found = host.log_entries(LogQuery::all()).await.unwrap().value;
    assert_eq!(found.len(), 4);
    assert!(found.missing.iter().map(|missing| &missing.place).eq([&bad]));
}

#[tokio::test]
async fn the_log_that_is_named_is_cleared_and_no_other() {
    let (bmc, host) = machine().await;
    let unknown = host.clear_log("FDR").await.unwrap_err();
    assert!(unknown.to_string().contains("IML, Audit, SEL"), "{unknown}");
    // This service wants the tag of the entries, which is seen from its refusal.
    let done = host.clear_log("audit").await.unwrap();
    assert_eq!((done.value.as_str(), done.sent.len()), ("Audit", 1));
    assert_eq!(messages(&host, LogQuery::all()).await, ["first", "it starts", "it burns"]);
    bmc.faults().add(Rule::on("POST", &format!("{SYSTEM}/LogServices/IML/Actions/*")).then(Action::empty(204)));
    let error = host.clear_log("IML").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotInForce, "{error}");
    assert_eq!(messages(&host, LogQuery::of("IML")).await.len(), 2);
}

#[tokio::test]
async fn by_ipmi_events_name_their_sensor_with_reading_and_threshold() {
    let bmc = ipmi().await;
    let host = at("http://127.0.0.1:1", bmc.addr().port()).protocol(Protocol::Ipmi).credentials(credentials());
    let host = host.connect().await.unwrap().value;
    let found = host.log_entries(LogQuery::all()).await.unwrap().value;
    assert!(found.is_whole() && !found.is_empty());
    let sensors: Vec<_> = host.sensors().await.unwrap().value.iter().map(|sensor| sensor.name.clone()).collect();
    let named = found.iter().filter_map(|one| one.entry.sensor.clone()).filter(|name| sensors.contains(name)).count();
    assert!(named > 0, "{:#?}", found.items);
    assert!(found.iter().all(|one| one.log == "SEL"));
    assert!(host.clear_log("IML").await.unwrap_err().to_string().contains("SEL"));
    host.clear_log("sel").await.unwrap();
    assert!(host.log_entries(LogQuery::all()).await.unwrap().value.len() <= 1);
}

#[tokio::test]
async fn a_client_reads_the_log_services_of_all_owners() {
    let (bmc, host) = machine().await;
    drop(host);
    let client = Client::builder(&bmc.url()).credentials(credentials()).connect().await.unwrap();
    let logs = client.log_services().await.unwrap();
    assert!(logs.is_whole() && logs.len() == 3, "{logs:?}");
    let bad = format!("{MANAGER}/LogServices");
    bmc.faults().add(Rule::on("GET", &bad).then(Action::Status(404)));
    let logs = client.log_services().await.unwrap();
    assert_eq!((logs.len(), logs.missing.len()), (1, 1));
    assert_eq!(logs.missing[0].place, bad);
}
