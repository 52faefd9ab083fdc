//! The lines of the page about what an operator does besides: single entries and the clock of the event log, thresholds, fields of
//! inventories, channels, IPv6, alerts, watchdog, texts, DCMI, filters.

use serde_json::Value;

use super::Same::{self, Elsewhere, Files, Shows, Text, Then, ThenLike};
use super::{all, rows, same, table};

pub(crate) const CASES: &[(&str, &str, Same)] = &[
    ("sel info", "sel info HOST", Shows(log_state)),
    ("sel time get", "sel time HOST", Shows(clock)),
    ("sel time set 11/27/26~18:00:00", "sel time HOST 2026-11-27T18:00:00Z", ThenLike("sel time get", minute)),
    ("sel get 3", "sel get HOST 3", Shows(entry)),
    ("sel delete 2", "sel delete HOST 2", Then("sel list")),
    ("sel save FILE", "sel save HOST FILE", Files(events)),
    ("sel save FILE; sel add FILE", "sel save HOST FILE; sel add HOST FILE", ThenLike("sel list", known_events)),
    ("sdr info", "ipmi sdr HOST", Shows(records)),
    ("sdr dump FILE", "ipmi sdr HOST --save FILE", Files(<[u8]>::to_vec)),
    ("sensor get P12V", "sensors get HOST P12V", Shows(sensor)),
    ("sensor thresh P12V ucr 13", "sensors threshold HOST P12V --upper-critical 13", Then("sensor get P12V")),
    ("fru edit 0 field p 4 XY12345", "fru edit HOST product.serial-number=XY12345", Then("fru print 0")),
    ("fru read 0 FILE", "fru read HOST FILE", Files(<[u8]>::to_vec)),
    (
        "fru read 1 FILE; fru write 2 FILE",
        "fru read HOST FILE --device 1; fru write HOST FILE --device 2",
        Then("fru print 2"),
    ),
    ("mc watchdog get", "bmc watchdog HOST", Shows(watchdog)),
    ("mc watchdog off", "bmc watchdog HOST off", ThenLike("mc watchdog get", is_running)),
    (START, OUR_START, ThenLike("mc watchdog get", is_running)),
    ("mc getenables", "bmc enables HOST", Shows(enables)),
    ("mc setenables system_event_log off", "bmc enables HOST event-log=off", Then("mc getenables")),
    ("mc getsysinfo system_name", "bmc sysinfo HOST", Shows(system_name)),
    ("mc setsysinfo system_name node7", "bmc sysinfo HOST system-name=node7", Then("mc getsysinfo system_name")),
    ("user test 3 16 old-password", "users test HOST operator", Shows(password)),
    ("user summary 1", "users summary HOST", Shows(places)),
    ("channel getaccess 1 3", "users access HOST", Shows(access)),
    ("channel info 1", "channel HOST", Shows(channel)),
    ("channel authcap 1 4", "channel HOST --channel 1", Shows(authentication)),
    ("session info all", "ipmi sessions HOST", Shows(sessions)),
    ("lan stats get 1", "lan stats HOST", Shows(counters)),
    ("lan stats clear 1", "lan stats HOST --clear", Then("lan stats get 1")),
    ("lan alert print 1", "lan alerts HOST", Shows(destinations)),
    ("lan alert set 1 1 ipaddr 192.0.2.7", "lan alert HOST 1 --to 192.0.2.7", Then("lan alert print 1")),
    ("lan6 print 1", "lan ipv6 HOST", Shows(ipv6)),
    ("lan6 set 1 enables ipv4", "lan set HOST --ipv6 off", Then("lan6 print 1")),
    (
        "lan6 set 1 static_addr 0 enable 2001:db8::7 64",
        "lan set HOST --ipv6-address 2001:db8::7/64",
        Then("lan6 print 1"),
    ),
    ("-t 0x30 raw 0x06 0x01", "raw HOST 0x06 0x01 -t 0x30", Text),
    ("event 1", "ipmi event HOST temperature", ThenLike("sel list", without_times)),
    ("event 2", "ipmi event HOST voltage", ThenLike("sel list", without_times)),
    ("event 3", "ipmi event HOST memory", ThenLike("sel list", without_times)),
    ("pef status", "ipmi pef HOST", Shows(filtering)),
    ("pef filter list", "ipmi pef HOST", Shows(filters)),
    ("pef policy list", "ipmi pef HOST", Shows(policies)),
    ("dcmi power get_limit", "power limit HOST", Shows(limit)),
    (LIMIT, "power limit HOST --watts 400", Then("dcmi power get_limit")),
    ("dcmi power deactivate", "power limit HOST --off", Then("dcmi power get_limit")),
    ("dcmi asset_tag", "ipmi asset-tag HOST", Shows(text)),
    ("dcmi set_asset_tag rack7", "ipmi asset-tag HOST rack7", Then("dcmi asset_tag")),
    ("dcmi get_mc_id_string", "ipmi controller-id HOST", Shows(text)),
    ("dcmi set_mc_id_string node7", "ipmi controller-id HOST node7", Then("dcmi get_mc_id_string")),
    ("dcmi get_temp_reading", "ipmi dcmi HOST", Shows(temperatures)),
    ("dcmi discover", "ipmi dcmi HOST", Shows(discovered)),
    // Besides events of sensors, this saves the entries of all logs, as JSON, which ipmitool does not write.
    ("sel save FILE", "logs HOST --save FILE", Elsewhere),
];

