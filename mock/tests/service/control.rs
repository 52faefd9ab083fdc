//! Faults and journal over HTTP.

use reqwest::Method;
use rosefish_mock::MockBmc;
use serde_json::json;

use crate::support::{delete, get, log_in, post, send, send_with};

#[tokio::test]
async fn faults_are_added_and_removed_over_http() {
    let bmc = MockBmc::builder().plain().control().start().await.unwrap();
    let rule = json!({ "method": "GET", "path": "/redfish/v1/Systems", "times": 2, "then": { "status": 503 } });
    let added = post(&bmc, "/mock/faults", rule.clone()).await;
    assert_eq!((added.status, added.header("location")), (201, Some("/mock/faults/1")));
    let mut statuses = Vec::new();
    for _ in 0..3 {
        statuses.push(get(&bmc, "/redfish/v1/Systems").await.status);
    }
    assert_eq!(statuses, [503, 503, 200]);
    let listed = get(&bmc, "/mock/faults").await.json();
    assert_eq!(listed, json!({ "rules": [{ "id": 1, "fired": 2, "rule": rule }], "random_fired": 0 }));

    let requests = get(&bmc, "/mock/requests").await.json();
    assert_eq!(requests["requests"][0]["fault"], "[Status(503)]");
    assert_eq!(requests["requests"].as_array().unwrap().len(), 3, "control is not in the journal");
    assert_eq!(delete(&bmc, "/mock/faults/1").await.status, 204);
    assert_eq!(delete(&bmc, "/mock/faults/1").await.status, 404);

    let random = send(&bmc, Method::PUT, "/mock/faults/random", Some(json!({ "seed": 1, "share": 1.0 }))).await;
    assert_eq!(random.status, 204);
    assert_eq!(delete(&bmc, "/mock/faults").await.status, 204);
    assert_eq!(get(&bmc, "/redfish/v1/Systems").await.status, 200);

    log_in(&bmc, bmc.user(), bmc.password()).await;
    assert_eq!(get(&bmc, "/mock/sessions").await.json(), json!({ "open": 1 }));
    assert_eq!((delete(&bmc, "/mock/sessions").await.status, bmc.sessions()), (204, 0));
    assert_eq!((delete(&bmc, "/mock/requests").await.status, bmc.request_count()), (204, 0));
}

#[tokio::test]
async fn mistakes_are_told() {
    let bmc = MockBmc::builder().plain().control().start().await.unwrap();
    let wrong = post(&bmc, "/mock/faults", json!({ "paht": "/" })).await;
    assert_eq!(wrong.status, 400);
    assert!(wrong.json()["error"].as_str().unwrap().contains("paht"), "{}", wrong.text);
    assert!(get(&bmc, "/mock/").await.json()["error"].as_str().unwrap().contains("/mock/requests"));
    let foreign = send_with(&bmc, Method::GET, "/mock/faults", None, &[("Host", "evil.example")]).await;
    assert_eq!(foreign.status, 403);
}

#[tokio::test]
async fn there_is_no_control_unless_it_was_asked_for_and_never_for_others() {
    let bmc = crate::support::demo().await;
    assert_eq!(get(&bmc, "/mock/faults").await.status, 404);
    let open = MockBmc::builder().plain().control().bind("0.0.0.0".parse().unwrap()).start().await;
    assert!(open.unwrap_err().to_string().contains("loopback"));
}
