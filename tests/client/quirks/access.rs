//! Logging in and out.

use std::time::Duration;

use rosefish::schema::{ComputerSystem, ManagerAccount, ManagerAccountCollection};
use rosefish::{Credentials, ErrorKind};
use rosefish_mock::fault::{Action, Rule};
use rosefish_mock::{MockBmc, Quirk};
use serde_json::json;

use super::{ACCOUNTS, SYSTEM, started, with};
use crate::{all_ended, builder};

const SESSIONS: &str = "/redfish/v1/SessionService/Sessions";

#[tokio::test]
async fn a_login_follows_its_slash_and_stays_a_login() {
    let (mock, bmc) = with(Quirk::SlashedSessions).await;
    assert_eq!(mock.sessions(), 1);
    bmc.close().await.unwrap();
    assert_eq!(mock.sessions(), 0);
    let logins = mock.requests().to("POST", SESSIONS);
    assert_eq!(logins.iter().map(|login| login.status()).collect::<Vec<_>>(), [301, 201]);
    mock.requests().to("GET", SESSIONS).assert_none();
}

#[tokio::test]
async fn a_full_table_of_sessions_is_an_error_of_its_own() {
    for quirk in [None, Some(Quirk::SessionLimitSays400)] {
        let mut mock = MockBmc::builder().session_limit(16);
        if let Some(quirk) = quirk {
            mock = mock.quirk(quirk);
        }
        let mock = mock.start().await.unwrap();
        let mut clients = Vec::new();
        for _ in 0..16 {
            clients.push(builder(&mock).connect().await.unwrap());
        }
        let patient = rosefish::RetryPolicy::default().budget(Duration::from_millis(200));
        let error = builder(&mock).retry(patient).connect().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::SessionLimit, "{quirk:?} {error}");
        clients.pop().unwrap().close().await.unwrap();
        clients.push(builder(&mock).connect().await.unwrap());
        drop(clients);
        all_ended(&mock).await;
    }
}

#[tokio::test]
async fn a_logout_that_is_refused_hurts_nobody() {
    let (mock, bmc) = with(Quirk::LogoutSays400).await;
    // Said to anyone who asks for it; a drop asks nobody.
    let said = bmc.close().await;
    assert!(said.as_ref().is_ok() || said.is_err_and(|error| error.status() == Some(400)));
    all_ended(&mock).await;
    let (mock, bmc) = started(MockBmc::builder()).await;
    mock.end_sessions();
    bmc.close().await.unwrap();
    mock.requests().to("DELETE", &format!("{SESSIONS}/*")).answered(401).assert_once();
    mock.requests().to("POST", SESSIONS).assert_once();
}

#[tokio::test]
async fn a_401_for_no_reason_costs_one_login_and_no_session() {
    let (mock, bmc) = started(MockBmc::builder()).await;
    for refused in [3, 7, 8, 20] {
        mock.faults().add(Rule::on("GET", SYSTEM).nth(refused).then(Action::Status(401)));
    }
    for _ in 0..16 {
        bmc.get::<ComputerSystem>(SYSTEM).await.unwrap();
    }
    let refused = mock.requests().to("GET", SYSTEM).answered(401).len();
    assert!(refused >= 3, "{refused}");
    let logins = mock.requests().to("POST", SESSIONS).len();
    assert!(logins <= 1 + refused, "{logins} logins for {refused} refusals");
    drop(bmc);
    all_ended(&mock).await;
}

#[tokio::test]
async fn a_wrong_password_is_sent_once_however_many_ask() {
    let mock = MockBmc::builder().quirk(Quirk::LockOut).latency(Duration::from_millis(10)).start().await.unwrap();
    let bmc = builder(&mock).connect().await.unwrap();
    // The password is changed, and the session ends.
    let admin = mock.resource(&format!("{ACCOUNTS}/1")).unwrap();
    assert_eq!(admin["UserName"], mock.user());
    let other = builder(&mock).connect().await.unwrap();
    other.change_password("An0ther-An0ther").await.unwrap();
    other.close().await.unwrap();
    mock.end_sessions();
    mock.clear_requests();
    let asked = futures_util::future::join_all((0..10).map(|_| bmc.get::<ComputerSystem>(SYSTEM))).await;
    assert!(asked.iter().all(|answer| answer.as_ref().is_err_and(rosefish::Error::is_auth)), "{asked:?}");
    assert!(bmc.get::<ComputerSystem>(SYSTEM).await.is_err());
    mock.requests().to("POST", SESSIONS).assert_once();
    // Nobody was locked out.
    bmc.log_in(Credentials::new(mock.user(), "An0ther-An0ther")).await.unwrap();
    bmc.get::<ComputerSystem>(SYSTEM).await.unwrap();
}

#[tokio::test]
async fn sessions_end_however_the_service_names_them() {
    for quirk in [Quirk::NoSessionLocation, Quirk::AbsoluteLocations, Quirk::RootWantsLogin] {
        let (mock, bmc) = with(quirk).await;
        bmc.get::<ComputerSystem>(SYSTEM).await.unwrap();
        assert_eq!(mock.sessions(), 1, "{quirk}");
        bmc.close().await.unwrap();
        assert_eq!(mock.sessions(), 0, "{quirk}");
    }
    // By the address that the BMC has in a network behind ours; what is said there is meant for here.
    let mock = MockBmc::builder().start().await.unwrap();
    let foreign = format!("https://192.0.2.7{SESSIONS}/1");
    mock.faults().add(Rule::on("POST", SESSIONS).then(Action::Header("Location".into(), foreign)));
    let bmc = builder(&mock).connect().await.unwrap();
    drop(bmc);
    all_ended(&mock).await;
}

#[tokio::test]
async fn who_has_to_change_the_password_can_do_that_and_nothing_else() {
    let mock = MockBmc::start().await.unwrap();
    let account = format!("{ACCOUNTS}/1");
    let mut shown = mock.resource(&account).unwrap();
    shown["PasswordChangeRequired"] = json!(true);
    mock.set(&account, shown);
    let bmc = builder(&mock).connect().await.unwrap();
    assert!(bmc.password_change_required());
    let error = bmc.get::<ComputerSystem>(SYSTEM).await.unwrap_err();
    assert_eq!((error.kind(), error.account()), (ErrorKind::PasswordChangeRequired, Some(&*account)), "{error}");
    bmc.change_password("An0ther-An0ther").await.unwrap();
    bmc.get::<ComputerSystem>(SYSTEM).await.unwrap();
    let accounts = bmc.get::<ManagerAccountCollection>(ACCOUNTS).await.unwrap();
    let own: rosefish::Resource<ManagerAccount> = accounts.members().try_next().await.unwrap().unwrap();
    assert_eq!(own.password_change_required, Some(false));
    drop((bmc, accounts, own));
    all_ended(&mock).await;
}
