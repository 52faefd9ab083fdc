//! What commands do to the machine, and what the machine does of itself: power, boot options, watchdog, time.

use std::time::Duration;

use rosefish_mock::ipmi::machine::boot::{BootDevice, BootOverride};
use rosefish_mock::ipmi::{Cause, ChangeKind, MockIpmi, PowerAction, PowerState};

use crate::console::Console;
use crate::{plain, start};

fn kinds(bmc: &MockIpmi) -> Vec<ChangeKind> {
    bmc.machine().lock().changes().iter().map(|change| change.kind.clone()).collect()
}

#[test]
fn chassis_control_changes_the_power_state_and_the_journal_says_so() {
    let bmc = plain();
    let mut console = Console::admin(bmc.addr());
    let control = |console: &mut Console, action: u8| console.ask(0x00, 0x02, &[action]).0;
    assert_eq!(control(&mut console, 0), 0);
    assert_eq!(console.must(0x00, 0x01, &[])[0] & 1, 0);
    for ruled_out in [2, 3, 4, 5] {
        assert_eq!(control(&mut console, ruled_out), 0xD5, "{ruled_out} while off");
    }
    assert_eq!(control(&mut console, 9), 0xCC);
    assert_eq!(control(&mut console, 1), 0);
    assert_eq!(console.must(0x00, 0x01, &[])[..2], [0x21, 0x10], "on, by command");
    assert_eq!(control(&mut console, 2), 0);
    assert_eq!(console.must(0x00, 0x01, &[])[0] & 1, 0, "a cycle takes its time");
    bmc.machine().lock().advance(Duration::from_secs(1));
    assert_eq!(console.must(0x00, 0x01, &[])[0] & 1, 1);
    assert_eq!(control(&mut console, 5), 0);
    bmc.machine().lock().advance(Duration::from_secs(1));
    let (on, off) = (ChangeKind::Power(PowerState::On), ChangeKind::Power(PowerState::Off));
    let started = ChangeKind::Started(None);
    let expected =
        [off.clone(), on.clone(), started.clone(), off.clone(), on, started, ChangeKind::ShutdownRequested, off];
    assert_eq!(kinds(&bmc), expected);
    assert_eq!(console.must(0x00, 0x07, &[]), [1, 1], "restarted by chassis control");
}

#[test]
fn an_operating_system_may_ignore_the_request_to_shut_down() {
    let bmc = plain();
    bmc.machine().lock().power.ignores_shutdown = true;
    Console::admin(bmc.addr()).must(0x00, 0x02, &[5]);
    bmc.machine().lock().advance(Duration::from_secs(3600));
    assert_eq!(bmc.machine().lock().power_state(), PowerState::On);
}

#[test]
fn a_boot_override_is_followed_once_or_for_good() {
    let bmc = plain();
    let mut console = Console::admin(bmc.addr());
    let pxe = BootOverride { device: BootDevice::Pxe, uefi: true, persistent: false };
    console.must(0x00, 0x08, &[5, 0xA0, 0x04, 0, 0, 0]);
    assert_eq!(console.must(0x00, 0x09, &[5, 0, 0]), [1, 5, 0xA0, 0x04, 0, 0, 0]);
    console.must(0x00, 0x02, &[3]);
    assert_eq!(console.must(0x00, 0x09, &[5, 0, 0])[2], 0, "used up");
    console.must(0x00, 0x08, &[5, 0xC0, 0x14, 0, 0, 0]);
    console.must(0x00, 0x02, &[3]);
    console.must(0x00, 0x02, &[3]);
    let cd = BootOverride { device: BootDevice::Cd, uefi: false, persistent: true };
    let starts: Vec<ChangeKind> =
        kinds(&bmc).into_iter().filter(|kind| matches!(kind, ChangeKind::Started(_))).collect();
    let expected = [Some(pxe), Some(cd), Some(cd)].map(ChangeKind::Started);
    assert_eq!(starts, expected);
}

#[test]
fn the_valid_bit_runs_out_after_a_minute_unless_told_otherwise() {
    let bmc = plain();
    let mut console = Console::admin(bmc.addr());
    let valid = |console: &mut Console| console.must(0x00, 0x09, &[5, 0, 0])[2] & 0x80 != 0;
    console.must(0x00, 0x08, &[5, 0x80, 0x04, 0, 0, 0]);
    bmc.machine().lock().advance(Duration::from_secs(50));
    assert!(valid(&mut console));
    bmc.machine().lock().advance(Duration::from_secs(11));
    assert!(!valid(&mut console));
    assert!(kinds(&bmc).contains(&ChangeKind::BootOverrideExpired));
    // Bit 3 of parameter 3: don't clear it when there is no chassis control.
    console.must(0x00, 0x08, &[3, 0x08]);
    console.must(0x00, 0x08, &[5, 0x80, 0x04, 0, 0, 0]);
    for _ in 0..3 {
        bmc.machine().lock().advance(Duration::from_secs(50));
        assert!(valid(&mut console));
    }
    assert_eq!(console.ask(0x00, 0x09, &[90, 0, 0]).0, 0x80);
}

#[test]
fn the_watchdog_resets_what_hangs() {
    let bmc = plain();
    let mut console = Console::admin(bmc.addr());
    assert_eq!(console.ask(0x06, 0x22, &[]).0, 0x80, "never set");
    console.must(0x06, 0x24, &[0x04, 0x03, 0, 0x3E, 100, 0]);
    assert_eq!(console.must(0x06, 0x25, &[])[0], 0x04, "set, and not running");
    console.must(0x06, 0x22, &[]);
    assert_eq!(console.must(0x06, 0x25, &[])[0], 0x44);
    bmc.machine().lock().advance(Duration::from_secs(11));
    assert_eq!(console.must(0x06, 0x25, &[])[..4], [0x04, 0x03, 0, 0x10]);
    assert!(kinds(&bmc).contains(&ChangeKind::WatchdogExpired));
    bmc.machine().lock().advance(Duration::from_secs(1));
    assert_eq!(console.must(0x00, 0x07, &[])[0], 4, "restarted by the watchdog");
    let sel = console.must(0x0A, 0x43, &[0, 0, 0xFF, 0xFF, 0, 0xFF]);
    assert_eq!(sel[12..15], [0x23, 0x74, 0x6F], "the event of the watchdog's sensor");
}

#[test]
fn the_identify_light_goes_out_by_itself() {
    let bmc = plain();
    let mut console = Console::admin(bmc.addr());
    let light = |console: &mut Console| console.must(0x00, 0x01, &[])[2] >> 4 & 3;
    console.must(0x00, 0x04, &[10]);
    assert_eq!(light(&mut console), 1);
    bmc.machine().lock().advance(Duration::from_secs(11));
    assert_eq!(light(&mut console), 0);
    console.must(0x00, 0x04, &[0, 1]);
    bmc.machine().lock().advance(Duration::from_secs(20));
    assert_eq!(light(&mut console), 2);
    console.must(0x00, 0x04, &[0]);
    assert_eq!(light(&mut console), 0);
}

#[test]
fn two_services_share_one_machine() {
    let first = plain();
    let machine = first.machine().clone();
    let second = start(|builder| builder.machine(machine.clone()));
    machine.lock().control(PowerAction::ForceOff, Cause::Service("redfish".to_owned())).expect("off");
    for bmc in [&first, &second] {
        let login = crate::console::Login::default();
        let mut console = Console::open(bmc.addr(), &login).expect("a session");
        assert_eq!(console.must(0x00, 0x01, &[])[0] & 1, 0);
    }
}
