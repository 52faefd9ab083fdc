//! Events: a stream that outlives its connections, and subscriptions in the words that a service knows.

use std::collections::HashSet;
use std::time::Duration;

use rosefish::event::{EventStream, Notification, Subscription};
use rosefish::schema::{ComputerSystem, EventDestination, EventService};
use rosefish::{Client, Error, ErrorKind, Filter, Resource};
use rosefish_mock::fault::{Action, Answer, Rule};
use rosefish_mock::{Builder, MockBmc, Quirk};
use serde_json::json;

use crate::builder;

const SERVICE: &str = "/redfish/v1/EventService";
const SSE: &str = "/redfish/v1/EventService/SSE";
const SUBSCRIPTIONS: &str = "/redfish/v1/EventService/Subscriptions";
const LONG: Duration = Duration::from_secs(20);

async fn started(mock: Builder) -> (MockBmc, Client, Resource<EventService>) {
    let mock = mock.start().await.unwrap();
    let bmc = builder(&mock).connect().await.unwrap();
    let service = bmc.root().event_service().await.unwrap();
    mock.clear_requests();
    (mock, bmc, service)
}

fn event(text: &str) -> serde_json::Value {
    json!({"MessageId": "ResourceEvent.1.3.ResourceChanged", "Message": text, "Severity": "OK"})
}

async fn next(events: &mut EventStream) -> Option<Result<Notification, Error>> {
    tokio::time::timeout(LONG, events.next()).await.expect("an event within 20 s")
}

/// The texts of the next events, up to the one that is `last`.
async fn texts(events: &mut EventStream, last: &str) -> Vec<String> {
    let mut texts = Vec::new();
    while texts.last().is_none_or(|text| text != last) {
        let notification = next(events).await.unwrap().unwrap();
        texts.extend(notification.records().iter().filter_map(|record| record.message.clone()));
    }
    texts
}

/// Polls the stream until the service has so many.
async fn open(mock: &MockBmc, events: &mut EventStream, count: usize) {
    for _ in 0..1000 {
        if mock.event_streams() >= count {
            return;
        }
        if let Ok(item) = tokio::time::timeout(Duration::from_millis(10), events.next()).await {
            panic!("{item:?} before anything was sent");
        }
    }
    panic!("the stream was not opened");
}

#[tokio::test]
async fn what_changes_is_told_with_types() {
    for mock in [MockBmc::builder(), MockBmc::builder().multi_line_events()] {
        let (mock, bmc, service) = started(mock).await;
        let mut events = service.events();
        open(&mock, &mut events, 1).await;
        let mut edit = bmc.get::<ComputerSystem>("/redfish/v1/Systems/1").await.unwrap().edit();
        edit.asset_tag = Some("rack 7".to_owned());
        let _ = edit.commit().await.unwrap();
        let notification = next(&mut events).await.unwrap().unwrap();
        let [record] = notification.records() else { panic!("{notification:?}") };
        assert!(record.message_id.as_deref().unwrap().contains("ResourceChanged"), "{record:?}");
        let origin = record.origin_of_condition.as_ref().unwrap().uri().unwrap();
        assert_eq!(origin.as_str(), "/redfish/v1/Systems/1");
        assert!(notification.id.is_some() && notification.deviations.is_empty(), "{:?}", notification.deviations);
        assert!(mock.send_metric_report("/redfish/v1/TelemetryService/MetricReports/Power"));
        let notification = next(&mut events).await.unwrap().unwrap();
        assert!(!notification.metric_report().unwrap().metric_values.is_empty());
    }
}

