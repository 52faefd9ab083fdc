//! What becomes of a change that was confirmed: it is seen, or it is an error; where it can't be seen, it is done, and the
//! outcome says why nobody knows more. By both protocols, with the same meaning (B29,
//! B32).

use std::time::Duration;

use rosefish::host::{
    Backend, BootDevice, BootMode, BootOverride, Host, HostPowerState, Identify, Manner, Outcome, Protocol,
};
use rosefish::{Error, ErrorKind};
use rosefish_mock::fault::{Action, Rule, Unreadable};
use rosefish_mock::ipmi::{Act, MockIpmi, Rule as IpmiRule};
use rosefish_mock::{MockBmc, Quirk, TaskRule};
use serde_json::json;

use super::{CHASSIS, CHASSIS_CONTROL, SET_BOOT_OPTIONS, at, credentials, ipmi, nobody, without_redfish};

const SYSTEM: &str = "/redfish/v1/Systems/1";
const CHASSIS_STATUS: u8 = 0x01;
const CHASSIS_IDENTIFY: u8 = 0x04;
const GET_BOOT_OPTIONS: u8 = 0x09;

/// What is changed.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Verb {
    Boot,
    ClearBoot,
    Identify,
    PowerOn,
    PowerOff,
}

/// What came of it: whether it was seen, and in what words it was sent.
#[derive(Debug)]
struct Done {
    seen: bool,
    sent: Vec<String>,
    attempts: usize,
    backend: Backend,
}

fn pxe() -> BootOverride {
    BootOverride::once(BootDevice::Pxe).mode(BootMode::Uefi)
}

impl Verb {
    const ALL: [Self; 5] = [Self::Boot, Self::ClearBoot, Self::Identify, Self::PowerOn, Self::PowerOff];

    /// The method that it is sent by, and to where.
    fn request(self) -> (&'static str, &'static str) {
        match self {
            Self::Boot | Self::ClearBoot | Self::Identify => ("PATCH", SYSTEM),
            Self::PowerOn | Self::PowerOff => ("POST", "/redfish/v1/Systems/1/Actions/*"),
        }
    }

    /// The command that makes it and the one that reads it back.
    fn commands(self) -> (u8, u8) {
        match self {
            Self::Boot | Self::ClearBoot => (SET_BOOT_OPTIONS, GET_BOOT_OPTIONS),
            Self::Identify => (CHASSIS_IDENTIFY, CHASSIS_STATUS),
            Self::PowerOn | Self::PowerOff => (CHASSIS_CONTROL, CHASSIS_STATUS),
        }
    }

    /// Makes things otherwise than they are wanted.
    async fn prepare(self, host: &Host) {
        match self {
            Self::ClearBoot => drop(host.set_boot_override(pxe()).await.unwrap()),
            Self::PowerOn => drop(host.power_off(Manner::Forced).await.unwrap()),
            Self::Boot | Self::Identify | Self::PowerOff => {}
        }
    }

    async fn make(self, host: &Host) -> Result<Done, Error> {
        match self {
            Self::Boot => host.set_boot_override(pxe()).await.map(|done| of(done, |found| found == Some(pxe()))),
            Self::ClearBoot => host.clear_boot_override().await.map(|done| of(done, |found| found.is_none())),
            Self::Identify => host.identify(Identify::On).await.map(|done| of(done, |found| found)),
            Self::PowerOn => host.power_on().await.map(|done| of(done, |found| found == Some(HostPowerState::On))),
            Self::PowerOff => {
                let done = host.power_off(Manner::Forced).await;
                done.map(|done| of(done, |found| found == Some(HostPowerState::Off)))
            }
        }
    }

    /// Whether it is so in truth.
    fn is_made(self, mock: &MockBmc) -> bool {
        let system = mock.resource(SYSTEM).unwrap();
        match self {
            Self::Boot => system["Boot"]["BootSourceOverrideTarget"] == "Pxe",
            Self::ClearBoot => system["Boot"]["BootSourceOverrideEnabled"] == "Disabled",
            Self::Identify => system["LocationIndicatorActive"] == true,
            Self::PowerOn => system["PowerState"] == "On",
            Self::PowerOff => system["PowerState"] == "Off",
        }
    }
}

fn of<T>(done: Outcome<T>, is_so: impl FnOnce(T) -> bool) -> Done {
    let Outcome { value, backend, attempts, sent, unread, .. } = done;
    let seen = unread.is_none();
    assert!(!seen || is_so(value), "what was seen is what was asked for");
    Done { seen, sent, attempts: attempts.len(), backend }
}

