//! Requests of a program's own keep to the rules of all others.

use std::time::{Duration, Instant};

use rosefish::{Apply, ErrorKind};
use rosefish_mock::fault::{Action, Answer, Rule};
use rosefish_mock::{MockBmc, TaskRule};
use serde::Deserialize;
use serde_json::json;

use crate::{builder, connected};

const SYSTEM: &str = "/redfish/v1/Systems/1";
const RESET: &str = "/redfish/v1/Systems/1/Actions/ComputerSystem.Reset";
const ACCOUNTS: &str = "/redfish/v1/AccountService/Accounts";

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Named {
    name: String,
}

#[derive(Debug, Deserialize)]
struct Misfit {
    #[serde(rename = "Name")]
    _name: u64,
}

#[tokio::test]
async fn what_has_no_type_is_read_and_written_in_the_session() {
    let (mock, bmc) = connected().await;
    let named: Named = bmc.get_as(SYSTEM).await.unwrap();
    assert!(!named.name.is_empty());
    let misfit = bmc.get_as::<Misfit>(SYSTEM).await.unwrap_err();
    assert_eq!((misfit.kind(), misfit.uri()), (ErrorKind::Decode, Some(SYSTEM)));
    assert!(bmc.get_as::<Named>("/redfish/v1/None").await.unwrap_err().is_not_found());

    bmc.patch(SYSTEM, &json!({ "AssetTag": "rack 7" })).await.unwrap();
    assert_eq!(mock.resource(SYSTEM).unwrap()["AssetTag"], "rack 7");
    let account = json!({ "UserName": "new", "Password": "a long password", "RoleId": "ReadOnly" });
    let made = bmc.post(ACCOUNTS, &account).header("X-Request-Id", "7").await.unwrap();
    assert_eq!(made.status, 201);
    let place = made.location.clone().unwrap();
    assert_eq!(made.value.as_ref().unwrap()["UserName"], "new");
    assert!(made.headers.contains_key("content-type"));
    bmc.delete(&place).await.unwrap();
    assert!(mock.resource(&place).is_none());
    let requests = mock.requests();
    assert_eq!(requests.to("POST", ACCOUNTS).assert_once().header("x-request-id"), Some("7"));
    assert!(requests.iter().skip(2).all(|request| request.header("x-auth-token").is_some()), "{requests:?}");
}

#[tokio::test]
async fn a_change_is_sent_once_and_a_lost_answer_is_an_unknown_outcome() {
    for method in ["POST", "PATCH", "PUT", "DELETE"] {
        let (mock, bmc) = connected().await;
        mock.faults().add(Rule::method(method).then(Action::LoseReply));
        let body = json!({ "AssetTag": "rack 7" });
        let sent = match method {
            "POST" => bmc.post(RESET, &json!({ "ResetType": "ForceOff" })),
            "PATCH" => bmc.patch(SYSTEM, &body),
            "PUT" => bmc.put(SYSTEM, &body),
            _ => bmc.delete("/redfish/v1/AccountService/Accounts/2"),
        };
        let error = sent.await.unwrap_err();
        assert!(error.outcome_unknown(), "{method}: {error}");
        let requests = mock.requests();
        assert_eq!(
            requests.iter().filter(|request| request.method() == method).count(),
            1 + usize::from(method == "POST")
        );
    }
}

#[tokio::test]
async fn credentials_go_to_the_origin_alone_and_headers_of_the_login_are_the_clients() {
    let (mock, bmc) = connected().await;
    let before = mock.request_count();
    for uri in ["https://elsewhere.example/redfish/v1/Systems/1", "//elsewhere.example/redfish/v1"] {
        assert_eq!(bmc.post(uri, &json!({})).await.unwrap_err().kind(), ErrorKind::ForeignOrigin, "{uri}");
        assert_eq!(bmc.get_as::<Named>(uri).await.unwrap_err().kind(), ErrorKind::ForeignOrigin, "{uri}");
    }
    for (name, value) in [
        ("Authorization", "x"),
        ("X-Auth-Token", "x"),
        ("host", "x"),
        ("Content-Length", "1"),
        ("a b", "x"),
        ("X", "a\nb"),
    ] {
        let error = bmc.patch(SYSTEM, &json!({})).header(name, value).await.unwrap_err();
        assert_eq!((error.kind(), error.uri()), (ErrorKind::Configuration, Some(SYSTEM)), "{name}");
    }
    assert_eq!(mock.request_count(), before);
}

