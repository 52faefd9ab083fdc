//! Nothing claimed that was not seen: what is changed is read back, and what fails in the middle is undone.

use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rosefish::ipmi::command::boot::BootDevice;
use rosefish::ipmi::command::chassis::ChassisIdentify;
use rosefish::ipmi::command::lan::{AddressSource, LanParameter};
use rosefish::ipmi::command::session::PRESENT_CHANNEL;
use rosefish::ipmi::{Client, ErrorKind, Privilege};
use rosefish_mock::ipmi::{Act, MockIpmi, Rule};

use crate::{builder, connect, start};

const APP: u8 = 0x06;
const TRANSPORT: u8 = 0x0c;
const SET_USER_ACCESS: u8 = 0x43;
const SET_USER_NAME: u8 = 0x45;
const SET_USER_PASSWORD: u8 = 0x47;

/// The BMC says that it did it, and does nothing.
fn ignore(bmc: &MockIpmi, net_fn: u8, command: u8) {
    bmc.handle(net_fn, command, Box::new(|_| Ok(Vec::new())));
}

async fn hasty(bmc: &MockIpmi) -> Client {
    builder(bmc).timeout(Duration::from_millis(400)).connect().await.unwrap()
}

#[tokio::test]
async fn a_lan_parameter_that_is_not_as_it_was_asked_is_an_error() {
    let bmc = start().await;
    let client = connect(&bmc).await;
    ignore(&bmc, TRANSPORT, 0x01);
    for (parameter, text) in [
        (LanParameter::Gateway(Ipv4Addr::new(10, 9, 8, 7)), "gateway is 192.0.2.1"),
        (LanParameter::Source(AddressSource::Dhcp), "Static"),
        (LanParameter::Vlan(Some(42)), "no VLAN"),
        (LanParameter::VlanPriority(3), "priority is 0"),
        (LanParameter::SubnetMask(Ipv4Addr::new(255, 255, 0, 0)), "255.255.255.0"),
    ] {
        let error = client.set_lan_configuration(PRESENT_CHANNEL, &[parameter]).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotInForce, "{error}");
        assert!(error.to_string().contains(text) && !error.may_have_acted(), "{error}");
    }
    // What is as it was asked already is not an error, and neither is what can't be read back.
    let same = [LanParameter::Gateway(Ipv4Addr::new(192, 0, 2, 1))];
    client.set_lan_configuration(PRESENT_CHANNEL, &same).await.unwrap();
    bmc.handle(TRANSPORT, 0x02, Box::new(|_| Err(0xd4)));
    client.set_lan_configuration(PRESENT_CHANNEL, &[LanParameter::VlanPriority(3)]).await.unwrap();
}

#[tokio::test]
async fn a_change_that_takes_a_moment_to_show_is_waited_for() {
    let bmc = start().await;
    let client = connect(&bmc).await;
    let looks = Arc::new(AtomicU8::new(0));
    let counted = Arc::clone(&looks);
    bmc.handle(
        TRANSPORT,
        0x02,
        Box::new(move |_| Ok(vec![0x11, if counted.fetch_add(1, Ordering::Relaxed) < 2 { 0 } else { 3 }])),
    );
    client.set_lan_configuration(PRESENT_CHANNEL, &[LanParameter::VlanPriority(3)]).await.unwrap();
    assert_eq!(looks.load(Ordering::Relaxed), 3);
}

#[tokio::test]
async fn a_change_whose_answer_was_lost_is_done_where_it_shows() {
    let bmc = start().await;
    let client = hasty(&bmc).await;
    bmc.rule(Rule::once(APP, SET_USER_PASSWORD, Act::ExecuteSilently));
    client.enable_user(3, true).await.unwrap();
    assert!(bmc.machine().lock().users.get(3).unwrap().enabled);
    bmc.rule(Rule::once(APP, SET_USER_PASSWORD, Act::Swallow));
    let lost = client.enable_user(3, false).await.unwrap_err();
    assert!(lost.is_timeout() && lost.may_have_acted(), "{lost}");
}

#[tokio::test]
async fn the_identify_light_is_read_back() {
    let bmc = start().await;
    let client = connect(&bmc).await;
    client.chassis_identify(ChassisIdentify::Indefinitely).await.unwrap();
    ignore(&bmc, 0x00, 0x04);
    let error = client.chassis_identify(ChassisIdentify::Off).await.unwrap_err();
    assert!(error.kind() == ErrorKind::NotInForce && error.to_string().contains("light is on"), "{error}");
    client.chassis_identify(ChassisIdentify::For(Duration::from_secs(60))).await.unwrap();
    // A BMC that doesn't show the light's state is believed.
    bmc.handle(0x00, 0x01, Box::new(|_| Ok(vec![1, 0, 0])));
    client.chassis_identify(ChassisIdentify::Off).await.unwrap();
}

#[tokio::test]
async fn boot_flags_are_read_back() {
    let bmc = start().await;
    let client = connect(&bmc).await;
    client.set_boot_device(BootDevice::Disk, false, false).await.unwrap();
    ignore(&bmc, 0x00, 0x08);
    let error = client.set_boot_device(BootDevice::Pxe, false, false).await.unwrap_err();
    assert!(error.kind() == ErrorKind::NotInForce && error.to_string().contains("Disk"), "{error}");
}

