//! Changes that come into force later, and restarts of the BMC.

use std::time::{Duration, Instant};

use reqwest::Method;
use rosefish_mock::MockBmc;
use serde_json::json;

use crate::support::{demo, get, log_in, patch, post, send_as};

const BIOS: &str = "/redfish/v1/Systems/1/Bios";
const SETTINGS: &str = "/redfish/v1/Systems/1/Bios/Settings";
const SYSTEM: &str = "/redfish/v1/Systems/1";
const RESET: &str = "/redfish/v1/Systems/1/Actions/ComputerSystem.Reset";
const RESTART: &str = "/redfish/v1/Managers/bmc/Actions/Manager.Reset";

#[tokio::test]
async fn attributes_come_into_force_at_the_reset() {
    let bmc = demo().await;
    let body =
        json!({ "Attributes": { "QuietBoot": false }, "@Redfish.SettingsApplyTime": { "ApplyTime": "OnReset" } });
    let written = patch(&bmc, SETTINGS, body).await;
    assert_eq!((written.status, &written.json()["Attributes"]["QuietBoot"]), (200, &json!(false)));
    assert_eq!(bmc.resource(BIOS).unwrap()["Attributes"]["QuietBoot"], true);
    post(&bmc, RESET, json!({ "ResetType": "ForceOff" })).await;
    assert_eq!(bmc.resource(BIOS).unwrap()["Attributes"]["QuietBoot"], true, "off is not a reset");
    post(&bmc, RESET, json!({ "ResetType": "On" })).await;
    let bios = bmc.resource(BIOS).unwrap();
    assert_eq!(bios["Attributes"]["QuietBoot"], false);
    assert!(bios["@Redfish.Settings"]["Time"].is_string());
    assert!(bios["@Redfish.Settings"]["Messages"][0]["MessageId"].as_str().unwrap().ends_with(".Success"));
}

#[tokio::test]
async fn attributes_are_checked_against_their_registry() {
    let bmc = demo().await;
    for (uri, attributes, expected) in [
        (SETTINGS, json!({ "Nonsense": 1 }), "PropertyUnknown"),
        (SETTINGS, json!({ "BootMode": "Uefi" }), "PropertyNotWritable"),
        (SETTINGS, json!({ "ProcHyperThreading": "Maybe" }), "PropertyValueNotInList"),
        (SETTINGS, json!({ "QuietBoot": "yes" }), "PropertyValueTypeError"),
        (SETTINGS, json!({ "NumaNodesPerSocket": 4000 }), "PropertyValueOutOfRange"),
        (BIOS, json!({ "QuietBoot": false }), "PropertyNotWritable"),
    ] {
        let answer = patch(&bmc, uri, json!({ "Attributes": attributes })).await;
        assert_eq!((answer.status, answer.message().as_str()), (400, expected), "{attributes}");
    }
    let body =
        json!({ "Attributes": { "QuietBoot": false }, "@Redfish.SettingsApplyTime": { "ApplyTime": "Immediate" } });
    let unsupported = patch(&bmc, SETTINGS, body).await;
    assert_eq!((unsupported.status, unsupported.message().as_str()), (400, "PropertyValueNotInList"));
}

