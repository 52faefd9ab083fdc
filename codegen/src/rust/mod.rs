//! The emitter: the model as Rust. One file per schema with its types and their tables, one for navigation and
//! actions, which need the client, and one text with all descriptions.
//!
//! The output is data-like on purpose: structs, `match`es from numbers to fields, and tables. All that is done with
//! the types is written once, in the library. The output is deterministic.

mod descriptions;
mod docs;
mod enums;
mod navigation;
mod paths;
mod structs;
mod tables;

use std::fmt::Write as _;
use std::io;
use std::path::Path;

use crate::model::ir::{Model, Schema, StructKind};

use descriptions::Descriptions;
use paths::Paths;

/// The generated files: their names and texts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Output {
    /// In the order in which they were made, which is that of the names.
    pub files: Vec<(String, String)>,
}

impl Output {
    /// Writes the files into a folder, and only those whose text is not there already.
    ///
    /// # Errors
    ///
    /// Those of the file system.
    pub fn write_to(&self, folder: &Path) -> io::Result<()> {
        for (name, text) in &self.files {
            let path = folder.join(name);
            if let Some(parent) = path.parent() {
                std::fs::create_dir_all(parent)?;
            }
            if std::fs::read(&path).ok().as_deref() != Some(text.as_bytes()) {
                std::fs::write(path, text)?;
            }
        }
        Ok(())
    }

    /// The text of one file.
    #[must_use]
    pub fn file(&self, name: &str) -> Option<&str> {
        self.files.iter().find(|(found, _)| found == name).map(|(_, text)| text.as_str())
    }
}

/// Makes Rust of a model.
#[must_use]
pub fn emit(model: &Model) -> Output {
    let paths = Paths { model };
    let mut descriptions = Descriptions::default();
    let mut files = Vec::new();
    let mut root = String::new();
    let mut modules = Vec::new();
    for schema in model.schemas.values() {
        let text = self::schema(paths, schema, &mut descriptions);
        if text.is_empty() {
            continue;
        }
        let module = &schema.module;
        let owner = if schema.owner == "SNIA" { "Swordfish" } else { "Redfish" };
        let version = schema.version.map_or_else(String::new, |v| format!(" v{}.{}.{}", v.0, v.1, v.2));
        let release = schema.release.as_ref().map_or_else(String::new, |r| format!(" ({r})"));
        let _ = write!(
            root,
            "/// {owner} schema `{}`{version}{release}.\npub mod {module} {{\n    \
             include!(concat!(env!(\"OUT_DIR\"), \"/schema/{module}.rs\"));\n}}\n",
            schema.name
        );
        files.push((format!("schema/{module}.rs"), text));
        modules.push((&schema.name, format!("&{module}::M")));
    }
    exports(paths, &mut root);
    modules.sort_unstable();
    let modules: Vec<_> = modules.into_iter().map(|(_, path)| path).collect();
    let _ = writeln!(root, "pub(crate) static MODULES: w::Modules = &[{}];", modules.join(", "));
    tables::terms(&mut root, model, &mut descriptions);
    files.push(("schema.rs".to_owned(), root));
    files.push(("navigation.rs".to_owned(), navigation::emit(paths)));
    files.push(("descriptions.txt".to_owned(), descriptions.finish()));
    Output { files }
}

fn schema(paths: Paths<'_>, schema: &Schema, descriptions: &mut Descriptions) -> String {
    let mut out = String::new();
    for (name, docs) in paths.model.open_types.iter().filter(|(name, _)| name.schema == schema.name) {
        docs::item(&mut out, "", docs, &format!("`{}.{}`, which is free-form.", name.schema, name.name));
        let _ = writeln!(out, "pub type {} = w::Oem;\n", name.name);
    }
    let mut text = format!("{}\n", schema.version.map_or_else(String::new, tables::version));
    let enums = paths.model.enums.iter().filter(|(name, _)| name.schema == schema.name);
    for (number, (_, item)) in enums.enumerate() {
        enums::emit(&mut out, item, number);
        tables::enumeration(&mut text, item, descriptions);
    }
    let (mut names, mut makers) = (Vec::new(), Vec::new());
    for (_, item) in paths.model.structs.iter().filter(|(name, _)| name.schema == schema.name) {
        let rust = &item.rust_name;
        match &item.kind {
            _ if structs::is_actions(item) => {
                docs::item(&mut out, "", &item.docs, "How the actions of this resource are invoked.");
                let _ = writeln!(out, "pub type {rust} = w::Actions;\n");
            }
            StructKind::Collection(member) if structs::is_usual(item) => {
                structs::collection(&mut out, paths, item, member, makers.len());
            }
            _ => {
                structs::emit(&mut out, paths, item, makers.len());
                names.push(rust.as_str());
            }
        }
        tables::record(&mut text, item, descriptions);
        makers.push(format!("w::new::<{rust}>"));
    }
    if !names.is_empty() {
        let _ = writeln!(out, "w::record_traits!({});", names.join(" "));
    }
    if out.is_empty() {
        return out;
    }
    let _ = writeln!(
        out,
        "\npub(crate) static M: w::Module = w::Module::new({:?}, {}, &[{}], &super::MODULES);",
        schema.name,
        tables::literal(&text),
        makers.join(", "),
    );
    format!("#[allow(unused_imports)]\nuse crate::wire::generated as w;\n\n{out}")
}

/// Entities go by their bare names at the root of `schema` as well.
fn exports(paths: Paths<'_>, root: &mut String) {
    for item in paths.model.structs.values() {
        let is_entity = matches!(item.kind, StructKind::Entity | StructKind::Collection(_));
        if is_entity && item.name.name == item.name.schema {
            let _ =
                writeln!(root, "#[doc(no_inline)]\npub use self::{}::{};", paths.module(&item.name), item.rust_name);
        }
    }
}