#[tokio::test]
async fn the_tag_that_a_service_insists_on_is_read_and_one_that_is_named_counts() {
    let (mock, bmc) = connected().await;
    mock.faults().add(Rule::method("PATCH").times(1).then(Action::Status(428)));
    bmc.patch(SYSTEM, &json!({ "AssetTag": "rack 7" })).await.unwrap();
    assert_eq!(mock.resource(SYSTEM).unwrap()["AssetTag"], "rack 7");
    let tags: Vec<_> =
        mock.requests().to("PATCH", SYSTEM).iter().map(|request| request.header("if-match").is_some()).collect();
    assert_eq!(tags, [false, true]);
    let (mock, bmc) = connected().await;
    let tag = bmc.get_any(SYSTEM, None).await.unwrap().etag().unwrap().clone();
    bmc.patch(SYSTEM, &json!({ "AssetTag": "rack 8" })).if_match(tag.clone()).await.unwrap();
    let patch = mock.requests().to("PATCH", SYSTEM).assert_once();
    assert_eq!(patch.header("if-match"), Some(tag.as_str()));
}

#[tokio::test]
async fn what_has_not_finished_is_a_task_and_what_was_refused_says_why() {
    let rule = TaskRule::new("POST", RESET).takes(Duration::from_millis(100)).retry_after(None);
    let mock = MockBmc::builder().task(rule).start().await.unwrap();
    let bmc = builder(&mock).connect().await.unwrap();
    let reply = bmc.post(RESET, &json!({ "ResetType": "ForceOff" })).await.unwrap();
    assert_eq!((reply.status, reply.location.as_deref()), (202, None));
    reply.task.unwrap().every(Duration::from_millis(20)).wait(Duration::from_secs(20)).await.unwrap();
    assert_eq!(mock.resource(SYSTEM).unwrap()["PowerState"], "Off");

    let error = bmc.post(RESET, &json!({ "ResetType": "Explode" })).await.unwrap_err();
    assert_eq!((error.kind(), error.method()), (ErrorKind::Refused, Some("POST")));
    assert!(error.messages().iter().any(|message| message.message.is_some()), "{error}");
    mock.faults().add(Rule::method("POST").then(Action::html(200)));
    assert!(bmc.post(RESET, &json!({})).await.unwrap_err().outcome_unknown());
}

#[tokio::test]
async fn the_time_and_the_deadline_are_those_that_were_asked_for() {
    let (mock, bmc) = connected().await;
    mock.faults().add(Rule::any().path(SYSTEM).then(Action::Answer(Answer::new(204))));
    bmc.patch(SYSTEM, &json!({ "AssetTag": "x" })).apply(Apply::on_reset()).await.unwrap();
    bmc.post(SYSTEM, &json!({})).apply(Apply::immediately()).await.unwrap();
    let sent = |method: &str| -> serde_json::Value {
        serde_json::from_slice(mock.requests().to(method, SYSTEM).assert_once().body()).unwrap()
    };
    assert_eq!(sent("PATCH")["@Redfish.SettingsApplyTime"]["ApplyTime"], "OnReset");
    assert_eq!(sent("POST")["@Redfish.OperationApplyTime"], "Immediate");

    mock.faults().clear();
    mock.faults().add(Rule::method("POST").then(Action::Hang));
    let begin = Instant::now();
    let error = bmc.post(RESET, &json!({})).timeout(Duration::from_millis(200)).await.unwrap_err();
    assert!(error.is_timeout() && begin.elapsed() < Duration::from_secs(2), "{error}");
}
