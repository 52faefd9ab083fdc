//! Which hosts a command line means: the words of `HOST`, and what the inventory says of each.

#[cfg(feature = "nats")]
use std::collections::HashMap;
#[cfg(feature = "nats")]
use std::fmt;
use std::io::Read as _;
use std::path::Path;

use anyhow::{Context as _, bail};

use super::ansible;
use super::current::Named;
use super::inventory::{Inventory, own_file};
use super::names::{Item, distinct, is_list, items, words};

/// The hosts of a command.
#[derive(Debug)]
pub(crate) struct Hosts {
    pub(crate) all: Vec<Named>,
    /// The hosts were named as a list, and are shown as one even if it has only one host.
    pub(crate) is_list: bool,
}

/// Finds the hosts that words stand for, with the inventory that was named, else the user's own. Where a path is
/// allowed, one that exists is not read as a list.
pub(crate) fn resolve(said: &[String], inventory: Option<&Path>, may_be_path: bool) -> anyhow::Result<Hosts> {
    let inventory = load(inventory)?;
    if let [word] = said
        && (!is_list(word) || may_be_path && Path::new(word).exists())
    {
        return Ok(Hosts { all: vec![alone(word, &inventory)], is_list: false });
    }
    let mut all: Vec<(String, String)> = Vec::new();
    for word in said {
        add(word, &inventory, &mut all, true)?;
    }
    let names = distinct(all.iter().map(|(name, _)| name.clone()).collect());
    if names.is_empty() {
        bail!("no hosts: the list is empty");
    }
    let path = |name: &str| all.iter().find(|(other, _)| other == name).map_or("", |(_, path)| path.as_str());
    let has_paths = all.iter().any(|(_, path)| !path.is_empty());
    let all = names.iter().map(|name| named(name, if has_paths { path(name) } else { "" }, &inventory)).collect();
    Ok(Hosts { all, is_list: true })
}

/// The hosts that a worker works for. Jobs name them by exactly these names.
#[cfg(feature = "nats")]
#[derive(Debug)]
pub(crate) struct Served(HashMap<String, Named>);

#[cfg(feature = "nats")]
impl Served {
    /// Finds the hosts that words stand for. Without words, these are the hosts of the inventory.
    pub(crate) fn load(said: &[String], inventory: Option<&Path>) -> anyhow::Result<Self> {
        let all = match said {
            [] => {
                let inventory = load(inventory)?;
                let names =
                    inventory.group("all", 0).context("without hosts, a worker is for those of an inventory")?;
                names.iter().map(|name| named(name, "", &inventory)).collect()
            }
            said => resolve(said, inventory, false)?.all,
        };
        anyhow::ensure!(!all.is_empty(), "the inventory names no hosts to work for");
        Ok(Self(all.into_iter().map(|host| (host.name.clone(), host)).collect()))
    }

    /// Finds a host by its name, and appends a path to its address. Returns `None` if this worker doesn't work for it.
    pub(crate) fn find(&self, name: &str, path: &str) -> Option<Named> {
        let mut host = self.0.get(name)?.clone();
        host.address.push_str(path);
        Some(host)
    }
}

#[cfg(feature = "nats")]
impl fmt::Display for Served {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.len() {
            1 => f.write_str("1 host"),
            count => write!(f, "{count} hosts"),
        }
    }
}

/// Adds the hosts of a word, each with the path that follows them.
fn add(word: &str, inventory: &Inventory, all: &mut Vec<(String, String)>, may_read: bool) -> anyhow::Result<()> {
    let (items, path) = items(word).map_err(anyhow::Error::msg)?;
    for item in items {
        match item {
            Item::Input if may_read => {
                let mut text = String::new();
                std::io::stdin().lock().read_to_string(&mut text).context("the hosts on standard input")?;
                for word in words(&text) {
                    add(word, inventory, all, false)?;
                }
            }
            Item::Without(item) => {
                let mut without = Vec::new();
                inventory.add(*item, &mut without, 0)?;
                all.retain(|(name, _)| !without.contains(name));
            }
            item => {
                let mut names = Vec::new();
                inventory.add(item, &mut names, 0)?;
                all.extend(names.into_iter().map(|name| (name, path.to_owned())));
            }
        }
    }
    Ok(())
}

