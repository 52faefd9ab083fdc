//! What a recording leaves out: secrets always, what identifies a machine where that is wanted. The same text becomes
//! the same mask throughout one recording, of the same form; another recording has other masks, so that nobody can try
//! out which serial number is behind one.

use std::collections::BTreeMap;
use std::hash::{BuildHasher as _, RandomState};
use std::net::Ipv4Addr;

use serde_json::Value;

/// Texts of this length that have a digit are masked wherever they stand, shorter ones only where their property says
/// what they are.
const DISTINCTIVE: usize = 6;

/// Takes the secrets out of a resource; says how many there were. The text stays as it is where there are none.
pub(crate) fn remove_secrets(text: &mut String) -> usize {
    rewrite(text, &mut |name, value| {
        if matches!(value, Value::Array(items) if name == "HttpHeaders" && !items.is_empty()) {
            *value = Value::Array(Vec::new());
            return true;
        }
        let Value::String(content) = value else { return false };
        if content.contains("PRIVATE KEY-----") || (is_secret(name) && !content.is_empty()) {
            *value = Value::Null;
            return true;
        }
        match without_user_info(content) {
            Some(bare) => {
                *value = bare.into();
                true
            }
            None => false,
        }
    })
}

/// Whether a property of this name holds a secret. Vendors put them among attributes as well: `Users.2.Password`.
fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let told = ["password", "passphrase", "token", "secret", "community", "communitystring", "licensestring"];
    let key =
        name.ends_with("key") && !["public", "message", "hot"].iter().any(|kind| name.ends_with(&format!("{kind}key")));
    key || told.iter().any(|end| name.ends_with(end))
}

/// A URL without the user and the password in it; none if there are none.
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

    /// Takes a text for one that identifies the machine.
    pub(crate) fn add(&mut self, text: &str) {
        if says_something(text) && !self.masks.contains_key(text) {
            // The forms of MAC addresses differ from place to place.
            let mask = match mac(text) {
                Some(digits) => with_digits(text, &self.disguised(&digits)),
                None => self.disguised(text),
            };
            self.masks.insert(text.to_owned(), mask);
        }
    }

    /// How many texts have a mask.
    pub(crate) fn len(&self) -> usize {
        self.masks.len()
    }

    /// A text, be it JSON or a path, with masks for what identifies the machine.
    pub(crate) fn apply(&self, text: &str) -> String {
        let mut masked = text.to_owned();
        let mut known: Vec<_> = self.masks.iter().filter(|(text, _)| is_distinctive(text)).collect();
        // The longer first: a host's name may begin with another's.
        known.sort_by_key(|(text, _)| std::cmp::Reverse(text.len()));
        for (text, mask) in known {
            if masked.contains(text.as_str()) {
                masked = replace(&masked, text, mask);
            }
        }
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

    /// Another text of the same form. Of a MAC address the maker's half stays.
    fn disguised(&self, text: &str) -> String {
        if text.parse::<Ipv4Addr>().is_ok() {
            // One of a private network.
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

/// Whether a property of this name tells which machine it is.
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

/// Whether a text is more than a word for nothing.
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

/// The twelve digits of a MAC address, in capitals.
fn mac(text: &str) -> Option<String> {
    let digits: String = text.chars().filter(|c| !matches!(c, ':' | '-')).collect::<String>().to_ascii_uppercase();
    (digits.len() == 12 && text.len() == 17 && digits.chars().all(|c| c.is_ascii_hexdigit())).then_some(digits)
}

/// A text of the form of another, with these letters and digits in it.
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

/// Replaces a text where it stands alone, not as part of a longer word.
fn replace(within: &str, text: &str, by: &str) -> String {
    let mut out = String::with_capacity(within.len());
    let mut rest = within;
    while let Some(place) = rest.find(text) {
        let (before, found) = rest.split_at(place);
        let after = found.get(text.len()..).unwrap_or_default();
        let joined = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
        let alone = !joined(before.chars().next_back().or(out.chars().next_back())) && !joined(after.chars().next());
        out.push_str(before);
        out.push_str(if alone { by } else { text });
        rest = after;
    }
    out.push_str(rest);
    out
}

/// Changes values by their properties' names; the text is written anew only if there was something to change. Elements
/// of an array have the name of the array.
fn rewrite(text: &mut String, change: &mut dyn FnMut(&str, &mut Value) -> bool) -> usize {
    let Ok(mut json) = serde_json::from_str(text) else { return 0 };
    let changed = visit(&mut json, "", change);
    if changed > 0 {
        *text = json.to_string();
    }
    changed
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
        })
        .to_string();
        assert_eq!(remove_secrets(&mut text), 7);
        assert!(!text.contains("hunter2"), "{text}");
        for kept in ["root", "true", "ssh-ed25519", "\"F2\"", "https://10.0.0.1/events?x=1"] {
            assert!(text.contains(kept), "{kept}: {text}");
        }
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
}
