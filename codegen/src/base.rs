//! What there is already: the types that a build of `rosefish-schema` has. Its build script writes that down, and the build scripts
//! of crates that extend it read it, as only it knows which schemas were taken from where.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::csdl::Document;
use crate::error::Error;
use crate::load::load;
use crate::manifest::Manifest;
use crate::model::ir::{Model, TypeName};

/// The types of a build of `rosefish-schema`, and the schemas that they were made from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Base {
    folders: Vec<PathBuf>,
    manifest: PathBuf,
    /// Where types are in Rust, by their names.
    types: BTreeMap<TypeName, String>,
}

/// The file that says so.
const FILE: &str = "base.txt";

/// The first line of the file: what is written otherwise is of another compiler.
const HEAD: &str = concat!("rosefish-codegen ", env!("CARGO_PKG_VERSION"));

impl Base {
    /// Keeps a model, with the folders and the manifest that it was made from.
    #[must_use]
    pub fn of(model: &Model, folders: &[PathBuf], manifest: &Path) -> Self {
        let module = |name: &TypeName| model.schemas.get(&name.schema).map_or("", |schema| schema.module.as_str());
        let structs = model.structs.iter().map(|(name, item)| (name, &item.rust_name));
        let enums = model.enums.iter().map(|(name, item)| (name, &item.rust_name));
        let types = structs.chain(enums).map(|(name, rust)| (name.clone(), format!("{}::{rust}", module(name))));
        let absolute = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
        Self {
            folders: folders.iter().map(|folder| absolute(folder)).collect(),
            manifest: absolute(manifest),
            types: types.collect(),
        }
    }

    /// Writes it into a folder, unless it is there already.
    ///
    /// # Errors
    ///
    /// Those of the file system.
    pub fn write_to(&self, folder: &Path) -> std::io::Result<()> {
        let mut text = format!("{HEAD}\nmanifest\t{}\n", self.manifest.display());
        for folder in &self.folders {
            text.push_str(&format!("folder\t{}\n", folder.display()));
        }
        for (name, path) in &self.types {
            text.push_str(&format!("type\t{}.{}\t{path}\n", name.schema, name.name));
        }
        let file = folder.join(FILE);
        if fs::read(&file).ok().as_deref() == Some(text.as_bytes()) {
            return Ok(());
        }
        fs::write(file, text)
    }

    /// Reads what was written into a folder.
    ///
    /// # Errors
    ///
    /// Where it is not there, or was written by another version of this compiler.
    pub fn read(folder: &Path) -> Result<Self, Error> {
        let file = folder.join(FILE);
        let name = file.display().to_string();
        let text = fs::read_to_string(&file)
            .map_err(|error| Error::of(&name, error.to_string(), "what the build script of rosefish-schema wrote"))?;
        let mut lines = text.lines();
        let head = lines.next().unwrap_or_default();
        if head != HEAD {
            return Err(Error::of(&name, head, format!("{HEAD}: rosefish and rosefish-codegen of the same version")));
        }
        let mut base = Self::default();
        for line in lines {
            let (what, value) = line.split_once('\t').unwrap_or((line, ""));
            let named = || {
                let (name, path) = value.split_once('\t')?;
                let (schema, name) = name.split_once('.')?;
                Some((TypeName { schema: schema.to_owned(), name: name.to_owned() }, path.to_owned()))
            };
            match (what, named()) {
                ("manifest", _) => base.manifest = value.into(),
                ("folder", _) => base.folders.push(value.into()),
                ("type", Some((name, path))) => {
                    base.types.insert(name, path);
                }
                _ => return Err(Error::of(&name, format!("the line {line:?}"), "a manifest, a folder or a type")),
            }
        }
        Ok(base)
    }

    /// Where a type is, `computer_system::Boot`.
    pub(crate) fn path(&self, name: &TypeName) -> Option<&str> {
        self.types.get(name).map(String::as_str)
    }

    /// The module of a schema that has types.
    pub(crate) fn module(&self, name: &TypeName) -> Option<&str> {
        self.path(name)?.split("::").next()
    }

    pub(crate) fn documents(&self) -> Result<Vec<Document>, Error> {
        load(&self.folders)
    }

    pub(crate) fn manifest(&self) -> Result<Manifest, Error> {
        Manifest::load(&self.manifest)
    }
}
