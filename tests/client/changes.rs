//! Changes: where they are written, when they take effect, in which method, and what services make of them.

use std::time::Duration;

use rosefish::schema::{Bios, ComputerSystem, ManagerAccount, ManagerAccountCollection, Volume, VolumeCollection};
use rosefish::wire::Primitive;
use rosefish::{Apply, Client, Committed, Created, ErrorKind, Resource};
use rosefish_mock::fault::{Action, Answer, Rule};
use rosefish_mock::{MockBmc, TaskRule};
use serde_json::json;

use crate::{builder, connected};

const SYSTEM: &str = "/redfish/v1/Systems/1";
const BIOS: &str = "/redfish/v1/Systems/1/Bios";
const SETTINGS: &str = "/redfish/v1/Systems/1/Bios/Settings";
const ACCOUNTS: &str = "/redfish/v1/AccountService/Accounts";

fn writes(mock: &MockBmc) -> Vec<(String, String, String)> {
    let requests = mock.requests();
    let changes = |request: &&rosefish_mock::Request| matches!(request.method(), "PATCH" | "PUT" | "POST" | "DELETE");
    let writes = requests.iter().filter(changes).filter(|request| !request.path().ends_with("/Sessions"));
    let text = |body: &[u8]| String::from_utf8_lossy(body).into_owned();
    writes.map(|write| (write.method().to_owned(), write.path().to_owned(), text(write.body()))).collect()
}

async fn tagged(bmc: &Client, tag: &str) -> Committed<ComputerSystem> {
    let mut edit = bmc.get::<ComputerSystem>(SYSTEM).await.unwrap().edit();
    edit.asset_tag = Some(tag.to_owned());
    edit.commit().await.unwrap()
}

fn set_profile(bios: &Resource<Bios>, value: &str) -> rosefish::Edit<Bios> {
    let mut edit = bios.edit();
    let attributes = edit.attributes.as_mut().unwrap();
    attributes.properties.insert("PowerProfile".to_owned(), Primitive::String(value.to_owned()));
    edit
}

#[tokio::test]
async fn what_has_settings_is_changed_there_and_pending() {
    let (mock, bmc) = connected().await;
    let bios = bmc.get::<Bios>(BIOS).await.unwrap();
    mock.clear_requests();
    let change = set_profile(&bios, "Performance").apply(Apply::on_reset()).commit().await.unwrap();
    let Committed::Pending(settings) = change else { panic!("{change:?}") };
    assert_eq!(settings.uri(), SETTINGS);
    let [(method, path, body)] = &writes(&mock)[..] else { panic!("{:?}", mock.requests()) };
    assert_eq!((method.as_str(), path.as_str()), ("PATCH", SETTINGS));
    let body: serde_json::Value = serde_json::from_str(body).unwrap();
    assert_eq!(
        body,
        json!({"Attributes": {"PowerProfile": "Performance"}, "@Redfish.SettingsApplyTime": {"ApplyTime": "OnReset"}})
    );
    // With the version of the settings, not of the resource.
    let patch = mock.requests().to("PATCH", SETTINGS).assert_once();
    assert_ne!(patch.header("if-match"), bios.etag().map(|etag| etag.as_str()));
    assert_eq!(mock.resource(BIOS).unwrap()["Attributes"]["PowerProfile"], "Balanced");
    assert_eq!(mock.resource(SETTINGS).unwrap()["Attributes"]["PowerProfile"], "Performance");
}

#[tokio::test]
async fn a_time_that_is_not_supported_is_refused_before_anything_is_sent() {
    let (mock, bmc) = connected().await;
    let bios = bmc.get::<Bios>(BIOS).await.unwrap();
    let error = set_profile(&bios, "Performance").apply(Apply::immediately()).commit().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotAllowed);
    assert!(error.to_string().contains("OnReset"), "{error}");
    let system = bmc.get::<ComputerSystem>(SYSTEM).await.unwrap();
    let mut edit = system.edit().apply(Apply::on_reset());
    edit.asset_tag = Some("x".to_owned());
    assert_eq!(edit.commit().await.unwrap_err().kind(), ErrorKind::NotAllowed);
    let reset = system.reset(None).apply(Apply::at_maintenance_window()).await.unwrap_err();
    assert_eq!(reset.kind(), ErrorKind::NotAllowed, "{reset}");
    assert_eq!(writes(&mock), []);
}

