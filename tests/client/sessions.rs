//! Sessions: where they are opened, who ends them, and what becomes of a client whose credentials are refused.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rosefish::schema::{Chassis, ComputerSystem, ManagerAccount};
use rosefish::{Client, Credentials, ErrorKind, ExposedSession, SessionToken};
use rosefish_mock::fault::{Action, Answer, Rule};
use rosefish_mock::{MockBmc, Quirk};
use serde_json::json;

use crate::memory::{Memory, client, json as answer, with};
use crate::{all_ended, builder, connected};

const SYSTEM: &str = "/redfish/v1/Systems/1";
const SESSIONS: &str = "/redfish/v1/SessionService/Sessions";

/// What a client does that has been connected.
async fn reads(bmc: &Client) -> Result<(), rosefish::Error> {
    bmc.get::<ComputerSystem>(SYSTEM).await.map(drop)
}

async fn quirky(quirk: Quirk) -> MockBmc {
    MockBmc::builder().plain().quirk(quirk).start().await.unwrap()
}

#[tokio::test]
async fn sessions_are_found_and_ended_however_a_service_makes_them() {
    for quirk in [
        Quirk::NoSessionLocation,
        Quirk::AbsoluteLocations,
        Quirk::SlashedSessions,
        Quirk::RootWantsLogin,
        Quirk::LogoutSays400,
    ] {
        let mock = quirky(quirk).await;
        let bmc = builder(&mock).connect().await.unwrap_or_else(|error| panic!("{quirk}: {error}"));
        assert_eq!(mock.sessions(), 1, "{quirk}");
        reads(&bmc).await.unwrap();
        bmc.close().await.unwrap_or_else(|error| panic!("{quirk}: {error}"));
        assert_eq!(mock.sessions(), 0, "{quirk}: closed");
        drop(builder(&mock).connect().await.unwrap());
        all_ended(&mock).await;
    }
}

#[tokio::test]
async fn a_session_that_the_service_does_not_name_is_found_among_all() {
    // Neither Location nor body: of the two that there are, one is this user's.
    let memory = Memory::new(|request, _| match (request.method().as_str(), request.uri().path()) {
        ("GET", "/redfish/v1/") => {
            answer(200, &json!({ "Links": { "Sessions": { "@odata.id": SESSIONS } } }).to_string())
        }
        ("POST", _) => with(answer(201, ""), "x-auth-token", "t"),
        ("GET", SESSIONS) => {
            let members = ["/1", "/2"].map(|id| json!({ "@odata.id": format!("{SESSIONS}{id}") }));
            answer(200, &json!({ "Members": members }).to_string())
        }
        ("GET", path) => {
            answer(200, &json!({ "UserName": if path.ends_with("/2") { "me" } else { "other" } }).to_string())
        }
        _ => answer(204, ""),
    });
    client(&memory).credentials(Credentials::new("me", "p")).connect().await.unwrap().close().await.unwrap();
    assert_eq!(memory.asked().last().unwrap(), &format!("DELETE https://bmc.example{SESSIONS}/2"));
}

#[tokio::test]
async fn a_session_goes_on_in_another_client() {
    let (mock, first) = connected().await;
    let token = first.session_token().unwrap();
    assert!(!format!("{token:?} {:?}", token.expose()).contains(&token.expose().token), "it is not shown");
    let stored = serde_json::to_string(&token.expose()).unwrap();
    let again: SessionToken = serde_json::from_str::<ExposedSession>(&stored).unwrap().into();

    let guest = || Client::builder(&mock.url()).ca_pem(mock.certificate_pem().unwrap());
    let second = guest().session(again.clone()).connect().await.unwrap();
    reads(&second).await.unwrap();
    drop(second);
    assert_eq!(mock.sessions(), 1, "it is not the guest's to end");
    mock.requests().to("POST", "**/Sessions").assert_once();

    // Who keeps it leaves it to others, and who adopts it ends it.
    assert!(first.keep_session().is_some());
    drop(first);
    assert_eq!(mock.sessions(), 1);
    drop(guest().adopt_session(again.clone()).connect().await.unwrap());
    all_ended(&mock).await;

    // Without credentials an ended session is an error, with them it is replaced by one of the client's own.
    let stale = guest().session(again.clone()).connect().await.unwrap();
    let error = reads(&stale).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthorized, "{error}");
    let renewed = builder(&mock).session(again.clone()).connect().await.unwrap();
    reads(&renewed).await.unwrap();
    assert_eq!(mock.sessions(), 1);
    drop(renewed);
    all_ended(&mock).await;

    // A token goes to where it is from.
    let other = MockBmc::builder().plain().start().await.unwrap();
    let error = Client::builder(&other.url()).session(again).connect().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration, "{error}");
    assert!(other.requests().iter().all(|request| request.header("x-auth-token").is_none()));
}

