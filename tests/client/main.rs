//! The client's promises, each against the mock.

mod canary;
mod certificates;
mod changes;
mod chaos;
mod collections;
mod confirmed;
mod drops;
mod errors;
mod etag;
mod events;
mod hostile;
mod logins;
mod loops;
mod media;
mod memory;
mod oem;
mod queries;
mod quirks;
mod requests;
mod retry;
mod server;
mod sessions;
mod spans;
mod stalls;
mod tasks;
mod transport;
mod uploads;
mod values;
mod waiting;
mod walk;

use std::time::Duration;

use rosefish::schema::resource::{PowerState, ResetType};
use rosefish::schema::{Chassis, ManagerAccount, ManagerAccountCollection, Session};
use rosefish::{Client, ClientBuilder, Committed, Credentials, ErrorKind, Query};
use rosefish_mock::MockBmc;

fn builder(mock: &MockBmc) -> ClientBuilder {
    Client::builder(&mock.url())
        .ca_pem(mock.certificate_pem().unwrap_or_default())
        .credentials(Credentials::new(mock.user(), mock.password()))
}

/// Waits until no session is left: what is dropped logs out in the background.
async fn all_ended(mock: &MockBmc) {
    for _ in 0..1000 {
        if mock.sessions() == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{} sessions are left", mock.sessions());
}

async fn connected() -> (MockBmc, Client) {
    let mock = MockBmc::start().await.unwrap();
    let client = builder(&mock).connect().await.unwrap();
    (mock, client)
}

#[tokio::test]
async fn systems_are_walked_with_types() {
    let (_mock, bmc) = connected().await;
    let mut systems = bmc.root().systems().members();
    let mut dimms = 0;
    while let Some(system) = systems.try_next().await.unwrap() {
        assert!(system.uri().starts_with("/redfish/v1/Systems/"));
        assert_eq!(system.power_state, Some(PowerState::On));
        dimms += system.memory().members().try_collect::<Vec<_>>().await.unwrap().len();
        let chassis: Vec<_> = system.chassis().try_collect().await.unwrap();
        assert!(chassis.iter().all(|chassis: &rosefish::Resource<Chassis>| chassis.name.is_some()));
    }
    assert!(dimms >= 8, "{dimms} DIMMs");
}

#[tokio::test]
async fn a_session_is_deleted_when_the_client_is_dropped_or_closed() {
    let mock = MockBmc::start().await.unwrap();
    for close in [true, false] {
        let client = builder(&mock).connect().await.unwrap();
        let clone = client.clone();
        assert_eq!(mock.sessions(), 1);
        drop(client);
        assert_eq!(mock.sessions(), 1, "a clone still has it");
        if close {
            clone.close().await.unwrap()
        } else {
            drop(clone)
        }
        all_ended(&mock).await;
    }
}

#[tokio::test]
async fn a_session_is_deleted_when_connecting_is_cancelled() {
    let mock = MockBmc::builder().latency(Duration::from_millis(50)).start().await.unwrap();
    for wait in [20, 70, 90, 110, 130] {
        let connect = builder(&mock).connect();
        let _ = tokio::time::timeout(Duration::from_millis(wait), connect).await;
    }
    for _ in 0..100 {
        if mock.sessions() == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{} sessions are left", mock.sessions());
}

#[tokio::test]
async fn wrong_credentials_are_tried_once_and_never_shown() {
    let mock = MockBmc::start().await.unwrap();
    let credentials = Credentials::new(mock.user(), "not-the-password");
    let error = builder(&mock).credentials(credentials.clone()).connect().await.unwrap_err();
    assert!(error.is_auth(), "{error}");
    assert_eq!(error.status(), Some(401));
    assert!(!format!("{error} {error:?} {credentials:?}").contains("not-the-password"));
    let logins = mock.requests().iter().filter(|request| request.method() == "POST").count();
    assert_eq!(logins, 1);
}

#[tokio::test]
async fn an_expired_session_is_renewed_once() {
    let (mock, bmc) = connected().await;
    mock.end_sessions();
    let systems: Vec<_> = bmc.root().systems().members().try_collect().await.unwrap();
    assert!(!systems.is_empty());
    assert_eq!(mock.sessions(), 1);
}

#[tokio::test]
async fn basic_authentication_makes_no_session() {
    let mock = MockBmc::start().await.unwrap();
    let bmc = builder(&mock).basic_auth().connect().await.unwrap();
    assert!(bmc.root().managers().members().try_next().await.unwrap().is_some());
    assert_eq!(mock.sessions(), 0);
}

#[tokio::test]
async fn tls_is_verified_unless_told_otherwise_by_name() {
    let mock = MockBmc::start().await.unwrap();
    let plain = || Client::builder(&mock.url()).credentials(Credentials::new(mock.user(), mock.password()));
    let error = plain().connect().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Tls, "{error}");
    let error = plain().pin_sha256(&"00".repeat(32)).connect().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Tls, "{error}");
    assert_eq!(mock.request_count(), 0, "nothing was sent to a host that was not trusted");
    plain().pin_sha256(&mock.fingerprint_sha256().unwrap()).connect().await.unwrap();
    plain().danger_accept_invalid_certs().connect().await.unwrap();
    let error = plain().pin_sha256("12:34").connect().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration, "{error}");
}

