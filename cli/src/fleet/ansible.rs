//! Inventories of Ansible, INI and YAML: hosts, groups, and those of their variables that are about the BMC. Variables that are not are Ansible's own matter.

use saphyr::{LoadableYamlNode as _, MarkedYaml};

use super::inventory::{Group, Inventory};
use super::settings::{ProtocolName, Settings};

/// A mistake, with its line.
type Wrong = (usize, String);

/// Variables that say where a host's BMC is. Without one, the name of the host is that of its BMC.
const ADDRESSES: [&str; 6] = ["rosefish_address", "bmc_address", "bmc_host", "ipmi_address", "ipmi_host", "baseuri"];

/// Takes over a variable, if it is one for us.
fn set(settings: &mut Settings, name: &str, value: &str, line: usize) -> Result<(), Wrong> {
    let Some(own) = name.strip_prefix("rosefish_") else {
        match name {
            _ if ADDRESSES.contains(&name) => settings.address = Some(template(value, line)?),
            "bmc_user" => settings.user = Some(value.to_owned()),
            _ => {}
        }
        return Ok(());
    };
    let is_yes = || match value.to_ascii_lowercase().as_str() {
        "true" | "yes" | "1" | "on" => Ok(Some(true)),
        "false" | "no" | "0" | "off" => Ok(Some(false)),
        _ => Err((line, format!("{name} is yes or no, not {value:?}"))),
    };
    let text = || Some(value.to_owned());
    match own {
        "address" => settings.address = Some(template(value, line)?),
        "protocol" => {
            let protocol = <ProtocolName as clap::ValueEnum>::from_str(value, true);
            settings.protocol =
                Some(protocol.map_err(|_| (line, format!("{name} is auto, redfish or ipmi, not {value:?}")))?);
        }
        "user" => settings.user = text(),
        "password_command" => settings.password_command = Some(template(value, line)?),
        "password_file" => settings.password_file = Some(value.into()),
        "password_env" => settings.password_env = text(),
        "keyring" => settings.keyring = is_yes()?,
        "ipmi_user" => settings.ipmi_user = text(),
        "ipmi_password_command" => settings.ipmi_password_command = Some(template(value, line)?),
        "ipmi_password_file" => settings.ipmi_password_file = Some(value.into()),
        "ipmi_password_env" => settings.ipmi_password_env = text(),
        "ipmi_keyring" => settings.ipmi_keyring = is_yes()?,
        "basic" => settings.basic = is_yes()?,
        "insecure" => settings.insecure = is_yes()?,
        "ca" => settings.ca = Some(value.into()),
        "pin" => settings.pin = text(),
        "trust_on_first_use" => settings.trust_on_first_use = is_yes()?,
        "password" | "ipmi_password" => {
            return Err((
                line,
                format!("{name}: a password can't be here: name a rosefish_password_command, _file or _env"),
            ));
        }
        _ => return Err((line, format!("unknown variable {name}"))),
    }
    Ok(())
}

/// A value in which Ansible's own words for the host are ours.
fn template(value: &str, line: usize) -> Result<String, Wrong> {
    let mut text = value.to_owned();
    for form in ["{{ inventory_hostname }}", "{{inventory_hostname}}"] {
        text = text.replace(form, "{host}");
    }
    if text.contains("{{") || text.contains("{%") {
        return Err((
            line,
            format!("{value:?}: of Ansible's templates only {{{{ inventory_hostname }}}} is understood here"),
        ));
    }
    Ok(text)
}

/// A name with Ansible's ranges, `[01:64]` and `[1:9:2]`, as ours.
fn list(name: &str) -> String {
    let mut text = String::new();
    let mut rest = name;
    while let Some((before, from)) = rest.split_once('[') {
        let Some((inside, behind)) = from.split_once(']') else { break };
        let parts: Vec<&str> = inside.split(':').collect();
        let is_range = parts.iter().all(|part| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric()));
        let inside = match parts[..] {
            [first, last] if is_range => format!("{first}-{last}"),
            [first, last, step] if is_range => format!("{first}-{last}/{step}"),
            _ => inside.to_owned(),
        };
        text.push_str(&format!("{before}[{inside}]"));
        rest = behind;
    }
    text + rest
}

/// What is being put together.
#[derive(Default)]
struct Building(Inventory);

impl Building {
    fn group(&mut self, name: &str) -> &mut Group {
        let groups = &mut self.0.groups;
        let at = groups.iter().position(|group| group.name == name).unwrap_or_else(|| {
            groups.push(Group { name: name.to_owned(), ..Group::default() });
            groups.len() - 1
        });
        &mut groups[at]
    }

