//! What a recording leaves out: always secrets, and on request what identifies a machine. Within one recording, the same text gets
//! the same mask, which has the same form. Another recording has other masks, so that nobody can find out by trying which serial
//! number is behind one.

use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher as _, RandomState};
use std::net::Ipv4Addr;

use rosefish::wire::{is_secret, without_secrets};
use serde_json::Value;

/// Texts of this length that have a digit are masked wherever they stand, shorter ones only where their property says
/// what they are.
const DISTINCTIVE: usize = 6;

/// Removes the secrets from a resource, and returns how many there were. Without secrets, the text stays as it is. If it is not
/// JSON, everything after the name of a secret is removed.
pub(crate) fn remove_secrets(text: &mut String) -> usize {
    let Ok(mut json) = serde_json::from_str(text) else {
        let masked = without_secrets(text);
        if masked == *text {
            return 0;
        }
        let removed = masked.matches("***").count().saturating_sub(text.matches("***").count()).max(1);
        *text = masked;
        return removed;
    };
    let removed = visit(&mut json, "", &mut remove_secret);
    if removed > 0 {
        *text = json.to_string();
    }
    removed
}

fn remove_secret(name: &str, value: &mut Value) -> bool {
    if matches!(value, Value::Array(items) if name == "HttpHeaders" && !items.is_empty()) {
        *value = Value::Array(Vec::new());
        return true;
    }
    if let Value::Object(members) = value
        && is_named_secret(members)
    {
        let mut removed = false;
        for (name, member) in members.iter_mut() {
            if name.to_ascii_lowercase().ends_with("value") && !member.is_null() {
                *member = Value::Null;
                removed = true;
            }
        }
        return removed;
    }
    // An object in an array has names of its own: `CommunityStrings` has more than the strings.
    let is_plural = || name.ends_with(['s', 'S']);
    let is_nothing = match value {
        Value::Null | Value::Bool(_) => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty() || is_plural(),
        Value::Object(members) => members.is_empty() || is_plural(),
        Value::Number(_) => false,
    };
    if is_secret(name) && !is_nothing {
        *value = Value::Null;
        return true;
    }
    let Value::String(content) = value else { return false };
    if content.contains("PRIVATE KEY-----") {
        *value = Value::Null;
        return true;
    }
    let bare = without_user_info(content).unwrap_or_else(|| content.clone());
    // A query may have a token in it, a header may be in a sentence.
    let bare = without_secrets(&bare);
    let has_secret = bare != *content;
    if has_secret {
        *value = bare.into();
    }
    has_secret
}

/// Returns whether an object is a property given as its name and its value, and the name is that of a secret.
fn is_named_secret(members: &serde_json::Map<String, Value>) -> bool {
    let names = ["Name", "Key", "Id", "AttributeName", "PropertyName", "name", "key"];
    names.iter().any(|name| members.get(*name).and_then(Value::as_str).is_some_and(is_secret))
}

/// Returns a URL without the user and the password in it, or `None` if it has neither.
fn without_user_info(text: &str) -> Option<String> {
    let (scheme, rest) = text.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let (user_info, _) = authority.rsplit_once('@')?;
    Some(format!("{scheme}://{}", rest.get(user_info.len() + 1..)?))
}

/// The masks of a recording.
#[derive(Debug, Default)]
pub(crate) struct Masks {
    form: RandomState,
    masks: BTreeMap<String, String>,
    /// The distinctive ones, by their first characters, the shorter ones first.
    starts: HashMap<String, Vec<String>>,
}

impl Masks {
    /// Learns what identifies the machine from a resource.
    pub(crate) fn learn(&mut self, text: &str) {
        let Ok(mut json) = serde_json::from_str(text) else { return };
        visit(&mut json, "", &mut |name, value| {
            if identifies(name)
                && let Value::String(content) = value
            {
                self.add(content);
            }
            false
        });
    }

