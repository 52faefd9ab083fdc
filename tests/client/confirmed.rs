//! What counts as done: a change that the service confirmed, whatever can be read afterwards; and nothing else.

use std::time::{Duration, Instant};

use rosefish::schema::computer_system::BootSource;
use rosefish::schema::resource::ResetType;
use rosefish::schema::{ComputerSystem, ManagerAccount, ManagerAccountCollection, Sensor, UpdateService};
use rosefish::{Client, Committed, Created, Credentials, ErrorKind, Filter, Query, Resource, RetryPolicy};
use rosefish_mock::fault::{Action, Answer, Rule, Unreadable};
use rosefish_mock::{MockBmc, Query as Parameter, QuerySupport, Quirk, TaskRule};
use serde_json::{Value, json};

use crate::{builder, connected};

const SYSTEM: &str = "/redfish/v1/Systems/1";
const RESET: &str = "/redfish/v1/Systems/1/Actions/ComputerSystem.Reset";
const ACCOUNTS: &str = "/redfish/v1/AccountService/Accounts";
const LONG: Duration = Duration::from_secs(30);

async fn hasty() -> (MockBmc, Client) {
    let (mock, bmc) = connected().await;
    (mock, bmc.with_retry(RetryPolicy::none()).with_timeout(Duration::from_secs(2)))
}

async fn tag(bmc: &Client, tag: &str) -> Result<Committed<ComputerSystem>, rosefish::Error> {
    let mut edit = bmc.get::<ComputerSystem>(SYSTEM).await.unwrap().edit();
    edit.asset_tag = Some(tag.to_owned());
    edit.commit().await
}

#[tokio::test]
async fn a_confirmed_change_is_done_whatever_the_read_back_says() {
    for how in Unreadable::QUICK {
        let (mock, bmc) = hasty().await;
        let later = Rule::unreadable("{path}", how);
        mock.faults().add(Rule::confirmed("PATCH", SYSTEM).then(Action::arm(later)));
        let Committed::Confirmed(unread) = tag(&bmc, "rack 7").await.unwrap() else { panic!("{how:?}") };
        assert_eq!(unread.uri.as_deref(), Some(SYSTEM), "{how:?}");
        assert!(!unread.pending && unread.error.uri() == Some(SYSTEM), "{how:?}: {:?}", unread.error);
        assert_eq!(mock.resource(SYSTEM).unwrap()["AssetTag"], "rack 7", "{how:?}");
        mock.requests().to("PATCH", SYSTEM).assert_once();
    }
}

#[tokio::test]
async fn a_member_that_was_made_is_made_whatever_the_read_back_says() {
    for how in Unreadable::QUICK {
        let (mock, bmc) = hasty().await;
        let later = Rule::unreadable(&format!("{ACCOUNTS}/*"), how);
        // Nothing but the head of the answer arrives.
        let made = Rule::on("POST", ACCOUNTS).then(Action::arm(later)).then(Action::Apply);
        mock.faults().add(made.then(Action::Truncate(0)));
        let accounts = bmc.get::<ManagerAccountCollection>(ACCOUNTS).await.unwrap();
        let account = ManagerAccount {
            user_name: Some("new".into()),
            password: Some("a password of some length".into()),
            role_id: Some("ReadOnly".into()),
            ..ManagerAccount::default()
        };
        let made = accounts.create(&account).await.unwrap();
        let Created::Confirmed(unread) = made else { panic!("{how:?}: {made:?}") };
        assert!(unread.uri.is_some_and(|uri| uri.starts_with(ACCOUNTS)), "{how:?}");
        mock.requests().to("POST", ACCOUNTS).assert_once();
    }
}

