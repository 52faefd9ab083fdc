//! Opening, keeping and closing sessions.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use rosefish::ipmi::command::chassis::ChassisControl;
use rosefish::ipmi::{AuthType, CipherSuite, ErrorKind, Privilege, UserLookup};
use rosefish_mock::ipmi::{Act, Faults, HandshakeFault, MockIpmi, Privilege as Level, Rule, User};
use tokio::net::UdpSocket;

use crate::{builder, connect, eventually, start};

fn suite(id: u8) -> CipherSuite {
    CipherSuite::from_id(id).unwrap()
}

async fn with_suites(suites: &[u8]) -> MockIpmi {
    MockIpmi::builder().suites(suites).start().await.unwrap()
}

async fn with_fault(fault: HandshakeFault) -> MockIpmi {
    let faults = Faults { handshake: vec![fault], ..Faults::default() };
    MockIpmi::builder().faults(faults).start().await.unwrap()
}

#[tokio::test]
async fn the_strongest_suite_of_the_bmc_is_chosen() {
    for (offered, chosen) in [(&[3, 17][..], 17), (&[3], 3), (&[1, 2, 3, 15, 16], 3)] {
        let bmc = with_suites(offered).await;
        let client = connect(&bmc).await;
        assert_eq!(client.cipher_suite(), Some(suite(chosen)), "{offered:?}");
        assert!(client.chassis_status().await.unwrap().power_on);
    }
}

#[tokio::test]
async fn an_unprotected_suite_is_used_only_when_it_is_asked_for_by_name() {
    for id in [1, 2, 15, 16] {
        let bmc = with_suites(&[id]).await;
        let error = builder(&bmc).connect().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
        let error = builder(&bmc).cipher_suite(suite(id)).connect().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
        let client = builder(&bmc).danger_unprotected_cipher_suite(suite(id)).connect().await.unwrap();
        assert_eq!(client.cipher_suite(), Some(suite(id)));
        assert!(client.chassis_status().await.unwrap().power_on, "suite {id}");
    }
}

#[tokio::test]
async fn a_peer_that_answers_another_suite_is_refused() {
    for (asked, answered) in [(17, 3), (17, 0), (3, 1)] {
        let bmc = with_fault(HandshakeFault::Downgrade(answered)).await;
        let error = builder(&bmc).cipher_suite(suite(asked)).connect().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Untrusted, "{error}");
        assert!(error.to_string().contains("downgrade"), "{error}");
        assert_eq!(bmc.sessions(), 0);
    }
}

#[tokio::test]
async fn a_wrong_password_is_tried_once_and_says_so() {
    let bmc = start().await;
    let error = builder(&bmc).credentials("admin", "guess").connect().await.unwrap_err();
    assert!(error.is_auth() && !error.is_timeout(), "{error}");
    assert!(!format!("{error:?}{error}").contains("guess"));
    // Capabilities, one part of the suites' list, Open Session, RAKP 1, and RAKP 3 to say that it is over.
    assert!(bmc.stats().received <= 5, "{:?}", bmc.stats());
    assert!(builder(&bmc).credentials("nobody", "x").connect().await.unwrap_err().is_auth());
    let long = builder(&bmc).credentials("a name that is too long", "x").connect().await.unwrap_err();
    assert_eq!(long.kind(), ErrorKind::Invalid);
}

#[tokio::test]
async fn the_key_of_the_bmc_has_to_be_the_right_one() {
    let key = |text: &str| text.as_bytes().to_vec().into_boxed_slice();
    let bmc = MockIpmi::builder().kg(b"a key of the BMC").start().await.unwrap();
    let client = builder(&bmc).bmc_key(key("a key of the BMC")).connect().await.unwrap();
    assert!(client.chassis_status().await.unwrap().power_on);
    client.close().await;
    for error in [
        builder(&bmc).bmc_key(key("another key")).connect().await.unwrap_err(),
        builder(&bmc).connect().await.unwrap_err(),
    ] {
        assert!(error.is_auth() && error.to_string().contains("K_G"), "{error}");
    }
}

