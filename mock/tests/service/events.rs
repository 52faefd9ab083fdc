//! Events: streams and subscriptions.

use std::sync::Arc;
use std::time::Duration;

use rosefish_mock::MockBmc;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::sync::Mutex;

use crate::support::{delete, demo, get, http, patch, post};

const STREAM: &str = "/redfish/v1/EventService/SSE";
const SUBSCRIPTIONS: &str = "/redfish/v1/EventService/Subscriptions";
const SYSTEM: &str = "/redfish/v1/Systems/1";
const RESET: &str = "/redfish/v1/Systems/1/Actions/ComputerSystem.Reset";

/// A stream as a client reads it.
struct Stream {
    response: reqwest::Response,
    text: String,
}

impl Stream {
    async fn open(bmc: &MockBmc, query: &str, last: Option<&str>) -> Self {
        let mut request =
            http().get(format!("{}{STREAM}{query}", bmc.url())).basic_auth(bmc.user(), Some(bmc.password()));
        if let Some(last) = last {
            request = request.header("Last-Event-ID", last);
        }
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self { response, text: String::new() }
    }

    /// The next block of lines, comments among them; none at the end.
    async fn block(&mut self) -> Option<String> {
        loop {
            if let Some((block, rest)) = self.text.split_once("\n\n") {
                let block = block.to_owned();
                self.text = rest.to_owned();
                return Some(block);
            }
            let chunk = tokio::time::timeout(Duration::from_secs(30), self.response.chunk()).await.expect("silence");
            self.text.push_str(std::str::from_utf8(&chunk.unwrap()?).unwrap());
        }
    }

    /// The next event: its id and its data.
    async fn event(&mut self) -> (String, Value) {
        loop {
            let block = self.block().await.expect("the stream has ended");
            let Some(id) = block.lines().find_map(|line| line.strip_prefix("id: ")) else {
                continue;
            };
            let data: Vec<_> = block.lines().filter_map(|line| line.strip_prefix("data: ")).collect();
            return (id.to_owned(), serde_json::from_str(&data.join("\n")).unwrap());
        }
    }

    async fn message(&mut self) -> String {
        let (_, event) = self.event().await;
        event["Events"][0]["MessageId"].as_str().unwrap().rsplit('.').next().unwrap().to_owned()
    }
}

#[tokio::test]
async fn a_stream_tells_what_changes_and_shows_itself() {
    let bmc = demo().await;
    let mut stream = Stream::open(&bmc, "", None).await;
    assert_eq!(stream.block().await.unwrap(), ": open");
    assert_eq!(bmc.event_streams(), 1);
    let shown = get(&bmc, SUBSCRIPTIONS).await.json();
    let shown = shown["Members"].as_array().unwrap().last().unwrap()["@odata.id"].as_str().unwrap().to_owned();
    assert_eq!(get(&bmc, &shown).await.json()["SubscriptionType"], "SSE");

    patch(&bmc, SYSTEM, json!({ "AssetTag": "new" })).await;
    let (first, event) = stream.event().await;
    let record = &event["Events"][0];
    assert_eq!(record["OriginOfCondition"]["@odata.id"], SYSTEM);
    assert_eq!(
        (record["EventType"].as_str(), record["MessageSeverity"].as_str()),
        (Some("ResourceUpdated"), Some("OK"))
    );
    post(&bmc, RESET, json!({ "ResetType": "ForceOff" })).await;
    let (second, event) = stream.event().await;
    assert_eq!(event["Events"][0]["MessageId"], "ResourceEvent.1.3.ResourcePoweredOff");
    assert!(second.parse::<u64>().unwrap() > first.parse::<u64>().unwrap());
    let log = get(&bmc, "/redfish/v1/Systems/1/LogServices/SEL/Entries").await.json();
    let entry = log["Members"].as_array().unwrap().last().unwrap().clone();
    assert_eq!((&entry["Id"], &entry["MessageId"]), (&json!("7"), &event["Events"][0]["MessageId"]));
    assert_eq!(get(&bmc, entry["@odata.id"].as_str().unwrap()).await.json(), entry);

    let created = post(
        &bmc,
        "/redfish/v1/AccountService/Accounts",
        json!({ "UserName": "new", "Password": "long enough", "RoleId": "ReadOnly" }),
    )
    .await;
    assert_eq!(stream.message().await, "ResourceCreated");
    delete(&bmc, created.header("location").unwrap()).await;
    assert_eq!(stream.message().await, "ResourceRemoved");

    delete(&bmc, &shown).await;
    assert_eq!(stream.block().await, None, "deleting the subscription ends the stream");
    assert_eq!(bmc.event_streams(), 0);
}

