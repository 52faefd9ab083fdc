//! Users are added, changed and removed under one name, however a BMC keeps them.

use std::time::Duration;

use rosefish::host::{Backend, Host, HostPowerState, Manner, Protocol, User, UserRole};
use rosefish::{Credentials, ErrorKind, RetryPolicy};
use rosefish_mock::fault::{Action, Rule};
use rosefish_mock::{MockBmc, Quirk};
use serde_json::json;

use super::{at, credentials, ipmi, redfish};

async fn slots() -> MockBmc {
    MockBmc::builder().plain().credentials("admin", "password").quirk(Quirk::AccountSlots).start().await.unwrap()
}

async fn host(bmc: &MockBmc) -> Host {
    let host = Host::builder(&bmc.url()).protocol(Protocol::Redfish).credentials(credentials());
    let host = host.patience(Duration::from_millis(600)).redfish(|client| client.retry(RetryPolicy::none()));
    host.connect().await.unwrap().value
}

async fn user(host: &Host, name: &str) -> Option<User> {
    host.users().await.unwrap().value.into_iter().find(|user| user.name == name)
}

/// Whether one can log in.
async fn may_enter(bmc: &MockBmc, name: &str, password: &str) -> bool {
    let host = Host::builder(&bmc.url()).protocol(Protocol::Redfish).credentials(Credentials::new(name, password));
    host.connect().await.is_ok()
}

/// The life of a user, on whichever host.
async fn lives(host: &Host, role: &str) {
    let made = host.create_user("monitor", "a long password 1", UserRole::ReadOnly).await.unwrap();
    assert_eq!((made.value.name.as_str(), made.value.enabled), ("monitor", Some(true)));
    assert!(!made.sent.is_empty() && !format!("{made:?}").contains("a long password"));
    assert_eq!(user(host, "monitor").await.unwrap().role.as_deref(), Some(role));
    let again = host.create_user("monitor", "a long password 1", UserRole::ReadOnly).await.unwrap_err();
    assert_eq!(again.kind(), ErrorKind::NotAllowed, "{again}");
    host.set_user_role("monitor", UserRole::Operator).await.unwrap();
    assert_eq!(user(host, "monitor").await.unwrap().role.as_deref(), Some("Operator"));
    host.enable_user("monitor", false).await.unwrap();
    assert_eq!(user(host, "monitor").await.unwrap().enabled, Some(false));
    host.enable_user("monitor", true).await.unwrap();
    host.set_password("monitor", "another password 2").await.unwrap();
    let unknown = host.set_user_role("nobody", UserRole::Operator).await.unwrap_err();
    assert!(unknown.to_string().contains("monitor"), "those that there are: {unknown}");
}

#[tokio::test]
async fn a_user_is_added_changed_and_removed_however_accounts_are_kept() {
    for bmc in [redfish().await, slots().await] {
        let host = host(&bmc).await;
        lives(&host, "ReadOnly").await;
        assert!(may_enter(&bmc, "monitor", "another password 2").await);
        assert!(!may_enter(&bmc, "monitor", "a long password 1").await);
        host.delete_user("monitor").await.unwrap();
        assert_eq!(user(&host, "monitor").await, None);
        host.close().await;
    }
    let bmc = ipmi().await;
    let host = at("http://127.0.0.1:1", bmc.addr().port()).protocol(Protocol::Ipmi).credentials(credentials());
    let host = host.connect().await.unwrap().value;
    // IPMI's passwords have at most 20 bytes, and its level for those who read is called "User".
    lives(&host, "User").await;
    host.delete_user("monitor").await.unwrap();
    assert_eq!(user(&host, "monitor").await, None);
}

#[tokio::test]
async fn the_own_password_is_changed_and_the_sessions_go_on() {
    let bmc = redfish().await;
    let host = host(&bmc).await;
    host.set_password("admin", "the next password").await.unwrap();
    assert!(may_enter(&bmc, "admin", "the next password").await);
    bmc.end_sessions();
    assert!(user(&host, "admin").await.is_some(), "logged in again with the new one");
}

#[tokio::test]
async fn a_role_is_known_by_its_name_or_by_what_it_may_do() {
    let bmc = redfish().await;
    let host = host(&bmc).await;
    let refused = host.create_user("x", "a long password 1", UserRole::Other("Root".into())).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::NotAllowed);
    assert!(refused.to_string().contains("Administrator, Operator, ReadOnly"), "{refused}");
    // As Huawei calls it.
    let uri = "/redfish/v1/AccountService/Roles/ReadOnly";
    let mut role = bmc.resource(uri).unwrap();
    role["Id"] = json!("Commonuser");
    role["RoleId"] = json!("Commonuser");
    role["Name"] = json!("Common user");
    bmc.faults().add(Rule::on("GET", uri).then(Action::json(200, role)));
    bmc.faults().add(Rule::on("POST", "/redfish/v1/AccountService/Accounts").then(Action::Status(507)));
    bmc.clear_requests();
    host.create_user("x", "a long password 1", UserRole::ReadOnly).await.unwrap_err();
    let sent = bmc.requests().into_iter().find(|request| request.method() == "POST").unwrap();
    assert_eq!(sent.json().unwrap()["RoleId"], "Commonuser");
}

#[tokio::test]
async fn an_account_that_is_not_as_it_was_asked_is_an_error() {
    let bmc = redfish().await;
    let host = host(&bmc).await;
    // Confirmed, and nothing done.
    bmc.faults().add(Rule::on("POST", "/redfish/v1/AccountService/Accounts").then(Action::json(201, json!({}))));
    let error = host.create_user("ghost", "a long password 1", UserRole::Operator).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotInForce, "{error}");
    bmc.faults().clear();
    host.create_user("monitor", "a long password 1", UserRole::Operator).await.unwrap();
    for method in ["PATCH", "DELETE"] {
        bmc.faults().add(Rule::on(method, "/redfish/v1/AccountService/Accounts/*").then(Action::empty(204)));
    }
    for error in [
        host.set_user_role("monitor", UserRole::ReadOnly).await.unwrap_err(),
        host.enable_user("monitor", false).await.unwrap_err(),
        host.delete_user("monitor").await.unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::NotInForce, "{error}");
    }
}

#[tokio::test]
async fn a_lost_answer_to_a_removal_is_looked_for_and_not_sent_again() {
    let bmc = redfish().await;
    let host = host(&bmc).await;
    host.create_user("monitor", "a long password 1", UserRole::Operator).await.unwrap();
    let rule = Rule::on("DELETE", "/redfish/v1/AccountService/Accounts/*").then(Action::LoseReply);
    bmc.faults().add(rule);
    bmc.clear_requests();
    let done = host.delete_user("monitor").await.unwrap();
    assert_eq!((done.backend, done.attempts.len()), (Backend::Redfish, 1));
    assert_eq!(bmc.requests().iter().filter(|request| request.method() == "DELETE").count(), 1);
}

#[tokio::test]
async fn a_power_state_is_waited_for_as_long_as_it_may_take() {
    let bmc = redfish().await;
    let host = host(&bmc).await;
    let other = host.clone();
    let off = tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(400)).await;
        other.power_off(Manner::Forced).await.unwrap();
    });
    let seen = host.wait_for_power(HostPowerState::Off, Duration::from_secs(20)).await.unwrap();
    assert_eq!(seen.value, HostPowerState::Off);
    off.await.unwrap();
    let late = host.wait_for_power(HostPowerState::On, Duration::from_millis(300)).await.unwrap_err();
    assert_eq!(late.kind(), ErrorKind::Timeout);
    assert!(late.to_string().contains("it is off"), "{late}");
}