#[tokio::test]
async fn a_stream_takes_no_place_in_the_limit_and_is_closed_when_it_is_dropped() {
    let mock = MockBmc::start().await.unwrap();
    let bmc = builder(&mock).concurrency(1).connect().await.unwrap();
    let service = bmc.root().event_service().await.unwrap();
    let (mut one, mut two) = (service.events(), service.events());
    open(&mock, &mut one, 1).await;
    open(&mock, &mut two, 2).await;
    bmc.get::<EventService>(SERVICE).await.unwrap();
    drop((one, two));
    for _ in 0..200 {
        mock.send_event(event("anybody?"));
        if mock.event_streams() == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{} streams are left", mock.event_streams());
}

#[tokio::test]
async fn after_a_break_it_goes_on_where_it_was() {
    let (mock, _bmc, service) = started(MockBmc::builder()).await;
    let mut events = service.events();
    open(&mock, &mut events, 1).await;
    for round in 0..3 {
        mock.send_event(event(&format!("before {round}")));
        let before = texts(&mut events, &format!("before {round}")).await;
        assert_eq!(before.len(), 1, "nothing comes twice: {before:?}");
        mock.end_event_streams();
        // While nobody listens.
        mock.send_event(event(&format!("missed {round}")));
        mock.send_event(event(&format!("missed as well {round}")));
        let missed = texts(&mut events, &format!("missed as well {round}")).await;
        assert_eq!(missed, [format!("missed {round}"), format!("missed as well {round}")]);
    }
    assert_eq!(events.connections(), 4);
    let requests = mock.requests().to("GET", SSE);
    let said: HashSet<_> = requests.iter().map(|request| request.header("last-event-id").map(str::to_owned)).collect();
    assert_eq!(said.len(), 4, "{said:?}");

    // Another process continues from what this one had.
    mock.send_event(event("the last"));
    let id = next(&mut events).await.unwrap().unwrap().id.unwrap();
    drop(events);
    mock.send_event(event("news"));
    let mut events = service.events().since(id);
    assert_eq!(texts(&mut events, "news").await, ["news"]);
}

#[tokio::test]
async fn a_broken_record_hides_no_other() {
    let (mock, _bmc, service) = started(MockBmc::builder()).await;
    let body = "\u{feff}: hello\r\nretry: 100\r\n\r\nid: 1\r\ndata: {\"Events\":[{\"Message\":\"one\"}]}\r\n\r\n\
                data: {\"Events\":[{\"Message\":\r\n\r\ndata: <html>\r\n\r\n\
                id: 4\r\ndata: {\"Events\":\r\ndata: [{\"Message\":\"two\"},7,\r\ndata: {\"Message\":\"three\",\"EventTimestamp\":5}]}\r\n\r\n\
                data: {\"Events\":[{\"Message\":\"cut";
    let answer = Answer::new(200).header("Content-Type", "text/event-stream; charset=utf-8").body(body);
    mock.faults().add(Rule::on("GET", SSE).times(1).then(Action::Answer(answer)));
    let mut events = service.events();
    let mut good = Vec::new();
    let mut bad = 0;
    while good.len() < 3 {
        match next(&mut events).await.unwrap() {
            Ok(notification) => good.extend(notification.records().iter().filter_map(|record| record.message.clone())),
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::Decode, "{error}");
                bad += 1;
            }
        }
    }
    assert_eq!((good, bad), (vec!["one".to_owned(), "two".to_owned(), "three".to_owned()], 2));
    // The service does not know the event that is named, and says so.
    next(&mut events).await.unwrap().unwrap();
    assert_eq!(mock.requests().to("GET", SSE).iter().last().unwrap().header("last-event-id"), Some("4"));
}