    /// Adds hosts to a group, with what is said of each.
    fn hosts(&mut self, group: &str, name: &str, settings: &Settings, line: usize) -> Result<(), Wrong> {
        let list = list(name);
        let names = super::names::expand(&list).map_err(|why| (line, why))?;
        self.group(group).lists.push((list, line));
        for name in names {
            let known = self.0.hosts.remove(&name).unwrap_or_default();
            self.0.hosts.insert(name, settings.clone().or(&known));
        }
        Ok(())
    }

    /// Variables of `all` are the defaults, and children have what they say themselves rather than what their parents do.
    fn done(mut self) -> Inventory {
        if let Some(all) = self.0.groups.iter().find(|group| group.name == "all") {
            self.0.defaults = all.settings.clone();
        }
        self.0.groups.retain(|group| group.name != "all");
        let children = |group: &Group| group.lists.iter().filter(|(list, _)| list.starts_with('@')).count();
        // Those that have no groups in them come last, and count.
        self.0.groups.sort_by_key(|group| std::cmp::Reverse(children(group)));
        self.0
    }
}

/// Reads an inventory of INI's form.
pub(super) fn from_ini(text: &str) -> Result<Inventory, Wrong> {
    let mut building = Building::default();
    let (mut group, mut part) = ("ungrouped".to_owned(), "hosts".to_owned());
    for (number, line) in text.lines().enumerate() {
        let at = number + 1;
        let line = line.trim();
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        if let Some(section) = line.strip_prefix('[').and_then(|rest| rest.split_once(']')).map(|(section, _)| section)
            && line.ends_with(']')
            && (section.contains(|c: char| c.is_ascii_alphabetic()))
        {
            let (name, what) = section.split_once(':').unwrap_or((section, "hosts"));
            if !["hosts", "vars", "children"].contains(&what) {
                return Err((at, format!("[{section}]: expected [GROUP], [GROUP:vars] or [GROUP:children]")));
            }
            (group, part) = (name.to_owned(), what.to_owned());
            building.group(&group);
            continue;
        }
        match part.as_str() {
            "vars" => {
                let (name, value) = line.split_once('=').ok_or((at, "expected NAME=VALUE".to_owned()))?;
                let value = unquoted(value.trim());
                set(&mut building.group(&group).settings, name.trim(), &value, at)?;
            }
            "children" => {
                let child = line.split_whitespace().next().unwrap_or_default();
                building.group(child);
                building.group(&group).lists.push((format!("@{child}"), at));
            }
            _ => {
                let line = line.split(" #").next().unwrap_or_default();
                let words = shell_words::split(line).map_err(|why| (at, why.to_string()))?;
                let Some((name, variables)) = words.split_first() else { continue };
                let mut settings = Settings::default();
                for variable in variables {
                    let (name, value) =
                        variable.split_once('=').ok_or((at, format!("{variable:?}: expected NAME=VALUE")))?;
                    set(&mut settings, name, value, at)?;
                }
                building.hosts(&group, name, &settings, at)?;
            }
        }
    }
    Ok(building.done())
}

fn unquoted(value: &str) -> String {
    let inner = ['"', '\''].iter().find_map(|quote| value.strip_prefix(*quote)?.strip_suffix(*quote));
    inner.unwrap_or(value).to_owned()
}

/// Reads an inventory in YAML.
pub(super) fn from_yaml(text: &str) -> Result<Inventory, Wrong> {
    let documents =
        MarkedYaml::load_from_str(text).map_err(|error| (error.marker().line(), error.info().to_owned()))?;
    let mut building = Building::default();
    if let Some(document) = documents.first() {
        for (name, group, line) in entries(document, "a map of groups")? {
            read_group(&mut building, &name, group, line)?;
        }
    }
    Ok(building.done())
}

type Entry<'a> = (String, &'a MarkedYaml<'a>, usize);

/// What a map has; nothing where there is nothing.
fn entries<'a>(node: &'a MarkedYaml<'a>, what: &str) -> Result<Vec<Entry<'a>>, Wrong> {
    let line = node.span.start.line();
    if node.data.is_null() {
        return Ok(Vec::new());
    }
    let map = node.data.as_mapping().ok_or_else(|| (line, format!("expected {what}")))?;
    let entry = |(key, value): (&'a MarkedYaml<'a>, &'a MarkedYaml<'a>)| {
        let line = key.span.start.line();
        let name = scalar(key).ok_or_else(|| (line, "expected a text as the key".to_owned()))?;
        Ok((name, value, line))
    };
    map.iter().map(entry).collect()
}

