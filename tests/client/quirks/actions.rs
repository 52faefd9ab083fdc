//! Actions, and what continues after them.

use std::time::Duration;

use rosefish::schema::resource::ResetType;
use rosefish::schema::{Bios, ComputerSystem, LogService, Manager, UpdateService, VirtualMedia};
use rosefish::{ErrorKind, RetryPolicy, TaskHandle};
use rosefish_mock::fault::{Action, Answer, Rule};
use rosefish_mock::{MockBmc, Quirk, TaskRule};
use serde_json::json;

use super::{SYSTEM, started, system, with};
use crate::builder;

const MEDIA: &str = "/redfish/v1/Systems/1/VirtualMedia/CD1";
const IMAGE: &str = "https://192.0.2.1/boot.iso";
const MANAGER: &str = "/redfish/v1/Managers/bmc";
const UPDATE: &str = "/redfish/v1/UpdateService";
const SOON: Duration = Duration::from_millis(20);
const LONG: Duration = Duration::from_secs(10);

#[tokio::test]
async fn actions_are_without_if_match() {
    let (mock, bmc) = with(Quirk::NoTagsOnActions).await;
    system(&bmc).await.reset(ResetType::ForceRestart).await.unwrap();
    mock.requests().to("POST", "**/ComputerSystem.Reset").without_header("If-Match").assert_once();
}

#[tokio::test]
async fn media_without_actions_is_inserted_by_a_change() {
    let (mock, bmc) = with(Quirk::MediaByPatch).await;
    let mut slot = bmc.get::<VirtualMedia>(MEDIA).await.unwrap();
    assert!(!slot.insert_media(IMAGE).is_supported());
    mock.clear_requests();
    assert_eq!(slot.insert_media(IMAGE).await.unwrap_err().kind(), ErrorKind::Missing);
    assert_eq!(mock.request_count(), 0, "nothing was sent");
    let mut edit = slot.edit();
    edit.image = Some(IMAGE.into());
    let _ = edit.commit().await.unwrap();
    // Inserted follows; who waits looks at it.
    slot.refresh().await.unwrap();
    assert_eq!((slot.image.as_deref(), slot.inserted), (Some(IMAGE), Some(false)));
    for _ in 0..100 {
        tokio::time::sleep(SOON).await;
        slot.refresh().await.unwrap();
        if slot.inserted == Some(true) {
            break;
        }
    }
    assert_eq!(slot.inserted, Some(true));
    // A slot that takes uploads only refuses, in words; the others are as they were.
    let upload = "/redfish/v1/Systems/1/VirtualMedia/USB1";
    let refusal = Action::message(400, "Base.1.8.PropertyNotWritable", "Image can not be written to.");
    mock.faults().add(Rule::on("PATCH", upload).then(refusal));
    let mut edit = bmc.get::<VirtualMedia>(upload).await.unwrap().edit();
    edit.image = Some(IMAGE.into());
    let error = edit.commit().await.unwrap_err();
    assert!(error.to_string().contains("Image can not be written to."), "{error}");
}

#[tokio::test]
async fn media_wants_less_or_more_and_says_so() {
    let (_mock, bmc) = with(Quirk::BareInsert).await;
    let slot = bmc.get::<VirtualMedia>(MEDIA).await.unwrap();
    let error = slot.insert_media(IMAGE).with(|with| with.inserted = Some(true)).await.unwrap_err();
    assert!(error.status() == Some(400) && error.to_string().contains("Inserted"), "{error}");
    slot.insert_media(IMAGE).await.unwrap();

    let (mock, bmc) = with(Quirk::TransferTypeWanted).await;
    let slot = bmc.get::<VirtualMedia>(MEDIA).await.unwrap();
    let error = slot.insert_media(IMAGE).await.unwrap_err();
    assert!(error.to_string().contains("TransferProtocolType"), "{error}");
    let call = slot.insert_media(IMAGE).with(|with| {
        with.transfer_protocol_type = Some("HTTPS".into());
        with.transfer_method = Some("Stream".into());
    });
    call.await.unwrap();
    assert_eq!(mock.resource(MEDIA).unwrap()["Image"], IMAGE);

    let (mock, bmc) = with(Quirk::MediaLoginWanted).await;
    let slot = bmc.get::<VirtualMedia>(MEDIA).await.unwrap();
    assert!(slot.insert_media(IMAGE).await.unwrap_err().to_string().contains("UserName"));
    let call = slot.insert_media(IMAGE).with(|with| {
        with.user_name = Some("joe".into());
        with.password = Some("hunter2".into());
    });
    assert!(!format!("{call:?}").contains("hunter2"));
    call.await.unwrap();
    let requests = mock.requests().to("POST", "**/VirtualMedia.InsertMedia");
    assert_eq!(requests[1].json().unwrap()["UserName"], "joe");
}