const LIMIT: &str = "dcmi power set_limit limit 400; dcmi power activate";
/// The timer has to be set before it can be started: half a minute, with nothing done at its end.
const START: &str = "raw 0x06 0x24 0x04 0x00 0x00 0x00 0x2c 0x01; mc watchdog reset";
const OUR_START: &str = "raw HOST 0x06 0x24 0x04 0x00 0x00 0x00 0x2c 0x01; bmc watchdog HOST reset";

/// Cuts a time to the minute.
fn minute(text: &str) -> String {
    let words: Vec<_> = text.split_whitespace().collect();
    format!("{} {}", words[0], words[1].get(..5).unwrap_or_default())
}

fn without_times(text: &str) -> String {
    let mut left = String::new();
    for row in rows(text) {
        let cells: Vec<&str> =
            row.iter().enumerate().filter(|(at, _)| ![1, 2].contains(at)).map(|(_, cell)| *cell).collect();
        left.push_str(&(cells.join("|") + "\n"));
    }
    left
}

/// What the events are, without their IDs and times. ipmitool saves the entries of vendors as events, which they are not; added,
/// they are events that no table knows.
fn known_events(text: &str) -> String {
    let known = rows(text).into_iter().filter(|row| row.len() > 4 && !row[4].is_empty() && row[3].contains('#'));
    known.map(|row| row[3..].join("|") + "\n").collect()
}

/// Returns the bytes of saved events: each program adds its own words, and ipmitool also saves the entries of vendors.
fn events(text: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(text);
    let lines = text.lines().filter(|line| line.starts_with("0x04 "));
    let lines = lines.map(|line| line.split('#').next().unwrap_or_default().trim().to_owned() + "\n");
    lines.collect::<String>().into_bytes()
}

fn is_running(text: &str) -> String {
    table(text)["Watchdog Timer Is"].to_owned()
}