#[tokio::test]
async fn where_it_is_supported_a_change_is_immediate_or_waits_for_its_time() {
    let bmc = demo().await;
    let mut bios = bmc.resource(BIOS).unwrap();
    bios["@Redfish.Settings"]["SupportedApplyTimes"] =
        json!(["Immediate", "AtMaintenanceWindowStart", "InMaintenanceWindowOnReset"]);
    bmc.set(BIOS, bios);
    let label = || bmc.resource(BIOS).unwrap()["Attributes"]["AssetLabel"].as_str().unwrap().to_owned();
    let write = |text: &'static str, when: serde_json::Value| {
        patch(&bmc, SETTINGS, json!({ "Attributes": { "AssetLabel": text }, "@Redfish.SettingsApplyTime": when }))
    };
    assert_eq!(write("now", json!({ "ApplyTime": "Immediate" })).await.status, 200);
    assert_eq!(label(), "now");
    let missing = write("x", json!({ "ApplyTime": "AtMaintenanceWindowStart" })).await;
    assert_eq!((missing.status, missing.message().as_str()), (400, "PropertyMissing"));
    let past = json!({ "ApplyTime": "AtMaintenanceWindowStart", "MaintenanceWindowStartTime": "2020-01-01T00:00:00Z" });
    assert_eq!(write("window", past).await.status, 200);
    for _ in 0..1000 {
        if label() == "window" {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(label(), "window");
    let over = json!({
        "ApplyTime": "InMaintenanceWindowOnReset", "MaintenanceWindowStartTime": "2020-01-01T00:00:00Z",
        "MaintenanceWindowDurationInSeconds": 60,
    });
    assert_eq!(write("too late", over).await.status, 200);
    post(&bmc, RESET, json!({ "ResetType": "ForceRestart" })).await;
    assert_eq!(label(), "window");
}

#[tokio::test]
async fn defaults_come_back() {
    let bmc = demo().await;
    patch(&bmc, SETTINGS, json!({ "Attributes": { "QuietBoot": false, "ProcVirtualization": "Disabled" } })).await;
    post(&bmc, RESET, json!({ "ResetType": "ForceRestart" })).await;
    assert_eq!(bmc.resource(BIOS).unwrap()["Attributes"]["QuietBoot"], false);
    assert_eq!(post(&bmc, &format!("{BIOS}/Actions/Bios.ResetBios"), json!({})).await.status, 204);
    assert_eq!(bmc.resource(BIOS).unwrap()["ResetBiosToDefaultsPending"], true);
    post(&bmc, RESET, json!({ "ResetType": "ForceRestart" })).await;
    let bios = bmc.resource(BIOS).unwrap();
    assert_eq!((&bios["ResetBiosToDefaultsPending"], &bios["Attributes"]["QuietBoot"]), (&json!(false), &json!(true)));

    patch(&bmc, SYSTEM, json!({ "Boot": { "BootOrder": ["Boot0003", "Boot0001", "Boot0002"] } })).await;
    post(&bmc, &format!("{SYSTEM}/Actions/ComputerSystem.SetDefaultBootOrder"), json!({})).await;
    assert_eq!(bmc.resource(SYSTEM).unwrap()["Boot"]["BootOrder"][0], "Boot0001");

    patch(&bmc, SYSTEM, json!({ "AssetTag": "mine" })).await;
    patch(&bmc, "/redfish/v1/Managers/bmc/EthernetInterfaces/eth0", json!({ "MTUSize": 9000 })).await;
    let reset = "/redfish/v1/Managers/bmc/Actions/Manager.ResetToDefaults";
    post(&bmc, reset, json!({ "ResetType": "PreserveNetwork" })).await;
    assert_eq!(bmc.resource(SYSTEM).unwrap()["AssetTag"], "demo rack 7");
    assert_eq!(bmc.resource("/redfish/v1/Managers/bmc/EthernetInterfaces/eth0").unwrap()["MTUSize"], 9000);
    post(&bmc, reset, json!({ "ResetType": "ResetAll" })).await;
    assert_eq!(bmc.resource("/redfish/v1/Managers/bmc/EthernetInterfaces/eth0").unwrap()["MTUSize"], 1500);
}

#[tokio::test]
async fn a_restarted_bmc_is_away_then_not_ready_then_there_without_its_sessions() {
    let bmc = MockBmc::builder()
        .plain()
        .restart_delay(Duration::from_millis(600), Duration::from_millis(1500))
        .start()
        .await
        .unwrap();
    let token = log_in(&bmc, bmc.user(), bmc.password()).await.header("x-auth-token").unwrap().to_owned();
    assert_eq!(post(&bmc, RESTART, json!({ "ResetType": "ForceRestart" })).await.status, 204);
    let http = crate::support::http();
    let (mut away, mut unready) = (false, false);
    let started = Instant::now();
    let answer = loop {
        assert!(started.elapsed() < Duration::from_secs(30), "away {away}, unready {unready}");
        match http.get(format!("{}{SYSTEM}", bmc.url())).header("X-Auth-Token", &token).send().await {
            Err(_) => away = true,
            Ok(answer) if answer.status() == 503 => {
                unready = true;
                assert!(matches!(answer.headers()["retry-after"].to_str(), Ok("1" | "2")));
            }
            Ok(answer) if !unready => assert_eq!(answer.status(), 200, "not gone yet"),
            Ok(answer) => break answer,
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    assert!(away);
    assert_eq!(answer.status(), 401, "its sessions are lost");
    let by_user = send_as(&bmc, (bmc.user(), bmc.password()), Method::GET, SYSTEM, None, &[]).await;
    assert_eq!(by_user.status, 200);
}

#[tokio::test]
async fn a_continuous_override_stays() {
    let bmc = demo().await;
    patch(&bmc, SYSTEM, json!({ "Boot": { "BootSourceOverrideTarget": "Pxe", "BootSourceOverrideEnabled": "Continuous", "BootNext": "Boot0002" } })).await;
    post(&bmc, RESET, json!({ "ResetType": "ForceRestart" })).await;
    let boot = get(&bmc, SYSTEM).await.json()["Boot"].clone();
    assert_eq!(
        (&boot["BootSourceOverrideEnabled"], &boot["BootSourceOverrideTarget"]),
        (&json!("Continuous"), &json!("Pxe"))
    );
    assert_eq!(boot["BootNext"], json!(null));
}

#[tokio::test]
async fn where_put_is_taken_it_replaces() {
    let bmc = MockBmc::builder().plain().put_only("**/Bios/Settings").put_only(SYSTEM).start().await.unwrap();
    let refused = patch(&bmc, SETTINGS, json!({ "Attributes": { "QuietBoot": false } })).await;
    assert_eq!((refused.status, refused.header("allow")), (405, Some("GET, HEAD, PUT")));
    let put = |uri: &'static str, body| crate::support::send(&bmc, Method::PUT, uri, Some(body));
    let answer = put(SETTINGS, json!({ "Attributes": { "QuietBoot": false } })).await;
    assert_eq!((answer.status, &answer.json()["Attributes"]), (200, &json!({ "QuietBoot": false })));
    let system = put(SYSTEM, json!({ "LocationIndicatorActive": true })).await.json();
    assert_eq!(
        (&system["LocationIndicatorActive"], &system["AssetTag"], &system["Model"]),
        (&json!(true), &json!(null), &json!("RF-2290"))
    );
    assert_eq!(put(BIOS, json!({ "Attributes": {} })).await.status, 405);
}