#[tokio::test]
async fn a_detached_slot_may_keep_its_image() {
    let (_mock, bmc) = with(Quirk::BareInsert).await;
    let mut slot = bmc.get::<VirtualMedia>(MEDIA).await.unwrap();
    slot.insert_media(IMAGE).await.unwrap();
    slot.eject_media().await.unwrap();
    slot.refresh().await.unwrap();
    // What counts is this, not whether there is an image.
    assert_eq!((slot.inserted, slot.image.as_deref()), (Some(false), Some(IMAGE)));
    slot.insert_media(IMAGE).await.unwrap();
}

#[tokio::test]
async fn actions_without_parameters_send_an_empty_object() {
    let (mock, bmc) = with(Quirk::EmptyObjectWanted).await;
    bmc.get::<VirtualMedia>(MEDIA).await.unwrap().eject_media().await.unwrap();
    bmc.get::<Bios>("/redfish/v1/Systems/1/Bios").await.unwrap().reset_bios().await.unwrap();
    for action in ["**/VirtualMedia.EjectMedia", "**/Bios.ResetBios"] {
        mock.requests().to("POST", action).with_body(json!({})).assert_once();
    }
    let (mock, bmc) = with(Quirk::PlainManagerReset).await;
    let manager = bmc.get::<Manager>(MANAGER).await.unwrap();
    let error = manager.reset(ResetType::ForceRestart).await.unwrap_err();
    assert!(error.to_string().contains("ResetType"), "{error}");
    manager.reset(None).await.unwrap();
    mock.requests().to("POST", "**/Manager.Reset").with_body(json!({})).assert_once();
}

#[tokio::test]
async fn a_service_that_is_busy_is_asked_again_where_that_is_safe() {
    let (mock, bmc) = started(MockBmc::builder()).await;
    let busy = |id: &str| Action::message(400, id, "The service is busy.");
    for id in ["iLO.2.24.InvalidOperationForSystemState", "IDRAC.2.8.SYS518", "IDRAC.2.8.SWC0700"] {
        mock.faults().clear();
        mock.clear_requests();
        mock.faults().add(Rule::on("GET", SYSTEM).times(2).then(busy(id)));
        bmc.get::<ComputerSystem>(SYSTEM).await.unwrap();
        assert_eq!(mock.requests().to("GET", SYSTEM).len(), 3, "{id}");
    }
    // Of an action only what says that the service as a whole is not ready proves that nothing was done.
    let system = system(&bmc).await;
    for (id, posts) in [("iLO.2.24.InvalidOperationForSystemState", 1), ("IDRAC.2.8.SYS518", 2)] {
        mock.clear_requests();
        mock.faults().add(Rule::method("POST").times(1).then(busy(id)));
        let outcome = system.reset(ResetType::ForceRestart).await;
        assert_eq!(outcome.is_ok(), posts == 2, "{id}: {outcome:?}");
        mock.requests().to("POST", "**/ComputerSystem.Reset").assert_count(posts);
    }
}

#[tokio::test]
async fn a_task_that_is_forgotten_when_it_ends_is_done() {
    let rule = TaskRule::new("POST", "**/ComputerSystem.Reset").takes(Duration::from_millis(100)).forgotten();
    let (mock, bmc) = started(MockBmc::builder().task(rule)).await;
    let reply = system(&bmc).await.reset(ResetType::ForceOff).await.unwrap();
    let end = reply.task.unwrap().every(SOON).wait(LONG).await.unwrap();
    assert!(!end.is_known(), "{end:?}");
    assert_eq!(mock.resource(SYSTEM).unwrap()["PowerState"], "Off");

    // The answer is there once: anyone who waits keeps it.
    let rule = TaskRule::new("POST", "**/ComputerSystem.Reset").takes(Duration::from_millis(100));
    let (mock, bmc) = started(MockBmc::builder().task(rule)).await;
    let task = system(&bmc).await.reset(ResetType::ForceOff).await.unwrap().task.unwrap();
    let monitor = task.handle().monitor().unwrap().to_owned();
    assert!(task.every(SOON).wait(LONG).await.unwrap().is_known());
    mock.remove(&monitor);
}

