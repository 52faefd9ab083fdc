//! Lists of what a host has by IPMI: each record, device, entry, sensor and user in turn refused, doubled or cut short.

use std::collections::BTreeMap;
use std::time::Duration;

use rosefish::host::{EventLogQuery, Host, Protocol, SensorStatus};
use rosefish_mock::ipmi::{Flaw, Item, MockIpmi, Privilege, User};

use super::credentials;

const LISTS: [&str; 4] = ["sensors", "inventory", "event_log", "users"];

async fn host(bmc: &MockIpmi) -> Host {
    let port = bmc.addr().port();
    let host = Host::builder("127.0.0.1").protocol(Protocol::Ipmi).credentials(credentials());
    let host = host.ipmi(move |bmc| bmc.port(port).repeat_after(Duration::from_millis(20)));
    host.connect().await.unwrap().value
}

/// What a list has, by what tells its items apart, and what it names as missing.
async fn read(host: &Host, list: &str) -> (Vec<String>, Vec<String>) {
    macro_rules! shown {
        ($list:expr, $id:expr) => {{
            let list = $list.await.unwrap().value;
            let missing = list.missing.iter().map(ToString::to_string).collect();
            (list.iter().map($id).collect(), missing)
        }};
    }
    match list {
        "sensors" => shown!(host.sensors(), |sensor| sensor.id.clone()),
        "inventory" => shown!(host.inventory(), |part| format!("{} {}", part.id, part.kind)),
        "event_log" => shown!(host.event_log(EventLogQuery::all()), |entry| entry.id.clone()),
        _ => shown!(host.users(), |user| user.id.clone()),
    }
}

/// What is in one list and not in the other, as often as it is there more.
fn without(all: &[String], others: &[String]) -> Vec<String> {
    let mut more = all.to_vec();
    for other in others {
        if let Some(at) = more.iter().position(|item| item == other) {
            more.swap_remove(at);
        }
    }
    more
}

/// Makes one thing after another wrong, and holds the lists to having all others. Gives how often each list was read, and
/// how many items it kept and lost.
async fn try_out(flaw: Flaw) -> BTreeMap<(String, &'static str), (usize, usize, usize)> {
    let monitor = User::new("monitor", "other", Privilege::User);
    let bmc = MockIpmi::builder().credentials("admin", "password").user(monitor).start().await.unwrap();
    let host = host(&bmc).await;
    let mut whole = BTreeMap::new();
    for list in LISTS {
        let (items, missing) = read(&host, list).await;
        assert!(items.len() > 1 && missing.is_empty(), "{list}: {items:?} {missing:?}");
        whole.insert(list, items);
    }
    let mut table: BTreeMap<(String, &str), (usize, usize, usize)> = BTreeMap::new();
    for item in bmc.items() {
        bmc.flaw(item, flaw);
        // Only the lists that it can be about: the others take time for nothing.
        let lists: &[&str] = match item {
            Item::Record(_) => &["sensors", "inventory"],
            Item::Entry(_) => &["event_log"],
            Item::FruDevice(_) | Item::FruArea(..) => &["inventory"],
            Item::User(_) => &["users"],
            _ => &["sensors"],
        };
        for list in lists {
            let (items, missing) = read(&host, list).await;
            let (lost, more) = (without(&whole[list], &items), without(&items, &whole[list]));
            let place = format!("{list}: {item:?} {flaw:?}: lost {lost:?}, more {more:?}, missing {missing:?}");
            // A device has an inventory of up to three parts, and four sensors share a record.
            assert!(lost.len() <= 4 && more.is_empty() && missing.len() <= 2, "{place}");
            let is_absent = flaw == Flaw::Refused(0xcb) && matches!(item, Item::FruDevice(_) | Item::Sensor(_));
            assert!(lost.is_empty() || !missing.is_empty() || is_absent, "{place}");
            let row = table.entry((format!("{flaw:?}"), list)).or_default();
            *row = (row.0 + 1, row.1 + items.len(), row.2 + lost.len());
        }
        bmc.clear_flaws();
    }
    table
}

#[tokio::test]
async fn each_item_in_turn_refused_doubled_or_cut_short_hides_no_other_and_is_named() {
    let flaws = [0xc3, 0xcc, 0xff, 0xcb].map(Flaw::Refused).into_iter().chain([Flaw::Doubled, Flaw::CutShort(7)]);
    // Each at a BMC of its own, all at the same time: most of it is waiting.
    let tries: Vec<_> = flaws.map(|flaw| tokio::spawn(try_out(flaw))).collect();
    println!("{:<16} {:<10} {:>6} {:>6} {:>5}", "flaw", "list", "tries", "kept", "lost");
    for tried in tries {
        for ((flaw, list), (tries, kept, lost)) in tried.await.unwrap() {
            println!("{flaw:<16} {list:<10} {tries:>6} {kept:>6} {lost:>5}");
        }
    }
}

#[tokio::test]
async fn a_locked_place_for_a_user_is_named_and_hides_no_other() {
    let bmc = MockIpmi::builder().start().await.unwrap();
    let host = host(&bmc).await;
    bmc.flaw(Item::User(3), Flaw::Refused(0xcc));
    let users = host.users().await.unwrap().value;
    assert!(users.iter().any(|user| user.name == "admin"), "{users:?}");
    assert_eq!(users.missing.iter().map(|missing| missing.place.as_str()).collect::<Vec<_>>(), ["user 3"]);
}

#[tokio::test]
async fn the_newest_entries_of_a_log_are_given_by_ipmi_as_well() {
    let bmc = MockIpmi::builder().start().await.unwrap();
    let host = host(&bmc).await;
    let all = host.event_log(EventLogQuery::all()).await.unwrap().value;
    let last = host.event_log(EventLogQuery::last(2)).await.unwrap().value;
    assert_eq!(last.items, all.items[all.len() - 2..]);
}

#[tokio::test]
async fn a_sensor_that_can_be_read_says_how_it_is() {
    let bmc = MockIpmi::builder().start().await.unwrap();
    let sensors = host(&bmc).await.sensors().await.unwrap().value;
    for sensor in &sensors {
        let says = sensor.reading.is_some() || !sensor.states.is_empty();
        assert!(says || sensor.status != SensorStatus::Warning, "{sensor:?}");
        assert!(sensor.status != SensorStatus::Unavailable || sensor.reading.is_none(), "{sensor:?}");
    }
    let supply = sensors.iter().find(|sensor| sensor.kind.to_string() == "power-supply");
    assert!(supply.is_some_and(|supply| supply.status == SensorStatus::Ok), "{supply:?}");
}
