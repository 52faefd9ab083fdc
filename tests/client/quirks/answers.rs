//! Answers that are not what the standard has.

use std::time::Duration;

use rosefish::ErrorKind;
use rosefish::schema::resource::ResetType;
use rosefish::schema::{Chassis, ComputerSystem, Memory, SensorCollection, UpdateService};
use rosefish_mock::MockBmc;
use rosefish_mock::fault::{Action, Answer, Rule};
use serde_json::{Value, json};

use super::{SYSTEM, started, system, tag};
use crate::{all_ended, builder};

const SENSORS: &str = "/redfish/v1/Chassis/1U/Sensors";
const RESET: &str = "/redfish/v1/Systems/1/Actions/ComputerSystem.Reset";

#[tokio::test]
async fn collections_without_members_are_empty() {
    let (mock, bmc) = started(MockBmc::builder()).await;
    for odd in [
        json!({ "Members": null }),
        json!({ "Members": null, "Members@odata.count": null }),
        json!({ "Members": null, "Members@odata.count": 3 }),
        json!({ "Members": [], "Members@odata.count": "0" }),
    ] {
        mock.faults().clear();
        mock.faults().add(Rule::on("GET", SENSORS).then(Action::Merge(odd.clone())));
        let chassis = bmc.get::<Chassis>("/redfish/v1/Chassis/1U").await.unwrap();
        let members: Vec<_> = chassis.sensors().members().try_collect().await.unwrap();
        assert!(members.is_empty(), "{odd}");
    }
    // A merge patch can't write a null; a resource can.
    let mut collection = mock.resource(SENSORS).unwrap();
    collection["Members"] = Value::Null;
    mock.faults().clear();
    mock.set(SENSORS, collection);
    let collection = bmc.get::<SensorCollection>(SENSORS).await.unwrap();
    assert!(collection.members().try_next().await.unwrap().is_none());
}

#[tokio::test]
async fn odd_tags_in_bodies_are_used_and_broken_ones_told() {
    let (mock, bmc) = started(MockBmc::builder()).await;
    for (header, body) in [
        (Some("1594839102"), json!(1_594_839_102)),
        (None, json!(1_594_839_102)),
        (None, json!("1594839102")),
        (Some("abc"), json!("abc")),
    ] {
        mock.faults().clear();
        let shown = match header {
            Some(text) => Action::Header("ETag".into(), text.into()),
            None => Action::WithoutHeader("ETag".into()),
        };
        let merge = Action::Merge(json!({ "@odata.etag": body }));
        mock.faults().add(Rule::on("GET", SYSTEM).then(shown).then(merge));
        // As the service has it, and in no other form.
        mock.faults().add(Rule::on("PATCH", SYSTEM).header("If-Match", "*159*").then(Action::empty(204)));
        mock.faults().add(Rule::on("PATCH", SYSTEM).header("If-Match", "*abc*").then(Action::empty(204)));
        mock.faults().add(Rule::on("PATCH", SYSTEM).then(Action::Status(428)));
        let _ = tag(&bmc, "rack 7").await.unwrap_or_else(|error| panic!("{header:?} {body}: {error}"));
    }
    // Quotes that nobody escaped break the JSON, and no more than this one resource.
    mock.faults().clear();
    let members = mock.resource(SENSORS).unwrap()["Members"].as_array().unwrap().clone();
    let broken = members[1]["@odata.id"].as_str().unwrap();
    let text = r#"{"@odata.id":"/x","@odata.etag":"W/"12345"","Id":"1"}"#;
    let answer = Answer::new(200).header("Content-Type", "application/json").body(text);
    mock.faults().add(Rule::on("GET", broken).then(Action::Answer(answer)));
    let mut sensors = bmc.get::<SensorCollection>(SENSORS).await.unwrap().members();
    let (mut good, mut bad) = (0, Vec::new());
    while let Some(sensor) = sensors.next().await {
        match sensor {
            Ok(_) => good += 1,
            Err(error) => bad.push(error),
        }
    }
    assert_eq!((good, bad.len()), (members.len() - 1, 1));
    assert_eq!(bad[0].kind(), ErrorKind::Decode);
    assert!(bad[0].uri() == Some(broken) && bad[0].to_string().contains("12345"), "{}", bad[0]);
}

