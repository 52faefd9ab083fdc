//! Power intents that a machine has no single word for, what happens when power returns, resets of enclosures, and the wait for
//! a BMC that restarts.

use std::time::Duration;

use rosefish::host::{Backend, Host, HostPowerState, Manner, PowerRestorePolicy, Protocol};
use rosefish::schema::resource::ResetType;
use rosefish::{ErrorKind, Selector};
use rosefish_mock::fault::{Action, Rule};
use rosefish_mock::ipmi::MockIpmi;
use rosefish_mock::{MockBmc, Tree};
use serde_json::json;

use super::{at, credentials, nobody, redfish};

const SYSTEM: &str = "/redfish/v1/Systems/1";

/// A machine whose `Reset` takes these words.
async fn taking(words: &[&str]) -> MockBmc {
    let mut tree = Tree::demo();
    let mut system = tree.json(SYSTEM).cloned().unwrap();
    let reset = &mut system["Actions"]["#ComputerSystem.Reset"];
    reset["ResetType@Redfish.AllowableValues"] = json!(words);
    reset.as_object_mut().unwrap().remove("@Redfish.ActionInfo");
    tree.insert(SYSTEM, system);
    MockBmc::builder().tree(tree).plain().credentials("admin", "password").start().await.unwrap()
}

async fn host(bmc: &MockBmc) -> Host {
    at(&bmc.url(), nobody()).protocol(Protocol::Redfish).credentials(credentials()).connect().await.unwrap().value
}

#[tokio::test]
async fn what_a_machine_has_no_word_for_is_said_in_two_and_shown() {
    let within = Duration::from_secs(5);
    // As Dell, HPE, Lenovo, Supermicro and OpenBMC list them, and what comes of a restart by the operating system.
    for (words, sent) in [
        (&["On", "ForceOff", "ForceRestart", "GracefulRestart", "GracefulShutdown"][..], &["GracefulRestart"][..]),
        (
            &["On", "ForceOff", "ForceRestart", "GracefulShutdown", "PushPowerButton", "Nmi"],
            &["GracefulShutdown", "On"],
        ),
        (&["ForceOn", "ForceOff", "PushPowerButton"], &["PushPowerButton", "ForceOn"]),
    ] {
        let bmc = taking(words).await;
        let done = host(&bmc).await.restart(within).await.unwrap();
        let wanted: Vec<_> = sent.iter().map(|word| format!("ComputerSystem.Reset {word}")).collect();
        assert_eq!(done.sent, wanted, "{words:?}");
        assert_eq!(bmc.resource(SYSTEM).unwrap()["PowerState"], "On");
    }
    let bmc = taking(&["On", "ForceOff"]).await;
    let host = host(&bmc).await;
    assert_eq!(host.power_cycle().await.unwrap().sent.len(), 2);
    let refused = host.restart(within).await.unwrap_err();
    assert!(refused.to_string().contains("On, ForceOff"), "what is allowed: {refused}");
}

#[tokio::test]
async fn what_does_not_shut_down_is_not_turned_on() {
    let bmc = taking(&["On", "GracefulShutdown"]).await;
    let host = host(&bmc).await;
    bmc.faults().add(Rule::on("POST", "/redfish/v1/Systems/1/Actions/*").then(Action::empty(204)));
    bmc.clear_requests();
    let error = host.restart(Duration::from_millis(400)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotInForce);
    assert!(error.to_string().contains("still On") && error.to_string().contains("not turned on again"), "{error}");
    assert_eq!(bmc.requests().iter().filter(|request| request.method() == "POST").count(), 1);
}

#[tokio::test]
async fn by_ipmi_a_restart_is_a_shutdown_and_a_start() {
    let bmc = MockIpmi::builder().start().await.unwrap();
    let host = at("http://127.0.0.1:1", bmc.addr().port()).protocol(Protocol::Ipmi).credentials(credentials());
    let host = host.connect().await.unwrap().value;
    let error = host.reset(Manner::Graceful).await.unwrap_err();
    assert!(error.to_string().contains("--wait"), "{error}");
    let done = host.restart(Duration::from_secs(20)).await.unwrap();
    assert_eq!(done.sent, ["Chassis Control SoftShutdown", "Chassis Control PowerUp"]);
    assert_eq!(host.power_state().await.unwrap().value, HostPowerState::On);
}

