//! Logging in and out, and what accounts may do.

mod support;

use std::time::Duration;

use reqwest::Method;
use rosefish_mock::MockBmc;
use serde_json::json;
use support::{delete, demo, get, log_in, patch, post, send, send_as, send_with, small, small_tree};

const SESSIONS: &str = "/redfish/v1/SessionService/Sessions";
const ACCOUNTS: &str = "/redfish/v1/AccountService/Accounts";

#[tokio::test]
async fn a_session_opens_serves_and_closes() {
    let bmc = small().await;
    let login = log_in(&bmc, bmc.user(), bmc.password()).await;
    assert_eq!(login.status, 201);
    assert_eq!(login.json()["Password"], json!(null));
    let token = login.header("x-auth-token").unwrap();
    let location = login.header("location").unwrap();
    assert_eq!(login.json()["@odata.id"], location);
    assert_eq!(bmc.sessions(), 1);
    assert_eq!(get(&bmc, SESSIONS).await.json()["Members"], json!([{ "@odata.id": location }]));

    let with_token = |method: Method, path: &'static str| {
        let token = token.to_owned();
        let bmc = &bmc;
        async move { send_as(bmc, ("", ""), method, path, None, &[("X-Auth-Token", &token)]).await.status }
    };
    assert_eq!(with_token(Method::GET, "/redfish/v1/Systems/1").await, 200);
    assert_eq!(with_token(Method::DELETE, "/redfish/v1/SessionService/Sessions/1").await, 204);
    assert_eq!(bmc.sessions(), 0);
    assert_eq!(get(&bmc, SESSIONS).await.json()["Members@odata.count"], 0);
    assert_eq!(with_token(Method::GET, "/redfish/v1/Systems/1").await, 401);
}

#[tokio::test]
async fn a_post_to_members_opens_a_session_too() {
    let bmc = small().await;
    let body = json!({ "UserName": bmc.user(), "Password": bmc.password() });
    let members = format!("{SESSIONS}/Members");
    assert_eq!(send_as(&bmc, ("", ""), Method::POST, &members, Some(body), &[]).await.status, 201);
}

#[tokio::test]
async fn every_token_is_another_one() {
    let bmc = small().await;
    let mut tokens = Vec::new();
    for _ in 0..3 {
        tokens.push(log_in(&bmc, bmc.user(), bmc.password()).await.header("x-auth-token").unwrap().to_owned());
    }
    tokens.dedup();
    assert_eq!(tokens.len(), 3);
    assert!(tokens.iter().all(|token| token.len() >= 16));
    bmc.end_sessions();
    assert_eq!(bmc.sessions(), 0);
    assert_eq!(get(&bmc, SESSIONS).await.json()["Members@odata.count"], 0);
}

#[tokio::test]
async fn sessions_expire_unused() {
    let bmc = MockBmc::builder().tree(small_tree()).plain().session_timeout(Duration::ZERO).start().await.unwrap();
    assert_eq!(log_in(&bmc, bmc.user(), bmc.password()).await.status, 201);
    assert_eq!(bmc.sessions(), 0);
    assert_eq!(get(&bmc, SESSIONS).await.json()["Members@odata.count"], 0);
}

#[tokio::test]
async fn the_trees_session_timeout_holds_and_can_be_changed() {
    let tree = small_tree().with("/redfish/v1/SessionService", json!({ "SessionTimeout": 1 }));
    let bmc = MockBmc::builder().tree(tree).plain().start().await.unwrap();
    log_in(&bmc, bmc.user(), bmc.password()).await;
    assert_eq!(bmc.sessions(), 1);
    tokio::time::sleep(Duration::from_millis(1100)).await;
    assert_eq!(bmc.sessions(), 0);
    // 0 stands for none, as iLO has it.
    assert_eq!(patch(&bmc, "/redfish/v1/SessionService", json!({ "SessionTimeout": 0 })).await.status, 200);
    log_in(&bmc, bmc.user(), bmc.password()).await;
    tokio::time::sleep(Duration::from_millis(1100)).await;
    assert_eq!(bmc.sessions(), 1);
}

