//! Changes of resources.

use rosefish::schema::{ManagerAccount, ManagerAccountCollection};
use rosefish::{Apply, Committed, Created, ErrorKind};
use rosefish_mock::fault::{Action, Rule, Unreadable};
use rosefish_mock::{MockBmc, Quirk};
use serde_json::json;

use super::{ACCOUNTS, SYSTEM, started, system, tag, with};

#[tokio::test]
async fn tags_that_services_spoil_are_sent_in_the_form_that_they_take() {
    for quirk in [Quirk::GzipTags, Quirk::WeakTags, Quirk::EmptyTags, Quirk::UnquotedTags] {
        let (mock, bmc) = with(quirk).await;
        for round in ["one", "two", "three"] {
            mock.clear_requests();
            let _ = tag(&bmc, round).await.unwrap_or_else(|error| panic!("{quirk}: {error}"));
            assert_eq!(mock.resource(SYSTEM).unwrap()["AssetTag"], round, "{quirk}");
            let patches = mock.requests().to("PATCH", SYSTEM);
            patches.answered(200).assert_once();
            // What was learned is used: later changes are refused no more.
            assert!(round == "one" || patches.len() == 1, "{quirk}: {patches:?}");
            let unguarded = patches.without_header("If-Match").len();
            assert!(unguarded == 0 || quirk == Quirk::EmptyTags, "{quirk}: {patches:?}");
        }
    }
}

#[tokio::test]
async fn a_service_that_only_compresses_is_read_and_changed() {
    let (mock, bmc) = with(Quirk::CompressedOnly).await;
    let _ = tag(&bmc, "rack 7").await.unwrap();
    // Somebody else was faster: the tag is read again, for which compression is left out where that is possible.
    let mut edit = system(&bmc).await.edit();
    edit.asset_tag = Some("rack 8".into());
    let mut other = mock.resource(SYSTEM).unwrap();
    other["IndicatorLED"] = "Lit".into();
    mock.set(SYSTEM, other);
    let _ = edit.commit().await.unwrap();
    assert_eq!(mock.resource(SYSTEM).unwrap()["AssetTag"], "rack 8");
}

#[tokio::test]
async fn the_boot_override_goes_where_the_service_takes_it() {
    let settings = format!("{SYSTEM}/Settings");
    for (quirk, place) in [
        (Quirk::BootInSettings, settings.as_str()),
        (Quirk::NoBootInSettings, SYSTEM),
        (Quirk::NoSettingsObject, SYSTEM),
    ] {
        let (mock, bmc) = with(quirk).await;
        let mut edit = system(&bmc).await.edit();
        let boot = edit.boot.as_mut().unwrap();
        boot.boot_source_override_target = Some("Pxe".into());
        boot.boot_source_override_enabled = Some("Once".into());
        let change = edit.commit().await.unwrap_or_else(|error| panic!("{quirk}: {error}"));
        assert_eq!(matches!(change, Committed::Pending(_)), place == settings, "{quirk}: {change:?}");
        let patch = mock.requests().to("PATCH", "**").assert_once();
        assert_eq!(patch.path(), place, "{quirk}");
        assert_eq!(mock.resource(place).unwrap()["Boot"]["BootSourceOverrideTarget"], "Pxe", "{quirk}");
    }
    // The place is the one that is named, wherever that is.
    let (mock, bmc) = started(MockBmc::builder()).await;
    let place = format!("{SYSTEM}/SD");
    let mut changed = mock.resource(SYSTEM).unwrap();
    mock.set(&place, json!({ "@odata.id": place, "@odata.type": changed["@odata.type"], "Id": "SD", "Name": "SD", "Boot": changed["Boot"] }));
    changed["@Redfish.Settings"] = json!({ "SettingsObject": { "@odata.id": place } });
    mock.set(SYSTEM, changed);
    let mut edit = system(&bmc).await.edit();
    edit.boot.as_mut().unwrap().boot_source_override_target = Some("Pxe".into());
    let _ = edit.commit().await.unwrap();
    mock.requests().to("PATCH", &place).assert_once();
}

