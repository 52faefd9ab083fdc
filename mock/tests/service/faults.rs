//! Faults by rule, as a plain client meets them.

use std::time::{Duration, Instant};

use crate::support::{demo, get, http, log_in, patch, post, send_as, send_with};
use reqwest::Method;
use rosefish_mock::MockBmc;
use rosefish_mock::fault::{Action, Answer, Faults, Rule};
use serde_json::json;

const SYSTEM: &str = "/redfish/v1/Systems/1";
const RESET: &str = "/redfish/v1/Systems/1/Actions/ComputerSystem.Reset";

/// What becomes of a GET: status and body, or how the connection ended.
async fn outcome(bmc: &MockBmc) -> Result<(u16, String), String> {
    let http = http_for(bmc);
    let told = |error: reqwest::Error| {
        let mut text = String::new();
        let mut cause: Option<&dyn std::error::Error> = Some(&error);
        while let Some(error) = cause {
            text = error.to_string();
            cause = error.source();
        }
        text
    };
    let request = http.get(bmc.url() + SYSTEM).basic_auth(bmc.user(), Some(bmc.password()));
    let answer = request.send().await.map_err(told)?;
    let status = answer.status().as_u16();
    Ok((status, answer.text().await.map_err(told)?))
}

fn http_for(bmc: &MockBmc) -> reqwest::Client {
    let Some(pem) = bmc.certificate_pem() else { return http() };
    let _ = rustls::crypto::ring::default_provider().install_default();
    let certificate = reqwest::Certificate::from_pem(pem.as_bytes()).unwrap();
    reqwest::Client::builder().no_proxy().tls_certs_only([certificate]).build().unwrap()
}

#[tokio::test]
async fn connections_end_below_http_with_tls_and_without() {
    for plain in [true, false] {
        let builder = MockBmc::builder();
        let bmc = if plain { builder.plain() } else { builder }.start().await.unwrap();
        let whole = outcome(&bmc).await.unwrap().1;
        for (action, expected) in [
            (Action::Reset, "reset by peer"),
            (Action::Close, if plain { "before message completed" } else { "close" }),
            (Action::LoseReply, if plain { "before message completed" } else { "close" }),
            (Action::Garbage, "invalid HTTP"),
            (Action::Truncate(10), if plain { "end of file" } else { "close" }),
        ] {
            bmc.faults().clear();
            bmc.faults().add(Rule::any().times(1).then(action.clone()));
            let error = outcome(&bmc).await.expect_err(&format!("{action:?}"));
            assert!(error.contains(expected), "{action:?}, plain {plain}: {error}");
            // Only the one request was concerned.
            assert_eq!(outcome(&bmc).await.unwrap().1, whole);
        }
        let unanswered = bmc.requests().answered(0);
        assert_eq!(unanswered.len(), 4, "a truncated answer is one: {unanswered:?}");
        assert_eq!(unanswered[0].fault(), Some("[Reset]"));
    }
}

#[tokio::test]
async fn answers_are_replaced() {
    let bmc = demo().await;
    let until = std::time::SystemTime::now() + Duration::from_secs(60);
    for (action, status, content_type, part) in [
        (Action::Status(412), 412, Some("application/json; charset=utf-8"), "PreconditionFailed"),
        (Action::Status(428), 428, Some("application/json; charset=utf-8"), "PreconditionRequired"),
        (Action::unavailable(3), 503, Some("application/json; charset=utf-8"), "ServiceTemporarilyUnavailable"),
        (Action::unavailable_until(until), 503, Some("application/json; charset=utf-8"), "Temporarily"),
        (Action::html(500), 500, Some("text/html"), "<h1>Internal Server Error</h1>"),
        (Action::empty(500), 500, None, ""),
        (Action::json(200, json!([1])), 200, Some("application/json; charset=utf-8"), "[1]"),
        (Action::message(400, "SYS.2.0.SYS518", "busy"), 400, Some("application/json; charset=utf-8"), "SYS518"),
    ] {
        bmc.faults().clear();
        bmc.faults().add(Rule::on("GET", SYSTEM).then(action.clone()));
        let answer = get(&bmc, SYSTEM).await;
        assert_eq!((answer.status, answer.header("content-type")), (status, content_type), "{action:?}");
        assert!(answer.text.contains(part), "{action:?}: {}", answer.text);
        match action {
            Action::Answer(_) if status == 503 => assert!(answer.header("retry-after").is_some()),
            _ => assert_eq!(answer.header("retry-after"), None),
        }
    }
}

