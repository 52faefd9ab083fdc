//! Tasks: followed by whatever the service names, to an end that is known as well as the service lets it be.

use std::time::{Duration, Instant};

use rosefish::schema::resource::ResetType;
use rosefish::schema::{ComputerSystem, Job, Task, UpdateService};
use rosefish::{Client, Error, ErrorKind, Reply, Resource, TaskHandle, TaskMonitor, TaskPhase};
use rosefish_mock::fault::{Action, Answer, Rule};
use rosefish_mock::{MockBmc, TaskRule};
use serde_json::json;

use crate::{builder, connected};

const RESET: &str = "/redfish/v1/Systems/1/Actions/ComputerSystem.Reset";
const MONITOR: &str = "/redfish/v1/TaskService/TaskMonitors/7";
const TASK: &str = "/redfish/v1/TaskService/Tasks/7";
const SOON: Duration = Duration::from_millis(20);
const LONG: Duration = Duration::from_secs(20);

async fn with(rule: TaskRule) -> (MockBmc, Client) {
    let mock = MockBmc::builder().task(rule.retry_after(None)).start().await.unwrap();
    let bmc = builder(&mock).connect().await.unwrap();
    (mock, bmc)
}

async fn reset(bmc: &Client) -> Result<Reply, Error> {
    bmc.get::<ComputerSystem>("/redfish/v1/Systems/1").await.unwrap().reset(ResetType::ForceOff).await
}

async fn begun(bmc: &Client) -> TaskMonitor {
    reset(bmc).await.unwrap().task.expect("a task").every(SOON)
}

fn task(state: &str, percent: u8) -> serde_json::Value {
    json!({"@odata.id": TASK, "@odata.type": "#Task.v1_7_0.Task", "Id": "7", "Name": "T", "TaskState": state,
        "PercentComplete": percent, "TaskMonitor": MONITOR})
}

/// Places, and what they answer, one after the other.
type Script<'a> = Vec<(&'a str, &'a [Action])>;

/// A service that answers the reset with 202, and everything about it as the test says.
async fn scripted(accepted: Answer, script: &[(&str, &[Action])]) -> (MockBmc, Client) {
    let (mock, bmc) = connected().await;
    mock.faults().add(Rule::on("POST", RESET).then(Action::Answer(accepted)));
    for (path, actions) in script {
        for (number, action) in actions.iter().enumerate() {
            let rule = Rule::on("GET", path);
            let rule = if number + 1 < actions.len() { rule.times(1) } else { rule };
            mock.faults().add(rule.then(action.clone()));
        }
    }
    (mock, bmc)
}

fn accepted() -> Answer {
    Answer::new(202).header("Location", MONITOR)
}

#[tokio::test]
async fn progress_is_told_until_the_end() {
    let (mock, bmc) = with(TaskRule::new("POST", RESET).takes(Duration::from_millis(500)).steps(5)).await;
    let task = begun(&bmc).await;
    let mut updates = task.updates();
    let mut seen = Vec::new();
    while let Some(progress) = updates.try_next().await.unwrap() {
        seen.push((progress.phase, progress.percent));
    }
    let (last, before) = seen.split_last().unwrap();
    assert_eq!(last.0, TaskPhase::Succeeded, "{seen:?}");
    assert!(before.len() > 3 && before.iter().all(|(phase, _)| *phase == TaskPhase::Running), "{seen:?}");
    let percents: Vec<_> = seen.iter().filter_map(|(_, percent)| *percent).collect();
    assert!(percents.is_sorted() && percents.iter().any(|percent| (1..100).contains(percent)), "{seen:?}");
    assert_eq!(mock.resource("/redfish/v1/Systems/1").unwrap()["PowerState"], "Off");
    mock.requests().to("POST", RESET).assert_once();
}

#[tokio::test]
async fn an_operation_is_waited_for_and_its_answer_known() {
    for rule in [TaskRule::new("POST", RESET), TaskRule::new("POST", RESET).as_job()] {
        let (mock, bmc) = with(rule.takes(Duration::from_millis(200))).await;
        let done = begun(&bmc).await.wait(LONG).await.unwrap();
        assert!(done.is_known());
        assert_eq!(done.state.as_deref().unwrap_or("Completed"), "Completed");
        assert_eq!(mock.resource("/redfish/v1/Systems/1").unwrap()["PowerState"], "Off");
    }
}

#[tokio::test]
async fn what_fails_is_an_error_that_says_why() {
    for rule in [TaskRule::new("POST", RESET), TaskRule::new("POST", RESET).as_job()] {
        let (_mock, bmc) = with(rule.takes(Duration::from_millis(200)).fails("the fan is on fire")).await;
        let error = begun(&bmc).await.wait(LONG).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TaskFailed, "{error}");
        assert!(error.to_string().contains("the fan is on fire"), "{error}");
    }
}