    /// Adds a text that identifies the machine.
    pub(crate) fn add(&mut self, text: &str) {
        if says_something(text) && !self.masks.contains_key(text) {
            // The forms of MAC addresses differ from place to place.
            let mask = match mac(text) {
                Some(digits) => with_digits(text, &self.disguised(&digits)),
                None => self.disguised(text),
            };
            self.masks.insert(text.to_owned(), mask);
            if is_distinctive(text) {
                let start = text.get(..text.floor_char_boundary(DISTINCTIVE)).unwrap_or_default();
                let known = self.starts.entry(start.to_owned()).or_default();
                let place = known.partition_point(|other| other.len() <= text.len());
                known.insert(place, text.to_owned());
            }
        }
    }

    /// Returns how many texts have a mask.
    pub(crate) fn len(&self) -> usize {
        self.masks.len()
    }

    /// Returns a text, which may be JSON or a path, with masks for what identifies the machine.
    pub(crate) fn apply(&self, text: &str) -> String {
        let mut masked = self.replaced(text);
        rewrite(&mut masked, &mut |name, value| {
            let mask = match value {
                Value::String(content) if identifies(name) => self.masks.get(content),
                _ => None,
            };
            if let Some(mask) = mask {
                *value = mask.clone().into();
            }
            mask.is_some()
        });
        masked
    }

    /// Returns the text with masks for what is distinctive, where it stands alone. At each word, only the masks for texts with the
    /// same beginning are tried, the longest first: there may be many thousands.
    fn replaced(&self, text: &str) -> String {
        let is_part = |c: char| c.is_ascii_alphanumeric();
        let mut out = String::with_capacity(text.len());
        let (mut rest, mut before) = (text, None::<char>);
        while let Some(first) = rest.chars().next() {
            let starts_word = !before.is_some_and(is_part);
            let found = starts_word.then(|| self.at(rest)).flatten();
            let (taken, shown) = match found {
                Some((known, mask)) => (known.len(), mask),
                None => (first.len_utf8(), rest.get(..first.len_utf8()).unwrap_or_default()),
            };
            out.push_str(shown);
            let (done, after) = rest.split_at(taken);
            before = done.chars().next_back();
            rest = after;
        }
        out
    }

    /// Returns the longest distinctive text that stands alone at the beginning of this one, and its mask.
    fn at<'m>(&'m self, text: &str) -> Option<(&'m str, &'m str)> {
        let start = text.get(..text.floor_char_boundary(DISTINCTIVE)).unwrap_or_default();
        let known = self.starts.get(start)?;
        known.iter().rev().find_map(|known| {
            let after = text.strip_prefix(known.as_str())?;
            let alone = !after.starts_with(|c: char| c.is_ascii_alphanumeric());
            let mask = self.masks.get(known).filter(|_| alone)?;
            Some((known.as_str(), mask.as_str()))
        })
    }

    /// Returns another text of the same form. A MAC address keeps the manufacturer's half.
    fn disguised(&self, text: &str) -> String {
        if text.parse::<Ipv4Addr>().is_ok() {
            // An address of a private network.
            let [a, b, c, ..] = self.form.hash_one(text).to_le_bytes();
            return Ipv4Addr::new(10, a, b, c).to_string();
        }
        let digits = text.chars().all(|c| c.is_ascii_hexdigit() || matches!(c, '-' | ':'));
        let hexadecimal = digits && (text.len() >= 12 || text.contains(':'));
        let kept = if hexadecimal && text.len() == 12 { 6 } else { 0 };
        let other = |(index, c): (usize, char)| {
            let random = self.form.hash_one((text, index));
            let one_of = |letters: &[u8]| {
                let count = u64::try_from(letters.len()).unwrap_or(1).max(1);
                let place = usize::try_from(random % count).unwrap_or(0);
                letters.get(place).map_or(c, |letter| char::from(*letter))
            };
            match c {
                _ if index < kept => c,
                '0'..='9' => one_of(b"0123456789"),
                'a'..='f' if hexadecimal => one_of(b"abcdef"),
                'A'..='F' if hexadecimal => one_of(b"ABCDEF"),
                'a'..='z' => one_of(b"abcdefghijklmnopqrstuvwxyz"),
                'A'..='Z' => one_of(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
                _ => c,
            }
        };
        text.chars().enumerate().map(other).collect()
    }
}

