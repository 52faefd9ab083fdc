//! What a hostile service can get out of a client: no more time, requests and memory than a call may take, and no panic.

use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use rosefish::schema::{ComputerSystem, ComputerSystemCollection, EventService};
use rosefish::wire::Limits;
use rosefish::{Client, Credentials, Error, RetryPolicy, TaskHandle};
use rosefish_mock::MockBmc;
use rosefish_mock::fault::{Action, Answer, Rule};
use serde_json::{Value, json};

use crate::{all_ended, builder};

pub(crate) const SYSTEM: &str = "/redfish/v1/Systems/1";
pub(crate) const DEADLINE: Duration = Duration::from_secs(1);

/// Starts a service whose errors only its own registries explain.
pub(crate) async fn with_registries(count: usize) -> MockBmc {
    let mock = MockBmc::builder().plain().start().await.unwrap();
    let mut root = mock.resource("/redfish/v1").unwrap();
    root["Registries"] = json!({ "@odata.id": "/redfish/v1/Registries" });
    mock.set("/redfish/v1", root);
    let members: Vec<_> =
        (0..count).map(|n| json!({ "@odata.id": format!("/redfish/v1/Registries/Acme{n}") })).collect();
    mock.set("/redfish/v1/Registries", json!({ "Members": members }));
    for n in 0..count.min(40) {
        let uri = format!("/redfish/v1/Registries/Acme{n}");
        mock.set(&uri, json!({ "Registry": format!("Acme{n}.1.0"), "Location": [{ "Uri": format!("{uri}/x.json") }] }));
        mock.set(&format!("{uri}/x.json"), json!({ "Messages": { "Odd": { "Message": format!("Odd in {n}") } } }));
    }
    mock
}

pub(crate) fn odd(prefixes: usize) -> Value {
    let messages: Vec<_> = (0..prefixes).map(|n| json!({ "MessageId": format!("Acme{n}.1.0.Odd") })).collect();
    json!({ "error": { "@Message.ExtendedInfo": messages } })
}

pub(crate) async fn read(bmc: &Client) -> Result<(), Error> {
    bmc.get::<ComputerSystem>(SYSTEM).await.map(drop)
}

#[tokio::test]
async fn a_login_that_stalls_ends_in_time_and_leaves_no_session() {
    let mock = MockBmc::builder().plain().start().await.unwrap();
    mock.faults().add(Rule::on("POST", "**/Sessions").then(Action::Apply).then(Action::Delay(3 * DEADLINE)));
    let begun = Instant::now();
    builder(&mock).timeout(DEADLINE).connect().await.unwrap_err();
    assert!(begun.elapsed() < 2 * DEADLINE, "{:?}", begun.elapsed());
}

#[tokio::test]
async fn an_error_costs_few_requests_however_many_registries_it_names() {
    let mock = with_registries(1000).await;
    let bmc = builder(&mock).connect().await.unwrap();
    mock.faults().add(Rule::on("GET", SYSTEM).then(Action::json(400, odd(1000))));
    mock.clear_requests();
    let error = bmc.get::<ComputerSystem>(SYSTEM).await.unwrap_err();
    let requests = mock.requests().len();
    assert!(requests < 50, "{requests} requests");
    assert!(error.messages().len() <= 100 && error.to_string().contains("Odd in 0"), "{error}");
}

#[tokio::test]
async fn an_error_of_any_size_is_told_at_once_and_in_few_words() {
    let mock = MockBmc::builder().plain().start().await.unwrap();
    let bmc = builder(&mock).connect().await.unwrap();
    let many = json!({ "error": { "@Message.ExtendedInfo": vec![json!({}); 2_000_000] } });
    let long = json!({ "error": { "@Message.ExtendedInfo": [{
        "MessageId": "Base.1.8.PropertyUnknown", "MessageArgs": ["x".repeat(900_000)] }] } });
    for body in [many, long] {
        mock.faults().clear();
        mock.faults().add(Rule::on("GET", SYSTEM).then(Action::json(400, body)));
        let begun = Instant::now();
        let error = bmc.get::<ComputerSystem>(SYSTEM).await.unwrap_err();
        assert_eq!(error.status(), Some(400));
        assert!(error.to_string().len() < 20_000, "{}", error.to_string().len());
        assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    }
}

#[tokio::test]
async fn pages_that_have_no_end_end() {
    let mock = MockBmc::builder().plain().start().await.unwrap();
    let place = |n: usize| format!("/redfish/v1/Endless{n}");
    for n in 0..30 {
        let kind = "#ComputerSystemCollection.ComputerSystemCollection";
        mock.set(&place(n), json!({ "@odata.type": kind, "Members": [], "Members@odata.nextLink": place(n + 1) }));
    }
    let bmc = builder(&mock).pages(20).connect().await.unwrap();
    mock.clear_requests();
    let systems = bmc.get::<ComputerSystemCollection>(&place(0)).await.unwrap();
    let mut members = systems.members();
    let error = members.next().await.unwrap().unwrap_err();
    assert!(error.to_string().contains("more pages than the limit of 20"), "{error}");
    // Nothing comes after the end, however often the stream is polled.
    assert!(members.next().await.is_none() && members.next().await.is_none());
    assert!(mock.requests().len() <= 21, "{}", mock.requests().len());
}