#[tokio::test]
async fn what_this_service_can_not_do_is_refused_in_its_words() {
    let (mock, bmc) = with(Quirk::NoApplyTime).await;
    let mut edit = system(&bmc).await.edit();
    edit.boot.as_mut().unwrap().boot_source_override_enabled = Some("Continuous".into());
    let error = edit.commit().await.unwrap_err();
    assert_eq!(error.status(), Some(400));
    let related: Vec<_> = error.related_properties().collect();
    assert_eq!(related, ["/Boot/BootSourceOverrideEnabled"], "{error}");
    // Nobody said that it takes apply times, so that it is not asked.
    mock.clear_requests();
    let mut edit = system(&bmc).await.edit().apply(Apply::on_reset());
    edit.asset_tag = Some("x".into());
    assert_eq!(edit.commit().await.unwrap_err().kind(), ErrorKind::NotAllowed);
    mock.requests().to("PATCH", "**").assert_none();
}

#[tokio::test]
async fn boot_targets_and_modes_as_vendors_have_them() {
    let (mock, bmc) = with(Quirk::UsbCd).await;
    for (target, works) in [("Cd", false), ("UsbCd", true)] {
        let mut edit = system(&bmc).await.edit();
        edit.boot.as_mut().unwrap().boot_source_override_target = Some(target.into());
        let outcome = edit.commit().await;
        assert_eq!(outcome.is_ok(), works, "{target}: {outcome:?}");
    }
    assert_eq!(mock.resource(SYSTEM).unwrap()["Boot"]["BootSourceOverrideTarget"], "UsbCd");

    // The mode can't be changed: what isn't changed isn't sent.
    let (mock, bmc) = with(Quirk::BootModeReadOnly).await;
    let mut edit = system(&bmc).await.edit();
    edit.boot.as_mut().unwrap().boot_source_override_target = Some("Pxe".into());
    let _ = edit.commit().await.unwrap();
    let patch = mock.requests().to("PATCH", SYSTEM).assert_once();
    assert_eq!(patch.json().unwrap(), json!({ "Boot": { "BootSourceOverrideTarget": "Pxe" } }));

    // The mode has to come with the target: what isn't changed is sent if the caller says so.
    let (mock, bmc) = with(Quirk::BootModeWithTarget).await;
    for together in [false, true] {
        let mut edit = system(&bmc).await.edit();
        if together {
            edit = edit.also("/Boot/BootSourceOverrideMode");
        }
        edit.boot.as_mut().unwrap().boot_source_override_target = Some("Pxe".into());
        match edit.commit().await {
            Ok(_) => assert!(together),
            Err(error) => {
                assert!(!together && error.to_string().contains("BootSourceOverrideMode"), "{error}");
            }
        }
    }
    let patch = mock.requests().to("PATCH", SYSTEM).answered(200).assert_once();
    let boot = json!({ "BootSourceOverrideTarget": "Pxe", "BootSourceOverrideMode": "UEFI" });
    assert_eq!(patch.json().unwrap(), json!({ "Boot": boot }));
}

#[tokio::test]
async fn a_change_is_read_back_where_its_answer_does_not_show_it() {
    for quirk in [Quirk::PatchSaysMessage, Quirk::PatchSaysNothing] {
        let (mock, bmc) = with(quirk).await;
        let Committed::Updated(system) = tag(&bmc, "rack 7").await.unwrap() else { panic!("{quirk}: not updated") };
        assert_eq!(system.asset_tag.as_deref(), Some("rack 7"), "{quirk}");
        assert!(system.power_state.is_some(), "{quirk}: the whole resource is there");
        mock.requests().to("PATCH", SYSTEM).assert_once();
    }
}

