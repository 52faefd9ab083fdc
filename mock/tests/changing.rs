//! PATCH, POST, DELETE and actions: what they change, and what they say where they don't.

mod support;

use std::time::{Duration, Instant};

use reqwest::Method;
use rosefish_mock::MockBmc;
use serde_json::json;
use support::{delete, demo, get, http, patch, post, send_with, small, small_tree};

const SYSTEM: &str = "/redfish/v1/Systems/1";
const RESET: &str = "/redfish/v1/Systems/1/Actions/ComputerSystem.Reset";

#[tokio::test]
async fn a_patch_changes_the_resource_and_its_tag() {
    let bmc = demo().await;
    let before = get(&bmc, SYSTEM).await;
    let body = json!({ "AssetTag": "rack 9", "Boot": { "BootSourceOverrideTarget": "Pxe", "BootSourceOverrideEnabled": "Once" } });
    let changed = patch(&bmc, SYSTEM, body).await;
    assert_eq!(changed.status, 200);
    assert_eq!(changed.json()["AssetTag"], "rack 9");
    let after = get(&bmc, SYSTEM).await;
    assert_eq!(after.json()["Boot"]["BootSourceOverrideTarget"], "Pxe");
    assert_eq!(after.json()["Boot"]["BootOrder"], before.json()["Boot"]["BootOrder"]);
    assert_ne!(after.header("etag"), before.header("etag"));
    assert_eq!(after.header("etag"), changed.header("etag"));
}

#[tokio::test]
async fn a_changed_log_entry_is_changed_in_its_collection_as_well() {
    let bmc = demo().await;
    let entries = "/redfish/v1/Systems/1/LogServices/SEL/Entries";
    assert_eq!(patch(&bmc, &format!("{entries}/2"), json!({ "Resolved": false })).await.status, 200);
    let entry = get(&bmc, &format!("{entries}/2")).await.json();
    assert_eq!((&entry["Resolved"], &get(&bmc, entries).await.json()["Members"][1]), (&json!(false), &entry));
}

#[tokio::test]
async fn an_empty_object_keeps_an_element_and_null_removes_one() {
    let bmc = demo().await;
    let uri = "/redfish/v1/Managers/bmc/NetworkProtocol";
    for (servers, expected) in [
        (json!(["a.example", "b.example"]), json!(["a.example", "b.example"])),
        (json!([{}, "c.example"]), json!(["a.example", "c.example"])),
        (json!([null, {}]), json!(["c.example"])),
    ] {
        let answer = patch(&bmc, uri, json!({ "NTP": { "NTPServers": servers } })).await;
        assert_eq!((answer.status, &answer.json()["NTP"]["NTPServers"]), (200, &expected), "{}", answer.text);
    }
}

#[tokio::test]
async fn a_patch_that_changes_nothing_says_why() {
    let bmc = demo().await;
    for (body, expected) in [
        (json!({ "Id": "2" }), "PropertyNotWritable"),
        (json!({ "Nonsense": 1 }), "PropertyUnknown"),
        (json!({ "AssetTag": [] }), "PropertyValueTypeError"),
        (json!({ "Boot": { "BootSourceOverrideTarget": "Floppy" } }), "PropertyValueNotInList"),
        (json!({ "PowerRestorePolicy": "Sometimes" }), "PropertyValueNotInList"),
        (json!({ "HostingRoles": ["ApplicationServer"] }), "PropertyNotWritable"),
        (json!({ "ProcessorSummary": { "Count": 4 } }), "PropertyNotWritable"),
        (json!({ "Manufacturer": "Somebody else" }), "PropertyNotWritable"),
        (json!({ "LocationIndicatorActive": "yes" }), "PropertyValueTypeError"),
        (json!({ "PowerOnDelaySeconds": "soon" }), "PropertyValueTypeError"),
        (json!({ "LastResetTime": "2026-01-01T00:00:00Z" }), "PropertyNotWritable"),
        (json!({}), "NoOperation"),
        (json!({ "@odata.id": "/x" }), "NoOperation"),
        (json!([]), "UnrecognizedRequestBody"),
    ] {
        let before = bmc.resource(SYSTEM);
        let answer = patch(&bmc, SYSTEM, body.clone()).await;
        assert_eq!((answer.status, answer.message().as_str()), (400, expected), "{body}");
        assert_eq!(bmc.resource(SYSTEM), before, "{body}");
    }
}