/// Systems with a settings object, as vendors have them.
async fn with_settings(settings: Option<serde_json::Value>) -> (MockBmc, Client) {
    let (mock, bmc) = connected().await;
    let mut system = mock.resource(SYSTEM).unwrap();
    system["@Redfish.Settings"] = json!({"SettingsObject": {"@odata.id": format!("{SYSTEM}/Settings")}});
    if settings.as_ref().is_some_and(serde_json::Value::is_null) {
        system["@Redfish.Settings"] = json!({"@odata.type": "#Settings.v1_3_0.Settings"});
    } else if let Some(mut settings) = settings {
        for (name, value) in [("@odata.type", "#ComputerSystem.v1_20_0.ComputerSystem"), ("Id", "S"), ("Name", "S")] {
            settings[name] = value.into();
        }
        mock.set(&format!("{SYSTEM}/Settings"), settings);
    }
    mock.set(SYSTEM, system);
    (mock, bmc)
}

#[tokio::test]
async fn changes_go_to_whichever_has_the_property() {
    let settings = format!("{SYSTEM}/Settings");
    let boot = json!({"Boot": {"BootSourceOverrideTarget": "None", "BootSourceOverrideEnabled": "Disabled"}});
    let cases = [
        // The boot override is in the settings (iDRAC10), the rest is not.
        (Some(boot), vec![SYSTEM, &settings]),
        // The settings have a boot order only (Lenovo SE450).
        (Some(json!({"Boot": {"BootOrder": ["Boot0001"]}})), vec![SYSTEM]),
        // They show what is pending, and nothing is.
        (Some(json!({"Boot": {}, "AssetTag": null})), vec![&settings]),
        // They are promised and not there; there are none in them (Nokia).
        (None, vec![SYSTEM]),
        (Some(json!(null)), vec![SYSTEM]),
    ];
    for (object, expected) in cases {
        let (mock, bmc) = with_settings(object.clone()).await;
        let system = bmc.get::<ComputerSystem>(SYSTEM).await.unwrap();
        mock.clear_requests();
        mock.faults().add(Rule::on("PATCH", &settings).then(Action::empty(204)));
        let mut edit = system.edit();
        edit.asset_tag = Some("rack 9".to_owned());
        edit.boot.as_mut().unwrap().boot_source_override_target = Some("Pxe".into());
        edit.boot.as_mut().unwrap().boot_source_override_enabled = Some("Once".into());
        let pending = matches!(edit.commit().await.unwrap(), Committed::Pending(_));
        let places: Vec<_> = writes(&mock).into_iter().map(|(_, path, _)| path).collect();
        assert_eq!(places, expected, "{object:?} {:?}", writes(&mock));
        assert_eq!(pending, expected.contains(&settings.as_str()), "{object:?}");
        // What is written directly is.
        let (mock, bmc) = with_settings(object).await;
        let mut edit = bmc.get::<ComputerSystem>(SYSTEM).await.unwrap().edit().directly();
        edit.asset_tag = Some("rack 9".to_owned());
        assert!(matches!(edit.commit().await.unwrap(), Committed::Updated(_)));
        assert_eq!(writes(&mock)[0].1, SYSTEM);
    }
}

#[tokio::test]
async fn every_answer_of_success_is_one() {
    let (mock, bmc) = connected().await;
    let message = json!({"@Message.ExtendedInfo": [{"MessageId": "Base.1.0.Success", "Message": "done"}]});
    let answers = [
        Answer::new(200),
        Answer::new(204),
        Answer::new(200).json(message.clone()),
        Answer::new(201).header("Location", SYSTEM),
        Answer::new(200).json(json!({"error": message})),
        Answer::new(200).header("Content-Type", "text/html").body("<html>ok</html>"),
    ];
    for (number, answer) in answers.into_iter().enumerate() {
        mock.faults().clear();
        mock.faults().add(Rule::on("PATCH", SYSTEM).then(Action::Apply).then(Action::Answer(answer)));
        let tag = format!("rack {number}");
        let Committed::Updated(system) = tagged(&bmc, &tag).await else { panic!("not updated") };
        assert_eq!((system.asset_tag.as_deref(), system.uri()), (Some(&*tag), SYSTEM));
    }
    mock.faults().clear();
    let answer = Answer::new(202).header("Location", "/redfish/v1/TaskService/TaskMonitors/7");
    mock.faults().add(Rule::on("PATCH", SYSTEM).then(Action::Answer(answer)));
    let Committed::Accepted(task) = tagged(&bmc, "rack 99").await else { panic!("not accepted") };
    assert_eq!(task.handle().monitor(), Some("/redfish/v1/TaskService/TaskMonitors/7"));
}