#[tokio::test]
async fn a_deadline_ends_the_waiting_and_not_the_operation() {
    let (mock, bmc) = with(TaskRule::new("POST", RESET).takes(Duration::from_millis(600))).await;
    let task = begun(&bmc).await;
    let begin = Instant::now();
    let error = task.wait(Duration::from_millis(200)).await.unwrap_err();
    assert!(error.is_timeout() && begin.elapsed() < Duration::from_millis(400), "{error}");
    assert!(error.to_string().contains("continues"), "{error}");
    // A dropped future is treated alike.
    drop(tokio::time::timeout(Duration::from_millis(50), task.wait(LONG)).await);
    task.wait(LONG).await.unwrap();
    assert_eq!(mock.resource("/redfish/v1/Systems/1").unwrap()["PowerState"], "Off");
}

#[tokio::test]
async fn another_process_goes_on_with_a_stored_handle() {
    let (mock, bmc) = with(TaskRule::new("POST", RESET).takes(Duration::from_millis(400))).await;
    let stored = serde_json::to_string(begun(&bmc).await.handle()).unwrap();
    bmc.close().await.unwrap();
    let other = builder(&mock).connect().await.unwrap();
    let handle: TaskHandle = serde_json::from_str(&stored).unwrap();
    other.task(handle).every(SOON).wait(LONG).await.unwrap();
    // Tasks and jobs that somebody else began can be followed as well.
    let tasks: Vec<_> = other.root().tasks().await.unwrap().tasks().members().try_collect().await.unwrap();
    for task in tasks as Vec<Resource<Task>> {
        assert!(task.monitor().every(SOON).wait(LONG).await.unwrap().is_known());
    }
}

#[tokio::test]
async fn it_is_stopped_by_its_monitor() {
    for rule in [TaskRule::new("POST", RESET), TaskRule::new("POST", RESET).as_job()] {
        let (mock, bmc) = with(rule.takes(Duration::from_secs(20))).await;
        let task = begun(&bmc).await;
        task.updates().try_next().await.unwrap();
        task.cancel().await.unwrap();
        let ended = task.wait(Duration::from_secs(5)).await;
        match &ended {
            Err(error) => assert_eq!(error.kind(), ErrorKind::TaskFailed, "{error}"),
            Ok(done) => assert!(!done.is_known(), "{done:?}"),
        }
        assert_eq!(mock.resource("/redfish/v1/Systems/1").unwrap()["PowerState"], "On");
    }
    // Where the monitor can't be deleted, the task is; a job is instructed to cancel.
    let body = task("Running", 0);
    let (mock, bmc) = scripted(accepted().json(body), &[]).await;
    mock.faults().add(Rule::on("DELETE", MONITOR).then(Action::Status(405)));
    mock.faults().add(Rule::on("DELETE", TASK).then(Action::empty(204)));
    begun(&bmc).await.cancel().await.unwrap();
    mock.requests().assert_order(&[("DELETE", MONITOR), ("DELETE", TASK)]);
    let job = "/redfish/v1/JobService/Jobs/JID_1";
    let job_body =
        json!({"@odata.id": job, "@odata.type": "#Job.v1_0_0.Job", "Id": "1", "Name": "J", "JobState": "Running"});
    let (mock, bmc) =
        scripted(Answer::new(202).header("Location", job), &[(job, &[Action::json(200, job_body)])]).await;
    mock.faults().add(Rule::on("DELETE", job).then(Action::Status(405)));
    mock.faults().add(Rule::on("PATCH", job).then(Action::empty(204)));
    begun(&bmc).await.cancel().await.unwrap();
    assert_eq!(mock.requests().to("PATCH", job).assert_once().json(), Some(json!({"JobState": "Cancelled"})));
}

