//! What both programs show of the controller, its users, its LAN and its console, value by value.

use serde_json::Value;

use super::{all, compare, table};

pub(crate) fn controller(theirs: &str, ours: &Value) -> Vec<String> {
    let theirs = table(theirs);
    let version = ours["protocol_version"].as_str().unwrap_or_default().replace("IPMI ", "");
    let product = theirs.get("Product ID").copied().unwrap_or_default().to_owned();
    let mut wrong = compare(&theirs, &[("IPMI Version", version.into())]);
    // ipmitool leaves out what is behind the second number.
    if !ours["firmware"].as_str().is_some_and(|ours| ours.starts_with(theirs["Firmware Revision"])) {
        wrong.push(format!("firmware {} and {}", theirs["Firmware Revision"], ours["firmware"]));
    }
    let model = ours["model"].as_str().unwrap_or_default().trim_start_matches("0x");
    if !product.to_ascii_lowercase().contains(model) {
        wrong.push(format!("product {product} and {model}"));
    }
    wrong
}

pub(crate) fn users(theirs: &str, ours: &Value) -> Vec<String> {
    let mut wrong = Vec::new();
    for row in theirs
        .lines()
        .skip(1)
        .map(|line| line.split_whitespace().collect::<Vec<_>>())
        .filter(|row| row.len() > 5 && row[1] != "true" && row[1] != "false")
    {
        let role = row[5..].join(" ");
        match all(ours).iter().find(|one| one["name"] == row[1]) {
            Some(one) if one["id"] == row[0] => {
                if !one["role"].as_str().is_some_and(|ours| ours.eq_ignore_ascii_case(&role)) {
                    wrong.push(format!("{}: {role} and {}", row[1], one["role"]));
                }
            }
            _ => wrong.push(format!("{} is missing", row[1])),
        }
    }
    wrong
}

pub(crate) fn lan(theirs: &str, ours: &Value) -> Vec<String> {
    let vlan = match &ours["vlan"] {
        Value::Null => "Disabled".into(),
        id => id.clone(),
    };
    let pairs = [
        ("IP Address", ours["address"].clone()),
        ("Subnet Mask", ours["subnet_mask"].clone()),
        ("MAC Address", ours["mac_address"].clone()),
        ("Default Gateway IP", ours["gateway"].clone()),
        ("Default Gateway MAC", ours["gateway_mac"].clone()),
        ("802.1q VLAN ID", vlan),
    ];
    compare(&table(theirs), &pairs)
}

pub(crate) fn sol(theirs: &str, ours: &Value) -> Vec<String> {
    let (one, sol) = (&ours[0], &ours[0]["sol"]);
    let rate = |rate: &Value| rate.as_f64().map_or(Value::Null, |rate| format!("{:.1}", rate / 1000.0).into());
    let pairs = [
        ("Enabled", one["enabled"].clone()),
        ("Force Encryption", sol["force_encryption"].clone()),
        ("Force Authentication", sol["force_authentication"].clone()),
        ("Privilege Level", sol["privilege"].clone()),
        ("Character Accumulate Level (ms)", sol["accumulate_ms"].clone()),
        ("Character Send Threshold", sol["send_threshold"].clone()),
        ("Retry Count", sol["retries"].clone()),
        ("Retry Interval (ms)", sol["retry_interval_ms"].clone()),
        ("Volatile Bit Rate (kbps)", rate(&one["bit_rate"])),
        ("Non-Volatile Bit Rate (kbps)", rate(&sol["kept_bit_rate"])),
    ];
    compare(&table(theirs), &pairs)
}
