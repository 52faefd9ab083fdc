//! Waiting: until a resource is as it is wanted, and until what was begun is done; and what is found beside a resource.

use std::time::{Duration, Instant};

use rosefish::schema::resource::{PowerState, ResetType};
use rosefish::schema::{Bios, ComputerSystem, ManagerAccount, ManagerAccountCollection, Volume, VolumeCollection};
use rosefish::wire::Primitive;
use rosefish::{Committed, Created, ErrorKind, Resource};
use rosefish_mock::fault::{Action, Answer, Rule};
use rosefish_mock::{MockBmc, TaskRule};
use serde_json::json;

use crate::{builder, connected};

const SYSTEM: &str = "/redfish/v1/Systems/1";
const BIOS: &str = "/redfish/v1/Systems/1/Bios";
const SETTINGS: &str = "/redfish/v1/Systems/1/Bios/Settings";
const VOLUMES: &str = "/redfish/v1/Systems/1/Storage/1/Volumes";
const REGISTRIES: &str = "/redfish/v1/Registries";
const SOON: Duration = Duration::from_secs(20);

fn is_off(system: &Resource<ComputerSystem>) -> bool {
    system.power_state == Some(PowerState::Off)
}

fn tagged(system: &Resource<ComputerSystem>) -> bool {
    system.asset_tag.as_deref() == Some("there")
}

/// Has a system become what is waited for after a while.
async fn tag_later(mock: MockBmc, after: Duration) {
    tokio::time::sleep(after).await;
    let mut system = mock.resource(SYSTEM).unwrap();
    system["AssetTag"] = "there".into();
    mock.set(SYSTEM, system);
    // The mock ends with its handle.
    tokio::time::sleep(SOON).await;
}

#[tokio::test]
async fn a_resource_is_returned_as_it_was_when_the_condition_held() {
    let mock = MockBmc::builder().power_delay(Duration::from_millis(600)).start().await.unwrap();
    let bmc = builder(&mock).connect().await.unwrap();
    let system = bmc.get::<ComputerSystem>(SYSTEM).await.unwrap();
    system.reset(ResetType::ForceOff).await.unwrap();
    let off = system.wait_until(is_off, SOON).await.unwrap();
    assert_eq!(off.power_state, Some(PowerState::Off));
    assert_eq!(system.power_state, Some(PowerState::On));
    // What holds already takes one request.
    mock.clear_requests();
    off.wait_until(is_off, SOON).await.unwrap();
    assert_eq!(mock.request_count(), 1);
}

#[tokio::test]
async fn what_passes_does_not_end_the_waiting() {
    let troubles = [
        Action::Status(404),
        Action::Status(500),
        Action::Status(503),
        Action::Status(504),
        Action::Status(429),
        Action::html(200),
        Action::Garbage,
        Action::Reset,
        Action::Truncate(40),
        Action::message(400, "Contoso.1.0.ServiceNotReady", "not yet"),
    ];
    for trouble in troubles {
        let (mock, bmc) = connected().await;
        let system = bmc.get::<ComputerSystem>(SYSTEM).await.unwrap();
        mock.faults().add(Rule::on("GET", SYSTEM).times(2).then(trouble.clone()));
        let waiting = tokio::spawn(tag_later(mock, Duration::from_millis(100)));
        let found = system.wait_until(tagged, SOON).await;
        assert!(found.as_ref().is_ok_and(tagged), "{trouble:?}: {found:?}");
        waiting.abort();
    }
}

#[tokio::test]
async fn what_lasts_ends_the_waiting_at_once() {
    for status in [400, 403, 405, 501] {
        let (mock, bmc) = connected().await;
        let system = bmc.get::<ComputerSystem>(SYSTEM).await.unwrap();
        mock.faults().add(Rule::on("GET", SYSTEM).then(Action::Status(status)));
        mock.clear_requests();
        let error = system.wait_until(tagged, SOON).await.unwrap_err();
        assert_eq!(error.status(), Some(status));
        assert_eq!(mock.request_count(), 1, "{status}");
    }
}

