//! What services are often seen to do, ready to be switched on: resources that can't be read, changes that are
//! confirmed and then not seen, answers to logins in every shape, events over one version of HTTP alone.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use reqwest::Method;
use rosefish_mock::fault::{Action, Rule, Unreadable};
use rosefish_mock::{
    LoginAnswer, LoginBody, LoginLocation, LoginToken, MockBmc, Query, QuerySupport, Quirk, TaskRule, Tree,
};
use serde_json::{Value, json};

use crate::support::{delete, demo, get, http, log_in, patch, post, send_as, small_tree};

const SESSIONS: &str = "/redfish/v1/SessionService/Sessions";
const SYSTEM: &str = "/redfish/v1/Systems/1";

async fn small(answer: LoginAnswer) -> MockBmc {
    MockBmc::builder().tree(small_tree()).plain().login_answer(answer).start().await.unwrap()
}

#[tokio::test]
async fn each_member_of_each_collection_can_be_made_unreadable_alone() {
    let bmc = demo().await;
    let collections = bmc.collections();
    assert_eq!(Tree::demo().collections(), collections);
    let members: usize = collections.values().map(Vec::len).sum();
    assert!(collections.len() > 20 && members > 60, "{} {members}", collections.len());
    for (collection, members) in &collections {
        let Some(broken) = members.first() else { continue };
        for how in Unreadable::QUICK {
            let rule = bmc.faults().add(Rule::unreadable(broken, how));
            let request = http().get(bmc.url() + broken).basic_auth(bmc.user(), Some(bmc.password())).send().await;
            let read = match request {
                Ok(answer) if answer.status() == 200 => {
                    serde_json::from_str::<Value>(&answer.text().await.unwrap()).is_ok_and(|json| json.is_object())
                }
                _ => false,
            };
            assert!(!read, "{broken} {how:?}");
            if let Some(other) = members.get(1) {
                assert_eq!(get(&bmc, other).await.status, 200, "{other}");
            }
            let expanded = get(&bmc, &format!("{collection}?$expand=.")).await.json();
            let shown = expanded["Members"].as_array().unwrap();
            let whole = shown.iter().filter(|member| member.as_object().is_some_and(|member| member.len() > 1)).count();
            let entries = collection.ends_with("/Entries");
            assert!(shown.len() == members.len() && (entries || whole < members.len()), "{collection} {how:?}");
            assert!(bmc.faults().remove(rule));
        }
        assert_eq!(get(&bmc, broken).await.status, 200, "{broken}");
    }
}

#[tokio::test]
async fn a_silent_resource_holds_its_own_request_alone() {
    let bmc = demo().await;
    bmc.faults().add(Rule::unreadable(SYSTEM, Unreadable::Silent));
    let hanging = http().get(bmc.url() + SYSTEM).timeout(Duration::from_millis(200)).send();
    assert!(hanging.await.unwrap_err().is_timeout());
    assert_eq!(get(&bmc, "/redfish/v1").await.status, 200);
}

#[tokio::test]
async fn a_change_is_confirmed_and_then_not_seen_for_a_while() {
    for how in [Unreadable::NotFound, Unreadable::Forbidden, Unreadable::Html, Unreadable::Empty] {
        let bmc = demo().await;
        let later = Rule::unreadable("{path}", how).times(2);
        bmc.faults().add(Rule::confirmed("PATCH", "/redfish/v1/Systems/*").then(Action::arm(later)));
        assert_eq!(get(&bmc, SYSTEM).await.status, 200);
        let confirmed = patch(&bmc, SYSTEM, json!({ "AssetTag": "rack 7" })).await;
        assert_eq!((confirmed.status, confirmed.text.as_str()), (204, ""));
        for _ in 0..2 {
            let answer = get(&bmc, SYSTEM).await;
            assert!(answer.status != 200 || serde_json::from_str::<Value>(&answer.text).is_err(), "{how:?}");
        }
        assert_eq!(get(&bmc, "/redfish/v1/Chassis/1U").await.status, 200);
        assert_eq!(get(&bmc, SYSTEM).await.json()["AssetTag"], "rack 7");
    }
}

#[tokio::test]
async fn a_rule_can_last_for_a_time() {
    let bmc = demo().await;
    bmc.faults().add(Rule::on("GET", SYSTEM).lasts(Duration::from_millis(300)).then(Action::Status(404)));
    assert_eq!(get(&bmc, SYSTEM).await.status, 404);
    tokio::time::sleep(Duration::from_millis(350)).await;
    assert_eq!(get(&bmc, SYSTEM).await.status, 200);
}

#[tokio::test]
async fn a_change_can_be_confirmed_and_not_made() {
    let bmc = demo().await;
    bmc.faults().add(Rule::pretended("PATCH", "**"));
    let before = bmc.resource(SYSTEM).unwrap();
    assert_eq!(patch(&bmc, SYSTEM, json!({ "AssetTag": "rack 7" })).await.status, 204);
    assert_eq!(bmc.resource(SYSTEM).unwrap(), before);
}

