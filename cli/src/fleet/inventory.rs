//! `hosts.toml`: which hosts there are, in which groups, how they are reached, and where their passwords come from. Other formats
//! are converted to the same [`Inventory`].

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;

use anyhow::bail;
use serde::Deserialize;
use toml::Spanned;

use super::names::{Item, distinct, items};
use super::settings::Settings;
use crate::files;

/// How deep groups may be nested.
const DEEPEST: usize = 16;

/// An inventory.
#[derive(Debug, Default)]
pub(crate) struct Inventory {
    pub(crate) file: PathBuf,
    pub(crate) defaults: Settings,
    /// In the order of the file. If two groups set the same for a host, the later one counts.
    pub(crate) groups: Vec<Group>,
    pub(crate) hosts: BTreeMap<String, Settings>,
    /// The groups that a host is in, by its name.
    members: HashMap<String, Vec<usize>>,
}

/// A group of hosts.
#[derive(Debug, Default)]
pub(crate) struct Group {
    pub(crate) name: String,
    /// Lists of hosts, `@GROUP` included, each with its line.
    pub(crate) lists: Vec<(String, usize)>,
    /// Patterns with `*`. A host whose name matches is in the group as soon as somebody names it.
    pub(crate) matches: Vec<String>,
    pub(crate) settings: Settings,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(default)]
    defaults: Settings,
    #[serde(default)]
    groups: BTreeMap<String, Spanned<toml::Table>>,
    #[serde(default)]
    hosts: BTreeMap<String, Settings>,
}

impl Inventory {
    /// Reads `hosts.toml`. An error has the line of the mistake.
    pub(super) fn from_toml(text: &str) -> Result<Self, (usize, String)> {
        let at = |offset: usize| line_of(text, offset);
        let wrong = |error: toml::de::Error| {
            let line = at(error.span().map_or(0, |span| span.start));
            (line, explained(error.message()))
        };
        let document: Document = toml::from_str(text).map_err(wrong)?;
        let mut groups: Vec<(usize, Group)> = Vec::new();
        for (name, table) in document.groups {
            let start = table.span().start;
            let mut table = table.into_inner();
            let mut take = |key: &str| {
                let all = table.remove(key).unwrap_or_else(|| toml::Value::Array(Vec::new()));
                let all: Result<Vec<String>, _> = all.try_into();
                all.map_err(|_| (at(start), format!("{key} of the group {name} is not a list of texts")))
            };
            let lists = take("hosts")?.into_iter().map(|list| (list, at(start))).collect();
            let matches = take("match")?;
            let settings: Settings = table
                .clone()
                .try_into()
                .map_err(|error: toml::de::Error| (key_line(text, start, &table), explained(error.message())))?;
            groups.push((start, Group { name, lists, matches, settings }));
        }
        groups.sort_by_key(|(start, _)| *start);
        let groups = groups.into_iter().map(|(_, group)| group).collect();
        Ok(Self { defaults: document.defaults, groups, hosts: document.hosts, ..Self::default() })
    }

    /// Finds out which hosts are in which groups.
    pub(super) fn enlisted(mut self) -> anyhow::Result<Self> {
        let mut members: HashMap<String, Vec<usize>> = HashMap::new();
        for (number, group) in self.groups.iter().enumerate() {
            for name in self.group(&group.name, 0)? {
                members.entry(name).or_default().push(number);
            }
        }
        self.members = members;
        Ok(self)
    }