#[tokio::test]
async fn a_client_whose_credentials_are_refused_does_not_try_again_by_itself() {
    let (mock, bmc) = connected().await;
    // Somebody changes the password and restarts the BMC.
    let admin = builder(&mock).connect().await.unwrap();
    admin.change_password("Other-passw0rd").await.unwrap();
    mock.end_sessions();
    mock.clear_requests();
    let users: Vec<_> = (0..20).map(|_| reads(&bmc)).collect();
    for result in futures_util::future::join_all(users).await {
        assert_eq!(result.unwrap_err().kind(), ErrorKind::Unauthorized);
    }
    mock.requests().to("POST", "**/Sessions").assert_once();
    let before = mock.request_count();
    let error = reads(&bmc).await.unwrap_err();
    assert!(error.is_auth() && error.to_string().contains("not asked"), "{error}");
    assert_eq!(mock.request_count(), before, "nothing was sent");

    bmc.log_in(Credentials::new(mock.user(), "Other-passw0rd")).await.unwrap();
    reads(&bmc).await.unwrap();
    drop((bmc, admin));
    all_ended(&mock).await;
}

#[tokio::test]
async fn a_wrong_password_is_sent_once_with_basic_too() {
    let mock = MockBmc::builder().plain().start().await.unwrap();
    let wrong = Credentials::new(mock.user(), "wrong");
    let bmc = builder(&mock).credentials(wrong).basic_auth().connect().await.unwrap();
    mock.clear_requests();
    let users: Vec<_> = (0..20).map(|_| reads(&bmc)).collect();
    for result in futures_util::future::join_all(users).await {
        assert!(result.unwrap_err().is_auth());
    }
    assert_eq!(mock.request_count(), 1);
}

#[tokio::test]
async fn a_session_that_is_denied_again_and_again_is_not_renewed_for_ever() {
    let (mock, bmc) = connected().await;
    mock.faults().add(Rule::on("GET", SYSTEM).then(Action::Status(401)));
    for _ in 0..5 {
        assert_eq!(reads(&bmc).await.unwrap_err().kind(), ErrorKind::Unauthorized);
    }
    let logins = mock.requests().to("POST", "**/Sessions").iter().count();
    assert!(logins <= 2, "{logins} logins");
    assert_eq!(mock.sessions(), 1, "the denied one was ended too");
    mock.faults().clear();
    reads(&bmc).await.unwrap();
}

#[tokio::test]
async fn a_password_that_must_be_changed_is_told_and_can_be() {
    let mock = MockBmc::builder().plain().start().await.unwrap();
    let admin = builder(&mock).connect().await.unwrap();
    let service = admin.root().account_service().await.unwrap();
    let made = ManagerAccount {
        user_name: Some("fresh".into()),
        password: Some("Initial-1".into()),
        role_id: Some("Administrator".into()),
        password_change_required: Some(true),
        ..Default::default()
    };
    let uri = service.accounts().await.unwrap().create(&made).await.unwrap().into_resource().unwrap().uri().to_owned();

    let fresh = Client::builder(&mock.url()).credentials(Credentials::new("fresh", "Initial-1"));
    let bmc = fresh.clone().connect().await.unwrap();
    assert!(bmc.password_change_required());
    let error = reads(&bmc).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PasswordChangeRequired, "{error}");
    assert_eq!(error.account(), Some(&*uri));
    bmc.change_password("Changed-2").await.unwrap();
    assert!(!bmc.password_change_required());
    reads(&bmc).await.unwrap();
    mock.end_sessions();
    reads(&bmc).await.unwrap();
    drop(bmc);

    // Some open no session at all before that.
    mock.set(&uri, {
        let mut account = mock.resource(&uri).unwrap();
        account["PasswordChangeRequired"] = true.into();
        account
    });
    let refusal = json!({ "error": { "@Message.ExtendedInfo": [
        { "MessageId": "Base.1.8.PasswordChangeRequired", "MessageArgs": [uri] } ] } });
    mock.faults().add(Rule::on("POST", "**/Sessions").times(1).then(Action::json(403, refusal)));
    let fresh = fresh.credentials(Credentials::new("fresh", "Changed-2"));
    let bmc = fresh.connect().await.unwrap();
    assert!(bmc.password_change_required() && bmc.session_token().is_none());
    bmc.change_password("Changed-3").await.unwrap();
    reads(&bmc).await.unwrap();
    assert!(bmc.session_token().is_some(), "a session, as soon as there can be one");
    drop((bmc, admin));
    all_ended(&mock).await;
}