#[tokio::test]
async fn bodies_that_are_no_json_are_refused() {
    let bmc = demo().await;
    for (content_type, body, expected) in [
        ("application/json", "{", 400),
        ("application/json", "", 400),
        ("text/plain", "{\"AssetTag\":\"x\"}", 415),
        ("application/json; charset=utf-8", "{\"AssetTag\":\"x\"}", 200),
    ] {
        let request = http().patch(bmc.url() + SYSTEM).basic_auth(bmc.user(), Some(bmc.password()));
        let answer = request.header("Content-Type", content_type).body(body).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), expected, "{content_type} {body}");
    }
}

#[tokio::test]
async fn what_could_be_changed_is_changed_and_the_rest_named() {
    let bmc = demo().await;
    let answer = patch(&bmc, SYSTEM, json!({ "AssetTag": "y", "Nonsense": 1 })).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.json()["AssetTag"], "y");
    let info = &answer.json()["@Message.ExtendedInfo"];
    assert!(info[0]["MessageId"].as_str().unwrap().ends_with(".PropertyUnknown"));
    assert_eq!(info[0]["RelatedProperties"], json!(["#/Nonsense"]));
    assert!(get(&bmc, SYSTEM).await.json().get("@Message.ExtendedInfo").is_none());
}

#[tokio::test]
async fn a_lenient_service_takes_properties_that_it_does_not_show() {
    let bmc = MockBmc::builder().tree(small_tree()).plain().lenient().start().await.unwrap();
    assert_eq!(patch(&bmc, SYSTEM, json!({ "AssetTag": "new" })).await.status, 200);
    assert_eq!(bmc.resource(SYSTEM).unwrap()["AssetTag"], "new");
}

#[tokio::test]
async fn a_stale_tag_stops_changes() {
    let bmc = demo().await;
    let volume = "/redfish/v1/Systems/1/Storage/1/Volumes/1";
    for (method, path, body) in
        [(Method::PATCH, SYSTEM, Some(json!({ "AssetTag": "z" }))), (Method::DELETE, volume, None)]
    {
        let stale = send_with(&bmc, method.clone(), path, body.clone(), &[("If-Match", "\"stale\"")]).await;
        assert_eq!((stale.status, stale.message().as_str()), (412, "PreconditionFailed"), "{method}");
        let tag = get(&bmc, path).await.header("etag").unwrap().to_owned();
        let current = send_with(&bmc, method.clone(), path, body, &[("If-Match", &tag)]).await;
        assert!(current.status == 200 || current.status == 204, "{method}: {}", current.text);
    }
    assert_eq!(get(&bmc, volume).await.status, 404);
}

#[tokio::test]
async fn what_is_deleted_is_not_linked_any_more() {
    let bmc = demo().await;
    let drive = "/redfish/v1/Chassis/1U/Drives/Bay2";
    assert_eq!(get(&bmc, drive).await.json()["Links"]["Volumes@odata.count"], 1);
    let volume = "/redfish/v1/Systems/1/Storage/1/Volumes/2";
    let deleted = send_with(&bmc, Method::DELETE, volume, None, &[]).await;
    assert!(deleted.status == 200 || deleted.status == 204, "{}", deleted.text);
    let links = get(&bmc, drive).await.json()["Links"].clone();
    assert_eq!((&links["Volumes"], &links["Volumes@odata.count"]), (&json!([]), &json!(0)));
}