#[tokio::test]
async fn users_are_looked_up_by_name_or_by_name_and_privilege() {
    let bmc = MockIpmi::builder()
        .user(User::new("root", "first", Level::Operator))
        .user(User::new("root", "second", Level::Administrator))
        .start()
        .await
        .unwrap();
    let lookup = |privilege, password: &str| {
        let builder = builder(&bmc).credentials("root", password).privilege(privilege);
        builder.user_lookup(UserLookup::NameAndPrivilege).connect()
    };
    let client = lookup(Privilege::Administrator, "second").await.unwrap();
    assert_eq!(client.privilege(), Privilege::Administrator);
    lookup(Privilege::Operator, "first").await.unwrap();
    assert!(lookup(Privilege::Administrator, "first").await.unwrap_err().is_auth());
}

#[tokio::test]
async fn a_privilege_level_above_the_users_is_refused_and_no_session_stays() {
    let bmc = MockIpmi::builder().user(User::new("eve", "pw", Level::User)).start().await.unwrap();
    let error = builder(&bmc).credentials("eve", "pw").connect().await.unwrap_err();
    assert!(error.is_auth() && error.to_string().contains("lower privilege"), "{error}");
    assert!(eventually(|| bmc.sessions() == 0).await);
    let client = builder(&bmc).credentials("eve", "pw").privilege(Privilege::User).connect().await.unwrap();
    assert!(client.chassis_status().await.is_ok());
    let refused = client.chassis_control(ChassisControl::PowerDown).await.unwrap_err();
    assert!(matches!(refused.kind(), ErrorKind::Refused(_)) && !refused.may_have_acted(), "{refused}");
}

#[tokio::test]
async fn every_faulty_handshake_ends_in_an_error_and_without_a_session() {
    use HandshakeFault as F;
    let faults = [
        F::WrongKeyExchangeCode,
        F::WrongCheckValue,
        F::WrongTag(0x11),
        F::WrongTag(0x13),
        F::WrongSession(0x11),
        F::WrongSession(0x13),
        F::WrongSession(0x15),
        F::Truncate(0x11, 10),
        F::Truncate(0x13, 30),
        F::Truncate(0x15, 9),
        F::Status(0x11, 0x01),
        F::Status(0x13, 0x0d),
        F::Status(0x15, 0x0f),
        F::Silence(0x11),
        F::Silence(0x13),
    ];
    for fault in faults {
        let bmc = with_fault(fault.clone()).await;
        let patient = builder(&bmc).cipher_suite(suite(17)).timeout(Duration::from_millis(300));
        let error = patient.connect().await.unwrap_err();
        assert!(!error.to_string().is_empty(), "{fault:?}");
        assert!(eventually(|| bmc.sessions() == 0).await, "{fault:?}: {error}");
    }
}

#[tokio::test]
async fn nothing_and_nobody_there_are_told_apart() {
    let bmc = start().await;
    bmc.set_online(false);
    let silent = builder(&bmc).timeout(Duration::from_millis(200)).connect().await.unwrap_err();
    assert!(silent.is_timeout(), "{silent}");
    let free = std::net::UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let closed = builder(&bmc).port(free).connect().await.unwrap_err();
    assert_eq!(closed.kind(), ErrorKind::Unreachable, "{closed}");
}

#[tokio::test]
async fn ipmi_1_5_is_spoken_when_it_is_asked_for_by_name() {
    let bmc = MockIpmi::builder().ipmi_1_5(true).start().await.unwrap();
    for auth_type in [AuthType::Md5, AuthType::Straight] {
        let Ok(client) = builder(&bmc).danger_ipmi_1_5(auth_type).connect().await else {
            continue;
        };
        assert_eq!(client.cipher_suite(), None);
        assert!(client.chassis_status().await.unwrap().power_on, "{auth_type:?}");
        client.close().await;
    }
    assert!(bmc.stats().sessions_opened > 0);
    assert!(eventually(|| bmc.sessions() == 0).await);
}

#[tokio::test]
async fn a_session_is_closed_when_the_last_clone_is_dropped() {
    let bmc = start().await;
    let client = connect(&bmc).await;
    let clone = client.clone();
    drop(client);
    assert!(clone.chassis_status().await.is_ok());
    assert_eq!(bmc.sessions(), 1);
    drop(clone);
    assert!(eventually(|| bmc.sessions() == 0).await);
    assert_eq!(bmc.stats().sessions_closed, 1);
}