#[tokio::test]
async fn a_204_can_have_a_content_type_and_a_body() {
    let bmc = MockBmc::builder().plain().start().await.unwrap();
    bmc.faults().add(Rule::no_content_with("PATCH", SYSTEM, "application/json", "{}"));
    let mut stream = TcpStream::connect(bmc.address()).unwrap();
    let login = "Authorization: Basic YWRtaW46cm9zZWZpc2g=";
    let body = r#"{"AssetTag":"rack 7"}"#;
    let request = format!(
        "PATCH {SYSTEM} HTTP/1.1\r\nHost: bmc\r\n{login}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 204 No Content\r\nContent-Type: application/json\r\n"), "{answer}");
    assert!(answer.ends_with("\r\n\r\n{}"), "{answer}");
    assert_eq!(bmc.resource(SYSTEM).unwrap()["AssetTag"], "rack 7");
}

#[tokio::test]
async fn a_task_says_what_is_no_task_for_a_while_and_goes_on() {
    let update = "/redfish/v1/UpdateService/Actions/UpdateService.SimpleUpdate";
    let image = json!({ "ImageURI": "https://images.example/bmc-9.9.9.bin" });
    for answer in [
        Action::empty(200),
        Action::json(200, json!({})),
        Action::message(200, "Base.1.0.GeneralError", "busy"),
        Action::json(200, json!({ "@odata.type": "#ServiceRoot.v1_5_0.ServiceRoot", "Name": "Root" })),
    ] {
        let builder = MockBmc::builder().plain().task(TaskRule::new("POST", "**").takes(Duration::from_millis(200)));
        let bmc = builder.start().await.unwrap();
        bmc.faults().add(Rule::task_says(answer, 2));
        let accepted = post(&bmc, update, image.clone()).await;
        assert_eq!(accepted.status, 202);
        let monitor = accepted.header("location").unwrap().to_owned();
        let task = accepted.json()["@odata.id"].as_str().unwrap().to_owned();
        assert_eq!(get(&bmc, &monitor).await.status, 202);
        for _ in 0..2 {
            let odd = get(&bmc, &task).await;
            assert!(odd.status == 200 && !odd.text.contains("TaskState"), "{}", odd.text);
        }
        let mut state = String::new();
        while state != "Completed" {
            tokio::time::sleep(Duration::from_millis(20)).await;
            state = get(&bmc, &task).await.json()["TaskState"].as_str().unwrap().to_owned();
            assert!(state == "Running" || state == "Completed", "{state}");
        }
    }
}

#[tokio::test]
async fn a_login_is_answered_in_every_shape_and_its_session_is_open_all_the_same() {
    for location in LoginLocation::ALL {
        let bmc = small(LoginAnswer::new().location(location)).await;
        let login = log_in(&bmc, bmc.user(), bmc.password()).await;
        let absolute = format!("{}{SESSIONS}/1", bmc.url());
        let expected = match location {
            LoginLocation::Absent => None,
            LoginLocation::Relative => Some("SessionService/Sessions/1"),
            LoginLocation::BareId => Some("1"),
            LoginLocation::WithoutPrefix => Some("/SessionService/Sessions/1"),
            LoginLocation::Absolute => Some(absolute.as_str()),
            LoginLocation::OtherHost => Some("https://bmc.example/redfish/v1/SessionService/Sessions/1"),
            LoginLocation::TrailingSlash => Some("/redfish/v1/SessionService/Sessions/1/"),
            LoginLocation::Empty => Some(""),
            LoginLocation::Garbage => Some("<session created>"),
            _ => Some("/redfish/v1/SessionService/Sessions/1"),
        };
        assert_eq!((login.status, login.header("location")), (201, expected), "{location:?}");
        assert_eq!(bmc.sessions(), 1);
    }
    for body in LoginBody::ALL {
        for token in LoginToken::ALL {
            let bmc = small(LoginAnswer::new().body(body).token(token)).await;
            let login = log_in(&bmc, bmc.user(), bmc.password()).await;
            let json: Value = serde_json::from_str(&login.text).unwrap_or_default();
            let has = |name: &str| json.get(name).is_some();
            let in_body = matches!(token, LoginToken::Body | LoginToken::HeaderAndBody);
            let in_header = matches!(token, LoginToken::Header | LoginToken::HeaderAndBody);
            assert_eq!((has("Token"), login.header("x-auth-token").is_some()), (in_body, in_header));
            let (id, uri) = match body {
                LoginBody::Whole => (true, true),
                LoginBody::WithoutId => (false, true),
                LoginBody::WithoutUri => (true, false),
                _ => (false, false),
            };
            assert_eq!((has("Id"), has("@odata.id")), (id, uri), "{body:?}");
            let token = login.header("x-auth-token").or_else(|| json.get("Token")?.as_str()).map(str::to_owned);
            if let Some(token) = token {
                let headers = [("X-Auth-Token", token.as_str())];
                let ended = send_as(&bmc, ("", ""), Method::DELETE, &format!("{SESSIONS}/1"), None, &headers).await;
                assert_eq!((ended.status, bmc.sessions()), (204, 0));
            }
        }
    }
}

