//! Which of several resources is meant: one set of rules for everything that takes a name, and one error that names the
//! choices.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use crate::error::{Error, ErrorKind};
use crate::resource::partial::{Missing, Partial, key};
use crate::resource::{AnyResource, Resource};
use crate::wire::{Table, Type};

/// Names one of several resources: by its `Id`, its `Name` or its URI, or by a URL of which only the path counts.
///
/// The `Id` goes first, spelled as the service does, then in any case; then the `Name`, likewise; then the URI, with or
/// without a slash at its end. What fits by an earlier rule is meant, whatever fits by a later one.
///
/// ```no_run
/// # async fn run(bmc: rosefish::Client) -> Result<(), rosefish::Error> {
/// use rosefish::Selector;
///
/// let systems = bmc.root().systems().members().collect_all().await;
/// let node = systems.choose(Some(&Selector::new("Node2")))?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Selector(String);

impl Selector {
    /// Names a resource.
    pub fn new(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    /// Returns the name as it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a place is the one that is named, by its URI or by the last segment of it.
    fn is_at(&self, place: &str) -> bool {
        same_place(place, &self.0) || last_segment(place).is_some_and(|segment| same_text(segment, &self.0))
    }

    /// The resources that fit by the first rule by which any does.
    fn matching(&self, all: &[AnyResource]) -> Vec<usize> {
        let called = |one| Called { id: id(one), name: one.record().text("Name"), uri: one.uri() };
        self.among(&all.iter().map(called).collect::<Vec<_>>())
    }

    /// As [`matching`](Self::matching), of what is not a resource, or not by itself.
    #[cfg_attr(not(feature = "host"), allow(dead_code, reason = "it is a host that has such things"))]
    pub(crate) fn among(&self, all: &[Called<'_>]) -> Vec<usize> {
        let wanted = self.0.as_str();
        let rules: [&dyn Fn(&Called<'_>) -> bool; 5] = [
            &|one| one.id == Some(wanted),
            &|one| one.id.is_some_and(|id| same_text(id, wanted)),
            &|one| one.name == Some(wanted),
            &|one| one.name.is_some_and(|name| same_text(name, wanted)),
            &|one| same_place(one.uri, wanted),
        ];
        let by = |rule: &&dyn Fn(&Called<'_>) -> bool| -> Vec<usize> {
            all.iter().enumerate().filter(|(_, one)| rule(one)).map(|(at, _)| at).collect()
        };
        rules.iter().map(by).find(|found| !found.is_empty()).unwrap_or_default()
    }
}

/// What something is called that may be named.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Called<'a> {
    pub(crate) id: Option<&'a str>,
    pub(crate) name: Option<&'a str>,
    pub(crate) uri: &'a str,
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl From<&str> for Selector {
    fn from(name: &str) -> Self {
        Self::new(name)
    }
}

impl From<String> for Selector {
    fn from(name: String) -> Self {
        Self::new(name)
    }
}

impl From<&String> for Selector {
    fn from(name: &String) -> Self {
        Self::new(name)
    }
}

impl FromStr for Selector {
    type Err = Infallible;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Ok(Self::new(name))
    }
}

impl<T: Type> Partial<Resource<T>> {
    /// Returns the one that is meant: the one that the selector names, or without a selector the only one that there is.
    ///
    /// # Errors
    ///
    /// Where several could be meant or none is named so ([`ErrorKind::Ambiguous`]): the error names the choices, and what
    /// could not be read and may be the one. Where there is none at all, [`ErrorKind::Missing`].
    pub fn choose(self, selector: Option<&Selector>) -> Result<Resource<T>, Error> {
        choose(T::type_table(), self.map(Resource::into_any), selector).map(Resource::of)
    }

    /// Returns those that are meant: the one that the selector names, or without a selector all.
    ///
    /// # Errors
    ///
    /// Where none is named so, or several are.
    pub fn narrow(self, selector: Option<&Selector>) -> Result<Self, Error> {
        narrow(T::type_table(), self.map(Resource::into_any), selector).map(Self::of)
    }
}

/// As [`Partial::choose`], of resources whose type is known at run time alone.
pub(crate) fn choose(
    table: &'static Table,
    found: Partial<AnyResource>,
    selector: Option<&Selector>,
) -> Result<AnyResource, Error> {
    let Partial { mut items, mut missing } = narrow(table, found, selector)?;
    match (items.pop(), missing.pop()) {
        (Some(only), None) if items.is_empty() => Ok(only),
        (None, unread) if missing.is_empty() => match unread {
            Some(unread) if unread.error.kind() != ErrorKind::Missing => Err(unread.error),
            // There is no link to them, or nothing behind it.
            _ => Err(Error::new(ErrorKind::Missing, format!("this service has no {}", Words::of(table).several))),
        },
        (last, unread) => {
            items.extend(last);
            missing.extend(unread);
            let text = format!("this service has several {}; ", Words::of(table).several);
            Err(Error::new(ErrorKind::Ambiguous, text + &choices(table, &items, &missing)))
        }
    }
}

/// As [`Partial::narrow`], of resources whose type is known at run time alone.
pub(crate) fn narrow(
    table: &'static Table,
    found: Partial<AnyResource>,
    selector: Option<&Selector>,
) -> Result<Partial<AnyResource>, Error> {
    let Some(selector) = selector else { return Ok(found) };
    let Partial { mut items, mut missing } = found;
    let words = Words::of(table);
    let text = match selector.matching(&items)[..] {
        [only] => return Ok(Partial::whole(vec![items.swap_remove(only)])),
        [] => {
            if let Some(unread) = missing.iter().position(|missing| selector.is_at(&missing.place)) {
                return Err(missing.swap_remove(unread).error);
            }
            if items.is_empty()
                && missing.len() == 1
                && missing.iter().all(|one| one.error.kind() == ErrorKind::Missing)
            {
                missing.clear();
            }
            format!("there is no {} {selector} here; ", words.one)
        }
        ref several => {
            items = several.iter().filter_map(|at| items.get(*at).cloned()).collect();
            missing.clear();
            format!("several {} are called {selector}; ", words.several)
        }
    };
    Err(Error::new(ErrorKind::Ambiguous, text + &choices(table, &items, &missing)))
}

/// Chooses one of several things that are called otherwise than resources: `words` are what one and several are called and how one is
/// named. Returns its place in the list.
///
/// # Errors
///
/// As [`Partial::choose`].
#[cfg(feature = "host")]
pub(crate) fn choose_called(
    words: [&str; 3],
    all: &[Called<'_>],
    missing: &[Missing],
    selector: Option<&Selector>,
) -> Result<usize, Error> {
    let [one, several, how] = words;
    let found: Vec<usize> = match selector {
        Some(selector) => selector.among(all),
        None => (0..all.len()).collect(),
    };
    let text = match (selector, &found[..]) {
        (None, [only]) if missing.is_empty() => return Ok(*only),
        (Some(_), [only]) => return Ok(*only),
        (None, []) if missing.is_empty() => {
            return Err(Error::new(ErrorKind::Missing, format!("this service has no {several}")));
        }
        (None, _) => format!("this service has several {several}; "),
        (Some(name), []) => format!("there is no {one} {name} here; "),
        (Some(name), _) => format!("several {several} are called {name}; "),
    };
    let named: Vec<usize> = if found.is_empty() { (0..all.len()).collect() } else { found };
    let labels: Vec<&str> = named.iter().filter_map(|at| all.get(*at)).map(|one| one.id.unwrap_or(one.uri)).collect();
    let mut text = match labels.is_empty() {
        true => format!("{text}there are none"),
        false => format!("{text}choose one of: {} ({how})", labels.join(", ")),
    };
    for missing in missing {
        text.push_str(&format!("; not read: {missing}"));
    }
    Err(Error::new(ErrorKind::Ambiguous, text))
}

/// Returns what to call a resource so that no other one of these is meant.
pub(crate) fn label(one: &AnyResource, all: &[AnyResource]) -> String {
    let is_called = |wanted: &str| all.iter().filter(|other| id(other).is_some_and(|id| same_text(id, wanted))).count();
    match id(one) {
        Some(id) if is_called(id) <= 1 => id.to_owned(),
        _ => one.uri().to_owned(),
    }
}

/// The end of an error: what there is to choose from and how, and what may be among it and could not be read.
fn choices(table: &'static Table, items: &[AnyResource], missing: &[Missing]) -> String {
    const NAMED: usize = 64;
    let words = Words::of(table);
    let mut text = match items.is_empty() {
        true if missing.is_empty() => "there are none".to_owned(),
        true => "none could be read".to_owned(),
        false => {
            let labels: Vec<_> = items.iter().take(NAMED).map(|one| label(one, items)).collect();
            let more = items.len().checked_sub(NAMED).filter(|more| *more > 0);
            let more = more.map(|more| format!(" and {more} more")).unwrap_or_default();
            format!("choose one of: {}{more}", labels.join(", "))
        }
    };
    if !words.how.is_empty() && !items.is_empty() {
        text.push_str(&format!(" ({})", words.how));
    }
    for missing in missing {
        text.push_str(&format!("; not read: {missing}"));
    }
    text
}

/// What a kind of resource is called, and how one is chosen.
struct Words {
    one: &'static str,
    several: &'static str,
    how: &'static str,
}

impl Words {
    fn of(table: &'static Table) -> Self {
        let (one, several, how) = match table.schema() {
            "ComputerSystem" => ("system", "systems", "`--system`, `HostBuilder::system`"),
            "Chassis" => ("chassis", "chassis", "`--chassis`, `HostBuilder::chassis`"),
            "Manager" => ("manager", "managers", "`--manager`, `HostBuilder::manager`"),
            "LogService" => ("log", "logs", "`--log`, `LogQuery::of`"),
            "VirtualMedia" => ("media slot", "media slots", ""),
            "ManagerAccount" => ("account", "accounts", ""),
            "Storage" => ("storage", "storage subsystems", "`--storage`, `NewVolume::storage`"),
            "Drive" => ("drive", "drives", ""),
            "Volume" => ("volume", "volumes", "`--storage` says of which storage"),
            "EthernetInterface" => ("interface", "interfaces", "`--interface`, `NetworkChange::interface`"),
            name => (name, "resources of this kind", ""),
        };
        Self { one, several, how }
    }
}

/// The `Id`, or what stands for it where there is none.
fn id(one: &AnyResource) -> Option<&str> {
    one.record().text("Id").filter(|id| !id.is_empty()).or_else(|| last_segment(one.uri()))
}

fn last_segment(uri: &str) -> Option<&str> {
    key(uri).rsplit('/').next().filter(|segment| !segment.is_empty())
}

fn same_text(a: &str, b: &str) -> bool {
    a.to_lowercase() == b.to_lowercase()
}

/// Whether two URIs are the same place in one service, wherever the service is.
fn same_place(a: &str, b: &str) -> bool {
    let within = |uri: &str| -> Option<String> {
        let path = match uri.split_once("://") {
            Some((_, rest)) => rest.find('/').and_then(|start| rest.get(start..))?,
            None => uri,
        };
        // A gateway may have put the service below a path of its own.
        let path = path.find("/redfish/").and_then(|start| path.get(start..)).unwrap_or(path);
        let path = key(path.split(['?', '#']).next().unwrap_or_default());
        path.starts_with('/').then(|| path.to_owned())
    };
    within(a).is_some_and(|a| within(b).is_some_and(|b| a == b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_place_is_named_in_many_ways() {
        let uri = "/redfish/v1/Systems/Node2";
        for same in [
            "/redfish/v1/Systems/Node2",
            "/redfish/v1/Systems/Node2/",
            "https://bmc:8443/redfish/v1/Systems/Node2",
            "https://gateway/rack/7/redfish/v1/Systems/Node2/?x=1",
        ] {
            assert!(same_place(uri, same) && Selector::new(same).is_at(uri), "{same}");
        }
        for other in ["/redfish/v1/Systems/Node22", "/redfish/v1/Systems", "", "/", "https://bmc", "Systems/Node2"] {
            assert!(!same_place(uri, other), "{other}");
        }
        assert!(Selector::new("node2").is_at(uri) && !Selector::new("Node").is_at(uri));
    }
}