#[tokio::test]
async fn a_monitor_is_found_wherever_the_service_names_it() {
    let extended = json!({"Accepted": {"code": "Base.v1_4_0.Accepted", "@Message.ExtendedInfo": [
        {"MessageId": "SMC.1.0.OemSimpleupdateAcceptedMessage", "MessageArgs": [TASK]},
    ]}});
    let running = Action::json(200, task("Running", 40));
    let done = Action::json(200, task("Completed", 100));
    let going = Action::Answer(Answer::new(202));
    let result = Action::empty(204);
    let monitor: &[Action] = &[going.clone(), result.clone()];
    let cases: Vec<(&str, Answer, Script<'_>)> = vec![
        ("the task in a message", Answer::new(202).json(extended), vec![]),
        ("a location alone", accepted(), vec![(MONITOR, monitor)]),
        ("the task in the body", Answer::new(202).json(task("New", 0)), vec![(MONITOR, monitor)]),
        ("both", accepted().json(task("New", 0)), vec![(MONITOR, monitor)]),
        ("an absolute location", Answer::new(202).header("Location", "{origin}"), vec![(MONITOR, monitor)]),
    ];
    for (name, answer, script) in cases {
        let (mock, bmc) = connected().await;
        let answer = match name {
            "an absolute location" => Answer::new(202).header("Location", mock.url() + MONITOR),
            _ => answer,
        };
        mock.faults().add(Rule::on("POST", RESET).then(Action::Answer(answer)));
        mock.faults().add(Rule::on("GET", TASK).times(1).then(running.clone()));
        mock.faults().add(Rule::on("GET", TASK).then(done.clone()));
        for (path, actions) in script {
            for (number, action) in actions.iter().enumerate() {
                let rule = Rule::on("GET", path);
                mock.faults().add(if number == 0 { rule.times(1) } else { rule }.then(action.clone()));
            }
        }
        let done = begun(&bmc).await.wait(LONG).await.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(done.is_known(), "{name}");
    }
    let (_mock, bmc) = scripted(Answer::new(202), &[]).await;
    let error = begun(&bmc).await.wait(LONG).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Missing, "{error}");
}

#[tokio::test]
async fn a_monitor_that_is_the_task_itself_is_read_as_one() {
    let states = [("New", 0), ("Running", 0), ("Running", 0), ("Completed", 100)];
    let answers: Vec<_> = states.iter().map(|(state, percent)| Action::json(200, task(state, *percent))).collect();
    let (_mock, bmc) = scripted(Answer::new(202).header("Location", TASK), &[(TASK, &answers)]).await;
    let done = begun(&bmc).await.wait(LONG).await.unwrap();
    assert_eq!(done.state.as_deref(), Some("Completed"));
    // A vendor's own spellings, and a 200 from the start.
    let states = ["Scheduled", "Downloading", "CompletedWithErrors"];
    let answers: Vec<_> =
        states.iter().map(|state| Action::json(200, json!({"JobState": state, "Name": "x"}))).collect();
    let (_mock, bmc) = scripted(accepted(), &[(MONITOR, &answers)]).await;
    assert_eq!(begun(&bmc).await.wait(LONG).await.unwrap_err().kind(), ErrorKind::TaskFailed);
}

#[tokio::test]
async fn what_the_monitor_answers_at_last_is_what_the_operation_came_to() {
    let (_mock, bmc) = scripted(
        accepted(),
        &[(
            MONITOR,
            &[
                Action::empty(202),
                Action::Answer(Answer::new(201).header("Location", "/redfish/v1/New/1").json(json!({"Id": "1"}))),
            ],
        )],
    )
    .await;
    let done = begun(&bmc).await.wait(LONG).await.unwrap();
    assert_eq!((done.status, &done.created[..]), (Some(201), &["/redfish/v1/New/1".to_owned()][..]));
    assert_eq!(serde_json::from_slice::<serde_json::Value>(done.body()).unwrap(), json!({"Id": "1"}));
    for status in [400, 409, 501] {
        let failed = Action::message(status, "Base.1.0.GeneralError", "no such image");
        let (_mock, bmc) = scripted(accepted(), &[(MONITOR, &[Action::empty(202), failed])]).await;
        let error = begun(&bmc).await.wait(LONG).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TaskFailed);
        assert!(error.to_string().contains("no such image"), "{error}");
    }
}

#[tokio::test]
async fn a_service_that_is_away_for_a_while_is_waited_for() {
    let script = [
        Action::empty(202),
        Action::Status(503),
        Action::Reset,
        Action::Status(500),
        Action::Status(502),
        Action::empty(202),
        Action::empty(204),
    ];
    let (_mock, bmc) = scripted(accepted(), &[(MONITOR, &script)]).await;
    let bmc = bmc.with_retry(rosefish::RetryPolicy::none());
    let done = begun(&bmc).await.wait(LONG).await.unwrap();
    assert_eq!(done.status, Some(204));
}

#[tokio::test]
async fn retry_after_is_kept_to() {
    let wait = Action::Answer(Answer::new(202).header("Retry-After", "1"));
    let (mock, bmc) = scripted(accepted(), &[(MONITOR, &[wait.clone(), wait, Action::empty(204)])]).await;
    let begin = Instant::now();
    begun(&bmc).await.wait(LONG).await.unwrap();
    assert!(begin.elapsed() >= Duration::from_secs(2), "{:?}", begin.elapsed());
    mock.requests().to("GET", MONITOR).assert_count(3);
}

