//! Firmware, virtual media and accounts.

use std::time::Duration;

use reqwest::Method;
use rosefish_mock::{MockBmc, TaskRule};
use serde_json::json;

use crate::support::{Answer, demo, get, http, log_in, patch, post, send_as};

const INVENTORY: &str = "/redfish/v1/UpdateService/FirmwareInventory";
const SIMPLE: &str = "/redfish/v1/UpdateService/Actions/UpdateService.SimpleUpdate";
const MEDIA: &str = "/redfish/v1/Systems/1/VirtualMedia/CD1";

async fn quick() -> MockBmc {
    MockBmc::builder().plain().task_duration(Duration::from_millis(50)).start().await.unwrap()
}

async fn upload(bmc: &MockBmc, path: &str, content_type: &str, body: &[u8]) -> Answer {
    let request = http().post(bmc.url() + path).basic_auth(bmc.user(), Some(bmc.password()));
    let response = request.header("Content-Type", content_type).body(body.to_vec()).send().await.unwrap();
    Answer {
        status: response.status().as_u16(),
        headers: response.headers().clone(),
        text: response.text().await.unwrap(),
    }
}

async fn version(bmc: &MockBmc, inventory: &str, expected: &str) {
    for _ in 0..2000 {
        if bmc.resource(&format!("{INVENTORY}/{inventory}")).unwrap()["Version"] == expected {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{}", bmc.resource(&format!("{INVENTORY}/{inventory}")).unwrap());
}

fn form(parameters: &str, file: &str) -> Vec<u8> {
    format!(
        "--b\r\nContent-Disposition: form-data; name=\"UpdateParameters\"\r\nContent-Type: application/json\r\n\r\n{parameters}\r\n\
         --b\r\nContent-Disposition: form-data; name=\"UpdateFile\"; filename=\"{file}\"\r\n\
         Content-Type: application/octet-stream\r\n\r\nimage\r\n--b--\r\n"
    )
    .into_bytes()
}

#[tokio::test]
async fn every_way_to_update_gives_the_inventory_another_version() {
    let bmc = quick().await;
    let uri = "/redfish/v1/UpdateService/upload";
    let accepted = upload(&bmc, uri, "multipart/form-data; boundary=b", &form("{}", "bmc-3.9.0.bin")).await;
    assert_eq!(accepted.status, 202, "{}", accepted.text);
    version(&bmc, "BMC", "3.9.0").await;
    assert_eq!(bmc.resource("/redfish/v1/Managers/bmc").unwrap()["FirmwareVersion"], "3.9.0");

    let body = json!({ "ImageURI": "https://images.example/x-2.15.0.cap", "Targets": [format!("{INVENTORY}/BIOS")] });
    assert_eq!(post(&bmc, SIMPLE, body).await.status, 202);
    version(&bmc, "BIOS", &bios("2.15.0")).await;
    assert!(bmc.resource("/redfish/v1/Systems/1").unwrap()["BiosVersion"].as_str().unwrap().ends_with(" 2.15.0"));

    assert_eq!(upload(&bmc, "/redfish/v1/UpdateService/push", "application/octet-stream", b"image").await.status, 202);
    version(&bmc, "BIOS", &bios("2.15.1")).await;
}

/// The version as the inventory of the demo tree spells it.
fn bios(number: &str) -> String {
    format!("RF2290-BIOS {number}")
}

#[tokio::test]
async fn an_update_can_wait_to_be_started() {
    let bmc = quick().await;
    let parameters =
        json!({ "Targets": [format!("{INVENTORY}/NIC1")], "@Redfish.OperationApplyTime": "OnStartUpdateRequest" });
    let body = form(&parameters.to_string(), "nic-99.1.bin");
    let accepted = upload(&bmc, "/redfish/v1/UpdateService/upload", "multipart/form-data; boundary=b", &body).await;
    assert_eq!(accepted.status, 202, "{}", accepted.text);
    tokio::time::sleep(Duration::from_millis(150)).await;
    assert_ne!(bmc.resource(&format!("{INVENTORY}/NIC1")).unwrap()["Version"], "99.1");
    let started = post(&bmc, "/redfish/v1/UpdateService/Actions/UpdateService.StartUpdate", json!({})).await;
    assert_eq!(started.status, 202, "{}", started.text);
    version(&bmc, "NIC1", "99.1").await;
}

#[tokio::test]
async fn what_is_wrong_with_an_upload_is_said_at_once() {
    let bmc = quick().await;
    let multipart = "multipart/form-data; boundary=b";
    let nowhere = form(&json!({ "Targets": ["/redfish/v1/Nowhere"] }).to_string(), "x.bin");
    let later = form(&json!({ "@Redfish.OperationApplyTime": "Tomorrow" }).to_string(), "x.bin");
    for (content_type, body, status, message) in [
        ("application/json", b"{}".to_vec(), 415, "HeaderInvalid"),
        (multipart, b"nothing".to_vec(), 400, "MissingOrMalformedPart"),
        (
            multipart,
            b"--b\r\nContent-Disposition: form-data; name=\"UpdateFile\"\r\n\r\nx\r\n--b--".to_vec(),
            400,
            "MissingOrMalformedPart",
        ),
        (multipart, form("{", "x.bin"), 400, "MalformedJSON"),
        (multipart, nowhere, 400, "ResourceMissingAtURI"),
        (multipart, later, 400, "PropertyValueNotInList"),
    ] {
        let answer = upload(&bmc, "/redfish/v1/UpdateService/upload", content_type, &body).await;
        assert_eq!(answer.message(), message, "{}", answer.text);
        assert!(answer.status == status || answer.status == 404, "{}", answer.text);
    }
    let read = get(&bmc, "/redfish/v1/UpdateService/upload").await;
    assert_eq!((read.status, read.header("allow")), (405, Some("POST")));
    let created = json!({ "UserName": "reader", "Password": "long enough", "RoleId": "ReadOnly" });
    post(&bmc, "/redfish/v1/AccountService/Accounts", created).await;
    let by_reader =
        send_as(&bmc, ("reader", "long enough"), Method::POST, "/redfish/v1/UpdateService/push", Some(json!({})), &[])
            .await;
    assert_eq!(by_reader.status, 403);
    let at_once = MockBmc::builder().plain().task(TaskRule::new("POST", "**/push").at_once()).start().await.unwrap();
    assert_eq!(upload(&at_once, "/redfish/v1/UpdateService/push", "application/octet-stream", b"x").await.status, 204);
}

#[tokio::test]
async fn media_are_inserted_and_ejected_by_patch_as_well() {
    let bmc = demo().await;
    let image = "https://images.example/os.iso";
    let inserted = patch(&bmc, MEDIA, json!({ "Image": image })).await.json();
    assert_eq!(
        (&inserted["Inserted"], &inserted["ImageName"], &inserted["ConnectedVia"]),
        (&json!(true), &json!("os.iso"), &json!("URI"))
    );
    for body in [json!({ "Image": null }), json!({ "Inserted": false })] {
        patch(&bmc, MEDIA, json!({ "Image": image })).await;
        let ejected = patch(&bmc, MEDIA, body.clone()).await.json();
        assert_eq!((&ejected["Inserted"], &ejected["Image"]), (&json!(false), &json!(null)), "{body}");
    }
    let insert = format!("{MEDIA}/Actions/VirtualMedia.InsertMedia");
    for (body, message) in [
        (json!({ "Image": "ftp://images.example/os.iso" }), "ActionParameterValueNotInList"),
        (json!({ "Image": "os.iso" }), "ActionParameterValueFormatError"),
        (json!({ "Image": "" }), "ActionParameterValueFormatError"),
    ] {
        let answer = post(&bmc, &insert, body.clone()).await;
        assert_eq!((answer.status, answer.message().as_str()), (400, message), "{body}");
    }
}

#[tokio::test]
async fn an_account_is_locked_after_wrong_logins_and_unlocked_by_time_or_hand() {
    let bmc = demo().await;
    let service =
        json!({ "AccountLockoutThreshold": 2, "AccountLockoutDuration": 1, "AccountLockoutCounterResetAfter": 30 });
    assert_eq!(patch(&bmc, "/redfish/v1/AccountService", service).await.status, 200);
    let created = json!({ "UserName": "other", "Password": "long enough", "RoleId": "Operator" });
    let account =
        post(&bmc, "/redfish/v1/AccountService/Accounts", created).await.header("location").unwrap().to_owned();
    let locked = || bmc.resource(&account).unwrap()["Locked"].as_bool().unwrap();
    assert_eq!(log_in(&bmc, "other", "wrong").await.status, 401);
    assert_eq!(log_in(&bmc, "other", "long enough").await.status, 201, "which is where counting begins again");
    for _ in 0..2 {
        assert!(!locked());
        assert_eq!(log_in(&bmc, "other", "wrong").await.status, 401);
    }
    assert!(locked());
    assert_eq!(log_in(&bmc, "other", "long enough").await.status, 401);
    patch(&bmc, &account, json!({ "Locked": false })).await;
    assert_eq!(log_in(&bmc, "other", "long enough").await.status, 201);
    for _ in 0..2 {
        log_in(&bmc, "other", "wrong").await;
    }
    assert!(locked());
    tokio::time::sleep(Duration::from_millis(1200)).await;
    assert!(!locked());
    assert_eq!(log_in(&bmc, "other", "long enough").await.status, 201);
}

#[tokio::test]
async fn a_password_is_changed_by_whoever_knows_the_own() {
    let bmc = demo().await;
    let change = "/redfish/v1/AccountService/Accounts/1/Actions/ManagerAccount.ChangePassword";
    let wrong = post(&bmc, change, json!({ "SessionAccountPassword": "guess", "NewPassword": "another one" })).await;
    assert_eq!((wrong.status, wrong.message().as_str()), (400, "ActionParameterValueError"));
    let right =
        post(&bmc, change, json!({ "SessionAccountPassword": bmc.password(), "NewPassword": "another one" })).await;
    assert_eq!(right.status, 204, "{}", right.text);
    assert_eq!(log_in(&bmc, bmc.user(), "another one").await.status, 201);
}