#[tokio::test]
async fn a_stream_that_is_dropped_leaves_no_subscription() {
    let bmc = demo().await;
    let before = bmc.resource(SUBSCRIPTIONS).unwrap();
    let mut stream = Stream::open(&bmc, "", None).await;
    stream.block().await.unwrap();
    drop(stream);
    for _ in 0..2000 {
        if bmc.event_streams() == 0 && bmc.resource(SUBSCRIPTIONS).unwrap() == before {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{}", bmc.resource(SUBSCRIPTIONS).unwrap());
}

#[tokio::test]
async fn a_stream_that_comes_back_gets_what_it_missed() {
    let bmc = MockBmc::builder().plain().event_buffer(3).start().await.unwrap();
    let mut stream = Stream::open(&bmc, "", None).await;
    let tag = |tag: &'static str| patch(&bmc, SYSTEM, json!({ "AssetTag": tag }));
    tag("a").await;
    let (id, _) = stream.event().await;
    bmc.end_event_streams();
    assert_eq!(stream.block().await, None);
    tag("b").await;
    tag("c").await;
    let mut again = Stream::open(&bmc, "", Some(&id)).await;
    let ids = [again.event().await.0, again.event().await.0];
    assert_eq!(ids.map(|id| id.parse::<u64>().unwrap()), [2, 3]);
    tag("d").await;
    assert_eq!(again.event().await.0, "4");
    // Only three are kept: of the first, nothing is known any more.
    tag("e").await;
    let mut late = Stream::open(&bmc, "", Some(&id)).await;
    assert_eq!(late.message().await, "EventBufferExceeded");
    assert_eq!([late.event().await.0, late.event().await.0, late.event().await.0], ["3", "4", "5"]);
    let mut stranger = Stream::open(&bmc, "", Some("somebody else's")).await;
    assert_eq!(stranger.message().await, "EventBufferExceeded");
}

#[tokio::test]
async fn a_stream_is_filtered_kept_alive_and_spread_over_lines() {
    let bmc = MockBmc::builder()
        .plain()
        .event_keep_alive(Duration::from_millis(100))
        .multi_line_events()
        .start()
        .await
        .unwrap();
    let query = "?$filter=OriginResource eq '/redfish/v1/Chassis' and SubordinateResources eq true and RegistryPrefix eq 'ResourceEvent'";
    let mut stream = Stream::open(&bmc, query, None).await;
    assert_eq!(stream.block().await.unwrap(), ": open");
    assert_eq!(stream.block().await.unwrap(), ": keep-alive");
    patch(&bmc, SYSTEM, json!({ "AssetTag": "not this" })).await;
    patch(&bmc, "/redfish/v1/Chassis/1U", json!({ "AssetTag": "this" })).await;
    let (_, event) = stream.event().await;
    assert_eq!(event["Events"][0]["OriginOfCondition"]["@odata.id"], "/redfish/v1/Chassis/1U");
    let malformed = get(&bmc, &format!("{STREAM}?$filter=nonsense eq")).await;
    assert_eq!(malformed.status, 400);
    let stranger = crate::support::send_as(&bmc, ("", ""), reqwest::Method::GET, STREAM, None, &[]).await;
    assert_eq!(stranger.status, 401);
}

/// A listener that answers with these statuses, and then 200.
async fn listener(statuses: &'static [u16]) -> (String, Arc<Mutex<Vec<String>>>) {
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/events?to=me", socket.local_addr().unwrap());
    let heard = Arc::new(Mutex::new(Vec::new()));
    let record = Arc::clone(&heard);
    tokio::spawn(async move {
        let mut statuses = statuses.iter();
        loop {
            let (mut stream, _) = socket.accept().await.unwrap();
            let mut text = String::new();
            let mut chunk = [0; 4096];
            let complete = |text: &str| {
                let Some((head, body)) = text.split_once("\r\n\r\n") else {
                    return false;
                };
                let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: ")).unwrap();
                body.len() >= length.parse().unwrap()
            };
            while !complete(&text) {
                let read = stream.read(&mut chunk).await.unwrap();
                text.push_str(std::str::from_utf8(&chunk[..read]).unwrap());
            }
            record.lock().await.push(text);
            let status = statuses.next().unwrap_or(&204);
            stream.write_all(format!("HTTP/1.1 {status} x\r\nContent-Length: 0\r\n\r\n").as_bytes()).await.unwrap();
        }
    });
    (url, heard)
}

async fn until(heard: &Arc<Mutex<Vec<String>>>, count: usize) -> Vec<String> {
    for _ in 0..2000 {
        if heard.lock().await.len() >= count {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    heard.lock().await.clone()
}

#[tokio::test]
async fn events_are_posted_to_who_subscribed_and_again_until_they_are_taken() {
    let bmc = MockBmc::builder().plain().event_retries(3, Duration::from_millis(20)).start().await.unwrap();
    let (url, heard) = listener(&[503, 500]).await;
    let body = json!({
        "Destination": url, "Protocol": "Redfish", "Context": "rack 7", "RegistryPrefixes": ["ResourceEvent"],
        "HttpHeaders": [{ "X-Key": "secret" }],
    });
    let created = post(&bmc, SUBSCRIPTIONS, body).await;
    assert_eq!(created.status, 201, "{}", created.text);
    patch(&bmc, SYSTEM, json!({ "AssetTag": "one" })).await;
    patch(&bmc, SYSTEM, json!({ "AssetTag": "two" })).await;
    post(
        &bmc,
        "/redfish/v1/EventService/Actions/EventService.SubmitTestEvent",
        json!({ "MessageId": "Other.1.0.Nothing" }),
    )
    .await;
    let all = until(&heard, 4).await;
    assert_eq!(all.len(), 4, "three attempts and the next: {all:?}");
    assert!(
        all[0].starts_with("POST /events?to=me HTTP/1.1\r\n") && all[0].contains("X-Key: secret\r\n"),
        "{}",
        all[0]
    );
    let events: Vec<Value> =
        all.iter().map(|text| serde_json::from_str(text.split_once("\r\n\r\n").unwrap().1).unwrap()).collect();
    assert_eq!(events[0], events[2]);
    assert_ne!(events[2]["Id"], events[3]["Id"]);
    assert_eq!(events[0]["Context"], "rack 7");
    assert_eq!(events[0]["Events"][0]["OriginOfCondition"]["@odata.id"], SYSTEM);

    let subscription = created.header("location").unwrap();
    let changed = patch(&bmc, subscription, json!({ "HttpHeaders": [{ "X-Key": "another secret" }] })).await;
    assert_eq!((changed.status, &changed.json()["HttpHeaders"]), (200, &json!([])));
    post(&bmc, &format!("{subscription}/Actions/EventDestination.SuspendSubscription"), json!({})).await;
    patch(&bmc, SYSTEM, json!({ "AssetTag": "three" })).await;
    post(&bmc, &format!("{subscription}/Actions/EventDestination.ResumeSubscription"), json!({})).await;
    patch(&bmc, SYSTEM, json!({ "AssetTag": "four" })).await;
    assert_eq!(until(&heard, 5).await.len(), 5);
    delete(&bmc, subscription).await;
    patch(&bmc, SYSTEM, json!({ "AssetTag": "five" })).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(heard.lock().await.len(), 5);
}

#[tokio::test]
async fn a_listener_that_takes_nothing_is_given_up() {
    let bmc = MockBmc::builder().plain().event_retries(1, Duration::from_millis(10)).start().await.unwrap();
    let (url, heard) = listener(&[500, 500, 500, 500]).await;
    for (policy, gone) in [("SuspendRetries", false), ("TerminateAfterRetries", true)] {
        let body = json!({ "Destination": url, "Protocol": "Redfish", "DeliveryRetryPolicy": policy });
        let created = post(&bmc, SUBSCRIPTIONS, body).await;
        let subscription = created.header("location").unwrap().to_owned();
        patch(&bmc, SYSTEM, json!({ "AssetTag": policy })).await;
        until(&heard, if gone { 4 } else { 2 }).await;
        let given_up = || match bmc.resource(&subscription) {
            None => gone,
            Some(shown) => !gone && shown["Status"]["State"] == "Disabled",
        };
        for _ in 0..1000 {
            if given_up() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert!(given_up(), "{policy}: {:?}", bmc.resource(&subscription));
    }
    assert_eq!(heard.lock().await.len(), 4);
}

#[tokio::test]
async fn tests_and_reports_are_sent_on_request() {
    let bmc = MockBmc::builder().plain().start().await.unwrap();
    let mut stream = Stream::open(&bmc, "", None).await;
    let test = json!({
        "MessageId": "Base.1.22.TestMessage", "EventId": "mine", "MessageArgs": [], "Severity": "Warning", "OriginOfCondition": SYSTEM,
    });
    let sent = post(&bmc, "/redfish/v1/EventService/Actions/EventService.SubmitTestEvent", test).await;
    assert_eq!(sent.status, 204, "{}", sent.text);
    let (_, event) = stream.event().await;
    let record = &event["Events"][0];
    assert_eq!((record["EventId"].as_str(), record["MessageSeverity"].as_str()), (Some("mine"), Some("Warning")));
    assert_eq!(record["OriginOfCondition"]["@odata.id"], SYSTEM);

    assert!(bmc.send_metric_report("/redfish/v1/TelemetryService/MetricReports/Power"));
    let (_, report) = stream.event().await;
    assert_eq!(report["@odata.type"].as_str().unwrap().split('.').next(), Some("#MetricReport"));
    assert_eq!(report["MetricValues"][0]["MetricValue"], "318.0");
    assert!(!bmc.send_metric_report("/redfish/v1/TelemetryService/MetricReports/None"));
    let given =
        json!({ "MetricReportName": "Made", "GeneratedMetricReportValues": [{ "MetricId": "A", "MetricValue": "1" }] });
    let sent = post(&bmc, "/redfish/v1/TelemetryService/Actions/TelemetryService.SubmitTestMetricReport", given).await;
    assert_eq!(sent.status, 204, "{}", sent.text);
    assert_eq!(stream.event().await.1["Id"], "Made");

    bmc.send_event(
        json!({ "MessageId": "RosefishLabs.1.0.InputLost", "MessageArgs": ["PSU2"], "Severity": "Critical" }),
    );
    assert_eq!(stream.message().await, "InputLost");
}

#[tokio::test]
async fn events_of_the_service_itself_can_lack_their_context() {
    let bmc = MockBmc::builder().plain().quirk(rosefish_mock::Quirk::EventsWithoutContext).start().await.unwrap();
    let (url, heard) = listener(&[204]).await;
    let subscription = json!({ "Destination": url, "Protocol": "Redfish", "Context": "rack 7" });
    assert_eq!(post(&bmc, SUBSCRIPTIONS, subscription).await.status, 201);
    let test = json!({ "MessageId": "Base.1.0.Success", "Message": "A test." });
    post(&bmc, "/redfish/v1/EventService/Actions/EventService.SubmitTestEvent", test).await;
    post(&bmc, "/redfish/v1/EventService/Actions/EventService.TestEventSubscription", json!({})).await;
    bmc.send_event(json!({ "MessageId": "HeartbeatEvent.1.0.RedfishServiceFunctional" }));
    bmc.send_event(json!({ "MessageId": "TaskEvent.1.0.TaskStarted" }));
    bmc.send_event(json!({ "MessageId": "ResourceEvent.1.0.ResourceChanged" }));
    let heard = until(&heard, 5).await;
    let contexts: Vec<_> = heard.iter().map(|event| event.contains("\"Context\":\"rack 7\"")).collect();
    assert_eq!(contexts, [false, false, false, false, true], "{heard:?}");
}