#[tokio::test]
async fn what_only_bears_the_status_of_success_is_not_a_confirmation() {
    let answers = [
        Action::html(200),
        Action::Answer(Answer::new(200).header("Content-Type", "application/json").body("<!DOCTYPE html>")),
        Action::message(200, "Base.1.8.PropertyNotWritable", "The property AssetTag is read-only."),
        Action::message(200, "Base.1.8.InternalError", "internal error"),
    ];
    for answer in answers {
        let (mock, bmc) = hasty().await;
        mock.faults().add(Rule::method("PATCH").then(answer.clone()));
        mock.faults().add(Rule::method("POST").then(answer.clone()));
        let error = tag(&bmc, "rack 7").await.unwrap_err();
        assert_eq!((error.method(), error.status()), (Some("PATCH"), Some(200)), "{error}");
        let system = bmc.get::<ComputerSystem>(SYSTEM).await.unwrap();
        let error = system.reset(ResetType::ForceOff).await.unwrap_err();
        assert_eq!((error.method(), error.uri()), (Some("POST"), Some(RESET)), "{error}");
        assert_eq!(mock.resource(SYSTEM).unwrap()["PowerState"], "On");
    }
    // What was changed all the same is changed.
    let (mock, bmc) = hasty().await;
    mock.faults().add(Rule::on("PATCH", SYSTEM).then(Action::Apply).then(Action::html(200)));
    let Committed::Updated(system) = tag(&bmc, "rack 7").await.unwrap() else { panic!("not updated") };
    assert_eq!(system.asset_tag.as_deref(), Some("rack 7"));
}

#[tokio::test]
async fn a_change_of_the_own_account_changes_the_client_too() {
    for basic in [true, false] {
        let mock = MockBmc::start().await.unwrap();
        let bmc = if basic { builder(&mock).basic_auth() } else { builder(&mock) };
        let bmc = bmc.connect().await.unwrap();
        let mut accounts = bmc.root().account_service().await.unwrap().accounts().members();
        let mut own: Option<Resource<ManagerAccount>> = None;
        while let Some(account) = accounts.try_next().await.unwrap() {
            if account.user_name.as_deref() == Some(mock.user()) {
                own = Some(account);
            }
        }
        let mut edit = own.unwrap().edit();
        edit.password = Some("another password".into());
        assert!(edit.patch().body.contains("another password") && !format!("{:?}", edit.patch()).contains("another"));
        edit.commit().await.unwrap();
        // The sessions of before are gone, as they are at many services.
        mock.end_sessions();
        bmc.get::<ComputerSystem>(SYSTEM).await.unwrap();
        let other = Client::builder(&mock.url()).ca_pem(mock.certificate_pem().unwrap_or_default());
        let other = other.credentials(Credentials::new(mock.user(), "another password")).connect().await.unwrap();
        other.close().await.unwrap();
        bmc.close().await.unwrap();
        assert_eq!(mock.sessions(), 0);
    }
}

#[tokio::test]
async fn what_a_task_says_besides_is_never_its_result() {
    let answers = [
        Action::empty(200),
        Action::json(200, json!({})),
        Action::message(200, "Base.1.0.GeneralError", "busy"),
        Action::json(200, json!({ "@odata.type": "#ServiceRoot.v1_5_0.ServiceRoot", "Name": "Root" })),
        Action::json(200, json!({ "@odata.type": "#Manager.v1_5_0.Manager", "Name": "BMC" })),
        Action::html(200),
    ];
    for answer in answers {
        let rule = TaskRule::new("POST", "**").takes(Duration::from_millis(600)).retry_after(None);
        let mock = MockBmc::builder().task(rule).start().await.unwrap();
        let bmc = builder(&mock).connect().await.unwrap();
        let system = bmc.get::<ComputerSystem>(SYSTEM).await.unwrap();
        let task = system.reset(ResetType::ForceOff).await.unwrap().task.unwrap().every(Duration::from_millis(20));
        mock.faults().add(Rule::task_says(answer.clone(), 5));
        let begin = Instant::now();
        let done = task.wait(LONG).await.unwrap();
        assert!(begin.elapsed() > Duration::from_millis(400), "{answer:?}: {:?}", begin.elapsed());
        assert_eq!(done.state.as_deref().unwrap_or("Completed"), "Completed", "{answer:?}");
        assert_eq!(mock.resource(SYSTEM).unwrap()["PowerState"], "Off", "{answer:?}");
    }
}