#[tokio::test]
async fn reset_changes_the_power_state_and_is_checked_against_what_this_bmc_allows() {
    let (mock, bmc) = connected().await;
    let mut system = bmc.root().systems().members().try_next().await.unwrap().unwrap();
    system.reset(ResetType::ForceOff).await.unwrap();
    system.refresh().await.unwrap();
    assert_eq!(system.power_state, Some(PowerState::Off));

    let before = mock.request_count();
    let error = system.reset(ResetType::from("Explode")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotAllowed);
    assert!(error.to_string().contains("ForceOff"), "it says what is allowed: {error}");
    assert_eq!(mock.request_count(), before, "nothing was sent");

    // The manager describes its parameters in an ActionInfo.
    let manager = bmc.root().managers().members().try_next().await.unwrap().unwrap();
    let allowed = manager.reset(None).allowable_values("ResetType").await.unwrap().unwrap();
    assert!(!allowed.is_empty());
    assert_eq!(manager.reset(ResetType::Nmi).await.unwrap_err().kind(), ErrorKind::NotAllowed);
}

#[tokio::test]
async fn an_edit_sends_only_what_changed_and_with_if_match() {
    let (mock, bmc) = connected().await;
    let system = bmc.root().systems().members().try_next().await.unwrap().unwrap();
    assert!(matches!(system.edit().commit().await.unwrap(), Committed::Unchanged));

    let mut edit = system.edit();
    edit.asset_tag = Some("rack 7".into());
    assert_eq!(edit.patch().body, r#"{"AssetTag":"rack 7"}"#);
    let Committed::Updated(changed) = edit.commit().await.unwrap() else { panic!("not updated") };
    assert_eq!(changed.asset_tag.as_deref(), Some("rack 7"));
    let requests = mock.requests();
    let patch = requests.iter().find(|request| request.method() == "PATCH").unwrap();
    // It came with its collection, without a tag: that is read before.
    assert!(patch.header("if-match").is_some() && system.etag().is_none(), "{requests:?}");

    // The copy that was read before is stale now: it is read again and the same difference goes out once more.
    let mut edit = system.edit();
    edit.asset_tag = Some("rack 8".into());
    let Committed::Updated(changed) = edit.commit().await.unwrap() else { panic!("not updated") };
    assert_eq!(changed.asset_tag.as_deref(), Some("rack 8"));
}

#[tokio::test]
async fn a_read_only_property_is_refused_before_anything_is_sent() {
    let (mock, bmc) = connected().await;
    let system = bmc.root().systems().members().try_next().await.unwrap().unwrap();
    let before = mock.request_count();
    let mut edit = system.edit();
    edit.serial_number = Some("forged".into());
    let error = edit.commit().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotAllowed);
    assert!(error.to_string().contains("/SerialNumber"), "{error}");
    assert_eq!(mock.request_count(), before);
}