#[tokio::test]
async fn a_task_without_progress_ends_all_the_same() {
    let rule = TaskRule::new("POST", "**/UpdateService.SimpleUpdate").takes(Duration::from_millis(150));
    let (mock, bmc) = started(MockBmc::builder().task(rule)).await;
    let stuck = Action::Merge(json!({ "PercentComplete": 0 }));
    mock.faults().add(Rule::on("GET", "/redfish/v1/TaskService/**").then(stuck));
    let update = bmc.get::<UpdateService>(UPDATE).await.unwrap();
    let task = update.simple_update("https://192.0.2.1/bios.bin").await.unwrap().task.unwrap();
    task.every(SOON).wait(LONG).await.unwrap();
}

#[tokio::test]
async fn an_update_that_answers_500_was_sent_once() {
    let (mock, bmc) = with(Quirk::UpdateSaysError).await;
    let update = bmc.get::<UpdateService>(UPDATE).await.unwrap();
    let error = update.simple_update("https://192.0.2.1/bios.bin").await.unwrap_err();
    assert_eq!(error.status(), Some(500), "{error}");
    mock.requests().to("POST", "**/UpdateService.SimpleUpdate").assert_once();
}

#[tokio::test]
async fn a_job_that_is_late_is_waited_for() {
    let rule = TaskRule::new("POST", "**/ComputerSystem.Reset").takes(Duration::from_millis(150)).as_job();
    let (mock, bmc) = started(MockBmc::builder().task(rule)).await;
    mock.faults().add(Rule::on("GET", "/redfish/v1/JobService/Jobs/*").times(2).then(Action::Status(404)));
    let task = system(&bmc).await.reset(ResetType::ForceOff).await.unwrap().task.unwrap();
    task.every(SOON).wait(LONG).await.unwrap();
    assert_eq!(mock.resource(SYSTEM).unwrap()["PowerState"], "Off");
}

#[tokio::test]
async fn a_monitor_may_be_below_its_task() {
    let (mock, bmc) = started(MockBmc::builder()).await;
    let task = "/redfish/v1/TaskService/Tasks/12";
    let monitor = format!("{task}/Monitor");
    let shown = |state: &str| json!({ "@odata.id": task, "@odata.type": "#Task.v1_7_4.Task", "Id": "12", "Name": "Task", "TaskState": state });
    let reset = Answer::new(202).header("Location", monitor.as_str()).json(shown("New"));
    mock.faults().add(Rule::on("POST", "**/ComputerSystem.Reset").then(Action::Answer(reset)));
    let running = Answer::new(202).header("Location", monitor.as_str()).json(shown("Running"));
    mock.faults().add(Rule::on("GET", &monitor).times(2).then(Action::Answer(running)));
    mock.faults().add(Rule::on("GET", &monitor).then(Action::empty(204)));
    mock.faults().add(Rule::on("GET", task).then(Action::json(200, shown("Completed"))));
    let reply = system(&bmc).await.reset(ResetType::ForceRestart).await.unwrap().task.unwrap();
    assert_eq!((reply.handle().monitor(), reply.handle().task()), (Some(&*monitor), Some(task)));
    // Another process continues with it.
    let handle: TaskHandle = serde_json::from_str(&serde_json::to_string(reply.handle()).unwrap()).unwrap();
    bmc.task(handle).every(SOON).wait(LONG).await.unwrap();
}

#[tokio::test]
async fn a_log_is_cleared_with_the_tag_of_its_entries() {
    let (mock, bmc) = with(Quirk::ClearLogWantsTag).await;
    let managers = bmc.get::<Manager>(MANAGER).await.unwrap();
    let log: rosefish::Resource<LogService> = managers.log_services().members().try_next().await.unwrap().unwrap();
    let error = log.clear_log(None).await.unwrap_err();
    assert!(error.to_string().contains("LogEntriesETag"), "{error}");
    let entries = log.entries().await.unwrap();
    assert!(mock.resource(entries.uri()).unwrap()["Members"].as_array().is_some_and(|members| !members.is_empty()));
    log.clear_log(entries.etag().map(|tag| tag.as_str().to_owned())).await.unwrap();
    assert_eq!(mock.resource(entries.uri()).unwrap()["Members"], json!([]));
}

#[tokio::test]
async fn a_service_that_restarts_is_waited_for() {
    let mock = MockBmc::builder().quirk(Quirk::GoneForReset).start().await.unwrap();
    let patient = RetryPolicy::default().attempts(40).longest_delay(Duration::from_millis(100));
    let bmc = builder(&mock).retry(patient).connect().await.unwrap();
    let manager = bmc.get::<Manager>(MANAGER).await.unwrap();
    manager.reset(ResetType::ForceRestart).await.unwrap();
    // Nobody is there, then somebody who isn't ready, then the service; its sessions are gone as well.
    mock.end_sessions();
    system(&bmc).await;
    assert!(!mock.requests().answered(503).is_empty());
    mock.requests().to("POST", "**/Manager.Reset").assert_once();
}
