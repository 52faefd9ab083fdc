//! One host over both protocols: a test for every rule of routing, on hosts that have both protocols, one, or neither.

#[path = "host/choice.rs"]
mod choice;
#[path = "host/confirmed.rs"]
mod confirmed;
#[path = "host/fans.rs"]
mod fans;
#[path = "host/intents.rs"]
mod intents;
#[path = "host/inventory.rs"]
mod inventory;
#[path = "host/ipmi_lists.rs"]
mod ipmi_lists;
#[path = "host/limits.rs"]
mod limits;
#[path = "host/lists.rs"]
mod lists;
#[path = "host/logs.rs"]
mod logs;
#[path = "host/service.rs"]
mod service;
#[path = "host/thresholds.rs"]
mod thresholds;
#[path = "host/trees.rs"]
mod trees;
#[path = "host/users.rs"]
mod users;
#[path = "host/vendors.rs"]
mod vendors;

use std::net::TcpListener;
use std::time::Duration;

use rosefish::host::{
    AttemptPhase, Backend, BootDevice, BootMode, BootOverride, Capability, ComponentKind, EventLogQuery, Host,
    HostBuilder, HostPowerState, HostProfile, Identify, Manner, Presence, Protocol, SensorStatus,
};
use rosefish::{Credentials, ErrorKind};
use rosefish_mock::MockBmc;
use rosefish_mock::ipmi::{Act, ChangeKind, MockIpmi, Privilege, Rule, User};
use serde_json::json;

use service::{Answer, Service};

const CHASSIS: u8 = 0x00;
const CHASSIS_CONTROL: u8 = 0x02;
const SET_BOOT_OPTIONS: u8 = 0x08;

fn credentials() -> Credentials {
    Credentials::new("admin", "password")
}

async fn redfish() -> MockBmc {
    MockBmc::builder().plain().credentials("admin", "password").start().await.unwrap()
}

async fn ipmi() -> MockIpmi {
    MockIpmi::builder().start().await.unwrap()
}

/// A port on which nobody listens.
fn nobody() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Configures a host with this Redfish service and a BMC at this UDP port. The timeouts are short, as everything is local.
fn at(url: &str, port: u16) -> HostBuilder {
    Host::builder(url)
        .patience(Duration::from_millis(600))
        .redfish(|client| client.timeout(Duration::from_secs(5)))
        .ipmi(move |bmc| bmc.port(port).repeat_after(Duration::from_millis(40)).timeout(Duration::from_millis(1500)))
}

fn both(redfish: &MockBmc, ipmi: &MockIpmi) -> HostBuilder {
    at(&redfish.url(), ipmi.addr().port()).credentials(credentials())
}

fn without_redfish(ipmi: &MockIpmi) -> HostBuilder {
    at(&format!("http://127.0.0.1:{}", nobody()), ipmi.addr().port()).credentials(credentials())
}

/// Returns whether the BMC has received any packet.
fn was_asked(ipmi: &MockIpmi) -> bool {
    ipmi.stats().received > 0
}

#[tokio::test]
async fn redfish_is_used_where_there_is_redfish_and_ipmi_is_not_even_probed() {
    let (redfish, ipmi) = (redfish().await, ipmi().await);
    let found = both(&redfish, &ipmi).connect().await.unwrap();
    assert_eq!(found.backend, Backend::Redfish);
    assert!(found.attempts.is_empty());
    let state = found.value.power_state().await.unwrap();
    assert_eq!((state.value, state.backend), (HostPowerState::On, Backend::Redfish));
    assert!(!was_asked(&ipmi));
    found.value.close().await;
    assert_eq!(redfish.sessions(), 0);
}