#[tokio::test]
async fn members_are_created_and_deleted() {
    let bmc = demo().await;
    let subscriptions = "/redfish/v1/EventService/Subscriptions";
    let before = get(&bmc, subscriptions).await.json()["Members@odata.count"].as_u64().unwrap();
    let body = json!({
        "Destination": "https://listener.example/events", "Protocol": "Redfish", "Context": "mine",
        "HttpHeaders": [{ "Authorization": "secret" }],
    });
    let created = post(&bmc, subscriptions, body.clone()).await;
    assert_eq!(created.status, 201, "{}", created.text);
    let location = created.header("location").unwrap().to_owned();
    let member = get(&bmc, &location).await;
    assert_eq!(member.json(), created.json());
    assert_eq!(member.json()["Context"], "mine");
    assert!(!member.text.contains("secret"));
    assert_eq!(member.header("allow"), Some("GET, HEAD, PATCH, DELETE"));
    assert_eq!(get(&bmc, subscriptions).await.json()["Members@odata.count"], before + 1);

    let by_members = post(&bmc, &format!("{subscriptions}/Members"), body).await;
    assert_ne!(by_members.header("location"), Some(location.as_str()));

    assert_eq!(delete(&bmc, &location).await.status, 204);
    assert_eq!(delete(&bmc, &location).await.status, 404);
    assert_eq!(get(&bmc, subscriptions).await.json()["Members@odata.count"], before + 1);
    for (name, value) in [("Protocol", "FTP"), ("Destination", "nowhere")] {
        let mut wrong = json!({ "Destination": "https://listener.example/", "Protocol": "Redfish" });
        wrong[name] = value.into();
        assert_eq!(post(&bmc, subscriptions, wrong).await.status, 400, "{name}");
    }
    for (name, value, message) in [
        ("Nonsense", json!(1), "PropertyUnknown"),
        ("Context", json!(1), "PropertyValueTypeError"),
        ("EventFormatType", json!("Telegram"), "PropertyValueNotInList"),
        ("RegistryPrefixes", json!(["Base", "Nonsense"]), "PropertyValueNotInList"),
        ("ResourceTypes", json!(["Toaster"]), "PropertyValueNotInList"),
    ] {
        let mut wrong = json!({ "Destination": "https://listener.example/", "Protocol": "Redfish" });
        wrong[name] = value;
        let answer = post(&bmc, subscriptions, wrong).await;
        assert_eq!((answer.status, answer.message().as_str()), (400, message), "{name}");
    }
    let incomplete = post(&bmc, subscriptions, json!({ "Context": "mine" })).await;
    assert_eq!((incomplete.status, incomplete.message().as_str()), (400, "CreateFailedMissingReqProperties"));
    assert!(incomplete.json()["error"]["code"].as_str().unwrap().ends_with("GeneralError"), "two are missing");
}

#[tokio::test]
async fn roles_of_the_standard_stay_and_others_come_and_go() {
    let bmc = demo().await;
    let roles = "/redfish/v1/AccountService/Roles";
    assert_eq!(delete(&bmc, &format!("{roles}/Administrator")).await.status, 405);
    let body = json!({ "RoleId": "Auditor", "AssignedPrivileges": ["Login"] });
    let created = post(&bmc, roles, body.clone()).await;
    assert_eq!((created.status, created.header("location")), (201, Some("/redfish/v1/AccountService/Roles/Auditor")));
    assert_eq!(post(&bmc, roles, body).await.status, 409);
    assert_eq!(delete(&bmc, &format!("{roles}/Auditor")).await.status, 204);
}

#[tokio::test]
async fn a_reset_changes_the_power_state_at_once() {
    let bmc = demo().await;
    for (reset_type, expected) in [
        ("ForceOff", "Off"),
        ("On", "On"),
        ("PushPowerButton", "Off"),
        ("ForceOn", "On"),
        ("PowerCycle", "On"),
        ("GracefulShutdown", "Off"),
    ] {
        assert_eq!(post(&bmc, RESET, json!({ "ResetType": reset_type })).await.status, 204, "{reset_type}");
        assert_eq!(bmc.resource(SYSTEM).unwrap()["PowerState"], expected, "{reset_type}");
    }
}

#[tokio::test]
async fn a_reset_with_a_delay_shows_the_way_there() {
    let delay = Duration::from_millis(800);
    let bmc = MockBmc::builder().plain().power_delay(delay).start().await.unwrap();
    let power = || bmc.resource(SYSTEM).unwrap()["PowerState"].as_str().unwrap().to_owned();
    assert_eq!(post(&bmc, RESET, json!({ "ResetType": "PowerCycle" })).await.status, 204);
    assert_eq!(power(), "PoweringOff");
    let busy = post(&bmc, RESET, json!({ "ResetType": "On" })).await;
    assert_eq!((busy.status, busy.message().as_str()), (409, "ResourceInUse"));
    let mut seen = vec![power()];
    let started = Instant::now();
    while power() != "On" && started.elapsed() < Duration::from_secs(10) {
        tokio::time::sleep(Duration::from_millis(10)).await;
        seen.push(power());
    }
    seen.dedup();
    assert_eq!(seen, ["PoweringOff", "PoweringOn", "On"]);
}