    /// Returns the hosts of a group. `all` stands for every host.
    pub(super) fn group(&self, name: &str, depth: usize) -> anyhow::Result<Vec<String>> {
        let Some(group) = self.groups.iter().find(|group| group.name == name) else {
            if name == "all" && !self.file.as_os_str().is_empty() {
                let mut all: Vec<String> = Vec::new();
                for group in &self.groups {
                    all.extend(self.group(&group.name, depth + 1)?);
                }
                all.extend(self.hosts.keys().cloned());
                return Ok(distinct(all));
            }
            if self.file.as_os_str().is_empty() {
                bail!("@{name}: there is no inventory: name one with --hosts, or write {}", own_file_shown());
            }
            let known: Vec<&str> = self.groups.iter().map(|group| group.name.as_str()).collect();
            bail!("@{name}: {} has no such group; it has: {}", self.file.display(), known.join(", "));
        };
        if depth > DEEPEST {
            bail!("{}: the group {name} is in itself", self.file.display());
        }
        let mut names = Vec::new();
        for (list, line) in &group.lists {
            let wrong = |why: String| anyhow::anyhow!("{}:{line}: group {name}: {why}", self.file.display());
            let (items, path) = items(list).map_err(wrong)?;
            if !path.is_empty() {
                return Err(wrong(format!("{list:?} has a path")));
            }
            for item in items {
                self.add(item, &mut names, depth).map_err(|error| wrong(format!("{error:#}")))?;
            }
        }
        Ok(distinct(names))
    }

    /// Adds the hosts of an item to the names, or removes them.
    pub(super) fn add(&self, item: Item, names: &mut Vec<String>, depth: usize) -> anyhow::Result<()> {
        match item {
            Item::Hosts(hosts) => names.extend(hosts),
            Item::Group(group) => names.extend(self.group(&group, depth + 1)?),
            Item::Without(item) => {
                let mut without = Vec::new();
                self.add(*item, &mut without, depth)?;
                names.retain(|name| !without.contains(name));
            }
            Item::Input => bail!("standard input can't be in an inventory"),
        }
        Ok(())
    }

    /// Returns whether the inventory lists a host by exactly this name.
    pub(super) fn knows(&self, name: &str) -> bool {
        self.hosts.contains_key(name) || self.members.contains_key(name)
    }

    /// Returns what is known of a host: its own settings, then those of its groups, then the defaults.
    pub(crate) fn settings(&self, name: &str) -> Settings {
        let mut known = self.hosts.get(name).cloned().unwrap_or_default();
        let listed = self.members.get(name).map(Vec::as_slice).unwrap_or_default();
        for (number, group) in self.groups.iter().enumerate().rev() {
            if listed.contains(&number) || group.matches.iter().any(|pattern| fits(pattern, name)) {
                known = known.or(&group.settings);
            }
        }
        known.or(&self.defaults)
    }
}

/// Returns whether a name matches a pattern, in which `*` stands for anything.
fn fits(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(rest) = parts.next().and_then(|first| name.strip_prefix(first)) else { return false };
    let mut rest = rest;
    let mut last = None;
    for part in parts {
        if let Some(middle) = last.replace(part) {
            let middle: &str = middle;
            match rest.find(middle) {
                Some(at) => rest = rest.get(at + middle.len()..).unwrap_or_default(),
                None => return false,
            }
        }
    }
    match last {
        Some(last) => rest.ends_with(last),
        None => rest.is_empty(),
    }
}

/// Returns the line of an offset, counted from 1.
fn line_of(text: &str, offset: usize) -> usize {
    text.get(..offset).map_or(1, |before| before.matches('\n').count() + 1)
}

/// Returns the line of the first key that a group can't have.
fn key_line(text: &str, start: usize, table: &toml::Table) -> usize {
    let is_odd = |key: &&String| {
        let alone: toml::Table =
            table.get_key_value(*key).map(|(key, value)| (key.clone(), value.clone())).into_iter().collect();
        alone.try_into::<Settings>().is_err()
    };
    let first = line_of(text, start);
    let Some(key) = table.keys().find(is_odd) else { return first };
    let lines = text.lines().enumerate().skip(first.saturating_sub(1));
    let names = |line: &str| {
        let line = line.trim_start().trim_start_matches('"');
        line.strip_prefix(key.as_str()).is_some_and(|rest| rest.trim_start_matches('"').trim_start().starts_with('='))
    };
    lines.filter(|(_, line)| names(line)).map(|(number, _)| number + 1).next().unwrap_or(first)
}

/// Explains what is wrong, and what to do if somebody has put a password there.
fn explained(why: &str) -> String {
    if why.contains("unknown field `password`") || why.contains("unknown field `ipmi-password`") {
        return "a password can't be in this file: name a password-command, a password-file, a password-env, or keyring = true"
            .to_owned();
    }
    why.to_owned()
}