#[tokio::test]
async fn wrong_logins_are_refused() {
    let bmc = small().await;
    assert_eq!(log_in(&bmc, bmc.user(), "wrong").await.status, 401);
    assert_eq!(log_in(&bmc, "nobody", bmc.password()).await.status, 401);
    for (body, expected) in [
        (json!({ "UserName": "a" }), "CreateFailedMissingReqProperties"),
        (json!([]), "UnrecognizedRequestBody"),
        (json!({}), "CreateFailedMissingReqProperties"),
    ] {
        let answer = send_as(&bmc, ("", ""), Method::POST, SESSIONS, Some(body.clone()), &[]).await;
        assert_eq!((answer.status, answer.message().as_str()), (400, expected), "{body}");
    }
    for credentials in [("admin", "wrong"), ("nobody", "rosefish")] {
        let answer = send_as(&bmc, credentials, Method::GET, "/redfish/v1/Systems", None, &[]).await;
        assert_eq!(answer.status, 401, "{credentials:?}");
    }
    assert_eq!(
        send_with(&bmc, Method::GET, "/redfish/v1/Systems", None, &[("X-Auth-Token", "stale")]).await.status,
        401
    );
    assert_eq!(bmc.sessions(), 0);
}

#[tokio::test]
async fn an_account_is_created_logs_in_changes_its_password_and_goes() {
    let bmc = demo().await;
    let body = json!({ "UserName": "eve", "Password": "first-secret", "RoleId": "Operator" });
    let created = post(&bmc, ACCOUNTS, body.clone()).await;
    assert_eq!(created.status, 201, "{}", created.text);
    let account = created.header("location").unwrap().to_owned();
    assert_eq!(created.json()["Password"], json!(null));
    assert_eq!(created.json()["Links"]["Role"]["@odata.id"], "/redfish/v1/AccountService/Roles/Operator");
    assert_eq!(post(&bmc, ACCOUNTS, body).await.status, 409);
    assert_eq!(log_in(&bmc, "eve", "first-secret").await.status, 201);

    assert_eq!(patch(&bmc, &account, json!({ "Password": "other-secret" })).await.status, 200);
    assert_eq!(get(&bmc, &account).await.json()["Password"], json!(null));
    assert_eq!(log_in(&bmc, "eve", "first-secret").await.status, 401);
    assert_eq!(log_in(&bmc, "eve", "other-secret").await.status, 201);
    assert_eq!(bmc.sessions(), 2);

    assert_eq!(patch(&bmc, &account, json!({ "Enabled": false })).await.status, 200);
    assert_eq!(bmc.sessions(), 0);
    assert_eq!(log_in(&bmc, "eve", "other-secret").await.status, 401);
    assert_eq!(patch(&bmc, &account, json!({ "Enabled": true })).await.status, 200);
    assert_eq!(log_in(&bmc, "eve", "other-secret").await.status, 201);

    assert_eq!(delete(&bmc, &account).await.status, 204);
    assert_eq!((bmc.sessions(), get(&bmc, &account).await.status), (0, 404));
    assert_eq!(log_in(&bmc, "eve", "other-secret").await.status, 401);
}

#[tokio::test]
async fn accounts_that_cannot_be_are_refused() {
    let bmc = demo().await;
    for (body, expected) in [
        (json!({ "UserName": "eve", "Password": "long-enough" }), "CreateFailedMissingReqProperties"),
        (json!({ "UserName": "eve", "Password": "short", "RoleId": "Operator" }), "PasswordIncorrectLength"),
        (json!({ "UserName": "eve", "Password": "long-enough", "RoleId": "King" }), "PropertyValueNotInList"),
        (json!({ "UserName": "", "Password": "long-enough", "RoleId": "Operator" }), "PropertyValueError"),
        (json!({ "UserName": "admin", "Password": "long-enough", "RoleId": "Operator" }), "ResourceAlreadyExists"),
    ] {
        let answer = post(&bmc, ACCOUNTS, body.clone()).await;
        assert!(answer.status == 400 || answer.status == 409, "{body}: {}", answer.text);
        assert_eq!(answer.message(), expected, "{body}");
    }
}

#[tokio::test]
async fn accounts_of_the_tree_log_in_once_they_have_a_password() {
    let bmc = demo().await;
    assert_eq!(log_in(&bmc, "operator", "").await.status, 401);
    let operator = format!("{ACCOUNTS}/2");
    assert_eq!(patch(&bmc, &operator, json!({ "Password": "now-there-is-one" })).await.status, 200);
    assert_eq!(log_in(&bmc, "operator", "now-there-is-one").await.status, 201);
    let change = format!("{operator}/Actions/ManagerAccount.ChangePassword");
    let body = json!({ "SessionAccountPassword": bmc.password(), "NewPassword": "and-another" });
    assert_eq!(post(&bmc, &change, body).await.status, 204);
    assert_eq!(log_in(&bmc, "operator", "and-another").await.status, 201);
}

