//! How the fans are controlled: modes by either protocol, and fans that are taken from the BMCs of the right vendors alone.

use rosefish::ErrorKind;
use rosefish::host::{Backend, Host, Protocol};
use rosefish::ipmi::CoolingIsMyConcern;
use rosefish_mock::fault::Rule;
use rosefish_mock::ipmi::{Act, MockIpmi, Rule as IpmiRule};
use rosefish_mock::{MockBmc, Tree};
use serde_json::json;

use super::{at, credentials, ipmi, nobody, without_redfish};

const MANAGER: &str = "/redfish/v1/Managers/bmc";
const FAN_MODE: &str = "/redfish/v1/Managers/bmc/Oem/Supermicro/FanMode";
const APP: u8 = 0x06;
const GET_DEVICE_ID: u8 = 0x01;
const OEM: u8 = 0x30;
const SUPERMICRO_MODE: u8 = 0x45;
const SUPERMICRO_DUTY: u8 = 0x70;
const DELL_FANS: u8 = 0x30;

/// A service as Supermicro's are.
async fn supermicro() -> MockBmc {
    let mut tree = Tree::demo();
    let mut manager = tree.json(MANAGER).cloned().unwrap();
    manager["Oem"]["Supermicro"] = json!({ "FanMode": { "@odata.id": FAN_MODE } });
    let mode = json!({
        "@odata.id": FAN_MODE, "@odata.type": "#FanMode.v1_0_1.FanMode", "Id": "Fan Mode", "Name": "FanMode", "Mode": "HeavyIO",
        "Mode@Redfish.AllowableValues": ["FullSpeed", "Optimal", "HeavyIO"],
    });
    tree.insert(MANAGER, manager);
    tree.insert(FAN_MODE, mode);
    MockBmc::builder().plain().credentials("admin", "password").tree(tree).start().await.unwrap()
}

/// A BMC that says that it is this manufacturer's.
async fn of(manufacturer: u16) -> MockIpmi {
    let bmc = ipmi().await;
    let [low, high] = manufacturer.to_le_bytes();
    bmc.rule(IpmiRule::always(APP, GET_DEVICE_ID, Act::Reply(0, vec![0x20, 1, 2, 0x10, 2, 0xbf, low, high, 0, 0, 1])));
    bmc
}

fn answers(bmc: &MockIpmi, command: u8, all: &[&[u8]]) {
    for data in all {
        bmc.rule(IpmiRule::once(OEM, command, Act::Reply(0, data.to_vec())));
    }
}

/// What the vendor's commands were sent with.
fn sent(bmc: &MockIpmi) -> Vec<Vec<u8>> {
    bmc.journal().into_iter().filter(|entry| entry.netfn == OEM).map(|entry| entry.data).collect()
}

async fn by_ipmi(bmc: &MockIpmi) -> Host {
    without_redfish(bmc).connect().await.unwrap().value
}

#[tokio::test]
async fn a_mode_is_shown_set_and_read_back_by_redfish() {
    let mock = supermicro().await;
    let builder = at(&mock.url(), nobody()).credentials(credentials()).protocol(Protocol::Redfish);
    let host = builder.connect().await.unwrap().value;
    let there = host.fan_mode().await.unwrap().value;
    assert_eq!((there.mode.as_deref(), there.uri.as_str()), (Some("HeavyIO"), FAN_MODE));
    assert_eq!(there.modes, ["FullSpeed", "Optimal", "HeavyIO"]);
    let set = host.set_fan_mode("full-speed").await.unwrap();
    assert_eq!((set.value.mode.as_deref(), set.sent.len()), (Some("FullSpeed"), 1), "{set:?}");
    let again = host.set_fan_mode("FullSpeed").await.unwrap();
    assert!(again.sent.is_empty(), "{again:?}");
    mock.clear_requests();
    let error = host.set_fan_mode("silent").await.unwrap_err();
    assert!(error.kind() == ErrorKind::NotAllowed && error.report().contains("FullSpeed, Optimal, HeavyIO"), "{error}");
    assert!(mock.requests().iter().all(|request| request.method() == "GET"));
    mock.faults().add(Rule::pretended("PATCH", FAN_MODE));
    let error = host.set_fan_mode("optimal").await.unwrap_err();
    assert!(error.kind() == ErrorKind::NotInForce && error.to_string().contains("FullSpeed"), "{error}");
}

