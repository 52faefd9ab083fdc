//! Virtual media and the boot override, by one call each, however the vendor has them.

use std::time::Duration;

use rosefish::schema::computer_system::{BootSource, BootSourceOverrideMode};
use rosefish::schema::{ComputerSystem, VirtualMedia};
use rosefish::{Client, Committed, ErrorKind, Insert, Resource, SetBootOverride};
use rosefish_mock::fault::{Action, Rule};
use rosefish_mock::{MockBmc, Quirk};
use serde_json::json;

use crate::{builder, connected};

const SYSTEM: &str = "/redfish/v1/Systems/1";
const CD: &str = "/redfish/v1/Systems/1/VirtualMedia/CD1";
const IMAGE: &str = "https://192.0.2.1/boot.iso";

async fn with(quirk: Option<Quirk>) -> (MockBmc, Client) {
    let mock = MockBmc::builder();
    let mock = quirk.into_iter().fold(mock, |mock, quirk| mock.quirk(quirk)).start().await.unwrap();
    let bmc = builder(&mock).connect().await.unwrap();
    mock.clear_requests();
    (mock, bmc)
}

#[tokio::test]
async fn an_image_is_inserted_and_ejected_whatever_the_service_wants() {
    let quirks = [
        None,
        Some(Quirk::MediaByPatch),
        Some(Quirk::BareInsert),
        Some(Quirk::TransferTypeWanted),
        Some(Quirk::MediaLoginWanted),
        Some(Quirk::EmptyObjectWanted),
    ];
    for quirk in quirks {
        let (mock, bmc) = with(quirk).await;
        let slot = bmc.get::<VirtualMedia>(CD).await.unwrap();
        let mut insert = slot.insert(IMAGE).write_protected(true);
        if quirk == Some(Quirk::MediaLoginWanted) {
            insert = insert.login("joe", "hunter2".to_owned());
        }
        assert!(!format!("{insert:?}").contains("hunter2"));
        let slot = insert.await.unwrap_or_else(|error| panic!("{quirk:?}: {error}"));
        assert_eq!((slot.inserted, slot.image.as_deref()), (Some(true), Some(IMAGE)), "{quirk:?}");
        assert_eq!(mock.resource(CD).unwrap()["Inserted"], true, "{quirk:?}");
        let slot = slot.eject().await.unwrap_or_else(|error| panic!("{quirk:?}: {error}"));
        assert_ne!(slot.inserted, Some(true), "{quirk:?}");
        // What is empty stays so, whether the service minds or not.
        slot.eject().await.unwrap_or_else(|error| panic!("{quirk:?}: {error}"));
        mock.faults().add(Rule::on("POST", "**/VirtualMedia.EjectMedia").then(Action::Status(409)));
        slot.eject().await.unwrap_or_else(|error| panic!("{quirk:?}: {error}"));
    }
}

#[tokio::test]
async fn a_refusal_is_told_and_nothing_is_sent_twice_that_was_not_refused() {
    let (mock, bmc) = connected().await;
    let slot = bmc.get::<VirtualMedia>(CD).await.unwrap();
    let refusal = Action::message(400, "Base.1.8.ResourceInUse", "The drive is busy.");
    mock.faults().add(Rule::on("POST", "**/VirtualMedia.InsertMedia").then(refusal));
    let error = slot.insert(IMAGE).await.unwrap_err();
    assert!(error.to_string().contains("The drive is busy."), "{error}");
    mock.requests().to("POST", "**/VirtualMedia.InsertMedia").assert_count(1);

    mock.faults().clear();
    mock.faults().add(Rule::on("POST", "**/VirtualMedia.InsertMedia").then(Action::LoseReply));
    assert!(slot.insert(IMAGE).await.unwrap_err().outcome_unknown());
    mock.requests().to("POST", "**/VirtualMedia.InsertMedia").assert_count(2);

    // A service that says yes and does nothing.
    mock.faults().clear();
    mock.faults().add(Rule::on("POST", "**/VirtualMedia.EjectMedia").then(Action::empty(204)));
    mock.faults().add(Rule::on("POST", "**/VirtualMedia.InsertMedia").then(Action::empty(204)));
    let slot = bmc.get::<VirtualMedia>("/redfish/v1/Systems/1/VirtualMedia/USB1").await.unwrap();
    let error = slot.insert(IMAGE).within(Duration::from_millis(100)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout, "{error}");
}

#[tokio::test]
async fn slots_are_found_below_systems_and_managers() {
    let (mock, bmc) = connected().await;
    let uris = |slots: &[Resource<VirtualMedia>]| slots.iter().map(|slot| slot.uri().to_owned()).collect::<Vec<_>>();
    let of_system = uris(&bmc.virtual_media().await.unwrap());
    assert_eq!(of_system.len(), 2, "{of_system:?}");
    let mut system = mock.resource(SYSTEM).unwrap();
    let link = system.as_object_mut().unwrap().remove("VirtualMedia").unwrap();
    mock.set(SYSTEM, system);
    let mut manager = mock.resource("/redfish/v1/Managers/bmc").unwrap();
    manager["VirtualMedia"] = link;
    mock.set("/redfish/v1/Managers/bmc", manager);
    assert_eq!(uris(&bmc.virtual_media().await.unwrap()), of_system);
}

