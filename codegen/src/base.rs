//! The types that a build of `rosefish-schema` has already. Its build script records them in a file, because only it knows which
//! schemas were compiled and where they came from. The build scripts of crates that extend it read that file.

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
    /// The Rust path of each type, by its name in the standard.
    types: BTreeMap<TypeName, String>,
}

/// The name of the file that [`Base::write_to`] writes.
const FILE: &str = "base.txt";

/// The first line of the file. If it differs, another version of the compiler wrote the file.
const HEAD: &str = concat!("rosefish-codegen ", env!("CARGO_PKG_VERSION"));

impl Base {
    /// Collects the types of a model, and the folders and the manifest that it was made from.
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

    /// Writes the file into a folder, unless it is there already with the same content.
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

    /// Reads the file that [`write_to`](Self::write_to) wrote into a folder.
    ///
    /// # Errors
    ///
    /// If the file is missing, or was written by another version of this compiler.
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

    /// Returns the Rust path of a type, such as `computer_system::Boot`.
    pub(crate) fn path(&self, name: &TypeName) -> Option<&str> {
        self.types.get(name).map(String::as_str)
    }

    /// Returns the Rust module that a type is in.
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