#[tokio::test]
async fn accounts_in_slots_are_created_and_deleted_by_change() {
    let (mock, bmc) = with(Quirk::AccountSlots).await;
    let accounts = bmc.get::<ManagerAccountCollection>(ACCOUNTS).await.unwrap();
    let account = |name: &str| ManagerAccount {
        user_name: Some(name.into()),
        password: Some("Gu3st-Gu3st".into()),
        role_id: Some("ReadOnly".into()),
        ..Default::default()
    };
    let made = accounts.create(&account("guest")).await.unwrap().into_resource().unwrap();
    assert_eq!((made.uri(), made.user_name.as_deref()), (&*format!("{ACCOUNTS}/4"), Some("guest")));
    assert_eq!(made.enabled, Some(true), "an account that was made can be used");
    mock.requests().to("PATCH", "**").assert_once();
    let credentials = rosefish::Credentials::new("guest", "Gu3st-Gu3st");
    crate::builder(&mock).credentials(credentials).connect().await.unwrap().close().await.unwrap();

    // Until all are taken.
    for name in ["second", "third"] {
        let _ = accounts.create(&account(name)).await.unwrap();
    }
    let error = accounts.create(&account("fourth")).await.unwrap_err();
    assert_eq!(error.status(), Some(405), "{error}");

    made.delete().await.unwrap();
    assert_eq!(mock.resource(&format!("{ACCOUNTS}/4")).unwrap()["UserName"], "");
    let _ = accounts.create(&account("fourth")).await.unwrap();
}

#[tokio::test]
async fn no_account_is_left_half_made_or_half_removed() {
    let slot = format!("{ACCOUNTS}/4");
    let account = ManagerAccount {
        user_name: Some("guest".into()),
        password: Some("Gu3st-Gu3st".into()),
        role_id: Some("ReadOnly".into()),
        ..Default::default()
    };
    let makes = || Rule::on("PATCH", "**/Accounts/*").with("/Password");
    let undoes = || Rule::on("PATCH", "**/Accounts/*").with("/Enabled").then(Action::Status(500));
    let gone = Action::arm(Rule::unreadable(&slot, Unreadable::NotFound));
    let refused = || makes().then(Action::Apply).then(Action::Status(400));
    // What is done to the change, and to what undoes it; what the error says, or none where it is made; the name then.
    let cases = [
        (refused(), None, Some("HTTP 400"), ""),
        (refused(), Some(undoes()), Some("the account guest is left there in part"), "guest"),
        (makes().then(Action::empty(204)), None, Some("its UserName is"), ""),
        (makes().then(Action::Apply).then(Action::empty(204)).then(gone), None, None, "guest"),
    ];
    for (rule, undoing, text, name) in cases {
        let (mock, bmc) = with(Quirk::AccountSlots).await;
        let accounts = bmc.get::<ManagerAccountCollection>(ACCOUNTS).await.unwrap();
        mock.faults().add(rule);
        if let Some(rule) = undoing {
            mock.faults().add(rule);
        }
        match (accounts.create(&account).await, text) {
            (Err(error), Some(text)) => assert!(error.to_string().contains(text), "{error}"),
            (Ok(Created::Confirmed(unread)), None) => assert_eq!(unread.uri.as_ref(), Some(&slot)),
            (made, text) => panic!("{text:?}: {made:?}"),
        }
        assert_eq!(mock.resource(&slot).unwrap()["UserName"].as_str().unwrap_or_default(), name, "{text:?}");
    }

    let (mock, bmc) = with(Quirk::AccountSlots).await;
    let accounts = bmc.get::<ManagerAccountCollection>(ACCOUNTS).await.unwrap();
    let made = accounts.create(&account).await.unwrap().into_resource().unwrap();
    for (then, text) in [
        (Action::Status(400), "the account is disabled now, and still there"),
        (Action::empty(204), "confirmed that the account was removed, but its UserName is \"guest\""),
    ] {
        let rule = mock.faults().add(Rule::on("PATCH", &slot).with("/UserName").then(then));
        let error = made.clone().delete().await.unwrap_err();
        assert!(error.to_string().contains(text), "{error}");
        mock.faults().remove(rule);
    }
}