#[tokio::test]
async fn what_happens_when_power_returns_is_set_and_read_back_by_either_protocol() {
    let mut tree = Tree::demo();
    let mut system = tree.json(SYSTEM).cloned().unwrap();
    system["PowerRestorePolicy"] = json!("AlwaysOn");
    tree.insert(SYSTEM, system.clone());
    let redfish = MockBmc::builder().tree(tree).plain().credentials("admin", "password").start().await.unwrap();
    let ipmi = MockIpmi::builder().start().await.unwrap();
    let hosts = [(host(&redfish).await, Backend::Redfish), {
        let host = at("http://127.0.0.1:1", ipmi.addr().port()).protocol(Protocol::Ipmi);
        (host.credentials(credentials()).connect().await.unwrap().value, Backend::Ipmi)
    }];
    for (host, backend) in &hosts {
        for policy in [PowerRestorePolicy::LastState, PowerRestorePolicy::AlwaysOff, PowerRestorePolicy::AlwaysOn] {
            let done = host.set_power_restore_policy(policy).await.unwrap();
            assert_eq!((done.value, done.backend, done.sent.len()), (policy, *backend, 1));
            assert_eq!(host.power_restore_policies().await.unwrap().value[0].value, policy);
        }
    }
    redfish.faults().add(Rule::on("PATCH", SYSTEM).then(Action::empty(204)));
    let error = hosts[0].0.set_power_restore_policy(PowerRestorePolicy::LastState).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotInForce, "{error}");
    system.as_object_mut().unwrap().remove("PowerRestorePolicy");
    redfish.set(SYSTEM, system);
    redfish.clear_requests();
    hosts[0].0.set_power_restore_policy(PowerRestorePolicy::LastState).await.unwrap_err();
    assert!(redfish.requests().iter().all(|request| request.method() != "PATCH"), "what it doesn't have isn't sent");
}

#[tokio::test]
async fn a_chassis_is_reset_in_the_words_that_it_takes() {
    let mut tree = Tree::demo();
    let uri = "/redfish/v1/Chassis/1U";
    let mut chassis = tree.json(uri).cloned().unwrap();
    chassis["Actions"]["#Chassis.Reset"] = json!({
        "target": format!("{uri}/Actions/Chassis.Reset"), "ResetType@Redfish.AllowableValues": ["PowerCycle", "ForceOff"] });
    tree.insert(uri, chassis);
    let bmc = MockBmc::builder().tree(tree).plain().credentials("admin", "password").start().await.unwrap();
    let host = at(&bmc.url(), nobody()).protocol(Protocol::Redfish).credentials(credentials());
    let host = host.chassis(Selector::new("1u")).connect().await.unwrap().value;
    let done = host.reset_chassis(ResetType::PowerCycle).await.unwrap();
    assert_eq!((done.value.as_str(), &*done.sent), ("1U", &["Chassis.Reset PowerCycle".to_owned()][..]));
    let refused = host.reset_chassis(ResetType::On).await.unwrap_err();
    assert!(refused.to_string().contains("PowerCycle, ForceOff"), "{refused}");
}

#[tokio::test]
async fn a_bmc_is_ready_when_it_was_gone_and_everything_can_be_read_again() {
    let (away, unready) = (Duration::from_millis(1200), Duration::from_millis(1500));
    let bmc = MockBmc::builder().plain().credentials("admin", "password").restart_delay(away, unready);
    let bmc = bmc.start().await.unwrap();
    let host = host(&bmc).await;
    host.reset_controller().await.unwrap();
    let begun = std::time::Instant::now();
    let ready = host.wait_until_ready(Duration::from_secs(60)).await.unwrap().value;
    assert!(ready.gone_after_seconds.is_some(), "{ready:?}");
    assert!(begun.elapsed() >= away + unready, "not before it is ready: {ready:?}");
    assert!(host.power_state().await.is_ok());
    host.close().await;
    assert_eq!(bmc.sessions(), 0);
}

#[tokio::test]
async fn a_bmc_that_does_not_come_back_is_an_error_that_says_so() {
    let bmc = redfish().await;
    let host = host(&bmc).await;
    bmc.faults().go_away(Duration::from_secs(3600));
    let error = host.wait_until_ready(Duration::from_secs(2)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert!(error.to_string().contains("not ready after 2 s"), "{error}");
}

#[tokio::test]
async fn what_is_waited_for_without_end_panics_nobody() {
    let bmc = redfish().await;
    let host = host(&bmc).await;
    for time in [Duration::MAX, Duration::from_secs(1 << 62)] {
        host.wait_until_ready(time).await.unwrap();
        let waiting = host.restart(time);
        let _ = tokio::time::timeout(Duration::from_millis(100), waiting).await;
    }
}