async fn redfish(mock: &MockBmc) -> Host {
    at(&mock.url(), nobody()).credentials(credentials()).protocol(Protocol::Redfish).connect().await.unwrap().value
}

async fn mock() -> MockBmc {
    MockBmc::builder().plain().credentials("admin", "password").start().await.unwrap()
}

async fn prepared(verb: Verb) -> (MockBmc, Host) {
    let mock = mock().await;
    let host = redfish(&mock).await;
    verb.prepare(&host).await;
    mock.clear_requests();
    (mock, host)
}

/// How often a change was sent.
fn times_sent(mock: &MockBmc, verb: Verb) -> usize {
    let (method, _) = verb.request();
    mock.requests().iter().filter(|request| request.method() == method && request.path().starts_with(SYSTEM)).count()
}

#[tokio::test]
async fn a_change_is_seen_and_the_outcome_says_what_was_sent() {
    for verb in Verb::ALL {
        let (mock, host) = prepared(verb).await;
        let done = verb.make(&host).await.unwrap();
        assert!(done.seen && done.attempts == 0 && verb.is_made(&mock), "{verb:?}: {done:?}");
        assert_eq!((done.sent.len(), done.backend), (1, Backend::Redfish), "{verb:?}: {done:?}");
        let word = match verb {
            Verb::Boot => "\"Pxe\"",
            Verb::ClearBoot => "Disabled",
            Verb::Identify => "LocationIndicatorActive",
            Verb::PowerOn => "ComputerSystem.Reset On",
            Verb::PowerOff => "ComputerSystem.Reset ForceOff",
        };
        assert!(done.sent[0].contains(word), "{verb:?}: {done:?}");
    }
}

#[tokio::test]
async fn a_change_that_was_confirmed_and_does_not_show_is_an_error() {
    for verb in Verb::ALL {
        let (mock, host) = prepared(verb).await;
        let (method, path) = verb.request();
        mock.faults().add(Rule::pretended(method, path));
        let error = verb.make(&host).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotInForce, "{verb:?}: {error}");
        let text = error.to_string();
        assert!(text.starts_with("asked ") && text.contains("; still ") && text.ends_with(" after 0.6 s"), "{text}");
        assert_eq!(times_sent(&mock, verb), 1, "{verb:?}");
    }
}

#[tokio::test]
async fn a_change_that_was_confirmed_and_cannot_be_seen_is_done_and_the_outcome_says_why() {
    let ways = [
        Unreadable::NotFound,
        Unreadable::ServerError,
        Unreadable::Forbidden,
        Unreadable::Html,
        Unreadable::Empty,
        Unreadable::BrokenJson,
        Unreadable::Silent,
    ];
    for verb in Verb::ALL {
        for how in ways {
            let (mock, host) = prepared(verb).await;
            let (method, path) = verb.request();
            let unreadable = Action::arm(Rule::unreadable(SYSTEM, how));
            mock.faults().add(Rule::confirmed(method, path).then(unreadable));
            let began = std::time::Instant::now();
            let done = verb.make(&host).await.unwrap_or_else(|error| panic!("{verb:?} {how:?}: {error}"));
            assert!(!done.seen && done.attempts == 0 && !done.sent.is_empty(), "{verb:?} {how:?}: {done:?}");
            assert!(verb.is_made(&mock), "{verb:?} {how:?}");
            assert_eq!(times_sent(&mock, verb), 1, "{verb:?} {how:?}");
            assert!(began.elapsed() < Duration::from_secs(20), "{verb:?} {how:?}");
        }
    }
}

#[tokio::test]
async fn a_change_that_shows_late_is_waited_for() {
    for verb in Verb::ALL {
        let (mock, host) = prepared(verb).await;
        let (method, path) = verb.request();
        let gone = Action::arm(Rule::unreadable(SYSTEM, Unreadable::NotFound).times(2));
        mock.faults().add(Rule::confirmed(method, path).then(gone));
        let done = verb.make(&host).await.unwrap();
        assert!(done.seen, "{verb:?}: {done:?}");
    }
    let builder = MockBmc::builder().plain().credentials("admin", "password").power_delay(Duration::from_millis(150));
    let mock = builder.start().await.unwrap();
    let host = redfish(&mock).await;
    assert_eq!(host.power_off(Manner::Forced).await.unwrap().value, Some(HostPowerState::Off));
    assert_eq!(host.power_on().await.unwrap().value, Some(HostPowerState::On));
}