#[tokio::test]
async fn a_closed_session_says_so_to_other_clones() {
    let bmc = start().await;
    let client = connect(&bmc).await;
    let clone = client.clone();
    client.close().await;
    assert_eq!(bmc.sessions(), 0, "closing waits until it is done");
    assert_eq!(clone.chassis_status().await.unwrap_err().kind(), ErrorKind::Closed);
    clone.close().await;
}

#[tokio::test]
async fn a_cancelled_connect_leaves_no_session_behind() {
    let bmc = start().await;
    bmc.set_faults(Faults { delay: (Duration::from_millis(4), Duration::from_millis(4)), ..Faults::default() });
    for milliseconds in [1, 10, 20, 30, 40, 50, 60] {
        let _ = tokio::time::timeout(Duration::from_millis(milliseconds), connect(&bmc)).await;
    }
    assert!(eventually(|| bmc.stats().sessions_opened > 0).await, "the slower ones got that far");
    assert!(eventually(|| bmc.sessions() == 0).await);
}

#[test]
fn a_session_is_closed_when_the_runtime_goes_down() {
    let bmc = MockIpmi::builder().start_blocking().unwrap();
    for _ in 0..3 {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let client = runtime.block_on(connect(&bmc));
        drop(runtime);
        drop(client);
    }
    std::thread::sleep(Duration::from_millis(200));
    assert_eq!((bmc.sessions(), bmc.stats().sessions_closed), (0, 3));
}

#[tokio::test]
async fn an_idle_session_is_kept_alive() {
    let bmc = MockIpmi::builder().inactivity(Duration::from_millis(300)).start().await.unwrap();
    let client = builder(&bmc).keep_alive(Some(Duration::from_millis(80))).connect().await.unwrap();
    tokio::time::sleep(Duration::from_millis(900)).await;
    assert_eq!((bmc.sessions(), bmc.stats().sessions_opened), (1, 1));
    assert!(client.chassis_status().await.is_ok());
}

#[tokio::test]
async fn a_session_that_the_bmc_forgot_is_opened_anew_once() {
    let bmc = start().await;
    let client = builder(&bmc).timeout(Duration::from_millis(600)).connect().await.unwrap();
    bmc.forget_sessions();
    assert!(client.chassis_status().await.unwrap().power_on, "a read goes on in the new session");
    assert_eq!(bmc.stats().sessions_opened, 2);
    bmc.forget_sessions();
    let lost = client.chassis_control(ChassisControl::HardReset).await.unwrap_err();
    assert!(lost.is_timeout() && lost.may_have_acted(), "a change is not sent again: {lost}");
    assert_eq!(bmc.executed(0, 2), 0);
}

#[tokio::test]
async fn a_bmc_that_is_away_for_a_while_is_found_again() {
    let bmc = start().await;
    let client = builder(&bmc).timeout(Duration::from_millis(300)).connect().await.unwrap();
    bmc.set_online(false);
    assert!(client.chassis_status().await.unwrap_err().is_timeout());
    bmc.forget_sessions();
    bmc.set_online(true);
    assert!(client.chassis_status().await.unwrap().power_on);
    assert!(client.chassis_control(ChassisControl::HardReset).await.is_ok());
    assert_eq!(bmc.executed(0, 2), 1);
}

#[tokio::test]
async fn refused_credentials_are_not_tried_again_when_a_session_was_lost() {
    let bmc = start().await;
    let client = builder(&bmc).timeout(Duration::from_millis(300)).connect().await.unwrap();
    *bmc.machine().lock().users.get_mut(2).unwrap() = User::new("admin", "changed", Level::Administrator);
    bmc.forget_sessions();
    assert!(client.chassis_status().await.unwrap_err().is_auth());
    let received = bmc.stats().received;
    assert!(client.chassis_status().await.unwrap_err().is_auth());
    assert_eq!(bmc.stats().received, received, "nothing was sent any more");
}

