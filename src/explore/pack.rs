//! The types of vendors' objects: which one an object is of, by what it says itself or by where it stands.

use std::collections::{HashMap, HashSet};

use crate::wire::{ODataType, Table, TypeKind};

/// Types that somebody's schemas describe, made by `rosefish-codegen`: those of the crate `rosefish-oem`, and your own.
///
/// An object is of the type that its `@odata.type` names, whatever the version; else of the type whose schema says that its objects
/// stand there (`Rosefish.Places`): `Chassis/Oem/Contoso`; or in any resource: `*/Status/Oem/Contoso`, `*/Oem/Contoso`.
#[derive(Debug, Clone, Default)]
pub struct Packs {
    named: HashMap<&'static str, &'static Table>,
    /// By place, in lower case.
    placed: HashMap<String, Vec<&'static Table>>,
    actions: HashSet<&'static str>,
}

impl Packs {
    /// Begins with nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the types of a pack: what the function `types` of generated code gives.
    #[must_use]
    pub fn types(mut self, types: impl IntoIterator<Item = &'static Table>) -> Self {
        for table in types {
            self.named.insert(table.name, table);
            for place in table.places {
                let (ty, pointer) = place.split_once('/').unwrap_or((place, ""));
                let schema = ty.split('.').next().unwrap_or(ty);
                self.placed.entry(key(schema, "", pointer)).or_default().push(table);
            }
        }
        self
    }

    /// Adds the actions of a pack: what the function `actions` of generated code gives.
    #[must_use]
    pub fn actions(mut self, actions: &[&'static str]) -> Self {
        self.actions.extend(actions);
        self
    }

    /// Finds the type of a vendor's object: the member `vendor` of the `Oem` at a JSON pointer in a resource of this schema, which
    /// says that it is of the type `said`. In the pointer array items are left out or `*`: `/Fans/Oem`.
    #[must_use]
    pub fn object(
        &self,
        schema: &str,
        pointer: &str,
        vendor: &str,
        said: Option<&ODataType>,
    ) -> Option<&'static Table> {
        let pointer = &pointer.replace("/*", "");
        let named = said.and_then(|said| self.named(said));
        let placed = |schema, pointer| self.placed.get(&key(schema, pointer, vendor))?.first().copied();
        named.or_else(|| placed(schema, pointer)).or_else(|| {
            // In any resource: the longest end of the pointer that a place is said for.
            let mut end = pointer.as_str();
            while let Some((_, rest)) = end.split_once('/') {
                end = rest;
                if let Some(table) = placed("*", end) {
                    return Some(table);
                }
            }
            None
        })
    }

    /// Finds the type of an `Oem` that has properties itself, beside vendors' objects or without any: one that has the property `name`.
    #[must_use]
    pub fn bare(&self, schema: &str, pointer: &str, name: &str) -> Option<&'static Table> {
        let mut types = self.placed.get(&key(schema, "", pointer))?.iter();
        types.find(|table| table.find(name).is_some() || table.allows(name)).copied()
    }

    /// Finds the type of a resource that says that it is of the type `said`.
    #[must_use]
    pub fn resource(&self, said: &ODataType) -> Option<&'static Table> {
        self.named(said).filter(|table| matches!(table.kind, TypeKind::Entity | TypeKind::Collection))
    }

    /// Returns whether a pack has an action of this name, with or without the number sign, for resources of the standard.
    #[must_use]
    pub fn has_action(&self, name: &str) -> bool {
        self.actions.contains(name.trim_start_matches('#'))
    }

    fn named(&self, said: &ODataType) -> Option<&'static Table> {
        self.named.get(format!("{}.{}", said.schema(), said.type_name()).as_str()).copied()
    }
}

/// A place as it is looked up.
fn key(schema: &str, pointer: &str, last: &str) -> String {
    let parts = [schema, pointer, last].into_iter().flat_map(|part| part.split('/'));
    let parts: Vec<_> = parts.filter(|part| !part.is_empty() && (*part != "*" || schema == "*")).collect();
    parts.join("/").to_ascii_lowercase()
}