#[tokio::test]
async fn who_waits_in_vain_learns_what_was_seen_last() {
    let (mock, bmc) = connected().await;
    let system = bmc.get::<ComputerSystem>(SYSTEM).await.unwrap();
    mock.clear_requests();
    let begun = Instant::now();
    let error = system.wait_until(tagged, Duration::from_millis(900)).await.unwrap_err();
    assert!(begun.elapsed() >= Duration::from_millis(850) && begun.elapsed() < Duration::from_secs(5));
    assert_eq!((error.kind(), error.uri()), (ErrorKind::Timeout, Some(SYSTEM)));
    let text = error.to_string();
    assert!(text.contains("PowerState On") && text.contains("Status.State Enabled"), "{text}");
    // With pauses that grow: 250 ms, 500 ms.
    assert!((2..=5).contains(&mock.request_count()), "{}", mock.request_count());
    // Where it is an error that was seen, that is its cause.
    mock.faults().add(Rule::on("GET", SYSTEM).then(Action::Status(503)));
    let error = system.wait_until(tagged, Duration::from_millis(400)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert!(error.report().contains("503"), "{}", error.report());
    // And no time at all, or all of it, does no harm.
    assert!(system.wait_until(tagged, Duration::ZERO).await.unwrap_err().is_timeout());
    mock.faults().clear();
    system.wait_until(|_| true, Duration::MAX).await.unwrap();
}

#[tokio::test]
async fn a_service_that_wants_to_be_left_alone_is() {
    let (mock, bmc) = connected().await;
    let system = bmc.get::<ComputerSystem>(SYSTEM).await.unwrap();
    mock.faults().add(Rule::on("GET", SYSTEM).times(1).then(Action::unavailable(2)));
    mock.clear_requests();
    let begun = Instant::now();
    system.wait_until(|_| true, SOON).await.unwrap();
    assert!(begun.elapsed() >= Duration::from_millis(1900), "{:?}", begun.elapsed());
    assert_eq!(mock.request_count(), 2);
    // Beyond the time there is nothing to wait for.
    mock.faults().add(Rule::on("GET", SYSTEM).then(Action::unavailable(600)));
    let begun = Instant::now();
    assert!(system.wait_until(|_| true, SOON).await.unwrap_err().is_timeout());
    assert!(begun.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn what_was_begun_is_waited_for_to_its_end() {
    let takes = Duration::from_millis(300);
    let rule = |method, path: &str| TaskRule::new(method, path).takes(takes).retry_after(None);
    let mock = MockBmc::builder()
        .task(rule("POST", VOLUMES))
        .task(rule("DELETE", &format!("{VOLUMES}/*")))
        .task(rule("PATCH", SYSTEM));
    let mock = mock.start().await.unwrap();
    let bmc = builder(&mock).connect().await.unwrap();

    let mut edit = bmc.get::<ComputerSystem>(SYSTEM).await.unwrap().edit();
    edit.asset_tag = Some("there".to_owned());
    let change = edit.commit().await.unwrap();
    assert!(matches!(change, Committed::Accepted(_)));
    let system = change.wait(SOON).await.unwrap().unwrap();
    assert_eq!((system.uri(), system.asset_tag.as_deref()), (SYSTEM, Some("there")));
    assert!(system.edit().commit().await.unwrap().wait(SOON).await.unwrap().is_none());

    let collection = bmc.get::<VolumeCollection>(VOLUMES).await.unwrap();
    let volume = Volume { name: Some("new".into()), capacity_bytes: Some(1 << 30), ..Default::default() };
    let created = collection.create(&volume).await.unwrap();
    assert!(matches!(created, Created::Accepted(_)));
    // What is made may take a moment to be there.
    mock.faults().add(Rule::on("GET", &format!("{VOLUMES}/*")).times(1).then(Action::Status(404)));
    let volume = created.wait(SOON).await.unwrap();
    assert_eq!(volume.name.as_deref(), Some("new"));

    let uri = volume.uri().to_owned();
    let reply = volume.delete().await.unwrap().wait(SOON).await.unwrap();
    assert!(reply.task.is_none());
    assert!(bmc.get::<Volume>(&uri).await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn an_operation_that_fails_or_takes_longer_is_an_error_of_the_wait() {
    let mock = MockBmc::builder()
        .task(TaskRule::new("PATCH", SYSTEM).takes(Duration::from_millis(100)).retry_after(None).fails("no"))
        .task(TaskRule::new("POST", VOLUMES).takes(Duration::from_secs(60)).retry_after(None));
    let mock = mock.start().await.unwrap();
    let bmc = builder(&mock).connect().await.unwrap();
    let mut edit = bmc.get::<ComputerSystem>(SYSTEM).await.unwrap().edit();
    edit.asset_tag = Some("there".to_owned());
    let error = edit.commit().await.unwrap().wait(SOON).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TaskFailed);
    let collection = bmc.get::<VolumeCollection>(VOLUMES).await.unwrap();
    let volume = Volume { name: Some("new".into()), capacity_bytes: Some(1 << 30), ..Default::default() };
    let created = collection.create(&volume).await.unwrap();
    assert!(created.wait(Duration::from_millis(300)).await.unwrap_err().is_timeout());
}

#[tokio::test]
async fn what_was_confirmed_and_not_readable_is_read_in_the_end() {
    let (mock, bmc) = connected().await;
    let bmc = bmc.with_retry(rosefish::RetryPolicy::none());
    let accounts = bmc.get::<ManagerAccountCollection>("/redfish/v1/AccountService/Accounts").await.unwrap();
    let account = ManagerAccount {
        user_name: Some("guest".into()),
        password: Some("Gu3st-Gu3st".into()),
        role_id: Some("ReadOnly".into()),
        ..Default::default()
    };
    let answer = Action::Answer(Answer::new(201).header("Location", "/redfish/v1/AccountService/Accounts/1"));
    mock.faults().add(Rule::on("POST", "/redfish/v1/AccountService/Accounts").then(answer));
    mock.faults().add(Rule::on("GET", "/redfish/v1/AccountService/Accounts/*").times(2).then(Action::Status(404)));
    let created = accounts.create(&account).await.unwrap();
    assert!(matches!(created, Created::Confirmed(_)), "{created:?}");
    assert_eq!(created.wait(SOON).await.unwrap().uri(), "/redfish/v1/AccountService/Accounts/1");
}

#[tokio::test]
async fn settings_are_the_pending_resource_in_its_type() {
    let (_mock, bmc) = connected().await;
    let bios = bmc.get::<Bios>(BIOS).await.unwrap();
    let mut edit = bios.edit();
    let attributes = edit.attributes.as_mut().unwrap();
    attributes.properties.insert("PowerProfile".to_owned(), Primitive::String("Performance".to_owned()));
    assert!(matches!(edit.commit().await.unwrap(), Committed::Pending(_)));
    let pending: Resource<Bios> = bios.settings().await.unwrap();
    assert_eq!(pending.uri(), SETTINGS);
    let profile = pending.attributes.as_ref().and_then(|attributes| attributes.properties.get("PowerProfile"));
    assert_eq!(profile.and_then(Primitive::as_str), Some("Performance"));
    // Where there are none, that is what is said.
    let system = bmc.get::<ComputerSystem>(SYSTEM).await.unwrap();
    let error = system.settings().await.unwrap_err();
    assert!(error.kind() == ErrorKind::Missing && error.to_string().contains(SYSTEM), "{error}");
    assert!(system.settings().get_opt().await.unwrap().is_none());
}

#[tokio::test]
async fn settings_that_name_the_resource_itself_are_none() {
    let (mock, bmc) = connected().await;
    let mut system = mock.resource(SYSTEM).unwrap();
    system["@Redfish.Settings"] = json!({"SettingsObject": {"@odata.id": SYSTEM}});
    mock.set(SYSTEM, system);
    let system = bmc.get::<ComputerSystem>(SYSTEM).await.unwrap();
    assert_eq!(system.settings().await.unwrap_err().kind(), ErrorKind::Missing);
}

#[tokio::test]
async fn the_registry_of_a_bios_is_found_by_its_name() {
    let file = format!("{REGISTRIES}/BiosAttributeRegistryRF2290.v1_0_0");
    let name = "BiosAttributeRegistryRF2290.v1_0_0";
    // As it is, in another spelling, as a URI, and not named at all.
    let spellings = [json!(name), json!("BiosAttributeRegistryRF2290.1.0.0"), json!(file), json!(null)];
    for (number, spelling) in spellings.into_iter().enumerate() {
        let (mock, bmc) = connected().await;
        let mut bios = mock.resource(BIOS).unwrap();
        bios["AttributeRegistry"] = spelling.clone();
        mock.set(BIOS, bios);
        let registry = bmc.get::<Bios>(BIOS).await.unwrap().registry().await.unwrap();
        let entries = registry.registry_entries.as_ref().map_or(0, |entries| entries.attributes.len());
        assert!(entries > 0, "{number} {}", registry.uri());
    }
    // A file whose URI says nothing, among others that are not there.
    let (mock, bmc) = connected().await;
    let mut moved = mock.resource(&file).unwrap();
    moved["@odata.id"] = format!("{REGISTRIES}/7").into();
    mock.set(&format!("{REGISTRIES}/7"), moved);
    let mut list = mock.resource(REGISTRIES).unwrap();
    list["Members"] = json!([{"@odata.id": format!("{REGISTRIES}/6")}, {"@odata.id": format!("{REGISTRIES}/7")}]);
    mock.set(REGISTRIES, list);
    bmc.get::<Bios>(BIOS).await.unwrap().registry().await.unwrap();
    let mut bios = mock.resource(BIOS).unwrap();
    bios["AttributeRegistry"] = "AnotherRegistry.v1_0_0".into();
    mock.set(BIOS, bios);
    let error = bmc.get::<Bios>(BIOS).await.unwrap().registry().await.unwrap_err();
    assert!(error.kind() == ErrorKind::Missing && error.to_string().contains("AnotherRegistry"), "{error}");
}

#[test]
fn futures_of_waiting_are_send() {
    fn send<T: Send>(_: &T) {}
    #[allow(dead_code, reason = "compiled, never run")]
    fn compiled(bios: Resource<Bios>, change: Committed<Bios>, created: Created<Bios>, reply: rosefish::Reply<Bios>) {
        send(&bios.wait_until(|_| true, SOON));
        send(&bios.registry());
        send(&change.wait(SOON));
        send(&created.wait(SOON));
        send(&reply.wait(SOON));
    }
}