#[tokio::test]
async fn a_stale_handle_sends_what_it_is_told_to() {
    let (mock, bmc) = connected().await;
    let system = bmc.get::<ComputerSystem>(SYSTEM).await.unwrap();
    let enabled = |mock: &MockBmc| mock.resource(SYSTEM).unwrap()["Boot"]["BootSourceOverrideEnabled"].clone();
    let _ = system.boot_once(BootSource::Pxe).await.unwrap();
    assert_eq!(enabled(&mock), "Once");
    let _ = system.boot_normally().await.unwrap();
    assert_eq!(enabled(&mock), "Disabled");
    let _ = system.boot_once(BootSource::Pxe).await.unwrap();
    assert_eq!(enabled(&mock), "Once");
    // It is used up, which the handle can't know.
    let armed = bmc.get::<ComputerSystem>(SYSTEM).await.unwrap();
    let mut used_up: Value = mock.resource(SYSTEM).unwrap();
    used_up["Boot"]["BootSourceOverrideEnabled"] = "Disabled".into();
    mock.set(SYSTEM, used_up);
    let _ = armed.boot_once(BootSource::Pxe).await.unwrap();
    assert_eq!(enabled(&mock), "Once");
}

#[tokio::test]
async fn members_are_filtered_and_counted_also_where_a_service_ignores_the_filter() {
    let sensors = |query: Query| async move {
        let mock = MockBmc::builder().quirk(Quirk::FilterIgnoresLinks).query(Parameter::Expand, QuerySupport::Off);
        let mock = mock.start().await.unwrap();
        let bmc = builder(&mock).connect().await.unwrap();
        let chassis = bmc.get::<rosefish::schema::Chassis>("/redfish/v1/Chassis/1U").await.unwrap();
        let found: Vec<Resource<Sensor>> = chassis.sensors().query(query).members().try_collect().await.unwrap();
        found.iter().map(|sensor| sensor.uri().to_owned()).collect::<Vec<_>>()
    };
    let is_hot = || Filter::property("ReadingType").eq("Temperature");
    let all = sensors(Query::new()).await;
    let hot = sensors(Query::new().filter(is_hot())).await;
    assert!(!hot.is_empty() && hot.len() < all.len(), "{hot:?} of {all:?}");
    let part = sensors(Query::new().filter(is_hot()).skip(1).top(1)).await;
    assert_eq!(part, hot[1..2]);
    let named = sensors(Query::new().filter(is_hot()).select(["Name"])).await;
    assert_eq!(named, hot);
}

#[tokio::test]
async fn a_member_that_came_without_its_tag_is_changed_with_one() {
    let mock = MockBmc::builder().quirk(Quirk::NoTagsInExpanded).query(Parameter::Expand, QuerySupport::Works);
    let mock = mock.start().await.unwrap();
    let bmc = builder(&mock).connect().await.unwrap();
    let system: Vec<Resource<ComputerSystem>> = bmc.root().systems().members().try_collect().await.unwrap();
    assert_eq!(system[0].etag(), None, "it came with the collection");
    mock.clear_requests();
    let mut edit = system[0].edit();
    edit.asset_tag = Some("rack 7".into());
    edit.commit().await.unwrap();
    let patch = mock.requests().to("PATCH", SYSTEM).assert_once();
    assert!(patch.header("if-match").is_some(), "{:?}", mock.requests());
}

#[tokio::test]
async fn an_upload_is_done_when_something_says_so() {
    let (mock, bmc) = hasty().await;
    let service = bmc.get::<UpdateService>("/redfish/v1/UpdateService").await.unwrap();
    mock.faults().add(Rule::method("POST").then(Action::html(200)));
    let error = service.upload("image.bin", vec![0_u8; 64]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode, "{error}");
    assert!(error.outcome_unknown(), "{error}");
}
