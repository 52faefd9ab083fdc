//! The compiler for build scripts of other crates: turns their own schemas into Rust that builds on `rosefish`.

use std::collections::BTreeSet;
use std::env;
use std::path::PathBuf;

use crate::base::Base;
use crate::csdl::Document;
use crate::error::Error;
use crate::load::load;
use crate::model;
use crate::model::annotation::split_version;
use crate::model::ir::Model;
use crate::rust::{self, Output};

/// Compiles schemas of your own in a build script: types like those of `rosefish::schema`, which they refer to where they
/// have properties of Redfish's types, links to its resources, or derive from them.
///
/// ```no_run
/// // build.rs; `rosefish` is among the dependencies, `rosefish-codegen` among the build-dependencies.
/// fn main() -> Result<(), Box<dyn std::error::Error>> {
///     rosefish_codegen::Builder::new().schemas("schemas").name("contoso").generate()?;
///     Ok(())
/// }
/// ```
///
/// The program then includes the result:
///
/// ```ignore
/// mod contoso {
///     include!(concat!(env!("OUT_DIR"), "/contoso.rs"));
/// }
/// ```
///
/// A module per schema, resources at the root by their bare names, and in `methods` a trait per resource with a method for each
/// link and each action: `use contoso::methods::*`. `types`, `find` and `description` show what the schemas say.
///
/// A resource that a schema links to and that the features of `rosefish` left out is a name without fields, as in `rosefish`.
#[derive(Debug, Clone, Default)]
#[must_use = "nothing is compiled before `generate`"]
pub struct Builder {
    folders: Vec<PathBuf>,
    base: Option<PathBuf>,
    name: Option<String>,
    out: Option<PathBuf>,
    acronyms: Vec<String>,
    warnings: bool,
}

impl Builder {
    /// Creates a builder without schemas.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes all schema files of a folder: CSDL (`*.xml`), else JSON Schema (`*.json`) with the feature `json-schema`, else OpenAPI
    /// (`*.yaml`) with the feature `openapi`. The path is relative to the package. May be called for several folders.
    pub fn schemas(mut self, folder: impl Into<PathBuf>) -> Self {
        self.folders.push(folder.into());
        self
    }

    /// Sets the name of what is generated: `contoso` makes `contoso.rs` in `OUT_DIR`. Defaults to the last part of the first
    /// folder's path.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Extends the types that the build script of `rosefish-schema` recorded in this folder. Defaults to those of the `rosefish` that
    /// the package depends on: Cargo passes the folder to the build script of a package that has `rosefish` among its `dependencies`.
    pub fn extends(mut self, folder: impl Into<PathBuf>) -> Self {
        self.base = Some(folder.into());
        self
    }

    /// Writes into this folder instead of `OUT_DIR`.
    pub fn out_dir(mut self, folder: impl Into<PathBuf>) -> Self {
        self.out = Some(folder.into());
        self
    }

    /// Treats a spelling as one word in the names of fields: with `iDRAC`, `iDRACCard` becomes `idrac_card`.
    pub fn acronym(mut self, spelling: impl Into<String>) -> Self {
        self.acronyms.push(spelling.into());
        self
    }

    /// Sets whether Cargo shows the compiler's warnings, which are references to types that no schema defines.
    pub fn warnings(mut self, show: bool) -> Self {
        self.warnings = show;
        self
    }

    /// Compiles the schemas, writes the result, and prints for Cargo what it depends on. Returns the file to include.
    ///
    /// # Errors
    ///
    /// Schemas that can't be compiled, with file and line; a build that doesn't depend on `rosefish`; a folder that can't be written.
    pub fn generate(self) -> Result<PathBuf, Error> {
        for folder in &self.folders {
            println!("cargo::rerun-if-changed={}", folder.display());
        }
        // The files are printed as well as the folder: writing a file in place doesn't change the folder's time.
        let (model, base, added) = self.model()?;
        for document in &added {
            let file = document.file.rsplit('/').next().unwrap_or_default();
            println!("cargo::rerun-if-changed={}", document.folder.join(file).display());
        }
        if self.warnings {
            for warning in &model.warnings {
                println!("cargo::warning={}", warning.replace(char::is_control, " "));
            }
        }
        let name = self.file_name()?;
        let out = match (self.out, env::var_os("OUT_DIR")) {
            (Some(out), _) => out,
            (None, Some(out)) => out.into(),
            (None, None) => {
                return Err(Error::of("OUT_DIR", "nothing", "the folder that Cargo names to build scripts"));
            }
        };
        let written = rust::emit_extension(&model, &base, &name, &names(&added));
        let file = out.join(format!("{name}.rs"));
        written
            .write_to(&out)
            .map_err(|error| Error::of(out.display().to_string(), error.to_string(), "a folder to write into"))?;
        Ok(file)
    }

    /// Compiles and returns the files, without writing any.
    ///
    /// # Errors
    ///
    /// As [`generate`](Self::generate).
    pub fn compile(&self) -> Result<Output, Error> {
        let (model, base, added) = self.model()?;
        Ok(rust::emit_extension(&model, &base, &self.file_name()?, &names(&added)))
    }

    fn model(&self) -> Result<(Model, Base, Vec<Document>), Error> {
        let base = match (&self.base, env::var_os("DEP_ROSEFISH_FOLDER")) {
            (Some(folder), _) => folder.clone(),
            (None, Some(folder)) => folder.into(),
            (None, None) => {
                return Err(Error::of(
                    "DEP_ROSEFISH_FOLDER",
                    "nothing",
                    "`rosefish` among the dependencies of the package whose build script this is",
                ));
            }
        };
        println!("cargo::rerun-if-changed={}", base.join("base.txt").display());
        let base = Base::read(&base)?;
        let mut manifest = base.manifest()?;
        manifest.add_acronyms(&self.acronyms);
        let added = load(&self.folders)?;
        let documents = base.documents()?;
        check_namespaces(&documents, &added)?;
        let own = names(&added);
        let model = model::extension(documents, added.clone(), &manifest, &own)?;
        Ok((model, base, added))
    }

    fn file_name(&self) -> Result<String, Error> {
        let last = |folder: &PathBuf| folder.file_name().map(|name| name.to_string_lossy().into_owned());
        let name = self.name.clone().or_else(|| self.folders.first().and_then(last)).unwrap_or_default();
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
        match !name.is_empty() && name.chars().all(plain) {
            true => Ok(name),
            false => Err(Error::of("name", format!("{name:?}"), "letters, digits and `_`: it is the name of a file")),
        }
    }
}

/// Returns the names of the schemas that documents define, without versions.
pub(crate) fn names(documents: &[Document]) -> BTreeSet<String> {
    let schemas = documents.iter().flat_map(|document| &document.schemas);
    schemas.map(|schema| split_version(&schema.namespace).0.to_owned()).collect()
}

/// Checks that added schemas have namespaces of their own: the types of `rosefish` are compiled already, and can't get more
/// properties.
pub(crate) fn check_namespaces(known: &[Document], added: &[Document]) -> Result<(), Error> {
    let known = names(known);
    for document in added {
        for schema in &document.schemas {
            let name = split_version(&schema.namespace).0;
            if known.contains(name) {
                return Err(Error::at(
                    &document.file,
                    schema.line,
                    format!("the namespace `{}`, which Redfish has", schema.namespace),
                    "a namespace of the vendor's own",
                ));
            }
        }
    }
    Ok(())
}