/// Returns whether a property of this name identifies the machine.
fn identifies(name: &str) -> bool {
    let ends = [
        "SerialNumber",
        "UUID",
        "MACAddress",
        "HostName",
        "FQDN",
        "ServiceTag",
        "AssetTag",
        "NodeName",
        "WWN",
        "WWNN",
        "WWPN",
        "DurableName",
        "ServiceRootUUID",
        "GUID",
    ];
    let whole = ["SKU", "Address", "Gateway", "IPv6DefaultGateway", "NameServers", "StaticNameServers", "ServerName"];
    ends.iter().any(|end| name.ends_with(end)) || whole.contains(&name)
}

/// Returns whether a text is more than a placeholder.
fn says_something(text: &str) -> bool {
    let nothing = ["", "n/a", "na", "none", "unknown", "localhost", "not specified", "to be filled by o.e.m.", "dhcp"];
    let text = text.trim().to_ascii_lowercase();
    let filler = text.chars().all(|c| !c.is_ascii_alphanumeric() || c == '0')
        || text.chars().all(|c| !c.is_ascii_alphanumeric() || c == 'f');
    !filler && !nothing.contains(&text.as_str()) && !["127.0.0.1", "::1"].contains(&text.as_str())
}

fn is_distinctive(text: &str) -> bool {
    text.len() >= DISTINCTIVE && text.contains(|c: char| c.is_ascii_digit())
}

/// Returns the twelve digits of a MAC address, in capitals.
fn mac(text: &str) -> Option<String> {
    let digits: String = text.chars().filter(|c| !matches!(c, ':' | '-')).collect::<String>().to_ascii_uppercase();
    (digits.len() == 12 && text.len() == 17 && digits.chars().all(|c| c.is_ascii_hexdigit())).then_some(digits)
}

/// Returns a text of the form of another, with these letters and digits in it.
fn with_digits(form: &str, digits: &str) -> String {
    let mut digits = digits.chars();
    let mut next = |c: char| {
        let digit = digits.next().unwrap_or(c);
        if c.is_ascii_lowercase() { digit.to_ascii_lowercase() } else { digit }
    };
    let lower = form.chars().any(|c| c.is_ascii_lowercase());
    let text: String = form.chars().map(|c| if matches!(c, ':' | '-') { c } else { next(c) }).collect();
    if lower { text.to_ascii_lowercase() } else { text }
}

/// Changes values by the names of their properties. The text is only rewritten if something was changed. Elements of an array have
/// the name of the array.
fn rewrite(text: &mut String, change: &mut dyn FnMut(&str, &mut Value) -> bool) {
    let Ok(mut json) = serde_json::from_str(text) else { return };
    let changed = visit(&mut json, "", change);
    if changed > 0 {
        *text = json.to_string();
    }
}