#[tokio::test]
async fn where_only_put_is_allowed_the_whole_is_put_back() {
    let (mock, bmc) = connected().await;
    mock.faults()
        .add(Rule::on("PATCH", SYSTEM).then(Action::Answer(Answer::error(405).header("Allow", "GET, HEAD, PUT"))));
    mock.faults().add(Rule::on("PUT", SYSTEM).then(Action::empty(204)));
    assert!(matches!(tagged(&bmc, "rack 7").await, Committed::Updated(_)));
    let put = mock.requests().to("PUT", SYSTEM).assert_once();
    let mut expected = mock.resource(SYSTEM).unwrap();
    expected["AssetTag"] = "rack 7".into();
    let sent = put.json().unwrap();
    for (name, value) in expected.as_object().unwrap() {
        if !name.starts_with('@') {
            assert_eq!(&sent[name], value, "{name}");
        }
    }
    assert!(put.header("if-match").is_some());
    // Where neither is, it is an error, and nothing more is tried.
    mock.faults().clear();
    mock.faults().add(Rule::on("PATCH", SYSTEM).then(Action::Answer(Answer::error(405).header("Allow", "GET"))));
    mock.clear_requests();
    let mut edit = bmc.get::<ComputerSystem>(SYSTEM).await.unwrap().edit();
    edit.asset_tag = Some("rack 8".to_owned());
    assert_eq!(edit.commit().await.unwrap_err().status(), Some(405));
    assert_eq!(writes(&mock).len(), 1);
}

async fn guest(bmc: &Client) -> Result<Created<ManagerAccount>, rosefish::Error> {
    let accounts = bmc.get::<ManagerAccountCollection>(ACCOUNTS).await.unwrap();
    let account = ManagerAccount {
        user_name: Some("guest".into()),
        password: Some("Gu3st-Gu3st".into()),
        role_id: Some("ReadOnly".into()),
        ..Default::default()
    };
    accounts.create(&account).await
}

#[tokio::test]
async fn a_new_member_is_found_however_the_service_tells() {
    let cases = [
        vec![],
        vec![Action::Answer(Answer::new(201))],
        vec![Action::Answer(Answer::new(204))],
        vec![Action::WithoutHeader("Location".to_owned())],
        vec![Action::Answer(
            Answer::new(200).json(json!({"@Message.ExtendedInfo": [{"MessageId": "Base.1.0.Created"}]})),
        )],
    ];
    for actions in cases {
        let (mock, bmc) = connected().await;
        if !actions.is_empty() {
            let rule = Rule::on("POST", ACCOUNTS).then(Action::Apply);
            mock.faults().add(actions.clone().into_iter().fold(rule, Rule::then));
        }
        let account = guest(&bmc).await.unwrap().into_resource().unwrap();
        assert_eq!(account.user_name.as_deref(), Some("guest"), "{actions:?}");
        assert!(account.uri().starts_with(&format!("{ACCOUNTS}/")), "{actions:?} {}", account.uri());
        let reply = account.delete().await.unwrap();
        assert!(reply.task.is_none());
        mock.requests().to("POST", ACCOUNTS).assert_once();
    }
}

