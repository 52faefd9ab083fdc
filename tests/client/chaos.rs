//! Many users of one client and a service that misbehaves at random, the same way with the same seed.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rosefish::schema::{Chassis, ComputerSystem, Sensor};
use rosefish::{Client, ErrorKind, RetryPolicy};
use rosefish_mock::MockBmc;
use rosefish_mock::fault::Rule;

use crate::{all_ended, builder};

const USERS: usize = 50;
const EACH: usize = 160;
const LIMIT: usize = 6;
const SYSTEM: &str = "/redfish/v1/Systems/1";

#[derive(Default)]
struct Tally {
    right: AtomicUsize,
    failed: AtomicUsize,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_users_of_one_client_get_right_answers_or_typed_errors() {
    let mock = MockBmc::builder().plain().start().await.unwrap();
    let policy = RetryPolicy::default().first_delay(Duration::from_millis(2)).longest_delay(Duration::from_millis(10));
    let bmc = builder(&mock).concurrency(LIMIT).retry(policy).connect().await.unwrap();
    let chassis = bmc.get::<Chassis>("/redfish/v1/Chassis/1U").await.unwrap();
    let sensors: Vec<_> = chassis.sensors().members().try_collect().await.unwrap();
    let expected: Arc<Vec<_>> =
        Arc::new(sensors.into_iter().map(|sensor| (sensor.uri().to_owned(), sensor.into_value())).collect());

    // A login that is refused means that the credentials are wrong: that one is left alone.
    mock.faults().add(Rule::on("POST", "**/Sessions"));
    mock.faults().set_random(0x0ff1ce, 0.2);
    let tally = Arc::new(Tally::default());
    let users: Vec<_> = (0..USERS)
        .map(|user| tokio::spawn(work(bmc.clone(), user, Arc::clone(&expected), Arc::clone(&tally))))
        .collect();
    for user in users {
        user.await.expect("no user panics");
    }
    let fired = mock.faults().random_fired();
    mock.faults().clear();
    let (right, failed) = (tally.right.load(Ordering::Relaxed), tally.failed.load(Ordering::Relaxed));
    assert_eq!(right + failed, USERS * EACH);
    assert!(mock.request_count() >= 10_000, "{} requests", mock.request_count());
    assert!(fired > 1_000, "{fired} faults");
    assert!(right > USERS * EACH * 8 / 10, "{right} right, {failed} failed");
    assert!(failed > 0, "the faults were there");
    let most = mock.most_requests_under_way();
    assert!(most <= LIMIT, "{most} at once");

    // It still works, and leaves nothing behind.
    bmc.get::<ComputerSystem>(SYSTEM).await.unwrap();
    assert_eq!(mock.sessions(), 1);
    bmc.close().await.unwrap();
    all_ended(&mock).await;
}

async fn work(bmc: Client, user: usize, expected: Arc<Vec<(String, Sensor)>>, tally: Arc<Tally>) {
    for turn in 0..EACH {
        let outcome = if turn % 10 == 9 {
            rename(&bmc, format!("user {user} turn {turn}")).await
        } else {
            let (uri, value) = &expected[(user + turn) % expected.len()];
            bmc.get::<Sensor>(uri).await.map(|read| assert_eq!(read.value(), value, "wrong data"))
        };
        match outcome {
            Ok(()) => tally.right.fetch_add(1, Ordering::Relaxed),
            Err(error) => {
                check(&error);
                tally.failed.fetch_add(1, Ordering::Relaxed)
            }
        };
    }
}

/// Changes what all others change too: who hears that it was done must see some user's text.
async fn rename(bmc: &Client, text: String) -> Result<(), rosefish::Error> {
    let mut edit = bmc.get::<ComputerSystem>(SYSTEM).await?.edit();
    edit.asset_tag = Some(text);
    drop(edit.commit().await?);
    let read = bmc.get::<ComputerSystem>(SYSTEM).await?;
    assert!(read.asset_tag.as_deref().is_some_and(|tag| tag.starts_with("user ")), "wrong data");
    Ok(())
}

fn check(error: &rosefish::Error) {
    let expected = match error.kind() {
        ErrorKind::Connect | ErrorKind::Timeout => error.status().is_none() || error.status() == Some(200),
        ErrorKind::Unauthorized => error.status() == Some(401),
        ErrorKind::Precondition => matches!(error.status(), Some(412 | 428)),
        ErrorKind::Refused => error.status().is_some_and(|status| status >= 500),
        ErrorKind::Decode => true,
        _ => false,
    };
    assert!(expected, "{:?}: {error}", error.kind());
    assert!(!error.outcome_unknown() || error.method() == Some("PATCH"), "{error}");
}