#[tokio::test]
async fn what_is_off_too_late_is_not_said_to_be_off() {
    let builder = MockBmc::builder().plain().credentials("admin", "password").power_delay(Duration::from_secs(60));
    let mock = builder.start().await.unwrap();
    let host = redfish(&mock).await;
    let error = host.power_off(Manner::Forced).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotInForce);
    assert_eq!(error.to_string(), "asked to turn off; still powering off after 0.6 s");
    // What is on its way to be on takes time on many machines.
    let mut system = mock.resource(SYSTEM).unwrap();
    system["PowerState"] = json!("Off");
    mock.set(SYSTEM, system);
    assert_eq!(host.power_on().await.unwrap().value, Some(HostPowerState::PoweringOn));
}

#[tokio::test]
async fn a_change_that_takes_its_time_is_followed_to_its_end() {
    for verb in Verb::ALL {
        let (method, path) = verb.request();
        let task = TaskRule::new(method, path).takes(Duration::from_millis(100));
        let builder = MockBmc::builder().plain().credentials("admin", "password");
        let mock = builder.task(task).start().await.unwrap();
        let host = at(&mock.url(), nobody()).patience(Duration::from_secs(5)).credentials(credentials());
        let host = host.protocol(Protocol::Redfish).connect().await.unwrap().value;
        verb.prepare(&host).await;
        let done = verb.make(&host).await.unwrap();
        assert!(done.seen && verb.is_made(&mock), "{verb:?}: {done:?}");

        let failing = TaskRule::new(method, path).takes(Duration::from_millis(50)).fails("the fuse is blown");
        let mock = MockBmc::builder().plain().credentials("admin", "password").task(failing).start().await.unwrap();
        if verb == Verb::ClearBoot || verb == Verb::PowerOn {
            continue; // what has to be there before would fail as well
        }
        let host = at(&mock.url(), nobody()).patience(Duration::from_secs(5)).credentials(credentials());
        let host = host.protocol(Protocol::Redfish).connect().await.unwrap().value;
        let error = verb.make(&host).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TaskFailed, "{verb:?}: {error}");
    }
}

#[tokio::test]
async fn what_is_refused_is_refused() {
    for verb in Verb::ALL {
        let (mock, host) = prepared(verb).await;
        let (method, path) = verb.request();
        mock.faults().add(Rule::on(method, path).then(Action::Status(400)));
        let error = verb.make(&host).await.unwrap_err();
        assert_eq!(error.status(), Some(400), "{verb:?}: {error}");
    }
}

#[tokio::test]
async fn what_is_so_already_is_no_error_where_a_service_refuses_to_make_it_so() {
    let mock = mock().await;
    mock.faults().add(Rule::on("POST", "/redfish/v1/Systems/1/Actions/*").then(Action::Status(409)));
    let done = redfish(&mock).await.power_on().await.unwrap();
    assert_eq!((done.value, done.sent.len()), (Some(HostPowerState::On), 0));
}

#[tokio::test]
async fn an_override_is_looked_for_where_it_was_written() {
    for quirk in [Quirk::BootInSettings, Quirk::NoBootInSettings, Quirk::UsbCd, Quirk::BootModeWithTarget] {
        let builder = MockBmc::builder().plain().credentials("admin", "password").quirk(quirk);
        let mock = builder.start().await.unwrap();
        let host = redfish(&mock).await;
        for device in [BootDevice::Cd, BootDevice::Pxe] {
            let wanted = BootOverride::once(device);
            let done = host.set_boot_override(wanted.clone()).await.unwrap();
            let found = done.value.unwrap();
            assert_eq!((&found.device, found.persistent), (&wanted.device, false), "{quirk:?}");
            assert!(done.unread.is_none(), "{quirk:?}: {:?}", done.unread);
        }
        assert!(host.clear_boot_override().await.unwrap().value.is_none(), "{quirk:?}");
    }
}

#[tokio::test]
async fn a_system_without_a_boot_override_lacks_it_and_is_not_asked_for_one() {
    let mock = mock().await;
    let mut system = mock.resource(SYSTEM).unwrap();
    system["Boot"] = json!({ "BootOrder": ["Boot0001"] });
    mock.set(SYSTEM, system);
    let host = redfish(&mock).await;
    for done in [host.set_boot_override(pxe()).await, host.clear_boot_override().await, host.boot_override().await] {
        assert_eq!(done.unwrap_err().kind(), ErrorKind::Missing);
    }
    assert_eq!(times_sent(&mock, Verb::Boot), 0);
}

fn with_resets(mock: &MockBmc, accepted: &[&str]) {
    let mut system = mock.resource(SYSTEM).unwrap();
    system["Actions"]["#ComputerSystem.Reset"]["ResetType@Redfish.AllowableValues"] = json!(accepted);
    mock.set(SYSTEM, system);
}