#[tokio::test]
async fn a_session_and_a_chassis_status_take_the_round_trips_that_the_protocol_needs() {
    let bmc = start().await;
    // Open Session, RAKP 1 and 3, Set Session Privilege Level, the command, Close Session.
    let client = builder(&bmc).cipher_suite(suite(17)).connect().await.unwrap();
    client.chassis_status().await.unwrap();
    client.close().await;
    assert_eq!(bmc.stats().received, 6);
    bmc.clear_journal();
    // Without a suite, also Get Channel Authentication Capabilities and Get Channel Cipher Suites.
    let client = connect(&bmc).await;
    client.chassis_status().await.unwrap();
    client.close().await;
    assert_eq!(bmc.stats().received, 8);
}

#[tokio::test]
async fn whether_ipmi_is_spoken_is_learnt_without_a_session() {
    let bmc = start().await;
    let capabilities = builder(&bmc).probe().await.unwrap();
    assert!(capabilities.ipmi_2_0 && !capabilities.bmc_key, "{capabilities:?}");
    let pong = builder(&bmc).ping().await.unwrap();
    assert!(pong.ipmi);
    assert_eq!(bmc.stats().sessions_opened, 0);
    bmc.set_online(false);
    assert!(builder(&bmc).timeout(Duration::from_millis(100)).probe().await.unwrap_err().is_timeout());
}

#[tokio::test]
async fn a_session_is_opened_over_a_bad_network() {
    let open = async |seed| {
        let faults = Faults { seed, drop: 0.25, duplicate: 0.2, reorder: 0.2, truncate: 0.05, ..Faults::default() };
        let bmc = MockIpmi::builder().faults(faults).start().await.unwrap();
        let client = connect(&bmc).await;
        client.close().await;
    };
    futures_util::future::join_all((0..40).map(open)).await;
}

/// A BMC between which and its clients datagrams pass by `change`.
async fn behind(bmc: &MockIpmi, change: fn(&mut Vec<u8>)) -> SocketAddr {
    let (outer, inner) = (UdpSocket::bind("127.0.0.1:0").await.unwrap(), UdpSocket::bind("127.0.0.1:0").await.unwrap());
    inner.connect(bmc.addr()).await.unwrap();
    let address = outer.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut asked, mut answered) = ([0; 1024], [0; 1024]);
        let mut client = None;
        loop {
            tokio::select! {
                Ok((length, from)) = outer.recv_from(&mut asked) => {
                    client = Some(from);
                    let _ = inner.send(&asked[..length]).await;
                }
                Ok(length) = inner.recv(&mut answered) => {
                    let mut datagram = answered[..length].to_vec();
                    change(&mut datagram);
                    if let Some(client) = client {
                        let _ = outer.send_to(&datagram, client).await;
                    }
                }
            }
        }
    });
    address
}

#[tokio::test]
async fn the_first_request_has_sequence_0_and_answers_that_echo_0_are_taken() {
    let bmc = start().await;
    connect(&bmc).await.close().await;
    assert_eq!((bmc.journal()[0].command, bmc.journal()[0].sequence), (0x38, 0));
    // Outside of sessions, every answer has the sequence 0.
    let address = behind(&bmc, |datagram| {
        // RMCP, IPMI 1.5 without authentication: the message begins at 14.
        if datagram.get(4) == Some(&0) && datagram.len() > 20 {
            let end = datagram.len() - 1;
            datagram[14 + 4] &= 3;
            datagram[end] = datagram[17..end].iter().fold(0u8, |sum, byte| sum.wrapping_add(*byte)).wrapping_neg();
        }
    })
    .await;
    let client = builder(&bmc).port(address.port()).connect().await.unwrap();
    assert_eq!(client.cipher_suite(), Some(suite(17)));
    assert!(client.chassis_status().await.unwrap().power_on);
}