#[tokio::test]
async fn accounts_are_made_and_removed() {
    let (mock, bmc) = connected().await;
    let service = bmc.root().account_service().await.unwrap();
    let accounts: rosefish::Resource<ManagerAccountCollection> = service.accounts().await.unwrap();
    let before = mock.request_count();
    let error = accounts.create(&ManagerAccount::default()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotAllowed);
    assert!(error.to_string().contains("UserName"), "{error}");
    assert_eq!(mock.request_count(), before);

    let account = ManagerAccount {
        user_name: Some("guest".into()),
        password: Some("Gu3st-Gu3st".into()),
        role_id: Some("ReadOnly".into()),
        ..Default::default()
    };
    assert!(!format!("{account:?}").contains("Gu3st"), "secrets are not shown");
    let made = accounts.create(&account).await.unwrap().into_resource().unwrap();
    assert_eq!(made.user_name.as_deref(), Some("guest"));
    let uri = made.uri().to_owned();
    made.delete().await.unwrap();
    assert!(bmc.get::<ManagerAccount>(&uri).await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn errors_say_what_the_service_said() {
    let (_mock, bmc) = connected().await;
    let error = bmc.get::<Session>("/redfish/v1/Systems/none").await.unwrap_err();
    assert!(error.is_not_found());
    assert_eq!(error.method(), Some("GET"));
    assert_eq!(error.uri(), Some("/redfish/v1/Systems/none"));
    assert!(!error.messages().is_empty());
    assert!(error.to_string().contains("404"), "{error}");
}

#[tokio::test]
async fn credentials_stay_with_the_origin() {
    let (_mock, bmc) = connected().await;
    let other = MockBmc::builder().plain().start().await.unwrap();
    let uri = format!("{}/redfish/v1/Systems", other.url());
    let error = bmc.get_any(&uri, None).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ForeignOrigin, "{error}");
    assert_eq!(other.request_count(), 0);
}

#[tokio::test]
async fn one_bad_member_does_not_hide_the_others() {
    let (mock, bmc) = connected().await;
    let uri = "/redfish/v1/Chassis/1U/Sensors";
    let count = mock.resource(uri).unwrap()["Members"].as_array().unwrap().len();
    mock.remove(mock.resource(uri).unwrap()["Members"][2]["@odata.id"].as_str().unwrap());
    let chassis = bmc.get::<Chassis>("/redfish/v1/Chassis/1U").await.unwrap();
    let mut sensors = chassis.sensors().members();
    let (mut good, mut bad) = (0, 0);
    while let Some(sensor) = sensors.next().await {
        match sensor {
            Ok(_) => good += 1,
            Err(error) => {
                assert!(error.is_not_found());
                bad += 1;
            }
        }
    }
    assert_eq!((good, bad), (count - 1, 1));
}

#[tokio::test]
async fn pages_are_followed_and_circles_end() {
    let (mock, bmc) = connected().await;
    let uri = "/redfish/v1/Chassis/1U/Sensors";
    let mut first = mock.resource(uri).unwrap();
    let members = first["Members"].as_array().unwrap().clone();
    let (page, rest) = members.split_at(5);
    let mut second = first.clone();
    first["Members"] = page.to_vec().into();
    first["Members@odata.nextLink"] = "/redfish/v1/Chassis/1U/SensorsPage2".into();
    second["Members"] = rest.to_vec().into();
    mock.set(uri, first);
    mock.set("/redfish/v1/Chassis/1U/SensorsPage2", second.clone());
    let chassis = bmc.get::<Chassis>("/redfish/v1/Chassis/1U").await.unwrap();
    let all: Vec<_> = chassis.sensors().query(Query::new().without_expand()).members().try_collect().await.unwrap();
    let uris: Vec<_> = all.iter().map(|sensor| sensor.uri().to_owned()).collect();
    let expected: Vec<_> = members.iter().map(|m| m["@odata.id"].as_str().unwrap().to_owned()).collect();
    assert_eq!(uris, expected, "all, and in their order");

    second["Members@odata.nextLink"] = uri.into();
    mock.set("/redfish/v1/Chassis/1U/SensorsPage2", second);
    let singly = Query::new().without_expand();
    let error = chassis.sensors().query(singly).members().try_collect::<Vec<_>>().await.unwrap_err();
    assert!(error.to_string().contains("circles"), "{error}");
}

#[tokio::test]
async fn no_more_requests_are_under_way_than_the_limit_allows() {
    let mock = MockBmc::builder().latency(Duration::from_millis(20)).start().await.unwrap();
    let bmc = builder(&mock).concurrency(3).connect().await.unwrap();
    let chassis = bmc.get::<Chassis>("/redfish/v1/Chassis/1U").await.unwrap();
    mock.clear_requests();
    let (one, two) = tokio::join!(
        chassis.sensors().members().try_collect::<Vec<_>>(),
        chassis.sensors().members().try_collect::<Vec<_>>()
    );
    assert_eq!(one.unwrap().len(), two.unwrap().len());
    let spans: Vec<_> =
        mock.requests().iter().map(|request| (request.received(), request.received() + request.took())).collect();
    let most = spans.iter().map(|(start, _)| spans.iter().filter(|(s, e)| s <= start && start < e).count()).max();
    assert!(most.unwrap() <= 3, "{most:?} at once");
}

#[test]
fn public_futures_are_send() {
    fn send<T: Send>(_: &T) {}
    #[allow(dead_code, unreachable_code, clippy::diverging_sub_expression, reason = "compiled, never run")]
    fn compiled(bmc: Client, chassis: rosefish::Resource<Chassis>) {
        send(&bmc.get::<Chassis>(""));
        send(&bmc.get_any("", None));
        send(&Client::builder("").connect());
        send(&chassis.sensors());
        send(&std::future::IntoFuture::into_future(chassis.sensors()));
        send(&chassis.sensors().members());
        send(&chassis.sensors().members().try_collect::<Vec<_>>());
        send(&std::future::IntoFuture::into_future(chassis.reset(None)));
        send(&chassis.edit().commit());
        send(&bmc.clone().close());
        send(&chassis.delete());
    }
}