#[tokio::test]
async fn a_system_without_power_cycle_is_turned_off_and_on_or_it_is_refused_with_the_reason() {
    let mock = mock().await;
    let host = redfish(&mock).await;
    with_resets(&mock, &["On", "ForceOff", "PowerCycle"]);
    let done = host.power_cycle().await.unwrap();
    assert_eq!((done.value, done.sent), (None, vec!["ComputerSystem.Reset PowerCycle".to_owned()]));

    with_resets(&mock, &["On", "ForceOff", "GracefulShutdown"]);
    let done = host.power_cycle().await.unwrap();
    assert_eq!(done.value, Some(HostPowerState::On));
    assert_eq!(done.sent, ["ComputerSystem.Reset ForceOff", "ComputerSystem.Reset On"]);

    // What isn't seen to be off is not turned on.
    let stuck = mock.faults().add(Rule::pretended("POST", "/redfish/v1/Systems/1/Actions/*"));
    mock.clear_requests();
    let error = host.power_cycle().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotInForce);
    assert!(error.to_string().contains("still On after 0.6 s, and not turned on again"), "{error}");
    assert_eq!(times_sent(&mock, Verb::PowerOff), 1);
    mock.faults().remove(stuck);

    // What can't be turned on again is said to be off.
    mock.faults().add(Rule::on("POST", "/redfish/v1/Systems/1/Actions/*").skip(1).then(Action::Status(500)));
    let text = host.power_cycle().await.unwrap_err().to_string();
    assert!(text.contains("turned off") && text.contains("could not be turned on again"), "{text}");

    with_resets(&mock, &["GracefulRestart"]);
    let error = host.power_cycle().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotAllowed);
    assert!(error.to_string().contains("GracefulRestart"), "{error}");
}

#[tokio::test]
async fn another_word_is_sent_where_it_does_the_same() {
    let mock = mock().await;
    let host = redfish(&mock).await;
    with_resets(&mock, &["ForceOff", "ForceOn", "PushPowerButton"]);
    assert_eq!(host.power_off(Manner::Graceful).await.unwrap().sent, ["ComputerSystem.Reset PushPowerButton"]);
    assert_eq!(host.power_on().await.unwrap().sent, ["ComputerSystem.Reset ForceOn"]);
    assert_eq!(host.reset(Manner::Forced).await.unwrap_err().kind(), ErrorKind::NotAllowed);
}

#[tokio::test]
async fn a_bmc_whose_reset_takes_no_type_is_reset_without() {
    let builder = MockBmc::builder().plain().credentials("admin", "password").quirk(Quirk::PlainManagerReset);
    let mock = builder.start().await.unwrap();
    assert_eq!(redfish(&mock).await.reset_controller().await.unwrap().sent, ["Manager.Reset"]);
}

async fn by_ipmi(verb: Verb) -> (MockIpmi, Host) {
    let bmc = ipmi().await;
    let host = without_redfish(&bmc).connect().await.unwrap().value;
    verb.prepare(&host).await;
    (bmc, host)
}

#[tokio::test]
async fn by_ipmi_a_change_is_seen_or_an_error_as_well() {
    for verb in Verb::ALL {
        let (_bmc, host) = by_ipmi(verb).await;
        let done = verb.make(&host).await.unwrap();
        assert!(done.seen && done.sent.len() == 1 && done.backend == Backend::Ipmi, "{verb:?}: {done:?}");

        let (bmc, host) = by_ipmi(verb).await;
        bmc.rule(IpmiRule::always(CHASSIS, verb.commands().0, Act::Reply(0, Vec::new())));
        let error = verb.make(&host).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotInForce, "{verb:?}: {error}");

        let (bmc, host) = by_ipmi(verb).await;
        bmc.rule(IpmiRule::always(CHASSIS, verb.commands().0, Act::Refuse(0xFF)));
        assert_eq!(verb.make(&host).await.unwrap_err().kind(), ErrorKind::Refused, "{verb:?}");
    }
}

#[tokio::test]
async fn by_ipmi_a_change_that_cannot_be_seen_is_done_as_well() {
    for verb in [Verb::Boot, Verb::Identify, Verb::PowerOff, Verb::PowerOn] {
        for code in [0xC1, 0xFF, 0xD4] {
            let (bmc, host) = by_ipmi(verb).await;
            bmc.rule(IpmiRule::always(CHASSIS, verb.commands().1, Act::Refuse(code)));
            let done = verb.make(&host).await.unwrap_or_else(|error| panic!("{verb:?} {code:#x}: {error}"));
            assert!(!done.seen && !done.sent.is_empty(), "{verb:?} {code:#x}: {done:?}");
        }
    }
}