#[tokio::test]
async fn logouts_and_logins_are_refused_as_ordered() {
    let bmc = small(LoginAnswer::new()).await;
    bmc.faults().add(Rule::logout(Action::Status(405)).times(1));
    log_in(&bmc, bmc.user(), bmc.password()).await;
    let session = format!("{SESSIONS}/1");
    assert_eq!(delete(&bmc, &session).await.status, 405);
    assert_eq!(bmc.sessions(), 1);
    bmc.faults().add(Rule::logout(Action::Hang).times(1));
    let hanging = http().delete(bmc.url() + &session).timeout(Duration::from_millis(200)).send();
    assert!(hanging.await.unwrap_err().is_timeout());
    assert_eq!(delete(&bmc, &session).await.status, 204);

    let bmc = small(LoginAnswer::new()).await;
    bmc.faults().add(Rule::sessions_refused(401));
    let refused = log_in(&bmc, bmc.user(), bmc.password()).await;
    assert_eq!(refused.status, 401);
    assert!(refused.header("www-authenticate").unwrap().starts_with("Basic"));
    assert_eq!(get(&bmc, SYSTEM).await.status, 200);
}

#[tokio::test]
async fn filters_are_ignored_on_links_and_expanded_members_have_no_tags() {
    let builder = MockBmc::builder().plain().quirk(Quirk::FilterIgnoresLinks).quirk(Quirk::NoTagsInExpanded);
    let bmc = builder.query(Query::Expand, QuerySupport::Works).start().await.unwrap();
    assert_eq!(bmc.resource("/redfish/v1").unwrap()["ProtocolFeaturesSupported"]["FilterQuery"], true);
    let sensors = "/redfish/v1/Chassis/1U/Sensors";
    let all = bmc.collections()[sensors].len();
    let filtered = get(&bmc, &format!("{sensors}?$filter=Reading gt 1000000")).await.json();
    assert_eq!(filtered["Members"].as_array().unwrap().len(), all);
    let entries = "/redfish/v1/Systems/1/LogServices/SEL/Entries";
    let none = get(&bmc, &format!("{entries}?$filter=Severity eq 'Purple'")).await.json();
    assert_eq!(none["Members"], json!([]));

    patch(&bmc, SYSTEM, json!({ "AssetTag": "rack 7" })).await;
    let mut tagged = bmc.resource(SYSTEM).unwrap();
    tagged["@odata.etag"] = "\"1\"".into();
    bmc.set(SYSTEM, tagged);
    assert!(get(&bmc, SYSTEM).await.json()["@odata.etag"].is_string());
    let expanded = get(&bmc, "/redfish/v1/Systems?$expand=.").await.json();
    assert!(expanded["Members"][0]["AssetTag"].is_string() && expanded["Members"][0].get("@odata.etag").is_none());
}

#[tokio::test]
async fn events_are_streamed_over_http_1_alone() {
    let bmc = MockBmc::builder().quirk(Quirk::EventsOverHttp1).start().await.unwrap();
    let certificate = reqwest::Certificate::from_pem(bmc.certificate_pem().unwrap().as_bytes()).unwrap();
    let client = |http1: bool| {
        let builder = reqwest::Client::builder().no_proxy().tls_certs_only([certificate.clone()]);
        if http1 { builder.http1_only() } else { builder }.build().unwrap()
    };
    for (http1, version, status) in [(false, reqwest::Version::HTTP_2, 404), (true, reqwest::Version::HTTP_11, 200)] {
        let client = client(http1);
        let ask = |path: &str| client.get(bmc.url() + path).basic_auth(bmc.user(), Some(bmc.password())).send();
        let root = ask("/redfish/v1").await.unwrap();
        assert_eq!((root.version(), root.status().as_u16()), (version, 200));
        assert_eq!(ask("/redfish/v1/EventService/SSE").await.unwrap().status(), status);
        let last = bmc.requests().to("GET", "/redfish/v1");
        assert_eq!(last.into_iter().last().unwrap().http_version(), format!("{version:?}"));
    }
    // HTTP/2 is not on offer by default.
    let bmc = MockBmc::start().await.unwrap();
    let certificate = reqwest::Certificate::from_pem(bmc.certificate_pem().unwrap().as_bytes()).unwrap();
    let client = reqwest::Client::builder().no_proxy().tls_certs_only([certificate]).build().unwrap();
    let root = client.get(bmc.url() + "/redfish/v1").send().await.unwrap();
    assert_eq!(root.version(), reqwest::Version::HTTP_11);
}