#[tokio::test]
async fn a_role_allows_what_its_privileges_say() {
    let bmc = demo().await;
    for (id, password) in [("2", "operators-own"), ("3", "viewers-own-one")] {
        patch(&bmc, &format!("{ACCOUNTS}/{id}"), json!({ "Password": password })).await;
    }
    let (admin, operator, viewer) =
        ((bmc.user(), bmc.password()), ("operator", "operators-own"), ("viewer", "viewers-own-one"));
    let reset = "/redfish/v1/Systems/1/Actions/ComputerSystem.Reset";
    let tag = json!({ "AssetTag": "x" });
    for (caller, method, path, body, expected) in [
        (viewer, Method::GET, "/redfish/v1/Systems/1", None, 200),
        (viewer, Method::PATCH, "/redfish/v1/Systems/1", Some(tag.clone()), 403),
        (viewer, Method::POST, reset, Some(json!({ "ResetType": "On" })), 403),
        (viewer, Method::GET, "/redfish/v1/AccountService/Accounts/3", None, 200),
        (viewer, Method::GET, "/redfish/v1/AccountService/Accounts/1", None, 403),
        (
            viewer,
            Method::PATCH,
            "/redfish/v1/AccountService/Accounts/3",
            Some(json!({ "RoleId": "Administrator" })),
            403,
        ),
        (
            viewer,
            Method::PATCH,
            "/redfish/v1/AccountService/Accounts/3",
            Some(json!({ "Password": "viewers-own-one" })),
            200,
        ),
        (operator, Method::PATCH, "/redfish/v1/Systems/1", Some(tag.clone()), 200),
        (operator, Method::POST, reset, Some(json!({ "ResetType": "On" })), 204),
        (operator, Method::PATCH, "/redfish/v1/SessionService", Some(json!({ "SessionTimeout": 99 })), 403),
        (operator, Method::POST, ACCOUNTS, Some(json!({ "UserName": "x" })), 403),
        (admin, Method::PATCH, "/redfish/v1/SessionService", Some(json!({ "SessionTimeout": 99 })), 200),
    ] {
        let answer = send_as(&bmc, caller, method.clone(), path, body, &[]).await;
        assert_eq!(answer.status, expected, "{} {method} {path}: {}", caller.0, answer.text);
    }
}

#[tokio::test]
async fn a_session_is_its_owners_to_close() {
    let bmc = demo().await;
    patch(&bmc, &format!("{ACCOUNTS}/3"), json!({ "Password": "viewers-own-one" })).await;
    let own = log_in(&bmc, "viewer", "viewers-own-one").await.header("location").unwrap().to_owned();
    let other = log_in(&bmc, bmc.user(), bmc.password()).await.header("location").unwrap().to_owned();
    let viewer = ("viewer", "viewers-own-one");
    assert_eq!(send_as(&bmc, viewer, Method::DELETE, &other, None, &[]).await.status, 403);
    assert_eq!(send_as(&bmc, viewer, Method::DELETE, &own, None, &[]).await.status, 204);
    assert_eq!(send(&bmc, Method::DELETE, &other, None).await.status, 204);
}

#[tokio::test]
async fn a_password_that_must_be_changed_stops_everything_else() {
    let bmc = demo().await;
    let body = json!({
        "UserName": "eve", "Password": "first-secret", "RoleId": "Administrator",
        "PasswordChangeRequired": true,
    });
    let account = post(&bmc, ACCOUNTS, body).await.header("location").unwrap().to_owned();
    let login = log_in(&bmc, "eve", "first-secret").await;
    assert_eq!(login.status, 201);
    let message = &login.json()["@Message.ExtendedInfo"][0];
    assert!(message["MessageId"].as_str().unwrap().ends_with(".PasswordChangeRequired"));
    assert_eq!(message["MessageArgs"], json!([account]));

    let eve = ("eve", "first-secret");
    let refused = send_as(&bmc, eve, Method::GET, "/redfish/v1/Systems", None, &[]).await;
    assert_eq!((refused.status, refused.message().as_str()), (403, "PasswordChangeRequired"));
    let other = Some(json!({ "Password": "second-secret", "RoleId": "Operator" }));
    assert_eq!(send_as(&bmc, eve, Method::PATCH, &account, other, &[]).await.status, 403);
    let change = Some(json!({ "Password": "second-secret" }));
    let changed = send_as(&bmc, eve, Method::PATCH, &account, change, &[]).await;
    assert_eq!((changed.status, &changed.json()["PasswordChangeRequired"]), (200, &json!(false)));
    let eve = ("eve", "second-secret");
    assert_eq!(send_as(&bmc, eve, Method::GET, "/redfish/v1/Systems", None, &[]).await.status, 200);
}