#[tokio::test]
async fn a_time_that_has_no_end_panics_nobody() {
    let ages =
        [Duration::MAX, Duration::from_secs(u64::MAX), Duration::from_secs(1 << 62), Duration::from_secs(1 << 33)];
    for age in ages {
        let mock = MockBmc::builder().plain().start().await.unwrap();
        let retry = RetryPolicy::default().first_delay(age).longest_delay(age).budget(age);
        // An error before the login as well.
        mock.faults().add(Rule::on("GET", "/redfish/v1").times(1).then(Action::Status(404)));
        builder(&mock).timeout(age).retry(retry.clone()).connect().await.unwrap_err();
        let bmc =
            builder(&mock).timeout(age).read_timeout(age).connect_timeout(age).retry(retry).connect().await.unwrap();
        let bmc = bmc.with_timeout(age);
        read(&bmc).await.unwrap();
        // These waits would never end: it is enough that they begin.
        mock.faults().add(Rule::on("GET", SYSTEM).times(1).then(Action::Status(503)));
        let _ = tokio::time::timeout(Duration::from_millis(50), read(&bmc)).await;
        let system = bmc.get::<ComputerSystem>(SYSTEM).await.unwrap();
        let waiting = system.wait_until(|_| false, age);
        let _ = tokio::time::timeout(Duration::from_millis(50), waiting).await;
        let service = bmc.get::<EventService>("/redfish/v1/EventService").await.unwrap();
        let mut events = service.events().silence(age);
        let _ = tokio::time::timeout(Duration::from_millis(50), events.next()).await;
        bmc.close().await.unwrap();
    }
}

#[tokio::test]
async fn a_service_that_asks_to_be_left_alone_for_ever_is_refused_that() {
    for text in ["18446744073709551615", "99999999999999999999999999", "Fri, 31 Dec 9999 23:59:59 GMT"] {
        for path in ["/redfish/v1", "**/Sessions", SYSTEM] {
            let mock = MockBmc::builder().plain().start().await.unwrap();
            let busy = Answer::new(503).header("Retry-After", text);
            mock.faults().add(Rule::on("*", path).then(Action::Answer(busy.clone())));
            mock.faults().add(Rule::on("POST", path).then(Action::Answer(busy.clone())));
            mock.faults().add(Rule::on("GET", path).then(Action::Answer(busy)));
            let begun = Instant::now();
            let error = match builder(&mock).connect().await {
                Ok(bmc) => read(&bmc).await.unwrap_err(),
                Err(error) => error,
            };
            assert!(begun.elapsed() < Duration::from_secs(30), "{path}: {:?}", begun.elapsed());
            assert!(error.retry_after().is_none_or(|time| time <= Duration::from_secs(86_400)), "{path}: {error:?}");
        }
    }
}

#[tokio::test]
async fn a_stream_that_has_ended_stays_at_its_end() {
    let mock = MockBmc::builder().plain().start().await.unwrap();
    let bmc = builder(&mock).connect().await.unwrap();
    let service = bmc.get::<EventService>("/redfish/v1/EventService").await.unwrap();
    // The service ends the stream with a 204.
    mock.faults().add(Rule::on("GET", "**/SSE").then(Action::empty(204)));
    let mut events = service.events();
    for _ in 0..3 {
        assert!(events.next().await.is_none());
    }
    let systems = bmc.get::<ComputerSystemCollection>("/redfish/v1/Systems").await.unwrap();
    let mut members = systems.members();
    while members.next().await.is_some() {}
    for _ in 0..3 {
        assert!(members.next().await.is_none());
    }
    let task = json!({ "@odata.type": "#Task.v1_7_0.Task", "TaskState": "Completed" });
    mock.set("/redfish/v1/TaskService/Tasks/1", task);
    let handle = bmc.task(TaskHandle::new("/redfish/v1/TaskService/Tasks/1"));
    let mut updates = handle.updates();
    while updates.next().await.is_some() {}
    for _ in 0..3 {
        assert!(updates.next().await.is_none());
    }
}

#[tokio::test]
async fn a_body_that_would_take_too_much_memory_is_an_error_that_says_so() {
    let mock = MockBmc::builder().plain().start().await.unwrap();
    let bmc = builder(&mock).limits(Limits::default().with_memory(1 << 20));
    let bmc = bmc.credentials(Credentials::new(mock.user(), mock.password())).connect().await.unwrap();
    let body = json!({ "PCIeDevices": vec![json!({ "Name": null }); 10_000] });
    mock.faults().add(Rule::on("GET", SYSTEM).then(Action::json(200, body)));
    let error = bmc.get::<ComputerSystem>(SYSTEM).await.unwrap_err();
    assert!(error.report().to_string().contains("more memory than the limit of 1048576 bytes"), "{}", error.report());
    drop(bmc);
    all_ended(&mock).await;
}