fn scalar(node: &MarkedYaml<'_>) -> Option<String> {
    let data = &node.data;
    let text = data.as_str().map(str::to_owned);
    let number = || data.as_integer().map(|number| number.to_string());
    text.or_else(number).or_else(|| data.as_bool().map(|yes| yes.to_string()))
}

fn variables(node: &MarkedYaml<'_>, what: &str) -> Result<Settings, Wrong> {
    let mut settings = Settings::default();
    for (name, value, line) in entries(node, what)? {
        // A structure is not for us.
        if let Some(value) = scalar(value) {
            set(&mut settings, &name, &value, line)?;
        }
    }
    Ok(settings)
}

fn read_group(building: &mut Building, name: &str, node: &MarkedYaml<'_>, line: usize) -> Result<(), Wrong> {
    building.group(name);
    for (key, value, at) in entries(node, "a group")? {
        match key.as_str() {
            "hosts" => {
                for (host, about, at) in entries(value, "a map of hosts")? {
                    let settings = variables(about, "the variables of a host")?;
                    building.hosts(name, &host, &settings, at)?;
                }
            }
            "vars" => {
                let settings = variables(value, "variables")?;
                let group = building.group(name);
                group.settings = settings.or(&group.settings);
            }
            "children" => {
                for (child, about, at) in entries(value, "a map of groups")? {
                    building.group(name).lists.push((format!("@{child}"), at));
                    read_group(building, &child, about, at)?;
                }
            }
            _ => {
                return Err((
                    at,
                    format!("unknown key {key} of the group {name} (line {line}): expected hosts, vars or children"),
                ));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const INI: &str = "\
login1 bmc_host=10.0.1.1
; a comment
[cluster]
node[01:03] ansible_host=192.0.2.1  rosefish_protocol=ipmi # the rack
[cluster:vars]
bmc_address={{ inventory_hostname }}-ipmi.example
rosefish_password_command='bw get password {{ inventory_hostname }}'
some_var=anything at all
[site:children]
cluster
[all:vars]
rosefish_user=root
";

    const YAML: &str = "
all:
  vars:
    rosefish_user: root
  hosts:
    login1: { bmc_host: 10.0.1.1 }
  children:
    site:
      children:
        cluster:
          hosts:
            node[01:03]:
              ansible_host: 192.0.2.1
              rosefish_protocol: ipmi
              list: [1, 2]
          vars:
            bmc_address: '{{ inventory_hostname }}-ipmi.example'
            rosefish_password_command: bw get password {{ inventory_hostname }}
";

    #[test]
    fn both_forms_say_the_same() {
        for inventory in [from_ini(INI).unwrap(), from_yaml(YAML).unwrap()] {
            let inventory = inventory.enlisted().unwrap();
            assert_eq!(inventory.group("cluster", 0).unwrap(), ["node01", "node02", "node03"]);
            assert_eq!(inventory.group("site", 0).unwrap(), ["node01", "node02", "node03"]);
            let node = inventory.settings("node02");
            assert_eq!(node.address.as_deref(), Some("{host}-ipmi.example"));
            assert_eq!(node.password_command.as_deref(), Some("bw get password {host}"));
            assert_eq!((node.protocol, node.user.as_deref()), (Some(ProtocolName::Ipmi), Some("root")));
            let login = inventory.settings("login1");
            assert_eq!((login.address.as_deref(), login.user.as_deref()), (Some("10.0.1.1"), Some("root")));
        }
    }

    #[test]
    fn mistakes_have_their_line() {
        for (text, line, why) in [
            ("a\n[b]\nc rosefish_usr=x\n", 3, "unknown variable rosefish_usr"),
            ("a rosefish_password=hunter2\n", 1, "rosefish_password_command"),
            ("a bmc_host={{ other }}\n", 1, "inventory_hostname"),
            ("[a:hots]\n", 1, "expected [GROUP]"),
            ("\na b\n", 2, "NAME=VALUE"),
            ("a[3:1]\n", 1, "ends before it begins"),
        ] {
            let (at, error) = from_ini(text).unwrap_err();
            assert!(at == line && error.contains(why) && !error.contains("hunter2"), "{text}: {at} {error}");
        }
        for (text, line, why) in [
            ("all:\n  hots:\n    a:\n", 2, "unknown key hots"),
            ("all:\n  hosts:\n    a:\n      rosefish_pinn: 1\n", 4, "unknown variable rosefish_pinn"),
            ("all: [1]\n", 1, "expected a group"),
            ("all: {\n", 2, ""),
        ] {
            let (at, error) = from_yaml(text).unwrap_err();
            assert!(at == line && error.contains(why), "{text}: {at} {error}");
        }
    }
}