#[tokio::test]
async fn answers_are_changed() {
    let bmc = demo().await;
    let whole = get(&bmc, SYSTEM).await.json();
    for (actions, check) in [
        (vec![Action::Merge(json!({ "Id": null, "Boot": { "BootOrder": [] } }))], "merged"),
        (vec![Action::ContentType("text/plain".into())], "typed"),
        (vec![Action::Header("ETag".into(), "\"\"".into())], "tagged"),
        (vec![Action::WithoutHeader("ETag".into())], "untagged"),
        (vec![Action::Drip { bytes: 512, every: Duration::from_millis(5) }], "slow"),
        (vec![Action::Delay(Duration::from_millis(60)), Action::Apply, Action::Status(500)], "replaced"),
    ] {
        bmc.faults().clear();
        bmc.faults().add(actions.iter().cloned().fold(Rule::on("GET", SYSTEM), Rule::then));
        let started = Instant::now();
        let answer = get(&bmc, SYSTEM).await;
        match check {
            "merged" => {
                let mut expected = whole.clone();
                expected.as_object_mut().unwrap().remove("Id");
                expected["Boot"]["BootOrder"] = json!([]);
                assert_eq!(answer.json(), expected);
            }
            "typed" => assert_eq!(answer.header("content-type"), Some("text/plain")),
            "tagged" => assert_eq!(answer.header("etag"), Some("\"\"")),
            "untagged" => assert_eq!(answer.header("etag"), None),
            "slow" => {
                assert_eq!(answer.json(), whole);
                assert!(started.elapsed() >= Duration::from_millis(20), "{:?}", started.elapsed());
                assert!(bmc.requests().last().unwrap().took() >= Duration::from_millis(20));
            }
            _ => {
                assert_eq!(answer.status, 500);
                assert!(started.elapsed() >= Duration::from_millis(60));
            }
        }
    }
}