#[tokio::test]
async fn trouble_passes_and_refusal_ends() {
    let (mock, _bmc, service) = started(MockBmc::builder()).await;
    // The service is away for a while after the stream was there.
    let mut events = service.events();
    open(&mock, &mut events, 1).await;
    mock.send_event(event("one"));
    texts(&mut events, "one").await;
    mock.faults().add(Rule::on("GET", SSE).times(2).then(Action::Status(503)));
    mock.end_event_streams();
    mock.send_event(event("two"));
    assert_eq!(texts(&mut events, "two").await, ["two"]);
    mock.faults().clear();

    let cases = [
        (Action::Status(404), Some(ErrorKind::NotFound)),
        (Action::Status(403), Some(ErrorKind::Forbidden)),
        (Action::html(200), Some(ErrorKind::Decode)),
        (Action::empty(204), None),
    ];
    for (action, expected) in cases {
        mock.faults().clear();
        mock.faults().add(Rule::on("GET", SSE).then(action.clone()));
        let mut events = service.events();
        if let Some(kind) = expected {
            assert_eq!(next(&mut events).await.unwrap().unwrap_err().kind(), kind, "{action:?}");
        }
        assert!(next(&mut events).await.is_none(), "{action:?}");
    }
    let mut without = mock.resource(SERVICE).unwrap();
    without.as_object_mut().unwrap().remove("ServerSentEventUri");
    mock.set(SERVICE, without);
    let mut service = service;
    service.refresh().await.unwrap();
    assert_eq!(next(&mut service.events()).await.unwrap().unwrap_err().kind(), ErrorKind::Missing);
}

#[tokio::test]
async fn a_silent_connection_is_taken_for_broken() {
    let (mock, _bmc, service) = started(MockBmc::builder().event_keep_alive(LONG)).await;
    let mut events = service.events().silence(Duration::from_millis(200));
    open(&mock, &mut events, 1).await;
    mock.send_event(event("one"));
    texts(&mut events, "one").await;
    let waited = tokio::time::timeout(Duration::from_secs(3), events.next()).await;
    assert!(waited.is_err(), "{waited:?}");
    assert!(events.connections() > 1);
    mock.send_event(event("two"));
    assert_eq!(texts(&mut events, "two").await, ["two"]);
}

#[tokio::test]
async fn events_are_chosen_by_what_the_service_can_choose_by() {
    let (mock, _bmc, service) = started(MockBmc::builder()).await;
    let mut events = service.events().filter(Filter::property("RegistryPrefix").eq("TaskEvent"));
    open(&mock, &mut events, 1).await;
    mock.send_event(event("not this"));
    mock.send_event(json!({"MessageId": "TaskEvent.1.0.TaskStarted", "Message": "this"}));
    assert_eq!(texts(&mut events, "this").await, ["this"]);
    let mut other = service.events().filter(Filter::property("Severity").eq("OK"));
    let error = next(&mut other).await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotAllowed);
    assert!(error.to_string().contains("Severity"), "{error}");
}

fn wanted() -> Subscription {
    Subscription::new("http://127.0.0.1:9/events", "n7h2").registry_prefixes(["TaskEvent"])
}

async fn listed(service: &Resource<EventService>) -> Vec<Resource<EventDestination>> {
    service.subscriptions().members().try_collect().await.unwrap()
}

#[tokio::test]
async fn subscriptions_are_made_listed_kept_and_removed() {
    let (mock, _bmc, service) = started(MockBmc::builder()).await;
    let before = listed(&service).await.len();
    let made = service.subscribe(&wanted()).await.unwrap();
    assert_eq!(made.context.as_deref(), Some("n7h2"));
    assert_eq!(made.registry_prefixes, ["TaskEvent"]);
    assert_eq!(listed(&service).await.len(), before + 1);
    // It is kept, and what is there twice is not.
    let again = service.subscribe(&wanted()).await;
    let kept = service.renew(&wanted()).await.unwrap();
    assert!(kept.uri() == made.uri() || again.is_ok_and(|again| again.uri() == kept.uri()));
    assert_eq!(listed(&service).await.len(), before + 1);
    // It is resumed where it was suspended, and made again where it is gone.
    let mut suspended = mock.resource(kept.uri()).unwrap();
    suspended["Status"] = json!({"State": "StandbyOffline"});
    mock.set(kept.uri(), suspended);
    let resumed = service.renew(&wanted()).await.unwrap();
    let state = mock.resource(resumed.uri()).unwrap()["Status"]["State"].clone();
    assert!(state.is_null() || state == "Enabled", "{state}");
    resumed.delete().await.unwrap();
    assert_eq!(listed(&service).await.len(), before);
    service.renew(&wanted()).await.unwrap();
    assert_eq!(listed(&service).await.len(), before + 1);
}