/// Pairs the names of ipmitool with what we print instead.
fn pairs(theirs: &str, ours: &[(&'static str, String)]) -> Vec<String> {
    let table = table(theirs);
    let value = |name: &str| table.get(name).copied().unwrap_or("(nothing)").to_owned();
    same(&ours.iter().map(|(name, ours)| (*name, value(name), ours.clone())).collect::<Vec<_>>())
}

fn word(value: &Value, yes: &str, no: &str) -> String {
    if value == true { yes } else { no }.to_owned()
}

fn log_state(theirs: &str, ours: &Value) -> Vec<String> {
    pairs(theirs, &[("Entries", ours["entries"].to_string()), ("Overflow", ours["overflow"].to_string())])
}

/// Compares the day only: time passes between the two.
fn clock(theirs: &str, ours: &Value) -> Vec<String> {
    let clock = ours["clock"].as_str().unwrap_or_default();
    if theirs.starts_with("S+") {
        return same(&[("since start", "true".to_owned(), clock.ends_with(" s after start").to_string())]);
    }
    let date = clock.get(..10).unwrap_or_default().to_owned();
    let theirs = theirs.split_whitespace().next().unwrap_or_default();
    let parts: Vec<_> = theirs.split('/').collect();
    let [month, day, year] = parts[..] else { return vec![format!("no date: {theirs}")] };
    same(&[("date", format!("20{}-{month}-{day}", &year[year.len() - 2..]), date)])
}

fn entry(theirs: &str, ours: &Value) -> Vec<String> {
    let one = &ours[0];
    let text = |name: &str| one[name].as_str().unwrap_or_default().trim_start_matches("0x").to_owned();
    let direction = word(&one["asserted"], "Assertion Event", "Deassertion Event");
    let bytes = one["bytes"].as_str().unwrap_or_default().replace(' ', "");
    pairs(
        theirs,
        &[
            ("SEL Record ID", text("id")),
            ("Record Type", text("record_type")),
            ("Sensor Type", text("sensor_type")),
            ("Sensor Number", text("sensor")),
            ("Event Direction", direction),
            ("Event Data (RAW)", bytes[bytes.len() - 6..].to_owned()),
        ],
    )
}

fn records(theirs: &str, ours: &Value) -> Vec<String> {
    pairs(theirs, &[("Record Count", ours["records"].to_string())])
}

fn sensor(theirs: &str, ours: &Value) -> Vec<String> {
    let (table, one) = (table(theirs), &ours[0]);
    let names = [
        ("Lower Non-Recoverable", "lower_fatal"),
        ("Lower Critical", "lower_critical"),
        ("Lower Non-Critical", "lower_caution"),
        ("Upper Non-Critical", "upper_caution"),
        ("Upper Critical", "upper_critical"),
        ("Upper Non-Recoverable", "upper_fatal"),
    ];
    let number = |name: &str| table.get(name).and_then(|text| text.split(' ').next()?.parse::<f64>().ok());
    let near = |a: Option<f64>, b: &Value| a.zip(b.as_f64()).is_some_and(|(a, b)| (a - b).abs() < 0.001);
    let mut wrong = Vec::new();
    if !near(number("Sensor Reading"), &one["reading"]) {
        wrong.push(format!("reading: {:?} and {}", table.get("Sensor Reading"), one["reading"]));
    }
    let differ = names.iter().filter(|(theirs, ours)| !near(number(theirs), &one["thresholds"][ours]));
    wrong.extend(differ.map(|(name, _)| format!("{name}: {:?} and {}", table.get(name), one["thresholds"])));
    wrong
}

fn watchdog(theirs: &str, ours: &Value) -> Vec<String> {
    let logging = word(&ours["logs_expiry"], "On", "Off");
    let running = word(&ours["running"], "Started/Running", "Stopped");
    pairs(theirs, &[("Watchdog Timer Is", running), ("Watchdog Timer Logging", logging)])
}

fn enables(theirs: &str, ours: &Value) -> Vec<String> {
    let state = |name: &str| word(&ours[name], "enabled", "disabled");
    let names = [
        ("Receive Message Queue Interrupt", "receive-interrupt"),
        ("Event Message Buffer Full Interrupt", "event-interrupt"),
        ("Event Message Buffer", "event-buffer"),
        ("System Event Logging", "event-log"),
        ("OEM 0", "oem0"),
        ("OEM 2", "oem2"),
    ];
    pairs(theirs, &names.map(|(theirs, ours)| (theirs, state(ours))))
}

fn system_name(theirs: &str, ours: &Value) -> Vec<String> {
    let ours = ours["system-name"].as_str().unwrap_or_default().to_owned();
    same(&[("system name", theirs.trim().to_owned(), ours)])
}

fn password(theirs: &str, ours: &Value) -> Vec<String> {
    same(&[("password", theirs.contains("Success").to_string(), (ours == "right").to_string())])
}

fn places(theirs: &str, ours: &Value) -> Vec<String> {
    let names = [("Maximum IDs", "places"), ("Enabled User Count", "enabled"), ("Fixed Name Count", "fixed_names")];
    pairs(theirs, &names.map(|(theirs, own)| (theirs, ours[own].to_string())))
}

fn access(theirs: &str, ours: &Value) -> Vec<String> {
    let Some(one) = all(ours).iter().find(|one| one["id"] == "3") else {
        return vec![format!("user 3 is missing: {ours}")];
    };
    let state = |name: &str| word(&one[name], "enabled", "disabled");
    pairs(
        theirs,
        &[
            ("User Name", one["name"].as_str().unwrap_or_default().to_owned()),
            ("Link Authentication", state("link_authentication")),
            ("IPMI Messaging", state("ipmi_messaging")),
            ("Privilege Level", one["privilege"].as_str().unwrap_or_default().to_uppercase()),
            ("Enable Status", if one["enabled"].is_null() { "unknown".to_owned() } else { state("enabled") }),
        ],
    )
}

fn channel(theirs: &str, ours: &Value) -> Vec<String> {
    let mode = format!("{} available", ours["access"].as_str().unwrap_or_default());
    pairs(
        theirs,
        &[
            ("Channel Medium Type", ours["medium"].as_str().unwrap_or_default().to_owned()),
            ("Active Session Count", ours["active_sessions"].to_string()),
            ("Alerting", word(&ours["alerting"], "enabled", "disabled")),
            ("Per-message Auth", word(&ours["per_message_authentication"], "enabled", "disabled")),
            ("Access Mode", mode),
        ],
    )
}

fn authentication(theirs: &str, ours: &Value) -> Vec<String> {
    let flag = |name: &str| word(&ours[name], "yes", "no");
    pairs(
        theirs,
        &[
            ("Channel supports IPMI v1.5", flag("ipmi_1_5")),
            ("Channel supports IPMI v2.0", flag("ipmi_2_0")),
            ("Non-null user names exist", flag("named_users")),
            ("Null user names exist", flag("users_without_name")),
            ("Anonymous login enabled", flag("anonymous_login")),
        ],
    )
}

/// ipmitool lists empty places, too.
fn sessions(theirs: &str, ours: &Value) -> Vec<String> {
    let count = theirs.lines().filter(|line| line.starts_with("user id")).count();
    same(&[("sessions", count.to_string(), all(ours).len().to_string())])
}

/// ipmitool takes the two bytes of each counter in the other order: the page says so.
fn counters(theirs: &str, ours: &Value) -> Vec<String> {
    let names = [
        ("IP Rx Packet", "ip_received"),
        ("IP Rx Address Errors", "ip_address_errors"),
        ("IP Tx Packet", "ip_sent"),
        ("UDP Rx Packet", "udp_received"),
        ("RMCP Rx Valid", "rmcp_received"),
    ];
    let swapped =
        |name: &str| ours[name].as_u64().and_then(|count| u16::try_from(count).ok()).unwrap_or(0).swap_bytes();
    pairs(theirs, &names.map(|(theirs, own)| (theirs, swapped(own).to_string())))
}

fn destinations(theirs: &str, ours: &Value) -> Vec<String> {
    let mut wrong = Vec::new();
    let texts: Vec<&str> = theirs.trim().split("\n\n").filter(|text| !text.is_empty()).collect();
    for (text, one) in texts.iter().zip(all(ours)) {
        let address = one["address"].as_str().unwrap_or("0.0.0.0").to_owned();
        wrong.extend(pairs(
            text,
            &[
                ("Alert Destination", one["number"].to_string()),
                ("Alert Acknowledge", word(&one["acknowledged"], "Acknowledged", "Unacknowledged")),
                ("Number of Retries", one["retries"].to_string()),
                ("Alert IP Address", address),
            ],
        ));
    }
    wrong.extend(same(&[("destinations", texts.len().to_string(), all(ours).len().to_string())]));
    wrong
}

fn ipv6(theirs: &str, ours: &Value) -> Vec<String> {
    let mut wrong = pairs(
        theirs,
        &[
            ("IPv6/IPv4 Addressing Enables", ours["ipv6"].as_str().unwrap_or_default().to_owned()),
            ("IPv6 Header Static Hop Limit", ours["hop_limit"].to_string()),
            ("DHCPv6 support", word(&ours["has_dhcpv6"], "yes", "no")),
            ("Enable static router address", word(&ours["static_routers"], "yes", "no")),
            ("Enable dynamic router address", word(&ours["advertised_routers"], "yes", "no")),
        ],
    );
    let addresses = all(&ours["addresses"]).iter().filter_map(|one| one["address"].as_str());
    wrong.extend(addresses.filter(|one| !theirs.contains(*one)).map(|one| format!("{one} is not theirs")));
    wrong
}

fn filtering(theirs: &str, ours: &Value) -> Vec<String> {
    let id = ours["last_entry"].as_str().unwrap_or_default();
    let has = |part: &str| theirs.to_lowercase().contains(&part.replace(' ', "-"));
    let mut wrong: Vec<_> = all(&ours["enabled_actions"])
        .iter()
        .filter_map(Value::as_str)
        .filter(|action| !has(action))
        .map(|action| format!("{action} is not theirs"))
        .collect();
    if !has(id) {
        wrong.push(format!("last entry {id} is not theirs"));
    }
    wrong
}

fn filters(theirs: &str, ours: &Value) -> Vec<String> {
    let enabled = |row: &Vec<&str>| row[1].starts_with("enabled");
    let theirs = rows(theirs).iter().filter(|row| enabled(row)).map(|row| row[2].to_owned()).collect::<Vec<_>>();
    let used = all(&ours["filters"]).iter().filter(|one| one["enabled"] == true);
    let ours = used.filter_map(|one| one["sensor"].as_str()).collect::<Vec<_>>();
    same(&[("filters", theirs.join(", "), ours.join(", "))])
}

fn policies(theirs: &str, ours: &Value) -> Vec<String> {
    let theirs: Vec<_> = rows(theirs).iter().map(|row| row[..3].join(" ")).collect();
    let shown =
        |one: &Value| format!("{} {} {}", one["number"], one["policy"], word(&one["enabled"], "enabled", "disabled"));
    let ours: Vec<_> = all(&ours["policies"]).iter().map(shown).collect();
    same(&[("policies", theirs.join(", "), ours.join(", "))])
}

fn limit(theirs: &str, ours: &Value) -> Vec<String> {
    let none = theirs.contains("No Active Power Limit");
    same(&[("no limit", none.to_string(), ours[0]["watts"].is_null().to_string())])
}

fn text(theirs: &str, ours: &Value) -> Vec<String> {
    // Of one of them, ipmitool prints the zero at its end.
    let theirs = theirs.split_once(':').map(|(_, text)| text.trim_matches(['\0', ' ', '\n'])).unwrap_or_default();
    same(&[("text", theirs.to_owned(), ours.as_str().unwrap_or_default().to_owned())])
}

fn temperatures(theirs: &str, ours: &Value) -> Vec<String> {
    let values = |line: &str| {
        let words: Vec<_> = line.split_whitespace().collect();
        words[..]
            .last_chunk::<3>()
            .filter(|last| last[2] == "C")
            .map(|last| format!("{} {}", last[0], last[1].trim_start_matches('+')))
    };
    let theirs: Vec<_> = theirs.lines().filter_map(values).collect();
    let ours: Vec<_> =
        all(&ours["temperatures"]).iter().map(|one| format!("{} {}", one["instance"], one["celsius"])).collect();
    same(&[("temperatures", theirs.join(", "), ours.join(", "))])
}

fn discovered(theirs: &str, ours: &Value) -> Vec<String> {
    let entries = format!("{} SEL entries", ours["log_capacity"]);
    let rolls = theirs.contains("automatic rollover is enabled");
    let power = theirs.contains("Power management available");
    same(&[
        ("entries", theirs.contains(&entries).to_string(), "true".to_owned()),
        ("rollover", rolls.to_string(), ours["log_rolls_over"].to_string()),
        ("power", power.to_string(), ours["power_management"].to_string()),
    ])
}