#[tokio::test]
async fn ipmi_is_used_where_there_is_no_redfish_and_the_outcome_says_why() {
    let ipmi = ipmi().await;
    let found = without_redfish(&ipmi).connect().await.unwrap();
    assert_eq!(found.backend, Backend::Ipmi);
    let [attempt] = &found.attempts[..] else { panic!("{:?}", found.attempts) };
    assert_eq!((attempt.backend, attempt.phase), (Backend::Redfish, AttemptPhase::Probe));
    assert_eq!(attempt.error.kind(), ErrorKind::Connect);
    let state = found.value.power_state().await.unwrap();
    assert_eq!((state.value, state.backend), (HostPowerState::On, Backend::Ipmi));
    assert!(state.attempts.is_empty(), "what is known not to be there isn't tried again");
}

/// Anyone on the network path can break a connection. The IPMI handshake would then give them data to guess the password from.
#[tokio::test]
async fn who_names_https_or_a_certificate_is_not_led_to_ipmi_by_a_broken_connection() {
    const PIN: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
    let broken = Service::start(|_, _| Answer::text(502, "text/plain", "")).url().replace("http://", "");
    for address in [format!("127.0.0.1:{}", nobody()), broken] {
        for insists in [true, false] {
            let ipmi = ipmi().await;
            let port = ipmi.addr().port();
            let quick = |client: rosefish::ClientBuilder| client.timeout(Duration::from_secs(2));
            let hosts = match insists {
                true => vec![
                    at(&format!("https://{address}"), port),
                    at(&address, port).redfish(move |client| quick(client).pin_sha256(PIN)),
                ],
                false => vec![at(&address, port).redfish(quick)],
            };
            for host in hosts {
                let found = host.credentials(credentials()).connect().await;
                assert_eq!(found.is_err(), insists, "{address}: {found:?}");
                assert_eq!(was_asked(&ipmi), !insists, "{address}");
            }
        }
    }
}

#[tokio::test]
async fn where_neither_is_the_error_tells_of_both() {
    let error = at(&format!("http://127.0.0.1:{}", nobody()), nobody()).credentials(credentials()).connect().await;
    let text = error.unwrap_err().to_string();
    assert!(text.contains("Redfish (probe)") && text.contains("IPMI (probe)"), "{text}");
    assert!(!text.contains("password"), "{text}");
}

#[tokio::test]
async fn a_web_server_that_is_not_redfish_never_sees_the_password() {
    let ipmi = ipmi().await;
    let page = "<html>Welcome</html>";
    for answer in
        [Answer::text(200, "text/html", page), Answer::text(404, "text/html", page), Answer::json(json!({"a": 1}))]
    {
        let service = Service::start(move |_, _| answer.clone());
        let found = at(&service.url(), ipmi.addr().port()).credentials(credentials()).connect().await.unwrap();
        assert_eq!(found.backend, Backend::Ipmi);
        assert_eq!(found.attempts[0].phase, AttemptPhase::Probe);
        let requests = service.requests();
        assert!(requests.iter().all(|request| request.starts_with("GET /redfish/v1")), "{requests:?}");
        assert!(requests.iter().all(|request| !request.to_lowercase().contains("authorization")), "{requests:?}");
    }
}

#[tokio::test]
async fn a_password_that_was_refused_is_never_tried_on_the_other_protocol() {
    let (redfish, ipmi) = (redfish().await, ipmi().await);
    let wrong = Credentials::new("admin", "not-the-password");
    let error = both(&redfish, &ipmi).credentials(wrong).connect().await.unwrap_err();
    assert!(error.is_auth(), "{error}");
    assert_eq!(redfish.requests().iter().filter(|request| request.method() == "POST").count(), 1);
    assert!(!was_asked(&ipmi));
}

#[tokio::test]
async fn a_password_that_was_refused_is_not_tried_again() {
    let (redfish, ipmi) = (redfish().await, ipmi().await);
    let host =
        both(&redfish, &ipmi).ipmi_credentials(Credentials::new("admin", "wrong")).connect().await.unwrap().value;
    let identify = || host.identify(Identify::For(Duration::from_secs(5)));
    assert!(identify().await.unwrap_err().is_auth());
    let received = ipmi.stats().received;
    let error = identify().await.unwrap_err();
    assert!(error.is_auth() && error.to_string().contains("not tried again"), "{error}");
    assert_eq!(ipmi.stats().received, received);
}