#[tokio::test]
async fn a_subscription_is_told_in_the_words_that_the_service_knows() {
    // A service of before registry prefixes.
    let (mock, _bmc, mut service) = started(MockBmc::builder()).await;
    let mut old = mock.resource(SERVICE).unwrap();
    let object = old.as_object_mut().unwrap();
    for newer in ["RegistryPrefixes", "ResourceTypes", "EventFormatTypes"] {
        object.remove(newer);
    }
    object.insert("EventTypesForSubscription".to_owned(), json!(["Alert", "StatusChange"]));
    mock.set(SERVICE, old);
    service.refresh().await.unwrap();
    service.subscribe(&wanted()).await.unwrap();
    let body = mock.requests().to("POST", SUBSCRIPTIONS).assert_once().json().unwrap();
    assert_eq!(body["EventTypes"], json!(["Alert", "StatusChange"]));
    assert!(body.get("RegistryPrefixes").is_none() && body.get("SubscriptionType").is_none(), "{body}");

    // One that lists prefixes and refuses them all the same.
    let (mock, _bmc, service) = started(MockBmc::builder()).await;
    let refusal = Answer::new(400).message("Base.1.8.PropertyUnknown", "The property RegistryPrefixes is unknown.");
    mock.faults().add(Rule::on("POST", SUBSCRIPTIONS).with("/RegistryPrefixes").then(Action::Answer(refusal)));
    service.subscribe(&wanted()).await.unwrap();
    let posts = mock.requests().to("POST", SUBSCRIPTIONS);
    assert_eq!(posts.len(), 2);
    let bodies: Vec<_> = posts.iter().map(|post| post.json().unwrap()).collect();
    assert!(bodies[0].get("RegistryPrefixes").is_some() && bodies[1].get("RegistryPrefixes").is_none(), "{bodies:?}");

    // What it does not have is refused before anything is sent.
    let odd = Subscription::new("http://127.0.0.1:9/", "c").registry_prefixes(["Nothing"]);
    let error = service.subscribe(&odd).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotAllowed);
    assert!(error.to_string().contains("TaskEvent"), "{error}");
    mock.requests().to("POST", SUBSCRIPTIONS).assert_count(2);
}

#[tokio::test]
async fn a_test_event_arrives() {
    let (mock, _bmc, service) = started(MockBmc::builder()).await;
    let mut events = service.events();
    open(&mock, &mut events, 1).await;
    service.send_test_event().await.unwrap();
    assert_eq!(next(&mut events).await.unwrap().unwrap().records().len(), 1);
}

