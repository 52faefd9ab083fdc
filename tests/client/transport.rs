//! Transport: TLS and who is trusted, versions of HTTP, proxies, time and size limits, compression, redirects, and transports of your own.

use std::net::{IpAddr, Ipv6Addr};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures_util::future::BoxFuture;
use rosefish::schema::{Chassis, ComputerSystem};
use rosefish::transport::{HttpRequest, HttpResponse, TlsVersion, Transport};
use rosefish::wire::Limits;
use rosefish::{Client, ClientBuilder, Credentials, ErrorKind, RetryPolicy};
use rosefish_mock::fault::{Action, Answer, Rule};
use rosefish_mock::{Encoding, MockBmc};
use serde_json::json;

use crate::builder;
use crate::memory::{Memory, client, json as answer};
use crate::server::{Certificate, Proxy, ROOT, Tls, serve};

const SYSTEM: &str = "/redfish/v1/Systems/1";

async fn plain() -> (MockBmc, Client) {
    let mock = MockBmc::builder().plain().start().await.unwrap();
    let client = builder(&mock).retry(RetryPolicy::none()).connect().await.unwrap();
    (mock, client)
}

async fn trusting(tls: Tls<'_>, set: impl FnOnce(ClientBuilder) -> ClientBuilder) -> Result<Client, rosefish::Error> {
    let pem = tls.certificate.pem.clone();
    let address = serve(tls).await;
    set(Client::builder(&format!("https://{address}")).ca_pem(pem)).connect().await
}

#[tokio::test]
async fn a_certificate_that_is_in_the_pem_text_is_accepted_though_it_is_marked_as_an_authority_s() {
    let marked = Certificate::new(&["127.0.0.1"], true);
    trusting(Tls::with(&marked), |builder| builder).await.unwrap();

    // For its own names only, and no other.
    let named = Certificate::new(&["other.example"], true);
    let error = trusting(Tls::with(&named), |builder| builder).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Tls, "{error}");
    let unknown = Certificate::new(&["127.0.0.1"], true);
    let error = trusting(Tls::with(&unknown), |builder| builder.ca_pem(marked.pem.clone())).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Tls, "{error}");
    assert!(error.to_string().contains("127.0.0.1"), "it names the host: {error}");
}

#[tokio::test]
async fn tls_1_2_is_spoken_unless_the_caller_wants_1_3() {
    let certificate = Certificate::new(&["127.0.0.1"], false);
    let old = || Tls { newest_is_12: true, ..Tls::with(&certificate) };
    trusting(old(), |builder| builder).await.unwrap();
    let error = trusting(old(), |builder| builder.oldest_tls(TlsVersion::V1_3)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Tls, "{error}");
    trusting(Tls::with(&certificate), |builder| builder.oldest_tls(TlsVersion::V1_3)).await.unwrap();
}

#[tokio::test]
async fn a_client_certificate_is_shown_to_who_asks_for_it() {
    let (server, ours) = (Certificate::new(&["127.0.0.1"], false), Certificate::new(&["client"], false));
    let tls = || Tls { clients: Some(&ours), ..Tls::with(&server) };
    trusting(tls(), |builder| builder.client_certificate_pem(&ours.pem, &ours.key_pem)).await.unwrap();
    let error = trusting(tls(), |builder| builder).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Tls, "{error}");

    let error = trusting(tls(), |builder| builder.client_certificate_pem(&ours.pem, "no key")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration, "{error}");
    let shown = format!("{:?}", Client::builder("bmc").client_certificate_pem(&ours.pem, &ours.key_pem));
    assert!(!shown.contains("PRIVATE"), "{shown}");
}

#[tokio::test]
async fn http_2_is_spoken_where_the_service_offers_it() {
    let certificate = Certificate::new(&["127.0.0.1"], false);
    let tls = || Tls { http2: true, ..Tls::with(&certificate) };
    let bmc = trusting(tls(), |builder| builder).await.unwrap();
    assert_eq!(bmc.get_raw("/redfish/v1/").await.unwrap().body, ROOT.as_bytes());
    trusting(tls(), ClientBuilder::http2_only).await.unwrap();
    trusting(tls(), ClientBuilder::http1_only).await.unwrap_err();
    trusting(Tls::with(&certificate), ClientBuilder::http1_only).await.unwrap();
}

