//! Operations that take time.

use std::time::Duration;

use reqwest::Method;
use rosefish_mock::{MockBmc, TaskRule};
use serde_json::{Value, json};

use crate::support::{Answer, delete, get, post, send};

const UPDATE: &str = "/redfish/v1/UpdateService/Actions/UpdateService.SimpleUpdate";
const VOLUMES: &str = "/redfish/v1/Systems/1/Storage/1/Volumes";

async fn with(rule: TaskRule) -> MockBmc {
    MockBmc::builder().plain().task_duration(Duration::from_millis(400)).task(rule).start().await.unwrap()
}

/// Asks a monitor until it has the answer; the percentages on the way.
async fn wait(bmc: &MockBmc, monitor: &str) -> (Answer, Vec<u64>) {
    let mut seen = Vec::new();
    for _ in 0..2000 {
        let answer = get(bmc, monitor).await;
        if answer.status != 202 {
            seen.dedup();
            return (answer, seen);
        }
        seen.push(answer.json()["PercentComplete"].as_u64().unwrap());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the task doesn't end: {seen:?}");
}

#[tokio::test]
async fn a_creation_as_a_task_ends_with_the_new_resource() {
    let bmc = with(TaskRule::new("POST", "**/Volumes")).await;
    let before = bmc.resource(VOLUMES).unwrap()["Members@odata.count"].clone();
    let body = json!({ "Name": "scratch", "RAIDType": "RAID0", "Oem": { "Acme": { "Password": "hidden" } } });
    let accepted = post(&bmc, VOLUMES, body).await;
    assert_eq!((accepted.status, accepted.header("retry-after")), (202, Some("1")), "{}", accepted.text);
    let monitor = accepted.header("location").unwrap().to_owned();
    let task = accepted.json();
    assert_eq!((&task["TaskState"], &task["TaskMonitor"]), (&json!("Running"), &json!(monitor)));
    assert_eq!(task["Payload"]["TargetUri"], VOLUMES);
    assert!(!accepted.text.contains("hidden"));
    assert_eq!(bmc.resource(VOLUMES).unwrap()["Members@odata.count"], before, "not yet");

    let uri = task["@odata.id"].as_str().unwrap();
    assert_ne!(uri, monitor);
    let (answer, seen) = wait(&bmc, &monitor).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    let created = answer.header("location").unwrap();
    assert_eq!(get(&bmc, created).await.json()["RAIDType"], "RAID0");
    assert!(seen.len() > 1 && seen.is_sorted(), "{seen:?}");
    assert_eq!(get(&bmc, &monitor).await.status, 410, "the answer is given once");
    let ended = get(&bmc, uri).await.json();
    assert_eq!((&ended["TaskState"], &ended["PercentComplete"]), (&json!("Completed"), &json!(100)));
    assert!(ended["EndTime"].is_string());
    assert_eq!(delete(&bmc, uri).await.status, 204);
}

#[tokio::test]
async fn what_would_be_refused_is_refused_at_once() {
    let bmc = with(TaskRule::new("PATCH", "/redfish/v1/Systems/1")).await;
    let tasks = || bmc.resource("/redfish/v1/TaskService/Tasks").unwrap()["Members@odata.count"].clone();
    let before = tasks();
    let refused = send(&bmc, Method::PATCH, "/redfish/v1/Systems/1", Some(json!({ "Id": "x" }))).await;
    assert_eq!((refused.status, refused.message().as_str()), (400, "PropertyNotWritable"));
    assert_eq!(post(&bmc, UPDATE, json!({})).await.status, 400);
    assert_eq!(tasks(), before);
}

#[tokio::test]
async fn a_failing_operation_is_an_exception_with_its_error_at_the_monitor() {
    let bmc = with(TaskRule::new("POST", "**/UpdateService.SimpleUpdate").fails("the image is damaged")).await;
    let accepted = post(&bmc, UPDATE, json!({ "ImageURI": "http://images.example/x.bin" })).await;
    assert_eq!(accepted.status, 202, "{}", accepted.text);
    let (answer, _) = wait(&bmc, accepted.header("location").unwrap()).await;
    assert_eq!((answer.status, answer.message().as_str()), (500, "OperationFailed"));
    assert!(answer.text.contains("the image is damaged"));
    let task = get(&bmc, accepted.json()["@odata.id"].as_str().unwrap()).await.json();
    assert_eq!((&task["TaskState"], &task["TaskStatus"]), (&json!("Exception"), &json!("Warning")));
    assert_ne!(task["PercentComplete"], 100);
}

#[tokio::test]
async fn a_cancelled_task_changes_nothing() {
    let bmc = with(TaskRule::new("PATCH", "/redfish/v1/Systems/1").takes(Duration::from_millis(1500))).await;
    let before = bmc.resource("/redfish/v1/Systems/1").unwrap()["AssetTag"].clone();
    let mut tasks = Vec::new();
    for by_monitor in [true, false] {
        let patch = Some(json!({ "AssetTag": "later" }));
        let accepted = send(&bmc, Method::PATCH, "/redfish/v1/Systems/1", patch).await;
        assert_eq!(accepted.status, 202, "{}", accepted.text);
        let task = accepted.json()["@odata.id"].as_str().unwrap().to_owned();
        let monitor = accepted.header("location").unwrap().to_owned();
        assert_eq!(delete(&bmc, if by_monitor { &monitor } else { &task }).await.status, 204);
        assert_eq!(get(&bmc, &monitor).await.status, 410);
        tasks.push(get(&bmc, &task).await);
    }
    assert_eq!(tasks[0].json()["TaskState"], "Cancelled");
    assert_eq!(tasks[1].status, 404);
    tokio::time::sleep(Duration::from_millis(1800)).await;
    assert_eq!(bmc.resource("/redfish/v1/Systems/1").unwrap()["AssetTag"], before);
}

#[tokio::test]
async fn a_job_is_where_it_says_and_a_forgotten_task_nowhere() {
    let bmc = with(TaskRule::new("POST", "**/Bios.ResetBios").as_job().retry_after(None)).await;
    let accepted = post(&bmc, "/redfish/v1/Systems/1/Bios/Actions/Bios.ResetBios", json!({})).await;
    assert_eq!((accepted.status, accepted.header("retry-after")), (202, None));
    let job = accepted.header("location").unwrap();
    assert!(job.starts_with("/redfish/v1/JobService/Jobs/"), "{job}");
    assert_eq!(get(&bmc, job).await.json()["JobState"], "Running");
    tokio::time::sleep(Duration::from_millis(1500)).await;
    assert_eq!(get(&bmc, job).await.json()["JobState"], "Completed");

    let bmc = with(TaskRule::new("POST", "**/Bios.ResetBios").forgotten()).await;
    let accepted = post(&bmc, "/redfish/v1/Systems/1/Bios/Actions/Bios.ResetBios", json!({})).await;
    let task = accepted.json();
    let (answer, _) = wait(&bmc, accepted.header("location").unwrap()).await;
    assert_eq!(answer.status, 404);
    assert_eq!(get(&bmc, task["@odata.id"].as_str().unwrap()).await.status, 404);
}

#[tokio::test]
async fn a_tree_without_a_task_service_does_everything_at_once() {
    let bmc = MockBmc::builder().plain().task(TaskRule::new("PATCH", "**")).start().await.unwrap();
    let mut root = bmc.resource("/redfish/v1").unwrap();
    root.as_object_mut().unwrap().remove("Tasks");
    bmc.set("/redfish/v1", root);
    let patched = send(&bmc, Method::PATCH, "/redfish/v1/Systems/1", Some(json!({ "AssetTag": "now" }))).await;
    assert_eq!((patched.status, &patched.json()["AssetTag"]), (200, &Value::from("now")));
}

#[tokio::test]
async fn an_operation_can_wait_for_the_reset() {
    let bmc = MockBmc::builder().plain().task_duration(Duration::from_millis(50)).start().await.unwrap();
    let volume = |when: &str| json!({ "RAIDType": "RAID1", "@Redfish.OperationApplyTime": when });
    assert_eq!(post(&bmc, VOLUMES, volume("Immediate")).await.status, 201);
    let never = post(&bmc, VOLUMES, volume("AtMaintenanceWindowStart")).await;
    assert_eq!((never.status, never.message().as_str()), (400, "PropertyValueNotInList"));
    let accepted = post(&bmc, VOLUMES, volume("OnReset")).await;
    assert_eq!((accepted.status, &accepted.json()["TaskState"]), (202, &json!("Pending")));
    let monitor = accepted.header("location").unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(get(&bmc, monitor).await.status, 202);
    post(&bmc, "/redfish/v1/Systems/1/Actions/ComputerSystem.Reset", json!({ "ResetType": "ForceRestart" })).await;
    assert_eq!(wait(&bmc, monitor).await.0.status, 201);
}

#[tokio::test]
async fn a_collection_says_what_its_new_members_need() {
    let bmc = MockBmc::builder().plain().start().await.unwrap();
    assert_eq!(post(&bmc, VOLUMES, json!({ "DisplayName": "x" })).await.status, 201);
    let mut needs = bmc.resource(&format!("{VOLUMES}/Capabilities")).unwrap();
    needs["RAIDType@Redfish.RequiredOnCreate"] = true.into();
    bmc.set(&format!("{VOLUMES}/Capabilities"), needs);
    for (body, message) in [
        (json!({ "DisplayName": "x" }), "CreateFailedMissingReqProperties"),
        (json!({ "RAIDType": "RAID6" }), "PropertyValueNotInList"),
    ] {
        let refused = post(&bmc, VOLUMES, body).await;
        assert_eq!((refused.status, refused.message().as_str()), (400, message));
    }
    for _ in 0..13 {
        assert_eq!(post(&bmc, VOLUMES, json!({ "RAIDType": "RAID0" })).await.status, 201);
    }
    let full = post(&bmc, VOLUMES, json!({ "RAIDType": "RAID0" })).await;
    assert_eq!((full.status, full.message().as_str()), (400, "CreateLimitReachedForResource"));
}

#[tokio::test]
async fn a_job_of_a_client_does_what_its_payload_says() {
    let bmc = MockBmc::builder().plain().task_duration(Duration::from_millis(50)).start().await.unwrap();
    let system = "/redfish/v1/Systems/1";
    let job = |tag: &str, start: Option<&str>| {
        let payload = json!({ "HttpOperation": "PATCH", "TargetUri": system, "JsonBody": json!({ "AssetTag": tag }).to_string() });
        let mut job = json!({ "Name": "tag it", "Payload": payload });
        if let Some(start) = start {
            job["Schedule"] = json!({ "InitialStartTime": start });
        }
        job
    };
    let jobs = "/redfish/v1/JobService/Jobs";
    let created = post(&bmc, jobs, job("by a job", None)).await;
    assert_eq!(created.status, 201, "{}", created.text);
    let uri = created.header("location").unwrap().to_owned();
    for _ in 0..2000 {
        if bmc.resource(&uri).unwrap()["JobState"] == "Completed" {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(bmc.resource(system).unwrap()["AssetTag"], "by a job");
    let waiting = post(&bmc, jobs, job("never", Some("2999-01-01T00:00:00Z"))).await;
    let uri = waiting.header("location").unwrap().to_owned();
    assert_eq!(bmc.resource(&uri).unwrap()["JobState"], "Pending");
    assert_eq!(post(&bmc, &format!("{uri}/Actions/Job.Cancel"), json!({})).await.status, 204);
    assert_eq!(bmc.resource(&uri).unwrap()["JobState"], "Cancelled");
}
