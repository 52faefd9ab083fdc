//! What goes wrong between client and BMC: loss, duplicates, disorder, forged and damaged packets, busy BMCs, callers
//! that go away.

use std::time::Duration;

use rosefish::ipmi::command::chassis::{ChassisControl, GetChassisStatus};
use rosefish::ipmi::command::device::GetDeviceId;
use rosefish::ipmi::command::sel::GetSelTime;
use rosefish::ipmi::command::{CompletionCode, Raw};
use rosefish::ipmi::{CipherSuite, Client, command::NetFn};
use rosefish_mock::ipmi::{Act, Duplicates, Faults, Forgery, MockIpmi, Rule};

use crate::{builder, connect, start};

fn bad_network(seed: u64) -> Faults {
    Faults {
        seed,
        drop: 0.2,
        duplicate: 0.1,
        reorder: 0.2,
        delay: (Duration::ZERO, Duration::from_millis(3)),
        ..Faults::default()
    }
}

/// Sixty commands, of which every sixth changes something. Says how many changes were answered.
async fn sixty_commands(client: &Client, bmc: &MockIpmi) -> usize {
    let mut answered = 0;
    for round in 0..60u32 {
        match round % 6 {
            0 => assert!(client.chassis_status().await.unwrap().power_on),
            1 => assert_eq!(client.device_id().await.unwrap().ipmi_version, (2, 0)),
            2 => assert!(client.sel_time().await.is_ok()),
            3 => assert!(client.self_test().await.is_ok()),
            // An answer that tells itself apart: the name of user 2.
            4 => assert_eq!(client.users_name(2).await, "admin"),
            _ => match client.chassis_control(ChassisControl::HardReset).await {
                Ok(()) => answered += 1,
                Err(error) => assert!(error.is_timeout() && error.may_have_acted(), "{error}"),
            },
        }
    }
    assert!(bmc.executed(0, 2) >= answered);
    answered
}

trait UsersName {
    async fn users_name(&self, user: u8) -> String;
}

impl UsersName for Client {
    async fn users_name(&self, user: u8) -> String {
        self.send(&rosefish::ipmi::command::user::GetUserName { user }).await.unwrap()
    }
}

#[tokio::test]
async fn sixty_commands_survive_a_bad_network_and_changes_happen_at_most_once() {
    let run = async |seed: u64| {
        // The worst of BMCs: it would carry a repeated request out again.
        let bmc = MockIpmi::builder().duplicates(Duplicates::ExecuteAgain).start().await.unwrap();
        bmc.set_faults(bad_network(seed));
        let client = builder(&bmc)
            .repeat_after(Duration::from_millis(25))
            .timeout(Duration::from_millis(1500))
            .connect()
            .await
            .unwrap_or_else(|error| panic!("seed {seed}: {error}"));
        sixty_commands(&client, &bmc).await;
        // Each change has a request of its own in the journal, and none has two.
        let mut sent: Vec<_> =
            bmc.journal().into_iter().filter(|entry| (entry.netfn, entry.command) == (0, 2)).collect();
        assert!(sent.len() <= 10, "seed {seed}: {sent:?}");
        sent.dedup_by_key(|entry| (entry.session, entry.sequence));
        assert_eq!(sent.len(), bmc.executed(0, 2), "seed {seed}");
    };
    let runs: Vec<_> = (0..50).map(run).collect();
    futures_util::future::join_all(runs).await;
}

#[tokio::test]
async fn commands_under_way_at_the_same_time_are_not_mixed_up() {
    let bmc = start().await;
    bmc.set_faults(bad_network(99));
    let client = builder(&bmc).requests_under_way(8).connect().await.unwrap();
    let ask = async |index: u8| match index % 3 {
        0 => assert!(client.send(&GetChassisStatus).await.unwrap().power_on),
        1 => assert_eq!(client.send(&GetDeviceId).await.unwrap().ipmi_version, (2, 0)),
        _ => {
            // The mock answers user names: five users, five different answers.
            let user = 1 + index % 5;
            let name = client.users_name(user).await;
            let expected = if user == 2 { "admin" } else { "" };
            assert_eq!(name, expected, "user {user}");
        }
    };
    futures_util::future::join_all((0..90).map(ask)).await;
}

#[tokio::test]
async fn forged_packets_of_every_kind_are_refused_and_the_session_goes_on() {
    for suite in [17, 3] {
        let bmc = start().await;
        let suite = CipherSuite::from_id(suite).unwrap();
        let client = builder(&bmc).cipher_suite(suite).connect().await.unwrap();
        for forgery in Forgery::ALL {
            // First in front of the answer, then in place of it.
            for instead in [false, true] {
                bmc.set_faults(Faults {
                    forge: if instead { 0.5 } else { 1.0 },
                    forgeries: vec![forgery],
                    forge_instead: instead,
                    ..Faults::default()
                });
                for _ in 0..10 {
                    assert!(client.chassis_status().await.unwrap().power_on, "{forgery:?}");
                }
            }
        }
        bmc.set_faults(Faults::default());
        assert!(bmc.stats().forged > 50);
        assert_eq!(bmc.stats().sessions_opened, 1, "it is the same session still");
    }
}