#[tokio::test]
async fn a_proxy_tunnels_and_does_not_see_what_goes_through() {
    let mock = MockBmc::start().await.unwrap();
    let proxy = Proxy::start().await;
    let url = format!("http://{}", proxy.address);
    let bmc = builder(&mock).proxy_with(&url, "user", "pr0xy").connect().await.unwrap();
    bmc.get::<ComputerSystem>(SYSTEM).await.unwrap();
    bmc.close().await.unwrap();
    assert!(proxy.tunnels.load(Ordering::Relaxed) > 0);
    let asked = proxy.asked.lock().unwrap().join("");
    assert!(asked.to_ascii_lowercase().contains("proxy-authorization: basic"), "{asked}");
    assert!(!asked.contains("X-Auth-Token") && !asked.contains("redfish/v1"), "{asked}");
    let shown = format!("{:?}", builder(&mock).proxy_with(&url, "user", "pr0xy"));
    assert!(!shown.contains("pr0xy"), "{shown}");
}

#[tokio::test]
async fn an_ipv6_address_is_a_host_like_others() {
    let start = MockBmc::builder().bind(IpAddr::V6(Ipv6Addr::LOCALHOST)).start().await;
    // There are machines without IPv6.
    let Ok(mock) = start else { return };
    let bmc = builder(&mock).connect().await.unwrap();
    assert!(bmc.origin().starts_with("https://[::1]:"), "{}", bmc.origin());
    bmc.get::<ComputerSystem>(SYSTEM).await.unwrap();
}

#[tokio::test]
async fn a_zone_says_where_an_address_is_and_is_told_to_nobody() {
    let start = MockBmc::builder().bind(IpAddr::V6(Ipv6Addr::LOCALHOST)).start().await;
    // There are machines without IPv6.
    let Ok(mock) = start else { return };
    let port = mock.url().rsplit(':').next().unwrap().trim_end_matches('/').to_owned();
    let named = |host: &str| {
        Client::builder(host)
            .ca_pem(mock.certificate_pem().unwrap_or_default())
            .credentials(Credentials::new(mock.user(), mock.password()))
    };
    // The number of the loopback interface is one that any system takes.
    let zoned = [format!("[::1%1]:{port}"), format!("https://[::1%251]:{port}/redfish/v1")];
    for host in zoned {
        let bmc = named(&host).connect().await.unwrap_or_else(|error| panic!("{host}: {error}"));
        assert_eq!(bmc.origin(), format!("https://[::1%251]:{port}/"));
        bmc.get::<ComputerSystem>(SYSTEM).await.unwrap();
        // A session that is at one zone is not one at another.
        let token = bmc.session_token().unwrap();
        let other = named(&format!("[::1]:{port}")).session(token).connect().await.unwrap_err();
        assert_eq!(other.kind(), ErrorKind::Configuration, "{other}");
        bmc.close().await.unwrap();
    }
    for request in mock.requests().iter() {
        let host = request.header("host");
        assert!(host.is_none_or(|host| host == format!("[::1]:{port}")), "{host:?}");
    }
    let error = named(&format!("[::1%no-such-interface]:{port}")).connect().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connect, "{error}");
    let proxied = named("fe80::1%1").proxy("http://127.0.0.1:1").connect().await.unwrap_err();
    assert_eq!(proxied.kind(), ErrorKind::Configuration, "{proxied}");
}