#[tokio::test]
async fn a_boot_override_is_set_in_the_words_of_the_service() {
    let quirks = [
        None,
        Some(Quirk::UsbCd),
        Some(Quirk::BootModeWithTarget),
        Some(Quirk::BootModeReadOnly),
        Some(Quirk::BootInSettings),
        Some(Quirk::NoBootInSettings),
        Some(Quirk::NoSettingsObject),
    ];
    for quirk in quirks {
        let (mock, bmc) = with(quirk).await;
        let system = bmc.get::<ComputerSystem>(SYSTEM).await.unwrap();
        let change = system.boot_once(BootSource::Cd).await.unwrap_or_else(|error| panic!("{quirk:?}: {error}"));
        let pending = quirk == Some(Quirk::BootInSettings);
        assert_eq!(matches!(change, Committed::Pending(_)), pending, "{quirk:?}");
        let place = if pending { format!("{SYSTEM}/Settings") } else { SYSTEM.to_owned() };
        let boot = mock.resource(&place).unwrap()["Boot"].clone();
        let target = if quirk == Some(Quirk::UsbCd) { "UsbCd" } else { "Cd" };
        assert_eq!(boot["BootSourceOverrideTarget"], target, "{quirk:?}");
        assert_eq!(boot["BootSourceOverrideEnabled"], "Once", "{quirk:?}");
        let system = bmc.get::<ComputerSystem>(SYSTEM).await.unwrap();
        // The same mode again is not a change of the mode.
        let pxe = system.boot_always(BootSource::Pxe).mode(BootSourceOverrideMode::UEFI);
        let _ = pxe.await.unwrap_or_else(|error| panic!("{quirk:?}: {error}"));
        assert_eq!(mock.resource(&place).unwrap()["Boot"]["BootSourceOverrideEnabled"], "Continuous", "{quirk:?}");
        let _ = bmc.get::<ComputerSystem>(SYSTEM).await.unwrap().boot_normally().await.unwrap();
        if !pending {
            assert_eq!(mock.resource(&place).unwrap()["Boot"]["BootSourceOverrideEnabled"], "Disabled", "{quirk:?}");
        }
    }
    let (mock, bmc) = with(None).await;
    let system = bmc.get::<ComputerSystem>(SYSTEM).await.unwrap();
    let error = system.boot_once(BootSource::Floppy).await.unwrap_err();
    assert!(error.kind() == ErrorKind::NotAllowed && error.to_string().contains("UefiHttp"), "{error}");
    let legacy = system.boot_once(BootSource::Pxe).mode(BootSourceOverrideMode::Legacy).await.unwrap_err();
    assert_eq!(legacy.kind(), ErrorKind::NotAllowed);
    mock.requests().to("PATCH", "**").assert_none();
    let _ = system.boot_once(BootSource::Pxe).await.unwrap();
    let patch = mock.requests().to("PATCH", SYSTEM).assert_once().json().unwrap();
    let boot = json!({"BootSourceOverrideTarget": "Pxe", "BootSourceOverrideEnabled": "Once"});
    assert_eq!(patch, json!({"Boot": boot}));
}

#[test]
fn futures_of_media_are_send() {
    fn send<T: Send>(_: &T) {}
    #[allow(dead_code, reason = "compiled, never run")]
    fn compiled(bmc: Client, slot: Resource<VirtualMedia>, insert: Insert, boot: SetBootOverride) {
        send(&bmc.virtual_media());
        send(&slot.eject());
        send(&std::future::IntoFuture::into_future(insert));
        send(&std::future::IntoFuture::into_future(boot));
    }
}

#[tokio::test]
async fn a_slot_that_cannot_be_read_hides_no_other_and_is_named() {
    let (mock, bmc) = crate::connected().await;
    let bmc = bmc.with_retry(rosefish::RetryPolicy::none());
    let all = bmc.virtual_media().await.unwrap();
    assert!(all.is_whole() && all.len() > 1, "{all:?}");
    let bad = all[0].uri().to_owned();
    for how in rosefish_mock::fault::Unreadable::QUICK {
        let rule = mock.faults().add(rosefish_mock::fault::Rule::unreadable(&bad, how));
        let rest = bmc.virtual_media().await.unwrap();
        assert_eq!(rest.len(), all.len() - 1, "{how:?}");
        assert!(rest.missing.iter().any(|missing| missing.place == bad), "{how:?}: {:?}", rest.missing);
        mock.faults().remove(rule);
    }
}