#[tokio::test]
async fn a_certificate_that_is_not_accepted_does_not_lead_to_ipmi() {
    let redfish = MockBmc::builder().credentials("admin", "password").start().await.unwrap();
    let ipmi = ipmi().await;
    let error = both(&redfish, &ipmi).connect().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Tls, "{error}");
    assert!(!was_asked(&ipmi));
}

#[tokio::test]
async fn each_protocol_has_its_credentials() {
    let redfish = redfish().await;
    let ipmi =
        MockIpmi::builder().user(User::new("operator", "other", Privilege::Administrator)).start().await.unwrap();
    let host = at(&redfish.url(), ipmi.addr().port())
        .redfish_credentials(credentials())
        .ipmi_credentials(Credentials::new("operator", "other"))
        .connect()
        .await
        .unwrap()
        .value;
    assert_eq!(host.power_state().await.unwrap().backend, Backend::Redfish);
    assert!(host.ipmi().await.unwrap().device_id().await.is_ok());
    // Credentials for one protocol are not used for the other.
    let only = at(&redfish.url(), ipmi.addr().port()).ipmi_credentials(Credentials::new("operator", "other"));
    let found = only.connect().await.unwrap();
    assert_eq!((found.backend, found.attempts.len()), (Backend::Ipmi, 0));
    assert!(found.value.redfish().await.is_err());
}

#[tokio::test]
async fn what_was_learned_can_be_stored_and_saves_probing() {
    let (redfish, ipmi) = (redfish().await, ipmi().await);
    let roots =
        |redfish: &MockBmc| redfish.requests().iter().filter(|request| request.path() == "/redfish/v1/").count();
    let host = both(&redfish, &ipmi).connect().await.unwrap().value;
    assert_eq!(roots(&redfish), 1, "to find out and to log in");
    let stored = serde_json::to_string(&host.profile()).unwrap();
    let profile: HostProfile = serde_json::from_str(&stored).unwrap();
    assert_eq!((profile.redfish, profile.ipmi), (Presence::Present, Presence::Unknown));
    redfish.clear_requests();
    let found = both(&redfish, &ipmi).profile(profile).connect().await.unwrap();
    assert_eq!(roots(&redfish), 1);
    // The logout must not be among the requests that are counted below.
    found.value.close().await;

    // If the profile says that there is no Redfish, IPMI is tried first.
    let legacy = without_redfish(&ipmi).connect().await.unwrap().value.profile();
    assert_eq!((legacy.redfish, legacy.ipmi), (Presence::Absent, Presence::Present));
    redfish.clear_requests();
    let found = both(&redfish, &ipmi).profile(legacy.clone()).connect().await.unwrap();
    assert_eq!((found.backend, redfish.request_count()), (Backend::Ipmi, 0));
    // A profile that is out of date is corrected.
    let found = at(&redfish.url(), nobody()).credentials(credentials()).profile(legacy).connect().await.unwrap();
    assert_eq!(found.backend, Backend::Redfish);
    assert_eq!(found.value.profile().redfish, Presence::Present);
}

#[tokio::test]
async fn what_redfish_lacks_is_asked_by_ipmi_and_remembered() {
    let (redfish, ipmi) = (redfish().await, ipmi().await);
    let mut chassis = redfish.resource("/redfish/v1/Chassis/1U").unwrap();
    for link in ["Sensors", "Thermal", "Power", "ThermalSubsystem", "PowerSubsystem", "EnvironmentMetrics"] {
        chassis.as_object_mut().unwrap().remove(link);
    }
    redfish.set("/redfish/v1/Chassis/1U", chassis);
    let host = both(&redfish, &ipmi).connect().await.unwrap().value;
    let sensors = host.sensors().await.unwrap();
    assert_eq!(sensors.backend, Backend::Ipmi);
    assert_eq!((sensors.attempts.len(), sensors.attempts[0].phase), (1, AttemptPhase::Ask));
    assert!(host.profile().lacks(Backend::Redfish, Capability::Sensors));
    let requests = redfish.request_count();
    assert!(host.sensors().await.unwrap().attempts.is_empty());
    assert_eq!(redfish.request_count(), requests);
    assert_eq!(host.power_state().await.unwrap().backend, Backend::Redfish, "all else is as before");
}

