//! The manifest, `schemas/bundle.toml`: which package the schemas come from, which group (Cargo feature) each schema is in,
//! and the names and terms that a person has to decide on.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde::Deserialize;

use crate::csdl::Document;
use crate::error::Error;
use crate::load::load_overlays;
use crate::model::name::Acronyms;

/// The manifest.
#[derive(Debug, Clone, Default)]
pub struct Manifest {
    written: Written,
    overlays: Vec<Document>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    source: Source,
    #[serde(default)]
    overlays: Option<String>,
    names: Names,
    terms: Terms,
    groups: BTreeMap<String, Vec<String>>,
}

/// Where the schemas come from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// The package on crates.io.
    pub package: String,
    /// Its version.
    pub version: String,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Names {
    /// Spellings that count as one word.
    acronyms: Vec<String>,
    /// Spellings whose letters don't show their words, and these words.
    #[serde(default)]
    words: BTreeMap<String, String>,
    /// Types (`Schema.Type`) that go by another name in Rust.
    #[serde(default)]
    types: BTreeMap<String, String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Terms {
    schema_only: Vec<String>,
}

impl Manifest {
    /// The group that is always selected.
    pub const CORE: &str = "core";

    /// Reads a manifest and the overlays beside it.
    ///
    /// # Errors
    ///
    /// A file that can't be read or isn't a manifest, and overlays that aren't CSDL.
    pub fn load(path: &Path) -> Result<Self, Error> {
        let text = fs::read_to_string(path)
            .map_err(|error| Error::of(path.display().to_string(), error.to_string(), "the manifest"))?;
        let mut manifest = Self::parse(&text)?;
        if let (Some(overlays), Some(folder)) = (&manifest.written.overlays, path.parent()) {
            let folder = folder.join(overlays);
            if folder.is_dir() {
                manifest.overlays = load_overlays(&folder)?;
            }
        }
        Ok(manifest)
    }

    /// Reads a manifest from its text, without overlays.
    ///
    /// # Errors
    ///
    /// A text that isn't a manifest, and groups without `core`.
    pub fn parse(text: &str) -> Result<Self, Error> {
        const FILE: &str = "bundle.toml";
        let written: Written = toml::from_str(text).map_err(|error| {
            let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
            let line = before.bytes().filter(|byte| *byte == b'\n').count();
            Error::at(
                FILE,
                u32::try_from(line).unwrap_or(u32::MAX).saturating_add(1),
                error.message(),
                "the keys source, names, terms and groups",
            )
        })?;
        if !written.groups.contains_key(Self::CORE) {
            return Err(Error::of(FILE, "no group `core`", "the schemas that are always there"));
        }
        Ok(Self { written, overlays: Vec::new() })
    }

    /// Adds an overlay.
    pub fn add_overlay(&mut self, document: Document) {
        self.overlays.push(document);
    }

    /// Adds spellings that are one word.
    pub(crate) fn add_acronyms(&mut self, spellings: &[String]) {
        self.written.names.acronyms.extend_from_slice(spellings);
    }

    /// Returns where the schemas come from.
    #[must_use]
    pub fn source(&self) -> &Source {
        &self.written.source
    }

    /// Returns the groups' names, `core` among them.
    pub fn groups(&self) -> impl Iterator<Item = &str> {
        self.written.groups.keys().map(String::as_str)
    }

    /// Returns the group of a schema: the one that names it, else the one whose longest prefix (`Memory*`) fits.
    #[must_use]
    pub fn group(&self, schema: &str) -> Option<&str> {
        self.fitting(schema).max_by_key(|(_, length)| *length).map(|(group, _)| group)
    }

    /// Returns the groups that name a schema, each with how closely it matches.
    fn fitting(&self, schema: &str) -> impl Iterator<Item = (&str, usize)> {
        self.written.groups.iter().flat_map(move |(group, names)| {
            names.iter().filter_map(move |name| {
                let fit = match name.strip_suffix('*') {
                    Some(prefix) if schema.starts_with(prefix) => prefix.len(),
                    None if name == schema => usize::MAX,
                    _ => return None,
                };
                Some((group.as_str(), fit))
            })
        })
    }

    pub(crate) fn check_groups(&self, groups: &BTreeSet<String>) -> Result<(), Error> {
        for group in groups {
            if !self.written.groups.contains_key(group) {
                return Err(Error::of(
                    "selection",
                    format!("the group `{group}`"),
                    format!("some of {}", self.groups().collect::<Vec<_>>().join(", ")),
                ));
            }
        }
        Ok(())
    }

    pub(crate) fn overlays(&self) -> &[Document] {
        &self.overlays
    }

    pub(crate) fn acronyms(&self) -> Acronyms {
        let names = &self.written.names;
        let acronyms = names.acronyms.iter().map(|spelling| (spelling.as_str(), spelling.to_ascii_lowercase()));
        let words = names.words.iter().map(|(spelling, words)| (spelling.as_str(), words.clone()));
        Acronyms::new(acronyms.chain(words))
    }

    /// Types (`Schema.Type`) that go by another name in Rust.
    pub(crate) fn renamed_types(&self) -> &BTreeMap<String, String> {
        &self.written.names.types
    }

    /// Returns whether services send a term. Otherwise, only schemas use it.
    pub(crate) fn is_sent(&self, term: &str) -> bool {
        !self.written.terms.schema_only.iter().any(|name| match name.strip_suffix('*') {
            Some(prefix) => term.starts_with(prefix),
            None => name == term,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::testing::MANIFEST;

    #[test]
    fn a_schema_is_in_the_group_that_names_it_or_the_longest_part_of_it() {
        let manifest =
            Manifest::parse(&MANIFEST.replace("gamma = [\"Gamma\"]", "gamma = [\"BetaMore*\", \"BetaOne\"]")).unwrap();
        for (schema, group) in [
            ("Beta", Some("beta")),
            ("BetaTwo", Some("beta")),
            ("BetaOne", Some("gamma")),
            ("BetaMoreTwo", Some("gamma")),
            ("Alpha", Some("core")),
            ("AlphaTwo", None),
        ] {
            assert_eq!(manifest.group(schema), group, "{schema}");
        }
        assert_eq!(manifest.groups().collect::<Vec<_>>(), ["beta", "core", "gamma"]);
    }

    #[test]
    fn what_is_no_manifest_is_told_with_its_line() {
        let error = Manifest::parse(&MANIFEST.replace("acronyms", "acronymes")).unwrap_err();
        assert_eq!((error.file(), error.line()), ("bundle.toml", Some(6)));
        let error = Manifest::parse(&MANIFEST.replace("core =", "heart =")).unwrap_err();
        assert_eq!(error.found(), "no group `core`");
    }
}