#[tokio::test]
async fn truncated_and_corrupted_packets_are_refused_and_the_session_goes_on() {
    let bmc = start().await;
    let client = connect(&bmc).await;
    bmc.set_faults(Faults { seed: 5, truncate: 0.15, corrupt: 0.15, ..Faults::default() });
    for _ in 0..60 {
        assert!(client.chassis_status().await.unwrap().power_on);
    }
    let stats = bmc.stats();
    assert!(stats.truncated > 10 && stats.corrupted > 10 && stats.sessions_opened == 1, "{stats:?}");
}

#[tokio::test]
async fn a_late_answer_is_not_taken_for_the_answer_to_another_question() {
    let bmc = start().await;
    let client = connect(&bmc).await;
    bmc.rule(Rule::once(0x06, 0x46, Act::Late(Duration::from_millis(300))));
    // The caller loses patience; the answer arrives while another user's name is asked for.
    let asked = tokio::time::timeout(Duration::from_millis(25), client.users_name(2)).await;
    assert!(asked.is_err());
    for _ in 0..40 {
        assert_eq!(client.users_name(3).await, "");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn a_change_is_sent_again_only_when_it_was_proved_to_be_refused() {
    let bmc = start().await;
    let client = builder(&bmc).timeout(Duration::from_millis(500)).connect().await.unwrap();
    for _ in 0..3 {
        bmc.rule(Rule::once(0x00, 0x02, Act::Refuse(0xc0)));
    }
    client.chassis_control(ChassisControl::HardReset).await.unwrap();
    assert_eq!(bmc.executed(0, 2), 1, "busy three times, then carried out once");

    bmc.rule(Rule::once(0x00, 0x02, Act::ExecuteSilently));
    let lost = client.chassis_control(ChassisControl::HardReset).await.unwrap_err();
    assert!(lost.is_timeout() && lost.may_have_acted());
    let requests = bmc.journal().into_iter().filter(|entry| (entry.netfn, entry.command) == (0, 2));
    assert_eq!((bmc.executed(0, 2), requests.count()), (2, 5), "it was sent once and not again");

    bmc.rule(Rule::once(0x00, 0x02, Act::Refuse(0xc3)));
    let refused = client.chassis_control(ChassisControl::HardReset).await.unwrap_err();
    assert_eq!(refused.completion_code(), Some(CompletionCode::ProcessingTimeout), "it proves nothing");
}

#[tokio::test]
async fn a_read_is_sent_again_until_it_is_answered() {
    let bmc = start().await;
    let client = connect(&bmc).await;
    for act in [Act::Swallow, Act::ExecuteSilently, Act::Refuse(0xc0), Act::Refuse(0xc3), Act::Refuse(0xce)] {
        bmc.rule(Rule::once(0x0a, 0x48, act.clone()));
        assert!(client.send(&GetSelTime).await.is_ok(), "{act:?}");
    }
    let malformed = Act::Shorten(1);
    bmc.rule(Rule::once(0x0a, 0x48, malformed));
    assert!(client.send(&GetSelTime).await.is_err());
}

#[tokio::test]
async fn callers_that_go_away_disturb_nobody() {
    let bmc = start().await;
    let client = builder(&bmc).requests_under_way(2).connect().await.unwrap();
    bmc.rule(Rule { times: 6, ..Rule::once(0x06, 0x01, Act::Swallow) });
    for _ in 0..6 {
        let gone = tokio::time::timeout(Duration::from_millis(5), client.device_id()).await;
        assert!(gone.is_err());
        assert!(client.chassis_status().await.unwrap().power_on);
    }
    assert!(client.device_id().await.is_ok());
}

#[tokio::test]
async fn a_raw_command_is_a_change_unless_it_is_said_to_read() {
    let bmc = start().await;
    let client = builder(&bmc).timeout(Duration::from_millis(400)).connect().await.unwrap();
    let status = Raw::new(NetFn::CHASSIS, 0x01, []);
    assert_eq!(client.send(&status).await.unwrap().len(), 4);
    bmc.rule(Rule::once(0x00, 0x01, Act::Swallow));
    assert!(client.send(&status).await.unwrap_err().may_have_acted());
    bmc.rule(Rule::once(0x00, 0x01, Act::Swallow));
    assert!(client.send(&status.reading()).await.is_ok());
    let unknown = client.send(&Raw::new(NetFn(0x32), 0x99, [1, 2])).await.unwrap_err();
    assert_eq!(unknown.completion_code(), Some(CompletionCode::InvalidCommand));
}
