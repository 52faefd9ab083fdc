//! What the schemas say about the properties of a resource: whether they can be written, and which values they
//! take. A test generates the table from the schemas; the service itself doesn't read CSDL.

pub(crate) mod capability;
pub(crate) mod secret;
mod value;

pub(crate) use value::{misfits, unfit};

use std::collections::HashMap;
use std::sync::LazyLock;

use serde_json::{Map, Value};

static TEXT: &str = include_str!("types.txt");

/// A type and its properties.
#[derive(Debug)]
pub(crate) struct Type {
    /// Whether it allows properties that the schema doesn't name.
    pub(crate) open: bool,
    /// The type of a collection's members; `None` for other types.
    pub(crate) members: Option<&'static str>,
    /// Whether the schema allows inserting members, updating and deleting.
    pub(crate) insertable: Option<bool>,
    pub(crate) updatable: Option<bool>,
    pub(crate) deletable: Option<bool>,
    fields: Vec<Field>,
}

/// A property.
#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    /// Whether it has several values.
    pub(crate) many: bool,
    flags: &'static str,
    bounds: Option<(Option<f64>, Option<f64>)>,
}

/// What a property holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Integer,
    Decimal,
    Truth,
    Time,
    Duration,
    Uuid,
    Scalar,
    Link,
    Free,
    Excerpt,
    Enumeration(&'static str),
    Object(&'static str),
}

static TYPES: LazyLock<HashMap<&'static str, Type>> = LazyLock::new(|| {
    let mut types = HashMap::new();
    let mut last = None;
    for line in TEXT.lines().filter(|line| !line.starts_with(['#', '=', '!'])) {
        if let Some(field) = line.strip_prefix(' ') {
            let fields = last.and_then(|name| types.get_mut(name)).map(|ty: &mut Type| &mut ty.fields);
            if let (Some(fields), Some(field)) = (fields, field_of(field)) {
                fields.push(field);
            }
        } else {
            let (name, ty) = type_of(line);
            types.insert(name, ty);
            last = Some(name);
        }
    }
    types
});

static ENUMERATIONS: LazyLock<HashMap<&'static str, &'static str>> =
    LazyLock::new(|| TEXT.lines().filter_map(|line| line.strip_prefix('=')?.split_once(' ')).collect());

/// The parameters of each action, as the table has them.
static ACTIONS: LazyLock<HashMap<&'static str, &'static str>> = LazyLock::new(|| {
    let lines = TEXT.lines().filter_map(|line| line.strip_prefix('!'));
    lines.map(|line| line.split_once(' ').unwrap_or((line, ""))).collect()
});

/// Returns the parameters of an action such as `ComputerSystem.Reset`, each as `Name:kind`, followed by an exclamation
/// mark if it is required; `None` for an action that no schema declares.
pub(crate) fn parameters(action: &str) -> Option<impl Iterator<Item = &'static str>> {
    ACTIONS.get(action).map(|parameters| parameters.split_whitespace())
}

fn type_of(line: &'static str) -> (&'static str, Type) {
    let mut words = line.split(' ');
    let name = words.next().unwrap_or_default();
    let mut ty =
        Type { open: false, members: None, insertable: None, updatable: None, deletable: None, fields: Vec::new() };
    for word in words {
        match word {
            "open" => ty.open = true,
            "+i" | "-i" => ty.insertable = Some(word == "+i"),
            "+u" | "-u" => ty.updatable = Some(word == "+u"),
            "+d" | "-d" => ty.deletable = Some(word == "+d"),
            _ => ty.members = word.strip_prefix("of:"),
        }
    }
    (name, ty)
}

fn field_of(line: &'static str) -> Option<Field> {
    let mut parts = line.split(' ');
    let (name, kind, flags) = (parts.next()?, parts.next()?, parts.next()?);
    let (kind, many) = kind.strip_suffix('*').map_or((kind, false), |kind| (kind, true));
    let kind = match kind {
        "s" => Kind::Text,
        "i" => Kind::Integer,
        "d" => Kind::Decimal,
        "b" => Kind::Truth,
        "t" => Kind::Time,
        "u" => Kind::Duration,
        "g" => Kind::Uuid,
        "p" => Kind::Scalar,
        "l" => Kind::Link,
        "k" => Kind::Excerpt,
        kind => match kind.split_once(':') {
            Some(("e", name)) => Kind::Enumeration(name),
            Some(("c", name)) => Kind::Object(name),
            _ => Kind::Free,
        },
    };
    let bounds = parts.next().and_then(|bounds| bounds.split_once(".."));
    let bounds = bounds.map(|(least, most)| (least.parse().ok(), most.parse().ok()));
    Some(Field { name, kind, many, flags, bounds })
}

