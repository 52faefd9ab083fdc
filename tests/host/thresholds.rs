//! Thresholds of sensors and the limit on power: by which protocol they are set, and that they are seen to be.

use rosefish::ErrorKind;
use rosefish::host::{Backend, Capability, Protocol, Sensor, Thresholds};
use rosefish_mock::fault::Rule;
use rosefish_mock::ipmi::{Act, Rule as IpmiRule};

use super::{at, both, credentials, ipmi, nobody, redfish, without_redfish};

const GROUP_EXTENSION: u8 = 0x2c;
const ACTIVATE_LIMIT: u8 = 0x05;

fn critical(value: f64) -> Thresholds {
    let mut asked = Thresholds::default();
    asked.upper_critical = Some(value);
    asked
}

/// A sensor that is a resource of its own, with an upper critical threshold.
fn is_settable(sensor: &Sensor) -> bool {
    sensor.id.contains("/Sensors/") && !sensor.id.contains('#') && sensor.thresholds.upper_critical.is_some()
}

#[tokio::test]
async fn thresholds_that_a_service_only_says_that_it_took_are_an_error() {
    let mock = redfish().await;
    let builder = at(&mock.url(), nobody()).credentials(credentials()).protocol(Protocol::Redfish);
    let host = builder.connect().await.unwrap().value;
    let sensors = host.sensors().await.unwrap().value;
    let sensor = sensors.iter().find(|one| is_settable(one)).unwrap();
    let set = host.set_thresholds(&sensor.id, critical(77.5)).await.unwrap();
    assert_eq!((set.value.upper_critical, set.backend), (Some(77.5), Backend::Redfish));
    assert!(set.sent[0].contains("77.5") && set.value.upper_caution == sensor.thresholds.upper_caution, "{set:?}");
    // As it is so already, nothing is sent.
    let again = host.set_thresholds(&sensor.id, critical(77.5)).await.unwrap();
    assert!(again.sent.is_empty() && again.value.upper_critical == Some(77.5), "{again:?}");
    mock.clear_requests();
    mock.faults().add(Rule::pretended("PATCH", "/redfish/v1/Chassis/**"));
    let error = host.set_thresholds(&sensor.id, critical(66.0)).await.unwrap_err();
    assert!(error.kind() == ErrorKind::NotInForce && error.to_string().contains("77.5"), "{error}");
    assert_eq!(mock.requests().iter().filter(|request| request.method() == "PATCH").count(), 1);
}

#[tokio::test]
async fn a_sensor_that_redfish_does_not_have_is_looked_for_by_ipmi() {
    let (redfish, bmc) = (redfish().await, ipmi().await);
    let host = both(&redfish, &bmc).connect().await.unwrap().value;
    let set = host.set_thresholds("Exhaust Temp", critical(70.0)).await.unwrap();
    assert_eq!((set.backend, set.value.upper_critical, set.attempts.len()), (Backend::Ipmi, Some(70.0), 1));
    // It is this sensor that Redfish lacks, not the capability.
    assert!(!host.profile().lacks(Backend::Redfish, Capability::SetThresholds));
    let error = host.set_thresholds("Spoon Temp", critical(70.0)).await.unwrap_err();
    assert!(error.to_string().contains("Exhaust Temp"), "{error}");
    let several = without_redfish(&bmc).connect().await.unwrap().value;
    let error = several.set_thresholds("0x01", critical(70.0)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Ambiguous, "{error}");
}

#[tokio::test]
async fn a_power_limit_whose_answer_is_lost_is_looked_for() {
    let bmc = ipmi().await;
    let host = without_redfish(&bmc).connect().await.unwrap().value;
    bmc.rule(IpmiRule::once(GROUP_EXTENSION, ACTIVATE_LIMIT, Act::ExecuteSilently));
    let set = host.set_power_limit(None, Some(400)).await.unwrap();
    assert_eq!((set.value.watts, set.backend), (Some(400.0), Backend::Ipmi));
    assert_eq!(bmc.executed(GROUP_EXTENSION, ACTIVATE_LIMIT), 1);
    assert_eq!(host.power_limits().await.unwrap().value.items[0].watts, Some(400.0));
    assert_eq!(host.set_power_limit(None, None).await.unwrap().value.watts, None);
    let error = host.set_power_limit(None, Some(1)).await.unwrap_err();
    assert!(error.report().contains("limit"), "{error}");
    for wrong in [0, 65_536, u32::MAX] {
        assert_eq!(host.set_power_limit(None, Some(wrong)).await.unwrap_err().kind(), ErrorKind::NotAllowed, "{wrong}");
    }
}