#[tokio::test]
async fn a_full_table_of_sessions_is_told_as_that() {
    for quirk in [None, Some(Quirk::SessionLimitSays400)] {
        let mock = MockBmc::builder().plain().session_limit(1);
        let mock = quirk.into_iter().fold(mock, rosefish_mock::Builder::quirk).start().await.unwrap();
        let first = builder(&mock).connect().await.unwrap();
        let error = builder(&mock).connect().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::SessionLimit, "{error}");
        first.close().await.unwrap();
        builder(&mock).connect().await.unwrap();
    }
    let mock = MockBmc::builder().plain().start().await.unwrap();
    let says = Answer::new(503).message("IDRAC.2.8.RAC0218", "The maximum number of user sessions is reached.");
    mock.faults().add(Rule::on("POST", "**/Sessions").then(Action::Answer(says)));
    assert_eq!(builder(&mock).connect().await.unwrap_err().kind(), ErrorKind::SessionLimit);
}

#[tokio::test]
async fn a_connect_that_fails_after_the_login_leaves_no_session() {
    let mock = quirky(Quirk::RootWantsLogin).await;
    // The login succeeds, the root then can't be read.
    mock.faults().add(Rule::on("GET", "/redfish/v1/").header("x-auth-token", "*").then(Action::html(200)));
    let error = builder(&mock).connect().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode, "{error}");
    mock.requests().to("POST", "**/Sessions").assert_once();
    all_ended(&mock).await;

    // The head of the answer is enough to end the session by.
    let mock = MockBmc::builder().plain().start().await.unwrap();
    mock.faults().add(Rule::on("POST", "**/Sessions").then(Action::Truncate(3)));
    drop(builder(&mock).connect().await);
    all_ended(&mock).await;
}

/// How many connections one client makes to a service that is asked for the root, a session, a system and the session's end.
#[tokio::test]
async fn root_login_and_logout_take_one_connection() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mock = MockBmc::builder().plain().start().await.unwrap();
    let (to, url) = (mock.url().replace("http://", ""), format!("http://{}", listener.local_addr().unwrap()));
    let made = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&made);
    let passing_on = tokio::spawn(async move {
        while let Ok((mut from, _)) = listener.accept().await {
            count.fetch_add(1, Ordering::Relaxed);
            let mut there = tokio::net::TcpStream::connect(&to).await.unwrap();
            tokio::spawn(async move { drop(tokio::io::copy_bidirectional(&mut from, &mut there).await) });
        }
    });
    let bmc =
        Client::builder(&url).credentials(Credentials::new(mock.user(), mock.password())).connect().await.unwrap();
    reads(&bmc).await.unwrap();
    // The connection is back in its pool a moment after the answer was read.
    tokio::time::sleep(Duration::from_millis(300)).await;
    bmc.close().await.unwrap();
    assert_eq!((made.load(Ordering::Relaxed), mock.sessions()), (1, 0));
    passing_on.abort();
}

#[tokio::test]
async fn a_connection_that_ends_unannounced_before_the_login_costs_nothing() {
    for action in [Action::Close, Action::Reset] {
        let mock = MockBmc::builder().plain().start().await.unwrap();
        mock.faults().add(Rule::on("POST", "**/Sessions").times(1).then(action.clone()));
        let bmc = builder(&mock).connect().await.unwrap_or_else(|error| panic!("{action:?}: {error}"));
        assert_eq!(mock.sessions(), 1, "{action:?}");
        bmc.close().await.unwrap();
        assert_eq!(mock.sessions(), 0, "{action:?}");
        // It is not tried a third time.
        mock.faults().add(Rule::on("POST", "**/Sessions").then(action.clone()));
        mock.clear_requests();
        let error = builder(&mock).connect().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Connect, "{action:?}");
        mock.requests().to("POST", "**/Sessions").assert_count(2);
    }
}

#[tokio::test]
async fn a_logout_is_tried_again_until_it_is_certain() {
    for action in [Action::Reset, Action::LoseReply, Action::html(200), Action::Status(500), Action::Status(401)] {
        let mock = MockBmc::builder().plain().start().await.unwrap();
        for close in [true, false] {
            let bmc = builder(&mock).connect().await.unwrap();
            mock.faults().add(Rule::on("DELETE", "**/Sessions/*").times(1).then(action.clone()));
            if close {
                bmc.close().await.unwrap_or_else(|error| panic!("{action:?}: {error}"));
            } else {
                drop(bmc);
            }
            all_ended(&mock).await;
        }
    }
}