fn visit(json: &mut Value, name: &str, change: &mut dyn FnMut(&str, &mut Value) -> bool) -> usize {
    if change(name, json) {
        return 1;
    }
    match json {
        Value::Object(members) => members.iter_mut().map(|(name, member)| visit(member, name, change)).sum(),
        Value::Array(items) => items.iter_mut().map(|item| visit(item, name, change)).sum(),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn secrets_go_whatever_was_asked() {
        let mut text = json!({
            "UserName": "root", "Password": "hunter2", "PasswordChangeRequired": true, "PublicKey": "ssh-ed25519 AAAA",
            "SNMP": { "CommunityStrings": [{ "CommunityString": "hunter2" }], "AuthenticationKey": "hunter2" },
            "Attributes": { "Users.2.Password": "hunter2", "HotKey": "F2" },
            "Destination": "https://joe:hunter2@10.0.0.1/events?x=1", "HttpHeaders": [{ "Authorization": "hunter2" }],
            "CertificateString": "-----BEGIN PRIVATE KEY-----hunter2",
            "Pairs": [{ "Name": "SNMPCommunity", "CurrentValue": "hunter2" }, { "Name": "HotKey", "Value": "F2" }],
        })
        .to_string();
        assert_eq!(remove_secrets(&mut text), 8);
        assert!(!text.contains("hunter2"), "{text}");
        for kept in ["root", "true", "ssh-ed25519", "\"F2\"", "https://10.0.0.1/events?x=1"] {
            assert!(text.contains(kept), "{kept}: {text}");
        }
        // What can't be read is not written unchanged.
        let deep = format!("{}{{\"Password\":\"hunter2\"}}", "[".repeat(200));
        for odd in ["{\"Password\":\"hunter2\",", "<Password>hunter2</Password>", "password=hunter2&x=1", &deep] {
            let mut text = odd.to_owned();
            assert_eq!(remove_secrets(&mut text), 1, "{odd}");
            assert!(!text.contains("hunter2"), "{text}");
        }
        for value in ["12345", "[\"12345\"]", "{\"a\":12345}"] {
            let mut text = format!("{{\"Attributes\":{{\"admin_password\":{value}}}}}");
            assert_eq!((remove_secrets(&mut text), text.contains("12345")), (1, false), "{value}");
        }
        let mut text = json!({ "Destination": "https://10.0.0.1/x?token=hunter2&a=1" }).to_string();
        assert_eq!((remove_secrets(&mut text), text.contains("hunter2")), (1, false), "{text}");
        let plain = "{ \"A\" :  1 }".to_owned();
        let mut text = plain.clone();
        assert_eq!((remove_secrets(&mut text), text), (0, plain));
    }

    #[test]
    fn the_same_has_the_same_mask_and_keeps_its_form() {
        let system = json!({
            "Id": "CZ1234ABCD", "SerialNumber": "CZ1234ABCD", "HostName": "web", "Name": "web server",
            "UUID": "11223344-5566-7788-99aa-bbccddeeff00", "MACAddress": "02:AB:cd:12:34:56", "AssetTag": "",
            "@odata.id": "/redfish/v1/Systems/CZ1234ABCD", "Message": "CZ1234ABCDX is another", "BiosVersion": "1.2.3",
            "SubUUID": "00000000-0000-0000-0000-000000000000",
            "IPv4Addresses": [{ "Address": "192.0.2.77", "SubnetMask": "255.255.255.0" }],
            "IPv6Addresses": [{ "Address": "2001:db8::beef:7" }],
        })
        .to_string();
        let mut masks = Masks::default();
        masks.learn(&system);
        assert_eq!(masks.len(), 6);
        let masked: Value = serde_json::from_str(&masks.apply(&system)).unwrap();
        let serial = masked["SerialNumber"].as_str().unwrap();
        assert!(serial != "CZ1234ABCD" && serial.len() == 10 && masked["Id"] == serial, "{masked}");
        assert_eq!(masked["@odata.id"], format!("/redfish/v1/Systems/{serial}"));
        assert_eq!(masks.apply("redfish/v1/Systems/CZ1234ABCD"), format!("redfish/v1/Systems/{serial}"));
        let mac = masked["MACAddress"].as_str().unwrap();
        assert!(
            mac.to_ascii_uppercase().starts_with("02:AB:CD:") && mac.len() == 17 && !mac.ends_with("12:34:56"),
            "{mac}"
        );
        let address =
            |version: &str| masked[version][0]["Address"].as_str().unwrap().parse::<std::net::IpAddr>().unwrap();
        assert!(address("IPv4Addresses").to_string().starts_with("10.") && address("IPv6Addresses").is_ipv6());
        assert!(!masked.to_string().contains("beef") && masked["IPv4Addresses"][0]["SubnetMask"] == "255.255.255.0");
        assert_ne!(masked["UUID"], "11223344-5566-7788-99aa-bbccddeeff00");
        assert!(masked["HostName"] != "web" && masked["Name"] == "web server", "{masked}");
        for (name, kept) in [
            ("Message", "CZ1234ABCDX is another"),
            ("BiosVersion", "1.2.3"),
            ("SubUUID", "00000000-0000-0000-0000-000000000000"),
        ] {
            assert_eq!(masked[name], kept);
        }
    }

    /// Looking for each mask in each text would take more than an hour.
    #[test]
    fn masking_takes_no_longer_for_each_text_the_more_masks_there_are() {
        let mut masks = Masks::default();
        let names: Vec<_> = (0..50_000).map(|n| format!("SN{:07}", n * 37)).collect();
        names.iter().for_each(|name| masks.add(name));
        let text = names.join(" ");
        let masked = masks.apply(&text);
        assert_eq!(masked.len(), text.len());
        assert!(masked.split(' ').zip(&names).filter(|(masked, name)| masked == name).count() < 100);
    }
}