#[tokio::test]
async fn what_a_collection_says_of_new_members_is_checked_first() {
    let (mock, bmc) = connected().await;
    let mut accounts = mock.resource(ACCOUNTS).unwrap();
    accounts["@Redfish.CollectionCapabilities"] = json!({"Capabilities": [
        {"UseCase": "Other", "CapabilitiesObject": {"@odata.id": format!("{ACCOUNTS}/Capabilities")}},
    ]});
    mock.set(ACCOUNTS, accounts.clone());
    let capabilities = |annotations: serde_json::Value| {
        let mut object = json!({"@odata.type": "#ManagerAccount.v1_12_0.ManagerAccount", "Id": "C", "Name": "C"});
        object.as_object_mut().unwrap().extend(annotations.as_object().unwrap().clone());
        mock.set(&format!("{ACCOUNTS}/Capabilities"), object);
    };
    capabilities(json!({"Locked@Redfish.RequiredOnCreate": true, "UserName@Redfish.RequiredOnCreate": true}));
    let error = guest(&bmc).await.unwrap_err();
    assert!(error.kind() == ErrorKind::NotAllowed && error.to_string().contains("Locked"), "{error}");
    capabilities(json!({"RoleId@Redfish.AllowableValues": ["Operator", "Administrator"]}));
    let error = guest(&bmc).await.unwrap_err();
    assert!(error.kind() == ErrorKind::NotAllowed && error.to_string().contains("Operator"), "{error}");
    accounts["@Redfish.CollectionCapabilities"]["MaxMembers"] = 1.into();
    mock.set(ACCOUNTS, accounts.clone());
    let error = guest(&bmc).await.unwrap_err();
    assert!(error.kind() == ErrorKind::NotAllowed && error.to_string().contains("at most 1"), "{error}");
    assert_eq!(writes(&mock), []);

    accounts["@Redfish.CollectionCapabilities"]["MaxMembers"] = 99.into();
    mock.set(ACCOUNTS, accounts);
    capabilities(json!({"RoleId@Redfish.AllowableValues": ["ReadOnly"]}));
    let collection = bmc.get::<ManagerAccountCollection>(ACCOUNTS).await.unwrap();
    let found = collection.creation_capabilities();
    assert_eq!((found.len(), found[0].use_case.as_deref()), (1, Some("Other")));
    guest(&bmc).await.unwrap().into_resource().unwrap();
}

#[tokio::test]
async fn what_takes_its_time_is_a_task_whatever_it_is() {
    let volumes = "/redfish/v1/Systems/1/Storage/1/Volumes";
    let mock = MockBmc::builder()
        .task(TaskRule::new("POST", volumes).takes(Duration::from_millis(200)).retry_after(None))
        .task(TaskRule::new("DELETE", &format!("{volumes}/*")).takes(Duration::from_millis(200)).retry_after(None))
        .task(TaskRule::new("PATCH", SYSTEM).takes(Duration::from_millis(200)).retry_after(None));
    let mock = mock.start().await.unwrap();
    let bmc = builder(&mock).connect().await.unwrap();
    let soon = Duration::from_millis(50);

    let Committed::Accepted(task) = tagged(&bmc, "rack 7").await else { panic!("no task") };
    task.every(soon).wait(Duration::from_secs(10)).await.unwrap();
    assert_eq!(mock.resource(SYSTEM).unwrap()["AssetTag"], "rack 7");

    let collection = bmc.get::<VolumeCollection>(volumes).await.unwrap();
    let volume = Volume { name: Some("new".into()), capacity_bytes: Some(1 << 30), ..Default::default() };
    let Created::Accepted(task) = collection.create(&volume).await.unwrap() else { panic!("no task") };
    let made = task.every(soon).wait(Duration::from_secs(10)).await.unwrap();
    let [uri] = &made.created[..] else { panic!("{made:?}") };
    let volume = bmc.get::<Volume>(uri).await.unwrap();
    assert_eq!(volume.name.as_deref(), Some("new"));
    let task = volume.delete().await.unwrap().task.unwrap();
    task.every(soon).wait(Duration::from_secs(10)).await.unwrap();
    assert!(bmc.get::<Volume>(uri).await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn a_change_whose_answer_is_lost_is_made_once() {
    let (mock, bmc) = connected().await;
    mock.faults().add(Rule::method("PATCH").then(Action::LoseReply));
    mock.faults().add(Rule::method("POST").then(Action::LoseReply));
    let mut edit = bmc.get::<ComputerSystem>(SYSTEM).await.unwrap().edit();
    edit.asset_tag = Some("rack 7".to_owned());
    let error = edit.commit().await.unwrap_err();
    assert!(error.outcome_unknown(), "{error}");
    assert!(guest(&bmc).await.unwrap_err().outcome_unknown());
    assert_eq!(writes(&mock).len(), 2);
}

#[test]
fn futures_of_changes_are_send() {
    fn send<T: Send>(_: &T) {}
    #[allow(dead_code, reason = "compiled, never run")]
    fn compiled(accounts: Resource<ManagerAccountCollection>, account: Resource<ManagerAccount>) {
        send(&account.edit().apply(Apply::on_reset()).commit());
        send(&std::future::IntoFuture::into_future(accounts.create(account.value())));
        send(&account.clone().delete());
        send(&account.delete_at(Apply::on_reset()));
    }
}
