//! What is sent again and what never is.

use std::time::{Duration, Instant, SystemTime};

use rosefish::schema::resource::{PowerState, ResetType};
use rosefish::schema::{ComputerSystem, ManagerAccount, ManagerAccountCollection};
use rosefish::{Client, Error, ErrorKind, Resource, RetryPolicy};
use rosefish_mock::MockBmc;
use rosefish_mock::fault::{Action, Answer, Rule};

use crate::builder;
use crate::memory::{Memory, client, json as answer};

const SYSTEM: &str = "/redfish/v1/Systems/1";

/// Many attempts, and little patience between them.
fn quick() -> RetryPolicy {
    RetryPolicy::default().first_delay(Duration::from_millis(5)).longest_delay(Duration::from_millis(20))
}

async fn plain() -> (MockBmc, Client) {
    let mock = MockBmc::builder().plain().start().await.unwrap();
    let client = builder(&mock).retry(quick()).connect().await.unwrap();
    (mock, client)
}

fn vendor(status: u16, id: &str) -> Action {
    Action::Answer(Answer::new(status).message(id, "Try again later."))
}

#[tokio::test]
async fn a_read_is_sent_again_when_the_service_can_not_answer_now() {
    let (mock, bmc) = plain().await;
    let cases = [
        Action::Reset,
        Action::Close,
        Action::Garbage,
        Action::Truncate(10),
        Action::Status(502),
        Action::Status(503),
        Action::html(504),
        Action::Status(429),
        vendor(400, "iLO.2.24.InvalidOperationForSystemState"),
        vendor(400, "IDRAC.2.8.SYS518"),
        vendor(500, "IDRAC.2.8.SWC0700"),
    ];
    for action in cases {
        mock.clear_requests();
        mock.faults().add(Rule::on("GET", SYSTEM).times(2).then(action.clone()));
        let system = bmc.get::<ComputerSystem>(SYSTEM).await.unwrap_or_else(|error| panic!("{action:?}: {error}"));
        assert_eq!(system.id.as_deref(), Some("1"));
        mock.requests().to("GET", SYSTEM).assert_count(3);
    }
    for action in [Action::Status(500), Action::Status(404), vendor(400, "Base.1.8.PropertyUnknown"), Action::html(200)]
    {
        mock.clear_requests();
        mock.faults().add(Rule::on("GET", SYSTEM).times(1).then(action));
        bmc.get::<ComputerSystem>(SYSTEM).await.unwrap_err();
        mock.requests().to("GET", SYSTEM).assert_once();
    }
}

#[tokio::test]
async fn the_service_says_when_to_come_back() {
    let (mock, bmc) = plain().await;
    let in_a_moment = || Action::unavailable_until(SystemTime::now() + Duration::from_secs(1));
    for action in [|| Action::unavailable(1), in_a_moment] {
        mock.faults().clear();
        mock.faults().add(Rule::on("GET", SYSTEM).times(1).then(action()));
        let begin = Instant::now();
        bmc.get::<ComputerSystem>(SYSTEM).await.unwrap();
        let waited = begin.elapsed();
        assert!(waited > Duration::from_millis(300) && waited < Duration::from_secs(4), "{waited:?}");
    }
    // A time that does not fit is reported instead of waited for.
    mock.faults().clear();
    mock.faults().add(Rule::on("GET", SYSTEM).then(Action::unavailable(3600)));
    let begin = Instant::now();
    let error = bmc.get::<ComputerSystem>(SYSTEM).await.unwrap_err();
    assert!(begin.elapsed() < Duration::from_secs(1));
    assert_eq!(error.retry_after(), Some(Duration::from_secs(3600)));
    assert_eq!(error.status(), Some(503));
}

#[tokio::test]
async fn attempts_and_time_are_limited() {
    let (mock, bmc) = plain().await;
    mock.faults().add(Rule::on("GET", SYSTEM).then(Action::Status(503)));
    for (policy, most) in [(quick(), 4), (quick().attempts(7), 7), (RetryPolicy::none(), 1)] {
        mock.clear_requests();
        bmc.with_retry(policy).get::<ComputerSystem>(SYSTEM).await.unwrap_err();
        mock.requests().to("GET", SYSTEM).assert_count(most);
    }
    let policy = quick().attempts(1_000_000).budget(Duration::from_millis(200));
    let begin = Instant::now();
    bmc.with_retry(policy).get::<ComputerSystem>(SYSTEM).await.unwrap_err();
    assert!(begin.elapsed() < Duration::from_millis(600), "{:?}", begin.elapsed());
}