#[tokio::test]
async fn a_root_that_names_nothing_is_enough() {
    let mock = MockBmc::start().await.unwrap();
    for missing in [
        json!({ "Links": null }),
        json!({ "Links": null, "SessionService": null, "Name": null, "Id": null, "@odata.type": null }),
    ] {
        mock.faults().clear();
        mock.faults().add(Rule::on("GET", "/redfish/v1").then(Action::Merge(missing.clone())));
        let bmc = builder(&mock).connect().await.unwrap_or_else(|error| panic!("{missing}: {error}"));
        assert!(bmc.root().systems().members().try_next().await.unwrap().is_some(), "{missing}");
        drop(bmc);
        all_ended(&mock).await;
    }
}

#[tokio::test]
async fn actions_are_found_or_missed_before_anything_is_sent() {
    let (mock, bmc) = started(MockBmc::builder()).await;
    let original = mock.resource(SYSTEM).unwrap();
    let mut capital = original.clone();
    capital["Actions"] =
        json!({ "#ComputerSystem.Reset": { "Target": RESET, "ResetType@Redfish.AllowableValues": ["ForceOff"] } });
    mock.set(SYSTEM, capital);
    system(&bmc).await.reset(ResetType::ForceOff).await.unwrap();
    mock.requests().to("POST", RESET).assert_once();

    let mut without = original;
    without.as_object_mut().unwrap().remove("Actions");
    mock.set(SYSTEM, without);
    let system = system(&bmc).await;
    assert!(!system.reset(ResetType::On).is_supported());
    let error = system.reset(ResetType::On).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Missing, "{error}");
    mock.requests().to("POST", RESET).assert_once();
}

#[tokio::test]
async fn errors_are_understood_in_every_shape() {
    let (mock, bmc) = started(MockBmc::builder()).await;
    let info =
        json!({ "MessageId": "SYS.1.0.SYS403", "Message": "Fan 3 is in the way.", "RelatedProperties": ["/Boot"] });
    let json = |body: Value| Answer::new(400).json(body);
    let cases = [
        // A42, A43: an object for an array; no code; at the top.
        (json(json!({ "error": { "@Message.ExtendedInfo": info } })), Some("/Boot")),
        (json(json!({ "error": { "@Message.ExtendedInfo": [info] } })), Some("/Boot")),
        (json(json!({ "@Message.ExtendedInfo": [info] })), Some("/Boot")),
        (json(json!({ "error": { "code": "X", "message": "Fan 3 is in the way." } })), None),
        // A44: with a number sign; as HTML; not as JSON.
        (
            json(
                json!({ "error": { "@Message.ExtendedInfo": [{ "MessageId": "X", "Message": "Fan 3 is in the way.", "RelatedProperties": ["#/Boot"] }] } }),
            ),
            Some("/Boot"),
        ),
        (Answer::new(400).header("Content-Type", "text/html").body("<html><h1>Fan 3 is in the way.</h1></html>"), None),
        (Answer::new(400).body("Fan 3 is in the way."), None),
        (Answer::new(400).header("Content-Type", "application/json").body("{\"error\": Fan 3 is in the way."), None),
    ];
    for (number, (answer, related)) in cases.into_iter().enumerate() {
        mock.faults().clear();
        mock.faults().add(Rule::on("PATCH", SYSTEM).then(Action::Answer(answer)));
        let error = tag(&bmc, "x").await.unwrap_err();
        assert_eq!(error.status(), Some(400), "{number}");
        assert!(error.to_string().contains("Fan 3 is in the way."), "{number}: {error}");
        assert_eq!(error.related_properties().next(), related, "{number}");
    }
    // Nothing at all is not much, but the status is reported.
    for status in [400, 500, 504] {
        mock.faults().clear();
        mock.faults().add(Rule::on("PATCH", SYSTEM).then(Action::empty(status)));
        let error = tag(&bmc, "x").await.unwrap_err();
        assert!(error.status() == Some(status) && error.to_string().contains("empty"), "{error}");
    }
    // Where JSON was due, too.
    mock.faults().clear();
    mock.faults().add(Rule::on("GET", SYSTEM).then(Action::html(200)));
    let error = bmc.get::<ComputerSystem>(SYSTEM).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    for part in ["200", "text/html", "<h1>OK</h1>"] {
        assert!(error.to_string().contains(part), "{part}: {error}");
    }
}