/// Returns the path of the user's own inventory.
pub(super) fn own_file() -> Option<PathBuf> {
    files::own("hosts.toml")
}

fn own_file_shown() -> String {
    own_file().map_or_else(|| "~/.config/rosefish/hosts.toml".to_owned(), |file| file.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> anyhow::Result<Inventory> {
        let mut inventory =
            Inventory::from_toml(text).map_err(|(line, why)| anyhow::anyhow!("hosts.toml:{line}: {why}"))?;
        inventory.file = "hosts.toml".into();
        inventory.enlisted()
    }

    const EXAMPLE: &str = r#"
[defaults]
user = "root"

[groups.cluster]
hosts = ["node[01-03]-ipmi", "@login", "!node02-ipmi"]
password-command = "bw get password {host}"

[groups.login]
hosts = ["login1"]
user = "admin"

[groups.lab]
match = ["*.lab.example"]
insecure = true

[hosts.node03-ipmi]
protocol = "ipmi"
"#;

    #[test]
    fn groups_have_hosts_ranges_and_groups() {
        let inventory = read(EXAMPLE).unwrap();
        assert_eq!(inventory.group("cluster", 0).unwrap(), ["node01-ipmi", "node03-ipmi", "login1"]);
        assert_eq!(inventory.group("all", 0).unwrap(), ["node01-ipmi", "node03-ipmi", "login1"]);
        assert!(inventory.group("lab", 0).unwrap().is_empty());
        let error = inventory.group("clusters", 0).unwrap_err().to_string();
        assert_eq!(error, "@clusters: hosts.toml has no such group; it has: cluster, login, lab");
    }

    #[test]
    fn a_host_has_what_it_says_itself_then_its_last_group_then_the_defaults() {
        let inventory = read(EXAMPLE).unwrap();
        let node = inventory.settings("node03-ipmi");
        assert_eq!(node.protocol, Some(super::super::settings::ProtocolName::Ipmi));
        assert_eq!(
            (node.user.as_deref(), node.password_command.as_deref()),
            (Some("root"), Some("bw get password {host}"))
        );
        assert_eq!(inventory.settings("login1").user.as_deref(), Some("admin"));
        assert_eq!(inventory.settings("a.lab.example").insecure, Some(true));
        assert_eq!(inventory.settings("a.lab.examples").insecure, None);
    }

    #[test]
    fn mistakes_have_their_line() {
        for (text, line, why) in [
            ("[defaults]\nusr = \"root\"\n", 2, "unknown field `usr`"),
            ("\n[groups.a]\nhosts = [\"x\"]\nuser = \"r\"\npasswrd-file = \"f\"\n", 5, "unknown field `passwrd-file`"),
            ("[hosts.a]\nuser = \"r\"\npassword = \"secret\"\n", 3, "password-command"),
            ("[groups.a]\nhosts = [\"n[3-1]\"]\n", 1, "ends before it begins"),
            ("[groups.a]\nhosts = [\"@b\"]\n", 1, "no such group"),
            ("[groups.a]\nhosts = [\"@a\"]\n", 1, "in itself"),
            ("[group.a]\n", 1, "unknown field `group`"),
            ("a = [\n", 1, ""),
            ("[defaults]\ntimeout = 0\n", 2, "seconds"),
        ] {
            let error = format!("{:#}", read(text).unwrap_err());
            assert!(error.starts_with(&format!("hosts.toml:{line}: ")) && error.contains(why), "{text}: {error}");
            assert!(!error.contains("secret"), "{error}");
        }
    }

    #[test]
    fn a_star_stands_for_anything() {
        for (pattern, name, is_so) in [
            ("*", "a", true),
            ("*.lab", "a.lab", true),
            ("a*b*c", "a1b2c", true),
            ("a*b*c", "a1c", false),
            ("a", "ab", false),
            ("10.0.*", "10.0.0.7", true),
            ("a*a", "a", false),
        ] {
            assert_eq!(fits(pattern, name), is_so, "{pattern} {name}");
        }
    }
}