/// Starts a service whose answer to a reset is lost, and which carries the reset out or doesn't.
fn forgetful(carries_out: bool) -> Service {
    let on = std::sync::atomic::AtomicBool::new(true);
    Service::start(move |method, path| {
        use std::sync::atomic::Ordering::SeqCst;
        match (method, path.trim_end_matches('/')) {
            ("GET", "/redfish/v1") => Answer::json(json!({
                "@odata.type": "#ServiceRoot.v1_17_0.ServiceRoot", "RedfishVersion": "1.17.0",
                "Systems": { "@odata.id": "/redfish/v1/Systems" },
            })),
            ("GET", "/redfish/v1/Systems") => {
                Answer::json(json!({ "Members": [{ "@odata.id": "/redfish/v1/Systems/1" }] }))
            }
            ("GET", "/redfish/v1/Systems/1") => Answer::json(json!({
                "@odata.id": "/redfish/v1/Systems/1", "@odata.type": "#ComputerSystem.v1_20_0.ComputerSystem", "Id": "1",
                "PowerState": if on.load(SeqCst) { "On" } else { "Off" },
                "Actions": { "#ComputerSystem.Reset": { "target": "/redfish/v1/Systems/1/Actions/ComputerSystem.Reset" } },
            })),
            ("POST", _) => {
                on.store(on.load(SeqCst) && !carries_out, SeqCst);
                Answer::Lost
            }
            _ => Answer::text(404, "text/plain", "no"),
        }
    })
}

fn resets(service: &Service) -> usize {
    service.requests().iter().filter(|request| request.starts_with("POST")).count()
}

#[tokio::test]
async fn a_change_whose_answer_was_lost_is_read_back_and_not_made_again() {
    let (service, ipmi) = (forgetful(true), ipmi().await);
    let host = at(&service.url(), ipmi.addr().port()).credentials(credentials()).connect().await.unwrap().value;
    let off = host.power_off(Manner::Forced).await.unwrap();
    assert_eq!(off.backend, Backend::Redfish);
    assert_eq!((off.attempts.len(), off.attempts[0].phase), (1, AttemptPhase::Change));
    assert_eq!((resets(&service), ipmi.executed(CHASSIS, CHASSIS_CONTROL)), (1, 0));
}

#[tokio::test]
async fn a_change_that_was_not_made_is_made_by_the_other_protocol_once_that_is_known() {
    let (service, ipmi) = (forgetful(false), ipmi().await);
    let host = at(&service.url(), ipmi.addr().port()).credentials(credentials()).connect().await.unwrap().value;
    let off = host.power_off(Manner::Forced).await.unwrap();
    assert_eq!((off.backend, off.attempts.len()), (Backend::Ipmi, 1));
    assert_eq!((resets(&service), ipmi.executed(CHASSIS, CHASSIS_CONTROL)), (1, 1));
}

#[tokio::test]
async fn a_change_that_cannot_be_read_back_is_not_made_by_the_other_protocol() {
    for carries_out in [true, false] {
        let (service, ipmi) = (forgetful(carries_out), ipmi().await);
        let host = at(&service.url(), ipmi.addr().port()).credentials(credentials()).connect().await.unwrap().value;
        for done in [host.power_cycle().await, host.reset(Manner::Forced).await, host.power_off(Manner::Graceful).await]
        {
            assert_eq!(done.unwrap_err().kind(), ErrorKind::Connect);
        }
        assert_eq!((resets(&service), ipmi.executed(CHASSIS, CHASSIS_CONTROL)), (3, 0));
    }
}

