//! The inventory as a dynamic inventory for Ansible: the JSON that `--list` and `--host` have to print.

use std::path::Path;

use anyhow::bail;
use serde_json::{Map, Value, json};

use super::hosts::{load, named};
use super::inventory::Inventory;
use super::settings::{ProtocolName, Settings};

/// Returns all groups with their hosts, and the variables of all hosts.
pub(crate) fn list(file: Option<&Path>) -> anyhow::Result<Value> {
    let inventory = known(file)?;
    let mut list = Map::new();
    let (mut grouped, mut names): (Vec<String>, Vec<&str>) = (Vec::new(), Vec::new());
    for group in inventory.groups.iter().filter(|group| group.name != "ungrouped") {
        let hosts = inventory.group(&group.name, 0)?;
        // Groups whose hosts are all in this one.
        let within = group.lists.iter().filter_map(|(list, _)| list.strip_prefix('@'));
        let children = within.filter(|name| {
            let other = inventory.group(name, 0);
            other.is_ok_and(|other| *name != "all" && other.iter().all(|host| hosts.contains(host)))
        });
        list.insert(group.name.clone(), json!({ "hosts": hosts, "children": children.collect::<Vec<_>>() }));
        grouped.extend(hosts);
        names.push(&group.name);
    }
    let all = inventory.group("all", 0)?;
    let alone: Vec<&String> = all.iter().filter(|host| !grouped.contains(host)).collect();
    let hostvars: Map<_, _> = all.iter().map(|host| (host.clone(), variables(host, &inventory))).collect();
    names.push("ungrouped");
    list.insert("ungrouped".to_owned(), json!({ "hosts": alone }));
    list.insert("all".to_owned(), json!({ "children": names }));
    list.insert("_meta".to_owned(), json!({ "hostvars": hostvars }));
    Ok(Value::Object(list))
}

/// Returns the variables of a host.
pub(crate) fn host(name: &str, file: Option<&Path>) -> anyhow::Result<Value> {
    let inventory = known(file)?;
    if !inventory.knows(name) {
        bail!("{}: there is no host {name} in it", inventory.file.display());
    }
    Ok(variables(name, &inventory))
}

fn known(file: Option<&Path>) -> anyhow::Result<Inventory> {
    let inventory = load(file)?;
    if inventory.file.as_os_str().is_empty() {
        // The error says what to do.
        inventory.group("all", 0)?;
    }
    Ok(inventory)
}

/// Returns what this program reads of a host from an Ansible inventory. Where passwords come from is left out: a command may
/// contain one.
fn variables(name: &str, inventory: &Inventory) -> Value {
    let host = named(name, "", inventory);
    let Settings { protocol, user, ipmi_user, basic, insecure, ca, pin, .. } = host.settings;
    let protocol = protocol.map(|protocol| match protocol {
        ProtocolName::Auto => "auto",
        ProtocolName::Redfish => "redfish",
        ProtocolName::Ipmi => "ipmi",
    });
    let all = [
        ("address", json!(host.address)),
        ("protocol", json!(protocol)),
        ("user", json!(user)),
        ("ipmi_user", json!(ipmi_user)),
        ("basic", json!(basic)),
        ("insecure", json!(insecure)),
        ("ca", json!(ca)),
        ("pin", json!(pin)),
    ];
    let said = all.into_iter().filter(|(_, value)| !value.is_null());
    Value::Object(said.map(|(name, value)| (format!("rosefish_{name}"), value)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_and_hosts_are_as_ansible_wants_them_without_where_passwords_come_from() {
        let path = std::env::temp_dir().join(format!("rosefish-ansible-{}.toml", std::process::id()));
        let text = "[defaults]\nuser = \"root\"\npassword-command = \"echo hunter2\"\n[groups.rack]\nhosts = [\"n[1-3]\"]\n\
                    address = \"{host}-ipmi.example\"\n[groups.site]\nhosts = [\"@rack\", \"login\"]\n[groups.some]\nhosts = \
                    [\"@rack,!n2\"]\n[hosts.alone]\nprotocol = \"ipmi\"\npin = \"00\"\n";
        std::fs::write(&path, text).unwrap();
        let file = Some(path.as_path());
        let list = list(file).unwrap();
        assert_eq!(list["rack"], json!({ "hosts": ["n1", "n2", "n3"], "children": [] }));
        assert_eq!(list["site"], json!({ "hosts": ["n1", "n2", "n3", "login"], "children": ["rack"] }));
        assert_eq!(list["some"], json!({ "hosts": ["n1", "n3"], "children": [] }));
        assert_eq!(list["ungrouped"], json!({ "hosts": ["alone"] }));
        assert_eq!(list["all"], json!({ "children": ["rack", "site", "some", "ungrouped"] }));
        let n1 = json!({ "rosefish_address": "n1-ipmi.example", "rosefish_user": "root" });
        assert_eq!(list["_meta"]["hostvars"]["n1"], n1);
        assert_eq!(host("n1", file).unwrap(), n1);
        let alone = json!({
            "rosefish_address": "alone", "rosefish_user": "root", "rosefish_protocol": "ipmi", "rosefish_pin": "00",
        });
        assert_eq!(host("alone", file).unwrap(), alone);
        assert!(!list.to_string().contains("hunter2"));
        assert!(host("n9", file).unwrap_err().to_string().contains("no host n9"));
        std::fs::remove_file(&path).unwrap();
    }
}
