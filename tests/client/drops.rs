//! Dropping a client: it keeps nobody waiting, and leaves nothing behind for those who wait at the end.

use std::time::{Duration, Instant};

use rosefish::{Client, Credentials};
use rosefish_mock::MockBmc;
use rosefish_mock::fault::{Action, Rule};

use crate::{all_ended, builder};

/// How long a BMC is silent that hangs.
const FOREVER: Duration = Duration::from_secs(3600);

/// BMCs that let people log in and then answer nothing more.
async fn hanging(count: usize) -> Vec<MockBmc> {
    let mut all = Vec::new();
    for _ in 0..count {
        let mock = MockBmc::builder().plain().start().await.unwrap();
        mock.faults().add(Rule::on("GET", "/redfish/v1/Systems**").then(Action::Delay(FOREVER)));
        mock.faults().add(Rule::on("DELETE", "**").then(Action::Delay(FOREVER)));
        all.push(mock);
    }
    all
}

#[tokio::test]
async fn a_deadline_holds_for_many_bmcs_that_hang_on_one_worker() {
    let mocks = hanging(10).await;
    let connect = |mock: &MockBmc| builder(mock).timeout(Duration::from_secs(1)).connect();
    let clients: Vec<Client> = futures_util::future::try_join_all(mocks.iter().map(connect)).await.unwrap();
    let begin = Instant::now();
    let reads = clients.into_iter().map(|client| async move {
        let error = client.get_raw("/redfish/v1/Systems").await.unwrap_err();
        assert!(error.is_timeout(), "{error}");
    });
    futures_util::future::join_all(reads).await;
    // As it is measured on a machine with other work; the bench has the number.
    assert!(begin.elapsed() < Duration::from_millis(1500), "{:?}", begin.elapsed());
}

#[test]
fn a_drop_does_not_wait_for_the_service_in_a_runtime_nor_without_one() {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (mock, client, other) = runtime().block_on(async {
        let mock = MockBmc::builder().plain().start().await.unwrap();
        let clients = (builder(&mock).connect().await.unwrap(), builder(&mock).connect().await.unwrap());
        // From here on nobody answers.
        (mock, clients.0, clients.1)
    });
    let begin = Instant::now();
    runtime().block_on(async move { drop(client) });
    drop(other);
    assert!(begin.elapsed() < Duration::from_millis(200), "{:?}", begin.elapsed());
    drop(mock);
}

#[tokio::test]
async fn what_is_dropped_at_once_is_ended_a_few_at_a_time() {
    let mock = MockBmc::builder().plain().latency(Duration::from_millis(5)).start().await.unwrap();
    let mut clients = Vec::new();
    for _ in 0..100 {
        clients.push(builder(&mock).connect().await.unwrap());
    }
    mock.clear_requests();
    drop(clients);
    all_ended(&mock).await;
    assert!(mock.most_requests_under_way() <= 4, "{}", mock.most_requests_under_way());
}

/// In a process of its own, so that nobody else's sessions are waited for.
#[test]
fn a_program_can_wait_for_its_logouts_within_a_runtime_and_after_it() {
    if std::env::var_os("ROSEFISH_TEST_LOGOUTS").is_none() {
        let this = std::env::current_exe().unwrap();
        let name = "drops::a_program_can_wait_for_its_logouts_within_a_runtime_and_after_it";
        let run = std::process::Command::new(this)
            .args(["--exact", name, "--nocapture"])
            .env("ROSEFISH_TEST_LOGOUTS", "1")
            .output()
            .unwrap();
        assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
        assert!(String::from_utf8_lossy(&run.stdout).contains("1 passed"));
        return;
    }
    let service = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let mock = service.block_on(MockBmc::builder().plain().latency(Duration::from_millis(3)).start()).unwrap();
    let program = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let connected = |count: usize| {
        let mock = &mock;
        async move {
            let mut clients = Vec::new();
            for _ in 0..count {
                clients.push(builder(mock).connect().await.unwrap());
            }
            clients
        }
    };
    program().block_on(async {
        assert_eq!(rosefish::logged_out(Duration::ZERO).await, 0);
        drop(connected(20).await);
        assert!(rosefish::logged_out(Duration::ZERO).await > 0, "it says how many are left");
        assert_eq!(rosefish::logged_out(Duration::from_secs(20)).await, 0);
        assert_eq!(mock.sessions(), 0);
        // Logins that were given up are waited for as well.
        for wait in 0..20 {
            let login =
                Client::builder(&mock.url()).credentials(Credentials::new(mock.user(), mock.password())).connect();
            let _ = tokio::time::timeout(Duration::from_micros(500 * wait), login).await;
        }
        assert_eq!(rosefish::logged_out(Duration::from_secs(20)).await, 0);
        assert_eq!(mock.sessions(), 0);
    });
    let clients = program().block_on(connected(20));
    drop(clients);
    assert_eq!(rosefish::logged_out_blocking(Duration::from_secs(20)), 0);
    assert_eq!(mock.sessions(), 0);

    // And no longer than it was instructed to.
    mock.faults().add(Rule::on("DELETE", "**").then(Action::Delay(FOREVER)));
    drop(program().block_on(connected(3)));
    let begin = Instant::now();
    assert_eq!(rosefish::logged_out_blocking(Duration::from_millis(100)), 3);
    assert_eq!(program().block_on(rosefish::logged_out(Duration::from_millis(100))), 3);
    assert!(begin.elapsed() < Duration::from_secs(2), "{:?}", begin.elapsed());
}

/// At each moment of a login: before it is sent, while the service makes the session, while the answer is on its way.
#[test]
fn a_login_that_the_end_of_its_runtime_cuts_leaves_no_session() {
    const LOGINS: u32 = 50;
    let service = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let mock = service.block_on(MockBmc::builder().plain().latency(Duration::from_millis(10)).start()).unwrap();
    let answered =
        || mock.requests().to("POST", "**/Sessions").iter().filter(|request| request.status() == 201).count();
    for number in 0..LOGINS {
        let program = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let login = async { tokio::time::timeout(Duration::from_millis(3) * number, builder(&mock).connect()).await };
        drop(program.block_on(login));
    }
    service.block_on(all_ended(&mock));
    assert!(answered() > 0, "{} logins came to their end", answered());
}

#[tokio::test]
async fn a_session_that_comes_when_its_caller_has_given_up_is_ended() {
    let mock = MockBmc::builder().plain().start().await.unwrap();
    let time = Duration::from_millis(300);
    mock.faults().add(Rule::on("POST", "**/Sessions").times(1).then(Action::Apply).then(Action::Delay(3 * time)));
    let begun = Instant::now();
    let late = builder(&mock).timeout(time).connect().await.unwrap_err();
    assert!(late.is_timeout() && begun.elapsed() < 2 * time, "{late} {:?}", begun.elapsed());
    assert_eq!(mock.sessions(), 1, "the service has made one");
    // The next login need not wait for what has become of the last.
    let begun = Instant::now();
    let client = builder(&mock).timeout(time).connect().await.unwrap();
    assert!(begun.elapsed() < time, "{:?}", begun.elapsed());
    drop(client);
    all_ended(&mock).await;
}