#[tokio::test]
async fn changes_of_users_are_read_back() {
    let bmc = start().await;
    let client = connect(&bmc).await;
    client.set_user_name(4, "fresh").await.unwrap();
    client.set_user_password(4, "secret".into()).await.unwrap();
    for command in [SET_USER_ACCESS, SET_USER_NAME] {
        ignore(&bmc, APP, command);
    }
    let errors = [
        client.set_user_name(4, "other").await.unwrap_err(),
        client.set_user_privilege(4, Some(Privilege::Administrator)).await.unwrap_err(),
    ];
    for error in errors {
        assert_eq!(error.kind(), ErrorKind::NotInForce, "{error}");
    }
    // A password that is stored as another one is noticed by being tried, once.
    let tries = Arc::new(AtomicU8::new(0));
    let counted = Arc::clone(&tries);
    bmc.handle(
        APP,
        SET_USER_PASSWORD,
        Box::new(move |data| match data[1] & 3 {
            3 => {
                counted.fetch_add(1, Ordering::Relaxed);
                Err(0x80)
            }
            _ => Ok(Vec::new()),
        }),
    );
    let error = client.set_user_password(4, "another".into()).await.unwrap_err();
    assert!(error.kind() == ErrorKind::NotInForce && !error.to_string().contains("another"), "{error}");
    assert_eq!(tries.load(Ordering::Relaxed), 1);
    assert_eq!(client.enable_user(4, true).await.unwrap_err().kind(), ErrorKind::NotInForce);
}

#[tokio::test]
async fn a_user_who_cannot_be_added_whole_leaves_nothing_behind() {
    for command in [SET_USER_NAME, SET_USER_ACCESS, SET_USER_PASSWORD] {
        for act in [Act::Refuse(0xcc), Act::Refuse(0xff), Act::Swallow, Act::ExecuteAndSay(0xd5)] {
            // Of the commands for the password, the first sets it; the one that enables is the third.
            for nth in if command == SET_USER_PASSWORD { 0..3 } else { 0..1 } {
                let bmc = start().await;
                let client = hasty(&bmc).await;
                let before = bmc.machine().lock().users.clone();
                let skipped = Rule { times: nth, ..Rule::once(APP, command, Act::Late(Duration::ZERO)) };
                bmc.rule(skipped);
                bmc.rule(Rule::once(APP, command, act.clone()));
                let added = client.add_user("fresh", "secret".into(), Privilege::Operator).await;
                let tried = command == SET_USER_PASSWORD && nth == 1;
                match added {
                    // That a password can't be tried doesn't make it another.
                    Ok(_) => assert!(tried, "{command:#04x} {act:?} {nth}"),
                    Err(error) => {
                        let left = client.user_named("fresh").await.unwrap();
                        assert_eq!(left, None, "{command:#04x} {act:?} {nth}: {error}");
                        let after = bmc.machine().lock().users.clone();
                        for ((id, was), (_, is)) in before.iter().zip(after.iter()) {
                            let seen = |user: &rosefish_mock::ipmi::User| (user.name.clone(), user.enabled);
                            assert_eq!(seen(is), seen(was), "user {id}");
                        }
                    }
                }
            }
        }
    }
}

#[tokio::test]
async fn what_is_left_of_a_user_who_can_be_neither_added_nor_removed_is_told() {
    let bmc = start().await;
    let client = hasty(&bmc).await;
    // The name is set, and then nothing can be changed any more.
    bmc.rule(Rule { times: 1, ..Rule::once(APP, SET_USER_NAME, Act::Late(Duration::ZERO)) });
    for command in [SET_USER_NAME, SET_USER_ACCESS, SET_USER_PASSWORD] {
        bmc.rule(Rule::always(APP, command, Act::Refuse(0xd5)));
    }
    let error = client.add_user("fresh", "secret".into(), Privilege::Operator).await.unwrap_err();
    let text = error.to_string();
    assert!(text.contains("is left") && text.contains("\"fresh\"") && text.contains("disabled"), "{text}");
    assert!(!text.contains("secret"), "{text}");
}

#[tokio::test]
async fn a_user_who_is_not_as_asked_is_not_added() {
    let bmc = start().await;
    let client = connect(&bmc).await;
    // It gives less than was asked, and says nothing.
    let machine = bmc.machine().clone();
    let asked = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&asked);
    bmc.handle(
        APP,
        0x44,
        Box::new(move |data| {
            noted.lock().unwrap().push(data[1]);
            let user = machine.lock().users.get(data[1]).cloned().ok_or(0xcc)?;
            let enabled = if user.enabled { 0x40 } else { 0x80 };
            let level = if user.name.is_empty() { 0x0f } else { 0x12 };
            Ok(vec![5, enabled | 1, 1, level])
        }),
    );
    let error = client.add_user("fresh", "secret".into(), Privilege::Administrator).await.unwrap_err();
    assert!(error.kind() == ErrorKind::NotInForce && error.to_string().contains("User"), "{error}");
    assert!(!asked.lock().unwrap().is_empty());
    assert_eq!(client.user_named("fresh").await.unwrap(), None);
}