/// Finds the type with this name, such as `ComputerSystem.Boot`.
pub(crate) fn find(name: &str) -> Option<&'static Type> {
    TYPES.get(name)
}

#[cfg(test)]
pub(crate) fn all() -> impl Iterator<Item = (&'static &'static str, &'static Type)> {
    TYPES.iter()
}

/// Returns the type of a resource, by its `@odata.type`.
pub(crate) fn of(resource: &Map<String, Value>) -> Option<&'static Type> {
    let named = resource.get("@odata.type")?.as_str()?.trim_start_matches('#');
    let (schema, name) = (named.split('.').next()?, named.rsplit('.').next()?);
    find(&format!("{schema}.{name}"))
}

impl Type {
    pub(crate) fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// Returns the properties that a request must have to create a resource of this type.
    pub(crate) fn required_on_create(&self) -> impl Iterator<Item = &'static str> {
        self.fields.iter().filter(|field| field.letters().contains('C')).map(|field| field.name)
    }

    /// Returns whether the schema marks properties as an excerpt.
    pub(crate) fn has_excerpt(&self) -> bool {
        self.fields.iter().any(Field::is_in_excerpt)
    }
}

impl Field {
    /// Returns the one-letter flags, without the names of excerpts.
    fn letters(&self) -> &'static str {
        self.flags.split("x:").next().unwrap_or(self.flags)
    }

    pub(crate) fn is_read_only(&self) -> bool {
        self.letters().starts_with('r')
    }

    pub(crate) fn is_writable(&self) -> bool {
        self.letters().starts_with(['w', 'W'])
    }

    pub(crate) fn is_nullable(&self) -> bool {
        self.letters().contains('n')
    }

    pub(crate) fn is_in_excerpt(&self) -> bool {
        self.flags.contains('x')
    }

    /// Returns the type of the property's objects.
    pub(crate) fn object(&self) -> Option<&'static Type> {
        match self.kind {
            Kind::Object(name) => find(name),
            _ => None,
        }
    }
}

/// Returns the members of an enumeration.
fn members(name: &str) -> impl Iterator<Item = String> {
    // The table separates members with spaces. A member with a space, of which the standard has none, is written with
    // a non-breaking one.
    ENUMERATIONS
        .get(name)
        .into_iter()
        .flat_map(|members| members.split(' '))
        .map(|member| member.replace('\u{a0}', " "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_table_is_understood_and_every_name_in_it_is_known() {
        assert!(TYPES.len() > 900);
        for (name, ty) in TYPES.iter() {
            for field in &ty.fields {
                match field.kind {
                    Kind::Object(other) => assert!(find(other).is_some(), "{name} {}: {other}", field.name),
                    Kind::Enumeration(other) => assert!(members(other).count() > 0, "{name} {}: {other}", field.name),
                    _ => {}
                }
            }
        }
        for (action, parameters) in ACTIONS.iter() {
            assert!(
                !action.is_empty() && parameters.split(' ').all(|one| one.is_empty() || one.contains(':')),
                "{action}"
            );
        }
        let fields = TEXT.lines().filter(|line| line.starts_with(' ')).count();
        assert_eq!(TYPES.values().map(|ty| ty.fields.len()).sum::<usize>(), fields);
    }

    #[test]
    fn properties_are_known_by_what_may_be_done_with_them() {
        let system = find("ComputerSystem.ComputerSystem").unwrap();
        assert!(system.field("BiosVersion").unwrap().is_read_only());
        assert!(!system.field("AssetTag").unwrap().is_read_only());
        assert!(system.field("Boot").unwrap().object().unwrap().field("BootSourceOverrideTarget").is_some());
        let account = find("ManagerAccount.ManagerAccount").unwrap();
        let mut required: Vec<_> = account.required_on_create().collect();
        required.sort_unstable();
        assert_eq!(required, ["Password", "RoleId", "UserName"]);
        assert!(find("Sensor.Sensor").unwrap().field("Reading").unwrap().is_in_excerpt());
    }
}
