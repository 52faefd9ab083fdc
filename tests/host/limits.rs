//! Power limits over both protocols: what one service refuses is not done by the other, and what was confirmed is not made up.

use rosefish::ErrorKind;
use rosefish::host::{Backend, PowerLimitKind};
use rosefish_mock::fault::{Action, Rule};
use rosefish_mock::{MockBmc, Tree};
use serde_json::json;

use super::{both, ipmi, redfish, was_asked, without_redfish};

const CHASSIS: &str = "/redfish/v1/Chassis/1U";
const CONTROL: &str = "/redfish/v1/Chassis/1U/Controls/PowerLimit";

fn patches(bmc: &MockBmc) -> usize {
    bmc.requests().iter().filter(|one| one.method() == "PATCH").count()
}

#[tokio::test]
async fn what_redfish_does_not_take_is_not_set_by_ipmi() {
    let (redfish, ipmi) = (redfish().await, ipmi().await);
    let host = both(&redfish, &ipmi).connect().await.unwrap().value;
    for watts in [Some(5), Some(100_000)] {
        let error = host.set_power_limit(None, watts).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotAllowed, "{error}");
    }
    // Of a control without a mode nobody knows how it is switched off.
    let mut control = redfish.resource(CONTROL).unwrap();
    control.as_object_mut().unwrap().remove("ControlMode");
    redfish.set(CONTROL, control);
    let error = host.set_power_limit(None, None).await.unwrap_err();
    assert!(error.to_string().contains("ControlMode"), "{error}");
    assert!(patches(&redfish) == 0 && !was_asked(&ipmi));
    host.close().await;
}

#[tokio::test]
async fn a_machine_without_a_limit_by_redfish_has_that_of_dcmi() {
    let mut tree = Tree::demo();
    let mut chassis = tree.json(CHASSIS).cloned().unwrap();
    for name in ["Controls", "EnvironmentMetrics", "Power"] {
        chassis.as_object_mut().unwrap().remove(name);
    }
    tree.insert(CHASSIS, chassis);
    let builder = MockBmc::builder().tree(tree).plain().credentials("admin", "password");
    let (redfish, ipmi) = (builder.start().await.unwrap(), ipmi().await);
    let host = both(&redfish, &ipmi).connect().await.unwrap().value;
    let set = host.set_power_limit(None, Some(300)).await.unwrap();
    assert_eq!((set.backend, set.value.kind, set.value.watts), (Backend::Ipmi, PowerLimitKind::Dcmi, Some(300.0)));
    assert_eq!(set.attempts.len(), 1, "{:?}", set.attempts);
    let alone = without_redfish(&ipmi).connect().await.unwrap().value;
    let shown = alone.power_limits().await.unwrap().value;
    assert_eq!((shown.len(), shown[0].watts, shown[0].active), (1, Some(300.0), Some(true)));
    host.close().await;
    alone.close().await;
}

#[tokio::test]
async fn a_limit_that_can_t_be_read_back_is_done_and_says_why_nobody_knows_more() {
    let (redfish, ipmi) = (redfish().await, ipmi().await);
    let host = both(&redfish, &ipmi).connect().await.unwrap().value;
    let unreadable = Rule::on("GET", CONTROL).then(Action::Status(500));
    let patch = Rule::on("PATCH", CONTROL).then(Action::arm(unreadable)).then(Action::Apply).then(Action::Status(204));
    redfish.faults().add(patch);
    let done = host.set_power_limit(None, Some(500)).await.unwrap();
    assert!(done.unread.is_some() && done.value.watts == Some(500.0) && done.value.active == Some(true), "{done:?}");
    assert_eq!(redfish.resource(CONTROL).unwrap()["SetPoint"], json!(500));
    assert_eq!(patches(&redfish), 1);
    host.close().await;
}

#[tokio::test]
async fn one_control_that_can_t_be_read_hides_no_other_and_keeps_the_only_one_from_being_guessed() {
    let mut tree = Tree::demo();
    let collection = "/redfish/v1/Chassis/1U/Controls";
    let mut controls = tree.json(collection).cloned().unwrap();
    controls["Members"].as_array_mut().unwrap().push(json!({ "@odata.id": format!("{collection}/Gone") }));
    tree.insert(collection, controls);
    let redfish = MockBmc::builder().tree(tree).plain().credentials("admin", "password").start().await.unwrap();
    let ipmi = ipmi().await;
    let host = both(&redfish, &ipmi).connect().await.unwrap().value;
    let shown = host.power_limits().await.unwrap().value;
    assert_eq!((shown.len(), shown.missing.len()), (1, 1));
    let error = host.set_power_limit(None, Some(500)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Ambiguous, "the other may be the one that is meant: {error}");
    let named = host.set_power_limit(Some("PowerLimit".into()), Some(500)).await.unwrap();
    assert_eq!(named.value.watts, Some(500.0));
    assert!(!was_asked(&ipmi));
    host.close().await;
}