#[test]
fn futures_of_events_are_send() {
    fn send<T: Send>(_: &T) {}
    #[allow(dead_code, reason = "compiled, never run")]
    fn compiled(service: Resource<EventService>, mut events: EventStream, wanted: Subscription) {
        send(&service.events());
        send(&events.next());
        send(&service.subscribe(&wanted));
        send(&service.renew(&wanted));
        send(&service.send_test_event());
    }
}
#[tokio::test]
async fn events_stream_where_a_service_has_them_by_http_1_alone() {
    let (mock, bmc, service) = started(MockBmc::builder().quirk(Quirk::EventsOverHttp1)).await;
    let mut events = service.events();
    let first = tokio::spawn(async move { (next(&mut events).await, events) });
    while mock.event_streams() == 0 {
        assert!(!first.is_finished(), "{:?}", first.await);
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    mock.send_event(event("over HTTP/1.1"));
    let (notification, _events) = first.await.unwrap();
    assert!(notification.unwrap().is_ok());
    // All else goes by HTTP/2 as before.
    bmc.get::<ComputerSystem>("/redfish/v1/Systems/1").await.unwrap();
    let requests = mock.requests();
    let versions: Vec<_> = requests.iter().map(|request| request.http_version().to_owned()).collect();
    assert_eq!(versions, ["HTTP/1.1", "HTTP/2.0"], "{requests:?}");
}

mod pushed {
    //! Events that are pushed to a listener.

    use std::net::SocketAddr;

    use rosefish::event::{Listener, ListenerTls, PushedEvents, Server};

    use super::*;

    async fn served(listener: Listener, tls: Option<ListenerTls>) -> (Server, PushedEvents) {
        listener.serve(SocketAddr::from(([127, 0, 0, 1], 0)), tls).await.unwrap()
    }

    async fn pushed(events: &mut PushedEvents) -> Notification {
        tokio::time::timeout(LONG, events.next()).await.expect("an event within 20 s").unwrap().unwrap()
    }

    #[tokio::test]
    async fn what_is_pushed_is_what_streams() {
        let key = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let tls = ListenerTls::pem(key.cert.pem().as_bytes(), key.signing_key.serialize_pem().as_bytes()).unwrap();
        assert!(ListenerTls::pem(b"", key.signing_key.serialize_pem().as_bytes()).is_err());
        for (scheme, tls) in [("http", None), ("https", Some(tls))] {
            let (mock, _bmc, service) = started(MockBmc::builder()).await;
            let (server, mut events) = served(Listener::new().context("n7h2"), tls).await;
            // One that never shakes hands holds nobody up.
            let _silent = tokio::net::TcpStream::connect(server.address()).await.unwrap();
            let url = format!("{scheme}://{}/", server.address());
            service.renew(&Subscription::new(url, "n7h2")).await.unwrap();
            mock.send_event(event("over the wire"));
            let notification = pushed(&mut events).await;
            let found = notification.records().iter().find(|record| record.message.as_deref() == Some("over the wire"));
            assert!(found.is_some(), "{scheme}: {notification:?}");
            assert_eq!(notification.context(), Some("n7h2"));
        }
    }

    #[tokio::test]
    async fn events_without_a_context_arrive_by_the_secret_in_the_path() {
        let (mock, bmc, service) = started(MockBmc::builder().quirk(Quirk::EventsWithoutContext)).await;
        let (server, mut events) = served(Listener::new().secret("n7h2"), None).await;
        let url = format!("http://{}/n7h2", server.address());
        let subscription = service.subscribe(&Subscription::new(url, "bmc-07")).await.unwrap();
        service.send_test_event().await.unwrap();
        let test = pushed(&mut events).await;
        assert_eq!(test.context(), None, "{test:?}");
        // The subscription is still there, and what else comes has its context.
        mock.send_event(event("over the wire"));
        assert_eq!(pushed(&mut events).await.context(), Some("bmc-07"));
        assert!(bmc.get::<rosefish::schema::EventDestination>(subscription.uri()).await.is_ok());
    }

    async fn post(url: &str, body: &str) -> u16 {
        static PROVIDER: std::sync::Once = std::sync::Once::new();
        PROVIDER.call_once(|| drop(rustls::crypto::ring::default_provider().install_default()));
        let request = reqwest::Client::new().post(url).header("Content-Type", "application/json").body(body.to_owned());
        request.send().await.unwrap().status().as_u16()
    }

    #[tokio::test]
    async fn what_is_not_ours_is_discarded_and_nothing_waits() {
        let (server, mut events) = served(Listener::new().context("n7h2").queue(2), None).await;
        let url = format!("http://{}/", server.address());
        let ours = r#"{"Context":"n7h2","Events":[{"Message":"ours"}]}"#;
        // An error would have some services delete the subscription.
        assert_eq!(post(&url, r#"{"Context":"forged","Events":[{"Message":"x"}]}"#).await, 204);
        assert_eq!(post(&url, r#"{"Events":[{"Message":"x"}]}"#).await, 204);
        assert_eq!(post(&url, "<html>").await, 204);
        assert_eq!(post(&url, &format!("{{\"Context\":\"{}\"}}", "x".repeat(2 << 20))).await, 204);
        assert_eq!(reqwest::get(&url).await.unwrap().status().as_u16(), 405);
        assert_eq!(post(&url, ours).await, 204);
        assert_eq!(post(&url, ours).await, 204);
        assert_eq!(post(&url, ours).await, 503, "the queue is full, and nobody reads it");
        for _ in 0..2 {
            assert_eq!(pushed(&mut events).await.records()[0].message.as_deref(), Some("ours"));
        }
        assert_eq!(post(&url, ours).await, 204);
        drop(events);
        assert_eq!(post(&url, ours).await, 503);
    }

    #[tokio::test]
    async fn a_router_is_mounted_where_the_program_likes() {
        let (router, mut events) = Listener::new().router();
        let app = axum::Router::new().nest("/bmc/events", router);
        let tcp = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/bmc/events", tcp.local_addr().unwrap());
        let serving = tokio::spawn(async move { axum::serve(tcp, app).await });
        assert_eq!(post(&url, r#"[{"Message":"bare","Context":"any"}]"#).await, 204);
        assert_eq!(pushed(&mut events).await.context(), Some("any"));
        assert_eq!(post(&url, "{").await, 204);
        assert!(events.next().await.unwrap().is_err(), "where anybody may send, what can't be read is told");
        serving.abort();
    }

    #[tokio::test]
    async fn the_path_of_the_destination_tells_what_is_ours_where_no_context_does() {
        let (server, mut events) = served(Listener::new().secret("n7h2").queue(8), None).await;
        let url = |path: &str| format!("http://{}/{path}", server.address());
        let without_context = [
            r#"{"Name":"Test Event","Events":[{"MessageId":"OpenBMC.0.2.TestEventLog"}]}"#,
            r#"{"Events":[{"MessageId":"RedfishServiceFunctional.1.0.RedfishServiceFunctional"}]}"#,
            r#"{"Events":[{"MessageId":"TaskEvent.1.0.3.TaskStarted"}]}"#,
        ];
        for (at, body) in without_context.into_iter().enumerate() {
            for stranger in ["", "other", "n7h2/more", "n7h"] {
                assert_eq!(post(&url(stranger), body).await, 204, "{stranger}");
            }
            assert_eq!(post(&url(["n7h2", "n7h2/", "n7h2"][at]), body).await, 204);
            let id = pushed(&mut events).await.records()[0].message_id.clone().unwrap();
            assert!(body.contains(&id), "{body}");
        }
        assert_eq!(post(&url("n7h2"), "<html>").await, 204);
        assert!(events.next().await.unwrap().is_err(), "what came by the secret and can't be read is told");
        assert!(!format!("{:?}", Listener::new().secret("n7h2")).contains("n7h2"));
    }

    #[tokio::test]
    async fn two_thousand_half_sent_requests_keep_no_event_out() {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        let (server, mut events) = served(Listener::new().secret("n7h2").connections(300), None).await;
        let starts: [&[u8]; 3] = [b"POST /n7h2 HT", b"POST /n7h2 HTTP/1.1\r\nContent-Length: 1000000\r\n\r\n{", b""];
        let mut held = std::collections::VecDeque::new();
        for n in 0..2000 {
            let mut stream = tokio::net::TcpStream::connect(server.address()).await.unwrap();
            let _ = stream.write_all(starts[n % 3]).await;
            held.push_back(stream);
            // As many files as a process mostly may have.
            if held.len() > 600 {
                held.pop_front();
            }
        }
        let begun = std::time::Instant::now();
        let mut stream = tokio::net::TcpStream::connect(server.address()).await.unwrap();
        let body = event("through").to_string();
        let head = format!("POST /n7h2 HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n", body.len());
        stream.write_all((head + &body).as_bytes()).await.unwrap();
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"HTTP/1.1 204");
        assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
        // Before it came what those had begun that had to go.
        let taken = async {
            loop {
                if let Ok(notification) = events.next().await.unwrap() {
                    return notification.records().len();
                }
            }
        };
        assert_eq!(tokio::time::timeout(LONG, taken).await.unwrap(), 1);
    }
}
