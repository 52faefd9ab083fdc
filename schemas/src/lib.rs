//! The types of Redfish and Swordfish, one module per schema, generated at build time.
//!
//! A type has all properties of all versions of its schema. Fields are plain; what a service leaves out, sends as null
//! or sends in a shape that the schema does not allow is `None` or left out of the `Vec`, and reported by
//! [`rosefish_wire::decode`]. Resources go by their bare names here as well: [`ComputerSystem`] is
//! [`computer_system::ComputerSystem`].
//!
//! They are `rosefish::schema` in the crate `rosefish`, which brings what leads from one to the next and the client.
//!
//! [`types`], [`find`] and [`terms`] give what the schemas say of them at run time:
//!
//! ```
//! let system = rosefish_schema::find("ServiceRoot").ok_or("no such type")?;
//! let uuid = system.find("UUID").and_then(|number| system.fields.get(number)).ok_or("no such property")?;
//! println!("{}: {:?}", uuid.name, uuid.kind);
//! # Ok::<(), &str>(())
//! ```
//!
//! Limits: a link to a resource whose schema this build leaves out (see the features) keeps its name and its URI. The texts of the
//! schemas are kept apart, in [`description`].

use std::sync::{LazyLock, OnceLock};

use rosefish_wire::generated as w;
use rosefish_wire::{Doc, Field, ODataType, Table};

mod uri;

use uri::Templates;

include!(concat!(env!("OUT_DIR"), "/schema.rs"));

/// Returns all types that this build knows, sorted by name.
#[must_use]
pub fn types() -> &'static [(&'static str, &'static Table)] {
    static TYPES: OnceLock<Box<[(&str, &Table)]>> = OnceLock::new();
    TYPES.get_or_init(|| {
        let mut types: Vec<_> = w::tables(MODULES).map(|table| (table.name, table)).collect();
        types.sort_unstable_by_key(|(name, _)| *name);
        types.into()
    })
}

/// Returns the type of this name, `ComputerSystem.ComputerSystem` or `ComputerSystem.Boot`; of a resource the bare name
/// `ComputerSystem` will do.
#[must_use]
pub fn find(name: &str) -> Option<&'static Table> {
    w::find_type(MODULES, name)
}

/// Returns the type that an `@odata.type` names. Where the schema does not have the type, but there is a resource of
/// its name or the name is but a version, that is it (`#AccountService.0.94.0.ManagerAccount`, `#Chassis.v1_2_0`).
#[must_use]
pub fn find_odata_type(name: &ODataType) -> Option<&'static Table> {
    let (schema, name) = (name.schema(), name.type_name());
    find(&format!("{schema}.{name}")).or_else(|| {
        let own = find(&format!("{schema}.{schema}"))?;
        let is_version = name.trim_start_matches(['v', 'V']).bytes().all(|byte| byte.is_ascii_digit() || byte == b'_');
        if is_version { Some(own) } else { find(&format!("{name}.{name}")) }
    })
}

/// Returns the type of the resource, or of the object within a resource, that stands at a URI:
/// `/redfish/v1/Systems/1`, `/redfish/v1/Chassis/1/Power#/Voltages/0`. Letter case, a trailing slash, a query and an
/// origin make no difference. A settings resource is of the type of what it sets.
#[must_use]
pub fn find_uri(uri: &str) -> Option<&'static Table> {
    static TEMPLATES: LazyLock<Templates> = LazyLock::new(|| Templates::of(types().iter().map(|(_, table)| *table)));
    TEMPLATES.find(uri)
}

/// Returns the annotation terms of the standard, `Redfish.AllowableValues`.
#[must_use]
pub fn terms() -> &'static [Field] {
    &TERMS
}

/// Returns the annotation term of this name, `Redfish.AllowableValues`.
#[must_use]
pub fn term(name: &str) -> Option<&'static Field> {
    TERMS.find(name).and_then(|place| TERMS.get(place))
}

/// Returns a description and the long description that goes with it (it may be empty).
#[must_use]
pub fn description(doc: Doc) -> Option<(&'static str, &'static str)> {
    w::description(include_str!(concat!(env!("OUT_DIR"), "/descriptions.txt")), doc)
}