#[tokio::test]
async fn a_lost_answer_by_ipmi_is_read_back_as_well() {
    let ipmi = ipmi().await;
    let host = without_redfish(&ipmi).connect().await.unwrap().value;
    // The BMC carries out the command but doesn't answer it.
    ipmi.rule(Rule::always(CHASSIS, CHASSIS_CONTROL, Act::ExecuteSilently));
    let off = host.power_off(Manner::Forced).await.unwrap();
    assert_eq!((off.backend, off.attempts.len()), (Backend::Ipmi, 1));
    assert_eq!(ipmi.executed(CHASSIS, CHASSIS_CONTROL), 1);
}

#[tokio::test]
async fn what_ipmi_cannot_say_is_refused_and_nothing_is_sent() {
    let ipmi = ipmi().await;
    let host = without_redfish(&ipmi).connect().await.unwrap().value;
    let boot = |wanted| host.set_boot_override(wanted);
    for (refused, reason) in [
        (boot(BootOverride::once(BootDevice::UefiHttp).mode(BootMode::Uefi)).await.map(drop), "uefi-http"),
        (boot(BootOverride::once(BootDevice::Usb).mode(BootMode::Uefi)).await.map(drop), "USB"),
        (boot(BootOverride::once(BootDevice::Pxe)).await.map(drop), "legacy or UEFI"),
        (host.reset(Manner::Graceful).await.map(drop), "restart"),
        (host.identify(Identify::For(Duration::from_secs(600))).await.map(drop), "255"),
    ] {
        let error = refused.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotAllowed);
        assert!(error.to_string().contains(reason), "{error}");
    }
    assert_eq!(ipmi.executed(CHASSIS, CHASSIS_CONTROL) + ipmi.executed(CHASSIS, SET_BOOT_OPTIONS), 0);
    let named = without_redfish(&ipmi).system("2").connect().await.unwrap_err();
    assert!(named.to_string().contains("can't tell systems apart"), "{named}");
}

#[tokio::test]
async fn what_one_protocol_cannot_say_is_done_by_the_other() {
    let (redfish, ipmi) = (redfish().await, ipmi().await);
    let host = both(&redfish, &ipmi).connect().await.unwrap().value;
    assert_eq!(host.reset(Manner::Graceful).await.unwrap().backend, Backend::Redfish);
    let identify = host.identify(Identify::For(Duration::from_secs(5))).await.unwrap();
    assert_eq!((identify.backend, identify.attempts.len()), (Backend::Ipmi, 1));
    // The switch to IPMI applied to that request only.
    assert_eq!(host.identify(Identify::On).await.unwrap().backend, Backend::Redfish);
}

#[tokio::test]
async fn both_protocols_fill_the_same_types() {
    let (redfish, ipmi) = (redfish().await, ipmi().await);
    for (protocol, backend) in [(Protocol::Redfish, Backend::Redfish), (Protocol::Ipmi, Backend::Ipmi)] {
        let host = both(&redfish, &ipmi).protocol(protocol).connect().await.unwrap().value;

        assert_eq!(host.power_state().await.unwrap().value, HostPowerState::On);
        host.power_off(Manner::Forced).await.unwrap();
        assert_eq!(host.power_state().await.unwrap().value, HostPowerState::Off);
        assert_eq!(host.power_on().await.unwrap().backend, backend);

        assert_eq!(host.boot_override().await.unwrap().value, None);
        let pxe = BootOverride::always(BootDevice::Pxe).mode(BootMode::Uefi);
        host.set_boot_override(pxe.clone()).await.unwrap();
        assert_eq!(host.boot_override().await.unwrap().value, Some(pxe));
        host.clear_boot_override().await.unwrap();
        assert_eq!(host.boot_override().await.unwrap().value, None);

        host.identify(Identify::On).await.unwrap();
        assert!(host.identify_state().await.unwrap().value);
        host.identify(Identify::Off).await.unwrap();
        assert!(!host.identify_state().await.unwrap().value);

        let sensors = host.sensors().await.unwrap().value;
        let judged = sensors
            .iter()
            .find(|sensor| sensor.status == SensorStatus::Ok && sensor.thresholds.upper_critical.is_some());
        let judged = judged.unwrap_or_else(|| panic!("{sensors:#?}"));
        assert!(judged.reading < judged.thresholds.upper_critical && judged.unit.is_some(), "{judged:?}");

        let log = host.event_log(EventLogQuery::all()).await.unwrap().value;
        assert!(log.iter().any(|entry| entry.time.is_some() && !entry.message.is_empty()), "{log:#?}");
        let parts = host.inventory().await.unwrap().value;
        let is_whole = |part: &&rosefish::host::Component| part.serial_number.is_some() && part.manufacturer.is_some();
        for kind in [ComponentKind::System, ComponentKind::PowerSupply] {
            assert!(parts.iter().filter(is_whole).any(|part| part.kind == kind), "{kind}: {parts:#?}");
        }
        assert!(host.users().await.unwrap().value.iter().any(|user| user.name == "admin" && user.role.is_some()));
        assert!(host.controller().await.unwrap().value.firmware.is_some());

        assert_eq!(host.clear_event_log().await.unwrap().backend, backend);
        assert!(host.event_log(EventLogQuery::all()).await.unwrap().value.len() < log.len());
        assert_eq!(host.reset_controller().await.unwrap().backend, backend);
    }
    let changes = ipmi.machine().lock().changes().to_vec();
    assert!(changes.iter().any(|change| matches!(change.kind, ChangeKind::ControllerReset { cold: true })));
}