#[tokio::test]
async fn a_task_may_be_named_in_the_answers_body() {
    let (mock, bmc) = started(MockBmc::builder()).await;
    let task = "/redfish/v1/TaskService/Tasks/1234";
    let accepted = json!({ "Accepted": {
        "code": "Base.v1_4_0.Accepted", "Message": "The update was accepted.",
        "@Message.ExtendedInfo": [{ "MessageId": "SMC.v1_0_0.OemSimpleupdateAcceptedMessage", "MessageArgs": [task] }],
    } });
    mock.faults().add(Rule::on("POST", "**/UpdateService.SimpleUpdate").then(Action::json(202, accepted)));
    let shown = |state: &str| json!({ "@odata.id": task, "Id": "1234", "Name": "Update", "TaskState": state, "PercentComplete": 0 });
    mock.faults().add(Rule::on("GET", task).times(2).then(Action::json(200, shown("Running"))));
    mock.faults().add(Rule::on("GET", task).then(Action::json(200, shown("Completed"))));
    let update = bmc.get::<UpdateService>("/redfish/v1/UpdateService").await.unwrap();
    let started = update.simple_update("https://192.0.2.1/bios.bin").await.unwrap().task.unwrap();
    assert!([started.handle().task(), started.handle().monitor()].contains(&Some(task)), "{:?}", started.handle());
    started.every(Duration::from_millis(10)).wait(Duration::from_secs(5)).await.unwrap();
    assert!(mock.requests().to("GET", task).len() >= 3);
}

#[tokio::test]
async fn links_lead_on_however_they_are_written() {
    let (mock, bmc) = started(MockBmc::builder()).await;
    let original = mock.resource(SYSTEM).unwrap();
    let bios = "/redfish/v1/Systems/1/Bios";
    for (link, works) in [
        (json!({ "@odata.id": bios }), true),
        (json!({ "@odata.id": format!("{bios}/") }), true),
        (json!({ "@odata.id": format!("{}{bios}", mock.url()) }), true),
        (json!({ "@odata.id": "" }), false),
        (json!({ "@odata.id": "F0" }), false),
        (json!({}), false),
    ] {
        let mut changed = original.clone();
        changed["Bios"] = link.clone();
        mock.set(SYSTEM, changed);
        mock.clear_requests();
        let system = system(&bmc).await;
        let followed = system.bios().await;
        assert_eq!(followed.is_ok(), works, "{link}: {followed:?}");
        if !works {
            assert_eq!(mock.request_count(), 1, "{link}: nobody was asked");
        }
    }
    // A53: what a resource says that it is may be anything; the link knows better.
    let memory = mock.resource(SYSTEM).unwrap()["Memory"]["@odata.id"].as_str().unwrap().to_owned();
    let dimm = mock.resource(&memory).unwrap()["Members"][0]["@odata.id"].as_str().unwrap().to_owned();
    for said in [
        json!("#Memory.Memory"),
        json!("Memory.v1_3_0.Memory"),
        json!("#Memory.1.0.0.Memory"),
        json!("#Memory.v1_8_0_.Memory"),
        json!(""),
        Value::Null,
    ] {
        mock.faults().clear();
        mock.faults().add(Rule::on("GET", &dimm).then(Action::Merge(json!({ "@odata.type": said }))));
        let found = bmc.get::<Memory>(&dimm).await.unwrap();
        assert!(found.capacity_mib.is_some(), "{said}");
    }
}