#[tokio::test]
async fn a_list_of_cipher_suites_that_is_silent_empty_or_garbled_costs_little_time() {
    const SUITE_3: [u8; 5] = [0xc0, 3, 1, 0x41, 0x81];
    const SUITE_17: [u8; 5] = [0xc0, 17, 3, 0x44, 0x81];
    let one = |bytes: &[u8]| [&[1][..], bytes].concat();
    let parts = |list: Vec<u8>| {
        move |index: u8| {
            let rest = list.get(usize::from(index) * 16..).unwrap_or_default();
            Ok([&[1][..], &rest[..rest.len().min(16)]].concat())
        }
    };
    type Answer = Box<dyn Fn(u8) -> Result<Vec<u8>, u8> + Send>;
    let answers: Vec<(&str, Answer, u8)> = vec![
        ("refused", Box::new(|_| Err(0xc1)), 3),
        ("refused for another reason", Box::new(|_| Err(0xff)), 3),
        ("without even a channel", Box::new(|_| Ok(vec![])), 3),
        ("empty", Box::new(move |_| Ok(one(&[]))), 3),
        ("zeros", Box::new(parts(vec![0; 16])), 3),
        ("noise", Box::new(parts(vec![0x5a; 40])), 3),
        ("ends within a record", Box::new(parts([&SUITE_17[..], &SUITE_3[..3]].concat())), 17),
        ("ends behind an ID", Box::new(parts([&SUITE_3[..], &SUITE_17[..2]].concat())), 17),
        ("noise behind 17", Box::new(parts([&SUITE_17[..], &[0xfe; 20]].concat())), 17),
        (
            "the same part again and again",
            Box::new(move |_| Ok(one(&[&SUITE_3[..], &SUITE_17, &SUITE_3, &[0]].concat()))),
            17,
        ),
        (
            "endless",
            Box::new(move |index| {
                Ok(one(&[&[0xc0, index, 1, 0x41, 0x81][..], &[0xc0, 17, 3, 0x44, 0x81], &[0xc0, 3, 1, 0x41, 0x81, 0]]
                    .concat()))
            }),
            17,
        ),
    ];
    for (what, answer, expected) in answers {
        let bmc = start().await;
        bmc.handle(0x06, 0x54, Box::new(move |data| answer(data[2] & 0x3f)));
        let begun = Instant::now();
        let client = builder(&bmc).connect().await.unwrap_or_else(|error| panic!("{what}: {error}"));
        assert_eq!(client.cipher_suite(), Some(suite(expected)), "{what}");
        assert!(begun.elapsed() < Duration::from_secs(1), "{what}: {:?}", begun.elapsed());
    }
}

#[tokio::test]
async fn a_bmc_that_does_not_list_its_cipher_suites_is_spoken_to_with_those_it_has() {
    for (offered, chosen) in [(&[3, 17][..], 3), (&[17], 17)] {
        let bmc = with_suites(offered).await;
        bmc.rule(Rule::always(0x06, 0x54, Act::Swallow));
        let begun = Instant::now();
        let client = connect(&bmc).await;
        assert_eq!(client.cipher_suite(), Some(suite(chosen)), "{offered:?}");
        assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
    }
    // The first part is heard, and the second isn't.
    let bmc = start().await;
    bmc.rule(Rule::once(
        0x06,
        0x54,
        Act::Reply(0, [&[1, 0xc0, 17, 3, 0x44, 0x81][..], &[0xc0, 1, 1, 0xc0, 2, 1, 0x41, 0xc0, 15, 3, 0xc0]].concat()),
    ));
    bmc.rule(Rule::always(0x06, 0x54, Act::Swallow));
    assert_eq!(connect(&bmc).await.cipher_suite(), Some(suite(17)));
}

#[tokio::test]
async fn a_host_is_named_with_a_port_or_by_an_ipv6_address() {
    let bmc = start().await;
    let port = bmc.addr().port();
    let connect = |host: String| {
        let described = rosefish::ipmi::Client::builder(host).credentials("admin", "password");
        described.timeout(Duration::from_secs(1)).connect()
    };
    for host in [format!("127.0.0.1:{port}"), format!("localhost:{port}")] {
        assert!(connect(host.clone()).await.is_ok(), "{host}");
    }
    let v6 = MockIpmi::builder().address("[::1]:0".parse().unwrap()).start().await;
    if let Ok(v6) = v6 {
        let port = v6.addr().port();
        assert!(connect(format!("[::1]:{port}")).await.is_ok());
        for host in ["::1", "[::1]"] {
            let builder = rosefish::ipmi::Client::builder(host).port(port).credentials("admin", "password");
            assert!(builder.connect().await.is_ok(), "{host}");
        }
    }
    for host in ["", "bmc:x", "[127.0.0.1]", "user:secret@bmc"] {
        let error = connect(host.to_owned()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{host}");
        assert!(!format!("{error} {error:?}").contains("secret"), "{error}");
    }
}