#[tokio::test]
async fn a_session_that_came_without_its_uri_is_ended_if_it_is_certain_which_it_is() {
    let mock = MockBmc::builder().plain().start().await.unwrap();
    let opened = || async {
        let first = builder(&mock).connect().await.unwrap();
        first.keep_session().unwrap().expose().token
    };
    let adopted = |token: String| {
        let token = SessionToken::from(ExposedSession::new(mock.url(), token, None));
        Client::builder(&mock.url()).adopt_session(token).connect()
    };
    let only = adopted(opened().await).await.unwrap();
    only.close().await.unwrap();
    assert_eq!(mock.sessions(), 0);

    // Of two it is not known which: neither is ended, and that is what is said.
    let (one, _other) = (opened().await, opened().await);
    let error = adopted(one).await.unwrap().close().await.unwrap_err();
    assert!(error.to_string().contains("not ended"), "{error}");
    assert_eq!(mock.sessions(), 2);
}

#[tokio::test]
async fn a_logout_that_is_answered_with_204_is_done_whatever_type_that_has() {
    for kind in ["text/html", "application/json"] {
        let mock = MockBmc::builder().plain().start().await.unwrap();
        mock.faults().add(Rule::on("DELETE", "**").then(Action::Apply).then(Action::ContentType(kind.into())));
        builder(&mock).connect().await.unwrap().close().await.unwrap();
        mock.requests().to("DELETE", "**/Sessions/*").answered(204).assert_once();
    }
}

#[tokio::test]
async fn a_closed_client_stays_closed() {
    let (mock, bmc) = connected().await;
    let clone = bmc.clone();
    bmc.close().await.unwrap();
    let before = mock.request_count();
    assert_eq!(reads(&clone).await.unwrap_err().kind(), ErrorKind::Closed);
    assert_eq!(mock.request_count(), before);
    drop(clone);
    all_ended(&mock).await;
}

#[tokio::test]
async fn a_thousand_clients_come_and_go_and_leave_nothing() {
    let mock = MockBmc::builder().plain().start().await.unwrap();
    for cycle in 0..1000 {
        let connect = builder(&mock).connect();
        match cycle % 4 {
            0 => connect.await.unwrap().close().await.unwrap(),
            1 => drop(tokio::time::timeout(Duration::from_micros(500 * (cycle % 16)), connect).await),
            _ => drop(connect.await.unwrap()),
        }
    }
    all_ended(&mock).await;
}

#[tokio::test]
async fn a_bearer_token_is_sent_with_each_request_and_makes_no_session() {
    let memory = Memory::new(|request, _| {
        let allowed = request.headers().get("authorization").is_some_and(|value| value == "Bearer t0ken");
        answer(if allowed || request.uri().path() == "/redfish/v1/" { 200 } else { 401 }, "{}")
    });
    let bmc = client(&memory).bearer_token("t0ken").connect().await.unwrap();
    bmc.get::<Chassis>("/redfish/v1/Chassis/1").await.unwrap();
    assert!(!format!("{bmc:?} {:?}", client(&memory).bearer_token("t0ken")).contains("t0ken"));
    drop(bmc);
    assert!(memory.asked().iter().all(|line| line.starts_with("GET ")), "{:?}", memory.asked());
}

#[tokio::test]
async fn a_stream_that_is_dropped_with_its_client_leaves_no_session() {
    let mock = MockBmc::builder().latency(Duration::from_millis(20)).start().await.unwrap();
    for _ in 0..3 {
        let bmc = builder(&mock).connect().await.unwrap();
        let chassis = bmc.get::<Chassis>("/redfish/v1/Chassis/1U").await.unwrap();
        let mut sensors = chassis.sensors().query(rosefish::Query::new().without_expand()).members();
        assert!(sensors.try_next().await.unwrap().is_some());
        // Requests are under way ahead of the reader.
        drop((bmc, chassis, sensors));
        all_ended(&mock).await;
    }
}

#[tokio::test]
async fn a_new_session_that_ends_before_anybody_used_it_is_renewed_and_one_that_is_denied_is_not() {
    let mock = MockBmc::builder().plain().start().await.unwrap();
    let bmc = builder(&mock).retry(rosefish::RetryPolicy::none()).connect().await.unwrap();
    bmc.log_in(Credentials::new(mock.user(), mock.password())).await.unwrap();
    // It restarts.
    mock.end_sessions();
    assert_eq!(bmc.get_raw("/redfish/v1/Systems").await.unwrap().status, 200);

    // Whatever session it makes, it takes none.
    mock.faults().add(Rule::on("GET", "**/Systems").then(Action::Status(401)));
    mock.clear_requests();
    for _ in 0..5 {
        assert_eq!(
            bmc.get_raw("/redfish/v1/Systems").await.map_or_else(|error| error.status(), |answer| Some(answer.status)),
            Some(401)
        );
    }
    assert_eq!(mock.requests().to("POST", "/redfish/v1/SessionService/Sessions").len(), 1);
    bmc.close().await.unwrap();
}