#[tokio::test]
async fn a_service_may_be_below_a_path() {
    let memory = Memory::new(|request, _| {
        let below = request.uri().path().strip_prefix("/rack/7");
        match (request.method().as_str(), below) {
            ("GET", Some("/redfish/v1/")) => answer(200, r#"{"Systems":{"@odata.id":"/redfish/v1/Systems"}}"#),
            ("GET", Some("/redfish/v1/Systems")) => {
                answer(200, r#"{"Members":[{"@odata.id":"/rack/7/redfish/v1/Systems/1"}]}"#)
            }
            ("GET", Some(SYSTEM)) => answer(200, r#"{"Name":"a"}"#),
            _ => answer(404, ""),
        }
    });
    let bmc = Client::builder("https://gateway.example/rack/7").transport(memory.clone()).connect().await.unwrap();
    assert_eq!(bmc.origin(), "https://gateway.example/rack/7/");
    let systems: Vec<_> = bmc.root().systems().members().try_collect().await.unwrap();
    assert_eq!(systems[0].name.as_deref(), Some("a"));
    assert_eq!(memory.asked().len(), 3, "{:?}", memory.asked());
}

#[tokio::test]
async fn time_is_limited_for_a_client_and_for_a_call() {
    let (mock, bmc) = plain().await;
    mock.faults().add(Rule::on("GET", SYSTEM).then(Action::Delay(Duration::from_millis(400))));
    let begin = Instant::now();
    let error = bmc.with_timeout(Duration::from_millis(100)).get::<ComputerSystem>(SYSTEM).await.unwrap_err();
    assert!(error.is_timeout() && begin.elapsed() < Duration::from_millis(350), "{error}");
    bmc.get::<ComputerSystem>(SYSTEM).await.unwrap();

    // Repetitions are part of the call.
    mock.faults().clear();
    mock.faults().add(Rule::on("GET", SYSTEM).then(Action::Status(503)));
    let hasty = bmc.with_timeout(Duration::from_millis(300)).with_retry(RetryPolicy::default().attempts(50));
    let begin = Instant::now();
    let error = hasty.get::<ComputerSystem>(SYSTEM).await.unwrap_err();
    assert_eq!(error.status(), Some(503));
    assert!(begin.elapsed() < Duration::from_millis(400), "{:?}", begin.elapsed());

    // A service that continues talking is not silent, but the whole takes time.
    mock.faults().clear();
    mock.faults().add(Rule::on("GET", SYSTEM).then(Action::Drip { bytes: 200, every: Duration::from_millis(60) }));
    let patient = || builder(&mock).retry(RetryPolicy::none());
    let bmc = patient().read_timeout(Duration::from_millis(500)).connect().await.unwrap();
    bmc.get::<ComputerSystem>(SYSTEM).await.unwrap();
    let bmc = patient().read_timeout(Duration::from_millis(20)).connect().await.unwrap();
    let error = bmc.get::<ComputerSystem>(SYSTEM).await.unwrap_err();
    assert!(error.is_timeout(), "{error}");
}

#[tokio::test]
async fn who_can_not_be_reached_is_named_at_once() {
    let begin = Instant::now();
    let error = Client::builder("https://127.0.0.1:9").connect().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connect);
    assert!(error.to_string().contains("127.0.0.1:9"), "{error}");
    let error = Client::builder("https://no-such-host.invalid").connect().await.unwrap_err();
    assert!(error.to_string().contains("no-such-host.invalid"), "{error}");
    assert!(begin.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn answers_are_decompressed_and_their_size_is_what_they_are_then() {
    for encoding in Encoding::ALL {
        let mock = MockBmc::builder().plain().compression(&[encoding]).start().await.unwrap();
        let bmc = builder(&mock).limits(Limits::default().with_size(200_000)).connect().await.unwrap();
        mock.set("/redfish/v1/Chassis/big", json!({ "Name": "x".repeat(150_000) }));
        mock.set("/redfish/v1/Chassis/huge", json!({ "Name": "x".repeat(250_000) }));
        let big = bmc.get::<Chassis>("/redfish/v1/Chassis/big").await.unwrap();
        assert_eq!(big.name.as_ref().map(String::len), Some(150_000), "{encoding:?}");
        let sent = mock.requests().to("GET", "/redfish/v1/Chassis/big").assert_once();
        assert!(sent.header("accept-encoding").unwrap().contains(encoding.as_str()));
        let error = bmc.get::<Chassis>("/redfish/v1/Chassis/huge").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode);
        assert!(error.to_string().contains("200000"), "{error}");
    }
}

#[tokio::test]
async fn redirects_stay_within_the_origin_and_never_turn_a_post_into_a_get() {
    let (mock, bmc) = plain().await;
    let other = MockBmc::builder().plain().start().await.unwrap();
    let faults = mock.faults();
    faults.add(Rule::on("GET", "/redfish/v1/Chassis/old").then(Action::redirect(302, "/redfish/v1/Chassis/1U")));
    faults.add(
        Rule::on("GET", "/redfish/v1/Chassis/away").then(Action::redirect(301, other.url() + "/redfish/v1/Chassis/1U")),
    );
    faults.add(Rule::on("GET", "/redfish/v1/Chassis/round").then(Action::redirect(307, "/redfish/v1/Chassis/round")));
    assert_eq!(bmc.get::<Chassis>("/redfish/v1/Chassis/old").await.unwrap().id.as_deref(), Some("1U"));
    let error = bmc.get::<Chassis>("/redfish/v1/Chassis/away").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ForeignOrigin, "{error}");
    assert_eq!(other.request_count(), 0);
    let error = bmc.get::<Chassis>("/redfish/v1/Chassis/round").await.unwrap_err();
    assert!(error.to_string().contains("circles"), "{error}");

    let reset = "/redfish/v1/Systems/1/Actions/ComputerSystem.Reset";
    let system = bmc.get::<ComputerSystem>(SYSTEM).await.unwrap();
    for status in [301, 302, 303] {
        faults.clear();
        mock.clear_requests();
        faults.add(Rule::on("POST", reset).then(Action::redirect(status, "/redfish/v1/Chassis")));
        let error = system.reset(rosefish::schema::resource::ResetType::ForceOff).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Refused, "{error}");
        assert!(error.to_string().contains("/redfish/v1/Chassis"), "it says where to: {error}");
        assert_eq!(mock.request_count(), 1);
    }
    faults.clear();
    mock.clear_requests();
    faults.add(Rule::on("POST", "/redfish/v1/Chassis/moved").then(Action::redirect(308, reset)));
    faults.add(Rule::on("POST", reset).times(1).then(Action::redirect(301, format!("{reset}/"))));
    system.reset(rosefish::schema::resource::ResetType::ForceOff).await.unwrap();
    mock.requests().to("GET", "**").assert_none();
    assert_eq!(mock.request_count(), 2);
}

#[tokio::test]
async fn what_is_no_json_is_shown_for_what_it_is() {
    let (mock, bmc) = plain().await;
    let cases = [
        (Action::html(500), ["500", "text/html", "Internal Server Error"]),
        (Action::html(200), ["text/html", "<html>", SYSTEM]),
        (Action::empty(200), ["empty body", "GET", SYSTEM]),
        (Action::empty(400), ["empty body", "400", SYSTEM]),
        (
            Action::Answer(Answer::new(404).header("Content-Type", "text/plain").body("nope")),
            ["404", "text/plain", "nope"],
        ),
    ];
    for (action, parts) in cases {
        mock.faults().clear();
        mock.faults().add(Rule::on("GET", SYSTEM).then(action));
        let error = bmc.get::<ComputerSystem>(SYSTEM).await.unwrap_err().to_string();
        for part in parts {
            assert!(error.contains(part), "{part}: {error}");
        }
    }
}

#[tokio::test]
async fn a_transport_of_one_s_own_carries_everything() {
    let memory = Memory::new(|request, _| match (request.method().as_str(), request.uri().path()) {
        ("GET", "/redfish/v1/") => answer(200, r#"{"SessionService":{"@odata.id":"/redfish/v1/SessionService"}}"#),
        ("POST", _) => crate::memory::with(
            crate::memory::with(answer(201, "{}"), "x-auth-token", "t"),
            "location",
            "/redfish/v1/SessionService/Sessions/1",
        ),
        ("DELETE", _) => answer(204, ""),
        _ => answer(200, r#"{"Name":"from memory"}"#),
    });
    let bmc = client(&memory).credentials(Credentials::new("u", "p")).connect().await.unwrap();
    assert_eq!(bmc.get::<Chassis>("/redfish/v1/Chassis/1").await.unwrap().name.as_deref(), Some("from memory"));
    assert_eq!(memory.header(2, "x-auth-token").as_deref(), Some("t"));
    assert_eq!(memory.header(2, "odata-version").as_deref(), Some("4.0"));
    drop(bmc);
    while memory.asked().len() < 4 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(memory.asked().last().unwrap(), "DELETE https://bmc.example/redfish/v1/SessionService/Sessions/1");
}

#[tokio::test]
async fn a_call_that_is_given_up_takes_nothing_with_it() {
    let mock = MockBmc::builder().latency(Duration::from_millis(5)).start().await.unwrap();
    let bmc = builder(&mock).concurrency(2).connect().await.unwrap();
    for round in 0..200_u64 {
        let read = bmc.get::<ComputerSystem>(SYSTEM);
        let _ = tokio::time::timeout(Duration::from_micros(round * 100), read).await;
        if round % 50 == 0 {
            // Also on the way to another session; a new one that nobody could use is not replaced at once.
            bmc.get::<ComputerSystem>(SYSTEM).await.unwrap();
            mock.end_sessions();
        }
    }
    let readers = (0..8).map(|_| bmc.get::<ComputerSystem>(SYSTEM));
    for read in futures_util::future::join_all(readers).await {
        read.unwrap();
    }
    let most = mock.most_requests_under_way();
    assert!(most <= 4, "{most}: the service may be at one still that was given up, and at a logout in the background");
    bmc.close().await.unwrap();
    for _ in 0..100 {
        if mock.sessions() == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{} sessions are left", mock.sessions());
}

#[tokio::test]
async fn who_waits_longest_is_next() {
    let mock = MockBmc::builder().plain().latency(Duration::from_millis(10)).start().await.unwrap();
    let bmc = builder(&mock).concurrency(1).connect().await.unwrap();
    let chassis = bmc.get::<Chassis>("/redfish/v1/Chassis/1U").await.unwrap();
    mock.clear_requests();
    let all = chassis.sensors().query(rosefish::Query::new().without_expand()).members().try_collect::<Vec<_>>();
    let (all, one) = tokio::join!(all, bmc.get::<ComputerSystem>(SYSTEM));
    assert!(all.unwrap().len() > 10 && one.is_ok());
    let place = mock.requests().iter().position(|request| request.path() == SYSTEM).unwrap();
    assert!(place < 4, "a stream does not keep others waiting: {place}");
}

#[test]
fn futures_and_handles_can_be_sent_to_other_threads() {
    fn send<T: Send>(_: &T) {}
    fn shared<T: Send + Sync + 'static>() {}
    shared::<Client>();
    shared::<ClientBuilder>();
    shared::<rosefish::Error>();
    shared::<rosefish::SessionToken>();
    shared::<std::sync::Arc<dyn rosefish::transport::Transport>>();
    #[allow(dead_code, unreachable_code, clippy::diverging_sub_expression, reason = "compiled, never run")]
    fn compiled(bmc: Client, mut message: rosefish::schema::message::Message) {
        send(&Client::builder("").connect());
        send(&bmc.get_raw(""));
        send(&bmc.log_in(Credentials::new("", "")));
        send(&bmc.change_password(""));
        send(&bmc.complete_message(&mut message));
        send(&bmc.clone().close());
        send(&rosefish::transport::Body::from(bytes::Bytes::new()));
    }
}

/// Notes what it is asked, and what a person who logs it would see.
#[derive(Debug)]
struct Noting {
    inner: Arc<dyn Transport>,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Transport for Noting {
    fn send(&self, request: HttpRequest) -> BoxFuture<'_, Result<HttpResponse, rosefish::Error>> {
        self.seen.lock().unwrap().push(format!("{} {} {request:?}", request.method(), request.uri().path()));
        let answer = self.inner.send(request);
        Box::pin(async move {
            let answer = answer.await?;
            self.seen.lock().unwrap().push(format!("{answer:?}"));
            Ok(answer)
        })
    }
}

#[tokio::test]
async fn a_transport_put_around_the_client_s_sees_every_request_and_no_secret_in_its_debug() {
    let mock = MockBmc::builder().credentials("admin", "p4ss-of-the-bmc").start().await.unwrap();
    let seen: Arc<Mutex<Vec<String>>> = Arc::default();
    let notes = Arc::clone(&seen);
    let wrap = move |inner| Arc::new(Noting { inner, seen: Arc::clone(&notes) }) as Arc<dyn Transport>;
    let bmc = builder(&mock).wrap_transport(wrap).default_header("X-Api-Key", "k3y-of-all").connect().await.unwrap();
    let token = bmc.session_token().unwrap().expose().token;
    bmc.get::<ComputerSystem>(SYSTEM).await.unwrap();
    // The logout of a client that is dropped goes through it, too, though it is in another runtime.
    drop(bmc);
    crate::all_ended(&mock).await;
    let seen = seen.lock().unwrap();
    assert_eq!(seen.iter().filter(|line| !line.starts_with("Response")).count(), mock.request_count(), "{seen:#?}");
    for part in ["GET /redfish/v1/ ", "POST /redfish/v1/SessionService/Sessions ", "DELETE /redfish/v1/SessionService"]
    {
        assert!(seen.iter().any(|line| line.starts_with(part)), "{part}: {seen:#?}");
    }
    for secret in [mock.password(), &token, "k3y-of-all"] {
        assert!(!seen.iter().any(|line| line.contains(secret)), "{secret}: {seen:#?}");
    }
    assert!(mock.requests().iter().all(|request| request.header("x-api-key").is_some()), "logins and logouts as well");
}

#[tokio::test]
async fn a_default_header_goes_along_unless_it_is_the_client_s_own() {
    let (mock, bmc) = {
        let mock = MockBmc::builder().plain().start().await.unwrap();
        let builder = builder(&mock).default_header("X-Tenant", "7").default_header("User-Agent", "rack-tool/1");
        let builder = builder.default_header("Accept", "application/json;odata.metadata=full");
        let bmc = builder.connect().await.unwrap();
        (mock, bmc)
    };
    bmc.post("/redfish/v1/none", &json!({})).header("X-Tenant", "8").await.unwrap_err();
    let requests = mock.requests();
    let values: Vec<_> = requests.iter().map(|request| request.header("x-tenant").unwrap_or_default()).collect();
    assert!(values.len() >= 3 && values[..values.len() - 1].iter().all(|value| *value == "7"), "{values:?}");
    assert_eq!(values.last(), Some(&"8"), "what is set for a request takes its place");
    assert_eq!(requests[0].header("user-agent"), Some("rack-tool/1"));
    assert_eq!(requests[0].header("accept"), Some("application/json;odata.metadata=full"));

    let before = mock.request_count();
    for (name, value, text) in [
        ("Host", "other", "host"),
        ("authorization", "Basic x", "authorization"),
        ("X-Auth-Token", "s3cret", "x-auth-token"),
        ("Content-Length", "0", "content-length"),
        ("Transfer-Encoding", "chunked", "transfer-encoding"),
        ("Connection", "close", "connection"),
        ("Content-Type", "text/plain", "content-type"),
        ("If-Match", "*", "if-match"),
        ("Accept-Encoding", "br", "accept-encoding"),
        ("X Y", "1", "X Y"),
        ("X-Secret", "s3cret\n", "x-secret"),
    ] {
        let error = builder(&mock).default_header(name, value).connect().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration, "{name}: {error}");
        assert!(error.to_string().contains(text) && !error.to_string().contains("s3cret"), "{name}: {error}");
    }
    assert_eq!(mock.request_count(), before, "nothing was sent");
    let shown =
        format!("{:?}", Client::builder("bmc").default_header("X-Api-Key", "k3y").default_header("X-Tenant", "7"));
    assert!(!shown.contains("k3y") && shown.contains("x-tenant"), "{shown}");
}