#[tokio::test]
async fn a_change_whose_answer_is_lost_is_sent_once_and_its_outcome_is_said_to_be_unknown() {
    let (mock, bmc) = plain().await;
    let system = bmc.get::<ComputerSystem>(SYSTEM).await.unwrap();
    for action in [Action::LoseReply, Action::Reset, Action::Garbage, Action::html(502), Action::html(504)] {
        mock.faults().clear();
        mock.clear_requests();
        for method in ["POST", "PATCH", "DELETE"] {
            mock.faults().add(Rule::method(method).then(action.clone()));
        }
        let check = |error: Error, what: &str| {
            assert!(error.outcome_unknown(), "{action:?} {what}: {error}");
            assert!(error.to_string().contains("not known"), "{error}");
        };
        check(system.reset(ResetType::ForceOff).await.unwrap_err(), "Reset");
        mock.requests().to("POST", "**/ComputerSystem.Reset").assert_once();

        let mut edit = bmc.get::<ComputerSystem>(SYSTEM).await.unwrap().edit();
        edit.asset_tag = Some(format!("{action:?}"));
        check(edit.commit().await.unwrap_err(), "PATCH");
        mock.requests().to("PATCH", SYSTEM).assert_once();

        let accounts = bmc.root().account_service().await.unwrap().accounts().await.unwrap();
        let account = ManagerAccount {
            user_name: Some("once".into()),
            password: Some("0nce-and-no-more".into()),
            role_id: Some("ReadOnly".into()),
            ..Default::default()
        };
        check(accounts.create(&account).await.unwrap_err(), "POST");
        mock.requests().to("POST", "**/Accounts").assert_once();

        if action == Action::LoseReply {
            // All of it was done.
            assert_eq!(mock.resource(SYSTEM).unwrap()["PowerState"], "Off");
            assert_eq!(mock.resource(SYSTEM).unwrap()["AssetTag"], format!("{action:?}"));
            let accounts = bmc.get::<ManagerAccountCollection>(accounts.uri()).await.unwrap();
            let made = accounts.members().try_collect::<Vec<_>>().await.unwrap();
            let once = |account: &Resource<ManagerAccount>| account.user_name.as_deref() == Some("once");
            let made = made.into_iter().find(once).unwrap_or_else(|| panic!("{:?}", mock.requests()));
            check(made.delete().await.unwrap_err(), "DELETE");
            mock.requests().to("DELETE", "**/Accounts/*").assert_once();
        }
    }
}

#[tokio::test]
async fn a_read_says_nothing_of_outcomes() {
    let (mock, bmc) = plain().await;
    mock.faults().add(Rule::on("GET", SYSTEM).then(Action::LoseReply));
    let error = bmc.get::<ComputerSystem>(SYSTEM).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connect);
    assert!(!error.outcome_unknown());
}

#[tokio::test]
async fn a_change_is_sent_again_only_if_it_was_not_acted_upon() {
    let (mock, bmc) = plain().await;
    let system = bmc.get::<ComputerSystem>(SYSTEM).await.unwrap();
    let reset = "/redfish/v1/Systems/1/Actions/ComputerSystem.Reset";
    let policy = || quick().changes_when_unavailable();
    let cases = [
        (Action::Status(503), quick(), 1),
        (Action::unavailable(0), quick(), 1),
        (Action::Status(503), policy(), 1),
        (Action::unavailable(0), policy(), 3),
        (vendor(400, "IDRAC.2.8.SWC0700"), quick(), 3),
        (vendor(400, "iLO.2.24.InvalidOperationForSystemState"), quick(), 1),
        (Action::Status(401), quick(), 2),
    ];
    for (action, policy, sent) in cases {
        mock.faults().clear();
        mock.clear_requests();
        let system = bmc.with_retry(policy).get::<ComputerSystem>(system.uri()).await.unwrap();
        let times = if action == Action::Status(401) { 1 } else { 2 };
        mock.faults().add(Rule::on("POST", reset).times(times).then(action.clone()));
        let done = system.reset(ResetType::ForceOff).await;
        assert_eq!(done.is_ok(), sent > 1, "{action:?}: {done:?}");
        mock.requests().to("POST", reset).assert_count(sent);
    }
    assert_eq!(system.power_state, Some(PowerState::On));
}

#[tokio::test]
async fn what_was_never_sent_may_be_sent() {
    let memory = Memory::new(|request, nth| match (request.method().as_str(), nth) {
        ("POST", 1 | 2) => Err(Error::unsent("connection refused")),
        ("POST", _) => answer(204, ""),
        _ if request.uri().path() == SYSTEM => {
            answer(200, r##"{"Actions":{"#ComputerSystem.Reset":{"target":"/redfish/v1/Systems/1/Actions/Reset"}}}"##)
        }
        _ => answer(200, "{}"),
    });
    let bmc = client(&memory).retry(quick()).connect().await.unwrap();
    let system = bmc.get::<ComputerSystem>(SYSTEM).await.unwrap();
    system.reset(ResetType::On).await.unwrap();
    assert_eq!(memory.asked().iter().filter(|line| line.starts_with("POST")).count(), 3);
}

#[tokio::test]
async fn a_connection_that_was_closed_meanwhile_is_no_reason_to_fail_or_to_send_twice() {
    let (mock, bmc) = plain().await;
    let system = bmc.get::<ComputerSystem>(SYSTEM).await.unwrap();
    for on in [ResetType::ForceOff, ResetType::On] {
        // The service closes the connection after its answer; the pool still has it.
        mock.faults().add(Rule::on("GET", SYSTEM).times(1).then(Action::Header("Connection".into(), "close".into())));
        bmc.get::<ComputerSystem>(SYSTEM).await.unwrap();
        mock.clear_requests();
        system.reset(on).await.unwrap();
        mock.requests().to("POST", "**").assert_once();
    }
}