/// Returns a host that was named on its own, as a name, an address or a URL.
fn alone(word: &str, inventory: &Inventory) -> Named {
    let bare = word.split_once("://").map_or(word, |(_, rest)| rest);
    let (authority, path) = bare.find('/').and_then(|at| bare.split_at_checked(at)).unwrap_or((bare, ""));
    if inventory.knows(authority) && authority == word.trim_end_matches(path) {
        return named(authority, path, inventory);
    }
    let host = authority.rsplit_once(':').map_or(authority, |(host, _)| host);
    let known = if inventory.knows(authority) { authority } else { host };
    Named { name: authority.to_owned(), address: word.to_owned(), settings: inventory.settings(known) }
}

pub(super) fn named(name: &str, path: &str, inventory: &Inventory) -> Named {
    let settings = inventory.settings(name);
    let address = settings.address.as_ref().map_or_else(|| name.to_owned(), |address| address.replace("{host}", name));
    Named { name: name.to_owned(), address: format!("{address}{path}"), settings }
}

/// Reads the inventory that was named, otherwise the user's own if there is one.
pub(super) fn load(file: Option<&Path>) -> anyhow::Result<Inventory> {
    match (file, own_file()) {
        (Some(file), _) => read(file),
        (None, Some(file)) if file.exists() => read(&file),
        _ => Ok(Inventory::default()),
    }
}

/// Reads an inventory. Its name gives its format: `.toml`, `.yml`, otherwise Ansible's INI.
fn read(file: &Path) -> anyhow::Result<Inventory> {
    let text = std::fs::read_to_string(file).with_context(|| format!("the inventory {}", file.display()))?;
    let extension = file.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    let read = match extension.to_ascii_lowercase().as_str() {
        "toml" => Inventory::from_toml(&text),
        "yml" | "yaml" | "json" => ansible::from_yaml(&text),
        _ => ansible::from_ini(&text),
    };
    let mut inventory = read.map_err(|(line, why)| anyhow::anyhow!("{}:{line}: {why}", file.display()))?;
    inventory.file = file.to_owned();
    inventory.enlisted()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(said: &[&str], file: &Path) -> anyhow::Result<Vec<(String, String)>> {
        let said: Vec<String> = said.iter().map(|word| (*word).to_owned()).collect();
        Ok(resolve(&said, Some(file), false)?.all.into_iter().map(|host| (host.name, host.address)).collect())
    }

    #[test]
    fn hosts_come_from_words_and_groups_each_once() {
        let file = std::env::temp_dir().join(format!("rosefish-hosts-{}.toml", std::process::id()));
        let text = "[groups.g]\nhosts = [\"n[1-3]\"]\n[hosts.n2]\naddress = \"{host}-ipmi.example\"\n";
        std::fs::write(&file, text).unwrap();
        let plain = |name: &str| (name.to_owned(), name.to_owned());
        let second = |path: &str| ("n2".to_owned(), format!("n2-ipmi.example{path}"));
        assert_eq!(names(&["@g", "n1", "x"], &file).unwrap(), [plain("n1"), second(""), plain("n3"), plain("x")]);
        assert_eq!(names(&["@g,!n[1,3]"], &file).unwrap(), [second("")]);
        assert_eq!(names(&["n2"], &file).unwrap(), [second("")]);
        assert_eq!(names(&["n2/redfish/v1"], &file).unwrap(), [second("/redfish/v1")]);
        assert_eq!(names(&["n[2-2]/redfish/v1"], &file).unwrap(), [second("/redfish/v1")]);
        assert_eq!(
            names(&["https://n1:444/x"], &file).unwrap(),
            [("n1:444".to_owned(), "https://n1:444/x".to_owned())]
        );
        assert!(names(&["@g,!@g"], &file).unwrap_err().to_string().contains("the list is empty"));
        std::fs::remove_file(&file).unwrap();
    }
}