#[tokio::test]
async fn a_boot_override_for_once_is_over_after_a_reset() {
    let bmc = demo().await;
    patch(&bmc, SYSTEM, json!({ "Boot": { "BootSourceOverrideTarget": "Pxe", "BootSourceOverrideEnabled": "Once" } }))
        .await;
    post(&bmc, RESET, json!({ "ResetType": "ForceRestart" })).await;
    let boot = &bmc.resource(SYSTEM).unwrap()["Boot"];
    assert_eq!(
        (&boot["BootSourceOverrideEnabled"], &boot["BootSourceOverrideTarget"]),
        (&json!("Disabled"), &json!("None"))
    );
}

#[tokio::test]
async fn actions_that_cannot_be_say_why() {
    let bmc = demo().await;
    for (path, body, status, message) in [
        (RESET, json!({ "ResetType": "Suspend" }), 400, "ActionParameterValueNotInList"),
        (RESET, json!({ "ResetKind": "On" }), 400, "ActionParameterUnknown"),
        (RESET, json!({ "ResetType": 1 }), 400, "ActionParameterValueTypeError"),
        (RESET, json!([]), 400, "UnrecognizedRequestBody"),
        ("/redfish/v1/Systems/1/Actions/ComputerSystem.Nothing", json!({}), 404, "ActionNotSupported"),
        ("/redfish/v1/Nowhere/Actions/ComputerSystem.Reset", json!({}), 404, "ResourceMissingAtURI"),
        (
            "/redfish/v1/Managers/bmc/Actions/Manager.Reset",
            json!({ "ResetType": "Nmi" }),
            400,
            "ActionParameterValueNotInList",
        ),
        (
            "/redfish/v1/Systems/1/VirtualMedia/CD1/Actions/VirtualMedia.InsertMedia",
            json!({}),
            400,
            "ActionParameterMissing",
        ),
    ] {
        let answer = post(&bmc, path, body.clone()).await;
        assert_eq!((answer.status, answer.message().as_str()), (status, message), "{path} {body}");
    }
    let read = get(&bmc, RESET).await;
    assert_eq!((read.status, read.header("allow")), (405, Some("POST")));
}

#[tokio::test]
async fn simple_actions_do_what_they_say() {
    let bmc = demo().await;
    let media = "/redfish/v1/Systems/1/VirtualMedia/CD1";
    let insert = format!("{media}/Actions/VirtualMedia.InsertMedia");
    assert_eq!(post(&bmc, &insert, json!({ "Image": "http://images.example/a.iso" })).await.status, 204);
    let shown = bmc.resource(media).unwrap();
    assert_eq!((&shown["Inserted"], &shown["ImageName"]), (&json!(true), &json!("a.iso")));
    let eject = format!("{media}/Actions/VirtualMedia.EjectMedia");
    let empty = send_with(&bmc, Method::POST, &eject, None, &[]).await;
    assert_eq!(empty.status, 204, "an action without parameters takes no body");
    assert_eq!(bmc.resource(media).unwrap()["Image"], json!(null));

    let log = "/redfish/v1/Systems/1/LogServices/SEL";
    assert_eq!(post(&bmc, &format!("{log}/Actions/LogService.ClearLog"), json!({})).await.status, 204);
    assert_eq!(get(&bmc, &format!("{log}/Entries")).await.json()["Members@odata.count"], 0);

    let order = format!("{SYSTEM}/Actions/ComputerSystem.SetDefaultBootOrder");
    assert_eq!(post(&bmc, &order, json!({})).await.status, 204);
}

#[tokio::test]
async fn a_tree_without_actions_offers_none() {
    let bmc = small().await;
    assert_eq!(post(&bmc, RESET, json!({ "ResetType": "On" })).await.status, 404);
}