#[tokio::test]
async fn a_service_without_modes_says_so_and_where_fans_are_else() {
    let mock = super::redfish().await;
    let builder = at(&mock.url(), nobody()).credentials(credentials()).protocol(Protocol::Redfish);
    let host = builder.connect().await.unwrap().value;
    let error = host.fan_mode().await.unwrap_err();
    assert!(error.kind() == ErrorKind::Missing && error.report().contains("controls"), "{error}");
}

#[tokio::test]
async fn a_mode_is_set_by_ipmi_and_looked_for_where_the_answer_is_lost() {
    let bmc = of(10876).await;
    let host = by_ipmi(&bmc).await;
    answers(&bmc, SUPERMICRO_MODE, &[&[2], &[], &[1]]);
    let set = host.set_fan_mode("FullSpeed").await.unwrap();
    assert_eq!((set.value.mode.as_deref(), set.backend), (Some("FullSpeed"), Backend::Ipmi));
    assert_eq!(sent(&bmc), [vec![0], vec![1, 1], vec![0]]);
    answers(&bmc, SUPERMICRO_MODE, &[&[1]]);
    bmc.rule(IpmiRule::once(OEM, SUPERMICRO_MODE, Act::Swallow));
    bmc.rule(IpmiRule::always(OEM, SUPERMICRO_MODE, Act::Reply(0, vec![4])));
    let set = host.set_fan_mode("heavy-io").await.unwrap();
    assert_eq!((set.value.mode.as_deref(), set.attempts.len()), (Some("HeavyIO"), 1), "{set:?}");
    assert_eq!(sent(&bmc).iter().filter(|data| data[..] == [1, 4]).count(), 1);
    let error = host.set_fan_mode("silent").await.unwrap_err();
    assert!(error.report().contains("HeavyIO"), "{error}");
}

#[tokio::test]
async fn fans_are_taken_and_given_back_at_the_right_vendors_alone() {
    let dell = of(674).await;
    dell.rule(IpmiRule::always(OEM, DELL_FANS, Act::Reply(0, Vec::new())));
    let host = by_ipmi(&dell).await;
    let done = host.set_fan_speed(None, 30, CoolingIsMyConcern).await.unwrap();
    assert_eq!(done.sent.len(), 2, "{done:?}");
    host.restore_fans().await.unwrap();
    assert_eq!(sent(&dell), [vec![1, 0], vec![2, 0xff, 30], vec![1, 1]]);
    let error = host.set_fan_speed(None, 101, CoolingIsMyConcern).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotAllowed, "{error}");

    let other = ipmi().await;
    let host = by_ipmi(&other).await;
    let error = host.set_fan_speed(None, 30, CoolingIsMyConcern).await.unwrap_err();
    assert!(error.kind() == ErrorKind::Missing && error.report().contains("Supermicro"), "{error}");
    assert!(host.restore_fans().await.is_err() && host.fan_mode().await.is_err());
    assert!(sent(&other).is_empty());
}

#[tokio::test]
async fn duty_cycles_are_set_in_mode_full_and_read_back() {
    let bmc = of(10876).await;
    let host = by_ipmi(&bmc).await;
    answers(&bmc, SUPERMICRO_MODE, &[&[2], &[]]);
    answers(&bmc, SUPERMICRO_DUTY, &[&[], &[40], &[], &[40]]);
    let done = host.set_fan_speed(None, 40, CoolingIsMyConcern).await.unwrap();
    assert_eq!(done.sent.len(), 3, "{done:?}");
    answers(&bmc, SUPERMICRO_MODE, &[&[1]]);
    answers(&bmc, SUPERMICRO_DUTY, &[&[], &[100]]);
    let error = host.set_fan_speed(Some(0), 20, CoolingIsMyConcern).await.unwrap_err();
    assert!(error.kind() == ErrorKind::NotInForce && error.to_string().contains("100 %"), "{error}");
    assert!(host.restore_fans().await.unwrap_err().report().contains("modes"));
}