#[tokio::test]
async fn what_is_forgotten_when_it_ends_is_over_and_unknown() {
    for status in [404, 410] {
        let (_mock, bmc) = scripted(accepted(), &[(MONITOR, &[Action::empty(202), Action::Status(status)])]).await;
        let task = begun(&bmc).await;
        let done = task.wait(LONG).await.unwrap();
        assert!(!done.is_known(), "{done:?}");
    }
    let (mock, bmc) = with(TaskRule::new("POST", RESET).takes(Duration::from_millis(300)).forgotten()).await;
    let mut updates = begun(&bmc).await.updates();
    let mut last = TaskPhase::Running;
    while let Some(progress) = updates.try_next().await.unwrap() {
        last = progress.phase;
    }
    assert_eq!(last, TaskPhase::Unknown);
    assert_eq!(mock.resource("/redfish/v1/Systems/1").unwrap()["PowerState"], "Off");
}

#[tokio::test]
async fn a_monitor_that_goes_is_no_loss_where_the_task_tells() {
    // The task says that it has succeeded; the monitor deletes itself when it is read, as it was.
    let (mock, bmc) = scripted(
        accepted().json(task("Running", 0)),
        &[
            (TASK, &[Action::json(200, task("Running", 10)), Action::json(200, task("Completed", 100))]),
            (MONITOR, &[Action::Status(404)]),
        ],
    )
    .await;
    let done = begun(&bmc).await.wait(LONG).await.unwrap();
    assert!(done.is_known());
    assert!(mock.requests().to("GET", MONITOR).len() <= 1, "asked only once it had ended");
}

#[tokio::test]
async fn a_task_that_may_not_be_seen_or_is_none_is_no_loss_where_the_monitor_tells() {
    let html = Action::html(200);
    for (instead, state) in [(Action::Status(403), "403"), (Action::json(200, json!({"Name": "x"})), "no task")] {
        let (_mock, bmc) = scripted(
            accepted().json(task("Running", 0)),
            &[(TASK, &[instead]), (MONITOR, &[Action::empty(202), html.clone(), Action::empty(204)])],
        )
        .await;
        let done = begun(&bmc).await.wait(LONG).await.unwrap_or_else(|error| panic!("{state}: {error}"));
        assert_eq!(done.status, Some(204), "{state}");
    }
}

#[tokio::test]
async fn a_job_that_outlives_its_task_is_asked() {
    let job = "/redfish/v1/JobService/Jobs/JID_77";
    let (mock, bmc) = scripted(
        Answer::new(202).header("Location", "/redfish/v1/TaskService/Tasks/JID_77"),
        &[(
            "/redfish/v1/TaskService/Tasks/JID_77",
            &[Action::json(200, json!({"JobState": "Running", "Id": "JID_77"})), Action::Status(404)],
        )],
    )
    .await;
    for (state, expected) in [("Completed", None), ("Failed", Some(ErrorKind::TaskFailed))] {
        mock.set(job, json!({"@odata.type": "#Job.v1_0_0.Job", "Id": "JID_77", "Name": "J", "JobState": state}));
        mock.set(
            "/redfish/v1/JobService/Jobs",
            json!({"@odata.type": "#JobCollection.JobCollection", "Name": "Jobs",
            "Members": [{"@odata.id": "/redfish/v1/JobService/Jobs/1"}, {"@odata.id": job}]}),
        );
        let monitor = begun(&bmc).await;
        let ended = monitor.wait(LONG).await;
        assert_eq!(ended.as_ref().err().map(Error::kind), expected, "{ended:?}");
        mock.faults().add(Rule::on("GET", "/redfish/v1/TaskService/Tasks/JID_77").then(Action::Status(404)));
    }
    let job = bmc.get::<Job>(job).await.unwrap();
    assert_eq!(job.monitor().wait(LONG).await.unwrap_err().kind(), ErrorKind::TaskFailed);
}

#[tokio::test]
async fn a_place_that_is_not_there_yet_is_asked_again() {
    let script = [Action::Status(404), Action::Status(404), Action::empty(202), Action::empty(204)];
    let (_mock, bmc) = scripted(accepted(), &[(MONITOR, &script)]).await;
    let done = begun(&bmc).await.wait(LONG).await.unwrap();
    assert_eq!(done.status, Some(204));
}

#[tokio::test]
async fn updates_of_firmware_are_tasks() {
    let mock = MockBmc::builder().task_duration(Duration::from_millis(200)).start().await.unwrap();
    let bmc = builder(&mock).connect().await.unwrap();
    let service = bmc.root().update_service().await.unwrap();
    let service: Resource<UpdateService> = service;
    let reply = service.simple_update("https://images.example/bmc.bin").await.unwrap();
    let task = reply.task.unwrap();
    assert!(task.every(SOON).wait(LONG).await.is_ok());
}

#[test]
fn futures_of_tasks_are_send() {
    fn send<T: Send>(_: &T) {}
    #[allow(dead_code, reason = "compiled, never run")]
    fn compiled(task: TaskMonitor) {
        send(&task.wait(LONG));
        send(&task.cancel());
        send(&task.updates());
        send(&task.updates().try_next());
    }
}