#[tokio::test]
async fn a_lost_reply_is_that_of_a_request_that_was_carried_out() {
    let bmc = demo().await;
    bmc.faults().add(Rule::method("POST").times(1).then(Action::LoseReply));
    bmc.faults().add(Rule::method("PATCH").times(1).then(Action::Apply).then(Action::Status(500)));
    bmc.faults().add(Rule::method("PATCH").times(1).then(Action::Status(500)));
    let reset = http().post(bmc.url() + RESET).basic_auth(bmc.user(), Some(bmc.password()));
    let reset = reset.header("Content-Type", "application/json").body(r#"{"ResetType":"ForceOff"}"#).send().await;
    assert!(reset.is_err());
    assert_eq!(bmc.resource(SYSTEM).unwrap()["PowerState"], "Off");
    bmc.requests().to("POST", "**").assert_once();

    for (tag, status, after) in [("a", 500, "a"), ("b", 500, "a"), ("c", 200, "c")] {
        assert_eq!(patch(&bmc, SYSTEM, json!({ "AssetTag": tag })).await.status, status);
        assert_eq!(bmc.resource(SYSTEM).unwrap()["AssetTag"], after);
    }
}

#[tokio::test]
async fn sessions_expire_and_resources_vanish_on_request() {
    let bmc = demo().await;
    let login = log_in(&bmc, bmc.user(), bmc.password()).await;
    let token = login.header("x-auth-token").unwrap();
    bmc.faults().add(Rule::on("GET", SYSTEM).nth(2).then(Action::ExpireSession));
    let read = async || send_as(&bmc, ("", ""), Method::GET, SYSTEM, None, &[("X-Auth-Token", token)]).await.status;
    assert_eq!([read().await, read().await, read().await], [200, 401, 401]);
    assert_eq!(bmc.sessions(), 0);

    let collection = "/redfish/v1/Chassis/1U/Sensors";
    let members = || bmc.resource(collection).unwrap()["Members"].as_array().unwrap().clone();
    let before = members();
    let sensor = before[0]["@odata.id"].as_str().unwrap().to_owned();
    bmc.faults().add(Rule::on("GET", &sensor).skip(1).then(Action::Vanish));
    assert_eq!(get(&bmc, &sensor).await.status, 200);
    assert_eq!(get(&bmc, &sensor).await.status, 404);
    assert_eq!(members(), before[1..]);
}

#[tokio::test]
async fn a_task_that_vanishes_is_carried_out_all_the_same() {
    let rule = rosefish_mock::TaskRule::new("POST", "**/ComputerSystem.Reset").takes(Duration::from_millis(200));
    let bmc = MockBmc::builder().plain().task(rule).start().await.unwrap();
    let accepted = post(&bmc, RESET, json!({ "ResetType": "ForceOff" })).await;
    let monitor = accepted.header("location").unwrap().to_owned();
    let task = accepted.json()["@odata.id"].as_str().unwrap().to_owned();
    bmc.faults().add(Rule::on("GET", &monitor).nth(2).then(Action::Vanish));
    let mut statuses = Vec::new();
    for uri in [&task, &monitor, &monitor, &monitor, &task] {
        statuses.push(get(&bmc, uri).await.status);
    }
    assert_eq!(statuses, [200, 202, 404, 404, 404]);
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(bmc.resource(SYSTEM).unwrap()["PowerState"], "Off");
}

#[tokio::test]
async fn redirects_know_the_path_that_was_asked_for() {
    let bmc = MockBmc::builder().plain().faults(Faults::new()).start().await.unwrap();
    bmc.faults().add(Rule::on("GET", "**").times(1).then(Action::redirect(301, "{path}/")));
    let http = reqwest::Client::builder().no_proxy().tls_certs_only([]);
    let _ = rustls::crypto::ring::default_provider().install_default();
    let http = http.redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let answer = http.get(bmc.url() + SYSTEM).send().await.unwrap();
    assert_eq!(answer.status(), 301);
    assert_eq!(answer.headers()["location"], "/redfish/v1/Systems/1/");
}

#[tokio::test]
async fn rules_look_at_headers_and_bodies() {
    let bmc = demo().await;
    bmc.faults().add(Rule::method("PATCH").header("If-Match", "*").then(Action::Status(412)));
    bmc.faults().add(Rule::method("PATCH").with("/Boot").then(Action::Answer(Answer::error(400))));
    let boot = json!({ "Boot": { "BootSourceOverrideTarget": "Pxe" } });
    assert_eq!(patch(&bmc, SYSTEM, json!({ "AssetTag": "x" })).await.status, 200);
    assert_eq!(patch(&bmc, SYSTEM, boot).await.status, 400);
    let tagged = send_with(&bmc, Method::PATCH, SYSTEM, Some(json!({ "AssetTag": "y" })), &[("If-Match", "*")]).await;
    assert_eq!(tagged.status, 412);
}

#[tokio::test]
async fn random_faults_leave_the_service_working() {
    let bmc = MockBmc::builder().plain().faults(Faults::random(3, 0.5)).start().await.unwrap();
    let mut good = 0;
    for _ in 0..200 {
        if outcome(&bmc).await.is_ok_and(|(status, _)| status == 200) {
            good += 1;
        }
    }
    assert!((100..190).contains(&good), "{good}");
    assert!((60..140).contains(&bmc.faults().random_fired()), "{}", bmc.faults().random_fired());
    bmc.faults().clear();
    assert_eq!(outcome(&bmc).await.unwrap().0, 200);
    assert_eq!(bmc.most_requests_under_way(), 1);
}