#[tokio::test]
async fn a_port_beside_the_host_is_that_of_the_protocol_that_was_asked_for() {
    let quick = |builder: HostBuilder| {
        builder
            .credentials(credentials())
            .ipmi(|bmc| bmc.repeat_after(Duration::from_millis(40)).timeout(Duration::from_millis(1500)))
    };
    let ipmi = ipmi().await;
    let port = ipmi.addr().port();
    let named = quick(Host::builder(&format!("127.0.0.1:{port}"))).protocol(Protocol::Ipmi).connect().await.unwrap();
    assert_eq!(named.backend, Backend::Ipmi);
    named.value.close().await;
    // The port that is set as an option takes precedence over the address's.
    let chosen = at(&format!("127.0.0.1:{}", nobody()), port).credentials(credentials()).protocol(Protocol::Ipmi);
    chosen.connect().await.unwrap().value.close().await;

    // With either of these protocols the port is that of the Redfish URL.
    let redfish = MockBmc::builder().credentials("admin", "password").start().await.unwrap();
    let pem = redfish.certificate_pem().unwrap().to_owned();
    let address = redfish.url().trim_start_matches("https://").to_owned();
    for protocol in [Protocol::Auto, Protocol::Redfish] {
        let pem = pem.clone();
        let host = at(&address, port).redfish(move |client| client.ca_pem(pem.clone()));
        let found = host.credentials(credentials()).protocol(protocol).connect().await.unwrap();
        assert_eq!(found.backend, Backend::Redfish);
        found.value.close().await;
    }
    // IPMI ignores the port of an `https` URL.
    let error = quick(Host::builder(&format!("https://127.0.0.1:{port}"))).protocol(Protocol::Ipmi).connect().await;
    assert!(error.is_err(), "nobody is at the usual port");

    // Some machines don't have IPv6.
    let Ok(v6) = MockIpmi::builder().address("[::1]:0".parse().unwrap()).start().await else { return };
    for host in [format!("[::1]:{}", v6.addr().port()), format!("[::1%1]:{}", v6.addr().port())] {
        let found = quick(Host::builder(&host)).protocol(Protocol::Ipmi).connect().await;
        found.unwrap_or_else(|error| panic!("{host}: {error}")).value.close().await;
    }
}

#[tokio::test]
async fn what_names_no_host_is_told_before_anything_is_sent() {
    for address in ["", "https://", "[::1", "bmc:port", "root:secret@bmc", "fe80::1%"] {
        let error = Host::builder(address).credentials(credentials()).connect().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration, "{address}: {error}");
        assert!(!error.to_string().contains("secret"), "{error}");
    }
}
